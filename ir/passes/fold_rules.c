/* The rewrite rules of opt_fold: one row each. See fold_rules.h.
 *
 * A rule holds for every input, in the total and in the `.raw` form. On floats that is for NaN, infinities and both
 * zeros too: x + 0.0 is not x where x is -0.0, and x * 0.0 is not 0.0 where x is infinite. Where integers of only
 * one signedness are meant, a row says so. Each rule leaves fewer or simpler instructions than it found.
 */
#include "ir/passes/fold_rules.h"

#include "ir/eval.h"
#include "ir/passes/fold_parts.h"

/* Types of what is computed with: the first operand, but the second of a `select`. */
enum {
    BOOLS = 1,
    SIGNED = 2,
    UNSIGNED = 4,
    FLOATS = 8,
    INTS = SIGNED | UNSIGNED,
    BITS = BOOLS | INTS,
    NUMBERS = INTS | FLOATS,
    ALL = BOOLS | NUMBERS,
};

/* What an operand must be. Constants: every lane. */
typedef enum {
    ANY,
    CONST,
    ZERO,    /* all bits 0: 0, false, +0.0 */
    MINUS_0, /* -0.0 */
    ONE,     /* 1, 1.0, true */
    ONES,    /* all bits 1: -1, the largest unsigned, true */
    SAME,    /* as the first operand */
} Pattern;

typedef IrValue *(*Rewrite)(IrBuilder *b, IrInst *inst);

/* What simply takes the result's place. */
typedef enum { REWRITE, A, B, C, GIVE_ZERO, GIVE_ONES } Outcome;

typedef struct {
    IrOp op;
    unsigned types;
    Pattern operands[3];
    Outcome outcome;
    Rewrite rewrite; /* may still give NULL; REWRITE only */
} Rule;

/* ---- helpers of the rewrites ---- */

/* x op y of two constants of one type */
static IrValue *constant(IrBuilder *b, IrOp op, const IrValue *x, const IrValue *y) {
    uint64_t bits[IR_MAX_LANES];
    EvalOperand operands[] = {{x->type, x->bits}, {y->type, y->bits}};
    EvalStatus status = ir_eval(op, 0, NULL, x->type, 2, operands, bits);
    return status == EVAL_OK ? ir_const(b->module, x->type, bits) : NULL;
}

/* ---- rewrites: arithmetic and bits ---- */

/* op (op x) is x */
static IrValue *undo(IrBuilder *b, IrInst *inst) {
    (void)b;
    const IrInst *inner = made_by(inst->operands[0], inst->op);
    return inner != NULL ? inner->operands[0] : NULL;
}

/* op (op x) is op x */
static IrValue *once(IrBuilder *b, IrInst *inst) {
    (void)b;
    return made_by(inst->operands[0], inst->op) != NULL ? inst->operands[0] : NULL;
}

static IrValue *abs_of_neg(IrBuilder *b, IrInst *inst) {
    const IrInst *neg = made_by(inst->operands[0], OP_NEG);
    return neg != NULL ? ir_unary(b, OP_ABS, neg->operands[0]) : NULL;
}

/* x xor all ones; a comparison with false */
static IrValue *not_first(IrBuilder *b, IrInst *inst) {
    return ir_unary(b, OP_NOT, inst->operands[0]);
}

/* (x op c) op d is x op (c op d) */
static IrValue *reassociate(IrBuilder *b, IrInst *inst) {
    const IrInst *inner = made_by(inst->operands[0], inst->op);
    if (inner == NULL || !ir_is_const(inner->operands[1])) {
        return NULL;
    }
    IrValue *both = constant(b, inst->op, inner->operands[1], inst->operands[1]);
    return both != NULL ? ir_binary(b, inst->op, inner->operands[0], both) : NULL;
}

/* (x + c) - d and (x - c) + d; both add a constant to x */
static IrValue *reassociate_sum(IrBuilder *b, IrInst *inst) {
    const IrInst *inner = made_by(inst->operands[0], inst->op == OP_ADD ? OP_SUB : OP_ADD);
    if (inner == NULL || !ir_is_const(inner->operands[1])) {
        return NULL;
    }
    IrValue *c = inner->operands[1], *d = inst->operands[1];
    IrValue *added = inst->op == OP_ADD ? constant(b, OP_SUB, d, c) : constant(b, OP_SUB, c, d);
    return added != NULL ? ir_binary(b, OP_ADD, inner->operands[0], added) : NULL;
}

