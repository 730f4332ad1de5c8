/* The interpreter on what invocations do together: shared memory, atomics, barriers, subgroups; and on specialization
 * constants, places as arguments, print and assert. Every expected value is worked out in the comment or line beside it.
 */
#include "tests/unit/interp_unit.h"

#define LOCAL "%li: u32 = builtin local_index\n"

/* ---- shared memory and barriers ---- */

static void test_shared(void) {
    /* Each puts its square where the next reads it; the last reads the first. Two groups of 5. */
    uint32_t out[10] = {0};
    InterpArg args[] = {BYTES(out)};
    run("kernel @k(%out: buffer<u32>) workgroup(5, 1, 1) {\n" INDEX LOCAL
        "%s: shared<array<u32, 5>> = shared\n%q: u32 = mul %i, %i\nstore %s[%li], %q\nbarrier\n"
        "%n: u32 = add %li, 1u32\n%m: u32 = rem %n, 5u32\n%x: u32 = load %s[%m]\n"
        "store %out[%i], %x\nret\n}\n",
        args, 2);
    EXPECT(out, 1, 4, 9, 16, 0, 36, 49, 64, 81, 25);

    /* Zero at the start of each group, forms and bools too; what is outside is 0 and is not written. */
    memset(out, 0, sizeof out);
    run("form @P { on: bool, v: array<u32x2, 2>, n: atomic<u32> }\n"
        "kernel @k(%out: buffer<u32>) workgroup(1, 1, 1) {\n" INDEX "%s: shared<@P> = shared\n"
        "%on: bool = load %s[0u32]\n%w: u32 = convert %on\n%a: u32 = load %s[1u32][1u32][%i]\n"
        "%b: u32 = atomic_add %s[2u32], 5u32\n%c: u32 = add %a, %w\n%d: u32 = add %b, %c\n"
        "store %s[1u32][1u32][%i], 7u32\nstore %s[0u32], true\nstore %s[1u32][%i][1u32], 9u32\n"
        "%e: u32 = load %s[1u32][%i][1u32]\n%f: u32 = add %d, %e\nstore %out[%i], %f\nret\n}\n",
        args, 3);
    EXPECT(out, 9, 9, 0); /* in group 0 and 1 the place is inside; in group 2 outside */

    /* A sum by halves: 8 invocations, 28 = 0 + … + 7; the loop's barrier is reached three times. */
    memset(out, 0, sizeof out);
    run("kernel @k(%out: buffer<u32>) workgroup(8, 1, 1) {\n" LOCAL
        "%s: shared<array<u32, 8>> = shared\nstore %s[%li], %li\n"
        "loop (%h: u32 = 4u32) {\nbarrier\n%end: bool = eq %h, 0u32\n"
        "if %end {\nbreak\n} else {\nyield\n}\n%low: bool = lt %li, %h\n"
        "if %low {\n%o: u32 = add %li, %h\n%x: u32 = load %s[%li]\n%y: u32 = load %s[%o]\n"
        "%z: u32 = add %x, %y\nstore %s[%li], %z\nyield\n} else {\nyield\n}\ncontinue %h\n"
        "} continuing (%g: u32) {\n%n: u32 = div %g, 2u32\nnext %n\n}\n"
        "%r: u32 = load %s[0u32]\nstore %out[%li], %r\nret\n}\n",
        args, 1);
    EXPECT(out, 28, 28, 28, 28, 28, 28, 28, 28, 0, 0);
}

static void test_uninitialized(void) {
    /* Not zero: integers 0xa5…, floats NaN, and so in the second group. */
    uint32_t out[6] = {0};
    InterpArg args[] = {BYTES(out)};
    run("form @P { a: u32, b: f32, c: i8 }\n"
        "kernel @k(%out: buffer<u32>) workgroup(1, 1, 1) {\n" INDEX
        "%s: shared<array<@P, 2>> = shared uninitialized\n%a: u32 = load %s[1u32][0u32]\n"
        "%b: f32 = load %s[1u32][1u32]\n%n: bool = isnan %b\n%nu: u32 = convert %n\n"
        "%c: i8 = load %s[0u32][2u32]\n%ci: i32 = convert %c\n%cu: u32 = bitcast %ci\n"
        "store %s[1u32][0u32], 0u32\n"
        "%o: u32 = mul %i, 3u32\n%o1: u32 = add %o, 1u32\n%o2: u32 = add %o, 2u32\n"
        "store %out[%o], %a\nstore %out[%o1], %nu\nstore %out[%o2], %cu\nret\n}\n",
        args, 2);
    EXPECT(out, 0xa5a5a5a5, 1, 0xffffffa5, 0xa5a5a5a5, 1, 0xffffffa5);
}

