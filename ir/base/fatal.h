/* Failures that end a compilation at once: a broken invariant of the compiler, or no memory.
 *
 * `guard_run` runs a function; `bug` and `fatal_memory` called anywhere below it return there.
 * The user's own errors never come here: those are diagnostics (diag.h).
 */
#ifndef IR_BASE_FATAL_H
#define IR_BASE_FATAL_H

typedef enum {
    FATAL_NONE = 0,
    FATAL_BUG,    /* an invariant of the compiler is broken */
    FATAL_MEMORY, /* malloc failed, or an arena reached its limit */
} FatalKind;

/* Runs fn(arg). Gives FATAL_NONE, or what ended it; `message` (never NULL) then says what happened and
 * lives until the next guard_run of this thread. Guards nest; what fn had allocated in arenas is
 * still owned by those arenas. */
FatalKind guard_run(void (*fn)(void *arg), void *arg, const char **message);

/* Names what is running ("pass opt_fold", "SPIR-V writer"), for the report of a bug. A literal or
 * something that outlives the guard. */
void fatal_context(const char *what);

_Noreturn void bug_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void fatal_memory(void);

#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define REQUIRE(condition) ((condition) ? (void)0 : BUG("broken invariant: %s", #condition))

#endif
