/* Arrays, forms and matrices: their types, literals and operators. See check.h. */
#include "frontend/check.h"

/* ---- types ---- */

const IrType *check_array_type(Checker *c, const TypeExpr *expr) {
    const IrType *element = check_type(c, expr->element, TYPE_OF_MEMORY);
    uint32_t count = check_length(c, expr->length);
    if (element == NULL || count == 0) {
        return NULL;
    }
    const IrType *type = ir_array_type(c->module, element, count);
    if (type == NULL) {
        diag_report(c->diags, expr->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
    }
    return type;
}

uint32_t check_length(Checker *c, Expr *e) {
    if (!check_constant(c, e, NULL) || !concrete(c, e)) {
        return 0;
    }
    if (!ir_is_int(e->type) || ir_is_vector(e->type)) {
        report_not_constant(c, e);
        return 0;
    }
    Wide length = integer_of_bits(e->type->scalar, e->constant->bits[0]);
    if (length < 1 || length > IR_MAX_WORDS) {
        diag_report(c->diags, e->span, D(BAD_LENGTH), const_text(c->arena, e->constant),
                    (int)IR_MAX_WORDS);
        return 0;
    }
    return (uint32_t)length;
}

static void check_fields(Checker *c, Symbol *symbol) {
    const Decl *decl = symbol->decl;
    VEC(IrField) fields = {0};
    bool good = decl->form.fields != NULL;
    if (!good) {
        diag_report(c->diags, symbol->span, D(EMPTY_FORM), symbol->name->text);
    }
    for (const Param *field = decl->form.fields; field != NULL; field = field->next) {
        if (field->name.name == NULL || field->type == NULL) {
            good = false;
            continue;
        }
        for (uint32_t i = 0; i < fields.count; i++) {
            if (fields.items[i].name == field->name.name) {
                diag_report(c->diags, field->name.span, D(DUPLICATE_NAME), field->name.name->text);
                good = false;
            }
        }
        IrField made = {.name = field->name.name,
                        .doc = field->doc,
                        .type = check_type(c, field->type, TYPE_OF_MEMORY)};
        good &= made.type != NULL;
        VEC_PUSH(c->arena, &fields, made);
    }
    if (good) {
        symbol->type =
            ir_form_type(c->module, symbol->ir_name, decl->doc, fields.count, fields.items);
        if (symbol->type == NULL) {
            diag_report(c->diags, symbol->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
        }
    }
}

void check_form_symbol(Checker *c, Symbol *symbol, Span use) {
    if (symbol->state == CHECKING) {
        Diag *d = diag_report(c->diags, use, D(FORM_CYCLE), symbol->name->text);
        note_circle(c, d, symbol, use);
        diag_note(d, symbol->span, "`%s` is declared here", symbol->name->text);
    }
    if (symbol->state != UNCHECKED) {
        return;
    }
    symbol->state = CHECKING;
    if (++c->form_depth > CHECK_MAX_FORM_DEPTH) {
        diag_report(c->diags, use, D(TOO_DEEP), (int)CHECK_MAX_FORM_DEPTH);
    } else {
        CheckPlace saved;
        enter_home(c, symbol, use, &saved);
        check_fields(c, symbol);
        leave_home(c, symbol, &saved);
    }
    c->form_depth--;
    symbol->state = CHECKED;
}

const IrType *check_matrix_type(Checker *c, Name name) {
    const IrType *scalar = ir_type_named(name->text, 3);
    return ir_matrix_type(c->module, scalar->scalar, (unsigned)(name->text[4] - '0'),
                          (unsigned)(name->text[6] - '0'));
}

/* ---- literals ---- */

/* An array of literals that no context has given a type yet: its element is abstract, and it is interned nowhere. */
bool is_open_array(const IrType *type) {
    return type->kind == IR_TYPE_ARRAY &&
           (is_abstract(type->element) || is_open_array(type->element));
}

static const IrType *open_array(Checker *c, const IrType *element, uint32_t count) {
    IrType *type = NEW(c->arena, IrType);
    *type = (IrType){.kind = IR_TYPE_ARRAY,
                     .element = element,
                     .count = count,
                     .words = element->words * count,
                     .depth = element->depth + 1};
    return type;
}

/* The words of all parts, where each is constant. */
static void fold_parts(Checker *c, Expr *e, uint32_t count, const Expr *const *parts) {
    uint64_t *words = NEW_ARRAY(c->arena, uint64_t, e->type->words);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i]->constant == NULL) {
            return;
        }
        memcpy(words + at, const_words(parts[i]->constant), parts[i]->type->words * sizeof *words);
        at += parts[i]->type->words;
    }
    ConstValue *value = NEW(c->arena, ConstValue);
    value->type = e->type;
    value->words = words;
    e->constant = value;
}

