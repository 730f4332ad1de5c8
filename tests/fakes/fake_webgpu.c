/* fake_webgpu.c: a WebGPU, as Dawn is one, of one adapter that makes objects, counts them, and runs no kernel; copies happen when they are
 * submitted. Each call that can fail is counted, and one of them fails as fake_driver.h and fake_webgpu.def say. Callbacks
 * come while events are processed, as the runtime asks for. */
#include "fake_webgpu.h"
#include "fake_objects.h"
#include "runtime-min/rt_webgpu_abi.h"

/* What the runtime calls, under its real names. */
#define DECLARE(result, name, parameters) result wgpu##name parameters;
RWGPU_FUNCTIONS(DECLARE, DECLARE)
#undef DECLARE

enum { UNKNOWN_STATUS = 3, ABORTED = 4, SCOPES = 8, MOST_CALLBACKS = 64, MOST_QUERIES = 4096 };

/* ---- Devices ---- */

typedef struct Device {
    Object object;
    WgpuCallbackInfo lost_info;
    WgpuErrorInfo error_info;
    bool lost;
    struct {
        uint32_t filter, error;
    } scopes[SCOPES];
    int depth;
} Device;

static Device *device_of(WgpuHandle handle) {
    return (Device *)(void *)handle;
}

/* ---- Callbacks ---- */

typedef struct Later {
    enum { OBJECT_CALL, SCOPE_CALL, MAP_CALL } kind;
    WgpuCallbackInfo info;
    uint32_t status, error;
    WgpuHandle object; /* MAP_CALL: the buffer */
} Later;

static Later later[MOST_CALLBACKS];
static int later_count;

static void call_later(Later call) {
    fake_driver.mistakes += later_count == MOST_CALLBACKS || call.info.mode != WGPU_CALL_IN_EVENTS;
    later[later_count++ % MOST_CALLBACKS] = call;
}

static const WgpuText why = {"what the fake says", 18};

static void lose(Device *device) {
    if (device && !device->lost) {
        device->lost = true;
        WgpuOnLost *told = (WgpuOnLost *)device->lost_info.callback;
        WgpuHandle handle = (WgpuHandle)(void *)device;
        told(&handle, 1, why, device->lost_info.user1, device->lost_info.user2);
    }
}

/* The innermost scope for the error has it; none: the device's callback. */
static void raise_error(Device *device, uint32_t error) {
    for (int i = device->depth; i-- > 0;) {
        if (device->scopes[i].filter == error - 1) { /* their numbers are one apart */
            device->scopes[i].error = error;
            return;
        }
    }
    WgpuOnError *told = (WgpuOnError *)device->error_info.callback;
    WgpuHandle handle = (WgpuHandle)(void *)device;
    told(&handle, error, why, device->error_info.user1, device->error_info.user2);
}

/* What happens in a call of `name` that fails. False: it does not, or with an error that is heard of elsewhere. */
static bool gives_nothing(const char *name, Device *device) {
    if (!fails(name)) {
        return false;
    }
    if (fake_driver.error == LOST) {
        lose(device);
    } else if (fake_driver.error != NOTHING && !device->lost) {
        raise_error(device, (uint32_t)fake_driver.error);
    }
    return fake_driver.error == NOTHING;
}

/* ---- Objects ---- */

static WgpuHandle make(const char *name, Device *device, Object *parent) {
    fake_driver.mistakes += !device || strcmp(device->object.made_by, "AdapterRequestDevice") != 0;
    if (gives_nothing(name, device)) {
        return NULL;
    }
    Object *object = object_new(name);
    object->parent = parent ? parent : &device->object;
    return (WgpuHandle)(void *)object;
}

/* The device that an object belongs to. */
static Device *owner(WgpuHandle handle) {
    Object *object = (void *)handle;
    while (object && object->parent) {
        object = object->parent;
    }
    fake_driver.mistakes += !object;
    return (Device *)(void *)object;
}

static void expect(WgpuHandle handle, const char *made_by) {
    fake_driver.mistakes += !handle || strcmp(((Object *)(void *)handle)->made_by, made_by) != 0;
}

