/* See source.h. */
#include "ir/base/source.h"

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
    VEC(uint32_t) starts = {0};
    VEC_PUSH(map->arena, &starts, 0);
    for (uint32_t i = 0; i < file->length; i++) {
        if (text[i] == '\n') {
            VEC_PUSH(map->arena, &starts, i + 1);
        }
    }
    file->line_starts = starts.items;
    file->line_count = starts.count;
    map->next = base + file->length + 1; /* the end of a file is a position of its own */
    VEC_PUSH(map->arena, &map->files, file);
    return file;
}

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
    place.column = source_characters(place.line_text, place.line_offset) + 1;
    return place;
}
