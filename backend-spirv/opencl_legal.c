/* What LLVM's passes make and its SPIR-V target or the drivers cannot take, written otherwise. See opencl_module.h.
 *
 *   llvm.bitreverse           is OpBitReverse, which OpenCL has only by an extension: bits are swapped in as many steps as the
 *                             width needs: neighbours, pairs of them, and so on
 *   llvm.uadd.with.overflow   is OpIAddCarry, llvm.usub.with.overflow OpISubBorrow, which PoCL 6 does not know: a sum that is
 *                             less than a part of it has overflown
 *   <poison, 1.0>             a constant with a part that may be anything, of which its target makes no constant
 *   extractvalue              of a part that insertvalue has not set, at which its target crashes
 *   select i1, <4 x float> …  OpSelect has wanted a bool for each lane until SPIR-V 1.4
 */
#include <string.h>

#include "backend-spirv/opencl_module.h"
#include "ir/llvm/to_llvm.h"

/* The bits whose number has no `step` in it. */
static uint64_t low_groups(unsigned width, unsigned step) {
    uint64_t mask = 0;
    for (unsigned bit = 0; bit < width; bit++) {
        mask |= (bit & step) == 0 ? UINT64_C(1) << bit : 0;
    }
    return mask;
}

static LLVMValueRef reverse(LLVMBuilderRef b, LLVMValueRef value) {
    LLVMTypeRef type = LLVMTypeOf(value);
    unsigned width = LLVMGetIntTypeWidth(to_llvm_lane_type(type));
    for (unsigned step = 1; step < width; step *= 2) {
        LLVMValueRef mask = to_llvm_number(type, low_groups(width, step));
        LLVMValueRef by = to_llvm_number(type, step);
        LLVMValueRef down = LLVMBuildAnd(b, LLVMBuildLShr(b, value, by, ""), mask, "");
        LLVMValueRef up = LLVMBuildShl(b, LLVMBuildAnd(b, value, mask, ""), by, "");
        value = LLVMBuildOr(b, down, up, "");
    }
    return value;
}

/* The two parts of the pair are taken out of it and nothing else is done with it, as LLVM's passes make it. */
static void expand_overflow(LLVMBuilderRef b, LLVMValueRef inst, bool is_sum) {
    LLVMValueRef x = LLVMGetOperand(inst, 0), y = LLVMGetOperand(inst, 1);
    LLVMValueRef number = is_sum ? LLVMBuildAdd(b, x, y, "") : LLVMBuildSub(b, x, y, "");
    LLVMValueRef flag = is_sum ? LLVMBuildICmp(b, LLVMIntULT, number, x, "")
                               : LLVMBuildICmp(b, LLVMIntULT, x, y, "");
    for (LLVMUseRef use = LLVMGetFirstUse(inst), next; use != NULL; use = next) {
        LLVMValueRef part = LLVMGetUser(use);
        next = LLVMGetNextUse(use);
        if (LLVMGetInstructionOpcode(part) == LLVMExtractValue) {
            LLVMReplaceAllUsesWith(part, *LLVMGetIndices(part) == 0 ? number : flag);
            LLVMInstructionEraseFromParent(part);
        }
    }
    if (LLVMGetFirstUse(inst) == NULL) {
        LLVMInstructionEraseFromParent(inst);
    }
}

static bool is_called(LLVMValueRef inst, const char *name) {
    LLVMValueRef callee = LLVMGetCalledValue(inst);
    size_t length;
    return callee != NULL && LLVMIsAFunction(callee) != NULL &&
           strncmp(LLVMGetValueName2(callee, &length), name, strlen(name)) == 0;
}

/* The bool of a whole vector in each lane. */
static void widen_condition(LLVMBuilderRef b, LLVMValueRef inst) {
    LLVMValueRef condition = LLVMGetOperand(inst, 0);
    LLVMTypeRef type = LLVMTypeOf(inst), bit = LLVMTypeOf(condition);
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind || LLVMGetTypeKind(bit) == LLVMVectorTypeKind) {
        return;
    }
    LLVMPositionBuilderBefore(b, inst);
    LLVMValueRef lanes = LLVMGetPoison(LLVMVectorType(bit, LLVMGetVectorSize(type)));
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        LLVMTypeRef number = LLVMInt32TypeInContext(LLVMGetTypeContext(type));
        lanes = LLVMBuildInsertElement(b, lanes, condition, LLVMConstInt(number, i, false), "");
    }
    LLVMSetOperand(inst, 0, lanes);
}

static bool has_parts(LLVMValueRef value) {
    return LLVMIsAConstantVector(value) != NULL || LLVMIsAConstantArray(value) != NULL ||
           LLVMIsAConstantStruct(value) != NULL;
}

