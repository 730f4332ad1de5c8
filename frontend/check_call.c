/* Calls: procs, built-ins with their overloads, and constructors of vectors. See check.h. */
#include "frontend/check.h"
#include "frontend/foreign.h"

static unsigned count_args(const Expr *args) {
    unsigned count = 0;
    for (; args != NULL; args = args->next) {
        count++;
    }
    return count;
}

void check_args(Checker *c, Expr *args) {
    for (; args != NULL; args = args->next) {
        check_expr(c, args);
    }
}

bool check_count(Checker *c, Expr *e, const char *name, Span declared, unsigned want) {
    unsigned found = count_args(e->call.args);
    if (found != want) {
        Diag *d = diag_report(c->diags, e->span, D(ARGUMENT_COUNT), name, want,
                              want == 1 ? "" : "s", found);
        if (declared.start != 0) {
            diag_note(d, declared, "`%s` is declared here", name);
        }
    }
    return found == want;
}

/* Checks the arguments; whether each is a value. Literals stay literals. */
static bool check_values(Checker *c, Expr *args) {
    bool good = true;
    for (Expr *arg = args; arg != NULL; arg = arg->next) {
        good &= check_operand(c, arg);
    }
    return good;
}

static void report_argument(Checker *c, Expr *arg, const char *proc, const char *help) {
    Diag *d = diag_report(c->diags, arg->span, D(BAD_ARGUMENT), proc, shown_type(c, arg->type));
    if (help != NULL) {
        diag_help(d, arg->span, "%s", help);
    }
}

/* ---- constructors ---- */

/* `f32(x)`: a cast of other languages. */
static void report_call_cast(Checker *c, Expr *e, const char *type) {
    bool to_bool = strcmp(type, "bool") == 0;
    const char *ours = to_bool ? "… != 0" : arena_printf(c->arena, "… as %s", type);
    const char *theirs = arena_printf(c->arena, "%s(…)", e->call.callee->name->text);
    Diag *d = diag_report(c->diags, e->span, D(FOREIGN_WORD), theirs, ours);
    diag_help(d, e->span, "write `%s`", ours);
}

static bool is_scalar_name(const char *name) {
    const IrType *type = name != NULL ? ir_type_named(name, strlen(name)) : NULL;
    return type != NULL && !ir_is_vector(type);
}

static void fold_constructor(Checker *c, Expr *e) {
    ConstValue *value = NEW(c->arena, ConstValue);
    value->type = e->type;
    unsigned lane = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        if (arg->constant == NULL) {
            return;
        }
        for (unsigned i = 0; i < arg->type->lanes; i++) {
            value->bits[lane++] = arg->constant->bits[i];
        }
    }
    while (lane < e->type->lanes) { /* one scalar for all */
        value->bits[lane++] = value->bits[0];
    }
    e->constant = value;
}

static void check_constructor(Checker *c, Expr *e, const IrType *type) {
    const IrType *lane = ir_lane_type(type);
    const char *name = type_text(c, type);
    if (!check_values(c, e->call.args)) {
        return;
    }
    if (!ir_is_vector(type)) {
        report_call_cast(c, e, name);
        return;
    }
    unsigned lanes = 0;
    bool good = true;
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        if (is_abstract(arg->type)) {
            good &= coerce(c, arg, lane);
        } else if (!ir_is_value(arg->type)) {
            report_argument(c, arg, name, NULL);
            good = false;
        } else if (arg->type->scalar != lane->scalar) {
            report_argument(c, arg, name,
                            arena_printf(c->arena, "convert it: `… as %s`",
                                         type_text(c, ir_vector(lane->scalar, arg->type->lanes))));
            good = false;
        }
        lanes += arg->type != NULL ? arg->type->lanes : 1;
    }
    bool splat = count_args(e->call.args) == 1 && lanes == 1;
    if (good && lanes != type->lanes && !splat) {
        diag_report(c->diags, e->span, D(BAD_CONSTRUCTOR), name, type->lanes, lanes);
        return;
    }
    if (good) {
        e->type = type;
        fold_constructor(c, e);
    }
}

