/* rt_opencl_queue.c: submission, waiting, and the times of operations. */
#include "rt_opencl.h"

#include <string.h>
#include <time.h>

/* Arguments in order of the kernel's parameters: see VTG_CODE_OPENCL_C. */
static cl_int set_arguments(const RoclFunctions *fn, const RoclCommands *commands,
                            const RoclOp *op) {
    const VtgKernel *kernel = &op->kernel->base;
    const char *block = (const char *)(commands->words + op->first_word);
    const cl_mem *memory = commands->memories + op->first_memory;
    cl_int error = CL_SUCCESS;
    for (uint32_t i = 0; i < kernel->param_count && error == CL_SUCCESS; i++) {
        const VtgParam *param = &kernel->params[i];
        switch (param->kind) {
        case VTG_PARAM_BUFFER:
            error = fn->SetKernelArg(op->kernel->handle, i, sizeof *memory, memory);
            memory++;
            break;
        case VTG_PARAM_VALUE:
            error = fn->SetKernelArg(op->kernel->handle, i, param->size, block + param->offset);
            break;
        case VTG_PARAM_LENGTH:
            error = fn->SetKernelArg(op->kernel->handle, i, 4, block + param->offset);
            break;
        }
    }
    return error;
}

/* There is no indirect dispatch in OpenCL: the counts are waited for. */
static cl_int count_groups(const RoclFunctions *fn, cl_command_queue queue, const RoclOp *op,
                           uint32_t count[3]) {
    const RtGroups *groups = &op->groups;
    memcpy(count, groups->count, sizeof groups->count);
    return groups->from ? fn->EnqueueReadBuffer(queue, ((const RoclBuffer *)groups->from)->memory,
                                                CL_TRUE, (size_t)groups->offset,
                                                sizeof groups->count, count, 0, NULL, NULL)
                        : CL_SUCCESS;
}

static cl_int dispatch(const RoclFunctions *fn, cl_command_queue queue,
                       const RoclCommands *commands, const RoclOp *op, cl_event *event) {
    uint32_t count[3];
    cl_int error = count_groups(fn, queue, op, count);
    if (error != CL_SUCCESS || count[0] == 0 || count[1] == 0 || count[2] == 0) {
        return error;
    }
    size_t global[3], local[3];
    for (int i = 0; i < 3; i++) {
        local[i] = op->kernel->base.workgroup_size[i];
        global[i] = (size_t)count[i] * local[i];
    }
    error = set_arguments(fn, commands, op);
    return error != CL_SUCCESS ? error
                               : fn->EnqueueNDRangeKernel(queue, op->kernel->handle, 3, NULL,
                                                          global, local, 0, NULL, event);
}

static cl_int copy(const RoclFunctions *fn, cl_command_queue queue, const RoclOp *op,
                   cl_event *event) {
    const RoclBuffer *from = op->source, *to = op->target;
    size_t size = (size_t)op->size;
    if (!from->memory) {
        return fn->EnqueueWriteBuffer(queue, to->memory, CL_FALSE, (size_t)op->target_offset, size,
                                      (const char *)from->base.mapped + op->source_offset, 0, NULL,
                                      event);
    }
    if (!to->memory) {
        return fn->EnqueueReadBuffer(queue, from->memory, CL_FALSE, (size_t)op->source_offset, size,
                                     (char *)to->base.mapped + op->target_offset, 0, NULL, event);
    }
    return fn->EnqueueCopyBuffer(queue, from->memory, to->memory, (size_t)op->source_offset,
                                 (size_t)op->target_offset, size, 0, NULL, event);
}

/* Holds the queue back until what event->waits names has ended: that is pending still. */
static cl_int wait_for_others(const RoclFunctions *fn, cl_command_queue queue,
                              const RoclEvent *event) {
    const VtgDevice *device = event->base.device;
    cl_event others[RT_QUEUES];
    cl_uint count = 0;
    for (uint32_t q = 0; q < RT_QUEUES; q++) {
        for (VtgEvent *at = device->queues[q].pending_head; at && event->base.waits[q] != 0;
             at = at->next) {
            if (at->serial == event->base.waits[q]) {
                others[count++] = ((const RoclEvent *)at)->last;
            }
        }
    }
    cl_event marker = NULL;
    cl_int error =
        count != 0 ? fn->EnqueueMarkerWithWaitList(queue, count, others, &marker) : CL_SUCCESS;
    if (marker) {
        fn->ReleaseEvent(marker);
    }
    return error;
}

