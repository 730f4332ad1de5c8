/* rt_metal_queue.c: encoding, submission, waiting, and times. */
#include "rt_metal.h"

#include <time.h>

/* ---- Encoding ---- */

typedef struct Encoding {
    const RmtlContext *context;
    RmtlCommands *commands;
    RmtlEvent *event;
    Id buffer;
    Id compute, blit; /* the open encoder: one of the two, or none */
    bool is_used;     /* something is in the buffer */
    uint64_t cuts;    /* buffers that were committed before it */
} Encoding;

static void close_encoder(Encoding *e) {
    Id open = e->compute ? e->compute : e->blit;
    if (open) {
        RMTL0(e->context, void, open, endEncoding);
    }
    e->compute = e->blit = NULL;
}

/* Encoders come autoreleased, and last as long as the pool around the submission. */
static Id computing(Encoding *e) {
    enum { CONCURRENT = 1 }; /* MTLDispatchType */
    if (!e->compute) {
        close_encoder(e);
        e->compute = RMTL(e->context, Id, (NsUint), e->buffer, computeEncoder, (NsUint)CONCURRENT);
    }
    return e->compute;
}

static Id copying(Encoding *e) {
    if (!e->blit) {
        close_encoder(e);
        e->blit = RMTL0(e->context, Id, e->buffer, blitEncoder);
    }
    return e->blit;
}

/* Buffers, then the value block, then the sizes of the buffers: docs/msl.md. */
static void bind(const Encoding *e, Id encoder, const RmtlOp *op) {
    const VtgKernel *kernel = &op->kernel->base;
    const RtBinding *bound = e->commands->bound + op->first_binding;
    NsUint place = 0;
    for (; place < kernel->buffer_count; place++) {
        RMTL(e->context, void, (Id, NsUint, NsUint), encoder, setBuffer,
             ((const RmtlBuffer *)bound[place].buffer)->handle, (NsUint)bound[place].offset, place);
        e->commands->sizes[place] = (uint32_t)bound[place].size;
    }
    if (kernel->block_bytes != 0) {
        RMTL(e->context, void, (const void *, NsUint, NsUint), encoder, setBytes,
             (const void *)(e->commands->words + op->first_word), (NsUint)kernel->block_bytes,
             place);
        place++;
    }
    if (kernel->buffer_count != 0) {
        RMTL(e->context, void, (const void *, NsUint, NsUint), encoder, setBytes,
             (const void *)e->commands->sizes, (NsUint)(kernel->buffer_count * sizeof(uint32_t)),
             place);
    }
}

static bool runs(const RmtlOp *op) {
    return op->kind != RMTL_DISPATCH || op->groups.from || op->groups.count[0] != 0;
}

static void encode_dispatch(Encoding *e, const RmtlOp *op) {
    const uint32_t *count = op->groups.count, *size = op->kernel->base.workgroup_size;
    const MtlSize groups = {count[0], count[1], count[2]}, threads = {size[0], size[1], size[2]};
    if (!runs(op)) {
        return;
    }
    Id encoder = computing(e);
    RMTL(e->context, void, (Id), encoder, setPipeline, op->kernel->pipeline);
    bind(e, encoder, op);
    if (op->groups.from) {
        RMTL(e->context, void, (Id, NsUint, MtlSize), encoder, dispatchIndirect,
             ((const RmtlBuffer *)op->groups.from)->handle, (NsUint)op->groups.offset, threads);
    } else {
        RMTL(e->context, void, (MtlSize, MtlSize), encoder, dispatch, groups, threads);
    }
}

static void encode(Encoding *e, const RmtlOp *op) {
    enum { SCOPE_BUFFERS = 1 }; /* MTLBarrierScope */
    switch (op->kind) {
    case RMTL_DISPATCH:
        encode_dispatch(e, op);
        break;
    case RMTL_COPY:
        RMTL(e->context, void, (Id, NsUint, Id, NsUint, NsUint), copying(e), copyBuffer, op->source,
             (NsUint)op->source_offset, op->target, (NsUint)op->target_offset, (NsUint)op->size);
        break;
    case RMTL_FILL: {
        const NsRange range = {(NsUint)op->target_offset, (NsUint)op->size};
        RMTL(e->context, void, (Id, NsRange, uint8_t), copying(e), fillBuffer, op->target, range,
             op->byte);
        break;
    }
    case RMTL_BARRIER:
        if (e->compute) {
            RMTL(e->context, void, (NsUint), e->compute, barrier, (NsUint)SCOPE_BUFFERS);
        } else {
            close_encoder(e); /* what one has copied the next one sees */
        }
        break;
    }
}

/* ---- Command buffers ---- */

static bool open_buffer(Encoding *e) {
    const RmtlDevice *device = (const RmtlDevice *)e->commands->base.device;
    e->buffer = RMTL0(e->context, Id, device->queues[e->commands->base.queue], commandBuffer);
    e->is_used = false;
    if (e->buffer && e->cuts != 0) {
        RMTL(e->context, void, (Id, uint64_t), e->buffer, encodeWait, e->event->order, e->cuts);
    }
    return e->buffer != NULL;
}

/* What follows is in another buffer, and begins when this one has ended. */
static bool cut(Encoding *e) {
    close_encoder(e);
    RMTL(e->context, void, (Id, uint64_t), e->buffer, encodeSignal, e->event->order, ++e->cuts);
    RMTL0(e->context, void, e->buffer, commit);
    return open_buffer(e);
}

