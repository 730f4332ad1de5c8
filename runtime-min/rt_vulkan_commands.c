/* rt_vulkan_commands.c: command lists: command buffers, descriptor sets, value blocks, timestamp
 * queries. A recording owns them all; it grows by whole pools and is used again from its beginning. */
#include "rt_vulkan.h"

#include <string.h>

enum { POOL_SETS = 64, POOL_STORAGE = 512, POOL_UNIFORM = 64, BLOCK_BYTES = 65536 };

/* ---- Recordings ---- */

void rvk_recording_free(RvkDevice *device, RvkRecording *recording) {
    const VtgInstance *instance = device->base.instance;
    for (uint32_t i = 0; i < recording->query_count; i++) {
        device->fn.DestroyQueryPool(device->handle, recording->queries[i], NULL);
    }
    for (uint32_t i = 0; i < recording->block_count; i++) {
        rvk_memory_free(device, &recording->blocks[i]);
    }
    for (uint32_t i = 0; i < recording->descriptor_count; i++) {
        device->fn.DestroyDescriptorPool(device->handle, recording->descriptors[i].handle, NULL);
    }
    if (recording->pool) {
        device->fn.DestroyCommandPool(device->handle, recording->pool, NULL);
    }
    rt_free(instance, recording->queries, recording->query_capacity * sizeof *recording->queries);
    rt_free(instance, recording->blocks, recording->block_capacity * sizeof *recording->blocks);
    rt_free(instance, recording->descriptors,
            recording->descriptor_capacity * sizeof *recording->descriptors);
    rt_free(instance, recording->infos, recording->info_capacity * sizeof *recording->infos);
    rt_free(instance, recording, sizeof *recording);
}

static VtgStatus recording_make(RvkDevice *device, uint32_t queue, RvkRecording **result) {
    const VtgInstance *instance = device->base.instance;
    RvkRecording *recording = rt_alloc(instance, sizeof *recording);
    if (!recording) {
        return rt_no_memory(instance, "a command buffer");
    }
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = rvk_adapter(&device->base)->families[queue],
    };
    recording->queue = queue;
    VkResult done = device->fn.CreateCommandPool(device->handle, &pool, NULL, &recording->pool);
    if (done != VK_SUCCESS) {
        recording->pool = VK_NULL_HANDLE;
        rvk_recording_free(device, recording);
        return rvk_fail(instance, done, "vkCreateCommandPool");
    }
    const VkCommandBufferAllocateInfo buffer = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = recording->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    done = device->fn.AllocateCommandBuffers(device->handle, &buffer, &recording->handle);
    if (done != VK_SUCCESS) {
        rvk_recording_free(device, recording);
        return rvk_fail(instance, done, "vkAllocateCommandBuffers");
    }
    *result = recording;
    return VTG_OK;
}

static void rewind_descriptors(RvkRecording *recording) {
    recording->descriptor_current = 0;
    recording->left = recording->descriptor_count ? recording->descriptors[0]
                                                  : (RvkDescriptorPool){VK_NULL_HANDLE, 0, 0, 0};
}

/* Empties a recording that the device no longer reads. */
static VtgStatus recording_rewind(RvkDevice *device, RvkRecording *recording) {
    VkResult result = device->fn.ResetCommandPool(device->handle, recording->pool, 0);
    for (uint32_t i = 0; i < recording->descriptor_count && result == VK_SUCCESS; i++) {
        result =
            device->fn.ResetDescriptorPool(device->handle, recording->descriptors[i].handle, 0);
    }
    rewind_descriptors(recording);
    recording->block_current = 0;
    recording->block_used = 0;
    recording->timed = 0;
    return result == VK_SUCCESS ? VTG_OK
                                : rvk_fail(device->base.instance, result, "vkResetCommandPool");
}

/* ---- Barriers ----
 *
 * A barrier of the core says that what follows comes after what was before. Which stages that concerns is known when
 * something follows: each stage waits when it is first used behind a barrier, and for the stages that were in use. To name
 * one more costs: a barrier to DRAW_INDIRECT holds up the front of some GPUs. */

#define COMPUTE VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT
#define TRANSFER VK_PIPELINE_STAGE_TRANSFER_BIT
#define INDIRECT VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT

