/* Each op in LLVM: a table with a row for every row of ops.def, or this file does not compile.
 *
 * Pure ops are written with plain instructions and intrinsics whose meaning is ours for every operand; a total form that
 * LLVM has no instruction for is made of some. Those marked KEPT are asked of the model first.
 */
#include "ir/llvm/to_llvm_ops.h"

#include "ir/base/fatal.h"

typedef LLVMValueRef Emit(ToLlvm *t, const IrInst *inst);

enum { KEPT = 1 }; /* the model is asked first */

typedef struct {
    Emit *emit;
    const char *intrinsic; /* of emit_intrinsic */
    unsigned flags;
} Row;

/* ---- helpers ---- */

static LLVMValueRef operand(ToLlvm *t, const IrInst *inst, uint32_t index) {
    return to_llvm_value(t, inst->operands[index]);
}

static LLVMTypeRef result_type(ToLlvm *t, const IrInst *inst) {
    return to_llvm_type(t->context, inst->results[0]->type);
}

LLVMValueRef to_llvm_intrinsic(ToLlvm *t, const char *name, LLVMTypeRef type, unsigned count,
                               LLVMValueRef *arguments) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    REQUIRE(id != 0);
    LLVMTypeRef overloads[2] = {type, LLVMTypeOf(arguments[0])};
    bool two = strcmp(name, "llvm.fptosi.sat") == 0 || strcmp(name, "llvm.fptoui.sat") == 0;
    bool of_operand = strncmp(name, "llvm.vector.reduce.", 19) == 0;
    LLVMTypeRef *first = of_operand ? overloads + 1 : overloads;
    LLVMValueRef callee = LLVMGetIntrinsicDeclaration(t->llvm, id, first, two ? 2 : 1);
    LLVMTypeRef signature = LLVMIntrinsicGetType(t->context, id, first, two ? 2 : 1);
    return LLVMBuildCall2(t->builder, signature, callee, arguments, count, "");
}

static LLVMValueRef i1(ToLlvm *t, bool value) {
    return LLVMConstInt(LLVMInt1TypeInContext(t->context), value, false);
}

/* a < b, unsigned, in every lane. */
static LLVMValueRef below(ToLlvm *t, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildICmp(t->builder, LLVMIntULT, a, b, "");
}

static LLVMValueRef minimum(ToLlvm *t, LLVMValueRef a, LLVMValueRef b) {
    return to_llvm_intrinsic(t, "llvm.umin", LLVMTypeOf(a), 2, (LLVMValueRef[]){a, b});
}

/* A scalar in every lane of `type`. */
static LLVMValueRef splat(ToLlvm *t, LLVMValueRef scalar, LLVMTypeRef type) {
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) {
        return scalar;
    }
    LLVMTypeRef index = LLVMInt32TypeInContext(t->context);
    LLVMValueRef vector = LLVMGetPoison(type), lanes[IR_MAX_LANES] = {NULL};
    vector = LLVMBuildInsertElement(t->builder, vector, scalar, LLVMConstNull(index), "");
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        lanes[i] = LLVMConstNull(index);
    }
    return LLVMBuildShuffleVector(t->builder, vector, LLVMGetPoison(type),
                                  LLVMConstVector(lanes, LLVMGetVectorSize(type)), "");
}

/* A count or offset, u32, as the integer type of what it works on; it is known to fit. */
static LLVMValueRef as_width(ToLlvm *t, LLVMValueRef count, LLVMTypeRef type) {
    return LLVMBuildIntCast2(t->builder, count, type, false, "");
}

/* ---- arithmetic ---- */

static bool is_float(const IrInst *inst) {
    return ir_is_float(inst->operands[0]->type);
}

static LLVMValueRef emit_neg(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef a = operand(t, inst, 0);
    return is_float(inst) ? LLVMBuildFNeg(t->builder, a, "") : LLVMBuildNeg(t->builder, a, "");
}

static LLVMValueRef emit_arithmetic(ToLlvm *t, const IrInst *inst) {
    LLVMOpcode op = inst->op == OP_ADD   ? is_float(inst) ? LLVMFAdd : LLVMAdd
                    : inst->op == OP_SUB ? is_float(inst) ? LLVMFSub : LLVMSub
                    : is_float(inst)     ? LLVMFMul
                                         : LLVMMul;
    return LLVMBuildBinOp(t->builder, op, operand(t, inst, 0), operand(t, inst, 1), "");
}

