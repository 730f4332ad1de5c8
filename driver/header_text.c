/* See header_text.h. */
#include "driver/header_text.h"

#include <stdbool.h>

/* ---- comments ---- */

/* Bidirectional controls (U+200E, 200F, 202A to 202E, 2066 to 2069) show text in another order than compilers read it. */
static bool is_direction(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    return c[0] == 0xe2 &&
           ((c[1] == 0x80 && ((c[2] >= 0xaa && c[2] <= 0xae) || c[2] == 0x8e || c[2] == 0x8f)) ||
            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

/* One line of it; gives what follows. */
static const char *comment_line(Text *out, const char *text) {
    for (; *text != '\0' && *text != '\n'; text++) {
        bool ends = (text[0] == '*' && text[1] == '/') || (text[0] == '/' && text[1] == '*') ||
                    (text[0] == '?' && text[1] == '?'); /* a trigraph */
        if (is_direction(text)) {
            text_char(out, '?');
            text += 2;
        } else if ((unsigned char)*text >= ' ' && *text != 0x7f) {
            text_char(out, *text == '\\' && (text[1] == '\n' || text[1] == '\0') ? '/' : *text);
        }
        text_add(out, ends ? " " : "");
    }
    return *text == '\n' ? text + 1 : text;
}

void header_comment(Text *out, int indent, const char *text) {
    if (*text == '\0') {
        return;
    }
    text_indent(out, indent);
    text_add(out, "/* ");
    text = comment_line(out, text);
    while (*text != '\0') {
        text_char(out, '\n');
        text_indent(out, indent);
        text_add(out, " * ");
        text = comment_line(out, text);
    }
    text_add(out, " */\n");
}

/* ---- lines ---- */

enum { LINE_WIDTH = 100 };

/* Where a line that is too long may end: behind a comma, or the brace that opens a list. */
static size_t piece_length(const char *text, size_t length) {
    const char *comma = memchr(text, ',', length);
    return comma != NULL ? (size_t)(comma - text) + 1 : length;
}

/* Parameters and arguments that do not fit go on below the first. Comments and directives stay as they are. */
static void add_line(Text *out, const char *line, size_t length) {
    const char *parenthesis = memchr(line, '(', length), *text = line;
    size_t indent = parenthesis != NULL ? (size_t)(parenthesis - line) + 1 : 0, column = 0;
    text += strspn(text, " ");
    if (length <= LINE_WIDTH || indent == 0 || *text == '#' || *text == '/' || *text == '*') {
        text_bytes(out, line, length);
        return;
    }
    for (size_t at = 0; at < length;) {
        size_t piece = piece_length(line + at, length - at);
        if (column > indent && column + piece > LINE_WIDTH) {
            text_printf(out, "\n%*s", (int)indent, "");
            column = indent;
            at++; /* the space behind the comma */
            piece--;
        }
        text_bytes(out, line + at, piece);
        at += piece;
        column += piece;
    }
}

void header_lines(Text *out, const Text *body) {
    for (const char *line = body->data, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n'); /* the last line has one, too */
        add_line(out, line, (size_t)(end - line));
        text_char(out, '\n');
    }
}
