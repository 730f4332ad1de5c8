/* See ranges.h. */
#include "ir/passes/ranges.h"

#include "ir/range.h"

typedef struct {
    const IrValue *value;
    Range range;
} Known;

typedef struct {
    uint32_t at; /* in `known` */
    Range before;
} Learned;

typedef struct {
    const IrValue *less, *more;
    bool or_equal;
} Order;

struct Ranges {
    Arena scratch;
    IrFunction *function;
    VEC(Known) known;     /* by IrValue.mark */
    VEC(Learned) learned; /* from conditions around this place, the newest last */
    VEC(Order) orders;    /* likewise */
    void (*fn)(Ranges *, IrInst *, void *);
    void *data;
};

static Known *known_of(const Ranges *r, const IrValue *value) {
    bool here = value->mark < r->known.count && r->known.items[value->mark].value == value;
    return here ? &r->known.items[value->mark] : NULL;
}

static Range range_of(const Ranges *r, const IrValue *value) {
    if (!range_is_for(value->type)) {
        return range_all(value->type);
    }
    const Known *known = known_of(r, value);
    return ir_is_const(value) ? range_of_const(value)
           : known != NULL    ? known->range
                              : range_all(value->type);
}

static void define(Ranges *r, IrValue *value, Range range) {
    if (range_is_for(value->type)) {
        value->mark = r->known.count;
        VEC_PUSH(&r->scratch, &r->known, (Known){value, range});
    }
}

/* ---- which of two is larger ---- */

static bool is_no_more(const Ranges *r, const IrValue *less, const IrValue *more, uint32_t *asked);

/* An op that gives no more than an operand. */
static bool comes_from_no_more(const Ranges *r, const IrInst *less, const IrValue *more,
                               uint32_t *asked) {
    switch (less->op) {
    case OP_AND:
    case OP_MIN:
        return is_no_more(r, less->operands[0], more, asked) ||
               is_no_more(r, less->operands[1], more, asked);
    case OP_DIV:
    case OP_REM:
    case OP_SHR:
        return is_no_more(r, less->operands[0], more, asked);
    default:
        return false;
    }
}

/* An op that gives no less than an operand, as long as it does not wrap. */
static bool makes_no_less(const Ranges *r, const IrValue *less, const IrInst *more,
                          uint32_t *asked) {
    IrValue *const *of = more->operands;
    Range a = more->operand_count > 0 ? range_of(r, of[0]) : range_all(less->type);
    Range b = more->operand_count > 1 ? range_of(r, of[1]) : a;
    switch (more->op) {
    case OP_OR:
    case OP_MAX:
        return is_no_more(r, less, of[0], asked) || is_no_more(r, less, of[1], asked);
    case OP_ADD:
        return a.most + b.most <= UINT32_MAX &&
               (is_no_more(r, less, of[0], asked) || is_no_more(r, less, of[1], asked));
    case OP_MUL:
        return b.least > 0 && a.most <= UINT32_MAX / b.most && is_no_more(r, less, of[0], asked);
    case OP_SHL:
        return b.most < 32 && a.most << b.most <= UINT32_MAX && is_no_more(r, less, of[0], asked);
    default:
        return false;
    }
}

static bool is_known_order(const Ranges *r, const IrValue *less, const IrValue *more,
                           bool or_equal) {
    enum { MOST_ORDERS = 32 };
    uint32_t first = r->orders.count > MOST_ORDERS ? r->orders.count - MOST_ORDERS : 0;
    for (uint32_t i = first; i < r->orders.count; i++) {
        const Order *known = &r->orders.items[i];
        if (known->less == less && known->more == more && (or_equal || !known->or_equal)) {
            return true;
        }
    }
    return false;
}

