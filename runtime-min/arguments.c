/* arguments.c: the arguments of a dispatch, checked against the kernel's parameters and bound: ranges of buffers, and the
 * value block. A message names the kernel and the parameter. */
#include "rt.h"

#include <string.h>

VtgStatus rt_commands_own(const VtgCommands *commands, const VtgDevice *device, const char *what,
                          const char *name) {
    if (device != commands->device) {
        return rt_fail(commands->device->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "%s `%s` and the command list belong to different devices", what, name);
    }
    return VTG_OK;
}

/* What a caller that knows its element type means: as many bytes as the kernel's, and whole ones. */
static VtgStatus check_elements(const VtgInstance *instance, const VtgKernel *kernel,
                                const VtgParam *param, uint64_t element_bytes, uint64_t bytes) {
    if (element_bytes != param->stride) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_SIZE,
                       "kernel `%s`: argument `%s` has elements of %u bytes; a buffer of elements "
                       "of %llu bytes was given",
                       kernel->label, param->name, param->stride,
                       (unsigned long long)element_bytes);
    }
    if (bytes % param->stride != 0) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_SIZE,
                       "kernel `%s`: argument `%s` has elements of %u bytes; %llu bytes, no whole "
                       "number of them, were given",
                       kernel->label, param->name, param->stride, (unsigned long long)bytes);
    }
    return VTG_OK;
}

static VtgStatus bind_buffer(const VtgCommands *commands, const VtgKernel *kernel,
                             const VtgParam *param, const VtgArg *arg, RtBinding *binding) {
    const VtgInstance *instance = commands->device->instance;
    const VtgLimits *limits = &commands->device->adapter->info.limits;
    if (!arg->buffer || arg->value) {
        return rt_fail(instance, VTG_ERROR_ARGUMENT_KIND,
                       "kernel `%s`: argument `%s` is a buffer; %s given", kernel->label,
                       param->name, arg->value ? "a value was" : "nothing was");
    }
    VtgBuffer *buffer = arg->buffer;
    VtgStatus status = rt_commands_own(commands, buffer->device, "buffer", rt_buffer_name(buffer));
    if (status == VTG_OK) {
        status = rt_buffer_range(buffer, arg->offset, arg->size, param->name);
    }
    if (status != VTG_OK) {
        return status;
    }
    if (rt_is_staging(buffer)) {
        return rt_fail(
            instance, VTG_ERROR_INVALID_ARGUMENT,
            "kernel `%s`: argument `%s` is buffer `%s`, whose memory is the host's; kernels "
            "take device and shared memory",
            kernel->label, param->name, rt_buffer_name(buffer));
    }
    uint64_t bytes = arg->size ? arg->size : buffer->size - arg->offset;
    if (arg->element_bytes) {
        status = check_elements(instance, kernel, param, arg->element_bytes, bytes);
        if (status != VTG_OK) {
            return status;
        }
    }
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
    const VtgInstance *instance = commands->device->instance;
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
            if ((rt_writes(a) || rt_writes(b)) &&
                overlap(&commands->bindings[first], &commands->bindings[second])) {
                return rt_fail(commands->device->instance, VTG_ERROR_OVERLAP,
                               "kernel `%s`: arguments `%s` and `%s` share memory of buffer `%s`, "
                               "and `%s` is written",
                               kernel->label, a->name, b->name,
                               rt_buffer_name(commands->bindings[first].buffer),
                               rt_writes(a) ? a->name : b->name);
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
            return rt_fail(commands->device->instance, VTG_ERROR_LIMIT,
                           "kernel `%s`: argument `%s` has %llu elements, more than 32 bits count",
                           kernel->label, of->name, (unsigned long long)length);
        }
        uint32_t count = (uint32_t)length;
        memcpy((char *)commands->block + param->offset, &count, sizeof count);
    }
    return VTG_OK;
}

/* Fills commands->bindings and commands->block from `args`. */
VtgStatus rt_bind(VtgCommands *commands, const VtgKernel *kernel, const VtgArg *args,
                  uint32_t arg_count) {
    VtgInstance *instance = commands->device->instance;
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

VtgStatus rt_count_groups(const VtgCommands *commands, const VtgKernel *kernel, VtgGrid grid,
                          uint32_t groups[3]) {
    const uint32_t *limit = commands->device->adapter->info.limits.max_workgroup_count;
    const uint32_t wanted[3] = {grid.x, grid.y, grid.z};
    bool empty = grid.x == 0 || grid.y == 0 || grid.z == 0;
    for (int i = 0; i < 3; i++) {
        uint32_t size = kernel->workgroup_size[i];
        groups[i] = empty ? 0 : wanted[i] / size + (wanted[i] % size != 0);
        if (groups[i] > limit[i]) {
            return rt_fail(commands->device->instance, VTG_ERROR_LIMIT,
                           "kernel `%s`: a grid of %u along %c is %u workgroups, the device takes "
                           "%u",
                           kernel->label, wanted[i], "xyz"[i], groups[i], limit[i]);
        }
    }
    return VTG_OK;
}

VtgStatus rt_bind_groups(const VtgCommands *commands, const VtgKernel *kernel,
                         const VtgBuffer *groups, uint64_t offset) {
    enum { BYTES = 12 };
    const VtgInstance *instance = commands->device->instance;
    VtgStatus status = rt_commands_own(commands, groups->device, "buffer", rt_buffer_name(groups));
    status = status == VTG_OK ? rt_buffer_range(groups, offset, BYTES, "workgroup counts") : status;
    if (status != VTG_OK) {
        return status;
    }
    if (offset % 4 != 0 || rt_is_staging(groups)) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "kernel `%s`: workgroup counts lie in device memory, at a multiple of 4",
                       kernel->label);
    }
    for (uint32_t i = 0, b = 0; i < kernel->param_count; i++) {
        const VtgParam *param = &kernel->params[i];
        const RtBinding counts = {(VtgBuffer *)(uintptr_t)groups, offset, BYTES};
        if (param->kind == VTG_PARAM_BUFFER && rt_writes(param) &&
            overlap(&commands->bindings[b], &counts)) {
            return rt_fail(instance, VTG_ERROR_OVERLAP,
                           "kernel `%s`: argument `%s`, which is written, shares memory with the "
                           "workgroup counts",
                           kernel->label, param->name);
        }
        b += param->kind == VTG_PARAM_BUFFER;
    }
    return VTG_OK;
}
