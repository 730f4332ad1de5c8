/* Running the workgroups of a dispatch, and the invocations of each together. */
#ifndef IR_INTERP_GROUP_H
#define IR_INTERP_GROUP_H

#include "ir/interp/run.h"

/* More invocations than any device takes in a workgroup. */
enum { INTERP_MAX_WORKGROUP = 1 << 16 };

typedef struct {
    const IrModule *module;
    const IrFunction *kernel;
    const uint32_t *groups; /* how many in each dimension */
    uint32_t group_size[3], group_invocations;
    uint32_t subgroup_size;
    Arena arena;
    Machine machine;
    Invocation *invocations;          /* of the workgroup that runs; one for all where none waits */
    Invocation **active;              /* room for a subgroup */
    const Invocation *failed, *other; /* when it went wrong; `other`: DIVERGED */
    uint64_t max_steps;
} Dispatch;

/* Runs all invocations of a workgroup to their end, or to what goes wrong. */
InterpStatus interp_run_group(Dispatch *dispatch, const uint32_t group[3]);

/* A subgroup operation: each of the active lanes, in order, gets its result. They wait at the same step. */
void subgroup_do(const Step *step, uint32_t count, Invocation *const *lanes);

#endif
