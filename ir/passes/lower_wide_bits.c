/* lower_wide_bits: bit operations on 64 bits are written in those of 32 bits, and in shifts.
 *
 * Vulkan has OpBitCount, OpBitReverse, the bit fields and the searches for the highest and lowest bit for 32-bit
 * integers only. Counting and reversing treat the halves; a bit field is cut out by two shifts and put in by a mask,
 * for an empty one of which the shifts have no count: that case is a selection.
 *
 * Before: anything; better before lower_shift, which sees to the counts of the shifts made here. After: no `popcount`,
 * `clz`, `ctz`, `reverse_bits`, `extract_bits` and `insert_bits` of 64-bit integers is left.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

enum { WIDTH = 64, HALF = 32 };

/* The halves as u32, lane by lane. */
typedef struct {
    IrValue *low, *high;
} Halves;

static IrValue *as_unsigned(IrBuilder *b, IrValue *x) {
    const IrType *type = ir_vector(IR_U64, x->type->lanes);
    return x->type == type ? x : ir_convert(b, OP_BITCAST, type, x);
}

static IrValue *back_to(IrBuilder *b, const IrType *type, IrValue *x) {
    return x->type == type ? x : ir_convert(b, OP_BITCAST, type, x);
}

static IrValue *number(IrBuilder *b, const IrType *type, uint64_t bits) {
    return ir_const_splat(b->module, type, bits);
}

static IrValue *shift(IrBuilder *b, IrOp op, IrValue *x, IrValue *count) {
    return ir_binary(b, op, x, ir_splat(b, ir_vector(IR_U32, x->type->lanes), count));
}

static Halves halves_of(IrBuilder *b, IrValue *x) {
    const IrType *half = ir_vector(IR_U32, x->type->lanes);
    IrValue *bits = as_unsigned(b, x);
    Halves halves = {.low = ir_convert(b, OP_CONVERT, half, bits)};
    bits = shift(b, OP_SHR, bits, ir_const_u32(b->module, HALF));
    halves.high = ir_convert(b, OP_CONVERT, half, bits);
    return halves;
}

/* The count in one half, or if that is all zeros 32 more than in the other. */
static IrValue *count_zeros(IrBuilder *b, IrOp op, IrValue *first, IrValue *second) {
    const IrType *half = first->type;
    IrValue *is_zero = ir_binary(b, OP_EQ, first, ir_const_zero(b->module, half));
    IrValue *more = ir_binary(b, OP_ADD, ir_unary(b, op, second), number(b, half, HALF));
    return ir_select(b, is_zero, more, ir_unary(b, op, first));
}

static IrValue *reversed(IrBuilder *b, Halves x) {
    const IrType *wide = ir_vector(IR_U64, x.low->type->lanes);
    IrValue *high = ir_convert(b, OP_CONVERT, wide, ir_unary(b, OP_REVERSE_BITS, x.low));
    IrValue *low = ir_convert(b, OP_CONVERT, wide, ir_unary(b, OP_REVERSE_BITS, x.high));
    high = shift(b, OP_SHL, high, ir_const_u32(b->module, HALF));
    return ir_binary(b, OP_OR, high, low);
}

/* ---- bit fields ---- */

typedef struct {
    IrValue *offset, *count; /* inside the width together */
    IrValue *unused;         /* width - count: how far the highest bit of a field is from the top */
    IrValue *is_empty;
} Field;

static Field field_of(IrBuilder *b, IrValue *offset, IrValue *count) {
    IrValue *width = ir_const_u32(b->module, WIDTH);
    Field field;
    field.offset = ir_binary(b, OP_MIN, offset, width);
    field.count = ir_binary(b, OP_MIN, count, ir_binary(b, OP_SUB, width, field.offset));
    field.unused = ir_binary(b, OP_SUB, width, field.count);
    field.is_empty = ir_binary(b, OP_EQ, field.count, ir_const_u32(b->module, 0));
    return field;
}

/* Up against the top, and down to the bottom again, filled by the sign of the type. */
static IrValue *extract(IrBuilder *b, IrValue *x, Field field) {
    IrValue *up = ir_binary(b, OP_SUB, field.unused, field.offset);
    IrValue *bits = shift(b, OP_SHR, shift(b, OP_SHL, x, up), field.unused);
    return ir_select(b, field.is_empty, ir_const_zero(b->module, x->type), bits);
}

static IrValue *insert(IrBuilder *b, IrValue *x, IrValue *added, Field field) {
    IrValue *old = as_unsigned(b, x), *new = as_unsigned(b, added);
    IrValue *mask = shift(b, OP_SHR, number(b, old->type, UINT64_MAX), field.unused);
    mask = shift(b, OP_SHL, mask, field.offset);
    IrValue *kept = ir_binary(b, OP_AND, old, ir_unary(b, OP_NOT, mask));
    IrValue *put = ir_binary(b, OP_AND, shift(b, OP_SHL, new, field.offset), mask);
    return ir_select(b, field.is_empty, old, ir_binary(b, OP_OR, kept, put));
}

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    if (!ir_is_int(type) || ir_bits(type) != WIDTH) {
        return NULL;
    }
    IrValue **operands = inst->operands;
    Halves x;
    switch (inst->op) {
    case OP_POPCOUNT:
        x = halves_of(b, operands[0]);
        return ir_convert(b, OP_CONVERT, type,
                          ir_binary(b, OP_ADD, ir_unary(b, OP_POPCOUNT, x.low),
                                    ir_unary(b, OP_POPCOUNT, x.high)));
    case OP_CLZ:
        x = halves_of(b, operands[0]);
        return ir_convert(b, OP_CONVERT, type, count_zeros(b, OP_CLZ, x.high, x.low));
    case OP_CTZ:
        x = halves_of(b, operands[0]);
        return ir_convert(b, OP_CONVERT, type, count_zeros(b, OP_CTZ, x.low, x.high));
    case OP_REVERSE_BITS:
        return back_to(b, type, reversed(b, halves_of(b, operands[0])));
    case OP_EXTRACT_BITS:
        return extract(b, operands[0], field_of(b, operands[1], operands[2]));
    case OP_INSERT_BITS:
        return back_to(b, type,
                       insert(b, operands[0], operands[1], field_of(b, operands[2], operands[3])));
    default:
        return NULL;
    }
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_wide_bits, run);
