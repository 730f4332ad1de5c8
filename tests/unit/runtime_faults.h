/* runtime_faults.h: the runtime when things fail: the allocator at each call, and each call of a fake driver with each result
 * that its API lets it have. Never a crash, never a leak, always the status that belongs to the fault, and whatever was
 * made can be destroyed. One program for each API includes this, and says in a FaultApi what is particular to it. */
#ifndef VITTE_RUNTIME_FAULTS_H
#define VITTE_RUNTIME_FAULTS_H

#include "runtime_unit.h"
#include "tests/fakes/fake_driver.h"

#include <dlfcn.h>
#include <unistd.h>

/* A function of the driver, and the errors that it may give, ended by 0. */
typedef struct FaultRow {
    const char *function;
    int errors[8];
} FaultRow;

/* What needs nobody's attention: there is another way. `other` is a status that is right besides VTG_OK. */
typedef struct FaultHarmless {
    const char *function;
    VtgStatus other;
} FaultHarmless;

typedef struct FaultApi {
    const char *name;     /* as in VtgInstanceDesc.api */
    const char *library;  /* the fake's file, beside the program */
    const char *variable; /* of the environment, where the runtime looks for it */
    VtgCodeFormat
        formats[2]; /* of the kernel `step`, and of another, which has specialisation constant 3 */
    const void *code[2];
    size_t code_size[2];
    VtgValueBlock blocks[2];
    const FaultRow *rows;
    uint32_t row_count;
    VtgStatus (*meaning)(const char *function, int error);
    const FaultHarmless *harmless;
    uint32_t harmless_count;
    const char
        *lost_function; /* called while work is waited for: what it gives when the device is gone */
    int lost_error;
    const char *mute_function; /* and when nobody can tell; NULL: it always can */
    int mute_error;
    int waits; /* of one submission for another, in all that is done */
    uint64_t
        second; /* when the second dispatch begins: operations have times in order, also copies */
} FaultApi;

static const FaultApi *fault_api;
static FakeDriver *fake;

/* ---- What is run again and again ---- */

typedef struct World {
    VtgInstance *instance;
    VtgDevice *device;
    VtgBuffer *x, *up, *down;
    VtgKernel *step, *block;
    VtgCommands *list, *moves;
    VtgEvent *event, *moved;
    atomic_int called;
    int fd;
} World;

static void on_end(void *user, VtgStatus status) {
    (void)status;
    atomic_fetch_add((atomic_int *)user, 1);
}

static VtgStatus make_buffers(World *w) {
    VtgBuffer **const all[] = {&w->x, &w->up, &w->down};
    static const VtgMemory memory[] = {VTG_MEMORY_DEVICE, VTG_MEMORY_UPLOAD, VTG_MEMORY_READBACK};
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < COUNT(all) && status == VTG_OK; i++) {
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        desc.memory = memory[i];
        desc.size_bytes = 1000;
        desc.label = "a label";
        status = vtg_buffer_create(w->device, &desc, all[i]);
    }
    return status;
}

static VtgStatus make_kernels(World *w) {
    VtgKernel **const all[] = {&w->step, &w->block};
    const VtgSpecConstant spec = {.id = 3, .size = 4, .value = 5};
    VtgStatus status = VTG_OK;
    for (uint32_t i = 0; i < COUNT(all) && status == VTG_OK; i++) {
        VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
        desc.label = i == 0 ? "step" : "block";
        desc.entry = "main_";
        desc.code_format = fault_api->formats[i];
        desc.code = fault_api->code[i];
        desc.code_size = fault_api->code_size[i];
        desc.workgroup_size[0] = 64;
        desc.params = step_params;
        desc.param_count = COUNT(step_params);
        desc.value_block_bytes = 8;
        desc.value_block = fault_api->blocks[i];
        desc.specs = &spec;
        desc.spec_count = i;
        status = vtg_kernel_create(w->device, &desc, all[i]);
    }
    return status;
}

static VtgStatus record(World *w) {
    uint32_t n = 1;
    VtgArg args[] = {vtg_arg_buffer(w->x), vtg_arg_value(&n, 4)};
    VtgGrid grid = {100, 1, 1};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgStatus status = vtg_commands_create(w->device, &desc, &w->list);
    status = status == VTG_OK ? vtg_commands_copy(w->list, w->up, 0, w->x, 0, 1000) : status;
    status = status == VTG_OK ? vtg_commands_dispatch(w->list, w->step, grid, args, 2) : status;
    args[0].offset = 256; /* a part of the buffer */
    status = status == VTG_OK ? vtg_commands_dispatch(w->list, w->block, grid, args, 2) : status;
    status = status == VTG_OK ? vtg_commands_copy(w->list, w->x, 0, w->x, 501, 490) : status;
    status = status == VTG_OK ? vtg_commands_fill(w->list, w->x, 0, 1000, 7) : status;
    desc.queue = VTG_QUEUE_TRANSFER;
    status = status == VTG_OK ? vtg_commands_create(w->device, &desc, &w->moves) : status;
    return status == VTG_OK ? vtg_commands_copy(w->moves, w->x, 0, w->down, 0, 1000) : status;
}

