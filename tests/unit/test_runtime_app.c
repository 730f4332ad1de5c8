/* test_runtime_app.c: what an application wants of the runtime, on the null device and on every device of Vulkan, OpenCL
 * and WebGPU: to open one without more ado, memory of each kind, indirect dispatches, lists that run again, copies
 * between devices, and to be told of the end by callback and file descriptor. Exit 0: fine, 1: not, 77: there is only
 * the null device. */
#include "runtime_unit.h"

#include <poll.h>
#include <unistd.h>

typedef struct Test {
    Host *host;
    VtgDevice *device;
    bool runs; /* not the null device */
    VtgKernel *step;
} Test;

static VtgCommands *make_list(const Test *t) {
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, NULL, &commands));
    return commands;
}

static void submit_and_wait(VtgCommands *commands) {
    VtgEvent *event = NULL;
    if (CHECK_OK(vtg_submit(commands, &event))) {
        CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    }
    vtg_event_destroy(event);
}

/* Words go up, through a kernel, and down again; the list is used twice. */
static void test_memory(Test *t) {
    enum { N = 1000 };
    uint32_t n = 3;
    VtgBuffer *up = make_buffer(t->device, VTG_MEMORY_UPLOAD, "up", N * 4);
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    VtgBuffer *down = make_buffer(t->device, VTG_MEMORY_READBACK, "down", N * 4 + 8);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgCommands *commands = make_list(t);
    CHECK_OK(vtg_commands_copy(commands, up, 0, x, 0, N * 4));
    CHECK_OK(vtg_commands_dispatch(commands, t->step, (VtgGrid){N, 1, 1}, args, 2));
    CHECK_OK(vtg_commands_copy(commands, x, 0, down, 8, N * 4));
    for (uint32_t round = 0; round < 2; round++) {
        uint32_t *words = NULL;
        if (!CHECK_OK(vtg_buffer_map(up, 0, N * 4, (void **)&words))) {
            break;
        }
        for (uint32_t i = 0; i < N; i++) {
            words[i] = i + round * 7;
        }
        vtg_buffer_unmap(up);
        CHECK_OK(vtg_submit(commands, NULL)); /* mapping waits */
        if (!CHECK_OK(vtg_buffer_map(down, 8, N * 4, (void **)&words))) {
            break;
        }
        for (uint32_t i = 0; i < N && t->runs; i++) {
            if (!CHECK(words[i] == stepped(i + round * 7, n))) {
                break;
            }
        }
        vtg_buffer_unmap(down);
    }
    vtg_commands_reset(commands);

    void *address = &n;
    CHECK_STATUS(vtg_buffer_map(x, 0, 4, &address), VTG_ERROR_UNSUPPORTED);
    CHECK(address == NULL && strstr(t->host->last, "`x`"));
    CHECK_STATUS(vtg_buffer_map(down, 8, N * 4 + 1, &address), VTG_ERROR_OUT_OF_RANGE);
    args[0] = vtg_arg_buffer(up);
    CHECK_STATUS(vtg_commands_dispatch(commands, t->step, (VtgGrid){N, 1, 1}, args, 2),
                 VTG_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(t->host->last, "`step`") && strstr(t->host->last, "`x`"));
    CHECK_STATUS(vtg_commands_copy(commands, up, 0, down, 0, 4), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_commands_copy(commands, down, 0, x, 0, 4), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_commands_copy(commands, x, 0, up, 0, 4), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_commands_fill(commands, up, 0, 4, 1), VTG_ERROR_INVALID_ARGUMENT);

    uint32_t word = 5; /* the host writes and reads any of them */
    VtgBuffer *const all[] = {up, x, down};
    for (uint32_t i = 0; i < COUNT(all); i++) {
        CHECK_OK(vtg_buffer_fill(all[i], 0, 8, 77));
        CHECK_OK(vtg_buffer_write(all[i], 4, &word, 4));
        CHECK(word_at(all[i], 1) == 5 && (!t->runs || word_at(all[i], 0) == 77));
    }
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(up);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(down);
}

