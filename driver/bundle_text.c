/* See bundle_print.h. */
#include <inttypes.h>
#include <string.h>

#include "driver/bundle_print.h"
#include "driver/scalars.h"
#include "runtime-min/vitte_gpu.h"

/* ---- words ---- */

static const char *word(const char *const *words, size_t count, uint32_t index) {
    return index < count && words[index] != NULL ? words[index] : "unknown";
}
#define WORD(words, index) word(words, sizeof(words) / sizeof *(words), index)

const char *bundle_format_name(uint32_t format) {
    static const char *const words[] = {
        [VGPU_CODE_SPIRV] = "spirv",
        [VGPU_CODE_OPENCL_C] = "opencl-c",
        [VGPU_CODE_SPIRV_OPENCL] = "spirv-opencl",
        [VGPU_CODE_WGSL] = "wgsl",
        [VGPU_CODE_MSL] = "msl",
    };
    return WORD(words, format);
}

const char *bundle_api_name(uint32_t format) {
    static const char *const words[] = {
        [VGPU_CODE_SPIRV] = "vulkan",        [VGPU_CODE_OPENCL_C] = "opencl",
        [VGPU_CODE_SPIRV_OPENCL] = "opencl", [VGPU_CODE_WGSL] = "webgpu",
        [VGPU_CODE_MSL] = "metal",
    };
    return WORD(words, format);
}

const char *bundle_block_name(uint32_t format, uint32_t block) {
    static const char *const words[] = {
        [VGPU_BLOCK_PUSH] = "push_constants",
        [VGPU_BLOCK_UNIFORM] = "uniform_buffer",
        [VGPU_BLOCK_STORAGE] = "storage_buffer",
    };
    bool is_opencl = format == VGPU_CODE_OPENCL_C || format == VGPU_CODE_SPIRV_OPENCL;
    return is_opencl ? "arguments" : WORD(words, block);
}

const char *bundle_access_name(uint32_t access) {
    static const char *const words[] = {"none", "read", "write", "read_write"};
    return WORD(words, access);
}

const char *bundle_type_kind_name(uint32_t kind) {
    static const char *const words[] = {NULL,    "scalar", "vector", "matrix",
                                        "array", "form",   "atomic"};
    return WORD(words, kind);
}

const char *bundle_encoding_name(uint32_t encoding) {
    static const char *const words[] = {[VGPU_RAW] = "raw", [VGPU_ZSTD] = "zstd"};
    return WORD(words, encoding);
}

/* ---- all hashes ---- */

const char *bundle_check(Arena *arena, const VgpuView *view) {
    VgpuTable sources;
    const char *wrong = vgpu_view_info(view, &sources);
    for (uint32_t i = 0; i < vgpu_view_section_count(view) && wrong == NULL; i++) {
        const unsigned char *row;
        VgpuBlock section = vgpu_view_section(view, i, &row);
        if (vgpu_hash(section.bytes, section.size) != vgpu_u64(row + VGPU_SECTION_HASH)) {
            wrong = "a section is damaged: the hash is wrong";
        }
    }
    for (uint32_t i = 0; i < view->kernel_count; i++) {
        VgpuKernel kernel;
        VgpuBlock code;
        const char *bad = vgpu_view_kernel(view, i, &kernel);
        for (uint32_t t = 0; bad == NULL && t < kernel.targets.count; t++) {
            bad = vgpu_view_blob(view, &kernel, t, &code);
        }
        if (bad != NULL) { /* which says more than that its section is */
            return arena_printf(arena, "`%s`: %s", vgpu_entry_name(view, i), bad);
        }
    }
    return wrong;
}

/* ---- lines ---- */

typedef struct {
    Text *out;
    const VgpuView *view;
    const VgpuKernel *kernel;
} Printer;

static const char *field(const Printer *p, const VgpuTable *table, uint32_t index, int at) {
    return vgpu_text(p->kernel->record, vgpu_row(table, index) + at);
}

/* Each line of a doc comment. */
static void print_doc(const Printer *p, const char *indent, const char *doc) {
    while (doc[0] != '\0') {
        size_t length = strcspn(doc, "\n");
        text_printf(p->out, "%s/// %.*s\n", indent, (int)length, doc);
        doc += length + (doc[length] == '\n');
    }
}

static void print_params(const Printer *p) {
    const VgpuTable *params = &p->kernel->params, *types = &p->kernel->types;
    for (uint32_t i = 0; i < params->count; i++) {
        uint32_t type = vgpu_get(params, i, VGPU_PARAM_TYPE);
        uint32_t size = vgpu_get(params, i, VGPU_PARAM_SIZE);
        const char *name = field(p, params, i, VGPU_PARAM_NAME);
        const char *of = field(p, types, type, VGPU_TYPE_NAME);
        print_doc(p, "    ", field(p, params, i, VGPU_PARAM_DOC));
        if (vgpu_get(params, i, VGPU_PARAM_KIND) == VGPU_BUFFER) {
            text_printf(p->out, "    %s: Buffer<%s>, %s, %u bytes an element\n", name, of,
                        bundle_access_name(vgpu_get(params, i, VGPU_PARAM_ACCESS)), size);
        } else {
            text_printf(p->out, "    %s: %s, %u bytes at %u of the values\n", name, of, size,
                        vgpu_get(params, i, VGPU_PARAM_OFFSET));
        }
    }
}

