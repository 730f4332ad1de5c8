/* What the tests of the IR's text and verifier share: a text, parsed and printed again in an arena of its own. */
#ifndef TESTS_UNIT_IR_UNIT_H
#define TESTS_UNIT_IR_UNIT_H

#include <stdio.h>
#include <stdlib.h>

#include "ir/base/fatal.h"
#include "ir/text.h"
#include "ir/verify.h"

static int failures;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* ---- a text and what becomes of it ---- */

typedef struct {
    const char *text;
    size_t length;
    bool positions;
    Arena arena;
    SourceMap sources;
    Names names;
    Diags diags;
    IrModule *module; /* NULL: refused */
    const char *printed;
    FatalKind fatal;
    const char *message;
} Unit;

static void parse_and_print(void *arg) {
    Unit *u = arg;
    u->sources.arena = u->names.arena = &u->arena;
    diags_init(&u->diags, &u->arena, &u->sources);
    const SourceFile *file = source_add(&u->sources, "test.vir", u->text, u->length);
    u->module = ir_parse(&u->arena, &u->names, &u->diags, file);
    if (u->module != NULL) {
        Text out = {.arena = &u->arena};
        ir_print(&out, u->module, u->positions ? &u->sources : NULL);
        u->printed = text_get(&out);
    }
}

/* The text is copied to a block of its own size, so that a sanitizer sees the first byte read behind it. */
static Unit *open_unit(const char *text, size_t length, bool positions) {
    char *copy = malloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    Unit *u = calloc(1, sizeof *u);
    u->text = copy;
    u->length = length;
    u->positions = positions;
    u->fatal = guard_run(parse_and_print, u, &u->message);
    CHECK(u->fatal == FATAL_NONE, "%s", u->message);
    CHECK((u->module == NULL) == (u->diags.errors > 0), "errors and result do not fit");
    return u;
}

static void close_unit(Unit *u) {
    arena_release(&u->arena);
    free((char *)u->text);
    free(u);
}

static const char *first_error(const Unit *u) {
    return u->diags.list.count > 0 ? u->diags.list.items[0]->text : "no error";
}

static int report_failures(void) {
    if (failures > 0) {
        printf("%d failed\n", failures);
    }
    return failures > 0;
}

#endif
