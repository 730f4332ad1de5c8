/* cases.c: see cases.h. References are plain C, in double where the kernel computes in floats. */
#include "bench/gpu/cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned variant_constant(const Variant *variant, const char *name, unsigned otherwise) {
    size_t length = strlen(name);
    for (const char *at = variant->constants; *at != 0;) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            return (unsigned)strtoul(at + length + 1, NULL, 10);
        }
        at = strchr(at, ',');
        if (at == NULL) {
            break;
        }
        at++;
    }
    return otherwise;
}

/* ---- data ---- */

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint32_t random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

static float random_float(float low, float high) {
    return low + (high - low) * (float)(random_word() >> 8) * 0x1p-24f;
}

static void *add_array(Problem *p, uint64_t bytes, bool given, bool checked) {
    Array *array = &p->arrays[p->count++];
    array->bytes = bytes;
    array->checked = checked;
    array->data = given ? malloc(bytes) : NULL;
    array->result = checked ? malloc(bytes) : NULL;
    if ((given && array->data == NULL) || (checked && array->result == NULL)) {
        fprintf(stderr, "no memory for %llu bytes\n", (unsigned long long)bytes);
        exit(1);
    }
    return array->data;
}

static float *add_floats(Problem *p, uint64_t n, float low, float high) {
    float *data = add_array(p, n * 4, true, false);
    for (uint64_t i = 0; i < n; i++) {
        data[i] = random_float(low, high);
    }
    return data;
}

static uint32_t *add_words(Problem *p, uint64_t n) {
    uint32_t *data = add_array(p, n * 4, true, false);
    for (uint64_t i = 0; i < n; i++) {
        data[i] = random_word();
    }
    return data;
}

static void add_output(Problem *p, uint64_t bytes) {
    add_array(p, bytes, false, true);
}

static void add_scratch(Problem *p, uint64_t bytes) {
    add_array(p, bytes, false, false);
}

static const char *near_or(double difference, double reference, double limit, const char *what) {
    return difference <= limit * reference ? NULL : what; /* NaN is not near */
}

/* ---- plans ---- */

static GpuStep step(const char *kernel, unsigned local_x, unsigned local_y, uint64_t groups_x,
                    uint64_t groups_y, uint64_t groups_z) {
    GpuStep s = {.kernel = kernel,
                 .local = {local_x, local_y},
                 .groups = {(uint32_t)groups_x, (uint32_t)groups_y, (uint32_t)groups_z}};
    return s;
}

static void reads(GpuStep *s, unsigned array, unsigned stride) {
    s->args[s->arg_count++] = (GpuArg){array, stride, false};
}

static void writes(GpuStep *s, unsigned array, unsigned stride) {
    s->args[s->arg_count++] = (GpuArg){array, stride, true};
}

static void value(GpuStep *s, uint64_t word) {
    s->values[s->value_count++] = (uint32_t)word;
}

