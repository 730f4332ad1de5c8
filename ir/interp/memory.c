/* See memory.h. */
#include "ir/interp/watch.h"

#include <math.h>

/* ---- bytes ---- */

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

void memory_read(const unsigned char *at, const IrType *type, uint64_t *words) {
    if (!ir_is_composite(type)) {
        unsigned bytes = ir_bits(type) / 8;
        for (unsigned lane = 0; lane < type->lanes; lane++) {
            words[lane] = read_lane(at + lane * bytes, bytes);
        }
        return;
    }
    for (uint32_t i = 0; i < type->count; i++) {
        const IrType *part = ir_part_type(type, i);
        memory_read(at + ir_part_offset(type, i), part, words);
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

/* ---- places ---- */

/* How far from the start of the root's element a place is: bytes or words; false: it is outside. */
static inline bool find_part(const Program *program, const Step *step, const uint64_t *frame,
                             uint64_t length, bool bytes, uint64_t *offset) {
    const PlaceIndex *index = program->indices.items + step->indices.first;
    *offset = bytes ? step->bytes_before : step->words_before;
    for (uint32_t i = 0; i < step->indices.count; i++) {
        uint64_t chosen = frame[index[i].slot];
        bool is_open = index[i].is_open && length != SPOT_AS_TYPED;
        if (chosen >= (is_open ? length : index[i].count)) {
            return false;
        }
        *offset += chosen * (bytes ? index[i].bytes : index[i].words);
    }
    return true;
}

static bool is_wide(const IrInst *inst) {
    return inst->op == OP_LOAD_WIDE || inst->op == OP_STORE_WIDE;
}

static Spot find_root(const Memory *memory, const Step *step, const uint64_t *frame,
                      const uint32_t *place, const IrType *type) {
    uint64_t root = frame[place[0]];
    switch (type->kind) {
    case IR_TYPE_BUFFER: {
        uint64_t index = frame[place[1]];
        bool inside = index < memory->buffers[root].length;
        if (is_wide(step->inst)) {
            inside = inside && index % step->words == 0 &&
                     memory->buffers[root].length - index >= step->words;
        }
        return (Spot){inside ? SPOT_BUFFER : SPOT_NOWHERE, (uint32_t)root, index * step->stride,
                      SPOT_AS_TYPED};
    }
    case IR_TYPE_SHARED:
        return (Spot){SPOT_SHARED, (uint32_t)root, 0, memory->shared[root].length};
    case IR_TYPE_REF: {
        const uint64_t *ref = &frame[place[0]];
        return (Spot){(SpotMemory)ref[REF_MEMORY], (uint32_t)ref[REF_ROOT], ref[REF_OFFSET],
                      ref[REF_LENGTH]};
    }
    default:
        return (Spot){SPOT_VAR, 0, root, SPOT_AS_TYPED};
    }
}

/* `words`: how many are looked at there. */
static Spot find_spot(const Memory *memory, const Step *step, const uint64_t *frame,
                      uint32_t words) {
    uint32_t at = ir_place_start(step->inst);
    const IrType *type = step->inst->operands[at]->type;
    Spot spot = find_root(memory, step, frame, step->operands + at, type);
    uint64_t offset;
    if (spot.memory == SPOT_NOWHERE) {
        return spot;
    }
    if (!find_part(memory->program, step, frame, spot.length, spot.memory == SPOT_BUFFER,
                   &offset)) {
        return (Spot){.memory = SPOT_NOWHERE};
    }
    spot.offset += offset;
    if (step->inst->operand_count > at + 1) {
        spot.length = SPOT_AS_TYPED; /* a part of it */
    }
    if (spot.memory == SPOT_SHARED && words > memory->shared[spot.root].count - spot.offset) {
        spot.memory = SPOT_NOWHERE; /* all of an array that is shorter than its type says */
    }
    return spot;
}

static unsigned char *bytes_at(const Memory *memory, const Spot *spot) {
    return memory->buffers[spot->root].bytes + spot->offset;
}

static uint64_t *words_at(const Memory *memory, const Spot *spot, uint64_t *frame) {
    return spot->memory == SPOT_VAR ? &frame[spot->offset]
                                    : &memory->shared[spot->root].words[spot->offset];
}

/* Nothing is there; gives false where that must not be. */
static bool is_outside(const Memory *memory, const Step *step, const uint64_t *frame) {
    if (memory->watch != NULL) {
        watch_outside(memory->watch, step, frame);
    }
    return (step->inst->flags & IR_RAW) == 0 && !is_wide(step->inst);
}

/* ---- loads and stores ---- */

/* Where in the frame a place in a var is; NULL: outside. */
static inline uint64_t *find_in_var(const Memory *memory, const Step *step, uint64_t *frame,
                                    uint32_t root) {
    uint64_t offset;
    bool inside = find_part(memory->program, step, frame, SPOT_AS_TYPED, false, &offset);
    return inside ? &frame[frame[root] + offset] : NULL;
}

bool memory_load_var(const Memory *memory, const Step *step, uint64_t *frame) {
    const uint64_t *at = find_in_var(memory, step, frame, step->operands[0]);
    uint64_t *result = &frame[step->result];
    if (at == NULL) {
        memset(result, 0, step->words * sizeof *result);
        return is_outside(memory, step, frame);
    }
    copy_words(result, at, step->words);
    return true;
}

bool memory_store_var(const Memory *memory, const Step *step, uint64_t *frame) {
    uint64_t *at = find_in_var(memory, step, frame, step->operands[1]);
    if (at == NULL) {
        return is_outside(memory, step, frame);
    }
    copy_words(at, &frame[step->operands[0]], step->words);
    return true;
}

bool memory_load(const Memory *memory, const Step *step, uint64_t *frame) {
    Spot spot = find_spot(memory, step, frame, step->words);
    uint64_t *result = &frame[step->result];
    if (spot.memory == SPOT_NOWHERE) {
        memset(result, 0, step->words * sizeof *result);
        return is_outside(memory, step, frame);
    }
    if (memory->watch != NULL) {
        watch_touch(memory->watch, step, &spot, step->inst->results[0]->type, false);
    }
    if (spot.memory != SPOT_BUFFER) {
        copy_words(result, words_at(memory, &spot, frame), step->words);
        return true;
    }
    const unsigned char *at = bytes_at(memory, &spot);
    if (step->lane_bytes == 0) {
        memory_read(at, step->inst->results[0]->type, result);
        return true;
    }
    for (uint32_t lane = 0; lane < step->words; lane++) {
        result[lane] = read_lane(at + lane * step->lane_bytes, step->lane_bytes);
    }
    return true;
}

bool memory_store(const Memory *memory, const Step *step, uint64_t *frame) {
    Spot spot = find_spot(memory, step, frame, step->words);
    const uint64_t *value = &frame[step->operands[0]];
    if (spot.memory == SPOT_NOWHERE) {
        return is_outside(memory, step, frame);
    }
    if (memory->watch != NULL) {
        watch_touch(memory->watch, step, &spot, step->inst->operands[0]->type, true);
    }
    if (spot.memory != SPOT_BUFFER) {
        copy_words(words_at(memory, &spot, frame), value, step->words);
        return true;
    }
    unsigned char *at = bytes_at(memory, &spot);
    if (step->lane_bytes == 0) {
        write_data(at, step->inst->operands[0]->type, value);
        return true;
    }
    for (uint32_t lane = 0; lane < step->words; lane++) {
        write_lane(at + lane * step->lane_bytes, step->lane_bytes, value[lane]);
    }
    return true;
}

void memory_make_ref(const Memory *memory, const Step *step, uint64_t *frame) {
    Spot spot = find_spot(memory, step, frame, 0);
    uint64_t *ref = &frame[step->result];
    if (spot.memory == SPOT_NOWHERE && memory->watch != NULL) {
        watch_outside(memory->watch, step, frame);
    }
    ref[REF_MEMORY] = spot.memory;
    ref[REF_ROOT] = spot.root;
    ref[REF_OFFSET] = spot.offset;
    ref[REF_LENGTH] = spot.length;
}

/* ---- atomics ---- */

/* What an atomic leaves; `values` are those of the instruction. */
static uint64_t changed(IrOp op, const IrType *type, uint64_t old, const uint64_t values[2]) {
    static const uint8_t arithmetic[OP_COUNT] = {
        [OP_ATOMIC_ADD] = OP_ADD, [OP_ATOMIC_SUB] = OP_SUB, [OP_ATOMIC_MIN] = OP_MIN,
        [OP_ATOMIC_MAX] = OP_MAX, [OP_ATOMIC_AND] = OP_AND, [OP_ATOMIC_OR] = OP_OR,
        [OP_ATOMIC_XOR] = OP_XOR,
    };
    switch (op) {
    case OP_ATOMIC_LOAD:
        return old;
    case OP_ATOMIC_STORE:
    case OP_ATOMIC_EXCHANGE:
        return values[0];
    case OP_ATOMIC_COMPARE_EXCHANGE:
        return old == values[0] ? values[1] : old;
    default: {
        EvalOperand operands[] = {{type, &old}, {type, &values[0]}};
        uint64_t result = 0;
        ir_eval((IrOp)arithmetic[op], 0, NULL, type, 2, operands, &result);
        return result;
    }
    }
}

bool memory_atomic(const Memory *memory, const Step *step, uint64_t *frame) {
    const IrInst *inst = step->inst;
    uint32_t at = ir_place_start(inst);
    const IrType *there = ir_place_type(inst->operands[at]->type, inst->operand_count - at - 1,
                                        inst->operands + at + 1);
    const IrType *type = ir_scalar(there->scalar);
    Spot spot = find_spot(memory, step, frame, 1);
    uint64_t old = 0, values[2] = {0, 0};
    for (uint32_t i = 0; i < at; i++) {
        values[i] = frame[step->operands[i]];
    }
    if (spot.memory == SPOT_BUFFER) {
        unsigned char *bytes = bytes_at(memory, &spot);
        old = read_lane(bytes, ir_bits(type) / 8);
        write_lane(bytes, ir_bits(type) / 8, changed(inst->op, type, old, values));
    } else if (spot.memory != SPOT_NOWHERE) {
        uint64_t *word = words_at(memory, &spot, frame);
        old = *word;
        *word = changed(inst->op, type, old, values);
    }
    if (inst->result_count > 0) {
        frame[step->result] = old;
    }
    return spot.memory != SPOT_NOWHERE || is_outside(memory, step, frame);
}

/* ---- memory of the workgroup ---- */

uint64_t memory_garbage(IrScalar scalar) {
    if (ir_scalars[scalar].class == IR_CLASS_FLOAT) {
        return ir_bits_of_number(scalar, NAN);
    }
    unsigned bits = ir_scalars[scalar].bits;
    return 0xa5a5a5a5a5a5a5a5u & (bits < 64 ? ((uint64_t)1 << bits) - 1 : UINT64_MAX);
}

static uint64_t *fill_with_garbage(uint64_t *words, const IrType *type) {
    if (!ir_is_composite(type)) {
        for (uint32_t lane = 0; lane < type->lanes; lane++) {
            *words++ = memory_garbage(type->scalar);
        }
        return words;
    }
    for (uint32_t i = 0; i < type->count; i++) {
        words = fill_with_garbage(words, ir_part_type(type, i));
    }
    return words;
}

static void fill(SharedBlock *block, const IrInst *inst) {
    const IrType *type = inst->results[0]->type->element;
    if (!inst->uninitialized) {
        memset(block->words, 0, block->count * sizeof *block->words);
    } else if (inst->operand_count == 0) {
        fill_with_garbage(block->words, type);
    } else {
        for (uint64_t i = 0; i < block->length; i++) {
            fill_with_garbage(block->words + i * type->element->words, type->element);
        }
    }
}

bool memory_make_shared(Memory *memory, const Step *step, uint64_t *frame) {
    SharedBlock *block = &memory->shared[step->target];
    const IrType *type = step->inst->results[0]->type->element;
    frame[step->result] = step->target;
    block->inst = step->inst;
    if (block->made) {
        return true;
    }
    block->made = true;
    block->count = type->words;
    block->length = SPOT_AS_TYPED;
    if (step->inst->operand_count > 0) {
        block->length = frame[step->operands[0]];
        block->count = block->length * type->element->words;
    }
    if (block->count > block->capacity) {
        if (block->count > PROGRAM_MAX_SHARED - memory->shared_words) {
            return false;
        }
        memory->shared_words += block->count;
        block->words = NEW_ARRAY(memory->arena, uint64_t, block->count);
        block->capacity = block->count;
    }
    if (block->count > 0) {
        fill(block, step->inst);
    }
    return true;
}

void memory_begin_group(Memory *memory) {
    for (uint32_t i = 0; i < memory->program->shared_count; i++) {
        memory->shared[i].made = false;
    }
}
