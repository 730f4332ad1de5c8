/* One row a RULE_…: a predicate and the words for it. See verify_rules.h. */
#include "ir/verify_rules.h"

static const IrType *operand(const IrInst *inst, uint32_t i) {
    return inst->operands[i]->type;
}

static const IrType *result(const IrInst *inst) {
    return inst->results[0]->type;
}

/* ---- parts of rules ---- */

static bool all_of_one_type(const IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (operand(inst, i) != result(inst)) {
            return false;
        }
    }
    return true;
}

static bool is_u32(const IrType *type) {
    return type == ir_scalar(IR_U32);
}

static bool is_lane_of(const IrType *lane, const IrType *vector) {
    return ir_is_vector(vector) && lane == ir_lane_type(vector);
}

/* The operands behind the values are a place; its type, or NULL. */
static const IrType *place_type(const IrInst *inst) {
    uint32_t first = ir_place_start(inst);
    if (first >= inst->operand_count || !ir_is_root(operand(inst, first))) {
        return NULL;
    }
    for (uint32_t i = first + 1; i < inst->operand_count; i++) {
        if (!is_u32(operand(inst, i))) {
            return NULL;
        }
    }
    return ir_place_type(operand(inst, first), inst->operand_count - first - 1,
                         inst->operands + first + 1);
}

/* ---- the rules ---- */

static bool same_signed(const IrInst *inst) {
    return all_of_one_type(inst) && (ir_is_float(result(inst)) || ir_is_signed_int(result(inst)));
}

static bool same_number(const IrInst *inst) {
    return all_of_one_type(inst) && ir_is_number(result(inst));
}

static bool same_int(const IrInst *inst) {
    return all_of_one_type(inst) && ir_is_int(result(inst));
}

static bool same_float(const IrInst *inst) {
    return all_of_one_type(inst) && ir_is_float(result(inst));
}

static bool same_bits(const IrInst *inst) {
    return all_of_one_type(inst) && (ir_is_int(result(inst)) || ir_is_bool(result(inst)));
}

static bool shift(const IrInst *inst) {
    return ir_is_int(result(inst)) && operand(inst, 0) == result(inst) &&
           operand(inst, 1) == ir_vector(IR_U32, result(inst)->lanes);
}

static bool extract_bits(const IrInst *inst) {
    return ir_is_int(result(inst)) && operand(inst, 0) == result(inst) &&
           is_u32(operand(inst, 1)) && is_u32(operand(inst, 2));
}

static bool insert_bits(const IrInst *inst) {
    return ir_is_int(result(inst)) && operand(inst, 0) == result(inst) &&
           operand(inst, 1) == result(inst) && is_u32(operand(inst, 2)) && is_u32(operand(inst, 3));
}

static bool compare_any(const IrInst *inst) {
    const IrType *type = operand(inst, 0);
    return ir_is_value(type) && operand(inst, 1) == type && result(inst) == ir_bool_like(type);
}

static bool compare(const IrInst *inst) {
    return compare_any(inst) && ir_is_number(operand(inst, 0));
}

static bool select(const IrInst *inst) {
    const IrType *type = result(inst);
    return ir_is_value(type) && operand(inst, 0) == ir_bool_like(type) &&
           operand(inst, 1) == type && operand(inst, 2) == type;
}

static bool reduce_bool(const IrInst *inst) {
    return ir_is_vector(operand(inst, 0)) && ir_is_bool(operand(inst, 0)) &&
           result(inst) == ir_scalar(IR_BOOL);
}

static bool float_test(const IrInst *inst) {
    return ir_is_float(operand(inst, 0)) && result(inst) == ir_bool_like(operand(inst, 0));
}

static bool convert(const IrInst *inst) {
    const IrType *from = operand(inst, 0), *to = result(inst);
    return ir_is_value(from) && ir_is_number(to) && from->lanes == to->lanes && from != to;
}

static bool bitcast(const IrInst *inst) {
    const IrType *from = operand(inst, 0), *to = result(inst);
    return ir_is_number(from) && ir_is_number(to) && from != to &&
           ir_bits(from) * from->lanes == ir_bits(to) * to->lanes;
}

static bool construct(const IrInst *inst) {
    const IrType *type = result(inst);
    if (ir_is_composite(type)) {
        bool good = inst->operand_count == type->count;
        for (uint32_t i = 0; good && i < inst->operand_count; i++) {
            good = operand(inst, i) == ir_part_type(type, i);
        }
        return good;
    }
    unsigned lanes = 0;
    for (uint32_t i = 0; i < inst->operand_count && lanes <= IR_MAX_LANES; i++) {
        const IrType *part = operand(inst, i);
        if (!ir_is_value(part) || part->scalar != type->scalar) {
            return false;
        }
        lanes += part->lanes;
    }
    return ir_is_vector(type) && lanes == type->lanes;
}

