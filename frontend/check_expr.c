/* Expressions: operators, literals, casts, and how literals get their types. See check.h. */
#include "frontend/check.h"
#include "frontend/foreign.h"

#include <math.h>

void report_const(Checker *c, Span span, ConstStatus status, const char *what, const IrType *type) {
    if (status == CONST_DIVISION) {
        diag_report(c->diags, span, D(CONSTANT_DIVISION));
    } else if (is_abstract(type)) {
        diag_report(c->diags, span, D(ABSTRACT_OVERFLOW));
    } else {
        diag_report(c->diags, span, D(CONSTANT_OVERFLOW), what, type_text(c, type));
    }
}

static void fail(Expr *e) {
    e->type = NULL;
    e->constant = NULL;
}

static void set_constant(Checker *c, Expr *e, const ConstValue *value) {
    ConstValue *kept = NEW(c->arena, ConstValue);
    *kept = *value;
    e->constant = kept;
}

bool check_operand(Checker *c, Expr *e) {
    check_expr(c, e);
    return is_operand(c, e);
}

bool is_operand(Checker *c, Expr *e) {
    if (e->type == NULL) {
        return false;
    }
    if (e->type->kind == IR_TYPE_BUFFER) {
        diag_report(c->diags, e->span, D(BUFFER_MISUSED));
        fail(e);
    } else if (e->type->kind == IR_TYPE_REF) {
        report_ref_value(c, e);
        fail(e);
    } else if (e->type == &ir_void) {
        diag_report(c->diags, e->span, D(NO_VALUE),
                    e->symbol != NULL ? e->symbol->name->text : "this call");
        fail(e);
    } else if (e->type->has_atomic) {
        report_atomic_whole(c, e);
        fail(e);
    } else if (has_spec_length(e)) {
        report_spec_length(c, e);
        fail(e);
    }
    return e->type != NULL;
}

/* ---- literals and their types ---- */

static void report_mismatch(Checker *c, Expr *e, const IrType *type) {
    Diag *d = diag_report(c->diags, e->span, D(TYPE_MISMATCH), shown_type(c, type),
                          shown_type(c, e->type));
    if (type->kind == IR_TYPE_REF && e->type->kind != IR_TYPE_REF) {
        diag_help(d, e->span, "hand over the place: `&mut …`");
    }
    if (!ir_is_value(type) || !ir_is_value(e->type)) {
        return;
    }
    if (ir_is_number(type) && (ir_is_number(e->type) || ir_is_bool(e->type)) &&
        type->lanes == e->type->lanes) {
        diag_help(d, e->span, "convert it: `… as %s`", type_text(c, type));
    } else if (ir_is_bool(type) && ir_is_number(e->type) && !ir_is_vector(e->type)) {
        diag_help(d, e->span, "compare it: `… != 0`");
    } else if (ir_is_vector(type) && !ir_is_vector(e->type)) {
        diag_help(d, e->span, "make a vector of it: `%s(…)`", type_text(c, type));
    }
}

/* Gives an abstract expression that is no constant (a literal chosen at run time) its type, down to the
 * literals. */
static bool coerce_parts(Checker *c, Expr *e, const IrType *type) {
    e->type = type;
    switch (e->kind) {
    case EXPR_UNARY:
        return coerce(c, e->unary.a, type);
    case EXPR_BINARY:
        if (e->binary.op == BINARY_SHL || e->binary.op == BINARY_SHR) {
            return coerce(c, e->binary.a, type);
        }
        return coerce(c, e->binary.a, type) && coerce(c, e->binary.b, type);
    case EXPR_TERNARY:
        return coerce(c, e->ternary.a, type) && coerce(c, e->ternary.b, type);
    case EXPR_IF:
        return coerce(c, e->if_else.a->value, type) && coerce(c, e->if_else.b->value, type);
    case EXPR_CALL: { /* a built-in whose type is its arguments' */
        bool good = true;
        const char *params = e->symbol->builtin->params;
        for (Expr *arg = e->call.args; arg != NULL; arg = arg->next, params++) {
            good &= *params == 'C' || *params == 'U' || coerce(c, arg, type);
        }
        if (good) {
            fold_builtin(c, e);
        }
        return good;
    }
    default:
        return true;
    }
}

