/* buffer.c: buffers, and moving bytes between them and the host. A mapped buffer is copied by the CPU
 * once the submissions that matter have retired; any other goes in pieces through a staging buffer of
 * the device and a command list, like anybody's. */
#include "rt.h"

#include <string.h>

#define STAGING_MIN ((uint64_t)64 << 10)
#define STAGING_MAX ((uint64_t)16 << 20)

VtgStatus rt_buffer_create(VtgDevice *device, RtMemory memory, uint64_t size, const char *label,
                           bool holds_device, VtgBuffer **result) {
    VtgInstance *instance = device->instance;
    VtgBuffer *buffer = rt_alloc(instance, device->api->buffer_size);
    if (!buffer) {
        return rt_no_memory(instance, "a buffer");
    }
    atomic_init(&buffer->refs, 1);
    buffer->device = device;
    buffer->memory = memory;
    buffer->size = size;
    buffer->holds_device = holds_device;
    if (holds_device) {
        rt_device_ref(device);
    }
    VtgStatus status = rt_text_copy(instance, label, &buffer->label);
    if (status == VTG_OK) {
        status = device->api->buffer_open(buffer);
    }
    if (status != VTG_OK) {
        rt_buffer_unref(buffer);
        return status;
    }
    *result = buffer;
    return VTG_OK;
}

void rt_buffer_ref(VtgBuffer *buffer) {
    atomic_fetch_add(&buffer->refs, 1);
}

void rt_buffer_unref(VtgBuffer *buffer) {
    if (!buffer || atomic_fetch_sub(&buffer->refs, 1) != 1) {
        return;
    }
    VtgDevice *device = buffer->device;
    bool holds_device = buffer->holds_device;
    device->api->buffer_close(buffer);
    rt_text_free(device->instance, buffer->label);
    rt_free(device->instance, buffer, device->api->buffer_size);
    if (holds_device) {
        rt_device_unref(device);
    }
}

const char *rt_buffer_name(const VtgBuffer *buffer) {
    return buffer->label ? buffer->label : "(unnamed)";
}

VtgStatus rt_buffer_range(const VtgBuffer *buffer, uint64_t offset, uint64_t size,
                          const char *what) {
    if (offset > buffer->size || size > buffer->size - offset) {
        return rt_fail(buffer->device->instance, VTG_ERROR_OUT_OF_RANGE,
                       "%s: %llu bytes at %llu do not lie in buffer `%s` of %llu bytes", what,
                       (unsigned long long)size, (unsigned long long)offset, rt_buffer_name(buffer),
                       (unsigned long long)buffer->size);
    }
    return VTG_OK;
}

VtgStatus rt_buffer_fill_range(const VtgBuffer *buffer, uint64_t offset, uint64_t size) {
    VtgStatus status = rt_buffer_range(buffer, offset, size, "fill");
    if (status == VTG_OK && (offset % 4 != 0 || (size % 4 != 0 && offset + size != buffer->size))) {
        return rt_fail(buffer->device->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "fill: offset %llu and size %llu in buffer `%s` are not multiples of 4",
                       (unsigned long long)offset, (unsigned long long)size,
                       rt_buffer_name(buffer));
    }
    return status;
}

VtgStatus vtg_buffer_create(VtgDevice *device, const VtgBufferDesc *given, VtgBuffer **result) {
    if (!device || !given || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgBufferDesc desc = {0};
    VtgStatus status = rt_desc_read(device->instance, &desc, sizeof desc, given, "VtgBufferDesc");
    if (status != VTG_OK) {
        return status;
    }
    if (desc.size_bytes > device->adapter->info.limits.max_buffer_bytes) {
        return rt_fail(device->instance, VTG_ERROR_LIMIT,
                       "buffer `%s`: %llu bytes, the device takes %llu",
                       desc.label ? desc.label : "(unnamed)", (unsigned long long)desc.size_bytes,
                       (unsigned long long)device->adapter->info.limits.max_buffer_bytes);
    }
    if ((unsigned)desc.memory > VTG_MEMORY_SHARED) {
        return rt_fail(device->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "buffer `%s`: there is no memory of kind %d",
                       desc.label ? desc.label : "(unnamed)", (int)desc.memory);
    }
    if (desc.memory == VTG_MEMORY_SHARED &&
        (!device->adapter->info.unified_memory || device->force_staging)) {
        return rt_fail(device->instance, VTG_ERROR_UNSUPPORTED,
                       "buffer `%s`: device `%s` shares no memory with the host",
                       desc.label ? desc.label : "(unnamed)", device->adapter->info.name);
    }
    return rt_buffer_create(device, (RtMemory)desc.memory, desc.size_bytes, desc.label, true,
                            result);
}

void vtg_buffer_destroy(VtgBuffer *buffer) {
    rt_buffer_unref(buffer);
}

uint64_t vtg_buffer_size(const VtgBuffer *buffer) {
    return buffer ? buffer->size : 0;
}

/* Waits for the work that the host must not get ahead of. */
static VtgStatus settle(VtgBuffer *buffer, bool host_writes) {
    VtgDevice *device = buffer->device;
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < device->queue_count; i++) {
        pthread_mutex_lock(&device->lock);
        uint64_t serial = host_writes ? buffer->last_use[i] : buffer->last_write[i];
        pthread_mutex_unlock(&device->lock);
        VtgStatus ended = rt_device_wait(device, i, serial);
        status = status == VTG_OK ? ended : status;
    }
    return status;
}

