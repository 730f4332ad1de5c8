/* The IR: structured SSA. IR.md describes its text form and its meaning.
 *
 * A module owns functions; a function is a region; a region is a list of instructions whose last one is
 * a terminator. Control constructs (`if`, `loop`) are instructions that own regions: values leave them as
 * the results of the construct, handed over by `yield` and `break`. A loop carries values as the parameters of
 * its body. There are no pointers: a place is a root (a buffer parameter, or a `var`) and indices.
 *
 * Everything lives in the module's arena. Instructions that are taken out are simply forgotten.
 */
#ifndef IR_IR_H
#define IR_IR_H

#include "ir/base/diag.h"
#include "ir/type.h"

typedef struct IrFunction IrFunction;
typedef struct IrInst IrInst;
typedef struct IrMessageTable IrMessageTable; /* messages.h */
typedef struct IrModule IrModule;
typedef struct IrRegion IrRegion;
typedef struct IrSpec IrSpec;
typedef struct IrValue IrValue;

typedef enum {
    OP_NONE,
#define OP(id, ID, text, operands, rule, effects) OP_##ID,
#include "ir/ops.def"
#undef OP
    OP_COUNT
} IrOp;

typedef enum {
    RULE_SAME_SIGNED, /* all operands and the result of one type: signed ints, floats, vectors of them */
    RULE_SAME_NUMBER,  /* … ints, floats, vectors of them */
    RULE_SAME_INT,     /* … ints, vectors of them */
    RULE_SAME_FLOAT,   /* … floats, vectors of them */
    RULE_SAME_BITS,    /* … bool, ints, vectors of them */
    RULE_SHIFT,        /* (T, u32 with T's lanes) → T, T ints */
    RULE_EXTRACT_BITS, /* (T, u32, u32) → T, T ints; offset and count are scalars */
    RULE_INSERT_BITS,  /* (T, T, u32, u32) → T */
    RULE_COMPARE,      /* (T, T) → bool with T's lanes, T numbers */
    RULE_COMPARE_ANY,  /* … or bool */
    RULE_SELECT,       /* (bool with T's lanes, T, T) → T */
    RULE_REDUCE_BOOL,  /* vector of bool → bool */
    RULE_FLOAT_TEST,   /* T → bool with T's lanes, T floats */
    RULE_CONVERT,      /* numbers or bools → numbers, same lanes */
    RULE_BITCAST,      /* numbers → numbers, same size in bits */
    RULE_CONSTRUCT, /* scalars and vectors of one scalar type → vector of all their lanes; or each part →
                          array or form */
    RULE_EXTRACT,    /* vector, array or form → one part of it; index < its parts */
    RULE_INSERT,     /* (vector, array or form, a part of it) → the same type */
    RULE_EXTRACT_AT, /* (vector, u32) → its lane type */
    RULE_INSERT_AT,  /* (vector, its lane type, u32) → vector */
    RULE_SWIZZLE,    /* vector → vector of the chosen lanes */
    RULE_DOT,        /* (T, T) → lane type, T vectors of floats */
    RULE_VAR,        /* () → var<T> */
    RULE_LOAD,       /* place → what is there */
    RULE_STORE,      /* (value, place) → nothing */
    RULE_LEN,        /* buffer → u32 */
    RULE_BUILTIN,    /* () → u32 or vector, as builtin_values.def says */
    RULE_CALL,       /* arguments → the callee's result */
    RULE_IF,         /* bool → results, equal to what both arms yield */
    RULE_LOOP,       /* values → results */
    RULE_YIELD,
    RULE_BREAK,
    RULE_CONTINUE,
    RULE_NEXT,
    RULE_RET,
    RULE_UNREACHABLE,
    RULE_SHARED,       /* () or (u32) → shared<T>; with the operand T is an array */
    RULE_LOAD_WIDE,    /* place of an element of a buffer, a number of 32 bits → 2 or 4 of them */
    RULE_STORE_WIDE,   /* (2 or 4 of them, such a place) */
    RULE_REF,          /* place → ref<what is there> */
    RULE_SPEC,         /* → the constant's type */
    RULE_ATOMIC_LOAD,  /* place of atomic<T> → T */
    RULE_ATOMIC_STORE, /* (T, place of atomic<T>) */
    RULE_ATOMIC,       /* (T, place of atomic<T>) → T */
    RULE_ATOMIC_INT,   /* … T integers */
    RULE_ATOMIC_SWAP,  /* (T, T, place of atomic<T>) → T */
    RULE_NOTHING,
    RULE_LANE,   /* (T, u32) → T, T numbers */
    RULE_VOTE,   /* bool → bool */
    RULE_BALLOT, /* bool → u32x4 */
    RULE_ELECT,  /* → bool */
    RULE_PRINT,  /* values */
    RULE_ASSERT, /* bool */
} IrRule;

