/* test_runtime_apis.c: the runtime on devices of OpenCL and WebGPU, with kernels written by hand for each. The same on Vulkan:
 * test_runtime.c, test_runtime_kernels.c, test_runtime_order.c. On all of them: test_runtime_app.c, test_runtime_graph.c.
 * Exit 0: fine, 1: not, 77: there is no such device.
 *
 * A shadow in host memory says what must be in a buffer. */
#include "runtime_unit.h"

/* ---- Kernels ---- */

/* (a, b, out, k): out[i] = a[i] * k + b[i], as far as all three go */
#define ADD_CL                                                                                     \
    "kernel void main_(global const uint *a, global const uint *b, global uint *out, uint k,\n"    \
    "                  uint a_len, uint b_len, uint out_len) {\n"                                  \
    "    uint i = get_global_id(0);\n"                                                             \
    "    if (i < a_len && i < b_len && i < out_len) { out[i] = a[i] * k + b[i]; }\n}\n"
#define ADD_WGSL                                                                                   \
    "struct Values { k: u32, a_len: u32, b_len: u32, out_len: u32 }\n"                             \
    "@group(0) @binding(0) var<storage, read> a: array<u32>;\n"                                    \
    "@group(0) @binding(1) var<storage, read> b: array<u32>;\n"                                    \
    "@group(0) @binding(2) var<storage, read_write> out: array<u32>;\n"                            \
    "@group(0) @binding(3) var<uniform> v: Values;\n"                                              \
    "@compute @workgroup_size(64) fn main_(@builtin(global_invocation_id) id: vec3<u32>) {\n"      \
    "    let i = id.x;\n"                                                                          \
    "    if (i < v.a_len && i < v.b_len && i < v.out_len) { out[i] = a[i] * v.k + b[i]; }\n}\n"

/* the same parameters: out[0..4] = the lengths, and a specialisation constant */
#define TELL_CL                                                                                    \
    "#ifndef VTG_SPEC_7\n#define VTG_SPEC_7 5\n#endif\n"                                           \
    "kernel void main_(global const uint *a, global const uint *b, global uint *out, uint k,\n"    \
    "                  uint a_len, uint b_len, uint out_len) {\n"                                  \
    "    if (get_global_id(0) == 0 && out_len > 3) {\n"                                            \
    "        out[0] = a_len; out[1] = b_len; out[2] = out_len; out[3] = (uint)VTG_SPEC_7;\n"       \
    "    }\n}\n"
#define TELL_WGSL                                                                                  \
    "@id(7) override spec: i32 = 5;\n"                                                             \
    "struct Values { k: u32, a_len: u32, b_len: u32, out_len: u32 }\n"                             \
    "@group(0) @binding(2) var<storage, read_write> out: array<u32>;\n"                            \
    "@group(0) @binding(3) var<uniform> v: Values;\n"                                              \
    "@compute @workgroup_size(64) fn main_(@builtin(global_invocation_id) id: vec3<u32>) {\n"      \
    "    if (id.x == 0 && v.out_len > 3) {\n"                                                      \
    "        out[0] = v.a_len; out[1] = v.b_len; out[2] = v.out_len; out[3] = u32(spec);\n"        \
    "    }\n}\n"

