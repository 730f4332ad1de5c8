/* rt_webgpu_timing.c: timestamps around the operations of a submission (the feature timestamp-query).
 *
 * A dispatch is a compute pass of its own, whose begin and end are written into a set of queries; a set holds so many at
 * most. Copies and fills have an empty pass before them, and one behind them.
 * When the work has ended, all are resolved into a buffer and copied to the tail, with which they come to the host.
 */
#include "rt_webgpu.h"

#include <string.h>

enum {
    SET_QUERIES = 4096,            /* WebGPU allows no more */
    QUERY_BYTES = sizeof(uint64_t) /* of a set that is resolved; a full one keeps offsets aligned */
};

static uint32_t queries_of(const RwgpuEvent *event, uint32_t set) {
    uint32_t left = event->base.timing_count * 2 - set * SET_QUERIES;
    return left < SET_QUERIES ? left : SET_QUERIES;
}

VtgStatus rwgpu_timing_open(RwgpuEvent *event) {
    VtgDevice *device = event->base.device;
    uint32_t queries = event->base.timing_count * 2;
    uint32_t count = queries / SET_QUERIES + (queries % SET_QUERIES != 0);
    if (count == 0) {
        return VTG_OK;
    }
    event->sets = rt_alloc_array(device->instance, count, sizeof *event->sets);
    if (!event->sets) {
        return rt_no_memory(device->instance, "timestamps");
    }
    for (uint32_t i = 0; i < count; i++) {
        const WgpuQuerySetDesc desc = {.label = WGPU_TEXT("timestamps"),
                                       .type = WGPU_QUERY_TIMESTAMP,
                                       .count = queries_of(event, i)};
        event->sets[i] =
            rwgpu_fn(device)->DeviceCreateQuerySet(rwgpu_device(device)->handle, &desc);
        if (!event->sets[i]) {
            return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
        }
        event->set_count++;
    }
    event->ticks = rwgpu_buffer_make(device, WGPU_USE_QUERY_RESOLVE | WGPU_USE_COPY_SOURCE,
                                     (uint64_t)queries * QUERY_BYTES, "timestamps");
    return event->ticks ? VTG_OK : VTG_ERROR_OUT_OF_DEVICE_MEMORY;
}

WgpuTimestampWrites rwgpu_timing_of(const RwgpuEvent *event, uint32_t operation) {
    uint32_t query = operation * 2 % SET_QUERIES;
    return (WgpuTimestampWrites){
        .set = event->sets[operation * 2 / SET_QUERIES], .begin = query, .end = query + 1};
}

void rwgpu_timing_resolve(const RwgpuEvent *event, WgpuHandle encoder, uint64_t tail_offset) {
    const RwgpuFunctions *fn = rwgpu_fn(event->base.device);
    for (uint32_t i = 0; i < event->set_count; i++) {
        fn->CommandEncoderResolveQuerySet(encoder, event->sets[i], 0, queries_of(event, i),
                                          event->ticks, (uint64_t)i * SET_QUERIES * QUERY_BYTES);
    }
    fn->CommandEncoderCopyBufferToBuffer(encoder, event->ticks, 0, event->tail, tail_offset,
                                         (uint64_t)event->base.timing_count * 2 * QUERY_BYTES);
}

/* Dawn gives nanoseconds; wgpu what the device counts, and says how long that is. */
void rwgpu_timing_keep(RwgpuEvent *event, const void *ticks) {
    const VtgDevice *device = event->base.device;
    const RwgpuFunctions *fn = rwgpu_fn(device);
    const char *pairs = ticks; /* behind what is read back, at any multiple of four */
    double step = fn->QueueGetTimestampPeriod
                      ? (double)fn->QueueGetTimestampPeriod(rwgpu_device(event->base.device)->queue)
                      : 1.0;
    for (uint32_t i = 0; i < event->base.timing_count; i++) {
        uint64_t pair[2];
        memcpy(pair, pairs + i * sizeof pair, sizeof pair);
        uint64_t begin = pair[0], length = pair[1] - begin;
        VtgDispatchTiming *timing = &event->base.timings[i];
        timing->begin_ns = step == 1.0 ? begin : (uint64_t)((double)begin * step);
        timing->end_ns = timing->begin_ns + (uint64_t)((double)length * step);
    }
}

void rwgpu_timing_close(RwgpuEvent *event) {
    const VtgDevice *device = event->base.device;
    for (uint32_t i = 0; i < event->set_count; i++) {
        rwgpu_fn(device)->QuerySetRelease(event->sets[i]);
    }
    if (event->ticks) {
        rwgpu_fn(device)->BufferRelease(event->ticks);
    }
    if (event->sets) {
        uint32_t queries = event->base.timing_count * 2;
        uint32_t count = queries / SET_QUERIES + (queries % SET_QUERIES != 0);
        rt_free(device->instance, event->sets, count * sizeof *event->sets);
    }
}
