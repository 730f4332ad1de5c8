/* Subgroup operations, all active lanes at once. Sums go from the lowest lane up. A value of a lane that is not there, or
 * not active, is one that nobody may rely on.
 */
#include "ir/interp/group.h"

#include "ir/base/fatal.h"

typedef struct {
    const Step *step;
    const IrType *type; /* of the result; NULL: none */
    uint32_t count;
    Invocation *const *lanes;
} Together;

static uint64_t *operand(const Together *t, uint32_t lane, uint32_t index) {
    return &t->lanes[lane]->frame[t->step->operands[index]];
}

static uint64_t *result(const Together *t, uint32_t lane) {
    return &t->lanes[lane]->frame[t->step->result];
}

static uint32_t number_of(const Together *t, uint32_t lane) {
    return t->lanes[lane]->builtins[IR_BUILTIN_LANE][0];
}

/* ---- sums and the like ---- */

typedef struct {
    IrOp op;
    enum { REDUCE, INCLUSIVE, EXCLUSIVE } kind;
} Fold;

static const Fold folds[OP_COUNT] = {
    [OP_SUBGROUP_ADD] = {OP_ADD, REDUCE},
    [OP_SUBGROUP_MUL] = {OP_MUL, REDUCE},
    [OP_SUBGROUP_MIN] = {OP_MIN, REDUCE},
    [OP_SUBGROUP_MAX] = {OP_MAX, REDUCE},
    [OP_SUBGROUP_AND] = {OP_AND, REDUCE},
    [OP_SUBGROUP_OR] = {OP_OR, REDUCE},
    [OP_SUBGROUP_XOR] = {OP_XOR, REDUCE},
    [OP_SUBGROUP_INCLUSIVE_ADD] = {OP_ADD, INCLUSIVE},
    [OP_SUBGROUP_INCLUSIVE_MUL] = {OP_MUL, INCLUSIVE},
    [OP_SUBGROUP_EXCLUSIVE_ADD] = {OP_ADD, EXCLUSIVE},
    [OP_SUBGROUP_EXCLUSIVE_MUL] = {OP_MUL, EXCLUSIVE},
};

static void fold(const Together *t, Fold how) {
    uint64_t sum[IR_MAX_LANES];
    uint32_t words = t->type->words;
    for (uint32_t i = 0; i < words; i++) {
        sum[i] = ir_bits_of_number(t->type->scalar, how.op == OP_MUL ? 1 : 0);
    }
    for (uint32_t lane = 0; lane < t->count; lane++) {
        uint64_t next[IR_MAX_LANES];
        EvalOperand operands[] = {{t->type, sum}, {t->type, operand(t, lane, 0)}};
        if (lane == 0) { /* min and and have no neutral 0 */
            memcpy(next, operands[1].bits, words * sizeof *next);
        } else {
            ir_eval(how.op, 0, NULL, t->type, 2, operands, next);
        }
        copy_words(result(t, lane), how.kind == EXCLUSIVE ? sum : next, words);
        copy_words(sum, next, words);
    }
    for (uint32_t lane = 0; how.kind == REDUCE && lane < t->count; lane++) {
        copy_words(result(t, lane), sum, words);
    }
}

/* ---- values of other lanes ---- */

/* The number of the lane whose value `lane` gets; any other number: of none. */
static uint64_t source_of(const Together *t, uint32_t lane) {
    uint64_t own = number_of(t, lane), number = *operand(t, lane, 1);
    switch (t->step->inst->op) {
    case OP_SUBGROUP_SHUFFLE_XOR:
        return own ^ number;
    case OP_SUBGROUP_SHUFFLE_UP:
        return own - number;
    case OP_SUBGROUP_SHUFFLE_DOWN:
        return own + number;
    default:
        return number;
    }
}

static void shuffle(const Together *t) {
    for (uint32_t lane = 0; lane < t->count; lane++) {
        uint64_t number = source_of(t, lane), *to = result(t, lane);
        for (uint32_t i = 0; i < t->type->words; i++) {
            to[i] = memory_garbage(t->type->scalar);
        }
        for (uint32_t from = 0; from < t->count; from++) {
            if (number_of(t, from) == number) {
                copy_words(to, operand(t, from, 0), t->type->words);
            }
        }
    }
}

/* ---- votes ---- */

static void vote(const Together *t, IrOp op) {
    uint64_t ballot[4] = {0};
    uint32_t yes = 0;
    for (uint32_t lane = 0; lane < t->count; lane++) {
        uint32_t number = number_of(t, lane);
        if (*operand(t, lane, 0) != 0) {
            yes++;
            if (number < 128) {
                ballot[number / 32] |= (uint64_t)1 << number % 32;
            }
        }
    }
    for (uint32_t lane = 0; lane < t->count; lane++) {
        if (op == OP_SUBGROUP_BALLOT) {
            copy_words(result(t, lane), ballot, 4);
        } else {
            *result(t, lane) = op == OP_SUBGROUP_ANY ? yes > 0 : yes == t->count;
        }
    }
}

void subgroup_do(const Step *step, uint32_t count, Invocation *const *lanes) {
    const IrInst *inst = step->inst;
    Together t = {step, inst->result_count > 0 ? inst->results[0]->type : NULL, count, lanes};
    switch (inst->op) {
    case OP_SUBGROUP_BARRIER:
        break; /* what came before is done */
    case OP_SUBGROUP_BROADCAST:
    case OP_SUBGROUP_SHUFFLE:
    case OP_SUBGROUP_SHUFFLE_XOR:
    case OP_SUBGROUP_SHUFFLE_UP:
    case OP_SUBGROUP_SHUFFLE_DOWN:
        shuffle(&t);
        break;
    case OP_SUBGROUP_BROADCAST_FIRST:
        for (uint32_t lane = 0; lane < count; lane++) {
            copy_words(result(&t, lane), operand(&t, 0, 0), t.type->words);
        }
        break;
    case OP_SUBGROUP_ANY:
    case OP_SUBGROUP_ALL:
    case OP_SUBGROUP_BALLOT:
        vote(&t, inst->op);
        break;
    case OP_SUBGROUP_ELECT:
        for (uint32_t lane = 0; lane < count; lane++) {
            *result(&t, lane) = lane == 0;
        }
        break;
    default:
        REQUIRE(folds[inst->op].op != OP_NONE);
        fold(&t, folds[inst->op]);
    }
}
