/* See text.h. */
#include "ir/base/text.h"

#include <stdarg.h>
#include <stdio.h>

#include "ir/base/fatal.h"

static void reserve(Text *text, size_t more) {
    if (text->capacity - text->length > more) {
        return;
    }
    if (more > SIZE_MAX / 4 || text->capacity > SIZE_MAX / 4) {
        fatal_memory();
    }
    size_t capacity = text->capacity == 0 ? 256 : text->capacity * 2;
    while (capacity - text->length <= more) {
        capacity *= 2;
    }
    char *data = arena_alloc(text->arena, capacity, 1);
    if (text->length > 0) {
        memcpy(data, text->data, text->length);
    }
    text->data = data;
    text->capacity = capacity;
}

void text_bytes(Text *text, const char *bytes, size_t length) {
    reserve(text, length);
    if (length > 0) {
        memcpy(text->data + text->length, bytes, length);
    }
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(Text *text, const char *string) {
    text_bytes(text, string, strlen(string));
}

void text_char(Text *text, char c) {
    text_bytes(text, &c, 1);
}

void text_printf(Text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    REQUIRE(length >= 0);
    reserve(text, (size_t)length);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    va_end(again);
    text->length += (size_t)length;
}

void text_indent(Text *text, int levels) {
    for (int i = 0; i < levels; i++) {
        text_bytes(text, "    ", 4);
    }
}

void text_quoted(Text *text, const char *bytes, size_t length) {
    text_char(text, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\') {
            text_char(text, '\\');
            text_char(text, (char)c);
        } else if (c == '\n') {
            text_add(text, "\\n");
        } else if (c == '\t') {
            text_add(text, "\\t");
        } else if (c < 0x20 || c == 0x7f) {
            text_printf(text, "\\u%04x", c);
        } else {
            text_char(text, (char)c);
        }
    }
    text_char(text, '"');
}

const char *text_get(Text *text) {
    return text->data != NULL ? text->data : "";
}