static const VtgParam abc_params[] = {
    {.name = "a", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
    {.name = "b", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
    {.name = "out", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_WRITE, .stride = 4},
    {.name = "k", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 0},
    {.kind = VTG_PARAM_LENGTH, .offset = 4, .of_param = 0},
    {.kind = VTG_PARAM_LENGTH, .offset = 8, .of_param = 1},
    {.kind = VTG_PARAM_LENGTH, .offset = 12, .of_param = 2},
};

typedef struct Source {
    const char *label, *opencl, *wgsl;
    const VtgParam *params;
    uint32_t param_count, block_bytes;
    VtgValueBlock block; /* of WGSL */
} Source;

static const Source add_source = {
    "add", ADD_CL, ADD_WGSL, abc_params, COUNT(abc_params), 16, VTG_VALUES_UNIFORM_BUFFER};
static const Source tell_source = {
    "tell", TELL_CL, TELL_WGSL, abc_params, COUNT(abc_params), 16, VTG_VALUES_UNIFORM_BUFFER};
static const Source bad_source = {"bad",
                                  "kernel void main_(nonsense *x) {}",
                                  "fn main_() -> ;",
                                  step_params,
                                  COUNT(step_params),
                                  8,
                                  VTG_VALUES_STORAGE_BUFFER};

typedef struct Test {
    Host *host;
    VtgDevice *device;
    bool is_webgpu;
    VtgKernel *add, *step;
} Test;

static VtgStatus make_kernel(const Test *t, const Source *source, const VtgSpecConstant *spec,
                             VtgKernel **kernel) {
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.label = source->label;
    desc.code_format = t->is_webgpu ? VTG_CODE_WGSL : VTG_CODE_OPENCL_C;
    desc.code = t->is_webgpu ? source->wgsl : source->opencl;
    desc.code_size = strlen(desc.code);
    desc.entry = "main_"; /* `main` is none of OpenCL C */
    desc.workgroup_size[0] = 64;
    desc.params = source->params;
    desc.param_count = source->param_count;
    desc.value_block = t->is_webgpu ? source->block : VTG_VALUES_PUSH_CONSTANTS;
    desc.value_block_bytes = source->block_bytes;
    desc.specs = spec;
    desc.spec_count = spec != NULL;
    return vtg_kernel_create(t->device, &desc, kernel);
}

/* ---- Helpers ---- */

static bool holds(VtgBuffer *buffer, const void *shadow, uint64_t size) {
    char *got = malloc((size_t)size + 1);
    bool same =
        vtg_buffer_read(buffer, 0, got, size) == VTG_OK && memcmp(got, shadow, (size_t)size) == 0;
    free(got);
    return same;
}

static VtgArg part(VtgBuffer *buffer, uint64_t offset, uint64_t size) {
    VtgArg arg = vtg_arg_buffer(buffer);
    arg.offset = offset;
    arg.size = size;
    return arg;
}

/* ---- Tests ---- */

/* Any byte may be where a range begins and ends. */
static void test_bytes(Test *t) {
    enum { SIZE = 301, ROUNDS = 60 };
    unsigned char shadow[2][SIZE], data[SIZE];
    VtgBuffer *buffers[2];
    uint32_t seed = 1;
    for (int b = 0; b < 2; b++) {
        memset(shadow[b], 17 * b, SIZE);
        buffers[b] = filled_buffer(t->device, b ? "second" : "first", SIZE, shadow[b]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t offset = next(&seed) % SIZE, size = next(&seed) % (SIZE - offset) + 1;
        uint32_t from = next(&seed) % (SIZE - size + 1), b = next(&seed) % 2;
        for (uint32_t i = 0; i < size; i++) {
            data[i] = (unsigned char)next(&seed);
        }
        switch (round % 4) {
        case 0:
            CHECK_OK(vtg_buffer_write(buffers[b], offset, data, size));
            memcpy(shadow[b] + offset, data, size);
            break;
        case 1:
            memset(data, 0, sizeof data);
            CHECK_OK(vtg_buffer_read(buffers[b], offset, data, size));
            CHECK(memcmp(data, shadow[b] + offset, size) == 0);
            break;
        case 2: {
            VtgCommands *commands = NULL;
            CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
            CHECK_OK(vtg_commands_copy(commands, buffers[!b], from, buffers[b], offset, size));
            memcpy(shadow[b] + offset, shadow[!b] + from, size);
            if (size <= SIZE / 2) { /* within one, between its ends */
                CHECK_OK(vtg_commands_copy(commands, buffers[b], 0, buffers[b], SIZE - size, size));
                memcpy(shadow[b] + SIZE - size, shadow[b], size);
            }
            CHECK_OK(vtg_submit(commands, NULL));
            vtg_commands_destroy(commands);
            break;
        }
        default: { /* words, and what is left at the end */
            uint32_t first = offset & ~3u, word = 0x01020304u * (uint32_t)round;
            CHECK_OK(vtg_buffer_fill(buffers[b], first, SIZE - first, word));
            for (uint32_t i = first; i < SIZE; i++) {
                shadow[b][i] = (unsigned char)(word >> (i % 4 * 8));
            }
        }
        }
        CHECK(holds(buffers[b], shadow[b], SIZE));
    }
    CHECK_STATUS(vtg_buffer_write(buffers[0], SIZE, data, 1), VTG_ERROR_OUT_OF_RANGE);
    CHECK_STATUS(vtg_buffer_read(buffers[0], 1, data, SIZE), VTG_ERROR_OUT_OF_RANGE);
    vtg_buffer_destroy(buffers[0]);
    vtg_buffer_destroy(buffers[1]);
}

/* More than goes through staging at a time; and nothing. */
static void test_sizes(Test *t) {
    const uint64_t size = ((uint64_t)17 << 20) + 5;
    unsigned char *data = malloc((size_t)size);
    for (uint64_t i = 0; i < size; i++) {
        data[i] = (unsigned char)(i * 7 + (i >> 13));
    }
    VtgBuffer *large = filled_buffer(t->device, "large", size, data);
    CHECK(holds(large, data, size));
    VtgBuffer *none = filled_buffer(t->device, "none", 0, NULL);
    CHECK(vtg_buffer_size(none) == 0);
    CHECK_OK(vtg_buffer_clear(none));
    CHECK_STATUS(vtg_buffer_write(none, 0, data, 1), VTG_ERROR_OUT_OF_RANGE);
    vtg_buffer_destroy(none);
    vtg_buffer_destroy(large);
    free(data);
}

/* Whole buffers, and ranges of one buffer that is read and written at once. */
static void test_dispatch(Test *t) {
    enum { N = 100 };
    uint32_t k = 3, align = vtg_device_get_info(t->device)->limits.buffer_offset_alignment;
    uint64_t stride = N * 4 > align ? (N * 4 + align - 1) / align * align : align;
    uint32_t a[N], b[N], shadow[N];
    for (uint32_t i = 0; i < N; i++) {
        a[i] = i * i;
        b[i] = 1000 - i;
        shadow[i] = a[i] * k + b[i];
    }
    VtgBuffer *one = filled_buffer(t->device, "one", stride * 3, NULL);
    CHECK_OK(vtg_buffer_write(one, 0, a, sizeof a));
    CHECK_OK(vtg_buffer_write(one, stride, b, sizeof b));
    CHECK_OK(vtg_buffer_fill(one, stride * 2, stride, 7));
    VtgArg args[] = {part(one, 0, sizeof a), part(one, stride, sizeof b),
                     part(one, stride * 2, sizeof shadow), vtg_arg_value(&k, 4)};
    CHECK_OK(run(t->device, t->add, N, args, 4));
    uint32_t got[N];
    CHECK_OK(vtg_buffer_read(one, stride * 2, got, sizeof got));
    CHECK(memcmp(got, shadow, sizeof got) == 0);
    CHECK(stride == sizeof shadow || word_at(one, (stride * 2 + sizeof shadow) / 4) == 7);

    args[2].size = 12; /* three elements are enough to see the bounds */
    CHECK_OK(vtg_buffer_fill(one, stride * 2, stride, 7));
    CHECK_OK(run(t->device, t->add, N, args, 4));
    CHECK(word_at(one, stride / 2 + 2) == shadow[2] && word_at(one, stride / 2 + 3) == 7);

    args[2] = args[1];
    CHECK_STATUS(run(t->device, t->add, N, args, 4), VTG_ERROR_OVERLAP);
    CHECK_STATUS(run(t->device, t->add, N, args, 3), VTG_ERROR_ARGUMENT_COUNT);
    args[2] = part(one, stride * 2, stride + 4);
    CHECK_STATUS(run(t->device, t->add, N, args, 4), VTG_ERROR_OUT_OF_RANGE);
    args[2] = part(one, stride * 2, 0);
    CHECK_OK(run(t->device, t->add, 0, args, 4)); /* nothing runs */
    CHECK(word_at(one, stride / 2 + 3) == 7);
    vtg_buffer_destroy(one);
}

static void tell(Test *t, const VtgSpecConstant *spec, const VtgArg *args, const uint32_t want[4]) {
    VtgKernel *kernel = NULL;
    if (CHECK_OK(make_kernel(t, &tell_source, spec, &kernel))) {
        CHECK_OK(run(t->device, kernel, 64, args, 4));
        CHECK(holds(args[2].buffer, want, 16));
    }
    vtg_kernel_destroy(kernel);
}

static void test_lengths(Test *t) {
    uint32_t k = 0;
    VtgBuffer *none = filled_buffer(t->device, "none", 0, NULL);
    VtgBuffer *odd = filled_buffer(t->device, "odd", 4 * 9 + 3, NULL); /* a part of an element */
    VtgBuffer *out = filled_buffer(t->device, "out", 4 * 70, NULL);
    VtgSpecConstant spec = {.id = 7, .size = 4, .value = 41};
    VtgArg args[] = {vtg_arg_buffer(none), vtg_arg_buffer(odd), vtg_arg_buffer(out),
                     vtg_arg_value(&k, 4)};
    tell(t, NULL, args, (const uint32_t[]){0, 9, 70, 5});
    tell(t, &spec, args, (const uint32_t[]){0, 9, 70, 41});
    args[1] = vtg_arg_buffer(none);
    spec.value = (uint32_t)-3;
    spec.kind = VTG_SPEC_SIGNED;
    tell(t, &spec, args, (const uint32_t[]){0, 0, 70, (uint32_t)-3});
    args[0] = args[1] = vtg_arg_buffer(odd); /* what is only read may be given twice */
    args[2] = vtg_arg_buffer(none);
    CHECK_OK(run(t->device, t->add, 64, args, 4));
    vtg_buffer_destroy(none);
    vtg_buffer_destroy(odd);
    vtg_buffer_destroy(out);
}

static void test_hazards(Test *t) {
    enum { N = 1000, ROUNDS = 20 };
    uint32_t one = 1, expected = 1;
    VtgBuffer *x = filled_buffer(t->device, "x", N * 4, NULL);
    VtgBuffer *y = filled_buffer(t->device, "y", N * 4, NULL);
    VtgBuffer *zero = filled_buffer(t->device, "zero", N * 4, NULL);
    CHECK_OK(vtg_buffer_clear(zero));
    VtgArg step[] = {vtg_arg_buffer(x), vtg_arg_value(&one, 4)};
    VtgArg back[] = {vtg_arg_buffer(y), vtg_arg_buffer(zero), vtg_arg_buffer(x),
                     vtg_arg_value(&one, 4)};
    VtgGrid grid = {N, 1, 1};
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 1));
    for (int i = 0; i < ROUNDS; i++) { /* step x; y = x; x = 9; x = y */
        CHECK_OK(vtg_commands_dispatch(commands, t->step, grid, step, 2));
        CHECK_OK(vtg_commands_copy(commands, x, 0, y, 0, N * 4));
        CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 9));
        CHECK_OK(vtg_commands_dispatch(commands, t->add, grid, back, 4));
        expected = stepped(expected, 1);
    }
    CHECK_STATUS(vtg_commands_copy(commands, x, 0, x, 4, 8), VTG_ERROR_OVERLAP);
    for (int again = 0; again < 2; again++) {
        CHECK_OK(vtg_submit(commands, NULL)); /* no event: reading waits for it */
        CHECK(word_at(x, 0) == expected && word_at(x, N - 1) == expected);
    }
    CHECK_STATUS(vtg_commands_fill(commands, x, 0, 4, 1), VTG_ERROR_BUSY);
    vtg_commands_destroy(commands);
    for (int i = 0; i < 50; i++) {
        CHECK_OK(vtg_dispatch(t->device, t->step, grid, step, 2, NULL));
    }
    CHECK(word_at(x, 3) == stepped(expected, 50));
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(zero);
}

