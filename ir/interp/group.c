/* How the invocations of a workgroup run: each until it ends or waits for the others, then the next. When all of a
 * subgroup have come to an operation of the subgroup, it is done and they go on; when all of the workgroup have come to
 * a barrier, they go on. An invocation that has ended is no longer waited for by its subgroup, for that is what hardware
 * does; but a barrier needs all.
 *
 * The subgroups of a workgroup run one after the other from barrier to barrier: watch.c relies on it.
 */
#include "ir/interp/group.h"

#include "ir/interp/watch.h"

static void set3(uint32_t *to, const uint32_t *from) {
    memcpy(to, from, 3 * sizeof *to);
}

static void begin(const Dispatch *dispatch, Invocation *invocation, const uint32_t group[3],
                  uint32_t local_index) {
    const uint32_t *size = dispatch->group_size;
    uint32_t (*values)[3] = invocation->builtins;
    uint32_t count = dispatch->group_invocations, lanes = dispatch->subgroup_size;
    const uint32_t local[3] = {local_index % size[0], local_index / size[0] % size[1],
                               local_index / size[0] / size[1]};
    for (int axis = 0; axis < 3; axis++) {
        values[IR_BUILTIN_GLOBAL_ID][axis] = group[axis] * size[axis] + local[axis];
    }
    set3(values[IR_BUILTIN_LOCAL_ID], local);
    set3(values[IR_BUILTIN_GROUP_ID], group);
    set3(values[IR_BUILTIN_GROUP_COUNT], dispatch->groups);
    set3(values[IR_BUILTIN_GROUP_SIZE], size);
    values[IR_BUILTIN_LOCAL_INDEX][0] = local_index;
    values[IR_BUILTIN_LANE][0] = local_index % lanes;
    values[IR_BUILTIN_LANE_COUNT][0] = lanes;
    values[IR_BUILTIN_SUBGROUP_INDEX][0] = local_index / lanes;
    values[IR_BUILTIN_SUBGROUP_COUNT][0] = count / lanes + (count % lanes != 0 ? 1 : 0);
    invocation->next_step = 0;
    invocation->state = INVOCATION_RUNS;
}

/* ---- one after the other ---- */

static InterpStatus run(Dispatch *dispatch, Invocation *invocation) {
    if (dispatch->machine.memory.watch != NULL) {
        watch_run(dispatch->machine.memory.watch, invocation);
    }
    dispatch->failed = invocation;
    return interp_run(&dispatch->machine, invocation);
}

static InterpStatus run_in_turn(Dispatch *dispatch, const uint32_t group[3]) {
    Invocation *invocation = dispatch->invocations;
    InterpStatus status = INTERP_OK;
    for (uint32_t i = 0; i < dispatch->group_invocations && status == INTERP_OK; i++) {
        begin(dispatch, invocation, group, i);
        status = run(dispatch, invocation);
    }
    return status;
}

/* ---- together ---- */

typedef struct {
    Invocation *items;
    uint32_t count;
} Lanes;

static const Step *step_of(const Dispatch *dispatch, const Invocation *invocation) {
    return &dispatch->machine.memory.program->steps.items[invocation->next_step];
}

static const Entry *entry_of(const Program *program, uint32_t step) {
    uint32_t i = program->entries.count - 1;
    while (program->entries.items[i].first_step > step) {
        i--;
    }
    return &program->entries.items[i];
}

static bool are_in_one_round(const Program *program, uint32_t step, const Invocation *a,
                             const Invocation *b) {
    uint32_t loop = program->steps.items[step].loop;
    while (loop != 0) {
        const CountedLoop *counted = &program->loops.items[loop - 1];
        if (a->frame[counted->rounds] != b->frame[counted->rounds]) {
            return false;
        }
        loop = counted->around;
    }
    return true;
}

/* Whether two wait at one place: at one step, in the same rounds of all loops, called from the same places. */
static bool are_together(const Dispatch *dispatch, const Invocation *a, const Invocation *b) {
    const Program *program = dispatch->machine.memory.program;
    uint64_t step = a->next_step, other = b->next_step;
    if (a->state != INVOCATION_WAITS || b->state != INVOCATION_WAITS) {
        return false;
    }
    while (step == other && are_in_one_round(program, (uint32_t)step, a, b)) {
        const Entry *entry = entry_of(program, (uint32_t)step);
        if (entry->function->is_kernel) {
            return true;
        }
        step = a->frame[entry->return_address];
        other = b->frame[entry->return_address];
    }
    return false;
}

