/* Half precision by its bits: no compiler is asked for _Float16. See eval.h. */
#include <math.h>

#include "ir/eval.h"

/* 1 sign, 5 exponent (bias 15) and 10 mantissa bits. */
enum { F16_SIGN = 0x8000, F16_INFINITY = 0x7c00, F16_NAN = 0x7e00 };

/* Half of the step above 65504: ties to even there go to infinity. */
static const double F16_OVERFLOW = 65520.0;

uint16_t ir_f16_of_double(double number) {
    if (isnan(number)) {
        return F16_NAN;
    }
    unsigned sign = signbit(number) ? F16_SIGN : 0;
    double magnitude = fabs(number);
    if (magnitude >= F16_OVERFLOW) {
        return (uint16_t)(sign | F16_INFINITY);
    }
    int exponent;
    frexp(magnitude, &exponent); /* 2^(exponent - 1) <= magnitude < 2^exponent */
    if (exponent < -13 || magnitude == 0) {
        exponent = -13; /* zero and subnormals have the step of the smallest normal number */
    }
    /* Scaling is exact, so this is the one rounding. A mantissa that rounds up to 2048, or a subnormal
     * that rounds up to 1024, carries into the exponent as it should. */
    unsigned mantissa = (unsigned)nearbyint(ldexp(magnitude, 11 - exponent));
    return (uint16_t)(sign | (((unsigned)(exponent + 13) << 10) + mantissa));
}

double ir_double_of_f16(uint16_t bits) {
    int exponent = bits >> 10 & 31, mantissa = bits & 0x3ff;
    double magnitude;
    if (exponent == 31) {
        magnitude = mantissa != 0 ? (double)NAN : (double)INFINITY;
    } else if (exponent == 0) {
        magnitude = ldexp(mantissa, -24);
    } else {
        magnitude = ldexp(1024 + mantissa, exponent - 25);
    }
    return (bits & F16_SIGN) != 0 ? -magnitude : magnitude;
}
