/* gpu.h: what the benchmark needs of a device, the same for Vulkan and OpenCL (through libvitte-gpu) and for CUDA (through
 * its driver library, opened at run time). One thread; messages go to stderr. */
#ifndef BENCH_GPU_H
#define BENCH_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GPU_MAX_ARGS = 8, GPU_MAX_VALUES = 2, GPU_MAX_STEPS = 4 };

typedef enum GpuApi { GPU_VULKAN, GPU_OPENCL, GPU_CUDA } GpuApi;

/* In which order a kernel takes its parameters. */
typedef enum GpuBinding {
    GPU_PLAIN,       /* buffers, values: Vulkan */
    GPU_LENGTHS_END, /* buffers, values, the length of each buffer: OpenCL C of vittec-gpu */
    GPU_LENGTHS_IN,  /* each buffer and its length, values: the peers in OpenCL C and CUDA */
} GpuBinding;

typedef struct Gpu Gpu;
typedef struct GpuBuffer GpuBuffer;
typedef struct GpuKernel GpuKernel;
typedef struct GpuRun GpuRun;

typedef struct GpuArg {
    unsigned array; /* which of the buffers */
    unsigned stride;
    bool writes;
} GpuArg;

/* One dispatch. */
typedef struct GpuStep {
    const char *kernel;
    uint32_t local[2], groups[3];
    GpuArg args[GPU_MAX_ARGS];
    unsigned arg_count, value_count;
    uint32_t values[GPU_MAX_VALUES];
} GpuStep;

/* NULL, with a word on stderr, if there is none. */
Gpu *gpu_open(GpuApi api);
void gpu_close(Gpu *gpu);
const char *gpu_name(const Gpu *gpu);

GpuBuffer *gpu_buffer(Gpu *gpu, uint64_t bytes);
void gpu_buffer_free(Gpu *gpu, GpuBuffer *buffer);
bool gpu_write(Gpu *gpu, GpuBuffer *buffer, const void *data, uint64_t bytes);
bool gpu_read(Gpu *gpu, GpuBuffer *buffer, void *data, uint64_t bytes);
bool gpu_poison(Gpu *gpu, GpuBuffer *buffer, uint64_t bytes);

/* What `steps` do, as often as wanted. code[s] of step s are code_size[s] bytes, and a 0 after them. */
GpuRun *gpu_run_create(Gpu *gpu, const GpuStep *steps, unsigned count, GpuBinding binding,
                       const char *entry, char *const *code, const size_t *code_size,
                       GpuBuffer *const *buffers, const uint64_t *buffer_bytes);
void gpu_run_destroy(Gpu *gpu, GpuRun *run);

/* Runs it once and waits: the nanoseconds from the begin of the first dispatch to the end of the last on the device's
 * clock; below 0 if it failed. */
double gpu_run(Gpu *gpu, GpuRun *run);

/* The part of CUDA, for gpu.c. */
typedef struct Cuda Cuda;
typedef struct CudaRun CudaRun;
Cuda *cuda_open(void);
void cuda_close(Cuda *cuda);
const char *cuda_name(const Cuda *cuda);
bool cuda_alloc(Cuda *cuda, uint64_t bytes, uint64_t *address);
void cuda_free(Cuda *cuda, uint64_t address);
bool cuda_write(Cuda *cuda, uint64_t address, const void *data, uint64_t bytes);
bool cuda_read(Cuda *cuda, uint64_t address, void *data, uint64_t bytes);
bool cuda_poison(Cuda *cuda, uint64_t address, uint64_t bytes);
CudaRun *cuda_run_create(Cuda *cuda, const GpuStep *steps, unsigned count, char *const *code,
                         const uint64_t *addresses, const uint64_t *bytes);
void cuda_run_destroy(Cuda *cuda, CudaRun *run);
double cuda_run(Cuda *cuda, CudaRun *run);

#endif
