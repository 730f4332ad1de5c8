/* Passes of this folder, as those of ir/pass.h. */
#ifndef BACKEND_WGSL_PASSES_H
#define BACKEND_WGSL_PASSES_H

#include "backend-wgsl/wgsl.h"

#define PASS(name, what)                                                                           \
    extern const IrPass pass_##name;                                                               \
    static const char pass_what_##name[] __attribute__((unused)) = what;
#include "backend-wgsl/wgsl_passes.def"
#undef PASS
#define WGSL_PASS(name, run) IR_PASS(name, run)

#endif
