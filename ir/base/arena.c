/* See arena.h. Chunks double up to a cap, so the number of mallocs is logarithmic, then linear. */
#include "ir/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ir/base/fatal.h"

enum { FIRST_CHUNK = 32 * 1024, LARGEST_CHUNK = 4 * 1024 * 1024 };

struct ArenaChunk {
    ArenaChunk *previous;
    size_t used, size; /* of `data` */
    _Alignas(max_align_t) unsigned char data[];
};

static void add_chunk(Arena *arena, size_t least) {
    size_t size = arena->chunk != NULL ? arena->chunk->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK) {
        size = LARGEST_CHUNK;
    }
    if (size < least) {
        size = least;
    }
    size_t limit = arena->limit != 0 ? arena->limit : ARENA_DEFAULT_LIMIT;
    if (size > limit || arena->total > limit - size) {
        fatal_memory();
    }
    ArenaChunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk == NULL) {
        fatal_memory();
    }
    chunk->previous = arena->chunk;
    chunk->size = size;
    arena->chunk = chunk;
    arena->total += size;
}

void *arena_alloc(Arena *arena, size_t size, size_t align) {
    for (;;) {
        ArenaChunk *chunk = arena->chunk;
        if (chunk != NULL) {
            size_t start = (chunk->used + align - 1) & ~(align - 1);
            if (start <= chunk->size && size <= chunk->size - start) {
                chunk->used = start + size;
                return chunk->data + start;
            }
        }
        if (size > SIZE_MAX / 2) {
            fatal_memory();
        }
        add_chunk(arena, size + align);
    }
}

void *arena_array(Arena *arena, size_t count, size_t size, size_t align) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        fatal_memory();
    }
    return arena_alloc(arena, bytes, align);
}

char *arena_copy_text(Arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1, 1);
    if (length > 0) {
        memcpy(copy, text, length);
    }
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    REQUIRE(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_release(Arena *arena) {
    while (arena->chunk != NULL) {
        ArenaChunk *previous = arena->chunk->previous;
        free(arena->chunk);
        arena->chunk = previous;
    }
    arena->total = 0;
}

void *vec_grow(Arena *arena, void *items, size_t item_size, uint32_t count, uint32_t *capacity) {
    if (count > UINT32_MAX / 2) {
        fatal_memory();
    }
    *capacity = count == 0 ? 8 : count * 2;
    void *grown = arena_array(arena, *capacity, item_size, _Alignof(max_align_t));
    if (count > 0) {
        memcpy(grown, items, count * item_size);
    }
    return grown;
}
