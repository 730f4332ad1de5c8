/* trust_bounds: every index is taken to be inside (--bounds=trust). Stands where lower_bounds would.
 *
 * A constant index outside an array or vector names no place that a target could be told of: that access goes.
 *
 * Before: anything. After: every access by index is `.raw`.
 */
#include "ir/pass.h"
#include "ir/passes/places.h"

typedef struct {
    IrModule *module;
    bool changed;
} Trust;

static void trust(IrInst *inst, void *data) {
    Trust *trust = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
    if ((inst->flags & IR_RAW) != 0 || !ir_needs_raw(inst)) {
        return;
    }
    bool is_place = ir_has(inst->op, IR_PLACE);
    if (!is_place && inst->op != OP_EXTRACT_AT && inst->op != OP_INSERT_AT) {
        return;
    }
    trust->changed = true;
    inst->flags |= IR_RAW;
    if (is_place && place_is_nowhere(inst)) {
        place_drop(trust->module, inst);
    }
}

static bool run(IrModule *module) {
    Trust all = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, trust, &all);
    }
    return all.changed;
}

IR_PASS(trust_bounds, run);
