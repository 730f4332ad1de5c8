/* The token source: what stands between the lexer and the grammar. See parse.h.
 *
 * 1. Before parsing, it pairs the brackets of the whole file, so that it knows where a missing one should be.
 * 2. It tells apart what the grammar alone could not without conflicts: the `{` of a body from that of a
 *    form literal, an `if` that is a statement from one that is a value, `|` between the values of a case.
 * 3. It puts in `}` that are missing, and reports them.
 * 4. After a syntax error it finds where to go on (struct Sync).
 *
 * A token's effect on the open brackets comes only when the grammar asks for the next one: the token at which
 * an error was found has had none yet, and may be handed out again.
 */
#include "frontend/parse.h"

#include "frontend/parser.h"
#include "ir/base/fatal.h"

/* ---- pairing brackets ---- */

typedef struct {
    uint32_t index, indent;    /* of the line that it stands on */
    uint32_t parens, brackets; /* open ones since the last `{`, this one included */
} Pending;

typedef VEC(Pending) PendingList;

static uint32_t last_index(const Parser *p) {
    return p->tokens.count - 1;
}

static uint32_t indent_of(const Parser *p, const Token *token) {
    const char *start = p->file->text, *at = span_text(p->file, token->span);
    uint32_t indent = 0;
    while (at > start && (at[-1] == ' ' || at[-1] == '\t')) {
        at--;
        indent++;
    }
    return indent;
}

static bool is_brace(const Parser *p, uint32_t index) {
    int kind = p->tokens.items[index].kind;
    return kind == TOK_LBRACE || kind == TOK_BODY;
}

static void leave_open(Parser *p, uint32_t index, uint32_t end) {
    Token *token = &p->tokens.items[index];
    token->unclosed = true;
    token->partner = end;
}

/* Parentheses and square brackets above the innermost `{` cannot be closed any more. */
static void drop_unclosed(Parser *p, PendingList *pending, uint32_t end) {
    while (pending->count > 0 && !is_brace(p, pending->items[pending->count - 1].index)) {
        leave_open(p, pending->items[--pending->count].index, end);
    }
}

static void drop_all(Parser *p, PendingList *pending, uint32_t end, uint32_t suspect) {
    while (pending->count > 0) {
        uint32_t index = pending->items[--pending->count].index;
        leave_open(p, index, end);
        p->tokens.items[index].integer = suspect != NO_PARTNER ? suspect : index;
    }
}

static void pair(Parser *p, uint32_t open, uint32_t close) {
    p->tokens.items[open].partner = close;
    p->tokens.items[close].partner = open;
}

/* Closes `)` and `]`: true if something was open for it within the innermost `{`. */
static void close_round(Parser *p, PendingList *pending, uint32_t i) {
    int opener = p->tokens.items[i].kind == TOK_RPAREN ? TOK_LPAREN : TOK_LBRACKET;
    if (pending->count == 0) {
        return;
    }
    const Pending *top = &pending->items[pending->count - 1];
    if ((opener == TOK_LPAREN ? top->parens : top->brackets) == 0) {
        return;
    }
    for (;;) {
        uint32_t index = pending->items[--pending->count].index;
        if (p->tokens.items[index].kind == opener) {
            pair(p, index, i);
            return;
        }
        leave_open(p, index, i);
    }
}

static bool begins_declaration(int kind) {
    return kind == TOK_KERNEL || kind == TOK_PROC || kind == TOK_FORM || kind == TOK_USE;
}

/* `if` is not among them: it may begin an expression. */
static bool begins_statement(int kind) {
    switch (kind) {
    case TOK_LET:
    case TOK_CONST:
    case TOK_SET:
    case TOK_GIVE:
    case TOK_WHILE:
    case TOK_LOOP:
    case TOK_FOR:
    case TOK_BREAK:
    case TOK_CONTINUE:
    case TOK_MATCH:
    case TOK_SHARED:
        return true;
    default:
        return false;
    }
}

