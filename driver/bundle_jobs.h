/* The compilations that a bundle is made of: one for each file, variant and target, on several threads. Each fills its own
 * job; what they say is kept, so that it is told in the same order however many run at a time. */
#ifndef DRIVER_BUNDLE_JOBS_H
#define DRIVER_BUNDLE_JOBS_H

#include "driver/bundle_parts.h"
#include "driver/bundle_write.h"
#include "driver/options.h"

typedef struct {
    const Target *target;
    const char *name; /* with its features: "wgsl+no-subgroups" */
    bool required;
    bool quiet;             /* nothing is said of what it cannot express */
    SessionOptions session; /* for it */
} BundleTarget;

typedef struct {
    const BundleKernel *about;
    BundleCode *code; /* NULL: the target cannot express it */
} BundleJobKernel;

typedef struct {
    const Options *options;
    const BundleTarget *target;
    const char *path;
    uint32_t file;                 /* its number */
    const FrontendDefine *defines; /* what the file has of the variant's values */

    Status status;
    Arena arena;                  /* of what follows */
    VEC(BundleJobKernel) kernels; /* in order of the source */
    BundleSource source;
    OptionList used; /* the paths of the file and those that it uses */
    char *said,
        *told; /* malloc'ed: what there is to print on standard error, of the source and of the target */
} BundleJob;

void bundle_jobs_run(BundleJob *jobs, uint32_t count, unsigned threads);
void bundle_job_free(BundleJob *job);

#endif
