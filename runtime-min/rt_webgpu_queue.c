/* rt_webgpu_queue.c: submission, and waiting. */
#include "rt_webgpu.h"

#include <string.h>
#include <time.h>

/* ---- Encoding ---- */

/* A write of the queue takes its place between what is submitted before and after it, so a list with writes is
 * submitted in pieces. */
typedef struct Encoding {
    VtgDevice *device;
    WgpuHandle encoder;
    RwgpuEvent *event;
    uint64_t tail_used;
    uint32_t timed; /* operations so far */
    bool failed;    /* an object was not made */
} Encoding;

static void flush(Encoding *e) {
    const RwgpuFunctions *fn = rwgpu_fn(e->device);
    WgpuHandle commands = e->encoder ? fn->CommandEncoderFinish(e->encoder, NULL) : NULL;
    if (e->encoder) {
        fn->CommandEncoderRelease(e->encoder);
        e->encoder = NULL;
    }
    if (commands) {
        fn->QueueSubmit(rwgpu_device(e->device)->queue, 1, &commands);
        fn->CommandBufferRelease(commands);
    }
    e->failed |= !commands;
}

static void start(Encoding *e) {
    e->encoder =
        rwgpu_fn(e->device)->DeviceCreateCommandEncoder(rwgpu_device(e->device)->handle, NULL);
    e->failed |= !e->encoder;
}

static void encode_dispatch(Encoding *e, const RwgpuOp *op) {
    const RwgpuFunctions *fn = rwgpu_fn(e->device);
    WgpuTimestampWrites writes;
    WgpuPassDesc desc = {.label = WGPU_TEXT(NULL)};
    if (op->is_kernel && e->event->sets) {
        writes = rwgpu_timing_of(e->event, e->timed++);
        desc.timestamps = &writes;
    }
    WgpuHandle pass = fn->CommandEncoderBeginComputePass(e->encoder, &desc);
    if (!pass) {
        e->failed = true;
        return;
    }
    fn->ComputePassEncoderSetPipeline(pass, op->pipeline);
    fn->ComputePassEncoderSetBindGroup(pass, 0, op->group, 0, NULL);
    if (op->from) {
        fn->ComputePassEncoderDispatchWorkgroupsIndirect(pass, op->from, 0);
    } else {
        fn->ComputePassEncoderDispatchWorkgroups(pass, op->groups[0], op->groups[1], op->groups[2]);
    }
    fn->ComputePassEncoderEnd(pass);
    fn->ComputePassEncoderRelease(pass);
}

/* An empty pass, for its time. */
static void stamp(Encoding *e, bool begin) {
    const RwgpuFunctions *fn = rwgpu_fn(e->device);
    WgpuTimestampWrites writes = rwgpu_timing_of(e->event, e->timed);
    *(begin ? &writes.end : &writes.begin) = WGPU_NO_QUERY;
    const WgpuPassDesc desc = {.label = WGPU_TEXT(NULL), .timestamps = &writes};
    WgpuHandle pass = fn->CommandEncoderBeginComputePass(e->encoder, &desc);
    if (pass) {
        fn->ComputePassEncoderEnd(pass);
        fn->ComputePassEncoderRelease(pass);
    }
    e->failed |= !pass;
}

/* There is an encoder before it; there may be none after it. */
static void encode(Encoding *e, const RwgpuOp *op) {
    const RwgpuFunctions *fn = rwgpu_fn(e->device);
    switch (op->kind) {
    case RWGPU_DISPATCH:
        encode_dispatch(e, op);
        break;
    case RWGPU_COPY:
        fn->CommandEncoderCopyBufferToBuffer(e->encoder, op->from, op->from_offset, op->to,
                                             op->to_offset, op->size);
        break;
    case RWGPU_WRITE:
        flush(e);
        fn->QueueWriteBuffer(rwgpu_device(e->device)->queue, op->to, op->to_offset,
                             (const char *)op->staging->mapped + op->from_offset, (size_t)op->size);
        start(e);
        break;
    case RWGPU_READ:
        fn->CommandEncoderCopyBufferToBuffer(e->encoder, op->from, op->from_offset, e->event->tail,
                                             e->tail_used, op->size);
        e->tail_used += op->size;
        break;
    }
}

static uint64_t bytes_to_read(const RwgpuCommands *commands) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < commands->op_count; i++) {
        bytes += commands->ops[i].kind == RWGPU_READ ? commands->ops[i].size : 0;
    }
    return bytes;
}

static void on_map(uint32_t status, WgpuText why, void *user1, void *user2) {
    RwgpuEvent *event = user1;
    (void)why, (void)user2;
    event->is_mapping = false;
    event->map_status = status;
}

static VtgStatus no_objects(VtgDevice *device) {
    return rt_fail(device->instance, VTG_ERROR_OUT_OF_DEVICE_MEMORY,
                   "submit: the device makes no more objects");
}

