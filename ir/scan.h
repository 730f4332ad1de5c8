/* Words of the text form of the IR. */
#ifndef IR_SCAN_H
#define IR_SCAN_H

#include "ir/base/source.h"

typedef enum {
    TOKEN_END,
    TOKEN_BAD,      /* a byte that starts no token */
    TOKEN_WORD,     /* kernel, f32, div.raw */
    TOKEN_VALUE,    /* %name; the text is the name */
    TOKEN_FUNCTION, /* @name; the text is the name */
    TOKEN_NUMBER,   /* 5u32, -1.5e-3f32, 0x7fc00000 */
    TOKEN_POSITION, /* !line:column */
    TOKEN_ARROW,    /* -> */
    TOKEN_TEXT,     /* "…", on one line; the text is what is between the quotes, as it stands */
    TOKEN_PUNCTUATION,
} IrTokenKind;

typedef struct {
    IrTokenKind kind;
    Span span;
    const char *text;
    uint32_t length;
    uint32_t line, column;       /* TOKEN_POSITION */
    uint32_t doc_start, doc_end; /* offsets of `///` lines right before the token; equal: none */
} IrToken;

/* The token at offset *at of the file; moves *at behind it. Never reads outside the file. */
IrToken ir_scan(const SourceFile *file, uint32_t *at);

/* The `///` lines of a token, joined by '\n', without the slashes and one space; NULL: none. */
const char *ir_scan_doc(Arena *arena, const SourceFile *file, const IrToken *token);

#endif
