/* Places: what may be read and written, with its indices evaluated once. See lower.h. */
#include "frontend/lower.h"

#include "ir/base/fatal.h"

LowerPlace lower_place(Lower *l, const Expr *e) {
    LowerPlace place = {.type = e->type};
    switch (e->kind) {
    case EXPR_NAME:
        place.root = e->symbol->value;
        return place;
    case EXPR_INDEX: {
        if (e->index.a->type->kind == IR_TYPE_BUFFER) {
            place.root = e->index.a->symbol->value;
        } else {
            place = lower_place(l, e->index.a);
        }
        VEC_PUSH(l->module->arena, &place.indices, lower_index(l, e->index.b));
        place.type = e->type;
        return place;
    }
    case EXPR_FIELD: {
        place = lower_place(l, e->field.a);
        if (e->field.a->type->kind == IR_TYPE_FORM) {
            VEC_PUSH(l->module->arena, &place.indices, ir_const_u32(l->module, e->info));
            place.type = e->type;
            return place;
        }
        uint8_t lanes[IR_MAX_LANES];
        unsigned count = swizzle_count(e->info);
        for (unsigned i = 0; i < count;
             i++) { /* a swizzle of a swizzle picks from what that picked */
            unsigned lane = swizzle_lane(e->info, i);
            lanes[i] = (uint8_t)(place.swizzle != 0 ? swizzle_lane(place.swizzle, lane) : lane);
        }
        place.swizzle = swizzle_make(lanes, count);
        place.type = e->type;
        return place;
    }
    case EXPR_UNARY: /* `*p` */
        place.root = e->unary.a->symbol->value;
        return place;
    default:
        BUG("expression %d is no place", (int)e->kind);
    }
}

/* One lane of the swizzle. */
static LowerPlace lane_place(Lower *l, const LowerPlace *place, unsigned i) {
    LowerPlace lane = {.root = place->root};
    for (uint32_t k = 0; k < place->indices.count; k++) {
        VEC_PUSH(l->module->arena, &lane.indices, place->indices.items[k]);
    }
    VEC_PUSH(l->module->arena, &lane.indices,
             ir_const_u32(l->module, swizzle_lane(place->swizzle, i)));
    return lane;
}

IrValue *lower_place_load(Lower *l, const LowerPlace *place) {
    if (place->swizzle == 0) {
        return ir_load(&l->b, place->root, place->indices.count, place->indices.items);
    }
    IrValue *lanes[IR_MAX_LANES];
    unsigned count = swizzle_count(place->swizzle);
    for (unsigned i = 0; i < count; i++) {
        LowerPlace lane = lane_place(l, place, i);
        lanes[i] = lower_place_load(l, &lane);
    }
    return count == 1 ? lanes[0]
                      : ir_emit(&l->b, OP_CONSTRUCT, place->type, count, lanes)->results[0];
}

/* A swizzle is written lane by lane: the other lanes are nobody's business, and in a buffer perhaps another
 * invocation's. */
void lower_place_store(Lower *l, const LowerPlace *place, IrValue *value) {
    if (place->swizzle == 0) {
        ir_store(&l->b, value, place->root, place->indices.count, place->indices.items);
        return;
    }
    unsigned count = swizzle_count(place->swizzle);
    for (unsigned i = 0; i < count; i++) {
        LowerPlace lane = lane_place(l, place, i);
        lower_place_store(l, &lane, count == 1 ? value : ir_extract(&l->b, value, i));
    }
}

IrValue *lower_ref(Lower *l, const Expr *e) {
    if (e->kind == EXPR_NAME) { /* a `&mut` parameter, passed on */
        return e->symbol->value;
    }
    LowerPlace place = lower_place(l, e->unary.a);
    if (place.swizzle != 0) {
        place = lane_place(l, &place, 0);
    }
    l->b.pos = e->span.start;
    return ir_access(&l->b, OP_REF, e->type, 0, NULL, place.root, place.indices.count,
                     place.indices.items)
        ->results[0];
}

IrValue *lower_atomic_method(Lower *l, const Expr *e) {
    const AtomicMethod *method = &atomic_methods[e->info];
    LowerPlace place = lower_place(l, e->call.callee->field.a);
    IrValue *values[2]; /* as many as any of them takes */
    uint32_t count = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        values[count++] = lower_expr(l, arg);
    }
    l->b.pos = e->span.start;
    IrInst *inst = ir_access(&l->b, method->op, e->type == &ir_void ? NULL : e->type, count, values,
                             place.root, place.indices.count, place.indices.items);
    return inst->result_count > 0 ? inst->results[0] : NULL;
}
