/* See clone.h. */
#include "ir/clone.h"

static uint32_t number_region(IrRegion *region, uint32_t next) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        region->params[i]->mark = next++;
    }
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        for (uint32_t i = 0; i < inst->result_count; i++) {
            inst->results[i]->mark = next++;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            next = number_region(&inst->regions[i], next);
        }
    }
    return next;
}

uint32_t ir_number_values(IrFunction *function) {
    for (uint32_t i = 0; i < function->param_count; i++) {
        function->params[i]->mark = i;
    }
    return number_region(&function->body, function->param_count);
}

static IrInst *clone_inst(IrModule *module, const IrInst *inst, IrValue **map) {
    IrInst *copy =
        ir_inst_new(module, inst->op, inst->operand_count, inst->result_count, inst->region_count);
    const IrInst made = *copy;
    *copy = *inst; /* with flags, position and immediates */
    copy->region = NULL;
    copy->previous = copy->next = NULL;
    copy->operands = made.operands;
    copy->results = made.results;
    copy->regions = made.regions;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *operand = inst->operands[i];
        copy->operands[i] = ir_is_const(operand) ? operand : map[operand->mark];
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        IrValue *result = ir_result_new(module, copy, i, inst->results[i]->type);
        result->name = inst->results[i]->name;
        map[inst->results[i]->mark] = result;
    }
    return copy;
}

void ir_clone(IrBuilder *b, const IrInst *first, const IrInst *end, IrValue **map) {
    for (const IrInst *inst = first; inst != end; inst = inst->next) {
        IrInst *copy = clone_inst(b->module, inst, map);
        ir_insert(b, copy); /* first: it says which function the regions belong to */
        for (uint32_t i = 0; i < inst->region_count; i++) {
            const IrRegion *from = &inst->regions[i];
            IrRegion *to = &copy->regions[i];
            to->param_count = from->param_count;
            to->params = NEW_ARRAY(b->module->arena, IrValue *, from->param_count);
            for (uint32_t k = 0; k < from->param_count; k++) {
                IrValue *param = ir_region_param_new(b->module, to, k, from->params[k]->type);
                param->name = from->params[k]->name;
                map[from->params[k]->mark] = param;
            }
            IrBuilder inside = ir_at_end(b->module, to);
            ir_clone(&inside, from->first, NULL, map);
        }
    }
}