enum {
    IR_PURE = 1,
    IR_READ = 2,
    IR_WRITE = 4,
    IR_CONTROL = 8,
    IR_TERM = 16,
    IR_COMMUTES = 32,
    IR_PARTIAL = 64,
    IR_PLACE = 128,
    IR_SYNC = 256,
    IR_CONVERGENT = 512,
};

enum { IR_ANY_OPERANDS = 255 };

typedef struct {
    const char *text;
    uint8_t id, operands;
    uint8_t rule; /* IrRule */
    uint16_t effects;
} IrOpRow;
extern const IrOpRow ir_ops[OP_COUNT];

typedef enum {
#define BUILTIN_VALUE(ID, text, lanes) IR_BUILTIN_##ID,
#include "ir/builtin_values.def"
#undef BUILTIN_VALUE
    IR_BUILTIN_COUNT
} IrBuiltin;

typedef struct {
    const char *text;
    unsigned lanes;
} IrBuiltinRow;
extern const IrBuiltinRow ir_builtins[IR_BUILTIN_COUNT];

/* ---- values ---- */

typedef enum {
    IR_VALUE_CONST,        /* interned: equal constants are one object */
    IR_VALUE_PARAM,        /* of a function */
    IR_VALUE_REGION_PARAM, /* of a loop's body or continuing part */
    IR_VALUE_RESULT,       /* of an instruction */
} IrValueKind;

struct IrValue {
    IrValueKind kind;
    uint32_t index; /* which parameter or result */
    const IrType *type;
    Name name;        /* of the source, for people; NULL: none */
    IrInst *inst;     /* IR_VALUE_RESULT: its instruction; IR_VALUE_REGION_PARAM: the loop */
    IrValue *forward; /* replaced by that (ir_resolve); NULL: itself */
    uint32_t mark;    /* scratch of the pass or printer that is running */
    IrValue *next;    /* interning of constants */
    uint64_t bits[]; /* IR_VALUE_CONST: a word for each scalar, zero above its width; bool 0 or 1 */
};

/* ---- instructions ---- */

enum {             /* flags of an instruction */
       IR_RAW = 1, /* ops with IR_PARTIAL: operands are known to be where the hardware is defined */
       IR_PRECISE = 2, /* float arithmetic: neither contracted nor reassociated */
       IR_FAST = 4,    /* float arithmetic: approximations and reassociation are welcome */
       IR_GUARD =
           8, /* an `if` or a load: lower_bounds checks an index with it; no part of the text form */
       IR_VERSIONS =
           16, /* an `if` of version_bounds: the second arm is the first with all checks; likewise */
};

struct IrInst {
    IrOp op;
    uint8_t flags;
    Pos pos;       /* 0: none */
    uint32_t mark; /* scratch of the pass that is running */
    IrRegion *region;
    IrInst *previous, *next;
    uint32_t operand_count, result_count, region_count;
    IrValue **operands;
    IrValue **results;
    IrRegion *regions;
    union {
        uint32_t index; /* EXTRACT, INSERT */
        struct {
            uint8_t lane[IR_MAX_LANES], lanes;
        } swizzle;
        IrBuiltin builtin;
        IrFunction *callee;
        const IrSpec *spec; /* SPEC */
        const char *text;   /* PRINT, ASSERT; IR_OPEN_BRACE and IR_CLOSE_BRACE are no holes */
        bool uninitialized; /* SHARED: not zero at the start */
        uint32_t
            unroll; /* LOOP: 0: as passes see fit; IR_UNROLL_ALL; else so many rounds at once, 1: as it is */
    };
};

