/* See header.h. A header without the bundle depends on the kernels' names, parameters and constants alone. */
#include "driver/header.h"

#include "driver/header_text.h"
#include "driver/header_types.h"
#include "driver/scalars.h"
#include "driver/targets.h"
#include "driver/version.h"
#include "ir/text/namer.h"

typedef struct {
    const HeaderInput *input;
    Arena *arena;
    Text *out;
    HeaderNames names;
    HeaderTypes types;
    const char *stem; /* "app_kernels" */
    bool has_variants;
} Header;

/* A specialization constant. */
typedef struct {
    const char *doc;
    const char *member,
        *number; /* in the struct of values, "BLOCK"; of the enumeration, "VTG_ADD_BLOCK" */
    uint32_t id;
    IrScalar scalar;
    uint64_t bits; /* its default */
} Spec;

typedef struct {
    const char *what, *doc, *member;
    HeaderType type; /* of a buffer's elements, or of the value */
    bool is_buffer;
} Param;

/* One kernel while it is printed. */
typedef struct {
    const char *name, *doc;              /* of the source */
    const char *type, *function, *macro; /* "VtgAdd", "vtg_add", "VTG_ADD" */
    Param *params;
    Spec *specs;
    uint32_t param_count, spec_count;
} Launch;

static const char *const kernel_patterns[] = {
    "Vtg%c",
    "Vtg%cArgs",
    "Vtg%cSpec",
    "Vtg%cSpecs",
    "vtg_%l",
    "vtg_%l_create",
    "vtg_%l_create_variant",
    "vtg_%l_destroy",
    "vtg_%l_record",
    "vtg_%l_record_indirect",
    "vtg_%l_args_",
    "VTG_%u_SPECS_INIT",
    NULL,
};
static const char head[] =
    "\n#include <math.h>\n#include <stdbool.h>\n#include <vitte_gpu_typed.h>\n\n"
    "#if VTG_TYPED_VERSION != 1\n"
    "#error \"this header and <vitte_gpu_typed.h> are of different versions\"\n#endif\n\n";
static const char *const stem_patterns[] = {
    "%l_open", "%l_open_file", "%l_bundle", "%u_H", "%u_BUNDLE_SIZE", NULL,
};

/* ---- the head ---- */

/* The last part of the output's path, without its ending: a name of C. */
static const char *stem_of(Header *h, const char *output) {
    const char *slash = strrchr(output, '/'), *file = slash != NULL ? slash + 1 : output;
    const char *stem =
        arena_printf(h->arena, "%.*s", (int)(strlen(file) - strlen(path_ending(file))), file);
    stem = strcmp(output, "-") == 0 ? "kernels" : header_spelling(h->arena, "%l", stem);
    if (stem[0] >= '0' && stem[0] <= '9') {
        stem = arena_printf(h->arena, "kernels_%s", stem);
    }
    return header_name(&h->names, stem, "kernels", stem_patterns);
}

static const char *of_stem(Header *h, const char *pattern) {
    return header_spelling(h->arena, pattern, h->stem);
}

static const char *print_head(Header *h) {
    VgpuTable sources;
    const VgpuView *view = &h->input->bundle;
    const char *wrong = vgpu_view_info(view, &sources);
    if (wrong != NULL) {
        return wrong;
    }
    Text title = {.arena = h->arena};
    text_add(&title, "The kernels of");
    for (uint32_t i = 0; i < sources.count; i++) {
        text_printf(&title, "%s %s", i == 0 ? "" : ",",
                    vgpu_text(view->info, vgpu_row(&sources, i) + VGPU_SOURCE_NAME));
    }
    text_add(&title, ", for C11 and C++17. Written by vittec-gpu " VITTEC_VERSION ": do not edit.");
    header_comment(h->out, 0, text_get(&title));
    text_printf(h->out, "#ifndef %s\n#define %s\n", of_stem(h, "%u_H"), of_stem(h, "%u_H"));
    text_add(h->out, head);
    return NULL;
}

/* ---- the bundle ---- */

static void print_open(Header *h, const char *function, const char *what, const char *parameter,
                       const char *path, const char *data, const char *size) {
    text_printf(h->out,
                "/* Opens the bundle of these kernels%s. Errors: as vtg_bundle_open(). */\n", what);
    text_printf(h->out,
                "static inline VtgStatus %s(VtgDevice *device%s, VtgBundle **bundle) {\n"
                "    return vtg_typed_open_(device, %s, %s, %s, bundle);\n}\n\n",
                of_stem(h, function), parameter, path, data, size);
}

