/* graph_run.c: running a graph. Nodes are handed out in the order of recording, which is one that the data allows; what
 * does not depend on each other then overlaps: dispatches of one device without a barrier between them, copies on the queue
 * for transfers, and devices beside each other. The host waits only for bytes that go from one device to another. */
#include "graph.h"

#include <string.h>

#define STAGING_MIN ((uint64_t)64 << 10)

/* ---- Lists ---- */

VtgStatus graph_flush(VtgGraph *graph, uint32_t device) {
    GraphDevice *d = &graph->devices[device];
    VtgStatus status = d->open ? vtg_submit(d->open, NULL) : VTG_OK;
    vtg_commands_destroy(d->open);
    d->open = NULL;
    return status;
}

static VtgStatus open_list(GraphDevice *d, VtgCommands **commands) {
    VtgStatus status = d->open ? VTG_OK : vtg_commands_create(d->device, NULL, &d->open);
    *commands = d->open;
    return status;
}

/* A list for transfers, after the dispatches that are still to be submitted. */
static VtgStatus transfer_list(VtgGraph *graph, uint32_t device, VtgCommands **commands) {
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.queue = VTG_QUEUE_TRANSFER;
    *commands = NULL;
    VtgStatus status = graph_flush(graph, device);
    return status == VTG_OK ? vtg_commands_create(graph->devices[device].device, &desc, commands)
                            : status;
}

static VtgStatus submit_and_drop(VtgCommands *commands, VtgStatus status) {
    status = status == VTG_OK && commands ? vtg_submit(commands, NULL) : status;
    vtg_commands_destroy(commands);
    return status;
}

/* ---- Moves between devices ---- */

VtgStatus graph_need(VtgGraph *graph, uint32_t index, uint32_t device, uint64_t begin,
                     uint64_t end) {
    const GraphBuffer *buffer = &graph->buffers[index];
    uint64_t stop;
    uint32_t from;
    for (; segments_missing(buffer, device, &begin, end, &stop, &from); begin = stop) {
        if (!rt_grow(graph->instance, &graph->moves, &graph->move_capacity, graph->move_count + 1,
                     sizeof *graph->moves)) {
            return rt_no_memory(graph->instance, "a graph");
        }
        GraphDevice *source = &graph->devices[from], *target = &graph->devices[device];
        graph->moves[graph->move_count++] = (Move){.buffer = index,
                                                   .from = from,
                                                   .to = device,
                                                   .begin = begin,
                                                   .size = stop - begin,
                                                   .down = source->down_used,
                                                   .up = target->up_used};
        uint64_t room = (stop - begin + 15) & ~(uint64_t)15;
        source->down_used += room;
        target->up_used += room;
    }
    return VTG_OK;
}

static VtgStatus staging(VtgDevice *device, VtgMemory memory, uint64_t size, VtgBuffer **buffer) {
    if (*buffer && vtg_buffer_size(*buffer) >= size) {
        return VTG_OK;
    }
    vtg_buffer_destroy(*buffer);
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.memory = memory;
    desc.size_bytes = size < STAGING_MIN ? STAGING_MIN : size;
    desc.label = "staging of a graph";
    return vtg_buffer_create(device, &desc, buffer);
}

/* All that leaves `device`, in one list. */
static VtgStatus move_down(VtgGraph *graph, uint32_t device) {
    GraphDevice *d = &graph->devices[device];
    VtgCommands *commands;
    VtgStatus status = staging(d->device, VTG_MEMORY_READBACK, d->down_used, &d->down);
    status = status == VTG_OK ? transfer_list(graph, device, &commands) : status;
    if (status != VTG_OK) {
        return status;
    }
    for (uint32_t i = 0; i < graph->move_count && status == VTG_OK; i++) {
        const Move *move = &graph->moves[i];
        VtgBuffer *copy;
        if (move->from == device) {
            status = graph_copy_of(graph, &graph->buffers[move->buffer], device, &copy);
            status = status == VTG_OK ? vtg_commands_copy(commands, copy, move->begin, d->down,
                                                          move->down, move->size)
                                      : status;
        }
    }
    return submit_and_drop(commands, status);
}

