/* ir/base by itself: arenas and their limits, interned names, texts, guards, the source map, diagnostics as text and as
 * JSON with hostile bytes in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/diag.h"
#include "ir/base/fatal.h"
#include "ir/base/name.h"

static int failures;

static bool check(bool fine, int line, const char *what, const char *more) {
    if (!fine) {
        failures++;
        printf("%s:%d: %s%s%s\n", __FILE__, line, what, more[0] != '\0' ? "\n     got " : "", more);
    }
    return fine;
}
#define CHECK(condition) check((condition), __LINE__, #condition, "")
#define CHECK_TEXT(got, want) check(strcmp((got), (want)) == 0, __LINE__, (want), (got))
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- arenas ---- */

static void test_arena(void) {
    Arena arena = {0};
    unsigned char *last = NULL;
    for (size_t size = 0; size < 3000;
         size++) { /* more than one chunk, of every size and alignment */
        size_t align = (size_t)1 << (size % 5);
        unsigned char *bytes = arena_alloc(&arena, size, align);
        CHECK((uintptr_t)bytes % align == 0);
        for (size_t i = 0; i < size; i++) {
            if (bytes[i] != 0) {
                CHECK(!"memory is zero");
                break;
            }
        }
        memset(bytes, 0xa5, size);
        CHECK(last == NULL || *last == 0xa5); /* what came before is left alone */
        last = size > 0 ? bytes + size - 1 : NULL;
    }
    char *large = arena_alloc(&arena, 9000000, 8);
    memset(large, 1, 9000000);
    CHECK(arena.total >= 9000000 + 3000 * 2999 / 2);
    arena_release(&arena);
    CHECK(arena.total == 0 && arena.chunk == NULL);
    CHECK_TEXT(arena_printf(&arena, "%s-%d", "again", 7), "again-7");
    CHECK_TEXT(arena_copy_text(&arena, "abcdef", 3), "abc");
    CHECK_TEXT(arena_copy_text(&arena, NULL, 0), "");
    arena_release(&arena);
    arena_release(&arena);
}

typedef struct {
    Arena *arena;
    size_t count, size;
} Wish;

static void allocate_array(void *arg) {
    const Wish *wish = arg;
    arena_array(wish->arena, wish->count, wish->size, 8);
}

static void grow_for_ever(void *arg) {
    VEC(int) numbers = {0};
    for (int i = 0;; i++) {
        VEC_PUSH((Arena *)arg, &numbers, i);
    }
}

static void test_limits(void) {
    static const size_t sizes[][2] = {
        {SIZE_MAX, 2},     {SIZE_MAX / 2, 3}, {SIZE_MAX, 1},
        {SIZE_MAX / 2, 1}, {3 << 20, 1},      {1, 3 << 20},
    };
    const char *message;
    Arena arena = {.limit = 2 << 20};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        Wish wish = {&arena, sizes[i][0], sizes[i][1]};
        CHECK(guard_run(allocate_array, &wish, &message) == FATAL_MEMORY);
        CHECK(arena.total <= arena.limit);
    }
    CHECK_TEXT(message, "out of memory");
    CHECK(guard_run(grow_for_ever, &arena, &message) == FATAL_MEMORY);
    CHECK(arena.total <= arena.limit);
    arena_release(&arena);
}

static void test_vec(void) {
    Arena arena = {0};
    VEC(uint32_t) numbers = {0};
    for (uint32_t i = 0; i < 100000; i++) {
        VEC_PUSH(&arena, &numbers, i * 3);
    }
    CHECK(numbers.count == 100000 && numbers.capacity >= numbers.count);
    CHECK(numbers.items[0] == 0 && numbers.items[4711] == 3 * 4711 &&
          numbers.items[99999] == 299997);
    arena_release(&arena);
}

/* ---- guards ---- */

static void do_nothing(void *arg) {
    ++*(int *)arg;
}

static void break_invariant(void *arg) {
    fatal_context("pass test");
    REQUIRE(arg == NULL);
    BUG("%s", "so long");
}

