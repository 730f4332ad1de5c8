/* opt_fold: what can be computed now is, and what changes nothing goes.
 *
 * One walk in order. An op on constants becomes a constant (eval.h), others go by the rules of fold_rules.c until
 * none fires. An `if` on a constant becomes its arm before the arm is looked at, so each instruction is moved once;
 * behind what nothing leaves, the rest of the region goes. Results and parameters that are the same value on every
 * way become that value, and a loop whose body runs once becomes its body.
 *
 * A `.raw` op outside its domain stays as it is: whoever made it must hear of it. What the rules leave unused is for
 * opt_dce.
 *
 * Before: anything. After: constants last where operands may be swapped. What only a later part of a loop showed to be
 * constant is put in, but not folded further: that is for the next run.
 */
#include "ir/eval.h"
#include "ir/pass.h"
#include "ir/passes/fold_rules.h"
#include "ir/rewrite.h"

typedef VEC(const IrInst *) Insts;

/* A loop that is being walked, and what jumps to its end and to its continuing part. */
typedef struct {
    Insts breaks, continues;
} Loop;

typedef struct {
    IrModule *module;
    Arena scratch;
    FoldRules rules;
    Loop *loop;     /* the innermost; NULL: none */
    uint32_t clock; /* IrValue.mark of what is defined is when it was, by this */
    bool changed;
} Folder;

static IrInst *fold_inst(Folder *f, IrInst *inst);

static void replace(Folder *f, IrValue *value, IrValue *replacement) {
    if (value->forward == NULL) {
        replacement = ir_resolve(replacement);
        if (replacement->name == NULL && !ir_is_const(replacement)) {
            replacement->name = value->name;
        }
        ir_replace(value, replacement);
        f->changed = true;
    }
}

static void fold_region(Folder *f, IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL;) {
        inst = fold_inst(f, inst);
    }
}

static void mark_defined(Folder *f, uint32_t count, IrValue *const *values) {
    f->clock++;
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = f->clock;
    }
}

/* ---- instructions without regions ---- */

/* Larger constants stay as they are put together: each step would be another. */
enum { MOST_WORDS = 1024 };

static IrValue *fold_constants(Folder *f, const IrInst *inst, EvalStatus *status) {
    enum { FEW = 4 };
    EvalOperand few[FEW], *operands = few;
    uint64_t lanes[IR_MAX_LANES], *bits = lanes;
    const IrType *type = inst->results[0]->type;
    *status = EVAL_CANNOT;
    if (inst->operand_count == 0 || type->words > MOST_WORDS) {
        return NULL;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (!ir_is_const(inst->operands[i])) {
            return NULL;
        }
    }
    if (inst->operand_count > FEW) {
        operands = NEW_ARRAY(&f->scratch, EvalOperand, inst->operand_count);
    }
    if (type->words > IR_MAX_LANES) {
        bits = NEW_ARRAY(&f->scratch, uint64_t, type->words);
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = (EvalOperand){inst->operands[i]->type, inst->operands[i]->bits};
    }
    *status = ir_eval(inst->op, inst->flags, inst, type, inst->operand_count, operands, bits);
    return *status == EVAL_OK ? ir_const(f->module, type, bits) : NULL;
}

/* The op when the operands are swapped; OP_NONE: it matters. */
static IrOp swapped(IrOp op) {
    switch (op) {
    case OP_LT:
        return OP_GT;
    case OP_GT:
        return OP_LT;
    case OP_LE:
        return OP_GE;
    case OP_GE:
        return OP_LE;
    default:
        return ir_has(op, IR_COMMUTES) ? op : OP_NONE;
    }
}

static void put_constant_last(Folder *f, IrInst *inst) {
    IrOp op = swapped(inst->op);
    if (op == OP_NONE || !ir_is_const(inst->operands[0]) || ir_is_const(inst->operands[1])) {
        return;
    }
    IrValue *constant = inst->operands[0];
    inst->op = op;
    inst->operands[0] = inst->operands[1];
    inst->operands[1] = constant;
    f->changed = true;
}

