/* Running the steps of one invocation. */
#ifndef IR_INTERP_RUN_H
#define IR_INTERP_RUN_H

#include "ir/interp/interp.h"
#include "ir/interp/program.h"

typedef struct {
    unsigned char *bytes;
    uint64_t length; /* in whole elements */
} BoundBuffer;

/* One dispatch. */
typedef struct {
    const Program *program;
    BoundBuffer *buffers; /* by kernel argument; value parameters are in the frames */
    uint64_t steps_left;
} Machine;

/* One invocation: left at `next_step`, it can be gone on with. */
typedef struct {
    uint64_t *frame;
    uint32_t next_step; /* or the one that failed */
    uint32_t builtins[IR_BUILTIN_COUNT][3];
} Invocation;

/* Runs to the end of the kernel, or to what goes wrong. */
InterpStatus interp_run(Machine *machine, Invocation *invocation);

/* The words of data without bool, as the host stores it. */
void interp_read(const unsigned char *at, const IrType *type, uint64_t *words);

#endif
