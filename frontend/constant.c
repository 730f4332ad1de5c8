/* See constant.h. What abstract integers need is computed here; everything else is ir_eval's. */
#include "frontend/constant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ir/base/fatal.h"
#include "ir/eval.h"

const IrType abstract_int = {.kind = IR_TYPE_SCALAR, .scalar = IR_I64, .lanes = 1, .words = 1};
const IrType abstract_float = {.kind = IR_TYPE_SCALAR, .scalar = IR_F64, .lanes = 1, .words = 1};

Wide integer_min(IrScalar scalar) {
    const IrScalarRow *row = &ir_scalars[scalar];
    return row->class == IR_CLASS_INT ? -((Wide)1 << (row->bits - 1)) : 0;
}

Wide integer_max(IrScalar scalar) {
    const IrScalarRow *row = &ir_scalars[scalar];
    return ((Wide)1 << (row->bits - (row->class == IR_CLASS_INT))) - 1;
}

Wide integer_of_bits(IrScalar scalar, uint64_t bits) {
    return ir_scalars[scalar].class == IR_CLASS_INT ? (Wide)ir_signed_of_bits(scalar, bits)
                                                    : (Wide)bits;
}

uint64_t bits_of_integer(IrScalar scalar, Wide value) {
    unsigned bits = ir_scalars[scalar].bits;
    return (uint64_t)value & (bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1);
}

IrOp binary_ir_op(BinaryOp op) {
    static const IrOp ops[] = {
        [BINARY_BIT_OR] = OP_OR, [BINARY_BIT_XOR] = OP_XOR, [BINARY_BIT_AND] = OP_AND,
        [BINARY_EQ] = OP_EQ,     [BINARY_NE] = OP_NE,       [BINARY_LT] = OP_LT,
        [BINARY_LE] = OP_LE,     [BINARY_GT] = OP_GT,       [BINARY_GE] = OP_GE,
        [BINARY_SHL] = OP_SHL,   [BINARY_SHR] = OP_SHR,     [BINARY_ADD] = OP_ADD,
        [BINARY_SUB] = OP_SUB,   [BINARY_MUL] = OP_MUL,     [BINARY_DIV] = OP_DIV,
        [BINARY_REM] = OP_REM,
    };
    return ops[op];
}

/* ---- to a type ---- */

static bool is_finite_bits(IrScalar scalar, uint64_t bits) {
    return isfinite(ir_number_of_bits(scalar, bits)) != 0;
}

ConstStatus const_concrete(const ConstValue *value, const IrType *type, ConstValue *out) {
    REQUIRE(is_abstract(value->type) && type->kind == IR_TYPE_SCALAR);
    *out = (ConstValue){.type = type};
    if (type == &abstract_float || type == &abstract_int) {
        out->integer = value->integer;
        out->number = value->type == &abstract_int ? (double)value->integer : value->number;
        return type == value->type || type == &abstract_float ? CONST_OK : CONST_NONE;
    }
    if (ir_is_float(type)) {
        double number = value->type == &abstract_int ? (double)value->integer : value->number;
        out->bits[0] = ir_bits_of_number(type->scalar, number);
        return is_finite_bits(type->scalar, out->bits[0]) ? CONST_OK : CONST_OVERFLOW;
    }
    if (!ir_is_int(type) || value->type != &abstract_int) {
        return CONST_NONE;
    }
    out->bits[0] = bits_of_integer(type->scalar, value->integer);
    return value->integer >= integer_min(type->scalar) &&
                   value->integer <= integer_max(type->scalar)
               ? CONST_OK
               : CONST_OVERFLOW;
}

/* ---- operators ---- */

