/* Types, constants and operands on the way back. See from_llvm_state.h. */
#include "ir/base/fatal.h"
#include "ir/llvm/from_llvm_state.h"

/* ---- maps ---- */

static FromSlot *slot_of(const FromMap *map, const void *key) {
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    uint32_t slot = (uint32_t)(hash >> 32) & (map->capacity - 1);
    while (map->slots[slot].key != NULL && map->slots[slot].key != key) {
        slot = (slot + 1) & (map->capacity - 1);
    }
    return &map->slots[slot];
}

void from_map_put(FromMap *map, Arena *arena, const void *key, void *value) {
    if (2 * map->count >= map->capacity) {
        FromMap old = *map;
        map->capacity = old.capacity == 0 ? 64 : 2 * old.capacity;
        map->slots = NEW_ARRAY(arena, FromSlot, map->capacity);
        for (uint32_t i = 0; i < old.capacity; i++) {
            if (old.slots[i].key != NULL) {
                *slot_of(map, old.slots[i].key) = old.slots[i];
            }
        }
    }
    FromSlot *slot = slot_of(map, key);
    map->count += slot->key == NULL;
    *slot = (FromSlot){key, value};
}

void *from_map_get(const FromMap *map, const void *key) {
    return map->capacity == 0 ? NULL : slot_of(map, key)->value;
}

void from_fault(From *from, LLVMValueRef what) {
    if (from->fault != NULL) {
        return;
    }
    if (what == NULL) {
        from->fault = "its control flow";
        return;
    }
    char *text = LLVMPrintValueToString(what);
    char *start = text + strspn(text, " ");
    start[strcspn(start, "\n!")] = '\0';
    size_t length = strlen(start);
    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == ',')) {
        length--;
    }
    from->fault = arena_copy_text(from->t->arena, start, length);
    LLVMDisposeMessage(text);
}

/* ---- types ---- */

unsigned from_width(LLVMTypeRef type) {
    LLVMTypeRef lane = to_llvm_lane_type(type);
    return LLVMGetTypeKind(lane) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(lane) : 0;
}

static unsigned lanes_of(LLVMTypeRef type) {
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetVectorSize(type) : 1;
}

/* The type of numbers with all bits of the integers of `type`. */
const IrType *from_carrier(From *from, LLVMTypeRef type, bool is_signed) {
    unsigned width = from_width(type), lanes = lanes_of(type);
    if (width > 64 || (width > 32 && !from->wide) || lanes > IR_MAX_LANES) {
        return NULL;
    }
    return width > 32 ? ir_vector(is_signed ? IR_I64 : IR_U64, lanes)
                      : ir_vector(is_signed ? IR_I32 : IR_U32, lanes);
}

/* As its name tells, if LLVM kept one; else as what it is made of. */
static bool is_signed_at(const From *from, LLVMValueRef value, unsigned depth) {
    enum { DEEPEST = 3 };
    size_t length;
    const char *name = LLVMGetValueName2(value, &length), *dot = strchr(name, '.');
    if (dot != NULL) {
        return dot[1] == 's' && !(dot[2] >= 'a' && dot[2] <= 'z');
    }
    const IrValue *known = from_map_get(&from->values, value);
    if (known != NULL) {
        return ir_is_signed_int(known->type);
    }
    if (LLVMIsAInstruction(value) == NULL || depth == DEEPEST) {
        return false;
    }
    switch (LLVMGetInstructionOpcode(value)) {
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMShl:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMSelect:
    case LLVMPHI:
    case LLVMFreeze:
        break;
    case LLVMSExt:
    case LLVMAShr:
    case LLVMSDiv:
    case LLVMSRem:
        return true;
    default:
        return false;
    }
    unsigned first = LLVMIsASelectInst(value) != NULL, count = (unsigned)LLVMGetNumOperands(value);
    for (unsigned i = first; i < count && i < first + 2; i++) {
        LLVMValueRef operand = LLVMGetOperand(value, i);
        if (!LLVMIsConstant(operand)) {
            return is_signed_at(from, operand, depth + 1);
        }
    }
    return false;
}

bool from_is_signed(const From *from, LLVMValueRef value) {
    return is_signed_at(from, value, 0);
}

/* A composite is what some call gave, or a parameter. */
static const IrType *composite_type(From *from, LLVMValueRef value, unsigned depth) {
    enum { DEEPEST = 8 };
    const IrValue *known = from_map_get(&from->values, value);
    if (known != NULL) {
        return known->type;
    }
    if (LLVMIsACallInst(value) != NULL) {
        const IrInst *inst = to_llvm_template(from->t->data, LLVMGetCalledValue(value)).inst;
        return inst != NULL && inst->result_count == 1 ? inst->results[0]->type : NULL;
    }
    if (LLVMIsAPHINode(value) == NULL || depth == DEEPEST) {
        return NULL;
    }
    for (unsigned i = 0; i < LLVMCountIncoming(value); i++) {
        const IrType *type = composite_type(from, LLVMGetIncomingValue(value, i), depth + 1);
        if (type != NULL) {
            return type;
        }
    }
    return NULL;
}

