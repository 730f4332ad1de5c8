/* What is known of indices: ranges.h, through lower_bounds. */
#include "tests/unit/body_unit.h"

/* An index %k made of any %u, %h and %x, and the most that it can be. An array with one part more needs no check; one with as many
 * does. */
static const struct {
    const char *code;
    uint32_t most;
} indices[] = {
    {"%k: u32 = and %u, 12u32\n", 12},
    {"%k: u32 = rem %u, 7u32\n", 6},
    {"%b: u32 = and %u, 15u32\n%k: u32 = div %b, 3u32\n", 5},
    {"%k: u32 = shr %u, 28u32\n", 15},
    {"%k: u32 = shr %u, 60u32\n", 15}, /* by 28: the count is taken modulo 32 */
    {"%b: u32 = rem %u, 3u32\n%k: u32 = shl %b, 2u32\n", 8},
    {"%b: u32 = and %u, 3u32\n%k: u32 = mul %b, 5u32\n", 15},
    {"%b: u32 = and %u, 3u32\n%d: u32 = and %u, 4u32\n%k: u32 = add %b, %d\n", 7},
    {"%b: u32 = and %u, 4u32\n%d: u32 = and %u, 2u32\n%k: u32 = or %b, %d\n", 6},
    {"%b: u32 = and %u, 4u32\n%d: u32 = rem %u, 3u32\n%k: u32 = xor %b, %d\n", 7},
    {"%k: u32 = min %u, 9u32\n", 9},
    {"%b: u32 = and %u, 3u32\n%k: u32 = max %b, 2u32\n", 3},
    {"%b: u32 = and %u, 4u32\n%k: u32 = sub 4u32, %b\n", 4},
    {"%c: bool = lt %u, 5u32\n%k: u32 = select %c, %u, 4u32\n",
     UINT32_MAX}, /* lanes are not looked at alone */
    {"%k: u32 = popcount %u\n", 32},
    {"%c: bool = lt %u, 5u32\n%k: u32 = convert %c\n", 1},
    {"%k: u32 = builtin local_index\n", 0},
    {"%l: u32x3 = builtin local_id\n%k: u32 = extract %l, 1\n", 0},
    {"%b: u32 = and %u, 3u32\n%k: u32 = shl 1u32, %b\n", 8},
    {"%c: bool = lt %u, 5u32\n%k: u32 = select %c, 3u32, 5u32\n", 5},
    {"%b: u32 = and %u, 7u32\n%d: u32 = add %b, 8u32\n%k: u32 = sub %d, 8u32\n", 7},
    /* a part of a number is no more than that */
    {"%b: u32 = and %u, 15u32\n%d: u32 = and %b, %h\n%k: u32 = sub %b, %d\n", 15},
    {"%b: u32 = and %u, 15u32\n%d: u32 = mul %b, 2u32\n%e: u32 = rem %b, %h\n%k: u32 = sub %d, "
     "%e\n",
     30},
    {"%b: u32 = and %u, 15u32\n%d: u32 = add %b, %b\n%e: u32 = shr %b, %h\n%k: u32 = sub %d, %e\n",
     30},
    {"%b: u32 = and %u, 15u32\n%d: u32 = min %h, %b\n%e: u32 = shl %b, 1u32\n%k: u32 = sub %e, "
     "%d\n",
     30},
    /* signed numbers */
    {"%b: i32 = max %x, 0i32\n%d: i32 = min %b, 9i32\n%k: u32 = bitcast %d\n", 9},
    {"%b: i32 = and %x, 7i32\n%d: i32 = sub %b, 3i32\n%e: i32 = max %d, 0i32\n%k: u32 = bitcast "
     "%e\n",
     4},
    {"%b: i32 = and %x, 7i32\n%d: i32 = sub 3i32, %b\n%e: i32 = mul %d, -2i32\n%f: i32 = add %e, "
     "6i32\n"
     "%k: u32 = bitcast %f\n",
     14},
    /* what wraps may be anything */
    {"%b: i32 = and %x, 7i32\n%d: i32 = sub %b, 3i32\n%k: u32 = bitcast %d\n", UINT32_MAX},
    {"%b: u32 = and %u, 15u32\n%d: u32 = mul %u, 2u32\n%k: u32 = sub %d, %u\n", UINT32_MAX},
    {"%b: u32 = and %u, 15u32\n%d: u32 = and %h, %u\n%k: u32 = sub %b, %d\n", UINT32_MAX},
    {"%k: u32 = add %u, 1u32\n", UINT32_MAX},
    {"%k: u32 = sub %u, 1u32\n", UINT32_MAX},
    {"%k: u32 = mul %u, 2u32\n", UINT32_MAX},
    {"%k: u32 = shl %u, 1u32\n", UINT32_MAX},
    {"%b: u32 = and %u, 4u32\n%k: u32 = sub 3u32, %b\n", UINT32_MAX},
};

