/* graph.h: what the parts of graphs share: graph.c (recording), graph_run.c (running), segments.c (which device holds
 * what). They use the public interface of devices, lists and buffers, and no driver's. */
#ifndef VITTE_GRAPH_H
#define VITTE_GRAPH_H

#include "rt.h"

enum { GRAPH_DEVICES = 16, GRAPH_ARGS = 64 };

/* Bytes up to `end`, from where the one before ends, and the devices (bits) whose copy of them is right. */
typedef struct Segment {
    uint64_t end;
    uint32_t valid;
} Segment;

typedef struct GraphBuffer {
    char *name;
    uint64_t size;
    VtgBuffer *copies[GRAPH_DEVICES]; /* made when first used */
    Segment *segments;                /* in order, all of the buffer */
    uint32_t segment_count, segment_capacity;
} GraphBuffer;

/* An argument, bound to its buffer. */
typedef struct GraphArg {
    uint32_t buffer; /* index, if it is one */
    bool is_buffer, is_whole, is_first;
    uint64_t value_offset; /* in the graph's values */
    uint64_t size;
} GraphArg;

typedef struct GraphNode {
    bool is_copy;
    /* a dispatch: */
    VtgKernel *kernels[GRAPH_DEVICES]; /* NULL: not for this device */
    VtgGrid grid;
    uint32_t first_arg, arg_count;
    uint32_t device; /* VTG_GRAPH_ANY, VTG_GRAPH_SPLIT */
    uint32_t halo;
    /* a copy: */
    uint32_t source, target;
    uint64_t source_offset, target_offset, size;
} GraphNode;

/* Bytes that one device needs and another has. */
typedef struct Move {
    uint32_t buffer, from, to;
    uint64_t begin, size;
    uint64_t down, up; /* places in the staging of the two */
} Move;

typedef struct GraphDevice {
    VtgDevice *device;
    VtgCommands *open; /* dispatches that are not submitted yet */
    VtgBuffer *down, *up;
    uint64_t down_used, up_used;
    uint32_t dispatches; /* handed to it, to share out what may go anywhere */
} GraphDevice;

struct VtgGraph {
    VtgInstance *instance; /* of the first device; its allocator and log */
    GraphDevice devices[GRAPH_DEVICES];
    uint32_t device_count;
    GraphBuffer *buffers;
    uint32_t buffer_count, buffer_capacity;
    GraphNode *nodes;
    uint32_t node_count, node_capacity;
    GraphArg *args;
    uint32_t arg_count, arg_capacity;
    char *values; /* of value arguments, one behind the other */
    uint32_t value_bytes, value_capacity;
    Move *moves; /* scratch of one node */
    uint32_t move_count, move_capacity;
};

/* ---- graph.c ---- */

/* The buffer of that name; NULL: there is none, which the log tells. */
GraphBuffer *graph_find(VtgGraph *graph, const char *name, uint32_t *index);
/* The copy on a device. */
VtgStatus graph_copy_of(VtgGraph *graph, GraphBuffer *buffer, uint32_t device, VtgBuffer **copy);

/* ---- segments.c ---- */

/* Says which devices are right about [begin, end). */
VtgStatus segments_set(const VtgInstance *instance, GraphBuffer *buffer, uint64_t begin,
                       uint64_t end, uint32_t valid);
/* The first piece of [*begin, end) that `device` has wrong, and who has it right; *begin and *stop are its ends. False:
 * there is none. */
bool segments_missing(const GraphBuffer *buffer, uint32_t device, uint64_t *begin, uint64_t end,
                      uint64_t *stop, uint32_t *from);

/* ---- graph_run.c ---- */

/* Brings what has been noted as missing to where it is needed. */
VtgStatus graph_need(VtgGraph *graph, uint32_t buffer, uint32_t device, uint64_t begin,
                     uint64_t end);
VtgStatus graph_move(VtgGraph *graph);
VtgStatus graph_flush(VtgGraph *graph, uint32_t device);

#endif
