/* See index_bounds.h. */
#include "ir/passes/index_bounds.h"

enum { DEEPEST = 8, MOST_MADE = 200, MOST_ASKED = 4000, MOST_FACTS = 64 };
static const int64_t MOST_TIMES = 1 << 20;

/* ---- facts ---- */

static const Fact *learn_less(Arena *arena, const Fact *around, IrValue *less, IrValue *more,
                              bool or_equal) {
    if (less->type != ir_scalar(IR_U32) || ir_is_const(less)) {
        return around;
    }
    Fact *fact = NEW(arena, Fact);
    *fact = (Fact){less, more, or_equal, around};
    return fact;
}

static const Fact *learn(Arena *arena, const Fact *around, const IrValue *condition, bool truth,
                         unsigned depth) {
    if (condition->kind != IR_VALUE_RESULT || depth == 0) {
        return around;
    }
    const IrInst *inst = condition->inst;
    IrValue *const *of = inst->operands;
    switch (inst->op) {
    case OP_AND:
    case OP_OR:
        if (truth == (inst->op == OP_AND)) {
            around = learn(arena, around, of[0], truth, depth - 1);
            return learn(arena, around, of[1], truth, depth - 1);
        }
        return around;
    case OP_NOT:
        return learn(arena, around, of[0], !truth, depth - 1);
    case OP_LT:
    case OP_GE:
        return truth == (inst->op == OP_LT) ? learn_less(arena, around, of[0], of[1], false)
                                            : learn_less(arena, around, of[1], of[0], true);
    case OP_GT:
    case OP_LE:
        return truth == (inst->op == OP_GT) ? learn_less(arena, around, of[1], of[0], false)
                                            : learn_less(arena, around, of[0], of[1], true);
    default:
        return around;
    }
}

const Fact *facts_learn(Arena *arena, const Fact *around, const IrValue *condition, bool truth) {
    return learn(arena, around, condition, truth, DEEPEST);
}

/* ---- arithmetic at the entry ---- */

static IrValue *number(IndexEntry *e, uint32_t value) {
    return ir_const_u32(e->b.module, value);
}

static uint32_t bits(const IrValue *value) {
    return (uint32_t)value->bits[0];
}

static bool is_number(const IrValue *value, uint32_t bits_of_it) {
    return ir_is_const(value) && bits(value) == bits_of_it;
}

static bool are_numbers(const IrValue *a, const IrValue *b) {
    return ir_is_const(a) && ir_is_const(b);
}

static IrValue *make(IndexEntry *e, IrOp op, IrValue *a, IrValue *b) {
    e->made++;
    return ir_binary(&e->b, op, a, b);
}

IrValue *index_sum(IndexEntry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        uint64_t sum = (uint64_t)bits(a) + bits(b);
        return number(e, sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX);
    }
    if (is_number(a, 0) || is_number(b, 0)) {
        return is_number(a, 0) ? b : a;
    }
    if (ir_is_const(a)) {
        IrValue *swapped = a;
        a = b;
        b = swapped;
    }
    e->made++;
    IrValue *room = ir_is_const(b) ? number(e, ~bits(b)) : ir_unary(&e->b, OP_NOT, b);
    return make(e, OP_ADD, make(e, OP_MIN, a, room), b);
}

IrValue *index_difference(IndexEntry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return number(e, bits(a) > bits(b) ? bits(a) - bits(b) : 0);
    }
    return is_number(b, 0) ? a : make(e, OP_SUB, a, make(e, OP_MIN, a, b));
}

IrValue *index_larger(IndexEntry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return bits(a) > bits(b) ? a : b;
    }
    return a == b || is_number(b, 0) ? a : is_number(a, 0) ? b : make(e, OP_MAX, a, b);
}

IrValue *index_smaller(IndexEntry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return bits(a) < bits(b) ? a : b;
    }
    return a == b || is_number(b, UINT32_MAX)   ? a
           : is_number(a, UINT32_MAX)           ? b
           : is_number(a, 0) || is_number(b, 0) ? number(e, 0)
                                                : make(e, OP_MIN, a, b);
}

/* Saturated. Of two that are not known, the leading zeros tell that the product is below 2^32: it may be said to be too
 * large from 2^30 on. */
