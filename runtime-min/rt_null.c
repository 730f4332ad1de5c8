/* rt_null.c: a device that accepts everything and runs nothing, for tests and dry runs on machines
 * without a driver. Its buffers hold what the host writes; dispatches, copies and fills of command
 * lists finish at once and change nothing. What would have run is recorded: a line of the log at
 * VTG_LOG_INFO for each operation and barrier of a list. */
#include "rt.h"

#include <stdarg.h>
#include <stdio.h>

static uint64_t allocated_bytes(const VtgBuffer *buffer) {
    return buffer->size == 0 ? 4 : (buffer->size + 3) & ~(uint64_t)3;
}

static VtgStatus context_open(RtContext *context) {
    RtAdapter found = {
        .info = {.type = VTG_DEVICE_CPU,
                 .features = VTG_FEATURE_BIT(VTG_FEATURE_COUNT) - 1,
                 .timestamp_step_ns = 1,
                 .unified_memory = 1,
                 .queues = RT_QUEUES,
                 .limits = {.max_workgroup_size = {1024, 1024, 64},
                            .max_workgroup_invocations = 1024,
                            .max_workgroup_count = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
                            .max_shared_bytes = 65536,
                            .max_kernel_buffers = 1024,
                            .max_push_constant_bytes = 256,
                            .max_uniform_bytes = 65536,
                            .buffer_offset_alignment = 4,
                            .subgroup_size = 1,
                            .min_subgroup_size = 1,
                            .max_subgroup_size = 1,
                            .max_buffer_bytes = PTRDIFF_MAX,
                            .max_binding_bytes = PTRDIFF_MAX}}};
    RtAdapter *adapter = rt_adapter_add(context, &found);
    if (!adapter) {
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    VtgDeviceInfo *info = &adapter->info;
    VtgStatus status = rt_adapter_text(adapter, &info->name, "null");
    status = status == VTG_OK ? rt_adapter_text(adapter, &info->api_version, "1") : status;
    status = status == VTG_OK ? rt_adapter_text(adapter, &info->driver, "null") : status;
    return status == VTG_OK ? rt_adapter_text(adapter, &info->driver_version, "1") : status;
}

static void context_close(RtContext *context) {
    (void)context;
}

static VtgStatus device_open(VtgDevice *device) {
    device->queue_count = RT_QUEUES;
    return VTG_OK;
}

static void device_close(VtgDevice *device) {
    (void)device;
}

static VtgStatus buffer_open(VtgBuffer *buffer) {
    uint64_t bytes = allocated_bytes(buffer);
    buffer->mapped = bytes <= SIZE_MAX ? rt_alloc(buffer->device->instance, (size_t)bytes) : NULL;
    return buffer->mapped ? VTG_OK
                          : rt_fail(buffer->device->instance, VTG_ERROR_OUT_OF_DEVICE_MEMORY,
                                    "no memory for buffer `%s`", rt_buffer_name(buffer));
}

static void buffer_close(VtgBuffer *buffer) {
    rt_free(buffer->device->instance, buffer->mapped, (size_t)allocated_bytes(buffer));
}

static VtgStatus kernel_open(VtgKernel *kernel, const VtgKernelDesc *desc) {
    (void)kernel;
    (void)desc;
    return VTG_OK;
}

static void kernel_close(VtgKernel *kernel) {
    (void)kernel;
}

static VtgStatus commands_nothing(VtgCommands *commands) {
    (void)commands;
    return VTG_OK;
}

static void commands_close(VtgCommands *commands) {
    (void)commands;
}

static void record(const VtgCommands *commands, const char *format, ...) RT_PRINTF(2, 3);

static void record(const VtgCommands *commands, const char *format, ...) {
    const VtgInstance *instance = commands->device->instance;
    if (instance->log) {
        char line[256]; /* a long label is cut */
        va_list list;
        va_start(list, format);
        vsnprintf(line, sizeof line, format, list);
        va_end(list);
        rt_log(instance, VTG_LOG_INFO, "null: %s", line);
    }
}

static void cmd_barrier(VtgCommands *commands) {
    record(commands, "barrier");
}

static VtgStatus cmd_dispatch(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                              const void *block, const RtGroups *groups) {
    (void)bindings;
    (void)block;
    if (groups->from) {
        record(commands, "dispatch `%s`, workgroups from `%s`", kernel->label,
               rt_buffer_name(groups->from));
    } else {
        record(commands, "dispatch `%s`, %u x %u x %u workgroups", kernel->label, groups->count[0],
               groups->count[1], groups->count[2]);
    }
    return VTG_OK;
}

static VtgStatus cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                          VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    record(commands, "copy %llu bytes, `%s` at %llu to `%s` at %llu", (unsigned long long)size,
           rt_buffer_name(source), (unsigned long long)source_offset, rt_buffer_name(target),
           (unsigned long long)target_offset);
    return VTG_OK;
}

static VtgStatus cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                          uint32_t value) {
    record(commands, "fill %llu bytes of `%s` at %llu with %u", (unsigned long long)size,
           rt_buffer_name(buffer), (unsigned long long)offset, value);
    return VTG_OK;
}

static VtgStatus submit(VtgCommands *commands, VtgEvent *event) {
    (void)commands;
    (void)event;
    return VTG_OK;
}

static VtgStatus event_wait(VtgEvent *event, uint64_t timeout_ns) {
    (void)event;
    (void)timeout_ns;
    return VTG_OK;
}

static void event_nothing(VtgEvent *event) {
    (void)event;
}

const RtApi rt_null = {
    .name = "null",
    .context_size = sizeof(RtContext),
    .adapter_size = sizeof(RtAdapter),
    .device_size = sizeof(VtgDevice),
    .buffer_size = sizeof(VtgBuffer),
    .kernel_size = sizeof(VtgKernel),
    .commands_size = sizeof(VtgCommands),
    .event_size = sizeof(VtgEvent),
    .context_open = context_open,
    .context_close = context_close,
    .device_open = device_open,
    .device_close = device_close,
    .buffer_open = buffer_open,
    .buffer_close = buffer_close,
    .kernel_open = kernel_open,
    .kernel_close = kernel_close,
    .commands_open = commands_nothing,
    .commands_reset = commands_nothing,
    .commands_finish = commands_nothing,
    .commands_close = commands_close,
    .cmd_barrier = cmd_barrier,
    .cmd_dispatch = cmd_dispatch,
    .cmd_copy = cmd_copy,
    .cmd_fill = cmd_fill,
    .submit = submit,
    .event_wait = event_wait,
    .event_timings = event_nothing,
    .event_close = event_nothing,
};
