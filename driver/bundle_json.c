/* See bundle_print.h. Members are always there and always in this order; null stands for what a kernel has not. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "driver/bundle_print.h"
#include "driver/scalars.h"
#include "runtime-min/vitte_gpu.h"

typedef struct {
    Text *out;
    const VgpuView *view;
    const VgpuTable *sources;
    const VgpuKernel *kernel; /* the one at hand */
    int depth;
    bool is_first; /* in the object or list at hand */
} Json;

/* ---- JSON ---- */

static void next(Json *j) {
    text_add(j->out, j->is_first ? "\n" : ",\n");
    for (int i = 0; i < j->depth; i++) {
        text_add(j->out, "  ");
    }
    j->is_first = false;
}

static void key(Json *j, const char *name) {
    next(j);
    text_printf(j->out, "\"%s\": ", name);
}

static void open_item(Json *j, char bracket) {
    text_char(j->out, bracket);
    j->depth++;
    j->is_first = true;
}

static void close_item(Json *j, char bracket) {
    bool was_empty = j->is_first;
    j->depth--;
    j->is_first = true;
    if (!was_empty) {
        next(j);
    }
    text_char(j->out, bracket);
    j->is_first = false;
}

static void add_string(Json *j, const char *text) {
    text_quoted(j->out, text, strlen(text));
}

static void string(Json *j, const char *name, const char *text) {
    key(j, name);
    add_string(j, text);
}

/* null for none. */
static void optional(Json *j, const char *name, const char *text) {
    key(j, name);
    if (text[0] == '\0') {
        text_add(j->out, "null");
    } else {
        add_string(j, text);
    }
}

static void number(Json *j, const char *name, uint64_t value) {
    key(j, name);
    text_printf(j->out, "%" PRIu64, value);
}

static void hash(Json *j, const char *name, uint64_t value) {
    key(j, name);
    text_printf(j->out, "\"%016" PRIx64 "\"", value);
}

static void nothing(Json *j, const char *name) {
    key(j, name);
    text_add(j->out, "null");
}

static const char *field(const Json *j, const VgpuTable *table, uint32_t index, int at) {
    return vgpu_text(j->kernel->record, vgpu_row(table, index) + at);
}

/* ---- what a kernel is ---- */

/* The name of the constant that a field holds 1 + the index of. */
static void spec_name(Json *j, uint32_t spec) {
    if (spec == 0) {
        text_add(j->out, "null");
    } else {
        add_string(j, field(j, &j->kernel->specs, spec - 1, VGPU_SPEC_NAME));
    }
}

static void print_workgroup(Json *j) {
    key(j, "workgroup");
    open_item(j, '{');
    key(j, "size");
    text_printf(j->out, "[%u, %u, %u]", vgpu_head(j->kernel, VGPU_KERNEL_WORKGROUP),
                vgpu_head(j->kernel, VGPU_KERNEL_WORKGROUP + 4),
                vgpu_head(j->kernel, VGPU_KERNEL_WORKGROUP + 8));
    key(j, "spec_constants");
    text_char(j->out, '[');
    for (int axis = 0; axis < 3; axis++) {
        text_add(j->out, axis > 0 ? ", " : "");
        spec_name(j, vgpu_head(j->kernel, VGPU_KERNEL_WORKGROUP_SPEC + 4 * axis));
    }
    text_char(j->out, ']');
    close_item(j, '}');
}

static void print_type_of(Json *j, uint32_t type) {
    string(j, "type", field(j, &j->kernel->types, type, VGPU_TYPE_NAME));
    number(j, "type_index", type);
}

static void print_params(Json *j) {
    const VgpuTable *params = &j->kernel->params;
    key(j, "parameters");
    open_item(j, '[');
    for (uint32_t i = 0; i < params->count; i++) {
        bool is_buffer = vgpu_get(params, i, VGPU_PARAM_KIND) == VGPU_BUFFER;
        next(j);
        open_item(j, '{');
        string(j, "name", field(j, params, i, VGPU_PARAM_NAME));
        string(j, "kind", is_buffer ? "buffer" : "value");
        print_type_of(j, vgpu_get(params, i, VGPU_PARAM_TYPE));
        if (is_buffer) {
            string(j, "access", bundle_access_name(vgpu_get(params, i, VGPU_PARAM_ACCESS)));
            number(j, "binding", vgpu_get(params, i, VGPU_PARAM_BINDING));
            number(j, "stride", vgpu_get(params, i, VGPU_PARAM_SIZE));
        } else {
            number(j, "offset", vgpu_get(params, i, VGPU_PARAM_OFFSET));
            number(j, "size", vgpu_get(params, i, VGPU_PARAM_SIZE));
        }
        number(j, "align", vgpu_get(params, i, VGPU_PARAM_ALIGN));
        optional(j, "doc", field(j, params, i, VGPU_PARAM_DOC));
        close_item(j, '}');
    }
    close_item(j, ']');
}