/* Gives what to look at next: what took the instruction's place, or the one behind it. */
static IrInst *fold_pure(Folder *f, IrInst *inst) {
    EvalStatus status;
    IrValue *value = fold_constants(f, inst, &status);
    if (value == NULL && status != EVAL_UNDEFINED) {
        put_constant_last(f, inst);
        IrBuilder b = ir_before(f->module, inst);
        IrInst *before = inst->previous;
        value = fold_by_rules(&f->rules, &b, inst);
        if (value != NULL && inst->previous != before) {
            IrInst *first_new = before != NULL ? before->next : inst->region->first;
            ir_take_place(inst, value);
            f->changed = true;
            return first_new;
        }
    }
    IrInst *next = inst->next;
    if (value != NULL) {
        ir_take_place(inst, value);
        f->changed = true;
    }
    return next;
}

/* ---- regions ---- */

/* Moves first … last out of their region to before `at`. */
static void splice(IrInst *first, IrInst *last, IrInst *at) {
    IrRegion *from = first->region, *to = at->region;
    *(first->previous != NULL ? &first->previous->next : &from->first) = last->next;
    *(last->next != NULL ? &last->next->previous : &from->last) = first->previous;
    first->previous = at->previous;
    last->next = at;
    *(at->previous != NULL ? &at->previous->next : &to->first) = first;
    at->previous = last;
    for (IrInst *inst = first; inst != at; inst = inst->next) {
        inst->region = to;
    }
}

/* Forgets the instruction and all behind it in its region. */
static void cut_from(IrInst *inst) {
    IrRegion *region = inst->region;
    region->last = inst->previous;
    *(inst->previous != NULL ? &inst->previous->next : &region->first) = NULL;
}

/* Nothing gets past the construct: no code stands behind it. */
static void end_after(Folder *f, IrInst *construct) {
    if (construct->next->op == OP_UNREACHABLE) {
        return;
    }
    IrRegion *region = construct->region;
    IrBuilder b = ir_at_end(f->module, region);
    b.pos = construct->next->pos;
    cut_from(construct->next);
    ir_end(&b, OP_UNREACHABLE, 0, NULL);
    f->changed = true;
}

/* The construct becomes the region, whose last instruction hands over its results when it is `leaves`; any other one
 * ends the region around it. Gives what to look at next. */
static IrInst *become_region(Folder *f, IrInst *construct, IrRegion *region, IrOp leaves) {
    IrInst *last = region->last, *first = region->first;
    f->changed = true;
    if (last->op != leaves) {
        splice(first, last, construct);
        cut_from(construct);
        return first;
    }
    for (uint32_t i = 0; i < construct->result_count; i++) {
        replace(f, construct->results[i], last->operands[i]);
    }
    if (first == last) {
        first = construct->next;
    } else {
        splice(first, last->previous, construct);
    }
    ir_remove(construct);
    return first;
}

/* ---- values that are the same on every way ---- */

/* What all of the jumps hand over at `index`, if it was there before `start`; NULL: nothing. */
static IrValue *same_from_all(const Insts *jumps, uint32_t index, uint32_t start) {
    IrValue *same = NULL;
    for (uint32_t i = 0; i < jumps->count; i++) {
        IrValue *value = ir_resolve(jumps->items[i]->operands[index]);
        if (same != NULL && value != same) {
            return NULL;
        }
        same = value;
    }
    return same != NULL && (ir_is_const(same) || same->mark < start) ? same : NULL;
}

static bool is_bool_const(const IrValue *value, bool which) {
    return value->type == ir_scalar(IR_BOOL) && ir_is_const(value) && value->bits[0] == which;
}

/* ---- control ---- */

