/* See spirv_read.h. One walk over the instructions checks their shape and notes where things are; what is shown is
 * read from the words then. */
#include "backend-spirv/spirv_read.h"

#include <stdlib.h>

/* ---- strings ---- */

static uint32_t byte_at(const SpirvModule *m, uint32_t at, size_t i) {
    return m->words[at + i / 4] >> 8 * (i % 4) & 0xff;
}

/* Whether the string that starts at a word ends before `end`. */
static bool string_ends(const SpirvModule *m, uint32_t at, uint32_t end) {
    for (; at < end; at++) {
        uint32_t word = m->words[at];
        if ((word & 0xff) == 0 || (word & 0xff00) == 0 || (word & 0xff0000) == 0 ||
            (word & 0xff000000) == 0) {
            return true;
        }
    }
    return false;
}

void spirv_read_string(const SpirvModule *m, uint32_t at, Text *out) {
    for (size_t i = 0; byte_at(m, at, i) != 0; i++) {
        text_char(out, (char)byte_at(m, at, i));
    }
}

uint32_t spirv_string_words(const SpirvModule *m, uint32_t at) {
    size_t i = 0;
    while (byte_at(m, at, i) != 0) {
        i++;
    }
    return (uint32_t)(i / 4 + 1);
}

/* ---- the walk ---- */

/* The shortest an instruction may be, and where a string of it starts; only those that are looked into. */
static const struct {
    SpvOp op;
    uint8_t words, string; /* 0: none */
} shapes[] = {
    {SpvOpCapability, 2, 0},
    {SpvOpExtension, 2, 1},
    {SpvOpMemoryModel, 3, 0},
    {SpvOpEntryPoint, 4, 3},
    {SpvOpExecutionMode, 3, 0},
    {SpvOpName, 3, 2},
    {SpvOpMemberName, 4, 3},
    {SpvOpDecorate, 3, 0},
    {SpvOpMemberDecorate, 4, 0},
    {SpvOpTypeVoid, 2, 0},
    {SpvOpTypeBool, 2, 0},
    {SpvOpTypeInt, 4, 0},
    {SpvOpTypeFloat, 3, 0},
    {SpvOpTypeVector, 4, 0},
    {SpvOpTypeMatrix, 4, 0},
    {SpvOpTypeArray, 4, 0},
    {SpvOpTypeRuntimeArray, 3, 0},
    {SpvOpTypeStruct, 2, 0},
    {SpvOpTypePointer, 4, 0},
    {SpvOpConstant, 4, 0},
    {SpvOpFunction, 5, 0},
    {SpvOpVariable, 4, 0},
    {SpvOpFunctionCall, 4, 0},
    {SpvOpLoad, 4, 0},
    {SpvOpStore, 3, 0},
    {SpvOpCopyMemory, 3, 0},
    {SpvOpCopyMemorySized, 4, 0},
    {SpvOpAccessChain, 4, 0},
    {SpvOpPtrAccessChain, 5, 0},
    {SpvOpInBoundsAccessChain, 4, 0},
    {SpvOpArrayLength, 5, 0},
    {SpvOpImageTexelPointer, 6, 0},
    {SpvOpCopyObject, 4, 0},
    {SpvOpAtomicStore, 5, 0},
    {SpvOpSpecConstant, 4, 0},
    {SpvOpSpecConstantTrue, 3, 0},
    {SpvOpSpecConstantFalse, 3, 0},
    {SpvOpSpecConstantComposite, 3, 0},
    {SpvOpExecutionModeId, 3, 0},
};

static bool shape_holds(const SpirvModule *m, uint32_t at) {
    SpvOp op = spirv_op_at(m, at);
    uint32_t length = spirv_length_at(m, at);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].op == op) {
            return length >= shapes[i].words &&
                   (shapes[i].string == 0 || string_ends(m, at + shapes[i].string, at + length));
        }
    }
    return op < SpvOpAtomicLoad || op > SpvOpAtomicXor || length >= 5;
}

static bool wrong(Text *why, size_t at, const char *text) {
    text_printf(why, "word %zu: %s", at, text);
    return false;
}

static void note_decoration(SpirvId *id, const uint32_t *operands, uint32_t count) {
    uint32_t value = count > 1 ? operands[1] + 1 : 0;
    switch (operands[0]) {
    case SpvDecorationDescriptorSet:
        id->set = value;
        break;
    case SpvDecorationBinding:
        id->binding = value;
        break;
    case SpvDecorationArrayStride:
        id->stride = value;
        break;
    case SpvDecorationBuiltIn:
        id->builtin = value;
        break;
    case SpvDecorationSpecId:
        id->spec = value;
        break;
    case SpvDecorationBufferBlock:
        id->buffer_block = true;
        break;
    case SpvDecorationNonWritable:
        id->not_writable = true;
        break;
    case SpvDecorationNonReadable:
        id->not_readable = true;
        break;
    default:
        break;
    }
}

