/* OpenCL C: lowerings of its own and the printer. docs/opencl.md says what a host hands over as which argument. */
#ifndef BACKEND_OPENCL_H
#define BACKEND_OPENCL_H

#include "ir/pass.h"

typedef enum { OPENCL_C_1_2, OPENCL_C_2_0, OPENCL_C_3_0 } OpenclVersion;

typedef struct {
    OpenclVersion version;
    const SourceMap *sources; /* -g: `// file:line` before what comes from there; NULL: none */
} OpenclOptions;

/* After the pipeline that all targets share: signed sums wrap, vectors of a subgroup go lane by lane. Ends with NULL. */
extern const IrPass *const opencl_passes[];

/* Prints every kernel of such a module as a kernel function of its name (or the nearest that is legal), and the procs that
 * are left. What nests too deep (E1003) is reported to the module's diagnostics. Marks of values are overwritten. */
void opencl_write(Text *out, IrModule *module, const OpenclOptions *options);

/* The name under which opencl_write prints a kernel of the module. */
const char *opencl_kernel_name(Arena *arena, const IrModule *module, const IrFunction *kernel);

/* Whether a module needs a feature of the device, by the name that the runtime has for it ("float64"). */
bool opencl_needs(const IrModule *module, const char *feature);

#endif
