/* See races_run.h: who comes by, and what values are in all invocations. */
#include "ir/races_run.h"

/* ---- masks ---- */

Mask lanes_narrow(Races *r, Mask mask, uint32_t condition) {
    if (mask.lane == NULL || condition == NEVER || condition == ALWAYS) {
        return condition == NEVER ? nobody : mask;
    }
    uint8_t *lane = NEW_ARRAY(r->v.arena, uint8_t, r->v.invocations);
    bool any = false, changed = false, open = false;
    for (uint32_t i = 0; i < r->v.invocations; i++) {
        if (mask.lane[i] != IS_OFF) {
            Answer answer = condition_in(&r->v, condition, i);
            lane[i] = answer == NO ? IS_OFF : answer == UNKNOWN ? IS_UNSURE : mask.lane[i];
            open |= answer == MAYBE;
        }
        any |= lane[i] != IS_OFF;
        changed |= lane[i] != mask.lane[i];
    }
    r->v.work += r->v.invocations;
    uint32_t guard = open ? condition_both(&r->v, mask.guard, condition) : mask.guard;
    return any && guard != NEVER ? (Mask){changed ? lane : mask.lane, guard} : nobody;
}

Mask lanes_unite(Races *r, Mask a, Mask b, Mask all) {
    if (a.lane == NULL || b.lane == NULL) {
        return a.lane == NULL ? b : a;
    }
    uint8_t *lane = NEW_ARRAY(r->v.arena, uint8_t, r->v.invocations);
    bool same = all.lane != NULL;
    for (uint32_t i = 0; i < r->v.invocations; i++) {
        lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
        same &= all.lane != NULL && lane[i] == all.lane[i];
    }
    r->v.work += r->v.invocations;
    uint32_t guard = a.guard == b.guard ? a.guard : condition_either(&r->v, a.guard, b.guard);
    return (Mask){same ? all.lane : lane, guard};
}

/* What a guard says besides another that it was made from. */
static uint32_t guard_within(const Races *r, uint32_t guard, uint32_t base) {
    const Condition *c = &r->v.conditions.items[guard];
    if (guard == base) {
        return ALWAYS;
    }
    return guard >= FIRST_CONDITION && c->kind == IS_BOTH && c->a == base ? c->b : guard;
}

Lanes lanes_merge(Races *r, const IrType *type, Mask mask, Mask base, const Lanes *a,
                  const Lanes *b) {
    Lanes merged = *a;
    if (is_same_mask(mask, base)) {
        return merged;
    }
    uint8_t *takes = NEW_ARRAY(r->v.arena, uint8_t, r->v.invocations);
    bool unsure = false;
    for (uint32_t i = 0; i < r->v.invocations; i++) {
        takes[i] = base.lane[i] == IS_OFF || mask.lane[i] == IS_ON;
        unsure |= mask.lane[i] == IS_UNSURE;
    }
    r->v.work += r->v.invocations;
    uint32_t within = guard_within(r, mask.guard, base.guard);
    uint32_t condition = condition_both(&r->v, condition_bits(&r->v, takes), within);
    unsigned lanes = ir_is_value(type) ? type->lanes : 1;
    for (unsigned i = 0; i < lanes; i++) {
        if (unsure && !scalar_equal(&r->v, &a->lanes[i], &b->lanes[i])) {
            merged.lanes[i] = scalar_unknown(type);
        } else {
            merged.lanes[i] = scalar_merge(&r->v, type, condition, takes, within == ALWAYS,
                                           a->lanes[i], b->lanes[i]);
        }
    }
    return merged;
}

/* ---- values ---- */

static Lanes constant_lanes(Races *r, const IrValue *value) {
    Lanes lanes = {0};
    for (unsigned i = 0; i < lanes_count(value->type); i++) {
        uint64_t bits = ir_is_value(value->type) ? value->bits[i] : 0;
        if (ir_is_bool(value->type)) {
            lanes.lanes[i] = (Scalar){.known = true, .condition = bits != 0 ? ALWAYS : NEVER};
        } else if (ir_is_int(value->type) && ir_bits(value->type) == 32) {
            lanes.lanes[i] = scalar_constant((uint32_t)bits);
        } else {
            Scalar words[] = {scalar_constant((uint32_t)bits),
                              scalar_constant((uint32_t)(bits >> 32))};
            bool is_value = ir_is_value(value->type);
            lanes.lanes[i] =
                scalar_opaque(&r->v, is_value ? (const void *)ir_scalars : value,
                              is_value ? value->type->scalar : 0, value->type, 2, words);
        }
    }
    return lanes;
}

Lanes lanes_get(Races *r, const IrValue *value) {
    return ir_is_const(value) ? constant_lanes(r, value) : r->values[value->mark];
}

Lanes lanes_unknown(const IrType *type) {
    Lanes lanes;
    for (unsigned i = 0; i < IR_MAX_LANES; i++) {
        lanes.lanes[i] = scalar_unknown(type);
    }
    return lanes;
}

Lanes lanes_symbols(Races *r, const IrType *type) {
    Lanes lanes = {0};
    for (unsigned i = 0; i < lanes_count(type); i++) {
        lanes.lanes[i] = scalar_symbol(&r->v, type);
    }
    return lanes;
}

/* ---- pure ops ---- */