static void test_shared(Test *t) {
    enum { N = 100 };
    uint32_t n = 2;
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.memory = VTG_MEMORY_SHARED;
    desc.size_bytes = N * 4;
    desc.label = "shared";
    VtgBuffer *x = NULL;
    if (!vtg_device_get_info(t->device)->unified_memory) {
        CHECK_STATUS(vtg_buffer_create(t->device, &desc, &x), VTG_ERROR_UNSUPPORTED);
        CHECK(x == NULL && strstr(t->host->last, "`shared`"));
        return;
    }
    uint32_t *words = NULL;
    if (CHECK_OK(vtg_buffer_create(t->device, &desc, &x)) &&
        CHECK_OK(vtg_buffer_map(x, 0, N * 4, (void **)&words))) {
        for (uint32_t i = 0; i < N; i++) {
            words[i] = i;
        }
        VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, NULL));
        CHECK_OK(vtg_buffer_map(x, 0, N * 4, (void **)&words));
        CHECK(!t->runs || (words[0] == stepped(0, n) && words[N - 1] == stepped(N - 1, n)));
    }
    desc.memory = (VtgMemory)9;
    VtgBuffer *none = NULL;
    CHECK_STATUS(vtg_buffer_create(t->device, &desc, &none), VTG_ERROR_INVALID_ARGUMENT);
    vtg_buffer_destroy(x);
}

/* The counts are copied and computed in the same list, just before they are used. */
static void test_indirect(Test *t) {
    enum { N = 64 * 5 };
    uint32_t n = 1;
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    VtgBuffer *counts = make_buffer(t->device, VTG_MEMORY_DEVICE, "counts", 32);
    VtgBuffer *first = make_buffer(t->device, VTG_MEMORY_DEVICE, "first", 12);
    CHECK_OK(vtg_buffer_fill(x, 0, N * 4, 10));
    const uint32_t begin[3] = {0, 1, 1};
    CHECK_OK(vtg_buffer_write(first, 0, begin, sizeof begin));
    VtgArg grow[] = {vtg_arg_buffer(first), vtg_arg_value(&n, 4)};
    grow[0].size = 4; /* the count along x */
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgCommands *commands = make_list(t);
    for (int i = 0; i < 2; i++) { /* none, then one workgroup */
        CHECK_OK(vtg_commands_copy(commands, first, 0, counts, 16, 12));
        CHECK_OK(vtg_commands_dispatch_indirect(commands, t->step, counts, 16, args, 2));
        CHECK_OK(vtg_commands_dispatch(commands, t->step, (VtgGrid){3, 1, 1}, grow, 2));
    }
    submit_and_wait(commands);
    CHECK(!t->runs || (word_at(x, 0) == 31 && word_at(x, 63) == 31 && word_at(x, 64) == 10));
    const uint32_t three[3] = {3, 1, 1};
    CHECK_OK(vtg_buffer_write(first, 0, three, sizeof three));
    submit_and_wait(commands); /* 3 workgroups; then 10, more than there are elements for */
    CHECK(!t->runs || (word_at(x, 0) == stepped(31, 2) && word_at(x, 191) == stepped(10, 2) &&
                       word_at(x, 192) == 31 && word_at(x, N - 1) == 31));

    vtg_commands_reset(commands);
    args[0] = vtg_arg_buffer(counts);
    CHECK_STATUS(vtg_commands_dispatch_indirect(commands, t->step, counts, 16, args, 2),
                 VTG_ERROR_OVERLAP);
    args[0] = vtg_arg_buffer(x);
    CHECK_STATUS(vtg_commands_dispatch_indirect(commands, t->step, counts, 24, args, 2),
                 VTG_ERROR_OUT_OF_RANGE);
    CHECK_STATUS(vtg_commands_dispatch_indirect(commands, t->step, counts, 2, args, 2),
                 VTG_ERROR_INVALID_ARGUMENT);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(counts);
    vtg_buffer_destroy(first);
}

/* ---- Events ---- */

typedef struct Told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int order[16], count;
    VtgStatus status[16];
} Told;

typedef struct Call {
    Told *told;
    int number;
    VtgEvent *event; /* destroyed by the callback, if there */
} Call;

