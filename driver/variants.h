/* Variants of a bundle's kernels: NAME=VALUE,NAME=VALUE. */
#ifndef DRIVER_VARIANTS_H
#define DRIVER_VARIANTS_H

#include "driver/status.h"
#include "frontend/frontend.h"

typedef struct {
    const char *text; /* by name, as bundles have it; "" for the source's own values */
    const FrontendDefine *defines;
} Variant;

/* What is wrong was printed. */
Status variant_read(Arena *arena, const char *text, Variant *variant);

#endif
