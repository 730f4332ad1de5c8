/* OpenCL SPIR-V and LLVM IR, through LLVM. docs/opencl.md says what a host hands over as which argument.
 *
 * A lowered module becomes a module of LLVM IR with real pointers (ir/llvm/to_llvm_pointers.h), LLVM's own pipeline of the
 * level runs on it, and LLVM's SPIR-V target writes the words, which SPIRV-Tools judge.
 *
 * LLVM ends the process on what it cannot do, and its SPIR-V target is young. So it works in a process of its own, a fork:
 * whatever becomes of that is an error here (E1002), with LLVM's words.
 */
#ifndef BACKEND_OPENCL_SPIRV_H
#define BACKEND_OPENCL_SPIRV_H

#include "backend-spirv/spirv.h"
#include "ir/pass.h"

typedef enum { OPENCL_SPIRV_1_0, OPENCL_SPIRV_1_2, OPENCL_SPIRV_1_4 } OpenclSpirvVersion;

typedef struct {
    OpenclSpirvVersion version;
    unsigned level; /* of optimisation, as the command line has them: 0 to 3, and 4 for -Os */
    bool text;      /* LLVM IR as text instead */
} OpenclSpirvOptions;

/* After the pipeline that all targets share. Ends with NULL. */
extern const IrPass *const opencl_spirv_passes[];

/* Reports to the module's diagnostics what the target lacks: a length of a shared array that the host may set (E1005), a
 * size of subgroups, values of more than 4096 scalars (E1002). False: there was something. */
bool opencl_spirv_check(const IrModule *module);

/* Appends the words, or the text, to `out`. Kernels are called as in OpenCL C (opencl_kernel_name); the bytes depend on
 * module and options alone. Marks are overwritten. False: it was reported (E1002). */
bool opencl_spirv_write(Text *out, IrModule *module, const OpenclSpirvOptions *options);

/* spirv-val for the version's environment; false: `why` has its message. */
bool opencl_spirv_validate(const uint32_t *words, size_t count, OpenclSpirvVersion version,
                           Text *why);

#endif