/* A list with one operation, submitted and waited for. */
static VtgStatus run_and_release(VtgCommands *commands, VtgStatus recorded) {
    VtgEvent *event = NULL;
    VtgStatus status = recorded == VTG_OK ? vtg_submit(commands, &event) : recorded;
    if (status == VTG_OK) {
        status = rt_event_wait(event, VTG_FOREVER);
    }
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    return status;
}

static VtgStatus copy_and_wait(VtgBuffer *source, uint64_t source_offset, VtgBuffer *target,
                               uint64_t target_offset, uint64_t size) {
    VtgCommands *commands;
    VtgStatus status = vtg_commands_create(source->device, NULL, &commands);
    if (status != VTG_OK) {
        return status;
    }
    return run_and_release(
        commands, vtg_commands_copy(commands, source, source_offset, target, target_offset, size));
}

/* Under transfer_lock: *staging with room for `size` bytes, or as much as one piece may have. */
static VtgStatus staging_get(VtgDevice *device, RtMemory memory, uint64_t size,
                             VtgBuffer **staging) {
    uint64_t room = STAGING_MIN;
    while (room < size && room < STAGING_MAX) {
        room *= 2;
    }
    if (*staging && (*staging)->size >= room) {
        return VTG_OK;
    }
    VtgBuffer *made;
    VtgStatus status = rt_buffer_create(device, memory, room, "staging", false, &made);
    if (status != VTG_OK) {
        return *staging ? VTG_OK : status; /* a small one will do, more slowly */
    }
    rt_buffer_unref(*staging);
    *staging = made;
    return VTG_OK;
}

static VtgStatus upload(VtgBuffer *buffer, uint64_t offset, const char *data, uint64_t size) {
    VtgDevice *device = buffer->device;
    pthread_mutex_lock(&device->transfer_lock);
    VtgStatus status = staging_get(device, RT_MEMORY_UPLOAD, size, &device->upload);
    while (size != 0 && status == VTG_OK) {
        uint64_t piece = size < device->upload->size ? size : device->upload->size;
        memcpy(device->upload->mapped, data, (size_t)piece);
        status = copy_and_wait(device->upload, 0, buffer, offset, piece);
        data += piece;
        offset += piece;
        size -= piece;
    }
    pthread_mutex_unlock(&device->transfer_lock);
    return status;
}

static VtgStatus readback(VtgBuffer *buffer, uint64_t offset, char *data, uint64_t size) {
    VtgDevice *device = buffer->device;
    pthread_mutex_lock(&device->transfer_lock);
    VtgStatus status = staging_get(device, RT_MEMORY_READBACK, size, &device->readback);
    while (size != 0 && status == VTG_OK) {
        uint64_t piece = size < device->readback->size ? size : device->readback->size;
        status = copy_and_wait(buffer, offset, device->readback, 0, piece);
        if (status == VTG_OK) {
            memcpy(data, device->readback->mapped, (size_t)piece);
        }
        data += piece;
        offset += piece;
        size -= piece;
    }
    pthread_mutex_unlock(&device->transfer_lock);
    return status;
}

