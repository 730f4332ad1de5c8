/* share_tables: which locals hold one constant alone, where they are filled, and what stays as it is. */
#include "tests/unit/body_unit.h"

#define SHARE "share_tables"
#define TABLE(name)                                                                                \
    "%" name ": var<array<i32, 3>> = var\nstore %" name ", array<i32, 3>(5i32, 6i32, 7i32)\n"
#define OTHER(name)                                                                                \
    "%" name ": var<array<i32, 3>> = var\nstore %" name ", array<i32, 3>(5i32, 6i32, 8i32)\n"
#define LOOK(value, name) "%" value ": i32 = load %" name "[%i]\n"
#define YIELD(value) "yield %" value "\n} else {\nyield 0i32\n}\n"

/* clang-format off */
static const BodyCase cases[] = {
    /* one for all of a constant, where the first is; another constant has its own */
    {SHARE,
     X TABLE("t") LOOK("p", "t") TABLE("u") LOOK("q", "u") OTHER("v") LOOK("r", "v")
     "%s: i32 = add %p, %q\n%w: i32 = add %s, %r\nstore %out[%i], %w\n",
     X TABLE("t") LOOK("p", "t") LOOK("q", "t") OTHER("v") LOOK("r", "v")
     "%s: i32 = add %p, %q\n%w: i32 = add %s, %r\nstore %out[%i], %w\n"},
    /* from inside to the start of the function */
    {SHARE,
     X "%r: i32 = if %c {\n" TABLE("t") LOOK("p", "t") YIELD("p") "store %out[%i], %r\n",
     TABLE("t") X "%r: i32 = if %c {\n" LOOK("p", "t") YIELD("p") "store %out[%i], %r\n"},
    {SHARE,
     X "%r: i32 = if %c {\n" TABLE("t") LOOK("p", "t") YIELD("p") TABLE("u") LOOK("q", "u")
     "%s: i32 = add %r, %q\nstore %out[%i], %s\n",
     TABLE("t") X "%r: i32 = if %c {\n" LOOK("p", "t") YIELD("p") LOOK("q", "t")
     "%s: i32 = add %r, %q\nstore %out[%i], %s\n"},
    /* not what is written again, read before, filled somewhere else, or filled with what is computed */
    {SHARE, X "%r: i32 = if %c {\n" TABLE("t") "store %t[%i], 1i32\n" LOOK("p", "t") YIELD("p")
            "store %out[%i], %r\n", NULL},
    {SHARE, X "%r: i32 = if %c {\n%t: var<array<i32, 3>> = var\n" LOOK("p", "t")
            "store %t, array<i32, 3>(5i32, 6i32, 7i32)\n" YIELD("p") "store %out[%i], %r\n", NULL},
    {SHARE, X "%t: var<array<i32, 3>> = var\nif %c {\nstore %t, array<i32, 3>(5i32, 6i32, 7i32)\nyield\n} "
              "else {\nyield\n}\n" LOOK("p", "t") "store %out[%i], %p\n", NULL},
    {SHARE, X "%r: i32 = if %c {\n%t: var<array<i32, 3>> = var\n%f: array<i32, 3> = construct %x, "
              "1i32, 2i32\nstore %t, %f\n" LOOK("p", "t") YIELD("p") "store %out[%i], %r\n", NULL},
    /* nothing to gain */
    {SHARE, X TABLE("t") LOOK("p", "t") "store %out[%i], %p\n", NULL},
};
/* clang-format on */

/* What unrolling copies is one table again, and loads of one element are one. */
static void test_unrolled(void) {
    what = "a table in a loop";
    Unit *unit = open_text(
        KERNEL X "loop.unroll (%k: i32 = 0i32) {\n%e: bool = lt %k, 4i32\nif %e {\nyield\n} else "
                 "{\nbreak\n}\n" TABLE("t")
                     LOOK("p", "t") "store %out[%i], %p\ncontinue %k\n} continuing (%m: i32) {\n"
                                    "%n: i32 = add %m, 1i32\nnext %n\n}\nret\n}\n");
    run_passes(unit, "opt_unroll opt_fold share_tables opt_cse");
    unsigned vars = count_op(unit, "var"), loads = count_op(unit, "load"),
             stores = count_op(unit, "store");
    CHECK(vars == 1 && loads == 2 && stores == 5, "%u var, %u load, %u store\n%s", vars, loads,
          stores, printed_now(unit));
    close_unit(unit);
}

int main(void) {
    check_bodies(cases, sizeof cases / sizeof *cases);
    test_unrolled();
    return report_failures();
}
