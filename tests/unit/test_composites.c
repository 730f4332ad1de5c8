/* What the passes make of arrays, matrices and forms: what is left after each, and that nothing else comes out.
 */
#include "tests/unit/pass_unit.h"

#define INDEX "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"

/* ---- bounds ---- */

static const char BOUNDS[] =
    "form @P { a: f32, v: f32x3, n: array<array<u32, 3>, 2>, m: f32x4x2 }\n"
    "kernel @k(%a: buffer<@P>, %c: buffer<u32>, %out: buffer<f32>, %out2: buffer<@P>) "
    "workgroup(1, 1, 1) {\n" INDEX "%j: u32 = load %c[%i]\n"
    "%f: f32 = load %a[%j][0u32]\n"
    "%n: u32 = load %a[%i][2u32][%j][%i]\n"
    "%o: u32 = load %a[%i][2u32][1u32][3u32]\n" /* outside */
    "%c2: f32x2 = load %a[%j][3u32][%i]\n"
    "%y: f32 = load %a[%i][1u32][%j]\n"
    "%p: @P = load %a[%i]\n"
    "store %out2[%j], %p\n"
    "store %out2[%i][2u32][%j][%i], %n\n"
    "store %out2[%i][3u32][%i], %c2\n"
    "store %out2[%i][3u32][4u32], %c2\n" /* outside */
    "%l: var<array<@P, 4>> = var\n"
    "store %l[%j], %p\n"
    "store %l[%j][1u32][%i], %y\n"
    "store %l[1u32][2u32][%i][%j], %o\n"
    "store %l[5u32], %p\n" /* outside */
    "%q: @P = load %l[%i]\n"
    "%r: u32 = load %l[%i][2u32][%j][%i]\n"
    "%s: f32x3 = load %l[%j][1u32]\n"
    "%t: @P = load %l[4u32]\n" /* outside */
    "%u: f32 = load %l[2u32][3u32][1u32][%i]\n"
    "store %out2[%i], %q\n"
    "store %out2[%j], %t\n"
    "%rf: f32 = convert %r\n"
    "%s0: f32 = extract %s, 0\n"
    "%sum: f32 = add %s0, %u\n"
    "%sum2: f32 = add %sum, %rf\n"
    "%sum3: f32 = add %sum2, %f\n"
    "store %out[%i], %sum3\n"
    "ret\n}\n";

static void count_total(IrInst *inst, void *data) {
    unsigned *count = data;
    *count += ir_needs_raw(inst) && (inst->flags & IR_RAW) == 0;
}

static void test_bounds(void) {
    static const uint32_t lengths[] = {0, 1, 2, 3, 5, 28};
    what = "lower_bounds";
    for (size_t i = 0; i < 6; i++) {
        for (size_t o = 0; o < 6; o++) {
            check_same(BOUNDS, "lower_bounds", lengths[i], lengths[o]);
            check_same(BOUNDS, "lower_bounds split_memory", lengths[i], lengths[o]);
            check_same(
                BOUNDS,
                "split_vars mem2reg opt_fold opt_dce lower_bounds split_memory opt_fold opt_dce",
                lengths[i], lengths[o]);
        }
    }
    static const char *const passes[] = {"lower_bounds", "trust_bounds"};
    for (int i = 0; i < 2; i++) {
        Unit *unit = open_text(BOUNDS);
        run_passes(unit, passes[i]);
        unsigned total = 0;
        ir_walk(&unit->module->functions->body, count_total, &total);
        CHECK(total == 0, "%s", printed_now(unit));
        CHECK(count_op(unit, "if") == (i == 0 ? 16 : 0), "%s", printed_now(unit));
        CHECK(strstr(printed_now(unit), "[4u32]") == NULL, "%s", printed_now(unit));
        CHECK(!ir_pass_named(passes[i])->run(unit->module), "%s", passes[i]);
        close_unit(unit);
    }
}

/* ---- memory ---- */

static void count_whole(IrInst *inst, void *data) {
    unsigned *count = data;
    uint32_t root = ir_place_start(inst);
    if ((inst->op == OP_LOAD || inst->op == OP_STORE) &&
        inst->operands[root]->type->kind == IR_TYPE_BUFFER) {
        const IrValue *value = inst->op == OP_LOAD ? inst->results[0] : inst->operands[0];
        *count += ir_is_composite(value->type);
    }
}

