/* Calls of built-in procs: an op, or a few of them. What is written out here means the same on every target
 * because no target has a say in it. See lower.h. */
#include "frontend/lower.h"

#include "ir/base/fatal.h"

static const double PI = 3.14159265358979323846;

static IrValue *number(Lower *l, const IrType *type, double value) {
    return ir_const_number(l->module, type, value);
}

static IrValue *add(Lower *l, IrValue *a, IrValue *b) {
    return ir_binary(&l->b, OP_ADD, a, b);
}
static IrValue *sub(Lower *l, IrValue *a, IrValue *b) {
    return ir_binary(&l->b, OP_SUB, a, b);
}
static IrValue *mul(Lower *l, IrValue *a, IrValue *b) {
    return ir_binary(&l->b, OP_MUL, a, b);
}
static IrValue *divide(Lower *l, IrValue *a, IrValue *b) {
    return ir_binary(&l->b, OP_DIV, a, b);
}

/* min(max(x, low), high): where low > high the result is high. */
static IrValue *clamp(Lower *l, IrValue *x, IrValue *low, IrValue *high) {
    return ir_binary(&l->b, OP_MIN, ir_binary(&l->b, OP_MAX, x, low), high);
}

IrValue *lower_dot(Lower *l, IrValue *a, IrValue *b) {
    if (ir_is_float(a->type)) {
        return ir_emit(&l->b, OP_DOT, ir_lane_type(a->type), 2, (IrValue *[]){a, b})->results[0];
    }
    IrValue *products = mul(l, a, b), *sum = ir_extract(&l->b, products, 0);
    for (unsigned i = 1; i < a->type->lanes; i++) {
        sum = add(l, sum, ir_extract(&l->b, products, i));
    }
    return sum;
}

static IrValue *length(Lower *l, IrValue *x) {
    return ir_is_vector(x->type) ? ir_unary(&l->b, OP_SQRT, lower_dot(l, x, x))
                                 : ir_unary(&l->b, OP_ABS, x);
}

static IrValue *swizzle3(Lower *l, IrValue *v, uint8_t x, uint8_t y, uint8_t z) {
    IrInst *inst = ir_emit(&l->b, OP_SWIZZLE, v->type, 1, &v);
    inst->swizzle.lanes = 3;
    inst->swizzle.lane[0] = x;
    inst->swizzle.lane[1] = y;
    inst->swizzle.lane[2] = z;
    return inst->results[0];
}

/* (a.y b.z - a.z b.y, a.z b.x - a.x b.z, a.x b.y - a.y b.x) */
static IrValue *cross(Lower *l, IrValue *a, IrValue *b) {
    IrValue *left = mul(l, swizzle3(l, a, 1, 2, 0), swizzle3(l, b, 2, 0, 1));
    IrValue *right = mul(l, swizzle3(l, a, 2, 0, 1), swizzle3(l, b, 1, 2, 0));
    return sub(l, left, right);
}

/* 1, -1, or x itself: 0 and NaN stay what they are. */
static IrValue *sign(Lower *l, IrValue *x) {
    IrValue *zero = number(l, x->type, 0);
    IrValue *above = ir_binary(&l->b, OP_GT, x, zero), *below = ir_binary(&l->b, OP_LT, x, zero);
    IrValue *rest = ir_select(&l->b, below, number(l, x->type, -1), x);
    return ir_select(&l->b, above, number(l, x->type, 1), rest);
}

/* t = saturate((x - low) / (high - low)); t * t * (3 - 2 t) */
static IrValue *smoothstep(Lower *l, IrValue *low, IrValue *high, IrValue *x) {
    const IrType *type = x->type;
    IrValue *t = divide(l, sub(l, x, low), sub(l, high, low));
    t = clamp(l, t, number(l, type, 0), number(l, type, 1));
    IrValue *slope = sub(l, number(l, type, 3), mul(l, number(l, type, 2), t));
    return mul(l, mul(l, t, t), slope);
}

/* incident - 2 * dot(normal, incident) * normal */
static IrValue *reflect(Lower *l, IrValue *incident, IrValue *normal) {
    IrValue *d = lower_dot(l, normal, incident);
    IrValue *twice = mul(l, number(l, d->type, 2), d);
    return sub(l, incident, mul(l, ir_splat(&l->b, normal->type, twice), normal));
}

