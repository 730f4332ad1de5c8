/* WGSL: lowerings of its own, what it lacks, and the printer. docs/wgsl.md says what a host binds where. */
#ifndef BACKEND_WGSL_H
#define BACKEND_WGSL_H

#include "ir/pass.h"

typedef struct {
    const SourceMap *sources; /* -g: `// file:line` before what comes from there; NULL: none */
} WgslOptions;

/* After the pipeline that all targets share: every op that is left has a row in wgsl_ops.def. Ends with NULL. */
extern const IrPass *const wgsl_passes[];

/* What it leaves out of that pipeline: WGSL's workgroup memory is zero at the start. */
extern const IrPass *const wgsl_leave_out[];

/* Reports (E1002, E1003) to the module's diagnostics what WGSL has no form for. Before wgsl_passes, on a lowered module.
 * False: there was something. */
bool wgsl_check(const IrModule *module);

/* Prints every kernel of a module that both were done to, each as an entry point of its name (or the nearest that is
 * legal). What nests too deep is reported here. Marks of values are overwritten. */
void wgsl_write(Text *out, IrModule *module, const WgslOptions *options);

#endif
