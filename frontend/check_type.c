/* Types as they are written, and as messages show them. See check.h. */
#include "frontend/check.h"
#include "frontend/foreign.h"

const char *type_text(Checker *c, const IrType *type) {
    if (is_abstract(type)) { /* the type that it has where nothing decides */
        type = ir_scalar(type == &abstract_int ? IR_I32 : IR_F32);
    }
    switch (type->kind) {
    case IR_TYPE_BUFFER:
        return arena_printf(c->arena, "Buffer<%s>", type_text(c, type->element));
    case IR_TYPE_ARRAY:
        if (!type->is_matrix) {
            return arena_printf(c->arena, "[%s; %u]", type_text(c, type->element), type->count);
        }
        return ir_type_text(c->arena, type);
    case IR_TYPE_FORM:
        for (uint32_t i = 0; i < c->forms.count; i++) {
            if (c->forms.items[i]->type == type) {
                return c->forms.items[i]->name->text;
            }
        }
        return type->name->text;
    case IR_TYPE_ATOMIC:
        return arena_printf(c->arena, "Atomic<%s>", ir_scalars[type->scalar].text);
    case IR_TYPE_REF:
        return arena_printf(c->arena, "&mut %s", type_text(c, type->element));
    default:
        return ir_type_text(c->arena, type);
    }
}

const char *shown_type(Checker *c, const IrType *type) {
    return type == &abstract_int     ? "an integer literal"
           : type == &abstract_float ? "a float literal"
                                     : arena_printf(c->arena, "`%s`", type_text(c, type));
}

static bool is_digit_2_to_4(char ch) {
    return ch >= '2' && ch <= '4';
}

bool is_matrix_name(Name name) {
    return name->length == 7 && name->text[0] == 'f' && name->text[3] == 'x' &&
           name->text[5] == 'x' && is_digit_2_to_4(name->text[4]) &&
           is_digit_2_to_4(name->text[6]) && ir_type_named(name->text, 3) != NULL;
}

/* The type that is spelt most like a name, letter case apart; NULL: none is near. */
static const char *nearest_type(Checker *c, Name name) {
    char *lower = arena_copy_text(c->arena, name->text, name->length);
    for (char *ch = lower; *ch != '\0'; ch++) {
        *ch = (char)(*ch >= 'A' && *ch <= 'Z' ? *ch - 'A' + 'a' : *ch);
    }
    if (name_distance(lower, "buffer", 2) <= 2) {
        return "Buffer<…>";
    }
    if (name_distance(lower, "atomic", 2) <= 2) {
        return "Atomic<…>";
    }
    const char *best = NULL;
    unsigned distance = 2;
    for (int s = 0; s < IR_SCALAR_COUNT; s++) {
        for (unsigned lanes = 1; lanes <= IR_MAX_LANES; lanes++) {
            const char *text = ir_type_text(c->arena, ir_vector((IrScalar)s, lanes));
            unsigned apart = name_distance(lower, text, distance);
            if (apart < distance) {
                distance = apart;
                best = text;
            }
        }
    }
    return best;
}

static void report_unknown_type(Checker *c, const TypeExpr *expr) {
    const char *name = expr->name.name->text, *ours = foreign_type(name);
    Diag *d = diag_report(c->diags, expr->name.span, D(UNKNOWN_TYPE), name);
    if (strcmp(name, "void") == 0) {
        diag_help(d, expr->span, "a proc that gives nothing names no result");
        return;
    }
    if (ours != NULL) {
        diag_help(d, expr->name.span, "in Vitte it is `%s`", ours);
        return;
    }
    const char *near = nearest_type(c, expr->name.name);
    if (near != NULL) {
        diag_help(d, expr->name.span, "did you mean `%s`?", near);
    }
}

static const IrType *check_buffer_type(Checker *c, const TypeExpr *expr, TypePlace place) {
    if (expr->args == NULL || expr->args->next != NULL) {
        Diag *d = diag_report(c->diags, expr->span, D(SYNTAX), "one type after `Buffer`",
                              expr->args == NULL ? "none" : "several");
        diag_help(d, expr->span, "write `Buffer<f32>`");
        return NULL;
    }
    if (place != TYPE_OF_PARAMETER) {
        diag_report(c->diags, expr->span, D(BUFFER_HERE));
        return NULL;
    }
    const IrType *element = check_type(c, expr->args, TYPE_OF_MEMORY);
    if (element == NULL) {
        return NULL;
    }
    if (ir_has_bool(element)) {
        Diag *d = diag_report(c->diags, expr->args->span, D(BOOL_IN_BUFFER));
        diag_help(
            d, expr->args->span, "use `%s`",
            ir_type_text(c->arena, ir_vector(IR_U32, ir_is_value(element) ? element->lanes : 1)));
        return NULL;
    }
    return ir_root_type(c->module, IR_TYPE_BUFFER, element);
}