static void value_float(GpuStep *s, float number) {
    uint32_t word;
    memcpy(&word, &number, 4);
    value(s, word);
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

enum { MANY_GROUPS = 132 * 16 }; /* of kernels whose invocations take many elements */

/* ---- BabelStream ---- */

static const float scalar = 0.4f;

static void make_stream(Problem *p, unsigned inputs) {
    for (unsigned k = 0; k < inputs; k++) {
        add_floats(p, p->n, -1, 1);
    }
    add_output(p, p->n * 4);
    p->bytes = (double)p->n * 4 * (inputs + 1);
}

static void make_one(Problem *p) {
    make_stream(p, 1);
}

static void make_two(Problem *p) {
    make_stream(p, 2);
}

/* One element an invocation, or W=4. */
static unsigned plan_stream(const Problem *p, const Variant *v, GpuStep *steps, const char *one,
                            const char *four) {
    unsigned width = variant_constant(v, "W", 1);
    const char *kernel = width == 4 ? four : one;
    unsigned block = variant_constant(v, "BLOCK", 256);
    *steps = step(kernel, block, 1, p->n / width / block, 1, 1);
    for (unsigned k = 0; k + 1 < p->count; k++) {
        reads(steps, k, 4 * width);
    }
    writes(steps, p->count - 1, 4 * width);
    return 1;
}

#define PLAN_STREAM(name)                                                                          \
    static unsigned plan_##name(const Problem *p, const Variant *v, GpuStep *steps) {              \
        return plan_stream(p, v, steps, #name, #name "4");                                         \
    }
PLAN_STREAM(copy)
PLAN_STREAM(mul)
PLAN_STREAM(add)
PLAN_STREAM(triad)

/* Four elements an invocation, in buffers of single ones. */
static unsigned plan_copy_ones(const Problem *p, const Variant *v, GpuStep *steps) {
    unsigned block = variant_constant(v, "BLOCK", 256);
    *steps = step("copy_ones4", block, 1, p->n / 4 / block, 1, 1);
    reads(steps, 0, 4);
    writes(steps, 1, 4);
    return 1;
}

static const char *check_sum(const Problem *p, float of_first, float of_second) {
    const float *a = p->arrays[0].data, *b = p->count > 2 ? p->arrays[1].data : p->arrays[0].data;
    const float *out = p->arrays[p->count - 1].result;
    for (uint64_t i = 0; i < p->n; i++) {
        if (!(fabsf(out[i] - (of_first * a[i] + of_second * b[i])) <= 1e-6f)) {
            return "a wrong element";
        }
    }
    return NULL;
}

static const char *check_copy(const Problem *p) {
    return memcmp(p->arrays[0].data, p->arrays[1].result, p->n * 4) == 0 ? NULL : "not a copy";
}

static const char *check_mul(const Problem *p) {
    return check_sum(p, scalar, 0);
}

static const char *check_add(const Problem *p) {
    return check_sum(p, 1, 1);
}

static const char *check_triad(const Problem *p) {
    return check_sum(p, 1, scalar);
}

static void make_dot(Problem *p) {
    add_floats(p, p->n, -1, 1);
    add_floats(p, p->n, 0, 1);
    add_output(p, MANY_GROUPS * 4);
    p->bytes = (double)p->n * 8;
}

static unsigned plan_dot(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)p;
    *steps = step("dot_sums", variant_constant(v, "BLOCK", 256), 1, MANY_GROUPS, 1, 1);
    reads(steps, 0, 4);
    reads(steps, 1, 4);
    writes(steps, 2, 4);
    return 1;
}

static const char *check_dot(const Problem *p) {
    const float *a = p->arrays[0].data, *b = p->arrays[1].data, *sums = p->arrays[2].result;
    double want = 0, sizes = 0, got = 0;
    for (uint64_t i = 0; i < p->n; i++) {
        want += (double)a[i] * b[i];
        sizes += fabs((double)a[i] * b[i]);
    }
    for (unsigned i = 0; i < MANY_GROUPS; i++) {
        got += (double)sums[i];
    }
    return near_or(fabs(got - want), sizes, 1e-6, "a wrong product");
}

/* ---- reduction ---- */

/* A sum for each workgroup, then by one workgroup the sum of those. Their number is a multiple of four: fours are read. */
static void make_reduction(Problem *p) {
    add_floats(p, p->n, 0, 1);
    add_scratch(p, MANY_GROUPS * 4);
    add_output(p, 4);
    p->bytes = (double)p->n * 4;
}

static unsigned plan_reduction(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)p;
    unsigned block = variant_constant(v, "BLOCK", 256);
    steps[0] = step("reduce", block, 1, MANY_GROUPS, 1, 1);
    reads(&steps[0], 0, 16);
    writes(&steps[0], 1, 4);
    steps[1] = step("reduce", block, 1, 1, 1, 1);
    reads(&steps[1], 1, 16);
    writes(&steps[1], 2, 4);
    return 2;
}

static const char *check_reduction(const Problem *p) {
    const float *x = p->arrays[0].data, *sum = p->arrays[2].result;
    double want = 0;
    for (uint64_t i = 0; i < p->n; i++) {
        want += (double)x[i];
    }
    return near_or(fabs((double)sum[0] - want), want, 1e-5, "a wrong sum");
}

