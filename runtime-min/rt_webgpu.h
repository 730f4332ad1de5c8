/* rt_webgpu.h: the WebGPU side of the runtime: its objects, and what its files share.
 *
 * A list is kept here and encoded each time it is submitted. Staging memory is the host's own: a copy from it is a write
 * of the queue, a copy to it goes by way of the submission's tail, a small buffer that is mapped when the work has
 * ended. That is how the end is seen, too.
 *
 * WebGPU copies whole words between different buffers, binds no empty ranges, and takes a buffer in one dispatch either
 * for reading or for writing. What the public interface promises beyond that is made here: bytes are moved by a kernel
 * of our own, and ranges that do not fit are read from copies (rt_webgpu_commands.c).
 *
 * The libraries are not thread-safe: every call into one happens under RwgpuContext.lock.
 */
#ifndef VITTE_RT_WEBGPU_H
#define VITTE_RT_WEBGPU_H

#include "rt.h"
#include "rt_webgpu_abi.h"

typedef struct RwgpuFunctions {
#define RWGPU_MEMBER(result, name, parameters) result(*name) parameters;
    RWGPU_FUNCTIONS(RWGPU_MEMBER, RWGPU_MEMBER)
#undef RWGPU_MEMBER
} RwgpuFunctions;

typedef struct RwgpuContext {
    RtContext base;
    RwgpuFunctions fn;
    WgpuHandle instance;
    const uint32_t *features; /* numbers of RwgpuFeature in this library */
    bool has_lock;
    pthread_mutex_t lock;
} RwgpuContext;

typedef enum RwgpuFeature {
    RWGPU_F16,
    RWGPU_SUBGROUPS,
    RWGPU_TIMESTAMPS,
    RWGPU_FEATURE_COUNT
} RwgpuFeature;

typedef struct RwgpuAdapter {
    RtAdapter base;
    WgpuLimits limits;
} RwgpuAdapter;

/* A pipeline whose only bind group has `layout`. */
typedef struct RwgpuPipeline {
    WgpuHandle layout, handle;
} RwgpuPipeline;

typedef struct RwgpuDevice {
    VtgDevice base;
    WgpuHandle handle, queue;
    atomic_bool lost;         /* or was never there */
    RwgpuPipeline move_bytes; /* made when first needed */
} RwgpuDevice;

typedef struct RwgpuBuffer {
    VtgBuffer base;
    WgpuHandle handle; /* NULL: staging, which is base.mapped */
} RwgpuBuffer;

typedef struct RwgpuKernel {
    VtgKernel base;
    RwgpuPipeline pipeline;
} RwgpuKernel;

typedef enum RwgpuOpKind {
    RWGPU_DISPATCH,
    RWGPU_COPY,
    RWGPU_WRITE, /* from staging */
    RWGPU_READ,  /* to staging */
} RwgpuOpKind;

/* Bytes, except that offsets and sizes of buffers of the device are multiples of 4. */
typedef struct RwgpuOp {
    RwgpuOpKind kind;
    bool is_kernel;    /* DISPATCH: the caller's own, whose pass is timed */
    bool begins, ends; /* a copy or a fill that is timed: its first, its last */
    WgpuHandle pipeline, group;
    uint32_t groups[3];
    WgpuHandle from, to; /* DISPATCH: `from` has the counts, if there is one */
    VtgBuffer *staging;
    uint64_t from_offset, to_offset, size;
    uint32_t skip; /* READ: bytes before the first that is wanted; and how many are: */
    uint64_t wanted;
} RwgpuOp;

/* The list holds its buffers and kernels alive (RtUse), so bare handles do. */
typedef struct RwgpuCommands {
    VtgCommands base;
    RwgpuOp *ops;
    uint32_t op_count, op_capacity;
    WgpuHandle *buffers; /* that the list owns: value blocks, copies, stand-ins */
    uint32_t buffer_count, buffer_capacity;
    WgpuHandle *groups;
    uint32_t group_count, group_capacity;
    WgpuGroupEntry *entries; /* scratch of one dispatch */
    uint32_t entry_capacity;
} RwgpuCommands;

