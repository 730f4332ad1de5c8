/* rt_webgpu.c: opens a library of WebGPU, lists its device with what it can do, opens it, makes buffers. */
#include "rt_webgpu.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- The library ---- */

/* Where one is said to be; then only that one is tried. */
#define PATH_VARIABLE "VTG_WEBGPU_LIBRARY"

/* Dawn's own name; wgpu's; Dawn as packages for bun bring it. */
static const char *const libraries[] = {"libwebgpu_dawn.so", "libwgpu_native.so",
                                        "libwebgpu_wrapper.so"};

/* They were numbered anew in June 2025. */
static const uint32_t features_2025_04[RWGPU_FEATURE_COUNT] = {0x0A, 0x11, 0x03};
static const uint32_t features_2025_07[RWGPU_FEATURE_COUNT] = {0x0B, 0x12, 0x09};

static VtgStatus absent(const VtgInstance *instance, const char *why, const char *name) {
    rt_log(instance, VTG_LOG_INFO, "webgpu: %s%s", why, name);
    return VTG_ERROR_NO_DRIVER;
}

static void *open_library(const char **name) {
    *name = getenv(PATH_VARIABLE);
    if (*name && **name) {
        return dlopen(*name, RTLD_NOW | RTLD_LOCAL);
    }
    void *library = NULL;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0] && !library; i++) {
        *name = libraries[i];
        library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    }
    *name = library ? *name : "libwebgpu_dawn.so, libwgpu_native.so or libwebgpu_wrapper.so";
    return library;
}