static ConstStatus abstract_binary(BinaryOp op, Wide a, Wide b, Wide *out) {
    switch (op) {
    case BINARY_ADD:
        return __builtin_add_overflow(a, b, out) ? CONST_OVERFLOW : CONST_OK;
    case BINARY_SUB:
        return __builtin_sub_overflow(a, b, out) ? CONST_OVERFLOW : CONST_OK;
    case BINARY_MUL:
        return __builtin_mul_overflow(a, b, out) ? CONST_OVERFLOW : CONST_OK;
    case BINARY_DIV:
    case BINARY_REM:
        if (b == 0) {
            return CONST_DIVISION;
        }
        if (b == -1) { /* MIN / -1 */
            *out = 0;
            return op == BINARY_REM || !__builtin_sub_overflow((Wide)0, a, out) ? CONST_OK
                                                                                : CONST_OVERFLOW;
        }
        *out = op == BINARY_DIV ? a / b : a % b;
        return CONST_OK;
    case BINARY_BIT_AND:
        *out = a & b;
        return CONST_OK;
    case BINARY_BIT_OR:
        *out = a | b;
        return CONST_OK;
    case BINARY_BIT_XOR:
        *out = a ^ b;
        return CONST_OK;
    case BINARY_SHL:
        return b < 0 || b > 126                               ? CONST_OVERFLOW
               : __builtin_mul_overflow(a, (Wide)1 << b, out) ? CONST_OVERFLOW
                                                              : CONST_OK;
    case BINARY_SHR:
        if (b < 0) {
            return CONST_OVERFLOW;
        }
        *out = b > 126 ? (a < 0 ? -1 : 0) : a >> b;
        return CONST_OK;
    case BINARY_EQ:
        *out = a == b;
        return CONST_OK;
    case BINARY_NE:
        *out = a != b;
        return CONST_OK;
    case BINARY_LT:
        *out = a < b;
        return CONST_OK;
    case BINARY_LE:
        *out = a <= b;
        return CONST_OK;
    case BINARY_GT:
        *out = a > b;
        return CONST_OK;
    case BINARY_GE:
        *out = a >= b;
        return CONST_OK;
    default:
        return CONST_NONE;
    }
}

ConstStatus const_op(IrOp op, const IrInst *immediates, const IrType *type, unsigned count,
                     const ConstValue *const *operands, ConstValue *out) {
    EvalOperand bits[IR_MAX_LANES];
    uint64_t abstract[IR_MAX_LANES];
    REQUIRE(count <= IR_MAX_LANES);
    for (unsigned i = 0; i < count; i++) {
        const ConstValue *a = operands[i];
        bits[i] = (EvalOperand){a->type, a->bits};
        if (a->type == &abstract_int) {
            if (a->integer < integer_min(IR_I64) || a->integer > integer_max(IR_I64)) {
                return CONST_OVERFLOW;
            }
            abstract[i] = bits_of_integer(IR_I64, a->integer);
            bits[i] = (EvalOperand){ir_scalar(IR_I64), &abstract[i]};
        } else if (a->type == &abstract_float) {
            abstract[i] = ir_bits_of_number(IR_F64, a->number);
            bits[i] = (EvalOperand){ir_scalar(IR_F64), &abstract[i]};
        }
    }
    const IrType *real = is_abstract(type) ? ir_scalar(type->scalar) : type;
    *out = (ConstValue){.type = type};
    if (ir_eval(op, 0, immediates, real, count, bits, out->bits) != EVAL_OK) {
        return CONST_NONE;
    }
    if (type == &abstract_int) {
        out->integer = integer_of_bits(IR_I64, out->bits[0]);
    } else if (type == &abstract_float) {
        out->number = ir_number_of_bits(IR_F64, out->bits[0]);
    }
    /* constants are numbers: a result that is none is a mistake */
    return const_is_finite(out) ? CONST_OK : CONST_OVERFLOW;
}

bool const_is_finite(const ConstValue *value) {
    if (value->type == &abstract_float) {
        return isfinite(value->number) != 0;
    }
    for (unsigned i = 0; i < value->type->lanes && ir_is_float(value->type); i++) {
        if (!is_finite_bits(value->type->scalar, value->bits[i])) {
            return false;
        }
    }
    return true;
}

