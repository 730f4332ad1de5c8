/* rt.h: what the parts of the runtime share: the core's objects, the private table of each driver API,
 * and the helpers that both sides use. Nothing here is public.
 *
 * The core (instance.c, device.c, buffer.c, kernel.c, arguments.c, commands.c, event.c, watch.c) owns
 * object lifetime, argument checks, hazards, staging and error texts. A driver API fills one RtApi and extends the
 * core's structs: its own begin with the core's, the table says how large they are, and the core
 * allocates and frees them. An `open` function gets a zeroed extension behind a complete base;
 * `close` is called after it whether or not it succeeded, so it must cope with what was never made.
 *
 * Lifetime is counted: the user's handle is one reference, children hold their device, command lists
 * hold their buffers and kernels, a submission holds its command list until it has retired.
 *
 * Locks: device->lock guards what it stands over in VtgDevice; device->transfer_lock is taken before
 * it, never inside it. An API's functions may take its own locks, and never call back into the core
 * for more than logging and memory.
 */
#ifndef VITTE_RT_H
#define VITTE_RT_H

#include "vitte_gpu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct RtApi RtApi;

/* One driver API, opened for one instance. */
typedef struct RtContext {
    const RtApi *api;
    VtgInstance *instance;
} RtContext;

/* A device that was found. The strings of `info` belong to the adapter. */
typedef struct RtAdapter {
    VtgDeviceInfo info;
    RtContext *context;
    uint32_t api_order;   /* place of the api in rt_apis */
    uint32_t found_order; /* as the driver listed it: the last resort of the sort */
} RtAdapter;

struct VtgInstance {
    atomic_uint refs;
    VtgAllocator allocator;
    VtgLogFn log;
    void *log_user;
    uint32_t validation; /* asked for */
    bool has_validation; /* and there */
    atomic_ullong validation_messages;
    RtContext **contexts;
    uint32_t context_count;
    RtAdapter **adapters;
    uint32_t adapter_count;
};

enum { RT_QUEUES = 2 }; /* of VtgQueue */

/* What is to be told of an event. */
typedef struct RtWatch {
    struct RtWatch *next;
    VtgEvent *event;
    VtgEventFn callback; /* or: */
    void *user;
    int fd; /* -1: none */
} RtWatch;

/* Work that runs in order. All under device->lock. */
typedef struct RtQueue {
    uint64_t serial;        /* of the last submission; the first is 1 */
    uint64_t retired;       /* and of the last that has retired */
    VtgEvent *pending_head; /* those that have not, in order */
    VtgEvent *pending_tail;
    atomic_uint pending; /* how many, for a look without the lock */

    /* The watcher (watch.c): a thread that begins when somebody first wants to be told. */
    RtWatch *watches; /* in order of submission; the first may be at work */
    pthread_cond_t changed;
    pthread_t watcher;
    bool has_changed, has_watcher, stop;
    bool *gone; /* set when the watcher itself ends the device */
} RtQueue;

struct VtgDevice {
    atomic_uint refs;
    VtgInstance *instance;
    const RtApi *api;
    RtAdapter *adapter;
    bool force_staging;
    char *cache_dir; /* NULL: the default */

    uint32_t queue_count; /* set by the API's device_open; at least 1 */

    pthread_mutex_t lock;
    /* under lock: */
    bool closed; /* vtg_device_destroy() was called */
    bool lost;
    RtQueue queues[RT_QUEUES];

    atomic_bool profiling;
    atomic_uint profile_lost; /* operations that found no memory */
    /* under lock: */
    VtgProfileSpan *spans;
    uint32_t span_count, span_capacity;
    uint32_t profiled; /* submissions */

    pthread_mutex_t transfer_lock;
    /* under transfer_lock: */
    VtgBuffer *upload; /* staging memory, made when first needed */
    VtgBuffer *readback;
};

typedef enum RtMemory {
    RT_MEMORY_DEVICE = VTG_MEMORY_DEVICE,     /* mapped if that costs the host nothing */
    RT_MEMORY_UPLOAD = VTG_MEMORY_UPLOAD,     /* mapped, the host writes */
    RT_MEMORY_READBACK = VTG_MEMORY_READBACK, /* mapped, the host reads */
    RT_MEMORY_SHARED = VTG_MEMORY_SHARED,     /* the device's own, and mapped */
} RtMemory;

