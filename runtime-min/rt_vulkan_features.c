/* rt_vulkan_features.c: which VTG_FEATURE_... a Vulkan device has, and a device with all of them
 * enabled. Three tables say everything: the extensions with the version that made them core and the
 * struct that holds their switches; the switches of each feature; features that have none. */
#include "rt_vulkan.h"

#include <string.h>

/* Newer than some headers this is built with. */
#ifndef VK_KHR_shader_maximal_reconvergence
#define VK_KHR_SHADER_MAXIMAL_RECONVERGENCE_EXTENSION_NAME "VK_KHR_shader_maximal_reconvergence"
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_MAXIMAL_RECONVERGENCE_FEATURES_KHR                \
    ((VkStructureType)1000434000)
typedef struct VkPhysicalDeviceShaderMaximalReconvergenceFeaturesKHR {
    VkStructureType sType;
    void *pNext;
    VkBool32 shaderMaximalReconvergence;
} VkPhysicalDeviceShaderMaximalReconvergenceFeaturesKHR;
#endif

typedef struct Switches {
    VkPhysicalDeviceFeatures2 core;
    VkPhysicalDevice16BitStorageFeatures storage16;
    VkPhysicalDevice8BitStorageFeatures storage8;
    VkPhysicalDeviceShaderFloat16Int8Features small;
    VkPhysicalDeviceUniformBufferStandardLayoutFeatures layout;
    VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures subgroup_types;
    VkPhysicalDeviceShaderAtomicInt64Features atomic_int64;
    VkPhysicalDeviceVulkanMemoryModelFeatures memory_model;
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_size;
    VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures zero_shared;
    VkPhysicalDeviceShaderIntegerDotProductFeatures dot;
    VkPhysicalDeviceShaderAtomicFloatFeaturesEXT atomic_float;
    VkPhysicalDeviceRobustness2FeaturesEXT robustness2;
    VkPhysicalDeviceShaderSubgroupUniformControlFlowFeaturesKHR uniform_flow;
    VkPhysicalDeviceShaderMaximalReconvergenceFeaturesKHR reconvergence;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceHostQueryResetFeatures query_reset;
} Switches;

// clang-format off
/* A validation layer older than an extension takes its use for an error. */
enum { SINCE_RECONVERGENCE = VK_MAKE_API_VERSION(0, 1, 3, 276) };
enum { V11 = VK_API_VERSION_1_1, V12 = VK_API_VERSION_1_2, V13 = VK_API_VERSION_1_3, NEVER = 0 };

/* The struct at `offset` is on the chain if the extension is there; offset 0: it has none. `since`
 * matters for those that are younger than the validation layers about. */