static bool extract(const IrInst *inst) {
    const IrType *whole = operand(inst, 0);
    return ir_is_data(whole) && ir_part_type(whole, inst->index) == result(inst);
}

static bool insert(const IrInst *inst) {
    const IrType *whole = result(inst);
    return ir_is_data(whole) && operand(inst, 0) == whole &&
           ir_part_type(whole, inst->index) == operand(inst, 1);
}

static bool extract_at(const IrInst *inst) {
    return is_lane_of(result(inst), operand(inst, 0)) && is_u32(operand(inst, 1));
}

static bool insert_at(const IrInst *inst) {
    return operand(inst, 0) == result(inst) && is_lane_of(operand(inst, 1), result(inst)) &&
           is_u32(operand(inst, 2));
}

static bool swizzle(const IrInst *inst) {
    const IrType *from = operand(inst, 0);
    unsigned lanes = inst->swizzle.lanes;
    if (!ir_is_vector(from) || lanes < 2 || lanes > IR_MAX_LANES ||
        result(inst) != ir_vector(from->scalar, lanes)) {
        return false;
    }
    for (unsigned i = 0; i < lanes; i++) {
        if (inst->swizzle.lane[i] >= from->lanes) {
            return false;
        }
    }
    return true;
}

static bool dot(const IrInst *inst) {
    const IrType *type = operand(inst, 0);
    return ir_is_vector(type) && ir_is_float(type) && operand(inst, 1) == type &&
           result(inst) == ir_lane_type(type);
}

static bool var(const IrInst *inst) {
    return result(inst)->kind == IR_TYPE_VAR && ir_is_data(result(inst)->element);
}

static bool load(const IrInst *inst) {
    return place_type(inst) == result(inst) && ir_is_data(result(inst));
}

static bool store(const IrInst *inst) {
    return inst->operand_count > 0 && ir_is_data(operand(inst, 0)) &&
           place_type(inst) == operand(inst, 0);
}

/* Of a buffer of numbers of 32 bits, so many at once; the index is that of the first. */
static bool is_wide(const IrInst *inst, const IrType *vector) {
    const IrType *there = place_type(inst);
    uint32_t at = ir_place_start(inst);
    return there != NULL && operand(inst, at)->kind == IR_TYPE_BUFFER &&
           inst->operand_count == at + 2 && there->kind == IR_TYPE_SCALAR && ir_is_number(there) &&
           ir_bits(there) == 32 &&
           (vector == ir_vector(there->scalar, 2) || vector == ir_vector(there->scalar, 4));
}

static bool load_wide(const IrInst *inst) {
    return is_wide(inst, result(inst));
}

static bool store_wide(const IrInst *inst) {
    return inst->operand_count > 1 && is_wide(inst, operand(inst, 0));
}

static bool shared(const IrInst *inst) {
    const IrType *root = result(inst);
    if (root->kind != IR_TYPE_SHARED || !ir_is_memory(root->element)) {
        return false;
    }
    if (inst->operand_count == 0) {
        return true;
    }
    const IrType *array = root->element;
    const IrValue *length = inst->operands[0];
    bool is_spec = length->kind == IR_VALUE_RESULT && length->inst->op == OP_SPEC;
    return inst->operand_count == 1 && is_u32(length->type) && array->kind == IR_TYPE_ARRAY &&
           !array->is_matrix &&
           (is_spec               ? length->inst->spec->bits
            : ir_is_const(length) ? length->bits[0]
                                  : 0) == array->count;
}

static bool ref(const IrInst *inst) {
    const IrType *there = place_type(inst);
    return there != NULL && result(inst)->kind == IR_TYPE_REF && result(inst)->element == there;
}

static bool spec(const IrInst *inst) {
    return inst->spec != NULL && result(inst) == inst->spec->type;
}

/* An atomic's values are all of the type that its place holds. */
static bool atomic_of(const IrInst *inst, bool takes_float) {
    const IrType *there = place_type(inst);
    if (there == NULL || !ir_is_atomic(there)) {
        return false;
    }
    const IrType *type = ir_scalar(there->scalar);
    bool good = takes_float || ir_is_int(type);
    for (uint32_t i = 0; i < ir_place_start(inst); i++) {
        good = good && operand(inst, i) == type;
    }
    return good && (inst->result_count == 0 || result(inst) == type);
}

