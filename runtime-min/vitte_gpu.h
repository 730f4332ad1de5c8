/* vitte_gpu.h: run compiled kernels on a GPU. The whole public interface of libvitte-gpu.
 *
 *   instance -> devices -> buffers, kernels -> command lists -> submissions -> events
 *
 * Rules that hold everywhere
 * - A descriptor is zero-initialised, begins with struct_size, and zero means the default; start from
 *   its VTG_..._INIT macro. Whatever a descriptor points to is copied before the call returns.
 * - A function that can fail returns a VtgStatus, and on failure leaves the handle it should have made
 *   NULL. The log callback of the instance hears the details: names, sizes, what was expected.
 * - Handles are opaque and are destroyed by their maker, in any order: an object keeps alive what it
 *   needs, and work that was submitted keeps its buffers and kernels until it has run. Destroying
 *   NULL does nothing.
 * - No driver is linked. Driver libraries are opened at run time, and a missing one is a status.
 * - Threads: every function may be called from any thread, and functions on different objects at the
 *   same time. Instances, devices, kernels, buffers and events may be used by any number of threads at
 *   once (what two write into the same bytes of a buffer is theirs to order); a command list by one at a
 *   time. Whoever destroys an object is the last to use that handle. docs/runtime.md has it by function.
 * - Sizes and offsets are bytes, times are nanoseconds, unless a name says otherwise.
 */
#ifndef VITTE_GPU_H
#define VITTE_GPU_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define VTG_API
#else
#define VTG_API __attribute__((visibility("default")))
#endif

/* Initialisers. In C they are brace lists: `VtgBufferDesc d = VTG_BUFFER_DESC_INIT;`. */
#ifdef __cplusplus
template <class T> inline T vtg_init_() {
    T desc = T();
    desc.struct_size = sizeof(T);
    return desc;
}
#define VTG_INIT_(T) vtg_init_<T>()
#else
#define VTG_INIT_(T) {.struct_size = sizeof(T)}
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status codes ---------------------------------------------------------------------------- */

/* X(name, value, text). Values are permanent: 0 is success, positive ones are not errors. */
// clang-format off
#define VTG_STATUS_TABLE(X)                                                                        \
    X(VTG_OK,                           0, "ok")                                                   \
    X(VTG_NOT_READY,                    1, "the work is still running")                            \
    X(VTG_TIMEOUT,                      2, "the time ran out before the work was done")            \
    X(VTG_ERROR_INVALID_ARGUMENT,      -1, "an argument or a descriptor is not valid")             \
    X(VTG_ERROR_OUT_OF_MEMORY,         -2, "out of host memory")                                   \
    X(VTG_ERROR_OUT_OF_DEVICE_MEMORY,  -3, "out of device memory")                                 \
    X(VTG_ERROR_NO_DRIVER,             -4, "the driver library is not installed or too old")       \
    X(VTG_ERROR_NO_DEVICE,             -5, "there is no such device")                              \
    X(VTG_ERROR_UNSUPPORTED,           -6, "the device lacks something that this needs")           \
    X(VTG_ERROR_LIMIT,                 -7, "a limit of the device is exceeded")                    \
    X(VTG_ERROR_OUT_OF_RANGE,          -8, "a range or an index lies outside the object")          \
    X(VTG_ERROR_BAD_KERNEL,            -9, "the kernel's code was refused")                        \
    X(VTG_ERROR_ARGUMENT_COUNT,       -10, "too few or too many kernel arguments")                 \
    X(VTG_ERROR_ARGUMENT_KIND,        -11, "a buffer was given for a value or a value for a buffer") \
    X(VTG_ERROR_ARGUMENT_SIZE,        -12, "a kernel argument has the wrong size")                 \
    X(VTG_ERROR_OVERLAP,              -13, "a buffer that the kernel writes is given twice")       \
    X(VTG_ERROR_BUSY,                 -14, "the object is in use by work that has not finished")   \
    X(VTG_ERROR_DEVICE_LOST,          -15, "the device was lost")                                  \
    X(VTG_ERROR_DRIVER,               -16, "the driver failed")                                    \
    X(VTG_ERROR_BAD_BUNDLE,           -17, "the bundle is damaged, or is none")                    \
    X(VTG_ERROR_NOT_FOUND,            -18, "the bundle has nothing of that name")                  \
    X(VTG_ERROR_FILE,                 -19, "the file cannot be read")
// clang-format on

typedef enum VtgStatus {
#define VTG_X_(name, value, text) name = value,
    VTG_STATUS_TABLE(VTG_X_)
#undef VTG_X_
} VtgStatus;

/* The text of a status, without a full stop; static. Never NULL. Any thread. */
VTG_API const char *vtg_status_text(VtgStatus status);

/* ---- Device features ------------------------------------------------------------------------- */

