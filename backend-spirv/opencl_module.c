/* The LLVM module: its target, its functions, and what runtimes of OpenCL want to know of kernels. See opencl_module.h. */
#include "backend-spirv/opencl_module.h"

#include <llvm-c/Analysis.h>

#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm_pointers.h"
#include "ir/reflect.h"
#include "ir/text/namer.h"

/* ---- names ---- */

/* As opencl_write names them. Kernels come first, so that they keep theirs. */
static const char **names_of(Arena *arena, const IrModule *module) {
    Namer namer;
    namer_init(&namer, arena, TEXT_OPENCL);
    uint32_t count = 0;
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        count++;
    }
    const char **names = NEW_ARRAY(arena, const char *, count);
    for (int kernels = 1; kernels >= 0; kernels--) {
        count = 0;
        for (const IrFunction *f = module->functions; f != NULL; f = f->next, count++) {
            if (f->is_kernel == (kernels != 0)) {
                names[count] = namer_name(&namer, f->name->text);
            }
        }
    }
    return names;
}

/* ---- metadata ---- */

static LLVMMetadataRef number(LLVMContextRef context, uint64_t value) {
    return LLVMValueAsMetadata(LLVMConstInt(LLVMInt32TypeInContext(context), value, false));
}

static LLVMMetadataRef words(LLVMContextRef context, const char *text) {
    return LLVMMDStringInContext2(context, text, strlen(text));
}

static void set_metadata(LLVMValueRef function, const char *kind, LLVMMetadataRef *items,
                         size_t count) {
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(function));
    LLVMGlobalSetMetadata(function, LLVMGetMDKindIDInContext(context, kind, (unsigned)strlen(kind)),
                          LLVMMDNodeInContext2(context, items, count));
}

/* As OpenCL C calls it: for people that look at arguments. */
static const char *scalar_name(IrScalar scalar) {
    static const char *const names[IR_SCALAR_COUNT] = {
        [IR_BOOL] = "bool", [IR_I8] = "char",  [IR_I16] = "short",  [IR_I32] = "int",
        [IR_I64] = "long",  [IR_U8] = "uchar", [IR_U16] = "ushort", [IR_U32] = "uint",
        [IR_U64] = "ulong", [IR_F16] = "half", [IR_F32] = "float",  [IR_F64] = "double",
    };
    return names[scalar];
}

static const char *type_name(Arena *arena, const ReflectParam *param) {
    const IrType *type = param->type;
    const char *star = param->is_buffer ? "*" : "", *name;
    if (ir_is_composite(type)) {
        name = type->kind == IR_TYPE_FORM ? arena_printf(arena, "struct %s", type->name->text)
                                          : "struct array";
    } else {
        name = scalar_name(type->scalar);
        name = type->lanes > 1 ? arena_printf(arena, "%s%u", name, type->lanes) : name;
    }
    return arena_printf(arena, "%s%s", name, star);
}

typedef struct {
    LLVMMetadataRef *spaces, *access, *types, *qualifiers, *names;
    size_t count;
} Arguments;

static void add_argument(Arguments *list, LLVMContextRef context, unsigned space, const char *type,
                         const char *qualifier, const char *name) {
    list->spaces[list->count] = number(context, space);
    list->access[list->count] = words(context, "none");
    list->types[list->count] = words(context, type);
    list->qualifiers[list->count] = words(context, qualifier);
    list->names[list->count] = words(context, name);
    list->count++;
}

static void describe_arguments(Arena *arena, LLVMValueRef function, const ReflectKernel *kernel) {
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(function));
    size_t most = 2 * (size_t)kernel->param_count + 1;
    Arguments list = {
        NEW_ARRAY(arena, LLVMMetadataRef, most), NEW_ARRAY(arena, LLVMMetadataRef, most),
        NEW_ARRAY(arena, LLVMMetadataRef, most), NEW_ARRAY(arena, LLVMMetadataRef, most),
        NEW_ARRAY(arena, LLVMMetadataRef, most), 0};
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        bool is_read =
            param->is_buffer && (param->access & REFLECT_WRITE) == 0 && !param->type->has_atomic;
        add_argument(&list, context, param->is_buffer ? TO_LLVM_GLOBAL : 0, type_name(arena, param),
                     !param->is_buffer ? ""
                     : is_read         ? "const restrict"
                                       : "restrict",
                     param->name->text);
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].is_buffer) {
            add_argument(&list, context, 0, "uint", "",
                         arena_printf(arena, "%s_len", kernel->params[i].name->text));
        }
    }
    set_metadata(function, "kernel_arg_addr_space", list.spaces, list.count);
    set_metadata(function, "kernel_arg_access_qual", list.access, list.count);
    set_metadata(function, "kernel_arg_type", list.types, list.count);
    set_metadata(function, "kernel_arg_base_type", list.types, list.count);
    set_metadata(function, "kernel_arg_type_qual", list.qualifiers, list.count);
    set_metadata(function, "kernel_arg_name", list.names, list.count);
}

