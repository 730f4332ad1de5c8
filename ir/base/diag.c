/* See diag.h: the tables and the collecting; diag_print.c renders. */
#include "ir/base/diag.h"

#include <stdarg.h>

const DiagRow diag_rows[DIAG_COUNT] = {
#define ERROR(code, ID, format) [DIAG_##ID] = {code, SEVERITY_ERROR, WARN_NONE},
#define WARN(code, ID, warning, format) [DIAG_##ID] = {code, SEVERITY_WARNING, WARN_##warning},
#include "ir/base/diag.def"
#undef ERROR
#undef WARN
};

static const struct {
    const char *name;
    bool on;
} warnings[WARN_COUNT] = {
#define WARNING(ID, text, on) [WARN_##ID] = {text, on},
#include "ir/base/warnings.def"
#undef WARNING
};

void diags_init(Diags *diags, Arena *arena, SourceMap *sources) {
    *diags = (Diags){.arena = arena, .sources = sources};
    for (int i = WARN_NONE + 1; i < WARN_COUNT; i++) {
        diags->off[i] = !warnings[i].on;
    }
}

enum { LONGEST_TEXT = 1000 }; /* bytes; names and numbers of the source may have any length */

/* Takes the middle out of a text that is too long. */
static void shorten(char *text, size_t length) {
    static const char gap[] = "…";
    size_t from = LONGEST_TEXT / 2, to = length - LONGEST_TEXT / 2;
    while (from > 0 && (text[from] & 0xc0) == 0x80) { /* not within a character */
        from--;
    }
    while (to < length && (text[to] & 0xc0) == 0x80) {
        to++;
    }
    memcpy(text + from, gap, sizeof gap - 1);
    memmove(text + from + sizeof gap - 1, text + to, length - to + 1);
}

static const char *format_text(Arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc(arena, (size_t)(length < 0 ? 0 : length) + 1, 1);
    vsnprintf(text, (size_t)(length < 0 ? 0 : length) + 1, format, args);
    if (length > LONGEST_TEXT + 8) {
        shorten(text, (size_t)length);
    }
    return text;
}

/* What a target lacks is seen in code that may be there more than once: rounds of loops, versions. */
static bool was_said(const Diags *diags, const Diag *diag) {
    for (uint32_t i = 0; i < diags->list.count; i++) {
        const Diag *other = diags->list.items[i];
        if (other->id == diag->id && other->span.start == diag->span.start &&
            other->span.end == diag->span.end && strcmp(other->text, diag->text) == 0) {
            return true;
        }
    }
    return false;
}

Diag *diag_report(Diags *diags, Span span, DiagId id, const char *format, ...) {
    const DiagRow *row = &diag_rows[id];
    Diag *diag = NEW(diags->arena, Diag);
    diag->owner = diags;
    diag->id = id;
    diag->span = span;
    diag->severity = row->severity;
    if (row->severity == SEVERITY_WARNING) {
        if (diags->off[row->warning]) {
            return diag;
        }
        if (diags->as_error[row->warning]) {
            diag->severity = SEVERITY_ERROR;
        }
    }
    unsigned max = diags->max_errors != 0 ? diags->max_errors : DIAG_DEFAULT_MAX;
    unsigned *count = diag->severity == SEVERITY_ERROR ? &diags->errors : &diags->warnings;
    if ((*count)++ < max) {
        va_list args;
        va_start(args, format);
        diag->text = format_text(diags->arena, format, args);
        va_end(args);
        if (id == DIAG_TARGET_LACKS && was_said(diags, diag)) {
            --*count;
            return diag;
        }
        diag->order = diags->list.count;
        VEC_PUSH(diags->arena, &diags->list, diag);
    }
    return diag;
}

static void add_part(Diag *diag, Span span, bool is_help, const char *format, va_list args) {
    Arena *arena = diag->owner->arena;
    if (diag->text != NULL) { /* else it will not be shown */
        VEC_PUSH(arena, &diag->parts, (DiagPart){span, format_text(arena, format, args), is_help});
    }
}

void diag_note(Diag *diag, Span span, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_part(diag, span, false, format, args);
    va_end(args);
}

void diag_help(Diag *diag, Span span, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_part(diag, span, true, format, args);
    va_end(args);
}

const char *warning_name(Warning warning) {
    return warnings[warning].name;
}

static bool same_word(const char *a, const char *b) {
    for (; *a != '\0' && (*a == *b || (*a == '_' && *b == '-')); a++, b++) {
    }
    return *a == '\0' && *b == '\0';
}

bool warning_find(const char *name, Warning *warning) {
    for (int i = WARN_NONE + 1; i < WARN_COUNT; i++) {
        if (same_word(warnings[i].name, name)) {
            *warning = (Warning)i;
            return true;
        }
    }
    return false;
}

void diag_remark(Diags *diags, Pos pos, const char *format, ...) {
    enum { MOST = 1000 };
    if (!diags->wants_remarks || diags->remarks.count == MOST) {
        return;
    }
    va_list args;
    va_start(args, format);
    VEC_PUSH(diags->arena, &diags->remarks, (Remark){pos, format_text(diags->arena, format, args)});
    va_end(args);
}
