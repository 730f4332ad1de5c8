/* commands.c: command lists: the checks of a dispatch's arguments, and the hazards between what a list
 * does.
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
    VtgCommands *commands = rt_alloc(instance, device->api->commands_size);
    if (!commands) {
        return rt_no_memory(instance, "a command list");
    }
    atomic_init(&commands->refs, 1);
    commands->device = device;
    rt_device_ref(device);
    commands->epoch = 1;
    commands->timing = desc.timing != 0 && (device->adapter->info.features &
                                            VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS)) != 0;
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
    commands->dispatch_count = 0;
    commands->state = RT_RECORDING;
    return device->api->commands_reset(commands);
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
    uint32_t capacity = commands->use_capacity ? commands->use_capacity : 16;
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
        return rt_fail(instance_of(commands), VTG_ERROR_BUSY,
                       "%s: the command list has been submitted; reset it first", what);
    }
    return VTG_OK;
}

static VtgStatus check_device(const VtgCommands *commands, const VtgDevice *device,
                              const char *what, const char *name) {
    if (device != commands->device) {
        return rt_fail(instance_of(commands), VTG_ERROR_INVALID_ARGUMENT,
                       "%s `%s` and the command list belong to different devices", what, name);
    }
    return VTG_OK;
}

/* ---- Arguments of a dispatch ---- */

static bool reads(const VtgParam *param) {
    return param->access != VTG_ACCESS_WRITE;
}
static bool writes(const VtgParam *param) {
    return param->access != VTG_ACCESS_READ;
}

static VtgStatus bind_buffer(const VtgCommands *commands, const VtgKernel *kernel,
                             const VtgParam *param, const VtgArg *arg, RtBinding *binding) {
    const VtgInstance *instance = instance_of(commands);
    const VtgLimits *limits = &commands->device->adapter->info.limits;
    if (!arg->buffer || arg->value) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_KIND,
                       "kernel `%s`: argument `%s` is a buffer; %s given", kernel->label,
                       param->name, arg->value ? "a value was" : "nothing was");
    }
    VtgBuffer *buffer = arg->buffer;
    VtgStatus status = check_device(commands, buffer->device, "buffer", rt_buffer_name(buffer));
    if (status == VTG_OK) {
        status = rt_buffer_range(buffer, arg->offset, arg->size, param->name);
    }
    if (status != VTG_OK) {
        return status;
    }
    uint64_t bytes = arg->size ? arg->size : buffer->size - arg->offset;
    *binding = (RtBinding){buffer, arg->offset, bytes - bytes % param->stride};
    if (arg->offset % limits->buffer_offset_alignment != 0) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "kernel `%s`: argument `%s` begins at byte %llu, which is not a multiple of "
                       "%u",
                       kernel->label, param->name, (unsigned long long)arg->offset,
                       limits->buffer_offset_alignment);
    }
    if (binding->size > limits->max_binding_bytes) {
        return rt_fail(instance, VTG_ERROR_LIMIT,
                       "kernel `%s`: argument `%s` has %llu bytes, the device binds %llu",
                       kernel->label, param->name, (unsigned long long)binding->size,
                       (unsigned long long)limits->max_binding_bytes);
    }
    return VTG_OK;
}

static VtgStatus bind_value(const VtgCommands *commands, const VtgKernel *kernel,
                            const VtgParam *param, const VtgArg *arg) {
    const VtgInstance *instance = instance_of(commands);
    if (!arg->value || arg->buffer) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_KIND,
                       "kernel `%s`: argument `%s` is a value of %u bytes; %s given", kernel->label,
                       param->name, param->size, arg->buffer ? "a buffer was" : "nothing was");
    }
    if (arg->size != param->size) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_SIZE,
                       "kernel `%s`: argument `%s` has %u bytes; %llu were given", kernel->label,
                       param->name, param->size, (unsigned long long)arg->size);
    }
    memcpy((char *)commands->block + param->offset, arg->value, param->size);
    return VTG_OK;
}

static bool overlap(const RtBinding *a, const RtBinding *b) {
    return a->buffer == b->buffer && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

/* LANGUAGE.md 8.9: arguments may share memory as long as nobody writes it. */
static VtgStatus check_overlap(const VtgCommands *commands, const VtgKernel *kernel) {
    uint32_t second = 0;
    for (uint32_t j = 0; j < kernel->param_count; j++) {
        const VtgParam *b = &kernel->params[j];
        if (b->kind != VTG_PARAM_BUFFER) {
            continue;
        }
        uint32_t first = 0;
        for (uint32_t i = 0; i < j; i++) {
            const VtgParam *a = &kernel->params[i];
            if (a->kind != VTG_PARAM_BUFFER) {
                continue;
            }
            if ((writes(a) || writes(b)) &&
                overlap(&commands->bindings[first], &commands->bindings[second])) {
                return rt_fail(instance_of(commands), VTG_ERROR_OVERLAP,
                               "kernel `%s`: arguments `%s` and `%s` share memory of buffer `%s`, "
                               "and `%s` is written",
                               kernel->label, a->name, b->name,
                               rt_buffer_name(commands->bindings[first].buffer),
                               writes(a) ? a->name : b->name);
            }
            first++;
        }
        second++;
    }
    return VTG_OK;
}

/* Element counts for the kernels that ask for them. */
static VtgStatus put_lengths(const VtgCommands *commands, const VtgKernel *kernel) {
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind != VTG_PARAM_LENGTH) {
            continue;
        }
        uint32_t place = 0;
        for (uint32_t k = 0; k < param->of_param; k++) {
            place += kernel->params[k].kind == VTG_PARAM_BUFFER;
        }
        const VtgParam *of = &kernel->params[param->of_param];
        uint64_t length = commands->bindings[place].size / of->stride;
        if (length > UINT32_MAX) {
            return rt_fail(instance_of(commands), VTG_ERROR_LIMIT,
                           "kernel `%s`: argument `%s` has %llu elements, more than 32 bits count",
                           kernel->label, of->name, (unsigned long long)length);
        }
        uint32_t count = (uint32_t)length;
        memcpy((char *)commands->block + param->offset, &count, sizeof count);
    }
    return VTG_OK;
}

