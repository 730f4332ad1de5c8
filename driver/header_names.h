/* Names of a generated C header that are its own: not the runtime's, and each used once. */
#ifndef DRIVER_HEADER_NAMES_H
#define DRIVER_HEADER_NAMES_H

#include "ir/base/arena.h"
#include <stdbool.h>

typedef struct {
    Arena *arena;
    const char **slots; /* open addressing; the capacity is a power of two */
    uint32_t count, capacity;
} HeaderNames;

/* With every name of vitte_gpu.h and vitte_gpu_typed.h taken. */
void header_names_init(HeaderNames *names, Arena *arena);

/* The first of `name`, `name_kind`, `name_kind_2`, … with which all names of `patterns` (ended by NULL) are free; takes
 * them. In a pattern `%c` stands for the name as a type has it, `%l` as a function, `%u` as a macro. */
const char *header_name(HeaderNames *names, const char *name, const char *kind,
                        const char *const *patterns);

/* One name from a pattern. */
const char *header_spelling(Arena *arena, const char *pattern, const char *name);

#endif
