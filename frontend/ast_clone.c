/* Copies of declarations, for generics: the checker writes into the tree, so each set of types gets a tree of its own.
 *
 * What the checker never writes to (names, documentation, the list of generic parameters) is shared. Only trees that were
 * not checked are copied, so the fields under "checker" in ast.h are zero in a copy, too.
 */
#include "frontend/ast.h"

static Block *clone_block(Arena *arena, const Block *block);
static Expr *clone_expr(Arena *arena, const Expr *expr);
static TypeExpr *clone_type(Arena *arena, const TypeExpr *type);

/* A list by its `next`: `copy` copies one node, without its `next`. */
#define CLONE_LIST(T, arena, list, copy)                                                           \
    do {                                                                                           \
        const T *from = (list);                                                                    \
        (list) = NULL;                                                                             \
        for (T **end = &(list); from != NULL; from = from->next) {                                 \
            *end = copy((arena), from);                                                            \
            end = &(*end)->next;                                                                   \
        }                                                                                          \
    } while (0)

#define COPY(T, arena, original)                                                                   \
    T *copy = NEW(arena, T);                                                                       \
    *copy = *(original);                                                                           \
    copy->next = NULL

static TypeExpr *clone_type(Arena *arena, const TypeExpr *type) {
    if (type == NULL) {
        return NULL;
    }
    COPY(TypeExpr, arena, type);
    CLONE_LIST(TypeExpr, arena, copy->args, clone_type);
    copy->element = clone_type(arena, type->element);
    copy->length = clone_expr(arena, type->length);
    return copy;
}

static FieldInit *clone_init(Arena *arena, const FieldInit *init) {
    COPY(FieldInit, arena, init);
    copy->value = clone_expr(arena, init->value);
    return copy;
}

static Expr *clone_expr(Arena *arena, const Expr *expr) {
    if (expr == NULL) {
        return NULL;
    }
    COPY(Expr, arena, expr);
    switch (expr->kind) {
    case EXPR_ERROR:
    case EXPR_BOOL:
    case EXPR_INT:
    case EXPR_FLOAT:
    case EXPR_STRING:
    case EXPR_NAME:
        break;
    case EXPR_UNARY:
        copy->unary.a = clone_expr(arena, expr->unary.a);
        break;
    case EXPR_BINARY:
        copy->binary.a = clone_expr(arena, expr->binary.a);
        copy->binary.b = clone_expr(arena, expr->binary.b);
        break;
    case EXPR_TERNARY:
        copy->ternary.condition = clone_expr(arena, expr->ternary.condition);
        copy->ternary.a = clone_expr(arena, expr->ternary.a);
        copy->ternary.b = clone_expr(arena, expr->ternary.b);
        break;
    case EXPR_IF:
        copy->if_else.condition = clone_expr(arena, expr->if_else.condition);
        copy->if_else.a = clone_block(arena, expr->if_else.a);
        copy->if_else.b = clone_block(arena, expr->if_else.b);
        break;
    case EXPR_CAST:
    case EXPR_BITCAST:
        copy->cast.a = clone_expr(arena, expr->cast.a);
        copy->cast.type = clone_type(arena, expr->cast.type);
        break;
    case EXPR_CALL:
        copy->call.callee = clone_expr(arena, expr->call.callee);
        CLONE_LIST(Expr, arena, copy->call.args, clone_expr);
        break;
    case EXPR_INDEX:
    case EXPR_REPEAT:
        copy->index.a = clone_expr(arena, expr->index.a);
        copy->index.b = clone_expr(arena, expr->index.b);
        break;
    case EXPR_FIELD:
        copy->field.a = clone_expr(arena, expr->field.a);
        break;
    case EXPR_ARRAY:
        CLONE_LIST(Expr, arena, copy->elements, clone_expr);
        break;
    case EXPR_FORM:
        copy->form.type = clone_type(arena, expr->form.type);
        CLONE_LIST(FieldInit, arena, copy->form.fields, clone_init);
        break;
    }
    return copy;
}

