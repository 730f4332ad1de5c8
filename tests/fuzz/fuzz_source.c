/* Source text: whatever the bytes are, they compile at both levels to SPIR-V that the validator takes, or there are errors.
 * Tokens and syntax tree are printed, too. */
#include "tests/fuzz/fuzz.h"

static void compile(const char *text, size_t size, unsigned level) {
    Session session;
    open_session(&session, level);
    Status status = session_compile_source(&session, text, size, "fuzz.vt");
    judge(&session, status, "front end");
    if (status == STATUS_FINE) {
        finish(&session);
    }
    judge(&session, session_guard(&session, print_diags, &session), "diagnostics");
    session_close(&session);
}

static void print(const char *text, size_t size, Status (*print_it)(Session *session, Text *out)) {
    Session session;
    open_session(&session, 0);
    Text out = {.arena = &session.arena};
    session.file = source_add(&session.sources, "fuzz.vt", text, size);
    judge(&session, print_it(&session, &out), "printing");
    session_close(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MOST_INPUT) {
        return -1;
    }
    char *text = copy_input(data, size);
    compile(text, size, 0);
    compile(text, size, 2);
    print(text, size, session_print_tokens);
    print(text, size, session_print_ast);
    free(text);
    return 0;
}
