/* Memory of the pointer model: places to pointers, loads, stores, atomics. See to_llvm_pointers.h. */
#ifndef IR_LLVM_TO_LLVM_MEMORY_H
#define IR_LLVM_TO_LLVM_MEMORY_H

#include "ir/llvm/to_llvm_pointers.h"

/* VAR, SHARED, LOAD, STORE, LEN and the atomics. */
LLVMValueRef to_llvm_access(ToLlvm *t, const IrInst *inst);

/* A value of the host's bytes at `pointer` + `offset`, which is aligned to `align`. */
LLVMValueRef to_llvm_load_host(ToLlvm *t, const IrType *type, LLVMValueRef pointer, uint64_t offset,
                               unsigned align);

/* The builder goes to the start of the function; gives where it was: at the end of that block. */
LLVMBasicBlockRef to_llvm_to_entry(ToLlvm *t);

#endif
