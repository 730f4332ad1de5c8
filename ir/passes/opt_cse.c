/* opt_cse: what was computed already is not computed again.
 *
 * One walk in order with a table of what is known: in a region, what stands before it there and in the regions around
 * it. A pure op on the same operands with the same flags and immediates is the earlier one, and a choice by a comparison
 * becomes the other choice by the contrary, if that is the earlier one. A load is the earlier load of the same place, or
 * what was stored there, when nothing in between writes to its root: neither what stands between the two nor, when the load
 * is in a loop that the earlier one is not in, anything in that loop.
 *
 * A total store does nothing outside, and a load there gives zero, so what was stored goes through the same checks as the
 * load would: a selection on whether the indices are inside.
 *
 * Before: anything; more is found after opt_fold, which puts operands in order. After: nothing new to look after, but what
 * only the instructions that went had used.
 */
#include "ir/pass.h"
#include "ir/passes/memory.h"
#include "ir/passes/places.h"
#include "ir/rewrite.h"

typedef struct {
    const IrInst *inst;
    uint32_t hash;
    uint32_t next; /* of the same slot; 0: none */
} Known;

typedef struct {
    uint32_t first, end; /* numbers: of the loop, and of what follows it */
} Loop;

typedef struct {
    IrModule *module;
    Arena scratch;
    Memory memory;
    VEC(Known) known; /* what is visible, the newest last; the first is nobody's */
    VEC(Loop) loops;  /* around the place of the walk */
    uint32_t *slots;  /* the newest of each, by index */
    uint32_t slot_mask;
    bool changed;
} Cse;

/* ---- pure ops ---- */

static bool has_same_immediate(const IrInst *a, const IrInst *b) {
    switch (a->op) {
    case OP_EXTRACT:
    case OP_INSERT:
        return a->index == b->index;
    case OP_BUILTIN:
        return a->builtin == b->builtin;
    case OP_SPEC:
        return a->spec == b->spec;
    case OP_SWIZZLE:
        return memcmp(a->swizzle.lane, b->swizzle.lane, a->swizzle.lanes) == 0;
    default:
        return true;
    }
}

static bool is_same(const IrInst *a, const IrInst *b) {
    if (a->op != b->op || a->flags != b->flags || a->operand_count != b->operand_count ||
        a->results[0]->type != b->results[0]->type || !has_same_immediate(a, b)) {
        return false;
    }
    bool swapped = ir_has(a->op, IR_COMMUTES) && a->operands[0] == b->operands[1] &&
                   a->operands[1] == b->operands[0];
    for (uint32_t i = swapped ? 2 : 0; i < a->operand_count; i++) {
        if (a->operands[i] != b->operands[i]) {
            return false;
        }
    }
    return true;
}

static uint32_t hash_pure(const IrInst *inst) {
    uint32_t hash = (uint32_t)inst->op * 31 + inst->flags;
    if (ir_has(inst->op, IR_COMMUTES)) { /* the same for both orders; these have two operands */
        return hash + hash_values(1, &inst->operands[0]) + hash_values(1, &inst->operands[1]);
    }
    return hash + hash_values(inst->operand_count, inst->operands);
}

/* ---- the table ---- */

static void learn(Cse *c, const IrInst *inst, uint32_t hash) {
    uint32_t *slot = &c->slots[hash & c->slot_mask];
    Known known = {inst, hash, *slot};
    *slot = c->known.count;
    VEC_PUSH(&c->scratch, &c->known, known);
}

static void forget_to(Cse *c, uint32_t height) {
    while (c->known.count > height) {
        const Known *known = &c->known.items[--c->known.count];
        c->slots[known->hash & c->slot_mask] = known->next;
    }
}

/* What computed the same before; NULL: nothing that is visible. */
static const IrInst *known_pure(const Cse *c, const IrInst *inst, uint32_t hash) {
    for (uint32_t i = c->slots[hash & c->slot_mask]; i != 0; i = c->known.items[i].next) {
        const Known *known = &c->known.items[i];
        if (known->hash == hash && ir_has(known->inst->op, IR_PURE) && is_same(known->inst, inst)) {
            return known->inst;
        }
    }
    return NULL;
}

/* A choice by a comparison whose contrary was computed before it is the other choice by that. */
static void choose_by_known(Cse *c, IrInst *select) {
    const IrValue *condition = select->operands[0];
    IrOp op = condition->kind == IR_VALUE_RESULT ? ir_opposite(condition->inst) : OP_NONE;
    if (op == OP_NONE) {
        return;
    }
    IrInst contrary = *condition->inst;
    contrary.op = op;
    const IrInst *known = known_pure(c, &contrary, hash_pure(&contrary));
    if (known != NULL && known->mark < condition->inst->mark) {
        IrValue *no = select->operands[1];
        select->operands[0] = known->results[0];
        select->operands[1] = select->operands[2];
        select->operands[2] = no;
        c->changed = true;
    }
}

static void visit_pure(Cse *c, IrInst *inst) {
    if (inst->op == OP_SELECT) {
        choose_by_known(c, inst);
    }
    uint32_t hash = hash_pure(inst);
    const IrInst *known = known_pure(c, inst, hash);
    if (known != NULL) {
        ir_take_place(inst, known->results[0]);
        c->changed = true;
        return;
    }
    learn(c, inst, hash);
}

