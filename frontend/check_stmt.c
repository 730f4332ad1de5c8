/* Statements, and the flow of control through them. See check.h. */
#include "frontend/check.h"

#include <stdlib.h>

/* ---- flow ---- */

static bool leaves_loop(const Stmt *stmt);

static bool block_leaves_loop(const Block *block) {
    for (const Stmt *stmt = block->stmts; stmt != NULL; stmt = stmt->next) {
        if (leaves_loop(stmt)) {
            return true;
        }
    }
    return false;
}

/* Whether there is a `break` of the loop around it (not of one inside). */
static bool leaves_loop(const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_BREAK:
    case STMT_ERROR: /* it may have been one */
        return true;
    case STMT_IF:
        return block_leaves_loop(stmt->if_else.a) ||
               (stmt->if_else.b != NULL && leaves_loop(stmt->if_else.b));
    case STMT_BLOCK:
        return block_leaves_loop(stmt->block);
    case STMT_MATCH:
        for (const Case *item = stmt->match.cases; item != NULL; item = item->next) {
            if (block_leaves_loop(item->body)) {
                return true;
            }
        }
        return stmt->match.otherwise != NULL && block_leaves_loop(stmt->match.otherwise);
    default:
        return false;
    }
}

bool block_gives(Block *block) {
    if (block->flow == FLOW_UNKNOWN) { /* asked at each level around it: remembered */
        block->flow = FLOW_GOES_ON;
        for (Stmt *stmt = block->stmts; stmt != NULL; stmt = stmt->next) {
            if (stmt_gives(stmt)) {
                block->flow = FLOW_GIVES;
                break;
            }
        }
    }
    return block->flow == FLOW_GIVES;
}

bool stmt_gives(Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_GIVE:
    case STMT_BREAK:
    case STMT_CONTINUE:
    case STMT_ERROR:
        return true;
    case STMT_IF:
        return stmt->if_else.b != NULL && block_gives(stmt->if_else.a) &&
               stmt_gives(stmt->if_else.b);
    case STMT_BLOCK:
        return block_gives(stmt->block);
    case STMT_MATCH:
        for (const Case *item = stmt->match.cases; item != NULL; item = item->next) {
            if (!block_gives(item->body)) {
                return false;
            }
        }
        return stmt->match.otherwise != NULL && block_gives(stmt->match.otherwise);
    case STMT_LOOP:
        return !block_leaves_loop(stmt->loop.body);
    default:
        return false;
    }
}

/* ---- declarations of locals ---- */

Symbol *declare_local(Checker *c, Ident ident, const IrType *type) {
    Symbol *symbol = symbol_new(c, SYMBOL_LOCAL, ident);
    symbol->type = type;
    symbol->used = c->diags->off[WARN_UNUSED_VARIABLE]; /* by #[allow] of its `let`, too */
    scope_declare(&c->scopes, symbol);
    return symbol;
}

static void check_let(Checker *c, Stmt *stmt) {
    const IrType *type = NULL;
    Expr *value = stmt->let.value;
    if (stmt->let.type != NULL) {
        type = check_type(c, stmt->let.type, TYPE_OF_VALUE);
        if (type == NULL) {
            check_expr(c, value);
        } else if (!check_expr_as(c, value, type)) {
            /* the declared type stands, so that uses are judged by it */
        }
    } else if (check_value(c, value)) {
        type = value->type;
    }
    if (stmt->let.name.name == NULL) {
        return;
    }
    stmt->symbol = declare_local(c, stmt->let.name, type);
    stmt->symbol->is_mut = stmt->let.is_mut;
}

static void check_local_const(Checker *c, Stmt *stmt) {
    const IrType *type =
        stmt->let.type != NULL ? check_type(c, stmt->let.type, TYPE_OF_VALUE) : NULL;
    Expr *value = stmt->let.value;
    bool good = check_constant(c, value, type) && (stmt->let.type == NULL || type != NULL);
    if (stmt->let.name.name == NULL) {
        return;
    }
    Symbol *symbol = declare_local(c, stmt->let.name, good ? value->type : NULL);
    symbol->kind = SYMBOL_CONST;
    symbol->state = CHECKED;
    symbol->constant = good ? value->constant : NULL;
    stmt->symbol = symbol;
}

