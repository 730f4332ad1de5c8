/* What the host must know of a kernel: its parameters, where they are bound and how they are used. */
#ifndef IR_REFLECT_H
#define IR_REFLECT_H

#include "ir/ir.h"

enum { REFLECT_READ = 1, REFLECT_WRITE = 2 };

typedef struct {
    Name name;
    bool is_buffer;
    const IrType *type; /* a buffer's element, or the value's type */
    unsigned access;    /* buffers: REFLECT_READ | REFLECT_WRITE; 0: never touched but for its length */
    uint32_t binding;   /* buffers: 0, 1, … in order of declaration */
    uint32_t size;      /* bytes: a buffer's element stride, or the value's size */
    uint32_t offset;    /* values: in the value block, std430 */
} ReflectParam;

typedef struct {
    const IrFunction *kernel;
    uint32_t param_count, buffer_count;
    ReflectParam *params;      /* in order of declaration */
    uint32_t value_block_size; /* bytes, a multiple of its alignment; 0: no value parameters */
    bool values_in_uniform_buffer; /* the block is too large for push constants: binding buffer_count */
} ReflectKernel;

/* Vulkan promises 128 bytes of push constants (maxPushConstantsSize, required limits). */
enum { REFLECT_PUSH_CONSTANT_BYTES = 128 };

ReflectKernel *ir_reflect(Arena *arena, const IrFunction *kernel);

#endif
