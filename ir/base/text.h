/* Text being built: a growing buffer in an arena. Every printer of the compiler writes to one. */
#ifndef IR_BASE_TEXT_H
#define IR_BASE_TEXT_H

#include "ir/base/arena.h"

typedef struct {
    Arena *arena;
    char *data; /* always ends with '\0' once something was written */
    size_t length, capacity;
} Text;

void text_bytes(Text *text, const char *bytes, size_t length);
void text_add(Text *text, const char *string);
void text_char(Text *text, char c);
void text_printf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_indent(Text *text, int levels);                       /* four spaces a level */
void text_quoted(Text *text, const char *bytes, size_t length); /* "…" with JSON's escapes */
const char *text_get(Text *text);                               /* "" when empty */

#endif