static VkAccessFlags writes_of(VkPipelineStageFlags stages) {
    return (stages & COMPUTE ? VK_ACCESS_SHADER_WRITE_BIT : 0) |
           (stages & TRANSFER ? VK_ACCESS_TRANSFER_WRITE_BIT : 0);
}

static VkAccessFlags reads_of(VkPipelineStageFlags stages) {
    return (stages & COMPUTE ? VK_ACCESS_SHADER_READ_BIT : 0) |
           (stages & TRANSFER ? VK_ACCESS_TRANSFER_READ_BIT : 0) |
           (stages & INDIRECT ? VK_ACCESS_INDIRECT_COMMAND_READ_BIT : 0) |
           (stages & VK_PIPELINE_STAGE_HOST_BIT ? VK_ACCESS_HOST_READ_BIT : 0);
}

static void record_barrier(RvkDevice *device, RvkRecording *recording, VkPipelineStageFlags from,
                           VkPipelineStageFlags to) {
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = writes_of(from),
        .dstAccessMask = reads_of(to) | writes_of(to),
    };
    device->fn.CmdPipelineBarrier(recording->handle, from, to, 0, 1, &barrier, 0, NULL, 0, NULL);
}

/* Queues of transfers alone know their stage and no other. */
static VkPipelineStageFlags all_stages(const RvkRecording *recording) {
    return recording->queue == VTG_QUEUE_TRANSFER ? TRANSFER : COMPUTE | TRANSFER | INDIRECT;
}

/* Before an operation. What a list uses for the first time waits for earlier submissions, too. */
static void use_stages(RvkDevice *device, RvkRecording *recording, VkPipelineStageFlags stages) {
    VkPipelineStageFlags late = stages & ~recording->synced;
    if (late != 0) {
        bool first = (late & ~recording->ever) != 0;
        record_barrier(device, recording, first ? all_stages(recording) : recording->used, late);
        recording->synced |= late;
        recording->ever |= late;
    }
    recording->used |= stages;
}

static RvkRecording *recording_of(VtgCommands *commands) {
    return ((RvkCommands *)commands)->recording;
}

void rvk_cmd_barrier(VtgCommands *commands) {
    recording_of(commands)->synced = 0;
}

/* ---- Lists ---- */

static VtgStatus begin(RvkDevice *device, RvkRecording *recording) {
    const VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkResult result = device->fn.BeginCommandBuffer(recording->handle, &info);
    if (result != VK_SUCCESS) {
        return rvk_fail(device->base.instance, result, "vkBeginCommandBuffer");
    }
    recording->synced = recording->ever = recording->used = 0;
    return VTG_OK;
}

static bool can_time(const RvkDevice *device, uint32_t queue) {
    return rvk_adapter(&device->base)->timestamp_masks[queue] != 0 &&
           (device->ResetQueryPool || !rvk_resets_on_host(&device->base, queue));
}

VtgStatus rvk_commands_open(VtgCommands *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkCommands *commands = (RvkCommands *)base;
    pthread_mutex_lock(&device->lock);
    commands->recording = device->recordings[base->queue];
    if (commands->recording) {
        device->recordings[base->queue] = commands->recording->next;
        device->recording_count--;
    }
    pthread_mutex_unlock(&device->lock);
    base->timing_moves = base->timing_moves && can_time(device, base->queue);
    VtgStatus status = commands->recording
                           ? recording_rewind(device, commands->recording)
                           : recording_make(device, base->queue, &commands->recording);
    return status == VTG_OK ? begin(device, commands->recording) : status;
}

VtgStatus rvk_commands_reset(VtgCommands *base) {
    RvkDevice *device = rvk_device(base->device);
    VtgStatus status = recording_rewind(device, recording_of(base));
    return status == VTG_OK ? begin(device, recording_of(base)) : status;
}

VtgStatus rvk_commands_finish(VtgCommands *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkRecording *recording = recording_of(base);
    if (recording->used != 0) {
        record_barrier(device, recording, recording->used, VK_PIPELINE_STAGE_HOST_BIT);
    }
    VkResult result = device->fn.EndCommandBuffer(recording->handle);
    return result == VK_SUCCESS ? VTG_OK
                                : rvk_fail(device->base.instance, result, "vkEndCommandBuffer");
}