static VtgStatus load(RwgpuContext *context) {
    const VtgInstance *instance = context->base.instance;
    const char *name;
    void *library = open_library(&name);
    if (!library) {
        return absent(instance, "there is no ", name);
    }
    /* A data pointer from dlsym() becomes a function pointer by way of memory: ISO C has no cast. */
    void *symbol;
#define OPTIONAL(result, function, parameters)                                                     \
    symbol = dlsym(library, "wgpu" #function);                                                     \
    memcpy(&context->fn.function, &symbol, sizeof symbol);
#define NEEDED(result, function, parameters)                                                       \
    OPTIONAL(result, function, parameters)                                                         \
    if (!symbol) {                                                                                 \
        return absent(instance, "a function is missing: wgpu" #function " in ", name);             \
    }
    RWGPU_FUNCTIONS(NEEDED, OPTIONAL)
#undef NEEDED
#undef OPTIONAL
    context->features = context->fn.HasInstanceFeature ? features_2025_07 : features_2025_04;
    return VTG_OK;
}

/* ---- Locks and callbacks ---- */

void rwgpu_lock(VtgDevice *device) {
    pthread_mutex_lock(&rwgpu_context(device)->lock);
}

void rwgpu_unlock(VtgDevice *device) {
    pthread_mutex_unlock(&rwgpu_context(device)->lock);
}

void rwgpu_pump(RwgpuContext *context, const bool *flag) {
    enum { FIRST_NAP_NS = 20000, LONGEST_NAP_NS = 1000000 };
    context->fn.InstanceProcessEvents(context->instance);
    for (long nap = FIRST_NAP_NS; *flag;) {
        const struct timespec time = {0, nap};
        nanosleep(&time, NULL);
        nap = nap * 2 < LONGEST_NAP_NS ? nap * 2 : LONGEST_NAP_NS;
        context->fn.InstanceProcessEvents(context->instance);
    }
}

static int length_of(WgpuText text) {
    size_t length = text.data == NULL         ? 0
                    : text.length == SIZE_MAX ? strlen(text.data)
                                              : text.length;
    return length < 4000 ? (int)length : 4000;
}

/* An object that was asked for. */
typedef struct Answer {
    const VtgInstance *instance;
    bool is_waited_for;
    WgpuHandle object;
} Answer;

static void on_object(uint32_t status, WgpuHandle object, WgpuText why, void *user1, void *user2) {
    Answer *answer = user1;
    (void)user2;
    answer->is_waited_for = false;
    answer->object = object;
    if (status != WGPU_SUCCESS) {
        rt_log(answer->instance, VTG_LOG_INFO, "webgpu: %.*s", length_of(why), why.data);
    }
}

static WgpuCallbackInfo ask(Answer *answer) {
    return (WgpuCallbackInfo){
        .mode = WGPU_CALL_IN_EVENTS, .callback = (WgpuCallback)on_object, .user1 = answer};
}

/* ---- Errors ---- */

/* An internal error is the implementation's own: a pipeline that its driver does not compile. wgpu calls it validation,
 * and aborts when it is asked for. */
static const uint32_t filters[] = {WGPU_SCOPE_OUT_OF_MEMORY, WGPU_SCOPE_VALIDATION,
                                   WGPU_SCOPE_INTERNAL};
enum { MOST_FILTERS = sizeof filters / sizeof filters[0] };

static int filter_count(VtgDevice *device) {
    return rwgpu_fn(device)->GetVersion ? MOST_FILTERS - 1 : MOST_FILTERS;
}

void rwgpu_scope_begin(VtgDevice *device) {
    for (int i = filter_count(device); i-- > 0;) {
        rwgpu_fn(device)->DevicePushErrorScope(rwgpu_device(device)->handle, filters[i]);
    }
}

typedef struct Scope {
    bool is_waited_for;
    VtgDevice *device;
    VtgStatus bad, result;
    const char *what;
} Scope;

static void on_scope(uint32_t status, uint32_t error, WgpuText why, void *user1, void *user2) {
    Scope *scope = user1;
    (void)user2;
    scope->is_waited_for = false;
    if (status != WGPU_SUCCESS) {
        scope->result = rt_fail(scope->device->instance, VTG_ERROR_DEVICE_LOST,
                                "%s: nobody can tell whether it failed: %.*s", scope->what,
                                length_of(why), why.data);
    } else if (error != WGPU_NO_ERROR) {
        scope->result = rt_fail(scope->device->instance, scope->bad, "%s: %.*s", scope->what,
                                length_of(why), why.data);
    }
}

VtgStatus rwgpu_scope_end(VtgDevice *device, VtgStatus bad, const char *what) {
    Scope scopes[MOST_FILTERS];
    VtgStatus status = VTG_OK;
    int count = filter_count(device);
    for (int i = 0; i < count; i++) {
        bool memory = filters[i] == WGPU_SCOPE_OUT_OF_MEMORY;
        scopes[i] =
            (Scope){true, device, memory ? VTG_ERROR_OUT_OF_DEVICE_MEMORY : bad, VTG_OK, what};
        rwgpu_fn(device)->DevicePopErrorScope(rwgpu_device(device)->handle,
                                              (WgpuCallbackInfo){.mode = WGPU_CALL_IN_EVENTS,
                                                                 .callback = (WgpuCallback)on_scope,
                                                                 .user1 = &scopes[i]});
    }
    for (int i = 0; i < count; i++) {
        rwgpu_pump(rwgpu_context(device), &scopes[i].is_waited_for);
        status = status == VTG_OK ? scopes[i].result : status;
    }
    return status;
}

/* What no scope has heard. */
static void on_error(const WgpuHandle *handle, uint32_t error, WgpuText why, void *user1,
                     void *user2) {
    const VtgDevice *device = user1;
    (void)handle, (void)user2;
    rt_log(device->instance, VTG_LOG_ERROR, "webgpu: error %u: %.*s", error, length_of(why),
           why.data);
}

static void on_lost(const WgpuHandle *handle, uint32_t reason, WgpuText why, void *user1,
                    void *user2) {
    RwgpuDevice *device = user1;
    (void)handle, (void)user2, (void)reason;
    if (device->handle) { /* not on purpose */
        rt_log(device->base.instance, VTG_LOG_ERROR, "webgpu: the device was lost: %.*s",
               length_of(why), why.data);
    }
    atomic_store(&device->lost, true);
}

/* ---- What a device is ---- */

static WgpuHandle request_adapter(RwgpuContext *context) {
    const WgpuAdapterOptions options = {.level = WGPU_LEVEL_CORE, .power = WGPU_POWER_HIGH};
    Answer answer = {context->base.instance, true, NULL};
    context->fn.InstanceRequestAdapter(context->instance, &options, ask(&answer));
    rwgpu_pump(context, &answer.is_waited_for);
    return answer.object;
}

static bool has(const RwgpuContext *context, WgpuHandle adapter, RwgpuFeature feature) {
    return context->fn.AdapterHasFeature(adapter, context->features[feature]) != 0;
}

/* WGSL has subgroups whole or not at all. Sizes are the implementation's choice. */
#define SUBGROUP_FEATURES                                                                          \
    (VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BASIC) | VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_VOTE) |    \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_ARITHMETIC) |                                            \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_BALLOT) |                                                \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_SHUFFLE) |                                               \
     VTG_FEATURE_BIT(VTG_FEATURE_SUBGROUP_SHUFFLE_RELATIVE))

