/* Atomics and barriers.
 *
 * An atomic is relaxed: it orders nothing else, so its semantics are None. Its scope is all that may touch the place: the
 * device for a buffer, the workgroup for shared memory. In memory an atomic float is an unsigned integer of its bits,
 * for few devices have more for floats than that (lower_float_atomics makes loops of sums); where the target is said to
 * have them (`atomic_float`), it is a float.
 */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

const IrType *spirv_atomic_type(const SpirvWriter *w, const IrType *atomic) {
    bool as_bits = atomic->scalar == IR_F32 && !w->options->atomic_float;
    return ir_scalar(as_bits ? IR_U32 : atomic->scalar);
}

/* The instruction for signed, unsigned and float places; Nop: there is none. */
/* clang-format off */
static const struct {
    SpvOp of_int, of_uint, of_float;
} rows[OP_COUNT] = {
    [OP_ATOMIC_LOAD]     = {SpvOpAtomicLoad,     SpvOpAtomicLoad,     SpvOpAtomicLoad},
    [OP_ATOMIC_STORE]    = {SpvOpAtomicStore,    SpvOpAtomicStore,    SpvOpAtomicStore},
    [OP_ATOMIC_ADD]      = {SpvOpAtomicIAdd,     SpvOpAtomicIAdd,     SpvOpAtomicFAddEXT},
    [OP_ATOMIC_SUB]      = {SpvOpAtomicISub,     SpvOpAtomicISub,     SpvOpAtomicFAddEXT},
    [OP_ATOMIC_MIN]      = {SpvOpAtomicSMin,     SpvOpAtomicUMin,     SpvOpNop},
    [OP_ATOMIC_MAX]      = {SpvOpAtomicSMax,     SpvOpAtomicUMax,     SpvOpNop},
    [OP_ATOMIC_AND]      = {SpvOpAtomicAnd,      SpvOpAtomicAnd,      SpvOpNop},
    [OP_ATOMIC_OR]       = {SpvOpAtomicOr,       SpvOpAtomicOr,       SpvOpNop},
    [OP_ATOMIC_XOR]      = {SpvOpAtomicXor,      SpvOpAtomicXor,      SpvOpNop},
    [OP_ATOMIC_EXCHANGE] = {SpvOpAtomicExchange, SpvOpAtomicExchange, SpvOpAtomicExchange},
    [OP_ATOMIC_COMPARE_EXCHANGE] = {SpvOpAtomicCompareExchange, SpvOpAtomicCompareExchange, SpvOpNop},
};
/* clang-format on */

static SpvOp op_for(IrOp op, const IrType *type) {
    SpvOp code = ir_is_float(type)        ? rows[op].of_float
                 : ir_is_signed_int(type) ? rows[op].of_int
                                          : rows[op].of_uint;
    REQUIRE(code != SpvOpNop);
    return code;
}

static void ask_for(SpirvWriter *w, SpvOp code, const IrType *type, bool is_buffer) {
    if (ir_bits(type) == 64) {
        spirv_capability(w, SpvCapabilityInt64Atomics);
        w->needs |= is_buffer ? SPIRV_BUFFER_ATOMIC_INT64 : SPIRV_SHARED_ATOMIC_INT64;
    }
    if (ir_is_float(type)) {
        w->needs |= is_buffer ? SPIRV_BUFFER_ATOMIC_FLOAT : SPIRV_SHARED_ATOMIC_FLOAT;
    }
    if (code == SpvOpAtomicFAddEXT) {
        spirv_capability(w, SpvCapabilityAtomicFloat32AddEXT);
        spirv_extension(w, "SPV_EXT_shader_atomic_float_add");
    }
}

