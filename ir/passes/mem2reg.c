/* mem2reg: locals that are only loaded and stored, whole or by lane, become values. Of arrays and forms, small ones
 * that are never touched by parts: split_vars made the others such, or locals of their own.
 *
 * One walk in order of execution keeps the value that each local has. An `if` gets a result for each local that is
 * stored inside it and lives outside; a loop gets a parameter of its body and of its continuing part, and a result.
 * Which those are is found first, bottom-up. What a region did to the values is undone at its end from a list of what
 * it changed, so nothing is copied at control flow: the work is that of the code read and of the code made.
 *
 * Before: anything; after inline_procs there is more to find, since a local that is handed to a call stays.
 * After: no other local is left; results and parameters that nothing uses are opt_dce's.
 */
#include "ir/pass.h"

typedef struct {
    IrInst *inst;
    bool stays;
    uint32_t depth;     /* of the region that it lives in */
    uint32_t construct; /* the last whose list it was put in, by number from 1 */
    IrValue *value;     /* that it has at this point of the walk */
} Local;

/* A control construct: the locals stored inside it that live outside, and where its values come from. */
typedef struct {
    uint32_t *stored, count;
    bool left;      /* by a `yield` or `break`: it gives results */
    bool continued; /* its continuing part is reached */
} Construct;

typedef struct {
    uint32_t local;
    IrValue *value;
} Undo;

typedef struct {
    IrModule *module;
    VEC(Local) locals;
    VEC(Construct) constructs; /* the first stands for none */
    VEC(uint32_t) stored;      /* of the constructs around the one that is surveyed */
    VEC(Undo) undo;
} Promoter;

/* The local whose root this is; NULL: none, or one that stays. */
static Local *local_of(Promoter *p, const IrValue *root) {
    if (root->kind != IR_VALUE_RESULT || root->inst->op != OP_VAR) {
        return NULL;
    }
    Local *local = &p->locals.items[root->inst->mark];
    return local->stays ? NULL : local;
}

/* ---- which locals, and where they change ---- */

/* Words of an array or form that becomes a value: many compilers take values apart into scalars. */
enum { MOST_WORDS = 64 };

static bool may_be_value(const IrType *type) {
    return ir_is_value(type) || type->words <= MOST_WORDS;
}

static void find_locals(Promoter *p, IrRegion *region, uint32_t depth) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_VAR) {
            inst->mark = p->locals.count;
            bool stays = !may_be_value(inst->results[0]->type->element);
            VEC_PUSH(p->module->arena, &p->locals,
                     (Local){.inst = inst, .stays = stays, .depth = depth});
        }
        bool accesses = inst->op == OP_LOAD || inst->op == OP_STORE;
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            Local *local = local_of(p, inst->operands[i]);
            if (local == NULL) {
                continue;
            }
            bool is_root = accesses && i == ir_place_start(inst);
            bool by_part = i + 1 < inst->operand_count &&
                           ir_is_composite(local->inst->results[0]->type->element);
            local->stays = !is_root || by_part;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            find_locals(p, &inst->regions[i], depth + 1);
        }
    }
}

/* Ends the list of a construct in a region of this depth: once each, and only what lives outside. */
static void close_list(Promoter *p, uint32_t number, uint32_t start, uint32_t depth) {
    uint32_t kept = start;
    for (uint32_t i = start; i < p->stored.count; i++) {
        uint32_t index = p->stored.items[i];
        Local *local = &p->locals.items[index];
        if (local->depth <= depth && local->construct != number) {
            local->construct = number;
            p->stored.items[kept++] = index;
        }
    }
    p->stored.count = kept;
    Construct *construct = &p->constructs.items[number];
    construct->count = kept - start;
    construct->stored = NEW_ARRAY(p->module->arena, uint32_t, construct->count);
    for (uint32_t i = 0; i < construct->count; i++) {
        construct->stored[i] = p->stored.items[start + i];
    }
}

