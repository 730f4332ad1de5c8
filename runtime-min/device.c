/* device.c: the device object, its lifetime, and waiting for what was submitted to it. */
#include "rt.h"

#include <string.h>

void rt_device_ref(VtgDevice *device) {
    atomic_fetch_add(&device->refs, 1);
}

void rt_device_unref(VtgDevice *device) {
    if (atomic_fetch_sub(&device->refs, 1) != 1) {
        return;
    }
    VtgInstance *instance = device->instance;
    rt_watch_stop(device);
    rt_buffer_unref(device->upload);
    rt_buffer_unref(device->readback);
    device->api->device_close(device);
    pthread_mutex_destroy(&device->transfer_lock);
    pthread_mutex_destroy(&device->lock);
    rt_profile_free(device);
    rt_text_free(instance, device->cache_dir);
    rt_free(instance, device, device->api->device_size);
    rt_instance_unref(instance);
}

VtgStatus vtg_device_create(VtgInstance *instance, const VtgDeviceDesc *given, VtgDevice **result) {
    if (!instance || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgDeviceDesc desc = {0};
    VtgStatus status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgDeviceDesc");
    if (status != VTG_OK) {
        return status;
    }
    if (desc.index >= instance->adapter_count) {
        return rt_fail(instance, VTG_ERROR_NO_DEVICE, "there is no device %u: %u found", desc.index,
                       instance->adapter_count);
    }
    RtAdapter *adapter = instance->adapters[desc.index];
    const RtApi *api = adapter->context->api;
    VtgDevice *device = rt_alloc(instance, api->device_size);
    if (!device) {
        return rt_no_memory(instance, "a device");
    }
    atomic_init(&device->refs, 1);
    atomic_init(&device->profiling, false);
    atomic_init(&device->profile_lost, 0);
    device->instance = instance;
    device->api = api;
    device->adapter = adapter;
    device->force_staging = desc.force_staging != 0;
    device->queue_count = 1;
    if (pthread_mutex_init(&device->lock, NULL) != 0) {
        rt_free(instance, device, api->device_size);
        return rt_no_memory(instance, "a lock");
    }
    if (pthread_mutex_init(&device->transfer_lock, NULL) != 0) {
        pthread_mutex_destroy(&device->lock);
        rt_free(instance, device, api->device_size);
        return rt_no_memory(instance, "a lock");
    }
    rt_instance_ref(instance);
    status = rt_text_copy(instance, desc.cache_dir, &device->cache_dir);
    status = status == VTG_OK ? api->device_open(device) : status;
    if (status != VTG_OK) {
        rt_device_unref(device);
        return status;
    }
    *result = device;
    return VTG_OK;
}

void vtg_device_destroy(VtgDevice *device) {
    if (!device) {
        return;
    }
    pthread_mutex_lock(&device->lock);
    device->closed = true; /* from here on nothing is submitted, so what is pending can run dry */
    pthread_mutex_unlock(&device->lock);
    if (vtg_device_wait_idle(device) != VTG_OK) {
        rt_event_give_up(device);
    }
    rt_watch_drain(device);
    rt_device_unref(device);
}

const VtgDeviceInfo *vtg_device_get_info(const VtgDevice *device) {
    return device ? &device->adapter->info : NULL;
}

VtgInstance *vtg_device_get_instance(const VtgDevice *device) {
    return device ? device->instance : NULL;
}

VtgStatus rt_device_wait(VtgDevice *device, uint32_t queue, uint64_t serial) {
    pthread_mutex_lock(&device->lock);
    /* Serials on the list have no gaps: it holds `serial`, or that has retired. */
    VtgEvent *event = device->queues[queue].pending_head;
    if (event && event->serial > serial) {
        event = NULL;
    }
    while (event && event->serial < serial) {
        event = event->next;
    }
    if (event) {
        rt_event_ref(event);
    }
    VtgStatus status = device->lost ? VTG_ERROR_DEVICE_LOST : VTG_OK;
    pthread_mutex_unlock(&device->lock);
    if (event) {
        status = rt_event_wait(event, VTG_FOREVER);
        rt_event_unref(event);
    }
    return status;
}

VtgStatus vtg_device_wait_idle(VtgDevice *device) {
    if (!device) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < device->queue_count; i++) {
        pthread_mutex_lock(&device->lock);
        uint64_t last = device->queues[i].serial;
        pthread_mutex_unlock(&device->lock);
        VtgStatus ended = rt_device_wait(device, i, last);
        status = status == VTG_OK ? ended : status;
    }
    return status;
}

/* Whether `name` is a part of the adapter's, or NULL. */
static bool is_named(const RtAdapter *adapter, const char *name) {
    return !name || strstr(adapter->info.name, name) != NULL;
}

VtgStatus vtg_open(const VtgOpenDesc *given, VtgDevice **result) {
    if (!result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    /* Without an instance nobody can be told: read before there is one, and again once there is. */
    uint32_t size = given ? given->struct_size : 0;
    bool whole = size >= sizeof(VtgOpenDesc);
    VtgInstance *instance;
    VtgStatus status = vtg_instance_create(whole ? given->instance : NULL, &instance);
    if (status != VTG_OK) {
        return status;
    }
    VtgOpenDesc desc = {0};
    VtgDeviceDesc device = {0};
    status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgOpenDesc");
    if (status == VTG_OK) {
        status = rt_desc_read(instance, &device, sizeof device, desc.device, "VtgDeviceDesc");
    }
    if (status == VTG_OK) {
        device.struct_size = sizeof device;
        status = VTG_ERROR_NO_DEVICE;
        for (; device.index < instance->adapter_count && !*result; device.index++) {
            if (is_named(instance->adapters[device.index], desc.name)) {
                status = vtg_device_create(instance, &device, result);
            }
        }
        if (status == VTG_ERROR_NO_DEVICE) {
            rt_fail(instance, status, "no device%s%s: %u found", desc.name ? " named " : "",
                    desc.name ? desc.name : "", instance->adapter_count);
        }
    }
    vtg_instance_destroy(instance); /* the device holds it */
    return status;
}