static uint64_t features_of(const RwgpuContext *context, WgpuHandle adapter) {
    /* WGSL promises it, but wgpu's C library switches it off (seen with 0.32 of its Python package). */
    uint64_t found = context->fn.GetVersion ? 0 : VTG_FEATURE_BIT(VTG_FEATURE_ZERO_INIT_SHARED);
    if (has(context, adapter, RWGPU_F16)) {
        found |= VTG_FEATURE_BIT(VTG_FEATURE_FLOAT16) | VTG_FEATURE_BIT(VTG_FEATURE_STORAGE16) |
                 VTG_FEATURE_BIT(VTG_FEATURE_UNIFORM16);
    }
    found |= has(context, adapter, RWGPU_SUBGROUPS) ? SUBGROUP_FEATURES : 0;
    return found |
           (has(context, adapter, RWGPU_TIMESTAMPS) ? VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS) : 0);
}

static VtgLimits limits_of(const WgpuLimits *found, const WgpuAdapterInfo *info, bool subgroups) {
    /* A kernel of ours moves bytes in any part of a buffer, so all of it must fit a binding. */
    uint64_t largest = found->max_buffer_bytes < found->max_storage_bytes
                           ? found->max_buffer_bytes
                           : found->max_storage_bytes;
    largest = largest < UINT32_MAX - 255 ? largest : UINT32_MAX - 255;
    VtgLimits limits = {
        .max_workgroup_invocations = found->max_invocations,
        .max_shared_bytes = found->max_shared_bytes,
        .max_kernel_buffers = found->max_storage_buffers,
        .max_uniform_bytes =
            found->max_uniform_bytes < UINT32_MAX ? (uint32_t)found->max_uniform_bytes : UINT32_MAX,
        .buffer_offset_alignment = found->storage_alignment != 0 ? found->storage_alignment : 256,
        .subgroup_size = subgroups ? info->min_subgroup : 0,
        .min_subgroup_size = subgroups ? info->min_subgroup : 0,
        .max_subgroup_size = subgroups ? info->max_subgroup : 0,
        .max_buffer_bytes = largest & ~(uint64_t)3,
        .max_binding_bytes = largest & ~(uint64_t)3,
    };
    for (int i = 0; i < 3; i++) {
        limits.max_workgroup_size[i] = found->max_workgroup_size[i];
        limits.max_workgroup_count[i] = found->max_workgroup_count;
    }
    return limits;
}

static VtgDeviceType type_of(const WgpuAdapterInfo *info) {
    switch (info->type) {
    case WGPU_ADAPTER_DISCRETE:
        return VTG_DEVICE_DISCRETE;
    case WGPU_ADAPTER_INTEGRATED:
        return VTG_DEVICE_INTEGRATED;
    case WGPU_ADAPTER_CPU:
        return VTG_DEVICE_CPU;
    default:
        return VTG_DEVICE_OTHER;
    }
}

static VtgStatus keep_text(RtAdapter *adapter, const char **field, WgpuText text) {
    char line[256];
    int length = length_of(text);
    snprintf(line, sizeof line, "%.*s", length, length ? text.data : "");
    return rt_adapter_text(adapter, field, line);
}

static VtgStatus add_adapter(RwgpuContext *context, WgpuHandle handle) {
    WgpuAdapterInfo info = {0};
    RwgpuAdapter found = {0};
    memset(found.limits.later, 0xff, sizeof found.limits.later);
    if (context->fn.AdapterGetInfo(handle, &info) != WGPU_SUCCESS ||
        context->fn.AdapterGetLimits(handle, &found.limits) != WGPU_SUCCESS) {
        return rt_fail(context->base.instance, VTG_ERROR_DRIVER, "webgpu: no adapter info");
    }
    bool subgroups = has(context, handle, RWGPU_SUBGROUPS);
    found.limits.next = NULL;
    found.base.info = (VtgDeviceInfo){.type = type_of(&info),
                                      .vendor_id = info.vendor_id,
                                      .device_id = info.device_id,
                                      .features = features_of(context, handle),
                                      .limits = limits_of(&found.limits, &info, subgroups)};
    found.base.info.timestamp_step_ns = has(context, handle, RWGPU_TIMESTAMPS) ? 1.0 : 0.0;
    found.base.info.memory_bytes = found.base.info.limits.max_buffer_bytes;
    RtAdapter *adapter = rt_adapter_add(&context->base, &found.base);
    const struct {
        const char **field;
        WgpuText text;
    } texts[] = {
        {adapter ? &adapter->info.name : NULL,
         length_of(info.device) ? info.device : info.description},
        {adapter ? &adapter->info.api_version : NULL, WGPU_TEXT("1.0")},
        {adapter ? &adapter->info.driver : NULL,
         WGPU_TEXT(context->fn.GetVersion ? "wgpu" : "Dawn")},
        {adapter ? &adapter->info.driver_version : NULL, info.description},
    };
    VtgStatus status = adapter ? VTG_OK : VTG_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == VTG_OK; i++) {
        status = keep_text(adapter, texts[i].field, texts[i].text);
    }
    context->fn.AdapterInfoFreeMembers(info);
    return status;
}

