/* instance.c: the instance, the list of devices, and what every other part leans on: host memory, the
 * log, the reading of descriptors, texts of statuses and features. */
#include "rt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every driver API, in the order in which devices that are otherwise equal are listed. The null API
 * is there by name only. */
static const RtApi *const rt_apis[] = {&rt_vulkan, &rt_metal, &rt_opencl, &rt_webgpu};
enum { RT_API_COUNT = sizeof rt_apis / sizeof rt_apis[0] };

/* ---- Texts ---- */

const char *vtg_status_text(VtgStatus status) {
    switch (status) {
#define TEXT(name, value, text)                                                                    \
    case name:                                                                                     \
        return text;
        VTG_STATUS_TABLE(TEXT)
#undef TEXT
    }
    return "unknown status";
}

static const struct {
    const char *name, *text;
} features[VTG_FEATURE_COUNT] = {
#define FEATURE(id, bit, name, text) [bit] = {name, text},
    VTG_FEATURE_TABLE(FEATURE)
#undef FEATURE
};

const char *vtg_feature_name(VtgFeature feature) {
    return (unsigned)feature < VTG_FEATURE_COUNT ? features[feature].name : NULL;
}

const char *vtg_feature_text(VtgFeature feature) {
    return (unsigned)feature < VTG_FEATURE_COUNT ? features[feature].text : NULL;
}

const char *vtg_device_type_text(VtgDeviceType type) {
    switch (type) {
    case VTG_DEVICE_DISCRETE:
        return "discrete";
    case VTG_DEVICE_INTEGRATED:
        return "integrated";
    case VTG_DEVICE_VIRTUAL:
        return "virtual";
    case VTG_DEVICE_CPU:
        return "cpu";
    case VTG_DEVICE_OTHER:
        break;
    }
    return "other";
}

/* ---- Host memory ---- */

static void *libc_reallocate(void *user, void *ptr, size_t old_size, size_t new_size) {
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static void *reallocate(const VtgInstance *instance, void *ptr, size_t old_size, size_t new_size) {
    return instance->allocator.reallocate(instance->allocator.user, ptr, old_size, new_size);
}

void *rt_alloc(const VtgInstance *instance, size_t size) {
    void *ptr = reallocate(instance, NULL, 0, size);
    return ptr ? memset(ptr, 0, size) : NULL;
}

void *rt_alloc_array(const VtgInstance *instance, size_t count, size_t size) {
    return size != 0 && count > SIZE_MAX / size ? NULL : rt_alloc(instance, count * size);
}

void rt_free(const VtgInstance *instance, void *ptr, size_t size) {
    if (ptr) {
        reallocate(instance, ptr, size, 0);
    }
}

bool rt_grow(const VtgInstance *instance, void *array, uint32_t *capacity, uint64_t need,
             size_t element_size) {
    if (need <= *capacity) {
        return true;
    }
    if (need > UINT32_MAX) {
        return false;
    }
    uint32_t grown = *capacity <= UINT32_MAX / 2 ? *capacity * 2 : UINT32_MAX;
    grown = grown < need ? (uint32_t)need : grown;
    if (grown > SIZE_MAX / element_size) {
        return false;
    }
    void *old;
    memcpy(&old, array, sizeof old);
    void *ptr = reallocate(instance, old, *capacity * element_size, grown * element_size);
    if (!ptr) {
        return false;
    }
    memcpy(array, &ptr, sizeof ptr);
    *capacity = grown;
    return true;
}

VtgStatus rt_text_copy(const VtgInstance *instance, const char *text, char **copy) {
    *copy = NULL;
    if (!text) {
        return VTG_OK;
    }
    size_t size = strlen(text) + 1;
    *copy = rt_alloc(instance, size);
    if (!*copy) {
        return rt_no_memory(instance, "a text");
    }
    memcpy(*copy, text, size);
    return VTG_OK;
}

void rt_text_free(const VtgInstance *instance, char *text) {
    if (text) {
        rt_free(instance, text, strlen(text) + 1);
    }
}

/* ---- Log ---- */

static void log_list(const VtgInstance *instance, VtgLogLevel level, const char *format,
                     va_list list) RT_PRINTF(3, 0);

static void log_list(const VtgInstance *instance, VtgLogLevel level, const char *format,
                     va_list list) {
    if (!instance->log) {
        return;
    }
    char line[512]; /* longer lines come from the heap, and are cut only if there is none */
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(line, sizeof line, format, list);
    char *longer = NULL;
    size_t size = length >= (int)sizeof line ? (size_t)length + 1 : 0;
    if (size != 0 && (longer = rt_alloc(instance, size)) != NULL) {
        vsnprintf(longer, size, format, again);
    }
    va_end(again);
    instance->log(instance->log_user, level, longer ? longer : line);
    rt_free(instance, longer, size);
}

static void log_to_stderr(void *user, VtgLogLevel level, const char *message) {
    if (level <= (VtgLogLevel)(uintptr_t)user) {
        fprintf(stderr, "vitte-gpu: %s\n", message);
    }
}

/* Whoever runs a program that does not listen can: VTG_LOG says from which level on. */
static void log_by_environment(VtgInstance *instance) {
    static const char *const levels[] = {
        [VTG_LOG_ERROR] = "error", [VTG_LOG_WARNING] = "warning", [VTG_LOG_INFO] = "info"};
    const char *wanted = instance->log ? NULL : getenv("VTG_LOG");
    for (uintptr_t i = 0; wanted && i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(wanted, levels[i]) == 0) {
            instance->log = log_to_stderr;
            instance->log_user = (void *)i;
        }
    }
}

