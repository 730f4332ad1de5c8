/* rt_metal_commands.c: command lists, as a list of what to encode. */
#include "rt_metal.h"

#include <string.h>

static RmtlCommands *list_of(VtgCommands *commands) {
    return (RmtlCommands *)commands;
}

static Id handle_of(const VtgBuffer *buffer) {
    return ((const RmtlBuffer *)buffer)->handle;
}

VtgStatus rmtl_commands_open(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

VtgStatus rmtl_commands_reset(VtgCommands *base) {
    RmtlCommands *commands = list_of(base);
    while (commands->own_count != 0) {
        rmtl_release(rmtl_context(base->device), commands->own[--commands->own_count]);
    }
    commands->op_count = commands->bound_count = commands->word_count = 0;
    return VTG_OK;
}

VtgStatus rmtl_commands_finish(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

void rmtl_commands_close(VtgCommands *base) {
    RmtlCommands *commands = list_of(base);
    const VtgInstance *instance = base->device->instance;
    rmtl_commands_reset(base);
    rt_free(instance, commands->ops, commands->op_capacity * sizeof *commands->ops);
    rt_free(instance, commands->bound, commands->bound_capacity * sizeof *commands->bound);
    rt_free(instance, commands->words, commands->word_capacity * sizeof *commands->words);
    rt_free(instance, commands->own, commands->own_capacity * sizeof *commands->own);
    rt_free(instance, commands->sizes, commands->size_capacity * sizeof *commands->sizes);
}

/* Room for one more operation with so many arguments, and a barrier. */
static VtgStatus reserve(RmtlCommands *commands, uint32_t buffers, uint32_t words) {
    const VtgInstance *instance = commands->base.device->instance;
    bool room = rt_grow(instance, &commands->ops, &commands->op_capacity, commands->op_count + 2,
                        sizeof *commands->ops) &&
                rt_grow(instance, &commands->bound, &commands->bound_capacity,
                        (uint64_t)commands->bound_count + buffers, sizeof *commands->bound) &&
                rt_grow(instance, &commands->sizes, &commands->size_capacity, buffers,
                        sizeof *commands->sizes) &&
                rt_grow(instance, &commands->words, &commands->word_capacity,
                        (uint64_t)commands->word_count + words, sizeof *commands->words);
    return room ? VTG_OK : rt_no_memory(instance, "a command list");
}

/* There is always room: each operation leaves some, and nothing is before the first. */
void rmtl_cmd_barrier(VtgCommands *base) {
    RmtlCommands *commands = list_of(base);
    if (commands->op_count < commands->op_capacity) {
        commands->ops[commands->op_count++] = (RmtlOp){.kind = RMTL_BARRIER};
    }
}

VtgStatus rmtl_cmd_dispatch(VtgCommands *base, VtgKernel *kernel, const RtBinding *bindings,
                            const void *block, const RtGroups *groups) {
    RmtlCommands *commands = list_of(base);
    uint32_t words = kernel->block_bytes / 4;
    VtgStatus status = reserve(commands, kernel->buffer_count, words);
    if (status != VTG_OK) {
        return status;
    }
    if (kernel->buffer_count != 0) {
        memcpy(commands->bound + commands->bound_count, bindings,
               kernel->buffer_count * sizeof *bindings);
    }
    if (words != 0) {
        memcpy(commands->words + commands->word_count, block, kernel->block_bytes);
    }
    commands->ops[commands->op_count++] = (RmtlOp){.kind = RMTL_DISPATCH,
                                                   .begins = base->timing,
                                                   .ends = base->timing,
                                                   .kernel = (RmtlKernel *)kernel,
                                                   .groups = *groups,
                                                   .first_binding = commands->bound_count,
                                                   .first_word = commands->word_count};
    commands->bound_count += kernel->buffer_count;
    commands->word_count += words;
    return VTG_OK;
}

static VtgStatus add_copy(RmtlCommands *commands, Id source, uint64_t source_offset, Id target,
                          uint64_t target_offset, uint64_t size) {
    VtgStatus status = reserve(commands, 0, 0);
    if (status == VTG_OK) {
        commands->ops[commands->op_count++] = (RmtlOp){.kind = RMTL_COPY,
                                                       .source = source,
                                                       .target = target,
                                                       .source_offset = source_offset,
                                                       .target_offset = target_offset,
                                                       .size = size};
    }
    return status;
}

/* What was recorded since there were `first` operations is one that may be timed. */
static VtgStatus end_move(RmtlCommands *commands, uint32_t first, VtgStatus status) {
    if (status == VTG_OK && commands->base.timing_moves) {
        commands->ops[first].begins = true;
        commands->ops[commands->op_count - 1].ends = true;
    }
    return status;
}

VtgStatus rmtl_cmd_copy(VtgCommands *base, VtgBuffer *source, uint64_t source_offset,
                        VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    RmtlCommands *commands = list_of(base);
    uint32_t first = commands->op_count;
    VtgStatus status = add_copy(commands, handle_of(source), source_offset, handle_of(target),
                                target_offset, size);
    return end_move(commands, first, status);
}

/* Metal fills with one byte again and again. Other words are copied, from a buffer that has them many times. */
static VtgStatus fill_by_copies(RmtlCommands *commands, VtgBuffer *buffer, uint64_t offset,
                                uint64_t size, uint32_t value) {
    enum { PATTERN_BYTES = 65536 };
    VtgDevice *device = commands->base.device;
    uint32_t bytes = size < PATTERN_BYTES ? (uint32_t)size : PATTERN_BYTES;
    if (!rt_grow(device->instance, &commands->own, &commands->own_capacity, commands->own_count + 1,
                 sizeof *commands->own)) {
        return rt_no_memory(device->instance, "a command list");
    }
    Id pattern = rmtl_buffer_make(device, bytes, true);
    char *words = pattern ? RMTL0(rmtl_context(device), char *, pattern, contents) : NULL;
    if (!words) {
        rmtl_release(rmtl_context(device), pattern);
        return rt_fail(device->instance, VTG_ERROR_OUT_OF_DEVICE_MEMORY,
                       "metal: no memory to fill with");
    }
    commands->own[commands->own_count++] = pattern;
    for (uint32_t i = 0; i < bytes; i += 4) {
        memcpy(words + i, &value, sizeof value);
    }
    uint32_t before = commands->op_count;
    VtgStatus status = VTG_OK;
    for (uint64_t done = 0; done < size && status == VTG_OK; done += bytes) {
        uint64_t part = size - done < bytes ? size - done : bytes;
        status = add_copy(commands, pattern, 0, handle_of(buffer), offset + done, part);
    }
    commands->op_count = status == VTG_OK ? commands->op_count : before;
    return status;
}

VtgStatus rmtl_cmd_fill(VtgCommands *base, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                        uint32_t value) {
    RmtlCommands *commands = list_of(base);
    uint64_t whole = (size + 3) & ~(uint64_t)3; /* up to the end, on a whole word */
    uint32_t first = commands->op_count;
    if (value != (value & 255) * UINT32_C(0x01010101)) {
        return end_move(commands, first, fill_by_copies(commands, buffer, offset, whole, value));
    }
    VtgStatus status = reserve(commands, 0, 0);
    if (status == VTG_OK) {
        commands->ops[commands->op_count++] = (RmtlOp){.kind = RMTL_FILL,
                                                       .target = handle_of(buffer),
                                                       .target_offset = offset,
                                                       .size = whole,
                                                       .byte = (uint8_t)value};
    }
    return end_move(commands, first, status);
}
