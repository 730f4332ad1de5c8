/* split_memory: an array or form in a buffer is read and written part by part.
 *
 * Targets lay out what a host sees and what a kernel works with differently, as different types: SPIR-V with and
 * without offsets and strides. So no value is both: a load of an array or form becomes loads of the scalars and
 * vectors in it, put together again, and a store takes them out. An array of many goes through a local in a loop:
 *
 *     %v: array<f32, 500> = load.raw %b[%i]
 * becomes
 *     %all: var<array<f32, 500>> = var
 *     loop (%k from 0u32 below 500u32) { %x: f32 = load.raw %b[%i][%k]; store.raw %all[%k], %x }
 *     %v: array<f32, 500> = load %all
 *
 * Before: lower_bounds, so that one check is for all parts. After: buffers are accessed by scalars and vectors alone.
 *
 * split_shared: the same of shared memory, for a target that has no copies of its arrays.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

enum { MOST_LEAVES = 64 }; /* of an array that is not copied by a loop */

typedef struct {
    IrModule *module;
    IrTypeKind kind;       /* of the memory: buffers or shared */
    VEC(IrValue *) place;  /* there, that is copied: root and indices */
    VEC(IrValue *) local;  /* likewise in the local of an array; empty: none */
    uint32_t instructions; /* made */
    bool changed;
} Splitter;

/* Scalars and vectors in all; stops counting. */
static uint32_t count_leaves(const IrType *type) {
    uint32_t count = 0;
    if (ir_is_value(type)) {
        return 1;
    }
    if (type->kind == IR_TYPE_ARRAY) {
        count = count_leaves(type->element);
        return count > MOST_LEAVES || type->count > MOST_LEAVES ? MOST_LEAVES + 1
                                                                : count * type->count;
    }
    for (uint32_t i = 0; i < type->count && count <= MOST_LEAVES; i++) {
        count += count_leaves(ir_part_type(type, i));
    }
    return count;
}

static bool is_looped(const IrType *type) {
    return type->kind == IR_TYPE_ARRAY && count_leaves(type) > MOST_LEAVES;
}

/* Whether some part of some part is looped. */
static bool has_looped(const IrType *type) {
    bool found = is_looped(type);
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count && !found; i++) {
        found = has_looped(type->fields[i].type);
    }
    return found;
}

/* ---- the loop over an array ---- */

typedef struct {
    IrBuilder body;
    IrValue *index;
    IrInst *loop;
} Each;

