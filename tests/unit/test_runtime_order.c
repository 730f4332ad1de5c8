/* test_runtime_order.c: what waits for what: hazards in lists, events, objects that outlive others, threads, and allocations that
 * fail. See runtime_devices.h. */
#include "tests/unit/runtime_devices.h"

/* Dispatches, copies and fills that depend on each other, in one list and across lists. */
static void test_hazards(Test *t) {
    enum { N = 4096, ROUNDS = 40 };
    VtgBuffer *x = filled_buffer(t->device, "x", N * 4, NULL);
    VtgBuffer *y = filled_buffer(t->device, "y", N * 4, NULL);
    VtgBuffer *z = filled_buffer(t->device, "z", N * 4, NULL);
    VtgGrid grid = {N, 1, 1};
    VtgArg on_x[] = {vtg_arg_buffer(x)};
    VtgArg xy[] = {vtg_arg_buffer(x), vtg_arg_buffer(y)};
    VtgArg zx[] = {vtg_arg_buffer(z), vtg_arg_buffer(x)};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.label = "chain";
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 1));
    uint32_t expected = 1;
    for (int i = 0; i < ROUNDS; i++) { /* step x; y = x; z = y; x = z; */
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.step, grid, on_x, 1));
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.copy, grid, xy, 2));
        CHECK_OK(vtg_commands_copy(commands, y, 0, z, 0, N * 4));
        CHECK_OK(vtg_commands_fill(commands, y, 0, N * 4, 0));
        CHECK_OK(vtg_commands_fill(commands, x, 0, N * 4, 0));
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.copy, grid, zx, 2));
        expected = expected * 3 + 1;
    }
    CHECK_STATUS(vtg_commands_copy(commands, x, 0, x, 4, 8), VTG_ERROR_OVERLAP);
    CHECK_STATUS(vtg_commands_copy(commands, x, 4, y, N * 4, 1), VTG_ERROR_OUT_OF_RANGE);
    CHECK_OK(vtg_commands_copy(commands, x, 0, x, 8, 8));
    CHECK_OK(vtg_submit(commands, NULL)); /* no event: reading waits for it */
    CHECK(word_at(x, 0) == expected && word_at(x, N - 1) == expected);
    CHECK(word_at(y, 5) == 0 && word_at(z, N / 2) == expected);

    CHECK_STATUS(vtg_commands_fill(commands, x, 0, 4, 1), VTG_ERROR_BUSY);
    CHECK_OK(vtg_submit(commands, NULL)); /* again, as it is */
    CHECK_OK(vtg_device_wait_idle(t->device));
    CHECK_OK(vtg_commands_reset(commands));
    CHECK_OK(vtg_commands_dispatch(commands, t->kernels.step, grid, on_x, 1));
    VtgEvent *event = NULL;
    CHECK_OK(vtg_submit(commands, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    CHECK(word_at(x, 17) == expected * 3 + 1);
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);

    /* submissions that follow each other without a wait; a write that must come after them all */
    expected = word_at(x, 3);
    for (int i = 0; i < 100; i++) {
        CHECK_OK(vtg_dispatch(t->device, t->kernels.step, grid, on_x, 1, NULL));
        expected = expected * 3 + 1;
    }
    CHECK_OK(vtg_dispatch(t->device, t->kernels.copy, grid, xy, 2, NULL));
    CHECK_OK(vtg_buffer_clear(x));
    CHECK(word_at(y, 3) == expected && word_at(x, 3) == 0);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(z);
}

/* Steps of `spin`: llvmpipe of Mesa 22 leaves every loop after 65535 rounds in all. */
enum { SPINS = 60000 };

static uint32_t spun(uint32_t x) {
    for (uint32_t i = 0; i < SPINS; i++) {
        x = x * 1664525 + 1013904223;
    }
    return x;
}

