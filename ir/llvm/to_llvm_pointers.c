/* Functions, their parameters, and what a dispatch gives. See to_llvm_pointers.h. */
#include "ir/llvm/to_llvm_pointers.h"

#include <stdio.h>

#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm_memory.h"

static ToLlvmPointers *pointers_of(const ToLlvm *t) {
    return t->data;
}

static void add_text_attribute(LLVMValueRef function, const char *name, const char *value) {
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(function));
    LLVMAddAttributeAtIndex(function, TO_LLVM_ITSELF,
                            LLVMCreateStringAttribute(context, name, (unsigned)strlen(name), value,
                                                      (unsigned)strlen(value)));
}

/* ---- declarations ---- */

bool to_llvm_is_by_value(const IrType *type) {
    return ir_is_composite(type) || (ir_is_vector(type) && type->lanes == 3);
}

/* So many bytes, in the widest words that fit: only size and alignment count. */
static LLVMTypeRef bytes_type(LLVMContextRef context, const IrType *type) {
    unsigned size = ir_size(type), unit = ir_align(type);
    while (size % unit != 0) {
        unit /= 2;
    }
    LLVMTypeRef word = unit > 8 ? LLVMVectorType(LLVMInt64TypeInContext(context), unit / 8)
                                : LLVMIntTypeInContext(context, 8 * unit);
    LLVMTypeRef words = LLVMArrayType2(word, size / unit);
    return LLVMStructTypeInContext(context, &words, 1, false);
}

static LLVMTypeRef param_type(LLVMContextRef context, const IrType *type) {
    if (type->kind == IR_TYPE_BUFFER) {
        return LLVMPointerTypeInContext(context, TO_LLVM_GLOBAL);
    }
    return to_llvm_is_by_value(type) ? LLVMPointerTypeInContext(context, 0)
                                     : to_llvm_type(context, type);
}

static LLVMValueRef declare_kernel(Arena *arena, LLVMModuleRef llvm, const IrFunction *kernel,
                                   const char *name) {
    LLVMContextRef context = LLVMGetModuleContext(llvm);
    LLVMTypeRef *types = NEW_ARRAY(arena, LLVMTypeRef, 2 * (size_t)kernel->param_count + 1);
    unsigned count = kernel->param_count;
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        types[i] = param_type(context, kernel->params[i]->type);
        if (kernel->params[i]->type->kind == IR_TYPE_BUFFER) {
            types[count++] = LLVMInt32TypeInContext(context);
        }
    }
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(context), types, count, false);
    LLVMValueRef function = LLVMAddFunction(llvm, name, type);
    LLVMSetFunctionCallConv(function, LLVMSPIRKERNELCallConv);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *param = kernel->params[i]->type;
        if (param->kind == IR_TYPE_BUFFER) { /* LANGUAGE.md 8.9: if one is written, they differ */
            to_llvm_attribute(function, i + 1, "noalias", 0);
        } else if (to_llvm_is_by_value(param)) {
            unsigned kind = LLVMGetEnumAttributeKindForName("byval", strlen("byval"));
            LLVMAddAttributeAtIndex(
                function, i + 1,
                LLVMCreateTypeAttribute(context, kind, bytes_type(context, param)));
            to_llvm_attribute(function, i + 1, "align", ir_align(param));
        }
    }
    return function;
}

/* LLVM's SPIR-V target gets arrays and structs wrong that functions hand over: such a proc is put where it is called, though
 * the source would have it stay. */
static bool hands_over_composites(const IrFunction *proc) {
    bool found = ir_is_composite(proc->result);
    for (uint32_t i = 0; i < proc->param_count; i++) {
        found |= ir_is_composite(proc->params[i]->type);
    }
    return found;
}