struct IrRegion {
    IrInst *owner; /* NULL: the body of `function` */
    IrFunction *function;
    IrInst *first, *last;
    uint32_t param_count;
    IrValue **params;
};

static const uint32_t IR_UNROLL_ALL = UINT32_MAX;

enum { IR_LOOP_BODY, IR_LOOP_CONTINUING }; /* regions of a loop */
enum { IR_IF_TRUE, IR_IF_FALSE };          /* regions of an if */

/* Regions may nest this deep (the parsers, lower_returns and inline_procs keep to it), so passes may recurse. SPIR-V
 * allows 1023 (universal limits); lower_bounds and the blocks of a loop take the rest. */
enum { IR_MAX_DEPTH = 1010 };

/* A kernel with its procs inlined has at most so many instructions: calls that double at each level would take
 * any memory, and no driver compiles in sensible time what is larger. */
enum { IR_MAX_INSTRUCTIONS = 1000000 };

/* In the text of PRINT, where `{}` is a hole for an operand: the braces that are only shown. */
enum { IR_OPEN_BRACE = 1, IR_CLOSE_BRACE = 2 };

/* ---- functions and modules ---- */

/* A specialization constant: the host may set it when it creates a kernel. */
struct IrSpec {
    Name name;
    uint32_t id;        /* what the host calls it; no two of a module alike */
    const IrType *type; /* a scalar */
    uint64_t bits;      /* unless it is set */
    const char *doc;    /* NULL: none */
    Pos pos;
    IrSpec *next;
    uint32_t mark; /* scratch */
};

/* What the host sets; a number that no constant has is left alone. */
typedef struct {
    uint32_t id;
    uint64_t bits; /* zero above the width of the constant */
} IrSpecValue;

typedef struct {
    const IrSpecValue *items;
    uint32_t count;
} IrSpecValues;

struct IrFunction {
    bool is_kernel;
    Name name;
    const char *doc; /* NULL: none */
    Pos pos;
    uint32_t param_count;
    IrValue **params;
    const char **param_docs; /* NULL: none */
    const IrType *result;    /* ir_void for kernels */
    uint32_t workgroup[3];
    const IrSpec *workgroup_spec
        [3]; /* a side that is a u32 constant of these; `workgroup` has its default. NULL: none */
    const IrMessageTable *
        messages; /* of the words in the last parameter (lower_print.c); NULL: it is one of the source's */
    uint32_t subgroup_size; /* that the kernel asks for; 0: any */
    uint32_t allowed; /* bits of warnings that the source allows in it; no part of the text form */
    uint32_t checks;  /* places that lower_bounds had to think of */
    bool noinline;    /* of a proc: it stays a function of its own where it takes no roots */
    IrRegion body;
    IrFunction *next;
    uint32_t mark; /* scratch */
};

enum { IR_TYPE_BUCKET_BITS = 10 };

struct IrModule {
    Arena *arena;
    Names *names;
    Diags *diags;          /* where passes report what only they can see */
    IrFunction *functions; /* in order of the source */
    IrFunction *newest;    /* the last of them, if one was added since any went; else NULL */
    IrSpec *specs;         /* in order of the source */
    const IrType *types;   /* interned roots, arrays and all forms, the newest first */
    const IrType *buckets[1 << IR_TYPE_BUCKET_BITS]; /* of the interned ones, hashed */
    IrValue **constants;                             /* hash table of interned constants */
    uint32_t constant_count, constant_capacity;
};

IrModule *ir_module_new(Arena *arena, Names *names, Diags *diags);
IrFunction *ir_function_add(IrModule *module, Name name, bool is_kernel, uint32_t param_count);
void ir_function_param(IrModule *module, IrFunction *function, uint32_t index, Name name,
                       const IrType *type);
/* One more parameter, the last. */
IrValue *ir_function_more(IrModule *module, IrFunction *function, Name name, const IrType *type);
const IrType *ir_root_type(IrModule *module, IrTypeKind kind, const IrType *element);
IrSpec *ir_spec_add(IrModule *module, Name name, uint32_t id, const IrType *type, uint64_t bits);

