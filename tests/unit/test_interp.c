/* The interpreter: small kernels whose results are worked out by hand, everything it must refuse to go on with, and
 * its fast arithmetic against ir_eval.
 */
#include "ir/eval.h"
#include "tests/unit/interp_unit.h"

/* ---- what a dispatch gives ---- */

static const char IDS[] =
    "kernel @ids(%out: buffer<u32x3>, %flat: buffer<u32>) workgroup(2, 3, 1) {\n"
    "%g: u32x3 = builtin global_id\n%l: u32x3 = builtin local_id\n%n: u32x3 = builtin group_id\n"
    "%c: u32x3 = builtin group_count\n%s: u32x3 = builtin group_size\n"
    "%li: u32 = builtin local_index\n%la: u32 = builtin lane\n%lc: u32 = builtin lane_count\n"
    "%si: u32 = builtin subgroup_index\n%sc: u32 = builtin subgroup_count\n"
    "%gx: u32 = extract %g, 0\n%gy: u32 = extract %g, 1\n%gz: u32 = extract %g, 2\n"
    "%a: u32 = mul %gz, 3u32\n%b: u32 = add %a, %gy\n%d: u32 = mul %b, 4u32\n%at: u32 = add %d, "
    "%gx\n"
    "%at5: u32 = mul %at, 5u32\n%at51: u32 = add %at5, 1u32\n%at52: u32 = add %at5, 2u32\n"
    "%at53: u32 = add %at5, 3u32\n%at54: u32 = add %at5, 4u32\n"
    "store %out[%at5], %g\nstore %out[%at51], %l\nstore %out[%at52], %n\nstore %out[%at53], %c\n"
    "store %out[%at54], %s\n"
    "store %flat[%at5], %li\nstore %flat[%at51], %la\nstore %flat[%at52], %lc\n"
    "store %flat[%at53], %si\nstore %flat[%at54], %sc\nret\n}\n";

static void test_ids(void) {
    static uint32_t out[24 * 5][4],
        flat[24 * 5]; /* 4 × 3 × 2 invocations; a vector of 3 takes 16 bytes */
    InterpArg args[] = {BYTES(out), BYTES(flat)};
    memset(out, 0xff, sizeof out);
    InterpOptions options = {.subgroup_size = 4};
    InterpStatus status = run_with(IDS, args, 2, 1, 2, options);
    CHECK(status == INTERP_OK, "%s", why_text);
    for (uint32_t at = 0; at < 24; at++) {
        uint32_t x = at % 4, y = at / 4 % 3, z = at / 12, local_index = y * 2 + x % 2;
        EXPECT(out[at * 5], x, y, z, UINT32_MAX); /* what is between the elements stays */
        EXPECT(out[at * 5 + 1], x % 2, y, 0, UINT32_MAX);
        EXPECT(out[at * 5 + 2], x / 2, 0, z, UINT32_MAX);
        EXPECT(out[at * 5 + 3], 2, 1, 2, UINT32_MAX);
        EXPECT(out[at * 5 + 4], 2, 3, 1, UINT32_MAX);
        EXPECT(&flat[at * 5], local_index, local_index % 4, 4, local_index / 4, 2);
    }
    options.subgroup_size = 1; /* every invocation by itself */
    run_with(IDS, args, 2, 1, 2, options);
    EXPECT(&flat[23 * 5], 5, 0, 1, 5, 6);
    memset(flat, 0, sizeof flat);
    run_with(IDS, args, 2, 0, 2, options);
    EXPECT(flat, 0, 0, 0);
}

