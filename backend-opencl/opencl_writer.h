/* What the files of the OpenCL C printer share.
 *
 * How values look. A scalar is C's; so is a vector, but one of bools, which is of ints, -1 for true, as comparisons give them.
 * An array is a struct of one member, so that it is a value; a form is a struct laid out as the host has it, with members
 * for what lies between (`pad_0`). A 3-vector inside either, or in a buffer, is a struct of three scalars: OpenCL's own
 * takes the room of four. It is read by vload3 and written by vstore3. Arrays in memory that are only ever touched
 * element by element are plain C arrays.
 */
#ifndef BACKEND_OPENCL_WRITER_H
#define BACKEND_OPENCL_WRITER_H

#include "backend-opencl/opencl.h"
#include "ir/reflect.h"
#include "ir/text/printer.h"

/* How tightly operators bind, loosest first. */
enum {
    LEVEL_TERNARY = 1,
    LEVEL_LOGIC_OR,
    LEVEL_LOGIC_AND,
    LEVEL_OR,
    LEVEL_XOR,
    LEVEL_AND,
    LEVEL_EQUALITY,
    LEVEL_RELATION,
    LEVEL_SHIFT,
    LEVEL_ADD,
    LEVEL_MUL,
    LEVEL_UNARY,
};

typedef struct { /* an array or form that was declared; or a 3-vector, which is padded in arrays */
    const IrType *type;
    bool is_padded;
    const char *name, **fields; /* fields of forms */
} OpenclType;

typedef struct { /* a helper that was printed, for values of a type */
    const char *what;
    const IrType *type;
    const char *name;
} OpenclHelper;

typedef struct {
    TextPrinter printer;
    IrModule *module;
    Arena *arena;
    Namer namer;
    Text declarations; /* macros, structs, helpers, in order of need */
    Text functions;
    bool uses_f16, uses_f64, uses_atomics64;
    bool sizes_subgroups;   /* a kernel asks for a size of its subgroups */
    uint32_t subgroup_rows; /* of opencl_subgroups.def that are used, a bit each */
    VEC(OpenclType) types;
    VEC(OpenclHelper) helpers;   /* that were printed */
    const char **specs, **procs; /* names, by the `mark` of the spec or function */
    const ReflectKernel *kernel; /* that is being printed; NULL: a proc */
    const char **lengths;        /* by parameter: the argument with a buffer's length */
    uint32_t *plain;             /* by slot: how many of its arrays are C's, see opencl_memory.c */
} OpenclWriter;

static inline OpenclWriter *opencl_of(const TextPrinter *p) {
    return p->target;
}

/* opencl_types.c */
const char *opencl_scalar(OpenclWriter *w, IrScalar scalar);
const char *opencl_vector(OpenclWriter *w, IrScalar scalar, unsigned lanes);
const char *opencl_type(OpenclWriter *w, const IrType *type); /* of a value */
/* Of a part of a composite, or an element of a buffer: padded where 3-vectors follow one another. */
const char *opencl_part_type(OpenclWriter *w, const IrType *type, bool is_padded);
const OpenclType *opencl_composite(OpenclWriter *w, const IrType *type);
TextExpr opencl_constant(TextPrinter *p, const IrValue *constant);
/* A part of a composite or vector value. */
TextExpr opencl_part(TextPrinter *p, TextExpr whole, const IrType *type, uint32_t index);

/* opencl_ops.c */
void opencl_instruction(TextPrinter *p, IrInst *inst);
TextExpr opencl_negation(TextPrinter *p, TextExpr condition);

/* opencl_helpers.c: a function that is printed once, when it is first needed, for values of a type. */
const char *opencl_helper(OpenclWriter *w, const char *name, const IrType *type);

/* opencl_subgroup.c: the macro of that name; the macros that were asked for. */
const char *opencl_subgroup_macro(OpenclWriter *w, const char *name);
void opencl_subgroup_macros(const OpenclWriter *w, Text *out);

/* opencl_memory.c, opencl_group.c and opencl_subgroup.c: rows of opencl_ops.def */
typedef void OpenclWrite(TextPrinter *p, IrInst *inst);
OpenclWrite opencl_load_wide, opencl_store_wide;
OpenclWrite opencl_var, opencl_load, opencl_store, opencl_length, opencl_shared, opencl_spec;
OpenclWrite opencl_atomic, opencl_compare_exchange, opencl_call;
OpenclWrite opencl_builtin, opencl_barrier, opencl_in_subgroup;

extern const IrPass opencl_lanes; /* opencl_lanes.c */

#endif
