/* See races.h: the execution of a kernel for all invocations of a workgroup together.
 *
 * A mask says which invocations come by. Where symbols decide that, both ways are taken, under a guard that tells whether
 * two accesses can happen in one execution; where nothing is known, invocations go on as unsure, and two such are not
 * compared. A loop whose end is not known runs twice, so that the end of its body meets its beginning.
 */
#include "ir/races.h"

#include "ir/races_access.h"

enum {
    MOST_VALUES = 100000,    /* of all functions */
    MOST_INVOCATIONS = 1024, /* of a workgroup */
    MOST_WORK = 6000000,     /* numbers computed, about, for a module */
    MOST_NESTING = 1500,     /* of regions and calls */
    MOST_OPEN_TURNS = 2,     /* of a loop whose end is not known */
};

typedef struct {
    const IrInst *shared; /* NULL: another place */
    uint32_t local;       /* number + 1; 0: none */
    bool is_part;
    Scalar word;           /* of a `shared`: where it starts */
    const uint8_t *inside; /* by invocation; NULL: all */
    const IrType *type;    /* of what is there */
} Place;

typedef struct {
    Lanes holds;
    Mask made; /* who made it */
} Local;

typedef struct Loop Loop;
struct Loop {
    Loop *outer;
    const IrInst *inst;
    Mask left, again; /* in this turn */
    Lanes *results, *carried;
    Mask left_before;   /* in earlier turns */
    bool open, differs; /* its end is not known, and not the same in all invocations */
};

typedef struct Frame Frame;
struct Frame {
    Mask returned;
    Lanes result;
};

typedef struct {
    IrModule *module;
    Accesses accesses;
    Values v;
    Lanes *values; /* by mark */
    Place *places; /* of roots, by mark */
    VEC(Local) locals;
    Loop *loop;
    Frame *frame;
    uint32_t nesting;
} Races;

static const Mask nobody = {NULL, ALWAYS};

static Mask run(Races *r, IrRegion *region, Mask mask);

static bool is_over(Races *r) {
    return r->v.work > r->v.most_work;
}

/* ---- masks ---- */

static bool is_same_mask(Mask a, Mask b) {
    return a.lane == b.lane && a.guard == b.guard;
}

