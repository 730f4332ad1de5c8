/* What readers of LLVM's SPIR-V stumble over, put right. See opencl_module.h.
 *
 * A zero number is OpConstantNull in it. SPIRV-Tools want an OpConstant as the index of a member, and the SPIRV-LLVM
 * Translator of LLVM 15 reads no other number: so each becomes OpConstant 0.
 */
#include <spirv/unified1/spirv.h>

#include "backend-spirv/opencl_module.h"

enum { HEADER_WORDS = 5, BOUND = 3 };

typedef struct {
    const uint32_t *words;
    size_t count;
    uint32_t bound;
} Module;

/* Every instruction ends within the words, and ids are below the bound. */
static bool is_whole(const Module *m) {
    size_t at = HEADER_WORDS;
    while (at < m->count && m->words[at] >> SpvWordCountShift != 0) {
        SpvOp op = (SpvOp)(m->words[at] & SpvOpCodeMask);
        size_t length = m->words[at] >> SpvWordCountShift;
        bool has_type = op == SpvOpTypeInt || op == SpvOpTypeFloat || op == SpvOpConstantNull;
        if (has_type && (length < 3 || m->count - at < length || m->words[at + 1] >= m->bound)) {
            return false;
        }
        at += length;
    }
    return at == m->count;
}

/* The words that a number of each type takes; 0: the id is no such type. */
static uint8_t *number_widths(Arena *arena, const Module *m) {
    uint8_t *widths = NEW_ARRAY(arena, uint8_t, m->bound);
    for (size_t at = HEADER_WORDS, length; at < m->count; at += length) {
        const uint32_t *word = m->words + at;
        SpvOp op = (SpvOp)(*word & SpvOpCodeMask);
        length = *word >> SpvWordCountShift;
        if (op == SpvOpTypeInt || op == SpvOpTypeFloat) {
            widths[word[1]] = word[2] == 64 ? 2 : 1;
        }
    }
    return widths;
}

static bool is_number(const uint32_t *word, const uint8_t *widths) {
    return (*word & SpvOpCodeMask) == SpvOpConstantNull && widths[word[1]] > 0;
}

bool opencl_words_fix(Text *out, Text *from) {
    size_t count = from->length / sizeof(uint32_t);
    if (count < HEADER_WORDS) {
        return false;
    }
    uint32_t *words = NEW_ARRAY(out->arena, uint32_t, count);
    memcpy(words, text_get(from), count * sizeof *words);
    Module m = {words, count, words[BOUND]};
    if (!is_whole(&m)) {
        return false;
    }
    const uint8_t *widths = number_widths(out->arena, &m);
    text_bytes(out, (const char *)words, HEADER_WORDS * sizeof *words);
    for (size_t at = HEADER_WORDS, length; at < count; at += length) {
        const uint32_t *word = words + at;
        length = *word >> SpvWordCountShift;
        if (!is_number(word, widths)) {
            text_bytes(out, (const char *)word, length * sizeof *word);
            continue;
        }
        uint32_t size = 3u + widths[word[1]];
        const uint32_t zero[] = {size << SpvWordCountShift | SpvOpConstant, word[1], word[2], 0, 0};
        text_bytes(out, (const char *)zero, size * sizeof *zero);
    }
    return true;
}
