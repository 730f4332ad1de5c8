/* See scan.h. */
#include "ir/scan.h"

#include "ir/base/text.h"

typedef struct {
    const char *text;
    uint32_t length, at;
} Cursor;

static unsigned char peek(const Cursor *c, uint32_t ahead) {
    return ahead < c->length - c->at ? (unsigned char)c->text[c->at + ahead] : 0;
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(unsigned char c) {
    return is_letter(c) || is_digit(c) || c == '.';
}

static bool is_blank(unsigned char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Skips blanks and comments, and notes where documentation stands among them. */
static void skip(Cursor *c, IrToken *token) {
    for (;;) {
        while (is_blank(peek(c, 0))) {
            c->at++;
        }
        if (peek(c, 0) != '/' || peek(c, 1) != '/') {
            return;
        }
        uint32_t start = c->at;
        const char *end = memchr(c->text + start, '\n', c->length - start);
        c->at = end != NULL ? (uint32_t)(end - c->text) : c->length;
        if (start + 2 < c->at && c->text[start + 2] == '/') {
            token->doc_start = token->doc_end == 0 ? start : token->doc_start;
            token->doc_end = c->at;
        }
    }
}

/* A number is scanned widely: what is wrong with it is said where its type is known. */
static void scan_number(Cursor *c) {
    bool hexadecimal = peek(c, 0) == '0' && peek(c, 1) == 'x';
    for (unsigned char before = 0;; before = peek(c, 0), c->at++) {
        unsigned char now = peek(c, 0);
        bool sign = (now == '-' || now == '+') && !hexadecimal && (before == 'e' || before == 'E');
        if (!is_name(now) && !sign && !(now == '-' && before == 0)) {
            return;
        }
    }
}

/* Numbers too large for 32 bits become the largest. */
static uint32_t scan_decimal(Cursor *c) {
    uint64_t value = 0;
    for (; is_digit(peek(c, 0)); c->at++) {
        value = value * 10 + (peek(c, 0) - '0');
        value = value > UINT32_MAX ? UINT32_MAX : value;
    }
    return (uint32_t)value;
}

static IrTokenKind scan_position(Cursor *c, IrToken *token) {
    c->at++;
    token->line = scan_decimal(c);
    if (peek(c, 0) != ':') {
        return TOKEN_BAD;
    }
    c->at++;
    token->column = scan_decimal(c);
    return token->line > 0 && token->column > 0 ? TOKEN_POSITION : TOKEN_BAD;
}

/* A name, or a number: what %, or @ stands before. */
static IrTokenKind scan_name(Cursor *c, IrToken *token, IrTokenKind kind) {
    uint32_t start = ++c->at;
    if (is_digit(peek(c, 0))) {
        while (is_digit(peek(c, 0))) {
            c->at++;
        }
    } else if (is_letter(peek(c, 0))) {
        while (is_name(peek(c, 0))) {
            c->at++;
        }
    }
    token->text = c->text + start;
    token->length = c->at - start;
    return token->length > 0 ? kind : TOKEN_BAD;
}

/* A backslash takes the next byte with it. */
static IrTokenKind scan_text(Cursor *c, IrToken *token) {
    uint32_t start = ++c->at;
    while (c->at < c->length && peek(c, 0) != '"' && peek(c, 0) != '\n') {
        c->at += peek(c, 0) == '\\' && c->length - c->at > 1 ? 2 : 1;
    }
    if (peek(c, 0) != '"') {
        return TOKEN_BAD;
    }
    token->text = c->text + start;
    token->length = c->at++ - start;
    return TOKEN_TEXT;
}

static IrTokenKind scan_token(Cursor *c, IrToken *token) {
    unsigned char first = peek(c, 0);
    if (c->at == c->length) {
        return TOKEN_END;
    }
    if (is_letter(first)) {
        while (is_name(peek(c, 0))) {
            c->at++;
        }
        return TOKEN_WORD;
    }
    if (is_digit(first) || (first == '-' && is_digit(peek(c, 1)))) {
        scan_number(c);
        return TOKEN_NUMBER;
    }
    if (first == '-' && peek(c, 1) == '>') {
        c->at += 2;
        return TOKEN_ARROW;
    }
    switch (first) {
    case '%':
        return scan_name(c, token, TOKEN_VALUE);
    case '@':
        return scan_name(c, token, TOKEN_FUNCTION);
    case '!':
        return scan_position(c, token);
    case '"':
        return scan_text(c, token);
    default:
        c->at++;
        return first != 0 && strchr("(){}[]<>,:=", first) != NULL ? TOKEN_PUNCTUATION : TOKEN_BAD;
    }
}

IrToken ir_scan(const SourceFile *file, uint32_t *at) {
    Cursor c = {file->text, file->length, *at};
    IrToken token = {0};
    skip(&c, &token);
    uint32_t start = c.at;
    token.kind = scan_token(&c, &token);
    token.span = (Span){file->base + start, file->base + c.at};
    if (token.text == NULL) {
        token.text = file->text + start;
        token.length = c.at - start;
    }
    *at = c.at;
    return token;
}

const char *ir_scan_doc(Arena *arena, const SourceFile *file, const IrToken *token) {
    if (token->doc_start == token->doc_end) {
        return NULL;
    }
    Text doc = {.arena = arena};
    Cursor c = {file->text, token->doc_end, token->doc_start};
    for (bool first = true; c.at < c.length;) {
        while (is_blank(peek(&c, 0))) {
            c.at++;
        }
        uint32_t start = c.at;
        const char *newline = memchr(c.text + start, '\n', c.length - start);
        uint32_t end = newline != NULL ? (uint32_t)(newline - c.text) : c.length;
        c.at = end;
        if (end - start < 3 || c.text[start + 2] != '/') {
            continue; /* another comment between them */
        }
        start += 3;
        start += start < end && c.text[start] == ' ';
        end -= end > start && c.text[end - 1] == '\r';
        if (!first) {
            text_char(&doc, '\n');
        }
        first = false;
        text_bytes(&doc, c.text + start, end - start);
    }
    return text_get(&doc);
}
