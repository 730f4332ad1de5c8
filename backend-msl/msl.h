/* Metal Shading Language, by SPIRV-Cross from the words that the SPIR-V back-end wrote. docs/msl.md says what a host binds
 * where. */
#ifndef BACKEND_MSL_H
#define BACKEND_MSL_H

#include "ir/pass.h"

typedef enum { MSL_2_4, MSL_3_0, MSL_3_1 } MslVersion;

typedef struct {
    MslVersion version;
    bool lines; /* -g: `#line`; the words have OpLine then */
} MslOptions;

/* Metal wants sizes when it compiles: a specialization constant that has its value by now becomes a constant. On the
 * module as the front end made it. */
void msl_fix_spec(IrModule *module, const char *name);

/* After the pipeline that all targets share. Ends with NULL. */
extern const IrPass *const msl_passes[];

/* Reports (E1002 to E1005) to the module's diagnostics what MSL has no form for. On a lowered module. False: there was
 * something. */
bool msl_check(const IrModule *module);

/* The name under which msl_write prints a kernel. */
const char *msl_kernel_name(Arena *arena, const IrFunction *kernel);

/* Prints the one kernel of a module that was checked, which is in the words for Vulkan, under its name (or the nearest that
 * is legal). False: SPIRV-Cross refuses the words, and `why` has its message. */
bool msl_write(Text *out, const IrModule *module, const uint32_t *words, size_t count,
               const MslOptions *options, Text *why);

#endif