/* Of integers, total: by 1 where the divisor is 0, or where MIN / -1 would be, and then the promised result. MIN / 1 is MIN
 * already, and MIN % 1 is 0. */
static LLVMValueRef divide_total(ToLlvm *t, const IrInst *inst, LLVMOpcode op) {
    LLVMValueRef a = operand(t, inst, 0), b = operand(t, inst, 1);
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef zero = LLVMConstNull(type), one = to_llvm_number(type, 1);
    LLVMValueRef is_zero = LLVMBuildICmp(t->builder, LLVMIntEQ, b, zero, ""), bad = is_zero;
    if (ir_is_signed_int(inst->operands[0]->type)) {
        LLVMValueRef min =
            to_llvm_number(type, UINT64_C(1) << (ir_bits(inst->operands[0]->type) - 1));
        LLVMValueRef is_min = LLVMBuildICmp(t->builder, LLVMIntEQ, a, min, "");
        LLVMValueRef is_minus = LLVMBuildICmp(t->builder, LLVMIntEQ, b, LLVMConstAllOnes(type), "");
        LLVMValueRef overflows = LLVMBuildAnd(t->builder, is_min, is_minus, "");
        bad = LLVMBuildOr(t->builder, bad, overflows, "");
    }
    LLVMValueRef divisor = LLVMBuildSelect(t->builder, bad, one, b, "");
    LLVMValueRef result = LLVMBuildBinOp(t->builder, op, a, divisor, "");
    return inst->op == OP_REM ? result : LLVMBuildSelect(t->builder, is_zero, zero, result, "");
}

static LLVMValueRef emit_divide(ToLlvm *t, const IrInst *inst) {
    bool is_signed = ir_is_signed_int(inst->operands[0]->type), rem = inst->op == OP_REM;
    LLVMValueRef a = operand(t, inst, 0), b = operand(t, inst, 1);
    if (is_float(inst) && !rem) {
        return LLVMBuildFDiv(t->builder, a, b, "");
    }
    if (is_float(inst)) { /* x - y * trunc(x / y): LLVM's frem is another */
        LLVMValueRef ratio = LLVMBuildFDiv(t->builder, a, b, "");
        ratio = to_llvm_intrinsic(t, "llvm.trunc", LLVMTypeOf(a), 1, &ratio);
        LLVMValueRef product = LLVMBuildFMul(t->builder, b, ratio, "");
        return LLVMBuildFSub(t->builder, a, product, "");
    }
    LLVMOpcode op = rem ? is_signed ? LLVMSRem : LLVMURem : is_signed ? LLVMSDiv : LLVMUDiv;
    return (inst->flags & IR_RAW) != 0 ? LLVMBuildBinOp(t->builder, op, a, b, "")
                                       : divide_total(t, inst, op);
}

static LLVMValueRef emit_abs(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef arguments[2] = {operand(t, inst, 0), i1(t, false)};
    if (!is_float(inst) && !ir_is_signed_int(inst->operands[0]->type)) {
        return arguments[0];
    }
    return to_llvm_intrinsic(t, is_float(inst) ? "llvm.fabs" : "llvm.abs", result_type(t, inst),
                             is_float(inst) ? 1 : 2, arguments);
}

static LLVMValueRef emit_extreme(ToLlvm *t, const IrInst *inst) {
    static const char *const names[2][3] = {{"llvm.umin", "llvm.smin", "llvm.minnum"},
                                            {"llvm.umax", "llvm.smax", "llvm.maxnum"}};
    unsigned kind = is_float(inst) ? 2 : ir_is_signed_int(inst->operands[0]->type) ? 1 : 0;
    LLVMValueRef arguments[2] = {operand(t, inst, 0), operand(t, inst, 1)};
    return to_llvm_intrinsic(t, names[inst->op == OP_MAX][kind], result_type(t, inst), 2,
                             arguments);
}

static LLVMValueRef emit_intrinsic(ToLlvm *t, const IrInst *inst);

/* ---- bits ---- */

static LLVMValueRef emit_not(ToLlvm *t, const IrInst *inst) {
    return LLVMBuildNot(t->builder, operand(t, inst, 0), "");
}

static LLVMValueRef emit_logic(ToLlvm *t, const IrInst *inst) {
    LLVMOpcode op = inst->op == OP_AND ? LLVMAnd : inst->op == OP_OR ? LLVMOr : LLVMXor;
    return LLVMBuildBinOp(t->builder, op, operand(t, inst, 0), operand(t, inst, 1), "");
}

