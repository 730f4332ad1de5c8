/* rt_opencl.h: the OpenCL side of the runtime: its objects and the functions that it looks up.
 *
 * OpenCL 1.2 is enough. There are no command lists in it, so a list is kept here and handed to the queue
 * each time it is submitted; a queue works in order, so barriers need nothing. There are two, for transfers too. Staging memory is the
 * host's own: a copy from or to it becomes a write or a read.
 */
#ifndef VITTE_RT_OPENCL_H
#define VITTE_RT_OPENCL_H

#include "rt.h"

#define CL_TARGET_OPENCL_VERSION 220 /* what is newer than 1.2 is looked up, not needed */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

/* Every function that is used: ROCL_NEEDED is in all of OpenCL 1.2. */
#define ROCL_FUNCTIONS(NEEDED, OPTIONAL)                                                           \
    NEEDED(GetPlatformIDs)                                                                         \
    NEEDED(GetPlatformInfo)                                                                        \
    NEEDED(GetExtensionFunctionAddressForPlatform)                                                 \
    NEEDED(GetDeviceIDs)                                                                           \
    NEEDED(GetDeviceInfo)                                                                          \
    NEEDED(CreateContext)                                                                          \
    NEEDED(ReleaseContext)                                                                         \
    NEEDED(CreateCommandQueue)                                                                     \
    NEEDED(ReleaseCommandQueue)                                                                    \
    NEEDED(CreateBuffer)                                                                           \
    NEEDED(CreateSubBuffer)                                                                        \
    NEEDED(ReleaseMemObject)                                                                       \
    NEEDED(CreateProgramWithSource)                                                                \
    NEEDED(BuildProgram)                                                                           \
    NEEDED(GetProgramBuildInfo)                                                                    \
    NEEDED(ReleaseProgram)                                                                         \
    NEEDED(CreateKernel)                                                                           \
    NEEDED(ReleaseKernel)                                                                          \
    NEEDED(SetKernelArg)                                                                           \
    NEEDED(EnqueueNDRangeKernel)                                                                   \
    NEEDED(EnqueueReadBuffer)                                                                      \
    NEEDED(EnqueueWriteBuffer)                                                                     \
    NEEDED(EnqueueCopyBuffer)                                                                      \
    NEEDED(EnqueueFillBuffer)                                                                      \
    NEEDED(EnqueueMarkerWithWaitList)                                                              \
    NEEDED(Flush)                                                                                  \
    NEEDED(Finish)                                                                                 \
    NEEDED(WaitForEvents)                                                                          \
    NEEDED(GetEventInfo)                                                                           \
    NEEDED(GetEventProfilingInfo)                                                                  \
    NEEDED(ReleaseEvent)                                                                           \
    OPTIONAL(CreateProgramWithIL)              /* OpenCL 2.1 */                                    \
    OPTIONAL(SetProgramSpecializationConstant) /* OpenCL 2.2 */

typedef struct RoclFunctions {
#define ROCL_MEMBER(name) __typeof__(&cl##name) name;
    ROCL_FUNCTIONS(ROCL_MEMBER, ROCL_MEMBER)
#undef ROCL_MEMBER
} RoclFunctions;

typedef struct RoclContext {
    RtContext base;
    void *library;
    RoclFunctions fn;
    cl_int heard;   /* the first error while a device was asked what it is; CL_SUCCESS: none */
    bool no_memory; /* of ours, meanwhile */
} RoclContext;

typedef struct RoclAdapter {
    RtAdapter base;
    cl_platform_id platform;
    cl_device_id device;
    __typeof__(&clCreateProgramWithIL) create_from_il; /* NULL: it takes no SPIR-V */
} RoclAdapter;

typedef struct RoclDevice {
    VtgDevice base;
    cl_context context;
    cl_command_queue queues[RT_QUEUES]; /* each in order */
} RoclDevice;

typedef struct RoclBuffer {
    VtgBuffer base;
    cl_mem memory; /* NULL: staging, which is base.mapped */
} RoclBuffer;

typedef struct RoclKernel {
    VtgKernel base;
    cl_program program;
    cl_kernel handle; /* its arguments are set under device->lock, by submit */
} RoclKernel;

typedef enum RoclOpKind { ROCL_DISPATCH, ROCL_COPY, ROCL_FILL } RoclOpKind;

typedef struct RoclOp {
    RoclOpKind kind;
    bool timed;
    RoclKernel *kernel; /* dispatch */
    RtGroups groups;
    uint32_t first_memory, first_word; /* where its buffers and its value block begin */
    RoclBuffer *source, *target;       /* copy; fill: target */
    uint64_t source_offset, target_offset, size;
    uint32_t value;
} RoclOp;

/* The list holds its buffers and kernels alive (RtUse), so bare pointers do. */
typedef struct RoclCommands {
    VtgCommands base;
    RoclOp *ops;
    uint32_t op_count, op_capacity;
    cl_mem *memories; /* arguments of dispatches, one for each buffer parameter; NULL: empty */
    uint32_t memory_count, memory_capacity;
    cl_mem *parts; /* sub-buffers among them, which the list owns */
    uint32_t part_count, part_capacity;
    uint32_t *words; /* value blocks */
    uint32_t word_count, word_capacity;
} RoclCommands;

typedef struct RoclEvent {
    VtgEvent base;
    cl_event last;
    cl_event *timed; /* one for each operation that is; NULL: it ran nothing */
    uint32_t timed_count;
} RoclEvent;

static inline RoclDevice *rocl_device(VtgDevice *device) {
    return (RoclDevice *)device;
}
static inline RoclAdapter *rocl_adapter(const VtgDevice *device) {
    return (RoclAdapter *)device->adapter;
}
static inline const RoclFunctions *rocl_fn(const VtgDevice *device) {
    return &((const RoclContext *)device->adapter->context)->fn;
}

/* Logs what OpenCL said, and gives the status for it. */
VtgStatus rocl_fail(const VtgInstance *instance, cl_int error, const char *what);

/* rt_opencl_kernel.c */
VtgStatus rocl_kernel_open(VtgKernel *kernel, const VtgKernelDesc *desc);
void rocl_kernel_close(VtgKernel *kernel);

/* rt_opencl_commands.c */
VtgStatus rocl_commands_open(VtgCommands *commands);
VtgStatus rocl_commands_reset(VtgCommands *commands);
VtgStatus rocl_commands_finish(VtgCommands *commands);
void rocl_commands_close(VtgCommands *commands);
void rocl_cmd_barrier(VtgCommands *commands);
VtgStatus rocl_cmd_dispatch(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                            const void *block, const RtGroups *groups);
VtgStatus rocl_cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                        VtgBuffer *target, uint64_t target_offset, uint64_t size);
VtgStatus rocl_cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                        uint32_t value);

/* rt_opencl_queue.c */
VtgStatus rocl_submit(VtgCommands *commands, VtgEvent *event);
VtgStatus rocl_event_wait(VtgEvent *event, uint64_t timeout_ns);
void rocl_event_timings(VtgEvent *event);
void rocl_event_close(VtgEvent *event);

#endif
