/* llvm: LLVM optimises the scalar code of every function, in place.
 *
 * A function becomes LLVM IR with the opaque model (to_llvm.h), LLVM's passes run, and what they left is read back into the
 * same regions (from_llvm.h). Only passes that keep the blocks and their successors are in the table. A function
 * that cannot come back, or is larger than compile time allows, stays as it was.
 *
 * Before: bounds are checked by compares and `if`s (lower_bounds), so that LLVM can prove them. After: conditions that it
 * decided are constants, for opt_fold; shifts may be total again, for lower_shift; equal values may stand twice, for opt_cse.
 */
#include <llvm-c/Error.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "ir/base/fatal.h"
#include "ir/base/text.h"
#include "ir/llvm/from_llvm.h"
#include "ir/pass.h"
#include "ir/remarks.h"

/* What keeps the CFG, in order, each with what is lost without it; figures, and what was left out, in docs/llvm.md.
 * `make bench BENCH=codegen` counts. */
static const char *const passes[] = {
    "early-cse<memssa>", /* what is equal, loads too, for those behind it: opt_cse finds most, too */
    "instcombine<no-verify-fixpoint>", /* the shapes that the next ones know */
    "correlated-propagation", /* bounds checks that ranges and the conditions around decide */
    "constraint-elimination", /* those that need several conditions at once; rare */
    "loop-mssa(licm)",        /* out of loops: what is the same in each round */
    "newgvn",                 /* the constant for what a condition says is equal to it */
    "instcombine<no-verify-fixpoint>", /* the most: bounds checks of sums, address arithmetic */
};

/* Instructions of a function that is optimised: LLVM takes about 10 ms for 1000. */
enum { MOST_INSTRUCTIONS = 20000 };

static void count(IrInst *inst, void *data) {
    uint32_t *number = data;
    *number += 1 + inst->operand_count / 4;
}

/* A parameter counts as eight: constraint-elimination gives each a row as long as all of them. */
static bool is_small(IrFunction *function) {
    uint32_t number = function->param_count <= MOST_INSTRUCTIONS ? 8 * function->param_count
                                                                 : MOST_INSTRUCTIONS + 1;
    ir_walk(&function->body, count, &number);
    return number <= MOST_INSTRUCTIONS;
}

typedef struct {
    IrModule *module;
    Arena scratch;
    LLVMContextRef context;
    LLVMModuleRef llvm;
    ToLlvmPlaces places;
    VEC(ToLlvm *) functions;
} Optimise;

static void translate(Optimise *o) {
    for (IrFunction *f = o->module->functions; f != NULL; f = f->next) {
        if (!is_small(f)) {
            diag_remark(o->module->diags, f->pos,
                        "`%s` has more than %u instructions: LLVM does not see it", f->name->text,
                        MOST_INSTRUCTIONS);
            continue;
        }
        ToLlvm *t = NEW(&o->scratch, ToLlvm);
        *t = (ToLlvm){.model = &to_llvm_opaque,
                      .data = to_llvm_opaque_new(&o->scratch),
                      .places = &o->places,
                      .arena = &o->scratch,
                      .module = o->module,
                      .function = f,
                      .llvm = o->llvm};
        to_llvm_function(t);
        VEC_PUSH(&o->scratch, &o->functions, t);
    }
    to_llvm_end_places(&o->places);
}

static void optimise(Optimise *o) {
    Text pipeline = {.arena = &o->scratch};
    /* Analyses of a function are thrown away when its passes have run: thousands of functions take no more memory. */
    text_add(&pipeline, "function<eager-inv>(");
    for (uint32_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        text_printf(&pipeline, "%s%s", i > 0 ? "," : "", passes[i]);
    }
    text_add(&pipeline, ")");
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(o->llvm, text_get(&pipeline), NULL, options);
    LLVMDisposePassBuilderOptions(options);
    if (error != NULL) {
        BUG("LLVM: %s", LLVMGetErrorMessage(error));
    }
}

static bool read_back(Optimise *o) {
    bool changed = false;
    for (uint32_t i = 0; i < o->functions.count; i++) {
        ToLlvm *t = o->functions.items[i];
        const char *why = NULL;
        IrLoads before = {.arena = &o->scratch};
        bool tells = o->module->diags->wants_remarks;
        if (tells) {
            ir_note_loads(&before, t->function);
        }
        if (from_llvm_function(t, &why)) {
            changed = true;
            if (tells) {
                ir_remark_loads(o->module, &before, t->function);
            }
        } else {
            diag_remark(o->module->diags, t->function->pos,
                        "what LLVM made of `%s` cannot come back (%s); it stays as it was",
                        t->function->name->text, why);
        }
    }
    return changed;
}

static bool run(IrModule *module) {
    if (module->functions == NULL) {
        return false;
    }
    llvm_start();
    Optimise o = {.module = module, .context = LLVMContextCreate()};
    o.llvm = LLVMModuleCreateWithNameInContext("", o.context);
    LLVMSetDataLayout(o.llvm, "e-n32");
    translate(&o);
    optimise(&o);
    bool changed = read_back(&o);
    LLVMDisposeModule(o.llvm);
    LLVMContextDispose(o.context);
    arena_release(&o.scratch);
    return changed;
}

IR_PASS(llvm, run);
