/* The text form of the IR (IR.md): print, and parse with print ∘ parse = identity. */
#ifndef IR_TEXT_H
#define IR_TEXT_H

#include "ir/ir.h"

/* `positions` not NULL: every instruction carries its place in the source (`!line:column`). */
void ir_print(Text *out, const IrModule *module, const SourceMap *positions);
void ir_print_function(Text *out, const IrFunction *function, const SourceMap *positions);

/* The function with a comment below one of its instructions, or below its head when that is NULL. */
void ir_print_marked(Text *out, const IrFunction *function, const IrInst *marked, const char *note);

/* Parses and verifies. NULL when something was wrong: it is in `diags`, with its place. The input is hostile:
 * no crash, no unbounded depth. */
IrModule *ir_parse(Arena *arena, Names *names, Diags *diags, const SourceFile *file);

#endif