static VtgStatus submit(World *w) {
    VtgDispatchTiming timing;
    void *mapped;
    fake->is_slow = 1; /* so that the second submission has to wait for the first */
    VtgStatus status = vtg_submit(w->list, &w->event);
    status = status == VTG_OK ? vtg_submit(w->moves, &w->moved) : status;
    status = status == VTG_OK ? vtg_event_on_end(w->moved, on_end, &w->called) : status;
    status = status == VTG_OK ? vtg_event_export_fd(w->moved, &w->fd) : status;
    fake->is_slow = 0;
    status = status == VTG_OK ? vtg_event_wait(w->event, 1000000) : status;
    status = status == VTG_OK ? vtg_event_timing(w->event, 1, &timing) : status;
    status = status == VTG_OK ? vtg_buffer_map(w->down, 0, 1000, &mapped) : status;
    status = status == VTG_OK ? vtg_commands_reset(w->list) : status;
    return status;
}

/* Everything that an application does; the status of the first step that fails. */
static VtgStatus live_through(Host *host, const char *api, World *w) {
    char bytes[100] = {0};
    *w = (World){.fd = -1};
    VtgInstanceDesc desc = host_desc(host, api);
    VtgStatus status = vtg_instance_create(&desc, &w->instance);
    status = status == VTG_OK ? vtg_device_create(w->instance, NULL, &w->device) : status;
    status = status == VTG_OK ? make_buffers(w) : status;
    status = status == VTG_OK ? make_kernels(w) : status;
    status = status == VTG_OK ? vtg_buffer_write(w->x, 1, bytes, sizeof bytes) : status;
    status = status == VTG_OK ? vtg_buffer_fill(w->x, 0, 1000, 1) : status;
    status = status == VTG_OK ? vtg_profile_begin(w->device) : status;
    status = status == VTG_OK ? record(w) : status;
    status = status == VTG_OK ? submit(w) : status;
    status = status == VTG_OK ? vtg_buffer_read(w->x, 1, bytes, sizeof bytes) : status;
    return status == VTG_OK ? vtg_device_wait_idle(w->device) : status;
}

/* All but the instance, in no order that anybody asked for. */
static void let_go(World *w) {
    vtg_event_destroy(w->event);
    vtg_commands_destroy(w->list);
    vtg_commands_destroy(w->moves);
    vtg_buffer_destroy(w->x);
    vtg_buffer_destroy(w->up);
    vtg_buffer_destroy(w->down);
    vtg_kernel_destroy(w->step);
    vtg_kernel_destroy(w->block);
    vtg_device_destroy(w->device);
    vtg_event_destroy(w->moved); /* the last that holds the device */
    if (w->fd >= 0) {
        close(w->fd);
    }
}

static void end(Host *host, World *w) {
    let_go(w);
    vtg_instance_destroy(w->instance);
    CHECK(atomic_load(&host->live) == 0);
    if (!CHECK(fake->live == 0 && fake->mistakes == 0)) {
        printf("%ld objects are left, %d mistakes\n", atomic_load(&fake->live),
               atomic_load(&fake->mistakes));
        fake->live = 0;
        fake->mistakes = 0;
    }
}

/* ---- Host memory ---- */

static void test_allocator(const char *api) {
    int n = 1, refused = 0;
    for (;; n++) {
        Host host = HOST_INIT;
        World w;
        host.fail_at = n;
        int before = atomic_load(&failures);
        VtgStatus status = live_through(&host, api, &w);
        bool reached = atomic_load(&host.calls) >= n;
        CHECK(status == VTG_OK || status == VTG_ERROR_OUT_OF_MEMORY ||
              (strcmp(api, "null") == 0 && status == VTG_ERROR_OUT_OF_DEVICE_MEMORY));
        CHECK(status == VTG_OK || reached);
        end(&host, &w);
        refused += status != VTG_OK;
        if (atomic_load(&failures) != before) {
            printf("%s: allocation %d: %s\n", api, n, vtg_status_text(status));
        }
        if (!reached) {
            CHECK(status == VTG_OK && atomic_load(&w.called) == 1);
            break;
        }
    }
    printf("%s: %d allocations, the failure of %d is told\n", api, n - 1, refused);
    CHECK(refused > 20);
}

