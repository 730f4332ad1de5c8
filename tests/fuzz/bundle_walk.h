/* For what takes bundles apart in tests: reads all of one, through the view and through the runtime; and puts the hashes
 * right again in one that was changed, so that a reader gets to see the change. */
#ifndef TESTS_BUNDLE_WALK_H
#define TESTS_BUNDLE_WALK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtime-min/vgpu_view.h"
#include "runtime-min/vitte_gpu.h"

/* Reads every text of a table's field; the sum keeps the compiler from leaving it out. */
static inline size_t walk_texts(const VgpuKernel *kernel, const VgpuTable *table, int field) {
    size_t sum = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        sum += strlen(vgpu_text(kernel->record, vgpu_row(table, i) + field));
    }
    return sum;
}

/* Whether nothing is wrong with the bytes, as far as a reader looks. */
static inline bool walk_view(const void *bytes, size_t size) {
    VgpuView view;
    VgpuTable sources;
    VgpuBlock blob;
    size_t sum = 0;
    if (vgpu_view_open(&view, bytes, size) != NULL) {
        return false;
    }
    bool fine = vgpu_view_info(&view, &sources) == NULL;
    for (uint32_t i = 0; fine && i < sources.count; i++) {
        sum += strlen(vgpu_text(view.info, vgpu_row(&sources, i) + VGPU_SOURCE_NAME));
    }
    for (uint32_t i = 0; i < view.kernel_count; i++) {
        VgpuKernel kernel;
        const char *name = vgpu_entry_name(&view, i), *variant = vgpu_entry_variant(&view, i);
        fine &= vgpu_view_find(&view, name, variant) == i;
        if (vgpu_view_kernel(&view, i, &kernel) != NULL) {
            fine = false;
            continue;
        }
        sum += walk_texts(&kernel, &kernel.params, VGPU_PARAM_NAME) +
               walk_texts(&kernel, &kernel.types, VGPU_TYPE_NAME) +
               walk_texts(&kernel, &kernel.fields, VGPU_FIELD_NAME) +
               walk_texts(&kernel, &kernel.specs, VGPU_SPEC_NAME) +
               walk_texts(&kernel, &kernel.targets, VGPU_TARGET_ENTRY);
        for (uint32_t t = 0; t < kernel.targets.count; t++) {
            VgpuTable bindings = vgpu_target_bindings(&kernel, t);
            for (uint32_t b = 0; b < bindings.count; b++) {
                sum += vgpu_get(&bindings, b, VGPU_BINDING_NUMBER);
            }
            fine &= vgpu_view_blob(&view, &kernel, t, &blob) == NULL;
        }
    }
    return fine && sum != SIZE_MAX;
}

/* Hands a kernel the arguments that the bundle says it takes: one buffer for all, and zeros. */
static inline void walk_dispatch(VtgDevice *device, VtgKernel *kernel, VtgBuffer *buffer,
                                 const VgpuTable *bindings) {
    enum { MOST_ARGS = 16 };
    static const char zeros[16 << 20]; /* no value block is larger */
    VtgArg args[MOST_ARGS];
    uint32_t count = 0;
    for (uint32_t b = 0; b < bindings->count && count < MOST_ARGS; b++) {
        switch (vgpu_get(bindings, b, VGPU_BINDING_KIND)) {
        case VGPU_BUFFER:
            args[count++] = vtg_arg_buffer(buffer);
            break;
        case VGPU_VALUE:
            args[count++] = vtg_arg_value(zeros, vgpu_get(bindings, b, VGPU_BINDING_SIZE));
            break;
        default:
            break;
        }
    }
    (void)vtg_dispatch(device, kernel, (VtgGrid){1, 1, 1}, args, count, NULL);
}

/* Each kernel's target by its name, and what that says of its parameters. */
static inline void walk_targets(VtgDevice *device, VtgBundle *bundle, VtgBundleKernelDesc *wanted,
                                const VgpuKernel *record, VtgBuffer *buffer) {
    for (uint32_t t = 0; t < record->targets.count; t++) {
        VtgKernel *kernel;
        VgpuTable bindings = vgpu_target_bindings(record, t);
        wanted->target =
            vgpu_text(record->record, vgpu_row(&record->targets, t) + VGPU_TARGET_NAME);
        if (vtg_bundle_kernel_create(device, bundle, wanted, &kernel) == VTG_OK) {
            walk_dispatch(device, kernel, buffer, &bindings);
        }
        vtg_kernel_destroy(kernel);
    }
}

/* The same through the runtime: whatever a valid record says, dispatching does no harm. */
static inline void walk_dispatches(VtgInstance *instance, VtgDevice *device, const void *bytes,
                                   size_t size) {
    VgpuView view;
    VtgBundle *bundle;
    VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
    VtgBufferDesc buffer_desc = VTG_BUFFER_DESC_INIT;
    VtgBuffer *buffer = NULL;
    desc.data = bytes;
    desc.size = size;
    buffer_desc.size_bytes = 64;
    if (vgpu_view_open(&view, bytes, size) != NULL ||
        vtg_bundle_open(instance, &desc, &bundle) != VTG_OK) {
        return;
    }
    bool fine = vtg_buffer_create(device, &buffer_desc, &buffer) == VTG_OK;
    for (uint32_t i = 0; fine && i < view.kernel_count; i++) {
        VgpuKernel record;
        VtgBundleKernelDesc wanted = VTG_BUNDLE_KERNEL_DESC_INIT;
        wanted.name = vgpu_entry_name(&view, i);
        wanted.variant = vgpu_entry_variant(&view, i);
        if (vgpu_view_kernel(&view, i, &record) == NULL) {
            walk_targets(device, bundle, &wanted, &record, buffer);
        }
    }
    vtg_buffer_destroy(buffer);
    vtg_bundle_destroy(bundle);
}

