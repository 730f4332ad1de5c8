/* opt_cse and opt_dead_stores: what is one value, what is not, and what lies between two accesses of a place. */
#include "tests/unit/body_unit.h"

#define CSE "opt_cse"
#define DEAD "opt_dead_stores"
#define LOADED "%x: i32 = load %a[%i]\n"
#define LOADED_OUT "%x: i32 = load %out[%i]\n"

static const BodyCase cases[] = {
    /* the same op on the same operands, in either order where that does not matter */
    {CSE,
     X "%p: i32 = mul %x, %x\n%q: i32 = mul %x, %x\n%r: i32 = sub %p, %q\nstore %out[%i], %r\n",
     X "%p: i32 = mul %x, %x\n%r: i32 = sub %p, %p\nstore %out[%i], %r\n"},
    {CSE,
     X "%p: i32 = add %x, 1i32\n%q: i32 = add 1i32, %x\n%r: i32 = mul %p, %q\nstore %out[%i], %r\n",
     X "%p: i32 = add %x, 1i32\n%r: i32 = mul %p, %p\nstore %out[%i], %r\n"},
    {CSE,
     X "%p: i32 = sub %x, 1i32\n%q: i32 = sub 1i32, %x\n%r: i32 = mul %p, %q\nstore %out[%i], %r\n",
     NULL},
    /* not: another type of result, other flags, other immediates */
    {CSE,
     X "%f: f32 = convert %x\n%g: f16 = convert %x\n%h: f32 = convert %g\n%p: f32 = mul %f, %h\n"
       "%q: f32 = mul.precise %f, %h\n%r: f32 = mul.fast %f, %h\n%s: f32 = fma %p, %q, %r\n"
       "%t: i32 = bitcast %s\nstore %out[%i], %t\n",
     NULL},
    {CSE,
     "%v: u32x2 = construct %i, 7u32\n%p: u32 = extract %v, 0\n%q: u32 = extract %v, 1\n"
     "%s: u32x2 = swizzle %v, 1, 0\n%t: u32x2 = swizzle %v, 1, 1\n%g: u32x3 = builtin group_id\n",
     NULL},
    {CSE,
     "%j: u32x3 = builtin global_id\n%k: u32 = extract %j, 0\n%x: i32 = load %a[%k]\n"
     "store %out[%k], %x\n",
     LOADED "store %out[%i], %x\n"},
    {CSE,
     "%m: u32 = len %a\n%n: u32 = len %out\n%o: u32 = len %a\n%s: u32 = sub %m, %n\n%t: u32 = add "
     "%s, %o\n%x: i32 = convert %t\nstore %out[%i], %x\n",
     "%m: u32 = len %a\n%n: u32 = len %out\n%s: u32 = sub %m, %n\n%t: u32 = add %s, %m\n%x: i32 = "
     "convert %t\nstore %out[%i], %x\n"},

    /* what stands before a region is known in it; what stands in an arm is not known in the other one or behind */
    {CSE,
     X
     "%p: i32 = mul %x, %x\n%r: i32 = if %c {\n%q: i32 = mul %x, %x\n%s: i32 = neg %q\nyield %s\n} "
     "else {\n%q2: i32 = mul %x, %x\n%s2: i32 = neg %q2\nyield %s2\n}\n%t: i32 = neg %p\n%u: i32 = "
     "sub %t, %r\nstore %out[%i], %u\n",
     X "%p: i32 = mul %x, %x\n%r: i32 = if %c {\n%s: i32 = neg %p\nyield %s\n} else {\n%s2: i32 = "
       "neg "
       "%p\nyield %s2\n}\n%t: i32 = neg %p\n%u: i32 = sub %t, %r\nstore %out[%i], %u\n"},

    /* loads: the same place with no write of its buffer in between; a write to another one is none */
    {CSE, LOADED "store %out[%i], %x\n%y: i32 = load %a[%i]\nstore %out[0u32], %y\n",
     LOADED "store %out[%i], %x\nstore %out[0u32], %x\n"},
    {CSE,
     LOADED_OUT "%y: i32 = load %out[0u32]\n%s: i32 = add %x, %y\nstore %out[1u32], %s\n"
                "%z: i32 = load %out[%i]\nstore %a[%i], %z\n",
     NULL},
    /* … nor in an arm before it */
    {CSE,
     LOADED_OUT
     "%c: bool = lt %x, 3i32\nif %c {\nstore %out[0u32], 4i32\nyield\n} else {\nyield\n}\n"
     "%y: i32 = load %out[%i]\n%s: i32 = sub %y, %x\nstore %a[%i], %s\n",
     NULL},
    /* … nor later in a loop around it, which comes round; one that nothing in the loop writes is known */
    {CSE,
     "%x: i32 = load %out[0u32]\n%z: i32 = load %a[0u32]\nloop (%k: i32 = 0i32) {\n%e: bool = ge "
     "%k, 3i32\nif %e {\nbreak\n} else "
     "{\nyield\n}\n%y: i32 = load %out[0u32]\n%w: i32 = load %a[0u32]\n%s: i32 = add %y, %w\nstore "
     "%out[0u32], %s\ncontinue %k\n} continuing (%m: i32) {\n%n: i32 = add %m, 1i32\nnext "
     "%n\n}\n%d: i32 = sub "
     "%x, %z\nstore %out[1u32], %d\n",
     "%x: i32 = load %out[0u32]\n%z: i32 = load %a[0u32]\nloop (%k: i32 = 0i32) {\n%e: bool = ge "
     "%k, 3i32\nif %e {\nbreak\n} else "
     "{\nyield\n}\n%y: i32 = load %out[0u32]\n%s: i32 = add %y, %z\nstore "
     "%out[0u32], %s\ncontinue %k\n} continuing (%m: i32) {\n%n: i32 = add %m, 1i32\nnext "
     "%n\n}\n%d: i32 = sub "
     "%x, %z\nstore %out[1u32], %d\n"},
    /* … in the continuing part too */
    {CSE,
     "loop (%k: i32 = 0i32) {\n%x: i32 = load %out[1u32]\n%e: bool = ge %k, 3i32\nif %e "
     "{\nbreak\n} else {\nyield\n}\n"
     "store %out[0u32], %k\ncontinue %x\n} continuing (%m: i32) {\n%y: i32 = load %out[1u32]\n%n: "
     "i32 = add %y, 1i32\n"
     "store %out[1u32], %n\nnext %n\n}\n",
     NULL},

    /* what was stored is what is loaded; zero where that was outside */
    {CSE,
     LOADED
     "store %out[%i], %x\n%y: i32 = load %out[%i]\n%z: i32 = add %y, 1i32\nstore %a[%i], %z\n",
     LOADED
     "store %out[%i], %x\n%0: u32 = len %out\n%1: bool = lt %i, %0\n%y: i32 = select %1, %x, "
     "0i32\n%z: i32 = add %y, 1i32\nstore %a[%i], %z\n"},
    {CSE,
     LOADED "%v: var<array<i32, 4>> = var\nstore %v[%i], %x\n%y: i32 = load %v[%i]\nstore "
            "%v[1u32], %y\n%z: i32 = "
            "load %v[1u32]\nstore %out[%i], %z\n",
     LOADED "%v: var<array<i32, 4>> = var\nstore %v[%i], %x\n%0: bool = lt %i, 4u32\n%y: i32 = "
            "select %0, %x, "
            "0i32\nstore %v[1u32], %y\nstore %out[%i], %y\n"},
    {CSE,
     LOADED "%n: u32 = len %out\n%c: bool = lt %i, %n\nif %c {\nstore.raw %out[%i], %x\n%y: i32 = "
            "load.raw %out[%i]\n%z: "
            "i32 = add %y, 1i32\nstore.raw %out[%i], %z\nyield\n} else {\nyield\n}\n",
     LOADED
     "%n: u32 = len %out\n%c: bool = lt %i, %n\nif %c {\nstore.raw %out[%i], %x\n%z: i32 = add %x, "
     "1i32\nstore.raw %out[%i], %z\nyield\n} else {\nyield\n}\n"},
    /* … but not when another place of the buffer was stored to since, which may be the same */
    {CSE,
     LOADED
     "store %out[%i], %x\nstore %out[0u32], 9i32\n%y: i32 = load %out[%i]\nstore %a[%i], %y\n",
     NULL},
    /* a local that is made again in each round is zero again */
    {CSE,
     "loop (%k: i32 = 0i32) {\n%v: var<array<i32, 2>> = var\n%e: bool = ge %k, 3i32\nif %e "
     "{\nbreak\n} else {\nyield\n}\n"
     "%y: i32 = load %v[0u32]\n%s: i32 = add %y, %k\nstore %v[0u32], %s\nstore %out[0u32], "
     "%s\ncontinue %k\n} continuing "
     "(%m: i32) {\n%n: i32 = add %m, 1i32\nnext %n\n}\n",
     NULL},

    /* a store that is overwritten, whatever else is stored and loaded elsewhere */
    {DEAD,
     LOADED
     "store %out[%i], 1i32\nstore %out[0u32], 2i32\n%y: i32 = load %a[0u32]\nstore %out[%i], %y\n",
     LOADED "store %out[0u32], 2i32\n%y: i32 = load %a[0u32]\nstore %out[%i], %y\n"},
    {DEAD, "store %out[%i], 1i32\nstore %out[%i], 2i32\nstore %out[%i], 3i32\n",
     "store %out[%i], 3i32\n"},
    /* … but not one that may be read, in an arm too */
    {DEAD,
     "store %out[%i], 1i32\n%y: i32 = load %out[0u32]\nstore %out[%i], 3i32\nstore %a[%i], %y\n",
     NULL},
    {DEAD,
     X "store %out[%i], 1i32\nif %c {\n%y: i32 = load %out[0u32]\nstore %a[%i], %y\nyield\n} else "
       "{\nyield\n}\nstore "
       "%out[%i], 3i32\n",
     NULL},
    /* … not when something may leave before it is overwritten, nor when only one way overwrites it */
    {DEAD, X "store %out[%i], 1i32\nif %c {\nret\n} else {\nyield\n}\nstore %out[%i], 3i32\n",
     NULL},
    {DEAD, X "store %out[%i], 1i32\nif %c {\nstore %out[%i], 2i32\nyield\n} else {\nyield\n}\n",
     NULL},
    /* … and an `if` that touches nothing of it does not keep it */
    {DEAD,
     X "store %out[%i], 1i32\nif %c {\nstore %a[%i], 2i32\nyield\n} else {\nyield\n}\nstore "
       "%out[%i], %x\n",
     X "if %c {\nstore %a[%i], 2i32\nyield\n} else {\nyield\n}\nstore %out[%i], %x\n"},
};

