/* share_tables: a local that holds one constant is filled once, where the function begins, and is one for all of that constant.
 *
 * An index of a constant array that is known at run time alone makes a local of it (`var`, a whole store of the constant, loads),
 * wherever it stands: in loops, once for each copy of a proc, once for each round that was unrolled. Drivers keep a table that is
 * filled at the start in constant memory; those in between are copied out, element by element, each time.
 *
 * A local counts where its first access is a whole store of a constant in its own region, and all the others are loads.
 *
 * Before: inlining and unrolling, which make the copies; opt_cse afterwards finds equal loads.
 */
#include "ir/pass.h"

typedef struct {
    IrInst *inst;
    IrRegion *region;
    IrInst *store; /* of the constant; NULL: none yet */
    bool stays;
} Local;

typedef struct {
    Arena scratch;
    VEC(Local) locals;   /* IrInst.mark of a `var` is its index */
    VEC(IrInst *) loads; /* of all of them */
} Tables;

static void note_access(Tables *t, IrInst *inst, uint32_t operand, Local *local, IrRegion *region) {
    if (inst->op == OP_LOAD && operand == 0 && local->store != NULL) {
        VEC_PUSH(&t->scratch, &t->loads, inst);
    } else if (inst->op == OP_STORE && operand == 1 && inst->operand_count == 2 &&
               local->store == NULL && local->region == region &&
               ir_is_const(ir_resolve(inst->operands[0]))) {
        local->store = inst;
    } else {
        local->stays = true;
    }
}

static void find_locals(Tables *t, IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (inst->op == OP_VAR) {
            inst->mark = t->locals.count;
            VEC_PUSH(&t->scratch, &t->locals, (Local){.inst = inst, .region = region});
        }
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            const IrValue *root = inst->operands[i];
            if (root->kind == IR_VALUE_RESULT && root->inst->op == OP_VAR) {
                note_access(t, inst, i, &t->locals.items[root->inst->mark], region);
            }
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            find_locals(t, &inst->regions[i]);
        }
    }
}

static bool is_table(const Local *local) {
    return !local->stays && local->store != NULL &&
           ir_is_composite(local->inst->results[0]->type->element);
}

static IrValue *constant_of(const Local *local) {
    return ir_resolve(local->store->operands[0]);
}

/* The first local of each constant is the one for all; its number and 1 are the constant's mark. */
static bool choose(Tables *t, IrModule *module, IrFunction *function) {
    bool changed = false;
    for (uint32_t i = 0; i < t->locals.count; i++) {
        if (is_table(&t->locals.items[i])) {
            constant_of(&t->locals.items[i])->mark = 0;
        }
    }
    for (uint32_t i = 0; i < t->locals.count; i++) {
        Local *local = &t->locals.items[i];
        if (!is_table(local) || constant_of(local)->mark != 0) {
            continue;
        }
        constant_of(local)->mark = i + 1;
        if (local->region != &function->body) {
            IrBuilder b = ir_before(module, function->body.first);
            ir_remove(local->inst);
            ir_insert(&b, local->inst);
            ir_remove(local->store);
            ir_insert(&b, local->store);
            changed = true;
        }
    }
    return changed;
}

static bool share(Tables *t) {
    bool changed = false;
    for (uint32_t i = 0; i < t->loads.count; i++) {
        IrValue **root = &t->loads.items[i]->operands[0];
        const Local *local = &t->locals.items[(*root)->inst->mark];
        if (is_table(local)) {
            *root = t->locals.items[constant_of(local)->mark - 1].inst->results[0];
        }
    }
    for (uint32_t i = 0; i < t->locals.count; i++) {
        Local *local = &t->locals.items[i];
        if (is_table(local) && constant_of(local)->mark != i + 1) {
            ir_remove(local->store);
            ir_remove(local->inst);
            changed = true;
        }
    }
    return changed;
}

static bool run(IrModule *module) {
    Tables t = {0};
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        t.locals.count = t.loads.count = 0;
        find_locals(&t, &function->body);
        if (t.locals.count > 0) {
            changed |= choose(&t, module, function);
            changed |= share(&t);
        }
    }
    arena_release(&t.scratch);
    return changed;
}

IR_PASS(share_tables, run);