/* ---- built-ins ---- */

/* The type T of a call: that of the first argument in a T place that is no literal, else of one in an S place,
 * else the literals' own. */
static const IrType *find_t(const BuiltinProc *row, Expr *args) {
    const IrType *type = NULL, *similar = NULL;
    const char *param = row->params;
    for (const Expr *arg = args; arg != NULL; arg = arg->next, param++) {
        if (*param == 'S' && !is_abstract(arg->type)) {
            similar = arg->type;
        } else if (*param == 'T' && !is_abstract(arg->type)) {
            return arg->type;
        } else if (*param == 'T') {
            type = type == &abstract_float ? type : arg->type;
        }
    }
    if (similar != NULL) {
        return similar;
    }
    if (row->class == BUILTIN_U32 && type == &abstract_int) {
        return ir_scalar(IR_U32);
    }
    bool floats = row->class == BUILTIN_FLOAT || row->class == BUILTIN_FLOAT_VECTOR;
    return floats && type == &abstract_int ? &abstract_float : type;
}

static bool check_builtin_argument(Checker *c, const BuiltinProc *row, Expr *arg, char param,
                                   const IrType *type) {
    switch (param) {
    case 'S':
        if (arg->type == type) {
            return true;
        }
        if (!is_abstract(type)) {
            type = ir_lane_type(type);
        }
        break;
    case 'L':
        type = ir_lane_type(type);
        break;
    case 'C':
        if (arg->type == ir_scalar(IR_BOOL)) {
            return true;
        }
        type = ir_bool_like(type);
        break;
    case 'U':
        if (arg->type != &abstract_int && arg->type != ir_scalar(IR_U32)) {
            report_argument(c, arg, row->name, "offsets, counts and lanes are `u32`");
            return false;
        }
        type = ir_scalar(IR_U32);
        break;
    default:
        break;
    }
    if (!is_abstract(arg->type) && arg->type != type) {
        report_argument(c, arg, row->name,
                        arena_printf(c->arena, "here it takes %s", shown_type(c, type)));
        return false;
    }
    return coerce(c, arg, type);
}

void fold_builtin(Checker *c, Expr *e) {
    const BuiltinProc *row = e->symbol->builtin;
    const ConstValue *values[IR_MAX_LANES];
    unsigned count = 0;
    if (!ir_has(row->op, IR_PURE) || (row->class == BUILTIN_INT && is_abstract(e->type))) {
        return;
    }
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        if (arg->constant == NULL || count == IR_MAX_LANES) {
            return;
        }
        values[count++] = arg->constant;
    }
    ConstValue value;
    if (const_op(row->op, NULL, e->type, count, values, &value) == CONST_OK) {
        ConstValue *kept = NEW(c->arena, ConstValue);
        *kept = value;
        e->constant = kept;
    }
}

static void check_builtin(Checker *c, Expr *e, const BuiltinProc *row) {
    if (row->class == BUILTIN_TEXT) {
        check_debug(c, e);
        return;
    }
    /* what `barrier` is given may be words of another language */
    bool good = row->class == BUILTIN_NONE || check_values(c, e->call.args);
    if (!check_count(c, e, row->name, (Span){0}, (unsigned)strlen(row->params)) || !good) {
        return;
    }
    const IrType *type = find_t(row, e->call.args);
    if (is_abstract(type) &&
        row->result != 'T') { /* nothing after this gives the literals a type */
        type = ir_scalar(type == &abstract_int ? IR_I32 : IR_F32);
    }
    if (!builtin_class_takes(row->class, type)) {
        Diag *d = diag_report(c->diags, e->call.args->span, D(BAD_ARGUMENT), row->name,
                              shown_type(c, type));
        diag_help(d, e->call.args->span, "`%s` takes %s", row->name,
                  builtin_class_text(row->class));
        return;
    }
    const char *param = row->params;
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next, param++) {
        good &= check_builtin_argument(c, row, arg, *param, type);
    }
    if (!good) {
        return;
    }
    e->type = row->result == 'T'   ? type
              : row->result == 'L' ? ir_lane_type(type)
              : row->result == 'B' ? ir_bool_like(type)
              : row->result == 'D' ? ir_lane_type(type->element)
              : row->result == 'U' ? ir_scalar(IR_U32)
              : row->result == 'I' ? ir_scalar(IR_I32)
              : row->result == 'Q' ? ir_vector(IR_F32, 4)
              : row->result == 'H' ? ir_vector(IR_F32, 2)
              : row->result == 'G' ? ir_vector(IR_U32, 4)
              : row->result == 'V' ? &ir_void
              : row->result == 'X' ? ir_matrix_type(c->module, type->element->scalar,
                                                    type->element->lanes, type->count)
                                   : ir_scalar(IR_BOOL);
    fold_builtin(c, e);
}