/* The value of a constant, and the sides of a kernel's workgroup, with what the host sets (NULL: nothing). */
uint64_t ir_spec_bits(const IrSpec *spec, const IrSpecValues *values);
void ir_workgroup(const IrFunction *kernel, const IrSpecValues *values, uint32_t sides[3]);
/* Composites. NULL: more than IR_MAX_WORDS words, or no part at all. A form is a type of its own each time it is
 * made; `fields` is copied, its offsets are filled in. */
const IrType *ir_array_type(IrModule *module, const IrType *element, uint32_t count);
const IrType *ir_matrix_type(IrModule *module, IrScalar scalar, unsigned columns, unsigned rows);
const IrType *ir_form_type(IrModule *module, Name name, const char *doc, uint32_t count,
                           const IrField *fields);

/* ---- constants ---- */

IrValue *ir_const(IrModule *module, const IrType *type,
                  const uint64_t *bits); /* ir_words(type) words */
IrValue *ir_const_splat(IrModule *module, const IrType *type, uint64_t bits); /* every lane alike */
IrValue *ir_const_zero(IrModule *module, const IrType *type);
IrValue *ir_const_number(IrModule *module, const IrType *type, double number); /* every lane */
IrValue *ir_const_u32(IrModule *module, uint32_t value);
IrValue *ir_const_bool(IrModule *module, bool value);
static inline bool ir_is_const(const IrValue *value) {
    return value->kind == IR_VALUE_CONST;
}

/* ---- reading ---- */

/* What a value was replaced by, however often; shortens the chain. */
IrValue *ir_resolve(IrValue *value);

static inline bool ir_has(IrOp op, unsigned effects) {
    return (ir_ops[op].effects & effects) != 0;
}
/* Where the place starts among the operands of an op with IR_PLACE, behind its values: LOAD 0, STORE 1. */
static inline uint32_t ir_place_start(const IrInst *inst) {
    switch (inst->op) {
    case OP_LOAD:
    case OP_LOAD_WIDE:
    case OP_REF:
    case OP_ATOMIC_LOAD:
        return 0;
    case OP_ATOMIC_COMPARE_EXCHANGE:
        return 2;
    default:
        return 1;
    }
}
/* What says the contrary of a comparison: >= of <. OP_NONE: of no comparison, and of the order of floats, which may be no number. */
IrOp ir_opposite(const IrInst *comparison);
static inline bool ir_is_atomic_op(IrOp op) {
    return op >= OP_ATOMIC_LOAD && op <= OP_ATOMIC_COMPARE_EXCHANGE;
}
static inline bool ir_is_subgroup_op(IrOp op) { /* and the barrier of one */
    return op >= OP_SUBGROUP_BARRIER && op <= OP_SUBGROUP_ELECT;
}
/* What is at a place. NULL: there is no such place (too many indices, a form's field that is no constant or is
 * not there). An index beyond the end of an array or vector is a place, whose reads and writes are outside. */
const IrType *ir_place_type(const IrType *root, uint32_t index_count, IrValue *const *indices);

/* Whether back-ends accept the instruction only as `.raw` (whether or not it is already): its total form promises
 * what hardware does not. Integer div and rem, shifts, bit fields, float to int, lanes and elements by index; not
 * float div, other conversions, or a load or store of a whole local. legal.c */
bool ir_needs_raw(const IrInst *inst);

/* Whether a proc may stay a function of its own where it is called: it takes values alone, and not too many. legal.c */
bool ir_takes_values(const IrFunction *proc);

/* Whether IR_PRECISE and IR_FAST mean something for an op with such a result: arithmetic on floats. */
bool ir_takes_float_flags(IrOp op, const IrType *result);

/* The op by its text; OP_NONE: none. */
IrOp ir_op_named(const char *text, size_t length);

/* ---- building ---- */

/* Where the next instruction goes: before `before`, or at the end of `region` when that is NULL. */
typedef struct {
    IrModule *module;
    IrRegion *region;
    IrInst *before;
    Pos pos;
    uint8_t float_flags; /* IR_PRECISE or IR_FAST, given to arithmetic on floats */
} IrBuilder;