/* X(name, bit, short name, what it is). Bits are permanent. A kernel names those it needs. */
// clang-format off
#define VTG_FEATURE_TABLE(X)                                                                        \
    X(VTG_FEATURE_INT8,                    0, "int8",      "8-bit integer arithmetic")              \
    X(VTG_FEATURE_INT16,                   1, "int16",     "16-bit integer arithmetic")             \
    X(VTG_FEATURE_INT64,                   2, "int64",     "64-bit integer arithmetic")             \
    X(VTG_FEATURE_FLOAT16,                 3, "float16",   "16-bit float arithmetic")               \
    X(VTG_FEATURE_FLOAT64,                 4, "float64",   "64-bit float arithmetic")               \
    X(VTG_FEATURE_STORAGE8,                5, "storage8",  "8-bit elements in buffers")             \
    X(VTG_FEATURE_STORAGE16,               6, "storage16", "16-bit elements in buffers")            \
    X(VTG_FEATURE_VALUES8,                 7, "values8",   "8-bit members in push constants")       \
    X(VTG_FEATURE_VALUES16,                8, "values16",  "16-bit members in push constants")      \
    X(VTG_FEATURE_UNIFORM8,                9, "uniform8",  "8-bit members in uniform buffers")      \
    X(VTG_FEATURE_UNIFORM16,              10, "uniform16", "16-bit members in uniform buffers")     \
    X(VTG_FEATURE_UNIFORM_STD430,         11, "uniform_std430", "std430 layout in uniform buffers") \
    X(VTG_FEATURE_SUBGROUP_BASIC,         12, "subgroup_basic", "elect and subgroup barriers")      \
    X(VTG_FEATURE_SUBGROUP_VOTE,          13, "subgroup_vote", "any and all over a subgroup")       \
    X(VTG_FEATURE_SUBGROUP_ARITHMETIC,    14, "subgroup_arithmetic", "subgroup sums and scans")     \
    X(VTG_FEATURE_SUBGROUP_BALLOT,        15, "subgroup_ballot", "ballot and broadcast")            \
    X(VTG_FEATURE_SUBGROUP_SHUFFLE,       16, "subgroup_shuffle", "shuffle and shuffle_xor")        \
    X(VTG_FEATURE_SUBGROUP_SHUFFLE_RELATIVE, 17, "subgroup_shuffle_relative", "shuffle_up and _down") \
    X(VTG_FEATURE_SUBGROUP_EXTENDED_TYPES, 18, "subgroup_extended_types", "subgroup operations on 8, 16 and 64 bits") \
    X(VTG_FEATURE_SUBGROUP_SIZE_CONTROL,  19, "subgroup_size_control", "a chosen subgroup size")    \
    X(VTG_FEATURE_SUBGROUP_UNIFORM_FLOW,  20, "subgroup_uniform_flow", "subgroup-uniform control flow") \
    X(VTG_FEATURE_MAXIMAL_RECONVERGENCE,  21, "maximal_reconvergence", "maximal reconvergence")     \
    X(VTG_FEATURE_BUFFER_ATOMICS_INT64,   22, "buffer_atomics_int64", "64-bit atomics in buffers")  \
    X(VTG_FEATURE_SHARED_ATOMICS_INT64,   23, "shared_atomics_int64", "64-bit atomics in shared memory") \
    X(VTG_FEATURE_BUFFER_ATOMIC_ADD_F32,  24, "buffer_atomic_add_f32", "f32 atomic add in buffers") \
    X(VTG_FEATURE_SHARED_ATOMIC_ADD_F32,  25, "shared_atomic_add_f32", "f32 atomic add in shared memory") \
    X(VTG_FEATURE_MEMORY_MODEL,           26, "memory_model", "the Vulkan memory model")            \
    X(VTG_FEATURE_ZERO_INIT_SHARED,       27, "zero_init_shared", "zero initialisers of shared memory") \
    X(VTG_FEATURE_INTEGER_DOT_PRODUCT,    28, "integer_dot_product", "packed integer dot products") \
    X(VTG_FEATURE_FLOAT_CONTROLS,         29, "float_controls", "float control execution modes are known") \
    X(VTG_FEATURE_NAN_PRESERVE_F16,       30, "nan_preserve_f16", "signed zero, inf and NaN of f16 are kept") \
    X(VTG_FEATURE_NAN_PRESERVE_F32,       31, "nan_preserve_f32", "signed zero, inf and NaN of f32 are kept") \
    X(VTG_FEATURE_NAN_PRESERVE_F64,       32, "nan_preserve_f64", "signed zero, inf and NaN of f64 are kept") \
    X(VTG_FEATURE_NONSEMANTIC_INFO,       33, "nonsemantic_info", "NonSemantic instruction sets in SPIR-V") \
    X(VTG_FEATURE_NULL_DESCRIPTOR,        34, "null_descriptor", "empty bindings")                  \
    X(VTG_FEATURE_TIMESTAMPS,             35, "timestamps", "the device times its own work")
// clang-format on

typedef enum VtgFeature {
// clang-format off
#define VTG_X_(name, bit, text, what) name = bit,
    VTG_FEATURE_TABLE(VTG_X_)
#undef VTG_X_
    VTG_FEATURE_COUNT
    // clang-format on
} VtgFeature;

/* The mask of one feature: VTG_FEATURE_BIT(VTG_FEATURE_INT64). */
#define VTG_FEATURE_BIT(feature) ((uint64_t)1 << (feature))

/* The short name of a feature ("int64") and a few words on it; static; NULL if there is no such
 * feature. Any thread. */
VTG_API const char *vtg_feature_name(VtgFeature feature);
VTG_API const char *vtg_feature_text(VtgFeature feature);

/* ---- Handles --------------------------------------------------------------------------------- */

typedef struct VtgInstance VtgInstance;
typedef struct VtgDevice VtgDevice;
typedef struct VtgBuffer VtgBuffer;
typedef struct VtgBundle VtgBundle;
typedef struct VtgKernel VtgKernel;
typedef struct VtgCommands VtgCommands;
typedef struct VtgEvent VtgEvent;

/* ---- Instance -------------------------------------------------------------------------------- */

/* One function that allocates (ptr NULL), resizes, and frees (new_size 0, returns NULL). What it
 * returns is aligned as malloc's result is; NULL for a new_size above 0 means out of memory, and the
 * old block then stays as it was. Called from any thread that is inside the library. */
typedef void *(*VtgReallocFn)(void *user, void *ptr, size_t old_size, size_t new_size);

typedef struct VtgAllocator {
    VtgReallocFn reallocate; /* NULL: the C library's */
    void *user;
} VtgAllocator;

typedef enum VtgLogLevel {
    VTG_LOG_ERROR = 0,   /* a call failed, and why */
    VTG_LOG_WARNING = 1, /* something works, but not as it could */
    VTG_LOG_INFO = 2,    /* what was found and what was not */
} VtgLogLevel;

/* `message` is one line without a newline (a validation message may have several) and lives for the
 * call only. Called from any thread that is inside the library; it must not call the library. */
typedef void (*VtgLogFn)(void *user, VtgLogLevel level, const char *message);

typedef struct VtgInstanceDesc {
    uint32_t struct_size;
    uint32_t validation; /* 1: the API's own validation layer, if installed, reports to `log`;
                            2: its checks of synchronisation too (slower; some versions leak) */
    const char *api; /* "vulkan", "metal", "opencl", "webgpu", "null" (accepts all, runs nothing);
                            NULL: all real ones */
    VtgAllocator allocator; /* host memory of the library itself; drivers use their own */
    VtgLogFn log;           /* NULL: stderr, from the level on that $VTG_LOG names: error, warning,
                               info; silence where it names none */
    void *log_user;
} VtgInstanceDesc;
#define VTG_INSTANCE_DESC_INIT VTG_INIT_(VtgInstanceDesc)

