/* What the fuzz targets share: mutations of words and lines, sessions with little memory, and what counts as a bug. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/session.h"

enum { MOST_INPUT = 1 << 16, MEMORY = 512 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* ---- mutations: bytes alone rarely leave a text that parses ---- */

typedef struct {
    size_t start, end;
} Piece;

static unsigned pick(unsigned *state, size_t count) {
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
    return count > 0 ? (unsigned)((*state >> 8) % count) : 0;
}

static bool is_word(uint8_t c) {
    return isalnum(c) || c == '_' || c == '%' || c == '@';
}

/* The word or single character at a random place. */
static Piece pick_word(const uint8_t *data, size_t size, unsigned *state) {
    size_t start = pick(state, size), end;
    while (start + 1 < size && isspace(data[start])) {
        start++;
    }
    while (start > 0 && is_word(data[start]) && is_word(data[start - 1])) {
        start--;
    }
    for (end = start + 1; end < size && is_word(data[start]) && is_word(data[end]); end++) {
    }
    return (Piece){start, end};
}

/* One to three whole lines at a random place. */
static Piece pick_lines(const uint8_t *data, size_t size, unsigned *state) {
    size_t start = pick(state, size), end;
    while (start > 0 && data[start - 1] != '\n') {
        start--;
    }
    unsigned lines = 1 + pick(state, 3);
    for (end = start; end < size && lines > 0; end++) {
        lines -= data[end] == '\n';
    }
    return (Piece){start, end};
}

/* Puts a copy of `from` in the place of `to`. */
static size_t replace(uint8_t *data, size_t size, size_t most, Piece to, Piece from) {
    size_t length = from.end - from.start, rest = size - to.end;
    if (to.start + length + rest > most) {
        return size;
    }
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, data + from.start, length);
    memmove(data + to.start + length, data + to.end, rest);
    memcpy(data + to.start, copy, length);
    free(copy);
    return to.start + length + rest;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    unsigned state = seed, kind = pick(&state, 8);
    if (size == 0 || kind < 2) {
        return LLVMFuzzerMutate(data, size, most);
    }
    bool words = kind < 6;
    Piece to = words ? pick_word(data, size, &state) : pick_lines(data, size, &state);
    Piece from = words ? pick_word(data, size, &state) : pick_lines(data, size, &state);
    switch (pick(&state, 6)) {
    case 0:
        from.end = from.start; /* take away */
        break;
    case 1:
        to.end = to.start; /* put between */
        break;
    default:
        break;
    }
    return replace(data, size, most, to, from);
}

/* ---- sessions ---- */

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
