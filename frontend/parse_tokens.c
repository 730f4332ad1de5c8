/* The token source: what stands between the lexer and the grammar. See parse.h.
 *
 * 1. It tells apart what the grammar alone could not without conflicts: the `{` of a body from that of a
 *    form literal, an `if` that is a statement from one that is a value, `|` between the values of a case.
 * 2. It puts in `}` that are missing, and reports them.
 * 3. It takes keywords and reserved words for names where only a name can stand, and reports that.
 *
 * A token's effect on the open brackets comes only when the grammar asks for the next one: the token at which
 * an error was found has had none yet, and may be handed out again (parse_recover.c).
 */
#include "frontend/parse.h"

#include "frontend/parser.h"

enum { MOST_RECOVERIES = 50 }; /* in a row, without taking anything */

/* ---- open brackets and heads ---- */

static const Open *top_open(const Parser *p) {
    return p->opens.count > 0 ? &p->opens.items[p->opens.count - 1] : NULL;
}

/* The keyword that waits for its `{` at this depth of brackets; 0: none. */
static int head_here(const Parser *p) {
    const Head *top = p->heads.count > 0 ? &p->heads.items[p->heads.count - 1] : NULL;
    return top != NULL && top->depth == p->opens.count ? top->kind : 0;
}

static int current_kind(const Parser *p) {
    return p->current != NULL ? p->current->kind : TOK_SEMICOLON;
}

void drop_opens(Parser *p, uint32_t depth, bool with_heads) {
    if (p->opens.count > depth) {
        p->opens.count = depth;
    }
    while (p->heads.count > 0) {
        uint32_t head_depth = p->heads.items[p->heads.count - 1].depth;
        if (head_depth < depth || (head_depth == depth && !with_heads)) {
            break;
        }
        p->heads.count--;
    }
}

static void open_bracket(Parser *p, const Token *token) {
    int before = p->previous != NULL ? p->previous->kind : 0, head = head_here(p);
    Open open = {.kind = OPEN_PLAIN,
                 .is_brace = token->kind == TOK_LBRACE || token->kind == TOK_BODY,
                 .unclosed = token->unclosed,
                 .index = p->current_index,
                 .end = is_real(p, token) ? token->partner : p->at};
    switch (token->kind) {
    case TOK_LPAREN:
        open.kind = head == TOK_PROC || head == TOK_KERNEL ? OPEN_LIST : OPEN_PLAIN;
        break;
    case TOK_LBRACKET:
        open.kind =
            before == TOK_HASH || head == TOK_PROC || head == TOK_FORM ? OPEN_SQUARE : OPEN_PLAIN;
        break;
    case TOK_BODY:
        open.kind = head == TOK_FORM    ? OPEN_LIST
                    : head == TOK_MATCH ? OPEN_CASES
                    : before == TOK_DOT ? OPEN_PLAIN
                                        : OPEN_BLOCK;
        if (head != 0) {
            p->heads.count--;
        }
        break;
    default:
        break;
    }
    VEC_PUSH(p->arena, &p->opens, open);
}

static void close_bracket(Parser *p, const Token *token) {
    uint32_t depth = p->opens.count;
    if (is_real(p, token)) {
        while (depth > 0 && token->partner != NO_PARTNER &&
               p->opens.items[depth - 1].index > token->partner) {
            depth--;
        }
        if (depth > 0 && p->opens.items[depth - 1].index == token->partner) {
            depth--;
        }
    } else {
        while (depth > 0 && p->opens.items[depth - 1].is_brace != (token->kind == TOK_RBRACE)) {
            depth--;
        }
        depth -= depth > 0;
    }
    drop_opens(p, depth, false);
}

