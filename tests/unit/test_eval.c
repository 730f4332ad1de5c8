/* ir_eval: cases worked out by hand at the edges of LANGUAGE.md section 8, and formulas that share nothing with it
 * where a type is small enough to try everything.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "ir/eval.h"

static int failures;

static void fail(const char *file, int line, const char *what) {
    failures++;
    printf("%s:%d: %s\n", file, line, what);
}
#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))

/* ---- evaluating scalars ---- */

enum { MOST_OPERANDS = 4 };

static EvalStatus eval(IrOp op, unsigned flags, IrScalar to, IrScalar from, unsigned count,
                       const uint64_t *x, uint64_t *result) {
    EvalOperand operands[MOST_OPERANDS];
    for (unsigned i = 0; i < count; i++) {
        bool is_count = i > 0 && (op == OP_SHL || op == OP_SHR || op == OP_EXTRACT_BITS);
        is_count |= i > 1 && op == OP_INSERT_BITS;
        bool is_condition = i == 0 && op == OP_SELECT;
        IrScalar scalar = is_count ? IR_U32 : is_condition ? IR_BOOL : from;
        operands[i] = (EvalOperand){ir_scalar(scalar), &x[i]};
    }
    return ir_eval(op, flags, NULL, ir_scalar(to), count, operands, result);
}

static uint64_t eval1(IrOp op, IrScalar to, IrScalar from, uint64_t x) {
    uint64_t result = 0;
    CHECK(eval(op, 0, to, from, 1, &x, &result) == EVAL_OK);
    return result;
}

static uint64_t eval2(IrOp op, IrScalar to, IrScalar from, uint64_t x, uint64_t y) {
    uint64_t result = 0;
    CHECK(eval(op, 0, to, from, 2, (uint64_t[]){x, y}, &result) == EVAL_OK);
    return result;
}

