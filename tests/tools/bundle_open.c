/* bundle_open FILE.vgpu: how long opening a bundle takes, from a file that the system has in memory. Prints the number of
 * kernels, the best of 200 openings in microseconds, and how many bytes of records and code could not be read at all
 * while it was opened: their pages were taken away. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime-min/vgpu_view.h"
#include "runtime-min/vitte_gpu.h"

enum { ROUNDS = 200 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void fail(const char *what) {
    fprintf(stderr, "bundle_open: %s\n", what);
    exit(1);
}

static void *map_file(const char *path, size_t *size) {
    struct stat about;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &about) != 0) {
        fail("cannot read the file");
    }
    *size = (size_t)about.st_size;
    void *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED) {
        fail("cannot map the file");
    }
    return bytes;
}

/* Takes the pages that are wholly in a section away; gives their bytes. */
static size_t guard(VgpuBlock section) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)section.bytes + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)section.bytes + section.size) / page * page;
    if (end <= first || mprotect((void *)first, end - first, PROT_NONE) != 0) {
        return 0;
    }
    return end - first;
}

int main(int argc, char **argv) {
    VtgInstance *instance;
    VtgBundle *bundle;
    VtgInstanceDesc null_device = VTG_INSTANCE_DESC_INIT;
    null_device.api = "null";
    if (argc != 2 || vtg_instance_create(&null_device, &instance) != VTG_OK) {
        fail("one FILE.vgpu");
    }
    double best = 1e9;
    uint32_t count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
        desc.path = argv[1];
        double start = now();
        if (vtg_bundle_open(instance, &desc, &bundle) != VTG_OK) {
            fail("it does not open");
        }
        double took = now() - start;
        best = took < best ? took : best;
        count = vtg_bundle_kernel_count(bundle);
        vtg_bundle_destroy(bundle);
    }
    size_t size;
    VgpuView view;
    VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
    desc.data = map_file(argv[1], &size);
    desc.size = size;
    if (vgpu_view_open(&view, desc.data, size) != NULL) {
        fail("it does not open");
    }
    size_t guarded = guard(view.kernels) + guard(view.blobs);
    if (vtg_bundle_open(instance, &desc, &bundle) != VTG_OK) { /* reading there ends the process */
        fail("it does not open where records and code are not there");
    }
    vtg_bundle_destroy(bundle);
    vtg_instance_destroy(instance);
    munmap((void *)(uintptr_t)desc.data, size);
    printf("%u %.1f %zu\n", count, best, guarded);
    return 0;
}