bool coerce(Checker *c, Expr *e, const IrType *type) {
    if (e->type == NULL || e->type == type) {
        return e->type != NULL;
    }
    if (is_open_array(e->type) && type->kind == IR_TYPE_ARRAY && !type->is_matrix &&
        e->type->count == type->count) {
        return coerce_array(c, e, type);
    }
    bool fits = is_abstract(e->type) && type->kind == IR_TYPE_SCALAR && ir_is_number(type) &&
                (e->type == &abstract_int || ir_is_float(type));
    if (!fits) {
        report_mismatch(c, e, type);
        fail(e);
        return false;
    }
    if (e->constant == NULL) {
        if (!coerce_parts(c, e, type)) {
            fail(e);
            return false;
        }
        return true;
    }
    ConstValue value;
    ConstStatus status = const_concrete(e->constant, type, &value);
    if (status != CONST_OK) {
        report_const(c, e->span, status, const_text(c->arena, e->constant), type);
        fail(e);
        return false;
    }
    set_constant(c, e, &value);
    e->type = type;
    return true;
}

bool concrete(Checker *c, Expr *e) {
    if (e->type != NULL && is_open_array(e->type)) {
        return concrete_array(c, e);
    }
    if (e->type == NULL || !is_abstract(e->type)) {
        return e->type != NULL;
    }
    return coerce(c, e, ir_scalar(e->type == &abstract_int ? IR_I32 : IR_F32));
}

bool check_value(Checker *c, Expr *e) {
    return check_operand(c, e) && concrete(c, e);
}

bool check_expr_as(Checker *c, Expr *e, const IrType *type) {
    c->wanted = type;
    return check_operand(c, e) && coerce(c, e, type);
}

bool coerce_index(Checker *c, Expr *e) {
    if (e->type == NULL) {
        return false;
    }
    if (e->type == &abstract_int) {
        bool negative = e->constant != NULL && e->constant->integer < 0;
        return coerce(c, e, ir_scalar(negative ? IR_I32 : IR_U32));
    }
    if (!ir_is_int(e->type) || ir_is_vector(e->type)) {
        diag_report(c->diags, e->span, D(INDEX_TYPE), "an index", shown_type(c, e->type));
        fail(e);
        return false;
    }
    return true;
}

const IrType *unify(Checker *c, Expr *a, Expr *b) {
    if (a->type == b->type) {
        return a->type;
    }
    if (is_abstract(a->type) && is_abstract(b->type)) { /* one is a float */
        coerce(c, a, &abstract_float);
        coerce(c, b, &abstract_float);
        return a->type != NULL && b->type != NULL ? &abstract_float : NULL;
    }
    if (is_open_array(a->type) || is_open_array(b->type)) {
        Expr *open = is_open_array(a->type) ? a : b, *model = open == a ? b : a;
        if (is_open_array(model->type) && !concrete(c, model)) {
            return NULL;
        }
        return model->type->kind == IR_TYPE_ARRAY && model->type->count == open->type->count &&
                       coerce(c, open, model->type)
                   ? model->type
                   : NULL;
    }
    Expr *literal = is_abstract(a->type) ? a : b, *other = literal == a ? b : a;
    bool fits = is_abstract(literal->type) && other->type->kind == IR_TYPE_SCALAR &&
                ir_is_number(other->type) &&
                (literal->type == &abstract_int || ir_is_float(other->type));
    return fits && coerce(c, literal, other->type) ? other->type : NULL;
}

static void check_integer(Checker *c, Expr *e, bool negative) {
    ConstValue value = {.type = &abstract_int, .integer = (Wide)e->integer.value};
    if (negative) {
        value.integer = -value.integer;
    }
    e->type = &abstract_int;
    set_constant(c, e, &value);
    if (e->integer.suffix != NULL) {
        TypeExpr suffix = {
            .kind = TYPE_EXPR_NAME, .span = e->span, .name = {e->integer.suffix, e->span}};
        const IrType *type = check_type(c, &suffix, TYPE_OF_VALUE);
        if (type == NULL || !coerce(c, e, type)) {
            fail(e);
        }
    }
}

