/* LLVM's instructions as ours; calls are in from_llvm_calls.c. See from_llvm_state.h.
 *
 * What is poison to LLVM is some number here. It may compute things where the program would not and throw them away, so a
 * shift by a count that nothing here bounds comes back total; a division does not, which LLVM moves only to where it is
 * defined.
 */
#include "ir/base/fatal.h"
#include "ir/llvm/from_llvm_state.h"

static LLVMValueRef operand(LLVMValueRef inst, unsigned index) {
    return LLVMGetOperand(inst, index);
}

static IrValue *emit(From *from, IrOp op, const IrType *type, uint32_t count,
                     IrValue *const *operands) {
    return ir_emit(&from->b, op, type, count, operands)->results[0];
}

static IrValue *number(From *from, const IrType *type, uint64_t bits) {
    return ir_const_splat(from->module, type, bits);
}

static IrValue *raw(IrValue *made) {
    made->inst->flags |= IR_RAW;
    return made;
}

static IrValue *not(From *from, IrValue *condition) {
    return ir_unary(&from->b, OP_NOT, condition);
}

static IrValue *fault(From *from, LLVMValueRef inst) {
    from_fault(from, inst);
    return ir_const_zero(from->module, from_type(from, inst));
}

/* ---- integers ---- */

/* Whether a shift by it is by less than the width. */
static bool is_below(LLVMValueRef count, unsigned width) {
    LLVMTypeRef type = LLVMTypeOf(count);
    unsigned lanes = LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetVectorSize(type) : 1;
    LLVMValueRef limit = count;
    if (!LLVMIsConstant(count)) {
        if (LLVMIsAZExtInst(count) != NULL) {
            unsigned bits = from_width(LLVMTypeOf(operand(count, 0)));
            return bits < 6 && (1u << bits) <= width;
        }
        if (LLVMIsAInstruction(count) == NULL || LLVMGetInstructionOpcode(count) != LLVMAnd) {
            return false;
        }
        limit = operand(count, 1);
    }
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t bits;
        if (!from_lane_constant(limit, i, &bits) || bits >= width) {
            return false;
        }
    }
    return true;
}

static IrValue *shift(From *from, LLVMValueRef inst, LLVMOpcode opcode) {
    unsigned width = from_width(LLVMTypeOf(inst));
    bool same = width == 32 || width == 64;
    LLVMValueRef a = operand(inst, 0), by = operand(inst, 1);
    IrValue *value = opcode == LLVMAShr ? from_signed(from, a)
                     : opcode == LLVMShl && same && from_is_signed(from, inst)
                         ? from_signed(from, a)
                         : from_unsigned(from, a);
    IrValue *count = from_unsigned(from, by);
    count = ir_convert(&from->b, OP_CONVERT, ir_vector(IR_U32, value->type->lanes), count);
    IrValue *made = emit(from, opcode == LLVMShl ? OP_SHL : OP_SHR, value->type, 2,
                         (IrValue *[]){value, count});
    if (is_below(by, ir_bits(value->type))) {
        raw(made);
    }
    if (same || opcode == LLVMLShr) {
        return made;
    }
    return from_narrow(
        from, ir_convert(&from->b, OP_BITCAST, from_carrier(from, LLVMTypeOf(a), false), made),
        width);
}

static IrValue *bools(From *from, LLVMValueRef inst, LLVMOpcode opcode) {
    IrValue *a = from_any(from, operand(inst, 0)), *c = from_any(from, operand(inst, 1));
    switch (opcode) {
    case LLVMAnd:
    case LLVMMul:
        return ir_binary(&from->b, OP_AND, a, c);
    case LLVMOr:
        return ir_binary(&from->b, OP_OR, a, c);
    case LLVMXor:
    case LLVMAdd:
    case LLVMSub:
        return from_is_constant(operand(inst, 1), 1) ? not(from, a)
                                                     : ir_binary(&from->b, OP_XOR, a, c);
    case LLVMShl: /* by 0, the only count that is no poison */
    case LLVMLShr:
    case LLVMAShr:
    case LLVMUDiv: /* by 1 */
        return a;
    default:
        return fault(from, inst);
    }
}

