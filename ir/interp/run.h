/* Running the steps of one invocation. */
#ifndef IR_INTERP_RUN_H
#define IR_INTERP_RUN_H

#include "ir/interp/interp.h"
#include "ir/interp/memory.h"

/* One dispatch. */
typedef struct {
    Memory memory;
    uint64_t steps_left;
    IrMessages *messages; /* NULL: nobody listens */
    InterpTally *tally;   /* likewise */
} Machine;

typedef enum { INVOCATION_RUNS, INVOCATION_WAITS, INVOCATION_ENDED } InvocationState;

/* One invocation: left at `next_step`, it can be gone on with. */
typedef struct {
    uint64_t *frame;
    uint32_t next_step; /* or the one that failed, or where it waits */
    InvocationState state;
    uint32_t builtins[IR_BUILTIN_COUNT][3];
} Invocation;

/* Runs to where the invocation waits or ends, or to what goes wrong. */
InterpStatus interp_run(Machine *machine, Invocation *invocation);

#endif
