/* The passes for widths that hardware lacks (lower_small_ints, lower_wide_bits, lower_wide_round): no result changes,
 * and what they promise to leave is all that is left.
 */
#include "tests/unit/pass_unit.h"

/* `$` becomes the type, `#` its lanes as `x3`, `?` a type of the same size. */
static const char *with_types(const char *template, const char *type, const char *other) {
    static char text[1 << 14];
    const char *lanes = strchr(type, 'x');
    size_t n = 0;
    for (const char *c = template; *c != '\0' && n + 16 < sizeof text; c++) {
        const char *put = *c == '$'   ? type
                          : *c == '?' ? other
                          : *c == '#' ? (lanes != NULL ? lanes : "")
                                      : NULL;
        n += put != NULL ? (size_t)sprintf(text + n, "%s", put) : (text[n] = *c, 1u);
    }
    text[n] = '\0';
    return text;
}

#define HEAD                                                                                       \
    "kernel @k(%a: buffer<$>, %b: buffer<$>, %c: buffer<u32#>, %d: buffer<u32>, %out: buffer<$>) " \
    "workgroup(1, 1, 1) {\n"                                                                       \
    "%id: u32x3 = builtin global_id\n"                                                             \
    "%i: u32 = extract %id, 0\n"                                                                   \
    "%len: u32 = len %a\n"                                                                         \
    "%row: u32 = div.raw %i, %len\n"                                                               \
    "%column: u32 = rem.raw %i, %len\n"                                                            \
    "%x: $ = load %a[%row]\n"                                                                      \
    "%y: $ = load %b[%column]\n"                                                                   \
    "%z: u32# = load %c[%column]\n"                                                                \
    "%p: u32 = load %d[%row]\n"                                                                    \
    "%n: u32 = load %d[%column]\n"
#define TAIL "store %out[%i], %r\nret\n}\n"

static const char *const PURE[] = {
    "%r: $ = add %x, %y\n",
    "%r: $ = sub %x, %y\n",
    "%r: $ = mul %x, %y\n",
    "%r: $ = div %x, %y\n",
    "%r: $ = rem %x, %y\n",
    "%r: $ = min %x, %y\n",
    "%r: $ = max %x, %y\n",
    "%r: $ = abs %x\n",
    "%r: $ = not %x\n",
    "%q: $ = xor %x, %y\n%w: $ = and %q, %y\n%r: $ = or %w, %x\n",
    "%r: $ = shl %x, %z\n",
    "%r: $ = shr %x, %z\n",
    "%r: $ = popcount %x\n",
    "%r: $ = clz %x\n",
    "%r: $ = ctz %x\n",
    "%r: $ = reverse_bits %x\n",
    "%r: $ = extract_bits %x, %p, %n\n",
    "%r: $ = insert_bits %x, %y, %p, %n\n",
    "%q: bool# = lt %x, %y\n%r: $ = select %q, %x, %y\n",
    "%q: f32# = convert %x\n%w: f32# = mul %q, %q\n%r: $ = convert %w\n",
    "%q: bool# = eq %x, %y\n%r: $ = convert %q\n",
    "%q: i32# = convert %x\n%w: i32# = mul %q, %q\n%r: $ = convert %w\n",
    "%q: i8# = convert %z\n%w: f32# = convert %q\n%r: $ = convert %w\n",
    "%q: ? = bitcast %x\n%r: $ = bitcast %q\n",
    /* through a local, an `if` and a loop */
    "%v: var<$> = var\n%q: $ = load %v\n%w: $ = add %q, %x\nstore %v, %w\n%c1: bool = lt %i, %len\n"
    "%m: $ = if %c1 {\n%t: $ = sub %y, %x\nyield %t\n} else {\n%u: $ = load %v\nyield %u\n}\n"
    "%r: $ = loop (%s: $ = %m, %k: u32 = 0u32) {\n%e: bool = ge %k, 3u32\n"
    "if %e {\nbreak %s\n} else {\nyield\n}\n%f: $ = mul %s, %y\ncontinue %f, %k\n"
    "} continuing (%g: $, %h: u32) {\n%h2: u32 = add %h, 1u32\nnext %g, %h2\n}\n",
};

/* Of another shape or kind, as many bits. */
static const char *same_size(const char *type) {
    static const char *const rows[][2] = {
        {"i8", "u8"},       {"u8", "i8"},       {"i16", "f16"},   {"u16", "u8x2"},
        {"i8x3", "u8x3"},   {"u8x4", "f16x2"},  {"i16x2", "f32"}, {"u16x4", "f64"},
        {"i16x3", "f16x3"}, {"u8x2", "i16"},    {"i64", "u16x4"}, {"u64", "i32x2"},
        {"i64x3", "f64x3"}, {"u64x2", "u32x4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i][0], type) == 0) {
            return rows[i][1];
        }
    }
    CHECK(false, "no type of the size of %s", type);
    return type;
}

/* Small integers are there to be read, written and converted alone. */
static void check_small_use(IrInst *inst, void *data) {
    Unit *unit = data;
    bool allowed = inst->op == OP_LOAD || inst->op == OP_STORE || inst->op == OP_CONVERT;
    for (uint32_t i = 0; i < inst->operand_count + inst->result_count && !allowed; i++) {
        const IrValue *value =
            i < inst->operand_count ? inst->operands[i] : inst->results[i - inst->operand_count];
        CHECK(!ir_is_int(value->type) || ir_bits(value->type) >= 32, "`%s` of %s is left: %s\n%s",
              ir_ops[inst->op].text, ir_type_text(&unit->arena, value->type), what,
              printed_now(unit));
    }
}