static void on_end(void *user, VtgStatus status) {
    Call *call = user;
    vtg_event_destroy(call->event);
    pthread_mutex_lock(&call->told->lock);
    call->told->status[call->told->count] = status;
    call->told->order[call->told->count++] = call->number;
    pthread_cond_broadcast(&call->told->changed);
    pthread_mutex_unlock(&call->told->lock);
}

static void wait_for_calls(Told *told, int count) {
    pthread_mutex_lock(&told->lock);
    while (told->count < count) {
        pthread_cond_wait(&told->changed, &told->lock);
    }
    pthread_mutex_unlock(&told->lock);
}

static void test_callbacks(Test *t) {
    enum { RUNS = 6, N = 4096 };
    Told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, {0}};
    Call calls[RUNS + 1];
    uint32_t n = 300;
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    CHECK_OK(vtg_buffer_fill(x, 0, N * 4, 1));
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgEvent *kept = NULL;
    for (int i = 0; i < RUNS; i++) {
        VtgEvent *event = NULL;
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, &event));
        calls[i] = (Call){&told, i, NULL};
        CHECK_OK(vtg_event_on_end(event, on_end, &calls[i]));
        if (i == 0) {
            kept = event;
        } else {
            vtg_event_destroy(event);
        }
    }
    wait_for_calls(&told, RUNS);
    for (int i = 0; i < RUNS; i++) {
        CHECK(told.order[i] == i && told.status[i] == VTG_OK);
    }
    CHECK(!t->runs || word_at(x, N - 1) == stepped(1, n * RUNS));
    calls[RUNS] = (Call){&told, 99, kept}; /* it has ended long ago */
    CHECK_OK(vtg_event_on_end(kept, on_end, &calls[RUNS]));
    wait_for_calls(&told, RUNS + 1);
    CHECK(told.order[RUNS] == 99);
    CHECK_STATUS(vtg_event_on_end(NULL, on_end, NULL), VTG_ERROR_INVALID_ARGUMENT);
    vtg_buffer_destroy(x);
}

/* The whole device goes by the callback of its last event. */
static void test_last_callback(Test *t) {
    Told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, {0}};
    Host host = HOST_INIT;
    VtgInstanceDesc instance = host_desc(&host, vtg_device_get_info(t->device)->api);
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    open.instance = &instance;
    open.name = vtg_device_get_info(t->device)->name;
    VtgDevice *device = NULL;
    if (!CHECK_OK(vtg_open(&open, &device))) {
        return;
    }
    CHECK(strcmp(vtg_device_get_info(device)->name, open.name) == 0);
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 4096);
    VtgCommands *commands = NULL;
    VtgEvent *event = NULL;
    CHECK_OK(vtg_commands_create(device, NULL, &commands));
    CHECK_OK(vtg_commands_fill(commands, x, 0, 4096, 1));
    CHECK_OK(vtg_submit(commands, &event));
    Call call = {&told, 1, event};
    CHECK_OK(vtg_event_on_end(event, on_end, &call));
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(x);
    vtg_device_destroy(device); /* waits for the callback */
    CHECK(told.count == 1);
    for (int i = 0; i < 1000 && atomic_load(&host.live) != 0; i++) {
        poll(NULL, 0, 1); /* the thread is on its way out */
    }
    CHECK(atomic_load(&host.live) == 0);
}

static void test_descriptors(Test *t) {
    enum { RUNS = 3, N = 4096 };
    uint32_t n = 300;
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    struct pollfd fds[RUNS];
    VtgEvent *events[RUNS] = {NULL};
    for (int i = 0; i < RUNS; i++) {
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, &events[i]));
        fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
        CHECK_OK(vtg_event_export_fd(events[i], &fds[i].fd));
    }
    for (int i = RUNS; i-- > 0;) {
        CHECK(poll(&fds[i], 1, 60000) == 1 && (fds[i].revents & POLLIN));
        CHECK_OK(vtg_event_poll(events[i]));
    }
    int again = -1; /* readable from the start, and it stays so */
    CHECK_OK(vtg_event_export_fd(events[0], &again));
    struct pollfd last = {.fd = again, .events = POLLIN};
    CHECK(poll(&last, 1, 0) == 1 && poll(&last, 1, 0) == 1);
    close(again);

    int early = -1; /* closed before the end, and with nobody to look at the event */
    VtgEvent *event = NULL;
    CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, &event));
    CHECK_OK(vtg_event_export_fd(event, &early));
    close(early);
    vtg_event_destroy(event);
    for (int i = 0; i < RUNS; i++) {
        close(fds[i].fd);
        vtg_event_destroy(events[i]);
    }
    vtg_buffer_destroy(x);
}