#define RELEASES(function, made_by)                                                                \
    void wgpu##function(WgpuHandle handle) {                                                       \
        fake_driver.mistakes += !handle;                                                           \
        destroy(made_by, handle);                                                                  \
    }

RELEASES(InstanceRelease, "CreateInstance")
RELEASES(AdapterRelease, "InstanceRequestAdapter")
RELEASES(QueueRelease, "DeviceGetQueue")
RELEASES(BufferRelease, "DeviceCreateBuffer")
RELEASES(ShaderModuleRelease, "DeviceCreateShaderModule")
RELEASES(BindGroupLayoutRelease, "DeviceCreateBindGroupLayout")
RELEASES(PipelineLayoutRelease, "DeviceCreatePipelineLayout")
RELEASES(ComputePipelineRelease, "DeviceCreateComputePipeline")
RELEASES(BindGroupRelease, "DeviceCreateBindGroup")
RELEASES(CommandEncoderRelease, "DeviceCreateCommandEncoder")
RELEASES(CommandBufferRelease, "CommandEncoderFinish")
RELEASES(ComputePassEncoderRelease, "CommandEncoderBeginComputePass")
RELEASES(QuerySetRelease, "DeviceCreateQuerySet")

/* ---- Instance and adapter ---- */

WgpuHandle wgpuCreateInstance(const void *desc) {
    fake_driver.mistakes += desc != NULL;
    return fails("CreateInstance") ? NULL : (WgpuHandle)(void *)object_new("CreateInstance");
}

void wgpuHasInstanceFeature(void) {}

static void run_map(const Later *call) {
    Object *buffer = (void *)call->object;
    uint32_t status = call->status;
    if (status == WGPU_SUCCESS && fails("MapCallback")) {
        if (fake_driver.error == LOST) {
            lose(owner(call->object));
        }
        status = fake_driver.error == LOST ? ABORTED : UNKNOWN_STATUS;
    }
    buffer->value = status == WGPU_SUCCESS; /* mapped */
    ((WgpuOnMap *)call->info.callback)(status, why, call->info.user1, call->info.user2);
}

void wgpuInstanceProcessEvents(WgpuHandle instance) {
    expect(instance, "CreateInstance");
    int kept = 0, count = later_count;
    Later calls[MOST_CALLBACKS];
    memcpy(calls, later, sizeof calls);
    for (int i = 0; i < count; i++) {
        const Later *call = &calls[i];
        const WgpuCallbackInfo *info = &call->info;
        if (call->kind == OBJECT_CALL) {
            ((WgpuOnObject *)info->callback)(call->status, call->object, why, info->user1,
                                             info->user2);
        } else if (call->kind == SCOPE_CALL) {
            ((WgpuOnScope *)info->callback)(call->status, call->error, why, info->user1,
                                            info->user2);
        } else if (fake_driver.is_slow && call->status == WGPU_SUCCESS) {
            later[kept++] = *call;
        } else {
            run_map(call);
        }
    }
    fake_driver.mistakes += later_count != count; /* callbacks of the runtime call nothing */
    later_count = kept;
}

WgpuFuture wgpuInstanceRequestAdapter(WgpuHandle instance, const WgpuAdapterOptions *options,
                                      WgpuCallbackInfo info) {
    expect(instance, "CreateInstance");
    fake_driver.mistakes += options->level != WGPU_LEVEL_CORE;
    bool failed = fails("InstanceRequestAdapter");
    Object *adapter = failed ? NULL : object_new("InstanceRequestAdapter");
    call_later(
        (Later){OBJECT_CALL, info, failed ? 2 : WGPU_SUCCESS, 0, (WgpuHandle)(void *)adapter});
    return (WgpuFuture){1};
}

uint32_t wgpuAdapterGetInfo(WgpuHandle adapter, WgpuAdapterInfo *info) {
    expect(adapter, "InstanceRequestAdapter");
    info->device = WGPU_TEXT("fake WebGPU");
    info->description = (WgpuText){"and no end", 3};
    info->type = WGPU_ADAPTER_DISCRETE;
    return fails("AdapterGetInfo") ? 2 : WGPU_SUCCESS;
}

