/* wgsl_float_tests and wgsl_inserts: `isnan`, `isinf`, `insert` and `insert_at` in other ops.
 *
 * Before: a module lowered as all targets want it. After: none of these is left.
 */
#include "backend-wgsl/wgsl_passes.h"
#include "ir/rewrite.h"

/* ---- wgsl_float_tests: NaN and infinity are told by their bits ---- */

/* WGSL has no isnan, and lets a compiler take it that there are none. */
static IrValue *lower_test(IrBuilder *b, IrInst *inst) {
    enum { MAGNITUDE = 0x7fffffff, INFINITE = 0x7f800000 };
    if (inst->op != OP_ISNAN && inst->op != OP_ISINF) {
        return NULL;
    }
    IrValue *x = inst->operands[0];
    unsigned lanes = x->type->lanes;
    const IrType *bits = ir_vector(IR_U32, lanes);
    if (x->type->scalar == IR_F16) { /* the f32 of the same value */
        x = ir_convert(b, OP_CONVERT, ir_vector(IR_F32, lanes), x);
    }
    IrValue *mask = ir_const_splat(b->module, bits, MAGNITUDE);
    IrValue *magnitude = ir_binary(b, OP_AND, ir_convert(b, OP_BITCAST, bits, x), mask);
    IrValue *infinity = ir_const_splat(b->module, bits, INFINITE);
    return ir_binary(b, inst->op == OP_ISNAN ? OP_GT : OP_EQ, magnitude, infinity);
}

static bool float_tests(IrModule *module) {
    return ir_rewrite(module, lower_test);
}

WGSL_PASS(wgsl_float_tests, float_tests);

/* ---- wgsl_inserts: no value changes in a part ---- */

static IrValue *through_local(IrBuilder *b, const IrInst *inst, IrValue *index) {
    IrValue *local = ir_var(b, inst->results[0]->type, NULL);
    ir_store(b, inst->operands[0], local, 0, NULL);
    ir_store(b, inst->operands[1], local, 1, &index)->flags |= IR_RAW;
    return ir_load(b, local, 0, NULL);
}

static IrValue *rebuilt(IrBuilder *b, const IrInst *inst) {
    enum { MOST = 16 };
    IrValue *parts[MOST];
    const IrType *type = inst->results[0]->type;
    uint32_t count = ir_part_count(type);
    if (count > MOST) {
        return through_local(b, inst, ir_const_u32(b->module, inst->index));
    }
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = i == inst->index ? inst->operands[1] : ir_extract(b, inst->operands[0], i);
    }
    return ir_emit(b, OP_CONSTRUCT, type, count, parts)->results[0];
}

static IrValue *lower_insert(IrBuilder *b, IrInst *inst) {
    switch (inst->op) {
    case OP_INSERT:
        return rebuilt(b, inst);
    case OP_INSERT_AT:
        return through_local(b, inst, inst->operands[2]);
    default:
        return NULL;
    }
}

static bool inserts(IrModule *module) {
    return ir_rewrite(module, lower_insert);
}

WGSL_PASS(wgsl_inserts, inserts);
