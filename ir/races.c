/* See races.h: the execution of a kernel for all invocations of a workgroup together.
 *
 * A mask says which invocations come by. Where symbols decide that, both ways are taken, under a guard that tells whether
 * two accesses can happen in one execution; where nothing is known, invocations go on as unsure, and two such are not
 * compared. A loop whose end is not known runs twice, so that the end of its body meets its beginning.
 */
#include "ir/races.h"

#include "ir/races_run.h"

enum {
    MOST_VALUES = 100000,    /* of all functions */
    MOST_INVOCATIONS = 1024, /* of a workgroup */
    MOST_WORK = 6000000,     /* numbers computed, about, for a module */
    MOST_NESTING = 1500,     /* of regions and calls */
    MOST_OPEN_TURNS = 2,     /* of a loop whose end is not known */
};

static Mask run(Races *r, IrRegion *region, Mask mask);

static bool is_over(Races *r) {
    return r->v.work > r->v.most_work;
}

static void set_unknown(Races *r, const IrInst *inst) {
    for (uint32_t i = 0; i < inst->result_count; i++) {
        r->values[inst->results[i]->mark] = lanes_unknown(inst->results[i]->type);
    }
}

/* ---- control ---- */

static void run_if(Races *r, IrInst *inst, Mask *mask) {
    uint32_t condition = lanes_get_scalar(r, inst->operands[0]).condition;
    Mask yes = lanes_narrow(r, *mask, condition);
    Mask no = lanes_narrow(r, *mask, condition_not(&r->v, condition));
    /* one path or the other is taken by all: what was touched before, and is behind a barrier on one, is not on the other */
    bool forks = inst->mark != 0 && yes.lane != NULL && no.lane != NULL;
    Access **before = NEW_ARRAY(r->v.arena, Access *, forks ? r->accesses.live.count : 0);
    uint32_t before_count = r->accesses.live.count;
    for (uint32_t i = 0; forks && i < before_count; i++) {
        before[i] = r->accesses.live.items[i];
    }
    Lanes *given = NEW_ARRAY(r->v.arena, Lanes, inst->result_count);
    Mask yes_end = yes.lane != NULL ? run(r, &inst->regions[IR_IF_TRUE], yes) : nobody;
    const IrInst *end = inst->regions[IR_IF_TRUE].last;
    for (uint32_t i = 0; i < inst->result_count && yes_end.lane != NULL; i++) {
        given[i] = lanes_get(r, end->operands[i]);
    }
    uint32_t after_count = 0;
    Access **after = NULL;
    if (forks) {
        after_count = r->accesses.live.count;
        after = NEW_ARRAY(r->v.arena, Access *, after_count);
        for (uint32_t i = 0; i < after_count; i++) {
            after[i] = r->accesses.live.items[i];
        }
        r->accesses.live.count = 0;
        for (uint32_t i = 0; i < before_count; i++) {
            VEC_PUSH(r->v.arena, &r->accesses.live, before[i]);
        }
    }
    Mask no_end = no.lane != NULL ? run(r, &inst->regions[IR_IF_FALSE], no) : nobody;
    for (uint32_t i = 0; i < after_count && yes_end.lane != NULL; i++) {
        bool there = false;
        for (uint32_t k = 0; k < r->accesses.live.count && !there; k++) {
            there = r->accesses.live.items[k] == after[i];
        }
        if (!there) {
            VEC_PUSH(r->v.arena, &r->accesses.live, after[i]);
        }
    }
    bool whole = is_same_mask(yes_end, yes) && is_same_mask(no_end, no);
    Mask all = whole ? *mask : lanes_unite(r, yes_end, no_end, *mask);
    end = inst->regions[IR_IF_FALSE].last;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        Lanes other = no_end.lane != NULL ? lanes_get(r, end->operands[i]) : given[i];
        if (yes_end.lane == NULL) {
            given[i] = other;
        }
        r->values[inst->results[i]->mark] =
            yes_end.lane != NULL && no_end.lane != NULL
                ? lanes_merge(r, type, yes_end, all, &given[i], &other)
                : given[i];
    }
    if (r->loop != NULL && !whole && !condition_uniform(&r->v, condition)) {
        r->loop->differs = true;
    }
    *mask = all;
}

/* Values that reach a place from several sides. */
static void gather(Races *r, const IrInst *from, uint32_t count, IrValue *const *to, Lanes *into,
                   Mask mask, Mask before) {
    for (uint32_t i = 0; i < count; i++) {
        Lanes value = lanes_get(r, from->operands[i]);
        if (before.lane != NULL) {
            Mask all = lanes_unite(r, mask, before, nobody);
            value = lanes_merge(r, to[i]->type, mask, all, &value, &into[i]);
        }
        into[i] = value;
    }
}

static bool do_meet(const Races *r, Mask a, Mask b) {
    for (uint32_t i = 0; i < r->v.invocations && a.lane != NULL && b.lane != NULL; i++) {
        if (a.lane[i] != IS_OFF && b.lane[i] != IS_OFF) {
            return true;
        }
    }
    return false;
}