static unsigned part_count(LLVMTypeRef type) {
    switch (LLVMGetTypeKind(type)) {
    case LLVMVectorTypeKind:
        return LLVMGetVectorSize(type);
    case LLVMArrayTypeKind:
        return (unsigned)LLVMGetArrayLength2(type);
    default:
        return LLVMCountStructElementTypes(type);
    }
}

static LLVMValueRef composite(LLVMTypeRef type, LLVMValueRef *parts, unsigned count) {
    switch (LLVMGetTypeKind(type)) {
    case LLVMVectorTypeKind:
        return LLVMConstVector(parts, count);
    case LLVMArrayTypeKind:
        return LLVMConstArray2(LLVMGetElementType(type), parts, count);
    default:
        return LLVMIsLiteralStruct(type) ? LLVMConstStructInContext(LLVMGetTypeContext(type), parts,
                                                                    count, LLVMIsPackedStruct(type))
                                         : LLVMConstNamedStruct(type, parts, count);
    }
}

/* Parts that may be anything are zero. */
static LLVMValueRef without_poison(Arena *scratch, LLVMValueRef constant) {
    LLVMTypeRef type = LLVMTypeOf(constant);
    unsigned count = part_count(type);
    LLVMValueRef *parts = NEW_ARRAY(scratch, LLVMValueRef, count);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef part = LLVMGetAggregateElement(constant, i);
        parts[i] = LLVMIsUndef(part) ? LLVMConstNull(LLVMTypeOf(part))
                   : has_parts(part) ? without_poison(scratch, part)
                                     : part;
    }
    return composite(type, parts, count);
}

static void fill_constants(Arena *scratch, LLVMValueRef inst) {
    for (int i = 0; i < LLVMGetNumOperands(inst); i++) {
        LLVMValueRef operand = LLVMGetOperand(inst, (unsigned)i);
        if (has_parts(operand)) {
            LLVMSetOperand(inst, (unsigned)i, without_poison(scratch, operand));
        }
    }
}

/* What was put there, or stood there before; NULL: not known. */
static LLVMValueRef known_part(LLVMValueRef whole, unsigned index) {
    while (LLVMIsAInsertValueInst(whole) != NULL && LLVMGetNumIndices(whole) == 1) {
        if (*LLVMGetIndices(whole) == index) {
            return LLVMGetOperand(whole, 1);
        }
        whole = LLVMGetOperand(whole, 0);
    }
    return LLVMIsAConstant(whole) != NULL ? LLVMGetAggregateElement(whole, index) : NULL;
}

static void fold_part(LLVMValueRef inst) {
    if (LLVMGetNumIndices(inst) == 1) {
        LLVMValueRef part = known_part(LLVMGetOperand(inst, 0), *LLVMGetIndices(inst));
        if (part != NULL) {
            LLVMReplaceAllUsesWith(inst, part);
            LLVMInstructionEraseFromParent(inst);
        }
    }
}

static void legalise_call(LLVMBuilderRef b, LLVMValueRef inst) {
    LLVMPositionBuilderBefore(b, inst);
    if (is_called(inst, "llvm.bitreverse.")) {
        LLVMReplaceAllUsesWith(inst, reverse(b, LLVMGetOperand(inst, 0)));
        LLVMInstructionEraseFromParent(inst);
    } else if (is_called(inst, "llvm.uadd.with.overflow.")) {
        expand_overflow(b, inst, true);
    } else if (is_called(inst, "llvm.usub.with.overflow.")) {
        expand_overflow(b, inst, false);
    }
}

static void legalise_block(LLVMBuilderRef b, LLVMBasicBlockRef block) {
    VEC(LLVMValueRef) calls = {0};
    Arena scratch = {0};
    for (LLVMValueRef inst = LLVMGetFirstInstruction(block), next; inst != NULL; inst = next) {
        next = LLVMGetNextInstruction(inst);
        fill_constants(&scratch, inst);
        if (LLVMGetInstructionOpcode(inst) == LLVMCall) {
            VEC_PUSH(&scratch, &calls, inst);
        } else if (LLVMGetInstructionOpcode(inst) == LLVMSelect) {
            widen_condition(b, inst);
        } else if (LLVMGetInstructionOpcode(inst) == LLVMExtractValue) {
            fold_part(inst);
        }
    }
    for (uint32_t i = 0; i < calls.count; i++) {
        legalise_call(b, calls.items[i]);
    }
    arena_release(&scratch);
}

void opencl_module_legalise(LLVMModuleRef llvm) {
    LLVMBuilderRef b = LLVMCreateBuilderInContext(LLVMGetModuleContext(llvm));
    for (LLVMValueRef f = LLVMGetFirstFunction(llvm); f != NULL; f = LLVMGetNextFunction(f)) {
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block != NULL;
             block = LLVMGetNextBasicBlock(block)) {
            legalise_block(b, block);
        }
    }
    LLVMDisposeBuilder(b);
}
