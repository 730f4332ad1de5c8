/* test_runtime_faults.c: the runtime when things fail: the allocator at each call, on the null device and on a fake Vulkan
 * driver, and that driver's functions, each at each call, with each result that Vulkan lets it have. Never a crash, never
 * a leak, always the status that belongs to the fault, and whatever was made can be destroyed. */
#define VK_NO_PROTOTYPES 1
#include <vulkan/vulkan_core.h>

#include "runtime_unit.h"
#include "tests/fakes/fake_vulkan.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

static FakeVulkan *fake;

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

/* `step`, and the same with values in a buffer, a specialisation constant, and code at an odd address. */
static VtgStatus make_kernels(World *w) {
    static const uint32_t words[8] = {0x07230203, 0x00010000, 0, 1, 0, 0, 0, 0};
    static char odd[sizeof words + 1];
    memcpy(odd + 1, words, sizeof words);
    const VtgSpecConstant spec = {.id = 3, .size = 4, .value = 5};
    VtgKernelDesc desc = VTG_KERNEL_DESC_INIT;
    desc.label = "step";
    desc.code = words;
    desc.code_size = sizeof words;
    desc.workgroup_size[0] = 64;
    desc.params = step_params;
    desc.param_count = COUNT(step_params);
    desc.value_block_bytes = 8;
    VtgStatus status = vtg_kernel_create(w->device, &desc, &w->step);
    if (status == VTG_OK) {
        desc.label = "block";
        desc.code = odd + 1;
        desc.value_block = VTG_VALUES_STORAGE_BUFFER;
        desc.specs = &spec;
        desc.spec_count = 1;
        status = vtg_kernel_create(w->device, &desc, &w->block);
    }
    return status;
}

static VtgStatus record(World *w) {
    uint32_t n = 1;
    const VtgArg args[] = {vtg_arg_buffer(w->x), vtg_arg_value(&n, 4)};
    VtgGrid grid = {100, 1, 1};
    VtgCommandsDesc desc = VTG_COMMANDS_DESC_INIT;
    desc.timing = 1;
    VtgStatus status = vtg_commands_create(w->device, &desc, &w->list);
    status = status == VTG_OK ? vtg_commands_copy(w->list, w->up, 0, w->x, 0, 1000) : status;
    status = status == VTG_OK ? vtg_commands_dispatch(w->list, w->step, grid, args, 2) : status;
    status = status == VTG_OK ? vtg_commands_dispatch(w->list, w->block, grid, args, 2) : status;
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
    status = status == VTG_OK ? record(w) : status;
    status = status == VTG_OK ? submit(w) : status;
    status = status == VTG_OK ? vtg_buffer_read(w->x, 1, bytes, sizeof bytes) : status;
    return status == VTG_OK ? vtg_device_wait_idle(w->device) : status;
}

static void end(Host *host, World *w) {
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
    vtg_instance_destroy(w->instance);
    if (w->fd >= 0) {
        close(w->fd);
    }
    CHECK(atomic_load(&host->live) == 0);
    CHECK(fake->live == 0 && fake->mistakes == 0);
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

typedef struct Row {
    const char *function;
    int errors[8];
} Row;

static const Row rows[] = {
#define FAILS(function, ...) {#function, {__VA_ARGS__}},
#include "tests/fakes/fake_vulkan.def"
};

/* vitte_gpu.h has no text for most of what a driver may say: this is what each means there. */
static VtgStatus meaning(const char *function, int error) {
    switch (error) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return VTG_ERROR_OUT_OF_MEMORY;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
    case VK_ERROR_MEMORY_MAP_FAILED:
    case VK_ERROR_FRAGMENTATION:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
        return VTG_ERROR_OUT_OF_DEVICE_MEMORY;
    case VK_ERROR_DEVICE_LOST:
        return VTG_ERROR_DEVICE_LOST;
    case VK_ERROR_INVALID_SHADER_NV:
        return VTG_ERROR_BAD_KERNEL;
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return VTG_ERROR_NO_DRIVER;
    default:
        return strcmp(function, "CreateComputePipelines") == 0 ? VTG_ERROR_BAD_KERNEL
                                                               : VTG_ERROR_DRIVER;
    }
}

