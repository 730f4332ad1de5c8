/* The meaning of the pure ops, on bits: the one place that says what `div` or `convert` gives.
 * The constant folder, the checker's constant expressions and the interpreter all ask here.
 *
 * Bits of a lane are zero above its width; bool is 0 or 1; floats are their IEEE 754 encoding.
 */
#ifndef IR_EVAL_H
#define IR_EVAL_H

#include "ir/ir.h"

typedef enum {
    EVAL_OK,
    EVAL_CANNOT,    /* not a pure op that this evaluates */
    EVAL_UNDEFINED, /* a `.raw` op outside the domain in which it is defined: the compiler's mistake */
} EvalStatus;

typedef struct {
    const IrType *type;
    const uint64_t *bits; /* one word a scalar */
} EvalOperand;

/* Evaluates `op` (with `flags`, and the immediates of `inst` where the op has them; else inst may be NULL)
 * to a value of `type`; `result` has room for ir_words(type) words. */
EvalStatus ir_eval(IrOp op, unsigned flags, const IrInst *inst, const IrType *type,
                   unsigned operand_count, const EvalOperand *operands, uint64_t *result);

/* A number as bits of a scalar type: rounded to nearest even for floats; for integers `number` is
 * truncated and must fit. And back. */
uint64_t ir_bits_of_number(IrScalar scalar, double number);
double ir_number_of_bits(IrScalar scalar, uint64_t bits);
int64_t ir_signed_of_bits(IrScalar scalar, uint64_t bits); /* sign-extended for signed types */

/* f16 by its bits; to nearest even. */
uint16_t ir_f16_of_double(double number);
double ir_double_of_f16(uint16_t bits);

#endif