static void test_values(void) {
    uint32_t out[4] = {0};
    float vector[3] = {1.5f, 2.5f, 3.5f};
    uint8_t bytes[4] = {1, 2, 3, 250};
    uint32_t number = 7;
    InterpArg args[] = {BYTES(out), BYTES(vector), BYTES(bytes), {&number, 4}};
    run("kernel @k(%out: buffer<u32>, %v: f32x3, %b: u8x4, %n: u32) workgroup(1, 1, 1) {\n"
        "%y: f32 = extract %v, 1\n%yu: u32 = bitcast %y\nstore %out[0u32], %yu\n"
        "%w: u8 = extract %b, 3\n%wu: u32 = convert %w\nstore %out[1u32], %wu\n"
        "store %out[2u32], %n\nret\n}\n",
        args, 1);
    EXPECT(out, 0x40200000, 250, 7, 0);
}

/* ---- memory ---- */

static void test_memory(void) {
    /* 44 bytes hold two whole f32x3 and a part of a third; lane 3 is between the elements */
    float in[11] = {1, 2, 3, 99, 5, 6, 7, 99, 9, 10, 11};
    float out[16];
    uint32_t lengths[2] = {9, 9};
    InterpArg args[] = {BYTES(in), BYTES(out), BYTES(lengths)};
    memset(out, 0, sizeof out);
    run("kernel @k(%a: buffer<f32x3>, %out: buffer<f32>, %n: buffer<u32>) workgroup(4, 1, 1) "
        "{\n" INDEX
        "%n0: u32 = len %a\nstore %n[0u32], %n0\n%n1: u32 = len %out\nstore %n[1u32], %n1\n"
        "%v: f32x3 = load %a[%i]\n%x: f32 = extract %v, 0\n%y: f32 = load %a[%i][1u32]\n"
        "%w: f32 = load %a[%i][3u32]\n%o: u32 = mul %i, 4u32\n%o1: u32 = add %o, 1u32\n"
        "%o2: u32 = add %o, 2u32\nstore %out[%o], %x\nstore %out[%o1], %y\nstore %out[%o2], %w\n"
        "store %out[16u32], 1.0f32\nstore %out[4294967295u32], 1.0f32\n"
        "store %a[%i][0u32], 0.5f32\nstore %a[%i][3u32], 0.5f32\nret\n}\n",
        args, 1);
    EXPECT(lengths, 2, 16);
    const float want[16] = {1, 2, 0, 0, 5, 6};
    const float after[11] = {0.5f, 2, 3, 99, 0.5f, 6, 7, 99, 9, 10, 11};
    CHECK(memcmp(out, want, sizeof out) == 0, "loads");
    CHECK(memcmp(in, after, sizeof in) == 0, "stores");

    uint8_t small[5] = {1, 2, 3, 4, 5};
    uint16_t halves[3] = {0x3c00, 0x4000, 0};
    InterpArg narrow[] = {BYTES(small), BYTES(halves)};
    run("kernel @k(%a: buffer<i8>, %h: buffer<f16>) workgroup(1, 1, 1) {\n"
        "%x: i8 = load %a[4u32]\n%y: i8 = sub %x, 10i8\nstore %a[1u32], %y\n"
        "%p: f16 = load %h[0u32]\n%q: f16 = load %h[1u32]\n%s: f16 = add %p, %q\n"
        "store %h[2u32], %s\nret\n}\n",
        narrow, 1);
    CHECK(small[0] == 1 && small[1] == 251 && small[2] == 3, "%u", small[1]);
    CHECK(halves[2] == 0x4200 && halves[1] == 0x4000, "%x", halves[2]);
}

static void test_locals(void) {
    uint32_t out[5] = {0};
    InterpArg args[] = {BYTES(out)};
    run("kernel @k(%out: buffer<u32>) workgroup(1, 1, 1) {\n%all: var<u32x2> = var\n"
        "loop (%k: u32 = 0u32) {\n%end: bool = ge %k, 3u32\nif %end {\nbreak\n} else {\nyield\n}\n"
        "%here: var<u32> = var\n%old: u32 = load %here\n%one: u32 = add %old, 1u32\n"
        "store %here, %one\n%new: u32 = load %here\n%sum: u32 = load %all[0u32]\n"
        "%more: u32 = add %sum, %new\nstore %all[0u32], %more\nstore %all[2u32], 77u32\n"
        "store %all[%k], %more\ncontinue %k\n} continuing (%p: u32) {\n%q: u32 = add %p, "
        "1u32\nnext %q\n}\n"
        "%v: u32x2 = load %all\n%x: u32 = extract %v, 0\n%y: u32 = load %all[1u32]\n"
        "%z: u32 = load %all[2u32]\nstore %out[0u32], %x\nstore %out[1u32], %y\nstore %out[2u32], "
        "%z\n"
        "ret\n}\n",
        args, 1);
    EXPECT(out, 3, 2, 0, 0, 0);
}

