/* See one_continue.h. */
#include "ir/passes/one_continue.h"

/* Each nests what follows it one level deeper. */
enum { MOST_CONTINUES = 8 };

/* The arm of an `if` that goes on, when the other one continues; NULL: it is no such `if`. */
static IrRegion *goes_on(IrInst *inst) {
    if (inst->op != OP_IF) {
        return NULL;
    }
    IrRegion *yes = &inst->regions[IR_IF_TRUE], *no = &inst->regions[IR_IF_FALSE];
    if (yes->last->op == OP_CONTINUE && no->last->op == OP_YIELD) {
        return no;
    }
    return yes->last->op == OP_YIELD && no->last->op == OP_CONTINUE ? yes : NULL;
}

static void replace_end(IrModule *module, IrRegion *region, IrOp op, uint32_t count,
                        IrValue *const *operands) {
    IrBuilder b = ir_at_end(module, region);
    b.pos = region->last->pos;
    ir_remove(region->last);
    ir_end(&b, op, count, operands);
}

/* What stands behind the `if`, to the `continue` at the end of the body, moves into the arm that goes on. */
static void take_rest(IrModule *module, IrInst *inst, IrRegion *arm) {
    IrRegion *body = inst->region;
    IrInst *tail = body->last, *yield = arm->last;
    IrRegion *other = arm == &inst->regions[IR_IF_TRUE] ? &inst->regions[IR_IF_FALSE]
                                                        : &inst->regions[IR_IF_TRUE];
    for (uint32_t i = 0; i < inst->result_count; i++) {
        ir_replace(inst->results[i], yield->operands[i]);
    }
    ir_remove(yield);
    ir_move(inst->next, tail, arm);
    uint32_t count = tail->operand_count, results = 0;
    IrValue **from_rest = NEW_ARRAY(module->arena, IrValue *, count);
    IrValue **from_other = NEW_ARRAY(module->arena, IrValue *, count);
    IrValue **handed = NEW_ARRAY(module->arena, IrValue *, count);
    inst->results = NEW_ARRAY(module->arena, IrValue *, count);
    for (uint32_t i = 0; i < count; i++) {
        IrValue *a = ir_resolve(tail->operands[i]), *b = ir_resolve(other->last->operands[i]);
        if (a == b) { /* seen in both arms, so it is from before them */
            handed[i] = a;
            continue;
        }
        from_rest[results] = a;
        from_other[results] = b;
        handed[i] = ir_result_new(module, inst, results++, a->type);
    }
    inst->result_count = results;
    replace_end(module, arm, OP_YIELD, results, from_rest);
    replace_end(module, other, OP_YIELD, results, from_other);
    IrBuilder end = ir_at_end(module, body);
    end.pos = tail->pos;
    ir_end(&end, OP_CONTINUE, count, handed);
}

static void resolve(IrInst *inst, void *data) {
    (void)data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
}

unsigned make_one_continue(IrModule *module, IrInst *loop, uint32_t continues) {
    IrRegion *body = &loop->regions[IR_LOOP_BODY];
    uint32_t found = body->last->op == OP_CONTINUE;
    for (IrInst *inst = body->first; inst != NULL; inst = inst->next) {
        found += goes_on(inst) != NULL;
    }
    if (found != continues || body->last->op != OP_CONTINUE || continues > MOST_CONTINUES) {
        return 0;
    }
    for (IrInst *inst = body->last, *previous; inst != NULL; inst = previous) {
        previous = inst->previous; /* from the end, so that each takes what the later ones became */
        IrRegion *arm = goes_on(inst);
        if (arm != NULL) {
            take_rest(module, inst, arm);
        }
    }
    ir_walk(body, resolve, NULL); /* nothing outside the body saw results of those `if`s */
    return continues - 1;
}
