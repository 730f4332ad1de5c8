/* The rewrite rules of opt_fold; nobody else includes this. */
#ifndef IR_PASSES_FOLD_RULES_H
#define IR_PASSES_FOLD_RULES_H

#include "ir/ir.h"

/* Where the rules of each op start, for who applies them often. */
typedef struct {
    uint16_t first[OP_COUNT + 1];
} FoldRules;

FoldRules fold_rules(void);

/* What a rule puts in place of the instruction's result, or NULL when none fires. New instructions go where `b`
 * stands, before the instruction. Constants stand last where the order is free. */
IrValue *fold_by_rules(const FoldRules *index, IrBuilder *b, IrInst *inst);

#endif
