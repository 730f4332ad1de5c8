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
    IR_TYPE_ARRAY,  /* `count` of `element`; a matrix is an array of its columns */
    IR_TYPE_FORM,   /* named fields */
    IR_TYPE_ATOMIC, /* a scalar in memory that only atomics touch */
    IR_TYPE_BUFFER, /* a root: run-time array of `element` */
    IR_TYPE_VAR,    /* a root: one local `element` */
    IR_TYPE_SHARED, /* a root: one `element` of the workgroup */
    IR_TYPE_REF,    /* a root: a place that holds `element`, handed to a proc */
} IrTypeKind;

enum { IR_MAX_LANES = 4 };

/* Words (constants, the interpreter's slots) of the largest composite. */
enum { IR_MAX_WORDS = 65536 };
/* How deep composites nest: whoever follows a type may recurse. */
enum { IR_MAX_TYPE_DEPTH = 64 };

typedef struct IrType IrType;

typedef struct {
    Name name;
    const IrType *type;
    uint32_t offset; /* bytes, as the host sees it */
    const char *doc; /* NULL: none */
} IrField;

struct IrType {
    IrTypeKind kind;
    IrScalar scalar;       /* of a scalar, vector or atomic */
    unsigned lanes;        /* 1 for a scalar or atomic */
    const IrType *element; /* of a root or an array */
    uint32_t count;        /* parts: elements of an array, fields of a form */
    bool is_matrix;        /* an array that the source calls f32x4x4 */
    bool has_atomic;       /* is one, or a composite with one in it: memory, but no value */
    Name name;             /* of a form */
    const IrField *fields; /* of a form */
    const char *doc;       /* of a form; NULL: none */
    uint32_t words;        /* scalars in all, nested ones too */
    uint32_t depth;        /* of composites; 0 for a scalar or vector */
    const IrType *next;    /* of the module's */
    const IrType *chained; /* of those with the same hash */
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
static inline bool ir_is_composite(const IrType *type) { /* array, matrix or form */
    return type->kind == IR_TYPE_ARRAY || type->kind == IR_TYPE_FORM;
}
static inline bool ir_is_atomic(const IrType *type) {
    return type->kind == IR_TYPE_ATOMIC;
}
static inline bool ir_is_memory(const IrType *type) { /* what buffers and shared can hold */
    return ir_is_value(type) || ir_is_composite(type) || ir_is_atomic(type);
}
static inline bool ir_is_data(const IrType *type) { /* what a value can be */
    return ir_is_memory(type) && !type->has_atomic;
}
static inline bool ir_is_root(const IrType *type) {
    return type->kind >= IR_TYPE_BUFFER;
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

/* The parts of a vector, array or form: its lanes, elements, fields. */
uint32_t ir_part_count(const IrType *type);                     /* 0 for a scalar */
const IrType *ir_part_type(const IrType *type, uint32_t index); /* NULL: there is none */
uint32_t ir_words(const IrType *type);                          /* scalars in all */
uint32_t ir_part_word(const IrType *type, uint32_t index);      /* the first word of a part */
bool ir_has_bool(const IrType *type);

/* As the host sees it (LANGUAGE.md section 2, std430): bytes; of data without bool. */
unsigned ir_size(const IrType *type);   /* f32x3: 12 */
unsigned ir_align(const IrType *type);  /* f32x3: 16 */
unsigned ir_stride(const IrType *type); /* of an array element; f32x3: 16 */
unsigned ir_part_offset(const IrType *type, uint32_t index);

const char *ir_root_text(IrTypeKind kind);     /* "buffer" */
const IrType *ir_atomic_type(IrScalar scalar); /* u32, i32, u64, i64, f32; NULL: another */
void ir_type_print(Text *out, const IrType *type);
const char *ir_type_text(Arena *arena, const IrType *type);
const IrType *ir_type_named(const char *name, size_t length); /* "f32x4"; NULL: none */

#endif