IrBuilder ir_at_end(IrModule *module, IrRegion *region);
IrBuilder ir_before(IrModule *module, IrInst *inst); /* with its pos and float flags */

/* Makes an instruction with no regions and `result` (NULL: none), copies `operands`, inserts it. */
IrInst *ir_emit(IrBuilder *b, IrOp op, const IrType *result, uint32_t operand_count,
                IrValue *const *operands);

IrValue *ir_unary(IrBuilder *b, IrOp op, IrValue *a); /* result of a's type */
IrValue *ir_binary(IrBuilder *b, IrOp op, IrValue *a,
                   IrValue *c); /* of a's type, or bool for comparisons */
IrValue *ir_select(IrBuilder *b, IrValue *condition, IrValue *yes,
                   IrValue *no); /* splats a scalar condition */
IrValue *ir_convert(IrBuilder *b, IrOp op, const IrType *type, IrValue *a); /* CONVERT or BITCAST */
IrValue *ir_splat(IrBuilder *b, const IrType *type,
                  IrValue *scalar); /* itself when type is a scalar */
IrValue *ir_extract(IrBuilder *b, IrValue *vector, uint32_t index);
IrValue *ir_builtin(IrBuilder *b, IrBuiltin which);
IrValue *ir_var(IrBuilder *b, const IrType *element, Name name); /* gives the root */
IrValue *ir_shared(IrBuilder *b, const IrType *element, Name name, bool uninitialized,
                   IrValue *length); /* length NULL: that of the type */
IrValue *ir_spec(IrBuilder *b, const IrSpec *spec);
/* Any op with a place; `value_count` values before it. Gives the instruction. */
IrInst *ir_access(IrBuilder *b, IrOp op, const IrType *result, uint32_t value_count,
                  IrValue *const *values, IrValue *root, uint32_t index_count,
                  IrValue *const *indices);
IrValue *ir_load(IrBuilder *b, IrValue *root, uint32_t index_count, IrValue *const *indices);
IrInst *ir_store(IrBuilder *b, IrValue *value, IrValue *root, uint32_t index_count,
                 IrValue *const *indices);

/* An `if` with two empty regions and results of these types; a `loop` likewise, with body parameters of the
 * types of `initial` and continuing parameters of `carried`. The caller fills and terminates the regions. */
IrInst *ir_if(IrBuilder *b, IrValue *condition, uint32_t result_count,
              const IrType *const *result_types);
IrInst *ir_loop(IrBuilder *b, uint32_t param_count, IrValue *const *initial, uint32_t carried_count,
                const IrType *const *carried, uint32_t result_count,
                const IrType *const *result_types);
IrInst *ir_end(IrBuilder *b, IrOp terminator, uint32_t operand_count, IrValue *const *operands);

/* Makes an instruction and its results but inserts it nowhere; for parsers and cloning. */
IrInst *ir_inst_new(IrModule *module, IrOp op, uint32_t operand_count, uint32_t result_count,
                    uint32_t region_count);
IrValue *ir_result_new(IrModule *module, IrInst *inst, uint32_t index, const IrType *type);
IrValue *ir_region_param_new(IrModule *module, IrRegion *region, uint32_t index,
                             const IrType *type); /* region->params has room */
void ir_insert(IrBuilder *b, IrInst *inst);

/* ---- changing ---- */

void ir_remove(IrInst *inst); /* out of its region */
void ir_replace(IrValue *value,
                IrValue *replacement); /* by forwarding; ir_resolve_all makes it real */

/* Every operand of the function becomes what it was replaced by. */
void ir_resolve_all(IrFunction *function);

/* Moves the instructions first … last of one region to the end of another. */
void ir_move(IrInst *first, IrInst *last, IrRegion *to);

/* Calls fn for every instruction, regions inside before the instruction after; fn may remove or replace the
 * one it gets and insert before it. */
void ir_walk(IrRegion *region, void (*fn)(IrInst *inst, void *data), void *data);

/* The same, from an instruction to before another of its region; NULL: to the region's end. */
void ir_walk_from(IrInst *first, const IrInst *end, void (*fn)(IrInst *inst, void *data),
                  void *data);

#endif
