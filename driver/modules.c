/* See modules.h. A file is known by its absolute path, so one that is reached on two ways is read once. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "driver/modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/file.h"
#include "ir/base/fatal.h"

/* NULL: there is none; errno says why. */
static const char *identity_of(Modules *modules, const char *path) {
    char *resolved = realpath(path, NULL);
    if (resolved == NULL) {
        return NULL;
    }
    modules->reading = resolved;
    const char *kept = arena_copy_text(modules->arena, resolved, strlen(resolved));
    modules->reading = NULL;
    free(resolved);
    return kept;
}

static void add_file(Modules *modules, const char *identity, const SourceFile *file) {
    VEC_PUSH(modules->arena, &modules->files, (ModuleFile){identity, file});
}

void modules_add_root(Modules *modules, const SourceFile *file) {
    const char *identity = identity_of(modules, file->path);
    if (identity != NULL) {
        add_file(modules, identity, file);
    }
}

static const SourceFile *read_module(Modules *modules, const char *path, Text *why) {
    FileBytes bytes;
    switch (file_read(path, SOURCE_MAX_BYTES, &bytes)) {
    case FILE_FINE:
        break;
    case FILE_TOO_LARGE:
        text_printf(why, "%s (larger than %d MiB)\n", path, SOURCE_MAX_BYTES >> 20);
        return NULL;
    case FILE_NO_MEMORY:
        fatal_memory();
    case FILE_FAILED:
        text_printf(why, "%s (%s)\n", path, strerror(errno));
        return NULL;
    }
    modules->reading = bytes.data;
    const char *text = arena_copy_text(modules->arena, bytes.data, bytes.size);
    modules->reading = NULL;
    free(bytes.data);
    const SourceFile *file = source_add(modules->sources, path, text, bytes.size);
    if (file == NULL) {
        text_printf(why, "%s (all files together are too large)\n", path);
    }
    return file;
}

/* Whether there is a file of that name; then it is in *file, or NULL where it cannot be read. */
static bool try_file(Modules *modules, const char *path, const SourceFile **file, Text *why) {
    const char *identity = identity_of(modules, path);
    *file = NULL;
    if (identity == NULL) {
        bool none = errno == ENOENT || errno == ENOTDIR;
        text_printf(why, none ? "%s\n" : "%s (%s)\n", path, strerror(errno));
        return !none;
    }
    for (uint32_t i = 0; i < modules->files.count; i++) {
        if (strcmp(modules->files.items[i].identity, identity) == 0) {
            *file = modules->files.items[i].file;
            return true;
        }
    }
    *file = read_module(modules, path, why);
    if (*file != NULL) {
        add_file(modules, identity, *file);
    }
    return true;
}

const SourceFile *modules_load(void *data, const SourceFile *importer, const char *path,
                               Text *why) {
    Modules *modules = data;
    const char *slash = strrchr(importer->path, '/');
    int length = slash != NULL ? (int)(slash - importer->path) + 1 : 0;
    const SourceFile *file;
    const char *beside = arena_printf(modules->arena, "%.*s%s.vt", length, importer->path, path);
    if (try_file(modules, beside, &file, why)) {
        return file;
    }
    for (uint32_t i = 0; i < modules->folder_count; i++) {
        const char *folder = modules->folders[i];
        bool ends = folder[strlen(folder) - 1] == '/';
        const char *there =
            arena_printf(modules->arena, "%s%s%s.vt", folder, ends ? "" : "/", path);
        if (try_file(modules, there, &file, why)) {
            return file;
        }
    }
    return NULL;
}
