/* rt_webgpu_commands.c: command lists, as a list of what to encode, and what WebGPU needs around it.
 *
 * Bind groups and the small buffers that a dispatch needs (its value block, stand-ins for empty ranges) are made while
 * recording, and belong to the list. What is not valid WebGPU is heard of by submit.
 */
#include "rt_webgpu.h"

#include <string.h>

static RwgpuCommands *list_of(VtgCommands *commands) {
    return (RwgpuCommands *)commands;
}

VtgStatus rwgpu_commands_open(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

/* Lets go of what was made since there were so many. */
static void cut(RwgpuCommands *commands, uint32_t ops, uint32_t buffers, uint32_t groups) {
    const RwgpuFunctions *fn = rwgpu_fn(commands->base.device);
    while (commands->group_count > groups) {
        fn->BindGroupRelease(commands->groups[--commands->group_count]);
    }
    while (commands->buffer_count > buffers) {
        fn->BufferRelease(commands->buffers[--commands->buffer_count]);
    }
    commands->op_count = ops;
}

VtgStatus rwgpu_commands_reset(VtgCommands *base) {
    rwgpu_lock(base->device);
    cut(list_of(base), 0, 0, 0);
    rwgpu_unlock(base->device);
    return VTG_OK;
}

VtgStatus rwgpu_commands_finish(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

void rwgpu_commands_close(VtgCommands *base) {
    RwgpuCommands *commands = list_of(base);
    const VtgInstance *instance = base->device->instance;
    rwgpu_commands_reset(base);
    rt_free(instance, commands->ops, commands->op_capacity * sizeof *commands->ops);
    rt_free(instance, commands->buffers, commands->buffer_capacity * sizeof *commands->buffers);
    rt_free(instance, commands->groups, commands->group_capacity * sizeof *commands->groups);
    rt_free(instance, commands->entries, commands->entry_capacity * sizeof *commands->entries);
}

void rwgpu_cmd_barrier(VtgCommands *commands) {
    (void)commands; /* WebGPU places them */
}

/* Room for one more dispatch with so many bindings, and what goes before it. */
static VtgStatus reserve(RwgpuCommands *commands, uint32_t bindings) {
    const VtgInstance *instance = commands->base.device->instance;
    bool room = rt_grow(instance, &commands->ops, &commands->op_capacity,
                        commands->op_count + bindings + 3, sizeof *commands->ops) &&
                rt_grow(instance, &commands->buffers, &commands->buffer_capacity,
                        commands->buffer_count + bindings + 3, sizeof *commands->buffers) &&
                rt_grow(instance, &commands->groups, &commands->group_capacity,
                        commands->group_count + 1, sizeof *commands->groups) &&
                rt_grow(instance, &commands->entries, &commands->entry_capacity, bindings + 1,
                        sizeof *commands->entries);
    return room ? VTG_OK : rt_no_memory(instance, "a command list");
}

/* A buffer that the list owns; zeros. */
static WgpuHandle own_buffer(RwgpuCommands *commands, uint64_t size, const char *label) {
    WgpuHandle buffer = rwgpu_buffer_make(commands->base.device,
                                          WGPU_USE_STORAGE | WGPU_USE_UNIFORM |
                                              WGPU_USE_COPY_SOURCE | WGPU_USE_COPY_TARGET,
                                          size, label);
    if (buffer) {
        commands->buffers[commands->buffer_count++] = buffer;
    }
    return buffer;
}

/* The same, with content. A write of the queue comes before all that is submitted later. */
static WgpuHandle own_bytes(RwgpuCommands *commands, const void *bytes, uint32_t size,
                            const char *label) {
    VtgDevice *device = commands->base.device;
    WgpuHandle buffer = own_buffer(commands, size, label);
    if (buffer) {
        rwgpu_fn(device)->QueueWriteBuffer(rwgpu_device(device)->queue, buffer, 0, bytes, size);
    }
    return buffer;
}

static void add_copy(RwgpuCommands *commands, WgpuHandle from, uint64_t from_offset, WgpuHandle to,
                     uint64_t to_offset, uint64_t size) {
    commands->ops[commands->op_count++] = (RwgpuOp){.kind = RWGPU_COPY,
                                                    .from = from,
                                                    .from_offset = from_offset,
                                                    .to = to,
                                                    .to_offset = to_offset,
                                                    .size = size};
}

/* A dispatch with the first `count` of commands->entries. */
static bool add_dispatch(RwgpuCommands *commands, const RwgpuPipeline *pipeline, uint32_t count,
                         const uint32_t groups[3]) {
    VtgDevice *device = commands->base.device;
    const WgpuGroupDesc desc = {.label = WGPU_TEXT("arguments"),
                                .layout = pipeline->layout,
                                .count = count,
                                .entries = commands->entries};
    WgpuHandle group = rwgpu_fn(device)->DeviceCreateBindGroup(rwgpu_device(device)->handle, &desc);
    if (!group) {
        return false;
    }
    commands->groups[commands->group_count++] = group;
    commands->ops[commands->op_count++] = (RwgpuOp){.kind = RWGPU_DISPATCH,
                                                    .pipeline = pipeline->handle,
                                                    .group = group,
                                                    .groups = {groups[0], groups[1], groups[2]}};
    return true;
}

/* Ends recording one operation: nothing of it stays if it failed. */
static VtgStatus end(RwgpuCommands *commands, const RwgpuCommands *before, VtgStatus status,
                     const char *what) {
    VtgDevice *device = commands->base.device;
    VtgStatus heard = rwgpu_scope_end(device, VTG_ERROR_DRIVER, what);
    if (status == VTG_ERROR_OUT_OF_DEVICE_MEMORY && heard == VTG_OK) {
        rt_fail(device->instance, status, "%s: the device makes no more objects", what);
    }
    status = heard != VTG_OK ? heard : status;
    if (status != VTG_OK) {
        cut(commands, before->op_count, before->buffer_count, before->group_count);
    }
    rwgpu_unlock(device);
    return status;
}

static VtgStatus end_move(RwgpuCommands *commands, const RwgpuCommands *before, VtgStatus status,
                          const char *what) {
    if (status == VTG_OK && commands->base.timing_moves) {
        commands->ops[before->op_count].begins = true;
        commands->ops[commands->op_count - 1].ends = true;
    }
    return end(commands, before, status, what);
}

static RwgpuCommands begin(RwgpuCommands *commands) {
    rwgpu_lock(commands->base.device);
    rwgpu_scope_begin(commands->base.device);
    return *commands;
}

/* ---- Dispatches ---- */

static bool is_written_too(const VtgKernel *kernel, const RtBinding *bindings,
                           const VtgBuffer *buffer) {
    for (uint32_t i = 0, b = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind != VTG_PARAM_BUFFER) {
            continue;
        }
        const RtBinding *binding = &bindings[b++];
        if (param->access != VTG_ACCESS_READ && binding->buffer == buffer && binding->size != 0) {
            return true;
        }
    }
    return false;
}

/* What is bound for a range. An empty one gets an element that nobody else has; one that is read while another range of
 * its buffer is written is copied, since a dispatch may not have a buffer both ways. */
static bool bind(RwgpuCommands *commands, const VtgKernel *kernel, const VtgParam *param,
                 const RtBinding *bindings, const RtBinding *binding, WgpuGroupEntry *entry) {
    entry->buffer = ((const RwgpuBuffer *)binding->buffer)->handle;
    entry->offset = binding->offset;
    entry->size = (binding->size + 3) & ~(uint64_t)3;
    if (binding->size == 0) {
        entry->offset = 0;
        entry->size = (param->stride + 3) & ~(uint64_t)3;
        entry->buffer = own_buffer(commands, entry->size, "for an empty range");
    } else if (param->access == VTG_ACCESS_READ &&
               is_written_too(kernel, bindings, binding->buffer)) {
        WgpuHandle copy = own_buffer(commands, entry->size, "of a range that is read");
        if (copy) {
            add_copy(commands, entry->buffer, entry->offset, copy, 0, entry->size);
        }
        entry->buffer = copy;
        entry->offset = 0;
    }
    return entry->buffer != NULL;
}

/* The counts of an indirect dispatch come from a copy: a dispatch may not have a buffer for them and for its kernel. */
static bool take_counts(RwgpuCommands *commands, const RtGroups *groups) {
    VtgDevice *device = commands->base.device;
    WgpuHandle copy = rwgpu_buffer_make(device, WGPU_USE_INDIRECT | WGPU_USE_COPY_TARGET,
                                        sizeof groups->count, "workgroup counts");
    if (!copy) {
        return false;
    }
    RwgpuOp *dispatch = &commands->ops[commands->op_count - 1];
    dispatch->from = copy;
    RwgpuOp last = *dispatch;
    commands->buffers[commands->buffer_count++] = copy;
    commands->op_count--;
    add_copy(commands, ((const RwgpuBuffer *)groups->from)->handle, groups->offset, copy, 0,
             sizeof groups->count);
    commands->ops[commands->op_count++] = last;
    return true;
}

static bool dispatch(RwgpuCommands *commands, const RwgpuKernel *kernel, const RtBinding *bindings,
                     const void *block, const RtGroups *groups) {
    const VtgKernel *base = &kernel->base;
    uint32_t count = 0;
    memset(commands->entries, 0, (base->buffer_count + 1) * sizeof *commands->entries);
    for (uint32_t i = 0; i < base->param_count; i++) {
        if (base->params[i].kind == VTG_PARAM_BUFFER) {
            WgpuGroupEntry *entry = &commands->entries[count];
            entry->binding = count;
            if (!bind(commands, base, &base->params[i], bindings, &bindings[count], entry)) {
                return false;
            }
            count++;
        }
    }
    if (base->block_bytes != 0) {
        WgpuHandle values = own_bytes(commands, block, base->block_bytes, "values");
        commands->entries[count] =
            (WgpuGroupEntry){.binding = count, .buffer = values, .size = base->block_bytes};
        count++;
        if (!values) {
            return false;
        }
    }
    if (!add_dispatch(commands, &kernel->pipeline, count, groups->count)) {
        return false;
    }
    commands->ops[commands->op_count - 1].is_kernel = true;
    return !groups->from || take_counts(commands, groups);
}

VtgStatus rwgpu_cmd_dispatch(VtgCommands *base, VtgKernel *kernel, const RtBinding *bindings,
                             const void *block, const RtGroups *groups) {
    RwgpuCommands *commands = list_of(base);
    VtgStatus status = reserve(commands, kernel->buffer_count);
    if (status != VTG_OK) {
        return status;
    }
    RwgpuCommands before = begin(commands);
    bool fine = dispatch(commands, (const RwgpuKernel *)kernel, bindings, block, groups);
    return end(commands, &before, fine ? VTG_OK : VTG_ERROR_OUT_OF_DEVICE_MEMORY, kernel->label);
}

/* ---- Bytes ---- */

/* Bytes first to last of a buffer become those of another from `start` on, or again and again its first `period`. */
static const char move_bytes[] =
    "struct Job { first: u32, last: u32, start: u32, period: u32 }\n"
    "@group(0) @binding(0) var<storage, read> source: array<u32>;\n"
    "@group(0) @binding(1) var<storage, read_write> to: array<u32>;\n"
    "@group(0) @binding(2) var<uniform> job: Job;\n"
    "@compute @workgroup_size(64)\n"
    "fn main(@builtin(global_invocation_id) id: vec3<u32>,\n"
    "        @builtin(num_workgroups) groups: vec3<u32>) {\n"
    "    for (var w = job.first / 4 + id.x; w < (job.last + 3) / 4; w += groups.x * 64) {\n"
    "        var word = to[w];\n"
    "        for (var lane = 0u; lane < 4; lane++) {\n"
    "            let at = w * 4 + lane;\n"
    "            if (at >= job.first && at < job.last) {\n"
    "                let place = job.start + (at - job.first) % job.period;\n"
    "                let byte = (source[place / 4] >> (place % 4 * 8)) & 255;\n"
    "                word = (word & ~(255u << (lane * 8))) | (byte << (lane * 8));\n"
    "            }\n"
    "        }\n"
    "        to[w] = word;\n"
    "    }\n"
    "}\n";

enum { MOVE_GROUP = 64, MOVE_GROUPS = 4096, MOVE_BINDINGS = 3 };

static VtgStatus add_move(RwgpuCommands *commands, WgpuHandle source, uint32_t start,
                          uint32_t period, WgpuHandle target, uint64_t offset, uint64_t size) {
    RwgpuDevice *device = rwgpu_device(commands->base.device);
    if (!device->move_bytes.handle) {
        const uint32_t bindings[MOVE_BINDINGS] = {WGPU_BINDING_READ_ONLY, WGPU_BINDING_STORAGE,
                                                  WGPU_BINDING_UNIFORM};
        const RwgpuPipelineDesc desc = {.label = "move bytes",
                                        .code = WGPU_TEXT(move_bytes),
                                        .entry = "main",
                                        .bindings = bindings,
                                        .binding_count = MOVE_BINDINGS};
        VtgStatus status = rwgpu_pipeline_make(&device->base, &desc, &device->move_bytes);
        if (status != VTG_OK) {
            return status;
        }
    }
    const uint32_t job[4] = {(uint32_t)offset, (uint32_t)(offset + size), start, period};
    WgpuHandle values = own_bytes(commands, job, sizeof job, "values");
    const WgpuHandle buffers[MOVE_BINDINGS] = {source, target, values};
    for (uint32_t i = 0; i < MOVE_BINDINGS; i++) {
        commands->entries[i] =
            (WgpuGroupEntry){.binding = i, .buffer = buffers[i], .size = UINT64_MAX};
    }
    uint64_t groups = size / (4 * MOVE_GROUP) + 1;
    const uint32_t count[3] = {groups < MOVE_GROUPS ? (uint32_t)groups : MOVE_GROUPS, 1, 1};
    return values && add_dispatch(commands, &device->move_bytes, MOVE_BINDINGS, count)
               ? VTG_OK
               : VTG_ERROR_OUT_OF_DEVICE_MEMORY;
}

/* Whole words, but for an end that is the target's: there the last word is the target's alone. */
static bool is_aligned(const VtgBuffer *target, uint64_t target_offset, uint64_t source_offset,
                       uint64_t size) {
    return source_offset % 4 == 0 && target_offset % 4 == 0 &&
           (size % 4 == 0 || target_offset + size == target->size);
}

static uint64_t whole_words(uint64_t size) {
    return (size + 3) & ~(uint64_t)3;
}

static VtgStatus upload(RwgpuCommands *commands, VtgBuffer *source, uint64_t source_offset,
                        VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    bool aligned = is_aligned(target, target_offset, 0, size);
    WgpuHandle to = ((const RwgpuBuffer *)target)->handle;
    WgpuHandle by = aligned ? to : own_buffer(commands, size, "of bytes to move");
    if (!by) {
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    }
    commands->ops[commands->op_count++] = (RwgpuOp){.kind = RWGPU_WRITE,
                                                    .staging = source,
                                                    .from_offset = source_offset,
                                                    .to = by,
                                                    .to_offset = aligned ? target_offset : 0,
                                                    .size = whole_words(size)};
    return aligned ? VTG_OK : add_move(commands, by, 0, UINT32_MAX, to, target_offset, size);
}

/* Whole words come, and of them what is wanted is kept. */
static VtgStatus readback(RwgpuCommands *commands, VtgBuffer *source, uint64_t source_offset,
                          VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    uint32_t skip = (uint32_t)(source_offset % 4);
    commands->ops[commands->op_count++] = (RwgpuOp){.kind = RWGPU_READ,
                                                    .from = ((const RwgpuBuffer *)source)->handle,
                                                    .from_offset = source_offset - skip,
                                                    .size = whole_words(skip + size),
                                                    .staging = target,
                                                    .to_offset = target_offset,
                                                    .skip = skip,
                                                    .wanted = size};
    return VTG_OK;
}

static VtgStatus copy(RwgpuCommands *commands, VtgBuffer *source, uint64_t source_offset,
                      VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    WgpuHandle from = ((const RwgpuBuffer *)source)->handle;
    WgpuHandle to = ((const RwgpuBuffer *)target)->handle;
    bool aligned = is_aligned(target, target_offset, source_offset, size);
    if (aligned && source != target) {
        add_copy(commands, from, source_offset, to, target_offset, whole_words(size));
        return VTG_OK;
    }
    uint32_t skip = (uint32_t)(source_offset % 4);
    WgpuHandle by = own_buffer(commands, skip + size, "of bytes to move");
    if (!by) {
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    }
    add_copy(commands, from, source_offset - skip, by, 0, whole_words(skip + size));
    if (aligned) {
        add_copy(commands, by, 0, to, target_offset, whole_words(size));
        return VTG_OK;
    }
    return add_move(commands, by, skip, UINT32_MAX, to, target_offset, size);
}

VtgStatus rwgpu_cmd_copy(VtgCommands *base, VtgBuffer *source, uint64_t source_offset,
                         VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    RwgpuCommands *commands = list_of(base);
    VtgStatus status = reserve(commands, MOVE_BINDINGS);
    if (status != VTG_OK) {
        return status;
    }
    RwgpuCommands before = begin(commands);
    bool up = source->memory != RT_MEMORY_DEVICE, down = target->memory != RT_MEMORY_DEVICE;
    status = (up     ? upload
              : down ? readback
                     : copy)(commands, source, source_offset, target, target_offset, size);
    return end_move(commands, &before, status, "copy");
}

VtgStatus rwgpu_cmd_fill(VtgCommands *base, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                         uint32_t value) {
    RwgpuCommands *commands = list_of(base);
    VtgStatus status = reserve(commands, MOVE_BINDINGS);
    if (status != VTG_OK) {
        return status;
    }
    RwgpuCommands before = begin(commands);
    WgpuHandle word = own_bytes(commands, &value, sizeof value, "to fill with");
    status = word ? add_move(commands, word, 0, sizeof value, ((const RwgpuBuffer *)buffer)->handle,
                             offset, size)
                  : VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    return end_move(commands, &before, status, "fill");
}