#define COPY(forms, type)                                                                          \
    forms "kernel @k(%a: buffer<" type ">, %out: buffer<" type ">) workgroup(1, 1, 1) {\n" INDEX   \
          "%x: " type " = load %a[%i]\nstore %out[%i], %x\n"                                       \
          "%one: u32 = add %i, 1u32\n%y: " type " = load %a[%one]\nstore %out[%one], %y\nret\n}\n"

static void test_memory(void) {
    static const struct {
        const char *text;
        unsigned loops, loads; /* of what is copied twice */
    } rows[] = {
        {COPY("form @P { a: f32, v: f32x3, n: array<array<u32, 3>, 2>, m: f32x4x2 }\n", "@P"), 0,
         24},
        {COPY("form @P { a: u8, v: f16x3, x: f64 }\nform @Q { a: u16, p: array<@P, 3> }\n", "@Q"),
         0, 20},
        {COPY("", "array<u32, 64>"), 0, 128},
        /* one loop for the load, one for the store; each with a local and a load of it */
        {COPY("", "array<u32, 65>"), 4, 6},
        {COPY("", "array<f32x3x3, 40>"), 4, 10},
        {COPY("", "array<array<u16, 100>, 100>"), 8, 6},
        {COPY("form @P { a: array<u8, 300>, b: u32, c: array<f32x2, 3> }\n", "array<@P, 2>"), 8,
         18},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        what = rows[i].text;
        check_same(what, "lower_bounds split_memory", 3, 3);
        check_same(what, "lower_bounds split_memory opt_fold opt_dce", 2, 4);
        Unit *unit = open_text(what);
        CHECK(!pass_split_memory.run(unit->module), "total ones are not split");
        run_passes(unit, "lower_bounds split_memory");
        unsigned whole = 0;
        ir_walk(&unit->module->functions->body, count_whole, &whole);
        CHECK(whole == 0, "%s", printed_now(unit));
        CHECK(count_op(unit, "loop") == rows[i].loops, "%u: %s", count_op(unit, "loop"),
              printed_now(unit));
        unsigned loads = count_op(unit, "load.raw") + count_op(unit, "load");
        CHECK(rows[i].loads == 0 || loads == rows[i].loads, "%u loads: %s", loads,
              printed_now(unit));
        CHECK(!pass_split_memory.run(unit->module), "%s", what);
        close_unit(unit);
    }
}

/* What no program needs: it is refused, not made. */
static void test_too_large(void) {
    Arena arena = {0};
    Text text = {.arena = &arena};
    what = "too large";
    text_add(&text, "form @F0 { a: f32, b: u32 }\n");
    for (int i = 1; i < 16; i++) {
        text_printf(&text, "form @F%d { a: @F%d, b: @F%d }\n", i, i - 1, i - 1);
    }
    text_add(&text, "kernel @k(%a: buffer<@F15>) workgroup(1, 1, 1) {\n");
    for (int i = 0; i < 40; i++) {
        text_printf(&text, "%%x%d: @F15 = load.raw %%a[0u32]\n", i);
    }
    text_add(&text, "ret\n}\n");
    Unit *unit = open_text(text_get(&text));
    CHECK(!run_passes(unit, "split_memory"), "refused");
    CHECK(strstr(first_error(unit), "more than 1000000 instructions") != NULL, "%s",
          first_error(unit));
    close_unit(unit);
    arena_release(&arena);
}

/* ---- locals ---- */

