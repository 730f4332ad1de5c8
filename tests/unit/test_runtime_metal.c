/* test_runtime_metal.c: what the runtime calls of Metal, against a fake that records it: the right methods with the right
 * arguments in the right order, nothing left, and a status for all that can be refused. It shows nothing of what Apple's
 * own library does with the calls. Exit 0: fine, 1: not, 77: the fake is for x86-64. */
#include "runtime_unit.h"
#include "tests/fakes/fake_metal.h"

#include <dlfcn.h>

static FakeMetal *fake;

static const VtgParam params[] = {
    {.name = "a", .kind = VTG_PARAM_VALUE, .size = 4, .offset = 0},
    {.name = "x", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ, .stride = 4},
    {.name = "y", .kind = VTG_PARAM_BUFFER, .access = VTG_ACCESS_READ_WRITE, .stride = 4},
};

static VtgStatus make_kernel(VtgDevice *device, VtgKernel **kernel) {
    const VtgSpecConstant specs[] = {{.id = 7, .size = 4, .value = 41},
                                     {.id = 8, .size = 4, .value = 1},
                                     {.id = 99, .size = 4, .value = 5}};
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.code_format = VTG_CODE_MSL;
    desc.code = "kernel void saxpy() {}";
    desc.code_size = strlen(desc.code);
    desc.entry = "saxpy";
    desc.workgroup_size[0] = 64;
    desc.workgroup_size[1] = 2;
    desc.params = params;
    desc.param_count = COUNT(params);
    desc.value_block_bytes = 4;
    desc.specs = specs;
    desc.spec_count = COUNT(specs);
    return vtg_kernel_create(device, &desc, kernel);
}

static void expect(const char *what, const char *calls) {
    if (!CHECK(strcmp(fake->calls, calls) == 0)) {
        printf("%s: expected\n%sgot\n%s\n", what, calls, fake->calls);
    }
    fake->calls[0] = '\0';
    fake->used = 0;
}

static VtgDevice *open_device(Host *host) {
    VtgInstanceDesc instance = host_desc(host, "metal");
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    VtgDevice *device = NULL;
    open.instance = &instance;
    CHECK_OK(vtg_open(&open, &device));
    return device;
}

static void end(Host *host) {
    CHECK(atomic_load(&host->live) == 0 && fake->live == 0 && fake->mistakes == 0);
    if (fake->live != 0) {
        printf("%ld objects are left\n", fake->live);
    }
}

