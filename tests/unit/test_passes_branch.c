/* opt_control and opt_if_convert: what a condition tells, which loops do nothing, and which branches are cheap. */
#include "tests/unit/body_unit.h"

#define CONTROL "opt_control"
#define DECIDE "opt_control opt_fold opt_dce"
#define CONVERT "opt_if_convert"
#define YIELD "yield\n} else {\nyield\n}\n"
/* a loop of %n rounds without results; `more` stands in its body */
#define LOOP(test, leave, stay, more, step)                                                        \
    "loop (%k: u32 = 0u32) {\n%e: bool = " test "\nif %e {\n" leave "\n} else {\n" stay            \
    "\n}\n" more "continue %k\n} continuing (%m: u32) {\n%m1: u32 = " step "\nnext %m1\n}\n"
#define N "%n: u32 = len %a\n"

static const BodyCase cases[] = {
    /* in the arms, also in what stands in them, and what the condition is made of */
    {DECIDE,
     X "if %c {\nif %c {\nstore %out[%i], 1i32\n" YIELD
       "yield\n} else {\nloop {\nif %c {\nstore %out[%i], 2i32\n" YIELD
       "store %out[%i], 3i32\nbreak\n} continuing {\nnext\n}\nyield\n}\n",
     X "if %c {\nstore %out[%i], 1i32\nyield\n} else {\nstore %out[%i], 3i32\nyield\n}\n"},
    {DECIDE,
     X "%d: bool = gt %x, -3i32\n%both: bool = and %c, %d\nif %both {\n%s: i32 = select %d, 1i32, "
       "2i32\nstore %out[%i], %s\n" YIELD,
     X
     "%d: bool = gt %x, -3i32\n%both: bool = and %c, %d\nif %both {\nstore %out[%i], 1i32\n" YIELD},
    {DECIDE,
     X "%d: bool = gt %x, 7i32\n%one: bool = or %c, %d\nif %one {\nyield\n} else {\n%s: i32 = "
       "select %d, 1i32, 2i32\nstore %out[%i], %s\nyield\n}\n",
     X "%d: bool = gt %x, 7i32\n%one: bool = or %c, %d\nif %one {\nyield\n} else {\nstore "
       "%out[%i], 2i32\nyield\n}\n"},
    {CONTROL,
     X "%d: bool = gt %x, 7i32\n%both: bool = and %c, %d\nif %both {\nyield\n} else {\n%s: i32 = "
       "select %d, 1i32, 2i32\nstore %out[%i], %s\nyield\n}\n",
     NULL},
    {CONTROL,
     X "%d: bool = not %c\nif %d {\n%s: i32 = select %c, 1i32, 2i32\nstore %out[%i], %s\n" YIELD,
     X
     "%d: bool = not %c\nif %d {\n%s: i32 = select false, 1i32, 2i32\nstore %out[%i], %s\n" YIELD},
    /* after it, where one arm does not come back, to the end of the region */
    {CONTROL,
     X "if %c {\nret\n} else {\nyield\n}\n%s: i32 = select %c, 1i32, 2i32\nstore %out[%i], %s\n",
     X
     "if %c {\nret\n} else {\nyield\n}\n%s: i32 = select false, 1i32, 2i32\nstore %out[%i], %s\n"},
    {CONTROL, X "if %c {\n" YIELD "%s: i32 = select %c, 1i32, 2i32\nstore %out[%i], %s\n", NULL},
    {CONTROL,
     X "%r: i32 = loop {\nif %c {\nyield\n} else {\nbreak 1i32\n}\nbreak 2i32\n} continuing "
       "{\nnext\n}\n"
       "%s: i32 = select %c, %r, 4i32\nstore %out[%i], %s\n",
     NULL},
    /* a check of bounds behind one of a loop over the buffer */
    {DECIDE,
     "%n: u32 = len %a\nloop (%k: u32 = 0u32) {\n%c: bool = lt %k, %n\nif %c {\nyield\n} else "
     "{\nbreak\n}\n"
     "%x: i32 = if %c {\n%y: i32 = load.raw %a[%k]\nyield %y\n} else {\nyield 0i32\n}\nstore "
     "%out[%k], %x\ncontinue %k\n"
     "} continuing (%m: u32) {\n%m1: u32 = add %m, 1u32\nnext %m1\n}\n",
     "%n: u32 = len %a\nloop (%k: u32 = 0u32) {\n%c: bool = lt %k, %n\nif %c {\nyield\n} else "
     "{\nbreak\n}\n"
     "%y: i32 = load.raw %a[%k]\nstore %out[%k], %y\ncontinue %k\n"
     "} continuing (%m: u32) {\n%m1: u32 = add %m, 1u32\nnext %m1\n}\n"},

    /* loops that do nothing */
    {CONTROL, N LOOP("ge %k, %n", "break", "yield", "", "add %m, 1u32"), N},
    {CONTROL, N LOOP("lt %k, %n", "yield", "break", "%x: i32 = load %a[%k]\n", "add %m, 1u32"), N},
    /* … but not one with an effect, one that may not end (2 may step over the end), or that leaves more than itself */
    {CONTROL, N LOOP("ge %k, %n", "break", "yield", "store %out[%k], 1i32\n", "add %m, 1u32"),
     NULL},
    {CONTROL, N LOOP("ge %k, %n", "break", "yield", "", "add %m, 2u32"), NULL},
    {CONTROL, N LOOP("eq %k, %n", "break", "yield", "", "add %m, 1u32"), NULL},
    {CONTROL,
     N LOOP("ge %k, %n", "break", "yield", "if %e {\nret\n} else {\nyield\n}\n", "add %m, 1u32"),
     N LOOP("ge %k, %n", "break", "yield", "if false {\nret\n} else {\nyield\n}\n",
            "add %m, 1u32")},
    {CONTROL, N LOOP("ge %k, %n", "ret", "yield", "", "add %m, 1u32"), NULL},

    /* cheap branches */
    {CONVERT,
     X "%r: i32, %s: i32 = if %c {\n%p: i32 = add %x, 1i32\nyield %p, 7i32\n} else {\n%q: i32 = "
       "mul %x, %x\nyield %q, %x\n}\n"
       "%t: i32 = sub %r, %s\nstore %out[%i], %t\n",
     X "%p: i32 = add %x, 1i32\n%q: i32 = mul %x, %x\n%r: i32 = select %c, %p, %q\n%s: i32 = "
       "select %c, 7i32, %x\n"
       "%t: i32 = sub %r, %s\nstore %out[%i], %t\n"},
    {CONVERT,
     X "%d: bool = gt %x, -5i32\n%r: i32 = if %c {\n%p: i32 = if %d {\nyield %x\n} else {\nyield "
       "1i32\n}\nyield %p\n} else {\nyield 2i32\n}\nstore %out[%i], %r\n",
     X "%d: bool = gt %x, -5i32\n%p: i32 = select %d, %x, 1i32\n%r: i32 = select %c, %p, "
       "2i32\nstore %out[%i], %r\n"},
    {CONVERT,
     X "%r: i32x2 = if %c {\n%p: i32x2 = construct %x, 1i32\nyield %p\n} else {\nyield i32x2(3, "
       "4)\n}\n%s: i32 = extract %r, 0\nstore %out[%i], %s\n",
     X "%p: i32x2 = construct %x, 1i32\n%0: boolx2 = construct %c, %c\n%r: i32x2 = select %0, %p, "
       "i32x2(3, 4)\n%s: i32 = extract %r, 0\nstore %out[%i], %s\n"},
    /* not: what is long, has an effect, loads, is raw, leaves, or gives what nothing selects between */
    {CONVERT,
     X "%r: i32 = if %c {\n%p: i32 = div %x, %x\n%q: i32 = div %p, 3i32\nyield %q\n} else {\nyield "
       "0i32\n}\nstore %out[%i], %r\n",
     NULL},
    {CONVERT,
     X "%r: i32 = if %c {\nstore %out[0u32], 1i32\nyield 1i32\n} else {\nyield 0i32\n}\nstore "
       "%out[%i], %r\n",
     NULL},
    {CONVERT,
     X "%r: i32 = if %c {\n%p: i32 = load %a[0u32]\nyield %p\n} else {\nyield 0i32\n}\nstore "
       "%out[%i], %r\n",
     NULL},
    {CONVERT,
     X "%r: i32 = if %c {\nyield 1i32\n} else {\n%p: i32 = div.raw 100i32, %x\nyield %p\n}\nstore "
       "%out[%i], %r\n",
     NULL},
    {CONVERT, X "%r: i32 = if %c {\nret\n} else {\nyield 0i32\n}\nstore %out[%i], %r\n", NULL},
    {CONVERT,
     X "%p: array<i32, 2> = construct %x, 1i32\n%r: array<i32, 2> = if %c {\nyield %p\n} else "
       "{\nyield zero<array<i32, 2>>\n}\n%s: i32 = extract %r, 0\nstore %out[%i], %s\n",
     NULL},
};