/* Opens the driver libraries and lists their devices. `desc` may be NULL.
 * With desc->api NULL a machine without any driver is VTG_OK and has no devices; the log says at
 * VTG_LOG_INFO what was missing. With a named api a missing driver is VTG_ERROR_NO_DRIVER, and a
 * name that this build does not know VTG_ERROR_INVALID_ARGUMENT. Any thread. */
VTG_API VtgStatus vtg_instance_create(const VtgInstanceDesc *desc, VtgInstance **instance);
VTG_API void vtg_instance_destroy(VtgInstance *instance);

/* How many warnings and errors the validation layer has reported so far; 0 without `validation`.
 * Any thread. */
VTG_API uint64_t vtg_instance_validation_messages(const VtgInstance *instance);

/* Whether `validation` was asked for and the layer is really there. Any thread. */
VTG_API int vtg_instance_has_validation(const VtgInstance *instance);

/* ---- Devices --------------------------------------------------------------------------------- */

typedef enum VtgDeviceType {
    VTG_DEVICE_OTHER = 0,
    VTG_DEVICE_DISCRETE = 1,
    VTG_DEVICE_INTEGRATED = 2,
    VTG_DEVICE_VIRTUAL = 3,
    VTG_DEVICE_CPU = 4, /* a software driver */
} VtgDeviceType;

/* "discrete", "integrated", "virtual", "cpu", "other"; static. */
VTG_API const char *vtg_device_type_text(VtgDeviceType type);

typedef struct VtgLimits {
    uint32_t max_workgroup_size[3];     /* invocations along each axis */
    uint32_t max_workgroup_invocations; /* their product */
    uint32_t max_workgroup_count[3];    /* workgroups along each axis of a dispatch */
    uint32_t max_shared_bytes;          /* shared memory of one workgroup */
    uint32_t max_kernel_buffers;        /* buffer parameters of one kernel */
    uint32_t max_push_constant_bytes;   /* value block as push constants */
    uint32_t max_uniform_bytes;         /* value block as a uniform buffer */
    uint32_t buffer_offset_alignment;   /* of VtgArg.offset */
    uint32_t subgroup_size;             /* usual size; 0: no subgroups */
    uint32_t min_subgroup_size;         /* what a kernel may meet or ask for; */
    uint32_t max_subgroup_size;         /* equal to subgroup_size if it cannot be chosen */
    uint64_t max_buffer_bytes;          /* one buffer */
    uint64_t max_binding_bytes;         /* as much of it as one kernel parameter can see */
} VtgLimits;

typedef struct VtgDeviceInfo {
    uint32_t struct_size; /* of the library: fields beyond it are not there */
    VtgDeviceType type;
    const char *name;        /* "NVIDIA H100", "llvmpipe (LLVM 15.0.6, 256 bits)" */
    const char *api;         /* "vulkan" */
    const char *api_version; /* "1.3.230", as the device reports it */
    const char *driver;      /* "llvmpipe" */
    const char *driver_version;
    uint32_t vendor_id; /* PCI, or Khronos for those without */
    uint32_t device_id;
    uint8_t uuid[16];         /* the device's; zeros if the api has none */
    uint64_t memory_bytes;    /* the device's own memory (host memory where it is shared) */
    uint64_t features;        /* VTG_FEATURE_BIT(...) of each it has; all are enabled */
    double timestamp_step_ns; /* resolution of VtgDispatchTiming; 0: no timestamps */
    VtgLimits limits;
    uint32_t unified_memory; /* not 0: VTG_MEMORY_SHARED is there */
    uint32_t queues;         /* 2: transfers run beside dispatches; 1: VTG_QUEUE_TRANSFER is
                                VTG_QUEUE_COMPUTE */
    const char *
        il_versions; /* OpenCL: what it takes besides its C, "SPIR-V_1.0 SPIR-V_1.2"; else NULL or "" */
} VtgDeviceInfo;

/* The number of devices. Fixed when the instance is created, in an order that depends on the machine
 * alone: software devices last, then by api, by type (discrete, integrated, virtual, other), by ids,
 * by name, by UUID. Any thread. */
VTG_API uint32_t vtg_device_count(const VtgInstance *instance);

/* What is known of device `index`; NULL if there is none. It lives as long as the instance or any
 * object made from it. Any thread. */
VTG_API const VtgDeviceInfo *vtg_device_info(const VtgInstance *instance, uint32_t index);

typedef struct VtgDeviceDesc {
    uint32_t struct_size;
    uint32_t index;         /* of vtg_device_info(); 0 is the best device */
    uint32_t force_staging; /* not 0: never map the memory of buffers, copy through staging */
    const char *cache_dir;  /* folder of what drivers compiled, for the next time; "": keep nothing;
                               NULL: $VTG_CACHE_DIR, else $XDG_CACHE_HOME/vitte-gpu, else
                               ~/.cache/vitte-gpu */
} VtgDeviceDesc;
#define VTG_DEVICE_DESC_INIT VTG_INIT_(VtgDeviceDesc)

/* Opens a device; every feature of its info is enabled. `desc` may be NULL: the first device.
 * Errors: VTG_ERROR_NO_DEVICE, VTG_ERROR_DEVICE_LOST, out of memory. Any thread. */
VTG_API VtgStatus vtg_device_create(VtgInstance *instance, const VtgDeviceDesc *desc,
                                    VtgDevice **device);

/* All defaults: the best device of the machine. */
typedef struct VtgOpenDesc {
    uint32_t struct_size;
    const VtgInstanceDesc *instance; /* NULL: its defaults */
    const VtgDeviceDesc *device;     /* NULL: its defaults; `index` is where the search begins */
    const char *name;                /* a part of the device's name; NULL: any name */
} VtgOpenDesc;
#define VTG_OPEN_DESC_INIT VTG_INIT_(VtgOpenDesc)