static void test_barrier_in_proc(void) {
    /* A rotation by one, twice, each behind the two barriers of a proc. */
    uint32_t out[4] = {0};
    InterpArg args[] = {BYTES(out)};
    run("proc @rotate(%s: ref<array<u32, 4>>, %at: u32) {\n%n: u32 = add %at, 1u32\n"
        "%m: u32 = and %n, 3u32\n%x: u32 = load %s[%m]\nbarrier\nstore %s[%at], %x\nbarrier\nret\n}"
        "\n"
        "kernel @k(%out: buffer<u32>) workgroup(4, 1, 1) {\n" LOCAL
        "%s: shared<array<u32, 4>> = shared\n%v: u32 = add %li, 10u32\nstore %s[%li], %v\nbarrier\n"
        "%r: ref<array<u32, 4>> = ref %s\ncall @rotate(%r, %li)\ncall @rotate(%r, %li)\n"
        "%x: u32 = load %s[%li]\nstore %out[%li], %x\nret\n}\n",
        args, 1);
    EXPECT(out, 12, 13, 10, 11);
}

/* ---- barriers that not all reach ---- */

static void test_diverged(void) {
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"%c: bool = lt %li, 2u32\nif %c {\nbarrier\nyield\n} else {\nyield\n}\n",
         "kernel `k`, invocation (0, 0, 0) waits at `barrier` at test.vir:4:1, but invocation "
         "(2, 0, 0) has ended at `ret` at test.vir:9:1"},
        {"%c: bool = lt %li, 2u32\nif %c {\nbarrier\nyield\n} else {\nbarrier\nyield\n}\n",
         "invocation (0, 0, 0) waits at `barrier` at test.vir:4:1, but invocation (2, 0, 0) waits "
         "at `barrier` at test.vir:7:1"},
        {"%c: bool = eq %li, 1u32\nif %c {\nbarrier\nyield\n} else {\nyield\n}\n"
         "%x: u32 = subgroup_add %li\n",
         "invocation (0, 0, 0) waits at `subgroup_add 0` at test.vir:9:1, but invocation (1, 0, 0) "
         "waits at `barrier` at test.vir:4:1"},
        {"%c: bool = eq %li, 1u32\nif %c {\n%x: u32 = subgroup_add %li\nyield\n} else {\n"
         "subgroup_barrier\nyield\n}\n",
         "invocation (0, 0, 0) waits at `subgroup_barrier` at test.vir:7:1, but invocation "
         "(1, 0, 0) waits at `subgroup_add 1` at test.vir:4:1"},
        {"%c: bool = eq %li, 1u32\nif %c {\ncall @b()\nyield\n} else {\ncall @b()\nyield\n}\n",
         "waits at `barrier`"}, /* one step, but two calls */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "kernel @k() workgroup(4, 1, 1) {%s%sret\n}\nproc @b() {\nbarrier\nret\n}\n",
                 LOCAL, rows[i].body);
        InterpStatus status = run_with(text, NULL, 1, 1, 1, (InterpOptions){0});
        CHECK(status == INTERP_DIVERGED && strstr(why_text, rows[i].says) != NULL,
              "%zu: status %d, \"%s\"", i, status, why_text);
    }
    /* One that has ended is no more in its subgroup. */
    uint32_t out[4] = {0};
    InterpArg args[] = {BYTES(out)};
    run("kernel @k(%out: buffer<u32>) workgroup(4, 1, 1) {\n" LOCAL
        "%c: bool = eq %li, 2u32\nif %c {\nret\n} else {\nyield\n}\n%x: u32 = subgroup_add %li\n"
        "store %out[%li], %x\nret\n}\n",
        args, 1);
    EXPECT(out, 4, 4, 0, 4);
}

/* ---- atomics ---- */