/* The tail is used by the end of the work, so it can be mapped when that is over. */
static VtgStatus submit_locked(const RwgpuCommands *commands, RwgpuEvent *event) {
    VtgDevice *device = commands->base.device;
    const RwgpuFunctions *fn = rwgpu_fn(device);
    uint64_t bytes = bytes_to_read(commands);
    uint64_t timing_bytes = (uint64_t)event->base.timing_count * 2 * sizeof(uint64_t);
    event->tail_bytes = bytes + timing_bytes == 0 ? 4 : bytes + timing_bytes;
    event->tail = rwgpu_buffer_make(device, WGPU_USE_MAP_READ | WGPU_USE_COPY_TARGET,
                                    event->tail_bytes, "tail");
    if (!event->tail) {
        return no_objects(device);
    }
    VtgStatus status = rwgpu_timing_open(event);
    if (status != VTG_OK) {
        return status == VTG_ERROR_OUT_OF_DEVICE_MEMORY ? no_objects(device) : status;
    }
    Encoding e = {.device = device, .event = event};
    start(&e);
    for (uint32_t i = 0; i < commands->op_count && e.encoder; i++) {
        const RwgpuOp *op = &commands->ops[i];
        if (op->begins) {
            stamp(&e, true);
        }
        encode(&e, op);
        if (op->ends && e.encoder) {
            stamp(&e, false);
            e.timed++;
        }
    }
    if (event->sets && e.encoder) {
        rwgpu_timing_resolve(event, e.encoder, bytes);
    } else if (bytes == 0 && e.encoder) {
        fn->CommandEncoderClearBuffer(e.encoder, event->tail, 0, event->tail_bytes);
    }
    flush(&e);
    if (e.failed) {
        return no_objects(device);
    }
    event->is_mapping = true;
    fn->BufferMapAsync(event->tail, WGPU_MAP_READ, 0, (size_t)event->tail_bytes,
                       (WgpuCallbackInfo){.mode = WGPU_CALL_IN_EVENTS,
                                          .callback = (WgpuCallback)on_map,
                                          .user1 = event});
    return VTG_OK;
}

VtgStatus rwgpu_submit(VtgCommands *base, VtgEvent *event) {
    VtgDevice *device = base->device;
    if (atomic_load(&rwgpu_device(device)->lost)) {
        return rt_fail(device->instance, VTG_ERROR_DEVICE_LOST, "submit: the device was lost");
    }
    rwgpu_lock(device);
    rwgpu_scope_begin(device);
    VtgStatus status = submit_locked((const RwgpuCommands *)base, (RwgpuEvent *)event);
    VtgStatus heard = rwgpu_scope_end(device, VTG_ERROR_DRIVER, "submit");
    rwgpu_unlock(device);
    return heard != VTG_OK ? heard : status;
}

/* ---- Waiting ---- */

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* What was read goes to where it was asked for. False: the tail cannot be seen. */
static bool keep_read(RwgpuEvent *event) {
    const VtgDevice *device = event->base.device;
    const RwgpuCommands *commands = (const RwgpuCommands *)event->base.commands;
    const char *bytes =
        rwgpu_fn(device)->BufferGetConstMappedRange(event->tail, 0, (size_t)event->tail_bytes);
    for (uint32_t i = 0; bytes && i < commands->op_count; i++) {
        const RwgpuOp *op = &commands->ops[i];
        if (op->kind == RWGPU_READ) {
            memcpy((char *)op->staging->mapped + op->to_offset, bytes + op->skip,
                   (size_t)op->wanted);
            bytes += op->size;
        }
    }
    if (bytes && event->sets) {
        rwgpu_timing_keep(event, bytes);
    }
    event->is_copied = bytes != NULL;
    return event->is_copied;
}

/* The core retires what is before an event together with it, so all of that is made complete. False: something of it is
 * lost. */
static bool keep_reads_until(RwgpuEvent *last) {
    VtgDevice *device = last->base.device;
    pthread_mutex_lock(&device->lock);
    rwgpu_lock(device);
    bool retired = atomic_load(&last->base.status) != VTG_NOT_READY, whole = true;
    for (VtgEvent *at = device->queues[0].pending_head; at && !retired && whole; at = at->next) {
        RwgpuEvent *event = (RwgpuEvent *)at;
        rwgpu_pump(rwgpu_context(device), &event->is_mapping);
        whole = event->is_copied || (event->map_status == WGPU_SUCCESS && keep_read(event));
        retired = event == last;
    }
    rwgpu_unlock(device);
    pthread_mutex_unlock(&device->lock);
    return whole;
}

static bool has_ended(RwgpuEvent *event) {
    VtgDevice *device = event->base.device;
    rwgpu_lock(device);
    if (event->is_mapping) {
        rwgpu_pump(rwgpu_context(device), &(bool){false});
    }
    bool ended = !event->is_mapping;
    rwgpu_unlock(device);
    return ended;
}

/* Nobody is woken: look again and again, less and less often. */
VtgStatus rwgpu_event_wait(VtgEvent *base, uint64_t timeout_ns) {
    enum { FIRST_NAP_NS = 20000, LONGEST_NAP_NS = 1000000 };
    RwgpuEvent *event = (RwgpuEvent *)base;
    uint64_t begin = now_ns();
    for (long nap = FIRST_NAP_NS; !has_ended(event);) {
        if (timeout_ns != VTG_FOREVER && now_ns() - begin >= timeout_ns) {
            return VTG_TIMEOUT;
        }
        const struct timespec time = {0, nap};
        nanosleep(&time, NULL);
        nap = nap * 2 < LONGEST_NAP_NS ? nap * 2 : LONGEST_NAP_NS;
    }
    if (event->map_status == WGPU_SUCCESS && keep_reads_until(event)) {
        return VTG_OK;
    }
    return rt_fail(base->device->instance, VTG_ERROR_DEVICE_LOST,
                   "webgpu: the work that was submitted did not end");
}

/* They came with what was read. */
void rwgpu_event_timings(VtgEvent *event) {
    (void)event;
}

void rwgpu_event_close(VtgEvent *base) {
    RwgpuEvent *event = (RwgpuEvent *)base;
    VtgDevice *device = base->device;
    if (!event->tail) {
        return;
    }
    rwgpu_lock(device);
    rwgpu_fn(device)->BufferDestroy(event->tail); /* the callback comes, if it is still to come */
    rwgpu_pump(rwgpu_context(device), &event->is_mapping);
    rwgpu_fn(device)->BufferRelease(event->tail);
    rwgpu_timing_close(event);
    rwgpu_unlock(device);
}