/* Opens a device without an instance at hand: vtg_open(NULL, &device) is all it takes. The first device
 * in order that fits and can be opened is taken; the instance lives as long as the device. `desc` may be
 * NULL. Errors: VTG_ERROR_NO_DEVICE (none fits), that of the last one that could not be opened, those of
 * vtg_instance_create(). Any thread. */
VTG_API VtgStatus vtg_open(const VtgOpenDesc *desc, VtgDevice **device);

/* Waits for submitted work and for callbacks on it (unless this is one), then lets go of the device.
 * Objects made from it may still be destroyed later, and used for nothing else. */
VTG_API void vtg_device_destroy(VtgDevice *device);

/* The info of the device, as from vtg_device_info(). Any thread. */
VTG_API const VtgDeviceInfo *vtg_device_get_info(const VtgDevice *device);

/* The instance that it belongs to; not to be destroyed where vtg_open() made it. Any thread. */
VTG_API VtgInstance *vtg_device_get_instance(const VtgDevice *device);

/* Waits until everything submitted to the device has run. Any thread.
 * Errors: VTG_ERROR_DEVICE_LOST. */
VTG_API VtgStatus vtg_device_wait_idle(VtgDevice *device);

/* ---- Buffers --------------------------------------------------------------------------------- */

/* Where a buffer lies. */
typedef enum VtgMemory {
    VTG_MEMORY_DEVICE =
        0, /* for kernels; bytes get there and back by vtg_buffer_write() and _read(),
                                or by copies from and to the next two */
    VTG_MEMORY_UPLOAD = 1,   /* the host's, mapped, for writing: a source of vtg_commands_copy() */
    VTG_MEMORY_READBACK = 2, /* the host's, mapped, for reading: a target of vtg_commands_copy() */
    VTG_MEMORY_SHARED = 3,   /* for kernels, and mapped: where info.unified_memory says so */
} VtgMemory;

/* Memory of any size: 0, or not a multiple of 4. A new buffer's content is unspecified until it is
 * written or filled. */
typedef struct VtgBufferDesc {
    uint32_t struct_size;
    VtgMemory memory;
    uint64_t size_bytes;
    const char *label; /* for logs and debuggers; may be NULL */
} VtgBufferDesc;
#define VTG_BUFFER_DESC_INIT VTG_INIT_(VtgBufferDesc)

/* Errors: VTG_ERROR_LIMIT (beyond limits.max_buffer_bytes), VTG_ERROR_UNSUPPORTED (VTG_MEMORY_SHARED
 * on a device without), VTG_ERROR_OUT_OF_DEVICE_MEMORY, VTG_ERROR_OUT_OF_MEMORY. Any thread. */
VTG_API VtgStatus vtg_buffer_create(VtgDevice *device, const VtgBufferDesc *desc,
                                    VtgBuffer **buffer);
VTG_API void vtg_buffer_destroy(VtgBuffer *buffer);

/* The size it was created with. */
VTG_API uint64_t vtg_buffer_size(const VtgBuffer *buffer);

/* Copies `size` bytes between host memory and the buffer, and returns when that is done. Each waits
 * for submitted work that it depends on, and no more: a read for work that writes the buffer, a write
 * for work that uses it. No alignment is asked for; size 0 does nothing.
 * Errors: VTG_ERROR_OUT_OF_RANGE, VTG_ERROR_DEVICE_LOST, out of memory. */
VTG_API VtgStatus vtg_buffer_write(VtgBuffer *buffer, uint64_t offset, const void *data,
                                   uint64_t size);
VTG_API VtgStatus vtg_buffer_read(VtgBuffer *buffer, uint64_t offset, void *data, uint64_t size);

/* Fills with the little-endian word `value`, and waits for it. `offset` is a multiple of 4; so is
 * `size`, unless the range ends where the buffer ends. Errors: as for vtg_buffer_write(), and
 * VTG_ERROR_INVALID_ARGUMENT for a misaligned range. */
VTG_API VtgStatus vtg_buffer_fill(VtgBuffer *buffer, uint64_t offset, uint64_t size,
                                  uint32_t value);

/* The whole buffer to zero. */
VTG_API VtgStatus vtg_buffer_clear(VtgBuffer *buffer);

/* The address of `size` bytes at `offset` of an upload, readback or shared buffer, once submitted work
 * that uses the range's buffer has ended (for a readback buffer: that writes it). It is good until
 * vtg_buffer_unmap(); meanwhile the buffer may be named in lists, but work that uses it is submitted
 * after the host is done. Errors: VTG_ERROR_UNSUPPORTED (device memory), VTG_ERROR_OUT_OF_RANGE,
 * VTG_ERROR_DEVICE_LOST. On failure *data is NULL. */
VTG_API VtgStatus vtg_buffer_map(VtgBuffer *buffer, uint64_t offset, uint64_t size, void **data);
VTG_API void vtg_buffer_unmap(VtgBuffer *buffer);

/* Copies between two buffers of any memory and of any devices, through the host where the devices
 * differ, and returns when that is done. Waits as vtg_buffer_read() and vtg_buffer_write() do. The ranges
 * need no alignment; within one buffer they must not overlap (VTG_ERROR_OVERLAP). Other errors: as
 * theirs. */
VTG_API VtgStatus vtg_buffer_copy(VtgBuffer *source, uint64_t source_offset, VtgBuffer *target,
                                  uint64_t target_offset, uint64_t size);

/* ---- Kernels --------------------------------------------------------------------------------- */

typedef enum VtgCodeFormat {
    VTG_CODE_SPIRV = 0,        /* SPIR-V for Vulkan, in the host's byte order */
    VTG_CODE_OPENCL_C = 1,     /* source text */
    VTG_CODE_SPIRV_OPENCL = 2, /* SPIR-V for OpenCL */
    VTG_CODE_WGSL = 3,         /* source text */
    VTG_CODE_MSL = 4,          /* source text */
} VtgCodeFormat;

typedef enum VtgParamKind {
    VTG_PARAM_BUFFER = 1, /* a storage buffer */
    VTG_PARAM_VALUE = 2,  /* bytes in the value block */
    VTG_PARAM_LENGTH = 3, /* hidden, takes no argument: the runtime puts the element count of buffer
                             parameter `of_param` into the value block, as a u32 */
} VtgParamKind;

