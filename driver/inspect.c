/* `vittec-gpu inspect`: what a compiled file holds. */
#include <stdlib.h>
#include <string.h>

#include "backend-spirv/spirv.h"
#include "driver/bundle_print.h"
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

static Status describe_bundle(Arena *arena, const char *path, const FileBytes *bytes, bool json) {
    Text out = {.arena = arena};
    VgpuView view;
    const char *wrong = vgpu_view_open(&view, bytes->data, bytes->size);
    wrong = wrong == NULL ? bundle_check(arena, &view) : wrong;
    if (wrong != NULL) {
        return fail(STATUS_SOURCE, "`%s` is no valid bundle: %s", path, wrong);
    }
    (json ? bundle_print_json : bundle_print_text)(&out, &view);
    return print_text(&out);
}

Status command_inspect(const Options *options) {
    if (options->operands.count != 1) {
        return fail(STATUS_USAGE, "`inspect` takes one FILE.vgpu or FILE.spv, found %u",
                    options->operands.count);
    }
    const char *path = options->operands.items[0];
    bool is_bundle = strcmp(path_ending(path), ".vgpu") == 0;
    if (!is_bundle && strcmp(path_ending(path), ".spv") != 0 && strcmp(path, "-") != 0) {
        return fail(STATUS_USAGE, "`inspect` reads .vgpu and .spv files, not `%s`", path);
    }
    if (options->json && !is_bundle) {
        return fail(STATUS_USAGE, "--json goes with a bundle");
    }
    FileBytes bytes;
    Status status = read_or_fail(path, INSPECT_MAX_BYTES, &bytes);
    if (status != STATUS_FINE) {
        return status;
    }
    Arena arena = {0};
    status = is_bundle ? describe_bundle(&arena, path, &bytes, options->json)
                       : describe(&arena, file_name(path), &bytes);
    arena_release(&arena);
    free(bytes.data);
    return status;
}
