/* Calls on the way back: of declared functions, which stand for ops, and of LLVM's intrinsics. See from_llvm_state.h. */
#include "ir/base/fatal.h"
#include "ir/llvm/from_llvm_state.h"

/* ---- ops ---- */

/* At the top of the function, where nothing can come before it. */
static IrBuilder top(From *from) {
    IrRegion *body = &from->t->function->body;
    return (IrBuilder){
        .module = from->module, .region = body, .before = body->first, .pos = from->pos};
}

static IrValue *builtin(From *from, ToLlvmTemplate of) {
    IrBuiltin which = of.inst->builtin;
    IrValue **whole = &from->builtins[which];
    if (*whole == NULL) {
        IrBuilder b = top(from);
        *whole = ir_builtin(&b, which);
        (*whole)->name = of.inst->results[0]->name;
    }
    if (!ir_is_vector((*whole)->type)) {
        return *whole;
    }
    IrValue **lane = &from->lanes[which][of.lane];
    if (*lane == NULL) {
        IrBuilder b = top(from);
        b.before = (*whole)->inst->next;
        *lane = ir_extract(&b, *whole, of.lane);
    }
    return *lane;
}

static IrValue *root(From *from, IrValue *old) {
    if (old->kind == IR_VALUE_PARAM) {
        return old;
    }
    IrValue *now = from_map_get(&from->roots, old);
    if (now == NULL) {
        from_fault(from, NULL);
        now = old;
    }
    return now;
}

/* The op that the call stands for, with the operands that the call has now. */
static IrValue *op(From *from, LLVMValueRef call, const IrInst *of) {
    IrInst *inst = ir_inst_new(from->module, of->op, of->operand_count, of->result_count, 0);
    const IrInst made = *inst;
    *inst = *of; /* with flags and immediates */
    inst->region = NULL;
    inst->previous = inst->next = NULL;
    inst->operands = made.operands;
    inst->results = made.results;
    inst->pos = from->b.pos;
    for (uint32_t i = 0; i < of->operand_count; i++) {
        IrValue *old = of->operands[i];
        inst->operands[i] = ir_is_root(old->type)
                                ? root(from, old)
                                : from_get(from, LLVMGetOperand(call, i), old->type);
    }
    ir_insert(&from->b, inst);
    if (of->result_count == 0) {
        return NULL;
    }
    IrValue *result = ir_result_new(from->module, inst, 0, of->results[0]->type);
    if (ir_is_root(result->type)) {
        result->name = of->results[0]->name;
        from_map_put(&from->roots, from->arena, of->results[0], result);
        return NULL;
    }
    return result;
}

/* ---- intrinsics ---- */

typedef IrValue *Intrinsic(From *from, LLVMValueRef call, IrOp op);

static LLVMValueRef argument(LLVMValueRef call, unsigned index) {
    return LLVMGetOperand(call, index);
}

static bool is_whole(unsigned width) {
    return width == 32 || width == 64;
}

static IrValue *fault(From *from, LLVMValueRef call) {
    from_fault(from, call);
    return ir_const_zero(from->module, from_type(from, call));
}

static IrValue *number(From *from, const IrType *type, uint64_t bits) {
    return ir_const_splat(from->module, type, bits);
}

static IrValue *nothing(From *from, LLVMValueRef call, IrOp op) {
    (void)from;
    (void)call;
    (void)op;
    return NULL;
}

static IrValue *of_floats(From *from, LLVMValueRef call, IrOp op) {
    const IrType *type = from_type(from, call);
    IrValue *operands[3];
    unsigned count = ir_ops[op].operands;
    for (unsigned i = 0; i < count; i++) {
        operands[i] = from_get(from, argument(call, i), type);
    }
    return ir_emit(&from->b, op, type, count, operands)->results[0];
}

static IrValue *of_unsigned(From *from, LLVMValueRef call, IrOp op) {
    IrValue *a = from_unsigned(from, argument(call, 0));
    return ir_binary(&from->b, op, a, from_unsigned(from, argument(call, 1)));
}

static IrValue *of_signed(From *from, LLVMValueRef call, IrOp op) {
    unsigned width = from_width(LLVMTypeOf(call));
    IrValue *a = from_signed(from, argument(call, 0));
    IrValue *made = op == OP_ABS ? ir_unary(&from->b, op, a)
                                 : ir_binary(&from->b, op, a, from_signed(from, argument(call, 1)));
    if (is_whole(width)) {
        return made;
    }
    const IrType *type = from_carrier(from, LLVMTypeOf(call), false);
    return from_narrow(from, ir_convert(&from->b, OP_BITCAST, type, made), width);
}