static VtgStatus context_open(RtContext *base) {
    RwgpuContext *context = (RwgpuContext *)base;
    VtgStatus status = load(context);
    if (status != VTG_OK) {
        return status;
    }
    context->has_lock = pthread_mutex_init(&context->lock, NULL) == 0;
    if (!context->has_lock) {
        return rt_no_memory(base->instance, "a lock");
    }
    context->instance = context->fn.CreateInstance(NULL);
    if (!context->instance) {
        return absent(base->instance, "the library makes no instance", "");
    }
    WgpuHandle adapter = request_adapter(context);
    if (!adapter) {
        return VTG_OK; /* a library without a device */
    }
    status = add_adapter(context, adapter);
    context->fn.AdapterRelease(adapter);
    return status;
}

/* The library stays: it keeps threads whose code must not go. */
static void context_close(RtContext *base) {
    RwgpuContext *context = (RwgpuContext *)base;
    rt_keep_libraries();
    if (context->instance) {
        context->fn.InstanceRelease(context->instance);
    }
    if (context->has_lock) {
        pthread_mutex_destroy(&context->lock);
    }
}

/* ---- The device ---- */

/* Dawn makes timestamps coarse, for web pages' sake. */
static const char *const coarse_time[] = {"timestamp_quantization"};
static const WgpuDawnToggles fine_time = {
    .chain = {.type = WGPU_CHAIN_DAWN_TOGGLES}, .off_count = 1, .off = coarse_time};

/* An adapter may be good for one device only, so each device asks for its own. */
static VtgStatus open_locked(RwgpuDevice *device, RwgpuContext *context) {
    VtgInstance *instance = device->base.instance;
    WgpuHandle adapter = request_adapter(context);
    if (!adapter) {
        return rt_fail(instance, VTG_ERROR_DEVICE_LOST, "webgpu: the device is gone");
    }
    uint32_t features[RWGPU_FEATURE_COUNT], count = 0;
    for (int i = 0; i < RWGPU_FEATURE_COUNT; i++) {
        if (has(context, adapter, (RwgpuFeature)i)) {
            features[count++] = context->features[i];
        }
    }
    WgpuDeviceDesc desc = {
        .next = context->fn.GetVersion ? NULL : &fine_time.chain,
        .label = WGPU_TEXT("vitte"),
        .feature_count = count,
        .features = features,
        .limits = &((const RwgpuAdapter *)device->base.adapter)->limits,
        .queue = {.label = WGPU_TEXT(NULL)},
        .lost = {.mode = WGPU_CALL_ANY_TIME, .callback = (WgpuCallback)on_lost, .user1 = device},
        .error = {.callback = (WgpuCallback)on_error, .user1 = device},
    };
    Answer answer = {instance, true, NULL};
    context->fn.AdapterRequestDevice(adapter, &desc, ask(&answer));
    rwgpu_pump(context, &answer.is_waited_for);
    if (!answer.object && desc.next) { /* a Dawn with other switches */
        answer.is_waited_for = true;
        desc.next = NULL;
        context->fn.AdapterRequestDevice(adapter, &desc, ask(&answer));
        rwgpu_pump(context, &answer.is_waited_for);
    }
    context->fn.AdapterRelease(adapter);
    device->handle = answer.object;
    if (!device->handle) {
        return rt_fail(instance, VTG_ERROR_DRIVER, "webgpu: the device cannot be opened");
    }
    atomic_store(&device->lost, false);
    device->queue = context->fn.DeviceGetQueue(device->handle);
    return device->queue ? VTG_OK
                         : rt_fail(instance, VTG_ERROR_DRIVER, "webgpu: the device has no queue");
}