static cl_int hand_over(const RoclFunctions *fn, cl_command_queue queue,
                        const RoclCommands *commands, RoclEvent *event) {
    cl_int error = wait_for_others(fn, queue, event);
    uint32_t timed = 0;
    for (uint32_t i = 0; i < commands->op_count && error == CL_SUCCESS; i++) {
        const RoclOp *op = &commands->ops[i];
        cl_event *into = op->timed ? &event->timed[timed++] : NULL;
        switch (op->kind) {
        case ROCL_DISPATCH:
            error = dispatch(fn, queue, commands, op, into);
            break;
        case ROCL_COPY:
            error = copy(fn, queue, op, into);
            break;
        case ROCL_FILL:
            error =
                fn->EnqueueFillBuffer(queue, op->target->memory, &op->value, sizeof op->value,
                                      (size_t)op->target_offset, (size_t)op->size, 0, NULL, into);
            break;
        }
    }
    if (error == CL_SUCCESS) {
        error = fn->EnqueueMarkerWithWaitList(queue, 0, NULL, &event->last);
    }
    return error == CL_SUCCESS ? fn->Flush(queue) : error;
}

VtgStatus rocl_submit(VtgCommands *base, VtgEvent *event_base) {
    RoclCommands *commands = (RoclCommands *)base;
    RoclEvent *event = (RoclEvent *)event_base;
    const VtgInstance *instance = base->device->instance;
    const RoclFunctions *fn = rocl_fn(base->device);
    cl_command_queue queue = rocl_device(base->device)->queues[base->queue];
    if (event_base->timing_count != 0) {
        event->timed = rt_alloc_array(instance, event_base->timing_count, sizeof *event->timed);
        if (!event->timed) {
            return rt_no_memory(instance, "timings");
        }
        event->timed_count = event_base->timing_count;
    }
    cl_int error = hand_over(fn, queue, commands, event);
    if (error == CL_SUCCESS) {
        return VTG_OK;
    }
    fn->Finish(
        queue); /* nobody waits for what the queue has taken, and it may use the host's memory */
    return rocl_fail(instance, error, "submit");
}

/* VTG_OK, VTG_TIMEOUT (it is at work still), the error that ended the work, or why nobody can tell. */
static VtgStatus look(const VtgEvent *base) {
    const VtgInstance *instance = base->device->instance;
    cl_int state = CL_QUEUED;
    cl_int error =
        rocl_fn(base->device)
            ->GetEventInfo(((const RoclEvent *)base)->last, CL_EVENT_COMMAND_EXECUTION_STATUS,
                           sizeof state, &state, NULL);
    if (error != CL_SUCCESS) {
        return rocl_fail(instance, error, "clGetEventInfo");
    }
    if (state < 0) {
        rocl_fail(instance, state, "the work that was submitted");
        return VTG_ERROR_DEVICE_LOST;
    }
    return state == CL_COMPLETE ? VTG_OK : VTG_TIMEOUT;
}

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* OpenCL waits for ever or not at all: with a limit, look again and again, less and less often. */
VtgStatus rocl_event_wait(VtgEvent *base, uint64_t timeout_ns) {
    enum { FIRST_NAP_NS = 20000, LONGEST_NAP_NS = 1000000 };
    cl_event last = ((const RoclEvent *)base)->last;
    if (timeout_ns == VTG_FOREVER) {
        rocl_fn(base->device)->WaitForEvents(1, &last); /* should it fail, looking tells more */
    }
    uint64_t start = now_ns();
    VtgStatus status = look(base);
    for (long nap = FIRST_NAP_NS; status == VTG_TIMEOUT; status = look(base)) {
        if (timeout_ns != VTG_FOREVER && now_ns() - start >= timeout_ns) {
            break;
        }
        const struct timespec time = {0, nap};
        nanosleep(&time, NULL);
        nap = nap * 2 < LONGEST_NAP_NS ? nap * 2 : LONGEST_NAP_NS;
    }
    return status;
}

void rocl_event_timings(VtgEvent *base) {
    const RoclFunctions *fn = rocl_fn(base->device);
    const RoclEvent *event = (const RoclEvent *)base;
    for (uint32_t i = 0; i < event->timed_count; i++) {
        cl_ulong begin = 0, end = 0;
        cl_event timed = event->timed[i];
        cl_int error = timed ? fn->GetEventProfilingInfo(timed, CL_PROFILING_COMMAND_START,
                                                         sizeof begin, &begin, NULL)
                             : CL_SUCCESS;
        if (timed && error == CL_SUCCESS) {
            error =
                fn->GetEventProfilingInfo(timed, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
        }
        if (error != CL_SUCCESS) {
            base->timing_status =
                rocl_fail(base->device->instance, error, "clGetEventProfilingInfo");
            return;
        }
        base->timings[i] = (VtgDispatchTiming){begin, end};
    }
}

void rocl_event_close(VtgEvent *base) {
    RoclEvent *event = (RoclEvent *)base;
    const RoclFunctions *fn = rocl_fn(base->device);
    for (uint32_t i = 0; i < event->timed_count; i++) {
        if (event->timed[i]) {
            fn->ReleaseEvent(event->timed[i]);
        }
    }
    rt_free(base->device->instance, event->timed, event->timed_count * sizeof *event->timed);
    if (event->last) {
        fn->ReleaseEvent(event->last);
    }
}
