/* See run_bundle.h. The types of the parameters are made again from the bundle's tables, in the session's module, so that
 * values are read, printed and written as those of a source are. */
#include "driver/run_bundle.h"

#include <string.h>

#include "driver/file.h"
#include "driver/report.h"
#include "driver/run_specs.h"
#include "driver/variants.h"

enum { BUNDLE_MAX_BYTES = 1 << 30 };

static Status not_valid(const Run *run, const char *wrong) {
    return fail(STATUS_SOURCE, "`%s` is no valid bundle: %s", run->bundle.path, wrong);
}

/* ---- the file ---- */

static Status read_file(Run *run, const char *path) {
    FileBytes bytes;
    run->bundle.path = path;
    Status status = read_or_fail(path, BUNDLE_MAX_BYTES, &bytes);
    if (status != STATUS_FINE) {
        return status;
    }
    run->session.loaded = bytes.data; /* freed with the session */
    const char *wrong = vgpu_view_open(&run->bundle.view, bytes.data, bytes.size);
    return wrong == NULL ? STATUS_FINE : not_valid(run, wrong);
}

static void add_kernels(void *arg) {
    Run *run = arg;
    Session *session = &run->session;
    const VgpuView *view = &run->bundle.view;
    session->module = ir_module_new(&session->arena, &session->names, &session->diags);
    for (uint32_t i = 0; i < view->kernel_count; i++) {
        if (strcmp(vgpu_entry_variant(view, i), run->bundle.variant) == 0) {
            ir_function_add(session->module, name_of(&session->names, vgpu_entry_name(view, i)),
                            true, 0);
        }
    }
}

static Status choose_variant(Run *run) {
    const OptionList *given = &run->options->variants;
    run->bundle.variant = "";
    if (given->count > 1) {
        return fail(STATUS_USAGE, "`run` takes one --variant, found %u", given->count);
    }
    if (given->count == 1) {
        Variant variant;
        Status status = variant_read(&run->session.arena, given->items[0], &variant);
        if (status != STATUS_FINE) {
            return status;
        }
        run->bundle.variant = variant.text;
    }
    return session_guard(&run->session, add_kernels, run);
}

static Status open_device(Run *run) {
    Status status = device_open(&run->device, run->options->device, run->options->validate);
    if (status == STATUS_FINE && run->device.device == NULL) {
        return fail(STATUS_DEVICE, "a bundle has code for devices, and none for the interpreter");
    }
    return status;
}

Status run_bundle_open(Run *run, const char *path) {
    if (run->options->session.frontend.defines != NULL) {
        return fail(STATUS_USAGE, "-D goes with sources: a bundle is compiled; say --variant or "
                                  "--spec");
    }
    session_open(&run->session, &run->options->session);
    Status status = read_file(run, path);
    status = status == STATUS_FINE ? choose_variant(run) : status;
    if (status == STATUS_FINE && run->session.module->functions == NULL) {
        return fail(STATUS_USAGE, "`%s` has no kernel%s%s%s", path,
                    run->bundle.variant[0] != '\0' ? " of the variant `" : "", run->bundle.variant,
                    run->bundle.variant[0] != '\0' ? "`" : "");
    }
    return status == STATUS_FINE ? open_device(run) : status;
}

/* ---- types ---- */

typedef struct {
    Run *run;
    VgpuKernel record;
    const IrType **types; /* of the record's */
    const char *wrong;
} Reflecting;

static const char *text_of(const Reflecting *r, const VgpuTable *table, uint32_t index, int field) {
    return vgpu_text(r->record.record, vgpu_row(table, index) + field);
}

static Name name_in(const Reflecting *r, const VgpuTable *table, uint32_t index, int field) {
    return name_of(&r->run->session.names, text_of(r, table, index, field));
}

static const IrType *make_form(const Reflecting *r, uint32_t index, uint32_t count) {
    const VgpuTable *fields = &r->record.fields;
    Session *session = &r->run->session;
    uint32_t first = vgpu_get(&r->record.types, index, VGPU_TYPE_FIELD);
    IrField *made = NEW_ARRAY(&session->arena, IrField, count);
    for (uint32_t i = 0; i < count; i++) {
        made[i].name = name_in(r, fields, first + i, VGPU_FIELD_NAME);
        made[i].type = r->types[vgpu_get(fields, first + i, VGPU_FIELD_TYPE)];
    }
    return ir_form_type(session->module, name_in(r, &r->record.types, index, VGPU_TYPE_NAME), NULL,
                        count, made);
}