static void test_events(Test *t) {
    enum { N = 4096 };
    uint32_t n = 20000;
    VtgBuffer *x = filled_buffer(t->device, "x", N * 4, NULL);
    CHECK_OK(vtg_buffer_fill(x, 0, N * 4, 1));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgEvent *events[3] = {NULL};
    VtgDispatchTiming timing;
    for (int i = 0; i < 3; i++) {
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, &events[i]));
    }
    n = 0; /* it was copied */
    VtgStatus first = vtg_event_poll(events[2]);
    CHECK(first == VTG_NOT_READY || first == VTG_OK);
    VtgStatus second = vtg_event_wait(events[2], 1000);
    CHECK(second == VTG_TIMEOUT || second == VTG_OK);
    CHECK_OK(vtg_event_wait(events[2], UINT64_C(60000000000)));
    CHECK_OK(vtg_event_poll(events[0])); /* what was before it has ended, too */
    CHECK(word_at(x, 0) == stepped(1, 60000) && word_at(x, N - 1) == stepped(1, 60000));
    bool timed = vtg_device_get_info(t->device)->timestamp_step_ns > 0;
    CHECK_STATUS(vtg_event_timing(events[1], 0, &timing), timed ? VTG_OK : VTG_ERROR_UNSUPPORTED);
    CHECK(timed == (timing.end_ns > timing.begin_ns));
    for (int i = 0; i < 3; i++) {
        vtg_event_destroy(events[i]);
    }
    vtg_buffer_destroy(x);
}

