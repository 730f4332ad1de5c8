/* The Vulkan SPIR-V writer: a module, its procs and kernels one after another, and the sections joined.
 *
 * Needs a lowered module (ir_verify_lowered): procs were inlined or take values alone, and ops whose hardware behaviour has holes are `.raw`.
 * What is written decides nothing: it is the IR, instruction by instruction (spirv_ops.def), with its regions as
 * structured control flow (spirv_control.c). Time and space are linear in the module.
 */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

enum {
    GENERATOR = 1
}; /* tool 0 (not registered) in the high half, version of this writer in the low one */

static const uint32_t versions[] = {
    [SPIRV_VULKAN_1_1] = 0x00010300,
    [SPIRV_VULKAN_1_2] = 0x00010500,
    [SPIRV_VULKAN_1_3] = 0x00010600,
};

/* Of a composite parameter: the part that is extracted, or all. */
static void note_parts(SpirvWriter *w, const IrInst *inst, const IrValue *param) {
    bool *used = w->parts_used[param->index];
    for (uint32_t i = 0; used != NULL && i < param->type->count; i++) {
        used[i] |= inst->op != OP_EXTRACT || inst->index == i;
    }
}

/* Before the code of a function: which value parameters it reads, and which locals it has. */
static void note_uses(IrInst *inst, void *data) {
    SpirvWriter *w = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *operand = ir_resolve(inst->operands[i]);
        if (operand->kind == IR_VALUE_PARAM && ir_is_data(operand->type)) {
            operand->mark = 1;
            note_parts(w, inst, operand);
        }
    }
    if (inst->op == OP_VAR) {
        VEC_PUSH(w->module->arena, &w->locals, inst);
    } else if (inst->op == OP_SHARED) {
        VEC_PUSH(w->module->arena, &w->shared, inst);
    }
}

static void declare_locals(SpirvWriter *w) {
    for (uint32_t i = 0; i < w->locals.count; i++) {
        IrValue *root = w->locals.items[i]->results[0];
        uint32_t pointer = spirv_pointer(w, SPIRV_FUNCTION, root->type->element);
        root->mark = spirv_fresh(w);
        EMIT(w, SPIRV_CODE, SpvOpVariable, pointer, root->mark, SpvStorageClassFunction);
        spirv_local_name(w, root);
    }
}

/* What is known of a function before its code is written. */
static void begin_function(SpirvWriter *w, IrFunction *function) {
    w->function = function;
    w->kernel = function->is_kernel ? ir_reflect(w->module->arena, function) : NULL;
    w->interface.count = w->locals.count = w->shared.count = 0;
    w->group_size = 0;
    w->calls = false;
    w->buffers_meet = spirv_buffers_meet(function, w->kernel);
    memset(w->uses_builtin, 0, sizeof w->uses_builtin);
    w->parts_used = NEW_ARRAY(w->module->arena, bool *, function->param_count);
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        function->params[i]->mark = 0;
        if (function->is_kernel && ir_is_composite(type)) {
            w->parts_used[i] = NEW_ARRAY(w->module->arena, bool, type->count);
        }
    }
    ir_walk(&function->body, note_uses, w);
}

static void write_kernel(SpirvWriter *w, IrFunction *function) {
    begin_function(w, function);
    spirv_declare_params(w);
    spirv_declare_shared(w);

    uint32_t nothing = spirv_type(w, &ir_void), type = spirv_function_type(w, function);
    uint32_t id = spirv_fresh(w), label = spirv_fresh(w);
    EMIT(w, SPIRV_CODE, SpvOpFunction, nothing, id, SpvFunctionControlMaskNone, type);
    spirv_open_block(w, label);
    declare_locals(w);
    spirv_load_values(w);
    spirv_region(w, &function->body);
    spirv_emit(w, SPIRV_CODE, SpvOpFunctionEnd, 0, NULL);
    for (int i = 0; w->calls && i < IR_BUILTIN_COUNT;
         i++) { /* perhaps more than its own procs use */
        w->uses_builtin[i] |= w->procs_use_builtin[i];
    }
    spirv_entry_point(w, id);
    spirv_check_size(w);
}

/* Its id is known to all before any code is written. */
static void write_proc(SpirvWriter *w, IrFunction *function) {
    begin_function(w, function);
    uint32_t result = spirv_type(w, function->result), type = spirv_function_type(w, function);
    EMIT(w, SPIRV_CODE, SpvOpFunction, result, function->mark, SpvFunctionControlDontInlineMask,
         type);
    spirv_name(w, function->mark, function->name->text, function->name->length);
    for (uint32_t i = 0; i < function->param_count; i++) {
        IrValue *param = function->params[i];
        uint32_t param_type = spirv_type(w, param->type);
        param->mark = spirv_fresh(w);
        EMIT(w, SPIRV_CODE, SpvOpFunctionParameter, param_type, param->mark);
        spirv_local_name(w, param);
    }
    uint32_t label = spirv_fresh(w);
    spirv_open_block(w, label);
    declare_locals(w);
    spirv_region(w, &function->body);
    spirv_emit(w, SPIRV_CODE, SpvOpFunctionEnd, 0, NULL);
    for (int i = 0; i < IR_BUILTIN_COUNT; i++) {
        w->procs_use_builtin[i] |= w->uses_builtin[i];
    }
    spirv_check_size(w);
}

static void write_functions(SpirvWriter *w) {
    for (IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        f->mark = f->is_kernel ? 0 : spirv_fresh(w);
    }
    for (IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            write_proc(w, f);
        }
    }
    for (IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (f->is_kernel) {
            write_kernel(w, f);
        }
    }
}

static SpirvBinary join_sections(const SpirvWriter *w) {
    enum { HEADER_WORDS = 5 };
    size_t count = HEADER_WORDS;
    for (int i = 0; i < SPIRV_SECTION_COUNT; i++) {
        count += w->sections[i].count;
    }
    uint32_t *words = NEW_ARRAY(w->module->arena, uint32_t, count);
    words[0] = SpvMagicNumber;
    words[1] = versions[w->options->target];
    words[2] = GENERATOR;
    words[3] = w->bound;
    size_t at = HEADER_WORDS;
    for (int i = 0; i < SPIRV_SECTION_COUNT; i++) {
        const SpirvWords *section = &w->sections[i];
        if (section->count > 0) {
            memcpy(words + at, section->items, section->count * sizeof *words);
        }
        at += section->count;
    }
    return (SpirvBinary){words, count, w->needs};
}

SpirvBinary spirv_write(IrModule *module, const SpirvOptions *options) {
    fatal_context("SPIR-V writer");
    for (uint32_t i = 0; i < module->constant_capacity; i++) {
        for (IrValue *value = module->constants[i]; value != NULL; value = value->next) {
            value->mark = 0;
        }
    }
    for (IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        spec->mark = 0;
    }
    SpirvWriter w = {.module = module, .options = options, .bound = 1};
    if (options->for_msl) {
        namer_init(&w.namer, module->arena, TEXT_MSL);
    }
    spirv_capability(&w, SpvCapabilityShader);
    EMIT(&w, SPIRV_MEMORY_MODEL, SpvOpMemoryModel, SpvAddressingModelLogical,
         SpvMemoryModelGLSL450);
    write_functions(&w);
    return join_sections(&w);
}