static LLVMValueRef declare_proc(Arena *arena, LLVMModuleRef llvm, const IrFunction *proc,
                                 const char *name) {
    LLVMContextRef context = LLVMGetModuleContext(llvm);
    LLVMTypeRef *types = NEW_ARRAY(arena, LLVMTypeRef, (size_t)proc->param_count + 1);
    for (uint32_t i = 0; i < proc->param_count; i++) {
        types[i] = to_llvm_type(context, proc->params[i]->type);
    }
    LLVMTypeRef type =
        LLVMFunctionType(to_llvm_type(context, proc->result), types, proc->param_count, false);
    LLVMValueRef function = LLVMAddFunction(llvm, name, type);
    LLVMSetFunctionCallConv(function, LLVMSPIRFUNCCallConv);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    to_llvm_attribute(function, TO_LLVM_ITSELF,
                      hands_over_composites(proc) ? "alwaysinline" : "noinline", 0);
    return function;
}

ToLlvmPointers *to_llvm_declare(Arena *arena, IrModule *module, LLVMModuleRef llvm,
                                const char *const *names) {
    ToLlvmPointers *pointers = NEW(arena, ToLlvmPointers);
    uint32_t count = 0, specs = 0, params = 0;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        f->mark = count++;
        params = f->param_count > params ? f->param_count : params;
    }
    for (IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        spec->mark = specs++;
    }
    pointers->functions = NEW_ARRAY(arena, LLVMValueRef, count);
    pointers->lengths = NEW_ARRAY(arena, LLVMValueRef, params);
    pointers->specs = NEW_ARRAY(arena, LLVMValueRef, specs);
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        LLVMValueRef made =
            (f->is_kernel ? declare_kernel : declare_proc)(arena, llvm, f, names[f->mark]);
        to_llvm_attribute(made, TO_LLVM_ITSELF, "nounwind", 0);
        /* no library of C is there, whatever a loop looks like, and no memory for tables instead of a `match` */
        add_text_attribute(made, "no-builtins", "");
        add_text_attribute(made, "no-jump-tables", "true");
        pointers->functions[f->mark] = made;
    }
    return pointers;
}

/* ---- bodies ---- */

static void begin(ToLlvm *t) {
    ToLlvmPointers *pointers = pointers_of(t);
    const IrFunction *function = t->function;
    t->fn = pointers->functions[function->mark];
    size_t length;
    pointers->name = LLVMGetValueName2(t->fn, &length);
    for (IrSpec *spec = t->module->specs; spec != NULL; spec = spec->next) {
        pointers->specs[spec->mark] = NULL;
    }
    unsigned next = function->param_count;
    for (uint32_t i = 0; i < function->param_count; i++) {
        IrValue *param = function->params[i];
        LLVMValueRef is = LLVMGetParam(t->fn, i);
        if (param->name != NULL) {
            LLVMSetValueName2(is, param->name->text, param->name->length);
        }
        if (param->type->kind == IR_TYPE_BUFFER) {
            pointers->lengths[i] = LLVMGetParam(t->fn, next++);
            const char *name = arena_printf(t->arena, "%s_len", param->name->text);
            LLVMSetValueName2(pointers->lengths[i], name, strlen(name));
        }
        to_llvm_set(t, param, is);
    }
}

/* Values that came as the host's bytes. */
static void enter(ToLlvm *t) {
    for (uint32_t i = 0; t->function->is_kernel && i < t->function->param_count; i++) {
        IrValue *param = t->function->params[i];
        if (param->type->kind != IR_TYPE_BUFFER && to_llvm_is_by_value(param->type)) {
            to_llvm_set(t, param,
                        to_llvm_load_host(t, param->type, LLVMGetParam(t->fn, i), 0,
                                          ir_align(param->type)));
        }
    }
}

/* ---- built-in functions ---- */

/* A function of OpenCL's, by its mangled name. */
static LLVMValueRef call_builtin(ToLlvm *t, const char *name, LLVMTypeRef result, unsigned count,
                                 LLVMValueRef *arguments, const char *const *attributes) {
    LLVMTypeRef types[4];
    for (unsigned i = 0; i < count; i++) {
        types[i] = LLVMTypeOf(arguments[i]);
    }
    LLVMTypeRef type = LLVMFunctionType(result, types, count, false);
    LLVMValueRef function = LLVMGetNamedFunction(t->llvm, name);
    if (function == NULL) {
        function = LLVMAddFunction(t->llvm, name, type);
        LLVMSetFunctionCallConv(function, LLVMSPIRFUNCCallConv);
        to_llvm_attribute(function, TO_LLVM_ITSELF, "nounwind", 0);
        for (; *attributes != NULL; attributes++) {
            to_llvm_attribute(function, TO_LLVM_ITSELF, *attributes, 0);
        }
    }
    LLVMValueRef call = LLVMBuildCall2(t->builder, type, function, arguments, count, "");
    LLVMSetInstructionCallConv(call, LLVMSPIRFUNCCallConv);
    return call;
}