/* ---- memory ---- */

/* What was loaded from the place or stored to it last, if that is still there; NULL: nothing is known. */
static const IrInst *last_access(const Cse *c, const IrInst *load, uint32_t hash) {
    const IrInst *last = NULL;
    for (uint32_t i = c->slots[hash & c->slot_mask]; i != 0 && last == NULL;) {
        const Known *known = &c->known.items[i];
        bool accesses = known->inst->op == OP_LOAD || known->inst->op == OP_STORE;
        if (known->hash == hash && accesses && place_is_same(known->inst, load)) {
            last = known->inst;
        }
        i = known->next;
    }
    if (last == NULL) {
        return NULL;
    }
    /* a loop around the load that the other one is not in may have come round */
    uint32_t end = load->mark, low = 0, high = c->loops.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->loops.items[middle].first > last->mark) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if (low < c->loops.count) {
        end = c->loops.items[low].end;
    }
    return memory_is_written(&c->memory, load->operands[0], last->mark, end) ? NULL : last;
}

/* The value that a load after the store gives, when it may be outside; NULL: not to be had cheaply. */
static IrValue *stored_if_inside(IrBuilder *b, IrInst *load, IrValue *value) {
    enum { MOST_CHECKS = 2 };
    IrValue *inside = NULL;
    unsigned checks = 0;
    for (IrPlaceWalk w = place_walk(load); place_has_index(&w); place_next(&w)) {
        checks += w.type == NULL || place_is_unsure(&w);
    }
    if (checks > MOST_CHECKS || (checks > 0 && !ir_is_value(value->type))) {
        return NULL;
    }
    for (IrPlaceWalk w = place_walk(load); place_has_index(&w); place_next(&w)) {
        if (w.type != NULL && !place_is_unsure(&w)) {
            continue;
        }
        IrValue *count = w.type == NULL
                             ? ir_emit(b, OP_LEN, ir_scalar(IR_U32), 1, load->operands)->results[0]
                             : ir_const_u32(b->module, ir_part_count(w.type));
        IrValue *below = ir_binary(b, OP_LT, load->operands[w.at], count);
        inside = inside == NULL ? below : ir_binary(b, OP_AND, inside, below);
    }
    return inside == NULL ? value
                          : ir_select(b, inside, value, ir_const_zero(b->module, value->type));
}

static void visit_load(Cse *c, IrInst *load, uint32_t hash) {
    const IrInst *last = last_access(c, load, hash);
    IrValue *value = NULL;
    if (last != NULL && last->op == OP_LOAD) {
        value = last->results[0];
    } else if (last != NULL) {
        bool is_inside = ((last->flags | load->flags) & IR_RAW) != 0 || !ir_needs_raw(load);
        IrBuilder b = ir_before(c->module, load);
        value = is_inside ? last->operands[0] : stored_if_inside(&b, load, last->operands[0]);
    }
    if (value == NULL) {
        learn(c, load, hash);
        return;
    }
    ir_take_place(load, value);
    c->changed = true;
}

static void visit_access(Cse *c, IrInst *inst) {
    uint32_t hash = place_hash(inst);
    if (inst->operands[ir_place_start(inst)]->type->kind == IR_TYPE_REF) {
        return; /* inline_procs puts the place there */
    }
    if (inst->op == OP_LOAD) {
        visit_load(c, inst, hash);
    } else {
        learn(c, inst, hash);
    }
}

/* ---- the walk ---- */

static void walk(Cse *c, IrRegion *region);

static void walk_regions(Cse *c, IrInst *inst) {
    if (inst->op == OP_LOOP) {
        VEC_PUSH(&c->scratch, &c->loops, (Loop){inst->mark, inst->next->mark});
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        walk(c, &inst->regions[i]);
    }
    c->loops.count -= inst->op == OP_LOOP;
}

static void walk(Cse *c, IrRegion *region) {
    uint32_t height = c->known.count;
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        for (uint32_t i = 0; i < inst->operand_count && c->changed;
             i++) { /* else none is replaced */
            inst->operands[i] = ir_resolve(inst->operands[i]);
        }
        if (inst->region_count > 0) {
            walk_regions(c, inst);
        } else if (inst->op == OP_LOAD || inst->op == OP_STORE) {
            visit_access(c, inst);
        } else if (ir_has(inst->op, IR_PURE) && !ir_is_root(inst->results[0]->type)) {
            visit_pure(c, inst);
        }
    }
    forget_to(c, height);
}

static bool run(IrModule *module) {
    Cse c = {.module = module};
    c.memory.arena = &c.scratch;
    VEC_PUSH(&c.scratch, &c.known, (Known){0});
    uint32_t capacity = 0;
    memory_mark_procs(module);
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        memory_map(&c.memory, function);
        if (c.memory.count > capacity) {
            for (capacity = 64; capacity < c.memory.count; capacity *= 2) {
            }
            c.slots = NEW_ARRAY(&c.scratch, uint32_t, capacity);
            c.slot_mask = capacity - 1;
        }
        walk(&c, &function->body);
    }
    arena_release(&c.scratch);
    return c.changed;
}

IR_PASS(opt_cse, run);
