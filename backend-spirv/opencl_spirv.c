/* From a lowered module to OpenCL SPIR-V or LLVM IR. See opencl_spirv.h. */
#include "backend-spirv/opencl_module.h"
#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm.h"
#include "ir/reflect.h"

static const char target[] = "OpenCL SPIR-V";

const IrPass *const opencl_spirv_passes[] = {
    &pass_split_values,
    &pass_opt_fold,
    &pass_opt_dce,
    NULL,
};

/* ---- what it lacks ---- */

/* LLVM moves a value part by part, in time that grows faster than their number. */
enum { MOST_PARTS = 4096 };

typedef struct {
    const IrModule *module;
    bool too_large; /* reported for this function */
} Check;

static void check_value(Check *c, const IrInst *inst, const IrValue *value) {
    if (!c->too_large && ir_is_data(value->type) && ir_words(value->type) > MOST_PARTS) {
        c->too_large = true;
        diag_report(c->module->diags, (Span){inst->pos, inst->pos}, D(TARGET_LACKS),
                    ir_ops[inst->op].text, ir_type_text(c->module->arena, value->type), target);
    }
}

static void check(IrInst *inst, void *data) {
    Check *c = data;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        check_value(c, inst, inst->results[i]);
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        check_value(c, inst, ir_resolve(inst->operands[i]));
    }
    const IrSpec *spec = ir_shared_length(inst);
    if (spec != NULL) {
        Diag *diag = diag_report(c->module->diags, (Span){inst->pos, inst->pos}, D(SIZE_IS_SPEC),
                                 spec->name->text, "length of a shared array", target);
        diag_help(diag, (Span){0}, "compile for one value: `-D %s=%llu`", spec->name->text,
                  (unsigned long long)spec->bits);
    }
}

bool opencl_spirv_check(const IrModule *module) {
    unsigned errors = module->diags->errors;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (f->subgroup_size > 1) {
            diag_report(module->diags, (Span){f->pos, f->pos}, D(TARGET_LACKS), "subgroup_size",
                        f->name->text, target);
        }
        Check c = {module, false};
        ir_walk(&f->body, check, &c);
    }
    return module->diags->errors == errors;
}

/* ---- writing ---- */

typedef struct {
    Text *out, *why;
    IrModule *module;
    const OpenclSpirvOptions *options;
    LLVMContextRef context;
    LLVMModuleRef llvm;
    bool fine;
} Writing;

/* LLVM's words, put right and judged. */
static bool accept(Writing *w, Text *made) {
    Text fixed = {.arena = w->module->arena};
    if (made->length % sizeof(uint32_t) != 0 || !opencl_words_fix(&fixed, made)) {
        text_add(w->why, "what it wrote is no SPIR-V");
        return false;
    }
    size_t count = fixed.length / sizeof(uint32_t);
    uint32_t *words = NEW_ARRAY(w->module->arena, uint32_t, count);
    memcpy(words, text_get(&fixed), fixed.length);
    if (!opencl_spirv_validate(words, count, w->options->version, w->why)) {
        return false;
    }
    text_bytes(w->out, text_get(&fixed), fixed.length);
    return true;
}

static bool try_level(Writing *w, unsigned level) {
    OpenclSpirvOptions options = *w->options;
    options.level = level;
    Text made = {.arena = w->module->arena};
    *w->why = (Text){.arena = w->module->arena};
    if (!opencl_module_emit(&made, w->llvm, &options, w->why)) {
        return false;
    }
    if (options.text) {
        text_bytes(w->out, text_get(&made), made.length);
        return true;
    }
    return accept(w, &made);
}

/* LLVM's passes make what its SPIR-V target cannot write: integers of any width, vectors of one. Then they do less. */
static void write_it(void *arg) {
    Writing *w = arg;
    w->llvm = opencl_module_make(w->context, w->module, w->options->version);
    w->fine = try_level(w, w->options->level) || (w->options->level > 0 && try_level(w, 0));
}

bool opencl_spirv_write(Text *out, IrModule *module, const OpenclSpirvOptions *options) {
    llvm_start();
    Text why;
    Writing w = {out, &why, module, options, LLVMContextCreate(), NULL, false};
    const char *message;
    FatalKind failure = guard_run(write_it, &w, &message);
    if (w.llvm != NULL) {
        LLVMDisposeModule(w.llvm);
    }
    LLVMContextDispose(w.context);
    if (failure == FATAL_MEMORY) {
        fatal_memory();
    }
    if (failure == FATAL_BUG) {
        BUG("%s", message);
    }
    if (!w.fine) {
        const IrFunction *first = module->functions;
        while (first->next != NULL && !first->is_kernel) {
            first = first->next;
        }
        Diag *diag = diag_report(module->diags, (Span){first->pos, first->pos}, D(TARGET_LACKS),
                                 "what LLVM made", first->name->text, target);
        diag_note(diag, (Span){0}, "LLVM says: %.200s", text_get(&why));
    }
    return w.fine;
}
