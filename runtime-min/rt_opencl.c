/* rt_opencl.c: opens the OpenCL loader, lists devices with what they can do, opens them, makes buffers. */
#include "rt_opencl.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Errors ---- */

/* X(error, status) */
#define ERRORS(X)                                                                                  \
    X(CL_OUT_OF_HOST_MEMORY, VTG_ERROR_OUT_OF_MEMORY)                                              \
    X(CL_OUT_OF_RESOURCES, VTG_ERROR_OUT_OF_DEVICE_MEMORY)                                         \
    X(CL_MEM_OBJECT_ALLOCATION_FAILURE, VTG_ERROR_OUT_OF_DEVICE_MEMORY)                            \
    X(CL_INVALID_BUFFER_SIZE, VTG_ERROR_OUT_OF_DEVICE_MEMORY)                                      \
    X(CL_DEVICE_NOT_AVAILABLE, VTG_ERROR_DEVICE_LOST)                                              \
    X(CL_COMPILER_NOT_AVAILABLE, VTG_ERROR_UNSUPPORTED)                                            \
    X(CL_BUILD_PROGRAM_FAILURE, VTG_ERROR_BAD_KERNEL)                                              \
    X(CL_INVALID_BINARY, VTG_ERROR_BAD_KERNEL)                                                     \
    X(CL_INVALID_KERNEL_NAME, VTG_ERROR_BAD_KERNEL)                                                \
    X(CL_INVALID_KERNEL_ARGS, VTG_ERROR_BAD_KERNEL)                                                \
    X(CL_INVALID_ARG_INDEX, VTG_ERROR_BAD_KERNEL)                                                  \
    X(CL_INVALID_ARG_SIZE, VTG_ERROR_BAD_KERNEL)                                                   \
    X(CL_INVALID_WORK_GROUP_SIZE, VTG_ERROR_BAD_KERNEL)                                            \
    X(CL_INVALID_WORK_ITEM_SIZE, VTG_ERROR_LIMIT)

