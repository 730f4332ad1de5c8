/* lower_wide_round: `round` of f64 becomes what it is made of, with ties to even.
 *
 * Vulkan promises the function for no f64, and what Mesa puts in its place gives -3 for -3.5. Cutting off the fraction
 * and looking at it is exact: the whole part moves by one, away from zero, where the fraction is more than a half, or
 * just that and the whole part odd.
 *
 * Before: anything. After: no `round` of f64 is left.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    if (inst->op != OP_ROUND || type->scalar != IR_F64) {
        return NULL;
    }
    IrValue *x = inst->operands[0], *half = ir_const_number(b->module, type, 0.5);
    IrValue *zero = ir_const_zero(b->module, type), *one = ir_const_number(b->module, type, 1);
    IrValue *whole = ir_unary(b, OP_TRUNC, x);
    IrValue *fraction = ir_unary(b, OP_ABS, ir_binary(b, OP_SUB, x, whole));
    IrValue *halved = ir_binary(b, OP_MUL, whole, half);
    IrValue *odd = ir_binary(b, OP_NE, halved, ir_unary(b, OP_TRUNC, halved));
    IrValue *tie = ir_binary(b, OP_AND, ir_binary(b, OP_EQ, fraction, half), odd);
    IrValue *moves = ir_binary(b, OP_OR, ir_binary(b, OP_GT, fraction, half), tie);
    IrValue *away =
        ir_select(b, ir_binary(b, OP_LT, x, zero), ir_const_number(b->module, type, -1), one);
    return ir_select(b, moves, ir_binary(b, OP_ADD, whole, away), whole);
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_wide_round, run);
