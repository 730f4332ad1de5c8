/* Which values are printed where they are used, and which are another value all the time. See printer.h.
 *
 * A value is *the same* as another if everything that control hands over for it is that one, and that one can be seen
 * where it arrives: a parameter of a continuing part that every `continue` gives the same, a result that every `break`
 * gives, a parameter of a body that `next` leaves as it was. It needs no variable then.
 *
 * Uses are counted backwards, so what only unused values use is not used either.
 */
#include "ir/base/fatal.h"
#include "ir/text/printer.h"

enum { LONGEST_TEXT = 72, DEEPEST = 16, MOST_LEVELS = 8 };

TextSlot *text_slot(const TextPrinter *p, const IrValue *value) {
    REQUIRE(value->kind != IR_VALUE_CONST && value->mark < p->slots.count);
    return &p->slots.items[value->mark];
}

IrValue *text_same(const TextPrinter *p, IrValue *value) {
    value = ir_resolve(value);
    while (!ir_is_const(value) && text_slot(p, value)->same != NULL) {
        value = text_slot(p, value)->same;
    }
    return value;
}

bool text_is_used(const TextPrinter *p, const IrValue *value) {
    return text_slot(p, value)->uses > 0;
}

/* ---- slots ---- */

static void add_slots(TextPrinter *p, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = p->slots.count;
        VEC_PUSH(p->arena, &p->slots, (TextSlot){0});
    }
}

static void add_region(TextPrinter *p, IrRegion *region) {
    add_slots(p, region->param_count, region->params);
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        add_slots(p, inst->result_count, inst->results);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            add_region(p, &inst->regions[i]);
        }
    }
}

/* ---- what is the same ---- */

static IrInst *loop_around(const IrRegion *region) {
    while (region->owner->op != OP_LOOP) {
        region = region->owner->region;
    }
    return region->owner;
}

IrValue *const *text_arrivals(const IrInst *inst) {
    const IrInst *owner = inst->region->owner;
    switch (inst->op) {
    case OP_YIELD:
        return owner->results;
    case OP_BREAK:
        return loop_around(inst->region)->results;
    case OP_CONTINUE:
        return loop_around(inst->region)->regions[IR_LOOP_CONTINUING].params;
    case OP_NEXT:
        return owner->regions[IR_LOOP_BODY].params;
    case OP_LOOP:
        return inst->regions[IR_LOOP_BODY].params;
    default:
        return NULL;
    }
}

/* Where a value is declared: a parameter of a loop's body is a variable before the loop. NULL: before everything. */
static const IrRegion *home(const IrValue *value) {
    if (value->kind == IR_VALUE_RESULT) {
        return value->inst->region;
    }
    if (value->kind == IR_VALUE_REGION_PARAM) {
        const IrRegion *body = &value->inst->regions[IR_LOOP_BODY];
        bool of_body = value->index < body->param_count && body->params[value->index] == value;
        return of_body ? value->inst->region : &value->inst->regions[IR_LOOP_CONTINUING];
    }
    return NULL;
}

static bool is_seen_in(const IrValue *value, const IrRegion *region) {
    const IrRegion *from = home(value);
    while (from != NULL && region != NULL && region != from) {
        region = region->owner != NULL ? region->owner->region : NULL;
    }
    return from == NULL || region != NULL;
}

static void meet(TextPrinter *p, const IrValue *value, IrValue *given) {
    TextSlot *slot = text_slot(p, value);
    given = text_same(p, given);
    if (given != value) {
        slot->is_mixed |= slot->given != NULL && slot->given != given;
        slot->given = given;
    }
}

/* All that arrives is known: keeps what is the same and seen in `region`. */
static void settle(TextPrinter *p, uint32_t count, IrValue *const *values, const IrRegion *region) {
    for (uint32_t i = 0; i < count; i++) {
        TextSlot *slot = text_slot(p, values[i]);
        if (slot->given != NULL && !slot->is_mixed && is_seen_in(slot->given, region)) {
            slot->same = slot->given;
        }
    }
}

static void meet_region(TextPrinter *p, IrRegion *region);