static LLVMValueRef emit_shift(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef value = operand(t, inst, 0), count = operand(t, inst, 1);
    LLVMTypeRef type = LLVMTypeOf(value);
    if ((inst->flags & IR_RAW) == 0) {
        uint64_t mask = ir_bits(inst->operands[0]->type) - 1;
        count = LLVMBuildAnd(t->builder, count, to_llvm_number(LLVMTypeOf(count), mask), "");
    }
    LLVMOpcode op = inst->op == OP_SHL                          ? LLVMShl
                    : ir_is_signed_int(inst->operands[0]->type) ? LLVMAShr
                                                                : LLVMLShr;
    return LLVMBuildBinOp(t->builder, op, value, as_width(t, count, type), "");
}

/* clz and ctz of 0 are the width. */
static LLVMValueRef emit_zeros(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef arguments[2] = {operand(t, inst, 0), i1(t, false)};
    return to_llvm_intrinsic(t, inst->op == OP_CLZ ? "llvm.ctlz" : "llvm.cttz",
                             result_type(t, inst), 2, arguments);
}

/* `bits` ones from bit 0 on, in the type of x; all of them where bits is the width. */
static LLVMValueRef low_ones(ToLlvm *t, LLVMValueRef bits, LLVMTypeRef type, unsigned width) {
    LLVMTypeRef lane = to_llvm_lane_type(type);
    LLVMValueRef full = to_llvm_number(LLVMTypeOf(bits), width);
    LLVMValueRef last = to_llvm_number(LLVMTypeOf(bits), width - 1);
    LLVMValueRef masked = LLVMBuildAnd(t->builder, bits, last, "");
    LLVMValueRef one = to_llvm_number(lane, 1);
    LLVMValueRef power = LLVMBuildShl(t->builder, one, as_width(t, masked, lane), "");
    LLVMValueRef ones = LLVMBuildSub(t->builder, power, one, "");
    LLVMValueRef all = LLVMBuildICmp(t->builder, LLVMIntEQ, bits, full, "");
    return LLVMBuildSelect(t->builder, all, LLVMConstAllOnes(lane), ones, "");
}

/* Offset and count of a bit field within the width, which changes nothing where they are. */
static void clamp_field(ToLlvm *t, LLVMValueRef *offset, LLVMValueRef *count, unsigned width) {
    LLVMValueRef full = to_llvm_number(LLVMTypeOf(*offset), width);
    *offset = minimum(t, *offset, full);
    *count = minimum(t, *count, LLVMBuildSub(t->builder, full, *offset, ""));
}

/* x shifted by an amount that may be the width: then everything is shifted out. */
static LLVMValueRef shift_out(ToLlvm *t, LLVMOpcode op, LLVMValueRef x, LLVMValueRef by,
                              unsigned width) {
    LLVMTypeRef type = LLVMTypeOf(x), lane = to_llvm_lane_type(type);
    LLVMValueRef last = to_llvm_number(LLVMTypeOf(by), width - 1);
    LLVMValueRef inside = LLVMBuildICmp(t->builder, LLVMIntULE, by, last, "");
    LLVMValueRef less = splat(t, as_width(t, minimum(t, by, last), lane), type);
    LLVMValueRef shifted = LLVMBuildBinOp(t->builder, op, x, less, "");
    if (op == LLVMAShr) { /* by width - 1 is by the width */
        return shifted;
    }
    return LLVMBuildSelect(t->builder, inside, shifted, LLVMConstNull(type), "");
}

static LLVMValueRef emit_extract_bits(ToLlvm *t, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    LLVMValueRef x = operand(t, inst, 0), offset = operand(t, inst, 1), count = operand(t, inst, 2);
    unsigned width = ir_bits(type);
    clamp_field(t, &offset, &count, width);
    /* Up to the top and down again: the sign comes by itself. */
    LLVMValueRef full = to_llvm_number(LLVMTypeOf(offset), width);
    LLVMValueRef above =
        LLVMBuildSub(t->builder, LLVMBuildSub(t->builder, full, offset, ""), count, "");
    LLVMValueRef rest = LLVMBuildSub(t->builder, full, count, "");
    LLVMValueRef top = shift_out(t, LLVMShl, x, above, width);
    LLVMValueRef field =
        shift_out(t, ir_is_signed_int(type) ? LLVMAShr : LLVMLShr, top, rest, width);
    LLVMValueRef none =
        LLVMBuildICmp(t->builder, LLVMIntEQ, count, LLVMConstNull(LLVMTypeOf(count)), "");
    return LLVMBuildSelect(t->builder, none, LLVMConstNull(LLVMTypeOf(x)), field, "");
}