static IrInst *fold_if(Folder *f, IrInst *inst) {
    IrValue *condition = inst->operands[0];
    IrRegion *yes = &inst->regions[IR_IF_TRUE], *no = &inst->regions[IR_IF_FALSE];
    if (ir_is_const(condition)) {
        return become_region(f, inst, condition->bits[0] != 0 ? yes : no, OP_YIELD);
    }
    uint32_t start = ++f->clock;
    fold_region(f, yes);
    fold_region(f, no);
    Insts yields = {0};
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (inst->regions[i].last->op == OP_YIELD) {
            VEC_PUSH(&f->scratch, &yields, inst->regions[i].last);
        }
    }
    if (yields.count == 0) {
        end_after(f, inst);
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        IrValue *same = same_from_all(&yields, i, start);
        if (same != NULL) {
            replace(f, inst->results[i], same);
        } else if (yields.count == 2 && is_bool_const(yes->last->operands[i], true) &&
                   is_bool_const(no->last->operands[i], false)) {
            replace(f, inst->results[i], condition);
        }
    }
    mark_defined(f, inst->result_count, inst->results);
    return inst->next;
}

/* A parameter of the body that is its first value in every round: the continuing part hands over that value, or
 * what each `continue` gave it, which is that value or the parameter. */
static bool never_changes(const IrInst *inst, const Loop *loop, uint32_t i) {
    const IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    IrValue *param = body->params[i], *first = inst->operands[i];
    const IrValue *next = more->last->op == OP_NEXT ? more->last->operands[i] : first;
    if (next == first) {
        return true;
    }
    if (next->kind != IR_VALUE_REGION_PARAM || next->inst != inst) {
        return false;
    }
    for (uint32_t k = 0; k < loop->continues.count; k++) {
        IrValue *given = ir_resolve(loop->continues.items[k]->operands[next->index]);
        if (given != param && given != first) {
            return false;
        }
    }
    return true;
}

static IrInst *fold_loop(Folder *f, IrInst *inst) {
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    Loop loop = {0}, *outer = f->loop;
    uint32_t start = ++f->clock;
    f->loop = &loop;
    mark_defined(f, body->param_count, body->params);
    fold_region(f, body);
    mark_defined(f, more->param_count, more->params);
    fold_region(f, more);
    f->loop = outer;

    bool once = loop.continues.count == 0;
    for (uint32_t i = 0; i < body->param_count; i++) {
        if (once || never_changes(inst, &loop, i)) {
            replace(f, body->params[i], inst->operands[i]);
        }
    }
    for (uint32_t i = 0; i < more->param_count; i++) {
        IrValue *same = same_from_all(&loop.continues, i, start);
        if (same != NULL) {
            replace(f, more->params[i], same);
        }
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        IrValue *same = same_from_all(&loop.breaks, i, start);
        if (same != NULL) {
            replace(f, inst->results[i], same);
        }
    }
    bool break_is_last = loop.breaks.count == 1 && loop.breaks.items[0] == body->last;
    if (once && (loop.breaks.count == 0 || break_is_last)) {
        IrInst *next = inst->next;
        become_region(f, inst, body, OP_BREAK);
        return break_is_last ? next : NULL;
    }
    if (loop.breaks.count == 0) {
        end_after(f, inst);
    }
    mark_defined(f, inst->result_count, inst->results);
    return inst->next;
}

static IrInst *fold_inst(Folder *f, IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
    switch (inst->op) {
    case OP_IF:
        return fold_if(f, inst);
    case OP_LOOP:
        return fold_loop(f, inst);
    case OP_BREAK:
        VEC_PUSH(&f->scratch, &f->loop->breaks, inst);
        return inst->next;
    case OP_CONTINUE:
        VEC_PUSH(&f->scratch, &f->loop->continues, inst);
        return inst->next;
    default:
        mark_defined(f, inst->result_count, inst->results);
        return ir_has(inst->op, IR_PURE) ? fold_pure(f, inst) : inst->next;
    }
}

static bool run(IrModule *module) {
    Folder f = {.module = module, .rules = fold_rules()};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        f.clock = 0;
        mark_defined(&f, function->param_count, function->params);
        fold_region(&f, &function->body);
        if (f.changed) {
            ir_resolve_all(function); /* parameters were replaced after they were used */
        }
    }
    arena_release(&f.scratch);
    return f.changed;
}

IR_PASS(opt_fold, run);
