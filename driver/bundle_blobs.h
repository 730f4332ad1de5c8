/* Bytes of a section that holds pieces, each once however often it is added: code, kernels' records. */
#ifndef DRIVER_BUNDLE_BLOBS_H
#define DRIVER_BUNDLE_BLOBS_H

#include <stdbool.h>

#include "ir/base/text.h"

typedef struct {
    uint64_t hash; /* of the piece as it was added */
    uint64_t offset, stored, size;
    uint64_t stored_hash;
    bool compressed;
    const void *bytes; /* as they were added */
} Blob;

typedef struct {
    Text bytes; /* of the section */
    bool compress;
    Blob **table; /* open addressing */
    uint32_t count, capacity;
} Blobs;

/* The piece, aligned, where it is or was put. `bytes` stay as they are as long as the blobs are used. */
const Blob *blobs_add(Blobs *blobs, const void *bytes, size_t size);

#endif