/* More dispatches than one set of WebGPU's queries is for. */
static void test_many_timings(Test *t) {
    enum { DISPATCHES = 2100 };
    uint32_t n = 1;
    VtgBuffer *x = filled_buffer(t->device, "x", 256, NULL);
    CHECK_OK(vtg_buffer_clear(x));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    for (int i = 0; i < DISPATCHES; i++) {
        CHECK_OK(vtg_commands_dispatch(commands, t->step, (VtgGrid){64, 1, 1}, args, 2));
    }
    CHECK_OK(vtg_submit(commands, &event));
    CHECK_OK(vtg_event_wait(event, UINT64_C(60000000000)));
    CHECK(word_at(x, 0) == stepped(0, DISPATCHES));
    bool timed = vtg_device_get_info(t->device)->timestamp_step_ns > 0;
    VtgDispatchTiming before = {0, 0}, timing;
    for (uint32_t i = 0; i < DISPATCHES && timed; i++) {
        CHECK_OK(vtg_event_timing(event, i, &timing));
        CHECK(timing.begin_ns >= before.begin_ns && timing.end_ns >= timing.begin_ns);
        CHECK(timing.begin_ns != 0);
        before = timing;
    }
    CHECK_STATUS(vtg_event_timing(event, DISPATCHES, &timing),
                 timed ? VTG_ERROR_OUT_OF_RANGE : VTG_ERROR_UNSUPPORTED);
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(x);
}