void wgpuAdapterInfoFreeMembers(WgpuAdapterInfo info) {
    fake_driver.mistakes += !info.device.data;
}

uint32_t wgpuAdapterGetLimits(WgpuHandle adapter, WgpuLimits *limits) {
    expect(adapter, "InstanceRequestAdapter");
    limits->max_storage_buffers = 8;
    limits->max_uniform_bytes = limits->max_shared_bytes = 16384;
    limits->max_storage_bytes = limits->max_buffer_bytes = 1 << 27;
    limits->uniform_alignment = limits->storage_alignment = 256;
    limits->max_invocations = 256;
    for (int i = 0; i < 3; i++) {
        limits->max_workgroup_size[i] = 64;
    }
    limits->max_workgroup_count = 65535;
    return fails("AdapterGetLimits") ? 2 : WGPU_SUCCESS;
}

uint32_t wgpuAdapterHasFeature(WgpuHandle adapter, uint32_t feature) {
    expect(adapter, "InstanceRequestAdapter");
    return feature == 0x09; /* timestamps */
}

WgpuFuture wgpuAdapterRequestDevice(WgpuHandle adapter, const WgpuDeviceDesc *desc,
                                    WgpuCallbackInfo info) {
    expect(adapter, "InstanceRequestAdapter");
    Device *device = NULL;
    if (!fails("AdapterRequestDevice")) {
        device = calloc(1, sizeof *device);
        device->object.made_by = "AdapterRequestDevice";
        device->lost_info = desc->lost;
        device->error_info = desc->error;
        fake_driver.live++;
    }
    call_later(
        (Later){OBJECT_CALL, info, device ? WGPU_SUCCESS : 2, 0, (WgpuHandle)(void *)device});
    return (WgpuFuture){1};
}

/* ---- The device ---- */

/* Maps that are still to come end without success. */
void wgpuDeviceDestroy(WgpuHandle handle) {
    lose(device_of(handle));
}

void wgpuDeviceRelease(WgpuHandle handle) {
    fake_driver.mistakes += !device_of(handle)->lost || device_of(handle)->depth != 0;
    destroy("AdapterRequestDevice", handle);
}

WgpuHandle wgpuDeviceGetQueue(WgpuHandle handle) {
    return make("DeviceGetQueue", device_of(handle), NULL);
}

void wgpuDevicePushErrorScope(WgpuHandle handle, uint32_t filter) {
    Device *device = device_of(handle);
    fake_driver.mistakes += device->depth == SCOPES;
    device->scopes[device->depth].filter = filter;
    device->scopes[device->depth++ % SCOPES].error = WGPU_NO_ERROR;
}

WgpuFuture wgpuDevicePopErrorScope(WgpuHandle handle, WgpuCallbackInfo info) {
    Device *device = device_of(handle);
    fake_driver.mistakes += device->depth == 0;
    uint32_t error = device->depth > 0 ? device->scopes[--device->depth].error : WGPU_NO_ERROR;
    bool failed = fails("DevicePopErrorScope");
    call_later((Later){SCOPE_CALL, info, failed ? UNKNOWN_STATUS : WGPU_SUCCESS, error, NULL});
    return (WgpuFuture){1};
}

#define MAKES(name, Desc)                                                                          \
    WgpuHandle wgpu##name(WgpuHandle handle, const Desc *desc) {                                   \
        (void)desc;                                                                                \
        return make(#name, device_of(handle), NULL);                                               \
    }

MAKES(DeviceCreateShaderModule, WgpuDesc)
MAKES(DeviceCreateBindGroupLayout, WgpuLayoutDesc)
MAKES(DeviceCreateCommandEncoder, WgpuDesc)

WgpuHandle wgpuDeviceCreateBuffer(WgpuHandle handle, const WgpuBufferDesc *desc) {
    fake_driver.mistakes += desc->size == 0 || desc->size % 4 != 0 || desc->usage == 0;
    Object *buffer = (void *)make("DeviceCreateBuffer", device_of(handle), NULL);
    if (buffer) {
        buffer->bytes = calloc(1, (size_t)desc->size);
        buffer->size = desc->size;
    }
    return (WgpuHandle)(void *)buffer;
}

