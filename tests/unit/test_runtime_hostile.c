/* test_runtime_hostile.c: numbers that nobody in his right mind gives: ranges and sizes whose sums wrap, on the null device,
 * which has the widest limits. Always an error, and never a byte outside. */
#include "runtime_unit.h"

/* More than this machine has; sanitizers stop where they are asked for it. */
static void *refuse_much(void *user, void *ptr, size_t old_size, size_t new_size) {
    return new_size >> 40 ? NULL : host_reallocate(user, ptr, old_size, new_size);
}

static const uint64_t wild[] = {UINT64_MAX, UINT64_MAX - 3,      UINT64_MAX - 999,
                                INT64_MAX,  (uint64_t)1 << 32,   1001,
                                1000,       UINT64_MAX / 2 + 500};

static VtgStatus make_kernel(VtgDevice *device, const VtgParam *params, uint32_t count,
                             uint32_t block, VtgKernel **kernel) {
    static const uint32_t words[8] = {0x07230203, 0x00010000, 0, 1, 0, 0, 0, 0};
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.label = "hostile";
    desc.code = words;
    desc.code_size = sizeof words;
    desc.workgroup_size[0] = 64;
    desc.params = params;
    desc.param_count = count;
    desc.value_block = VTG_VALUES_STORAGE_BUFFER;
    desc.value_block_bytes = block;
    *kernel = NULL;
    return vtg_kernel_create(device, &desc, kernel);
}

/* Every pair of a wild offset and a wild size, wherever there are two. */
static void test_ranges(VtgDevice *device) {
    enum { SIZE = 1000 };
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", SIZE);
    VtgBuffer *y = make_buffer(device, VTG_MEMORY_DEVICE, "y", SIZE);
    VtgBuffer *up = make_buffer(device, VTG_MEMORY_UPLOAD, "up", SIZE);
    VtgKernel *step = NULL;
    VtgCommands *list = NULL;
    char bytes[8] = {0};
    uint32_t n = 1;
    CHECK_OK(make_kernel(device, step_params, COUNT(step_params), 8, &step));
    CHECK_OK(vtg_commands_create(device, NULL, &list));
    for (uint32_t i = 0; i < COUNT(wild); i++) {
        for (uint32_t j = 0; j < COUNT(wild); j++) {
            uint64_t offset = wild[i], size = wild[j];
            bool outside = offset > SIZE || size > SIZE - offset;
            void *mapped;
            if (!outside) {
                continue;
            }
            CHECK_STATUS(vtg_buffer_write(x, offset, bytes, size), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_buffer_read(x, offset, bytes, size), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_buffer_fill(x, offset, size, 1), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_buffer_map(up, offset, size, &mapped), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_buffer_copy(x, offset, y, 0, size), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_commands_copy(list, x, offset, y, 0, size), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_commands_copy(list, x, 0, y, offset, size), VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_commands_fill(list, x, offset, size, 1), VTG_ERROR_OUT_OF_RANGE);
            VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
            args[0].offset = offset;
            args[0].size = size;
            CHECK_STATUS(vtg_commands_dispatch(list, step, (VtgGrid){1, 1, 1}, args, 2),
                         VTG_ERROR_OUT_OF_RANGE);
        }
        const VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
        CHECK_STATUS(vtg_commands_dispatch_indirect(list, step, y, wild[i], args, 2),
                     VTG_ERROR_OUT_OF_RANGE);
        VtgArg wrong[] = {vtg_arg_buffer(x), vtg_arg_value(&n, wild[i])};
        CHECK_STATUS(vtg_commands_dispatch(list, step, (VtgGrid){1, 1, 1}, wrong, 2),
                     VTG_ERROR_ARGUMENT_SIZE);
    }
    const VtgArg args[] = {vtg_arg_buffer(x), vtg_arg_value(&n, 4)};
    CHECK_OK(
        vtg_commands_dispatch(list, step, (VtgGrid){UINT32_MAX, UINT32_MAX, UINT32_MAX}, args, 2));
    vtg_commands_destroy(list);
    vtg_kernel_destroy(step);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(up);
}

static void test_buffers(VtgDevice *device) {
    static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX - 2, (uint64_t)INT64_MAX + 1,
                                     INT64_MAX};
    for (uint32_t i = 0; i < COUNT(sizes); i++) {
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        VtgBuffer *buffer = NULL;
        desc.size_bytes = sizes[i];
        VtgStatus status = vtg_buffer_create(device, &desc, &buffer);
        CHECK(!buffer && (status == VTG_ERROR_LIMIT || status == VTG_ERROR_OUT_OF_MEMORY ||
                          status == VTG_ERROR_OUT_OF_DEVICE_MEMORY));
    }
}

