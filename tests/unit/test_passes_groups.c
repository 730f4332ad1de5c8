/* The passes on what invocations have in common: places that procs are handed, checks of shared memory and atomics, zeros
 * of shared memory, sums of floats that are tried. What they make is executed, before and after.
 */
#include "tests/unit/pass_unit.h"

/* ---- places as arguments ---- */

static void test_refs(void) {
    what = "lower_refs";
    static const char text[] =
        "form @P { v: f32x3, n: array<i32, 4> }\n"
        "proc @bump(%at: ref<i32>, %by: i32) {\n"
        "%x: i32 = load %at\n%y: i32 = add %x, %by\nstore %at, %y\nret\n}\n"
        "proc @both(%p: ref<@P>, %i: u32) {\n"
        "%n: ref<i32> = ref %p[1u32][%i]\ncall @bump(%n, 7i32)\n"
        "%l: ref<f32> = ref %p[0u32][%i]\nstore %l, 2f32\nret\n}\n"
        "kernel @k(%in: buffer<u32>, %out: buffer<@P>, %outs: buffer<i32>) workgroup(2, 1, 1) {\n"
        "%g: u32x3 = builtin global_id\n%i: u32 = extract %g, 0\n"
        "%e: ref<@P> = ref %out[%i]\ncall @both(%e, %i)\n"
        "%k: u32 = load %in[%i]\n%f: ref<@P> = ref %out[%k]\n"
        "%v: var<@P> = var\n%lo: ref<@P> = ref %v\ncall @both(%lo, %k)\ncall @both(%lo, 1u32)\n"
        "%n: i32 = load %v[1u32][1u32]\n%at: ref<i32> = ref %outs[%i]\nstore %at, %n\n"
        "%s: shared<array<i32, 2>> = shared\n%l: u32 = builtin local_index\n"
        "%se: ref<i32> = ref %s[%l]\ncall @bump(%se, %n)\n%r: i32 = load %s[%l]\n"
        "call @bump(%at, %r)\nret\n}\n";
    check_same(text, "inline_procs lower_refs", 5, 3);
    check_same(text, "inline_procs lower_refs lower_bounds split_memory", 5, 3);
    check_same(text, "inline_procs lower_refs split_vars mem2reg opt_fold opt_dce", 5, 4);
    Unit *unit = open_text(text);
    run_passes(unit, "inline_procs lower_refs");
    CHECK(count_op(unit, "ref") == 0, "%s", printed_now(unit));
    close_unit(unit);
}

/* A place was not looked at with the indices that a `ref` put before it. */
static void test_raw_refs(void) {
    what = "lower_refs";
    static const char text[] = "kernel @k(%out: buffer<array<u32, 2>>) workgroup(1, 1, 1) {\n"
                               "%r: ref<array<u32, 2>> = ref %out[9u32]\n"
                               "store.raw %r[1u32], 5u32\nret\n}\n";
    Unit *unit = open_text(text);
    run_passes(unit, "lower_refs");
    CHECK(strstr(printed_now(unit), "store %out[9u32][1u32], 5u32") != NULL, "%s",
          printed_now(unit));
    close_unit(unit);
}

/* ---- checks ---- */