static bool any_lane_zero(const ConstValue *value) {
    if (value->type == &abstract_float) {
        return value->number == 0;
    }
    for (unsigned i = 0; i < value->type->lanes; i++) {
        bool zero = ir_is_float(value->type)
                        ? ir_number_of_bits(value->type->scalar, value->bits[i]) == 0
                        : value->bits[i] == 0;
        if (zero) {
            return true;
        }
    }
    return false;
}

/* Integer + - * / of a concrete type, exactly; the language wraps at run time, but a constant that does is
 * an error. */
static ConstStatus exact_lanes(BinaryOp op, const ConstValue *a, const ConstValue *b) {
    for (unsigned i = 0; i < a->type->lanes; i++) {
        IrScalar scalar = a->type->scalar;
        Wide exact;
        ConstStatus status = abstract_binary(op, integer_of_bits(scalar, a->bits[i]),
                                             integer_of_bits(scalar, b->bits[i]), &exact);
        if (status != CONST_OK) {
            return status;
        }
        if (exact < integer_min(scalar) || exact > integer_max(scalar)) {
            return CONST_OVERFLOW;
        }
    }
    return CONST_OK;
}

ConstStatus const_binary(BinaryOp op, const IrType *type, const ConstValue *a, const ConstValue *b,
                         ConstValue *out) {
    if (op == BINARY_AND || op == BINARY_OR) {
        *out = (ConstValue){.type = type};
        out->bits[0] = op == BINARY_AND ? (a->bits[0] & b->bits[0]) : (a->bits[0] | b->bits[0]);
        return CONST_OK;
    }
    bool shift = op == BINARY_SHL || op == BINARY_SHR;
    if (a->type == &abstract_int && (shift || b->type == &abstract_int)) {
        *out = (ConstValue){.type = type};
        Wide right =
            b->type == &abstract_int ? b->integer : integer_of_bits(b->type->scalar, b->bits[0]);
        ConstStatus status = abstract_binary(op, a->integer, right, &out->integer);
        if (type != &abstract_int) { /* a comparison */
            out->bits[0] = (uint64_t)out->integer;
        }
        return status;
    }
    bool arithmetic = op == BINARY_ADD || op == BINARY_SUB || op == BINARY_MUL ||
                      op == BINARY_DIV || op == BINARY_REM;
    if ((op == BINARY_DIV || op == BINARY_REM) && any_lane_zero(b)) {
        return CONST_DIVISION;
    }
    if (arithmetic && ir_is_int(a->type)) {
        ConstStatus status = exact_lanes(op, a, b);
        if (status != CONST_OK) {
            return status;
        }
    }
    ConstValue count;
    if (shift) { /* the IR's counts are u32 */
        bool changed;
        const_cast_to(b, ir_vector(IR_U32, a->type->lanes), &count, &changed);
        b = &count;
    }
    return const_op(binary_ir_op(op), NULL, type, 2, (const ConstValue *[]){a, b}, out);
}

ConstStatus const_unary(UnaryOp op, const ConstValue *a, ConstValue *out) {
    *out = (ConstValue){.type = a->type};
    if (a->type == &abstract_int) {
        if (op == UNARY_NEG) {
            return abstract_binary(BINARY_SUB, 0, a->integer, &out->integer);
        }
        out->integer = ~a->integer;
        return op == UNARY_COMPLEMENT ? CONST_OK : CONST_NONE;
    }
    switch (op) {
    case UNARY_NEG:
        if (ir_is_int(a->type)) {
            ConstValue zero = {.type = a->type};
            ConstStatus status = exact_lanes(BINARY_SUB, &zero, a);
            if (status != CONST_OK) {
                return status;
            }
        }
        return const_op(OP_NEG, NULL, a->type, 1, &a, out);
    case UNARY_NOT:
    case UNARY_COMPLEMENT:
        return const_op(OP_NOT, NULL, a->type, 1, &a, out);
    default:
        return CONST_NONE;
    }
}