typedef enum VtgAccess {
    VTG_ACCESS_READ_WRITE = 0,
    VTG_ACCESS_READ = 1,
    VTG_ACCESS_WRITE = 2,
} VtgAccess;

/* One kernel parameter. Unused fields are 0, so is `reserved`. */
typedef struct VtgParam {
    const char *name;  /* for messages; NULL: its number is used */
    VtgParamKind kind; /* never 0 */
    VtgAccess access;  /* BUFFER */
    uint32_t stride;   /* BUFFER: bytes from one element to the next, at least 1 */
    uint32_t size;     /* VALUE: its bytes */
    uint32_t offset;   /* VALUE, LENGTH: place in the value block */
    uint32_t of_param; /* LENGTH: index in `params` of the buffer */
    uint32_t reserved[2];
} VtgParam;

typedef enum VtgValueBlock {
    VTG_VALUES_PUSH_CONSTANTS = 0, /* at offset 0 */
    VTG_VALUES_UNIFORM_BUFFER = 1, /* at the binding after the last buffer */
    VTG_VALUES_STORAGE_BUFFER =
        2, /* there, too, only read: any std430 layout, and no feature needed */
} VtgValueBlock;

/* What the bits of a specialisation constant are. Only VTG_CODE_WGSL asks. */
typedef enum VtgSpecKind {
    VTG_SPEC_UNSIGNED = 0, /* or a bool */
    VTG_SPEC_SIGNED = 1,
    VTG_SPEC_FLOAT = 2,
} VtgSpecKind;

/* A specialisation constant; `size` is 4 or 8 (bool: 4, f16: 2) and says how much of `value` counts. */
typedef struct VtgSpecConstant {
    uint32_t id;
    uint32_t size;
    uint64_t value;
    VtgSpecKind kind;
    uint32_t reserved; /* 0 */
} VtgSpecConstant;

/* A kernel and how it is bound.
 *
 * Binding contract of VTG_CODE_SPIRV: descriptor set 0; the buffer
 * parameters are storage buffers at bindings 0, 1, 2 ... in order of declaration, each a block whose
 * only member is a run-time array with ArrayStride = stride; value parameters are members, at the
 * given offsets, of one block: push constants, or a uniform or storage buffer.
 *
 * The array length that a kernel sees is the number of whole elements in the bound range. For elements
 * under 4 bytes, and for empty ranges of them, drivers may round it up to 4 bytes unless
 * VTG_PARAM_LENGTH is used; the memory so exposed belongs to the same buffer.
 *
 * Of VTG_CODE_OPENCL_C and VTG_CODE_SPIRV_OPENCL: kernel argument n is parameter n. A BUFFER is a pointer to
 * global memory, NULL when the range is empty; a VALUE takes exactly its `size` bytes from the value block, so
 * a 3-vector is handed over as a struct of three; a LENGTH is a uint. Specialisation constants of OpenCL C are
 * macros: VTG_SPEC_7 is the bits of the one with id 7; those of SPIR-V are set if the device is of OpenCL 2.2.
 *
 * Of VTG_CODE_WGSL: group 0; the buffer parameters are at bindings 0, 1, 2 ... in order of declaration, `var<storage,
 * read>` where the access is VTG_ACCESS_READ and `read_write` where it is not; the value block, if it has bytes, is at
 * the binding after them, `var<uniform>` or `var<storage, read>` as value_block says (there are no push constants). A
 * specialisation constant is the `override` with its id, of 4 bytes or an f16. WebGPU binds no empty range: one
 * element that is lost afterwards stands for it, so that arrayLength() gives 1. A kernel that is to see 0 takes the
 * length from a VTG_PARAM_LENGTH. */
typedef struct VtgKernelDesc {
    uint32_t struct_size;
    VtgCodeFormat code_format;
    const void *code;           /* valid code: drivers may crash on anything else */
    size_t code_size;           /* bytes */
    const char *entry;          /* NULL: "main" */
    const char *label;          /* for messages; NULL: entry */
    uint32_t workgroup_size[3]; /* as the code has it; 0 counts as 1 */
    uint32_t shared_bytes;      /* shared memory it declares, checked against the limit */
    const VtgParam *params;     /* in order of declaration */
    uint32_t param_count;
    uint32_t value_block_bytes; /* to the end of the last value, or more; at most 16 MiB */
    VtgValueBlock value_block;
    uint32_t spec_count;
    const VtgSpecConstant *specs;
    uint64_t features;      /* VTG_FEATURE_BIT(...) of each that it needs */
    uint32_t subgroup_size; /* that it asks for; 0: any. Others than the device's only one need
                               VTG_FEATURE_SUBGROUP_SIZE_CONTROL */
} VtgKernelDesc;
#define VTG_KERNEL_DESC_INIT VTG_INIT_(VtgKernelDesc)

/* Compiles the code for the device.
 * Errors: VTG_ERROR_UNSUPPORTED (a feature is missing; the log names it), VTG_ERROR_LIMIT (workgroup,
 * shared memory, buffers, value block), VTG_ERROR_BAD_KERNEL (the code is not what it should be, or
 * the driver refused it), VTG_ERROR_INVALID_ARGUMENT, out of memory. Any thread. */
VTG_API VtgStatus vtg_kernel_create(VtgDevice *device, const VtgKernelDesc *desc,
                                    VtgKernel **kernel);
VTG_API void vtg_kernel_destroy(VtgKernel *kernel);

/* ---- Bundles --------------------------------------------------------------------------------- */

/* A .vgpu bundle: kernels, each with its code for several APIs and all that a host must know of it, as
 * `vittec-gpu a.vt b.vt -o app.vgpu` writes them. docs/bundle-format.md has every byte.
 *
 * Opening reads the index. A kernel's record and its code are read, and their hashes checked, when the kernel is
 * created. The hashes find damage, not malice: the code runs on the device, so a bundle is as trusted as a program.
 * Blobs that were compressed need libzstd.so.1 at run time; without it they are VTG_ERROR_UNSUPPORTED. */