/* ---- The driver ---- */

static bool is_right(const char *function, int error, VtgStatus status) {
    for (uint32_t i = 0; i < fault_api->harmless_count; i++) {
        const FaultHarmless *h = &fault_api->harmless[i];
        if (strcmp(h->function, function) == 0 && (status == VTG_OK || status == h->other)) {
            return true;
        }
    }
    return status == fault_api->meaning(function, error);
}

static void fail_once(int call, const char *function, int error) {
    Host host = HOST_INIT;
    World w;
    int before = atomic_load(&failures);
    fake->calls = 0;
    fake->fail_at = call;
    fake->error = error;
    VtgStatus status = live_through(&host, fault_api->name, &w);
    if (fake->calls >= call) {
        function = fake->called[call - 1]; /* two threads do not call in the same order each time */
    }
    CHECK(is_right(function, error, status));
    CHECK(status == VTG_OK || host.last[0] != '\0' || status == VTG_ERROR_NO_DRIVER ||
          status == VTG_ERROR_NO_DEVICE);
    end(&host, &w);
    fake->fail_at = 0;
    if (atomic_load(&failures) != before) {
        printf("call %d, %s, error %d: %s\n", call, function, error, vtg_status_text(status));
    }
}

/* Dispatches, copies and fills: all have times of the device. */
static void check_times(const World *w) {
    static const VtgProfileKind kinds[] = {VTG_PROFILE_COPY,     VTG_PROFILE_DISPATCH,
                                           VTG_PROFILE_DISPATCH, VTG_PROFILE_COPY,
                                           VTG_PROFILE_FILL,     VTG_PROFILE_COPY};
    VtgDispatchTiming timing;
    VtgProfileSpan span;
    CHECK(vtg_profile_count(w->device) > COUNT(kinds)); /* what comes is a read */
    for (uint32_t i = 0; i < vtg_profile_count(w->device); i++) {
        CHECK_OK(vtg_profile_span(w->device, i, &span));
        CHECK(span.begin_ns != 0 && span.begin_ns < span.end_ns);
        CHECK(i >= COUNT(kinds) || span.kind == kinds[i]);
    }
    CHECK_OK(vtg_event_timing(w->event, 1, &timing));
    CHECK(timing.begin_ns == fault_api->second && timing.end_ns == timing.begin_ns + 10);
    CHECK_STATUS(vtg_event_timing(w->event, 2, &timing), VTG_ERROR_OUT_OF_RANGE);
}

static void test_driver(void) {
    static const char *called[COUNT(fake->called)];
    Host host = HOST_INIT;
    World w;
    fake->calls = 0;
    fake->waits = 0;
    CHECK_OK(live_through(&host, fault_api->name, &w));
    int calls = fake->calls, runs = 0;
    CHECK(fake->waits == fault_api->waits);
    check_times(&w);
    end(&host, &w);
    CHECK(atomic_load(&w.called) == 1);
    CHECK(calls < (int)COUNT(called));
    memcpy(called, fake->called, sizeof called);
    for (int i = 0; i < calls && i < (int)COUNT(called); i++) {
        bool known = false;
        for (uint32_t r = 0; r < fault_api->row_count; r++) {
            const FaultRow *row = &fault_api->rows[r];
            if (strcmp(row->function, called[i]) != 0) {
                continue;
            }
            known = true;
            for (int e = 0; row->errors[e] != 0; e++, runs++) {
                fail_once(i + 1, called[i], row->errors[e]);
            }
        }
        if (!CHECK(known)) {
            printf("%s is in no row\n", called[i]);
        }
    }
    for (uint32_t r = 0; r < fault_api->row_count; r++) {
        bool reached = false;
        for (int i = 0; i < calls && i < (int)COUNT(called); i++) {
            reached |= strcmp(fault_api->rows[r].function, called[i]) == 0;
        }
        if (!CHECK(reached)) {
            printf("%s is never called\n", fault_api->rows[r].function);
        }
    }
    printf("%s: %d calls of the driver that can fail, %d failures\n", fault_api->name, calls, runs);
}

