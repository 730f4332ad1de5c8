/* The part of eval.c that knows floats; nobody else includes this. */
#ifndef IR_EVAL_FLOAT_H
#define IR_EVAL_FLOAT_H

#include "ir/eval.h"

/* Every f16, f32 and f64 is a double. Encoding rounds to nearest even; a NaN becomes the one quiet NaN
 * without sign, so that results do not depend on the host. */
double eval_float_decode(IrScalar scalar, uint64_t bits);
uint64_t eval_float_encode(IrScalar scalar, double number);

/* One lane of arithmetic or of a function of floats; comparisons and conversions are eval.c's. */
EvalStatus eval_float(IrOp op, IrScalar scalar, const uint64_t *operands, uint64_t *result);

#endif
