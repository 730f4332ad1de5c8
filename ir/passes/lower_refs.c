/* lower_refs: a place that was handed to a proc is where it is used: its root and indices stand there.
 *
 *     %r: ref<f32> = ref %points[%i][0u32]        store %points[%i][0u32], %x
 *     store %r, %x                          →
 *
 * Indices are values, so what happened in between does not change them.
 *
 * Before: inline_procs, so that no call takes a `ref`. After: there is no `ref` in kernels.
 */
#include "ir/pass.h"

typedef struct {
    IrModule *module;
    bool changed;
} Refs;

/* The place behind a root that is the result of a `ref`; nothing is behind others. */
static const IrInst *ref_behind(const IrValue *root) {
    bool is_ref = root->kind == IR_VALUE_RESULT && root->inst->op == OP_REF;
    return is_ref ? root->inst : NULL;
}

static void visit(IrInst *inst, void *data) {
    Refs *refs = data;
    if (!ir_has(inst->op, IR_PLACE)) {
        return;
    }
    uint32_t start = ir_place_start(inst);
    const IrInst *ref = ref_behind(inst->operands[start]);
    if (ref == NULL) {
        return;
    }
    uint32_t behind = inst->operand_count - start - 1, count = start + ref->operand_count + behind;
    IrValue **operands = NEW_ARRAY(refs->module->arena, IrValue *, count);
    for (uint32_t i = 0; i < start; i++) {
        operands[i] = inst->operands[i];
    }
    for (uint32_t i = 0; i < ref->operand_count; i++) { /* it was visited before */
        operands[start + i] = ref->operands[i];
    }
    for (uint32_t i = 0; i < behind; i++) {
        operands[start + ref->operand_count + i] = inst->operands[start + 1 + i];
    }
    inst->operands = operands;
    inst->operand_count = count;
    if (ref->operand_count > 1) { /* its indices were not looked at */
        inst->flags &= (uint8_t)~IR_RAW;
    }
    refs->changed = true;
}

static bool is_used(const IrInst *inst) {
    return inst->mark != 0;
}

/* A call of a proc that stays may still take one. */
static void note_uses(IrInst *inst, void *data) {
    (void)data;
    inst->mark = 0;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrInst *ref = ref_behind(inst->operands[i]);
        if (ref != NULL) {
            ((IrInst *)ref)->mark = 1;
        }
    }
}

static void drop(IrInst *inst, void *data) {
    Refs *refs = data;
    if (inst->op == OP_REF && !is_used(inst)) {
        ir_remove(inst);
        refs->changed = true;
    }
}

static bool run(IrModule *module) {
    Refs refs = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, visit, &refs);
        ir_walk(&function->body, note_uses, NULL);
        ir_walk(&function->body, drop, &refs);
    }
    return refs.changed;
}

IR_PASS(lower_refs, run);
