/* How large indices can get, told before they are computed: for version_bounds.
 *
 * An index is a sum of what is known at some place of the program, the entry, and of parts that only come later, such as
 * the counter of a loop, of which a most is known there. What is said holds in arithmetic modulo 2^32: an index that
 * wraps is found outside, or computed as it is, never taken for a small one.
 */
#ifndef IR_PASSES_INDEX_BOUNDS_H
#define IR_PASSES_INDEX_BOUNDS_H

#include "ir/passes/entry.h"

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
bool index_form(Entry *entry, IrValue *index, IndexForm *form);

bool index_same_base(const IndexForm *a, const IndexForm *b);
IrValue *index_base(Entry *entry, const IndexForm *form); /* modulo 2^32 */

#endif