/* The same whenever it is called: LLVM knows it as a read of no memory. */
static const char *const constant_attributes[] = {"willreturn", "memory", NULL};
static const char *const together_attributes[] = {"convergent", "willreturn", NULL};

static const char *const id_functions[IR_BUILTIN_COUNT] = {
    [IR_BUILTIN_GLOBAL_ID] = "_Z13get_global_idj",
    [IR_BUILTIN_LOCAL_ID] = "_Z12get_local_idj",
    [IR_BUILTIN_GROUP_ID] = "_Z12get_group_idj",
    [IR_BUILTIN_GROUP_COUNT] = "_Z14get_num_groupsj",
    [IR_BUILTIN_GROUP_SIZE] = "_Z14get_local_sizej",
};

/* OpenCL's are size_t. */
static LLVMValueRef id(ToLlvm *t, IrBuiltin builtin, unsigned dimension) {
    LLVMValueRef argument = LLVMConstInt(LLVMInt32TypeInContext(t->context), dimension, false);
    LLVMValueRef wide = call_builtin(t, id_functions[builtin], LLVMInt64TypeInContext(t->context),
                                     1, &argument, constant_attributes);
    return LLVMBuildTrunc(t->builder, wide, LLVMInt32TypeInContext(t->context), "");
}

/* A number, where a kernel says it. */
static LLVMValueRef group_size(ToLlvm *t, unsigned side) {
    const IrFunction *f = t->function;
    return f->is_kernel && f->workgroup_spec[side] == NULL
               ? LLVMConstInt(LLVMInt32TypeInContext(t->context), f->workgroup[side], false)
               : id(t, IR_BUILTIN_GROUP_SIZE, side);
}

static LLVMValueRef local_index(ToLlvm *t) {
    LLVMBuilderRef b = t->builder;
    LLVMValueRef index = id(t, IR_BUILTIN_LOCAL_ID, 2);
    for (unsigned side = 2; side-- > 0;) {
        LLVMValueRef rows = LLVMBuildMul(b, index, group_size(t, side), "");
        index = LLVMBuildAdd(b, rows, id(t, IR_BUILTIN_LOCAL_ID, side), "");
    }
    return index;
}

static LLVMValueRef builtin(ToLlvm *t, const IrInst *inst) {
    if (inst->builtin == IR_BUILTIN_LOCAL_INDEX) {
        return local_index(t);
    }
    REQUIRE(id_functions[inst->builtin] != NULL);
    LLVMValueRef vector = LLVMGetPoison(to_llvm_type(t->context, inst->results[0]->type));
    for (unsigned i = 0; i < 3; i++) {
        LLVMValueRef lane = LLVMConstInt(LLVMInt32TypeInContext(t->context), i, false);
        LLVMValueRef number =
            inst->builtin == IR_BUILTIN_GROUP_SIZE ? group_size(t, i) : id(t, inst->builtin, i);
        vector = LLVMBuildInsertElement(t->builder, vector, number, lane, "");
    }
    return vector;
}

/* ---- specialization constants ---- */

static const char *spec_function(unsigned bits) {
    return bits == 64   ? "_Z20__spirv_SpecConstantim"
           : bits == 16 ? "_Z20__spirv_SpecConstantit"
                        : "_Z20__spirv_SpecConstantij";
}