static VtgStatus device_open(VtgDevice *base) {
    atomic_init(&rwgpu_device(base)->lost, true);
    rwgpu_lock(base);
    VtgStatus status = open_locked(rwgpu_device(base), rwgpu_context(base));
    rwgpu_unlock(base);
    return status;
}

/* Every callback that knows the device has come before the device goes. */
static void device_close(VtgDevice *base) {
    RwgpuDevice *device = rwgpu_device(base);
    RwgpuContext *context = rwgpu_context(base);
    WgpuHandle handle = device->handle;
    if (!handle) {
        return;
    }
    rwgpu_lock(base);
    rwgpu_pipeline_close(base, &device->move_bytes);
    if (device->queue) {
        context->fn.QueueRelease(device->queue);
    }
    device->handle = NULL;
    context->fn.DeviceDestroy(handle);
    for (int i = 0; i < 100 && !atomic_load(&device->lost); i++) {
        rwgpu_pump(context, &(bool){false});
    }
    context->fn.DeviceRelease(handle);
    rwgpu_unlock(base);
}

/* ---- Buffers ---- */

static uint64_t allocated_bytes(const VtgBuffer *buffer) {
    return buffer->size == 0 ? 4 : (buffer->size + 3) & ~(uint64_t)3;
}

WgpuHandle rwgpu_buffer_make(VtgDevice *device, uint64_t usage, uint64_t size, const char *label) {
    const WgpuBufferDesc desc = {.label = WGPU_TEXT(label),
                                 .usage = usage,
                                 .size = size == 0 ? 4 : (size + 3) & ~(uint64_t)3};
    return rwgpu_fn(device)->DeviceCreateBuffer(rwgpu_device(device)->handle, &desc);
}

static VtgStatus buffer_open(VtgBuffer *base) {
    RwgpuBuffer *buffer = (RwgpuBuffer *)base;
    VtgDevice *device = base->device;
    if (base->memory != RT_MEMORY_DEVICE) {
        base->mapped = rt_alloc(device->instance, (size_t)allocated_bytes(base));
        return base->mapped ? VTG_OK : rt_no_memory(device->instance, "staging");
    }
    rwgpu_lock(device);
    rwgpu_scope_begin(device);
    buffer->handle =
        rwgpu_buffer_make(device, WGPU_USE_STORAGE | WGPU_USE_COPY_SOURCE | WGPU_USE_COPY_TARGET,
                          base->size, base->label);
    VtgStatus status = rwgpu_scope_end(device, VTG_ERROR_DRIVER, rt_buffer_name(base));
    rwgpu_unlock(device);
    return status == VTG_OK && !buffer->handle
               ? rt_fail(device->instance, VTG_ERROR_OUT_OF_DEVICE_MEMORY,
                         "webgpu: no memory for buffer `%s`", rt_buffer_name(base))
               : status;
}

static void buffer_close(VtgBuffer *base) {
    RwgpuBuffer *buffer = (RwgpuBuffer *)base;
    if (buffer->handle) {
        rwgpu_lock(base->device);
        rwgpu_fn(base->device)->BufferRelease(buffer->handle);
        rwgpu_unlock(base->device);
    }
    rt_free(base->device->instance, base->mapped, (size_t)allocated_bytes(base));
}

const RtApi rt_webgpu = {
    .name = "webgpu",
    .context_size = sizeof(RwgpuContext),
    .adapter_size = sizeof(RwgpuAdapter),
    .device_size = sizeof(RwgpuDevice),
    .buffer_size = sizeof(RwgpuBuffer),
    .kernel_size = sizeof(RwgpuKernel),
    .commands_size = sizeof(RwgpuCommands),
    .event_size = sizeof(RwgpuEvent),
    .context_open = context_open,
    .context_close = context_close,
    .device_open = device_open,
    .device_close = device_close,
    .buffer_open = buffer_open,
    .buffer_close = buffer_close,
    .kernel_open = rwgpu_kernel_open,
    .kernel_close = rwgpu_kernel_close,
    .commands_open = rwgpu_commands_open,
    .commands_reset = rwgpu_commands_reset,
    .commands_finish = rwgpu_commands_finish,
    .commands_close = rwgpu_commands_close,
    .cmd_barrier = rwgpu_cmd_barrier,
    .cmd_dispatch = rwgpu_cmd_dispatch,
    .cmd_copy = rwgpu_cmd_copy,
    .cmd_fill = rwgpu_cmd_fill,
    .submit = rwgpu_submit,
    .event_wait = rwgpu_event_wait,
    .event_timings = rwgpu_event_timings,
    .event_close = rwgpu_event_close,
};