static bool is_no_more(const Ranges *r, const IrValue *less, const IrValue *more, uint32_t *asked) {
    enum { MOST_ASKED = 64 };
    if (++*asked > MOST_ASKED || less->type != ir_scalar(IR_U32) || less->type != more->type) {
        return false;
    }
    if (less == more || range_of(r, less).most <= range_of(r, more).least ||
        is_known_order(r, less, more, true)) {
        return true;
    }
    return (less->kind == IR_VALUE_RESULT && comes_from_no_more(r, less->inst, more, asked)) ||
           (more->kind == IR_VALUE_RESULT && makes_no_less(r, less, more->inst, asked));
}

/* `a - b`, where b is no more than a and at least 1, and a is no more than `more`. */
static bool is_less(const Ranges *r, const IrValue *less, const IrValue *more, uint32_t *asked) {
    const IrInst *inst = less->kind == IR_VALUE_RESULT ? less->inst : NULL;
    return inst != NULL && inst->op == OP_SUB && range_of(r, inst->operands[1]).least > 0 &&
           is_no_more(r, inst->operands[1], inst->operands[0], asked) &&
           is_no_more(r, inst->operands[0], more, asked);
}

/* ---- what instructions make ---- */

static Range range_of_result(const Ranges *r, const IrInst *inst) {
    if (inst->op == OP_BUILTIN) {
        return range_of_builtin(r->function, inst->builtin, 0);
    }
    if (inst->op == OP_EXTRACT) {
        const IrValue *vector = inst->operands[0];
        bool is_builtin = vector->kind == IR_VALUE_RESULT && vector->inst->op == OP_BUILTIN;
        return is_builtin ? range_of_builtin(r->function, vector->inst->builtin, inst->index)
                          : range_all(inst->results[0]->type);
    }
    Range of[3] = {range_all(NULL), range_all(NULL), range_all(NULL)};
    for (uint32_t i = 0; i < inst->operand_count && i < 3; i++) {
        of[i] = range_of(r, inst->operands[i]);
    }
    uint32_t asked = 0;
    bool is_sub = inst->op == OP_SUB && inst->results[0]->type == ir_scalar(IR_U32);
    return range_of_op(
        inst, of,
        !is_sub                                                          ? RANGE_ANY_ORDER
        : is_known_order(r, inst->operands[1], inst->operands[0], false) ? RANGE_GREATER
        : is_no_more(r, inst->operands[1], inst->operands[0], &asked)    ? RANGE_NO_LESS
                                                                         : RANGE_ANY_ORDER);
}

static void define_result(Ranges *r, const IrInst *inst) {
    if (range_is_for(inst->results[0]->type)) {
        define(r, inst->results[0], range_of_result(r, inst));
    }
}

/* ---- counters of loops ---- */

/* What is added to `base` to make the value; false: something else is done. */
static bool added_to(const IrValue *value, const IrValue *base, uint32_t *by) {
    *by = 0;
    if (value == base) {
        return true;
    }
    const IrInst *sum = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    bool adds = sum != NULL && sum->op == OP_ADD && sum->operands[0] == base &&
                ir_is_const(sum->operands[1]);
    *by = adds ? (uint32_t)sum->operands[1]->bits[0] : 0;
    return adds;
}

/* The value that a counter has in the next round, where that is decided in one place; NULL: it is not. */
static const IrValue *next_of(const IrInst *loop, const IrValue *counter) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    bool is_one = loop->mark == 1 && body->last->op == OP_CONTINUE && more->last->op == OP_NEXT;
    return is_one ? ir_resolve(more->last->operands[counter->index]) : NULL;
}

/* The low bits that stay zero of a counter that each round adds a constant to, or sets to `end` (NULL: not that). */
static uint32_t zeros_of_counter(const Ranges *r, const IrInst *loop, const IrValue *counter,
                                 const IrValue *end) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    const IrValue *next = next_of(loop, counter);
    bool may_end = next != NULL && end != NULL && next->kind == IR_VALUE_RESULT &&
                   next->inst->op == OP_SELECT && ir_resolve(next->inst->operands[2]) == end;
    next = may_end ? ir_resolve(next->inst->operands[1]) : next;
    for (uint32_t i = 0; next != NULL && i < more->param_count; i++) {
        uint32_t first, second;
        if (body->last->operands[i]->type == counter->type &&
            added_to(body->last->operands[i], counter, &first) &&
            added_to(next, more->params[i], &second)) {
            uint32_t by = first + second;
            uint32_t zeros = by == 0 ? 32 : (uint32_t)__builtin_ctz(by);
            uint32_t before = range_of(r, loop->operands[counter->index]).zeros;
            return zeros < before ? zeros : before;
        }
    }
    return 0;
}