static Scalar coordinate(Races *r, unsigned axis) {
    const uint32_t *side = r->accesses.kernel->workgroup;
    uint32_t *each = NEW_ARRAY(r->v.arena, uint32_t, r->v.invocations);
    for (uint32_t i = 0; i < r->v.invocations; i++) {
        each[i] = axis == 0   ? i % side[0]
                  : axis == 1 ? i / side[0] % side[1]
                  : axis == 2 ? i / side[0] / side[1]
                              : i;
    }
    return scalar_each(&r->v, each);
}

static Lanes builtin(Races *r, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    Lanes lanes = {0};
    for (unsigned i = 0; i < type->lanes; i++) {
        Scalar symbol = scalar_constant(0);
        switch (inst->builtin) {
        case IR_BUILTIN_LOCAL_ID:
            lanes.lanes[i] = coordinate(r, i);
            break;
        case IR_BUILTIN_LOCAL_INDEX:
            lanes.lanes[i] = coordinate(r, 3);
            break;
        case IR_BUILTIN_GROUP_SIZE:
            lanes.lanes[i] = scalar_constant(r->accesses.kernel->workgroup[i]);
            break;
        case IR_BUILTIN_GLOBAL_ID:
            symbol = scalar_opaque(&r->v, &ir_builtins[IR_BUILTIN_GROUP_ID], i, type, 0, NULL);
            lanes.lanes[i] =
                scalar_add(&r->v, coordinate(r, i), symbol, r->accesses.kernel->workgroup[i]);
            break;
        case IR_BUILTIN_GROUP_ID:
        case IR_BUILTIN_GROUP_COUNT:
        case IR_BUILTIN_LANE_COUNT:
        case IR_BUILTIN_SUBGROUP_COUNT:
            lanes.lanes[i] = scalar_opaque(&r->v, &ir_builtins[inst->builtin], i, type, 0, NULL);
            break;
        default:
            lanes.lanes[i] = scalar_unknown(type);
        }
    }
    return lanes;
}

static Lanes construct(Races *r, const IrInst *inst) {
    Lanes lanes = {0};
    unsigned count = 0;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        Lanes operand = lanes_get(r, inst->operands[i]);
        for (unsigned k = 0; k < inst->operands[i]->type->lanes; k++) {
            lanes.lanes[count++] = operand.lanes[k];
        }
    }
    return lanes;
}

/* Parts of vectors move about; those of other types are symbols, if these are. */
static bool eval_shape(Races *r, const IrInst *inst, Lanes *result) {
    const IrType *type = inst->results[0]->type;
    bool of_value = inst->operand_count == 0 || ir_is_value(inst->operands[0]->type);
    Lanes operand = inst->operand_count > 0 ? lanes_get(r, inst->operands[0]) : (Lanes){0};
    switch (inst->op) {
    case OP_CONSTRUCT:
        *result = ir_is_value(type) ? construct(r, inst) : lanes_unknown(type);
        return true;
    case OP_EXTRACT:
        for (unsigned i = 0; i < lanes_count(type); i++) {
            result->lanes[i] = of_value ? operand.lanes[inst->index]
                                        : scalar_opaque(&r->v, type, inst->index * 4 + i, type, 1,
                                                        &operand.lanes[0]);
        }
        return true;
    case OP_INSERT:
        *result = operand;
        result->lanes[of_value ? inst->index : 0] =
            of_value ? lanes_get_scalar(r, inst->operands[1]) : scalar_unknown(type);
        return true;
    case OP_SWIZZLE:
        for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
            result->lanes[i] = operand.lanes[inst->swizzle.lane[i]];
        }
        return true;
    case OP_BUILTIN:
        *result = builtin(r, inst);
        return true;
    case OP_SPEC:
        result->lanes[0] = scalar_opaque(&r->v, inst->spec, 0, type, 0, NULL);
        if (ir_is_int(type) && ir_bits(type) == 32) {
            result->lanes[0] = scalar_constant((uint32_t)inst->spec->bits);
        }
        return true;
    case OP_LEN:
        result->lanes[0] = scalar_opaque(&r->v, inst->operands[0], 0, type, 0, NULL);
        return true;
    case OP_ALL:
    case OP_ANY:
    case OP_DOT:
    case OP_EXTRACT_AT:
    case OP_INSERT_AT:
    case OP_BITCAST:
        *result = lanes_unknown(type);
        return inst->op != OP_BITCAST || type->lanes != inst->operands[0]->type->lanes;
    default:
        return false;
    }
}

void lanes_eval(Races *r, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    Lanes result = {0}, operands[4];
    if (inst->op == OP_REF || !ir_has(inst->op, IR_PURE)) {
        return;
    }
    if (!eval_shape(r, inst, &result)) {
        const IrType *from = inst->operands[inst->op == OP_SELECT]->type;
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            operands[i] = lanes_get(r, inst->operands[i]);
        }
        for (unsigned i = 0; i < type->lanes; i++) {
            Scalar in[4];
            for (uint32_t k = 0; k < inst->operand_count; k++) {
                in[k] = operands[k].lanes[inst->operands[k]->type->lanes > 1 ? i : 0];
            }
            result.lanes[i] = scalar_eval(&r->v, inst, ir_scalar(type->scalar),
                                          ir_scalar(from->scalar), inst->operand_count, in);
        }
    }
    r->values[inst->results[0]->mark] = result;
}
