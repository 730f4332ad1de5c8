/* rt_opencl_commands.c: command lists, as a list of what to hand to the queue. */
#include "rt_opencl.h"

#include <string.h>

static RoclCommands *list_of(VtgCommands *commands) {
    return (RoclCommands *)commands;
}

VtgStatus rocl_commands_open(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

VtgStatus rocl_commands_reset(VtgCommands *base) {
    RoclCommands *commands = list_of(base);
    for (uint32_t i = 0; i < commands->part_count; i++) {
        rocl_fn(base->device)->ReleaseMemObject(commands->parts[i]);
    }
    commands->op_count = commands->memory_count = commands->part_count = commands->word_count = 0;
    return VTG_OK;
}

VtgStatus rocl_commands_finish(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

void rocl_commands_close(VtgCommands *base) {
    RoclCommands *commands = list_of(base);
    const VtgInstance *instance = base->device->instance;
    rocl_commands_reset(base);
    rt_free(instance, commands->ops, commands->op_capacity * sizeof *commands->ops);
    rt_free(instance, commands->memories, commands->memory_capacity * sizeof *commands->memories);
    rt_free(instance, commands->parts, commands->part_capacity * sizeof *commands->parts);
    rt_free(instance, commands->words, commands->word_capacity * sizeof *commands->words);
}

void rocl_cmd_barrier(VtgCommands *commands) {
    (void)commands; /* the queue is in order */
}

/* Room for one more operation with so many arguments; what is there stays when there is none. */
static VtgStatus reserve(RoclCommands *commands, uint32_t memories, uint32_t words) {
    const VtgInstance *instance = commands->base.device->instance;
    bool room = rt_grow(instance, &commands->ops, &commands->op_capacity, commands->op_count + 1,
                        sizeof *commands->ops) &&
                rt_grow(instance, &commands->memories, &commands->memory_capacity,
                        (uint64_t)commands->memory_count + memories, sizeof *commands->memories) &&
                rt_grow(instance, &commands->parts, &commands->part_capacity,
                        (uint64_t)commands->part_count + memories, sizeof *commands->parts) &&
                rt_grow(instance, &commands->words, &commands->word_capacity,
                        (uint64_t)commands->word_count + words, sizeof *commands->words);
    return room ? VTG_OK : rt_no_memory(instance, "a command list");
}

/* The memory object that a kernel sees: the buffer's own where the range starts with it, else a part of it. */
static VtgStatus memory_of(RoclCommands *commands, const RtBinding *binding, cl_mem *memory) {
    VtgDevice *device = commands->base.device;
    cl_mem whole = ((const RoclBuffer *)binding->buffer)->memory;
    *memory = binding->size == 0 ? NULL : whole;
    if (binding->size == 0 || binding->offset == 0) {
        return VTG_OK;
    }
    const cl_buffer_region region = {(size_t)binding->offset, (size_t)binding->size};
    cl_int error;
    cl_mem part = rocl_fn(device)->CreateSubBuffer(whole, CL_MEM_READ_WRITE,
                                                   CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    if (error != CL_SUCCESS) {
        return rocl_fail(device->instance, error, "clCreateSubBuffer");
    }
    commands->parts[commands->part_count++] = part;
    *memory = part;
    return VTG_OK;
}

VtgStatus rocl_cmd_dispatch(VtgCommands *base, VtgKernel *kernel, const RtBinding *bindings,
                            const void *block, const RtGroups *groups) {
    RoclCommands *commands = list_of(base);
    uint32_t words = kernel->block_bytes / 4;
    VtgStatus status = reserve(commands, kernel->buffer_count, words);
    uint32_t parts = commands->part_count;
    for (uint32_t i = 0; i < kernel->buffer_count && status == VTG_OK; i++) {
        status = memory_of(commands, &bindings[i], &commands->memories[commands->memory_count + i]);
    }
    if (status != VTG_OK) {
        while (commands->part_count > parts) {
            rocl_fn(base->device)->ReleaseMemObject(commands->parts[--commands->part_count]);
        }
        return status;
    }
    RoclOp op = {.kind = ROCL_DISPATCH,
                 .timed = base->timing,
                 .kernel = (RoclKernel *)kernel,
                 .groups = *groups,
                 .first_memory = commands->memory_count,
                 .first_word = commands->word_count};
    if (words != 0) {
        memcpy(commands->words + commands->word_count, block, kernel->block_bytes);
    }
    commands->memory_count += kernel->buffer_count;
    commands->word_count += words;
    commands->ops[commands->op_count++] = op;
    return VTG_OK;
}

VtgStatus rocl_cmd_copy(VtgCommands *base, VtgBuffer *source, uint64_t source_offset,
                        VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    RoclCommands *commands = list_of(base);
    VtgStatus status = reserve(commands, 0, 0);
    if (status == VTG_OK) {
        commands->ops[commands->op_count++] = (RoclOp){.kind = ROCL_COPY,
                                                       .timed = base->timing_moves,
                                                       .source = (RoclBuffer *)source,
                                                       .target = (RoclBuffer *)target,
                                                       .source_offset = source_offset,
                                                       .target_offset = target_offset,
                                                       .size = size};
    }
    return status;
}

VtgStatus rocl_cmd_fill(VtgCommands *base, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                        uint32_t value) {
    RoclCommands *commands = list_of(base);
    VtgStatus status = reserve(commands, 0, 0);
    if (status == VTG_OK) {
        commands->ops[commands->op_count++] = (RoclOp){.kind = ROCL_FILL,
                                                       .timed = base->timing_moves,
                                                       .target = (RoclBuffer *)buffer,
                                                       .target_offset = offset,
                                                       /* up to the end, on a whole word */
                                                       .size = (size + 3) & ~(uint64_t)3,
                                                       .value = value};
    }
    return status;
}
