/* event.c: submissions. A submission is on its queue's pending list, in order, until somebody sees
 * that it has ended; then it retires, with all before it: its times are read, its command list is free
 * again, and what only it kept alive goes. Polling, waiting and the next submission do the seeing, and the
 * watcher (watch.c), if somebody wants to be told.
 *
 * Queues: a submission comes after those of other queues that wrote what it uses, or use what it writes. */
#include "rt.h"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#endif

void rt_event_ref(VtgEvent *event) {
    atomic_fetch_add(&event->refs, 1);
}

void rt_event_unref(VtgEvent *event) {
    if (atomic_fetch_sub(&event->refs, 1) != 1) {
        return;
    }
    VtgDevice *device = event->device;
    device->api->event_close(event);
    rt_free(device->instance, event->timings, event->timing_count * sizeof *event->timings);
    rt_free(device->instance, event, device->api->event_size);
    rt_device_unref(device);
}

/* The times of dispatches go first: those of copies and fills are for the profile alone. */
static void keep_dispatch_timings(VtgEvent *event) {
    const VtgCommands *commands = event->commands;
    for (uint32_t i = 0; commands->timing_moves && i < event->dispatch_count; i++) {
        event->timings[i] = event->timings[commands->timed_dispatches[i]];
    }
}

/* Retires `event` and all before it; with an error, which is the device's end, all after it too. The
 * caller's reference keeps the event and so the device. */
static void retire(VtgEvent *event, VtgStatus status) {
    VtgDevice *device = event->device;
    RtQueue *queue = &device->queues[event->queue];
    pthread_mutex_lock(&device->lock);
    if (atomic_load(&event->status) != VTG_NOT_READY) { /* another thread was faster */
        pthread_mutex_unlock(&device->lock);
        return;
    }
    if (status != VTG_OK) {
        device->lost = true;
    }
    VtgEvent *first = queue->pending_head;
    VtgEvent *rest = status == VTG_OK ? event->next : NULL;
    for (VtgEvent *e = first; e != rest; e = e->next) {
        if (e->timed && status == VTG_OK) {
            device->api->event_timings(e);
        }
        rt_profile_take(e);
        keep_dispatch_timings(e);
        e->commands->busy = false;
        queue->retired = e->serial;
        atomic_fetch_sub(&queue->pending, 1);
        atomic_store(&e->status, status);
    }
    queue->pending_head = rest;
    if (!rest) {
        queue->pending_tail = NULL;
    }
    pthread_mutex_unlock(&device->lock);

    while (first != rest) { /* the list is ours alone now */
        VtgEvent *next = first->next;
        VtgCommands *commands = first->commands;
        first->commands = NULL;
        first->next = NULL;
        rt_commands_unref(commands);
        rt_event_unref(first);
        first = next;
    }
}

VtgStatus rt_event_wait(VtgEvent *event, uint64_t timeout_ns) {
    VtgStatus status = (VtgStatus)atomic_load(&event->status);
    if (status != VTG_NOT_READY) {
        return status;
    }
    status = event->device->api->event_wait(event, timeout_ns);
    if (status != VTG_OK && status != VTG_ERROR_DEVICE_LOST) {
        return status; /* not yet, or nobody can tell: the device may still be at work */
    }
    retire(event, status);
    return (VtgStatus)atomic_load(&event->status);
}

/* Referenced; NULL: the queue has nothing pending. */
static VtgEvent *first_pending(VtgDevice *device, uint32_t queue) {
    pthread_mutex_lock(&device->lock);
    VtgEvent *event = device->queues[queue].pending_head;
    if (event) {
        rt_event_ref(event);
    }
    pthread_mutex_unlock(&device->lock);
    return event;
}

void rt_event_sweep(VtgDevice *device) {
    for (uint32_t i = 0; i < device->queue_count; i++) {
        VtgStatus status = VTG_OK;
        /* A glance without the lock, at what may be on its way: the next sweep sees it. */
        while (status == VTG_OK && atomic_load(&device->queues[i].pending) != 0) {
            VtgEvent *event = first_pending(device, i);
            if (!event) {
                break;
            }
            status = rt_event_wait(event, 0);
            rt_event_unref(event);
        }
    }
}

void rt_event_give_up(VtgDevice *device) {
    for (uint32_t i = 0; i < device->queue_count; i++) {
        VtgEvent *event = first_pending(device, i);
        if (event) {
            retire(event, VTG_ERROR_DEVICE_LOST);
            rt_event_unref(event);
        }
    }
}

/* Fills event->waits. Under device->lock. */
static void find_waits(const VtgCommands *commands, VtgEvent *event) {
    const VtgDevice *device = commands->device;
    for (uint32_t i = 0; i < commands->use_capacity && device->queue_count > 1; i++) {
        const RtUse *use = &commands->uses[i];
        for (uint32_t q = 0; q < device->queue_count && use->buffer; q++) {
            uint64_t serial =
                use->write_epoch ? use->buffer->last_use[q] : use->buffer->last_write[q];
            if (q != event->queue && serial > device->queues[q].retired &&
                serial > event->waits[q]) {
                event->waits[q] = serial;
            }
        }
    }
}

