/* The making of syntax nodes: what the grammar's actions call. See parse.h. */
#include "frontend/parse.h"

#include "frontend/parser.h"

enum {
    POISON = AST_MAX_DEPTH + 1
}; /* the depth of what was too deep, until a statement takes it in */

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

static unsigned deeper(unsigned a, unsigned b) {
    return a > b ? a : b;
}

/* The depth of a node over one of `below`; what is too deep is reported where the limit is passed. */
static uint16_t depth_over(Parser *p, unsigned below, Span span) {
    if (below == AST_MAX_DEPTH) {
        Pos last = span.end > span.start ? span.end - 1 : span.end;
        report_too_deep(p, (Span){last, span.end}, AST_MAX_DEPTH);
    }
    return (uint16_t)(below < AST_MAX_DEPTH ? below + 1 : POISON);
}

/* What takes an expression, type or block into a statement or declaration ends the poison. */
static unsigned settled_expr(Expr *expr) {
    if (expr != NULL && expr->depth == POISON) {
        expr->depth = 1;
    }
    return expr != NULL ? expr->depth : 0;
}

static unsigned settled_type(TypeExpr *type) {
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

/* ---- statements ---- */

static Stmt *new_stmt(Parser *p, StmtKind kind, Span span, unsigned below) {
    Stmt *stmt = NEW(p->arena, Stmt);
    stmt->depth = depth_over(p, below, span);
    stmt->kind = stmt->depth == POISON ? STMT_ERROR : kind;
    stmt->span = span;
    return stmt;
}

Stmt *make_stmt_error(Parser *p, Span span) {
    return new_stmt(p, STMT_ERROR, span, 0);
}

Stmt *make_binding(Parser *p, Span span, StmtKind kind, bool is_mut, Binding binding) {
    unsigned below = deeper(settled_type(binding.type), settled_expr(binding.value));
    Stmt *stmt = new_stmt(p, kind, span, below);
    stmt->let.name = binding.name;
    stmt->let.type = binding.type;
    stmt->let.value = binding.value;
    stmt->let.is_mut = is_mut;
    return stmt;
}

Stmt *make_assign(Parser *p, Span span, Expr *place, BinaryOp op, Span op_span, Expr *value) {
    Stmt *stmt = new_stmt(p, STMT_ASSIGN, span, deeper(settled_expr(place), settled_expr(value)));
    stmt->assign.op = op;
    stmt->assign.op_span = op_span;
    stmt->assign.place = place;
    stmt->assign.value = value;
    return stmt;
}

static Stmt *if_node(Parser *p, Span span, Expr *condition, Block *body, Stmt *otherwise) {
    unsigned below = deeper(settled_expr(condition), body->depth);
    Stmt *stmt =
        new_stmt(p, STMT_IF, span, otherwise != NULL ? deeper(below, otherwise->depth) : below);
    stmt->if_else.condition = condition;
    stmt->if_else.a = body;
    stmt->if_else.b = otherwise;
    return stmt;
}

Stmt *make_if(Parser *p, Span span, Expr *condition, Block *body, Elif *elifs, Block *otherwise) {
    Stmt *rest = otherwise != NULL ? make_block_stmt(p, otherwise) : NULL;
    for (; elifs != NULL; elifs = elifs->before) {
        rest = if_node(p, (Span){elifs->span.start, span.end}, elifs->condition, elifs->body, rest);
    }
    return if_node(p, span, condition, body, rest);
}

Elif *make_elif(Parser *p, Span span, Elif *before, Expr *condition, Block *body) {
    Elif *elif = NEW(p->arena, Elif);
    *elif = (Elif){before, condition, body, span};
    return elif;
}

Stmt *make_loop(Parser *p, Span span, StmtKind kind, Expr *condition, Block *body) {
    Stmt *stmt = new_stmt(p, kind, span, deeper(settled_expr(condition), body->depth));
    stmt->loop.condition = condition;
    stmt->loop.body = body;
    return stmt;
}

Stmt *make_for(Parser *p, Span span, ForRange range, Block *body) {
    if (range.name.name == NULL) {
        return make_stmt_error(p, span);
    }
    unsigned below = deeper(settled_expr(range.from), settled_expr(range.to));
    below = deeper(below, deeper(settled_expr(range.step), body->depth));
    Stmt *stmt = new_stmt(p, STMT_FOR, span, below);
    stmt->for_in.name = range.name;
    stmt->for_in.from = range.from;
    stmt->for_in.to = range.to;
    stmt->for_in.step = range.step;
    stmt->for_in.inclusive = range.inclusive;
    stmt->for_in.body = body;
    return stmt;
}

RangeList add_range(Parser *p, RangeList list, Expr *from, Expr *to, bool inclusive) {
    struct CaseRange *range = NEW(p->arena, struct CaseRange);
    range->from = from;
    range->to = to;
    range->inclusive = inclusive;
    APPEND(&list, range);
    list.depth = deeper(list.depth, deeper(settled_expr(from), settled_expr(to)));
    return list;
}

CaseList add_case(Parser *p, CaseList list, Span span, RangeList ranges, Block *body) {
    if (list.otherwise != NULL) {
        report_else_not_last(p, list.otherwise_span, span);
    }
    Case *item = NEW(p->arena, Case);
    item->span = span;
    item->ranges = ranges.first;
    item->body = body;
    APPEND(&list, item);
    list.depth = deeper(list.depth, deeper(ranges.depth, body->depth));
    return list;
}

CaseList add_else(Parser *p, CaseList list, Span span, Block *body) {
    if (list.otherwise != NULL) {
        report_else_not_last(p, list.otherwise_span, span);
    }
    list.otherwise = body;
    list.otherwise_span = span;
    list.depth = deeper(list.depth, body->depth);
    return list;
}

Stmt *make_match(Parser *p, Span span, Expr *value, CaseList cases) {
    Stmt *stmt = new_stmt(p, STMT_MATCH, span, deeper(settled_expr(value), cases.depth));
    stmt->match.value = value;
    stmt->match.cases = cases.first;
    stmt->match.otherwise = cases.otherwise;
    return stmt;
}

Stmt *make_simple(Parser *p, Span span, StmtKind kind, Expr *value) {
    Stmt *stmt = new_stmt(p, kind, span, settled_expr(value));
    stmt->value = value;
    return stmt;
}

Stmt *make_block_stmt(Parser *p, Block *block) {
    Stmt *stmt = new_stmt(p, STMT_BLOCK, block->span, block->depth);
    stmt->block = block;
    return stmt;
}

/* An `if` that is a statement after all: its blocks have no values. */
static void plain_if(Parser *p, Stmt *stmt) {
    while (stmt != NULL && stmt->kind == STMT_IF) {
        plain_block(p, stmt->if_else.a);
        stmt = stmt->if_else.b;
    }
    if (stmt != NULL && stmt->kind == STMT_BLOCK) {
        plain_block(p, stmt->block);
    }
}

StmtList add_stmt(Parser *p, StmtList list, AttributeList attributes, Stmt *stmt) {
    if (list.last != NULL && list.last->kind == STMT_IF) {
        plain_if(p, list.last);
    }
    if (attributes.first != NULL) {
        stmt->attributes = attributes.first;
        stmt->span.start = attributes.span.start;
    }
    APPEND(&list, stmt);
    list.depth = deeper(list.depth, stmt->depth);
    return list;
}

Block *make_block(Parser *p, Span span, StmtList stmts, AttributeList attributes, Expr *value) {
    if (value != NULL && attributes.first != NULL) {
        report_missing_semicolon(p, value->span.end, "`}`");
        stmts = add_stmt(p, stmts, attributes, make_simple(p, value->span, STMT_EXPR, value));
        value = NULL;
    }
    if (value != NULL && stmts.last != NULL && stmts.last->kind == STMT_IF) {
        plain_if(p, stmts.last);
    }
    Block *block = NEW(p->arena, Block);
    block->span = span;
    block->stmts = stmts.first;
    block->value = value;
    block->depth = depth_over(p, deeper(stmts.depth, value != NULL ? value->depth : 0), span);
    if (block->depth == POISON) {
        block->stmts = make_stmt_error(p, span);
        block->value = NULL;
    }
    return block;
}

Block *plain_block(Parser *p, Block *block) {
    Stmt **end = &block->stmts, *last = NULL;
    while (*end != NULL) {
        last = *end;
        end = &last->next;
    }
    Expr *value = block->value;
    if (value == NULL) {
        plain_if(p, last != NULL && last->kind == STMT_IF ? last : NULL);
        return block;
    }
    if (value->kind != EXPR_ERROR) {
        report_missing_semicolon(p, value->span.end, "`}`");
    }
    *end = make_simple(p, value->span, STMT_EXPR, value);
    block->value = NULL;
    return block;
}

/* ---- declarations ---- */

static const char *joined_doc(Parser *p, const char *a, const char *b) {
    return a == NULL ? b : b == NULL ? a : arena_printf(p->arena, "%s\n%s", a, b);
}

AttributeList add_attribute(Parser *p, AttributeList list, const Token *hash, Span span, Ident name,
                            ExprList args) {
    for (Expr *arg = args.first; arg != NULL; arg = arg->next) {
        settled_expr(arg);
    }
    Attribute *attribute = NEW(p->arena, Attribute);
    attribute->name = name;
    attribute->args = args.first;
    attribute->span = span;
    if (list.first == NULL) {
        list.span = span;
    }
    list.doc = joined_doc(p, list.doc, hash->doc);
    list.span.end = span.end;
    APPEND(&list, attribute);
    return list;
}

GenericList add_generic(Parser *p, GenericList list, Ident name, bool is_const, TypeExpr *type) {
    settled_type(type);
    GenericParam *generic = NEW(p->arena, GenericParam);
    generic->name = name;
    generic->is_const = is_const;
    generic->type = type;
    APPEND(&list, generic);
    return list;
}

ParamList add_param(Parser *p, ParamList list, const Token *name, Span span, TypeExpr *type) {
    Param *param = NEW(p->arena, Param);
    if (name != NULL) {
        param->name = ident_of(name);
        param->doc = name->doc;
    } else {
        param->name = (Ident){p->underscore, span};
    }
    param->type = type != NULL ? type : make_type_error(p, span);
    settled_type(type);
    APPEND(&list, param);
    return list;
}

UseNameList add_use_name(Parser *p, UseNameList list, Ident name, Ident alias) {
    UseName *use = NEW(p->arena, UseName);
    use->name = name;
    use->alias = alias;
    APPEND(&list, use);
    return list;
}

Decl *make_decl(Parser *p, Span span, DeclKind kind, Ident name, const Token *keyword) {
    Decl *decl = NEW(p->arena, Decl);
    decl->kind = kind;
    decl->span = span;
    decl->name = name;
    decl->doc = keyword->doc;
    return decl;
}

Decl *make_const(Parser *p, Span span, const Token *keyword, Binding binding) {
    settled_type(binding.type);
    settled_expr(binding.value);
    Decl *decl = make_decl(p, span, DECL_CONST, binding.name, keyword);
    decl->constant.type = binding.type;
    decl->constant.value = binding.value;
    return decl;
}

Decl *make_use(Parser *p, Span span, const Token *keyword, ExprList path) {
    Text text = {.arena = p->arena};
    for (const Expr *part = path.first; part != NULL; part = part->next) {
        text_add(&text, part == path.first ? "" : "/");
        text_add(&text, part->name->text);
    }
    Decl *decl = make_decl(p, span, DECL_USE, (Ident){path.last->name, path.last->span}, keyword);
    decl->use.path = text_get(&text);
    return decl;
}

void finish_proc(Parser *p, Decl *decl, Span end, Block *body) {
    (void)p;
    if (decl == NULL) {
        return;
    }
    settled_type(decl->proc.result);
    decl->span.end = end.end;
    decl->proc.body = decl->proc.is_broken ? NULL : body;
    if (body != NULL && body->depth == POISON) {
        body->depth = 2; /* over its STMT_ERROR */
    }
}

void add_decl(Parser *p, AttributeList attributes, Decl *decl) {
    if (decl == NULL) {
        return;
    }
    if (attributes.first != NULL) {
        decl->attributes = attributes.first;
        decl->span.start = attributes.span.start;
        decl->doc = joined_doc(p, attributes.doc, decl->doc);
    }
    if (p->last_decl == NULL) {
        p->module->decls = decl;
    } else {
        p->last_decl->next = decl;
    }
    p->last_decl = decl;
}
