/* wrap_signed: arithmetic of signed integers that may overflow becomes that of unsigned ones.
 *
 *     %s: i32 = add %a, %b
 * becomes
 *     %0: u32 = bitcast %a
 *     %1: u32 = bitcast %b
 *     %2: u32 = add %0, %1
 *     %s: i32 = bitcast %2
 *
 * In C the first is undefined where it overflows; in the language it wraps. The same goes for the functions of bits, whose
 * helpers are written for unsigned.
 *
 * For targets whose language has C's rule; it stands in their own pipelines.
 *
 * Before: the lowerings. After: `opt_fold`, which takes a bitcast of a bitcast away.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static const IrType *unsigned_of(const IrType *type) {
    return ir_vector(ir_bits(type) == 64 ? IR_U64 : IR_U32, type->lanes);
}

static bool overflows(IrOp op) {
    switch (op) {
    case OP_NEG:
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_SHL:
    case OP_CTZ:
    case OP_REVERSE_BITS:
    case OP_INSERT_BITS:
        return true;
    default:
        return false;
    }
}

static bool is_signed(const IrInst *inst) {
    return inst->result_count == 1 && ir_is_signed_int(inst->results[0]->type);
}

/* The bits in place, then down again with the sign: count 0 gives 0. */
static IrValue *extract_signed(IrBuilder *b, const IrInst *inst) {
    const IrType *type = inst->results[0]->type, *bits = unsigned_of(type);
    IrValue *width = ir_const_u32(b->module, 32);
    IrValue *up =
        ir_binary(b, OP_SUB, ir_binary(b, OP_SUB, width, inst->operands[2]), inst->operands[1]);
    IrValue *down = ir_binary(b, OP_SUB, width, inst->operands[2]);
    IrValue *mask = ir_const_u32(b->module, 31);
    up = ir_splat(b, bits, ir_binary(b, OP_AND, up, mask));
    down = ir_splat(b, bits, ir_binary(b, OP_AND, down, mask));
    IrValue *x = ir_convert(b, OP_BITCAST, bits, inst->operands[0]);
    IrInst *high = ir_emit(b, OP_SHL, bits, 2, (IrValue *[]){x, up});
    high->flags = IR_RAW;
    IrValue *as_signed = ir_convert(b, OP_BITCAST, type, high->results[0]);
    IrInst *low = ir_emit(b, OP_SHR, type, 2, (IrValue *[]){as_signed, down});
    low->flags = IR_RAW;
    IrValue *none = ir_binary(b, OP_EQ, inst->operands[2], ir_const_u32(b->module, 0));
    return ir_select(b, none, ir_const_zero(b->module, type), low->results[0]);
}

static IrValue *rewrite(IrBuilder *b, IrInst *inst) {
    if (!is_signed(inst)) {
        return NULL;
    }
    if (inst->op == OP_EXTRACT_BITS) {
        return extract_signed(b, inst);
    }
    if (!overflows(inst->op)) {
        return NULL;
    }
    const IrType *type = inst->results[0]->type, *bits = unsigned_of(type);
    IrValue *operands[4];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        bool counts = inst->operands[i]->type != type; /* shifts, offsets */
        operands[i] =
            counts ? inst->operands[i] : ir_convert(b, OP_BITCAST, bits, inst->operands[i]);
    }
    IrInst *made;
    if (inst->op == OP_NEG) { /* which is of signed numbers alone */
        made =
            ir_emit(b, OP_SUB, bits, 2, (IrValue *[]){ir_const_zero(b->module, bits), operands[0]});
    } else {
        made = ir_emit(b, inst->op, bits, inst->operand_count, operands);
        made->flags = inst->flags;
    }
    return ir_convert(b, OP_BITCAST, type, made->results[0]);
}

static bool run(IrModule *module) {
    return ir_rewrite(module, rewrite);
}

IR_PASS(wrap_signed, run);