/* The same, where conditions tell: the array is read and written at %k in the middle of two texts. */
static const struct {
    const char *before, *after;
    uint32_t most;
} conditions[] = {
    {"%c: bool = lt %u, 6u32\nif %c {\n%k: u32 = add %u, 0u32\n", "yield\n} else {\nyield\n}\n", 5},
    {"%c: bool = ge %u, 6u32\nif %c {\nyield\n} else {\n%k: u32 = add %u, 0u32\n", "yield\n}\n", 5},
    {"%c: bool = le %u, 6u32\nif %c {\n%k: u32 = add %u, 0u32\n", "yield\n} else {\nyield\n}\n", 6},
    {"%c: bool = gt 6u32, %u\nif %c {\n%k: u32 = add %u, 0u32\n", "yield\n} else {\nyield\n}\n", 5},
    {"%c: bool = eq %u, 6u32\nif %c {\n%k: u32 = add %u, 0u32\n", "yield\n} else {\nyield\n}\n", 6},
    {"%c: bool = ne %u, 6u32\nif %c {\nyield\n} else {\n%k: u32 = add %u, 0u32\n", "yield\n}\n", 6},
    {"%d: bool = lt %u, 6u32\n%e: bool = gt %x, 2i32\n%c: bool = and %d, %e\nif %c {\n"
     "%k: u32 = add %u, 1u32\n",
     "yield\n} else {\nyield\n}\n", 6},
    {"%d: bool = ge %u, 6u32\n%e: bool = gt %x, 2i32\n%c: bool = or %d, %e\n%f: bool = not %c\nif "
     "%f {\n"
     "%k: u32 = add %u, 1u32\n",
     "yield\n} else {\nyield\n}\n", 6},
    /* after what does not come back */
    {"%c: bool = ge %u, 6u32\nif %c {\nret\n} else {\nyield\n}\n%k: u32 = add %u, 0u32\n", "", 5},
    /* but not in the other arm, nor after it */
    {"%c: bool = lt %u, 6u32\nif %c {\nyield\n} else {\n%k: u32 = add %u, 0u32\n", "yield\n}\n",
     UINT32_MAX},
    {"%c: bool = lt %u, 6u32\nif %c {\nyield\n} else {\nyield\n}\n%k: u32 = add %u, 0u32\n", "",
     UINT32_MAX},
    /* a signed comparison tells nothing of the bits */
    {"%c: bool = lt %x, 6i32\nif %c {\n%k: u32 = add %u, 0u32\n", "yield\n} else {\nyield\n}\n",
     UINT32_MAX},
    {"%c: bool = ge %x, 0i32\n%d: bool = lt %x, 6i32\n%e: bool = and %c, %d\nif %e {\n%k: u32 = "
     "bitcast %x\n",
     "yield\n} else {\nyield\n}\n", 5},
    /* what is no less */
    {"%b: u32 = and %u, 15u32\n%c: bool = ge %b, 4u32\nif %c {\n%k: u32 = sub %b, 4u32\n",
     "yield\n} else {\nyield\n}\n", 11},
    {"%b: u32 = and %u, 15u32\n%c: bool = ge %b, %h\nif %c {\n%k: u32 = sub %b, %h\n",
     "yield\n} else {\nyield\n}\n", 15},
    {"%b: u32 = and %u, 7u32\n%c: bool = ne %b, 0u32\nif %c {\n%k: u32 = sub %b, 1u32\n",
     "yield\n} else {\nyield\n}\n", 6},
    {"%b: u32 = and %u, 7u32\n%c: bool = ne %b, 3u32\nif %c {\n%k: u32 = sub %b, 1u32\n",
     "yield\n} else {\nyield\n}\n", UINT32_MAX},
    /* a counter is never less than at first, if it cannot wrap */
    {"loop (%n: u32 = 5u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = sub %n, 5u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 1u32\nnext %m1\n}\n", 8},
    {"loop (%n: u32 = 1u32) {\n%c: bool = lt %n, 63u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = sub %n, 1u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = mul %m, 2u32\nnext %m1\n}\n", 61},
    {"loop (%n: i32 = 2i32) {\n%c: bool = lt %n, 14i32\nif %c {\nyield\n} else {\nbreak\n}\n%j: "
     "i32 = "
     "sub %n, 2i32\n%k: u32 = bitcast %j\n",
     "%n1: i32 = shl %n, 1u32\ncontinue %n1\n} continuing (%m: i32) {\n%m1: i32 = add %m, "
     "1i32\nnext %m1\n}\n",
     11},
    {"loop (%n: u32 = 5u32) {\n%c: bool = ne %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = sub %n, 5u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 1u32\nnext %m1\n}\n", UINT32_MAX},
    {"loop (%n: u32 = 5u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = sub %n, 5u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 4294967290u32\nnext %m1\n}\n",
     UINT32_MAX},
    /* in a loop that counts in fours, the low bits of the counter stay zero */
    {"loop (%n: u32 = 0u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = add %n, 3u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 4u32\nnext %m1\n}\n", 15},
    {"loop (%n: u32 = 0u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = add %n, 3u32\n",
     "%n1: u32 = add %n, 3u32\ncontinue %n1\n} continuing (%m: u32) {\n%m1: u32 = add %m, "
     "1u32\nnext %m1\n}\n",
     15},
    /* unless a round may end otherwise, or it starts elsewhere */
    {"loop (%n: u32 = 0u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n"
     "%d: bool = eq %n, 4u32\nif %d {\n%n2: u32 = add %n, 1u32\ncontinue %n2\n} else "
     "{\nyield\n}\n%k: u32 = add %n, 3u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 4u32\nnext %m1\n}\n", 16},
    {"loop (%n: u32 = 1u32) {\n%c: bool = lt %n, 14u32\nif %c {\nyield\n} else {\nbreak\n}\n%k: "
     "u32 = add %n, 3u32\n",
     "continue %n\n} continuing (%m: u32) {\n%m1: u32 = add %m, 4u32\nnext %m1\n}\n", 16},
};

