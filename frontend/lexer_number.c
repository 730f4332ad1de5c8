/* How a malformed number is spelt rightly: 1. as 1.0, .5 as 0.5, 2.5f as 2.5f32, 0X2A as 0x2A, 010 as 10. */
#include "frontend/lexer.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A suffix of another language, and ours. */
static const char *meant_suffix(const char *suffix, size_t length, bool is_float) {
    static const struct {
        const char *theirs, *ours;
    } rows[] = {{"f", "f32"},   {"F", "f32"},  {"h", "f16"},  {"lf", "f64"},   {"LF", "f64"},
                {"d", "f64"},   {"u", "u32"},  {"U", "u32"},  {"i", "i32"},    {"l", "i64"},
                {"L", "i64"},   {"ul", "u64"}, {"UL", "u64"}, {"ull", "u64"},  {"ll", "i64"},
                {"ULL", "u64"}, {"LL", "i64"}, {"uz", "u64"}, {"usize", "u32"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].theirs) == length && memcmp(rows[i].theirs, suffix, length) == 0 &&
            (!is_float || rows[i].ours[0] == 'f')) {
            return rows[i].ours;
        }
    }
    return NULL;
}

const char *right_number(Arena *arena, const char *s, size_t length) {
    int all = (int)length;
    if (s[0] == '.') {
        return arena_printf(arena, "0%.*s", all, s);
    }
    if (length > 2 && s[0] == '0' && (s[1] == 'X' || s[1] == 'B' || s[1] == 'O')) {
        return arena_printf(arena, "0%c%.*s", s[1] - 'A' + 'a', all - 2, s + 2);
    }
    if (length > 3 && s[0] == '0' && (s[1] == 'x' || s[1] == 'b' || s[1] == 'o') && s[2] == '_') {
        return arena_printf(arena, "%.*s%.*s", 2, s, all - 3, s + 3);
    }
    if (s[length - 1] == '.') {
        return arena_printf(arena, "%.*s0", all, s);
    }
    if (s[length - 1] == '_') {
        while (length > 0 && s[length - 1] == '_') {
            length--;
        }
        return arena_printf(arena, "%.*s", (int)length, s);
    }
    size_t digits = 0;
    while (digits < length && (is_digit(s[digits]) || s[digits] == '_')) {
        digits++;
    }
    if (digits == length) { /* zeros in front */
        size_t zeros = 0;
        while (zeros + 1 < length && (s[zeros] == '0' || s[zeros] == '_')) {
            zeros++;
        }
        return arena_printf(arena, "%.*s", all - (int)zeros, s + zeros);
    }
    bool is_float = s[digits] == '.';
    if (is_float) {
        size_t point = digits++;
        while (digits < length && (is_digit(s[digits]) || s[digits] == '_')) {
            digits++;
        }
        if (digits == point + 1) { /* 1.f 1.e5 */
            const char *ours = meant_suffix(s + digits, length - digits, true);
            return ours != NULL ? arena_printf(arena, "%.*s.0%s", (int)point, s, ours)
                   : s[digits] == 'e' || s[digits] == 'E'
                       ? arena_printf(arena, "%.*s.0%.*s", (int)point, s, (int)(length - digits),
                                      s + digits)
                       : NULL;
        }
    }
    const char *ours = meant_suffix(s + digits, length - digits, is_float);
    return ours != NULL ? arena_printf(arena, "%.*s%s", (int)digits, s, ours) : NULL;
}
