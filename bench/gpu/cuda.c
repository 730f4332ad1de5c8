/* cuda.c: CUDA through its driver library, for kernels that nvcc made into cubins. What is declared here is the driver's
 * stable binary interface; its headers are not needed. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gpu/gpu.h"

typedef uint64_t Address;

struct Cuda {
    void *library, *context;
    char name[128];
    void *begin, *end;
    int (*Init)(unsigned);
    int (*DeviceGet)(int *, int);
    int (*DeviceGetName)(char *, int, int);
    int (*DevicePrimaryCtxRetain)(void **, int);
    int (*CtxSetCurrent)(void *);
    int (*CtxSynchronize)(void);
    int (*MemAlloc)(Address *, size_t);
    int (*MemFree)(Address);
    int (*MemcpyHtoD)(Address, const void *, size_t);
    int (*MemcpyDtoH)(void *, Address, size_t);
    int (*MemsetD8)(Address, unsigned char, size_t);
    int (*ModuleLoadData)(void **, const void *);
    int (*ModuleUnload)(void *);
    int (*ModuleGetFunction)(void **, void *, const char *);
    int (*LaunchKernel)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned, void *, void **, void **);
    int (*EventCreate)(void **, unsigned);
    int (*EventRecord)(void *, void *);
    int (*EventSynchronize)(void *);
    int (*EventElapsedTime)(float *, void *, void *);
};

static bool works(int result, const char *what) {
    if (result != 0) {
        fprintf(stderr, "CUDA: %s failed with %d\n", what, result);
    }
    return result == 0;
}

static bool find(Cuda *cuda, void *slot, const char *name) {
    void *function = dlsym(cuda->library, name);
    memcpy(slot, &function, sizeof function);
    return function != NULL;
}

static bool find_all(Cuda *cuda) {
    return find(cuda, &cuda->Init, "cuInit") && find(cuda, &cuda->DeviceGet, "cuDeviceGet") &&
           find(cuda, &cuda->DeviceGetName, "cuDeviceGetName") &&
           find(cuda, &cuda->DevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain") &&
           find(cuda, &cuda->CtxSetCurrent, "cuCtxSetCurrent") &&
           find(cuda, &cuda->CtxSynchronize, "cuCtxSynchronize") &&
           find(cuda, &cuda->MemAlloc, "cuMemAlloc_v2") &&
           find(cuda, &cuda->MemFree, "cuMemFree_v2") &&
           find(cuda, &cuda->MemcpyHtoD, "cuMemcpyHtoD_v2") &&
           find(cuda, &cuda->MemcpyDtoH, "cuMemcpyDtoH_v2") &&
           find(cuda, &cuda->MemsetD8, "cuMemsetD8_v2") &&
           find(cuda, &cuda->ModuleLoadData, "cuModuleLoadData") &&
           find(cuda, &cuda->ModuleUnload, "cuModuleUnload") &&
           find(cuda, &cuda->ModuleGetFunction, "cuModuleGetFunction") &&
           find(cuda, &cuda->LaunchKernel, "cuLaunchKernel") &&
           find(cuda, &cuda->EventCreate, "cuEventCreate") &&
           find(cuda, &cuda->EventRecord, "cuEventRecord") &&
           find(cuda, &cuda->EventSynchronize, "cuEventSynchronize") &&
           find(cuda, &cuda->EventElapsedTime, "cuEventElapsedTime");
}

Cuda *cuda_open(void) {
    Cuda *cuda = calloc(1, sizeof *cuda);
    cuda->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    int device = 0;
    if (cuda->library == NULL || !find_all(cuda) || !works(cuda->Init(0), "cuInit") ||
        !works(cuda->DeviceGet(&device, 0), "cuDeviceGet") ||
        !works(cuda->DeviceGetName(cuda->name, sizeof cuda->name, device), "cuDeviceGetName") ||
        !works(cuda->DevicePrimaryCtxRetain(&cuda->context, device), "cuDevicePrimaryCtxRetain") ||
        !works(cuda->CtxSetCurrent(cuda->context), "cuCtxSetCurrent") ||
        !works(cuda->EventCreate(&cuda->begin, 0), "cuEventCreate") ||
        !works(cuda->EventCreate(&cuda->end, 0), "cuEventCreate")) {
        cuda_close(cuda);
        return NULL;
    }
    return cuda;
}

/* The context is the process's and ends with it. */
void cuda_close(Cuda *cuda) {
    free(cuda);
}

