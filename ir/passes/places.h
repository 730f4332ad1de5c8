/* What passes ask about the places of loads and stores. */
#ifndef IR_PASSES_PLACES_H
#define IR_PASSES_PLACES_H

#include "ir/ir.h"

/* One index of a place after the other, from the root on. */
typedef struct {
    const IrInst *inst;
    uint32_t at;        /* the operand that is looked at */
    const IrType *type; /* that it chooses from; NULL: of a buffer's elements */
} IrPlaceWalk;

/* for (IrPlaceWalk w = place_walk(inst); place_has_index(&w); place_next(&w)) */
IrPlaceWalk place_walk(const IrInst *inst);
static inline bool place_has_index(const IrPlaceWalk *walk) {
    return walk->at < walk->inst->operand_count;
}
void place_next(IrPlaceWalk *walk);

/* The length of shared memory's outermost array, where that is no number and the index chooses from it; else NULL. */
IrValue *place_shared_length(const IrPlaceWalk *walk);

/* Whether the index may be outside the array or vector that it chooses from; not of a buffer's elements. */
bool place_is_unsure(const IrPlaceWalk *walk);

/* Whether a constant index is outside its array or vector, so that nothing is ever there. */
bool place_is_nowhere(const IrInst *inst);

/* Whether the place may be outside, as far as it says itself. */
bool place_may_be_outside(const IrInst *inst);

/* Whether two loads or stores name one place by the same values, and what such have in common for a hash table. */
bool place_is_same(const IrInst *a, const IrInst *b);
uint32_t place_hash(const IrInst *inst);

/* Of values by their addresses: for tables in which order does not matter. */
static inline uint32_t hash_values(uint32_t count, IrValue *const *values) {
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ (uintptr_t)values[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

/* The access goes: a load or an atomic gives zero, a store does nothing. */
void place_drop(IrModule *module, IrInst *inst);

#endif