/* ---- arrays, matrices and forms ---- */

#define BODY "form @Body { pos: f32x3, mass: f32, tag: u8, v: array<u32, 3>, m: f32x2x3 }\n"

typedef struct { /* as LANGUAGE.md section 2 lays it out */
    float pos[3], mass;
    uint8_t tag, gap[3];
    uint32_t v[3];
    float m[2][4]; /* columns of 3, aligned like 4 */
} HostBody;

static HostBody body(float x, float mass, uint8_t tag, uint32_t v) {
    HostBody b = {{x, x + 1, x + 2}, mass, tag, {7, 7, 7}, {v, v + 1, v + 2}, {{0}}};
    for (int c = 0; c < 2; c++) {
        for (int r = 0; r < 4; r++) {
            b.m[c][r] = x * 10 + (float)(c * 4 + r);
        }
    }
    return b;
}

static void test_composites_in_buffers(void) {
    HostBody a[3] = {body(1, 0.5f, 200, 10), body(2, 1.5f, 201, 20), body(3, 2.5f, 202, 30)};
    HostBody b[3];
    uint32_t out[16] = {0};
    memset(b, 0xee, sizeof b);
    CHECK(sizeof *a == 64, "%zu", sizeof *a);
    InterpArg args[] = {BYTES(a), BYTES(b), BYTES(out)};
    /* the whole of one element to another place; what is between the parts stays as it was */
    run(BODY
        "kernel @k(%a: buffer<@Body>, %b: buffer<@Body>, %out: buffer<u32>) workgroup(1, 1, 1) {\n"
        "%all: @Body = load %a[1u32]\nstore %b[2u32], %all\n"
        "%none: @Body = load %a[3u32]\nstore %b[0u32], %none\nstore %b[7u32], %all\n"
        "%v: array<u32, 3> = extract %all, 3\n%v1: u32 = extract %v, 1\nstore %out[0u32], %v1\n"
        "%tag: u8 = load %a[2u32][2u32]\n%tagw: u32 = convert %tag\nstore %out[1u32], %tagw\n"
        "%mass: f32 = load %a[2u32][1u32]\n%massw: u32 = bitcast %mass\nstore %out[2u32], %massw\n"
        "%col: f32x3 = load %a[0u32][4u32][1u32]\n%c2: f32 = extract %col, 2\n"
        "%cw: u32 = bitcast %c2\nstore %out[3u32], %cw\n"
        "%n: u32 = len %a\nstore %out[4u32], %n\nret\n}\n",
        args, 1);
    EXPECT(out, 21, 202, 0x40200000, 0x41800000, 3); /* 2.5; 10 + 4 + 2 = 16 */
    HostBody want = a[1], zero;
    memset(want.gap, 0xee, sizeof want.gap);
    memset(&want.m[0][3], 0xee, 4);
    memset(&want.m[1][3], 0xee, 4);
    CHECK(memcmp(&b[2], &want, sizeof want) == 0, "a form is stored");
    memset(&zero, 0, sizeof zero);
    memset(zero.gap, 0xee, sizeof zero.gap);
    memset(&zero.m[0][3], 0xee, 4);
    memset(&zero.m[1][3], 0xee, 4);
    CHECK(memcmp(&b[0], &zero, sizeof zero) == 0, "outside is zero");
    CHECK(b[1].tag == 0xee, "nothing else is touched");

    /* parts by computed indices, inside and outside */
    memset(out, 0, sizeof out);
    run(BODY
        "kernel @k(%a: buffer<@Body>, %b: buffer<@Body>, %out: buffer<u32>) workgroup(5, 1, 1) "
        "{\n" INDEX "%x: u32 = load %a[1u32][3u32][%i]\nstore %out[%i], %x\n"
        "%y: f32 = load %a[1u32][4u32][%i][%i]\n%yw: u32 = bitcast %y\n%o: u32 = add %i, 5u32\n"
        "store %out[%o], %yw\n%s: u32 = add %i, 90u32\nstore %a[0u32][3u32][%i], %s\n"
        "store %a[%i][1u32], 8f32\nret\n}\n",
        args, 1);
    EXPECT(out, 20, 21, 22, 0, 0, 0x41a00000, 0x41c80000, 0, 0, 0); /* 20, 25 */
    EXPECT(a[0].v, 90, 91, 92);
    EXPECT(a[1].v, 20, 21, 22);
    CHECK(a[0].mass == 8 && a[2].mass == 8 && a[0].m[0][0] == 10, "stores of parts");
}

