/* Regions to blocks and φs; types, constants, positions. See to_llvm.h.
 *
 * Before: IR that the verifier accepts. After: t->fn has a body that LLVM's verifier accepts.
 */
#include "ir/llvm/to_llvm.h"

#include <stdio.h>

#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm_ops.h"

/* Where a terminator goes: a block that is made when the first one does, with a φ for each value handed over. */
typedef struct {
    LLVMBasicBlockRef *block; /* NULL inside: not made yet */
    const char *name;
    uint32_t count;
    IrValue *const *values; /* what the φs stand for */
    LLVMValueRef *phis;
} Target;

typedef struct {
    Target continues, breaks;
} Loop;

/* ---- types and constants ---- */

LLVMTypeRef to_llvm_lane_type(LLVMTypeRef type) {
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

static LLVMTypeRef scalar_type(LLVMContextRef context, IrScalar scalar) {
    if (ir_scalars[scalar].class != IR_CLASS_FLOAT) {
        return LLVMIntTypeInContext(context, ir_scalars[scalar].bits);
    }
    switch (ir_scalars[scalar].bits) {
    case 16:
        return LLVMHalfTypeInContext(context);
    case 32:
        return LLVMFloatTypeInContext(context);
    default:
        return LLVMDoubleTypeInContext(context);
    }
}

LLVMTypeRef to_llvm_type(LLVMContextRef context, const IrType *type) {
    switch (type->kind) {
    case IR_TYPE_VOID:
        return LLVMVoidTypeInContext(context);
    case IR_TYPE_SCALAR:
    case IR_TYPE_ATOMIC:
        return scalar_type(context, type->scalar);
    case IR_TYPE_VECTOR:
        return LLVMVectorType(scalar_type(context, type->scalar), type->lanes);
    case IR_TYPE_ARRAY:
        return LLVMArrayType2(to_llvm_type(context, type->element), type->count);
    case IR_TYPE_FORM: {
        Arena scratch = {0};
        LLVMTypeRef *parts = NEW_ARRAY(&scratch, LLVMTypeRef, type->count);
        for (uint32_t i = 0; i < type->count; i++) {
            parts[i] = to_llvm_type(context, type->fields[i].type);
        }
        LLVMTypeRef form = LLVMStructTypeInContext(context, parts, type->count, false);
        arena_release(&scratch);
        return form;
    }
    default:
        return LLVMPointerTypeInContext(context, 0);
    }
}

static LLVMValueRef scalar_constant(LLVMTypeRef type, uint64_t bits) {
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    if (kind == LLVMIntegerTypeKind) {
        return LLVMConstInt(type, bits, false);
    }
    unsigned width = kind == LLVMHalfTypeKind ? 16 : kind == LLVMFloatTypeKind ? 32 : 64;
    LLVMTypeRef same = LLVMIntTypeInContext(LLVMGetTypeContext(type), width);
    return LLVMConstBitCast(LLVMConstInt(same, bits, false), type); /* every NaN keeps its bits */
}

static LLVMValueRef constant_words(LLVMContextRef context, const IrType *type,
                                   const uint64_t *words) {
    LLVMTypeRef made = to_llvm_type(context, type);
    if (type->kind == IR_TYPE_SCALAR) {
        return scalar_constant(made, *words);
    }
    uint32_t count = ir_part_count(type);
    Arena scratch = {0};
    LLVMValueRef *parts = NEW_ARRAY(&scratch, LLVMValueRef, count);
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = constant_words(context, ir_part_type(type, i), words + ir_part_word(type, i));
    }
    LLVMValueRef constant;
    if (type->kind == IR_TYPE_VECTOR) {
        constant = LLVMConstVector(parts, count);
    } else if (type->kind == IR_TYPE_ARRAY) {
        constant = LLVMConstArray2(LLVMGetElementType(made), parts, count);
    } else {
        constant = LLVMConstStructInContext(context, parts, count, false);
    }
    arena_release(&scratch);
    return constant;
}

LLVMValueRef to_llvm_constant(LLVMContextRef context, const IrValue *constant) {
    uint32_t words = ir_words(constant->type);
    bool zero = true;
    for (uint32_t i = 0; i < words && zero; i++) {
        zero = constant->bits[i] == 0;
    }
    return zero ? LLVMConstNull(to_llvm_type(context, constant->type))
                : constant_words(context, constant->type, constant->bits);
}

LLVMValueRef to_llvm_number(LLVMTypeRef type, uint64_t number) {
    LLVMValueRef lane = LLVMConstInt(to_llvm_lane_type(type), number, false);
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) {
        return lane;
    }
    LLVMValueRef lanes[IR_MAX_LANES] = {lane, lane, lane, lane};
    return LLVMConstVector(lanes, LLVMGetVectorSize(type));
}

