/* rt_vulkan.h: what the parts of the Vulkan API share. Only rt_vulkan*.c include it.
 *
 * rt_vulkan.c           loader, instance, devices, results
 * rt_vulkan_features.c  which features a device has, and how they are enabled
 * rt_vulkan_buffer.c    memory and buffers
 * rt_vulkan_kernel.c    pipelines
 * rt_vulkan_cache.c     what the driver compiled, kept for the next process
 * rt_vulkan_commands.c  command buffers, descriptors, queries
 * rt_vulkan_queue.c     submission, fences, timestamps
 *
 * Vulkan 1.1 is the least. Every function is looked up at run time: nothing links against Vulkan. */
#ifndef VITTE_RT_VULKAN_H
#define VITTE_RT_VULKAN_H

#include "rt.h"

#define VK_NO_PROTOTYPES 1
#include <vulkan/vulkan_core.h>

/* ---- Functions ---- */

// clang-format off
#define RVK_GLOBAL_FUNCTIONS(X)                                                                    \
    X(CreateInstance) X(EnumerateInstanceExtensionProperties) X(EnumerateInstanceLayerProperties)

#define RVK_INSTANCE_FUNCTIONS(X)                                                                  \
    X(CreateDevice) X(EnumerateDeviceExtensionProperties)                       \
    X(EnumeratePhysicalDevices) X(GetDeviceProcAddr) X(GetPhysicalDeviceFeatures2)                 \
    X(GetPhysicalDeviceMemoryProperties) X(GetPhysicalDeviceProperties)                            \
    X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceQueueFamilyProperties)

#define RVK_DEVICE_FUNCTIONS(X)                                                                    \
    X(AllocateCommandBuffers) X(AllocateDescriptorSets) X(AllocateMemory) X(BeginCommandBuffer)    \
    X(BindBufferMemory) X(CmdBindDescriptorSets) X(CmdBindPipeline) X(CmdCopyBuffer)               \
    X(CmdDispatch) X(CmdDispatchIndirect) X(CmdFillBuffer) X(CmdPipelineBarrier) X(CmdPushConstants)                      \
    X(CmdResetQueryPool) X(CmdWriteTimestamp) X(CreateBuffer) X(CreateCommandPool)                 \
    X(CreateComputePipelines) X(CreateDescriptorPool) X(CreateDescriptorSetLayout) X(CreateFence)  \
    X(CreatePipelineCache) X(CreatePipelineLayout) X(CreateQueryPool) X(CreateSemaphore) X(CreateShaderModule) X(DestroyBuffer)              \
    X(DestroyCommandPool) X(DestroyDescriptorPool) X(DestroyDescriptorSetLayout)  \
    X(DestroyFence) X(DestroyPipeline) X(DestroyPipelineCache) X(DestroyPipelineLayout) X(DestroyQueryPool)                \
    X(DestroySemaphore) X(DestroyShaderModule) X(EndCommandBuffer) X(FreeMemory) X(GetBufferMemoryRequirements)        \
    X(GetDeviceQueue) X(GetFenceStatus) X(GetPipelineCacheData) X(GetQueryPoolResults) X(MapMemory) X(QueueSubmit)         \
    X(ResetCommandPool) X(ResetDescriptorPool) X(ResetFences) X(UpdateDescriptorSets)              \
    X(WaitForFences)
// clang-format on

#define RVK_POINTER(name) PFN_vk##name name;

/* ---- Objects ---- */

typedef struct RvkContext {
    RtContext base;
    void *library;
    VkInstance handle;
    uint32_t version;       /* of the instance, at most what this code knows */
    uint32_t layer_version; /* of the validation layer; 0: not in use */
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
    VkDebugUtilsMessengerEXT messenger;
    PFN_vkDestroyDebugUtilsMessengerEXT DestroyDebugUtilsMessengerEXT;
    struct {
        RVK_GLOBAL_FUNCTIONS(RVK_POINTER)
        RVK_INSTANCE_FUNCTIONS(RVK_POINTER)
    } fn;
} RvkContext;

typedef struct RvkAdapter {
    RtAdapter base;
    VkPhysicalDevice handle;
    uint32_t version;             /* usable: the lesser of the device's and the instance's */
    uint32_t extensions;          /* bit i: row i of the table in rt_vulkan_features.c is there */
    uint32_t families[RT_QUEUES]; /* of queues; the same where transfers have none of their own */
    bool has_timeline;            /* timeline semaphores, by which queues wait for each other */
    bool has_query_reset;         /* the host resets queries; the function is of Vulkan 1.2 */
    uint64_t timestamp_masks[RT_QUEUES]; /* 0: the queue has none */
    VkPhysicalDeviceMemoryProperties memory;
    VkDeviceSize block_alignment; /* of value blocks in a buffer of either kind */
} RvkAdapter;

/* A buffer and its memory. */
typedef struct RvkMemory {
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *mapped;
    uint64_t size;
} RvkMemory;

typedef struct RvkDescriptorPool {
    VkDescriptorPool handle;
    uint32_t sets, storage, uniform; /* what it has room for */
} RvkDescriptorPool;

/* What a command list is recorded into. Kept by the device and used again: making one costs more than
 * a small dispatch. */
typedef struct RvkRecording {
    struct RvkRecording *next; /* among the device's spare ones */
    VkCommandPool pool;
    VkCommandBuffer handle;
    uint32_t queue;
    VkPipelineStageFlags used;   /* in this list, */
    VkPipelineStageFlags ever;   /* of them those that wait for earlier submissions, */
    VkPipelineStageFlags synced; /* and those that wait for what is before the last barrier */

    RvkDescriptorPool *descriptors;
    uint32_t descriptor_count, descriptor_capacity;
    uint32_t descriptor_current; /* the pool in use, and what is left in it */
    RvkDescriptorPool left;
    VkDescriptorBufferInfo *infos; /* scratch of one dispatch */
    uint32_t info_capacity;

    RvkMemory *blocks; /* value blocks that are uniform or storage buffers */
    uint32_t block_count, block_capacity;
    uint32_t block_current;
    uint64_t block_used; /* bytes of the current one */

    VkQueryPool *queries; /* two timestamps for each operation that is timed */
    uint32_t query_count, query_capacity;
    uint32_t timed; /* operations */
} RvkRecording;

