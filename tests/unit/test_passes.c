/* The passes that make the promises about values explicit (lower_int_div, lower_shift, lower_bits, lower_convert,
 * lower_float_rem, lower_bounds, trust_bounds): nothing is left to do after them, and every result is the same.
 */
#include "tests/unit/pass_unit.h"

static void count_one(IrInst *inst, void *data) {
    unsigned *count = data;
    *count += ir_needs_raw(inst) && (inst->flags & IR_RAW) == 0;
}

/* Instructions that still need to be `.raw`. */
static unsigned count_total(Unit *unit) {
    unsigned count = 0;
    for (IrFunction *function = unit->module->functions; function != NULL;
         function = function->next) {
        ir_walk(&function->body, count_one, &count);
    }
    return count;
}

/* `$` in a template becomes the type, `#` its lanes as `x3`. */
static char *with_type(const char *template, const char *type) {
    static char text[1 << 14];
    const char *lanes = strchr(type, 'x');
    size_t n = 0;
    for (const char *c = template; *c != '\0' && n + 16 < sizeof text; c++) {
        const char *put = *c == '$' ? type : *c == '#' ? (lanes != NULL ? lanes : "") : NULL;
        n += put != NULL ? (size_t)sprintf(text + n, "%s", put) : (text[n] = *c, 1u);
    }
    text[n] = '\0';
    return text;
}

/* ---- operations on all pairs of edges ---- */

#define PAIRS_HEAD                                                                                 \
    "kernel @k(%a: buffer<$>, %b: buffer<$>, %c: buffer<u32#>, %out: buffer<$>) "                  \
    "workgroup(1, 1, 1) {\n"                                                                       \
    "%id: u32x3 = builtin global_id\n"                                                             \
    "%i: u32 = extract %id, 0\n"                                                                   \
    "%len: u32 = len %a\n"                                                                         \
    "%row: u32 = div.raw %i, %len\n"                                                               \
    "%column: u32 = rem.raw %i, %len\n"                                                            \
    "%x: $ = load.raw %a[%row]\n"                                                                  \
    "%y: $ = load.raw %b[%column]\n"                                                               \
    "%z: u32# = load.raw %c[%column]\n"
#define PAIRS_TAIL "store.raw %out[%i], %r\nret\n}\n"

static const struct {
    const char *pass, *types, *body;
} PAIRS[] = {
    {"lower_int_div", "i8 i32 i64 u16 u32 u64 i32x3 u32x2", "%r: $ = div %x, %y\n"},
    {"lower_int_div", "i8 i32 i64 u16 u32 u64 i32x3 u32x2", "%r: $ = rem %x, %y\n"},
    {"lower_int_div", "i32 i64 i16", "%r: $ = div %x, 0$\n"},
    {"lower_int_div", "i32 i64 i16", "%r: $ = div %x, -1$\n"},
    {"lower_int_div", "i32 i64 i16", "%r: $ = rem %x, -1$\n"},
    {"lower_int_div", "i32x3", "%r: $ = div %x, i32x3(-1, 0, 3)\n"},
    {"lower_int_div", "i32x3", "%r: $ = rem i32x3(-2147483648, 1, 3), %y\n"},
    {"lower_shift", "i8 i32 i64 u16 u32 u64 i32x3 u32x2", "%r: $ = shl %x, %z\n"},
    {"lower_shift", "i8 i32 i64 u16 u32 u64 i32x3 u32x2", "%r: $ = shr %x, %z\n"},
    {"lower_shift", "i32 u32", "%r: $ = shr %x, 33u32\n"},
    {"lower_float_rem", "f32 f64 f16 f32x4", "%r: $ = rem %x, %y\n"},
};

static void each_type(const char *types, const char *head, const char *body, const char *tail,
                      const char *pass, uint32_t ins, uint32_t outs) {
    char list[128], all[4096];
    snprintf(list, sizeof list, "%s", types);
    snprintf(all, sizeof all, "%s%s%s", head, body, tail);
    for (char *type = strtok(list, " "); type != NULL; type = strtok(NULL, " ")) {
        char name[256];
        snprintf(name, sizeof name, "%s of %s: %s", pass, type, body);
        what = name;
        const char *text = with_type(all, type);
        check_same(text, pass, ins, outs);
        Unit *unit = open_text(text);
        run_passes(unit, pass);
        CHECK(count_total(unit) == 0, "%s", printed_now(unit));
        CHECK(!ir_pass_named(pass)->run(unit->module), "%s", what); /* nothing is left to do */
        close_unit(unit);
    }
}

static void test_pairs(void) {
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        uint32_t n = PAIRS[i].types[0] == 'f' ? FLOAT_COUNT : INT_COUNT;
        each_type(PAIRS[i].types, PAIRS_HEAD, PAIRS[i].body, PAIRS_TAIL, PAIRS[i].pass, n, n * n);
    }
    for (int offset = 0; offset < 3; offset++) { /* offset and count from the edges; offset known */
        static const char *const offsets[] = {"%w2", "5u32", "40u32"};
        char body[256];
        snprintf(body, sizeof body,
                 "%%w2: u32 = load.raw %%d[%%row]\n%%q: $ = extract_bits %%x, %s, %%z\n"
                 "%%r: $ = insert_bits %%q, %%y, %s, %%z\n",
                 offsets[offset], offsets[offset]);
        each_type("i32 u32 i64 u8",
                  "kernel @k(%a: buffer<$>, %b: buffer<$>, %c: buffer<u32>, %d: buffer<u32>, "
                  "%out: buffer<$>) workgroup(1, 1, 1) {\n"
                  "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n%len: u32 = len %a\n"
                  "%row: u32 = div.raw %i, %len\n%column: u32 = rem.raw %i, %len\n"
                  "%x: $ = load.raw %a[%column]\n%y: $ = load.raw %b[%row]\n"
                  "%z: u32 = load.raw %c[%column]\n",
                  body, PAIRS_TAIL, "lower_bits", INT_COUNT, INT_COUNT * INT_COUNT);
    }
}

