/* test_runtime_graph.c: graphs over several devices against the same operations one after the other on the host, at random;
 * mistakes; profiles. Devices: two of the first Vulkan driver, and one of OpenCL. Exit 0: fine, 1: not, 77: fine as far as
 * it goes on the null device. */
#include "runtime_unit.h"

enum { BUFFERS = 3, N = 1000, MOST = 4 };

typedef struct World {
    VtgDevice *devices[MOST];
    VtgKernel *steps[MOST];
    uint32_t count;
    bool runs;
} World;

static void add_device(World *w, Host *host, const char *api) {
    VtgInstanceDesc instance = host_desc(host, api);
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    VtgDevice *device = NULL;
    open.instance = &instance;
    VtgStatus status = vtg_open(&open, &device);
    CHECK(status == VTG_OK || status == VTG_ERROR_NO_DRIVER || status == VTG_ERROR_NO_DEVICE);
    if (device && CHECK_OK(make_step(device, &w->steps[w->count]))) {
        w->devices[w->count++] = device;
    }
}

static void end(World *w, Host *host) {
    for (uint32_t i = 0; i < w->count; i++) {
        vtg_kernel_destroy(w->steps[i]);
        vtg_device_destroy(w->devices[i]);
    }
    CHECK(atomic_load(&host->live) == 0);
}

static const char *const names[BUFFERS] = {"a", "b", "c"};

static VtgGraph *make_graph(const World *w) {
    VtgGraph *graph = NULL;
    CHECK_OK(vtg_graph_create(w->devices, w->count, &graph));
    for (int i = 0; i < BUFFERS; i++) {
        CHECK_OK(vtg_graph_buffer(graph, names[i], N * 4));
    }
    return graph;
}

static VtgStatus add_step(const World *w, VtgGraph *graph, const char *name, uint32_t n,
                          uint32_t grid, uint32_t device, uint32_t halo) {
    const VtgGraphArg args[] = {{.buffer = name}, {.value = &n, .size = 4}};
    VtgGraphDispatch dispatch = VTG_GRAPH_DISPATCH_INIT;
    dispatch.kernels = w->steps;
    dispatch.grid = (VtgGrid){grid, 1, 1};
    dispatch.device = device;
    dispatch.halo = halo;
    dispatch.args = args;
    dispatch.arg_count = 2;
    return vtg_graph_dispatch(graph, &dispatch);
}

/* What a run does to the shadow, too. */
static void add_random(const World *w, VtgGraph *graph, uint32_t shadow[BUFFERS][N],
                       uint32_t *seed) {
    uint32_t b = next(seed) % BUFFERS, n = next(seed) % 5, grid = next(seed) % N + 1;
    switch (next(seed) % 4) {
    case 0: { /* on one device, given or chosen; whole workgroups run */
        uint32_t device = next(seed) % (w->count + 1);
        CHECK_OK(
            add_step(w, graph, names[b], n, grid, device < w->count ? device : VTG_GRAPH_ANY, 0));
        uint32_t reach = (grid + 63) / 64 * 64;
        for (uint32_t i = 0; i < reach && i < N; i++) {
            shadow[b][i] = stepped(shadow[b][i], n);
        }
        break;
    }
    case 1: /* split: what lies beyond the grid is nobody's */
        CHECK_OK(add_step(w, graph, names[b], n, N, VTG_GRAPH_SPLIT, next(seed) % 70));
        for (uint32_t i = 0; i < N; i++) {
            shadow[b][i] = stepped(shadow[b][i], n);
        }
        break;
    default: {
        uint32_t to = next(seed) % BUFFERS, size = next(seed) % (N / 2) + 1;
        uint32_t from_at = next(seed) % (N / 2 - size + 1),
                 to_at = N / 2 + next(seed) % (N / 2 - size + 1);
        CHECK_OK(vtg_graph_copy(graph, names[b], from_at * 4, names[to], to_at * 4, size * 4));
        memmove(shadow[to] + to_at, shadow[b] + from_at, size * 4);
        break;
    }
    }
}

