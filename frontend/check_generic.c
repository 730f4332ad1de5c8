/* Generics: one copy of a form or proc for every set of types and numbers that it is used with.
 *
 * A template itself is never checked. A copy of its tree (ast_clone.c) is, in a scope where its parameters stand for types
 * and numbers. One copy is made whose parameters stand for nothing known: a NULL type means "wrong, and reported", so the
 * checker says of it only what does not depend on the types, such as a name that is not in scope. It is never called.
 * Bodies of copies wait in Checker.instances, so that copies which need copies do not recurse here.
 */
#include "frontend/check.h"

enum { MOST_INSTANCES = 4096, DEEPEST_INSTANCE = 64, LONGEST_NAME = 120, MOST_NOTES = 4 };

/* What a generic parameter stands for, as far as is known. */
typedef struct {
    const IrType *type; /* NULL: not known; of a number: the parameter's */
    const IrType *open; /* the type of literals, which counts where nothing else decides */
    bool has_number;
    Wide number;
} Arg;

typedef struct {
    Checker *c;
    Symbol *template;
    uint32_t count;
    Arg *args;
} Inference;

static Inference inference_start(Checker *c, Symbol *template) {
    Inference inference = {.c = c, .template = template};
    for (const GenericParam *p = template->generics; p != NULL; p = p->next) {
        inference.count++;
    }
    inference.args = NEW_ARRAY(c->arena, Arg, inference.count);
    return inference;
}

/* ---- making copies ---- */

static const char *number_text(Checker *c, Wide number) {
    return const_text(c->arena, &(ConstValue){.type = &abstract_int, .integer = number});
}

static bool same_args(const Instance *instance, const Arg *args) {
    for (uint32_t i = 0; i < instance->count; i++) {
        const Symbol *arg = instance->args[i];
        if (arg->type != args[i].type ||
            (arg->kind == SYMBOL_CONST &&
             integer_of_bits(arg->type->scalar, arg->constant->bits[0]) != args[i].number)) {
            return false;
        }
    }
    return true;
}

static Symbol *find_instance(const Inference *inference) {
    const Symbol *template = inference->template;
    for (uint32_t i = 0; i < template->instances.count; i++) {
        if (same_args(template->instances.items[i]->instance, inference->args)) {
            return template->instances.items[i];
        }
    }
    return NULL;
}

/* The letters, digits and points of a text; runs of others become one '_'. */
static void add_plain(Text *out, const char *text) {
    bool gap = false;
    for (; *text != '\0'; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || *text == '.' || *text == '_';
        if (plain) {
            text_add(out, gap && out->data[out->length - 1] != '.' ? "_" : "");
            text_char(out, *text);
        }
        gap = !plain;
    }
}

/* Names the copy: "Grid<f32, 16>" for people, "Grid.f32.16" in the IR. */
static void name_instance(Checker *c, Symbol *symbol, Instance *instance) {
    Text shown = {.arena = c->arena}, plain = {.arena = c->arena}, with = {.arena = c->arena};
    const GenericParam *p = instance->template->generics;
    text_add(&shown, instance->template->name->text);
    text_add(&plain, instance->template->ir_name->text);
    for (uint32_t i = 0; i < instance->count; i++, p = p->next) {
        const Symbol *arg = instance->args[i];
        const char *text = arg->kind == SYMBOL_TYPE ? type_text(c, arg->type)
                                                    : const_text(c->arena, arg->constant);
        text_printf(&shown, "%s%s", i == 0 ? "<" : ", ", text);
        text_char(&plain, '.');
        add_plain(&plain, text[0] == '-' ? text + 1 : text);
        text_printf(&with, "%s%s = %s", i == 0 ? "" : ", ", p->name.name->text, text);
    }
    text_char(&shown, '>');
    instance->with = text_get(&with);
    if (shown.length > LONGEST_NAME) { /* types in types in types: names would double each time */
        const char *name = instance->template->name->text;
        shown.length = plain.length = with.length = 0;
        text_printf(&shown, "%s<…>", name);
        text_add(&plain, instance->template->ir_name->text);
        instance->with = "the types given here";
    }
    if (symbol->kind == SYMBOL_FORM) { /* a proc is called by its name alone */
        symbol->name = name_of(c->names, text_get(&shown));
        VEC_PUSH(c->arena, &c->forms, symbol);
    }
    symbol->ir_name = ir_name_of(c, text_get(&plain));
}

