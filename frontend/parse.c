/* ast_parse, and the texts of syntax errors. See parse.h. */
#include "frontend/parse.h"

#include "frontend/parser.h"

enum {
    LONGEST_SHOWN = 40, /* bytes of a name or number in a message */
    MOST_ALTERNATIVES = 4
};

AstModule *ast_parse(Arena *arena, Names *names, Diags *diags, const SourceFile *file) {
    Parser p = {.arena = arena, .names = names, .diags = diags, .file = file};
    unsigned errors = diags->errors;
    p.module = NEW(arena, AstModule);
    p.module->file = file;
    source_start(&p);
    while (vt_parse(&p) != 0) { /* nested too deep: the declarations before it are kept */
        source_restart(&p);
    }
    p.module->had_errors = diags->errors > errors;
    return p.module;
}

/* ---- names of tokens ---- */

static bool is_keyword(const Token *token) {
    return token->kind >= TOK_KERNEL && token->kind <= TOK_FALSE && token->name != NULL;
}

const char *describe_token(Parser *p, const Token *token) {
    const char *text = span_text(p->file, token->span);
    uint32_t length = token->span.end - token->span.start;
    const char *cut = length > LONGEST_SHOWN ? "…" : "";
    int shown = length > LONGEST_SHOWN ? LONGEST_SHOWN : (int)length;
    switch (token->kind) {
    case TOK_END:
        return "end of file";
    case TOK_STRING:
        return "a text";
    case TOK_NAME:
        return arena_printf(p->arena, "the name `%.*s%s`", shown, text, cut);
    case TOK_INT:
    case TOK_FLOAT:
    case TOK_BAD_VALUE:
        return arena_printf(p->arena, "the number `%.*s%s`", shown, text, cut);
    case TOK_GT_JOINT:
        return "`>>`";
    default:
        return arena_printf(p->arena, is_keyword(token) ? "the keyword `%.*s`" : "`%.*s`", shown,
                            text);
    }
}

/* ---- expected, found ---- */

#define HAS(KIND) (expected[TOK_##KIND - TOK_KERNEL])

/* Tokens that are worth a mention, the most telling first. Operators and what may follow an operand are not:
 * they are always possible there. */
static const int mentioned[] = {
    TOK_BODY,  TOK_COLON, TOK_ASSIGN,  TOK_SEMICOLON, TOK_COMMA, TOK_RPAREN, TOK_RBRACKET,
    TOK_ARROW, TOK_IN,    TOK_DOT_DOT, TOK_CASE,      TOK_ELIF,  TOK_ELSE,   TOK_RBRACE,
    TOK_MUT,   TOK_GT,    TOK_LPAREN,  TOK_LBRACKET,  TOK_LT,    TOK_DOT,    TOK_HASH};

static const char *list_expected(Parser *p, const bool *expected) {
    const char *parts[MOST_ALTERNATIVES];
    int count = 0;
    bool in_operand = HAS(PLUS) || HAS(DOT);
    bool list_only_closers = true;
    if (HAS(KERNEL)) {
        return "a declaration";
    }
    if (HAS(LET)) {
        return "a statement";
    }
    if (HAS(INT) && HAS(STRING)) {
        parts[count++] = "an expression";
    } else if (HAS(NAME) && HAS(LBRACKET)) {
        parts[count++] = "a type";
    } else if (HAS(NAME)) {
        parts[count++] = "a name";
    } else if (HAS(INT)) {
        parts[count++] = "a number";
    } else {
        list_only_closers = false;
    }
    for (size_t i = 0; i < sizeof mentioned / sizeof mentioned[0] && count < MOST_ALTERNATIVES;
         i++) {
        int kind = mentioned[i];
        bool closer = kind == TOK_RPAREN || kind == TOK_RBRACKET || kind == TOK_RBRACE ||
                      kind == TOK_SEMICOLON;
        bool ends_block = kind == TOK_RBRACE && HAS(SEMICOLON); /* a value could end it */
        bool follows_operand = kind == TOK_LPAREN || kind == TOK_LBRACKET || kind == TOK_LT ||
                               kind == TOK_DOT || kind == TOK_GT || kind == TOK_ASSIGN;
        if (expected[kind - TOK_KERNEL] && (closer || !list_only_closers) && !ends_block &&
            (!follows_operand || !in_operand)) {
            parts[count++] = arena_printf(p->arena, "`%s`", token_text(kind));
        }
    }
    if (count == 0) { /* operators alone */
        return "something else";
    }
    Text text = {.arena = p->arena};
    for (int i = 0; i < count; i++) {
        text_add(&text, i == 0 ? "" : i + 1 < count ? ", " : " or ");
        text_add(&text, parts[i]);
    }
    return text_get(&text);
}