static void test_random(const World *w, int rounds) {
    uint32_t seed = 1, shadow[BUFFERS][N], got[N];
    for (int round = 0; round < rounds; round++) {
        VtgGraph *graph = make_graph(w);
        uint32_t before = seed;
        for (int b = 0; b < BUFFERS; b++) {
            for (uint32_t i = 0; i < N; i++) {
                shadow[b][i] = next(&seed);
            }
            CHECK_OK(vtg_graph_write(graph, names[b], 0, shadow[b], sizeof shadow[b]));
        }
        uint32_t nodes = next(&seed) % 12 + 1;
        for (uint32_t i = 0; i < nodes; i++) {
            add_random(w, graph, shadow, &seed);
        }
        CHECK_OK(vtg_graph_run(graph));
        for (int b = 0; b < BUFFERS; b++) {
            uint32_t at = next(&seed) % N, size = N - at;
            CHECK_OK(vtg_graph_read(graph, names[b], at * 4, got, size * 4));
            if (!CHECK(!w->runs || memcmp(got, shadow[b] + at, size * 4) == 0)) {
                printf("round %d, seed %u, %u nodes, buffer %s\n", round, before, nodes, names[b]);
            }
        }
        vtg_graph_destroy(graph);
    }
}

/* A graph that runs again goes on from where it was. */
static void test_again(const World *w) {
    VtgGraph *graph = make_graph(w);
    uint32_t words[N] = {0}, word = 0;
    CHECK_OK(vtg_graph_write(graph, "a", 0, words, sizeof words));
    CHECK_OK(add_step(w, graph, "a", 1, N, VTG_GRAPH_SPLIT, 0));
    CHECK_OK(vtg_graph_copy(graph, "a", 0, "b", 0, N * 4));
    CHECK_OK(add_step(w, graph, "b", 2, N, VTG_GRAPH_ANY, 0));
    for (int i = 0; i < 5; i++) {
        CHECK_OK(vtg_graph_run(graph));
    }
    CHECK_OK(vtg_graph_wait(graph));
    CHECK_OK(vtg_graph_read(graph, "b", 4 * (N - 1), &word, 4));
    CHECK(!w->runs || word == stepped(0, 7));
    vtg_graph_destroy(graph);
}

static void test_mistakes(const World *w, Host *host) {
    VtgGraph *graph = make_graph(w), *none = NULL;
    uint32_t n = 1, words[4];
    VtgGraphArg args[] = {{.buffer = "a"}, {.value = &n, .size = 4}};
    VtgGraphDispatch d = VTG_GRAPH_DISPATCH_INIT;
    d.kernels = w->steps;
    d.grid = (VtgGrid){N, 1, 1};
    d.args = args;
    d.arg_count = 2;
    CHECK_STATUS(vtg_graph_buffer(graph, "a", 4), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_graph_copy(graph, "a", 0, "nothing", 0, 4), VTG_ERROR_NOT_FOUND);
    CHECK(strstr(host->last, "`nothing`"));
    CHECK_STATUS(vtg_graph_copy(graph, "a", 0, "b", 1, N * 4), VTG_ERROR_OUT_OF_RANGE);
    CHECK_STATUS(vtg_graph_copy(graph, "a", 0, "a", 4, 8), VTG_ERROR_OVERLAP);
    CHECK_STATUS(vtg_graph_read(graph, "a", N * 4, words, 4), VTG_ERROR_OUT_OF_RANGE);
    CHECK_STATUS(vtg_graph_write(graph, "nothing", 0, words, 4), VTG_ERROR_NOT_FOUND);
    d.device = w->count;
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_INVALID_ARGUMENT);
    d.device = 0;
    d.arg_count = 1;
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_ARGUMENT_COUNT);
    d.arg_count = 2;
    args[1].size = 8;
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_ARGUMENT_SIZE);
    args[1] = args[0];
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_ARGUMENT_KIND);
    args[1] = (VtgGraphArg){.value = &n, .size = 4};
    d.device = VTG_GRAPH_SPLIT;
    args[0].whole = 1;
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_INVALID_ARGUMENT);
    args[0].whole = 0;
    d.grid.y = 2;
    CHECK_STATUS(vtg_graph_dispatch(graph, &d), VTG_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(host->last, "`step`"));
    CHECK_STATUS(vtg_graph_create(w->devices, 0, &none), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_OK(vtg_graph_run(graph)); /* nothing was added */
    vtg_graph_destroy(graph);
}

