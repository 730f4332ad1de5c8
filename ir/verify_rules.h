/* Types and immediates of one instruction, by its row in ops.def. Part of the verifier. */
#ifndef IR_VERIFY_RULES_H
#define IR_VERIFY_RULES_H

#include "ir/ir.h"

/* Whether operands and results fit the op's rule. No operand or result is NULL, and their counts are those of
 * ir_rule_results and the op's row. */
bool ir_rule_holds(const IrInst *inst);

/* What the rule asks for, as the end of "`add` needs …". */
const char *ir_rule_needs(IrRule rule);

/* How many results the rule gives; IR_ANY_OPERANDS: as many as it likes. */
unsigned ir_rule_results(IrRule rule);

#endif