/* All that comes to `device`: through the host, which waits for it, and up in one list. */
static VtgStatus move_up(VtgGraph *graph, uint32_t device) {
    GraphDevice *d = &graph->devices[device];
    VtgCommands *commands = NULL;
    void *to = NULL, *from = NULL;
    VtgStatus status = staging(d->device, VTG_MEMORY_UPLOAD, d->up_used, &d->up);
    status = status == VTG_OK ? vtg_buffer_map(d->up, 0, d->up_used, &to) : status;
    for (uint32_t i = 0; i < graph->move_count && status == VTG_OK; i++) {
        const Move *move = &graph->moves[i];
        if (move->to == device) {
            VtgBuffer *down = graph->devices[move->from].down;
            status = vtg_buffer_map(down, move->down, move->size, &from);
            if (status == VTG_OK) {
                memcpy((char *)to + move->up, from, (size_t)move->size);
                vtg_buffer_unmap(down);
            }
        }
    }
    if (to) {
        vtg_buffer_unmap(d->up);
    }
    status = status == VTG_OK ? transfer_list(graph, device, &commands) : status;
    for (uint32_t i = 0; i < graph->move_count && status == VTG_OK; i++) {
        const Move *move = &graph->moves[i];
        VtgBuffer *copy;
        if (move->to == device) {
            status = graph_copy_of(graph, &graph->buffers[move->buffer], device, &copy);
            status = status == VTG_OK ? vtg_commands_copy(commands, d->up, move->up, copy,
                                                          move->begin, move->size)
                                      : status;
        }
    }
    return submit_and_drop(commands, status);
}

/* Marks what has moved as right on both sides; borders that moves share make no difference. */
static VtgStatus note_moves(VtgGraph *graph) {
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < graph->move_count && status == VTG_OK; i++) {
        const Move *move = &graph->moves[i];
        GraphBuffer *buffer = &graph->buffers[move->buffer];
        uint64_t begin = 0, end = move->begin + move->size;
        for (uint32_t s = 0; s < buffer->segment_count && status == VTG_OK; s++) {
            uint64_t stop = buffer->segments[s].end;
            uint64_t from = begin > move->begin ? begin : move->begin, to = stop < end ? stop : end;
            uint32_t valid = buffer->segments[s].valid | UINT32_C(1) << move->to;
            begin = stop;
            if (from < to && valid != buffer->segments[s].valid) {
                status = segments_set(graph->instance, buffer, from, to, valid);
                s = UINT32_MAX; /* they may have moved: from the first again */
                begin = 0;
            }
        }
    }
    return status;
}

VtgStatus graph_move(VtgGraph *graph) {
    VtgStatus status = VTG_OK;
    for (uint32_t d = 0; d < graph->device_count && status == VTG_OK; d++) {
        status = graph->devices[d].down_used ? move_down(graph, d) : VTG_OK;
    }
    for (uint32_t d = 0; d < graph->device_count && status == VTG_OK; d++) {
        status = graph->devices[d].up_used ? move_up(graph, d) : VTG_OK;
    }
    status = status == VTG_OK ? note_moves(graph) : status;
    for (uint32_t d = 0; d < graph->device_count; d++) {
        graph->devices[d].down_used = graph->devices[d].up_used = 0;
    }
    graph->move_count = 0;
    return status;
}

/* ---- Dispatches ---- */

/* Elements [first, last) are this device's to compute, and [begin, end) what the kernel gets to see. */
typedef struct Window {
    uint64_t first, last, begin, end;
} Window;

static const VtgParam *param_of(const VtgKernel *kernel, uint32_t index) {
    const VtgParam *param = kernel->params;
    for (;; param++) {
        if (param->kind != VTG_PARAM_LENGTH && index-- == 0) {
            return param;
        }
    }
}

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Windows begin at a multiple of so many elements, where every buffer may be bound. */
static uint64_t unit_of(const VtgGraph *graph, const GraphNode *node, uint32_t device) {
    uint64_t alignment =
        graph->devices[device].device->adapter->info.limits.buffer_offset_alignment;
    uint64_t unit = 1;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const GraphArg *arg = &graph->args[node->first_arg + i];
        if (arg->is_buffer && !arg->is_whole) {
            uint64_t elements =
                alignment / gcd(alignment, param_of(node->kernels[device], i)->stride);
            unit = unit / gcd(unit, elements) * elements;
        }
    }
    return unit;
}