/* What a driver refuses is told in its words, and nothing is the worse for it. */
static void test_refusals(Test *t) {
    VtgKernel *kernel = NULL;
    CHECK_STATUS(make_kernel(t, &bad_source, NULL, &kernel), VTG_ERROR_BAD_KERNEL);
    CHECK(kernel == NULL && strstr(t->host->last, "`bad`") && strstr(t->host->last, "error"));
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = vtg_device_get_info(t->device)->limits.max_buffer_bytes + 1;
    VtgBuffer *buffer = NULL;
    CHECK_STATUS(vtg_buffer_create(t->device, &desc, &buffer), VTG_ERROR_LIMIT);
    test_dispatch(t);
}

/* Everything is let go of while the device works on it. */
static void test_lifetime(Test *t) {
    uint32_t n = 1000;
    VtgBuffer *x = filled_buffer(t->device, "x", 4096, NULL);
    CHECK_OK(vtg_buffer_clear(x));
    VtgKernel *kernel = NULL;
    CHECK_OK(make_step(t->device, &kernel));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgEvent *event = NULL;
    CHECK_OK(vtg_dispatch(t->device, kernel, (VtgGrid){1024, 1, 1}, args, 2, &event));
    CHECK_OK(vtg_dispatch(t->device, kernel, (VtgGrid){1024, 1, 1}, args, 2, NULL));
    vtg_kernel_destroy(kernel);
    vtg_buffer_destroy(x);
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    vtg_event_destroy(event);
}