static void set_params(Races *r, const IrRegion *region, const Lanes *values) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        r->values[region->params[i]->mark] = values[i];
    }
}

static Lanes *get_all(Races *r, const IrInst *inst) {
    Lanes *all = NEW_ARRAY(r->v.arena, Lanes, inst->operand_count);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        all[i] = lanes_get(r, inst->operands[i]);
    }
    r->v.work += inst->operand_count * 8;
    return all;
}

/* Gives whether the loop goes on. */
static bool run_turn(Races *r, Loop *loop, Mask *mask, unsigned *open_turns) {
    IrRegion *body = &loop->inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &loop->inst->regions[IR_LOOP_CONTINUING];
    loop->left = loop->again = nobody;
    run(r, body, *mask);
    *open_turns += do_meet(r, loop->left, loop->again);
    loop->left_before = lanes_unite(r, loop->left_before, loop->left, *mask);
    bool is_same =
        loop->again.lane != NULL && memcmp(loop->again.lane, mask->lane, r->v.invocations) == 0;
    *mask = (Mask){is_same ? mask->lane : loop->again.lane, loop->again.guard};
    if (mask->lane == NULL || *open_turns >= MOST_OPEN_TURNS || is_over(r)) {
        return false;
    }
    set_params(r, continuing, loop->carried);
    run(r, continuing, *mask);
    if (continuing->last->op != OP_NEXT) {
        return false;
    }
    set_params(r, body, get_all(r, continuing->last));
    r->v.work += 64;
    return true;
}

static void run_loop(Races *r, IrInst *inst, Mask *mask) {
    Loop loop = {.outer = r->loop, .inst = inst};
    loop.results = NEW_ARRAY(r->v.arena, Lanes, inst->result_count);
    loop.carried = NEW_ARRAY(r->v.arena, Lanes, inst->regions[IR_LOOP_CONTINUING].param_count);
    Mask turn = *mask, returned = r->frame->returned;
    unsigned open_turns = 0;
    set_params(r, &inst->regions[IR_LOOP_BODY], get_all(r, inst));
    r->loop = &loop;
    while (run_turn(r, &loop, &turn, &open_turns)) {
    }
    r->loop = loop.outer;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        bool forget = open_turns > 0 || loop.left_before.lane == NULL;
        bool differs = loop.differs || !is_uniform(&loop.results[i].lanes[0]);
        r->values[inst->results[i]->mark] = !forget   ? loop.results[i]
                                            : differs ? lanes_unknown(type)
                                                      : lanes_symbols(r, type);
    }
    if (open_turns > 0) {
        race_forget(r, &inst->regions[IR_LOOP_BODY], loop.differs);
        race_forget(r, &inst->regions[IR_LOOP_CONTINUING], loop.differs);
    }
    bool none_returned = is_same_mask(returned, r->frame->returned);
    *mask = loop.left_before.lane == NULL ? nobody : none_returned ? *mask : loop.left_before;
}

static void leave(Races *r, const IrInst *inst, Mask mask) {
    Loop *loop = r->loop;
    if (inst->op == OP_BREAK) {
        Mask before = lanes_unite(r, loop->left_before, loop->left, nobody);
        gather(r, inst, inst->operand_count, loop->inst->results, loop->results, mask, before);
        loop->left = lanes_unite(r, loop->left, mask, nobody);
    } else {
        gather(r, inst, inst->operand_count, loop->inst->regions[IR_LOOP_CONTINUING].params,
               loop->carried, mask, loop->again);
        loop->again = lanes_unite(r, loop->again, mask, nobody);
    }
}

static void give(Races *r, const IrInst *inst, Mask mask) {
    IrValue result = {.type = inst->region->function->result};
    IrValue *to = &result;
    gather(r, inst, inst->operand_count, &to, &r->frame->result, mask, r->frame->returned);
    r->frame->returned = lanes_unite(r, r->frame->returned, mask, nobody);
}

static void call(Races *r, const IrInst *inst, Mask mask) {
    IrFunction *callee = inst->callee;
    Frame frame = {.returned = nobody}, *outer = r->frame;
    Loop *loop = r->loop;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (ir_is_root(inst->operands[i]->type)) {
            r->places[callee->params[i]->mark] = r->places[inst->operands[i]->mark];
        } else {
            r->values[callee->params[i]->mark] = lanes_get(r, inst->operands[i]);
        }
    }
    r->frame = &frame;
    r->loop = NULL;
    run(r, &callee->body, mask);
    r->frame = outer;
    r->loop = loop;
    if (inst->result_count > 0) {
        r->values[inst->results[0]->mark] = frame.result;
    }
}