static void print_fields(Json *j, uint32_t first, uint32_t count) {
    const VgpuTable *fields = &j->kernel->fields;
    key(j, "fields");
    open_item(j, '[');
    for (uint32_t i = first; i < first + count; i++) {
        next(j);
        open_item(j, '{');
        string(j, "name", field(j, fields, i, VGPU_FIELD_NAME));
        print_type_of(j, vgpu_get(fields, i, VGPU_FIELD_TYPE));
        number(j, "offset", vgpu_get(fields, i, VGPU_FIELD_OFFSET));
        optional(j, "doc", field(j, fields, i, VGPU_FIELD_DOC));
        close_item(j, '}');
    }
    close_item(j, ']');
}

static const char *scalar_name(uint32_t scalar) {
    return ir_scalars[scalar - 1].text;
}

static void print_types(Json *j) {
    const VgpuTable *types = &j->kernel->types;
    key(j, "types");
    open_item(j, '[');
    for (uint32_t i = 0; i < types->count; i++) {
        uint32_t kind = vgpu_get(types, i, VGPU_TYPE_KIND);
        uint32_t count = vgpu_get(types, i, VGPU_TYPE_COUNT);
        next(j);
        open_item(j, '{');
        string(j, "name", field(j, types, i, VGPU_TYPE_NAME));
        string(j, "kind", bundle_type_kind_name(kind));
        if (kind == VGPU_TYPE_IS_MATRIX || kind == VGPU_TYPE_IS_ARRAY) {
            number(j, "element_index", vgpu_get(types, i, VGPU_TYPE_ELEMENT));
        } else if (kind != VGPU_TYPE_IS_FORM) {
            string(j, "scalar", scalar_name(vgpu_get(types, i, VGPU_TYPE_SCALAR)));
        }
        number(j, "count", count);
        number(j, "size", vgpu_get(types, i, VGPU_TYPE_SIZE));
        number(j, "align", vgpu_get(types, i, VGPU_TYPE_ALIGN));
        number(j, "stride", vgpu_get(types, i, VGPU_TYPE_STRIDE));
        if (kind == VGPU_TYPE_IS_FORM) {
            print_fields(j, vgpu_get(types, i, VGPU_TYPE_FIELD), count);
            optional(j, "doc", field(j, types, i, VGPU_TYPE_DOC));
        }
        close_item(j, '}');
    }
    close_item(j, ']');
}

/* A number as JSON has them; infinities and NaN, which it has not, as texts. */
static void print_value(Json *j, uint32_t scalar, uint64_t bits) {
    IrScalar type = (IrScalar)(scalar - 1);
    if (type == IR_BOOL) {
        text_add(j->out, bits != 0 ? "true" : "false");
        return;
    }
    unsigned width = ir_scalars[type].bits;
    Text digits = {.arena = j->out->arena};
    scalar_print(&digits, type, width < 64 ? bits & ((UINT64_C(1) << width) - 1) : bits);
    const char *text = text_get(&digits);
    bool is_number = text[strcspn(text, "nN")] == '\0'; /* nan, inf */
    text_printf(j->out, is_number ? "%s" : "\"%s\"", text);
}

static void print_specs(Json *j) {
    const VgpuTable *specs = &j->kernel->specs;
    key(j, "spec_constants");
    open_item(j, '[');
    for (uint32_t i = 0; i < specs->count; i++) {
        uint32_t scalar = vgpu_get(specs, i, VGPU_SPEC_SCALAR);
        next(j);
        open_item(j, '{');
        string(j, "name", field(j, specs, i, VGPU_SPEC_NAME));
        number(j, "id", vgpu_get(specs, i, VGPU_SPEC_ID));
        string(j, "type", scalar_name(scalar));
        number(j, "size", vgpu_get(specs, i, VGPU_SPEC_SIZE));
        key(j, "default");
        print_value(j, scalar, vgpu_get64(specs, i, VGPU_SPEC_VALUE));
        optional(j, "doc", field(j, specs, i, VGPU_SPEC_DOC));
        close_item(j, '}');
    }
    close_item(j, ']');
}

