/* opt_unroll: rounds that are few or asked for, with every way out of a loop, and what stays a loop. */
#include "tests/unit/body_unit.h"

#define UNROLL "opt_unroll opt_fold opt_dce"
#define LOADED "%x: i32 = load %a[%i]\n"
#define BOUND LOADED "%w: i32 = and %x, 7i32\n"
/* `for %k in from..to`: a loop of i32 that carries %s; `more` stands in its body and defines %t, what %s is next */
#define FOR(head, from, to, more)                                                                  \
    "%r: i32 = " head " (%k: i32 = " from ", %s: i32 = 1i32) {\n%e: bool = lt %k, " to             \
    "\nif %e {\nyield\n} else {\nbreak %s\n}\n" more "continue %k, %t\n} continuing (%m: i32, "    \
    "%n: i32) {\n%m1: i32 = add %m, 1i32\nnext %m1, %n\n}\nstore %out[%i], %r\n"
#define PLUS_X "%t: i32 = add %s, %x\n"
#define TIMES_K "%p: i32 = mul %s, 3i32\n%t: i32 = add %p, %k\n"

static const BodyCase cases[] = {
    /* all rounds, as few as none */
    {UNROLL, X FOR("loop", "0i32", "3i32", PLUS_X),
     "%x: i32 = load %a[%i]\n%t: i32 = add %x, 1i32\n%t.1: i32 = add %t, %x\n%t.2: i32 = add %t.1, "
     "%x\nstore %out[%i], %t.2\n"},
    {UNROLL, FOR("loop", "0i32", "4i32", TIMES_K), "store %out[%i], 99i32\n"},
    {UNROLL, FOR("loop", "5i32", "3i32", TIMES_K), "store %out[%i], 1i32\n"},
    {UNROLL, FOR("loop", "3i32", "3i32", TIMES_K), "store %out[%i], 1i32\n"},
    {UNROLL, FOR("loop", "2147483646i32", "2147483647i32", TIMES_K),
     "store %out[%i], -2147483647i32\n"},
    /* a test at the end, on what the round made */
    {UNROLL,
     X "%r: i32 = loop (%k: i32 = 5i32, %s: i32 = %x) {\n%t: i32 = mul %s, %x\n%k1: i32 = sub %k, "
       "2i32\n"
       "%e: bool = le %k1, 1i32\nif %e {\nbreak %t\n} else {\nyield\n}\ncontinue %t, %k1\n} "
       "continuing (%n: i32, "
       "%m: i32) {\nnext %m, %n\n}\nstore %out[%i], %r\n",
     "%x: i32 = load %a[%i]\n%t: i32 = mul %x, %x\n%t.1: i32 = mul %t, %x\nstore %out[%i], %t.1\n"},
    /* something else leaves, too: a loop of one round stays, where it was asked for */
    {UNROLL,
     X FOR("loop.unroll", "0i32", "2i32", "if %c {\nbreak 7i32\n} else {\nyield\n}\n" PLUS_X),
     X "%r: i32 = loop {\nif %c {\nbreak 7i32\n} else {\nyield\n}\n%t: i32 = add %x, 1i32\nif %c "
       "{\nbreak 7i32\n} else {\nyield\n}\n"
       "%t.1: i32 = add %t, %x\nbreak %t.1\n} continuing {\nunreachable\n}\nstore %out[%i], %r\n"},
    {UNROLL, X FOR("loop", "0i32", "2i32", "if %c {\nbreak 7i32\n} else {\nyield\n}\n" PLUS_X),
     NULL},
    /* so many rounds in one, each with its test; without those between where the number is a multiple */
    {UNROLL, BOUND FOR("loop.unroll(2)", "0i32", "%w", PLUS_X),
     BOUND
     "%r: i32 = loop.unroll(1) (%k: i32 = 0i32, %s: i32 = 1i32) {\n%e: bool = lt %k, %w\nif %e "
     "{\nyield\n} else {\nbreak %s\n}\n"
     "%t: i32 = add %s, %x\n%m1: i32 = add %k, 1i32\n%e.1: bool = lt %m1, %w\nif %e.1 "
     "{\nyield\n} else {\nbreak %t\n}\n"
     "%t.1: i32 = add %t, %x\ncontinue %m1, %t.1\n} continuing (%m: i32, %n: i32) {\n%m1.1: i32 "
     "= add %m, 1i32\nnext %m1.1, %n\n}\nstore %out[%i], %r\n"},
    {UNROLL, LOADED FOR("loop.unroll(3)", "0i32", "9i32", PLUS_X),
     LOADED
     "%r: i32 = loop.unroll(1) (%k: i32 = 0i32, %s: i32 = 1i32) {\n%e: bool = lt %k, 9i32\nif %e "
     "{\nyield\n} else {\nbreak %s\n}\n"
     "%t: i32 = add %s, %x\n%t.1: i32 = add %t, %x\n%m1: i32 = add %k, 2i32\n%t.2: i32 = add %t.1, "
     "%x\n"
     "continue %m1, %t.2\n} continuing (%m: i32, %n: i32) {\n%m1.1: i32 = add %m, 1i32\nnext "
     "%m1.1, %n\n}\nstore %out[%i], %r\n"},
    /* not at all: unasked where there are many or much; as it is; from deep inside; for ever; with another number each time */
    {UNROLL, LOADED FOR("loop", "0i32", "17i32", PLUS_X), NULL},
    {UNROLL, LOADED FOR("loop.unroll(1)", "0i32", "2i32", PLUS_X), NULL},
    {UNROLL, BOUND FOR("loop.unroll", "0i32", "%w", PLUS_X), NULL},
    {UNROLL,
     X FOR("loop.unroll", "0i32", "4i32",
           "if %c {\nif %c {\ncontinue %k, %s\n} else {\nyield\n}\nyield\n} else "
           "{\nyield\n}\n" PLUS_X),
     NULL},
    /* what continues from the middle is an `if` around the rest: here each round gives its own number or the one before */
    {UNROLL,
     X FOR("loop", "0i32", "2i32",
           "%g: i32 = if %c {\ncontinue %k, %s\n} else {\n%h: i32 = mul %x, 3i32\nyield %h\n}\n%t: "
           "i32 = add %s, %g\n"),
     X "%0: i32 = if %c {\nyield 1i32\n} else {\n%h: i32 = mul %x, 3i32\n%t: i32 = add %h, "
       "1i32\nyield %t\n}\n"
       "%r: i32 = if %c {\nyield %0\n} else {\n%h.1: i32 = mul %x, 3i32\n%t.1: i32 = add %0, "
       "%h.1\nyield %t.1\n}\nstore %out[%i], %r\n"},
};

