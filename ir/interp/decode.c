/* From the tree of regions to steps; see program.h.
 *
 * IrValue.mark holds a value's slot (0: none yet), IrFunction.mark one more than its number in `entries`.
 */
#include "ir/interp/decode.h"
#include "ir/base/fatal.h"

/* Steps that jump to a place not yet known hang together through their targets. */
static const uint32_t END_OF_CHAIN = UINT32_MAX;

typedef struct {
    const IrInst *inst;
    uint32_t breaks, continues, first_step; /* chains; of the body */
} Loop;

/* ---- slots ---- */

static void forget_marks(IrInst *inst, void *data) {
    (void)data;
    inst->mark = 0;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (ir_is_const(inst->operands[i])) {
            inst->operands[i]->mark = 0;
        }
    }
}

/* What is around something that may wait gets the mark 1. */
static void mark_waiting(IrInst *inst, void *data) {
    (void)data;
    bool waits = ir_has(inst->op, IR_CONVERGENT) || inst->op == OP_CALL;
    while (waits && inst != NULL && inst->mark == 0) {
        inst->mark = 1;
        inst = inst->region->owner;
    }
}

static uint32_t words_of(const IrType *type) {
    return type->kind == IR_TYPE_REF ? REF_WORDS : ir_is_root(type) ? 1 : type->words;
}

uint32_t decode_new_slot(Decoder *d, const IrType *type) {
    uint32_t slot = d->program->frame_size, words = words_of(type);
    if (words > PROGRAM_MAX_FRAME - slot) {
        d->too_large = true;
        return 1; /* any: it will not run */
    }
    d->program->frame_size += words;
    return slot;
}

static void define(Decoder *d, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = decode_new_slot(d, values[i]->type);
    }
}

uint32_t decode_slot(Decoder *d, IrValue *value) {
    if (ir_is_const(value) && value->mark == 0) {
        value->mark = decode_new_slot(d, value->type);
        VEC_PUSH(d->arena, &d->program->constants, (ConstantSlot){value, value->mark});
    }
    REQUIRE(value->mark != 0);
    return value->mark;
}

/* ---- copies ---- */

static void begin_copies(Decoder *d) {
    d->batch = (Copies){d->program->copies.count, 0};
}

static void copy(Decoder *d, uint32_t from, uint32_t to, uint32_t words) {
    VEC_PUSH(d->arena, &d->program->copies, (Copy){from, to, words});
    d->batch.count++;
}

/* One after the other will do: where values are handed over, none of `to` is in scope. */
static Copies copy_values(Decoder *d, uint32_t count, IrValue *const *from, IrValue *const *to) {
    begin_copies(d);
    for (uint32_t i = 0; i < count; i++) {
        copy(d, decode_slot(d, from[i]), to[i]->mark, words_of(to[i]->type));
    }
    return d->batch;
}

/* The parts of the result, each from where it comes. */
static Copies copy_parts(Decoder *d, const IrInst *inst) {
    uint32_t result = inst->results[0]->mark, first = decode_slot(d, inst->operands[0]);
    uint32_t words = inst->results[0]->type->words;
    const IrType *whole = inst->operands[0]->type;
    begin_copies(d);
    switch (inst->op) {
    case OP_CONSTRUCT:
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            IrValue *part = inst->operands[i];
            copy(d, decode_slot(d, part), result, part->type->words);
            result += part->type->words;
        }
        break;
    case OP_EXTRACT:
        copy(d, first + ir_part_word(whole, inst->index), result, words);
        break;
    case OP_INSERT:
        copy(d, first, result, words);
        copy(d, decode_slot(d, inst->operands[1]), result + ir_part_word(whole, inst->index),
             inst->operands[1]->type->words);
        break;
    default:
        REQUIRE(inst->op == OP_SWIZZLE);
        for (uint32_t i = 0; i < words; i++) {
            copy(d, first + inst->swizzle.lane[i], result + i, 1);
        }
    }
    return d->batch;
}

/* ---- steps ---- */

Step *decode_push(Decoder *d, StepKind kind, const IrInst *inst) {
    VEC_PUSH(d->arena, &d->program->steps, (Step){.kind = kind, .inst = inst});
    return &d->program->steps.items[d->program->steps.count - 1];
}

static uint32_t here(const Decoder *d) {
    return d->program->steps.count;
}

/* A jump whose target patch() fills in. */
static void push_jump(Decoder *d, const IrInst *inst, Copies copies, uint32_t *chain) {
    Step *step = decode_push(d, STEP_GO, inst);
    step->copies = copies;
    step->target = *chain;
    *chain = here(d) - 1;
}

static void patch(Decoder *d, uint32_t chain) {
    while (chain != END_OF_CHAIN) {
        Step *step = &d->program->steps.items[chain];
        chain = step->target;
        step->target = here(d);
    }
}