/* Advice: what was found, what was possible, and what is not (0: no matter), and how it is done. */
static const struct {
    int found, expected, unexpected;
    const char *help;
} advice[] = {
    // clang-format off
    {TOK_ASSIGN,    TOK_BODY,     0,        "to compare, write `==`"},
    {TOK_ASSIGN,    TOK_RPAREN,   0,        "to compare, write `==`; an assignment is a statement"},
    {TOK_SEMICOLON, TOK_LET,      0,        "remove this `;`: no statement stands before it"},
    {TOK_SEMICOLON, TOK_KERNEL,   0,        "remove this `;`"},
    {TOK_SEMICOLON, TOK_BODY,     0,        "a declaration has its body at once"},
    {TOK_SEMICOLON, TOK_ASSIGN,   0,        "it has its value at once: `= …;`"},
    {TOK_MUT,       TOK_NAME,     TOK_INT,  "parameters and the variable of a `for` never change; copy one with `let mut`"},
    {TOK_FAT_ARROW, 0,            0,        "a case is written `case 1 { … }`"},
    {TOK_NAME,      TOK_KERNEL,   0,        "outside of kernels and procs only `kernel`, `proc`, `form`, `const` and `use` may stand"},
    {TOK_LET,       TOK_KERNEL,   0,        "outside of kernels and procs, a constant is written `const`"},
    {TOK_KERNEL,    TOK_LET,      0,        "a kernel cannot stand inside another declaration"},
    {TOK_PROC,      TOK_LET,      0,        "a proc cannot stand inside another declaration"},
    {TOK_FORM,      TOK_LET,      0,        "a form cannot stand inside another declaration"},
    {TOK_USE,       TOK_LET,      0,        "`use` stands outside of declarations"},
    {TOK_ELSE,      TOK_LET,      0,        "there is no `if` that this `else` belongs to"},
    {TOK_ELIF,      TOK_LET,      0,        "there is no `if` that this `elif` belongs to"},
    {TOK_CASE,      TOK_LET,      0,        "a `case` stands directly inside a `match`"},
    {TOK_LPAREN,    TOK_IN,       0,        "a loop over numbers is written `for k in a..b { … }`"},
    {TOK_PLUS,      TOK_INT,      TOK_PLUS, "there is no unary `+`"},
    {0,             TOK_ELIF,     TOK_LET,  "an `if` that gives a value needs an `else`"},
    {0,             TOK_MUT,      TOK_NAME, "a reference is written `&mut x`; a value is passed as it is"},
    {0,             TOK_DOT_DOT,  TOK_BODY, "a loop over numbers is written `for k in a..b { … }`"},
    // clang-format on
};

static void advise(Parser *p, Diag *diag, const Token *found, const bool *expected) {
    for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++) {
        bool fits = (advice[i].found == 0 || advice[i].found == found->kind) &&
                    (advice[i].expected == 0 || expected[advice[i].expected - TOK_KERNEL]) &&
                    (advice[i].unexpected == 0 || !expected[advice[i].unexpected - TOK_KERNEL]);
        if (fits) {
            diag_help(diag, found->span, "%s", advice[i].help);
            return;
        }
    }
    bool name_alone = HAS(NAME) && !HAS(INT) && !HAS(LBRACKET);
    if (name_alone && is_keyword(found)) {
        diag_help(diag, found->span, "`%s` is a keyword: choose another name", found->name->text);
    } else if (found->kind == TOK_NAME && HAS(SEMICOLON) && HAS(ASSIGN) && p->previous != NULL &&
               p->previous->kind == TOK_NAME) {
        diag_help(diag, found->span, "a variable is declared as `let %s: %s = …;`",
                  found->name->text, p->previous->name->text);
    } else if (HAS(COLON) && (found->kind == TOK_COMMA || found->kind == TOK_RPAREN)) {
        diag_help(diag, found->span, "every parameter has a type, as in `a: Buffer<f32>`");
    }
}

void report_missing_semicolon(Parser *p, Pos after, const char *found) {
    Span span = {after, after};
    Diag *diag = diag_report(p->diags, span, D(SYNTAX), "`;`", found);
    diag_help(diag, span, "add `;`");
}

/* A last expression is the value of an `if`, not of a proc. */
void report_missing_give(Parser *p, Span value) {
    const char *text = span_text(p->file, value);
    size_t length = value.end - value.start;
    bool shown = length <= LONGEST_SHOWN && memchr(text, '\n', length) == NULL;
    Diag *diag = diag_report(p->diags, value, D(SYNTAX), "`give`", "a value");
    diag_help(diag, value, "write `give %.*s;`", shown ? (int)length : (int)sizeof "…" - 1,
              shown ? text : "…");
}

