/* split_values: an array or form that control flow hands over is handed over part by part.
 *
 * Results of `if` and `loop` and parameters of loops become their scalars and vectors: taken out before they are
 * handed over, put together again behind. Then opt_fold sees through, and opt_dce throws away the parts that nothing
 * uses, with the loads behind them. What has many parts stays.
 *
 * Before: mem2reg and lower_bounds make such values. After: opt_fold, for most of what is put together here.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

enum { MOST_LEAVES = 32 };

typedef struct {
    IrModule *module;
    bool changed;
} Splitter;

/* Scalars and vectors in all; stops counting behind MOST_LEAVES. */
static uint32_t count_leaves(const IrType *type) {
    if (!ir_is_composite(type)) {
        return 1;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->count && count <= MOST_LEAVES; i++) {
        count += count_leaves(ir_part_type(type, i));
    }
    return count;
}

static bool is_split(const IrType *type) {
    return ir_is_composite(type) && count_leaves(type) <= MOST_LEAVES;
}

static uint32_t count_split(uint32_t count, IrValue *const *values) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += is_split(values[i]->type) ? count_leaves(values[i]->type) : 1;
    }
    return total;
}

static bool any_split(uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        if (is_split(values[i]->type)) {
            return true;
        }
    }
    return false;
}

/* ---- what is handed over ---- */

static void take_apart(IrBuilder *b, IrValue *value, IrValue **leaves, uint32_t *count) {
    if (!ir_is_composite(value->type)) {
        leaves[(*count)++] = value;
        return;
    }
    for (uint32_t i = 0; i < value->type->count; i++) {
        take_apart(b, ir_extract(b, value, i), leaves, count);
    }
}

static void split_operands(Splitter *s, IrInst *inst) {
    if (!any_split(inst->operand_count, inst->operands)) {
        return;
    }
    IrBuilder b = ir_before(s->module, inst);
    uint32_t total = count_split(inst->operand_count, inst->operands), n = 0;
    IrValue **operands = NEW_ARRAY(s->module->arena, IrValue *, total);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (is_split(inst->operands[i]->type)) {
            take_apart(&b, inst->operands[i], operands, &n);
        } else {
            operands[n++] = inst->operands[i];
        }
    }
    inst->operands = operands;
    inst->operand_count = total;
    s->changed = true;
}

/* ---- where it arrives ---- */

/* New results of an instruction, or parameters of a region, one after another. */
typedef struct {
    IrModule *module;
    IrInst *inst;
    IrRegion *region; /* NULL: results */
    uint32_t count;
} Arrivals;

static IrValue *arrive(Arrivals *a, const IrType *type) {
    uint32_t index = a->count++;
    return a->region != NULL ? ir_region_param_new(a->module, a->region, index, type)
                             : ir_result_new(a->module, a->inst, index, type);
}

static IrValue *put_together(IrBuilder *b, Arrivals *a, const IrType *type) {
    if (!ir_is_composite(type)) {
        return arrive(a, type);
    }
    IrValue *parts[MOST_LEAVES];
    for (uint32_t i = 0; i < type->count; i++) {
        parts[i] = put_together(b, a, ir_part_type(type, i));
    }
    return ir_emit(b, OP_CONSTRUCT, type, type->count, parts)->results[0];
}

/* `b` stands where all of the values are first seen. */
static void split_arrivals(Splitter *s, IrBuilder *b, Arrivals *a, uint32_t *count,
                           IrValue ***values) {
    uint32_t old_count = *count;
    IrValue **old = *values;
    if (!any_split(old_count, old)) {
        return;
    }
    *count = count_split(old_count, old);
    *values = NEW_ARRAY(s->module->arena, IrValue *, *count);
    for (uint32_t i = 0; i < old_count; i++) {
        if (is_split(old[i]->type)) {
            IrValue *whole = put_together(b, a, old[i]->type);
            whole->name = old[i]->name;
            ir_replace(old[i], whole);
        } else {
            old[i]->index = a->count;
            (*values)[a->count++] = old[i];
        }
    }
    s->changed = true;
}

static void visit(IrInst *inst, void *data) {
    Splitter *s = data;
    switch (inst->op) {
    case OP_YIELD:
    case OP_BREAK:
    case OP_CONTINUE:
    case OP_NEXT:
    case OP_LOOP:
        split_operands(s, inst);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        IrRegion *region = &inst->regions[i];
        IrBuilder top = {s->module, region, region->first, inst->pos, 0};
        Arrivals params = {s->module, inst, region, 0};
        split_arrivals(s, &top, &params, &region->param_count, &region->params);
    }
    IrBuilder after = {s->module, inst->region, inst->next, inst->pos, 0};
    Arrivals results = {s->module, inst, NULL, 0};
    if (inst->region_count > 0) {
        split_arrivals(s, &after, &results, &inst->result_count, &inst->results);
    }
}

static bool run(IrModule *module) {
    Splitter s = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, visit, &s);
        if (s.changed) {
            ir_resolve_all(function);
        }
    }
    return s.changed;
}

IR_PASS(split_values, run);
