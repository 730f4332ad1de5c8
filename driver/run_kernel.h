/* Runs one kernel once or several times, on a device or on the reference interpreter. For `run` and for tests. */
#ifndef DRIVER_RUN_KERNEL_H
#define DRIVER_RUN_KERNEL_H

#include "driver/device_code.h"
#include "ir/interp/interp.h"
#include "ir/reflect.h"
#include "runtime-min/vitte_gpu.h"

/* A buffer's elements, or a value, in host layout. */
typedef InterpArg RunArg;

typedef struct {
    const ReflectKernel *kernel;
    const RunArg *
        args; /* one for each parameter, in order; buffers that the kernel writes are changed in place */
    uint32_t grid[3];         /* invocations; rounded up to whole workgroups */
    IrSpecValues specs;       /* specialization constants that do not have their defaults */
    const char *profile_out;  /* NULL: none; only on devices */
    uint32_t repeat;          /* 0: once. Every run begins with the args as they were given */
    uint64_t *nanoseconds;    /* NULL, or room for the time of each run */
    IrMessages *messages;     /* what the kernel prints is added; of the last run */
    InterpFindings *findings; /* what the interpreter is to look for; NULL: nothing */
    InterpTally *tally;       /* NULL, or what the interpreter counts in all runs */
    bool host_clock;          /* set: those times are the host's, because the device has no clock */
} RunJob;

/* `module` is the one that the kernel is of, verified. `why`: what happened if not INTERP_OK. */
InterpStatus run_kernel_interp(const IrModule *module, RunJob *job, Text *why);

/* The instance's log hears why, if not VTG_OK. */
VtgStatus run_kernel_device(VtgDevice *device, const IrModule *module, const DeviceCode *code,
                            RunJob *job);

/* The same with a kernel that was made, which stays the caller's. */
VtgStatus run_kernel_made(VtgDevice *device, VtgKernel *kernel, RunJob *job);

/* How a kernel is given a constant of a type. */
VtgSpecKind run_spec_kind(const IrType *type);

#endif
