/* opt_dead_stores: a store whose place is stored to again before anything can read it goes.
 *
 * Both stand in one region, and what is between them neither reads the root nor makes it seen by other invocations, nor leaves the
 * region, nor loops. Two stores to one place both happen or both do nothing, so a total one may stand for a `.raw` one.
 * Which store was the last to a place is kept in a table, region by region; what is between two of them is asked of memory.h.
 *
 * Before: anything; better after opt_cse, which has loads give way to what was stored, and before lower_bounds, which puts
 * each store into a region of its own. Stores to locals that nothing ever loads are opt_dce's.
 */
#include "ir/pass.h"
#include "ir/passes/memory.h"
#include "ir/passes/places.h"

typedef struct {
    IrInst *store;
    uint32_t hash;
    uint32_t next; /* of the same slot; 0: none */
} Stored;

typedef struct {
    IrInst *store, *again;
} Pair;

typedef struct {
    Arena scratch;
    VEC(Stored)
    stored; /* in the regions around the place of the walk, the newest last; the first is nobody's */
    VEC(Pair) pairs; /* one store after the other to one place, in one region */
    uint32_t *slots; /* the newest of each, by index */
    uint32_t slot_count;
} Stores;

static void forget_to(Stores *s, uint32_t height) {
    while (s->stored.count > height) {
        const Stored *last = &s->stored.items[--s->stored.count];
        s->slots[last->hash % s->slot_count] = last->next;
    }
}

/* Slots for twice as many; the first time 256. */
static void grow(Stores *s) {
    s->slot_count = s->slot_count == 0 ? 256 : s->slot_count * 2;
    s->slots = NEW_ARRAY(&s->scratch, uint32_t, s->slot_count);
    for (uint32_t i = 1; i < s->stored.count; i++) {
        uint32_t *slot = &s->slots[s->stored.items[i].hash % s->slot_count];
        s->stored.items[i].next = *slot;
        *slot = i;
    }
}

static void learn(Stores *s, IrInst *store, uint32_t hash) {
    if (s->stored.count >= s->slot_count) {
        grow(s);
    }
    uint32_t *slot = &s->slots[hash % s->slot_count];
    Stored stored = {store, hash, *slot};
    *slot = s->stored.count;
    VEC_PUSH(&s->scratch, &s->stored, stored);
}

static void visit_store(Stores *s, IrInst *store, uint32_t first_here) {
    uint32_t hash = place_hash(store);
    for (uint32_t i = s->slots[hash % s->slot_count]; i >= first_here;
         i = s->stored.items[i].next) {
        Stored *last = &s->stored.items[i];
        if (last->hash == hash && place_is_same(last->store, store)) {
            VEC_PUSH(&s->scratch, &s->pairs, (Pair){last->store, store});
            last->store = store;
            return;
        }
    }
    learn(s, store, hash);
}

static void walk(Stores *s, IrRegion *region) {
    uint32_t first_here = s->stored.count;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_STORE && inst->operands[1]->type->kind != IR_TYPE_REF) {
            visit_store(s, inst, first_here);
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            walk(s, &inst->regions[i]);
        }
    }
    forget_to(s, first_here);
}

static bool remove_dead(Stores *s, IrFunction *function) {
    bool changed = false;
    Memory memory = {.arena = &s->scratch};
    memory_map(&memory, function);
    for (uint32_t i = 0; i < s->pairs.count; i++) {
        IrInst *store = s->pairs.items[i].store;
        uint32_t from = store->mark, to = s->pairs.items[i].again->mark;
        if (!memory_is_read(&memory, store->operands[1], from, to) &&
            !memory_is_left(&memory, from, to)) {
            ir_remove(store);
            changed = true;
        }
    }
    return changed;
}

static bool run(IrModule *module) {
    Stores s = {0};
    bool changed = false;
    VEC_PUSH(&s.scratch, &s.stored, (Stored){0});
    grow(&s);
    memory_mark_procs(module);
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        s.pairs.count = 0;
        walk(&s, &function->body);
        if (s.pairs.count > 0) {
            changed |= remove_dead(&s, function);
        }
    }
    arena_release(&s.scratch);
    return changed;
}

IR_PASS(opt_dead_stores, run);
