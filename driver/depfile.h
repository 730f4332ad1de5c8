/* Dependency files for make and ninja: `out.spv: add.vt lib/noise.vt`. */
#ifndef DRIVER_DEPFILE_H
#define DRIVER_DEPFILE_H

#include "ir/base/source.h"
#include "ir/base/text.h"

/* Names are written so that both tools read them back; standard input is left out. */
void depfile_print(Text *out, const char *const *targets, unsigned target_count,
                   const SourceMap *sources);

#endif
