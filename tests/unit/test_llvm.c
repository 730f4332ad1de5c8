/* Every op becomes LLVM IR that LLVM's verifier accepts, and each call of the opaque model is known again. */
#include <llvm-c/Analysis.h>

#include "ir/llvm/to_llvm.h"
#include "tests/unit/ir_texts.h"
#include "tests/unit/ir_unit.h"

static bool seen[OP_COUNT];

static void see(IrInst *inst, void *data) {
    (void)data;
    seen[inst->op] = true;
}

/* Calls of declared functions: of `op`, or of any where that is OP_NONE. */
static unsigned count_calls(const ToLlvm *t, IrOp op) {
    unsigned count = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(t->fn); b != NULL;
         b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i != NULL;
             i = LLVMGetNextInstruction(i)) {
            if (LLVMIsACallInst(i) == NULL) {
                continue;
            }
            LLVMValueRef callee = LLVMGetCalledValue(i);
            ToLlvmTemplate stands_for = to_llvm_template(t->data, callee);
            CHECK(stands_for.inst != NULL || LLVMGetIntrinsicID(callee) != 0, "an unknown call");
            count += stands_for.inst != NULL && (op == OP_NONE || stands_for.inst->op == op);
        }
    }
    return count;
}

static LLVMContextRef context;

static void translate(ToLlvm *t, Unit *u, IrFunction *f, const ToLlvmModel *model) {
    ToLlvmPlaces places = {0};
    *t = (ToLlvm){.model = model,
                  .data = to_llvm_opaque_new(&u->arena),
                  .places = &places,
                  .arena = &u->arena,
                  .module = u->module,
                  .function = f,
                  .llvm = LLVMModuleCreateWithNameInContext("test", context)};
    to_llvm_function(t);
    to_llvm_end_places(&places);
    char *why = NULL;
    bool wrong = LLVMVerifyModule(t->llvm, LLVMReturnStatusAction, &why);
    char *text = LLVMPrintModuleToString(t->llvm);
    CHECK(!wrong, "@%s: %s\n%s", f->name->text, why, text);
    LLVMDisposeMessage(text);
    LLVMDisposeMessage(why);
}

static void test_every_op(void) {
    ToLlvmModel plain = to_llvm_opaque;
    plain.kept = NULL; /* all that LLVM can say is said */
    plain.place = NULL;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Unit *u = open_unit(good[i], strlen(good[i]), true);
        for (IrFunction *f = u->module->functions; f != NULL; f = f->next) {
            ToLlvm t;
            ir_walk(&f->body, see, NULL);
            translate(&t, u, f, &plain);
            LLVMDisposeModule(t.llvm);
            translate(&t, u, f, &to_llvm_opaque);
            count_calls(&t, OP_NONE);
            LLVMDisposeModule(t.llvm);
        }
        close_unit(u);
    }
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) {
        CHECK(seen[op], "no text has `%s`", ir_ops[op].text);
    }
}

/* Vectors of every width, total and raw: bit fields, division, shifts, conversions. */
static void test_types(void) {
    static const char *const scalars[] = {"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"};
    Arena arena = {0};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        for (int lanes = 1; lanes <= 4; lanes++) {
            for (int raw = 0; raw < 2; raw++) {
                const char *of = lanes == 1 ? "" : arena_printf(&arena, "x%d", lanes);
                const char *s = scalars[i], *r = raw ? ".raw" : "";
                char *text = arena_printf(
                    &arena,
                    "proc @f(%%a: %s%s, %%b: %s%s, %%n: u32%s, %%o: u32, %%x: f32%s) -> %s%s {\n"
                    "%%0: %s%s = div%s %%a, %%b\n%%1: %s%s = rem%s %%0, %%b\n"
                    "%%2: %s%s = shl%s %%1, %%n\n%%3: %s%s = shr%s %%2, %%n\n"
                    "%%4: %s%s = extract_bits%s %%3, %%o, 3u32\n"
                    "%%5: %s%s = insert_bits%s %%4, %%0, %%o, 4u32\n"
                    "%%6: %s%s = convert%s %%x\n%%7: %s%s = clz %%6\n%%8: %s%s = ctz %%7\n"
                    "%%9: %s%s = abs %%8\n%%10: %s%s = xor %%9, %%5\nret %%10 }",
                    s, of, s, of, of, of, s, of, s, of, r, s, of, r, s, of, r, s, of, r, s, of, r,
                    s, of, r, s, of, r, s, of, s, of, s, of, s, of);
                Unit *u = open_unit(text, strlen(text), false);
                CHECK(u->module != NULL, "%s\n%s", text, first_error(u));
                ToLlvm t;
                ToLlvmModel plain = to_llvm_opaque;
                plain.kept = NULL;
                translate(&t, u, u->module->functions, &plain);
                LLVMDisposeModule(t.llvm);
                close_unit(u);
            }
        }
    }
    arena_release(&arena);
}

/* Equal ways are one function, others are not. */
static void test_templates(void) {
    static const char text[] =
        "kernel @k(%a: buffer<f32x2>, %b: buffer<f32x2>) workgroup(8, 1, 1) {\n"
        "%i: u32 = builtin local_index\n"
        "%0: f32x2 = load %a[%i]\n%1: f32x2 = load %a[3u32]\n"
        "%2: f32x2 = load.raw %a[%i]\n%3: f32x2 = load %b[%i]\n"
        "%4: f32 = load %a[%i][1u32]\n%5: f32 = load %a[%i][%i]\n"
        "store %b[%i], %0\nbarrier\nbarrier\nret }";
    Unit *u = open_unit(text, strlen(text), false);
    ToLlvm t;
    translate(&t, u, u->module->functions, &to_llvm_opaque);
    unsigned functions = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(t.llvm); f != NULL; f = LLVMGetNextFunction(f)) {
        functions += to_llvm_template(t.data, f).inst != NULL;
    }
    CHECK(functions == 7, "%u functions", functions); /* builtin, 4 loads, store, barrier */
    CHECK(count_calls(&t, OP_LOAD) == 6, "%u loads", count_calls(&t, OP_LOAD));
    CHECK(count_calls(&t, OP_BARRIER) == 2, "%u barriers", count_calls(&t, OP_BARRIER));
    LLVMDisposeModule(t.llvm);
    close_unit(u);
}

int main(void) {
    llvm_start();
    context = LLVMContextCreate();
    test_every_op();
    test_types();
    test_templates();
    LLVMContextDispose(context);
    return report_failures();
}