static void test_atomics(void) {
    /* (operation, before, value) -> after; each gives the old value */
    static const struct {
        const char *op, *type;
        uint64_t before, value, after;
    } rows[] = {
        {"add", "u32", 0xfffffffe, 5, 3},
        {"sub", "u32", 3, 5, 0xfffffffe},
        {"min", "u32", 0x80000000, 7, 7},
        {"max", "u32", 0x80000000, 7, 0x80000000},
        {"min", "i32", 0x80000000, 7, 0x80000000},
        {"max", "i32", 0x80000000, 7, 7},
        {"and", "u32", 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
        {"or", "u32", 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
        {"xor", "i32", 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
        {"exchange", "i32", 1, 0xffffffff, 0xffffffff},
        {"add", "u64", 0xfffffffffffffffe, 5, 3},
        {"sub", "i64", 0x100000000, 1, 0xffffffff},
        {"min", "u64", 0x8000000000000000, 0x100000000, 0x100000000},
        {"max", "i64", 0x8000000000000000, 0x100000000, 0x100000000},
        {"and", "u64", 0xffffffff00000000, 0x0fffffffffffffff, 0x0fffffff00000000},
        {"exchange", "u64", 1, 0x1234567812345678, 0x1234567812345678},
        {"add", "f32", 0x3fc00000, 0x40200000, 0x40800000}, /* 1.5 + 2.5 = 4 */
        {"sub", "f32", 0x3fc00000, 0x40200000, 0xbf800000}, /* 1.5 - 2.5 = -1 */
        {"exchange", "f32", 0x3fc00000, 0x40200000, 0x40200000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *type = rows[i].type;
        size_t size = strstr(type, "64") != NULL ? 8 : 4;
        char text[1024];
        /* in a buffer, twice outside of it, and in shared memory; raw where it may be */
        snprintf(text, sizeof text,
                 "kernel @k(%%a: buffer<atomic<%s>>, %%v: %s, %%out: buffer<%s>) workgroup(1, 1, "
                 "1) {\n"
                 "%%s: shared<atomic<%s>> = shared\n%%b: %s = atomic_load %%a[0u32]\n"
                 "atomic_store %%s, %%b\n"
                 "%%o: %s = atomic_%s.raw %%a[0u32], %%v\nstore %%out[0u32], %%o\n"
                 "%%p: %s = atomic_%s %%a[2u32], %%v\nstore %%out[1u32], %%p\n"
                 "%%q: %s = atomic_%s %%s, %%v\nstore %%out[2u32], %%q\n"
                 "%%r: %s = atomic_load %%s\nstore %%out[3u32], %%r\nret\n}\n",
                 type, type, type, type, type, type, rows[i].op, type, rows[i].op, type, rows[i].op,
                 type);
        uint64_t a[2] = {0}, out[4], v = rows[i].value;
        memcpy(a, &rows[i].before, size);
        memset(out, 0xff, sizeof out);
        InterpArg args[] = {{a, size}, {&v, size}, {out, 4 * size}};
        run(text, args, 1);
        const uint64_t want[4] = {rows[i].before, 0, rows[i].before, rows[i].after};
        CHECK(a[0] == rows[i].after && a[1] == 0, "%s %s leaves %llx", rows[i].op, type,
              (unsigned long long)a[0]);
        for (int n = 0; n < 4; n++) {
            uint64_t got = 0;
            memcpy(&got, (char *)out + (size_t)n * size, size);
            CHECK(got == want[n], "%s %s: [%d] is %llx", rows[i].op, type, n,
                  (unsigned long long)got);
        }
    }
}

static void test_compare_exchange(void) {
    /* One of 6 invocations of 2 groups finds 0: the first. It gives 0 to it and its number to the others. */
    uint32_t a[3] = {0, 0, 7}, out[6] = {0};
    InterpArg args[] = {BYTES(a), BYTES(out)};
    run("kernel @k(%a: buffer<atomic<u32>>, %out: buffer<u32>) workgroup(3, 1, 1) {\n" INDEX
        "%v: u32 = add %i, 100u32\n%o: u32 = atomic_compare_exchange %a[1u32], 0u32, %v\n"
        "store %out[%i], %o\n%p: u32 = atomic_compare_exchange %a[9u32], 0u32, %v\n"
        "%q: u32 = atomic_add %a[0u32], %p\n%r: u32 = atomic_add %a[0u32], 1u32\nret\n}\n",
        args, 2);
    EXPECT(out, 0, 100, 100, 100, 100, 100);
    EXPECT(a, 6, 100, 7);
}

static void test_raw_atomics(void) {
    uint32_t a[2] = {0};
    InterpArg args[] = {BYTES(a)};
    InterpStatus status = run_with("kernel @k(%a: buffer<atomic<u32>>) workgroup(4, 1, 1) {\n" INDEX
                                   "%o: u32 = atomic_add.raw %a[%i], 1u32\nret\n}\n",
                                   args, 1, 1, 1, (InterpOptions){0});
    CHECK(status == INTERP_UNDEFINED &&
              strstr(why_text, "(2, 0, 0): `atomic_add.raw 1, a, 2`") != NULL,
          "%s", why_text);
}

/* ---- subgroups ---- */

/* `op` on a buffer of u32 by 10 invocations: subgroups of 4, 4 and 2. */
static void subgroup(const char *instruction, const uint32_t want[10]) {
    char text[1024];
    uint32_t in[10] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 7}, out[10] = {0};
    InterpArg args[] = {BYTES(in), BYTES(out)};
    snprintf(text, sizeof text,
             "kernel @k(%%in: buffer<u32>, %%out: buffer<u32>) workgroup(10, 1, 1) subgroup_size(4)"
             " {\n%s%%x: u32 = load %%in[%%i]\n%%c: bool = gt %%x, 4u32\n%s\n"
             "store %%out[%%i], %%r\nret\n}\n",
             INDEX, instruction);
    run(text, args, 1);
    for (int i = 0; i < 10; i++) {
        CHECK(out[i] == want[i], "%s: [%d] is %u, not %u", instruction, i, out[i], want[i]);
    }
}
#define SUBGROUP(instruction, ...) subgroup(instruction, (uint32_t[10]){__VA_ARGS__})
#define NONE 0xa5a5a5a5

static void test_subgroups(void) {
    SUBGROUP("%r: u32 = subgroup_add %x", 9, 9, 9, 9, 22, 22, 22, 22, 12, 12);
    SUBGROUP("%r: u32 = subgroup_mul %x", 12, 12, 12, 12, 540, 540, 540, 540, 35, 35);
    SUBGROUP("%r: u32 = subgroup_min %x", 1, 1, 1, 1, 2, 2, 2, 2, 5, 5);
    SUBGROUP("%r: u32 = subgroup_max %x", 4, 4, 4, 4, 9, 9, 9, 9, 7, 7);
    SUBGROUP("%r: u32 = subgroup_and %x", 0, 0, 0, 0, 0, 0, 0, 0, 5, 5);
    SUBGROUP("%r: u32 = subgroup_or %x", 7, 7, 7, 7, 15, 15, 15, 15, 7, 7);
    SUBGROUP("%r: u32 = subgroup_xor %x", 7, 7, 7, 7, 8, 8, 8, 8, 2, 2);
    SUBGROUP("%r: u32 = subgroup_inclusive_add %x", 3, 4, 8, 9, 5, 14, 16, 22, 5, 12);
    SUBGROUP("%r: u32 = subgroup_exclusive_add %x", 0, 3, 4, 8, 0, 5, 14, 16, 0, 5);
    SUBGROUP("%r: u32 = subgroup_inclusive_mul %x", 3, 3, 12, 12, 5, 45, 90, 540, 5, 35);
    SUBGROUP("%r: u32 = subgroup_exclusive_mul %x", 1, 3, 3, 12, 1, 5, 45, 90, 1, 5);
    SUBGROUP("%r: u32 = subgroup_broadcast %x, 1u32", 1, 1, 1, 1, 9, 9, 9, 9, 7, 7);
    SUBGROUP("%r: u32 = subgroup_broadcast_first %x", 3, 3, 3, 3, 5, 5, 5, 5, 5, 5);
    SUBGROUP("%r: u32 = subgroup_shuffle %x, %x", 1, 1, NONE, 1, NONE, NONE, 2, NONE, NONE, NONE);
    SUBGROUP("%r: u32 = subgroup_shuffle_xor %x, 1u32", 1, 3, 1, 4, 9, 5, 6, 2, 7, 5);
    SUBGROUP("%r: u32 = subgroup_shuffle_up %x, 1u32", NONE, 3, 1, 4, NONE, 5, 9, 2, NONE, 5);
    SUBGROUP("%r: u32 = subgroup_shuffle_down %x, 2u32", 4, 1, NONE, NONE, 2, 6, NONE, NONE, NONE,
             NONE);
    SUBGROUP("%v: bool = subgroup_any %c\n%r: u32 = convert %v", 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
    SUBGROUP("%v: bool = subgroup_all %c\n%r: u32 = convert %v", 0, 0, 0, 0, 0, 0, 0, 0, 1, 1);
    SUBGROUP("%v: u32x4 = subgroup_ballot %c\n%r: u32 = extract %v, 0", 0, 0, 0, 0, 11, 11, 11, 11,
             3, 3);
    SUBGROUP("%v: bool = subgroup_elect\n%r: u32 = convert %v", 1, 0, 0, 0, 1, 0, 0, 0, 1, 0);
    SUBGROUP("%r: u32 = builtin lane_count", 4, 4, 4, 4, 4, 4, 4, 4, 4, 4);
    SUBGROUP("%r: u32 = builtin subgroup_index", 0, 0, 0, 0, 1, 1, 1, 1, 2, 2);
    SUBGROUP("subgroup_barrier\n%r: u32 = builtin subgroup_count", 3, 3, 3, 3, 3, 3, 3, 3, 3, 3);

    /* vectors of floats, lane by lane; signed bytes that wrap; 8 invocations unless somebody says otherwise */
    float in[9][2], out[9][2] = {{0}};
    int8_t small[9] = {100, 100, -3, 4, 5, 6, 7, 8, 9}, sums[9] = {0};
    for (int i = 0; i < 9; i++) {
        in[i][0] = (float)i;
        in[i][1] = -0.5f;
    }
    InterpArg args[] = {BYTES(in), BYTES(out), BYTES(small), BYTES(sums)};
    run("kernel @k(%in: buffer<f32x2>, %out: buffer<f32x2>, %a: buffer<i8>, %b: buffer<i8>) "
        "workgroup(9, 1, 1) {\n" INDEX "%x: f32x2 = load %in[%i]\n%y: f32x2 = subgroup_add %x\n"
        "store %out[%i], %y\n%p: i8 = load %a[%i]\n%q: i8 = subgroup_inclusive_add %p\n"
        "store %b[%i], %q\nret\n}\n",
        args, 1);
    CHECK(out[0][0] == 28 && out[7][0] == 28 && out[7][1] == -4, "%g %g", out[0][0], out[7][1]);
    CHECK(out[8][0] == 8 && out[8][1] == -0.5f, "%g", out[8][0]);
    /* 100, 200 = -56, -59, -55, -50, -44, -37, -29 */
    CHECK(sums[0] == 100 && sums[1] == -56 && sums[7] == -29 && sums[8] == 9, "%d", sums[1]);
}

/* ---- places as arguments ---- */

static void test_refs(void) {
    uint32_t a[6] = {1, 2, 3, 4, 5, 6}, out[8] = {0};
    InterpArg args[] = {BYTES(a), BYTES(out)};
    /* a local, an element, a part of shared memory, one outside; a place of a place */
    run("proc @swap(%a: ref<u32>, %b: ref<u32>) {\n%x: u32 = load %a\n%y: u32 = load %b\n"
        "store %a, %y\nstore %b, %x\nret\n}\n"
        "proc @low(%v: ref<u32x2>, %b: ref<u32>) {\n%l: ref<u32> = ref %v[0u32]\n"
        "call @swap(%l, %b)\nret\n}\n"
        "kernel @k(%a: buffer<u32x2>, %out: buffer<u32>) workgroup(1, 1, 1) {\n" INDEX
        "%l: var<u32> = var\nstore %l, 70u32\n%s: shared<array<u32x2, 2>> = shared\n"
        "store %s[1u32], u32x2(80, 81)\n"
        "%rl: ref<u32> = ref %l\n%r0: ref<u32> = ref %a[0u32][1u32]\ncall @swap(%rl, %r0)\n"
        "%r1: ref<u32x2> = ref %a[1u32]\n%rs: ref<u32> = ref %s[1u32][1u32]\ncall @low(%r1, %rs)\n"
        "%far: ref<u32> = ref %a[3u32][0u32]\n%r2: ref<u32> = ref %a[2u32][0u32]\n"
        "call @swap(%far, %r2)\n%wide: ref<u32x2> = ref %a[3u32]\n"
        "%r3: ref<u32> = ref %a[2u32][1u32]\ncall @low(%wide, %r3)\n"
        "%x: u32 = load %l\nstore %out[0u32], %x\n%y: u32 = load %s[1u32][1u32]\n"
        "store %out[1u32], %y\nret\n}\n",
        args, 1);
    EXPECT(a, 1, 70, 81, 4, 0, 0);
    EXPECT(out, 2, 3);

    /* arrays and atomics in a place, indexed inside and outside */
    memset(out, 0, sizeof out);
    uint32_t counts[4] = {10, 20, 30, 40};
    InterpArg more[] = {BYTES(counts), BYTES(out)};
    run("form @C { n: array<atomic<u32>, 2> }\n"
        "proc @count(%c: ref<array<atomic<u32>, 2>>, %at: u32) -> u32 {\n"
        "%o: u32 = atomic_add %c[%at], 1u32\nret %o\n}\n"
        "proc @sum(%v: ref<array<u32, 3>>) -> u32 {\n%all: array<u32, 3> = load %v\n"
        "%x: u32 = extract %all, 0\n%y: u32 = load %v[2u32]\n%z: u32 = add %x, %y\nret %z\n}\n"
        "kernel @k(%c: buffer<@C>, %out: buffer<u32>) workgroup(3, 1, 1) {\n" INDEX
        "%r: ref<array<atomic<u32>, 2>> = ref %c[1u32][0u32]\n%o: u32 = call @count(%r, %i)\n"
        "store %out[%i], %o\n%l: var<array<array<u32, 3>, 2>> = var\nstore %l[1u32][0u32], 5u32\n"
        "store %l[1u32][2u32], %i\n%p: ref<array<u32, 3>> = ref %l[1u32]\n"
        "%s: u32 = call @sum(%p)\n%at: u32 = add %i, 3u32\nstore %out[%at], %s\nret\n}\n",
        more, 1);
    EXPECT(out, 30, 40, 0, 5, 6, 7);
    EXPECT(counts, 10, 20, 31, 41);
}

/* ---- specialization constants ---- */

static const char SPECS[] =
    "spec @N(3): u32 = 4u32\nspec @SCALE(9): f32 = 1.5f32\n"
    "proc @at(%s: ref<array<u32, 4>>, %i: u32) -> u32 {\n%x: u32 = load %s[%i]\nret %x\n}\n"
    "kernel @k(%out: buffer<u32>) workgroup(@N, 1, 1) {\n" INDEX LOCAL
    "%n: u32 = spec @N\n%s: shared<array<u32, 4>> = shared %n\n%v: u32 = add %li, 1u32\n"
    "store %s[%li], %v\nbarrier\n%w: u32 = sub %n, 1u32\n%last: u32 = load %s[%w]\n"
    "%past: u32 = load %s[%n]\n%three: u32 = load %s[3u32]\n%r: ref<array<u32, 4>> = ref %s\n"
    "%far: u32 = call @at(%r, %w)\n%f: f32 = spec @SCALE\n%fu: u32 = bitcast %f\n"
    "%z: bool = eq %i, 0u32\nif %z {\nstore %out[0u32], %last\nstore %out[1u32], %past\n"
    "store %out[2u32], %three\nstore %out[3u32], %far\nstore %out[4u32], %fu\nyield\n} else {\n"
    "yield\n}\nret\n}\n";

static void test_specs(void) {
    uint32_t out[5] = {0};
    InterpArg args[] = {BYTES(out)};
    run(SPECS, args, 1);
    EXPECT(out, 4, 0, 4, 4, 0x3fc00000);
    const IrSpecValue smaller[] = {{3, 2}, {77, 1}}, larger[] = {{9, 0x40000000}, {3, 100}},
                      none[] = {{3, 0}};
    InterpOptions options = {.specs = {smaller, 2}};
    CHECK(run_with(SPECS, args, 1, 1, 1, options) == INTERP_OK, "%s", why_text);
    EXPECT(out, 2, 0, 0, 2, 0x3fc00000); /* element 3 is outside now */
    options.specs = (IrSpecValues){larger, 2};
    CHECK(run_with(SPECS, args, 1, 1, 1, options) == INTERP_OK, "%s", why_text);
    EXPECT(out, 100, 0, 4, 100, 0x40000000);
    options.specs = (IrSpecValues){none, 1};
    CHECK(run_with(SPECS, args, 1, 1, 1, options) == INTERP_MISUSE &&
              strcmp(why_text, "a workgroup of 0 × 1 × 1 invocations") == 0,
          "%s", why_text);
    const IrSpecValue huge[] = {{3, 0xffffffff}};
    options.specs = (IrSpecValues){huge, 1};
    CHECK(run_with(SPECS, args, 1, 1, 1, options) == INTERP_MISUSE, "%s", why_text);

    /* much shared memory */
    static const char text[] = "spec @N(3): u32 = 4u32\nkernel @k() workgroup(1, 1, 1) {\n"
                               "%n: u32 = spec @N\n%s: shared<array<u32, 4>> = shared %n\nret\n}\n";
    CHECK(run_with(text, NULL, 1, 1, 1, options) == INTERP_MISUSE &&
              strstr(why_text, "too much memory") != NULL,
          "%s", why_text);
    /* values for all of a workgroup, which wait */
    static const char wide[] =
        "kernel @k() workgroup(65536, 1, 1) {\n%v: var<array<u32, 65536>> = var\nbarrier\nret\n}\n";
    CHECK(run_with(wide, NULL, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE, "%s", why_text);
}

/* ---- print and assert ---- */

static const char MESSAGES[] =
    "kernel @k(%d: f64) workgroup(2, 2, 1) {\n" INDEX LOCAL "%id3: u32x3 = builtin local_id\n"
    "%c: bool = lt %li, 3u32\n%e: bool = ne %i, 0u32\nprint \"at {} of \\{{}\\}\", %li, %id3\n"
    "barrier\nprint \"{} {} {} {} {}\", %c, -3i8, f16x2(0.5, 1e-3), %d, 0.25f32\n"
    "assert \"i is {} not 0\", %e\n"
    "print \"{}{}{}\", bits<f32>(0xff800000), bits<f32>(0x7fc00000), 18446744073709551615u64\n"
    "ret\n}\n";

static void test_messages(void) {
    static const char want[] = /* those of an invocation in its order; invocations y first */
        "at 0 of {(0, 0, 0)}|true -3 (0.5, 0.001) -0.1 0.25|!i is {} not 0|-infnan1844674407370955"
        "1615|at 1 of {(1, 0, 0)}|true -3 (0.5, 0.001) -0.1 0.25|-infnan18446744073709551615|"
        "at 2 of {(0, 1, 0)}|true -3 (0.5, 0.001) -0.1 0.25|!i is {} not 0|-infnan1844674407370955"
        "1615|at 3 of {(1, 1, 0)}|false -3 (0.5, 0.001) -0.1 0.25|-infnan18446744073709551615|";
    Arena arena = {0};
    IrMessages messages = {.arena = &arena};
    InterpOptions options = {.messages = &messages};
    double d = -0.1;
    InterpArg args[] = {{&d, sizeof d}};
    Unit *unit = open_unit(MESSAGES, strlen(MESSAGES), true);
    CHECK(unit->module != NULL, "%s", first_error(unit));
    Text why = {.arena = &arena}, got = {.arena = &arena};
    uint32_t groups[3] = {1, 1, 1};
    InterpStatus status =
        ir_interpret(unit->module, unit->module->functions, args, groups, &options, &why);
    CHECK(status == INTERP_OK && messages.lost == 0, "%s", text_get(&why));
    ir_messages_sort(&messages);
    for (uint32_t i = 0; i < messages.shown.count; i++) {
        text_add(&got, messages.shown.items[i].is_assert ? "!" : "");
        ir_message_print(&got, &messages.shown.items[i]);
        text_add(&got, "|");
    }
    CHECK(strcmp(text_get(&got), want) == 0, "%s", text_get(&got));
    close_unit(unit);

    /* one word and a head for each: so many fit, the others are counted */
    static const char many[] =
        "kernel @k() workgroup(64, 1, 1) {\n" INDEX "print \"{}\", %i\nprint \"\"\nret\n}\n";
    IrMessages full = {.arena = &arena};
    options.messages = &full;
    CHECK(run_with(many, NULL, 1000, 1, 1, options) == INTERP_OK, "%s", why_text);
    uint32_t pairs = IR_MESSAGES_WORDS / (2 * IR_MESSAGE_HEAD + 1);
    CHECK(full.shown.count >= pairs * 2 && full.shown.count <= pairs * 2 + 2, "%u",
          full.shown.count);
    CHECK(full.shown.count + full.lost == 128000, "%llu", (unsigned long long)full.lost);
    arena_release(&arena);
}

int main(void) {
    test_shared();
    test_uninitialized();
    test_barrier_in_proc();
    test_diverged();
    test_atomics();
    test_compare_exchange();
    test_raw_atomics();
    test_subgroups();
    test_refs();
    test_specs();
    test_messages();
    return report_failures();
}
