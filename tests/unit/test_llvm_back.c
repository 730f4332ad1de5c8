/* What LLVM makes of a function comes back and computes the same: idioms that it knows in other words (rotations, saturation,
 * narrow integers, comparisons of three ways …), values that leave constructs, memory, and what it decides.
 */
#include "tests/unit/pass_unit.h"

/* ---- scalar code: %x and %y are what a buffer holds ---- */

typedef struct {
    const char *types; /* a letter each, see type_names */
    const char *
        code; /* computes %r; T is the type, N its unsigned twin, B bools of as many lanes, U u32 of as many */
} Case;

/* clang-format off */
static const Case cases[] = {
    {"ubwhlv", "%a: T = shl %x, C7\n%b: T = shr %x, CW-7\n%r: T = or %a, %b\n"}, /* rotated */
    {"uv", "%m: U = and %y, C31\n%n: U = sub C32, %m\n%o: U = and %n, C31\n%a: T = shl %x, %m\n%b: T = shr %x, %o\n%r: T = or %a, %b\n"},
    {"ubwhlv", "%s: T = add %x, %y\n%c: B = lt %s, %x\n%r: T = select %c, T(-1), %s\n"}, /* saturated */
    {"ubwhlv", "%c: B = gt %x, %y\n%s: T = sub %x, %y\n%r: T = select %c, %s, T(0)\n"},
    {"isgk", "%c: B = lt %x, T(0)\n%n: T = neg %x\n%r: T = select %c, %n, %x\n"}, /* abs, by hand */
    {"ubwhlvisgk", "%c: B = lt %x, %y\n%r: T = select %c, %x, %y\n"}, /* min, by hand */
    {"ubwhlvisgk", "%c: B = gt %x, %y\n%m: T = select %c, %x, %y\n%r: T = min %m, T(7)\n"},
    {"uv", "%a: T = shl %x, C24\n%r: T = shr %a, C24\n"},
    {"i", "%a: T = shl %x, C24\n%r: T = shr %a, C24\n"}, /* the sign of a byte */
    {"i", "%a: T = shl %x, C17\n%b: T = shr %a, C17\n%c: T = mul %b, %b\n%d: T = shl %c, C9\n%r: T = shr %d, C9\n"},
    {"u", "%a: u32 = shr %x, 24u32\n%b0: u32 = shr %x, 8u32\n%b: u32 = and %b0, 65280u32\n%c0: u32 = shl %x, 8u32\n%c: u32 = and %c0, 16711680u32\n"
          "%d: u32 = shl %x, 24u32\n%e: u32 = or %a, %b\n%f: u32 = or %c, %d\n%r: u32 = or %e, %f\n"}, /* bytes swapped */
    {"uisblw", "%c: B = lt %x, %y\n%d: B = gt %x, %y\n%e: T = convert %d\n%f: T = convert %c\n%r: T = sub %e, %f\n"}, /* three ways */
    {"uisgbwhlk", "%a: T = div %x, T(3)\n%b: T = rem %y, T(8)\n%c: T = div %y, T(16)\n%d: T = add %a, %b\n%r: T = xor %d, %c\n"},
    {"uisgbwhlk", "%a: T = div %x, %y\n%b: T = rem %x, %y\n%r: T = xor %a, %b\n"},
    {"uisgbwhlkv", "%a: T = shl %x, C3\n%b: T = shr %y, C2\n%c: T = mul %a, T(5)\n%d: T = not %b\n%r: T = xor %c, %d\n"},
    {"uisgbwhlk", "%c: B = eq %x, %y\n%d: B = lt %x, T(9)\n%e: B = and %c, %d\n%f: B = not %e\n%g: B = xor %f, %c\n%r: T = convert %g\n"},
    {"uisgbwhlk", "%c: B = ge %x, T(16)\n%d: B = le %y, T(3)\n%e: B = eq %c, %d\n%f: B = ne %e, %d\n%h: B = select %f, %c, %e\n%r: T = convert %h\n"},
    {"ui", "%f: u8 = convert %x\n%h: u8 = add %f, 200u8\n%c: bool = lt %h, 100u8\n%q: T = convert %c\n%n: i8 = convert %y\n%o: i8 = mul %n, 3i8\n%p: T = convert %o\n%r: T = xor %p, %q\n"},
    {"ui", "%a: u16 = convert %x\n%b: u16 = shr %a, 3u32\n%c: u16 = reverse_bits %b\n%d: u16 = clz %c\n%e: u16 = ctz %b\n%g: u16 = popcount %a\n"
           "%h: u16 = add %d, %e\n%k: u16 = add %h, %g\n%r: T = convert %k\n"},
    {"uivlk", "%a: T = popcount %x\n%b: T = clz %y\n%c: T = ctz %x\n%d: T = reverse_bits %y\n%e: T = add %a, %b\n%f: T = add %c, %d\n%r: T = xor %e, %f\n"},
    {"ui", "%a: f32 = bitcast %x\n%b: f32 = neg %a\n%c: f32 = abs %a\n%d: bool = lt %b, %c\n%e: bool = isnan %a\n%f: bool = or %d, %e\n%g: bool = isinf %c\n%h: bool = ne %f, %g\n%r: T = convert %h\n"},
    {"ulvik", "%a: T = rem %x, T(8)\n%b: T = mul %a, T(16)\n%c: T = shl %y, C5\n%d: T = and %c, T(100)\n%e: T = add %c, %b\n%r: T = xor %d, %e\n"}, /* masked and scaled */
    {"ulvik", "%c: T = shl %y, C5\n%r: T = and %c, T(-100)\n"},
    {"uisgbwhlkv", "%c: B = lt %x, %y\n%d: B = ge %x, %y\n%n: T = not %y\n%e: T = select %c, %y, %n\n%f: T = select %d, %x, T(0)\n%g: T = select %c, T(-1), %x\n"
                   "%h: T = sub %e, %f\n%r: T = mul %h, %g\n"}, /* a choice that LLVM makes a mask of */
    {"fe", "%a: T = add %x, %y\n%b: T = sub %a, %y\n%c: T = mul %b, T(2)\n%d: B = le %c, %x\n%e: B = not %d\n%r: T = select %e, %c, %x\n"},
    {"fe", "%c: B = lt %x, %y\n%r: T = select %c, %x, %y\n"},
    {"fe", "%c: B = eq %x, %x\n%d: B = ne %y, %y\n%e: B = and %c, %d\n%r: T = select %e, T(1), T(3)\n"},
    {"f", "%a: i32 = convert %x\n%b: u32 = convert %y\n%c: u32 = bitcast %a\n%d: u32 = xor %c, %b\n%r: f32 = convert %d\n"},
    {"f", "%a: T = floor %x\n%b: T = ceil %y\n%c: T = round %a\n%d: T = trunc %b\n%e: T = min %c, %d\n%r: T = max %e, T(-7)\n"},
    {"f", "%a: T = div.precise %x, T(4)\n%b: T = mul.fast %a, T(4)\n%c: T = rem %y, T(3)\n%r: T = fma %b, T(2), %c\n"},
    {"uiv", "%a: T = extract_bits %x, 3u32, 9u32\n%r: T = insert_bits %y, %a, 20u32, 8u32\n"},
};
/* clang-format on */

