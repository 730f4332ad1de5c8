/* version_bounds: code whose indices are all inside runs without their checks.
 *
 * A stretch of a region becomes `if every index will be inside { the stretch } else { the stretch with its checks }`.
 * The condition is computed before it: an index that is known there is compared once, whichever buffers it goes into; of
 * neighbours only the lowest and the highest; and of one that counts in a loop the most that it can be (index_bounds.h).
 * Where that may be outside although no index is, the second arm runs, and does what the first would: the
 * program means the same in either.
 *
 *     if i < min(a.len, b.len) { b[i] = a[i] } else { if i < b.len { b[i] = i < a.len ? a[i] : 0 } }
 *
 * A comparison has to replace two checks or more, those of a loop count more than once, and the code that is there twice
 * has to be worth it, and what a loop does to be free of checks or left alone. The stretch is the longest one that
 * begins at a check and ends behind another: the top of the function first, then what is inside. It is never a part of
 * a round of an innermost loop, which drivers unroll as long as it has no branches. What invocations do together is
 * never in it, so no barrier is ever under such a condition.
 *
 * Before: lower_bounds, opt_cse, and LLVM where it runs, for what it proves needs no version. After: conditions that are
 * constants, for opt_fold; values that nothing uses.
 */
#include "ir/clone.h"
#include "ir/pass.h"
#include "ir/passes/index_bounds.h"

/* Instructions of a function that are there twice; one stretch after the other, until it is used up. Drivers take as long for
 * them as for others, and the corpus' kernels have 80 in the median. */
enum { MOST_COPIED = 1000 };

/* Each looks at MOST_COPIED instructions at most. */
enum { MOST_TRIES = 32, MOST_VERSIONS = 16 };

/* What uses a stretch's values is searched behind it: instructions that may be seen, besides each of the function once. */
enum { ALWAYS_WALKED = 20000 };

enum { MOST_GROUPS = 32, MOST_COMPARES = 4, MOST_LEAVING = 32, DEEPEST = 64 };

/* What a check in a loop counts, for each loop around it; and how many instructions one that is saved may cost. */
enum { ROUNDS = 8, MOST_WEIGHT = 512, MOST_FOR_ONE = 20 };

/* In IrInst.mark, above what index_bounds keeps there: a check, or something done together, is in the instruction. */
static const uint32_t HAS_CHECK = 0x80000000, HAS_STOP = 0x40000000;

typedef struct {
    IrModule *module;
    IrFunction *function;
    Arena scratch;
    uint32_t copied, tries, versions;
    uint32_t may_walk; /* instructions, in search of what uses values behind stretches */
    bool checks_in_loops, changed;
} Versioner;

typedef struct {
    IrInst *inst;
    const Fact *facts; /* that hold there */
    uint32_t weight;
    uint32_t groups[MOST_COMPARES], group_count; /* of its comparisons; none: it stays */
} Check;

typedef struct {
    IndexForm form; /* of the first */
    IrValue *limit; /* that its base minus `down` has to be below: of all, once `down` is known */
    IrValue *down;
    uint32_t weight;
} Group;

typedef struct {
    uint32_t group;
    IrValue *up, *length;
} Access;

typedef struct {
    Versioner *v;
    IrInst *first, *end; /* end: not of it */
    bool has_loop, too_deep;
    IndexEntry entry;
    VEC(Check) checks;
    VEC(Group) groups;
    VEC(Access) accesses;
} Stretch;

/* ---- marks ---- */

static bool is_check(const IrInst *inst) {
    return inst->op == OP_IF && (inst->flags & IR_GUARD) != 0;
}

static bool is_stop(const IrInst *inst) {
    return ir_has(inst->op, IR_CONVERGENT) || inst->op == OP_CALL || inst->op == OP_SHARED;
}

static void forget(IrInst *inst, void *data) {
    (void)data;
    inst->mark = 0;
}

static void note(IrInst *inst, void *data) {
    (void)data;
    uint32_t has = (is_check(inst) ? HAS_CHECK : 0) | (is_stop(inst) ? HAS_STOP : 0);
    for (IrInst *at = inst; at != NULL && (at->mark & has) != has; at = at->region->owner) {
        at->mark |= has;
    }
}

static void forget_checks(IrInst *inst, void *data) {
    (void)data;
    inst->mark &= ~(HAS_CHECK | HAS_STOP);
}

typedef struct {
    uint32_t behind, count;
} Behind;