static const char LOCALS[] =
    "form @P { a: u32, v: u32x3, n: array<array<u32, 3>, 2>, on: bool }\n"
    "kernel @k(%c: buffer<u32>, %out: buffer<u32>) workgroup(1, 1, 1) {\n" INDEX
    "%j: u32 = load %c[%i]\n"
    "%p: var<@P> = var\n"
    "%q: var<@P> = var\n"
    "store %p[0u32], %j\n"
    "store %p[1u32][%i], %j\n"
    "store %p[2u32][1u32][2u32], %i\n"
    "store %p[2u32][0u32][1u32], %j\n"
    "%sum: u32 = loop (%k: u32 = 0u32, %s: u32 = 0u32) {\n"
    "%end: bool = ge %k, 4u32\nif %end {\nbreak %s\n} else {\nyield\n}\n"
    "%r: var<array<u32x2, 3>> = var\n"
    "%old: @P = load %p\n"
    "store %q, %old\n"
    "%a: u32 = load %q[0u32]\n"
    "%a1: u32 = add %a, %k\n"
    "store %q[0u32], %a1\n"
    "%even: bool = lt %k, 2u32\n"
    "if %even {\nstore %q[3u32], %even\nstore %q[2u32][1u32], array<u32, 3>(7u32, 8u32, "
    "9u32)\nyield\n"
    "} else {\nstore %r[1u32][%k], %a1\nstore %r[2u32], u32x2(3, 4)\n"
    "%gone: u32x2 = load %r[3u32]\nstore %r[0u32], %gone\nyield\n}\n"
    "%new: @P = load %q\n"
    "store %p, %new\n"
    "%x: u32 = load %r[1u32][1u32]\n"
    "%row: array<u32, 3> = load %p[2u32][1u32]\n"
    "%y: u32 = extract %row, 2\n"
    "%on: bool = load %p[3u32]\n"
    "%z: u32 = convert %on\n"
    "%s1: u32 = mul %s, 3u32\n%s2: u32 = add %s1, %x\n%s3: u32 = add %s2, %y\n"
    "%s4: u32 = add %s3, %z\n%s5: u32 = add %s4, %a1\ncontinue %k, %s5\n"
    "} continuing (%kk: u32, %ss: u32) {\n%k1: u32 = add %kk, 1u32\nnext %k1, %ss\n}\n"
    "%v: u32x3 = load %p[1u32]\n%v1: u32 = extract %v, 1\n%both: u32 = add %sum, %v1\n"
    "store %out[%i], %both\nret\n}\n";

static void test_locals(void) {
    what = "split_vars";
    check_same(LOCALS, "split_vars", 28, 28);
    check_same(LOCALS, "mem2reg", 28, 28);
    check_same(LOCALS, "split_vars mem2reg", 28, 28);
    check_same(LOCALS, "split_vars mem2reg opt_fold opt_dce", 28, 28);
    check_same(LOCALS, "mem2reg split_values opt_fold opt_dce", 28, 28);
    Unit *unit = open_text(LOCALS);
    run_passes(unit, "split_vars");
    CHECK(strstr(printed_now(unit), "%p.n.1.2: var<u32>") != NULL, "%s", printed_now(unit));
    CHECK(!pass_split_vars.run(unit->module), "nothing is left to do");
    run_passes(unit, "mem2reg opt_fold opt_dce");
    CHECK(count_op(unit, "var") == 0, "%s", printed_now(unit));
    CHECK(strstr(printed_now(unit), "@P = ") == NULL, "%s", printed_now(unit));
    close_unit(unit);

    static const struct {
        const char *element, *code;
        unsigned vars; /* that are left */
    } rows[] = {
        {"array<u32, 32>", "store %l[3u32], %i\n%x: u32 = load %l[3u32]\n", 0},
        {"array<u32, 33>", "store %l[3u32], %i\n%x: u32 = load %l[3u32]\n", 1},
        {"array<u32, 8>", "store %l[%i], %i\n%x: u32 = load %l[3u32]\n", 1},
        {"array<u32, 64>", "%w: array<u32, 64> = load %l\n%x: u32 = extract %w, 1\nstore %l, %w\n",
         0},
        {"array<u32, 65>", "%w: array<u32, 65> = load %l\n%x: u32 = extract %w, 1\nstore %l, %w\n",
         1},
        {"@F", "store %l[1u32][%i], %i\n%x: u32 = load %l[0u32]\n", 1}, /* the array alone */
        {"@F", "%w: @F = load %l\nstore %l[0u32], %i\nstore %l, %w\n%x: u32 = load %l[0u32]\n", 1},
        {"array<array<u32, 32>, 32>",
         "store %l[3u32][3u32], %i\nstore %l[4u32][3u32], %i\n%x: u32 = load %l[3u32][3u32]\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "form @F { a: u32, b: array<u32, 100> }\n"
                 "kernel @k(%%out: buffer<u32>) workgroup(1, 1, 1) {\n%s"
                 "%%l: var<%s> = var\n%sstore %%out[%%i], %%x\nret\n}\n",
                 INDEX, rows[i].element, rows[i].code);
        what = text;
        check_same(text, "split_vars mem2reg", 0, 40);
        unit = open_text(text);
        run_passes(unit, "split_vars mem2reg");
        CHECK(count_op(unit, "var") == rows[i].vars, "%u: %s", rows[i].vars, printed_now(unit));
        close_unit(unit);
    }
}