static Symbol *make_arg(Checker *c, const GenericParam *param, const Arg *arg) {
    Symbol *symbol = symbol_new(c, param->is_const ? SYMBOL_CONST : SYMBOL_TYPE, param->name);
    symbol->used = true;
    symbol->state = CHECKED;
    symbol->type = arg->type;
    if (arg->has_number) {
        ConstValue *value = NEW(c->arena, ConstValue);
        value->type = arg->type;
        value->bits[0] = bits_of_integer(arg->type->scalar, arg->number);
        symbol->constant = value;
    }
    return symbol;
}

static Symbol *new_instance(const Inference *inference, Span use) {
    Checker *c = inference->c;
    Symbol *template = inference->template;
    Symbol *symbol = symbol_new(c, template->kind, (Ident){template->name, template->span});
    Symbol **args = NEW_ARRAY(c->arena, Symbol *, inference->count);
    const GenericParam *param = template->generics;
    for (uint32_t i = 0; i < inference->count; i++, param = param->next) {
        args[i] = make_arg(c, param, &inference->args[i]);
    }
    Instance *instance = NEW(c->arena, Instance);
    *instance =
        (Instance){.template = template, .args = args, .count = inference->count, .use = use};
    symbol->unit = template->unit;
    symbol->instance = instance;
    symbol->decl = ast_clone(c->arena, template->decl);
    symbol->decl->symbol = symbol;
    return symbol;
}

/* The copy that is being checked, or the innermost whose part that is; NULL: none. */
static const Instance *instance_here(const Checker *c) {
    for (uint32_t i = c->demands.count; i > 0; i--) {
        const Instance *instance = c->demands.items[i - 1].symbol->instance;
        if (instance != NULL && instance->with != NULL) {
            return instance;
        }
    }
    return NULL;
}

static Symbol *get_instance(const Inference *inference, Span use) {
    Checker *c = inference->c;
    Symbol *template = inference->template, *symbol = find_instance(inference);
    if (symbol == NULL) {
        const Instance *within = instance_here(c);
        unsigned depth = within != NULL ? within->depth + 1 : 1;
        if (c->instance_count > MOST_INSTANCES) {
            return NULL; /* it was reported */
        }
        c->instance_count++;
        if (depth > DEEPEST_INSTANCE || c->instance_count > MOST_INSTANCES) {
            Diag *d =
                diag_report(c->diags, use, D(TOO_MANY_COPIES), template->name->text,
                            depth > DEEPEST_INSTANCE ? "one inside another" : "in all",
                            depth > DEEPEST_INSTANCE ? (int)DEEPEST_INSTANCE : (int)MOST_INSTANCES);
            diag_note(d, template->span, "`%s` is declared here", template->name->text);
            return NULL;
        }
        symbol = new_instance(inference, use);
        Instance *instance = (Instance *)symbol->instance;
        instance->depth = depth;
        instance->within = within;
        name_instance(c, symbol, instance);
        VEC_PUSH(c->arena, &template->instances, symbol);
        if (symbol->kind == SYMBOL_PROC) {
            VEC_PUSH(c->arena, &c->instances, symbol);
        }
    }
    if (symbol->kind == SYMBOL_FORM) {
        check_form_symbol(c, symbol, use);
    } else {
        check_signature(c, symbol, use);
    }
    return symbol;
}

/* ---- reports ---- */

static bool has_note(const Diag *d, Span span) {
    for (uint32_t i = 0; i < d->parts.count; i++) {
        const DiagPart *part = &d->parts.items[i];
        if (!part->is_help && part->span.start == span.start && part->span.end == span.end) {
            return true;
        }
    }
    return false;
}

/* Where the copy is needed, and the one in which that is; of very many the first ones and the last. */
static void note_uses(Diag *d, const Instance *instance) {
    for (unsigned i = 0; instance != NULL; i++, instance = instance->within) {
        bool skip = i >= MOST_NOTES && instance->within != NULL;
        if (!skip && !has_note(d, instance->use)) {
            diag_note(d, instance->use, "in `%s` with %s, used here",
                      instance->template->name->text, instance->with);
        }
    }
}

