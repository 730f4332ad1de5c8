/* What the interpreter finds when it watches a dispatch: each kernel with the races and accesses outside that it has,
 * worked out by hand, or with none.
 */
#include "tests/unit/interp_unit.h"

#define LOCAL "%li: u32 = builtin local_index\n"

/* The findings as text: kind, element, invocations by x, lines and how often; "" is none. */
static const char *found(const char *text, InterpArg *args, uint32_t groups, const uint32_t *grid) {
    static char said[2048];
    Arena arena = {0};
    Unit *unit = open_unit(text, strlen(text), true);
    CHECK(unit->module != NULL, "%s\n%s", first_error(unit), text);
    if (unit->module == NULL) {
        exit(1);
    }
    InterpFindings findings = {.arena = &arena};
    InterpOptions options = {.findings = &findings, .grid = grid};
    Text why = {.arena = &arena}, out = {.arena = &arena};
    const uint32_t count[3] = {groups, 1, 1};
    ir_interpret(unit->module, unit->module->functions, args, count, &options, &why);
    for (uint32_t i = 0; i < findings.list.count; i++) {
        const InterpFinding *finding = &findings.list.items[i];
        static const char *const kinds[] = {"race", "outside"};
        text_printf(&out, "%s%s %s", i > 0 ? "; " : "", kinds[finding->kind],
                    finding->what != NULL ? finding->what : "-");
        for (int n = 0; n < (finding->kind == INTERP_OUTSIDE ? 1 : 2); n++) {
            const InterpTouch *touch = &finding->at[n];
            text_printf(&out, " %c%u:%u", touch->writes ? 'w' : 'r', touch->invocation[0],
                        source_place(&unit->sources, touch->pos).line);
        }
        text_printf(&out, " ×%llu", (unsigned long long)finding->count);
    }
    snprintf(said, sizeof said, "%s", text_get(&out));
    close_unit(unit);
    arena_release(&arena);
    return said;
}

static const struct {
    const char *name, *body, *want;
} rows[] = {
    {"each its own", "%v: u32 = load %a[%i]\nstore %out[%i], %v\n", ""},
    {"all read one", "%v: u32 = load %a[0u32]\nstore %out[%i], %v\n", ""},
    {"all write one", "store %out[0u32], 7u32\n", "race out[0] w1:5 w0:5 ×14"},
    /* 4 invocations: 1 races with 0; 2 with 0 and 1; 3 with those two; the second group likewise, and each of its four
     * with the first group: 2 × (1 + 2 + 2) + 4 = 14 */
    {"one writes, the others read",
     "%c: bool = eq %i, 2u32\nif %c {\nstore %out[5u32], 1u32\nyield\n} else {\n"
     "%v: u32 = load %out[5u32]\nyield\n}\n",
     "race out[5] w2:7 r0:10 ×7"},
    /* 2 with 0 and 1, who were before; 3 with 2; the second group, too: 2 + 1 + 4 */
    {"read and write by the same", "%v: u32 = load %out[%i]\nstore %out[%i], %v\n", ""},
    {"shared, no barrier",
     "%s: shared<array<u32, 4>> = shared\nstore %s[%li], 1u32\n%n: u32 = xor %li, 1u32\n"
     "%v: u32 = load %s[%n]\n",
     "race s[1] w1:6 r0:8 ×8"}, /* of a pair the second writes what the first has
                                      read, and reads what it has written: 4 pairs, twice */
    {"shared, a barrier",
     "%s: shared<array<u32, 4>> = shared\nstore %s[%li], 1u32\nbarrier\n%n: u32 = xor %li, 1u32\n"
     "%v: u32 = load %s[%n]\n",
     ""},
    {"shared, a barrier too few",
     "%s: shared<array<u32, 4>> = shared\nstore %s[%li], 1u32\nbarrier\n%n: u32 = xor %li, 1u32\n"
     "%v: u32 = load %s[%n]\nstore %s[%li], %v\n",
     "race s[0] r1:9 w0:10 ×8"},
    {"a barrier does not order workgroups",
     "%c: bool = eq %i, 0u32\nif %c {\nstore %out[3u32], 1u32\nyield\n} else {\nyield\n}\nbarrier\n"
     "%v: u32 = load %out[3u32]\n",
     "race out[3] r4:13 w0:7 ×4"},
    {"a subgroup barrier orders a subgroup",
     "%s: shared<array<u32, 4>> = shared\nstore %s[%li], 1u32\nsubgroup_barrier\n"
     "%n: u32 = xor %li, 1u32\n%v: u32 = load %s[%n]\n",
     ""}, /* subgroups of 2 */
    {"a subgroup barrier does not order two",
     "%s: shared<array<u32, 4>> = shared\nstore %s[%li], 1u32\nsubgroup_barrier\n"
     "%n: u32 = xor %li, 2u32\n%v: u32 = load %s[%n]\n",
     "race s[2] w2:6 r0:9 ×8"},
    {"atomics", "%o: u32 = atomic_add %cnt[0u32], 1u32\n%q: u32 = atomic_load %cnt[0u32]\n", ""},
    {"outside, counted", "%j: u32 = add %i, 5u32\n%v: u32 = load %a[%j]\n",
     "outside a[8] r3:6 ×5"}, /* i = 3 … 7 of 8 elements */
    {"outside parts",
     "%l: var<array<u32x3, 2>> = var\nstore %l[%li][1u32], 1u32\n%v: u32x2 = construct %i, %i\n"
     "%w: u32 = extract_at %v, %li\n",
     "outside l[2] w2:6 ×4; outside v[2] r2:8 ×4"},
    {"a form, by parts",
     "%s: shared<@P> = shared\n%c: bool = eq %li, 0u32\nif %c {\nstore %s[1u32][0u32][2u32], 1f32\n"
     "yield\n} else {\nyield\n}\n%d: bool = eq %li, 1u32\nif %d {\nstore %s[0u32], 1u32\n"
     "%w: array<f32x3, 2> = load %s[1u32]\nyield\n} else {\nyield\n}\n",
     "race s.v[0].z r1:16 w0:8 ×2"},
    {"a form in a buffer",
     "%c: bool = eq %i, 0u32\nif %c {\nstore %p[1u32][1u32][1u32][0u32], 1f32\nyield\n} else {\n"
     "yield\n}\n%d: bool = eq %i, 1u32\nif %d {\n%w: @P = load %p[1u32]\nyield\n} else "
     "{\nyield\n}\n",
     "race p[1].v[1].x r1:14 w0:7 ×1"},
    {"a place handed over",
     "%r: ref<u32> = ref %out[9u32]\n%v: u32 = load %r\n%t: ref<u32> = ref %out[1u32]\n"
     "store %t, 1u32\n",
     "outside out[9] r0:5 ×8; race out[1] w1:8 w0:8 ×14"},
};