typedef struct VtgBundleDesc {
    uint32_t struct_size;
    const char
        *path; /* a file, which is mapped and must not be changed while it is (replacing it by
                         renaming is fine); or NULL, and then: */
    const void *data; /* the bytes, aligned to 8; they stay the caller's, and as they are, until the
                         bundle is destroyed */
    size_t size;      /* of `data` */
} VtgBundleDesc;
#define VTG_BUNDLE_DESC_INIT VTG_INIT_(VtgBundleDesc)

/* Errors: VTG_ERROR_FILE, VTG_ERROR_BAD_BUNDLE (the log says what is wrong), VTG_ERROR_INVALID_ARGUMENT,
 * out of memory. Any thread; so are all functions on bundles, on one bundle at the same time, too. */
VTG_API VtgStatus vtg_bundle_open(VtgInstance *instance, const VtgBundleDesc *desc,
                                  VtgBundle **bundle);
/* Kernels that were made from it stay. */
VTG_API void vtg_bundle_destroy(VtgBundle *bundle);

/* How many kernels it has, variants counted, and their names, in the order of names and then variants. The variant of
 * the source's own values is "". The texts live as long as the bundle; NULL: there is no such index. */
VTG_API uint32_t vtg_bundle_kernel_count(const VtgBundle *bundle);
VTG_API const char *vtg_bundle_kernel_name(const VtgBundle *bundle, uint32_t index);
VTG_API const char *vtg_bundle_kernel_variant(const VtgBundle *bundle, uint32_t index);

/* The specialisation constant `spec` of a kernel, with its default, for VtgBundleKernelDesc.specs. `variant` may be
 * NULL: "". Errors: VTG_ERROR_NOT_FOUND, VTG_ERROR_BAD_BUNDLE. */
VTG_API VtgStatus vtg_bundle_spec(const VtgBundle *bundle, const char *name, const char *variant,
                                  const char *spec, VtgSpecConstant *constant);

typedef struct VtgBundleKernelDesc {
    uint32_t struct_size;
    const char *name;             /* of the kernel, in the source */
    const char *variant;          /* NULL: the source's own values */
    const char *target;           /* "vulkan1.1"; NULL: the first that fits the device */
    const char *label;            /* for messages; NULL: name */
    uint32_t spec_count;          /* constants that do not have their defaults */
    const VtgSpecConstant *specs; /* `id` and `value` count; size and kind are the bundle's */
} VtgBundleKernelDesc;
#define VTG_BUNDLE_KERNEL_DESC_INIT VTG_INIT_(VtgBundleKernelDesc)

/* Makes a kernel from the code that fits the device: of its API, for its version, needing no feature that it lacks.
 * Errors: VTG_ERROR_NOT_FOUND (kernel, variant or target), VTG_ERROR_BAD_BUNDLE (the record or code is damaged),
 * VTG_ERROR_UNSUPPORTED (no code for the device's API; or its code needs what the device lacks, which the log names), and
 * those of vtg_kernel_create(). */
VTG_API VtgStatus vtg_bundle_kernel_create(VtgDevice *device, const VtgBundle *bundle,
                                           const VtgBundleKernelDesc *desc, VtgKernel **kernel);

/* ---- Dispatches ------------------------------------------------------------------------------ */

/* Invocations along each axis, rounded up to whole workgroups. A 0 on any axis runs nothing. */
typedef struct VtgGrid {
    uint32_t x, y, z;
} VtgGrid;

/* One kernel argument: a buffer or a value, as its parameter says. Make them with the two functions
 * below, or by hand. */
typedef struct VtgArg {
    VtgBuffer *buffer; /* NULL for a value */
    const void *value; /* NULL for a buffer */
    uint64_t offset;   /* buffer: where the range starts; a multiple of
                          limits.buffer_offset_alignment */
    uint64_t size;     /* value: its bytes, as the parameter has it; buffer: bytes of the range,
                          0: up to the end */
    uint64_t element_bytes; /* buffer: of one element, where the caller knows it: the parameter's
                               must have as many, and the range be whole ones
                               (VTG_ERROR_ARGUMENT_SIZE); 0: not checked */
} VtgArg;

static inline VtgArg vtg_arg_buffer(VtgBuffer *buffer) {
    VtgArg arg = {buffer, NULL, 0, 0, 0};
    return arg;
}

static inline VtgArg vtg_arg_value(const void *value, uint64_t size) {
    VtgArg arg = {NULL, value, 0, size, 0};
    return arg;
}

/* Runs a kernel once: a command list of its own, submitted. `args` has one element for each BUFFER and
 * VALUE parameter, in order of declaration; values are copied at once. Returns without waiting. With
 * `event` not NULL it is given the event of the run (with timing where the device has timestamps);
 * the caller destroys it. Any thread.
 * Errors: VTG_ERROR_ARGUMENT_COUNT, _KIND, _SIZE; VTG_ERROR_OUT_OF_RANGE (range outside its buffer);
 * VTG_ERROR_OVERLAP (two arguments share memory and one is written; the log names both);
 * VTG_ERROR_LIMIT (more workgroups than the device takes, a range beyond limits.max_binding_bytes);
 * VTG_ERROR_DEVICE_LOST; out of memory. Nothing was run then. */
VTG_API VtgStatus vtg_dispatch(VtgDevice *device, VtgKernel *kernel, VtgGrid grid,
                               const VtgArg *args, uint32_t arg_count, VtgEvent **event);

/* ---- Command lists --------------------------------------------------------------------------- */

/* Which of a device's queues a list runs on. */
typedef enum VtgQueue {
    VTG_QUEUE_COMPUTE = 0,
    VTG_QUEUE_TRANSFER = 1, /* copies and fills only, beside the dispatches of the other; devices
                               without one (info.queues) run them on that */
} VtgQueue;

/* Dispatches and copies that are submitted together. They take effect as if one ran after the other:
 * the library places a barrier where an operation uses what an earlier one wrote, or writes what an
 * earlier one uses, and leaves the others free to overlap. */
typedef struct VtgCommandsDesc {
    uint32_t struct_size;
    uint32_t timing; /* not 0: time each dispatch, where the device has timestamps */
    const char *label;
    VtgQueue queue;
} VtgCommandsDesc;
#define VTG_COMMANDS_DESC_INIT VTG_INIT_(VtgCommandsDesc)

