/* The numbers that a value of type u32 or i32 can be: an interval, and how many of its low bits are surely zero.
 *
 * What an op makes follows from the ranges of its operands. A result that may be beyond its type wraps, and then may be any
 * number; its zeros stay. Where conditions contradict each other nothing is ever executed, and any range is right.
 */
#ifndef IR_RANGE_H
#define IR_RANGE_H

#include "ir/ir.h"

typedef struct {
    int64_t least, most;
    uint32_t zeros; /* 32: it is 0 */
} Range;

/* Whether values of the type have ranges. */
bool range_is_for(const IrType *type);

/* All numbers of the type; of another type, of u32. */
Range range_all(const IrType *type);

/* From `least` to `most`, as far as the type goes; beyond it all its numbers. */
Range range_made(const IrType *type, int64_t least, int64_t most, uint32_t zeros);

Range range_of_const(const IrValue *value);

/* Either of both. */
Range range_either(Range a, Range b);

/* What is known of the first of two operands, beside the second. */
typedef enum { RANGE_ANY_ORDER, RANGE_NO_LESS, RANGE_GREATER } RangeOrder;

/* Of the result of an op that has one: `of` are the ranges of its operands, three at least; range_all of what an op takes that
 * has none. `order` is asked of a difference of type u32. Of a built-in value nothing is said. */
Range range_of_op(const IrInst *inst, const Range *of, RangeOrder order);

/* Of a built-in value in the function, or a lane of it; type u32. */
Range range_of_builtin(const IrFunction *function, IrBuiltin builtin, uint32_t lane);

#endif