/* What needs nobody's attention: there is another way. `other` is the status besides VTG_OK. */
static const struct {
    const char *function;
    VtgStatus other;
} harmless[] = {
    {"EnumerateInstanceVersion", VTG_ERROR_NO_DRIVER},
    {"EnumerateInstanceExtensionProperties", VTG_OK}, /* the extension is done without */
    {"EnumeratePhysicalDevices", VTG_ERROR_NO_DRIVER},
    {"EnumerateDeviceExtensionProperties", VTG_OK}, /* that device is left out */
    {"AllocateMemory", VTG_OK},                     /* another kind of memory will do */
    {"MapMemory", VTG_OK},
    {"GetFenceStatus", VTG_OK}, /* nobody asked: looked at in passing */
    {"WaitForFences", VTG_OK},  /* by the thread of the callbacks */
    {"CreatePipelineCache", VTG_OK},
    {"GetPipelineCacheData", VTG_OK},
};

static bool is_right(const char *function, int error, VtgStatus status) {
    for (uint32_t i = 0; i < COUNT(harmless); i++) {
        if (strcmp(harmless[i].function, function) == 0 &&
            (status == VTG_OK || status == harmless[i].other)) {
            return true;
        }
    }
    return status == meaning(function, error);
}

static void fail_once(int call, const char *function, int error) {
    Host host = HOST_INIT;
    World w;
    int before = atomic_load(&failures);
    fake->calls = 0;
    fake->fail_at = call;
    fake->error = error;
    VtgStatus status = live_through(&host, "vulkan", &w);
    if (fake->calls >= call) {
        function = fake->called[call - 1]; /* two threads do not call in the same order each time */
    }
    CHECK(is_right(function, error, status));
    CHECK(status == VTG_OK || host.last[0] != '\0' || status == VTG_ERROR_NO_DRIVER);
    end(&host, &w);
    fake->fail_at = 0;
    if (atomic_load(&failures) != before) {
        printf("call %d, vk%s, VkResult %d: %s\n", call, function, error, vtg_status_text(status));
    }
}

static void test_driver(void) {
    static const char *called[COUNT(fake->called)];
    Host host = HOST_INIT;
    World w;
    fake->calls = 0;
    fake->waits = 0;
    CHECK_OK(live_through(&host, "vulkan", &w));
    int calls = fake->calls, runs = 0;
    CHECK(fake->waits == 1);
    end(&host, &w);
    CHECK(atomic_load(&w.called) == 1);
    CHECK(calls < (int)COUNT(called));
    memcpy(called, fake->called, sizeof called);
    for (int i = 0; i < calls && i < (int)COUNT(called); i++) {
        bool known = false;
        for (uint32_t r = 0; r < COUNT(rows); r++) {
            if (strcmp(rows[r].function, called[i]) != 0) {
                continue;
            }
            known = true;
            for (int e = 0; rows[r].errors[e] != 0; e++, runs++) {
                fail_once(i + 1, called[i], rows[r].errors[e]);
            }
        }
        CHECK(known);
    }
    printf("%d calls of the driver that can fail, %d failures\n", calls, runs);
}

