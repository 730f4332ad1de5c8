/* Instructions that are not control: one row of spirv_ops.def each, and functions where a row says too little. */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

/* Writes an instruction whose operands have these ids; gives the id of the result. */
typedef uint32_t (*Write)(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);

typedef struct {
    enum { FORM_NONE, FORM_SAME, FORM_CORE, FORM_GLSL, FORM_CALL, FORM_GROUP } kind;
    uint16_t code;
    Write write;
    SpvCapability needs; /* FORM_GROUP */
    int operation;       /* FORM_GROUP: SpvGroupOperation, or NO_OPERATION */
} Form;

enum { NO_OPERATION = -1 };

/* x - y * (x / y). Vulkan leaves OpSRem undefined where an operand is negative (appendix "Precision and Operation of
 * SPIR-V Instructions"; defined only with VK_KHR_maintenance8), and NVIDIA's driver then gives something else. It is
 * no faster either: drivers make this sequence of it. */
static uint32_t signed_remainder(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->results[0]->type;
    uint32_t quotient = RESULT(w, SpvOpSDiv, type, operands[0], operands[1]);
    uint32_t product = RESULT(w, SpvOpIMul, type, operands[1], quotient);
    return RESULT(w, SpvOpISub, type, operands[0], product);
}

/* FindUMsb gives the highest set bit, or -1: width - 1 - that is the count, also of 0. */
static uint32_t leading_zeros(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->results[0]->type;
    uint32_t highest = spirv_glsl(w, GLSLstd450FindUMsb, type, 1, operands);
    uint32_t top = spirv_splat(w, type, ir_bits(type) - 1);
    return RESULT(w, SpvOpISub, type, top, highest);
}

/* FindILsb gives the lowest set bit, or -1, which is more than any width when taken as unsigned. */
static uint32_t trailing_zeros(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->results[0]->type;
    uint32_t lowest = spirv_glsl(w, GLSLstd450FindILsb, type, 1, operands);
    uint32_t width = spirv_splat(w, type, ir_bits(type));
    return spirv_glsl(w, GLSLstd450UMin, type, 2, (uint32_t[]){lowest, width});
}

/* NaN and infinity are told by their bits: without SignedZeroInfNanPreserve, which not every device has, a driver may
 * take it that there are none and fold OpIsNan and OpIsInf to false. */
static uint32_t test_exponent(SpirvWriter *w, const IrInst *inst, uint32_t operand, SpvOp op) {
    const IrType *type = ir_resolve(inst->operands[0])->type;
    if (type->scalar ==
        IR_F16) { /* 16 bits of an integer may not be looked at: as the f32 of the same value */
        type = ir_vector(IR_F32, type->lanes);
        operand = RESULT(w, SpvOpFConvert, type, operand);
    }
    static const struct {
        IrScalar bits;
        uint64_t infinity;
    } rows[IR_SCALAR_COUNT] = {
        [IR_F32] = {IR_U32, 0x7f800000},
        [IR_F64] = {IR_U64, 0x7ff0000000000000},
    };
    const IrType *bits_type = ir_vector(rows[type->scalar].bits, type->lanes);
    uint64_t sign = (uint64_t)1 << (ir_bits(type) - 1);
    uint32_t bits = RESULT(w, SpvOpBitcast, bits_type, operand);
    uint32_t mask = spirv_splat(w, bits_type, sign - 1);
    uint32_t magnitude = RESULT(w, SpvOpBitwiseAnd, bits_type, bits, mask);
    uint32_t infinity = spirv_splat(w, bits_type, rows[type->scalar].infinity);
    return RESULT(w, op, inst->results[0]->type, magnitude, infinity);
}

static uint32_t is_nan(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    return test_exponent(w, inst, operands[0], SpvOpUGreaterThan);
}

static uint32_t is_inf(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    return test_exponent(w, inst, operands[0], SpvOpIEqual);
}

/* ---- conversion ---- */

static uint32_t convert_int(SpirvWriter *w, const IrType *from, const IrType *to, uint32_t id) {
    if (ir_bits(from) == ir_bits(to)) {
        return RESULT(w, SpvOpBitcast, to, id);
    }
    if (ir_is_signed_int(from)) { /* extends by the sign of what there is */
        return RESULT(w, SpvOpSConvert, to, id);
    }
    if (!ir_is_signed_int(to)) {
        return RESULT(w, SpvOpUConvert, to, id);
    }
    static const IrScalar unsigned_of[IR_SCALAR_COUNT] = {
        [IR_I8] = IR_U8, [IR_I16] = IR_U16, [IR_I32] = IR_U32, [IR_I64] = IR_U64};
    id = RESULT(w, SpvOpUConvert, ir_vector(unsigned_of[to->scalar], to->lanes), id);
    return RESULT(w, SpvOpBitcast, to, id); /* OpUConvert gives unsigned types only */
}

