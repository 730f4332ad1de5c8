/* slangc, made of the compiler's library alone: the Python package slangpy brings that and no program.
 *
 *     slangc LIBRARY ARGUMENT… [+ ARGUMENT…]…
 *
 * Does what Slang's own slangc does: makes a session, hands the arguments to a request, compiles. Behind each "+" are
 * the arguments of another request of the same session, as in a build that compiles many files in one process. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef struct Session Session;
typedef struct Request Request;

typedef struct {
    Session *(*create_session)(const char *);
    Request *(*create_request)(Session *);
    void (*write_files)(Request *);
    int (*arguments)(Request *, const char *const *, int);
    int (*compile)(Request *);
    const char *(*said)(Request *);
    void (*destroy_request)(Request *);
} Slang;

static int find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static int load(const char *path, Slang *slang) {
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "slangc: %s\n", dlerror());
        return 0;
    }
    return find(library, "spCreateSession", &slang->create_session) &&
           find(library, "spCreateCompileRequest", &slang->create_request) &&
           find(library, "_Z28spSetCommandLineCompilerModePN5slang15ICompileRequestE",
                &slang->write_files) && /* C++ without its header: what makes -o write */
           find(library, "spProcessCommandLineArguments", &slang->arguments) &&
           find(library, "spCompile", &slang->compile) &&
           find(library, "spGetDiagnosticOutput", &slang->said) &&
           find(library, "spDestroyCompileRequest", &slang->destroy_request);
}

static int compile(const Slang *slang, Session *session, char **arguments, int count) {
    Request *request = slang->create_request(session);
    slang->write_files(request);
    int failed = slang->arguments(request, (const char *const *)arguments, count) < 0 ||
                 slang->compile(request) < 0;
    if (failed) {
        fputs(slang->said(request), stderr);
    }
    slang->destroy_request(request);
    return failed;
}

int main(int argc, char **argv) {
    Slang slang;
    if (argc < 3 || !load(argv[1], &slang)) {
        fprintf(stderr, "usage: slangc LIBRARY ARGUMENT… [+ ARGUMENT…]\n");
        return 2;
    }
    Session *session = slang.create_session(NULL);
    int failed = session == NULL;
    for (int i = 2; i < argc && !failed; i++) {
        int first = i;
        while (i < argc && strcmp(argv[i], "+") != 0) {
            i++;
        }
        failed = compile(&slang, session, argv + first, i - first);
    }
    return failed; /* the system takes the session back, as at the end of Slang's own program */
}
