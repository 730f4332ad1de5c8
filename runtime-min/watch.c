/* watch.c: telling of events that have ended, by callback or file descriptor. Each queue has a thread for it, made when
 * first needed, which waits for the queue's watched events in order. Whoever retires an event, the watcher tells of it:
 * nobody's callback runs inside another call of the library.
 *
 * A watch holds its event, and that holds the device. So a device ends with no watch left; if the last reference goes
 * on a watcher's own thread, that thread leaves without looking back. */
#include "rt.h"

#include <signal.h>
#include <unistd.h>

static void tell(const RtWatch *watch, VtgStatus status) {
    if (watch->callback) {
        watch->callback(watch->user, status);
    }
    if (watch->fd >= 0) {
        const uint64_t one = 1;
        (void)!write(watch->fd, &one, sizeof one); /* a counter of 1 never blocks */
        close(watch->fd);
    }
}

/* Tells of the first watch and lets go of it, which is the last that it is on the list: so an empty list means that the
 * watcher holds nothing. True: the device went with the event. */
static bool tell_first(VtgDevice *device, RtQueue *queue) {
    VtgInstance *instance = device->instance;
    RtWatch *watch = queue->watches;
    bool gone = false;
    queue->gone = &gone;
    rt_instance_ref(instance);
    pthread_mutex_unlock(&device->lock);
    tell(watch, rt_event_wait(watch->event, VTG_FOREVER));
    rt_event_unref(watch->event);
    if (!gone) {
        pthread_mutex_lock(&device->lock);
        queue->watches = watch->next;
        pthread_cond_broadcast(&queue->changed);
    }
    rt_free(instance, watch, sizeof *watch);
    rt_instance_unref(instance); /* the device holds it, unless it went */
    return gone;
}

typedef struct Start {
    VtgDevice *device;
    RtQueue *queue;
} Start;

static void *watcher(void *user) {
    Start start = *(Start *)user;
    rt_free(start.device->instance, user, sizeof start);
    VtgDevice *device = start.device;
    RtQueue *queue = start.queue;
    pthread_mutex_lock(&device->lock);
    while (!queue->stop) {
        if (!queue->watches) {
            pthread_cond_wait(&queue->changed, &device->lock);
        } else if (tell_first(device, queue)) {
            return NULL;
        }
    }
    pthread_mutex_unlock(&device->lock);
    return NULL;
}

/* Under device->lock. Signals are the application's business: the thread takes none. */
static VtgStatus start_watcher(VtgDevice *device, RtQueue *queue) {
    queue->has_changed = queue->has_changed || pthread_cond_init(&queue->changed, NULL) == 0;
    Start *start = rt_alloc(device->instance, sizeof *start);
    if (queue->has_changed && start) {
        *start = (Start){device, queue};
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        queue->has_watcher = pthread_create(&queue->watcher, NULL, watcher, start) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (!queue->has_watcher) {
        rt_free(device->instance, start, sizeof *start);
        return rt_no_memory(device->instance, "a thread");
    }
    return VTG_OK;
}

VtgStatus rt_watch(VtgEvent *event, VtgEventFn callback, void *user, int fd) {
    VtgDevice *device = event->device;
    RtQueue *queue = &device->queues[event->queue];
    RtWatch *watch = rt_alloc(device->instance, sizeof *watch);
    VtgStatus status = watch ? VTG_OK : rt_no_memory(device->instance, "a watch");
    pthread_mutex_lock(&device->lock);
    if (status == VTG_OK && !queue->has_watcher) {
        status = start_watcher(device, queue);
    }
    if (status == VTG_OK) {
        rt_event_ref(event);
        *watch = (RtWatch){NULL, event, callback, user, fd};
        RtWatch **place = &queue->watches;
        while (*place && (*place == queue->watches || (*place)->event->serial <= event->serial)) {
            place = &(*place)->next; /* never before the first, which may be at work */
        }
        watch->next = *place;
        *place = watch;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&device->lock);
    if (status != VTG_OK) {
        rt_free(device->instance, watch, sizeof *watch);
        if (fd >= 0) {
            close(fd);
        }
    }
    return status;
}

void rt_watch_drain(VtgDevice *device) {
    pthread_mutex_lock(&device->lock);
    bool own = false;
    for (uint32_t i = 0; i < device->queue_count; i++) {
        RtQueue *queue = &device->queues[i];
        own |= queue->has_watcher && pthread_equal(queue->watcher, pthread_self());
    }
    for (uint32_t i = 0; i < device->queue_count && !own; i++) {
        RtQueue *queue = &device->queues[i];
        while (queue->watches) {
            pthread_cond_wait(&queue->changed, &device->lock);
        }
    }
    pthread_mutex_unlock(&device->lock);
}

void rt_watch_stop(VtgDevice *device) {
    for (uint32_t i = 0; i < RT_QUEUES; i++) {
        RtQueue *queue = &device->queues[i];
        if (queue->has_watcher && pthread_equal(queue->watcher, pthread_self())) {
            *queue->gone = true;
            pthread_detach(queue->watcher);
        } else if (queue->has_watcher) {
            pthread_mutex_lock(&device->lock);
            queue->stop = true;
            pthread_cond_broadcast(&queue->changed);
            pthread_mutex_unlock(&device->lock);
            pthread_join(queue->watcher, NULL);
        }
        if (queue->has_changed) {
            pthread_cond_destroy(&queue->changed);
        }
    }
}