/* ---- assignment ---- */

static void check_assign(Checker *c, Stmt *stmt) {
    Expr *place = stmt->assign.place, *value = stmt->assign.value;
    BinaryOp op = stmt->assign.op;
    Symbol *target = place->kind == EXPR_NAME ? scope_find(&c->scopes, place->name) : NULL;
    bool was_used = target != NULL && target->used;
    check_expr(c, place);
    if (target != NULL && op == BINARY_NONE) {
        target->used = was_used; /* a variable that is only written is not used */
    }
    if (!check_place(c, place)) {
        check_expr(c, value);
        return;
    }
    if (place->type->has_atomic || has_spec_length(place)) {
        if (place->type->has_atomic) {
            report_atomic_whole(c, place);
        } else {
            report_spec_length(c, place);
        }
        check_expr(c, value);
        return;
    }
    if (op == BINARY_NONE) {
        check_expr_as(c, value, place->type);
        return;
    }
    /* `place op= e` is judged as `place op e`, and its type must be the place's */
    Expr whole = {.kind = EXPR_BINARY,
                  .span = stmt->span,
                  .binary = {op, stmt->assign.op_span, place, value}};
    if (!check_operand(c, value)) {
        return;
    }
    check_binary_types(c, &whole);
    if (whole.type != NULL && whole.type != place->type) {
        diag_report(c->diags, value->span, D(TYPE_MISMATCH), shown_type(c, place->type),
                    shown_type(c, whole.type));
    }
}

/* ---- loops and choices ---- */

bool check_condition(Checker *c, Expr *condition) {
    if (!check_value(c, condition)) {
        return false;
    }
    if (condition->type == ir_scalar(IR_BOOL)) {
        return true;
    }
    Diag *d =
        diag_report(c->diags, condition->span, D(CONDITION_TYPE), shown_type(c, condition->type));
    if (ir_is_number(condition->type) && !ir_is_vector(condition->type)) {
        diag_help(d, condition->span, "compare it: `… != 0`");
    } else if (ir_is_bool(condition->type)) {
        diag_help(d, condition->span, "use `all(…)` or `any(…)`");
    }
    return false;
}

static void check_loop_body(Checker *c, Block *body) {
    c->loop_depth++;
    check_block(c, body, true);
    c->loop_depth--;
}

/* The bounds and the step have one integer type. */
static const IrType *range_type(Checker *c, Stmt *stmt) {
    Expr *from = stmt->for_in.from, *to = stmt->for_in.to, *step = stmt->for_in.step;
    bool good = check_operand(c, from);
    good &= check_operand(c, to);
    good &= step == NULL || check_operand(c, step);
    if (!good) {
        return NULL;
    }
    const IrType *was_from = from->type, *was_to = to->type;
    unsigned errors = c->diags->errors;
    const IrType *type = unify(c, from, to);
    if (type == NULL) {
        if (c->diags->errors == errors) {
            diag_report(c->diags, span_join(from->span, to->span), D(OPERANDS_DIFFER), "..",
                        shown_type(c, was_from), shown_type(c, was_to));
        }
        return NULL;
    }
    if (type == &abstract_int && step != NULL && !is_abstract(step->type)) {
        type = step->type;
    }
    if (type == &abstract_int) {
        type = ir_scalar(IR_I32);
    }
    if (!ir_is_int(type) || ir_is_vector(type) || is_abstract(type)) {
        bool from_fits = ir_is_int(was_from) && !ir_is_vector(was_from);
        diag_report(c->diags, from_fits ? to->span : from->span, D(INDEX_TYPE),
                    "a bound of a `for`", shown_type(c, type));
        return NULL;
    }
    good = coerce(c, from, type);
    good &= coerce(c, to, type);
    good &= step == NULL || coerce(c, step, type);
    return good ? type : NULL;
}

static void check_for(Checker *c, Stmt *stmt) {
    const IrType *type = range_type(c, stmt);
    scope_open(&c->scopes);
    if (stmt->for_in.name.name != NULL) {
        stmt->symbol = declare_local(c, stmt->for_in.name, type);
        stmt->symbol->used = true; /* counting is use enough */
        stmt->symbol->is_counter = true;
    }
    check_loop_body(c, stmt->for_in.body);
    close_scope(c);
}

