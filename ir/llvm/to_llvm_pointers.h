/* The model of to_llvm for code: memory is memory, and what a dispatch gives comes from OpenCL's built-in functions.
 *
 * A kernel's arguments are those of OpenCL C (docs/opencl.md): a buffer is a pointer in address space 1; a scalar, or a
 * vector of 2 or 4, is itself; any other value is a `byval` pointer to the host's bytes of it; the length of each buffer
 * follows as an i32. Memory of the workgroup is a global in address space 3, called `kernel.name`; locals are allocas.
 * Both hold what LLVM's types say, but a bool is a byte there and an atomic float an integer. Buffers are addressed by
 * the host's offsets and strides, to which every access is aligned.
 *
 * Before: a lowered module (ir_verify_lowered), without subgroup ops of vectors. Spec constants are calls of
 * `__spirv_SpecConstant` at the start of a function, which gives the bits of those smaller than 32 as an i32.
 */
#ifndef IR_LLVM_TO_LLVM_POINTERS_H
#define IR_LLVM_TO_LLVM_POINTERS_H

#include "ir/llvm/to_llvm.h"

enum { TO_LLVM_GLOBAL = 1, TO_LLVM_CONSTANT = 2, TO_LLVM_SHARED = 3 }; /* address spaces */

extern const ToLlvmModel to_llvm_pointers;

/* Goes into ToLlvm.data, one for all functions of a module. */
typedef struct {
    LLVMValueRef *functions; /* by IrFunction.mark, declared by to_llvm_declare */
    LLVMValueRef *lengths;   /* of the kernel at hand, by parameter */
    LLVMValueRef *specs; /* of the function at hand, by IrSpec.mark; NULL inside: not used yet */
    const char *name;    /* of the kernel at hand */
} ToLlvmPointers;

/* Numbers functions and spec constants by `mark`, declares every function; names[mark] is what it is called. */
ToLlvmPointers *to_llvm_declare(Arena *arena, IrModule *module, LLVMModuleRef llvm,
                                const char *const *names);

/* How a kernel's value parameter comes. */
bool to_llvm_is_by_value(const IrType *type);

#endif