uint32_t spirv_atomic(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    uint32_t start = ir_place_start(inst), index_count = inst->operand_count - start - 1;
    const IrType *root = ir_resolve(inst->operands[start])->type;
    const IrType *atomic = ir_place_type(root, index_count, inst->operands + start + 1);
    const IrType *type = spirv_atomic_type(w, atomic), *value_type = ir_scalar(atomic->scalar);
    SpvOp code = op_for(inst->op, type);
    bool is_buffer = root->kind == IR_TYPE_BUFFER;
    ask_for(w, code, type, is_buffer);
    uint32_t pointer = spirv_place(w, inst, operands), values[2] = {0};
    for (uint32_t i = 0; i < start; i++) {
        values[i] = type == value_type ? operands[i] : RESULT(w, SpvOpBitcast, type, operands[i]);
    }
    if (code == SpvOpAtomicFAddEXT && inst->op == OP_ATOMIC_SUB) {
        values[0] = RESULT(w, SpvOpFNegate, type, values[0]);
    }
    const IrType *word = ir_scalar(IR_U32);
    uint32_t scope = spirv_splat(w, word, is_buffer ? SpvScopeDevice : SpvScopeWorkgroup);
    uint32_t relaxed = spirv_splat(w, word, SpvMemorySemanticsMaskNone), old;
    switch (inst->op) {
    case OP_ATOMIC_STORE:
        EMIT(w, SPIRV_CODE, code, pointer, scope, relaxed, values[0]);
        return 0;
    case OP_ATOMIC_LOAD:
        old = RESULT(w, code, type, pointer, scope, relaxed);
        break;
    case OP_ATOMIC_COMPARE_EXCHANGE: /* (expected, new) */
        old = RESULT(w, code, type, pointer, scope, relaxed, relaxed, values[1], values[0]);
        break;
    default:
        old = RESULT(w, code, type, pointer, scope, relaxed, values[0]);
    }
    return type == value_type ? old : RESULT(w, SpvOpBitcast, value_type, old);
}

typedef struct {
    bool writes, barriers; /* to a buffer; and where invocations wait for one another */
    bool meets;            /* a barrier may come after a write */
} Meeting;

static Meeting meeting_of(const IrRegion *region) {
    Meeting all = {0};
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        Meeting here = {0};
        if (ir_has(inst->op, IR_PLACE) && ir_has(inst->op, IR_WRITE)) {
            here.writes = inst->operands[ir_place_start(inst)]->type->kind == IR_TYPE_BUFFER;
        }
        here.barriers = ir_has(inst->op, IR_SYNC) || inst->op == OP_CALL;
        for (uint32_t i = 0; i < inst->region_count; i++) {
            Meeting arm = meeting_of(&inst->regions[i]);
            here.writes |= arm.writes;
            here.barriers |= arm.barriers;
            here.meets |= arm.meets;
        }
        here.meets |= inst->op == OP_LOOP && here.writes && here.barriers;
        all.meets |= here.meets || (all.writes && here.barriers);
        all.writes |= here.writes;
        all.barriers |= here.barriers;
    }
    return all;
}

/* Whether the invocations of a workgroup have anything to do with one another in buffers: one is read and written, or a
 * barrier comes after a write. If not, barriers are for shared memory alone, which is faster. */
bool spirv_buffers_meet(const IrFunction *function, const ReflectKernel *kernel) {
    bool both = kernel == NULL;
    for (uint32_t i = 0; kernel != NULL && i < kernel->param_count; i++) {
        both |= kernel->params[i].access == (REFLECT_READ | REFLECT_WRITE);
    }
    return both || meeting_of(&function->body).meets;
}

/* Of the workgroup or the subgroup: execution, and the memory that its invocations have in common. What a buffer has
 * that an invocation reads after it was written is `Coherent` besides (spirv_interface.c). */
uint32_t spirv_barrier(SpirvWriter *w, const IrInst *inst, const uint32_t *operands) {
    (void)operands;
    bool is_subgroup = inst->op == OP_SUBGROUP_BARRIER;
    if (is_subgroup) {
        spirv_capability(w, SpvCapabilityGroupNonUniform);
    }
    const IrType *word = ir_scalar(IR_U32);
    uint32_t scope = spirv_splat(w, word, is_subgroup ? SpvScopeSubgroup : SpvScopeWorkgroup);
    uint32_t semantics =
        spirv_splat(w, word,
                    SpvMemorySemanticsAcquireReleaseMask | SpvMemorySemanticsWorkgroupMemoryMask |
                        (w->buffers_meet ? (uint32_t)SpvMemorySemanticsUniformMemoryMask : 0));
    EMIT(w, SPIRV_CODE, SpvOpControlBarrier, scope, scope, semantics);
    return 0;
}