static void guard_inside(void *arg) {
    const char *message;
    CHECK(guard_run(break_invariant, NULL, &message) == FATAL_BUG);
    CHECK(strstr(message, "so long") != NULL);
    ++*(int *)arg; /* the outer guard goes on */
    BUG("outer");
}

static void long_message(void *arg) {
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    BUG("%s%s", text, (const char *)arg);
}

static void test_guards(void) {
    const char *message;
    int count = 0;
    CHECK(guard_run(do_nothing, &count, &message) == FATAL_NONE && count == 1);
    CHECK_TEXT(message, "");
    CHECK(guard_run(break_invariant, &count, &message) == FATAL_BUG);
    CHECK(strncmp(message, "pass test: tests/unit/test_base.c:", 34) == 0);
    CHECK(strstr(message, "broken invariant: arg == NULL") != NULL);
    CHECK(guard_run(guard_inside, &count, &message) == FATAL_BUG && count == 2);
    CHECK(strstr(message, "outer") != NULL && strstr(message, "pass test") == NULL);
    CHECK(guard_run(long_message, "end", &message) == FATAL_BUG);
    CHECK(strlen(message) > 500 && strlen(message) < 5000);
}

/* ---- names ---- */

static void test_names(void) {
    Arena arena = {0};
    Names names = {.arena = &arena};
    Name first[5000];
    for (int i = 0; i < 5000; i++) {
        first[i] = name_of(&names, arena_printf(&arena, "name%d", i));
    }
    for (int i = 0; i < 5000; i++) {
        const char *text = arena_printf(&arena, "name%d", i);
        CHECK(name_of(&names, text) == first[i]);
        CHECK(name_bytes(&names, text, strlen(text)) == first[i]);
        CHECK(strcmp(first[i]->text, text) == 0 && first[i]->length == strlen(text));
    }
    CHECK(names.count == 5000);
    CHECK(name_bytes(&names, "name1234", 5) == first[1]);
    Name empty = name_of(&names, "");
    CHECK(empty->length == 0 && empty == name_bytes(&names, "x", 0));
    Name zeros = name_bytes(&names, "a\0b", 3);
    CHECK(zeros != name_bytes(&names, "a\0c", 3) && zeros != name_of(&names, "a"));
    CHECK(zeros == name_bytes(&names, "a\0b", 3));
    arena_release(&arena);
    CHECK(hash_bytes("", 0) == 0x811c9dc5 &&
          hash_bytes("a", 1) == 0xe40c292c); /* its authors' test vectors */
    CHECK(hash_bytes("foobar", 6) == 0xbf9cf968);
}

