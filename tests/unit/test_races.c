/* The static race check on text of the IR: what it reports and where it keeps silent, and that its work is bounded. The
 * suite `races` and tests/errors/races.vt have sources.
 */
#include <string.h>
#include <time.h>

#include "ir/races.h"
#include "tests/unit/ir_unit.h"

static const char head[] = "kernel @k(%a: buffer<u32>, %n: u32, %m: u32) workgroup(16, 4, 1) {\n"
                           "%t: shared<array<u32, 64>> = shared\n"
                           "%s: shared<u32> = shared\n"
                           "%f: shared<array<array<u32x4, 4>, 16>> = shared\n"
                           "%l: u32 = builtin local_index\n"
                           "%l3: u32x3 = builtin local_id\n"
                           "%x: u32 = extract %l3, 0\n"
                           "%y: u32 = extract %l3, 1\n"
                           "%g3: u32x3 = builtin global_id\n"
                           "%i: u32 = extract %g3, 0\n";

/* `words`: what the report says of place and invocations; NULL: silence. */
static const struct {
    const char *words, *body;
} cases[] = {
    {NULL, "store %t[%l], 1u32\nbarrier\n%v: u32 = load %t[0u32]\n"},
    {"(0,0,0) and (1,0,0) touch `t[0]`", "store %t[%l], 1u32\n%v: u32 = load %t[0u32]\n"},
    {"(0,0,0) and (1,0,0) touch `t[0]`", "%v: u32 = load %t[0u32]\nstore %t[%l], 1u32\n"},
    {"(1,0,0) and (0,0,0) touch `s`", "store %s, 1u32\n"},
    {NULL, "%v: u32 = load %s\n%w: u32 = load %t[3u32]\n"},
    /* rows and columns, lanes of vectors, what is outside */
    {NULL, "store %f[%x][%y], u32x4(1, 2, 3, 4)\n%v: u32 = load %f[%x][%y][2u32]\n"},
    {"touch `f[0][0].z`", "%z: u32 = mul %y, 0u32\nstore %f[%x][%z][2u32], 1u32\n"},
    {"(0,1,0) and (0,0,0)", "%z: u32 = mul %y, 0u32\nstore %f[%x][%z][2u32], 1u32\n"},
    {NULL, "store %f[%x][%y][0u32], 1u32\n%v: u32 = load %f[%x][%y][1u32]\n%p: u32 = add %y, 4u32\n"
           "%w: u32x4 = load %f[%x][%p]\n"},
    {NULL, "%p: u32 = add %l, 64u32\nstore %t[%p], 1u32\n%w: u32 = load %t[0u32]\n"},
    /* arithmetic: pairs, rotation, halves, bits */
    {NULL, "%p: u32 = xor %l, 1u32\nstore %t[%p], 1u32\n"},
    {"(1,0,0) and (0,0,0) touch `t[0]`", "%p: u32 = shr %l, 1u32\nstore %t[%p], 1u32\n"},
    {NULL, "%p: u32 = add %l, 5u32\n%q: u32 = rem %p, 64u32\nstore %t[%q], 1u32\n"},
    {NULL, "%p: u32 = rem %i, 16u32\n%r: u32 = mul %y, 16u32\n%q: u32 = add %p, %r\nstore %t[%q], "
           "1u32\n"},
    {NULL, "%p: u32 = sub 63u32, %l\nstore %t[%p], 1u32\n"},
    /* symbols: the same on both sides, or not */
    {NULL, "%p: u32 = add %l, %n\nstore %t[%p], 1u32\n"},
    {"an element of `t`",
     "%p: u32 = add %l, %n\nstore %t[%p], 1u32\n%q: u32 = add %p, 1u32\n%v: u32 = load %t[%q]\n"},
    {NULL,
     "%p: u32 = add %l, %n\nstore %t[%p], 1u32\n%q: u32 = add %l, %m\n%v: u32 = load %t[%q]\n"},
    {"an element of `t`",
     "%p: u32 = div %n, 3u32\n%q: u32 = div %n, 3u32\nstore %t[%p], 1u32\n%v: u32 = load %t[%q]\n"},
    /* symbols in an inner index: beyond its end is nothing, and not what is next */
    {NULL, "%p: u32 = add %n, 4u32\nstore %f[%x][%y][%n], 1u32\nstore %f[%x][%y][%p], 1u32\n"},
    {"an element of `f`", "%p: u32 = add %n, 1u32\n%q: u32 = mul %y, 0u32\n"
                          "store %f[%x][%q][%p], 1u32\n%v: u32 = load %f[%x][%y][%p]\n"},
    /* guards */
    {NULL, "%c: bool = eq %l, 3u32\nif %c { store %s, 1u32 yield } else { yield }\n"},
    {"(3,0,0) and (4,0,0) touch `s`", "%c: bool = eq %l, 3u32\n%d: bool = eq %l, 4u32\n"
                                      "if %c { store %s, 1u32 yield } else { yield }\nif %d { %v: "
                                      "u32 = load %s yield } else { yield }\n"},
    {NULL, "%c: bool = eq %l, %n\nif %c { store %s, 1u32 yield } else { yield }\n"},
    {"touch `s`", "%c: bool = lt %l, %n\nif %c { store %s, 1u32 yield } else { yield }\n"},
    {NULL, "%c: bool = lt %n, 9u32\nif %c { store %t[%l], 1u32 yield } else { %v: u32 = load "
           "%t[0u32] yield }\n"},
    {NULL, "%c: bool = lt %n, 9u32\n%d: bool = gt %n, 9u32\nif %c { store %t[%l], 1u32 yield } "
           "else { yield }\n"
           "if %d { %v: u32 = load %t[0u32] yield } else { yield }\n"},
    {"touch `t[0]`", "%c: bool = lt %n, 9u32\n%d: bool = gt %n, 7u32\nif %c { store %t[%l], 1u32 "
                     "yield } else { yield }\n"
                     "if %d { %v: u32 = load %t[0u32] yield } else { yield }\n"},
    {NULL, "%c: bool = lt %l, 8u32\n%d: bool = not %c\nif %c { store %t[%l], 1u32 yield } else { "
           "yield }\n"
           "if %d { %p: u32 = add %l, 1u32 %v: u32 = load %t[%p] yield } else { yield }\n"},
    {NULL, "%c: bool = lt %l, 1u32\n%d: bool = if %c { %e: bool = lt %n, 3u32 yield %e } else { "
           "yield false }\n"
           "if %d { store %s, 1u32 yield } else { yield }\n"},
    {NULL, "%c: bool = lt %l, 32u32\nif %c { ret } else { yield }\n%p: u32 = sub %l, 32u32\n"
           "store %t[%l], 1u32\n"},
    /* data */
    {NULL, "%v: u32 = load %a[%l]\nstore %t[%v], 1u32\n%w: u32 = load %t[0u32]\n"},
    {NULL, "%v: u32 = load %a[%l]\n%c: bool = lt %v, 9u32\nif %c { store %s, 1u32 yield } else { "
           "yield }\n"},
    {"touch `s`", "%v: u32 = load %a[%l]\n%c: bool = lt %v, 9u32\nif %c { store %s, 1u32 yield } "
                  "else { yield }\n%w: u32 = load %s\n"},
    {NULL, "%v: u32 = subgroup_shuffle %l, 3u32\nstore %t[%v], 1u32\n"},
    /* loops: both ends of the body, turns that are known, an end that is not */
    {NULL, "loop (%k: u32 = 0u32) { %c: bool = lt %k, %n if %c { yield } else { break } store "
           "%t[%l], %k barrier "
           "%p: u32 = xor %l, 1u32 %v: u32 = load %t[%p] barrier continue %k } continuing (%r: "
           "u32) { %k2: u32 "
           "= add %r, 1u32 next %k2 }\n"},
    {"touch `t[0]`",
     "loop (%k: u32 = 0u32) { %c: bool = lt %k, %n if %c { yield } else { break } "
     "store %t[%l], %k barrier "
     "%p: u32 = xor %l, 1u32 %v: u32 = load %t[%p] continue %k } continuing (%r: u32) { %k2: "
     "u32 = add %r, 1u32 next %k2 }\n"},
    {NULL, "loop (%k: u32 = 32u32) { %c: bool = gt %k, 0u32 if %c { yield } else { break } %d: "
           "bool = lt %l, %k "
           "if %d { %p: u32 = add %l, %k %v: u32 = load %t[%p] store %t[%l], %v yield } else { "
           "yield } barrier "
           "%h: u32 = div %k, 2u32 continue %h } continuing (%r: u32) { next %r }\n"},
    {"(0,1,0) and (0,0,0) touch `t[16]`",
     "loop (%k: u32 = 32u32) { %c: bool = gt %k, 0u32 if %c { yield } else { break } %d: bool = lt "
     "%l, %k "
     "if %d { %p: u32 = add %l, %k %v: u32 = load %t[%p] store %t[%l], %v yield } else { yield } "
     "%h: u32 = div %k, 2u32 continue %h } continuing (%r: u32) { next %r }\n"},
    /* a barrier that not every execution comes to */
    {"touch `t[0]`", "store %t[%l], 1u32\n%c: bool = lt %n, 9u32\nif %c { barrier yield } else { "
                     "yield }\n%v: u32 = load %t[0u32]\n"},
    {NULL, "store %t[%l], 1u32\n%c: bool = lt %n, 9u32\nif %c { barrier yield } else { barrier "
           "yield }\n%v: u32 = load %t[0u32]\n"},
    /* locals and composites */
    {NULL, "%p: var<u32> = var\nstore %p, 3u32\n%c: bool = lt %l, 32u32\nif %c { store %p, 5u32 "
           "yield } else { store %p, 7u32 yield }\n"
           "%q: u32 = load %p\n%r: u32 = mul %l, 0u32\n%v: u32 = load %t[%q]\n"},
    {NULL, "%p: var<u32> = var\nstore %p, %l\n%q: u32 = load %p\nstore %t[%q], 1u32\n"},
    {"(1,0,0) and (0,0,0) touch `t[5]`",
     "%p: var<u32> = var\nstore %p, %l\n%c: bool = lt %l, 2u32\n"
     "if %c { store %p, 5u32 yield } else { yield }\n%q: u32 = load %p\nif %c { store %t[%q], 1u32 "
     "yield } else { yield }\n"},
};