/* Those for whom the condition holds. */
static Mask narrow(Races *r, Mask mask, uint32_t condition) {
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

/* Both; `all`, if that is what they are. */
static Mask unite(Races *r, Mask a, Mask b, Mask all) {
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

/* `a` for those of the mask, `b` for the others of those that `base` has. */
static Lanes merge(Races *r, const IrType *type, Mask mask, Mask base, const Lanes *a,
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

static unsigned lane_count(const IrType *type) {
    return ir_is_value(type) ? type->lanes : 1;
}

static Lanes constant_lanes(Races *r, const IrValue *value) {
    Lanes lanes = {0};
    for (unsigned i = 0; i < lane_count(value->type); i++) {
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

static Lanes get(Races *r, const IrValue *value) {
    return ir_is_const(value) ? constant_lanes(r, value) : r->values[value->mark];
}

static Scalar get_scalar(Races *r, const IrValue *value) {
    return get(r, value).lanes[0];
}

static Lanes unknown_lanes(const IrType *type) {
    Lanes lanes;
    for (unsigned i = 0; i < IR_MAX_LANES; i++) {
        lanes.lanes[i] = scalar_unknown(type);
    }
    return lanes;
}

static Lanes symbol_lanes(Races *r, const IrType *type) {
    Lanes lanes = {0};
    for (unsigned i = 0; i < lane_count(type); i++) {
        lanes.lanes[i] = scalar_symbol(&r->v, type);
    }
    return lanes;
}

static void set_unknown(Races *r, const IrInst *inst) {
    for (uint32_t i = 0; i < inst->result_count; i++) {
        r->values[inst->results[i]->mark] = unknown_lanes(inst->results[i]->type);
    }
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
        Lanes operand = get(r, inst->operands[i]);
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
    Lanes operand = inst->operand_count > 0 ? get(r, inst->operands[0]) : (Lanes){0};
    switch (inst->op) {
    case OP_CONSTRUCT:
        *result = ir_is_value(type) ? construct(r, inst) : unknown_lanes(type);
        return true;
    case OP_EXTRACT:
        for (unsigned i = 0; i < lane_count(type); i++) {
            result->lanes[i] = of_value ? operand.lanes[inst->index]
                                        : scalar_opaque(&r->v, type, inst->index * 4 + i, type, 1,
                                                        &operand.lanes[0]);
        }
        return true;
    case OP_INSERT:
        *result = operand;
        result->lanes[of_value ? inst->index : 0] =
            of_value ? get_scalar(r, inst->operands[1]) : scalar_unknown(type);
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
        *result = unknown_lanes(type);
        return inst->op != OP_BITCAST || type->lanes != inst->operands[0]->type->lanes;
    default:
        return false;
    }
}

static void eval(Races *r, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    Lanes result = {0}, operands[4];
    if (inst->op == OP_REF || !ir_has(inst->op, IR_PURE)) {
        return;
    }
    if (!eval_shape(r, inst, &result)) {
        const IrType *from = inst->operands[inst->op == OP_SELECT]->type;
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            operands[i] = get(r, inst->operands[i]);
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

/* ---- memory ---- */

static void step_into(Races *r, Place *place, const IrValue *index_value) {
    Scalar index = get_scalar(r, index_value);
    uint32_t count = ir_part_count(place->type);
    if (place->type->kind == IR_TYPE_FORM) {
        place->word = scalar_add(&r->v, place->word,
                                 scalar_constant(ir_part_word(place->type, index.all)), 1);
        place->type = ir_part_type(place->type, index.all);
        return;
    }
    const IrType *part = ir_part_type(place->type, 0);
    if (is_number(&index)) {
        uint8_t *inside = NEW_ARRAY(r->v.arena, uint8_t, r->v.invocations);
        for (uint32_t i = 0; i < r->v.invocations; i++) {
            inside[i] = number_in(&index, i) < count && (place->inside == NULL || place->inside[i]);
        }
        place->inside = inside;
        r->v.work += r->v.invocations;
    }
    place->word = scalar_add(&r->v, place->word, index, ir_words(part));
    place->type = part;
}

static Place place_of(Races *r, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    Place place = r->places[inst->operands[start]->mark];
    place.is_part |= inst->operand_count > start + 1;
    for (uint32_t i = start + 1; i < inst->operand_count && place.shared != NULL; i++) {
        step_into(r, &place, inst->operands[i]);
    }
    return place;
}

static void touch_shared(Races *r, const IrInst *inst, const Place *place, bool writes, Mask mask) {
    if (place->word.known) {
        access_add(&r->accesses, inst, place->shared, writes, ir_words(place->type), &place->word,
                   place->inside, mask);
    }
}

static bool has_uniform_place(Races *r, const IrInst *inst) {
    for (uint32_t i = ir_place_start(inst) + 1; i < inst->operand_count; i++) {
        Scalar index = get_scalar(r, inst->operands[i]);
        if (!is_uniform(&index)) {
            return false;
        }
    }
    return !r->places[inst->operands[ir_place_start(inst)]->mark].is_part;
}

static void load(Races *r, const IrInst *inst, Mask mask) {
    const IrType *type = inst->results[0]->type;
    Place place = place_of(r, inst);
    Lanes *result = &r->values[inst->results[0]->mark];
    *result = unknown_lanes(type);
    if (place.shared != NULL) {
        touch_shared(r, inst, &place, false, mask);
        if (is_uniform(&place.word)) {
            *result = symbol_lanes(r, type);
        }
    } else if (place.local == 0) {
        if (has_uniform_place(r, inst)) {
            *result = symbol_lanes(r, type);
        }
    } else {
        const Local *local = &r->locals.items[place.local - 1];
        Scalar index = inst->operand_count == 2 ? get_scalar(r, inst->operands[1]) : (Scalar){0};
        if (!place.is_part) {
            *result = local->holds;
        } else if (ir_is_value(place.type) && is_constant(&index) &&
                   index.all < place.type->lanes) {
            result->lanes[0] = local->holds.lanes[index.all];
        }
    }
}

static void store(Races *r, const IrInst *inst, Mask mask) {
    Place place = place_of(r, inst);
    if (place.shared != NULL) {
        touch_shared(r, inst, &place, true, mask);
    }
    if (place.local == 0) {
        return;
    }
    Local *local = &r->locals.items[place.local - 1];
    Lanes value = local->holds, stored = get(r, inst->operands[0]);
    Scalar index = inst->operand_count == 3 ? get_scalar(r, inst->operands[2]) : (Scalar){0};
    if (!place.is_part) {
        value = stored;
    } else if (ir_is_value(place.type) && is_constant(&index) && index.all < place.type->lanes) {
        value.lanes[index.all] = stored.lanes[0];
    } else {
        value = unknown_lanes(place.type);
    }
    local->holds = merge(r, place.type, mask, local->made, &value, &local->holds);
}

static void make_local(Races *r, IrInst *inst, Mask mask) {
    const IrType *type = inst->results[0]->type->element;
    Local *local = &r->locals.items[inst->mark];
    local->made = mask;
    local->holds = (Lanes){0};
    for (unsigned i = 0; i < lane_count(type); i++) {
        local->holds.lanes[i] = ir_is_bool(type) ? (Scalar){.known = true, .condition = NEVER}
                                : ir_is_int(type) && ir_bits(type) == 32
                                    ? scalar_constant(0)
                                    : scalar_opaque(&r->v, type, UINT32_MAX, type, 0, NULL);
    }
    r->places[inst->results[0]->mark] = (Place){.local = inst->mark + 1, .type = type};
}

/* What locals hold that are stored in a region is forgotten. */
static void forget_stores(Races *r, const IrRegion *region, bool differs) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            bool is_root = ir_is_root(inst->operands[i]->type);
            const Place *place = is_root ? &r->places[inst->operands[i]->mark] : NULL;
            if (place == NULL || place->local == 0 || inst->op == OP_LOAD) {
                continue;
            }
            Lanes *holds = &r->locals.items[place->local - 1].holds;
            const IrType *type = place->type;
            *holds = differs || !is_uniform(&holds->lanes[0]) || inst->op == OP_CALL
                         ? unknown_lanes(type)
                         : symbol_lanes(r, type);
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            forget_stores(r, &inst->regions[i], differs);
        }
    }
}

/* ---- control ---- */

static void run_if(Races *r, IrInst *inst, Mask *mask) {
    uint32_t condition = get_scalar(r, inst->operands[0]).condition;
    Mask yes = narrow(r, *mask, condition);
    Mask no = narrow(r, *mask, condition_not(&r->v, condition));
    /* one path or the other is taken by all: what was touched before, and is behind a barrier on one, is not on the other */
    bool forks = inst->mark != 0 && yes.lane != NULL && no.lane != NULL;
    Access **before = NEW_ARRAY(r->v.arena, Access *, forks ? r->accesses.live.count : 0);
    uint32_t before_count = r->accesses.live.count;
    if (forks) {
        memcpy(before, r->accesses.live.items, before_count * sizeof *before);
    }
    Lanes *given = NEW_ARRAY(r->v.arena, Lanes, inst->result_count);
    Mask yes_end = yes.lane != NULL ? run(r, &inst->regions[IR_IF_TRUE], yes) : nobody;
    const IrInst *end = inst->regions[IR_IF_TRUE].last;
    for (uint32_t i = 0; i < inst->result_count && yes_end.lane != NULL; i++) {
        given[i] = get(r, end->operands[i]);
    }
    uint32_t after_count = 0;
    Access **after = NULL;
    if (forks) {
        after_count = r->accesses.live.count;
        after = NEW_ARRAY(r->v.arena, Access *, after_count);
        memcpy(after, r->accesses.live.items, after_count * sizeof *after);
        r->accesses.live.count = 0;
        for (uint32_t i = 0; i < before_count; i++) {
            VEC_PUSH(r->v.arena, &r->accesses.live, before[i]);
        }
    }
    Mask no_end = no.lane != NULL ? run(r, &inst->regions[IR_IF_FALSE], no) : nobody;
    for (uint32_t i = 0; i < after_count && yes_end.lane != NULL; i++) {
        bool there = false;
        for (uint32_t k = 0; k < r->accesses.live.count && !there; k++) {
            there = r->accesses.live.items[k] == after[i];
        }
        if (!there) {
            VEC_PUSH(r->v.arena, &r->accesses.live, after[i]);
        }
    }
    bool whole = is_same_mask(yes_end, yes) && is_same_mask(no_end, no);
    Mask all = whole ? *mask : unite(r, yes_end, no_end, *mask);
    end = inst->regions[IR_IF_FALSE].last;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        Lanes other = no_end.lane != NULL ? get(r, end->operands[i]) : given[i];
        if (yes_end.lane == NULL) {
            given[i] = other;
        }
        r->values[inst->results[i]->mark] = yes_end.lane != NULL && no_end.lane != NULL
                                                ? merge(r, type, yes_end, all, &given[i], &other)
                                                : given[i];
    }
    if (r->loop != NULL && !whole && !condition_uniform(&r->v, condition)) {
        r->loop->differs = true;
    }
    *mask = all;
}

/* Values that reach a place from several sides. */
static void gather(Races *r, const IrInst *from, uint32_t count, IrValue *const *to, Lanes *into,
                   Mask mask, Mask before) {
    for (uint32_t i = 0; i < count; i++) {
        Lanes value = get(r, from->operands[i]);
        if (before.lane != NULL) {
            Mask all = unite(r, mask, before, nobody);
            value = merge(r, to[i]->type, mask, all, &value, &into[i]);
        }
        into[i] = value;
    }
}

static bool do_meet(const Races *r, Mask a, Mask b) {
    for (uint32_t i = 0; i < r->v.invocations && a.lane != NULL && b.lane != NULL; i++) {
        if (a.lane[i] != IS_OFF && b.lane[i] != IS_OFF) {
            return true;
        }
    }
    return false;
}

static void set_params(Races *r, const IrRegion *region, const Lanes *values) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        r->values[region->params[i]->mark] = values[i];
    }
}

static Lanes *get_all(Races *r, const IrInst *inst) {
    Lanes *all = NEW_ARRAY(r->v.arena, Lanes, inst->operand_count);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        all[i] = get(r, inst->operands[i]);
    }
    r->v.work += inst->operand_count * 8;
    return all;
}