static void check_float(Checker *c, Expr *e) {
    ConstValue value = {.type = &abstract_float, .number = e->floating.value};
    e->type = &abstract_float;
    if (!isfinite(value.number)) {
        report_const(c, e->span, CONST_OVERFLOW, "", &abstract_float);
        fail(e);
        return;
    }
    set_constant(c, e, &value);
    if (e->floating.suffix != NULL) {
        TypeExpr suffix = {
            .kind = TYPE_EXPR_NAME, .span = e->span, .name = {e->floating.suffix, e->span}};
        const IrType *type = check_type(c, &suffix, TYPE_OF_VALUE);
        if (type == NULL || !coerce(c, e, type)) {
            fail(e);
        }
    }
}

/* ---- names ---- */

static bool is_value_symbol(const Symbol *symbol) {
    return symbol->kind == SYMBOL_LOCAL || symbol->kind == SYMBOL_CONST ||
           symbol->kind == SYMBOL_BUILTIN_VALUE;
}

/* What is declared in a constant expression is part of it. */
static void meet_at_run_time(Checker *c, const Symbol *symbol) {
    for (ConstPlace *place = c->constant; place != NULL; place = place->around) {
        place->at_run_time |= symbol->is_spec || symbol->kind == SYMBOL_BUILTIN_VALUE ||
                              symbol->depth <= place->scopes;
    }
    if (symbol->is_spec && c->current != NULL) {
        c->current->uses_spec = true;
    }
}

static void check_name(Checker *c, Expr *e) {
    Symbol *symbol = (Symbol *)e->symbol; /* a module's member has it already */
    if (symbol == NULL) {
        symbol = scope_find(&c->scopes, e->name);
    }
    if (symbol == NULL) {
        for (const char *letter = e->name->text; *letter != '\0'; letter++) {
            if ((unsigned char)*letter >= 0x80) {
                return; /* which was reported */
            }
        }
        bool type = ir_type_named(e->name->text, e->name->length) != NULL;
        if (type) {
            diag_report(c->diags, e->span, D(NOT_A_VALUE), e->name->text, "a type");
            return;
        }
        Diag *d = diag_report(c->diags, e->span, D(UNKNOWN_NAME), e->name->text);
        const char *ours = foreign_value(e->name->text);
        const char *near = scope_suggest(&c->scopes, e->name->text, is_value_symbol);
        if (ours != NULL) {
            diag_help(d, e->span, "in Vitte it is `%s`", ours);
        } else if (near != NULL) {
            diag_help(d, e->span, "did you mean `%s`?", near);
        }
        return;
    }
    symbol->used = true;
    e->symbol = symbol;
    switch (symbol->kind) {
    case SYMBOL_LOCAL:
        e->type = symbol->type;
        meet_at_run_time(c, symbol);
        return;
    case SYMBOL_CONST:
        check_const_symbol(c, symbol, e->span);
        e->type = symbol->type;
        e->constant = symbol->is_spec ? NULL : symbol->constant;
        if (symbol->is_spec) {
            meet_at_run_time(c, symbol);
        }
        return;
    case SYMBOL_BUILTIN_VALUE: {
        unsigned lanes = symbol->value_lane >= 0 ? 1 : ir_builtins[symbol->value_id].lanes;
        e->type = ir_vector(IR_U32, lanes);
        meet_at_run_time(c, symbol);
        return;
    }
    case SYMBOL_IMPORT:
        return;
    case SYMBOL_FORM:
    case SYMBOL_TYPE:
    case SYMBOL_MODULE:
    case SYMBOL_PROC:
    case SYMBOL_KERNEL:
    case SYMBOL_BUILTIN_PROC: {
        static const char *const kinds[] = {
            [SYMBOL_FORM] = "a form",     [SYMBOL_TYPE] = "a type",
            [SYMBOL_MODULE] = "a module", [SYMBOL_PROC] = "a proc",
            [SYMBOL_KERNEL] = "a kernel", [SYMBOL_BUILTIN_PROC] = "a built-in proc"};
        diag_report(c->diags, e->span, D(NOT_A_VALUE), e->name->text, kinds[symbol->kind]);
        return;
    }
    }
}