/* Opens it and makes each kernel on a device. Gives how many could be made. */
static inline uint32_t walk_runtime(VtgInstance *instance, VtgDevice *device, const void *bytes,
                                    size_t size) {
    VtgBundle *bundle;
    VtgBundleDesc desc = VTG_BUNDLE_DESC_INIT;
    desc.data = bytes;
    desc.size = size;
    uint32_t made = 0;
    if (vtg_bundle_open(instance, &desc, &bundle) != VTG_OK) {
        return 0;
    }
    for (uint32_t i = 0; i < vtg_bundle_kernel_count(bundle); i++) {
        VtgKernel *kernel;
        VtgBundleKernelDesc wanted = VTG_BUNDLE_KERNEL_DESC_INIT;
        wanted.name = vtg_bundle_kernel_name(bundle, i);
        wanted.variant = vtg_bundle_kernel_variant(bundle, i);
        made += vtg_bundle_kernel_create(device, bundle, &wanted, &kernel) == VTG_OK;
        vtg_kernel_destroy(kernel);
    }
    vtg_bundle_destroy(bundle);
    return made;
}

/* ---- hashes ---- */

static inline bool walk_in(uint64_t size, uint64_t offset, uint64_t length) {
    return offset <= size && length <= size - offset;
}

static inline void walk_repair_targets(unsigned char *record, uint32_t size, unsigned char *blobs,
                                       uint64_t blob_bytes) {
    uint32_t at = vgpu_u32(record + VGPU_KERNEL_TARGETS);
    uint32_t count = vgpu_u32(record + VGPU_KERNEL_TARGETS + 4);
    for (uint32_t i = 0; i < count && walk_in(size, at, VGPU_TARGET_BYTES); i++) {
        uint64_t offset = vgpu_u64(record + at + VGPU_TARGET_BLOB);
        uint64_t stored = vgpu_u64(record + at + VGPU_TARGET_STORED);
        if (walk_in(blob_bytes, offset, stored)) {
            vgpu_put_u64(record + at + VGPU_TARGET_HASH, vgpu_hash(blobs + offset, stored));
        }
        at += VGPU_TARGET_BYTES;
    }
}

/* As far as the places of things can still be found. */
static inline void walk_repair(unsigned char *bytes, size_t size) {
    if (size < VGPU_HEAD_BYTES) {
        return;
    }
    uint32_t count = vgpu_u32(bytes + VGPU_HEAD_SECTIONS);
    unsigned char *found[3] = {NULL}; /* index, kernels, blobs */
    uint64_t sizes[3] = {0};
    static const uint32_t tags[3] = {VGPU_TAG_INDEX, VGPU_TAG_KERNELS, VGPU_TAG_BLOBS};
    if (count > VGPU_MAX_SECTIONS ||
        !walk_in(size, VGPU_HEAD_BYTES, (uint64_t)count * VGPU_SECTION_BYTES)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *row = bytes + VGPU_HEAD_BYTES + i * VGPU_SECTION_BYTES;
        uint64_t offset = vgpu_u64(row + VGPU_SECTION_OFFSET);
        uint64_t length = vgpu_u64(row + VGPU_SECTION_SIZE);
        for (int k = 0; k < 3 && walk_in(size, offset, length); k++) {
            if (vgpu_u32(row + VGPU_SECTION_TAG) == tags[k]) {
                found[k] = bytes + offset;
                sizes[k] = length;
            }
        }
    }
    if (found[0] != NULL && found[1] != NULL && sizes[0] >= VGPU_INDEX_BYTES) {
        uint64_t at = VGPU_INDEX_BYTES;
        for (uint32_t left = vgpu_u32(found[0] + VGPU_INDEX_COUNT);
             left > 0 && walk_in(sizes[0], at, VGPU_ENTRY_BYTES); left--, at += VGPU_ENTRY_BYTES) {
            uint64_t offset = vgpu_u64(found[0] + at + VGPU_ENTRY_RECORD);
            uint32_t length = vgpu_u32(found[0] + at + VGPU_ENTRY_RECORD_SIZE);
            if (!walk_in(sizes[1], offset, length) || length < VGPU_KERNEL_BYTES) {
                continue;
            }
            if (found[2] != NULL) {
                walk_repair_targets(found[1] + offset, length, found[2], sizes[2]);
            }
            vgpu_put_u64(found[0] + at + VGPU_ENTRY_RECORD_HASH,
                         vgpu_hash(found[1] + offset, length));
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *row = bytes + VGPU_HEAD_BYTES + i * VGPU_SECTION_BYTES;
        uint64_t offset = vgpu_u64(row + VGPU_SECTION_OFFSET);
        uint64_t length = vgpu_u64(row + VGPU_SECTION_SIZE);
        if (walk_in(size, offset, length)) {
            vgpu_put_u64(row + VGPU_SECTION_HASH, vgpu_hash(bytes + offset, length));
        }
    }
    vgpu_put_u64(bytes + VGPU_HEAD_HASH,
                 vgpu_hash_seeded(bytes + VGPU_HEAD_BYTES, (uint64_t)count * VGPU_SECTION_BYTES,
                                  vgpu_hash(bytes, VGPU_HEAD_HASH)));
}

#endif