#define EDGES_OF_SHARED                                                                            \
    "form @C { n: atomic<i32>, m: array<u32, 3> }\n"                                               \
    "spec @L(0): u32 = 5u32\n"                                                                     \
    "kernel @k(%in: buffer<u32>, %out: buffer<u32>, %outs: buffer<@C>) workgroup(4, 1, 1) {\n"     \
    "%len: u32 = spec @L\n%s: shared<array<array<u32, 3>, 5>> = shared %len\n"                     \
    "%c: shared<array<@C, 2>> = shared\n%v: shared<u32x4> = shared\n"                              \
    "%g: u32x3 = builtin global_id\n%i: u32 = extract %g, 0\n%j: u32 = builtin local_index\n"      \
    "%one: bool = eq %j, 0u32\nif %one {\n%x: u32 = load %in[%i]\n%y: u32 = rem %x, 7u32\n"        \
    "store %s[%y][%x], 1u32\nstore %s[%i][%y], %x\nstore %s[7u32][0u32], 2u32\n"                   \
    "store %s[2u32][3u32], 2u32\nstore %v[%y], %x\nstore %v[4u32], 9u32\n"                         \
    "%a: i32 = atomic_add %c[%y][0u32], 3i32\n%b: i32 = atomic_exchange %c[9u32][0u32], 4i32\n"    \
    "atomic_store %c[%x][0u32], 5i32\n%d: i32 = atomic_max %outs[%y][0u32], 6i32\n"                \
    "%e: i32 = atomic_compare_exchange %outs[%x][0u32], 6i32, 8i32\n"                              \
    "store %c[%y][1u32][%x], 4u32\n%z: array<u32, 3> = load %s[%y]\n%z1: u32 = extract %z, 1\n"    \
    "%z2: u32 = load %s[%x][%y]\n%z3: u32 = load %s[6u32][1u32]\n%z4: u32 = load %v[%y]\n"         \
    "%z5: u32 = load %c[%y][1u32][%y]\n%z6: i32 = atomic_load %c[%y][0u32]\n"                      \
    "%a1: u32 = bitcast %a\n%b1: u32 = bitcast %b\n%d1: u32 = bitcast %d\n%e1: u32 = bitcast %e\n" \
    "%z7: u32 = bitcast %z6\n%s1: u32 = add %a1, %b1\n%s2: u32 = mul %s1, 3u32\n"                  \
    "%s3: u32 = xor %s2, %d1\n%s4: u32 = add %s3, %e1\n%s5: u32 = mul %s4, 3u32\n"                 \
    "%s6: u32 = xor %s5, %z1\n%s7: u32 = mul %s6, 3u32\n%s8: u32 = xor %s7, %z2\n"                 \
    "%s9: u32 = mul %s8, 3u32\n%t1: u32 = add %s9, %z3\n%t2: u32 = xor %t1, %z4\n"                 \
    "%t3: u32 = mul %t2, 3u32\n%t4: u32 = add %t3, %z5\n%t5: u32 = xor %t4, %z7\n"                 \
    "store %out[%i], %t5\nyield\n} else {\nyield\n}\nret\n}\n"

static void test_bounds(void) {
    what = "lower_bounds";
    for (uint32_t outs = 0; outs < 9; outs += 2) {
        check_same(EDGES_OF_SHARED, "lower_bounds", INT_COUNT, outs);
        check_same(EDGES_OF_SHARED, "lower_shared_init lower_bounds split_memory lower_int_div",
                   INT_COUNT, outs);
    }
    Unit *unit = open_text(EDGES_OF_SHARED);
    run_passes(unit, "lower_bounds");
    const char *text = printed_now(unit);
    CHECK(count_op(unit, "load") == 0 && count_op(unit, "atomic_add") == 0, "%s", text);
    CHECK(strstr(text, "store.raw %s[2u32][3u32]") == NULL, "outside: %s", text);
    CHECK(strstr(text, "store.raw %s[7u32][0u32]") != NULL, "the length is no number: %s", text);
    CHECK(strstr(text, "%v[4u32]") == NULL, "outside: %s", text);
    close_unit(unit);

    unit = open_text(EDGES_OF_SHARED);
    run_passes(unit, "trust_bounds");
    text = printed_now(unit);
    CHECK(count_op(unit, "load") == 0 && count_op(unit, "atomic_max") == 0, "%s", text);
    CHECK(strstr(text, "%s[2u32][3u32]") == NULL && strstr(text, "%c[9u32]") == NULL, "%s", text);
    CHECK(strstr(text, "atomic_exchange") == NULL && strstr(text, "if %") != NULL, "%s", text);
    close_unit(unit);
}

/* ---- subgroups of one ---- */