/* Gives whether the loop goes on. */
static bool run_turn(Races *r, Loop *loop, Mask *mask, unsigned *open_turns) {
    IrRegion *body = &loop->inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &loop->inst->regions[IR_LOOP_CONTINUING];
    loop->left = loop->again = nobody;
    run(r, body, *mask);
    *open_turns += do_meet(r, loop->left, loop->again);
    loop->left_before = unite(r, loop->left_before, loop->left, *mask);
    bool is_same =
        loop->again.lane != NULL && memcmp(loop->again.lane, mask->lane, r->v.invocations) == 0;
    *mask = (Mask){is_same ? mask->lane : loop->again.lane, loop->again.guard};
    if (mask->lane == NULL || *open_turns >= MOST_OPEN_TURNS || is_over(r)) {
        return false;
    }
    set_params(r, continuing, loop->carried);
    run(r, continuing, *mask);
    if (continuing->last->op != OP_NEXT) {
        return false;
    }
    set_params(r, body, get_all(r, continuing->last));
    r->v.work += 64;
    return true;
}

static void run_loop(Races *r, IrInst *inst, Mask *mask) {
    Loop loop = {.outer = r->loop, .inst = inst};
    loop.results = NEW_ARRAY(r->v.arena, Lanes, inst->result_count);
    loop.carried = NEW_ARRAY(r->v.arena, Lanes, inst->regions[IR_LOOP_CONTINUING].param_count);
    Mask turn = *mask, returned = r->frame->returned;
    unsigned open_turns = 0;
    set_params(r, &inst->regions[IR_LOOP_BODY], get_all(r, inst));
    r->loop = &loop;
    while (run_turn(r, &loop, &turn, &open_turns)) {
    }
    r->loop = loop.outer;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        bool forget = open_turns > 0 || loop.left_before.lane == NULL;
        bool differs = loop.differs || !is_uniform(&loop.results[i].lanes[0]);
        r->values[inst->results[i]->mark] = !forget   ? loop.results[i]
                                            : differs ? unknown_lanes(type)
                                                      : symbol_lanes(r, type);
    }
    if (open_turns > 0) {
        forget_stores(r, &inst->regions[IR_LOOP_BODY], loop.differs);
        forget_stores(r, &inst->regions[IR_LOOP_CONTINUING], loop.differs);
    }
    bool none_returned = is_same_mask(returned, r->frame->returned);
    *mask = loop.left_before.lane == NULL ? nobody : none_returned ? *mask : loop.left_before;
}