/* After it, `body` stands where the code for the element `index` goes; end_each() closes it. */
static Each begin_each(IrBuilder *b, uint32_t count) {
    IrValue *zero = ir_const_u32(b->module, 0);
    const IrType *u32 = ir_scalar(IR_U32);
    Each each = {.loop = ir_loop(b, 1, &zero, 1, &u32, 0, NULL)};
    IrRegion *body = &each.loop->regions[IR_LOOP_BODY];
    each.body = ir_at_end(b->module, body);
    each.body.pos = b->pos;
    each.index = body->params[0];
    IrValue *ends = ir_binary(&each.body, OP_GE, each.index, ir_const_u32(b->module, count));
    IrInst *branch = ir_if(&each.body, ends, 0, NULL);
    IrBuilder yes = ir_at_end(b->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(b->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    ir_end(&yes, OP_BREAK, 0, NULL);
    ir_end(&no, OP_YIELD, 0, NULL);
    return each;
}

static void end_each(Each *each) {
    ir_end(&each->body, OP_CONTINUE, 1, &each->index);
    IrRegion *region = &each->loop->regions[IR_LOOP_CONTINUING];
    IrBuilder more = ir_at_end(each->body.module, region);
    more.pos = each->body.pos;
    IrValue *next = ir_binary(&more, OP_ADD, region->params[0], ir_const_u32(more.module, 1));
    ir_end(&more, OP_NEXT, 1, &next);
}

/* ---- copies between the buffer and a value ---- */

static IrValue *load_part(Splitter *s, IrBuilder *b, const IrType *type);
static void store_part(Splitter *s, IrBuilder *b, IrValue *value);
static void copy_local(Splitter *s, IrBuilder *b, const IrType *type, bool loads);

static IrValue *load_array(Splitter *s, IrBuilder *b, const IrType *type) {
    IrValue *all = ir_var(b, type, NULL);
    VEC_PUSH(s->module->arena, &s->local, all);
    copy_local(s, b, type, true);
    s->local.count = 0;
    return ir_load(b, all, 0, NULL);
}

static void store_array(Splitter *s, IrBuilder *b, IrValue *value) {
    IrValue *all = ir_var(b, value->type, NULL);
    ir_store(b, value, all, 0, NULL);
    VEC_PUSH(s->module->arena, &s->local, all);
    copy_local(s, b, value->type, false);
    s->local.count = 0;
}

/* What is at s->place. */
static IrValue *load_part(Splitter *s, IrBuilder *b, const IrType *type) {
    s->instructions++;
    if (ir_is_value(type)) {
        IrValue *leaf = ir_load(b, s->place.items[0], s->place.count - 1, s->place.items + 1);
        leaf->inst->flags |= IR_RAW;
        return leaf;
    }
    if (is_looped(type)) {
        return load_array(s, b, type);
    }
    IrValue **parts = NEW_ARRAY(s->module->arena, IrValue *, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        VEC_PUSH(s->module->arena, &s->place, ir_const_u32(s->module, i));
        parts[i] = load_part(s, b, ir_part_type(type, i));
        s->place.count--;
    }
    return ir_emit(b, OP_CONSTRUCT, type, type->count, parts)->results[0];
}

static void store_part(Splitter *s, IrBuilder *b, IrValue *value) {
    s->instructions++;
    if (ir_is_value(value->type)) {
        ir_store(b, value, s->place.items[0], s->place.count - 1, s->place.items + 1)->flags |=
            IR_RAW;
        return;
    }
    if (is_looped(value->type)) {
        store_array(s, b, value);
        return;
    }
    for (uint32_t i = 0; i < value->type->count; i++) {
        VEC_PUSH(s->module->arena, &s->place, ir_const_u32(s->module, i));
        store_part(s, b, ir_extract(b, value, i));
        s->place.count--;
    }
}

/* ---- copies between the buffer and a local ---- */

static void copy_part(Splitter *s, IrBuilder *b, const IrType *type, IrValue *index, bool loads) {
    VEC_PUSH(s->module->arena, &s->place, index);
    VEC_PUSH(s->module->arena, &s->local, index);
    copy_local(s, b, type, loads);
    s->place.count--;
    s->local.count--;
}

/* From s->place to s->local, or back. */
static void copy_local(Splitter *s, IrBuilder *b, const IrType *type, bool loads) {
    if (is_looped(type)) {
        Each each = begin_each(b, type->count);
        copy_part(s, &each.body, type->element, each.index, loads);
        end_each(&each);
    } else if (has_looped(type)) {
        for (uint32_t i = 0; i < type->count; i++) {
            copy_part(s, b, ir_part_type(type, i), ir_const_u32(s->module, i), loads);
        }
    } else if (loads) {
        IrValue *value = load_part(s, b, type);
        ir_store(b, value, s->local.items[0], s->local.count - 1, s->local.items + 1)->flags |=
            IR_RAW;
    } else {
        IrValue *value = ir_load(b, s->local.items[0], s->local.count - 1, s->local.items + 1);
        value->inst->flags |= IR_RAW;
        store_part(s, b, value);
    }
}

static void visit(IrInst *inst, void *data) {
    Splitter *s = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
    if (inst->op != OP_LOAD && inst->op != OP_STORE) {
        return;
    }
    uint32_t root = ir_place_start(inst);
    const IrType *type = (inst->op == OP_LOAD ? inst->results[0] : inst->operands[0])->type;
    if (inst->operands[root]->type->kind != s->kind || !ir_is_composite(type) ||
        (ir_needs_raw(inst) && (inst->flags & IR_RAW) == 0) ||
        s->instructions > IR_MAX_INSTRUCTIONS) {
        return;
    }
    s->place.count = 0;
    for (uint32_t i = root; i < inst->operand_count; i++) {
        VEC_PUSH(s->module->arena, &s->place, inst->operands[i]);
    }
    s->changed = true;
    IrBuilder b = ir_before(s->module, inst);
    if (inst->op == OP_LOAD) {
        ir_take_place(inst, load_part(s, &b, type));
    } else {
        store_part(s, &b, inst->operands[0]);
        ir_remove(inst);
    }
    if (s->instructions > IR_MAX_INSTRUCTIONS) {
        const IrFunction *function = b.region->function;
        diag_report(s->module->diags, (Span){function->pos, function->pos}, D(TOO_MUCH_CODE),
                    function->name->text, (unsigned)IR_MAX_INSTRUCTIONS);
    }
}

static bool split(IrModule *module, IrTypeKind kind) {
    Splitter splitter = {.module = module, .kind = kind};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        splitter.instructions = 0;
        ir_walk(&function->body, visit, &splitter);
    }
    return splitter.changed;
}

static bool run(IrModule *module) {
    return split(module, IR_TYPE_BUFFER);
}

static bool run_shared(IrModule *module) {
    return split(module, IR_TYPE_SHARED);
}

IR_PASS(split_memory, run);
IR_PASS(split_shared, run_shared);