static void check_wide_bits(IrInst *inst, void *data) {
    Unit *unit = data;
    bool lowered = inst->op == OP_POPCOUNT || inst->op == OP_CLZ || inst->op == OP_CTZ ||
                   inst->op == OP_REVERSE_BITS || inst->op == OP_EXTRACT_BITS ||
                   inst->op == OP_INSERT_BITS;
    CHECK(!lowered || ir_bits(inst->results[0]->type) == 32, "%s\n%s", what, printed_now(unit));
}

static const char LOWERING[] =
    "lower_wide_bits lower_bits lower_bounds split_memory lower_small_ints "
    "lower_int_div lower_shift lower_convert";

static void test_integers(void) {
    static const char *const types[] = {"i8",    "u8",    "i16", "u16",   "i8x3", "u8x4",  "i16x2",
                                        "u16x4", "i16x3", "i64", "u64x2", "u64",  "i64x3", "u8x2"};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (size_t i = 0; i < sizeof PURE / sizeof *PURE; i++) {
            char template[4096], name[512];
            snprintf(template, sizeof template, "%s%s%s", HEAD, PURE[i], TAIL);
            snprintf(name, sizeof name, "%s: %s", types[t], PURE[i]);
            what = name;
            const char *text = with_types(template, types[t], same_size(types[t]));
            check_same(text, LOWERING, INT_COUNT, INT_COUNT * INT_COUNT);
            Unit *unit = open_text(text);
            run_passes(unit, LOWERING);
            IrFunction *kernel = unit->module->functions;
            ir_walk(&kernel->body, check_small_use, unit);
            ir_walk(&kernel->body, check_wide_bits, unit);
            close_unit(unit);
        }
    }
}

/* Constants and parameters of small types; a pass with nothing to do says so. */
static void test_places(void) {
    static const char text[] =
        "kernel @k(%s: i8, %t: u16x2, %a: buffer<i8>, %out: buffer<i8>, %out2: buffer<u16x2>) "
        "workgroup(1, 1, 1) {\n"
        "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
        "%x: i8 = load %a[%i]\n%y: i8 = add %x, -100i8\n%z: i8 = mul %y, %s\n"
        "store %out[%i], %z\nstore %out[0u32], -128i8\n"
        "%l: u16 = load %out2[%i][1u32]\n%m: u16x2 = construct %l, 65535u16\n"
        "%n: u16x2 = add %m, %t\nstore %out2[%i], %n\nstore %out2[%i][0u32], 7u16\nret\n}\n";
    what = "places";
    check_same(text, LOWERING, INT_COUNT, INT_COUNT);
    static const char plain[] = "kernel @k(%out: buffer<u32>) workgroup(1, 1, 1) {\n"
                                "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
                                "store.raw %out[%i], %i\nret\n}\n";
    Unit *unit = open_text(plain);
    CHECK(!pass_lower_small_ints.run(unit->module), "%s", what);
    CHECK(!pass_lower_wide_bits.run(unit->module), "%s", what);
    CHECK(!pass_lower_wide_round.run(unit->module), "%s", what);
    close_unit(unit);
}

/* Arrays and forms with small integers in locals. */
static void test_composites(void) {
    static const char text[] =
        "form @Pixel { rgb: array<u8, 3>, mass: f32, level: i16 }\n"
        "kernel @k(%a: buffer<@Pixel>, %out: buffer<@Pixel>) workgroup(1, 1, 1) {\n"
        "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
        "%v: var<@Pixel> = var\n%x: @Pixel = load %a[%i]\nstore %v, %x\n"
        "%r: u8 = load %v[0u32][%i]\n%r2: u8 = mul %r, 3u8\nstore %v[0u32][1u32], %r2\n"
        "%l: i16 = load %a[%i][2u32]\n%l2: i16 = neg %l\nstore %v[2u32], %l2\n"
        "%y: @Pixel = load %v\nstore %out[%i], %y\nret\n}\n";
    what = "composites";
    check_same(text, LOWERING, INT_COUNT, INT_COUNT);
}

static void test_round(void) {
    static const char text[] = "kernel @k(%a: buffer<$>, %out: buffer<$>) workgroup(1, 1, 1) {\n"
                               "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
                               "%x: $ = load.raw %a[%i]\n%r: $ = round %x\n"
                               "store.raw %out[%i], %r\nret\n}\n";
    what = "round";
    check_same(with_types(text, "f64", ""), "lower_wide_round", FLOAT_COUNT, FLOAT_COUNT);
    check_same(with_types(text, "f64x3", ""), "lower_wide_round", FLOAT_COUNT, FLOAT_COUNT);
    Unit *unit = open_text(with_types(text, "f64", ""));
    run_passes(unit, "lower_wide_round");
    CHECK(count_op(unit, "round") == 0, "%s", printed_now(unit));
    close_unit(unit);
}

int main(void) {
    test_integers();
    test_places();
    test_composites();
    test_round();
    return report_failures();
}
