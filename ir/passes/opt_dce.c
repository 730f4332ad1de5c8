/* opt_dce: what nothing uses goes.
 *
 * Marks from what has an effect (stores to buffers, calls, loops, and what leaves or ends them) to what that needs,
 * then sweeps: pure instructions, loads, locals that are never read with their stores, `if`s left without effect, and
 * single results and parameters of control with what is handed to them, also those that only feed themselves from
 * round to round. A loop stays even when nothing comes of it: nobody knows here that it ends.
 *
 * Before: anything. After: what is computed is used, but for the results of calls.
 */
#include "ir/pass.h"

enum { UNUSED, USED }; /* IrValue.mark */

/* What becomes needed with a local, or with a result or parameter of a loop. */
typedef struct {
    VEC(IrInst *) stores, breaks, continues;
} Users;

/* IrInst.mark: whether the instruction is needed, and twice the index of its Users. */
enum { NEEDED = 1 };

typedef struct {
    Arena scratch;
    VEC(Users) users;    /* the first is nobody's */
    VEC(IrValue *) work; /* used, but what that needs is not marked yet */
    bool changed;
} Sweeper;

/* ---- what there is ---- */

/* The `var` that is stored to; NULL: a buffer, shared memory, or a place that a caller handed in. */
static IrInst *stored_local(const IrInst *store) {
    const IrValue *root = store->operands[ir_place_start(store)];
    return root->type->kind == IR_TYPE_VAR ? root->inst : NULL;
}

static Users *users_of(Sweeper *s, const IrInst *inst) {
    return &s->users.items[inst->mark >> 1];
}

static void forget_marks(uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = UNUSED;
    }
}

static void scan(Sweeper *s, const IrRegion *region, const IrInst *loop) {
    forget_marks(region->param_count, region->params);
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        inst->mark = 0;
        forget_marks(inst->result_count, inst->results);
        switch (inst->op) {
        case OP_VAR:
        case OP_LOOP:
            inst->mark = s->users.count << 1;
            VEC_PUSH(&s->scratch, &s->users, (Users){0});
            break;
        case OP_STORE:
            if (stored_local(inst) != NULL) {
                VEC_PUSH(&s->scratch, &users_of(s, stored_local(inst))->stores, inst);
            }
            break;
        case OP_BREAK:
            VEC_PUSH(&s->scratch, &users_of(s, loop)->breaks, inst);
            break;
        case OP_CONTINUE:
            VEC_PUSH(&s->scratch, &users_of(s, loop)->continues, inst);
            break;
        default:
            break;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            scan(s, &inst->regions[i], inst->op == OP_LOOP ? inst : loop);
        }
    }
}

/* ---- what is needed ---- */

static void use(Sweeper *s, IrValue *value) {
    bool defined_here = value->kind == IR_VALUE_RESULT || value->kind == IR_VALUE_REGION_PARAM;
    if (defined_here && value->mark == UNUSED) {
        value->mark = USED;
        VEC_PUSH(&s->scratch, &s->work, value);
    }
}

/* Whether each operand is needed only with the result or parameter that it becomes. */
static bool hands_over(IrOp op) {
    return op == OP_LOOP || op == OP_YIELD || op == OP_BREAK || op == OP_CONTINUE || op == OP_NEXT;
}

/* The instruction, and with it the control around it. */
static void need(Sweeper *s, IrInst *inst) {
    for (; inst != NULL && (inst->mark & NEEDED) == 0; inst = inst->region->owner) {
        inst->mark |= NEEDED;
        for (uint32_t i = 0; i < inst->operand_count && !hands_over(inst->op); i++) {
            use(s, inst->operands[i]);
        }
    }
}

static void use_handed(Sweeper *s, uint32_t count, IrInst *const *jumps, uint32_t index) {
    for (uint32_t i = 0; i < count; i++) {
        use(s, jumps[i]->operands[index]);
    }
}

/* What an `if` gives comes from the arms that end in a yield. */
static void use_yielded(Sweeper *s, const IrInst *inst, uint32_t index) {
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (inst->regions[i].last->op == OP_YIELD) {
            use(s, inst->regions[i].last->operands[index]);
        }
    }
}

