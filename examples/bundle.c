/* bundle: the same file on whatever API there is.
 *
 *     vittec-gpu examples/saxpy.vt -o saxpy.vgpu
 *     bundle saxpy.vgpu [vulkan|opencl|webgpu]
 *
 * Opens the bundle, takes the best device (of that API), makes the kernel `saxpy` from the code that fits the device,
 * runs y = 2.5 x + y over 1,000 numbers and checks the result. Exit status 0: right, 1: not, 77: no such device. */
#include <vitte_gpu.h>

#include <stdio.h>

enum { COUNT = 1000 };

static void tell(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level != VTG_LOG_INFO) {
        fprintf(stderr, "%s\n", message);
    }
}

/* What the program holds; all of it may be NULL. */
typedef struct {
    VtgInstance *instance;
    VtgDevice *device;
    VtgBundle *bundle;
    VtgKernel *kernel;
    VtgBuffer *x, *y;
    VtgEvent *event;
} Held;

static VtgStatus open_all(Held *held, const char *path, const char *api) {
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    instance.api = api;
    instance.log = tell;
    VtgStatus status = vtg_instance_create(&instance, &held->instance);
    if (status == VTG_OK) {
        status = vtg_device_create(held->instance, NULL, &held->device);
    }
    if (status != VTG_OK) {
        return status;
    }
    VtgBundleDesc bundle = VTG_BUNDLE_DESC_INIT;
    bundle.path = path;
    status = vtg_bundle_open(held->instance, &bundle, &held->bundle);
    if (status == VTG_OK) {
        VtgBundleKernelDesc kernel = VTG_BUNDLE_KERNEL_DESC_INIT;
        kernel.name = "saxpy";
        status = vtg_bundle_kernel_create(held->device, held->bundle, &kernel, &held->kernel);
    }
    return status;
}

static VtgStatus make_buffer(const Held *held, const float *values, VtgBuffer **buffer) {
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    desc.size_bytes = COUNT * sizeof *values;
    VtgStatus status = vtg_buffer_create(held->device, &desc, buffer);
    return status == VTG_OK ? vtg_buffer_write(*buffer, 0, values, desc.size_bytes) : status;
}

static VtgStatus run(Held *held, float *y) {
    float x[COUNT], a = 2.5f;
    for (int i = 0; i < COUNT; i++) {
        x[i] = (float)i / 4;
        y[i] = (float)(COUNT - i);
    }
    VtgStatus status = make_buffer(held, x, &held->x);
    status = status == VTG_OK ? make_buffer(held, y, &held->y) : status;
    if (status != VTG_OK) {
        return status;
    }
    VtgArg args[] = {vtg_arg_value(&a, sizeof a), vtg_arg_buffer(held->x), vtg_arg_buffer(held->y)};
    VtgGrid grid = {COUNT, 1, 1};
    status = vtg_dispatch(held->device, held->kernel, grid, args, 3, &held->event);
    status = status == VTG_OK ? vtg_event_wait(held->event, VTG_FOREVER) : status;
    return status == VTG_OK ? vtg_buffer_read(held->y, 0, y, COUNT * sizeof *y) : status;
}

/* Every number here is a multiple of 1/8 below 2^11: f32 holds it exactly. */
static int count_wrong(const float *y) {
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        wrong += y[i] != 2.5f * ((float)i / 4) + (float)(COUNT - i);
    }
    return wrong;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: bundle FILE.vgpu [vulkan|opencl|webgpu]\n");
        return 2;
    }
    Held held = {0};
    float y[COUNT];
    int result = 1;
    VtgStatus status = open_all(&held, argv[1], argc == 3 ? argv[2] : NULL);
    status = status == VTG_OK ? run(&held, y) : status;
    if (status == VTG_ERROR_NO_DRIVER || status == VTG_ERROR_NO_DEVICE) {
        fprintf(stderr, "%s\n", vtg_status_text(status));
        result = 77;
    } else if (status != VTG_OK) {
        fprintf(stderr, "%s\n", vtg_status_text(status));
    } else {
        const VtgDeviceInfo *info = vtg_device_get_info(held.device);
        int wrong = count_wrong(y);
        printf("%s (%s): %d of %d numbers are right\n", info->name, info->api, COUNT - wrong,
               COUNT);
        result = wrong != 0;
    }
    vtg_event_destroy(held.event);
    vtg_buffer_destroy(held.x);
    vtg_buffer_destroy(held.y);
    vtg_kernel_destroy(held.kernel);
    vtg_bundle_destroy(held.bundle);
    vtg_device_destroy(held.device);
    vtg_instance_destroy(held.instance);
    return result;
}