struct VtgBuffer {
    atomic_uint refs;
    VtgDevice *device;
    RtMemory memory;
    bool holds_device; /* not the device's own staging buffers */
    uint64_t size;     /* as asked for; the API allocates it rounded up to 4, and at least 4 */
    void *mapped;      /* set by the API: coherent host address for the buffer's life, or NULL */
    char *label;
    /* under device->lock: */
    uint64_t last_use[RT_QUEUES]; /* serials of the last submissions that use and that write it */
    uint64_t last_write[RT_QUEUES];
};

struct VtgKernel {
    atomic_uint refs;
    VtgDevice *device;
    char *label;
    uint32_t workgroup_size[3];
    VtgParam *params;
    uint32_t param_count;
    uint32_t arg_count; /* params that take an argument */
    uint32_t buffer_count;
    uint32_t block_bytes; /* a multiple of 4 */
    VtgValueBlock value_block;
};

/* An object that a command list uses, and in which epoch (between two barriers) it did. */
typedef struct RtUse {
    VtgBuffer *buffer; /* one of the two */
    VtgKernel *kernel;
    uint64_t read_epoch; /* 0: never */
    uint64_t write_epoch;
} RtUse;

/* A buffer parameter, bound. */
typedef struct RtBinding {
    VtgBuffer *buffer;
    uint64_t offset;
    uint64_t size; /* whole elements; 0: empty */
} RtBinding;

/* How many workgroups: as said, or as three u32 in a buffer say when the dispatch begins. */
typedef struct RtGroups {
    uint32_t count[3];
    VtgBuffer *from; /* NULL: count */
    uint64_t offset;
} RtGroups;

typedef enum RtCommandsState {
    RT_RECORDING,
    RT_FINISHED, /* submitted at least once */
    RT_UNUSABLE, /* a reset failed, or the end of recording: it wants another reset */
} RtCommandsState;

/* What a list does, for profiles. */
typedef struct RtNote {
    const VtgKernel *kernel; /* held by the list; NULL: a copy or a fill */
    VtgProfileKind kind;
    uint32_t timing; /* where its times are among the event's; RT_NOT_TIMED: nowhere */
    uint64_t bytes;
} RtNote;

#define RT_NOT_TIMED UINT32_MAX

struct VtgCommands {
    atomic_uint refs;
    VtgDevice *device;
    char *label;
    bool timing;       /* dispatches are timed */
    bool timing_moves; /* copies and fills, too: for profiles. commands_open() may take it back */
    VtgQueue asked_queue;
    uint32_t queue; /* the one it gets */
    RtCommandsState state;
    uint32_t dispatch_count;
    uint32_t timed_count;       /* operations that are timed, in order */
    uint32_t *timed_dispatches; /* with timing_moves: which of those each dispatch is */
    uint32_t timed_dispatch_capacity;
    uint64_t epoch; /* from 1; a barrier begins the next */
    RtUse *uses;    /* open addressing by object; capacity is a power of two */
    uint32_t use_count;
    uint32_t use_capacity;
    RtBinding *bindings; /* scratch of one dispatch */
    uint32_t binding_capacity;
    uint32_t *block;
    uint32_t block_capacity; /* bytes */
    RtNote *notes;
    uint32_t note_count, note_capacity;
    bool busy; /* under device->lock: submitted and not retired */
};

struct VtgEvent {
    atomic_uint refs;
    VtgDevice *device;
    uint32_t queue;
    uint64_t serial;
    uint64_t waits[RT_QUEUES]; /* serials of other queues that it comes after; 0: none */
    atomic_int status;         /* VTG_NOT_READY until retired */
    uint64_t submit_ns, submitted_ns, seen_ns; /* the host's clock; 0: no profile */
    uint32_t profile_number;
    /* under device->lock: */
    VtgEvent *next;
    VtgCommands *commands; /* NULL once retired */
    /* written before status leaves VTG_NOT_READY: */
    bool timed;
    VtgStatus timing_status; /* set by event_timings, if it could not read them */
    uint32_t timing_count;   /* operations that are timed, in order; */
    VtgDispatchTiming *timings;
    uint32_t dispatch_count; /* once retired, those of the dispatches come first */
};

/* One driver API. Statuses are returned as they are; the function that fails logs why. */
struct RtApi {
    const char *name;
    size_t context_size, adapter_size, device_size;
    size_t buffer_size, kernel_size, commands_size, event_size;

    /* Opens the driver and adds its devices with rt_adapter_add(). VTG_ERROR_NO_DRIVER is normal and
     * logged as information. */
    VtgStatus (*context_open)(RtContext *context);
    void (*context_close)(RtContext *context);
    /* May be NULL: there is nothing to let go of. Before context_close. */
    void (*adapter_close)(RtAdapter *adapter);

