/* See report.h. */
#include "driver/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/file.h"
#include "driver/version.h"

static void say(const char *format, va_list args) {
    fputs("vittec-gpu: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

Status fail(Status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    return status;
}

void note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
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
} Report;

static void print_diags(void *arg) {
    Report *report = arg;
    Diags *diags = &report->session->diags;
    if (report->options->diagnostics == DIAGNOSTICS_JSON) {
        diags_print_json(diags, stderr);
    } else {
        diags_print_text(diags, stderr, wants_color(report->options));
    }
}

/* One argument as a shell would read it back. */
static void print_argument(const char *text) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=,:@+%";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        fputs(text, stderr);
        return;
    }
    fputc('\'', stderr);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, stderr);
    }
    fputc('\'', stderr);
}

Status report_bug(const Options *options, const char *what, const char *detail) {
    fprintf(stderr, "vittec-gpu: internal error: %s\n", what);
    if (detail[0] != '\0') {
        fprintf(stderr, "%s%s", detail, detail[strlen(detail) - 1] == '\n' ? "" : "\n");
    }
    fprintf(
        stderr,
        "This is a bug of the compiler. Please report it, with the source file and all of this:\n"
        "  version: vittec-gpu %s\n"
        "  command:",
        VITTEC_VERSION);
    for (int i = 0; i < options->argc; i++) {
        fputc(' ', stderr);
        print_argument(options->argv[i]);
    }
    fputc('\n', stderr);
    return STATUS_BUG;
}

static void print_times(const Session *session) {
    uint64_t total = 0;
    fputs("      ms  phase or pass\n", stderr);
    for (uint32_t i = 0; i < session->phases.count; i++) {
        const SessionPhase *phase = &session->phases.items[i];
        total += phase->nanoseconds;
        fprintf(stderr, "%8.3f  %s\n", (double)phase->nanoseconds / 1e6, phase->name);
    }
    fprintf(stderr, "%8.3f  total\n", (double)total / 1e6);
}

Status report_session(Session *session, const Options *options, Status status) {
    Report report = {session, options};
    fputs(text_get(&session->dump), stderr);
    session->dump = (Text){.arena = &session->arena}; /* said once */
    if (session->diags.list.count > 0) {
        if (session_guard(session, print_diags, &report) == STATUS_BUG) {
            status = STATUS_BUG;
        }
        session->diags.list.count = 0; /* what comes of later steps is reported without these */
    } else if (status == STATUS_SOURCE) {
        note("there is not enough memory, not even to say more");
    }
    if (status == STATUS_BUG) {
        const char *what = session->failure != NULL ? session->failure : "unknown";
        report_bug(options, what, text_get(&session->detail));
    } else if (status == STATUS_FILE && session->failure != NULL) {
        note("%s", session->failure);
    }
    if (session->options.time && session->phases.count > 0) {
        print_times(session);
        session->phases.count = 0;
    }
    return status;
}

Status print_text(Text *text) {
    if (file_write("-", text_get(text), text->length)) {
        return STATUS_FINE;
    }
    return fail(STATUS_FILE, "cannot write standard output: %s", strerror(errno));
}
