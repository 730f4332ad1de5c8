/* Values of constant expressions.
 *
 * A literal without suffix, and an expression of such literals, is abstract: its value is exact (integers of
 * 128 bits, floats as double) until its context gives it a type. Abstract types are types like others to the
 * checker, but never reach the IR.
 */
#ifndef FRONTEND_CONSTANT_H
#define FRONTEND_CONSTANT_H

#include "frontend/ast.h"
#include "ir/ir.h"

__extension__ typedef __int128 Wide;

/* They look like i64 and f64 to ir_is_int, ir_is_number and so on, but are no types of the IR. */
extern const IrType abstract_int, abstract_float;

static inline bool is_abstract(const IrType *type) {
    return type == &abstract_int || type == &abstract_float;
}

typedef struct ConstValue {
    const IrType *type;
    Wide integer;                /* abstract_int */
    double number;               /* abstract_float */
    uint64_t bits[IR_MAX_LANES]; /* scalars and vectors; as in IrValue */
    const uint64_t *words;       /* arrays, matrices and forms; as in IrValue */
} ConstValue;

static inline const uint64_t *const_words(const ConstValue *value) {
    return value->words != NULL ? value->words : value->bits;
}

/* The range of an integer scalar type. */
Wide integer_min(IrScalar scalar);
Wide integer_max(IrScalar scalar);
Wide integer_of_bits(IrScalar scalar, uint64_t bits);
uint64_t bits_of_integer(IrScalar scalar, Wide value); /* wraps */

typedef enum {
    CONST_OK,
    CONST_OVERFLOW,
    CONST_DIVISION,
    CONST_NONE, /* not something that is computed here */
} ConstStatus;

/* Abstract to a type (number scalar): exact or rounded to nearest; CONST_OVERFLOW if it does not fit;
 * CONST_NONE for a float that should become an integer. */
ConstStatus const_concrete(const ConstValue *value, const IrType *type, ConstValue *out);

/* Both operands have the types the checker settled on (both abstract of one kind, or concrete). */
ConstStatus const_unary(UnaryOp op, const ConstValue *a, ConstValue *out);
ConstStatus const_binary(BinaryOp op, const IrType *type, const ConstValue *a, const ConstValue *b,
                         ConstValue *out);
/* `as`: wraps, truncates, saturates; never fails. *changed: the value is not the same afterwards. */
void const_cast_to(const ConstValue *a, const IrType *type, ConstValue *out, bool *changed);
bool const_is_finite(const ConstValue *value); /* no lane is an infinity or NaN */
/* An op of the IR on constants; abstract operands count as i64 and f64, and so does the result. */
ConstStatus const_op(IrOp op, const IrInst *immediates, const IrType *type, unsigned count,
                     const ConstValue *const *operands, ConstValue *out);

IrOp binary_ir_op(BinaryOp op); /* OP_NONE for and, or */

/* The value as a person would write it; in `arena`. */
const char *const_text(Arena *arena, const ConstValue *value);

#endif