void rvk_commands_close(VtgCommands *base) {
    RvkDevice *device = rvk_device(base->device);
    RvkRecording *recording = recording_of(base);
    if (!recording) {
        return;
    }
    pthread_mutex_lock(&device->lock);
    bool keep = device->recording_count < RVK_SPARES;
    if (keep) {
        recording->next = device->recordings[base->queue];
        device->recordings[base->queue] = recording;
        device->recording_count++;
    }
    pthread_mutex_unlock(&device->lock);
    if (!keep) {
        rvk_recording_free(device, recording);
    }
}

/* ---- Dispatches ---- */

static VkBuffer handle_of(const VtgBuffer *buffer) {
    return ((const RvkBuffer *)buffer)->memory.buffer;
}

static uint32_t most(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* A set for `kernel`, from a pool that has room. */
static VtgStatus take_set(RvkDevice *device, RvkRecording *recording, const RvkKernel *kernel,
                          uint32_t storage, uint32_t uniform, VkDescriptorSet *set) {
    const VtgInstance *instance = device->base.instance;
    while (recording->left.sets < 1 || recording->left.storage < storage ||
           recording->left.uniform < uniform) {
        if (recording->descriptor_current + 1 < recording->descriptor_count) {
            recording->left = recording->descriptors[++recording->descriptor_current];
            continue;
        }
        if (!rt_grow(instance, &recording->descriptors, &recording->descriptor_capacity,
                     recording->descriptor_count + 1, sizeof *recording->descriptors)) {
            return rt_no_memory(instance, "descriptors");
        }
        RvkDescriptorPool pool = {VK_NULL_HANDLE, POOL_SETS, most(POOL_STORAGE, storage),
                                  POOL_UNIFORM};
        const VkDescriptorPoolSize sizes[] = {
            {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, pool.storage},
            {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, pool.uniform},
        };
        const VkDescriptorPoolCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
            .maxSets = pool.sets,
            .poolSizeCount = 2,
            .pPoolSizes = sizes,
        };
        VkResult result =
            device->fn.CreateDescriptorPool(device->handle, &info, NULL, &pool.handle);
        if (result != VK_SUCCESS) {
            return rvk_fail(instance, result, "vkCreateDescriptorPool");
        }
        recording->descriptor_current = recording->descriptor_count;
        recording->descriptors[recording->descriptor_count++] = pool;
        recording->left = pool;
    }
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = recording->left.handle,
        .descriptorSetCount = 1,
        .pSetLayouts = &kernel->set_layout,
    };
    VkResult result = device->fn.AllocateDescriptorSets(device->handle, &info, set);
    if (result != VK_SUCCESS) {
        return rvk_fail(instance, result, "vkAllocateDescriptorSets");
    }
    recording->left.sets -= 1;
    recording->left.storage -= storage;
    recording->left.uniform -= uniform;
    return VTG_OK;
}

/* Copies a value block to where a descriptor can point. */
static VtgStatus put_block(RvkDevice *device, RvkRecording *recording, const void *block,
                           uint32_t size, VkDescriptorBufferInfo *info) {
    const VtgInstance *instance = device->base.instance;
    uint64_t alignment = rvk_adapter(&device->base)->block_alignment;
    while (recording->block_current < recording->block_count &&
           recording->blocks[recording->block_current].size < recording->block_used + size) {
        recording->block_current++;
        recording->block_used = 0;
    }
    if (recording->block_current == recording->block_count) {
        if (!rt_grow(instance, &recording->blocks, &recording->block_capacity,
                     recording->block_count + 1, sizeof *recording->blocks)) {
            return rt_no_memory(instance, "value blocks");
        }
        VtgStatus status =
            rvk_memory_make(device, RT_MEMORY_UPLOAD, most(BLOCK_BYTES, size),
                            VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                            true, "values", &recording->blocks[recording->block_count]);
        if (status != VTG_OK) {
            return status;
        }
        recording->block_count++;
        recording->block_used = 0;
    }
    RvkMemory *memory = &recording->blocks[recording->block_current];
    memcpy((char *)memory->mapped + recording->block_used, block, size);
    *info = (VkDescriptorBufferInfo){memory->buffer, recording->block_used, size};
    recording->block_used += (size + alignment - 1) / alignment * alignment;
    return VTG_OK;
}