static void test_composites_in_locals(void) {
    uint32_t out[12] = {0};
    InterpArg args[] = {BYTES(out)};
    /* a constant, insert, construct, a var of arrays in arrays, a loop that carries a form */
    run("form @P { a: u32, on: boolx2, b: array<u32x2, 2> }\n"
        "kernel @k(%out: buffer<u32>) workgroup(4, 1, 1) {\n" INDEX "%p: var<@P> = var\n"
        "store %p, @P(5u32, boolx2(true, false), array<u32x2, 2>(u32x2(1, 2), u32x2(3, 4)))\n"
        "store %p[2u32][%i][1u32], 40u32\nstore %p[1u32][%i], true\n"
        "%b: array<u32x2, 2> = load %p[2u32]\n%b0: u32x2 = extract %b, 0\n%b1: u32x2 = extract %b, "
        "1\n"
        "%x: u32 = extract %b0, 1\n%y: u32 = extract %b1, 1\n%xy: u32 = mul %x, 100u32\n"
        "%r: u32 = add %xy, %y\nstore %out[%i], %r\n"
        "%all: @P = load %p\n%on: boolx2 = extract %all, 1\n%on1: bool = extract %on, 1\n"
        "%w: u32 = convert %on1\n%o: u32 = add %i, 4u32\nstore %out[%o], %w\n"
        "%last: @P = loop (%k: u32 = 0u32, %q: @P = %all) {\n%end: bool = ge %k, %i\n"
        "if %end {\nbreak %q\n} else {\nyield\n}\n%a: u32 = extract %q, 0\n%a2: u32 = mul %a, "
        "3u32\n"
        "%q2: @P = insert %q, %a2, 0\ncontinue %k, %q2\n} continuing (%kk: u32, %qq: @P) {\n"
        "%k1: u32 = add %kk, 1u32\nnext %k1, %qq\n}\n%c: bool = eq %i, 3u32\n"
        "%z: @P = if %c {\nyield zero<@P>\n} else {\nyield %last\n}\n"
        "%za: u32 = extract %z, 0\n%oo: u32 = add %i, 8u32\nstore %out[%oo], %za\nret\n}\n",
        args, 1);
    EXPECT(out, 4004, 240, 204, 204, 0, 1, 0, 0, 5, 15, 45, 0);

    /* as parameter and result of a proc and as a value of the host; more words than a byte counts */
    uint32_t value[4] = {11, 22, 33, 44};
    InterpArg more[] = {BYTES(out), BYTES(value)};
    memset(out, 0, sizeof out);
    run("proc @fill(%n: array<u32, 2>, %at: u32) -> array<u32, 1000> {\n"
        "%v: var<array<u32, 1000>> = var\n%x: u32 = extract %n, 0\n%y: u32 = extract %n, 1\n"
        "store %v[%at], %x\nstore %v[999u32], %y\n%r: array<u32, 1000> = load %v\nret %r\n}\n"
        "kernel @k(%out: buffer<u32>, %p: array<array<u32, 2>, 2>) workgroup(1, 1, 1) {\n"
        "%p1: array<u32, 2> = extract %p, 1\n%all: array<u32, 1000> = call @fill(%p1, 700u32)\n"
        "%a: u32 = extract %all, 700\n%b: u32 = extract %all, 999\n%c: u32 = extract %all, 188\n"
        "store %out[0u32], %a\nstore %out[1u32], %b\nstore %out[2u32], %c\n"
        "%w: array<u32, 1000> = call @fill(%p1, 1000u32)\n%d: u32 = extract %w, 700\n"
        "store %out[3u32], %d\nret\n}\n",
        more, 1);
    EXPECT(out, 33, 44, 0, 0);
}

