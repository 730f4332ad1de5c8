/* rt_bundle.h: what bundle.c and bundle_kernel.c share. */
#ifndef VITTE_RT_BUNDLE_H
#define VITTE_RT_BUNDLE_H

#include "rt.h"
#include "vgpu_view.h"

/* Never changes once it is open. */
struct VtgBundle {
    VtgInstance *instance;
    char *name;   /* its path, for messages */
    void *mapped; /* NULL: the bytes are the caller's */
    size_t size;  /* of what is mapped */
    VgpuView view;
};

/* Logs what is wrong with its bytes (`kernel` NULL: with the whole), gives VTG_ERROR_BAD_BUNDLE. */
VtgStatus rt_bundle_bad(const VtgBundle *bundle, const char *kernel, const char *wrong);

#endif