static void pair_brackets(Parser *p) {
    PendingList pending = {0};
    uint32_t indent = 0, suspect = NO_PARTNER;
    for (uint32_t i = 0; i < p->tokens.count; i++) {
        Token *token = &p->tokens.items[i];
        const Pending *top = pending.count > 0 ? &pending.items[pending.count - 1] : NULL;
        if (token->first_on_line) {
            indent = indent_of(p, token);
        }
        switch (token->kind) {
        case TOK_LPAREN:
        case TOK_LBRACKET:
        case TOK_LBRACE: {
            bool brace = token->kind == TOK_LBRACE;
            Pending now = {i, indent, brace || top == NULL ? 0 : top->parens,
                           brace || top == NULL ? 0 : top->brackets};
            now.parens += token->kind == TOK_LPAREN;
            now.brackets += token->kind == TOK_LBRACKET;
            VEC_PUSH(p->arena, &pending, now);
            break;
        }
        case TOK_RPAREN:
        case TOK_RBRACKET:
            close_round(p, &pending, i);
            break;
        case TOK_RBRACE:
            drop_unclosed(p, &pending, i);
            if (pending.count == 0) {
                break; /* stray */
            }
            top = &pending.items[--pending.count];
            pair(p, top->index, i);
            if (pending.count == 0) {
                suspect = NO_PARTNER;
            } else if (suspect == NO_PARTNER && token->first_on_line && indent < top->indent) {
                suspect = top->index; /* this `}` looks like that of an outer `{` */
            }
            break;
        case TOK_END:
            drop_all(p, &pending, i, suspect);
            break;
        default:
            if (begins_declaration(token->kind) && token->first_on_line && pending.count > 0 &&
                indent <= pending.items[0].indent) {
                drop_all(p, &pending, i, suspect);
                suspect = NO_PARTNER;
            } else if (begins_statement(token->kind) && token->kind != TOK_CONST) {
                drop_unclosed(p, &pending, i);
            }
        }
    }
}

/* ---- the state: open brackets and heads ---- */

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

static const Token *token_at(const Parser *p, uint32_t index) {
    return &p->tokens.items[index < p->tokens.count ? index : last_index(p)];
}

static bool is_real(const Parser *p, const Token *token) {
    return token >= p->tokens.items && token < p->tokens.items + p->tokens.count;
}