static void test_float_flags(void) {
    what = "flags";
    Unit *unit = open_text("proc @p(%x: f32, %y: f32) -> f32 {\n%r: f32 = rem.precise %x, %y\n"
                           "ret %r\n}\n");
    run_passes(unit, "lower_float_rem");
    static const char *const ops[] = {"div.precise", "trunc.precise", "mul.precise", "sub.precise"};
    for (int i = 0; i < 4; i++) {
        CHECK(count_op(unit, ops[i]) == 1, "%s", printed_now(unit));
    }
    close_unit(unit);
}

static void test_convert(void) {
    static const char *const from[] = {"f16", "f32", "f64"}, *const lanes[] = {"", "x3"};
    static const char *const to[] = {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"};
    for (int f = 0; f < 3; f++) {
        for (int t = 0; t < 8; t++) {
            char head[256], body[64], type[16];
            snprintf(head, sizeof head,
                     "kernel @k(%%a: buffer<$>, %%out: buffer<%s#>) workgroup(1, 1, 1) {\n"
                     "%%id: u32x3 = builtin global_id\n%%i: u32 = extract %%id, 0\n"
                     "%%x: $ = load.raw %%a[%%i]\n",
                     to[t]);
            snprintf(body, sizeof body, "%%r: %s# = convert %%x\n", to[t]);
            snprintf(type, sizeof type, "%s%s", from[f], lanes[(f + t) % 2]);
            each_type(type, head, body, PAIRS_TAIL, "lower_convert", FLOAT_COUNT, FLOAT_COUNT);
        }
    }
}

/* ---- bounds ---- */

static const char BOUNDS[] =
    "kernel @k(%a: buffer<f32x3>, %c: buffer<u32>, %out: buffer<f32x3>, %out2: buffer<f32>) "
    "workgroup(1, 1, 1) {\n"
    "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
    "%j: u32 = load %c[%i]\n"
    "%v: f32x3 = load %a[%j]\n"
    "%one: f32 = load %a[%j][%i]\n"
    "%two: f32 = load %a[%j][2u32]\n"
    "%three: f32 = load %a[%j][3u32]\n"
    "store %out[%i], %v\n"
    "store %out[%j][%i], %two\n"
    "store %out[%j][1u32], %one\n"
    "store %out[0u32][9u32], %one\n"
    "%local: var<f32x3> = var\n"
    "store %local, %v\n"
    "store %local[%j], 7.5f32\n"
    "store %local[0u32], %one\n"
    "store %local[5u32], %one\n"
    "%four: f32 = load %local[%i]\n"
    "%five: f32 = load %local[1u32]\n"
    "%six: f32 = load %local[4294967295u32]\n"
    "%w: f32x3 = load %local\n"
    "%seven: f32 = extract_at %w, %j\n"
    "%eight: f32x3 = insert_at %w, %seven, %i\n"
    "%nine: f32 = extract_at %eight, 3u32\n"
    "%ten: f32x3 = insert_at %eight, %five, 3u32\n"
    "%eleven: f32x3 = insert_at %ten, %six, %j\n"
    "%sum: f32 = dot %eleven, %w\n"
    "%sum2: f32 = add %four, %sum\n"
    "%sum3: f32 = add %three, %nine\n"
    "store %out2[%j], %sum2\n"
    "store %out2[%i], %sum3\n"
    "ret\n}\n";

static void test_bounds(void) {
    static const uint32_t lengths[] = {0, 1, 2, 3, 5, 28};
    what = "lower_bounds";
    for (size_t i = 0; i < 6; i++) {
        for (size_t o = 0; o < 6; o++) {
            check_same(BOUNDS, "lower_bounds", lengths[i], lengths[o]);
            check_same(BOUNDS, "mem2reg lower_bounds", lengths[i], lengths[o]);
        }
    }
    Unit *unit = open_text(BOUNDS);
    run_passes(unit, "lower_bounds");
    CHECK(count_total(unit) == 0, "%s", printed_now(unit));
    CHECK(count_op(unit, "len") == 4, "%s", printed_now(unit)); /* one a buffer */
    CHECK(!pass_lower_bounds.run(unit->module), "%s", what);
    close_unit(unit);
    unit = open_text(BOUNDS);
    run_passes(unit, "trust_bounds");
    CHECK(count_total(unit) == 0 && count_op(unit, "if") == 0, "%s", printed_now(unit));
    CHECK(!pass_trust_bounds.run(unit->module), "%s", what);
    close_unit(unit);
}

int main(void) {
    test_pairs();
    test_float_flags();
    test_convert();
    test_bounds();
    return report_failures();
}
