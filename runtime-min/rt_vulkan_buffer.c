/* rt_vulkan_buffer.c: memory and buffers. Each buffer has an allocation of its own; a device takes at
 * least 4096 of them. */
#include "rt_vulkan.h"

/* Memory for special purposes, not to be taken by chance. */
#define SPECIAL                                                                                    \
    (VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |                  \
     VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD |     \
     VK_MEMORY_PROPERTY_RDMA_CAPABLE_BIT_NV)
#define LOCAL VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
#define HOST (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)
#define CACHED VK_MEMORY_PROPERTY_HOST_CACHED_BIT

/* What each kind is made of, best first. Vulkan promises a type with HOST for every buffer. Memory of
 * the device that the host sees but does not cache is not mapped: reading it is slow. */
static const struct {
    RtMemory kind;
    VkMemoryPropertyFlags flags;
    bool mapped;
} wishes[] = {
    {RT_MEMORY_DEVICE, LOCAL | HOST | CACHED, true}, /* memory that both share */
    {RT_MEMORY_SHARED, LOCAL | HOST | CACHED, true},
    {RT_MEMORY_DEVICE, LOCAL, false},
    {RT_MEMORY_DEVICE, 0, false},
    {RT_MEMORY_UPLOAD, HOST, true},
    {RT_MEMORY_READBACK, HOST | CACHED, true},
    {RT_MEMORY_READBACK, HOST, true},
};

static bool find_type(const VkPhysicalDeviceMemoryProperties *memory, uint32_t allowed,
                      VkMemoryPropertyFlags flags, uint32_t *type) {
    for (uint32_t i = 0; i < memory->memoryTypeCount; i++) {
        VkMemoryPropertyFlags has = memory->memoryTypes[i].propertyFlags;
        if ((allowed >> i & 1) && (has & flags) == flags && !(has & SPECIAL)) {
            *type = i;
            return true;
        }
    }
    return false;
}

bool rvk_is_unified(const RvkAdapter *adapter) {
    uint32_t type;
    return find_type(&adapter->memory, UINT32_MAX, LOCAL | HOST | CACHED, &type);
}

/* Allocates `memory` from the first wish that can be had. */
static VkResult allocate(RvkDevice *device, RtMemory kind, bool map,
                         const VkMemoryRequirements *needs, RvkMemory *memory) {
    const RvkAdapter *adapter = rvk_adapter(&device->base);
    VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        VkMemoryAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .allocationSize = needs->size,
        };
        if (wishes[i].kind != kind || (kind == RT_MEMORY_DEVICE && wishes[i].mapped && !map) ||
            !find_type(&adapter->memory, needs->memoryTypeBits, wishes[i].flags,
                       &info.memoryTypeIndex)) {
            continue;
        }
        result = device->fn.AllocateMemory(device->handle, &info, NULL, &memory->memory);
        if (result == VK_SUCCESS && wishes[i].mapped) {
            result = device->fn.MapMemory(device->handle, memory->memory, 0, VK_WHOLE_SIZE, 0,
                                          &memory->mapped);
            if (result != VK_SUCCESS) {
                device->fn.FreeMemory(device->handle, memory->memory, NULL);
            }
        }
        if (result == VK_SUCCESS) {
            return result;
        }
        memory->memory = VK_NULL_HANDLE;
        memory->mapped = NULL;
        if (result != VK_ERROR_OUT_OF_DEVICE_MEMORY && result != VK_ERROR_MEMORY_MAP_FAILED) {
            return result;
        }
    }
    return result;
}

VtgStatus rvk_memory_make(RvkDevice *device, RtMemory kind, uint64_t size, VkBufferUsageFlags usage,
                          bool map, const char *what, RvkMemory *memory) {
    *memory = (RvkMemory){.size = size};
    const RvkAdapter *adapter = rvk_adapter(&device->base);
    const bool two = adapter->families[0] != adapter->families[1];
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size,
        .usage = usage,
        .sharingMode = two ? VK_SHARING_MODE_CONCURRENT : VK_SHARING_MODE_EXCLUSIVE,
        .queueFamilyIndexCount = two ? RT_QUEUES : 0,
        .pQueueFamilyIndices = adapter->families,
    };
    const char *call = "vkCreateBuffer";
    VkResult result = device->fn.CreateBuffer(device->handle, &info, NULL, &memory->buffer);
    if (result == VK_SUCCESS) {
        VkMemoryRequirements needs;
        device->fn.GetBufferMemoryRequirements(device->handle, memory->buffer, &needs);
        call = "vkAllocateMemory";
        result = allocate(device, kind, map, &needs, memory);
    } else {
        memory->buffer = VK_NULL_HANDLE;
    }
    if (result == VK_SUCCESS) {
        call = "vkBindBufferMemory";
        result = device->fn.BindBufferMemory(device->handle, memory->buffer, memory->memory, 0);
    }
    if (result != VK_SUCCESS) {
        rvk_memory_free(device, memory);
        VtgStatus status = rvk_fail(device->base.instance, result, call);
        return rt_fail(device->base.instance, status, "no %llu bytes for %s",
                       (unsigned long long)size, what);
    }
    return VTG_OK;
}

void rvk_memory_free(RvkDevice *device, RvkMemory *memory) {
    if (memory->buffer) {
        device->fn.DestroyBuffer(device->handle, memory->buffer, NULL);
    }
    if (memory->memory) {
        device->fn.FreeMemory(device->handle, memory->memory, NULL); /* unmaps it */
    }
    *memory = (RvkMemory){0};
}

VtgStatus rvk_buffer_open(VtgBuffer *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkBuffer *buffer = (RvkBuffer *)base;
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    if (!rt_is_staging(base)) {
        usage |= VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;
    }
    /* Fills write whole words, and Vulkan has no empty buffers. */
    uint64_t size = base->size == 0 ? 4 : (base->size + 3) & ~(uint64_t)3;
    VtgStatus status =
        rvk_memory_make(device, base->memory, size, usage, !base->device->force_staging,
                        rt_buffer_name(base), &buffer->memory);
    base->mapped = buffer->memory.mapped;
    return status;
}

void rvk_buffer_close(VtgBuffer *base) {
    rvk_memory_free(rvk_device(base->device), &((RvkBuffer *)base)->memory);
}
