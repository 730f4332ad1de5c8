/* Lexer and parser: trees of small sources, every E01xx code, what is reported where and how often, and hostile
 * inputs within a time limit.
 *
 * Trees are compared as one line: (kind details (child) (child)), without places unless a test is about them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontend/ast.h"
#include "ir/base/fatal.h"

static int failures;

static void check(bool fine, int line, const char *what, const char *source, const char *got) {
    if (!fine) {
        failures++;
        printf("%s:%d: %s\n  in  %.300s\n  got %.2000s\n", __FILE__, line, what, source, got);
    }
}
#define CHECK(condition, source, got) check((condition), __LINE__, #condition, (source), (got))
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- a parse ---- */

typedef struct {
    const char *text;
    size_t length;
    Arena arena;
    SourceMap sources;
    Names names;
    Diags diags;
    SourceFile *file;
    AstModule *module;
} Parse;

static void parse_guarded(void *arg) {
    Parse *parse = arg;
    parse->module = ast_parse(&parse->arena, &parse->names, &parse->diags, parse->file);
}

static Parse *parse_bytes(const char *text, size_t length) {
    Parse *parse = calloc(1, sizeof *parse);
    if (parse == NULL) {
        exit(1);
    }
    parse->text = text;
    parse->length = length;
    parse->sources.arena = &parse->arena;
    parse->names.arena = &parse->arena;
    diags_init(&parse->diags, &parse->arena, &parse->sources);
    parse->diags.max_errors = 1000;
    parse->file = source_add(&parse->sources, "test.vt", text, length);
    const char *message = "";
    FatalKind fatal = guard_run(parse_guarded, parse, &message);
    CHECK(fatal == FATAL_NONE, text, message);
    if (fatal != FATAL_NONE) {
        exit(1);
    }
    CHECK(parse->module->had_errors == (parse->diags.errors > 0), text, "");
    return parse;
}

static Parse *parse_text(const char *text) {
    return parse_bytes(text, strlen(text));
}

static void end_parse(Parse *parse) {
    arena_release(&parse->arena);
    free(parse);
}

/* The printed tree on one line; with places, or without. */
static const char *tree_of(Parse *parse, bool places) {
    Text lines = {.arena = &parse->arena}, tree = {.arena = &parse->arena};
    ast_print(&lines, &parse->sources, parse->module);
    int level = -1;
    for (const char *at = text_get(&lines); *at != '\0'; at++) {
        int indent = (int)strspn(at, " ") / 4;
        at += strspn(at, " ");
        for (; level >= indent; level--) {
            text_char(&tree, ')');
        }
        text_add(&tree, tree.length > 0 ? " (" : "(");
        level = indent;
        for (; *at != '\n'; at++) {
            bool range = *at == ' ' && at[1] >= '0' && at[1] <= '9' && strchr(at, '-') != NULL;
            size_t skip = 0;
            if (!places && (range || *at == '@')) {
                skip = 1 + strspn(at + 1, range ? "0123456789:-" : "0123456789:");
                skip = memchr(at, ':', skip) != NULL ? skip : 0;
            }
            if (skip > 0) {
                at += skip - 1;
            } else {
                text_char(&tree, *at);
            }
        }
    }
    for (; level >= 0; level--) {
        text_char(&tree, ')');
    }
    return text_get(&tree);
}

