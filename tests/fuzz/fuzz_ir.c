/* IR text: what parses is valid, prints as a text that parses to the same, and compiles at both levels to SPIR-V that the
 * validator takes. */
#include "tests/fuzz/fuzz.h"

/* Parses; what was parsed is printed, malloc'ed. NULL: there were errors. */
static char *parse_and_print(const char *text, size_t size) {
    Session session;
    open_session(&session, 0);
    char *printed = NULL;
    Status status = session_load_ir(&session, text, size, "fuzz.vir");
    judge(&session, status, "IR parser");
    if (status == STATUS_FINE) {
        Text out = {.arena = &session.arena};
        judge(&session, session_print_ir(&session, &out), "IR printer");
        printed = strdup(text_get(&out));
    }
    judge(&session, session_guard(&session, print_diags, &session), "diagnostics");
    session_close(&session);
    return printed;
}

static void compile(const char *text, size_t size, unsigned level) {
    Session session;
    open_session(&session, level);
    Status status = session_load_ir(&session, text, size, "fuzz.vir");
    judge(&session, status, "IR parser");
    if (status == STATUS_FINE) {
        finish(&session);
    }
    session_close(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MOST_INPUT) {
        return -1;
    }
    char *text = copy_input(data, size);
    char *once = parse_and_print(text, size);
    if (once != NULL) {
        char *twice = parse_and_print(once, strlen(once));
        if (twice == NULL || strcmp(once, twice) != 0) {
            fprintf(stderr, "printed:\n%s\nparsed and printed again:\n%s\n", once,
                    twice != NULL ? twice : "refused");
            abort();
        }
        free(twice);
        compile(text, size, 0);
        compile(text, size, 2);
    }
    free(once);
    free(text);
    return 0;
}