static void print_forms(const Printer *p) {
    const VgpuTable *types = &p->kernel->types, *fields = &p->kernel->fields;
    for (uint32_t i = 0; i < types->count; i++) {
        if (vgpu_get(types, i, VGPU_TYPE_KIND) != VGPU_TYPE_IS_FORM) {
            continue;
        }
        print_doc(p, "    ", field(p, types, i, VGPU_TYPE_DOC));
        text_printf(p->out, "    form %s, %u bytes, align %u\n", field(p, types, i, VGPU_TYPE_NAME),
                    vgpu_get(types, i, VGPU_TYPE_SIZE), vgpu_get(types, i, VGPU_TYPE_ALIGN));
        uint32_t first = vgpu_get(types, i, VGPU_TYPE_FIELD);
        for (uint32_t k = first; k < first + vgpu_get(types, i, VGPU_TYPE_COUNT); k++) {
            uint32_t type = vgpu_get(fields, k, VGPU_FIELD_TYPE);
            print_doc(p, "        ", field(p, fields, k, VGPU_FIELD_DOC));
            text_printf(p->out, "        %u: %s: %s\n", vgpu_get(fields, k, VGPU_FIELD_OFFSET),
                        field(p, fields, k, VGPU_FIELD_NAME),
                        field(p, types, type, VGPU_TYPE_NAME));
        }
    }
}

static void print_specs(const Printer *p) {
    const VgpuTable *specs = &p->kernel->specs, *shared = &p->kernel->shared;
    for (uint32_t i = 0; i < specs->count; i++) {
        IrScalar scalar = (IrScalar)(vgpu_get(specs, i, VGPU_SPEC_SCALAR) - 1);
        uint64_t bits = vgpu_get64(specs, i, VGPU_SPEC_VALUE);
        unsigned width = ir_scalars[scalar].bits;
        print_doc(p, "    ", field(p, specs, i, VGPU_SPEC_DOC));
        text_printf(p->out, "    #[spec(%u)] const %s: %s = ", vgpu_get(specs, i, VGPU_SPEC_ID),
                    field(p, specs, i, VGPU_SPEC_NAME), ir_scalars[scalar].text);
        if (scalar == IR_BOOL) {
            text_add(p->out, bits != 0 ? "true" : "false");
        } else {
            scalar_print(p->out, scalar, width < 64 ? bits & ((UINT64_C(1) << width) - 1) : bits);
        }
        text_char(p->out, '\n');
    }
    for (uint32_t i = 0; i < shared->count; i++) {
        uint32_t spec = vgpu_get(shared, i, VGPU_SHARED_SPEC);
        text_printf(p->out, "    shared %s: %" PRIu64 " bytes",
                    field(p, shared, i, VGPU_SHARED_NAME),
                    vgpu_get64(shared, i, VGPU_SHARED_ELEMENT));
        if (spec != 0) {
            text_printf(p->out, " for each of %s", field(p, specs, spec - 1, VGPU_SPEC_NAME));
        }
        text_char(p->out, '\n');
    }
}

static void print_features(const Printer *p, uint64_t features) {
    const char *before = "; needs ";
    for (unsigned i = 0; i < 64; i++) {
        if ((features >> i & 1) != 0) {
            const char *name = vtg_feature_name((VtgFeature)i);
            text_printf(p->out, "%s%s", before,
                        name != NULL ? name : arena_printf(p->out->arena, "feature %u", i));
            before = ", ";
        }
    }
}

static void print_fixed(const Printer *p, uint32_t fixed) {
    const char *before = "; fixed: ";
    for (uint32_t i = 0; i < p->kernel->specs.count; i++) {
        if ((fixed >> (i < 31 ? i : 31) & 1) != 0) {
            text_printf(p->out, "%s%s", before, field(p, &p->kernel->specs, i, VGPU_SPEC_NAME));
            before = ", ";
        }
    }
}