/* Under device->lock. */
static VtgStatus submit_locked(VtgCommands *commands, VtgEvent *event) {
    VtgDevice *device = commands->device;
    if (device->lost) {
        return rt_fail(device->instance, VTG_ERROR_DEVICE_LOST, "submit: the device was lost");
    }
    if (device->closed) {
        return rt_fail(device->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "submit: the device was destroyed");
    }
    if (commands->busy) {
        return rt_fail(device->instance, VTG_ERROR_BUSY,
                       "submit: the last submission of this command list has not finished");
    }
    RtQueue *queue = &device->queues[commands->queue];
    event->queue = commands->queue;
    event->serial = queue->serial + 1;
    event->commands = commands;
    find_waits(commands, event);
    bool profiling = atomic_load(&device->profiling);
    event->submit_ns = profiling ? rt_now_ns() : 0;
    VtgStatus status = device->api->submit(commands, event);
    event->submitted_ns = profiling ? rt_now_ns() : 0;
    event->profile_number = device->profiled;
    device->profiled += profiling && status == VTG_OK;
    if (status == VTG_ERROR_DEVICE_LOST) {
        device->lost = true;
    }
    if (status != VTG_OK) {
        event->commands = NULL;
        return status;
    }
    queue->serial = event->serial;
    atomic_fetch_add(&queue->pending, 1);
    commands->busy = true;
    rt_commands_ref(commands);
    rt_event_ref(event);
    if (queue->pending_tail) {
        queue->pending_tail->next = event;
    } else {
        queue->pending_head = event;
    }
    queue->pending_tail = event;
    for (uint32_t i = 0; i < commands->use_capacity; i++) {
        VtgBuffer *buffer = commands->uses[i].buffer;
        if (buffer) {
            buffer->last_use[event->queue] = event->serial;
            if (commands->uses[i].write_epoch) {
                buffer->last_write[event->queue] = event->serial;
            }
        }
    }
    return VTG_OK;
}

VtgStatus vtg_submit(VtgCommands *commands, VtgEvent **result) {
    if (result) {
        *result = NULL;
    }
    if (!commands) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgDevice *device = commands->device;
    const RtApi *api = device->api;
    rt_event_sweep(device);
    if (commands->state == RT_UNUSABLE) {
        return rt_fail(device->instance, VTG_ERROR_BUSY,
                       "submit: the command list could not be ended or reset; reset it first");
    }
    if (commands->state == RT_RECORDING) {
        VtgStatus status = api->commands_finish(commands);
        commands->state = status == VTG_OK ? RT_FINISHED : RT_UNUSABLE;
        if (status != VTG_OK) {
            return status;
        }
    }
    VtgEvent *event = rt_alloc(device->instance, api->event_size);
    if (!event) {
        return rt_no_memory(device->instance, "an event");
    }
    atomic_init(&event->refs, 1);
    atomic_init(&event->status, VTG_NOT_READY);
    event->device = device;
    rt_device_ref(device);
    VtgStatus status = VTG_OK;
    if (commands->timed_count != 0) {
        event->timings =
            rt_alloc_array(device->instance, commands->timed_count, sizeof *event->timings);
        status = event->timings ? VTG_OK : rt_no_memory(device->instance, "timings");
        event->timing_count = event->timings ? commands->timed_count : 0;
        event->dispatch_count = event->timings ? commands->dispatch_count : 0;
    }
    event->timed = commands->timing;
    if (status == VTG_OK) {
        pthread_mutex_lock(&device->lock);
        status = submit_locked(commands, event);
        pthread_mutex_unlock(&device->lock);
    }
    if (status != VTG_OK || !result) {
        rt_event_unref(event);
        return status;
    }
    *result = event;
    return VTG_OK;
}

VtgStatus vtg_event_poll(VtgEvent *event) {
    if (!event) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_event_wait(event, 0);
    return status == VTG_TIMEOUT ? VTG_NOT_READY : status;
}

VtgStatus vtg_event_wait(VtgEvent *event, uint64_t timeout_ns) {
    return event ? rt_event_wait(event, timeout_ns) : VTG_ERROR_INVALID_ARGUMENT;
}

VtgStatus vtg_event_on_end(VtgEvent *event, VtgEventFn callback, void *user) {
    return event && callback ? rt_watch(event, callback, user, -1) : VTG_ERROR_INVALID_ARGUMENT;
}

VtgStatus vtg_event_export_fd(VtgEvent *event, int *fd) {
    if (fd) {
        *fd = -1;
    }
    if (!event || !fd) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
#if defined(__linux__)
    const VtgInstance *instance = event->device->instance;
    bool ended = atomic_load(&event->status) != VTG_NOT_READY;
    int made = eventfd(ended, EFD_CLOEXEC | EFD_NONBLOCK);
    int ours = made >= 0 && !ended ? fcntl(made, F_DUPFD_CLOEXEC, 0) : -1;
    if (made < 0 || (!ended && ours < 0)) {
        if (made >= 0) {
            close(made);
        }
        return rt_no_memory(instance, "a file descriptor");
    }
    VtgStatus status = ended ? VTG_OK : rt_watch(event, NULL, NULL, ours);
    if (status != VTG_OK) {
        close(made);
        return status;
    }
    *fd = made;
    return VTG_OK;
#else
    return rt_fail(event->device->instance, VTG_ERROR_UNSUPPORTED,
                   "events are no file descriptors on this system");
#endif
}

void vtg_event_destroy(VtgEvent *event) {
    if (event) {
        rt_event_unref(event);
    }
}

VtgStatus vtg_event_timing(VtgEvent *event, uint32_t index, VtgDispatchTiming *timing) {
    if (timing) {
        *timing = (VtgDispatchTiming){0, 0};
    }
    if (!event || !timing) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = vtg_event_poll(event);
    if (status != VTG_OK) {
        return status;
    }
    if (!event->timed) {
        return VTG_ERROR_UNSUPPORTED;
    }
    if (index >= event->dispatch_count) {
        return rt_fail(event->device->instance, VTG_ERROR_OUT_OF_RANGE,
                       "there is no dispatch %u in the submission: it has %u", index,
                       event->dispatch_count);
    }
    *timing = event->timings[index];
    return event->timing_status;
}