void judge_instance(Checker *c, const Symbol *symbol, uint32_t first) {
    const Instance *instance = symbol->instance;
    Diags *diags = c->diags;
    Span whole = instance->template->decl->span;
    uint32_t kept = first;
    for (uint32_t i = first; i < diags->list.count; i++) {
        Diag *d = diags->list.items[i];
        bool inside = d->span.start >= whole.start && d->span.start < whole.end, known = false;
        for (uint32_t k = 0; inside && k < first && !known; k++) {
            const Diag *old = diags->list.items[k];
            known = old->id == d->id && old->span.start == d->span.start;
        }
        if (known) {
            diags->errors -= d->severity == SEVERITY_ERROR;
            diags->warnings -= d->severity == SEVERITY_WARNING;
            continue;
        }
        if (inside && instance->with != NULL) {
            note_uses(d, instance);
        }
        diags->list.items[kept++] = d;
    }
    diags->list.count = kept;
}

static const IrType *param_type(Checker *c, const GenericParam *param) {
    const IrType *type = check_type(c, param->type, TYPE_OF_VALUE);
    if (type != NULL && (!ir_is_int(type) || ir_is_vector(type))) {
        diag_report(c->diags, param->type->span, D(INDEX_TYPE), "a generic constant",
                    shown_type(c, type));
        return NULL;
    }
    return type;
}

void check_template(Checker *c, Symbol *symbol) {
    Inference unknown = inference_start(c, symbol);
    unsigned errors = c->diags->errors;
    Symbol *blank = new_instance(&unknown, symbol->span);
    for (const GenericParam *p = symbol->generics; p != NULL; p = p->next) {
        for (const GenericParam *first = symbol->generics; first != p; first = first->next) {
            if (first->name.name == p->name.name) {
                diag_report(c->diags, p->name.span, D(DUPLICATE_NAME), p->name.name->text);
            }
        }
        CheckPlace saved;
        enter_home(c, blank, symbol->span, &saved);
        if (p->is_const) {
            param_type(c, p);
        }
        leave_home(c, blank, &saved);
    }
    if (symbol->kind == SYMBOL_FORM) {
        check_form_symbol(c, blank, symbol->span);
    } else {
        check_signature(c, blank, symbol->span);
        check_body(c, blank, symbol->span);
    }
    symbol->is_wrong = c->diags->errors != errors;
}

void check_instances(Checker *c) {
    for (uint32_t i = 0; i < c->instances.count; i++) {
        Symbol *symbol = c->instances.items[i];
        if (!symbol->is_wrong) {
            check_body(c, symbol, symbol->instance->use);
        }
    }
}

/* ---- finding the types ---- */

static Arg *arg_named(const Inference *inference, Name name, const GenericParam **param) {
    *param = inference->template->generics;
    for (uint32_t i = 0; i < inference->count; i++, *param = (*param)->next) {
        if ((*param)->name.name == name) {
            return &inference->args[i];
        }
    }
    return NULL;
}

static void infer_type(Arg *arg, const IrType *type) {
    if (is_abstract(type) || is_open_array(type)) {
        arg->open = arg->open == NULL || type == &abstract_float ? type : arg->open;
    } else if (arg->type == NULL && ir_is_memory(type)) {
        arg->type = type;
    }
}

static void infer_number(Arg *arg, Wide number) {
    if (!arg->has_number) {
        arg->has_number = true;
        arg->number = number;
    }
}

/* Learns from a value of type `type` where the template's declaration says `expr`. */
static void infer(const Inference *inference, const TypeExpr *expr, const IrType *type);

static void infer_length(const Inference *inference, const Expr *length, Wide number) {
    const GenericParam *param;
    Arg *arg = length->kind == EXPR_NAME ? arg_named(inference, length->name, &param) : NULL;
    if (arg != NULL && param->is_const) {
        infer_number(arg, number);
    }
}

/* `Grid<T, N>` from a copy of Grid. */
static void infer_form(const Inference *inference, const TypeExpr *expr, const IrType *type) {
    Checker *c = inference->c;
    Scopes scopes = c->scopes;
    c->scopes = inference->template->unit->scopes;
    const Symbol *template = find_type_symbol(c, expr);
    c->scopes = scopes;
    for (uint32_t i = 0; template != NULL && i < template->instances.count; i++) {
        const Symbol *symbol = template->instances.items[i];
        if (symbol->type != type) {
            continue;
        }
        const TypeExpr *part = expr->args;
        for (uint32_t k = 0; part != NULL && k < symbol->instance->count; k++, part = part->next) {
            const Symbol *arg = symbol->instance->args[k];
            const GenericParam *param;
            if (arg->kind == SYMBOL_TYPE) {
                infer(inference, part, arg->type);
            } else if (part->kind == TYPE_EXPR_NAME && part->module.name == NULL) {
                Arg *mine = arg_named(inference, part->name.name, &param);
                if (mine != NULL && param->is_const) {
                    infer_number(mine, integer_of_bits(arg->type->scalar, arg->constant->bits[0]));
                }
            } else if (part->kind == TYPE_EXPR_CONST) {
                infer_length(inference, part->length,
                             integer_of_bits(arg->type->scalar, arg->constant->bits[0]));
            }
        }
    }
}