/* An empty list, ready to record. `desc` may be NULL. Any thread. */
VTG_API VtgStatus vtg_commands_create(VtgDevice *device, const VtgCommandsDesc *desc,
                                      VtgCommands **commands);
VTG_API void vtg_commands_destroy(VtgCommands *commands);

/* Each records one operation. On an error nothing is recorded and the list stays as it was.
 * Dispatch: as vtg_dispatch(). Copy: the ranges need no alignment; within one buffer they must not
 * overlap (VTG_ERROR_OVERLAP). Fill: as vtg_buffer_fill().
 * All: VTG_ERROR_BUSY if the list has been submitted and was not reset. */
VTG_API VtgStatus vtg_commands_dispatch(VtgCommands *commands, VtgKernel *kernel, VtgGrid grid,
                                        const VtgArg *args, uint32_t arg_count);
VTG_API VtgStatus vtg_commands_copy(VtgCommands *commands, VtgBuffer *source,
                                    uint64_t source_offset, VtgBuffer *target,
                                    uint64_t target_offset, uint64_t size);
VTG_API VtgStatus vtg_commands_fill(VtgCommands *commands, VtgBuffer *buffer, uint64_t offset,
                                    uint64_t size, uint32_t value);

/* A dispatch whose workgroup counts along x, y and z are the three u32 at `offset` (a multiple of 4) of
 * `groups`, device or shared memory, when it begins: earlier work may compute them. Each is at most
 * limits.max_workgroup_count; what more gives is unspecified. The kernel must not write them
 * (VTG_ERROR_OVERLAP). With OpenCL vtg_submit() waits for the counts. Else as
 * vtg_commands_dispatch(). */
VTG_API VtgStatus vtg_commands_dispatch_indirect(VtgCommands *commands, VtgKernel *kernel,
                                                 VtgBuffer *groups, uint64_t offset,
                                                 const VtgArg *args, uint32_t arg_count);

/* Empties the list for new recording. VTG_ERROR_BUSY while a submission of it runs. After another error the list is
 * empty and takes nothing (VTG_ERROR_BUSY) until a reset succeeds; the same is so when vtg_submit() could not end it. */
VTG_API VtgStatus vtg_commands_reset(VtgCommands *commands);

/* Hands the list to its queue and returns without waiting. Submissions take effect in order: those of
 * one queue always, those of two queues where one writes a buffer that the other uses (the library
 * makes it wait), and else side by side. A list may be submitted again, as it is, when its last submission has finished
 * (VTG_ERROR_BUSY before). `event` may be NULL; otherwise the caller destroys what it is given.
 * Any thread. Errors: VTG_ERROR_DEVICE_LOST, out of memory. */
VTG_API VtgStatus vtg_submit(VtgCommands *commands, VtgEvent **event);

/* ---- Events ---------------------------------------------------------------------------------- */

/* Wait without end. */
#define VTG_FOREVER UINT64_MAX

/* Looks whether the submission has finished: VTG_OK, VTG_NOT_READY, or the error that ended it
 * (VTG_ERROR_DEVICE_LOST). Never blocks on the device. Any thread, several at a time. */
VTG_API VtgStatus vtg_event_poll(VtgEvent *event);

/* Waits for that, at most `timeout_ns`: VTG_OK, VTG_TIMEOUT, or the error. Any thread, several at a
 * time. */
VTG_API VtgStatus vtg_event_wait(VtgEvent *event, uint64_t timeout_ns);

/* Called once when a submission has ended, with what vtg_event_poll() then gives. It runs on a thread of
 * the library, one for each queue of a device, where the callbacks of a queue come in order of
 * submission. It may call the library; what it waits for must not need a later callback of the queue. */
typedef void (*VtgEventFn)(void *user, VtgStatus status);

/* Has `callback` called when the submission has ended, also when it has already. The event may be
 * destroyed before. Any thread. Errors: out of memory (no thread can be made, too). */
VTG_API VtgStatus vtg_event_on_end(VtgEvent *event, VtgEventFn callback, void *user);

/* Makes a file descriptor that becomes readable, and stays so, when the submission has ended: for poll(),
 * epoll, io_uring, libuv. It is an eventfd() that a thread of the library writes to when it has seen the
 * end, not a descriptor of the driver's. It is the caller's to close, at any time. VTG_ERROR_UNSUPPORTED where there is
 * no eventfd() (that is everywhere but on Linux); VTG_ERROR_OUT_OF_MEMORY (descriptors, too). On failure
 * *fd is -1. Any thread. */
VTG_API VtgStatus vtg_event_export_fd(VtgEvent *event, int *fd);

/* Lets go of the event; the submission runs on. */
VTG_API void vtg_event_destroy(VtgEvent *event);

/* When a dispatch ran, on the device's own clock, which has no meaning outside the device. Dispatches
 * that overlap have times that overlap. Both are equal for a dispatch that ran nothing. */
typedef struct VtgDispatchTiming {
    uint64_t begin_ns;
    uint64_t end_ns;
} VtgDispatchTiming;

/* The timing of the `index`-th dispatch of the submission, counted from 0 (copies and fills are not
 * counted). VTG_NOT_READY before it has finished; VTG_ERROR_UNSUPPORTED if the device has no
 * timestamps or the list was recorded without timing; VTG_ERROR_OUT_OF_RANGE. On failure *timing is
 * zeros. Any thread, several at a time. */
VTG_API VtgStatus vtg_event_timing(VtgEvent *event, uint32_t index, VtgDispatchTiming *timing);

/* ---- Profiles -------------------------------------------------------------------------------- */

typedef enum VtgProfileKind {
    VTG_PROFILE_DISPATCH = 0,
    VTG_PROFILE_COPY = 1,
    VTG_PROFILE_FILL = 2,
} VtgProfileKind;

/* One operation that a device has done. Host times are of CLOCK_MONOTONIC; device times are as in VtgDispatchTiming, and
 * 0 where there are none: on devices without timestamps, and for copies on a queue that has none. */
