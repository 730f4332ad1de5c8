/* Arena: memory of one compilation (or one pass), given back all at once.
 *
 * Memory is zeroed. Allocation never gives NULL: when there is no memory, or the arena has reached
 * its limit, fatal_memory() returns to the guard (fatal.h).
 */
#ifndef IR_BASE_ARENA_H
#define IR_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ArenaChunk ArenaChunk;

typedef struct {
    ArenaChunk *chunk; /* the newest */
    size_t total;      /* bytes held in chunks */
    size_t limit;      /* 0: ARENA_DEFAULT_LIMIT */
} Arena;

/* Hostile input must not take the machine's memory; the largest honest one stays far below. */
#define ARENA_DEFAULT_LIMIT ((size_t)1 << 31)

void *arena_alloc(Arena *arena, size_t size, size_t align);
void *arena_array(Arena *arena, size_t count, size_t size, size_t align); /* checked count * size */
char *arena_copy_text(Arena *arena, const char *text, size_t length);     /* adds a final '\0' */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_release(Arena *arena); /* gives everything back; the arena may be used again */

#define NEW(arena, T) ((T *)arena_alloc((arena), sizeof(T), _Alignof(T)))
#define NEW_ARRAY(arena, T, n) ((T *)arena_array((arena), (n), sizeof(T), _Alignof(T)))

/* A growing array in an arena: struct { T *items; uint32_t count, capacity; }. Old storage stays in
 * the arena until it is released, so growth doubles. */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *items;                                                                                  \
        uint32_t count, capacity;                                                                  \
    }
#define VEC_PUSH(arena, vec, ...)                                                                  \
    do {                                                                                           \
        if ((vec)->count == (vec)->capacity) {                                                     \
            (vec)->items = vec_grow((arena), (vec)->items, sizeof *(vec)->items, (vec)->count,     \
                                    &(vec)->capacity);                                             \
        }                                                                                          \
        (vec)->items[(vec)->count++] = (__VA_ARGS__);                                              \
    } while (0)
void *vec_grow(Arena *arena, void *items, size_t item_size, uint32_t count, uint32_t *capacity);

#endif
