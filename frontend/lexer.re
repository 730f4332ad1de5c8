/* See lexer.h. re2c recognises tokens; what is inside comments, strings and numbers is read by hand. */
#include "frontend/lexer.h"

#include <stdlib.h>

#include "frontend/parser.h"

enum {
    MOST_BAD_RUNS = 20, /* a file with more is no text: later ones are not reported */
    SPELLING_SHOWN = 40 /* bytes of a number in a message */
};

typedef struct {
    Arena *arena;
    Names *names;
    Diags *diags;
    const SourceFile *file;
    const char *cursor, *end; /* end: the final '\0' */
    TokenList tokens;
    Text doc; /* `///` lines since the last token */
    unsigned bad_runs;
    VEC(Name) foreign_words; /* with letters beyond ASCII, that were reported */
    Pos bad_end;   /* where the last run of bad bytes ended */
    bool new_line; /* since the last token */
    bool in_comment; /* at the end of the file */
} Lexer;

static Span span_of(const Lexer *lexer, const char *start, const char *end) {
    Pos base = lexer->file->base;
    return (Span){base + (Pos)(start - lexer->file->text), base + (Pos)(end - lexer->file->text)};
}

static Token *add(Lexer *lexer, const char *start, int kind) {
    Token token = {.kind = (int16_t)kind,
                   .first_on_line = lexer->new_line,
                   .partner = NO_PARTNER,
                   .span = span_of(lexer, start, lexer->cursor)};
    if (lexer->doc.length > 0) {
        token.doc = text_get(&lexer->doc);
        lexer->doc = (Text){.arena = lexer->arena};
    }
    lexer->new_line = false;
    VEC_PUSH(lexer->arena, &lexer->tokens, token);
    return &lexer->tokens.items[lexer->tokens.count - 1];
}

/* ---- bad bytes and characters ---- */