static void put_behind(IrInst *inst, void *data) {
    Behind *all = data;
    inst->mark = (inst->mark & ~(uint32_t)INDEX_BEHIND_MASK) | all->behind;
    all->count++;
}

static void mark_one(IrInst *inst, Behind *all) {
    for (uint32_t i = 0; i < inst->region_count; i++) {
        ir_walk(&inst->regions[i], put_behind, all);
    }
    put_behind(inst, all);
}

/* ---- the checks of a stretch ---- */

static void collect(Stretch *s, IrInst *first, const IrInst *end, const Fact *facts,
                    uint32_t weight, unsigned depth);

static void collect_region(Stretch *s, const IrRegion *region, const Fact *facts, uint32_t weight,
                           unsigned depth) {
    collect(s, region->first, NULL, facts, weight, depth - 1);
}

static const Fact *collect_if(Stretch *s, IrInst *inst, const Fact *facts, uint32_t weight,
                              unsigned depth) {
    Arena *arena = &s->v->scratch;
    bool comes_back[2] = {true, true};
    for (uint32_t i = 0; i < (is_check(inst) ? 1 : 2);
         i++) { /* what is outside goes with the check */
        const IrRegion *arm = &inst->regions[i];
        collect_region(s, arm, facts_learn(arena, facts, inst->operands[0], i == IR_IF_TRUE),
                       weight, depth);
        comes_back[i] = arm->last->op == OP_YIELD;
    }
    bool tells = !is_check(inst) && comes_back[IR_IF_TRUE] != comes_back[IR_IF_FALSE];
    return tells ? facts_learn(arena, facts, inst->operands[0], comes_back[IR_IF_TRUE]) : facts;
}

static void collect(Stretch *s, IrInst *first, const IrInst *end, const Fact *facts,
                    uint32_t weight, unsigned depth) {
    s->too_deep |= depth == 0;
    for (IrInst *inst = first; inst != end && depth > 0; inst = inst->next) {
        if (is_check(inst)) {
            VEC_PUSH(&s->v->scratch, &s->checks,
                     (Check){.inst = inst, .facts = facts, .weight = weight});
        }
        if (inst->op == OP_IF) {
            facts = collect_if(s, inst, facts, weight, depth);
        } else if (inst->op == OP_LOOP) {
            uint32_t rounds = weight < MOST_WEIGHT ? weight * ROUNDS : weight;
            collect_region(s, &inst->regions[IR_LOOP_BODY], facts, rounds, depth);
            collect_region(s, &inst->regions[IR_LOOP_CONTINUING], facts, rounds, depth);
            s->has_loop = true;
        }
    }
}

/* ---- what has to be below what ---- */

/* The comparisons that are true where the condition is; false: it is something else. */
static bool take_apart(const IrValue *condition, uint32_t *count, const IrInst **compares) {
    const IrInst *inst = condition->kind == IR_VALUE_RESULT ? condition->inst : NULL;
    if (inst != NULL && inst->op == OP_AND) {
        return *count < MOST_COMPARES && take_apart(inst->operands[0], count, compares) &&
               take_apart(inst->operands[1], count, compares);
    }
    bool compares_u32 = inst != NULL && (inst->op == OP_LT || inst->op == OP_GT) &&
                        inst->operands[0]->type == ir_scalar(IR_U32);
    if (!compares_u32 || *count == MOST_COMPARES) {
        return false;
    }
    compares[(*count)++] = inst;
    return true;
}

static bool find_group(Stretch *s, const IndexForm *form, uint32_t *found) {
    for (*found = 0; *found < s->groups.count; ++*found) {
        if (index_same_base(&s->groups.items[*found].form, form)) {
            return true;
        }
    }
    if (s->groups.count == MOST_GROUPS) {
        return false;
    }
    VEC_PUSH(&s->v->scratch, &s->groups, (Group){.form = *form, .down = form->down});
    return true;
}

