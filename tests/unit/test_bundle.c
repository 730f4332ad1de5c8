/* Bundles: what is written is read back; every byte of one is changed to every other value, with the hashes as they were and
 * with hashes that were put right; every length it could be cut to; what a device needs of a kernel comes from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/bundle.h"
#include "tests/fuzz/bundle_walk.h"

static int failures;
static Arena arena;

static bool check(bool fine, int line, const char *what) {
    if (!fine) {
        failures++;
        printf("%s:%d: %s\n", __FILE__, line, what);
    }
    return fine;
}
#define CHECK(condition) check((condition), __LINE__, #condition)

/* ---- the hash ---- */

/* Published values: xxHash's own tests (tests/sanity_test_vectors.h) and documentation. */
static void test_hash(void) {
    CHECK(vgpu_hash((const unsigned char *)"", 0) == 0xEF46DB3751D8E999ull);
    CHECK(vgpu_hash((const unsigned char *)"a", 1) == 0xD24EC4F1A98C6E5Bull);
    CHECK(vgpu_hash((const unsigned char *)"abc", 3) == 0x44BC2CF5AD770999ull);
    const char *text = "Call me Ishmael. Some years ago--never mind how long precisely-";
    CHECK(vgpu_hash((const unsigned char *)text, 63) == 0x02A2E85470D6FD96ull);
}

/* ---- a bundle ---- */

static const char source[] = "/// A mass at a place.\n"
                             "form Body { pos: f32x3, mass: f32 }\n"
                             "const SCALE: f32 = 2.0;\n"
                             "#[spec(3)] const TILE: u32 = 8;\n"
                             "/// Moves all of them.\n"
                             "#[workgroup(8)]\n"
                             "kernel advance(bodies: Buffer<Body>, dt: f32, n: u32) {\n"
                             "    if i < n { bodies[i].mass = bodies[i].mass + dt * SCALE; }\n"
                             "}\n"
                             "#[workgroup(TILE)]\n"
                             "kernel sums(x: Buffer<u32>, out: Buffer<u32>) {\n"
                             "    shared part: [u32; TILE];\n"
                             "    part[local_id.x] = x[i];\n"
                             "    barrier();\n"
                             "    out[i] = part[0];\n"
                             "}\n";

/* What the command line makes of it; aligned, malloc'ed. */
static unsigned char *make_bundle(const char *path, char **extra, int extra_count, size_t *size) {
    char *argv[16] = {"vittec-gpu", (char *)(uintptr_t)path, "-o", "t.vgpu", "-j7"};
    int argc = 5;
    for (int i = 0; i < extra_count; i++) {
        argv[argc++] = extra[i];
    }
    Options options;
    Text error = {.arena = &arena}, bytes = {.arena = &arena};
    SourceMap sources = {.arena = &arena};
    if (options_parse(&options, &arena, argc, argv, &error) != STATUS_FINE ||
        bundle_make(&bytes, &options, &sources) != STATUS_FINE) {
        printf("no bundle: %s\n", text_get(&error));
        exit(1);
    }
    unsigned char *copy = malloc(bytes.length);
    memcpy(copy, bytes.data, bytes.length);
    *size = bytes.length;
    return copy;
}

static char *write_source(const char *text) {
    const char *folder = getenv("TMPDIR");
    char *path = arena_printf(&arena, "%s/vittec-bundle-%ld.vt", folder != NULL ? folder : "/tmp",
                              (long)getpid());
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0) {
        printf("cannot write %s\n", path);
        exit(1);
    }
    return path;
}

/* ---- what is in it ---- */

