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

/* SPIR-V's universal limits (2.17). What goes beyond them, a kernel's name, the ways out of a loop or parameters by the
 * thousand, is only seen here. */
static void check_limit(SpirvWriter *w, uint32_t count, const char *what, uint32_t most) {
    if (count <= most) {
        return;
    }
    if (w->module->diags == NULL) {
        BUG("%u %s, where %u fit", count, what, most);
    }
    if (!w->is_too_large) { /* once is enough */
        Pos pos = w->function != NULL ? w->function->pos : 0;
        diag_report(w->module->diags, (Span){pos, pos}, D(SPIRV_TOO_LARGE), count, what, most);
    }
    w->is_too_large = true;
}

void spirv_end(SpirvWriter *w, SpirvSection section, uint32_t begin) {
    SpirvWords *words = &w->sections[section];
    uint32_t count = words->count - begin;
    check_limit(w, count, "words in an instruction", UINT16_MAX);
    if (words->items[begin] == SpvOpTypeStruct) {
        check_limit(w, count - 2, "values of one kernel or form", 16383);
    }
    w->globals += section == SPIRV_GLOBALS && words->items[begin] == SpvOpVariable;
    words->items[begin] |= count << SpvWordCountShift;
}

void spirv_check_size(SpirvWriter *w) {
    check_limit(w, w->globals, "buffers", UINT16_MAX);
    check_limit(w, w->locals.count, "local variables", 524287);
    check_limit(w, w->bound - 1, "values, types and variables", 4194303);
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