/* ---- scan ---- */

static void make_scan(Problem *p) {
    add_words(p, p->n);
    add_output(p, p->n * 4);
    add_scratch(p, p->n / 1024 * 8);
    add_scratch(p, 4);
    p->bytes = (double)p->n * 8;
}

/* Two dispatches: inclusive sums of n numbers of array `in` to array `out`. */
static void plan_sums(const Variant *v, GpuStep *steps, unsigned in, unsigned out, unsigned tiles,
                      unsigned ticket, uint64_t n) {
    unsigned block = variant_constant(v, "BLOCK", 256);
    unsigned tile = block * 4 * variant_constant(v, "CHUNKS", 4);
    uint64_t tile_count = (n + tile - 1) / tile;
    steps[0] = step("scan_clear", 256, 1, (tile_count + 255) / 256, 1, 1);
    writes(&steps[0], tiles, 8);
    writes(&steps[0], ticket, 4);
    steps[1] = step("scan", block, 1, tile_count, 1, 1);
    reads(&steps[1], in, 16);
    writes(&steps[1], out, 16);
    writes(&steps[1], tiles, 8);
    writes(&steps[1], ticket, 4);
}

static unsigned plan_scan(const Problem *p, const Variant *v, GpuStep *steps) {
    plan_sums(v, steps, 0, 1, 2, 3, p->n);
    return 2;
}

static const char *check_scan(const Problem *p) {
    const uint32_t *x = p->arrays[0].data, *out = p->arrays[1].result;
    uint32_t sum = 0;
    for (uint64_t i = 0; i < p->n; i++) {
        sum += x[i];
        if (out[i] != sum) {
            return "a wrong sum";
        }
    }
    return NULL;
}

/* ---- histogram ---- */

static void make_histogram(Problem *p) {
    add_words(p, p->n / 4);
    add_output(p, 256 * 4);
    p->bytes = (double)p->n;
}

static unsigned plan_histogram(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)p;
    steps[0] = step("histogram_clear", 256, 1, 1, 1, 1);
    writes(&steps[0], 1, 4);
    steps[1] = step("histogram", variant_constant(v, "BLOCK", 256), 1,
                    variant_constant(v, "G", 132 * 4), 1, 1);
    reads(&steps[1], 0, 16);
    writes(&steps[1], 1, 4);
    return 2;
}

static const char *check_histogram(const Problem *p) {
    const uint8_t *x = p->arrays[0].data;
    uint32_t counts[256] = {0};
    for (uint64_t i = 0; i < p->n; i++) {
        counts[x[i]]++;
    }
    return memcmp(counts, p->arrays[1].result, sizeof counts) == 0 ? NULL : "a wrong count";
}

/* ---- transpose, stencil ---- */

static void make_transpose(Problem *p) {
    add_words(p, p->n * p->n);
    add_output(p, p->n * p->n * 4);
    p->bytes = (double)p->n * (double)p->n * 8;
}

static unsigned plan_transpose(const Problem *p, const Variant *v, GpuStep *steps) {
    static const char *const kernels[] = {"transposed", "transposed_flat", "transposed_wide",
                                          "transposed_down"};
    unsigned form = variant_constant(v, "FORM", 0);
    unsigned side = form == 2 ? 64 : 32, stride = form == 2 ? 16 : 4;
    *steps =
        step(kernels[form], form == 0 ? 32 : 256, form == 0 ? 8 : 1, p->n / side, p->n / side, 1);
    reads(steps, 0, stride);
    writes(steps, 1, stride);
    value(steps, p->n);
    return 1;
}

static const char *check_transpose(const Problem *p) {
    const uint32_t *a = p->arrays[0].data, *b = p->arrays[1].result;
    for (uint64_t block = 0; block < p->n; block += 32) {
        for (uint64_t x = 0; x < p->n; x++) {
            for (uint64_t y = block; y < block + 32; y++) {
                if (a[y * p->n + x] != b[x * p->n + y]) {
                    return "a wrong element";
                }
            }
        }
    }
    return NULL;
}

