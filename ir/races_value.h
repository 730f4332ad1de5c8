/* What the race check knows of values: numbers for each invocation of a workgroup, plus a sum of symbols that is the same
 * in all of them; and conditions on these.
 */
#ifndef IR_RACES_VALUE_H
#define IR_RACES_VALUE_H

#include "ir/ir.h"

/* A sum of symbols times factors, modulo 2^32. Equal sums are one object; NULL is the empty sum. A symbol is a number that
 * is the same in all invocations and not known. */
typedef struct Sum Sum;
struct Sum {
    uint32_t id, count;
    uint32_t *symbols, *factors; /* in order of the symbols; no factor is 0 */
    const Sum *next;
};

/* A scalar of 32 bits in each invocation, or of any other type if it is a symbol. A bool is a condition. */
typedef struct {
    bool known; /* else it may be anything in each invocation */
    const Sum *sum;
    uint32_t all;         /* added to the sum */
    const uint32_t *each; /* by invocation, instead of `all`; NULL: they are equal */
    uint32_t condition;
} Scalar;

typedef struct {
    Scalar lanes
        [IR_MAX_LANES]; /* of a scalar or vector; of other types, lane 0 stands for the whole */
} Lanes;

/* Conditions by number. */
enum { ALWAYS, NEVER, UNDECIDED, FIRST_CONDITION };

typedef enum {
    IS_BITS,  /* known for each invocation */
    IS_MOST,  /* sum <= most */
    IS_LEAST, /* sum >= most */
    IS_EQUAL, /* sum == most */
    IS_BOTH,
    IS_EITHER,
    IS_NOT,
} ConditionKind;

typedef struct {
    ConditionKind kind;
    bool uniform;        /* the same in all invocations */
    uint32_t depth;      /* of conditions in it */
    uint32_t a, b;       /* conditions */
    const Sum *sum;      /* its first factor is positive */
    int64_t all;         /* the bound … */
    const int64_t *each; /* … by invocation; NULL: `all` */
    const uint8_t *bits;
} Condition;

typedef enum { NO, YES, MAYBE, UNKNOWN } Answer;

typedef struct {
    Arena *arena;
    uint32_t invocations;
    uint64_t work, most_work; /* done, and when to stop */
    uint32_t symbol_count, sum_count;
    const Sum *sums[256];
    VEC(Condition) conditions;
    struct Opaque *opaque[256];
} Values;

void values_init(Values *v, Arena *arena, uint32_t invocations, uint64_t most_work);

static inline uint32_t number_in(const Scalar *s, uint32_t invocation) {
    return s->each != NULL ? s->each[invocation] : s->all;
}
static inline bool is_uniform(const Scalar *s) { /* a number in all invocations */
    return s->known && s->each == NULL;
}
static inline bool is_number(const Scalar *s) { /* no symbols in it */
    return s->known && s->sum == NULL;
}
static inline bool is_constant(const Scalar *s) {
    return is_number(s) && s->each == NULL;
}

Scalar scalar_unknown(const IrType *type);
Scalar scalar_constant(uint32_t value);
Scalar scalar_each(Values *v, const uint32_t *each);
Scalar scalar_symbol(Values *v, const IrType *type); /* a new one */
Scalar scalar_merge(Values *v, const IrType *type, uint32_t condition, const uint8_t *takes_a,
                    bool may_blend, Scalar a, Scalar b);
bool scalar_equal(const Values *v, const Scalar *a, const Scalar *b);
Scalar scalar_add(Values *v, Scalar a, Scalar b, uint32_t factor); /* a + factor * b */

/* A condition: OP_EQ, NE, LT, LE, GT or GE of integers. */
Scalar scalar_compare(Values *v, IrOp op, bool is_signed, Scalar a, Scalar b);

/* The result of a pure op without vectors in it, lane by lane. `type`: of the result; `from`: of the operands. */
Scalar scalar_eval(Values *v, const IrInst *inst, const IrType *type, const IrType *from,
                   uint32_t count, const Scalar *operands);

/* A symbol for what an op gives: the same each time for the same operands, which are uniform. `part` tells results of one
 * op apart. */
Scalar scalar_opaque(Values *v, const void *what, uint32_t part, const IrType *type, uint32_t count,
                     const Scalar *operands);

uint32_t condition_bits(Values *v, const uint8_t *bits);
uint32_t condition_not(Values *v, uint32_t a);
uint32_t condition_both(Values *v, uint32_t a, uint32_t b);
uint32_t condition_either(Values *v, uint32_t a, uint32_t b);
Answer condition_in(const Values *v, uint32_t condition, uint32_t invocation);
bool condition_uniform(const Values *v, uint32_t condition);

/* Whether symbols can be such that `a` holds in invocation p and `b` in invocation q. False where that is not clear. */
bool can_both_hold(Values *v, uint32_t a, uint32_t p, uint32_t b, uint32_t q);

#endif