/* The effect of the token that was handed out last. */
static void commit(Parser *p) {
    const Token *token = p->current;
    if (is_real(p, token)) {
        p->resumed = 0;
    }
    switch (token->kind) {
    case TOK_LPAREN:
    case TOK_LBRACKET:
    case TOK_LBRACE:
    case TOK_BODY:
        open_bracket(p, token);
        break;
    case TOK_RPAREN:
    case TOK_RBRACKET:
    case TOK_RBRACE:
        close_bracket(p, token);
        break;
    case TOK_KERNEL:
    case TOK_PROC:
    case TOK_FORM:
    case TOK_IF:
    case TOK_IF_EXPR:
    case TOK_ELIF:
    case TOK_ELSE:
    case TOK_WHILE:
    case TOK_LOOP:
    case TOK_FOR:
    case TOK_MATCH:
    case TOK_CASE:
        VEC_PUSH(p->arena, &p->heads, (Head){token->kind, p->opens.count});
        break;
    case TOK_SEMICOLON:
        if (p->opens.count == 0 || top_open(p)->kind == OPEN_BLOCK) {
            drop_opens(p, p->opens.count, true);
        }
        break;
    default:
        break;
    }
}

/* ---- telling tokens apart ---- */

bool starts_on_new_line(const Parser *p, const Token *token) {
    return token->first_on_line || token->kind == TOK_END || !is_real(p, token);
}

/* Whether the token that was handed out last is the `]` of an attribute. */
static bool after_attribute(const Parser *p) {
    const Token *token = p->current;
    return current_kind(p) == TOK_RBRACKET && is_real(p, token) && token->partner != NO_PARTNER &&
           token->partner > 0 && token_at(p, token->partner - 1)->kind == TOK_HASH;
}

static bool after_statement(const Parser *p) {
    int before = current_kind(p);
    return before == TOK_SEMICOLON || before == TOK_BODY || before == TOK_RBRACE ||
           before == TOK_RESUME || after_attribute(p);
}

bool at_statement_start(const Parser *p) {
    const Open *top = top_open(p);
    return after_statement(p) && top != NULL && top->kind == OPEN_BLOCK && head_here(p) == 0;
}

bool at_declaration_start(const Parser *p) {
    return p->opens.count == 0 && p->heads.count == 0 &&
           (after_statement(p) || current_kind(p) == TOK_RBRACKET ||
            token_at(p, p->at)->first_on_line);
}

static bool ends_operand(int kind) {
    switch (kind) {
    case TOK_NAME:
    case TOK_INT:
    case TOK_FLOAT:
    case TOK_TRUE:
    case TOK_FALSE:
    case TOK_BAD_VALUE:
    case TOK_RPAREN:
    case TOK_RBRACKET:
    case TOK_RBRACE:
        return true;
    default:
        return false;
    }
}

Token *put_in(Parser *p, int kind, Span span) {
    Token *token = NEW(p->arena, Token);
    token->kind = (int16_t)kind;
    token->span = span;
    token->partner = NO_PARTNER;
    VEC_PUSH(p->arena, &p->queue, token);
    return token;
}

/* A copy of tokens[at], handed out instead of it as another kind. */
static const Token *as_kind(Parser *p, const Token *token, int kind) {
    Token *copy = NEW(p->arena, Token);
    *copy = *token;
    copy->kind = (int16_t)kind;
    return copy;
}

static bool looks_like_fields(const Parser *p) {
    return token_at(p, p->at + 1)->kind == TOK_NAME && token_at(p, p->at + 2)->kind == TOK_COLON;
}

static int brace_kind(Parser *p, const Token *token) {
    int head = head_here(p);
    if (current_kind(p) != TOK_NAME) {
        return TOK_BODY;
    }
    if (head == 0) {
        return token->first_on_line && !looks_like_fields(p) ? TOK_BODY : TOK_LBRACE;
    }
    bool declares = head == TOK_FORM || head == TOK_PROC || head == TOK_KERNEL;
    if (declares || !looks_like_fields(p)) {
        return TOK_BODY;
    }
    if (token->span.start != p->reported) {
        p->reported = token->span.start;
        Pos end = token->unclosed ? token->span.end : token_at(p, token->partner)->span.end;
        Diag *diag =
            diag_report(p->diags, (Span){p->current->span.start, end}, D(FORM_LITERAL_IN_HEAD));
        diag_help(diag, token->span, "write `(%s { … })`", p->current->name->text);
    }
    return TOK_LBRACE;
}