static void leave(Races *r, const IrInst *inst, Mask mask) {
    Loop *loop = r->loop;
    if (inst->op == OP_BREAK) {
        Mask before = unite(r, loop->left_before, loop->left, nobody);
        gather(r, inst, inst->operand_count, loop->inst->results, loop->results, mask, before);
        loop->left = unite(r, loop->left, mask, nobody);
    } else {
        gather(r, inst, inst->operand_count, loop->inst->regions[IR_LOOP_CONTINUING].params,
               loop->carried, mask, loop->again);
        loop->again = unite(r, loop->again, mask, nobody);
    }
}

static void give(Races *r, const IrInst *inst, Mask mask) {
    IrValue result = {.type = inst->region->function->result};
    IrValue *to = &result;
    gather(r, inst, inst->operand_count, &to, &r->frame->result, mask, r->frame->returned);
    r->frame->returned = unite(r, r->frame->returned, mask, nobody);
}

static void call(Races *r, const IrInst *inst, Mask mask) {
    IrFunction *callee = inst->callee;
    Frame frame = {.returned = nobody}, *outer = r->frame;
    Loop *loop = r->loop;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (ir_is_root(inst->operands[i]->type)) {
            r->places[callee->params[i]->mark] = r->places[inst->operands[i]->mark];
        } else {
            r->values[callee->params[i]->mark] = get(r, inst->operands[i]);
        }
    }
    r->frame = &frame;
    r->loop = NULL;
    run(r, &callee->body, mask);
    r->frame = outer;
    r->loop = loop;
    if (inst->result_count > 0) {
        r->values[inst->results[0]->mark] = frame.result;
    }
}

