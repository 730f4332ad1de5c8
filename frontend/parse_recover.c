/* Where to go on after a syntax error: bison has popped to a rule `error to_LEVEL RESUME`, and RESUME is to be
 * handed out at the next place where what follows can be right again. See Sync in parse.h.
 */
#include "frontend/parse.h"

#include "frontend/parser.h"
#include "ir/base/fatal.h"

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
           (token->first_on_line && (token->kind == TOK_RESERVED || foreign_declaration(p, i)));
}

static uint32_t find_declaration(Parser *p, uint32_t i) {
    i = leave_inner(p, 0, i);
    i += token_at(p, i)->kind == TOK_RESERVED; /* it begins nothing, and was reported */
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
            while (i < end && token_at(p, i)->kind == TOK_SEMICOLON) {
                i++;
            }
            break;
        }
        bool is_if = token->kind == TOK_IF || token->kind == TOK_IF_EXPR;
        if ((token->first_on_line && (begins_statement(token->kind) || is_if)) ||
            (depth == 0 && is_declaration_start(p, i))) {
            break;
        }
        bool brace = is_brace(token_at(p, i));
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
    if (too_deep == NO_PARTNER && !is_brace(token_at(p, i)) && p->opens.count == depth &&
        insert_brace(p, i)) {
        return i;
    }
    i = leave_inner(p, depth, i);
    bool found = false;
    while (i < end && !found) {
        const Token *token = token_at(p, i);
        found = is_brace(token_at(p, i)) && i != too_deep;
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
        bool beyond = !open.is_brace && (begins_declaration(token->kind) || is_brace(token) ||
                                         token->kind == TOK_ARROW);
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
    while (i < open.end && !token_at(p, i)->first_on_line &&
           !begins_declaration(token_at(p, i)->kind)) {
        i++;
    }
    put_in(p, TOK_RBRACKET, here(p));
    return i;
}

void resynchronise(Parser *p) {
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
    p->resumed_cleanly = to > from && token_at(p, to - 1)->kind == TOK_SEMICOLON;
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
