/* The steps on the way of opencl_spirv.h. */
#ifndef BACKEND_OPENCL_MODULE_H
#define BACKEND_OPENCL_MODULE_H

#include <llvm-c/Core.h>

#include "backend-spirv/opencl_spirv.h"

/* The LLVM IR of a module, with the metadata that runtimes of OpenCL read; LLVM's verifier has accepted it. */
LLVMModuleRef opencl_module_make(LLVMContextRef context, IrModule *module,
                                 OpenclSpirvVersion version);

/* Behind LLVM's passes: what the SPIR-V target cannot write becomes what it can. */
void opencl_module_legalise(LLVMModuleRef llvm);

/* The words of LLVM's SPIR-V, as all readers take them. False: they are no module. */
bool opencl_words_fix(Text *out, Text *from);

/* Optimises and writes, in a process of its own. False: `why` says what became of it. */
bool opencl_module_emit(Text *out, LLVMModuleRef llvm, const OpenclSpirvOptions *options,
                        Text *why);

#endif