static void check_give(Checker *c, Stmt *stmt) {
    Expr *value = stmt->value;
    if (c->constant != NULL) {
        diag_report(c->diags, stmt->span, D(NOT_CONSTANT));
        return;
    }
    bool kernel = c->current->kind == SYMBOL_KERNEL;
    const IrType *want = c->current->type;
    if (value == NULL) {
        if (!kernel && want != NULL && want != &ir_void) {
            Diag *d =
                diag_report(c->diags, stmt->span, D(GIVE_MISMATCH), shown_type(c, want), "nothing");
            diag_note(d, c->current->span, "`%s` is declared here", c->current->name->text);
        }
        return;
    }
    c->wanted = want;
    if (!check_operand(c, value)) {
        return;
    }
    if (kernel) {
        Diag *d = diag_report(c->diags, value->span, D(GIVE_IN_KERNEL));
        diag_help(d, value->span, "write the result to a buffer: `out[i] = …;`");
    } else if (want == &ir_void) {
        Diag *d = diag_report(c->diags, value->span, D(GIVE_MISMATCH), "nothing",
                              shown_type(c, value->type));
        diag_help(d, c->current->span, "name the type of its result: `-> %s`",
                  type_text(c, value->type));
    } else if (want != NULL && !is_abstract(value->type) && value->type != want) {
        Diag *d = diag_report(c->diags, value->span, D(GIVE_MISMATCH), shown_type(c, want),
                              shown_type(c, value->type));
        diag_note(d, c->current->span, "`%s` is declared here", c->current->name->text);
    } else if (want != NULL) {
        coerce(c, value, want);
    }
}

/* Whether a call does more than compute a value: of a proc, or of a method that writes. */
static bool is_effect(const Expr *call) {
    if (call->kind != EXPR_CALL || call->type == &ir_void) {
        return call->kind == EXPR_CALL;
    }
    bool method = call->symbol == NULL && call->call.callee->kind == EXPR_FIELD;
    return method ? ir_has(atomic_methods[call->info].op, IR_WRITE)
                  : call->symbol != NULL && call->symbol->kind == SYMBOL_PROC;
}

/* A call, for what it does; a value alone does nothing. */
static void check_expr_stmt(Checker *c, Expr *value) {
    check_expr(c, value);
    if (value->type == NULL || is_effect(value) || errors_in(c, value->span)) {
        return;
    }
    Diag *d = diag_report(c->diags, value->span, D(NOT_A_STATEMENT));
    if (value->kind == EXPR_BINARY && value->binary.op == BINARY_EQ) {
        diag_help(d, value->binary.op_span, "to assign, write `=`");
    }
}

static void check_stmt_kind(Checker *c, Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_ERROR:
        break;
    case STMT_LET:
        check_let(c, stmt);
        break;
    case STMT_CONST:
        check_local_const(c, stmt);
        break;
    case STMT_SHARED:
        check_shared(c, stmt);
        break;
    case STMT_ASSIGN:
        check_assign(c, stmt);
        break;
    case STMT_IF:
        check_condition(c, stmt->if_else.condition);
        check_block(c, stmt->if_else.a, true);
        if (stmt->if_else.b != NULL) {
            check_stmt_kind(c, stmt->if_else.b);
        }
        break;
    case STMT_WHILE:
        check_condition(c, stmt->loop.condition);
        check_loop_body(c, stmt->loop.body);
        break;
    case STMT_LOOP:
        check_loop_body(c, stmt->loop.body);
        break;
    case STMT_FOR:
        check_for(c, stmt);
        break;
    case STMT_MATCH:
        check_match(c, stmt);
        break;
    case STMT_BREAK:
    case STMT_CONTINUE:
        if (c->loop_depth == 0) {
            diag_report(c->diags, stmt->span, D(OUTSIDE_LOOP),
                        stmt->kind == STMT_BREAK ? "break" : "continue");
        }
        break;
    case STMT_GIVE:
        check_give(c, stmt);
        break;
    case STMT_BLOCK:
        check_block(c, stmt->block, true);
        break;
    case STMT_EXPR:
        check_expr_stmt(c, stmt->value);
        break;
    }
}

