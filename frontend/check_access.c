/* Indexing, fields and swizzles, and what may be assigned to. See check.h. */
#include "frontend/check.h"

void check_container(Checker *c, Expr *e) {
    check_expr(c, e);
    if (e->type != NULL && e->type->kind == IR_TYPE_REF) {
        e->type = e->type->element;
    }
}

void check_index(Checker *c, Expr *e) {
    Expr *a = e->index.a, *b = e->index.b;
    check_container(c, a);
    if (!check_operand(c, b) || a->type == NULL) {
        return;
    }
    bool buffer = a->type->kind == IR_TYPE_BUFFER;
    if (!buffer && !ir_is_vector(a->type) && a->type->kind != IR_TYPE_ARRAY) {
        diag_report(c->diags, a->span, D(NOT_INDEXABLE), shown_type(c, a->type));
        return;
    }
    if (!coerce_index(c, b)) {
        return;
    }
    if (buffer) {
        e->type = a->type->element;
        return;
    }
    if (is_open_array(a->type) && !concrete(c, a)) {
        return;
    }
    check_part_index(c, e);
}

/* The lanes that a swizzle names, or 0 where it is none of the vector's. */
static unsigned swizzle_lanes(const char *text, unsigned lanes, uint8_t *out) {
    const char *sets[] = {"xyzw", "rgba"};
    for (int set = 0; set < 2; set++) {
        unsigned count = 0;
        while (text[count] != '\0' && count < IR_MAX_LANES) {
            const char *at = strchr(sets[set], text[count]);
            if (at == NULL || (unsigned)(at - sets[set]) >= lanes) {
                break;
            }
            out[count++] = (uint8_t)(at - sets[set]);
        }
        if (count > 0 && text[count] == '\0') {
            return count;
        }
    }
    return 0;
}

void check_field(Checker *c, Expr *e) {
    MemberFound member = check_member_name(c, e);
    if (member != MEMBER_NONE) {
        if (member == MEMBER_FOUND) {
            check_expr(c, e);
        }
        return;
    }
    Expr *a = e->field.a;
    check_container(c, a);
    if (a->type == NULL || e->field.name.name == NULL) {
        return;
    }
    const char *name = e->field.name.name->text;
    if (a->type->kind == IR_TYPE_BUFFER) {
        if (strcmp(name, "len") == 0) {
            e->type = ir_scalar(IR_U32);
        } else {
            Diag *d = diag_report(c->diags, e->field.name.span, D(UNKNOWN_FIELD), "a buffer", name);
            diag_help(d, e->field.name.span, "a buffer has `.len`, its element count");
        }
        return;
    }
    if (a->type->kind == IR_TYPE_FORM) {
        check_form_field(c, e);
        return;
    }
    if (!ir_is_vector(a->type)) {
        diag_report(c->diags, e->field.name.span, D(UNKNOWN_FIELD), shown_type(c, a->type), name);
        return;
    }
    uint8_t lanes[IR_MAX_LANES];
    unsigned count = swizzle_lanes(name, a->type->lanes, lanes);
    if (count == 0) {
        Diag *d =
            diag_report(c->diags, e->field.name.span, D(BAD_SWIZZLE), name, type_text(c, a->type));
        diag_help(d, e->field.name.span, "its components are `%.*s` or `%.*s`", (int)a->type->lanes,
                  "xyzw", (int)a->type->lanes, "rgba");
        return;
    }
    e->info = swizzle_make(lanes, count);
    e->type = ir_vector(a->type->scalar, count);
    if (a->constant != NULL) {
        ConstValue *value = NEW(c->arena, ConstValue);
        value->type = e->type;
        for (unsigned i = 0; i < count; i++) {
            value->bits[i] = a->constant->bits[lanes[i]];
        }
        e->constant = value;
    }
}

static bool repeats(uint32_t swizzle) {
    unsigned seen = 0;
    for (unsigned i = 0; i < swizzle_count(swizzle); i++) {
        unsigned bit = 1u << swizzle_lane(swizzle, i);
        if (seen & bit) {
            return true;
        }
        seen |= bit;
    }
    return false;
}

static void report_immutable(Checker *c, const Expr *e) {
    const Symbol *symbol = e->symbol;
    const char *name = e->name->text;
    Diag *d = diag_report(c->diags, e->span, D(ASSIGN_IMMUTABLE), name);
    if (symbol->span.start != 0) {
        diag_note(d, symbol->span, "`%s` is declared here", name);
    }
    if (symbol->is_counter) {
        diag_help(d, symbol->span, "the loop counts; `step` sets by how much");
    } else if (symbol->is_param) {
        diag_help(d, symbol->span, "copy it to change it: `let mut %s = %s;`", name, name);
    } else if (symbol->kind == SYMBOL_LOCAL) {
        diag_help(d, symbol->span, "declare it with `let mut`");
    } else if (symbol->kind == SYMBOL_BUILTIN_VALUE) {
        diag_help(d, e->span, "it is a built-in value; `let mut %s = %s;` makes a variable of it",
                  name, name);
    }
}

bool check_place(Checker *c, Expr *e) {
    if (e->type == NULL) {
        return false;
    }
    switch (e->kind) {
    case EXPR_NAME:
        if (e->type->kind == IR_TYPE_BUFFER) {
            diag_report(c->diags, e->span, D(BUFFER_MISUSED));
            return false;
        }
        if (e->type->kind == IR_TYPE_REF) {
            report_ref_value(c, e);
            return false;
        }
        if (e->symbol->kind != SYMBOL_LOCAL || !e->symbol->is_mut) {
            report_immutable(c, e);
            return false;
        }
        return true;
    case EXPR_INDEX:
        if (e->index.a->type->kind == IR_TYPE_BUFFER) {
            return e->index.a->kind == EXPR_NAME;
        }
        if (e->index.a->kind == EXPR_FIELD && ir_is_vector(e->index.a->type) &&
            e->index.a->field.a->type->kind !=
                IR_TYPE_FORM) { /* v.yx[k] = …: a place has one index a level */
            diag_report(c->diags, e->span, D(NOT_ASSIGNABLE));
            return false;
        }
        return check_place(c, e->index.a);
    case EXPR_FIELD:
        if (e->field.a->type->kind == IR_TYPE_BUFFER) {
            break; /* .len */
        }
        if (e->field.a->type->kind != IR_TYPE_FORM && repeats(e->info)) {
            diag_report(c->diags, e->field.name.span, D(SWIZZLE_REPEATS));
            return false;
        }
        return check_place(c, e->field.a);
    case EXPR_UNARY:
        if (e->unary.op == UNARY_DEREF) {
            return true;
        }
        break;
    default:
        break;
    }
    diag_report(c->diags, e->span, D(NOT_ASSIGNABLE));
    return false;
}
