/* Symbols and scopes: what a name means where it stands. */
#ifndef FRONTEND_SYMBOL_H
#define FRONTEND_SYMBOL_H

#include "frontend/ast.h"
#include "frontend/builtin.h"
#include "frontend/constant.h"
#include "ir/ir.h"

typedef enum {
    SYMBOL_LOCAL, /* let, the variable of a for, a parameter */
    SYMBOL_CONST,
    SYMBOL_FORM,
    SYMBOL_PROC,
    SYMBOL_KERNEL,
    SYMBOL_BUILTIN_PROC,
    SYMBOL_BUILTIN_VALUE,
    SYMBOL_IMPORT, /* another name of a module's declaration; scope_find gives that one */
    SYMBOL_MODULE, /* what `use lib/noise` declares */
    SYMBOL_TYPE,   /* a generic parameter */
} SymbolKind;

typedef enum { UNCHECKED, CHECKING, CHECKED } CheckState;

typedef struct Symbol Symbol;
typedef struct Unit Unit;

typedef struct {
    uint32_t workgroup[3];
    Symbol *workgroup_spec[3]; /* sides that are specialization constants; NULL: none */
    uint32_t subgroup_size;    /* 0: any */
    bool noinline;
    uint8_t float_flags; /* IR_PRECISE, IR_FAST */
} FunctionAttributes;

/* A copy of a generic form or proc, for one set of types and numbers. */
typedef struct Instance {
    Symbol *template;
    Symbol *const *args; /* one for each generic parameter: SYMBOL_TYPE or SYMBOL_CONST */
    uint32_t count;
    const struct Instance *within; /* the copy in which it was first needed; NULL: none */
    unsigned depth;                /* how many those are */
    Span use;                      /* where it was first needed */
    const char *with; /* "T = f32, N = 16"; NULL: the types are not known, see check_generic.c */
} Instance;

struct Symbol {
    SymbolKind kind;
    Name name;
    Unit *unit; /* where it is declared; NULL: a built-in */
    Span span;  /* of the name in its declaration; {0, 0} for built-ins */
    bool is_mut, is_param, is_counter, used; /* is_counter: the variable of a `for` */
    CheckState state; /* of a constant or form; of a proc or kernel: of the search for circles */
    CheckState signature, body; /* of a proc or kernel */
    bool is_spec;               /* of a top-level constant: the host may set it */
    bool has_spec_length;       /* of a shared array: its length is such a constant */
    uint32_t spec_id;
    bool uses_spec;               /* a proc: specialization constants stand in its body */
    bool is_wrong;                /* something in it was reported: it is not to be lowered */
    const IrType *type;           /* of a value; a proc's result. NULL: wrong, reported */
    const ConstValue *constant;   /* SYMBOL_CONST */
    Decl *decl;                   /* SYMBOL_CONST at top level, FORM, PROC, KERNEL */
    const GenericParam *generics; /* SYMBOL_FORM, SYMBOL_PROC: it is a template; NULL: it is none */
    VEC(Symbol *) instances;      /* of a template */
    const Instance *instance;     /* NULL: it is none */
    Symbol *target;               /* SYMBOL_IMPORT; NULL: not found, reported */
    Unit *module;                 /* SYMBOL_MODULE; NULL: not found, reported */
    FunctionAttributes attributes; /* SYMBOL_PROC, SYMBOL_KERNEL */
    uint32_t visit;                /* of a proc: const_eval.c */
    VEC(Expr *) calls;             /* SYMBOL_PROC, SYMBOL_KERNEL: of procs, in its body */
    const BuiltinProc *builtin;    /* SYMBOL_BUILTIN_PROC */
    IrBuiltin value_id;            /* SYMBOL_BUILTIN_VALUE */
    int value_lane;                /* which lane of it; -1: all */
    /* lowering */
    IrValue *value;       /* SYMBOL_LOCAL: its value, or the root of its `var` or buffer */
    IrFunction *function; /* SYMBOL_PROC, SYMBOL_KERNEL */
    IrSpec *spec;         /* SYMBOL_CONST with is_spec */
    Name ir_name;         /* SYMBOL_FORM, SYMBOL_PROC, SYMBOL_KERNEL: no other has it */
    /* scopes */
    Symbol *outer; /* of the same name, hidden by this one */
    Symbol *next_in_scope;
    uint32_t depth;
};

typedef struct Scopes {
    Arena *arena;
    const struct Scopes *around; /* where a name is looked for next; NULL: nowhere */
    Symbol **slots;              /* the innermost symbol of a name; open addressing by Name */
    uint32_t count, capacity;
    VEC(Symbol *) scopes; /* the symbols of each open scope, newest first */
} Scopes;

void scope_open(Scopes *scopes);
/* Closes the innermost scope; gives its symbols, newest first (linked by next_in_scope). */
Symbol *scope_close(Scopes *scopes);
void scope_declare(Scopes *scopes, Symbol *symbol); /* in the innermost scope */
Symbol *scope_find(const Scopes *scopes, Name name);
Symbol *scope_find_declared(const Scopes *scopes, Name name); /* an import itself, not its target */

/* The visible name most like `name` among symbols that `fits` accepts (NULL: all); NULL: none is near. */
const char *scope_suggest(const Scopes *scopes, const char *name, bool (*fits)(const Symbol *));

#endif
