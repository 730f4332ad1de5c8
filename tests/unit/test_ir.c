/* The text form: print ∘ parse is the identity on texts with every op, and no text crashes the parser, keeps it
 * long, or is taken and printed as something that reads differently.
 */
#include <time.h>

#include "tests/unit/ir_texts.h"
#include "tests/unit/ir_unit.h"

/* ---- print ∘ parse = identity ---- */

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