/* Whether a float is that integer: where a double cannot hold the integer, its nearest is no sign of it. */
static bool is_integer(double number, Wide integer) {
    const double limit = 0x1p126;
    return number > -limit && number < limit ? (Wide)number == integer : number == (double)integer;
}

void const_cast_to(const ConstValue *a, const IrType *type, ConstValue *out, bool *changed) {
    *out = (ConstValue){.type = type};
    *changed = false;
    if (a->type == &abstract_int && ir_is_int(type)) {
        out->bits[0] = bits_of_integer(type->scalar, a->integer);
        *changed = integer_of_bits(type->scalar, out->bits[0]) != a->integer;
        return;
    }
    ConstValue widened = *a; /* an abstract integer to a float: as a double, exact enough for any */
    if (a->type == &abstract_int) {
        widened.type = &abstract_float;
        widened.number = (double)a->integer;
    }
    uint64_t number = ir_bits_of_number(IR_F64, widened.number);
    EvalOperand operand = {widened.type, widened.bits};
    if (widened.type == &abstract_float) {
        operand = (EvalOperand){ir_scalar(IR_F64), &number};
    }
    EvalStatus status = ir_eval(OP_CONVERT, 0, NULL, type, 1, &operand, out->bits);
    REQUIRE(status == EVAL_OK);
    for (unsigned i = 0; i < type->lanes; i++) {
        if (ir_is_float(type)) {
            double now = ir_number_of_bits(type->scalar, out->bits[i]);
            Wide was = a->type == &abstract_int ? a->integer
                       : ir_is_int(a->type)     ? integer_of_bits(a->type->scalar, a->bits[i])
                                                : 0;
            *changed |= ir_is_int(a->type) && !is_integer(now, was);
        } else if (ir_is_float(operand.type)) {
            double was = ir_number_of_bits(operand.type->scalar, operand.bits[i]);
            *changed |= (double)integer_of_bits(type->scalar, out->bits[i]) != was;
        } else if (ir_is_int(operand.type)) {
            *changed |= integer_of_bits(type->scalar, out->bits[i]) !=
                        integer_of_bits(operand.type->scalar, operand.bits[i]);
        }
    }
}

/* ---- text ---- */

__extension__ typedef unsigned __int128 UnsignedWide;

static void wide_text(Text *text, Wide value) {
    char digits[48];
    size_t at = sizeof digits;
    UnsignedWide rest = value < 0 ? -(UnsignedWide)value : (UnsignedWide)value;
    do {
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    text_bytes(text, digits + at, sizeof digits - at);
}

/* The shortest digits that read as the same number. */
static void float_text(Text *text, double value, bool single) {
    char digits[32];
    bool same = false;
    for (int precision = 1; precision <= 17 && !same; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        double read = strtod(digits, NULL);
        same = single ? (float)read == (float)value : read == value;
    }
    text_add(text, digits);
}

const char *const_text(Arena *arena, const ConstValue *value) {
    Text text = {.arena = arena};
    const IrType *type = value->type;
    if (type == &abstract_int) {
        wide_text(&text, value->integer);
        return text_get(&text);
    }
    if (type == &abstract_float) {
        float_text(&text, value->number, false);
        return text_get(&text);
    }
    if (ir_is_vector(type)) {
        text_printf(&text, "%s(", ir_type_text(arena, type));
    }
    for (unsigned i = 0; i < type->lanes; i++) {
        text_add(&text, i > 0 ? ", " : "");
        if (ir_is_bool(type)) {
            text_add(&text, value->bits[i] != 0 ? "true" : "false");
        } else if (ir_is_float(type)) {
            float_text(&text, ir_number_of_bits(type->scalar, value->bits[i]),
                       type->scalar == IR_F32);
        } else {
            wide_text(&text, integer_of_bits(type->scalar, value->bits[i]));
        }
    }
    if (ir_is_vector(type)) {
        text_char(&text, ')');
    }
    return text_get(&text);
}
