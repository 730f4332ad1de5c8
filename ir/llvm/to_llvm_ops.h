/* One instruction that is neither control nor a terminator, in LLVM. */
#ifndef IR_LLVM_TO_LLVM_OPS_H
#define IR_LLVM_TO_LLVM_OPS_H

#include "ir/llvm/to_llvm.h"

LLVMValueRef to_llvm_op(ToLlvm *t, const IrInst *inst); /* NULL: it gives nothing */

#endif
