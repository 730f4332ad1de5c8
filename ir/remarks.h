/* What --remarks says of a module when all passes have run. */
#ifndef IR_REMARKS_H
#define IR_REMARKS_H

#include "ir/ir.h"

/* How many places need no check that may be outside as they stand, of each function; and where the checks are. */
void ir_remark_bounds(IrModule *module);

/* How many checks of bounds an instruction makes when it is executed: the `if` around an access, the selection behind a load
 * that is clamped; and before code that is there with checks and without, each comparison that chooses. */
uint32_t ir_checks_of(const IrInst *inst);

/* Where each load of a function is, before and after something that may move it out of loops. */
typedef struct {
    Arena *arena;
    VEC(IrInst *) loads;
} IrLoads;

void ir_note_loads(IrLoads *loads, IrFunction *function);
void ir_remark_loads(IrModule *module, const IrLoads *before, IrFunction *function);

#endif