static void survey(Promoter *p, IrRegion *region, uint32_t depth, uint32_t loop) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        switch (inst->op) {
        case OP_STORE: {
            const Local *local = local_of(p, inst->operands[1]);
            if (local != NULL) {
                VEC_PUSH(p->module->arena, &p->stored, local->inst->mark);
            }
            break;
        }
        case OP_YIELD:
            p->constructs.items[region->owner->mark].left = true;
            break;
        case OP_BREAK:
            p->constructs.items[loop].left = true;
            break;
        case OP_CONTINUE:
            p->constructs.items[loop].continued = true;
            break;
        default:
            break;
        }
        if (inst->region_count > 0) {
            uint32_t number = p->constructs.count, start = p->stored.count;
            inst->mark = number;
            VEC_PUSH(p->module->arena, &p->constructs, (Construct){0});
            for (uint32_t i = 0; i < inst->region_count; i++) {
                survey(p, &inst->regions[i], depth + 1, inst->op == OP_LOOP ? number : loop);
            }
            close_list(p, number, start, depth);
        }
    }
}

/* ---- the walk ---- */

static void set_value(Promoter *p, uint32_t index, IrValue *value) {
    Local *local = &p->locals.items[index];
    VEC_PUSH(p->module->arena, &p->undo, (Undo){index, local->value});
    local->value = value;
    if (value->name == NULL && !ir_is_const(value)) {
        value->name = local->inst->results[0]->name;
    }
}

static void undo_to(Promoter *p, uint32_t height) {
    while (p->undo.count > height) {
        const Undo *undo = &p->undo.items[--p->undo.count];
        p->locals.items[undo->local].value = undo->value;
    }
}

/* Room for `more` values after the first `count`. */
static IrValue **widen(Promoter *p, IrValue **values, uint32_t count, uint32_t more) {
    IrValue **wide = NEW_ARRAY(p->module->arena, IrValue *, (size_t)count + more);
    for (uint32_t i = 0; i < count; i++) {
        wide[i] = values[i];
    }
    return wide;
}

/* What the stored locals have now becomes operands. */
static void add_operands(Promoter *p, IrInst *inst, const Construct *construct) {
    inst->operands = widen(p, inst->operands, inst->operand_count, construct->count);
    for (uint32_t i = 0; i < construct->count; i++) {
        inst->operands[inst->operand_count++] = p->locals.items[construct->stored[i]].value;
    }
}

static const IrType *type_of(Promoter *p, uint32_t index) {
    return p->locals.items[index].inst->results[0]->type->element;
}

static void add_params(Promoter *p, IrRegion *region, const Construct *construct) {
    region->params = widen(p, region->params, region->param_count, construct->count);
    for (uint32_t i = 0; i < construct->count; i++) {
        uint32_t index = construct->stored[i];
        set_value(p, index,
                  ir_region_param_new(p->module, region, region->param_count++, type_of(p, index)));
    }
}

static void add_results(Promoter *p, IrInst *inst, const Construct *construct) {
    inst->results = widen(p, inst->results, inst->result_count, construct->count);
    for (uint32_t i = 0; i < construct->count; i++) {
        uint32_t index = construct->stored[i];
        set_value(p, index,
                  ir_result_new(p->module, inst, inst->result_count++, type_of(p, index)));
    }
}

static void walk(Promoter *p, IrRegion *region, uint32_t loop);

static void walk_construct(Promoter *p, IrInst *inst, uint32_t loop) {
    uint32_t number = inst->mark, height = p->undo.count;
    const Construct construct = p->constructs.items[number];
    if (inst->op == OP_LOOP) {
        IrRegion *more = &inst->regions[IR_LOOP_CONTINUING];
        add_operands(p, inst, &construct);
        add_params(p, &inst->regions[IR_LOOP_BODY], &construct);
        walk(p, &inst->regions[IR_LOOP_BODY], number);
        undo_to(p, height);
        if (construct
                .continued) { /* else it is never reached, and any value that is seen there will do */
            add_params(p, more, &construct);
        }
        walk(p, more, number);
        undo_to(p, height);
    } else {
        for (uint32_t i = 0; i < inst->region_count; i++) {
            walk(p, &inst->regions[i], loop);
            undo_to(p, height);
        }
    }
    if (construct.left) {
        add_results(p, inst, &construct);
    }
}

