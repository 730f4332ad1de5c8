/* What a dispatch gives each invocation, barriers, and subgroups. See opencl_writer.h.
 *
 * Subgroups are an extension. Where the driver's compiler has it, a subgroup is the device's; where not, every invocation is
 * one of its own: the macros that the first use prints decide it.
 */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

/* ---- what is given ---- */

static const char *const functions[IR_BUILTIN_COUNT] = {
    [IR_BUILTIN_GLOBAL_ID] = "get_global_id",       [IR_BUILTIN_LOCAL_ID] = "get_local_id",
    [IR_BUILTIN_GROUP_ID] = "get_group_id",         [IR_BUILTIN_GROUP_COUNT] = "get_num_groups",
    [IR_BUILTIN_GROUP_SIZE] = "get_local_size",     [IR_BUILTIN_LANE] = "subgroup_lane",
    [IR_BUILTIN_LANE_COUNT] = "subgroup_lanes",     [IR_BUILTIN_SUBGROUP_INDEX] = "subgroup_index",
    [IR_BUILTIN_SUBGROUP_COUNT] = "subgroup_count",
};

static const char subgroup_macros[] =
    "#if defined(cl_khr_subgroups) || defined(__opencl_c_subgroups)\n"
    "#define subgroup_lane() get_sub_group_local_id()\n"
    "#define subgroup_lanes() get_sub_group_size()\n"
    "#define subgroup_index() get_sub_group_id()\n"
    "#define subgroup_count() get_num_sub_groups()\n"
    "#define subgroup_fence() sub_group_barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)\n"
    "#define subgroup_add(x) sub_group_reduce_add(x)\n"
    "#define subgroup_min(x) sub_group_reduce_min(x)\n"
    "#define subgroup_max(x) sub_group_reduce_max(x)\n"
    "#define subgroup_inclusive_add(x) sub_group_scan_inclusive_add(x)\n"
    "#define subgroup_exclusive_add(x) sub_group_scan_exclusive_add(x)\n"
    "#define subgroup_mul(x) sub_group_non_uniform_reduce_mul(x)\n"
    "#define subgroup_and(x) sub_group_non_uniform_reduce_and(x)\n"
    "#define subgroup_or(x) sub_group_non_uniform_reduce_or(x)\n"
    "#define subgroup_xor(x) sub_group_non_uniform_reduce_xor(x)\n"
    "#define subgroup_inclusive_mul(x) sub_group_non_uniform_scan_inclusive_mul(x)\n"
    "#define subgroup_exclusive_mul(x) sub_group_non_uniform_scan_exclusive_mul(x)\n"
    "#define subgroup_broadcast(x, lane) sub_group_broadcast(x, lane)\n"
    "#define subgroup_broadcast_first(x) sub_group_broadcast(x, 0)\n"
    "#define subgroup_shuffle(x, lane) sub_group_shuffle(x, lane)\n"
    "#define subgroup_shuffle_xor(x, mask) sub_group_shuffle_xor(x, mask)\n"
    "#define subgroup_shuffle_up(x, delta) sub_group_shuffle_up(x, delta)\n"
    "#define subgroup_shuffle_down(x, delta) sub_group_shuffle_down(x, delta)\n"
    "#define subgroup_any(x) (sub_group_any(x) != 0)\n"
    "#define subgroup_all(x) (sub_group_all(x) != 0)\n"
    "#define subgroup_ballot(x) sub_group_ballot(x)\n"
    "#define subgroup_elect() (get_sub_group_local_id() == 0)\n"
    "#else\n"
    "#define subgroup_lane() 0u\n"
    "#define subgroup_lanes() 1u\n"
    "#define subgroup_index() ((get_local_id(2) * get_local_size(1) + get_local_id(1)) * "
    "get_local_size(0) + get_local_id(0))\n"
    "#define subgroup_count() (get_local_size(0) * get_local_size(1) * get_local_size(2))\n"
    "#define subgroup_fence() mem_fence(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)\n"
    "#define subgroup_add(x) (x)\n"
    "#define subgroup_min(x) (x)\n"
    "#define subgroup_max(x) (x)\n"
    "#define subgroup_inclusive_add(x) (x)\n"
    "#define subgroup_exclusive_add(x) 0\n"
    "#define subgroup_mul(x) (x)\n"
    "#define subgroup_and(x) (x)\n"
    "#define subgroup_or(x) (x)\n"
    "#define subgroup_xor(x) (x)\n"
    "#define subgroup_inclusive_mul(x) (x)\n"
    "#define subgroup_exclusive_mul(x) 1\n"
    "#define subgroup_broadcast(x, lane) (x)\n"
    "#define subgroup_broadcast_first(x) (x)\n"
    "#define subgroup_shuffle(x, lane) (x)\n"
    "#define subgroup_shuffle_xor(x, mask) (x)\n"
    "#define subgroup_shuffle_up(x, delta) (x)\n"
    "#define subgroup_shuffle_down(x, delta) (x)\n"
    "#define subgroup_any(x) (x)\n"
    "#define subgroup_all(x) (x)\n"
    "#define subgroup_ballot(x) ((uint4)((x) ? 1u : 0u, 0u, 0u, 0u))\n"
    "#define subgroup_elect() true\n"
    "#endif\n\n";

static void need_subgroups(OpenclWriter *w) {
    if (!w->uses_subgroups) {
        w->uses_subgroups = true;
        text_add(&w->declarations, subgroup_macros);
    }
}

/* OpenCL's are size_t. */
void opencl_builtin(TextPrinter *p, IrInst *inst) {
    OpenclWriter *w = opencl_of(p);
    IrValue *value = inst->results[0];
    const char *function = functions[inst->builtin];
    if (inst->builtin == IR_BUILTIN_LOCAL_INDEX) {
        text_define(p, value,
                    text_expr(p, LEVEL_UNARY,
                              "(uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * "
                              "get_local_size(0) + get_local_id(0))"),
                    "local_index");
    } else if (value->type->kind == IR_TYPE_SCALAR) {
        need_subgroups(w);
        text_define(p, value, text_expr(p, LEVEL_UNARY, "(uint)%s()", function), function);
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
        need_subgroups(opencl_of(p));
        text_statement(p, "subgroup_fence();");
    }
}

/* ---- subgroups ---- */

/* On scalars: opencl_lanes took vectors apart. What all do together stands as a statement. */
void opencl_in_subgroup(TextPrinter *p, IrInst *inst) {
    need_subgroups(opencl_of(p));
    Text text = {.arena = p->arena};
    text_printf(&text, "%s(", ir_ops[inst->op].text);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        text_printf(&text, "%s%s", i > 0 ? ", " : "", text_use(p, inst->operands[i]).text);
    }
    text_char(&text, ')');
    text_define_let(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s", text_get(&text)), NULL);
}
