/* From LLVM IR back into the regions that it came from. */
#ifndef IR_LLVM_FROM_LLVM_H
#define IR_LLVM_FROM_LLVM_H

#include "ir/llvm/to_llvm.h"

/* Reads t->fn, which to_llvm_function made with the opaque model and LLVM's passes have changed since, into
 * t->function. False: something cannot come back, and the function is as it was; `*why` then names it. */
bool from_llvm_function(ToLlvm *t, const char **why);

#endif
