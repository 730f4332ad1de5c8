/* What the files that decode share: decode.c (functions, control, values), decode_memory.c (places). */
#ifndef IR_INTERP_DECODE_H
#define IR_INTERP_DECODE_H

#include "ir/interp/program.h"

typedef struct {
    Arena *arena;
    Program *program;
    const IrSpecValues *specs;
    uint32_t entry; /* which is being decoded */
    uint32_t loop;  /* the innermost counted one around; 0: none */
    Copies batch;   /* being made */
    bool too_large;
} Decoder;

uint32_t decode_new_slot(Decoder *d, const IrType *type);
uint32_t decode_slot(Decoder *d, IrValue *value); /* where a value is */

/* Adds a step; good until the next. */
Step *decode_push(Decoder *d, StepKind kind, const IrInst *inst);

/* VAR and SHARED; and what has a place. */
void decode_memory(Decoder *d, const IrInst *inst);
void decode_access(Decoder *d, const IrInst *inst);

#endif