/* Fills commands->bindings and commands->block from `args`. */
static VtgStatus bind(VtgCommands *commands, const VtgKernel *kernel, const VtgArg *args,
                      uint32_t arg_count) {
    VtgInstance *instance = instance_of(commands);
    if (arg_count != kernel->arg_count) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_COUNT,
                       "kernel `%s` takes %u arguments; %u were given", kernel->label,
                       kernel->arg_count, arg_count);
    }
    if (!rt_grow(instance, &commands->bindings, &commands->binding_capacity, kernel->buffer_count,
                 sizeof *commands->bindings) ||
        !rt_grow(instance, &commands->block, &commands->block_capacity, kernel->block_bytes / 4,
                 sizeof *commands->block)) {
        return rt_no_memory(instance, "arguments");
    }
    if (kernel->block_bytes != 0) {
        memset(commands->block, 0, kernel->block_bytes);
    }
    uint32_t buffer = 0, arg = 0;
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind == VTG_PARAM_LENGTH) {
            continue;
        }
        if (args[arg].reserved != 0) {
            return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                           "kernel `%s`: argument `%s` uses a reserved field", kernel->label,
                           param->name);
        }
        VtgStatus status =
            param->kind == VTG_PARAM_BUFFER
                ? bind_buffer(commands, kernel, param, &args[arg], &commands->bindings[buffer++])
                : bind_value(commands, kernel, param, &args[arg]);
        if (status != VTG_OK) {
            return status;
        }
        arg++;
    }
    VtgStatus status = check_overlap(commands, kernel);
    return status == VTG_OK ? put_lengths(commands, kernel) : status;
}

static VtgStatus count_groups(const VtgCommands *commands, const VtgKernel *kernel, VtgGrid grid,
                              uint32_t groups[3]) {
    const uint32_t *limit = commands->device->adapter->info.limits.max_workgroup_count;
    const uint32_t wanted[3] = {grid.x, grid.y, grid.z};
    bool empty = grid.x == 0 || grid.y == 0 || grid.z == 0;
    for (int i = 0; i < 3; i++) {
        uint32_t size = kernel->workgroup_size[i];
        groups[i] = empty ? 0 : wanted[i] / size + (wanted[i] % size != 0);
        if (groups[i] > limit[i]) {
            return rt_fail(instance_of(commands), VTG_ERROR_LIMIT,
                           "kernel `%s`: a grid of %u along %c is %u workgroups, the device takes "
                           "%u",
                           kernel->label, wanted[i], "xyz"[i], groups[i], limit[i]);
        }
    }
    return VTG_OK;
}

/* ---- Operations ---- */

VtgStatus vtg_commands_dispatch(VtgCommands *commands, VtgKernel *kernel, VtgGrid grid,
                                const VtgArg *args, uint32_t arg_count) {
    if (!commands || !kernel || (!args && arg_count != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    uint32_t groups[3];
    VtgStatus status = check_recording(commands, "dispatch");
    status =
        status == VTG_OK ? check_device(commands, kernel->device, "kernel", kernel->label) : status;
    status = status == VTG_OK ? bind(commands, kernel, args, arg_count) : status;
    status = status == VTG_OK ? count_groups(commands, kernel, grid, groups) : status;
    status = status == VTG_OK ? reserve_uses(commands, kernel->buffer_count + 1) : status;
    if (status != VTG_OK) {
        return status;
    }
    bool runs = groups[0] != 0;
    bool hazard = false;
    for (uint32_t i = 0, b = 0; i < kernel->param_count && runs; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind == VTG_PARAM_BUFFER) {
            hazard |=
                is_hazard(commands, commands->bindings[b++].buffer, reads(param), writes(param));
        }
    }
    if (hazard) {
        barrier(commands); /* harmless, should the dispatch fail */
    }
    status = commands->device->api->cmd_dispatch(commands, kernel, commands->bindings,
                                                 commands->block, groups);
    if (status != VTG_OK) {
        return status;
    }
    commands->dispatch_count++;
    use_kernel(commands, kernel);
    for (uint32_t i = 0, b = 0; i < kernel->param_count && runs; i++) {
        const VtgParam *param = &kernel->params[i];
        if (param->kind == VTG_PARAM_BUFFER) {
            note(commands, commands->bindings[b++].buffer, reads(param), writes(param));
        }
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
                 ? check_device(commands, source->device, "buffer", rt_buffer_name(source))
                 : status;
    status = status == VTG_OK
                 ? check_device(commands, target->device, "buffer", rt_buffer_name(target))
                 : status;
    status = status == VTG_OK ? rt_buffer_range(source, source_offset, size, "copy from") : status;
    status = status == VTG_OK ? rt_buffer_range(target, target_offset, size, "copy to") : status;
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
                 ? check_device(commands, buffer->device, "buffer", rt_buffer_name(buffer))
                 : status;
    status = status == VTG_OK ? rt_buffer_fill_range(buffer, offset, size) : status;
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