static void test_calls(void) {
    Host host = HOST_INIT;
    VtgDevice *device = open_device(&host);
    const VtgDeviceInfo *info = vtg_device_get_info(device);
    CHECK(strcmp(info->name, "fake Metal") == 0 && info->queues == 2 && info->unified_memory);
    CHECK(info->limits.max_workgroup_invocations == 1024 && info->limits.max_shared_bytes == 32768);

    VtgKernel *kernel = NULL;
    CHECK_OK(make_kernel(device, &kernel));
    expect("a kernel", "options setFastMathEnabled:0\n"
                       "device newLibraryWithSource:\"kernel void saxpy() {}\"\n"
                       "library newFunctionWithName:saxpy\n"
                       "constants setConstantValue:41 type:33 atIndex:7\n"
                       "constants setConstantValue:1 type:53 atIndex:8\n"
                       "library newFunctionWithName:saxpy constantValues:\n"
                       "descriptor setMaxTotalThreadsPerThreadgroup:128\n"
                       "device newComputePipelineState\n");

    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 400);
    VtgBuffer *y = make_buffer(device, VTG_MEMORY_SHARED, "y", 1000);
    VtgBuffer *down = make_buffer(device, VTG_MEMORY_READBACK, "down", 37);
    expect("buffers", "device newBufferWithLength:400 options:0\n"
                      "device newBufferWithLength:1000 options:0\n"
                      "device newBufferWithLength:40 options:0\n");

    uint32_t a = 3;
    VtgArg args[] = {vtg_arg_value(&a, 4), vtg_arg_buffer(x), vtg_arg_buffer(y)};
    args[2].offset = 16;
    args[2].size = 203; /* 50 elements and a part */
    VtgCommands *list = NULL, *moves = NULL;
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    CHECK_OK(vtg_commands_create(device, &desc, &list));
    CHECK_OK(vtg_commands_fill(list, x, 4, 8, 0x05050505));
    CHECK_OK(vtg_commands_fill(list, y, 0, 12, 0x01020304));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){100, 3, 1}, args, 3));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){0, 3, 1}, args, 3));
    CHECK_OK(vtg_commands_dispatch_indirect(list, kernel, x, 8, args, 3));
    desc.queue = VTG_QUEUE_TRANSFER;
    CHECK_OK(vtg_commands_create(device, &desc, &moves));
    CHECK_OK(vtg_commands_copy(moves, y, 5, down, 1, 36));
    expect("recording", "device newBufferWithLength:12 options:0\n");
    fake->status = 3;
    VtgEvent *first = NULL, *second = NULL;
    CHECK_OK(vtg_submit(list, &first));
    CHECK_OK(vtg_submit(moves, &second));
    CHECK_STATUS(vtg_event_wait(first, 1000), VTG_TIMEOUT);
    CHECK_STATUS(vtg_event_poll(second), VTG_NOT_READY);
    CHECK_OK(vtg_event_wait(second, VTG_FOREVER));
    CHECK_OK(vtg_event_poll(first));
    expect("submissions", "queue commandBuffer\n"
                          "blitCommandEncoder\n"
                          "fillBuffer of 400 range:4,8 value:5\n"
                          "copyFromBuffer of 12 at 0 to 1000 at 0 size:12\n"
                          "endEncoding\n"
                          "computeCommandEncoderWithDispatchType:1\n"
                          "setComputePipelineState\n"
                          "setBuffer of 400 offset:0 atIndex:0\n"
                          "setBuffer of 1000 offset:16 atIndex:1\n"
                          "setBytes:3 atIndex:2\n"
                          "setBytes:400 200 atIndex:3\n"
                          "dispatchThreadgroups:2,2,1 threads:64,2,1\n"
                          "memoryBarrierWithScope:1\n"
                          "setComputePipelineState\n"
                          "setBuffer of 400 offset:0 atIndex:0\n"
                          "setBuffer of 1000 offset:16 atIndex:1\n"
                          "setBytes:3 atIndex:2\n"
                          "setBytes:400 200 atIndex:3\n"
                          "dispatchThreadgroupsWithIndirectBuffer of 400 offset:8 threads:64,2,1\n"
                          "endEncoding\n"
                          "encodeSignalEvent:value: 1\n"
                          "commit\n"
                          "queue commandBuffer\n"
                          "encodeWaitForEvent:value: 1\n"
                          "blitCommandEncoder\n"
                          "copyFromBuffer of 1000 at 5 to 40 at 1 size:36\n"
                          "endEncoding\n"
                          "encodeSignalEvent:value: 1\n"
                          "commit\n");
    vtg_event_destroy(first);
    vtg_event_destroy(second);
    vtg_commands_destroy(list);
    vtg_commands_destroy(moves);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(down);
    vtg_kernel_destroy(kernel);
    vtg_device_destroy(device);
    end(&host);
}