typedef struct {
    char letter;
    const char *name, *bools, *counts;
    unsigned width;
} TypeRow;

static const TypeRow type_rows[] = {
    {'u', "u32", "bool", "u32", 32}, {'i', "i32", "bool", "u32", 32},
    {'b', "u8", "bool", "u32", 8},   {'s', "i8", "bool", "u32", 8},
    {'w', "u16", "bool", "u32", 16}, {'h', "u16x2", "boolx2", "u32x2", 16},
    {'g', "i16", "bool", "u32", 16}, {'l', "u64", "bool", "u32", 64},
    {'k', "i64", "bool", "u32", 64}, {'v', "u32x3", "boolx3", "u32x3", 32},
    {'f', "f32", "bool", "u32", 32}, {'e', "f32x2", "boolx2", "u32x2", 32},
};

static const TypeRow *row_of(char letter) {
    const TypeRow *row = type_rows;
    while (row->letter != letter) {
        row++;
    }
    return row;
}

/* A constant of a type, in every lane, as the text form writes it. */
static void constant(Text *out, const char *type, long number) {
    const char *lanes = strrchr(type, 'x');
    int count = lanes != NULL ? atoi(lanes + 1) : 1;
    const char *start = count > 1 ? "(" : "";
    bool is_unsigned = type[0] == 'u';
    char one[32];
    unsigned bits = (unsigned)atoi(type + 1);
    if (number < 0 && is_unsigned) {
        snprintf(one, sizeof one, "%llu", bits == 64 ? ~0ull : (1ull << bits) - 1);
    } else {
        snprintf(one, sizeof one, "%ld", number);
    }
    if (count == 1) {
        text_printf(out, "%s%s", one, type);
        return;
    }
    text_printf(out, "%s%s", type, start);
    for (int i = 0; i < count; i++) {
        text_printf(out, "%s%s", i > 0 ? ", " : "", one);
    }
    text_add(out, ")");
}

