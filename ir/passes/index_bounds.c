/* See index_bounds.h. */
#include "ir/passes/index_bounds.h"

enum { DEEPEST = 8, MOST_FACTS = 64 };
static const int64_t MOST_TIMES = 1 << 20;

static uint32_t bits(const IrValue *value) {
    return (uint32_t)value->bits[0];
}

/* ---- the most that a value can be ---- */

static const IrInst *made_by(const IrValue *value) {
    return value->kind == IR_VALUE_RESULT ? value->inst : NULL;
}

static IrValue *most(Entry *e, IrValue *value, unsigned depth);

/* What makes the value, and which lane of it the value is; of a scalar, lane 0. */
static const IrInst *made_as_lane(const IrValue *value, uint32_t *lane) {
    const IrInst *inst = made_by(value);
    *lane = 0;
    if (inst != NULL && inst->op == OP_EXTRACT && ir_is_vector(inst->operands[0]->type)) {
        *lane = inst->index;
        return made_by(inst->operands[0]);
    }
    return inst;
}

static bool is_zero_lane(const IrValue *value, uint32_t lane) {
    return ir_is_const(value) && (uint32_t)value->bits[lane] == 0;
}

/* Of a signed number that is brought between two: as u32 it is no more than the upper one, where that is not negative. Where
 * it is, min(max(x, 0), m) has its bits, and max(min(x, m), 0) is 0. */
static IrValue *most_of_clamped(Entry *e, const IrValue *value) {
    uint32_t lane;
    const IrInst *outer = made_as_lane(value, &lane);
    if (value->type != ir_scalar(IR_I32) || outer == NULL ||
        (outer->op != OP_MIN && outer->op != OP_MAX)) {
        return NULL;
    }
    for (uint32_t i = 0; i < 2; i++) {
        const IrInst *inner = made_by(outer->operands[1 - i]);
        bool other = inner != NULL && inner->op == (outer->op == OP_MIN ? OP_MAX : OP_MIN);
        bool is_max = outer->op == OP_MAX && is_zero_lane(outer->operands[i], lane);
        for (uint32_t k = 0; other && k < 2; k++) {
            bool is_min = outer->op == OP_MIN && is_zero_lane(inner->operands[k], lane);
            IrValue *m = is_min   ? entry_lane(e, outer->operands[i], lane)
                         : is_max ? entry_lane(e, inner->operands[1 - k], lane)
                                  : NULL;
            if (m != NULL) { /* a negative one is above all lengths that can be: 2^31 */
                return m;
            }
        }
    }
    return NULL;
}

static IrValue *most_of_facts(Entry *e, const IrValue *value, unsigned depth) {
    uint32_t seen = 0;
    for (const Fact *f = e->facts; f != NULL && seen < MOST_FACTS; f = f->around, seen++) {
        if (f->less == value) {
            IrValue *more = most(e, f->more, depth - 1);
            if (more != NULL) {
                return f->or_equal ? more : entry_difference(e, more, entry_number(e, 1));
            }
        }
    }
    return NULL;
}

static IrValue *most_of_op(Entry *e, const IrInst *inst, unsigned depth) {
    IrValue *const *of = inst->operands;
    bool by_number = inst->operand_count == 2 && ir_is_const(of[1]);
    IrValue *a, *b;
    switch (inst->op) {
    case OP_AND:
    case OP_MIN:
        b = most(e, of[1], depth - 1);
        a = b == NULL || !ir_is_const(b) ? most(e, of[0], depth - 1) : NULL;
        return a == NULL ? b : b == NULL ? a : entry_smaller(e, a, b);
    case OP_REM:
        b = most(e, of[1], depth - 1);
        return b != NULL ? entry_difference(e, b, entry_number(e, 1)) : NULL;
    case OP_SHR:
        return by_number && bits(of[1]) > 0 && bits(of[1]) < 32
                   ? entry_number(e, UINT32_MAX >> bits(of[1]))
                   : NULL;
    case OP_ADD:
    case OP_MUL:
        a = most(e, of[0], depth - 1);
        b = a != NULL ? most(e, of[1], depth - 1) : NULL;
        return b == NULL ? NULL : inst->op == OP_ADD ? entry_sum(e, a, b) : entry_product(e, a, b);
    case OP_SHL:
        a = by_number && bits(of[1]) < 32 ? most(e, of[0], depth - 1) : NULL;
        return a != NULL ? entry_product(e, a, entry_number(e, 1u << bits(of[1]))) : NULL;
    case OP_MAX:
    case OP_SELECT:
        a = most(e, of[inst->operand_count - 2], depth - 1);
        b = a != NULL ? most(e, of[inst->operand_count - 1], depth - 1) : NULL;
        return b != NULL ? entry_larger(e, a, b) : NULL;
    case OP_CONVERT:
    case OP_BITCAST:
        return most_of_clamped(e, of[0]);
    default:
        return NULL;
    }
}