/* What is timed has a command buffer of its own, and they come one after another. */
static void test_times(void) {
    Host host = HOST_INIT;
    VtgDevice *device = open_device(&host);
    VtgKernel *kernel = NULL;
    VtgCommands *list = NULL;
    VtgEvent *event = NULL;
    CHECK(vtg_device_get_info(device)->features & VTG_FEATURE_BIT(VTG_FEATURE_TIMESTAMPS));
    CHECK_OK(make_kernel(device, &kernel));
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 400);
    VtgBuffer *y = make_buffer(device, VTG_MEMORY_DEVICE, "y", 1000);
    uint32_t a = 3;
    const VtgArg args[] = {vtg_arg_value(&a, 4), vtg_arg_buffer(x), vtg_arg_buffer(y)};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    CHECK_OK(vtg_commands_create(device, &desc, &list));
    CHECK_OK(
        vtg_commands_copy(list, y, 0, x, 0, 400)); /* not timed, and not in the dispatch's time */
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){64, 1, 1}, args, 3));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){0, 1, 1}, args, 3));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){64, 1, 1}, args, 3));
    expect("a kernel", fake->calls); /* seen above */
    fake->buffers = 0;
    CHECK_OK(vtg_submit(list, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
#define BINDS                                                                                      \
    "setComputePipelineState\n"                                                                    \
    "setBuffer of 400 offset:0 atIndex:0\nsetBuffer of 1000 offset:0 atIndex:1\n"                  \
    "setBytes:3 atIndex:2\nsetBytes:400 1000 atIndex:3\n"                                          \
    "dispatchThreadgroups:1,1,1 threads:64,2,1\nendEncoding\n"
    expect("a list that is timed",
           "queue commandBuffer\nblitCommandEncoder\n"
           "copyFromBuffer of 1000 at 0 to 400 at 0 size:400\nendEncoding\n"
           "encodeSignalEvent:value: 1\ncommit\n"
           "queue commandBuffer\nencodeWaitForEvent:value: 1\n"
           "computeCommandEncoderWithDispatchType:1\n" BINDS "encodeSignalEvent:value: 2\ncommit\n"
           "queue commandBuffer\nencodeWaitForEvent:value: 2\n"
           "computeCommandEncoderWithDispatchType:1\n" BINDS "encodeSignalEvent:value: 3\ncommit\n"
           "queue commandBuffer\nencodeWaitForEvent:value: 3\n"
           "encodeSignalEvent:value: 1\ncommit\n");
    static const uint64_t begins[] = {12750000000, 0, 13000000000},
                          lengths[] = {125000000, 0, 125000000};
    VtgDispatchTiming timing;
    for (uint32_t i = 0; i < COUNT(begins); i++) {
        CHECK_OK(vtg_event_timing(event, i, &timing));
        CHECK(timing.begin_ns == begins[i] && timing.end_ns == begins[i] + lengths[i]);
    }
    CHECK_STATUS(vtg_event_timing(event, 3, &timing), VTG_ERROR_OUT_OF_RANGE);
    vtg_event_destroy(event);
    vtg_commands_destroy(list);

    /* With a profile copies and fills are timed, too: each once, also where a fill is many copies. */
    CHECK_OK(vtg_profile_begin(device));
    VtgBuffer *big = make_buffer(device, VTG_MEMORY_DEVICE, "big", 200000);
    CHECK_OK(vtg_commands_create(device, NULL, &list));
    CHECK_OK(vtg_commands_fill(list, big, 0, 200000, 0x01020304));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){64, 1, 1}, args, 3));
    CHECK_OK(vtg_commands_copy(list, x, 0, y, 0, 400));
    fake->buffers = 0;
    CHECK_OK(vtg_submit(list, &event));
    CHECK_OK(vtg_event_wait(event, VTG_FOREVER));
    CHECK_OK(vtg_event_timing(event, 0, &timing));
    CHECK(timing.begin_ns == 12750000000);
    CHECK_STATUS(vtg_event_timing(event, 1, &timing), VTG_ERROR_OUT_OF_RANGE);
    static const VtgProfileKind kinds[] = {VTG_PROFILE_FILL, VTG_PROFILE_DISPATCH,
                                           VTG_PROFILE_COPY};
    CHECK(vtg_profile_count(device) == COUNT(kinds));
    for (uint32_t i = 0; i < COUNT(kinds); i++) {
        VtgProfileSpan span;
        uint64_t begin = 12500000000 + i * UINT64_C(250000000);
        CHECK_OK(vtg_profile_span(device, i, &span));
        CHECK(span.kind == kinds[i] && span.begin_ns == begin && span.end_ns == begin + 125000000);
    }
    vtg_event_destroy(event);
    vtg_commands_destroy(list);
    fake->used = 0;
    fake->calls[0] = '\0';

    /* One of the buffers fails, and no event is made. */
    desc.timing = 1;
    CHECK_OK(vtg_commands_create(device, &desc, &list));
    CHECK_OK(vtg_commands_dispatch(list, kernel, (VtgGrid){64, 1, 1}, args, 3));
    fake->refuse = "newEvent";
    CHECK_STATUS(vtg_submit(list, &event), VTG_ERROR_DRIVER);
    fake->refuse = NULL;
    CHECK_OK(vtg_submit(list, &event));
    fake->status = 5;
    CHECK_STATUS(vtg_event_wait(event, VTG_FOREVER), VTG_ERROR_DEVICE_LOST);
    fake->status = 4;
    vtg_event_destroy(event);
    vtg_commands_destroy(list);
    vtg_buffer_destroy(x);
    vtg_buffer_destroy(y);
    vtg_buffer_destroy(big);
    vtg_kernel_destroy(kernel);
    vtg_device_destroy(device);
    fake->used = 0;
    fake->calls[0] = '\0';
    end(&host);
}

