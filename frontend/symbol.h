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
    SYMBOL_IMPORT, /* what a `use` brings in: not supported yet, which its `use` says once */
} SymbolKind;

typedef struct {
    uint32_t workgroup[3];
    uint8_t float_flags; /* IR_PRECISE, IR_FAST */
} FunctionAttributes;

typedef struct Symbol Symbol;
struct Symbol {
    SymbolKind kind;
    Name name;
    Span span; /* of the name in its declaration; {0, 0} for built-ins */
    bool is_mut, is_param, is_counter, used;     /* is_counter: the variable of a `for` */
    enum { UNCHECKED, CHECKING, CHECKED } state; /* of a constant */
    const IrType *type;            /* of a value; a proc's result. NULL: wrong, reported */
    const ConstValue *constant;    /* SYMBOL_CONST */
    Decl *decl;                    /* SYMBOL_CONST at top level, FORM, PROC, KERNEL */
    FunctionAttributes attributes; /* SYMBOL_PROC, SYMBOL_KERNEL */
    VEC(Expr *) calls;             /* SYMBOL_PROC, SYMBOL_KERNEL: of procs, in its body */
    const BuiltinProc *builtin;    /* SYMBOL_BUILTIN_PROC */
    IrBuiltin value_id;            /* SYMBOL_BUILTIN_VALUE */
    int value_lane;                /* which lane of it; -1: all */
    /* lowering */
    IrValue *value;       /* SYMBOL_LOCAL: its value, or the root of its `var` or buffer */
    IrFunction *function; /* SYMBOL_PROC, SYMBOL_KERNEL */
    /* scopes */
    Symbol *outer; /* of the same name, hidden by this one */
    Symbol *next_in_scope;
    uint32_t depth;
};

typedef struct {
    Arena *arena;
    Symbol **slots; /* the innermost symbol of a name; open addressing by Name */
    uint32_t count, capacity;
    VEC(Symbol *) scopes; /* the symbols of each open scope, newest first */
} Scopes;

void scope_open(Scopes *scopes);
/* Closes the innermost scope; gives its symbols, newest first (linked by next_in_scope). */
Symbol *scope_close(Scopes *scopes);
void scope_declare(Scopes *scopes, Symbol *symbol); /* in the innermost scope */
Symbol *scope_find(const Scopes *scopes, Name name);

/* The visible name most like `name` among symbols that `fits` accepts (NULL: all); NULL: none is near. */
const char *scope_suggest(const Scopes *scopes, const char *name, bool (*fits)(const Symbol *));

#endif
