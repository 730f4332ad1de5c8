/* What the files of from_llvm share. */
#ifndef IR_LLVM_FROM_LLVM_STATE_H
#define IR_LLVM_FROM_LLVM_STATE_H

#include "ir/llvm/from_llvm.h"

/* What an LLVM value or block is here, by address; order plays no part. */
typedef struct {
    const void *key;
    void *value;
} FromSlot;

typedef struct {
    FromSlot *slots;
    uint32_t count, capacity; /* a power of two */
} FromMap;

void from_map_put(FromMap *map, Arena *arena, const void *key, void *value);
void *from_map_get(const FromMap *map, const void *key); /* NULL: not there */

typedef struct {
    ToLlvm *t;
    IrModule *module;
    Arena *arena;
    FromMap values; /* LLVMValueRef -> IrValue */
    FromMap nodes;  /* LLVMBasicBlockRef -> Node (from_llvm_scope.c) */
    FromMap types;  /* LLVMValueRef, a φ -> IrType: the same for all who hand it something */
    FromMap roots;  /* IrValue, a root as it was -> IrValue */
    IrBuilder b;
    Pos pos;                             /* of the last instruction that had one */
    bool wide;                           /* the function had integers of 64 bits before */
    const char *fault;                   /* what cannot come back; NULL: nothing yet */
    IrValue *builtins[IR_BUILTIN_COUNT]; /* asked for at the top of the function */
    IrValue *lanes[IR_BUILTIN_COUNT][3];
} From;

/* Notes the first thing that cannot come back. */
void from_fault(From *from, LLVMValueRef what);

/* ---- from_llvm_scope.c ---- */

/* Gives every use of a value a way out of the regions that the value is in: φs in merge and continuing blocks, so that
 * each region uses what is defined in it, in those around it, and in its own φs. */
void from_scopes(From *from);

/* ---- from_llvm_values.c ----
 *
 * An integer of 32 or 64 bits is a u32, i32, u64 or i64: get_… gives the one that is wanted. One of any other width but 1 is
 * a u32 or u64 with zeros above its bits (or a u8, i8, u16 or i16 as it was read, until someone computes with it). */

unsigned from_width(LLVMTypeRef type);                   /* of a lane of integers; 0: no integer */
const IrType *from_type(From *from, LLVMValueRef value); /* what a value becomes; faults give u32 */
IrValue *from_get(From *from, LLVMValueRef value, const IrType *type); /* exactly that */
IrValue *from_any(From *from, LLVMValueRef value);                /* as it is, of whatever sign */
IrValue *from_unsigned(From *from, LLVMValueRef value);           /* zeros above */
IrValue *from_signed(From *from, LLVMValueRef value);             /* copies of the sign above */
IrValue *from_narrow(From *from, IrValue *value, unsigned width); /* zeros above the width, again */
const IrType *from_carrier(From *from, LLVMTypeRef type, bool is_signed);
/* As the source had it, or what it is made of. */
bool from_is_signed(const From *from, LLVMValueRef value);
bool from_is_constant(LLVMValueRef value, uint64_t number); /* in every lane */
bool from_lane_constant(LLVMValueRef value, unsigned lane, uint64_t *bits);

/* ---- from_llvm_ops.c and from_llvm_calls.c ---- */

void from_instruction(From *from, LLVMValueRef inst);
IrValue *from_call(From *from, LLVMValueRef call); /* NULL: it gives nothing */
void from_set(From *from, LLVMValueRef value, IrValue *is);

#endif