static void drop_opens(Parser *p, uint32_t depth, bool with_heads) {
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
        open.kind = before == TOK_HASH || head == TOK_PROC || head == TOK_FORM ? OPEN_SQUARE
                                                                               : OPEN_PLAIN;
        break;
    case TOK_BODY:
        open.kind = head == TOK_FORM     ? OPEN_LIST
                    : head == TOK_MATCH  ? OPEN_CASES
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

static bool after_statement(const Parser *p) {
    int before = current_kind(p);
    return before == TOK_SEMICOLON || before == TOK_BODY || before == TOK_RBRACE ||
           before == TOK_RESUME;
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
        Diag *diag = diag_report(p->diags, (Span){p->current->span.start, end},
                                 D(FORM_LITERAL_IN_HEAD));
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
    if ((p->used_as_name & keyword_bit(kind)) != 0) {
        if (at_statement_start(p) || at_declaration_start(p)) {
            return after == TOK_ASSIGN || after == TOK_OP_ASSIGN || after == TOK_DOT ||
                   after == TOK_LBRACKET;
        }
        return kind != TOK_IN || before != TOK_NAME || p->previous == NULL ||
               p->previous->kind != TOK_FOR;
    }
    const Open *top = top_open(p);
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
    return as_kind(p, token, declares ? TOK_BAD : TOK_NAME);
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

/* Where the last token that was handed out ends. */
static Span here(const Parser *p) {
    return p->current != NULL ? end_of_span(p->current->span)
                              : (Span){p->file->base, p->file->base};
}

static void report_missing_brace(Parser *p, const Open *open) {
    const Token *found = token_at(p, p->at), *brace = token_at(p, open->index);
    if (p->reported == found->span.start) {
        return;
    }
    p->reported = found->span.start;
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

/* ---- going on after an error ---- */

enum { MOST_RECOVERIES = 50 }; /* in a row, without taking anything */

/* The innermost open bracket of a kind: its index in opens plus one; 0 if there is none. */
static uint32_t innermost(const Parser *p, OpenKind kind) {
    uint32_t depth = p->opens.count;
    while (depth > 0 && p->opens.items[depth - 1].kind != kind) {
        depth--;
    }
    return depth;
}

/* The first token that cannot belong to what is inside the first `depth` open brackets. */
static uint32_t end_of(const Parser *p, uint32_t depth) {
    return depth > 0 ? p->opens.items[depth - 1].end : last_index(p);
}

/* Where to go on looking from `i` at the level of `depth`: past the brackets that are open within. */
static uint32_t leave_inner(const Parser *p, uint32_t depth, uint32_t i) {
    if (p->opens.count > depth) {
        const Open *open = &p->opens.items[depth];
        if (!open->unclosed && open->end + 1 > i) {
            return open->end + 1;
        }
    }
    return i;
}

/* Past tokens[i]; past the whole bracket if it opens one. */
static uint32_t step_over(const Parser *p, uint32_t i) {
    const Token *token = token_at(p, i);
    bool opens = token->kind == TOK_LPAREN || token->kind == TOK_LBRACKET ||
                 token->kind == TOK_LBRACE || token->kind == TOK_BODY;
    return opens && !token->unclosed && token->partner != NO_PARTNER ? token->partner + 1 : i + 1;
}

static bool is_declaration_start(const Parser *p, uint32_t i) {
    const Token *token = token_at(p, i);
    return begins_declaration(token->kind) || token->kind == TOK_CONST ||
           (token->kind == TOK_HASH && token_at(p, i + 1)->kind == TOK_LBRACKET) ||
           (token->first_on_line && foreign_declaration(p, i));
}

static uint32_t find_declaration(Parser *p, uint32_t i) {
    i = leave_inner(p, 0, i);
    while (i < last_index(p) && !is_declaration_start(p, i)) {
        i = step_over(p, i);
    }
    drop_opens(p, 0, true);
    return i;
}

static uint32_t find_statement(Parser *p, uint32_t i) {
    uint32_t depth = innermost(p, OPEN_BLOCK), end = end_of(p, depth);
    i = leave_inner(p, depth, i);
    while (i < end) {
        const Token *token = token_at(p, i);
        if (token->kind == TOK_SEMICOLON) {
            i++;
            break;
        }
        bool is_if = token->kind == TOK_IF || token->kind == TOK_IF_EXPR;
        if ((token->first_on_line && (begins_statement(token->kind) || is_if)) ||
            (depth == 0 && is_declaration_start(p, i))) {
            break;
        }
        bool brace = is_brace(p, i);
        i = step_over(p, i);
        const Token *after = token_at(p, i);
        if (brace && after->first_on_line && after->kind != TOK_ELSE && after->kind != TOK_ELIF &&
            after->kind != TOK_SEMICOLON) {
            break;
        }
    }
    drop_opens(p, depth, true);
    return i;
}

/* `too_deep`: the index of a `{` that was one too many, and is passed over. */
static uint32_t find_body(Parser *p, uint32_t i, uint32_t too_deep) {
    if (p->heads.count == 0) {
        return find_statement(p, i);
    }
    uint32_t depth = p->heads.items[p->heads.count - 1].depth, end = end_of(p, depth);
    i = leave_inner(p, depth, i);
    bool found = false;
    while (i < end && !found) {
        const Token *token = token_at(p, i);
        found = is_brace(p, i) && i != too_deep;
        if (found || begins_declaration(token->kind) ||
            (token->first_on_line && (begins_statement(token->kind) || token->kind == TOK_IF))) {
            break;
        }
        if (token->kind == TOK_SEMICOLON) {
            p->reported = token->span.start; /* what it means after `{ }` is no news */
            break;
        }
        if (i == too_deep) {
            i = token->unclosed ? token->partner : step_over(p, i);
            break;
        }
        i = step_over(p, i);
    }
    drop_opens(p, depth, false);
    if (!found) {
        put_in(p, TOK_BODY, here(p));
        put_in(p, TOK_RBRACE, here(p));
    }
    return i;
}

static uint32_t find_list_item(Parser *p, uint32_t i) {
    uint32_t depth = innermost(p, OPEN_LIST);
    REQUIRE(depth > 0);
    const Open open = p->opens.items[depth - 1];
    i = leave_inner(p, depth, i);
    while (i < open.end) {
        const Token *token = token_at(p, i);
        bool beyond = begins_declaration(token->kind) || (!open.is_brace && is_brace(p, i));
        if (token->kind == TOK_COMMA || token->kind == TOK_SEMICOLON || beyond) {
            break;
        }
        i = step_over(p, i);
    }
    drop_opens(p, depth, true);
    const Token *stop = token_at(p, i);
    bool goes_on = i < open.end && (stop->kind == TOK_COMMA || stop->kind == TOK_SEMICOLON);
    if (!goes_on && !open.is_brace && (open.unclosed || i < open.end)) {
        put_in(p, TOK_RPAREN, here(p));
    }
    return i;
}

static uint32_t find_case(Parser *p, uint32_t i) {
    uint32_t depth = innermost(p, OPEN_CASES), end = end_of(p, depth);
    i = leave_inner(p, depth, i);
    while (i < end && token_at(p, i)->kind != TOK_CASE && token_at(p, i)->kind != TOK_ELSE) {
        i = step_over(p, i);
    }
    drop_opens(p, depth, true);
    return i;
}

static uint32_t find_square_end(Parser *p, uint32_t i) {
    uint32_t depth = innermost(p, OPEN_SQUARE);
    REQUIRE(depth > 0);
    const Open open = p->opens.items[depth - 1];
    drop_opens(p, depth, true);
    if (!open.unclosed) {
        return open.end;
    }
    while (i < open.end && !token_at(p, i)->first_on_line) {
        i++;
    }
    put_in(p, TOK_RBRACKET, here(p));
    return i;
}

static void resynchronise(Parser *p) {
    const Token *found = p->current;
    uint32_t from = p->current_index, to = from;
    p->current = p->previous; /* `found` was not taken */
    p->queue_at = p->queue.count = 0;
    Token *resume = put_in(p, TOK_RESUME, here(p));
    bool skips = !(p->sync == SYNC_STMT && p->insert_semicolon);
    bool too_deep = found->kind == TOK_TOO_DEEP;
    if (too_deep && found->unclosed && p->sync != SYNC_HEAD) {
        from = found->partner; /* what is in it would be too deep again */
    }
    switch (p->sync) {
    case SYNC_NONE:
    case SYNC_HERE:
        break;
    case SYNC_DECL:
        to = find_declaration(p, from);
        break;
    case SYNC_STMT:
        if (skips) {
            to = find_statement(p, from);
        } else {
            drop_opens(p, innermost(p, OPEN_BLOCK), true);
        }
        break;
    case SYNC_HEAD:
        to = find_body(p, from, too_deep ? from : NO_PARTNER);
        break;
    case SYNC_LIST:
        to = find_list_item(p, from);
        break;
    case SYNC_CASE:
        to = find_case(p, from);
        break;
    case SYNC_CLOSE:
        to = find_square_end(p, from);
        break;
    }
    resume->integer = skips;
    if (to > from) {
        resume->span = (Span){found->span.start, token_at(p, to - 1)->span.end};
    }
    p->at = to;
    p->sync = SYNC_NONE;
    p->insert_semicolon = false;
    p->resumed++;
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

void source_restart(Parser *p) {
    p->sync = SYNC_NONE;
    p->resumed = 0;
    p->queue_at = p->queue.count = 0;
    p->current = p->previous = NULL;
    uint32_t from = p->at > p->restarted_at ? p->at : p->restarted_at + 1;
    p->restarted_at = find_declaration(p, from < last_index(p) ? from : last_index(p));
    p->at = p->restarted_at;
}

void source_start(Parser *p) {
    p->tokens = lex_file(p->arena, p->names, p->diags, p->file);
    p->step = name_of(p->names, "step");
    p->bitcast = name_of(p->names, "bitcast");
    p->underscore = name_of(p->names, "_");
    pair_brackets(p);
    foreign_start(p);
}