/* What counts or turns bits, in the width that the carrier has. */
static IrValue *of_bits(From *from, LLVMValueRef call, IrOp op) {
    unsigned width = from_width(LLVMTypeOf(call));
    IrValue *a = from_unsigned(from, argument(call, 0));
    uint64_t above = ir_bits(a->type) - width;
    IrBuilder *b = &from->b;
    if (above > 0 && op == OP_CTZ) { /* not beyond the width */
        a = ir_binary(b, OP_OR, a, number(from, a->type, UINT64_C(1) << width));
    }
    IrValue *made = ir_unary(b, op, a);
    if (above > 0 && op == OP_CLZ) {
        made = ir_binary(b, OP_SUB, made, number(from, a->type, above));
    } else if (above > 0 && op == OP_REVERSE_BITS) {
        IrValue *count = number(from, ir_vector(IR_U32, a->type->lanes), above);
        made = ir_binary(b, OP_SHR, made, count);
        made->inst->flags |= IR_RAW;
    }
    return made;
}

static IrValue *shifted(From *from, IrOp op, IrValue *value, IrValue *count) {
    return ir_emit(&from->b, op, value->type, 2, (IrValue *[]){value, count})->results[0];
}

/* By a count that is below the width. */
static IrValue *moved(From *from, IrOp op, IrValue *value, uint64_t count) {
    IrValue *by = number(from, ir_vector(IR_U32, value->type->lanes), count);
    IrValue *made = shifted(from, op, value, by);
    made->inst->flags |= IR_RAW;
    return made;
}

/* Bits of two values side by side, moved by a count that is taken modulo the width. */
static IrValue *funnel(From *from, LLVMValueRef call, IrOp op) {
    unsigned width = from_width(LLVMTypeOf(call));
    IrValue *high = from_unsigned(from, argument(call, 0));
    IrValue *low = from_unsigned(from, argument(call, 1));
    IrValue *by = from_unsigned(from, argument(call, 2));
    if (!is_whole(width)) {
        return fault(from, call);
    }
    IrBuilder *b = &from->b;
    const IrType *counts = ir_vector(IR_U32, high->type->lanes);
    if (ir_is_const(by) && (by->bits[0] & (width - 1)) != 0 &&
        from_is_constant(argument(call, 2), by->bits[0])) {
        uint64_t first = by->bits[0] & (width - 1);
        high = moved(from, OP_SHL, high, op == OP_SHL ? first : width - first);
        low = moved(from, OP_SHR, low, op == OP_SHL ? width - first : first);
        return ir_binary(b, OP_OR, high, low);
    }
    by = ir_convert(b, OP_CONVERT, counts, by);
    by = ir_binary(b, OP_AND, by, number(from, counts, width - 1));
    /* the other way by the rest: by 1, and then by what is left, for the rest may be the width */
    IrValue *rest = ir_binary(b, OP_SUB, number(from, counts, width - 1), by);
    IrValue *one = number(from, counts, 1);
    if (op == OP_SHL) {
        low = shifted(from, OP_SHR, shifted(from, OP_SHR, low, one), rest);
        high = shifted(from, OP_SHL, high, by);
    } else {
        high = shifted(from, OP_SHL, shifted(from, OP_SHL, high, one), rest);
        low = shifted(from, OP_SHR, low, by);
    }
    return ir_binary(b, OP_OR, high, low);
}

static IrValue *swap_bytes(From *from, LLVMValueRef call, IrOp op) {
    (void)op;
    if (from_width(LLVMTypeOf(call)) != 32) {
        return fault(from, call);
    }
    IrBuilder *b = &from->b;
    IrValue *a = from_unsigned(from, argument(call, 0));
    IrValue *middle = number(from, a->type, 0xff00);
    IrValue *second = ir_binary(b, OP_AND, moved(from, OP_SHR, a, 8), middle);
    IrValue *third = moved(from, OP_SHL, ir_binary(b, OP_AND, a, middle), 8);
    IrValue *outer = ir_binary(b, OP_OR, moved(from, OP_SHL, a, 24), moved(from, OP_SHR, a, 24));
    return ir_binary(b, OP_OR, outer, ir_binary(b, OP_OR, second, third));
}

/* Sums and differences of unsigned numbers that stop at their limits. */
static IrValue *saturate(From *from, LLVMValueRef call, IrOp op) {
    unsigned width = from_width(LLVMTypeOf(call));
    IrBuilder *b = &from->b;
    IrValue *a = from_unsigned(from, argument(call, 0)),
            *c = from_unsigned(from, argument(call, 1));
    if (op == OP_SUB) {
        return ir_binary(b, OP_SUB, a, ir_binary(b, OP_MIN, a, c));
    }
    uint64_t most = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    IrValue *room = ir_binary(b, OP_SUB, number(from, a->type, most), a);
    return ir_binary(b, OP_ADD, a, ir_binary(b, OP_MIN, c, room));
}

/* -1, 0 or 1. */
static IrValue *three_way(From *from, LLVMValueRef call, IrOp op) {
    LLVMValueRef a = argument(call, 0), c = argument(call, 1);
    if (from_width(LLVMTypeOf(a)) == 1) {
        return fault(from, call);
    }
    bool is_signed = op == OP_LT; /* of the two rows */
    IrBuilder *b = &from->b;
    IrValue *left = is_signed ? from_signed(from, a) : from_unsigned(from, a);
    IrValue *right = is_signed ? from_signed(from, c) : from_unsigned(from, c);
    const IrType *type = from_carrier(from, LLVMTypeOf(call), false);
    if (type == NULL) {
        return fault(from, call);
    }
    IrValue *more = ir_convert(b, OP_CONVERT, type, ir_binary(b, OP_GT, left, right));
    IrValue *less = ir_convert(b, OP_CONVERT, type, ir_binary(b, OP_LT, left, right));
    return from_narrow(from, ir_binary(b, OP_SUB, more, less), from_width(LLVMTypeOf(call)));
}

