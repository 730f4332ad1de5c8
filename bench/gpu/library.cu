/* library.cu: the libraries of CUDA at the same jobs: CUB from nvcc's own headers, cuBLAS opened at run time.
 *     library RESULTS.jsonl */
#include <cub/cub.cuh>
#include <cuda_fp16.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

typedef unsigned int uint;
static FILE *results;
static cudaEvent_t begin_event, end_event;

static void check(cudaError_t error, const char *what) {
    if (error != cudaSuccess) {
        printf("%s: %s\n", what, cudaGetErrorString(error));
        exit(1);
    }
}

template <class Job> static void measure(const char *name, const char *impl, double n, double bytes, double flops, Job job) {
    std::vector<float> times;
    double total = 0;
    for (int k = 0; k < 5; k++) {
        job();
    }
    check(cudaDeviceSynchronize(), name);
    for (int k = 0; k < 200 && (k < 10 || total < 400); k++) {
        float ms;
        cudaEventRecord(begin_event);
        job();
        cudaEventRecord(end_event);
        check(cudaEventSynchronize(end_event), name);
        cudaEventElapsedTime(&ms, begin_event, end_event);
        times.push_back(ms);
        total += ms;
    }
    std::sort(times.begin(), times.end());
    double ns = times[times.size() / 2] * 1e6;
    printf("%-14s %-7s %-39s %10.4f ms  %9.2f %s\n", name, impl, "", ns * 1e-6, flops > 0 ? flops / ns * 1e-3 : bytes / ns,
           flops > 0 ? "TFLOP/s" : "GB/s");
    fprintf(results,
            "{\"case\": \"%s\", \"api\": \"cuda\", \"impl\": \"%s\", \"bounds\": \"-\", \"note\": \"library\", \"constants\": \"-\", "
            "\"n\": %.0f, \"ns\": %.0f, \"least_ns\": %.0f, \"runs\": %zu, \"bytes\": %.0f, \"flops\": %.0f, \"wrong\": \"\", "
            "\"device\": \"\"}\n",
            name, impl, n, ns, times[0] * 1e6, times.size(), bytes, flops);
    fflush(results);
    fflush(stdout);
}

__global__ void fill(uint *x, size_t n, int kind) {
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < n; i += (size_t)gridDim.x * blockDim.x) {
        uint h = (uint)i * 2654435761u;
        h = (h ^ h >> 15) * 2246822519u;
        h = (h ^ h >> 13) * 3266489917u;
        h ^= h >> 16;
        /* words; floats in [0, 1); pairs of halves of 0.5 to 1 with either sign */
        x[i] = kind == 0 ? h : kind == 1 ? __float_as_uint((h >> 8) * 0x1p-24f) : (h & 0x83ff83ff) | 0x38003800;
    }
}

template <class T> static T *random_array(size_t n, int kind) {
    uint *x;
    check(cudaMalloc(&x, n * sizeof(T)), "cudaMalloc");
    fill<<<2048, 256>>>(x, n * sizeof(T) / 4, kind);
    return (T *)x;
}

/* CUB asks twice: for its workspace, then for the job. */
template <class Job> static void cub_job(const char *name, double n, double bytes, Job job) {
    size_t size = 0;
    void *workspace = NULL;
    check(job((void *)NULL, size), name);
    check(cudaMalloc(&workspace, size), name);
    measure(name, "cub", n, bytes, 0, [&] { job(workspace, size); });
    cudaFree(workspace);
}

typedef int Gemm(void *, int, int, int, int, int, const void *, const void *, int, const void *, int, const void *, void *, int);

static void cublas(int argc, char **argv) {
    void *library = NULL;
    for (int k = 2; k < argc && library == NULL; k++) {
        library = dlopen(argv[k], RTLD_NOW);
    }
    for (const char *name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"}) {
        library = library != NULL ? library : dlopen(name, RTLD_NOW);
    }
    int (*create)(void **) = library ? (int (*)(void **))dlsym(library, "cublasCreate_v2") : NULL;
    Gemm *sgemm = library ? (Gemm *)dlsym(library, "cublasSgemm_v2") : NULL;
    Gemm *hgemm = library ? (Gemm *)dlsym(library, "cublasHgemm") : NULL;
    void *handle;
    if (create == NULL || sgemm == NULL || hgemm == NULL || create(&handle) != 0) {
        printf("no cuBLAS: %s\n", library ? "it does not start" : dlerror());
        return;
    }
    const int n = 4096;
    size_t count = (size_t)n * n;
    float one = 1, zero = 0;
    float *a = random_array<float>(count, 1), *b = random_array<float>(count, 1), *c = random_array<float>(count, 1);
    measure("matmul_best", "cublas", n, 0, 2.0 * n * n * n,
            [&] { sgemm(handle, 0, 0, n, n, n, &one, a, n, b, n, &zero, c, n); });
    half one_h = __float2half(1), zero_h = __float2half(0);
    half *d = random_array<half>(count, 2), *e = random_array<half>(count, 2), *f = random_array<half>(count, 2);
    measure("matmul_f16", "cublas", n, 0, 2.0 * n * n * n,
            [&] { hgemm(handle, 0, 0, n, n, n, &one_h, d, n, e, n, &zero_h, f, n); });
}

int main(int argc, char **argv) {
    results = argc > 1 ? fopen(argv[1], "a") : NULL;
    if (results == NULL) {
        return 2;
    }
    check(cudaEventCreate(&begin_event), "an event");
    check(cudaEventCreate(&end_event), "an event");
    const size_t m = 1 << 20;
    uint *x = random_array<uint>(256 * m, 0), *y = random_array<uint>(256 * m, 0);
    measure("copy", "memcpy", 128.0 * m, 128.0 * m * 8, 0,
            [&] { cudaMemcpyAsync(y, x, 128 * m * 4, cudaMemcpyDeviceToDevice); });
    cub_job("scan", 128.0 * m, 128.0 * m * 8,
            [&](void *w, size_t &size) { return cub::DeviceScan::InclusiveSum(w, size, x, y, (int)(128 * m)); });
    cub_job("radix_step", 64.0 * m, 64.0 * m * 12,
            [&](void *w, size_t &size) { return cub::DeviceRadixSort::SortKeys(w, size, x, y, (int)(64 * m), 8, 12); });
    cub_job("histogram", 512.0 * m, 512.0 * m, [&](void *w, size_t &size) {
        return cub::DeviceHistogram::HistogramEven(w, size, (unsigned char *)x, (int *)y, 257, 0, 256, (int)(512 * m));
    });
    fill<<<2048, 256>>>(x, 256 * m, 1);
    cub_job("reduction", 256.0 * m, 256.0 * m * 4,
            [&](void *w, size_t &size) { return cub::DeviceReduce::Sum(w, size, (float *)x, (float *)y, (int)(256 * m)); });
    cublas(argc, argv);
    return 0;
}
