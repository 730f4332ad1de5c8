/* What the interpreter runs: a kernel and all that it calls, decoded once for the dispatch.
 *
 * Every instruction becomes one step, and structured control becomes jumps between steps. Values live in a frame of
 * 64-bit words: a slot is the index of a value's first word, one word a lane, as ir_eval has them. Nothing recurses, so
 * every value of every function has its own slot; so has every constant. An invocation is its frame and the number of
 * its next step: it can be left at any step and gone on with.
 *
 * An array or form is its parts one after another, so words are only copied where parts are put together or taken out.
 * A root is a word: the number of a kernel argument for a buffer, the slot of the contents for a `var`.
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
    STEP_VAR,
    STEP_LOAD_VAR,
    STEP_LOAD_BUFFER,
    STEP_STORE_VAR,
    STEP_STORE_BUFFER,
    STEP_IF,   /* on, or to `target` when the condition is false */
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

/* A kernel whose values take more words is not run: half a GiB. */
enum { PROGRAM_MAX_FRAME = 1 << 26 };

typedef struct {
    uint32_t from, to; /* slots */
    uint32_t words;
} Copy;

typedef struct {
    uint32_t first, count; /* in Program.copies; done in order */
} Copies;

/* An index of a place below the element of a buffer, if it is not part of Step.offset. */
typedef struct {
    uint32_t slot;
    uint32_t count; /* parts: what is not below is outside */
    uint32_t scale; /* bytes (buffers) or words (vars) from part to part */
} PlaceIndex;

typedef struct {
    uint32_t first, count; /* in Program.indices */
} PlaceIndices;

typedef struct {
    StepKind kind;
    uint8_t lane_bytes; /* LOAD_BUFFER, STORE_BUFFER: of a scalar or vector; else 0 */
    uint32_t words;     /* of the result, or of what is stored */
    uint32_t result;    /* slot; 0: none */
    /* Slots. CALL, RETURN: the callee's return address; LOAD…, STORE…: as in the instruction, but of the indices only
     * the first of a buffer. */
    uint32_t operands[STEP_MAX_OPERANDS];
    uint32_t target; /* a step; VAR: the slot of the contents */
    union {
        struct {
            Copies copies, results; /* results: CALL */
        };
        struct { /* LOAD…, STORE… */
            PlaceIndices indices;
            uint32_t offset; /* of what the constant indices choose: bytes or words */
            uint32_t stride; /* of the buffer's elements */
        };
    };
    const IrInst *inst;
} Step;

typedef struct {
    const IrValue *value;
    uint32_t slot;
} ConstantSlot;

typedef struct {
    VEC(Step) steps; /* the kernel's first step is step 0 */
    VEC(Copy) copies;
    VEC(PlaceIndex) indices;
    VEC(ConstantSlot) constants;
    uint32_t frame_size;   /* words; slot 0 is nobody's and stays 0 */
    uint32_t *param_slots; /* of the kernel */
} Program;

/* Of a verified module. Uses the marks of its values and functions: a value's is its slot. NULL: the values need more
 * than PROGRAM_MAX_FRAME words. */
Program *program_decode(Arena *arena, const IrModule *module, const IrFunction *kernel);

#endif