static void print_bundle_functions(Header *h) {
    print_open(h, "%l_open_file", ", a file", ", const char *path", "path", "NULL", "0");
    if (h->input->embed) {
        const char *data = of_stem(h, "%l_bundle"), *size = of_stem(h, "%u_BUNDLE_SIZE");
        text_printf(
            h->out,
            "/* The bundle, at the end of this file. */\n#define %s %zu\n#ifdef "
            "__cplusplus\nextern \"C\" {\n#endif\n"
            "extern VTG_EMBEDDED const unsigned char %s[%s];\n#ifdef __cplusplus\n}\n#endif\n\n",
            size, (size_t)h->input->bundle.file.size, data, size);
        print_open(h, "%l_open", ", which is in this header", "", "NULL", data, size);
    }
}

static void print_bundle(Header *h) {
    const VgpuBlock *file = &h->input->bundle.file;
    text_printf(h->out, "const unsigned char %s[%s] = {", of_stem(h, "%l_bundle"),
                of_stem(h, "%u_BUNDLE_SIZE"));
    for (uint64_t i = 0; i < file->size; i++) {
        text_printf(h->out, "%s%u,", i % 24 == 0 ? "\n    " : "", file->bytes[i]);
    }
    text_add(h->out, "\n};\n\n");
}

/* ---- specialization constants ---- */

static const char *float_literal(Header *h, IrScalar scalar, uint64_t bits) {
    Text text = {.arena = h->arena};
    scalar_print(&text, scalar, bits);
    const char *digits = text_get(&text);
    if (strpbrk(digits, "ni") != NULL) { /* inf, nan */
        bool is_negative = digits[0] == '-';
        return arena_printf(h->arena, "%s(%s)%s", is_negative ? "-" : "",
                            scalar == IR_F32 ? "float" : "double",
                            strchr(digits, 'f') != NULL ? "INFINITY" : "NAN");
    }
    return arena_printf(h->arena, "%s%s%s", digits, strpbrk(digits, ".e") != NULL ? "" : ".0",
                        scalar == IR_F32 ? "f" : "");
}

static bool is_signed(IrScalar scalar) {
    return ir_scalars[scalar].class == IR_CLASS_INT;
}

static const char *spec_default(Header *h, const Spec *spec) {
    if (spec->scalar == IR_BOOL) {
        return spec->bits != 0 ? "true" : "false";
    }
    if (spec->scalar == IR_F16) {
        return arena_printf(h->arena, "{%uu}", (unsigned)spec->bits);
    }
    if (ir_scalars[spec->scalar].class == IR_CLASS_FLOAT) {
        return float_literal(h, spec->scalar, spec->bits);
    }
    Text text = {.arena = h->arena};
    scalar_print(&text, spec->scalar, spec->bits);
    const char *digits = text_get(&text);
    if (spec->scalar == IR_I32 && spec->bits == 0x80000000u) {
        return "INT32_MIN"; /* the literals of C have no sign */
    }
    if (spec->scalar == IR_I64) {
        return spec->bits == (uint64_t)1 << 63 ? "INT64_MIN"
                                               : arena_printf(h->arena, "INT64_C(%s)", digits);
    }
    return spec->scalar == IR_U64   ? arena_printf(h->arena, "UINT64_C(%s)", digits)
           : spec->scalar == IR_U32 ? arena_printf(h->arena, "%su", digits)
                                    : digits;
}

/* The bits of a value, as the runtime takes them. */
static const char *spec_bits(Header *h, const Spec *spec) {
    const char *format = spec->scalar == IR_BOOL   ? "specs->%s ? 1 : 0"
                         : spec->scalar == IR_F16  ? "specs->%s.bits"
                         : spec->scalar == IR_F32  ? "vtg_typed_f32_(specs->%s)"
                         : spec->scalar == IR_F64  ? "vtg_typed_f64_(specs->%s)"
                         : spec->scalar == IR_I64  ? "(uint64_t)specs->%s"
                         : is_signed(spec->scalar) ? "vtg_typed_i32_(specs->%s)"
                                                   : "specs->%s";
    const char *hole = strchr(format, '%');
    return arena_printf(h->arena, "%.*s%s%s", (int)(hole - format), format, spec->member, hole + 2);
}

