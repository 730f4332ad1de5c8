/* Names of the text targets: legal, different, the source's own where that may be. */
#include <stdio.h>
#include <string.h>

#include "ir/text/namer.h"

static int failures;

static void check_name(const char *got, const char *wanted, const char *expected, int line) {
    if (strcmp(got, expected) != 0) {
        failures++;
        printf("%s:%d: `%s` became `%s`, not `%s`\n", __FILE__, line, wanted, got, expected);
    }
}
#define NAME(wanted, expected)                                                                     \
    check_name(namer_name(&namer, (wanted)), (wanted), (expected), __LINE__)
#define OUTER(wanted, expected)                                                                    \
    check_name(namer_outer_name(&namer, (wanted)), (wanted), (expected), __LINE__)

static void test_unique(Arena *arena) {
    Namer namer;
    namer_init(&namer, arena, TEXT_WGSL);
    NAME("a", "a");
    NAME("a", "a_1");
    NAME("a_1", "a_1_1");
    namer_open(&namer);
    NAME("b", "b");
    NAME("b", "b_1");
    NAME("a", "a_2");
    namer_open(&namer);
    NAME("b", "b_2");
    NAME("c", "c");
    OUTER("d", "d");
    OUTER("b", "b_3");
    namer_close(&namer);
    NAME("c", "c");
    NAME("d", "d_1");
    namer_close(&namer);
    NAME("b", "b");
    NAME("c", "c");
    NAME("a", "a_3");
    NAME("d", "d_2");
}

static void test_words(Arena *arena) {
    static const struct {
        const char *wanted, *wgsl, *opencl, *msl;
    } rows[] = {
        {"x", "x", "x", "x"},
        {"if", "if_1", "if_1", "if_1"},
        {"main", "main", "main_1", "main_1"},
        {"kernel", "kernel", "kernel_1", "kernel_1"},
        {"filter", "filter_1", "filter", "filter"},
        {"template", "template_1", "template", "template_1"},
        {"float4", "float4", "float4_1", "float4_1"},
        {"vec3", "vec3_1", "vec3", "vec3"},
        {"get_global_id", "get_global_id", "get_global_id_1", "get_global_id"},
        {"threadgroup", "threadgroup", "threadgroup", "threadgroup_1"},
        {"length", "length", "length_1", "length_1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Namer namer;
        namer_init(&namer, arena, TEXT_WGSL);
        NAME(rows[i].wanted, rows[i].wgsl);
        namer_init(&namer, arena, TEXT_OPENCL);
        NAME(rows[i].wanted, rows[i].opencl);
        namer_init(&namer, arena, TEXT_MSL);
        NAME(rows[i].wanted, rows[i].msl);
    }
}

static void test_spelling(Arena *arena) {
    Namer namer;
    namer_init(&namer, arena, TEXT_WGSL);
    NAME("_x", "_x");
    NAME("_", "v");
    NAME("__x", "x");
    NAME("_X", "X");
    NAME("a__b", "a_b");
    NAME("a.b", "a_b_1");
    NAME("trailing_", "trailing");
    NAME("7", "v7");
    NAME("", "v_1");
    NAME("Body.wide", "Body_wide");
    char name[5001];
    memset(name, 'n', 5000);
    name[5000] = '\0';
    size_t length = strlen(namer_name(&namer, name)), again = strlen(namer_name(&namer, name));
    if (length > 100 || again > 110) {
        failures++;
        printf("a name of 5000 letters became one of %zu, then %zu\n", length, again);
    }
}

/* More names than the table began with; each is a new one. */
static void test_many(Arena *arena) {
    enum { COUNT = 20000 };
    Namer namer;
    namer_init(&namer, arena, TEXT_OPENCL);
    for (int i = 0; i < COUNT; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, i == 0 ? "x" : "x_%d", i);
        NAME("x", expected);
    }
}

/* Taken or not: only words of the language are others. */
static void test_word(Arena *arena) {
    Namer namer;
    namer_init(&namer, arena, TEXT_MSL);
    NAME("x", "x");
    static const char *const words[][2] = {{"x", "x"},        {"x", "x"},         {"new", "new_1"},
                                           {"new", "new_1"},  {"new_1", "new_1"}, {"a__b", "a_b"},
                                           {"_Bool", "Bool"}, {"xor", "xor_1"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        check_name(namer_word(&namer, words[i][0]), words[i][0], words[i][1], __LINE__);
    }
    NAME("y", "y");
    NAME("x", "x_1");
}

int main(void) {
    Arena arena = {0};
    test_unique(&arena);
    test_words(&arena);
    test_spelling(&arena);
    test_word(&arena);
    test_many(&arena);
    arena_release(&arena);
    return failures > 0;
}