/* No library, and one that is something else. */
static void test_no_driver(void) {
    static const char *const paths[] = {"/nonexistent/library.so", "libc.so.6"};
    char *path = strdup(getenv(fault_api->variable));
    for (uint32_t i = 0; i < COUNT(paths); i++) {
        Host host = HOST_INIT;
        VtgInstanceDesc desc = host_desc(&host, fault_api->name);
        VtgInstance *instance = NULL;
        setenv(fault_api->variable, paths[i], 1);
        CHECK_STATUS(vtg_instance_create(&desc, &instance), VTG_ERROR_NO_DRIVER);
        CHECK(atomic_load(&host.live) == 0 && fake->live == 0);
    }
    setenv(fault_api->variable, path, 1);
    free(path);
}

/* One device is lost; the other of the same instance goes on. What waits hears of it, in time. */
static void test_lost(void) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, fault_api->name);
    VtgDeviceDesc second = VTG_DEVICE_DESC_INIT;
    World w = {.fd = -1}, other = {.fd = -1};
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    second.index = vtg_device_count(w.instance) - 1;
    CHECK_OK(vtg_device_create(w.instance, NULL, &w.device));
    CHECK_OK(vtg_device_create(w.instance, &second, &other.device));
    World *const both[] = {&w, &other};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(make_buffers(both[i]));
        CHECK_OK(make_kernels(both[i]));
        CHECK_OK(record(both[i]));
    }
    fake->is_slow = 1;
    CHECK_OK(vtg_submit(w.list, &w.event));
    CHECK_STATUS(vtg_event_wait(w.event, 1000), VTG_TIMEOUT);
    CHECK_STATUS(vtg_event_poll(w.event), VTG_NOT_READY);
    CHECK_STATUS(vtg_commands_reset(w.list), VTG_ERROR_BUSY);
    CHECK_STATUS(vtg_submit(w.list, NULL), VTG_ERROR_BUSY);
    fake->fail_function = fault_api->lost_function;
    fake->error = fault_api->lost_error;
    fake->is_slow = 0;
    CHECK_STATUS(vtg_event_wait(w.event, VTG_FOREVER), VTG_ERROR_DEVICE_LOST);
    fake->fail_function = NULL;
    CHECK_STATUS(vtg_event_poll(w.event), VTG_ERROR_DEVICE_LOST);
    CHECK_STATUS(vtg_submit(w.moves, NULL), VTG_ERROR_DEVICE_LOST);
    CHECK_STATUS(vtg_device_wait_idle(w.device), VTG_ERROR_DEVICE_LOST);
    void *mapped;
    CHECK_STATUS(vtg_buffer_map(w.down, 0, 4, &mapped), VTG_ERROR_DEVICE_LOST);
    CHECK_OK(submit(&other));
    let_go(&other);
    end(&host, &w);
}

/* A driver that never again says when work ends: the device can be destroyed all the same. */
static void test_mute(void) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, fault_api->name);
    World w = {.fd = -1};
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    CHECK_OK(vtg_device_create(w.instance, NULL, &w.device));
    CHECK_OK(make_buffers(&w));
    CHECK_OK(make_kernels(&w));
    CHECK_OK(record(&w));
    fake->is_slow = 1;
    CHECK_OK(vtg_submit(w.list, &w.event));
    fake->fail_function = fault_api->mute_function;
    fake->error = fault_api->mute_error;
    vtg_device_destroy(w.device);
    w.device = NULL;
    CHECK_STATUS(vtg_event_poll(w.event), VTG_ERROR_DEVICE_LOST);
    fake->fail_function = NULL;
    fake->is_slow = 0;
    end(&host, &w);
}

/* Opens the fake that lies beside the program. */
static bool open_fake(const FaultApi *api, const char *program) {
    char path[4096];
    const char *slash = strrchr(program, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - program) : 2,
             slash ? program : "./", api->library);
    setenv(api->variable, path, 1);
    setenv("VTG_CACHE_DIR", "", 1); /* nothing of this belongs into the user's */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    fake = library ? dlsym(library, "fake_driver") : NULL;
    fault_api = api;
    if (!fake) {
        printf("%s\n", dlerror());
    }
    return fake != NULL;
}

/* The exit status of a program of tests: 0: fine, 1: not. `own`: what is tested of this API alone; NULL: nothing is. */
static int test_faults(int argc, char **argv, const FaultApi *api, void (*own)(void)) {
    (void)argc;
    if (!open_fake(api, argv[0])) {
        return 1;
    }
    test_allocator(api->name);
    test_driver();
    test_no_driver();
    test_lost();
    if (api->mute_function) {
        test_mute();
    }
    if (own) {
        own();
    }
    printf("%d checks failed\n", atomic_load(&failures));
    return atomic_load(&failures) ? 1 : 0;
}

#endif
