/* opt_wide: which loads and stores become one, which must not, and that every result is the same whatever the buffers hold and
 * however long they are.
 */
#include "tests/unit/pass_unit.h"

/* What stands in a kernel over two buffers, at index %i, and how many wide loads and stores it has afterwards. %b is a
 * multiple of four, %d of two, %u anything. */
static const struct {
    const char *code;
    unsigned loads, stores,
        singles; /* of `singles`: loads and stores of one element that are left */
} cases[] = {
#define INDICES                                                                                    \
    "%b1: u32 = add %b, 1u32\n%b2: u32 = add %b, 2u32\n%b3: u32 = add %b, 3u32\n"                  \
    "%d1: u32 = add %d, 1u32\n%u1: u32 = add %u, 1u32\n"
#define LOADS "%p: f32 = load %a[%b]\n%q: f32 = load %a[%b1]\n"
#define MORE "%r: f32 = load %a[%b2]\n%s: f32 = load %a[%b3]\n"
#define STORES "store %out[%b], %s\nstore %out[%b1], %r\nstore %out[%b2], %q\nstore %out[%b3], %p\n"
    {LOADS MORE STORES, 1, 1, 8},
    /* in any order */
    {MORE LOADS
     "store %out[%b3], %p\nstore %out[%b], %q\nstore %out[%b2], %r\nstore %out[%b1], %s\n",
     1, 1, 8},
    /* pairs, also of a base that is a multiple of two alone */
    {LOADS "store %out[%b3], %p\nstore %out[%b2], %q\n", 1, 1, 4},
    {"%p: f32 = load %a[%d]\n%q: f32 = load %a[%d1]\nstore %out[%d], %q\nstore %out[%d1], %p\n", 1,
     1, 4},
    /* two that are no pair: elements 1 and 2 */
    {"%q: f32 = load %a[%b1]\n%r: f32 = load %a[%b2]\nstore %out[%b1], %r\nstore %out[%b2], %q\n",
     0, 0, 4},
    /* nothing is known of the base */
    {"%p: f32 = load %a[%u]\n%q: f32 = load %a[%u1]\nstore %out[%u], %q\n", 0, 0, 3},
    /* sums that wrap */
    {"%c: u32 = add %b, 4294967292u32\n%c1: u32 = add %b, 4294967293u32\n%p: f32 = load %a[%c]\n"
     "%q: f32 = load %a[%c1]\nstore %out[%c], %q\nstore %out[%c1], %p\n",
     1, 1, 4},
    {"%c: u32 = sub %b, 4u32\n%c1: u32 = sub %b, 3u32\n%p: f32 = load %a[%c]\n%q: f32 = load "
     "%a[%c1]\nstore %out[%c], %q\nstore %out[%c1], %p\n",
     1, 1, 4},
    /* constants */
    {"%p: f32 = load %a[4u32]\n%q: f32 = load %a[5u32]\nstore %out[1u32], %q\nstore %out[0u32], "
     "%p\n",
     1, 1, 4},
    /* in place: what is read was not written, what is written is not read */
    {"%p: f32 = load %out[%b]\n%p1: f32 = add %p, %p\nstore %out[%b], %p1\n"
     "%q: f32 = load %out[%b1]\n%q1: f32 = add %q, %q\nstore %out[%b1], %q1\n",
     1, 1, 4},
    /* the second reads what was written */
    {"%p: f32 = load %out[%b]\nstore %out[%b1], %p\n%q: f32 = load %out[%b1]\n"
     "store %out[%b], %q\n",
     0, 0, 4},
    /* a store that moves down behind a load: what reads it must not move up to that */
    {"store %out[%b3], 5f32\n%r: f32 = load %out[%b2]\n%r1: f32 = add %r, %r\nstore %out[%b2], "
     "%r1\n"
     "%s: f32 = load %out[%b3]\nstore %out[%b], %s\n",
     0, 1, 5},
    /* an element is written twice, with a load between */
    {"store %out[%b], 1f32\n%p: f32 = load %out[%b]\nstore %out[%b1], %p\nstore %out[%b], 2f32\n",
     0, 1, 4},
    /* by another index between; to another buffer it does not matter */
    {"%p: f32 = load %out[%b]\nstore %out[%u], 5f32\n%q: f32 = load %out[%b1]\n"
     "store %a[%b], %p\nstore %a[%b1], %q\n",
     0, 1, 5},
    {"store %out[%b], 1f32\n%p: f32 = load %out[%u]\nstore %out[%b1], %p\n", 0, 0, 3},
    {"%p: f32 = load %out[%b]\nstore %a[%u], 5f32\n%q: f32 = load %out[%b1]\n"
     "store %a[%b], %p\nstore %a[%b1], %q\n",
     1, 1, 5},
    /* behind a condition that writes, and one that does not */
    {"%p: f32 = load %out[%b]\n%c: bool = lt %u, 9u32\nif %c {\nstore %out[%u], 5f32\nyield\n} "
     "else "
     "{\nyield\n}\n%q: f32 = load %out[%b1]\nstore %a[%u], %q\n",
     0, 0, 4},
    {"%p: f32 = load %out[%b]\n%c: bool = lt %u, 9u32\n%e: f32 = if %c {\n%z: f32 = load %out[%u]\n"
     "yield %z\n} else {\nyield 1f32\n}\n%q: f32 = load %out[%b1]\n%f: f32 = add %q, %e\n%g: f32 = "
     "add %f, %p\nstore %a[%u], %g\n",
     1, 0, 4},
    /* where it may leave between, what was proved by that must not be read before */
    {"%n: u32 = len %a\n%p: f32 = load %a[%b]\n%c: bool = lt %b1, %n\nif %c {\nyield\n} else "
     "{\nret\n}\n"
     "%q: f32 = load %a[%b1]\n%f: f32 = add %p, %q\nstore %out[%u], %f\n",
     0, 0, 3},
    /* proved: without a check, and without a slow way */
    {"%n: u32 = len %a\n%o: u32 = len %out\n%m: u32 = min %n, %o\n%c: bool = lt %b1, %m\nif %c {\n"
     "%d0: bool = lt %b, %m\nif %d0 {\n" LOADS "store %out[%b], %q\nstore %out[%b1], %p\nyield\n} "
     "else {\nyield\n}\nyield\n} else {\nyield\n}\n",
     1, 1, 0},
    /* a loop in between, and a barrier */
    {"%p: f32 = load %a[%b]\n%e: f32 = loop (%k: u32 = 0u32) {\n%c: bool = lt %k, 2u32\nif %c "
     "{\nyield\n"
     "} else {\nbreak 1f32\n}\ncontinue %k\n} continuing (%j: u32) {\n%j1: u32 = add %j, "
     "1u32\nnext "
     "%j1\n}\n%q: f32 = load %a[%b1]\n%f: f32 = add %p, %q\nstore %out[%u], %f\n",
     0, 0, 3},
    {"%p: f32 = load %out[%b]\nbarrier\n%q: f32 = load %out[%b1]\nstore %a[%u], %q\n", 0, 0, 3},
    /* in a loop by steps of four whose end is no multiple of four */
    {"%n: u32 = len %a\n%f: f32 = loop (%k: u32 = 0u32, %s: f32 = 0f32) {\n%c: bool = lt %k, "
     "%n\nif %c {\n"
     "yield\n} else {\nbreak %s\n}\n%k1: u32 = add %k, 1u32\n%p: f32 = load %a[%k]\n%q: f32 = load "
     "%a[%k1]\n%s1: f32 = add %s, %p\n%s2: f32 = add %s1, %q\ncontinue %k, %s2\n} continuing (%j: "
     "u32, "
     "%t: f32) {\n%j1: u32 = add %j, 4u32\n%w: u32 = sub %n, %j\n%g: bool = gt %w, 4u32\n%h: u32 = "
     "select "
     "%g, %j1, %n\nnext %h, %t\n}\nstore %out[%u], %f\n",
     1, 0, 3},
};

