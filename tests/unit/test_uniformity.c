/* The uniformity analysis: what is accepted, what is rejected and with which words (uniformity_cases.def), and that its
 * time stays in proportion to the input. With the argument `wgsl`, prints the cases as JSON for tests/tools/tint.mjs.
 */
#include <string.h>
#include <time.h>

#include "ir/uniformity.h"
#include "tests/unit/ir_unit.h"

typedef struct {
    int line;
    const char *verdict, *words, *procs, *body, *wgsl_procs, *wgsl;
} Case;

static const Case cases[] = {
#define CASE(verdict, words, procs, body, wgsl_procs, wgsl)                                        \
    {__LINE__, #verdict, words, procs, body, wgsl_procs, wgsl},
#include "tests/unit/uniformity_cases.def"
#undef CASE
};

static const char head[] =
    "kernel @k(%ro: buffer<u32>, %rw: buffer<u32>, %un: u32) workgroup(64, 1, 1) {\n"
    "%sh: shared<array<u32, 64>> = shared\n"
    "%at: shared<atomic<u32>> = shared\n"
    "%l3: u32x3 = builtin local_id\n"
    "%l: u32 = extract %l3, 0\n"
    "%g3: u32x3 = builtin group_id\n"
    "%g: u32 = extract %g3, 0\n"
    "%lc: bool = lt %l, 1u32\n"
    "%uc: bool = lt %un, 1u32\n"
    "store %rw[0u32], 0u32\n";

static char *make_text(const Case *c) {
    size_t size = sizeof head + strlen(c->procs) + strlen(c->body) + 64;
    char *text = malloc(size);
    const char *last = strstr(c->body, "{ ret } else { ret }");
    snprintf(text, size, "spec @OV(0): u32 = 3u32\n%s%s%s%s\n}\n", c->procs, head, c->body,
             last != NULL ? "unreachable" : "ret");
    return text;
}

static void analyse(void *module) {
    ir_check_uniformity(module);
}

static void run_analysis(Unit *u) {
    u->fatal = guard_run(analyse, u->module, &u->message);
    CHECK(u->fatal == FATAL_NONE, "%s", u->message);
}

/* Whether the notes have the words, each behind the one before. */
static bool has_words(const Diag *diag, const char *words) {
    uint32_t part = 0;
    while (*words != '\0') {
        size_t length = strcspn(words, "|");
        char word[200];
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        while (part < diag->parts.count && strstr(diag->parts.items[part].text, word) == NULL) {
            part++;
        }
        if (part++ >= diag->parts.count) {
            return false;
        }
        words += length + (words[length] == '|');
    }
    return true;
}

static void check_case(const Case *c) {
    char *text = make_text(c);
    Unit *u = open_unit(text, strlen(text), false);
    CHECK(u->module != NULL, "uniformity_cases.def:%d: %s\n%s", c->line, first_error(u), text);
    if (u->module != NULL) {
        run_analysis(u);
        uint32_t count = u->diags.list.count;
        const Diag *first = count > 0 ? u->diags.list.items[0] : NULL;
        const char *got = first != NULL ? diag_rows[first->id].code : "ACCEPT";
        bool right = strcmp(got, c->verdict) == 0 && count <= 1 &&
                     (first == NULL || has_words(first, c->words));
        CHECK(right, "uniformity_cases.def:%d: %u reports, %s, not %s", c->line, count, got,
              c->verdict);
        for (uint32_t i = 0; first != NULL && !right && i < first->parts.count; i++) {
            printf("    %s\n", first->parts.items[i].text);
        }
    }
    close_unit(u);
    free(text);
}

/* ---- sizes ---- */

typedef struct {
    char *data;
    size_t length, capacity;
} Big;

#define PUT(big, ...)                                                                              \
    (put((big), 256), (big)->length += (size_t)sprintf((big)->data + (big)->length, __VA_ARGS__))

static void put(Big *big, size_t room) {
    if (big->length + room > big->capacity) {
        big->capacity = 2 * big->capacity + room;
        big->data = realloc(big->data, big->capacity);
    }
}

static void check_time(Big *big, const char *what, const char *verdict) {
    Unit *u = open_unit(big->data, big->length, false);
    CHECK(u->module != NULL, "%s: %s", what, first_error(u));
    if (u->module != NULL) {
        clock_t start = clock();
        run_analysis(u);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        const char *got =
            u->diags.list.count > 0 ? diag_rows[u->diags.list.items[0]->id].code : "ACCEPT";
        CHECK(seconds < 20, "%s: %.1f s", what, seconds);
        CHECK(strcmp(got, verdict) == 0, "%s: %s, not %s", what, got, verdict);
    }
    close_unit(u);
    free(big->data);
    *big = (Big){0};
}

/* Many locals stored in deeply nested loops with many exits; the barrier depends on one that never differs. */
static void check_many_locals(unsigned locals, unsigned depth, unsigned exits) {
    Big big = {0};
    PUT(&big, "kernel @k(%%n: u32) workgroup(64, 1, 1) {\n%%c: bool = lt %%n, 9u32\n");
    for (unsigned i = 0; i < locals; i++) {
        PUT(&big, "%%v%u: var<u32> = var\n", i);
    }
    for (unsigned i = 0; i < depth; i++) {
        PUT(&big, "loop {\n");
    }
    for (unsigned i = 0; i < locals; i++) {
        PUT(&big, "store %%v%u, %%n\n", i);
    }
    for (unsigned i = 0; i < exits; i++) {
        PUT(&big, "if %%c { break } else { yield }\n");
    }
    for (unsigned i = 0; i < depth; i++) {
        PUT(&big, "if %%c { break } else { yield } continue } continuing { next }\n");
    }
    PUT(&big, "%%x: u32 = load %%v0\n%%d: bool = lt %%x, 9u32\n"
              "if %%d { barrier yield } else { yield }\nret\n}\n");
    check_time(&big, "many locals", "ACCEPT");
}

/* A chain of procs, each called twice by the next: a walk of each call would double each time. */
static void check_many_calls(unsigned procs) {
    Big big = {0};
    PUT(&big, "proc @f0(%%a: u32, %%b: u32) { %%c: bool = lt %%a, 1u32 if %%c { barrier yield } "
              "else { yield } ret }\n");
    for (unsigned i = 1; i < procs; i++) {
        PUT(&big, "proc @f%u(%%a: u32, %%b: u32) { call @f%u(%%a, %%b) call @f%u(%%b, %%a) ret }\n",
            i, i - 1, i - 1);
    }
    PUT(&big,
        "kernel @k(%%n: u32) workgroup(64, 1, 1) { %%l: u32 = builtin lane call @f%u(%%n, %%l) ret "
        "}\n",
        procs - 1);
    check_time(&big, "many calls", "E0605");
}

/* What differs moves on by one value a turn of the loop. */
static void check_long_shift(unsigned count) {
    Big big = {0};
    PUT(&big, "kernel @k() workgroup(64, 1, 1) {\n%%l: u32 = builtin lane\nloop (%%p0: u32 = 0u32");
    for (unsigned i = 1; i < count; i++) {
        PUT(&big, ", %%p%u: u32 = 0u32", i);
    }
    PUT(&big,
        ") {\n%%c: bool = lt %%p0, 9u32\nif %%c { barrier yield } else { break } continue %%p1");
    for (unsigned i = 2; i < count; i++) {
        PUT(&big, ", %%p%u", i);
    }
    PUT(&big, "\n} continuing (%%q0: u32");
    for (unsigned i = 1; i + 1 < count; i++) {
        PUT(&big, ", %%q%u: u32", i);
    }
    PUT(&big, ") {\nnext %%q0");
    for (unsigned i = 1; i + 1 < count; i++) {
        PUT(&big, ", %%q%u", i);
    }
    PUT(&big, ", %%l\n}\nret\n}\n");
    check_time(&big, "long shift", "E0605");
}

/* ---- for Tint ---- */

static void print_json(const char *text) {
    putchar('"');
    for (; *text != '\0'; text++) {
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    putchar('"');
}

static void print_wgsl(void) {
    const char *comma = "[\n";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].wgsl[0] != '\0') {
            printf("%s[%d, \"%s\", ", comma, cases[i].line, cases[i].verdict);
            print_json(cases[i].wgsl_procs);
            printf(", ");
            print_json(cases[i].wgsl);
            printf("]");
            comma = ",\n";
        }
    }
    printf("\n]\n");
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "wgsl") == 0) {
        print_wgsl();
        return 0;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
    check_many_locals(10, 3, 3);
    check_many_locals(3000, 900, 3000);
    check_many_locals(100000, 3, 100);
    check_many_calls(40000);
    check_long_shift(100000);
    return report_failures();
}
