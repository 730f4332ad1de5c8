/* lower_int_div: x / 0 = 0, x % 0 = 0, MIN / -1 = MIN and MIN % -1 = 0 are made explicit.
 *
 * The hardware leaves a division by zero and the quotient that does not fit undefined. Where either may happen, a
 * divisor of 1 takes the place of the bad one: MIN / 1 and x % 1 are already what is promised, and x / 0 needs one
 * more selection. No branches, so vectors are treated as scalars are.
 *
 * Before: anything. After: every `div` and `rem` of integers is `.raw`.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static uint64_t all_ones(const IrType *type) {
    return UINT64_MAX >> (64 - ir_bits(type));
}

static bool may_be(const IrValue *value, uint64_t bits) {
    if (!ir_is_const(value)) {
        return true;
    }
    for (unsigned i = 0; i < value->type->lanes; i++) {
        if (value->bits[i] == bits) {
            return true;
        }
    }
    return false;
}

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if ((inst->op != OP_DIV && inst->op != OP_REM) || (inst->flags & IR_RAW) != 0 ||
        !ir_needs_raw(inst)) {
        return NULL;
    }
    IrValue *x = inst->operands[0], *divisor = inst->operands[1];
    const IrType *type = x->type;
    uint64_t minus_one = all_ones(type), min = (uint64_t)1 << (ir_bits(type) - 1);

    IrValue *is_zero = NULL, *bad = NULL;
    if (may_be(divisor, 0)) {
        bad = is_zero = ir_binary(b, OP_EQ, divisor, ir_const_zero(b->module, type));
    }
    if (ir_is_signed_int(type) && may_be(divisor, minus_one) && may_be(x, min)) {
        IrValue *overflows =
            ir_binary(b, OP_AND, ir_binary(b, OP_EQ, x, ir_const_splat(b->module, type, min)),
                      ir_binary(b, OP_EQ, divisor, ir_const_splat(b->module, type, minus_one)));
        bad = bad == NULL ? overflows : ir_binary(b, OP_OR, bad, overflows);
    }
    if (bad == NULL) {
        return ir_made_raw(inst);
    }
    IrValue *safe = ir_select(b, bad, ir_const_splat(b->module, type, 1), divisor);
    IrValue *result = ir_made_raw(ir_emit(b, inst->op, type, 2, (IrValue *[]){x, safe}));
    if (inst->op == OP_DIV && is_zero != NULL) {
        result = ir_select(b, is_zero, ir_const_zero(b->module, type), result);
    }
    return result;
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_int_div, run);
