/* lower_returns: each proc gets one `ret`, the last instruction of its body; values reach it as results of the
 * control around them.
 *
 * Outside loops, what follows an `if` that may return moves into the arm that goes on:
 *
 *     if c { ret 1 } else { yield }         %r = if c { yield 1 } else { rest; yield 2 }
 *     rest                              →   ret %r
 *     ret 2
 *
 * Where both arms may go on, the `if` says with two more results whether it returned, and what; so does a loop,
 * which a `ret` inside leaves by `break`. What follows goes into the second arm of an `if` on that.
 *
 * So each return nests the code after it one level deeper. A proc with many (a table written as `if x == 0 { give
 * 7; } …`) becomes the body of a loop that runs once instead, where every `ret` is a `break`.
 *
 * Before: anything; kernels are left as they are, since every target has `return`. After: no proc ends in
 * `unreachable` either (what nothing leaves gives zero).
 */
#include "ir/pass.h"

/* Beyond so many constructs that hold returns, outside loops, the proc becomes a loop. Large enough for procs that
 * people write, small enough that moving code stays linear and targets accept the nesting. */
enum { MOST_NESTED = 64 };

typedef struct {
    IrModule *module;
    IrFunction *proc;
    uint32_t holders; /* constructs outside loops that hold a `ret` */
    uint32_t depth;   /* regions inside each other */
} Returns;

/* What a region hands over, and by which terminator: `yield`, or `break` inside a loop; the proc's body has `ret`.
 * Flagged: what the construct gave before, whether a `ret` was met, its value. Else a `ret` is always met, and the
 * value (of a proc that has one) is all. */
typedef struct {
    IrOp by;
    bool flagged;
    uint32_t count;
    const IrType **types;
} Exit;

static uint32_t value_count(const Returns *returns) {
    return returns->proc->result == &ir_void ? 0 : 1;
}

/* ---- which constructs hold a `ret` ---- */

/* Marks each construct that does. */
static bool survey(Returns *returns, const IrRegion *region, uint32_t depth, bool in_loop) {
    bool holds = false;
    returns->depth = depth > returns->depth ? depth : returns->depth;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        bool inside = false;
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inside |= survey(returns, &inst->regions[i], depth + 1, in_loop || inst->op == OP_LOOP);
        }
        inst->mark = inside;
        returns->holders += inside && !in_loop;
        holds |= inside || inst->op == OP_RET;
    }
    return holds;
}

/* ---- exits ---- */

static Exit tail_exit(Returns *returns) {
    Exit exit = {.by = OP_YIELD, .count = value_count(returns)};
    exit.types = NEW_ARRAY(returns->module->arena, const IrType *, 1);
    exit.types[0] = returns->proc->result;
    return exit;
}

static Exit flagged_exit(Returns *returns, const IrInst *construct) {
    uint32_t usual = construct->result_count;
    Exit exit = {.by = construct->op == OP_LOOP ? OP_BREAK : OP_YIELD, .flagged = true};
    exit.types = NEW_ARRAY(returns->module->arena, const IrType *, usual + 2);
    for (uint32_t i = 0; i < usual; i++) {
        exit.types[i] = construct->results[i]->type;
    }
    exit.types[usual] = ir_scalar(IR_BOOL);
    exit.types[usual + 1] = returns->proc->result;
    exit.count = usual + 1 + value_count(returns);
    return exit;
}

/* Gives the construct the results of the exit; the first `kept` are those that it has. */
static void set_results(Returns *returns, IrInst *construct, const Exit *exit, uint32_t kept) {
    IrValue **old = construct->results;
    construct->result_count = exit->count;
    construct->results = NEW_ARRAY(returns->module->arena, IrValue *, exit->count);
    for (uint32_t i = 0; i < exit->count; i++) {
        if (i < kept) {
            construct->results[i] = old[i];
        } else {
            ir_result_new(returns->module, construct, i, exit->types[i]);
        }
    }
}

/* Of a construct with flagged results. */
static IrValue *returned_flag(const Returns *returns, const IrInst *construct) {
    return construct->results[construct->result_count - 1 - value_count(returns)];
}
static IrValue **returned_value(const Returns *returns, const IrInst *construct) {
    return construct->results + construct->result_count - value_count(returns);
}

static void end_with(Returns *returns, IrRegion *region, const Exit *exit, Pos pos,
                     IrValue *const *values) {
    IrBuilder b = ir_at_end(returns->module, region);
    b.pos = pos;
    ir_end(&b, region->owner == NULL ? OP_RET : exit->by, exit->count, values);
}