/* ---- what control flow hands over ---- */

static const char VALUES[] =
    "form @P { a: u32, m: f32x2x2, n: array<u32, 3> }\n"
    "kernel @k(%a: buffer<@P>, %out: buffer<u32>, %outp: buffer<@P>) workgroup(1, 1, 1) {\n" INDEX
    "%p: @P = load %a[%i]\n"
    "%x: u32 = extract %p, 0\n"
    "%r: @P, %all: array<u32, 33> = loop (%k: u32 = 0u32, %q: @P = %p, %l: array<u32, 33> = "
    "zero<array<u32, 33>>) {\n"
    "%end: bool = ge %k, 4u32\nif %end {\nbreak %q, %l\n} else {\nyield\n}\n"
    "%n: array<u32, 3> = extract %q, 2\n%n0: u32 = extract %n, 0\n%n1: u32 = extract %n, 1\n"
    "%sum: u32 = add %n0, %n1\n%nn: array<u32, 3> = insert %n, %sum, 1\n"
    "%odd: bool = eq %k, 1u32\n%q2: @P = if %odd {\n%w: @P = insert %q, %nn, 2\nyield %w\n"
    "} else {\n%v: @P = insert %q, %k, 0\nyield %v\n}\n"
    "%l2: array<u32, 33> = insert %l, %sum, 32\n"
    "continue %k, %q2, %l2\n} continuing (%kk: u32, %qq: @P, %ll: array<u32, 33>) {\n"
    "%k1: u32 = add %kk, 1u32\nnext %k1, %qq, %ll\n}\n"
    "%l32: u32 = extract %all, 32\n%y: u32 = add %x, %l32\n"
    "store %out[%i], %y\n%USE\nret\n}\n";

static void test_values(void) {
    for (int use = 0; use < 2; use++) {
        char text[sizeof VALUES + 64];
        const char *at = strstr(VALUES, "%USE");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - VALUES), VALUES,
                 use ? "store %outp[%i], %r" : "", at + strlen("%USE"));
        what = "split_values";
        check_same(text, "split_values", 28, 28);
        check_same(text, "lower_bounds split_memory split_values opt_fold opt_dce", 28, 20);
        Unit *unit = open_text(text);
        run_passes(unit, "lower_bounds split_memory split_values opt_fold opt_dce");
        const char *left = printed_now(unit);
        CHECK(strstr(left, ": @P = ") == NULL, "%s", left);
        CHECK(strstr(left, "%l: array<u32, 33> = ") != NULL, "what has many parts stays\n%s", left);
        CHECK((strstr(left, "load.raw %a[%i][1u32]") != NULL) == use, "%d: unused parts go\n%s",
              use, left);
        CHECK(!pass_split_values.run(unit->module), "nothing is left to do");
        close_unit(unit);
    }
}

/* ---- folding ---- */

