/* rt_vulkan.c: opens the Vulkan loader, makes the instance, lists and opens devices. */
#include "rt_vulkan.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Results ---- */

static const char *result_text(VkResult result) {
    switch (result) {
#define TEXT(name)                                                                                 \
    case name:                                                                                     \
        return #name;
        TEXT(VK_ERROR_OUT_OF_HOST_MEMORY)
        TEXT(VK_ERROR_OUT_OF_DEVICE_MEMORY)
        TEXT(VK_ERROR_INITIALIZATION_FAILED)
        TEXT(VK_ERROR_DEVICE_LOST)
        TEXT(VK_ERROR_MEMORY_MAP_FAILED)
        TEXT(VK_ERROR_LAYER_NOT_PRESENT)
        TEXT(VK_ERROR_EXTENSION_NOT_PRESENT)
        TEXT(VK_ERROR_FEATURE_NOT_PRESENT)
        TEXT(VK_ERROR_INCOMPATIBLE_DRIVER)
        TEXT(VK_ERROR_TOO_MANY_OBJECTS)
        TEXT(VK_ERROR_FRAGMENTED_POOL)
        TEXT(VK_ERROR_FRAGMENTATION)
        TEXT(VK_ERROR_OUT_OF_POOL_MEMORY)
        TEXT(VK_ERROR_INVALID_SHADER_NV)
        TEXT(VK_ERROR_UNKNOWN)
#undef TEXT
    default:
        return NULL;
    }
}

static VtgStatus status_of(VkResult result) {
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return VTG_ERROR_OUT_OF_MEMORY;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_FRAGMENTATION:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
    case VK_ERROR_MEMORY_MAP_FAILED:
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    case VK_ERROR_DEVICE_LOST:
        return VTG_ERROR_DEVICE_LOST;
    case VK_ERROR_INVALID_SHADER_NV:
        return VTG_ERROR_BAD_KERNEL;
    default:
        return VTG_ERROR_DRIVER;
    }
}

VtgStatus rvk_fail(const VtgInstance *instance, VkResult result, const char *what) {
    const char *text = result_text(result);
    VtgStatus status = status_of(result);
    return text ? rt_fail(instance, status, "%s: %s", what, text)
                : rt_fail(instance, status, "%s: VkResult %d", what, (int)result);
}

/* ---- Loader and instance ---- */

#if defined(__APPLE__)
#define LOADER "libvulkan.1.dylib"
#else
#define LOADER "libvulkan.so.1"
#endif
#define PATH_VARIABLE "VTG_VULKAN_LIBRARY" /* another library in its place */
#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"
#define VERSION_KNOWN VK_API_VERSION_1_3
#define VERSION_LEAST VK_API_VERSION_1_1

static VtgStatus absent(const VtgInstance *instance, const char *why) {
    rt_log(instance, VTG_LOG_INFO, "vulkan: %s", why);
    return VTG_ERROR_NO_DRIVER;
}

/* POSIX lets a data pointer from dlsym() be a function pointer; ISO C wants the copy. */
static PFN_vkGetInstanceProcAddr loader_entry(void *library) {
    void *symbol = dlsym(library, "vkGetInstanceProcAddr");
    PFN_vkGetInstanceProcAddr entry;
    memcpy(&entry, &symbol, sizeof entry);
    return entry;
}