static int by_place(const void *a, const void *b) {
    const Diag *x = *(Diag *const *)a, *y = *(Diag *const *)b;
    return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

/* "E0108@2:5 E0110@3:1", in order of place. */
static const char *errors_of(Parse *parse) {
    if (parse->diags.list.count > 0) {
        qsort(parse->diags.list.items, parse->diags.list.count, sizeof(Diag *), by_place);
    }
    Text text = {.arena = &parse->arena};
    for (uint32_t i = 0; i < parse->diags.list.count; i++) {
        const Diag *diag = parse->diags.list.items[i];
        SourcePlace place = source_place(&parse->sources, diag->span.start);
        text_printf(&text, "%s%s@%u:%u", i > 0 ? " " : "", diag_rows[diag->id].code, place.line,
                    place.column);
    }
    return text_get(&text);
}

static const char *messages_of(Parse *parse) {
    Text text = {.arena = &parse->arena};
    for (uint32_t i = 0; i < parse->diags.list.count; i++) {
        const Diag *diag = parse->diags.list.items[i];
        text_printf(&text, "%s%s", i > 0 ? "; " : "", diag->text);
        for (uint32_t k = 0; k < diag->parts.count; k++) {
            text_printf(&text, " | %s", diag->parts.items[k].text);
        }
    }
    return text_get(&text);
}

typedef struct {
    const char *source, *want;
} Row;

/* Each source stands between `before` and `after`; the tree must end in `want` and what closes it. */
static void check_trees(const Row *rows, size_t count, const char *before, const char *after,
                        const char *tree_before, const char *tree_after) {
    for (size_t i = 0; i < count; i++) {
        Text source = {0}, want = {0};
        Arena arena = {0};
        source.arena = want.arena = &arena;
        text_printf(&source, "%s%s%s", before, rows[i].source, after);
        text_printf(&want, "%s%s%s", tree_before, rows[i].want, tree_after);
        Parse *parse = parse_text(text_get(&source));
        CHECK(parse->diags.errors == 0, rows[i].source, messages_of(parse));
        const char *tree = tree_of(parse, false);
        CHECK(strcmp(tree, text_get(&want)) == 0, text_get(&want), tree);
        end_parse(parse);
        arena_release(&arena);
    }
}

/* ---- trees ---- */

static const Row expressions[] = {
    // clang-format off
    {"1", "(int 1)"}, {"0x2A", "(int 42)"}, {"0xff_ff", "(int 65535)"}, {"0b1010u8", "(int 10 u8)"}, {"0o52", "(int 42)"},
    {"1_000i64", "(int 1000 i64)"}, {"18446744073709551615", "(int 18446744073709551615)"}, {"0xfu8", "(int 15 u8)"}, {"0xe+1", "(binary + (int 14) (int 1))"},
    {"1.5", "(float 1.5)"}, {"1e-3", "(float 0.001)"}, {"1E5", "(float 100000)"}, {"2.5f16", "(float 2.5 f16)"}, {"1f32", "(float 1 f32)"}, {"1_0.2_5e1_0", "(float 102500000000)"}, {"00.5", "(float 0.5)"},
    {"true", "(bool true)"}, {"\"a\\n\\\"\\{é\"", "(string \"a\\n\\\"\\u0001é\")"}, {"x", "(name x)"}, {"_", "(name _)"},
    {"- 1", "(unary - (int 1))"}, {"not !x", "(unary not (unary not (name x)))"}, {"~*&mut p", "(unary ~ (unary * (unary &mut (name p))))"},
    {"-a.b(c)[d]", "(unary - (index (call (field b (name a)) (name c)) (name d)))"},
    {"-x as f32 * y", "(binary * (cast (unary - (name x)) (type f32)) (name y))"}, {"a * b as u32 as f32", "(binary * (name a) (cast (cast (name b) (type u32)) (type f32)))"},
    {"a as u32 < b", "(binary < (cast (name a) (type u32)) (name b))"}, {"a as m.T", "(cast (name a) (type m.T))"}, {"a as [u8; 4]", "(cast (name a) (type_array (type u8) (int 4)))"},
    {"a + b * c", "(binary + (name a) (binary * (name b) (name c)))"}, {"(a + b) * c", "(binary * (binary + () (name a) (name b)) (name c))"},
    {"a - b - c", "(binary - (binary - (name a) (name b)) (name c))"}, {"a / b % c", "(binary % (binary / (name a) (name b)) (name c))"},
    {"a + b << c", "(binary << (binary + (name a) (name b)) (name c))"}, {"a >> b >> c", "(binary >> (binary >> (name a) (name b)) (name c))"}, {"a < b << c", "(binary < (name a) (binary << (name b) (name c)))"},
    {"a == b < c", "(binary == (name a) (binary < (name b) (name c)))"}, {"a & b == c", "(binary & (name a) (binary == (name b) (name c)))"},
    {"a | b ^ c & d", "(binary | (name a) (binary ^ (name b) (binary & (name c) (name d))))"}, {"a or b and c", "(binary or (name a) (binary and (name b) (name c)))"},
    {"a || b && !c", "(binary or (name a) (binary and (name b) (unary not (name c))))"}, {"a != b == c", "(binary == (binary != (name a) (name b)) (name c))"},
    {"(a < b) < c", "(binary < (binary < () (name a) (name b)) (name c))"}, {"a <= b and c >= d", "(binary and (binary <= (name a) (name b)) (binary >= (name c) (name d)))"},
    {"a or b ? c : d", "(ternary (binary or (name a) (name b)) (name c) (name d))"}, {"a ? b : c ? d : e", "(ternary (name a) (name b) (ternary (name c) (name d) (name e)))"},
    {"a ? b ? c : d : e", "(ternary (name a) (ternary (name b) (name c) (name d)) (name e))"},
    {"f()", "(call (name f))"}, {"f(1, 2,)", "(call (name f) (int 1) (int 2))"}, {"m.f(x).y", "(field y (call (field f (name m)) (name x)))"}, {"x.and(v).or.step.kernel.test", "(field test (field kernel (field step (field or (call (field and (name x)) (name v))))))"},
    {"a[1].x", "(field x (index (name a) (int 1)))"}, {"[1, 2,]", "(array (int 1) (int 2))"}, {"[0.0; 16]", "(repeat (float 0) (int 16))"}, {"[[1]][0][0]", "(index (index (array (array (int 1))) (int 0)) (int 0))"},
    {"P { }", "(form_value (type P))"}, {"m.P { a: 1, b: x, }.a", "(field a (form_value (type m.P) (init a (int 1)) (init b (name x))))"}, {"P { a: Q { b: 1 } }", "(form_value (type P) (init a (form_value (type Q) (init b (int 1)))))"},
    {"bitcast<u32>(x)", "(bitcast (name x) (type u32))"}, {"bitcast<A<B<u32>>>(x,)", "(bitcast (name x) (type A (type B (type u32))))"}, {"bitcast", "(name bitcast)"}, {"step + 1", "(binary + (name step) (int 1))"},
    {"if a { b } else { c }", "(ternary (name a) (name b) (name c))"}, {"if a { 1 } elif b { 2 } elif c { 3 } else { 4 }", "(ternary (name a) (int 1) (ternary (name b) (int 2) (ternary (name c) (int 3) (int 4))))"},
    {"if a { f(); 1 } else { 2 }", "(if_value (name a) (block (expr (call (name f))) (value (int 1))) (block (value (int 2))))"},
    {"if a { 1 } elif b { f(); 2 } else { 3 }", "(if_value (name a) (block (value (int 1))) (block (value (if_value (name b) (block (expr (call (name f))) (value (int 2))) (block (value (int 3)))))))"},
    {"if a { if b { 1 } else { 2 } } else { 3 }", "(ternary (name a) (ternary (name b) (int 1) (int 2)) (int 3))"}, {"if a { if b { } 1 } else { 2 }", "(if_value (name a) (block (if (name b) (block)) (value (int 1))) (block (value (int 2))))"},
    {"1 + if a { 1 } else { 2 } + 3", "(binary + (binary + (int 1) (ternary (name a) (int 1) (int 2))) (int 3))"}, {"if if a { b } else { c } { 1 } else { 2 }", "(ternary (ternary (name a) (name b) (name c)) (int 1) (int 2))"},
    {"f(if a { P { x: 1 } } else { b })", "(call (name f) (ternary (name a) (form_value (type P) (init x (int 1))) (name b)))"},
    // clang-format on
};

static const Row statements[] = {
    // clang-format off
    {"let x: Buffer<Atomic<u32>> = 1;", "(let x (type Buffer (type Atomic (type u32))) (int 1))"}, {"let mut x = 1;", "(let mut x (int 1))"}, {"const N: u32 = 1;", "(const N (type u32) (int 1))"},
    {"let g: Grid<f32, 16, -1, (A + 1), true, N> = x;", "(let g (type Grid (type f32) (type_const (int 16)) (type_const (unary - (int 1))) (type_const (binary + () (name A) (int 1))) (type_const (bool true)) (type N)) (name x))"},
    {"shared t: [[f32; T]; T];", "(shared t (type_array (type_array (type f32) (name T)) (name T)))"}, {"#[uninitialized] shared t: u32;", "(shared t (attribute uninitialized) (type u32))"},
    {"x = 1;", "(assign = (name x) (int 1))"}, {"set x = 1;", "(assign = (name x) (int 1))"}, {"set x >>= 1;", "(assign >>= (name x) (int 1))"}, {"*p.x[0] <<= 1;", "(assign <<= (unary * (index (field x (name p)) (int 0))) (int 1))"},
    {"x += 1; x -= 1; x *= 1; x /= 1; x %= 1;", "(assign += (name x) (int 1)) (assign -= (name x) (int 1)) (assign *= (name x) (int 1)) (assign /= (name x) (int 1)) (assign %= (name x) (int 1))"},
    {"x &= 1; x |= 1; x ^= 1;", "(assign &= (name x) (int 1)) (assign |= (name x) (int 1)) (assign ^= (name x) (int 1))"},
    {"if a { } elif b { } else { }", "(if (name a) (block) (if (name b) (block) (block_stmt (block))))"}, {"if (a) { x = 1; }", "(if (name a ()) (block (assign = (name x) (int 1))))"},
    {"if x == (P { a: 1 }) { }", "(if (binary == (name x) (form_value () (type P) (init a (int 1)))) (block))"}, {"if f(P { a: 1 }) { }", "(if (call (name f) (form_value (type P) (init a (int 1)))) (block))"},
    {"while a { break; continue; }", "(while (name a) (block (break) (continue)))"}, {"loop { }", "(loop (block))"}, {"#[unroll(4)] #[x] loop { }", "(loop (attribute unroll (int 4)) (attribute x) (block))"},
    {"for k in 0..n { }", "(for k .. (int 0) (name n) (block))"}, {"for k in a + 1..=b * 2 step s { }", "(for k ..= (binary + (name a) (int 1)) (binary * (name b) (int 2)) (name s) (block))"},
    {"for k in 0..step step step { }", "(for k .. (int 0) (name step) (name step) (block))"}, {"for k in 0..f(step) step step(1) { }", "(for k .. (int 0) (call (name f) (name step)) (call (name step) (int 1)) (block))"},
    {"match x { }", "(match (name x))"}, {"match x { case 0 { } case 1 | 2..4 | A + 1..=B { } else { } }", "(match (name x) (case (value (int 0)) (block)) (case (value (int 1)) (range .. (int 2) (int 4)) (range ..= (binary + (name A) (int 1)) (name B)) (block)) (block))"},
    {"match x { case (1 | 2) { } case f(1 | 2) { } }", "(match (name x) (case (value (binary | () (int 1) (int 2))) (block)) (case (value (call (name f) (binary | (int 1) (int 2)))) (block)))"},
    {"give; give 1;", "(give) (give (int 1))"}, {"{ { } f(); }", "(block_stmt (block (block_stmt (block)) (expr (call (name f)))))"}, {"a.b(1);", "(expr (call (field b (name a)) (int 1)))"},
    {"let fn = 1; let return = fn; return = fn; return.x += 1;", "(let fn (int 1)) (let return (name fn)) (assign = (name return) (name fn)) (assign += (field x (name return)) (int 1))"},
    {"if a { } (b).c();", "(if (name a) (block)) (expr (call (field c (name b ()))))"}, {"P { a: 1 };", "(expr (form_value (type P) (init a (int 1))))"},
    // clang-format on
};

static const Row declarations[] = {
    // clang-format off
    {"", ""}, {"// nothing\n/* at /* all */ */", ""}, {"\xef\xbb\xbfuse a\r\nuse b/c;\r\n", "(use a a) (use c b/c)"},
    {"use a/b as c use d.{e} use f.{g, h as i,};", "(use b a/b as c) (use d d (name e)) (use f f (name g) (name h as i))"},
    {"const A = 1; const B: f32 = A;", "(const A (int 1)) (const B (type f32) (name A))"}, {"#[spec(0)] const A: u32 = 1;", "(const A (attribute spec (int 0)) (type u32) (int 1))"},
    {"form P { }", "(form P)"}, {"form G[T, const N: u32,] { a: [T; N], b: m.X<T>, }", "(form G (generic T) (generic const N (type u32)) (field a (type_array (type T) (name N))) (field b (type m.X (type T))))"},
    {"proc f() { }", "(proc f (block))"}, {"proc f[T](a: &mut T, b: u32,) -> [T; 2] { give a; }", "(proc f (generic T) (param a (type_ref (type T))) (param b (type u32)) (result (type_array (type T) (int 2))) (block (give (name a))))"},
    {"#[workgroup(8, A + 1)] kernel k(b: Buffer<f32>) { }", "(kernel k (attribute workgroup (int 8) (binary + (name A) (int 1))) (param b (type Buffer (type f32))) (block))"},
    {"/// one\n///  two\n//// no\n/** no */\n#[a]\n/// three\nkernel k(\n/// of x\nx: u32, /// of y\ny: u32) { }", "(kernel k (doc \"one\\n two\\nthree\") (attribute a) (param x (doc \"of x\") (type u32)) (param y (doc \"of y\") (type u32)) (block))"},
    {"/// of P\nform P {\n/// of a\na: u32 }\n/// of C\nconst C = 1;", "(form P (doc \"of P\") (field a (doc \"of a\") (type u32))) (const C (doc \"of C\") (int 1))"},
    // clang-format on
};

static void test_trees(void) {
    check_trees(expressions, COUNT_OF(expressions), "const X = ", ";", "(const X ", ")");
    check_trees(expressions, COUNT_OF(expressions), "kernel k() { x = [f(", ",)]; }",
                "(kernel k (block (assign = (name x) (array (call (name f) ", ")))))");
    check_trees(statements, COUNT_OF(statements), "kernel k() { ", " }", "(kernel k (block ", "))");
    check_trees(declarations, COUNT_OF(declarations), "", "", "", "");
}

/* Every span covers its source exactly. */
static void test_spans(void) {
    static const Row rows[] = {
        {"const X = (a + b)\n    .c[1 ];",
         "(const 1:1-2:12 X@1:7 (index 1:11-2:11 (field 1:11-2:7 c@2:6 (binary 1:11-1:18 +@1:14 () "
         "(name 1:12-1:13 a) (name 1:16-1:17 b))) (int 2:8-2:9 1)))"},
        {"proc f(a: &mut [f32; 2]) -> m.G<u32> { give ; }",
         "(proc 1:1-1:48 f@1:6 (param a@1:8 (type_ref 1:11-1:24 (type_array 1:16-1:24 (type "
         "1:17-1:20 f32@1:17) (int 1:22-1:23 2)))) (result (type 1:29-1:37 m@1:29.G@1:31 (type "
         "1:33-1:36 u32@1:33))) (block 1:38-1:48 (give 1:40-1:46)))"},
        {"#[a(1)] kernel k() { #[b] if x { } elif y { } else { } }",
         "(kernel 1:1-1:57 k@1:16 (attribute 1:1-1:8 a@1:3 (int 1:5-1:6 1)) (block 1:20-1:57 (if "
         "1:22-1:55 (attribute 1:22-1:26 b@1:24) (name 1:30-1:31 x) (block 1:32-1:35) (if "
         "1:36-1:55 (name 1:41-1:42 y) (block 1:43-1:46) (block_stmt 1:52-1:55 (block "
         "1:52-1:55))))))"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Parse *parse = parse_text(rows[i].source);
        const char *tree = tree_of(parse, true);
        CHECK(strcmp(tree, rows[i].want) == 0, rows[i].want, tree);
        end_parse(parse);
    }
}

/* ---- errors ---- */

/* In a kernel body, which starts on line 2. */
static const Row statement_errors[] = {
    // clang-format off
    {"x = 1; \x80\xff y = 2;", "E0101@2:8"}, {"/* \x80 */ // \xc0\xaf\n \"\xed\xa0\x80\";", "E0101@2:4 E0101@2:12 E0101@3:3"}, {"\xe2\x82", "E0101@2:1"},
    {"x = 1 @@@ 2; y = ;", "E0102@2:7 E0108@2:18"}, {"\x01\x02 f();", "E0102@2:1"}, {"f('a');", "E0102@2:3"}, {"let größe = 1; größe = 2;", "E0102@2:7"}, {"let größe = 1; höhe = größe;", "E0102@2:7 E0102@2:17"}, {"a = b × c;", "E0102@2:7"},
    {"x = 1; /* a /* b */", "E0103@2:8"},
    {"x = 1.;", "E0104@2:5"}, {"x = .5;", "E0104@2:5"}, {"x = 0x;", "E0104@2:5"}, {"x = 08 + 1_ + 1e + 1e+ + 12ab + 0b12 + 0xg + 1.5u8 + 1.f + 3u7;", "E0104@2:5 E0104@2:10 E0104@2:15 E0104@2:20 E0104@2:26 E0104@2:33 E0104@2:40 E0104@2:46 E0104@2:54 E0104@2:60"},
    {"x = 18446744073709551616 + 0x1_0000_0000_0000_0000 + 1e309;", "E0105@2:5 E0105@2:28 E0105@2:54"},
    {"print(\"a\n);", "E0106@2:7"}, {"print(\"\\q\\0\");", "E0107@2:8 E0107@2:10"},
    {"let x = 1 + ;", "E0108@2:13"}, {"let x = ;\nlet y = (2;\nlet z = 3 4;\nlet w = 1;", "E0108@2:9 E0108@3:11 E0108@4:11"}, {"let x = f(1 2, 3);\nf(;\nf(", "E0108@2:13 E0108@3:3 E0108@5:1"},
    {"let x = 1\nlet y = 2;\ny = 3\n", "E0108@2:10 E0108@4:6"}, {"let x = 1 let y = 2;", "E0108@2:10"}, {"break\ncontinue\ngive\n", "E0108@2:6 E0108@3:9 E0108@4:5"}, {"f(1)", "E0108@2:5"},
    {"if a b { x = ; }\nwhile { }\nfor k in 0 { y = ; }\nz = ;", "E0108@2:6 E0108@2:14 E0108@3:7 E0108@4:12 E0108@4:18 E0108@5:5"}, {"if a\nx = 1;", "E0108@3:1"}, {"else { }\nelif a { } f();\nelif a { }", "E0108@2:1 E0108@4:1"},
    {"if a { } ;", "E0108@2:10"}, {";;; x = ;", "E0108@2:1 E0108@2:9"}, {"x = a ? b;", "E0108@2:10"}, {"let x = [1 2];\nlet y = P { a 1 };\nlet z = P { a: 1;", "E0108@2:12 E0108@3:15 E0108@4:17"},
    {"match x { 1 { } case 2 { y = ; } case { } else { } case 3 { } }", "E0108@2:11 E0108@2:30 E0108@2:39 E0108@2:52"}, {"let = 1;\nlet x 1;\nlet x: = 1;\nlet x: [f32] = 1;", "E0108@2:5 E0108@3:7 E0108@4:8 E0108@5:12"},
    {" kernel g() { }", "E0108@2:2"}, {"x = &y;", "E0108@2:6"}, {"x = a as;\nx = a.;\nx = a[];\nx = ();\nx = +1;", "E0108@2:9 E0108@3:7 E0108@4:7 E0108@5:6 E0108@6:5"}, {"x = bitcast<u32> y;\nx = bitcast<>(y);", "E0108@2:18 E0108@3:13"},
    {"x = if a { 1 };\nx = if a { } else { 2 };\nx = if a { 1; } else { 2 };\nx = if a { 1 } else 2;", "E0108@2:15 E0108@3:12 E0108@4:15 E0108@5:21"}, {"if a { 1 } else { 2 }\nwhile a { 3 }\nif a { if b { 4 } }", "E0108@2:9 E0108@2:20 E0108@3:12 E0108@4:16"},
    {"let test = 1; test = test; let where = 1;", "E0109@2:5 E0109@2:32"}, {"let in = 1; for k in in..in { in[in] = in; } let loop = 1; loop { loop = loop; }", "E0109@2:5 E0109@2:50"}, {"x.test = x.in.kernel;", ""},
    {"return x;\nvar y = 1;\nauto z = 2;\nint w = 3;\nvec3 v = u;\ny++;\ny--;", "E0110@2:1 E0110@3:1 E0110@4:1 E0110@5:1 E0110@6:1 E0110@7:2 E0110@8:2"}, {"if a { } else if b { } else if c { x = ; } else { }", "E0110@2:10 E0110@2:24 E0108@2:40"},
    {"for (int k = 0; k < n; k++) { x = k; y = ; }", "E0110@2:1 E0108@2:42"}, {"switch (x) { case 1 { } default { } }", "E0110@2:1 E0110@2:25"}, {"a::b(c::d);", "E0110@2:2 E0110@2:7"}, {"return (a + b) * c; return [1];", "E0110@2:1 E0110@2:21"},
    {"if x == P { a: 1 } { y = ; }\nwhile P { a: 1 }.a { }\nfor k in P { a: 1 }.a..2 { }", "E0112@2:9 E0108@2:26 E0112@3:7 E0112@4:10"}, {"let x = a < b < c;\nx = a < b == c <= d > e;", "E0113@2:15 E0113@3:21"},
    {"x = (1){ a: 1 };\nx = f.g.h { a: 1 };", "E0108@2:8 E0108@3:5"},
    // clang-format on
};

static const Row declaration_errors[] = {
    // clang-format off
    {"x = 1;\ny = 2;\nkernel k() { z = ; }", "E0108@1:1 E0108@3:18"}, {"kernel a() {\n    if x {\n        y = 1;\n    z = 2;\n}\n\nkernel b() { x = ; }", "E0108@7:1 E0108@7:18"}, {"kernel a() {\n    x = 1;\n", "E0108@2:11"},
    {"kernel a() { }\n}\nkernel b() { x = ; }", "E0108@2:1 E0108@3:18"}, {"kernel a(x f32, y: , 3, z: u32) { x = ; }", "E0108@1:12 E0108@1:20 E0108@1:22 E0108@1:39"}, {"kernel a(x: u32 { y = ; }\nproc b() { z = ; }", "E0108@1:17 E0108@1:23 E0108@2:16"},
    {"proc f(a: f32) f32 { x = ; }\nproc () { }\nproc g\nproc h();\nproc i() -> { }", "E0108@1:16 E0108@1:26 E0108@2:6 E0108@4:1 E0108@4:9 E0108@5:13"}, {"form P { a f32, b: u32; c: u32; }\nform { }\nform Q a: u32", "E0108@1:12 E0110@1:23 E0108@2:6 E0108@3:8"},
    {"const A;\nconst B = ;\nconst = 1;\nconst C = 1\nconst D = 1;", "E0108@1:8 E0108@2:11 E0108@3:7 E0108@4:12"}, {"use ;\nuse a.b\nuse a.{,}\nuse a/\nkernel k() { x = ; }", "E0108@1:5 E0108@2:7 E0108@3:8 E0108@5:1 E0108@5:18"},
    {"#[a b] kernel k() { x = ; }\n#[] kernel l() { x = ; }\n#a kernel m() { x = ; }\n#[a(1 kernel n() { x = ; }", "E0108@1:5 E0108@1:25 E0108@2:3 E0108@2:22 E0108@3:2 E0108@3:21 E0108@4:7 E0108@4:24"}, {"proc f[T U]() { x = ; }\nform G[] { }", "E0108@1:10 E0108@1:21 E0108@2:8"},
    {"kernel test() { }\npub proc f() { x = ; }\ntype X = f32;\nproc g(in: u32, out: u32) { out = in; }", "E0109@1:8 E0109@2:1 E0108@2:20 E0109@3:1 E0109@4:8"},
    {"fn f() { }\nfunc g() { }\ndef h() { }\nvoid i() { }\nstruct S { a: u32; b: u32; }\nimport m\nkernel void k() { }", "E0110@1:1 E0110@2:1 E0110@3:1 E0110@4:1 E0110@5:1 E0110@5:18 E0110@6:1 E0110@7:1"},
    {"kernel k() {\n    if a\n        x = ;\n    }\n    while b x = ; }\n    y = ;\n}\nkernel l()\n    z = ;\n}", "E0108@3:9 E0108@3:13 E0108@5:13 E0108@5:17 E0108@6:9 E0108@9:5 E0108@9:9"}, {"kernel k() {\n    match x {\n        case 1 {\n        case 2 { y = ; }\n    }\n    z = ;\n}", "E0108@4:9 E0108@4:22 E0108@6:9"},
    {"kernel k() {\n    let x = P { a: 1;\n    let y = f(P { b: Q { c: 2 };\n    z = ;\n}", "E0108@2:21 E0108@3:32 E0108@4:9"}, {"const X = a < b < c;\nconst Y = 1 + ;", "E0113@1:17 E0108@2:15"}, {"kernel a() { } kernel", "E0108@1:22"}, {"#[a]", "E0108@1:5"}, {"kernel k(a: Buffer<f32) { x = ; }", "E0108@1:23 E0108@1:31"}, {"/* open", "E0103@1:1"},
    // clang-format on
};

static void check_errors(const Row *rows, size_t count, const char *before, const char *after) {
    for (size_t i = 0; i < count; i++) {
        Arena arena = {0};
        const char *source = arena_printf(&arena, "%s%s%s", before, rows[i].source, after);
        Parse *parse = parse_text(source);
        const char *errors = errors_of(parse);
        CHECK(strcmp(errors, rows[i].want) == 0, rows[i].source, errors);
        if (strcmp(errors, rows[i].want) != 0) {
            printf("  want %s\n  %s\n", rows[i].want, messages_of(parse));
        }
        end_parse(parse);
        arena_release(&arena);
    }
}

/* What the messages, notes and help say. */
static const Row messages[] = {
    // clang-format off
    {"kernel k() { let x = 1 2; }", "expected `;`, found the number `2`"}, {"kernel k() { let x = 1\n}", "expected `;`, found `}` | add `;`"}, {"kernel k() { x = f(1 2; }", "expected `,` or `)`, found the number `2` | this `(` is never closed"},
    {"kernel k() { x = 1;", "expected `}`, found end of file | this `{` is never closed"}, {"kernel k() { if x = 1 { } }", "expected `{`, found `=` | to compare, write `==`"}, {"kernel 1() { }", "expected a name, found the number `1`"},
    {"kernel k(a) { }", "expected `:`, found `)` | every parameter has a type, as in `a: Buffer<f32>`"}, {"kernel k(a: 1) { }", "expected a type, found the number `1`"}, {"proc f();", "expected `{`, found `;` | a declaration has its body at once"},
    {"kernel k() { let for = f; let x = \"a\" let; }", ""}, {"kernel k() { x = if a { 1 }; }", "expected `elif` or `else`, found `;` | an `if` that gives a value needs an `else`"}, {"kernel k() { x = a == b < c < d; }", "`<` and `<` cannot be chained | write `b < c and c < d`"},
    {"kernel k() { f32 x; }", "expected `;`, found the name `x` | a variable is declared as `let x: f32 = …;`"}, {"kernel k() { return; }", "`return` is spelt `give` in Vitte | write `give`"}, {"kernel k() { int x = 1; }", "`int x` is spelt `let mut x: i32` in Vitte | write `let mut x: i32`"},
    {"const X = 1.;", "malformed number `1.` | write `1.0`"}, {"const X = .5;", "malformed number `.5` | write `0.5`"}, {"const X = 2.5f;", "malformed number `2.5f` | write `2.5f32`"}, {"const X = 7u;", "malformed number `7u` | write `7u32`"}, {"const X = 0X1f;", "malformed number `0X1f` | write `0x1f`"}, {"const X = 1.e5;", "malformed number `1.e5` | write `1.0e5`"},
    {"const X = 017;", "malformed number `017` | write `17`, or `0o17` if it is octal"}, {"const X = 08;", "malformed number `08` | write `8`"}, {"const X = 1__;", "malformed number `1__` | write `1`"}, {"const X = @;", "unexpected character `@` | attributes are written `#[name]`"}, {"const X =\x01;", "unexpected character U+0001"},
    {"kernel k() { x = &y; }", "expected `mut`, found the name `y` | a reference is written `&mut x`; a value is passed as it is"}, {"let x = 1;", "expected a declaration, found the keyword `let` | outside of kernels and procs, a constant is written `const`"}, {"kernel k() { for k in 0 { } }", "expected `..`, found `{` | a loop over numbers is written `for k in a..b { … }`"},
    {"kernel k() { match x { case 1 => { } } }", "expected `{`, found `=>` | a case is written `case 1 { … }`"}, {"kernel k() { if x == P { a: 1 } { } }", "a form literal here needs parentheses | write `(P { … })`"}, {"const X = ((((1;", "expected `)`, found `;` | this `(` is never closed"},
    // clang-format on
};

static void test_errors(void) {
    check_errors(statement_errors, COUNT_OF(statement_errors), "kernel k() {\n", "\n}\n");
    check_errors(declaration_errors, COUNT_OF(declaration_errors), "", "");
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        Parse *parse = parse_text(messages[i].source);
        const char *got = messages_of(parse);
        CHECK(messages[i].want[0] == '\0' || strcmp(got, messages[i].want) == 0, messages[i].want,
              got);
        end_parse(parse);
    }
}

static void test_broken_declarations(void) {
    static const Row rows[] = {
        {"proc f x: u32 { }", "(proc f broken)"},
        {"proc f(x: u32) y { }", "(proc f (param x (type u32)))"},
        {"proc f(x, 1, z: u32) { }",
         "(proc f (param x (type_error)) (param _ (type_error)) (param z (type u32)) (block))"},
        {"proc f() -> { }", "(proc f (result (type_error)) (block))"},
        {"const A = ;", "(const A (error))"},
        {"kernel k() { let x = 1 + ; let y 2; }",
         "(kernel k (block (let x (error)) (let y (error))))"},
        {"kernel k() { let x: = 1; shared s; for k { f(); } }",
         "(kernel k (block (let x (type_error) (error)) (shared s (type_error)) (for k .. (error) "
         "(error) (block (expr (call (name f)))))))"},
        {"kernel k() { if ) { f(); } x = 0y; }",
         "(kernel k (block (if (error) (block (expr (call (name f))))) (assign = (name x) "
         "(error))))"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Parse *parse = parse_text(rows[i].source);
        const char *tree = tree_of(parse, false);
        CHECK(strcmp(tree, rows[i].want) == 0, rows[i].want, tree);
        end_parse(parse);
    }
}

static void test_tokens(void) {
    static const char source[] = "/// d\nlet x.in >>= 1..2 \"a\" $ test 1. /* c */ ++";
    static const char want[] =
        "2:1 doc \"d\"\n2:1 keyword let\n2:5 name x\n2:6 symbol .\n2:7 name in\n"
        "2:10 symbol >\n2:11 symbol >=\n2:14 int 1\n2:15 symbol ..\n2:17 int 2\n"
        "2:19 text \"a\"\n2:23 bad $\n2:25 reserved test\n2:30 bad 1.\n"
        "2:41 symbol ++\n2:43 end\n";
    Parse *parse = parse_text(source);
    Text text = {.arena = &parse->arena};
    ast_print_tokens(&text, &parse->names, &parse->diags, parse->file, &parse->sources);
    CHECK(strcmp(text_get(&text), want) == 0, source, text_get(&text));
    end_parse(parse);
}

/* ---- whole files ---- */

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (file == NULL || text == NULL) {
        printf("cannot read %s: run this from the root of the repository\n", path);
        exit(1);
    }
    *length = fread(text, 1, (1 << 16) - 1, file);
    fclose(file);
    return text;
}

/* A file of the whole grammar parses; with any part of it cut out there is an error node only where something was
 * reported, and the parser comes to an end. */
static void test_file(const char *path) {
    size_t length;
    char *text = read_file(path, &length), *cut = malloc(length + 1);
    Parse *whole = parse_bytes(text, length);
    CHECK(whole->diags.errors == 0, path, messages_of(whole));
    end_parse(whole);
    for (size_t i = 0; cut != NULL && i < length; i += 3) {
        size_t gone = i % 7 == 0 ? length - i : i % 5; /* the rest of the file, or a few bytes */
        gone = gone < length - i ? gone : length - i;
        memcpy(cut, text, i);
        memcpy(cut + i, text + i + gone, length - i - gone);
        cut[length - gone] = '\0';
        Parse *parse = parse_bytes(cut, length - gone);
        if (parse->diags.errors == 0) {
            const char *tree = tree_of(parse, false);
            CHECK(strstr(tree, "(error)") == NULL && strstr(tree, "(type_error)") == NULL, cut,
                  tree);
        }
        CHECK(parse->diags.errors < 30, cut, messages_of(parse));
        end_parse(parse);
    }
    free(cut);
    free(text);
}

/* ---- hostile inputs ---- */

typedef struct {
    const char *name, *before, *again, *middle, *back, *after;
    unsigned count;
    const char *want; /* the errors, besides the one that `after` may hold */
} Hostile;

#define IN_KERNEL "kernel k() {\n"
#define THEN_ERROR "\n}\nkernel last() { x = ; }\n" /* is read in spite of what was before */

static const Hostile hostile[] = {
    // clang-format off
    {"parentheses", IN_KERNEL "x = ", "(", "1", ")", ";" THEN_ERROR, 10000, "E0111"}, {"parentheses", IN_KERNEL "x = ", "(", "1", ")", ";" THEN_ERROR, 100000, "E0111"}, {"open parentheses", IN_KERNEL "x = ", "(", "1", "", ";" THEN_ERROR, 100000, "E0111"},
    {"sum", IN_KERNEL "x = 1", "+1", "", "", ";" THEN_ERROR, 524288, "E0111"}, {"minus", IN_KERNEL "x = ", "- ", "1", "", ";" THEN_ERROR, 100000, "E0111"}, {"ternary", IN_KERNEL "x = ", "a ? b : ", "c", "", ";" THEN_ERROR, 100000, "E0111"}, {"ternary within", IN_KERNEL "x = ", "a ? ", "b", " : c", ";" THEN_ERROR, 100000, "E0111"},
    {"elif", IN_KERNEL "if a { }", " elif a { }", " else { }", "", THEN_ERROR, 100000, "E0111"}, {"elif value", IN_KERNEL "x = if a { 1 }", " elif a { 1 }", " else { 1 }", "", ";" THEN_ERROR, 100000, "E0111"}, {"arrays", IN_KERNEL "x = ", "[", "1", "]", ";" THEN_ERROR, 100000, "E0111"},
    {"types", IN_KERNEL "let x: ", "A<", "B", ">", " = 1;" THEN_ERROR, 100000, "E0111"}, {"array types", IN_KERNEL "let x: ", "[", "B", "; 1]", " = 1;" THEN_ERROR, 100000, "E0111"}, {"blocks", IN_KERNEL, "{", "", "}", THEN_ERROR, 100000, "E0111"}, {"ifs", IN_KERNEL, "if a {", "", "}", THEN_ERROR, 100000, "E0111"},
    {"matches", IN_KERNEL, "match a { case 1 {", "", "} }", THEN_ERROR, 100000, "E0111"}, {"if heads", IN_KERNEL "x = ", "if ", "a", "", ";" THEN_ERROR, 100000, "E0111"}, {"calls", IN_KERNEL, "f(", "", ")", ";" THEN_ERROR, 100000, "E0111"}, {"indexes", IN_KERNEL "x", "[0]", "", "", " = 1;" THEN_ERROR, 100000, "E0111"},
    {"fields", IN_KERNEL "x", ".y", "", "", " = 1;" THEN_ERROR, 100000, "E0111"}, {"casts", IN_KERNEL "x = 1", " as u32", "", "", ";" THEN_ERROR, 100000, "E0111"}, {"forms", IN_KERNEL "x = ", "P { a: ", "1", "}", ";" THEN_ERROR, 100000, "E0111"}, {"comments", "", "/*", "", "*/", IN_KERNEL THEN_ERROR, 100000, ""},
    {"open comments", "", "/*", "", "", "", 100000, "E0103"}, {"zeros", "", "\x01", "", "", "", 1000000, "E0102"}, {"bad UTF-8", "", "\xff", "", "", "", 1000000, "E0101"}, {"closed too often", IN_KERNEL, "}", "", "", THEN_ERROR, 100000, "E0108"}, {"semicolons", IN_KERNEL, ";", "", "", THEN_ERROR, 100000, "E0108"},
    {"many statements", IN_KERNEL, "x = 1;\n", "", "", THEN_ERROR, 100000, ""}, {"many arguments", IN_KERNEL "f(", "1, ", "", "", ");" THEN_ERROR, 100000, ""}, {"many kernels", "", "kernel k() { }\n", "", "", IN_KERNEL THEN_ERROR, 100000, ""}, {"mixed brackets", IN_KERNEL "x = ", "(", "", "]", ";" THEN_ERROR, 100000, "E0111"},
    // clang-format on
};

#ifdef __SANITIZE_ADDRESS__
enum { LIMIT_SECONDS = 20 };
#else
enum { LIMIT_SECONDS = 2 };
#endif

static void add_times(Text *text, const char *what, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        text_add(text, what);
    }
}