static LLVMValueRef emit_insert_bits(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef x = operand(t, inst, 0), new = operand(t, inst, 1);
    LLVMValueRef offset = operand(t, inst, 2), count = operand(t, inst, 3);
    LLVMTypeRef type = LLVMTypeOf(x);
    unsigned width = ir_bits(inst->results[0]->type);
    clamp_field(t, &offset, &count, width);
    LLVMValueRef ones = splat(t, low_ones(t, count, type, width), type);
    LLVMValueRef mask = shift_out(t, LLVMShl, ones, offset, width);
    LLVMValueRef there = shift_out(t, LLVMShl, new, offset, width);
    LLVMValueRef kept = LLVMBuildAnd(t->builder, x, LLVMBuildNot(t->builder, mask, ""), "");
    return LLVMBuildOr(t->builder, kept, LLVMBuildAnd(t->builder, there, mask, ""), "");
}

/* ---- comparison and choice ---- */

static LLVMValueRef emit_compare(ToLlvm *t, const IrInst *inst) {
    static const LLVMRealPredicate reals[] = {LLVMRealOEQ, LLVMRealUNE, LLVMRealOLT,
                                              LLVMRealOLE, LLVMRealOGT, LLVMRealOGE};
    static const LLVMIntPredicate ints[2][6] = {
        {LLVMIntEQ, LLVMIntNE, LLVMIntULT, LLVMIntULE, LLVMIntUGT, LLVMIntUGE},
        {LLVMIntEQ, LLVMIntNE, LLVMIntSLT, LLVMIntSLE, LLVMIntSGT, LLVMIntSGE},
    };
    LLVMValueRef a = operand(t, inst, 0), b = operand(t, inst, 1);
    unsigned which = inst->op - OP_EQ;
    if (is_float(inst)) {
        return LLVMBuildFCmp(t->builder, reals[which], a, b, "");
    }
    bool is_signed = ir_is_signed_int(inst->operands[0]->type);
    return LLVMBuildICmp(t->builder, ints[is_signed][which], a, b, "");
}

static LLVMValueRef emit_select(ToLlvm *t, const IrInst *inst) {
    return LLVMBuildSelect(t->builder, operand(t, inst, 0), operand(t, inst, 1),
                           operand(t, inst, 2), "");
}

static LLVMValueRef emit_isnan(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef a = operand(t, inst, 0);
    return LLVMBuildFCmp(t->builder, LLVMRealUNO, a, a, "");
}

static LLVMValueRef emit_isinf(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef a = operand(t, inst, 0);
    LLVMTypeRef type = LLVMTypeOf(a), lane = to_llvm_lane_type(type);
    a = to_llvm_intrinsic(t, "llvm.fabs", type, 1, &a);
    LLVMValueRef infinity = LLVMConstRealOfString(lane, "inf");
    return LLVMBuildFCmp(t->builder, LLVMRealOEQ, a, splat(t, infinity, type), "");
}

/* ---- conversion ---- */

