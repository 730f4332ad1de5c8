/* lower_print: `print` and `assert` become words in a buffer that the host reads back.
 *
 * The buffer is one more parameter of every function, the last: of atomics, so that invocations share it.
 *
 *     word 0      how many words were wanted for messages; more than there is room for: some are lost
 *     word 1      how many messages are lost
 *     word 2 …    the messages, one behind the other: its number, the global index x, y, z, the words of its operands
 *
 * A number is one more than that of the message in the table that the pass leaves in the functions, so 0 is none. Scalars of
 * 64 bits are two words, the low one first; smaller ones are one, f16 as f32. ir_messages_read (messages.h) is the other end.
 *
 * Before: anything. It comes first, where the pipelines say drop_print, so that every proc that could print takes a root, and is inlined. After: no `print`
 * and no `assert`. The writes are `.raw`: what fits is compared first.
 */
#include "ir/messages.h"
#include "ir/pass.h"

typedef struct {
    IrModule *module;
    const IrType *buffer_type;
    IrMessageTable *table;
    IrValue *buffer; /* of the function that is walked */
    VEC(IrValue *) words;
} Lowering;

/* ---- one message ---- */

static IrValue *atomic(IrBuilder *b, IrOp op, IrValue *value, IrValue *buffer, IrValue *index,
                       bool raw) {
    const IrType *u32 = ir_scalar(IR_U32);
    uint32_t values = value != NULL;
    const IrType *result = op == OP_ATOMIC_STORE ? NULL : u32;
    IrInst *inst = ir_access(b, op, result, values, &value, buffer, 1, &index);
    inst->flags |= raw ? IR_RAW : 0;
    return result != NULL ? inst->results[0] : NULL;
}

static void add_word(Lowering *l, IrValue *word) {
    VEC_PUSH(l->module->arena, &l->words, word);
}

static void add_scalar(Lowering *l, IrBuilder *b, IrValue *value) {
    const IrType *type = value->type, *u32 = ir_scalar(IR_U32);
    if (ir_bits(type) > 32) {
        IrValue *both = ir_convert(b, OP_BITCAST, ir_vector(IR_U32, 2), value);
        add_word(l, ir_extract(b, both, 0));
        add_word(l, ir_extract(b, both, 1));
        return;
    }
    if (type == ir_scalar(IR_F16)) {
        value = ir_convert(b, OP_CONVERT, ir_scalar(IR_F32), value);
    }
    bool same_size = !ir_is_bool(type) && ir_bits(value->type) == 32;
    add_word(l, value->type == u32
                    ? value
                    : ir_convert(b, same_size ? OP_BITCAST : OP_CONVERT, u32, value));
}

static void add_operand(Lowering *l, IrBuilder *b, IrValue *value) {
    for (uint32_t lane = 0; lane < value->type->lanes; lane++) {
        add_scalar(l, b, value->type->lanes > 1 ? ir_extract(b, value, lane) : value);
    }
}

static void gather_words(Lowering *l, IrBuilder *b, const IrInst *inst) {
    l->words.count = 0;
    add_word(l, ir_const_u32(l->module, l->table->count)); /* it was added just now */
    IrValue *id = ir_builtin(b, IR_BUILTIN_GLOBAL_ID);
    for (uint32_t axis = 0; axis < 3; axis++) {
        add_word(l, ir_extract(b, id, axis));
    }
    for (uint32_t i = 0; inst->op == OP_PRINT && i < inst->operand_count; i++) {
        add_operand(l, b, inst->operands[i]);
    }
}

