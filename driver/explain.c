/* `vittec-gpu explain`: the page of a diagnostic, or the list of all. The pages are docs/diagnostics/CODE.md, put into
 * the program by tools/embed-pages.sh. */
#include <string.h>
#include <strings.h>

#include "driver/commands.h"
#include "driver/report.h"

/* Rows PAGE("E0101", "text"). Texts of any length are fine for every compiler that builds this. */
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct {
    const char *code, *text;
} pages[] = {
#define PAGE(code, text) {code, text},
#include "driver/explain_pages.inc"
#undef PAGE
    {NULL, NULL},
};

static const char *const formats[DIAG_COUNT] = {
#define ERROR(code, ID, format) DIAG_FORMAT_##ID,
#define WARN(code, ID, warning, format) DIAG_FORMAT_##ID,
#include "ir/base/diag.def"
#undef ERROR
#undef WARN
};

static void print_row(Text *out, int id) {
    const DiagRow *row = &diag_rows[id];
    text_printf(out, "%s  ", row->code);
    for (const char *c = formats[id]; *c != '\0'; c++) { /* %s and the like: what varies */
        if (*c != '%') {
            text_char(out, *c);
            continue;
        }
        c += strspn(c + 1, "zlh") + 1;
        text_add(out, "…");
    }
    if (row->warning != WARN_NONE) {
        text_printf(out, " [-W %s]", warning_name(row->warning));
    }
    text_char(out, '\n');
}

static void print_list(Text *out) {
    for (int id = 0; id < DIAG_COUNT; id++) {
        print_row(out, id);
    }
    text_add(out, "\n`vittec-gpu explain CODE` says more of one.\n");
}

static Status unknown_code(Arena *arena, const char *code) {
    OptionList words = {0};
    for (int id = 0; id < DIAG_COUNT; id++) {
        VEC_PUSH(arena, &words, diag_rows[id].code);
        if (diag_rows[id].warning != WARN_NONE) {
            VEC_PUSH(arena, &words, warning_name(diag_rows[id].warning));
        }
    }
    VEC_PUSH(arena, &words, NULL);
    const char *nearest = nearest_word(code, words.items);
    return fail(STATUS_USAGE, "there is no diagnostic `%s`%s%s%s", code,
                nearest != NULL ? "; did you mean `" : " (`explain` alone lists them)",
                nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
}

/* By its code or, for a warning, by its name. */
static int find(const char *word) {
    Warning warning = WARN_NONE;
    bool named = warning_find(word, &warning);
    for (int id = 0; id < DIAG_COUNT; id++) {
        if (strcasecmp(diag_rows[id].code, word) == 0 ||
            (named && diag_rows[id].warning == warning)) {
            return id;
        }
    }
    return -1;
}

static Status explain(Arena *arena, const Options *options) {
    Text out = {.arena = arena};
    if (options->operands.count > 1) {
        return fail(STATUS_USAGE, "`explain` takes one code, found %u", options->operands.count);
    }
    if (options->operands.count == 0) {
        print_list(&out);
        return print_text(&out);
    }
    int id = find(options->operands.items[0]);
    if (id < 0) {
        return unknown_code(arena, options->operands.items[0]);
    }
    for (int i = 0; pages[i].code != NULL; i++) {
        if (strcmp(pages[i].code, diag_rows[id].code) == 0) {
            text_add(&out, pages[i].text);
        }
    }
    if (out.length == 0) {
        print_row(&out, id);
    }
    return print_text(&out);
}

Status command_explain(const Options *options) {
    Arena arena = {0};
    Status status = explain(&arena, options);
    arena_release(&arena);
    return status;
}