static Window window_of(const VtgGraph *graph, const GraphNode *node, uint32_t device) {
    uint64_t n = node->grid.x, parts = graph->device_count, halo = node->halo;
    if (node->device != VTG_GRAPH_SPLIT) {
        return (Window){0, n, 0, n};
    }
    Window w = {n * device / parts, n * (device + 1) / parts, 0, 0};
    uint64_t unit = unit_of(graph, node, device);
    w.begin = w.first > halo ? (w.first - halo) / unit * unit : 0;
    w.end = n - w.last > halo ? w.last + halo : n;
    return w;
}

/* The bytes of an argument that the window shows. */
static void range_of(const VtgGraph *graph, const GraphNode *node, const GraphArg *arg,
                     const VtgParam *param, const Window *w, uint64_t *begin, uint64_t *end) {
    const GraphBuffer *buffer = &graph->buffers[arg->buffer];
    bool whole = node->device != VTG_GRAPH_SPLIT || arg->is_whole;
    *begin = whole ? 0 : w->begin * param->stride;
    *end = whole ? buffer->size : w->end * param->stride;
    *begin = *begin < buffer->size ? *begin : buffer->size;
    *end = *end < buffer->size ? *end : buffer->size;
}

static VtgStatus need_all(VtgGraph *graph, const GraphNode *node, uint32_t device) {
    const VtgKernel *kernel = node->kernels[device];
    const Window w = window_of(graph, node, device);
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < node->arg_count && status == VTG_OK; i++) {
        const GraphArg *arg = &graph->args[node->first_arg + i];
        uint64_t begin, end;
        if (arg->is_buffer) {
            const VtgParam *param = param_of(kernel, i);
            range_of(graph, node, arg, param, &w, &begin, &end);
            /* What a whole buffer's kernel leaves alone must be right after it, too. */
            if (rt_reads(param) || node->device != VTG_GRAPH_SPLIT) {
                status = graph_need(graph, arg->buffer, device, begin, end);
            }
        }
    }
    return status;
}

static VtgStatus dispatch(VtgGraph *graph, const GraphNode *node, uint32_t device) {
    VtgKernel *kernel = node->kernels[device];
    const Window w = window_of(graph, node, device);
    const uint32_t first = (uint32_t)w.begin;
    VtgArg args[GRAPH_ARGS];
    VtgCommands *commands;
    VtgGrid grid = node->grid;
    VtgStatus status = open_list(&graph->devices[device], &commands);
    for (uint32_t i = 0; i < node->arg_count && status == VTG_OK; i++) {
        const GraphArg *arg = &graph->args[node->first_arg + i];
        if (!arg->is_buffer) {
            args[i] = arg->is_first ? vtg_arg_value(&first, sizeof first)
                                    : vtg_arg_value(graph->values + arg->value_offset, arg->size);
            continue;
        }
        VtgBuffer *copy;
        uint64_t begin, end;
        status = graph_copy_of(graph, &graph->buffers[arg->buffer], device, &copy);
        range_of(graph, node, arg, param_of(kernel, i), &w, &begin, &end);
        args[i] = vtg_arg_buffer(copy);
        args[i].offset = begin;
        args[i].size = end - begin;
    }
    if (node->device == VTG_GRAPH_SPLIT) {
        grid.x = w.first < w.last ? (uint32_t)(w.end - w.begin) : 0;
    }
    graph->devices[device].dispatches++;
    return status == VTG_OK ? vtg_commands_dispatch(commands, kernel, grid, args, node->arg_count)
                            : status;
}

/* Each element that the grid has is right on the device whose it was, and nowhere else: at the borders a device has seen
 * less than the kernel wants. */
static VtgStatus note_written(VtgGraph *graph, const GraphNode *node, uint32_t device) {
    const Window w = window_of(graph, node, device);
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < node->arg_count && status == VTG_OK; i++) {
        const GraphArg *arg = &graph->args[node->first_arg + i];
        if (arg->is_buffer && rt_writes(param_of(node->kernels[device], i))) {
            GraphBuffer *buffer = &graph->buffers[arg->buffer];
            uint64_t stride = param_of(node->kernels[device], i)->stride;
            bool split = node->device == VTG_GRAPH_SPLIT;
            uint64_t begin = split ? w.first * stride : 0;
            uint64_t end = split ? w.last * stride : buffer->size;
            end = end < buffer->size ? end : buffer->size;
            status = segments_set(graph->instance, buffer, begin, end, UINT32_C(1) << device);
        }
    }
    return status;
}