#define WITH(member, type) offsetof(Switches, member), VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_##type
#define NONE               0, (VkStructureType)0
static const struct { const char *name; uint32_t core; size_t offset; VkStructureType type; uint32_t since; } extensions[] = {
    {VK_KHR_16BIT_STORAGE_EXTENSION_NAME,                 V11, WITH(storage16, 16BIT_STORAGE_FEATURES), 0},
    {VK_KHR_8BIT_STORAGE_EXTENSION_NAME,                  V12, WITH(storage8, 8BIT_STORAGE_FEATURES), 0},
    {VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME,           V12, WITH(small, SHADER_FLOAT16_INT8_FEATURES), 0},
    {VK_KHR_UNIFORM_BUFFER_STANDARD_LAYOUT_EXTENSION_NAME, V12, WITH(layout, UNIFORM_BUFFER_STANDARD_LAYOUT_FEATURES), 0},
    {VK_KHR_SHADER_SUBGROUP_EXTENDED_TYPES_EXTENSION_NAME, V12, WITH(subgroup_types, SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES), 0},
    {VK_KHR_SHADER_ATOMIC_INT64_EXTENSION_NAME,           V12, WITH(atomic_int64, SHADER_ATOMIC_INT64_FEATURES), 0},
    {VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME,           V12, WITH(memory_model, VULKAN_MEMORY_MODEL_FEATURES), 0},
    {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME,            V12, WITH(timeline, TIMELINE_SEMAPHORE_FEATURES), 0},
    {VK_EXT_HOST_QUERY_RESET_EXTENSION_NAME,              V12, WITH(query_reset, HOST_QUERY_RESET_FEATURES), 0},
    {VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME,         V12, NONE, 0},
    {VK_KHR_SPIRV_1_4_EXTENSION_NAME,                     V12, NONE, 0},
    {VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME,             V12, NONE, 0},
    {VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME,         V13, WITH(subgroup_size, SUBGROUP_SIZE_CONTROL_FEATURES), 0},
    {VK_KHR_ZERO_INITIALIZE_WORKGROUP_MEMORY_EXTENSION_NAME, V13, WITH(zero_shared, ZERO_INITIALIZE_WORKGROUP_MEMORY_FEATURES), 0},
    {VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME,    V13, WITH(dot, SHADER_INTEGER_DOT_PRODUCT_FEATURES), 0},
    {VK_KHR_SHADER_NON_SEMANTIC_INFO_EXTENSION_NAME,      V13, NONE, 0},
    {VK_EXT_SHADER_ATOMIC_FLOAT_EXTENSION_NAME,           NEVER, WITH(atomic_float, SHADER_ATOMIC_FLOAT_FEATURES_EXT), 0},
    {VK_EXT_ROBUSTNESS_2_EXTENSION_NAME,                  NEVER, WITH(robustness2, ROBUSTNESS_2_FEATURES_EXT), 0},
    {VK_KHR_SHADER_SUBGROUP_UNIFORM_CONTROL_FLOW_EXTENSION_NAME, NEVER, WITH(uniform_flow, SHADER_SUBGROUP_UNIFORM_CONTROL_FLOW_FEATURES_KHR), 0},
    {VK_KHR_SHADER_MAXIMAL_RECONVERGENCE_EXTENSION_NAME,  NEVER, WITH(reconvergence, SHADER_MAXIMAL_RECONVERGENCE_FEATURES_KHR), SINCE_RECONVERGENCE},
    {"VK_KHR_portability_subset",                         NEVER, NONE, 0}, /* must be enabled where it is */
};
enum { EXTENSION_COUNT = sizeof extensions / sizeof extensions[0] };
_Static_assert(EXTENSION_COUNT <= 32, "RvkAdapter.extensions has a bit for each");

/* A feature is there if all its switches are. */
static const struct { VtgFeature feature; size_t offset; } switches[] = {
    {VTG_FEATURE_INT16,                   offsetof(Switches, core.features.shaderInt16)},
    {VTG_FEATURE_INT64,                   offsetof(Switches, core.features.shaderInt64)},
    {VTG_FEATURE_FLOAT64,                 offsetof(Switches, core.features.shaderFloat64)},
    {VTG_FEATURE_INT8,                    offsetof(Switches, small.shaderInt8)},
    {VTG_FEATURE_FLOAT16,                 offsetof(Switches, small.shaderFloat16)},
    {VTG_FEATURE_STORAGE8,                offsetof(Switches, storage8.storageBuffer8BitAccess)},
    {VTG_FEATURE_UNIFORM8,                offsetof(Switches, storage8.uniformAndStorageBuffer8BitAccess)},
    {VTG_FEATURE_VALUES8,                 offsetof(Switches, storage8.storagePushConstant8)},
    {VTG_FEATURE_STORAGE16,               offsetof(Switches, storage16.storageBuffer16BitAccess)},
    {VTG_FEATURE_UNIFORM16,               offsetof(Switches, storage16.uniformAndStorageBuffer16BitAccess)},
    {VTG_FEATURE_VALUES16,                offsetof(Switches, storage16.storagePushConstant16)},
    {VTG_FEATURE_UNIFORM_STD430,          offsetof(Switches, layout.uniformBufferStandardLayout)},
    {VTG_FEATURE_SUBGROUP_EXTENDED_TYPES, offsetof(Switches, subgroup_types.shaderSubgroupExtendedTypes)},
    {VTG_FEATURE_SUBGROUP_SIZE_CONTROL,   offsetof(Switches, subgroup_size.subgroupSizeControl)},
    {VTG_FEATURE_SUBGROUP_SIZE_CONTROL,   offsetof(Switches, subgroup_size.computeFullSubgroups)},
    {VTG_FEATURE_SUBGROUP_UNIFORM_FLOW,   offsetof(Switches, uniform_flow.shaderSubgroupUniformControlFlow)},
    {VTG_FEATURE_MAXIMAL_RECONVERGENCE,   offsetof(Switches, reconvergence.shaderMaximalReconvergence)},
    {VTG_FEATURE_BUFFER_ATOMICS_INT64,    offsetof(Switches, atomic_int64.shaderBufferInt64Atomics)},
    {VTG_FEATURE_SHARED_ATOMICS_INT64,    offsetof(Switches, atomic_int64.shaderSharedInt64Atomics)},
    {VTG_FEATURE_BUFFER_ATOMIC_ADD_F32,   offsetof(Switches, atomic_float.shaderBufferFloat32AtomicAdd)},
    {VTG_FEATURE_BUFFER_ATOMIC_ADD_F32,   offsetof(Switches, atomic_float.shaderBufferFloat32Atomics)},
    {VTG_FEATURE_SHARED_ATOMIC_ADD_F32,   offsetof(Switches, atomic_float.shaderSharedFloat32AtomicAdd)},
    {VTG_FEATURE_SHARED_ATOMIC_ADD_F32,   offsetof(Switches, atomic_float.shaderSharedFloat32Atomics)},
    {VTG_FEATURE_MEMORY_MODEL,            offsetof(Switches, memory_model.vulkanMemoryModel)},
    {VTG_FEATURE_MEMORY_MODEL,            offsetof(Switches, memory_model.vulkanMemoryModelDeviceScope)},
    {VTG_FEATURE_ZERO_INIT_SHARED,        offsetof(Switches, zero_shared.shaderZeroInitializeWorkgroupMemory)},
    {VTG_FEATURE_INTEGER_DOT_PRODUCT,     offsetof(Switches, dot.shaderIntegerDotProduct)},
    {VTG_FEATURE_NULL_DESCRIPTOR,         offsetof(Switches, robustness2.nullDescriptor)},
};
enum { SWITCH_COUNT = sizeof switches / sizeof switches[0] };

