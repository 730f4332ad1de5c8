/* The builder: shorthands that make instructions. See ir.h. */
#include "ir/base/fatal.h"
#include "ir/ir.h"

IrBuilder ir_at_end(IrModule *module, IrRegion *region) {
    return (IrBuilder){.module = module, .region = region};
}

IrBuilder ir_before(IrModule *module, IrInst *inst) {
    return (IrBuilder){.module = module,
                       .region = inst->region,
                       .before = inst,
                       .pos = inst->pos,
                       .float_flags = inst->flags & (IR_PRECISE | IR_FAST)};
}

IrInst *ir_emit(IrBuilder *b, IrOp op, const IrType *result, uint32_t operand_count,
                IrValue *const *operands) {
    IrInst *inst = ir_inst_new(b->module, op, operand_count, result != NULL, 0);
    inst->pos = b->pos;
    for (uint32_t i = 0; i < operand_count; i++) {
        inst->operands[i] = operands[i];
    }
    if (result != NULL) {
        ir_result_new(b->module, inst, 0, result);
    }
    if (result != NULL && ir_takes_float_flags(op, result)) {
        inst->flags |= b->float_flags;
    }
    ir_insert(b, inst);
    return inst;
}

IrValue *ir_unary(IrBuilder *b, IrOp op, IrValue *a) {
    return ir_emit(b, op, a->type, 1, &a)->results[0];
}

IrValue *ir_binary(IrBuilder *b, IrOp op, IrValue *a, IrValue *c) {
    IrRule rule = (IrRule)ir_ops[op].rule;
    bool compares = rule == RULE_COMPARE || rule == RULE_COMPARE_ANY;
    const IrType *type = compares ? ir_bool_like(a->type) : a->type;
    return ir_emit(b, op, type, 2, (IrValue *[]){a, c})->results[0];
}

IrValue *ir_select(IrBuilder *b, IrValue *condition, IrValue *yes, IrValue *no) {
    condition = ir_splat(b, ir_bool_like(yes->type), condition);
    return ir_emit(b, OP_SELECT, yes->type, 3, (IrValue *[]){condition, yes, no})->results[0];
}

IrValue *ir_convert(IrBuilder *b, IrOp op, const IrType *type, IrValue *a) {
    return a->type == type ? a : ir_emit(b, op, type, 1, &a)->results[0];
}

IrValue *ir_splat(IrBuilder *b, const IrType *type, IrValue *scalar) {
    if (scalar->type == type) {
        return scalar;
    }
    REQUIRE(scalar->type == ir_lane_type(type));
    if (ir_is_const(scalar)) {
        return ir_const_splat(b->module, type, scalar->bits[0]);
    }
    IrValue *lanes[IR_MAX_LANES] = {scalar, scalar, scalar, scalar};
    return ir_emit(b, OP_CONSTRUCT, type, type->lanes, lanes)->results[0];
}

IrValue *ir_extract(IrBuilder *b, IrValue *vector, uint32_t index) {
    IrInst *inst = ir_emit(b, OP_EXTRACT, ir_part_type(vector->type, index), 1, &vector);
    inst->index = index;
    return inst->results[0];
}

IrValue *ir_builtin(IrBuilder *b, IrBuiltin which) {
    IrInst *inst = ir_emit(b, OP_BUILTIN, ir_vector(IR_U32, ir_builtins[which].lanes), 0, NULL);
    inst->builtin = which;
    return inst->results[0];
}

IrValue *ir_var(IrBuilder *b, const IrType *element, Name name) {
    const IrType *type = ir_root_type(b->module, IR_TYPE_VAR, element);
    IrValue *root = ir_emit(b, OP_VAR, type, 0, NULL)->results[0];
    root->name = name;
    return root;
}

