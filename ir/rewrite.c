/* See rewrite.h. Values are defined before they are used in the order of the walk, and a construct is visited
 * after its regions, so resolving each instruction's operands on the way leaves nothing forwarded. */
#include "ir/rewrite.h"

typedef struct {
    IrModule *module;
    IrRewrite rule;
    bool changed, replaced; /* until something is, nothing is forwarded */
} Rewriter;

static void visit(IrInst *inst, void *data) {
    Rewriter *rewriter = data;
    for (uint32_t i = 0; i < inst->operand_count && rewriter->replaced; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
    if (inst->result_count != 1 || inst->region_count != 0) {
        return;
    }
    IrBuilder b = ir_before(rewriter->module, inst);
    IrValue *old = inst->results[0], *new = rewriter->rule(&b, inst);
    if (new == NULL) {
        return;
    }
    rewriter->changed = true;
    if (new != old) {
        ir_take_place(inst, new);
        rewriter->replaced = true;
    }
}

bool ir_rewrite(IrModule *module, IrRewrite rule) {
    Rewriter rewriter = {.module = module, .rule = rule};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, visit, &rewriter);
    }
    return rewriter.changed;
}

IrValue *ir_made_raw(IrInst *inst) {
    inst->flags |= IR_RAW;
    return inst->results[0];
}

void ir_take_place(IrInst *inst, IrValue *value) {
    IrValue *old = inst->results[0];
    if (value->name == NULL && !ir_is_const(value)) {
        value->name = old->name;
    }
    ir_replace(old, value);
    ir_remove(inst);
}
