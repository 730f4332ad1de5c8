/* The interpreter's inner loop. See run.h. */
#include "ir/interp/run.h"

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

/* ---- memory ---- */

static uint64_t read_lane(const unsigned char *at, unsigned bytes) {
    switch (bytes) {
    case 1:
        return *at;
    case 2: {
        uint16_t word;
        memcpy(&word, at, sizeof word);
        return word;
    }
    case 4: {
        uint32_t word;
        memcpy(&word, at, sizeof word);
        return word;
    }
    default: {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        return word;
    }
    }
}

static void write_lane(unsigned char *at, unsigned bytes, uint64_t bits) {
    switch (bytes) {
    case 1:
        *at = (unsigned char)bits;
        break;
    case 2: {
        uint16_t word = (uint16_t)bits;
        memcpy(at, &word, sizeof word);
        break;
    }
    case 4: {
        uint32_t word = (uint32_t)bits;
        memcpy(at, &word, sizeof word);
        break;
    }
    default:
        memcpy(at, &bits, sizeof bits);
    }
}

void interp_read(const unsigned char *at, const IrType *type, uint64_t *words) {
    if (!ir_is_composite(type)) {
        unsigned bytes = ir_bits(type) / 8;
        for (unsigned lane = 0; lane < type->lanes; lane++) {
            words[lane] = read_lane(at + lane * bytes, bytes);
        }
        return;
    }
    for (uint32_t i = 0; i < type->count; i++) {
        const IrType *part = ir_part_type(type, i);
        interp_read(at + ir_part_offset(type, i), part, words);
        words += part->words;
    }
}

/* What lies between the parts stays as it was. */
static void write_data(unsigned char *at, const IrType *type, const uint64_t *words) {
    if (!ir_is_composite(type)) {
        unsigned bytes = ir_bits(type) / 8;
        for (unsigned lane = 0; lane < type->lanes; lane++) {
            write_lane(at + lane * bytes, bytes, words[lane]);
        }
        return;
    }
    for (uint32_t i = 0; i < type->count; i++) {
        const IrType *part = ir_part_type(type, i);
        write_data(at + ir_part_offset(type, i), part, words);
        words += part->words;
    }
}

/* How far from the start of the root's element a place is: bytes or words; false: it is outside. */
static inline bool find_part(const Program *program, const Step *step, const uint64_t *frame,
                             uint64_t *offset) {
    const PlaceIndex *index = program->indices.items + step->indices.first;
    *offset = step->offset;
    for (uint32_t i = 0; i < step->indices.count; i++) {
        uint64_t chosen = frame[index[i].slot];
        if (chosen >= index[i].count) {
            return false;
        }
        *offset += chosen * index[i].scale;
    }
    return true;
}

/* Where in a buffer a place is; NULL: outside. `place` are the slots of the root and the first index. */
static unsigned char *find_in_buffer(const Machine *machine, const Step *step,
                                     const uint64_t *frame, const uint32_t *place) {
    const BoundBuffer *buffer = &machine->buffers[frame[place[0]]];
    uint64_t index = frame[place[1]], offset;
    if (index >= buffer->length || !find_part(machine->program, step, frame, &offset)) {
        return NULL;
    }
    return buffer->bytes + index * step->stride + offset;
}

/* Where in the frame a place in a var is; NULL: outside. */
static uint64_t *find_in_var(const Machine *machine, const Step *step, uint64_t *frame,
                             uint32_t root) {
    uint64_t offset;
    return find_part(machine->program, step, frame, &offset) ? &frame[frame[root] + offset] : NULL;
}

/* Loads and stores give false where a `.raw` one is outside. */
static bool is_raw(const Step *step) {
    return (step->inst->flags & IR_RAW) != 0;
}

static bool load_buffer(const Machine *machine, const Step *step, uint64_t *frame) {
    const unsigned char *at = find_in_buffer(machine, step, frame, step->operands);
    uint64_t *result = &frame[step->result];
    if (at == NULL) {
        memset(result, 0, step->words * sizeof *result);
        return !is_raw(step);
    }
    if (step->lane_bytes == 0) {
        interp_read(at, step->inst->results[0]->type, result);
        return true;
    }
    for (uint32_t lane = 0; lane < step->words; lane++) {
        result[lane] = read_lane(at + lane * step->lane_bytes, step->lane_bytes);
    }
    return true;
}

static bool store_buffer(const Machine *machine, const Step *step, const uint64_t *frame) {
    unsigned char *at = find_in_buffer(machine, step, frame, step->operands + 1);
    const uint64_t *value = &frame[step->operands[0]];
    if (at == NULL) {
        return !is_raw(step);
    }
    if (step->lane_bytes == 0) {
        write_data(at, step->inst->operands[0]->type, value);
        return true;
    }
    for (uint32_t lane = 0; lane < step->words; lane++) {
        write_lane(at + lane * step->lane_bytes, step->lane_bytes, value[lane]);
    }
    return true;
}

static inline void copy_words(uint64_t *to, const uint64_t *from, uint32_t words) {
    if (words <= IR_MAX_LANES) {
        for (uint32_t i = 0; i < words; i++) {
            to[i] = from[i];
        }
    } else {
        memcpy(to, from, words * sizeof *to);
    }
}

static bool load_var(const Machine *machine, const Step *step, uint64_t *frame) {
    const uint64_t *at = find_in_var(machine, step, frame, step->operands[0]);
    uint64_t *result = &frame[step->result];
    if (at == NULL) {
        memset(result, 0, step->words * sizeof *result);
        return !is_raw(step);
    }
    copy_words(result, at, step->words);
    return true;
}

static bool store_var(const Machine *machine, const Step *step, uint64_t *frame) {
    uint64_t *at = find_in_var(machine, step, frame, step->operands[1]);
    if (at == NULL) {
        return !is_raw(step);
    }
    copy_words(at, &frame[step->operands[0]], step->words);
    return true;
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

InterpStatus interp_run(Machine *machine, Invocation *invocation) {
    const Program *program = machine->program;
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
        const uint64_t *a = frame + step->operands[0], *b = frame + step->operands[1],
                       *c = frame + step->operands[2];
        switch (step->kind) {
        case STEP_EVAL:
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
            uint64_t length = machine->buffers[*a].length;
            *result = length < UINT32_MAX ? length : UINT32_MAX;
            break;
        }
        case STEP_VAR:
            *result = step->target;
            memset(frame + step->target, 0, step->words * sizeof *frame);
            break;
        case STEP_LOAD_VAR:
            defined = load_var(machine, step, frame);
            break;
        case STEP_LOAD_BUFFER:
            defined = load_buffer(machine, step, frame);
            break;
        case STEP_STORE_VAR:
            defined = store_var(machine, step, frame);
            break;
        case STEP_STORE_BUFFER:
            defined = store_buffer(machine, step, frame);
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