/* ---- what is left of it: loops, and stores, of which each round has one ---- */

typedef struct {
    const char *code;
    unsigned loops, stores;
} ShapeCase;

/* `for %NAME in 0..count` with `more` in it */
#define COUNT(head, k, count, more)                                                                \
    head " (%" k ": i32 = 0i32) {\n%e" k ": bool = ge %" k ", " count "\nif %e" k                  \
         " {\nbreak\n} else {\nyield\n}\n" more "continue %" k "\n} continuing (%m" k              \
         ": i32) {\n%n" k ": i32 = add %m" k ", 1i32\nnext %n" k "\n}\n"
#define ROUND                                                                                      \
    "%x: i32 = load %out[0u32]\n%y: i32 = mul %x, 5i32\n%z: i32 = add %y, 1i32\nstore "            \
    "%out[0u32], %z\n"
#define LONG                                                                                       \
    ROUND "%b: i32 = load %a[%i]\n%c: i32 = mul %b, %b\n%d: i32 = add %c, %b\n%f: i32 = xor %d, "  \
          "%y\n%g: i32 = sub %f, %d\n"                                                             \
          "%h: i32 = mul %g, %c\nstore %out[1u32], %h\n"

static const ShapeCase shapes[] = {
    {COUNT("loop", "k", "16i32", ROUND), 0, 16},
    {COUNT("loop", "k", "17i32", ROUND), 1, 1},
    {COUNT("loop", "k", "16i32", LONG), 1, 2},
    {COUNT("loop.unroll", "k", "16i32", LONG), 0, 32},
    {COUNT("loop.unroll", "k", "1000i32", ROUND), 0, 1000},
    {COUNT("loop.unroll", "k", "100000i32", ROUND), 1, 1},
    {COUNT("loop.unroll(4)", "k", "100000i32", ROUND), 1, 4},
    {COUNT("loop.unroll(40)", "k", "7i32", ROUND), 0, 7},
    {COUNT("loop.unroll(4000000000)", "k", "100000i32", ROUND), 1, 1},
    {COUNT("loop.unroll(5)", "k", "7i32", ROUND), 1, 5},
    /* in each other: the inner one first; the outer one with what that has become, if it is short, or if asked for */
    {COUNT("loop", "k", "3i32", COUNT("loop", "j", "2i32", ROUND)), 0, 6},
    {COUNT("loop", "k", "9i32", COUNT("loop", "j", "9i32", ROUND)), 1, 9},
    {COUNT("loop.unroll", "k", "9i32", COUNT("loop", "j", "9i32", ROUND)), 0, 81},
    {COUNT("loop.unroll(2)", "k", "9i32", COUNT("loop.unroll(2)", "j", "9i32", ROUND)), 3, 4},
    {COUNT("loop.unroll", "k", "3i32", COUNT("loop", "j", "%k", ROUND)), 3, 3},
    /* … and no further than a limit, whatever is asked for */
    {COUNT(
         "loop.unroll", "k", "1000i32",
         COUNT("loop.unroll", "j", "1000i32",
               COUNT("loop.unroll", "l", "1000i32", "%x: i32 = add %l, %j\nstore %out[%i], %x\n"))),
     2, 1000},
};

