/* LLVM starts when it is first used.
 *
 * Its libraries register some hundred command-line options by constructors, which would run in every process, also where
 * nothing is optimised. Where it is linked statically, tools/llvm-start.ld puts them into a section of their own; here they run.
 * Linked dynamically, the section is not there, and the loader has run them.
 */
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <pthread.h>

#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm.h"

typedef void Constructor(void);

/* Of the linker script; NULL without it. */
extern Constructor *const vt_llvm_constructors[] __attribute__((weak));
extern Constructor *const vt_llvm_constructors_end[] __attribute__((weak));

static void stop(const char *reason) {
    BUG("LLVM: %s", reason);
}

static void construct(void) {
    for (Constructor *const *next = vt_llvm_constructors; next != vt_llvm_constructors_end;
         next++) {
        (*next)();
    }
    /* An instruction stays in its region: what moves into a loop's continuing part would be carried there. */
    static const char *const options[] = {"llvm", "-instcombine-code-sinking=false"};
    LLVMParseCommandLineOptions(2, options, NULL);
    /* Once for all threads: what ends LLVM ends the compilation of the thread that it was in. */
    LLVMInstallFatalErrorHandler(stop);
    llvm_catch_no_memory();
}

void llvm_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, construct);
}