static IrValue *arithmetic(From *from, LLVMValueRef inst, IrOp op) {
    LLVMValueRef a = operand(inst, 0), c = operand(inst, 1);
    unsigned width = from_width(LLVMTypeOf(inst));
    bool is_signed = (width == 32 || width == 64) && from_is_signed(from, inst);
    IrValue *left = is_signed ? from_signed(from, a) : from_unsigned(from, a);
    if (op == OP_XOR &&
        from_is_constant(c, width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1)) {
        return from_narrow(from, ir_unary(&from->b, OP_NOT, left), width);
    }
    IrValue *right = is_signed ? from_signed(from, c) : from_unsigned(from, c);
    if (op == OP_SUB && is_signed && from_is_constant(a, 0)) {
        return ir_unary(&from->b, OP_NEG, right);
    }
    IrValue *made = ir_binary(&from->b, op, left, right);
    return op == OP_AND || op == OP_OR || op == OP_XOR ? made : from_narrow(from, made, width);
}

static bool is_used_once(LLVMValueRef value) {
    LLVMUseRef use = LLVMGetFirstUse(value);
    return use != NULL && LLVMGetNextUse(use) == NULL;
}

/* LLVM writes `x % 2 * 16` as (x << 4) & 16. It comes back as (x & 1) << 4, as costly by itself, where drivers' compilers see
 * the factor of an address: of the two forms of the counter in the loop of bench/gpu's matmul_best, the first made it take
 * 1.40 times as long on an NVIDIA H100 (driver 580.159). NULL: nothing of that kind. */
static IrValue *masked_shift(From *from, LLVMValueRef inst) {
    LLVMValueRef shifted = operand(inst, 0);
    unsigned width = from_width(LLVMTypeOf(inst));
    uint64_t mask, count;
    if (LLVMIsAInstruction(shifted) == NULL || LLVMGetInstructionOpcode(shifted) != LLVMShl ||
        !is_used_once(shifted) || LLVMGetTypeKind(LLVMTypeOf(inst)) != LLVMIntegerTypeKind ||
        !from_lane_constant(operand(inst, 1), 0, &mask) ||
        !from_lane_constant(operand(shifted, 1), 0, &count) || count >= width) {
        return NULL;
    }
    LLVMValueRef x = operand(shifted, 0);
    IrValue *value = from_is_signed(from, inst) ? from_signed(from, x) : from_unsigned(from, x);
    value = ir_binary(&from->b, OP_AND, value, number(from, value->type, mask >> count));
    return raw(emit(from, OP_SHL, value->type, 2,
                    (IrValue *[]){value, number(from, ir_scalar(IR_U32), count)}));
}

/* LLVM writes `c ? x : ~x` as x ^ -(not c). It comes back as a choice, for which the compilers behind us need no mask. NULL:
 * nothing of that kind. */
static IrValue *chosen_bits(From *from, LLVMValueRef inst) {
    for (unsigned side = 0; side < 2; side++) {
        LLVMValueRef mask = operand(inst, side), other = operand(inst, 1 - side);
        if (LLVMIsASExtInst(mask) != NULL && from_width(LLVMTypeOf(operand(mask, 0))) == 1 &&
            is_used_once(mask)) {
            IrValue *x =
                from_is_signed(from, other) ? from_signed(from, other) : from_unsigned(from, other);
            IrValue *condition = from_any(from, operand(mask, 0));
            return ir_select(&from->b, condition, ir_unary(&from->b, OP_NOT, x), x);
        }
    }
    return NULL;
}

/* In the widths of our own types, what LLVM only wrote otherwise comes back as it was. */
static IrValue *bitwise(From *from, LLVMValueRef inst, IrOp op) {
    IrValue *made = NULL;
    unsigned width = from_width(LLVMTypeOf(inst));
    if (width == 32 || width == 64) {
        made = op == OP_AND ? masked_shift(from, inst) : chosen_bits(from, inst);
    }
    return made != NULL ? made : arithmetic(from, inst, op);
}