/* ---- what conditions tell ---- */

static void narrow(Ranges *r, IrValue *value, int64_t least, int64_t most, uint32_t zeros) {
    if (ir_is_const(value)) {
        return;
    }
    if (known_of(r, value) == NULL) { /* what fn put there for another */
        define(r, value, range_all(value->type));
    }
    Known *known = known_of(r, value);
    Range before = known->range;
    least = least > before.least ? least : before.least;
    most = most < before.most ? most : before.most;
    zeros = zeros > before.zeros ? zeros : before.zeros;
    if (least > before.least || most < before.most || zeros > before.zeros) {
        VEC_PUSH(&r->scratch, &r->learned, (Learned){value->mark, before});
        known->range = range_made(value->type, least < most ? least : most, most, zeros);
    }
}

/* A counter that is not at its end: what it was set to when a step would have gone beyond. */
static void learn_step(Ranges *r, IrValue *counter, const IrValue *end) {
    const IrInst *loop = counter->kind == IR_VALUE_REGION_PARAM ? counter->inst : NULL;
    if (loop != NULL && loop->op == OP_LOOP && known_of(r, counter) != NULL &&
        loop->regions[IR_LOOP_BODY].params[counter->index] == counter) {
        narrow(r, counter, INT64_MIN, INT64_MAX, zeros_of_counter(r, loop, counter, end));
    }
}

static void learn_less(Ranges *r, IrValue *less, IrValue *more, bool or_equal) {
    if (!range_is_for(less->type)) {
        return;
    }
    int64_t apart = or_equal ? 0 : 1;
    narrow(r, less, INT64_MIN, range_of(r, more).most - apart, 0);
    narrow(r, more, range_of(r, less).least + apart, INT64_MAX, 0);
    VEC_PUSH(&r->scratch, &r->orders, (Order){less, more, or_equal});
    if (!or_equal) {
        learn_step(r, less, more);
    }
}

/* Of a number that is not zero. */
static void learn_other(Ranges *r, IrValue *value, const IrValue *than) {
    bool is_zero =
        ir_is_const(than) && range_is_for(than->type) && range_of_const(than).zeros == 32;
    if (is_zero && range_of(r, value).least == 0) {
        narrow(r, value, 1, INT64_MAX, 0);
    }
}

static void learn(Ranges *r, const IrValue *condition, bool truth, unsigned depth) {
    enum { DEEPEST = 16 };
    if (condition->kind != IR_VALUE_RESULT || depth == DEEPEST) {
        return;
    }
    const IrInst *inst = condition->inst;
    IrValue *const *of = inst->operands;
    switch (inst->op) {
    case OP_AND:
    case OP_OR:
        if (truth == (inst->op == OP_AND)) {
            learn(r, of[0], truth, depth + 1);
            learn(r, of[1], truth, depth + 1);
        }
        break;
    case OP_NOT:
        learn(r, of[0], !truth, depth + 1);
        break;
    case OP_LT:
    case OP_GE: /* not less */
        if (truth == (inst->op == OP_LT)) {
            learn_less(r, of[0], of[1], false);
        } else {
            learn_less(r, of[1], of[0], true);
        }
        break;
    case OP_GT:
    case OP_LE:
        if (truth == (inst->op == OP_GT)) {
            learn_less(r, of[1], of[0], false);
        } else {
            learn_less(r, of[0], of[1], true);
        }
        break;
    case OP_EQ:
    case OP_NE:
        if (truth == (inst->op == OP_EQ)) {
            learn_less(r, of[0], of[1], true);
            learn_less(r, of[1], of[0], true);
        } else {
            learn_other(r, of[0], of[1]);
        }
        break;
    default:
        break;
    }
}

