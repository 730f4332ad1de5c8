/* rt_vulkan_queue.c: submission, waiting, and reading timestamps back. */
#include "rt_vulkan.h"

static VkResult take_fence(RvkDevice *device, VkFence *fence) {
    pthread_mutex_lock(&device->lock);
    bool spare = device->fence_count != 0;
    if (spare) {
        *fence = device->fences[--device->fence_count];
    }
    pthread_mutex_unlock(&device->lock);
    if (spare) {
        return device->fn.ResetFences(device->handle, 1, fence);
    }
    const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkResult result = device->fn.CreateFence(device->handle, &info, NULL, fence);
    if (result != VK_SUCCESS) {
        *fence = VK_NULL_HANDLE;
    }
    return result;
}

static void reset_queries(RvkDevice *device, const RvkRecording *recording) {
    for (uint32_t first = 0; first < recording->timed; first += RVK_QUERIES / 2) {
        device->ResetQueryPool(device->handle, recording->queries[first / (RVK_QUERIES / 2)], 0,
                               RVK_QUERIES);
    }
}

VtgStatus rvk_submit(VtgCommands *commands, VtgEvent *base) {
    RvkDevice *device = rvk_device(commands->device);
    RvkEvent *event = (RvkEvent *)base;
    if (rvk_resets_on_host(commands->device, commands->queue)) {
        reset_queries(device, ((RvkCommands *)commands)->recording);
    }
    VkResult result = take_fence(device, &event->fence);
    if (result != VK_SUCCESS) {
        return rvk_fail(device->base.instance, result, "vkCreateFence");
    }
    /* With two queues each counts what has ended, and waits for the other's count. */
    bool counts = device->base.queue_count > 1;
    VkSemaphore semaphores[RT_QUEUES];
    uint64_t values[RT_QUEUES];
    VkPipelineStageFlags stages[RT_QUEUES];
    uint32_t waits = 0;
    for (uint32_t q = 0; q < RT_QUEUES; q++) {
        if (base->waits[q] != 0) {
            semaphores[waits] = device->timelines[q];
            values[waits] = base->waits[q];
            stages[waits++] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
        }
    }
    const VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = waits,
        .pWaitSemaphoreValues = values,
        .signalSemaphoreValueCount = counts,
        .pSignalSemaphoreValues = &base->serial,
    };
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = counts ? &timeline : NULL,
        .waitSemaphoreCount = waits,
        .pWaitSemaphores = semaphores,
        .pWaitDstStageMask = stages,
        .commandBufferCount = 1,
        .pCommandBuffers = &((RvkCommands *)commands)->recording->handle,
        .signalSemaphoreCount = counts,
        .pSignalSemaphores = &device->timelines[base->queue],
    };
    result = device->fn.QueueSubmit(device->queues[base->queue], 1, &info, event->fence);
    return result == VK_SUCCESS ? VTG_OK : rvk_fail(device->base.instance, result, "vkQueueSubmit");
}

VtgStatus rvk_event_wait(VtgEvent *base, uint64_t timeout_ns) {
    RvkDevice *device = rvk_device(base->device);
    const RvkEvent *event = (const RvkEvent *)base;
    VkResult result = timeout_ns == 0 ? device->fn.GetFenceStatus(device->handle, event->fence)
                                      : device->fn.WaitForFences(device->handle, 1, &event->fence,
                                                                 VK_TRUE, timeout_ns);
    switch (result) {
    case VK_SUCCESS:
        return VTG_OK;
    case VK_TIMEOUT:
    case VK_NOT_READY:
        return VTG_TIMEOUT;
    default:
        return rvk_fail(device->base.instance, result, "vkWaitForFences");
    }
}

void rvk_event_timings(VtgEvent *event) {
    RvkDevice *device = rvk_device(event->device);
    const RvkAdapter *adapter = rvk_adapter(event->device);
    const RvkRecording *recording = ((RvkCommands *)event->commands)->recording;
    double step = adapter->base.info.timestamp_step_ns;
    uint64_t mask = adapter->timestamp_masks[event->queue];
    for (uint32_t first = 0; first < event->timing_count; first += RVK_QUERIES / 2) {
        uint64_t ticks[RVK_QUERIES];
        uint32_t count = event->timing_count - first;
        count = count < RVK_QUERIES / 2 ? count : RVK_QUERIES / 2;
        VkResult result = device->fn.GetQueryPoolResults(
            device->handle, recording->queries[first / (RVK_QUERIES / 2)], 0, count * 2,
            sizeof ticks, ticks, sizeof ticks[0], VK_QUERY_RESULT_64_BIT);
        if (result != VK_SUCCESS) {
            event->timing_status = rvk_fail(device->base.instance, result, "vkGetQueryPoolResults");
        }
        for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++) {
            /* The difference is exact, and right when the clock wraps in between. */
            uint64_t begin = ticks[2 * i] & mask;
            uint64_t length = (ticks[2 * i + 1] - ticks[2 * i]) & mask;
            VtgDispatchTiming *timing = &event->timings[first + i];
            timing->begin_ns = step == 1.0 ? begin : (uint64_t)((double)begin * step);
            timing->end_ns = timing->begin_ns + (uint64_t)((double)length * step);
        }
    }
}

void rvk_event_close(VtgEvent *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkEvent *event = (RvkEvent *)base;
    if (!event->fence) {
        return;
    }
    pthread_mutex_lock(&device->lock);
    bool keep = device->fence_count < RVK_SPARES;
    if (keep) {
        device->fences[device->fence_count++] = event->fence;
    }
    pthread_mutex_unlock(&device->lock);
    if (!keep) {
        device->fn.DestroyFence(device->handle, event->fence, NULL);
    }
}