void rt_log(const VtgInstance *instance, VtgLogLevel level, const char *format, ...) {
    va_list list;
    va_start(list, format);
    log_list(instance, level, format, list);
    va_end(list);
}

VtgStatus rt_fail(const VtgInstance *instance, VtgStatus status, const char *format, ...) {
    va_list list;
    va_start(list, format);
    log_list(instance, VTG_LOG_ERROR, format, list);
    va_end(list);
    return status;
}

VtgStatus rt_no_memory(const VtgInstance *instance, const char *what) {
    return rt_fail(instance, VTG_ERROR_OUT_OF_MEMORY, "no host memory for %s", what);
}

/* ---- Descriptors ---- */

/* The part that needs no instance: vtg_instance_create() has none yet. */
static bool desc_read(void *desc, size_t size, const void *given) {
    if (!given) {
        return true;
    }
    uint32_t given_size;
    memcpy(&given_size, given, sizeof given_size);
    if (given_size < sizeof given_size) {
        return false;
    }
    for (size_t i = size; i < given_size; i++) {
        if (((const unsigned char *)given)[i] != 0) {
            return false;
        }
    }
    memcpy(desc, given, given_size < size ? given_size : size);
    return true;
}

VtgStatus rt_desc_read(const VtgInstance *instance, void *desc, size_t size, const void *given,
                       const char *name) {
    if (!desc_read(desc, size, given)) {
        return rt_fail(
            instance, VTG_ERROR_INVALID_ARGUMENT,
            "%s: struct_size is not set (use its _INIT macro), or the descriptor is of a "
            "newer version and uses a field that this library does not know",
            name);
    }
    return VTG_OK;
}

/* ---- Devices that were found ---- */

RtAdapter *rt_adapter_add(RtContext *context, const RtAdapter *found) {
    VtgInstance *instance = context->instance;
    size_t size = context->api->adapter_size;
    uint32_t count = instance->adapter_count;
    RtAdapter *adapter = rt_alloc(instance, size);
    /* The list grows one at a time: it is short, and so its length is its capacity. */
    RtAdapter **list = adapter ? reallocate(instance, instance->adapters, count * sizeof *list,
                                            (count + 1) * sizeof *list)
                               : NULL;
    if (!list) {
        rt_free(instance, adapter, size);
        rt_no_memory(instance, "a device");
        return NULL;
    }
    memcpy(adapter, found, size);
    adapter->context = context;
    adapter->found_order = count;
    adapter->info.struct_size = sizeof adapter->info;
    adapter->info.api = context->api->name;
    adapter->info.queues = found->info.queues ? found->info.queues : 1;
    while (adapter->api_order < RT_API_COUNT && rt_apis[adapter->api_order] != context->api) {
        adapter->api_order++;
    }
    list[count] = adapter;
    instance->adapters = list;
    instance->adapter_count = count + 1;
    return adapter;
}

VtgStatus rt_adapter_text(const RtAdapter *adapter, const char **field, const char *text) {
    char *copy;
    VtgStatus status = rt_text_copy(adapter->context->instance, text, &copy);
    *field = copy;
    return status;
}

static void adapter_free(RtAdapter *adapter) {
    const VtgInstance *instance = adapter->context->instance;
    const char *texts[] = {adapter->info.name, adapter->info.api_version, adapter->info.driver,
                           adapter->info.driver_version, adapter->info.il_versions};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rt_text_free(instance, (char *)(uintptr_t)texts[i]);
    }
    if (adapter->context->api->adapter_close) {
        adapter->context->api->adapter_close(adapter);
    }
    rt_free(instance, adapter, adapter->context->api->adapter_size);
}

static int type_rank(VtgDeviceType type) {
    switch (type) {
    case VTG_DEVICE_DISCRETE:
        return 0;
    case VTG_DEVICE_INTEGRATED:
        return 1;
    case VTG_DEVICE_VIRTUAL:
        return 2;
    case VTG_DEVICE_OTHER:
        return 3;
    case VTG_DEVICE_CPU:
        break;
    }
    return 4;
}