static void check(void *module) {
    ir_check_races(module);
}

static void check_text(const char *text, const char *words, const char *what) {
    Unit *u = open_unit(text, strlen(text), false);
    CHECK(u->module != NULL, "%s\n%s", first_error(u), what);
    if (u->module != NULL) {
        u->fatal = guard_run(check, u->module, &u->message);
        CHECK(u->fatal == FATAL_NONE, "%s", u->message);
        const char *got = u->diags.list.count > 0 ? u->diags.list.items[0]->text : "";
        const char *part = words == NULL                ? ""
                           : strchr(words, '|') != NULL ? strchr(words, '|') + 1
                                                        : words;
        CHECK((words == NULL) == (got[0] == '\0') && strstr(got, part) != NULL,
              "\"%s\"\nnot \"%s\" of\n%s", got, part, what);
    }
    close_unit(u);
}

static void check_case(const char *words, const char *body) {
    char text[4096];
    snprintf(text, sizeof text, "%s%sret\n}\n", head, body);
    check_text(text, words, body);
}

/* Loops in loops that never end by themselves, and calls that double: the check gives up soon. */
static void check_work(void) {
    char text[1 << 15];
    int n = sprintf(text, "proc @f0(%%r: ref<u32>) { store %%r, 1u32 ret }\n");
    for (int i = 1; i < 60; i++) {
        n += sprintf(text + n, "proc @f%d(%%r: ref<u32>) { call @f%d(%%r) call @f%d(%%r) ret }\n",
                     i, i - 1, i - 1);
    }
    n += sprintf(text + n,
                 "kernel @k() workgroup(1024, 1, 1) {\n%%t: shared<array<u32, 1024>> = shared\n"
                 "%%l: u32 = builtin local_index\n%%r: ref<u32> = ref %%t[%%l]\n");
    for (int i = 0; i < 8; i++) {
        n += sprintf(text + n,
                     "loop (%%k%d: u32 = 0u32) { %%c%d: bool = lt %%k%d, 1000000u32 "
                     "if %%c%d { yield } else { break }\n",
                     i, i, i, i);
    }
    n += sprintf(text + n, "%%p: u32 = rem %%l, 7u32\n%%v: u32 = load %%t[%%l]\n");
    for (int i = 7; i >= 0; i--) {
        n += sprintf(text + n,
                     "%%n%d: u32 = add %%k%d, 1u32\ncontinue %%n%d } continuing (%%m%d: u32) { "
                     "next %%m%d }\n",
                     i, i, i, i, i);
    }
    sprintf(text + n, "call @f59(%%r)\nret\n}\n");
    clock_t start = clock();
    check_text(text, NULL, "much work");
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    CHECK(seconds < 5, "%.1f s", seconds);
}

int main(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(cases[i].words, cases[i].body);
    }
    check_work();
    return report_failures();
}