/* ---- operators ---- */

static void report_operator(Checker *c, Expr *e, const char *op, const IrType *type) {
    Diag *d = diag_report(c->diags, e->span, D(NO_OPERATOR), op, shown_type(c, type));
    if (strcmp(op, "~") == 0 && ir_is_bool(type)) {
        diag_help(d, e->span, "use `not`");
    } else if (e->kind == EXPR_UNARY && e->unary.op == UNARY_DEREF) {
        diag_help(d, e->span, "only a `&mut` parameter is looked through with `*`");
    } else if (strcmp(op, "not") == 0 && ir_is_int(type)) {
        diag_help(d, e->span, "use `~` for the complement, or compare: `… == 0`");
    } else if ((strcmp(op, "and") == 0 || strcmp(op, "or") == 0) && ir_is_bool(type)) {
        diag_help(d, e->span, "use `%s` on vectors of bool", strcmp(op, "and") == 0 ? "&" : "|");
    }
}

static const char *result_of(Checker *c, const char *op) {
    return arena_printf(c->arena, "result of `%s`", op);
}

static void check_unary(Checker *c, Expr *e) {
    Expr *a = e->unary.a;
    UnaryOp op = e->unary.op;
    if (op == UNARY_REF_MUT) {
        check_ref_expr(c, e);
        return;
    }
    if (op == UNARY_DEREF) {
        check_expr(c, a);
        if (a->type != NULL && a->type->kind == IR_TYPE_REF) {
            e->type = a->type->element;
            return;
        }
        if (is_operand(c, a)) {
            report_operator(c, e, "*", a->type);
        }
        return;
    }
    if (op == UNARY_NEG && a->kind == EXPR_INT && !a->parenthesised) {
        check_integer(c, a, true); /* the sign belongs to the literal: -2147483648 */
        if (a->type != NULL && ir_class(a->type) == IR_CLASS_UINT) {
            report_operator(c, e, "-", a->type);
            return;
        }
        e->type = a->type;
        e->constant = a->constant;
        return;
    }
    if (!check_operand(c, a)) {
        return;
    }
    const IrType *type = a->type;
    if (op == UNARY_NEG && type->is_matrix) {
        e->type = type;
        return;
    }
    bool good = op == UNARY_NEG          ? ir_is_float(type) || ir_is_signed_int(type)
                : op == UNARY_COMPLEMENT ? ir_is_int(type)
                : op == UNARY_NOT        ? ir_is_bool(type)
                                         : false;
    if (!good) {
        report_operator(c, e, unary_spelling(op), type);
        return;
    }
    e->type = type;
    if (a->constant != NULL) {
        ConstValue value;
        ConstStatus status = const_unary(op, a->constant, &value);
        if (status == CONST_OK) {
            set_constant(c, e, &value);
        } else if (status != CONST_NONE) {
            report_const(c, e->span, status, result_of(c, unary_spelling(op)), type);
            fail(e);
        }
    }
}

static bool is_arithmetic(BinaryOp op) {
    return op >= BINARY_ADD && op <= BINARY_REM;
}
static bool is_shift(BinaryOp op) {
    return op == BINARY_SHL || op == BINARY_SHR;
}
static bool is_comparison(BinaryOp op) {
    return op >= BINARY_EQ && op <= BINARY_GE;
}

/* Whether the (unified) operand type suits the operator. */
static bool takes(BinaryOp op, const IrType *type) {
    switch (op) {
    case BINARY_OR:
    case BINARY_AND:
        return type == ir_scalar(IR_BOOL);
    case BINARY_BIT_OR:
    case BINARY_BIT_XOR:
    case BINARY_BIT_AND:
        return ir_is_int(type) || ir_is_bool(type);
    case BINARY_EQ:
    case BINARY_NE:
        return ir_is_value(type);
    case BINARY_SHL:
    case BINARY_SHR:
        return ir_is_int(type);
    default:
        return ir_is_number(type);
    }
}

