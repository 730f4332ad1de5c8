/* How many rounds a loop makes, where that can be told before it runs. */
#ifndef IR_PASSES_ROUNDS_H
#define IR_PASSES_ROUNDS_H

#include "ir/ir.h"

typedef struct {
    const IrInst
        *exit; /* the `if` of the body, itself, one of whose arms breaks and the other yields */
    bool leaves_when; /* what its condition is then */
    uint32_t count;   /* it lets the loop go on so many times, if nothing else ends it before */
} LoopRounds;

/* By running what the exit's condition is made of, from the first values of the loop's parameters on: constants, pure ops, and
 * parameters that depend on nothing else. Gives up after `most` rounds. The loop's only `continue` is the end of its body.
 */
bool loop_rounds(const IrInst *loop, uint32_t most, LoopRounds *rounds);

#endif
