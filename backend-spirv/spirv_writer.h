/* What the parts of the Vulkan SPIR-V writer share: the module being written, its sections, its ids.
 *
 * A part writes words into sections; spirv.c joins them. Ids are handed out in the order in which things are
 * first needed, so they depend on the IR alone. C leaves the order of arguments and initialisers open: where two
 * calls may hand out ids, they are statements of their own.
 */
#ifndef BACKEND_SPIRV_WRITER_H
#define BACKEND_SPIRV_WRITER_H

#include <spirv/unified1/GLSL.std.450.h>
#include <spirv/unified1/spirv.h>

#include "backend-spirv/spirv.h"
#include "ir/reflect.h"
#include "ir/text/namer.h"

/* In the order that SPIR-V prescribes (specification, 2.4 "Logical Layout of a Module"). */
typedef enum {
    SPIRV_CAPABILITIES,
    SPIRV_EXTENSIONS,
    SPIRV_IMPORTS,
    SPIRV_MEMORY_MODEL,
    SPIRV_ENTRY_POINTS,
    SPIRV_EXECUTION_MODES,
    SPIRV_STRINGS,
    SPIRV_NAMES,
    SPIRV_ANNOTATIONS,
    SPIRV_GLOBALS, /* types, constants, variables */
    SPIRV_CODE,
    SPIRV_SECTION_COUNT
} SpirvSection;

typedef VEC(uint32_t) SpirvWords;

/* Storage classes whose variables hold values. */
typedef enum {
    SPIRV_INPUT,
    SPIRV_FUNCTION,
    SPIRV_STORAGE_BUFFER,
    SPIRV_PUSH_CONSTANT,
    SPIRV_WORKGROUP,
    SPIRV_CLASS_COUNT
} SpirvClass;

/* What is declared for an IrType. Composites come in two flavours: plain for values, constants and locals, without
 * a layout, and laid out for blocks, with strides and offsets. Blocks are only reached part by part. */
typedef enum {
    SPIRV_PLAIN,
    SPIRV_LAID_OUT,
    SPIRV_BLOCK_POINTER, /* to struct { T data[]; }, in a storage buffer */
    SPIRV_POINTER,       /* and SpirvClass: to a plain T, in that class */
    SPIRV_SIGNATURE = SPIRV_POINTER + SPIRV_CLASS_COUNT, /* spirv_function_type() */
} SpirvFlavour;

typedef struct {
    const IrType *type; /* NULL: the slot is free */
    uint32_t flavour, id;
} SpirvDeclared;

typedef struct SpirvJoin SpirvJoin; /* spirv_control.c */

typedef struct {
    IrModule *module;
    const SpirvOptions *options;
    SpirvWords sections[SPIRV_SECTION_COUNT];
    Namer namer;       /* for_msl: each local has a name of its own, and no name is a word of MSL */
    uint32_t bound;    /* the next id */
    uint32_t globals;  /* how many variables of the module */
    bool is_too_large; /* and reported */
    unsigned needs;    /* of SpirvBinary */

    /* What was declared once and is shared by the module; 0: not yet. Constants keep their id in `mark`. */
    uint32_t void_type, glsl;
    SpirvDeclared *declared; /* types; a hash table that is only looked up, never listed */
    uint32_t declared_count, declared_capacity;
    uint32_t signatures; /* beginnings of lists of parameters that were met */
    uint32_t builtins[IR_BUILTIN_COUNT];
    bool has_workgroup_size; /* the decoration is there */
    uint32_t *files;         /* OpString of each file of options->sources */
    bool procs_use_builtin[IR_BUILTIN_COUNT];

    /* The function being written. Its values keep their id in `mark`; buffer parameters that of the variable. */
    IrFunction *function;
    const ReflectKernel *kernel; /* NULL: a proc */
    uint32_t (*wide)
        [2]; /* by parameter: the variables of a buffer's elements in twos and fours; 0: none */
    uint32_t values;      /* the variable of the value block; 0: none */
    bool calls;           /* a proc */
    bool buffers_meet;    /* barriers are for buffers, too */
    uint32_t group_size;  /* a constant of specialization constants; 0: not asked for yet */
    bool **parts_used;    /* by parameter: the parts of a composite value; NULL: no such */
    SpirvWords interface; /* what OpEntryPoint lists */
    bool uses_builtin[IR_BUILTIN_COUNT]; /* to be listed too */
    VEC(IrInst *) locals;                /* its `var`s */
    VEC(IrInst *) shared;                /* its `shared`s */
    SpirvWords operands;                 /* scratch of spirv_instruction */

    /* Where the next instruction goes: label of the open block; 0: none, what follows is dead. */
    uint32_t block;

    /* Where terminators lead. `falls` is the innermost of the others but `continues`, for what must not end there. */
    SpirvJoin *yields, *breaks, *continues, *nexts, *falls;
    bool in_continuing;

    /* The OpLine in force, and the last place looked up. */
    Pos line;
    SourcePlace place;
    Pos place_pos;
} SpirvWriter;

/* ---- words (spirv_words.c) ---- */