static void forget_to(Ranges *r, uint32_t learned, uint32_t orders) {
    while (r->learned.count > learned) {
        const Learned *last = &r->learned.items[--r->learned.count];
        r->known.items[last->at].range = last->before;
    }
    r->orders.count = orders;
}

/* ---- loops ---- */

/* How often a region continues the loop that it is in. Notes the number of each loop (IrInst.mark). */
static uint32_t count_continues(IrRegion *region) {
    uint32_t count = 0;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        count += inst->op == OP_CONTINUE;
        if (inst->op == OP_LOOP) {
            inst->mark = count_continues(&inst->regions[IR_LOOP_BODY]);
            count_continues(&inst->regions[IR_LOOP_CONTINUING]);
        } else {
            for (uint32_t i = 0; i < inst->region_count; i++) {
                count += count_continues(&inst->regions[i]);
            }
        }
    }
    return count;
}

/* ---- the walk ---- */

static void resolve(IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
}

static void walk(Ranges *r, IrRegion *region);

/* Which of its arms go on behind it. */
static bool comes_back(const IrInst *inst, uint32_t arm) {
    return inst->regions[arm].last->op == OP_YIELD;
}

static void learn_behind(Ranges *r, const IrInst *inst) {
    bool on_true = comes_back(inst, IR_IF_TRUE);
    if (on_true != comes_back(inst, IR_IF_FALSE)) {
        learn(r, ir_resolve(inst->operands[0]), on_true, 0);
    }
}

static void walk_if(Ranges *r, IrInst *inst) {
    uint32_t learned = r->learned.count, orders = r->orders.count;
    for (uint32_t i = 0; i < inst->region_count; i++) {
        learn(r, inst->operands[0], i == IR_IF_TRUE, 0);
        walk(r, &inst->regions[i]);
        forget_to(r, learned, orders);
    }
    learn_behind(r, inst);
}

/* Whether the value is the base or grows from it by a constant, without wrapping where the base is `*most` at most; that of
 * the value is put there. */
static bool grows_from(const IrValue *base, const IrValue *value, int64_t *most) {
    if (value == base) {
        return true;
    }
    const IrInst *inst = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    if (inst == NULL || inst->operand_count != 2 || inst->operands[0] != base ||
        !ir_is_const(inst->operands[1]) || !range_is_for(inst->operands[1]->type)) {
        return false;
    }
    int64_t by = range_of_const(inst->operands[1]).most;
    bool grows = inst->op == OP_ADD   ? by >= 0 && !__builtin_add_overflow(*most, by, most)
                 : inst->op == OP_MUL ? by > 0 && !__builtin_mul_overflow(*most, by, most)
                                      : inst->op == OP_SHL && by >= 0 && by < 32 &&
                                            !__builtin_mul_overflow(*most, (int64_t)1 << by, most);
    return grows && *most <= range_all(value->type).most;
}

/* Whether the counter grows to `next`, by way of what the body hands on; or that is a limit, which it is below. */
static bool grows_to(const Ranges *r, const IrInst *loop, const IrValue *counter,
                     const IrValue *next) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    for (uint32_t i = 0; i < more->param_count; i++) {
        int64_t most = range_of(r, counter).most;
        if (body->last->operands[i]->type == counter->type &&
            grows_from(counter, body->last->operands[i], &most) &&
            grows_from(more->params[i], next, &most)) {
            return true;
        }
    }
    uint32_t asked = 0;
    return is_no_more(r, counter, next, &asked);
}

static bool only_grows(const Ranges *r, const IrInst *loop, const IrValue *counter) {
    const IrValue *next = range_is_for(counter->type) ? next_of(loop, counter) : NULL;
    if (next == NULL || range_of(r, loop->operands[counter->index]).least < 0) {
        return false;
    }
    bool is_choice = next->kind == IR_VALUE_RESULT && next->inst->op == OP_SELECT;
    return is_choice ? grows_to(r, loop, counter, ir_resolve(next->inst->operands[1])) &&
                           grows_to(r, loop, counter, ir_resolve(next->inst->operands[2]))
                     : grows_to(r, loop, counter, next);
}

