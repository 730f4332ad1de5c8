/* test_runtime_faults_webgpu.c: the runtime when a fake WebGPU fails (runtime_faults.h). */
#include "runtime_faults.h"
#include "tests/fakes/fake_webgpu.h"

static const FaultRow rows[] = {
#define FAILS(function, ...) {#function, {__VA_ARGS__}},
#include "tests/fakes/fake_webgpu.def"
};

/* What an error of WebGPU means depends on what was being done, and on whether it was asked for at all. */
static const struct {
    const char *function;
    int error;
    VtgStatus status;
} meanings[] = {
    {"CreateInstance", NOTHING, VTG_ERROR_NO_DRIVER},
    {"AdapterGetInfo", NOTHING, VTG_ERROR_DRIVER},
    {"AdapterGetLimits", NOTHING, VTG_ERROR_DRIVER},
    {"InstanceRequestAdapter", NOTHING, VTG_ERROR_DEVICE_LOST}, /* it was there before */
    {"DeviceGetQueue", NOTHING, VTG_ERROR_DRIVER},
    {"DevicePopErrorScope", NOTHING, VTG_ERROR_DEVICE_LOST},
    {"DeviceCreateShaderModule", NOTHING, VTG_ERROR_DRIVER},
    {"DeviceCreateShaderModule", VALIDATION, VTG_ERROR_BAD_KERNEL},
    {"DeviceCreateBindGroupLayout", NOTHING, VTG_ERROR_DRIVER},
    {"DeviceCreateBindGroupLayout", VALIDATION, VTG_ERROR_BAD_KERNEL},
    {"DeviceCreatePipelineLayout", NOTHING, VTG_ERROR_DRIVER},
    {"DeviceCreatePipelineLayout", VALIDATION, VTG_ERROR_BAD_KERNEL},
    {"DeviceCreateComputePipeline", NOTHING, VTG_ERROR_DRIVER},
    {"DeviceCreateComputePipeline", VALIDATION, VTG_ERROR_BAD_KERNEL},
    {"DeviceCreateComputePipeline", INTERNAL, VTG_ERROR_BAD_KERNEL},
    {"MapCallback", VALIDATION, VTG_ERROR_DEVICE_LOST}, /* the work is not seen to end */
    {"BufferGetConstMappedRange", NOTHING, VTG_ERROR_DEVICE_LOST},
};

static VtgStatus meaning(const char *function, int error) {
    for (uint32_t i = 0; i < COUNT(meanings); i++) {
        if (strcmp(meanings[i].function, function) == 0 && meanings[i].error == error) {
            return meanings[i].status;
        }
    }
    switch (error) {
    case LOST:
        return VTG_ERROR_DEVICE_LOST;
    case VALIDATION:
        return VTG_ERROR_DRIVER; /* what the runtime asks for is valid */
    default:
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    }
}

static const FaultHarmless harmless[] = {
    {"InstanceRequestAdapter", VTG_ERROR_NO_DEVICE},
    {"AdapterRequestDevice", VTG_OK}, /* asked for again, without Dawn's switches */
};

int main(int argc, char **argv) {
    static const FaultApi webgpu = {
        .name = "webgpu",
        .library = "fake_webgpu.so",
        .variable = "VTG_WEBGPU_LIBRARY",
        .formats = {VTG_CODE_WGSL, VTG_CODE_WGSL},
        .code = {step_wgsl, step_wgsl},
        .code_size = {sizeof step_wgsl - 1, sizeof step_wgsl - 1},
        .blocks = {VTG_VALUES_STORAGE_BUFFER, VTG_VALUES_STORAGE_BUFFER},
        .rows = rows,
        .row_count = COUNT(rows),
        .meaning = meaning,
        .harmless = harmless,
        .harmless_count = COUNT(harmless),
        .second = 1040,
        .lost_function = "MapCallback",
        .lost_error = LOST,
    };
    return test_faults(argc, argv, &webgpu, NULL);
}
