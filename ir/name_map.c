/* See name_map.h. */
#include "ir/name_map.h"

static NameSlot *find(NameMap *map, Name key) {
    uint32_t at = key->hash & (map->capacity - 1);
    while (map->slots[at].key != NULL && map->slots[at].era == map->era &&
           map->slots[at].key != key) {
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->slots[at];
}

static void grow(NameMap *map) {
    NameMap old = *map;
    map->capacity = old.capacity == 0 ? 64 : old.capacity * 2;
    map->slots = NEW_ARRAY(map->arena, NameSlot, map->capacity);
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].key != NULL && old.slots[i].era == map->era) {
            *find(map, old.slots[i].key) = old.slots[i];
        }
    }
}

void **name_map_at(NameMap *map, Name key) {
    if (map->count * 2 >= map->capacity) {
        grow(map);
    }
    NameSlot *slot = find(map, key);
    if (slot->key != key || slot->era != map->era) {
        *slot = (NameSlot){.key = key, .era = map->era};
        map->count++;
    }
    return &slot->value;
}

void name_map_clear(NameMap *map) {
    map->count = 0;
    map->era++;
}
