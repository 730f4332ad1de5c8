/* What a dispatch gives each invocation, and barriers. See opencl_writer.h. */
#include "backend-opencl/opencl_writer.h"

/* ---- what is given ---- */

static const char *const functions[IR_BUILTIN_COUNT] = {
    [IR_BUILTIN_GLOBAL_ID] = "get_global_id",        [IR_BUILTIN_LOCAL_ID] = "get_local_id",
    [IR_BUILTIN_GROUP_ID] = "get_group_id",          [IR_BUILTIN_GROUP_COUNT] = "get_num_groups",
    [IR_BUILTIN_GROUP_SIZE] = "get_local_size",      [IR_BUILTIN_LANE] = "subgroup_lane",
    [IR_BUILTIN_LANE_COUNT] = "subgroup_lane_count", [IR_BUILTIN_SUBGROUP_INDEX] = "subgroup_index",
    [IR_BUILTIN_SUBGROUP_COUNT] = "subgroup_count",
};

/* OpenCL's are size_t. */
void opencl_builtin(TextPrinter *p, IrInst *inst) {
    IrValue *value = inst->results[0];
    const char *function = functions[inst->builtin];
    if (inst->builtin == IR_BUILTIN_LOCAL_INDEX) {
        text_define(p, value,
                    text_expr(p, LEVEL_UNARY,
                              "(uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * "
                              "get_local_size(0) + get_local_id(0))"),
                    "local_index");
    } else if (value->type->kind == IR_TYPE_SCALAR) {
        const char *macro = opencl_subgroup_macro(opencl_of(p), function);
        text_define(p, value, text_expr(p, LEVEL_UNARY, "(uint)%s()", macro),
                    ir_builtins[inst->builtin].text);
    } else {
        text_define_let(
            p, value,
            text_expr(p, LEVEL_UNARY, "(uint3)(%s(0), %s(1), %s(2))", function, function, function),
            ir_builtins[inst->builtin].text);
    }
}

/* ---- barriers ---- */

void opencl_barrier(TextPrinter *p, IrInst *inst) {
    text_before_write(p);
    if (inst->op == OP_BARRIER) {
        text_statement(p, "barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);");
    } else {
        text_statement(p, "%s();", opencl_subgroup_macro(opencl_of(p), ir_ops[inst->op].text));
    }
}