/* The code with its types: T, T(number), B, U, and C7, CW-7 for counts. */
static const char *code_of(Arena *arena, const char *code, const TypeRow *row) {
    Text out = {.arena = arena};
    while (*code != '\0') {
        bool word = out.length > 0 && code[-1] == (char)32;
        if (word && code[0] == 'T' && code[1] == '(') {
            char *end;
            constant(&out, row->name, strtol(code + 2, &end, 10));
            code = end + 1;
        } else if (word && code[0] == 'T') {
            text_add(&out, row->name);
            code++;
        } else if (word && code[0] == 'B') {
            text_add(&out, row->bools);
            code++;
        } else if (word && code[0] == 'U') {
            text_add(&out, row->counts);
            code++;
        } else if (word && code[0] == 'C') {
            bool rest = code[1] == 'W';
            char *end;
            long number = strtol(code + (rest ? 2 : 1), &end, 10);
            constant(&out, row->counts, rest ? (long)row->width + number : number);
            code = end;
        } else {
            text_char(&out, *code++);
        }
    }
    return text_get(&out);
}

static const char *const roads[] = {
    "llvm",
    "llvm lower_wide_bits lower_bits lower_int_div lower_shift lower_convert lower_float_rem",
    "lower_wide_bits lower_bits lower_bounds lower_small_ints opt_cse opt_control llvm opt_fold",
};

static void check_roads(const char *text) {
    for (size_t i = 0; i < sizeof roads / sizeof *roads; i++) {
        check_same(text, roads[i], INT_COUNT, INT_COUNT);
    }
}

static void test_scalars(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (const char *letter = cases[i].types; *letter != '\0'; letter++) {
            Arena arena = {0};
            const TypeRow *row = row_of(*letter);
            const char *code = code_of(&arena, cases[i].code, row);
            char *text = arena_printf(
                &arena,
                "kernel @k(%%in: buffer<%s>, %%out: buffer<%s>) workgroup(1, 1, 1) {\n"
                "%%id: u32x3 = builtin global_id\n%%i: u32 = extract %%id, 0\n"
                "%%j: u32 = add %%i, 5u32\n%%x: %s = load %%in[%%i]\n%%y: %s = load %%in[%%j]\n%s"
                "store %%out[%%i], %%r\nret\n}\n",
                row->name, row->name, row->name, row->name, code);
            what = text;
            check_roads(text);
            arena_release(&arena);
        }
    }
}

/* ---- control ---- */

#define HEAD                                                                                       \
    "kernel @k(%in: buffer<i32>, %out: buffer<i32>) workgroup(1, 1, 1) {\n"                        \
    "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n%x: i32 = load %in[%i]\n"
#define TAIL "store %out[%i], %r\nret\n}\n"