/* The row of fast.def, or STEP_EVAL. */
static StepKind arithmetic_kind(const IrInst *inst) {
    if ((inst->flags & IR_RAW) != 0 && ir_needs_raw(inst)) {
        return STEP_EVAL;
    }
    IrOp op = inst->op;
    IrScalar from = inst->operands[0]->type->scalar, to = inst->results[0]->type->scalar;
#define FAST(OP, FROM, TO, view, result, expression)                                               \
    if (op == OP_##OP && from == IR_##FROM && to == IR_##TO) {                                     \
        return STEP_##OP##_##FROM##_##TO;                                                          \
    }
#include "ir/interp/fast.def"
#undef FAST
    return STEP_EVAL;
}

static void decode_pure(Decoder *d, const IrInst *inst) {
    uint32_t slots[STEP_MAX_OPERANDS] = {0};
    StepKind kind;
    Copies copies = {0, 0};
    switch (inst->op) {
    case OP_CONSTRUCT:
    case OP_EXTRACT:
    case OP_INSERT:
    case OP_SWIZZLE:
        kind = STEP_COPY;
        copies = copy_parts(d, inst);
        break;
    case OP_SELECT:
        kind = STEP_SELECT;
        break;
    case OP_BUILTIN:
        kind = STEP_BUILTIN;
        break;
    case OP_LEN:
        kind = STEP_LEN;
        break;
    default:
        kind = arithmetic_kind(inst);
    }
    if (kind != STEP_COPY) {
        REQUIRE(inst->operand_count <= STEP_MAX_OPERANDS);
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            slots[i] = decode_slot(d, inst->operands[i]);
        }
    }
    Step *step = decode_push(d, kind, inst);
    step->words = inst->results[0]->type->words;
    step->result = inst->results[0]->mark;
    step->copies = copies;
    memcpy(step->operands, slots, sizeof slots);
}

static void decode_spec(Decoder *d, const IrInst *inst) {
    Step *step = decode_push(d, STEP_SPEC, inst);
    step->result = inst->results[0]->mark;
    step->bits = ir_spec_bits(inst->spec, d->specs);
}

/* The operands are listed as copies: there may be many. */
static void decode_message(Decoder *d, const IrInst *inst) {
    begin_copies(d);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        copy(d, decode_slot(d, inst->operands[i]), 0, inst->operands[i]->type->words);
    }
    Copies operands = d->batch;
    decode_push(d, STEP_MESSAGE, inst)->copies = operands;
}

static void decode_wait(Decoder *d, const IrInst *inst) {
    uint32_t slots[STEP_MAX_OPERANDS] = {0};
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        slots[i] = decode_slot(d, inst->operands[i]);
    }
    Step *step = decode_push(d, STEP_WAIT, inst);
    step->loop = d->loop;
    memcpy(step->operands, slots, sizeof slots);
    if (inst->result_count > 0) {
        step->words = inst->results[0]->type->words;
        step->result = inst->results[0]->mark;
    }
    d->program->waits = true;
}

/* ---- calls ---- */

static uint32_t entry_of(Decoder *d, IrFunction *function) {
    if (function->mark == 0) {
        Entry entry = {.function = function};
        define(d, function->param_count, function->params);
        entry.return_address = decode_new_slot(d, ir_scalar(IR_U32));
        entry.result = ir_is_data(function->result) ? decode_new_slot(d, function->result) : 0;
        VEC_PUSH(d->arena, &d->program->entries, entry);
        function->mark = d->program->entries.count;
    }
    return function->mark - 1;
}

static void decode_call(Decoder *d, const IrInst *inst) {
    uint32_t number = entry_of(d, inst->callee);
    Entry entry = d->program->entries.items[number];
    Copies arguments = copy_values(d, inst->operand_count, inst->operands, inst->callee->params);
    begin_copies(d);
    if (inst->result_count > 0) {
        copy(d, entry.result, inst->results[0]->mark, inst->results[0]->type->words);
    }
    Copies results = d->batch;
    Step *step = decode_push(d, STEP_CALL, inst);
    step->loop = d->loop;
    step->copies = arguments;
    step->results = results;
    step->operands[0] = entry.return_address;
    step->target = number; /* a step only when all are decoded */
}

static void decode_ret(Decoder *d, const IrInst *inst) {
    const Entry *entry = &d->program->entries.items[d->entry];
    if (entry->function->is_kernel) {
        decode_push(d, STEP_END, inst);
        return;
    }
    uint32_t return_address = entry->return_address, result = entry->result;
    begin_copies(d);
    if (inst->operand_count > 0) {
        copy(d, decode_slot(d, inst->operands[0]), result, inst->operands[0]->type->words);
    }
    Copies results = d->batch;
    Step *step = decode_push(d, STEP_RETURN, inst);
    step->copies = results;
    step->operands[0] = return_address;
}

/* ---- control ---- */

static void decode_region(Decoder *d, const IrRegion *region, uint32_t *yields, Loop *loop);

static void decode_if(Decoder *d, const IrInst *inst, Loop *loop) {
    uint32_t condition = decode_slot(d, inst->operands[0]), branch = here(d), yields = END_OF_CHAIN;
    decode_push(d, STEP_IF, inst)->operands[0] = condition;
    decode_region(d, &inst->regions[IR_IF_TRUE], &yields, loop);
    d->program->steps.items[branch].target = here(d);
    decode_region(d, &inst->regions[IR_IF_FALSE], &yields, loop);
    patch(d, yields);
}