/* Where the message starts. The counter is left alone when it is beyond the end, or it would come around. */
static IrValue *reserve(Lowering *l, IrBuilder *b, IrValue *length) {
    const IrType *u32 = ir_scalar(IR_U32);
    IrValue *first = ir_const_u32(l->module, 0), *size = ir_const_u32(l->module, l->words.count);
    IrValue *used = atomic(b, OP_ATOMIC_LOAD, NULL, l->buffer, first, false);
    IrInst *branch = ir_if(b, ir_binary(b, OP_LT, used, length), 1, &u32);
    IrBuilder yes = ir_at_end(l->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(l->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    IrValue *at = atomic(&yes, OP_ATOMIC_ADD, size, l->buffer, first, false);
    ir_end(&yes, OP_YIELD, 1, &at);
    ir_end(&no, OP_YIELD, 1, &length);
    return branch->results[0];
}

static IrValue *plus(IrBuilder *b, IrValue *value, uint32_t more) {
    return ir_binary(b, OP_ADD, value, ir_const_u32(b->module, more));
}

static void write_message(Lowering *l, IrBuilder *b, const IrInst *inst) {
    gather_words(l, b, inst);
    IrInst *len = ir_emit(b, OP_LEN, ir_scalar(IR_U32), 1, &l->buffer);
    IrValue *at = reserve(l, b, len->results[0]);
    IrValue *end = plus(b, at, l->words.count + IR_MESSAGES_START);
    IrInst *branch = ir_if(b, ir_binary(b, OP_LE, end, len->results[0]), 0, NULL);
    IrBuilder yes = ir_at_end(l->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(l->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    for (uint32_t i = 0; i < l->words.count; i++) {
        IrValue *to = plus(&yes, at, i + IR_MESSAGES_START);
        atomic(&yes, OP_ATOMIC_STORE, l->words.items[i], l->buffer, to, true);
    }
    ir_end(&yes, OP_YIELD, 0, NULL);
    IrValue *one = ir_const_u32(l->module, 1);
    atomic(&no, OP_ATOMIC_ADD, one, l->buffer, one, false);
    ir_end(&no, OP_YIELD, 0, NULL);
}

/* ---- everything ---- */

static void add_to_table(Lowering *l, const IrInst *inst) {
    uint32_t count = inst->op == OP_PRINT ? inst->operand_count : 0;
    IrMessageKind kind = {.text = inst->text, .is_assert = inst->op == OP_ASSERT, .pos = inst->pos};
    kind.operand_count = count;
    kind.types = NEW_ARRAY(l->module->arena, const IrType *, count);
    for (uint32_t i = 0; i < count; i++) {
        kind.types[i] = inst->operands[i]->type;
    }
    VEC_PUSH(l->module->arena, l->table, kind);
}

/* The buffer goes along with every call. */
static void extend_call(Lowering *l, IrInst *call) {
    IrValue **operands = NEW_ARRAY(l->module->arena, IrValue *, call->operand_count + 1);
    memcpy(operands, call->operands, call->operand_count * sizeof(IrValue *));
    operands[call->operand_count++] = l->buffer;
    call->operands = operands;
}

static void visit(IrInst *inst, void *data) {
    Lowering *l = data;
    IrBuilder b = ir_before(l->module, inst);
    switch (inst->op) {
    case OP_CALL:
        extend_call(l, inst);
        break;
    case OP_PRINT:
        add_to_table(l, inst);
        write_message(l, &b, inst);
        ir_remove(inst);
        break;
    case OP_ASSERT: {
        add_to_table(l, inst);
        IrInst *branch = ir_if(&b, inst->operands[0], 0, NULL);
        IrBuilder yes = ir_at_end(l->module, &branch->regions[IR_IF_TRUE]);
        IrBuilder no = ir_at_end(l->module, &branch->regions[IR_IF_FALSE]);
        yes.pos = no.pos = b.pos;
        ir_end(&yes, OP_YIELD, 0, NULL);
        write_message(l, &no, inst);
        ir_end(&no, OP_YIELD, 0, NULL);
        ir_remove(inst);
        break;
    }
    default:
        break;
    }
}

static void lower_function(Lowering *l, IrFunction *function) {
    IrModule *module = l->module;
    /* no name of a source has a point in it */
    l->buffer =
        ir_function_more(module, function, name_of(module->names, "messages."), l->buffer_type);
    function->messages = l->table;
    ir_walk(&function->body, visit, l);
}

static void find(IrInst *inst, void *data) {
    bool *found = data;
    *found |= inst->op == OP_PRINT || inst->op == OP_ASSERT;
}

static bool run(IrModule *module) {
    bool found = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, find, &found);
    }
    if (!found) {
        return false;
    }
    Lowering l = {.module = module, .table = NEW(module->arena, IrMessageTable)};
    l.buffer_type = ir_root_type(module, IR_TYPE_BUFFER, ir_atomic_type(IR_U32));
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        lower_function(&l, function);
    }
    return true;
}

IR_PASS(lower_print, run);