static IrValue *product(IndexEntry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        uint64_t all = (uint64_t)bits(a) * bits(b);
        return number(e, all < UINT32_MAX ? (uint32_t)all : UINT32_MAX);
    }
    if (ir_is_const(a)) {
        return product(e, b, a);
    }
    if (is_number(b, 0) || is_number(b, 1)) {
        return is_number(b, 0) ? b : a;
    }
    IrValue *too_large;
    if (ir_is_const(b)) {
        too_large = make(e, OP_LT, number(e, UINT32_MAX / bits(b)), a);
    } else {
        IrValue *zeros = make(e, OP_ADD, ir_unary(&e->b, OP_CLZ, a), ir_unary(&e->b, OP_CLZ, b));
        too_large = make(e, OP_LT, zeros, number(e, 32));
        e->made += 2;
    }
    e->made++;
    return ir_select(&e->b, too_large, number(e, UINT32_MAX), make(e, OP_MUL, a, b));
}

/* ---- values at the entry ---- */

bool index_is_behind(const IndexEntry *e, const IrValue *value) {
    bool has_inst = value->kind == IR_VALUE_RESULT || value->kind == IR_VALUE_REGION_PARAM;
    return has_inst && (value->inst->mark & INDEX_BEHIND_MASK) == e->behind;
}

/* A raw one may stand only where its operands are inside its domain, which constants are. */
static bool may_stand_anywhere(const IrInst *inst) {
    bool by_number = inst->operand_count == 2 && ir_is_const(inst->operands[1]) &&
                     ir_is_int(inst->operands[1]->type) && ir_is_value(inst->operands[1]->type);
    bool is_division = by_number && (inst->op == OP_DIV || inst->op == OP_REM) &&
                       inst->operands[1]->type == ir_scalar(IR_U32) && bits(inst->operands[1]) != 0;
    bool is_shift = by_number && (inst->op == OP_SHL || inst->op == OP_SHR) &&
                    inst->operands[1]->type == ir_scalar(IR_U32) && bits(inst->operands[1]) < 32;
    return ir_has(inst->op, IR_PURE) && inst->op != OP_REF && inst->result_count == 1 &&
           inst->region_count == 0 && ir_is_value(inst->results[0]->type) &&
           ((inst->flags & IR_RAW) == 0 || is_division || is_shift);
}

static IrValue *at_entry(IndexEntry *e, IrValue *value, unsigned depth) {
    if (!index_is_behind(e, value)) {
        return value;
    }
    for (uint32_t i = 0; i < e->copies.count; i++) {
        if (e->copies.items[i].from == value) {
            return e->copies.items[i].to;
        }
    }
    const IrInst *inst = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    if (inst == NULL || depth == 0 || e->made >= MOST_MADE || e->asked++ >= MOST_ASKED ||
        !may_stand_anywhere(inst) || inst->operand_count > INDEX_MOST_TERMS) {
        return NULL;
    }
    IrValue *operands[INDEX_MOST_TERMS];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = at_entry(e, inst->operands[i], depth - 1);
        if (operands[i] == NULL) {
            return NULL;
        }
    }
    IrInst *copy = ir_emit(&e->b, inst->op, value->type, inst->operand_count, operands);
    copy->flags = inst->flags;
    switch (inst->op) {
    case OP_EXTRACT:
    case OP_INSERT:
        copy->index = inst->index;
        break;
    case OP_SWIZZLE:
        copy->swizzle = inst->swizzle;
        break;
    case OP_BUILTIN:
        copy->builtin = inst->builtin;
        break;
    case OP_SPEC:
        copy->spec = inst->spec;
        break;
    default:
        break;
    }
    e->made++;
    VEC_PUSH(e->scratch, &e->copies, (IndexCopy){value, copy->results[0]});
    return copy->results[0];
}

IrValue *index_at_entry(IndexEntry *e, IrValue *value) {
    return at_entry(e, value, DEEPEST);
}

/* ---- the most that a value can be ---- */

static const IrInst *made_by(const IrValue *value) {
    return value->kind == IR_VALUE_RESULT ? value->inst : NULL;
}

static IrValue *most(IndexEntry *e, IrValue *value, unsigned depth);

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