static void make_stencil(Problem *p) {
    uint64_t count = p->n * p->n * p->n;
    add_floats(p, count, -1, 1);
    add_output(p, count * 4);
    p->bytes = (double)count * 8;
}

static unsigned plan_stencil(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)v;
    *steps = step("stencil", 64, 4, p->n / 64, p->n / 4, p->n);
    reads(steps, 0, 4);
    writes(steps, 1, 4);
    value(steps, p->n);
    return 1;
}

static const char *check_stencil(const Problem *p) {
    const float *a = p->arrays[0].data, *b = p->arrays[1].result;
    uint64_t n = p->n;
    for (uint64_t z = 1; z < n - 1; z++) {
        for (uint64_t y = 1; y < n - 1; y++) {
            for (uint64_t at = (z * n + y) * n + 1; at < (z * n + y) * n + n - 1; at++) {
                float sum =
                    a[at - 1] + a[at + 1] + a[at - n] + a[at + n] + a[at - n * n] + a[at + n * n];
                if (!(fabsf(b[at] - (0.4f * a[at] + 0.1f * sum)) <= 1e-6f)) {
                    return "a wrong point";
                }
            }
        }
    }
    return NULL;
}

/* ---- spmv: rows of 16 to 48 elements in columns near the diagonal, as meshes have them ---- */

static void make_spmv(Problem *p) {
    uint32_t *starts = add_array(p, (p->n + 1) * 4, true, false);
    starts[0] = 0;
    for (uint64_t row = 0; row < p->n; row++) {
        starts[row + 1] = starts[row] + 16 + random_word() % 33;
    }
    uint64_t count = starts[p->n];
    uint32_t *columns = add_array(p, count * 4, true, false);
    for (uint64_t row = 0; row < p->n; row++) {
        for (uint32_t k = starts[row]; k < starts[row + 1]; k++) {
            columns[k] = (uint32_t)((row + p->n - 2048 + random_word() % 4096) % p->n);
        }
    }
    add_floats(p, count, -1, 1);
    add_floats(p, p->n, -1, 1);
    add_output(p, p->n * 4);
    p->bytes = (double)count * 8 + (double)p->n * 12;
}

static unsigned plan_spmv(const Problem *p, const Variant *v, GpuStep *steps) {
    unsigned block = variant_constant(v, "BLOCK", 256);
    *steps = step("spmv", block, 1, least(p->n, 132 * 64), 1, 1);
    for (unsigned k = 0; k < 4; k++) {
        reads(steps, k, 4);
    }
    writes(steps, 4, 4);
    return 1;
}

static const char *check_spmv(const Problem *p) {
    const uint32_t *starts = p->arrays[0].data, *columns = p->arrays[1].data;
    const float *values = p->arrays[2].data, *x = p->arrays[3].data, *y = p->arrays[4].result;
    for (uint64_t row = 0; row < p->n; row++) {
        double sum = 0;
        for (uint32_t k = starts[row]; k < starts[row + 1]; k++) {
            sum += (double)values[k] * (double)x[columns[k]];
        }
        if (!(fabs((double)y[row] - sum) <= 1e-4)) {
            return "a wrong row";
        }
    }
    return NULL;
}

/* ---- n-body: 20 operations an interaction, as is usual ---- */

static const float softening = 0.01f;

static void make_nbody(Problem *p) {
    add_floats(p, p->n * 4, 0.1f, 1);
    add_output(p, p->n * 16);
    p->flops = 20.0 * (double)p->n * (double)p->n;
}

static unsigned plan_nbody(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)v;
    *steps = step("nbody", 256, 1, p->n / 256, 1, 1);
    reads(steps, 0, 16);
    writes(steps, 1, 16);
    value_float(steps, softening);
    return 1;
}