static const char *const controls[] = {
    /* a value of an arm that alone comes back, used behind it */
    HEAD
    "%c: bool = lt %x, 9i32\nif %c {\nstore %out[%i], 3i32\nret\n} else {\n%a: i32 = mul %x, 7i32\n"
    "store %out[0u32], %a\nyield\n}\n%r: i32 = mul %x, 7i32\n" TAIL,
    /* values of the body after the loop, of the body in the continuing part */
    HEAD "%r: i32 = loop (%k: i32 = 0i32, %s: i32 = %x) {\n%t: i32 = add %s, 1i32\n%u: i32 = mul "
         "%t, %t\n"
         "%d: bool = ge %k, 5i32\nif %d {\n%w: i32 = xor %u, %t\nbreak %w\n} else "
         "{\nyield\n}\ncontinue %u\n"
         "} continuing (%v: i32) {\n%k2: i32 = add %v, 1i32\nnext %k2, %v\n}\n" TAIL,
    /* the same twice inside each other, and a return in the middle */
    HEAD
    "%r: i32 = loop (%k: i32 = 0i32, %s: i32 = %x) {\n%e: bool = gt %k, 6i32\nif %e {\nbreak "
    "%s\n} else {\nyield\n}\n"
    "%m: i32 = loop (%n: i32 = %k) {\n%o: i32 = mul %n, 3i32\n%f: bool = gt %o, 20i32\nif %f "
    "{\nbreak %o\n} else {\nyield\n}\n"
    "%h: bool = eq %o, 99i32\nif %h {\nstore %out[%i], %o\nret\n} else "
    "{\nyield\n}\ncontinue %n\n} continuing (%nc: i32) {\n"
    "%n2: i32 = add %nc, 1i32\nnext %n2\n}\n%s2: i32 = xor %s, %m\ncontinue %s2, %k\n} continuing "
    "(%z: i32, %kc: i32) {\n"
    "%k2: i32 = add %kc, 1i32\nnext %k2, %z\n}\n" TAIL,
    /* no one continues; no one comes out */
    HEAD "%r: i32 = loop (%k: i32 = %x) {\n%a: i32 = add %k, 1i32\nbreak %a\n} continuing {\nnext "
         "0i32\n}\n" TAIL,
    HEAD "%c: bool = lt %x, 9i32\nif %c {\nstore %out[%i], 3i32\nret\n} else {\nstore %out[%i], "
         "4i32\nret\n}\nunreachable\n}\n",
    /* what is decided: the second condition follows from the first, and one from the range of a built-in value */
    HEAD "%l: u32 = builtin local_index\n%c: bool = lt %l, 2u32\n%p: i32 = if %c {\n%d: bool = lt "
         "%l, 5u32\n%q: i32 = if %d {\n"
         "yield 1i32\n} else {\nyield %x\n}\nyield %q\n} else {\nyield 8i32\n}\n%r: i32 = add %p, "
         "%x\n" TAIL,
    /* memory: a local that is new in every round, loads that may and may not move */
    HEAD "%t: i32 = load %in[2u32]\n%r: i32 = loop (%k: u32 = 0u32, %s: i32 = 0i32) {\n%d: bool = "
         "ge %k, 4u32\nif %d {\nbreak %s\n} else {\n"
         "yield\n}\n%v: var<array<i32, 4>> = var\n%o: i32 = load %v[%k]\nstore %v[%k], %x\n%w: i32 "
         "= load %v[%k]\n%u: i32 = load %in[2u32]\n"
         "store %out[%k], %w\n%y: i32 = load %out[%k]\n%a: i32 = add %s, %w\n%b: i32 = add %a, "
         "%o\n%e: i32 = add %b, %u\n%f: i32 = xor %e, %y\n"
         "continue %f, %k\n} continuing (%z: i32, %kc: u32) {\n%k2: u32 = add %kc, 1u32\nnext %k2, "
         "%z\n}\n" TAIL,
    /* a composite carried around */
    HEAD "%m: array<i32, 2> = construct %x, 3i32\n%n: array<i32, 2> = loop (%k: u32 = 0u32, %s: "
         "array<i32, 2> = %m) {\n%d: bool = ge %k, 4u32\n"
         "if %d {\nbreak %s\n} else {\nyield\n}\n%e: i32 = extract %s, 0\n%f: i32 = add %e, "
         "1i32\n%h: array<i32, 2> = insert %s, %f, 1\ncontinue %h, %k\n"
         "} continuing (%z: array<i32, 2>, %kc: u32) {\n%k2: u32 = add %kc, 1u32\nnext %k2, "
         "%z\n}\n%p: i32 = "
         "extract %n, 1\n%q: i32 = extract %n, 0\n"
         "%r: i32 = xor %p, %q\n" TAIL,
    /* vectors taken apart and put together */
    HEAD "%v: i32x4 = construct %x, 1i32, %x, 2i32\n%w: i32x4 = swizzle %v, 3, 2, 1, 0\n%s: i32x4 "
         "= add %v, %w\n%y: i32x2 = swizzle %s, 2, 0\n"
         "%z: i32x3 = construct %y, %x\n%b: i32x3 = insert %z, 5i32, 1\n%c: i32 = extract_at %s, "
         "%i\n%d: i32x4 = insert_at %s, %c, %i\n%e: i32 = extract %d, 1\n"
         "%f: i32 = extract %b, 0\n%h: i32 = xor %e, %f\n%r: i32 = add %h, %c\n" TAIL,
};

