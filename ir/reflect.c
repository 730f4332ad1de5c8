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

/* Lengths stand behind the values: those of buffers with elements that are smaller than so many bytes. */
static void put_lengths(ReflectKernel *kernel, uint32_t grain) {
    uint32_t block = 0, block_align = 4;
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (!param->is_buffer) {
            unsigned align = ir_align(param->type);
            block = param->offset + param->size;
            block_align = align > block_align ? align : block_align;
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        ReflectParam *param = &kernel->params[i];
        param->length_in_block = param->is_buffer && param->size < grain;
        if (param->length_in_block) {
            param->length_offset = round_up(block, 4);
            block = param->length_offset + 4;
        }
    }
    kernel->value_block_size = round_up(block, block_align);
    kernel->values_in_buffer = kernel->value_block_size > REFLECT_PUSH_CONSTANT_BYTES;
}

void ir_reflect_all_lengths(ReflectKernel *kernel) {
    put_lengths(kernel, UINT32_MAX);
}

ReflectKernel *ir_reflect(Arena *arena, const IrFunction *function) {
    ReflectKernel *kernel = NEW(arena, ReflectKernel);
    kernel->kernel = function;
    kernel->param_count = function->param_count;
    kernel->messages = function->messages;
    kernel->params = NEW_ARRAY(arena, ReflectParam, function->param_count);
    uint32_t block = 0;
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        ReflectParam *param = &kernel->params[i];
        param->name = function->params[i]->name;
        param->doc = function->param_docs[i];
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
        }
    }
    put_lengths(kernel, REFLECT_LENGTH_GRAIN);
    ir_walk((IrRegion *)&function->body, note_access, kernel);
    return kernel;
}

/* ---- shared memory ---- */

const IrSpec *ir_shared_length(const IrInst *inst) {
    const IrValue *length =
        inst->op == OP_SHARED && inst->operand_count > 0 ? ir_resolve(inst->operands[0]) : NULL;
    return length != NULL && !ir_is_const(length) ? length->inst->spec : NULL;
}

static uint64_t round_up_wide(uint64_t value, unsigned align) {
    return (value + align - 1) / align * align;
}

static unsigned shared_align(const IrType *type) {
    unsigned align = 1;
    if (type->kind == IR_TYPE_ARRAY) {
        return shared_align(type->element);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        unsigned field = shared_align(type->fields[i].type);
        align = field > align ? field : align;
    }
    return ir_is_composite(type) ? align
           : ir_is_bool(type)    ? (type->lanes == 3 ? 16 : 4 * type->lanes)
                                 : ir_align(type);
}

static uint64_t shared_size(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return type->count * round_up_wide(shared_size(type->element), shared_align(type->element));
    }
    uint64_t size = 0;
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        const IrType *field = type->fields[i].type;
        size = round_up_wide(size, shared_align(field)) + shared_size(field);
    }
    return ir_is_composite(type) ? round_up_wide(size, shared_align(type))
           : ir_is_bool(type)    ? (uint64_t)4 * type->lanes
                                 : ir_size(type);
}

static ReflectShared shared_variable(const IrInst *inst) {
    const IrType *type = inst->results[0]->type->element;
    const IrSpec *length = ir_shared_length(inst);
    uint64_t count = length != NULL ? type->count : 1;
    return (ReflectShared){
        .name = inst->results[0]->name,
        .align = shared_align(type),
        .element_bytes = shared_size(type) / count,
        .count = length != NULL ? length->bits : 1,
        .length = length,
    };
}

uint32_t ir_reflect_shared(Arena *arena, const IrFunction *kernel, ReflectShared **variables) {
    VEC(ReflectShared) found = {0};
    for (const IrInst *inst = kernel->body.first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_SHARED) {
            VEC_PUSH(arena, &found, shared_variable(inst));
        }
    }
    *variables = found.items;
    return found.count;
}

uint64_t ir_shared_bytes(const IrFunction *kernel, const IrSpecValues *values) {
    uint64_t bytes = 0;
    for (const IrInst *inst = kernel->body.first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_SHARED) {
            ReflectShared v = shared_variable(inst);
            uint64_t count = v.length != NULL ? ir_spec_bits(v.length, values) : v.count;
            bytes = round_up_wide(bytes, v.align) + v.element_bytes * count;
        }
    }
    return bytes;
}
