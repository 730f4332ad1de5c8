/* `&mut`: a place as an argument. See check.h. */
#include "frontend/check.h"

/* Types it as the place that it is of. */
static void check_target(Checker *c, Expr *e) {
    Expr *a = e->unary.a;
    check_expr(c, a);
    if (a->type != NULL && a->type->kind == IR_TYPE_REF) {
        Diag *d = diag_report(c->diags, e->span, D(BAD_REF), "a `&mut` parameter");
        diag_help(d, e->span, "it is a place already: pass it on as `%s`", a->name->text);
        return;
    }
    if (!check_place(c, a)) {
        return;
    }
    if (has_spec_length(a)) {
        report_spec_length(c, a);
        return;
    }
    bool lanes = a->kind == EXPR_FIELD && a->field.a->type->kind != IR_TYPE_FORM &&
                 swizzle_count(a->info) > 1;
    if (lanes) {
        Diag *d = diag_report(c->diags, e->span, D(BAD_REF), "several lanes of a vector");
        diag_help(d, e->span, "use one lane, or the whole vector");
        return;
    }
    e->type = ir_root_type(c->module, IR_TYPE_REF, a->type);
}

bool check_argument(Checker *c, Expr *arg, bool takes_ref) {
    if (takes_ref && arg->kind == EXPR_UNARY && arg->unary.op == UNARY_REF_MUT) {
        check_target(c, arg);
        return arg->type != NULL;
    }
    check_expr(c, arg);
    if (arg->type == NULL || arg->type->kind == IR_TYPE_BUFFER) {
        return arg->type != NULL;
    }
    return (takes_ref && arg->type->kind == IR_TYPE_REF) || is_operand(c, arg);
}

void report_ref_value(Checker *c, const Expr *e) {
    Diag *d = diag_report(c->diags, e->span, D(REF_AS_VALUE), e->name->text);
    diag_help(d, e->span, "what is there is `*%s`", e->name->text);
}

void check_ref_expr(Checker *c, Expr *e) {
    unsigned errors = c->diags->errors;
    check_expr(c, e->unary.a);
    if (c->diags->errors == errors) {
        Diag *d = diag_report(c->diags, e->span, D(REF_HERE));
        diag_help(d, e->span, "leave out `&mut`");
    }
}

/* ---- whether two may be one place ---- */

/* A step from a place to a part of it: a field, a lane, an element. */
typedef struct {
    bool known;
    Wide index;
} Step;

typedef struct {
    const Symbol *root;
    VEC(Step) steps; /* from the root */
} Path;

/* Lanes are named by what the swizzle before them picked: `v.yx.x` is lane 1 of v. */
static uint8_t lane_of(const Expr *e, uint8_t lane) {
    lane = (uint8_t)swizzle_lane(e->info, lane);
    const Expr *a = e->field.a;
    bool swizzle = a->kind == EXPR_FIELD && a->field.a->type->kind != IR_TYPE_FORM;
    return swizzle ? lane_of(a, lane) : lane;
}

static Path path_of(Checker *c, const Expr *e) {
    Path path = {0};
    VEC(Step) back = {0};
    bool in_vector = false; /* the lane was found already */
    for (;;) {
        if (e->kind == EXPR_NAME) {
            path.root = e->symbol;
            break;
        }
        if (e->kind == EXPR_UNARY) {
            e = e->unary.a;
        } else if (e->kind == EXPR_INDEX) {
            const Expr *b = e->index.b;
            Step step = {b->constant != NULL, 0};
            if (step.known) {
                step.index = integer_of_bits(b->type->scalar, b->constant->bits[0]);
            }
            VEC_PUSH(c->arena, &back, step);
            e = e->index.a;
        } else {
            bool form = e->field.a->type->kind == IR_TYPE_FORM;
            if (form || !in_vector) {
                VEC_PUSH(c->arena, &back, ((Step){true, form ? e->info : lane_of(e, 0)}));
            }
            in_vector = !form;
            e = e->field.a;
        }
    }
    for (uint32_t i = back.count; i > 0; i--) {
        VEC_PUSH(c->arena, &path.steps, back.items[i - 1]);
    }
    return path;
}

static bool may_overlap(const Path *a, const Path *b) {
    if (a->root != b->root) {
        return false;
    }
    for (uint32_t i = 0; i < a->steps.count && i < b->steps.count; i++) {
        Step x = a->steps.items[i], y = b->steps.items[i];
        if (x.known && y.known && x.index != y.index) {
            return false;
        }
    }
    return true;
}

void check_overlaps(Checker *c, Expr *args) {
    VEC(Path) paths = {0};
    VEC(const Expr *) refs = {0};
    for (const Expr *arg = args; arg != NULL; arg = arg->next) {
        if (arg->type->kind != IR_TYPE_REF) {
            continue;
        }
        Path path = path_of(c, arg);
        for (uint32_t i = 0; i < paths.count; i++) {
            if (may_overlap(&paths.items[i], &path)) {
                Diag *d = diag_report(c->diags, arg->span, D(REFS_OVERLAP));
                diag_note(d, refs.items[i]->span, "the other one is here");
                return;
            }
        }
        VEC_PUSH(c->arena, &paths, path);
        VEC_PUSH(c->arena, &refs, arg);
    }
}