enum { RVK_SPARES = 8, RVK_QUERIES = 128 };

typedef struct RvkDevice {
    VtgDevice base;
    VkDevice handle;
    VkQueue queues[RT_QUEUES];        /* used under base.lock */
    VkSemaphore timelines[RT_QUEUES]; /* at the serial of what has ended; none with one queue */
    bool null_descriptor;
    pthread_mutex_t lock;
    bool has_lock;
    /* under lock: */
    RvkRecording *recordings[RT_QUEUES];
    uint32_t recording_count;
    VkFence fences[RVK_SPARES];
    uint32_t fence_count;
    VkPipelineCache cache; /* made with the first kernel; none: it cannot be had */
    bool has_cache;
    uint64_t cache_hash; /* of what was read from the file */
    struct {
        RVK_DEVICE_FUNCTIONS(RVK_POINTER)
    } fn;
    PFN_vkResetQueryPool ResetQueryPool; /* with has_query_reset */
} RvkDevice;

typedef struct RvkBuffer {
    VtgBuffer base;
    RvkMemory memory;
} RvkBuffer;

typedef struct RvkKernel {
    VtgKernel base;
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipeline pipeline;
} RvkKernel;

typedef struct RvkCommands {
    VtgCommands base;
    RvkRecording *recording;
} RvkCommands;

typedef struct RvkEvent {
    VtgEvent base;
    VkFence fence;
} RvkEvent;

/* Of a value block that is no push constants. */
static inline VkDescriptorType rvk_block_descriptor(const RvkKernel *kernel) {
    return kernel->base.value_block == VTG_VALUES_UNIFORM_BUFFER
               ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER
               : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
}
static inline RvkDevice *rvk_device(VtgDevice *device) {
    return (RvkDevice *)device;
}
static inline RvkAdapter *rvk_adapter(const VtgDevice *device) {
    return (RvkAdapter *)device->adapter;
}

/* Queues of transfers alone cannot reset queries: the host does it when it submits. */
static inline bool rvk_resets_on_host(const VtgDevice *device, uint32_t queue) {
    return rvk_adapter(device)->families[queue] != rvk_adapter(device)->families[0];
}

/* ---- rt_vulkan.c ---- */

/* The status of a failed call, logged as "WHAT: VK_ERROR_...". */
VtgStatus rvk_fail(const VtgInstance *instance, VkResult result, const char *what);

/* ---- rt_vulkan_features.c ---- */

/* Fills adapter->extensions and the features of adapter->base.info, from what the device says. */
VtgStatus rvk_features_find(RvkContext *context, RvkAdapter *adapter);
/* vkCreateDevice() with all of them enabled. */
VkResult rvk_device_make(RvkContext *context, RvkAdapter *adapter, VkDevice *device);
/* Whether the device has this extension, or it is part of the usable version. */
bool rvk_has(const RvkAdapter *adapter, const char *extension);

/* ---- rt_vulkan_buffer.c ---- */

/* Memory of at least `size` bytes, mapped unless it is RT_MEMORY_DEVICE; that is mapped if `map` and
 * the host reads it as fast as its own. `what` is for messages. */
VtgStatus rvk_memory_make(RvkDevice *device, RtMemory kind, uint64_t size, VkBufferUsageFlags usage,
                          bool map, const char *what, RvkMemory *memory);
void rvk_memory_free(RvkDevice *device, RvkMemory *memory);
/* Whether there is memory of the device that the host sees and caches. */
bool rvk_is_unified(const RvkAdapter *adapter);
VtgStatus rvk_buffer_open(VtgBuffer *buffer);
void rvk_buffer_close(VtgBuffer *buffer);

/* ---- rt_vulkan_kernel.c ---- */

VtgStatus rvk_kernel_open(VtgKernel *kernel, const VtgKernelDesc *desc);
void rvk_kernel_close(VtgKernel *kernel);

/* ---- rt_vulkan_cache.c ---- */

/* The device's cache, read from its file when first asked for; VK_NULL_HANDLE: there is none. */
VkPipelineCache rvk_cache(RvkDevice *device);
/* Writes the file if there is anything new, and lets go of the cache. */
void rvk_cache_close(RvkDevice *device);

/* ---- rt_vulkan_commands.c ---- */

void rvk_recording_free(RvkDevice *device, RvkRecording *recording);
VtgStatus rvk_commands_open(VtgCommands *commands);
VtgStatus rvk_commands_reset(VtgCommands *commands);
VtgStatus rvk_commands_finish(VtgCommands *commands);
void rvk_commands_close(VtgCommands *commands);
void rvk_cmd_barrier(VtgCommands *commands);
VtgStatus rvk_cmd_dispatch(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                           const void *block, const RtGroups *groups);
VtgStatus rvk_cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                       VtgBuffer *target, uint64_t target_offset, uint64_t size);
VtgStatus rvk_cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                       uint32_t value);

/* ---- rt_vulkan_queue.c ---- */

VtgStatus rvk_submit(VtgCommands *commands, VtgEvent *event);
VtgStatus rvk_event_wait(VtgEvent *event, uint64_t timeout_ns);
void rvk_event_timings(VtgEvent *event);
void rvk_event_close(VtgEvent *event);

#endif
