/* graph.c: graphs as they are recorded: named buffers, dispatches, copies. */
#include "graph.h"

#include <string.h>

VtgStatus vtg_graph_create(VtgDevice *const *devices, uint32_t count, VtgGraph **result) {
    if (!devices || count == 0 || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!devices[i]) {
            return VTG_ERROR_INVALID_ARGUMENT;
        }
    }
    VtgInstance *instance = devices[0]->instance;
    if (count > GRAPH_DEVICES) {
        return rt_fail(instance, VTG_ERROR_LIMIT, "a graph has at most %d devices", GRAPH_DEVICES);
    }
    VtgGraph *graph = rt_alloc(instance, sizeof *graph);
    if (!graph) {
        return rt_no_memory(instance, "a graph");
    }
    graph->instance = instance;
    graph->device_count = count;
    rt_instance_ref(instance);
    for (uint32_t i = 0; i < count; i++) {
        graph->devices[i].device = devices[i];
        rt_device_ref(devices[i]);
    }
    *result = graph;
    return VTG_OK;
}

void vtg_graph_destroy(VtgGraph *graph) {
    if (!graph) {
        return;
    }
    VtgInstance *instance = graph->instance;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        for (uint32_t d = 0; d < graph->device_count; d++) {
            rt_kernel_unref(graph->nodes[i].kernels[d]);
        }
    }
    for (uint32_t i = 0; i < graph->buffer_count; i++) {
        GraphBuffer *buffer = &graph->buffers[i];
        for (uint32_t d = 0; d < graph->device_count; d++) {
            vtg_buffer_destroy(buffer->copies[d]);
        }
        rt_free(instance, buffer->segments, buffer->segment_capacity * sizeof *buffer->segments);
        rt_text_free(instance, buffer->name);
    }
    for (uint32_t d = 0; d < graph->device_count; d++) {
        vtg_commands_destroy(graph->devices[d].open);
        vtg_buffer_destroy(graph->devices[d].down);
        vtg_buffer_destroy(graph->devices[d].up);
        rt_device_unref(graph->devices[d].device);
    }
    rt_free(instance, graph->buffers, graph->buffer_capacity * sizeof *graph->buffers);
    rt_free(instance, graph->nodes, graph->node_capacity * sizeof *graph->nodes);
    rt_free(instance, graph->args, graph->arg_capacity * sizeof *graph->args);
    rt_free(instance, graph->values, graph->value_capacity);
    rt_free(instance, graph->moves, graph->move_capacity * sizeof *graph->moves);
    rt_free(instance, graph, sizeof *graph);
    rt_instance_unref(instance);
}

/* ---- Buffers ---- */

static GraphBuffer *look_up(VtgGraph *graph, const char *name, uint32_t *index) {
    for (uint32_t i = 0; i < graph->buffer_count; i++) {
        if (strcmp(graph->buffers[i].name, name) == 0) {
            *index = i;
            return &graph->buffers[i];
        }
    }
    return NULL;
}

GraphBuffer *graph_find(VtgGraph *graph, const char *name, uint32_t *index) {
    GraphBuffer *buffer = look_up(graph, name, index);
    if (!buffer) {
        rt_fail(graph->instance, VTG_ERROR_NOT_FOUND, "the graph has no buffer `%s`", name);
    }
    return buffer;
}

VtgStatus vtg_graph_buffer(VtgGraph *graph, const char *name, uint64_t size) {
    uint32_t index;
    if (!graph || !name) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    if (look_up(graph, name, &index)) {
        return rt_fail(graph->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "the graph has a buffer `%s` already", name);
    }
    if (!rt_grow(graph->instance, &graph->buffers, &graph->buffer_capacity, graph->buffer_count + 1,
                 sizeof *graph->buffers)) {
        return rt_no_memory(graph->instance, "a graph");
    }
    GraphBuffer buffer = {.size = size};
    VtgStatus status = rt_text_copy(graph->instance, name, &buffer.name);
    if (status == VTG_OK &&
        !rt_grow(graph->instance, &buffer.segments, &buffer.segment_capacity, 4, sizeof(Segment))) {
        rt_text_free(graph->instance, buffer.name);
        status = rt_no_memory(graph->instance, "a graph");
    }
    if (status == VTG_OK) { /* nobody has written it: all are equally right */
        buffer.segments[0] = (Segment){size, (UINT32_C(1) << graph->device_count) - 1};
        buffer.segment_count = size != 0;
        graph->buffers[graph->buffer_count++] = buffer;
    }
    return status;
}