static int compare(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int adapter_order(const void *left, const void *right) {
    const RtAdapter *a = *(RtAdapter *const *)left, *b = *(RtAdapter *const *)right;
    int order = compare(a->info.type == VTG_DEVICE_CPU, b->info.type == VTG_DEVICE_CPU);
    order = order ? order : compare(a->api_order, b->api_order);
    order = order ? order : type_rank(a->info.type) - type_rank(b->info.type);
    order = order ? order : compare(a->info.vendor_id, b->info.vendor_id);
    order = order ? order : compare(a->info.device_id, b->info.device_id);
    order = order ? order : strcmp(a->info.name, b->info.name);
    order = order ? order : memcmp(a->info.uuid, b->info.uuid, sizeof a->info.uuid);
    return order ? order : compare(a->found_order, b->found_order);
}

/* ---- The instance ---- */

static VtgStatus context_add(VtgInstance *instance, const RtApi *api) {
    RtContext *context = rt_alloc(instance, api->context_size);
    if (!context) {
        return rt_no_memory(instance, api->name);
    }
    context->api = api;
    context->instance = instance;
    instance->contexts[instance->context_count++] = context;
    return api->context_open(context);
}

void rt_instance_ref(VtgInstance *instance) {
    atomic_fetch_add(&instance->refs, 1);
}

void rt_instance_unref(VtgInstance *instance) {
    if (atomic_fetch_sub(&instance->refs, 1) != 1) {
        return;
    }
    for (uint32_t i = 0; i < instance->adapter_count; i++) {
        adapter_free(instance->adapters[i]);
    }
    rt_free(instance, instance->adapters, instance->adapter_count * sizeof *instance->adapters);
    for (uint32_t i = 0; i < instance->context_count; i++) {
        RtContext *context = instance->contexts[i];
        context->api->context_close(context);
        rt_free(instance, context, context->api->context_size);
    }
    rt_free(instance, instance->contexts, RT_API_COUNT * sizeof *instance->contexts);
    VtgAllocator allocator = instance->allocator;
    allocator.reallocate(allocator.user, instance, sizeof *instance, 0);
}

static const RtApi *api_named(const char *name) {
    for (size_t i = 0; i < RT_API_COUNT; i++) {
        if (strcmp(rt_apis[i]->name, name) == 0) {
            return rt_apis[i];
        }
    }
    return strcmp(rt_null.name, name) == 0 ? &rt_null : NULL;
}

VtgStatus vtg_instance_create(const VtgInstanceDesc *given, VtgInstance **result) {
    if (!result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgInstanceDesc desc = {0};
    if (!desc_read(&desc, sizeof desc, given)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgInstance local = {.allocator = desc.allocator, .log = desc.log, .log_user = desc.log_user};
    if (!local.allocator.reallocate) {
        local.allocator.reallocate = libc_reallocate;
    }
    log_by_environment(&local);
    const RtApi *named = desc.api ? api_named(desc.api) : NULL;
    if (desc.api && !named) {
        return rt_fail(&local, VTG_ERROR_INVALID_ARGUMENT, "unknown api `%s`", desc.api);
    }

    VtgInstance *instance = rt_alloc(&local, sizeof *instance);
    if (!instance) {
        return rt_no_memory(&local, "an instance");
    }
    atomic_init(&instance->refs, 1);
    atomic_init(&instance->validation_messages, 0);
    instance->allocator = local.allocator;
    instance->log = local.log;
    instance->log_user = local.log_user;
    instance->validation = desc.validation;
    instance->contexts = rt_alloc_array(instance, RT_API_COUNT, sizeof *instance->contexts);
    VtgStatus status = instance->contexts ? VTG_OK : rt_no_memory(instance, "an instance");

    for (size_t i = 0; i < RT_API_COUNT && !named && status == VTG_OK; i++) {
        status = context_add(instance, rt_apis[i]);
        /* What one API lacks or breaks does not keep the others from being used. */
        status = status == VTG_ERROR_OUT_OF_MEMORY ? status : VTG_OK;
    }
    if (named && status == VTG_OK) {
        status = context_add(instance, named);
    }
    if (status != VTG_OK) {
        rt_instance_unref(instance);
        return status;
    }
    if (instance->adapter_count > 1) {
        qsort(instance->adapters, instance->adapter_count, sizeof *instance->adapters,
              adapter_order);
    }
    *result = instance;
    return VTG_OK;
}

void vtg_instance_destroy(VtgInstance *instance) {
    if (instance) {
        rt_instance_unref(instance);
    }
}

uint64_t vtg_instance_validation_messages(const VtgInstance *instance) {
    return instance ? atomic_load(&((VtgInstance *)(uintptr_t)instance)->validation_messages) : 0;
}

int vtg_instance_has_validation(const VtgInstance *instance) {
    return instance && instance->has_validation;
}

uint32_t vtg_device_count(const VtgInstance *instance) {
    return instance ? instance->adapter_count : 0;
}

const VtgDeviceInfo *vtg_device_info(const VtgInstance *instance, uint32_t index) {
    return index < vtg_device_count(instance) ? &instance->adapters[index]->info : NULL;
}
