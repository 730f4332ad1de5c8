/* commands.c: command lists, and the hazards between what a list does. arguments.c checks and binds the arguments of
 * dispatches.
 *
 * Hazards: the list keeps, for each buffer it uses, the epoch in which it last read and last wrote it.
 * An operation that reads what this epoch wrote, or writes what this epoch read or wrote, first gets a
 * barrier, which begins a new epoch for all buffers. Ranges of one buffer are not told apart. */
#include "rt.h"

#include <string.h>

/* ---- Lifetime ---- */

static VtgInstance *instance_of(const VtgCommands *commands) {
    return commands->device->instance;
}

static void drop_uses(VtgCommands *commands) {
    for (uint32_t i = 0; i < commands->use_capacity; i++) {
        rt_buffer_unref(commands->uses[i].buffer);
        rt_kernel_unref(commands->uses[i].kernel);
        commands->uses[i] = (RtUse){0};
    }
    commands->use_count = 0;
}

void rt_commands_ref(VtgCommands *commands) {
    atomic_fetch_add(&commands->refs, 1);
}

void rt_commands_unref(VtgCommands *commands) {
    if (!commands || atomic_fetch_sub(&commands->refs, 1) != 1) {
        return;
    }
    VtgDevice *device = commands->device;
    VtgInstance *instance = device->instance;
    device->api->commands_close(commands);
    drop_uses(commands);
    rt_free(instance, commands->uses, commands->use_capacity * sizeof *commands->uses);
    rt_free(instance, commands->bindings, commands->binding_capacity * sizeof *commands->bindings);
    rt_free(instance, commands->block, commands->block_capacity * sizeof *commands->block);
    rt_free(instance, commands->notes, commands->note_capacity * sizeof *commands->notes);
    rt_free(instance, commands->timed_dispatches,
            commands->timed_dispatch_capacity * sizeof *commands->timed_dispatches);
    rt_text_free(instance, commands->label);
    rt_free(instance, commands, device->api->commands_size);
    rt_device_unref(device);
}

VtgStatus vtg_commands_create(VtgDevice *device, const VtgCommandsDesc *given,
                              VtgCommands **result) {
    if (!device || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgInstance *instance = device->instance;
    VtgCommandsDesc desc = {0};
    VtgStatus status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgCommandsDesc");
    if (status != VTG_OK) {
        return status;
    }
    if ((unsigned)desc.queue > VTG_QUEUE_TRANSFER) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT, "there is no queue %d",
                       (int)desc.queue);
    }
    VtgCommands *commands = rt_alloc(instance, device->api->commands_size);
    if (!commands) {
        return rt_no_memory(instance, "a command list");
    }
    atomic_init(&commands->refs, 1);
    commands->device = device;
    rt_device_ref(device);
    commands->epoch = 1;
    commands->asked_queue = desc.queue;
    commands->queue = (uint32_t)desc.queue < device->queue_count ? (uint32_t)desc.queue : 0;
    bool profiling = atomic_load(&device->profiling);
    bool clock = (device->adapter->info.features & VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS)) != 0;
    commands->timing = clock && (desc.timing != 0 || profiling);
    commands->timing_moves = clock && profiling;
    status = rt_text_copy(instance, desc.label, &commands->label);
    if (status == VTG_OK) {
        status = device->api->commands_open(commands);
    }
    if (status != VTG_OK) {
        rt_commands_unref(commands);
        return status;
    }
    *result = commands;
    return VTG_OK;
}

void vtg_commands_destroy(VtgCommands *commands) {
    rt_commands_unref(commands);
}

VtgStatus vtg_commands_reset(VtgCommands *commands) {
    if (!commands) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgDevice *device = commands->device;
    rt_event_sweep(device);
    pthread_mutex_lock(&device->lock);
    bool busy = commands->busy;
    pthread_mutex_unlock(&device->lock);
    if (busy) {
        return rt_fail(device->instance, VTG_ERROR_BUSY,
                       "reset: the last submission of this command list has not finished");
    }
    drop_uses(commands);
    commands->epoch = 1;
    commands->note_count = 0;
    commands->dispatch_count = 0;
    commands->timed_count = 0;
    commands->state = RT_UNUSABLE;
    VtgStatus status = device->api->commands_reset(commands);
    if (status == VTG_OK) {
        commands->state = RT_RECORDING;
    }
    return status;
}