static void *work(void *user) {
    Test *t = user;
    uint32_t n = 2;
    VtgBuffer *x = filled_buffer(t->device, "own", 4 * 100, NULL);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    for (uint32_t round = 0; round < 20; round++) {
        CHECK_OK(vtg_buffer_fill(x, 0, 4 * 100, round));
        CHECK_OK(run(t->device, t->step, 100, args, 2));
        CHECK(word_at(x, 99) == stepped(round, 2));
    }
    vtg_buffer_destroy(x);
    return NULL;
}

/* OpenCL's kernel objects are one thread's at a time: each has its own. */
static void test_threads(Test *t) {
    enum { THREADS = 4 };
    Test own[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        own[i] = *t;
        CHECK_OK(make_step(t->device, &own[i].step));
        CHECK(pthread_create(&threads[i], NULL, work, &own[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        vtg_kernel_destroy(own[i].step);
    }
}

static void test_device(Host *host, VtgInstance *instance, uint32_t index) {
    static const struct {
        const char *name;
        void (*run)(Test *);
    } tests[] = {
        {"bytes", test_bytes},          {"sizes", test_sizes},       {"dispatch", test_dispatch},
        {"lengths", test_lengths},      {"hazards", test_hazards},   {"events", test_events},
        {"timings", test_many_timings}, {"refusals", test_refusals}, {"lifetime", test_lifetime},
        {"threads", test_threads},
    };
    const VtgDeviceInfo *info = vtg_device_info(instance, index);
    VtgDeviceDesc desc = VTG_DEVICE_DESC_INIT;
    desc.index = index;
    Test t = {.host = host, .is_webgpu = strcmp(info->api, "webgpu") == 0};
    if (!CHECK_OK(vtg_device_create(instance, &desc, &t.device))) {
        return;
    }
    if (CHECK_OK(make_kernel(&t, &add_source, NULL, &t.add)) &&
        CHECK_OK(make_step(t.device, &t.step))) {
        for (size_t i = 0; i < COUNT(tests); i++) {
            int before = atomic_load(&failures);
            tests[i].run(&t);
            printf("%s %s, %s: %s\n", atomic_load(&failures) == before ? "ok  " : "FAIL", info->api,
                   info->name, tests[i].name);
        }
    }
    vtg_kernel_destroy(t.add);
    vtg_kernel_destroy(t.step);
    vtg_device_destroy(t.device);
}

int main(int argc, char **argv) {
    static const char *const apis[] = {"opencl", "webgpu"};
    uint32_t devices = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < COUNT(apis); i++) {
        Host host = HOST_INIT;
        host.print = argc > 1 && strcmp(argv[1], "-v") == 0;
        VtgInstanceDesc desc = host_desc(&host, apis[i]);
        VtgInstance *instance = NULL;
        VtgStatus opened = vtg_instance_create(&desc, &instance);
        CHECK(opened == VTG_OK || opened == VTG_ERROR_NO_DRIVER);
        for (uint32_t index = 0; index < vtg_device_count(instance); index++, devices++) {
            test_device(&host, instance, index);
        }
        vtg_instance_destroy(instance);
        CHECK(atomic_load(&host.live) == 0);
    }
    if (devices == 0) {
        printf("SKIP: no device of OpenCL or WebGPU\n");
    }
    return atomic_load(&failures) ? 1 : devices == 0 ? 77 : 0;
}
