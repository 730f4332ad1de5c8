/* two_queues.c: computing while the next part goes up and the last one comes down. Data of many parts goes through a
 * kernel; two sets of buffers take turns, and each set has three lists: up and down on the queue for transfers, the kernel
 * on the other. No wait is placed between them: the library knows which submission uses what another writes.
 *
 *     vittec-gpu examples/saxpy.vt -o saxpy.vgpu
 *     two_queues saxpy.vgpu [API [PARTS]]
 *
 * Computes y = 2 x for parts of 100,000 numbers, checks all and says how many were wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <vitte_gpu.h>

enum { N = 100000, SETS = 2, BYTES = N * sizeof(float) };

/* One part on its way. The lists are recorded once and submitted as often as there are parts. */
typedef struct {
    VtgBuffer *up, *x, *y, *down;
    VtgCommands *upload, *compute, *download;
    VtgEvent *done; /* of the last submission; NULL: none */
} Set;

static void check(VtgStatus status) {
    if (status < 0) { /* VTG_LOG=error in the environment says why */
        fprintf(stderr, "two_queues: %s\n", vtg_status_text(status));
        exit(1);
    }
}

static VtgKernel *load(VtgDevice *device, const char *path) {
    VtgBundle *bundle;
    VtgKernel *kernel;
    VtgBundleDesc file = VTG_BUNDLE_DESC_INIT;
    file.path = path;
    check(vtg_bundle_open(vtg_device_get_instance(device), &file, &bundle));
    VtgBundleKernelDesc desc = VTG_BUNDLE_KERNEL_DESC_INIT;
    desc.name = "saxpy";
    check(vtg_bundle_kernel_create(device, bundle, &desc, &kernel));
    vtg_bundle_destroy(bundle); /* the kernel stays */
    return kernel;
}

static VtgBuffer *buffer(VtgDevice *device, VtgMemory memory) {
    VtgBuffer *made;
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = BYTES;
    desc.memory = memory;
    check(vtg_buffer_create(device, &desc, &made));
    return made;
}

static VtgCommands *list(VtgDevice *device, VtgQueue queue) {
    VtgCommands *made;
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.queue = queue;
    check(vtg_commands_create(device, &desc, &made));
    return made;
}

static void set_create(VtgDevice *device, VtgKernel *kernel, Set *set) {
    *set = (Set){.up = buffer(device, VTG_MEMORY_UPLOAD),
                 .x = buffer(device, VTG_MEMORY_DEVICE),
                 .y = buffer(device, VTG_MEMORY_DEVICE),
                 .down = buffer(device, VTG_MEMORY_READBACK),
                 .upload = list(device, VTG_QUEUE_TRANSFER),
                 .compute = list(device, VTG_QUEUE_COMPUTE),
                 .download = list(device, VTG_QUEUE_TRANSFER)};
    float a = 2;
    const VtgArg args[] = {vtg_arg_value(&a, sizeof a), vtg_arg_buffer(set->x),
                           vtg_arg_buffer(set->y)};
    check(vtg_commands_copy(set->upload, set->up, 0, set->x, 0, BYTES));
    check(vtg_commands_fill(set->compute, set->y, 0, BYTES, 0));
    check(vtg_commands_dispatch(set->compute, kernel, (VtgGrid){N, 1, 1}, args, 3));
    check(vtg_commands_copy(set->download, set->y, 0, set->down, 0, BYTES));
}

static void set_destroy(Set *set) {
    vtg_commands_destroy(set->upload);
    vtg_commands_destroy(set->compute);
    vtg_commands_destroy(set->download);
    vtg_buffer_destroy(set->up);
    vtg_buffer_destroy(set->x);
    vtg_buffer_destroy(set->y);
    vtg_buffer_destroy(set->down);
}

/* Multiples of 1/2 below 2^17: f32 holds them and twice them. */
static float number(int part, int i) {
    return (float)(part * 7 + i) / 2;
}

static void start(Set *set, int part) {
    void *data;
    check(vtg_buffer_map(set->up, 0, BYTES, &data));
    for (int i = 0; i < N; i++) {
        ((float *)data)[i] = number(part, i);
    }
    vtg_buffer_unmap(set->up);
    check(vtg_submit(set->upload, NULL));
    check(vtg_submit(set->compute, NULL));
    check(vtg_submit(set->download, &set->done));
}

/* Waits for the part that the set has; a loop with other work asks vtg_event_poll(), or waits for the descriptor of
 * vtg_event_export_fd() as examples/async_loop.c does. Gives how many numbers are wrong. */
static int finish(Set *set, int part) {
    void *data;
    int wrong = 0;
    check(vtg_event_wait(set->done, VTG_FOREVER));
    vtg_event_destroy(set->done);
    check(vtg_buffer_map(set->down, 0, BYTES, &data));
    for (int i = 0; i < N; i++) {
        wrong += ((const float *)data)[i] != 2 * number(part, i);
    }
    vtg_buffer_unmap(set->down);
    return wrong;
}

int main(int argc, char **argv) {
    int parts = argc > 3 ? atoi(argv[3]) : 8;
    if (argc < 2 || argc > 4 || parts < 1 || parts > 10000) {
        fprintf(stderr, "usage: two_queues FILE.vgpu [API [PARTS]]\n");
        return 2;
    }
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    VtgOpenDesc desc = VTG_OPEN_DESC_INIT;
    VtgDevice *device;
    Set sets[SETS];
    int wrong = 0;
    instance.api = argc > 2 ? argv[2] : NULL;
    desc.instance = &instance;
    check(vtg_open(&desc, &device));
    VtgKernel *kernel = load(device, argv[1]);
    for (int i = 0; i < SETS; i++) {
        set_create(device, kernel, &sets[i]);
    }
    for (int part = 0; part < parts + SETS; part++) { /* the set's last part, and then the next */
        Set *set = &sets[part % SETS];
        wrong += part >= SETS && part - SETS < parts ? finish(set, part - SETS) : 0;
        if (part < parts) {
            start(set, part);
        }
    }
    const VtgDeviceInfo *info = vtg_device_get_info(device);
    printf("%s: queues: %u; parts: %d; wrong numbers: %d\n", info->name, info->queues, parts,
           wrong);
    for (int i = 0; i < SETS; i++) {
        set_destroy(&sets[i]);
    }
    vtg_kernel_destroy(kernel);
    vtg_device_destroy(device);
    return wrong > 0;
}