static const char *text_of(Arena *arena, const char *type, const char *code) {
    Text text = {.arena = arena};
    text_printf(&text, "kernel @k(%%a: buffer<%s>, %%out: buffer<%s>) ", type, type);
    text_add(&text, "workgroup(1, 1, 1) {\n%id: u32x3 = builtin global_id\n"
                    "%i: u32 = extract %id, 0\n%b: u32 = mul %i, 4u32\n%d: u32 = shl %i, 1u32\n"
                    "%u: u32 = mul %i, 3u32\n" INDICES);
    text_add(&text, code);
    text_add(&text, "ret\n}\n");
    return text_get(&text);
}

static void check_case(Arena *arena, size_t i) {
    what = text_of(arena, "f32", cases[i].code);
    Unit *unit = open_text(what);
    run_passes(unit, "lower_bounds opt_wide");
    unsigned loads = count_op(unit, "load_wide"), stores = count_op(unit, "store_wide"),
             singles = count_op(unit, "load.raw") + count_op(unit, "store.raw");
    CHECK(loads == cases[i].loads && stores == cases[i].stores && singles == cases[i].singles,
          "%u wide loads, %u wide stores, %u others\n%s\n%s", loads, stores, singles, what,
          printed_now(unit));
    close_unit(unit);
    for (uint32_t in = 0; in < 10; in++) {
        for (uint32_t out = 0; out < 10; out++) {
            check_same(what, "lower_bounds opt_wide", in, out);
        }
    }
    check_same(what, "lower_bounds opt_wide opt_cse opt_control llvm opt_fold opt_dce", 6, 7);
}

