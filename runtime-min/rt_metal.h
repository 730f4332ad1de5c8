/* rt_metal.h: the Metal side of the runtime: its objects, and the classes and methods that it calls.
 *
 * rt_metal.c           libraries, devices, buffers
 * rt_metal_kernel.c    MSL to pipelines
 * rt_metal_commands.c  lists
 * rt_metal_queue.c     encoding, submission, waiting
 *
 * No Objective-C: everything goes through objc_msgSend(), found at run time, so that this compiles everywhere and links
 * against nothing. A method is called through a pointer with its own prototype, as Apple's ABI wants it. Objects from
 * `new…`, `alloc` and `copy…` are ours to release; others live until the pool that is open around each call ends, unless
 * they are retained.
 *
 * A list is kept here and encoded when it is submitted. Dispatches that do not depend on each other share a concurrent
 * encoder, with the core's barriers in it; copies get encoders of their own. Queues wait for each other by events.
 *
 * What is timed gets a command buffer of its own, whose begin and end Metal tells; those of a submission run one after
 * another, by an event of their own.
 */
#ifndef VITTE_RT_METAL_H
#define VITTE_RT_METAL_H

#include "rt.h"

typedef void *Id;
typedef const struct RmtlSelector *Sel;
typedef unsigned long NsUint;
typedef struct MtlSize {
    NsUint width, height, depth;
} MtlSize;
typedef struct NsRange {
    NsUint location, length;
} NsRange;

/* X(member, selector) */
// clang-format off
#define RMTL_SELECTORS(X)                                                                          \
    X(alloc, "alloc") X(init, "init") X(retain, "retain") X(release, "release") X(count, "count")  \
    X(objectAtIndex, "objectAtIndex:") X(allValues, "allValues") X(index, "index") X(type, "type") \
    X(initWithBytes, "initWithBytes:length:encoding:") X(UTF8String, "UTF8String")                 \
    X(localizedDescription, "localizedDescription") X(name, "name") X(setLabel, "setLabel:")       \
    X(registryID, "registryID") X(hasUnifiedMemory, "hasUnifiedMemory") X(isLowPower, "isLowPower") \
    X(recommendedMaxWorkingSetSize, "recommendedMaxWorkingSetSize")                                \
    X(maxBufferLength, "maxBufferLength")                                                          \
    X(maxThreadgroupMemoryLength, "maxThreadgroupMemoryLength")                                    \
    X(maxThreadsPerThreadgroup, "maxThreadsPerThreadgroup")                                        \
    X(newCommandQueue, "newCommandQueue") X(newEvent, "newEvent") X(contents, "contents")          \
    X(newBuffer, "newBufferWithLength:options:")                                                   \
    X(setFastMathEnabled, "setFastMathEnabled:")                                                   \
    X(newLibrary, "newLibraryWithSource:options:error:")                                           \
    X(newFunction, "newFunctionWithName:")                                                         \
    X(newFunctionWithConstants, "newFunctionWithName:constantValues:error:")                       \
    X(functionConstantsDictionary, "functionConstantsDictionary")                                  \
    X(setConstantValue, "setConstantValue:type:atIndex:")                                          \
    X(setComputeFunction, "setComputeFunction:")                                                   \
    X(setMaxTotalThreads, "setMaxTotalThreadsPerThreadgroup:")                                     \
    X(maxTotalThreads, "maxTotalThreadsPerThreadgroup")                                            \
    X(newPipeline, "newComputePipelineStateWithDescriptor:options:reflection:error:")              \
    X(commandBuffer, "commandBuffer") X(commit, "commit") X(status, "status") X(error, "error")    \
    X(waitUntilCompleted, "waitUntilCompleted") X(endEncoding, "endEncoding")                      \
    X(startTime, "GPUStartTime") X(endTime, "GPUEndTime")                                          \
    X(encodeWait, "encodeWaitForEvent:value:") X(encodeSignal, "encodeSignalEvent:value:")         \
    X(blitEncoder, "blitCommandEncoder")                                                           \
    X(computeEncoder, "computeCommandEncoderWithDispatchType:")                                    \
    X(setPipeline, "setComputePipelineState:") X(setBuffer, "setBuffer:offset:atIndex:")           \
    X(setBytes, "setBytes:length:atIndex:") X(barrier, "memoryBarrierWithScope:")                  \
    X(dispatch, "dispatchThreadgroups:threadsPerThreadgroup:")                                     \
    X(dispatchIndirect, "dispatchThreadgroupsWithIndirectBuffer:indirectBufferOffset:threadsPerThreadgroup:") \
    X(copyBuffer, "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:")                  \
    X(fillBuffer, "fillBuffer:range:value:")

#define RMTL_FUNCTIONS(X)                                                                          \
    X(Id, objc_getClass, (const char *name))                                                       \
    X(Sel, sel_registerName, (const char *name))                                                   \
    X(void *, objc_autoreleasePoolPush, (void))                                                    \
    X(void, objc_autoreleasePoolPop, (void *pool))                                                 \
    X(void, objc_msgSend, (void))
// clang-format on