static PFN_vkVoidFunction find(RvkContext *context, VkInstance handle, const char *name) {
    return context->GetInstanceProcAddr(handle, name);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user) {
    VtgInstance *instance = user;
    VtgLogLevel level = VTG_LOG_INFO; /* the loader's remarks on drivers and layers that it met */
    if (types & (VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                 VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT)) {
        atomic_fetch_add(&instance->validation_messages, 1);
        level = severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT ? VTG_LOG_ERROR
                                                                         : VTG_LOG_WARNING;
    }
    rt_log(instance, level, "vulkan: %s", data->pMessage);
    return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(VtgInstance *instance) {
    return (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = on_message,
        .pUserData = instance,
    };
}

/* Whether the instance, or with `layer` that layer, offers an extension. */
static bool has_instance_extension(RvkContext *context, const char *layer, const char *name) {
    const VtgInstance *instance = context->base.instance;
    uint32_t count = 0;
    if (context->fn.EnumerateInstanceExtensionProperties(layer, &count, NULL) != VK_SUCCESS ||
        count == 0) {
        return false;
    }
    uint32_t room = count;
    VkExtensionProperties *list = rt_alloc_array(instance, room, sizeof *list);
    bool found = false;
    if (list && context->fn.EnumerateInstanceExtensionProperties(layer, &count, list) >= 0) {
        for (uint32_t i = 0; i < count && !found; i++) {
            found = strcmp(list[i].extensionName, name) == 0;
        }
    }
    rt_free(instance, list, room * sizeof *list);
    return found;
}

/* The version of Vulkan that a layer was made for; 0: there is no such layer. */
static uint32_t layer_version(RvkContext *context, const char *name) {
    const VtgInstance *instance = context->base.instance;
    uint32_t count = 0;
    if (context->fn.EnumerateInstanceLayerProperties(&count, NULL) != VK_SUCCESS || count == 0) {
        return 0;
    }
    uint32_t room = count, version = 0;
    VkLayerProperties *list = rt_alloc_array(instance, room, sizeof *list);
    if (list && context->fn.EnumerateInstanceLayerProperties(&count, list) >= 0) {
        for (uint32_t i = 0; i < count && version == 0; i++) {
            version = strcmp(list[i].layerName, name) == 0 ? list[i].specVersion : 0;
        }
    }
    rt_free(instance, list, room * sizeof *list);
    return version;
}

static VtgStatus instance_make(RvkContext *context) {
    VtgInstance *instance = context->base.instance;
    if (instance->validation &&
        has_instance_extension(context, NULL, VK_EXT_DEBUG_UTILS_EXTENSION_NAME)) {
        context->layer_version = layer_version(context, VALIDATION_LAYER);
    }
    bool layer = context->layer_version != 0;
    if (instance->validation && !layer) {
        rt_log(instance, VTG_LOG_WARNING, "vulkan: there is no " VALIDATION_LAYER);
    }
    const char *layers[] = {VALIDATION_LAYER};
    const char *extensions[3];
    uint32_t extension_count = 0;
    VkInstanceCreateFlags flags = 0;
    if (has_instance_extension(context, NULL, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
        extensions[extension_count++] = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
        flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }
    VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(instance);
    const VkValidationFeatureEnableEXT checks[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
    const VkValidationFeaturesEXT validation = {
        .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
        .enabledValidationFeatureCount = 1,
        .pEnabledValidationFeatures = checks,
    };
    if (layer) {
        extensions[extension_count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
        if (instance->validation >= 2 &&
            has_instance_extension(context, VALIDATION_LAYER,
                                   VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME)) {
            extensions[extension_count++] = VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME;
            messenger.pNext = &validation;
        }
    }
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pEngineName = "vitte-gpu",
        .apiVersion = context->version,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = layer ? &messenger : NULL,
        .flags = flags,
        .pApplicationInfo = &application,
        .enabledLayerCount = layer,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
    };
    VkResult result = context->fn.CreateInstance(&info, NULL, &context->handle);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
        context->handle = VK_NULL_HANDLE;
        return absent(instance, "no driver is installed");
    }
    if (result != VK_SUCCESS) {
        context->handle = VK_NULL_HANDLE;
        return rvk_fail(instance, result, "vkCreateInstance");
    }
#define LOAD(name)                                                                                 \
    context->fn.name = (PFN_vk##name)find(context, context->handle, "vk" #name);                   \
    if (!context->fn.name) {                                                                       \
        return absent(instance, "the loader has no vk" #name);                                     \
    }
    RVK_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    if (layer) {
        PFN_vkCreateDebugUtilsMessengerEXT create = (PFN_vkCreateDebugUtilsMessengerEXT)find(
            context, context->handle, "vkCreateDebugUtilsMessengerEXT");
        context->DestroyDebugUtilsMessengerEXT = (PFN_vkDestroyDebugUtilsMessengerEXT)find(
            context, context->handle, "vkDestroyDebugUtilsMessengerEXT");
        messenger.pNext = NULL;
        if (!create || !context->DestroyDebugUtilsMessengerEXT ||
            create(context->handle, &messenger, NULL, &context->messenger) != VK_SUCCESS) {
            context->messenger = VK_NULL_HANDLE;
            rt_log(instance, VTG_LOG_WARNING, "vulkan: no messages from " VALIDATION_LAYER);
        } else {
            instance->has_validation = true;
        }
    }
    return VTG_OK;
}

/* ---- Devices that are there ---- */

static VtgDeviceType device_type(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return VTG_DEVICE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return VTG_DEVICE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return VTG_DEVICE_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return VTG_DEVICE_CPU;
    default:
        return VTG_DEVICE_OTHER;
    }
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}
static uint32_t most(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* The first family that computes; on every driver known it also keeps time. Transfers get the first family that is
 * theirs alone, a copy engine, or else another queue of the same family. */
static bool find_families(RvkContext *context, RvkAdapter *adapter) {
    VkQueueFamilyProperties families[16];
    uint32_t count = sizeof families / sizeof families[0];
    context->fn.GetPhysicalDeviceQueueFamilyProperties(adapter->handle, &count, families);
    uint32_t compute = count, transfer = count;
    for (uint32_t i = count; i-- > 0;) {
        VkQueueFlags flags = families[i].queueCount > 0 ? families[i].queueFlags : 0;
        if (flags & VK_QUEUE_COMPUTE_BIT) {
            compute = i;
        } else if ((flags & VK_QUEUE_TRANSFER_BIT) && !(flags & VK_QUEUE_GRAPHICS_BIT)) {
            transfer = i;
        }
    }
    if (compute == count) {
        return false;
    }
    bool two = transfer != count || families[compute].queueCount > 1;
    adapter->families[0] = compute;
    adapter->families[1] = transfer != count ? transfer : compute;
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        uint32_t bits = families[adapter->families[i]].timestampValidBits;
        adapter->timestamp_masks[i] = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    }
    adapter->base.info.queues = two ? RT_QUEUES : 1;
    return true;
}

static void take_limits(RvkAdapter *adapter, const VkPhysicalDeviceLimits *from,
                        const VkPhysicalDeviceMaintenance3Properties *maintenance3) {
    VtgDeviceInfo *info = &adapter->base.info;
    VtgLimits *to = &info->limits;
    for (int i = 0; i < 3; i++) {
        to->max_workgroup_size[i] = from->maxComputeWorkGroupSize[i];
        to->max_workgroup_count[i] = from->maxComputeWorkGroupCount[i];
    }
    to->max_workgroup_invocations = from->maxComputeWorkGroupInvocations;
    to->max_shared_bytes = from->maxComputeSharedMemorySize;
    to->max_kernel_buffers =
        least(from->maxPerStageDescriptorStorageBuffers, from->maxDescriptorSetStorageBuffers);
    to->max_push_constant_bytes = from->maxPushConstantsSize;
    to->max_uniform_bytes = from->maxUniformBufferRange;
    /* Elements of 4 bytes want at least that, whatever descriptors want. */
    to->buffer_offset_alignment = most((uint32_t)from->minStorageBufferOffsetAlignment, 4);
    to->max_buffer_bytes = maintenance3->maxMemoryAllocationSize;
    to->max_binding_bytes = from->maxStorageBufferRange;
    adapter->block_alignment =
        most((uint32_t)from->minUniformBufferOffsetAlignment, to->buffer_offset_alignment);
    if (adapter->timestamp_masks[0] != 0) {
        info->timestamp_step_ns = from->timestampPeriod;
        info->features |= VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS);
    }
    for (uint32_t i = 0; i < adapter->memory.memoryHeapCount; i++) {
        if (adapter->memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) {
            info->memory_bytes += adapter->memory.memoryHeaps[i].size;
        }
    }
}

static void take_subgroups(RvkAdapter *adapter, const VkPhysicalDeviceSubgroupProperties *subgroup,
                           const VkPhysicalDeviceSubgroupSizeControlProperties *sizes) {
    VtgDeviceInfo *info = &adapter->base.info;
    if (!(subgroup->supportedStages & VK_SHADER_STAGE_COMPUTE_BIT)) {
        return;
    }
    // clang-format off
    static const struct { VkSubgroupFeatureFlags operations; VtgFeature feature; } rows[] = {
        {VK_SUBGROUP_FEATURE_BASIC_BIT,            VTG_FEATURE_SUBGROUP_BASIC},
        {VK_SUBGROUP_FEATURE_VOTE_BIT,             VTG_FEATURE_SUBGROUP_VOTE},
        {VK_SUBGROUP_FEATURE_ARITHMETIC_BIT,       VTG_FEATURE_SUBGROUP_ARITHMETIC},
        {VK_SUBGROUP_FEATURE_BALLOT_BIT,           VTG_FEATURE_SUBGROUP_BALLOT},
        {VK_SUBGROUP_FEATURE_SHUFFLE_BIT,          VTG_FEATURE_SUBGROUP_SHUFFLE},
        {VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT, VTG_FEATURE_SUBGROUP_SHUFFLE_RELATIVE},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (subgroup->supportedOperations & rows[i].operations) {
            info->features |= VTG_FEATURE_BIT(rows[i].feature);
        }
    }
    uint32_t size = subgroup->subgroupSize;
    info->limits.subgroup_size = size;
    bool chosen = (sizes->requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    info->limits.min_subgroup_size = chosen ? sizes->minSubgroupSize : size;
    info->limits.max_subgroup_size = chosen ? sizes->maxSubgroupSize : size;
}

static VtgStatus take_texts(RtAdapter *adapter, const VkPhysicalDeviceProperties *device,
                            const VkPhysicalDeviceDriverProperties *driver) {
    if (!adapter) {
        return VTG_ERROR_OUT_OF_MEMORY;
    }
    VtgDeviceInfo *info = &adapter->info;
    uint32_t v = device->apiVersion, d = device->driverVersion;
    char api[48], version[48];
    snprintf(api, sizeof api, "%u.%u.%u", VK_API_VERSION_MAJOR(v), VK_API_VERSION_MINOR(v),
             VK_API_VERSION_PATCH(v));
    snprintf(version, sizeof version, "%u.%u.%u", VK_API_VERSION_MAJOR(d), VK_API_VERSION_MINOR(d),
             VK_API_VERSION_PATCH(d));
    VtgStatus status = rt_adapter_text(adapter, &info->name, device->deviceName);
    if (status == VTG_OK) {
        status = rt_adapter_text(adapter, &info->api_version, api);
    }
    if (status == VTG_OK) {
        const char *name = driver->driverName[0] ? driver->driverName : "unknown driver";
        status = rt_adapter_text(adapter, &info->driver, name);
    }
    if (status == VTG_OK) {
        const char *text = driver->driverInfo[0] ? driver->driverInfo : version;
        status = rt_adapter_text(adapter, &info->driver_version, text);
    }
    return status;
}

static VtgStatus add_device(RvkContext *context, VkPhysicalDevice handle) {
    VtgInstance *instance = context->base.instance;
    VkPhysicalDeviceProperties brief;
    context->fn.GetPhysicalDeviceProperties(handle, &brief);
    if (brief.apiVersion < VERSION_LEAST) {
        rt_log(instance, VTG_LOG_INFO, "vulkan: device `%s` is of Vulkan %u.%u; 1.1 is the least",
               brief.deviceName, VK_API_VERSION_MAJOR(brief.apiVersion),
               VK_API_VERSION_MINOR(brief.apiVersion));
        return VTG_OK;
    }
    RvkAdapter found = {.handle = handle, .version = least(brief.apiVersion, context->version)};
    if (!find_families(context, &found)) {
        rt_log(instance, VTG_LOG_INFO, "vulkan: device `%s` does not compute", brief.deviceName);
        return VTG_OK;
    }
    context->fn.GetPhysicalDeviceMemoryProperties(handle, &found.memory);
    VtgStatus status = rvk_features_find(context, &found);
    if (status != VTG_OK) {
        return status;
    }

    if (!found.has_timeline) {
        found.base.info.queues = 1;
        found.families[1] = found.families[0];
    }

    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceSubgroupSizeControlProperties sizes = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
    VkPhysicalDeviceMaintenance3Properties maintenance3 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, .pNext = &maintenance3};
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
                                       .pNext = &subgroup};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
    if (rvk_has(&found, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
        driver.pNext = properties.pNext;
        properties.pNext = &driver;
    }
    if (rvk_has(&found, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) {
        sizes.pNext = properties.pNext;
        properties.pNext = &sizes;
    }
    context->fn.GetPhysicalDeviceProperties2(handle, &properties);
    VtgDeviceInfo *info = &found.base.info;
    info->type = device_type(properties.properties.deviceType);
    info->vendor_id = properties.properties.vendorID;
    info->device_id = properties.properties.deviceID;
    memcpy(info->uuid, id.deviceUUID, sizeof info->uuid);
    info->unified_memory = rvk_is_unified(&found);
    take_limits(&found, &properties.properties.limits, &maintenance3);
    take_subgroups(&found, &subgroup, &sizes);
    return take_texts(rt_adapter_add(&context->base, &found.base), &properties.properties, &driver);
}

static VtgStatus context_open(RtContext *base) {
    RvkContext *context = (RvkContext *)base;
    VtgInstance *instance = base->instance;
    const char *named = getenv(PATH_VARIABLE);
    context->library = dlopen(named ? named : LOADER, RTLD_NOW | RTLD_LOCAL);
    if (!context->library) {
        return absent(instance, LOADER " is not there, or what " PATH_VARIABLE " names");
    }
    context->GetInstanceProcAddr = loader_entry(context->library);
    if (!context->GetInstanceProcAddr) {
        return absent(instance, LOADER " is not a Vulkan loader");
    }
#define LOAD(name)                                                                                 \
    context->fn.name = (PFN_vk##name)find(context, VK_NULL_HANDLE, "vk" #name);                    \
    if (!context->fn.name) {                                                                       \
        return absent(instance, "the loader has no vk" #name);                                     \
    }
    RVK_GLOBAL_FUNCTIONS(LOAD)
#undef LOAD
    PFN_vkEnumerateInstanceVersion get_version =
        (PFN_vkEnumerateInstanceVersion)find(context, VK_NULL_HANDLE, "vkEnumerateInstanceVersion");
    if (!get_version || get_version(&context->version) != VK_SUCCESS ||
        context->version < VERSION_LEAST) {
        return absent(instance, "the loader is of Vulkan 1.0; 1.1 is the least");
    }
    context->version = least(context->version, VERSION_KNOWN);
    VtgStatus status = instance_make(context);
    if (status != VTG_OK) {
        return status;
    }

    uint32_t count = 0;
    VkResult result = context->fn.EnumeratePhysicalDevices(context->handle, &count, NULL);
    if (result != VK_SUCCESS || count == 0) {
        return absent(instance, "no driver has a device");
    }
    uint32_t room = count;
    VkPhysicalDevice *list = rt_alloc_array(instance, room, sizeof *list);
    if (!list) {
        return rt_no_memory(instance, "a list of devices");
    }
    result = context->fn.EnumeratePhysicalDevices(context->handle, &count, list);
    if (result < 0) {
        status = rvk_fail(instance, result, "vkEnumeratePhysicalDevices");
    }
    for (uint32_t i = 0; i < count && status == VTG_OK; i++) {
        status = add_device(context, list[i]);
        status = status == VTG_ERROR_OUT_OF_MEMORY ? status : VTG_OK; /* the others may do */
    }
    rt_free(instance, list, room * sizeof *list);
    return status;
}

static void context_close(RtContext *base) {
    RvkContext *context = (RvkContext *)base;
    rt_keep_libraries();
    if (context->messenger) {
        context->DestroyDebugUtilsMessengerEXT(context->handle, context->messenger, NULL);
    }
    if (context->handle) { /* perhaps before the functions were looked up */
        PFN_vkDestroyInstance destroy =
            (PFN_vkDestroyInstance)find(context, context->handle, "vkDestroyInstance");
        if (destroy) {
            destroy(context->handle, NULL);
        }
    }
    if (context->library) {
        dlclose(context->library);
    }
}

/* ---- The device ---- */

static VtgStatus open_queues(RvkDevice *device, const RvkAdapter *adapter) {
    uint32_t count = adapter->base.info.queues;
    device->base.queue_count = count;
    for (uint32_t i = 0; i < count; i++) {
        bool second = i != 0 && adapter->families[0] == adapter->families[1];
        device->fn.GetDeviceQueue(device->handle, adapter->families[i], second, &device->queues[i]);
    }
    const VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                            .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                        .pNext = &type};
    for (uint32_t i = 0; i < count && count > 1; i++) {
        VkResult result =
            device->fn.CreateSemaphore(device->handle, &info, NULL, &device->timelines[i]);
        if (result != VK_SUCCESS) {
            device->timelines[i] = VK_NULL_HANDLE;
            return rvk_fail(device->base.instance, result, "vkCreateSemaphore");
        }
    }
    return VTG_OK;
}

static VtgStatus device_open(VtgDevice *base) {
    RvkDevice *device = rvk_device(base);
    RvkAdapter *adapter = rvk_adapter(base);
    RvkContext *context = (RvkContext *)adapter->base.context;
    device->has_lock = pthread_mutex_init(&device->lock, NULL) == 0;
    if (!device->has_lock) {
        return rt_no_memory(base->instance, "a lock");
    }
    VkResult result = rvk_device_make(context, adapter, &device->handle);
    if (result != VK_SUCCESS) {
        device->handle = VK_NULL_HANDLE;
        return rvk_fail(base->instance, result, "vkCreateDevice");
    }
#define LOAD(name)                                                                                 \
    device->fn.name = (PFN_vk##name)context->fn.GetDeviceProcAddr(device->handle, "vk" #name);     \
    if (!device->fn.name) {                                                                        \
        return rt_fail(base->instance, VTG_ERROR_DRIVER, "vulkan: the driver has no vk" #name);    \
    }
    RVK_DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    device->ResetQueryPool = adapter->has_query_reset
                                 ? (PFN_vkResetQueryPool)context->fn.GetDeviceProcAddr(
                                       device->handle, "vkResetQueryPool")
                                 : NULL;
    device->null_descriptor =
        (adapter->base.info.features & VTG_FEATURE_BIT(VTG_FEATURE_NULL_DESCRIPTOR)) != 0;
    return open_queues(device, adapter);
}

static void device_close(VtgDevice *base) {
    RvkDevice *device = rvk_device(base);
    rvk_cache_close(device);
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        while (device->recordings[i]) {
            RvkRecording *next = device->recordings[i]->next;
            rvk_recording_free(device, device->recordings[i]);
            device->recordings[i] = next;
        }
        if (device->timelines[i]) {
            device->fn.DestroySemaphore(device->handle, device->timelines[i], NULL);
        }
    }
    for (uint32_t i = 0; i < device->fence_count; i++) {
        device->fn.DestroyFence(device->handle, device->fences[i], NULL);
    }
    if (device->handle) { /* perhaps before the functions were looked up */
        const RvkContext *context = (const RvkContext *)base->adapter->context;
        PFN_vkDestroyDevice destroy =
            (PFN_vkDestroyDevice)context->fn.GetDeviceProcAddr(device->handle, "vkDestroyDevice");
        if (destroy) {
            destroy(device->handle, NULL);
        }
    }
    if (device->has_lock) {
        pthread_mutex_destroy(&device->lock);
    }
}

const RtApi rt_vulkan = {
    .name = "vulkan",
    .context_size = sizeof(RvkContext),
    .adapter_size = sizeof(RvkAdapter),
    .device_size = sizeof(RvkDevice),
    .buffer_size = sizeof(RvkBuffer),
    .kernel_size = sizeof(RvkKernel),
    .commands_size = sizeof(RvkCommands),
    .event_size = sizeof(RvkEvent),
    .context_open = context_open,
    .context_close = context_close,
    .device_open = device_open,
    .device_close = device_close,
    .buffer_open = rvk_buffer_open,
    .buffer_close = rvk_buffer_close,
    .kernel_open = rvk_kernel_open,
    .kernel_close = rvk_kernel_close,
    .commands_open = rvk_commands_open,
    .commands_reset = rvk_commands_reset,
    .commands_finish = rvk_commands_finish,
    .commands_close = rvk_commands_close,
    .cmd_barrier = rvk_cmd_barrier,
    .cmd_dispatch = rvk_cmd_dispatch,
    .cmd_copy = rvk_cmd_copy,
    .cmd_fill = rvk_cmd_fill,
    .submit = rvk_submit,
    .event_wait = rvk_event_wait,
    .event_timings = rvk_event_timings,
    .event_close = rvk_event_close,
};