/* ---- Uses and hazards ---- */

static RtUse *use_slot(RtUse *uses, uint32_t capacity, const void *object) {
    uint64_t hash = (uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t i = (uint32_t)(hash >> 32) & (capacity - 1);
    while ((uses[i].buffer && uses[i].buffer != object) ||
           (uses[i].kernel && uses[i].kernel != object)) {
        i = (i + 1) & (capacity - 1);
    }
    return &uses[i];
}

/* Makes sure that `count` new objects fit without growing, so that nothing can fail after it. */
static VtgStatus reserve_uses(VtgCommands *commands, uint32_t count) {
    uint32_t capacity = commands->use_capacity ? commands->use_capacity : 8;
    while (capacity / 2 < commands->use_count + count) {
        if (capacity > UINT32_MAX / 2) {
            return rt_no_memory(instance_of(commands), "a command list");
        }
        capacity *= 2;
    }
    if (capacity == commands->use_capacity) {
        return VTG_OK;
    }
    RtUse *uses = rt_alloc_array(instance_of(commands), capacity, sizeof *uses);
    if (!uses) {
        return rt_no_memory(instance_of(commands), "a command list");
    }
    for (uint32_t i = 0; i < commands->use_capacity; i++) {
        const RtUse *use = &commands->uses[i];
        if (use->buffer || use->kernel) {
            *use_slot(uses, capacity, use->buffer ? (void *)use->buffer : (void *)use->kernel) =
                *use;
        }
    }
    rt_free(instance_of(commands), commands->uses, commands->use_capacity * sizeof *commands->uses);
    commands->uses = uses;
    commands->use_capacity = capacity;
    return VTG_OK;
}

static RtUse *use_buffer(VtgCommands *commands, VtgBuffer *buffer) {
    RtUse *use = use_slot(commands->uses, commands->use_capacity, buffer);
    if (!use->buffer) {
        use->buffer = buffer;
        rt_buffer_ref(buffer);
        commands->use_count++;
    }
    return use;
}

static void use_kernel(VtgCommands *commands, VtgKernel *kernel) {
    RtUse *use = use_slot(commands->uses, commands->use_capacity, kernel);
    if (!use->kernel) {
        use->kernel = kernel;
        rt_kernel_ref(kernel);
        commands->use_count++;
    }
}

static bool is_hazard(VtgCommands *commands, VtgBuffer *buffer, bool reads, bool writes) {
    const RtUse *use = use_slot(commands->uses, commands->use_capacity, buffer);
    return (reads && use->write_epoch == commands->epoch) ||
           (writes && (use->write_epoch == commands->epoch || use->read_epoch == commands->epoch));
}

static void barrier(VtgCommands *commands) {
    commands->device->api->cmd_barrier(commands);
    commands->epoch++;
}

static void note(VtgCommands *commands, VtgBuffer *buffer, bool reads, bool writes) {
    RtUse *use = use_buffer(commands, buffer);
    use->read_epoch = reads ? commands->epoch : use->read_epoch;
    use->write_epoch = writes ? commands->epoch : use->write_epoch;
}

static VtgStatus check_recording(const VtgCommands *commands, const char *what) {
    if (commands->state != RT_RECORDING) {
        return rt_fail(
            instance_of(commands), VTG_ERROR_BUSY, "%s: the command list %s; reset it first", what,
            commands->state == RT_FINISHED ? "has been submitted" : "could not be ended or reset");
    }
    return VTG_OK;
}

/* ---- Operations ---- */

/* A kernel's buffers as hazards see them. */
static bool has_hazard(VtgCommands *commands, const VtgKernel *kernel) {
    bool hazard = false;
    for (uint32_t i = 0, b = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind == VTG_PARAM_BUFFER) {
            hazard |= is_hazard(commands, commands->bindings[b++].buffer, rt_reads(param),
                                rt_writes(param));
        }
    }
    return hazard;
}