VtgStatus rocl_fail(const VtgInstance *instance, cl_int error, const char *what) {
    switch (error) {
#define CASE(name, status)                                                                         \
    case name:                                                                                     \
        return rt_fail(instance, status, "%s: " #name, what);
        ERRORS(CASE)
#undef CASE
    default:
        return rt_fail(instance, VTG_ERROR_DRIVER, "%s: OpenCL error %d", what, (int)error);
    }
}

/* ---- The loader ---- */

#if defined(__APPLE__)
#define LOADER "/System/Library/Frameworks/OpenCL.framework/OpenCL"
#else
#define LOADER "libOpenCL.so.1"
#endif
#define PATH_VARIABLE "VTG_OPENCL_LIBRARY" /* another library in its place */

static VtgStatus absent(const VtgInstance *instance, const char *why) {
    rt_log(instance, VTG_LOG_INFO, "opencl: %s", why);
    return VTG_ERROR_NO_DRIVER;
}

static VtgStatus load(RoclContext *context) {
    const VtgInstance *instance = context->base.instance;
    const char *named = getenv(PATH_VARIABLE);
    context->library = dlopen(named && *named ? named : LOADER, RTLD_NOW | RTLD_LOCAL);
    if (!context->library) {
        return absent(instance, LOADER " is not there, or what " PATH_VARIABLE " names");
    }
    /* A data pointer from dlsym() becomes a function pointer by way of memory: ISO C has no cast. */
    void *symbol;
#define OPTIONAL(name)                                                                             \
    symbol = dlsym(context->library, "cl" #name);                                                  \
    memcpy(&context->fn.name, &symbol, sizeof symbol);
#define NEEDED(name)                                                                               \
    OPTIONAL(name)                                                                                 \
    if (!symbol) {                                                                                 \
        return absent(instance, LOADER " has no cl" #name ": it is older than OpenCL 1.2");        \
    }
    ROCL_FUNCTIONS(NEEDED, OPTIONAL)
#undef NEEDED
#undef OPTIONAL
    return VTG_OK;
}

/* ---- What a device is ---- */

/* Asks a device. What it does not know (CL_INVALID_VALUE: an older OpenCL) is not there; any other error is kept. */
static bool ask(RoclContext *context, cl_device_id device, cl_device_info what, size_t room,
                void *value, size_t *size) {
    cl_int error = context->fn.GetDeviceInfo(device, what, room, value, size);
    if (error != CL_SUCCESS && error != CL_INVALID_VALUE && context->heard == CL_SUCCESS) {
        context->heard = error;
    }
    return error == CL_SUCCESS;
}

static cl_ulong number_of(RoclContext *context, cl_device_id device, cl_device_info what) {
    cl_ulong value =
        0; /* little-endian machines alone have OpenCL: a shorter one fills the low bytes */
    size_t size = 0;
    return ask(context, device, what, sizeof value, &value, &size) ? value : 0;
}

static uint32_t number32(RoclContext *context, cl_device_id device, cl_device_info what) {
    cl_ulong value = number_of(context, device, what);
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* A text of the device in the instance's memory, *size bytes; NULL: there is none. */
static char *text_of(RoclContext *context, cl_device_id device, cl_device_info what, size_t *size) {
    *size = 0;
    if (!ask(context, device, what, 0, NULL, size) || *size == 0) {
        return NULL;
    }
    char *text = rt_alloc(context->base.instance, *size + 1);
    context->no_memory |= !text;
    if (text && !ask(context, device, what, *size, text, NULL)) {
        text[0] = '\0';
    }
    *size += 1;
    return text;
}

static VtgStatus keep_text(RoclContext *context, RtAdapter *adapter, cl_device_id device,
                           cl_device_info what, const char *skip, const char **field) {
    size_t size;
    char *text = text_of(context, device, what, &size);
    const char *from = text ? text : "";
    if (strncmp(from, skip, strlen(skip)) == 0) {
        from += strlen(skip);
    }
    VtgStatus status = context->no_memory ? rt_no_memory(context->base.instance, "a device")
                                          : rt_adapter_text(adapter, field, from);
    rt_free(context->base.instance, text, size);
    return status;
}

/* 12 for OpenCL 1.2; 0: not known. */
static unsigned version_of(RoclContext *context, cl_device_id device) {
    size_t size;
    char *version = text_of(context, device, CL_DEVICE_VERSION, &size);
    unsigned major = 0, minor = 0;
    bool known = version && sscanf(version, "OpenCL %u.%u", &major, &minor) == 2;
    rt_free(context->base.instance, version, size);
    return known ? major * 10 + minor : 0;
}

/* A whole word of a list between blanks. */
static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
        bool starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* What OpenCL C always has is there without an extension. */
// clang-format off
static const struct { VtgFeature feature; const char *extension; } features[] = {
    {VTG_FEATURE_INT8,                      NULL},
    {VTG_FEATURE_INT16,                     NULL},
    {VTG_FEATURE_INT64,                     NULL},
    {VTG_FEATURE_STORAGE8,                  NULL},
    {VTG_FEATURE_STORAGE16,                 NULL},
    {VTG_FEATURE_VALUES8,                   NULL},
    {VTG_FEATURE_VALUES16,                  NULL},
    {VTG_FEATURE_TIMESTAMPS,                NULL},
    {VTG_FEATURE_FLOAT16,                   "cl_khr_fp16"},
    {VTG_FEATURE_FLOAT64,                   "cl_khr_fp64"},
    {VTG_FEATURE_BUFFER_ATOMICS_INT64,      "cl_khr_int64_base_atomics"},
    {VTG_FEATURE_SHARED_ATOMICS_INT64,      "cl_khr_int64_base_atomics"},
    {VTG_FEATURE_SUBGROUP_BASIC,            "cl_khr_subgroups"},
    {VTG_FEATURE_SUBGROUP_VOTE,             "cl_khr_subgroups"},
    {VTG_FEATURE_SUBGROUP_ARITHMETIC,       "cl_khr_subgroup_non_uniform_arithmetic"},
    {VTG_FEATURE_SUBGROUP_BALLOT,           "cl_khr_subgroup_ballot"},
    {VTG_FEATURE_SUBGROUP_SHUFFLE,          "cl_khr_subgroup_shuffle"},
    {VTG_FEATURE_SUBGROUP_SHUFFLE_RELATIVE, "cl_khr_subgroup_shuffle_relative"},
    {VTG_FEATURE_SUBGROUP_EXTENDED_TYPES,   "cl_khr_subgroup_extended_types"},
};
// clang-format on

static uint64_t features_of(RoclContext *context, cl_device_id device) {
    size_t size;
    char *list = text_of(context, device, CL_DEVICE_EXTENSIONS, &size);
    uint64_t found = 0;
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        const char *extension = features[i].extension;
        if (!extension || (list && has_word(list, extension))) {
            found |= VTG_FEATURE_BIT(features[i].feature);
        }
    }
    rt_free(context->base.instance, list, size);
    return found;
}

static VtgDeviceType type_of(RoclContext *context, cl_device_id device) {
    cl_ulong type = number_of(context, device, CL_DEVICE_TYPE);
    if (type & CL_DEVICE_TYPE_CPU) {
        return VTG_DEVICE_CPU;
    }
    if (type & CL_DEVICE_TYPE_GPU) {
        return number_of(context, device, CL_DEVICE_HOST_UNIFIED_MEMORY) ? VTG_DEVICE_INTEGRATED
                                                                         : VTG_DEVICE_DISCRETE;
    }
    return VTG_DEVICE_OTHER;
}

static VtgLimits limits_of(RoclContext *context, cl_device_id device) {
    size_t sides[3] = {1, 1, 1};
    ask(context, device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sides, sides, NULL);
    cl_ulong largest = number_of(context, device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    uint32_t alignment = number32(context, device, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    VtgLimits limits = {
        .max_workgroup_invocations = number32(context, device, CL_DEVICE_MAX_WORK_GROUP_SIZE),
        .max_shared_bytes = number32(context, device, CL_DEVICE_LOCAL_MEM_SIZE),
        .max_push_constant_bytes = number32(context, device, CL_DEVICE_MAX_PARAMETER_SIZE),
        .buffer_offset_alignment = alignment != 0 ? alignment : sizeof(cl_long16),
        .max_buffer_bytes = largest,
        .max_binding_bytes = largest,
    };
    limits.max_kernel_buffers = limits.max_push_constant_bytes / sizeof(cl_mem);
    for (int i = 0; i < 3; i++) {
        limits.max_workgroup_size[i] = sides[i] < UINT32_MAX ? (uint32_t)sides[i] : UINT32_MAX;
        limits.max_workgroup_count[i] = UINT32_MAX;
    }
    return limits;
}

/* The function that makes programs from SPIR-V: OpenCL 2.1 has it, older devices by an extension. */
static __typeof__(&clCreateProgramWithIL) il_function(RoclContext *context, cl_platform_id platform,
                                                      cl_device_id device) {
    size_t size;
    char *il = text_of(context, device, CL_DEVICE_IL_VERSION, &size);
    bool takes = il && strstr(il, "SPIR-V");
    rt_free(context->base.instance, il, size);
    if (!takes || version_of(context, device) >= 21) {
        return takes ? context->fn.CreateProgramWithIL : NULL;
    }
    __typeof__(&clCreateProgramWithIL) function;
    void *symbol =
        context->fn.GetExtensionFunctionAddressForPlatform(platform, "clCreateProgramWithILKHR");
    memcpy(&function, &symbol, sizeof symbol);
    return function;
}

/* A device that compiles nothing, or is older than OpenCL 1.2, is of no use here. */
static bool is_useful(RoclContext *context, cl_device_id device) {
    return version_of(context, device) >= 12 && number_of(context, device, CL_DEVICE_AVAILABLE) &&
           number_of(context, device, CL_DEVICE_COMPILER_AVAILABLE);
}

/* One that is of no use, or does not say what it is, is left out. */
static VtgStatus add_device(RoclContext *context, cl_platform_id platform, cl_device_id device) {
    context->heard = CL_SUCCESS;
    bool useful = is_useful(context, device);
    RoclAdapter found = {
        .base.info = {.type = type_of(context, device),
                      .queues = RT_QUEUES,
                      .vendor_id = number32(context, device, CL_DEVICE_VENDOR_ID),
                      .memory_bytes = number_of(context, device, CL_DEVICE_GLOBAL_MEM_SIZE),
                      .features = features_of(context, device),
                      .timestamp_step_ns = 1,
                      .limits = limits_of(context, device)},
        .platform = platform,
        .device = device,
        .create_from_il = il_function(context, platform, device),
    };
    if (context->no_memory) {
        return rt_no_memory(context->base.instance, "a device");
    }
    if (context->heard != CL_SUCCESS) {
        rocl_fail(context->base.instance, context->heard, "clGetDeviceInfo");
    }
    if (context->heard != CL_SUCCESS || !useful) {
        return VTG_OK;
    }
    RtAdapter *adapter = rt_adapter_add(&context->base, &found.base);
    if (!adapter) {
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    const struct {
        const char **field;
        cl_device_info what;
        const char *skip;
    } texts[] = {
        {&adapter->info.name, CL_DEVICE_NAME, ""},
        {&adapter->info.api_version, CL_DEVICE_VERSION, "OpenCL "},
        {&adapter->info.driver, CL_DEVICE_VENDOR, ""},
        {&adapter->info.driver_version, CL_DRIVER_VERSION, ""},
        {&adapter->info.il_versions, CL_DEVICE_IL_VERSION, ""},
    };
    VtgStatus status = VTG_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == VTG_OK; i++) {
        status = keep_text(context, adapter, device, texts[i].what, texts[i].skip, texts[i].field);
    }
    return status;
}

enum { MOST_PLATFORMS = 16, MOST_DEVICES = 64 };

static VtgStatus add_platform(RoclContext *context, cl_platform_id platform) {
    cl_device_id devices[MOST_DEVICES];
    cl_uint count = 0;
    if (context->fn.GetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MOST_DEVICES, devices, &count) !=
        CL_SUCCESS) {
        return VTG_OK; /* a platform without a device says so by an error */
    }
    VtgStatus status = VTG_OK;
    for (cl_uint i = 0; i < count && i < MOST_DEVICES && status == VTG_OK; i++) {
        status = add_device(context, platform, devices[i]);
    }
    return status;
}

static VtgStatus context_open(RtContext *base) {
    RoclContext *context = (RoclContext *)base;
    VtgStatus status = load(context);
    if (status != VTG_OK) {
        return status;
    }
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint count = 0;
    if (context->fn.GetPlatformIDs(MOST_PLATFORMS, platforms, &count) != CL_SUCCESS || count == 0) {
        return absent(base->instance, "no platform is installed");
    }
    for (cl_uint i = 0; i < count && i < MOST_PLATFORMS && status == VTG_OK; i++) {
        status = add_platform(context, platforms[i]);
    }
    return status;
}

/* The library stays: platforms keep threads whose code must not go. */
static void context_close(RtContext *base) {
    (void)base;
    rt_keep_libraries();
}

/* ---- The device ---- */

static VtgStatus device_open(VtgDevice *base) {
    RoclDevice *device = rocl_device(base);
    RoclAdapter *adapter = rocl_adapter(base);
    const RoclFunctions *fn = rocl_fn(base);
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)adapter->platform, 0};
    cl_int error;
    device->context = fn->CreateContext(properties, 1, &adapter->device, NULL, NULL, &error);
    if (error != CL_SUCCESS) {
        device->context = NULL;
        return rocl_fail(base->instance, error, "clCreateContext");
    }
    base->queue_count = RT_QUEUES;
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        device->queues[i] = fn->CreateCommandQueue(device->context, adapter->device,
                                                   CL_QUEUE_PROFILING_ENABLE, &error);
        if (error != CL_SUCCESS) {
            device->queues[i] = NULL;
            return rocl_fail(base->instance, error, "clCreateCommandQueue");
        }
    }
    return VTG_OK;
}

static void device_close(VtgDevice *base) {
    RoclDevice *device = rocl_device(base);
    const RoclFunctions *fn = rocl_fn(base);
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        if (device->queues[i]) {
            fn->ReleaseCommandQueue(device->queues[i]);
        }
    }
    if (device->context) {
        fn->ReleaseContext(device->context);
    }
}

