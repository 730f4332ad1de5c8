/* rt_webgpu_abi.h: what is used of WebGPU's C interface (webgpu.h of webgpu-native), declared here because no package
 * brings that header.
 *
 * Only what all revisions since 2025-04 lay out alike. Two things differ, and are chosen where the library is opened:
 * the numbers of features (RwgpuContext.features), and the instance's descriptor, which is therefore never given.
 */
#ifndef VITTE_RT_WEBGPU_ABI_H
#define VITTE_RT_WEBGPU_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Every object is a counted reference to something opaque. */
typedef struct WgpuObject *WgpuHandle;

/* Not ended by '\0'. Length SIZE_MAX: ended by '\0', or no text where `data` is NULL. */
typedef struct WgpuText {
    const char *data;
    size_t length;
} WgpuText;
#define WGPU_TEXT(text) ((WgpuText){(text), SIZE_MAX})

typedef struct WgpuChain {
    const struct WgpuChain *next;
    uint32_t type;
} WgpuChain;
enum { WGPU_CHAIN_WGSL = 2 };

typedef struct WgpuFuture {
    uint64_t id;
} WgpuFuture;

/* What is called when something has happened; its type depends on the function that it is given to. */
typedef void (*WgpuCallback)(void);
enum { WGPU_CALL_IN_EVENTS = 2, WGPU_CALL_ANY_TIME = 3 };

typedef struct WgpuCallbackInfo {
    const WgpuChain *next;
    uint32_t mode;
    WgpuCallback callback;
    void *user1, *user2;
} WgpuCallbackInfo;

typedef struct WgpuErrorInfo { /* the one without a mode */
    const WgpuChain *next;
    WgpuCallback callback;
    void *user1, *user2;
} WgpuErrorInfo;

/* Types of callbacks. A status of 1 is success in each. */
enum { WGPU_SUCCESS = 1, WGPU_NO_ERROR = 1 };
typedef void WgpuOnObject(uint32_t status, WgpuHandle object, WgpuText why, void *user1,
                          void *user2);
typedef void WgpuOnMap(uint32_t status, WgpuText why, void *user1, void *user2);
typedef void WgpuOnScope(uint32_t status, uint32_t error, WgpuText why, void *user1, void *user2);
typedef void WgpuOnError(const WgpuHandle *device, uint32_t error, WgpuText why, void *user1,
                         void *user2);
typedef void WgpuOnLost(const WgpuHandle *device, uint32_t reason, WgpuText why, void *user1,
                        void *user2);

enum { WGPU_LEVEL_CORE = 2, WGPU_POWER_HIGH = 2 };
typedef struct WgpuAdapterOptions {
    const WgpuChain *next;
    uint32_t level, power, fallback, backend;
    WgpuHandle surface;
} WgpuAdapterOptions;

enum { WGPU_ADAPTER_DISCRETE = 1, WGPU_ADAPTER_INTEGRATED = 2, WGPU_ADAPTER_CPU = 3 };
typedef struct WgpuAdapterInfo {
    WgpuChain *next;
    WgpuText vendor, architecture, device, description;
    uint32_t backend, type, vendor_id, device_id, min_subgroup, max_subgroup;
} WgpuAdapterInfo;

typedef struct WgpuLimits {
    WgpuChain *next;
    uint32_t textures[4];
    uint32_t max_bind_groups, max_groups_and_vertex_buffers, max_bindings;
    uint32_t max_dynamic_uniform_buffers, max_dynamic_storage_buffers;
    uint32_t max_sampled_textures, max_samplers;
    uint32_t max_storage_buffers, max_storage_textures, max_uniform_buffers;
    uint64_t max_uniform_bytes, max_storage_bytes;
    uint32_t uniform_alignment, storage_alignment;
    uint32_t max_vertex_buffers;
    uint64_t max_buffer_bytes;
    uint32_t vertices[5];
    uint32_t max_shared_bytes, max_invocations, max_workgroup_size[3], max_workgroup_count;
    uint32_t later[17]; /* room for what revisions add behind; all ones: not asked for */
} WgpuLimits;

typedef struct WgpuDesc { /* of queues, encoders, passes, modules */
    const WgpuChain *next;
    WgpuText label;
} WgpuDesc;

typedef struct WgpuDeviceDesc {
    const WgpuChain *next;
    WgpuText label;
    size_t feature_count;
    const uint32_t *features;
    const WgpuLimits *limits;
    WgpuDesc queue;
    WgpuCallbackInfo lost;
    WgpuErrorInfo error;
} WgpuDeviceDesc;

enum {
    WGPU_USE_MAP_READ = 0x1,
    WGPU_USE_COPY_SOURCE = 0x4,
    WGPU_USE_COPY_TARGET = 0x8,
    WGPU_USE_UNIFORM = 0x40,
    WGPU_USE_STORAGE = 0x80,
    WGPU_USE_INDIRECT = 0x100,
    WGPU_USE_QUERY_RESOLVE = 0x200,
    WGPU_MAP_READ = 0x1,
};
typedef struct WgpuBufferDesc {
    const WgpuChain *next;
    WgpuText label;
    uint64_t usage, size;
    uint32_t mapped;
} WgpuBufferDesc;