/* The allocator fails at each call of a graph's life. */
static void test_allocator(void) {
    for (int at = 1;; at++) {
        Host host = HOST_INIT;
        World w = {.count = 0};
        add_device(&w, &host, "null");
        add_device(&w, &host, "null");
        int begin = atomic_load(&host.calls);
        uint32_t words[N] = {0};
        VtgGraph *graph = NULL;
        host.fail_at = begin + at;
        VtgStatus status = vtg_graph_create(w.devices, w.count, &graph);
        status = status == VTG_OK ? vtg_graph_buffer(graph, "a", N * 4) : status;
        status = status == VTG_OK ? vtg_graph_buffer(graph, "b", N * 4) : status;
        status = status == VTG_OK ? vtg_graph_write(graph, "a", 0, words, sizeof words) : status;
        status = status == VTG_OK ? add_step(&w, graph, "a", 1, N, VTG_GRAPH_SPLIT, 1) : status;
        status = status == VTG_OK ? vtg_graph_copy(graph, "a", 0, "b", 4, 400) : status;
        status = status == VTG_OK ? add_step(&w, graph, "b", 1, N, 1, 1) : status;
        status = status == VTG_OK ? vtg_graph_run(graph) : status;
        status = status == VTG_OK ? vtg_graph_read(graph, "b", 0, words, sizeof words) : status;
        bool reached = atomic_load(&host.calls) >= begin + at;
        CHECK(reached
                  ? status == VTG_ERROR_OUT_OF_MEMORY || status == VTG_ERROR_OUT_OF_DEVICE_MEMORY
                  : status == VTG_OK);
        vtg_graph_destroy(graph);
        end(&w, &host);
        if (!reached) {
            CHECK(at > 20);
            break;
        }
    }
}

/* Each operation of a list is a span: with its name, its bytes, and times in order. */
static void test_profile(const World *w, uint32_t index) {
    VtgDevice *device = w->devices[index];
    VtgProfileSpan span;
    uint32_t n = 2;
    CHECK_STATUS(vtg_profile_span(device, 0, &span), VTG_ERROR_OUT_OF_RANGE);
    CHECK_OK(vtg_profile_begin(device));
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 4096);
    VtgCommands *commands = NULL;
    const VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    CHECK_OK(vtg_commands_create(device, NULL, &commands));
    CHECK_OK(vtg_commands_fill(commands, x, 0, 2048, 1));
    CHECK_OK(vtg_commands_dispatch(commands, w->steps[index], (VtgGrid){64, 1, 1}, args, 2));
    CHECK_OK(vtg_commands_copy(commands, x, 0, x, 1024, 100));
    CHECK_OK(vtg_commands_dispatch(commands, w->steps[index], (VtgGrid){1024, 1, 1}, args, 2));
    CHECK_OK(vtg_submit(commands, NULL));
    CHECK_OK(vtg_device_wait_idle(device));
    static const struct {
        const char *name;
        VtgProfileKind kind;
        uint64_t bytes;
    } want[] = {{"fill", VTG_PROFILE_FILL, 2048},
                {"step", VTG_PROFILE_DISPATCH, 4096},
                {"copy", VTG_PROFILE_COPY, 100},
                {"step", VTG_PROFILE_DISPATCH, 4096}};
    bool timed = w->runs && vtg_device_get_info(device)->timestamp_step_ns > 0;
    CHECK(vtg_profile_count(device) == COUNT(want));
    for (uint32_t i = 0; i < COUNT(want); i++) {
        CHECK_OK(vtg_profile_span(device, i, &span));
        CHECK(span.name && strcmp(span.name, want[i].name) == 0 && span.kind == want[i].kind);
        CHECK(span.bytes == want[i].bytes && span.submission == 0);
        CHECK(span.submit_ns <= span.submitted_ns && span.submitted_ns <= span.seen_ns);
        CHECK((span.end_ns > span.begin_ns) == timed);
    }
    CHECK_STATUS(vtg_profile_write(device, VTG_PROFILE_TRACE, "/nonexistent/trace.json"),
                 VTG_ERROR_FILE);
    CHECK_OK(vtg_profile_write(device, VTG_PROFILE_TABLE, NULL));
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(x);
}

int main(int argc, char **argv) {
    Host host = HOST_INIT;
    World w = {.count = 0};
    (void)argc, (void)argv;
    setenv("VTG_CACHE_DIR", "", 1);
    add_device(&w, &host, "null");
    add_device(&w, &host, "null");
    test_random(&w, 20);
    test_mistakes(&w, &host);
    test_profile(&w, 0);
    end(&w, &host);
    test_allocator();
    World real = {.runs = true};
    add_device(&real, &host, "vulkan");
    add_device(&real, &host, "vulkan");
    add_device(&real, &host, "opencl");
    if (real.count != 0) {
        test_random(&real, 40);
        test_again(&real);
    }
    add_device(&real, &host, "webgpu");
    for (uint32_t i = 1; i < real.count; i++) { /* the first two are of one kind */
        test_profile(&real, i);
    }
    end(&real, &host);
    printf("%u devices, %d checks failed\n", real.count, atomic_load(&failures));
    return atomic_load(&failures) ? 1 : real.count == 0 ? 77 : 0;
}
