/* vgpu_view.h: a .vgpu bundle in memory, checked before it is believed. For the runtime and for `inspect`.
 *
 * Nothing here allocates, logs or writes. A function gives NULL when all is well, and else static text that says what is
 * wrong with the bytes; what it was to fill in is of no use then. vgpu_view_open() reads the head, the table of sections and
 * the index; a kernel's record is read and checked when it is asked for, and a blob when its code is. Once a record
 * was checked, what the small functions below read of it is in range: texts end with '\0' and are UTF-8 without control
 * characters (but line ends and tabs), indices are below their counts, and a type's parts come before it.
 */
#ifndef VGPU_VIEW_H
#define VGPU_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "vgpu_format.h"

typedef struct VgpuBlock {
    const unsigned char *bytes;
    uint64_t size;
} VgpuBlock;

/* Entries of equal size; `count` 0: none. */
typedef struct VgpuTable {
    const unsigned char *bytes;
    uint32_t count, stride;
} VgpuTable;

typedef struct VgpuView {
    VgpuBlock file, info, index, kernels, blobs;
    uint32_t kernel_count;
    unsigned major, minor;
} VgpuView;

/* One kernel's record. */
typedef struct VgpuKernel {
    VgpuBlock record;
    VgpuTable params, types, fields, specs, shared, targets;
} VgpuKernel;

/* Bytes that must stay as they are while the view is used. */
const char *vgpu_view_open(VgpuView *view, const void *bytes, uint64_t size);

/* Section `index` of the table as it stands, without its hash checked. */
VgpuBlock vgpu_view_section(const VgpuView *view, uint32_t index, const unsigned char **row);
uint32_t vgpu_view_section_count(const VgpuView *view);

/* INFO, and its table of sources. */
const char *vgpu_view_info(const VgpuView *view, VgpuTable *sources);

/* The name and variant ("": the source's own values) of entry `index`, below kernel_count. */
const char *vgpu_entry_name(const VgpuView *view, uint32_t index);
const char *vgpu_entry_variant(const VgpuView *view, uint32_t index);

/* The entry of a name and variant; kernel_count: there is none. */
uint32_t vgpu_view_find(const VgpuView *view, const char *name, const char *variant);

/* Checks the record of entry `index`, hash and all. */
const char *vgpu_view_kernel(const VgpuView *view, uint32_t index, VgpuKernel *kernel);

/* The code of one of its targets as it is stored; its hash is checked. */
const char *vgpu_view_blob(const VgpuView *view, const VgpuKernel *kernel, uint32_t target,
                           VgpuBlock *blob);

/* The bindings of one of its targets. */
VgpuTable vgpu_target_bindings(const VgpuKernel *kernel, uint32_t target);

/* An entry of a table, and fields of an entry. */
static inline const unsigned char *vgpu_row(const VgpuTable *table, uint32_t index) {
    return table->bytes + (size_t)index * table->stride;
}
static inline uint32_t vgpu_get(const VgpuTable *table, uint32_t index, int field) {
    return vgpu_u32(vgpu_row(table, index) + field);
}
static inline uint64_t vgpu_get64(const VgpuTable *table, uint32_t index, int field) {
    return vgpu_u64(vgpu_row(table, index) + field);
}
static inline uint32_t vgpu_head(const VgpuKernel *kernel, int field) {
    return vgpu_u32(kernel->record.bytes + field);
}

/* A string field of an entry of `block`; "" for none. */
static inline const char *vgpu_text(VgpuBlock block, const unsigned char *field) {
    uint32_t offset = vgpu_u32(field);
    return offset != 0 ? (const char *)block.bytes + offset : "";
}

#endif
