/* See races_value.h: sums of symbols, and arithmetic on numbers of all invocations. */
#include "ir/races_value.h"

#include "ir/eval.h"

enum { MOST_SUMS = 20000, MOST_TERMS = 16 };

/* A symbol for an op and its operands. */
typedef struct Opaque Opaque;
struct Opaque {
    const void *what;
    uint32_t part, count, symbol;
    const Scalar *operands;
    Opaque *next;
};

void values_init(Values *v, Arena *arena, uint32_t invocations, uint64_t most_work) {
    *v = (Values){.arena = arena, .invocations = invocations, .most_work = most_work};
    for (int i = 0; i < FIRST_CONDITION; i++) {
        VEC_PUSH(arena, &v->conditions, (Condition){.uniform = i != UNDECIDED});
    }
}

/* ---- sums ---- */

static const Sum *sum_of(Values *v, uint32_t count, const uint32_t *symbols,
                         const uint32_t *factors) {
    if (count == 0) {
        return NULL;
    }
    uint32_t hash = hash_bytes(symbols, count * sizeof *symbols) ^
                    31 * hash_bytes(factors, count * sizeof *factors);
    const Sum **slot = &v->sums[hash % 256];
    for (const Sum *s = *slot; s != NULL; s = s->next) {
        if (s->count == count && memcmp(s->symbols, symbols, count * sizeof *symbols) == 0 &&
            memcmp(s->factors, factors, count * sizeof *factors) == 0) {
            return s;
        }
    }
    Sum *s = NEW(v->arena, Sum);
    *s = (Sum){v->sum_count++, count, NEW_ARRAY(v->arena, uint32_t, count),
               NEW_ARRAY(v->arena, uint32_t, count), *slot};
    memcpy(s->symbols, symbols, count * sizeof *symbols);
    memcpy(s->factors, factors, count * sizeof *factors);
    *slot = s;
    v->work += 64;
    return s;
}

/* a + factor * b. False: it would be too long. */
static bool add_sums(Values *v, const Sum *a, const Sum *b, uint32_t factor, const Sum **result) {
    uint32_t symbols[2 * MOST_TERMS], factors[2 * MOST_TERMS], count = 0, i = 0, k = 0;
    uint32_t a_count = a != NULL ? a->count : 0, b_count = b != NULL ? b->count : 0;
    while (i < a_count || k < b_count) {
        bool from_a = k >= b_count || (i < a_count && a->symbols[i] <= b->symbols[k]);
        bool from_b = i >= a_count || (k < b_count && b->symbols[k] <= a->symbols[i]);
        symbols[count] = from_a ? a->symbols[i] : b->symbols[k];
        factors[count] = (from_a ? a->factors[i] : 0) + (from_b ? factor * b->factors[k] : 0);
        i += from_a;
        k += from_b;
        count += factors[count] != 0;
    }
    if (count > MOST_TERMS || v->sum_count > MOST_SUMS) {
        return false;
    }
    *result = sum_of(v, count, symbols, factors);
    return true;
}

static bool divides_all(const Sum *s, uint32_t divisor) {
    for (uint32_t i = 0; s != NULL && i < s->count; i++) {
        if (s->factors[i] % divisor != 0) {
            return false;
        }
    }
    return true;
}

static const Sum *divide_sum(Values *v, const Sum *s, uint32_t divisor) {
    uint32_t factors[MOST_TERMS];
    for (uint32_t i = 0; s != NULL && i < s->count; i++) {
        factors[i] = s->factors[i] / divisor;
    }
    return s != NULL ? sum_of(v, s->count, s->symbols, factors) : NULL;
}

/* ---- scalars ---- */

Scalar scalar_unknown(const IrType *type) {
    return (Scalar){.condition = ir_is_bool(type) ? UNDECIDED : ALWAYS};
}

Scalar scalar_constant(uint32_t value) {
    return (Scalar){.known = true, .all = value};
}

/* `each` may turn out to be the same in all. */
Scalar scalar_each(Values *v, const uint32_t *each) {
    v->work += v->invocations;
    for (uint32_t i = 1; i < v->invocations; i++) {
        if (each[i] != each[0]) {
            return (Scalar){.known = true, .each = each};
        }
    }
    return scalar_constant(each[0]);
}

static Scalar from_symbol(Values *v, uint32_t symbol, const IrType *type) {
    uint32_t one = 1;
    Scalar s = {.known = true, .sum = sum_of(v, 1, &symbol, &one)};
    if (ir_is_bool(type)) {
        VEC_PUSH(v->arena, &v->conditions,
                 (Condition){.kind = IS_EQUAL, .uniform = true, .sum = s.sum});
        s = (Scalar){.known = true, .condition = condition_not(v, v->conditions.count - 1)};
    }
    return s;
}