static void push_count(Decoder *d, const IrInst *inst, uint32_t rounds, bool up) {
    Step *step = decode_push(d, STEP_COUNT, inst);
    step->result = rounds;
    step->target = up;
}

/* Gives the slot of the rounds. */
static uint32_t begin_counting(Decoder *d, const IrInst *inst) {
    uint32_t rounds = decode_new_slot(d, ir_scalar(IR_U32));
    VEC_PUSH(d->arena, &d->program->loops, (CountedLoop){d->loop, rounds});
    d->loop = d->program->loops.count;
    push_count(d, inst, rounds, false);
    return rounds;
}

static void decode_loop(Decoder *d, const IrInst *inst) {
    const IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    define(d, body->param_count, body->params);
    define(d, more->param_count, more->params);
    uint32_t around = d->loop, rounds = inst->mark != 0 ? begin_counting(d, inst) : 0;
    Copies initial = copy_values(d, inst->operand_count, inst->operands, body->params);
    uint32_t enter = END_OF_CHAIN;
    push_jump(d, inst, initial, &enter);
    patch(d, enter);
    Loop loop = {inst, END_OF_CHAIN, END_OF_CHAIN, here(d)};
    if (rounds != 0) {
        push_count(d, inst, rounds, true);
    }
    decode_region(d, body, NULL, &loop);
    patch(d, loop.continues);
    decode_region(d, more, NULL, &loop);
    patch(d, loop.breaks);
    d->loop = around;
}

static void decode_jump(Decoder *d, const IrInst *inst, uint32_t *yields, Loop *loop) {
    uint32_t n = inst->operand_count;
    IrValue *const *operands = inst->operands;
    const IrInst *owner = inst->op == OP_YIELD ? inst->region->owner : loop->inst;
    switch (inst->op) {
    case OP_YIELD:
        push_jump(d, inst, copy_values(d, n, operands, owner->results), yields);
        break;
    case OP_BREAK:
        push_jump(d, inst, copy_values(d, n, operands, owner->results), &loop->breaks);
        break;
    case OP_CONTINUE:
        push_jump(d, inst, copy_values(d, n, operands, owner->regions[IR_LOOP_CONTINUING].params),
                  &loop->continues);
        break;
    default: {
        REQUIRE(inst->op == OP_NEXT);
        Copies params = copy_values(d, n, operands, owner->regions[IR_LOOP_BODY].params);
        Step *step = decode_push(d, STEP_GO, inst);
        step->copies = params;
        step->target = loop->first_step;
    }
    }
}

static void decode_region(Decoder *d, const IrRegion *region, uint32_t *yields, Loop *loop) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        define(d, inst->result_count, inst->results);
        switch (inst->op) {
        case OP_VAR:
        case OP_SHARED:
            decode_memory(d, inst);
            break;
        case OP_SPEC:
            decode_spec(d, inst);
            break;
        case OP_PRINT:
        case OP_ASSERT:
            decode_message(d, inst);
            break;
        case OP_CALL:
            decode_call(d, inst);
            break;
        case OP_IF:
            decode_if(d, inst, loop);
            break;
        case OP_LOOP:
            decode_loop(d, inst);
            break;
        case OP_RET:
            decode_ret(d, inst);
            break;
        case OP_UNREACHABLE:
            decode_push(d, STEP_UNREACHABLE, inst);
            break;
        default:
            if (ir_has(inst->op, IR_TERM)) {
                decode_jump(d, inst, yields, loop);
            } else if (ir_has(inst->op, IR_PLACE)) {
                decode_access(d, inst);
            } else if (ir_has(inst->op, IR_CONVERGENT)) {
                decode_wait(d, inst);
            } else {
                REQUIRE(ir_has(inst->op, IR_PURE));
                decode_pure(d, inst);
            }
        }
    }
}

Program *program_decode(Arena *arena, const IrModule *module, const IrFunction *kernel,
                        const IrSpecValues *specs) {
    Program *program = NEW(arena, Program);
    Decoder d = {.arena = arena, .program = program, .specs = specs};
    program->frame_size = 1;
    IrFunction *start = NULL;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        function->mark = 0;
        ir_walk(&function->body, forget_marks, NULL);
        ir_walk(&function->body, mark_waiting, NULL);
        if (function == kernel) {
            start = function;
        }
    }
    REQUIRE(start != NULL);
    entry_of(&d, start);
    for (d.entry = 0; d.entry < program->entries.count; d.entry++) {
        Entry *entry = &program->entries.items[d.entry];
        entry->first_step = here(&d);
        decode_region(&d, &entry->function->body, NULL, NULL);
    }
    for (uint32_t i = 0; i < program->steps.count; i++) {
        Step *step = &program->steps.items[i];
        if (step->kind == STEP_CALL) {
            step->target = program->entries.items[step->target].first_step;
        }
    }
    if (d.too_large) {
        return NULL;
    }
    program->param_slots = NEW_ARRAY(arena, uint32_t, kernel->param_count);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        program->param_slots[i] = kernel->params[i]->mark;
    }
    return program;
}
