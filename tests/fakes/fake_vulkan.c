/* fake_vulkan.c: a Vulkan driver that makes objects, counts them, and runs nothing. Each call that can fail is counted,
 * and one of them fails as fake_driver.h says. Two devices, each with a family that computes and one for transfers
 * alone; memory of the device that the host does not see, and memory of the host. */
#define VK_NO_PROTOTYPES 1
#include <vulkan/vulkan_core.h>

#include "fake_objects.h"

/* ---- Failing ---- */

static VkResult result_of(const char *name) {
    return fails(name) ? (VkResult)fake_driver.error : VK_SUCCESS;
}

/* ---- Objects ---- */

static VkResult make(const char *name, void *out) {
    VkResult result = result_of(name);
    void *object = result == VK_SUCCESS ? object_new(name) : (void *)(uintptr_t)0xbad;
    memcpy(out, &object, sizeof object);
    return result;
}

#define MAKES(name, Info, Handle)                                                                  \
    static VKAPI_ATTR VkResult VKAPI_CALL fake_Create##name(                                       \
        VkDevice device, const Info *info, const VkAllocationCallbacks *allocator, Handle *out) {  \
        (void)device, (void)info, (void)allocator;                                                 \
        return make("Create" #name, out);                                                          \
    }                                                                                              \
    static VKAPI_ATTR void VKAPI_CALL fake_Destroy##name(VkDevice device, Handle handle,           \
                                                         const VkAllocationCallbacks *allocator) { \
        (void)device, (void)allocator;                                                             \
        destroy("Create" #name, handle);                                                           \
    }

MAKES(DescriptorPool, VkDescriptorPoolCreateInfo, VkDescriptorPool)
MAKES(DescriptorSetLayout, VkDescriptorSetLayoutCreateInfo, VkDescriptorSetLayout)
MAKES(Fence, VkFenceCreateInfo, VkFence)
MAKES(PipelineLayout, VkPipelineLayoutCreateInfo, VkPipelineLayout)
MAKES(QueryPool, VkQueryPoolCreateInfo, VkQueryPool)
MAKES(Semaphore, VkSemaphoreCreateInfo, VkSemaphore)
MAKES(ShaderModule, VkShaderModuleCreateInfo, VkShaderModule)

/* ---- Instance and devices ---- */

static char devices[2]; /* their addresses are the handles */

static VKAPI_ATTR VkResult VKAPI_CALL fake_EnumerateInstanceVersion(uint32_t *version) {
    *version = VK_API_VERSION_1_3;
    return result_of("EnumerateInstanceVersion");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_EnumerateInstanceExtensionProperties(
    const char *layer, uint32_t *count, VkExtensionProperties *list) {
    (void)layer, (void)list;
    *count = 0;
    return result_of("EnumerateInstanceExtensionProperties");
}

static VKAPI_ATTR VkResult VKAPI_CALL
fake_EnumerateInstanceLayerProperties(uint32_t *count, VkLayerProperties *list) {
    (void)list;
    *count = 0;
    return result_of("EnumerateInstanceLayerProperties");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_CreateInstance(const VkInstanceCreateInfo *info,
                                                          const VkAllocationCallbacks *allocator,
                                                          VkInstance *out) {
    (void)info, (void)allocator;
    return make("CreateInstance", out);
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyInstance(VkInstance handle,
                                                       const VkAllocationCallbacks *allocator) {
    (void)allocator;
    destroy("CreateInstance", handle);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_EnumeratePhysicalDevices(VkInstance instance,
                                                                    uint32_t *count,
                                                                    VkPhysicalDevice *list) {
    (void)instance;
    *count = 2;
    for (uint32_t i = 0; i < *count && list; i++) {
        list[i] = (VkPhysicalDevice)(void *)&devices[i];
    }
    return result_of("EnumeratePhysicalDevices");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_EnumerateDeviceExtensionProperties(
    VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list) {
    (void)device, (void)layer;
    *count = 1;
    if (list) {
        strcpy(list[0].extensionName, VK_EXT_ROBUSTNESS_2_EXTENSION_NAME);
    }
    return result_of("EnumerateDeviceExtensionProperties");
}

static VKAPI_ATTR void VKAPI_CALL fake_GetPhysicalDeviceFeatures2(VkPhysicalDevice device,
                                                                  VkPhysicalDeviceFeatures2 *to) {
    (void)device;
    for (VkBaseOutStructure *at = to->pNext; at; at = at->pNext) {
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES) {
            ((VkPhysicalDeviceTimelineSemaphoreFeatures *)(void *)at)->timelineSemaphore = VK_TRUE;
        } else if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_HOST_QUERY_RESET_FEATURES) {
            ((VkPhysicalDeviceHostQueryResetFeatures *)(void *)at)->hostQueryReset = VK_TRUE;
        }
    }
}

static VKAPI_ATTR void VKAPI_CALL fake_GetPhysicalDeviceMemoryProperties(
    VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *to) {
    (void)device;
    memset(to, 0, sizeof *to);
    to->memoryTypeCount = 3;
    to->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    to->memoryTypes[1].propertyFlags =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    to->memoryTypes[2].propertyFlags =
        to->memoryTypes[1].propertyFlags | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    to->memoryHeapCount = 1;
    to->memoryHeaps[0] = (VkMemoryHeap){(VkDeviceSize)1 << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
}

static VKAPI_ATTR void VKAPI_CALL fake_GetPhysicalDeviceProperties(VkPhysicalDevice device,
                                                                   VkPhysicalDeviceProperties *to) {
    memset(to, 0, sizeof *to);
    to->apiVersion = VK_API_VERSION_1_3;
    to->vendorID = 0x10005;
    to->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    strcpy(to->deviceName, (void *)device == &devices[0] ? "fake 0" : "fake 1");
    VkPhysicalDeviceLimits *limits = &to->limits;
    for (int i = 0; i < 3; i++) {
        limits->maxComputeWorkGroupSize[i] = 64;
        limits->maxComputeWorkGroupCount[i] = 65535;
    }
    limits->maxComputeWorkGroupInvocations = 256;
    limits->maxComputeSharedMemorySize = 16384;
    limits->maxPerStageDescriptorStorageBuffers = limits->maxDescriptorSetStorageBuffers = 16;
    limits->maxPushConstantsSize = 128;
    limits->maxUniformBufferRange = 16384;
    limits->minStorageBufferOffsetAlignment = limits->minUniformBufferOffsetAlignment = 16;
    limits->maxStorageBufferRange = 1 << 27;
    limits->timestampPeriod = 1.0F;
}

static VKAPI_ATTR void VKAPI_CALL
fake_GetPhysicalDeviceProperties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *to) {
    fake_GetPhysicalDeviceProperties(device, &to->properties);
    for (VkBaseOutStructure *at = to->pNext; at; at = at->pNext) {
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES) {
            ((VkPhysicalDeviceMaintenance3Properties *)(void *)at)->maxMemoryAllocationSize =
                (VkDeviceSize)1 << 30;
        }
    }
}

static VKAPI_ATTR void VKAPI_CALL fake_GetPhysicalDeviceQueueFamilyProperties(
    VkPhysicalDevice device, uint32_t *count, VkQueueFamilyProperties *to) {
    (void)device;
    static const VkQueueFamilyProperties families[] = {
        {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 1, 64, {1, 1, 1}},
        {VK_QUEUE_TRANSFER_BIT, 1, 36, {1, 1, 1}},
    };
    *count = 2;
    memcpy(to, families, sizeof families);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_CreateDevice(VkPhysicalDevice physical,
                                                        const VkDeviceCreateInfo *info,
                                                        const VkAllocationCallbacks *allocator,
                                                        VkDevice *out) {
    (void)physical, (void)allocator;
    fake_driver.mistakes += info->queueCreateInfoCount != 2;
    return make("CreateDevice", out);
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyDevice(VkDevice handle,
                                                     const VkAllocationCallbacks *allocator) {
    (void)allocator;
    destroy("CreateDevice", handle);
}

static VKAPI_ATTR void VKAPI_CALL fake_GetDeviceQueue(VkDevice device, uint32_t family,
                                                      uint32_t index, VkQueue *out) {
    static char queues[2];
    (void)device;
    fake_driver.mistakes += family > 1 || index != 0;
    *out = (VkQueue)(void *)&queues[family & 1];
}

/* ---- Memory and buffers ---- */

static VKAPI_ATTR VkResult VKAPI_CALL fake_CreateBuffer(VkDevice device,
                                                        const VkBufferCreateInfo *info,
                                                        const VkAllocationCallbacks *allocator,
                                                        VkBuffer *out) {
    (void)device, (void)allocator;
    VkResult result = make("CreateBuffer", out);
    if (result == VK_SUCCESS) {
        ((Object *)(void *)*out)->size = info->size;
        fake_driver.mistakes += info->size == 0 || info->queueFamilyIndexCount != 2;
    }
    return result;
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyBuffer(VkDevice device, VkBuffer handle,
                                                     const VkAllocationCallbacks *allocator) {
    (void)device, (void)allocator;
    destroy("CreateBuffer", handle);
}

static VKAPI_ATTR void VKAPI_CALL fake_GetBufferMemoryRequirements(VkDevice device, VkBuffer buffer,
                                                                   VkMemoryRequirements *to) {
    (void)device;
    *to =
        (VkMemoryRequirements){(((Object *)(void *)buffer)->size + 15) & ~(VkDeviceSize)15, 16, 7};
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_AllocateMemory(VkDevice device,
                                                          const VkMemoryAllocateInfo *info,
                                                          const VkAllocationCallbacks *allocator,
                                                          VkDeviceMemory *out) {
    (void)device, (void)allocator;
    VkResult result = make("AllocateMemory", out);
    if (result == VK_SUCCESS) {
        ((Object *)(void *)*out)->bytes = calloc(1, (size_t)info->allocationSize);
    }
    return result;
}

static VKAPI_ATTR void VKAPI_CALL fake_FreeMemory(VkDevice device, VkDeviceMemory handle,
                                                  const VkAllocationCallbacks *allocator) {
    (void)device, (void)allocator;
    destroy("AllocateMemory", handle);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_BindBufferMemory(VkDevice device, VkBuffer buffer,
                                                            VkDeviceMemory memory,
                                                            VkDeviceSize offset) {
    (void)device, (void)buffer, (void)memory, (void)offset;
    return result_of("BindBufferMemory");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_MapMemory(VkDevice device, VkDeviceMemory memory,
                                                     VkDeviceSize offset, VkDeviceSize size,
                                                     VkMemoryMapFlags flags, void **out) {
    (void)device, (void)offset, (void)size, (void)flags;
    *out = ((Object *)(void *)memory)->bytes;
    return result_of("MapMemory");
}

/* ---- Pipelines ---- */

static VKAPI_ATTR VkResult VKAPI_CALL
fake_CreatePipelineCache(VkDevice device, const VkPipelineCacheCreateInfo *info,
                         const VkAllocationCallbacks *allocator, VkPipelineCache *out) {
    (void)device, (void)allocator;
    fake_driver.cache_begin = (unsigned)info->initialDataSize;
    return make("CreatePipelineCache", out);
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyPipelineCache(
    VkDevice device, VkPipelineCache handle, const VkAllocationCallbacks *allocator) {
    (void)device, (void)allocator;
    destroy("CreatePipelineCache", handle);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_CreateComputePipelines(
    VkDevice device, VkPipelineCache cache, uint32_t count, const VkComputePipelineCreateInfo *info,
    const VkAllocationCallbacks *allocator, VkPipeline *out) {
    (void)device, (void)cache, (void)info, (void)allocator;
    fake_driver.mistakes += count != 1;
    return make("CreateComputePipelines", out);
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyPipeline(VkDevice device, VkPipeline handle,
                                                       const VkAllocationCallbacks *allocator) {
    (void)device, (void)allocator;
    destroy("CreateComputePipelines", handle);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_GetPipelineCacheData(VkDevice device,
                                                                VkPipelineCache cache, size_t *size,
                                                                void *data) {
    static const char bytes[100] = "what a driver keeps";
    (void)device, (void)cache;
    if (data) {
        memcpy(data, bytes, *size < sizeof bytes ? *size : sizeof bytes);
    }
    *size = sizeof bytes;
    return result_of("GetPipelineCacheData");
}

/* ---- Commands ---- */

/* A pool and its one list are the same object; its size is the family. */
static VKAPI_ATTR VkResult VKAPI_CALL fake_CreateCommandPool(VkDevice device,
                                                             const VkCommandPoolCreateInfo *info,
                                                             const VkAllocationCallbacks *allocator,
                                                             VkCommandPool *out) {
    (void)device, (void)allocator;
    VkResult result = make("CreateCommandPool", out);
    if (result == VK_SUCCESS) {
        ((Object *)(void *)*out)->size = info->queueFamilyIndex;
    }
    return result;
}

static VKAPI_ATTR void VKAPI_CALL fake_DestroyCommandPool(VkDevice device, VkCommandPool handle,
                                                          const VkAllocationCallbacks *allocator) {
    (void)device, (void)allocator;
    destroy("CreateCommandPool", handle);
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_AllocateCommandBuffers(
    VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *out) {
    (void)device;
    *out = (VkCommandBuffer)(void *)info->commandPool; /* which owns it */
    return result_of("AllocateCommandBuffers");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_AllocateDescriptorSets(
    VkDevice device, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *out) {
    (void)device;
    *out = (VkDescriptorSet)(void *)info->descriptorPool;
    return result_of("AllocateDescriptorSets");
}

static VKAPI_ATTR VkResult VKAPI_CALL
fake_BeginCommandBuffer(VkCommandBuffer buffer, const VkCommandBufferBeginInfo *info) {
    (void)buffer, (void)info;
    return result_of("BeginCommandBuffer");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_EndCommandBuffer(VkCommandBuffer buffer) {
    (void)buffer;
    return result_of("EndCommandBuffer");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_ResetCommandPool(VkDevice device, VkCommandPool pool,
                                                            VkCommandPoolResetFlags flags) {
    (void)device, (void)flags;
    ((Object *)(void *)pool)->parent = NULL;
    return result_of("ResetCommandPool");
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_ResetDescriptorPool(VkDevice device,
                                                               VkDescriptorPool pool,
                                                               VkDescriptorPoolResetFlags flags) {
    (void)device, (void)pool, (void)flags;
    return result_of("ResetDescriptorPool");
}

static VKAPI_ATTR void VKAPI_CALL fake_CmdNothing(void) {}

/* Queries are to be reset before they are written: in the list, where the queue computes, or by the host. */
static VKAPI_ATTR void VKAPI_CALL fake_CmdResetQueryPool(VkCommandBuffer buffer, VkQueryPool pool,
                                                         uint32_t first, uint32_t count) {
    const Object *list = (Object *)(void *)buffer;
    fake_driver.mistakes += list->size != 0 || first != 0 || count != 128;
    ((Object *)(void *)pool)->value = 1;
}

static VKAPI_ATTR void VKAPI_CALL fake_ResetQueryPool(VkDevice device, VkQueryPool pool,
                                                      uint32_t first, uint32_t count) {
    (void)device;
    fake_driver.mistakes += first != 0 || count != 128;
    ((Object *)(void *)pool)->value = 1;
}

static VKAPI_ATTR void VKAPI_CALL fake_CmdWriteTimestamp(VkCommandBuffer buffer,
                                                         VkPipelineStageFlagBits stage,
                                                         VkQueryPool pool, uint32_t query) {
    Object *list = (Object *)(void *)buffer, *queries = (Object *)(void *)pool;
    (void)stage;
    fake_driver.mistakes += query >= 128 || (list->size == 0 && queries->value == 0);
    list->parent = queries; /* what it writes when it runs */
}

/* ---- Queue ---- */

static VKAPI_ATTR VkResult VKAPI_CALL fake_ResetFences(VkDevice device, uint32_t count,
                                                       const VkFence *fences) {
    (void)device;
    VkResult result = result_of("ResetFences");
    for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++) {
        ((Object *)(void *)fences[i])->value = 0;
    }
    return result;
}

/* Everything runs at once, and what it waits for must have run; only the fences may be slow. */
static VKAPI_ATTR VkResult VKAPI_CALL fake_QueueSubmit(VkQueue queue, uint32_t count,
                                                       const VkSubmitInfo *info, VkFence fence) {
    (void)queue;
    VkResult result = result_of("QueueSubmit");
    const VkTimelineSemaphoreSubmitInfo *timeline = info->pNext;
    if (result != VK_SUCCESS) {
        return result;
    }
    fake_driver.mistakes += count != 1 || !timeline || ((Object *)(void *)fence)->value != 0;
    Object *list = (Object *)(void *)info->pCommandBuffers[0];
    if (list->parent && list->size != 0) {
        fake_driver.mistakes += list->parent->value == 0;
        list->parent->value = 0;
    }
    for (uint32_t i = 0; i < info->waitSemaphoreCount && timeline; i++) {
        const Object *semaphore = (Object *)(void *)info->pWaitSemaphores[i];
        fake_driver.mistakes += semaphore->value < timeline->pWaitSemaphoreValues[i];
        fake_driver.waits++;
    }
    for (uint32_t i = 0; i < info->signalSemaphoreCount && timeline; i++) {
        Object *semaphore = (Object *)(void *)info->pSignalSemaphores[i];
        fake_driver.mistakes += semaphore->value >= timeline->pSignalSemaphoreValues[i];
        semaphore->value = timeline->pSignalSemaphoreValues[i];
    }
    ((Object *)(void *)fence)->value = 1;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_GetFenceStatus(VkDevice device, VkFence fence) {
    (void)device;
    VkResult result = result_of("GetFenceStatus");
    bool ended = ((Object *)(void *)fence)->value && !fake_driver.is_slow;
    return result == VK_SUCCESS && !ended ? VK_NOT_READY : result;
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_WaitForFences(VkDevice device, uint32_t count,
                                                         const VkFence *fences, VkBool32 all,
                                                         uint64_t timeout) {
    (void)device, (void)count, (void)all, (void)fences;
    VkResult result = result_of("WaitForFences");
    if (timeout == UINT64_MAX) {
        fake_driver.is_slow = 0;
    }
    return result == VK_SUCCESS && fake_driver.is_slow ? VK_TIMEOUT : result;
}

static VKAPI_ATTR VkResult VKAPI_CALL fake_GetQueryPoolResults(VkDevice device, VkQueryPool pool,
                                                               uint32_t first, uint32_t count,
                                                               size_t size, void *data,
                                                               VkDeviceSize stride,
                                                               VkQueryResultFlags flags) {
    (void)device, (void)pool, (void)first, (void)stride, (void)flags;
    for (uint32_t i = 0; i < count && (i + 1) * 8 <= size; i++) {
        ((uint64_t *)data)[i] = 1000 + 10 * i;
    }
    return result_of("GetQueryPoolResults");
}

/* ---- Finding functions ---- */

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL fake_GetDeviceProcAddr(VkDevice device,
                                                                       const char *name);

// clang-format off
#define FOUND(name) {"vk" #name, (PFN_vkVoidFunction)fake_##name}
#define NOTHING(name) {"vk" #name, (PFN_vkVoidFunction)fake_CmdNothing}
static const struct { const char *name; PFN_vkVoidFunction function; } functions[] = {
    FOUND(CreateInstance), FOUND(EnumerateInstanceVersion), FOUND(EnumerateInstanceExtensionProperties),
    FOUND(EnumerateInstanceLayerProperties), FOUND(DestroyInstance), FOUND(EnumeratePhysicalDevices),
    FOUND(EnumerateDeviceExtensionProperties), FOUND(GetPhysicalDeviceFeatures2),
    FOUND(GetPhysicalDeviceMemoryProperties), FOUND(GetPhysicalDeviceProperties),
    FOUND(GetPhysicalDeviceProperties2), FOUND(GetPhysicalDeviceQueueFamilyProperties),
    FOUND(GetDeviceProcAddr), FOUND(CreateDevice), FOUND(DestroyDevice), FOUND(GetDeviceQueue),
    FOUND(CreateBuffer), FOUND(DestroyBuffer), FOUND(GetBufferMemoryRequirements), FOUND(AllocateMemory),
    FOUND(FreeMemory), FOUND(BindBufferMemory), FOUND(MapMemory),
    FOUND(CreateShaderModule), FOUND(DestroyShaderModule), FOUND(CreateDescriptorSetLayout),
    FOUND(DestroyDescriptorSetLayout), FOUND(CreatePipelineLayout), FOUND(DestroyPipelineLayout),
    FOUND(CreatePipelineCache), FOUND(DestroyPipelineCache), FOUND(GetPipelineCacheData),
    FOUND(CreateComputePipelines), FOUND(DestroyPipeline), FOUND(CreateDescriptorPool),
    FOUND(DestroyDescriptorPool), FOUND(ResetDescriptorPool), FOUND(AllocateDescriptorSets),
    FOUND(CreateCommandPool), FOUND(DestroyCommandPool), FOUND(ResetCommandPool),
    FOUND(AllocateCommandBuffers), FOUND(BeginCommandBuffer), FOUND(EndCommandBuffer),
    FOUND(CreateQueryPool), FOUND(DestroyQueryPool), FOUND(GetQueryPoolResults),
    FOUND(CreateFence), FOUND(DestroyFence), FOUND(ResetFences), FOUND(GetFenceStatus), FOUND(WaitForFences),
    FOUND(CreateSemaphore), FOUND(DestroySemaphore), FOUND(QueueSubmit),
    NOTHING(CmdBindDescriptorSets), NOTHING(CmdBindPipeline), NOTHING(CmdCopyBuffer), NOTHING(CmdDispatch),
    NOTHING(CmdDispatchIndirect), NOTHING(CmdFillBuffer), NOTHING(CmdPipelineBarrier), NOTHING(CmdPushConstants),
    FOUND(CmdResetQueryPool), FOUND(ResetQueryPool), FOUND(CmdWriteTimestamp), NOTHING(UpdateDescriptorSets),
};
// clang-format on

static PFN_vkVoidFunction find(const char *name) {
    if (fake_driver.missing && strcmp(name, fake_driver.missing) == 0) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return functions[i].function;
        }
    }
    return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL fake_GetDeviceProcAddr(VkDevice device,
                                                                       const char *name) {
    (void)device;
    return find(name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance,
                                                               const char *name);

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance,
                                                               const char *name) {
    (void)instance;
    return find(name);
}
