/* The variables of an entry point: buffers, the block of value parameters, shared memory, built-in values; and
 * OpEntryPoint with the size of the workgroup.
 *
 * Set 0; a buffer's binding is its position among the kernel's buffers. Value parameters are members of one block, in
 * push constants, or when they are too large for those in a storage buffer behind the last buffer (reflect.h).
 *
 * How a kernel uses a buffer is said on its variable. `Restrict` is right because a dispatch in which buffers overlap and
 * one of them is written is refused (LANGUAGE.md 8.9). The GLSL450 memory model assumes it anyway; saying it makes it
 * survive translation, to MSL for instance. `Coherent` should not be needed for what an invocation reads of its own
 * writes, but NVIDIA's driver (580.159, H100) gave old values for 3 of 300 random kernels without it, and for none with.
 */
#include "backend-spirv/spirv_writer.h"

/* How a kernel looks at the elements of a buffer. */
enum { IN_ONES = 1, IN_TWOS = 2, IN_FOURS = 4 };

static void note_view(IrInst *inst, void *data) {
    unsigned *views = data;
    if (!ir_has(inst->op, IR_PLACE)) {
        return;
    }
    const IrValue *root = ir_resolve(inst->operands[ir_place_start(inst)]);
    if (root->kind == IR_VALUE_PARAM) {
        const IrType *wide = inst->op == OP_LOAD_WIDE    ? inst->results[0]->type
                             : inst->op == OP_STORE_WIDE ? inst->operands[0]->type
                                                         : NULL;
        views[root->index] |= wide == NULL ? IN_ONES : wide->lanes == 4 ? IN_FOURS : IN_TWOS;
    }
}

/* Views of one buffer that is written are `Aliased`, the others `Restrict`: of several that are only read it does not matter. */
static uint32_t declare_view(SpirvWriter *w, const ReflectParam *param, const IrType *element,
                             bool is_aliased) {
    uint32_t pointer = spirv_block_pointer(w, element), id = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpVariable, pointer, id, SpvStorageClassStorageBuffer);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationDescriptorSet, 0);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationBinding, param->binding);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id,
         is_aliased ? SpvDecorationAliased : SpvDecorationRestrict);
    if (param->rereads) {
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationCoherent);
    }
    if ((param->access & REFLECT_WRITE) == 0) {
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationNonWritable);
    }
    if ((param->access & REFLECT_READ) == 0) {
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationNonReadable);
    }
    VEC_PUSH(w->module->arena, &w->interface, id);
    return id;
}

static void declare_buffer(SpirvWriter *w, const ReflectParam *param, IrValue *value,
                           unsigned views) {
    bool is_written = (param->access & REFLECT_WRITE) != 0;
    bool is_aliased = is_written && (views & (views - 1)) != 0 && !w->options->for_msl;
    value->mark = declare_view(w, param, param->type, is_aliased);
    spirv_name(w, value->mark, param->name->text, param->name->length);
    for (unsigned by = 0; by < 2 && !w->options->for_msl; by++) {
        if ((views & (by == 0 ? IN_TWOS : IN_FOURS)) != 0) {
            const IrType *element = ir_vector(param->type->scalar, by == 0 ? 2 : 4);
            uint32_t id = declare_view(w, param, element, is_aliased);
            const char *name =
                arena_printf(w->module->arena, "%s_x%u", param->name->text, element->lanes);
            spirv_name(w, id, name, strlen(name));
            w->wide[value->index][by] = id;
        }
    }
}

static SpirvClass value_class(const SpirvWriter *w) {
    return w->kernel->values_in_buffer ? SPIRV_STORAGE_BUFFER : SPIRV_PUSH_CONSTANT;
}

/* Behind the values stand the lengths of buffers whose elements are too small to ask the driver. */
static uint32_t length_member(const ReflectKernel *kernel, uint32_t buffer) {
    uint32_t member = kernel->param_count - kernel->buffer_count;
    for (uint32_t i = 0; i < buffer; i++) {
        member += kernel->params[i].length_in_block;
    }
    return member;
}