static void print_shared(Json *j) {
    const VgpuTable *shared = &j->kernel->shared;
    number(j, "shared_bytes", vgpu_u64(j->kernel->record.bytes + VGPU_KERNEL_SHARED_BYTES));
    key(j, "shared");
    open_item(j, '[');
    for (uint32_t i = 0; i < shared->count; i++) {
        next(j);
        open_item(j, '{');
        optional(j, "name", field(j, shared, i, VGPU_SHARED_NAME));
        number(j, "align", vgpu_get(shared, i, VGPU_SHARED_ALIGN));
        number(j, "element_bytes", vgpu_get64(shared, i, VGPU_SHARED_ELEMENT));
        number(j, "count", vgpu_get64(shared, i, VGPU_SHARED_COUNT));
        key(j, "count_spec_constant");
        spec_name(j, vgpu_get(shared, i, VGPU_SHARED_SPEC));
        close_item(j, '}');
    }
    close_item(j, ']');
}

/* ---- its code ---- */

static void print_features(Json *j, uint64_t features) {
    key(j, "features");
    open_item(j, '[');
    for (unsigned i = 0; i < 64; i++) {
        if ((features >> i & 1) != 0) {
            const char *name = vtg_feature_name((VtgFeature)i);
            next(j);
            add_string(j, name != NULL ? name : arena_printf(j->out->arena, "feature %u", i));
        }
    }
    close_item(j, ']');
}

/* The constants that have their defaults in the code. */
static void print_fixed(Json *j, uint32_t fixed) {
    key(j, "fixed_constants");
    text_char(j->out, '[');
    const char *before = "";
    for (uint32_t i = 0; i < j->kernel->specs.count; i++) {
        if ((fixed >> (i < 31 ? i : 31) & 1) != 0) {
            text_add(j->out, before);
            spec_name(j, i + 1);
            before = ", ";
        }
    }
    text_char(j->out, ']');
}

static void print_bindings(Json *j, uint32_t target) {
    VgpuTable bindings = vgpu_target_bindings(j->kernel, target);
    key(j, "bindings");
    open_item(j, '[');
    for (uint32_t i = 0; i < bindings.count; i++) {
        uint32_t kind = vgpu_get(&bindings, i, VGPU_BINDING_KIND);
        uint32_t param = vgpu_get(&bindings, i, VGPU_BINDING_PARAM);
        next(j);
        open_item(j, '{');
        string(j, "kind", kind == VGPU_BUFFER ? "buffer" : kind == VGPU_VALUE ? "value" : "length");
        string(j, "parameter", field(j, &j->kernel->params, param, VGPU_PARAM_NAME));
        number(j, "number", vgpu_get(&bindings, i, VGPU_BINDING_NUMBER));
        if (kind == VGPU_BUFFER) {
            string(j, "access", bundle_access_name(vgpu_get(&bindings, i, VGPU_BINDING_ACCESS)));
            number(j, "stride", vgpu_get(&bindings, i, VGPU_BINDING_STRIDE));
        } else {
            number(j, "offset", vgpu_get(&bindings, i, VGPU_BINDING_OFFSET));
            number(j, "size", vgpu_get(&bindings, i, VGPU_BINDING_SIZE));
        }
        close_item(j, '}');
    }
    close_item(j, ']');
}

static void print_block(Json *j, const VgpuTable *targets, uint32_t i) {
    uint32_t format = vgpu_get(targets, i, VGPU_TARGET_FORMAT);
    uint32_t block = vgpu_get(targets, i, VGPU_TARGET_BLOCK);
    uint32_t size = vgpu_get(targets, i, VGPU_TARGET_BLOCK_SIZE);
    if (size == 0) {
        nothing(j, "value_block");
        return;
    }
    key(j, "value_block");
    open_item(j, '{');
    string(j, "kind", bundle_block_name(format, block));
    number(j, "size", size);
    if (block == VGPU_BLOCK_PUSH) {
        nothing(j, "binding");
    } else {
        number(j, "binding", vgpu_get(targets, i, VGPU_TARGET_BLOCK_BINDING));
    }
    close_item(j, '}');
}