static uint32_t convert(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *to = inst->results[0]->type, *from = ir_resolve(inst->operands[0])->type;
    if (ir_is_bool(from)) {
        uint32_t one = spirv_constant(w, ir_const_number(w->module, to, 1));
        uint32_t zero = spirv_splat(w, to, 0);
        return RESULT(w, SpvOpSelect, to, operands[0], one, zero);
    }
    if (ir_is_int(from) && ir_is_int(to)) {
        return convert_int(w, from, to, operands[0]);
    }
    SpvOp op;
    if (ir_is_float(from)) {
        op = ir_is_float(to)        ? SpvOpFConvert
             : ir_is_signed_int(to) ? SpvOpConvertFToS
                                    : SpvOpConvertFToU;
    } else {
        op = ir_is_signed_int(from) ? SpvOpConvertSToF : SpvOpConvertUToF;
    }
    return RESULT(w, op, to, operands[0]);
}

/* ---- vectors, arrays, forms ---- */

static uint32_t construct(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrType *type = inst->results[0]->type;
    return ir_resolve(inst->operands[0])->type == type /* a vector, alone */
               ? operands[0]
               : spirv_result(w, SpvOpCompositeConstruct, type, inst->operand_count, operands);
}

static uint32_t extract(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    return RESULT(w, SpvOpCompositeExtract, inst->results[0]->type, operands[0], inst->index);
}

static uint32_t insert(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    return RESULT(w, SpvOpCompositeInsert, inst->results[0]->type, operands[1], operands[0],
                  inst->index);
}

static uint32_t swizzle(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t words[2 + IR_MAX_LANES] = {operands[0], operands[0]};
    for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
        words[2 + i] = inst->swizzle.lane[i];
    }
    return spirv_result(w, SpvOpVectorShuffle, inst->results[0]->type, 2u + inst->swizzle.lanes,
                        words);
}

/* ---- what is given ---- */

static uint32_t builtin(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    (void)operands;
    return spirv_load_builtin(w, inst->builtin);
}

static uint32_t spec(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    (void)operands;
    return spirv_spec(w, inst->spec);
}

static uint32_t call(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    const IrFunction *callee = inst->callee;
    uint32_t *words = NEW_ARRAY(w->module->arena, uint32_t, 1 + inst->operand_count);
    words[0] = callee->mark;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        words[1 + i] = operands[i];
    }
    w->calls = true;
    return spirv_result(w, SpvOpFunctionCall, callee->result, 1 + inst->operand_count, words);
}

/* ---- subgroups ---- */

static uint32_t in_subgroup(SpirvWriter *w, SpvOp op, SpvCapability needs, int operation,
                            const IrInst *inst, const uint32_t *operands) {
    uint32_t words[4] = {spirv_splat(w, ir_scalar(IR_U32), SpvScopeSubgroup)}, count = 1;
    const IrType *type = inst->results[0]->type;
    spirv_capability(w, needs);
    if (ir_bits(type) == 16 || (ir_is_int(type) && ir_bits(type) == 64)) {
        w->needs |= SPIRV_SUBGROUP_TYPES;
    }
    if (operation != NO_OPERATION) {
        words[count++] = (uint32_t)operation;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        words[count++] = operands[i];
    }
    return spirv_result(w, op, type, count, words);
}

/* A lane that is computed is for OpGroupNonUniformShuffle: before SPIR-V 1.5 a broadcast takes constants alone. */
static uint32_t broadcast(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    bool fixed = ir_is_const(ir_resolve(inst->operands[1]));
    return in_subgroup(w, fixed ? SpvOpGroupNonUniformBroadcast : SpvOpGroupNonUniformShuffle,
                       fixed ? SpvCapabilityGroupNonUniformBallot
                             : SpvCapabilityGroupNonUniformShuffle,
                       NO_OPERATION, inst, operands);
}

/* ---- the table ---- */