enum { PLENTY = 64 };

static void check_one(Arena *arena, const char *before, const char *after, uint32_t parts,
                      bool free) {
    const char *body =
        arena_printf(arena,
                     "%%x: i32 = load %%a[%%i]\n%%u: u32 = bitcast %%x\n%%h: u32 = mul %%u, "
                     "77u32\n%%v: var<array<i32, %u>> = var\n%s"
                     "store %%v[%%k], %%x\n%%y: i32 = load %%v[%%k]\nstore %%out[%%i], %%y\n%s",
                     parts, before, after);
    what = arena_printf(arena, "%s%sret\n}\n", KERNEL, body);
    Unit *unit = open_text(what);
    unsigned selects = count_op(unit, "select");
    run_passes(unit, "lower_bounds");
    bool is_free = count_op(unit, "select") == selects;
    CHECK(is_free == free, "%s%s checked\n%s", what, is_free ? "not" : "", printed_now(unit));
    close_unit(unit);
    check_same(what, "lower_bounds", INT_COUNT, INT_COUNT);
}

static void test_known(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        uint32_t most = indices[i].most;
        check_one(&arena, indices[i].code, "", most < PLENTY ? most + 1 : PLENTY, most < PLENTY);
        if (most > 0 && most < PLENTY) {
            check_one(&arena, indices[i].code, "", most, false);
        }
    }
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        uint32_t most = conditions[i].most;
        const char *before = conditions[i].before, *after = conditions[i].after;
        check_one(&arena, before, after, most < PLENTY ? most + 1 : PLENTY, most < PLENTY);
        if (most < PLENTY) {
            check_one(&arena, before, after, most, false);
        }
    }
    arena_release(&arena);
}

/* by lengths: behind the check of a loop, or of the least of several */
#define BELOW(length)                                                                              \
    "%n: u32 = len %a\n%o: u32 = len %out\n%m: u32 = " length "\n%c: bool = lt %i, %m\nif %c {\n"
#define END "yield\n} else {\nyield\n}\n"

#define PREVIOUS                                                                                   \
    "%n: u32 = len %a\n%d: bool = gt %i, 0u32\n%e: bool = le %i, %n\n%c: bool = and %d, %e\n"      \
    "if %c {\n%p: u32 = sub %i, 1u32\n"

static const BodyCase cases[] = {
    {"lower_bounds", BELOW("min %n, %o") "%x: i32 = load %a[%i]\nstore %out[%i], %x\n" END,
     BELOW("min %n, %o") "%x: i32 = load.raw %a[%i]\nstore.raw %out[%i], %x\n" END},
    /* and by what is less than something that is no more than the length */
    {"lower_bounds", PREVIOUS "%x: i32 = load %a[%p]\n%y: i32 = add %x, 1i32\n" END,
     PREVIOUS "%x: i32 = load.raw %a[%p]\n%y: i32 = add %x, 1i32\n" END},
};

int main(void) {
    test_known();
    check_bodies(cases, sizeof cases / sizeof *cases);
    return report_failures();
}
