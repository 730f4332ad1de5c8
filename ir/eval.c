/* The meaning of the pure ops, lane by lane. See eval.h; floats are in eval_float.c.
 *
 * Integers are computed as unsigned 64-bit words and cut to their width, so nothing here overflows.
 */
#include "ir/eval.h"

#include <math.h>

#include "ir/eval_float.h"

/* ---- words ---- */

static uint64_t mask_of(unsigned width) {
    return width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static uint64_t sign_of(unsigned width) {
    return (uint64_t)1 << (width - 1);
}

/* The bits above the width become copies of its highest. */
static uint64_t sign_extended(uint64_t bits, unsigned width) {
    uint64_t sign = sign_of(width);
    return ((bits & mask_of(width)) ^ sign) - sign;
}

/* What two's complement says, without asking the implementation to convert. */
static int64_t as_signed(uint64_t bits) {
    return bits > INT64_MAX ? -(int64_t)~bits - 1 : (int64_t)bits;
}

static bool is_signed(IrScalar scalar) {
    return ir_scalars[scalar].class == IR_CLASS_INT;
}

static bool is_float(IrScalar scalar) {
    return ir_scalars[scalar].class == IR_CLASS_FLOAT;
}

/* As a 64-bit word of the same value, negative ones in two's complement. */
static uint64_t widened(IrScalar scalar, uint64_t bits) {
    return is_signed(scalar) ? sign_extended(bits, ir_scalars[scalar].bits) : bits;
}

int64_t ir_signed_of_bits(IrScalar scalar, uint64_t bits) {
    return as_signed(widened(scalar, bits));
}

/* ---- conversion ---- */

/* Truncates; false: NaN or outside the type, and then *result is what section 8.2 promises. */
static bool int_of_number(IrScalar scalar, double number, uint64_t *result) {
    unsigned width = ir_scalars[scalar].bits;
    double low = is_signed(scalar) ? -ldexp(1, (int)width - 1) : 0;
    double high = ldexp(1, (int)width - is_signed(scalar)); /* the first that is too large */
    double whole = trunc(number);
    if (isnan(number)) {
        *result = 0;
        return false;
    }
    if (whole < low) {
        *result = is_signed(scalar) ? sign_of(width) : 0;
        return false;
    }
    if (whole >= high) {
        *result = mask_of(width - is_signed(scalar));
        return false;
    }
    uint64_t magnitude = (uint64_t)fabs(whole);
    *result = (whole < 0 ? 0 - magnitude : magnitude) & mask_of(width);
    return true;
}

static uint64_t float_of_int(IrScalar to, IrScalar from, uint64_t bits) {
    uint64_t word = widened(from, bits);
    bool negative = is_signed(from) && word > INT64_MAX;
    uint64_t magnitude = negative ? 0 - word : word;
    /* To f32 in one rounding. To f16 through double: what a double rounds is infinite in f16. */
    double number = to == IR_F32 ? (double)(float)magnitude : (double)magnitude;
    return eval_float_encode(to, negative ? -number : number);
}

static EvalStatus convert(IrScalar to, IrScalar from, bool raw, uint64_t bits, uint64_t *result) {
    if (to == IR_BOOL) {
        return EVAL_CANNOT;
    }
    if (is_float(from) && is_float(to)) {
        *result = eval_float_encode(to, eval_float_decode(from, bits));
    } else if (is_float(from)) {
        bool fits = int_of_number(to, eval_float_decode(from, bits), result);
        return fits || !raw ? EVAL_OK : EVAL_UNDEFINED;
    } else if (is_float(to)) {
        *result = float_of_int(to, from, bits);
    } else {
        *result = widened(from, bits) & mask_of(ir_scalars[to].bits);
    }
    return EVAL_OK;
}

uint64_t ir_bits_of_number(IrScalar scalar, double number) {
    if (scalar == IR_BOOL) {
        return number != 0;
    }
    uint64_t bits;
    if (is_float(scalar)) {
        bits = eval_float_encode(scalar, number);
    } else {
        int_of_number(scalar, number, &bits);
    }
    return bits;
}

double ir_number_of_bits(IrScalar scalar, uint64_t bits) {
    if (is_float(scalar)) {
        return eval_float_decode(scalar, bits);
    }
    return is_signed(scalar) ? (double)ir_signed_of_bits(scalar, bits) : (double)bits;
}

/* ---- integers and bools ---- */

/* x / y and x % y as section 8.1 promises; false: outside what `.raw` allows. */
static bool divide(IrScalar scalar, uint64_t x, uint64_t y, uint64_t *quotient, uint64_t *rest) {
    *quotient = *rest = 0;
    if (y == 0) {
        return false;
    }
    if (!is_signed(scalar)) {
        *quotient = x / y;
        *rest = x % y;
        return true;
    }
    unsigned width = ir_scalars[scalar].bits;
    if (x == sign_of(width) && y == mask_of(width)) { /* MIN / -1 */
        *quotient = x;
        return false;
    }
    int64_t a = ir_signed_of_bits(scalar, x), b = ir_signed_of_bits(scalar, y);
    *quotient = (uint64_t)(a / b);
    *rest = (uint64_t)(a % b);
    return true;
}

/* Fills with copies of the sign, without shifting a negative number. */
static uint64_t shift_right(IrScalar scalar, uint64_t x, uint64_t count) {
    uint64_t word = widened(scalar, x);
    bool negative = is_signed(scalar) && word > INT64_MAX;
    return negative ? ~(~word >> count) : word >> count;
}

static unsigned count_ones(uint64_t x) {
    unsigned n = 0;
    for (; x != 0; x &= x - 1) {
        n++;
    }
    return n;
}

static unsigned leading_zeros(uint64_t x, unsigned width) {
    unsigned n = 0;
    while (n < width && (x >> (width - 1 - n) & 1) == 0) {
        n++;
    }
    return n;
}

static unsigned trailing_zeros(uint64_t x, unsigned width) {
    unsigned n = 0;
    while (n < width && (x >> n & 1) == 0) {
        n++;
    }
    return n;
}

static uint64_t reversed(uint64_t x, unsigned width) {
    uint64_t result = 0;
    for (unsigned i = 0; i < width; i++) {
        result |= (x >> i & 1) << (width - 1 - i);
    }
    return result;
}

/* A bit field, its offset clamped to the width and its count to what is left. */
typedef struct {
    unsigned offset, count;
    bool clamped;
} Field;

static Field field_of(unsigned width, uint64_t offset, uint64_t count) {
    Field field = {.clamped = offset + count > width}; /* both are u32: no overflow */
    field.offset = (unsigned)(offset < width ? offset : width);
    field.count = (unsigned)(count < width - field.offset ? count : width - field.offset);
    return field;
}

static uint64_t extract_bits(IrScalar scalar, uint64_t x, Field field) {
    if (field.count == 0) {
        return 0;
    }
    uint64_t bits = x >> field.offset & mask_of(field.count);
    return is_signed(scalar) ? sign_extended(bits, field.count) : bits;
}

static uint64_t insert_bits(uint64_t x, uint64_t bits, Field field) {
    if (field.count == 0) {
        return x;
    }
    uint64_t mask = mask_of(field.count) << field.offset;
    return (x & ~mask) | (bits << field.offset & mask);
}

static bool int_less(IrScalar scalar, uint64_t x, uint64_t y) {
    uint64_t flip = is_signed(scalar) ? sign_of(ir_scalars[scalar].bits) : 0;
    return (x ^ flip) < (y ^ flip);
}

static EvalStatus eval_int(IrOp op, bool raw, IrScalar scalar, const uint64_t *operands,
                           uint64_t *result) {
    unsigned width = ir_scalars[scalar].bits;
    int count = ir_ops[op].operands;
    uint64_t x = operands[0], y = count > 1 ? operands[1] : 0;
    uint64_t quotient, rest, word;
    bool defined = true;
    Field field;

    switch (op) {
    case OP_NEG:
        word = 0 - x;
        break;
    case OP_ADD:
        word = x + y;
        break;
    case OP_SUB:
        word = x - y;
        break;
    case OP_MUL:
        word = x * y;
        break;
    case OP_DIV:
        defined = divide(scalar, x, y, &quotient, &rest);
        word = quotient;
        break;
    case OP_REM:
        defined = divide(scalar, x, y, &quotient, &rest);
        word = rest;
        break;
    case OP_ABS:
        word = is_signed(scalar) && (x & sign_of(width)) != 0 ? 0 - x : x;
        break;
    case OP_MIN:
        word = int_less(scalar, y, x) ? y : x;
        break;
    case OP_MAX:
        word = int_less(scalar, x, y) ? y : x;
        break;
    case OP_NOT:
        word = ~x;
        break;
    case OP_AND:
        word = x & y;
        break;
    case OP_OR:
        word = x | y;
        break;
    case OP_XOR:
        word = x ^ y;
        break;
    case OP_SHL:
        defined = y < width;
        word = x << (y % width);
        break;
    case OP_SHR:
        defined = y < width;
        word = shift_right(scalar, x, y % width);
        break;
    case OP_POPCOUNT:
        word = count_ones(x);
        break;
    case OP_CLZ:
        word = leading_zeros(x, width);
        break;
    case OP_CTZ:
        word = trailing_zeros(x, width);
        break;
    case OP_REVERSE_BITS:
        word = reversed(x, width);
        break;
    case OP_EXTRACT_BITS:
        field = field_of(width, operands[1], operands[2]);
        defined = !field.clamped;
        word = extract_bits(scalar, x, field);
        break;
    case OP_INSERT_BITS:
        field = field_of(width, operands[2], operands[3]);
        defined = !field.clamped;
        word = insert_bits(x, y, field);
        break;
    default:
        return EVAL_CANNOT;
    }
    *result = word & mask_of(width);
    return defined || !raw ? EVAL_OK : EVAL_UNDEFINED;
}

/* ---- comparison ---- */

/* Whether x and y compare as `op` says; all false but `ne` where one is NaN. */
static bool compare(IrOp op, IrScalar scalar, uint64_t x, uint64_t y) {
    bool less, greater, equal;
    if (is_float(scalar)) {
        double a = eval_float_decode(scalar, x), b = eval_float_decode(scalar, y);
        less = a < b;
        greater = a > b;
        equal = a == b;
    } else {
        less = int_less(scalar, x, y);
        greater = int_less(scalar, y, x);
        equal = x == y;
    }
    switch (op) {
    case OP_EQ:
        return equal;
    case OP_NE:
        return !equal;
    case OP_LT:
        return less;
    case OP_LE:
        return less || equal;
    case OP_GT:
        return greater;
    default:
        return greater || equal;
    }
}

/* ---- lanes ---- */

static EvalStatus eval_lane(IrOp op, bool raw, IrScalar from, IrScalar to, const uint64_t *operands,
                            uint64_t *result) {
    double number;
    switch ((IrRule)ir_ops[op].rule) {
    case RULE_COMPARE:
    case RULE_COMPARE_ANY:
        *result = compare(op, from, operands[0], operands[1]);
        return EVAL_OK;
    case RULE_FLOAT_TEST:
        number = eval_float_decode(from, operands[0]);
        *result = (op == OP_ISNAN ? isnan(number) : isinf(number)) ? 1 : 0;
        return EVAL_OK;
    case RULE_SELECT:
        *result = operands[0] != 0 ? operands[1] : operands[2];
        return EVAL_OK;
    case RULE_CONVERT:
        return convert(to, from, raw, operands[0], result);
    default:
        return is_float(to) ? eval_float(op, to, operands, result)
                            : eval_int(op, raw, to, operands, result);
    }
}

static EvalStatus eval_lanes(IrOp op, bool raw, const IrType *type, unsigned operand_count,
                             const EvalOperand *operands, uint64_t *result) {
    enum { MAX_OPERANDS = 4 };
    if (operand_count == 0 || operand_count > MAX_OPERANDS) {
        return EVAL_CANNOT;
    }
    for (unsigned lane = 0; lane < type->lanes; lane++) {
        uint64_t words[MAX_OPERANDS];
        for (unsigned i = 0; i < operand_count; i++) {
            /* the offset and count of a bit field are one for all lanes */
            words[i] = operands[i].bits[operands[i].type->lanes > 1 ? lane : 0];
        }
        EvalStatus status =
            eval_lane(op, raw, operands[0].type->scalar, type->scalar, words, &result[lane]);
        if (status != EVAL_OK) {
            return status;
        }
    }
    return EVAL_OK;
}

/* ---- whole vectors ---- */

/* The bits of the lanes in a row, lane 0 lowest, cut anew. */
static void bitcast(const IrType *to, EvalOperand from, uint64_t *result) {
    unsigned from_width = ir_bits(from.type), to_width = ir_bits(to);
    memset(result, 0, to->lanes * sizeof *result);
    for (unsigned at = 0; at < to_width * to->lanes; at += 8) {
        uint64_t byte = from.bits[at / from_width] >> (at % from_width) & 0xff;
        result[at / to_width] |= byte << (at % to_width);
    }
}

static EvalStatus eval_dot(IrScalar scalar, const EvalOperand *operands, uint64_t *result) {
    uint64_t sum = 0;
    for (unsigned lane = 0; lane < operands[0].type->lanes; lane++) {
        uint64_t factors[2] = {operands[0].bits[lane], operands[1].bits[lane]}, terms[2] = {sum};
        eval_float(OP_MUL, scalar, factors, &terms[1]);
        if (lane == 0) {
            sum = terms[1]; /* adding it to zero would lose the sign of -0 */
        } else {
            eval_float(OP_ADD, scalar, terms, &sum);
        }
    }
    *result = sum;
    return EVAL_OK;
}

static EvalStatus eval_reduce(bool all, EvalOperand operand, uint64_t *result) {
    *result = all;
    for (unsigned lane = 0; lane < operand.type->lanes; lane++) {
        *result = all ? *result & operand.bits[lane] : *result | operand.bits[lane];
    }
    return EVAL_OK;
}

static void copy_words(uint64_t *result, EvalOperand operand) {
    memcpy(result, operand.bits, operand.type->words * sizeof *result);
}

EvalStatus ir_eval(IrOp op, unsigned flags, const IrInst *inst, const IrType *type,
                   unsigned operand_count, const EvalOperand *operands, uint64_t *result) {
    bool raw = (flags & IR_RAW) != 0, inside;
    switch (op) {
    case OP_BITCAST:
        bitcast(type, operands[0], result);
        return EVAL_OK;
    case OP_CONSTRUCT:
        for (unsigned i = 0; i < operand_count; i++) {
            copy_words(result, operands[i]);
            result += operands[i].type->words;
        }
        return EVAL_OK;
    case OP_EXTRACT:
        memcpy(result, operands[0].bits + ir_part_word(operands[0].type, inst->index),
               type->words * sizeof *result);
        return EVAL_OK;
    case OP_INSERT:
        copy_words(result, operands[0]);
        copy_words(result + ir_part_word(type, inst->index), operands[1]);
        return EVAL_OK;
    case OP_EXTRACT_AT:
        inside = operands[1].bits[0] < operands[0].type->lanes;
        result[0] = inside ? operands[0].bits[operands[1].bits[0]] : 0;
        return inside || !raw ? EVAL_OK : EVAL_UNDEFINED;
    case OP_INSERT_AT:
        inside = operands[2].bits[0] < type->lanes;
        copy_words(result, operands[0]);
        if (inside) {
            result[operands[2].bits[0]] = operands[1].bits[0];
        }
        return inside || !raw ? EVAL_OK : EVAL_UNDEFINED;
    case OP_SWIZZLE:
        for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
            result[i] = operands[0].bits[inst->swizzle.lane[i]];
        }
        return EVAL_OK;
    case OP_DOT:
        return eval_dot(type->scalar, operands, result);
    case OP_ALL:
    case OP_ANY:
        return eval_reduce(op == OP_ALL, operands[0], result);
    default:
        if (!ir_has(op, IR_PURE) || op == OP_LEN) {
            return EVAL_CANNOT;
        }
        return eval_lanes(op, raw, type, operand_count, operands, result);
    }
}