/* The device that lacks the fewest bytes; of those that lack as many, the one that was given the least. */
static uint32_t choose(VtgGraph *graph, const GraphNode *node) {
    uint32_t best = 0;
    uint64_t least = UINT64_MAX;
    for (uint32_t d = 0; d < graph->device_count; d++) {
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < node->arg_count; i++) {
            const GraphArg *arg = &graph->args[node->first_arg + i];
            uint64_t begin = 0, stop;
            uint32_t from;
            while (arg->is_buffer &&
                   segments_missing(&graph->buffers[arg->buffer], d, &begin,
                                    graph->buffers[arg->buffer].size, &stop, &from)) {
                bytes += stop - begin;
                begin = stop;
            }
        }
        if (bytes < least ||
            (bytes == least && graph->devices[d].dispatches < graph->devices[best].dispatches)) {
            least = bytes;
            best = d;
        }
    }
    return best;
}

static VtgStatus run_dispatch(VtgGraph *graph, const GraphNode *node) {
    uint32_t first = 0, last = graph->device_count;
    if (node->device != VTG_GRAPH_SPLIT) {
        first = node->device == VTG_GRAPH_ANY ? choose(graph, node) : node->device;
        last = first + 1;
    }
    VtgStatus status = VTG_OK;
    for (uint32_t d = first; d < last && status == VTG_OK; d++) {
        status = need_all(graph, node, d);
    }
    VtgStatus moved = graph_move(graph); /* also to forget what was noted */
    status = status == VTG_OK ? moved : status;
    for (uint32_t d = first; d < last && status == VTG_OK; d++) {
        status = dispatch(graph, node, d);
    }
    for (uint32_t d = first; d < last && status == VTG_OK; d++) {
        status = note_written(graph, node, d);
    }
    return status;
}

/* ---- Copies ---- */

/* On the device that has the beginning of the source, on its queue for transfers. */
static VtgStatus run_copy(VtgGraph *graph, const GraphNode *node) {
    GraphBuffer *source = &graph->buffers[node->source], *target = &graph->buffers[node->target];
    uint32_t device = 0;
    for (uint32_t i = 0; i < source->segment_count; i++) {
        if (source->segments[i].end > node->source_offset) {
            while (!(source->segments[i].valid >> device & 1)) {
                device++;
            }
            break;
        }
    }
    VtgBuffer *from, *to;
    VtgCommands *commands = NULL;
    VtgStatus status = graph_need(graph, node->source, device, node->source_offset,
                                  node->source_offset + node->size);
    VtgStatus moved = graph_move(graph);
    status = status == VTG_OK ? moved : status;
    status = status == VTG_OK ? graph_copy_of(graph, source, device, &from) : status;
    status = status == VTG_OK ? graph_copy_of(graph, target, device, &to) : status;
    status = status == VTG_OK ? transfer_list(graph, device, &commands) : status;
    status = status == VTG_OK ? vtg_commands_copy(commands, from, node->source_offset, to,
                                                  node->target_offset, node->size)
                              : status;
    status = submit_and_drop(commands, status);
    return status == VTG_OK ? segments_set(graph->instance, target, node->target_offset,
                                           node->target_offset + node->size, UINT32_C(1) << device)
                            : status;
}

/* ---- The graph ---- */

VtgStatus vtg_graph_run(VtgGraph *graph) {
    if (!graph) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < graph->node_count && status == VTG_OK; i++) {
        const GraphNode *node = &graph->nodes[i];
        status = node->is_copy ? run_copy(graph, node) : run_dispatch(graph, node);
    }
    for (uint32_t d = 0; d < graph->device_count; d++) {
        VtgStatus flushed = graph_flush(graph, d);
        status = status == VTG_OK ? flushed : status;
    }
    return status;
}

VtgStatus vtg_graph_wait(VtgGraph *graph) {
    if (!graph) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = VTG_OK;
    for (uint32_t d = 0; d < graph->device_count; d++) {
        VtgStatus ended = vtg_device_wait_idle(graph->devices[d].device);
        status = status == VTG_OK ? ended : status;
    }
    return status;
}
