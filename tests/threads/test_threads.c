/* test_threads.c: what vitte_gpu.h lets several threads do at once, on the null device, on the fake drivers of each API and
 * on the first real one of Vulkan: `make CONFIG=thread` builds it with ThreadSanitizer, and the suite `unit` runs it both ways. Exit 0:
 * fine, 1: not. */
#include "tests/unit/runtime_unit.h"

#include <poll.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 12, N = 256 };

typedef struct Shared {
    VtgInstance *instance;
    VtgDevice *device;
    VtgKernel *step;   /* in the lists of all threads */
    VtgBuffer *source; /* read by all */
    VtgEvent *event;   /* asked by all */
    bool runs;
    atomic_int told;
} Shared;

static void on_end(void *user, VtgStatus status) {
    CHECK(status == VTG_OK);
    atomic_fetch_add((atomic_int *)user, 1);
}

static void wait_in_some_way(Shared *s, VtgEvent *event, uint32_t how) {
    struct pollfd fd = {.fd = -1, .events = POLLIN};
    switch (how % 4) {
    case 0:
        while (vtg_event_poll(event) == VTG_NOT_READY) {
        }
        break;
    case 1:
        CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
        break;
    case 2:
        if (CHECK_OK(vtg_event_export_fd(event, &fd.fd))) {
            CHECK(poll(&fd, 1, 60000) == 1);
            close(fd.fd);
        }
        break;
    default:
        CHECK_OK(vtg_event_on_end(event, on_end, &s->told));
        CHECK_OK(vtg_device_wait_idle(s->device));
        break;
    }
    CHECK_OK(vtg_event_poll(event));
}

/* Buffers, lists and events of one's own; a kernel, a buffer that is read, and an event that belong to all. */
static void *work(void *user) {
    Shared *s = user;
    uint32_t n = 3;
    VtgBuffer *x = make_buffer(s->device, VTG_MEMORY_DEVICE, "own", N * 4);
    VtgBuffer *down = make_buffer(s->device, VTG_MEMORY_READBACK, "down", N * 4);
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgCommands *list = NULL, *moves = NULL;
    CHECK_OK(vtg_commands_create(s->device, &desc, &list));
    desc.queue = VTG_QUEUE_TRANSFER;
    CHECK_OK(vtg_commands_create(s->device, &desc, &moves));
    const VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        VtgEvent *event = NULL, *moved = NULL;
        VtgDispatchTiming timing;
        CHECK_OK(vtg_commands_copy(list, s->source, 0, x, 0, N * 4));
        CHECK_OK(vtg_commands_dispatch(list, s->step, (VtgGrid){N, 1, 1}, args, 2));
        CHECK_OK(vtg_commands_copy(moves, x, 0, down, 0, N * 4));
        CHECK_OK(vtg_submit(list, &event));
        CHECK_OK(vtg_submit(moves, &moved));
        (void)vtg_event_wait(s->event, 1000);
        (void)vtg_event_timing(s->event, 0, &timing);
        wait_in_some_way(s, round % 2 ? event : moved, round / 2);
        uint32_t *words = NULL;
        CHECK_OK(vtg_buffer_map(down, 0, N * 4, (void **)&words));
        CHECK(!s->runs || words[N - 1] == stepped(N - 1, n));
        CHECK(!s->runs || word_at(x, 5) == stepped(5, n));
        VtgProfileSpan span;
        CHECK(vtg_profile_count(s->device) >= 3);
        CHECK_OK(vtg_profile_span(s->device, round, &span));
        vtg_event_destroy(event);
        vtg_event_destroy(moved);
        CHECK_OK(vtg_commands_reset(list));
        CHECK_OK(vtg_commands_reset(moves));
        if (round % 4 == 0) {
            VtgKernel *own = NULL;
            CHECK_OK(make_step(s->device, &own));
            CHECK_OK(vtg_dispatch(s->device, own, (VtgGrid){N, 1, 1}, args, 2, NULL));
            vtg_kernel_destroy(own);
        }
        if (round % 6 == 0) {
            VtgDevice *second = NULL;
            CHECK_OK(vtg_device_create(s->instance, NULL, &second));
            VtgBuffer *there = make_buffer(second, VTG_MEMORY_DEVICE, "there", N * 4);
            CHECK_OK(vtg_buffer_copy(x, 0, there, 0, N * 4));
            vtg_buffer_destroy(there);
            vtg_device_destroy(second);
        }
    }
    vtg_commands_destroy(list);
    vtg_commands_destroy(moves);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(down);
    return NULL;
}

static void test(const char *api, const char *what, bool runs) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, api);
    Shared s = {.runs = runs};
    VtgStatus opened = vtg_instance_create(&desc, &s.instance);
    if (opened != VTG_OK || vtg_device_count(s.instance) == 0) {
        CHECK(runs); /* a real driver may be missing */
        vtg_instance_destroy(s.instance);
        printf("%s: not there\n", what);
        return;
    }
    uint32_t words[N], n = 1;
    for (uint32_t i = 0; i < N; i++) {
        words[i] = i;
    }
    CHECK_OK(vtg_device_create(s.instance, NULL, &s.device));
    CHECK_OK(vtg_profile_begin(s.device));
    CHECK_OK(make_step(s.device, &s.step));
    s.source = make_buffer(s.device, VTG_MEMORY_DEVICE, "source", sizeof words);
    CHECK_OK(vtg_buffer_write(s.source, 0, words, sizeof words));
    VtgBuffer *other = make_buffer(s.device, VTG_MEMORY_DEVICE, "other", sizeof words);
    const VtgArg args[] = {vtg_arg_buffer(other), vtg_arg_value(&n, 4)};
    CHECK_OK(vtg_dispatch(s.device, s.step, (VtgGrid){N, 1, 1}, args, 2, &s.event));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, &s) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    vtg_event_destroy(s.event);
    vtg_kernel_destroy(s.step);
    vtg_buffer_destroy(other);
    vtg_buffer_destroy(s.source);
    vtg_device_destroy(s.device);
    vtg_instance_destroy(s.instance);
    CHECK(atomic_load(&s.told) > 0 && atomic_load(&host.live) == 0);
    printf("%s: %s\n", what, atomic_load(&failures) ? "FAIL" : "ok");
}

int main(int argc, char **argv) {
    static const struct {
        const char *api, *variable, *library, *what;
    } fakes[] = {
        {"vulkan", "VTG_VULKAN_LIBRARY", "fake_vulkan.so", "fake Vulkan driver"},
        {"opencl", "VTG_OPENCL_LIBRARY", "fake_opencl.so", "fake OpenCL"},
        {"webgpu", "VTG_WEBGPU_LIBRARY", "fake_webgpu.so", "fake WebGPU"},
    };
    (void)argc;
    setenv("VTG_CACHE_DIR", "", 1);
    test("null", "null device", false);
    const char *slash = strrchr(argv[0], '/'); /* they lie beside this program */
    for (uint32_t i = 0; i < COUNT(fakes); i++) {
        char path[4096];
        snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - argv[0]) : 2,
                 slash ? argv[0] : "./", fakes[i].library);
        setenv(fakes[i].variable, path, 1);
        test(fakes[i].api, fakes[i].what, false);
        unsetenv(fakes[i].variable);
    }
    test("vulkan", "Vulkan driver", true);
    return atomic_load(&failures) ? 1 : 0;
}
