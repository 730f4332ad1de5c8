/* What the interpreter runs: a kernel and all that it calls, decoded once for the dispatch.
 *
 * Every instruction becomes one step, and structured control becomes jumps between steps. Values live in a frame of
 * 64-bit words: a slot is the index of a value's first word, one word a lane, as ir_eval has them. Nothing recurses, so
 * every value of every function has its own slot; so has every constant. An invocation is its frame and the number of
 * its next step: it can be left at any step and gone on with.
 *
 * An array or form is its parts one after another, so words are only copied where parts are put together or taken out.
 * A root is a word: the number of a kernel argument for a buffer, the slot of the contents for a `var`, the number of a
 * `shared` in the kernel. A `ref` is the REF_WORDS words of a place.
 *
 * Where invocations of a group meet (STEP_WAIT), one stops; group.c goes on with it when all have come.
 */
#ifndef IR_INTERP_PROGRAM_H
#define IR_INTERP_PROGRAM_H

#include "ir/eval.h"
#include "ir/ir.h"

typedef enum {
    STEP_EVAL, /* ir_eval does it */
    STEP_COPY, /* words only move: construct, extract, insert, swizzle */
    STEP_SELECT,
    STEP_BUILTIN,
    STEP_LEN,
    STEP_SPEC,
    STEP_VAR,
    STEP_LOAD_VAR,
    STEP_STORE_VAR,
    STEP_SHARED,
    STEP_REF,
    STEP_LOAD, /* of other roots */
    STEP_STORE,
    STEP_ATOMIC,
    STEP_WAIT,    /* barriers and subgroup operations */
    STEP_MESSAGE, /* print and assert */
    STEP_COUNT,   /* to 0 at the start of a loop, one more in each round */
    STEP_IF,      /* on, or to `target` when the condition is false */
    STEP_GO,   /* copies, then to `target`: yield, break, continue, next, and the start of a loop */
    STEP_CALL, /* copies arguments, then to `target`; when it is back, copies the result */
    STEP_RETURN, /* copies the result, then behind the call */
    STEP_END,    /* of the kernel */
    STEP_UNREACHABLE,
#define FAST(OP, FROM, TO, view, result, expression) STEP_##OP##_##FROM##_##TO,
#include "ir/interp/fast.def"
#undef FAST
} StepKind;

enum { STEP_MAX_OPERANDS = 4 }; /* what has more consists of copies, or is a place */

/* A kernel whose values take more words is not run: half a GiB. With all invocations of a workgroup, that wait for each
 * other, twice as much. Nor one that makes more words of shared memory. */
enum { PROGRAM_MAX_FRAME = 1 << 26, PROGRAM_MAX_FRAMES = 1 << 27, PROGRAM_MAX_SHARED = 1 << 24 };

/* A ref: which memory, which root of it, how far from its start, and Spot.length (memory.h). */
enum { REF_MEMORY, REF_ROOT, REF_OFFSET, REF_LENGTH, REF_WORDS };

typedef struct {
    uint32_t from, to; /* slots */
    uint32_t words;
} Copy;

typedef struct {
    uint32_t first, count; /* in Program.copies; done in order */
} Copies;

/* An index of a place below the element of a buffer, if it is not part of the offset. */
typedef struct {
    uint32_t slot;
    uint32_t count;        /* parts: what is not below is outside */
    bool is_open;          /* of an array that may really have more or fewer parts (Spot.length) */
    uint32_t words, bytes; /* from part to part: in a buffer, and anywhere else */
} PlaceIndex;

typedef struct {
    uint32_t first, count; /* in Program.indices */
} PlaceIndices;

typedef struct {
    StepKind kind;
    uint8_t lane_bytes; /* LOAD, STORE: of a scalar or vector in a buffer; else 0 */
    uint32_t words;     /* of the result, or of what is stored */
    uint32_t result;    /* slot; 0: none */
    /* Slots. CALL, RETURN: the callee's return address; what has a place: as in the instruction, but of the indices
     * only the first of a buffer. */
    uint32_t operands[STEP_MAX_OPERANDS];
    uint32_t loop; /* WAIT, CALL: the innermost loop around, by number in Program.loops; 0: none */
    uint32_t target; /* a step; COUNT: 0: to 0; VAR: the slot of the contents; SHARED: its number */
    union {
        struct {
            Copies copies,
                results; /* results: CALL. MESSAGE: copies are the operands; they go nowhere */
        };
        struct { /* what has a place */
            PlaceIndices indices;
            uint32_t words_before, bytes_before; /* what the constant indices skip */
            uint32_t stride;                     /* of the elements of a buffer */
        };
        uint64_t bits; /* SPEC */
    };
    const IrInst *inst;
} Step;

typedef struct {
    const IrValue *value;
    uint32_t slot;
} ConstantSlot;

/* A loop that invocations may wait in: they are at one place only in the same round. */
typedef struct {
    uint32_t around, rounds; /* the loop around it, 0: none; a slot, where the rounds are counted */
} CountedLoop;

/* A function of the program. */
typedef struct {
    const IrFunction *function;
    uint32_t first_step, return_address, result; /* slots: the last two */
} Entry;

typedef struct {
    VEC(Step) steps; /* the kernel's first step is step 0 */
    VEC(Entry)
    entries; /* the kernel, then procs in the order in which they are first called: their steps, too */
    VEC(Copy) copies;
    VEC(CountedLoop) loops; /* from 1 on */
    VEC(PlaceIndex) indices;
    VEC(ConstantSlot) constants;
    uint32_t frame_size;   /* words; slot 0 is nobody's and stays 0 */
    uint32_t *param_slots; /* of the kernel */
    uint32_t shared_count;
    bool waits; /* it has a STEP_WAIT */
} Program;

/* Of a verified module. Uses the marks of its values and functions: a value's is its slot. NULL: the values need more
 * than PROGRAM_MAX_FRAME words. */
Program *program_decode(Arena *arena, const IrModule *module, const IrFunction *kernel,
                        const IrSpecValues *specs);

#endif
