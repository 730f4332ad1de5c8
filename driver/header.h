/* The target c-header: of the kernels in a bundle, a struct of the arguments of each, and functions that run it, in its
 * own types. */
#ifndef DRIVER_HEADER_H
#define DRIVER_HEADER_H

#include <stdbool.h>

#include "ir/base/text.h"
#include "runtime-min/vgpu_view.h"

typedef struct {
    const char *output; /* where it is written to: what belongs to no kernel is called after it */
    VgpuView bundle;    /* opened; its records are checked here */
    bool embed;         /* the bundle goes into the header */
} HeaderInput;

/* NULL; or what is wrong with the bundle. */
const char *header_print(Text *out, const HeaderInput *input);

#endif