    VtgStatus (*device_open)(VtgDevice *device);
    void (*device_close)(VtgDevice *device);

    VtgStatus (*buffer_open)(VtgBuffer *buffer);
    void (*buffer_close)(VtgBuffer *buffer);

    /* `desc` has been checked against info.limits and info.features. */
    VtgStatus (*kernel_open)(VtgKernel *kernel, const VtgKernelDesc *desc);
    void (*kernel_close)(VtgKernel *kernel);

    /* Open and reset begin recording; finish ends it. A cmd function that fails has recorded
     * nothing. A dispatch of no groups runs nothing, and is timed all the same. Times of what is timed
     * come in order of recording. Copies have at most
     * one side in the host's memory (rt_is_staging), fills none. */
    VtgStatus (*commands_open)(VtgCommands *commands);
    VtgStatus (*commands_reset)(VtgCommands *commands);
    VtgStatus (*commands_finish)(VtgCommands *commands);
    void (*commands_close)(VtgCommands *commands);
    void (*cmd_barrier)(VtgCommands *commands);
    VtgStatus (*cmd_dispatch)(VtgCommands *commands, VtgKernel *kernel, const RtBinding *bindings,
                              const void *block, const RtGroups *groups);
    VtgStatus (*cmd_copy)(VtgCommands *commands, VtgBuffer *source, uint64_t source_offset,
                          VtgBuffer *target, uint64_t target_offset, uint64_t size);
    VtgStatus (*cmd_fill)(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset, uint64_t size,
                          uint32_t value);

    /* Called under device->lock, so that serials and the queue's order agree. The work begins after
     * what event->waits names. */
    VtgStatus (*submit)(VtgCommands *commands, VtgEvent *event);
    /* VTG_OK, VTG_TIMEOUT or the error that ended the work. Several threads at a time. */
    VtgStatus (*event_wait)(VtgEvent *event, uint64_t timeout_ns);
    /* Fills event->timings after the event was seen to end; under device->lock. */
    void (*event_timings)(VtgEvent *event);
    void (*event_close)(VtgEvent *event);
};

extern const RtApi rt_vulkan;
extern const RtApi rt_metal;
extern const RtApi rt_opencl;
extern const RtApi rt_webgpu;
extern const RtApi rt_null;

/* ---- instance.c: memory, log, descriptors ---- */

/* Zeroed memory, or NULL. Sizes are given back when it is freed. */
void *rt_alloc(const VtgInstance *instance, size_t size);
void *rt_alloc_array(const VtgInstance *instance, size_t count, size_t size);
void rt_free(const VtgInstance *instance, void *ptr, size_t size);
/* Makes room for `need` elements: *array grows to at least twice *capacity. False: out of memory, and
 * nothing has changed. */
bool rt_grow(const VtgInstance *instance, void *array, uint32_t *capacity, uint64_t need,
             size_t element_size);
/* A copy of `text` (NULL: of nothing, NULL), freed with rt_text_free(). */
VtgStatus rt_text_copy(const VtgInstance *instance, const char *text, char **copy);
void rt_text_free(const VtgInstance *instance, char *text);

#if defined(__GNUC__)
#define RT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define RT_PRINTF(text, first)
#endif

void rt_log(const VtgInstance *instance, VtgLogLevel level, const char *format, ...)
    RT_PRINTF(3, 4);
/* Logs at VTG_LOG_ERROR and gives `status` back. */
VtgStatus rt_fail(const VtgInstance *instance, VtgStatus status, const char *format, ...)
    RT_PRINTF(3, 4);
VtgStatus rt_no_memory(const VtgInstance *instance, const char *what);

/* Copies a caller's descriptor into `desc` (of this library's `size`, already zero): fields that the
 * caller does not know stay zero; fields that this library does not know must be zero. NULL: all
 * zero. */
VtgStatus rt_desc_read(const VtgInstance *instance, void *desc, size_t size, const void *given,
                       const char *name);

/* Adds a device to the instance's list: a copy of `found`, the API's own struct, which has everything
 * but the texts. Those are copied by rt_adapter_text() into the fields of the result's info. NULL: out
 * of memory, logged. */
RtAdapter *rt_adapter_add(RtContext *context, const RtAdapter *found);
VtgStatus rt_adapter_text(const RtAdapter *adapter, const char **field, const char *text);

void rt_instance_ref(VtgInstance *instance);
void rt_instance_unref(VtgInstance *instance);

/* ---- rt_sanitize.c ---- */

/* Before driver libraries are let go of; does something in sanitizer builds alone. */
void rt_keep_libraries(void);

/* ---- rt_cache.c ---- */