IrValue *ir_shared(IrBuilder *b, const IrType *element, Name name, bool uninitialized,
                   IrValue *length) {
    const IrType *type = ir_root_type(b->module, IR_TYPE_SHARED, element);
    IrInst *inst = ir_emit(b, OP_SHARED, type, length != NULL, &length);
    inst->uninitialized = uninitialized;
    inst->results[0]->name = name;
    return inst->results[0];
}

IrValue *ir_spec(IrBuilder *b, const IrSpec *spec) {
    IrInst *inst = ir_emit(b, OP_SPEC, spec->type, 0, NULL);
    inst->spec = spec;
    inst->results[0]->name = spec->name;
    return inst->results[0];
}

IrInst *ir_access(IrBuilder *b, IrOp op, const IrType *result, uint32_t value_count,
                  IrValue *const *values, IrValue *root, uint32_t index_count,
                  IrValue *const *indices) {
    IrInst *inst = ir_inst_new(b->module, op, value_count + 1 + index_count, result != NULL, 0);
    inst->pos = b->pos;
    for (uint32_t i = 0; i < value_count; i++) {
        inst->operands[i] = values[i];
    }
    inst->operands[value_count] = root;
    for (uint32_t i = 0; i < index_count; i++) {
        inst->operands[value_count + 1 + i] = indices[i];
    }
    REQUIRE(ir_place_start(inst) == value_count &&
            ir_place_type(root->type, index_count, indices) != NULL);
    if (result != NULL) {
        ir_result_new(b->module, inst, 0, result);
    }
    ir_insert(b, inst);
    return inst;
}

IrValue *ir_load(IrBuilder *b, IrValue *root, uint32_t index_count, IrValue *const *indices) {
    const IrType *type = ir_place_type(root->type, index_count, indices);
    return ir_access(b, OP_LOAD, type, 0, NULL, root, index_count, indices)->results[0];
}

IrInst *ir_store(IrBuilder *b, IrValue *value, IrValue *root, uint32_t index_count,
                 IrValue *const *indices) {
    REQUIRE(ir_place_type(root->type, index_count, indices) == value->type);
    return ir_access(b, OP_STORE, NULL, 1, &value, root, index_count, indices);
}

IrInst *ir_if(IrBuilder *b, IrValue *condition, uint32_t result_count,
              const IrType *const *result_types) {
    IrInst *inst = ir_inst_new(b->module, OP_IF, 1, result_count, 2);
    inst->pos = b->pos;
    inst->operands[0] = condition;
    for (uint32_t i = 0; i < result_count; i++) {
        ir_result_new(b->module, inst, i, result_types[i]);
    }
    ir_insert(b, inst);
    return inst;
}

static void add_params(IrModule *module, IrRegion *region, uint32_t count) {
    region->param_count = count;
    if (count > 0) {
        region->params = NEW_ARRAY(module->arena, IrValue *, count);
    }
}

IrInst *ir_loop(IrBuilder *b, uint32_t param_count, IrValue *const *initial, uint32_t carried_count,
                const IrType *const *carried, uint32_t result_count,
                const IrType *const *result_types) {
    IrInst *inst = ir_inst_new(b->module, OP_LOOP, param_count, result_count, 2);
    inst->pos = b->pos;
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    add_params(b->module, body, param_count);
    for (uint32_t i = 0; i < param_count; i++) {
        inst->operands[i] = initial[i];
        ir_region_param_new(b->module, body, i, initial[i]->type);
    }
    add_params(b->module, more, carried_count);
    for (uint32_t i = 0; i < carried_count; i++) {
        ir_region_param_new(b->module, more, i, carried[i]);
    }
    for (uint32_t i = 0; i < result_count; i++) {
        ir_result_new(b->module, inst, i, result_types[i]);
    }
    ir_insert(b, inst);
    return inst;
}

IrInst *ir_end(IrBuilder *b, IrOp terminator, uint32_t operand_count, IrValue *const *operands) {
    REQUIRE(ir_has(terminator, IR_TERM));
    return ir_emit(b, terminator, NULL, operand_count, operands);
}