/* ---- Buffers ---- */

static size_t allocated_bytes(const VtgBuffer *buffer) {
    return buffer->size == 0 ? 4 : (size_t)((buffer->size + 3) & ~(uint64_t)3);
}

static VtgStatus buffer_open(VtgBuffer *base) {
    RoclBuffer *buffer = (RoclBuffer *)base;
    const VtgInstance *instance = base->device->instance;
    size_t bytes = allocated_bytes(base);
    if (base->memory != RT_MEMORY_DEVICE) {
        base->mapped = rt_alloc(instance, bytes);
        return base->mapped ? VTG_OK : rt_no_memory(instance, "staging");
    }
    cl_int error;
    buffer->memory = rocl_fn(base->device)
                         ->CreateBuffer(rocl_device(base->device)->context, CL_MEM_READ_WRITE,
                                        bytes, NULL, &error);
    if (error != CL_SUCCESS) {
        buffer->memory = NULL;
        return rocl_fail(instance, error, "clCreateBuffer");
    }
    return VTG_OK;
}

static void buffer_close(VtgBuffer *base) {
    RoclBuffer *buffer = (RoclBuffer *)base;
    if (buffer->memory) {
        rocl_fn(base->device)->ReleaseMemObject(buffer->memory);
    }
    rt_free(base->device->instance, base->mapped, allocated_bytes(base));
}

const RtApi rt_opencl = {
    .name = "opencl",
    .context_size = sizeof(RoclContext),
    .adapter_size = sizeof(RoclAdapter),
    .device_size = sizeof(RoclDevice),
    .buffer_size = sizeof(RoclBuffer),
    .kernel_size = sizeof(RoclKernel),
    .commands_size = sizeof(RoclCommands),
    .event_size = sizeof(RoclEvent),
    .context_open = context_open,
    .context_close = context_close,
    .device_open = device_open,
    .device_close = device_close,
    .buffer_open = buffer_open,
    .buffer_close = buffer_close,
    .kernel_open = rocl_kernel_open,
    .kernel_close = rocl_kernel_close,
    .commands_open = rocl_commands_open,
    .commands_reset = rocl_commands_reset,
    .commands_finish = rocl_commands_finish,
    .commands_close = rocl_commands_close,
    .cmd_barrier = rocl_cmd_barrier,
    .cmd_dispatch = rocl_cmd_dispatch,
    .cmd_copy = rocl_cmd_copy,
    .cmd_fill = rocl_cmd_fill,
    .submit = rocl_submit,
    .event_wait = rocl_event_wait,
    .event_timings = rocl_event_timings,
    .event_close = rocl_event_close,
};