static void fold_array(Checker *c, Expr *e) {
    const Expr **parts = NEW_ARRAY(c->arena, const Expr *, e->type->count);
    const Expr *element = e->kind == EXPR_ARRAY ? e->elements : e->index.a;
    for (uint32_t i = 0; i < e->type->count; i++) {
        parts[i] = element;
        element = e->kind == EXPR_ARRAY ? element->next : element;
    }
    fold_parts(c, e, e->type->count, parts);
}

static void finish_array(Checker *c, Expr *e, const IrType *element, uint32_t count) {
    if (is_abstract(element) || is_open_array(element)) {
        if (element->words > IR_MAX_WORDS / count || element->depth >= IR_MAX_TYPE_DEPTH) {
            diag_report(c->diags, e->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
            return;
        }
        e->type = open_array(c, element, count);
        return;
    }
    e->type = ir_array_type(c->module, element, count);
    if (e->type == NULL) {
        diag_report(c->diags, e->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
        return;
    }
    fold_array(c, e);
}

static bool is_open(const IrType *type) {
    return is_abstract(type) || is_open_array(type);
}

/* The scalar at the bottom of an open type. */
static const IrType *open_scalar(const IrType *type) {
    return is_abstract(type) ? type : open_scalar(type->element);
}

void check_array(Checker *c, Expr *e) {
    uint32_t count = 0;
    bool good = true;
    const IrType *model =
        NULL; /* what the others must be like: the first that is open to nothing else */
    for (Expr *element = e->elements; element != NULL; element = element->next, count++) {
        good &= check_operand(c, element);
        const IrType *type = element->type;
        if (type != NULL &&
            (model == NULL ||
             (is_open(model) && (!is_open(type) || open_scalar(type) == &abstract_float)))) {
            model = type;
        }
    }
    if (count == 0) {
        diag_report(c->diags, e->span, D(BAD_LENGTH), "0", (int)IR_MAX_WORDS);
        return;
    }
    for (Expr *element = e->elements; good && element != NULL && !is_open(model);
         element = element->next) {
        good = coerce(c, element, model);
    }
    if (good) { /* literals alone wait for their context */
        finish_array(c, e, model, count);
    }
}

void check_repeat(Checker *c, Expr *e) {
    bool good = check_operand(c, e->index.a);
    uint32_t count = check_length(c, e->index.b);
    if (good && count > 0) {
        finish_array(c, e, e->index.a->type, count);
    }
}

bool coerce_array(Checker *c, Expr *e, const IrType *type) {
    bool good = true;
    if (e->kind == EXPR_ARRAY) {
        for (Expr *element = e->elements; element != NULL; element = element->next) {
            good &= coerce(c, element, type->element);
        }
    } else if (e->kind == EXPR_REPEAT) {
        good = coerce(c, e->index.a, type->element);
    } else if (e->kind == EXPR_TERNARY) {
        good = coerce(c, e->ternary.a, type) && coerce(c, e->ternary.b, type);
    } else if (e->kind == EXPR_IF) {
        good = coerce(c, e->if_else.a->value, type) && coerce(c, e->if_else.b->value, type);
    }
    e->type = good ? type : NULL;
    if (good && (e->kind == EXPR_ARRAY || e->kind == EXPR_REPEAT)) {
        fold_array(c, e);
    }
    return good;
}

/* The type that an open one has where nothing decides; NULL: too large. */
static const IrType *default_type(Checker *c, const IrType *type) {
    if (is_abstract(type)) {
        return ir_scalar(type == &abstract_int ? IR_I32 : IR_F32);
    }
    const IrType *element = default_type(c, type->element);
    return element != NULL ? ir_array_type(c->module, element, type->count) : NULL;
}

bool concrete_array(Checker *c, Expr *e) {
    const IrType *type = default_type(c, e->type);
    if (type == NULL) {
        diag_report(c->diags, e->span, D(TYPE_TOO_LARGE), (int)IR_MAX_WORDS);
        e->type = NULL;
        return false;
    }
    return coerce_array(c, e, type);
}

static uint32_t find_field(const IrType *form, Name name) {
    uint32_t i = 0;
    while (i < form->count && form->fields[i].name != name) {
        i++;
    }
    return i;
}

static void report_no_field(Checker *c, const IrType *form, Ident name) {
    Diag *d =
        diag_report(c->diags, name.span, D(UNKNOWN_FIELD), shown_type(c, form), name.name->text);
    unsigned distance = 3;
    const char *best = NULL;
    for (uint32_t i = 0; i < form->count; i++) {
        unsigned apart = name_distance(name.name->text, form->fields[i].name->text, distance);
        if (apart < distance) {
            distance = apart;
            best = form->fields[i].name->text;
        }
    }
    if (best != NULL) {
        diag_help(d, name.span, "did you mean `%s`?", best);
    }
}

static const IrType *literal_type(Checker *c, Expr *e, bool *checked) {
    const IrType *wanted = c->wanted;
    c->wanted = NULL;
    Symbol *symbol = find_type_symbol(c, e->form.type);
    *checked = symbol != NULL && symbol->kind == SYMBOL_FORM && symbol->generics != NULL;
    if (!*checked) {
        return check_type(c, e->form.type, TYPE_OF_VALUE);
    }
    symbol->used = true;
    Symbol *instance = check_generic_literal(c, e, symbol, wanted);
    return instance != NULL ? instance->type : NULL;
}

void check_form_literal(Checker *c, Expr *e) {
    bool checked; /* the values */
    const IrType *form = literal_type(c, e, &checked);
    if (form != NULL && form->kind != IR_TYPE_FORM) {
        Diag *d = diag_report(c->diags, e->form.type->span, D(NOT_A_FORM), type_text(c, form));
        if (ir_is_vector(form)) {
            diag_help(d, e->form.type->span, "a vector is made as `%s(…)`", type_text(c, form));
        }
        form = NULL;
    }
    Expr **values = form != NULL ? NEW_ARRAY(c->arena, Expr *, form->count) : NULL;
    bool good = form != NULL;
    for (FieldInit *init = e->form.fields; init != NULL; init = init->next) {
        uint32_t at =
            form != NULL && init->name.name != NULL ? find_field(form, init->name.name) : 0;
        if (!checked) {
            c->wanted = form != NULL && at < form->count ? form->fields[at].type : NULL;
            check_expr(c, init->value);
        }
        if (form == NULL || init->name.name == NULL) {
            good = false;
        } else if (at == form->count) {
            report_no_field(c, form, init->name);
            good = false;
        } else if (values[at] != NULL) {
            diag_report(c->diags, init->name.span, D(DUPLICATE_NAME), init->name.name->text);
            good = false;
        } else {
            values[at] = init->value;
            good &= is_operand(c, init->value) && coerce(c, init->value, form->fields[at].type);
        }
    }
    for (uint32_t i = 0; form != NULL && i < form->count; i++) {
        if (values[i] == NULL) {
            Diag *d = diag_report(c->diags, e->span, D(MISSING_FIELD), form->fields[i].name->text,
                                  type_text(c, form));
            diag_help(d, e->span, "add `%s: …`", form->fields[i].name->text);
            good = false;
        }
    }
    if (good) {
        e->type = form;
        fold_parts(c, e, form->count, (const Expr *const *)values);
    }
}

/* ---- parts ---- */

static void fold_part(Checker *c, Expr *e, const Expr *whole, uint32_t index) {
    if (whole->constant == NULL) {
        return;
    }
    const uint64_t *words = const_words(whole->constant) + ir_part_word(whole->type, index);
    ConstValue *value = NEW(c->arena, ConstValue);
    value->type = e->type;
    if (ir_is_composite(e->type)) {
        value->words = words;
    } else {
        memcpy(value->bits, words, e->type->words * sizeof *words);
    }
    e->constant = value;
}

void check_part_index(Checker *c, Expr *e) {
    const Expr *a = e->index.a, *b = e->index.b;
    e->type = ir_part_type(a->type, 0);
    if (b->constant == NULL) {
        return;
    }
    Wide index = integer_of_bits(b->type->scalar, b->constant->bits[0]);
    uint32_t count = ir_part_count(a->type);
    if ((index < 0 || index >= count) && !has_spec_length(a)) {
        diag_report(c->diags, b->span, D(INDEX_OUTSIDE), const_text(c->arena, b->constant),
                    type_text(c, a->type), count);
        e->type = NULL;
        return;
    }
    fold_part(c, e, a, (uint32_t)index);
}

void check_form_field(Checker *c, Expr *e) {
    const IrType *form = e->field.a->type;
    uint32_t index = find_field(form, e->field.name.name);
    if (index == form->count) {
        report_no_field(c, form, e->field.name);
        return;
    }
    e->info = index;
    e->type = form->fields[index].type;
    fold_part(c, e, e->field.a, index);
}

/* ---- matrices ---- */

static unsigned columns_of(const IrType *matrix) {
    return matrix->count;
}
static unsigned rows_of(const IrType *matrix) {
    return matrix->element->lanes;
}

/* The type of `a op b` where one is a matrix; NULL: there is none. */
static const IrType *matrix_result(Checker *c, BinaryOp op, Expr *a, Expr *b) {
    const IrType *left = a->type, *right = b->type;
    const IrType *lane = ir_lane_type((left->is_matrix ? left : right)->element);
    if (op == BINARY_ADD || op == BINARY_SUB) {
        return left == right ? left : NULL;
    }
    if (op != BINARY_MUL) {
        return NULL;
    }
    if (is_abstract(left) || is_abstract(right)) {
        Expr *literal = is_abstract(left) ? a : b;
        return coerce(c, literal, lane) ? (literal == a ? right : left) : NULL;
    }
    if (left == lane || right == lane) {
        return left == lane ? right : left;
    }
    if (left->is_matrix && right->is_matrix) {
        bool fits =
            columns_of(left) == rows_of(right) && left->element->scalar == right->element->scalar;
        return fits ? ir_matrix_type(c->module, lane->scalar, columns_of(right), rows_of(left))
                    : NULL;
    }
    const IrType *vector = left->is_matrix ? right : left;
    const IrType *matrix = left->is_matrix ? left : right;
    if (!ir_is_vector(vector) || vector->scalar != lane->scalar) {
        return NULL;
    }
    unsigned wanted = left->is_matrix ? columns_of(matrix) : rows_of(matrix);
    unsigned lanes = left->is_matrix ? rows_of(matrix) : columns_of(matrix);
    return vector->lanes == wanted ? ir_vector(lane->scalar, lanes) : NULL;
}

bool check_matrix_binary(Checker *c, Expr *e) {
    Expr *a = e->binary.a, *b = e->binary.b;
    if (!a->type->is_matrix && !b->type->is_matrix) {
        return false;
    }
    const IrType *left = a->type, *right = b->type;
    unsigned errors = c->diags->errors;
    e->type = matrix_result(c, e->binary.op, a, b);
    if (e->type == NULL && c->diags->errors == errors) {
        Diag *d =
            diag_report(c->diags, e->span, D(NO_MATRIX_OPERATOR), binary_spelling(e->binary.op),
                        shown_type(c, left), shown_type(c, right));
        diag_help(
            d, e->span,
            "matrices have `m + m`, `m - m`, `-m`, `m * s`, `s * m`, `m * v`, `v * m`, `m * m`; "
            "the columns of the left side are as many as the rows of the right");
    }
    return true;
}

void check_matrix_constructor(Checker *c, Expr *e, const IrType *type) {
    uint32_t count = 0, words = 0;
    bool good = true;
    const IrType *column = type->element, *lane = ir_lane_type(column);
    for (Expr *arg = e->call.args; arg != NULL; arg = arg->next, count++) {
        if (!check_operand(c, arg)) {
            good = false;
        } else if (arg->type != column && !coerce(c, arg, lane)) {
            good = false;
        } else {
            words += arg->type->words;
        }
    }
    if (!good) {
        return;
    }
    bool scalars = count == type->words, columns = count == type->count;
    if (words != type->words || (!scalars && !columns)) {
        diag_report(c->diags, e->span, D(BAD_CONSTRUCTOR), type_text(c, type), type->words, words);
        return;
    }
    e->type = type;
    const Expr **parts = NEW_ARRAY(c->arena, const Expr *, count);
    count = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        parts[count++] = arg;
    }
    fold_parts(c, e, count, parts);
}
