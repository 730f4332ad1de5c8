/* opt_control: what control flow tells about conditions, and loops that do nothing.
 *
 * In the first arm of an `if` its condition is true, in the second false, and so after it where the other arm does not come
 * back. Whatever uses the condition there takes that constant: a check of bounds behind the same check by hand, or behind
 * the one of a `for` over the buffer, is none. Parts of an `and` that is true and of an `or` that is false are known, too.
 *
 * A loop that has no effect, gives nothing and surely ends goes. Surely is: it counts in steps of one up to a value from
 * outside, and asks in every round.
 *
 * Before: opt_cse, so that equal conditions are one value; opt_dce, so that a loop that gives nothing has no results.
 * After: `if`s and selections on constants, for opt_fold. What an arm holds may now need its guard: a `.raw` op in it may rely on
 * what the condition said.
 */
#include "ir/pass.h"

enum { UNKNOWN, KNOWN_FALSE, KNOWN_TRUE }; /* IrValue.mark of a bool */

typedef struct {
    IrModule *module;
    Arena scratch;
    VEC(IrValue *) known; /* at this point of the walk, the newest last */
    bool changed;
} Facts;

/* ---- conditions ---- */

static void learn(Facts *f, IrValue *value, bool truth, unsigned depth) {
    enum { DEEPEST = 16 };
    if (ir_is_const(value) || value->mark != UNKNOWN) {
        return;
    }
    value->mark = truth ? KNOWN_TRUE : KNOWN_FALSE;
    VEC_PUSH(&f->scratch, &f->known, value);
    if (value->kind != IR_VALUE_RESULT || depth == DEEPEST) {
        return;
    }
    const IrInst *inst = value->inst;
    if (inst->op == (truth ? OP_AND : OP_OR)) {
        learn(f, inst->operands[0], truth, depth + 1);
        learn(f, inst->operands[1], truth, depth + 1);
    } else if (inst->op == OP_NOT) {
        learn(f, inst->operands[0], !truth, depth + 1);
    }
}

static void forget_to(Facts *f, uint32_t height) {
    while (f->known.count > height) {
        f->known.items[--f->known.count]->mark = UNKNOWN;
    }
}

static void forget(uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = UNKNOWN;
    }
}

static void use_known(Facts *f, IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrValue *value = inst->operands[i];
        if (value->type == ir_scalar(IR_BOOL) && !ir_is_const(value) && value->mark != UNKNOWN) {
            inst->operands[i] = ir_const_bool(f->module, value->mark == KNOWN_TRUE);
            f->changed = true;
        }
    }
}

/* ---- loops ---- */

static bool is_outside(const IrInst *loop, const IrValue *value) {
    if (value->kind != IR_VALUE_RESULT && value->kind != IR_VALUE_REGION_PARAM) {
        return true;
    }
    const IrInst *at = value->inst;
    while (at != NULL && at != loop) {
        at = at->region->owner;
    }
    return at == NULL;
}

/* `if k < end { yield } else { break }`, or with another comparison that says so, for a parameter k. */
static const IrValue *counter_of_exit(const IrInst *loop, const IrInst *exit) {
    if (exit->op != OP_IF || exit->operands[0]->kind != IR_VALUE_RESULT) {
        return NULL;
    }
    const IrInst *test = exit->operands[0]->inst;
    bool below = test->op == OP_LT && exit->regions[IR_IF_FALSE].last->op == OP_BREAK;
    bool reached = test->op == OP_GE && exit->regions[IR_IF_TRUE].last->op == OP_BREAK;
    if (!below && !reached) {
        return NULL;
    }
    const IrValue *k = test->operands[0];
    bool is_param = k->kind == IR_VALUE_REGION_PARAM && k->inst == loop && ir_is_int(k->type);
    return is_param && is_outside(loop, test->operands[1]) ? k : NULL;
}

/* The only way to the next round is the `continue` at the end of the body, and it hands over k + 1. */
static bool adds_one(const IrInst *loop, const IrValue *k) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    if (body->last->op != OP_CONTINUE || more->last->op != OP_NEXT) {
        return false;
    }
    const IrValue *next = more->last->operands[k->index];
    const IrInst *sum = next->kind == IR_VALUE_RESULT ? next->inst : NULL;
    if (sum == NULL || sum->op != OP_ADD || !ir_is_const(sum->operands[1]) ||
        sum->operands[1]->bits[0] != 1) {
        return false;
    }
    const IrValue *from = sum->operands[0];
    return from->kind == IR_VALUE_REGION_PARAM && from->inst == loop && from != k &&
           body->last->operands[from->index] == k;
}

/* Whether executing the region is the same as not doing so, but for how it ends. */
static bool has_no_effect(const IrRegion *region, bool in_loop) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        bool jumps = ir_has(inst->op, IR_TERM) && inst->op != OP_YIELD && inst->op != OP_NEXT;
        bool expected =
            inst->op == OP_BREAK || (inst->op == OP_CONTINUE && inst == region->last && in_loop);
        if (inst->op == OP_LOOP || (jumps && !expected) ||
            (!jumps && !ir_has(inst->op, IR_PURE | IR_TERM) && inst->op != OP_IF &&
             inst->op != OP_LOAD)) {
            return false;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            if (!has_no_effect(&inst->regions[i], false)) {
                return false;
            }
        }
    }
    return true;
}

static bool does_nothing(const IrInst *loop) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    if (loop->result_count > 0 || !has_no_effect(body, true) ||
        !has_no_effect(&loop->regions[IR_LOOP_CONTINUING], false)) {
        return false;
    }
    for (const IrInst *inst = body->first; inst != NULL; inst = inst->next) {
        const IrValue *k = counter_of_exit(loop, inst);
        if (k != NULL && adds_one(loop, k)) {
            return true;
        }
    }
    return false;
}

/* ---- the walk ---- */

static void walk(Facts *f, IrRegion *region);

static void walk_if(Facts *f, IrInst *inst) {
    bool comes_back[2];
    uint32_t height = f->known.count;
    for (uint32_t i = 0; i < inst->region_count; i++) {
        learn(f, inst->operands[0], i == IR_IF_TRUE, 0);
        walk(f, &inst->regions[i]);
        forget_to(f, height);
        comes_back[i] = inst->regions[i].last->op == OP_YIELD;
    }
    if (comes_back[IR_IF_TRUE] != comes_back[IR_IF_FALSE]) {
        learn(f, inst->operands[0], comes_back[IR_IF_TRUE], 0);
    }
}

static void walk(Facts *f, IrRegion *region) {
    uint32_t height = f->known.count;
    forget(region->param_count, region->params);
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        forget(inst->result_count, inst->results);
        use_known(f, inst);
        if (inst->op == OP_IF) {
            walk_if(f, inst);
        } else if (inst->op == OP_LOOP) {
            walk(f, &inst->regions[IR_LOOP_BODY]);
            walk(f, &inst->regions[IR_LOOP_CONTINUING]);
            if (does_nothing(inst)) {
                ir_remove(inst);
                f->changed = true;
            }
        }
    }
    forget_to(f, height);
}

static bool run(IrModule *module) {
    Facts f = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        forget(function->param_count, function->params);
        walk(&f, &function->body);
    }
    arena_release(&f.scratch);
    return f.changed;
}

IR_PASS(opt_control, run);
