/* version_bounds: code whose indices are all inside runs without their checks.
 *
 * A stretch of a region becomes `if every index will be inside { the stretch } else { the stretch with its checks }`.
 * The condition is computed before it: an index that is known there is compared once, whichever buffers it goes into; of
 * neighbours only the lowest and the highest; of rows of one buffer the largest; and of one that counts or adds up in a loop
 * the most that it can be (index_bounds.h).
 * Where that may be outside although no index is, the second arm runs, and does what the first would: the
 * program means the same in either.
 *
 *     if i < min(a.len, b.len) { b[i] = a[i] } else { if i < b.len { b[i] = i < a.len ? a[i] : 0 } }
 *
 * A comparison has to replace two checks or more, those of a loop count more than once, and the code that is there twice
 * has to be worth it. The stretch is the longest one that begins at a check and ends behind another, or else a part of
 * that: the top of the function first, then what is inside. Those with loops come first, and a loop in one has to
 * have checks and to lose them all; those without loops follow, if no loop kept any (frees_loops says why).
 *
 * What invocations do together is never in a stretch, so no barrier is ever under such a condition. Nor may two versions decide
 * whether one is executed: all invocations do the same then, but WGSL's rules of uniformity do not see that. So where there
 * is a barrier no version may return or leave a loop, and where one stands in an `if` or a loop, no value and no local may
 * come out.
 *
 * Before: lower_bounds, opt_cse, and LLVM where it runs, for what it proves needs no version. After: conditions that are
 * constants, for opt_fold; values that nothing uses.
 */
#include "ir/pass.h"
#include "ir/passes/index_bounds.h"
#include "ir/passes/split_versions.h"

/* Instructions of a function that are there twice; one stretch after the other, until it is used up. Drivers take as long for
 * them as for others, and the corpus' kernels have 80 in the median. */
enum { MOST_COPIED = 1000 };

/* Each looks at MOST_COPIED instructions at most. */
enum { MOST_MEASURED = 512, MOST_TRIES = 64, MOST_VERSIONS = 16 };

/* What uses a stretch's values is searched behind it: instructions that may be seen, besides each of the function once. */
enum { ALWAYS_WALKED = 20000 };

enum { MOST_GROUPS = 32, MOST_COMPARES = 4, DEEPEST = 64 };

/* What a check in a loop counts, for each loop around it; and how many instructions that are there twice one that is saved is
 * worth. */
enum { ROUNDS = 8, MOST_WEIGHT = 512, MOST_FOR_ONE = 20 };

/* In IrInst.mark, above what the entry keeps there: a check, or something done together, is in the instruction. */
static const uint32_t HAS_CHECK = 0x80000000, HAS_STOP = 0x40000000;

typedef struct {
    IrModule *module;
    IrFunction *function;
    Arena scratch;
    uint32_t copied, measured, tries, versions;
    uint32_t may_walk; /* instructions, in search of what uses values behind stretches */
    bool with_loops;   /* in this walk, stretches have loops */
    bool changed;
    bool has_sync, sync_inside; /* a barrier; one under a condition, or in a loop */
} Versioner;

typedef struct {
    IrInst *inst;
    const Fact *facts; /* that hold there */
    uint32_t weight;
    uint32_t groups[MOST_COMPARES], group_count; /* of its comparisons; none: it stays */
} Check;

typedef struct {
    IndexForm form; /* of the first */
    IrValue *index; /* where it is one; NULL: it is more, or not known at the entry */
    IrValue *down;
    uint32_t weight, comparison;
} Group;

typedef struct {
    uint32_t group;
    IrValue *up, *length;
} Access;

typedef struct {
    IrValue *base, *limit; /* the one has to be below the other */
    uint32_t weight;
} Comparison;

typedef struct {
    Versioner *v;
    IrInst *first, *end; /* end: not of it */
    uint32_t added;      /* instructions of a version without checks */
    bool writes_locals, jumps_out;
    bool has_loop, has_free_loop; /* free: of checks before, so nothing is gained */
    bool too_deep;
    Entry entry;
    VEC(Check) checks;
    VEC(Group) groups;
    VEC(Access) accesses;
    VEC(Comparison) comparisons;
} Stretch;

/* ---- marks ---- */

static bool is_check(const IrInst *inst) {
    return inst->op == OP_IF && (inst->flags & IR_GUARD) != 0;
}