static const IrType *check_ref_type(Checker *c, const TypeExpr *expr) {
    const IrType *element = check_type(c, expr->element, TYPE_OF_MEMORY);
    return element != NULL ? ir_root_type(c->module, IR_TYPE_REF, element) : NULL;
}

Symbol *find_type_symbol(Checker *c, const TypeExpr *expr) {
    if (expr->kind != TYPE_EXPR_NAME || expr->name.name == NULL) {
        return NULL;
    }
    Name name = expr->name.name;
    if (expr->module.name != NULL) {
        const Symbol *module = find_module(c, expr->module.name);
        return module != NULL && module->module != NULL
                   ? scope_find_declared(&module->module->scopes, name)
                   : NULL;
    }
    return ir_type_named(name->text, name->length) == NULL ? scope_find(&c->scopes, name) : NULL;
}

static const IrType *check_form_type(Checker *c, const TypeExpr *expr, Symbol *symbol) {
    if (symbol->generics != NULL) {
        symbol = check_type_args(c, expr, symbol);
        return symbol != NULL ? symbol->type : NULL;
    }
    check_form_symbol(c, symbol, expr->span);
    if (expr->args != NULL) {
        diag_report(c->diags, expr->span, D(TYPE_ARGUMENTS), symbol->name->text, 0, "s", 1);
    }
    return symbol->type;
}

/* noise.Params */
static const IrType *check_member_type(Checker *c, const TypeExpr *expr) {
    const Symbol *module = find_module(c, expr->module.name);
    if (module == NULL) {
        if (scope_find(&c->scopes, expr->module.name) == NULL) {
            diag_report(c->diags, expr->module.span, D(UNKNOWN_NAME), expr->module.name->text);
        } else {
            report_unknown_type(c, expr);
        }
        return NULL;
    }
    Symbol *symbol = check_member(c, module, expr->name);
    if (symbol != NULL && symbol->kind != SYMBOL_FORM) {
        report_unknown_type(c, expr);
        symbol = NULL;
    }
    return symbol != NULL ? check_form_type(c, expr, symbol) : NULL;
}

static const IrType *named_type(Checker *c, const TypeExpr *expr, TypePlace place) {
    switch (expr->kind) {
    case TYPE_EXPR_ERROR:
        return NULL;
    case TYPE_EXPR_ARRAY:
        return check_array_type(c, expr);
    case TYPE_EXPR_REF:
        return check_ref_type(c, expr);
    case TYPE_EXPR_CONST:
        diag_report(c->diags, expr->span, D(SYNTAX), "a type", "a number");
        return NULL;
    case TYPE_EXPR_NAME:
        break;
    }
    if (expr->name.name == NULL) {
        return NULL; /* the parser reported */
    }
    if (expr->module.name != NULL) {
        return check_member_type(c, expr);
    }
    Name name = expr->name.name;
    if (strcmp(name->text, "Buffer") == 0) {
        return check_buffer_type(c, expr, place);
    }
    if (strcmp(name->text, "Atomic") == 0) {
        return check_atomic_type(c, expr);
    }
    const IrType *type = ir_type_named(name->text, name->length);
    if (type == NULL) {
        Symbol *symbol = find_type_symbol(c, expr);
        if (symbol != NULL && symbol->kind == SYMBOL_FORM) {
            symbol->used = true;
            return check_form_type(c, expr, symbol);
        }
        if (symbol != NULL && (symbol->kind == SYMBOL_IMPORT || symbol->kind == SYMBOL_TYPE)) {
            symbol->used = true; /* an import without a target was reported */
            type = symbol->type;
            if (type == NULL) {
                return NULL;
            }
        } else if (is_matrix_name(name)) {
            type = check_matrix_type(c, name);
        } else {
            report_unknown_type(c, expr);
            return NULL;
        }
    }
    if (expr->args != NULL) {
        diag_report(c->diags, expr->span, D(SYNTAX), "a type without arguments", "type arguments");
        return NULL;
    }
    return type;
}

const IrType *check_type(Checker *c, const TypeExpr *expr, TypePlace place) {
    const IrType *type = named_type(c, expr, place);
    if (type == NULL) {
        note_wrong(c);
        return NULL;
    }
    if (place == TYPE_OF_MEMORY || ir_is_root(type) || !type->has_atomic) {
        return type;
    }
    Diag *d = diag_report(c->diags, expr->span, D(ATOMIC_HERE), type_text(c, type));
    diag_help(d, expr->span, "put it in a `Buffer` or in `shared` memory");
    return NULL;
}