static InterpStatus diverged(Dispatch *dispatch, const Invocation *one, const Invocation *other) {
    dispatch->failed = one;
    dispatch->other = other;
    return INTERP_DIVERGED;
}

static InterpStatus run_lanes(Dispatch *dispatch, Lanes lanes) {
    for (uint32_t i = 0; i < lanes.count; i++) {
        if (lanes.items[i].state == INVOCATION_RUNS) {
            InterpStatus status = run(dispatch, &lanes.items[i]);
            if (status != INTERP_OK) {
                return status;
            }
        }
    }
    return INTERP_OK;
}

static void go_on(Invocation *invocation) {
    invocation->next_step++;
    invocation->state = INVOCATION_RUNS;
}

/* One that waits for its subgroup; NULL: none. */
static const Invocation *waits_for_subgroup(const Dispatch *dispatch, Lanes lanes) {
    for (uint32_t i = 0; i < lanes.count; i++) {
        const Invocation *lane = &lanes.items[i];
        if (lane->state == INVOCATION_WAITS && step_of(dispatch, lane)->inst->op != OP_BARRIER) {
            return lane;
        }
    }
    return NULL;
}

/* Until all of them wait at barriers or have ended. */
static InterpStatus run_subgroup(Dispatch *dispatch, Lanes lanes) {
    Watch *watch = dispatch->machine.memory.watch;
    for (;;) {
        InterpStatus status = run_lanes(dispatch, lanes);
        const Invocation *first = waits_for_subgroup(dispatch, lanes);
        if (status != INTERP_OK || first == NULL) {
            return status;
        }
        uint32_t count = 0;
        for (uint32_t i = 0; i < lanes.count; i++) {
            if (lanes.items[i].state == INVOCATION_ENDED) {
                continue;
            }
            if (!are_together(dispatch, first, &lanes.items[i])) {
                return diverged(dispatch, first, &lanes.items[i]);
            }
            dispatch->active[count++] = &lanes.items[i];
        }
        const Step *step = step_of(dispatch, first);
        subgroup_do(step, count, dispatch->active);
        if (watch != NULL && step->inst->op == OP_SUBGROUP_BARRIER) {
            watch_phase(watch);
        }
        for (uint32_t i = 0; i < count; i++) {
            go_on(dispatch->active[i]);
        }
    }
}

/* Whether they all wait at one barrier, and go on; or all have ended. */
static InterpStatus pass_barrier(Dispatch *dispatch, Lanes all, bool *more) {
    const Invocation *first = NULL;
    for (uint32_t i = 0; i < all.count && first == NULL; i++) {
        first = all.items[i].state == INVOCATION_WAITS ? &all.items[i] : NULL;
    }
    *more = first != NULL;
    for (uint32_t i = 0; *more && i < all.count; i++) {
        if (!are_together(dispatch, first, &all.items[i])) {
            return diverged(dispatch, first, &all.items[i]);
        }
    }
    for (uint32_t i = 0; *more && i < all.count; i++) {
        go_on(&all.items[i]);
    }
    return INTERP_OK;
}

static InterpStatus run_together(Dispatch *dispatch, const uint32_t group[3]) {
    Lanes all = {dispatch->invocations, dispatch->group_invocations};
    uint32_t size = dispatch->subgroup_size;
    Watch *watch = dispatch->machine.memory.watch;
    for (uint32_t i = 0; i < all.count; i++) {
        begin(dispatch, &all.items[i], group, i);
    }
    for (bool more = true; more;) {
        for (uint32_t at = 0; at < all.count; at += size) {
            uint32_t rest = all.count - at;
            Lanes lanes = {all.items + at, rest < size ? rest : size};
            if (watch != NULL) {
                watch_phase(watch);
            }
            InterpStatus status = run_subgroup(dispatch, lanes);
            if (status != INTERP_OK) {
                return status;
            }
        }
        InterpStatus status = pass_barrier(dispatch, all, &more);
        if (status != INTERP_OK) {
            return status;
        }
        if (watch != NULL) {
            watch_barrier(watch);
        }
    }
    return INTERP_OK;
}

InterpStatus interp_run_group(Dispatch *dispatch, const uint32_t group[3]) {
    const uint32_t *groups = dispatch->groups;
    Watch *watch = dispatch->machine.memory.watch;
    memory_begin_group(&dispatch->machine.memory);
    if (watch != NULL) {
        watch_begin_group(watch,
                          ((uint64_t)group[2] * groups[1] + group[1]) * groups[0] + group[0]);
    }
    return dispatch->machine.memory.program->waits ? run_together(dispatch, group)
                                                   : run_in_turn(dispatch, group);
}
