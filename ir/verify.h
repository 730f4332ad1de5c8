/* The verifier: whether a module keeps the rules of ir.h and IR.md. */
#ifndef IR_VERIFY_H
#define IR_VERIFY_H

#include "ir/ir.h"

typedef struct {
    const IrFunction *function;
    const IrInst *inst; /* NULL: the function itself */
    const char *text;   /* one line, in the arena */
} IrFault;

/* False: `fault` is the first thing that is wrong. Needs linear time; `arena` gets what that takes. */
bool ir_check(const IrModule *module, Arena *arena, IrFault *fault);

/* False: `why` says what is wrong, after the text of the whole function with a mark beside the instruction;
 * `at` (may be NULL) becomes that instruction, or NULL. */
bool ir_verify(const IrModule *module, Text *why, const IrInst **at);

/* What back-ends rely on besides: no calls, every PARTIAL op that touches the promises of section 8 is `.raw`,
 * no float `rem`. */
bool ir_verify_lowered(const IrModule *module, Text *why, const IrInst **at);

#endif