/* NULL: there is no such type. */
static const IrType *make_type(const Reflecting *r, uint32_t index) {
    const VgpuTable *types = &r->record.types;
    IrModule *module = r->run->session.module;
    uint32_t count = vgpu_get(types, index, VGPU_TYPE_COUNT);
    IrScalar scalar = (IrScalar)(vgpu_get(types, index, VGPU_TYPE_SCALAR) - 1);
    switch (vgpu_get(types, index, VGPU_TYPE_KIND)) {
    case VGPU_TYPE_IS_SCALAR:
        return ir_scalar(scalar);
    case VGPU_TYPE_IS_VECTOR:
        return count >= 2 && count <= IR_MAX_LANES ? ir_vector(scalar, count) : NULL;
    case VGPU_TYPE_IS_ATOMIC:
        return ir_atomic_type(scalar);
    case VGPU_TYPE_IS_FORM:
        return make_form(r, index, count);
    default:
        break;
    }
    const IrType *element = r->types[vgpu_get(types, index, VGPU_TYPE_ELEMENT)];
    if (vgpu_get(types, index, VGPU_TYPE_KIND) == VGPU_TYPE_IS_ARRAY) {
        return ir_array_type(module, element, count);
    }
    bool is_column = ir_is_vector(element) && ir_is_float(element);
    return is_column && count >= 2 && count <= IR_MAX_LANES
               ? ir_matrix_type(module, element->scalar, count, element->lanes)
               : NULL;
}

/* Whether the host's layout of the type is what the bundle says of it. */
static bool lies_alike(const Reflecting *r, uint32_t index) {
    const VgpuTable *types = &r->record.types, *fields = &r->record.fields;
    const IrType *type = r->types[index];
    if (ir_has_bool(type) || ir_size(type) != vgpu_get(types, index, VGPU_TYPE_SIZE) ||
        ir_align(type) != vgpu_get(types, index, VGPU_TYPE_ALIGN) ||
        ir_stride(type) != vgpu_get(types, index, VGPU_TYPE_STRIDE)) {
        return false;
    }
    uint32_t first = vgpu_get(types, index, VGPU_TYPE_FIELD);
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (type->fields[i].offset != vgpu_get(fields, first + i, VGPU_FIELD_OFFSET)) {
            return false;
        }
    }
    return true;
}

static bool make_types(Reflecting *r) {
    uint32_t count = r->record.types.count;
    r->types = NEW_ARRAY(&r->run->session.arena, const IrType *, count);
    for (uint32_t i = 0; i < count; i++) {
        r->types[i] = make_type(r, i);
        if (r->types[i] == NULL || !ir_is_memory(r->types[i]) || !lies_alike(r, i)) {
            return false;
        }
    }
    return true;
}

/* ---- parameters and constants ---- */

static bool make_params(Reflecting *r, ReflectKernel *kernel) {
    const VgpuTable *params = &r->record.params;
    kernel->param_count = params->count;
    kernel->params = NEW_ARRAY(&r->run->session.arena, ReflectParam, params->count);
    for (uint32_t i = 0; i < params->count; i++) {
        ReflectParam *param = &kernel->params[i];
        *param = (ReflectParam){
            .name = name_in(r, params, i, VGPU_PARAM_NAME),
            .is_buffer = vgpu_get(params, i, VGPU_PARAM_KIND) == VGPU_BUFFER,
            .type = r->types[vgpu_get(params, i, VGPU_PARAM_TYPE)],
            .access = vgpu_get(params, i, VGPU_PARAM_ACCESS),
            .size = vgpu_get(params, i, VGPU_PARAM_SIZE),
            .offset = vgpu_get(params, i, VGPU_PARAM_OFFSET),
            .binding = vgpu_get(params, i, VGPU_PARAM_BINDING),
        };
        unsigned size = param->is_buffer ? ir_stride(param->type) : ir_size(param->type);
        if (param->size != size || (!param->is_buffer && !ir_is_data(param->type))) {
            return false;
        }
        kernel->buffer_count += param->is_buffer;
    }
    return true;
}

/* What is handed over, which may be wider than what the source says. NULL: there is no such type. */
static const IrType *stored_type(const IrType *declared, uint32_t size, uint32_t kind) {
    static const IrScalar scalars[3][3] = {/* 2, 4 and 8 bytes */
                                           [VTG_SPEC_UNSIGNED] = {IR_U16, IR_U32, IR_U64},
                                           [VTG_SPEC_SIGNED] = {IR_I16, IR_I32, IR_I64},
                                           [VTG_SPEC_FLOAT] = {IR_F16, IR_F32, IR_F64}};
    const IrType *type = ir_scalar(scalars[kind][size == 2 ? 0 : size == 4 ? 1 : 2]);
    if (ir_is_bool(declared)) {
        return size == 4 ? declared : NULL;
    }
    bool fits = ir_bits(type) >= ir_bits(declared) && run_spec_kind(declared) == kind &&
                (!ir_is_float(declared) || type == declared);
    return fits ? type : NULL;
}