/* ---- control ---- */

static void test_control(void) {
    /* Fibonacci numbers: both parameters of a round come from those of the one before. */
    uint32_t out[8] = {0};
    InterpArg args[] = {BYTES(out)};
    run("kernel @k(%out: buffer<u32>) workgroup(8, 1, 1) {\n" INDEX
        "%r: u32 = loop (%k: u32 = 0u32, %a: u32 = 0u32, %b: u32 = 1u32) {\n%end: bool = eq %k, "
        "%i\n"
        "if %end {\nbreak %a\n} else {\nyield\n}\n%s: u32 = add %a, %b\ncontinue %k, %b, %s\n"
        "} continuing (%kk: u32, %aa: u32, %bb: u32) {\n%q: u32 = add %kk, 1u32\nnext %q, %aa, "
        "%bb\n}\n"
        "store %out[%i], %r\nret\n}\n",
        args, 1);
    EXPECT(out, 0, 1, 1, 2, 3, 5, 8, 13);

    /* The sum of the odd numbers up to i, counted by a loop in a loop; a `ret` in the middle. */
    memset(out, 0, sizeof out);
    run("kernel @k(%out: buffer<u32>) workgroup(8, 1, 1) {\n" INDEX
        "%six: bool = eq %i, 6u32\nif %six {\nret\n} else {\nyield\n}\n"
        "%r: u32 = loop (%k: u32 = 0u32, %s: u32 = 0u32) {\n%end: bool = gt %k, %i\n"
        "if %end {\nbreak %s\n} else {\nyield\n}\n%bit: u32 = and %k, 1u32\n%even: bool = eq %bit, "
        "0u32\n"
        "if %even {\ncontinue %k, %s\n} else {\nyield\n}\n"
        "%t: u32 = loop (%n: u32 = 0u32, %u: u32 = %s) {\n%full: bool = eq %n, %k\n"
        "%w: u32 = if %full {\nbreak %u\n} else {\n%u1: u32 = add %u, 1u32\nyield %u1\n}\n"
        "continue %n, %w\n} continuing (%nn: u32, %uu: u32) {\n%n1: u32 = add %nn, 1u32\nnext %n1, "
        "%uu\n}\n"
        "continue %k, %t\n} continuing (%kk: u32, %ss: u32) {\n%q: u32 = add %kk, 1u32\nnext %q, "
        "%ss\n}\n"
        "store %out[%i], %r\nret\n}\n",
        args, 1);
    EXPECT(out, 0, 1, 1, 4, 4, 9, 0, 16);

    /* An `if` with results; `select` lane by lane. */
    run("kernel @k(%out: buffer<u32>) workgroup(8, 1, 1) {\n" INDEX
        "%c: bool = lt %i, 4u32\n%x: u32, %y: u32 = if %c {\n%d: u32 = add %i, 10u32\nyield %d, "
        "%i\n"
        "} else {\nyield 1u32, 100u32\n}\n%v: u32x2 = construct %x, %y\n%t: boolx2 = construct %c, "
        "true\n"
        "%s: u32x2 = select %t, %v, u32x2(5, 6)\n%p: u32 = extract %s, 0\n%q: u32 = extract %s, 1\n"
        "%r: u32 = add %p, %q\nstore %out[%i], %r\nret\n}\n",
        args, 1);
    EXPECT(out, 10, 12, 14, 16, 105, 105, 105, 105);
}

