/* See entry.h. */
#include "ir/passes/entry.h"

enum { DEEPEST = 8, MOST_OPERANDS = 8, MOST_MADE = 200, MOST_ASKED = 16000 };

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

bool entry_may_ask(Entry *e) {
    return e->made < MOST_MADE && e->asked++ < MOST_ASKED;
}

/* ---- arithmetic at the entry ---- */

IrValue *entry_number(Entry *e, uint32_t value) {
    return ir_const_u32(e->b.module, value);
}

static uint32_t bits(const IrValue *value) {
    return (uint32_t)value->bits[0];
}

bool entry_is_number(const IrValue *value, uint32_t number) {
    return ir_is_const(value) && bits(value) == number;
}

static bool are_numbers(const IrValue *a, const IrValue *b) {
    return ir_is_const(a) && ir_is_const(b);
}

IrValue *entry_op(Entry *e, IrOp op, IrValue *a, IrValue *b) {
    for (uint32_t i = 0; i < e->ops.count; i++) {
        const EntryOp *known = &e->ops.items[i];
        if (known->op == op && known->a == a && known->b == b) {
            return known->made;
        }
    }
    e->made++;
    IrValue *made = ir_binary(&e->b, op, a, b);
    VEC_PUSH(e->scratch, &e->ops, (EntryOp){op, a, b, made});
    return made;
}

IrValue *entry_sum(Entry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        uint64_t sum = (uint64_t)bits(a) + bits(b);
        return entry_number(e, sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX);
    }
    if (entry_is_number(a, 0) || entry_is_number(b, 0)) {
        return entry_is_number(a, 0) ? b : a;
    }
    if (ir_is_const(a)) {
        IrValue *swapped = a;
        a = b;
        b = swapped;
    }
    e->made++;
    IrValue *room = ir_is_const(b) ? entry_number(e, ~bits(b)) : ir_unary(&e->b, OP_NOT, b);
    return entry_op(e, OP_ADD, entry_op(e, OP_MIN, a, room), b);
}

IrValue *entry_difference(Entry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return entry_number(e, bits(a) > bits(b) ? bits(a) - bits(b) : 0);
    }
    return entry_is_number(b, 0) ? a : entry_op(e, OP_SUB, a, entry_op(e, OP_MIN, a, b));
}

IrValue *entry_larger(Entry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return bits(a) > bits(b) ? a : b;
    }
    return a == b || entry_is_number(b, 0) ? a
           : entry_is_number(a, 0)         ? b
                                           : entry_op(e, OP_MAX, a, b);
}

IrValue *entry_smaller(Entry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        return bits(a) < bits(b) ? a : b;
    }
    return a == b || entry_is_number(b, UINT32_MAX)         ? a
           : entry_is_number(a, UINT32_MAX)                 ? b
           : entry_is_number(a, 0) || entry_is_number(b, 0) ? entry_number(e, 0)
                                                            : entry_op(e, OP_MIN, a, b);
}

/* Saturated. Of two that are not known, the leading zeros tell that the product is below 2^32: it may be said to be too
 * large from 2^30 on. */
IrValue *entry_product(Entry *e, IrValue *a, IrValue *b) {
    if (are_numbers(a, b)) {
        uint64_t all = (uint64_t)bits(a) * bits(b);
        return entry_number(e, all < UINT32_MAX ? (uint32_t)all : UINT32_MAX);
    }
    if (ir_is_const(a)) {
        return entry_product(e, b, a);
    }
    if (entry_is_number(b, 0) || entry_is_number(b, 1)) {
        return entry_is_number(b, 0) ? b : a;
    }
    IrValue *too_large;
    if (ir_is_const(b)) {
        too_large = entry_op(e, OP_LT, entry_number(e, UINT32_MAX / bits(b)), a);
    } else {
        IrValue *zeros =
            entry_op(e, OP_ADD, ir_unary(&e->b, OP_CLZ, a), ir_unary(&e->b, OP_CLZ, b));
        too_large = entry_op(e, OP_LT, zeros, entry_number(e, 32));
        e->made += 2;
    }
    e->made++;
    return ir_select(&e->b, too_large, entry_number(e, UINT32_MAX), entry_op(e, OP_MUL, a, b));
}

/* ---- values at the entry ---- */

bool entry_is_behind(const Entry *e, const IrValue *value) {
    bool has_inst = value->kind == IR_VALUE_RESULT || value->kind == IR_VALUE_REGION_PARAM;
    return has_inst && (value->inst->mark & ENTRY_BEHIND_MASK) == e->behind;
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

static IrValue *at_entry(Entry *e, IrValue *value, unsigned depth) {
    if (!entry_is_behind(e, value)) {
        return value;
    }
    for (uint32_t i = 0; i < e->copies.count; i++) {
        if (e->copies.items[i].from == value) {
            return e->copies.items[i].to;
        }
    }
    const IrInst *inst = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    if (inst == NULL || depth == 0 || !entry_may_ask(e) || !may_stand_anywhere(inst) ||
        inst->operand_count > MOST_OPERANDS) {
        return NULL;
    }
    IrValue *operands[MOST_OPERANDS];
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
    VEC_PUSH(e->scratch, &e->copies, (EntryCopy){value, copy->results[0]});
    return copy->results[0];
}

IrValue *entry_value(Entry *e, IrValue *value) {
    return at_entry(e, value, DEEPEST);
}

/* A lane at the entry, as u32. */
IrValue *entry_lane(Entry *e, IrValue *value, uint32_t lane) {
    value = entry_value(e, value);
    if (value == NULL) {
        return NULL;
    }
    if (ir_is_const(value)) {
        return entry_number(e, (uint32_t)value->bits[lane]);
    }
    e->made += 2;
    value = ir_is_vector(value->type) ? ir_extract(&e->b, value, lane) : value;
    return value->type == ir_scalar(IR_I32)
               ? ir_convert(&e->b, OP_BITCAST, ir_scalar(IR_U32), value)
               : value;
}

/* The bits at the entry as u32, one value for one value. */
IrValue *entry_word(Entry *e, IrValue *value) {
    IrValue *here = entry_value(e, value);
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
    VEC_PUSH(e->scratch, &e->words, (EntryCopy){here, word});
    return word;
}