static void test_control(void) {
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        what = controls[i];
        check_roads(controls[i]);
    }
}

/* ---- what becomes better ---- */

typedef struct {
    const char *text, *op;
    unsigned before, after;
} Count;

#define CHOICE                                                                                     \
    "kernel @k(%in: buffer<u32>, %out: buffer<u32>) workgroup(64, 1, 1) {\n%a: u32 = load "        \
    "%in[0u32]\n%b: u32 = and %a, 1u32\n%c: bool = eq %b, 1u32\n"                                  \
    "%v: u32x4 = subgroup_ballot %c\n%x: u32 = extract %v, 0\n"                                    \
    "%n: u32 = not %x\n%r: u32 = select %c, %x, %n\nstore %out[0u32], %r\nret\n}\n"

static const Count counts[] = {
    /* a check that the range of local_index proves */
    {"kernel @k(%out: buffer<i32>) workgroup(64, 1, 1) {\n%l: u32 = builtin local_index\n%c: bool "
     "= lt %l, 64u32\n"
     "if %c {\nstore.raw %out[0u32], 1i32\nyield\n} else {\nyield\n}\nret\n}\n",
     "if", 1, 0},
    /* one below another */
    {"kernel @k(%out: buffer<i32>, %n: u32) workgroup(64, 1, 1) {\n%id: u32x3 = builtin "
     "global_id\n%i: u32 = extract %id, 0\n"
     "%c: bool = lt %i, %n\nif %c {\n%j: u32 = shr %i, 1u32\n%d: bool = lt %j, %n\nif %d "
     "{\nstore.raw %out[%j], 1i32\nyield\n} else {\n"
     "yield\n}\nyield\n} else {\nyield\n}\nret\n}\n",
     "if", 2, 1},
    /* a load that no store in the loop touches, above it */
    {"kernel @k(%in: buffer<i32>, %out: buffer<i32>) workgroup(64, 1, 1) {\nloop (%k: u32 = 0u32) "
     "{\n%a: i32 = load %in[3u32]\n"
     "%b: i32 = load %in[3u32]\n%c: i32 = add %a, %b\nstore %out[%k], %c\n%d: bool = ge %k, "
     "9u32\nif %d {\nbreak\n} else {\nyield\n}\n"
     "continue %k\n} continuing (%kc: u32) {\n%k2: u32 = add %kc, 1u32\nnext %k2\n}\nret\n}\n",
     "load", 2, 1},
    /* barriers and what is behind them stay */
    {"kernel @k(%in: buffer<i32>, %out: buffer<i32>) workgroup(64, 1, 1) {\n%a: i32 = load "
     "%in[3u32]\nbarrier\n%b: i32 = load %in[3u32]\n"
     "barrier\n%c: i32 = sub %a, %b\nstore %out[0u32], %c\nstore %in[3u32], %c\nret\n}\n",
     "load", 2, 2},
    {"kernel @k(%out: buffer<u32>) workgroup(64, 1, 1) {\n%a: u32 = subgroup_add 1u32\n%b: u32 = "
     "subgroup_add 1u32\n"
     "%c: u32 = sub %a, %b\nstore %out[0u32], %c\nret\n}\n",
     "subgroup_add", 2, 2},
    /* a sum whose bits do not meet stays one: an offset, to the compilers behind us */
    {"kernel @k(%in: buffer<u32>, %out: buffer<u32>) workgroup(64, 1, 1) {\n%a: u32 = load "
     "%in[0u32]\n%b: u32 = shl %a, 4u32\n%c: u32 = add %b, 3u32\nstore %out[0u32], %c\nret\n}\n",
     "add", 1, 1},
    /* a choice of bits stays one, without a mask, and by the comparison that is there already */
    {CHOICE, "xor", 0, 0},
    {CHOICE, "select", 1, 1},
    {CHOICE, "eq", 1, 0},
    /* of floats, >= is not the contrary of < */
    {"kernel @k(%in: buffer<f32>, %out: buffer<f32>) workgroup(64, 1, 1) {\n%x: f32 = load "
     "%in[0u32]\n%y: f32 = load %in[1u32]\n"
     "%c: bool = ge %x, %y\n%d: bool = lt %x, %y\n%e: f32 = select %c, %x, 5f32\n%f: f32 = select "
     "%d, %y, 30f32\n"
     "%r: f32 = mul %e, %f\nstore %out[0u32], %r\nret\n}\n",
     "lt", 1, 1},
    /* precise sums are not put together */
    {"kernel @k(%in: buffer<f32>, %out: buffer<f32>) workgroup(64, 1, 1) {\n%a: f32 = load "
     "%in[0u32]\n%b: f32 = add.precise %a, 1f32\n"
     "%c: f32 = sub.precise %b, 1f32\nstore %out[0u32], %c\nret\n}\n",
     "add.precise", 1, 2},
};

