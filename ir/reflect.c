/* See reflect.h. */
#include "ir/reflect.h"

static bool is_in_loop(const IrInst *inst) {
    const IrInst *owner = inst->region->owner;
    while (owner != NULL && owner->op != OP_LOOP) {
        owner = owner->region->owner;
    }
    return owner != NULL;
}

/* Instructions come in their order; only a loop goes back, so what a loop writes it may read. */
static void note_access(IrInst *inst, void *data) {
    ReflectKernel *kernel = data;
    if (!ir_has(inst->op, IR_PLACE)) {
        return;
    }
    const IrValue *root = ir_resolve(inst->operands[ir_place_start(inst)]);
    if (root->kind == IR_VALUE_PARAM) {
        ReflectParam *param = &kernel->params[root->index];
        unsigned access = (ir_has(inst->op, IR_READ) ? REFLECT_READ : 0u) |
                          (ir_has(inst->op, IR_WRITE) ? REFLECT_WRITE : 0u);
        param->rereads |= (access & REFLECT_READ) != 0 && (param->access & REFLECT_WRITE) != 0;
        param->access |= access;
        param->loop_access |= is_in_loop(inst) ? access : 0;
        param->rereads |= param->loop_access == (REFLECT_READ | REFLECT_WRITE);
    }
}

static uint32_t round_up(uint32_t value, uint32_t align) {
    return (value + align - 1) / align * align;
}

ReflectKernel *ir_reflect(Arena *arena, const IrFunction *function) {
    ReflectKernel *kernel = NEW(arena, ReflectKernel);
    kernel->kernel = function;
    kernel->param_count = function->param_count;
    kernel->params = NEW_ARRAY(arena, ReflectParam, function->param_count);
    uint32_t block = 0, block_align = 4;
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        ReflectParam *param = &kernel->params[i];
        param->name = function->params[i]->name;
        if (type->kind == IR_TYPE_BUFFER) {
            param->is_buffer = true;
            param->type = type->element;
            param->size = ir_stride(type->element);
            param->binding = kernel->buffer_count++;
        } else {
            param->type = type;
            param->size = ir_size(type);
            param->offset = round_up(block, ir_align(type));
            block = param->offset + param->size;
            block_align = ir_align(type) > block_align ? ir_align(type) : block_align;
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        ReflectParam *param = &kernel->params[i];
        if (param->is_buffer && param->size < REFLECT_LENGTH_GRAIN) {
            param->length_in_block = true;
            param->length_offset = round_up(block, 4);
            block = param->length_offset + 4;
        }
    }
    kernel->value_block_size = round_up(block, block_align);
    kernel->values_in_buffer = kernel->value_block_size > REFLECT_PUSH_CONSTANT_BYTES;
    ir_walk((IrRegion *)&function->body, note_access, kernel);
    return kernel;
}
