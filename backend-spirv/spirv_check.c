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

static void check(IrInst *inst, void *data) {
    const IrModule *module = data;
    if (is_transcendental(inst->op) && inst->results[0]->type->scalar == IR_F64) {
        diag_report(module->diags, (Span){inst->pos, inst->pos}, D(TARGET_LACKS),
                    ir_ops[inst->op].text, ir_type_text(module->arena, inst->results[0]->type),
                    target);
    }
}

bool spirv_check(const IrModule *module) {
    unsigned errors = module->diags->errors;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        ir_walk(&f->body, check, (void *)module);
    }
    return module->diags->errors == errors;
}