/* `v * 2.0`: the type of a vector and a scalar together, or NULL. */
static const IrType *mixed_type(Checker *c, Expr *a, Expr *b) {
    Expr *vector = ir_is_vector(a->type) ? a : b, *scalar = vector == a ? b : a;
    if (!ir_is_vector(vector->type) || ir_is_vector(scalar->type) || !ir_is_number(vector->type)) {
        return NULL;
    }
    const IrType *lane = ir_lane_type(vector->type);
    bool literal =
        is_abstract(scalar->type) && (scalar->type == &abstract_int || ir_is_float(lane));
    if (literal && !coerce(c, scalar, lane)) {
        return NULL;
    }
    return scalar->type == lane ? vector->type : NULL;
}

static void check_shift(Checker *c, Expr *e) {
    Expr *a = e->binary.a, *b = e->binary.b;
    if (!takes(e->binary.op, a->type)) {
        report_operator(c, e, binary_spelling(e->binary.op), a->type);
    } else if (!ir_is_int(b->type)) {
        report_operator(c, e, binary_spelling(e->binary.op), b->type);
    } else if (a->type->lanes != b->type->lanes) {
        Diag *d = diag_report(c->diags, e->span, D(OPERANDS_DIFFER), binary_spelling(e->binary.op),
                              shown_type(c, a->type), shown_type(c, b->type));
        if (ir_is_vector(a->type)) {
            diag_help(d, b->span, "shift each lane: `u32x%u(…)`", a->type->lanes);
        }
    } else if (a->constant != NULL && b->constant != NULL && is_abstract(b->type)) {
        e->type = a->type; /* both exact */
    } else if (ir_is_vector(b->type) || coerce_index(c, b)) {
        e->type = a->type;
    }
}

static void fold_binary(Checker *c, Expr *e) {
    const Expr *a = e->binary.a, *b = e->binary.b;
    if (e->type == NULL || a->constant == NULL || b->constant == NULL) {
        return;
    }
    ConstValue left = *a->constant, right = *b->constant, value;
    if (is_arithmetic(e->binary.op) && ir_is_vector(e->type)) { /* v * 2.0 */
        ConstValue *scalar = ir_is_vector(left.type) ? &right : &left;
        for (unsigned i = 1; !ir_is_vector(scalar->type) && i < e->type->lanes; i++) {
            scalar->bits[i] = scalar->bits[0];
        }
        left.type = right.type = e->type;
    }
    ConstStatus status = const_binary(e->binary.op, e->type, &left, &right, &value);
    if (status == CONST_OK) {
        set_constant(c, e, &value);
    } else if (status != CONST_NONE) {
        report_const(c, e->span, status, result_of(c, binary_spelling(e->binary.op)), e->type);
        fail(e);
    }
}

static void warn_binary(Checker *c, const Expr *e) {
    BinaryOp op = e->binary.op;
    const Expr *a = e->binary.a;
    if (is_comparison(op) && a->kind == EXPR_UNARY && a->unary.op == UNARY_NOT &&
        !a->parenthesised) {
        Diag *d = diag_report(c->diags, a->span, D(PRECEDENCE), "not", binary_spelling(op));
        diag_help(d, e->span, "write `not (… %s …)`, or parentheses around `not …`",
                  binary_spelling(op));
    }
    if ((op == BINARY_EQ || op == BINARY_NE) && ir_is_float(a->type) && !is_abstract(a->type)) {
        diag_report(c->diags, e->span, D(FLOAT_EQUALITY));
    }
}

static void check_binary(Checker *c, Expr *e) {
    bool good = check_operand(c, e->binary.a);
    good &= check_operand(c, e->binary.b);
    if (good) {
        check_binary_types(c, e);
    }
}