static LLVMValueRef float_to_int(ToLlvm *t, const IrInst *inst, LLVMValueRef a, LLVMTypeRef to) {
    bool is_signed = ir_is_signed_int(inst->results[0]->type);
    if ((inst->flags & IR_RAW) == 0) {
        return to_llvm_intrinsic(t, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", to, 1, &a);
    }
    return is_signed ? LLVMBuildFPToSI(t->builder, a, to, "")
                     : LLVMBuildFPToUI(t->builder, a, to, "");
}

static LLVMValueRef emit_convert(ToLlvm *t, const IrInst *inst) {
    const IrType *from = inst->operands[0]->type;
    LLVMValueRef a = operand(t, inst, 0);
    LLVMTypeRef to = result_type(t, inst);
    bool is_signed = ir_is_signed_int(from);
    if (ir_is_float(inst->results[0]->type)) {
        return ir_is_float(from) ? LLVMBuildFPCast(t->builder, a, to, "")
               : is_signed       ? LLVMBuildSIToFP(t->builder, a, to, "")
                                 : LLVMBuildUIToFP(t->builder, a, to, "");
    }
    return ir_is_float(from) ? float_to_int(t, inst, a, to)
                             : LLVMBuildIntCast2(t->builder, a, to, is_signed, "");
}

static LLVMValueRef emit_bitcast(ToLlvm *t, const IrInst *inst) {
    return LLVMBuildBitCast(t->builder, operand(t, inst, 0), result_type(t, inst), "");
}

/* ---- vectors and composites ---- */

static LLVMValueRef lane_number(ToLlvm *t, uint32_t lane) {
    return LLVMConstInt(LLVMInt32TypeInContext(t->context), lane, false);
}

static LLVMValueRef emit_construct(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef made = LLVMGetPoison(result_type(t, inst));
    uint32_t next = 0;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        LLVMValueRef part = operand(t, inst, i);
        if (ir_is_composite(inst->results[0]->type)) {
            made = LLVMBuildInsertValue(t->builder, made, part, i, "");
        } else if (!ir_is_vector(inst->operands[i]->type)) {
            made = LLVMBuildInsertElement(t->builder, made, part, lane_number(t, next++), "");
        } else {
            for (uint32_t k = 0; k < inst->operands[i]->type->lanes; k++) {
                LLVMValueRef lane =
                    LLVMBuildExtractElement(t->builder, part, lane_number(t, k), "");
                made = LLVMBuildInsertElement(t->builder, made, lane, lane_number(t, next++), "");
            }
        }
    }
    return made;
}

/* What was put into a lane is taken as it is: names stay with it, and LLVM need not find it. */
static LLVMValueRef inserted(LLVMValueRef vector, uint32_t lane) {
    while (LLVMIsAInsertElementInst(vector) != NULL) {
        LLVMValueRef index = LLVMGetOperand(vector, 2);
        if (LLVMIsAConstantInt(index) == NULL) {
            return NULL;
        }
        if (LLVMConstIntGetZExtValue(index) == lane) {
            return LLVMGetOperand(vector, 1);
        }
        vector = LLVMGetOperand(vector, 0);
    }
    return NULL;
}

static LLVMValueRef emit_extract(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef whole = operand(t, inst, 0);
    LLVMValueRef there = inserted(whole, inst->index);
    if (there != NULL) {
        return there;
    }
    return ir_is_composite(inst->operands[0]->type)
               ? LLVMBuildExtractValue(t->builder, whole, inst->index, "")
               : LLVMBuildExtractElement(t->builder, whole, lane_number(t, inst->index), "");
}

static LLVMValueRef emit_insert(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef whole = operand(t, inst, 0), part = operand(t, inst, 1);
    return ir_is_composite(inst->operands[0]->type)
               ? LLVMBuildInsertValue(t->builder, whole, part, inst->index, "")
               : LLVMBuildInsertElement(t->builder, whole, part, lane_number(t, inst->index), "");
}

/* The lane that is there, and whether it is the wanted one. */
static LLVMValueRef nearest_lane(ToLlvm *t, LLVMValueRef index, uint32_t lanes,
                                 LLVMValueRef *inside) {
    LLVMTypeRef type = LLVMTypeOf(index);
    *inside = below(t, index, to_llvm_number(type, lanes));
    return minimum(t, index, to_llvm_number(type, lanes - 1));
}

static LLVMValueRef emit_extract_at(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef vector = operand(t, inst, 0), index = operand(t, inst, 1), inside;
    if ((inst->flags & IR_RAW) != 0) {
        return LLVMBuildExtractElement(t->builder, vector, index, "");
    }
    index = nearest_lane(t, index, inst->operands[0]->type->lanes, &inside);
    LLVMValueRef lane = LLVMBuildExtractElement(t->builder, vector, index, "");
    return LLVMBuildSelect(t->builder, inside, lane, LLVMConstNull(LLVMTypeOf(lane)), "");
}

static LLVMValueRef emit_insert_at(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef vector = operand(t, inst, 0), part = operand(t, inst, 1), inside;
    LLVMValueRef index = operand(t, inst, 2);
    if ((inst->flags & IR_RAW) != 0) {
        return LLVMBuildInsertElement(t->builder, vector, part, index, "");
    }
    index = nearest_lane(t, index, inst->operands[0]->type->lanes, &inside);
    LLVMValueRef changed = LLVMBuildInsertElement(t->builder, vector, part, index, "");
    return LLVMBuildSelect(t->builder, inside, changed, vector, "");
}