static bool is_stop(const IrInst *inst) {
    return ir_has(inst->op, IR_CONVERGENT) || inst->op == OP_CALL || inst->op == OP_SHARED ||
           (inst->flags & IR_VERSIONS) != 0;
}

/* The version with checks: those stay. */
static bool is_slow(const IrRegion *region) {
    const IrInst *owner = region->owner;
    return owner != NULL && (owner->flags & IR_VERSIONS) != 0 &&
           region == &owner->regions[IR_IF_FALSE];
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
        has &= is_slow(at->region) ? ~HAS_CHECK : has;
    }
}

typedef struct {
    uint32_t behind, count;
} Behind;

static void put_behind(IrInst *inst, void *data) {
    Behind *all = data;
    inst->mark = (inst->mark & ~(uint32_t)ENTRY_BEHIND_MASK) | all->behind;
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
    uint32_t arms = is_check(inst) ? 1 : 2; /* what is outside goes with the check */
    for (uint32_t i = 0; i < arms; i++) {
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
        s->added += !is_check(inst) && inst->op != OP_YIELD;
        s->writes_locals |= (inst->op == OP_STORE || inst->op == OP_STORE_WIDE) &&
                            inst->operands[1]->type->kind == IR_TYPE_VAR;
        bool leaves_loop = inst->op == OP_BREAK || inst->op == OP_CONTINUE;
        s->jumps_out |= inst->op == OP_RET || (leaves_loop && weight == 1); /* none of its own */
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
            s->has_free_loop |= (inst->mark & HAS_CHECK) == 0;
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

static bool find_group(Stretch *s, const IndexForm *form, IrValue *index, uint32_t *found) {
    for (*found = 0; *found < s->groups.count; ++*found) {
        Group *group = &s->groups.items[*found];
        if (index_same_base(&group->form, form)) {
            group->index = group->index == index ? index : NULL;
            return true;
        }
    }
    if (s->groups.count == MOST_GROUPS) {
        return false;
    }
    VEC_PUSH(&s->v->scratch, &s->groups, (Group){*form, index, .down = form->down});
    return true;
}

static void look_at(Stretch *s, Check *check) {
    Entry *e = &s->entry;
    const IrInst *compares[MOST_COMPARES];
    uint32_t count = 0, groups = s->groups.count, accesses = s->accesses.count;
    bool known = take_apart(check->inst->operands[0], &count, compares);
    e->facts = check->facts;
    for (uint32_t i = 0; i < count && known; i++) {
        bool is_lt = compares[i]->op == OP_LT;
        IrValue *index = compares[i]->operands[is_lt ? 0 : 1];
        IrValue *length = entry_value(e, compares[i]->operands[is_lt ? 1 : 0]);
        IndexForm form;
        uint32_t group;
        known =
            length != NULL && index_form(e, index, &form) && find_group(s, &form, index, &group);
        if (known) {
            check->groups[check->group_count++] = group;
            VEC_PUSH(&s->v->scratch, &s->accesses, (Access){group, form.up, length});
            Group *its = &s->groups.items[group];
            its->down = entry_larger(e, its->down, form.down);
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

/* base - down is below `length - (down + up)` for each: then nothing from there up to the highest wraps, and all of it is
 * below the length. Of accesses to one buffer the highest counts. */
static IrValue *limit_of(Stretch *s, uint32_t group) {
    Entry *e = &s->entry;
    IrValue *limit = ir_const_u32(s->v->module, UINT32_MAX);
    for (uint32_t i = 0; i < s->accesses.count; i++) {
        const Access *access = &s->accesses.items[i];
        bool first = access->group == group;
        for (uint32_t k = 0; k < i && first; k++) {
            const Access *before = &s->accesses.items[k];
            first = before->group != group || before->length != access->length;
        }
        if (!first) {
            continue;
        }
        IrValue *up = access->up;
        for (uint32_t k = i + 1; k < s->accesses.count; k++) {
            const Access *other = &s->accesses.items[k];
            if (other->group == group && other->length == access->length) {
                up = entry_larger(e, up, other->up);
            }
        }
        bool is_one = s->groups.items[group].index != NULL;
        IrValue *reach =
            is_one ? ir_const_u32(s->v->module, 0) : entry_sum(e, s->groups.items[group].down, up);
        limit = entry_smaller(e, limit, entry_difference(e, access->length, reach));
    }
    return limit;
}

/* Groups below the same limit, such as rows of one matrix, are compared at once. */
static void compare(Stretch *s, uint32_t number) {
    Entry *e = &s->entry;
    Group *group = &s->groups.items[number];
    group->index = group->index != NULL ? entry_value(e, group->index) : NULL;
    IrValue *base = index_base(e, &group->form), *limit = limit_of(s, number);
    bool lowers = !ir_is_const(group->down) || group->down->bits[0] != 0;
    base = lowers ? entry_op(e, OP_SUB, base, group->down) : base;
    base = group->index != NULL ? group->index : base;
    uint32_t at = 0;
    while (at < s->comparisons.count && s->comparisons.items[at].limit != limit) {
        at++;
    }
    if (at == s->comparisons.count) {
        VEC_PUSH(&s->v->scratch, &s->comparisons, (Comparison){.base = base, .limit = limit});
    } else {
        base = entry_op(e, OP_MAX, s->comparisons.items[at].base, base);
    }
    s->comparisons.items[at].base = base;
    s->comparisons.items[at].weight += group->weight;
    group->comparison = at;
}

static bool pays(const Comparison *comparison) {
    return comparison->weight >= 2;
}

/* All of its comparisons are worth their while. */
static bool goes(const Stretch *s, const Check *check) {
    bool all = check->group_count > 0;
    for (uint32_t i = 0; i < check->group_count; i++) {
        const Group *group = &s->groups.items[check->groups[i]];
        all = all && pays(&s->comparisons.items[group->comparison]);
    }
    return all;
}

/* NULL: there is none that pays. */
static IrValue *condition_of(Stretch *s) {
    IrValue *all = NULL;
    int64_t saved = 0;
    for (uint32_t i = 0; i < s->checks.count; i++) {
        saved += goes(s, &s->checks.items[i]) ? s->checks.items[i].weight : 0;
    }
    for (uint32_t i = 0; i < s->comparisons.count; i++) {
        const Comparison *its = &s->comparisons.items[i];
        if (pays(its)) {
            IrValue *below = entry_op(&s->entry, OP_LT, its->base, its->limit);
            all = all == NULL ? below : entry_op(&s->entry, OP_AND, all, below);
            saved--;
        }
    }
    return s->added <= saved * MOST_FOR_ONE ? all : NULL;
}

/* ---- stretches ---- */

/* What stands from there on is not of it. */
static void end_at(Stretch *s, IrInst *end) {
    Behind none = {0};
    s->end = end;
    for (IrInst *inst = end; inst != NULL && (inst->mark & ENTRY_BEHIND_MASK) == s->entry.behind;
         inst = inst->next) {
        mark_one(inst, &none);
    }
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
    end_at(s, s->end);
    return s->end != NULL;
}

/* Takes the last quarter of what holds its checks away; false: that is all of it. */
static bool shorten(Stretch *s) {
    uint32_t count = 0;
    for (const IrInst *inst = s->first; inst != s->end; inst = inst->next) {
        count += (inst->mark & HAS_CHECK) != 0;
    }
    IrInst *end = s->first;
    uint32_t kept = count - (count + 3) / 4;
    for (uint32_t seen = 0; seen < kept; end = end->next) {
        seen += (end->mark & HAS_CHECK) != 0;
    }
    end_at(s, end);
    return kept > 0;
}

static void count_one(IrInst *inst, void *data) {
    (void)inst;
    ++*(uint32_t *)data;
}

/* Two versions take registers and room from what is around them, so they are for code whose loops have no check left, or that
 * has none, in functions where no loop has. On an NVIDIA H100 (driver 580.159) two versions of what stands before a loop with
 * checks, or behind it, made bench/gpu's matmul_best take 1.23 times as long as without checks, in place of 1.01; two of a loop
 * that keeps one check, spmv 1.03, in place of 1.00. And drivers unroll an innermost loop as long as a round of it has no
 * branches. */
static bool frees_loops(const Stretch *s) {
    bool all = true;
    for (uint32_t i = 0; i < s->checks.count; i++) {
        all = all && (s->checks.items[i].weight == 1 || goes(s, &s->checks.items[i]));
    }
    return all;
}

/* Whether a barrier could be found under the condition that chooses the version: where control goes, values or locals lead there. */
static bool hides_barrier(const Stretch *s) {
    return (s->jumps_out && s->v->has_sync) || (s->writes_locals && s->v->sync_inside);
}

/* The condition for a version without checks; NULL: nothing is gained. */
static IrValue *weigh(Stretch *s, bool in_loop) {
    Versioner *v = s->v;
    s->checks.count = s->groups.count = s->accesses.count = s->comparisons.count = 0;
    s->has_loop = s->has_free_loop = s->writes_locals = s->jumps_out = false;
    s->added = 0;
    collect(s, s->first, s->end, NULL, 1, DEEPEST);
    bool may_be = s->has_loop == v->with_loops && (s->has_loop || !in_loop) && !hides_barrier(s);
    if (s->too_deep || s->has_free_loop || !may_be || v->tries++ >= MOST_TRIES) {
        return NULL;
    }
    for (uint32_t i = 0; i < s->checks.count; i++) {
        look_at(s, &s->checks.items[i]);
    }
    for (uint32_t i = 0; i < s->groups.count; i++) {
        compare(s, i);
    }
    return frees_loops(s) ? condition_of(s) : NULL;
}

/* Gives the `if`; NULL: there is none. */
static IrInst *make_versions(Versioner *v, IrInst *first, bool in_loop) {
    if (v->measured == MOST_MEASURED || v->versions == MOST_VERSIONS || v->may_walk == 0) {
        return NULL;
    }
    v->measured++;
    Stretch s = {
        .v = v,
        .entry = {.b = ir_before(v->module, first), .scratch = &v->scratch, .behind = v->measured}};
    const IrInst *before = first->previous;
    IrValue *condition = NULL;
    for (bool is_there = measure(&s, first); is_there && condition == NULL;
         is_there = condition == NULL && shorten(&s)) {
        condition = weigh(&s, in_loop);
    }
    v->changed |= first->previous != before;
    if (condition == NULL) {
        return NULL;
    }
    uint32_t copied = 0;
    ir_walk_from(first, s.end, count_one, &copied);
    uint32_t walked = 0;
    IrInst *versions = split_versions(&s.entry, first, s.end, condition, !v->sync_inside, &walked);
    v->may_walk -= walked < v->may_walk ? walked : v->may_walk;
    if (versions == NULL) {
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
            ir_walk(fast, forget, NULL);
            ir_walk(fast, note, NULL);
            next = versions->next;
            look_into(v, fast, in_loop, depth - 1);
        } else if (inst->op == OP_LOOP) {
            look_into(v, &inst->regions[IR_LOOP_BODY], true, depth - 1);
        } else if (!is_check(inst)) {
            look_into(v, &inst->regions[IR_IF_TRUE], in_loop, depth - 1);
            if ((inst->flags & IR_VERSIONS) == 0) {
                look_into(v, &inst->regions[IR_IF_FALSE], in_loop, depth - 1);
            }
        }
    }
}

static void find_loop(IrInst *inst, void *data) {
    *(bool *)data |= inst->op == OP_LOOP && (inst->mark & HAS_CHECK) != 0;
}

static void note_sync(IrInst *inst, void *data) {
    Versioner *v = data;
    bool is_sync = ir_has(inst->op, IR_SYNC);
    v->has_sync |= is_sync;
    v->sync_inside |= is_sync && inst->region != &v->function->body;
}

/* Stretches with loops, as long as loops have checks; those without, once they have none. */
static void look_everywhere(Versioner *v, bool with_loops) {
    IrRegion *body = &v->function->body;
    bool checks_in_loops = false;
    ir_walk(body, forget, NULL);
    ir_walk(body, note, NULL);
    ir_walk(body, find_loop, &checks_in_loops);
    if (checks_in_loops == with_loops) {
        v->with_loops = with_loops;
        look_into(v, body, false, DEEPEST);
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Versioner v = {.module = module, .function = function};
        uint32_t count = 0;
        ir_walk(&function->body, count_one, &count);
        ir_walk(&function->body, note_sync, &v);
        v.may_walk = ALWAYS_WALKED + count;
        look_everywhere(&v, true);
        look_everywhere(&v, false);
        arena_release(&v.scratch);
        changed |= v.changed;
    }
    return changed;
}

IR_PASS(version_bounds, run);