/* A lane of a vector, or the vector with another lane, by an index that may be known. */
static IrValue *load_lane(IrBuilder *b, const IrInst *load, IrValue *vector) {
    IrValue *index = load->operands[1];
    const IrType *lane = ir_lane_type(vector->type);
    if (!ir_is_const(index)) {
        IrInst *inst = ir_emit(b, OP_EXTRACT_AT, lane, 2, (IrValue *[]){vector, index});
        inst->flags |= load->flags & IR_RAW;
        return inst->results[0];
    }
    return index->bits[0] < vector->type->lanes ? ir_extract(b, vector, (uint32_t)index->bits[0])
                                                : ir_const_zero(b->module, lane);
}

static IrValue *store_lane(IrBuilder *b, const IrInst *store, IrValue *vector) {
    IrValue *index = store->operands[2];
    IrValue *operands[] = {vector, store->operands[0], index};
    if (!ir_is_const(index)) {
        IrInst *inst = ir_emit(b, OP_INSERT_AT, vector->type, 3, operands);
        inst->flags |= store->flags & IR_RAW;
        return inst->results[0];
    }
    if (index->bits[0] >= vector->type->lanes) {
        return vector;
    }
    IrInst *inst = ir_emit(b, OP_INSERT, vector->type, 2, operands);
    inst->index = (uint32_t)index->bits[0];
    return inst->results[0];
}

static void walk(Promoter *p, IrRegion *region, uint32_t loop) {
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            inst->operands[i] = ir_resolve(inst->operands[i]);
        }
        IrBuilder b = ir_before(p->module, inst);
        Local *local;
        switch (inst->op) {
        case OP_VAR:
            if (!p->locals.items[inst->mark].stays) {
                set_value(p, inst->mark, ir_const_zero(p->module, type_of(p, inst->mark)));
                ir_remove(inst);
            }
            break;
        case OP_LOAD:
            local = local_of(p, inst->operands[0]);
            if (local != NULL) {
                IrValue *value = local->value;
                ir_replace(inst->results[0],
                           inst->operand_count == 1 ? value : load_lane(&b, inst, value));
                ir_remove(inst);
            }
            break;
        case OP_STORE:
            local = local_of(p, inst->operands[1]);
            if (local != NULL) {
                set_value(p, local->inst->mark,
                          inst->operand_count == 2 ? inst->operands[0]
                                                   : store_lane(&b, inst, local->value));
                ir_remove(inst);
            }
            break;
        case OP_YIELD:
            add_operands(p, inst, &p->constructs.items[region->owner->mark]);
            break;
        case OP_BREAK:
        case OP_CONTINUE:
        case OP_NEXT:
            add_operands(p, inst, &p->constructs.items[loop]);
            break;
        default:
            if (inst->region_count > 0) {
                walk_construct(p, inst, loop);
            }
            break;
        }
    }
}

static bool promote(IrModule *module, IrFunction *function) {
    Promoter p = {.module = module};
    find_locals(&p, &function->body, 0);
    bool any = false;
    for (uint32_t i = 0; i < p.locals.count; i++) {
        any |= !p.locals.items[i].stays;
    }
    if (any) {
        VEC_PUSH(module->arena, &p.constructs, (Construct){0});
        survey(&p, &function->body, 0, 0);
        walk(&p, &function->body, 0);
    }
    return any;
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        changed |= promote(module, function);
    }
    return changed;
}

IR_PASS(mem2reg, run);