static void test_hostile(void) {
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        const Hostile *row = &hostile[i];
        Arena arena = {0};
        Text text = {.arena = &arena}, codes = {.arena = &arena};
        text_add(&text, row->before);
        add_times(&text, row->again, row->count);
        text_add(&text, row->middle);
        add_times(&text, row->back, row->count);
        text_add(&text, row->after);
        clock_t start = clock();
        Parse *parse = parse_bytes(text_get(&text), text.length);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        unsigned last = strstr(row->after, "x = ;") != NULL; /* the error of THEN_ERROR */
        for (uint32_t k = 0; k + last < parse->diags.list.count; k++) {
            text_printf(&codes, "%s%s", k > 0 ? " " : "",
                        diag_rows[parse->diags.list.items[k]->id].code);
        }
        CHECK(strcmp(text_get(&codes), row->want) == 0, row->name, errors_of(parse));
        CHECK(parse->diags.list.count >= last, row->name, errors_of(parse));
        CHECK(seconds < LIMIT_SECONDS, row->name, arena_printf(&arena, "%.2f s", seconds));
        tree_of(parse, false); /* can be walked */
        end_parse(parse);
        arena_release(&arena);
    }
}

static void test_noise(void) {
    enum { SIZE = 1 << 20 };
    static const char *const words[] = {
        "kernel", "proc", "form", "let",   "if",    "else", "{", "}",  "(",   ")", "[",
        "]",      "for",  "in",   "..",    "match", "case", "x", "1",  ";",   ",", ":",
        "=",      "+",    "<",    ">",     ">>",    "use",  "#", ".",  "-",   "&", "mut",
        "give",   "\n",   "elif", "const", "as",    "?",    "|", "->", "test"};
    char *bytes = malloc(SIZE + 1);
    uint32_t random = 1;
    for (int kind = 0; bytes != NULL && kind < 2; kind++) {
        size_t length = 0;
        while (length < SIZE - 16) {
            random = random * 1664525 + 1013904223; /* the generator of Numerical Recipes */
            if (kind == 0) {
                bytes[length++] = (char)(random >> 24);
            } else {
                length += (size_t)snprintf(bytes + length, 16, "%s ",
                                           words[(random >> 16) % COUNT_OF(words)]);
            }
        }
        bytes[length] = '\0';
        clock_t start = clock();
        Parse *parse = parse_bytes(bytes, length);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        CHECK(parse->diags.errors > 0, "noise", "no error");
        CHECK(seconds < LIMIT_SECONDS, "noise", "too slow");
        end_parse(parse);
    }
    free(bytes);
}

int main(void) {
    test_trees();
    test_spans();
    test_errors();
    test_broken_declarations();
    test_tokens();
    test_file("tests/parse/language.vt");
    test_file("tests/parse/grammar.vt");
    test_hostile();
    test_noise();
    if (failures > 0) {
        printf("%d failed\n", failures);
    }
    return failures > 0;
}
