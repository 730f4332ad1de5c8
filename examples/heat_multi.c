/* heat_multi.c: heat along a rod, on several devices at once. Each device has a part of the rod; a graph (VtgGraph) splits
 * each step, and brings the cells at the borders from one device to the other.
 *
 *     vittec-gpu examples/heat.vt -o heat.vgpu
 *     heat_multi heat.vgpu [CELLS [STEPS [API…]]]
 *
 * APIs are vulkan, opencl, webgpu, metal or null; one may come twice, and is then opened twice. Default: vulkan vulkan.
 * Prints the devices, whether one device alone comes to the same bits, and the heat at a few places.
 *
 * Devices of two APIs may treat the smallest numbers (denormals, below 1.2e-38) differently: some make them zero. Heat is a
 * quarter as much in each cell further on, so that there are some after 66 steps; up to 64 steps all must agree. Nothing
 * else may differ: 2 and 1/4 are powers of two, so it does not matter whether products are rounded before they are added. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vitte_gpu.h>

enum { MOST_DEVICES = 16 };

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        fprintf(stderr, "heat_multi: %s\n", message);
    }
}

static void check(VtgStatus status) {
    if (status < 0) { /* the log has said why */
        fprintf(stderr, "heat_multi: %s\n", vtg_status_text(status));
        exit(1);
    }
}

typedef struct Device {
    VtgDevice *device;
    VtgKernel *heat;
} Device;

static Device open_device(const char *api, const char *path) {
    Device d;
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    instance.api = api;
    instance.log = log_line;
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    open.instance = &instance;
    check(vtg_open(&open, &d.device));
    VtgBundleDesc file = VTG_BUNDLE_DESC_INIT;
    file.path = path;
    VtgBundle *bundle;
    check(vtg_bundle_open(vtg_device_get_instance(d.device), &file, &bundle));
    VtgBundleKernelDesc kernel = VTG_BUNDLE_KERNEL_DESC_INIT;
    kernel.name = "heat";
    check(vtg_bundle_kernel_create(d.device, bundle, &kernel, &d.heat));
    vtg_bundle_destroy(bundle);
    return d;
}

/* From "now" to "next" and back: two steps for each run of the graph. */
static void simulate(const Device *devices, uint32_t count, float *cells, uint32_t n, int steps) {
    VtgDevice *list[MOST_DEVICES];
    VtgKernel *kernels[MOST_DEVICES];
    for (uint32_t i = 0; i < count; i++) {
        list[i] = devices[i].device;
        kernels[i] = devices[i].heat;
    }
    VtgGraph *graph;
    check(vtg_graph_create(list, count, &graph));
    check(vtg_graph_buffer(graph, "now", n * sizeof *cells));
    check(vtg_graph_buffer(graph, "next", n * sizeof *cells));
    const float k = 0.25F;
    static const char *const names[] = {"now", "next", "now"};
    for (int i = 0; i < 2; i++) {
        const VtgGraphArg args[] = {
            {.value = &k, .size = sizeof k}, {.buffer = names[i]}, {.buffer = names[i + 1]}};
        VtgGraphDispatch step = VTG_GRAPH_DISPATCH_INIT;
        step.device = count > 1 ? VTG_GRAPH_SPLIT : 0;
        step.kernels = kernels;
        step.grid = (VtgGrid){n, 1, 1};
        step.halo = 1;
        step.args = args;
        step.arg_count = 3;
        check(vtg_graph_dispatch(graph, &step));
    }
    check(vtg_graph_write(graph, "now", 0, cells, n * sizeof *cells));
    for (int i = 0; i < steps; i += 2) {
        check(vtg_graph_run(graph));
    }
    check(vtg_graph_read(graph, "now", 0, cells, n * sizeof *cells));
    vtg_graph_destroy(graph);
}

static float *rod(uint32_t n) {
    float *cells = calloc(n, sizeof *cells);
    if (!cells) {
        fprintf(stderr, "heat_multi: out of memory\n");
        exit(1);
    }
    cells[0] = 100.0F; /* one end is hot, and a piece in the middle */
    for (uint32_t i = n / 2 - n / 16; i < n / 2 + n / 16; i++) {
        cells[i] = 50.0F;
    }
    return cells;
}

/* Whether they differ, and where they do, by how much: what denormals leave is far below any heat that matters. */
static int compare(const float *together, const float *alone, uint32_t n) {
    uint32_t differ = 0;
    double most = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (memcmp(&together[i], &alone[i], sizeof *alone) != 0) {
            double difference = fabs((double)together[i] - (double)alone[i]);
            most = difference < most ? most : difference; /* NaN, too */
            differ++;
        }
    }
    if (differ != 0) {
        printf("%u cells differ, by %.2g at most%s\n", differ, most,
               most < 1e-36 ? ": denormals" : "");
    }
    return differ != 0;
}

int main(int argc, char **argv) {
    static char *const two[] = {"vulkan", "vulkan"};
    long cells = argc > 2 ? atol(argv[2]) : 100000, steps = argc > 3 ? atol(argv[3]) : 60;
    char *const *apis = argc > 4 ? argv + 4 : two;
    uint32_t count = argc > 4 ? (uint32_t)(argc - 4) : 2;
    if (argc < 2 || cells < 16 || cells > 1 << 22 || steps < 2 || steps % 2 != 0 ||
        count > MOST_DEVICES) {
        fprintf(stderr,
                "usage: heat_multi BUNDLE [CELLS [STEPS [API...]]], an even number of steps\n");
        return 2;
    }
    Device devices[MOST_DEVICES];
    for (uint32_t i = 0; i < count; i++) {
        devices[i] = open_device(apis[i], argv[1]);
        printf("device %u: %s, %s\n", i, vtg_device_get_info(devices[i].device)->api,
               vtg_device_get_info(devices[i].device)->name);
    }
    uint32_t n = (uint32_t)cells;
    float *together = rod(n), *alone = rod(n);
    simulate(devices, count, together, n, (int)steps);
    simulate(devices, 1, alone, n, (int)steps);
    int differ = compare(together, alone, n);
    printf("%ld cells, %ld steps: %u devices and one %s\n", cells, steps, count,
           differ ? "DIFFER" : "agree to the bit");
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t place = i * (n / 8) + (i == 0);
        printf("%u: %.9g\n", place, (double)together[place]);
    }
    free(together);
    free(alone);
    for (uint32_t i = 0; i < count; i++) {
        vtg_kernel_destroy(devices[i].heat);
        vtg_device_destroy(devices[i].device);
    }
    return differ;
}
