/* gpu.c: see gpu.h. Vulkan and OpenCL through libvitte-gpu, CUDA through cuda.c. */
#include "bench/gpu/gpu.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime-min/vitte_gpu.h"

struct Gpu {
    GpuApi api;
    VtgInstance *instance;
    VtgDevice *device;
    Cuda *cuda;
};

struct GpuBuffer {
    VtgBuffer *vtg;
    uint64_t address;
};

struct GpuRun {
    VtgKernel *kernels[GPU_MAX_STEPS];
    VtgCommands *commands;
    unsigned count;
    CudaRun *cuda;
};

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        fprintf(stderr, "%s\n", message);
    }
}

static bool works(VtgStatus status, const char *what) {
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", what, vtg_status_text(status));
    }
    return status >= 0;
}

Gpu *gpu_open(GpuApi api) {
    Gpu *gpu = calloc(1, sizeof *gpu);
    gpu->api = api;
    if (api == GPU_CUDA) {
        gpu->cuda = cuda_open();
        if (gpu->cuda == NULL) {
            gpu_close(gpu);
            return NULL;
        }
        return gpu;
    }
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = api == GPU_VULKAN ? "vulkan" : "opencl";
    desc.log = log_line;
    if (!works(vtg_instance_create(&desc, &gpu->instance), desc.api) ||
        !works(vtg_device_create(gpu->instance, NULL, &gpu->device), desc.api)) {
        gpu_close(gpu);
        return NULL;
    }
    return gpu;
}

void gpu_close(Gpu *gpu) {
    if (gpu->cuda != NULL) {
        cuda_close(gpu->cuda);
    }
    vtg_device_destroy(gpu->device);
    vtg_instance_destroy(gpu->instance);
    free(gpu);
}

const char *gpu_name(const Gpu *gpu) {
    return gpu->cuda != NULL ? cuda_name(gpu->cuda) : vtg_device_get_info(gpu->device)->name;
}

GpuBuffer *gpu_buffer(Gpu *gpu, uint64_t bytes) {
    GpuBuffer *buffer = calloc(1, sizeof *buffer);
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = bytes;
    if (gpu->cuda != NULL ? !cuda_alloc(gpu->cuda, bytes, &buffer->address)
                          : !works(vtg_buffer_create(gpu->device, &desc, &buffer->vtg), "buffer")) {
        free(buffer);
        return NULL;
    }
    return buffer;
}

void gpu_buffer_free(Gpu *gpu, GpuBuffer *buffer) {
    if (buffer != NULL) {
        if (gpu->cuda != NULL) {
            cuda_free(gpu->cuda, buffer->address);
        }
        vtg_buffer_destroy(buffer->vtg);
        free(buffer);
    }
}

bool gpu_write(Gpu *gpu, GpuBuffer *buffer, const void *data, uint64_t bytes) {
    return gpu->cuda != NULL ? cuda_write(gpu->cuda, buffer->address, data, bytes)
                             : works(vtg_buffer_write(buffer->vtg, 0, data, bytes), "write");
}

bool gpu_read(Gpu *gpu, GpuBuffer *buffer, void *data, uint64_t bytes) {
    return gpu->cuda != NULL ? cuda_read(gpu->cuda, buffer->address, data, bytes)
                             : works(vtg_buffer_read(buffer->vtg, 0, data, bytes), "read");
}

bool gpu_poison(Gpu *gpu, GpuBuffer *buffer, uint64_t bytes) {
    return gpu->cuda != NULL ? cuda_poison(gpu->cuda, buffer->address, bytes)
                             : works(vtg_buffer_fill(buffer->vtg, 0, bytes, UINT32_MAX), "fill");
}

static VtgParam length_of(unsigned param, uint32_t *offset) {
    VtgParam length = {.kind = VTG_PARAM_LENGTH, .offset = *offset, .of_param = param};
    *offset += 4;
    return length;
}

