/* The text form: print ∘ parse is the identity on texts with every op, and no text crashes the parser, keeps it
 * long, or is taken and printed as something that reads differently.
 */
#include <time.h>

#include "tests/unit/ir_unit.h"

/* ---- print ∘ parse = identity ---- */

static const char *const good[] = {
    /* the ops on values */
    "proc @numbers(%i: i32x2, %u: u32x2, %n: u32, %h: f16, %f: f32, %v: f32x3, %c: bool) -> f32 {\n"
    "    %0: i32x2 = neg %i\n"
    "    %1: f32 = add.precise %f, 1.5f32\n"
    "    %2: f32 = sub.fast %f, -0f32\n"
    "    %3: u32x2 = mul %u, u32x2(3, 4)\n"
    "    %4: i32x2 = div.raw %i, i32x2(-1, 2147483647)\n"
    "    %5: f32 = rem %f, 1e-10f32\n"
    "    %6: i32x2 = abs %0\n"
    "    %7: f16 = min %h, 65504f16\n"
    "    %8: f32x3 = max %v, f32x3(0.1, -1e+20, bits<f32>(0x7fc00000))\n"
    "    %9: bool = not %c\n"
    "    %10: bool = and %c, true\n"
    "    %11: boolx2 = or boolx2(true, false), boolx2(false, false)\n"
    "    %12: u32 = xor %n, 4294967295u32\n"
    "    %13: i32x2 = shl %i, %u\n"
    "    %14: i32x2 = shr.raw %13, u32x2(31, 0)\n"
    "    %15: u32 = popcount %n\n"
    "    %16: u32 = clz %15\n"
    "    %17: u32 = ctz %16\n"
    "    %18: u32 = reverse_bits %17\n"
    "    %19: u32 = extract_bits %18, 3u32, %n\n"
    "    %20: u32 = insert_bits.raw %19, %18, 1u32, 2u32\n"
    "    %21: bool = eq %c, %9\n"
    "    %22: boolx2 = ne %i, %14\n"
    "    %23: bool = lt %f, bits<f32>(0xff800000)\n"
    "    %24: bool = le %h, -1.5f16\n"
    "    %25: bool = gt %n, %20\n"
    "    %26: boolx3 = ge %v, %8\n"
    "    %27: f32x3 = select %26, %v, f32x3(1, 2, 3)\n"
    "    %28: bool = all %26\n"
    "    %29: bool = any %11\n"
    "    %30: bool = isnan %f\n"
    "    %31: boolx3 = isinf %27\n"
    "    %32: u32 = convert %f\n"
    "    %33: f32 = bitcast %32\n"
    "    %34: f32x4 = construct %33, %v\n"
    "    %35: f32 = extract %34, 3\n"
    "    %36: f32x4 = insert %34, %35, 0\n"
    "    %37: f32 = extract_at.raw %36, 2u32\n"
    "    %38: f32x4 = insert_at %36, %37, %n\n"
    "    %39: f32x3 = swizzle %38, 3, 3, 0\n"
    "    %40: f32 = dot.fast %39, %v\n"
    "    ret %40\n"
    "}\n",
    "proc @functions(%x: f32, %d: f64) -> f64 {\n"
    "    %0: f32 = floor %x\n"
    "    %1: f32 = ceil %0\n"
    "    %2: f32 = round %1\n"
    "    %3: f32 = trunc %2\n"
    "    %4: f32 = sqrt.precise %3\n"
    "    %5: f32 = rsqrt %4\n"
    "    %6: f32 = exp %5\n"
    "    %7: f32 = exp2 %6\n"
    "    %8: f32 = log %7\n"
    "    %9: f32 = log2 %8\n"
    "    %10: f32 = sin %9\n"
    "    %11: f32 = cos %10\n"
    "    %12: f32 = tan %11\n"
    "    %13: f32 = asin %12\n"
    "    %14: f32 = acos %13\n"
    "    %15: f32 = atan %14\n"
    "    %16: f32 = sinh %15\n"
    "    %17: f32 = cosh %16\n"
    "    %18: f32 = tanh %17\n"
    "    %19: f32 = pow %18, 1e-45f32\n"
    "    %20: f32 = atan2 %19, 3.4028235e+38f32\n"
    "    %21: f32 = fma %20, 0.33333334f32, 16777216f32\n"
    "    %22: f64 = fma %d, 0.1f64, 1.7976931348623157e+308f64\n"
    "    %23: f64 = add %22, bits<f64>(0x7ff8000000000001)\n"
    "    %24: i64 = convert.raw %23\n"
    "    %25: i64 = min %24, -9223372036854775808i64\n"
    "    %26: u64 = bitcast %25\n"
    "    %27: u64 = max %26, 18446744073709551615u64\n"
    "    %28: u8 = convert %27\n"
    "    %29: u8 = add %28, 255u8\n"
    "    %30: i8 = bitcast %29\n"
    "    %31: i8 = sub %30, -128i8\n"
    "    ret %23\n"
    "}\n",
    /* memory, control, names that are met twice, calls of what comes later */
    "/// Adds,\n"
    "///\n"
    "///   and more.\n"
    "kernel @add(%a: buffer<f32>, %b: buffer<f32x4>, %n: u32) workgroup(64, 2, 1) {\n"
    "    %0: u32x3 = builtin global_id\n"
    "    %1: u32 = builtin local_index\n"
    "    %i: u32 = extract %0, 0\n"
    "    %i.1: u32 = len %b\n"
    "    %x: f32 = load %a[%i]\n"
    "    %lane: f32 = load.raw %b[%i][3u32]\n"
    "    %v: var<f32x2> = var\n"
    "    %whole: f32x2 = load %v\n"
    "    store %v, f32x2(1, 2)\n"
    "    store.raw %v[1u32], %lane\n"
    "    %y: f32 = call @twice(%x, %a)\n"
    "    call @nothing()\n"
    "    store %a[%i.1], %y\n"
    "    ret\n"
    "}\n"
    "\n"
    "proc @twice(%x: f32, %a: buffer<f32>) -> f32 {\n"
    "    %c: bool = lt %x, 0f32\n"
    "    %r: f32, %0: bool = if %c {\n"
    "        yield 1.5f32, true\n"
    "    } else {\n"
    "        ret %x\n"
    "    }\n"
    "    %acc: f32, %n: u32 = loop (%s: f32 = %r, %k: u32 = 0u32) {\n"
    "        %d: bool = ge %k, 10u32\n"
    "        if %d {\n"
    "            break %s, %k\n"
    "        } else {\n"
    "            yield\n"
    "        }\n"
    "        continue %k, 3i32\n"
    "    } continuing (%m: u32, %1: i32) {\n"
    "        %k2: u32 = add %m, 1u32\n"
    "        next %x, %k2\n"
    "    }\n"
    "    loop.unroll {\n"
    "        ret %acc\n"
    "    } continuing {\n"
    "        next\n"
    "    }\n"
    "    unreachable\n"
    "}\n"
    "\n"
    "proc @nothing() {\n"
    "    ret\n"
    "}\n",
    /* positions: of everything, of nothing, of some */
    "kernel @k(%a: buffer<u32>) workgroup(1, 1, 1) !3:1 {\n"
    "    %0: u32 = len %a !4:13\n"
    "    %1: bool = eq %0, 0u32\n"
    "    if %1 !120:5 {\n"
    "        yield !4:14\n"
    "    } else {\n"
    "        yield\n"
    "    }\n"
    "    loop (%i: u32 = 0u32) !7:70 {\n"
    "        break\n"
    "    } continuing {\n"
    "        next 0u32 !7:1\n"
    "    }\n"
    "    ret !1:1\n"
    "}\n",
    /* memory of the workgroup, atomics, specialization constants, invocations together, debugging */
    "form @Bin { count: atomic<u32>, sum: atomic<f32> }\n"
    "/// Threads of a workgroup.\n"
    "spec @BLOCK(3): u32 = 64u32\n"
    "spec @fast(0): bool = true\n"
    "\n"
    "kernel @k(%bins: buffer<@Bin>, %n: buffer<atomic<i32>>) workgroup(@BLOCK, 2, 1) "
    "subgroup_size(32) {\n"
    "    %BLOCK: u32 = spec @BLOCK\n"
    "    %tile: shared<array<f32, 64>> = shared %BLOCK\n"
    "    %raw: shared<array<f32, 64>> = shared uninitialized\n"
    "    %total: shared<atomic<u32>> = shared\n"
    "    %0: u32 = atomic_load %total\n"
    "    atomic_store %total, 1u32\n"
    "    %1: f32 = atomic_add %bins[%0][1u32], 1.5f32\n"
    "    %2: u32 = atomic_sub.raw %bins[%0][0u32], %0\n"
    "    %3: i32 = atomic_min %n[%2], -1i32\n"
    "    %4: i32 = atomic_max %n[%2], %3\n"
    "    %5: i32 = atomic_and %n[%2], %3\n"
    "    %6: i32 = atomic_or %n[%2], %3\n"
    "    %7: i32 = atomic_xor %n[%2], %3\n"
    "    %8: i32 = atomic_exchange %n[%2], %3\n"
    "    %9: i32 = atomic_compare_exchange %n[%2], 5i32, %3\n"
    "    barrier\n"
    "    subgroup_barrier\n"
    "    %10: f32 = subgroup_add %1\n"
    "    %11: f32x2 = subgroup_mul f32x2(1, 2)\n"
    "    %12: i32 = subgroup_min %9\n"
    "    %13: i32 = subgroup_max %9\n"
    "    %14: i32 = subgroup_and %9\n"
    "    %15: i32 = subgroup_or %9\n"
    "    %16: i32 = subgroup_xor %9\n"
    "    %17: f32 = subgroup_inclusive_add %10\n"
    "    %18: f32 = subgroup_exclusive_add %10\n"
    "    %19: f32 = subgroup_inclusive_mul %10\n"
    "    %20: f32 = subgroup_exclusive_mul %10\n"
    "    %21: f32 = subgroup_broadcast %10, 3u32\n"
    "    %22: f32 = subgroup_broadcast_first %10\n"
    "    %23: f32 = subgroup_shuffle %10, %0\n"
    "    %24: f32 = subgroup_shuffle_xor %10, 1u32\n"
    "    %25: f32 = subgroup_shuffle_up %10, 1u32\n"
    "    %26: f32 = subgroup_shuffle_down %10, 1u32\n"
    "    %27: bool = spec @fast\n"
    "    %28: bool = subgroup_any %27\n"
    "    %29: bool = subgroup_all %27\n"
    "    %30: u32x4 = subgroup_ballot %27\n"
    "    %31: bool = subgroup_elect\n"
    "    %part: ref<f32> = ref %tile[%0]\n"
    "    call @set(%part)\n"
    "    print \"a \\{\\} \\\"b\\\" \\\\ {}, {}\\n\", %30, %28\n"
    "    print \"only\"\n"
    "    assert \"must hold\", %28\n"
    "    ret\n"
    "}\n"
    "\n"
    "proc @set(%p: ref<f32>) noinline {\n"
    "    store %p, 1f32\n"
    "    ret\n"
    "}\n",
    "",
};