typedef struct VtgProfileSpan {
    const char *name; /* the kernel's label, "copy", "fill"; lives as long as the device */
    VtgProfileKind kind;
    VtgQueue queue;
    uint64_t bytes;        /* of all ranges bound; copied; filled */
    uint64_t submit_ns;    /* host: when its submission was handed to the driver, */
    uint64_t submitted_ns; /* when the driver had taken it, */
    uint64_t seen_ns;      /* and when the host saw it ended */
    uint64_t begin_ns;     /* device */
    uint64_t end_ns;
    uint32_t submission; /* counted from 0; those of one list share it */
    uint32_t reserved;
} VtgProfileSpan;

typedef enum VtgProfileFormat {
    VTG_PROFILE_TRACE = 0, /* JSON for Perfetto and chrome://tracing */
    VTG_PROFILE_TABLE = 1, /* for people: a line for each kernel, the longest first */
} VtgProfileFormat;

/* From here on the device keeps a span for each operation of lists that are made and submitted later, with its times on
 * the device. It takes memory, and a little time, until the device goes. Any thread. */
VTG_API VtgStatus vtg_profile_begin(VtgDevice *device);

/* How many spans there are, of submissions that were seen to end; and one of them (VTG_ERROR_OUT_OF_RANGE). Any thread. */
VTG_API uint32_t vtg_profile_count(VtgDevice *device);
VTG_API VtgStatus vtg_profile_span(VtgDevice *device, uint32_t index, VtgProfileSpan *span);

/* Waits for the device, and writes all spans to a file; `path` NULL: to standard output. The trace has two processes: the
 * host, from each submission to when its end was seen, and the device by its own clock, shifted as little as keeps every
 * dispatch behind its submission. Errors: VTG_ERROR_FILE, VTG_ERROR_DEVICE_LOST, out of memory. Any thread. */
VTG_API VtgStatus vtg_profile_write(VtgDevice *device, VtgProfileFormat format, const char *path);

/* ---- Graphs ---------------------------------------------------------------------------------- */

/* Dispatches and copies over named buffers, handed to one or several devices at once. They give what they would give one
 * after the other. A buffer has a copy on each device that uses it; the graph knows which bytes of each copy are right,
 * and moves what a device lacks, through the host, before it is used. Within a device the queues and barriers see to the
 * order.
 *
 * A graph is used by one thread at a time. It holds its devices and kernels. */
typedef struct VtgGraph VtgGraph;

/* At most 16 devices, of any APIs and instances. */
VTG_API VtgStatus vtg_graph_create(VtgDevice *const *devices, uint32_t device_count,
                                   VtgGraph **graph);
/* What was submitted runs on. */
VTG_API void vtg_graph_destroy(VtgGraph *graph);

/* A buffer of `size` bytes; its content is unspecified until it is written. Errors: VTG_ERROR_INVALID_ARGUMENT (the name is
 * taken), out of memory. */
VTG_API VtgStatus vtg_graph_buffer(VtgGraph *graph, const char *name, uint64_t size);

/* Moves bytes between the host and a buffer, and waits for it: writing before a run, reading after it.
 * Errors: VTG_ERROR_NOT_FOUND (no such buffer), and those of vtg_buffer_write(). */
VTG_API VtgStatus vtg_graph_write(VtgGraph *graph, const char *name, uint64_t offset,
                                  const void *data, uint64_t size);
VTG_API VtgStatus vtg_graph_read(VtgGraph *graph, const char *name, uint64_t offset, void *data,
                                 uint64_t size);

/* One argument: a buffer by name; or a value, which is copied; or, of a split dispatch, a u32 that is the element at which
 * the device's part begins. */
typedef struct VtgGraphArg {
    const char *buffer; /* NULL: a value */
    const void *value;
    uint64_t size;  /* of the value */
    uint32_t first; /* not 0: the first element, in place of a value; 0 where nothing is split */
    uint32_t whole; /* not 0: every device sees all of the buffer, which is only read */
} VtgGraphArg;

/* Where a dispatch runs: a device by its number, or: */
#define VTG_GRAPH_ANY                                                                              \
    0xffffffffu /* the device that has most of what it needs, or else the idler one */
#define VTG_GRAPH_SPLIT                                                                            \
    0xfffffffeu /* all devices, each a part of the grid, which has one dimension */

/* A dispatch. Split: device d of n computes elements grid.x * d / n up to grid.x * (d + 1) / n. Its kernel sees a window of
 * each buffer: those elements, and `halo` or more to each side as far as there are any; index 0 is the window's first
 * element. So the kernel uses element i of each buffer and those up to `halo` away, and treats the first and the last
 * element that it sees as the ends. What it writes beside its own elements does not count. */
typedef struct VtgGraphDispatch {
    uint32_t struct_size;
    uint32_t device;           /* a number, VTG_GRAPH_ANY or VTG_GRAPH_SPLIT */
    VtgKernel *const *kernels; /* one for each device of the graph, with the same parameters; NULL
                                  where it never runs */
    VtgGrid grid;
    uint32_t halo;           /* elements */
    const VtgGraphArg *args; /* as for vtg_dispatch() */
    uint32_t arg_count;      /* at most 64 */
} VtgGraphDispatch;
#define VTG_GRAPH_DISPATCH_INIT VTG_INIT_(VtgGraphDispatch)

/* Each adds one operation. Errors: VTG_ERROR_NOT_FOUND, VTG_ERROR_ARGUMENT_COUNT, _KIND, _SIZE, VTG_ERROR_OUT_OF_RANGE,
 * VTG_ERROR_OVERLAP, VTG_ERROR_INVALID_ARGUMENT, out of memory; nothing is added then. */
VTG_API VtgStatus vtg_graph_dispatch(VtgGraph *graph, const VtgGraphDispatch *dispatch);
VTG_API VtgStatus vtg_graph_copy(VtgGraph *graph, const char *source, uint64_t source_offset,
                                 const char *target, uint64_t target_offset, uint64_t size);

/* Runs all that was added, in an order that the data allows, and returns when it is submitted; it waits only for bytes that
 * go from one device to another. A graph may be run again, and goes on with what is in its buffers. After an error the
 * content of buffers is unspecified. Errors: those of vtg_commands_dispatch() and vtg_submit(). */
VTG_API VtgStatus vtg_graph_run(VtgGraph *graph);
/* Waits for all that was submitted to its devices. */
VTG_API VtgStatus vtg_graph_wait(VtgGraph *graph);

#ifdef __cplusplus
}
#endif

#endif
