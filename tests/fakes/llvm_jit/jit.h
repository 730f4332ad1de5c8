/* jit.h: what the parts of llvm_jit.c share: a kernel's code, how the host hands it arguments, who runs it. */
#ifndef VITTE_TESTS_JIT_H
#define VITTE_TESTS_JIT_H

#define CL_TARGET_OPENCL_VERSION 220
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <llvm-c/LLJIT.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*JitEntry)(char *const *arguments); /* a pointer to the bytes of each */

enum {
    JIT_ARGUMENTS = 64,
    JIT_SPECS = 64,
    JIT_INVOCATIONS = 1024,
    JIT_ALIGNMENT = 32 /* of a vector of four 64-bit numbers */
};

struct _cl_mem {
    char *bytes; /* first: kernels read it */
    char *pages; /* NULL: a part of another one */
    size_t mapped;
};

struct _cl_program {
    LLVMMemoryBufferRef text;
    LLVMOrcLLJITRef jit;
    bool together; /* some kernel has barriers */
    uint32_t spec_count;
    uint32_t spec_ids[JIT_SPECS];
    uint64_t specs[JIT_SPECS];
    char log[2048];
};

struct _cl_kernel {
    cl_program program;
    JitEntry entry;
    char *arguments[JIT_ARGUMENTS];
};

typedef struct JitFunction {
    const char *name;
    uintptr_t address;
} JitFunction;

extern const JitFunction jit_functions[]; /* what kernels call; ends with a null name */

/* build.c */
cl_int jit_build(cl_program program);
JitEntry jit_entry(cl_program program, const char *kernel); /* NULL: there is none */
void jit_close(cl_program program);

/* run.c */
cl_int jit_run(cl_kernel kernel, const size_t groups[3], const size_t local[3]);

#endif