static void meet_loop(TextPrinter *p, IrInst *loop) {
    IrRegion *body = &loop->regions[IR_LOOP_BODY];
    IrRegion *continuing = &loop->regions[IR_LOOP_CONTINUING];
    for (uint32_t i = 0; i < loop->operand_count; i++) {
        meet(p, body->params[i], loop->operands[i]);
    }
    meet_region(p, body);
    settle(p, continuing->param_count, continuing->params, body);
    meet_region(p, continuing);
    settle(p, body->param_count, body->params, loop->region);
    settle(p, loop->result_count, loop->results, loop->region);
}

static void meet_region(TextPrinter *p, IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_LOOP) {
            meet_loop(p, inst);
        } else if (inst->op == OP_IF) {
            meet_region(p, &inst->regions[IR_IF_TRUE]);
            meet_region(p, &inst->regions[IR_IF_FALSE]);
            settle(p, inst->result_count, inst->results, region);
        } else if (ir_has(inst->op, IR_TERM)) {
            IrValue *const *to = text_arrivals(inst);
            for (uint32_t i = 0; to != NULL && i < inst->operand_count; i++) {
                meet(p, to[i], inst->operands[i]);
            }
        }
    }
}

/* ---- uses ---- */

static void use(TextPrinter *p, IrValue *value, const IrRegion *region) {
    value = text_same(p, value);
    if (!ir_is_const(value)) {
        TextSlot *slot = text_slot(p, value);
        slot->uses++;
        slot->use = region;
    }
}

/* What arrives as the same, or is not used, is not printed; a body's parameters count as used: who uses them may stand
 * before. */
static void use_arriving(TextPrinter *p, const IrInst *inst, IrValue *const *to) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const TextSlot *slot = text_slot(p, to[i]);
        bool of_body = inst->op == OP_NEXT || inst->op == OP_LOOP;
        if (slot->same == NULL && (slot->uses > 0 || of_body)) {
            IrValue *value = text_same(p, inst->operands[i]);
            use(p, value, inst->region);
            if (!ir_is_const(value)) {
                text_slot(p, value)->becomes = to[i]->name;
            }
        }
    }
}

static bool is_printed(const TextPrinter *p, const IrInst *inst) {
    if (ir_has(inst->op, IR_WRITE | IR_SYNC | IR_CONVERGENT | IR_CONTROL | IR_TERM)) {
        return true;
    }
    return inst->result_count > 0 && text_is_used(p, inst->results[0]);
}

static void use_region(TextPrinter *p, const IrRegion *region) {
    for (IrInst *inst = region->last; inst != NULL; inst = inst->previous) {
        for (uint32_t i = inst->region_count; i > 0; i--) { /* the continuing part first */
            use_region(p, &inst->regions[i - 1]);
        }
        IrValue *const *to = text_arrivals(inst);
        if (to != NULL) {
            use_arriving(p, inst, to);
        } else if (is_printed(p, inst)) {
            for (uint32_t i = 0; i < inst->operand_count; i++) {
                use(p, inst->operands[i], region);
            }
        }
    }
}

void text_prepare(TextPrinter *p, IrFunction *function) {
    p->function = function;
    p->slots.count = p->pending.count = 0;
    p->file = NULL;
    add_slots(p, function->param_count, function->params);
    add_region(p, &function->body);
    meet_region(p, &function->body);
    use_region(p, &function->body);
}

/* ---- folding ---- */

/* Whether the use is executed as often as the definition: no loop lies between, but for its own continuing part. */
static bool is_used_nearby(const IrRegion *defined, const IrRegion *used) {
    for (int i = 0; i < MOST_LEVELS && used != defined; i++) {
        const IrInst *owner = used->owner;
        if (owner == NULL) {
            return false;
        }
        if (owner->op == OP_LOOP) {
            return defined == &owner->regions[IR_LOOP_BODY];
        }
        used = owner->region;
    }
    return used == defined;
}

bool text_folds(const TextPrinter *p, const IrValue *value, TextExpr expr) {
    const TextSlot *slot = text_slot(p, value);
    const IrInst *inst = value->inst;
    if (expr.is_name && !expr.reads &&
        (value->name == NULL || strcmp(value->name->text, expr.text) == 0)) {
        return true;
    }
    bool is_own = value->name == NULL || value->name == slot->becomes; /* `n = n + 1` */
    return slot->uses == 1 && is_own && (ir_has(inst->op, IR_PURE) || inst->op == OP_LOAD) &&
           expr.depth <= DEEPEST && strlen(expr.text) <= LONGEST_TEXT &&
           is_used_nearby(inst->region, slot->use);
}
