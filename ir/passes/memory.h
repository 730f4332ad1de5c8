/* Where a function touches memory, for passes that ask whether anything does so between two instructions.
 *
 * Instructions are numbered in the order in which they stand (IrInst.mark), a construct before its regions, from 1; what
 * stands between two numbers is all that can be executed between the two instructions, as long as neither is in a loop
 * that the other is not in. The numbers of what reads and writes each root are kept sorted, so each question is a binary search.
 */
#ifndef IR_PASSES_MEMORY_H
#define IR_PASSES_MEMORY_H

#include "ir/ir.h"

typedef VEC(uint32_t) Numbers; /* ascending */

typedef struct {
    Numbers reads, writes;
} RootUses;

typedef struct {
    Arena *arena;
    VEC(RootUses) roots; /* by IrValue.mark of the root; the first ones are of more than one */
    Numbers jumps;       /* what may leave the region around it, and loops */
    uint32_t count;      /* of instructions */
    bool is_kernel;      /* what the function is */
} Memory;

/* Notes of each proc (IrFunction.mark) whether a call of it may matter to memory that others see: before memory_map. */
void memory_mark_procs(IrModule *module);

/* Numbers the function's instructions and notes what they touch. */
void memory_map(Memory *memory, IrFunction *function);

/* Whether anything between the two numbers (neither of them itself) may write or read the root, in this invocation or, where
 * invocations meet, in others. The root is no `ref`. */
bool memory_is_written(const Memory *memory, const IrValue *root, uint32_t from, uint32_t to);
bool memory_is_read(const Memory *memory, const IrValue *root, uint32_t from, uint32_t to);

/* Whether control may leave between them, or stay for ever. */
bool memory_is_left(const Memory *memory, uint32_t from, uint32_t to);

#endif
