/* The interpreter's inner loop. See run.h. */
#include "ir/interp/watch.h"
#include "ir/passes/places.h"
#include "ir/remarks.h"

#include <math.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* what GCC does by itself in -std=c17, and warns to be told */
#endif

/* ---- words as C values, for fast.def ---- */

typedef uint32_t View_u32;
typedef int32_t View_i32;
typedef float View_f32;
typedef bool View_bool;

static inline uint32_t get_u32(uint64_t word) {
    return (uint32_t)word;
}
static inline int32_t get_i32(uint64_t word) {
    uint32_t bits = (uint32_t)word;
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline float get_f32(uint64_t word) {
    uint32_t bits = (uint32_t)word;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline bool get_bool(uint64_t word) {
    return word != 0;
}

static inline uint64_t put_u32(uint32_t value) {
    return value;
}
static inline uint64_t put_i32(int32_t value) {
    return (uint32_t)value;
}
static inline uint64_t put_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return isnan(value) ? 0x7fc00000 : bits; /* the one NaN of ir_eval */
}
static inline uint64_t put_bool(bool value) {
    return value;
}

/* ---- steps ---- */

static bool evaluate(const Step *step, uint64_t *frame) {
    const IrInst *inst = step->inst;
    EvalOperand operands[STEP_MAX_OPERANDS];
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = (EvalOperand){inst->operands[i]->type, &frame[step->operands[i]]};
    }
    return ir_eval(inst->op, inst->flags, inst, inst->results[0]->type, inst->operand_count,
                   operands, &frame[step->result]) == EVAL_OK;
}

static inline void do_copies(const Program *program, Copies copies, uint64_t *frame) {
    const Copy *copy = program->copies.items + copies.first;
    for (uint32_t i = 0; i < copies.count; i++) {
        copy_words(&frame[copy[i].to], &frame[copy[i].from], copy[i].words);
    }
}

static void note_message(Machine *machine, const Step *step, const Invocation *invocation) {
    const IrInst *inst = step->inst;
    const Copy *operands = machine->memory.program->copies.items + step->copies.first;
    bool is_assert = inst->op == OP_ASSERT;
    if (machine->messages == NULL || (is_assert && invocation->frame[operands->from] != 0)) {
        return;
    }
    uint32_t count = is_assert ? 0 : inst->operand_count, words = 0;
    for (uint32_t i = 0; i < count; i++) {
        words += ir_message_words(inst->operands[i]->type);
    }
    IrMessage *message = ir_messages_add(machine->messages, inst->text, is_assert, inst->pos,
                                         invocation->builtins[IR_BUILTIN_GLOBAL_ID], count, words);
    for (uint32_t i = 0; message != NULL && i < count; i++) {
        message->types[i] = inst->operands[i]->type;
        copy_words(message->words[i], &invocation->frame[operands[i].from], operands[i].words);
    }
}

/* An access that a check keeps from being done counts as one, too. */
static void count_checks(InterpTally *tally, const Step *step, const uint64_t *frame) {
    const IrInst *inst = step->inst;
    bool is_if = step->kind == STEP_IF, is_guard = is_if && (inst->flags & IR_GUARD) != 0;
    if (is_if || ir_has(inst->op, IR_PLACE)) {
        tally->checks += ir_checks_of(inst);
        tally->accesses +=
            is_guard ? frame[step->operands[0]] == 0 : !is_if && place_may_be_outside(inst);
    }
}