/* ---- values ---- */

LLVMValueRef to_llvm_value(ToLlvm *t, const IrValue *value) {
    if (ir_is_const(value)) {
        return to_llvm_constant(t->context, value);
    }
    REQUIRE(value->mark < t->values.count);
    return t->values.items[value->mark];
}

/* The optimiser keeps names, so they say on the way back what a value was: as the source calls it, and whether an integer
 * is signed ("i.s"). LLVM adds digits to tell values of one name apart. */
static void name_value(const IrValue *value, LLVMValueRef is) {
    bool is_signed = ir_is_signed_int(value->type);
    if ((value->name == NULL && !is_signed) || !LLVMIsAInstruction(is)) {
        return;
    }
    char name[80];
    int length = snprintf(name, sizeof name, "%.64s.%s",
                          value->name != NULL ? value->name->text : "", is_signed ? "s" : "u");
    size_t old = 0;
    LLVMGetValueName2(is, &old);
    if (old == 0) {
        LLVMSetValueName2(is, name, (size_t)length);
    }
}

void to_llvm_set(ToLlvm *t, IrValue *value, LLVMValueRef is) {
    value->mark = t->values.count;
    VEC_PUSH(t->arena, &t->values, is);
    if (ir_is_data(value->type)) {
        name_value(value, is);
    }
}

void to_llvm_float_flags(const IrInst *inst, LLVMValueRef made) {
    if (!LLVMIsAInstruction(made) || !LLVMCanValueUseFastMathFlags(made)) {
        return;
    }
    LLVMFastMathFlags flags = LLVMFastMathAllowContract;
    if ((inst->flags & IR_FAST) != 0) {
        flags |= LLVMFastMathAllowReassoc | LLVMFastMathAllowReciprocal | LLVMFastMathApproxFunc;
    } else if ((inst->flags & IR_PRECISE) != 0) {
        flags = LLVMFastMathNone;
    }
    LLVMSetFastMathFlags(made, flags);
}

/* ---- control ---- */

static LLVMBasicBlockRef block_of(ToLlvm *t, Target *target) {
    if (*target->block != NULL) {
        return *target->block;
    }
    LLVMBasicBlockRef here = LLVMGetInsertBlock(t->builder);
    *target->block = LLVMAppendBasicBlockInContext(t->context, t->fn, target->name);
    LLVMPositionBuilderAtEnd(t->builder, *target->block);
    target->phis = NEW_ARRAY(t->arena, LLVMValueRef, target->count);
    for (uint32_t i = 0; i < target->count; i++) {
        LLVMTypeRef type = to_llvm_type(t->context, target->values[i]->type);
        target->phis[i] = LLVMBuildPhi(t->builder, type, "");
        to_llvm_set(t, target->values[i], target->phis[i]);
    }
    LLVMPositionBuilderAtEnd(t->builder, here);
    return *target->block;
}

static Target target(LLVMBasicBlockRef *block, const char *name, uint32_t count,
                     IrValue *const *values) {
    return (Target){.block = block, .name = name, .count = count, .values = values};
}

static void jump(ToLlvm *t, Target *target, IrValue *const *operands) {
    LLVMBasicBlockRef from = LLVMGetInsertBlock(t->builder), to = block_of(t, target);
    for (uint32_t i = 0; i < target->count; i++) {
        LLVMValueRef value = to_llvm_value(t, operands[i]);
        LLVMAddIncoming(target->phis[i], &value, &from, 1);
    }
    LLVMBuildBr(t->builder, to);
}

/* What the terminators of a region mean there; NULL: it has none of those. */
typedef struct {
    Target *yields, *nexts;
    Loop *loop;
} Ends;

static void translate_region(ToLlvm *t, const IrRegion *region, const Ends *ends);

static LLVMBasicBlockRef *blocks_of(ToLlvm *t, IrInst *inst, uint32_t which) {
    ToLlvmBlocks *blocks = &t->blocks.items[inst->mark];
    return which < 2 ? &blocks->entry[which] : &blocks->merge;
}

static void begin_construct(ToLlvm *t, IrInst *inst) {
    inst->mark = t->blocks.count;
    VEC_PUSH(t->arena, &t->blocks, (ToLlvmBlocks){0});
}

/* Block pointers are kept aside while regions are translated: t->blocks may move. */
static LLVMBasicBlockRef translate_if(ToLlvm *t, IrInst *inst, const Ends *outer) {
    LLVMBasicBlockRef merge = NULL, arms[2];
    Target yields = target(&merge, "merge", inst->result_count, inst->results);
    Ends ends = {.yields = &yields, .loop = outer->loop};
    arms[0] = LLVMAppendBasicBlockInContext(t->context, t->fn, "true");
    arms[1] = LLVMAppendBasicBlockInContext(t->context, t->fn, "false");
    LLVMBuildCondBr(t->builder, to_llvm_value(t, inst->operands[0]), arms[0], arms[1]);
    for (uint32_t i = 0; i < 2; i++) {
        *blocks_of(t, inst, i) = arms[i];
        LLVMPositionBuilderAtEnd(t->builder, arms[i]);
        translate_region(t, &inst->regions[i], &ends);
    }
    return merge;
}

