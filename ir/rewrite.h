/* Rewriting instruction by instruction: the walk that the lower_* passes share. */
#ifndef IR_REWRITE_H
#define IR_REWRITE_H

#include "ir/ir.h"

/* What a rule made of an instruction: NULL: nothing; its own first result: changed in place; another value:
 * takes the place of the result, and the instruction goes. `b` stands before the instruction, with its position
 * and float flags. */
typedef IrValue *(*IrRewrite)(IrBuilder *b, IrInst *inst);

/* Applies the rule to every instruction with one result, in order; operands are already rewritten, and what the
 * rule makes is not visited. Nothing is left forwarded. Gives whether anything changed. */
bool ir_rewrite(IrModule *module, IrRewrite rule);

/* Sets IR_RAW and gives the first result: for rules that find nothing else to do. */
IrValue *ir_made_raw(IrInst *inst);

/* `value` takes the place, and the name where it has none, of the first result; the instruction goes. The old
 * result stays forwarded until operands are resolved. */
void ir_take_place(IrInst *inst, IrValue *value);

#endif