/* What only grows, where the loop goes on, is never less than at first. */
static void walk_counters(Ranges *r, const IrInst *loop) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    bool *grows = NEW_ARRAY(&r->scratch, bool, body->param_count + 1);
    uint32_t learned = r->learned.count, orders = r->orders.count;
    for (const IrInst *inst = body->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_IF) {
            learn_behind(r, inst);
        }
    }
    for (uint32_t i = 0; i < body->param_count; i++) {
        grows[i] = only_grows(r, loop, body->params[i]);
    }
    forget_to(r, learned, orders);
    for (uint32_t i = 0; i < body->param_count; i++) {
        if (grows[i]) {
            Range *range = &known_of(r, body->params[i])->range;
            int64_t first = range_of(r, loop->operands[i]).least;
            *range = range_made(body->params[i]->type, first, range->most, range->zeros);
        }
    }
}

static void walk_loop(Ranges *r, IrInst *loop) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    for (uint32_t i = 0; i < body->param_count; i++) {
        const Range all = range_all(body->params[i]->type);
        define(r, body->params[i],
               range_made(body->params[i]->type, all.least, all.most,
                          zeros_of_counter(r, loop, body->params[i], NULL)));
    }
    walk_counters(r, loop);
    walk(r, &loop->regions[IR_LOOP_BODY]);
    walk(r, &loop->regions[IR_LOOP_CONTINUING]);
}

static void walk(Ranges *r, IrRegion *region) {
    uint32_t learned = r->learned.count, orders = r->orders.count;
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        resolve(inst);
        if (inst->op == OP_IF) {
            walk_if(r, inst);
        } else if (inst->op == OP_LOOP) {
            walk_loop(r, inst);
        } else if (inst->result_count == 1) {
            define_result(r, inst);
        }
        r->fn(r, inst, r->data);
    }
    forget_to(r, learned, orders);
}

void ranges_walk(IrFunction *function, void (*fn)(Ranges *, IrInst *, void *data), void *data) {
    Ranges r = {.function = function, .fn = fn, .data = data};
    count_continues(&function->body);
    walk(&r, &function->body);
    arena_release(&r.scratch);
}

uint32_t ranges_most(const Ranges *ranges, const IrValue *value) {
    return value->type == ir_scalar(IR_U32) ? (uint32_t)range_of(ranges, value).most : UINT32_MAX;
}

uint32_t ranges_zeros(const Ranges *ranges, const IrValue *value) {
    return value->type == ir_scalar(IR_U32) ? range_of(ranges, value).zeros : 0;
}

/* Whether what is no larger than the value is no larger than the buffer is long. */
static bool is_length(const IrValue *value, const IrValue *buffer, unsigned depth) {
    const IrInst *inst = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    if (inst == NULL || depth == 0) {
        return false;
    }
    return (inst->op == OP_LEN && inst->operands[0] == buffer) ||
           (inst->op == OP_MIN && (is_length(inst->operands[0], buffer, depth - 1) ||
                                   is_length(inst->operands[1], buffer, depth - 1)));
}

bool ranges_below_length(const Ranges *ranges, const IrValue *value, const IrValue *buffer) {
    enum { MOST_LENGTHS = 32, DEEPEST = 4 };
    uint32_t asked = 0;
    for (uint32_t i = ranges->orders.count, seen = 0; i > 0 && seen < MOST_LENGTHS; seen++) {
        const Order *known = &ranges->orders.items[--i];
        if (is_length(known->more, buffer, DEEPEST) &&
            (known->or_equal ? is_less(ranges, value, known->less, &asked)
                             : is_no_more(ranges, value, known->less, &asked))) {
            return true;
        }
    }
    return false;
}
