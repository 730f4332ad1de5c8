/* See races_run.h: places, what locals hold, and what is touched of `shared`. */
#include "ir/races_run.h"

static void step_into(Races *r, Place *place, const IrValue *index_value) {
    Scalar index = lanes_get_scalar(r, index_value);
    uint32_t count = ir_part_count(place->type);
    if (place->type->kind == IR_TYPE_FORM) {
        place->word = scalar_add(&r->v, place->word,
                                 scalar_constant(ir_part_word(place->type, index.all)), 1);
        place->type = ir_part_type(place->type, index.all);
        place->is_part = true;
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
    } else if (index.known && place->is_part) { /* beyond its end would be its neighbour */
        Scalar first = scalar_compare(&r->v, OP_GE, true, index, scalar_constant(0));
        Scalar last = scalar_compare(&r->v, OP_LT, true, index, scalar_constant(count));
        uint32_t within = condition_both(&r->v, first.condition, last.condition);
        place->guard = condition_both(&r->v, place->guard, within);
    }
    place->is_part = true;
    place->word = scalar_add(&r->v, place->word, index, ir_words(part));
    place->type = part;
}

Place race_place(Races *r, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    Place place = r->places[inst->operands[start]->mark];
    for (uint32_t i = start + 1; i < inst->operand_count && place.shared != NULL; i++) {
        step_into(r, &place, inst->operands[i]);
    }
    place.is_part |= inst->operand_count > start + 1;
    return place;
}

static void touch_shared(Races *r, const IrInst *inst, const Place *place, bool writes, Mask mask) {
    mask = lanes_narrow(r, mask, place->guard);
    if (place->word.known && mask.lane != NULL) {
        access_add(&r->accesses, inst, place->shared, writes, ir_words(place->type), &place->word,
                   place->inside, mask);
    }
}

static bool has_uniform_place(Races *r, const IrInst *inst) {
    for (uint32_t i = ir_place_start(inst) + 1; i < inst->operand_count; i++) {
        Scalar index = lanes_get_scalar(r, inst->operands[i]);
        if (!is_uniform(&index)) {
            return false;
        }
    }
    return !r->places[inst->operands[ir_place_start(inst)]->mark].is_part;
}

void race_load(Races *r, const IrInst *inst, Mask mask) {
    const IrType *type = inst->results[0]->type;
    Place place = race_place(r, inst);
    Lanes *result = &r->values[inst->results[0]->mark];
    *result = lanes_unknown(type);
    if (place.shared != NULL) {
        touch_shared(r, inst, &place, false, mask);
        if (is_uniform(&place.word)) {
            *result = lanes_symbols(r, type);
        }
    } else if (place.local == 0) {
        if (has_uniform_place(r, inst)) {
            *result = lanes_symbols(r, type);
        }
    } else {
        const Local *local = &r->locals.items[place.local - 1];
        Scalar index =
            inst->operand_count == 2 ? lanes_get_scalar(r, inst->operands[1]) : (Scalar){0};
        if (!place.is_part) {
            *result = local->holds;
        } else if (ir_is_value(place.type) && is_constant(&index) &&
                   index.all < place.type->lanes) {
            result->lanes[0] = local->holds.lanes[index.all];
        }
    }
}

void race_store(Races *r, const IrInst *inst, Mask mask) {
    Place place = race_place(r, inst);
    if (place.shared != NULL) {
        touch_shared(r, inst, &place, true, mask);
    }
    if (place.local == 0) {
        return;
    }
    Local *local = &r->locals.items[place.local - 1];
    Lanes value = local->holds, stored = lanes_get(r, inst->operands[0]);
    Scalar index = inst->operand_count == 3 ? lanes_get_scalar(r, inst->operands[2]) : (Scalar){0};
    if (!place.is_part) {
        value = stored;
    } else if (ir_is_value(place.type) && is_constant(&index) && index.all < place.type->lanes) {
        value.lanes[index.all] = stored.lanes[0];
    } else {
        value = lanes_unknown(place.type);
    }
    local->holds = lanes_merge(r, place.type, mask, local->made, &value, &local->holds);
}

void race_make_local(Races *r, IrInst *inst, Mask mask) {
    const IrType *type = inst->results[0]->type->element;
    Local *local = &r->locals.items[inst->mark];
    local->made = mask;
    local->holds = (Lanes){0};
    for (unsigned i = 0; i < lanes_count(type); i++) {
        local->holds.lanes[i] = ir_is_bool(type) ? (Scalar){.known = true, .condition = NEVER}
                                : ir_is_int(type) && ir_bits(type) == 32
                                    ? scalar_constant(0)
                                    : scalar_opaque(&r->v, type, UINT32_MAX, type, 0, NULL);
    }
    r->places[inst->results[0]->mark] = (Place){.local = inst->mark + 1, .type = type};
}

void race_forget(Races *r, const IrRegion *region, bool differs) {
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
                         ? lanes_unknown(type)
                         : lanes_symbols(r, type);
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            race_forget(r, &inst->regions[i], differs);
        }
    }
}
