/* See bundle_parts.h. */
#include "driver/bundle_parts.h"

#include <string.h>

#include "driver/run_kernel.h"
#include "driver/values.h"
#include "runtime-min/vgpu_format.h"

static const char *copy(Arena *arena, const char *text) {
    return text != NULL ? arena_copy_text(arena, text, strlen(text)) : NULL;
}

static const char *copy_name(Arena *arena, Name name) {
    return name != NULL ? arena_copy_text(arena, name->text, name->length) : NULL;
}

/* In files, scalars are numbered from 1. */
static uint32_t scalar_number(const IrType *type) {
    _Static_assert(IR_BOOL + 1 == VGPU_BOOL && IR_I8 + 1 == VGPU_I8 && IR_U8 + 1 == VGPU_U8 &&
                       IR_U64 + 1 == VGPU_U64 && IR_F16 + 1 == VGPU_F16 && IR_F64 + 1 == VGPU_F64,
                   "scalars have the order that they have in files");
    return (uint32_t)type->scalar + 1;
}

/* ---- types ---- */

typedef struct {
    Arena *arena;
    BundleKernel *out;
    VEC(const IrType *) known; /* in the order of out->types */
} Types;

static uint32_t add_type(Types *t, const IrType *type);

static uint32_t kind_of_type(const IrType *type) {
    switch (type->kind) {
    case IR_TYPE_VECTOR:
        return VGPU_TYPE_IS_VECTOR;
    case IR_TYPE_ARRAY:
        return type->is_matrix ? VGPU_TYPE_IS_MATRIX : VGPU_TYPE_IS_ARRAY;
    case IR_TYPE_FORM:
        return VGPU_TYPE_IS_FORM;
    case IR_TYPE_ATOMIC:
        return VGPU_TYPE_IS_ATOMIC;
    default:
        return VGPU_TYPE_IS_SCALAR;
    }
}

/* The types of all fields come first, so that a form's fields are together. */
static void add_fields(Types *t, const IrType *form, BundleType *row) {
    uint32_t *types = NEW_ARRAY(t->arena, uint32_t, form->count);
    for (uint32_t i = 0; i < form->count; i++) {
        types[i] = add_type(t, form->fields[i].type);
    }
    row->field = t->out->fields.count;
    for (uint32_t i = 0; i < form->count; i++) {
        const IrField *field = &form->fields[i];
        VEC_PUSH(t->arena, &t->out->fields,
                 (BundleField){copy_name(t->arena, field->name), copy(t->arena, field->doc),
                               types[i], field->offset});
    }
}

/* Its index. What it is made of comes before it. */
static uint32_t add_type(Types *t, const IrType *type) {
    for (uint32_t i = 0; i < t->known.count; i++) {
        if (t->known.items[i] == type) {
            return i;
        }
    }
    Text name = {.arena = t->arena};
    data_type_print(&name, type);
    BundleType row = {
        .name = text_get(&name),
        .doc = copy(t->arena, type->doc),
        .kind = kind_of_type(type),
        .count = ir_is_composite(type) ? type->count : type->lanes,
        .size = ir_size(type),
        .align = ir_align(type),
        .stride = ir_stride(type),
    };
    if (type->kind == IR_TYPE_FORM) {
        add_fields(t, type, &row);
    } else if (type->kind == IR_TYPE_ARRAY) {
        row.element = add_type(t, type->element);
    } else {
        row.scalar = scalar_number(type);
    }
    VEC_PUSH(t->arena, &t->known, type);
    VEC_PUSH(t->arena, &t->out->types, row);
    return t->out->types.count - 1;
}

/* ---- parameters ---- */

static void add_params(Arena *arena, const ReflectKernel *kernel, BundleKernel *out) {
    Types types = {.arena = arena, .out = out};
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        BundleParam row = {
            .name = copy_name(arena, param->name),
            .doc = copy(arena, param->doc),
            .kind = param->is_buffer ? VGPU_BUFFER : VGPU_VALUE,
            .type = add_type(&types, param->type),
            .access = param->is_buffer ? param->access : 0,
            .size = param->size,
            .align = ir_align(param->type),
            .offset = param->is_buffer ? 0 : param->offset,
            .binding = param->is_buffer ? param->binding : 0,
        };
        if (!param->is_buffer) {
            out->values_bytes = param->offset + param->size;
        }
        VEC_PUSH(arena, &out->params, row);
    }
}

/* ---- constants, shared memory ---- */

void bundle_note_specs(Arena *arena, const IrModule *module, BundleSpecTypes *types) {
    for (const IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        VEC_PUSH(arena, types, (BundleSpecType){spec->id, spec->type});
    }
}

typedef struct {
    const IrSpec *wanted;
    bool found;
} Use;

static void look_for(IrInst *inst, void *data) {
    Use *use = data;
    use->found |= inst->op == OP_SPEC && inst->spec == use->wanted;
}