static bool atomic(const IrInst *inst) {
    return atomic_of(inst, true);
}

static bool atomic_int(const IrInst *inst) {
    return atomic_of(inst, false);
}

static bool nothing(const IrInst *inst) {
    return inst->operand_count == 0;
}

static bool lane(const IrInst *inst) {
    return ir_is_number(result(inst)) && operand(inst, 0) == result(inst) &&
           is_u32(operand(inst, 1));
}

static bool is_bool(const IrType *type) {
    return type == ir_scalar(IR_BOOL);
}

static bool vote(const IrInst *inst) {
    return is_bool(operand(inst, 0)) && is_bool(result(inst));
}

static bool ballot(const IrInst *inst) {
    return is_bool(operand(inst, 0)) && result(inst) == ir_vector(IR_U32, 4);
}

static bool elect(const IrInst *inst) {
    return is_bool(result(inst));
}

static bool assert_(const IrInst *inst) {
    return inst->text != NULL && is_bool(operand(inst, 0));
}

static bool print(const IrInst *inst) {
    uint32_t holes = 0;
    for (const char *at = inst->text; at != NULL && (at = strstr(at, "{}")) != NULL; at += 2) {
        holes++;
    }
    bool good = inst->text != NULL && holes == inst->operand_count;
    for (uint32_t i = 0; good && i < inst->operand_count; i++) {
        good = ir_is_value(operand(inst, i));
    }
    return good;
}

static bool len(const IrInst *inst) {
    return operand(inst, 0)->kind == IR_TYPE_BUFFER && is_u32(result(inst));
}

static bool builtin(const IrInst *inst) {
    return inst->builtin < IR_BUILTIN_COUNT &&
           result(inst) == ir_vector(IR_U32, ir_builtins[inst->builtin].lanes);
}

static bool call(const IrInst *inst) {
    const IrFunction *callee = inst->callee;
    if (callee->is_kernel || inst->operand_count != callee->param_count ||
        inst->result_count != (callee->result != &ir_void)) {
        return false;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (operand(inst, i) != callee->params[i]->type) {
            return false;
        }
    }
    return inst->result_count == 0 || result(inst) == callee->result;
}

static bool all_values(uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        if (!ir_is_data(values[i]->type)) {
            return false;
        }
    }
    return true;
}

static bool if_(const IrInst *inst) {
    return operand(inst, 0) == ir_scalar(IR_BOOL) && all_values(inst->result_count, inst->results);
}

static bool loop(const IrInst *inst) {
    const IrRegion *body = &inst->regions[IR_LOOP_BODY];
    const IrRegion *more = &inst->regions[IR_LOOP_CONTINUING];
    if (body->param_count != inst->operand_count ||
        !all_values(inst->operand_count, inst->operands) ||
        !all_values(more->param_count, more->params) ||
        !all_values(inst->result_count, inst->results)) {
        return false;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (body->params[i]->type != operand(inst, i)) {
            return false;
        }
    }
    return true;
}

static bool terminator(const IrInst *inst) { /* the rest depends on where it stands: verify.c */
    return all_values(inst->operand_count, inst->operands);
}