static void test_better(void) {
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        Unit *unit = open_text(counts[i].text);
        unsigned before = count_op(unit, counts[i].op);
        CHECK(run_passes(unit, "llvm opt_fold opt_cse opt_dce"), "%s", counts[i].text);
        unsigned after = count_op(unit, counts[i].op);
        CHECK(before == counts[i].before && after == counts[i].after, "%s: %u to %u\n%s",
              counts[i].op, before, after, printed_now(unit));
        close_unit(unit);
    }
}

/* A remainder that is scaled is masked, then scaled: the factor stays outermost. */
static void test_scaled_remainder(void) {
    Unit *unit = open_text("kernel @k(%in: buffer<u32>, %out: buffer<u32>) workgroup(64, 1, 1) {\n"
                           "%a: u32 = load %in[0u32]\n%b: u32 = rem %a, 2u32\n"
                           "%c: u32 = mul %b, 16u32\nstore %out[0u32], %c\nret\n}\n");
    CHECK(run_passes(unit, "llvm opt_fold opt_cse opt_dce"), "passes");
    const char *text = printed_now(unit);
    const char *mask = strstr(text, ", 1u32\n"), *scale = strstr(text, ", 4u32\n");
    CHECK(mask != NULL && scale != NULL && mask < scale, "%s", text);
    CHECK(count_op(unit, "and") == 1 && count_op(unit, "shl.raw") == 1, "%s", text);
    close_unit(unit);
}

/* The bits of a float are not taken for the float: a device may lose denormal numbers by `abs` and `neg`. */
static void test_bits_of_floats(void) {
    Unit *unit = open_text("kernel @k(%in: buffer<f32>, %out: buffer<u32>) workgroup(64, 1, 1) {\n"
                           "%a: f32 = load %in[0u32]\n%b: u32 = bitcast %a\n"
                           "%c: u32 = and %b, 2147483647u32\n%d: u32 = xor %b, 2147483648u32\n"
                           "%e: u32 = or %b, 2147483648u32\n%f: u32 = sub %c, %d\n"
                           "%g: u32 = sub %f, %e\nstore %out[0u32], %g\nret\n}\n");
    CHECK(run_passes(unit, "llvm opt_fold opt_cse opt_dce"), "passes");
    static const char *const ops[] = {"abs", "neg", "copysign", "abs.precise", "neg.precise"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        CHECK(count_op(unit, ops[i]) == 0, "%s", printed_now(unit));
    }
    CHECK(count_op(unit, "bitcast") == 1, "%s", printed_now(unit));
    close_unit(unit);
}

int main(void) {
    test_scalars();
    test_control();
    test_better();
    test_scaled_remainder();
    test_bits_of_floats();
    return report_failures();
}