/* (x - c) - d is x - (c + d) */
static IrValue *reassociate_difference(IrBuilder *b, IrInst *inst) {
    const IrInst *inner = made_by(inst->operands[0], OP_SUB);
    if (inner == NULL || !ir_is_const(inner->operands[1])) {
        return NULL;
    }
    IrValue *both = constant(b, OP_ADD, inner->operands[1], inst->operands[1]);
    return both != NULL ? ir_binary(b, OP_SUB, inner->operands[0], both) : NULL;
}

/* ---- rewrites: comparison and choice ---- */

/* not (x < y) is x >= y */
static IrValue *not_of_comparison(IrBuilder *b, IrInst *inst) {
    const IrValue *value = inst->operands[0];
    IrOp other = value->kind == IR_VALUE_RESULT ? ir_opposite(value->inst) : OP_NONE;
    return other != OP_NONE
               ? ir_binary(b, other, value->inst->operands[0], value->inst->operands[1])
               : NULL;
}

/* select c, x, x is x */
static IrValue *select_of_same(IrBuilder *b, IrInst *inst) {
    (void)b;
    return inst->operands[1] == inst->operands[2] ? inst->operands[1] : NULL;
}

/* select c, true, y is c or y; select c, x, false is c and x. Nothing is undefined, so nothing needs the choice. */
static IrValue *select_is_or(IrBuilder *b, IrInst *inst) {
    return ir_binary(b, OP_OR, inst->operands[0], inst->operands[2]);
}

static IrValue *select_is_and(IrBuilder *b, IrInst *inst) {
    return ir_binary(b, OP_AND, inst->operands[0], inst->operands[1]);
}

/* select (not c), x, y is select c, y, x */
static IrValue *select_of_not(IrBuilder *b, IrInst *inst) {
    const IrInst *not = made_by(inst->operands[0], OP_NOT);
    if (not == NULL) {
        return NULL;
    }
    IrValue *operands[] = {not->operands[0], inst->operands[2], inst->operands[1]};
    return ir_emit(b, OP_SELECT, inst->results[0]->type, 3, operands)->results[0];
}

/* ---- rewrites: conversion ---- */

/* There and back between integers is nothing, if the way there lost nothing. */
static IrValue *convert_back(IrBuilder *b, IrInst *inst) {
    (void)b;
    const IrInst *inner = made_by(inst->operands[0], OP_CONVERT);
    if (inner == NULL) {
        return NULL;
    }
    IrValue *x = inner->operands[0];
    const IrType *type = inst->results[0]->type, *between = inst->operands[0]->type;
    return x->type == type && ir_is_int(type) && ir_is_int(between) &&
                   ir_bits(between) >= ir_bits(type)
               ? x
               : NULL;
}

static IrValue *bitcast_of_bitcast(IrBuilder *b, IrInst *inst) {
    const IrInst *inner = made_by(inst->operands[0], OP_BITCAST);
    return inner != NULL ? ir_convert(b, OP_BITCAST, inst->results[0]->type, inner->operands[0])
                         : NULL;
}

/* ---- the rules, in the order of ops.def; of one op, the first that fires counts ---- */

