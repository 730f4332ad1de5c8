/* drop_print: `print` and `assert` go, where nobody would read what they say. lower_print stands in its place where somebody does.
 *
 * They are there with -g alone, so somebody wanted them: a warning for each function says that they went.
 *
 * Before: anything. After: no `print` and no `assert`; what was computed for them alone is left for opt_dce.
 */
#include "ir/pass.h"

typedef struct {
    IrModule *module;
    const IrFunction *function;
    IrOp op; /* of the first that went */
    Pos pos; /* and its place */
    uint32_t count;
} Drop;

static void drop(IrInst *inst, void *data) {
    Drop *d = data;
    if (inst->op == OP_PRINT || inst->op == OP_ASSERT) {
        if (d->count++ == 0) {
            d->op = inst->op;
            d->pos = inst->pos;
        }
        ir_remove(inst);
    }
}

static void warn(const Drop *d) {
    if ((d->function->allowed >> WARN_TARGET_OMITTED & 1) != 0) {
        return;
    }
    Diag *diag = diag_report(d->module->diags, (Span){d->pos, d->pos}, D(PRINT_OMITTED),
                             ir_ops[d->op].text, d->function->name->text);
    if (d->count > 1) {
        diag_note(diag, (Span){0}, "so %s %u more there", d->count > 2 ? "are" : "is",
                  d->count - 1);
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Drop d = {.module = module, .function = function};
        ir_walk(&function->body, drop, &d);
        if (d.count > 0) {
            warn(&d);
            changed = true;
        }
    }
    return changed;
}

IR_PASS(drop_print, run);