enum { WGPU_QUERY_TIMESTAMP = 2 };
typedef struct WgpuQuerySetDesc {
    const WgpuChain *next;
    WgpuText label;
    uint32_t type, count;
} WgpuQuerySetDesc;

typedef struct WgpuTimestampWrites {
    const WgpuChain *next;
    WgpuHandle set;
    uint32_t begin, end; /* indices in it, or: */
} WgpuTimestampWrites;

#define WGPU_NO_QUERY UINT32_MAX

typedef struct WgpuPassDesc {
    const WgpuChain *next;
    WgpuText label;
    const WgpuTimestampWrites *timestamps;
} WgpuPassDesc;

/* Dawn's own: switches. */
enum { WGPU_CHAIN_DAWN_TOGGLES = 0x5000A };
typedef struct WgpuDawnToggles {
    WgpuChain chain;
    size_t on_count;
    const char *const *on;
    size_t off_count;
    const char *const *off;
} WgpuDawnToggles;

typedef struct WgpuWgsl {
    WgpuChain chain;
    WgpuText code;
} WgpuWgsl;

typedef struct WgpuConstant {
    const WgpuChain *next;
    WgpuText key; /* digits: of an @id */
    double value;
} WgpuConstant;

typedef struct WgpuPipelineDesc {
    const WgpuChain *next;
    WgpuText label;
    WgpuHandle layout;
    const WgpuChain *stage_next;
    WgpuHandle module;
    WgpuText entry;
    size_t constant_count;
    const WgpuConstant *constants;
} WgpuPipelineDesc;

enum { WGPU_BINDING_UNIFORM = 2, WGPU_BINDING_STORAGE = 3, WGPU_BINDING_READ_ONLY = 4 };
enum { WGPU_STAGE_COMPUTE = 4 };
typedef struct WgpuLayoutEntry {
    const WgpuChain *next;
    uint32_t binding;
    uint64_t stages;
    uint32_t array_size;
    struct {
        const WgpuChain *next;
        uint32_t type, has_dynamic_offset;
        uint64_t min_size;
    } buffer;
    struct { /* these three stay zero: not used */
        const WgpuChain *next;
        uint32_t type;
    } sampler;
    struct {
        const WgpuChain *next;
        uint32_t sample_type, dimension, multisampled;
    } texture;
    struct {
        const WgpuChain *next;
        uint32_t access, format, dimension;
    } storage_texture;
} WgpuLayoutEntry;

typedef struct WgpuLayoutDesc { /* of a bind group's layout: entries; of a pipeline's: handles */
    const WgpuChain *next;
    WgpuText label;
    size_t count;
    const void *items;
    uint64_t later;
} WgpuLayoutDesc;

typedef struct WgpuGroupEntry {
    const WgpuChain *next;
    uint32_t binding;
    WgpuHandle buffer;
    uint64_t offset, size;
    WgpuHandle sampler, texture;
} WgpuGroupEntry;

typedef struct WgpuGroupDesc {
    const WgpuChain *next;
    WgpuText label;
    WgpuHandle layout;
    size_t count;
    const WgpuGroupEntry *entries;
} WgpuGroupDesc;

enum { WGPU_SCOPE_VALIDATION = 1, WGPU_SCOPE_OUT_OF_MEMORY = 2, WGPU_SCOPE_INTERNAL = 3 };