static void print_targets(const Printer *p) {
    const VgpuTable *targets = &p->kernel->targets;
    for (uint32_t i = 0; i < targets->count; i++) {
        uint32_t format = vgpu_get(targets, i, VGPU_TARGET_FORMAT);
        uint32_t version = vgpu_get(targets, i, VGPU_TARGET_API);
        uint32_t block = vgpu_get(targets, i, VGPU_TARGET_BLOCK_SIZE);
        uint64_t size = vgpu_get64(targets, i, VGPU_TARGET_SIZE);
        text_printf(p->out, "    %s: %s `%s`, %" PRIu64 " bytes",
                    field(p, targets, i, VGPU_TARGET_NAME), bundle_format_name(format),
                    field(p, targets, i, VGPU_TARGET_ENTRY), size);
        if (vgpu_get(targets, i, VGPU_TARGET_ENCODING) != VGPU_RAW) {
            text_printf(p->out, " (%s: %" PRIu64 ")",
                        bundle_encoding_name(vgpu_get(targets, i, VGPU_TARGET_ENCODING)),
                        vgpu_get64(targets, i, VGPU_TARGET_STORED));
        }
        text_printf(p->out, ", hash %016" PRIx64, vgpu_get64(targets, i, VGPU_TARGET_HASH));
        if (version != 0) {
            text_printf(p->out, "; for %s %u.%u", bundle_api_name(format), version >> 16,
                        version & 0xffff);
        }
        if (block != 0) {
            text_printf(p->out, "; values: %u bytes of %s", block,
                        bundle_block_name(format, vgpu_get(targets, i, VGPU_TARGET_BLOCK)));
        }
        print_features(p, vgpu_get64(targets, i, VGPU_TARGET_FEATURES));
        print_fixed(p, vgpu_get(targets, i, VGPU_TARGET_FIXED));
        text_char(p->out, '\n');
    }
}

static void print_kernel(Printer *p, uint32_t index, const VgpuTable *sources) {
    VgpuKernel kernel;
    vgpu_view_kernel(p->view, index, &kernel);
    p->kernel = &kernel;
    uint32_t source = vgpu_head(&kernel, VGPU_KERNEL_SOURCE);
    uint32_t subgroup = vgpu_head(&kernel, VGPU_KERNEL_SUBGROUP_SIZE);
    const char *variant = vgpu_entry_variant(p->view, index);
    text_char(p->out, '\n');
    print_doc(p, "", vgpu_text(kernel.record, kernel.record.bytes + VGPU_KERNEL_DOC));
    text_printf(p->out, "kernel %s", vgpu_entry_name(p->view, index));
    if (variant[0] != '\0') {
        text_printf(p->out, " with %s", variant);
    }
    text_printf(p->out, ", workgroup %u x %u x %u", vgpu_head(&kernel, VGPU_KERNEL_WORKGROUP),
                vgpu_head(&kernel, VGPU_KERNEL_WORKGROUP + 4),
                vgpu_head(&kernel, VGPU_KERNEL_WORKGROUP + 8));
    if (subgroup != 0) {
        text_printf(p->out, ", subgroups of %u", subgroup);
    }
    text_printf(p->out, ", %" PRIu64 " bytes shared",
                (uint64_t)vgpu_u64(kernel.record.bytes + VGPU_KERNEL_SHARED_BYTES));
    if (source < sources->count) {
        text_printf(p->out, ", from %s",
                    vgpu_text(p->view->info, vgpu_row(sources, source) + VGPU_SOURCE_NAME));
    }
    text_printf(p->out, ", hash %016" PRIx64 "\n",
                (uint64_t)vgpu_hash(kernel.record.bytes, kernel.record.size));
    print_params(p);
    print_forms(p);
    print_specs(p);
    print_targets(p);
}

void bundle_section_name(char name[5], const unsigned char *row) {
    for (int k = 0; k < 4; k++) {
        name[k] = row[k] > ' ' && row[k] < 0x7F ? (char)row[k] : '?';
    }
    name[4] = '\0';
}

void bundle_print_text(Text *out, const VgpuView *view) {
    VgpuTable sources;
    vgpu_view_info(view, &sources);
    Printer printer = {.out = out, .view = view};
    text_printf(out, "bundle, format %u.%u, %" PRIu64 " bytes, %u kernel%s, by %s with %s\n",
                view->major, view->minor, view->file.size, view->kernel_count,
                view->kernel_count == 1 ? "" : "s",
                vgpu_text(view->info, view->info.bytes + VGPU_INFO_COMPILER),
                vgpu_text(view->info, view->info.bytes + VGPU_INFO_OPTIONS));
    for (uint32_t i = 0; i < sources.count; i++) {
        text_printf(out, "source %s, %" PRIu64 " bytes, hash %016" PRIx64 "\n",
                    vgpu_text(view->info, vgpu_row(&sources, i) + VGPU_SOURCE_NAME),
                    vgpu_get64(&sources, i, VGPU_SOURCE_SIZE),
                    vgpu_get64(&sources, i, VGPU_SOURCE_HASH));
    }
    for (uint32_t i = 0; i < vgpu_view_section_count(view); i++) {
        const unsigned char *row;
        VgpuBlock section = vgpu_view_section(view, i, &row);
        char name[5];
        bundle_section_name(name, row);
        text_printf(out, "section %s, %" PRIu64 " bytes, hash %016" PRIx64 "\n", name, section.size,
                    (uint64_t)vgpu_u64(row + VGPU_SECTION_HASH));
    }
    for (uint32_t i = 0; i < view->kernel_count; i++) {
        print_kernel(&printer, i, &sources);
    }
}