/* A side that the host sets when it makes the kernel is one that it gives with the dispatch. */
static void describe_workgroup(LLVMValueRef function, const IrFunction *kernel) {
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(function));
    LLVMMetadataRef sides[3];
    for (int i = 0; i < 3; i++) {
        if (kernel->workgroup_spec[i] != NULL) {
            return;
        }
        sides[i] = number(context, kernel->workgroup[i]);
    }
    set_metadata(function, "reqd_work_group_size", sides, 3);
}

static void add_version(LLVMModuleRef llvm, const char *name, unsigned major, unsigned minor) {
    LLVMContextRef context = LLVMGetModuleContext(llvm);
    LLVMMetadataRef numbers[] = {number(context, major), number(context, minor)};
    LLVMAddNamedMetadataOperand(
        llvm, name, LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, numbers, 2)));
}

static void note_precise(IrInst *inst, void *data) {
    *(bool *)data |= (inst->flags & IR_PRECISE) != 0;
}

/* Whether a multiplication and an addition may be one. SPIR-V says so of whole kernels, LLVM of whole modules. */
static void allow_contraction(LLVMModuleRef llvm, IrModule *module) {
    bool precise = false;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        ir_walk(&f->body, note_precise, &precise);
    }
    if (!precise) {
        LLVMContextRef context = LLVMGetModuleContext(llvm);
        LLVMAddNamedMetadataOperand(
            llvm, "opencl.enable.FP_CONTRACT",
            LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, NULL, 0)));
    }
}

/* ---- the module ---- */

static const struct {
    const char *triple;
    unsigned major, minor; /* of OpenCL C */
} versions[] = {
    [OPENCL_SPIRV_1_0] = {"spirv64v1.0-unknown-unknown", 2, 0},
    [OPENCL_SPIRV_1_2] = {"spirv64v1.2-unknown-unknown", 2, 0},
    [OPENCL_SPIRV_1_4] = {"spirv64v1.4-unknown-unknown", 3, 0},
};

/* LLVM's own for that target. */
static const char layout[] = "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:"
                             "512-v1024:1024-n8:16:32:64-G1";

static void fill(ToLlvm *t, const LLVMValueRef *functions) {
    for (IrFunction *f = t->module->functions; f != NULL; f = f->next) {
        t->function = f;
        to_llvm_function(t);
        if (f->is_kernel) {
            describe_arguments(t->arena, functions[f->mark], ir_reflect(t->arena, f));
            describe_workgroup(functions[f->mark], f);
        }
    }
}

LLVMModuleRef opencl_module_make(LLVMContextRef context, IrModule *module,
                                 OpenclSpirvVersion version) {
    LLVMModuleRef llvm = LLVMModuleCreateWithNameInContext("", context);
    LLVMSetTarget(llvm, versions[version].triple);
    LLVMSetDataLayout(llvm, layout);
    add_version(llvm, "opencl.ocl.version", versions[version].major, versions[version].minor);
    add_version(llvm, "opencl.spir.version", 2, 0);
    allow_contraction(llvm, module);
    ToLlvmPointers *pointers =
        to_llvm_declare(module->arena, module, llvm, names_of(module->arena, module));
    ToLlvm t = {.model = &to_llvm_pointers,
                .data = pointers,
                .arena = module->arena,
                .module = module,
                .llvm = llvm};
    fill(&t, pointers->functions);
    char *message = NULL;
    if (LLVMVerifyModule(llvm, LLVMReturnStatusAction, &message)) {
        BUG("LLVM does not accept its IR: %s", message);
    }
    LLVMDisposeMessage(message);
    return llvm;
}
