/* A bundle of what the command line names: -o OUT.vgpu, and all that is made from one. */
#ifndef DRIVER_BUNDLE_H
#define DRIVER_BUNDLE_H

#include "driver/options.h"

/* The bytes of the bundle, added to `out`, which is empty; `sources`, of an arena of its own, gets every file that was
 * read. What is wrong was printed. */
Status bundle_make(Text *out, const Options *options, SourceMap *sources);

#endif
