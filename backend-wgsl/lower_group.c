/* wgsl_builtins and wgsl_subgroups: what a dispatch gives, and lanes.
 *
 * Before: a module lowered as all targets want it. After: no `builtin group_size`; `subgroup_broadcast` and the shuffles by
 * a mask or a distance have a constant below 128 there, as WGSL wants it (the distance has to be the same in all lanes,
 * so others shuffle by a computed lane, for which any value will do where there is none).
 */
#include "backend-wgsl/wgsl_passes.h"
#include "ir/rewrite.h"

enum { MOST_LANES = 128 };

static const IrFunction *function_of(const IrInst *inst) {
    const IrRegion *region = inst->region;
    while (region->owner != NULL) {
        region = region->owner->region;
    }
    return region->function;
}

static IrValue *lower_builtin(IrBuilder *b, IrInst *inst) {
    enum { SIDES = 3 };
    if (inst->op != OP_BUILTIN || inst->builtin != IR_BUILTIN_GROUP_SIZE) {
        return NULL;
    }
    const IrFunction *kernel = function_of(inst);
    IrValue *sides[SIDES];
    for (int i = 0; i < SIDES; i++) {
        sides[i] = kernel->workgroup_spec[i] != NULL
                       ? ir_spec(b, kernel->workgroup_spec[i])
                       : ir_const_u32(b->module, kernel->workgroup[i]);
    }
    return ir_emit(b, OP_CONSTRUCT, inst->results[0]->type, SIDES, sides)->results[0];
}

static bool builtins(IrModule *module) {
    return ir_rewrite(module, lower_builtin);
}

WGSL_PASS(wgsl_builtins, builtins);

static bool is_lane(const IrValue *value) {
    return ir_is_const(value) && value->bits[0] < MOST_LANES;
}

static IrValue *lower_lane(IrBuilder *b, IrInst *inst) {
    static const struct {
        IrOp of, by;
    } rows[] = {
        {OP_SUBGROUP_SHUFFLE_XOR, OP_XOR},
        {OP_SUBGROUP_SHUFFLE_UP, OP_SUB},
        {OP_SUBGROUP_SHUFFLE_DOWN, OP_ADD},
    };
    bool shuffles = inst->op == OP_SUBGROUP_SHUFFLE;
    IrValue *lane = NULL;
    if (shuffles || inst->op == OP_SUBGROUP_BROADCAST) {
        lane = inst->operands[1];
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (inst->op == rows[i].of && !is_lane(inst->operands[1])) {
            lane = ir_binary(b, rows[i].by, ir_builtin(b, IR_BUILTIN_LANE), inst->operands[1]);
        }
    }
    if (lane == NULL || (ir_is_const(lane) ? is_lane(lane) : shuffles)) {
        return NULL;
    }
    if (ir_is_const(lane)) { /* of a lane that no subgroup has */
        return inst->operands[0];
    }
    IrValue *operands[] = {inst->operands[0], lane};
    return ir_emit(b, OP_SUBGROUP_SHUFFLE, inst->results[0]->type, 2, operands)->results[0];
}

static bool subgroups(IrModule *module) {
    return ir_rewrite(module, lower_lane);
}

WGSL_PASS(wgsl_subgroups, subgroups);

const IrPass *const wgsl_leave_out[] = {&pass_lower_shared_init, NULL};

const IrPass *const wgsl_values[] = {
    &pass_wgsl_small_values, &ir_if_changed, &pass_lower_small_ints,
    &pass_opt_fold, /* what was put together is taken apart again */
    &pass_opt_dce,           &ir_end_if,     NULL,
};

const IrPass *const wgsl_passes[] = {
    &pass_wgsl_float_tests,    &pass_wgsl_inserts,   &pass_wgsl_builtins,
    &pass_wgsl_subgroup_index, &pass_wgsl_subgroups, NULL,
};