/* How many bytes the character at `at` has; 0 if it is not well-formed UTF-8. The text ends with '\0'. */
static unsigned utf8_size(const char *at) {
    const unsigned char *c = (const unsigned char *)at;
    if (c[0] < 0x80) {
        return 1;
    }
    unsigned size = c[0] >= 0xf0 && c[0] <= 0xf4   ? 4
                    : c[0] >= 0xe0 && c[0] <= 0xef ? 3
                    : c[0] >= 0xc2 && c[0] <= 0xdf ? 2
                                                   : 0;
    for (unsigned i = 1; i < size; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xed && c[1] > 0x9f;
    bool beyond = c[0] == 0xf4 && c[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : size;
}

static uint32_t code_point(const char *at, unsigned size) {
    const unsigned char *c = (const unsigned char *)at;
    uint32_t value = size == 1 ? c[0] : c[0] & (0xffu >> (size + 1));
    for (unsigned i = 1; i < size; i++) {
        value = value << 6 | (c[i] & 0x3fu);
    }
    return value;
}

/* True if the bad bytes at `start` begin a run that is to be reported. */
static bool begins_bad_run(Lexer *lexer, const char *start, const char *end) {
    Span span = span_of(lexer, start, end);
    bool begins = lexer->bad_end != span.start;
    lexer->bad_end = span.end;
    return begins && lexer->bad_runs++ < MOST_BAD_RUNS;
}

static void report_bad_utf8(Lexer *lexer, const char *at) {
    if (begins_bad_run(lexer, at, at + 1)) {
        diag_report(lexer->diags, span_of(lexer, at, at + 1), D(BAD_UTF8));
    }
}

/* What a character of other keyboards and languages was meant to be. */
static const struct {
    uint32_t character;
    const char *help;
} meant[] = {
    {'@', "attributes are written `#[name]`"},
    {'$', "names are made of the letters A to Z, digits and `_`"},
    {'\'', "texts stand between double quotes"},
    {0xa0, "this is a no-break space: use a plain one"},
    {0xd7, "write `*`"},
    {0xf7, "write `/`"},
    {0x37e, "this is a Greek question mark: write `;`"},
    {0x2013, "write `-`"},
    {0x2018, "texts stand between double quotes"},
    {0x2019, "texts stand between double quotes"},
    {0x201c, "write `\"`"},
    {0x201d, "write `\"`"},
    {0x2026, "write `..`"},
    {0x2192, "write `->`"},
    {0x2212, "write `-`"},
    {0x2260, "write `!=`"},
    {0x2264, "write `<=`"},
    {0x2265, "write `>=`"},
    {0x3000, "this is a wide space: use a plain one"},
    {0xff08, "write `(`"},
    {0xff09, "write `)`"},
    {0xff0c, "write `,`"},
    {0xff1b, "write `;`"},
};

static void report_bad_character(Lexer *lexer, const char *at, unsigned size) {
    if (!begins_bad_run(lexer, at, at + size)) {
        return;
    }
    uint32_t value = code_point(at, size);
    bool visible = value > 0x20 && value != 0x7f && (value < 0x80 || value > 0xa0);
    const char *shown = visible ? arena_printf(lexer->arena, "`%.*s`", (int)size, at)
                                : arena_printf(lexer->arena, "U+%04X", (unsigned)value);
    Span span = span_of(lexer, at, at + size);
    Diag *diag = diag_report(lexer->diags, span, D(BAD_CHARACTER), shown);
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        if (meant[i].character == value) {
            diag_help(diag, span, "%s", meant[i].help);
        }
    }
}

/* A token for what is no token: one for a whole run. */
static void add_bad(Lexer *lexer, const char *start) {
    Token *last =
        lexer->tokens.count > 0 ? &lexer->tokens.items[lexer->tokens.count - 1] : NULL;
    Span span = span_of(lexer, start, lexer->cursor);
    if (last != NULL && last->kind == TOK_BAD && last->span.end == span.start) {
        last->span.end = span.end;
    } else {
        add(lexer, start, TOK_BAD);
    }
}

static void bad_character(Lexer *lexer, const char *start) {
    unsigned size = utf8_size(start);
    if (size == 0) {
        report_bad_utf8(lexer, start);
    } else {
        report_bad_character(lexer, start, size);
    }
    lexer->cursor = start + (size == 0 ? 1 : size);
    add_bad(lexer, start);
}

/* Whether the word comes for the first time; the same mistake is not reported wherever it is used. */
static bool is_new_word(Lexer *lexer, Name name) {
    for (uint32_t i = 0; i < lexer->foreign_words.count; i++) {
        if (lexer->foreign_words.items[i] == name) {
            return false;
        }
    }
    VEC_PUSH(lexer->arena, &lexer->foreign_words, name);
    return true;
}

/* A word with letters beyond ASCII: reported at the first of them, and a name all the same. */
static void foreign_letters(Lexer *lexer, const char *start) {
    Name name = name_bytes(lexer->names, start, (size_t)(lexer->cursor - start));
    const char *at = start;
    while ((unsigned char)*at < 0x80) {
        at++;
    }
    unsigned size = utf8_size(at);
    if (lexer->bad_runs < MOST_BAD_RUNS && is_new_word(lexer, name)) {
        lexer->bad_runs++;
        Span span = span_of(lexer, at, at + size);
        const char *shown = arena_printf(lexer->arena, "`%.*s`", (int)size, at);
        Diag *diag = diag_report(lexer->diags, span, D(BAD_CHARACTER), shown);
        diag_help(diag, span, "names are made of the letters A to Z, digits and `_`");
    }
    add(lexer, start, TOK_NAME)->name = name;
}

/* ---- comments ---- */

/* Passes over one character of a comment or string; invalid UTF-8 is reported. */
static const char *pass_character(Lexer *lexer, const char *at) {
    unsigned size = utf8_size(at);
    if (size == 0) {
        report_bad_utf8(lexer, at);
    }
    return at + (size == 0 ? 1 : size);
}

static void line_comment(Lexer *lexer, const char *start) {
    const char *at = start;
    while (at < lexer->end && *at != '\n') {
        at = pass_character(lexer, at);
    }
    lexer->cursor = at;
    if (at - start < 3 || start[2] != '/' || (at - start > 3 && start[3] == '/')) {
        return;
    }
    const char *from = start + 3, *to = at; /* `///`, but not `////` */
    from += from < to && *from == ' ';
    to -= to > from && to[-1] == '\r';
    if (lexer->doc.length > 0) {
        text_char(&lexer->doc, '\n');
    }
    for (; from < to; from++) { /* the text is handed on as a C string */
        text_char(&lexer->doc, *from == '\0' ? ' ' : *from);
    }
}

static void block_comment(Lexer *lexer, const char *start) {
    unsigned depth = 1;
    const char *at = start + 2;
    while (depth > 0 && at < lexer->end) {
        if (at[0] == '*' && at[1] == '/') {
            depth--;
            at += 2;
        } else if (at[0] == '/' && at[1] == '*') {
            depth++;
            at += 2;
        } else {
            lexer->new_line |= *at == '\n';
            at = pass_character(lexer, at);
        }
    }
    lexer->cursor = at;
    if (depth > 0) {
        diag_report(lexer->diags, span_of(lexer, start, start + 2), D(OPEN_COMMENT));
        lexer->in_comment = true;
    }
}

/* ---- strings ---- */

static void string(Lexer *lexer, const char *start) {
    static const char escapes[][2] = {{'n', '\n'},
                                      {'t', '\t'},
                                      {'\\', '\\'},
                                      {'"', '"'},
                                      {'{', STRING_OPEN_BRACE},
                                      {'}', STRING_CLOSE_BRACE}};
    Text text = {.arena = lexer->arena};
    const char *at = start + 1;
    while (at < lexer->end && *at != '"' && *at != '\n') {
        if ((unsigned char)*at < 0x20 && *at != '\t' && *at != '\r') {
            report_bad_character(lexer, at++, 1);
        } else if (*at != '\\') {
            const char *next = pass_character(lexer, at);
            text_bytes(&text, at, (size_t)(next - at));
            at = next;
        } else if (at + 1 == lexer->end || at[1] == '\n') {
            at++;
        } else {
            size_t i = 0, count = sizeof escapes / sizeof escapes[0];
            while (i < count && escapes[i][0] != at[1]) {
                i++;
            }
            const char *next = pass_character(lexer, at + 1);
            if (i < count) {
                text_char(&text, escapes[i][1]);
            } else if (utf8_size(at + 1) != 0) {
                Span span = span_of(lexer, at, next);
                const char *escape = (unsigned char)at[1] < 0x20
                                         ? ""
                                         : arena_copy_text(lexer->arena, at + 1,
                                                           (size_t)(next - at - 1));
                Diag *diag = diag_report(lexer->diags, span, D(BAD_ESCAPE), escape);
                diag_help(diag, span, "the escapes are \\n \\t \\\\ \\\" \\{ \\}");
            }
            at = next;
        }
    }
    if (at < lexer->end && *at == '"') {
        at++;
    } else {
        diag_report(lexer->diags, span_of(lexer, start, start + 1), D(OPEN_STRING));
        while (at > start + 1 && strchr("); \t\r", at[-1]) != NULL) {
            at--; /* what closes the call is hardly part of the text */
        }
    }
    lexer->cursor = at;
    Token *token = add(lexer, start, TOK_STRING);
    token->text = text_get(&text);
    token->length = (uint32_t)text.length;
}

/* A text of other languages, 'like this': one mistake. */
static void single_quoted(Lexer *lexer, const char *start) {
    report_bad_character(lexer, start, 1);
    add(lexer, start, TOK_BAD_VALUE);
}

/* ---- numbers ---- */

static int digit_value(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
}

static const char *shown_spelling(Lexer *lexer, const char *start) {
    size_t length = (size_t)(lexer->cursor - start);
    bool cut = length > SPELLING_SHOWN;
    return arena_printf(lexer->arena, "%.*s%s", cut ? SPELLING_SHOWN : (int)length, start,
                        cut ? "…" : "");
}

static void number_too_large(Lexer *lexer, const char *start) {
    diag_report(lexer->diags, span_of(lexer, start, lexer->cursor), D(NUMBER_TOO_LARGE),
                shown_spelling(lexer, start));
    add(lexer, start, TOK_BAD_VALUE);
}

/* `digits` is where the digits start, after a prefix. */
static void integer(Lexer *lexer, const char *start, const char *digits, unsigned radix) {
    uint64_t value = 0;
    bool fits = true;
    const char *at = digits;
    for (; at < lexer->cursor && *at != 'i' && *at != 'u'; at++) {
        if (*at != '_') {
            uint64_t digit = (uint64_t)digit_value(*at);
            fits = fits && value <= (UINT64_MAX - digit) / radix;
            value = value * radix + digit;
        }
    }
    if (!fits) {
        number_too_large(lexer, start);
        return;
    }
    Name suffix = at < lexer->cursor
                      ? name_bytes(lexer->names, at, (size_t)(lexer->cursor - at))
                      : NULL;
    Token *token = add(lexer, start, TOK_INT);
    token->integer = value;
    token->suffix = suffix;
}

static void floating(Lexer *lexer, const char *start) {
    Text digits = {.arena = lexer->arena};
    const char *at = start;
    for (; at < lexer->cursor && *at != 'f'; at++) {
        if (*at != '_') {
            text_char(&digits, *at);
        }
    }
    double value = strtod(text_get(&digits), NULL); /* correctly rounded; the locale stays "C" */
    if (value > 1.7976931348623157e308) {
        number_too_large(lexer, start);
        return;
    }
    Name suffix = at < lexer->cursor
                      ? name_bytes(lexer->names, at, (size_t)(lexer->cursor - at))
                      : NULL;
    Token *token = add(lexer, start, TOK_FLOAT);
    token->floating = value;
    token->suffix = suffix;
}

static void bad_number(Lexer *lexer, const char *start) {
    size_t length = (size_t)(lexer->cursor - start);
    Span span = span_of(lexer, start, lexer->cursor);
    if (lexer->bad_runs++ < MOST_BAD_RUNS) {
        Diag *diag =
            diag_report(lexer->diags, span, D(BAD_NUMBER), shown_spelling(lexer, start));
        const char *right =
            length <= SPELLING_SHOWN ? right_number(lexer->arena, start, length) : NULL;
        bool octal = length > 1 && start[0] == '0' && length <= SPELLING_SHOWN;
        for (size_t i = 0; octal && i < length; i++) {
            octal = start[i] >= '0' && start[i] <= '7';
        }
        if (octal) {
            diag_help(diag, span, "write `%s`, or `0o%s` if it is octal", right, right);
        } else if (right != NULL) {
            diag_help(diag, span, "write `%s`", right);
        } else {
            diag_help(diag, span,
                      "numbers look like 42 0x2a 0b1010 0o52 1_000 1.5 1e-3, and may end with "
                      "one of i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64");
        }
    }
    add(lexer, start, TOK_BAD_VALUE);
}

/* `.5`: a malformed number, but after an operand (`v.0`) the point is one that selects. */
static void point_number(Lexer *lexer, const char *start) {
    const Token *last =
        lexer->tokens.count > 0 ? &lexer->tokens.items[lexer->tokens.count - 1] : NULL;
    bool selects = last != NULL && last->span.end == span_of(lexer, start, start).start &&
                   (last->kind == TOK_NAME || last->kind == TOK_RPAREN ||
                    last->kind == TOK_RBRACKET || last->kind == TOK_INT ||
                    last->kind == TOK_FLOAT);
    if (selects) {
        lexer->cursor = start + 1;
        add(lexer, start, TOK_DOT);
    } else {
        bad_number(lexer, start);
    }
}

/* ---- words ---- */

static void word(Lexer *lexer, const char *start, int kind) {
    bool after_dot = lexer->tokens.count > 0 &&
                     lexer->tokens.items[lexer->tokens.count - 1].kind == TOK_DOT;
    Name name = name_bytes(lexer->names, start, (size_t)(lexer->cursor - start));
    add(lexer, start, after_dot ? TOK_NAME : kind)->name = name;
}

static void op_assign(Lexer *lexer, const char *start, BinaryOp op) {
    add(lexer, start, TOK_OP_ASSIGN)->op = op;
}

/* ---- the scanner ---- */

static bool next(Lexer *lexer) {
    const char *YYMARKER;
    const char *start = lexer->cursor;
#define ADD(KIND) return add(lexer, start, TOK_##KIND), true
#define WORD(KIND) return word(lexer, start, TOK_##KIND), true
#define DO(action) return action, true
    /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = lexer->cursor;
    re2c:yyfill:enable = 0;

    digit  = [0-9];
    alnum  = [A-Za-z0-9_];
    dec    = digit ([0-9_]* digit)?;
    int10  = "0" | [1-9] ([0-9_]* digit)?;
    hex    = [0-9a-fA-F] ([0-9a-fA-F_]* [0-9a-fA-F])?;
    oct    = [0-7] ([0-7_]* [0-7])?;
    bin    = [01] ([01_]* [01])?;
    isuf   = [iu] ("8" | "16" | "32" | "64");
    fsuf   = "f" ("16" | "32" | "64");
    exp    = [eE] [+-]? dec;
    float  = dec "." dec exp? | dec exp;

    // letters of other alphabets: U+00C0 to U+1FFF but × and ÷, and from U+3040
    cont   = [\x80-\xbf];
    letter = "\xc3" [\x80-\x96\x98-\xb6\xb8-\xbf] | [\xc4-\xdf] cont
           | "\xe0" [\xa0-\xbf] cont | "\xe1" cont cont
           | "\xe3" [\x81-\xbf] cont | [\xe4-\xec] cont cont | "\xed" [\x80-\x9f] cont;

    "\x00"              { if (start == lexer->end) { return false; }
                          DO(bad_character(lexer, start)); }
    *                   { DO(bad_character(lexer, start)); }

    [ \t\r]+            { return true; }
    "\n"                { lexer->new_line = true; return true; }
    "//"                { DO(line_comment(lexer, start)); }
    "/*"                { DO(block_comment(lexer, start)); }
    ["]                 { DO(string(lexer, start)); }
    ['] [^'\n\x00]* ['] { DO(single_quoted(lexer, start)); }

    int10 isuf?         { DO(integer(lexer, start, start, 10)); }
    "0x" hex isuf?      { DO(integer(lexer, start, start + 2, 16)); }
    "0o" oct isuf?      { DO(integer(lexer, start, start + 2, 8)); }
    "0b" bin isuf?      { DO(integer(lexer, start, start + 2, 2)); }
    float fsuf?         { DO(floating(lexer, start)); }
    int10 fsuf          { DO(floating(lexer, start)); }
    digit alnum*                        { DO(bad_number(lexer, start)); }
    dec "." / [^.0-9A-Za-z_]            { DO(bad_number(lexer, start)); }
    dec "." alnum+                      { DO(bad_number(lexer, start)); }
    dec ("." dec)? [eE] [+-] alnum*     { DO(bad_number(lexer, start)); }
    "." digit alnum*                    { DO(point_number(lexer, start)); }

    "kernel"   { WORD(KERNEL); }
    "proc"     { WORD(PROC); }
    "form"     { WORD(FORM); }
    "const"    { WORD(CONST); }
    "let"      { WORD(LET); }
    "mut"      { WORD(MUT); }
    "set"      { WORD(SET); }
    "give"     { WORD(GIVE); }
    "if"       { WORD(IF); }
    "elif"     { WORD(ELIF); }
    "else"     { WORD(ELSE); }
    "while"    { WORD(WHILE); }
    "loop"     { WORD(LOOP); }
    "for"      { WORD(FOR); }
    "in"       { WORD(IN); }
    "break"    { WORD(BREAK); }
    "continue" { WORD(CONTINUE); }
    "match"    { WORD(MATCH); }
    "case"     { WORD(CASE); }
    "shared"   { WORD(SHARED); }
    "use"      { WORD(USE); }
    "as"       { WORD(AS); }
    "and"      { WORD(AND); }
    "or"       { WORD(OR); }
    "not"      { WORD(NOT); }
    "true"     { WORD(TRUE); }
    "false"    { WORD(FALSE); }
    "vertex" | "fragment" | "import" | "pub" | "type" | "pick" | "trait" | "impl" | "async"
             | "unsafe" | "where" | "test" | "bench"
               { WORD(RESERVED); }
    [A-Za-z_] alnum*                               { WORD(NAME); }
    ([A-Za-z_] alnum*)? letter (alnum | letter)*   { DO(foreign_letters(lexer, start)); }

    "("   { ADD(LPAREN); }
    ")"   { ADD(RPAREN); }
    "["   { ADD(LBRACKET); }
    "]"   { ADD(RBRACKET); }
    "{"   { ADD(LBRACE); }
    "}"   { ADD(RBRACE); }
    ","   { ADD(COMMA); }
    ";"   { ADD(SEMICOLON); }
    ":"   { ADD(COLON); }
    "::"  { ADD(COLON_COLON); }
    "."   { ADD(DOT); }
    ".."  { ADD(DOT_DOT); }
    "..=" { ADD(DOT_DOT_EQ); }
    "->"  { ADD(ARROW); }
    "=>"  { ADD(FAT_ARROW); }
    "?"   { ADD(QUESTION); }
    "#"   { ADD(HASH); }
    "+"   { ADD(PLUS); }
    "++"  { ADD(PLUS_PLUS); }
    "-"   { ADD(MINUS); }
    "*"   { ADD(STAR); }
    "/"   { ADD(SLASH); }
    "%"   { ADD(PERCENT); }
    "&"   { ADD(AMP); }
    "&&"  { ADD(AND); }
    "|"   { ADD(PIPE); }
    "||"  { ADD(OR); }
    "^"   { ADD(CARET); }
    "~"   { ADD(TILDE); }
    "!"   { ADD(NOT); }
    "="   { ADD(ASSIGN); }
    "=="  { ADD(EQ); }
    "!="  { ADD(NE); }
    "<"   { ADD(LT); }
    "<="  { ADD(LE); }
    "<<"  { ADD(SHL); }
    ">"   { ADD(GT); }
    ">="  { ADD(GE); }
    ">" / ">"  { ADD(GT_JOINT); }
    "+="  { DO(op_assign(lexer, start, BINARY_ADD)); }
    "-="  { DO(op_assign(lexer, start, BINARY_SUB)); }
    "*="  { DO(op_assign(lexer, start, BINARY_MUL)); }
    "/="  { DO(op_assign(lexer, start, BINARY_DIV)); }
    "%="  { DO(op_assign(lexer, start, BINARY_REM)); }
    "&="  { DO(op_assign(lexer, start, BINARY_BIT_AND)); }
    "|="  { DO(op_assign(lexer, start, BINARY_BIT_OR)); }
    "^="  { DO(op_assign(lexer, start, BINARY_BIT_XOR)); }
    "<<=" { DO(op_assign(lexer, start, BINARY_SHL)); }
    */
#undef ADD
#undef WORD
#undef DO
}

TokenList lex_file(Arena *arena, Names *names, Diags *diags, const SourceFile *file) {
    Lexer lexer = {.arena = arena,
                   .names = names,
                   .diags = diags,
                   .file = file,
                   .cursor = file->text,
                   .end = file->text + file->length,
                   .doc = {.arena = arena},
                   .new_line = true};
    if (file->length >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0) {
        lexer.cursor += 3; /* a byte order mark */
    }
    while (next(&lexer)) {
    }
    lexer.cursor = lexer.end;
    add(&lexer, lexer.end, TOK_END)->unclosed = lexer.in_comment;
    return lexer.tokens;
}