/* As the host hands it over: 8 bytes, 2 of a half, 4 of all others. */
static LLVMValueRef spec_value(ToLlvm *t, const IrSpec *spec) {
    unsigned bits = ir_bits(spec->type), held = 32;
    LLVMTypeRef type = to_llvm_type(t->context, spec->type);
    if (bits == 64 || spec->type->scalar == IR_F16) {
        held = bits;
    }
    LLVMTypeRef holder = LLVMIntTypeInContext(t->context, held);
    LLVMValueRef arguments[] = {
        LLVMConstInt(LLVMInt32TypeInContext(t->context), spec->id, false),
        LLVMConstInt(holder, spec->bits, false),
    };
    LLVMValueRef value =
        call_builtin(t, spec_function(held), holder, 2, arguments, constant_attributes);
    if (ir_is_bool(spec->type)) {
        return LLVMBuildICmp(t->builder, LLVMIntNE, value, LLVMConstNull(holder), "");
    }
    return ir_is_float(spec->type) ? LLVMBuildBitCast(t->builder, value, type, "")
           : bits < held           ? LLVMBuildTrunc(t->builder, value, type, "")
                                   : value;
}

/* Once a function, at its start. */
static LLVMValueRef spec(ToLlvm *t, const IrSpec *wanted) {
    LLVMValueRef *known = &pointers_of(t)->specs[wanted->mark];
    if (*known == NULL) {
        LLVMBasicBlockRef here = to_llvm_to_entry(t);
        *known = spec_value(t, wanted);
        LLVMPositionBuilderAtEnd(t->builder, here);
    }
    return *known;
}

static LLVMValueRef given(ToLlvm *t, const IrInst *inst) {
    return inst->op == OP_SPEC ? spec(t, inst->spec) : builtin(t, inst);
}

/* ---- together ---- */

static LLVMValueRef together(ToLlvm *t, const IrInst *inst) {
    enum { LOCAL_AND_GLOBAL = 3 }; /* CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE */
    REQUIRE(inst->op == OP_BARRIER);
    LLVMValueRef flags = LLVMConstInt(LLVMInt32TypeInContext(t->context), LOCAL_AND_GLOBAL, false);
    return call_builtin(t, "_Z7barrierj", LLVMVoidTypeInContext(t->context), 1, &flags,
                        together_attributes);
}

/* ---- pure ops ---- */

/* Lane by lane: of a reduction of bools LLVM makes an integer of as many bits as there are lanes, which SPIR-V has not. */
static LLVMValueRef reduce(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef vector = to_llvm_value(t, inst->operands[0]), result = NULL;
    for (uint32_t i = 0; i < inst->operands[0]->type->lanes; i++) {
        LLVMValueRef lane = LLVMBuildExtractElement(
            t->builder, vector, LLVMConstInt(LLVMInt32TypeInContext(t->context), i, false), "");
        LLVMOpcode op = inst->op == OP_ALL ? LLVMAnd : LLVMOr;
        result = i == 0 ? lane : LLVMBuildBinOp(t->builder, op, result, lane, "");
    }
    return result;
}

static LLVMValueRef kept(ToLlvm *t, const IrInst *inst) {
    return inst->op == OP_ALL || inst->op == OP_ANY ? reduce(t, inst) : to_llvm_plain(t, inst);
}

/* ---- calls ---- */

static LLVMValueRef call(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef function = pointers_of(t)->functions[inst->callee->mark];
    LLVMValueRef *arguments = NEW_ARRAY(t->arena, LLVMValueRef, inst->operand_count);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        arguments[i] = to_llvm_value(t, inst->operands[i]);
    }
    LLVMValueRef made = LLVMBuildCall2(t->builder, LLVMGlobalGetValueType(function), function,
                                       arguments, inst->operand_count, "");
    LLVMSetInstructionCallConv(made, LLVMSPIRFUNCCallConv);
    return made;
}

static void tell(ToLlvm *t, const IrInst *inst) {
    (void)t;
    BUG("`%s` is not lowered", ir_ops[inst->op].text);
}

const ToLlvmModel to_llvm_pointers = {
    .begin = begin,
    .enter = enter,
    .access = to_llvm_access,
    .given = given,
    .together = together,
    .call = call,
    .tell = tell,
    .kept = kept,
};
