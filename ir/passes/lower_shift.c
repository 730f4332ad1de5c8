/* lower_shift: shift counts are taken modulo the width, as the hardware need not do.
 *
 * Before: anything. After: every `shl` and `shr` is `.raw`.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static bool all_below(const IrValue *count, unsigned width) {
    if (!ir_is_const(count)) {
        return false;
    }
    for (unsigned i = 0; i < count->type->lanes; i++) {
        if (count->bits[i] >= width) {
            return false;
        }
    }
    return true;
}

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if ((inst->op != OP_SHL && inst->op != OP_SHR) || (inst->flags & IR_RAW) != 0) {
        return NULL;
    }
    IrValue *count = inst->operands[1];
    unsigned width = ir_bits(inst->results[0]->type); /* a power of two */
    if (!all_below(count, width)) {
        IrValue *mask = ir_const_splat(b->module, count->type, width - 1);
        inst->operands[1] = ir_binary(b, OP_AND, count, mask);
    }
    return ir_made_raw(inst);
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_shift, run);