VtgStatus vtg_buffer_write(VtgBuffer *buffer, uint64_t offset, const void *data, uint64_t size) {
    if (!buffer || (!data && size != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_buffer_range(buffer, offset, size, "write");
    if (status != VTG_OK || size == 0) {
        return status;
    }
    if (!buffer->mapped) {
        return upload(buffer, offset, data, size);
    }
    status = settle(buffer, true);
    if (status == VTG_OK) {
        memcpy((char *)buffer->mapped + offset, data, (size_t)size);
    }
    return status;
}

VtgStatus vtg_buffer_read(VtgBuffer *buffer, uint64_t offset, void *data, uint64_t size) {
    if (!buffer || (!data && size != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_buffer_range(buffer, offset, size, "read");
    if (status != VTG_OK || size == 0) {
        return status;
    }
    if (!buffer->mapped) {
        return readback(buffer, offset, data, size);
    }
    status = settle(buffer, false);
    if (status == VTG_OK) {
        memcpy(data, (const char *)buffer->mapped + offset, (size_t)size);
    }
    return status;
}

static void fill_mapped(char *bytes, uint64_t size, uint32_t value) {
    for (; size >= sizeof value; size -= sizeof value, bytes += sizeof value) {
        memcpy(bytes, &value, sizeof value);
    }
    memcpy(bytes, &value, (size_t)size);
}

VtgStatus vtg_buffer_fill(VtgBuffer *buffer, uint64_t offset, uint64_t size, uint32_t value) {
    if (!buffer) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_buffer_fill_range(buffer, offset, size);
    if (status != VTG_OK || size == 0) {
        return status;
    }
    if (buffer->mapped) {
        status = settle(buffer, true);
        if (status == VTG_OK) {
            fill_mapped((char *)buffer->mapped + offset, size, value);
        }
        return status;
    }
    VtgCommands *commands;
    status = vtg_commands_create(buffer->device, NULL, &commands);
    if (status != VTG_OK) {
        return status;
    }
    return run_and_release(commands, vtg_commands_fill(commands, buffer, offset, size, value));
}

VtgStatus vtg_buffer_map(VtgBuffer *buffer, uint64_t offset, uint64_t size, void **data) {
    if (data) {
        *data = NULL;
    }
    if (!buffer || !data) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_buffer_range(buffer, offset, size, "map");
    if (status == VTG_OK && buffer->memory == RT_MEMORY_DEVICE) {
        return rt_fail(buffer->device->instance, VTG_ERROR_UNSUPPORTED,
                       "map: buffer `%s` is device memory; upload, readback and shared memory is "
                       "mapped",
                       rt_buffer_name(buffer));
    }
    status = status == VTG_OK ? settle(buffer, buffer->memory != RT_MEMORY_READBACK) : status;
    if (status == VTG_OK) {
        *data = (char *)buffer->mapped + offset;
    }
    return status;
}

void vtg_buffer_unmap(VtgBuffer *buffer) {
    (void)buffer; /* what is mapped is coherent, and stays where it is */
}

/* Between devices: a piece at a time, through memory of the host. */
static VtgStatus copy_by_host(VtgBuffer *source, uint64_t source_offset, VtgBuffer *target,
                              uint64_t target_offset, uint64_t size) {
    const VtgInstance *instance = source->device->instance;
    uint64_t piece = size < STAGING_MAX ? size : STAGING_MAX;
    void *bytes = rt_alloc(instance, (size_t)piece);
    VtgStatus status = bytes ? VTG_OK : rt_no_memory(instance, "a copy between devices");
    for (uint64_t done = 0; done < size && status == VTG_OK; done += piece) {
        uint64_t part = size - done < piece ? size - done : piece;
        status = vtg_buffer_read(source, source_offset + done, bytes, part);
        status =
            status == VTG_OK ? vtg_buffer_write(target, target_offset + done, bytes, part) : status;
    }
    rt_free(instance, bytes, (size_t)piece);
    return status;
}

VtgStatus vtg_buffer_copy(VtgBuffer *source, uint64_t source_offset, VtgBuffer *target,
                          uint64_t target_offset, uint64_t size) {
    if (!source || !target) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_buffer_range(source, source_offset, size, "copy from");
    status = status == VTG_OK ? rt_buffer_range(target, target_offset, size, "copy to") : status;
    if (status != VTG_OK || size == 0) {
        return status;
    }
    bool by_device =
        source->device == target->device && !rt_is_staging(source) && !rt_is_staging(target);
    if (by_device) {
        return copy_and_wait(source, source_offset, target, target_offset, size);
    }
    if (source == target && source_offset < target_offset + size &&
        target_offset < source_offset + size) {
        return rt_fail(source->device->instance, VTG_ERROR_OVERLAP,
                       "copy: the two ranges of buffer `%s` overlap", rt_buffer_name(source));
    }
    return copy_by_host(source, source_offset, target, target_offset, size);
}

VtgStatus vtg_buffer_clear(VtgBuffer *buffer) {
    return buffer ? vtg_buffer_fill(buffer, 0, buffer->size, 0) : VTG_ERROR_INVALID_ARGUMENT;
}