VtgStatus graph_copy_of(VtgGraph *graph, GraphBuffer *buffer, uint32_t device, VtgBuffer **copy) {
    VtgStatus status = VTG_OK;
    if (!buffer->copies[device]) {
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        desc.size_bytes = buffer->size;
        desc.label = buffer->name;
        status = vtg_buffer_create(graph->devices[device].device, &desc, &buffer->copies[device]);
    }
    *copy = buffer->copies[device];
    return status;
}

static VtgStatus check_range(const VtgGraph *graph, const GraphBuffer *buffer, uint64_t offset,
                             uint64_t size) {
    if (offset > buffer->size || size > buffer->size - offset) {
        return rt_fail(graph->instance, VTG_ERROR_OUT_OF_RANGE,
                       "graph: %llu bytes at %llu do not lie in buffer `%s` of %llu bytes",
                       (unsigned long long)size, (unsigned long long)offset, buffer->name,
                       (unsigned long long)buffer->size);
    }
    return VTG_OK;
}

VtgStatus vtg_graph_write(VtgGraph *graph, const char *name, uint64_t offset, const void *data,
                          uint64_t size) {
    uint32_t index;
    VtgBuffer *copy;
    if (!graph || !name || (!data && size != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    GraphBuffer *buffer = graph_find(graph, name, &index);
    VtgStatus status = buffer ? check_range(graph, buffer, offset, size) : VTG_ERROR_NOT_FOUND;
    status = status == VTG_OK ? graph_copy_of(graph, buffer, 0, &copy) : status;
    status = status == VTG_OK ? vtg_buffer_write(copy, offset, data, size) : status;
    return status == VTG_OK ? segments_set(graph->instance, buffer, offset, offset + size, 1)
                            : status;
}

VtgStatus vtg_graph_read(VtgGraph *graph, const char *name, uint64_t offset, void *data,
                         uint64_t size) {
    uint32_t index;
    if (!graph || !name || (!data && size != 0)) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    GraphBuffer *buffer = graph_find(graph, name, &index);
    VtgStatus status = buffer ? check_range(graph, buffer, offset, size) : VTG_ERROR_NOT_FOUND;
    uint64_t begin = 0;
    for (uint32_t i = 0; status == VTG_OK && i < buffer->segment_count; i++) {
        const Segment *s = &buffer->segments[i];
        uint64_t from = begin > offset ? begin : offset;
        uint64_t to = s->end < offset + size ? s->end : offset + size;
        uint32_t device = 0;
        VtgBuffer *copy;
        while (!(s->valid >> device & 1)) {
            device++;
        }
        if (from < to) {
            status = graph_copy_of(graph, buffer, device, &copy);
            status = status == VTG_OK
                         ? vtg_buffer_read(copy, from, (char *)data + (from - offset), to - from)
                         : status;
        }
        begin = s->end;
    }
    return status;
}

/* ---- Nodes ---- */

/* Room for a node with so many arguments, and for the bytes of its values. */
static VtgStatus reserve(VtgGraph *graph, uint32_t args, uint64_t value_bytes) {
    const VtgInstance *instance = graph->instance;
    bool room = value_bytes < UINT32_MAX - graph->value_bytes &&
                rt_grow(instance, &graph->nodes, &graph->node_capacity, graph->node_count + 1,
                        sizeof *graph->nodes) &&
                rt_grow(instance, &graph->args, &graph->arg_capacity,
                        (uint64_t)graph->arg_count + args, sizeof *graph->args) &&
                rt_grow(instance, &graph->values, &graph->value_capacity,
                        graph->value_bytes + (uint32_t)value_bytes, 1);
    return room ? VTG_OK : rt_no_memory(instance, "a graph");
}

VtgStatus vtg_graph_copy(VtgGraph *graph, const char *source, uint64_t source_offset,
                         const char *target, uint64_t target_offset, uint64_t size) {
    GraphNode node = {.is_copy = true,
                      .source_offset = source_offset,
                      .target_offset = target_offset,
                      .size = size};
    if (!graph || !source || !target) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    const GraphBuffer *from = graph_find(graph, source, &node.source);
    const GraphBuffer *to = graph_find(graph, target, &node.target);
    VtgStatus status =
        from && to ? check_range(graph, from, source_offset, size) : VTG_ERROR_NOT_FOUND;
    status = status == VTG_OK ? check_range(graph, to, target_offset, size) : status;
    if (status == VTG_OK && from == to && source_offset < target_offset + size &&
        target_offset < source_offset + size) {
        status = rt_fail(graph->instance, VTG_ERROR_OVERLAP,
                         "graph: the two ranges of buffer `%s` overlap", source);
    }
    status = status == VTG_OK ? reserve(graph, 0, 0) : status;
    if (status == VTG_OK) {
        graph->nodes[graph->node_count++] = node;
    }
    return status;
}

static VtgStatus bad(const VtgGraph *graph, const VtgKernel *kernel, const char *what) {
    return rt_fail(graph->instance, VTG_ERROR_INVALID_ARGUMENT, "graph: kernel `%s`: %s",
                   kernel->label, what);
}

static VtgStatus check_kernels(const VtgGraph *graph, const VtgGraphDispatch *desc) {
    for (uint32_t d = 0; d < graph->device_count; d++) {
        const VtgKernel *kernel = desc->kernels[d];
        bool needed =
            desc->device == d || desc->device == VTG_GRAPH_ANY || desc->device == VTG_GRAPH_SPLIT;
        if (needed && !kernel) {
            return rt_fail(graph->instance, VTG_ERROR_INVALID_ARGUMENT,
                           "graph: there is no kernel for device %u", d);
        }
        if (kernel && kernel->device != graph->devices[d].device) {
            return bad(graph, kernel, "it belongs to another device than its place says");
        }
        if (kernel && kernel->arg_count != desc->arg_count) {
            return rt_fail(graph->instance, VTG_ERROR_ARGUMENT_COUNT,
                           "kernel `%s` takes %u arguments; %u were given", kernel->label,
                           kernel->arg_count, desc->arg_count);
        }
    }
    return VTG_OK;
}

/* The parameter that takes argument `index`. */
static const VtgParam *param_of(const VtgKernel *kernel, uint32_t index) {
    const VtgParam *param = kernel->params;
    for (;; param++) {
        if (param->kind != VTG_PARAM_LENGTH && index-- == 0) {
            return param;
        }
    }
}

static VtgStatus take_arg(VtgGraph *graph, const VtgGraphDispatch *desc, const VtgKernel *kernel,
                          uint32_t index, GraphArg *arg) {
    const VtgGraphArg *given = &desc->args[index];
    const VtgParam *param = param_of(kernel, index);
    *arg = (GraphArg){.is_buffer = given->buffer != NULL,
                      .is_whole = given->whole != 0,
                      .is_first = given->first != 0,
                      .size = given->first ? sizeof(uint32_t) : given->size};
    if (arg->is_buffer != (param->kind == VTG_PARAM_BUFFER)) {
        return rt_fail(graph->instance, VTG_ERROR_ARGUMENT_KIND,
                       "graph: kernel `%s`: argument `%s` is a %s", kernel->label, param->name,
                       param->kind == VTG_PARAM_BUFFER ? "buffer" : "value");
    }
    if (arg->is_buffer) {
        if (desc->device == VTG_GRAPH_SPLIT && arg->is_whole && rt_writes(param)) {
            return bad(graph, kernel, "what every device has whole is only read");
        }
        return graph_find(graph, given->buffer, &arg->buffer) ? VTG_OK : VTG_ERROR_NOT_FOUND;
    }
    if ((!given->value && !arg->is_first) || arg->size != param->size) {
        return rt_fail(graph->instance, VTG_ERROR_ARGUMENT_SIZE,
                       "graph: kernel `%s`: argument `%s` has %u bytes", kernel->label, param->name,
                       param->size);
    }
    arg->value_offset = graph->value_bytes;
    if (!arg->is_first) {
        memcpy(graph->values + graph->value_bytes, given->value, (size_t)arg->size);
        graph->value_bytes += (uint32_t)arg->size;
    }
    return VTG_OK;
}

static const VtgKernel *some_kernel(const VtgGraph *graph, const VtgGraphDispatch *desc) {
    for (uint32_t d = 0; d < graph->device_count; d++) {
        if (desc->kernels[d]) {
            return desc->kernels[d];
        }
    }
    return NULL;
}

VtgStatus vtg_graph_dispatch(VtgGraph *graph, const VtgGraphDispatch *given) {
    VtgGraphDispatch desc = {0};
    if (!graph || !given) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    VtgStatus status = rt_desc_read(graph->instance, &desc, sizeof desc, given, "VtgGraphDispatch");
    if (status != VTG_OK) {
        return status;
    }
    if (!desc.kernels || (desc.arg_count != 0 && !desc.args) ||
        (desc.device >= graph->device_count && desc.device != VTG_GRAPH_ANY &&
         desc.device != VTG_GRAPH_SPLIT)) {
        return rt_fail(graph->instance, VTG_ERROR_INVALID_ARGUMENT,
                       "VtgGraphDispatch: kernels, arguments or the device are not there");
    }
    if (desc.arg_count > GRAPH_ARGS) {
        return rt_fail(graph->instance, VTG_ERROR_LIMIT,
                       "a dispatch of a graph has at most %d arguments", GRAPH_ARGS);
    }
    status = check_kernels(graph, &desc);
    const VtgKernel *kernel = some_kernel(graph, &desc);
    if (status == VTG_OK && desc.device == VTG_GRAPH_SPLIT &&
        (desc.grid.y > 1 || desc.grid.z > 1)) {
        status = bad(graph, kernel, "only grids of one dimension are split");
    }
    uint64_t value_bytes = 0;
    for (uint32_t i = 0; i < desc.arg_count && status == VTG_OK; i++) {
        uint64_t bytes = desc.args[i].value ? desc.args[i].size : 0;
        value_bytes += bytes < UINT32_MAX ? bytes : UINT32_MAX; /* take_arg() says what is wrong */
    }
    status = status == VTG_OK ? reserve(graph, desc.arg_count, value_bytes) : status;
    uint32_t before = graph->value_bytes;
    for (uint32_t i = 0; i < desc.arg_count && status == VTG_OK; i++) {
        status = take_arg(graph, &desc, kernel, i, &graph->args[graph->arg_count + i]);
    }
    if (status != VTG_OK) {
        graph->value_bytes = before;
        return status;
    }
    GraphNode *node = &graph->nodes[graph->node_count++];
    *node = (GraphNode){.grid = desc.grid,
                        .first_arg = graph->arg_count,
                        .arg_count = desc.arg_count,
                        .device = desc.device,
                        .halo = desc.halo};
    for (uint32_t d = 0; d < graph->device_count; d++) {
        node->kernels[d] = desc.kernels[d];
        if (node->kernels[d]) {
            rt_kernel_ref(node->kernels[d]);
        }
    }
    graph->arg_count += desc.arg_count;
    return VTG_OK;
}