/* Names and offsets of the value block. */
static void describe_values(SpirvWriter *w, uint32_t block) {
    const ReflectKernel *kernel = w->kernel;
    Text name = {.arena = w->module->arena};
    text_bytes(&name, kernel->kernel->name->text, kernel->kernel->name->length);
    text_add(&name, "_values");
    spirv_name(w, block, name.data, name.length);
    EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, block, SpvDecorationBlock);
    for (uint32_t i = 0, member = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (!param->is_buffer) {
            EMIT(w, SPIRV_ANNOTATIONS, SpvOpMemberDecorate, block, member, SpvDecorationOffset,
                 param->offset);
            spirv_member_name(w, block, member, param->name->text, param->name->length);
            member++;
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (param->length_in_block) {
            uint32_t member = length_member(kernel, i);
            Text length = {.arena = w->module->arena};
            text_printf(&length, "%s_length", param->name->text);
            EMIT(w, SPIRV_ANNOTATIONS, SpvOpMemberDecorate, block, member, SpvDecorationOffset,
                 param->length_offset);
            spirv_member_name(w, block, member, length.data, length.length);
        }
    }
    spirv_name(w, w->values, "values", 6);
    if (kernel->values_in_buffer) {
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, w->values, SpvDecorationNonWritable);
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, w->values, SpvDecorationDescriptorSet, 0);
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, w->values, SpvDecorationBinding,
             kernel->buffer_count);
    }
}

static void declare_values(SpirvWriter *w) {
    const ReflectKernel *kernel = w->kernel;
    SpirvWords members = {0};
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (!kernel->params[i].is_buffer) {
            const IrType *type = kernel->params[i].type;
            uint32_t member = spirv_laid_out_type(w, type);
            spirv_storage_capabilities(w, value_class(w), type);
            VEC_PUSH(w->module->arena, &members, member);
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].length_in_block) {
            uint32_t member = spirv_type(w, ir_scalar(IR_U32));
            VEC_PUSH(w->module->arena, &members, member);
        }
    }
    uint32_t block = spirv_fresh(w), pointer = spirv_fresh(w);
    uint32_t class = spirv_storage_class(value_class(w));
    w->values = spirv_fresh(w);
    uint32_t begin = spirv_begin(w, SPIRV_GLOBALS, SpvOpTypeStruct);
    spirv_word(w, SPIRV_GLOBALS, block);
    for (uint32_t i = 0; i < members.count; i++) {
        spirv_word(w, SPIRV_GLOBALS, members.items[i]);
    }
    spirv_end(w, SPIRV_GLOBALS, begin);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, pointer, class, block);
    EMIT(w, SPIRV_GLOBALS, SpvOpVariable, pointer, w->values, class);
    describe_values(w, block);
    VEC_PUSH(w->module->arena, &w->interface, w->values);
}

void spirv_declare_params(SpirvWriter *w) {
    const ReflectKernel *kernel = w->kernel;
    unsigned *views = NEW_ARRAY(w->module->arena, unsigned, kernel->param_count);
    w->wide = (uint32_t (*)[2])NEW_ARRAY(w->module->arena, uint32_t, 2 * kernel->param_count);
    ir_walk((IrRegion *)&kernel->kernel->body, note_view, views);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].is_buffer) {
            declare_buffer(w, &kernel->params[i], kernel->kernel->params[i], views[i]);
        }
    }
    w->values = 0;
    if (kernel->value_block_size > 0) {
        declare_values(w);
    }
}

/* Reads what is at `path` in the value block scalar by scalar and vector by vector: laid out there, it is of another
 * type than the value that becomes of it. Parts that no one uses are zero. */
static uint32_t load_value(SpirvWriter *w, const IrType *type, SpirvWords *path, const bool *used) {
    if (!ir_is_composite(type)) {
        uint32_t pointer =
            spirv_access(w, value_class(w), type, w->values, 0, path->count, path->items);
        return RESULT(w, SpvOpLoad, type, pointer);
    }
    uint32_t *parts = NEW_ARRAY(w->module->arena, uint32_t, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        const IrType *part = ir_part_type(type, i);
        if (used != NULL && !used[i]) {
            parts[i] = spirv_zero(w, part);
            continue;
        }
        uint32_t index = spirv_splat(w, ir_scalar(IR_U32), i);
        VEC_PUSH(w->module->arena, path, index);
        parts[i] = load_value(w, part, path, NULL);
        path->count--;
    }
    return spirv_result(w, SpvOpCompositeConstruct, type, type->count, parts);
}

void spirv_load_values(SpirvWriter *w) {
    const ReflectKernel *kernel = w->kernel;
    for (uint32_t i = 0, member = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].is_buffer) {
            continue;
        }
        IrValue *param = kernel->kernel->params[i];
        if (param->mark != 0) {
            uint32_t index = spirv_splat(w, ir_scalar(IR_U32), member);
            SpirvWords path = {0};
            VEC_PUSH(w->module->arena, &path, index);
            param->mark = load_value(w, param->type, &path, w->parts_used[i]);
            spirv_local_name(w, param);
        }
        member++;
    }
}