Scalar scalar_symbol(Values *v, const IrType *type) {
    return v->sum_count > MOST_SUMS ? scalar_unknown(type)
                                    : from_symbol(v, v->symbol_count++, type);
}

bool scalar_equal(const Values *v, const Scalar *a, const Scalar *b) {
    return a->known == b->known && a->sum == b->sum && a->condition == b->condition &&
           (a->each == NULL) == (b->each == NULL) &&
           (a->each == b->each ||
            memcmp(a->each, b->each, v->invocations * sizeof *a->each) == 0) &&
           (a->each != NULL || a->all == b->all);
}

Scalar scalar_add(Values *v, Scalar a, Scalar b, uint32_t factor) {
    Scalar r = {.known = a.known && b.known, .all = a.all + factor * b.all};
    if (!r.known || !add_sums(v, a.sum, b.sum, factor, &r.sum)) {
        return (Scalar){0};
    }
    if (a.each != NULL || b.each != NULL) {
        uint32_t *each = NEW_ARRAY(v->arena, uint32_t, v->invocations);
        for (uint32_t i = 0; i < v->invocations; i++) {
            each[i] = number_in(&a, i) + factor * number_in(&b, i);
        }
        Scalar numbers = scalar_each(v, each);
        r.all = numbers.all;
        r.each = numbers.each;
    }
    return r;
}

Scalar scalar_opaque(Values *v, const void *what, uint32_t part, const IrType *type, uint32_t count,
                     const Scalar *operands) {
    uint32_t hash = hash_bytes(&what, sizeof what) + part;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_uniform(&operands[i]) || operands[i].condition >= UNDECIDED) {
            return is_uniform(&operands[i]) && condition_uniform(v, operands[i].condition)
                       ? scalar_symbol(v, type)
                       : scalar_unknown(type);
        }
        hash = hash * 31 + operands[i].all +
               7 * (operands[i].sum != NULL ? operands[i].sum->id + 1 : 0) + operands[i].condition;
    }
    Opaque **slot = &v->opaque[hash % 256];
    for (Opaque *o = *slot; o != NULL; o = o->next) {
        bool same = o->what == what && o->part == part && o->count == count;
        for (uint32_t i = 0; i < count && same; i++) {
            same = scalar_equal(v, &o->operands[i], &operands[i]);
        }
        if (same) {
            return from_symbol(v, o->symbol, type);
        }
    }
    if (v->sum_count > MOST_SUMS) {
        return scalar_unknown(type);
    }
    Scalar *copy = NEW_ARRAY(v->arena, Scalar, count);
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = operands[i];
    }
    Opaque *o = NEW(v->arena, Opaque);
    *o = (Opaque){what, part, count, v->symbol_count++, copy, *slot};
    *slot = o;
    v->work += 64;
    return from_symbol(v, o->symbol, type);
}

/* `a` where the condition holds, else `b`. `takes_a`, by invocation, if that is known (`may_blend`). */
Scalar scalar_merge(Values *v, const IrType *type, uint32_t condition, const uint8_t *takes_a,
                    bool may_blend, Scalar a, Scalar b) {
    if (scalar_equal(v, &a, &b)) {
        return a;
    }
    if (ir_is_bool(type)) {
        a.condition = condition_either(v, condition_both(v, condition, a.condition),
                                       condition_both(v, condition_not(v, condition), b.condition));
        return a;
    }
    if (may_blend && a.known && b.known && a.sum == b.sum) {
        uint32_t *each = NEW_ARRAY(v->arena, uint32_t, v->invocations);
        for (uint32_t i = 0; i < v->invocations; i++) {
            each[i] = number_in(takes_a[i] != 0 ? &a : &b, i);
        }
        Scalar r = scalar_each(v, each);
        r.sum = a.sum;
        return r;
    }
    return is_uniform(&a) && is_uniform(&b) && condition_uniform(v, condition)
               ? scalar_symbol(v, type)
               : scalar_unknown(type);
}

/* ---- comparisons ---- */

static bool compare(IrOp op, int64_t a, int64_t b) {
    switch (op) {
    case OP_EQ:
        return a == b;
    case OP_NE:
        return a != b;
    case OP_LT:
        return a < b;
    case OP_LE:
        return a <= b;
    case OP_GT:
        return a > b;
    default:
        return a >= b;
    }
}

static int64_t widen(const Scalar *s, uint32_t invocation, bool is_signed) {
    uint32_t bits = number_in(s, invocation);
    return is_signed ? (int64_t)(int32_t)bits : (int64_t)bits;
}