/* Every function that is used: NEEDED(result, name, parameters), the same for what a library may lack. */
// clang-format off
#define RWGPU_FUNCTIONS(NEEDED, OPTIONAL)                                                          \
    NEEDED(WgpuHandle, CreateInstance, (const void *desc))                                         \
    NEEDED(void, InstanceRelease, (WgpuHandle instance))                                           \
    NEEDED(void, InstanceProcessEvents, (WgpuHandle instance))                                     \
    NEEDED(WgpuFuture, InstanceRequestAdapter, (WgpuHandle instance, const WgpuAdapterOptions *options, WgpuCallbackInfo info)) \
    NEEDED(void, AdapterRelease, (WgpuHandle adapter))                                             \
    NEEDED(uint32_t, AdapterGetInfo, (WgpuHandle adapter, WgpuAdapterInfo *info))                  \
    NEEDED(void, AdapterInfoFreeMembers, (WgpuAdapterInfo info))                                   \
    NEEDED(uint32_t, AdapterGetLimits, (WgpuHandle adapter, WgpuLimits *limits))                   \
    NEEDED(uint32_t, AdapterHasFeature, (WgpuHandle adapter, uint32_t feature))                    \
    NEEDED(WgpuFuture, AdapterRequestDevice, (WgpuHandle adapter, const WgpuDeviceDesc *desc, WgpuCallbackInfo info)) \
    NEEDED(void, DeviceDestroy, (WgpuHandle device))                                               \
    NEEDED(void, DeviceRelease, (WgpuHandle device))                                               \
    NEEDED(WgpuHandle, DeviceGetQueue, (WgpuHandle device))                                        \
    NEEDED(void, DevicePushErrorScope, (WgpuHandle device, uint32_t filter))                       \
    NEEDED(WgpuFuture, DevicePopErrorScope, (WgpuHandle device, WgpuCallbackInfo info))            \
    NEEDED(WgpuHandle, DeviceCreateBuffer, (WgpuHandle device, const WgpuBufferDesc *desc))        \
    NEEDED(WgpuHandle, DeviceCreateShaderModule, (WgpuHandle device, const WgpuDesc *desc))        \
    NEEDED(WgpuHandle, DeviceCreateBindGroupLayout, (WgpuHandle device, const WgpuLayoutDesc *desc)) \
    NEEDED(WgpuHandle, DeviceCreatePipelineLayout, (WgpuHandle device, const WgpuLayoutDesc *desc)) \
    NEEDED(WgpuHandle, DeviceCreateComputePipeline, (WgpuHandle device, const WgpuPipelineDesc *desc)) \
    NEEDED(WgpuHandle, DeviceCreateBindGroup, (WgpuHandle device, const WgpuGroupDesc *desc))      \
    NEEDED(WgpuHandle, DeviceCreateCommandEncoder, (WgpuHandle device, const WgpuDesc *desc))      \
    NEEDED(WgpuHandle, CommandEncoderBeginComputePass, (WgpuHandle encoder, const WgpuPassDesc *desc)) \
    NEEDED(void, CommandEncoderCopyBufferToBuffer, (WgpuHandle encoder, WgpuHandle from, uint64_t from_offset, WgpuHandle to, uint64_t to_offset, uint64_t size)) \
    NEEDED(void, CommandEncoderClearBuffer, (WgpuHandle encoder, WgpuHandle buffer, uint64_t offset, uint64_t size)) \
    NEEDED(WgpuHandle, CommandEncoderFinish, (WgpuHandle encoder, const WgpuDesc *desc))           \
    NEEDED(void, CommandEncoderRelease, (WgpuHandle encoder))                                      \
    NEEDED(void, CommandBufferRelease, (WgpuHandle commands))                                      \
    NEEDED(void, ComputePassEncoderSetPipeline, (WgpuHandle pass, WgpuHandle pipeline))            \
    NEEDED(void, ComputePassEncoderSetBindGroup, (WgpuHandle pass, uint32_t index, WgpuHandle group, size_t offset_count, const uint32_t *offsets)) \
    NEEDED(void, ComputePassEncoderDispatchWorkgroups, (WgpuHandle pass, uint32_t x, uint32_t y, uint32_t z)) \
    NEEDED(void, ComputePassEncoderDispatchWorkgroupsIndirect, (WgpuHandle pass, WgpuHandle buffer, uint64_t offset)) \
    NEEDED(void, ComputePassEncoderEnd, (WgpuHandle pass))                                         \
    NEEDED(void, ComputePassEncoderRelease, (WgpuHandle pass))                                     \
    NEEDED(void, QueueSubmit, (WgpuHandle queue, size_t count, const WgpuHandle *commands))        \
    NEEDED(void, QueueWriteBuffer, (WgpuHandle queue, WgpuHandle buffer, uint64_t offset, const void *data, size_t size)) \
    NEEDED(void, QueueRelease, (WgpuHandle queue))                                                 \
    NEEDED(WgpuFuture, BufferMapAsync, (WgpuHandle buffer, uint64_t mode, size_t offset, size_t size, WgpuCallbackInfo info)) \
    NEEDED(const void *, BufferGetConstMappedRange, (WgpuHandle buffer, size_t offset, size_t size)) \
    NEEDED(void, BufferDestroy, (WgpuHandle buffer))                                               \
    NEEDED(void, BufferRelease, (WgpuHandle buffer))                                               \
    NEEDED(void, ShaderModuleRelease, (WgpuHandle module))                                         \
    NEEDED(void, BindGroupLayoutRelease, (WgpuHandle layout))                                      \
    NEEDED(void, PipelineLayoutRelease, (WgpuHandle layout))                                       \
    NEEDED(void, ComputePipelineRelease, (WgpuHandle pipeline))                                    \
    NEEDED(void, BindGroupRelease, (WgpuHandle group))                                             \
    NEEDED(WgpuHandle, DeviceCreateQuerySet, (WgpuHandle device, const WgpuQuerySetDesc *desc))    \
    NEEDED(void, CommandEncoderResolveQuerySet, (WgpuHandle encoder, WgpuHandle set, uint32_t first, uint32_t count, WgpuHandle buffer, uint64_t offset)) \
    NEEDED(void, QuerySetRelease, (WgpuHandle set))                                                \
    OPTIONAL(float, QueueGetTimestampPeriod, (WgpuHandle queue))                                   \
    OPTIONAL(void, HasInstanceFeature, (void))                                                     \
    OPTIONAL(uint32_t, GetVersion, (void))
// clang-format on

#endif
