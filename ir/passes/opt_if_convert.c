/* opt_if_convert: an `if` whose arms are cheap becomes what both of them compute, and selections.
 *
 * The arms may hold pure ops alone, in the total form: those may be executed anywhere. A `.raw` op may rely on the
 * condition, a load costs more than a branch or is not safe. What it all costs, selections too, is counted by a small table;
 * a branch that goes both ways in a group of invocations costs that much itself.
 *
 * Inner `if`s come first, so that a cheap one does not keep the one around it. Before: opt_fold and opt_dce, so that what
 * stands in the arms is needed. After: selections with constants, for opt_fold.
 */
#include "ir/pass.h"

/* Some ten instructions: what a branch, its merge and the loss of what could run beside them come to. */
enum { MOST_COST = 10, MOST_RESULTS = 4 };

/* Roughly instructions on common hardware, with what the total form promises; 1 where nothing is said. */
static const uint8_t costs[OP_COUNT] = {
    [OP_DIV] = 12,   [OP_REM] = 16,         [OP_POPCOUNT] = 2,    [OP_CLZ] = 2,
    [OP_CTZ] = 2,    [OP_EXTRACT_BITS] = 4, [OP_INSERT_BITS] = 6, [OP_SHL] = 2,
    [OP_SHR] = 2,    [OP_CONVERT] = 2,      [OP_EXTRACT_AT] = 6,  [OP_INSERT_AT] = 6,
    [OP_SQRT] = 8,   [OP_RSQRT] = 6,        [OP_EXP] = 8,         [OP_EXP2] = 6,
    [OP_LOG] = 8,    [OP_LOG2] = 6,         [OP_SIN] = 12,        [OP_COS] = 12,
    [OP_TAN] = 20,   [OP_ASIN] = 20,        [OP_ACOS] = 20,       [OP_ATAN] = 20,
    [OP_SINH] = 20,  [OP_COSH] = 20,        [OP_TANH] = 20,       [OP_POW] = 16,
    [OP_ATAN2] = 20, [OP_DOT] = 4,          [OP_LEN] = 2,
};

/* More than MOST_COST when it is not to be had at all. */
static unsigned cost_of(const IrInst *inst) {
    const IrType *type = inst->result_count == 1 ? inst->results[0]->type : NULL;
    if (type == NULL || !ir_has(inst->op, IR_PURE) || (inst->flags & IR_RAW) != 0 ||
        !ir_is_value(type)) {
        return MOST_COST + 1;
    }
    unsigned cost = costs[inst->op] > 0 ? costs[inst->op] : 1;
    return ir_bits(type) == 64 ? cost * 2 : cost;
}

static bool is_cheap(const IrInst *inst) {
    if (inst->result_count > MOST_RESULTS) {
        return false;
    }
    unsigned cost = inst->result_count;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        if (!ir_is_value(inst->results[i]->type)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        const IrInst *last = inst->regions[i].last;
        for (const IrInst *at = inst->regions[i].first; at != last && cost <= MOST_COST;
             at = at->next) {
            cost += cost_of(at);
        }
        if (last->op != OP_YIELD || cost > MOST_COST) {
            return false;
        }
    }
    return true;
}

static void convert(IrModule *module, IrInst *inst) {
    IrBuilder b = ir_before(module, inst);
    const IrInst *yields[] = {inst->regions[IR_IF_TRUE].last, inst->regions[IR_IF_FALSE].last};
    for (uint32_t i = 0; i < inst->region_count; i++) {
        for (IrInst *at = inst->regions[i].first, *next; at != yields[i]; at = next) {
            next = at->next;
            ir_remove(at);
            ir_insert(&b, at);
        }
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        IrValue *yes = ir_resolve(yields[0]->operands[i]), *no = ir_resolve(yields[1]->operands[i]);
        IrValue *value = yes == no ? yes : ir_select(&b, ir_resolve(inst->operands[0]), yes, no);
        if (value->name == NULL && !ir_is_const(value)) {
            value->name = inst->results[i]->name;
        }
        ir_replace(inst->results[i], value);
    }
    ir_remove(inst);
}

typedef struct {
    IrModule *module;
    bool changed;
} Converter;

static void visit(IrInst *inst, void *data) {
    Converter *converter = data;
    if (inst->op == OP_IF && is_cheap(inst)) {
        convert(converter->module, inst);
        converter->changed = true;
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Converter converter = {.module = module};
        ir_walk(&function->body, visit, &converter);
        if (converter.changed) {
            ir_resolve_all(function);
            changed = true;
        }
    }
    return changed;
}

IR_PASS(opt_if_convert, run);