/* The end of a region where the proc is to give `value` (none of a proc without). */
static void end_returning(Returns *returns, IrRegion *region, const Exit *exit, Pos pos,
                          IrValue *const *value) {
    IrValue **values = NEW_ARRAY(returns->module->arena, IrValue *, exit->count);
    uint32_t n = 0;
    if (exit->flagged) {
        for (uint32_t usual = exit->count - 1 - value_count(returns); n < usual; n++) {
            values[n] = ir_const_zero(returns->module, exit->types[n]);
        }
        values[n++] = ir_const_bool(returns->module, true);
    }
    for (uint32_t i = 0; i < value_count(returns); i++) {
        values[n++] = value[i];
    }
    end_with(returns, region, exit, pos, values);
}

/* The `yield` or `break` that ends its region says besides that nothing was returned. */
static void extend_end(Returns *returns, IrInst *end, const Exit *exit) {
    IrRegion *region = end->region;
    IrValue **values = NEW_ARRAY(returns->module->arena, IrValue *, exit->count);
    uint32_t n = 0;
    for (; n < end->operand_count; n++) {
        values[n] = end->operands[n];
    }
    for (; n < exit->count; n++) {
        values[n] = ir_const_zero(returns->module, exit->types[n]); /* the flag too: false */
    }
    ir_remove(end);
    end_with(returns, region, exit, end->pos, values);
}

/* The terminator of a region, outside loops, that holds no construct with a `ret`. */
static void convert_end(Returns *returns, IrRegion *region, const Exit *exit) {
    IrInst *end = region->last;
    if (end->op == OP_YIELD) {
        extend_end(returns, end, exit);
    } else if (end->op == OP_RET) {
        ir_remove(end);
        end_returning(returns, region, exit, end->pos, end->operands);
    } else if (region->owner == NULL) { /* `unreachable` as the end of the proc */
        IrValue *zero =
            value_count(returns) > 0 ? ir_const_zero(returns->module, returns->proc->result) : NULL;
        ir_remove(end);
        end_returning(returns, region, exit, end->pos, &zero);
    }
}

static void drop_after(IrInst *inst) {
    inst->next = NULL;
    inst->region->last = inst;
}

/* ---- inside loops ---- */

static bool lower_loop(Returns *returns, IrInst *loop);

/* The body of a loop or an arm of an `if` in it; `exit` is the loop's. Sets *breaks when a `break` is met. The
 * continuing part has neither `break` nor `ret`. */
static void lower_in_loop(Returns *returns, IrRegion *region, const Exit *exit, bool *breaks) {
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        if (inst->op == OP_IF) {
            lower_in_loop(returns, &inst->regions[IR_IF_TRUE], exit, breaks);
            lower_in_loop(returns, &inst->regions[IR_IF_FALSE], exit, breaks);
        } else if (inst->op == OP_BREAK) {
            *breaks = true;
            extend_end(returns, inst, exit);
        } else if (inst->op == OP_RET) {
            ir_remove(inst);
            end_returning(returns, region, exit, inst->pos, inst->operands);
        } else if (inst->op == OP_LOOP && inst->mark != 0) {
            if (lower_loop(returns, inst)) {
                drop_after(inst);
                end_returning(returns, region, exit, inst->pos, returned_value(returns, inst));
                return;
            }
            IrBuilder after = {returns->module, region, next, inst->pos, 0};
            IrInst *branch = ir_if(&after, returned_flag(returns, inst), 0, NULL);
            IrBuilder no = ir_at_end(returns->module, &branch->regions[IR_IF_FALSE]);
            no.pos = inst->pos;
            end_returning(returns, &branch->regions[IR_IF_TRUE], exit, inst->pos,
                          returned_value(returns, inst));
            ir_end(&no, OP_YIELD, 0, NULL);
        }
    }
}

/* Every `ret` in the loop becomes a `break`, and its results become flagged. Gives whether it leaves in no other
 * way, so that what follows it is never reached. */
static bool lower_loop(Returns *returns, IrInst *loop) {
    Exit exit = flagged_exit(returns, loop);
    bool breaks = false;
    lower_in_loop(returns, &loop->regions[IR_LOOP_BODY], &exit, &breaks);
    set_results(returns, loop, &exit, loop->result_count);
    return !breaks;
}

/* ---- outside loops ---- */

static void lower_region(Returns *returns, IrRegion *region, const Exit *exit);

/* After a construct with flagged results: if it returned { that } else { what follows }. */
static void split_after(Returns *returns, IrInst *construct, const Exit *exit) {
    IrRegion *region = construct->region;
    Pos pos = construct->pos, end = region->last->pos;
    IrBuilder after = {returns->module, region, construct->next, pos, 0};
    IrInst *branch = ir_if(&after, returned_flag(returns, construct), exit->count, exit->types);
    ir_move(branch->next, region->last, &branch->regions[IR_IF_FALSE]);
    end_returning(returns, &branch->regions[IR_IF_TRUE], exit, pos,
                  returned_value(returns, construct));
    lower_region(returns, &branch->regions[IR_IF_FALSE], exit);
    end_with(returns, region, exit, end, branch->results);
}