/* Properties of VK_KHR_shader_float_controls. */
static const struct { VtgFeature feature; size_t offset; } float_properties[] = {
    {VTG_FEATURE_NAN_PRESERVE_F16, offsetof(VkPhysicalDeviceFloatControlsProperties, shaderSignedZeroInfNanPreserveFloat16)},
    {VTG_FEATURE_NAN_PRESERVE_F32, offsetof(VkPhysicalDeviceFloatControlsProperties, shaderSignedZeroInfNanPreserveFloat32)},
    {VTG_FEATURE_NAN_PRESERVE_F64, offsetof(VkPhysicalDeviceFloatControlsProperties, shaderSignedZeroInfNanPreserveFloat64)},
};
// clang-format on

static VkBool32 *bool_at(void *base, size_t offset) {
    return (VkBool32 *)((char *)base + offset);
}

bool rvk_has(const RvkAdapter *adapter, const char *name) {
    for (uint32_t i = 0; i < EXTENSION_COUNT; i++) {
        if (strcmp(extensions[i].name, name) == 0) {
            return (adapter->extensions >> i & 1) != 0;
        }
    }
    return false;
}

static bool is_core(const RvkAdapter *adapter, uint32_t row) {
    return extensions[row].core != NEVER && adapter->version >= extensions[row].core;
}

static VtgStatus find_extensions(RvkContext *context, RvkAdapter *adapter) {
    const VtgInstance *instance = context->base.instance;
    uint32_t count = 0;
    VkResult result =
        context->fn.EnumerateDeviceExtensionProperties(adapter->handle, NULL, &count, NULL);
    uint32_t room = count;
    VkExtensionProperties *list = NULL;
    if (result == VK_SUCCESS && count != 0) {
        list = rt_alloc_array(instance, room, sizeof *list);
        if (!list) {
            return rt_no_memory(instance, "a list of extensions");
        }
        result =
            context->fn.EnumerateDeviceExtensionProperties(adapter->handle, NULL, &count, list);
    }
    for (uint32_t row = 0; row < EXTENSION_COUNT; row++) {
        bool found = is_core(adapter, row);
        for (uint32_t i = 0; i < count && list && !found; i++) {
            found = strcmp(list[i].extensionName, extensions[row].name) == 0;
        }
        if (found && extensions[row].since > context->layer_version && context->layer_version) {
            rt_log(instance, VTG_LOG_INFO, "vulkan: the validation layer is too old for %s",
                   extensions[row].name);
            found = false;
        }
        adapter->extensions |= (uint32_t)found << row;
    }
    rt_free(instance, list, room * sizeof *list);
    return result >= 0 ? VTG_OK
                       : rvk_fail(instance, result, "vkEnumerateDeviceExtensionProperties");
}