/* k = 1 - eta² (1 - dot(n, i)²); k < 0: 0, else eta i - (eta dot(n, i) + sqrt(k)) n */
static IrValue *refract(Lower *l, IrValue *incident, IrValue *normal, IrValue *eta) {
    const IrType *lane = eta->type, *type = incident->type;
    IrValue *one = number(l, lane, 1), *zero = number(l, lane, 0);
    IrValue *d = lower_dot(l, normal, incident);
    IrValue *rest = sub(l, one, mul(l, d, d));
    IrValue *k = sub(l, one, mul(l, mul(l, eta, eta), rest));
    IrValue *root = ir_unary(&l->b, OP_SQRT, ir_binary(&l->b, OP_MAX, k, zero));
    IrValue *scale = add(l, mul(l, eta, d), root);
    IrValue *ray = sub(l, mul(l, ir_splat(&l->b, type, eta), incident),
                       mul(l, ir_splat(&l->b, type, scale), normal));
    IrValue *total = ir_binary(&l->b, OP_LT, k, zero);
    return ir_select(&l->b, total, number(l, type, 0), ray);
}

/* Four lanes of 8 bits each, the first in the lowest ones: round(clamp(x, low, 1) * scale). */
static IrValue *pack(Lower *l, IrValue *x, double low, double scale) {
    const IrType *type = x->type, *ints = ir_vector(IR_I32, 4), *words = ir_vector(IR_U32, 4);
    IrValue *level =
        mul(l, clamp(l, x, number(l, type, low), number(l, type, 1)), number(l, type, scale));
    IrValue *bytes = ir_convert(&l->b, OP_CONVERT, ints, ir_unary(&l->b, OP_ROUND, level));
    bytes = ir_binary(&l->b, OP_AND, ir_convert(&l->b, OP_BITCAST, words, bytes),
                      ir_const_splat(l->module, words, 255));
    uint64_t shifts[] = {0, 8, 16, 24};
    bytes = ir_binary(&l->b, OP_SHL, bytes, ir_const(l->module, words, shifts));
    IrValue *word = ir_extract(&l->b, bytes, 0);
    for (unsigned i = 1; i < 4; i++) {
        word = ir_binary(&l->b, OP_OR, word, ir_extract(&l->b, bytes, i));
    }
    return word;
}

/* The four bytes of a word as lanes of a type, extended by its signedness. */
static IrValue *bytes_of(Lower *l, IrValue *word, IrScalar scalar) {
    const IrType *type = ir_vector(scalar, 4);
    uint64_t up[] = {24, 16, 8, 0};
    IrValue *bytes = ir_splat(&l->b, ir_vector(IR_U32, 4), word);
    bytes = ir_binary(&l->b, OP_SHL, bytes, ir_const(l->module, bytes->type, up));
    bytes = ir_convert(&l->b, OP_BITCAST, type, bytes);
    IrValue *down = ir_const_splat(l->module, ir_vector(IR_U32, 4), 24);
    return ir_binary(&l->b, OP_SHR, bytes, down);
}

static IrValue *unpack(Lower *l, IrValue *word, IrScalar scalar, double scale) {
    IrValue *lanes = ir_convert(&l->b, OP_CONVERT, ir_vector(IR_F32, 4), bytes_of(l, word, scalar));
    lanes = divide(l, lanes, number(l, lanes->type, scale));
    return scalar == IR_I32 /* -128 is -1, too */
               ? ir_binary(&l->b, OP_MAX, lanes, number(l, lanes->type, -1))
               : lanes;
}

/* ---- halves, in integers alone: a device needs no 16-bit floats for them ---- */

static IrValue *word(Lower *l, const IrType *type, uint32_t value) {
    return ir_const_splat(l->module, type, value);
}

/* The bits of f32s as those of f16s, rounded to nearest even. `a` is without its sign:
 *   NaN                        a quiet one, with the top of its payload
 *   2^16 and more              infinity; 65520 to 2^16 become it by rounding up
 *   2^-14 and more             rounded at bit 13, the exponent's bias changed from 127 to 15
 *   less                       mantissa >> (126 - exponent), rounded: below 2^-25 nothing is left of it */