static void test_contents(const unsigned char *bytes, size_t size) {
    VgpuView view;
    VgpuKernel kernel;
    CHECK(vgpu_view_open(&view, bytes, size) == NULL);
    CHECK(view.kernel_count == 4); /* two kernels, the source's values and one variant */
    CHECK(strcmp(vgpu_entry_name(&view, 0), "advance") == 0);
    CHECK(strcmp(vgpu_entry_variant(&view, 0), "") == 0);
    CHECK(strcmp(vgpu_entry_variant(&view, 1), "TILE=16") == 0);
    CHECK(vgpu_view_find(&view, "sums", "TILE=16") == 3);
    CHECK(vgpu_view_find(&view, "sums", "TILE=17") == 4);
    CHECK(vgpu_view_find(&view, "", "") == 4);

    CHECK(vgpu_view_kernel(&view, 0, &kernel) == NULL);
    CHECK(strcmp(vgpu_text(kernel.record, kernel.record.bytes + VGPU_KERNEL_DOC),
                 "Moves all of them.") == 0);
    CHECK(kernel.params.count == 3 && kernel.targets.count == 3);
    CHECK(vgpu_get(&kernel.params, 0, VGPU_PARAM_SIZE) == 16);
    CHECK(vgpu_get(&kernel.params, 0, VGPU_PARAM_ACCESS) == (VGPU_READ | VGPU_WRITE));
    CHECK(vgpu_get(&kernel.params, 2, VGPU_PARAM_OFFSET) == 4);
    uint32_t body = vgpu_get(&kernel.params, 0, VGPU_PARAM_TYPE);
    CHECK(vgpu_get(&kernel.types, body, VGPU_TYPE_KIND) == VGPU_TYPE_IS_FORM);
    uint32_t field = vgpu_get(&kernel.types, body, VGPU_TYPE_FIELD);
    CHECK(vgpu_get(&kernel.fields, field + 1, VGPU_FIELD_OFFSET) == 12);
    /* `advance` knows nothing of TILE: one record and one piece of code for both */
    const unsigned char *first = view.index.bytes + VGPU_INDEX_BYTES;
    CHECK(vgpu_u64(first + VGPU_ENTRY_RECORD) ==
          vgpu_u64(first + VGPU_ENTRY_BYTES + VGPU_ENTRY_RECORD));

    CHECK(vgpu_view_kernel(&view, 3, &kernel) == NULL);
    CHECK(kernel.specs.count == 1 && vgpu_get(&kernel.specs, 0, VGPU_SPEC_ID) == 3);
    CHECK(vgpu_get64(&kernel.specs, 0, VGPU_SPEC_VALUE) == 16);
    CHECK(vgpu_head(&kernel, VGPU_KERNEL_WORKGROUP) == 16);
    CHECK(vgpu_head(&kernel, VGPU_KERNEL_WORKGROUP_SPEC) == 1);
    CHECK(vgpu_u64(kernel.record.bytes + VGPU_KERNEL_SHARED_BYTES) == 64);
}

/* ---- the runtime ---- */

typedef struct {
    VtgInstance *instance;
    VtgDevice *device;
    char last[512]; /* what the log said last */
} Host;

static void hear(void *user, VtgLogLevel level, const char *message) {
    Host *host = user;
    if (level == VTG_LOG_ERROR) {
        snprintf(host->last, sizeof host->last, "%s", message);
    }
}

static void open_host(Host *host) {
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = "null";
    desc.log = hear;
    desc.log_user = host;
    CHECK(vtg_instance_create(&desc, &host->instance) == VTG_OK);
    CHECK(vtg_device_create(host->instance, NULL, &host->device) == VTG_OK);
}

static VtgStatus create(Host *host, VtgBundle *bundle, const char *name, const char *variant,
                        const char *target, const VtgSpecConstant *spec) {
    VtgKernel *kernel;
    VtgBundleKernelDesc desc = VTG_BUNDLE_KERNEL_DESC_INIT;
    desc.name = name;
    desc.variant = variant;
    desc.target = target;
    desc.specs = spec;
    desc.spec_count = spec != NULL;
    VtgStatus status = vtg_bundle_kernel_create(host->device, bundle, &desc, &kernel);
    vtg_kernel_destroy(kernel);
    return status;
}

