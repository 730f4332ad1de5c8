/* The Vulkan SPIR-V writer: a module, its kernels one after another, and the sections joined.
 *
 * Needs a lowered module (ir_verify_lowered): procs were inlined, and ops whose hardware behaviour has holes are `.raw`.
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

/* Before the code of a kernel: which value parameters it reads, and which locals it has. */
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

static void write_kernel(SpirvWriter *w, IrFunction *function) {
    w->kernel = ir_reflect(w->module->arena, function);
    w->interface.count = w->locals.count = w->shared.count = 0;
    memset(w->uses_builtin, 0, sizeof w->uses_builtin);
    w->parts_used = NEW_ARRAY(w->module->arena, bool *, function->param_count);
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        function->params[i]->mark = 0;
        if (ir_is_composite(type)) {
            w->parts_used[i] = NEW_ARRAY(w->module->arena, bool, type->count);
        }
    }
    ir_walk(&function->body, note_uses, w);
    w->group_size = 0;
    spirv_declare_params(w);
    spirv_declare_shared(w);

    uint32_t nothing = spirv_type(w, &ir_void), type = spirv_entry_type(w);
    uint32_t id = spirv_fresh(w), label = spirv_fresh(w);
    EMIT(w, SPIRV_CODE, SpvOpFunction, nothing, id, SpvFunctionControlMaskNone, type);
    spirv_open_block(w, label);
    declare_locals(w);
    spirv_load_values(w);
    spirv_region(w, &function->body);
    spirv_emit(w, SPIRV_CODE, SpvOpFunctionEnd, 0, NULL);
    spirv_entry_point(w, id);
    spirv_check_size(w);
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
    return (SpirvBinary){words, count};
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
    spirv_capability(&w, SpvCapabilityShader);
    EMIT(&w, SPIRV_MEMORY_MODEL, SpvOpMemoryModel, SpvAddressingModelLogical,
         SpvMemoryModelGLSL450);
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        write_kernel(&w, function);
    }
    return join_sections(&w);
}
