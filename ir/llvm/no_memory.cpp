/* LLVM out of memory. Its C interface says nothing of that: operator new would throw where nobody catches, and its own
 * allocations would end the process. Both come back to the guard of the compilation instead (ir/base/fatal.h). */
#include <new>

#include <llvm/Support/ErrorHandling.h>

extern "C" {
[[noreturn]] void fatal_memory(void);
void llvm_catch_no_memory(void);
}

static void no_memory(void *, const char *, bool) {
    fatal_memory();
}

static void new_failed() {
    fatal_memory();
}

void llvm_catch_no_memory(void) {
    std::set_new_handler(new_failed);
    llvm::remove_bad_alloc_error_handler();
    llvm::install_bad_alloc_error_handler(no_memory, nullptr);
}
