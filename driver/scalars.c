/* See scalars.h. */
#include "driver/scalars.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ir/eval.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "host layout is little-endian"
#endif

void scalar_store(void *bytes, IrScalar scalar, uint64_t bits) {
    memcpy(bytes, &bits, scalar_size(scalar));
}

uint64_t scalar_load(const void *bytes, IrScalar scalar) {
    uint64_t bits = 0;
    memcpy(&bits, bytes, scalar_size(scalar));
    return bits;
}

static uint64_t low_mask(unsigned bits) {
    return bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

/* ---- integers ---- */

static unsigned take_base(const char **at, const char *end) {
    static const struct {
        char letter;
        unsigned base;
    } bases[] = {{'x', 16}, {'b', 2}, {'o', 8}};
    for (size_t i = 0; end - *at > 2 && (*at)[0] == '0' && i < sizeof bases / sizeof bases[0];
         i++) {
        if ((*at)[1] == bases[i].letter) {
            *at += 2;
            return bases[i].base;
        }
    }
    return 10;
}

static bool parse_magnitude(const char *at, const char *end, uint64_t *value) {
    unsigned base = take_base(&at, end);
    bool after_digit = false;
    *value = 0;
    for (; at < end; at++) {
        if (*at == '_' && after_digit && at + 1 < end) {
            continue;
        }
        unsigned char c = (unsigned char)*at;
        unsigned digit = isdigit(c)   ? (unsigned)c - '0'
                         : isalpha(c) ? (unsigned)tolower(c) - 'a' + 10
                                      : 99;
        if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, digit, value)) {
            return false;
        }
        after_digit = true;
    }
    return after_digit;
}

static bool parse_int(IrScalar scalar, const char *at, const char *end, uint64_t *bits) {
    const IrScalarRow *row = &ir_scalars[scalar];
    bool negative = at < end && *at == '-';
    uint64_t magnitude;
    if (!parse_magnitude(at + (at < end && (*at == '-' || *at == '+')), end, &magnitude)) {
        return false;
    }
    uint64_t limit = low_mask(row->bits);
    if (row->class == IR_CLASS_INT) {
        limit = negative ? limit / 2 + 1 : limit / 2;
    } else if (negative) {
        limit = 0;
    }
    *bits = (negative ? 0 - magnitude : magnitude) & low_mask(row->bits);
    return magnitude <= limit;
}

/* ---- floats ---- */

static uint64_t float_bits(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* `text` was looked at: it holds a number and ends there, at a ',' or a '\0'. */
static uint64_t read_float(IrScalar scalar, const char *text, char **end) {
    if (scalar == IR_F32) { /* not by way of double: that would round twice */
        return float_bits(strtof(text, end));
    }
    return ir_bits_of_number(scalar, strtod(text, end));
}

static bool same_word(const char *word, const char *text, size_t length) {
    return strlen(word) == length && strncasecmp(word, text, length) == 0;
}

static bool parse_float(IrScalar scalar, const char *text, const char *text_end, uint64_t *bits) {
    const char *at = text + (text < text_end && (*text == '-' || *text == '+'));
    size_t length = (size_t)(text_end - at);
    double sign = *text == '-' ? -1.0 : 1.0;
    if (same_word("inf", at, length) || same_word("nan", at, length)) {
        double number = same_word("inf", at, length) ? (double)INFINITY : (double)NAN;
        *bits = ir_bits_of_number(scalar, copysign(number, sign));
        return true;
    }
    bool digit = false;
    for (const char *c = at; c < text_end; c++) {
        digit |= isdigit((unsigned char)*c) != 0;
        if (strchr("0123456789.eE+-xXabcdfABCDFpP", *c) == NULL) {
            return false;
        }
    }
    if (!digit) {
        return false;
    }
    char *end;
    *bits = read_float(scalar, text, &end);
    return end == text_end && isfinite(ir_number_of_bits(scalar, *bits));
}

/* ---- both ---- */

bool scalar_parse(IrScalar scalar, const char *text, size_t length, uint64_t *bits) {
    bool is_float = ir_scalars[scalar].class == IR_CLASS_FLOAT;
    return length > 0 && (is_float ? parse_float : parse_int)(scalar, text, text + length, bits);
}

void scalar_describe(Text *out, IrScalar scalar) {
    const IrScalarRow *row = &ir_scalars[scalar];
    uint64_t all = low_mask(row->bits);
    switch (row->class) {
    case IR_CLASS_FLOAT:
        text_printf(out, "a number that %s holds", row->text);
        break;
    case IR_CLASS_INT:
        text_printf(out, "a whole number from -%" PRIu64 " to %" PRIu64, all / 2 + 1, all / 2);
        break;
    default:
        text_printf(out, "a whole number from 0 to %" PRIu64, all);
        break;
    }
}

/* `text` is d.ddde±xx: lays it out without an exponent where that is not long, as Python does. */
static void add_number(Text *out, const char *text) {
    enum { LEAST = -5, MOST = 16 };
    if (*text == '-') {
        text_char(out, *text++);
    }
    const char *e = strchr(text, 'e');
    int exponent = atoi(e + 1), count = 0;
    char digits[24];
    for (const char *c = text; c < e; c++) {
        if (*c != '.') {
            digits[count++] = *c;
        }
    }
    if (exponent <= LEAST || exponent >= MOST) {
        text_add(out, text);
        return;
    }
    text_add(out, exponent < 0 ? "0." : "");
    for (int i = -1; i > exponent; i--) {
        text_char(out, '0');
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        text_add(out, i > 0 && i == exponent + 1 ? "." : "");
        text_char(out, i < count ? digits[i] : '0');
    }
}

static void print_float(Text *out, IrScalar scalar, uint64_t bits) {
    double number = ir_number_of_bits(scalar, bits);
    if (!isfinite(number)) {
        text_add(out, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    char text[40] = "";
    for (int more = 0; more < 17; more++) { /* digits after the first */
        snprintf(text, sizeof text, "%.*e", more, number);
        if (read_float(scalar, text, NULL) == bits) {
            break;
        }
    }
    add_number(out, text);
}

void scalar_print(Text *out, IrScalar scalar, uint64_t bits) {
    const IrScalarRow *row = &ir_scalars[scalar];
    if (row->class == IR_CLASS_FLOAT) {
        print_float(out, scalar, bits);
    } else if (row->class == IR_CLASS_INT) {
        text_printf(out, "%" PRId64, ir_signed_of_bits(scalar, bits));
    } else {
        text_printf(out, "%" PRIu64, bits);
    }
}