static void note_all(VtgCommands *commands, const VtgKernel *kernel) {
    for (uint32_t i = 0, b = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind == VTG_PARAM_BUFFER) {
            note(commands, commands->bindings[b++].buffer, rt_reads(param), rt_writes(param));
        }
    }
}

static uint64_t bound_bytes(const VtgCommands *commands, const VtgKernel *kernel) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < kernel->buffer_count; i++) {
        bytes += commands->bindings[i].size;
    }
    return bytes;
}

/* The next place among the times, if it is timed. */
static uint32_t take_timing(VtgCommands *commands, bool timed) {
    return timed ? commands->timed_count++ : RT_NOT_TIMED;
}

static VtgStatus reserve_dispatch(VtgCommands *commands, const VtgKernel *kernel) {
    if (commands->timing_moves &&
        !rt_grow(instance_of(commands), &commands->timed_dispatches,
                 &commands->timed_dispatch_capacity, commands->dispatch_count + 1,
                 sizeof *commands->timed_dispatches)) {
        return rt_no_memory(instance_of(commands), "a command list");
    }
    return reserve_uses(commands, kernel->buffer_count + 2);
}

/* With the arguments bound. */
static VtgStatus dispatch(VtgCommands *commands, VtgKernel *kernel, const RtGroups *groups) {
    VtgStatus status = reserve_dispatch(commands, kernel);
    if (status != VTG_OK) {
        return status;
    }
    bool runs = groups->from || groups->count[0] != 0;
    if (runs && (has_hazard(commands, kernel) ||
                 (groups->from && is_hazard(commands, groups->from, true, false)))) {
        barrier(commands); /* harmless, should the dispatch fail */
    }
    status = commands->device->api->cmd_dispatch(commands, kernel, commands->bindings,
                                                 commands->block, groups);
    if (status != VTG_OK) {
        return status;
    }
    uint32_t timing = take_timing(commands, commands->timing);
    if (commands->timing_moves) {
        commands->timed_dispatches[commands->dispatch_count] = timing;
    }
    rt_profile_note(commands, kernel, VTG_PROFILE_DISPATCH, timing, bound_bytes(commands, kernel));
    commands->dispatch_count++;
    use_kernel(commands, kernel);
    if (runs) {
        note_all(commands, kernel);
    }
    if (groups->from) {
        note(commands, groups->from, true, false);
    }
    return VTG_OK;
}

static VtgStatus check_dispatch(const VtgCommands *commands, const VtgKernel *kernel) {
    VtgStatus status = check_recording(commands, "dispatch");
    status = status == VTG_OK ? rt_commands_own(commands, kernel->device, "kernel", kernel->label)
                              : status;
    if (status == VTG_OK && commands->asked_queue == VTG_QUEUE_TRANSFER) {
        return rt_fail(instance_of(commands), VTG_ERROR_INVALID_ARGUMENT,
                       "kernel `%s`: a list for the transfer queue takes copies and fills only",
                       kernel->label);
    }
    return status;
}

