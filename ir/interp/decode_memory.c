/* Steps that make memory or touch it; see program.h. */
#include "ir/base/fatal.h"
#include "ir/interp/decode.h"

/* The indices below the element of the root. Constant ones are done once and for all, but not the first of an array
 * whose length is known only when it runs. */
static void decode_indices(Decoder *d, Step *step, const IrType *root, uint32_t count,
                           IrValue *const *indices) {
    const IrType *type = root->element;
    bool may_be_open = root->kind == IR_TYPE_SHARED || root->kind == IR_TYPE_REF;
    step->indices.first = d->program->indices.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t parts = ir_part_count(type), chosen = 0;
        bool is_open = may_be_open && i == 0 && type->kind == IR_TYPE_ARRAY;
        if (ir_is_const(indices[i]) && indices[i]->bits[0] < parts && !is_open) {
            chosen = (uint32_t)indices[i]->bits[0];
            step->words_before += ir_part_word(type, chosen);
            step->bytes_before += ir_has_bool(type) ? 0 : ir_part_offset(type, chosen);
        } else { /* never of a form */
            const IrType *part = ir_part_type(type, 0);
            uint32_t bytes = ir_has_bool(part)    ? 0
                             : ir_is_vector(type) ? ir_size(part)
                                                  : ir_stride(part);
            VEC_PUSH(d->arena, &d->program->indices,
                     (PlaceIndex){decode_slot(d, indices[i]), parts, is_open, part->words, bytes});
            step->indices.count++;
        }
        type = ir_part_type(type, chosen);
    }
}

static StepKind kind_of(const IrInst *inst, bool is_var) {
    switch (inst->op) {
    case OP_LOAD:
    case OP_LOAD_WIDE:
        return is_var ? STEP_LOAD_VAR : STEP_LOAD;
    case OP_STORE:
    case OP_STORE_WIDE:
        return is_var ? STEP_STORE_VAR : STEP_STORE;
    case OP_REF:
        return STEP_REF;
    default:
        REQUIRE(ir_is_atomic_op(inst->op));
        return STEP_ATOMIC;
    }
}

void decode_access(Decoder *d, const IrInst *inst) {
    uint32_t at = ir_place_start(inst), n = 0;
    const IrType *root = inst->operands[at]->type;
    bool is_load = inst->op == OP_LOAD || inst->op == OP_LOAD_WIDE;
    bool is_store = inst->op == OP_STORE || inst->op == OP_STORE_WIDE;
    const IrType *type = is_load    ? inst->results[0]->type
                         : is_store ? inst->operands[0]->type
                                    : NULL;
    bool is_buffer = root->kind == IR_TYPE_BUFFER;
    bool has_index = is_buffer && inst->operand_count > at + 1;
    Step step = {.kind = kind_of(inst, root->kind == IR_TYPE_VAR), .inst = inst};
    REQUIRE(has_index == is_buffer);
    for (at += has_index + 1; n < at; n++) {
        step.operands[n] = decode_slot(d, inst->operands[n]);
    }
    step.words = type != NULL ? type->words : 1;
    step.result = inst->result_count > 0 ? inst->results[0]->mark : 0;
    step.stride = is_buffer ? ir_stride(root->element) : 0;
    if (type != NULL && ir_is_value(type) && !ir_has_bool(type)) {
        step.lane_bytes = (uint8_t)(ir_bits(type) / 8);
    }
    decode_indices(d, &step, root, inst->operand_count - n, inst->operands + n);
    VEC_PUSH(d->arena, &d->program->steps, step);
}

void decode_memory(Decoder *d, const IrInst *inst) {
    const IrType *element = inst->results[0]->type->element;
    bool is_var = inst->op == OP_VAR;
    uint32_t length = inst->operand_count > 0 ? decode_slot(d, inst->operands[0]) : 0;
    uint32_t contents = is_var ? decode_new_slot(d, element) : d->program->shared_count++;
    Step *step = decode_push(d, is_var ? STEP_VAR : STEP_SHARED, inst);
    step->words = element->words;
    step->result = inst->results[0]->mark;
    step->operands[0] = length;
    step->target = contents;
}