static void look_at(Stretch *s, Check *check) {
    IndexEntry *e = &s->entry;
    const IrInst *compares[MOST_COMPARES];
    uint32_t count = 0, groups = s->groups.count, accesses = s->accesses.count;
    bool known = take_apart(check->inst->operands[0], &count, compares);
    e->facts = check->facts;
    for (uint32_t i = 0; i < count && known; i++) {
        bool is_lt = compares[i]->op == OP_LT;
        IrValue *index = compares[i]->operands[is_lt ? 0 : 1];
        IrValue *length = index_at_entry(e, compares[i]->operands[is_lt ? 1 : 0]);
        IndexForm form;
        uint32_t group;
        known = length != NULL && index_form(e, index, &form) && find_group(s, &form, &group);
        if (known) {
            check->groups[check->group_count++] = group;
            VEC_PUSH(&s->v->scratch, &s->accesses, (Access){group, form.up, length});
            Group *its = &s->groups.items[group];
            its->down = index_larger(e, its->down, form.down);
        }
    }
    if (!known) {
        s->groups.count = groups;
        s->accesses.count = accesses;
        check->group_count = 0;
    }
    for (uint32_t i = 0; i < check->group_count; i++) {
        s->groups.items[check->groups[i]].weight += check->weight;
    }
}

/* All of its comparisons are worth their while. */
static bool goes(const Stretch *s, const Check *check) {
    bool pays = check->group_count > 0;
    for (uint32_t i = 0; i < check->group_count; i++) {
        pays = pays && s->groups.items[check->groups[i]].weight >= 2;
    }
    return pays;
}

/* base - down is below `length - (down + up)` for each: then nothing from there up to the highest wraps, and all of it is
 * below the length. Of accesses to one buffer the highest counts. */
static IrValue *limit_of(Stretch *s, uint32_t group, const bool *used) {
    IndexEntry *e = &s->entry;
    IrValue *limit = ir_const_u32(s->v->module, UINT32_MAX);
    for (uint32_t i = 0; i < s->accesses.count; i++) {
        const Access *access = &s->accesses.items[i];
        bool first = used[i] && access->group == group;
        for (uint32_t k = 0; k < i && first; k++) {
            const Access *before = &s->accesses.items[k];
            first = !used[k] || before->group != group || before->length != access->length;
        }
        if (!first) {
            continue;
        }
        IrValue *up = access->up;
        for (uint32_t k = i + 1; k < s->accesses.count; k++) {
            const Access *other = &s->accesses.items[k];
            if (used[k] && other->group == group && other->length == access->length) {
                up = index_larger(e, up, other->up);
            }
        }
        IrValue *reach = index_sum(e, s->groups.items[group].down, up);
        limit = index_smaller(e, limit, index_difference(e, access->length, reach));
    }
    return limit;
}

/* NULL: there is none that pays. */
static IrValue *condition_of(Stretch *s, uint32_t copied) {
    IndexEntry *e = &s->entry;
    IrValue *all = NULL;
    int64_t saved = 0;
    bool *used = NEW_ARRAY(&s->v->scratch, bool, s->accesses.count + 1);
    uint32_t access = 0;
    for (uint32_t i = 0; i < s->checks.count; i++) {
        const Check *check = &s->checks.items[i];
        saved += goes(s, check) ? check->weight : 0;
        for (uint32_t k = 0; k < check->group_count; k++) {
            used[access++] = goes(s, check);
        }
    }
    for (uint32_t i = 0; i < s->groups.count; i++) {
        const Group *group = &s->groups.items[i];
        bool is_used = false;
        for (uint32_t k = 0; k < s->accesses.count; k++) {
            is_used |= used[k] && s->accesses.items[k].group == i;
        }
        if (is_used) {
            IrValue *base = index_base(e, &group->form);
            bool lowers = !ir_is_const(group->down) || group->down->bits[0] != 0;
            base = lowers ? ir_binary(&e->b, OP_SUB, base, group->down) : base;
            IrValue *below = ir_binary(&e->b, OP_LT, base, limit_of(s, i, used));
            all = all == NULL ? below : ir_binary(&e->b, OP_AND, all, below);
            saved--;
        }
    }
    return copied <= saved * MOST_FOR_ONE ? all : NULL;
}

/* ---- the two versions ---- */

typedef struct {
    Stretch *s;
    VEC(IrValue *) values;  /* that the stretch makes or uses, and their numbers are their marks */
    VEC(IrValue *) leaving; /* those of it that are used behind it */
    IrValue **new; /* by number: what stands for them; for outer ones of the copy, themselves */
    uint32_t walked;
    bool refused;
} Copies;

static void number_value(Copies *c, IrValue *value) {
    if (value->mark >= c->values.count || c->values.items[value->mark] != value) {
        value->mark = c->values.count;
        VEC_PUSH(&c->s->v->scratch, &c->values, value);
    }
}