const char *cuda_name(const Cuda *cuda) {
    return cuda->name;
}

bool cuda_alloc(Cuda *cuda, uint64_t bytes, uint64_t *address) {
    return works(cuda->MemAlloc(address, bytes), "cuMemAlloc");
}

void cuda_free(Cuda *cuda, uint64_t address) {
    works(cuda->MemFree(address), "cuMemFree");
}

bool cuda_write(Cuda *cuda, uint64_t address, const void *data, uint64_t bytes) {
    return works(cuda->MemcpyHtoD(address, data, bytes), "cuMemcpyHtoD");
}

bool cuda_read(Cuda *cuda, uint64_t address, void *data, uint64_t bytes) {
    return works(cuda->MemcpyDtoH(data, address, bytes), "cuMemcpyDtoH");
}

bool cuda_poison(Cuda *cuda, uint64_t address, uint64_t bytes) {
    return works(cuda->MemsetD8(address, 0xff, bytes), "cuMemsetD8") &&
           works(cuda->CtxSynchronize(), "cuCtxSynchronize");
}

struct CudaRun {
    unsigned count;
    struct {
        void *module, *function;
        uint32_t local[2], groups[3];
        Address addresses[GPU_MAX_ARGS];
        uint32_t words[GPU_MAX_ARGS + GPU_MAX_VALUES];
        void *params[2 * GPU_MAX_ARGS + GPU_MAX_VALUES];
    } steps[GPU_MAX_STEPS];
};

CudaRun *cuda_run_create(Cuda *cuda, const GpuStep *steps, unsigned count, char *const *code,
                         const uint64_t *addresses, const uint64_t *bytes) {
    CudaRun *run = calloc(1, sizeof *run);
    for (unsigned s = 0; s < count; s++, run->count++) {
        const GpuStep *step = &steps[s];
        if (!works(cuda->ModuleLoadData(&run->steps[s].module, code[s]), "cuModuleLoadData") ||
            !works(cuda->ModuleGetFunction(&run->steps[s].function, run->steps[s].module,
                                           step->kernel),
                   "cuModuleGetFunction")) {
            cuda_run_destroy(cuda, run);
            return NULL;
        }
        memcpy(run->steps[s].local, step->local, sizeof step->local);
        memcpy(run->steps[s].groups, step->groups, sizeof step->groups);
        void **param = run->steps[s].params;
        for (unsigned a = 0; a < step->arg_count; a++) {
            const GpuArg *arg = &step->args[a];
            run->steps[s].addresses[a] = addresses[arg->array];
            run->steps[s].words[a] = (uint32_t)(bytes[arg->array] / arg->stride);
            *param++ = &run->steps[s].addresses[a];
            *param++ = &run->steps[s].words[a];
        }
        for (unsigned v = 0; v < step->value_count; v++) {
            run->steps[s].words[GPU_MAX_ARGS + v] = step->values[v];
            *param++ = &run->steps[s].words[GPU_MAX_ARGS + v];
        }
    }
    return run;
}

void cuda_run_destroy(Cuda *cuda, CudaRun *run) {
    for (unsigned s = 0; s < GPU_MAX_STEPS; s++) {
        if (run->steps[s].module != NULL) {
            cuda->ModuleUnload(run->steps[s].module);
        }
    }
    free(run);
}

double cuda_run(Cuda *cuda, CudaRun *run) {
    bool good = works(cuda->EventRecord(cuda->begin, NULL), "cuEventRecord");
    for (unsigned s = 0; s < run->count && good; s++) {
        const uint32_t *local = run->steps[s].local, *groups = run->steps[s].groups;
        good = works(cuda->LaunchKernel(run->steps[s].function, groups[0], groups[1], groups[2],
                                        local[0], local[1], 1, 0, NULL, run->steps[s].params, NULL),
                     "cuLaunchKernel");
    }
    float ms = 0;
    good = good && works(cuda->EventRecord(cuda->end, NULL), "cuEventRecord") &&
           works(cuda->EventSynchronize(cuda->end), "the kernel") &&
           works(cuda->EventElapsedTime(&ms, cuda->begin, cuda->end), "cuEventElapsedTime");
    return good ? (double)ms * 1e6 : -1;
}