static uint64_t f32(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static float float_of(uint64_t word) {
    uint32_t bits = (uint32_t)word;
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint64_t f64(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static const uint64_t NAN32 = 0x7fc00000, INF32 = 0x7f800000, MINUS_0_32 = 0x80000000;

/* ---- cases by hand ---- */

typedef struct {
    int line;
    IrOp op;
    IrScalar to, from;
    unsigned count;
    uint64_t operands[MOST_OPERANDS];
    EvalStatus raw; /* what the `.raw` form says */
    uint64_t expected;
} Case;

#define IN EVAL_OK
#define OUT EVAL_UNDEFINED
#define ROW1(op, type, x, raw, expected)                                                           \
    {__LINE__, OP_##op, IR_##type, IR_##type, 1, {x}, raw, expected}
#define ROW2(op, type, x, y, raw, expected)                                                        \
    {__LINE__, OP_##op, IR_##type, IR_##type, 2, {x, y}, raw, expected}
#define ROW3(op, type, x, y, z, raw, expected)                                                     \
    {__LINE__, OP_##op, IR_##type, IR_##type, 3, {x, y, z}, raw, expected}
#define ROW4(op, type, x, y, z, w, raw, expected)                                                  \
    {__LINE__, OP_##op, IR_##type, IR_##type, 4, {x, y, z, w}, raw, expected}
#define FROM(from, to, x, raw, expected)                                                           \
    {__LINE__, OP_CONVERT, IR_##to, IR_##from, 1, {x}, raw, expected}

/* clang-format off */
static const Case cases[] = {
    /* wrapping, division */
    ROW2(ADD, I32, 0x7fffffff, 1, IN, 0x80000000),
    ROW2(SUB, U8, 0, 1, IN, 0xff),
    ROW2(MUL, U64, 0xffffffffffffffff, 0xffffffffffffffff, IN, 1),
    ROW1(NEG, I16, 0x8000, IN, 0x8000),
    ROW1(ABS, I32, 0x80000000, IN, 0x80000000),
    ROW1(ABS, I8, 0xff, IN, 1),
    ROW1(ABS, U8, 0xff, IN, 0xff),
    ROW2(DIV, U32, 7, 0, OUT, 0),
    ROW2(REM, U32, 7, 0, OUT, 0),
    ROW2(DIV, I32, 0x80000000, 0xffffffff, OUT, 0x80000000),
    ROW2(REM, I32, 0x80000000, 0xffffffff, OUT, 0),
    ROW2(DIV, I64, 0x8000000000000000, 0xffffffffffffffff, OUT, 0x8000000000000000),
    ROW2(DIV, U64, 0x8000000000000000, 0xffffffffffffffff, IN, 0),
    ROW2(DIV, I32, (uint32_t)-7, 2, IN, (uint32_t)-3),
    ROW2(REM, I32, (uint32_t)-7, 2, IN, (uint32_t)-1),
    ROW2(REM, I32, 7, (uint32_t)-2, IN, 1),
    ROW2(MIN, I32, 0xffffffff, 0, IN, 0xffffffff),
    ROW2(MIN, U32, 0xffffffff, 0, IN, 0),

    /* shifts: modulo the width */
    ROW2(SHL, U32, 1, 31, IN, 0x80000000),
    ROW2(SHL, U32, 1, 32, OUT, 1),
    ROW2(SHL, U32, 1, 0xffffffff, OUT, 0x80000000),
    ROW2(SHR, I32, 0x80000000, 31, IN, 0xffffffff),
    ROW2(SHR, U32, 0x80000000, 31, IN, 1),
    ROW2(SHR, I8, 0x80, 9, OUT, 0xc0),
    ROW2(SHL, I64, 1, 64, OUT, 1),
    ROW2(SHR, I64, 0x8000000000000000, 63, IN, 0xffffffffffffffff),

    /* bits */
    ROW1(NOT, BOOL, 1, IN, 0),
    ROW1(NOT, U16, 0, IN, 0xffff),
    ROW2(XOR, BOOL, 1, 1, IN, 0),
    ROW1(CLZ, U32, 0, IN, 32),
    ROW1(CLZ, I64, 1, IN, 63),
    ROW1(CTZ, U16, 0, IN, 16),
    ROW1(CTZ, U32, 0x80000000, IN, 31),
    ROW1(POPCOUNT, U64, 0xffffffffffffffff, IN, 64),
    ROW1(REVERSE_BITS, U32, 1, IN, 0x80000000),
    ROW3(EXTRACT_BITS, U32, 0xabcd1234, 8, 8, IN, 0x12),
    ROW3(EXTRACT_BITS, I32, 0xabcd1234, 24, 8, IN, 0xffffffab),
    ROW3(EXTRACT_BITS, I32, 0xabcd1234, 24, 9, OUT, 0xffffffab),
    ROW3(EXTRACT_BITS, U32, 0xabcd1234, 40, 8, OUT, 0),
    ROW3(EXTRACT_BITS, U32, 0xabcd1234, 0, 32, IN, 0xabcd1234),
    ROW3(EXTRACT_BITS, U32, 0xabcd1234, 32, 0, IN, 0),
    ROW3(EXTRACT_BITS, U64, 0xffffffffffffffff, 0xffffffff, 0xffffffff, OUT, 0),
    ROW4(INSERT_BITS, U32, 0xffffffff, 0, 8, 8, IN, 0xffff00ff),
    ROW4(INSERT_BITS, U32, 0, 0xabc, 28, 8, OUT, 0xc0000000),
    ROW4(INSERT_BITS, U32, 5, 7, 33, 1, OUT, 5),
    ROW4(INSERT_BITS, U32, 5, 7, 0, 0, IN, 5),

    /* floats: signs of zero, NaN, ties */
    ROW1(NEG, F32, 0, IN, 0x80000000),
    ROW1(ABS, F32, 0x80000000, IN, 0),
    ROW2(DIV, F32, 0x3f800000, 0x80000000, IN, 0xff800000),
    ROW2(DIV, F32, 0, 0, IN, 0x7fc00000),
    ROW2(MIN, F32, 0x7fc00000, 0x40000000, IN, 0x40000000),
    ROW2(MIN, F32, 0x40000000, 0x7fc00000, IN, 0x40000000),
    ROW2(MAX, F32, 0x7fc00000, 0x40000000, IN, 0x40000000),
    ROW2(MAX, F32, 0xffc00000, 0xffc00001, IN, 0x7fc00000),
    ROW2(MIN, F32, 0, 0x80000000, IN, 0x80000000),   /* -0 is the lesser */
    ROW2(MAX, F32, 0x80000000, 0, IN, 0),
    ROW2(MAX, F32, 0, 0x80000000, IN, 0),
    ROW2(MIN, F32, 0x3f800000, 0xbf800000, IN, 0xbf800000),
    ROW2(MAX, F32, 0xbf800000, 0x3f800000, IN, 0x3f800000),
    ROW1(ROUND, F16, 0x3800, IN, 0),                 /* 0.5 */
    ROW1(ROUND, F16, 0x3e00, IN, 0x4000),            /* 1.5 */
    ROW1(ROUND, F16, 0x4100, IN, 0x4000),            /* 2.5 */
    ROW1(ROUND, F16, 0xb800, IN, 0x8000),            /* -0.5 */
    ROW1(FLOOR, F16, 0x8001, IN, 0xbc00),            /* just below 0: -1 */
    ROW1(CEIL, F16, 0xb800, IN, 0x8000),             /* -0.5: -0 */
    ROW1(TRUNC, F16, 0xc100, IN, 0xc000),            /* -2.5: -2 */
    ROW2(ADD, F16, 0x7bff, 0x4c00, IN, 0x7c00),      /* 65504 + 16: a tie, to infinity */
    ROW2(ADD, F16, 0x6800, 0x3c00, IN, 0x6800),      /* 2048 + 1: a tie, to even */
    ROW2(ADD, F16, 0x6801, 0x3c00, IN, 0x6802),      /* 2050 + 1: a tie, to even */
    ROW2(MUL, F16, 0x0001, 0x3800, IN, 0),           /* 2^-24 * 0.5: a tie, to even */
    ROW2(MUL, F16, 0x0001, 0x3801, IN, 1),

    /* conversions: truncated, saturated, NaN is 0 */
    FROM(F32, I32, 0x7fc00000, OUT, 0),
    FROM(F32, I32, 0x7f800000, OUT, 0x7fffffff),
    FROM(F32, I32, 0xff800000, OUT, 0x80000000),
    FROM(F32, I32, 0x4f000000, OUT, 0x7fffffff),     /* 2^31 */
    FROM(F32, I32, 0xcf000000, IN, 0x80000000),      /* -2^31 */
    FROM(F32, I32, 0xcf000001, OUT, 0x80000000),
    FROM(F32, U32, 0xbf7fffff, IN, 0),               /* just above -1 */
    FROM(F32, U32, 0xbf800000, OUT, 0),              /* -1 */
    FROM(F32, U32, 0x4f7fffff, IN, 0xffffff00),
    FROM(F32, U32, 0x4f800000, OUT, 0xffffffff),     /* 2^32 */
    FROM(F32, I64, 0x5f000000, OUT, 0x7fffffffffffffff),
    FROM(F32, U64, 0x5f800000, OUT, 0xffffffffffffffff),
    FROM(F32, U64, 0x5f7fffff, IN, 0xffffff0000000000),
    FROM(F32, I8, 0xc3004000, IN, 0x80),             /* -128.25 */
    FROM(F32, I8, 0xc3010000, OUT, 0x80),            /* -129 */
    FROM(F32, U8, 0x437fc000, IN, 0xff),             /* 255.75 */
    FROM(F16, U16, 0x7bff, IN, 65504),
    FROM(F64, I64, 0xc3e0000000000000, IN, 0x8000000000000000),
    FROM(I32, F32, 16777217, IN, 0x4b800000),        /* 2^24 + 1: to even */
    FROM(I32, F32, 16777219, IN, 0x4b800002),
    FROM(I64, F32, 0x4000004000000001, IN, 0x5e800001), /* through a double this would be 2^62 */
    FROM(U64, F32, 0xffffffffffffffff, IN, 0x5f800000),
    FROM(I32, F32, 0xffffffff, IN, 0xbf800000),
    FROM(U32, F32, 0xffffffff, IN, 0x4f800000),
    FROM(I64, F64, 0x8000000000000000, IN, 0xc3e0000000000000),
    FROM(U32, F16, 65519, IN, 0x7bff),
    FROM(U32, F16, 65520, IN, 0x7c00),
    FROM(F64, F32, 0x3ff0000010000000, IN, 0x3f800000), /* 1 + 2^-24: to even */
    FROM(F64, F32, 0x3ff0000010000001, IN, 0x3f800001),
    FROM(F64, F16, 0x3ff0020000000001, IN, 0x3c01),     /* through f32 this would be 1 */
    FROM(F64, F32, 0x7fefffffffffffff, IN, 0x7f800000),
    FROM(I8, U32, 0x80, IN, 0xffffff80),
    FROM(U8, I32, 0x80, IN, 0x80),
    FROM(I32, U8, 300, IN, 44),
    FROM(BOOL, F32, 1, IN, 0x3f800000),
    FROM(BOOL, I8, 1, IN, 1),
    ROW3(SELECT, F32, 1, 2, 3, IN, 2),
    ROW3(SELECT, U64, 0, 2, 3, IN, 3),
};
/* clang-format on */

static void test_cases(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        uint64_t total = 0, raw = 0;
        EvalStatus status = eval(c->op, 0, c->to, c->from, c->count, c->operands, &total);
        if (status != EVAL_OK || total != c->expected) {
            failures++;
            printf("%s:%d: %s gives %#" PRIx64 ", not %#" PRIx64 "\n", __FILE__, c->line,
                   ir_ops[c->op].text, total, c->expected);
        }
        status = eval(c->op, IR_RAW, c->to, c->from, c->count, c->operands, &raw);
        if (status != c->raw || (status == EVAL_OK && raw != c->expected)) {
            fail(__FILE__, c->line, "the .raw form differs");
        }
    }
}

/* ---- everything in 8 bits ---- */

static int value8(IrScalar scalar, int bits) {
    return scalar == IR_I8 && bits >= 128 ? bits - 256 : bits;
}

static int shifted_right(int x, int count) { /* floor(x / 2^count) */
    int step = 1 << count;
    return (x - (((x % step) + step) % step)) / step;
}

static void test_8_bits_pair(IrScalar s, int x, int y) {
    int a = value8(s, x), b = value8(s, y);
    unsigned ux = (unsigned)x, uy = (unsigned)y;
#define BINARY(op, expected) CHECK(eval2(OP_##op, s, s, ux, uy) == ((unsigned)(expected) & 255))
#define COMPARE(op, expected) CHECK(eval2(OP_##op, IR_BOOL, s, ux, uy) == (expected))
    BINARY(ADD, a + b);
    BINARY(SUB, a - b);
    BINARY(MUL, a * b);
    BINARY(DIV, b == 0 ? 0 : a / b);
    BINARY(REM, b == 0 ? 0 : a % b);
    BINARY(MIN, a < b ? a : b);
    BINARY(MAX, a > b ? a : b);
    BINARY(AND, ux & uy);
    BINARY(OR, ux | uy);
    BINARY(XOR, ux ^ uy);
    BINARY(SHL, ux << (uy & 7));
    BINARY(SHR, shifted_right(a, y & 7));
    COMPARE(EQ, a == b);
    COMPARE(NE, a != b);
    COMPARE(LT, a < b);
    COMPARE(LE, a <= b);
    COMPARE(GT, a > b);
    COMPARE(GE, a >= b);
#undef BINARY
#undef COMPARE
}

static bool bit(unsigned x, unsigned i) {
    return (x >> i & 1) != 0;
}

static void test_8_bits_fields(IrScalar s, unsigned x, unsigned offset, unsigned count) {
    unsigned extracted = 0, inserted = x, fresh = x * 37 & 255, length = 0;
    for (unsigned i = offset; i < 8 && i - offset < count; i++, length++) {
        extracted |= (unsigned)bit(x, i) << length;
        inserted = (inserted & ~(1u << i)) | (unsigned)bit(fresh, length) << i;
    }
    bool negative = s == IR_I8 && length > 0 && bit(extracted, length - 1);
    for (unsigned i = length; i < 8 && negative; i++) {
        extracted |= 1u << i;
    }
    uint64_t result;
    EvalStatus raw = offset + count <= 8 ? EVAL_OK : EVAL_UNDEFINED;
    uint64_t extract[] = {x, offset, count}, insert[] = {x, fresh, offset, count};
    CHECK(eval(OP_EXTRACT_BITS, 0, s, s, 3, extract, &result) == EVAL_OK && result == extracted);
    CHECK(eval(OP_INSERT_BITS, 0, s, s, 4, insert, &result) == EVAL_OK && result == inserted);
    CHECK(eval(OP_EXTRACT_BITS, IR_RAW, s, s, 3, extract, &result) == raw);
    CHECK(eval(OP_INSERT_BITS, IR_RAW, s, s, 4, insert, &result) == raw);
}

static void test_8_bits(IrScalar s) {
    for (int x = 0; x < 256; x++) {
        for (int y = 0; y < 256; y++) {
            test_8_bits_pair(s, x, y);
        }
        unsigned ux = (unsigned)x, ones = 0, leading = 0, trailing = 0, reversed = 0;
        for (unsigned i = 0; i < 8; i++) {
            ones += bit(ux, i);
            reversed |= (unsigned)bit(ux, i) << (7 - i);
        }
        while (leading < 8 && !bit(ux, 7 - leading)) {
            leading++;
        }
        while (trailing < 8 && !bit(ux, trailing)) {
            trailing++;
        }
        CHECK(eval1(OP_POPCOUNT, s, s, ux) == ones);
        CHECK(eval1(OP_CLZ, s, s, ux) == leading);
        CHECK(eval1(OP_CTZ, s, s, ux) == trailing);
        CHECK(eval1(OP_REVERSE_BITS, s, s, ux) == reversed);
        CHECK(eval1(OP_NOT, s, s, ux) == 255 - ux);
        for (unsigned offset = 0; offset < 11; offset++) {
            for (unsigned count = 0; count < 11; count++) {
                test_8_bits_fields(s, ux, offset, count);
            }
        }
    }
}

/* ---- f16, in whole numbers ---- */

/* 2^48 times a number: exact for every f16 and for the product of two. */
__extension__ typedef __int128 Wide;

static Wide wide_of_f16(unsigned bits) {
    unsigned exponent = bits >> 10 & 31;
    Wide magnitude = bits & 1023;
    if (exponent > 0) {
        magnitude = (magnitude + 1024) << (exponent - 1);
    }
    magnitude <<= 24;
    return bits & 0x8000 ? -magnitude : magnitude;
}

static Wide distance(Wide a, Wide b) {
    return a < b ? b - a : a - b;
}

/* Whether `bits` is the f16 nearest to a number, the even one of two. */
static bool is_nearest_f16(unsigned bits, Wide exact) {
    enum { LARGEST = 0x7bff, INFINITE = 0x7c00 };
    unsigned magnitude = bits & 0x7fff;
    exact = bits & 0x8000 ? -exact : exact;
    if (magnitude > INFINITE || exact < 0) {
        return false;
    }
    /* infinity stands for the step after the largest */
    Wide here = magnitude == INFINITE ? 2 * wide_of_f16(LARGEST) - wide_of_f16(LARGEST - 1)
                                      : wide_of_f16(magnitude);
    Wide below = magnitude > 0 ? wide_of_f16(magnitude - 1) : -wide_of_f16(1);
    Wide to_here = distance(exact, here);
    bool even = magnitude % 2 == 0;
    if (exact < here) {
        Wide to_below = distance(exact, below);
        return to_here < to_below || (to_here == to_below && even);
    }
    if (magnitude == INFINITE) {
        return true;
    }
    Wide above = 2 * here - (magnitude > 0 ? below : -wide_of_f16(1));
    above = magnitude == LARGEST ? above : wide_of_f16(magnitude + 1);
    Wide to_above = distance(exact, above);
    return to_here < to_above || (to_here == to_above && even);
}

static void test_f16_conversion(void) {
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        double number = ir_double_of_f16((uint16_t)bits);
        if ((bits & 0x7fff) > 0x7c00) {
            CHECK(isnan(number) && ir_f16_of_double(number) == 0x7e00);
            continue;
        }
        CHECK(ir_f16_of_double(number) == bits);
        CHECK((signbit(number) != 0) == (bits >> 15 == 1));
        if ((bits & 0x7fff) == 0x7c00) {
            CHECK(isinf(number));
            continue;
        }
        CHECK(number * 0x1p48 == (double)wide_of_f16(bits));
        /* the tie with the next one out, and what stands beside the tie */
        double next = (bits & 0x7fff) == 0x7bff ? copysign(65536, number)
                                                : ir_double_of_f16((uint16_t)(bits + 1));
        double tie = (number + next) / 2;
        CHECK(ir_f16_of_double(tie) == (bits % 2 == 0 ? bits : bits + 1));
        CHECK(ir_f16_of_double(nextafter(tie, number)) == bits);
        CHECK(ir_f16_of_double(nextafter(tie, next)) == bits + 1);
    }
    CHECK(ir_f16_of_double(DBL_MAX) == 0x7c00 && ir_f16_of_double(-DBL_MAX) == 0xfc00);
    CHECK(ir_f16_of_double(DBL_TRUE_MIN) == 0 && ir_f16_of_double(-DBL_TRUE_MIN) == 0x8000);
}

static uint64_t random_state = 1;

static uint64_t random_bits(void) { /* xorshift64* (Vigna 2014) */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717u;
}

static void test_f16_arithmetic(void) {
    for (int i = 0; i < 300000; i++) {
        uint64_t x[] = {random_bits() & 0xffff, random_bits() & 0xffff, random_bits() & 0xffff};
        if (((x[0] & x[1]) | x[2]) % 0x8000 >= 0x7c00) {
            x[2] = 1; /* finite numbers only */
        }
        bool finite = true;
        for (int k = 0; k < 3; k++) {
            finite &= (x[k] & 0x7fff) < 0x7c00;
        }
        if (!finite) {
            continue;
        }
        Wide a = wide_of_f16((unsigned)x[0]), b = wide_of_f16((unsigned)x[1]),
             c = wide_of_f16((unsigned)x[2]);
        Wide product = (a >= 0 ? a >> 24 : -(-a >> 24)) * (b >= 0 ? b >> 24 : -(-b >> 24));
        uint64_t fused = 0;
        CHECK(eval(OP_FMA, 0, IR_F16, IR_F16, 3, x, &fused) == EVAL_OK);
        CHECK(is_nearest_f16((unsigned)eval2(OP_ADD, IR_F16, IR_F16, x[0], x[1]), a + b));
        CHECK(is_nearest_f16((unsigned)eval2(OP_SUB, IR_F16, IR_F16, x[0], x[1]), a - b));
        CHECK(is_nearest_f16((unsigned)eval2(OP_MUL, IR_F16, IR_F16, x[0], x[1]), product));
        CHECK(is_nearest_f16((unsigned)fused, product + c));
    }
}

/* ---- f32 and f64, against the machine's ---- */

static bool same32(uint64_t bits, float number) {
    return isnan(number) ? bits == NAN32 : bits == f32(number);
}

static bool same64(uint64_t bits, double number) {
    return isnan(number) ? bits == 0x7ff8000000000000 : bits == f64(number);
}

/* Random bits are mostly far apart; every other one is made of the same size as the first. */
static uint64_t beside(uint64_t x, uint64_t mantissa) {
    uint64_t y = random_bits();
    return random_bits() % 2 == 0 ? y : (x & ~mantissa) | (y & mantissa);
}

static void test_machine_floats(void) {
    for (int i = 0; i < 300000; i++) {
        uint64_t x = random_bits(), y = beside(x, 0x8ffffff), z = beside(x, 0x8ffffff);
        uint64_t a = x & 0xffffffff, b = y & 0xffffffff, c = z & 0xffffffff, fused = 0;
        volatile float p = float_of(a), q = float_of(b), r = float_of(c);
        CHECK(same32(eval2(OP_ADD, IR_F32, IR_F32, a, b), p + q));
        CHECK(same32(eval2(OP_SUB, IR_F32, IR_F32, a, b), p - q));
        CHECK(same32(eval2(OP_MUL, IR_F32, IR_F32, a, b), p * q));
        CHECK(same32(eval2(OP_DIV, IR_F32, IR_F32, a, b), p / q));
        CHECK(same32(eval1(OP_SQRT, IR_F32, IR_F32, a), sqrtf(p)));
        CHECK(eval(OP_FMA, 0, IR_F32, IR_F32, 3, (uint64_t[]){a, b, c}, &fused) == EVAL_OK);
        CHECK(same32(fused, fmaf(p, q, r)));
        CHECK(eval2(OP_LT, IR_BOOL, IR_F32, a, b) == (p < q));
        CHECK(eval2(OP_GE, IR_BOOL, IR_F32, a, b) == (p >= q));
        CHECK(eval2(OP_NE, IR_BOOL, IR_F32, a, b) == (p != q));
        CHECK(eval1(OP_ISNAN, IR_BOOL, IR_F32, a) == (isnan(p) != 0));

        double u, v;
        memcpy(&u, &x, sizeof u);
        memcpy(&v, &y, sizeof v);
        CHECK(same64(eval2(OP_ADD, IR_F64, IR_F64, x, y), u + v));
        CHECK(same64(eval2(OP_MUL, IR_F64, IR_F64, x, y), u * v));
        CHECK(same64(eval2(OP_DIV, IR_F64, IR_F64, x, y), u / v));
    }
    /* 24929 * 673 / 2^24 is 1 + 2^-24, a tie; what is added decides, far below the last bit of a double */
    uint64_t tie[] = {f32(24929.0f), f32(673.0f / 16777216.0f), f32(0x1p-100f)}, fused = 0;
    CHECK(eval(OP_FMA, 0, IR_F32, IR_F32, 3, tie, &fused) == EVAL_OK &&
          fused == f32(0x1.000002p0f));
    tie[2] = f32(-0x1p-100f);
    CHECK(eval(OP_FMA, 0, IR_F32, IR_F32, 3, tie, &fused) == EVAL_OK && fused == f32(1.0f));
    tie[2] = 0;
    CHECK(eval(OP_FMA, 0, IR_F32, IR_F32, 3, tie, &fused) == EVAL_OK && fused == f32(1.0f));
    /* x - y * trunc(x / y), each step rounded: 1 / 0.1f rounds to 10 */
    CHECK(eval2(OP_REM, IR_F32, IR_F32, f32(1.0f), f32(0.1f)) == f32(0.0f));
    CHECK(eval2(OP_REM, IR_F32, IR_F32, f32(-7.5f), f32(2.0f)) == f32(-1.5f));
    CHECK(eval2(OP_REM, IR_F32, IR_F32, f32(1.0f), 0) == NAN32);
    CHECK(eval2(OP_REM, IR_F32, IR_F32, f32(1.0f), INF32) == NAN32); /* inf * 0 */
}

static void test_functions(void) {
    static const struct {
        IrOp op;
        float x, y, expected;
    } rows[] = {
        {OP_RSQRT, 4, 0, 0.5f},
        {OP_EXP, 1, 0, 2.718281828f},
        {OP_EXP2, -3, 0, 0.125f},
        {OP_LOG, 1, 0, 0},
        {OP_LOG2, 8, 0, 3},
        {OP_SIN, 1, 0, 0.8414709848f},
        {OP_COS, 0, 0, 1},
        {OP_TAN, 1, 0, 1.557407725f},
        {OP_ASIN, 1, 0, 1.570796327f},
        {OP_ACOS, -1, 0, 3.141592654f},
        {OP_ATAN, 1, 0, 0.7853981634f},
        {OP_SINH, 1, 0, 1.175201194f},
        {OP_COSH, 1, 0, 1.543080635f},
        {OP_TANH, 1, 0, 0.7615941560f},
        {OP_POW, 2, 10, 1024},
        {OP_ATAN2, 1, -1, 2.356194490f},
        {OP_POW, 2, 0.5f, 1.414213562f},
        {OP_LOG2, 0, 0, -INFINITY},
        {OP_EXP, 1000, 0, INFINITY},
        {OP_POW, -2, 2, NAN},
        {OP_LOG, -1, 0, NAN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t x[] = {f32(rows[i].x), f32(rows[i].y)}, result = 0;
        unsigned count = ir_ops[rows[i].op].operands;
        CHECK(eval(rows[i].op, 0, IR_F32, IR_F32, count, x, &result) == EVAL_OK);
        CHECK(same32(result, rows[i].expected));
    }
}

/* ---- vectors ---- */

static void test_vectors(void) {
    const IrType *u32 = ir_scalar(IR_U32), *u32x2 = ir_vector(IR_U32, 2),
                 *u32x3 = ir_vector(IR_U32, 3);
    uint64_t v[3] = {10, 20, 30}, one[1] = {7}, index[1], r[IR_MAX_LANES] = {0};
    IrInst inst = {.index = 2};

    EvalOperand parts[] = {{u32, one}, {u32x3, v}};
    CHECK(ir_eval(OP_CONSTRUCT, 0, NULL, ir_vector(IR_U32, 4), 2, parts, r) == EVAL_OK);
    CHECK(r[0] == 7 && r[1] == 10 && r[2] == 20 && r[3] == 30);

    EvalOperand vector_lane_index[] = {{u32x3, v}, {u32, one}, {u32, index}};
    CHECK(ir_eval(OP_EXTRACT, 0, &inst, u32, 1, vector_lane_index, r) == EVAL_OK && r[0] == 30);
    CHECK(ir_eval(OP_INSERT, 0, &inst, u32x3, 2, vector_lane_index, r) == EVAL_OK);
    CHECK(r[0] == 10 && r[1] == 20 && r[2] == 7);

    IrInst swizzle = {.swizzle = {{2, 0}, 2}};
    CHECK(ir_eval(OP_SWIZZLE, 0, &swizzle, u32x2, 1, vector_lane_index, r) == EVAL_OK);
    CHECK(r[0] == 30 && r[1] == 10);

    EvalOperand vector_index[] = {{u32x3, v}, {u32, index}};
    index[0] = 1;
    CHECK(ir_eval(OP_EXTRACT_AT, IR_RAW, NULL, u32, 2, vector_index, r) == EVAL_OK && r[0] == 20);
    CHECK(ir_eval(OP_INSERT_AT, IR_RAW, NULL, u32x3, 3, vector_lane_index, r) == EVAL_OK);
    CHECK(r[0] == 10 && r[1] == 7 && r[2] == 30);
    index[0] = 3;
    CHECK(ir_eval(OP_EXTRACT_AT, 0, NULL, u32, 2, vector_index, r) == EVAL_OK && r[0] == 0);
    CHECK(ir_eval(OP_EXTRACT_AT, IR_RAW, NULL, u32, 2, vector_index, r) == EVAL_UNDEFINED);
    CHECK(ir_eval(OP_INSERT_AT, 0, NULL, u32x3, 3, vector_lane_index, r) == EVAL_OK);
    CHECK(r[0] == 10 && r[1] == 20 && r[2] == 30);
    CHECK(ir_eval(OP_INSERT_AT, IR_RAW, NULL, u32x3, 3, vector_lane_index, r) == EVAL_UNDEFINED);

    uint64_t words[2] = {0x55667788, 0x11223344};
    EvalOperand pair = {u32x2, words};
    CHECK(ir_eval(OP_BITCAST, 0, NULL, ir_scalar(IR_U64), 1, &pair, r) == EVAL_OK);
    CHECK(r[0] == 0x1122334455667788);
    CHECK(ir_eval(OP_BITCAST, 0, NULL, ir_vector(IR_I16, 4), 1, &pair, r) == EVAL_OK);
    CHECK(r[0] == 0x7788 && r[1] == 0x5566 && r[2] == 0x3344 && r[3] == 0x1122);

    /* one lane outside makes the whole undefined */
    uint64_t x[2] = {8, 9}, y[2] = {2, 0};
    EvalOperand fraction[] = {{u32x2, x}, {u32x2, y}};
    CHECK(ir_eval(OP_DIV, 0, NULL, u32x2, 2, fraction, r) == EVAL_OK && r[0] == 4 && r[1] == 0);
    CHECK(ir_eval(OP_DIV, IR_RAW, NULL, u32x2, 2, fraction, r) == EVAL_UNDEFINED);

    /* the offset and count of a field are one for all lanes */
    uint64_t offset[1] = {1}, count[1] = {3};
    EvalOperand field[] = {{u32x2, x}, {u32, offset}, {u32, count}};
    CHECK(ir_eval(OP_EXTRACT_BITS, 0, NULL, u32x2, 3, field, r) == EVAL_OK && r[0] == 4 &&
          r[1] == 4);

    uint64_t flags[2] = {1, 0};
    EvalOperand bools = {ir_vector(IR_BOOL, 2), flags};
    CHECK(ir_eval(OP_ALL, 0, NULL, ir_scalar(IR_BOOL), 1, &bools, r) == EVAL_OK && r[0] == 0);
    CHECK(ir_eval(OP_ANY, 0, NULL, ir_scalar(IR_BOOL), 1, &bools, r) == EVAL_OK && r[0] == 1);
    EvalOperand choice[] = {bools, fraction[0], fraction[1]};
    CHECK(ir_eval(OP_SELECT, 0, NULL, u32x2, 3, choice, r) == EVAL_OK && r[0] == 8 && r[1] == 0);

    uint64_t a[2] = {f32(2), MINUS_0_32}, b[2] = {f32(3), f32(1)};
    EvalOperand factors[] = {{ir_vector(IR_F32, 2), a}, {ir_vector(IR_F32, 2), b}};
    CHECK(ir_eval(OP_DOT, 0, NULL, ir_scalar(IR_F32), 2, factors, r) == EVAL_OK && r[0] == f32(6));
    a[0] = MINUS_0_32;
    CHECK(ir_eval(OP_DOT, 0, NULL, ir_scalar(IR_F32), 2, factors, r) == EVAL_OK);
    CHECK(r[0] == MINUS_0_32);
}

/* ---- numbers ---- */

static void test_numbers(void) {
    CHECK(ir_bits_of_number(IR_F32, 0.1) == f32(0.1f));
    CHECK(ir_bits_of_number(IR_F16, 1) == 0x3c00);
    CHECK(ir_bits_of_number(IR_I8, -1) == 0xff);
    CHECK(ir_bits_of_number(IR_U64, 0x1p63) == 0x8000000000000000);
    CHECK(ir_bits_of_number(IR_BOOL, 2) == 1);
    CHECK(ir_number_of_bits(IR_I16, 0xffff) == -1 && ir_number_of_bits(IR_U16, 0xffff) == 65535);
    CHECK(ir_number_of_bits(IR_F64, f64(0.3)) == 0.3);
    CHECK(ir_signed_of_bits(IR_I64, 0x8000000000000000) == INT64_MIN);
    CHECK(ir_signed_of_bits(IR_I8, 0x80) == -128 && ir_signed_of_bits(IR_U8, 0x80) == 128);
}

static void test_refused(void) {
    uint64_t x = 0, result;
    EvalOperand operand = {ir_scalar(IR_U32), &x};
    CHECK(ir_eval(OP_LEN, 0, NULL, ir_scalar(IR_U32), 1, &operand, &result) == EVAL_CANNOT);
    CHECK(ir_eval(OP_BUILTIN, 0, NULL, ir_scalar(IR_U32), 0, NULL, &result) == EVAL_CANNOT);
    CHECK(ir_eval(OP_LOAD, 0, NULL, ir_scalar(IR_U32), 1, &operand, &result) == EVAL_CANNOT);
}

int main(void) {
    test_cases();
    test_8_bits(IR_U8);
    test_8_bits(IR_I8);
    test_f16_conversion();
    test_f16_arithmetic();
    test_machine_floats();
    test_functions();
    test_vectors();
    test_numbers();
    test_refused();
    if (failures > 0) {
        printf("%d failed\n", failures);
    }
    return failures > 0;
}
