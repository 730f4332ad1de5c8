/* rt_metal.c: opens the Objective-C runtime and Metal, lists and opens devices, makes buffers. */
#include "rt_metal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJC_LIBRARY "/usr/lib/libobjc.A.dylib"
#define METAL_LIBRARY "/System/Library/Frameworks/Metal.framework/Metal"
#define PATH_VARIABLE "VTG_METAL_LIBRARY" /* one library in place of both */

/* ---- Objects ---- */

void rmtl_release(const RmtlContext *context, Id object) {
    if (object) {
        RMTL0(context, void, object, release);
    }
}

Id rmtl_make(const RmtlContext *context, const char *name) {
    Id class = context->fn.objc_getClass(name);
    Id object = class ? RMTL0(context, Id, class, alloc) : NULL;
    return object ? RMTL0(context, Id, object, init) : NULL;
}

Id rmtl_text(const RmtlContext *context, const char *text, size_t size) {
    enum { UTF8 = 4 };
    Id class = context->fn.objc_getClass("NSString");
    Id object = class ? RMTL0(context, Id, class, alloc) : NULL;
    return object ? RMTL(context, Id, (const void *, NsUint, NsUint), object, initWithBytes, text,
                         (NsUint)size, (NsUint)UTF8)
                  : NULL;
}

static const char *bytes_of(const RmtlContext *context, Id text) {
    const char *bytes = text ? RMTL0(context, const char *, text, UTF8String) : NULL;
    return bytes ? bytes : "";
}

const char *rmtl_error_text(const RmtlContext *context, Id error) {
    return error ? bytes_of(context, RMTL0(context, Id, error, localizedDescription))
                 : "no reason is given";
}

/* ---- Libraries ---- */

static VtgStatus absent(const VtgInstance *instance, const char *why) {
    rt_log(instance, VTG_LOG_INFO, "metal: %s", why);
    return VTG_ERROR_NO_DRIVER;
}

/* A function, copied to where `to` points: ISO C has no cast for it. */
static bool find(void *library, const char *name, void *to) {
    void *symbol = dlsym(library, name);
    memcpy(to, &symbol, sizeof symbol);
    return symbol != NULL;
}

static VtgStatus load(RmtlContext *context) {
    const VtgInstance *instance = context->base.instance;
    const char *named = getenv(PATH_VARIABLE);
    context->objc = dlopen(named ? named : OBJC_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    context->metal = dlopen(named ? named : METAL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!context->objc || !context->metal) {
        return absent(instance, "there is no Metal on this system");
    }
#define LOAD(result, name, parameters)                                                             \
    if (!find(context->objc, #name, &context->fn.name)) {                                          \
        return absent(instance, "the Objective-C runtime has no " #name);                          \
    }
    RMTL_FUNCTIONS(LOAD)
#undef LOAD
    find(context->objc, "objc_msgSend_stret", &context->fn.objc_msgSend_stret);
#define LOAD(member, text) context->sel.member = context->fn.sel_registerName(text);
    RMTL_SELECTORS(LOAD)
#undef LOAD
    return VTG_OK;
}

/* ---- Devices that are there ---- */

static MtlSize size_of(const RmtlContext *context, Id device) {
#if defined(__x86_64__)
    void (*send)(void) = context->fn.objc_msgSend_stret;
#else
    void (*send)(void) = context->fn.objc_msgSend;
#endif
    return send ? ((MtlSize (*)(Id, Sel))send)(device, context->sel.maxThreadsPerThreadgroup)
                : (MtlSize){256, 256, 64};
}

/* What all of Metal 2 on a Mac, and Apple's own GPUs from the seventh family on, have: the table of feature sets. */
#define FEATURES                                                                                   \
    (VTG_FEATURE_BIT(VTG_FEATURE_INT8) | VTG_FEATURE_BIT(VTG_FEATURE_INT16) |                      \
     VTG_FEATURE_BIT(VTG_FEATURE_INT64) | VTG_FEATURE_BIT(VTG_FEATURE_FLOAT16) |                   \
     VTG_FEATURE_BIT(VTG_FEATURE_STORAGE8) | VTG_FEATURE_BIT(VTG_FEATURE_STORAGE16) |              \
     VTG_FEATURE_BIT(VTG_FEATURE_VALUES8) | VTG_FEATURE_BIT(VTG_FEATURE_VALUES16) |                \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BASIC) | VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_VOTE) |    \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_ARITHMETIC) |                                            \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BALLOT) |                                                \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_SHUFFLE) |                                               \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_SHUFFLE_RELATIVE) |                                      \
     VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS))

