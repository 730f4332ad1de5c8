/* cases.h: the kernels of the benchmark: their data, their dispatches, and how their results are checked. */
#ifndef BENCH_GPU_CASES_H
#define BENCH_GPU_CASES_H

#include "bench/gpu/gpu.h"

enum { CASE_MAX_ARRAYS = 8 };

typedef struct Array {
    uint64_t bytes;
    void *data;   /* what the host wrote; NULL: the kernel fills it */
    bool checked; /* read back into `result` */
    void *result;
} Array;

typedef struct Problem {
    uint64_t n; /* elements, or the side of a square or a cube */
    Array arrays[CASE_MAX_ARRAYS + 1];
    unsigned count;
    double bytes, flops; /* what the kernel cannot do without */
} Problem;

/* A kernel compiled with certain constants: "BLOCK=256,COPIES=8". */
typedef struct Variant {
    char api[16], bounds[16], impl[16], constants[96], folder[160], note[16];
} Variant;

typedef struct Case {
    const char *name;
    uint64_t full, small; /* n on a GPU, and on a software driver */
    void (*make)(Problem *);
    unsigned (*plan)(const Problem *, const Variant *, GpuStep *);
    /* NULL: right; else what is wrong. */
    const char *(*check)(const Problem *);
} Case;

extern const Case cases[];
extern const unsigned case_count;

/* The value of a constant of a variant. */
unsigned variant_constant(const Variant *variant, const char *name, unsigned otherwise);

#endif
