/* Matrices: arrays of columns, whose operators are written out in those of vectors. See lower.h. */
#include "frontend/lower.h"

static IrValue *column(Lower *l, IrValue *m, uint32_t index) {
    return ir_extract(&l->b, m, index);
}

static IrValue *construct(Lower *l, const IrType *type, uint32_t count, IrValue **parts) {
    return ir_emit(&l->b, OP_CONSTRUCT, type, count, parts)->results[0];
}

IrValue *lower_matrix(Lower *l, const IrType *type, uint32_t count, IrValue **parts) {
    IrValue *columns[IR_MAX_LANES];
    if (count == type->count) {
        return construct(l, type, count, parts);
    }
    unsigned rows = type->element->lanes;
    for (uint32_t i = 0; i < type->count; i++) {
        columns[i] = construct(l, type->element, rows, parts + i * rows);
    }
    return construct(l, type, type->count, columns);
}

IrValue *lower_matrix_negate(Lower *l, IrValue *m) {
    IrValue *columns[IR_MAX_LANES];
    for (uint32_t i = 0; i < m->type->count; i++) {
        columns[i] = ir_unary(&l->b, OP_NEG, column(l, m, i));
    }
    return construct(l, m->type, m->type->count, columns);
}

/* The columns weighted by the lanes of v. */
static IrValue *times_vector(Lower *l, IrValue *m, IrValue *v) {
    IrValue *sum = NULL;
    for (uint32_t i = 0; i < m->type->count; i++) {
        IrValue *weight = ir_splat(&l->b, m->type->element, ir_extract(&l->b, v, i));
        IrValue *part = ir_binary(&l->b, OP_MUL, column(l, m, i), weight);
        sum = sum == NULL ? part : ir_binary(&l->b, OP_ADD, sum, part);
    }
    return sum;
}

static IrValue *vector_times(Lower *l, const IrType *type, IrValue *v, IrValue *m) {
    IrValue *lanes[IR_MAX_LANES];
    for (uint32_t i = 0; i < m->type->count; i++) {
        lanes[i] = lower_dot(l, v, column(l, m, i));
    }
    return construct(l, type, m->type->count, lanes);
}

/* Column by column: m op n, or m * s. */
static IrValue *by_column(Lower *l, IrOp op, const IrType *type, IrValue *a, IrValue *b) {
    IrValue *columns[IR_MAX_LANES];
    for (uint32_t i = 0; i < type->count; i++) {
        IrValue *x = a->type == type ? column(l, a, i) : ir_splat(&l->b, type->element, a);
        IrValue *y = b->type == type ? column(l, b, i) : ir_splat(&l->b, type->element, b);
        columns[i] = ir_binary(&l->b, op, x, y);
    }
    return construct(l, type, type->count, columns);
}

IrValue *lower_matrix_binary(Lower *l, BinaryOp op, const IrType *type, IrValue *a, IrValue *b) {
    bool both = a->type->is_matrix && b->type->is_matrix;
    if (op == BINARY_MUL && both) {
        IrValue *columns[IR_MAX_LANES];
        for (uint32_t i = 0; i < b->type->count; i++) {
            columns[i] = times_vector(l, a, column(l, b, i));
        }
        return construct(l, type, b->type->count, columns);
    }
    if (ir_is_vector(b->type)) {
        return times_vector(l, a, b);
    }
    if (ir_is_vector(a->type)) {
        return vector_times(l, type, a, b);
    }
    return by_column(l, binary_ir_op(op), type, a, b);
}

IrValue *lower_transpose(Lower *l, const IrType *type, IrValue *m) {
    IrValue *columns[IR_MAX_LANES];
    for (uint32_t i = 0; i < type->count; i++) {
        IrValue *lanes[IR_MAX_LANES];
        for (uint32_t k = 0; k < m->type->count; k++) {
            lanes[k] = ir_extract(&l->b, column(l, m, k), i);
        }
        columns[i] = construct(l, type->element, m->type->count, lanes);
    }
    return construct(l, type, type->count, columns);
}

/* Laplace's expansion along the first column, over the rows that `rows` still has. */
static IrValue *minor(Lower *l, IrValue *m, uint32_t first, unsigned rows) {
    IrValue *sum = NULL, *top = column(l, m, first);
    bool minus = false;
    for (uint32_t row = 0; row < m->type->element->lanes; row++) {
        if ((rows >> row & 1) == 0) {
            continue;
        }
        IrValue *part = ir_extract(&l->b, top, row);
        unsigned rest = rows & ~(1u << row);
        if (rest != 0) {
            part = ir_binary(&l->b, OP_MUL, part, minor(l, m, first + 1, rest));
        }
        sum = sum == NULL ? part : ir_binary(&l->b, minus ? OP_SUB : OP_ADD, sum, part);
        minus = !minus;
    }
    return sum;
}

IrValue *lower_determinant(Lower *l, IrValue *m) {
    return minor(l, m, 0, (1u << m->type->element->lanes) - 1);
}