/* A driver that lacks a function, or is not there. */
static void test_absent(void) {
    static const struct {
        const char *function;
        VtgStatus instance, device;
    } lacks[] = {
        {"vkCreateInstance", VTG_ERROR_NO_DRIVER, VTG_OK},
        {"vkEnumerateInstanceVersion", VTG_ERROR_NO_DRIVER, VTG_OK},
        {"vkGetPhysicalDeviceFeatures2", VTG_ERROR_NO_DRIVER, VTG_OK},
        {"vkQueueSubmit", VTG_OK, VTG_ERROR_DRIVER},
        {"vkDestroyFence", VTG_OK, VTG_ERROR_DRIVER},
    };
    for (uint32_t i = 0; i < COUNT(lacks); i++) {
        Host host = HOST_INIT;
        VtgInstanceDesc desc = host_desc(&host, "vulkan");
        VtgInstance *instance = NULL;
        VtgDevice *device = NULL;
        fake->missing = lacks[i].function;
        CHECK_STATUS(vtg_instance_create(&desc, &instance), lacks[i].instance);
        if (lacks[i].device != VTG_OK) {
            CHECK_STATUS(vtg_device_create(instance, NULL, &device), lacks[i].device);
            CHECK(strstr(host.last, lacks[i].function));
        }
        vtg_instance_destroy(instance);
        CHECK(atomic_load(&host.live) == 0 && fake->live == 0);
    }
    fake->missing = NULL;
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    VtgInstance *instance = NULL;
    char *path = strdup(getenv("VTG_VULKAN_LIBRARY"));
    setenv("VTG_VULKAN_LIBRARY", "/nonexistent/libvulkan.so", 1);
    CHECK_STATUS(vtg_instance_create(&desc, &instance), VTG_ERROR_NO_DRIVER);
    setenv("VTG_VULKAN_LIBRARY", path, 1);
    free(path);
    CHECK(atomic_load(&host.live) == 0);
}

/* One device is lost; the other of the same instance goes on. What waits hears of it, in time. */
static void test_lost(void) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    VtgDeviceDesc second = VTG_DEVICE_DESC_INIT;
    second.index = 1;
    World w = {.fd = -1}, other = {.fd = -1};
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
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
    fake->calls = 0;
    fake->fail_at = 1;
    fake->error = VK_ERROR_DEVICE_LOST;
    CHECK_STATUS(vtg_event_wait(w.event, VTG_FOREVER), VTG_ERROR_DEVICE_LOST);
    fake->fail_at = 0;
    fake->is_slow = 0;
    CHECK_STATUS(vtg_event_poll(w.event), VTG_ERROR_DEVICE_LOST);
    CHECK_STATUS(vtg_submit(w.moves, NULL), VTG_ERROR_DEVICE_LOST);
    CHECK_STATUS(vtg_device_wait_idle(w.device), VTG_ERROR_DEVICE_LOST);
    void *mapped;
    CHECK_STATUS(vtg_buffer_map(w.down, 0, 4, &mapped), VTG_ERROR_DEVICE_LOST);
    CHECK_OK(submit(&other));
    vtg_event_destroy(other.event);
    vtg_event_destroy(other.moved);
    close(other.fd);
    vtg_commands_destroy(other.list);
    vtg_commands_destroy(other.moves);
    vtg_buffer_destroy(other.x);
    vtg_buffer_destroy(other.up);
    vtg_buffer_destroy(other.down);
    vtg_kernel_destroy(other.step);
    vtg_kernel_destroy(other.block);
    vtg_device_destroy(other.device);
    end(&host, &w);
}

/* ---- The cache ---- */

/* Opens a device, makes a kernel, lets go of both; gives the bytes that the driver was handed. */
static unsigned cached_bytes(const char *folder) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    VtgDeviceDesc device = VTG_DEVICE_DESC_INIT;
    World w = {.fd = -1};
    device.cache_dir = folder;
    fake->cache_begin = 12345;
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    CHECK_OK(vtg_device_create(w.instance, &device, &w.device));
    CHECK_OK(make_kernels(&w));
    end(&host, &w);
    return fake->cache_begin;
}

static long read_file(const char *path, char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, room, file) : 0;
    if (file) {
        fclose(file);
    }
    return (long)size;
}

static void write_file(const char *path, const char *bytes, long size) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, (size_t)size, file) == (size_t)size);
    if (file) {
        fclose(file);
    }
}

