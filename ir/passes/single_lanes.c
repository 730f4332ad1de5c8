/* single_lanes: every invocation is a subgroup of one, for devices that have no subgroups.
 *
 *     %sum: f32 = subgroup_add %x        becomes %x
 *     %before: f32 = subgroup_exclusive_add %x        0f32
 *     %votes: u32x4 = subgroup_ballot %c        construct (select %c, 1u32, 0u32), 0u32, 0u32, 0u32
 *     %n: u32 = builtin lane        0u32
 *     %n: u32 = builtin subgroup_index        builtin local_index
 *     subgroup_barrier        nothing
 *
 * A shuffle from a lane that is not there may give anything: it gives what the invocation has.
 *
 * Before: anything; best before mem2reg, so that what became constant is folded. After: no subgroup op, and none of the four
 * built-in values of subgroups.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

static IrValue *invocations(IrBuilder *b) {
    IrValue *size = ir_builtin(b, IR_BUILTIN_GROUP_SIZE);
    IrValue *x = ir_extract(b, size, 0), *y = ir_extract(b, size, 1), *z = ir_extract(b, size, 2);
    return ir_binary(b, OP_MUL, ir_binary(b, OP_MUL, x, y), z);
}

static IrValue *lower_builtin(IrBuilder *b, const IrInst *inst) {
    switch (inst->builtin) {
    case IR_BUILTIN_LANE:
        return ir_const_u32(b->module, 0);
    case IR_BUILTIN_LANE_COUNT:
        return ir_const_u32(b->module, 1);
    case IR_BUILTIN_SUBGROUP_INDEX:
        return ir_builtin(b, IR_BUILTIN_LOCAL_INDEX);
    case IR_BUILTIN_SUBGROUP_COUNT:
        return invocations(b);
    default:
        return NULL;
    }
}

static IrValue *ballot(IrBuilder *b, IrValue *vote) {
    IrValue *zero = ir_const_u32(b->module, 0), *one = ir_const_u32(b->module, 1);
    IrValue *words[] = {ir_select(b, vote, one, zero), zero, zero, zero};
    return ir_emit(b, OP_CONSTRUCT, ir_vector(IR_U32, 4), 4, words)->results[0];
}

static IrValue *lower(IrBuilder *b, IrInst *inst) {
    if (inst->op == OP_BUILTIN) {
        return lower_builtin(b, inst);
    }
    if (!ir_is_subgroup_op(inst->op)) {
        return NULL;
    }
    switch (inst->op) {
    case OP_SUBGROUP_EXCLUSIVE_ADD:
        return ir_const_number(b->module, inst->results[0]->type, 0);
    case OP_SUBGROUP_EXCLUSIVE_MUL:
        return ir_const_number(b->module, inst->results[0]->type, 1);
    case OP_SUBGROUP_BALLOT:
        return ballot(b, inst->operands[0]);
    case OP_SUBGROUP_ELECT:
        return ir_const_bool(b->module, true);
    default: /* all others are of the one value that there is */
        return inst->operands[0];
    }
}

static void drop_barrier(IrInst *inst, void *changed) {
    if (inst->op == OP_SUBGROUP_BARRIER) {
        ir_remove(inst);
        *(bool *)changed = true;
    }
}

static bool run(IrModule *module) {
    bool changed = ir_rewrite(module, lower);
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        ir_walk(&f->body, drop_barrier, &changed);
    }
    return changed;
}

IR_PASS(single_lanes, run);