void check_binary_types(Checker *c, Expr *e) {
    Expr *a = e->binary.a, *b = e->binary.b;
    BinaryOp op = e->binary.op;
    if (check_matrix_binary(c, e)) {
        return;
    }
    if (is_shift(op)) {
        check_shift(c, e);
        fold_binary(c, e);
        return;
    }
    const IrType *was_a = a->type, *was_b = b->type;
    unsigned errors = c->diags->errors;
    const IrType *type = unify(c, a, b);
    if (type == NULL && is_arithmetic(op) && a->type != NULL && b->type != NULL) {
        type = mixed_type(c, a, b);
    }
    if (type == NULL) {
        if (c->diags->errors == errors) {
            Diag *d = diag_report(c->diags, e->span, D(OPERANDS_DIFFER), binary_spelling(op),
                                  shown_type(c, was_a), shown_type(c, was_b));
            if (ir_is_number(was_a) && ir_is_number(was_b) && was_a->lanes == was_b->lanes) {
                diag_help(d, b->span, "convert one side: `… as %s`",
                          type_text(c, ir_is_float(was_b) ? was_b : was_a));
            } else if (ir_is_bool(was_a) != ir_is_bool(was_b) &&
                       ((a->kind == EXPR_BINARY && is_comparison(a->binary.op)) ||
                        (b->kind == EXPR_BINARY && is_comparison(b->binary.op)))) {
                diag_help(d, e->span, "comparisons bind tighter than `%s`: add parentheses",
                          binary_spelling(op));
            } else if (ir_is_vector(was_a) != ir_is_vector(was_b)) {
                const IrType *vector = ir_is_vector(was_a) ? was_a : was_b;
                diag_help(d, e->span, "make a vector of the scalar: `%s(…)`", type_text(c, vector));
            }
        }
        return;
    }
    if (!takes(op, type)) {
        report_operator(c, e, binary_spelling(op), type);
        return;
    }
    warn_binary(c, e);
    if (is_comparison(op)) {
        bool fold = a->constant != NULL && b->constant != NULL;
        if (!fold && is_abstract(type) && !(concrete(c, a) && concrete(c, b))) {
            return;
        }
        e->type = ir_bool_like(a->type);
    } else {
        e->type = type;
    }
    fold_binary(c, e);
}

/* ---- choices and casts ---- */

static void check_choice(Checker *c, Expr *e, Expr *condition, Expr *a, Expr *b) {
    bool good = check_condition(c, condition);
    if (e->kind == EXPR_TERNARY) {
        good &= check_operand(c, a);
        good &= check_operand(c, b);
    } else {
        check_block(c, e->if_else.a, true);
        check_block(c, e->if_else.b, true);
        if (a == NULL || b == NULL) {
            diag_report(c->diags, a == NULL ? e->if_else.a->span : e->if_else.b->span, D(NO_VALUE),
                        "this block");
            return;
        }
        good &= is_operand(c, a);
        good &= is_operand(c, b);
    }
    if (!good) {
        return;
    }
    const IrType *was_a = a->type, *was_b = b->type;
    unsigned errors = c->diags->errors;
    e->type = unify(c, a, b);
    bool is_if = e->kind == EXPR_IF || /* one without statements is a ternary, too */
                 (!e->parenthesised && e->span.start != condition->span.start);
    if (e->type == NULL && c->diags->errors == errors) {
        diag_report(c->diags, e->span, D(OPERANDS_DIFFER),
                    is_if ? "if" : "? :", shown_type(c, was_a), shown_type(c, was_b));
    }
    if (e->kind == EXPR_TERNARY && e->type != NULL && condition->constant != NULL &&
        a->constant != NULL && b->constant != NULL) {
        e->constant = condition->constant->bits[0] != 0 ? a->constant : b->constant;
    }
}

static void check_cast(Checker *c, Expr *e) {
    Expr *a = e->cast.a;
    const IrType *to = check_type(c, e->cast.type, TYPE_OF_VALUE);
    if (!check_operand(c, a) || to == NULL) {
        return;
    }
    bool good = ir_is_number(to) && ir_is_value(a->type) && to->lanes == a->type->lanes;
    if (!good) {
        Diag *d =
            diag_report(c->diags, e->span, D(BAD_CAST), shown_type(c, a->type), type_text(c, to));
        if (to == a->type) {
            diag_help(d, e->span, "it is one: leave out `as`");
        } else if (ir_is_bool(to) && ir_is_number(a->type)) {
            diag_help(d, a->span, "compare it: `… != 0`");
        } else if (ir_is_vector(to) && !ir_is_vector(a->type)) {
            diag_help(d, a->span, "make a vector of it: `%s(…)`", type_text(c, to));
        }
        return;
    }
    if (a->constant == NULL && !concrete(c, a)) {
        return;
    }
    e->type = to;
    if (a->constant != NULL) {
        ConstValue value;
        bool changed;
        const_cast_to(a->constant, to, &value, &changed);
        if (!const_is_finite(&value)) {
            report_const(c, e->span, CONST_OVERFLOW, const_text(c->arena, a->constant), to);
            fail(e);
            return;
        }
        if (changed) {
            diag_report(c->diags, e->span, D(LOSSY_CAST), const_text(c->arena, a->constant),
                        type_text(c, to), const_text(c->arena, &value));
        }
        set_constant(c, e, &value);
    }
}

