/* Copies of code: for inlining, and whatever else needs a body twice. */
#ifndef IR_CLONE_H
#define IR_CLONE_H

#include "ir/ir.h"

/* Numbers what the function defines (parameters, region parameters, results) in `mark`, from 0; gives how many. */
uint32_t ir_number_values(IrFunction *function);

/* Copies the instructions from `first` up to `end` (NULL: all), regions inside them too, to where `b` stands, with
 * the positions they have. `map` holds, by `mark`, what stands for each value: the caller fills in what is defined
 * outside (the parameters of a function), copying fills in the rest. */
void ir_clone(IrBuilder *b, const IrInst *first, const IrInst *end, IrValue **map);

#endif
