/* The making of statements and declarations: what the grammar's actions call. See parse.h, and ast.c. */
#include "frontend/parse.h"

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

static Block *flatten(Parser *p, Block *block, bool gives);

/* An `if` that is a statement after all: its blocks have no values. */
static void flatten_if(Parser *p, Stmt *stmt, bool gives) {
    while (stmt != NULL && stmt->kind == STMT_IF) {
        flatten(p, stmt->if_else.a, gives);
        stmt = stmt->if_else.b;
    }
    if (stmt != NULL && stmt->kind == STMT_BLOCK) {
        flatten(p, stmt->block, gives);
    }
}

static void plain_if(Parser *p, Stmt *stmt) {
    flatten_if(p, stmt, false);
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

/* `gives`: the block ends a proc with a result, so that its value was to be given. */
static Block *flatten(Parser *p, Block *block, bool gives) {
    Stmt **end = &block->stmts, *last = NULL;
    while (*end != NULL) {
        last = *end;
        end = &last->next;
    }
    Expr *value = block->value;
    if (value == NULL) {
        flatten_if(p, last != NULL && last->kind == STMT_IF ? last : NULL, gives);
        return block;
    }
    bool broken = value->kind == EXPR_ERROR;
    if (!broken && gives) {
        report_missing_give(p, value->span);
    } else if (!broken) {
        report_missing_semicolon(p, value->span.end, "`}`");
    }
    *end = make_simple(p, value->span, gives && !broken ? STMT_GIVE : STMT_EXPR, value);
    block->value = NULL;
    return block;
}

Block *plain_block(Parser *p, Block *block) {
    return flatten(p, block, false);
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
    if (body != NULL) {
        flatten(p, body, decl != NULL && decl->kind == DECL_PROC && decl->proc.result != NULL);
    }
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