/* clang-format off */
static const Rule rules[] = {
    {OP_NEG, NUMBERS,          {ANY},               REWRITE, undo},
    {OP_ADD, INTS,             {ANY, ZERO},         A, NULL},
    {OP_ADD, FLOATS,           {ANY, MINUS_0},      A, NULL},
    {OP_ADD, INTS,             {ANY, CONST},        REWRITE, reassociate},
    {OP_ADD, INTS,             {ANY, CONST},        REWRITE, reassociate_sum},
    {OP_SUB, INTS | FLOATS,    {ANY, ZERO},         A, NULL},
    {OP_SUB, INTS,             {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_SUB, INTS,             {ANY, CONST},        REWRITE, reassociate_sum},
    {OP_SUB, INTS,             {ANY, CONST},        REWRITE, reassociate_difference},
    {OP_MUL, NUMBERS,          {ANY, ONE},          A, NULL},
    {OP_MUL, INTS,             {ANY, ZERO},         GIVE_ZERO, NULL},
    {OP_MUL, INTS,             {ANY, CONST},        REWRITE, reassociate},
    {OP_DIV, NUMBERS,          {ANY, ONE},          A, NULL},
    {OP_DIV, INTS,             {ZERO, ANY},         GIVE_ZERO, NULL}, /* 0 / 0 = 0 */
    {OP_REM, INTS,             {ANY, ONE},          GIVE_ZERO, NULL},
    {OP_REM, INTS,             {ZERO, ANY},         GIVE_ZERO, NULL},
    {OP_REM, INTS,             {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_ABS, UNSIGNED,         {ANY},               A, NULL},
    {OP_ABS, NUMBERS,          {ANY},               REWRITE, once},
    {OP_ABS, NUMBERS,          {ANY},               REWRITE, abs_of_neg},
    {OP_MIN, NUMBERS,          {ANY, SAME},         A, NULL},
    {OP_MIN, UNSIGNED,         {ANY, ZERO},         GIVE_ZERO, NULL},
    {OP_MIN, UNSIGNED,         {ANY, ONES},         A, NULL},
    {OP_MIN, INTS,             {ANY, CONST},        REWRITE, reassociate},
    {OP_MAX, NUMBERS,          {ANY, SAME},         A, NULL},
    {OP_MAX, UNSIGNED,         {ANY, ZERO},         A, NULL},
    {OP_MAX, UNSIGNED,         {ANY, ONES},         GIVE_ONES, NULL},
    {OP_MAX, INTS,             {ANY, CONST},        REWRITE, reassociate},

    {OP_NOT, BITS,             {ANY},               REWRITE, undo},
    {OP_NOT, BOOLS,            {ANY},               REWRITE, not_of_comparison},
    {OP_AND, BITS,             {ANY, ZERO},         GIVE_ZERO, NULL},
    {OP_AND, BITS,             {ANY, ONES},         A, NULL},
    {OP_AND, BITS,             {ANY, SAME},         A, NULL},
    {OP_AND, BITS,             {ANY, CONST},        REWRITE, reassociate},
    {OP_OR, BITS,              {ANY, ZERO},         A, NULL},
    {OP_OR, BITS,              {ANY, ONES},         GIVE_ONES, NULL},
    {OP_OR, BITS,              {ANY, SAME},         A, NULL},
    {OP_OR, BITS,              {ANY, CONST},        REWRITE, reassociate},
    {OP_XOR, BITS,             {ANY, ZERO},         A, NULL},
    {OP_XOR, BITS,             {ANY, ONES},         REWRITE, not_first},
    {OP_XOR, BITS,             {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_XOR, BITS,             {ANY, CONST},        REWRITE, reassociate},
    {OP_SHL, INTS,             {ANY, ZERO},         A, NULL},
    {OP_SHL, INTS,             {ZERO, ANY},         GIVE_ZERO, NULL},
    {OP_SHR, INTS,             {ANY, ZERO},         A, NULL},
    {OP_SHR, INTS,             {ZERO, ANY},         GIVE_ZERO, NULL},
    {OP_REVERSE_BITS, INTS,    {ANY},               REWRITE, undo},

    {OP_EQ, BITS,              {ANY, SAME},         GIVE_ONES, NULL},
    {OP_EQ, BOOLS,             {ANY, ONES},         A, NULL},
    {OP_EQ, BOOLS,             {ANY, ZERO},         REWRITE, not_first},
    {OP_NE, BITS,              {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_NE, BOOLS,             {ANY, ZERO},         A, NULL},
    {OP_NE, BOOLS,             {ANY, ONES},         REWRITE, not_first},
    {OP_LT, NUMBERS,           {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_LT, UNSIGNED,          {ANY, ZERO},         GIVE_ZERO, NULL},
    {OP_LE, INTS,              {ANY, SAME},         GIVE_ONES, NULL},
    {OP_LE, UNSIGNED,          {ANY, ONES},         GIVE_ONES, NULL},
    {OP_GT, NUMBERS,           {ANY, SAME},         GIVE_ZERO, NULL},
    {OP_GT, UNSIGNED,          {ANY, ONES},         GIVE_ZERO, NULL},
    {OP_GE, INTS,              {ANY, SAME},         GIVE_ONES, NULL},
    {OP_GE, UNSIGNED,          {ANY, ZERO},         GIVE_ONES, NULL},
    {OP_SELECT, ALL,           {ONES},              B, NULL},
    {OP_SELECT, ALL,           {ZERO},              C, NULL},
    {OP_SELECT, ALL,           {ANY},               REWRITE, select_of_same},
    {OP_SELECT, BOOLS,         {ANY, ONES, ZERO},   A, NULL},
    {OP_SELECT, BOOLS,         {ANY, ZERO, ONES},   REWRITE, not_first},
    {OP_SELECT, ALL,           {ANY},               REWRITE, select_of_not},
    {OP_SELECT, BOOLS,         {ANY, ONES, ANY},    REWRITE, select_is_or},
    {OP_SELECT, BOOLS,         {ANY, ANY, ZERO},    REWRITE, select_is_and},

    {OP_CONVERT, INTS,         {ANY},               REWRITE, convert_back},
    {OP_BITCAST, ALL,          {ANY},               REWRITE, bitcast_of_bitcast},

    {OP_CONSTRUCT, ALL,        {ANY},               REWRITE, construct_of_parts},
    {OP_CONSTRUCT, ALL,        {ANY},               REWRITE, gather_lanes},
    {OP_EXTRACT, ALL,          {ANY},               REWRITE, extract_of_known},
    {OP_INSERT, ALL,           {ANY, ANY},          REWRITE, insert_over_insert},
    {OP_INSERT, ALL,           {ANY, ANY},          REWRITE, insert_of_own},
    {OP_INSERT, ALL,           {ANY, ANY},          REWRITE, insert_into_construct},
    {OP_INSERT, ALL,           {ANY, ANY},          REWRITE, gather_lanes},
    {OP_EXTRACT_AT, ALL,       {ANY, CONST},        REWRITE, extract_at_constant},
    {OP_INSERT_AT, ALL,        {ANY},               REWRITE, insert_at_constant},
    {OP_SWIZZLE, ALL,          {ANY},               REWRITE, gather_lanes},
};
/* clang-format on */

/* ---- applying them ---- */

static unsigned types_of(const IrInst *inst) {
    static const unsigned of_class[] = {
        [IR_CLASS_BOOL] = BOOLS,
        [IR_CLASS_INT] = SIGNED,
        [IR_CLASS_UINT] = UNSIGNED,
        [IR_CLASS_FLOAT] = FLOATS,
    };
    const IrType *type = inst->operands[inst->op == OP_SELECT ? 1 : 0]->type;
    return ir_is_value(type) ? of_class[ir_class(type)] : ALL;
}

static bool every_lane_is(const IrValue *value, uint64_t bits) {
    for (unsigned lane = 0; lane < value->type->lanes; lane++) {
        if (value->bits[lane] != bits) {
            return false;
        }
    }
    return true;
}

static bool matches(Pattern pattern, const IrInst *inst, const IrValue *value) {
    if (pattern == ANY || pattern == SAME) {
        return pattern == ANY || value == inst->operands[0];
    }
    if (!ir_is_const(value)) {
        return false;
    }
    IrScalar scalar = value->type->scalar;
    unsigned width = ir_bits(value->type);
    switch (pattern) {
    case ZERO:
        return every_lane_is(value, 0);
    case MINUS_0:
        return every_lane_is(value, (uint64_t)1 << (width - 1));
    case ONE:
        return every_lane_is(value, ir_bits_of_number(scalar, 1));
    case ONES:
        return every_lane_is(value, UINT64_MAX >> (64 - width));
    default:
        return true;
    }
}

static bool fits(const Rule *rule, const IrInst *inst) {
    bool fit = (rule->types & types_of(inst)) != 0;
    for (uint32_t i = 0; i < 3 && i < inst->operand_count && fit; i++) {
        fit = matches(rule->operands[i], inst, inst->operands[i]);
    }
    return fit;
}

static IrValue *apply(const Rule *rule, IrBuilder *b, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    switch (rule->outcome) {
    case A:
        return inst->operands[0];
    case B:
        return inst->operands[1];
    case C:
        return inst->operands[2];
    case GIVE_ZERO:
        return ir_const_zero(b->module, type);
    case GIVE_ONES:
        return ir_const_splat(b->module, type, UINT64_MAX >> (64 - ir_bits(type)));
    default:
        return rule->rewrite(b, inst);
    }
}

FoldRules fold_rules(void) {
    enum { COUNT = sizeof rules / sizeof *rules };
    FoldRules index;
    uint16_t at = 0;
    for (int op = 0; op <= OP_COUNT; op++) {
        while (at < COUNT && (int)rules[at].op < op) {
            at++;
        }
        index.first[op] = at;
    }
    return index;
}

IrValue *fold_by_rules(const FoldRules *index, IrBuilder *b, IrInst *inst) {
    IrValue *value = NULL;
    for (uint32_t i = index->first[inst->op]; i < index->first[inst->op + 1] && value == NULL;
         i++) {
        if (fits(&rules[i], inst)) {
            value = apply(&rules[i], b, inst);
        }
    }
    return value;
}
