/* What the program says on standard error. Only this file and the commands print. */
#ifndef DRIVER_REPORT_H
#define DRIVER_REPORT_H

#include <stdio.h>

#include "driver/file.h"
#include "driver/options.h"

/* "vittec-gpu: …" and a newline. Gives `status`, so a command can say `return fail(STATUS_USAGE, …);`. */
Status fail(Status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "WHAT `path`: why", by errno. Gives STATUS_FILE. */
Status fail_file(const char *what, const char *path);

/* Reads all of a file, at most `limit` bytes, or says why not. */
Status read_or_fail(const char *path, size_t limit, FileBytes *bytes);

/* All that a session has to say when it is over: dumps, diagnostics, a failure or bug, times. Gives `status`. */
Status report_session(Session *session, const Options *options, Status status);

/* The same, for someone who has it wait: other threads have sessions, too. */
Status report_session_on(FILE *out, Session *session, const Options *options, Status status);

/* A broken invariant of the compiler, with all that a report of it needs. */
Status report_bug(const Options *options, const char *what, const char *detail);

/* Prints to standard output, and says so when that fails. */
Status print_text(Text *text);

/* The worse of two: what a command gives that goes on after a failure. */
static inline Status worse(Status a, Status b) {
    return a > b ? a : b;
}

#endif
