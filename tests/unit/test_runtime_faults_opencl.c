/* test_runtime_faults_opencl.c: the runtime when a fake OpenCL fails (runtime_faults.h). */
#define CL_TARGET_OPENCL_VERSION 220
#include <CL/cl.h>

#include "runtime_faults.h"

static const FaultRow rows[] = {
#define FAILS(function, ...) {#function, {__VA_ARGS__}},
#include "tests/fakes/fake_opencl.def"
};

/* vitte_gpu.h has no text for most of what OpenCL may say: this is what each means there. */
static VtgStatus meaning(const char *function, int error) {
    if (strcmp(function, "ExecutionStatus") == 0) {
        return VTG_ERROR_DEVICE_LOST; /* whatever it is, the work is not done and never will be */
    }
    switch (error) {
    case CL_OUT_OF_HOST_MEMORY:
        return VTG_ERROR_OUT_OF_MEMORY;
    case CL_OUT_OF_RESOURCES:
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_INVALID_BUFFER_SIZE:
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    case CL_DEVICE_NOT_AVAILABLE:
        return VTG_ERROR_DEVICE_LOST;
    case CL_COMPILER_NOT_AVAILABLE:
        return VTG_ERROR_UNSUPPORTED;
    case CL_BUILD_PROGRAM_FAILURE:
    case CL_INVALID_BINARY:
    case CL_INVALID_KERNEL_NAME:
    case CL_INVALID_KERNEL_ARGS:
    case CL_INVALID_ARG_INDEX:
    case CL_INVALID_ARG_SIZE:
    case CL_INVALID_WORK_GROUP_SIZE:
        return VTG_ERROR_BAD_KERNEL;
    case CL_INVALID_WORK_ITEM_SIZE:
        return VTG_ERROR_LIMIT;
    default:
        return VTG_ERROR_DRIVER;
    }
}

static const FaultHarmless harmless[] = {
    {"GetPlatformIDs", VTG_ERROR_NO_DRIVER},
    {"GetDeviceIDs", VTG_ERROR_NO_DEVICE}, /* a platform without devices */
    {"GetDeviceInfo", VTG_OK},             /* that device is left out, */
    {"GetDeviceInfo", VTG_ERROR_LIMIT},    /* or it has none of what it does not know: */
    {"GetDeviceInfo", VTG_ERROR_UNSUPPORTED},
    {"GetEventProfilingInfo", VTG_OK}, /* of what is in a profile alone: it lacks a time */
    {"WaitForEvents", VTG_OK},         /* it is looked at then, again and again */
    {"GetEventInfo", VTG_OK},          /* nobody asked: looked at in passing */
};

int main(int argc, char **argv) {
    /* a header, and OpDecorate %1 SpecId 3 */
    static const uint32_t words[] = {0x07230203, 0x00010000, 0, 2, 0, 4u << 16 | 71, 1, 1, 3};
    static const FaultApi opencl = {
        .name = "opencl",
        .library = "fake_opencl.so",
        .variable = "VTG_OPENCL_LIBRARY",
        .formats = {VTG_CODE_OPENCL_C, VTG_CODE_SPIRV_OPENCL},
        .code = {step_cl, words},
        .code_size = {sizeof step_cl - 1, sizeof words},
        .rows = rows,
        .row_count = COUNT(rows),
        .meaning = meaning,
        .harmless = harmless,
        .harmless_count = COUNT(harmless),
        .second = 1000,
        .lost_function = "ExecutionStatus",
        .lost_error = CL_OUT_OF_RESOURCES,
        .mute_function = "GetEventInfo",
        .mute_error = CL_OUT_OF_HOST_MEMORY,
        .waits = 1,
    };
    return test_faults(argc, argv, &opencl, NULL);
}