/* False: there is no command buffer. */
static bool encode_all(Encoding *e) {
    RmtlEvent *event = e->event;
    for (uint32_t i = 0; i < e->commands->op_count; i++) {
        const RmtlOp *op = &e->commands->ops[i];
        if (op->begins && e->is_used && !cut(e)) {
            return false;
        }
        encode(e, op);
        e->is_used |= runs(op) && op->kind != RMTL_BARRIER;
        if (op->ends) {
            event->timed[event->timed_count++] =
                runs(op) ? RMTL0(e->context, Id, e->buffer, retain) : NULL;
        }
        if (op->ends && runs(op) && !cut(e)) {
            return false;
        }
    }
    return true;
}

static VtgStatus open_timing(const RmtlContext *context, RmtlEvent *event) {
    VtgDevice *device = event->base.device;
    uint32_t count = event->base.timing_count;
    if (count == 0) {
        return VTG_OK;
    }
    if (!rt_grow(device->instance, &event->timed, &event->timed_capacity, count,
                 sizeof *event->timed)) {
        return rt_no_memory(device->instance, "timings");
    }
    event->order = RMTL0(context, Id, rmtl_id(device), newEvent);
    return event->order ? VTG_OK : rt_fail(device->instance, VTG_ERROR_DRIVER, "metal: no event");
}

static VtgStatus submit(VtgCommands *base, RmtlEvent *event) {
    RmtlDevice *device = (RmtlDevice *)base->device;
    Encoding e = {
        .context = rmtl_context(base->device), .commands = (RmtlCommands *)base, .event = event};
    VtgStatus status = open_timing(e.context, event);
    if (status != VTG_OK) {
        return status;
    }
    bool open = open_buffer(&e);
    for (uint32_t q = 0; q < RT_QUEUES && open; q++) {
        if (event->base.waits[q] != 0) {
            RMTL(e.context, void, (Id, uint64_t), e.buffer, encodeWait, device->events[q],
                 event->base.waits[q]);
        }
    }
    if (!open || !encode_all(&e)) {
        return rt_fail(base->device->instance, VTG_ERROR_DRIVER, "metal: no command buffer");
    }
    close_encoder(&e);
    RMTL(e.context, void, (Id, uint64_t), e.buffer, encodeSignal, device->events[base->queue],
         event->base.serial);
    event->buffer = RMTL0(e.context, Id, e.buffer, retain);
    RMTL0(e.context, void, e.buffer, commit);
    return VTG_OK;
}

VtgStatus rmtl_submit(VtgCommands *base, VtgEvent *event) {
    const RmtlContext *context = rmtl_context(base->device);
    void *pool = context->fn.objc_autoreleasePoolPush();
    VtgStatus status = submit(base, (RmtlEvent *)event);
    context->fn.objc_autoreleasePoolPop(pool);
    return status;
}

/* ---- Waiting ---- */

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

enum { COMPLETED = 4, FAILED = 5 }; /* MTLCommandBufferStatus */

/* VTG_OK, VTG_TIMEOUT (it is at work still), or that the work failed: one of the buffers that are timed, or the last. */
static VtgStatus look(const RmtlContext *context, const RmtlEvent *event) {
    NsUint state = COMPLETED;
    for (uint32_t i = 0; i <= event->timed_count; i++) {
        Id buffer = i < event->timed_count ? event->timed[i] : event->buffer;
        state = buffer ? RMTL0(context, NsUint, buffer, status) : state;
        if (state == FAILED) {
            Id error = RMTL0(context, Id, buffer, error);
            return rt_fail(event->base.device->instance, VTG_ERROR_DEVICE_LOST, "metal: %s",
                           rmtl_error_text(context, error));
        }
    }
    return state == COMPLETED ? VTG_OK : VTG_TIMEOUT;
}

/* Metal waits for ever or not at all: with a limit, look again and again, less and less often. */
VtgStatus rmtl_event_wait(VtgEvent *base, uint64_t timeout_ns) {
    enum { FIRST_NAP_NS = 20000, LONGEST_NAP_NS = 1000000 };
    const RmtlContext *context = rmtl_context(base->device);
    const RmtlEvent *event = (const RmtlEvent *)base;
    void *pool = context->fn.objc_autoreleasePoolPush();
    if (timeout_ns == VTG_FOREVER) {
        RMTL0(context, void, event->buffer, waitUntilCompleted);
    }
    uint64_t start = now_ns();
    VtgStatus status = look(context, event);
    for (long nap = FIRST_NAP_NS; status == VTG_TIMEOUT; status = look(context, event)) {
        if (timeout_ns != VTG_FOREVER && now_ns() - start >= timeout_ns) {
            break;
        }
        const struct timespec time = {0, nap};
        nanosleep(&time, NULL);
        nap = nap * 2 < LONGEST_NAP_NS ? nap * 2 : LONGEST_NAP_NS;
    }
    context->fn.objc_autoreleasePoolPop(pool);
    return status;
}

/* In seconds. */
static uint64_t ns_of(double time) {
    return (uint64_t)(time * 1e9);
}

void rmtl_event_timings(VtgEvent *base) {
    const RmtlContext *context = rmtl_context(base->device);
    const RmtlEvent *event = (const RmtlEvent *)base;
    for (uint32_t i = 0; i < event->timed_count; i++) {
        Id buffer = event->timed[i];
        if (buffer) {
            base->timings[i] = (VtgDispatchTiming){ns_of(RMTL0(context, double, buffer, startTime)),
                                                   ns_of(RMTL0(context, double, buffer, endTime))};
        }
    }
}

void rmtl_event_close(VtgEvent *base) {
    const RmtlContext *context = rmtl_context(base->device);
    RmtlEvent *event = (RmtlEvent *)base;
    for (uint32_t i = 0; i < event->timed_count; i++) {
        rmtl_release(context, event->timed[i]);
    }
    rt_free(base->device->instance, event->timed, event->timed_capacity * sizeof *event->timed);
    rmtl_release(context, event->order);
    rmtl_release(context, event->buffer);
}
