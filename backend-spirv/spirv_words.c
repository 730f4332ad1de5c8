/* Words: instructions appended to the sections of the module. */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

uint32_t spirv_begin(SpirvWriter *w, SpirvSection section, SpvOp op) {
    uint32_t begin = w->sections[section].count;
    spirv_word(w, section, op);
    return begin;
}

/* UTF-8, four bytes a word from the low end, ended by a zero byte. */
void spirv_string(SpirvWriter *w, SpirvSection section, const char *text, size_t length) {
    for (size_t i = 0; i <= length; i += 4) {
        uint32_t word = 0;
        for (size_t j = i; j < i + 4 && j < length; j++) {
            word |= (uint32_t)(unsigned char)text[j] << 8 * (j - i);
        }
        spirv_word(w, section, word);
    }
}

/* The length of an instruction has 16 bits. What makes longer ones (a name of a kernel, the ways out of a loop, values of a
 * kernel by the thousand) is only seen here. */
static void report_length(SpirvWriter *w, uint32_t count) {
    if (w->module->diags == NULL) {
        BUG("an instruction of %u words; SPIR-V has room for %u", count, UINT16_MAX);
    }
    if (!w->is_too_large) { /* once is enough */
        Pos pos = w->kernel != NULL ? w->kernel->kernel->pos : 0;
        diag_report(w->module->diags, (Span){pos, pos}, D(SPIRV_TOO_LARGE), count, UINT16_MAX);
    }
    w->is_too_large = true;
}

void spirv_end(SpirvWriter *w, SpirvSection section, uint32_t begin) {
    SpirvWords *words = &w->sections[section];
    uint32_t count = words->count - begin;
    if (count > UINT16_MAX) {
        report_length(w, count);
    }
    words->items[begin] |= count << SpvWordCountShift;
}

void spirv_emit(SpirvWriter *w, SpirvSection section, SpvOp op, uint32_t count,
                const uint32_t *words) {
    uint32_t begin = spirv_begin(w, section, op);
    for (uint32_t i = 0; i < count; i++) {
        spirv_word(w, section, words[i]);
    }
    spirv_end(w, section, begin);
}

uint32_t spirv_result(SpirvWriter *w, SpvOp op, const IrType *type, uint32_t count,
                      const uint32_t *operands) {
    uint32_t type_id = spirv_type(w, type), id = spirv_fresh(w);
    uint32_t begin = spirv_begin(w, SPIRV_CODE, op);
    spirv_word(w, SPIRV_CODE, type_id);
    spirv_word(w, SPIRV_CODE, id);
    for (uint32_t i = 0; i < count; i++) {
        spirv_word(w, SPIRV_CODE, operands[i]);
    }
    spirv_end(w, SPIRV_CODE, begin);
    return id;
}

uint32_t spirv_glsl(SpirvWriter *w, uint32_t function, const IrType *type, uint32_t count,
                    const uint32_t *operands) {
    if (w->glsl == 0) {
        static const char name[] = "GLSL.std.450";
        w->glsl = spirv_fresh(w);
        uint32_t begin = spirv_begin(w, SPIRV_IMPORTS, SpvOpExtInstImport);
        spirv_word(w, SPIRV_IMPORTS, w->glsl);
        spirv_string(w, SPIRV_IMPORTS, name, sizeof name - 1);
        spirv_end(w, SPIRV_IMPORTS, begin);
    }
    uint32_t type_id = spirv_type(w, type), id = spirv_fresh(w);
    uint32_t begin = spirv_begin(w, SPIRV_CODE, SpvOpExtInst);
    spirv_word(w, SPIRV_CODE, type_id);
    spirv_word(w, SPIRV_CODE, id);
    spirv_word(w, SPIRV_CODE, w->glsl);
    spirv_word(w, SPIRV_CODE, function);
    for (uint32_t i = 0; i < count; i++) {
        spirv_word(w, SPIRV_CODE, operands[i]);
    }
    spirv_end(w, SPIRV_CODE, begin);
    return id;
}
