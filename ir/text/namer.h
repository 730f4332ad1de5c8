/* Names of what is printed: legal in the target's language, each used once, and where that may be the source's own.
 *
 *     Namer namer;
 *     namer_init(&namer, arena, TEXT_WGSL);
 *     const char *kernel = namer_name(&namer, "add");
 *     namer_open(&namer);
 *     const char *x = namer_name(&namer, "x"), *again = namer_name(&namer, "x");      x, x_1
 *     namer_close(&namer);                                                         both are free again
 *
 * Names depend on the order of the calls alone.
 */
#ifndef IR_TEXT_NAMER_H
#define IR_TEXT_NAMER_H

#include "ir/base/arena.h"
#include <stdbool.h>

typedef enum {
    TEXT_WGSL = 1,
    TEXT_OPENCL = 2,
    TEXT_MSL = 4,
    TEXT_HOST = 8, /* C and C++ programs of users */
} TextTarget;

typedef struct NamerEntry NamerEntry;

typedef struct {
    Arena *arena;
    NamerEntry **slots; /* hash table */
    uint32_t count, capacity;
    NamerEntry *newest; /* of the names that namer_close takes back */
    uint32_t depth;
} Namer;

void namer_init(Namer *namer, Arena *arena, TextTarget target);

/* A name that nothing has: `wanted`, made legal, with `_1`, `_2`, … behind it where it is taken. */
const char *namer_name(Namer *namer, const char *wanted);

/* `wanted`, made legal, with `_1` behind it if the language has another use for it. It is not taken by that: for what has its
 * names told apart elsewhere. */
const char *namer_word(const Namer *namer, const char *wanted);

/* As namer_name, for what is declared outside functions, also while one is open: it stays. */
const char *namer_outer_name(Namer *namer, const char *wanted);

/* Between these, names are those of a function: they differ from all outside, and go at the end. */
void namer_open(Namer *namer);
void namer_close(Namer *namer);

#endif
