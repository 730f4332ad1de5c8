/* lower_bits: the offset of a bit field is clamped to the width, its count to what is left.
 *
 * The hardware wants offset + count <= width. A field that begins at the width has no bits; since drivers disagree
 * about an offset that is no bit's number, such a field is moved onto the last bit, still with no bits.
 *
 * Before: anything. After: every `extract_bits` and `insert_bits` is `.raw`.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *at_most(IrBuilder *b, IrValue *value, uint32_t limit) {
    if (ir_is_const(value) && value->bits[0] <= limit) {
        return value;
    }
    return ir_binary(b, OP_MIN, value, ir_const_u32(b->module, limit));
}

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if ((inst->op != OP_EXTRACT_BITS && inst->op != OP_INSERT_BITS) ||
        (inst->flags & IR_RAW) != 0) {
        return NULL;
    }
    uint32_t width = ir_bits(inst->results[0]->type);
    IrValue **offset = &inst->operands[inst->operand_count - 2];
    IrValue **count = &inst->operands[inst->operand_count - 1];
    if (ir_is_const(*offset)) {
        uint64_t from = (*offset)->bits[0];
        *count = at_most(b, *count, from < width ? width - (uint32_t)from : 0);
        *offset = from < width ? *offset : ir_const_u32(b->module, width - 1);
    } else {
        IrValue *from = ir_binary(b, OP_MIN, *offset, ir_const_u32(b->module, width));
        IrValue *room = ir_binary(b, OP_SUB, ir_const_u32(b->module, width), from);
        *count = ir_binary(b, OP_MIN, *count, room);
        *offset = ir_binary(b, OP_MIN, from, ir_const_u32(b->module, width - 1));
    }
    return ir_made_raw(inst);
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_bits, run);