static void test_single_lanes(void) {
    what = "single_lanes";
    static const char text[] =
        "kernel @k(%in: buffer<u32>, %out: buffer<u32>) workgroup(3, 2, 2) {\n"
        "%g: u32x3 = builtin group_id\n%gx: u32 = extract %g, 0\n"
        "%l: u32 = builtin local_index\n%o: u32 = mul %gx, 12u32\n%i: u32 = add %o, %l\n"
        "%x: u32 = load %in[%i]\n%xf: f32 = convert %x\n%f: f32x3 = construct %xf, %xf, %xf\n"
        "%bit: u32 = and %x, 1u32\n%odd: bool = ne %bit, 0u32\n%add: u32 = subgroup_add %x\n"
        "%m1: u32 = mul %x, 3u32\n%a1: u32 = xor %m1, %add\n%mul: u32 = subgroup_mul %x\n"
        "%m2: u32 = mul %a1, 3u32\n%a2: u32 = xor %m2, %mul\n%min: u32 = subgroup_min %x\n"
        "%m3: u32 = mul %a2, 3u32\n%a3: u32 = xor %m3, %min\n%max: u32 = subgroup_max %x\n"
        "%m4: u32 = mul %a3, 3u32\n%a4: u32 = xor %m4, %max\n%and: u32 = subgroup_and %x\n"
        "%m5: u32 = mul %a4, 3u32\n%a5: u32 = xor %m5, %and\n%or: u32 = subgroup_or %x\n"
        "%m6: u32 = mul %a5, 3u32\n%a6: u32 = xor %m6, %or\n%xor: u32 = subgroup_xor %x\n"
        "%m7: u32 = mul %a6, 3u32\n%a7: u32 = xor %m7, %xor\n"
        "%inclusive_add: u32 = subgroup_inclusive_add %x\n%m8: u32 = mul %a7, 3u32\n"
        "%a8: u32 = xor %m8, %inclusive_add\n"
        "%exclusive_add: u32 = subgroup_exclusive_add %x\n%m9: u32 = mul %a8, 3u32\n"
        "%a9: u32 = xor %m9, %exclusive_add\n"
        "%inclusive_mul: u32 = subgroup_inclusive_mul %x\n%m10: u32 = mul %a9, 3u32\n"
        "%a10: u32 = xor %m10, %inclusive_mul\n"
        "%exclusive_mul: u32 = subgroup_exclusive_mul %x\n%m11: u32 = mul %a10, 3u32\n"
        "%a11: u32 = xor %m11, %exclusive_mul\n"
        "%broadcast_first: u32 = subgroup_broadcast_first %x\n%m12: u32 = mul %a11, 3u32\n"
        "%a12: u32 = xor %m12, %broadcast_first\n"
        "%broadcast: u32 = subgroup_broadcast %x, 0u32\n%m13: u32 = mul %a12, 3u32\n"
        "%a13: u32 = xor %m13, %broadcast\n%shuffle: u32 = subgroup_shuffle %x, 0u32\n"
        "%m14: u32 = mul %a13, 3u32\n%a14: u32 = xor %m14, %shuffle\n"
        "%shuffle_xor: u32 = subgroup_shuffle_xor %x, 0u32\n%m15: u32 = mul %a14, 3u32\n"
        "%a15: u32 = xor %m15, %shuffle_xor\n"
        "%shuffle_up: u32 = subgroup_shuffle_up %x, 0u32\n%m16: u32 = mul %a15, 3u32\n"
        "%a16: u32 = xor %m16, %shuffle_up\n"
        "%shuffle_down: u32 = subgroup_shuffle_down %x, 0u32\n%m17: u32 = mul %a16, 3u32\n"
        "%a17: u32 = xor %m17, %shuffle_down\n%any: bool = subgroup_any %odd\n"
        "%anyn: u32 = convert %any\n%m18: u32 = mul %a17, 3u32\n%a18: u32 = xor %m18, %anyn\n"
        "%all: bool = subgroup_all %odd\n%alln: u32 = convert %all\n"
        "%m19: u32 = mul %a18, 3u32\n%a19: u32 = xor %m19, %alln\n"
        "%ballot: u32x4 = subgroup_ballot %odd\n%bx: u32 = extract %ballot, 0\n"
        "%m20: u32 = mul %a19, 3u32\n%a20: u32 = xor %m20, %bx\n"
        "%bw: u32 = extract %ballot, 3\n%m21: u32 = mul %a20, 3u32\n"
        "%a21: u32 = xor %m21, %bw\n%elect: bool = subgroup_elect\n"
        "%en: u32 = convert %elect\n%m22: u32 = mul %a21, 3u32\n%a22: u32 = xor %m22, %en\n"
        "%v: f32x3 = subgroup_exclusive_mul %f\n%vy: f32 = extract %v, 1\n"
        "%vi: u32 = bitcast %vy\n%m23: u32 = mul %a22, 3u32\n%a23: u32 = xor %m23, %vi\n"
        "%e: f32x3 = subgroup_exclusive_add %f\n%ez: f32 = extract %e, 2\n"
        "%ei: u32 = bitcast %ez\n%m24: u32 = mul %a23, 3u32\n%a24: u32 = xor %m24, %ei\n"
        "subgroup_barrier\n%lane: u32 = builtin lane\n%m25: u32 = mul %a24, 3u32\n"
        "%a25: u32 = xor %m25, %lane\n%lane_count: u32 = builtin lane_count\n"
        "%m26: u32 = mul %a25, 3u32\n%a26: u32 = xor %m26, %lane_count\n"
        "%subgroup_index: u32 = builtin subgroup_index\n%m27: u32 = mul %a26, 3u32\n"
        "%a27: u32 = xor %m27, %subgroup_index\n"
        "%subgroup_count: u32 = builtin subgroup_count\n%m28: u32 = mul %a27, 3u32\n"
        "%a28: u32 = xor %m28, %subgroup_count\nstore %out[%i], %a28\nret\n}\n";
    subgroup_size = 1;
    check_same(text, "single_lanes", INT_COUNT, 24);
    check_same(text, "single_lanes opt_fold opt_dce", INT_COUNT, 24);
    subgroup_size = 0;
    Unit *unit = open_text(text);
    run_passes(unit, "single_lanes");
    CHECK(strstr(printed_now(unit), "= subgroup_") == NULL, "%s", printed_now(unit));
    CHECK(strstr(printed_now(unit), "builtin lane") == NULL &&
              count_op(unit, "subgroup_barrier") == 0,
          "%s", printed_now(unit));
    close_unit(unit);
}

