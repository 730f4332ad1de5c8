/* The making of expressions and types: what the grammar's actions call. See parse.h, and ast_stmt.c. */
#include "frontend/parse.h"

#include "frontend/parser.h"

const char *unary_spelling(UnaryOp op) {
    static const char *const spellings[] = {
#define OPERATOR(ID, spelling) [UNARY_##ID] = spelling,
        UNARY_OPERATORS(OPERATOR)
#undef OPERATOR
    };
    return spellings[op];
}

const char *binary_spelling(BinaryOp op) {
    static const char *const spellings[] = {[BINARY_NONE] = "",
#define OPERATOR(ID, spelling) [BINARY_##ID] = spelling,
                                            BINARY_OPERATORS(OPERATOR)
#undef OPERATOR
    };
    return spellings[op];
}

/* ---- depth ---- */

unsigned deeper(unsigned a, unsigned b) {
    return a > b ? a : b;
}

/* The depth of a node over one of `below`; what is too deep is reported where the limit is passed. */
uint16_t depth_over(Parser *p, unsigned below, Span span) {
    if (below == AST_MAX_DEPTH) {
        Pos last = span.end > span.start ? span.end - 1 : span.end;
        report_too_deep(p, (Span){last, span.end}, AST_MAX_DEPTH);
    }
    return (uint16_t)(below < AST_MAX_DEPTH ? below + 1 : POISON);
}

/* What takes an expression, type or block into a statement or declaration ends the poison. */
unsigned settled_expr(Expr *expr) {
    if (expr != NULL && expr->depth == POISON) {
        expr->depth = 1;
    }
    return expr != NULL ? expr->depth : 0;
}

unsigned settled_type(TypeExpr *type) {
    if (type != NULL && type->depth == POISON) {
        type->depth = 1;
    }
    return type != NULL ? type->depth : 0;
}

/* ---- expressions ---- */

static Expr *new_expr(Parser *p, ExprKind kind, Span span, unsigned below) {
    Expr *expr = NEW(p->arena, Expr);
    expr->depth = depth_over(p, below, span);
    expr->kind = expr->depth == POISON ? EXPR_ERROR : kind;
    expr->span = span;
    return expr;
}

Ident ident_of(const Token *token) {
    return (Ident){token->name, token->span};
}

Expr *make_error(Parser *p, Span span) {
    return new_expr(p, EXPR_ERROR, span, 0);
}

Expr *make_literal(Parser *p, const Token *token) {
    Expr *expr = new_expr(p, EXPR_BOOL, token->span, 0);
    switch (token->kind) {
    case TOK_INT:
        expr->kind = EXPR_INT;
        expr->integer.value = token->integer;
        expr->integer.suffix = token->suffix;
        break;
    case TOK_FLOAT:
        expr->kind = EXPR_FLOAT;
        expr->floating.value = token->floating;
        expr->floating.suffix = token->suffix;
        break;
    case TOK_STRING:
        expr->kind = EXPR_STRING;
        expr->string.text = token->text;
        expr->string.length = token->length;
        break;
    default:
        expr->boolean = token->kind == TOK_TRUE;
    }
    return expr;
}

Expr *make_name(Parser *p, const Token *token) {
    Expr *expr = new_expr(p, EXPR_NAME, token->span, 0);
    expr->name = token->name;
    return expr;
}

Expr *make_unary(Parser *p, Span span, UnaryOp op, Expr *a) {
    Expr *expr = new_expr(p, EXPR_UNARY, span, a->depth);
    expr->unary.op = op;
    expr->unary.a = a;
    return expr;
}

static bool orders(BinaryOp op) {
    return op >= BINARY_LT && op <= BINARY_GE;
}

Expr *make_binary(Parser *p, Span span, BinaryOp op, Span op_span, Expr *a, Expr *b) {
    if (a->depth == POISON) { /* a chain of a million terms needs no million nodes */
        a->span = span;
        return a;
    }
    Expr *expr = new_expr(p, EXPR_BINARY, span, deeper(a->depth, b->depth));
    expr->binary.op = op;
    expr->binary.op_span = op_span;
    expr->binary.a = a;
    expr->binary.b = b;
    if (orders(op) && a->kind == EXPR_BINARY && orders(a->binary.op) && !a->parenthesised &&
        expr->kind != EXPR_ERROR) {
        report_chain(p, expr);
        expr->kind = EXPR_ERROR;
    }
    return expr;
}