/* sum op bound, of integers without end: what wraps is not thought of. */
static uint32_t compare_sum(Values *v, IrOp op, const Sum *sum, Scalar difference) {
    bool flips = (int32_t)sum->factors[0] < 0;
    if (flips) {
        Scalar negative =
            scalar_add(v, scalar_constant(0), (Scalar){.known = true, .sum = sum}, UINT32_MAX);
        if (!negative.known) {
            return UNDECIDED;
        }
        sum = negative.sum;
        op = op == OP_LT   ? OP_GT
             : op == OP_LE ? OP_GE
             : op == OP_GT ? OP_LT
             : op == OP_GE ? OP_LE
                           : op;
    }
    Condition c = {.uniform = difference.each == NULL, .sum = sum};
    c.kind = op == OP_EQ || op == OP_NE   ? IS_EQUAL
             : op == OP_LT || op == OP_LE ? IS_MOST
                                          : IS_LEAST;
    int64_t closer = op == OP_LT ? -1 : op == OP_GT ? 1 : 0;
    int64_t *each = difference.each != NULL ? NEW_ARRAY(v->arena, int64_t, v->invocations) : &c.all;
    for (uint32_t i = 0; i < (difference.each != NULL ? v->invocations : 1); i++) {
        int64_t number = (int32_t)number_in(&difference, i);
        each[i] = (flips ? number : -number) + closer;
    }
    c.each = difference.each != NULL ? each : NULL;
    v->work += difference.each != NULL ? v->invocations : 1;
    VEC_PUSH(v->arena, &v->conditions, c);
    return op == OP_NE ? condition_not(v, v->conditions.count - 1) : v->conditions.count - 1;
}

Scalar scalar_compare(Values *v, IrOp op, bool is_signed, Scalar a, Scalar b) {
    Scalar r = {.known = true};
    Scalar difference = scalar_add(v, a, b, UINT32_MAX);
    if (!difference.known) {
        r.condition = UNDECIDED;
    } else if (difference.sum != NULL) {
        r.condition = compare_sum(v, op, difference.sum, difference);
    } else {
        uint8_t *bits = NEW_ARRAY(v->arena, uint8_t, v->invocations);
        for (uint32_t i = 0; i < v->invocations; i++) {
            bits[i] = a.sum != NULL ? compare(op, (int32_t)number_in(&difference, i), 0)
                                    : compare(op, widen(&a, i, is_signed), widen(&b, i, is_signed));
        }
        r.condition = condition_bits(v, bits);
    }
    return r;
}

/* ---- ops ---- */

static bool is_word(const IrType *type) {
    return ir_is_int(type) && ir_bits(type) == 32;
}

/* Every invocation by itself, as ir_eval says. */
static Scalar eval_each(Values *v, const IrInst *inst, const IrType *type, uint32_t count,
                        const Scalar *operands) {
    bool uniform = true;
    for (uint32_t i = 0; i < count; i++) {
        uniform &= operands[i].each == NULL;
    }
    uint32_t *each = NEW_ARRAY(v->arena, uint32_t, v->invocations);
    const IrType *scalar = ir_scalar(type->scalar);
    for (uint32_t k = 0; k < (uniform ? 1 : v->invocations); k++) {
        EvalOperand in[4];
        uint64_t bits[4], out[1];
        for (uint32_t i = 0; i < count; i++) {
            bits[i] = number_in(&operands[i], k);
            bool is_count = (inst->op == OP_SHL || inst->op == OP_SHR) && i == 1;
            in[i] = (EvalOperand){is_count ? ir_scalar(IR_U32) : scalar, &bits[i]};
        }
        if (ir_eval(inst->op, 0, inst, scalar, count, in, out) != EVAL_OK) {
            return scalar_unknown(type);
        }
        each[k] = (uint32_t)out[0];
    }
    v->work += uniform ? 8 : 8 * (uint64_t)v->invocations;
    return uniform ? scalar_constant(each[0]) : scalar_each(v, each);
}

/* Division and remainder of a sum that the divisor divides: only the numbers matter. Of unsigned without wrapping. */
static Scalar eval_divide(Values *v, const IrInst *inst, bool remainder, uint32_t divisor,
                          const IrType *type, Scalar a) {
    Scalar divisor_scalar = scalar_constant(divisor), number = a;
    number.sum = NULL;
    IrInst as = *inst;
    as.op = remainder ? OP_REM : OP_DIV;
    Scalar operands[2] = {number, divisor_scalar};
    Scalar r = eval_each(v, &as, type, 2, operands);
    if (r.known && !remainder) {
        r.sum = divide_sum(v, a.sum, divisor);
    }
    return r;
}