/* clang-format off */
static const struct {
    bool (*holds)(const IrInst *);
    uint8_t results;
    const char *needs;
} rules[] = {
    [RULE_SAME_SIGNED]  = {same_signed,  1, "one type of signed numbers"},
    [RULE_SAME_NUMBER]  = {same_number,  1, "one type of numbers"},
    [RULE_SAME_INT]     = {same_int,     1, "one type of integers"},
    [RULE_SAME_FLOAT]   = {same_float,   1, "one type of floats"},
    [RULE_SAME_BITS]    = {same_bits,    1, "one type of integers or bools"},
    [RULE_SHIFT]        = {shift,        1, "(T, u32 of as many lanes) -> T, T integers"},
    [RULE_EXTRACT_BITS] = {extract_bits, 1, "(T, u32, u32) -> T, T integers"},
    [RULE_INSERT_BITS]  = {insert_bits,  1, "(T, T, u32, u32) -> T, T integers"},
    [RULE_COMPARE]      = {compare,      1, "(T, T) -> bool of as many lanes, T numbers"},
    [RULE_COMPARE_ANY]  = {compare_any,  1, "(T, T) -> bool of as many lanes"},
    [RULE_SELECT]       = {select,       1, "(bool of as many lanes, T, T) -> T"},
    [RULE_REDUCE_BOOL]  = {reduce_bool,  1, "a vector of bools -> bool"},
    [RULE_FLOAT_TEST]   = {float_test,   1, "floats -> bool of as many lanes"},
    [RULE_CONVERT]      = {convert,      1, "numbers or bools -> other numbers of as many lanes"},
    [RULE_BITCAST]      = {bitcast,      1, "numbers -> other numbers of as many bits"},
    [RULE_CONSTRUCT]    = {construct,    1, "parts of one scalar type -> a vector of all their lanes; every part -> an array or form"},
    [RULE_EXTRACT]      = {extract,      1, "(vector, array or form) and an index of it -> that part"},
    [RULE_INSERT]       = {insert,       1, "(vector, array or form, a part of it) and that part's index -> the same type"},
    [RULE_EXTRACT_AT]   = {extract_at,   1, "(vector, u32) -> its lane type"},
    [RULE_INSERT_AT]    = {insert_at,    1, "(vector, its lane type, u32) -> vector"},
    [RULE_SWIZZLE]      = {swizzle,      1, "(vector) and 2 to 4 indices of it -> a vector of those"},
    [RULE_DOT]          = {dot,          1, "(T, T) -> its lane type, T a vector of floats"},
    [RULE_VAR]          = {var,          1, "-> var<T>, T a type of values"},
    [RULE_LOAD]         = {load,         1, "a place, indexed by u32 -> the type of what is there"},
    [RULE_STORE]        = {store,        0, "a value and a place of its type, indexed by u32"},
    [RULE_LEN]          = {len,          1, "a buffer -> u32"},
    [RULE_BUILTIN]      = {builtin,      1, "a built-in value -> its type"},
    [RULE_CALL]         = {call,         IR_ANY_OPERANDS, "a proc, arguments of its parameters' types and its result"},
    [RULE_IF]           = {if_,          IR_ANY_OPERANDS, "(bool) -> values"},
    [RULE_LOOP]         = {loop,         IR_ANY_OPERANDS, "a first value for each parameter of the body"},
    [RULE_YIELD]        = {terminator,   0, "values"},
    [RULE_BREAK]        = {terminator,   0, "values"},
    [RULE_CONTINUE]     = {terminator,   0, "values"},
    [RULE_NEXT]         = {terminator,   0, "values"},
    [RULE_RET]          = {terminator,   0, "values"},
    [RULE_UNREACHABLE]  = {terminator,   0, "nothing"},
    [RULE_SHARED]       = {shared,       1, "-> shared<T>, or (a `spec` of u32 whose default is its length) -> shared<an array>"},
    [RULE_LOAD_WIDE]    = {load_wide,    1, "a place of a number of 32 bits in a buffer -> 2 or 4 of them"},
    [RULE_STORE_WIDE]   = {store_wide,   0, "2 or 4 numbers of 32 bits and a place of one in a buffer"},
    [RULE_REF]          = {ref,          1, "a place -> ref<what is there>"},
    [RULE_SPEC]         = {spec,         1, "a specialization constant -> its type"},
    [RULE_ATOMIC_LOAD]  = {atomic,       1, "a place of atomic<T> -> T"},
    [RULE_ATOMIC_STORE] = {atomic,       0, "(T) and a place of atomic<T>"},
    [RULE_ATOMIC]       = {atomic,       1, "(T) and a place of atomic<T> -> T"},
    [RULE_ATOMIC_INT]   = {atomic_int,   1, "(T) and a place of atomic<T> -> T, T an integer"},
    [RULE_ATOMIC_SWAP]  = {atomic,       1, "(T, T) and a place of atomic<T> -> T"},
    [RULE_NOTHING]      = {nothing,      0, "nothing"},
    [RULE_LANE]         = {lane,         1, "(T, u32) -> T, T numbers"},
    [RULE_VOTE]         = {vote,         1, "bool -> bool"},
    [RULE_BALLOT]       = {ballot,       1, "bool -> u32x4"},
    [RULE_ELECT]        = {elect,        1, "-> bool"},
    [RULE_PRINT]        = {print,        0, "a text and a scalar or vector for each of its `{}`"},
    [RULE_ASSERT]       = {assert_,      0, "a text and a bool"},
};
/* clang-format on */

bool ir_rule_holds(const IrInst *inst) {
    return rules[ir_ops[inst->op].rule].holds(inst);
}

const char *ir_rule_needs(IrRule rule) {
    return rules[rule].needs;
}

unsigned ir_rule_results(IrRule rule) {
    return rules[rule].results;
}