Expr *make_ternary(Parser *p, Span span, Expr *condition, Expr *a, Expr *b) {
    unsigned below = deeper(condition->depth, deeper(a->depth, b->depth));
    Expr *expr = new_expr(p, EXPR_TERNARY, span, below);
    expr->ternary.condition = condition;
    expr->ternary.a = a;
    expr->ternary.b = b;
    return expr;
}

Expr *make_cast(Parser *p, Span span, ExprKind kind, Expr *a, TypeExpr *type) {
    Expr *expr = new_expr(p, kind, span, deeper(a->depth, type->depth));
    expr->cast.a = a;
    expr->cast.type = type;
    return expr;
}

Expr *make_call(Parser *p, Span span, Expr *callee, ExprList args) {
    Expr *expr = new_expr(p, EXPR_CALL, span, deeper(callee->depth, args.depth));
    expr->call.callee = callee;
    expr->call.args = args.first;
    return expr;
}

Expr *make_index(Parser *p, Span span, ExprKind kind, Expr *a, Expr *b) {
    Expr *expr = new_expr(p, kind, span, deeper(a->depth, b->depth));
    expr->index.a = a;
    expr->index.b = b;
    return expr;
}

Expr *make_field(Parser *p, Span span, Expr *a, Ident name) {
    Expr *expr = new_expr(p, EXPR_FIELD, span, a->depth);
    expr->field.a = a;
    expr->field.name = name;
    return expr;
}

Expr *make_array(Parser *p, Span span, ExprList elements) {
    Expr *expr = new_expr(p, EXPR_ARRAY, span, elements.depth);
    expr->elements = elements.first;
    return expr;
}

Expr *make_form(Parser *p, Span span, Expr *name, InitList fields) {
    bool qualified = name->kind == EXPR_FIELD && name->field.a->kind == EXPR_NAME;
    if (name->kind != EXPR_NAME && !qualified) {
        if (name->kind != EXPR_ERROR) {
            report_form_name(p, name->span);
        }
        return make_error(p, span);
    }
    Ident module = {0}, last = {name->name, name->span};
    if (qualified) {
        module = (Ident){name->field.a->name, name->field.a->span};
        last = name->field.name;
    }
    TypeExpr *type = make_type(p, name->span, module, last, (TypeList){0});
    Expr *expr = new_expr(p, EXPR_FORM, span, deeper(type->depth, fields.depth));
    expr->form.type = type;
    expr->form.fields = fields.first;
    return expr;
}

Expr *parenthesise(Expr *expr, Span span) {
    expr->parenthesised = true;
    expr->span = span;
    return expr;
}

ExprList add_expr(ExprList list, Expr *expr) {
    APPEND(&list, expr);
    list.depth = deeper(list.depth, expr->depth);
    return list;
}

InitList add_init(Parser *p, InitList list, Ident name, Expr *value) {
    FieldInit *init = NEW(p->arena, FieldInit);
    init->name = name;
    init->value = value;
    APPEND(&list, init);
    list.depth = deeper(list.depth, value->depth);
    return list;
}

/* ---- if as an expression ---- */

/* Blocks end in a value by a last expression, or by a last `if` whose blocks all do: that one was parsed as
 * a statement, and becomes the value here. Gives NULL if the block has none. */
static Expr *value_of_block(Parser *p, Block *block);

static bool all_give_values(const Block *block);

static bool if_gives_value(const Stmt *stmt) {
    while (stmt != NULL && stmt->kind == STMT_IF && stmt->attributes == NULL &&
           all_give_values(stmt->if_else.a)) {
        stmt = stmt->if_else.b;
    }
    return stmt != NULL && stmt->kind == STMT_BLOCK && all_give_values(stmt->block);
}

static bool all_give_values(const Block *block) {
    const Stmt *last = block->stmts;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    return block->value != NULL || (last != NULL && last->kind == STMT_IF && if_gives_value(last));
}

