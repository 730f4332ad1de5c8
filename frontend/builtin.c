/* See builtin.h. */
#include "frontend/builtin.h"

const BuiltinProc builtin_procs[] = {
#define BUILTIN(name, class, params, result, op)                                                   \
    {#name, BUILTIN_##class, params, result, OP_##op, EXPAND_NONE},
#define EXPANDED(name, class, params, result)                                                      \
    {#name, BUILTIN_##class, params, result, OP_NONE, EXPAND_##name},
#define METHOD(name, params, op)
#include "frontend/builtin.def"
#undef BUILTIN
#undef EXPANDED
#undef METHOD
};
const unsigned builtin_proc_count = sizeof builtin_procs / sizeof *builtin_procs;

const AtomicMethod atomic_methods[] = {
#define BUILTIN(name, class, params, result, op)
#define EXPANDED(name, class, params, result)
#define METHOD(name, params, op) {#name, params, OP_##op},
#include "frontend/builtin.def"
#undef BUILTIN
#undef EXPANDED
#undef METHOD
};
const unsigned atomic_method_count = sizeof atomic_methods / sizeof *atomic_methods;

const BuiltinValue builtin_value_names[] = {
    {"i", IR_BUILTIN_GLOBAL_ID, 0},
    {"j", IR_BUILTIN_GLOBAL_ID, 1},
    {"k", IR_BUILTIN_GLOBAL_ID, 2},
#define BUILTIN_VALUE(ID, text, lanes) {text, IR_BUILTIN_##ID, -1},
#include "ir/builtin_values.def"
#undef BUILTIN_VALUE
};
const unsigned builtin_value_name_count = sizeof builtin_value_names / sizeof *builtin_value_names;

const char *builtin_class_text(BuiltinClass class) {
    static const char *const texts[] = {
        [BUILTIN_NUMBER] = "a number or a vector of numbers",
        [BUILTIN_SIGNED] = "a signed number or a vector of signed numbers",
        [BUILTIN_INT] = "an integer or a vector of integers",
        [BUILTIN_FLOAT] = "a float or a vector of floats",
        [BUILTIN_FLOAT_VECTOR] = "a vector of floats",
        [BUILTIN_FLOAT_3] = "a 3-vector of floats",
        [BUILTIN_NUMBER_VECTOR] = "a vector of numbers",
        [BUILTIN_BOOL_VECTOR] = "a vector of bools",
        [BUILTIN_ANY] = "a scalar or vector",
        [BUILTIN_MATRIX] = "a matrix",
        [BUILTIN_SQUARE] = "a square matrix",
        [BUILTIN_F32X2] = "`f32x2`",
        [BUILTIN_F32X4] = "`f32x4`",
        [BUILTIN_U32] = "`u32`",
        [BUILTIN_BOOL] = "`bool`",
        [BUILTIN_NONE] = "nothing",
        [BUILTIN_TEXT] = "a text",
    };
    return texts[class];
}

bool builtin_class_takes(BuiltinClass class, const IrType *type) {
    switch (class) {
    case BUILTIN_NUMBER:
        return ir_is_number(type);
    case BUILTIN_SIGNED:
        return ir_is_float(type) || ir_is_signed_int(type);
    case BUILTIN_INT:
        return ir_is_int(type);
    case BUILTIN_FLOAT:
        return ir_is_float(type);
    case BUILTIN_FLOAT_VECTOR:
        return ir_is_float(type) && ir_is_vector(type);
    case BUILTIN_FLOAT_3:
        return ir_is_float(type) && type->lanes == 3;
    case BUILTIN_NUMBER_VECTOR:
        return ir_is_number(type) && ir_is_vector(type);
    case BUILTIN_BOOL_VECTOR:
        return ir_is_bool(type) && ir_is_vector(type);
    case BUILTIN_ANY:
        return ir_is_value(type);
    case BUILTIN_MATRIX:
        return type->is_matrix;
    case BUILTIN_F32X2:
        return type == ir_vector(IR_F32, 2);
    case BUILTIN_F32X4:
        return type == ir_vector(IR_F32, 4);
    case BUILTIN_U32:
        return type == ir_scalar(IR_U32);
    case BUILTIN_BOOL:
        return type == ir_scalar(IR_BOOL);
    case BUILTIN_NONE:
    case BUILTIN_TEXT:
        return true;
    case BUILTIN_SQUARE:
        return type->is_matrix && type->count == type->element->lanes;
    }
    return false;
}