static inline uint32_t spirv_fresh(SpirvWriter *w) {
    return w->bound++;
}
static inline void spirv_word(SpirvWriter *w, SpirvSection section, uint32_t word) {
    VEC_PUSH(w->module->arena, &w->sections[section], word);
}
/* An instruction of unknown length: begin, words, end. */
uint32_t spirv_begin(SpirvWriter *w, SpirvSection section, SpvOp op);
void spirv_string(SpirvWriter *w, SpirvSection section, const char *text, size_t length);
void spirv_end(SpirvWriter *w, SpirvSection section, uint32_t begin);
void spirv_check_size(SpirvWriter *w); /* after each kernel */

void spirv_emit(SpirvWriter *w, SpirvSection section, SpvOp op, uint32_t count,
                const uint32_t *words);
#define EMIT(w, section, op, ...)                                                                  \
    spirv_emit(w, section, op, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),               \
               (uint32_t[]){__VA_ARGS__})

/* An instruction with a result, in the open block: gives the id. */
uint32_t spirv_result(SpirvWriter *w, SpvOp op, const IrType *type, uint32_t count,
                      const uint32_t *operands);
#define RESULT(w, op, type, ...)                                                                   \
    spirv_result(w, op, type, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                \
                 (uint32_t[]){__VA_ARGS__})
uint32_t spirv_glsl(SpirvWriter *w, uint32_t function, const IrType *type, uint32_t count,
                    const uint32_t *operands);

/* ---- types and constants (spirv_types.c) ---- */

void spirv_capability(SpirvWriter *w, SpvCapability capability);
void spirv_extension(SpirvWriter *w, const char *name);
uint32_t spirv_type(SpirvWriter *w, const IrType *type);          /* of values, or void */
uint32_t spirv_laid_out_type(SpirvWriter *w, const IrType *type); /* in blocks */
uint32_t spirv_function_type(SpirvWriter *w, const IrFunction *function);
uint32_t spirv_storage_class(SpirvClass class);
/* Asks for what keeping narrow scalars there needs. */
void spirv_storage_capabilities(SpirvWriter *w, SpirvClass class, const IrType *type);
uint32_t spirv_pointer(SpirvWriter *w, SpirvClass class, const IrType *type);
uint32_t spirv_block_pointer(SpirvWriter *w, const IrType *element);
uint32_t spirv_constant(SpirvWriter *w, IrValue *constant);
uint32_t spirv_spec(SpirvWriter *w, const IrSpec *spec);                 /* its constant */
uint32_t spirv_splat(SpirvWriter *w, const IrType *type, uint64_t bits); /* a constant */
uint32_t spirv_zero(SpirvWriter *w, const IrType *type);                 /* also of composites */
uint32_t spirv_value(SpirvWriter *w, IrValue *value);                    /* the id of any value */

/* ---- names and lines (spirv_debug.c) ---- */

void spirv_name(SpirvWriter *w, uint32_t id, const char *text, size_t length);
void spirv_member_name(SpirvWriter *w, uint32_t type, uint32_t member, const char *text,
                       size_t length);
void spirv_local_name(SpirvWriter *w, const IrValue *value); /* with -g */
void spirv_line(SpirvWriter *w, Pos pos);                    /* with -g */

/* ---- variables of an entry point (spirv_interface.c) ---- */

void spirv_declare_params(SpirvWriter *w);
void spirv_load_values(SpirvWriter *w); /* in the first block: those whose `mark` is not 0 */
uint32_t spirv_load_length(SpirvWriter *w,
                           uint32_t buffer); /* a parameter with `length_in_block` */
uint32_t spirv_load_builtin(SpirvWriter *w, IrBuiltin builtin);
void spirv_declare_shared(SpirvWriter *w);
void spirv_entry_point(SpirvWriter *w, uint32_t function);

/* ---- code ---- */

void spirv_instruction(SpirvWriter *w, IrInst *inst); /* spirv_ops.c: every op but control */
void spirv_region(SpirvWriter *w, IrRegion *region);  /* spirv_control.c */
void spirv_open_block(SpirvWriter *w, uint32_t label);

/* ---- memory (spirv_memory.c) ---- */

/* A pointer into a variable: first its block's member (the id of a constant; 0: it is no block), then indices. */
uint32_t spirv_access(SpirvWriter *w, SpirvClass class, const IrType *type, uint32_t root,
                      uint32_t member, uint32_t count, const uint32_t *indices);

/* Rows of spirv_ops.def; `operands` are the ids of the instruction's operands. */
uint32_t spirv_var(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_shared(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_load(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_store(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_load_wide(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_store_wide(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
uint32_t spirv_length(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);

/* The pointer to the place of an instruction. */
uint32_t spirv_place(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);

/* ---- invocations together (spirv_atomic.c) ---- */

/* What an atomic is in memory: the type that the instructions on it have. */
const IrType *spirv_atomic_type(const SpirvWriter *w, const IrType *atomic);
uint32_t spirv_atomic(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);
bool spirv_buffers_meet(const IrFunction *function, const ReflectKernel *kernel);
uint32_t spirv_barrier(SpirvWriter *w, const IrInst *inst, const uint32_t *operands);

#endif