static bool make_specs(Reflecting *r, IrFunction *function) {
    const VgpuTable *specs = &r->record.specs;
    Session *session = &r->run->session;
    IrSpec **made = NEW_ARRAY(&session->arena, IrSpec *, specs->count);
    for (uint32_t i = 0; i < specs->count; i++) {
        const IrType *type = ir_scalar((IrScalar)(vgpu_get(specs, i, VGPU_SPEC_SCALAR) - 1));
        made[i] = ir_spec_add(session->module, name_in(r, specs, i, VGPU_SPEC_NAME),
                              vgpu_get(specs, i, VGPU_SPEC_ID), type,
                              vgpu_get64(specs, i, VGPU_SPEC_VALUE));
    }
    run_note_specs(r->run);
    for (uint32_t i = 0; i < specs->count; i++) {
        made[i]->type = stored_type(made[i]->type, vgpu_get(specs, i, VGPU_SPEC_SIZE),
                                    vgpu_get(specs, i, VGPU_SPEC_KIND));
        if (made[i]->type == NULL) {
            return false;
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        uint32_t spec = vgpu_head(&r->record, VGPU_KERNEL_WORKGROUP_SPEC + 4 * axis);
        function->workgroup[axis] = vgpu_head(&r->record, VGPU_KERNEL_WORKGROUP + 4 * axis);
        function->workgroup_spec[axis] = spec != 0 ? made[spec - 1] : NULL;
    }
    return true;
}

static void reflect(void *arg) {
    Reflecting *r = arg;
    Run *run = r->run;
    const VgpuView *view = &run->bundle.view;
    IrFunction *function = run->session.module->functions;
    while (function != run->kernel->kernel) {
        function = function->next;
    }
    uint32_t index = vgpu_view_find(view, function->name->text, run->bundle.variant);
    r->wrong = vgpu_view_kernel(view, index, &r->record);
    if (r->wrong == NULL) {
        ReflectKernel *kernel = NEW(&run->session.arena, ReflectKernel);
        kernel->kernel = function;
        run->kernel = kernel;
        if (!make_types(r) || !make_params(r, kernel) || !make_specs(r, function)) {
            r->wrong = "the types of the kernel's record are not valid";
        }
    }
}

Status run_bundle_reflect(Run *run) {
    Reflecting r = {.run = run};
    Status status = session_guard(&run->session, reflect, &r);
    return status == STATUS_FINE && r.wrong != NULL
               ? not_valid(run, r.wrong)
               : report_session(&run->session, run->options, status);
}

/* ---- running ---- */

static VtgStatus make_kernel(Run *run, VtgKernel **kernel) {
    const RunJob *job = &run->job;
    VtgBundleDesc bundle = VTG_BUNDLE_DESC_INIT;
    bundle.data = run->bundle.view.file.bytes;
    bundle.size = (size_t)run->bundle.view.file.size;
    VtgStatus status = vtg_bundle_open(run->device.instance, &bundle, &run->bundle.opened);
    VtgSpecConstant *specs = NEW_ARRAY(&run->session.arena, VtgSpecConstant, job->specs.count);
    for (uint32_t i = 0; i < job->specs.count; i++) {
        specs[i].id = job->specs.items[i].id;
        specs[i].value = job->specs.items[i].bits;
    }
    VtgBundleKernelDesc desc = VTG_BUNDLE_KERNEL_DESC_INIT;
    desc.name = run->kernel->kernel->name->text;
    desc.variant = run->bundle.variant;
    desc.specs = specs;
    desc.spec_count = job->specs.count;
    return status == VTG_OK
               ? vtg_bundle_kernel_create(run->device.device, run->bundle.opened, &desc, kernel)
               : status;
}

Status run_bundle_dispatch(Run *run) {
    const Device *device = &run->device;
    VtgKernel *kernel = NULL;
    VtgStatus result = make_kernel(run, &kernel);
    result = result == VTG_OK ? run_kernel_made(device->device, kernel, &run->job) : result;
    vtg_kernel_destroy(kernel);
    if (result == VTG_OK) {
        return STATUS_FINE;
    }
    const char *what =
        arena_printf(&run->session.arena, "`%s` on %s", run->kernel->kernel->name->text,
                     vtg_device_get_info(device->device)->name);
    Status status = device_failed(device, what, result);
    return result == VTG_ERROR_BAD_BUNDLE ? STATUS_SOURCE
           : status == STATUS_BUG         ? STATUS_USAGE /* what it refuses, the bundle or the
                                                            command line says */
                                          : status;
}

void run_bundle_close(Run *run) {
    vtg_bundle_destroy(run->bundle.opened);
    run->bundle.opened = NULL;
}
