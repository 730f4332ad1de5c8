/* See header_names.h. */
#include "driver/header_names.h"

#include "ir/base/name.h"

enum { LONGEST = 100, FIRST_CAPACITY = 4096 };

static const char *const runtime_names[] = {
#include "driver/runtime_names.inc"
};

/* ---- the set ---- */

static uint32_t slot_of(const HeaderNames *names, const char *text) {
    uint32_t i = hash_bytes(text, strlen(text)) & (names->capacity - 1);
    while (names->slots[i] != NULL && strcmp(names->slots[i], text) != 0) {
        i = (i + 1) & (names->capacity - 1);
    }
    return i;
}

static void add(HeaderNames *names, const char *text) {
    if (names->count * 2 >= names->capacity) {
        HeaderNames larger = {names->arena, NULL, 0, names->capacity * 2};
        larger.slots = NEW_ARRAY(names->arena, const char *, larger.capacity);
        for (uint32_t i = 0; i < names->capacity; i++) {
            if (names->slots[i] != NULL) {
                add(&larger, names->slots[i]);
            }
        }
        *names = larger;
    }
    uint32_t slot = slot_of(names, text);
    names->count += names->slots[slot] == NULL;
    names->slots[slot] = text;
}

void header_names_init(HeaderNames *names, Arena *arena) {
    *names = (HeaderNames){.arena = arena, .capacity = FIRST_CAPACITY};
    names->slots = NEW_ARRAY(arena, const char *, FIRST_CAPACITY);
    for (size_t i = 0; i < sizeof runtime_names / sizeof *runtime_names; i++) {
        add(names, runtime_names[i]);
    }
}

/* ---- spelling ---- */

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

/* Of a name in any style: MyKernel2, my_kernel2, MY_KERNEL2. */
static const char *spelled(Arena *arena, const char *name, char how) {
    char text[2 * LONGEST + 2];
    size_t length = 0;
    bool is_first = true; /* of its word */
    for (char before = '_'; *name != '\0' && length < LONGEST; before = *name++) {
        char c = *name;
        if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
            is_first = true;
            continue;
        }
        is_first |= is_upper(c) && !is_upper(before);
        if (is_first && length > 0 && how != 'c') {
            text[length++] = '_';
        }
        if (is_lower(c) && (how == 'u' || (how == 'c' && is_first))) {
            c = (char)(c - 'a' + 'A');
        } else if (is_upper(c) && how == 'l') {
            c = (char)(c - 'A' + 'a');
        }
        text[length++] = c;
        is_first = false;
    }
    return length > 0 ? arena_copy_text(arena, text, length) : how == 'l' ? "x" : "X";
}

const char *header_spelling(Arena *arena, const char *pattern, const char *name) {
    const char *hole = strchr(pattern, '%');
    return arena_printf(arena, "%.*s%s%s", (int)(hole - pattern), pattern,
                        spelled(arena, name, hole[1]), hole + 2);
}

static bool all_free(const HeaderNames *names, const char *name, const char *const *patterns) {
    for (; *patterns != NULL; patterns++) {
        const char *text = header_spelling(names->arena, *patterns, name);
        if (names->slots[slot_of(names, text)] != NULL) {
            return false;
        }
    }
    return true;
}

const char *header_name(HeaderNames *names, const char *name, const char *kind,
                        const char *const *patterns) {
    const char *base = arena_printf(names->arena, "%.*s", LONGEST / 2, name), *text = base;
    for (unsigned number = 1; !all_free(names, text, patterns); number++) {
        text = number == 1 ? arena_printf(names->arena, "%s_%s", base, kind)
                           : arena_printf(names->arena, "%s_%s_%u", base, kind, number);
    }
    for (; *patterns != NULL; patterns++) {
        add(names, header_spelling(names->arena, *patterns, text));
    }
    return text;
}