/* ---- Queues ---- */

static VtgCommands *transfer_list(const Test *t) {
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.queue = VTG_QUEUE_TRANSFER;
    VtgCommands *commands = NULL;
    CHECK_OK(vtg_commands_create(t->device, &desc, &commands));
    return commands;
}

/* Up on one queue, computed on the other, down on the first, over and over, and nobody waits: what uses a buffer comes
 * after what wrote it. */
static void test_queues(Test *t) {
    enum { N = 20000, ROUNDS = 12 };
    uint32_t n = 50;
    VtgBuffer *up[ROUNDS], *down[ROUNDS];
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    for (uint32_t r = 0; r < ROUNDS; r++) {
        up[r] = make_buffer(t->device, VTG_MEMORY_UPLOAD, "up", N * 4);
        down[r] = make_buffer(t->device, VTG_MEMORY_READBACK, "down", N * 4);
        CHECK_OK(vtg_buffer_fill(up[r], 0, N * 4, r));
        VtgCommands *to = transfer_list(t), *from = transfer_list(t);
        CHECK_OK(vtg_commands_copy(to, up[r], 0, x, 0, N * 4));
        CHECK_OK(vtg_submit(to, NULL));
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, NULL));
        CHECK_OK(vtg_commands_copy(from, x, 0, down[r], 0, N * 4));
        CHECK_OK(vtg_submit(from, NULL));
        vtg_commands_destroy(to);
        vtg_commands_destroy(from);
    }
    for (uint32_t r = 0; r < ROUNDS; r++) {
        CHECK(!t->runs ||
              (word_at(down[r], 0) == stepped(r, n) && word_at(down[r], N - 1) == stepped(r, n)));
        vtg_buffer_destroy(up[r]);
        vtg_buffer_destroy(down[r]);
    }
    VtgCommands *wrong = transfer_list(t);
    CHECK_STATUS(vtg_commands_dispatch(wrong, t->step, (VtgGrid){N, 1, 1}, args, 2),
                 VTG_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(t->host->last, "`step`") && strstr(t->host->last, "transfer queue"));
    vtg_commands_destroy(wrong);
    vtg_buffer_destroy(x);
}

/* A copy that nothing needs ends before a dispatch that began earlier. */
static void test_overlap(Test *t) {
    enum { N = 64, TRIES = 10 };
    uint32_t n = 40000000;
    if (!t->runs || vtg_device_get_info(t->device)->queues == 1) {
        return;
    }
    VtgBuffer *x = make_buffer(t->device, VTG_MEMORY_DEVICE, "x", N * 4);
    VtgBuffer *y = make_buffer(t->device, VTG_MEMORY_DEVICE, "y", N * 4);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgCommands *commands = transfer_list(t);
    CHECK_OK(vtg_commands_fill(commands, y, 0, N * 4, 5));
    bool overlapped = false;
    for (int i = 0; i < TRIES && !overlapped; i++) {
        VtgEvent *slow = NULL, *quick = NULL;
        CHECK_OK(vtg_dispatch(t->device, t->step, (VtgGrid){N, 1, 1}, args, 2, &slow));
        CHECK_OK(vtg_submit(commands, &quick));
        CHECK_OK(vtg_event_wait(quick, VTG_FOREVER));
        overlapped = vtg_event_poll(slow) == VTG_NOT_READY;
        CHECK_OK(vtg_event_wait(slow, VTG_FOREVER));
        vtg_event_destroy(slow);
        vtg_event_destroy(quick);
    }
    /* NVIDIA's OpenCL lets a fill wait for the dispatch of another queue. */
    const VtgDeviceInfo *info = vtg_device_get_info(t->device);
    CHECK(overlapped || (strcmp(info->api, "opencl") == 0 && info->type != VTG_DEVICE_CPU));
    CHECK(word_at(y, 1) == 5);
    vtg_commands_destroy(commands);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
}

