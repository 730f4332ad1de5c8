/* See name.h. */
#include "ir/base/name.h"

#include "ir/base/fatal.h"

uint32_t hash_bytes(const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ p[i]) * 16777619u;
    }
    return hash;
}

static void grow(Names *names) {
    uint32_t capacity = names->capacity == 0 ? 256 : names->capacity * 2;
    Name *slots = NEW_ARRAY(names->arena, Name, capacity);
    for (uint32_t i = 0; i < names->capacity; i++) {
        if (names->slots[i] != NULL) {
            uint32_t at = names->slots[i]->hash & (capacity - 1);
            while (slots[at] != NULL) {
                at = (at + 1) & (capacity - 1);
            }
            slots[at] = names->slots[i];
        }
    }
    names->slots = slots;
    names->capacity = capacity;
}

Name name_bytes(Names *names, const char *bytes, size_t length) {
    REQUIRE(length < UINT32_MAX / 2);
    if (names->count * 2 >= names->capacity) {
        grow(names);
    }
    uint32_t hash = hash_bytes(bytes, length);
    uint32_t at = hash & (names->capacity - 1);
    for (; names->slots[at] != NULL; at = (at + 1) & (names->capacity - 1)) {
        Name name = names->slots[at];
        if (name->hash == hash && name->length == length &&
            memcmp(name->text, bytes, length) == 0) {
            return name;
        }
    }
    NameData *made = arena_alloc(names->arena, sizeof *made + length + 1, _Alignof(NameData));
    made->length = (uint32_t)length;
    made->hash = hash;
    if (length > 0) {
        memcpy(made->text, bytes, length);
    }
    names->slots[at] = made;
    names->count++;
    return made;
}

Name name_of(Names *names, const char *text) {
    return name_bytes(names, text, strlen(text));
}

unsigned name_distance(const char *a, const char *b, unsigned limit) {
    enum { LONGEST = 64 };
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST || (n > m ? n - m : m - n) > limit) {
        return limit + 1;
    }
    unsigned before[LONGEST + 1], last[LONGEST + 1], row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++) {
        last[j] = (unsigned)j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= n; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
        memcpy(before, last, sizeof last);
        memcpy(last, row, sizeof row);
    }
    return last[m] <= limit ? last[m] : limit + 1;
}
