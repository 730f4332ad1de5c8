/* What the files of the WGSL printer share. */
#ifndef BACKEND_WGSL_WRITER_H
#define BACKEND_WGSL_WRITER_H

#include "backend-wgsl/wgsl.h"
#include "ir/text/printer.h"

/* How tightly operators bind, loosest first (specification, 8.19). The bitwise ones take unary operands alone, or the same
 * operator on the left. */
enum {
    LEVEL_LOGIC_OR = 1,
    LEVEL_LOGIC_AND,
    LEVEL_OR,
    LEVEL_XOR,
    LEVEL_AND,
    LEVEL_RELATION,
    LEVEL_SHIFT,
    LEVEL_ADD,
    LEVEL_MUL,
    LEVEL_UNARY,
};

typedef struct {
    const IrType *form;
    const char *name, **fields;
} WgslForm;

typedef struct {
    uint64_t bits;
    const char *name;
} WgslBits;

typedef struct {
    TextPrinter printer;
    IrModule *module;
    Arena *arena;
    Namer namer;
    Text declarations; /* overrides, forms, variables of the module, in order of need */
    Text functions;
    bool value_lengths; /* WgslOptions */
    bool uses_f16, uses_subgroups;
    VEC(WgslForm) forms;
    VEC(WgslBits) odd;           /* numbers that no literal can say */
    const char **specs, **procs; /* names, by the `mark` of the spec or function */
    const char
        *proc_builtins[IR_BUILTIN_COUNT]; /* variables by which procs get them; NULL: none does */
    /* of the kernel being printed */
    const ReflectKernel *kernel;
    const char *values_form;
    const char *values;   /* the variable of the value block; NULL: none */
    const char **lengths; /* by parameter: the block's member with a buffer's length */
    const char *builtins[IR_BUILTIN_COUNT]; /* parameters of the entry point; NULL: not asked for */
} WgslWriter;

static inline WgslWriter *wgsl_of(const TextPrinter *p) {
    return p->target;
}

/* wgsl_types.c */
const char *wgsl_type(WgslWriter *w, const IrType *type);
const WgslForm *wgsl_form(WgslWriter *w, const IrType *form);
TextExpr wgsl_constant(TextPrinter *p, const IrValue *constant);
/* The part of `whole`, in which it is the number `index`. */
TextExpr wgsl_part(TextPrinter *p, TextExpr whole, const IrType *type, uint32_t index);

/* wgsl_memory.c: the names of entry points' parameters are made where they are first asked for */
const char *wgsl_entry_builtin(WgslWriter *w, IrBuiltin builtin);
/* Declares proc_builtins, for those that procs ask for. */
void wgsl_declare_builtins(WgslWriter *w);

/* wgsl_ops.c */
void wgsl_instruction(TextPrinter *p, IrInst *inst);
TextExpr wgsl_negation(TextPrinter *p, TextExpr condition);

/* wgsl_memory.c and wgsl_group.c: rows of wgsl_ops.def */
typedef void WgslWrite(TextPrinter *p, IrInst *inst);
WgslWrite wgsl_load_wide, wgsl_store_wide;
WgslWrite wgsl_var, wgsl_load, wgsl_store, wgsl_length, wgsl_builtin, wgsl_shared, wgsl_spec;
WgslWrite wgsl_atomic, wgsl_compare_exchange, wgsl_barrier, wgsl_call;
const char *
wgsl_builtin_param(IrBuiltin builtin); /* "@builtin(…)"; what needs `enable subgroups` too */

#endif