static IrValue *divide(From *from, LLVMValueRef inst, IrOp op, bool is_signed) {
    LLVMValueRef a = operand(inst, 0), c = operand(inst, 1);
    unsigned width = from_width(LLVMTypeOf(inst));
    IrValue *left = is_signed ? from_signed(from, a) : from_unsigned(from, a);
    IrValue *right = is_signed ? from_signed(from, c) : from_unsigned(from, c);
    IrValue *made = raw(ir_binary(&from->b, op, left, right));
    if (!is_signed || width == ir_bits(made->type)) {
        return made;
    }
    made = ir_convert(&from->b, OP_BITCAST, from_carrier(from, LLVMTypeOf(a), false), made);
    return from_narrow(from, made, width);
}

static IrValue *integers(From *from, LLVMValueRef inst, LLVMOpcode opcode) {
    if (from_carrier(from, LLVMTypeOf(inst), false) == NULL) {
        return fault(from, inst);
    }
    if (from_width(LLVMTypeOf(inst)) == 1) {
        return bools(from, inst, opcode);
    }
    switch (opcode) {
    case LLVMAdd:
        return arithmetic(from, inst, OP_ADD);
    case LLVMSub:
        return arithmetic(from, inst, OP_SUB);
    case LLVMMul:
        return arithmetic(from, inst, OP_MUL);
    case LLVMAnd:
        return bitwise(from, inst, OP_AND);
    case LLVMOr: /* of different bits is a sum, which drivers know as the offset of an address */
        return arithmetic(from, inst, LLVMGetIsDisjoint(inst) ? OP_ADD : OP_OR);
    case LLVMXor:
        return bitwise(from, inst, OP_XOR);
    case LLVMUDiv:
        return divide(from, inst, OP_DIV, false);
    case LLVMSDiv:
        return divide(from, inst, OP_DIV, true);
    case LLVMURem:
        return divide(from, inst, OP_REM, false);
    case LLVMSRem:
        return divide(from, inst, OP_REM, true);
    default:
        return shift(from, inst, opcode);
    }
}

/* ---- comparisons ---- */

/* Of bools: true is 1, or -1 where they have signs. */
static IrValue *compare_bools(From *from, LLVMValueRef inst, LLVMIntPredicate predicate) {
    IrValue *a = from_any(from, operand(inst, 0)), *c = from_any(from, operand(inst, 1));
    switch (predicate) {
    case LLVMIntEQ:
        return from_is_constant(operand(inst, 1), 0) ? not(from, a)
                                                     : ir_binary(&from->b, OP_EQ, a, c);
    case LLVMIntNE:
        return ir_binary(&from->b, OP_NE, a, c);
    case LLVMIntULT:
    case LLVMIntSGT:
        return ir_binary(&from->b, OP_AND, not(from, a), c);
    case LLVMIntUGT:
    case LLVMIntSLT:
        return ir_binary(&from->b, OP_AND, a, not(from, c));
    case LLVMIntULE:
    case LLVMIntSGE:
        return ir_binary(&from->b, OP_OR, not(from, a), c);
    default:
        return ir_binary(&from->b, OP_OR, a, not(from, c));
    }
}

static IrOp comparison(LLVMIntPredicate predicate) {
    switch (predicate) {
    case LLVMIntEQ:
        return OP_EQ;
    case LLVMIntNE:
        return OP_NE;
    case LLVMIntULT:
    case LLVMIntSLT:
        return OP_LT;
    case LLVMIntULE:
    case LLVMIntSLE:
        return OP_LE;
    case LLVMIntUGT:
    case LLVMIntSGT:
        return OP_GT;
    default:
        return OP_GE;
    }
}

