/* See rounds.h. */
#include "ir/passes/rounds.h"

#include "ir/eval.h"

/* Of one round: what all counters that people write need, and little enough to try at every loop. */
enum { MOST_PARAMS = 4, MOST_STEPS = 48, MOST_OPERANDS = 4 };

typedef uint64_t Bits[IR_MAX_LANES];

/* The parameters of the body that the condition depends on. */
typedef struct {
    const IrInst *loop;
    uint32_t count, index[MOST_PARAMS];
    Bits now[MOST_PARAMS];
    unsigned steps; /* left, for the round that is run */
} Runner;

static bool is_of_loop(const Runner *r, const IrValue *value) {
    return value->kind == IR_VALUE_REGION_PARAM && value->inst == r->loop;
}

/* Whether it is the body's parameter of that number, and not the continuing part's. */
static bool is_of_body(const Runner *r, const IrValue *value) {
    const IrRegion *body = &r->loop->regions[IR_LOOP_BODY];
    return value->index < body->param_count && body->params[value->index] == value;
}

/* What the continuing part's parameter is at the end of a round. */
static const IrValue *handed_to(const Runner *r, const IrValue *param) {
    return r->loop->regions[IR_LOOP_BODY].last->operands[param->index];
}

static const IrValue *next_of(const Runner *r, uint32_t param) {
    return r->loop->regions[IR_LOOP_CONTINUING].last->operands[param];
}

/* What is made of constants and of the parameters that are known. */
static bool run_value(Runner *r, const IrValue *value, Bits bits) {
    if (r->steps == 0) {
        return false;
    }
    r->steps--;
    if (ir_is_const(value)) {
        memcpy(bits, value->bits, value->type->lanes * sizeof *bits);
        return true;
    }
    if (is_of_loop(r, value)) {
        if (!is_of_body(r, value)) {
            return run_value(r, handed_to(r, value), bits);
        }
        for (uint32_t i = 0; i < r->count; i++) {
            if (r->index[i] == value->index) {
                memcpy(bits, r->now[i], sizeof r->now[i]);
            }
        }
        return true;
    }
    const IrInst *inst = value->inst;
    Bits values[MOST_OPERANDS] = {0};
    EvalOperand operands[MOST_OPERANDS];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (!run_value(r, inst->operands[i], values[i])) {
            return false;
        }
        operands[i] = (EvalOperand){inst->operands[i]->type, values[i]};
    }
    return ir_eval(inst->op, inst->flags, inst, value->type, inst->operand_count, operands, bits) ==
           EVAL_OK;
}

/* ---- which parameters ---- */

static bool survey(Runner *r, const IrValue *value);

static bool survey_param(Runner *r, const IrValue *param) {
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->index[i] == param->index) {
            return true;
        }
    }
    const IrValue *first = r->loop->operands[param->index];
    if (r->count == MOST_PARAMS || !survey(r, first) || !run_value(r, first, r->now[r->count])) {
        return false;
    }
    r->index[r->count++] = param->index;
    return survey(r, next_of(r, param->index));
}

static bool survey(Runner *r, const IrValue *value) {
    if (!ir_is_value(value->type) || r->steps-- == 0) {
        r->steps = 0;
        return false;
    }
    if (ir_is_const(value)) {
        return true;
    }
    if (is_of_loop(r, value)) {
        return is_of_body(r, value) ? survey_param(r, value) : survey(r, handed_to(r, value));
    }
    if (value->kind != IR_VALUE_RESULT || !ir_has(value->inst->op, IR_PURE) ||
        value->inst->operand_count == 0 || value->inst->operand_count > MOST_OPERANDS) {
        return false;
    }
    for (uint32_t i = 0; i < value->inst->operand_count; i++) {
        if (!survey(r, value->inst->operands[i])) {
            return false;
        }
    }
    return true;
}

/* ---- running it ---- */

static bool run_round(Runner *r) {
    Bits next[MOST_PARAMS] = {0};
    for (uint32_t i = 0; i < r->count; i++) {
        r->steps = MOST_STEPS;
        if (!run_value(r, next_of(r, r->index[i]), next[i])) {
            return false;
        }
    }
    memcpy(r->now, next, sizeof next);
    return true;
}

static bool run_loop(Runner *r, const IrValue *condition, uint32_t most, LoopRounds *rounds) {
    for (rounds->count = 0; rounds->count <= most; rounds->count++) {
        Bits is = {0};
        r->steps = MOST_STEPS;
        if (!run_value(r, condition, is)) {
            return false;
        }
        if ((is[0] != 0) == rounds->leaves_when) {
            return true;
        }
        if (!run_round(r)) {
            return false;
        }
    }
    return false;
}

bool loop_rounds(const IrInst *loop, uint32_t most, LoopRounds *rounds) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    for (const IrInst *inst = body->first; inst != NULL; inst = inst->next) {
        if (inst->op != OP_IF) {
            continue;
        }
        IrOp yes = inst->regions[IR_IF_TRUE].last->op, no = inst->regions[IR_IF_FALSE].last->op;
        Runner r = {.loop = loop, .steps = MOST_STEPS};
        bool is_exit = (yes == OP_BREAK && no == OP_YIELD) || (yes == OP_YIELD && no == OP_BREAK);
        if (is_exit && survey(&r, inst->operands[0])) {
            rounds->exit = inst;
            rounds->leaves_when = yes == OP_BREAK;
            return run_loop(&r, inst->operands[0], most, rounds);
        }
    }
    return false;
}