/* An empty range: nothing at all where the device knows that; else one byte, which holds no element
 * of a stride above 1. */
static VkDescriptorBufferInfo describe(const RvkDevice *device, const RtBinding *binding) {
    VkBuffer buffer = ((RvkBuffer *)binding->buffer)->memory.buffer;
    if (binding->size != 0) {
        return (VkDescriptorBufferInfo){buffer, binding->offset, binding->size};
    }
    return device->null_descriptor ? (VkDescriptorBufferInfo){VK_NULL_HANDLE, 0, VK_WHOLE_SIZE}
                                   : (VkDescriptorBufferInfo){buffer, 0, 1};
}

/* Makes and fills the descriptor set of one dispatch. */
static VtgStatus make_set(RvkDevice *device, RvkRecording *recording, const RvkKernel *kernel,
                          const RtBinding *bindings, const void *block, VkDescriptorSet *set) {
    uint32_t storage = kernel->base.buffer_count;
    uint32_t blocks =
        kernel->base.value_block != VTG_VALUES_PUSH_CONSTANTS && kernel->base.block_bytes != 0;
    uint32_t uniform = blocks && kernel->base.value_block == VTG_VALUES_UNIFORM_BUFFER;
    if (!rt_grow(device->base.instance, &recording->infos, &recording->info_capacity,
                 storage + blocks, sizeof *recording->infos)) {
        return rt_no_memory(device->base.instance, "descriptors");
    }
    VkDescriptorBufferInfo *infos = recording->infos;
    for (uint32_t i = 0; i < storage; i++) {
        infos[i] = describe(device, &bindings[i]);
    }
    VtgStatus status = VTG_OK;
    if (blocks) {
        status = put_block(device, recording, block, kernel->base.block_bytes, &infos[storage]);
    }
    if (status == VTG_OK) {
        status = take_set(device, recording, kernel, storage + blocks - uniform, uniform, set);
    }
    if (status != VTG_OK) {
        return status;
    }
    /* A write of several descriptors goes on to the bindings that follow. */
    const VkWriteDescriptorSet writes[] = {
        {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = *set,
         .dstBinding = 0,
         .descriptorCount = storage,
         .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
         .pBufferInfo = infos},
        {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
         .dstSet = *set,
         .dstBinding = storage,
         .descriptorCount = blocks,
         .descriptorType = rvk_block_descriptor(kernel),
         .pBufferInfo = infos + storage},
    };
    uint32_t first = storage == 0;
    device->fn.UpdateDescriptorSets(device->handle, (storage != 0) + blocks, writes + first, 0,
                                    NULL);
    return VTG_OK;
}

/* Makes room for two more timestamps. */
static VtgStatus make_queries(RvkDevice *device, RvkRecording *recording) {
    const VtgInstance *instance = device->base.instance;
    uint32_t pool = recording->timed / (RVK_QUERIES / 2);
    if (recording->timed % (RVK_QUERIES / 2) != 0) {
        return VTG_OK;
    }
    if (pool == recording->query_count) {
        if (!rt_grow(instance, &recording->queries, &recording->query_capacity, pool + 1,
                     sizeof *recording->queries)) {
            return rt_no_memory(instance, "timestamps");
        }
        const VkQueryPoolCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
            .queryType = VK_QUERY_TYPE_TIMESTAMP,
            .queryCount = RVK_QUERIES,
        };
        VkResult result =
            device->fn.CreateQueryPool(device->handle, &info, NULL, &recording->queries[pool]);
        if (result != VK_SUCCESS) {
            return rvk_fail(instance, result, "vkCreateQueryPool");
        }
        recording->query_count++;
    }
    if (!rvk_resets_on_host(&device->base, recording->queue)) {
        device->fn.CmdResetQueryPool(recording->handle, recording->queries[pool], 0, RVK_QUERIES);
    }
    return VTG_OK;
}