static void test_runtime(Host *host, const unsigned char *bytes, size_t size) {
    VtgBundle *bundle;
    VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
    CHECK(vtg_bundle_open(host->instance, &desc, &bundle) == VTG_ERROR_INVALID_ARGUMENT);
    desc.path = "/no/such/file.vgpu";
    CHECK(vtg_bundle_open(host->instance, &desc, &bundle) == VTG_ERROR_FILE && bundle == NULL);
    desc.path = "/";
    CHECK(vtg_bundle_open(host->instance, &desc, &bundle) == VTG_ERROR_FILE);
    desc = (VtgBundleDesc)VTG_BUNDLE_DESC_INIT;
    desc.data = bytes + 1;
    desc.size = size;
    CHECK(vtg_bundle_open(host->instance, &desc, &bundle) == VTG_ERROR_INVALID_ARGUMENT);
    desc.data = bytes;
    if (!CHECK(vtg_bundle_open(host->instance, &desc, &bundle) == VTG_OK)) {
        return;
    }
    CHECK(vtg_bundle_kernel_name(bundle, 4) == NULL);
    CHECK(create(host, bundle, "advance", NULL, NULL, NULL) == VTG_OK);
    CHECK(create(host, bundle, "sums", "TILE=16", "wgsl", NULL) == VTG_OK);
    CHECK(create(host, bundle, "none", NULL, NULL, NULL) == VTG_ERROR_NOT_FOUND);
    CHECK(strstr(host->last, "no kernel `none`") != NULL);
    CHECK(create(host, bundle, "advance", "TILE=9", NULL, NULL) == VTG_ERROR_NOT_FOUND);
    CHECK(create(host, bundle, "advance", NULL, "opencl-c1.2", NULL) == VTG_ERROR_NOT_FOUND);
    VtgSpecConstant spec;
    CHECK(vtg_bundle_spec(bundle, "advance", NULL, "TILE", &spec) == VTG_ERROR_NOT_FOUND);
    CHECK(vtg_bundle_spec(bundle, "sums", NULL, "TILE", &spec) == VTG_OK);
    CHECK(spec.id == 3 && spec.size == 4 && spec.value == 8 && spec.kind == VTG_SPEC_UNSIGNED);
    spec.value = 0;
    CHECK(create(host, bundle, "sums", NULL, NULL, &spec) == VTG_ERROR_INVALID_ARGUMENT);
    spec.value = 4096; /* the null device takes 1024 */
    CHECK(create(host, bundle, "sums", NULL, NULL, &spec) == VTG_ERROR_LIMIT);
    spec.value = 1024;
    CHECK(create(host, bundle, "sums", NULL, NULL, &spec) == VTG_OK);
    CHECK(create(host, bundle, "advance", NULL, NULL, &spec) == VTG_ERROR_INVALID_ARGUMENT);
    CHECK(create(host, bundle, "sums", NULL, "wgsl", &spec) == VTG_OK);
    CHECK(create(host, bundle, "sums", NULL, "msl2.4", &spec) == VTG_ERROR_UNSUPPORTED);
    CHECK(strstr(host->last, "has its default") != NULL);
    CHECK(create(host, bundle, "sums", "TILE=16", "msl2.4", NULL) == VTG_OK);
    spec.value = 8;
    CHECK(create(host, bundle, "sums", NULL, "msl2.4", &spec) == VTG_OK);
    vtg_bundle_destroy(bundle);
}

/* ---- damage ---- */

/* Which bytes mean something; what lies between pieces does not. */
static void cover(unsigned char *covered, const unsigned char *bytes, size_t size) {
    VgpuView view;
    VgpuKernel kernel;
    CHECK(vgpu_view_open(&view, bytes, size) == NULL);
    memset(covered, 1, VGPU_HEAD_BYTES + vgpu_view_section_count(&view) * VGPU_SECTION_BYTES);
    memset(covered + (view.info.bytes - bytes), 1, view.info.size);
    memset(covered + (view.index.bytes - bytes), 1, view.index.size);
    for (uint32_t i = 0; i < view.kernel_count; i++) {
        CHECK(vgpu_view_kernel(&view, i, &kernel) == NULL);
        memset(covered + (kernel.record.bytes - bytes), 1, kernel.record.size);
        for (uint32_t t = 0; t < kernel.targets.count; t++) {
            VgpuBlock blob;
            CHECK(vgpu_view_blob(&view, &kernel, t, &blob) == NULL);
            memset(covered + (blob.bytes - bytes), 1, blob.size);
        }
    }
}