/* ---- where invocations meet ---- */

#define SHARED_KERNEL                                                                              \
    "kernel @k(%a: buffer<i32>, %out: buffer<i32>) workgroup(4, 1, 1) {\n"                         \
    "%s: shared<array<i32, 4>> = shared\n%n: shared<atomic<u32>> = shared\n"                       \
    "%v: var<array<i32, 4>> = var\n%i: u32 = builtin local_index\n%x: i32 = load %a[%i]\n"

typedef struct {
    const char *passes, *code;
    unsigned loads, stores;
} MeetingCase;

#define TWICE(between)                                                                             \
    "%p: i32 = load %out[%i]\n%q: i32 = load %s[%i]\n%o: i32 = load %v[%i]\n" between              \
    "%p2: i32 = load %out[%i]\n%q2: i32 = load %s[%i]\n%o2: i32 = load %v[%i]\n"                   \
    "store %out[0u32], %p2\nstore %s[0u32], %q2\nstore %v[0u32], %o2\n"
#define OVERWRITTEN(between)                                                                       \
    "store %out[%i], 1i32\nstore %s[%i], 1i32\nstore %v[%i], 1i32\n" between                       \
    "store %out[%i], 2i32\nstore %s[%i], 2i32\nstore %v[%i], 2i32\n"

