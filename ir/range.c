/* See range.h. */
#include "ir/range.h"

static int64_t lower(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t higher(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static uint32_t lower_zeros(Range a, Range b) {
    return a.zeros < b.zeros ? a.zeros : b.zeros;
}

bool range_is_for(const IrType *type) {
    return type == ir_scalar(IR_U32) || type == ir_scalar(IR_I32);
}

Range range_all(const IrType *type) {
    return type == ir_scalar(IR_I32) ? (Range){INT32_MIN, INT32_MAX, 0} : (Range){0, UINT32_MAX, 0};
}

Range range_made(const IrType *type, int64_t least, int64_t most, uint32_t zeros) {
    const Range all = range_all(type);
    zeros = zeros < 32 ? zeros : 32;
    bool wraps = least < all.least || most > all.most;
    int64_t below = ((int64_t)1 << zeros) - 1; /* ends that have the zeros */
    least = ((wraps ? all.least : least) + below) & ~below;
    most = (wraps ? all.most : most) & ~below;
    return (Range){lower(least, most), most, zeros};
}

Range range_of_const(const IrValue *value) {
    uint32_t bits = (uint32_t)value->bits[0];
    int64_t number = value->type == ir_scalar(IR_I32) ? (int32_t)bits : (int64_t)bits;
    return (Range){number, number, bits == 0 ? 32 : (uint32_t)__builtin_ctz(bits)};
}

Range range_either(Range a, Range b) {
    return (Range){lower(a.least, b.least), higher(a.most, b.most), lower_zeros(a, b)};
}

/* ---- ops ---- */

static Range product(const IrType *type, Range a, Range b) {
    const int64_t ends[2][2] = {{a.least, a.most}, {b.least, b.most}};
    Range made = {INT64_MAX, INT64_MIN, 0};
    for (uint32_t i = 0; i < 4; i++) {
        int64_t end;
        if (__builtin_mul_overflow(ends[0][i / 2], ends[1][i % 2], &end)) {
            return range_made(type, INT64_MIN, INT64_MAX, a.zeros + b.zeros);
        }
        made = (Range){lower(made.least, end), higher(made.most, end), 0};
    }
    return range_made(type, made.least, made.most, a.zeros + b.zeros);
}

static Range difference(const IrType *type, Range a, Range b, RangeOrder order) {
    int64_t least = a.least - b.most;
    int64_t known = order == RANGE_GREATER ? 1 : order == RANGE_NO_LESS ? 0 : least;
    return range_made(type, higher(least, known), a.most - b.least, lower_zeros(a, b));
}

/* x / 0 = 0 */
static Range quotient(const IrType *type, Range a, Range b) {
    if (b.least == b.most && b.most > 0) {
        return range_made(type, a.least / b.most, a.most / b.most, 0);
    }
    return a.least >= 0 && b.least >= 0 ? range_made(type, 0, a.most, 0) : range_all(type);
}

/* x % 0 = 0 */
static Range remainder_of(const IrType *type, Range a, Range b) {
    if (a.least < 0 || b.least < 0) {
        return range_all(type);
    }
    if (a.most < b.least) {
        return a;
    }
    bool is_const = b.least == b.most;
    return range_made(type, 0, lower(a.most, higher(b.most - 1, 0)),
                      is_const ? lower_zeros(a, b) : 0);
}

/* A mask that is not negative leaves no more than itself. */
static Range masked(const IrType *type, Range a, Range b) {
    uint32_t zeros = a.zeros > b.zeros ? a.zeros : b.zeros;
    if (a.least < 0 && b.least < 0) {
        return range_made(type, INT64_MIN, INT64_MAX, zeros);
    }
    int64_t most = a.least < 0 ? b.most : b.least < 0 ? a.most : lower(a.most, b.most);
    return range_made(type, 0, most, zeros);
}

static Range joined(const IrType *type, Range a, Range b, bool keeps_bits) {
    if (a.least < 0 || b.least < 0) {
        return range_made(type, INT64_MIN, INT64_MAX, lower_zeros(a, b));
    }
    int64_t bits = a.most | b.most; /* and all below the highest of them */
    bits = bits == 0 ? 0 : INT64_MAX >> (__builtin_clzll((uint64_t)bits) - 1);
    return range_made(type, keeps_bits ? higher(a.least, b.least) : 0, bits, lower_zeros(a, b));
}

/* Counts are taken modulo 32. */
static Range shifted(const IrType *type, Range a, Range by, bool left) {
    bool is_const = by.least == by.most;
    if (is_const) {
        by.least = by.most = by.most & 31;
    }
    if (by.least < 0 || by.most > 31 || a.least < 0) {
        return !left && a.least >= 0 ? range_made(type, 0, a.most, 0) : range_all(type);
    }
    uint32_t least = (uint32_t)by.least, most = (uint32_t)by.most;
    if (left) {
        return range_made(type, a.least << least, a.most << most, a.zeros + least);
    }
    uint32_t zeros = is_const && a.zeros > least ? a.zeros - least : 0;
    return range_made(type, a.least >> most, a.most >> least, a.zeros == 32 ? 32 : zeros);
}

static Range converted(const IrType *to, const IrType *from, Range a) {
    if (range_is_for(from)) {
        return range_made(to, a.least, a.most, a.zeros);
    }
    bool is_small = ir_is_value(from) && from->lanes == 1 && ir_bits(from) < 32;
    if (is_small && ir_class(from) == IR_CLASS_BOOL) {
        return range_made(to, 0, 1, 0);
    }
    if (is_small && ir_class(from) == IR_CLASS_UINT) {
        return range_made(to, 0, (1 << ir_bits(from)) - 1, 0);
    }
    if (is_small && ir_class(from) == IR_CLASS_INT) {
        int32_t half = 1 << (ir_bits(from) - 1);
        return range_made(to, -half, half - 1, 0);
    }
    return range_all(to);
}

Range range_of_op(const IrInst *inst, const Range *of, RangeOrder order) {
    const IrType *type = inst->results[0]->type;
    Range a = of[0], b = of[1];
    switch (inst->op) {
    case OP_ADD:
        return range_made(type, a.least + b.least, a.most + b.most, lower_zeros(a, b));
    case OP_SUB:
        return difference(type, a, b, order);
    case OP_MUL:
        return product(type, a, b);
    case OP_DIV:
        return quotient(type, a, b);
    case OP_REM:
        return remainder_of(type, a, b);
    case OP_MIN:
        return range_made(type, lower(a.least, b.least), lower(a.most, b.most), lower_zeros(a, b));
    case OP_MAX:
        return range_made(type, higher(a.least, b.least), higher(a.most, b.most),
                          lower_zeros(a, b));
    case OP_AND:
        return masked(type, a, b);
    case OP_OR:
    case OP_XOR:
        return joined(type, a, b, inst->op == OP_OR);
    case OP_SHL:
    case OP_SHR:
        return shifted(type, a, b, inst->op == OP_SHL);
    case OP_SELECT:
        return range_either(b, of[2]);
    case OP_CONVERT:
        return converted(type, inst->operands[0]->type, a);
    case OP_BITCAST:
        return range_is_for(inst->operands[0]->type) ? range_made(type, a.least, a.most, a.zeros)
                                                     : range_all(type);
    case OP_POPCOUNT:
    case OP_CLZ:
    case OP_CTZ:
        return range_made(type, 0, 32, 0);
    default:
        return range_all(type);
    }
}

Range range_of_builtin(const IrFunction *function, IrBuiltin builtin, uint32_t lane) {
    enum { MOST_LANES = 128 }; /* of a ballot */
    const IrType *type = ir_scalar(IR_U32);
    uint64_t size = UINT32_MAX, all = 1; /* of a workgroup, where they are known */
    for (uint32_t i = 0; i < 3; i++) {
        bool is_fixed = function->is_kernel && function->workgroup_spec[i] == NULL;
        uint64_t side = is_fixed ? function->workgroup[i] : UINT32_MAX;
        size = i == lane ? side : size;
        all = all * side < UINT32_MAX ? all * side : UINT32_MAX;
    }
    switch (builtin) {
    case IR_BUILTIN_LOCAL_ID:
        return range_made(type, 0, (int64_t)size - 1, 0);
    case IR_BUILTIN_GROUP_SIZE:
        return range_made(type, size < UINT32_MAX ? (int64_t)size : 1, (int64_t)size, 0);
    case IR_BUILTIN_LOCAL_INDEX:
    case IR_BUILTIN_SUBGROUP_INDEX:
        return range_made(type, 0, (int64_t)all - 1, 0);
    case IR_BUILTIN_SUBGROUP_COUNT:
        return range_made(type, 1, (int64_t)all, 0);
    case IR_BUILTIN_LANE:
        return range_made(type, 0, MOST_LANES - 1, 0);
    case IR_BUILTIN_LANE_COUNT:
        return range_made(type, 1, MOST_LANES, 0);
    case IR_BUILTIN_GROUP_COUNT:
        return range_made(type, 1, UINT32_MAX, 0);
    default:
        return range_all(type);
    }
}