static bool seen[OP_COUNT];

static void see(IrInst *inst, void *data) {
    (void)data;
    seen[inst->op] = true;
}

static void test_identity(void) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bool positions = strchr(good[i], '!') != NULL;
        Unit *u = open_unit(good[i], strlen(good[i]), positions);
        CHECK(u->module != NULL, "%s", first_error(u));
        if (u->module != NULL) {
            CHECK(strcmp(u->printed, good[i]) == 0, "%s\nbecame\n%s", good[i], u->printed);
            for (IrFunction *f = u->module->functions; f != NULL; f = f->next) {
                ir_walk(&f->body, see, NULL);
            }
        }
        close_unit(u);

        /* its own places written out are read back as they are */
        u = open_unit(good[i], strlen(good[i]), true);
        if (u->module != NULL) {
            Unit *again = open_unit(u->printed, strlen(u->printed), true);
            CHECK(again->module != NULL && strcmp(u->printed, again->printed) == 0, "%s",
                  u->printed);
            close_unit(again);
        }
        close_unit(u);
    }
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) {
        CHECK(seen[op], "no text has `%s`", ir_ops[op].text);
    }
}

/* Other spellings of the same. */
static void test_spelling(void) {
    static const char *const texts[][2] = {
        {"proc@f()->u32{ret 007u32}// end", "proc @f() -> u32 {\n    ret 7u32\n}\n"},
        {"proc @f(%7: f32) {\r\n\t%x: f32 = add %7, 100e-2f32 // note\r\n ret }",
         "proc @f(%0: f32) {\n    %x: f32 = add %0, 1f32\n    ret\n}\n"},
        {"// comment\n/// one\n// comment\n///two\nproc @f() { /// three\n ret }",
         "/// one\n/// two\nproc @f() {\n    ret\n}\n"},
        {"proc @f() -> f32x2 { ret f32x2(1f32, bits<f32>(0x40000000)) }",
         "proc @f() -> f32x2 {\n    ret f32x2(1, 2)\n}\n"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Unit *u = open_unit(texts[i][0], strlen(texts[i][0]), false);
        CHECK(u->module != NULL && strcmp(u->printed, texts[i][1]) == 0, "%s\n%s", texts[i][0],
              u->module != NULL ? u->printed : first_error(u));
        close_unit(u);
    }
}

/* Names that are met again get a number, and none of the others' names. */
static void test_names(void) {
    static const char text[] = "proc @f(%x: f32) {\n%a: f32 = neg %x\n%x.1: f32 = neg %a\n"
                               "%b: f32 = neg %x.1\n%c: f32 = neg %b ret }";
    Unit *u = open_unit(text, strlen(text), false);
    for (const char *c = "abc"; *c != '\0'; c++) {
        for (IrInst *inst = u->module->functions->body.first; inst->next != NULL;
             inst = inst->next) {
            if (inst->results[0]->name == name_bytes(&u->names, c, 1)) {
                inst->results[0]->name = name_of(&u->names, "x");
            }
        }
    }
    Text out = {.arena = &u->arena};
    ir_print(&out, u->module, NULL);
    CHECK(strcmp(text_get(&out), "proc @f(%x: f32) {\n    %x.1: f32 = neg %x\n"
                                 "    %x.1.1: f32 = neg %x.1\n    %x.2: f32 = neg %x.1.1\n"
                                 "    %x.3: f32 = neg %x.2\n    ret\n}\n") == 0,
          "%s", text_get(&out));
    close_unit(u);
}

/* ---- hostile texts ---- */

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n) { /* xorshift32 (Marsaglia 2003) */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

/* Whatever the text: no crash; what is taken prints to something that is read back the same. */
static void attack(const char *text, size_t length) {
    Unit *u = open_unit(text, length, false);
    if (u->module != NULL) {
        Unit *again = open_unit(u->printed, strlen(u->printed), false);
        CHECK(again->module != NULL && strcmp(u->printed, again->printed) == 0, "%s", u->printed);
        close_unit(again);
    }
    close_unit(u);
}

static void attack_repeated(const char *head, const char *part, size_t times, const char *tail) {
    Arena arena = {0};
    Text text = {.arena = &arena};
    text_add(&text, head);
    for (size_t i = 0; i < times; i++) {
        text_add(&text, part);
    }
    text_add(&text, tail);
    clock_t start = clock();
    attack(text_get(&text), text.length);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    CHECK(seconds < 5, "%.1f s for %zu times \"%s\"", seconds, times, part);
    arena_release(&arena);
}

static void test_hostile(void) {
    char text[4096];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t length = strlen(good[i]);
        for (size_t cut = 0; cut < length; cut++) {
            attack(good[i], cut);
        }
        for (int k = 0; k < 2000 && length > 0 && length <= sizeof text; k++) { /* changed bytes */
            memcpy(text, good[i], length);
            for (uint32_t n = 1 + random_below(3); n > 0; n--) {
                text[random_below((uint32_t)length)] =
                    k % 2 == 0 ? (char)random_below(256) : good[i][random_below((uint32_t)length)];
            }
            attack(text, length);
        }
    }
    for (int k = 0; k < 2000; k++) { /* noise */
        size_t length = random_below(200);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)random_below(k % 2 == 0 ? 256 : 128);
        }
        attack(text, length);
    }
    for (int k = 0; k < 2000; k++) { /* words in any order */
        static const char *const words[] = {
            "proc ", "@f",     "kernel ", "(",   ")",   "{",      "}",    "%a",    ": f32",
            " = ",   "add ",   "%0",      ", ",  "if ", " else ", "ret ", "loop ", " continuing ",
            "next ", "yield ", "5u32 ",   "[",   "]",   "store ", "bits", "<",     ">",
            "f32x2", "!1:1 ",  "///x\n",  "-> ", "u32", "call ",  "1e",   "-",     "\n"};
        size_t length = 0;
        memcpy(text, "proc @f() {", length = 11);
        for (int i = 0; i < 40; i++) {
            const char *word = words[random_below(sizeof words / sizeof *words)];
            memcpy(text + length, word, strlen(word));
            length += strlen(word);
        }
        attack(text, length);
    }
    attack("\0\0\0", 3);
    attack_repeated("proc @f(%c: bool) {", "if %c {", 1000000, "");
    attack_repeated("proc @f(%c: bool) {", "if %c { yield } else {", 2200, "");
    attack_repeated("proc @f(%c: bool) {", "loop { ", 100000, "");
    attack_repeated("proc @f(%c: bool) {", "if %c {\n", IR_MAX_DEPTH, "ret");
    attack_repeated("", "{", 1000000, "");
    attack_repeated("", "(", 1000000, "");
    attack_repeated("proc @f() { ", "x", 1000000, "");
    attack_repeated("proc @f() -> u32 { ret ", "1", 1000000, "u32 }");
    attack_repeated("proc @f() -> f32 { ret 0.", "1", 1000000, "f32 }");
    attack_repeated("proc @f(%x: f32) { ret ", "%x, ", 300000, "%x }");
    attack_repeated("proc @f(", "%x: f32, ", 100000, ") { ret }");
    attack_repeated("proc @f(%x: buffer<f32>) { %y: f32 = load %x", "[0u32]", 200000, " ret }");
    attack_repeated("", "proc @f() { foo }\n", 50000, "");
    attack_repeated("", "/// doc\n", 100000, "proc @f() { ret }");
    attack_repeated("proc @f() { ret }", "!9999999:9999999 ", 1000, "");
    attack_repeated("proc @f() { ret !1:", "9", 1000000, " }");
    attack_repeated("proc @f() { ret !", "8000000:1 }\nproc @g() { ret !", 1, "1:8000000 }");

    Arena arena = {0};
    Text deep = {.arena = &arena}; /* as deep as it may be, and one deeper */
    for (int levels = IR_MAX_DEPTH; levels <= IR_MAX_DEPTH + 1; levels++) {
        deep.length = 0;
        text_add(&deep, "proc @f(%c: bool) {\n");
        for (int i = 0; i < levels; i++) {
            text_add(&deep, i % 2 == 0 ? "if %c {\n" : "loop {\n");
        }
        text_add(&deep, "ret\n");
        for (int i = levels - 1; i >= 0; i--) {
            text_add(&deep, i % 2 == 0 ? "} else { yield }\nunreachable\n"
                                       : "} continuing { next }\nunreachable\n");
        }
        text_add(&deep, "}\n");
        Unit *u = open_unit(text_get(&deep), deep.length, false);
        CHECK((u->module != NULL) == (levels == IR_MAX_DEPTH), "%d levels: %s", levels,
              first_error(u));
        close_unit(u);
    }
    arena_release(&arena);
}

int main(void) {
    test_identity();
    test_spelling();
    test_names();
    test_hostile();
    return report_failures();
}