bool bundle_uses_spec(const IrModule *module, const IrFunction *kernel, const IrSpec *spec) {
    Use use = {spec, false};
    for (int axis = 0; axis < 3; axis++) {
        use.found |= kernel->workgroup_spec[axis] == spec;
    }
    for (IrFunction *f = module->functions; f != NULL && !use.found; f = f->next) {
        if (f == kernel || !f->is_kernel) {
            ir_walk(&f->body, look_for, &use);
        }
    }
    return use.found;
}

/* 1 + its index; 0: none. */
static uint32_t number_of(const BundleKernel *out, const IrSpec *spec) {
    for (uint32_t i = 0; spec != NULL && i < out->specs.count; i++) {
        if (out->specs.items[i].id == spec->id) {
            return i + 1;
        }
    }
    return 0;
}

static void add_specs(Arena *arena, const IrModule *module, const IrFunction *kernel,
                      const BundleSpecTypes *types, BundleKernel *out) {
    for (const IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        if (!bundle_uses_spec(module, kernel, spec)) {
            continue;
        }
        uint32_t number = 0;
        while (types->items[number].id != spec->id) {
            number++;
        }
        VEC_PUSH(arena, &out->specs,
                 (BundleSpec){
                     .name = copy_name(arena, spec->name),
                     .doc = copy(arena, spec->doc),
                     .id = spec->id,
                     .scalar = scalar_number(types->items[number].type),
                     .size = ir_is_bool(spec->type) ? 4 : ir_bits(spec->type) / 8,
                     .kind = run_spec_kind(spec->type),
                     .value = spec->bits,
                 });
    }
}

static void add_shared(Arena *arena, const IrFunction *kernel, BundleKernel *out) {
    ReflectShared *variables;
    uint32_t count = ir_reflect_shared(arena, kernel, &variables);
    for (uint32_t i = 0; i < count; i++) {
        VEC_PUSH(arena, &out->shared,
                 (BundleShared){copy_name(arena, variables[i].name), variables[i].align,
                                number_of(out, variables[i].length), variables[i].element_bytes,
                                variables[i].count});
    }
}

void bundle_describe(Arena *arena, const IrModule *module, const IrFunction *kernel,
                     const BundleSpecTypes *types, BundleKernel *out) {
    *out = (BundleKernel){
        .name = copy_name(arena, kernel->name),
        .doc = copy(arena, kernel->doc),
        .subgroup_size = kernel->subgroup_size,
        .shared_bytes = ir_shared_bytes(kernel, NULL),
    };
    add_params(arena, ir_reflect(arena, kernel), out);
    add_specs(arena, module, kernel, types, out);
    add_shared(arena, kernel, out);
    for (int axis = 0; axis < 3; axis++) {
        out->workgroup[axis] = kernel->workgroup[axis];
        out->workgroup_spec[axis] = number_of(out, kernel->workgroup_spec[axis]);
    }
}

/* ---- the code ---- */

/* Where a parameter of that number is bound: OpenCL's arguments are its parameters. */
static uint32_t binding_number(const DeviceCode *code, uint32_t index, uint32_t binding) {
    bool is_opencl = code->format == VTG_CODE_OPENCL_C || code->format == VTG_CODE_SPIRV_OPENCL;
    return is_opencl ? index : binding;
}

void bundle_describe_code(Arena *arena, const char *target, const DeviceCode *code,
                          BundleCode *out) {
    const ReflectKernel *kernel = code->kernel;
    bool has_block = kernel->value_block_size > 0;
    *out = (BundleCode){
        .name = copy(arena, target),
        .entry = copy(arena, code->entry),
        .format = code->format,
        .api = code->api_version,
        .block = code->value_block,
        .block_size = kernel->value_block_size,
        .block_binding =
            has_block && code->value_block != VTG_VALUES_PUSH_CONSTANTS ? kernel->buffer_count : 0,
        .sizes_binding = code->format == VTG_CODE_MSL ? kernel->buffer_count + has_block : 0,
        .features = code->features,
        .code = arena_copy_text(arena, code->bytes, code->size),
        .size = code->size,
    };
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        BundleBinding row = {.kind = VGPU_VALUE,
                             .size = param->size,
                             .offset = param->offset,
                             .param = i,
                             .number = binding_number(code, i, 0)};
        if (param->is_buffer) {
            row = (BundleBinding){.kind = VGPU_BUFFER,
                                  .access = param->access,
                                  .stride = param->size,
                                  .param = i,
                                  .number = binding_number(code, i, param->binding)};
        }
        VEC_PUSH(arena, &out->bindings, row);
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].length_in_block) {
            VEC_PUSH(arena, &out->bindings,
                     (BundleBinding){.kind = VGPU_LENGTH,
                                     .size = 4,
                                     .offset = kernel->params[i].length_offset,
                                     .param = i,
                                     .number = binding_number(code, out->bindings.count, 0)});
        }
    }
}