static IrValue *half_bits(Lower *l, IrValue *x) {
    const IrType *type = ir_vector(IR_U32, x->type->lanes);
    IrBuilder *b = &l->b;
    IrValue *bits = ir_convert(b, OP_BITCAST, type, x), *one = word(l, type, 1);
    IrValue *a = ir_binary(b, OP_AND, bits, word(l, type, 0x7fffffff));
    IrValue *odd = ir_binary(b, OP_SHR, a, word(l, type, 13));
    IrValue *nan =
        ir_binary(b, OP_OR, word(l, type, 0x7e00), ir_binary(b, OP_AND, odd, word(l, type, 0x3ff)));
    odd = ir_binary(b, OP_AND, odd, one);
    IrValue *normal = add(l, sub(l, a, word(l, type, 112u << 23)), word(l, type, 0xfff));
    normal = ir_binary(b, OP_SHR, add(l, normal, odd), word(l, type, 13));

    IrValue *exponent = ir_binary(b, OP_SHR, a, word(l, type, 23));
    IrValue *shift = ir_binary(b, OP_MIN, sub(l, word(l, type, 126), exponent), word(l, type, 25));
    IrValue *mantissa = ir_binary(b, OP_AND, a, word(l, type, 0x7fffff));
    mantissa = ir_binary(b, OP_OR, mantissa, word(l, type, 0x800000));
    odd = ir_binary(b, OP_AND, ir_binary(b, OP_SHR, mantissa, shift), one);
    IrValue *half = sub(l, ir_binary(b, OP_SHL, one, sub(l, shift, one)), one);
    IrValue *small = ir_binary(b, OP_SHR, add(l, add(l, mantissa, half), odd), shift);

    IrValue *is_small = ir_binary(b, OP_LT, a, word(l, type, 113u << 23));
    IrValue *is_large = ir_binary(b, OP_GE, a, word(l, type, 143u << 23));
    IrValue *is_nan = ir_binary(b, OP_GT, a, word(l, type, 255u << 23));
    IrValue *result = ir_select(b, is_small, small, normal);
    result = ir_select(b, is_large, word(l, type, 0x7c00), result);
    result = ir_select(b, is_nan, nan, result);
    IrValue *sign = ir_binary(b, OP_SHR, sub(l, bits, a), word(l, type, 16));
    return ir_binary(b, OP_OR, result, sign);
}

static IrValue *pack_half(Lower *l, IrValue *x) {
    IrValue *bits = half_bits(l, x), *high = ir_extract(&l->b, bits, 1);
    high = ir_binary(&l->b, OP_SHL, high, word(l, high->type, 16));
    return ir_binary(&l->b, OP_OR, ir_extract(&l->b, bits, 0), high);
}

/* The low 16 bits of each lane as f32. What f16 keeps below 2^-14 are multiples of 2^-24. */
static IrValue *unpack_half(Lower *l, IrValue *packed) {
    const IrType *type = ir_vector(IR_U32, 2), *floats = ir_vector(IR_F32, 2);
    IrBuilder *b = &l->b;
    IrValue *high = ir_binary(b, OP_SHR, packed, word(l, packed->type, 16));
    IrValue *bits = ir_emit(b, OP_CONSTRUCT, type, 2, (IrValue *[]){packed, high})->results[0];
    IrValue *a = ir_binary(b, OP_AND, bits, word(l, type, 0x7fff));
    IrValue *shifted = ir_binary(b, OP_SHL, a, word(l, type, 13));
    IrValue *small = mul(l, ir_convert(b, OP_CONVERT, floats, a), number(l, floats, 0x1p-24));
    IrValue *is_small = ir_binary(b, OP_LT, a, word(l, type, 0x400));
    IrValue *is_special = ir_binary(b, OP_GE, a, word(l, type, 0x7c00));
    IrValue *special = add(l, shifted, word(l, type, 224u << 23));
    IrValue *result = ir_select(b, is_special, special, add(l, shifted, word(l, type, 112u << 23)));
    result = ir_select(b, is_small, ir_convert(b, OP_BITCAST, type, small), result);
    IrValue *sign = ir_binary(b, OP_AND, bits, word(l, type, 0x8000));
    sign = ir_binary(b, OP_SHL, sign, word(l, type, 16));
    return ir_convert(b, OP_BITCAST, floats, ir_binary(b, OP_OR, result, sign));
}