static IrValue *most(Entry *e, IrValue *value, unsigned depth) {
    if (value->type != ir_scalar(IR_U32) || depth == 0 || !entry_may_ask(e)) {
        return NULL;
    }
    IrValue *here = entry_value(e, value);
    if (here != NULL) {
        return here;
    }
    here = most_of_facts(e, value, depth);
    const IrInst *inst = made_by(value);
    return here != NULL || inst == NULL ? here : most_of_op(e, inst, depth);
}

static bool is_word(const IrValue *value) {
    return value->type == ir_scalar(IR_U32) || value->type == ir_scalar(IR_I32);
}

/* ---- sums ---- */

/* The same in all invocations of the dispatch. */
static bool is_common(const IrValue *value, unsigned depth) {
    const IrInst *inst = made_by(value);
    if (inst == NULL) {
        return value->kind != IR_VALUE_REGION_PARAM;
    }
    if (depth == 0 || !ir_has(inst->op, IR_PURE) || inst->region_count > 0 ||
        (inst->op == OP_BUILTIN && inst->builtin != IR_BUILTIN_GROUP_COUNT &&
         inst->builtin != IR_BUILTIN_GROUP_SIZE)) {
        return false;
    }
    for (uint32_t i = 0; inst->op != OP_LEN && i < inst->operand_count; i++) {
        if (!is_common(inst->operands[i], depth - 1)) {
            return false;
        }
    }
    return true;
}

static bool add_term(IndexForm *form, IrValue *value, int64_t times) {
    for (uint32_t i = 0; i < form->count; i++) {
        if (form->terms[i].value == value) {
            form->terms[i].times += times;
            return true;
        }
    }
    if (form->count == INDEX_MOST_TERMS) {
        return false;
    }
    form->terms[form->count++] = (IndexTerm){value, times};
    return true;
}

/* A part of which only the most is known: it may be anything from 0 on. */
static void add_up_to(Entry *e, IndexForm *form, IrValue *up_to, int64_t times) {
    IrValue *all = entry_product(e, up_to, entry_number(e, (uint32_t)(times < 0 ? -times : times)));
    IrValue **side = times < 0 ? &form->down : &form->up;
    *side = entry_sum(e, *side, all);
}

/* Where the op itself keeps the value below something that all invocations have in common: that; else NULL. */
static IrValue *most_in_common(Entry *e, const IrValue *value) {
    uint32_t lane;
    const IrInst *inst = made_as_lane(value, &lane);
    if (inst == NULL || is_common(value, DEEPEST)) {
        return NULL;
    }
    IrValue *up_to = NULL;
    if (value->type == ir_scalar(IR_I32)) {
        up_to = most_of_clamped(e, value);
    } else if (inst == made_by(value)) {
        bool keeps = inst->op == OP_MIN || inst->op == OP_REM || inst->op == OP_AND ||
                     inst->op == OP_CONVERT || inst->op == OP_BITCAST;
        up_to = keeps ? most_of_op(e, inst, DEEPEST) : NULL;
    } else if (inst->op == OP_MIN) {
        for (uint32_t i = 0; i < 2 && up_to == NULL; i++) {
            bool common = is_common(inst->operands[i], DEEPEST);
            up_to = common ? entry_lane(e, inst->operands[i], lane) : NULL;
        }
    }
    return up_to != NULL && is_common(up_to, DEEPEST) ? up_to : NULL;
}

static bool add(Entry *e, IndexForm *form, IrValue *value, int64_t times, unsigned depth);

/* ---- what grows in loops ---- */

/* Whether a round of the loop goes on at the end of its body alone. */
static bool goes_on_at_end(Entry *e, const IrRegion *region, bool is_body, unsigned depth) {
    bool is_so = !is_body || region->last->op == OP_CONTINUE;
    for (const IrInst *inst = region->first; inst != NULL && is_so; inst = inst->next) {
        is_so = depth > 0 && entry_may_ask(e) &&
                (inst->op != OP_CONTINUE || (is_body && inst == region->last));
        for (uint32_t i = 0; i < inst->region_count && is_so && inst->op != OP_LOOP; i++) {
            is_so = goes_on_at_end(e, &inst->regions[i], false, depth - 1);
        }
    }
    return is_so;
}