static void follow_result(Sweeper *s, IrInst *inst, uint32_t index) {
    need(s, inst);
    if (inst->op == OP_IF) {
        use_yielded(s, inst, index);
    } else if (inst->op == OP_LOOP) {
        const Users *users = users_of(s, inst);
        use_handed(s, users->breaks.count, users->breaks.items, index);
    } else if (inst->op == OP_VAR) {
        const Users *users = users_of(s, inst);
        for (uint32_t i = 0; i < users->stores.count; i++) {
            need(s, users->stores.items[i]);
        }
    }
}

static void follow_param(Sweeper *s, const IrInst *loop, const IrValue *param) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    if (param->index < body->param_count && body->params[param->index] == param) {
        use(s, loop->operands[param->index]);
        if (more->last->op == OP_NEXT) {
            use(s, more->last->operands[param->index]);
        }
    } else {
        const Users *users = users_of(s, loop);
        use_handed(s, users->continues.count, users->continues.items, param->index);
    }
}

static bool has_effect(const IrInst *inst) {
    switch (inst->op) {
    case OP_VAR:
    case OP_SHARED:
    case OP_LOAD:
    case OP_LOAD_WIDE:
    case OP_IF:
    case OP_YIELD:
    case OP_NEXT:
        return false;
    case OP_STORE:
        return stored_local(inst) == NULL;
    default:
        return !ir_has(inst->op, IR_PURE);
    }
}

static void need_effect(IrInst *inst, void *data) {
    if (has_effect(inst)) {
        need(data, inst);
    }
}

static void mark(Sweeper *s, IrFunction *function) {
    ir_walk(&function->body, need_effect, s);
    while (s->work.count > 0) {
        IrValue *value = s->work.items[--s->work.count];
        if (value->kind == IR_VALUE_RESULT) {
            follow_result(s, value->inst, value->index);
        } else {
            follow_param(s, value->inst, value);
        }
    }
}

/* ---- what goes ---- */

/* Keeps what stands where a value is used; gives how many. */
static uint32_t keep_used(uint32_t count, IrValue **handed, IrValue *const *values) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (values[i]->mark == USED) {
            handed[kept++] = handed[i];
        }
    }
    return kept;
}

static void trim_operands(IrInst *inst, IrValue *const *values) {
    inst->operand_count = keep_used(inst->operand_count, inst->operands, values);
}

/* After whatever hands over to these values was trimmed. */
static void trim_values(Sweeper *s, uint32_t *count, IrValue **values) {
    uint32_t kept = keep_used(*count, values, values);
    s->changed |= kept < *count;
    *count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        values[i]->index = i;
    }
}

static void trim_if(Sweeper *s, IrInst *inst) {
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (inst->regions[i].last->op == OP_YIELD) {
            trim_operands(inst->regions[i].last, inst->results);
        }
    }
    trim_values(s, &inst->result_count, inst->results);
}

static void trim_loop(Sweeper *s, IrInst *inst) {
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    const Users *users = users_of(s, inst);
    for (uint32_t i = 0; i < users->breaks.count; i++) {
        trim_operands(users->breaks.items[i], inst->results);
    }
    for (uint32_t i = 0; i < users->continues.count; i++) {
        trim_operands(users->continues.items[i], more->params);
    }
    trim_operands(inst, body->params);
    if (more->last->op == OP_NEXT) {
        trim_operands(more->last, body->params);
    }
    trim_values(s, &inst->result_count, inst->results);
    trim_values(s, &body->param_count, body->params);
    trim_values(s, &more->param_count, more->params);
}

static void sweep(Sweeper *s, IrRegion *region) {
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        if ((inst->mark & NEEDED) == 0 && !ir_has(inst->op, IR_TERM)) {
            ir_remove(inst);
            s->changed = true;
            continue;
        }
        if (inst->op == OP_IF) {
            trim_if(s, inst);
        } else if (inst->op == OP_LOOP) {
            trim_loop(s, inst);
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            sweep(s, &inst->regions[i]);
        }
    }
}

static bool run(IrModule *module) {
    Sweeper s = {0};
    VEC_PUSH(&s.scratch, &s.users, (Users){0});
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        scan(&s, &function->body, NULL);
        mark(&s, function);
        sweep(&s, &function->body);
    }
    arena_release(&s.scratch);
    return s.changed;
}

IR_PASS(opt_dce, run);
