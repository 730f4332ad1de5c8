/* What `run` hands out when the kernel has run: --out, --print, --repeat. */
#ifndef DRIVER_RUN_OUTPUT_H
#define DRIVER_RUN_OUTPUT_H

#include "driver/device.h"
#include "driver/options.h"
#include "driver/run_kernel.h"
#include "driver/values.h"
#include "runtime-min/vgpu_view.h"

/* What a bundle is run from (run_bundle.h); `path` NULL: it is a source that runs. */
typedef struct {
    const char *path, *variant;
    VgpuView view;
    VtgBundle *opened;
} RunBundle;

/* One `vittec-gpu run`. */
typedef struct {
    const Options *options;
    Session session;
    Device device;
    RunBundle bundle;
    const ReflectKernel *kernel;
    Value *values; /* by parameter */
    RunJob job;
    const IrType **spec_types; /* of the module's specialization constants, as declared */
    const char *device_name;
    Status verdict; /* of what the kernel itself told: asserts, races */
} Run;

/* Those that the source has. */
static inline uint32_t run_param_count(const Run *run) {
    return run->kernel->param_count - (run->kernel->messages != NULL ? 1 : 0);
}

/* The parameter of a name; what is wrong was printed. */
Status run_find_param(Run *run, const char *name, size_t length, uint32_t *index);

Status run_check_outputs(Run *run); /* before the run: names, endings, numbers */
Status run_write_outputs(Run *run);

#endif
