/* Targets, by name and by the ending of the output file. The table is targets.def. */
#ifndef DRIVER_TARGETS_H
#define DRIVER_TARGETS_H

#include "ir/base/text.h"

typedef enum {
    WRITER_LATER,
    WRITER_SPIRV,
    WRITER_WGSL,
    WRITER_OPENCL,
    WRITER_OPENCL_SPIRV,
    WRITER_LLVM,
    WRITER_MSL,
    WRITER_BUNDLE,
    WRITER_HEADER,
    WRITER_REFLECT,
    WRITER_IR
} Writer;

typedef struct {
    const char *name, *alias, *ending;
    Writer writer;
    unsigned version; /* the back-end's own: SpirvTarget */
    const char *what;
} Target;
extern const Target targets[]; /* ends with a NULL name */

/* What devices of a target may have besides, as in `vulkan1.3+atomic-float`. */
typedef struct {
    const char *name, *what;
    Writer writer; /* of the targets that have it */
} TargetFeature;
typedef enum {
#define FEATURE(ID, name, writer, what) TARGET_##ID,
#include "driver/target_features.def"
#undef FEATURE
    TARGET_FEATURE_COUNT
} TargetFeatureId;
extern const TargetFeature target_features[TARGET_FEATURE_COUNT];

const Target *target_named(const char *name);     /* or by its alias; NULL: none */
const Target *target_of_ending(const char *path); /* NULL: no target has this ending */
const char *path_ending(const char *path);        /* ".spv"; "" when there is none */

void targets_print(Text *out);      /* --print-targets */
void targets_list_built(Text *out); /* "vulkan1.1, vulkan1.2, …" */
void targets_list_endings(Text *out);

#endif