static void print_specs(Header *h, const Launch *l) {
    if (l->spec_count == 0) {
        return;
    }
    text_printf(h->out,
                "/* The numbers of its specialization constants, and their values. */\n"
                "typedef enum %sSpec {\n",
                l->type);
    for (uint32_t i = 0; i < l->spec_count; i++) {
        text_printf(h->out, "    %s = %u,\n", l->specs[i].number, l->specs[i].id);
    }
    text_printf(h->out, "} %sSpec;\n\ntypedef struct %sSpecs {\n", l->type, l->type);
    for (uint32_t i = 0; i < l->spec_count; i++) {
        header_comment(h->out, 1, l->specs[i].doc);
        text_printf(h->out, "    %s %s;\n", header_scalar(l->specs[i].scalar), l->specs[i].member);
    }
    text_printf(h->out, "} %sSpecs;\n#define %s_SPECS_INIT {", l->type, l->macro);
    for (uint32_t i = 0; i < l->spec_count; i++) {
        text_printf(h->out, "%s%s", i == 0 ? "" : ", ", spec_default(h, &l->specs[i]));
    }
    text_add(h->out, "}\n\n");
}

/* ---- arguments ---- */

static void print_args(Header *h, const Launch *l) {
    if (l->param_count == 0) {
        return;
    }
    text_printf(h->out, "typedef struct %sArgs {\n", l->type);
    for (uint32_t i = 0; i < l->param_count; i++) {
        const Param *param = &l->params[i];
        header_comment(h->out, 1,
                       arena_printf(h->arena, "%s%s%s", param->what,
                                    *param->doc != '\0' ? ": " : "", param->doc));
        text_indent(h->out, 1);
        if (param->is_buffer) {
            text_printf(h->out, "%s %s;\n", header_buffer(&h->types, param->type), param->member);
        } else {
            header_member(&h->types, param->type, param->member);
        }
    }
    text_printf(h->out, "} %sArgs;\n\n", l->type);
    text_printf(h->out, "static inline void %s_args_(const %sArgs *args, VtgArg *list) {\n",
                l->function, l->type);
    for (uint32_t i = 0; i < l->param_count; i++) {
        const Param *param = &l->params[i];
        if (param->is_buffer) {
            text_printf(h->out, "    list[%u] = %s_arg(args->%s);\n", i,
                        header_buffer_function(&h->types, param->type), param->member);
        } else {
            text_printf(h->out, "    list[%u] = vtg_arg_value(&args->%s, sizeof args->%s);\n", i,
                        param->member, param->member);
        }
    }
    text_add(h->out, "}\n\n");
}

/* ---- functions ---- */

static void print_create(Header *h, const Launch *l) {
    bool has_specs = l->spec_count > 0;
    text_printf(
        h->out,
        "typedef struct %s {\n    VtgKernel *kernel;\n    VtgDevice *device;\n} %s;\n\n"
        "/* Makes the kernel for a device%s. Errors: as\n * vtg_bundle_kernel_create(). */\n"
        "static inline VtgStatus %s_create(VtgDevice *device, const VtgBundle *bundle, %s%s%s "
        "*result) {\n",
        l->type, l->type, has_specs ? "; specs may be NULL: the source's values" : "", l->function,
        has_specs ? "const " : "",
        has_specs ? arena_printf(h->arena, "%sSpecs *specs, ", l->type) : "", l->type);
    if (has_specs) {
        text_printf(h->out, "    VtgSpecConstant list[%u];\n    if (specs != NULL) {\n",
                    l->spec_count);
        for (uint32_t i = 0; i < l->spec_count; i++) {
            text_printf(h->out, "        list[%u] = vtg_typed_spec_(%s, %s);\n", i,
                        l->specs[i].number, spec_bits(h, &l->specs[i]));
        }
        text_add(h->out, "    }\n");
    }
    text_printf(
        h->out,
        "    result->device = device;\n    return vtg_typed_kernel_(device, bundle, \"%s\", NULL, ",
        l->name);
    if (has_specs) {
        text_printf(h->out, "list, specs != NULL ? %u : 0, &result->kernel);\n}\n\n",
                    l->spec_count);
    } else {
        text_add(h->out, "NULL, 0, &result->kernel);\n}\n\n");
    }
    text_printf(
        h->out,
        "static inline void %s_destroy(%s kernel) {\n    vtg_kernel_destroy(kernel.kernel);\n}\n\n",
        l->function, l->type);
}

/* The code of a --variant, by the name that it has there. */
static void print_create_variant(Header *h, const Launch *l) {
    text_printf(
        h->out,
        "/* The same with the values of a variant of the bundle: \"NAME=VALUE,NAME=VALUE\". */\n"
        "static inline VtgStatus %s_create_variant(VtgDevice *device, const VtgBundle *bundle, "
        "const char *variant, %s *result) {\n"
        "    result->device = device;\n"
        "    return vtg_typed_kernel_(device, bundle, \"%s\", variant, NULL, 0, "
        "&result->kernel);\n}\n\n",
        l->function, l->type, l->name);
}

