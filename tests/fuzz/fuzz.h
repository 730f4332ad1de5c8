/* What the fuzz targets share: sessions with little memory, and what counts as a bug. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "driver/session.h"

enum { MOST_INPUT = 1 << 16, MEMORY = 512 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input in a block of its own size, so that the sanitizer sees the first byte read behind it. */
static char *copy_input(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

static void open_session(Session *session, unsigned level) {
    SessionOptions options = {.level = level, .debug = level > 0, .verify = true};
    session_open(session, &options);
    session->arena.limit = MEMORY;
}

/* Diagnostics are rendered, too, to nowhere. */
static void print_diags(void *arg) {
    static FILE *nowhere;
    Session *session = arg;
    if (nowhere == NULL) {
        nowhere = fopen("/dev/null", "w");
    }
    diags_print_text(&session->diags, nowhere, true);
    diags_print_json(&session->diags, nowhere);
}

/* The user's errors are fine; anything else but success is a bug of the compiler. */
static void judge(Session *session, Status status, const char *step) {
    bool reported = session->diags.errors > 0;
    if ((status == STATUS_FINE && !reported) || (status == STATUS_SOURCE && reported)) {
        return;
    }
    fprintf(stderr, "%s: status %d, %u errors\n%s\n%s\n", step, (int)status, session->diags.errors,
            session->failure != NULL ? session->failure : "", text_get(&session->detail));
    abort();
}

/* Passes, writer, validator. */
static void finish(Session *session) {
    SpirvBinary binary = {0};
    Status status = session_need_kernel(session);
    judge(session, status, "kernels");
    if (status == STATUS_FINE) {
        status = session_lower(session);
        judge(session, status, "passes");
    }
    if (status == STATUS_FINE) {
        status = session_spirv(session, SPIRV_VULKAN_1_1, &binary);
        judge(session, status, "SPIR-V");
    }
}

#endif
