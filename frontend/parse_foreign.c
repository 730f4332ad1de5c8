/* Spellings of other languages, where they are certain to be wrong: reported with what Vitte writes
 * (E0110), and parsed on as if that had been written. Elsewhere the same words are ordinary names.
 */
#include "frontend/parse.h"

#include "frontend/foreign.h"
#include "frontend/parser.h"
#include "ir/type.h"

typedef enum { AT_DECLARATION, AT_STATEMENT, AT_CASE } Place;
typedef enum {
    FOLLOWED_BY_NAME,
    FOLLOWED_BY_VALUE, /* anything but what would make the word the target of an assignment */
    FOLLOWED_BY_BODY,  /* (…) { or name { */
    FOLLOWED_BY_BRACE,
} Follow;

static const struct {
    const char *word;
    Place place;
    Follow follow;
    const char *vitte;
    int kinds[2]; /* what is handed out instead; 0: nothing */
} rows[] = {
    // clang-format off
    {"fn",       AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"func",     AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"fun",      AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"def",      AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"function", AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"void",     AT_DECLARATION, FOLLOWED_BY_NAME,  "proc",    {TOK_PROC}},
    {"struct",   AT_DECLARATION, FOLLOWED_BY_NAME,  "form",    {TOK_FORM}},
    {"class",    AT_DECLARATION, FOLLOWED_BY_NAME,  "form",    {TOK_FORM}},
    {"record",   AT_DECLARATION, FOLLOWED_BY_NAME,  "form",    {TOK_FORM}},
    {"import",   AT_DECLARATION, FOLLOWED_BY_NAME,  "use",     {TOK_USE}},
    {"include",  AT_DECLARATION, FOLLOWED_BY_NAME,  "use",     {TOK_USE}},
    {"return",   AT_STATEMENT,   FOLLOWED_BY_VALUE, "give",    {TOK_GIVE}},
    {"var",      AT_STATEMENT,   FOLLOWED_BY_NAME,  "let mut", {TOK_LET, TOK_MUT}},
    {"auto",     AT_STATEMENT,   FOLLOWED_BY_NAME,  "let",     {TOK_LET, TOK_MUT}},
    {"val",      AT_STATEMENT,   FOLLOWED_BY_NAME,  "let",     {TOK_LET}},
    {"switch",   AT_STATEMENT,   FOLLOWED_BY_BODY,  "match",   {TOK_MATCH}},
    {"elseif",   AT_STATEMENT,   FOLLOWED_BY_BODY,  "elif",    {TOK_ELIF}},
    {"elsif",    AT_STATEMENT,   FOLLOWED_BY_BODY,  "elif",    {TOK_ELIF}},
    {"default",  AT_CASE,        FOLLOWED_BY_BRACE, "else",    {TOK_ELSE}},
    // clang-format on
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* Before the type of what a workgroup has in common. */
static const char *const shared_words[] = {"__shared__", "groupshared", "threadgroup", "__local",
                                           "local"};

void foreign_start(Parser *p) {
    for (int i = 0; i < ROW_COUNT; i++) {
        VEC_PUSH(p->arena, &p->foreign_words, name_of(p->names, rows[i].word));
    }
}

/* The token after the bracket that opens at `index`. */
static const Token *after_bracket(const Parser *p, uint32_t index) {
    const Token *token = token_at(p, index);
    return token->unclosed || token->partner == NO_PARTNER ? token_at(p, index)
                                                           : token_at(p, token->partner + 1);
}

static bool follows(const Parser *p, uint32_t index, Follow follow) {
    const Token *next = token_at(p, index + 1);
    switch (follow) {
    case FOLLOWED_BY_NAME:
        return next->kind == TOK_NAME && !next->first_on_line;
    case FOLLOWED_BY_VALUE:
        return next->kind != TOK_ASSIGN && next->kind != TOK_OP_ASSIGN && next->kind != TOK_DOT &&
               next->kind != TOK_PLUS_PLUS && next->kind != TOK_GT_JOINT &&
               (next->kind != TOK_LBRACKET || after_bracket(p, index + 1)->kind == TOK_SEMICOLON);
    case FOLLOWED_BY_BODY:
        return next->kind == TOK_LPAREN ? is_brace(after_bracket(p, index + 1))
                                        : next->kind == TOK_NAME;
    case FOLLOWED_BY_BRACE:
        return is_brace(next);
    }
    return false;
}

static int find_row(const Parser *p, uint32_t index, Place place) {
    const Token *token = token_at(p, index);
    for (int i = 0; i < ROW_COUNT; i++) {
        if (p->foreign_words.items[i] == token->name && rows[i].place == place &&
            follows(p, index, rows[i].follow)) {
            return i;
        }
    }
    return -1;
}

static bool is_word(const Token *token) {
    return token->kind == TOK_NAME || token->kind == TOK_RESERVED;
}

static void report(Parser *p, Span span, const char *theirs, const char *ours) {
    Diag *diag = diag_report(p->diags, span, D(FOREIGN_WORD), theirs, ours);
    diag_help(diag, span, "write `%s`", ours);
}

static Token *put_name(Parser *p, const char *name, Span span) {
    Token *token = put_in(p, TOK_NAME, span);
    token->name = name_of(p->names, name);
    return token;
}

static bool rewrite_word(Parser *p, const Token *token) {
    bool in_match = p->opens.count > 0 && p->opens.items[p->opens.count - 1].kind == OPEN_CASES;
    int row = at_declaration_start(p) ? find_row(p, p->at, AT_DECLARATION)
              : at_statement_start(p) ? find_row(p, p->at, AT_STATEMENT)
              : in_match              ? find_row(p, p->at, AT_CASE)
                                      : -1;
    if (row < 0) {
        return false;
    }
    report(p, token->span, rows[row].word, rows[row].vitte);
    for (int i = 0; i < 2 && rows[row].kinds[i] != 0; i++) {
        Token *ours = put_in(p, rows[row].kinds[i], token->span);
        ours->doc = token->doc;
    }
    p->at++;
    return true;
}

static const char *our_type(const Token *type) {
    const char *ours = foreign_type(type->name->text);
    return ours != NULL ? ours : type->name->text;
}

static bool is_type(const Token *word) {
    return foreign_type(word->name->text) != NULL ||
           ir_type_named(word->name->text, word->name->length) != NULL;
}

/* `f32 x = 1;` */
static bool rewrite_declaration(Parser *p, const Token *type) {
    const Token *name = token_at(p, p->at + 1);
    if (!at_statement_start(p) || name->kind != TOK_NAME || name->first_on_line ||
        token_at(p, p->at + 2)->kind != TOK_ASSIGN) {
        return false;
    }
    const char *ours = our_type(type);
    Span span = {type->span.start, name->span.end};
    report(p, span, arena_printf(p->arena, "%s %s", type->name->text, name->name->text),
           arena_printf(p->arena, "let mut %s: %s", name->name->text, ours));
    put_in(p, TOK_LET, type->span);
    put_in(p, TOK_MUT, type->span);
    put_name(p, name->name->text, name->span);
    put_in(p, TOK_COLON, name->span);
    put_name(p, ours, type->span);
    p->at += 2;
    return true;
}

static bool is_shared_word(const Token *token) {
    for (size_t i = 0; token->kind == TOK_NAME && i < sizeof shared_words / sizeof *shared_words;
         i++) {
        if (strcmp(token->name->text, shared_words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_name_on_line(const Token *token) {
    return token->kind == TOK_NAME && !token->first_on_line;
}

bool foreign_declaration(const Parser *p, uint32_t index) {
    const Token *token = token_at(p, index), *next = token_at(p, index + 1);
    bool var = token->kind == TOK_NAME && strcmp(token->name->text, "var") == 0 &&
               next->kind == TOK_LT && token_at(p, index + 2)->kind == TOK_NAME;
    return var || (is_shared_word(token) && is_name_on_line(next)) ||
           (is_word(token) && find_row(p, index, AT_DECLARATION) >= 0);
}

/* `groupshared float tile[16];`, also `shared float tile[16];`: the variable stays, its type is not read. */
static bool rewrite_shared(Parser *p, const Token *token) {
    const Token *type = token_at(p, p->at + 1), *name = token_at(p, p->at + 2);
    bool declares = at_declaration_start(p);
    if (!(at_statement_start(p) || declares) || !is_name_on_line(type) || !is_name_on_line(name)) {
        return false;
    }
    bool array = token_at(p, p->at + 3)->kind == TOK_LBRACKET;
    Span span = {token->span.start, name->span.end};
    const char *word = token->kind == TOK_SHARED ? "shared" : token->name->text;
    report(p, span, arena_printf(p->arena, "%s %s %s", word, type->name->text, name->name->text),
           arena_printf(p->arena, array ? "shared %s: [%s; N]" : "shared %s: %s", name->name->text,
                        our_type(type)));
    if (!declares) {
        put_in(p, TOK_SHARED, token->span);
        put_name(p, name->name->text, name->span);
        put_in(p, TOK_COLON, name->span);
    }
    put_in(p, TOK_BAD, type->span);
    p->at += 3;
    return true;
}

/* `var<workgroup> tile: …`: of WGSL; other memory is a parameter of the kernel. */
static bool rewrite_var(Parser *p, const Token *token) {
    const Token *space = token_at(p, p->at + 2);
    bool declares = at_declaration_start(p);
    if (strcmp(token->name->text, "var") != 0 || token_at(p, p->at + 1)->kind != TOK_LT ||
        space->kind != TOK_NAME || !(at_statement_start(p) || declares)) {
        return false;
    }
    const char *name = space->name->text;
    bool shared = strcmp(name, "workgroup") == 0;
    bool parameter = strcmp(name, "storage") == 0 || strcmp(name, "uniform") == 0;
    bool closed = token_at(p, p->at + 3)->kind == TOK_GT;
    if (!(shared && closed) && !(parameter && declares)) {
        return false;
    }
    report(p, (Span){token->span.start, space->span.end}, arena_printf(p->arena, "var<%s>", name),
           shared ? "shared" : "kernel …(name: Buffer<T>)");
    put_in(p, declares ? TOK_BAD : TOK_SHARED, token->span);
    p->at += declares ? 3 : 4;
    return true;
}

/* `(uint3 id : SV_DispatchThreadID, float x)`: parameters and fields as C has them. */
static bool rewrite_parameter(Parser *p, const Token *type) {
    const Token *name = token_at(p, p->at + 1), *next = token_at(p, p->at + 2);
    bool in_list = p->opens.count > 0 && p->opens.items[p->opens.count - 1].kind == OPEN_LIST;
    int before = p->current != NULL ? p->current->kind : TOK_END;
    bool starts = before == TOK_LPAREN || before == TOK_BODY || before == TOK_COMMA;
    bool ends = next->kind == TOK_COMMA || next->kind == TOK_RPAREN || next->kind == TOK_RBRACE ||
                next->kind == TOK_SEMICOLON;
    bool semantic = next->kind == TOK_COLON && token_at(p, p->at + 3)->kind == TOK_NAME;
    if (!in_list || !starts || !is_name_on_line(name) || !(ends || semantic) || !is_type(type) ||
        is_type(name)) { /* `x f32` lacks a colon */
        return false;
    }
    const char *ours = our_type(type);
    const char *value = semantic ? foreign_value(token_at(p, p->at + 3)->name->text) : NULL;
    Span span = {type->span.start, (value != NULL ? token_at(p, p->at + 3) : name)->span.end};
    const char *theirs = arena_printf(p->arena, "%s %s", type->name->text, name->name->text);
    if (value != NULL) {
        report(p, span,
               arena_printf(p->arena, "%s : %s", theirs, token_at(p, p->at + 3)->name->text),
               value);
    } else {
        report(p, span, theirs, arena_printf(p->arena, "%s: %s", name->name->text, ours));
    }
    put_name(p, name->name->text, name->span);
    put_in(p, TOK_COLON, name->span);
    put_name(p, ours, type->span);
    p->at += semantic ? 4 : 2;
    return true;
}

/* `atomicAdd(&x, 1)`: no call of Vitte has `&` without `mut`. */
static bool rewrite_atomic(Parser *p, const Token *token) {
    const Token *paren = token_at(p, p->at + 1);
    if (paren->kind != TOK_LPAREN || paren->unclosed || paren->partner == NO_PARTNER ||
        token_at(p, p->at + 2)->kind != TOK_AMP || token_at(p, p->at + 3)->kind == TOK_MUT) {
        return false;
    }
    const char *ours = foreign_proc(token->name->text); /* last: it reads the whole table */
    if (ours == NULL) {
        return false;
    }
    Span span = {token->span.start, token_at(p, paren->partner)->span.end};
    report(p, span, arena_printf(p->arena, "%s(&x, …)", token->name->text), ours);
    put_in(p, TOK_BAD_VALUE, span);
    p->at = paren->partner + 1;
    return true;
}

/* `x++` and `x--` as a statement; `++` anywhere else. */
static bool rewrite_step(Parser *p, const Token *token) {
    const Token *next = token_at(p, p->at + 1);
    bool up = token->kind == TOK_PLUS_PLUS;
    if (!up && (next->kind != TOK_MINUS || next->span.start != token->span.end ||
                token_at(p, p->at + 2)->kind != TOK_SEMICOLON)) {
        return false;
    }
    Span span = {token->span.start, up ? token->span.end : next->span.end};
    const char *theirs = up ? "++" : "--", *ours = up ? "+= 1" : "-= 1";
    report(p, span, theirs, ours);
    if (!up || next->kind == TOK_SEMICOLON) {
        put_in(p, TOK_OP_ASSIGN, span)->op = up ? BINARY_ADD : BINARY_SUB;
        put_in(p, TOK_INT, span)->integer = 1;
    } else {
        put_in(p, TOK_BAD, span);
    }
    p->at += up ? 1 : 2;
    return true;
}

/* `for (int k = 0; k < n; k++)`: the loop keeps its variable and its body. */
static bool rewrite_for(Parser *p, const Token *token) {
    const Token *paren = token_at(p, p->at + 1);
    if (paren->kind != TOK_LPAREN || paren->unclosed) {
        return false;
    }
    const Token *variable = NULL;
    bool semicolon = false;
    for (uint32_t i = p->at + 2; i < paren->partner && !semicolon; i++) {
        if (token_at(p, i)->kind == TOK_ASSIGN && token_at(p, i - 1)->kind == TOK_NAME &&
            variable == NULL) {
            variable = token_at(p, i - 1);
        }
        semicolon = token_at(p, i)->kind == TOK_SEMICOLON;
    }
    if (!semicolon) {
        return false;
    }
    Span span = {token->span.start, token_at(p, paren->partner)->span.end};
    const char *name = variable != NULL ? variable->name->text : p->underscore->text;
    report(p, span, "for (…; …; …)", arena_printf(p->arena, "for %s in a..b", name));
    put_in(p, TOK_FOR, token->span);
    put_name(p, name, variable != NULL ? variable->span : paren->span);
    put_in(p, TOK_IN, paren->span);
    put_in(p, TOK_BAD_VALUE, paren->span);
    put_in(p, TOK_DOT_DOT, paren->span);
    put_in(p, TOK_BAD_VALUE, paren->span);
    p->at = paren->partner + 1;
    return true;
}

/* `kernel void f(…)`, `__global__ void f(…)`, `__kernel void f(…)` */
static bool rewrite_kernel(Parser *p, const Token *token) {
    const Token *next = token_at(p, p->at + 1);
    bool theirs = token->kind == TOK_NAME && (strcmp(token->name->text, "__global__") == 0 ||
                                              strcmp(token->name->text, "__kernel") == 0);
    if ((token->kind != TOK_KERNEL && !theirs) || next->kind != TOK_NAME ||
        strcmp(next->name->text, "void") != 0 || token_at(p, p->at + 2)->kind != TOK_NAME) {
        return false;
    }
    Span span = {token->span.start, next->span.end};
    report(p, span, arena_printf(p->arena, "%s void", theirs ? token->name->text : "kernel"),
           "kernel");
    put_in(p, TOK_KERNEL, span)->doc = token->doc;
    p->at += 2;
    return true;
}

bool foreign_rewrite(Parser *p) {
    const Token *token = token_at(p, p->at), *next = token_at(p, p->at + 1);
    p->queue_at = p->queue.count = 0;
    switch (token->kind) {
    case TOK_NAME:
    case TOK_RESERVED:
        return (is_shared_word(token) && rewrite_shared(p, token)) || rewrite_var(p, token) ||
               rewrite_kernel(p, token) || rewrite_word(p, token) ||
               rewrite_declaration(p, token) || rewrite_parameter(p, token) ||
               rewrite_atomic(p, token);
    case TOK_SHARED:
        return rewrite_shared(p, token);
    case TOK_ELSE:
        if (next->kind != TOK_IF && next->kind != TOK_IF_EXPR) {
            return false;
        }
        report(p, (Span){token->span.start, next->span.end}, "else if", "elif");
        put_in(p, TOK_ELIF, (Span){token->span.start, next->span.end});
        p->at += 2;
        return true;
    case TOK_FOR:
        return rewrite_for(p, token);
    case TOK_PLUS_PLUS:
    case TOK_MINUS:
        return rewrite_step(p, token);
    case TOK_COLON_COLON:
        report(p, token->span, "::", ".");
        put_in(p, TOK_DOT, token->span);
        p->at++;
        return true;
    case TOK_KERNEL:
        return rewrite_kernel(p, token);
    default:
        return false;
    }
}
