/* Specialization constants: their attribute, and where their value would have to be known. See check.h. */
#include "frontend/check.h"

enum { MOST_SPECS = 65536 }; /* WebGPU and Metal take numbers of 16 bits */

static const Attribute *spec_attribute(const Decl *decl) {
    const Attribute *a = decl->attributes;
    while (a != NULL && strcmp(a->name.name->text, "spec") != 0) {
        a = a->next;
    }
    return a;
}

bool is_spec_decl(const Decl *decl) {
    return spec_attribute(decl) != NULL;
}

/* The number that a host knows it by; false: reported. */
static bool check_id(Checker *c, const Attribute *a, uint32_t *id) {
    Expr *arg = a->args;
    static const char wants[] = "takes one number, from 0 to 65535";
    if (arg == NULL || arg->next != NULL) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "spec", wants);
        return false;
    }
    if (!check_constant(c, arg, NULL) || !concrete(c, arg)) {
        return false;
    }
    if (!ir_is_int(arg->type) || ir_is_vector(arg->type)) {
        diag_report(c->diags, arg->span, D(BAD_ATTRIBUTE), "spec", wants);
        return false;
    }
    Wide number = integer_of_bits(arg->type->scalar, arg->constant->bits[0]);
    if (number < 0 || number >= MOST_SPECS) {
        diag_report(c->diags, arg->span, D(BAD_ATTRIBUTE), "spec", wants);
        return false;
    }
    *id = (uint32_t)number;
    return true;
}

bool check_spec(Checker *c, Symbol *symbol, Expr *value) {
    const Attribute *a = spec_attribute(symbol->decl);
    if (!concrete(c, value) || !check_id(c, a, &symbol->spec_id)) {
        return false;
    }
    if (value->type->kind != IR_TYPE_SCALAR) {
        diag_report(c->diags, a->span, D(BAD_ATTRIBUTE), "spec",
                    arena_printf(c->arena, "is for scalars, found %s", shown_type(c, value->type)));
        return false;
    }
    if (c->specs == NULL) {
        c->specs = NEW_ARRAY(c->arena, Symbol *, MOST_SPECS);
    }
    const Symbol *other = c->specs[symbol->spec_id];
    if (other != NULL) {
        Diag *d = diag_report(c->diags, a->span, D(DUPLICATE_SPEC), (unsigned)symbol->spec_id,
                              other->name->text);
        diag_note(d, other->span, "`%s` is declared here", other->name->text);
        return false;
    }
    c->specs[symbol->spec_id] = symbol;
    return true;
}

const Symbol *spec_of(const Expr *e) {
    bool named = e->kind == EXPR_NAME || e->kind == EXPR_FIELD; /* of a module */
    return named && e->symbol != NULL && e->symbol->is_spec ? e->symbol : NULL;
}

/* One that the value of an expression depends on; NULL: there is none. */
static const Symbol *find_spec(const Expr *e) {
    const Expr *parts[3] = {0}, *list = NULL;
    switch (e->kind) {
    case EXPR_UNARY:
        parts[0] = e->unary.a;
        break;
    case EXPR_BINARY:
        parts[0] = e->binary.a;
        parts[1] = e->binary.b;
        break;
    case EXPR_TERNARY:
        parts[0] = e->ternary.condition;
        parts[1] = e->ternary.a;
        parts[2] = e->ternary.b;
        break;
    case EXPR_CAST:
    case EXPR_BITCAST:
        parts[0] = e->cast.a;
        break;
    case EXPR_CALL:
        list = e->call.args;
        break;
    case EXPR_INDEX:
    case EXPR_REPEAT:
        parts[0] = e->index.a;
        parts[1] = e->index.b;
        break;
    case EXPR_FIELD:
        parts[0] = spec_of(e) != NULL ? NULL : e->field.a;
        break;
    case EXPR_ARRAY:
        list = e->elements;
        break;
    default:
        break;
    }
    const Symbol *found = spec_of(e);
    for (int i = 0; i < 3 && found == NULL; i++) {
        found = parts[i] != NULL ? find_spec(parts[i]) : NULL;
    }
    for (; list != NULL && found == NULL; list = list->next) {
        found = find_spec(list);
    }
    return found;
}

void report_not_constant(Checker *c, const Expr *e) {
    const Symbol *spec = find_spec(e);
    if (spec == NULL) {
        diag_report(c->diags, e->span, D(NOT_CONSTANT));
        return;
    }
    Diag *d = diag_report(c->diags, e->span, D(SPEC_AS_CONSTANT), spec->name->text);
    diag_note(d, spec->span, "the host may set it when it creates a kernel");
    diag_help(d, e->span, "a `const` without `#[spec]` is known here, and `-D %s=…` can set it",
              spec->name->text);
}

bool check_spec_u32(Checker *c, const Expr *e) {
    if (e->type == ir_scalar(IR_U32)) {
        return true;
    }
    Diag *d = diag_report(c->diags, e->span, D(TYPE_MISMATCH), "`u32`", shown_type(c, e->type));
    diag_help(d, spec_of(e)->span, "declare it as `u32`");
    return false;
}

const IrType *check_spec_array(Checker *c, const TypeExpr *expr) {
    const IrType *element = check_type(c, expr->element, TYPE_OF_MEMORY);
    const Expr *length = expr->length;
    if (!check_spec_u32(c, length) || element == NULL || spec_of(length)->constant == NULL) {
        return NULL;
    }
    const ConstValue *value = spec_of(length)->constant;
    if (value->bits[0] < 1 || value->bits[0] > IR_MAX_WORDS) {
        diag_report(c->diags, length->span, D(BAD_LENGTH), const_text(c->arena, value),
                    (int)IR_MAX_WORDS);
        return NULL;
    }
    const IrType *type = ir_array_type(c->module, element, (uint32_t)value->bits[0]);
    if (type == NULL) {
        diag_report(c->diags, expr->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
    }
    return type;
}

bool has_spec_length(const Expr *e) {
    return e->kind == EXPR_NAME && e->symbol != NULL && e->symbol->has_spec_length;
}

void report_spec_length(Checker *c, const Expr *e) {
    Diag *d = diag_report(c->diags, e->span, D(SPEC_LENGTH), e->name->text);
    diag_help(d, e->span, "use its elements one by one");
}