static void test_distance(void) {
    static const struct {
        const char *a, *b;
        unsigned limit, want;
    } rows[] = {
        {"", "", 3, 0},
        {"let", "let", 0, 0},
        {"", "abc", 3, 3},
        {"abc", "", 3, 3},
        {"abc", "", 2, 3},
        {"kitten", "sitting", 3, 3},
        {"clamp", "clmap", 2, 1},
        {"ab", "ba", 2, 1},
        {"abcd", "badc", 4, 2},
        {"lenght", "length", 2, 1},
        {"ca", "abc", 3, 3},
        {"min", "max", 2, 2},
        {"min", "max", 1, 2},
        {"x", "y", 0, 1},
        {"smoothstep", "smothstep", 3, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned got = name_distance(rows[i].a, rows[i].b, rows[i].limit);
        CHECK(got == rows[i].want);
        CHECK(got == name_distance(rows[i].b, rows[i].a, rows[i].limit));
    }
    char longest[70];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CHECK(name_distance(longest, longest, 3) == 4); /* longer than anyone misspells */
    CHECK(name_distance(longest + 5, longest + 5, 3) == 0);
}

/* ---- texts ---- */

static void test_text(void) {
    Arena arena = {0};
    Text text = {.arena = &arena};
    CHECK_TEXT(text_get(&text), "");
    text_add(&text, "");
    CHECK_TEXT(text_get(&text), "");
    text_char(&text, 'a');
    text_printf(&text, "%d", 12);
    text_indent(&text, 2);
    text_bytes(&text, "bcd", 2);
    CHECK_TEXT(text_get(&text), "a12        bc");
    for (int i = 0; i < 100000; i++) {
        text_printf(&text, "%d", i % 10);
    }
    CHECK(text.length == 13 + 100000 && strlen(text_get(&text)) == text.length);
    CHECK(memcmp(text.data + 13, "0123456789", 10) == 0);
    Text quoted = {.arena = &arena};
    text_quoted(&quoted, "a\"\\\n\t\r\0\x1b\x7f/\xc3\xa9", 12);
    CHECK_TEXT(text_get(&quoted), "\"a\\\"\\\\\\n\\t\\u000d\\u0000\\u001b\\u007f/\xc3\xa9\"");
    arena_release(&arena);
}

/* ---- the source map ---- */

static void check_place(const SourceMap *map, Pos pos, const char *want) {
    SourcePlace place = source_place(map, pos);
    char got[200] = "nowhere";
    if (place.file != NULL) {
        snprintf(got, sizeof got, "%s:%u:%u %u in <%.*s>", place.file->path, place.line,
                 place.column, place.line_offset, (int)place.line_length, place.line_text);
    }
    CHECK_TEXT(got, want);
}

static void test_source(void) {
    Arena arena = {0};
    SourceMap map = {.arena = &arena};
    check_place(&map, 1, "nowhere");
    static const char one[] = "let\nx\n\ny"; /* no newline at the end */
    static const char two[] = "\xef\xbb\xbf"
                              "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\r\n\r\nlast\r\n";
    static const char three[] = "";
    static const char bad[] = "\x80\x80q \xed\xa0\x80w\xc3";
    SourceFile *a = source_add(&map, "a", one, sizeof one - 1);
    SourceFile *b = source_add(&map, "b", two, sizeof two - 1);
    SourceFile *c = source_add(&map, "c", three, 0);
    SourceFile *d = source_add(&map, "d", bad, sizeof bad - 1);
    CHECK(a->base == 1 && b->base == sizeof one + 1 && c->base == b->base + sizeof two);
    check_place(&map, 0, "nowhere");
    check_place(&map, a->base, "a:1:1 0 in <let>");
    check_place(&map, a->base + 3, "a:1:4 3 in <let>"); /* the newline ends its line */
    check_place(&map, a->base + 4, "a:2:1 0 in <x>");
    check_place(&map, a->base + 6, "a:3:1 0 in <>");
    check_place(&map, a->base + 7, "a:4:1 0 in <y>");
    check_place(&map, a->base + 8, "a:4:2 1 in <y>"); /* the end of the file */
    /* a byte order mark is no column; a character of any length is one */
    static const char line[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    char want[64];
    static const struct {
        uint32_t at, column, offset;
    } rows[] = {{0, 1, 0}, {3, 1, 0},   {4, 2, 1},   {6, 3, 3},
                {9, 4, 6}, {13, 5, 10}, {14, 6, 11}, {15, 6, 11}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(want, sizeof want, "b:1:%u %u in <%s>", rows[i].column, rows[i].offset, line);
        check_place(&map, b->base + rows[i].at, want);
    }
    check_place(&map, b->base + 16, "b:2:1 0 in <>");
    check_place(&map, b->base + 18, "b:3:1 0 in <last>");
    check_place(&map, b->base + 22, "b:3:5 4 in <last>");
    check_place(&map, b->base + 24, "b:4:1 0 in <>");
    check_place(&map, c->base, "c:1:1 0 in <>");
    SourcePlace place =
        source_place(&map, d->base + 2); /* bytes that are no UTF-8 count one each */
    CHECK(place.file == d && place.column == 3);
    place = source_place(&map, d->base + 7);
    CHECK(place.column == 8);
    check_place(&map, d->base + sizeof bad, "nowhere");
    CHECK(source_characters("\xc3\xa9x", 3) == 2 && source_characters("\xc3", 1) == 1);
    CHECK(source_characters("\xc3\xa9", 1) == 1 && source_characters("", 0) == 0);
    CHECK(source_add(&map, "large", one, (size_t)SOURCE_MAX_BYTES + 1) == NULL);
    map.next = UINT32_MAX - 5;
    CHECK(source_add(&map, "full", one, sizeof one - 1) == NULL);
    arena_release(&arena);
}

/* Every byte of lines of random characters and broken ones, against counting from the start of the line. */
static void test_columns(void) {
    static const char *const pieces[] = {"a",    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                         "\xff", "\xe2\x82", "\x80",         "\n"};
    uint32_t state = 1;
    for (int round = 0; round < 30; round++) {
        Arena arena = {0};
        SourceMap map = {.arena = &arena};
        Text text = {.arena = &arena};
        while (text.length < 700 + (size_t)round * 11) {
            state = state * 1664525u + 1013904223u;
            text_add(&text, pieces[(state >> 20) % (state >> 28 == 0 ? 8 : 7)]);
        }
        const SourceFile *file = source_add(&map, "a", text_get(&text), text.length);
        uint32_t line = 0, column = 0;
        for (uint32_t i = 0, next = 0; i <= text.length; i++) {
            if (i == 0 || text.data[i - 1] == '\n') {
                line++;
                column = 0;
            }
            if (i == next) { /* a character begins */
                SourcePlace place = source_place(&map, file->base + i);
                CHECK(place.line == line && place.column == ++column);
                size_t size = source_character_size(text.data + i, text.length - i);
                next += size > 0 ? (uint32_t)size : 1;
            }
        }
        arena_release(&arena);
    }
}

static void test_utf8(void) {
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xc3", 0},
        {"\xc3(", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xed\xa0\x80", 0},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xe2\x82", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xfe\xbf\xbf\xbf\xbf", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK(source_character_size(rows[i].bytes, strlen(rows[i].bytes)) == rows[i].size);
    }
    CHECK(source_character_size("", 0) == 0);
}

/* ---- diagnostics; with formats of their own, so that a better wording breaks no test ---- */

typedef struct {
    Arena arena;
    SourceMap sources;
    Diags diags;
    Pos base;
} Unit;

static Unit *open_unit(const char *path, const char *text, size_t length) {
    Unit *unit = calloc(1, sizeof *unit);
    unit->sources.arena = &unit->arena;
    diags_init(&unit->diags, &unit->arena, &unit->sources);
    unit->base = source_add(&unit->sources, path, text, length)->base;
    return unit;
}

static void close_unit(Unit *unit) {
    arena_release(&unit->arena);
    free(unit);
}

static Span at(const Unit *unit, uint32_t from, uint32_t to) {
    return (Span){unit->base + from, unit->base + to};
}

enum { PLAIN, COLOR, JSON };

static void check_printed(Unit *unit, int how, const char *want) {
    char *got = NULL;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    if (how == JSON) {
        diags_print_json(&unit->diags, out);
    } else {
        diags_print_text(&unit->diags, out, how == COLOR);
    }
    fclose(out);
    CHECK_TEXT(got, want);
    free(got);
}

static void test_diag_text(void) {
    static const char text[] = "let x = 1.5;\n\tlet \xc3\xa9 = \xe2\x82\xac;\n";
    Unit *unit = open_unit("dir/a.vt", text, sizeof text - 1);
    /* printed in order of place, whatever the order of the reports */
    diag_report(&unit->diags, at(unit, 18, 20), DIAG_BAD_CHARACTER, "unexpected character %s",
                "U+00E9");
    Diag *diag = diag_report(&unit->diags, at(unit, 8, 11), DIAG_TYPE_MISMATCH,
                             "expected `%s`, found `%s`", "u32", "f32");
    diag_note(diag, at(unit, 4, 5), "`%s` is declared here", "x");
    diag_help(diag, at(unit, 8, 11), "convert it");
    diag_report(&unit->diags, (Span){0}, DIAG_NO_KERNEL, "there is no kernel in `%s`", "a.vt");
    check_printed(unit, PLAIN,
                  "error[E0003]: there is no kernel in `a.vt`\n"
                  "dir/a.vt:1:9: error[E0301]: expected `u32`, found `f32`\n"
                  "    1 | let x = 1.5;\n"
                  "      |         ^~~\n"
                  "dir/a.vt:1:5: note: `x` is declared here\n"
                  "    1 | let x = 1.5;\n"
                  "      |     ^\n"
                  "help: convert it\n"
                  "dir/a.vt:2:6: error[E0102]: unexpected character U+00E9\n"
                  "    2 |  let \xc3\xa9 = \xe2\x82\xac;\n"
                  "      |      ^\n");
    CHECK(unit->diags.errors == 3 && unit->diags.warnings == 0);
    close_unit(unit);
    unit = open_unit("a", "x", 1);
    diag_report(&unit->diags, at(unit, 0, 1), DIAG_UNUSED_VARIABLE, "`%s` is never used", "x");
    check_printed(
        unit, COLOR,
        "\033[1ma:1:1: \033[0m\033[1;35mwarning[W0101]:\033[0m \033[1m`x` is never used\033[0m\n"
        "    1 | x\n      | \033[1;35m^\033[0m\n");
    close_unit(unit);
}

/* Spans at the edges: empty, at the end of the file, over several lines, after a byte order mark. */
static void test_diag_spans(void) {
    static const char text[] = "\xef\xbb\xbf"
                               "ab\ncd";
    Unit *unit = open_unit("a", text, sizeof text - 1);
    diag_report(&unit->diags, at(unit, 3, 5), DIAG_UNKNOWN_NAME, "nothing named `%s` is in scope",
                "ab");
    diag_report(&unit->diags, at(unit, 4, 8), DIAG_UNKNOWN_NAME, "nothing named `%s` is in scope",
                "b");
    diag_report(&unit->diags, at(unit, 8, 8), DIAG_UNKNOWN_NAME, "nothing named `%s` is in scope",
                "end");
    check_printed(
        unit, PLAIN,
        "a:1:1: error[E0201]: nothing named `ab` is in scope\n    1 | ab\n      | ^~\n"
        "a:1:2: error[E0201]: nothing named `b` is in scope\n    1 | ab\n      |  ^\n"
        "a:2:3: error[E0201]: nothing named `end` is in scope\n    2 | cd\n      |   ^\n");
    close_unit(unit);
    /* a long line is shown around the place */
    enum { LONG = 100000 };
    char *line = malloc(LONG);
    memset(line, 'x', LONG);
    for (uint32_t place = 0; place < LONG; place += LONG / 10 - 1) {
        unit = open_unit("a", line, LONG);
        diag_report(&unit->diags, at(unit, place, LONG), DIAG_UNKNOWN_NAME,
                    "nothing named `%s` is in scope", "x");
        char *got = NULL;
        size_t size;
        FILE *out = open_memstream(&got, &size);
        diags_print_text(&unit->diags, out, false);
        fclose(out);
        CHECK(size < 600 && strchr(got, '^') != NULL);
        free(got);
        close_unit(unit);
    }
    free(line);
}

/* What a terminal or a reader of JSON must not see: control characters, broken UTF-8. */
static void test_diag_hostile(void) {
    static const char text[] = "a\x1b[31m\x9b\0\xc2\x85\xed\xa0\x80\x7f\r\xff z";
    Unit *unit = open_unit("b\x1b\n\xff.vt", text, sizeof text - 1);
    Diag *diag = diag_report(&unit->diags, at(unit, 16, 17), DIAG_UNKNOWN_NAME,
                             "nothing named `%s` is in scope", "q\"\\\x1b\xff\xc0\xaf\n");
    diag_note(diag, at(unit, 0, 1), "%s", "n\x07");
    diag_help(diag, at(unit, 0, 1), "%s", "h\x9b");
    check_printed(unit, PLAIN,
                  "b???.vt:1:16: error[E0201]: nothing named `q\"\\?????` is in scope\n"
                  "    1 | a?[31m????????? z\n"
                  "      |                ^\n"
                  "b???.vt:1:1: note: n?\n"
                  "    1 | a?[31m????????? z\n"
                  "      | ^\n"
                  "help: h?\n");
    check_printed(
        unit, JSON,
        "{\"severity\":\"error\",\"code\":\"E0201\","
        "\"message\":\"nothing named `q\\\"\\\\?????` is in scope\","
        "\"place\":{\"file\":\"b???.vt\",\"line\":1,\"column\":16,\"end_line\":1,\"end_column\":17}"
        ","
        "\"notes\":[{\"kind\":\"note\",\"message\":\"n?\",\"place\":{\"file\":\"b???.vt\",\"line\":"
        "1,"
        "\"column\":1,\"end_line\":1,\"end_column\":2}},"
        "{\"kind\":\"help\",\"message\":\"h?\",\"place\":{\"file\":\"b???.vt\",\"line\":1,"
        "\"column\":1,\"end_line\":1,\"end_column\":2}}]}\n");
    close_unit(unit);
}

static void test_diag_long(void) {
    enum { LONG = 4998 }; /* whole characters */
    char name[LONG + 1];
    for (size_t i = 0; i < LONG; i++) {
        name[i] = "\xe2\x82\xac"[i % 3];
    }
    name[LONG] = '\0';
    for (size_t skip = 0; skip < 9; skip += 3) {
        Unit *unit = open_unit("a", "x", 1);
        Diag *diag =
            diag_report(&unit->diags, at(unit, 0, 1), DIAG_UNKNOWN_NAME, "<%s>", name + skip);
        CHECK(strlen(diag->text) < 1010 && strlen(diag->text) > 900 &&
              strstr(diag->text, "…") != NULL);
        CHECK(diag->text[0] == '<' && diag->text[strlen(diag->text) - 1] == '>');
        for (size_t i = 0, size; diag->text[i] != '\0'; i += size) {
            size = source_character_size(diag->text + i, strlen(diag->text + i));
            if (!CHECK(size > 0)) {
                break;
            }
        }
        close_unit(unit);
    }
}

static void test_diag_counts(void) {
    Unit *unit = open_unit("a", "x", 1);
    unit->diags.max_errors = 2;
    for (int i = 0; i < 5; i++) {
        Diag *diag = diag_report(&unit->diags, at(unit, 0, 1), DIAG_UNKNOWN_NAME,
                                 "nothing named `%s` is in scope", "x");
        diag_note(diag, at(unit, 0, 1), "chained onto what is not shown, too");
    }
    diag_report(&unit->diags, at(unit, 0, 1), DIAG_FLOAT_EQUALITY,
                "floats are compared"); /* off by default */
    CHECK(unit->diags.list.count == 2 && unit->diags.errors == 5 && unit->diags.warnings == 0);
    unit->diags.off[WARN_FLOAT_EQUALITY] = false;
    diag_report(&unit->diags, at(unit, 0, 1), DIAG_FLOAT_EQUALITY, "floats are compared");
    CHECK(unit->diags.warnings == 1);
    unit->diags.as_error[WARN_FLOAT_EQUALITY] = true;
    diag_report(&unit->diags, at(unit, 0, 1), DIAG_FLOAT_EQUALITY, "floats are compared");
    CHECK(unit->diags.errors == 6);
    close_unit(unit);
    unit = open_unit("a", "x", 1);
    unit->diags.max_errors = 1;
    diag_report(&unit->diags, (Span){0}, DIAG_NO_KERNEL, "there is no kernel in `%s`", "a");
    diag_report(&unit->diags, (Span){0}, DIAG_NO_KERNEL, "there is no kernel in `%s`", "a");
    check_printed(
        unit, PLAIN,
        "error[E0003]: there is no kernel in `a`\nand 1 more error (--max-errors shows more)\n");
    check_printed(
        unit, JSON,
        "{\"severity\":\"error\",\"code\":\"E0003\",\"message\":\"there is no kernel in `a`\","
        "\"place\":null,\"notes\":[]}\n");
    close_unit(unit);
    Warning warning;
    CHECK(warning_find("float-equality", &warning) && warning == WARN_FLOAT_EQUALITY);
    CHECK(warning_find("float_equality", &warning) && !warning_find("float", &warning));
    CHECK(!warning_find("float_equalityy", &warning) && !warning_find("", &warning));
}

int main(void) {
    test_arena();
    test_limits();
    test_vec();
    test_guards();
    test_names();
    test_distance();
    test_text();
    test_source();
    test_columns();
    test_utf8();
    test_diag_text();
    test_diag_spans();
    test_diag_hostile();
    test_diag_long();
    test_diag_counts();
    if (failures > 0) {
        printf("%d failed\n", failures);
    }
    return failures > 0;
}