static void test_rows(void) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "form @P { n: u32, v: array<f32x3, 2> }\n"
                 "kernel @k(%%a: buffer<u32>, %%out: buffer<u32>, %%cnt: buffer<atomic<u32>>, %%p: "
                 "buffer<@P>) workgroup(4, 1, 1) subgroup_size(2) {\n%%id: u32x3 = builtin "
                 "global_id %%i: u32 = extract %%id, 0\n%s%sret\n}\n",
                 LOCAL, rows[i].body);
        uint32_t a[8] = {0}, out[8] = {0}, n[2] = {0};
        float p[2][12] = {{0}};
        InterpArg args[] = {BYTES(a), BYTES(out), BYTES(n), BYTES(p)};
        const char *said = found(text, args, 2, NULL);
        CHECK(strcmp(said, rows[i].want) == 0, "%s: \"%s\", not \"%s\"", rows[i].name, said,
              rows[i].want);
    }
}

/* Who was not asked for may be outside. */
static void test_grid(void) {
    static const char text[] =
        "kernel @k(%a: buffer<u32>) workgroup(8, 1, 1) {\n" INDEX "store %a[%i], 1u32\nret\n}\n";
    uint32_t a[5] = {0}, grid[3] = {5, 1, 1}, larger[3] = {6, 1, 1};
    InterpArg args[] = {BYTES(a)};
    CHECK(strcmp(found(text, args, 1, grid), "") == 0, "beyond the grid");
    const char *said = found(text, args, 1, larger);
    CHECK(strcmp(said, "outside a[5] w5:4 ×1") == 0, "%s", said);
}

/* Rounds of two loops, 1 + 2 and 2 + 1, make three barriers each; but they are not the same. */
static void test_rounds(void) {
    static const char text[] =
        "kernel @k() workgroup(2, 1, 1) {\n" LOCAL
        "loop (%k: u32 = 0u32) {\n%end: bool = eq %k, 2u32\nif %end {\nbreak\n} else {\nyield\n}\n"
        "%x: u32 = xor %k, %li\n%n: u32 = add %x, 1u32\n"
        "loop (%m: u32 = 0u32) {\n%full: bool = eq %m, %n\nif %full {\nbreak\n} else {\nyield\n}\n"
        "barrier\ncontinue %m\n} continuing (%p: u32) {\n%q: u32 = add %p, 1u32\nnext %q\n}\n"
        "continue %k\n} continuing (%h: u32) {\n%j: u32 = add %h, 1u32\nnext %j\n}\nret\n}\n";
    InterpStatus status = run_with(text, NULL, 1, 1, 1, (InterpOptions){0});
    CHECK(status == INTERP_DIVERGED &&
              strstr(why_text, "(0, 0, 0) waits at `barrier` at test.vir:19:1, but invocation "
                               "(1, 0, 0) waits at `barrier` at test.vir:19:1") != NULL,
          "%s", why_text);
}

int main(void) {
    test_rows();
    test_grid();
    test_rounds();
    return report_failures();
}