static bool make_kernel(Gpu *gpu, const GpuStep *step, GpuBinding binding, const char *entry,
                        const char *code, size_t size, VtgKernel **kernel) {
    VtgParam params[2 * GPU_MAX_ARGS + GPU_MAX_VALUES];
    unsigned count = 0, buffers[GPU_MAX_ARGS];
    uint32_t offset = 0;
    for (unsigned a = 0; a < step->arg_count; a++) {
        buffers[a] = count;
        params[count++] = (VtgParam){
            .kind = VTG_PARAM_BUFFER,
            .access = step->args[a].writes ? VTG_ACCESS_READ_WRITE : VTG_ACCESS_READ,
            .stride = step->args[a].stride,
        };
        if (binding == GPU_LENGTHS_IN) {
            params[count] = length_of(count - 1, &offset);
            count++;
        }
    }
    for (unsigned v = 0; v < step->value_count; v++, offset += 4) {
        params[count++] = (VtgParam){.kind = VTG_PARAM_VALUE, .size = 4, .offset = offset};
    }
    for (unsigned a = 0; a < step->arg_count && binding == GPU_LENGTHS_END; a++) {
        params[count++] = length_of(buffers[a], &offset);
    }
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code_format = gpu->api == GPU_VULKAN ? VTG_CODE_SPIRV : VTG_CODE_OPENCL_C;
    desc.code = code;
    desc.code_size = size;
    desc.entry = entry != NULL ? entry : step->kernel;
    desc.label = step->kernel;
    desc.workgroup_size[0] = step->local[0];
    desc.workgroup_size[1] = step->local[1];
    desc.params = params;
    desc.param_count = count;
    desc.value_block_bytes = offset;
    return works(vtg_kernel_create(gpu->device, &desc, kernel), step->kernel);
}

static bool record(GpuRun *run, const GpuStep *step, VtgKernel *kernel, GpuBuffer *const *buffers) {
    VtgArg args[GPU_MAX_ARGS + GPU_MAX_VALUES];
    unsigned count = 0;
    for (unsigned a = 0; a < step->arg_count; a++) {
        args[count++] = vtg_arg_buffer(buffers[step->args[a].array]->vtg);
    }
    for (unsigned v = 0; v < step->value_count; v++) {
        args[count++] = vtg_arg_value(&step->values[v], 4);
    }
    VtgGrid grid = {step->groups[0] * step->local[0], step->groups[1] * step->local[1],
                    step->groups[2]};
    return works(vtg_commands_dispatch(run->commands, kernel, grid, args, count), step->kernel);
}

GpuRun *gpu_run_create(Gpu *gpu, const GpuStep *steps, unsigned count, GpuBinding binding,
                       const char *entry, char *const *code, const size_t *code_size,
                       GpuBuffer *const *buffers, const uint64_t *buffer_bytes) {
    GpuRun *run = calloc(1, sizeof *run);
    run->count = count;
    bool good = true;
    if (gpu->cuda != NULL) {
        uint64_t addresses[16] = {0};
        for (unsigned b = 0; b < 16 && buffers[b] != NULL; b++) {
            addresses[b] = buffers[b]->address;
        }
        run->cuda = cuda_run_create(gpu->cuda, steps, count, code, addresses, buffer_bytes);
        good = run->cuda != NULL;
    } else {
        VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
        desc.timing = 1;
        good = works(vtg_commands_create(gpu->device, &desc, &run->commands), "commands");
        for (unsigned s = 0; s < count && good; s++) {
            good = make_kernel(gpu, &steps[s], binding, entry, code[s], code_size[s],
                               &run->kernels[s]) &&
                   record(run, &steps[s], run->kernels[s], buffers);
        }
    }
    if (!good) {
        gpu_run_destroy(gpu, run);
        return NULL;
    }
    return run;
}

void gpu_run_destroy(Gpu *gpu, GpuRun *run) {
    if (run->cuda != NULL) {
        cuda_run_destroy(gpu->cuda, run->cuda);
    }
    vtg_commands_destroy(run->commands);
    for (unsigned s = 0; s < run->count; s++) {
        vtg_kernel_destroy(run->kernels[s]);
    }
    free(run);
}

double gpu_run(Gpu *gpu, GpuRun *run) {
    if (gpu->cuda != NULL) {
        return cuda_run(gpu->cuda, run->cuda);
    }
    VtgEvent *event = NULL;
    if (!works(vtg_submit(run->commands, &event), "submit")) {
        return -1;
    }
    VtgDispatchTiming first, last;
    bool good = works(vtg_event_wait(event, VTG_FOREVER), "wait") &&
                works(vtg_event_timing(event, 0, &first), "timing") &&
                works(vtg_event_timing(event, run->count - 1, &last), "timing");
    vtg_event_destroy(event);
    return good ? (double)(last.end_ns - first.begin_ns) : -1;
}
