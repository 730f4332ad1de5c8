/* See targets.h. */
#include "driver/targets.h"

#include <string.h>

#include "backend-msl/msl.h"
#include "backend-opencl/opencl.h"
#include "backend-spirv/opencl_spirv.h"
#include "backend-spirv/spirv.h"

const Target targets[] = {
#define TARGET(name, alias, ending, writer, version, what)                                         \
    {name, alias, ending, WRITER_##writer, version, what},
#include "driver/targets.def"
#undef TARGET
    {NULL, NULL, NULL, WRITER_LATER, 0, NULL},
};

const TargetFeature target_features[TARGET_FEATURE_COUNT] = {
#define FEATURE(ID, name, writer, what) [TARGET_##ID] = {name, what, WRITER_##writer},
#include "driver/target_features.def"
#undef FEATURE
};

const Target *target_named(const char *name) {
    for (const Target *target = targets; target->name != NULL; target++) {
        if (strcmp(target->name, name) == 0 ||
            (target->alias[0] != '\0' && strcmp(target->alias, name) == 0)) {
            return target;
        }
    }
    return NULL;
}

const char *path_ending(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? dot
                                      : ""; /* `.spv` alone is a hidden file without an ending */
}

/* The first row of an ending is its default. */
static const Target *first_with(const char *ending) {
    for (const Target *target = targets; target->name != NULL; target++) {
        if (strcmp(target->ending, ending) == 0) {
            return target;
        }
    }
    return NULL;
}

const Target *target_of_ending(const char *path) {
    return first_with(path_ending(path));
}

void targets_print(Text *out) {
    for (const Target *target = targets; target->name != NULL; target++) {
        text_printf(out, "%-12s %-9s %-8s %s%s\n", target->name, target->alias, target->ending,
                    target->what, target->writer == WRITER_LATER ? " (not built yet)" : "");
    }
    text_add(out,
             "\nWhat a target's devices have besides or lack, as in vulkan1.3+atomic-float:\n");
    for (int i = 0; i < TARGET_FEATURE_COUNT; i++) {
        text_printf(out, "+%-22s %s\n", target_features[i].name, target_features[i].what);
    }
}

void targets_list_built(Text *out) {
    const char *separator = "";
    for (const Target *target = targets; target->name != NULL; target++) {
        if (target->writer != WRITER_LATER) {
            text_printf(out, "%s%s", separator, target->name);
            separator = ", ";
        }
    }
}

void targets_list_endings(Text *out) {
    for (const Target *target = targets; target->name != NULL; target++) {
        if (target == first_with(target->ending)) {
            text_printf(out, "%s%s", target == targets ? "" : ", ", target->ending);
        }
    }
}