static void test_shapes(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const ShapeCase *s = &shapes[i];
        what = s->code;
        const char *text = arena_printf(&arena, "%s%sret\n}\n", KERNEL, s->code);
        Unit *unit = open_text(text);
        run_passes(unit, UNROLL);
        unsigned loops = count_op(unit, "loop") + count_op(unit, "loop.unroll");
        CHECK(loops == s->loops && count_op(unit, "store") == s->stores, "%s: %u loops, %u stores",
              s->code, loops, count_op(unit, "store"));
        /* what stays is not unrolled further; the bounds of inner loops may have become constants */
        CHECK(s->loops == 3 || !pass_opt_unroll.run(unit->module), "%s goes on", s->code);
        close_unit(unit);
        if (s->stores < 1000) {
            check_same(text, UNROLL, 3, 3);
        }
    }
    arena_release(&arena);
}

/* A round that invocations do together keeps its own; where it is not known who takes part, nothing is repeated. */
static void test_together(void) {
    static const struct {
        const char *code;
        unsigned barriers;
    } loops[] = {
        {COUNT("loop", "k", "4i32", "barrier\n"), 4},
        {COUNT("loop.unroll(2)", "k", "40i32", "barrier\n"), 2},
        {COUNT("loop.unroll(2)", "k", "%w", "barrier\n"), 1},
        {COUNT("loop.unroll", "k", "4i32",
               "%z: bool = ge %k, %w\nif %z {\nbreak\n} else {\nyield\n}\nbarrier\n"),
         1},
    };
    Arena arena = {0};
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        what = loops[i].code;
        Unit *unit = open_text(
            arena_printf(&arena, "%s%%w: i32 = load %%a[0u32]\n%sret\n}\n", KERNEL, loops[i].code));
        run_passes(unit, UNROLL);
        CHECK(count_op(unit, "barrier") == loops[i].barriers, "%s", printed_now(unit));
        close_unit(unit);
    }
    arena_release(&arena);
}

/* Many loops, and loops in each other as deep as they may be: neither takes long, nor makes more than it may. */
static void test_much(void) {
    Arena arena = {0};
    enum { DEEP = 1000, MANY = 20000 };
    Text text = {.arena = &arena};
    text_add(&text, KERNEL);
    for (unsigned i = 0; i < DEEP; i++) {
        text_printf(&text,
                    "loop.unroll (%%k%u: i32 = 0i32) {\n%%e%u: bool = ge %%k%u, 2i32\nif %%e%u "
                    "{\nbreak\n} else {\nyield\n}\n",
                    i, i, i, i);
    }
    for (unsigned i = DEEP; i-- > 0;) {
        text_printf(&text,
                    "continue %%k%u\n} continuing (%%m%u: i32) {\n%%n%u: i32 = add %%m%u, "
                    "1i32\nnext %%n%u\n}\n",
                    i, i, i, i, i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        text_printf(&text,
                    "loop (%%l%u: i32 = 0i32) {\n%%f%u: bool = ge %%l%u, 9i32\nif %%f%u "
                    "{\nbreak\n} else {\nyield\n}\nstore %%out[%%i], %%l%u\n"
                    "continue %%l%u\n} continuing (%%o%u: i32) {\n%%p%u: i32 = add %%o%u, "
                    "1i32\nnext %%p%u\n}\n",
                    i, i, i, i, i, i, i, i, i, i);
    }
    text_add(&text, "ret\n}\n");
    what = "much";
    Unit *unit = open_text(text_get(&text));
    run_passes(unit, "opt_unroll");
    unsigned stores = count_op(unit, "store");
    CHECK(stores > MANY && stores < MANY * 3, "%u stores", stores);
    close_unit(unit);
    arena_release(&arena);
}

int main(void) {
    check_bodies(cases, sizeof cases / sizeof *cases);
    test_shapes();
    test_together();
    test_much();
    return report_failures();
}
