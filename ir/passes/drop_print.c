/* drop_print: `print` and `assert` go, where nobody would read what they say. lower_print stands in its place where somebody does.
 *
 * Before: anything. After: no `print` and no `assert`; what was computed for them alone is left for opt_dce.
 */
#include "ir/pass.h"

static void drop(IrInst *inst, void *data) {
    bool *changed = data;
    if (inst->op == OP_PRINT || inst->op == OP_ASSERT) {
        ir_remove(inst);
        *changed = true;
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, drop, &changed);
    }
    return changed;
}

IR_PASS(drop_print, run);
