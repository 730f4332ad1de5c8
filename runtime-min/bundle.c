/* bundle.c: bundles: a file that is mapped or bytes of the caller's, looked at through vgpu_view.h; and kernels made
 * from what is in there (bundle_kernel.c). */
#include "rt_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

VtgStatus rt_bundle_bad(const VtgBundle *bundle, const char *kernel, const char *wrong) {
    return rt_fail(bundle->instance, VTG_ERROR_BAD_BUNDLE, "bundle `%s`%s%s%s: %s", bundle->name,
                   kernel ? ", kernel `" : "", kernel ? kernel : "", kernel ? "`" : "", wrong);
}

static VtgStatus cannot_read(const VtgBundle *bundle, const char *why) {
    return rt_fail(bundle->instance, VTG_ERROR_FILE, "cannot read `%s`: %s", bundle->name, why);
}

static VtgStatus map_open_file(VtgBundle *bundle, int file) {
    struct stat about;
    if (fstat(file, &about) != 0) {
        return cannot_read(bundle, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return cannot_read(bundle, "it is no regular file");
    }
    if (about.st_size == 0) {
        return rt_bundle_bad(bundle, NULL, "it is empty");
    }
    if ((uint64_t)about.st_size > SIZE_MAX) {
        return cannot_read(bundle, "it is larger than the address space");
    }
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) {
        return cannot_read(bundle, strerror(errno));
    }
    bundle->mapped = bytes;
    bundle->size = (size_t)about.st_size;
    return VTG_OK;
}

static VtgStatus map_file(VtgBundle *bundle, const char *path) {
    int file;
    do {
        file = open(path, O_RDONLY | O_CLOEXEC);
    } while (file < 0 && errno == EINTR);
    if (file < 0) {
        return cannot_read(bundle, strerror(errno));
    }
    VtgStatus status = map_open_file(bundle, file);
    close(file);
    return status;
}

VtgStatus vtg_bundle_open(VtgInstance *instance, const VtgBundleDesc *given, VtgBundle **result) {
    if (!instance || !given || !result) {
        return VTG_ERROR_INVALID_ARGUMENT;
    }
    *result = NULL;
    VtgBundleDesc desc = {0};
    VtgStatus status = rt_desc_read(instance, &desc, sizeof desc, given, "VtgBundleDesc");
    if (status != VTG_OK) {
        return status;
    }
    if (!desc.path == !desc.data || (desc.path && desc.size != 0)) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "VtgBundleDesc: either a path, or data and size");
    }
    if ((uintptr_t)desc.data % VGPU_ALIGN != 0) {
        return rt_fail(instance, VTG_ERROR_INVALID_ARGUMENT,
                       "VtgBundleDesc: data is not aligned to 8");
    }
    VtgBundle *bundle = rt_alloc(instance, sizeof *bundle);
    if (!bundle) {
        return rt_no_memory(instance, "a bundle");
    }
    bundle->instance = instance;
    rt_instance_ref(instance);
    status = rt_text_copy(instance, desc.path ? desc.path : "in memory", &bundle->name);
    if (status == VTG_OK && desc.path) {
        status = map_file(bundle, desc.path);
    }
    if (status == VTG_OK) {
        const char *wrong = vgpu_view_open(&bundle->view, desc.path ? bundle->mapped : desc.data,
                                           desc.path ? bundle->size : desc.size);
        status = wrong ? rt_bundle_bad(bundle, NULL, wrong) : VTG_OK;
    }
    if (status != VTG_OK) {
        vtg_bundle_destroy(bundle);
        return status;
    }
    *result = bundle;
    return VTG_OK;
}

void vtg_bundle_destroy(VtgBundle *bundle) {
    if (!bundle) {
        return;
    }
    VtgInstance *instance = bundle->instance;
    if (bundle->mapped) {
        munmap(bundle->mapped, bundle->size);
    }
    rt_text_free(instance, bundle->name);
    rt_free(instance, bundle, sizeof *bundle);
    rt_instance_unref(instance);
}

uint32_t vtg_bundle_kernel_count(const VtgBundle *bundle) {
    return bundle ? bundle->view.kernel_count : 0;
}

const char *vtg_bundle_kernel_name(const VtgBundle *bundle, uint32_t index) {
    return index < vtg_bundle_kernel_count(bundle) ? vgpu_entry_name(&bundle->view, index) : NULL;
}

const char *vtg_bundle_kernel_variant(const VtgBundle *bundle, uint32_t index) {
    return index < vtg_bundle_kernel_count(bundle) ? vgpu_entry_variant(&bundle->view, index)
                                                   : NULL;
}