static void touch(Races *r, IrInst *inst, Mask mask) {
    switch (inst->op) {
    case OP_VAR:
        make_local(r, inst, mask);
        break;
    case OP_SHARED:
        r->places[inst->results[0]->mark] = (Place){
            .shared = inst, .word = scalar_constant(0), .type = inst->results[0]->type->element};
        break;
    case OP_REF:
        r->places[inst->results[0]->mark] = place_of(r, inst);
        break;
    case OP_LOAD:
        load(r, inst, mask);
        break;
    case OP_STORE:
        store(r, inst, mask);
        break;
    case OP_CALL:
        call(r, inst, mask);
        break;
    case OP_BARRIER:
    case OP_SUBGROUP_BARRIER: /* which invocations it orders is not known */
        r->accesses.live.count = 0;
        break;
    default:
        if (ir_has(inst->op, IR_PURE)) {
            eval(r, inst);
        } else {
            set_unknown(r, inst);
        }
    }
}

/* Gives who gets to the end of it. */
static Mask run(Races *r, IrRegion *region, Mask mask) {
    if (++r->nesting > MOST_NESTING) {
        r->v.work = r->v.most_work + 1;
    }
    for (IrInst *inst = region->first; inst != NULL && !is_over(r) && mask.lane != NULL;
         inst = inst->next) {
        r->v.work += 4;
        switch (inst->op) {
        case OP_IF:
            run_if(r, inst, &mask);
            break;
        case OP_LOOP:
            run_loop(r, inst, &mask);
            break;
        case OP_BREAK:
        case OP_CONTINUE:
            leave(r, inst, mask);
            mask = nobody;
            break;
        case OP_RET:
            give(r, inst, mask);
            mask = nobody;
            break;
        case OP_UNREACHABLE:
            mask = nobody;
            break;
        case OP_YIELD:
        case OP_NEXT:
            break;
        default:
            touch(r, inst, mask);
        }
    }
    r->nesting--;
    return is_over(r) ? nobody : mask;
}