static void infer(const Inference *inference, const TypeExpr *expr, const IrType *type) {
    if (type == NULL) {
        return;
    }
    switch (expr->kind) {
    case TYPE_EXPR_NAME: {
        if (expr->name.name == NULL) {
            return;
        }
        const GenericParam *param;
        Arg *arg = expr->module.name == NULL ? arg_named(inference, expr->name.name, &param) : NULL;
        if (arg != NULL) {
            if (!param->is_const) {
                infer_type(arg, type);
            }
        } else if (type->kind == IR_TYPE_FORM) {
            infer_form(inference, expr, type);
        } else if (type->kind == IR_TYPE_BUFFER && expr->args != NULL) {
            infer(inference, expr->args, type->element);
        } else if (ir_is_atomic(type) && expr->args != NULL) {
            infer(inference, expr->args, ir_scalar(type->scalar));
        }
        return;
    }
    case TYPE_EXPR_ARRAY:
        if (type->kind == IR_TYPE_ARRAY && !type->is_matrix) {
            infer(inference, expr->element, type->element);
            infer_length(inference, expr->length, type->count);
        }
        return;
    case TYPE_EXPR_REF:
        infer(inference, expr->element, type->kind == IR_TYPE_REF ? type->element : type);
        return;
    case TYPE_EXPR_CONST:
    case TYPE_EXPR_ERROR:
        return;
    }
}

/* The type of literals where nothing decides. */
static const IrType *closed_type(Checker *c, const IrType *type) {
    if (is_abstract(type)) {
        return ir_scalar(type == &abstract_int ? IR_I32 : IR_F32);
    }
    const IrType *element = is_open_array(type) ? closed_type(c, type->element) : type->element;
    return element != NULL ? ir_array_type(c->module, element, type->count) : NULL;
}

/* A number as the parameter's type; false: reported. */
static bool fit_number(Checker *c, Arg *arg, const GenericParam *param, const Symbol *template,
                       Span use) {
    CheckPlace saved;
    enter_home(c, (Symbol *)template, use, &saved);
    arg->type = param_type(c, param);
    leave_home(c, (Symbol *)template, &saved);
    if (arg->type == NULL) {
        return false;
    }
    if (arg->number < integer_min(arg->type->scalar) ||
        arg->number > integer_max(arg->type->scalar)) {
        report_const(c, use, CONST_OVERFLOW, number_text(c, arg->number), arg->type);
        return false;
    }
    return true;
}

/* In the copy whose types are not known: what a context wants may be what decides. */
static bool is_blank(const Checker *c) {
    const Instance *instance =
        c->demands.count > 0 ? c->demands.items[c->demands.count - 1].symbol->instance : NULL;
    return instance != NULL && instance->with == NULL;
}

/* Whether all is known. What is not is reported, unless the types of the values are not known either. */
static bool settle(const Inference *inference, Span use, bool report) {
    Checker *c = inference->c;
    report &= !is_blank(c);
    const GenericParam *param = inference->template->generics;
    for (uint32_t i = 0; i < inference->count; i++, param = param->next) {
        Arg *arg = &inference->args[i];
        if (arg->has_number) {
            if (!fit_number(c, arg, param, inference->template, use)) {
                return false;
            }
            continue;
        }
        if (arg->type == NULL && arg->open != NULL) {
            arg->type = closed_type(c, arg->open);
        }
        if (arg->type == NULL) {
            if (report) {
                Diag *d = diag_report(c->diags, use, D(NOT_INFERRED), param->name.name->text,
                                      inference->template->name->text);
                diag_note(d, param->name.span, "`%s` is declared here", param->name.name->text);
                diag_help(d, param->name.span,
                          "it has to be in the type of what is given, such as `%s`",
                          param->is_const ? "[f32; N]" : "x: T");
            }
            return false;
        }
    }
    return true;
}

