/* The memory of a dispatch as steps see it: places, loads and stores, atomics.
 *
 * Buffers are bytes, as the host has them; what is local or of the workgroup is words, as values are in frames.
 */
#ifndef IR_INTERP_MEMORY_H
#define IR_INTERP_MEMORY_H

#include "ir/interp/program.h"

typedef enum {
    SPOT_NOWHERE, /* outside */
    SPOT_BUFFER,
    SPOT_VAR,
    SPOT_SHARED,
} SpotMemory;

/* A place, found. */
typedef struct {
    SpotMemory memory;
    uint32_t root;   /* number of the kernel argument, or of the `shared` */
    uint64_t offset; /* bytes in a buffer; words in a `shared`; VAR: a slot */
    uint64_t
        length; /* elements that the array there really has; SPOT_AS_TYPED: what its type says */
} Spot;
#define SPOT_AS_TYPED UINT64_MAX

typedef struct {
    unsigned char *bytes;
    uint64_t length; /* in whole elements */
} BoundBuffer;

/* A `shared` of the workgroup that runs. */
typedef struct {
    bool made; /* since the workgroup began */
    const IrInst *inst;
    uint64_t *words;
    uint64_t count, capacity; /* words */
    uint64_t length;          /* elements, where it is an array; else SPOT_AS_TYPED */
} SharedBlock;

typedef struct Watch Watch;

typedef struct {
    const Program *program;
    Watch *watch; /* watch.h; NULL: nobody watches */
    Arena *arena;
    BoundBuffer *buffers; /* by kernel argument; value parameters are in the frames */
    SharedBlock *shared;
    uint64_t shared_words; /* of all of them */
} Memory;

/* SHARED: the first invocation of a workgroup that comes by makes it. False: that is too much. */
bool memory_make_shared(Memory *memory, const Step *step, uint64_t *frame);
void memory_begin_group(Memory *memory);

void memory_make_ref(const Memory *memory, const Step *step, uint64_t *frame);

/* These give false where a `.raw` one is outside. */
bool memory_load_var(const Memory *memory, const Step *step, uint64_t *frame);
bool memory_store_var(const Memory *memory, const Step *step, uint64_t *frame);
bool memory_load(const Memory *memory, const Step *step, uint64_t *frame);
bool memory_store(const Memory *memory, const Step *step, uint64_t *frame);
bool memory_atomic(const Memory *memory, const Step *step, uint64_t *frame);

/* What something has that nobody may rely on: not zero, and not a number where it is a float. */
uint64_t memory_garbage(IrScalar scalar);

/* The words of data without bool, as the host stores it. */
void memory_read(const unsigned char *at, const IrType *type, uint64_t *words);

static inline void copy_words(uint64_t *to, const uint64_t *from, uint32_t words) {
    if (words <= IR_MAX_LANES) {
        for (uint32_t i = 0; i < words; i++) {
            to[i] = from[i];
        }
    } else {
        memcpy(to, from, words * sizeof *to);
    }
}

#endif