enum { SIMD_WIDTH = 32, MOST_BUFFERS = 29, SET_BYTES = 4096, OFFSET_ALIGNMENT = 16 };

static VtgStatus add_device(RmtlContext *context, Id device) {
    MtlSize size = size_of(context, device);
    uint64_t most = RMTL0(context, NsUint, device, maxBufferLength);
    uint64_t id = RMTL0(context, uint64_t, device, registryID);
    bool unified = RMTL0(context, signed char, device, hasUnifiedMemory) != 0;
    bool low_power = RMTL0(context, signed char, device, isLowPower) != 0;
    RmtlAdapter found = {
        .device = device,
        .base.info = {
            .type = unified || low_power ? VTG_DEVICE_INTEGRATED : VTG_DEVICE_DISCRETE,
            .features = FEATURES,
            .memory_bytes = RMTL0(context, uint64_t, device, recommendedMaxWorkingSetSize),
            .unified_memory = unified,
            .queues = RT_QUEUES,
            .timestamp_step_ns = 1,
            .limits = {.max_workgroup_size = {(uint32_t)size.width, (uint32_t)size.height,
                                              (uint32_t)size.depth},
                       .max_workgroup_invocations = (uint32_t)size.width,
                       .max_workgroup_count = {UINT32_MAX, UINT32_MAX, UINT32_MAX},
                       .max_shared_bytes =
                           (uint32_t)RMTL0(context, NsUint, device, maxThreadgroupMemoryLength),
                       .max_kernel_buffers = MOST_BUFFERS,
                       .max_push_constant_bytes = SET_BYTES,
                       .max_uniform_bytes = SET_BYTES,
                       .buffer_offset_alignment = OFFSET_ALIGNMENT,
                       .subgroup_size = SIMD_WIDTH,
                       .min_subgroup_size = SIMD_WIDTH,
                       .max_subgroup_size = SIMD_WIDTH,
                       .max_buffer_bytes = most,
                       .max_binding_bytes = most}}};
    memcpy(found.base.info.uuid, &id, sizeof id);
    RtAdapter *adapter = rt_adapter_add(&context->base, &found.base);
    if (!adapter) {
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    RMTL0(context, Id, device, retain);
    VtgDeviceInfo *info = &adapter->info;
    const char *name = bytes_of(context, RMTL0(context, Id, device, name));
    VtgStatus status = rt_adapter_text(adapter, &info->name, name);
    status = status == VTG_OK ? rt_adapter_text(adapter, &info->api_version, "2.4") : status;
    status = status == VTG_OK ? rt_adapter_text(adapter, &info->driver, "Apple") : status;
    return status == VTG_OK ? rt_adapter_text(adapter, &info->driver_version, "") : status;
}

static VtgStatus add_devices(RmtlContext *context) {
    Id (*all)(void) = NULL;
    Id (*best)(void) = NULL;
    if (find(context->metal, "MTLCopyAllDevices", &all)) { /* a Mac */
        Id list = all();
        NsUint count = list ? RMTL0(context, NsUint, list, count) : 0;
        VtgStatus status = VTG_OK;
        for (NsUint i = 0; i < count && status == VTG_OK; i++) {
            status =
                add_device(context, RMTL(context, Id, (NsUint), list, objectAtIndex, (NsUint)i));
        }
        rmtl_release(context, list);
        return status;
    }
    Id device = find(context->metal, "MTLCreateSystemDefaultDevice", &best) ? best() : NULL;
    if (!device) {
        return absent(context->base.instance, "there is no device");
    }
    VtgStatus status = add_device(context, device);
    rmtl_release(context, device);
    return status;
}

static VtgStatus context_open(RtContext *base) {
    RmtlContext *context = (RmtlContext *)base;
    VtgStatus status = load(context);
    if (status == VTG_OK) {
        void *pool = context->fn.objc_autoreleasePoolPush();
        status = add_devices(context);
        context->fn.objc_autoreleasePoolPop(pool);
    }
    return status;
}

/* The libraries stay: the system keeps them anyhow. */
static void context_close(RtContext *base) {
    (void)base;
}

static void adapter_close(RtAdapter *base) {
    rmtl_release((const RmtlContext *)base->context, ((RmtlAdapter *)base)->device);
}

/* ---- The device ---- */

static VtgStatus device_open(VtgDevice *base) {
    RmtlDevice *device = (RmtlDevice *)base;
    const RmtlContext *context = rmtl_context(base);
    base->queue_count = RT_QUEUES;
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        device->queues[i] = RMTL0(context, Id, rmtl_id(base), newCommandQueue);
        device->events[i] = RMTL0(context, Id, rmtl_id(base), newEvent);
        if (!device->queues[i] || !device->events[i]) {
            return rt_fail(base->instance, VTG_ERROR_DRIVER, "metal: no command queue");
        }
    }
    return VTG_OK;
}