static const IrType *type_now(From *from, LLVMValueRef value) {
    LLVMTypeRef type = LLVMTypeOf(value), lane = to_llvm_lane_type(type);
    unsigned lanes = lanes_of(type);
    const IrType *is = NULL;
    if (lanes <= IR_MAX_LANES && (lanes > 1 || lane == type)) {
        switch (LLVMGetTypeKind(lane)) {
        case LLVMIntegerTypeKind:
            is = from_width(type) == 1
                     ? ir_vector(IR_BOOL, lanes)
                     : from_carrier(from, type,
                                    (from_width(type) == 32 || from_width(type) == 64) &&
                                        from_is_signed(from, value));
            break;
        case LLVMHalfTypeKind:
            is = ir_vector(IR_F16, lanes);
            break;
        case LLVMFloatTypeKind:
            is = ir_vector(IR_F32, lanes);
            break;
        case LLVMDoubleTypeKind:
            is = ir_vector(IR_F64, lanes);
            break;
        default:
            is = composite_type(from, value, 0);
            break;
        }
    }
    if (is == NULL) {
        from_fault(from, value);
        is = ir_scalar(IR_U32);
    }
    return is;
}

const IrType *from_type(From *from, LLVMValueRef value) {
    if (LLVMIsAPHINode(value) == NULL) {
        return type_now(from, value);
    }
    const IrType *type = from_map_get(&from->types, value);
    if (type == NULL) {
        type = type_now(from, value);
        from_map_put(&from->types, from->arena, value, (void *)type);
    }
    return type;
}

/* ---- constants ---- */

static bool scalar_bits(LLVMValueRef value, uint64_t *bits) {
    LLVMTypeRef type = LLVMTypeOf(value);
    if (LLVMIsUndef(value) || LLVMIsPoison(value) || LLVMIsNull(value)) {
        *bits = 0;
        return true;
    }
    if (LLVMIsAConstantFP(value) != NULL) {
        LLVMTypeKind kind = LLVMGetTypeKind(type);
        unsigned width = kind == LLVMHalfTypeKind ? 16 : kind == LLVMFloatTypeKind ? 32 : 64;
        value = LLVMConstBitCast(value, LLVMIntTypeInContext(LLVMGetTypeContext(type), width));
    }
    if (LLVMIsAConstantInt(value) == NULL || LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64) {
        return false;
    }
    *bits = LLVMConstIntGetZExtValue(value);
    return true;
}

bool from_lane_constant(LLVMValueRef value, unsigned lane, uint64_t *bits) {
    if (!LLVMIsConstant(value)) {
        return false;
    }
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind) {
        value = LLVMGetAggregateElement(value, lane);
    }
    return value != NULL && scalar_bits(value, bits);
}

bool from_is_constant(LLVMValueRef value, uint64_t number) {
    uint64_t bits;
    for (unsigned i = 0; i < lanes_of(LLVMTypeOf(value)); i++) {
        if (!from_lane_constant(value, i, &bits) || bits != number) {
            return false;
        }
    }
    return true;
}

static bool constant_words(LLVMValueRef value, const IrType *type, uint64_t *words) {
    uint32_t count = ir_part_count(type);
    if (count == 0) {
        return scalar_bits(value, words);
    }
    for (uint32_t i = 0; i < count; i++) {
        LLVMValueRef part = LLVMGetAggregateElement(value, i);
        if (part == NULL ||
            !constant_words(part, ir_part_type(type, i), words + ir_part_word(type, i))) {
            return false;
        }
    }
    return true;
}

/* Of a carrier: zeros above the bits of the LLVM type. */
static IrValue *constant(From *from, LLVMValueRef value, const IrType *type) {
    if (LLVMIsUndef(value) || LLVMIsPoison(value) || LLVMIsNull(value)) {
        return ir_const_zero(from->module, type);
    }
    uint64_t few[IR_MAX_LANES] = {0};
    uint64_t *words =
        ir_words(type) <= IR_MAX_LANES ? few : NEW_ARRAY(from->arena, uint64_t, ir_words(type));
    if (!constant_words(value, type, words)) {
        from_fault(from, value);
        return ir_const_zero(from->module, type);
    }
    return ir_const(from->module, type, words);
}

/* ---- operands ---- */

static IrValue *emit(From *from, IrOp op, const IrType *type, IrValue *a) {
    return ir_emit(&from->b, op, type, 1, &a)->results[0];
}