static const char *check_nbody(const Problem *p) {
    const float (*body)[4] = p->arrays[0].data, (*out)[4] = p->arrays[1].result;
    for (unsigned k = 0; k < 64; k++) {
        uint64_t own = random_word() % p->n;
        double pull[3] = {0}, sizes = 0, off = 0;
        for (uint64_t other = 0; other < p->n; other++) {
            double d[3], square = (double)softening;
            for (int c = 0; c < 3; c++) {
                d[c] = (double)body[other][c] - (double)body[own][c];
                square += d[c] * d[c];
            }
            for (int c = 0; c < 3; c++) {
                pull[c] += d[c] * (double)body[other][3] / (square * sqrt(square));
                sizes += fabs(d[c] * (double)body[other][3] / (square * sqrt(square)));
            }
        }
        for (int c = 0; c < 3; c++) {
            off += fabs(pull[c] - (double)out[own][c]);
        }
        if (near_or(off, sizes, 1e-4, "") != NULL) {
            return "a wrong acceleration";
        }
    }
    return NULL;
}

/* ---- Black-Scholes ---- */

static void make_options(Problem *p) {
    add_floats(p, p->n, 5, 30);
    add_floats(p, p->n, 1, 100);
    add_floats(p, p->n, 0.25f, 10);
    add_output(p, p->n * 4);
    add_output(p, p->n * 4);
    p->bytes = (double)p->n * 20;
}

static unsigned plan_options(const Problem *p, const Variant *v, GpuStep *steps) {
    unsigned block = variant_constant(v, "BLOCK", 256);
    *steps = step("black_scholes", block, 1, p->n / block, 1, 1);
    for (unsigned k = 0; k < 5; k++) {
        (k < 3 ? reads : writes)(steps, k, 4);
    }
    return 1;
}

static double normal(double d) {
    return 0.5 * erfc(-d / sqrt(2.0));
}

static const char *check_options(const Problem *p) {
    const float *price = p->arrays[0].data, *strike = p->arrays[1].data, *years = p->arrays[2].data;
    const float *call = p->arrays[3].result, *put = p->arrays[4].result;
    for (uint64_t i = 0; i < p->n; i++) {
        if (isnan(call[i]) || isnan(put[i])) {
            return "not a number";
        }
    }
    for (unsigned k = 0; k < 100000; k++) {
        uint64_t i = random_word() % p->n;
        double s = (double)price[i], x = (double)strike[i], t = (double)years[i];
        double d1 = (log(s / x) + (0.02 + 0.045) * t) / (0.3 * sqrt(t)), d2 = d1 - 0.3 * sqrt(t);
        double discounted = x * exp(-0.02 * t);
        double want_call = s * normal(d1) - discounted * normal(d2);
        double want_put = discounted * normal(-d2) - s * normal(-d1);
        if (!(fabs((double)call[i] - want_call) <= 2e-4) ||
            !(fabs((double)put[i] - want_put) <= 2e-4)) {
            return "a wrong price";
        }
    }
    return NULL;
}

/* ---- radix sort: one step of four bits ---- */

enum { SHIFT = 8, LEAST_RADIX_TILE = 1024 };

static void make_radix(Problem *p) {
    uint64_t counts = p->n / LEAST_RADIX_TILE * 16;
    add_words(p, p->n);
    add_output(p, p->n * 4);
    add_scratch(p, counts * 4);
    add_scratch(p, counts * 4);
    add_scratch(p, (counts / 1024 + 1) * 8);
    add_scratch(p, 4);
    p->bytes = (double)p->n * 12;
}

static unsigned plan_radix(const Problem *p, const Variant *v, GpuStep *steps) {
    unsigned threads = variant_constant(v, "THREADS", 256);
    uint64_t tiles = p->n / (threads * variant_constant(v, "EACH", 16));
    steps[0] = step("radix_count", threads, 1, tiles, 1, 1);
    reads(&steps[0], 0, 16);
    writes(&steps[0], 2, 4);
    value(&steps[0], SHIFT);
    plan_sums(v, &steps[1], 2, 3, 4, 5, tiles * 16);
    steps[3] = step("radix_scatter", threads, 1, tiles, 1, 1);
    reads(&steps[3], 0, 4);
    reads(&steps[3], 2, 4);
    reads(&steps[3], 3, 4);
    writes(&steps[3], 1, 4);
    value(&steps[3], SHIFT);
    return 4;
}