/* ---- Devices ---- */

static void test_device(Host *host, VtgInstance *instance, uint32_t index) {
    static const struct {
        const char *name;
        void (*run)(Test *);
    } tests[] = {
        {"memory", test_memory},
        {"shared", test_shared},
        {"indirect", test_indirect},
        {"callbacks", test_callbacks},
        {"last callback", test_last_callback},
        {"descriptors", test_descriptors},
        {"queues", test_queues},
        {"overlap", test_overlap},
    };
    const VtgDeviceInfo *info = vtg_device_info(instance, index);
    VtgDeviceDesc desc = VTG_DEVICE_DESC_INIT;
    desc.index = index;
    Test t = {.host = host, .runs = strcmp(info->api, "null") != 0};
    if (!CHECK_OK(vtg_device_create(instance, &desc, &t.device))) {
        return;
    }
    CHECK(info->queues == 1 || info->queues == 2);
    if (CHECK_OK(make_step(t.device, &t.step))) {
        for (size_t i = 0; i < COUNT(tests); i++) {
            int before = atomic_load(&failures);
            tests[i].run(&t);
            printf("%s %s, %s: %s\n", atomic_load(&failures) == before ? "ok  " : "FAIL", info->api,
                   info->name, tests[i].name);
        }
    }
    vtg_kernel_destroy(t.step);
    vtg_device_destroy(t.device);
}

/* From each kind of device to each other, by way of buffers of any memory. */
static void test_between(VtgInstance *const *instances, uint32_t count) {
    enum { SIZE = 100003 };
    unsigned char *data = malloc(SIZE), *got = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) {
        data[i] = (unsigned char)(i * 7 + (i >> 8));
    }
    for (uint32_t a = 0; a < count; a++) {
        VtgDevice *from = NULL, *to = NULL;
        CHECK_OK(vtg_device_create(instances[a], NULL, &from));
        CHECK_OK(vtg_device_create(instances[(a + 1) % count], NULL, &to));
        VtgBuffer *source = make_buffer(from, VTG_MEMORY_DEVICE, "source", SIZE);
        VtgBuffer *target = make_buffer(to, VTG_MEMORY_DEVICE, "target", SIZE + 5);
        VtgBuffer *down = make_buffer(to, VTG_MEMORY_READBACK, "down", SIZE);
        CHECK_OK(vtg_buffer_write(source, 0, data, SIZE));
        CHECK_OK(vtg_buffer_copy(source, 1, target, 3, SIZE - 1));
        CHECK_OK(vtg_buffer_copy(target, 3, down, 0, SIZE - 1));
        CHECK_OK(vtg_buffer_read(down, 0, got, SIZE - 1));
        CHECK(memcmp(got, data + 1, SIZE - 1) == 0);
        CHECK_STATUS(vtg_buffer_copy(source, 1, target, 6, SIZE), VTG_ERROR_OUT_OF_RANGE);
        CHECK_STATUS(vtg_buffer_copy(down, 0, down, 4, 8), VTG_ERROR_OVERLAP);
        vtg_buffer_destroy(source);
        vtg_buffer_destroy(target);
        vtg_buffer_destroy(down);
        vtg_device_destroy(from);
        vtg_device_destroy(to);
    }
    free(data);
    free(got);
}

