/* LLVM out of memory. Its C interface says nothing of that: operator new would throw where nobody catches, and its own
 * allocations would end the process. Both come back to the guard of the compilation instead (ir/base/fatal.h). */
#include <new>

#include <llvm/Support/ErrorHandling.h>
#include <unistd.h>

extern "C" {
[[noreturn]] void fatal_memory(void);
void llvm_catch_no_memory(void);
}

static pid_t process;

static void new_failed() {
    if (getpid() != process) { /* a child has no guard to come back to: its parent sees how it ended */
        _exit(1);
    }
    fatal_memory();
}

static void no_memory(void *, const char *, bool) {
    new_failed();
}

void llvm_catch_no_memory(void) {
    process = getpid();
    std::set_new_handler(new_failed);
    llvm::remove_bad_alloc_error_handler();
    llvm::install_bad_alloc_error_handler(no_memory, nullptr);
}