/* Of what is no number of 32 bits nothing becomes wide; and nothing where bounds are still to be checked. */
static void test_left_alone(void) {
    static const char *const types[] = {"f16", "f64", "u64", "f32x2"};
    Arena arena = {0};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        what = text_of(&arena, types[i],
                       arena_printf(&arena,
                                    "%%p: %s = load %%a[%%b]\n%%q: %s = load %%a[%%b1]\n"
                                    "store %%out[%%b], %%q\nstore %%out[%%b1], %%p\n",
                                    types[i], types[i]));
        Unit *unit = open_text(what);
        run_passes(unit, "lower_bounds");
        CHECK(!pass_opt_wide.run(unit->module), "%s", what);
        close_unit(unit);
    }
    what = text_of(&arena, "f32", cases[0].code);
    Unit *unit = open_text(what);
    CHECK(!pass_opt_wide.run(unit->module), "%s", what);
    run_passes(unit, "trust_bounds opt_wide");
    CHECK(count_op(unit, "if") == 0 && count_op(unit, "load_wide") == 1, "%s", printed_now(unit));
    close_unit(unit);
    arena_release(&arena);
}

/* The interpreter holds them to their domain: all inside, at a multiple of their lanes. */
static void test_domain(void) {
    static const struct {
        const char *code;
        bool defined;
    } accesses[] = {
        {"%v: f32x4 = load_wide %a[4u32]\n", true},
        {"%v: f32x4 = load_wide %a[2u32]\n", false},
        {"%v: f32x2 = load_wide %a[2u32]\n", true},
        {"%v: f32x4 = load_wide %a[8u32]\n", false},
        {"store_wide %out[4u32], f32x4(1, 2, 3, 4)\n", true},
        {"store_wide %out[1u32], f32x2(1, 2)\n", false},
        {"store_wide %out[8u32], f32x4(1, 2, 3, 4)\n", false},
    };
    Arena arena = {0};
    for (size_t i = 0; i < sizeof accesses / sizeof *accesses; i++) {
        what = text_of(&arena, "f32", accesses[i].code);
        Unit *unit = open_text(what);
        float a[10] = {0}, out[10] = {0};
        InterpArg args[] = {{a, sizeof a}, {out, sizeof out}};
        uint32_t groups[] = {1, 1, 1};
        Text why = {.arena = &arena};
        InterpOptions options = {0};
        InterpStatus status =
            ir_interpret(unit->module, unit->module->functions, args, groups, &options, &why);
        InterpStatus wanted = accesses[i].defined ? INTERP_OK : INTERP_UNDEFINED;
        CHECK(status == wanted, "%s", what);
        close_unit(unit);
    }
    arena_release(&arena);
}

int main(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&arena, i);
    }
    arena_release(&arena);
    test_left_alone();
    test_domain();
    return report_failures();
}
