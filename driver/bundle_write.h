/* From parts to the bytes of a bundle: docs/bundle-format.md. */
#ifndef DRIVER_BUNDLE_WRITE_H
#define DRIVER_BUNDLE_WRITE_H

#include "driver/bundle_parts.h"

/* A kernel of one variant, with its code in order of preference. */
typedef struct {
    const char *variant; /* "" for the source's own values */
    const BundleKernel *kernel;
    const BundleCode *const *codes;
    uint32_t code_count;
} BundleEntry;

typedef struct {
    const char *name;
    uint64_t size, hash;
} BundleSource;

typedef struct {
    const char *compiler, *options;
    const BundleSource *sources;
    uint32_t source_count;
    BundleEntry *entries; /* no two of one name and variant; they are put in order */
    uint32_t entry_count;
    bool compress; /* large code, by zstd */
} BundleContents;

/* Adds the file to `out`, which is empty. The bytes depend on the contents alone. */
void bundle_write(Text *out, const BundleContents *contents);

#endif