static LLVMBasicBlockRef translate_loop(ToLlvm *t, IrInst *inst) {
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *part = &inst->regions[IR_LOOP_CONTINUING];
    LLVMBasicBlockRef header = NULL, continuing = NULL, merge = NULL;
    Target nexts = target(&header, "body", body->param_count, body->params);
    Loop loop = {.continues = target(&continuing, "continuing", part->param_count, part->params),
                 .breaks = target(&merge, "merge", inst->result_count, inst->results)};
    jump(t, &nexts, inst->operands);
    *blocks_of(t, inst, IR_LOOP_BODY) = header;
    LLVMPositionBuilderAtEnd(t->builder, header);
    translate_region(t, body, &(Ends){.loop = &loop});
    if (continuing != NULL) {
        *blocks_of(t, inst, IR_LOOP_CONTINUING) = continuing;
        LLVMPositionBuilderAtEnd(t->builder, continuing);
        translate_region(t, part, &(Ends){.nexts = &nexts});
    }
    return merge;
}

static void translate_return(ToLlvm *t, const IrInst *inst) {
    if (inst->operand_count == 0) {
        LLVMBuildRetVoid(t->builder);
    } else {
        LLVMBuildRet(t->builder, to_llvm_value(t, inst->operands[0]));
    }
}

static void terminate(ToLlvm *t, const IrInst *inst, const Ends *ends) {
    switch (inst->op) {
    case OP_YIELD:
        jump(t, ends->yields, inst->operands);
        break;
    case OP_BREAK:
        jump(t, &ends->loop->breaks, inst->operands);
        break;
    case OP_CONTINUE:
        jump(t, &ends->loop->continues, inst->operands);
        break;
    case OP_NEXT:
        jump(t, ends->nexts, inst->operands);
        break;
    case OP_RET:
        translate_return(t, inst);
        break;
    default:
        LLVMBuildUnreachable(t->builder);
        break;
    }
}

static void set_place(ToLlvm *t, const IrInst *inst) {
    if (t->model->place != NULL && inst->pos != 0) {
        LLVMSetCurrentDebugLocation2(t->builder, t->model->place(t, inst->pos));
    }
}

static void translate_plain(ToLlvm *t, IrInst *inst) {
    LLVMValueRef made = to_llvm_op(t, inst);
    if (inst->result_count > 0) {
        to_llvm_set(t, inst->results[0], made);
    }
}

static void translate_region(ToLlvm *t, const IrRegion *region, const Ends *ends) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        set_place(t, inst);
        if (ir_has(inst->op, IR_TERM)) {
            terminate(t, inst, ends);
        } else if (ir_has(inst->op, IR_CONTROL)) {
            begin_construct(t, inst);
            LLVMBasicBlockRef merge =
                inst->op == OP_IF ? translate_if(t, inst, ends) : translate_loop(t, inst);
            *blocks_of(t, inst, 2) = merge;
            if (merge == NULL) {
                return; /* control never comes out of it */
            }
            LLVMPositionBuilderAtEnd(t->builder, merge);
        } else {
            translate_plain(t, inst);
        }
    }
}

void to_llvm_attribute(LLVMValueRef function, LLVMAttributeIndex at, const char *name,
                       uint64_t value) {
    LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(function));
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    REQUIRE(kind != 0);
    LLVMAddAttributeAtIndex(function, at, LLVMCreateEnumAttribute(context, kind, value));
}

void to_llvm_function(ToLlvm *t) {
    t->context = LLVMGetModuleContext(t->llvm);
    t->values.count = t->blocks.count = 0;
    t->model->begin(t);
    /* What the program does with the bits of a float stays that: `x & 0x7fffffff` as `fabs` would lose a denormal number where the
     * device takes those for zero. */
    to_llvm_attribute(t->fn, TO_LLVM_ITSELF, "noimplicitfloat", 0);
    t->builder = LLVMCreateBuilderInContext(t->context);
    t->entry = LLVMAppendBasicBlockInContext(t->context, t->fn, "entry");
    LLVMPositionBuilderAtEnd(t->builder, t->entry);
    if (t->model->enter != NULL) {
        t->model->enter(t);
    }
    translate_region(t, &t->function->body, &(Ends){0});
    LLVMDisposeBuilder(t->builder);
    t->builder = NULL;
}