void report_syntax(Parser *p, const Token *found, const bool *expected) {
    bool put_in_brace = !is_real(p, found) && found->kind == TOK_RBRACE;
    const Token *shown = put_in_brace ? token_at(p, p->at) : found;
    bool ends_line = starts_on_new_line(p, found) || found->kind == TOK_RBRACE ||
                     (found->kind >= TOK_KERNEL && found->kind <= TOK_USE &&
                      found->kind != TOK_IN && found->kind != TOK_STEP);
    bool bare_give =
        p->previous != NULL && p->previous->kind == TOK_GIVE && found->kind == TOK_RBRACE;
    p->insert_semicolon = HAS(SEMICOLON) && (!HAS(INT) || bare_give) && !HAS(KERNEL) &&
                          p->previous != NULL && ends_line;
    bool unreadable = found->kind == TOK_BAD || found->kind == TOK_BAD_VALUE ||
                      (shown->kind == TOK_END && shown->unclosed);
    bool follows = p->resumed > 0 && !p->resumed_cleanly;
    if (unreadable || follows || shown->span.start == p->reported) {
        return; /* or what follows from an error that was reported */
    }
    p->reported = shown->span.start;
    if (found->kind == TOK_TOO_DEEP) {
        report_too_deep(p, found->span, MOST_OPEN_BRACKETS);
        return;
    }
    const char *what = describe_token(p, shown);
    if (p->insert_semicolon) {
        report_missing_semicolon(p, p->previous->span.end, what);
        return;
    }
    bool at_end = shown->kind == TOK_END && p->previous != NULL;
    Span span = at_end ? end_of_span(p->previous->span) : shown->span;
    Diag *diag = diag_report(p->diags, span, D(SYNTAX), list_expected(p, expected), what);
    const Open *open = p->opens.count > 0 ? &p->opens.items[p->opens.count - 1] : NULL;
    if (open != NULL && open->unclosed && !open->is_brace) {
        Span bracket = token_at(p, open->index)->span;
        diag_note(diag, bracket, "this `%c` is never closed", *span_text(p->file, bracket));
    }
    advise(p, diag, found, expected);
}
#undef HAS

/* ---- errors that the making of nodes finds ---- */

void report_too_deep(Parser *p, Span span, int limit) {
    diag_report(p->diags, span, D(TOO_DEEP), limit);
}

/* The `}` of a block that should have ended in a value. */
void report_missing_value(Parser *p, const Block *block) {
    Span end = {block->span.end - 1, block->span.end};
    const Stmt *last = block->stmts;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    Diag *diag = diag_report(p->diags, end, D(SYNTAX), "an expression", "`}`");
    if (last != NULL && last->kind == STMT_EXPR) {
        Span semicolon = {last->span.end - 1, last->span.end};
        diag_note(diag, semicolon, "without this `;` it would be the value of the block");
    } else {
        diag_help(diag, end,
                  "the last expression of a block, without `;`, is the value that it gives");
    }
}

void report_else_not_last(Parser *p, Span otherwise, Span later) {
    Diag *diag = diag_report(p->diags, later, D(SYNTAX), "`}`", "more after `else`");
    diag_note(diag, otherwise, "this `else` takes every value that is left");
    diag_help(diag, later, "put `else` last");
}

void report_form_name(Parser *p, Span span) {
    Diag *diag = diag_report(p->diags, span, D(SYNTAX), "the name of a form", "an expression");
    diag_help(diag, span, "a form literal is written `Name { field: value }`");
}

/* a < b < c */
void report_chain(Parser *p, const Expr *expr) {
    const Expr *inner = expr->binary.a;
    const char *first = binary_spelling(inner->binary.op),
               *second = binary_spelling(expr->binary.op);
    Diag *diag = diag_report(p->diags, expr->binary.op_span, D(CHAINED_COMPARISON), first, second);
    Span a = inner->binary.a->span, b = inner->binary.b->span, c = expr->binary.b->span;
    if (c.end - a.start <= 2 * LONGEST_SHOWN) {
        diag_help(diag, expr->span, "write `%.*s %s %.*s and %.*s %s %.*s`", (int)(a.end - a.start),
                  span_text(p->file, a), first, (int)(b.end - b.start), span_text(p->file, b),
                  (int)(b.end - b.start), span_text(p->file, b), second, (int)(c.end - c.start),
                  span_text(p->file, c));
    }
}