/* ---- zeros ---- */

/* Sums up what is there at the start; the host's way to see zeros is that nothing changes. */
static void test_zeros(void) {
    static const char *const types[] = {
        "f32",
        "boolx3",
        "array<u16, 3>",
        "f32x3x4",
        "array<atomic<u64>, 7>",
        "atomic<f32>",
        "@F",
        "array<@F, 3>",
        "array<array<array<i8, 2>, 3>, 4>",
        "array<u32, 64>",
        "array<u32, 65>",
    };
    static const char *const groups[] = {"1, 1, 1", "8, 8, 1", "@X, 2, @X"};
    for (size_t i = 0; i < sizeof types / sizeof *types * 3; i++) {
        const char *type = types[i / 3];
        Arena arena = {0};
        const char *text = arena_printf(
            &arena,
            "spec @X(1): u32 = 3u32\n"
            "form @G { a: atomic<i32>, b: array<f16x3, 5> }\n"
            "form @F { n: u32, g: array<@G, 2>, flag: bool, m: f32x2x2 }\n"
            "kernel @k(%%out: buffer<u32>) workgroup(%s) {\n"
            "%%before: shared<u32> = shared uninitialized\n"
            "%%l: u32 = builtin local_index\nstore %%out[%%l], 1u32\n"
            "%%s: shared<%s> = shared\n%%list: shared<array<array<u32, 2>, 5>> = shared\n"
            "%%x: u32 = load %%list[%%l][%%l]\nstore %%out[%%l], %%x\nret\n}\n",
            groups[i % 3], type);
        what = arena_printf(&arena, "zeros of %s by %s", type, groups[i % 3]);
        check_same(text, "lower_shared_init", 1, 9);
        check_same(text, "lower_shared_init lower_bounds lower_small_ints opt_fold opt_dce", 1, 9);
        Unit *unit = open_text(text);
        run_passes(unit, "lower_shared_init lower_shared_init");
        CHECK(count_op(unit, "barrier") == 1, "%s", printed_now(unit));
        CHECK(strstr(printed_now(unit), "= shared\n") == NULL, "%s", printed_now(unit));
        close_unit(unit);
        arena_release(&arena);
    }
}