static void print_target(Json *j, uint32_t i) {
    const VgpuTable *targets = &j->kernel->targets;
    uint32_t format = vgpu_get(targets, i, VGPU_TARGET_FORMAT);
    uint32_t version = vgpu_get(targets, i, VGPU_TARGET_API);
    next(j);
    open_item(j, '{');
    string(j, "name", field(j, targets, i, VGPU_TARGET_NAME));
    string(j, "api", bundle_api_name(format));
    key(j, "api_version");
    text_printf(j->out, version != 0 ? "\"%u.%u\"" : "null", version >> 16, version & 0xffff);
    string(j, "format", bundle_format_name(format));
    string(j, "entry", field(j, targets, i, VGPU_TARGET_ENTRY));
    print_features(j, vgpu_get64(targets, i, VGPU_TARGET_FEATURES));
    print_block(j, targets, i);
    print_bindings(j, i);
    if (format == VGPU_CODE_MSL) {
        number(j, "buffer_sizes_binding", vgpu_get(targets, i, VGPU_TARGET_SIZES_BINDING));
    } else {
        nothing(j, "buffer_sizes_binding");
    }
    print_fixed(j, vgpu_get(targets, i, VGPU_TARGET_FIXED));
    string(j, "encoding", bundle_encoding_name(vgpu_get(targets, i, VGPU_TARGET_ENCODING)));
    number(j, "size", vgpu_get64(targets, i, VGPU_TARGET_SIZE));
    number(j, "stored_size", vgpu_get64(targets, i, VGPU_TARGET_STORED));
    hash(j, "hash", vgpu_get64(targets, i, VGPU_TARGET_HASH));
    close_item(j, '}');
}

/* ---- all of it ---- */

static void print_kernel(Json *j, uint32_t index) {
    VgpuKernel kernel;
    vgpu_view_kernel(j->view, index, &kernel);
    j->kernel = &kernel;
    uint32_t source = vgpu_head(&kernel, VGPU_KERNEL_SOURCE);
    uint32_t subgroup = vgpu_head(&kernel, VGPU_KERNEL_SUBGROUP_SIZE);
    next(j);
    open_item(j, '{');
    string(j, "name", vgpu_entry_name(j->view, index));
    string(j, "variant", vgpu_entry_variant(j->view, index));
    optional(j, "doc", vgpu_text(kernel.record, kernel.record.bytes + VGPU_KERNEL_DOC));
    optional(j, "source",
             source < j->sources->count
                 ? vgpu_text(j->view->info, vgpu_row(j->sources, source) + VGPU_SOURCE_NAME)
                 : "");
    print_workgroup(j);
    key(j, "subgroup_size");
    text_printf(j->out, subgroup != 0 ? "%u" : "null", subgroup);
    print_shared(j);
    number(j, "values_size", vgpu_head(&kernel, VGPU_KERNEL_VALUES_BYTES));
    print_params(j);
    print_types(j);
    print_specs(j);
    key(j, "targets");
    open_item(j, '[');
    for (uint32_t t = 0; t < kernel.targets.count; t++) {
        print_target(j, t);
    }
    close_item(j, ']');
    hash(j, "hash", vgpu_hash(kernel.record.bytes, kernel.record.size));
    close_item(j, '}');
    j->kernel = NULL;
}

static void print_sources(Json *j) {
    key(j, "sources");
    open_item(j, '[');
    for (uint32_t i = 0; i < j->sources->count; i++) {
        next(j);
        open_item(j, '{');
        string(j, "name", vgpu_text(j->view->info, vgpu_row(j->sources, i) + VGPU_SOURCE_NAME));
        number(j, "size", vgpu_get64(j->sources, i, VGPU_SOURCE_SIZE));
        hash(j, "hash", vgpu_get64(j->sources, i, VGPU_SOURCE_HASH));
        close_item(j, '}');
    }
    close_item(j, ']');
}

static void print_sections(Json *j) {
    key(j, "sections");
    open_item(j, '[');
    for (uint32_t i = 0; i < vgpu_view_section_count(j->view); i++) {
        const unsigned char *row;
        VgpuBlock section = vgpu_view_section(j->view, i, &row);
        char name[5];
        bundle_section_name(name, row);
        next(j);
        open_item(j, '{');
        string(j, "tag", name);
        number(j, "size", section.size);
        hash(j, "hash", vgpu_u64(row + VGPU_SECTION_HASH));
        close_item(j, '}');
    }
    close_item(j, ']');
}

void bundle_print_json(Text *out, const VgpuView *view) {
    VgpuTable sources;
    vgpu_view_info(view, &sources);
    Json j = {.out = out, .view = view, .sources = &sources, .is_first = true};
    open_item(&j, '{');
    key(&j, "format");
    text_printf(out, "\"%u.%u\"", view->major, view->minor);
    string(&j, "compiler", vgpu_text(view->info, view->info.bytes + VGPU_INFO_COMPILER));
    string(&j, "options", vgpu_text(view->info, view->info.bytes + VGPU_INFO_OPTIONS));
    number(&j, "size", view->file.size);
    print_sources(&j);
    print_sections(&j);
    key(&j, "kernels");
    open_item(&j, '[');
    for (uint32_t i = 0; i < view->kernel_count; i++) {
        print_kernel(&j, i);
    }
    close_item(&j, ']');
    close_item(&j, '}');
    text_char(out, '\n');
}
