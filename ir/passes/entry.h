/* A place of the program, the entry, where values are computed before they are needed: for version_bounds.
 *
 * What stands behind the entry can be had there if pure ops make it of what is there; it is copied. Numbers are u32 and
 * saturate: they say how far something reaches, and what would wrap is too far, never near. What conditions behind the
 * entry tell is kept as a list of facts.
 */
#ifndef IR_PASSES_ENTRY_H
#define IR_PASSES_ENTRY_H

#include "ir/ir.h"

/* A condition that holds somewhere behind the entry; the list goes on with those around it. */
typedef struct Fact {
    IrValue *less, *more;
    bool or_equal;
    const struct Fact *around;
} Fact;

/* With what the condition tells where it is so; values of type u32. */
const Fact *facts_learn(Arena *arena, const Fact *around, const IrValue *condition, bool truth);

typedef struct {
    IrValue *from, *to;
} EntryCopy;

typedef struct {
    IrOp op;
    IrValue *a, *b, *made;
} EntryOp;

/* A place to compute something at. Instructions behind it have `behind` in the low bits of IrInst.mark. */
typedef struct {
    IrBuilder b;
    Arena *scratch;
    uint32_t behind;
    const Fact *facts;     /* of the index that is looked at */
    uint32_t made, asked;  /* instructions, and steps taken to find out: both have a limit */
    VEC(EntryCopy) copies; /* of values from behind it */
    VEC(EntryCopy) words;  /* of signed values there, as u32 */
    VEC(EntryOp) ops;      /* what was computed there: the same is one value */
} Entry;

enum { ENTRY_BEHIND_MASK = 0x3fffffff }; /* of IrInst.mark: the bits above are the pass's */

/* Takes a step to find something out; false: there were too many, or too much was made. */
bool entry_may_ask(Entry *entry);

bool entry_is_behind(const Entry *entry, const IrValue *value);

/* The value at the entry; NULL: it is not to be had there. Of a word (u32, i32) the bits as u32, one value for one value; of a
 * vector of them a lane, likewise. */
IrValue *entry_value(Entry *entry, IrValue *value);
IrValue *entry_word(Entry *entry, IrValue *value);
IrValue *entry_lane(Entry *entry, IrValue *value, uint32_t lane);

/* An op there. */
IrValue *entry_op(Entry *entry, IrOp op, IrValue *a, IrValue *b);

/* Of u32, folded where they are constants. A sum or product that is too large is UINT32_MAX (one of two that are not known may be
 * called so from 2^30 on), a difference below zero 0. */
IrValue *entry_number(Entry *entry, uint32_t value);
bool entry_is_number(const IrValue *value, uint32_t number);
IrValue *entry_sum(Entry *entry, IrValue *a, IrValue *b);
IrValue *entry_difference(Entry *entry, IrValue *a, IrValue *b);
IrValue *entry_product(Entry *entry, IrValue *a, IrValue *b);
IrValue *entry_larger(Entry *entry, IrValue *a, IrValue *b);
IrValue *entry_smaller(Entry *entry, IrValue *a, IrValue *b);

#endif
