/* See source.h. */
#include "ir/base/source.h"

enum { MARK_BYTES = 64 };

size_t source_character_size(const char *text, size_t length) {
    const unsigned char *c = (const unsigned char *)text;
    if (length == 0 || c[0] < 0x80) {
        return length > 0;
    }
    size_t size = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4 || size > length) {
        return 0;
    }
    for (size_t k = 1; k < size; k++) {
        if ((c[k] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool beyond = (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf4 && c[1] > 0x8f);
    return overlong || beyond ? 0 : size;
}

uint32_t source_characters(const char *text, size_t length) {
    uint32_t count = 0;
    for (size_t i = 0; i < length; count++) {
        size_t size = source_character_size(text + i, length - i);
        i += size > 0 ? size : 1;
    }
    return count;
}

/* The line starts, and how many characters stand before every MARK_BYTES-th byte: so a column is found fast in lines of
 * any length. A mark is that count times 4, and how far behind the byte the next character begins. */
static void read_lines(Arena *arena, SourceFile *file) {
    VEC(uint32_t) starts = {0};
    uint32_t *marks = NEW_ARRAY(arena, uint32_t, file->length / MARK_BYTES + 1);
    uint32_t count = 0, mark = 0, i = 0;
    VEC_PUSH(arena, &starts, 0);
    for (; i < file->length; count++) {
        if (i / MARK_BYTES >= mark) {
            marks[mark] = count << 2 | (i - mark * MARK_BYTES);
            mark++;
        }
        size_t size = source_character_size(file->text + i, file->length - i);
        i += size > 0 ? (uint32_t)size : 1;
        if (file->text[i - 1] == '\n') {
            VEC_PUSH(arena, &starts, i);
        }
    }
    if (i / MARK_BYTES >= mark) {
        marks[mark] = count << 2 | (i - mark * MARK_BYTES);
    }
    file->marks = marks;
    file->line_starts = starts.items;
    file->line_count = starts.count;
}

static uint32_t characters_before(const SourceFile *file, uint32_t offset) {
    uint32_t mark = file->marks[offset / MARK_BYTES], count = mark >> 2;
    uint32_t at = offset / MARK_BYTES * MARK_BYTES + (mark & 3);
    return at < offset ? count + source_characters(file->text + at, offset - at) : count;
}

SourceFile *source_add(SourceMap *map, const char *path, const char *text, size_t length) {
    Pos base = map->next == 0 ? 1 : map->next;
    if (length > SOURCE_MAX_BYTES || UINT32_MAX - base < length + 2) {
        return NULL;
    }
    SourceFile *file = NEW(map->arena, SourceFile);
    file->path = path;
    file->text = text;
    file->length = (uint32_t)length;
    file->base = base;
    read_lines(map->arena, file);
    map->next = base + file->length + 1; /* the end of a file is a position of its own */
    VEC_PUSH(map->arena, &map->files, file);
    return file;
}

SourcePlace source_place(const SourceMap *map, Pos pos) {
    SourcePlace place = {0};
    for (uint32_t i = 0; pos != 0 && i < map->files.count; i++) {
        SourceFile *file = map->files.items[i];
        if (pos >= file->base && pos - file->base <= file->length) {
            place.file = file;
        }
    }
    if (place.file == NULL) {
        return place;
    }
    const SourceFile *file = place.file;
    uint32_t offset = pos - file->base, low = 0, high = file->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (file->line_starts[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    uint32_t start = file->line_starts[low];
    uint32_t end = low + 1 < file->line_count ? file->line_starts[low + 1] - 1 : file->length;
    if (end > start && file->text[end - 1] == '\r') {
        end--;
    }
    if (start == 0 && end >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0) {
        start = 3; /* a byte order mark is no part of the line */
    }
    uint32_t length = end - start, at = offset > start ? offset - start : 0;
    place.line = low + 1;
    place.line_text = file->text + start;
    place.line_length = length;
    place.line_offset = at < length ? at : length;
    place.column =
        characters_before(file, start + place.line_offset) - characters_before(file, start) + 1;
    return place;
}
