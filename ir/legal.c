/* Which flags an instruction may or must have, and which procs may stay.
 *
 * The one answer for the lower_* passes (what is left to do), the verifier (was it done) and the back-ends
 * (which print the hardware's own operation for a `.raw` one, and take no total one that needs more).
 */
#include "ir/ir.h"

bool ir_needs_raw(const IrInst *inst) {
    if (!ir_has(inst->op, IR_PARTIAL)) {
        return false;
    }
    switch (inst->op) {
    case OP_DIV:
    case OP_REM: /* floats: IEEE division is total; a float `rem` is rewritten, never made raw */
        return ir_is_int(inst->results[0]->type);
    case OP_CONVERT: /* every other conversion is defined for every operand */
        return ir_is_float(inst->operands[0]->type) && ir_is_int(inst->results[0]->type);
    default: /* a whole local or shared is always there */
        return !ir_has(inst->op, IR_PLACE) || inst->operand_count > ir_place_start(inst) + 1;
    }
}

bool ir_takes_values(const IrFunction *proc) {
    enum { MOST_PARAMS = 255 }; /* of a function in SPIR-V */
    bool values =
        (proc->result == &ir_void || ir_is_data(proc->result)) && proc->param_count <= MOST_PARAMS;
    for (uint32_t i = 0; i < proc->param_count; i++) {
        values = values && ir_is_data(proc->params[i]->type);
    }
    return values;
}

bool ir_takes_float_flags(IrOp op, const IrType *result) {
    IrRule rule = (IrRule)ir_ops[op].rule;
    return ir_is_float(result) && !ir_has(op, IR_CONVERGENT) &&
           (rule == RULE_SAME_NUMBER || rule == RULE_SAME_SIGNED || rule == RULE_SAME_FLOAT ||
            rule == RULE_DOT);
}