/* What is added to the base to make the value, at the entry; NULL: it is something else. */
static IrValue *step_from(Entry *e, const IrValue *base, const IrValue *value) {
    const IrInst *inst = made_by(value);
    if (value == base) {
        return entry_number(e, 0);
    }
    return inst != NULL && inst->op == OP_ADD && inst->operands[0] == base
               ? entry_word(e, inst->operands[1])
               : NULL;
}

/* What each round adds to what the loop carries; NULL: something else is done. */
static IrValue *step_of(Entry *e, const IrInst *loop, const IrValue *carried) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    for (uint32_t i = 0; i < more->param_count; i++) {
        IrValue *second = step_from(e, more->params[i], more->last->operands[carried->index]);
        IrValue *first = second != NULL ? step_from(e, carried, body->last->operands[i]) : NULL;
        if (first != NULL) {
            return entry_sum(e, first, second);
        }
    }
    return NULL;
}

/* How many rounds came before one, at most: a counter goes up by one, and the loop is left unless it is below something. */
static IrValue *most_rounds(Entry *e, const IrInst *loop) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    for (const IrInst *inst = body->first; inst != NULL && entry_may_ask(e); inst = inst->next) {
        bool is_if = inst->op == OP_IF;
        bool on_true = is_if && inst->regions[IR_IF_TRUE].last->op == OP_YIELD;
        bool leaves = is_if && on_true != (inst->regions[IR_IF_FALSE].last->op == OP_YIELD);
        const Fact *fact =
            leaves ? facts_learn(e->scratch, NULL, inst->operands[0], on_true) : NULL;
        for (; fact != NULL; fact = fact->around) {
            const IrValue *counter = fact->less;
            bool counts = !fact->or_equal && counter->kind == IR_VALUE_REGION_PARAM &&
                          counter->inst == loop && body->params[counter->index] == counter;
            IrValue *by = counts ? step_of(e, loop, counter) : NULL;
            IrValue *end = by != NULL && entry_is_number(by, 1) ? entry_value(e, fact->more) : NULL;
            IrValue *from = end != NULL ? entry_value(e, loop->operands[counter->index]) : NULL;
            if (from != NULL) {
                return entry_difference(e, end, entry_sum(e, from, entry_number(e, 1)));
            }
        }
    }
    return NULL;
}

/* What a loop carries and each round adds the same to: what it is at first, and up to so much more. */
static bool add_carried(Entry *e, IndexForm *form, const IrValue *value, int64_t times,
                        unsigned depth, bool *known) {
    const IrInst *loop = value->kind == IR_VALUE_REGION_PARAM ? value->inst : NULL;
    if (loop == NULL || depth == 0 || loop->op != OP_LOOP || !entry_is_behind(e, value) ||
        value->type != ir_scalar(IR_U32) ||
        loop->regions[IR_LOOP_BODY].params[value->index] != value ||
        loop->regions[IR_LOOP_CONTINUING].last->op != OP_NEXT ||
        !goes_on_at_end(e, &loop->regions[IR_LOOP_BODY], true, DEEPEST)) {
        return false;
    }
    IrValue *step = step_of(e, loop, value);
    IrValue *rounds = step != NULL ? most_rounds(e, loop) : NULL;
    if (rounds == NULL || (ir_is_const(step) && bits(step) > INT32_MAX)) { /* or it goes down */
        return false;
    }
    add_up_to(e, form, entry_product(e, rounds, step), times);
    *known = add(e, form, loop->operands[value->index], times, depth - 1);
    return true;
}

/* The parts of what the op makes, if it is a sum or what is as good as one; modulo 2^32 signed numbers are like others. */
static bool add_parts(Entry *e, IndexForm *form, const IrInst *inst, int64_t times, unsigned depth,
                      bool *known) {
    IrValue *const *of = inst->operands;
    bool by_number = inst->operand_count == 2 && ir_is_const(of[1]);
    int64_t by = by_number ? (int32_t)bits(of[1]) : 0;
    switch (inst->op) {
    case OP_ADD:
    case OP_SUB:
        *known = add(e, form, of[0], times, depth - 1) &&
                 add(e, form, of[1], inst->op == OP_ADD ? times : -times, depth - 1);
        return true;
    case OP_SHL:
        by = by >= 0 && by <= 20 ? (int64_t)1 << by : MOST_TIMES + 1;
        break;
    case OP_MUL:
        break;
    case OP_CONVERT:
    case OP_BITCAST:
        *known = add(e, form, of[0], times, depth - 1);
        return is_word(of[0]);
    default:
        return false;
    }
    if (by_number && by <= MOST_TIMES && by >= -MOST_TIMES) {
        *known = add(e, form, of[0], times * by, depth - 1);
        return true;
    }
    /* a row that is clamped, times a length */
    for (uint32_t i = 0; i < 2 && inst->op == OP_MUL; i++) {
        IrValue *up_to = is_common(of[1 - i], DEEPEST) ? most_in_common(e, of[i]) : NULL;
        IrValue *other = up_to != NULL ? entry_word(e, of[1 - i]) : NULL;
        if (other != NULL) {
            add_up_to(e, form, entry_product(e, up_to, other), times);
            *known = true;
            return true;
        }
    }
    return false;
}