static void test_events(Test *t) {
    enum { N = 8192 };
    uint32_t n = SPINS, x = spun(1);
    VtgBuffer *buffer = filled_buffer(t->device, "spin", N * 4, NULL);
    CHECK_OK(vtg_buffer_fill(buffer, 0, N * 4, 1));
    VtgArg args[] = {vtg_arg_buffer(buffer), vtg_arg_value(&n, 4)};
    VtgGrid grid = {N, 1, 1};
    VtgEvent *event = NULL;
    VtgDispatchTiming timing = {1, 1};
    CHECK_OK(vtg_dispatch(t->device, t->kernels.spin, grid, args, 2, &event));
    n = 0; /* it was copied */
    VtgStatus first = vtg_event_poll(event);
    VtgStatus second = vtg_event_wait(event, 1000);
    VtgStatus third = vtg_event_timing(event, 0, &timing);
    bool quick = first == VTG_OK; /* a driver may run it inside the submission */
    CHECK(first == VTG_NOT_READY || quick);
    CHECK(second == VTG_TIMEOUT || second == VTG_OK);
    CHECK(third == VTG_NOT_READY || second == VTG_OK);
    CHECK_OK(vtg_event_wait(event, UINT64_C(60000000000)));
    CHECK_OK(vtg_event_wait(event, 0));
    CHECK_OK(vtg_event_poll(event));
    CHECK(word_at(buffer, 0) == x && word_at(buffer, N - 1) == x);

    const VtgDeviceInfo *info = vtg_device_get_info(t->device);
    if (info->features & VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS)) {
        CHECK_OK(vtg_event_timing(event, 0, &timing));
        CHECK(timing.end_ns > timing.begin_ns);
        printf("  %s; the dispatch took %.3f ms\n",
               quick ? "runs inside the submission" : "runs beside the host",
               (double)(timing.end_ns - timing.begin_ns) * 1e-6);
        CHECK_STATUS(vtg_event_timing(event, 1, &timing), VTG_ERROR_OUT_OF_RANGE);
        CHECK(timing.begin_ns == 0 && timing.end_ns == 0);
    } else {
        CHECK_STATUS(vtg_event_timing(event, 0, &timing), VTG_ERROR_UNSUPPORTED);
    }
    vtg_event_destroy(event);

    /* more timed dispatches than one query pool holds, among them empty ones; then again */
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    for (uint32_t i = 0; i < 150; i++) {
        VtgGrid some = {i % 3 ? 64 : 0, 1, 1};
        n = 1000;
        CHECK_OK(vtg_commands_dispatch(commands, t->kernels.spin, some, args, 2));
    }
    for (int again = 0; again < 2; again++) {
        CHECK_OK(vtg_submit(commands, &event));
        CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
        uint64_t before = 0;
        for (uint32_t i = 0; i < 150 && info->timestamp_step_ns > 0; i++) {
            CHECK_OK(vtg_event_timing(event, i, &timing));
            CHECK(timing.begin_ns >= before && timing.end_ns >= timing.begin_ns);
            before = timing.begin_ns;
        }
        vtg_event_destroy(event);
    }
    /* a list without timing */
    vtg_commands_destroy(commands);
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    CHECK_OK(vtg_commands_dispatch(commands, t->kernels.spin, grid, args, 2));
    CHECK_OK(vtg_submit(commands, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    CHECK_STATUS(vtg_event_timing(event, 0, &timing), VTG_ERROR_UNSUPPORTED);
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(buffer);
}

/* Everything is let go of while the device still works on it. */
static void test_lifetime(Test *t) {
    enum { N = 8192 };
    uint32_t n = SPINS, word = 0;
    VtgGrid grid = {N, 1, 1};
    VtgBuffer *a = filled_buffer(t->device, "a", N * 4, NULL);
    VtgBuffer *b = filled_buffer(t->device, "b", N * 4, NULL);
    CHECK_OK(vtg_buffer_clear(a));
    VtgArg spin[] = {vtg_arg_buffer(a), vtg_arg_value(&n, 4)};
    VtgArg copy[] = {vtg_arg_buffer(a), vtg_arg_buffer(b)};
    Kernels kernels = {0};
    kernels_make(t->device, &kernels);
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    CHECK_OK(vtg_commands_dispatch(commands, kernels.spin, grid, spin, 2));
    CHECK_OK(vtg_commands_dispatch(commands, kernels.copy, grid, copy, 2));
    CHECK_OK(vtg_submit(commands, &event));
    VtgStatus again = vtg_submit(commands, NULL);
    CHECK(again == VTG_ERROR_BUSY || again == VTG_OK); /* unless it is done already */
    vtg_event_destroy(event);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(a);
    kernels_free(&kernels);
    CHECK_OK(vtg_buffer_read(b, 0, &word, 4));
    CHECK(word == (again == VTG_OK ? spun(spun(0)) : spun(0)));
    vtg_buffer_destroy(b);
}

typedef struct Worker {
    Test *test;
    uint32_t id;
    bool right;
} Worker;

static void *work(void *user) {
    enum { N = 512 };
    Worker *worker = user;
    Test *t = worker->test;
    VtgBuffer *x = filled_buffer(t->device, "worker", N * 4, NULL);
    VtgArg arg = vtg_arg_buffer(x);
    uint32_t expected = worker->id;
    VtgStatus status = vtg_buffer_fill(x, 0, N * 4, expected);
    worker->right = true;
    for (int i = 0; i < 30 && status == VTG_OK; i++) {
        status = run(t->device, t->kernels.step, N, &arg, 1);
        expected = expected * 3 + 1;
        worker->right &= word_at(x, N - 1) == expected;
    }
    worker->right &= status == VTG_OK;
    vtg_buffer_destroy(x);
    return NULL;
}

static void test_threads(Test *t) {
    pthread_t threads[4];
    Worker workers[4];
    for (uint32_t i = 0; i < COUNT(threads); i++) {
        workers[i] = (Worker){t, i, false};
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (uint32_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        CHECK(workers[i].right);
    }
}

/* One of everything, as an application uses it; gives the first error. */
static VtgStatus scenario(VtgInstance *instance, Code code) {
    VtgDevice *device = NULL;
    VtgBuffer *x = NULL, *y = NULL;
    VtgKernel *kernel = NULL;
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    uint32_t words[16] = {3, 1, 4};
    VtgParam params[] = {buffer_params[0], buffer_params[2]};
    VtgDeviceDesc device_desc = VTG_DEVICE_DESC_INIT;
    device_desc.force_staging = 1;
    VtgBufferDesc buffer_desc = VTG_BUFFER_DESC_INIT;
    buffer_desc.size_bytes = sizeof words;
    buffer_desc.label = "x";
    VtgCommandsDesc commands_desc = VTG_COMMANDS_DESC_INIT;
    commands_desc.timing = 1;
    VtgGrid grid = {16, 1, 1};
    VtgStatus status = vtg_device_create(instance, &device_desc, &device);
#define THEN(call) status = status == VTG_OK ? (call) : status
    THEN(vtg_buffer_create(device, &buffer_desc, &x));
    THEN(vtg_buffer_create(device, &buffer_desc, &y));
    THEN(vtg_buffer_write(x, 0, words, sizeof words));
    THEN(make_kernel(device, "copy", code, params, 2, &kernel));
    THEN(vtg_commands_create(device, &commands_desc, &commands));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_buffer(y)};
    THEN(vtg_commands_dispatch(commands, kernel, grid, args, 2));
    THEN(vtg_submit(commands, &event));
    /* the device goes first: what is left of it waits for its children */
    uint32_t back[16] = {0};
    THEN(vtg_buffer_read(y, 0, back, sizeof back));
    if (status == VTG_OK && device && strcmp(vtg_device_get_info(device)->api, "null") != 0) {
        CHECK(memcmp(words, back, sizeof back) == 0);
    }
    vtg_device_destroy(device);
    THEN(vtg_event_poll(event));
    vtg_event_destroy(event);
    vtg_kernel_destroy(kernel);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_commands_destroy(commands);
    return status;
}

/* The n-th allocation fails, for every n: a clean error and nothing left behind. */
static void test_out_of_memory(Test *t) {
    if (t->index != 0 || t->staging) { /* once for an API: the scenario opens a device of its own */
        return;
    }
    Host *host = t->host;
    Code code = assemble(WORDS, GUARDED("1", AT("pa", "0", "i") AT("pb", "1", "i")
                                                 LOAD("va", "pa") "OpStore %pb %va\n"));
    int n = 0;
    VtgStatus status;
    do {
        long long before = atomic_load(&host->live);
        atomic_store(&host->calls, 0);
        host->fail_at = ++n;
        status = scenario(t->instance, code);
        host->fail_at = 0;
        CHECK(status == VTG_OK || status == VTG_ERROR_OUT_OF_MEMORY ||
              status == VTG_ERROR_OUT_OF_DEVICE_MEMORY);
        CHECK(atomic_load(&host->live) == before);
    } while (status != VTG_OK && n < 1000);
    CHECK_OK(status);
    printf("  %d allocations, each failed once\n", n - 1);
    spvBinaryDestroy(code.binary);
}

int main(int argc, char **argv) {
    static const DeviceTest tests[] = {
        {"hazards", test_hazards, false},
        {"events", test_events, false},
        {"lifetime", test_lifetime, false},
        {"threads", test_threads, false},
        {"out of memory", test_out_of_memory, true},
    };
    return test_devices(argc, argv, tests, COUNT(tests));
}