/* Ends the arm with a copy of `end`, the terminator that follows the `if`. */
static void end_arm_like(Returns *returns, IrRegion *arm, const IrInst *end) {
    IrInst *yield = arm->last, *branch = arm->owner;
    IrValue **values = NEW_ARRAY(returns->module->arena, IrValue *, end->operand_count);
    for (uint32_t i = 0; i < end->operand_count; i++) {
        IrValue *value = ir_resolve(end->operands[i]);
        bool from_arm = value->kind == IR_VALUE_RESULT && value->inst == branch;
        values[i] = from_arm ? yield->operands[value->index] : value;
    }
    ir_remove(yield);
    IrBuilder b = ir_at_end(returns->module, arm);
    b.pos = end->pos;
    ir_end(&b, end->op, end->operand_count, values);
}

static void lower_if(Returns *returns, IrInst *branch, const Exit *exit) {
    IrRegion *region = branch->region, *on[2];
    Pos pos = region->last->pos;
    bool end_follows = branch->next == region->last;
    uint32_t going_on = 0;
    for (uint32_t i = 0; i < 2; i++) {
        if (branch->regions[i].last->op == OP_YIELD) {
            on[going_on++] = &branch->regions[i];
        }
    }
    if (going_on == 2 && !end_follows) {
        Exit flagged = flagged_exit(returns, branch);
        lower_region(returns, &branch->regions[IR_IF_TRUE], &flagged);
        lower_region(returns, &branch->regions[IR_IF_FALSE], &flagged);
        set_results(returns, branch, &flagged, branch->result_count);
        split_after(returns, branch, exit);
        return;
    }
    if (going_on == 1 && !end_follows) {
        IrInst *yield = on[0]->last;
        for (uint32_t i = 0; i < branch->result_count; i++) {
            ir_replace(branch->results[i], yield->operands[i]);
        }
        ir_remove(yield);
        ir_move(branch->next, region->last, on[0]);
    } else {
        for (uint32_t i = 0; i < going_on; i++) {
            end_arm_like(returns, on[i], region->last);
        }
        drop_after(branch);
    }
    set_results(returns, branch, exit, 0);
    lower_region(returns, &branch->regions[IR_IF_TRUE], exit);
    lower_region(returns, &branch->regions[IR_IF_FALSE], exit);
    end_with(returns, region, exit, pos, branch->results);
}

static void lower_region(Returns *returns, IrRegion *region, const Exit *exit) {
    IrInst *holder = region->first;
    while (holder != NULL && holder->mark == 0) {
        holder = holder->next;
    }
    if (holder == NULL) {
        convert_end(returns, region, exit);
    } else if (holder->op == OP_IF) {
        lower_if(returns, holder, exit);
    } else if (lower_loop(returns, holder)) {
        drop_after(holder);
        end_returning(returns, region, exit, holder->pos, returned_value(returns, holder));
    } else {
        split_after(returns, holder, exit);
    }
}

/* The body becomes that of a loop which runs once. */
static void lower_by_loop(Returns *returns, const Exit *exit) {
    IrRegion *body = &returns->proc->body;
    IrBuilder b = ir_at_end(returns->module, body);
    b.pos = body->last->pos;
    IrInst *loop = ir_loop(&b, 0, NULL, 0, NULL, 0, NULL);
    ir_move(body->first, loop->previous, &loop->regions[IR_LOOP_BODY]);
    IrBuilder next = ir_at_end(returns->module, &loop->regions[IR_LOOP_CONTINUING]);
    next.pos = b.pos;
    ir_end(&next, OP_NEXT, 0, NULL);
    lower_loop(returns, loop);
    end_returning(returns, body, exit, b.pos, returned_value(returns, loop));
}

static bool lower_proc(IrModule *module, IrFunction *proc) {
    Returns returns = {.module = module, .proc = proc};
    survey(&returns, &proc->body, 0, false);
    if (returns.holders == 0 && proc->body.last->op == OP_RET) {
        return false;
    }
    if (returns.depth + 1 > IR_MAX_DEPTH) {
        diag_report(module->diags, (Span){proc->pos, proc->pos}, D(CONTROL_TOO_DEEP),
                    (unsigned)IR_MAX_DEPTH);
        return false;
    }
    Exit exit = tail_exit(&returns);
    if (returns.holders <= MOST_NESTED && returns.depth + returns.holders <= IR_MAX_DEPTH) {
        lower_region(&returns, &proc->body, &exit);
    } else {
        lower_by_loop(&returns, &exit);
    }
    ir_resolve_all(proc);
    return true;
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (!function->is_kernel) {
            changed |= lower_proc(module, function);
        }
    }
    return changed;
}

IR_PASS(lower_returns, run);
