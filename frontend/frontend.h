/* The front end as the driver sees it: from a source file to IR. */
#ifndef FRONTEND_FRONTEND_H
#define FRONTEND_FRONTEND_H

#include "frontend/ast.h"
#include "ir/ir.h"

typedef struct FrontendDefine {
    const char *name, *value; /* -D NAME=VALUE: a literal, perhaps negative; "true", "false" */
    struct FrontendDefine *next;
} FrontendDefine;

/* Reads what `use` names. The front end itself opens no file. */
typedef struct {
    /* The file `path` ("lib/noise") as `importer` means it; the same file is the same pointer, whoever names it and
     * how. NULL: there is none, and `why` got a line for each place where it was looked for. */
    const SourceFile *(*load)(void *data, const SourceFile *importer, const char *path, Text *why);
    void *data;
} FrontendLoader;

typedef struct {
    FrontendLoader loader; /* load NULL: every `use` is an error */
    const FrontendDefine *defines;
    const char *const *entries; /* --entry: only these kernels; NULL: all */
    unsigned entry_count;
    bool debug; /* `print` and `assert` are there; else they are checked alone */
} FrontendOptions;

/* Checks a parsed file (check.h) and lowers its kernels and procs to IR, not yet through any pass. What is
 * wrong is in `diags`; NULL if there was an error there. A file without kernels gives a module without. */
IrModule *frontend_lower(Arena *arena, Names *names, Diags *diags, AstModule *ast,
                         const FrontendOptions *options);

#endif
