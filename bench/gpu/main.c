/* main.c: times the kernels of a folder that bench/gpu/pack.py made, ours and peers, in turn, and checks what they compute.
 *
 *     gpu-bench FOLDER vulkan|opencl|cuda RESULTS.jsonl [--small] [--seconds S] [CASE…]
 *
 * FOLDER/variants.txt has a line for each kernel to time: case, api, who wrote it, bounds, note, constants, folder. Results are
 * appended, one JSON object a line. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/gpu/cases.h"

enum { MAX_VARIANTS = 64, MAX_TIMES = 200, ROUNDS = 4 };

typedef struct Entry {
    Variant variant;
    GpuRun *run;
    double times[MAX_TIMES];
    unsigned count;
    double median; /* of the best round */
} Entry;

static double seconds_each = 0.4;
static bool small;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "there is no %s\n", path);
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, *size + 1);
    bool good = fread(bytes, 1, *size, file) == *size;
    fclose(file);
    if (!good) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static unsigned read_variants(const char *folder, const char *api, const char *name,
                              Entry *entries) {
    char path[512], line[512], case_name[32];
    snprintf(path, sizeof path, "%s/variants.txt", folder);
    FILE *file = fopen(path, "r");
    unsigned count = 0;
    while (file != NULL && count < MAX_VARIANTS && fgets(line, sizeof line, file) != NULL) {
        Variant *v = &entries[count].variant;
        memset(&entries[count], 0, sizeof entries[count]);
        if (sscanf(line, "%31s %15s %15s %15s %15s %95s %159s", case_name, v->api, v->impl,
                   v->bounds, v->note, v->constants, v->folder) == 7 &&
            strcmp(case_name, name) == 0 && strcmp(v->api, api) == 0) {
            count++;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

static void prepare(Gpu *gpu, GpuApi api, const char *folder, const Case *c, const Problem *p,
                    GpuBuffer *const *buffers, Entry *entry) {
    static const char *const endings[] = {"spv", "cl", "cubin"};
    const Variant *v = &entry->variant;
    GpuStep steps[GPU_MAX_STEPS];
    unsigned count = c->plan(p, v, steps);
    char *code[GPU_MAX_STEPS] = {0};
    size_t sizes[GPU_MAX_STEPS] = {0};
    uint64_t bytes[CASE_MAX_ARRAYS] = {0};
    for (unsigned k = 0; k < p->count; k++) {
        bytes[k] = p->arrays[k].bytes;
    }
    bool good = true;
    for (unsigned s = 0; s < count; s++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s/%s.%s", folder, v->folder, steps[s].kernel,
                 endings[api]);
        code[s] = read_file(path, &sizes[s]);
        good &= code[s] != NULL;
    }
    bool ours = strcmp(v->impl, "vitte") == 0;
    GpuBinding binding = api == GPU_VULKAN ? GPU_PLAIN : ours ? GPU_LENGTHS_END : GPU_LENGTHS_IN;
    const char *main_name = api == GPU_VULKAN && !ours ? "main" : NULL;
    if (good) {
        entry->run =
            gpu_run_create(gpu, steps, count, binding, main_name, code, sizes, buffers, bytes);
    }
    for (unsigned s = 0; s < count; s++) {
        free(code[s]);
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How often it fits into a share of the time; at least twice, so that the median is none of a cold run. A GPU is slower for
 * a while now and then, whatever it runs: the best round's median counts. */
static void time_entry(Gpu *gpu, Entry *entry) {
    double end = now() + seconds_each / ROUNDS;
    unsigned start = entry->count;
    gpu_run(gpu, entry->run);
    while (entry->count < MAX_TIMES && entry->count < start + MAX_TIMES / ROUNDS &&
           (entry->count < start + 2 || now() < end)) {
        double ns = gpu_run(gpu, entry->run);
        if (ns < 0) {
            gpu_run_destroy(gpu, entry->run);
            entry->run = NULL;
            return;
        }
        entry->times[entry->count++] = ns;
    }
    unsigned taken = entry->count - start;
    if (taken > 0) {
        qsort(entry->times + start, taken, sizeof *entry->times, by_size);
        double median = entry->times[start + taken / 2];
        entry->median = start == 0 || median < entry->median ? median : entry->median;
    }
}

static const char *check(Gpu *gpu, const Case *c, const Problem *p, GpuBuffer *const *buffers,
                         const Entry *entry) {
    for (unsigned k = 0; k < p->count; k++) {
        if (p->arrays[k].data == NULL && !gpu_poison(gpu, buffers[k], p->arrays[k].bytes)) {
            return "not run";
        }
    }
    if (gpu_run(gpu, entry->run) < 0) {
        return "failed";
    }
    for (unsigned k = 0; k < p->count; k++) {
        const Array *array = &p->arrays[k];
        if (array->checked && !gpu_read(gpu, buffers[k], array->result, array->bytes)) {
            return "not read";
        }
    }
    return c->check(p);
}

static void report(FILE *results, Gpu *gpu, const Case *c, const Problem *p, Entry *entry,
                   const char *wrong) {
    const Variant *v = &entry->variant;
    double median = entry->median, least = median;
    for (unsigned k = 0; k < entry->count; k++) {
        least = entry->times[k] < least ? entry->times[k] : least;
    }
    double rate = p->flops > 0 ? p->flops / median * 1e-3 : p->bytes / median;
    printf("%-14s %-7s %-7s %-6s %-32s %10.4f ms  %9.2f %-8s %s\n", c->name, v->api, v->impl,
           v->bounds, v->constants, median * 1e-6, rate, p->flops > 0 ? "TFLOP/s" : "GB/s",
           wrong != NULL ? wrong : "");
    fflush(stdout);
    fprintf(results,
            "{\"case\": \"%s\", \"api\": \"%s\", \"impl\": \"%s\", \"bounds\": \"%s\", \"note\": "
            "\"%s\", "
            "\"constants\": \"%s\", \"n\": %llu, \"ns\": %.0f, \"least_ns\": %.0f, \"runs\": %u, "
            "\"bytes\": %.0f, \"flops\": %.0f, \"wrong\": \"%s\", \"device\": \"%s\"}\n",
            c->name, v->api, v->impl, v->bounds, v->note, v->constants, (unsigned long long)p->n,
            median, least, entry->count, p->bytes, p->flops, wrong != NULL ? wrong : "",
            gpu_name(gpu));
    fflush(results);
}

static bool upload(Gpu *gpu, const Problem *p, GpuBuffer **buffers) {
    for (unsigned k = 0; k < p->count; k++) {
        const Array *array = &p->arrays[k];
        buffers[k] = gpu_buffer(gpu, array->bytes);
        if (buffers[k] == NULL ||
            (array->data != NULL && !gpu_write(gpu, buffers[k], array->data, array->bytes))) {
            return false;
        }
    }
    return true;
}

static void run_case(Gpu *gpu, GpuApi api, const char *api_name, const char *folder, const Case *c,
                     FILE *results) {
    static Entry entries[MAX_VARIANTS];
    unsigned count = read_variants(folder, api_name, c->name, entries);
    if (count == 0) {
        return;
    }
    Problem problem = {.n = small ? c->small : c->full};
    c->make(&problem);
    GpuBuffer *buffers[16] = {0};
    if (upload(gpu, &problem, buffers)) {
        for (unsigned e = 0; e < count; e++) {
            prepare(gpu, api, folder, c, &problem, buffers, &entries[e]);
        }
        for (unsigned round = 0; round < ROUNDS; round++) {
            for (unsigned e = 0; e < count; e++) {
                if (entries[e].run != NULL) {
                    time_entry(gpu, &entries[e]);
                }
            }
        }
        for (unsigned e = 0; e < count; e++) {
            const char *wrong =
                entries[e].run == NULL ? "not run" : check(gpu, c, &problem, buffers, &entries[e]);
            report(results, gpu, c, &problem, &entries[e], wrong);
            if (entries[e].run != NULL) {
                gpu_run_destroy(gpu, entries[e].run);
            }
        }
    }
    for (unsigned k = 0; k < problem.count; k++) {
        gpu_buffer_free(gpu, buffers[k]);
        free(problem.arrays[k].data);
        free(problem.arrays[k].result);
    }
}

static bool wanted(const char *name, char **names, int count) {
    bool found = count == 0;
    for (int i = 0; i < count; i++) {
        found |= strcmp(names[i], name) == 0;
    }
    return found;
}

int main(int argc, char **argv) {
    static const char *const apis[] = {"vulkan", "opencl", "cuda"};
    int api = 0, first = 4;
    while (api < 3 && argc > 3 && strcmp(argv[2], apis[api]) != 0) {
        api++;
    }
    FILE *results = argc > 3 ? fopen(argv[3], "a") : NULL;
    if (api == 3 || results == NULL) {
        fprintf(stderr, "usage: gpu-bench FOLDER vulkan|opencl|cuda RESULTS.jsonl [--small] "
                        "[--seconds S] [CASE...]\n");
        return 2;
    }
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "--small") == 0) {
            small = true;
        } else if (strcmp(argv[first], "--seconds") == 0 && first + 1 < argc) {
            seconds_each = atof(argv[++first]);
        }
    }
    Gpu *gpu = gpu_open((GpuApi)api);
    if (gpu == NULL) {
        printf("%s: no device\n", apis[api]);
        return 5;
    }
    printf("%s: %s\n", apis[api], gpu_name(gpu));
    for (unsigned c = 0; c < case_count; c++) {
        if (wanted(cases[c].name, argv + first, argc - first)) {
            run_case(gpu, (GpuApi)api, apis[api], argv[1], &cases[c], results);
        }
    }
    gpu_close(gpu);
    fclose(results);
    return 0;
}