static void test_calls(void) {
    uint32_t a[4] = {5, 6, 7, 8}, out[4] = {0};
    InterpArg args[] = {BYTES(a), BYTES(out)};
    run("proc @twice(%x: u32) -> u32 {\n%y: u32 = add %x, %x\nret %y\n}\n"
        "proc @put(%b: buffer<u32>, %at: u32, %x: u32) {\n%big: bool = gt %x, 13u32\n"
        "if %big {\nstore %b[%at], 99u32\nret\n} else {\nyield\n}\n"
        "%y: u32 = call @twice(%x)\nstore %b[%at], %y\nret\n}\n"
        "kernel @k(%a: buffer<u32>, %out: buffer<u32>) workgroup(4, 1, 1) {\n" INDEX
        "%x: u32 = load %a[%i]\n%y: u32 = call @twice(%x)\ncall @put(%out, %i, %y)\n"
        "%z: u32 = call @twice(%y)\ncall @put(%a, %i, %z)\nret\n}\n",
        args, 1);
    EXPECT(out, 20, 24, 99, 99);
    EXPECT(a, 99, 99, 99, 99);
}

/* ---- what must not happen ---- */

#define K(body) "kernel @k(%out: buffer<u32>, %v: f32) workgroup(4, 1, 1) {\n" INDEX body "ret\n}\n"

