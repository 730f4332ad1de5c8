/* test_runtime_faults.c: the runtime when things fail (runtime_faults.h), on the null device and on a fake Vulkan driver;
 * and the pipeline cache on disk, whatever is in its file. */
#define VK_NO_PROTOTYPES 1
#include <vulkan/vulkan_core.h>

#include "runtime_faults.h"

#include <dirent.h>
#include <sys/stat.h>

static const FaultRow rows[] = {
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

static const FaultHarmless harmless[] = {
    {"EnumerateInstanceVersion", VTG_ERROR_NO_DRIVER},
    {"EnumerateInstanceExtensionProperties", VTG_OK}, /* the extension is done without */
    {"EnumeratePhysicalDevices", VTG_ERROR_NO_DRIVER},
    {"EnumerateDeviceExtensionProperties", VTG_OK}, /* that device is left out */
    {"AllocateMemory", VTG_OK},                     /* another kind of memory will do */
    {"MapMemory", VTG_OK},
    {"GetQueryPoolResults", VTG_OK}, /* of what is in a profile alone: it lacks a time */
    {"GetFenceStatus", VTG_OK},      /* nobody asked: looked at in passing */
    {"WaitForFences", VTG_OK},       /* by the thread of the callbacks */
    {"CreatePipelineCache", VTG_OK},
};

/* A driver that lacks a function. */
static void test_lacks(void) {
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
}

/* A list whose end or whose reset failed is of no use before the next reset. */
static void test_unusable(void) {
    static const char *const functions[] = {"EndCommandBuffer", "ResetCommandPool",
                                            "BeginCommandBuffer"};
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    World w = {.fd = -1};
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    CHECK_OK(vtg_device_create(w.instance, NULL, &w.device));
    CHECK_OK(make_buffers(&w));
    CHECK_OK(make_kernels(&w));
    CHECK_OK(record(&w));
    fake->error = VK_ERROR_OUT_OF_HOST_MEMORY;
    for (uint32_t i = 0; i < COUNT(functions); i++) {
        fake->fail_function = functions[i];
        CHECK_STATUS(i == 0 ? vtg_submit(w.list, NULL) : vtg_commands_reset(w.list),
                     VTG_ERROR_OUT_OF_MEMORY);
        fake->fail_function = NULL;
        CHECK_STATUS(vtg_submit(w.list, NULL), VTG_ERROR_BUSY);
        CHECK_STATUS(vtg_commands_fill(w.list, w.x, 0, 1000, 7), VTG_ERROR_BUSY);
        CHECK_OK(vtg_commands_reset(w.list));
        CHECK_OK(vtg_commands_fill(w.list, w.x, 0, 1000, 7));
        CHECK_OK(vtg_submit(w.list, NULL));
        CHECK_OK(vtg_device_wait_idle(w.device));
    }
    end(&host, &w);
}

/* ---- The cache ---- */

/* Opens a device, makes a kernel, lets go of both; gives the bytes that the driver was handed. */
static unsigned cached_bytes_of(uint32_t index, const char *folder) {
    Host host = HOST_INIT;
    VtgInstanceDesc desc = host_desc(&host, "vulkan");
    VtgDeviceDesc device = VTG_DEVICE_DESC_INIT;
    World w = {.fd = -1};
    device.index = index;
    device.cache_dir = folder;
    fake->cache_begin = 12345;
    CHECK_OK(vtg_instance_create(&desc, &w.instance));
    CHECK_OK(vtg_device_create(w.instance, &device, &w.device));
    CHECK_OK(make_kernels(&w));
    end(&host, &w);
    return fake->cache_begin;
}

static unsigned cached_bytes(const char *folder) {
    return cached_bytes_of(0, folder);
}

/* The one file of a folder that is not `but`; the number of files. */
static int find_file(const char *folder, const char *but, char *path, size_t room) {
    DIR *list = opendir(folder);
    int files = 0;
    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        if (entry->d_name[0] != '.' &&
            (!but || strcmp(strrchr(but, '/') + 1, entry->d_name) != 0)) {
            snprintf(path, room, "%s/%s", folder, entry->d_name);
            files++;
        }
    }
    closedir(list);
    return files;
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
    char root[] = "/tmp/vitte-cache-XXXXXX", folder[200], path[500] = "", other[500] = "",
         bytes[1000], again[1000];
    CHECK(mkdtemp(root) != NULL);
    snprintf(folder, sizeof folder, "%s/a/b", root);
    fake->error =
        VK_ERROR_OUT_OF_HOST_MEMORY; /* a driver that keeps nothing, and one that reads nothing */
    fake->fail_function = "GetPipelineCacheData";
    CHECK(cached_bytes(folder) == 0 && cached_bytes(folder) == 0);
    fake->fail_function = "CreatePipelineCache";
    CHECK(cached_bytes(folder) == 0);
    fake->fail_function = NULL;
    CHECK(cached_bytes(folder) == 0);
    CHECK(cached_bytes(folder) == BYTES);
    int files = find_file(folder, NULL, path, sizeof path);
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
    /* The other device has a file of its own, and takes no other's. */
    CHECK(cached_bytes_of(1, folder) == 0 && cached_bytes_of(1, folder) == BYTES);
    CHECK(find_file(folder, path, other, sizeof other) == 1);
    write_file(other, bytes, size);
    CHECK(cached_bytes_of(1, folder) == 0 && cached_bytes_of(1, folder) == BYTES);
    unlink(other);
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

static void test_own(void) {
    test_allocator("null");
    test_lacks();
    test_unusable();
    test_cache();
}

int main(int argc, char **argv) {
    static const uint32_t words[8] = {0x07230203, 0x00010000, 0, 1, 0, 0, 0, 0};
    static char odd[sizeof words + 1]; /* code at an odd address */
    memcpy(odd + 1, words, sizeof words);
    static const FaultApi vulkan = {
        .name = "vulkan",
        .library = "fake_vulkan.so",
        .variable = "VTG_VULKAN_LIBRARY",
        .code = {words, odd + 1},
        .code_size = {sizeof words, sizeof words},
        .blocks = {VTG_VALUES_PUSH_CONSTANTS, VTG_VALUES_STORAGE_BUFFER},
        .rows = rows,
        .row_count = COUNT(rows),
        .meaning = meaning,
        .harmless = harmless,
        .harmless_count = COUNT(harmless),
        .second = 1040,
        .lost_function = "WaitForFences",
        .lost_error = VK_ERROR_DEVICE_LOST,
        .mute_function = "WaitForFences",
        .mute_error = VK_ERROR_OUT_OF_HOST_MEMORY,
        .waits = 1,
    };
    return test_faults(argc, argv, &vulkan, test_own);
}
