/* What Vulkan SPIR-V cannot express, reported before anything is written. See spirv.h. */
#include "backend-spirv/spirv.h"

static const char target[] = "Vulkan SPIR-V";

/* GLSL.std.450 has these for 16 and 32 bits only. */
static bool is_transcendental(IrOp op) {
    switch (op) {
    case OP_EXP:
    case OP_EXP2:
    case OP_LOG:
    case OP_LOG2:
    case OP_SIN:
    case OP_COS:
    case OP_TAN:
    case OP_ASIN:
    case OP_ACOS:
    case OP_ATAN:
    case OP_SINH:
    case OP_COSH:
    case OP_TANH:
    case OP_POW:
    case OP_ATAN2:
        return true;
    default:
        return false;
    }
}

/* An instruction has room for so many operands, and a struct for so many members (specification, 2.17 "Universal
 * Limits"). */
enum { MAX_PARTS = UINT16_MAX - 3, MAX_MEMBERS = 16383 };

/* Whether a value of the type, or a part of it, cannot be put together. */
static bool is_too_wide(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return type->count > MAX_PARTS || is_too_wide(type->element);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (is_too_wide(type->fields[i].type)) {
            return true;
        }
    }
    return false;
}

static bool is_zero(const IrValue *constant) {
    uint32_t i = 0;
    while (i < constant->type->words && constant->bits[i] == 0) {
        i++;
    }
    return i == constant->type->words;
}

static void lacks(const IrModule *module, Pos pos, const char *what, const IrType *type) {
    diag_report(module->diags, (Span){pos, pos}, D(TARGET_LACKS), what,
                ir_type_text(module->arena, type), target);
}

static void check_sizes(const IrModule *module, const IrInst *inst) {
    if (inst->op == OP_CONSTRUCT && inst->operand_count > MAX_PARTS) {
        lacks(module, inst->pos, "construct", inst->results[0]->type);
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrValue *value = ir_resolve(inst->operands[i]);
        if (ir_is_const(value) && is_too_wide(value->type) && !is_zero(value)) {
            lacks(module, inst->pos, "constant", value->type);
        }
    }
}

static void check_types(const IrModule *module) {
    for (const IrType *type = module->types; type != NULL; type = type->next) {
        if (type->kind == IR_TYPE_FORM && type->count > MAX_MEMBERS) {
            lacks(module, 0, "form", type);
        }
    }
}

static void check(IrInst *inst, void *data) {
    const IrModule *module = data;
    check_sizes(module, inst);
    if (is_transcendental(inst->op) && inst->results[0]->type->scalar == IR_F64) {
        diag_report(module->diags, (Span){inst->pos, inst->pos}, D(TARGET_LACKS),
                    ir_ops[inst->op].text, ir_type_text(module->arena, inst->results[0]->type),
                    target);
    }
}

static bool same_workgroup(const IrFunction *a, const IrFunction *b) {
    return memcmp(a->workgroup, b->workgroup, sizeof a->workgroup) == 0 &&
           memcmp(a->workgroup_spec, b->workgroup_spec, sizeof a->workgroup_spec) == 0;
}

static bool has_spec_side(const IrFunction *f) {
    return f->workgroup_spec[0] != NULL || f->workgroup_spec[1] != NULL ||
           f->workgroup_spec[2] != NULL;
}

/* Before Vulkan 1.3 a module has one workgroup size that may be set. */
static void check_workgroups(const IrModule *module) {
    const IrFunction *first = NULL;
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            continue;
        }
        first = first == NULL ? f : first;
        if (!same_workgroup(first, f) && (has_spec_side(first) || has_spec_side(f))) {
            diag_report(module->diags, (Span){f->pos, f->pos}, D(TARGET_LACKS), "workgroup",
                        f->name->text, "a module before Vulkan 1.3, beside another kernel's");
        }
    }
}

bool spirv_check(const IrModule *module, SpirvTarget target_version) {
    unsigned errors = module->diags->errors;
    check_types(module);
    if (target_version < SPIRV_VULKAN_1_3) {
        check_workgroups(module);
    }
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        for (uint32_t i = 0; i < f->param_count; i++) {
            if (is_too_wide(f->params[i]->type)) {
                lacks(module, f->pos, "value parameter", f->params[i]->type);
            }
        }
        ir_walk(&f->body, check, (void *)module);
    }
    return module->diags->errors == errors;
}