static LLVMValueRef emit_swizzle(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef vector = operand(t, inst, 0), lanes[IR_MAX_LANES];
    for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
        lanes[i] = lane_number(t, inst->swizzle.lane[i]);
    }
    return LLVMBuildShuffleVector(t->builder, vector, LLVMGetPoison(LLVMTypeOf(vector)),
                                  LLVMConstVector(lanes, inst->swizzle.lanes), "");
}

static LLVMValueRef emit_dot(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef sum = NULL;
    LLVMValueRef product = LLVMBuildFMul(t->builder, operand(t, inst, 0), operand(t, inst, 1), "");
    to_llvm_float_flags(inst, product);
    for (uint32_t i = 0; i < inst->operands[0]->type->lanes; i++) {
        LLVMValueRef term = LLVMBuildExtractElement(t->builder, product, lane_number(t, i), "");
        sum = sum == NULL ? term : LLVMBuildFAdd(t->builder, sum, term, "");
        to_llvm_float_flags(inst, sum);
    }
    return sum;
}

static LLVMValueRef emit_rsqrt(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef a = operand(t, inst, 0);
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef root = to_llvm_intrinsic(t, "llvm.sqrt", type, 1, &a);
    to_llvm_float_flags(inst, root);
    LLVMValueRef one = splat(t, LLVMConstReal(to_llvm_lane_type(type), 1), type);
    return LLVMBuildFDiv(t->builder, one, root, "");
}

/* ---- the model's ---- */

static LLVMValueRef emit_access(ToLlvm *t, const IrInst *inst) {
    return t->model->access(t, inst);
}
static LLVMValueRef emit_given(ToLlvm *t, const IrInst *inst) {
    return t->model->given(t, inst);
}
static LLVMValueRef emit_together(ToLlvm *t, const IrInst *inst) {
    return t->model->together(t, inst);
}
static LLVMValueRef emit_call(ToLlvm *t, const IrInst *inst) {
    return t->model->call(t, inst);
}
static LLVMValueRef emit_tell(ToLlvm *t, const IrInst *inst) {
    t->model->tell(t, inst);
    return NULL;
}

/* ---- the table ---- */

