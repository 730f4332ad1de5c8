/* What numbers values of type u32 and i32 can be (range.h), in one walk in order: what passes know of indices without executing
 * anything.
 *
 * A value's range follows from the op that makes it and the ranges of the operands: a mask, a remainder, a place in a
 * workgroup of known size. In the arms of an `if`, and after it where the other arm does not come back, the condition tells
 * more: `k < 256` in the body of a loop over 256; and so does which of two is larger: `i - step` is no more than i
 * where `i >= step`. The counter of a loop that only grows is never less than at first, and its steps tell which of its low
 * bits stay zero, so that `k + 3` is below 256, too, where k goes up by four.
 */
#ifndef IR_PASSES_RANGES_H
#define IR_PASSES_RANGES_H

#include "ir/ir.h"

typedef struct Ranges Ranges;

/* Calls fn for every instruction of the function, a construct after its regions, operands resolved. fn may remove or
 * replace the one it gets and insert before it. */
void ranges_walk(IrFunction *function, void (*fn)(Ranges *, IrInst *, void *data), void *data);

/* In fn: the most that a value of type u32 can be where the instruction stands. */
uint32_t ranges_most(const Ranges *ranges, const IrValue *value);

/* In fn: how many low bits of a value of type u32 are surely zero there; 32: it is 0. */
uint32_t ranges_zeros(const Ranges *ranges, const IrValue *value);

/* In fn: whether it is known to be below the length of the buffer. */
bool ranges_below_length(const Ranges *ranges, const IrValue *value, const IrValue *buffer);

#endif
