/* How a compile session ends when things go wrong that no input brings about: a broken invariant (exit status 4) and too
 * little memory, wherever it runs out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/options.h"
#include "driver/report.h"
#include "driver/session.h"
#include "ir/base/fatal.h"

static int failures;

static bool check(bool fine, int line, const char *what, const char *more) {
    if (!fine) {
        failures++;
        printf("%s:%d: %s\n%s\n", __FILE__, line, what, more);
    }
    return fine;
}
#define CHECK(condition) check((condition), __LINE__, #condition, "")

static const char source[] = "kernel add(a: Buffer<f32>, out: Buffer<f32>) {\n"
                             "    let mut sum = 0.0;\n"
                             "    for n in 0..8u32 {\n"
                             "        sum += a[i + n] > 0.5 ? a[n] : sin(a[i]) / 3.0;\n"
                             "    }\n"
                             "    out[i] = sum;\n"
                             "}\n";

/* ---- standard error, caught ---- */

static char caught[20000];

static int begin_catch(FILE *file) {
    fflush(stderr);
    int old = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    return old;
}

static void end_catch(FILE *file, int old) {
    fflush(stderr);
    dup2(old, STDERR_FILENO);
    close(old);
    rewind(file);
    size_t size = fread(caught, 1, sizeof caught - 1, file);
    caught[size] = '\0';
    fclose(file);
}

static Status report(Session *session, Status status) {
    static char *const argv[] = {"vittec-gpu", "a b.vt", "it's", "-O2"};
    Options options = {.argc = 4, .argv = argv};
    FILE *file = tmpfile();
    int old = begin_catch(file);
    status = report_session(session, &options, status);
    end_catch(file, old);
    return status;
}

/* ---- a broken invariant ---- */

static void break_something(void *arg) {
    Session *session = arg;
    fatal_context("pass opt_nonsense");
    text_add(&session->detail, "the IR as it was");
    BUG("there were %d ends", 3);
}

static void do_nothing(void *arg) {
    (void)arg;
}

static void test_bug(void) {
    Session session;
    session_open(&session, NULL);
    CHECK(session_guard(&session, do_nothing, NULL) == STATUS_FINE);
    Status status = session_guard(&session, break_something, &session);
    CHECK(status == STATUS_BUG && (int)status == 4);
    CHECK(report(&session, status) == STATUS_BUG);
    static const char *const parts[] = {
        "vittec-gpu: internal error: pass opt_nonsense: tests/unit/test_session.c:",
        "there were 3 ends\n",
        "the IR as it was\n",
        "This is a bug of the compiler. Please report it",
        "  version: vittec-gpu ",
        "  command: vittec-gpu 'a b.vt' 'it'\\''s' -O2\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        check(strstr(caught, parts[i]) != NULL, __LINE__, parts[i], caught);
    }
    session_close(&session);
}

/* ---- too little memory ---- */

static Status compile_all(Session *session) {
    SpirvBinary binary;
    Status status = session_compile_source(session, source, sizeof source - 1, "add.vt");
    status = status == STATUS_FINE ? session_lower(session) : status;
    return status == STATUS_FINE ? session_spirv(session, SPIRV_VULKAN_1_1, &binary) : status;
}

/* A program of many lines, so that the arena grows past its first chunks. */
static char *long_source(size_t lines) {
    static const char line[] = "    out[i] = out[i] * 1.5 + a[i + 1];\n";
    static const char head[] = "kernel long(a: Buffer<f32>, out: Buffer<f32>) {\n";
    char *text = malloc(sizeof head + lines * sizeof line + 2);
    char *at = text + sprintf(text, "%s", head);
    for (size_t i = 0; i < lines; i++) {
        at += sprintf(at, "%s", line);
    }
    sprintf(at, "}\n");
    return text;
}

static void test_memory(void) {
    char *text = long_source(2000);
    size_t enough = 0;
    for (size_t limit = 1; limit < (size_t)1 << 26; limit = limit * 5 / 4 + 1) {
        Session session;
        SessionOptions options = {.level = 2, .verify = true};
        session_open(&session, &options);
        session.arena.limit = limit;
        SpirvBinary binary;
        Status status = session_compile_source(&session, text, strlen(text), "long.vt");
        status = status == STATUS_FINE ? session_lower(&session) : status;
        status =
            status == STATUS_FINE ? session_spirv(&session, SPIRV_VULKAN_1_1, &binary) : status;
        CHECK(status == STATUS_FINE || status == STATUS_SOURCE);
        CHECK(enough == 0 || status == STATUS_FINE);
        CHECK(report(&session, status) == status);
        bool told = strstr(caught, "memory") != NULL;
        check(told == (status == STATUS_SOURCE), __LINE__, "memory is what it speaks of", caught);
        enough = enough == 0 && status == STATUS_FINE ? limit : enough;
        session_close(&session);
    }
    CHECK(enough > 100000);
    free(text);
}

static void test_fine(void) {
    Session session;
    SessionOptions options = {.level = 2, .verify = true};
    session_open(&session, &options);
    if (!CHECK(compile_all(&session) == STATUS_FINE)) {
        return;
    }
    CHECK(session_kernel(&session, "add") != NULL && session_kernel(&session, "ad") == NULL);
    CHECK(report(&session, STATUS_FINE) == STATUS_FINE && caught[0] == '\0');
    session_close(&session);
}

int main(void) {
    test_fine();
    test_bug();
    test_memory();
    if (failures > 0) {
        printf("%d failed\n", failures);
    }
    return failures > 0;
}
