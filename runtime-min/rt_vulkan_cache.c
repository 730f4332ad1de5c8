/* rt_vulkan_cache.c: the pipeline cache of a device. It begins with what an earlier process left in the file (rt_cache.c),
 * and goes back there when the device is closed. Drivers tell their builds apart by pipelineCacheUUID. */
#include "rt_vulkan.h"

#include <string.h>

static void build_of(const RvkDevice *device, uint8_t uuid[VK_UUID_SIZE]) {
    const RvkAdapter *adapter = rvk_adapter(&device->base);
    VkPhysicalDeviceProperties properties;
    ((const RvkContext *)adapter->base.context)
        ->fn.GetPhysicalDeviceProperties(adapter->handle, &properties);
    memcpy(uuid, properties.pipelineCacheUUID, VK_UUID_SIZE);
}

static void open_locked(RvkDevice *device) {
    const VtgInstance *instance = device->base.instance;
    uint8_t uuid[VK_UUID_SIZE];
    size_t size;
    build_of(device, uuid);
    void *data = rt_cache_read(&device->base, uuid, sizeof uuid, &size);
    device->cache_hash = rt_hash(RT_HASH_START, data, size);
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = size,
        .pInitialData = data,
    };
    VkResult result = device->fn.CreatePipelineCache(device->handle, &info, NULL, &device->cache);
    rt_free(instance, data, size);
    if (result != VK_SUCCESS) {
        device->cache = VK_NULL_HANDLE;
        rt_log(instance, VTG_LOG_WARNING, "vulkan: no pipeline cache");
    }
}

VkPipelineCache rvk_cache(RvkDevice *device) {
    pthread_mutex_lock(&device->lock);
    if (!device->has_cache) {
        device->has_cache = true;
        open_locked(device);
    }
    VkPipelineCache cache = device->cache;
    pthread_mutex_unlock(&device->lock);
    return cache;
}

void rvk_cache_close(RvkDevice *device) {
    const VtgInstance *instance = device->base.instance;
    uint8_t uuid[VK_UUID_SIZE];
    size_t size = 0;
    if (!device->cache) {
        return;
    }
    build_of(device, uuid);
    if (device->fn.GetPipelineCacheData(device->handle, device->cache, &size, NULL) == VK_SUCCESS &&
        size != 0) {
        size_t room = size;
        void *data = rt_alloc(instance, room);
        if (data &&
            device->fn.GetPipelineCacheData(device->handle, device->cache, &size, data) ==
                VK_SUCCESS &&
            size <= room && rt_hash(RT_HASH_START, data, size) != device->cache_hash) {
            rt_cache_write(&device->base, uuid, sizeof uuid, data, size);
        }
        rt_free(instance, data, room);
    }
    device->fn.DestroyPipelineCache(device->handle, device->cache, NULL);
}
