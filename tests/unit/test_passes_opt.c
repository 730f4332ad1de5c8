/* opt_fold and opt_dce: what each rule leaves, what they must not touch, and random programs that give the same before
 * and after.
 */
#include "tests/unit/body_unit.h"

/* ---- rules: x and y are what a buffer holds ---- */

/* `code` computes %r from %x and %y; `want` is what is left of it after folding, with where %r goes. */
typedef struct {
    const char *type, *code, *want;
} RuleCase;

#define OUT "store %out[%i], "

/* clang-format off */
static const RuleCase rules[] = {
    /* constants */
    {"i32", "%r: i32 = div 7i32, 0i32\n", OUT "0i32\n"},
    {"i32", "%a: i32 = add 7i32, 1i32\n%b: i32 = mul %a, %a\n%r: i32 = sub %b, %x\n", "%r: i32 = sub 64i32, %x\n" OUT "%r\n"},
    {"f32", "%r: f32 = sqrt 9f32\n", OUT "3f32\n"},
    {"u32", "%v: u32x2 = construct 3u32, 4u32\n%w: u32x2 = swizzle %v, 1, 0\n%r: u32 = extract %w, 0\n", OUT "4u32\n"},
    {"u32", "%r: u32 = extract_at u32x2(3, 4), 2u32\n", OUT "0u32\n"},
    {"u32", "%r: u32 = len %out\n", "%r: u32 = len %out\n" OUT "%r\n"},

    /* the order of operands */
    {"i32", "%r: i32 = add 5i32, %x\n", "%r: i32 = add %x, 5i32\n" OUT "%r\n"},
    {"i32", "%r: i32 = sub 5i32, %x\n", "%r: i32 = sub 5i32, %x\n" OUT "%r\n"},
    {"i32", "%r: bool = lt 5i32, %x\n", "%r: bool = gt %x, 5i32\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"f32", "%r: bool = ge 5f32, %x\n", "%r: bool = le %x, 5f32\n%w: u32 = convert %r\n" OUT "%w\n"},

    /* what changes nothing, of integers */
    {"i32", "%r: i32 = add 0i32, %x\n", OUT "%x\n"},
    {"u32x2", "%r: u32x2 = sub %x, u32x2(0, 0)\n", OUT "%x\n"},
    {"i32", "%r: i32 = sub %x, %x\n", OUT "0i32\n"},
    {"i32", "%r: i32 = mul %x, 1i32\n", OUT "%x\n"},
    {"i32", "%r: i32 = mul %x, 0i32\n", OUT "0i32\n"},
    {"i32", "%r: i32 = div %x, 1i32\n", OUT "%x\n"},
    {"i32", "%r: i32 = div 0i32, %x\n", OUT "0i32\n"},
    {"i32", "%r: i32 = div %x, %x\n", "%r: i32 = div %x, %x\n" OUT "%r\n"},
    {"i32", "%r: i32 = rem %x, 1i32\n", OUT "0i32\n"},
    {"i32", "%r: i32 = rem 0i32, %x\n", OUT "0i32\n"},
    {"u32", "%r: u32 = rem %x, %x\n", OUT "0u32\n"},
    {"i32", "%n: i32 = neg %x\n%r: i32 = neg %n\n", OUT "%x\n"},
    {"i32", "%n: i32 = neg %x\n%r: i32 = abs %n\n", "%r: i32 = abs %x\n" OUT "%r\n"},
    {"i32", "%n: i32 = abs %x\n%r: i32 = abs %n\n", "%n: i32 = abs %x\n" OUT "%n\n"},
    {"u32", "%r: u32 = abs %x\n", OUT "%x\n"},
    {"i32", "%r: i32 = min %x, %x\n", OUT "%x\n"},
    {"u32", "%r: u32 = min %x, 0u32\n", OUT "0u32\n"},
    {"u32", "%r: u32 = min %x, 4294967295u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = max %x, 0u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = max %x, 4294967295u32\n", OUT "4294967295u32\n"},
    {"i32", "%r: i32 = max %x, 0i32\n", "%r: i32 = max %x, 0i32\n" OUT "%r\n"},
    {"u32", "%n: u32 = not %x\n%r: u32 = not %n\n", OUT "%x\n"},
    {"u32", "%r: u32 = and %x, 0u32\n", OUT "0u32\n"},
    {"u32", "%r: u32 = and %x, 4294967295u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = and %x, %x\n", OUT "%x\n"},
    {"u32", "%r: u32 = or %x, 0u32\n", OUT "%x\n"},
    {"i32", "%r: i32 = or %x, -1i32\n", OUT "-1i32\n"},
    {"u32", "%r: u32 = or %x, %x\n", OUT "%x\n"},
    {"u32", "%r: u32 = xor %x, 0u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = xor %x, %x\n", OUT "0u32\n"},
    {"i32", "%r: i32 = xor %x, -1i32\n", "%r: i32 = not %x\n" OUT "%r\n"},
    {"u32", "%r: u32 = shl %x, 0u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = shl 0u32, %x\n", OUT "0u32\n"},
    {"u32", "%r: u32 = shr %x, 0u32\n", OUT "%x\n"},
    {"u32", "%r: u32 = shr 0u32, %x\n", OUT "0u32\n"},
    {"u32", "%n: u32 = reverse_bits %x\n%r: u32 = reverse_bits %n\n", OUT "%x\n"},

    /* constants meet */
    {"i32", "%a: i32 = add %x, 2147483647i32\n%r: i32 = add %a, 2i32\n", "%r: i32 = add %x, -2147483647i32\n" OUT "%r\n"},
    {"i32", "%a: i32 = add %x, 3i32\n%r: i32 = sub %a, 3i32\n", OUT "%x\n"},
    {"i32", "%a: i32 = sub %x, 3i32\n%r: i32 = add %a, 5i32\n", "%r: i32 = add %x, 2i32\n" OUT "%r\n"},
    {"i32", "%a: i32 = sub %x, 3i32\n%r: i32 = sub %a, 5i32\n", "%r: i32 = sub %x, 8i32\n" OUT "%r\n"},
    {"u32", "%a: u32 = mul %x, 3u32\n%r: u32 = mul 5u32, %a\n", "%r: u32 = mul %x, 15u32\n" OUT "%r\n"},
    {"u32", "%a: u32 = and %x, 6u32\n%r: u32 = and %a, 1u32\n", OUT "0u32\n"},
    {"u32", "%a: u32 = or %x, 6u32\n%r: u32 = or %a, 1u32\n", "%r: u32 = or %x, 7u32\n" OUT "%r\n"},
    {"u32", "%a: u32 = xor %x, 6u32\n%r: u32 = xor %a, 6u32\n", OUT "%x\n"},
    {"i32", "%a: i32 = min %x, 6i32\n%r: i32 = min %a, 1i32\n", "%r: i32 = min %x, 1i32\n" OUT "%r\n"},
    {"i32", "%a: i32 = max %x, 6i32\n%r: i32 = max %a, 1i32\n", "%r: i32 = max %x, 6i32\n" OUT "%r\n"},

    /* floats: only what holds for NaN, infinities and -0 */
    {"f32", "%r: f32 = mul %x, 1f32\n", OUT "%x\n"},
    {"f32", "%r: f32 = div %x, 1f32\n", OUT "%x\n"},
    {"f32", "%r: f32 = sub %x, 0f32\n", OUT "%x\n"},
    {"f32", "%r: f32 = add %x, -0f32\n", OUT "%x\n"},
    {"f32", "%r: f32 = add %x, 0f32\n", "%r: f32 = add %x, 0f32\n" OUT "%r\n"},
    {"f32", "%r: f32 = sub %x, -0f32\n", "%r: f32 = sub %x, -0f32\n" OUT "%r\n"},
    {"f32", "%r: f32 = sub %x, %x\n", "%r: f32 = sub %x, %x\n" OUT "%r\n"},
    {"f32", "%r: f32 = mul %x, 0f32\n", "%r: f32 = mul %x, 0f32\n" OUT "%r\n"},
    {"f32", "%r: f32 = div 0f32, %x\n", "%r: f32 = div 0f32, %x\n" OUT "%r\n"},
    {"f32", "%a: f32 = add %x, 1f32\n%r: f32 = add %a, 1f32\n", "%a: f32 = add %x, 1f32\n%r: f32 = add %a, 1f32\n" OUT "%r\n"},
    {"f32", "%n: f32 = neg %x\n%r: f32 = neg %n\n", OUT "%x\n"},
    {"f32", "%r: f32 = max %x, %x\n", OUT "%x\n"},

    /* comparison */
    {"u32", "%r: bool = eq %x, %x\n", OUT "1u32\n"},
    {"u32", "%r: bool = ne %x, %x\n", OUT "0u32\n"},
    {"i32", "%r: bool = le %x, %x\n", OUT "1u32\n"},
    {"i32", "%r: bool = ge %x, %x\n", OUT "1u32\n"},
    {"f32", "%r: bool = lt %x, %x\n", OUT "0u32\n"},
    {"f32", "%r: bool = gt %x, %x\n", OUT "0u32\n"},
    {"f32", "%r: bool = eq %x, %x\n", "%r: bool = eq %x, %x\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"u32", "%r: bool = lt %x, 0u32\n", OUT "0u32\n"},
    {"u32", "%r: bool = ge %x, 0u32\n", OUT "1u32\n"},
    {"u32", "%r: bool = gt %x, 4294967295u32\n", OUT "0u32\n"},
    {"u32", "%r: bool = le %x, 4294967295u32\n", OUT "1u32\n"},
    {"i32", "%r: bool = lt %x, 0i32\n", "%r: bool = lt %x, 0i32\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"bool", "%r: bool = eq %x, true\n", "%w: u32 = convert %x\n" OUT "%w\n"},
    {"bool", "%r: bool = ne true, %x\n", "%r: bool = eq %xw, 0u32\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"bool", "%r: bool = ne %x, false\n", "%w: u32 = convert %x\n" OUT "%w\n"},
    {"bool", "%r: bool = eq %x, false\n", "%r: bool = eq %xw, 0u32\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"i32", "%c: bool = lt %x, %y\n%r: bool = not %c\n", "%r: bool = ge %x, %y\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"f32", "%c: bool = eq %x, %y\n%r: bool = not %c\n", "%r: bool = ne %x, %y\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"f32", "%c: bool = lt %x, %y\n%r: bool = not %c\n", "%c: bool = lt %x, %y\n%r: bool = not %c\n%w: u32 = convert %r\n" OUT "%w\n"},

    /* choice */
    {"i32", "%r: i32 = select true, %x, %y\n", OUT "%x\n"},
    {"i32", "%r: i32 = select false, %x, %y\n", OUT "%y\n"},
    {"i32x2", "%r: i32x2 = select boolx2(true, false), %x, %y\n", "%r: i32x2 = select boolx2(true, false), %x, %y\n" OUT "%r\n"},
    {"i32", "%c: bool = lt %x, %y\n%r: i32 = select %c, %x, %x\n", OUT "%x\n"},
    {"bool", "%r: bool = select %x, true, false\n", "%w: u32 = convert %x\n" OUT "%w\n"},
    {"bool", "%r: bool = select %x, false, true\n", "%r: bool = eq %xw, 0u32\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"bool", "%r: bool = select %x, true, %y\n", "%r: bool = or %x, %y\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"bool", "%r: bool = select %x, %y, false\n", "%r: bool = and %x, %y\n%w: u32 = convert %r\n" OUT "%w\n"},
    {"f32", "%c: bool = lt %x, %y\n%n: bool = not %c\n%r: f32 = select %n, %x, %y\n", "%c: bool = lt %x, %y\n%r: f32 = select %c, %y, %x\n" OUT "%r\n"},

    /* conversion */
    {"i32", "%a: u32 = convert %x\n%r: i32 = convert %a\n", OUT "%x\n"},
    {"u8", "%a: i32 = convert %x\n%r: u8 = convert %a\n", OUT "%x\n"},
    {"i32", "%a: u8 = convert %x\n%r: i32 = convert %a\n", "%a: u8 = convert %x\n%r: i32 = convert %a\n" OUT "%r\n"},
    {"i32", "%a: f32 = convert %x\n%r: i32 = convert %a\n", "%a: f32 = convert %x\n%r: i32 = convert %a\n" OUT "%r\n"},
    {"f32", "%a: u32 = bitcast %x\n%r: f32 = bitcast %a\n", OUT "%x\n"},
    {"f32", "%a: u32 = bitcast %x\n%r: i32 = bitcast %a\n", "%r: i32 = bitcast %x\n" OUT "%r\n"},

    /* vectors */
    {"u32", "%v: u32x2 = construct %x, %y\n%r: u32 = extract %v, 1\n", OUT "%y\n"},
    {"u32x2", "%v: u32x3 = construct 5u32, %x\n%r: u32 = extract %v, 2\n", "%r: u32 = extract %x, 1\n" OUT "%r\n"},
    {"u32x2", "%v: u32x2 = insert %x, 9u32, 1\n%r: u32 = extract %v, 1\n", OUT "9u32\n"},
    {"u32x2", "%v: u32x2 = insert %x, 9u32, 1\n%r: u32 = extract %v, 0\n", "%r: u32 = extract %x, 0\n" OUT "%r\n"},
    {"u32x2", "%v: u32x2 = swizzle %x, 1, 0\n%r: u32 = extract %v, 0\n", "%r: u32 = extract %x, 1\n" OUT "%r\n"},
    {"u32x2", "%v: u32x2 = insert %x, 9u32, 1\n%r: u32x2 = insert %v, 8u32, 1\n", "%r: u32x2 = insert %x, 8u32, 1\n" OUT "%r\n"},
    {"u32x2", "%a: u32 = extract %x, 0\n%b: u32 = extract %x, 1\n%r: u32x2 = construct %a, %b\n", OUT "%x\n"},
    {"u32x2", "%a: u32 = extract %x, 0\n%b: u32 = extract %x, 1\n%r: u32x2 = construct %b, %a\n", "%r: u32x2 = swizzle %x, 1, 0\n" OUT "%r\n"},
    {"u32x3", "%v: u32x3 = swizzle %x, 2, 0, 1\n%r: u32x3 = swizzle %v, 1, 2, 0\n", OUT "%x\n"},
    {"u32x3", "%v: u32x3 = swizzle %x, 2, 0, 1\n%r: u32x2 = swizzle %v, 0, 0\n", "%r: u32x2 = swizzle %x, 2, 2\n" OUT "%r\n"},
    {"u32x3", "%r: u32x3 = swizzle %x, 0, 1, 2\n", OUT "%x\n"},
    {"u32x3", "%r: u32x2 = swizzle %x, 0, 1\n", "%r: u32x2 = swizzle %x, 0, 1\n" OUT "%r\n"},
    {"u32", "%v: u32x3 = construct %x, %y, 3u32\n%r: u32x2 = swizzle %v, 2, 0\n", "%r: u32x2 = construct 3u32, %x\n" OUT "%r\n"},
    /* what LLVM makes of a repeated number, and of a construct */
    {"u32", "%v: u32x3 = insert u32x3(0, 0, 0), %x, 0\n%r: u32x3 = swizzle %v, 0, 0, 0\n", "%r: u32x3 = construct %x, %x, %x\n" OUT "%r\n"},
    {"u32", "%v: u32x2 = insert u32x2(0, 7), %x, 0\n%r: u32x3 = swizzle %v, 1, 0, 1\n", "%r: u32x3 = construct 7u32, %x, 7u32\n" OUT "%r\n"},
    {"u32x2", "%v: u32x2 = insert %x, 5u32, 0\n%r: u32x2 = swizzle %v, 1, 1\n", "%r: u32x2 = swizzle %x, 1, 1\n" OUT "%r\n"},
    {"u32x2", "%v: u32x2 = insert %x, 5u32, 0\n%r: u32x2 = swizzle %v, 1, 0\n", "%v: u32x2 = insert %x, 5u32, 0\n%r: u32x2 = swizzle %v, 1, 0\n" OUT "%r\n"},
    {"u32", "%v: u32x3 = insert u32x3(0, 8, 0), %x, 2\n%r: u32x3 = insert %v, %y, 0\n", "%r: u32x3 = construct %y, 8u32, %x\n" OUT "%r\n"},
    {"u32x2", "%v: u32x4 = swizzle %x, 0, 1, 0, 0\n%w: u32x4 = insert %v, 7u32, 2\n%r: u32x4 = insert %w, 7u32, 3\n", "%r: u32x4 = construct %x, 7u32, 7u32\n" OUT "%r\n"},
    {"u32x2", "%v: u32x4 = swizzle %x, 0, 1, 1, 0\n%r: u32x4 = insert %v, 7u32, 2\n", "%v: u32x4 = swizzle %x, 0, 1, 1, 0\n%r: u32x4 = insert %v, 7u32, 2\n" OUT "%r\n"},
    {"u32x2", "%a: u32 = extract %x, 0\n%b: u32 = extract %x, 1\n%r: u32x3 = construct %a, %b, 3u32\n", "%r: u32x3 = construct %x, 3u32\n" OUT "%r\n"},
    {"u32x2", "%a: u32 = extract %x, 0\n%b: u32 = extract %x, 1\n%r: u32x3 = construct %b, %a, 3u32\n", "%a: u32 = extract %x, 0\n%b: u32 = extract %x, 1\n%r: u32x3 = construct %b, %a, 3u32\n" OUT "%r\n"},
    {"u32", "%v: u32x2 = construct %x, %y\n%r: u32x3 = construct 3u32, %v\n", "%r: u32x3 = construct 3u32, %x, %y\n" OUT "%r\n"},
    {"u32", "%r: u32x3 = construct u32x2(1, 2), %x\n", "%r: u32x3 = construct u32x2(1, 2), %x\n" OUT "%r\n"},
    {"u32x2", "%r: u32 = extract_at %x, 1u32\n", "%r: u32 = extract %x, 1\n" OUT "%r\n"},
    {"u32x2", "%r: u32 = extract_at %x, 2u32\n", OUT "0u32\n"},
    {"u32x2", "%r: u32x2 = insert_at %x, 9u32, 1u32\n", "%r: u32x2 = insert %x, 9u32, 1\n" OUT "%r\n"},
    {"u32x2", "%r: u32x2 = insert_at %x, 9u32, 2u32\n", OUT "%x\n"},
};

/* Outside its domain a `.raw` op stays: whoever made it must hear of it. */
static const RuleCase kept[] = {
    {"u32", "%r: u32 = div.raw 0u32, 0u32\n", "%r: u32 = div.raw 0u32, 0u32\n" OUT "%r\n"},
    {"u32", "%r: u32 = shl.raw 0u32, 32u32\n", "%r: u32 = shl.raw 0u32, 32u32\n" OUT "%r\n"},
    {"u32", "%r: u32 = convert.raw -1f32\n", "%r: u32 = convert.raw -1f32\n" OUT "%r\n"},
    {"u32x2", "%r: u32 = extract_at.raw %x, 2u32\n", "%r: u32 = extract_at.raw %x, 2u32\n" OUT "%r\n"},
    {"u32x2", "%r: u32x2 = insert_at.raw %x, 1u32, 2u32\n", "%r: u32x2 = insert_at.raw %x, 1u32, 2u32\n" OUT "%r\n"},
};
/* clang-format on */

static const char *rule_text(Arena *arena, const RuleCase *rule) {
    bool is_bool = strcmp(rule->type, "bool") == 0;
    const char *type = is_bool ? "u32" : rule->type, *result = strstr(rule->code, "%r: ") + 4;
    int length = (int)strcspn(result, " ");
    bool gives_bool = strncmp(result, "bool ", 5) == 0;
    Text text = {.arena = arena};
    text_printf(&text, "kernel @k(%%in: buffer<%s>, %%out: buffer<%.*s>) workgroup(1, 1, 1) {\n",
                type, gives_bool ? 3 : length, gives_bool ? "u32" : result);
    text_add(&text, INDEX "%j: u32 = add %i, 1u32\n");
    for (const char *name = "xy"; *name != '\0'; name++) {
        const char *suffix = is_bool ? "w" : "";
        text_printf(&text, "%%%c%s: %s = load %%in[%s]\n", *name, suffix, type,
                    *name == 'x' ? "%i" : "%j");
        if (is_bool) {
            text_printf(&text, "%%%c: bool = ne %%%cw, 0u32\n", *name, *name);
        }
    }
    text_add(&text, rule->code);
    text_add(&text, gives_bool ? "%w: u32 = convert %r\n" OUT "%w\nret\n}\n" : OUT "%r\nret\n}\n");
    return text_get(&text);
}

/* The lines that the rule is about, without indentation. */
static const char *rule_lines(Arena *arena, const char *printed) {
    static const char *const others[] = {
        "kernel ", "%id: ", "%i: ", "%j: ", "%xw: ", "%yw: ", "%x: ", "%y: ", "ret", "}"};
    Text text = {.arena = arena};
    for (const char *line = printed; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        line += strspn(line, " ");
        length = strcspn(line, "\n");
        bool other = false;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            other |= strncmp(line, others[i], strlen(others[i])) == 0;
        }
        if (!other) {
            text_bytes(&text, line, length + 1);
        }
        line += length + 1;
    }
    return text_get(&text);
}

static const char *check_rule(Arena *arena, const RuleCase *rule) {
    const char *text = rule_text(arena, rule);
    what = rule->code;
    Unit *unit = open_text(text);
    run_passes(unit, "opt_fold opt_dce");
    const char *lines = rule_lines(arena, printed_now(unit));
    CHECK(strcmp(lines, rule->want) == 0, "%sgives\n%swanted\n%s", rule->code, lines, rule->want);
    CHECK(!pass_opt_fold.run(unit->module) && !pass_opt_dce.run(unit->module), "%s", rule->code);
    close_unit(unit);
    return text;
}

static void test_rules(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        check_same(check_rule(&arena, &rules[i]), "opt_fold opt_dce", INT_COUNT, INT_COUNT);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        check_rule(&arena, &kept[i]);
    }
    arena_release(&arena);
}

/* ---- control ---- */

#define BOTH "opt_fold opt_dce"

static const BodyCase controls[] = {
    /* an `if` on a constant, in another one */
    {BOTH,
     X "%r: i32 = if true {\n%s: i32 = if false {\nyield 1i32\n} else {\n%t: i32 = add %x, 2i32\n"
       "yield %t\n}\nyield %s\n} else {\nyield 9i32\n}\nstore %out[%i], %r\n",
     "%x: i32 = load %a[%i]\n%t: i32 = add %x, 2i32\nstore %out[%i], %t\n"},
    {BOTH, "if true {\nstore %out[%i], 1i32\nret\n} else {\nyield\n}\nstore %out[%i], 2i32\n",
     "store %out[%i], 1i32\n"},
    {BOTH,
     X "if %c {\nif true {\nstore %out[%i], 1i32\nret\n} else {\nyield\n}\nstore %out[%i], "
       "2i32\nyield\n"
       "} else {\nyield\n}\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nif %c {\nstore %out[%i], 1i32\nret\n} else "
     "{\nyield\n}\n"},
    {BOTH,
     X "loop {\nif true {\nbreak\n} else {\nyield\n}\nstore %out[%i], %x\ncontinue\n} continuing "
       "{\nnext\n}\n"
       "store %out[%i], 3i32\n",
     "store %out[%i], 3i32\n"},

    /* the same on every way */
    {BOTH,
     X "%r: i32, %s: i32 = if %c {\nstore %out[0u32], 1i32\nyield %x, 5i32\n} else {\nyield %x, "
       "5i32\n}\n"
       "%t: i32 = add %r, %s\nstore %out[%i], %t\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nif %c {\nstore %out[0u32], 1i32\nyield\n} "
     "else {\nyield\n}\n"
     "%t: i32 = add %x, 5i32\nstore %out[%i], %t\n"},
    {BOTH,
     X "%r: bool = if %c {\nyield true\n} else {\nyield false\n}\n%w: i32 = convert %r\nstore "
       "%out[%i], %w\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\n%w: i32 = convert %c\nstore %out[%i], %w\n"},
    {BOTH, X "%r: i32 = if %c {\nret\n} else {\nyield %x\n}\nstore %out[%i], %r\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nif %c {\nret\n} else {\nyield\n}\nstore "
     "%out[%i], %x\n"},
    {BOTH,
     X
     "%r: i32 = if %c {\nret\n} else {\n%y: i32 = add %x, 1i32\nyield %y\n}\nstore %out[%i], %r\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\n%r: i32 = if %c {\nret\n} else {\n"
     "%y: i32 = add %x, 1i32\nyield %y\n}\nstore %out[%i], %r\n"},

    /* a loop of one round, with and without a jump */
    {BOTH,
     X "%r: i32 = loop (%p: i32 = %x) {\n%q: i32 = add %p, 1i32\nbreak %q\n} continuing {\nnext "
       "0i32\n}\n"
       "store %out[%i], %r\n",
     "%x: i32 = load %a[%i]\n%q: i32 = add %x, 1i32\nstore %out[%i], %q\n"},
    {BOTH, X "loop {\nstore %out[%i], %x\nret\n} continuing {\nnext\n}\nstore %out[%i], 7i32\n",
     "%x: i32 = load %a[%i]\nstore %out[%i], %x\n"},
    {BOTH,
     X "loop {\nif %c {\nbreak\n} else {\nyield\n}\nstore %out[%i], %x\nbreak\n} continuing "
       "{\nnext\n}\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nloop {\nif %c {\nbreak\n} else {\nyield\n}\n"
     "store %out[%i], %x\nbreak\n} continuing {\nnext\n}\n"},

    /* a parameter that never changes, results that are the same at every break */
    {BOTH,
     X "%r: i32, %s: i32 = loop (%k: i32 = 0i32, %p: i32 = %x) {\n%end: bool = ge %k, 3i32\n"
       "if %end {\nbreak %p, %x\n} else {\nyield\n}\nstore %out[%i], %p\n%k1: i32 = add %k, 1i32\n"
       "if %c {\ncontinue %k1, %p\n} else {\nyield\n}\ncontinue %k1, %x\n"
       "} continuing (%kk: i32, %pp: i32) {\nnext %kk, %pp\n}\n%t: i32 = sub %r, %s\nstore "
       "%out[0u32], %t\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nloop (%k: i32 = 0i32) {\n%end: bool = ge %k, "
     "3i32\n"
     "if %end {\nbreak\n} else {\nyield\n}\nstore %out[%i], %x\n%k1: i32 = add %k, 1i32\n"
     "if %c {\ncontinue %k1\n} else {\nyield\n}\ncontinue %k1\n} continuing (%kk: i32) {\nnext "
     "%kk\n}\n"
     "store %out[0u32], 0i32\n"},

    /* dce: locals, loads, stores */
    {"opt_dce",
     X "%u: var<i32> = var\n%v: var<i32> = var\nstore %u, %x\nstore %v, %x\n%w: i32 = load %v\n"
       "%dead: i32 = load %u\n%gone: i32 = mul %dead, %dead\nstore %out[%i], %w\n",
     "%x: i32 = load %a[%i]\n%v: var<i32> = var\nstore %v, %x\n%w: i32 = load %v\nstore %out[%i], "
     "%w\n"},
    {"opt_dce", X "%v: var<i32> = var\n%w: i32 = load %v\n%y: i32 = add %w, 1i32\nstore %v, %y\n",
     ""},

    /* `if`s without effect, and results nobody takes */
    {"opt_dce", X "%r: i32 = if %c {\n%y: i32 = add %x, 1i32\nyield %y\n} else {\nyield %x\n}\n",
     ""},
    {"opt_dce",
     X "%r: i32, %s: i32 = if %c {\n%y: i32 = add %x, 1i32\n%z: i32 = add %x, 2i32\nyield %y, %z\n"
       "} else {\nyield %x, 3i32\n}\nstore %out[%i], %s\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\n%s: i32 = if %c {\n%z: i32 = add %x, "
     "2i32\nyield %z\n"
     "} else {\nyield 3i32\n}\nstore %out[%i], %s\n"},
    {"opt_dce", X "%r: i32 = if %c {\nstore %out[%i], %x\nyield %x\n} else {\nyield 1i32\n}\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nif %c {\nstore %out[%i], %x\nyield\n} else "
     "{\nyield\n}\n"},

    /* a loop: the second parameter feeds itself alone, the third the second result, which nobody takes */
    {"opt_dce",
     X "%r: i32, %s: i32 = loop (%k: i32 = 0i32, %p: i32 = 1i32, %q: i32 = 2i32) {\n"
       "%end: bool = ge %k, 3i32\nif %end {\nbreak %k, %q\n} else {\nyield\n}\n%p1: i32 = mul %p, "
       "3i32\n"
       "%q1: i32 = add %q, %q\ncontinue %p1, %q1\n} continuing (%pp: i32, %qq: i32) {\n"
       "next 99i32, %pp, %qq\n}\nstore %out[%i], %r\n",
     "%r: i32 = loop (%k: i32 = 0i32) {\n%end: bool = ge %k, 3i32\n"
     "if %end {\nbreak %k\n} else {\nyield\n}\ncontinue\n} continuing {\nnext 99i32\n}\nstore "
     "%out[%i], %r\n"},
    /* … and stays when nothing comes of it */
    {"opt_dce",
     X "loop {\nif %c {\nbreak\n} else {\nbreak\n}\nunreachable\n} continuing {\nnext\n}\n",
     "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\nloop {\nif %c {\nbreak\n} else "
     "{\nbreak\n}\nunreachable\n"
     "} continuing {\nnext\n}\n"},
};

/* ---- much of it ---- */

/* Ifs on constants inside each other, each with a store in front; then a long chain of additions. */
static const char *much(Arena *arena, unsigned depth, unsigned length) {
    Text text = {.arena = arena};
    text_add(&text, KERNEL X);
    for (unsigned i = 0; i < depth; i++) {
        text_printf(&text, "store %%out[%uu32], %%x\nif true {\n", i % 30);
    }
    for (unsigned i = 0; i < depth; i++) {
        text_add(&text, "yield\n} else {\nyield\n}\n");
    }
    text_add(&text, "%s0: i32 = mul %x, %x\n");
    for (unsigned i = 0; i < length; i++) {
        text_printf(&text, "%%s%u: i32 = add %%s%u, 1i32\n", i + 1, i);
    }
    text_printf(&text, "store %%out[%%i], %%s%u\nret\n}\n", length);
    return text_get(&text);
}

static void test_much(void) {
    Arena arena = {0};
    const char *text = much(&arena, 1000, 100000);
    what = "much";
    Unit *unit = open_text(text);
    run_passes(unit, BOTH);
    CHECK(count_op(unit, "if") == 0 && count_op(unit, "add") == 1, "something is left");
    CHECK(count_op(unit, "store") == 1001, "%u stores", count_op(unit, "store"));
    close_unit(unit);
    arena_release(&arena);
}

int main(void) {
    test_rules();
    test_much();
    check_bodies(controls, sizeof controls / sizeof *controls);
    return report_failures();
}
