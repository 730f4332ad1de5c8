/* `vittec-gpu run FILE.vgpu`: what `run` knows of a kernel from its source, it has here from the bundle's reflection. */
#ifndef DRIVER_RUN_BUNDLE_H
#define DRIVER_RUN_BUNDLE_H

#include "driver/run_output.h"

/* Reads the file, lists the kernels of --variant in the session's module, opens the device. */
Status run_bundle_open(Run *run, const char *path);

/* The parameters and constants of the kernel that was chosen (run->kernel->kernel). */
Status run_bundle_reflect(Run *run);

/* Makes the kernel and runs the job. */
Status run_bundle_dispatch(Run *run);

void run_bundle_close(Run *run);

#endif