static const Form forms[OP_COUNT][4] = {
#define NONE {.kind = FORM_NONE}
#define SAME {.kind = FORM_SAME}
#define CORE(name) {.kind = FORM_CORE, .code = SpvOp##name}
#define GLSL(name) {.kind = FORM_GLSL, .code = GLSLstd450##name}
#define CALL(function) {.kind = FORM_CALL, .write = function}
#define IN_GROUP(name, capability, what)                                                           \
    {.kind = FORM_GROUP,                                                                           \
     .code = SpvOpGroupNonUniform##name,                                                           \
     .needs = SpvCapabilityGroupNonUniform##capability,                                            \
     .operation = what}
#define GROUP(name, what) IN_GROUP(name, Arithmetic, SpvGroupOperation##what)
#define LANES(name, capability) IN_GROUP(name, capability, NO_OPERATION)
#define OP(op, bool_, int_, uint_, float_)                                                         \
    [OP_##op] = {[IR_CLASS_BOOL] = bool_,                                                          \
                 [IR_CLASS_INT] = int_,                                                            \
                 [IR_CLASS_UINT] = uint_,                                                          \
                 [IR_CLASS_FLOAT] = float_},
#define ALL(op, form) [OP_##op] = {form, form, form, form},
#define CONTROL(op) [OP_##op] = {NONE},
#define ABSENT(op, why) [OP_##op] = {NONE},
#include "backend-spirv/spirv_ops.def"
#undef NONE
#undef SAME
#undef CORE
#undef GLSL
#undef CALL
#undef IN_GROUP
#undef GROUP
#undef LANES
#undef OP
#undef ALL
#undef CONTROL
#undef ABSENT
};

/* A new op that has no row in spirv_ops.def does not compile here. */
enum {
#define OP(op, bool_, int_, uint_, float_) ROW_##op,
#define ALL(op, form) ROW_##op,
#define CONTROL(op) ROW_##op,
#define ABSENT(op, why) ROW_##op,
#include "backend-spirv/spirv_ops.def"
#undef OP
#undef ALL
#undef CONTROL
#undef ABSENT
};
#define OP(id, ID, text, operands, rule, effects) _Static_assert(ROW_##ID >= 0, text);
#include "ir/ops.def"
#undef OP

static const Form *form_of(const IrInst *inst) {
    const IrType *type = inst->operand_count > 0 ? ir_resolve(inst->operands[0])->type : NULL;
    return &forms[inst->op][type != NULL && ir_is_value(type) ? ir_class(type) : IR_CLASS_BOOL];
}

static uint32_t glsl_code(const SpirvWriter *w, uint32_t code) {
    if (!w->options->for_msl) {
        return code;
    }
    return code == GLSLstd450FMin ? GLSLstd450NMin : code == GLSLstd450FMax ? GLSLstd450NMax : code;
}

void spirv_instruction(SpirvWriter *w, IrInst *inst) {
    w->operands.count = 0;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        uint32_t id = spirv_value(w, inst->operands[i]);
        VEC_PUSH(w->module->arena, &w->operands, id);
    }
    const uint32_t *operands = w->operands.items;
    const Form *form = form_of(inst);
    IrValue *result = inst->result_count > 0 ? inst->results[0] : NULL;
    uint32_t id = 0, bound = w->bound, written = w->sections[SPIRV_CODE].count;
    switch (form->kind) {
    case FORM_SAME:
        id = operands[0];
        break;
    case FORM_CORE:
        id = spirv_result(w, form->code, result->type, inst->operand_count, operands);
        if ((inst->flags & IR_PRECISE) != 0 && ir_is_float(result->type)) {
            EMIT(w, SPIRV_ANNOTATIONS, SpvOpDecorate, id, SpvDecorationNoContraction);
        }
        break;
    case FORM_GLSL:
        id = spirv_glsl(w, glsl_code(w, form->code), result->type, inst->operand_count, operands);
        break;
    case FORM_GROUP:
        id = in_subgroup(w, form->code, form->needs, form->operation, inst, operands);
        break;
    case FORM_CALL:
        id = form->write(w, inst, operands);
        break;
    case FORM_NONE:
        BUG("`%s` has no SPIR-V form here", ir_ops[inst->op].text);
    }
    if (result == NULL) {
        return;
    }
    result->mark = id;
    if (id >= bound && w->sections[SPIRV_CODE].count > written) { /* no operand, no constant */
        spirv_local_name(w, result);
    }
}