static bool add(Entry *e, IndexForm *form, IrValue *value, int64_t times, unsigned depth) {
    if (!is_word(value) || times > MOST_TIMES || times < -MOST_TIMES || !entry_may_ask(e)) {
        return false;
    }
    if (ir_is_const(value)) {
        form->constant += times * (int32_t)bits(value);
        return true;
    }
    bool known;
    if (add_carried(e, form, value, times, depth, &known)) {
        return known;
    }
    IrValue *up_to = most_in_common(e, value);
    const IrInst *inst = up_to == NULL && depth > 0 ? made_by(value) : NULL;
    if (inst != NULL && add_parts(e, form, inst, times, depth, &known)) {
        return known;
    }
    IrValue *here = up_to == NULL ? entry_word(e, value) : NULL;
    if (here != NULL) {
        return add_term(form, here, times);
    }
    up_to = up_to != NULL ? up_to : most(e, value, DEEPEST);
    if (up_to != NULL) {
        add_up_to(e, form, up_to, times);
    }
    return up_to != NULL;
}

/* Whether what all invocations have in common goes one way, as the constant does, beside something of an invocation's own
 * that goes up. Else it may well be more than the rest, which would then never be found inside. */
static bool is_shared(const IndexForm *form) {
    bool own = false, up = form->constant > 0, down = form->constant < 0;
    for (uint32_t i = 0; i < form->count; i++) {
        const IndexTerm *term = &form->terms[i];
        bool common = is_common(term->value, DEEPEST);
        if (!common && term->times < 0) {
            return false;
        }
        own |= !common;
        up |= common && term->times > 0;
        down |= common && term->times < 0;
    }
    return own && !(up && down);
}

/* The constant moves from the base into `up` or `down`, and so does what all invocations have in common: neighbours have
 * one base, such as `at` of `at + row` and `at - row`. */
static void share_base(Entry *e, IndexForm *form) {
    const IndexForm whole = *form;
    bool shared = is_shared(form);
    form->count = 0;
    for (uint32_t i = 0; i < whole.count; i++) {
        const IndexTerm *term = &whole.terms[i];
        if (shared && is_common(term->value, DEEPEST)) {
            add_up_to(e, form, term->value, term->times);
        } else {
            form->terms[form->count++] = *term;
        }
    }
    if (whole.count > 0 || whole.constant > 0) {
        form->constant = 0;
        add_up_to(e, form, entry_number(e, 1), whole.constant);
    }
}

bool index_form(Entry *e, IrValue *index, IndexForm *form) {
    *form = (IndexForm){.up = entry_number(e, 0), .down = entry_number(e, 0)};
    if (!add(e, form, index, 1, DEEPEST)) {
        return false;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < form->count; i++) {
        const IndexTerm *term = &form->terms[i];
        if (term->times > MOST_TIMES || term->times < -MOST_TIMES) {
            return false;
        }
        if (term->times != 0) {
            form->terms[kept++] = *term;
        }
    }
    form->count = kept;
    if (form->constant > INT32_MAX || form->constant < -INT32_MAX) {
        return false;
    }
    share_base(e, form);
    return entry_may_ask(e);
}

bool index_same_base(const IndexForm *a, const IndexForm *b) {
    uint32_t same = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t k = 0; k < b->count; k++) {
            same +=
                a->terms[i].value == b->terms[k].value && a->terms[i].times == b->terms[k].times;
        }
    }
    return a->count == b->count && same == a->count && a->constant == b->constant;
}

IrValue *index_base(Entry *e, const IndexForm *form) {
    IrValue *sum = entry_number(e, (uint32_t)form->constant);
    for (uint32_t i = 0; i < form->count; i++) {
        const IndexTerm *term = &form->terms[i];
        IrValue *times = entry_number(e, (uint32_t)term->times);
        IrValue *part = term->times == 1 ? term->value : entry_op(e, OP_MUL, term->value, times);
        sum = entry_is_number(sum, 0) ? part : entry_op(e, OP_ADD, sum, part);
    }
    return sum;
}