/* ---- modules ---- */

typedef struct {
    uint32_t values, locals;
    bool has_shared;
} Count;

/* Numbers values and locals; marks each `if` with whether a barrier may be inside. */
static bool number_region(Count *count, IrRegion *region) {
    bool has_barrier = false;
    for (uint32_t i = 0; i < region->param_count; i++) {
        region->params[i]->mark = count->values++;
    }
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        bool inside =
            inst->op == OP_CALL || inst->op == OP_BARRIER || inst->op == OP_SUBGROUP_BARRIER;
        for (uint32_t i = 0; i < inst->result_count; i++) {
            inst->results[i]->mark = count->values++;
        }
        count->has_shared |= inst->op == OP_SHARED;
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inside |= number_region(count, &inst->regions[i]);
        }
        inst->mark = inst->op == OP_VAR ? count->locals++ : inside;
        has_barrier |= inside;
    }
    return has_barrier;
}

static bool has_shared(const IrFunction *kernel) {
    for (const IrInst *inst = kernel->body.first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_SHARED) {
            return true;
        }
    }
    return false;
}

static void check_kernel(Races *r, IrFunction *kernel) {
    uint64_t invocations = (uint64_t)kernel->workgroup[0] * kernel->workgroup[1];
    invocations =
        invocations <= MOST_INVOCATIONS ? invocations * kernel->workgroup[2] : invocations;
    if (invocations < 2 || invocations > MOST_INVOCATIONS || !has_shared(kernel)) {
        return;
    }
    values_init(&r->v, r->module->arena, (uint32_t)invocations, r->v.most_work - r->v.work);
    r->accesses = (Accesses){.module = r->module, .kernel = kernel, .v = &r->v};
    uint8_t *lane = NEW_ARRAY(r->v.arena, uint8_t, invocations);
    memset(lane, IS_ON, invocations);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrValue *param = kernel->params[i];
        r->places[param->mark] = (Place){0};
        if (!ir_is_root(param->type)) {
            r->values[param->mark] = symbol_lanes(r, param->type);
        }
    }
    Frame frame = {.returned = nobody};
    r->frame = &frame;
    r->loop = NULL;
    r->nesting = 0;
    run(r, &kernel->body, (Mask){lane, ALWAYS});
}

void ir_check_races(IrModule *module) {
    Count count = {0};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        for (uint32_t i = 0; i < f->param_count; i++) {
            f->params[i]->mark = count.values++;
        }
        number_region(&count, &f->body);
    }
    if (!count.has_shared || count.values > MOST_VALUES || module->diags->off[WARN_RACE]) {
        return;
    }
    Races r = {.module = module, .v = {.most_work = MOST_WORK}};
    r.values = NEW_ARRAY(module->arena, Lanes, count.values);
    r.places = NEW_ARRAY(module->arena, Place, count.values);
    for (uint32_t i = 0; i < count.locals; i++) {
        VEC_PUSH(module->arena, &r.locals, (Local){0});
    }
    for (IrFunction *f = module->functions; f != NULL && !is_over(&r); f = f->next) {
        if (f->is_kernel) {
            check_kernel(&r, f);
        }
    }
}