static void check_bitcast(Checker *c, Expr *e) {
    Expr *a = e->cast.a;
    const IrType *to = check_type(c, e->cast.type, TYPE_OF_VALUE);
    if (!check_value(c, a) || to == NULL) {
        return;
    }
    if (!ir_is_number(to) || !ir_is_number(a->type)) {
        diag_report(c->diags, e->span, D(BAD_CAST), shown_type(c, a->type), type_text(c, to));
        return;
    }
    unsigned from_bits = ir_bits(a->type) * a->type->lanes, to_bits = ir_bits(to) * to->lanes;
    if (from_bits != to_bits) {
        diag_report(c->diags, e->span, D(BAD_BITCAST), type_text(c, a->type), from_bits,
                    type_text(c, to), to_bits);
        return;
    }
    e->type = to;
    if (a->constant != NULL) {
        ConstValue value;
        if (const_op(OP_BITCAST, NULL, to, 1, &a->constant, &value) == CONST_OK) {
            set_constant(c, e, &value);
        }
    }
}

static void check_kind(Checker *c, Expr *e);

void check_expr(Checker *c, Expr *e) {
    if (c->expr_depth == CHECK_MAX_EXPR_DEPTH) {
        diag_report(c->diags, e->span, D(TOO_DEEP), (int)CHECK_MAX_EXPR_DEPTH);
        return;
    }
    if (e->kind != EXPR_FORM) {
        c->wanted = NULL;
    }
    c->expr_depth++;
    check_kind(c, e);
    if (e->type == NULL) {
        note_wrong(c);
    }
    if (c->constant != NULL && e->constant == NULL) {
        const_fold_part(c, e);
    }
    c->expr_depth--;
}

static void check_kind(Checker *c, Expr *e) {
    switch (e->kind) {
    case EXPR_ERROR:
        break;
    case EXPR_BOOL: {
        ConstValue value = {.type = ir_scalar(IR_BOOL), .bits = {e->boolean}};
        e->type = value.type;
        set_constant(c, e, &value);
        break;
    }
    case EXPR_INT:
        check_integer(c, e, false);
        break;
    case EXPR_FLOAT:
        check_float(c, e);
        break;
    case EXPR_STRING: {
        Diag *d = diag_report(c->diags, e->span, D(NOT_A_VALUE), "\"…\"", "a text");
        diag_help(d, e->span, "texts stand only in `print` and `assert`");
        break;
    }
    case EXPR_NAME:
        check_name(c, e);
        break;
    case EXPR_UNARY:
        check_unary(c, e);
        break;
    case EXPR_BINARY:
        check_binary(c, e);
        break;
    case EXPR_TERNARY:
        check_choice(c, e, e->ternary.condition, e->ternary.a, e->ternary.b);
        break;
    case EXPR_IF:
        check_choice(c, e, e->if_else.condition, e->if_else.a->value, e->if_else.b->value);
        break;
    case EXPR_CAST:
        check_cast(c, e);
        break;
    case EXPR_BITCAST:
        check_bitcast(c, e);
        break;
    case EXPR_CALL:
        check_call(c, e);
        break;
    case EXPR_INDEX:
        check_index(c, e);
        break;
    case EXPR_FIELD:
        check_field(c, e);
        break;
    case EXPR_ARRAY:
        check_array(c, e);
        break;
    case EXPR_REPEAT:
        check_repeat(c, e);
        break;
    case EXPR_FORM:
        check_form_literal(c, e);
        break;
    }
}
