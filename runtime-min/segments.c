/* segments.c: which device is right about which bytes of a graph's buffer. */
#include "graph.h"

#include <string.h>

/* Makes `at` an end of a segment; there is room. Gives the index of the segment that begins there. */
static uint32_t cut(GraphBuffer *buffer, uint64_t at) {
    uint64_t begin = 0;
    for (uint32_t i = 0; i < buffer->segment_count; i++) {
        Segment *s = &buffer->segments[i];
        if (begin == at) {
            return i;
        }
        if (at < s->end) {
            memmove(s + 1, s, (buffer->segment_count - i) * sizeof *s);
            s->end = at;
            buffer->segment_count++;
            return i + 1;
        }
        begin = s->end;
    }
    return buffer->segment_count;
}

/* Neighbours that say the same become one, so that the list stays as short as there are borders. */
static void join(GraphBuffer *buffer) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < buffer->segment_count; i++) {
        if (kept != 0 && buffer->segments[kept - 1].valid == buffer->segments[i].valid) {
            buffer->segments[kept - 1].end = buffer->segments[i].end;
        } else {
            buffer->segments[kept++] = buffer->segments[i];
        }
    }
    buffer->segment_count = kept;
}

VtgStatus segments_set(const VtgInstance *instance, GraphBuffer *buffer, uint64_t begin,
                       uint64_t end, uint32_t valid) {
    if (begin >= end) {
        return VTG_OK;
    }
    if (!rt_grow(instance, &buffer->segments, &buffer->segment_capacity, buffer->segment_count + 2,
                 sizeof *buffer->segments)) {
        return rt_no_memory(instance, "a graph");
    }
    uint32_t first = cut(buffer, begin), last = cut(buffer, end);
    for (uint32_t i = first; i < last; i++) {
        buffer->segments[i].valid = valid;
    }
    join(buffer);
    return VTG_OK;
}

bool segments_missing(const GraphBuffer *buffer, uint32_t device, uint64_t *begin, uint64_t end,
                      uint64_t *stop, uint32_t *from) {
    uint64_t start = 0;
    for (uint32_t i = 0; i < buffer->segment_count && start < end; i++) {
        const Segment *s = &buffer->segments[i];
        if (s->end > *begin && !(s->valid >> device & 1)) {
            *begin = start > *begin ? start : *begin;
            *stop = s->end < end ? s->end : end;
            *from = 0;
            while (!(s->valid >> *from & 1)) {
                ++*from;
            }
            return *begin < *stop;
        }
        start = s->end;
    }
    return false;
}