/* Memory of its own: bytes go by a buffer that both see. */
static void test_discrete(void) {
    Host host = HOST_INIT;
    fake->is_discrete = 1;
    VtgDevice *device = open_device(&host);
    CHECK(!vtg_device_get_info(device)->unified_memory);
    VtgBuffer *x = make_buffer(device, VTG_MEMORY_DEVICE, "x", 100);
    CHECK_OK(vtg_buffer_write(x, 3, "abcde", 5));
    expect("a write", "device newBufferWithLength:100 options:32\n"
                      "device newBufferWithLength:65536 options:0\n"
                      "queue commandBuffer\n"
                      "blitCommandEncoder\n"
                      "copyFromBuffer of 65536 at 0 to 100 at 3 size:5\n"
                      "endEncoding\n"
                      "encodeSignalEvent:value: 1\n"
                      "commit\n");
    vtg_buffer_destroy(x);
    vtg_device_destroy(device);
    fake->is_discrete = 0;
    end(&host);
}

static void test_refusals(void) {
    static const struct {
        const char *selector;
        VtgStatus device, buffer, kernel, submit;
    } rows[] = {
        {"newCommandQueue", VTG_ERROR_DRIVER, VTG_OK, VTG_OK, VTG_OK},
        {"newEvent", VTG_ERROR_DRIVER, VTG_OK, VTG_OK, VTG_OK},
        {"newBufferWithLength:options:", VTG_OK, VTG_ERROR_OUT_OF_DEVICE_MEMORY, VTG_OK, VTG_OK},
        {"contents", VTG_OK, VTG_ERROR_OUT_OF_DEVICE_MEMORY, VTG_OK, VTG_OK},
        {"newLibraryWithSource:options:error:", VTG_OK, VTG_OK, VTG_ERROR_BAD_KERNEL, VTG_OK},
        {"newFunctionWithName:", VTG_OK, VTG_OK, VTG_ERROR_BAD_KERNEL, VTG_OK},
        {"newFunctionWithName:constantValues:error:", VTG_OK, VTG_OK, VTG_ERROR_BAD_KERNEL, VTG_OK},
        {"newComputePipelineStateWithDescriptor:options:reflection:error:", VTG_OK, VTG_OK,
         VTG_ERROR_BAD_KERNEL, VTG_OK},
        {"maxTotalThreadsPerThreadgroup", VTG_OK, VTG_OK, VTG_ERROR_LIMIT, VTG_OK},
        {"initWithBytes:length:encoding:", VTG_OK, VTG_OK, VTG_ERROR_OUT_OF_MEMORY, VTG_OK},
        {"commandBuffer", VTG_OK, VTG_OK, VTG_OK, VTG_ERROR_DRIVER},
    };
    for (uint32_t i = 0; i < COUNT(rows); i++) {
        Host host = HOST_INIT;
        VtgInstanceDesc instance = host_desc(&host, "metal");
        VtgOpenDesc open = VTG_OPEN_DESC_INIT;
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        VtgDevice *device = NULL;
        VtgBuffer *x = NULL;
        VtgKernel *kernel = NULL;
        VtgCommands *list = NULL;
        int before = atomic_load(&failures);
        open.instance = &instance;
        desc.size_bytes = 64;
        fake->refuse = rows[i].selector;
        CHECK_STATUS(vtg_open(&open, &device), rows[i].device);
        if (device) {
            CHECK_STATUS(vtg_buffer_create(device, &desc, &x), rows[i].buffer);
            CHECK_STATUS(make_kernel(device, &kernel), rows[i].kernel);
            CHECK_OK(vtg_commands_create(device, NULL, &list));
            CHECK_STATUS(vtg_submit(list, NULL), rows[i].submit);
        }
        bool words = rows[i].kernel == VTG_ERROR_BAD_KERNEL && strstr(rows[i].selector, "error:");
        CHECK(!words || strstr(host.last, "what Metal says of it"));
        fake->refuse = NULL;
        vtg_commands_destroy(list);
        vtg_kernel_destroy(kernel);
        vtg_buffer_destroy(x);
        vtg_device_destroy(device);
        end(&host);
        if (atomic_load(&failures) != before) {
            printf("with %s refused\n", rows[i].selector);
        }
    }
    Host host = HOST_INIT; /* work that fails */
    VtgDevice *device = open_device(&host);
    VtgCommands *list = NULL;
    VtgEvent *event = NULL;
    CHECK_OK(vtg_commands_create(device, NULL, &list));
    fake->status = 5;
    CHECK_OK(vtg_submit(list, &event));
    CHECK_STATUS(vtg_event_wait(event, VTG_FOREVER), VTG_ERROR_DEVICE_LOST);
    CHECK(strstr(host.last, "what Metal says of it"));
    fake->status = 4;
    vtg_event_destroy(event);
    vtg_commands_destroy(list);
    vtg_device_destroy(device);
    end(&host);
}

