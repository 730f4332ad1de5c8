/* lower_bounds: a read outside a buffer, array or vector gives zero, a write outside does nothing.
 *
 * A buffer is touched inside an `if` that compares the index with the length, for no value makes an access that
 * must not happen harmless. A local or shared array has at least one part, so an index that is read by is clamped
 * instead and a selection throws the wrong part away, unless that is an array or form, which nothing selects. A place
 * with several indices has one condition for all of them. Constants inside need none, constants outside no access, and
 * neither do indices that are inside by what makes them or by the conditions around them (ranges.h).
 * The length of a buffer never changes: it is asked for once, at the top of the function.
 *
 * Before: anything; better after opt_fold, since constant indices need no check. After: every access by index is
 * `.raw`.
 */
#include "ir/pass.h"
#include "ir/passes/places.h"
#include "ir/passes/ranges.h"
#include "ir/rewrite.h"

typedef struct {
    IrModule *module;
    IrFunction *function;
    const Ranges *ranges;
    IrValue **lengths;   /* by parameter; NULL: not asked for yet */
    IrInst *last_length; /* where the next `len` goes: after this one, at the top when NULL */
    bool changed;
} Bounds;

static IrValue *length_of(Bounds *bounds, const IrValue *buffer) {
    IrValue **length = &bounds->lengths[buffer->index];
    if (*length == NULL) {
        IrInst *last = bounds->last_length;
        IrRegion *body = &bounds->function->body;
        IrBuilder top = {.module = bounds->module,
                         .region = body,
                         .before = last != NULL ? last->next : body->first,
                         .pos = bounds->function->pos};
        IrValue *root = bounds->function->params[buffer->index];
        bounds->last_length = ir_emit(&top, OP_LEN, ir_scalar(IR_U32), 1, &root);
        *length = bounds->last_length->results[0];
    }
    return *length;
}

/* ---- vectors ---- */

static IrValue *below(IrBuilder *b, IrValue *index, uint32_t limit) {
    return ir_binary(b, OP_LT, index, ir_const_u32(b->module, limit));
}

static IrValue *clamp(IrBuilder *b, IrValue *index, uint32_t count) {
    return ir_binary(b, OP_MIN, index, ir_const_u32(b->module, count - 1));
}

/* The number of parts that the index of a place chooses from; not of a buffer's elements. */
static IrValue *part_count(IrBuilder *b, const IrPlaceWalk *walk) {
    IrValue *length = place_shared_length(walk);
    return length != NULL ? length : ir_const_u32(b->module, ir_part_count(walk->type));
}

static IrValue *last_part(IrBuilder *b, const IrPlaceWalk *walk) {
    IrValue *length = place_shared_length(walk), *one = ir_const_u32(b->module, 1);
    return length != NULL ? ir_binary(b, OP_SUB, length, one)
                          : ir_const_u32(b->module, ir_part_count(walk->type) - 1);
}

static IrValue *both(IrBuilder *b, IrValue *first, IrValue *second) {
    return first == NULL ? second : ir_binary(b, OP_AND, first, second);
}

/* The value for a lane of a vector taken or put: the operand `at` of the instruction is the index. */
static IrValue *lower_lane(const Bounds *bounds, IrBuilder *b, IrInst *inst, uint32_t at,
                           const IrType *vector, IrValue *outside) {
    IrValue *index = inst->operands[at];
    if (ranges_most(bounds->ranges, index) < vector->lanes) {
        return ir_made_raw(inst);
    }
    if (ir_is_const(index)) {
        return outside;
    }
    IrValue *operands[3];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = inst->operands[i];
    }
    operands[at] = clamp(b, index, vector->lanes);
    IrInst *access = ir_emit(b, inst->op, inst->results[0]->type, inst->operand_count, operands);
    return ir_select(b, below(b, index, vector->lanes), ir_made_raw(access), outside);
}

/* ---- places ---- */

static void take_place(Bounds *bounds, IrInst *inst, IrValue *value) {
    bounds->changed = true;
    if (value != inst->results[0]) {
        ir_take_place(inst, value);
    }
}