/* A lane at the entry, as u32. */
static IrValue *lane_at_entry(IndexEntry *e, IrValue *value, uint32_t lane) {
    value = index_at_entry(e, value);
    if (value == NULL) {
        return NULL;
    }
    if (ir_is_const(value)) {
        return number(e, (uint32_t)value->bits[lane]);
    }
    e->made += 2;
    value = ir_is_vector(value->type) ? ir_extract(&e->b, value, lane) : value;
    return value->type == ir_scalar(IR_I32)
               ? ir_convert(&e->b, OP_BITCAST, ir_scalar(IR_U32), value)
               : value;
}

/* Of a signed number that is brought between two: as u32 it is no more than the upper one, where that is not negative. Where
 * it is, min(max(x, 0), m) has its bits, and max(min(x, m), 0) is 0. */
static IrValue *most_of_clamped(IndexEntry *e, const IrValue *value) {
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
            IrValue *m = is_min   ? lane_at_entry(e, outer->operands[i], lane)
                         : is_max ? lane_at_entry(e, inner->operands[1 - k], lane)
                                  : NULL;
            if (m != NULL) { /* a negative one is above all lengths that can be: 2^31 */
                return m;
            }
        }
    }
    return NULL;
}

static IrValue *most_of_facts(IndexEntry *e, const IrValue *value, unsigned depth) {
    uint32_t seen = 0;
    for (const Fact *f = e->facts; f != NULL && seen < MOST_FACTS; f = f->around, seen++) {
        if (f->less == value) {
            IrValue *more = most(e, f->more, depth - 1);
            if (more != NULL) {
                return f->or_equal ? more : index_difference(e, more, number(e, 1));
            }
        }
    }
    return NULL;
}

static IrValue *most_of_op(IndexEntry *e, const IrInst *inst, unsigned depth) {
    IrValue *const *of = inst->operands;
    bool by_number = inst->operand_count == 2 && ir_is_const(of[1]);
    IrValue *a, *b;
    switch (inst->op) {
    case OP_AND:
    case OP_MIN:
        b = most(e, of[1], depth - 1);
        a = b == NULL || !ir_is_const(b) ? most(e, of[0], depth - 1) : NULL;
        return a == NULL ? b : b == NULL ? a : index_smaller(e, a, b);
    case OP_REM:
        b = most(e, of[1], depth - 1);
        return b != NULL ? index_difference(e, b, number(e, 1)) : NULL;
    case OP_SHR:
        return by_number && bits(of[1]) > 0 && bits(of[1]) < 32
                   ? number(e, UINT32_MAX >> bits(of[1]))
                   : NULL;
    case OP_ADD:
    case OP_MUL:
        a = most(e, of[0], depth - 1);
        b = a != NULL ? most(e, of[1], depth - 1) : NULL;
        return b == NULL ? NULL : inst->op == OP_ADD ? index_sum(e, a, b) : product(e, a, b);
    case OP_SHL:
        a = by_number && bits(of[1]) < 32 ? most(e, of[0], depth - 1) : NULL;
        return a != NULL ? product(e, a, number(e, 1u << bits(of[1]))) : NULL;
    case OP_MAX:
    case OP_SELECT:
        a = most(e, of[inst->operand_count - 2], depth - 1);
        b = a != NULL ? most(e, of[inst->operand_count - 1], depth - 1) : NULL;
        return b != NULL ? index_larger(e, a, b) : NULL;
    case OP_CONVERT:
    case OP_BITCAST:
        return most_of_clamped(e, of[0]);
    default:
        return NULL;
    }
}