/* Notes one instruction; false: it speaks of an id that cannot be. */
static bool note(SpirvModule *m, uint32_t at, bool *in_function) {
    const uint32_t *word = m->words + at;
    uint32_t length = spirv_length_at(m, at);
    SpvOp op = spirv_op_at(m, at);
    switch (op) {
    case SpvOpCapability:
        VEC_PUSH(m->arena, &m->capabilities, at);
        return true;
    case SpvOpExtension:
        VEC_PUSH(m->arena, &m->extensions, at);
        return true;
    case SpvOpMemoryModel:
        m->memory_model = at;
        return true;
    case SpvOpEntryPoint:
        VEC_PUSH(m->arena, &m->entry_points, at);
        return word[2] < m->bound;
    case SpvOpExecutionMode:
    case SpvOpExecutionModeId:
        VEC_PUSH(m->arena, &m->modes, at);
        return true;
    case SpvOpName:
        if (word[1] < m->bound) {
            m->ids[word[1]].name = at + 2;
        }
        return word[1] < m->bound;
    case SpvOpMemberName:
    case SpvOpMemberDecorate:
        VEC_PUSH(m->arena, &m->members, (SpirvMember){word[1], word[2], at});
        return word[1] < m->bound;
    case SpvOpDecorate:
        if (word[1] < m->bound) {
            note_decoration(&m->ids[word[1]], word + 2, length - 2);
            bool is_size =
                word[2] == SpvDecorationBuiltIn && length > 3 && word[3] == SpvBuiltInWorkgroupSize;
            m->workgroup_size = is_size ? word[1] : m->workgroup_size;
        }
        return word[1] < m->bound;
    case SpvOpTypeVoid:
    case SpvOpTypeBool:
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
    case SpvOpTypeVector:
    case SpvOpTypeMatrix:
    case SpvOpTypeArray:
    case SpvOpTypeRuntimeArray:
    case SpvOpTypeStruct:
    case SpvOpTypePointer:
        if (word[1] < m->bound) {
            m->ids[word[1]].at = at;
        }
        return word[1] < m->bound;
    case SpvOpConstant:
    case SpvOpSpecConstant:
    case SpvOpSpecConstantTrue:
    case SpvOpSpecConstantFalse:
    case SpvOpSpecConstantComposite:
        if (word[2] < m->bound) {
            m->ids[word[2]].at = at;
        }
        if (op != SpvOpConstant && op != SpvOpSpecConstantComposite) {
            VEC_PUSH(m->arena, &m->specs, at);
        }
        return word[2] < m->bound;
    case SpvOpVariable:
    case SpvOpFunction:
        if (word[2] >= m->bound) {
            return false;
        }
        *in_function = *in_function || op == SpvOpFunction;
        if (op == SpvOpFunction || !*in_function) {
            m->ids[word[2]].at = at;
        }
        if (!*in_function) {
            VEC_PUSH(m->arena, &m->variables, at);
        }
        return true;
    default:
        return true;
    }
}

static int compare_members(const void *left, const void *right) {
    const SpirvMember *a = left, *b = right;
    uint32_t x = a->struct_id != b->struct_id ? a->struct_id
                 : a->member != b->member     ? a->member
                                              : a->at;
    uint32_t y = a->struct_id != b->struct_id ? b->struct_id
                 : a->member != b->member     ? b->member
                                              : b->at;
    return (x > y) - (x < y);
}

/* A struct whose every member may not be written, or read, is one that may not be. */
static void judge_structs(SpirvModule *m) {
    uint32_t unwritten = 0, unread = 0; /* members 0 to these, exclusive, of the struct at hand */
    for (uint32_t i = 0; i < m->members.count; i++) {
        const SpirvMember *member = &m->members.items[i];
        uint32_t at = spirv_defined_by(m, member->struct_id, SpvOpTypeStruct);
        if (i == 0 || member[-1].struct_id != member->struct_id) {
            unwritten = unread = 0;
        }
        if (at == 0 || spirv_op_at(m, member->at) != SpvOpMemberDecorate) {
            continue;
        }
        uint32_t decoration = m->words[member->at + 3], count = spirv_length_at(m, at) - 2;
        unwritten += decoration == SpvDecorationNonWritable && member->member == unwritten;
        unread += decoration == SpvDecorationNonReadable && member->member == unread;
        m->ids[member->struct_id].not_writable = unwritten == count;
        m->ids[member->struct_id].not_readable = unread == count;
    }
}

static uint32_t swapped(uint32_t word) {
    return word >> 24 | (word >> 8 & 0xff00) | (word & 0xff00) << 8 | word << 24;
}

