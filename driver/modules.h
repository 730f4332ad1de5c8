/* Finding and reading the files that `use` names. */
#ifndef DRIVER_MODULES_H
#define DRIVER_MODULES_H

#include "frontend/frontend.h"

typedef struct {
    const char *identity; /* its absolute path without symbolic links */
    const SourceFile *file;
} ModuleFile;

typedef struct {
    Arena *arena;
    SourceMap *sources;
    const char *const *folders; /* -I, in order */
    uint32_t folder_count;
    VEC(ModuleFile) files;
    char *reading; /* malloc'ed: of the file at hand, if that is left in the middle */
} Modules;

/* The file that is compiled: it may be named by a `use`, too. */
void modules_add_root(Modules *modules, const SourceFile *file);

/* FrontendLoader.load: beside the importer first, then in the folders. `modules` is a Modules. */
const SourceFile *modules_load(void *modules, const SourceFile *importer, const char *path,
                               Text *why);

#endif