static void replace_all(char *text, const char *old, const char *new) {
    for (char *at = text; (at = strstr(at, old)) != NULL; at += strlen(old)) {
        memcpy(at, new, strlen(old));
    }
}

/* With ones instead of the zeros, every scalar is one, and their sum how many there are. */
static void test_zeros_written(void) {
    what = "lower_shared_init writes all";
    enum { CELLS = 3, ROWS = 4, COLUMNS = 3, LANES = 3 };
    Arena arena = {0};
    Text text = {.arena = &arena};
    text_add(&text, "form @F { n: u32, a: array<array<u32, 3>, 4>, v: u32x3 }\n"
                    "kernel @k(%out: buffer<u32>) workgroup(5, 1, 1) {\n"
                    "%s: shared<array<@F, 3>> = shared\n%sum: var<u32> = var\n");
    uint32_t loads = 0;
    for (uint32_t i = 0; i < CELLS * (1 + ROWS * COLUMNS + LANES); i++) {
        uint32_t cell = i % CELLS, part = i / CELLS;
        text_printf(&text, "%%x%u: u32 = load %%s[%uu32]", i, cell);
        if (part == 0) {
            text_add(&text, "[0u32]\n");
        } else if (part <= LANES) {
            text_printf(&text, "[2u32][%uu32]\n", part - 1);
        } else {
            uint32_t number = part - 1 - LANES;
            text_printf(&text, "[1u32][%uu32][%uu32]\n", number / COLUMNS, number % COLUMNS);
        }
        text_printf(&text,
                    "%%o%u: u32 = load %%sum\n%%p%u: u32 = add %%x%u, %%o%u\nstore %%sum, %%p%u\n",
                    i, i, i, i, i);
        loads++;
    }
    text_add(&text, "%all: u32 = load %sum\nstore %out[0u32], %all\nret\n}\n");
    Unit *unit = open_text(text_get(&text));
    run_passes(unit, "lower_shared_init");
    char *ones = arena_copy_text(&arena, printed_now(unit), strlen(printed_now(unit)));
    close_unit(unit);
    replace_all(ones, "], 0u32", "], 1u32");
    replace_all(ones, "u32x3(0, 0, 0)", "u32x3(1, 1, 1)");
    unit = open_text(ones);
    uint64_t size;
    uint32_t sum;
    memcpy(&sum, execute(unit, 1, 1, &size), sizeof sum);
    CHECK(sum == loads, "%u of %u were written\n%s", sum, loads, ones);
    close_unit(unit);
    arena_release(&arena);
}

/* ---- sums of floats ---- */