/* Of the invocation's own local, nothing else knows. */
static const MeetingCase meetings[] = {
    {CSE, TWICE(""), 4, 3},
    {CSE, TWICE("barrier\n"), 6, 3},
    {CSE, TWICE("subgroup_barrier\n"), 6, 3},
    {CSE, TWICE("%old: u32 = atomic_add %n, 1u32\n"), 6, 3},
    {CSE, TWICE("%old: u32 = atomic_load %n\n"), 6, 3},
    {CSE, TWICE("%sum: i32 = subgroup_add %x\n"), 4, 3},
    {DEAD, OVERWRITTEN(""), 1, 3},
    {DEAD, OVERWRITTEN("barrier\n"), 1, 5},
    {DEAD, OVERWRITTEN("atomic_store %n, 1u32\n"), 1, 5},
};

static void test_meetings(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof meetings / sizeof *meetings; i++) {
        const MeetingCase *m = &meetings[i];
        what = m->code;
        Unit *unit = open_text(arena_printf(&arena, "%s%sret\n}\n", SHARED_KERNEL, m->code));
        run_passes(unit, m->passes);
        CHECK(count_op(unit, "load") == m->loads && count_op(unit, "store") == m->stores,
              "%s leaves\n%s", m->passes, printed_now(unit));
        close_unit(unit);
    }
    arena_release(&arena);
}

