/* A map from interned names to pointers, cleared at no cost. */
#ifndef IR_NAME_MAP_H
#define IR_NAME_MAP_H

#include "ir/base/name.h"

typedef struct {
    Name key;
    void *value;
    uint32_t era; /* of another era than the map's: empty */
} NameSlot;

typedef struct {
    Arena *arena;
    NameSlot *slots; /* open addressing; the capacity is a power of two */
    uint32_t count, capacity, era;
} NameMap;

/* Where the value of `key` is kept, NULL at first; until the next call. */
void **name_map_at(NameMap *map, Name key);
void name_map_clear(NameMap *map);

#endif
