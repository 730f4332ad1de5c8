/* What code asks of the device that is to run it. */
#ifndef DRIVER_FEATURES_H
#define DRIVER_FEATURES_H

#include <stdint.h>

#include "backend-spirv/spirv.h"

/* The runtime's features (VTG_FEATURE_BIT) that the module's capabilities stand for: all of them must be there, whichever
 * of the module's kernels is used. */
uint64_t features_of_code(SpirvBinary code);

#endif