/* The bytes with one changed: as they are, and with the hashes put right, so that readers look further. */
static void try_byte(Host *host, unsigned char *copy, size_t size, size_t at, bool is_covered) {
    if (walk_view(copy, size) == is_covered) {
        failures++;
        printf("byte %zu is %02x: %s\n", at, copy[at], is_covered ? "accepted" : "refused");
    }
    walk_runtime(host->instance, host->device, copy, size);
    walk_repair(copy, size);
    walk_view(copy, size);
    walk_runtime(host->instance, host->device, copy, size);
    walk_dispatches(host->instance, host->device, copy, size);
}

/* Each aligned word of each record with numbers whose sums wrap, and hashes that are right. */
static void test_numbers(Host *host, const unsigned char *bytes, size_t size) {
    static const uint32_t numbers[] = {UINT32_MAX,     UINT32_MAX - 1, UINT32_MAX - 3,
                                       UINT32_MAX - 7, INT32_MAX,      16u << 20};
    VgpuView view;
    VgpuKernel kernel;
    unsigned char *copy = malloc(size);
    CHECK(vgpu_view_open(&view, bytes, size) == NULL);
    for (uint32_t i = 0; i < view.kernel_count; i++) {
        CHECK(vgpu_view_kernel(&view, i, &kernel) == NULL);
        for (size_t at = 0; at + 4 <= kernel.record.size; at += 4) {
            for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
                memcpy(copy, bytes, size);
                memcpy(copy + (kernel.record.bytes - bytes) + at, &numbers[k], 4);
                walk_repair(copy, size);
                walk_dispatches(host->instance, host->device, copy, size);
            }
        }
    }
    free(copy);
}

/* Every byte, with every other value, or with those that are most likely to be taken for something else. */
static bool is_tried(unsigned was, unsigned now, bool all) {
    unsigned change = was ^ now;
    return change != 0 &&
           (all || change == 1 || change == 0x80 || change == 0xFF || now == 0 || now == 0xFF);
}

static void test_damage(Host *host, const unsigned char *bytes, size_t size, bool all) {
    unsigned char *covered = calloc(size, 1), *copy = malloc(size);
    cover(covered, bytes, size);
    for (size_t at = 0; at < size; at++) {
        for (unsigned now = 0; now < 256; now++) {
            if (is_tried(bytes[at], now, all)) {
                memcpy(copy, bytes, size);
                copy[at] = (unsigned char)now;
                try_byte(host, copy, size, at, covered[at] != 0);
            }
        }
    }
    for (size_t length = 0; length < size; length++) {
        unsigned char *cut = malloc(length + (length == 0)); /* so that sanitizers see its end */
        memcpy(cut, bytes, length);
        CHECK(!walk_view(cut, length));
        walk_repair(cut, length);
        walk_view(cut, length);
        free(cut);
    }
    free(copy);
    free(covered);
}

int main(void) {
    Host host = {0};
    size_t size, again, small_size, least_size;
    char *path = write_source(source);
    char *variants[] = {"--targets=vulkan,wgsl,msl", "--variant", "TILE=16", "-j", "1"};
    char *threads[] = {"--targets=vulkan,wgsl,msl", "--variant", "TILE=16"};
    char *few[] = {"--targets=wgsl"}; /* the time goes with the square of the length */
    unsigned char *bytes = make_bundle(path, variants, 5, &size);
    unsigned char *other = make_bundle(path, threads, 3, &again);
    unsigned char *small = make_bundle(path, few, 1, &small_size);
    write_source("kernel ones(x: Buffer<u32>) { x[i] = 1; }\n"); /* the same file */
    unsigned char *least = make_bundle(path, few, 1, &least_size);
    unlink(path);
    CHECK(size == again && memcmp(bytes, other, size) == 0);
    open_host(&host);
    test_hash();
    test_contents(bytes, size);
    test_runtime(&host, bytes, size);
    CHECK(walk_runtime(host.instance, host.device, bytes, size) == 4);
    test_numbers(&host, bytes, size);
    test_damage(&host, small, small_size, false);
    test_damage(&host, least, least_size, true);
    vtg_device_destroy(host.device);
    vtg_instance_destroy(host.instance);
    free(bytes);
    free(other);
    free(small);
    free(least);
    arena_release(&arena);
    return failures == 0 ? 0 : 1;
}
