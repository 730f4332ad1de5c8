/* What a module needs of an OpenCL device, by the runtime's names of features. */
#include "backend-opencl/opencl.h"

typedef struct {
    bool f16, f64, atomics64;
} Needs;

static void need_type(Needs *needs, const IrType *type) {
    if (type->kind == IR_TYPE_FORM) {
        for (uint32_t i = 0; i < type->count; i++) {
            need_type(needs, type->fields[i].type);
        }
    } else if (type->kind == IR_TYPE_ARRAY || ir_is_root(type)) {
        need_type(needs, type->element);
    } else if (type->kind != IR_TYPE_VOID) {
        needs->f16 |= type->scalar == IR_F16;
        needs->f64 |= type->scalar == IR_F64;
    }
}

static void need_inst(IrInst *inst, void *data) {
    Needs *needs = data;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        need_type(needs, inst->results[i]->type);
    }
    if (ir_is_atomic_op(inst->op)) {
        uint32_t start = ir_place_start(inst);
        const IrType *there =
            ir_place_type(inst->operands[start]->type, inst->operand_count - start - 1,
                          inst->operands + start + 1);
        needs->atomics64 |= ir_bits(there) == 64;
    }
}

bool opencl_needs(const IrModule *module, const char *feature) {
    Needs needs = {0};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        for (uint32_t i = 0; i < f->param_count; i++) {
            need_type(&needs, f->params[i]->type);
        }
        ir_walk(&f->body, need_inst, &needs);
    }
    return (needs.f16 && strcmp(feature, "float16") == 0) ||
           (needs.f64 && strcmp(feature, "float64") == 0) ||
           (needs.atomics64 && strcmp(feature, "buffer_atomics_int64") == 0);
}
