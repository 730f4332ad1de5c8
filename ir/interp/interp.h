/* The reference interpreter: runs whole dispatches of a kernel on the CPU, slowly and obviously, and checks
 * everything. It is the judge of every back-end, and `vittec-gpu run --device=interp`.
 */
#ifndef IR_INTERP_H
#define IR_INTERP_H

#include "ir/messages.h"

typedef struct {
    void *
        bytes; /* host layout (reflect.h): a buffer's elements, or the value of a value parameter */
    uint64_t size;
} InterpArg;

/* Invocations of a subgroup, unless the kernel or the caller wants something else. */
enum { INTERP_SUBGROUP_SIZE = 8 };

/* ---- what a dispatch must not do ---- */

typedef enum {
    INTERP_RACE,    /* two invocations at one location */
    INTERP_OUTSIDE, /* an index beyond the end */
} InterpFindingKind;

/* An invocation at a place of the source. */
typedef struct {
    Pos pos;
    const IrInst *inst;
    bool writes;
    uint32_t invocation[3], group[3];
} InterpTouch;

typedef struct {
    InterpFindingKind kind;
    InterpTouch at[2];     /* RACE: the later one first; OUTSIDE: both are the same */
    const char *what;      /* RACE, OUTSIDE: the element as the source would call it, `tile[3].x` */
    bool in_buffer;        /* RACE: else in memory of the workgroup */
    uint64_t index, limit; /* OUTSIDE */
    uint64_t count;        /* how often that was seen at these two places */
} InterpFinding;

enum { INTERP_MOST_FINDINGS = 256 };

typedef struct {
    Arena *arena;
    VEC(InterpFinding) list; /* in the order in which they were seen; one for each pair of places */
    bool more;               /* there was no room for all */
} InterpFindings;

/* ---- dispatches ---- */

/* What was executed: accesses by an index that may be outside as the instruction stands, whether or not they were done, and
 * checks of bounds (remarks.h). */
typedef struct {
    uint64_t accesses, checks;
} InterpTally;

typedef struct {
    uint64_t max_steps;       /* instructions of one dispatch; 0: no limit */
    uint32_t subgroup_size;   /* of kernels that ask for none; 0: INTERP_SUBGROUP_SIZE */
    IrSpecValues specs;       /* specialization constants that do not have their defaults */
    IrMessages *messages;     /* where print and assert go; NULL: nowhere */
    InterpFindings *findings; /* races and accesses outside are looked for; NULL: they are not */
    const uint32_t *grid; /* invocations that were asked for: others may be outside; NULL: all */
    uint64_t *taken;      /* NULL, or gets how many instructions there were */
    InterpTally *tally;   /* NULL, or is added to; of a lowered kernel */
} InterpOptions;

typedef enum {
    INTERP_OK,
    INTERP_STEPS, /* max_steps reached */
    INTERP_UNDEFINED, /* a `.raw` op outside its domain, `unreachable` reached, …: the compiler's mistake */
    INTERP_DIVERGED, /* some invocations wait at a barrier or subgroup operation that others never come to */
    INTERP_MISUSE, /* arguments that do not fit the kernel, or a kernel of too large values */
} InterpStatus;

/* Runs groups[0] × groups[1] × groups[2] workgroups of a kernel of a verified module, lowered or not (calls are
 * followed). `args` in order of the parameters. When not INTERP_OK, `why` says what happened, at which
 * invocation and instruction. Uses the marks of the module: one dispatch of a module at a time. */
InterpStatus ir_interpret(const IrModule *module, const IrFunction *kernel, const InterpArg *args,
                          const uint32_t groups[3], const InterpOptions *options, Text *why);

#endif