static const char *check_radix(const Problem *p) {
    const uint32_t *keys = p->arrays[0].data, *out = p->arrays[1].result;
    uint64_t at[17] = {0};
    for (uint64_t i = 0; i < p->n; i++) {
        at[(keys[i] >> SHIFT & 15) + 1]++;
    }
    for (unsigned d = 1; d < 16; d++) {
        at[d] += at[d - 1];
    }
    for (uint64_t i = 0; i < p->n; i++) {
        if (out[at[keys[i] >> SHIFT & 15]++] != keys[i]) {
            return "a wrong key";
        }
    }
    return NULL;
}

/* ---- matrix products. The check: c x = a (b x) for a random x, all of it in double ---- */

static void make_matmul(Problem *p) {
    add_floats(p, p->n * p->n, -1, 1);
    add_floats(p, p->n * p->n, -1, 1);
    add_output(p, p->n * p->n * 4);
    p->flops = 2.0 * (double)p->n * (double)p->n * (double)p->n;
}

static unsigned plan_matmul_of(const Problem *p, const Variant *v, GpuStep *steps, const char *name,
                               unsigned stride) {
    unsigned bm = variant_constant(v, "BM", 128), bn = variant_constant(v, "BN", 128);
    unsigned each = variant_constant(v, "TM", 8) * variant_constant(v, "TN", 8);
    *steps = step(name, bm * bn / each, 1, p->n / bn, p->n / bm, 1);
    reads(steps, 0, stride);
    reads(steps, 1, stride);
    writes(steps, 2, stride);
    value(steps, p->n);
    value(steps, p->n);
    return 1;
}

static unsigned plan_simple(const Problem *p, GpuStep *steps, const char *name) {
    *steps = step(name, 16, 16, p->n / 16, p->n / 16, 1);
    reads(steps, 0, 4);
    reads(steps, 1, 4);
    writes(steps, 2, 4);
    value(steps, p->n);
    value(steps, p->n);
    return 1;
}

static unsigned plan_naive(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)v;
    return plan_simple(p, steps, "matmul_naive");
}

static unsigned plan_tiled(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)v;
    return plan_simple(p, steps, "matmul_tiled");
}

static unsigned plan_best(const Problem *p, const Variant *v, GpuStep *steps) {
    return plan_matmul_of(p, v, steps, "matmul_best", 16);
}

static unsigned plan_f16(const Problem *p, const Variant *v, GpuStep *steps) {
    return plan_matmul_of(p, v, steps, "matmul_f16", 8);
}

typedef double Element(const void *matrix, uint64_t at);

static double element_f32(const void *matrix, uint64_t at) {
    return (double)((const float *)matrix)[at];
}

static double element_f16(const void *matrix, uint64_t at) {
    uint16_t bits = ((const uint16_t *)matrix)[at];
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                                 : ldexp(exponent ? fraction + 1024 : fraction,
                                         (exponent ? exponent : 1) - 25);
    return bits >> 15 ? -size : size;
}

/* y = m x */
static void times(uint64_t n, const void *m, Element *element, const double *x, double *y) {
    for (uint64_t row = 0; row < n; row++) {
        y[row] = 0;
        for (uint64_t k = 0; k < n; k++) {
            y[row] += element(m, row * n + k) * x[k];
        }
    }
}

static const char *check_product(const Problem *p, Element *element, double limit) {
    uint64_t n = p->n;
    double *x = calloc(4 * n, sizeof *x), *bx = x + n, *abx = bx + n, *cx = abx + n;
    double difference = 0, size = 0;
    for (uint64_t i = 0; i < n; i++) {
        x[i] = (double)random_float(-1, 1);
    }
    times(n, p->arrays[1].data, element, x, bx);
    times(n, p->arrays[0].data, element, bx, abx);
    times(n, p->arrays[2].result, element, x, cx);
    for (uint64_t i = 0; i < n; i++) {
        difference += (cx[i] - abx[i]) * (cx[i] - abx[i]);
        size += abx[i] * abx[i];
    }
    free(x);
    return near_or(sqrt(difference), sqrt(size), limit, "a wrong product");
}