static IrValue *binary(From *from, IrOp op, IrValue *a, uint64_t number, bool raw) {
    IrValue *c = ir_const_splat(
        from->module, op == OP_SHL || op == OP_SHR ? ir_vector(IR_U32, a->type->lanes) : a->type,
        number);
    IrValue *made = ir_binary(&from->b, op, a, c);
    made->inst->flags |= raw ? IR_RAW : 0;
    return made;
}

static bool is_small(const IrType *type) {
    return ir_is_int(type) && ir_bits(type) < 32;
}

IrValue *from_narrow(From *from, IrValue *value, unsigned width) {
    unsigned bits = ir_bits(value->type);
    if (width == bits) {
        return value;
    }
    return binary(from, OP_AND, value, (UINT64_C(1) << width) - 1, false);
}

static IrValue *same_bits(From *from, IrValue *value, const IrType *type) {
    return value->type == type ? value : emit(from, OP_BITCAST, type, value);
}

/* A value of a small type, read or handed in, as its carrier. */
static IrValue *carried(From *from, IrValue *value) {
    unsigned lanes = value->type->lanes, bits = ir_bits(value->type);
    if (!ir_is_signed_int(value->type)) {
        return emit(from, OP_CONVERT, ir_vector(IR_U32, lanes), value);
    }
    IrValue *with_sign = emit(from, OP_CONVERT, ir_vector(IR_I32, lanes), value);
    return from_narrow(from, same_bits(from, with_sign, ir_vector(IR_U32, lanes)), bits);
}

/* Of any sign and, of small types, as they were read. */
static IrValue *known(From *from, LLVMValueRef value) {
    IrValue *is = from_map_get(&from->values, value);
    if (is == NULL) {
        from_fault(from, value);
        is = ir_const_zero(from->module, from_type(from, value));
    }
    return is;
}

IrValue *from_any(From *from, LLVMValueRef value) {
    if (LLVMIsConstant(value)) {
        return constant(from, value, from_type(from, value));
    }
    IrValue *is = known(from, value);
    return is_small(is->type) ? carried(from, is) : is;
}

IrValue *from_unsigned(From *from, LLVMValueRef value) {
    const IrType *type = from_carrier(from, LLVMTypeOf(value), false);
    if (type == NULL) {
        from_fault(from, value);
        return ir_const_zero(from->module, ir_scalar(IR_U32));
    }
    return LLVMIsConstant(value) ? constant(from, value, type)
                                 : same_bits(from, from_any(from, value), type);
}

IrValue *from_signed(From *from, LLVMValueRef value) {
    unsigned width = from_width(LLVMTypeOf(value));
    const IrType *type = from_carrier(from, LLVMTypeOf(value), true);
    if (type == NULL) {
        from_fault(from, value);
        return ir_const_zero(from->module, ir_scalar(IR_I32));
    }
    if (!LLVMIsConstant(value)) {
        IrValue *is = known(from, value);
        if (is_small(is->type) && ir_is_signed_int(is->type)) {
            return emit(from, OP_CONVERT, type, is);
        }
    }
    if (width == ir_bits(type)) {
        return LLVMIsConstant(value) ? constant(from, value, type)
                                     : same_bits(from, from_any(from, value), type);
    }
    unsigned above = ir_bits(type) - width;
    IrValue *top =
        binary(from, OP_SHL, same_bits(from, from_unsigned(from, value), type), above, true);
    return binary(from, OP_SHR, top, above, true);
}

IrValue *from_get(From *from, LLVMValueRef value, const IrType *type) {
    if (!ir_is_int(type)) {
        IrValue *is = LLVMIsConstant(value) ? constant(from, value, type) : known(from, value);
        if (is->type != type) {
            from_fault(from, value);
            return ir_const_zero(from->module, type);
        }
        return is;
    }
    if (LLVMIsConstant(value)) {
        return constant(from, value, type);
    }
    IrValue *is = known(from, value);
    if (is->type == type) {
        return is;
    }
    if (!ir_is_int(is->type) || is->type->lanes != type->lanes) {
        from_fault(from, value);
        return ir_const_zero(from->module, type);
    }
    if (ir_bits(is->type) == ir_bits(type) && !is_small(type)) {
        return same_bits(from, is, type);
    }
    is = is_small(is->type) ? carried(from, is) : is;
    if (!is_small(type)) {
        return same_bits(from, is, type);
    }
    if (ir_is_signed_int(type)) { /* back-ends narrow to the same sign */
        is = same_bits(from, is, ir_vector(IR_I32, type->lanes));
    }
    return emit(from, OP_CONVERT, type, is);
}

void from_set(From *from, LLVMValueRef value, IrValue *is) {
    size_t length;
    const char *name = LLVMGetValueName2(value, &length), *dot = strchr(name, '.');
    if (is->name == NULL && dot != NULL && dot > name && !ir_is_const(is)) {
        is->name = name_bytes(from->module->names, name, (size_t)(dot - name));
    }
    from_map_put(&from->values, from->arena, value, is);
}