/* if inside { the access } else { zero, or nothing } */
static void guard(Bounds *bounds, IrBuilder *b, IrInst *inst, IrValue *inside) {
    const IrType *type = inst->result_count > 0 ? inst->results[0]->type : NULL;
    IrInst *branch = ir_if(b, inside, inst->result_count, &type);
    branch->flags |= IR_GUARD;
    IrBuilder yes = ir_at_end(b->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(b->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    inst->flags |= IR_RAW;
    bounds->changed = true;
    if (type == NULL) {
        ir_move(inst, inst, yes.region);
        ir_end(&yes, OP_YIELD, 0, NULL);
        ir_end(&no, OP_YIELD, 0, NULL);
        return;
    }
    IrInst *there = ir_emit(&yes, inst->op, type, inst->operand_count, inst->operands);
    there->flags = inst->flags;
    IrValue *zero = ir_const_zero(b->module, type);
    ir_end(&yes, OP_YIELD, 1, there->results);
    ir_end(&no, OP_YIELD, 1, &zero);
    ir_take_place(inst, branch->results[0]);
}

/* Some drivers (SwiftShader 5.0) add up constant offsets in 31 bits when they compile, even behind a condition that is false,
 * and then crash where that is no address: such an index is made to depend on the length, which changes nothing. */
static void hide_far_index(IrBuilder *b, IrInst *inst, uint32_t at, IrValue *length) {
    const IrValue *index = inst->operands[at];
    uint64_t stride = ir_stride(inst->operands[ir_place_start(inst)]->type->element);
    if (ir_is_const(index) && index->bits[0] * stride > INT32_MAX) {
        IrValue *last = ir_binary(b, OP_SUB, length, ir_const_u32(b->module, 1));
        inst->operands[at] = ir_binary(b, OP_MIN, inst->operands[at], last);
    }
}

/* Whether the index may be outside the array or vector that it chooses from. */
static bool is_unsure(const Bounds *bounds, const IrPlaceWalk *walk) {
    return place_is_unsure(walk) && (place_shared_length(walk) != NULL ||
                                     ranges_most(bounds->ranges, walk->inst->operands[walk->at]) >=
                                         ir_part_count(walk->type));
}

/* Whether all indices are inside; NULL: they are. */
static IrValue *place_is_inside(Bounds *bounds, IrBuilder *b, IrInst *inst) {
    IrValue *inside = NULL, *root = inst->operands[ir_place_start(inst)];
    for (IrPlaceWalk w = place_walk(inst); place_has_index(&w); place_next(&w)) {
        IrValue *index = inst->operands[w.at];
        if (w.type == NULL && !ranges_below_length(bounds->ranges, index, root)) {
            inside = ir_binary(b, OP_LT, index, length_of(bounds, root));
            hide_far_index(b, inst, w.at, length_of(bounds, root));
        } else if (is_unsure(bounds, &w)) {
            inside = both(b, inside, ir_binary(b, OP_LT, index, part_count(b, &w)));
        }
    }
    return inside;
}

/* A local or shared memory is always there: its indices are clamped, and what was read elsewhere is thrown away. */
static void lower_sure_load(Bounds *bounds, IrBuilder *b, IrInst *inst) {
    IrValue *inside = NULL;
    for (IrPlaceWalk w = place_walk(inst); place_has_index(&w); place_next(&w)) {
        if (is_unsure(bounds, &w)) {
            IrValue *index = inst->operands[w.at];
            inst->operands[w.at] = ir_binary(b, OP_MIN, index, last_part(b, &w));
            inside = both(b, inside, ir_binary(b, OP_LT, index, part_count(b, &w)));
        }
    }
    inst->flags |= IR_RAW;
    bounds->changed = true;
    if (inside != NULL) {
        IrValue *zero = ir_const_zero(b->module, inst->results[0]->type);
        IrValue *there = ir_load(b, inst->operands[0], inst->operand_count - 1, inst->operands + 1);
        there->inst->flags = inst->flags | IR_GUARD;
        ir_take_place(inst, ir_select(b, inside, there, zero));
    }
}

static void lower_place(Bounds *bounds, IrBuilder *b, IrInst *inst) {
    if (place_is_nowhere(inst)) {
        bounds->changed = true;
        place_drop(b->module, inst);
        return;
    }
    bounds->function->checks += place_may_be_outside(inst);
    IrTypeKind kind = inst->operands[ir_place_start(inst)]->type->kind;
    bool is_sure = kind == IR_TYPE_VAR || kind == IR_TYPE_SHARED;
    if (is_sure && inst->op == OP_LOAD && ir_is_value(inst->results[0]->type)) {
        lower_sure_load(bounds, b, inst);
        return;
    }
    IrValue *inside = place_is_inside(bounds, b, inst);
    if (inside != NULL) {
        guard(bounds, b, inst, inside);
    } else {
        inst->flags |= IR_RAW;
        bounds->changed = true;
    }
}

static void visit(Ranges *ranges, IrInst *inst, void *data) {
    Bounds *bounds = data;
    bounds->ranges = ranges;
    if ((inst->flags & IR_RAW) != 0 || !ir_needs_raw(inst)) {
        return;
    }
    IrBuilder b = ir_before(bounds->module, inst);
    IrValue *vector = inst->operand_count > 0 ? inst->operands[0] : NULL;
    if (ir_has(inst->op, IR_PLACE)) {
        lower_place(bounds, &b, inst);
        return;
    }
    switch (inst->op) {
    case OP_EXTRACT_AT: {
        IrValue *zero = ir_const_zero(b.module, ir_lane_type(vector->type));
        take_place(bounds, inst, lower_lane(bounds, &b, inst, 1, vector->type, zero));
        break;
    }
    case OP_INSERT_AT:
        take_place(bounds, inst, lower_lane(bounds, &b, inst, 2, vector->type, vector));
        break;
    default:
        break; /* the other lower_* passes' */
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Bounds bounds = {.module = module, .function = function};
        bounds.lengths = NEW_ARRAY(module->arena, IrValue *, function->param_count);
        ranges_walk(function, visit, &bounds);
        changed |= bounds.changed;
    }
    return changed;
}

IR_PASS(lower_bounds, run);