/* What invocations do together stays under the control that it is under. */
static void test_together(void) {
    what = "together";
    Unit *unit = open_text(
        "kernel @k(%a: buffer<i32>, %out: buffer<i32>) workgroup(1, 1, 1) {\n" INDEX X
        "%r: i32 = if %c {\n%s: i32 = subgroup_add %x\nyield %s\n} else {\nyield 0i32\n}\n"
        "if %c {\nbarrier\n" YIELD
        "store %out[%i], %r\n" N LOOP("ge %k, %n", "break", "yield", "%t: i32 = subgroup_add %x\n",
                                      "add %m, 1u32") "ret\n}\n");
    run_passes(unit, "opt_control opt_if_convert");
    CHECK(count_op(unit, "if") == 3 && count_op(unit, "loop") == 1, "%s", printed_now(unit));
    close_unit(unit);
}

/* One in the other as deep as they may be, and many in a row. */
static void test_much(void) {
    Arena arena = {0};
    Text text = {.arena = &arena};
    enum { DEEP = 1000, MANY = 50000 };
    text_add(&text, KERNEL X);
    for (unsigned i = 0; i < DEEP; i++) {
        text_printf(&text, "%%d%u: i32 = if %%c {\n", i);
    }
    text_add(&text, "yield %x\n} else {\nyield 1i32\n}\n");
    for (unsigned i = DEEP - 1; i > 0; i--) {
        text_printf(&text, "yield %%d%u\n} else {\nyield %ui32\n}\n", i, i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        text_printf(&text, "%%c%u: bool = lt %%x, %ui32\nif %%c%u {\nret\n} else {\nyield\n}\n", i,
                    i, i);
    }
    text_add(&text, "ret\n}\n");
    what = "much";
    Unit *unit = open_text(text_get(&text));
    run_passes(unit, "opt_control opt_fold opt_if_convert");
    CHECK(count_op(unit, "if") == MANY, "%u are left", count_op(unit, "if"));
    close_unit(unit);
    arena_release(&arena);
}

int main(void) {
    check_bodies(cases, sizeof cases / sizeof *cases);
    test_together();
    test_much();
    return report_failures();
}