static void test_undefined(void) {
    static const struct {
        const char *text, *says;
    } rows[] = {
        {K("%a: u32 = sub %i, 2u32\n%b: u32 = div.raw 7u32, %a\n"),
         "invocation (2, 0, 0): `div.raw 7, 0` at test.vir:5:1 is undefined"},
        {K("%a: u32 = rem.raw 7u32, %i\n"), "invocation (0, 0, 0): `rem.raw 7, 0`"},
        {K("%a: i32 = bitcast %i\n%m: i32 = sub 2147483647i32, %a\n%n: i32 = add %m, 2i32\n"
           "%b: i32 = div.raw %n, -1i32\n"),
         "`div.raw -2147483648, -1`"},
        {K("%a: u32 = add %i, 31u32\n%b: u32 = shl.raw 1u32, %a\n"), "(1, 0, 0): `shl.raw 1, 32`"},
        {K("%a: u32 = shr.raw 1u32, 40u32\n"), "`shr.raw 1, 40`"},
        {K("%a: u32 = extract_bits.raw 1u32, %i, 30u32\n"),
         "(3, 0, 0): `extract_bits.raw 1, 3, 30`"},
        {K("%a: u32 = insert_bits.raw 1u32, 2u32, %i, 32u32\n"), "(1, 0, 0): `insert_bits.raw"},
        {K("%n: f32 = div %v, 0.0f32\n%a: u32 = convert.raw %n\n"), "`convert.raw inf`"},
        {K("%a: u32 = extract_at.raw u32x2(3, 4), %i\n"), "(2, 0, 0): `extract_at.raw (3, 4), 2`"},
        {K("%a: u32x2 = insert_at.raw u32x2(3, 4), 1u32, %i\n"), "(2, 0, 0): `insert_at.raw"},
        {K("%a: u32 = load.raw %out[%i]\n"), "(3, 0, 0): `load.raw out, 3`"},
        {K("store.raw %out[%i], 1u32\n"), "(3, 0, 0): `store.raw 1, out, 3`"},
        {K("%l: var<u32x2> = var\n%a: u32 = load.raw %l[%i]\n"), "(2, 0, 0): `load.raw l, 2`"},
        {K("%l: var<u32x2> = var\nstore.raw %l[%i], 1u32\n"), "(2, 0, 0): `store.raw 1, l, 2`"},
        {K("%l: var<array<u32x2, 3>> = var\n%a: u32 = load.raw %l[%i][%i]\n"),
         "(2, 0, 0): `load.raw l, 2, 2`"},
        {K("%l: var<array<array<u32, 2>, 9>> = var\nstore.raw %l[%i][%i], 1u32\n"),
         "(2, 0, 0): `store.raw 1, l, 2, 2`"},
        {K("%c: bool = eq %i, 1u32\nif %c {\nunreachable\n} else {\nyield\n}\n"),
         "(1, 0, 0): `unreachable` at test.vir:6:1 was reached"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t out[3] = {0};
        float v = 1;
        InterpArg args[] = {BYTES(out), {&v, 4}};
        InterpStatus status = run_with(rows[i].text, args, 1, 1, 1, (InterpOptions){0});
        CHECK(status == INTERP_UNDEFINED && strstr(why_text, rows[i].says) != NULL,
              "status %d, \"%s\", not \"%s\"", status, why_text, rows[i].says);
    }
}

static void test_steps(void) {
    static const char text[] = K("loop {\ncontinue\n} continuing {\nnext\n}\n");
    uint32_t out[1];
    float v = 0;
    InterpArg args[] = {BYTES(out), {&v, 4}};
    InterpStatus status = run_with(text, args, 1, 1, 1, (InterpOptions){.max_steps = 1000});
    CHECK(status == INTERP_STEPS && strstr(why_text, "1000") != NULL, "%d: %s", status, why_text);

    /* two instructions and a `ret` for each of four invocations */
    status = run_with(K(""), args, 1, 1, 1, (InterpOptions){.max_steps = 12});
    CHECK(status == INTERP_OK, "%s", why_text);
    status = run_with(K(""), args, 1, 1, 1, (InterpOptions){.max_steps = 11});
    CHECK(status == INTERP_STEPS && strstr(why_text, "(3, 0, 0)") != NULL, "%s", why_text);
}

static void test_misuse(void) {
    uint32_t out[1];
    double v = 0;
    InterpArg wrong_size[] = {BYTES(out), {&v, 8}}, missing[] = {BYTES(out), {NULL, 4}},
              no_memory[] = {{NULL, 4}, {&v, 4}}, empty[] = {{NULL, 0}, {&v, 4}};
    CHECK(run_with(K(""), wrong_size, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE, "size");
    CHECK(strcmp(why_text, "argument 1: 8 bytes for f32, which has 4") == 0, "%s", why_text);
    CHECK(run_with(K(""), missing, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE, "no value");
    CHECK(run_with(K(""), no_memory, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE, "no memory");
    CHECK(run_with(K(""), empty, 1, 1, 1, (InterpOptions){0}) == INTERP_OK, "%s", why_text);
    CHECK(run_with("proc @p() {\nret\n}\n", NULL, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE,
          "a proc");

    Arena arena = {0};
    Text text = {.arena = &arena};
    text_add(&text, "kernel @k(%out: buffer<u32>, %v: f32) workgroup(1, 1, 1) {\n"
                    "%l: var<array<u32, 65536>> = var\n%v0: array<u32, 65536> = load %l\n");
    for (int i = 1; i < 1100; i++) {
        text_printf(&text, "%%v%d: array<u32, 65536> = insert %%v%d, 1u32, 65535\n", i, i - 1);
    }
    text_add(&text, "ret\n}\n");
    CHECK(run_with(text_get(&text), empty, 1, 1, 1, (InterpOptions){0}) == INTERP_MISUSE, "large");
    CHECK(strcmp(why_text, "the values of `k` take too much memory") == 0, "%s", why_text);
    arena_release(&arena);
}

/* ---- fast.def ---- */

static const struct {
    IrOp op;
    IrScalar from, to;
} fast[] = {
#define FAST(OP, FROM, TO, view, result, expression) {OP_##OP, IR_##FROM, IR_##TO},
#include "ir/interp/fast.def"
#undef FAST
};

static const uint32_t EDGES[] = {
    0,          1,          2,          3,          31,         32,         33,
    0x7fffff,   0x800000,   0x3f800000, 0xbf800000, 0x3fc00000, 0x40490fdb, 0x4b7fffff,
    0x4b800001, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001,
    0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
};
enum { EDGE_COUNT = sizeof EDGES / sizeof *EDGES, PAIRS = EDGE_COUNT * EDGE_COUNT };

/* `%y: f32 = …` from element i of a buffer of u32 */
static void put_operand(Text *text, const char *name, IrScalar scalar) {
    const char *type = ir_scalars[scalar].text;
    text_printf(text, "%%%sw: u32 = load %%%s[%%i]\n", name, name);
    if (scalar == IR_BOOL) {
        text_printf(text, "%%%sx: bool = ne %%%sw, 0u32\n", name, name);
    } else if (scalar == IR_U32) {
        text_printf(text, "%%%sx: u32 = or %%%sw, 0u32\n", name, name);
    } else {
        text_printf(text, "%%%sx: %s = bitcast %%%sw\n", name, type, name);
    }
}

static void test_fast_row(IrOp op, IrScalar from, IrScalar to) {
    static uint32_t a[PAIRS], b[PAIRS], out[PAIRS];
    Arena arena = {0};
    Text text = {.arena = &arena};
    bool shift = op == OP_SHL || op == OP_SHR;
    unsigned count = ir_ops[op].operands;
    text_add(&text, "kernel @k(%a: buffer<u32>, %b: buffer<u32>, %out: buffer<u32>) "
                    "workgroup(1, 1, 1) {\n" INDEX);
    put_operand(&text, "a", from);
    put_operand(&text, "b", shift ? IR_U32 : from);
    text_printf(&text, "%%r: %s = %s %%ax%s\n", ir_scalars[to].text, ir_ops[op].text,
                count > 1 ? ", %bx" : "");
    text_printf(&text, "%%w: u32 = %s\nstore %%out[%%i], %%w\nret\n}\n",
                to == IR_BOOL  ? "convert %r"
                : to == IR_U32 ? "or %r, 0u32"
                               : "bitcast %r");
    for (unsigned i = 0; i < PAIRS; i++) {
        a[i] = EDGES[i / EDGE_COUNT];
        b[i] = EDGES[i % EDGE_COUNT];
    }
    InterpArg args[] = {BYTES(a), BYTES(b), BYTES(out)};
    run(text_get(&text), args, PAIRS);
    for (unsigned i = 0; i < PAIRS; i++) {
        uint64_t x = from == IR_BOOL ? a[i] != 0 : a[i], y = from == IR_BOOL ? b[i] != 0 : b[i];
        EvalOperand operands[] = {{ir_scalar(from), &x}, {ir_scalar(shift ? IR_U32 : from), &y}};
        uint64_t want = 0;
        EvalStatus status = ir_eval(op, 0, NULL, ir_scalar(to), count, operands, &want);
        CHECK(status == EVAL_OK && out[i] == want, "%s %s: %#x, %#x gives %#x, not %#x",
              ir_ops[op].text, ir_scalars[from].text, a[i], b[i], out[i], (unsigned)want);
    }
    arena_release(&arena);
}

int main(void) {
    test_ids();
    test_values();
    test_memory();
    test_locals();
    test_composites_in_buffers();
    test_composites_in_locals();
    test_control();
    test_calls();
    test_undefined();
    test_steps();
    test_misuse();
    for (size_t i = 0; i < sizeof fast / sizeof *fast; i++) {
        test_fast_row(fast[i].op, fast[i].from, fast[i].to);
    }
    return report_failures();
}
