/* Code that becomes an `if` with two copies of it: for version_bounds. */
#ifndef IR_PASSES_SPLIT_VERSIONS_H
#define IR_PASSES_SPLIT_VERSIONS_H

#include "ir/passes/entry.h"

/* What stands from `first`, which is behind the entry, to before `end` becomes the first arm of an `if` on the condition, a copy of
 * it the second; values that are used from `end` on come from the `if`, if they may, or are computed at the entry where that is possible.
 * Gives the `if` (IR_VERSIONS); NULL: too many values leave, and nothing was done. `*walked`: how many instructions
 * were looked at from `end` on. */
IrInst *split_versions(Entry *entry, IrInst *first, IrInst *end, IrValue *condition, bool may_leave,
                       uint32_t *walked);

#endif
