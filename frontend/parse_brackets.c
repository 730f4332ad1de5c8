/* Pairs the brackets of a whole file before it is parsed, so that the token source knows where a missing one
 * should be: `)` and `]` before the `}` or statement keyword that cannot stand inside them, `}` before the next
 * declaration that is indented no further than the first open one, or at the end.
 */
#include "frontend/parse.h"

#include "frontend/parser.h"

typedef struct {
    uint32_t index, indent;    /* of the line that it stands on */
    uint32_t parens, brackets; /* open ones since the last `{`, this one included */
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

static void leave_open(Parser *p, uint32_t index, uint32_t end) {
    Token *token = &p->tokens.items[index];
    token->unclosed = true;
    token->partner = end;
}

/* Parentheses and square brackets above the innermost `{` cannot be closed any more. */
static void drop_unclosed(Parser *p, PendingList *pending, uint32_t end) {
    while (pending->count > 0 && !is_brace(token_at(p, pending->items[pending->count - 1].index))) {
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

bool is_brace(const Token *token) {
    return token->kind == TOK_LBRACE || token->kind == TOK_BODY;
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

void pair_brackets(Parser *p) {
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