Symbol *check_generic_call(Checker *c, Expr *e, Symbol *template) {
    Inference inference = inference_start(c, template);
    const Param *param = template->decl->proc.params;
    bool known = true;
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        bool ref = param != NULL && param->type != NULL && param->type->kind == TYPE_EXPR_REF;
        known &= check_argument(c, arg, ref);
        if (param != NULL) {
            if (param->type != NULL) {
                infer(&inference, param->type, arg->type);
            }
            param = param->next;
        }
    }
    bool wrong = template->is_wrong || template->decl->proc.is_broken;
    bool settled = !wrong && settle(&inference, e->span, known);
    return settled && known ? get_instance(&inference, e->span) : NULL;
}

Symbol *check_generic_literal(Checker *c, Expr *e, Symbol *template, const IrType *wanted) {
    Inference inference = inference_start(c, template);
    bool known = true;
    for (FieldInit *init = e->form.fields; init != NULL; init = init->next) {
        known &= check_operand(c, init->value);
        for (const Param *field = template->decl->form.fields; field != NULL; field = field->next) {
            if (field->name.name == init->name.name && field->type != NULL) {
                infer(&inference, field->type, init->value->type);
            }
        }
    }
    for (uint32_t i = 0; wanted != NULL && i < template->instances.count; i++) {
        if (template->instances.items[i]->type == wanted) {
            return template->instances.items[i];
        }
    }
    bool settled = !template->is_wrong && settle(&inference, e->form.type->span, known);
    return settled && known ? get_instance(&inference, e->span) : NULL;
}

/* ---- written arguments ---- */

/* `16`, `(N + 1)` or `SIZE`, which the grammar takes for a type. */
static Expr *number_expr(Checker *c, const TypeExpr *expr) {
    if (expr->kind == TYPE_EXPR_CONST) {
        return expr->length;
    }
    if (expr->kind != TYPE_EXPR_NAME || expr->args != NULL || expr->name.name == NULL) {
        return NULL;
    }
    Expr *name = NEW(c->arena, Expr);
    *name = (Expr){.kind = EXPR_NAME, .depth = 1, .span = expr->name.span, .name = expr->name.name};
    if (expr->module.name == NULL) {
        return name;
    }
    Expr *module = NEW(c->arena, Expr), *member = NEW(c->arena, Expr);
    *module =
        (Expr){.kind = EXPR_NAME, .depth = 1, .span = expr->module.span, .name = expr->module.name};
    *member =
        (Expr){.kind = EXPR_FIELD, .depth = 2, .span = expr->span, .field = {module, expr->name}};
    return member;
}

static bool check_number_arg(Checker *c, const TypeExpr *expr, Arg *arg) {
    Expr *number = number_expr(c, expr);
    if (number == NULL) {
        if (expr->kind != TYPE_EXPR_ERROR) {
            diag_report(c->diags, expr->span, D(SYNTAX), "a number", "a type");
        }
        return false;
    }
    if (!check_constant(c, number, NULL) || !concrete(c, number)) {
        return false;
    }
    if (!ir_is_int(number->type) || ir_is_vector(number->type)) {
        diag_report(c->diags, number->span, D(INDEX_TYPE), "a generic constant",
                    shown_type(c, number->type));
        return false;
    }
    infer_number(arg, integer_of_bits(number->type->scalar, number->constant->bits[0]));
    return true;
}

Symbol *check_type_args(Checker *c, const TypeExpr *expr, Symbol *template) {
    Inference inference = inference_start(c, template);
    const GenericParam *param = template->generics;
    uint32_t count = 0;
    bool good = true;
    for (const TypeExpr *arg = expr->args; arg != NULL; arg = arg->next, count++) {
        if (param == NULL) {
            continue;
        }
        if (param->is_const) {
            good &= check_number_arg(c, arg, &inference.args[count]);
        } else {
            inference.args[count].type = check_type(c, arg, TYPE_OF_MEMORY);
            good &= inference.args[count].type != NULL;
        }
        param = param->next;
    }
    if (count != inference.count) {
        Diag *d = diag_report(c->diags, expr->span, D(TYPE_ARGUMENTS), template->name->text,
                              inference.count, inference.count == 1 ? "" : "s", count);
        diag_note(d, template->span, "`%s` is declared here", template->name->text);
        return NULL;
    }
    return good && !template->is_wrong && settle(&inference, expr->span, false)
               ? get_instance(&inference, expr->span)
               : NULL;
}
