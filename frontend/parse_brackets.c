/* Pairs the brackets of a whole file before it is parsed, so that the token source knows where a missing one
 * should be: `)` and `]` before the `}` or statement keyword that cannot stand inside them, the `}` of a form
 * literal before a `;`, what is open in a case before the next one, any other `}` before the next declaration that is indented no further than the first
 * open one, or at the end. A missing `{` is put in where the grammar wants one (insert_brace).
 */
#include "frontend/parse.h"

#include "frontend/parser.h"

typedef struct {
    uint32_t index, indent;    /* of the line that it stands on */
    uint32_t parens, brackets; /* open ones since the last `{`, this one included */
    uint32_t matches;          /* open `{` of a match, this one included */
    bool is_match;
} Pending;

typedef VEC(Pending) PendingList;

static uint32_t indent_of(const Parser *p, const Token *token) {
    const char *start = p->file->text, *at = span_text(p->file, token->span);
    uint32_t indent = 0;
    while (at > start && (at[-1] == ' ' || at[-1] == '\t')) {
        at--;
        indent++;
    }
    return indent;
}

bool is_brace(const Token *token) {
    return token->kind == TOK_LBRACE || token->kind == TOK_BODY;
}

/* `suspect`: the one to blame in the report. */
static void leave_open(Parser *p, uint32_t index, uint32_t end, uint32_t suspect) {
    Token *token = &p->tokens.items[index];
    token->unclosed = true;
    token->partner = end;
    token->integer = suspect;
}

/* Parentheses and square brackets above the innermost `{` cannot be closed any more. */
static void drop_unclosed(Parser *p, PendingList *pending, uint32_t end) {
    while (pending->count > 0 && !is_brace(token_at(p, pending->items[pending->count - 1].index))) {
        uint32_t index = pending->items[--pending->count].index;
        leave_open(p, index, end, index);
    }
}

static void drop_all(Parser *p, PendingList *pending, uint32_t end, uint32_t suspect) {
    while (pending->count > 0) {
        uint32_t index = pending->items[--pending->count].index;
        leave_open(p, index, end, suspect != NO_PARTNER ? suspect : index);
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
        leave_open(p, index, i, index);
    }
}

bool begins_declaration(int kind) {
    return kind == TOK_KERNEL || kind == TOK_PROC || kind == TOK_FORM || kind == TOK_USE;
}

bool begins_statement(int kind) {
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

/* Name { field: … — but not form Name { field: …, in whatever language it is spelt */
static bool is_form_literal(const Parser *p, uint32_t i) {
    if (i < 2 || !is_brace(token_at(p, i)) || token_at(p, i - 1)->kind != TOK_NAME) {
        return false;
    }
    int before = token_at(p, i - 2)->kind;
    return before != TOK_FORM && before != TOK_NAME && before != TOK_RESERVED &&
           token_at(p, i + 1)->kind == TOK_NAME && token_at(p, i + 2)->kind == TOK_COLON;
}

void pair_brackets(Parser *p) {
    PendingList pending = {0};
    p->strays = 0;
    uint32_t indent = 0, suspect = NO_PARTNER;
    uint32_t match_depth = UINT32_MAX; /* where a `match` waits for its `{` */
    for (uint32_t i = 0; i < p->tokens.count; i++) {
        Token *token = &p->tokens.items[i];
        const Pending *top = pending.count > 0 ? &pending.items[pending.count - 1] : NULL;
        if (token->first_on_line) {
            indent = indent_of(p, token);
        }
        switch (token->kind) {
        case TOK_LPAREN:
        case TOK_LBRACKET:
        case TOK_LBRACE:
        case TOK_BODY: {
            Pending now = {.index = i, .indent = indent};
            if (top != NULL) {
                now.matches = top->matches;
            }
            if (is_brace(token)) {
                now.is_match = pending.count == match_depth;
                now.matches += now.is_match;
                match_depth = now.is_match ? UINT32_MAX : match_depth;
            } else {
                now.parens = (top != NULL ? top->parens : 0) + (token->kind == TOK_LPAREN);
                now.brackets = (top != NULL ? top->brackets : 0) + (token->kind == TOK_LBRACKET);
            }
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
                p->strays++;
                break;
            }
            top = &pending.items[--pending.count];
            pair(p, top->index, i);
            if (pending.count == 0) {
                suspect = NO_PARTNER;
            } else if (suspect == NO_PARTNER && token->first_on_line && indent < top->indent) {
                suspect = top->index; /* this `}` looks like that of an outer `{` */
            }
            break;
        case TOK_CASE: /* stands directly inside a match: what is open within that lacks its end */
            while (pending.count > 0 && pending.items[pending.count - 1].matches > 0 &&
                   !pending.items[pending.count - 1].is_match) {
                uint32_t index = pending.items[--pending.count].index;
                leave_open(p, index, i, index);
            }
            break;
        case TOK_MATCH:
            drop_unclosed(p, &pending, i);
            match_depth = pending.count;
            break;
        case TOK_SEMICOLON:
            if (top != NULL && is_form_literal(p, top->index)) {
                leave_open(p, top->index, i, top->index);
                pending.count--;
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

bool insert_brace(Parser *p, uint32_t index) {
    enum { MOST_TRIES = 8 }; /* each goes through the whole file */
    if (p->strays == 0 || p->brace_tries++ >= MOST_TRIES) {
        return false;
    }
    TokenList old = p->tokens;
    unsigned strays = p->strays;
    p->tokens.count = p->tokens.capacity = old.count + 1;
    p->tokens.items = NEW_ARRAY(p->arena, Token, p->tokens.count);
    memcpy(p->tokens.items, old.items, index * sizeof(Token));
    memcpy(p->tokens.items + index + 1, old.items + index, (old.count - index) * sizeof(Token));
    p->tokens.items[index] = (Token){.kind = TOK_LBRACE, .span = here(p)};
    for (uint32_t i = 0; i < p->tokens.count; i++) {
        p->tokens.items[i].partner = NO_PARTNER;
        if (p->tokens.items[i].kind != TOK_END) {
            p->tokens.items[i].unclosed = false;
        }
    }
    pair_brackets(p);
    if (p->strays >= strays) {
        p->tokens = old;
        p->strays = strays;
        return false;
    }
    for (uint32_t i = 0; i < p->opens.count; i++) {
        const Token *token = token_at(p, p->opens.items[i].index);
        p->opens.items[i].end = token->partner;
        p->opens.items[i].unclosed = token->unclosed;
    }
    return true;
}
