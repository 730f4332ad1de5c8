/* Watches a dispatch for what it must not do: races, accesses outside. For `run --check-races`.
 *
 * Two accesses race that touch one location, one of them writing, from two invocations that nothing orders: no barrier
 * between them in one workgroup, no subgroup barrier in one subgroup, nothing at all from one workgroup to another.
 * Atomics touch what nothing else touches (IR.md), so they never race.
 *
 * For each location and for reads and writes apart it is enough to know a few of those who were there, because
 * workgroups run one after the other, and so do the subgroups of one between barriers (group.c):
 *   the first of the dispatch: where that is of the workgroup that runs, so are all
 *   the first since the last barrier: likewise of the subgroup
 *   two different ones of the phase, which is what a subgroup runs from one barrier of either kind to the next: one of
 *   two is another than who comes now
 * So every race leaves a finding, and no finding is wrong. Memory is that of the locations touched.
 */
#ifndef IR_INTERP_WATCH_H
#define IR_INTERP_WATCH_H

#include "ir/interp/run.h"

typedef struct Shadow Shadow; /* of a root */

struct Watch {
    Arena *arena;
    InterpFindings *findings;
    const Memory *memory;
    const IrFunction *kernel;
    const uint32_t *groups, *group_size, *grid;
    uint32_t subgroup_size;
    Shadow *buffers, *shared;
    /* now */
    const Invocation *invocation;
    uint64_t group;
    uint32_t local, epoch, phase;
};

/* Room for what the roots of the kernel need. Everything above `buffers` is set. */
void watch_open(Watch *watch);

void watch_begin_group(Watch *watch, uint64_t group);
void watch_run(Watch *watch, const Invocation *invocation); /* it goes on */
void watch_barrier(Watch *watch);
void watch_phase(Watch *watch); /* another subgroup, or behind its barrier */

void watch_touch(Watch *watch, const Step *step, const Spot *spot, const IrType *type, bool writes);
/* What is at the place of the step is nowhere; but not if that comes of a `ref` that was outside already. */
void watch_outside(Watch *watch, const Step *step, const uint64_t *frame);
/* A lane of a vector, EXTRACT_AT or INSERT_AT. */
void watch_lane(Watch *watch, const Step *step, const uint64_t *frame);

#endif