InterpStatus interp_run(Machine *machine, Invocation *invocation) {
    const Memory *memory = &machine->memory;
    const Program *program = memory->program;
    const Step *steps = program->steps.items, *step = steps + invocation->next_step;
    uint64_t *frame = invocation->frame, steps_left = machine->steps_left;
    InterpStatus status = INTERP_OK;

    for (const Step *next;; step = next) {
        next = step + 1;
        if (steps_left == 0) {
            status = INTERP_STEPS;
            goto leave;
        }
        steps_left--;
        bool defined = true;
        uint64_t *result = frame + step->result;
        if (machine->tally != NULL) {
            count_checks(machine->tally, step, frame);
        }
        const uint64_t *a = frame + step->operands[0], *b = frame + step->operands[1],
                       *c = frame + step->operands[2];
        switch (step->kind) {
        case STEP_EVAL:
            if (memory->watch != NULL &&
                (step->inst->op == OP_EXTRACT_AT || step->inst->op == OP_INSERT_AT)) {
                watch_lane(memory->watch, step, frame);
            }
            defined = evaluate(step, frame);
            break;
        case STEP_COPY:
            do_copies(program, step->copies, frame);
            break;
        case STEP_SELECT:
            for (unsigned lane = 0; lane < step->words; lane++) {
                result[lane] = a[lane] != 0 ? b[lane] : c[lane];
            }
            break;
        case STEP_BUILTIN:
            for (unsigned lane = 0; lane < step->words; lane++) {
                result[lane] = invocation->builtins[step->inst->builtin][lane];
            }
            break;
        case STEP_LEN: {
            uint64_t length = machine->memory.buffers[*a].length;
            *result = length < UINT32_MAX ? length : UINT32_MAX;
            break;
        }
        case STEP_VAR:
            *result = step->target;
            memset(frame + step->target, 0, step->words * sizeof *frame);
            break;
        case STEP_LOAD_VAR:
            defined = memory_load_var(memory, step, frame);
            break;
        case STEP_STORE_VAR:
            defined = memory_store_var(memory, step, frame);
            break;
        case STEP_LOAD:
            defined = memory_load(memory, step, frame);
            break;
        case STEP_STORE:
            defined = memory_store(memory, step, frame);
            break;
        case STEP_ATOMIC:
            defined = memory_atomic(memory, step, frame);
            break;
        case STEP_REF:
            memory_make_ref(memory, step, frame);
            break;
        case STEP_SHARED:
            if (!memory_make_shared(&machine->memory, step, frame)) {
                status = INTERP_MISUSE;
                goto leave;
            }
            break;
        case STEP_SPEC:
            *result = step->bits;
            break;
        case STEP_WAIT:
            invocation->state = INVOCATION_WAITS;
            goto leave;
        case STEP_MESSAGE:
            note_message(machine, step, invocation);
            break;
        case STEP_COUNT:
            *result = step->target != 0 ? *result + 1 : 0;
            break;
        case STEP_IF:
            if (*a == 0) {
                next = steps + step->target;
            }
            break;
        case STEP_GO:
            do_copies(program, step->copies, frame);
            next = steps + step->target;
            break;
        case STEP_CALL:
            do_copies(program, step->copies, frame);
            frame[step->operands[0]] = (uint64_t)(step - steps);
            next = steps + step->target;
            break;
        case STEP_RETURN:
            do_copies(program, step->copies, frame);
            do_copies(program, steps[*a].results, frame); /* of the call */
            next = steps + *a + 1;
            break;
        case STEP_END:
            invocation->state = INVOCATION_ENDED;
            goto leave;
        case STEP_UNREACHABLE:
            defined = false;
            break;
#define FAST(OP, FROM, TO, view, kind, expression)                                                 \
    case STEP_##OP##_##FROM##_##TO:                                                                \
        for (unsigned lane = 0; lane < step->words; lane++) {                                      \
            View_##view x = get_##view(a[lane]), y = get_##view(b[lane]);                          \
            (void)y;                                                                               \
            result[lane] = put_##kind(expression);                                                 \
        }                                                                                          \
        break;
#include "ir/interp/fast.def"
#undef FAST
        }
        if (!defined) {
            status = INTERP_UNDEFINED;
            goto leave;
        }
    }
leave:
    machine->steps_left = steps_left;
    invocation->next_step = (uint32_t)(step - steps);
    return status;
}