static void number_all(IrInst *inst, void *data) {
    Copies *c = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (!ir_is_const(inst->operands[i])) {
            number_value(c, inst->operands[i]);
        }
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        number_value(c, inst->results[i]);
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        for (uint32_t k = 0; k < inst->regions[i].param_count; k++) {
            number_value(c, inst->regions[i].params[k]);
        }
    }
}

static void find_leaving(IrInst *inst, void *data) {
    Copies *c = data;
    c->walked++;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *value = inst->operands[i];
        if (!index_is_behind(&c->s->entry, value) || c->new[value->mark] != NULL) {
            continue;
        }
        c->refused |= ir_is_root(value->type) || c->leaving.count == MOST_LEAVING;
        c->new[value->mark] = value;
        VEC_PUSH(&c->s->v->scratch, &c->leaving, value);
    }
}

static void use_new(IrInst *inst, void *data) {
    const Copies *c = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrValue *value = inst->operands[i];
        if (index_is_behind(&c->s->entry, value)) {
            inst->operands[i] = c->new[value->mark];
        }
    }
}

static void keep_outer(Copies *c) {
    for (uint32_t i = 0; i < c->values.count; i++) {
        if (!index_is_behind(&c->s->entry, c->values.items[i])) {
            c->new[i] = c->values.items[i];
        }
    }
}

static void each_from(IrInst *first, const IrInst *end, void (*fn)(IrInst *, void *), void *data) {
    for (IrInst *inst = first; inst != end; inst = inst->next) {
        for (uint32_t i = 0; i < inst->region_count; i++) {
            ir_walk(&inst->regions[i], fn, data);
        }
        fn(inst, data);
    }
}

/* The stretch becomes the first arm, its copy the second; what leaves it comes from the `if`. */
static bool split(Stretch *s, IrValue *condition, IrInst **versions) {
    Versioner *v = s->v;
    IrModule *module = v->module;
    Copies c = {.s = s};
    each_from(s->first, s->end, number_all, &c);
    c.new = NEW_ARRAY(&v->scratch, IrValue *, c.values.count);
    each_from(s->end, NULL, find_leaving, &c);
    v->may_walk -= c.walked < v->may_walk ? c.walked : v->may_walk;
    if (c.refused) {
        return false;
    }
    const IrType **types = NEW_ARRAY(&v->scratch, const IrType *, c.leaving.count + 1);
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        types[i] = c.leaving.items[i]->type;
    }
    IrInst *branch = ir_if(&s->entry.b, condition, c.leaving.count, types);
    branch->flags |= IR_VERSIONS;
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        c.new[c.leaving.items[i]->mark] = branch->results[i];
    }
    if (c.leaving.count > 0) {
        each_from(s->end, NULL, use_new, &c);
    }
    keep_outer(&c);
    IrBuilder fast = ir_at_end(module, &branch->regions[IR_IF_TRUE]);
    IrBuilder slow = ir_at_end(module, &branch->regions[IR_IF_FALSE]);
    fast.pos = slow.pos = s->entry.b.pos;
    ir_clone(&slow, s->first, s->end, c.new);
    ir_move(s->first, s->end->previous, fast.region);
    ir_end(&fast, OP_YIELD, c.leaving.count, c.leaving.items);
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        c.leaving.items[i] = c.new[c.leaving.items[i]->mark];
    }
    ir_end(&slow, OP_YIELD, c.leaving.count, c.leaving.items);
    *versions = branch;
    return true;
}

/* From `first` to behind the last check before something that invocations do together, as far as there is room. */
static bool measure(Stretch *s, IrInst *first) {
    Versioner *v = s->v;
    Behind all = {.behind = s->entry.behind};
    s->first = first;
    for (IrInst *inst = first; (inst->mark & HAS_STOP) == 0 && !ir_has(inst->op, IR_TERM);
         inst = inst->next) {
        mark_one(inst, &all);
        if (v->copied + all.count > MOST_COPIED) {
            break;
        }
        s->end = (inst->mark & HAS_CHECK) != 0 ? inst->next : s->end;
    }
    all = (Behind){0};
    for (IrInst *inst = s->end; inst != NULL; inst = inst->next) {
        bool was_marked = (inst->mark & INDEX_BEHIND_MASK) == s->entry.behind;
        if (!was_marked) {
            break;
        }
        mark_one(inst, &all);
    }
    return s->end != NULL;
}

static void count_one(IrInst *inst, void *data) {
    (void)inst;
    ++*(uint32_t *)data;
}