/* Calls of procs that stay: of values alone, which nobody notices, and with what invocations do together, which matters to
 * what one of them writes. */
static void test_calls(void) {
    static const struct {
        const char *body;
        unsigned loads; /* of what is written */
    } procs[] = {{"", 1}, {"%y: i32 = mul %x, %x\n", 1}, {"barrier\n", 2}, {"call @other()\n", 2}};
    static const struct {
        const char *read;
        bool is_written;
    } buffers[] = {{"a", true}, {"out", false}};
    Arena arena = {0};
    for (size_t i = 0; i < 2 * sizeof procs / sizeof *procs; i++) {
        const char *body = procs[i / 2].body, *read = buffers[i % 2].read;
        what = body;
        const char *text = arena_printf(
            &arena,
            "proc @other() noinline {\nbarrier\nret\n}\n"
            "proc @p(%%x: i32) -> i32 noinline {\n%sret %%x\n}\n%s%%x: i32 = load %%%s[%%i]\n"
            "%%y: i32 = call @p(%%x)\n%%z: i32 = load %%%s[%%i]\n%%s: i32 = add %%z, %%y\n"
            "store %%a[%%i], %%s\nret\n}\n",
            body, KERNEL, read, read);
        Unit *unit = open_text(text);
        run_passes(unit, CSE);
        unsigned wanted = buffers[i % 2].is_written ? procs[i / 2].loads : 1;
        CHECK(count_op(unit, "load") == wanted, "%s", printed_now(unit));
        close_unit(unit);
    }
    arena_release(&arena);
}

/* Each of these is an instruction of its own, however often it stands there. */
static void test_never_merged(void) {
    what = "never merged";
    Unit *unit = open_text(
        SHARED_KERNEL "%p: u32 = atomic_add %n, 1u32\n%q: u32 = atomic_add %n, 1u32\n"
                      "%b: i32 = subgroup_add %x\n%d: i32 = subgroup_add %x\n"
                      "atomic_store %n, 1u32\natomic_store %n, 1u32\nbarrier\nbarrier\nret\n}\n");
    run_passes(unit, "opt_cse opt_dead_stores");
    static const char *const ops[] = {"atomic_add", "subgroup_add", "atomic_store", "barrier"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        CHECK(count_op(unit, ops[i]) == 2, "%s\n%s", ops[i], printed_now(unit));
    }
    close_unit(unit);
}

/* ---- much of it ---- */

/* Loads of one place with writes in between, stores to many places, in nested loops: each question is answered by a look. */
static void test_much(void) {
    Arena arena = {0};
    Text text = {.arena = &arena};
#ifdef VT_DEBUG
    enum { MANY = 6000, DEEP = 200 }; /* the verifier between passes asks more than a look */
#else
    enum { MANY = 60000, DEEP = 200 };
#endif
    text_add(&text, KERNEL);
    for (unsigned i = 0; i < DEEP; i++) {
        text_printf(&text, "%%d%u: i32 = load %%out[%%i]\nloop {\n", i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        text_printf(&text, "%%x%u: i32 = load %%out[%%i]\nstore %%out[%uu32], %%x%u\n", i, i, i);
    }
    for (unsigned i = 0; i < DEEP; i++) {
        text_add(&text, "break\n} continuing {\nnext\n}\n");
    }
    text_add(&text, "ret\n}\n");
    what = "much";
    Unit *unit = open_text(text_get(&text));
    run_passes(unit, "opt_cse opt_dead_stores");
    CHECK(count_op(unit, "load") == MANY + DEEP, "%u loads", count_op(unit, "load"));
    close_unit(unit);
    arena_release(&arena);
}

int main(void) {
    check_bodies(cases, sizeof cases / sizeof *cases);
    test_meetings();
    test_calls();
    test_never_merged();
    test_much();
    return report_failures();
}
