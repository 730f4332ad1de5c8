/* `match`: its cases are constants and ranges of the value's type, and no two overlap. See check.h. */
#include "frontend/check.h"

#include <stdlib.h>

typedef struct {
    Wide from, to; /* both ends inside; from > to: nothing */
    Span span;
} Interval;

static int by_start(const void *a, const void *b) {
    const Interval *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1)
                              : (x->span.start > y->span.start) - (x->span.start < y->span.start);
}

/* One end of a case, as a number; false: reported. */
static bool case_value(Checker *c, Expr *e, const IrType *type, Wide *value) {
    if (!check_constant(c, e, type)) {
        return false;
    }
    *value = integer_of_bits(type->scalar, e->constant->bits[0]);
    return true;
}

static bool case_interval(Checker *c, struct CaseRange *range, const IrType *type,
                          Interval *interval) {
    bool good = case_value(c, range->from, type, &interval->from);
    interval->span = range->from->span;
    interval->to = interval->from;
    if (range->to != NULL) {
        good &= case_value(c, range->to, type, &interval->to);
        interval->to -= !range->inclusive;
        interval->span = span_join(range->from->span, range->to->span);
    }
    return good;
}

static void report_overlaps(Checker *c, uint32_t count, Interval *intervals) {
    qsort(intervals, count, sizeof *intervals, by_start);
    for (uint32_t i = 1, widest = 0; i < count; i++) {
        if (intervals[i].from <= intervals[widest].to) {
            const Interval *one = &intervals[widest], *other = &intervals[i];
            bool ordered = one->span.start < other->span.start;
            Diag *d = diag_report(c->diags, (ordered ? other : one)->span, D(CASES_OVERLAP));
            diag_note(d, (ordered ? one : other)->span, "the other case is here");
        }
        widest = intervals[i].to > intervals[widest].to ? i : widest;
    }
}

void check_match(Checker *c, Stmt *stmt) {
    Expr *value = stmt->match.value;
    const IrType *type = check_value(c, value) ? value->type : NULL;
    if (type != NULL && (!ir_is_int(type) || ir_is_vector(type))) {
        diag_report(c->diags, value->span, D(INDEX_TYPE), "the value of a `match`",
                    shown_type(c, type));
        type = NULL;
    }
    VEC(Interval) intervals = {0};
    for (Case *item = stmt->match.cases; item != NULL; item = item->next) {
        for (struct CaseRange *range = item->ranges; range != NULL; range = range->next) {
            Interval interval;
            if (type == NULL) {
                check_expr(c, range->from);
                if (range->to != NULL) {
                    check_expr(c, range->to);
                }
            } else if (case_interval(c, range, type, &interval) && interval.from <= interval.to) {
                VEC_PUSH(c->arena, &intervals, interval);
            }
        }
        check_block(c, item->body, true);
    }
    if (stmt->match.otherwise != NULL) {
        check_block(c, stmt->match.otherwise, true);
    }
    if (intervals.count > 1) {
        report_overlaps(c, intervals.count, intervals.items);
    }
}