/* clang-format off */
#define ROW_NONE         {NULL, NULL, 0}
#define ROW_NEG          {emit_neg, NULL, 0}
#define ROW_ADD          {emit_arithmetic, NULL, 0}
#define ROW_SUB          {emit_arithmetic, NULL, 0}
#define ROW_MUL          {emit_arithmetic, NULL, 0}
#define ROW_DIV          {emit_divide, NULL, 0}
#define ROW_REM          {emit_divide, NULL, KEPT} /* of floats: asked there */
#define ROW_ABS          {emit_abs, NULL, 0}
#define ROW_MIN          {emit_extreme, NULL, 0}
#define ROW_MAX          {emit_extreme, NULL, 0}
#define ROW_NOT          {emit_not, NULL, 0}
#define ROW_AND          {emit_logic, NULL, 0}
#define ROW_OR           {emit_logic, NULL, 0}
#define ROW_XOR          {emit_logic, NULL, 0}
#define ROW_SHL          {emit_shift, NULL, 0}
#define ROW_SHR          {emit_shift, NULL, 0}
#define ROW_POPCOUNT     {emit_intrinsic, "llvm.ctpop", 0}
#define ROW_CLZ          {emit_zeros, NULL, 0}
#define ROW_CTZ          {emit_zeros, NULL, 0}
#define ROW_REVERSE_BITS {emit_intrinsic, "llvm.bitreverse", 0}
#define ROW_EXTRACT_BITS {emit_extract_bits, NULL, KEPT}
#define ROW_INSERT_BITS  {emit_insert_bits, NULL, KEPT}
#define ROW_EQ           {emit_compare, NULL, 0}
#define ROW_NE           {emit_compare, NULL, 0}
#define ROW_LT           {emit_compare, NULL, 0}
#define ROW_LE           {emit_compare, NULL, 0}
#define ROW_GT           {emit_compare, NULL, 0}
#define ROW_GE           {emit_compare, NULL, 0}
#define ROW_SELECT       {emit_select, NULL, 0}
#define ROW_ALL          {emit_intrinsic, "llvm.vector.reduce.and", KEPT}
#define ROW_ANY          {emit_intrinsic, "llvm.vector.reduce.or", KEPT}
#define ROW_ISNAN        {emit_isnan, NULL, KEPT}
#define ROW_ISINF        {emit_isinf, NULL, KEPT}
#define ROW_CONVERT      {emit_convert, NULL, KEPT} /* float to int: asked there */
#define ROW_BITCAST      {emit_bitcast, NULL, 0}
#define ROW_CONSTRUCT    {emit_construct, NULL, KEPT} /* of composites: asked there */
#define ROW_EXTRACT      {emit_extract, NULL, KEPT}
#define ROW_INSERT       {emit_insert, NULL, KEPT}
#define ROW_EXTRACT_AT   {emit_extract_at, NULL, KEPT}
#define ROW_INSERT_AT    {emit_insert_at, NULL, KEPT}
#define ROW_SWIZZLE      {emit_swizzle, NULL, 0}
#define ROW_DOT          {emit_dot, NULL, KEPT}
#define ROW_FLOOR        {emit_intrinsic, "llvm.floor", 0}
#define ROW_CEIL         {emit_intrinsic, "llvm.ceil", 0}
#define ROW_ROUND        {emit_intrinsic, "llvm.roundeven", 0}
#define ROW_TRUNC        {emit_intrinsic, "llvm.trunc", 0}
#define ROW_SQRT         {emit_intrinsic, "llvm.sqrt", KEPT}
#define ROW_RSQRT        {emit_rsqrt, NULL, KEPT}
#define ROW_EXP          {emit_intrinsic, "llvm.exp", KEPT}
#define ROW_EXP2         {emit_intrinsic, "llvm.exp2", KEPT}
#define ROW_LOG          {emit_intrinsic, "llvm.log", KEPT}
#define ROW_LOG2         {emit_intrinsic, "llvm.log2", KEPT}
#define ROW_SIN          {emit_intrinsic, "llvm.sin", KEPT}
#define ROW_COS          {emit_intrinsic, "llvm.cos", KEPT}
#define ROW_TAN          {emit_intrinsic, "llvm.tan", KEPT}
#define ROW_ASIN         {emit_intrinsic, "llvm.asin", KEPT}
#define ROW_ACOS         {emit_intrinsic, "llvm.acos", KEPT}
#define ROW_ATAN         {emit_intrinsic, "llvm.atan", KEPT}
#define ROW_SINH         {emit_intrinsic, "llvm.sinh", KEPT}
#define ROW_COSH         {emit_intrinsic, "llvm.cosh", KEPT}
#define ROW_TANH         {emit_intrinsic, "llvm.tanh", KEPT}
#define ROW_POW          {emit_intrinsic, "llvm.pow", KEPT}
#define ROW_ATAN2        {emit_intrinsic, "llvm.atan2", KEPT}
#define ROW_FMA          {emit_intrinsic, "llvm.fma", KEPT}
#define ROW_VAR          {emit_access, NULL, 0}
#define ROW_LOAD         {emit_access, NULL, 0}
#define ROW_STORE        {emit_access, NULL, 0}
#define ROW_LOAD_WIDE    {emit_access, NULL, 0}
#define ROW_STORE_WIDE   {emit_access, NULL, 0}
#define ROW_LEN          {emit_access, NULL, 0}
#define ROW_BUILTIN      {emit_given, NULL, 0}
#define ROW_SHARED       {emit_access, NULL, 0}
#define ROW_REF          {emit_access, NULL, 0}
#define ROW_SPEC         {emit_given, NULL, 0}
#define ROW_CALL         {emit_call, NULL, 0}
#define ROW_IF           ROW_NONE /* constructs and terminators: to_llvm.c */
#define ROW_LOOP         ROW_NONE
#define ROW_YIELD        ROW_NONE
#define ROW_BREAK        ROW_NONE
#define ROW_CONTINUE     ROW_NONE
#define ROW_NEXT         ROW_NONE
#define ROW_RET          ROW_NONE
#define ROW_UNREACHABLE  ROW_NONE
#define ROW_ATOMIC_LOAD     {emit_access, NULL, 0}
#define ROW_ATOMIC_STORE    {emit_access, NULL, 0}
#define ROW_ATOMIC_ADD      {emit_access, NULL, 0}
#define ROW_ATOMIC_SUB      {emit_access, NULL, 0}
#define ROW_ATOMIC_MIN      {emit_access, NULL, 0}
#define ROW_ATOMIC_MAX      {emit_access, NULL, 0}
#define ROW_ATOMIC_AND      {emit_access, NULL, 0}
#define ROW_ATOMIC_OR       {emit_access, NULL, 0}
#define ROW_ATOMIC_XOR      {emit_access, NULL, 0}
#define ROW_ATOMIC_EXCHANGE {emit_access, NULL, 0}
#define ROW_ATOMIC_COMPARE_EXCHANGE {emit_access, NULL, 0}
#define ROW_BARRIER            {emit_together, NULL, 0}
#define ROW_SUBGROUP_BARRIER   {emit_together, NULL, 0}
#define ROW_SUBGROUP_ADD       {emit_together, NULL, 0}
#define ROW_SUBGROUP_MUL       {emit_together, NULL, 0}
#define ROW_SUBGROUP_MIN       {emit_together, NULL, 0}
#define ROW_SUBGROUP_MAX       {emit_together, NULL, 0}
#define ROW_SUBGROUP_AND       {emit_together, NULL, 0}
#define ROW_SUBGROUP_OR        {emit_together, NULL, 0}
#define ROW_SUBGROUP_XOR       {emit_together, NULL, 0}
#define ROW_SUBGROUP_INCLUSIVE_ADD {emit_together, NULL, 0}
#define ROW_SUBGROUP_EXCLUSIVE_ADD {emit_together, NULL, 0}
#define ROW_SUBGROUP_INCLUSIVE_MUL {emit_together, NULL, 0}
#define ROW_SUBGROUP_EXCLUSIVE_MUL {emit_together, NULL, 0}
#define ROW_SUBGROUP_BROADCAST     {emit_together, NULL, 0}
#define ROW_SUBGROUP_BROADCAST_FIRST {emit_together, NULL, 0}
#define ROW_SUBGROUP_SHUFFLE       {emit_together, NULL, 0}
#define ROW_SUBGROUP_SHUFFLE_XOR   {emit_together, NULL, 0}
#define ROW_SUBGROUP_SHUFFLE_UP    {emit_together, NULL, 0}
#define ROW_SUBGROUP_SHUFFLE_DOWN  {emit_together, NULL, 0}
#define ROW_SUBGROUP_ANY           {emit_together, NULL, 0}
#define ROW_SUBGROUP_ALL           {emit_together, NULL, 0}
#define ROW_SUBGROUP_BALLOT        {emit_together, NULL, 0}
#define ROW_SUBGROUP_ELECT         {emit_together, NULL, 0}
#define ROW_PRINT              {emit_tell, NULL, 0}
#define ROW_ASSERT             {emit_tell, NULL, 0}

