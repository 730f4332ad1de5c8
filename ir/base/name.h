/* Interned names: the same spelling is the same pointer, for the life of the arena. */
#ifndef IR_BASE_NAME_H
#define IR_BASE_NAME_H

#include "ir/base/arena.h"

typedef struct {
    uint32_t length, hash;
    char text[];
} NameData;
typedef const NameData *Name;

typedef struct {
    Arena *arena;
    Name *slots; /* open addressing; the capacity is a power of two */
    uint32_t count, capacity;
} Names;

Name name_bytes(Names *names, const char *bytes, size_t length);
Name name_of(Names *names, const char *text);

/* FNV-1a, 32 bits: offset basis and prime are those of its authors (draft-eastlake-fnv). */
uint32_t hash_bytes(const void *bytes, size_t length);

/* How far two words are apart (Levenshtein, adjacent swaps count one), or `limit` + 1 when further. */
unsigned name_distance(const char *a, const char *b, unsigned limit);

#endif