/* A value block as large as 32 bits say, in which parameters lie anywhere: as a bundle may have it. */
static void test_blocks(VtgDevice *device) {
    static const uint32_t blocks[] = {UINT32_MAX,     UINT32_MAX - 1,    UINT32_MAX - 2,
                                      UINT32_MAX - 3, UINT32_C(1) << 31, (16u << 20) + 1};
    VtgKernel *kernel;
    for (uint32_t i = 0; i < COUNT(blocks); i++) {
        const VtgParam far = {
            .name = "far", .kind = VTG_PARAM_VALUE, .size = 4, .offset = blocks[i] - 8};
        CHECK_STATUS(make_kernel(device, &far, 1, blocks[i], &kernel), VTG_ERROR_LIMIT);
        const VtgParam outside = {
            .name = "outside", .kind = VTG_PARAM_VALUE, .size = blocks[i], .offset = 8};
        CHECK_STATUS(make_kernel(device, &outside, 1, 16, &kernel), VTG_ERROR_INVALID_ARGUMENT);
        const VtgParam beyond = {
            .name = "beyond", .kind = VTG_PARAM_VALUE, .size = 4, .offset = blocks[i]};
        CHECK_STATUS(make_kernel(device, &beyond, 1, 16, &kernel), VTG_ERROR_INVALID_ARGUMENT);
    }
    /* Elements larger than the buffer: there are none. */
    const VtgParam wide[] = {
        {.name = "wide", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = UINT32_MAX},
        {.kind = VTG_PARAM_LENGTH, .offset = 0, .of_param = 0}};
    CHECK_OK(make_kernel(device, wide, 2, 4, &kernel));
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 1000);
    const VtgArg arg = vtg_arg_buffer(x);
    CHECK_OK(vtg_dispatch(device, kernel, (VtgGrid){1, 1, 1}, &arg, 1, NULL));
    vtg_buffer_destroy(x);
    vtg_kernel_destroy(kernel);
}

/* Sizes of values whose sum is small again. */
static void test_graph(VtgDevice *device) {
    static const VtgParam params[] = {
        {.name = "a", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 0},
        {.name = "b", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 4},
        {.name = "c", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 8},
    };
    VtgKernel *kernel;
    VtgGraph *graph = NULL;
    uint32_t word = 7;
    CHECK_OK(make_kernel(device, params, 3, 12, &kernel));
    CHECK_OK(vtg_graph_create(&device, 1, &graph));
    for (uint32_t i = 0; i < COUNT(wild); i++) {
        const VtgGraphArg args[] = {{.value = &word, .size = 4},
                                    {.value = &word, .size = wild[i]},
                                    {.value = &word, .size = UINT64_MAX - wild[i] - 3}};
        VtgGraphDispatch desc = VTG_GRAPH_DISPATCH_INIT;
        desc.kernels = &kernel;
        desc.grid = (VtgGrid){1, 1, 1};
        desc.args = args;
        desc.arg_count = 3;
        VtgStatus status = vtg_graph_dispatch(graph, &desc);
        CHECK(status == VTG_ERROR_ARGUMENT_SIZE || status == VTG_ERROR_OUT_OF_MEMORY);
    }
    CHECK_OK(vtg_graph_buffer(graph, "x", 1000));
    CHECK_OK(vtg_graph_buffer(graph, "y", 1000));
    for (uint32_t i = 0; i < COUNT(wild); i++) {
        for (uint32_t j = 0; j < COUNT(wild); j++) {
            if (wild[i] <= 1000 && wild[j] <= 1000 - wild[i]) {
                continue;
            }
            CHECK_STATUS(vtg_graph_copy(graph, "x", wild[i], "y", 0, wild[j]),
                         VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_graph_write(graph, "x", wild[i], &word, wild[j]),
                         VTG_ERROR_OUT_OF_RANGE);
            CHECK_STATUS(vtg_graph_read(graph, "x", wild[i], &word, wild[j]),
                         VTG_ERROR_OUT_OF_RANGE);
        }
    }
    vtg_graph_destroy(graph);
    vtg_kernel_destroy(kernel);
}

int main(void) {
    Host host = HOST_INIT;
    VtgInstanceDesc instance = host_desc(&host, "null");
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    VtgDevice *device = NULL;
    instance.allocator.reallocate = refuse_much;
    open.instance = &instance;
    CHECK_OK(vtg_open(&open, &device));
    test_ranges(device);
    test_buffers(device);
    test_blocks(device);
    test_graph(device);
    vtg_device_destroy(device);
    CHECK(atomic_load(&host.live) == 0);
    printf("%d checks failed\n", atomic_load(&failures));
    return atomic_load(&failures) ? 1 : 0;
}
