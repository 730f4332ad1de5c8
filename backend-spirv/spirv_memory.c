/* Memory: locals, shared memory, and reading and writing of places.
 *
 * A place is an OpAccessChain from its root's variable. In buffers only scalars and vectors are read and written.
 * Indices are known to be in range (`.raw`); SPIR-V takes them as signed, which is the same for every index below 2^31, more than any storage buffer of 32-bit elements has.
 */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

uint32_t spirv_access(SpirvWriter *w, SpirvClass class, const IrType *type, uint32_t root,
                      uint32_t member, uint32_t count, const uint32_t *indices) {
    uint32_t pointer = spirv_pointer(w, class, type), id = spirv_fresh(w);
    uint32_t begin = spirv_begin(w, SPIRV_CODE, SpvOpAccessChain);
    spirv_word(w, SPIRV_CODE, pointer);
    spirv_word(w, SPIRV_CODE, id);
    spirv_word(w, SPIRV_CODE, root);
    if (member != 0) {
        spirv_word(w, SPIRV_CODE, member);
    }
    for (uint32_t i = 0; i < count; i++) {
        spirv_word(w, SPIRV_CODE, indices[i]);
    }
    spirv_end(w, SPIRV_CODE, begin);
    return id;
}

uint32_t spirv_place(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t start = ir_place_start(inst);
    const IrType *root = ir_resolve(inst->operands[start])->type;
    const uint32_t *indices = operands + start + 1;
    uint32_t count = inst->operand_count - start - 1;
    const IrType *type = ir_place_type(root, count, inst->operands + start + 1);
    REQUIRE(type != NULL);
    if (root->kind == IR_TYPE_BUFFER) {
        REQUIRE(!ir_is_composite(type)); /* a block's composites have other types than values */
        uint32_t data = spirv_splat(w, ir_scalar(IR_U32), 0); /* the block's only member */
        return spirv_access(w, SPIRV_STORAGE_BUFFER, type, operands[start], data, count, indices);
    }
    SpirvClass class = root->kind == IR_TYPE_SHARED ? SPIRV_WORKGROUP : SPIRV_FUNCTION;
    return count == 0 ? operands[start]
                      : spirv_access(w, class, type, operands[start], 0, count, indices);
}

/* A local is zero whenever its `var` is reached; its variable was declared in the first block. */
uint32_t spirv_var(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    (void)operands;
    const IrValue *root = inst->results[0];
    const IrInst *next = inst->next;
    bool stored_at_once = next != NULL && next->op == OP_STORE && next->operand_count == 2 &&
                          ir_resolve(next->operands[1]) == root;
    if (!stored_at_once) {
        uint32_t zero = spirv_zero(w, root->type->element);
        EMIT(w, SPIRV_CODE, SpvOpStore, root->mark, zero);
    }
    return root->mark;
}

/* Declared with the kernel (spirv_declare_shared); what zeroes it are stores like others (lower_shared_init). */
uint32_t spirv_shared(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    (void)w;
    (void)operands;
    REQUIRE(inst->uninitialized);
    return inst->results[0]->mark;
}

uint32_t spirv_load(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t pointer = spirv_place(w, inst, operands);
    return RESULT(w, SpvOpLoad, inst->results[0]->type, pointer);
}

uint32_t spirv_store(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t pointer = spirv_place(w, inst, operands);
    EMIT(w, SPIRV_CODE, SpvOpStore, pointer, operands[0]);
    return 0;
}

/* Elements in twos or fours are another view of the buffer, a variable of its own (spirv_interface.c). */
static uint32_t wide_place(SpirvWriter *w, const IrInst *inst, const IrType *vector,
                           const uint32_t *operands) {
    const IrType *type = ir_scalar(IR_U32);
    uint32_t start = ir_place_start(inst), by = vector->lanes == 4 ? 2 : 1;
    const IrValue *buffer = ir_resolve(inst->operands[start]);
    const IrValue *first = ir_resolve(inst->operands[start + 1]);
    uint32_t index = ir_is_const(first) ? spirv_splat(w, type, first->bits[0] >> by)
                                        : RESULT(w, SpvOpShiftRightLogical, type,
                                                 operands[start + 1], spirv_splat(w, type, by));
    uint32_t data = spirv_splat(w, type, 0);
    return spirv_access(w, SPIRV_STORAGE_BUFFER, vector, w->wide[buffer->index][by - 1], data, 1,
                        &index);
}

/* For SPIRV-Cross, which makes no two views of one buffer: element by element. */
static uint32_t element_place(SpirvWriter *w, const IrInst *inst, const IrType *vector, uint32_t i,
                              const uint32_t *operands) {
    const IrType *type = ir_scalar(IR_U32);
    uint32_t start = ir_place_start(inst);
    uint32_t index = RESULT(w, SpvOpIAdd, type, operands[start + 1], spirv_splat(w, type, i));
    return spirv_access(w, SPIRV_STORAGE_BUFFER, ir_lane_type(vector), operands[start],
                        spirv_splat(w, type, 0), 1, &index);
}

uint32_t spirv_load_wide(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->results[0]->type;
    if (!w->options->for_msl) {
        uint32_t pointer = wide_place(w, inst, type, operands);
        return RESULT(w, SpvOpLoad, type, pointer);
    }
    uint32_t lanes[IR_MAX_LANES];
    for (uint32_t i = 0; i < type->lanes; i++) {
        uint32_t pointer = element_place(w, inst, type, i, operands);
        lanes[i] = RESULT(w, SpvOpLoad, ir_lane_type(type), pointer);
    }
    return spirv_result(w, SpvOpCompositeConstruct, type, type->lanes, lanes);
}

uint32_t spirv_store_wide(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->operands[0]->type;
    if (!w->options->for_msl) {
        uint32_t pointer = wide_place(w, inst, type, operands);
        EMIT(w, SPIRV_CODE, SpvOpStore, pointer, operands[0]);
        return 0;
    }
    for (uint32_t i = 0; i < type->lanes; i++) {
        uint32_t lane = RESULT(w, SpvOpCompositeExtract, ir_lane_type(type), operands[0], i);
        uint32_t pointer = element_place(w, inst, type, i, operands);
        EMIT(w, SPIRV_CODE, SpvOpStore, pointer, lane);
    }
    return 0;
}

uint32_t spirv_length(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t buffer = ir_resolve(inst->operands[0])->index;
    if (w->kernel->params[buffer].length_in_block) {
        return spirv_load_length(w, buffer);
    }
    return RESULT(w, SpvOpArrayLength, inst->results[0]->type, operands[0], 0);
}