static IrValue *most(IndexEntry *e, IrValue *value, unsigned depth) {
    if (value->type != ir_scalar(IR_U32) || depth == 0 || e->made >= MOST_MADE ||
        e->asked++ >= MOST_ASKED) {
        return NULL;
    }
    IrValue *here = index_at_entry(e, value);
    if (here != NULL) {
        return here;
    }
    here = most_of_facts(e, value, depth);
    const IrInst *inst = made_by(value);
    return here != NULL || inst == NULL ? here : most_of_op(e, inst, depth);
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
static void add_up_to(IndexEntry *e, IndexForm *form, IrValue *up_to, int64_t times) {
    IrValue *all = product(e, up_to, number(e, (uint32_t)(times < 0 ? -times : times)));
    IrValue **side = times < 0 ? &form->down : &form->up;
    *side = index_sum(e, *side, all);
}

/* Where the op itself keeps the value below something that all invocations have in common: that; else NULL. */
static IrValue *most_in_common(IndexEntry *e, const IrValue *value) {
    uint32_t lane;
    const IrInst *inst = made_as_lane(value, &lane);
    if (inst == NULL || is_common(value, DEEPEST)) {
        return NULL;
    }
    IrValue *up_to = NULL;
    if (value->type == ir_scalar(IR_I32)) {
        up_to = most_of_clamped(e, value);
    } else if (inst == made_by(value)) {
        bool keeps = inst->op == OP_MIN || inst->op == OP_REM || inst->op == OP_AND;
        up_to = keeps ? most_of_op(e, inst, DEEPEST) : NULL;
    } else if (inst->op == OP_MIN) {
        for (uint32_t i = 0; i < 2 && up_to == NULL; i++) {
            bool common = is_common(inst->operands[i], DEEPEST);
            up_to = common ? lane_at_entry(e, inst->operands[i], lane) : NULL;
        }
    }
    return up_to != NULL && is_common(up_to, DEEPEST) ? up_to : NULL;
}

static bool is_word(const IrValue *value) {
    return value->type == ir_scalar(IR_U32) || value->type == ir_scalar(IR_I32);
}

/* The bits at the entry as u32, one value for one value. */
static IrValue *word_at_entry(IndexEntry *e, IrValue *value) {
    IrValue *here = index_at_entry(e, value);
    if (here == NULL || here->type == ir_scalar(IR_U32)) {
        return here;
    }
    for (uint32_t i = 0; i < e->words.count; i++) {
        if (e->words.items[i].from == here) {
            return e->words.items[i].to;
        }
    }
    e->made++;
    IrValue *word = ir_convert(&e->b, OP_BITCAST, ir_scalar(IR_U32), here);
    VEC_PUSH(e->scratch, &e->words, (IndexCopy){here, word});
    return word;
}

static bool add(IndexEntry *e, IndexForm *form, IrValue *value, int64_t times, unsigned depth);

/* The parts of what the op makes, if it is a sum or what is as good as one; modulo 2^32 signed numbers are like others. */
static bool add_parts(IndexEntry *e, IndexForm *form, const IrInst *inst, int64_t times,
                      unsigned depth, bool *known) {
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
    for (uint32_t i = 0; i < 2 && inst->op == OP_MUL;
         i++) { /* a row that is clamped, times a length */
        IrValue *up_to = is_common(of[1 - i], DEEPEST) ? most_in_common(e, of[i]) : NULL;
        IrValue *other = up_to != NULL ? word_at_entry(e, of[1 - i]) : NULL;
        if (other != NULL) {
            add_up_to(e, form, product(e, up_to, other), times);
            *known = true;
            return true;
        }
    }
    return false;
}

static bool add(IndexEntry *e, IndexForm *form, IrValue *value, int64_t times, unsigned depth) {
    if (!is_word(value) || times > MOST_TIMES || times < -MOST_TIMES || e->asked++ >= MOST_ASKED) {
        return false;
    }
    if (ir_is_const(value)) {
        form->constant += times * (int32_t)bits(value);
        return true;
    }
    bool known;
    IrValue *up_to = most_in_common(e, value);
    const IrInst *inst = up_to == NULL && depth > 0 ? made_by(value) : NULL;
    if (inst != NULL && add_parts(e, form, inst, times, depth, &known)) {
        return known;
    }
    IrValue *here = up_to == NULL ? word_at_entry(e, value) : NULL;
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
static void share_base(IndexEntry *e, IndexForm *form) {
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
        add_up_to(e, form, number(e, 1), whole.constant);
    }
}

bool index_form(IndexEntry *e, IrValue *index, IndexForm *form) {
    *form = (IndexForm){.up = number(e, 0), .down = number(e, 0)};
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
    return e->made < MOST_MADE;
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

IrValue *index_base(IndexEntry *e, const IndexForm *form) {
    IrValue *sum = number(e, (uint32_t)form->constant);
    for (uint32_t i = 0; i < form->count; i++) {
        const IndexTerm *term = &form->terms[i];
        IrValue *times = number(e, (uint32_t)term->times);
        IrValue *part = term->times == 1 ? term->value : make(e, OP_MUL, term->value, times);
        sum = is_number(sum, 0) ? part : make(e, OP_ADD, sum, part);
    }
    return sum;
}