static IrValue *compare_ints(From *from, LLVMValueRef inst) {
    LLVMValueRef a = operand(inst, 0), c = operand(inst, 1);
    LLVMIntPredicate predicate = LLVMGetICmpPredicate(inst);
    unsigned width = from_width(LLVMTypeOf(a));
    if (width == 0 || from_carrier(from, LLVMTypeOf(a), false) == NULL) {
        return fault(from, inst);
    }
    if (width == 1) {
        return compare_bools(from, inst, predicate);
    }
    bool is_signed = predicate == LLVMIntSLT || predicate == LLVMIntSLE ||
                     predicate == LLVMIntSGT || predicate == LLVMIntSGE;
    if (predicate == LLVMIntEQ || predicate == LLVMIntNE) { /* as the values are, if one is known */
        LLVMValueRef which = LLVMIsConstant(a) ? c : a;
        IrValue *is = from_any(from, which);
        is_signed = ir_is_signed_int(is->type) && (width == 32 || width == 64);
    }
    IrValue *left = is_signed ? from_signed(from, a) : from_unsigned(from, a);
    IrValue *right = is_signed ? from_signed(from, c) : from_unsigned(from, c);
    return ir_binary(&from->b, comparison(predicate), left, right);
}

static IrValue *is_nan(From *from, IrValue *value) {
    return emit(from, OP_ISNAN, ir_bool_like(value->type), 1, &value);
}

/* One of them is a NaN. */
static IrValue *unordered(From *from, LLVMValueRef inst) {
    LLVMValueRef a = operand(inst, 0), c = operand(inst, 1);
    const IrType *type = from_type(from, a);
    IrValue *one = LLVMIsConstant(a) ? NULL : is_nan(from, from_get(from, a, type));
    if (a == c || LLVMIsConstant(c)) { /* a NaN as constant is folded away */
        return one != NULL ? one : ir_const_zero(from->module, ir_bool_like(type));
    }
    IrValue *other = is_nan(from, from_get(from, c, type));
    return one != NULL ? ir_binary(&from->b, OP_OR, one, other) : other;
}

static IrValue *compare_floats(From *from, LLVMValueRef inst) {
    const IrType *type =
        from_type(from, LLVMIsConstant(operand(inst, 0)) ? operand(inst, 1) : operand(inst, 0));
    IrValue *a = from_get(from, operand(inst, 0), type),
            *c = from_get(from, operand(inst, 1), type);
    IrBuilder *b = &from->b;
    switch (LLVMGetFCmpPredicate(inst)) {
    case LLVMRealOEQ:
        return ir_binary(b, OP_EQ, a, c);
    case LLVMRealUNE:
        return ir_binary(b, OP_NE, a, c);
    case LLVMRealOLT:
        return ir_binary(b, OP_LT, a, c);
    case LLVMRealOLE:
        return ir_binary(b, OP_LE, a, c);
    case LLVMRealOGT:
        return ir_binary(b, OP_GT, a, c);
    case LLVMRealOGE:
        return ir_binary(b, OP_GE, a, c);
    case LLVMRealULT:
        return not(from, ir_binary(b, OP_GE, a, c));
    case LLVMRealULE:
        return not(from, ir_binary(b, OP_GT, a, c));
    case LLVMRealUGT:
        return not(from, ir_binary(b, OP_LE, a, c));
    case LLVMRealUGE:
        return not(from, ir_binary(b, OP_LT, a, c));
    case LLVMRealONE:
        return ir_binary(b, OP_OR, ir_binary(b, OP_LT, a, c), ir_binary(b, OP_GT, a, c));
    case LLVMRealUEQ:
        return not(from, ir_binary(b, OP_OR, ir_binary(b, OP_LT, a, c), ir_binary(b, OP_GT, a, c)));
    case LLVMRealUNO:
        return unordered(from, inst);
    case LLVMRealORD:
        return not(from, unordered(from, inst));
    default:
        return fault(from, inst);
    }
}

/* Bools are chosen by logic; a condition of one lane chooses for all. */
static IrValue *choose(From *from, LLVMValueRef inst) {
    const IrType *type = from_type(from, inst);
    IrValue *condition = from_any(from, operand(inst, 0));
    IrValue *yes = from_get(from, operand(inst, 1), type),
            *no = from_get(from, operand(inst, 2), type);
    if (ir_is_composite(type)) {
        return fault(from, inst);
    }
    if (from_width(LLVMTypeOf(inst)) != 1) {
        return ir_select(&from->b, condition, yes, no);
    }
    condition = ir_splat(&from->b, type, condition);
    if (from_is_constant(operand(inst, 1), 1)) {
        return ir_binary(&from->b, OP_OR, condition, no);
    }
    if (from_is_constant(operand(inst, 2), 0)) {
        return ir_binary(&from->b, OP_AND, condition, yes);
    }
    IrValue *first = ir_binary(&from->b, OP_AND, condition, yes);
    return ir_binary(&from->b, OP_OR, first, ir_binary(&from->b, OP_AND, not(from, condition), no));
}

