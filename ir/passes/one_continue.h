/* Loops whose body continues from its middle. */
#ifndef IR_PASSES_ONE_CONTINUE_H
#define IR_PASSES_ONE_CONTINUE_H

#include "ir/ir.h"

/* Rewrites the body so that its end is the only `continue`, where all others end arms of `if`s that stand in the body itself:
 *
 *     if %c { continue %a } else { yield %x }          %r = if %c { yield %a } else { rest; yield %b }
 *     rest of %y                                 →     continue %r
 *     continue %b
 *
 * `continues` is how many the loop has. Gives how many levels deeper the body nests now; 0: nothing was done, because the others
 * are elsewhere, or too many.
 */
unsigned make_one_continue(IrModule *module, IrInst *loop, uint32_t continues);

#endif