static const Row rows[OP_COUNT] = {
#define OP(id, ID, text, operands, rule, effects) [OP_##ID] = ROW_##ID,
#include "ir/ops.def"
#undef OP
};
/* clang-format on */

static LLVMValueRef emit_intrinsic(ToLlvm *t, const IrInst *inst) {
    LLVMValueRef arguments[3];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        arguments[i] = operand(t, inst, i);
    }
    return to_llvm_intrinsic(t, rows[inst->op].intrinsic, result_type(t, inst), inst->operand_count,
                             arguments);
}

LLVMValueRef to_llvm_plain(ToLlvm *t, const IrInst *inst) {
    return rows[inst->op].emit(t, inst);
}

/* Of some ops only some. */
static bool is_kept(const IrInst *inst) {
    if ((rows[inst->op].flags & KEPT) == 0) {
        return false;
    }
    switch (inst->op) {
    case OP_REM:
        return is_float(inst);
    case OP_CONVERT:
        return is_float(inst) && ir_is_int(inst->results[0]->type) && (inst->flags & IR_RAW) != 0;
    case OP_EXTRACT_AT:
    case OP_INSERT_AT:
        return (inst->flags & IR_RAW) != 0;
    case OP_CONSTRUCT:
        return ir_is_composite(inst->results[0]->type);
    case OP_EXTRACT:
    case OP_INSERT:
        return ir_is_composite(inst->operands[0]->type);
    default:
        return true;
    }
}

LLVMValueRef to_llvm_op(ToLlvm *t, const IrInst *inst) {
    REQUIRE(rows[inst->op].emit != NULL);
    bool kept = t->model->kept != NULL && is_kept(inst);
    LLVMValueRef made = kept ? t->model->kept(t, inst) : to_llvm_plain(t, inst);
    if (made != NULL) {
        to_llvm_float_flags(inst, made);
    }
    return made;
}