/* The allocator fails at each call. */
static void test_allocator(void) {
    for (int n = 1;; n++) {
        Host host = HOST_INIT;
        VtgInstanceDesc instance = host_desc(&host, "metal");
        VtgOpenDesc open = VTG_OPEN_DESC_INIT;
        VtgDevice *device = NULL;
        VtgBuffer *x = NULL;
        VtgKernel *kernel = NULL;
        VtgCommands *list = NULL;
        VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
        uint32_t a = 3;
        open.instance = &instance;
        desc.size_bytes = 64;
        host.fail_at = n;
        VtgStatus status = vtg_open(&open, &device);
        status = status == VTG_OK ? vtg_buffer_create(device, &desc, &x) : status;
        status = status == VTG_OK ? make_kernel(device, &kernel) : status;
        status = status == VTG_OK ? vtg_commands_create(device, NULL, &list) : status;
        status = status == VTG_OK ? vtg_commands_fill(list, x, 0, 16, 1) : status;
        VtgArg args[] = {vtg_arg_value(&a, 4), vtg_arg_buffer(x), vtg_arg_buffer(x)};
        if (status == VTG_OK) {
            args[1].size = args[2].size = args[2].offset = 32;
            status = vtg_commands_dispatch(list, kernel, (VtgGrid){1, 1, 1}, args, 3);
        }
        status = status == VTG_OK ? vtg_submit(list, NULL) : status;
        bool reached = atomic_load(&host.calls) >= n;
        CHECK_STATUS(status, reached ? VTG_ERROR_OUT_OF_MEMORY : VTG_OK);
        vtg_commands_destroy(list);
        vtg_kernel_destroy(kernel);
        vtg_buffer_destroy(x);
        vtg_device_destroy(device);
        end(&host);
        if (!reached) {
            break;
        }
    }
}

int main(int argc, char **argv) {
    (void)argc;
#if !defined(__x86_64__)
    printf("SKIP: the fake Metal is for x86-64\n");
    return 77;
#endif
    char path[4096]; /* it lies beside this program */
    const char *slash = strrchr(argv[0], '/');
    snprintf(path, sizeof path, "%.*sfake_metal.so", slash ? (int)(slash + 1 - argv[0]) : 0,
             argv[0]);
    setenv("VTG_METAL_LIBRARY", path, 1);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    fake = library ? dlsym(library, "fake_metal") : NULL;
    if (!fake) {
        printf("%s\n", dlerror());
        return 1;
    }
    test_calls();
    test_times();
    test_discrete();
    test_refusals();
    test_allocator();
    printf("%d checks failed\n", atomic_load(&failures));
    return atomic_load(&failures) ? 1 : 0;
}
