/* Diagnostics: the user's errors and warnings, collected; only the driver prints them.
 *
 *     Diag *d = diag_report(diags, expr->span, D(TYPE_MISMATCH), want, got);
 *     diag_note(d, decl->span, "`%s` is declared here", name);
 *     diag_help(d, expr->span, "convert it: `%s as %s`", text, want);
 *
 * The table of codes is diag.def; D(NAME) names a row and hands its format to the compiler's check.
 */
#ifndef IR_BASE_DIAG_H
#define IR_BASE_DIAG_H

#include <stdio.h>

#include "ir/base/source.h"
#include "ir/base/text.h"

typedef enum { SEVERITY_ERROR, SEVERITY_WARNING } Severity;

/* Warnings that -W and #[allow] name. */
typedef enum {
    WARN_NONE,
#define WARNING(ID, text, on) WARN_##ID,
#include "ir/base/warnings.def"
#undef WARNING
    WARN_COUNT
} Warning;

typedef enum {
#define ERROR(code, ID, format) DIAG_##ID,
#define WARN(code, ID, warning, format) DIAG_##ID,
#include "ir/base/diag.def"
#undef ERROR
#undef WARN
    DIAG_COUNT
} DiagId;

#define ERROR(code, ID, format)                                                                    \
    static const char DIAG_FORMAT_##ID[] __attribute__((unused)) = format;
#define WARN(code, ID, warning, format) ERROR(code, ID, format)
#include "ir/base/diag.def"
#undef ERROR
#undef WARN
#define D(ID) DIAG_##ID, DIAG_FORMAT_##ID

typedef struct {
    const char *code; /* "E0301", "W0101" */
    Severity severity;
    Warning warning; /* WARN_NONE for errors */
} DiagRow;
extern const DiagRow diag_rows[DIAG_COUNT];

typedef struct {
    Span span; /* start 0: no place of its own */
    const char *text;
    bool is_help;
} DiagPart;

typedef struct {
    struct Diags *owner;
    DiagId id;
    Severity severity; /* a warning may have been made an error by -Werror */
    Span span;
    uint32_t order; /* of its report */
    const char *text;
    VEC(DiagPart) parts;
} Diag;

/* What was done, or not done and why, for who asks (--remarks). */
typedef struct {
    Pos pos;
    const char *text;
} Remark;

typedef struct Diags {
    Arena *arena;
    SourceMap *sources;
    VEC(Diag *) list;
    unsigned errors, warnings; /* how many were reported, printed or not */
    unsigned max_errors;       /* 0: DIAG_DEFAULT_MAX; later ones are counted, not kept */
    bool off[WARN_COUNT], as_error[WARN_COUNT];
    bool wants_remarks; /* else they are not kept */
    VEC(Remark) remarks;
} Diags;

enum { DIAG_DEFAULT_MAX = 20 };

void diags_init(Diags *diags, Arena *arena, SourceMap *sources); /* warnings as by default */

/* Reports; never NULL, so notes can be chained even onto what will not be shown. */
Diag *diag_report(Diags *diags, Span span, DiagId id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_note(Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_help(Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void diag_remark(Diags *diags, Pos pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const char *warning_name(Warning warning);
bool warning_find(const char *name, Warning *warning); /* "unused_variable" or "unused-variable" */

/* Printing, in order of place. Text: file:line:col, source line, caret range, notes, help; `color` uses
 * ANSI escapes. JSON: one object a line. Control characters of the source never reach the output. */
void diags_print_text(Diags *diags, FILE *out, bool color);
void diags_print_json(Diags *diags, FILE *out);
/* The remarks, in order of place, each on a line of its own. */
void diags_print_remarks(Diags *diags, FILE *out, bool json);

#endif
