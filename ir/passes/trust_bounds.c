/* trust_bounds: every index is taken to be inside (--bounds=trust). Stands where lower_bounds would.
 *
 * Before: anything. After: every access by index is `.raw`.
 */
#include "ir/pass.h"

static void trust(IrInst *inst, void *data) {
    bool *changed = data;
    switch (inst->op) {
    case OP_LOAD:
    case OP_STORE:
    case OP_EXTRACT_AT:
    case OP_INSERT_AT:
        if (ir_needs_raw(inst) && (inst->flags & IR_RAW) == 0) {
            inst->flags |= IR_RAW;
            *changed = true;
        }
        break;
    default:
        break;
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, trust, &changed);
    }
    return changed;
}

const IrPass pass_trust_bounds = {"trust_bounds", run,
                                  "indices are taken as they are (--bounds=trust)"};