bool spirv_read(SpirvModule *m, Arena *arena, const uint32_t *words, size_t count, Text *why) {
    *m = (SpirvModule){.arena = arena, .words = words, .count = count};
    if (count < SPIRV_HEADER_WORDS || count > UINT32_MAX) {
        text_printf(why, "%zu words are no SPIR-V module", count);
        return false;
    }
    if (words[0] == swapped(SpvMagicNumber)) {
        uint32_t *copy = NEW_ARRAY(arena, uint32_t, count);
        for (size_t i = 0; i < count; i++) {
            copy[i] = swapped(words[i]);
        }
        m->words = words = copy;
    }
    m->bound = words[3];
    if (words[0] != SpvMagicNumber) {
        return wrong(why, 0, "not the magic number of SPIR-V");
    }
    if ((words[1] & 0xff0000ff) != 0) {
        return wrong(why, 1, "not a version of SPIR-V");
    }
    if (m->bound == 0 || m->bound > SPIRV_MAX_BOUND) {
        return wrong(why, 3, "the bound of ids is out of range");
    }
    m->ids = NEW_ARRAY(arena, SpirvId, m->bound);
    bool in_function = false;
    for (size_t at = SPIRV_HEADER_WORDS; at < count; at += spirv_length_at(m, (uint32_t)at)) {
        uint32_t length = spirv_length_at(m, (uint32_t)at);
        if (length == 0 || length > count - at) {
            return wrong(why, at, "an instruction of no length, or one that runs past the end");
        }
        if (!shape_holds(m, (uint32_t)at)) {
            return wrong(why, at, "an instruction that is too short");
        }
        if (!note(m, (uint32_t)at, &in_function)) {
            return wrong(why, at, "an id beyond the bound");
        }
        m->instruction_count++;
    }
    if (m->members.count > 0) {
        qsort(m->members.items, m->members.count, sizeof *m->members.items, compare_members);
    }
    judge_structs(m);
    return true;
}

/* ---- looking up ---- */

uint32_t spirv_defined_by(const SpirvModule *m, uint32_t id, SpvOp op) {
    uint32_t at = id < m->bound ? m->ids[id].at : 0;
    return at != 0 && spirv_op_at(m, at) == op ? at : 0;
}

uint32_t spirv_first_member(const SpirvModule *m, uint32_t struct_id) {
    uint32_t low = 0, high = m->members.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->members.items[middle].struct_id < struct_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- uses ---- */

typedef struct {
    SpirvModule *m;
    uint32_t mark;
    SpirvPlaces functions; /* still to be read */
} Uses;

static void use(Uses *uses, uint32_t id) {
    SpirvModule *m = uses->m;
    if (spirv_defined_by(m, id, SpvOpVariable) != 0) {
        m->ids[id].mark = uses->mark;
    }
}

static void call(Uses *uses, uint32_t id) {
    SpirvModule *m = uses->m;
    uint32_t at = spirv_defined_by(m, id, SpvOpFunction);
    if (at != 0 && m->ids[id].mark != uses->mark) {
        m->ids[id].mark = uses->mark;
        VEC_PUSH(m->arena, &uses->functions, at);
    }
}

static void read_uses(Uses *uses, uint32_t at) {
    const uint32_t *word = uses->m->words + at;
    uint32_t length = spirv_length_at(uses->m, at);
    SpvOp op = spirv_op_at(uses->m, at);
    switch (op) {
    case SpvOpFunctionCall:
        call(uses, word[3]);
        for (uint32_t i = 4; i < length; i++) {
            use(uses, word[i]);
        }
        break;
    case SpvOpCopyMemory:
    case SpvOpCopyMemorySized:
        use(uses, word[2]);
        use(uses, word[1]);
        break;
    case SpvOpStore:
    case SpvOpAtomicStore:
        use(uses, word[1]);
        break;
    case SpvOpLoad:
    case SpvOpAccessChain:
    case SpvOpInBoundsAccessChain:
    case SpvOpPtrAccessChain:
    case SpvOpArrayLength:
    case SpvOpImageTexelPointer:
    case SpvOpCopyObject:
        use(uses, word[3]);
        break;
    default: /* the other atomics */
        if (op >= SpvOpAtomicLoad && op <= SpvOpAtomicXor) {
            use(uses, word[3]);
        }
    }
}

void spirv_mark_uses(SpirvModule *m, uint32_t function, uint32_t mark) {
    Uses uses = {.m = m, .mark = mark};
    call(&uses, function);
    while (uses.functions.count > 0) {
        size_t at = uses.functions.items[--uses.functions.count];
        do {
            read_uses(&uses, (uint32_t)at);
            at += spirv_length_at(m, (uint32_t)at);
        } while (at < m->count && spirv_op_at(m, (uint32_t)at) != SpvOpFunctionEnd &&
                 spirv_op_at(m, (uint32_t)at) != SpvOpFunction);
    }
}