WgpuHandle wgpuDeviceCreatePipelineLayout(WgpuHandle handle, const WgpuLayoutDesc *desc) {
    fake_driver.mistakes += desc->count != 1;
    expect(*(const WgpuHandle *)desc->items, "DeviceCreateBindGroupLayout");
    return make("DeviceCreatePipelineLayout", device_of(handle), NULL);
}

WgpuHandle wgpuDeviceCreateComputePipeline(WgpuHandle handle, const WgpuPipelineDesc *desc) {
    expect(desc->layout, "DeviceCreatePipelineLayout");
    expect(desc->module, "DeviceCreateShaderModule");
    return make("DeviceCreateComputePipeline", device_of(handle), NULL);
}

WgpuHandle wgpuDeviceCreateBindGroup(WgpuHandle handle, const WgpuGroupDesc *desc) {
    expect(desc->layout, "DeviceCreateBindGroupLayout");
    for (size_t i = 0; i < desc->count; i++) {
        expect(desc->entries[i].buffer, "DeviceCreateBuffer");
    }
    return make("DeviceCreateBindGroup", device_of(handle), NULL);
}

WgpuHandle wgpuDeviceCreateQuerySet(WgpuHandle handle, const WgpuQuerySetDesc *desc) {
    fake_driver.mistakes += desc->type != WGPU_QUERY_TIMESTAMP || desc->count > MOST_QUERIES;
    Object *set = (void *)make("DeviceCreateQuerySet", device_of(handle), NULL);
    if (set) {
        set->size = desc->count;
    }
    return (WgpuHandle)(void *)set;
}

/* ---- Encoders ---- */

static char *range(WgpuHandle handle, uint64_t offset, uint64_t size) {
    const Object *buffer = (void *)handle;
    expect(handle, "DeviceCreateBuffer");
    bool fine = buffer && offset % 4 == 0 && size % 4 == 0 && offset <= buffer->size &&
                size <= buffer->size - offset;
    fake_driver.mistakes += !fine;
    return fine ? (char *)buffer->bytes + offset : NULL;
}

/* Their indices lie in the set, and each is used by one of the two at least. */
static void check_stamps(const WgpuTimestampWrites *writes) {
    const Object *set = writes ? (void *)writes->set : NULL;
    if (set) {
        expect(writes->set, "DeviceCreateQuerySet");
        fake_driver.mistakes += (writes->begin != UINT32_MAX && writes->begin >= set->size) ||
                                (writes->end != UINT32_MAX && writes->end >= set->size) ||
                                writes->begin == writes->end;
    }
}

WgpuHandle wgpuCommandEncoderBeginComputePass(WgpuHandle encoder, const WgpuPassDesc *desc) {
    expect(encoder, "DeviceCreateCommandEncoder");
    check_stamps(desc->timestamps);
    return make("CommandEncoderBeginComputePass", owner(encoder), (Object *)(void *)encoder);
}

void wgpuCommandEncoderCopyBufferToBuffer(WgpuHandle encoder, WgpuHandle from, uint64_t from_offset,
                                          WgpuHandle to, uint64_t to_offset, uint64_t size) {
    expect(encoder, "DeviceCreateCommandEncoder");
    char *target = range(to, to_offset, size);
    const char *source = range(from, from_offset, size);
    fake_driver.mistakes += from == to;
    if (source && target) {
        memcpy(target, source, (size_t)size);
    }
}

void wgpuCommandEncoderClearBuffer(WgpuHandle encoder, WgpuHandle buffer, uint64_t offset,
                                   uint64_t size) {
    expect(encoder, "DeviceCreateCommandEncoder");
    range(buffer, offset, size);
}

void wgpuCommandEncoderResolveQuerySet(WgpuHandle encoder, WgpuHandle set, uint32_t first,
                                       uint32_t count, WgpuHandle buffer, uint64_t offset) {
    expect(encoder, "DeviceCreateCommandEncoder");
    expect(set, "DeviceCreateQuerySet");
    fake_driver.mistakes += offset % 256 != 0 || first + count > ((Object *)(void *)set)->size;
    char *to = range(buffer, offset, count * sizeof(uint64_t));
    for (uint64_t i = 0; to && i < count; i++) {
        memcpy(to + i * sizeof i, &(uint64_t){1000 + 10 * i}, sizeof i);
    }
}

