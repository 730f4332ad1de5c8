/* From a function of the IR to LLVM IR: one translator, with a *model* for what LLVM knows nothing of.
 *
 * The core (to_llvm.c, to_llvm_ops.c) translates what means the same everywhere: types, constants, pure ops, regions to
 * blocks and φs, positions, flags of floats. All else (roots and places, built-in values, calls, barriers, subgroups)
 * goes through the callbacks of a model:
 *
 *   to_llvm_opaque   for the optimiser. Memory and synchronisation are calls of functions that are declared only, with exact
 *                    attributes. A root is a pointer that only tells roots apart: nothing is at it. Each declaration stands
 *                    for one way of doing an op (its *template*: an instruction with that op, root, flags, immediates and types),
 *                    so equal calls are equal for LLVM too, and from_llvm finds back what a call was. What LLVM would fold by
 *                    the C library of the host, or rewrite as what the targets do not have, is kept as such a call too.
 *   pointers         for code: real pointers in address spaces, loads, stores, GEPs, atomicrmw, the target's built-ins.
 *
 * How a model is written: `begin` declares `t->fn` and says what the parameters are (`to_llvm_set`); then the core goes
 * through the body and calls `access`, `together`, `call` … for each instruction with the op's effects in mind: the
 * operands that are values are there already (`to_llvm_value`), the result is what the callback gives. Roots are values
 * as well: what `access` gives for `var` and `shared`, and what `begin` sets for buffers, is what `to_llvm_value` gives for the
 * root of a place; which LLVM value that is, the model decides (a pointer, most likely). `t->data` is the model's own.
 *
 * The LLVM function has a block for each stretch of IR between constructs:
 *
 *     if      entry ends with `br i1, true, false`; a `yield` is a `br` to the merge block, where results are φs
 *     loop    entry ends with `br` to the body, whose parameters are φs; `continue` is a `br` to the continuing block, with φs;
 *             `next` goes back to the body, `break` to the merge block
 *     ret     `ret`;  unreachable: `unreachable`
 *
 * A merge or continuing block that no one goes to is not made, and what would stand in it is not translated.
 */
#ifndef IR_LLVM_TO_LLVM_H
#define IR_LLVM_TO_LLVM_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "ir/ir.h"

typedef struct ToLlvm ToLlvm;

typedef struct {
    /* Declares t->fn, of the type that t->function has here, and sets its parameters. The body is empty still. */
    void (*begin)(ToLlvm *t);
    /* What stands in the entry block before the body, if anything (allocas, say); NULL: nothing. */
    void (*enter)(ToLlvm *t);
    /* VAR, SHARED, LOAD, STORE, LEN, REF and the atomics. */
    LLVMValueRef (*access)(ToLlvm *t, const IrInst *inst);
    /* BUILTIN and SPEC. */
    LLVMValueRef (*given)(ToLlvm *t, const IrInst *inst);
    /* Barriers and subgroup ops: convergent. */
    LLVMValueRef (*together)(ToLlvm *t, const IrInst *inst);
    /* CALL. */
    LLVMValueRef (*call)(ToLlvm *t, const IrInst *inst);
    /* PRINT and ASSERT. */
    void (*tell)(ToLlvm *t, const IrInst *inst);
    /* Pure ops that to_llvm_ops.c marks as KEPT (functions like `sin`, tests, reductions, bit fields, parts of
     * composites): as the model wants them.
     * NULL: the core writes them with LLVM's intrinsics and plain instructions (to_llvm_plain). */
    LLVMValueRef (*kept)(ToLlvm *t, const IrInst *inst);
    /* What LLVM shall know as the place of an instruction; NULL: no places. The opaque model gives `pos` as the line. */
    LLVMMetadataRef (*place)(ToLlvm *t, Pos pos);
} ToLlvmModel;

/* Where a construct's blocks are; NULL: nothing goes there, it was not made. */
typedef struct {
    LLVMBasicBlockRef entry[2]; /* of its regions: the arms, or body and continuing part */
    LLVMBasicBlockRef merge;
} ToLlvmBlocks;

