/* How large indices can get, told before they are computed: for version_bounds.
 *
 * An index is a sum of what is known at some place of the program, the entry, and of parts that only come later, such as
 * the counter of a loop, of which a most is known there. What is said holds in arithmetic modulo 2^32: an index that
 * wraps is found outside, or computed as it is, never taken for a small one.
 */
#ifndef IR_PASSES_INDEX_BOUNDS_H
#define IR_PASSES_INDEX_BOUNDS_H

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
} IndexCopy;

/* A place to compute something at. Instructions behind it have `behind` in the low bits of IrInst.mark. */
typedef struct {
    IrBuilder b;
    Arena *scratch;
    uint32_t behind;
    const Fact *facts;     /* of the index that is looked at */
    uint32_t made, asked;  /* instructions, and steps taken to find out: both have a limit */
    VEC(IndexCopy) copies; /* of values from behind it */
    VEC(IndexCopy) words;  /* of signed values there, as u32 */
} IndexEntry;

enum { INDEX_BEHIND_MASK = 0x3fffffff }; /* of IrInst.mark: the bits above are the pass's */

bool index_is_behind(const IndexEntry *entry, const IrValue *value);

enum { INDEX_MOST_TERMS = 8 };

typedef struct {
    IrValue *value; /* at the entry */
    int64_t times;
} IndexTerm;

/* From `base - down` to `base - down + (down + up)`, where the base is the sum of the terms and the constant. */
typedef struct {
    IndexTerm terms[INDEX_MOST_TERMS];
    uint32_t count;
    int64_t constant;
    IrValue *up, *down; /* u32; saturated: UINT32_MAX stands for any more */
} IndexForm;

/* false: not known at the entry. */
bool index_form(IndexEntry *entry, IrValue *index, IndexForm *form);

bool index_same_base(const IndexForm *a, const IndexForm *b);
IrValue *index_base(IndexEntry *entry, const IndexForm *form); /* modulo 2^32 */

/* The value at the entry; NULL: it is not to be had there. */
IrValue *index_at_entry(IndexEntry *entry, IrValue *value);

/* Of u32, folded where they are constants; a sum that is too large is UINT32_MAX, a difference below zero 0. */
IrValue *index_sum(IndexEntry *entry, IrValue *a, IrValue *b);
IrValue *index_difference(IndexEntry *entry, IrValue *a, IrValue *b);
IrValue *index_larger(IndexEntry *entry, IrValue *a, IrValue *b);
IrValue *index_smaller(IndexEntry *entry, IrValue *a, IrValue *b);

#endif