/* ---- conversions ---- */

static IrValue *truncate_int(From *from, LLVMValueRef inst) {
    unsigned width = from_width(LLVMTypeOf(inst));
    IrValue *a = from_unsigned(from, operand(inst, 0));
    if (width == 1) {
        IrValue *bit = ir_binary(&from->b, OP_AND, a, number(from, a->type, 1));
        return ir_binary(&from->b, OP_NE, bit, number(from, a->type, 0));
    }
    const IrType *type = from_carrier(from, LLVMTypeOf(inst), false);
    return from_narrow(from, ir_convert(&from->b, OP_CONVERT, type, a), width);
}

static IrValue *extend(From *from, LLVMValueRef inst, bool is_signed) {
    LLVMValueRef a = operand(inst, 0);
    unsigned width = from_width(LLVMTypeOf(inst));
    const IrType *type = from_carrier(from, LLVMTypeOf(inst), is_signed);
    if (type == NULL) {
        return fault(from, inst);
    }
    IrValue *bit;
    if (from_width(LLVMTypeOf(a)) == 1) {
        bit = from_any(from, a);
        if (!is_signed) {
            return ir_convert(&from->b, OP_CONVERT, type, bit);
        }
        uint64_t ones = ir_bits(type) == 64 ? UINT64_MAX : UINT32_MAX;
        bit = ir_select(&from->b, bit, number(from, type, ones), number(from, type, 0));
    } else {
        bit = ir_convert(&from->b, OP_CONVERT, type,
                         is_signed ? from_signed(from, a) : from_unsigned(from, a));
    }
    if (!is_signed || width == 32 || width == 64) {
        return bit;
    }
    bit = ir_convert(&from->b, OP_BITCAST, from_carrier(from, LLVMTypeOf(inst), false), bit);
    return from_narrow(from, bit, width);
}

static IrValue *int_to_float(From *from, LLVMValueRef inst, bool is_signed) {
    LLVMValueRef a = operand(inst, 0);
    const IrType *type = from_type(from, inst);
    if (from_width(LLVMTypeOf(a)) == 1) {
        IrValue *bit = ir_convert(&from->b, OP_CONVERT, type, from_any(from, a));
        return is_signed ? ir_unary(&from->b, OP_NEG, bit) : bit;
    }
    return ir_convert(&from->b, OP_CONVERT, type,
                      is_signed ? from_signed(from, a) : from_unsigned(from, a));
}

static bool is_whole(LLVMTypeRef type) {
    unsigned width = from_width(type);
    return width == 0 || width == 32 || width == 64;
}

static IrValue *cast_bits(From *from, LLVMValueRef inst) {
    LLVMValueRef a = operand(inst, 0);
    if (!is_whole(LLVMTypeOf(inst)) || !is_whole(LLVMTypeOf(a))) {
        return fault(from, inst);
    }
    const IrType *type = from_type(from, inst), *of = from_type(from, a);
    if (!ir_is_value(type) || !ir_is_value(of)) {
        return fault(from, inst);
    }
    return ir_convert(&from->b, OP_BITCAST, type, from_any(from, a));
}

/* ---- vectors ---- */

/* A vector of these; itself where they are all lanes of one vector, in order. */
static IrValue *construct(From *from, const IrType *type, IrValue *const *lanes) {
    IrValue *whole = NULL;
    for (uint32_t i = 0; i < type->lanes; i++) {
        bool taken = lanes[i]->kind == IR_VALUE_RESULT && lanes[i]->inst->op == OP_EXTRACT &&
                     lanes[i]->inst->index == i;
        IrValue *of = taken ? lanes[i]->inst->operands[0] : NULL;
        if (of == NULL || of->type != type || (whole != NULL && whole != of)) {
            return emit(from, OP_CONSTRUCT, type, type->lanes, lanes);
        }
        whole = of;
    }
    return whole;
}