static uint64_t keyword_bit(int kind) {
    return (uint64_t)1 << (kind - TOK_KERNEL);
}

/* A keyword where only a name can be: reported once, and from then on a name wherever it can be one. */
static bool used_as_name(Parser *p, const Token *token) {
    int kind = token->kind, before = current_kind(p), after = token_at(p, p->at + 1)->kind;
    if (token->name == NULL || kind < TOK_KERNEL || kind > TOK_USE || kind == TOK_MUT ||
        kind == TOK_ELSE || kind == TOK_ELIF) {
        return false;
    }
    const Open *top = top_open(p);
    if ((p->used_as_name & keyword_bit(kind)) != 0) {
        if (kind == TOK_CASE && top != NULL && top->kind == OPEN_CASES) {
            return false;
        }
        if (at_statement_start(p) || at_declaration_start(p)) {
            return after == TOK_ASSIGN || after == TOK_OP_ASSIGN || after == TOK_DOT ||
                   after == TOK_LBRACKET;
        }
        return kind != TOK_IN || before != TOK_NAME || p->previous == NULL ||
               p->previous->kind != TOK_FOR;
    }
    bool in_list = top != NULL && top->kind == OPEN_LIST &&
                   (before == TOK_LPAREN || before == TOK_COMMA || before == TOK_BODY);
    bool binds = before == TOK_LET || before == TOK_MUT || before == TOK_CONST ||
                 before == TOK_SHARED || before == TOK_FOR;
    bool declares = before == TOK_PROC || before == TOK_KERNEL || before == TOK_FORM;
    if (!(in_list && after == TOK_COLON) &&
        !(binds && (after == TOK_COLON || after == TOK_ASSIGN || after == TOK_IN)) &&
        !(declares && (after == TOK_LPAREN || after == TOK_LBRACE || after == TOK_LBRACKET))) {
        return false;
    }
    p->used_as_name |= keyword_bit(kind);
    Diag *diag = diag_report(p->diags, token->span, D(RESERVED_WORD), token->name->text);
    diag_help(diag, token->span, "choose another name, such as `%s_`", token->name->text);
    return true;
}

static const Token *reserved_word(Parser *p, const Token *token) {
    bool seen = false, declares = at_declaration_start(p);
    for (uint32_t i = 0; i < p->reserved_reported.count; i++) {
        seen |= p->reserved_reported.items[i] == token->name;
    }
    if (!seen || declares) {
        diag_report(p->diags, token->span, D(RESERVED_WORD), token->name->text);
        VEC_PUSH(p->arena, &p->reserved_reported, token->name);
    }
    int after = token_at(p, p->at + 1)->kind;
    bool begins = at_statement_start(p) && /* as in `unsafe { }` */
                  (after == TOK_LBRACE || after == TOK_BODY || after == TOK_NAME);
    return as_kind(p, token, declares || begins ? TOK_BAD : TOK_NAME);
}