VtgStatus vtg_commands_dispatch(VtgCommands *commands, VtgKernel *kernel, VtgGrid grid,
                                const VtgArg *args, uint32_t arg_count) {
    if (!commands || !kernel || (!args && arg_count != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    RtGroups groups = {.from = NULL};
    VtgStatus status = check_dispatch(commands, kernel);
    status = status == VTG_OK ? rt_bind(commands, kernel, args, arg_count) : status;
    status = status == VTG_OK ? rt_count_groups(commands, kernel, grid, groups.count) : status;
    return status == VTG_OK ? dispatch(commands, kernel, &groups) : status;
}

VtgStatus vtg_commands_dispatch_indirect(VtgCommands *commands, VtgKernel *kernel,
                                         VtgBuffer *groups, uint64_t offset, const VtgArg *args,
                                         uint32_t arg_count) {
    if (!commands || !kernel || !groups || (!args && arg_count != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = check_dispatch(commands, kernel);
    status = status == VTG_OK ? rt_bind(commands, kernel, args, arg_count) : status;
    status = status == VTG_OK ? rt_bind_groups(commands, kernel, groups, offset) : status;
    return status == VTG_OK
               ? dispatch(commands, kernel, &(RtGroups){.from = groups, .offset = offset})
               : status;
}

/* Memory of the host is filled by the host, and drained by it. */
static VtgStatus check_copy(const VtgCommands *commands, const VtgBuffer *source,
                            const VtgBuffer *target) {
    if (source->memory == RT_MEMORY_READBACK || target->memory == RT_MEMORY_UPLOAD ||
        (rt_is_staging(source) && rt_is_staging(target))) {
        return rt_fail(instance_of(commands), VTG_ERROR_INVALID_ARGUMENT,
                       "copy from `%s` to `%s`: upload buffers are sources, readback buffers are "
                       "targets, and the other side is of the device",
                       rt_buffer_name(source), rt_buffer_name(target));
    }
    return VTG_OK;
}

VtgStatus vtg_commands_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                            VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    if (!commands || !source || !target) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = check_recording(commands, "copy");
    status = status == VTG_OK
                 ? rt_commands_own(commands, source->device, "buffer", rt_buffer_name(source))
                 : status;
    status = status == VTG_OK
                 ? rt_commands_own(commands, target->device, "buffer", rt_buffer_name(target))
                 : status;
    status = status == VTG_OK ? rt_buffer_range(source, source_offset, size, "copy from") : status;
    status = status == VTG_OK ? rt_buffer_range(target, target_offset, size, "copy to") : status;
    status = status == VTG_OK ? check_copy(commands, source, target) : status;
    if (status != VTG_OK || size == 0) {
        return status;
    }
    if (source == target && source_offset < target_offset + size &&
        target_offset < source_offset + size) {
        return rt_fail(instance_of(commands), VTG_ERROR_OVERLAP,
                       "copy: the two ranges of buffer `%s` overlap", rt_buffer_name(source));
    }
    status = reserve_uses(commands, 2);
    if (status != VTG_OK) {
        return status;
    }
    if (is_hazard(commands, source, true, false) || is_hazard(commands, target, false, true)) {
        barrier(commands);
    }
    status = commands->device->api->cmd_copy(commands, source, source_offset, target, target_offset,
                                             size);
    if (status != VTG_OK) {
        return status;
    }
    rt_profile_note(commands, NULL, VTG_PROFILE_COPY, take_timing(commands, commands->timing_moves),
                    size);
    note(commands, source, true, false);
    note(commands, target, false, true);
    return VTG_OK;
}

VtgStatus vtg_commands_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset,
                            uint64_t size, uint32_t value) {
    if (!commands || !buffer) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = check_recording(commands, "fill");
    status = status == VTG_OK
                 ? rt_commands_own(commands, buffer->device, "buffer", rt_buffer_name(buffer))
                 : status;
    status = status == VTG_OK ? rt_buffer_fill_range(buffer, offset, size) : status;
    if (status == VTG_OK && rt_is_staging(buffer)) {
        return rt_fail(instance_of(commands), VTG_ERROR_INVALID_ARGUMENT,
                       "fill: buffer `%s` is the host's memory; the host fills it",
                       rt_buffer_name(buffer));
    }
    if (status != VTG_OK || size == 0) {
        return status;
    }
    status = reserve_uses(commands, 1);
    if (status != VTG_OK) {
        return status;
    }
    if (is_hazard(commands, buffer, false, true)) {
        barrier(commands);
    }
    status = commands->device->api->cmd_fill(commands, buffer, offset, size, value);
    if (status != VTG_OK) {
        return status;
    }
    rt_profile_note(commands, NULL, VTG_PROFILE_FILL, take_timing(commands, commands->timing_moves),
                    size);
    note(commands, buffer, false, true);
    return VTG_OK;
}

VtgStatus vtg_dispatch(VtgDevice *device, VtgKernel *kernel, VtgGrid grid, const VtgArg *args,
                       uint32_t arg_count, VtgEvent **event) {
    if (event) {
        *event = NULL;
    }
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = event != NULL;
    VtgCommands *commands;
    VtgStatus status = vtg_commands_create(device, &desc, &commands);
    if (status != VTG_OK) {
        return status;
    }
    status = vtg_commands_dispatch(commands, kernel, grid, args, arg_count);
    status = status == VTG_OK ? vtg_submit(commands, event) : status;
    vtg_commands_destroy(commands);
    return status;
}
