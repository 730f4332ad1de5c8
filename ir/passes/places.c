/* See places.h. */
#include "ir/passes/places.h"

#include "ir/rewrite.h"

IrPlaceWalk place_walk(const IrInst *inst) {
    uint32_t root = ir_place_start(inst);
    const IrType *type = inst->operands[root]->type;
    return (IrPlaceWalk){inst, root + 1, type->kind == IR_TYPE_BUFFER ? NULL : type->element};
}

void place_next(IrPlaceWalk *walk) {
    const IrValue *index = walk->inst->operands[walk->at++];
    if (walk->type == NULL) {
        walk->type = walk->inst->operands[ir_place_start(walk->inst)]->type->element;
    } else {
        bool form = walk->type->kind == IR_TYPE_FORM;
        walk->type = ir_part_type(walk->type, form ? (uint32_t)index->bits[0] : 0);
    }
}

IrValue *place_shared_length(const IrPlaceWalk *walk) {
    uint32_t start = ir_place_start(walk->inst);
    const IrValue *root = walk->inst->operands[start];
    if (root->type->kind != IR_TYPE_SHARED || walk->at != start + 1) {
        return NULL;
    }
    return root->inst->operand_count > 0 ? root->inst->operands[0] : NULL;
}

static bool is_beyond(const IrPlaceWalk *walk, const IrValue *index) {
    return ir_is_const(index) && place_shared_length(walk) == NULL &&
           index->bits[0] >= ir_part_count(walk->type);
}

bool place_is_unsure(const IrPlaceWalk *walk) {
    const IrValue *index = walk->inst->operands[walk->at];
    return walk->type != NULL &&
           (!ir_is_const(index) || is_beyond(walk, index) || place_shared_length(walk) != NULL);
}

bool place_is_nowhere(const IrInst *inst) {
    for (IrPlaceWalk w = place_walk(inst); place_has_index(&w); place_next(&w)) {
        if (w.type != NULL && is_beyond(&w, inst->operands[w.at])) {
            return true;
        }
    }
    return false;
}

bool place_may_be_outside(const IrInst *inst) {
    for (IrPlaceWalk w = place_walk(inst); place_has_index(&w); place_next(&w)) {
        if (w.type == NULL || place_is_unsure(&w)) {
            return true;
        }
    }
    return false;
}

bool place_is_same(const IrInst *a, const IrInst *b) {
    uint32_t from_a = ir_place_start(a), from_b = ir_place_start(b);
    if (a->operand_count - from_a != b->operand_count - from_b) {
        return false;
    }
    for (uint32_t i = from_a; i < a->operand_count; i++) {
        if (a->operands[i] != b->operands[i - from_a + from_b]) {
            return false;
        }
    }
    return true;
}

uint32_t place_hash(const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    return hash_values(inst->operand_count - start, &inst->operands[start]);
}

void place_drop(IrModule *module, IrInst *inst) {
    if (inst->result_count > 0) {
        ir_take_place(inst, ir_const_zero(module, inst->results[0]->type));
    } else {
        ir_remove(inst);
    }
}