/* What the debug locations of a module's functions share; zeros at first. One compile unit and one module flag: LLVM's passes
 * walk through all of them, function by function. */
typedef struct {
    LLVMDIBuilderRef builder;
    LLVMMetadataRef file, type;
} ToLlvmPlaces;

struct ToLlvm {
    /* filled in by who calls to_llvm_function */
    const ToLlvmModel *model;
    void *data;           /* the model's */
    ToLlvmPlaces *places; /* the opaque model's */
    Arena *arena;
    IrModule *module;
    IrFunction *function;
    LLVMModuleRef llvm;

    /* filled in by the model's `begin` */
    LLVMValueRef fn;

    /* filled in on the way; IrValue.mark and, of constructs, IrInst.mark are indices here */
    LLVMContextRef context;
    LLVMBuilderRef builder;
    LLVMBasicBlockRef entry;
    VEC(LLVMValueRef) values;
    VEC(ToLlvmBlocks) blocks;
};

/* Translates t->function. Uses `mark` of its values and instructions; they stay for who reads the result back. The function
 * may have total ops and `.raw` ones; calls and `ref`s are up to the model. LLVM's verifier accepts the result. */
void to_llvm_function(ToLlvm *t);

/* ---- for models ---- */

LLVMTypeRef to_llvm_type(LLVMContextRef context,
                         const IrType *type); /* of data; void for IR_TYPE_VOID */
LLVMValueRef to_llvm_constant(LLVMContextRef context, const IrValue *constant);
LLVMValueRef to_llvm_value(ToLlvm *t,
                           const IrValue *value); /* an operand: constant, or set before */
void to_llvm_set(ToLlvm *t, IrValue *value, LLVMValueRef is);

/* An op marked as KEPT in plain LLVM; also what a model's `kept` calls for those that it does not want. */
LLVMValueRef to_llvm_plain(ToLlvm *t, const IrInst *inst);
/* A call of the intrinsic `name` ("llvm.ctpop"), overloaded on the type of the result. */
LLVMValueRef to_llvm_intrinsic(ToLlvm *t, const char *name, LLVMTypeRef type, unsigned count,
                               LLVMValueRef *arguments);
/* An integer, in every lane of a vector. */
LLVMValueRef to_llvm_number(LLVMTypeRef type, uint64_t number);
LLVMTypeRef to_llvm_lane_type(LLVMTypeRef type); /* of a vector; else itself */
/* The fast-math flags of an instruction onto what it became. */
void to_llvm_float_flags(const IrInst *inst, LLVMValueRef made);
/* An attribute that LLVM knows by name, with its number (0: it has none), of a parameter, from 1 on, or of the function itself. */
void to_llvm_attribute(LLVMValueRef function, LLVMAttributeIndex at, const char *name,
                       uint64_t value);
#define TO_LLVM_ITSELF ((LLVMAttributeIndex)LLVMAttributeFunctionIndex)

/* ---- the opaque model ---- */

extern const ToLlvmModel to_llvm_opaque;

typedef struct ToLlvmOpaque ToLlvmOpaque;
ToLlvmOpaque *to_llvm_opaque_new(Arena *arena); /* goes into ToLlvm.data */
void to_llvm_end_places(ToLlvmPlaces *places);  /* when the last function is translated */

/* What a call of a declared function stands for; `inst` NULL: it is none of ours. */
typedef struct {
    const IrInst *inst; /* with the op, root, flags, immediates and types */
    uint32_t lane;      /* of BUILTIN: each lane is a call of its own */
} ToLlvmTemplate;
ToLlvmTemplate to_llvm_template(const ToLlvmOpaque *opaque, LLVMValueRef function);

/* Runs what LLVM's libraries do when a process starts, which ours leaves until someone needs LLVM. Before anything
 * else of LLVM; any number of times, from any thread. */
void llvm_start(void);

/* From now on, LLVM's lack of memory is fatal_memory (no_memory.cpp); llvm_start calls it. */
void llvm_catch_no_memory(void);

#endif