/* A lane of a vector, of the type of the vector's lanes. */
static IrValue *lane_of(From *from, LLVMValueRef vector, unsigned lane, const IrType *type) {
    const IrType *of = ir_vector(type->scalar, LLVMGetVectorSize(LLVMTypeOf(vector)));
    uint64_t bits;
    if (from_lane_constant(vector, lane, &bits)) {
        return ir_const(from->module, ir_lane_type(type), &bits);
    }
    return ir_extract(&from->b, from_get(from, vector, of), lane);
}

static IrValue *insert_lane(From *from, LLVMValueRef inst) {
    const IrType *type = from_type(from, inst);
    IrValue *lanes[IR_MAX_LANES] = {NULL};
    unsigned found = 0;
    uint64_t lane;
    LLVMValueRef chain = inst;
    while (LLVMIsAInsertElementInst(chain) != NULL &&
           from_lane_constant(operand(chain, 2), 0, &lane) && lane < type->lanes) {
        if (lanes[lane] == NULL) {
            lanes[lane] = from_get(from, operand(chain, 1), ir_lane_type(type));
            found++;
        }
        chain = operand(chain, 0);
    }
    if (found == type->lanes) {
        return construct(from, type, lanes);
    }
    IrValue *whole = from_get(from, operand(inst, 0), type);
    IrValue *part = from_get(from, operand(inst, 1), ir_lane_type(type));
    if (!from_lane_constant(operand(inst, 2), 0, &lane)) {
        IrValue *at = ir_convert(&from->b, OP_CONVERT, ir_scalar(IR_U32),
                                 from_unsigned(from, operand(inst, 2)));
        return emit(from, OP_INSERT_AT, type, 3, (IrValue *[]){whole, part, at});
    }
    if (lane >= type->lanes) {
        return whole;
    }
    IrValue *made = emit(from, OP_INSERT, type, 2, (IrValue *[]){whole, part});
    made->inst->index = (uint32_t)lane;
    return made;
}

static IrValue *extract_lane(From *from, LLVMValueRef inst) {
    LLVMValueRef vector = operand(inst, 0);
    const IrType *of = from_type(from, vector);
    uint64_t lane;
    if (!ir_is_vector(of)) {
        return fault(from, inst);
    }
    if (!LLVMIsConstant(vector)) { /* of the sign that it has */
        of = from_any(from, vector)->type;
    }
    if (from_lane_constant(operand(inst, 1), 0, &lane)) {
        return lane < of->lanes ? lane_of(from, vector, (unsigned)lane, of)
                                : ir_const_zero(from->module, ir_lane_type(of));
    }
    IrValue *at =
        ir_convert(&from->b, OP_CONVERT, ir_scalar(IR_U32), from_unsigned(from, operand(inst, 1)));
    return emit(from, OP_EXTRACT_AT, ir_lane_type(of), 2,
                (IrValue *[]){from_get(from, vector, of), at});
}

static IrValue *shuffle(From *from, LLVMValueRef inst) {
    const IrType *type = from_type(from, inst);
    LLVMValueRef a = operand(inst, 0), c = operand(inst, 1);
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(a));
    if (!ir_is_vector(type) || count > IR_MAX_LANES || count < 2) {
        return fault(from, inst);
    }
    IrValue *lanes[IR_MAX_LANES];
    bool one = !LLVMIsConstant(a), identity = count == type->lanes;
    int chosen[IR_MAX_LANES];
    for (unsigned i = 0; i < type->lanes; i++) {
        int lane = LLVMGetMaskValue(inst, i);
        chosen[i] = lane < 0 ? 0 : lane;
        one = one && chosen[i] < (int)count;
        identity = identity && (lane < 0 || lane == (int)i);
    }
    const IrType *of = ir_vector(type->scalar, count);
    if (one && identity) {
        return from_get(from, a, of);
    }
    if (one) {
        IrValue *vector = from_get(from, a, of);
        IrValue *made = emit(from, OP_SWIZZLE, type, 1, &vector);
        made->inst->swizzle.lanes = (uint8_t)type->lanes;
        for (unsigned i = 0; i < type->lanes; i++) {
            made->inst->swizzle.lane[i] = (uint8_t)chosen[i];
        }
        return made;
    }
    for (unsigned i = 0; i < type->lanes; i++) {
        bool first = chosen[i] < (int)count;
        lanes[i] = lane_of(from, first ? a : c, (unsigned)chosen[i] - (first ? 0 : count), type);
    }
    return emit(from, OP_CONSTRUCT, type, type->lanes, lanes);
}