uint32_t spirv_load_length(SpirvWriter *w, uint32_t buffer) {
    const IrType *type = ir_scalar(IR_U32);
    uint32_t member = spirv_splat(w, type, length_member(w->kernel, buffer));
    uint32_t pointer = spirv_access(w, value_class(w), type, w->values, member, 0, NULL);
    return RESULT(w, SpvOpLoad, type, pointer);
}

/* ---- shared memory ---- */

/* An array whose length is a specialization constant is a type of its own; its elements are those of every array. */
static uint32_t shared_pointer(SpirvWriter *w, const IrInst *shared) {
    const IrType *type = shared->results[0]->type->element;
    if (shared->operand_count == 0) {
        return spirv_pointer(w, SPIRV_WORKGROUP, type);
    }
    IrValue *length = ir_resolve(shared->operands[0]);
    uint32_t count =
        ir_is_const(length) ? spirv_constant(w, length) : spirv_spec(w, length->inst->spec);
    uint32_t element = spirv_type(w, type->element);
    uint32_t array = spirv_fresh(w), pointer = spirv_fresh(w);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypeArray, array, element, count);
    EMIT(w, SPIRV_GLOBALS, SpvOpTypePointer, pointer, SpvStorageClassWorkgroup, array);
    return pointer;
}

void spirv_declare_shared(SpirvWriter *w) {
    for (uint32_t i = 0; i < w->shared.count; i++) {
        const IrInst *inst = w->shared.items[i];
        IrValue *root = inst->results[0];
        uint32_t pointer = shared_pointer(w, inst), id = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpVariable, pointer, id, SpvStorageClassWorkgroup);
        root->mark = id;
        spirv_local_name(w, root);
        VEC_PUSH(w->module->arena, &w->interface, id);
    }
}

/* ---- built-in values ---- */

static bool has_spec_side(const IrFunction *kernel) {
    return kernel->workgroup_spec[0] != NULL || kernel->workgroup_spec[1] != NULL ||
           kernel->workgroup_spec[2] != NULL;
}

static void workgroup_sides(SpirvWriter *w, uint32_t *ids) {
    const IrFunction *kernel = w->kernel->kernel;
    for (int i = 0; i < 3; i++) {
        ids[i] = kernel->workgroup_spec[i] != NULL
                     ? spirv_spec(w, kernel->workgroup_spec[i])
                     : spirv_splat(w, ir_scalar(IR_U32), kernel->workgroup[i]);
    }
}

/* The workgroup's size is known when the kernel is compiled, or when it is created: a constant, no variable. */
static uint32_t group_size(SpirvWriter *w) {
    const IrFunction *kernel = w->kernel->kernel;
    const IrType *type = ir_vector(IR_U32, 3);
    if (!has_spec_side(kernel)) {
        const uint32_t *size = kernel->workgroup;
        uint64_t lanes[3] = {size[0], size[1], size[2]};
        return spirv_constant(w, ir_const(w->module, type, lanes));
    }
    if (w->group_size == 0) {
        uint32_t sides[3];
        workgroup_sides(w, sides);
        uint32_t type_id = spirv_type(w, type);
        w->group_size = spirv_fresh(w);
        EMIT(w, SPIRV_GLOBALS, SpvOpSpecConstantComposite, type_id, w->group_size, sides[0],
             sides[1], sides[2]);
    }
    return w->group_size;
}

