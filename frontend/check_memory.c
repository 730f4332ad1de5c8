/* Memory that invocations have in common: atomics and their methods, and `shared`. See check.h. */
#include "frontend/check.h"
#include "frontend/foreign.h"

/* ---- atomics ---- */

const IrType *check_atomic_type(Checker *c, const TypeExpr *expr) {
    if (expr->args == NULL || expr->args->next != NULL) {
        Diag *d = diag_report(c->diags, expr->span, D(SYNTAX), "one type after `Atomic`",
                              expr->args == NULL ? "none" : "several");
        diag_help(d, expr->span, "write `Atomic<u32>`");
        return NULL;
    }
    const IrType *of = check_type(c, expr->args, TYPE_OF_VALUE);
    if (of == NULL) {
        return NULL;
    }
    const IrType *type = of->kind == IR_TYPE_SCALAR ? ir_atomic_type(of->scalar) : NULL;
    if (type == NULL) {
        Diag *d = diag_report(c->diags, expr->args->span, D(BAD_ATOMIC), type_text(c, of));
        diag_help(d, expr->args->span, "atomics are of `u32`, `i32`, `u64`, `i64` or `f32`%s",
                  ir_is_vector(of) ? "; a form or array may hold several" : "");
    }
    return type;
}

void report_atomic_whole(Checker *c, const Expr *e) {
    Diag *d = diag_report(c->diags, e->span, D(ATOMIC_WHOLE), type_text(c, e->type));
    if (ir_is_atomic(e->type)) {
        diag_help(d, e->span, "use its methods: `.load()`, `.store(…)`, `.add(…)`");
    } else {
        diag_help(d, e->span, "read and write its other parts one by one");
    }
}

static void report_no_method(Checker *c, Ident name, const IrType *atomic) {
    Diag *d =
        diag_report(c->diags, name.span, D(UNKNOWN_METHOD), shown_type(c, atomic), name.name->text);
    const IrType *type = ir_scalar(atomic->scalar);
    const char *best = NULL;
    unsigned distance = 3;
    Text all = {.arena = c->arena};
    for (unsigned i = 0; i < atomic_method_count; i++) {
        const AtomicMethod *method = &atomic_methods[i];
        if (!atomic_method_takes(method, type)) {
            continue;
        }
        unsigned apart = name_distance(name.name->text, method->name, distance);
        if (apart < distance) {
            distance = apart;
            best = method->name;
        }
        text_printf(&all, "%s`%s`", i == 0 ? "" : " ", method->name);
    }
    const char *ours = foreign_proc(name.name->text);
    if (ours != NULL) {
        diag_help(d, name.span, "in Vitte it is `%s`", ours);
    } else if (best != NULL) {
        diag_help(d, name.span, "did you mean `%s`?", best);
    } else {
        diag_help(d, name.span, "it has %s", text_get(&all));
    }
}

void check_atomic_method(Checker *c, Expr *e) {
    const Expr *callee = e->call.callee;
    const IrType *atomic = callee->field.a->type, *type = ir_scalar(atomic->scalar);
    Ident name = callee->field.name;
    unsigned row = 0;
    while (row < atomic_method_count && strcmp(atomic_methods[row].name, name.name->text) != 0) {
        row++;
    }
    if (row == atomic_method_count || !atomic_method_takes(&atomic_methods[row], type)) {
        report_no_method(c, name, atomic);
        check_args(c, e->call.args);
        return;
    }
    const AtomicMethod *method = &atomic_methods[row];
    if (!check_count(c, e, method->name, (Span){0}, method->params)) {
        check_args(c, e->call.args);
        return;
    }
    bool good = true;
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        good &= check_expr_as(c, arg, type);
    }
    if (good) {
        e->info = row;
        e->type = method->op == OP_ATOMIC_STORE ? &ir_void : type;
    }
}

/* ---- shared ---- */

/* Its outermost length may be a specialization constant. */
static const IrType *check_shared_type(Checker *c, const TypeExpr *type, bool *spec_length) {
    Expr *length = type->kind == TYPE_EXPR_ARRAY ? type->length : NULL;
    *spec_length = false;
    if (length != NULL && (length->kind == EXPR_NAME || length->kind == EXPR_FIELD)) {
        check_expr(c, length);
        if (length->type == NULL) {
            return NULL;
        }
        *spec_length = spec_of(length) != NULL;
    }
    return *spec_length ? check_spec_array(c, type) : check_type(c, type, TYPE_OF_MEMORY);
}

void check_shared(Checker *c, Stmt *stmt) {
    bool spec_length;
    const IrType *type = check_shared_type(c, stmt->let.type, &spec_length);
    bool kernel = c->current != NULL && c->current->kind == SYMBOL_KERNEL;
    bool outermost = kernel && c->block == c->current->decl->proc.body;
    if (!outermost && stmt->let.type->kind != TYPE_EXPR_ERROR) {
        Diag *d = diag_report(c->diags, stmt->span, D(SHARED_HERE));
        diag_help(d, stmt->span,
                  kernel ? "move it to the start of the kernel"
                         : "declare it in the kernel, and hand it to the proc by `&mut`");
    }
    if (stmt->let.name.name != NULL) {
        stmt->symbol = declare_local(c, stmt->let.name, type);
        stmt->symbol->is_mut = true;
        stmt->symbol->has_spec_length = spec_length;
    }
}
