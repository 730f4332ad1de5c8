/* `print` and `assert`: a text, and what is shown in it. See check.h. */
#include "frontend/check.h"

/* The places for values in a text; of a brace that was escaped other characters are left (ast.h). */
static unsigned count_holes(const Expr *text) {
    unsigned count = 0;
    for (const char *at = text->string.text; (at = strstr(at, "{}")) != NULL; at += 2) {
        count++;
    }
    return count;
}

static bool is_text(Checker *c, Expr *e, const char *proc, const char *which) {
    if (e->kind == EXPR_STRING) {
        return true;
    }
    check_expr(c, e);
    if (e->type != NULL) {
        Diag *d = diag_report(c->diags, e->span, D(BAD_ARGUMENT), proc, shown_type(c, e->type));
        diag_help(d, e->span, "its %s argument is a text: \"…\"", which);
    }
    return false;
}

static void check_print(Checker *c, Expr *e) {
    Expr *text = e->call.args;
    bool good = text != NULL && is_text(c, text, "print", "first");
    unsigned count = 0;
    for (Expr *arg = text != NULL ? text->next : NULL; arg != NULL; arg = arg->next, count++) {
        if (!check_value(c, arg)) {
            good = false;
        } else if (!ir_is_value(arg->type)) {
            Diag *d = diag_report(c->diags, arg->span, D(BAD_ARGUMENT), "print",
                                  shown_type(c, arg->type));
            diag_help(d, arg->span, "it shows scalars and vectors");
            good = false;
        }
    }
    if (text == NULL) {
        check_count(c, e, "print", (Span){0}, 1);
    } else if (good && count_holes(text) != count) {
        diag_report(c->diags, text->span, D(PRINT_VALUES), count_holes(text), count,
                    count == 1 ? "" : "s");
    }
}

static void check_assert(Checker *c, Expr *e) {
    Expr *condition = e->call.args;
    if (!check_count(c, e, "assert", (Span){0}, 2)) {
        for (Expr *arg = condition; arg != NULL; arg = arg->next) {
            if (arg->kind != EXPR_STRING) {
                check_expr(c, arg);
            }
        }
        return;
    }
    check_condition(c, condition);
    if (is_text(c, condition->next, "assert", "second") && count_holes(condition->next) > 0) {
        Diag *d = diag_report(c->diags, condition->next->span, D(PRINT_VALUES),
                              count_holes(condition->next), 0, "s");
        diag_help(d, condition->next->span,
                  "`assert` shows its text as it is; `print` shows values");
    }
}

void check_debug(Checker *c, Expr *e) {
    e->type = &ir_void;
    if (e->symbol->builtin->op == OP_PRINT) {
        check_print(c, e);
    } else {
        check_assert(c, e);
    }
}