static void timestamp(RvkDevice *device, RvkRecording *recording, VkPipelineStageFlagBits stage,
                      uint32_t which) {
    uint32_t query = recording->timed * 2 + which;
    device->fn.CmdWriteTimestamp(recording->handle, stage, recording->queries[query / RVK_QUERIES],
                                 query % RVK_QUERIES);
}

VtgStatus rvk_cmd_dispatch(VtgCommands *commands, VtgKernel *base, const RtBinding *bindings,
                           const void *block, const RtGroups *groups) {
    RvkDevice *device = rvk_device(commands->device);
    RvkRecording *recording = recording_of(commands);
    const RvkKernel *kernel = (const RvkKernel *)base;
    bool runs = groups->from || groups->count[0] != 0;
    bool pushes = base->value_block == VTG_VALUES_PUSH_CONSTANTS && base->block_bytes != 0;
    bool has_set = base->buffer_count != 0 || (base->block_bytes != 0 && !pushes);
    VkDescriptorSet set = VK_NULL_HANDLE;
    VtgStatus status = commands->timing ? make_queries(device, recording) : VTG_OK;
    if (status == VTG_OK && runs && has_set) {
        status = make_set(device, recording, kernel, bindings, block, &set);
    }
    if (status != VTG_OK) {
        return status;
    }
    VkCommandBuffer handle = recording->handle;
    if (runs) {
        use_stages(device, recording, groups->from ? COMPUTE | INDIRECT : COMPUTE);
    }
    if (commands->timing) {
        timestamp(device, recording, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, 0);
    }
    if (runs) {
        device->fn.CmdBindPipeline(handle, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->pipeline);
        if (has_set) {
            device->fn.CmdBindDescriptorSets(handle, VK_PIPELINE_BIND_POINT_COMPUTE, kernel->layout,
                                             0, 1, &set, 0, NULL);
        }
        if (pushes) {
            device->fn.CmdPushConstants(handle, kernel->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                        base->block_bytes, block);
        }
        if (groups->from) {
            device->fn.CmdDispatchIndirect(handle, handle_of(groups->from), groups->offset);
        } else {
            device->fn.CmdDispatch(handle, groups->count[0], groups->count[1], groups->count[2]);
        }
    }
    if (commands->timing) {
        timestamp(device, recording, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 1);
        recording->timed++;
    }
    return VTG_OK;
}

/* ---- Copies and fills ---- */

/* What is before an operation that may be timed, and what is after it. */
static VtgStatus begin_move(VtgCommands *commands) {
    RvkDevice *device = rvk_device(commands->device);
    RvkRecording *recording = recording_of(commands);
    VtgStatus status = commands->timing_moves ? make_queries(device, recording) : VTG_OK;
    if (status != VTG_OK) {
        return status;
    }
    use_stages(device, recording, TRANSFER);
    if (commands->timing_moves) {
        timestamp(device, recording, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, 0);
    }
    return VTG_OK;
}

static void end_move(VtgCommands *commands) {
    if (commands->timing_moves) {
        timestamp(rvk_device(commands->device), recording_of(commands),
                  VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 1);
        recording_of(commands)->timed++;
    }
}

VtgStatus rvk_cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                       VtgBuffer *target, uint64_t target_offset, uint64_t size) {
    const VkBufferCopy range = {source_offset, target_offset, size};
    VtgStatus status = begin_move(commands);
    if (status != VTG_OK) {
        return status;
    }
    rvk_device(commands->device)
        ->fn.CmdCopyBuffer(recording_of(commands)->handle, handle_of(source), handle_of(target), 1,
                           &range);
    end_move(commands);
    return VTG_OK;
}

VtgStatus rvk_cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                       uint32_t value) {
    VtgStatus status = begin_move(commands);
    if (status != VTG_OK) {
        return status;
    }
    /* Up to the buffer's end, which lies on a whole word. */
    rvk_device(commands->device)
        ->fn.CmdFillBuffer(recording_of(commands)->handle, handle_of(buffer), offset,
                           (size + 3) & ~(uint64_t)3, value);
    end_move(commands);
    return VTG_OK;
}
