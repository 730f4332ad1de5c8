/* lower_convert: float to integer saturates, truncates, and makes NaN 0.
 *
 * The hardware leaves the conversion of what does not fit undefined, so it is given 0 instead, and selections put
 * the bound in its place. The bounds are compared as floats: 2^31 - 1 is none, but 2^31 is, and what lies below it
 * truncates to what fits. A bound beyond the largest float becomes infinite; then every finite number fits, and the
 * infinity itself must be outside: hence `<=` in place of `<` at the lower end.
 *
 * Before: anything. After: every `convert` from float to integer is `.raw`.
 */
#include <math.h>

#include "ir/eval.h"
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if (inst->op != OP_CONVERT || (inst->flags & IR_RAW) != 0 || !ir_needs_raw(inst)) {
        return NULL;
    }
    IrModule *module = b->module;
    IrValue *x = inst->operands[0];
    const IrType *from = x->type, *to = inst->results[0]->type;
    bool is_signed = ir_is_signed_int(to);
    unsigned width = ir_bits(to);

    double half = (double)((uint64_t)1 << (width - 1));
    IrValue *low = ir_const_number(module, from, is_signed ? -half : 0);
    IrValue *high = ir_const_number(module, from, is_signed ? half : half * 2);
    bool has_low = !isinf(ir_number_of_bits(from->scalar, low->bits[0]));
    uint64_t min = is_signed ? (uint64_t)1 << (width - 1) : 0;
    uint64_t max = UINT64_MAX >> (64 - width) ^ min;

    IrValue *fits = ir_binary(b, OP_AND, ir_binary(b, has_low ? OP_GE : OP_GT, x, low),
                              ir_binary(b, OP_LT, x, high)); /* false for NaN */
    IrValue *safe = ir_select(b, fits, x, ir_const_zero(module, from));
    IrValue *result = ir_made_raw(ir_emit(b, OP_CONVERT, to, 1, &safe));
    if (is_signed) { /* what is too low for an unsigned type has become 0 already, as NaN has */
        IrValue *under = ir_binary(b, has_low ? OP_LT : OP_LE, x, low);
        result = ir_select(b, under, ir_const_splat(module, to, min), result);
    }
    IrValue *over = ir_binary(b, OP_GE, x, high);
    return ir_select(b, over, ir_const_splat(module, to, max), result);
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_convert, run);