/* All structs that the device understands, linked, with every switch off. */
static void chain(const RvkAdapter *adapter, Switches *all) {
    memset(all, 0, sizeof *all);
    all->core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    VkBaseOutStructure *last = (VkBaseOutStructure *)&all->core;
    for (uint32_t i = 0; i < EXTENSION_COUNT; i++) {
        if (extensions[i].offset != 0 && (adapter->extensions >> i & 1)) {
            VkBaseOutStructure *next = (VkBaseOutStructure *)((char *)all + extensions[i].offset);
            next->sType = extensions[i].type;
            last->pNext = next;
            last = next;
        }
    }
}

VtgStatus rvk_features_find(RvkContext *context, RvkAdapter *adapter) {
    VtgStatus status = find_extensions(context, adapter);
    if (status != VTG_OK) {
        return status;
    }
    Switches all;
    chain(adapter, &all);
    context->fn.GetPhysicalDeviceFeatures2(adapter->handle, &all.core);
    uint64_t on = 0, off = 0;
    for (uint32_t i = 0; i < SWITCH_COUNT; i++) {
        uint64_t bit = VTG_FEATURE_BIT(switches[i].feature);
        *(*bool_at(&all, switches[i].offset) ? &on : &off) |= bit;
    }
    uint64_t features = on & ~off;
    adapter->has_timeline = all.timeline.timelineSemaphore;
    adapter->has_query_reset = all.query_reset.hostQueryReset && adapter->version >= V12;

    if (rvk_has(adapter, VK_KHR_SHADER_NON_SEMANTIC_INFO_EXTENSION_NAME)) {
        features |= VTG_FEATURE_BIT(VTG_FEATURE_NONSEMANTIC_INFO);
    }
    if (rvk_has(adapter, VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME)) {
        features |= VTG_FEATURE_BIT(VTG_FEATURE_FLOAT_CONTROLS);
        VkPhysicalDeviceFloatControlsProperties controls = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
        VkPhysicalDeviceProperties2 properties = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &controls};
        context->fn.GetPhysicalDeviceProperties2(adapter->handle, &properties);
        for (size_t i = 0; i < sizeof float_properties / sizeof float_properties[0]; i++) {
            if (*bool_at(&controls, float_properties[i].offset)) {
                features |= VTG_FEATURE_BIT(float_properties[i].feature);
            }
        }
    }
    adapter->base.info.features |= features;
    return VTG_OK;
}

VkResult rvk_device_make(RvkContext *context, RvkAdapter *adapter, VkDevice *device) {
    Switches all;
    chain(adapter, &all);
    for (uint32_t i = 0; i < SWITCH_COUNT; i++) {
        *bool_at(&all, switches[i].offset) =
            (adapter->base.info.features & VTG_FEATURE_BIT(switches[i].feature)) != 0;
    }
    all.timeline.timelineSemaphore = adapter->has_timeline;
    all.query_reset.hostQueryReset = adapter->has_query_reset;
    const char *names[EXTENSION_COUNT];
    uint32_t name_count = 0;
    for (uint32_t i = 0; i < EXTENSION_COUNT; i++) {
        if ((adapter->extensions >> i & 1) && !is_core(adapter, i)) {
            names[name_count++] = extensions[i].name;
        }
    }
    const float priorities[RT_QUEUES] = {1.0F, 1.0F};
    const bool same = adapter->families[0] == adapter->families[1];
    VkDeviceQueueCreateInfo queues[RT_QUEUES];
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        queues[i] = (VkDeviceQueueCreateInfo){
            .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
            .queueFamilyIndex = adapter->families[i],
            .queueCount = same ? adapter->base.info.queues : 1,
            .pQueuePriorities = priorities,
        };
    }
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &all.core,
        .queueCreateInfoCount = same ? 1 : RT_QUEUES,
        .pQueueCreateInfos = queues,
        .enabledExtensionCount = name_count,
        .ppEnabledExtensionNames = names,
    };
    return context->fn.CreateDevice(adapter->handle, &info, NULL, device);
}