/* tokens[at], as what the grammar is to take it. */
static const Token *classify(Parser *p) {
    Token *token = &p->tokens.items[p->at];
    switch (token->kind) {
    case TOK_LPAREN:
    case TOK_LBRACKET:
    case TOK_LBRACE:
    case TOK_BODY:
        if (p->opens.count >= MOST_OPEN_BRACKETS) {
            return as_kind(p, token, TOK_TOO_DEEP);
        }
        if (token->kind == TOK_LBRACE || token->kind == TOK_BODY) {
            token->kind = (int16_t)brace_kind(p, token);
        }
        return token;
    case TOK_IF:
    case TOK_IF_EXPR:
        token->kind = after_statement(p) ? TOK_IF : TOK_IF_EXPR;
        break;
    case TOK_PIPE:
    case TOK_ALTERNATIVE:
        token->kind = head_here(p) == TOK_CASE ? TOK_ALTERNATIVE : TOK_PIPE;
        return token;
    case TOK_NAME:
    case TOK_STEP:
    case TOK_BITCAST:
        token->kind = TOK_NAME;
        if (token->name == p->step && head_here(p) == TOK_FOR && ends_operand(current_kind(p))) {
            token->kind = TOK_STEP;
        } else if (token->name == p->bitcast && current_kind(p) != TOK_DOT &&
                   token_at(p, p->at + 1)->kind == TOK_LT) {
            token->kind = TOK_BITCAST;
        }
        return token;
    case TOK_SEMICOLON:
        if (p->opens.count > 0 && top_open(p)->kind == OPEN_LIST) {
            Open *list = &p->opens.items[p->opens.count - 1];
            if (!list->fields_reported) {
                Diag *diag = diag_report(p->diags, token->span, D(FOREIGN_WORD), ";", ",");
                diag_help(diag, token->span, "write `,` between the items of a list");
                list->fields_reported = true;
            }
            return as_kind(p, token, TOK_COMMA);
        }
        return token;
    case TOK_RESERVED:
        return reserved_word(p, token);
    default:
        break;
    }
    return used_as_name(p, token) ? as_kind(p, token, TOK_NAME) : token;
}

/* ---- handing out ---- */

Span here(const Parser *p) {
    return p->current != NULL ? end_of_span(p->current->span)
                              : (Span){p->file->base, p->file->base};
}

static void report_missing_brace(Parser *p, const Open *open) {
    const Token *found = token_at(p, p->at), *brace = token_at(p, open->index);
    if (p->reported == found->span.start) {
        return;
    }
    p->reported = found->span.start;
    if (found->kind == TOK_END && found->unclosed) {
        return;
    }
    Diag *diag = diag_report(p->diags, found->kind == TOK_END ? here(p) : found->span, D(SYNTAX),
                             "`}`", describe_token(p, found));
    diag_note(diag, token_at(p, (uint32_t)brace->integer)->span, "this `{` is never closed");
}

/* A `}` that is missing before tokens[at], or NULL. */
static const Token *missing_brace(Parser *p) {
    for (uint32_t i = p->opens.count; i > 0; i--) {
        const Open *open = &p->opens.items[i - 1];
        if (!open->unclosed || open->end > p->at) {
            return NULL;
        }
        if (open->is_brace) {
            report_missing_brace(p, open);
            p->queue_at = p->queue.count = 0;
            return put_in(p, TOK_RBRACE, here(p));
        }
    }
    return NULL;
}

static const Token *next_token(Parser *p) {
    if (p->queue_at < p->queue.count || missing_brace(p) != NULL || foreign_rewrite(p)) {
        p->current_index = p->at;
        return p->queue.items[p->queue_at++];
    }
    p->queue_at = p->queue.count = 0;
    p->current_index = p->at;
    const Token *token = classify(p);
    p->at += token->kind != TOK_END;
    return token;
}

const Token *source_next(Parser *p) {
    if (p->sync != SYNC_NONE) {
        resynchronise(p);
    } else if (p->current != NULL) {
        commit(p);
    }
    /* Should a recovery ever lead back to itself, the end of the input ends this run of the grammar. */
    const Token *token =
        p->resumed < MOST_RECOVERIES ? next_token(p) : put_in(p, TOK_YYEOF, here(p));
    p->previous = p->current;
    p->current = token;
    return token;
}

void source_start(Parser *p) {
    p->tokens = lex_file(p->arena, p->names, p->diags, p->file);
    p->step = name_of(p->names, "step");
    p->bitcast = name_of(p->names, "bitcast");
    p->underscore = name_of(p->names, "_");
    pair_brackets(p);
    foreign_start(p);
}
