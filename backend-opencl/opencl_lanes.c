/* opencl_lanes: what subgroups do with vectors, they do lane by lane: OpenCL's functions take scalars.
 *
 * Before: the lowerings. After: no subgroup op of a vector but `subgroup_ballot`.
 */
#include "backend-opencl/opencl_writer.h"
#include "ir/rewrite.h"

static IrValue *rewrite(IrBuilder *b, IrInst *inst) {
    if (!ir_is_subgroup_op(inst->op) || inst->operand_count == 0 || inst->result_count == 0 ||
        !ir_is_vector(inst->operands[0]->type)) {
        return NULL;
    }
    const IrType *type = inst->results[0]->type;
    IrValue *lanes[IR_MAX_LANES];
    for (unsigned i = 0; i < type->lanes; i++) {
        IrValue *operands[2] = {ir_extract(b, inst->operands[0], i), NULL};
        if (inst->operand_count > 1) {
            operands[1] = inst->operands[1];
        }
        lanes[i] =
            ir_emit(b, inst->op, ir_lane_type(type), inst->operand_count, operands)->results[0];
    }
    return ir_emit(b, OP_CONSTRUCT, type, type->lanes, lanes)->results[0];
}

static bool run(IrModule *module) {
    return ir_rewrite(module, rewrite);
}

const IrPass opencl_lanes = {"opencl_lanes", run, "subgroup operations of vectors go lane by lane"};