static void touch(Races *r, IrInst *inst, Mask mask) {
    switch (inst->op) {
    case OP_VAR:
        race_make_local(r, inst, mask);
        break;
    case OP_SHARED:
        r->places[inst->results[0]->mark] = (Place){
            .shared = inst, .word = scalar_constant(0), .type = inst->results[0]->type->element};
        break;
    case OP_REF:
        r->places[inst->results[0]->mark] = race_place(r, inst);
        break;
    case OP_LOAD:
        race_load(r, inst, mask);
        break;
    case OP_STORE:
        race_store(r, inst, mask);
        break;
    case OP_CALL:
        call(r, inst, mask);
        break;
    case OP_BARRIER:
    case OP_SUBGROUP_BARRIER: /* which invocations it orders is not known */
        r->accesses.live.count = 0;
        break;
    default:
        if (ir_has(inst->op, IR_PURE)) {
            lanes_eval(r, inst);
        } else {
            set_unknown(r, inst);
        }
    }
}

/* Gives who gets to the end of it. */
static Mask run(Races *r, IrRegion *region, Mask mask) {
    if (++r->nesting > MOST_NESTING) {
        r->v.work = r->v.most_work + 1;
    }
    for (IrInst *inst = region->first; inst != NULL && !is_over(r) && mask.lane != NULL;
         inst = inst->next) {
        r->v.work += 4;
        switch (inst->op) {
        case OP_IF:
            run_if(r, inst, &mask);
            break;
        case OP_LOOP:
            run_loop(r, inst, &mask);
            break;
        case OP_BREAK:
        case OP_CONTINUE:
            leave(r, inst, mask);
            mask = nobody;
            break;
        case OP_RET:
            give(r, inst, mask);
            mask = nobody;
            break;
        case OP_UNREACHABLE:
            mask = nobody;
            break;
        case OP_YIELD:
        case OP_NEXT:
            break;
        default:
            touch(r, inst, mask);
        }
    }
    r->nesting--;
    return is_over(r) ? nobody : mask;
}

/* ---- modules ---- */

typedef struct {
    uint32_t values, locals;
    bool has_shared;
} Count;

/* Numbers values and locals; marks each `if` with whether a barrier may be inside. */
static bool number_region(Count *count, IrRegion *region) {
    bool has_barrier = false;
    for (uint32_t i = 0; i < region->param_count; i++) {
        region->params[i]->mark = count->values++;
    }
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        bool inside =
            inst->op == OP_CALL || inst->op == OP_BARRIER || inst->op == OP_SUBGROUP_BARRIER;
        for (uint32_t i = 0; i < inst->result_count; i++) {
            inst->results[i]->mark = count->values++;
        }
        count->has_shared |= inst->op == OP_SHARED;
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inside |= number_region(count, &inst->regions[i]);
        }
        inst->mark = inst->op == OP_VAR ? count->locals++ : inside;
        has_barrier |= inside;
    }
    return has_barrier;
}

static bool has_shared(const IrFunction *kernel) {
    for (const IrInst *inst = kernel->body.first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_SHARED) {
            return true;
        }
    }
    return false;
}

static void check_kernel(Races *r, IrFunction *kernel) {
    uint64_t invocations = (uint64_t)kernel->workgroup[0] * kernel->workgroup[1];
    invocations =
        invocations <= MOST_INVOCATIONS ? invocations * kernel->workgroup[2] : invocations;
    if (invocations < 2 || invocations > MOST_INVOCATIONS || !has_shared(kernel)) {
        return;
    }
    values_init(&r->v, r->module->arena, (uint32_t)invocations, r->v.most_work - r->v.work);
    r->accesses = (Accesses){.module = r->module, .kernel = kernel, .v = &r->v};
    uint8_t *lane = NEW_ARRAY(r->v.arena, uint8_t, invocations);
    memset(lane, IS_ON, invocations);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrValue *param = kernel->params[i];
        r->places[param->mark] = (Place){0};
        if (!ir_is_root(param->type)) {
            r->values[param->mark] = lanes_symbols(r, param->type);
        }
    }
    Frame frame = {.returned = nobody};
    r->frame = &frame;
    r->loop = NULL;
    r->nesting = 0;
    run(r, &kernel->body, (Mask){lane, ALWAYS});
}

void ir_check_races(IrModule *module) {
    Count count = {0};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        for (uint32_t i = 0; i < f->param_count; i++) {
            f->params[i]->mark = count.values++;
        }
        number_region(&count, &f->body);
    }
    if (!count.has_shared || count.values > MOST_VALUES || module->diags->off[WARN_RACE]) {
        return;
    }
    Races r = {.module = module, .v = {.most_work = MOST_WORK}};
    r.values = NEW_ARRAY(module->arena, Lanes, count.values);
    r.places = NEW_ARRAY(module->arena, Place, count.values);
    for (uint32_t i = 0; i < count.locals; i++) {
        VEC_PUSH(module->arena, &r.locals, (Local){0});
    }
    for (IrFunction *f = module->functions; f != NULL && !is_over(&r); f = f->next) {
        if (f->is_kernel) {
            check_kernel(&r, f);
        }
    }
}
