/* WGSL: lowerings of its own, what it lacks, and the printer. docs/wgsl.md says what a host binds where. */
#ifndef BACKEND_WGSL_H
#define BACKEND_WGSL_H

#include "ir/pass.h"
#include "ir/reflect.h"

typedef struct {
    const SourceMap *sources; /* -g: `// file:line` before what comes from there; NULL: none */
    bool
        value_lengths; /* the length of every buffer is in the value block (ir_reflect_all_lengths) */
} WgslOptions;

/* What a host must know of the text. */
typedef struct {
    const char *entry;   /* the name of the last kernel in it */
    bool f16, subgroups; /* what it enables */
} WgslFacts;

/* After the pipeline that all targets share: the parameters are such as WGSL has. A kernel that is reflected after it is
 * laid out as before, but does not have the parameters of the source. Ends with NULL. */
extern const IrPass *const wgsl_values[];

/* After wgsl_check: every op that is left has a row in wgsl_ops.def. Ends with NULL. */
extern const IrPass *const wgsl_passes[];

/* What it leaves out of that pipeline: WGSL's workgroup memory is zero at the start. */
extern const IrPass *const wgsl_leave_out[];

/* Reports (E1002, E1003) to the module's diagnostics what WGSL has no form for. Between the two lists of passes.
 * False: there was something. */
bool wgsl_check(const IrModule *module);

/* Prints every kernel of a module that both were done to, each as an entry point of its name (or the nearest that is
 * legal). What nests too deep is reported here. Marks of values are overwritten. */
WgslFacts wgsl_write(Text *out, IrModule *module, const WgslOptions *options);

/* Whether the block of values is a uniform buffer; if not, it is a storage buffer. */
bool wgsl_fits_uniform(const ReflectKernel *kernel);

#endif
