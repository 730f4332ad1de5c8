/* lower_float_rem: x % y on floats becomes x - y * trunc(x / y), which is its definition; no target has an
 * operation that is exactly this.
 *
 * Before: anything. After: no `rem` of floats is left.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if (inst->op != OP_REM || !ir_is_float(inst->results[0]->type)) {
        return NULL;
    }
    IrValue *x = inst->operands[0], *y = inst->operands[1];
    IrValue *whole = ir_unary(b, OP_TRUNC, ir_binary(b, OP_DIV, x, y));
    return ir_binary(b, OP_SUB, x, ir_binary(b, OP_MUL, y, whole));
}

static bool run(IrModule *module) {
    return ir_rewrite(module, lower);
}

IR_PASS(lower_float_rem, run);