/* A way to run it: `call` is what the runtime's function takes before the arguments, `after` behind their number. */
static void print_run(Header *h, const Launch *l, const char *suffix, const char *before,
                      const char *between, const char *call, const char *after) {
    uint32_t count = l->param_count;
    text_printf(h->out, "static inline VtgStatus %s%s(%s%s kernel", l->function, suffix, before,
                l->type);
    if (count > 0) {
        text_printf(h->out, ", const %sArgs *args", l->type);
    }
    text_printf(h->out, ", %s) {\n", between);
    if (count == 0) {
        text_printf(h->out, "    return %s, NULL, 0%s);\n}\n", call, after);
        return;
    }
    text_printf(h->out,
                "    VtgArg list[%u];\n    if (args == NULL) {\n        return "
                "VTG_ERROR_INVALID_ARGUMENT;\n    }\n"
                "    %s_args_(args, list);\n    return %s, list, %u%s);\n}\n",
                count, l->function, call, count, after);
}

static void print_runs(Header *h, const Launch *l) {
    header_comment(h->out, 0,
                   arena_printf(h->arena, "%s%sRuns it, as vtg_dispatch() does; event may be NULL.",
                                l->doc, *l->doc != '\0' ? "\n" : ""));
    print_run(h, l, "", "", "VtgGrid grid, VtgEvent **event",
              "vtg_dispatch(kernel.device, kernel.kernel, grid", ", event");
    text_add(h->out, "\n/* Puts a run into a command list, as vtg_commands_dispatch() does. */\n");
    print_run(h, l, "_record", "VtgCommands *commands, ", "VtgGrid grid",
              "vtg_commands_dispatch(commands, kernel.kernel, grid", "");
    text_add(h->out, "\n/* The same with counts of workgroups from a buffer, as "
                     "vtg_commands_dispatch_indirect() does. */\n");
    print_run(h, l, "_record_indirect", "VtgCommands *commands, ",
              "VtgBuffer *groups, uint64_t offset",
              "vtg_commands_dispatch_indirect(commands, kernel.kernel, groups, offset", "");
    bool has_args = l->param_count > 0;
    if (has_args) { /* C++ has no compound literals: the arguments may be a list in braces */
        text_printf(h->out,
                    "\n#ifdef __cplusplus\nstatic inline VtgStatus %s(%s kernel, const %sArgs "
                    "&args, VtgGrid grid, VtgEvent **event = nullptr) {\n"
                    "    return %s(kernel, &args, grid, event);\n}\n"
                    "static inline VtgStatus %s_record(VtgCommands *commands, %s kernel, const "
                    "%sArgs &args, VtgGrid grid) {\n"
                    "    return %s_record(commands, kernel, &args, grid);\n}\n#endif\n",
                    l->function, l->type, l->type, l->function, l->function, l->type, l->type,
                    l->function);
    }
    text_char(h->out, '\n');
}

/* ---- what the record of a kernel says ---- */

static void read_params(Header *h, const VgpuKernel *kernel, Namer *members, Launch *l) {
    static const char *const accesses[] = {"", ", read", ", written", ", read and written"};
    const VgpuTable *params = &kernel->params;
    l->param_count = params->count;
    l->params = NEW_ARRAY(h->arena, Param, params->count);
    for (uint32_t i = 0; i < params->count; i++) {
        const unsigned char *row = vgpu_row(params, i);
        HeaderType type = {kernel, vgpu_get(params, i, VGPU_PARAM_TYPE)};
        bool is_buffer = vgpu_get(params, i, VGPU_PARAM_KIND) == VGPU_BUFFER;
        const char *access = accesses[vgpu_get(params, i, VGPU_PARAM_ACCESS) & 3];
        l->params[i] = (Param){
            .what = arena_printf(h->arena, is_buffer ? "Buffer<%s>%s" : "%s%s",
                                 header_type_text(type), is_buffer ? access : ""),
            .doc = vgpu_text(kernel->record, row + VGPU_PARAM_DOC),
            .member = namer_name(members, vgpu_text(kernel->record, row + VGPU_PARAM_NAME)),
            .type = type,
            .is_buffer = is_buffer,
        };
    }
}

