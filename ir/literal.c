/* See literal.h. */
#include "ir/literal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ir/base/fatal.h"
#include "ir/eval.h"

/* ---- reading ---- */

static bool parse_int(const char *text, size_t length, IrScalar scalar, uint64_t *bits) {
    unsigned width = ir_scalars[scalar].bits;
    bool is_signed = ir_scalars[scalar].class == IR_CLASS_INT;
    uint64_t mask = UINT64_MAX >> (64 - width);
    bool negative = length > 0 && text[0] == '-';
    uint64_t largest = is_signed ? (mask >> 1) + negative : mask;
    uint64_t value = 0;
    if (length <= negative || (negative && !is_signed)) {
        return false;
    }
    for (size_t i = negative; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || value > (largest - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *bits = (negative ? 0 - value : value) & mask;
    return true;
}

static bool parse_float(const char *text, size_t length, IrScalar scalar, uint64_t *bits) {
    for (size_t i = 0; i < length; i++) {
        if (strchr("0123456789.eE+-", text[i]) == NULL || text[i] == '\0') {
            return false; /* strtod would take hexadecimal and more */
        }
    }
    char *end;
    double value;
    if (scalar == IR_F32) { /* rounds once */
        float single = strtof(text, &end);
        uint32_t word;
        memcpy(&word, &single, sizeof word);
        *bits = word;
        value = (double)single;
    } else {
        value = strtod(text, &end);
        *bits = ir_bits_of_number(scalar, value);
        value = ir_number_of_bits(scalar, *bits);
    }
    return length > 0 && end == text + length && isfinite(value);
}

bool ir_literal_parse(const char *text, size_t length, IrScalar scalar, uint64_t *bits) {
    switch (ir_scalars[scalar].class) {
    case IR_CLASS_INT:
    case IR_CLASS_UINT:
        return parse_int(text, length, scalar, bits);
    case IR_CLASS_FLOAT:
        return parse_float(text, length, scalar, bits);
    case IR_CLASS_BOOL:
        break;
    }
    return false;
}

/* ---- printing ---- */

static void print_float(Text *out, IrScalar scalar, uint64_t bits) {
    enum { MOST_DIGITS = 17 };           /* what any double needs */
    enum { PLAIN_FROM = -5, PLAIN = 9 }; /* powers of ten that are written without an exponent */
    double value = ir_number_of_bits(scalar, bits);
    char text[64];
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        int exponent = atoi(strchr(text, 'e') + 1);
        if (exponent >= PLAIN_FROM && exponent < PLAIN) {
            int decimals = digits - 1 - exponent;
            snprintf(text, sizeof text, "%.*f", decimals > 0 ? decimals : 0, value);
        }
        uint64_t back;
        if (parse_float(text, strlen(text), scalar, &back) && back == bits) {
            text_add(out, text);
            return;
        }
    }
    BUG("no decimal reads back as the bits 0x%" PRIx64, bits);
}

bool ir_literal_print(Text *out, IrScalar scalar, uint64_t bits) {
    bits &=
        UINT64_MAX >> (64 - ir_scalars[scalar].bits); /* the printer also shows what is not valid */
    switch (ir_scalars[scalar].class) {
    case IR_CLASS_BOOL:
        text_add(out, bits != 0 ? "true" : "false");
        return false;
    case IR_CLASS_INT:
        text_printf(out, "%" PRId64, ir_signed_of_bits(scalar, bits));
        return true;
    case IR_CLASS_UINT:
        text_printf(out, "%" PRIu64, bits);
        return true;
    case IR_CLASS_FLOAT:
        if (isfinite(ir_number_of_bits(scalar, bits))) {
            print_float(out, scalar, bits);
            return true;
        }
        text_printf(out, "bits<%s>(0x%0*" PRIx64 ")", ir_scalars[scalar].text,
                    (int)ir_scalars[scalar].bits / 4, bits);
        return false;
    }
    return false;
}
