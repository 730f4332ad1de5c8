/* async_loop.c: GPU work in an event loop. The loop waits with poll() for several things at once: a timer of 5 ms, which
 * stands for whatever else the program does, and the ends of GPU jobs, which are file descriptors. Nothing blocks, no
 * thread is made by the program. libuv (uv_poll_init), epoll and io_uring take the same descriptors.
 *
 *     vittec-gpu examples/saxpy.vt -o saxpy.spv
 *     async_loop saxpy.spv [API [JOBS]]
 *
 * API is vulkan, opencl, webgpu or null; the kernel's file is in that API's language. Each job computes y = 2 x + y on
 * its own part of the data; the next begins when one ends, two are in flight. Prints what the numbers are and how often
 * the timer came in between. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vitte_gpu.h>

enum { N = 100000, IN_FLIGHT = 2, TIMER_MS = 5 };

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        fprintf(stderr, "async_loop: %s\n", message);
    }
}

static void check(VtgStatus status) {
    if (status < 0) { /* the log has said why */
        fprintf(stderr, "async_loop: %s\n", vtg_status_text(status));
        exit(1);
    }
}

/* The kernel is saxpy(a: f32, x: Buffer<f32>, y: Buffer<f32>), as vittec-gpu binds it for each API. */
static VtgKernel *load(VtgDevice *device, const char *path) {
    static char code[1 << 16];
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "async_loop: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code = code;
    desc.code_size = fread(code, 1, sizeof code, file);
    fclose(file);
    const char *api = vtg_device_get_info(device)->api;
    VtgParam params[5] = {
        {.name = "a", .kind = VTG_PARAM_VALUE, .size = 4},
        {.name = "x", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
        {.name = "y", .kind = VTG_PARAM_BUFFER, .stride = 4},
        {.kind = VTG_PARAM_LENGTH, .offset = 4, .of_param = 1},
        {.kind = VTG_PARAM_LENGTH, .offset = 8, .of_param = 2},
    };
    desc.params = params;
    desc.param_count = 3;
    desc.value_block_bytes = 4;
    if (strcmp(api, "opencl") == 0) { /* lengths are arguments there */
        desc.code_format = VTG_CODE_OPENCL_C;
        desc.param_count = 5;
        desc.value_block_bytes = 12;
    } else if (strcmp(api, "webgpu") == 0) {
        desc.code_format = VTG_CODE_WGSL;
        desc.value_block = VTG_VALUES_UNIFORM_BUFFER;
    }
    desc.entry = "saxpy";
    desc.workgroup_size[0] = 64;
    VtgKernel *kernel;
    check(vtg_kernel_create(device, &desc, &kernel));
    return kernel;
}

typedef struct Job {
    VtgBuffer *y;
    VtgEvent *event;
    int number;
} Job;

/* Submits; the descriptor tells of the end. */
static int begin(Job *job, int number, VtgDevice *device, VtgKernel *kernel, VtgBuffer *x) {
    float a = 2.0F, first = (float)number;
    uint32_t bits;
    memcpy(&bits, &first, sizeof bits);
    check(vtg_buffer_fill(job->y, 0, N * sizeof(float), bits));
    const VtgArg args[] = {vtg_arg_value(&a, sizeof a), vtg_arg_buffer(x), vtg_arg_buffer(job->y)};
    check(vtg_dispatch(device, kernel, (VtgGrid){N, 1, 1}, args, 3, &job->event));
    job->number = number;
    int fd;
    check(vtg_event_export_fd(job->event, &fd));
    return fd;
}

/* The work has ended: reading waits for nothing. */
static int end(Job *job, bool runs) {
    static float y[N];
    check(vtg_event_poll(job->event));
    check(vtg_buffer_read(job->y, 0, y, sizeof y));
    vtg_event_destroy(job->event);
    int wrong = 0;
    for (int i = 0; i < N && runs; i++) {
        wrong += y[i] != 2.0F * (float)i + (float)job->number;
    }
    return wrong;
}

static long long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: async_loop KERNEL [API [JOBS]]\n");
        return 2;
    }
    int jobs = argc > 3 ? atoi(argv[3]) : 8;
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    instance.api = argc > 2 ? argv[2] : "vulkan";
    instance.log = log_line;
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    open.instance = &instance;
    VtgDevice *device;
    check(vtg_open(&open, &device));
    VtgKernel *kernel = load(device, argv[1]);
    bool runs =
        strcmp(vtg_device_get_info(device)->api, "null") != 0; /* that one computes nothing */

    static float x[N];
    for (int i = 0; i < N; i++) {
        x[i] = (float)i;
    }
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = sizeof x;
    VtgBuffer *bx;
    check(vtg_buffer_create(device, &desc, &bx));
    check(vtg_buffer_write(bx, 0, x, sizeof x));

    Job flight[IN_FLIGHT];
    struct pollfd fds[IN_FLIGHT];
    int begun = 0, ended = 0, wrong = 0, ticks = 0;
    for (int i = 0; i < IN_FLIGHT; i++) {
        check(vtg_buffer_create(device, &desc, &flight[i].y));
        fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
        if (begun < jobs) {
            fds[i].fd = begin(&flight[i], begun++, device, kernel, bx);
        }
    }
    for (long long tick = now_ms() + TIMER_MS; ended < jobs;) {
        long long left = tick - now_ms();
        int ready = poll(fds, IN_FLIGHT, left > 0 ? (int)left : 0);
        if (ready == 0) {
            ticks++;
            tick += TIMER_MS;
        }
        for (int i = 0; i < IN_FLIGHT && ready > 0; i++) {
            if (fds[i].fd >= 0 && (fds[i].revents & POLLIN)) {
                close(fds[i].fd);
                wrong += end(&flight[i], runs);
                ended++;
                fds[i].fd = begun < jobs ? begin(&flight[i], begun++, device, kernel, bx) : -1;
            }
        }
    }
    printf("%s: %d jobs, %d wrong numbers; the timer came %d times meanwhile\n",
           vtg_device_get_info(device)->name, ended, wrong, ticks);
    for (int i = 0; i < IN_FLIGHT; i++) {
        vtg_buffer_destroy(flight[i].y);
    }
    vtg_buffer_destroy(bx);
    vtg_kernel_destroy(kernel);
    vtg_device_destroy(device);
    return wrong != 0;
}