/* One file for the device. Every byte of it may be wrong, and it may end anywhere: then it is made again. */
static void test_cache(void) {
    enum { BYTES = 100 }; /* of the fake driver */
    char root[] = "/tmp/vitte-cache-XXXXXX", folder[200], path[500] = "", bytes[1000], again[1000];
    CHECK(mkdtemp(root) != NULL);
    snprintf(folder, sizeof folder, "%s/a/b", root);
    CHECK(cached_bytes(folder) == 0);
    CHECK(cached_bytes(folder) == BYTES);
    DIR *list = opendir(folder);
    int files = 0;
    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            files++;
        }
    }
    closedir(list);
    CHECK(files == 1 && strstr(path, "/vulkan-"));
    long size = read_file(path, bytes, sizeof bytes);
    CHECK(size > BYTES && size < (long)sizeof bytes);
    for (long i = 0; i < size; i++) {
        memcpy(again, bytes, (size_t)size);
        again[i] ^= 0x10;
        write_file(path, again, size);
        bool reserved = i >= 12 && i < 16; /* four bytes say nothing yet */
        CHECK(cached_bytes(folder) == (reserved ? BYTES : 0));
        CHECK(read_file(path, again, sizeof again) == size &&
              (reserved || memcmp(again, bytes, (size_t)size) == 0));
    }
    for (long i = 0; i < size; i += 7) {
        write_file(path, bytes, i);
        CHECK(cached_bytes(folder) == 0);
    }
    write_file(path, bytes, size);
    CHECK(cached_bytes(folder) == BYTES);
    CHECK(cached_bytes("") == 0); /* off */
    CHECK(cached_bytes("/proc/none/of/this") == 0);
    unlink(path);
    CHECK(mkdir(path, 0700) == 0 && cached_bytes(folder) == 0 && rmdir(path) == 0);
    setenv("VTG_CACHE_DIR", folder, 1);
    CHECK(cached_bytes(NULL) == 0 && cached_bytes(NULL) == BYTES);
    setenv("VTG_CACHE_DIR", "", 1);
    CHECK(cached_bytes(NULL) == 0);
    unlink(path);
    rmdir(folder);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
    CHECK(rmdir(root) == 0);
}

/* A driver that never again says when work ends: the device can be destroyed all the same. */
static void test_mute(void) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    World w = {.fd = -1};
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    CHECK_OK(vtg_device_create(w.instance, NULL, &w.device));
    CHECK_OK(make_buffers(&w));
    CHECK_OK(make_kernels(&w));
    CHECK_OK(record(&w));
    fake->is_slow = 1;
    CHECK_OK(vtg_submit(w.list, &w.event));
    fake->calls = 0;
    fake->fail_at = 1;
    fake->error = VK_ERROR_OUT_OF_HOST_MEMORY;
    vtg_device_destroy(w.device);
    w.device = NULL;
    CHECK_STATUS(vtg_event_poll(w.event), VTG_ERROR_DEVICE_LOST);
    fake->fail_at = 0;
    fake->is_slow = 0;
    end(&host, &w);
}

int main(int argc, char **argv) {
    (void)argc;
    char path[4096]; /* it lies beside this program */
    snprintf(path, sizeof path, "%s", argv[0]);
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, sizeof path - (slash ? (size_t)(slash + 1 - path) : 0),
             "fake_vulkan.so");
    setenv("VTG_VULKAN_LIBRARY", path, 1);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    fake = library ? dlsym(library, "fake_vulkan") : NULL;
    if (!fake) {
        printf("%s\n", dlerror());
        return 1;
    }
    setenv("VTG_CACHE_DIR", "", 1); /* nothing of this belongs into the user's */
    test_allocator("null");
    test_allocator("vulkan");
    test_driver();
    test_absent();
    test_lost();
    test_mute();
    test_cache();
    printf("%d checks failed\n", atomic_load(&failures));
    return atomic_load(&failures) ? 1 : 0;
}
