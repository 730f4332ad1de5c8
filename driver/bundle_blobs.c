/* See bundle_blobs.h. */
#include "driver/bundle_blobs.h"

#include <string.h>
#include <zstd.h>

#include "ir/base/fatal.h"
#include "runtime-min/vgpu_format.h"

enum {
    COMPRESS_FROM = 1024, /* bytes: below, nothing is gained that anyone would notice */
    COMPRESS_LEVEL = 19,  /* the best one that needs no more memory to decode */
};

static uint32_t slot_of(const Blobs *blobs, uint64_t hash, const void *bytes, size_t size) {
    uint32_t slot = (uint32_t)(hash & (blobs->capacity - 1));
    for (; blobs->table[slot] != NULL; slot = (slot + 1) & (blobs->capacity - 1)) {
        const Blob *blob = blobs->table[slot];
        if (blob->hash == hash && blob->size == size && memcmp(blob->bytes, bytes, size) == 0) {
            break;
        }
    }
    return slot;
}

static void grow(Blobs *blobs) {
    Blobs old = *blobs;
    blobs->capacity = old.capacity > 0 ? old.capacity * 2 : 64;
    blobs->table = NEW_ARRAY(blobs->bytes.arena, Blob *, blobs->capacity);
    for (uint32_t i = 0; i < old.capacity; i++) {
        const Blob *blob = old.table[i];
        if (blob != NULL) {
            blobs->table[slot_of(blobs, blob->hash, blob->bytes, (size_t)blob->size)] =
                old.table[i];
        }
    }
}

/* What is put into the section: the bytes, or fewer. */
static const void *encode(Blobs *blobs, Blob *blob) {
    blob->stored = blob->size;
    if (!blobs->compress || blob->size < COMPRESS_FROM || blob->size > VGPU_MAX_DECODED) {
        return blob->bytes;
    }
    size_t room = ZSTD_compressBound((size_t)blob->size);
    void *smaller = arena_alloc(blobs->bytes.arena, room, 1);
    size_t size = ZSTD_compress(smaller, room, blob->bytes, (size_t)blob->size, COMPRESS_LEVEL);
    if (ZSTD_isError(size)) {
        fatal_memory(); /* there is room, and the level is a legal one */
    }
    blob->compressed = size < blob->size;
    blob->stored = blob->compressed ? size : blob->size;
    return blob->compressed ? smaller : blob->bytes;
}

const Blob *blobs_add(Blobs *blobs, const void *bytes, size_t size) {
    static const char zeros[VGPU_ALIGN];
    Arena *arena = blobs->bytes.arena;
    if (blobs->count * 2 >= blobs->capacity) {
        grow(blobs);
    }
    uint64_t hash = vgpu_hash(bytes, size);
    uint32_t slot = slot_of(blobs, hash, bytes, size);
    if (blobs->table[slot] == NULL) {
        Blob *blob = NEW(arena, Blob);
        *blob = (Blob){.hash = hash, .size = size, .bytes = bytes};
        const void *stored = encode(blobs, blob);
        text_bytes(&blobs->bytes, zeros,
                   (VGPU_ALIGN - blobs->bytes.length % VGPU_ALIGN) % VGPU_ALIGN);
        blob->offset = blobs->bytes.length;
        blob->stored_hash = vgpu_hash(stored, blob->stored);
        text_bytes(&blobs->bytes, stored, (size_t)blob->stored);
        blobs->table[slot] = blob;
        blobs->count++;
    }
    return blobs->table[slot];
}