static Attribute *clone_attribute(Arena *arena, const Attribute *attribute) {
    COPY(Attribute, arena, attribute);
    CLONE_LIST(Expr, arena, copy->args, clone_expr);
    return copy;
}

static struct CaseRange *clone_range(Arena *arena, const struct CaseRange *range) {
    COPY(struct CaseRange, arena, range);
    copy->from = clone_expr(arena, range->from);
    copy->to = clone_expr(arena, range->to);
    return copy;
}

static Case *clone_case(Arena *arena, const Case *item) {
    COPY(Case, arena, item);
    CLONE_LIST(struct CaseRange, arena, copy->ranges, clone_range);
    copy->body = clone_block(arena, item->body);
    return copy;
}

static Stmt *clone_stmt(Arena *arena, const Stmt *stmt) {
    if (stmt == NULL) {
        return NULL;
    }
    COPY(Stmt, arena, stmt);
    CLONE_LIST(Attribute, arena, copy->attributes, clone_attribute);
    switch (stmt->kind) {
    case STMT_ERROR:
    case STMT_BREAK:
    case STMT_CONTINUE:
        break;
    case STMT_LET:
    case STMT_CONST:
    case STMT_SHARED:
        copy->let.type = clone_type(arena, stmt->let.type);
        copy->let.value = clone_expr(arena, stmt->let.value);
        break;
    case STMT_ASSIGN:
        copy->assign.place = clone_expr(arena, stmt->assign.place);
        copy->assign.value = clone_expr(arena, stmt->assign.value);
        break;
    case STMT_IF:
        copy->if_else.condition = clone_expr(arena, stmt->if_else.condition);
        copy->if_else.a = clone_block(arena, stmt->if_else.a);
        copy->if_else.b = clone_stmt(arena, stmt->if_else.b);
        break;
    case STMT_WHILE:
    case STMT_LOOP:
        copy->loop.condition = clone_expr(arena, stmt->loop.condition);
        copy->loop.body = clone_block(arena, stmt->loop.body);
        break;
    case STMT_FOR:
        copy->for_in.from = clone_expr(arena, stmt->for_in.from);
        copy->for_in.to = clone_expr(arena, stmt->for_in.to);
        copy->for_in.step = clone_expr(arena, stmt->for_in.step);
        copy->for_in.body = clone_block(arena, stmt->for_in.body);
        break;
    case STMT_MATCH:
        copy->match.value = clone_expr(arena, stmt->match.value);
        CLONE_LIST(Case, arena, copy->match.cases, clone_case);
        copy->match.otherwise = clone_block(arena, stmt->match.otherwise);
        break;
    case STMT_GIVE:
    case STMT_EXPR:
        copy->value = clone_expr(arena, stmt->value);
        break;
    case STMT_BLOCK:
        copy->block = clone_block(arena, stmt->block);
        break;
    }
    return copy;
}

static Block *clone_block(Arena *arena, const Block *block) {
    if (block == NULL) {
        return NULL;
    }
    Block *copy = NEW(arena, Block);
    *copy = *block;
    CLONE_LIST(Stmt, arena, copy->stmts, clone_stmt);
    copy->value = clone_expr(arena, block->value);
    return copy;
}

static Param *clone_param(Arena *arena, const Param *param) {
    COPY(Param, arena, param);
    copy->type = clone_type(arena, param->type);
    return copy;
}

Decl *ast_clone(Arena *arena, const Decl *decl) {
    COPY(Decl, arena, decl);
    CLONE_LIST(Attribute, arena, copy->attributes, clone_attribute);
    if (decl->kind == DECL_FORM) {
        CLONE_LIST(Param, arena, copy->form.fields, clone_param);
    } else {
        CLONE_LIST(Param, arena, copy->proc.params, clone_param);
        copy->proc.result = clone_type(arena, decl->proc.result);
        copy->proc.body = clone_block(arena, decl->proc.body);
    }
    return copy;
}
