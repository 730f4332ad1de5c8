/* Types of the IR. Equal types are one object, so they are compared by address.
 *
 * Scalars and vectors are static; types made of other types are interned by their module.
 */
#ifndef IR_TYPE_H
#define IR_TYPE_H

#include "ir/base/name.h"
#include "ir/base/text.h"
#include <stdbool.h>

typedef enum {
#define SCALAR(ID, text, bits, class) IR_##ID,
#include "ir/scalars.def"
#undef SCALAR
    IR_SCALAR_COUNT
} IrScalar;

typedef enum { IR_CLASS_BOOL, IR_CLASS_INT, IR_CLASS_UINT, IR_CLASS_FLOAT } IrClass;

typedef enum {
    IR_TYPE_VOID,
    IR_TYPE_SCALAR,
    IR_TYPE_VECTOR, /* lanes 2, 3, 4 of a scalar */
    IR_TYPE_BUFFER, /* a root: run-time array of `element` */
    IR_TYPE_VAR,    /* a root: one local `element` */
} IrTypeKind;

enum { IR_MAX_LANES = 4 };

typedef struct IrType IrType;
struct IrType {
    IrTypeKind kind;
    IrScalar scalar;       /* of a scalar or vector */
    unsigned lanes;        /* 1 for a scalar */
    const IrType *element; /* of a root */
    const IrType *next;    /* interning */
};

typedef struct {
    const char *text;
    unsigned bits; /* bool: 1 */
    IrClass class;
} IrScalarRow;
extern const IrScalarRow ir_scalars[IR_SCALAR_COUNT];

extern const IrType ir_void;
const IrType *ir_scalar(IrScalar scalar);
const IrType *ir_vector(IrScalar scalar, unsigned lanes); /* lanes 1: the scalar */

/* The type of `lanes` bools, and the scalar type of a vector's lane. */
static inline const IrType *ir_bool_like(const IrType *type) {
    return ir_vector(IR_BOOL, type->lanes);
}
static inline const IrType *ir_lane_type(const IrType *type) {
    return ir_scalar(type->scalar);
}

static inline bool ir_is_value(const IrType *type) { /* scalar or vector */
    return type->kind == IR_TYPE_SCALAR || type->kind == IR_TYPE_VECTOR;
}
static inline bool ir_is_root(const IrType *type) {
    return type->kind == IR_TYPE_BUFFER || type->kind == IR_TYPE_VAR;
}
static inline bool ir_is_vector(const IrType *type) {
    return type->kind == IR_TYPE_VECTOR;
}
static inline IrClass ir_class(const IrType *type) { /* of a scalar or vector */
    return ir_scalars[type->scalar].class;
}
static inline unsigned ir_bits(const IrType *type) { /* of one lane */
    return ir_scalars[type->scalar].bits;
}
static inline bool ir_is_bool(const IrType *type) {
    return ir_is_value(type) && ir_class(type) == IR_CLASS_BOOL;
}
static inline bool ir_is_float(const IrType *type) {
    return ir_is_value(type) && ir_class(type) == IR_CLASS_FLOAT;
}
static inline bool ir_is_int(const IrType *type) { /* signed or unsigned */
    return ir_is_value(type) && (ir_class(type) == IR_CLASS_INT || ir_class(type) == IR_CLASS_UINT);
}
static inline bool ir_is_signed_int(const IrType *type) {
    return ir_is_value(type) && ir_class(type) == IR_CLASS_INT;
}
static inline bool ir_is_number(const IrType *type) {
    return ir_is_float(type) || ir_is_int(type);
}

/* As the host sees it (LANGUAGE.md section 2, std430): bytes; of scalars and vectors without bool. */
unsigned ir_size(const IrType *type);   /* f32x3: 12 */
unsigned ir_align(const IrType *type);  /* f32x3: 16 */
unsigned ir_stride(const IrType *type); /* of an array element; f32x3: 16 */

void ir_type_print(Text *out, const IrType *type);
const char *ir_type_text(Arena *arena, const IrType *type);
const IrType *ir_type_named(const char *name, size_t length); /* "f32x4"; NULL: none */

#endif