static void check_stmt(Checker *c, Stmt *stmt) {
    bool saved[WARN_COUNT];
    check_stmt_attributes(c, stmt);
    allow_warnings(c, stmt->attributes, saved);
    check_stmt_kind(c, stmt);
    restore_warnings(c, saved);
}

void close_scope(Checker *c) {
    for (Symbol *s = scope_close(&c->scopes); s != NULL; s = s->next_in_scope) {
        bool local = s->kind == SYMBOL_LOCAL || s->kind == SYMBOL_CONST;
        if (local && !s->used && s->name->text[0] != '_') {
            VEC_PUSH(c->arena, &c->unused, s);
        }
    }
}

static int by_place(const void *a, const void *b) {
    const Symbol *x = *(Symbol *const *)a, *y = *(Symbol *const *)b;
    return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

/* Where something is wrong, they may have been used there. */
static void warn_unused_locals(Checker *c, Span span) {
    bool wrong = may_be_wrong(c, span);
    if (c->unused.count > 1) { /* the first ones are shown if there are too many */
        qsort(c->unused.items, c->unused.count, sizeof *c->unused.items, by_place);
    }
    for (uint32_t i = 0; i < c->unused.count && !wrong; i++) {
        const Symbol *s = c->unused.items[i];
        Diag *d = diag_report(c->diags, s->span, D(UNUSED_VARIABLE), s->name->text);
        diag_help(d, s->span, "remove it, or name it `_%s`", s->name->text);
    }
    c->unused.count = 0;
}

void check_block(Checker *c, Block *block, bool new_scope) {
    if (new_scope) {
        scope_open(&c->scopes);
    }
    const Block *around = c->block;
    c->block = block;
    const Stmt *ended = NULL;
    for (Stmt *stmt = block->stmts; stmt != NULL; stmt = stmt->next) {
        if (ended != NULL && ended->kind != STMT_ERROR && stmt->kind != STMT_ERROR &&
            !may_be_wrong(c, ended->span)) {
            Diag *d = diag_report(c->diags, stmt->span, D(UNREACHABLE));
            diag_note(d, ended->span, "control never gets past this");
            ended = NULL;
        }
        if (stmt->next == NULL && stmt->kind == STMT_EXPR && block->value != NULL &&
            block->value->kind == EXPR_ERROR) {
            check_expr(c, stmt->value); /* it should have been the block's value, as was reported */
            break;
        }
        check_stmt(c, stmt);
        if (stmt_gives(stmt)) {
            ended = stmt;
        }
    }
    if (block->value != NULL) {
        check_expr(c, block->value);
    }
    c->block = around;
    if (new_scope) {
        close_scope(c);
    }
}

static void report_missing_give(Checker *c, const Symbol *symbol) {
    const Block *body = symbol->decl->proc.body;
    const Stmt *last = body->stmts;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    if (last != NULL && grammar_errors_in(c, last->span)) {
        return; /* it may have been one */
    }
    Diag *d = diag_report(c->diags, symbol->span, D(MISSING_GIVE), symbol->name->text);
    if (body->span.end > body->span.start) {
        diag_note(d, (Span){body->span.end - 1, body->span.end},
                  "its end is reached without a `give`");
    }
    if (last != NULL && last->kind == STMT_EXPR && last->value->type == symbol->type) {
        diag_help(d, last->span, "to give this value, write `give` before it");
    }
}

void check_function_body(Checker *c, Symbol *symbol) {
    Decl *decl = symbol->decl;
    c->current = symbol;
    c->loop_depth = 0;
    c->unused.count = 0;
    scope_open(&c->scopes);
    for (Param *param = decl->proc.params; param != NULL; param = param->next) {
        if (param->symbol != NULL) {
            scope_declare(&c->scopes, param->symbol);
        }
    }
    if (decl->proc.body != NULL) {
        check_block(c, decl->proc.body, true);
        if (symbol->type != NULL && symbol->type != &ir_void && !block_gives(decl->proc.body)) {
            report_missing_give(c, symbol);
        }
    }
    close_scope(c);
    warn_unused_locals(c, decl->span);
    c->current = NULL;
}
