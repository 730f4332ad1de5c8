/* Arithmetic and functions on floats, one lane at a time.
 *
 * Everything is computed in double and then rounded once to the type. For + - * / and sqrt that is the
 * correctly rounded result in f16 and f32 too, because 53 bits are at least 2 * 24 + 2 (Figueroa, "When
 * is double rounding innocuous?", 1995); fma needs the care it gets below. The other functions are as good
 * as the C library's double ones, far inside what LANGUAGE.md section 8 asks for f16 and f32.
 */
#include "ir/eval_float.h"

#include <float.h>
#include <math.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* what GCC does by itself in -std=c17, and warns to be told */
#endif

_Static_assert(FLT_EVAL_METHOD == 0, "float and double expressions must have their own precision");
_Static_assert(sizeof(float) == 4 && sizeof(double) == 8, "float and double must be IEEE 754");

static const uint64_t F32_NAN = 0x7fc00000, F64_NAN = 0x7ff8000000000000;

double eval_float_decode(IrScalar scalar, uint64_t bits) {
    if (scalar == IR_F16) {
        return ir_double_of_f16((uint16_t)bits);
    }
    if (scalar == IR_F32) {
        uint32_t word = (uint32_t)bits;
        float number;
        memcpy(&number, &word, sizeof number);
        return number;
    }
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

uint64_t eval_float_encode(IrScalar scalar, double number) {
    if (scalar == IR_F16) {
        return ir_f16_of_double(number);
    }
    if (scalar == IR_F32) {
        float rounded = (float)number;
        uint32_t word;
        memcpy(&word, &rounded, sizeof word);
        return isnan(rounded) ? F32_NAN : word;
    }
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    return isnan(number) ? F64_NAN : word;
}

static double rounded(IrScalar scalar, double number) {
    return eval_float_decode(scalar, eval_float_encode(scalar, number));
}

/* x * y + z of f16 or f32 numbers, rounded to odd: the product is exact in a double, and of the two
 * doubles around the sum the one with an odd last bit is given. Rounding that to the type is then the same as
 * rounding the exact sum (Boldo and Melquiond, "Emulation of a FMA", 2008). */
static double fma_to_odd(double x, double y, double z) {
    double product = x * y;
    double sum = product + z;
    if (!isfinite(sum)) {
        return sum;
    }
    double z_part = sum - product; /* Knuth's TwoSum: sum + error is exact */
    double product_part = sum - z_part;
    double error = (product - product_part) + (z - z_part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (error != 0 && (bits & 1) == 0) {
        sum = nextafter(sum, error > 0 ? (double)INFINITY : (double)-INFINITY);
    }
    return sum;
}

/* The formula of LANGUAGE.md section 5, each step in the precision of the type. */
static double float_rem(IrScalar scalar, double x, double y) {
    double quotient = trunc(rounded(scalar, x / y));
    double product = rounded(scalar, y * quotient);
    return x - product;
}

/* GPUs compute exp2(y * log2(x)), so a negative base has no power, not even a whole one. */
static double power(double x, double y) {
    return x < 0 ? (double)NAN : pow(x, y);
}

/* The other operand where one is NaN; -0 is less than +0, so that the order of the operands does not matter. */
static uint64_t least_or_greatest(IrOp op, IrScalar scalar, const uint64_t *operands) {
    double x = eval_float_decode(scalar, operands[0]), y = eval_float_decode(scalar, operands[1]);
    if (isnan(x) || isnan(y)) {
        return isnan(y) ? eval_float_encode(scalar, x) : operands[1];
    }
    if (x == y) { /* the same bits, but for the sign of a zero */
        return op == OP_MIN ? operands[0] | operands[1] : operands[0] & operands[1];
    }
    return (x < y) == (op == OP_MIN) ? operands[0] : operands[1];
}

EvalStatus eval_float(IrOp op, IrScalar scalar, const uint64_t *operands, uint64_t *result) {
    uint64_t sign = (uint64_t)1 << (ir_scalars[scalar].bits - 1);
    int count = ir_ops[op].operands;
    double x = eval_float_decode(scalar, operands[0]);
    double y = count > 1 ? eval_float_decode(scalar, operands[1]) : 0;
    double z = count > 2 ? eval_float_decode(scalar, operands[2]) : 0;
    double number;

    switch (op) {
    /* on the bits alone */
    case OP_NEG:
        *result = operands[0] ^ sign;
        return EVAL_OK;
    case OP_ABS:
        *result = operands[0] & ~sign;
        return EVAL_OK;
    case OP_MIN:
    case OP_MAX:
        *result = least_or_greatest(op, scalar, operands);
        return EVAL_OK;

    case OP_ADD:
        number = x + y;
        break;
    case OP_SUB:
        number = x - y;
        break;
    case OP_MUL:
        number = x * y;
        break;
    case OP_DIV:
        number = x / y;
        break;
    case OP_REM:
        number = float_rem(scalar, x, y);
        break;
    case OP_FMA:
        number = scalar == IR_F64 ? fma(x, y, z) : fma_to_odd(x, y, z);
        break;

    case OP_FLOOR:
        number = floor(x);
        break;
    case OP_CEIL:
        number = ceil(x);
        break;
    case OP_ROUND:
        number = nearbyint(x);
        break;
    case OP_TRUNC:
        number = trunc(x);
        break;
    case OP_SQRT:
        number = sqrt(x);
        break;
    case OP_RSQRT:
        number = 1 / sqrt(x);
        break;
    case OP_EXP:
        number = exp(x);
        break;
    case OP_EXP2:
        number = exp2(x);
        break;
    case OP_LOG:
        number = log(x);
        break;
    case OP_LOG2:
        number = log2(x);
        break;
    case OP_SIN:
        number = sin(x);
        break;
    case OP_COS:
        number = cos(x);
        break;
    case OP_TAN:
        number = tan(x);
        break;
    case OP_ASIN:
        number = asin(x);
        break;
    case OP_ACOS:
        number = acos(x);
        break;
    case OP_ATAN:
        number = atan(x);
        break;
    case OP_SINH:
        number = sinh(x);
        break;
    case OP_COSH:
        number = cosh(x);
        break;
    case OP_TANH:
        number = tanh(x);
        break;
    case OP_POW:
        number = power(x, y);
        break;
    case OP_ATAN2:
        number = atan2(x, y);
        break;
    default:
        return EVAL_CANNOT;
    }
    *result = eval_float_encode(scalar, number);
    return EVAL_OK;
}
