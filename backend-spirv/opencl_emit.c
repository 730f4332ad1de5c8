/* LLVM's passes and its SPIR-V target, in a process of its own. See opencl_spirv.h for why.
 *
 * The child sends a byte that says how it went, then the result or the reason. A child that dies says nothing more, and
 * that is reason enough.
 */
#include <errno.h>
#include <fcntl.h>
#include <llvm-c/Core.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend-spirv/opencl_module.h"
#include "ir/base/fatal.h"
#include "ir/llvm/to_llvm.h"

enum { FINE = 'F', REFUSED = 'R' };
enum { MOST_SECONDS = 60 }; /* of processor time: LLVM's passes have no limit of their own */

/* ---- the child ---- */

static int reply; /* where it writes */

static void send(const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = write(reply, at, size);
        if (sent < 0 && errno != EINTR) {
            _exit(1);
        }
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
}

static _Noreturn void finish(char how, const void *bytes, size_t size) {
    send(&how, 1);
    send(bytes, size);
    _exit(0);
}

static void refuse(const char *reason) {
    finish(REFUSED, reason, strlen(reason));
}

static void hear(LLVMDiagnosticInfoRef info, void *data) {
    (void)data;
    if (LLVMGetDiagInfoSeverity(info) == LLVMDSError) {
        refuse(LLVMGetDiagInfoDescription(info));
    }
}

static LLVMTargetMachineRef machine_for(LLVMModuleRef llvm, unsigned level) {
    LLVMInitializeSPIRVTargetInfo();
    LLVMInitializeSPIRVTarget();
    LLVMInitializeSPIRVTargetMC();
    LLVMInitializeSPIRVAsmPrinter();
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(LLVMGetTarget(llvm), &target, &message)) {
        refuse(message);
    }
    return LLVMCreateTargetMachine(target, LLVMGetTarget(llvm), "", "",
                                   level == 0 ? LLVMCodeGenLevelNone : LLVMCodeGenLevelDefault,
                                   LLVMRelocDefault, LLVMCodeModelDefault);
}

static void optimise(LLVMModuleRef llvm, LLVMTargetMachineRef machine, unsigned level) {
    static const char *const pipelines[] = {
        "always-inline,function(sroa,early-cse,instsimplify,dce)", "default<O1>", "default<O2>",
        "default<O3>", "default<Os>"};
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(llvm, pipelines[level], machine, options);
    if (error != NULL) {
        refuse(LLVMGetErrorMessage(error));
    }
}

/* What LLVM has to say while it dies is nobody's: the parent says what is known. */
static void be_quiet(void) {
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
}

static _Noreturn void work(LLVMModuleRef llvm, const OpenclSpirvOptions *options) {
    struct rlimit limit = {MOST_SECONDS, MOST_SECONDS};
    setrlimit(RLIMIT_CPU, &limit);
    limit = (struct rlimit){0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    be_quiet();
    LLVMInstallFatalErrorHandler(refuse);
    /* CodeGenPrepare makes sums with a carry, which PoCL 6 does not know. No one else sees this process's options. */
    static const char *const arguments[] = {"vittec-gpu", "-disable-cgp"};
    LLVMParseCommandLineOptions(2, arguments, NULL);
    LLVMContextSetDiagnosticHandler(LLVMGetModuleContext(llvm), hear, NULL);
    LLVMTargetMachineRef machine = machine_for(llvm, options->level);
    optimise(llvm, machine, options->level);
    if (options->text) {
        char *text = LLVMPrintModuleToString(llvm);
        finish(FINE, text, strlen(text));
    }
    opencl_module_legalise(llvm);
    LLVMMemoryBufferRef buffer;
    char *message = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, llvm, LLVMObjectFile, &message, &buffer)) {
        refuse(message);
    }
    finish(FINE, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
}

/* ---- the parent ---- */

static void receive(int from, Text *what) {
    char bytes[65536];
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got > 0) {
            text_bytes(what, bytes, (size_t)got);
        } else if (got == 0 || errno != EINTR) {
            return;
        }
    }
}

static bool judge(Text *out, Text *answer, int status, Text *why) {
    const char *bytes = text_get(answer);
    if (answer->length > 0 && *bytes == FINE && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        text_bytes(out, bytes + 1, answer->length - 1);
        return true;
    }
    if (answer->length > 1 && *bytes == REFUSED) {
        text_bytes(why, bytes + 1, answer->length - 1);
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        text_printf(why, "it took longer than %d s", MOST_SECONDS);
    } else {
        text_printf(why, "it crashed (%s %d)", WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return false;
}

bool opencl_module_emit(Text *out, LLVMModuleRef llvm, const OpenclSpirvOptions *options,
                        Text *why) {
    int ends[2];
    if (pipe(ends) != 0) {
        fatal_memory();
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        reply = ends[1];
        work(llvm, options);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        fatal_memory();
    }
    Text answer = {.arena = out->arena};
    receive(ends[0], &answer);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return judge(out, &answer, status, why);
}