static bool eval_with_sum(Values *v, const IrInst *inst, const IrType *type, const Scalar *o,
                          Scalar *result) {
    const Scalar *a = &o[0], *b = &o[1];
    bool is_unsigned = ir_class(type) == IR_CLASS_UINT;
    bool by_constant = is_constant(b) && is_unsigned;
    uint32_t n = b->all;
    switch (inst->op) {
    case OP_DIV:
    case OP_REM:
        if (by_constant && n != 0 && divides_all(a->sum, n)) {
            *result = eval_divide(v, inst, inst->op == OP_REM, n, type, *a);
            return true;
        }
        return false;
    case OP_SHR:
        if (by_constant && n < 31 && divides_all(a->sum, UINT32_C(1) << n)) {
            *result = eval_divide(v, inst, false, UINT32_C(1) << n, type, *a);
            return true;
        }
        return false;
    case OP_AND:
        if (by_constant && n != UINT32_MAX && (n & (n + 1)) == 0 && divides_all(a->sum, n + 1)) {
            *result = eval_divide(v, inst, true, n + 1, type, *a);
            return true;
        }
        return false;
    default:
        return false;
    }
}

static Scalar eval_word(Values *v, const IrInst *inst, const IrType *type, uint32_t count,
                        const Scalar *o) {
    Scalar result;
    bool numbers = true;
    for (uint32_t i = 0; i < count; i++) {
        numbers &= is_number(&o[i]);
    }
    switch (inst->op) {
    case OP_ADD:
        return scalar_add(v, o[0], o[1], 1);
    case OP_SUB:
        return scalar_add(v, o[0], o[1], UINT32_MAX);
    case OP_NEG:
        return scalar_add(v, scalar_constant(0), o[0], UINT32_MAX);
    case OP_MUL:
        if (is_constant(&o[0]) || is_constant(&o[1])) {
            bool first = is_constant(&o[0]);
            return scalar_add(v, scalar_constant(0), o[first], o[!first].all);
        }
        break;
    case OP_SHL:
        if (is_constant(&o[1])) {
            return scalar_add(v, scalar_constant(0), o[0], UINT32_C(1) << (o[1].all % 32));
        }
        break;
    default:
        break;
    }
    if (numbers && count <= 4) {
        return eval_each(v, inst, type, count, o);
    }
    if (count == 2 && o[0].known && o[1].known && eval_with_sum(v, inst, type, o, &result)) {
        return result;
    }
    return scalar_opaque(v, &ir_ops[inst->op], 0, type, count, o);
}

static Scalar eval_bool(Values *v, const IrInst *inst, const IrType *type, const IrType *from,
                        uint32_t count, const Scalar *o) {
    Scalar r = {.known = true};
    bool of_bools = ir_is_bool(from);
    switch (inst->op) {
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        if (is_word(from)) {
            return scalar_compare(v, inst->op, ir_is_signed_int(from), o[0], o[1]);
        }
        break;
    case OP_NOT:
        r.condition = condition_not(v, o[0].condition);
        return r;
    case OP_AND:
        r.condition = condition_both(v, o[0].condition, o[1].condition);
        return r;
    case OP_OR:
        r.condition = condition_either(v, o[0].condition, o[1].condition);
        return r;
    default:
        break;
    }
    for (uint32_t i = 0; i < count && of_bools; i++) {
        if (!condition_uniform(v, o[i].condition)) {
            return scalar_unknown(type);
        }
    }
    return of_bools ? scalar_symbol(v, type)
                    : scalar_opaque(v, &ir_ops[inst->op], from->scalar, type, count, o);
}

Scalar scalar_eval(Values *v, const IrInst *inst, const IrType *type, const IrType *from,
                   uint32_t count, const Scalar *o) {
    if (inst->op == OP_SELECT) {
        uint8_t *takes = NEW_ARRAY(v->arena, uint8_t, v->invocations);
        bool may_blend = true;
        for (uint32_t i = 0; i < v->invocations; i++) {
            Answer answer = condition_in(v, o[0].condition, i);
            takes[i] = answer == YES;
            may_blend &= answer <= YES;
        }
        v->work += v->invocations;
        return scalar_merge(v, type, o[0].condition, takes, may_blend, o[1], o[2]);
    }
    if (ir_is_bool(type)) {
        return eval_bool(v, inst, type, from, count, o);
    }
    if ((inst->op == OP_CONVERT || inst->op == OP_BITCAST) && is_word(type) && is_word(from)) {
        return o[0];
    }
    if (inst->op == OP_CONVERT && is_word(type) && ir_is_bool(from)) {
        uint32_t *each = NEW_ARRAY(v->arena, uint32_t, v->invocations);
        for (uint32_t i = 0; i < v->invocations; i++) {
            Answer answer = condition_in(v, o[0].condition, i);
            if (answer > YES) {
                return condition_uniform(v, o[0].condition) ? scalar_symbol(v, type)
                                                            : scalar_unknown(type);
            }
            each[i] = answer == YES;
        }
        return scalar_each(v, each);
    }
    if (is_word(type) && is_word(from) && inst->op != OP_CONVERT && inst->op != OP_BITCAST) {
        return eval_word(v, inst, type, count, o);
    }
    return scalar_opaque(v, &ir_ops[inst->op], type->scalar + 64 * from->scalar, type, count, o);
}
