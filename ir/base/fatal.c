/* See fatal.h. One thread-local chain of guards: a compilation runs on one thread. */
#include "ir/base/fatal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Guard Guard;
struct Guard {
    jmp_buf target;
    FatalKind kind;
    Guard *outer;
    const char *context; /* of the outer one */
};

static _Thread_local Guard *innermost;
static _Thread_local const char *context;
static _Thread_local char text[1024];

FatalKind guard_run(void (*fn)(void *), void *arg, const char **message) {
    Guard guard = {.outer = innermost, .context = context};
    innermost = &guard;
    context = NULL;
    text[0] = '\0';
    if (setjmp(guard.target) == 0) {
        fn(arg);
    }
    innermost = guard.outer;
    context = guard.context;
    *message = text;
    return guard.kind;
}

void fatal_context(const char *what) {
    context = what;
}

static _Noreturn void leave(FatalKind kind) {
    if (innermost == NULL) { /* a caller without a guard: nothing better can be done */
        fprintf(stderr, "fatal: %s\n", text);
        abort();
    }
    innermost->kind = kind;
    longjmp(innermost->target, 1);
}

void bug_at(const char *file, int line, const char *format, ...) {
    int used = snprintf(text, sizeof text, "%s%s%s:%d: ", context != NULL ? context : "",
                        context != NULL ? ": " : "", file, line);
    if (used < 0 || (size_t)used >= sizeof text) {
        used = 0;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, sizeof text - (size_t)used, format, args);
    va_end(args);
    leave(FATAL_BUG);
}

void fatal_memory(void) {
    snprintf(text, sizeof text, "out of memory");
    leave(FATAL_MEMORY);
}