/* `code` computes %r: u32 from %i, %p: @P and %q: @P; `want` is left, before what is stored. */
static const struct {
    const char *code, *want;
} folds[] = {
    {"%x: @P = construct %i, u32x2(1, 2)\n%r: u32 = extract %x, 0\n", "store %out[%i], %i\n"},
    {"%x: @P = insert %p, %i, 0\n%r: u32 = extract %x, 0\n", "store %out[%i], %i\n"},
    {"%x: @P = insert %p, u32x2(1, 2), 1\n%r: u32 = extract %x, 0\n",
     "%r: u32 = extract %p, 0\nstore %out[%i], %r\n"},
    {"%x: @P = insert %p, 3u32, 0\n%y: @P = insert %x, u32x2(1, 2), 1\n%r: u32 = extract %y, 0\n",
     "store %out[%i], 3u32\n"},
    {"%x: @P = construct %i, u32x2(1, 2)\n%y: @P = insert %x, 4u32, 0\n%v: u32x2 = extract %y, 1\n"
     "%a: u32 = extract %y, 0\n%b: u32 = extract %v, 1\n%r: u32 = add %a, %b\n",
     "store %out[%i], 6u32\n"},
    {"%x: @P = construct 1u32, u32x2(2, 3)\nstore %outp[%i], %x\n%r: u32 = add %i, 1u32\n",
     "store %outp[%i], @P(1u32, u32x2(2, 3))\n%r: u32 = add %i, 1u32\nstore %out[%i], %r\n"},
    {"%x: @P = insert @P(1u32, u32x2(2, 3)), u32x2(4, 5), 1\nstore %outp[%i], %x\n"
     "%r: u32 = extract @P(7u32, u32x2(2, 3)), 0\n",
     "store %outp[%i], @P(1u32, u32x2(4, 5))\nstore %out[%i], 7u32\n"},
    {"%a: u32 = extract %p, 0\n%b: u32x2 = extract %p, 1\n%x: @P = construct %a, %b\n"
     "store %outp[%i], %x\n%r: u32 = add %i, 1u32\n",
     "store %outp[%i], %p\n%r: u32 = add %i, 1u32\nstore %out[%i], %r\n"},
    {"%a: u32 = extract %p, 0\n%b: u32x2 = extract %q, 1\n%x: @P = construct %a, %b\n"
     "store %outp[%i], %x\n%r: u32 = add %i, 1u32\n",
     "%a: u32 = extract %p, 0\n%b: u32x2 = extract %q, 1\n%x: @P = construct %a, %b\n"
     "store %outp[%i], %x\n%r: u32 = add %i, 1u32\nstore %out[%i], %r\n"},
    {"%a: u32 = extract %p, 0\n%x: @P = insert %p, %a, 0\nstore %outp[%i], %x\n"
     "%r: u32 = add %i, 1u32\n",
     "store %outp[%i], %p\n%r: u32 = add %i, 1u32\nstore %out[%i], %r\n"},
    /* lanes of a form's scalars are no lanes of a vector */
    {"%a: array<u32, 2> = load %outa[%i]\n%b: u32 = extract %a, 0\n%c: u32 = extract %a, 1\n"
     "%v: u32x2 = construct %b, %c\n%w: u32x2 = add %v, %v\n%r: u32 = extract %w, 1\n",
     "%a: array<u32, 2> = load %outa[%i]\n%b: u32 = extract %a, 0\n%c: u32 = extract %a, 1\n"
     "%v: u32x2 = construct %b, %c\n%w: u32x2 = add %v, %v\n%r: u32 = extract %w, 1\n"
     "store %out[%i], %r\n"},
    {"%c: bool = lt %i, 2u32\n%x: @P = if %c {\nyield %p\n} else {\nyield %p\n}\n"
     "%r: u32 = extract %x, 0\n",
     "%r: u32 = extract %p, 0\nstore %out[%i], %r\n"},
};

#define FOLD_HEAD                                                                                  \
    "form @P { a: u32, v: u32x2 }\n"                                                               \
    "kernel @k(%a0: buffer<@P>, %out: buffer<u32>, %outp: buffer<@P>, %outa: buffer<array<u32, "   \
    "2>>) "                                                                                        \
    "workgroup(1, 1, 1) {\n" INDEX "%p: @P = load %a0[%i]\n%q: @P = load %outp[%i]\n"

/* The lines after those that every text begins with, without indentation. */
static const char *lines_left(Arena *arena, const char *printed) {
    Text text = {.arena = arena};
    for (const char *line = strstr(printed, "%i: ") + 1; *line != '\0';) {
        line += strcspn(line, "\n") + 1;
        line += strspn(line, " ");
        size_t length = strcspn(line, "\n");
        bool given = strncmp(line, "%p: ", 4) == 0 || strncmp(line, "%q: ", 4) == 0;
        if (strcmp(line, "ret\n}\n") == 0) {
            break;
        }
        text_bytes(&text, line, given ? 0 : length + 1);
    }
    return text_get(&text);
}

static void test_folds(void) {
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s%sstore %%out[%%i], %%r\nret\n}\n", FOLD_HEAD,
                 folds[i].code);
        what = text;
        check_same(text, "opt_fold", 5, 5);
        check_same(text, "opt_fold opt_dce", 5, 5);
        Unit *unit = open_text(text);
        run_passes(unit, "opt_fold opt_dce");
        const char *left = lines_left(&unit->arena, printed_now(unit));
        CHECK(strcmp(left, folds[i].want) == 0, "%sgives\n%swanted\n%s", folds[i].code, left,
              folds[i].want);
        CHECK(!pass_opt_fold.run(unit->module) && !pass_opt_dce.run(unit->module), "%s",
              folds[i].code);
        close_unit(unit);
    }
}

int main(void) {
    test_bounds();
    test_memory();
    test_too_large();
    test_locals();
    test_values();
    test_folds();
    return report_failures();
}
