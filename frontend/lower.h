/* From the checked tree to the IR, one function at a time. Shared by the lower_*.c files. */
#ifndef FRONTEND_LOWER_H
#define FRONTEND_LOWER_H

#include "frontend/check.h"

typedef struct {
    IrBuilder b;
    IrModule *module;
    IrFunction *function;
    bool debug; /* -g: `print` and `assert` are there */
    bool open;  /* false: control never gets here, nothing is emitted */
    /* Built-in values, and lanes of them, are read once, at the start of the function. */
    IrValue *builtins[IR_BUILTIN_COUNT][1 + 3];
    /* The loop around: what `continue` hands to its continuing part. */
    uint32_t carried_count;
    IrValue **carried;
} Lower;

/* lower_expr.c */
IrValue *lower_expr(Lower *l, const Expr *e); /* a value; for a call without result NULL */
IrValue *lower_constant(Lower *l, const IrType *type, const ConstValue *value);
IrValue *lower_binary(Lower *l, BinaryOp op, const IrType *type, IrValue *a, IrValue *b);
IrValue *lower_index(Lower *l, const Expr *e); /* as u32; a negative one is beyond any length */

/* lower_place.c: a place whose indices were evaluated, to be read and written */
typedef struct {
    IrValue *root;
    VEC(IrValue *) indices;
    uint32_t swizzle; /* 0: none; else lanes of the vector at root[indices] */
    const IrType *type;
} LowerPlace;
LowerPlace lower_place(Lower *l, const Expr *e);
IrValue *lower_ref(Lower *l, const Expr *e);           /* an argument for a `&mut` parameter */
IrValue *lower_atomic_method(Lower *l, const Expr *e); /* NULL: it gives none */
IrValue *lower_place_load(Lower *l, const LowerPlace *place);
void lower_place_store(Lower *l, const LowerPlace *place, IrValue *value);

/* lower_matrix.c */
IrValue *lower_matrix(Lower *l, const IrType *type, uint32_t count,
                      IrValue **parts); /* columns or scalars */
IrValue *lower_matrix_negate(Lower *l, IrValue *m);
IrValue *lower_matrix_binary(Lower *l, BinaryOp op, const IrType *type, IrValue *a, IrValue *b);
IrValue *lower_transpose(Lower *l, const IrType *type, IrValue *m);
IrValue *lower_determinant(Lower *l, IrValue *m);

/* lower_builtin.c */
IrValue *lower_dot(Lower *l, IrValue *a, IrValue *b);
IrValue *lower_builtin_call(Lower *l, const Expr *e, IrValue **args);
void lower_debug(Lower *l, const Expr *e); /* `print`, `assert` */

/* lower.c */
IrFunction *lower_declare(IrModule *module,
                          Symbol *symbol); /* of a proc or kernel, without its body */
/* What it calls is declared. `debug`: with `print` and `assert`. */
void lower_function(IrModule *module, Symbol *symbol, bool debug);
void lower_block(Lower *l, const Block *block);
/* Opens a region: what is emitted goes to its end. */
typedef struct {
    IrBuilder b;
    bool open;
} LowerSaved;
LowerSaved lower_enter(Lower *l, IrRegion *region);
void lower_leave(Lower *l, LowerSaved saved);
void lower_end(Lower *l, IrOp terminator, uint32_t count, IrValue *const *operands);

#endif