WgpuHandle wgpuCommandEncoderFinish(WgpuHandle encoder, const WgpuDesc *desc) {
    (void)desc;
    expect(encoder, "DeviceCreateCommandEncoder");
    return make("CommandEncoderFinish", owner(encoder), NULL);
}

void wgpuComputePassEncoderSetPipeline(WgpuHandle pass, WgpuHandle pipeline) {
    expect(pass, "CommandEncoderBeginComputePass");
    expect(pipeline, "DeviceCreateComputePipeline");
}

void wgpuComputePassEncoderSetBindGroup(WgpuHandle pass, uint32_t index, WgpuHandle group,
                                        size_t offset_count, const uint32_t *offsets) {
    expect(pass, "CommandEncoderBeginComputePass");
    expect(group, "DeviceCreateBindGroup");
    fake_driver.mistakes += index != 0 || offset_count != 0 || offsets;
}

void wgpuComputePassEncoderDispatchWorkgroups(WgpuHandle pass, uint32_t x, uint32_t y, uint32_t z) {
    expect(pass, "CommandEncoderBeginComputePass");
    fake_driver.mistakes += x > 65535 || y > 65535 || z > 65535;
}

void wgpuComputePassEncoderDispatchWorkgroupsIndirect(WgpuHandle pass, WgpuHandle buffer,
                                                      uint64_t offset) {
    expect(pass, "CommandEncoderBeginComputePass");
    range(buffer, offset, 12);
}

void wgpuComputePassEncoderEnd(WgpuHandle pass) {
    expect(pass, "CommandEncoderBeginComputePass");
}

/* ---- The queue ---- */

void wgpuQueueSubmit(WgpuHandle queue, size_t count, const WgpuHandle *commands) {
    expect(queue, "DeviceGetQueue");
    fake_driver.mistakes += count != 1;
    expect(commands[0], "CommandEncoderFinish");
    gives_nothing("QueueSubmit", owner(queue));
}

void wgpuQueueWriteBuffer(WgpuHandle queue, WgpuHandle buffer, uint64_t offset, const void *data,
                          size_t size) {
    expect(queue, "DeviceGetQueue");
    char *to = range(buffer, offset, size);
    if (to) {
        memcpy(to, data, size);
    }
    gives_nothing("QueueWriteBuffer", owner(queue));
}

float wgpuQueueGetTimestampPeriod(WgpuHandle queue) {
    expect(queue, "DeviceGetQueue");
    return 1.0F;
}

/* An error is the map's end, and goes to a scope, too. */
WgpuFuture wgpuBufferMapAsync(WgpuHandle buffer, uint64_t mode, size_t offset, size_t size,
                              WgpuCallbackInfo info) {
    Device *device = owner(buffer);
    range(buffer, offset, size);
    fake_driver.mistakes += mode != WGPU_MAP_READ;
    uint32_t status = device->lost ? ABORTED : WGPU_SUCCESS;
    if (fails("BufferMapAsync")) {
        status = fake_driver.error == LOST ? ABORTED : UNKNOWN_STATUS;
        if (fake_driver.error == LOST) {
            lose(device);
        } else {
            raise_error(device, (uint32_t)fake_driver.error);
        }
    }
    call_later((Later){MAP_CALL, info, status, 0, buffer});
    return (WgpuFuture){1};
}

const void *wgpuBufferGetConstMappedRange(WgpuHandle buffer, size_t offset, size_t size) {
    fake_driver.mistakes += !((Object *)(void *)buffer)->value;
    return fails("BufferGetConstMappedRange") ? NULL : range(buffer, offset, size);
}

/* A map that is still to come ends without success. */
void wgpuBufferDestroy(WgpuHandle buffer) {
    expect(buffer, "DeviceCreateBuffer");
    for (int i = 0; i < later_count; i++) {
        if (later[i].kind == MAP_CALL && later[i].object == buffer) {
            later[i].status = ABORTED;
        }
    }
}