/* ---- procs ---- */

/* Where the type of a parameter is not known, a mistake there was reported; no more is said of its argument. */
static void check_any_argument(Checker *c, Expr *arg) {
    check_expr(c, arg->kind == EXPR_UNARY && arg->unary.op == UNARY_REF_MUT ? arg->unary.a : arg);
}

static void check_proc_call(Checker *c, Expr *e, Symbol *proc) {
    unsigned want = 0;
    for (const Param *p = proc->decl->proc.params; p != NULL; p = p->next) {
        want++;
    }
    bool generic = proc->generics != NULL;
    if (generic && !proc->decl->proc.is_broken && count_args(e->call.args) == want) {
        proc = check_generic_call(c, e, proc);
        e->symbol = proc;
        if (proc == NULL) {
            return;
        }
    }
    if (proc->generics == NULL) {
        check_signature(c, proc, e->span);
        if (c->current != NULL) {
            VEC_PUSH(c->arena, &c->current->calls, e);
        }
        for (ConstPlace *place = c->constant; place != NULL; place = place->around) {
            VEC_PUSH(c->arena, &place->calls, e);
        }
    }
    const Param *param = proc->decl->proc.params;
    if (proc->decl->proc.is_broken || !check_count(c, e, proc->name->text, proc->span, want)) {
        for (Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
            check_any_argument(c, arg);
        }
        return;
    }
    bool good = true;
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next, param = param->next) {
        const IrType *type = param->symbol != NULL ? param->symbol->type : NULL;
        if (type == NULL) {
            if (!generic) {
                check_any_argument(c, arg);
            }
            good = false;
            continue;
        }
        if (!generic) { /* else it was checked to find the type */
            c->wanted = type;
            check_argument(c, arg, type->kind == IR_TYPE_REF);
        }
        good &= coerce(c, arg, type);
    }
    if (good) {
        check_overlaps(c, e->call.args);
        e->type = proc->type;
    }
}

static bool is_proc_symbol(const Symbol *symbol) {
    return symbol->kind == SYMBOL_PROC || symbol->kind == SYMBOL_BUILTIN_PROC;
}

static void report_unknown_proc(Checker *c, Expr *callee) {
    const char *name = callee->name->text, *type = foreign_type(name);
    Diag *d = diag_report(c->diags, callee->span, D(UNKNOWN_PROC), name);
    if (type != NULL) {
        diag_help(d, callee->span, "in Vitte it is `%s`", type);
        return;
    }
    const char *ours = foreign_proc(name);
    if (ours != NULL) {
        diag_help(d, callee->span, "in Vitte it is `%s`", ours);
        return;
    }
    const char *near = scope_suggest(&c->scopes, name, is_proc_symbol);
    if (near != NULL) {
        diag_help(d, callee->span, "did you mean `%s`?", near);
    }
}