static void test_open(Host *host) {
    VtgInstanceDesc null = host_desc(host, "null");
    VtgOpenDesc desc = VTG_OPEN_DESC_INIT;
    VtgDeviceDesc where = VTG_DEVICE_DESC_INIT;
    VtgDevice *device = NULL;
    desc.instance = &null;
    CHECK_OK(vtg_open(&desc, &device));
    CHECK(strcmp(vtg_device_get_info(device)->api, "null") == 0);
    vtg_device_destroy(device);
    desc.name = "no such device";
    CHECK_STATUS(vtg_open(&desc, &device), VTG_ERROR_NO_DEVICE);
    CHECK(device == NULL && strstr(host->last, "no such device"));
    desc.name = NULL;
    desc.device = &where;
    where.index = 1;
    CHECK_STATUS(vtg_open(&desc, &device), VTG_ERROR_NO_DEVICE);
    where.struct_size = 0;
    CHECK_STATUS(vtg_open(&desc, &device), VTG_ERROR_INVALID_ARGUMENT);
    CHECK_STATUS(vtg_open(NULL, NULL), VTG_ERROR_INVALID_ARGUMENT);
    VtgStatus best = vtg_open(NULL, &device); /* whatever this machine has */
    CHECK(best == VTG_OK ? device != NULL : best == VTG_ERROR_NO_DEVICE && !device);
    vtg_device_destroy(device);
}

/* The null device tells what it would have run, barriers and all. */
static void test_recording(Host *host, VtgInstance *instance) {
    VtgDevice *device = NULL;
    Test t = {.host = host};
    CHECK_OK(vtg_device_create(instance, NULL, &device));
    t.device = device;
    CHECK_OK(make_step(device, &t.step));
    uint32_t n = 1;
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 400);
    VtgBuffer *y = make_buffer(device, VTG_MEMORY_DEVICE, "y", 400);
    VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    VtgCommands *commands = make_list(&t);
    host->recorded[0] = '\0';
    CHECK_OK(vtg_commands_fill(commands, x, 0, 400, 3));
    CHECK_OK(vtg_commands_fill(commands, y, 8, 16, 4));
    CHECK_OK(vtg_commands_dispatch(commands, t.step, (VtgGrid){100, 1, 1}, args, 2));
    CHECK_OK(vtg_commands_copy(commands, x, 0, y, 200, 100));
    CHECK_OK(vtg_commands_dispatch_indirect(commands, t.step, y, 0, args, 2));
    static const char expected[] = "fill 400 bytes of `x` at 0 with 3\n"
                                   "fill 16 bytes of `y` at 8 with 4\n"
                                   "barrier\n"
                                   "dispatch `step`, 2 x 1 x 1 workgroups\n"
                                   "barrier\n"
                                   "copy 100 bytes, `x` at 0 to `y` at 200\n"
                                   "barrier\n"
                                   "dispatch `step`, workgroups from `y`\n";
    if (!CHECK(strcmp(host->recorded, expected) == 0)) {
        printf("%s", host->recorded);
    }
    vtg_commands_destroy(commands);
    vtg_kernel_destroy(t.step);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_device_destroy(device);
}

int main(int argc, char **argv) {
    static const char *const apis[] = {"null", "vulkan", "opencl", "webgpu"};
    VtgInstance *instances[COUNT(apis)];
    uint32_t devices = 0, count = 0;
    Host host = HOST_INIT;
    setvbuf(stdout, NULL, _IOLBF, 0);
    host.print = argc > 1 && strcmp(argv[1], "-v") == 0;
    test_open(&host);
    for (size_t i = 0; i < COUNT(apis); i++) {
        VtgInstanceDesc desc = host_desc(&host, apis[i]);
        VtgInstance *instance = NULL;
        VtgStatus opened = vtg_instance_create(&desc, &instance);
        CHECK(opened == VTG_OK || opened == VTG_ERROR_NO_DRIVER);
        for (uint32_t index = 0; index < vtg_device_count(instance); index++, devices += i != 0) {
            test_device(&host, instance, index);
        }
        if (vtg_device_count(instance) != 0) {
            instances[count++] = instance;
        } else {
            vtg_instance_destroy(instance);
        }
    }
    test_recording(&host, instances[0]);
    test_between(instances, count);
    for (uint32_t i = 0; i < count; i++) {
        vtg_instance_destroy(instances[i]);
    }
    CHECK(atomic_load(&host.live) == 0);
    printf("%u devices besides the null device\n", devices);
    return atomic_load(&failures) ? 1 : devices == 0 ? 77 : 0;
}