static void read_specs(Header *h, const VgpuKernel *kernel, Namer *members, const char *name,
                       Launch *l) {
    static const char *const patterns[] = {"VTG_%u", NULL};
    const VgpuTable *specs = &kernel->specs;
    l->spec_count = specs->count;
    l->specs = NEW_ARRAY(h->arena, Spec, specs->count);
    for (uint32_t i = 0; i < specs->count; i++) {
        const unsigned char *row = vgpu_row(specs, i);
        const char *spec = vgpu_text(kernel->record, row + VGPU_SPEC_NAME);
        const char *number = arena_printf(h->arena, "%s_%s", name, spec);
        IrScalar scalar = (IrScalar)(vgpu_get(specs, i, VGPU_SPEC_SCALAR) - 1);
        unsigned bits = scalar == IR_BOOL ? 32 : ir_scalars[scalar].bits;
        l->specs[i] = (Spec){
            .doc = vgpu_text(kernel->record, row + VGPU_SPEC_DOC),
            .member = namer_name(members, spec),
            .number = header_spelling(h->arena, "VTG_%u",
                                      header_name(&h->names, number, "spec", patterns)),
            .id = vgpu_get(specs, i, VGPU_SPEC_ID),
            .scalar = scalar,
            .bits = vgpu_get64(specs, i, VGPU_SPEC_VALUE) & (UINT64_MAX >> (64 - bits)),
        };
    }
}

static void print_kernel(Header *h, const VgpuKernel *kernel, const char *name) {
    Launch l = {
        .name = vgpu_text(kernel->record, kernel->record.bytes + VGPU_KERNEL_NAME),
        .doc = vgpu_text(kernel->record, kernel->record.bytes + VGPU_KERNEL_DOC),
        .type = header_spelling(h->arena, "Vtg%c", name),
        .function = header_spelling(h->arena, "vtg_%l", name),
        .macro = header_spelling(h->arena, "VTG_%u", name),
    };
    Namer members;
    namer_init(&members, h->arena, TEXT_HOST);
    namer_open(&members);
    read_params(h, kernel, &members, &l);
    namer_close(&members);
    namer_open(&members);
    read_specs(h, kernel, &members, name, &l);
    namer_close(&members);
    text_printf(h->out, "/* ---- %s ---- */\n\n", l.name);
    print_specs(h, &l);
    print_args(h, &l);
    print_create(h, &l);
    if (h->has_variants) {
        print_create_variant(h, &l);
    }
    print_runs(h, &l);
}

/* The records of the source's own values: a variant has the same parameters. Gives how many there are. */
static const char *read_kernels(Header *h, VgpuKernel *kernels, uint32_t *count) {
    const VgpuView *view = &h->input->bundle;
    for (uint32_t i = 0; i < view->kernel_count; i++) {
        h->has_variants |= *vgpu_entry_variant(view, i) != '\0';
        if (*vgpu_entry_variant(view, i) == '\0') {
            const char *wrong = vgpu_view_kernel(view, i, &kernels[(*count)++]);
            if (wrong != NULL) {
                return wrong;
            }
        }
    }
    return NULL;
}

const char *header_print(Text *out, const HeaderInput *input) {
    Text body = {.arena = out->arena};
    Header h = {.input = input, .arena = out->arena, .out = &body};
    VgpuKernel *kernels = NEW_ARRAY(h.arena, VgpuKernel, input->bundle.kernel_count);
    uint32_t count = 0;
    const char *wrong = read_kernels(&h, kernels, &count);
    if (wrong != NULL) {
        return wrong;
    }
    header_names_init(&h.names, h.arena);
    h.types = (HeaderTypes){.arena = h.arena, .out = &body, .names = &h.names};
    h.stem = stem_of(&h, input->output);
    /* kernels come first: their names are those that programs write most */
    const char **names = NEW_ARRAY(h.arena, const char *, count);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = vgpu_text(kernels[i].record, kernels[i].record.bytes + VGPU_KERNEL_NAME);
        names[i] = header_name(&h.names, name, "kernel", kernel_patterns);
    }
    wrong = print_head(&h);
    if (wrong != NULL) {
        return wrong;
    }
    print_bundle_functions(&h);
    for (uint32_t i = 0; i < count; i++) {
        const VgpuTable *params = &kernels[i].params;
        for (uint32_t k = 0; k < params->count; k++) {
            HeaderType type = {&kernels[i], vgpu_get(params, k, VGPU_PARAM_TYPE)};
            header_declare(&h.types, type, vgpu_get(params, k, VGPU_PARAM_KIND) == VGPU_BUFFER);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        print_kernel(&h, &kernels[i], names[i]);
    }
    if (input->embed) {
        print_bundle(&h);
    }
    text_add(&body, "#endif\n");
    header_lines(out, &body);
    return NULL;
}
