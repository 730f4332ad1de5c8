/* The race check's view of shared memory: which words invocations touched since the last barrier. */
#ifndef IR_RACES_ACCESS_H
#define IR_RACES_ACCESS_H

#include "ir/races_value.h"

/* Which invocations come by. */
typedef struct {
    const uint8_t *lane; /* by invocation: IS_OFF, IS_ON, IS_UNSURE; NULL: none */
    uint32_t guard;      /* a condition that holds besides, if symbols decide that */
} Mask;

enum { IS_OFF, IS_ON, IS_UNSURE };

typedef struct Access Access;
struct Access {
    const IrInst *inst, *root; /* root: the `shared` */
    bool writes;
    uint32_t size; /* words */
    const Sum *sum;
    const uint32_t *word; /* by invocation: the first, added to the sum */
    const uint8_t *on;
    uint32_t guard;
    uint32_t *heads, *next, buckets; /* invocations by word, made when they are asked for */
};

typedef struct {
    const IrInst *first, *second;
} ReportedPair;

typedef struct {
    IrModule *module;
    const IrFunction *kernel;
    Values *v;
    VEC(Access *) live; /* since the last barrier */
    VEC(ReportedPair) reported;
} Accesses;

/* Checks it against all that are live, and adds it to them. */
void access_add(Accesses *a, const IrInst *inst, const IrInst *root, bool writes, uint32_t size,
                const Scalar *word, const uint8_t *inside, Mask mask);

#endif