/* ---- everything ---- */

static IrValue *floats(From *from, LLVMValueRef inst, IrOp op) {
    const IrType *type = from_type(from, inst);
    IrValue *a = from_get(from, operand(inst, 0), type);
    if (op == OP_NEG) {
        return ir_unary(&from->b, op, a);
    }
    return ir_binary(&from->b, op, a, from_get(from, operand(inst, 1), type));
}

static IrValue *convert_float(From *from, LLVMValueRef inst) {
    return ir_convert(&from->b, OP_CONVERT, from_type(from, inst),
                      from_any(from, operand(inst, 0)));
}

static IrValue *translate(From *from, LLVMValueRef inst) {
    LLVMOpcode opcode = LLVMGetInstructionOpcode(inst);
    switch (opcode) {
    case LLVMAdd:
    case LLVMSub:
    case LLVMMul:
    case LLVMUDiv:
    case LLVMSDiv:
    case LLVMURem:
    case LLVMSRem:
    case LLVMShl:
    case LLVMLShr:
    case LLVMAShr:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
        return integers(from, inst, opcode);
    case LLVMFNeg:
        return floats(from, inst, OP_NEG);
    case LLVMFAdd:
        return floats(from, inst, OP_ADD);
    case LLVMFSub:
        return floats(from, inst, OP_SUB);
    case LLVMFMul:
        return floats(from, inst, OP_MUL);
    case LLVMFDiv:
        return floats(from, inst, OP_DIV);
    case LLVMICmp:
        return compare_ints(from, inst);
    case LLVMFCmp:
        return compare_floats(from, inst);
    case LLVMSelect:
        return choose(from, inst);
    case LLVMTrunc:
        return truncate_int(from, inst);
    case LLVMZExt:
        return extend(from, inst, false);
    case LLVMSExt:
        return extend(from, inst, true);
    case LLVMUIToFP:
        return int_to_float(from, inst, false);
    case LLVMSIToFP:
        return int_to_float(from, inst, true);
    case LLVMFPTrunc:
    case LLVMFPExt:
        return convert_float(from, inst);
    case LLVMBitCast:
        return cast_bits(from, inst);
    case LLVMExtractElement:
        return extract_lane(from, inst);
    case LLVMInsertElement:
        return insert_lane(from, inst);
    case LLVMShuffleVector:
        return shuffle(from, inst);
    case LLVMFreeze:
        return from_any(from, operand(inst, 0));
    case LLVMCall:
        return from_call(from, inst);
    default:
        return fault(from, inst);
    }
}

/* What was not marked as contractible is precise. */
static uint8_t float_flags(LLVMValueRef inst) {
    if (!LLVMCanValueUseFastMathFlags(inst)) {
        return 0;
    }
    LLVMFastMathFlags flags = LLVMGetFastMathFlags(inst);
    return (flags & LLVMFastMathAllowReassoc) != 0    ? IR_FAST
           : (flags & LLVMFastMathAllowContract) != 0 ? 0
                                                      : IR_PRECISE;
}

void from_instruction(From *from, LLVMValueRef inst) {
    if (LLVMIsAAllocaInst(inst) != NULL) {
        return; /* a root: known by the calls that it is handed to */
    }
    LLVMMetadataRef place = LLVMInstructionGetDebugLoc(inst);
    if (place != NULL && LLVMDILocationGetLine(place) != 0) {
        from->pos = LLVMDILocationGetLine(place);
    }
    from->b.pos = from->pos;
    from->b.float_flags = float_flags(inst);
    IrValue *made = translate(from, inst);
    if (made != NULL) {
        from_set(from, inst, made);
    }
}
