/* lower_float_atomics: an atomic sum of floats is tried until no one else was faster.
 *
 *     %old: f32 = atomic_add %sums[%i], %x
 * becomes
 *     %first: f32 = atomic_load %sums[%i]
 *     %old: f32 = loop (%expected: f32 = %first) {
 *         %sum: f32 = add %expected, %x
 *         %was: f32 = atomic_compare_exchange %sums[%i], %expected, %sum
 *         …if the bits of %was and %expected are the same, break %was…
 *         continue %was
 *     } continuing (%was: f32) { next %was }
 *
 * Few devices do better, and which one it will be is not known here: targets that say so (`+atomic-float`) leave this
 * pass out.
 *
 * Before: lower_bounds; the loop must not stand where the place is none. After: no `atomic_add` or `atomic_sub` of floats.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *bits_of(IrBuilder *b, IrValue *x) {
    return ir_convert(b, OP_BITCAST, ir_scalar(IR_U32), x);
}

/* The same place, with other values before it. */
static IrValue *atomic(IrBuilder *b, const IrInst *like, IrOp op, uint32_t count,
                       IrValue *const *values) {
    uint32_t start = ir_place_start(like);
    IrInst *inst = ir_access(b, op, ir_scalar(IR_F32), count, values, like->operands[start],
                             like->operand_count - start - 1, like->operands + start + 1);
    inst->flags = like->flags;
    return inst->results[0];
}

static IrValue *rewrite(IrBuilder *b, IrInst *inst) {
    bool is_sum = inst->op == OP_ATOMIC_ADD || inst->op == OP_ATOMIC_SUB;
    const IrType *type = inst->results[0]->type;
    if (!is_sum || !ir_is_float(type)) {
        return NULL;
    }
    IrValue *first = atomic(b, inst, OP_ATOMIC_LOAD, 0, NULL);
    IrInst *loop = ir_loop(b, 1, &first, 1, &type, 1, &type);
    IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];

    IrBuilder in = ir_at_end(b->module, body);
    in.pos = b->pos;
    IrValue *expected = body->params[0];
    IrValue *sum =
        ir_binary(&in, inst->op == OP_ATOMIC_ADD ? OP_ADD : OP_SUB, expected, inst->operands[0]);
    IrValue *was = atomic(&in, inst, OP_ATOMIC_COMPARE_EXCHANGE, 2, (IrValue *[]){expected, sum});
    IrValue *was_bits = bits_of(&in, was), *expected_bits = bits_of(&in, expected);
    IrInst *done = ir_if(&in, ir_binary(&in, OP_EQ, was_bits, expected_bits), 0, NULL);
    IrBuilder yes = ir_at_end(b->module, &done->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(b->module, &done->regions[IR_IF_FALSE]);
    IrBuilder again = ir_at_end(b->module, more);
    yes.pos = no.pos = again.pos = b->pos;
    ir_end(&yes, OP_BREAK, 1, &was);
    ir_end(&no, OP_YIELD, 0, NULL);
    ir_end(&in, OP_CONTINUE, 1, &was);
    ir_end(&again, OP_NEXT, 1, more->params);
    return loop->results[0];
}

static bool run(IrModule *module) {
    return ir_rewrite(module, rewrite);
}

IR_PASS(lower_float_atomics, run);