#define RT_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t rt_hash(uint64_t hash, const void *data, size_t size);

/* What was kept for this device and its driver, or NULL; freed with rt_free(). `more` is what else it depends on. */
void *rt_cache_read(const VtgDevice *device, const void *more, size_t more_size, size_t *size);
void rt_cache_write(const VtgDevice *device, const void *more, size_t more_size, const void *data,
                    size_t size);

/* ---- device.c ---- */

void rt_device_ref(VtgDevice *device);
void rt_device_unref(VtgDevice *device);
/* Waits until submission `serial` of a queue and all before it have retired. */
VtgStatus rt_device_wait(VtgDevice *device, uint32_t queue, uint64_t serial);

/* ---- watch.c ---- */

/* Calls `callback` or makes `fd` readable when the event has ended; `fd` is closed then, and when this
 * fails. */
VtgStatus rt_watch(VtgEvent *event, VtgEventFn callback, void *user, int fd);
/* Waits until everybody has been told; does nothing on a watcher's own thread. */
void rt_watch_drain(VtgDevice *device);
/* Ends the threads of a device that nobody uses any more. */
void rt_watch_stop(VtgDevice *device);

/* ---- profile.c ---- */

uint64_t rt_now_ns(void);
/* Notes an operation that was recorded just now; `timing` as in RtNote. */
void rt_profile_note(VtgCommands *commands, const VtgKernel *kernel, VtgProfileKind kind,
                     uint32_t timing, uint64_t bytes);
/* Turns the notes of what retires into spans; under device->lock, with the times read. */
void rt_profile_take(VtgEvent *event);
void rt_profile_free(VtgDevice *device);

/* ---- buffer.c ---- */

static inline bool rt_is_staging(const VtgBuffer *buffer) {
    return buffer->memory == RT_MEMORY_UPLOAD || buffer->memory == RT_MEMORY_READBACK;
}

VtgStatus rt_buffer_create(VtgDevice *device, RtMemory memory, uint64_t size, const char *label,
                           bool holds_device, VtgBuffer **buffer);
void rt_buffer_ref(VtgBuffer *buffer);
void rt_buffer_unref(VtgBuffer *buffer);
/* "`label`" or "a buffer", for messages. */
const char *rt_buffer_name(const VtgBuffer *buffer);
/* Whether [offset, offset + size) lies in the buffer; logs if not. `what` is "write", "copy" ... */
VtgStatus rt_buffer_range(const VtgBuffer *buffer, uint64_t offset, uint64_t size,
                          const char *what);
VtgStatus rt_buffer_fill_range(const VtgBuffer *buffer, uint64_t offset, uint64_t size);

/* ---- kernel.c ---- */

void rt_kernel_ref(VtgKernel *kernel);
void rt_kernel_unref(VtgKernel *kernel);

/* ---- arguments.c ---- */

static inline bool rt_reads(const VtgParam *param) {
    return param->access != VTG_ACCESS_WRITE;
}
static inline bool rt_writes(const VtgParam *param) {
    return param->access != VTG_ACCESS_READ;
}

/* Whether an object of `device` may go into the list; logs if not. */
VtgStatus rt_commands_own(const VtgCommands *commands, const VtgDevice *device, const char *what,
                          const char *name);
/* Fills commands->bindings and commands->block from `args`. */
VtgStatus rt_bind(VtgCommands *commands, const VtgKernel *kernel, const VtgArg *args,
                  uint32_t arg_count);
/* How many workgroups cover the grid; zeros for an empty one. */
VtgStatus rt_count_groups(const VtgCommands *commands, const VtgKernel *kernel, VtgGrid grid,
                          uint32_t groups[3]);
/* Checks where the counts of an indirect dispatch lie, once its arguments are bound. */
VtgStatus rt_bind_groups(const VtgCommands *commands, const VtgKernel *kernel,
                         const VtgBuffer *groups, uint64_t offset);

/* ---- commands.c ---- */

void rt_commands_ref(VtgCommands *commands);
void rt_commands_unref(VtgCommands *commands);

/* ---- event.c ---- */

void rt_event_ref(VtgEvent *event);
void rt_event_unref(VtgEvent *event);
/* vtg_event_wait() with VTG_TIMEOUT for "not yet". */
VtgStatus rt_event_wait(VtgEvent *event, uint64_t timeout_ns);
/* Retires what has finished, without waiting. */
void rt_event_sweep(VtgDevice *device);
/* Retires all that is pending as lost: the driver cannot tell when it ends. */
void rt_event_give_up(VtgDevice *device);

#endif
