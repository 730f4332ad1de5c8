/* Built-in procs and values: one row each (builtin.def). */
#ifndef FRONTEND_BUILTIN_H
#define FRONTEND_BUILTIN_H

#include "ir/ir.h"

/* Which types a signature's T may be; vectors of those scalars too, unless it says otherwise. */
typedef enum {
    BUILTIN_NUMBER,       /* integers and floats */
    BUILTIN_SIGNED,       /* signed integers and floats */
    BUILTIN_INT,          /* integers */
    BUILTIN_FLOAT,        /* floats */
    BUILTIN_FLOAT_VECTOR, /* vectors of floats */
    BUILTIN_FLOAT_3,      /* 3-vectors of floats */
    BUILTIN_NUMBER_VECTOR,
    BUILTIN_BOOL_VECTOR,
    BUILTIN_ANY, /* any scalar or vector */
    BUILTIN_MATRIX,
    BUILTIN_F32X2, /* that type alone */
    BUILTIN_F32X4,
    BUILTIN_U32,
    BUILTIN_SQUARE, /* matrices with as many columns as rows */
    BUILTIN_BOOL,   /* one bool */
    BUILTIN_NONE,   /* there is no T */
    BUILTIN_TEXT,   /* … but a text, and perhaps values */
} BuiltinClass;

typedef enum {
    EXPAND_NONE, /* the op itself */
#define BUILTIN(name, class, params, result, op)
#define EXPANDED(name, class, params, result) EXPAND_##name,
#define METHOD(name, params, op)
#include "frontend/builtin.def"
#undef BUILTIN
#undef EXPANDED
#undef METHOD
} BuiltinExpansion;

typedef struct BuiltinProc {
    const char *name;
    BuiltinClass class;
    const char *params; /* a letter each: see builtin.def */
    char result;
    IrOp op; /* OP_NONE: expanded (lower_builtin.c) */
    BuiltinExpansion expansion;
} BuiltinProc;

/* What an atomic has: x.add(v). */
typedef struct {
    const char *name;
    unsigned params; /* each of the atomic's own type */
    IrOp op;
} AtomicMethod;
extern const AtomicMethod atomic_methods[];
extern const unsigned atomic_method_count;
static inline bool atomic_method_takes(const AtomicMethod *method, const IrType *type) {
    IrRule rule = (IrRule)ir_ops[method->op].rule;
    return ir_class(type) != IR_CLASS_FLOAT ||
           (rule != RULE_ATOMIC_INT && rule != RULE_ATOMIC_SWAP);
}

extern const BuiltinProc builtin_procs[];
extern const unsigned builtin_proc_count;

/* Built-in values: the name, what it is in the IR, and which lane (-1: all). */
typedef struct {
    const char *name;
    IrBuiltin id;
    int lane;
} BuiltinValue;
extern const BuiltinValue builtin_value_names[];
extern const unsigned builtin_value_name_count;

const char *builtin_class_text(BuiltinClass class);
bool builtin_class_takes(BuiltinClass class, const IrType *type);

#endif
