/* What the host must know of a kernel: its parameters, where they are bound and how they are used. */
#ifndef IR_REFLECT_H
#define IR_REFLECT_H

#include "ir/ir.h"

enum { REFLECT_READ = 1, REFLECT_WRITE = 2 };

typedef struct {
    Name name;
    const char *doc; /* NULL: none */
    bool is_buffer;
    const IrType *type; /* a buffer's element, or the value's type */
    unsigned
        access; /* buffers: REFLECT_READ | REFLECT_WRITE; 0: never touched but for its length */
    unsigned loop_access; /* buffers: the same, of what stands in loops alone */
    bool rereads;         /* buffers: an invocation may read after it has written */
    uint32_t binding;     /* buffers: 0, 1, … in order of declaration */
    uint32_t size;        /* bytes: a buffer's element stride, or the value's size */
    uint32_t offset;      /* values: in the value block, std430 */
    bool
        length_in_block; /* buffers: the element count is handed over in the value block, as a u32 … */
    uint32_t length_offset; /* … there: behind all values */
} ReflectParam;

typedef struct {
    const IrFunction *kernel;
    uint32_t param_count, buffer_count;
    ReflectParam *params; /* in order of declaration */
    const IrMessageTable
        *messages; /* the last parameter is the buffer for these; NULL: it is the source's */
    uint32_t
        value_block_size; /* bytes with the lengths, a multiple of its alignment; 0: nothing is in it */
    bool
        values_in_buffer; /* the block is too large for push constants: a storage buffer, binding buffer_count */
} ReflectKernel;

/* Vulkan promises 128 bytes of push constants (maxPushConstantsSize, required limits). A larger block is a storage
 * buffer: in a uniform buffer, arrays and forms would have another layout than the host's. */
enum { REFLECT_PUSH_CONSTANT_BYTES = 128 };

/* Drivers may round what a kernel sees of a buffer up to so many bytes: where an element is smaller, they are not
 * asked for the length. */
enum { REFLECT_LENGTH_GRAIN = 4 };

ReflectKernel *ir_reflect(Arena *arena, const IrFunction *kernel);

/* Puts the length of every buffer into the value block: for code that asks nothing else for it. */
void ir_reflect_all_lengths(ReflectKernel *kernel);

/* The constant that is the length of what a `shared` makes; NULL: none is, or it is no `shared`. */
const IrSpec *ir_shared_length(const IrInst *inst);

/* Shared memory of a workgroup, with what the host sets: in order, aligned as a host would, a bool in 4 bytes. */
uint64_t ir_shared_bytes(const IrFunction *kernel, const IrSpecValues *values);

/* A variable in shared memory: `count` elements, or as many as the constant `length` says. */
typedef struct {
    Name name; /* NULL: none */
    unsigned align;
    uint64_t element_bytes, count;
    const IrSpec *length; /* NULL: none */
} ReflectShared;

/* Those of a kernel, in order. ir_shared_bytes adds them up. */
uint32_t ir_reflect_shared(Arena *arena, const IrFunction *kernel, ReflectShared **variables);

#endif
