/* See report.h. */
#include "driver/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/version.h"

static void say(FILE *out, const char *format, va_list args) {
    fputs("vittec-gpu: ", out);
    vfprintf(out, format, args);
    fputc('\n', out);
}

Status fail(Status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(stderr, format, args);
    va_end(args);
    return status;
}

void note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(stderr, format, args);
    va_end(args);
}

Status fail_file(const char *what, const char *path) {
    char *error = file_error(what, path);
    fail(STATUS_FILE, "%s", error != NULL ? error : path);
    free(error);
    return STATUS_FILE;
}

Status read_or_fail(const char *path, size_t limit, FileBytes *bytes) {
    switch (file_read(path, limit, bytes)) {
    case FILE_FINE:
        return STATUS_FINE;
    case FILE_TOO_LARGE:
        return fail(STATUS_FILE, "`%s` is larger than %zu MiB", file_name(path), limit >> 20);
    case FILE_NO_MEMORY:
        return fail(STATUS_FILE, "there is not enough memory for `%s`", file_name(path));
    case FILE_FAILED:
        break;
    }
    return fail_file("cannot read", path);
}

static bool wants_color(const Options *options) {
    if (options->color != COLOR_AUTO) {
        return options->color == COLOR_ALWAYS;
    }
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && (no_color == NULL || no_color[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

typedef struct {
    Session *session;
    const Options *options;
    FILE *out;
} Report;

static void print_diags(void *arg) {
    Report *report = arg;
    Diags *diags = &report->session->diags;
    if (report->options->diagnostics == DIAGNOSTICS_JSON) {
        diags_print_json(diags, report->out);
    } else {
        diags_print_text(diags, report->out, wants_color(report->options));
    }
}

/* One argument as a shell would read it back. */
static void print_argument(FILE *out, const char *text) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=,:@+%";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, out);
    }
    fputc('\'', out);
}

static Status write_bug(FILE *out, const Options *options, const char *what, const char *detail) {
    fprintf(out, "vittec-gpu: internal error: %s\n", what);
    if (detail[0] != '\0') {
        fprintf(out, "%s%s", detail, detail[strlen(detail) - 1] == '\n' ? "" : "\n");
    }
    fprintf(
        out,
        "This is a bug of the compiler. Please report it, with the source file and all of this:\n"
        "  version: vittec-gpu %s\n"
        "  command:",
        VITTEC_VERSION);
    for (int i = 0; i < options->argc; i++) {
        fputc(' ', out);
        print_argument(out, options->argv[i]);
    }
    fputc('\n', out);
    return STATUS_BUG;
}

Status report_bug(const Options *options, const char *what, const char *detail) {
    return write_bug(stderr, options, what, detail);
}

static void print_times(FILE *out, const Session *session) {
    uint64_t total = 0;
    fputs("      ms  phase or pass\n", out);
    for (uint32_t i = 0; i < session->phases.count; i++) {
        const SessionPhase *phase = &session->phases.items[i];
        total += phase->nanoseconds;
        fprintf(out, "%8.3f  %s\n", (double)phase->nanoseconds / 1e6, phase->name);
    }
    fprintf(out, "%8.3f  total\n", (double)total / 1e6);
}

static void say_on(FILE *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(out, format, args);
    va_end(args);
}

Status report_session_on(FILE *out, Session *session, const Options *options, Status status) {
    Report report = {session, options, out};
    fputs(text_get(&session->dump), out);
    session->dump = (Text){.arena = &session->arena}; /* said once */
    diags_print_remarks(&session->diags, out, options->diagnostics == DIAGNOSTICS_JSON);
    session->diags.remarks.count = 0; /* likewise */
    if (session->diags.list.count > 0) {
        if (session_guard(session, print_diags, &report) == STATUS_BUG) {
            status = STATUS_BUG;
        }
        session->diags.list.count = 0; /* what comes of later steps is reported without these */
    } else if (status == STATUS_SOURCE) {
        say_on(out, "there is not enough memory, not even to say more");
    }
    if (status == STATUS_BUG) {
        const char *what = session->failure != NULL ? session->failure : "unknown";
        write_bug(out, options, what, text_get(&session->detail));
    } else if (status == STATUS_FILE && session->failure != NULL) {
        say_on(out, "%s", session->failure);
    }
    if (session->options.time && session->phases.count > 0) {
        print_times(out, session);
        session->phases.count = 0;
    }
    return status;
}

Status report_session(Session *session, const Options *options, Status status) {
    return report_session_on(stderr, session, options, status);
}

Status print_text(Text *text) {
    if (file_write("-", text_get(text), text->length)) {
        return STATUS_FINE;
    }
    return fail(STATUS_FILE, "cannot write standard output: %s", strerror(errno));
}
