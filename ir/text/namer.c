/* See namer.h. */
#include "ir/text/namer.h"

#include "ir/base/fatal.h"
#include "ir/base/name.h"

/* Names are cut: no reader wants more, some compilers take no more, and one of a megabyte would be printed everywhere. */
enum { LONGEST = 100, FIRST_CAPACITY = 1024 };

struct NamerEntry {
    NamerEntry *next;  /* in its slot */
    NamerEntry *older; /* that namer_close takes back */
    uint32_t hash, depth;
    uint32_t suffix; /* the last number tried behind it */
    bool free;       /* taken back: only `suffix` still counts */
    bool reserved;   /* by the language */
    const char *text;
};

static const struct {
    unsigned targets;
    const char *words;
} reserved[] = {
#define WGSL TEXT_WGSL
#define OPENCL TEXT_OPENCL
#define MSL TEXT_MSL
#define HOST TEXT_HOST
#define RESERVED(targets, words) {targets, words},
#include "ir/text/reserved.def"
#undef WGSL
#undef OPENCL
#undef MSL
#undef HOST
#undef RESERVED
};

static NamerEntry *find(const Namer *namer, const char *text, uint32_t hash) {
    NamerEntry *entry = namer->slots[hash & (namer->capacity - 1)];
    while (entry != NULL && (entry->hash != hash || strcmp(entry->text, text) != 0)) {
        entry = entry->next;
    }
    return entry;
}

static void put(Namer *namer, NamerEntry *entry) {
    NamerEntry **slot = &namer->slots[entry->hash & (namer->capacity - 1)];
    entry->next = *slot;
    *slot = entry;
}

static void grow(Namer *namer) {
    NamerEntry **old = namer->slots;
    uint32_t count = namer->capacity;
    namer->capacity *= 2;
    namer->slots = NEW_ARRAY(namer->arena, NamerEntry *, namer->capacity);
    for (uint32_t i = 0; i < count; i++) {
        for (NamerEntry *entry = old[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            put(namer, entry);
        }
    }
}

static NamerEntry *add(Namer *namer, const char *text, uint32_t hash) {
    if (namer->count == namer->capacity) {
        grow(namer);
    }
    NamerEntry *entry = NEW(namer->arena, NamerEntry);
    entry->text = text;
    entry->hash = hash;
    namer->count++;
    put(namer, entry);
    return entry;
}

static const char *take(Namer *namer, NamerEntry *entry, bool outer) {
    entry->free = false;
    if (!outer && namer->depth > 0) {
        entry->depth = namer->depth;
        entry->older = namer->newest;
        namer->newest = entry;
    }
    return entry->text;
}

void namer_init(Namer *namer, Arena *arena, TextTarget target) {
    *namer = (Namer){.arena = arena, .capacity = FIRST_CAPACITY};
    namer->slots = NEW_ARRAY(arena, NamerEntry *, FIRST_CAPACITY);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        const char *word = reserved[i].words;
        while ((reserved[i].targets & target) != 0 && *word != '\0') {
            size_t length = strcspn(word, " ");
            const char *text = arena_copy_text(arena, word, length);
            uint32_t hash = hash_bytes(text, length);
            if (find(namer, text, hash) == NULL) {
                add(namer, text, hash)->reserved = true;
            }
            word += length + strspn(word + length, " ");
        }
    }
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Letters, digits and single underscores, none of them at the end, where numbers are put. At the front a letter: C keeps
 * `_X` for itself, WGSL `__x`. */
static const char *legal(const Namer *namer, const char *wanted) {
    char name[LONGEST + 2];
    size_t length = 0;
    bool keeps_underscore = wanted[0] == '_' && wanted[1] >= 'a' && wanted[1] <= 'z';
    for (; *wanted != '\0' && length < LONGEST; wanted++) {
        char c = is_letter(*wanted) || is_digit(*wanted) ? *wanted : '_';
        if (c == '_' && (length > 0 ? name[length - 1] == '_' : !keeps_underscore)) {
            continue;
        }
        if (length == 0 && is_digit(c)) {
            name[length++] = 'v';
        }
        name[length++] = c;
    }
    while (length > 1 && name[length - 1] == '_') {
        length--;
    }
    return length > 0 ? arena_copy_text(namer->arena, name, length) : "v";
}

static const char *new_name(Namer *namer, const char *wanted, bool outer) {
    const char *base = legal(namer, wanted);
    uint32_t hash = hash_bytes(base, strlen(base));
    NamerEntry *known = find(namer, base, hash);
    if (known == NULL || known->free) {
        return take(namer, known == NULL ? add(namer, base, hash) : known, outer);
    }
    for (;;) {
        const char *text = arena_printf(namer->arena, "%s_%u", base, ++known->suffix);
        hash = hash_bytes(text, strlen(text));
        NamerEntry *entry = find(namer, text, hash);
        if (entry == NULL || entry->free) {
            return take(namer, entry == NULL ? add(namer, text, hash) : entry, outer);
        }
    }
}

const char *namer_name(Namer *namer, const char *wanted) {
    return new_name(namer, wanted, false);
}

const char *namer_word(const Namer *namer, const char *wanted) {
    const char *word = legal(namer, wanted);
    const NamerEntry *known = find(namer, word, hash_bytes(word, strlen(word)));
    return known != NULL && known->reserved ? arena_printf(namer->arena, "%s_1", word) : word;
}

const char *namer_outer_name(Namer *namer, const char *wanted) {
    return new_name(namer, wanted, true);
}

void namer_open(Namer *namer) {
    namer->depth++;
}

void namer_close(Namer *namer) {
    REQUIRE(namer->depth > 0);
    for (; namer->newest != NULL && namer->newest->depth == namer->depth;
         namer->newest = namer->newest->older) {
        namer->newest->free = true;
        namer->newest->suffix = 0;
    }
    namer->depth--;
}