/* Two versions take registers and room from what is around them, so they are for code whose loops have no check left, or that
 * has none. On an NVIDIA H100 (driver 580.159) two versions of what stands before a loop with checks made bench/gpu's matmul_best
 * take 1.23 times as long as without checks, in place of 1.01; two of a loop that keeps one check, spmv 1.03, in place of 1.00. */
static bool is_worth_it(const Stretch *s, bool in_loop) {
    if (!s->has_loop) {
        return !in_loop && !s->v->checks_in_loops;
    }
    bool all = true;
    for (uint32_t i = 0; i < s->checks.count; i++) {
        all = all && (s->checks.items[i].weight == 1 || goes(s, &s->checks.items[i]));
    }
    return all;
}

/* Gives the `if`; NULL: nothing is gained. */
static IrInst *make_versions(Versioner *v, IrInst *first, bool in_loop) {
    if (v->tries == MOST_TRIES || v->versions == MOST_VERSIONS || v->may_walk == 0) {
        return NULL;
    }
    v->tries++;
    Stretch s = {
        .v = v,
        .entry = {.b = ir_before(v->module, first), .scratch = &v->scratch, .behind = v->tries}};
    if (!measure(&s, first)) {
        return NULL;
    }
    collect(&s, first, s.end, NULL, 1, DEEPEST);
    if (s.too_deep) {
        return NULL;
    }
    const IrInst *before = first->previous;
    for (uint32_t i = 0; i < s.checks.count; i++) {
        look_at(&s, &s.checks.items[i]);
    }
    if (!is_worth_it(&s, in_loop)) {
        v->changed |= first->previous != before;
        return NULL;
    }
    IrInst *versions;
    uint32_t copied = 0;
    each_from(first, s.end, count_one, &copied);
    IrValue *condition = condition_of(&s, copied);
    v->changed |= first->previous != before;
    if (condition == NULL || !split(&s, condition, &versions)) {
        return NULL;
    }
    v->versions++;
    v->copied += copied;
    v->changed = true;
    for (uint32_t i = 0; i < s.checks.count; i++) {
        Check *check = &s.checks.items[i];
        if (goes(&s, check)) {
            check->inst->operands[0] = ir_const_bool(v->module, true);
            check->inst->flags &= (uint8_t)~IR_GUARD;
        }
    }
    return versions;
}

/* ---- the walk ---- */

/* Whether the `if` holds all checks of its region from here on: what is inside is looked at alone. */
static bool holds_all(const IrInst *inst) {
    bool holds = inst->op == OP_IF && !is_check(inst);
    for (const IrInst *after = inst->next; after != NULL && holds; after = after->next) {
        holds = (after->mark & HAS_CHECK) == 0;
    }
    return holds;
}

static void look_into(Versioner *v, IrRegion *region, bool in_loop, unsigned depth) {
    IrInst *next;
    for (IrInst *inst = region->first; inst != NULL && depth > 0; inst = next) {
        next = inst->next;
        if ((inst->mark & HAS_CHECK) == 0) {
            continue;
        }
        bool whole = (inst->mark & HAS_STOP) == 0 && !holds_all(inst);
        IrInst *versions = whole ? make_versions(v, inst, in_loop) : NULL;
        if (versions != NULL) {
            IrRegion *fast = &versions->regions[IR_IF_TRUE];
            ir_walk(fast, forget_checks, NULL);
            ir_walk(fast, note, NULL);
            next = versions->next;
            look_into(v, fast, in_loop, depth - 1);
        } else if (inst->op == OP_LOOP) {
            look_into(v, &inst->regions[IR_LOOP_BODY], true, depth - 1);
        } else if (!is_check(inst)) {
            look_into(v, &inst->regions[IR_IF_TRUE], in_loop, depth - 1);
            look_into(v, &inst->regions[IR_IF_FALSE], in_loop, depth - 1);
        }
    }
}

static void note_loops(IrInst *inst, void *data) {
    if (inst->op == OP_LOOP && (inst->mark & HAS_CHECK) != 0) {
        ((Versioner *)data)->checks_in_loops = true;
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Versioner v = {.module = module, .function = function};
        uint32_t count = 0;
        ir_walk(&function->body, count_one, &count);
        v.may_walk = ALWAYS_WALKED + count;
        ir_walk(&function->body, forget, NULL);
        ir_walk(&function->body, note, NULL);
        ir_walk(&function->body, note_loops, &v);
        look_into(&v, &function->body, false, DEEPEST);
        arena_release(&v.scratch);
        changed |= v.changed;
    }
    return changed;
}

IR_PASS(version_bounds, run);