static void device_close(VtgDevice *base) {
    RmtlDevice *device = (RmtlDevice *)base;
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        rmtl_release(rmtl_context(base), device->queues[i]);
        rmtl_release(rmtl_context(base), device->events[i]);
    }
}

/* ---- Buffers ---- */

Id rmtl_buffer_make(const VtgDevice *device, uint64_t size, bool shared) {
    enum { SHARED = 0, PRIVATE = 2 << 4 }; /* MTLResourceStorageMode */
    uint64_t bytes = size == 0 ? 4 : (size + 3) & ~(uint64_t)3;
    return RMTL(rmtl_context(device), Id, (NsUint, NsUint), rmtl_id(device), newBuffer,
                (NsUint)bytes, (NsUint)(shared ? SHARED : PRIVATE));
}

static VtgStatus buffer_open(VtgBuffer *base) {
    RmtlBuffer *buffer = (RmtlBuffer *)base;
    const VtgDevice *device = base->device;
    bool shared = base->memory != RT_MEMORY_DEVICE ||
                  (device->adapter->info.unified_memory && !device->force_staging);
    buffer->handle = rmtl_buffer_make(device, base->size, shared);
    base->mapped = buffer->handle && shared
                       ? RMTL0(rmtl_context(device), void *, buffer->handle, contents)
                       : NULL;
    return buffer->handle && (base->mapped || !shared)
               ? VTG_OK
               : rt_fail(device->instance, VTG_ERROR_OUT_OF_DEVICE_MEMORY,
                         "metal: no memory for buffer `%s`", rt_buffer_name(base));
}

static void buffer_close(VtgBuffer *base) {
    rmtl_release(rmtl_context(base->device), ((RmtlBuffer *)base)->handle);
}

const RtApi rt_metal = {
    .name = "metal",
    .context_size = sizeof(RmtlContext),
    .adapter_size = sizeof(RmtlAdapter),
    .device_size = sizeof(RmtlDevice),
    .buffer_size = sizeof(RmtlBuffer),
    .kernel_size = sizeof(RmtlKernel),
    .commands_size = sizeof(RmtlCommands),
    .event_size = sizeof(RmtlEvent),
    .context_open = context_open,
    .context_close = context_close,
    .adapter_close = adapter_close,
    .device_open = device_open,
    .device_close = device_close,
    .buffer_open = buffer_open,
    .buffer_close = buffer_close,
    .kernel_open = rmtl_kernel_open,
    .kernel_close = rmtl_kernel_close,
    .commands_open = rmtl_commands_open,
    .commands_reset = rmtl_commands_reset,
    .commands_finish = rmtl_commands_finish,
    .commands_close = rmtl_commands_close,
    .cmd_barrier = rmtl_cmd_barrier,
    .cmd_dispatch = rmtl_cmd_dispatch,
    .cmd_copy = rmtl_cmd_copy,
    .cmd_fill = rmtl_cmd_fill,
    .submit = rmtl_submit,
    .event_wait = rmtl_event_wait,
    .event_timings = rmtl_event_timings,
    .event_close = rmtl_event_close,
};
