/* Source map: every file of a compilation in one numbering of bytes.
 *
 * A position is a 32-bit offset into that numbering, so a span is 8 bytes anywhere it is kept.
 * Position 0 means "nowhere"; the first file starts at 1.
 */
#ifndef IR_BASE_SOURCE_H
#define IR_BASE_SOURCE_H

#include <stdbool.h>

#include "ir/base/arena.h"

typedef uint32_t Pos;
typedef struct {
    Pos start, end; /* half open */
} Span;

typedef struct {
    const char *path; /* as the user wrote it */
    bool is_option;   /* no file, but the text of an option */
    const char *text; /* ends with '\0', not counted in length; may hold other zeros */
    uint32_t length;
    Pos base;              /* position of text[0] */
    uint32_t *line_starts; /* offsets into text */
    uint32_t line_count;
    uint32_t *marks; /* counts of characters, see source.c */
} SourceFile;

typedef struct {
    Arena *arena;
    VEC(SourceFile *) files;
    Pos next; /* base of the next file; 0 before the first */
} SourceMap;

typedef struct {
    const SourceFile *file; /* NULL: nowhere */
    uint32_t line, column;  /* from 1; columns count characters (code points), not bytes */
    const char *line_text;  /* of the whole line, without its end or a byte order mark */
    uint32_t line_length;   /* in bytes */
    uint32_t line_offset;   /* of the position within line_text, in bytes */
} SourcePlace;

enum { SOURCE_MAX_BYTES = 64 * 1024 * 1024 }; /* a file; all files together stay below 4 GiB */

/* Adds a file; copies nothing but keeps `text` (which must outlive the map) and `path`.
 * NULL if the file is longer than SOURCE_MAX_BYTES or the map is full. */
SourceFile *source_add(SourceMap *map, const char *path, const char *text, size_t length);
SourcePlace source_place(const SourceMap *map, Pos pos);

/* The bytes of the character at `text`, of which `length` are there; 0: they are no UTF-8 (Unicode, table 3-7). */
size_t source_character_size(const char *text, size_t length);

/* The number of code points in the bytes; a byte that starts none counts one. */
uint32_t source_characters(const char *text, size_t length);

static inline Span span_join(Span a, Span b) {
    if (a.start == 0) {
        return b;
    }
    return b.start == 0 ? a : (Span){a.start, b.end > a.end ? b.end : a.end};
}

#endif
