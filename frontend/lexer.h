/* The lexer: a source file as an array of tokens. Kinds are the TOK_… of the grammar (parser.y).
 *
 * Spelling errors (E0101 to E0107) go to the diagnostics; what could not be read becomes TOK_BAD, or
 * TOK_BAD_VALUE where it was clearly meant to be a number. One report for a run of bad bytes.
 */
#ifndef FRONTEND_LEXER_H
#define FRONTEND_LEXER_H

#include "frontend/ast.h"

typedef struct {
    int16_t kind;
    bool first_on_line;
    bool
        unclosed; /* an opening bracket without a partner: `partner` is where it should have been */
    uint32_t
        partner; /* brackets, set by the token source (parse_tokens.c): index of the other one */
    Span span;
    union {
        Name name; /* names and words */
        uint64_t integer;
        double floating;
        const char *text; /* of a string, escapes replaced */
        BinaryOp op;      /* of `+=` and its like */
    };
    union {
        Name suffix;     /* numbers; NULL: none */
        uint32_t length; /* strings */
    };
    const char *doc; /* the `///` lines before it, joined by '\n'; NULL: none */
} Token;

#define NO_PARTNER UINT32_MAX /* beyond int, so no enum */

typedef VEC(Token) TokenList;

/* Every token of a file; the last one is TOK_END. */
TokenList lex_file(Arena *arena, Names *names, Diags *diags, const SourceFile *file);

/* How a malformed number is spelt rightly; NULL where only general advice helps (lexer_number.c). */
const char *right_number(Arena *arena, const char *s, size_t length);

/* The bytes of a token or node in its file. */
static inline const char *span_text(const SourceFile *file, Span span) {
    return file->text + (span.start - file->base);
}

#endif