static IrValue *expand(Lower *l, BuiltinExpansion expansion, const IrType *result, IrValue **args) {
    IrValue *a = args[0];
    const IrType *type = a->type;
    switch (expansion) {
    case EXPAND_clamp:
        return clamp(l, a, args[1], args[2]);
    case EXPAND_saturate:
        return clamp(l, a, number(l, type, 0), number(l, type, 1));
    case EXPAND_sign:
        return sign(l, a);
    case EXPAND_fract:
        return sub(l, a, ir_unary(&l->b, OP_FLOOR, a));
    case EXPAND_mix: { /* a * (1 - t) + b * t: exactly a at 0 and b at 1 */
        IrValue *t = ir_splat(&l->b, type, args[2]);
        return add(l, mul(l, a, sub(l, number(l, type, 1), t)), mul(l, args[1], t));
    }
    case EXPAND_step: /* step(edge, x) */
        return ir_select(&l->b, ir_binary(&l->b, OP_LT, args[1], a), number(l, type, 0),
                         number(l, type, 1));
    case EXPAND_smoothstep:
        return smoothstep(l, a, args[1], args[2]);
    case EXPAND_degrees:
        return mul(l, a, number(l, type, 180 / PI));
    case EXPAND_radians:
        return mul(l, a, number(l, type, PI / 180));
    case EXPAND_dot:
        return lower_dot(l, a, args[1]);
    case EXPAND_cross:
        return cross(l, a, args[1]);
    case EXPAND_length:
        return length(l, a);
    case EXPAND_distance:
        return length(l, sub(l, a, args[1]));
    case EXPAND_normalize:
        return divide(l, a, ir_splat(&l->b, type, length(l, a)));
    case EXPAND_reflect:
        return reflect(l, a, args[1]);
    case EXPAND_refract:
        return refract(l, a, args[1], args[2]);
    case EXPAND_select: /* select(f, t, c) */
        return ir_select(&l->b, args[2], args[1], a);
    case EXPAND_pack_unorm4x8:
        return pack(l, a, 0, 255);
    case EXPAND_pack_snorm4x8:
        return pack(l, a, -1, 127);
    case EXPAND_unpack_unorm4x8:
        return unpack(l, a, IR_U32, 255);
    case EXPAND_unpack_snorm4x8:
        return unpack(l, a, IR_I32, 127);
    case EXPAND_pack_half2x16:
        return pack_half(l, a);
    case EXPAND_unpack_half2x16:
        return unpack_half(l, a);
    case EXPAND_dot4_u8:
        return lower_dot(l, bytes_of(l, a, IR_U32), bytes_of(l, args[1], IR_U32));
    case EXPAND_dot4_i8:
        return lower_dot(l, bytes_of(l, a, IR_I32), bytes_of(l, args[1], IR_I32));
    case EXPAND_transpose:
        return lower_transpose(l, result, a);
    case EXPAND_determinant:
        return lower_determinant(l, a);
    case EXPAND_NONE:
        break;
    }
    BUG("built-in without a meaning");
}

IrValue *lower_builtin_call(Lower *l, const Expr *e, IrValue **args) {
    const BuiltinProc *row = e->symbol->builtin;
    if (row->op == OP_NONE) {
        return expand(l, row->expansion, e->type, args);
    }
    const IrType *type = e->type == &ir_void ? NULL : e->type;
    IrInst *inst = ir_emit(&l->b, row->op, type, (uint32_t)strlen(row->params), args);
    return type != NULL ? inst->results[0] : NULL;
}

void lower_debug(Lower *l, const Expr *e) {
    bool print = e->symbol->builtin->op == OP_PRINT;
    const Expr *text = print ? e->call.args : e->call.args->next;
    VEC(IrValue *) values = {0};
    for (const Expr *arg = e->call.args; l->debug && arg != NULL; arg = arg->next) {
        if (arg != text) {
            VEC_PUSH(l->module->arena, &values, lower_expr(l, arg));
        }
    }
    if (l->debug) { /* else nothing is evaluated either */
        l->b.pos = e->span.start;
        ir_emit(&l->b, e->symbol->builtin->op, NULL, values.count, values.items)->text =
            text->string.text;
    }
}