static const char *check_matmul(const Problem *p) {
    return check_product(p, element_f32, 1e-5);
}

/* Multiples of 1/1024 below 1: every one of them is an f16. */
static void make_f16(Problem *p) {
    for (int m = 0; m < 2; m++) {
        uint16_t *data = add_array(p, p->n * p->n * 2, true, false);
        for (uint64_t i = 0; i < p->n * p->n; i++) {
            uint32_t word = random_word();
            data[i] =
                (uint16_t)((word & 0x8000) | 14u << 10 | (word & 1023)); /* 0.5 to 1, either sign */
        }
    }
    add_output(p, p->n * p->n * 2);
    p->flops = 2.0 * (double)p->n * (double)p->n * (double)p->n;
}

static const char *check_f16(const Problem *p) {
    return check_product(p, element_f16, 5e-3);
}

/* ---- the ceiling of arithmetic: 2 * 4 lanes * 2 operations * 8 * 1024 rounds an invocation ---- */

static void make_peak(Problem *p) {
    add_output(p, p->n * 4);
    p->flops = (double)p->n * 2 * 4 * 2 * 8 * 1024;
}

static unsigned plan_peak(const Problem *p, const Variant *v, GpuStep *steps) {
    (void)v;
    *steps = step("peak", 256, 1, p->n / 256, 1, 1);
    writes(steps, 0, 4);
    value_float(steps, 0.5f);
    return 1;
}

/* x settles at 1, y at 0.5. */
static const char *check_peak(const Problem *p) {
    const float *out = p->arrays[0].result;
    for (uint64_t i = 0; i < p->n; i++) {
        if (!(fabsf(out[i] - 6) <= 1e-5f)) {
            return "a wrong number";
        }
    }
    return NULL;
}

#define M(count) ((uint64_t)(count) << 20)
// clang-format off
const Case cases[] = {
    {"peak",          M(2),   4096,    make_peak,      plan_peak,      check_peak},
    {"copy",          M(128), M(1),    make_one,       plan_copy,      check_copy},
    {"copy_ones",     M(128), M(1),    make_one,       plan_copy_ones, check_copy},
    {"mul",           M(128), M(1),    make_one,       plan_mul,       check_mul},
    {"add",           M(128), M(1),    make_two,       plan_add,       check_add},
    {"triad",         M(128), M(1),    make_two,       plan_triad,     check_triad},
    {"dot",           M(128), M(1),    make_dot,       plan_dot,       check_dot},
    {"reduction",     M(256), M(1),    make_reduction, plan_reduction, check_reduction},
    {"scan",          M(128), M(1),    make_scan,      plan_scan,      check_scan},
    {"histogram",     M(512), M(4),    make_histogram, plan_histogram, check_histogram},
    {"transpose",     8192,   512,     make_transpose, plan_transpose, check_transpose},
    {"stencil",       512,    64,      make_stencil,   plan_stencil,   check_stencil},
    {"spmv",          M(2),   16384,   make_spmv,      plan_spmv,      check_spmv},
    {"nbody",         131072, 1024,    make_nbody,     plan_nbody,     check_nbody},
    {"black_scholes", M(64),  M(1),    make_options,   plan_options,   check_options},
    {"radix_step",    M(64),  M(2),    make_radix,     plan_radix,     check_radix},
    {"matmul_naive",  4096,   128,     make_matmul,    plan_naive,     check_matmul},
    {"matmul_tiled",  4096,   128,     make_matmul,    plan_tiled,     check_matmul},
    {"matmul_best",   4096,   256,     make_matmul,    plan_best,      check_matmul},
    {"matmul_f16",    4096,   256,     make_f16,       plan_f16,       check_f16},
};
// clang-format on
const unsigned case_count = sizeof cases / sizeof *cases;