static bool is_simple(const Block *block) {
    return block->stmts == NULL && block->value->kind != EXPR_IF;
}

/* One `if` of a chain: its else part is a block, or the value that the rest of the chain became. */
static Expr *choose(Parser *p, Span span, Expr *condition, Block *a, Block *b, Expr *rest) {
    bool simple = is_simple(a) && (rest != NULL ? rest->kind != EXPR_IF : is_simple(b));
    if (simple) {
        return make_ternary(p, span, condition, a->value, rest != NULL ? rest : b->value);
    }
    if (rest != NULL) {
        b = NEW(p->arena, Block);
        b->span = rest->span;
        b->value = rest;
        b->depth = depth_over(p, rest->depth, rest->span);
    }
    Expr *expr = new_expr(p, EXPR_IF, span, deeper(condition->depth, deeper(a->depth, b->depth)));
    expr->if_else.condition = condition;
    expr->if_else.a = a;
    expr->if_else.b = b;
    return expr;
}

static Expr *if_statement_value(Parser *p, Stmt *stmt) {
    /* From the back, over the chain of `elif`s, which is turned round by its `next`. */
    Stmt *chain = NULL, *last = stmt;
    while (last->kind == STMT_IF) {
        last->next = chain;
        chain = last;
        last = last->if_else.b;
    }
    value_of_block(p, last->block);
    Expr *rest = NULL;
    for (; chain != NULL; chain = chain->next) {
        value_of_block(p, chain->if_else.a);
        rest =
            choose(p, chain->span, chain->if_else.condition, chain->if_else.a, last->block, rest);
    }
    return rest;
}

static Expr *value_of_block(Parser *p, Block *block) {
    if (block->value != NULL) {
        return block->value;
    }
    Stmt **last = &block->stmts;
    while (*last != NULL && (*last)->next != NULL) {
        last = &(*last)->next;
    }
    if (*last != NULL && (*last)->kind == STMT_IF && if_gives_value(*last)) {
        Stmt *stmt = *last;
        *last = NULL;
        block->value = if_statement_value(p, stmt);
    }
    return block->value;
}

static void wanted_value(Parser *p, Block *block) {
    if (value_of_block(p, block) == NULL) {
        bool put_in = block->span.start == block->span.end;
        if (block->depth != POISON && !put_in) {
            report_missing_value(p, block);
        }
        block->value = make_error(p, block->span);
    }
}

Expr *make_if_expr(Parser *p, Span span, Expr *condition, Block *body, Elif *elifs,
                   Block *otherwise) {
    Expr *rest = NULL;
    wanted_value(p, otherwise);
    for (; elifs != NULL; elifs = elifs->before) {
        wanted_value(p, elifs->body);
        Span from_here = {elifs->span.start, span.end};
        rest = choose(p, from_here, elifs->condition, elifs->body, otherwise, rest);
    }
    wanted_value(p, body);
    return choose(p, span, condition, body, otherwise, rest);
}

/* ---- types ---- */

static TypeExpr *new_type(Parser *p, TypeExprKind kind, Span span, unsigned below) {
    TypeExpr *type = NEW(p->arena, TypeExpr);
    type->depth = depth_over(p, below, span);
    type->kind = type->depth == POISON ? TYPE_EXPR_ERROR : kind;
    type->span = span;
    return type;
}

TypeExpr *make_type(Parser *p, Span span, Ident module, Ident name, TypeList args) {
    TypeExpr *type = new_type(p, TYPE_EXPR_NAME, span, args.depth);
    type->module = module;
    type->name = name;
    type->args = args.first;
    return type;
}

TypeExpr *make_type_of(Parser *p, Span span, TypeExprKind kind, TypeExpr *element, Expr *length) {
    unsigned below =
        deeper(element != NULL ? element->depth : 0, length != NULL ? length->depth : 0);
    TypeExpr *type = new_type(p, kind, span, below);
    type->element = element;
    type->length = length;
    return type;
}

TypeExpr *make_type_error(Parser *p, Span span) {
    return new_type(p, TYPE_EXPR_ERROR, span, 0);
}

TypeList add_type(TypeList list, TypeExpr *type) {
    APPEND(&list, type);
    list.depth = deeper(list.depth, type->depth);
    return list;
}
