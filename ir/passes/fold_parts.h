/* The rewrites of opt_fold that take values apart and put them together; nobody but fold_rules.c includes this. */
#ifndef IR_PASSES_FOLD_PARTS_H
#define IR_PASSES_FOLD_PARTS_H

#include "ir/ir.h"

/* The instruction that made a value, if it is that op; else NULL. */
static inline const IrInst *made_by(const IrValue *value, IrOp op) {
    return value->kind == IR_VALUE_RESULT && value->inst->op == op ? value->inst : NULL;
}

IrValue *gather_lanes(IrBuilder *b, IrInst *inst); /* CONSTRUCT, INSERT and SWIZZLE */
IrValue *construct_of_parts(IrBuilder *b, IrInst *inst);
IrValue *extract_of_known(IrBuilder *b, IrInst *inst);
IrValue *extract_at_constant(IrBuilder *b, IrInst *inst);
IrValue *insert_over_insert(IrBuilder *b, IrInst *inst);
IrValue *insert_of_own(IrBuilder *b, IrInst *inst);
IrValue *insert_into_construct(IrBuilder *b, IrInst *inst);
IrValue *insert_at_constant(IrBuilder *b, IrInst *inst);

#endif