uint32_t spirv_load_builtin(SpirvWriter *w, IrBuiltin builtin) {
    static const struct {
        SpvBuiltIn builtin;
        SpvCapability needs;
    } rows[IR_BUILTIN_COUNT] = {
        [IR_BUILTIN_GLOBAL_ID] = {SpvBuiltInGlobalInvocationId, SpvCapabilityShader},
        [IR_BUILTIN_LOCAL_ID] = {SpvBuiltInLocalInvocationId, SpvCapabilityShader},
        [IR_BUILTIN_GROUP_ID] = {SpvBuiltInWorkgroupId, SpvCapabilityShader},
        [IR_BUILTIN_GROUP_COUNT] = {SpvBuiltInNumWorkgroups, SpvCapabilityShader},
        [IR_BUILTIN_LOCAL_INDEX] = {SpvBuiltInLocalInvocationIndex, SpvCapabilityShader},
        [IR_BUILTIN_LANE] = {SpvBuiltInSubgroupLocalInvocationId, SpvCapabilityGroupNonUniform},
        [IR_BUILTIN_LANE_COUNT] = {SpvBuiltInSubgroupSize, SpvCapabilityGroupNonUniform},
        [IR_BUILTIN_SUBGROUP_INDEX] = {SpvBuiltInSubgroupId, SpvCapabilityGroupNonUniform},
        [IR_BUILTIN_SUBGROUP_COUNT] = {SpvBuiltInNumSubgroups, SpvCapabilityGroupNonUniform},
    };
    if (builtin == IR_BUILTIN_GROUP_SIZE) {
        return group_size(w);
    }
    const IrType *type = ir_vector(IR_U32, ir_builtins[builtin].lanes);
    uint32_t *id = &w->builtins[builtin];
    if (*id == 0) {
        uint32_t pointer = spirv_pointer(w, SPIRV_INPUT, type);
        *id = spirv_fresh(w);
        spirv_capability(w, rows[builtin].needs);
        EMIT(w, SPIRV_GLOBALS, SpvOpVariable, pointer, *id, SpvStorageClassInput);
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, *id, SpvDecorationBuiltIn, rows[builtin].builtin);
        spirv_name(w, *id, ir_builtins[builtin].text, strlen(ir_builtins[builtin].text));
    }
    w->uses_builtin[builtin] = true;
    return RESULT(w, SpvOpLoad, type, *id);
}

/* ---- the entry point ---- */

/* Newer than some headers. */
enum { MAXIMALLY_RECONVERGES = 6023 };

/* Where the device promises it, what a kernel does together is done together as its source reads. */
static void reconvergence(SpirvWriter *w, uint32_t function) {
    if (w->options->reconvergence) {
        w->needs |= SPIRV_RECONVERGENCE;
        spirv_extension(w, "SPV_KHR_maximal_reconvergence");
        EMIT(w, SPIRV_EXECUTION_MODES, SpvOpExecutionMode, function, MAXIMALLY_RECONVERGES);
    }
}

/* Before Vulkan 1.3, sides that are specialization constants are those of the constant with the decoration WorkgroupSize,
 * which overrules LocalSize for all entry points of the module: spirv_check saw to it that they agree. */
static void workgroup_size(SpirvWriter *w, uint32_t function) {
    const IrFunction *kernel = w->kernel->kernel;
    bool is_spec = has_spec_side(kernel);
    if (is_spec && w->options->target >= SPIRV_VULKAN_1_3) {
        uint32_t sides[3];
        workgroup_sides(w, sides);
        EMIT(w, SPIRV_EXECUTION_MODES, SpvOpExecutionModeId, function, SpvExecutionModeLocalSizeId,
             sides[0], sides[1], sides[2]);
        return;
    }
    EMIT(w, SPIRV_EXECUTION_MODES, SpvOpExecutionMode, function, SpvExecutionModeLocalSize,
         kernel->workgroup[0], kernel->workgroup[1], kernel->workgroup[2]);
    if (is_spec && !w->has_workgroup_size) {
        uint32_t size = group_size(w);
        EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, size, SpvDecorationBuiltIn,
             SpvBuiltInWorkgroupSize);
        w->has_workgroup_size = true;
    }
}

void spirv_entry_point(SpirvWriter *w, uint32_t function) {
    const IrFunction *kernel = w->kernel->kernel;
    uint32_t begin = spirv_begin(w, SPIRV_ENTRY_POINTS, SpvOpEntryPoint);
    spirv_word(w, SPIRV_ENTRY_POINTS, SpvExecutionModelGLCompute);
    spirv_word(w, SPIRV_ENTRY_POINTS, function);
    spirv_string(w, SPIRV_ENTRY_POINTS, kernel->name->text, kernel->name->length);
    /* Before SPIR-V 1.4 only inputs and outputs are listed. */
    for (uint32_t i = 0; w->options->target != SPIRV_VULKAN_1_1 && i < w->interface.count; i++) {
        spirv_word(w, SPIRV_ENTRY_POINTS, w->interface.items[i]);
    }
    for (int i = 0; i < IR_BUILTIN_COUNT; i++) {
        if (w->uses_builtin[i]) {
            spirv_word(w, SPIRV_ENTRY_POINTS, w->builtins[i]);
        }
    }
    spirv_end(w, SPIRV_ENTRY_POINTS, begin);
    workgroup_size(w, function);
    reconvergence(w, function);
    spirv_name(w, function, kernel->name->text, kernel->name->length);
}