typedef struct RwgpuEvent {
    VtgEvent base;
    WgpuHandle tail;
    uint64_t tail_bytes;
    bool is_mapping;     /* the callback is still to come */
    uint32_t map_status; /* then */
    bool is_copied;      /* what was read is in staging, and timings in base */
    WgpuHandle *sets;    /* of timestamps, as rt_webgpu_timing.c divides them; NULL: not timed */
    uint32_t set_count;
    WgpuHandle ticks; /* buffer: the timestamps before they are in the tail */
} RwgpuEvent;

static inline RwgpuDevice *rwgpu_device(VtgDevice *device) {
    return (RwgpuDevice *)device;
}
static inline RwgpuContext *rwgpu_context(const VtgDevice *device) {
    return (RwgpuContext *)device->adapter->context;
}
static inline const RwgpuFunctions *rwgpu_fn(const VtgDevice *device) {
    return &rwgpu_context(device)->fn;
}

/* ---- rt_webgpu.c ---- */

void rwgpu_lock(VtgDevice *device);
void rwgpu_unlock(VtgDevice *device);

/* Lets callbacks happen until *flag is false; with the lock held. */
void rwgpu_pump(RwgpuContext *context, const bool *flag);

/* Errors of what is done in between, with the lock held. End logs and gives the status; `bad` is that of what is not
 * valid, `what` begins the message. */
void rwgpu_scope_begin(VtgDevice *device);
VtgStatus rwgpu_scope_end(VtgDevice *device, VtgStatus bad, const char *what);

/* A buffer of the device, rounded up to whole words; with the lock held. `data` NULL: zeros. */
WgpuHandle rwgpu_buffer_make(VtgDevice *device, uint64_t usage, uint64_t size, const char *label);

/* ---- rt_webgpu_kernel.c ---- */

typedef struct RwgpuPipelineDesc {
    const char *label;
    WgpuText code;
    const char *entry;
    const WgpuConstant *constants;
    uint32_t constant_count;
    const uint32_t *bindings; /* types of them: WGPU_BINDING_… */
    uint32_t binding_count;
} RwgpuPipelineDesc;

/* With the lock held. */
VtgStatus rwgpu_pipeline_make(VtgDevice *device, const RwgpuPipelineDesc *desc,
                              RwgpuPipeline *pipeline);
void rwgpu_pipeline_close(VtgDevice *device, RwgpuPipeline *pipeline);
VtgStatus rwgpu_kernel_open(VtgKernel *kernel, const VtgKernelDesc *desc);
void rwgpu_kernel_close(VtgKernel *kernel);

/* ---- rt_webgpu_commands.c ---- */

VtgStatus rwgpu_commands_open(VtgCommands *commands);
VtgStatus rwgpu_commands_reset(VtgCommands *commands);
VtgStatus rwgpu_commands_finish(VtgCommands *commands);
void rwgpu_commands_close(VtgCommands *commands);
void rwgpu_cmd_barrier(VtgCommands *commands);
VtgStatus rwgpu_cmd_dispatch(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                             const void *block, const RtGroups *groups);
VtgStatus rwgpu_cmd_copy(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                         VtgBuffer *target, uint64_t target_offset, uint64_t size);
VtgStatus rwgpu_cmd_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                         uint32_t value);

/* ---- rt_webgpu_timing.c ---- */

/* All with the lock held. A submission that is timed has `sets` and `ticks` after the first; the second says where the
 * operation of that number is timed, the third puts all timestamps behind what is read in the tail, and the fourth takes
 * them from there. The last releases what the first made. */
VtgStatus rwgpu_timing_open(RwgpuEvent *event);
WgpuTimestampWrites rwgpu_timing_of(const RwgpuEvent *event, uint32_t operation);
void rwgpu_timing_resolve(const RwgpuEvent *event, WgpuHandle encoder, uint64_t tail_offset);
void rwgpu_timing_keep(RwgpuEvent *event, const void *ticks);
void rwgpu_timing_close(RwgpuEvent *event);

/* ---- rt_webgpu_queue.c ---- */

VtgStatus rwgpu_submit(VtgCommands *commands, VtgEvent *event);
VtgStatus rwgpu_event_wait(VtgEvent *event, uint64_t timeout_ns);
void rwgpu_event_timings(VtgEvent *event);
void rwgpu_event_close(VtgEvent *event);

#endif