typedef struct RmtlContext {
    RtContext base;
    void *objc, *metal; /* libraries */
    struct {
#define RMTL_MEMBER(result, name, parameters) result(*name) parameters;
        RMTL_FUNCTIONS(RMTL_MEMBER)
#undef RMTL_MEMBER
        void (*objc_msgSend_stret)(void); /* for results in memory; x86-64 alone has it */
    } fn;
    struct {
#define RMTL_MEMBER(name, text) Sel name;
        RMTL_SELECTORS(RMTL_MEMBER)
#undef RMTL_MEMBER
    } sel;
} RmtlContext;

typedef struct RmtlAdapter {
    RtAdapter base;
    Id device;
} RmtlAdapter;

typedef struct RmtlDevice {
    VtgDevice base;
    Id queues[RT_QUEUES];
    Id events[RT_QUEUES]; /* at the serial of what has ended */
} RmtlDevice;

typedef struct RmtlBuffer {
    VtgBuffer base;
    Id handle;
} RmtlBuffer;

typedef struct RmtlKernel {
    VtgKernel base;
    Id pipeline;
} RmtlKernel;

typedef enum RmtlOpKind { RMTL_DISPATCH, RMTL_COPY, RMTL_FILL, RMTL_BARRIER } RmtlOpKind;

typedef struct RmtlOp {
    RmtlOpKind kind;
    RmtlKernel *kernel; /* DISPATCH */
    RtGroups groups;
    uint32_t first_binding, first_word; /* where its buffers and its value block begin */
    Id source, target;                  /* COPY; FILL: target */
    uint64_t source_offset, target_offset, size;
    uint8_t byte;      /* FILL */
    bool begins, ends; /* an operation that is timed: its first, its last */
} RmtlOp;

/* The list holds its buffers and kernels alive (RtUse), so bare pointers do. */
typedef struct RmtlCommands {
    VtgCommands base;
    RmtlOp *ops;
    uint32_t op_count, op_capacity;
    RtBinding *bound;
    uint32_t bound_count, bound_capacity;
    uint32_t *words; /* value blocks */
    uint32_t word_count, word_capacity;
    Id *own; /* buffers with patterns to fill with */
    uint32_t own_count, own_capacity;
    uint32_t *sizes; /* scratch of one dispatch */
    uint32_t size_capacity;
} RmtlCommands;

typedef struct RmtlEvent {
    VtgEvent base;
    Id buffer; /* the last; retained */
    Id *timed; /* command buffers of what is timed, in order, retained; NULL: it ran nothing */
    uint32_t timed_count, timed_capacity;
    Id order; /* the event by which they come one after another */
} RmtlEvent;

static inline RmtlContext *rmtl_context(const VtgDevice *device) {
    return (RmtlContext *)device->adapter->context;
}
static inline Id rmtl_id(const VtgDevice *device) {
    return ((const RmtlAdapter *)device->adapter)->device;
}

/* A call: RMTL(context, result, (types of the arguments), object, selector, arguments...) */
#define RMTL_TYPES(...) (Id, Sel, __VA_ARGS__)
#define RMTL(c, result, types, object, selector, ...)                                              \
    ((result(*) RMTL_TYPES types)(c)->fn.objc_msgSend)(object, (c)->sel.selector, __VA_ARGS__)
#define RMTL0(c, result, object, selector)                                                         \
    ((result (*)(Id, Sel))(c)->fn.objc_msgSend)(object, (c)->sel.selector)

/* ---- rt_metal.c ---- */

void rmtl_release(const RmtlContext *context, Id object);
/* [[NAME alloc] init]; NULL: there is no such class. */
Id rmtl_make(const RmtlContext *context, const char *name);
/* An NSString, ours to release. */
Id rmtl_text(const RmtlContext *context, const char *text, size_t size);
/* What an NSError says; never NULL. */
const char *rmtl_error_text(const RmtlContext *context, Id error);
/* Memory that host and device share, or the device's own; NULL: there is none. */
Id rmtl_buffer_make(const VtgDevice *device, uint64_t size, bool shared);

/* ---- rt_metal_kernel.c ---- */

VtgStatus rmtl_kernel_open(VtgKernel *kernel, const VtgKernelDesc *desc);
void rmtl_kernel_close(VtgKernel *kernel);

/* ---- rt_metal_commands.c ---- */

VtgStatus rmtl_commands_open(VtgCommands *commands);
VtgStatus rmtl_commands_reset(VtgCommands *commands);
VtgStatus rmtl_commands_finish(VtgCommands *commands);
void rmtl_commands_close(VtgCommands *commands);
void rmtl_cmd_barrier(VtgCommands *commands);
VtgStatus rmtl_cmd_dispatch(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                            const void *block, const RtGroups *groups);
VtgStatus rmtl_cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                        VtgBuffer *target, uint64_t target_offset, uint64_t size);
VtgStatus rmtl_cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                        uint32_t value);

/* ---- rt_metal_queue.c ---- */

VtgStatus rmtl_submit(VtgCommands *commands, VtgEvent *event);
VtgStatus rmtl_event_wait(VtgEvent *event, uint64_t timeout_ns);
void rmtl_event_timings(VtgEvent *event);
void rmtl_event_close(VtgEvent *event);

#endif
