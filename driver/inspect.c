/* `vittec-gpu inspect`: what a compiled file holds. */
#include <stdlib.h>
#include <string.h>

#include "backend-spirv/spirv.h"
#include "driver/commands.h"
#include "driver/file.h"
#include "driver/report.h"
#include "driver/targets.h"

enum { INSPECT_MAX_BYTES = 256 * 1024 * 1024 };

static Status describe(Arena *arena, const char *path, const FileBytes *bytes) {
    Text out = {.arena = arena}, why = {.arena = arena};
    if (bytes->size % sizeof(uint32_t) != 0) {
        return fail(STATUS_SOURCE, "`%s` is no SPIR-V: its %zu bytes are no whole words", path,
                    bytes->size);
    }
    if (!spirv_describe(&out, (const uint32_t *)(const void *)bytes->data,
                        bytes->size / sizeof(uint32_t), &why)) {
        return fail(STATUS_SOURCE, "`%s` is no valid SPIR-V: %s", path, text_get(&why));
    }
    return print_text(&out);
}

Status command_inspect(const Options *options) {
    if (options->operands.count != 1) {
        return fail(STATUS_USAGE, "`inspect` takes one FILE.spv, found %u",
                    options->operands.count);
    }
    const char *path = options->operands.items[0];
    if (strcmp(path_ending(path), ".vgpu") == 0) {
        return fail(STATUS_USAGE, "bundles (.vgpu) are not built yet; `inspect` reads .spv files");
    }
    if (strcmp(path_ending(path), ".spv") != 0 && strcmp(path, "-") != 0) {
        return fail(STATUS_USAGE, "`inspect` reads .spv files, not `%s`", path);
    }
    FileBytes bytes;
    FileStatus read = file_read(path, INSPECT_MAX_BYTES, &bytes);
    if (read == FILE_FAILED) {
        char *error = file_error("cannot read", path);
        fail(STATUS_FILE, "%s", error != NULL ? error : path);
        free(error);
        return STATUS_FILE;
    }
    if (read != FILE_FINE) {
        return fail(STATUS_FILE, "`%s` is too large to inspect", path);
    }
    Arena arena = {0};
    Status status = describe(&arena, file_name(path), &bytes);
    arena_release(&arena);
    free(bytes.data);
    return status;
}
