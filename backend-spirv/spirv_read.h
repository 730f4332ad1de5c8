/* Reads what `inspect` shows of a SPIR-V module. The words are hostile: nothing in them is believed unchecked. */
#ifndef BACKEND_SPIRV_READ_H
#define BACKEND_SPIRV_READ_H

#include <spirv/unified1/spirv.h>
#include <stdbool.h>

#include "ir/base/text.h"

enum {
    SPIRV_HEADER_WORDS = 5,
    SPIRV_MAX_BOUND = 0x3fffff + 1, /* universal limit on ids (specification, 2.17) */
};

/* What is known of an id. `at` is the word where the instruction that defines it starts; 0: no type, constant,
 * global variable or function. */
typedef struct {
    uint32_t at;
    uint32_t name; /* the word where the string of its OpName starts; 0: none */
    uint32_t set, binding, stride, builtin, spec; /* of the decoration, and 1; 0: none */
    bool not_writable, not_readable;              /* for a struct: of all its members */
    bool buffer_block;
    uint32_t mark; /* of the last entry point seen to use it; for functions, to call it */
} SpirvId;

/* OpMemberName, or an OpMemberDecorate; sorted by struct, then member, then place in the module. */
typedef struct {
    uint32_t struct_id, member, at;
} SpirvMember;

typedef VEC(uint32_t) SpirvPlaces; /* words where instructions start */

typedef struct {
    Arena *arena;
    const uint32_t *words; /* in host order, whatever the file's */
    size_t count;
    uint32_t bound, instruction_count;
    SpirvId *ids; /* `bound` of them */
    SpirvPlaces capabilities, extensions, entry_points, modes, variables, specs;
    uint32_t workgroup_size; /* the constant with that decoration; 0: none */
    VEC(SpirvMember) members;
    uint32_t memory_model; /* 0: none */
} SpirvModule;

/* False: `why` says what is wrong, and at which word. */
bool spirv_read(SpirvModule *module, Arena *arena, const uint32_t *words, size_t count, Text *why);

static inline SpvOp spirv_op_at(const SpirvModule *m, uint32_t at) {
    return (SpvOp)(m->words[at] & SpvOpCodeMask);
}
static inline uint32_t spirv_length_at(const SpirvModule *m, uint32_t at) {
    return m->words[at] >> SpvWordCountShift;
}
/* The instruction that defines an id, if it is this one; else 0. */
uint32_t spirv_defined_by(const SpirvModule *m, uint32_t id, SpvOp op);

/* The string at a word; spirv_read() saw to it that it ends within its instruction. */
void spirv_read_string(const SpirvModule *m, uint32_t at, Text *out);
uint32_t spirv_string_words(const SpirvModule *m, uint32_t at);

/* Marks the global variables that a function and those it calls refer to. */
void spirv_mark_uses(SpirvModule *m, uint32_t function, uint32_t mark);

/* Where what is known of a struct's members starts in `members`, or would. */
uint32_t spirv_first_member(const SpirvModule *m, uint32_t struct_id);

#endif