static void test_float_atomics(void) {
    what = "lower_float_atomics";
    static const char text[] =
        "form @C { s: array<atomic<f32>, 3>, n: atomic<u32> }\n"
        "kernel @k(%in: buffer<f32>, %out: buffer<f32>, %outs: buffer<@C>) workgroup(4, 1, 1) {\n"
        "%t: shared<array<atomic<f32>, 4>> = shared\n%l: u32 = builtin local_index\n"
        "%g: u32x3 = builtin global_id\n%i: u32 = extract %g, 0\n%x: f32 = load %in[%i]\n"
        "%a: f32 = atomic_add %t[%l], %x\n%b: f32 = atomic_sub %t[%l], 2f32\n"
        "%c: f32 = atomic_add %outs[0u32][0u32][%l], 0.5f32\n"
        "%d: f32 = atomic_exchange %outs[1u32][0u32][1u32], %x\n"
        "%e: u32 = atomic_add %outs[0u32][1u32], 3u32\n"
        "%f: f32 = atomic_load %t[%l]\n%s: f32 = add %b, %f\nstore %out[%i], %s\nret\n}\n";
    for (uint32_t outs = 0; outs < 6; outs++) {
        check_same(text, "lower_bounds lower_float_atomics", FLOAT_COUNT, outs);
    }
    Unit *unit = open_text(text);
    run_passes(unit, "lower_bounds lower_float_atomics");
    CHECK(count_op(unit, "loop") == 3, "%s", printed_now(unit));
    CHECK(count_op(unit, "atomic_add.raw") == 1, "of integers stay: %s", printed_now(unit));
    close_unit(unit);
}

/* ---- procs that stay ---- */

static void test_noinline(void) {
    what = "inline_procs, noinline";
    static const char text[] =
        "form @P { n: i8, m: array<u16, 3> }\n"
        "proc @leaf(%x: i8, %p: @P) -> i8 noinline {\n"
        "%n: i8 = extract %p, 0\n%r: i8 = mul %x, %n\nret %r\n}\n"
        "proc @mid(%p: @P, %x: u16) -> @P {\n"
        "%a: i8 = convert %x\n%b: i8 = call @leaf(%a, %p)\n%q: @P = insert %p, %b, 0\nret %q\n}\n"
        "proc @top(%p: @P, %x: u16) -> @P noinline {\n"
        "%q: @P = call @mid(%p, %x)\n%r: @P = call @mid(%q, 7u16)\nret %r\n}\n"
        "proc @place(%at: ref<@P>) noinline {\n"
        "%x: @P = load %at\n%y: @P = call @top(%x, 3u16)\nstore %at, %y\nret\n}\n"
        "proc @size() -> u32 noinline {\n%s: u32x3 = builtin group_size\n%x: u32 = extract %s, 0\n"
        "ret %x\n}\n"
        "proc @asks() -> u32 noinline {\n%s: u32 = call @size()\nret %s\n}\n"
        "proc @unused() noinline {\nret\n}\n"
        "kernel @k(%in: buffer<@P>, %out: buffer<@P>, %outs: buffer<u32>) workgroup(1, 1, 1) {\n"
        "%g: u32x3 = builtin global_id\n%i: u32 = extract %g, 0\n%x: @P = load %in[%i]\n"
        "%v: var<@P> = var\nstore %v, %x\n%at: ref<@P> = ref %v\ncall @place(%at)\n"
        "%y: @P = load %v\nstore %out[%i], %y\n%n: u32 = call @asks()\nstore %outs[%i], %n\n"
        "ret\n}\n";
    check_same(text, "inline_procs", INT_COUNT, INT_COUNT);
    check_same(text, "inline_procs lower_refs lower_bounds split_memory lower_small_ints",
               INT_COUNT, INT_COUNT);
    check_same(text, "inline_procs lower_refs split_vars mem2reg split_values opt_fold opt_dce",
               INT_COUNT, INT_COUNT);
    Unit *unit = open_text(text);
    run_passes(unit, "inline_procs lower_refs");
    unsigned left = 0;
    for (const IrFunction *f = unit->module->functions; f != NULL; f = f->next) {
        bool stays = strcmp(f->name->text, "leaf") == 0 || strcmp(f->name->text, "top") == 0;
        CHECK(f->is_kernel || stays, "%s stays", f->name->text);
        left += stays;
    }
    CHECK(left == 2, "%s", printed_now(unit));
    close_unit(unit);
}

int main(void) {
    test_refs();
    test_raw_refs();
    test_bounds();
    test_single_lanes();
    test_zeros();
    test_zeros_written();
    test_float_atomics();
    test_noinline();
    return report_failures();
}