static IrValue *to_int(From *from, LLVMValueRef call, IrOp op) {
    unsigned width = from_width(LLVMTypeOf(call));
    const IrType *type = from_carrier(from, LLVMTypeOf(call), op == OP_NEG);
    if (type == NULL || !is_whole(width)) {
        return fault(from, call);
    }
    return ir_convert(&from->b, OP_CONVERT, type, from_any(from, argument(call, 0)));
}

static IrValue *classify(From *from, LLVMValueRef call, IrOp op) {
    enum { NANS = 0x3, INFINITIES = 0x204 };
    uint64_t wanted;
    (void)op;
    if (!from_lane_constant(argument(call, 1), 0, &wanted) ||
        (wanted != NANS && wanted != INFINITIES)) {
        return fault(from, call);
    }
    IrValue *a = from_any(from, argument(call, 0));
    return ir_emit(&from->b, wanted == NANS ? OP_ISNAN : OP_ISINF, ir_bool_like(a->type), 1, &a)
        ->results[0];
}

static const struct {
    const char *name;
    Intrinsic *make;
    IrOp op;
} intrinsics[] = {
    {"llvm.umin", of_unsigned, OP_MIN},
    {"llvm.umax", of_unsigned, OP_MAX},
    {"llvm.smin", of_signed, OP_MIN},
    {"llvm.smax", of_signed, OP_MAX},
    {"llvm.abs", of_signed, OP_ABS},
    {"llvm.minnum", of_floats, OP_MIN},
    {"llvm.maxnum", of_floats, OP_MAX},
    {"llvm.minimumnum", of_floats, OP_MIN},
    {"llvm.maximumnum", of_floats, OP_MAX},
    {"llvm.fabs", of_floats, OP_ABS},
    {"llvm.floor", of_floats, OP_FLOOR},
    {"llvm.ceil", of_floats, OP_CEIL},
    {"llvm.trunc", of_floats, OP_TRUNC},
    {"llvm.roundeven", of_floats, OP_ROUND},
    {"llvm.rint", of_floats, OP_ROUND},
    {"llvm.nearbyint", of_floats, OP_ROUND},
    {"llvm.sqrt", of_floats, OP_SQRT},
    {"llvm.fma", of_floats, OP_FMA},
    {"llvm.fmuladd", of_floats, OP_FMA},
    {"llvm.ctpop", of_bits, OP_POPCOUNT},
    {"llvm.ctlz", of_bits, OP_CLZ},
    {"llvm.cttz", of_bits, OP_CTZ},
    {"llvm.bitreverse", of_bits, OP_REVERSE_BITS},
    {"llvm.bswap", swap_bytes, OP_NONE},
    {"llvm.fshl", funnel, OP_SHL},
    {"llvm.fshr", funnel, OP_SHR},
    {"llvm.uadd.sat", saturate, OP_ADD},
    {"llvm.usub.sat", saturate, OP_SUB},
    {"llvm.scmp", three_way, OP_LT},
    {"llvm.ucmp", three_way, OP_GT},
    {"llvm.fptosi.sat", to_int, OP_NEG},
    {"llvm.fptoui.sat", to_int, OP_ABS},
    {"llvm.is.fpclass", classify, OP_NONE},
    {"llvm.assume", nothing, OP_NONE},
    {"llvm.donothing", nothing, OP_NONE},
};

static IrValue *intrinsic(From *from, LLVMValueRef call, unsigned id) {
    size_t length;
    const char *name = LLVMIntrinsicGetName(id, &length);
    bool of_ints = from_width(LLVMTypeOf(call)) > 0;
    if (of_ints && from_width(LLVMTypeOf(call)) != 1 &&
        from_carrier(from, LLVMTypeOf(call), false) == NULL) {
        return fault(from, call);
    }
    for (size_t i = 0; i < sizeof intrinsics / sizeof *intrinsics; i++) {
        if (strlen(intrinsics[i].name) == length && memcmp(intrinsics[i].name, name, length) == 0) {
            return intrinsics[i].make(from, call, intrinsics[i].op);
        }
    }
    from_fault(from, call);
    return NULL;
}

IrValue *from_call(From *from, LLVMValueRef call) {
    LLVMValueRef callee = LLVMGetCalledValue(call);
    unsigned id = LLVMGetIntrinsicID(callee);
    if (id != 0) {
        return intrinsic(from, call, id);
    }
    ToLlvmTemplate of = to_llvm_template(from->t->data, callee);
    if (of.inst == NULL) {
        from_fault(from, call);
        return NULL;
    }
    return of.inst->op == OP_BUILTIN ? builtin(from, of) : op(from, call, of.inst);
}
