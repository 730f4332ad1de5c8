/* Names, and with -g the places in the source: OpLine wherever the place changes.
 *
 * An OpLine holds until the next one or the end of its block. Names of kernels and their parameters are always there,
 * names of locals with -g.
 */
#include "backend-spirv/spirv_writer.h"

/* SPIR-V bounds a string to 65,535 bytes; a name for people may be cut. */
enum { MAX_NAME = 4096 };

static size_t cut(const char *text, size_t length) {
    if (length <= MAX_NAME) {
        return length;
    }
    for (length = MAX_NAME; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;) {
        length--; /* not inside a character */
    }
    return length;
}

static void add_name(SpirvWriter *w, uint32_t id, const char *text, size_t length) {
    uint32_t begin = spirv_begin(w, SPIRV_NAMES, SpvOpName);
    spirv_word(w, SPIRV_NAMES, id);
    spirv_string(w, SPIRV_NAMES, text, cut(text, length));
    spirv_end(w, SPIRV_NAMES, begin);
}

/* SPIRV-Cross tells names apart, but takes words of C++ for names, and names that hide what it writes. */
static const char *printable(SpirvWriter *w, const char *text, size_t *length) {
    if (w->options->for_msl) {
        text = namer_word(&w->namer, arena_copy_text(w->module->arena, text, *length));
        *length = strlen(text);
    }
    return text;
}

void spirv_name(SpirvWriter *w, uint32_t id, const char *text, size_t length) {
    text = printable(w, text, &length);
    add_name(w, id, text, length);
}

void spirv_member_name(SpirvWriter *w, uint32_t type, uint32_t member, const char *text,
                       size_t length) {
    text = printable(w, text, &length);
    uint32_t begin = spirv_begin(w, SPIRV_NAMES, SpvOpMemberName);
    spirv_word(w, SPIRV_NAMES, type);
    spirv_word(w, SPIRV_NAMES, member);
    spirv_string(w, SPIRV_NAMES, text, cut(text, length));
    spirv_end(w, SPIRV_NAMES, begin);
}

/* spirv-val of SPIRV-Tools 2023.1 and before takes a name for a use, and allows few uses of narrow values. */
static bool may_have_name(const IrType *type) {
    return !ir_is_value(type) || (ir_bits(type) != 8 && ir_bits(type) != 16);
}

void spirv_local_name(SpirvWriter *w, const IrValue *value) {
    if (w->options->debug && value->name != NULL && may_have_name(value->type)) {
        const char *name = value->name->text;
        if (w->options
                ->for_msl) { /* whose own search for a free name takes long where one name is many locals' */
            name = namer_name(&w->namer, name);
        }
        add_name(w, value->mark, name, strlen(name));
    }
}

/* OpString and OpSource of a file. */
static uint32_t file_id(SpirvWriter *w, const SourceFile *file) {
    const SourceMap *sources = w->options->sources;
    if (w->files == NULL) {
        w->files = NEW_ARRAY(w->module->arena, uint32_t, sources->files.count);
    }
    uint32_t index = 0;
    while (sources->files.items[index] != file) {
        index++;
    }
    if (w->files[index] == 0) {
        uint32_t id = w->files[index] = spirv_fresh(w);
        uint32_t begin = spirv_begin(w, SPIRV_STRINGS, SpvOpString);
        spirv_word(w, SPIRV_STRINGS, id);
        spirv_string(w, SPIRV_STRINGS, file->path, cut(file->path, strlen(file->path)));
        spirv_end(w, SPIRV_STRINGS, begin);
        EMIT(w, SPIRV_STRINGS, SpvOpSource, SpvSourceLanguageUnknown, 0, id);
    }
    return w->files[index];
}

/* source_place() counts a column from the start of its line; instructions come nearly in the order of the source, so
 * from the last place it is a short way, however long the line. (The first bytes of a file may be a byte order mark,
 * which is no column.) */
static void look_up(SpirvWriter *w, Pos pos) {
    SourcePlace *place = &w->place;
    uint32_t from = place->line_offset, length = place->line_length;
    int64_t to = (int64_t)from + pos - w->place_pos;
    if (place->file == NULL || from < 3 || from >= length || to < 3 || to >= length) {
        *place = source_place(w->options->sources, pos);
    } else if (to >= from) {
        place->column += source_characters(place->line_text + from, (size_t)to - from);
        place->line_offset = (uint32_t)to;
    } else {
        place->column -= source_characters(place->line_text + to, from - (size_t)to);
        place->line_offset = (uint32_t)to;
    }
    w->place_pos = pos;
}

void spirv_line(SpirvWriter *w, Pos pos) {
    if (!w->options->debug || w->options->sources == NULL || pos == w->line) {
        return;
    }
    w->line = pos;
    if (pos != 0) {
        look_up(w, pos);
    }
    if (pos == 0 || w->place.file == NULL) {
        spirv_emit(w, SPIRV_CODE, SpvOpNoLine, 0, NULL);
    } else {
        uint32_t file = file_id(w, w->place.file);
        EMIT(w, SPIRV_CODE, SpvOpLine, file, w->place.line, w->place.column);
    }
}