/* a.name(…): of an atomic; nothing else has methods. */
static void check_method(Checker *c, Expr *e) {
    Expr *callee = e->call.callee, *a = callee->field.a;
    check_container(c, a);
    if (a->type != NULL && ir_is_atomic(a->type) && callee->field.name.name != NULL) {
        check_atomic_method(c, e);
        return;
    }
    check_args(c, e->call.args);
    if (a->type == NULL || callee->field.name.name == NULL) {
        return;
    }
    Ident name = callee->field.name;
    Diag *d = diag_report(c->diags, name.span, D(UNKNOWN_METHOD), shown_type(c, a->type),
                          name.name->text);
    const Symbol *symbol = scope_find(&c->scopes, name.name);
    if (symbol != NULL && is_proc_symbol(symbol)) {
        diag_help(d, name.span, "`%s` is a proc: call it as `%s(…)`", name.name->text,
                  name.name->text);
    }
}

/* A call of what is no proc: a constructor, or a mistake. */
static void check_other_call(Checker *c, Expr *e) {
    Expr *callee = e->call.callee;
    Name name = callee->name;
    if (ir_type_named(name->text, name->length) != NULL) {
        TypeExpr type_name = {
            .kind = TYPE_EXPR_NAME, .span = callee->span, .name = {name, callee->span}};
        const IrType *type = check_type(c, &type_name, TYPE_OF_VALUE);
        if (type != NULL) {
            check_constructor(c, e, type);
        } else {
            check_args(c, e->call.args);
        }
    } else if (is_matrix_name(name)) {
        check_matrix_constructor(c, e, check_matrix_type(c, name));
    } else if (is_scalar_name(foreign_type(name->text))) { /* float(x) */
        report_call_cast(c, e, foreign_type(name->text));
        check_args(c, e->call.args);
    } else {
        report_unknown_proc(c, callee);
        if (foreign_proc(name->text) ==
            NULL) { /* else they are in the words of that language, too */
            check_args(c, e->call.args);
        }
    }
}

void check_call(Checker *c, Expr *e) {
    Expr *callee = e->call.callee;
    MemberFound member = check_member_name(c, callee);
    if (member == MEMBER_WRONG) {
        check_args(c, e->call.args);
        return;
    }
    if (callee->kind == EXPR_FIELD) {
        check_method(c, e);
        return;
    }
    if (callee->kind != EXPR_NAME) {
        if (callee->kind != EXPR_ERROR) {
            diag_report(c->diags, callee->span, D(SYNTAX), "the name of a proc before `(`",
                        "an expression");
        }
        check_args(c, e->call.args);
        return;
    }
    Name name = callee->name;
    Symbol *symbol =
        member == MEMBER_FOUND ? (Symbol *)callee->symbol : scope_find(&c->scopes, name);
    if (symbol == NULL) {
        check_other_call(c, e);
        return;
    }
    symbol->used = true;
    e->symbol = symbol;
    switch (symbol->kind) {
    case SYMBOL_BUILTIN_PROC:
        check_builtin(c, e, symbol->builtin);
        return;
    case SYMBOL_PROC:
        check_proc_call(c, e, symbol);
        return;
    case SYMBOL_KERNEL: {
        Diag *d = diag_report(c->diags, callee->span, D(KERNEL_CALLED), name->text);
        diag_help(d, symbol->span, "put what both need into a `proc`");
        check_args(c, e->call.args);
        return;
    }
    case SYMBOL_IMPORT:
        check_args(c, e->call.args);
        return;
    case SYMBOL_TYPE:
        if (symbol->type == NULL) {
            check_args(c, e->call.args);
        } else {
            e->symbol = NULL;
            (symbol->type->is_matrix ? check_matrix_constructor : check_constructor)(c, e,
                                                                                     symbol->type);
        }
        return;
    default: {
        Diag *d = diag_report(c->diags, callee->span, D(UNKNOWN_PROC), name->text);
        if (symbol->span.start != 0) {
            diag_note(d, symbol->span, "`%s` is declared here", name->text);
        }
        check_args(c, e->call.args);
        return;
    }
    }
}
