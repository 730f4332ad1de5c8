/* The checker: names, types, constants and control flow. It writes into the tree (ast.h, "checker") what the
 * lowering needs, and reports everything else.
 *
 * After it, without an error, every expression has a type of the IR (no abstract one is left where a value is
 * made), every name its symbol, and every constant expression its value.
 */
#ifndef FRONTEND_CHECK_H
#define FRONTEND_CHECK_H

#include "frontend/frontend.h"
#include "frontend/symbol.h"
#include "ir/name_map.h"

/* One function's tree is AST_MAX_DEPTH deep at most, but constants and forms need one another in any order, and the
 * checker recurses through them. */
enum {
    CHECK_MAX_EXPR_DEPTH = 2 * AST_MAX_DEPTH,
    CHECK_MAX_FORM_DEPTH = 2 * IR_MAX_TYPE_DEPTH,
    CHECK_MAX_BODY_DEPTH = 16
};

/* Where a type stands decides what it may be. */
typedef enum {
    TYPE_OF_VALUE,
    TYPE_OF_PARAMETER,
    TYPE_OF_MEMORY, /* an element of a buffer, what is shared or behind `&mut`, a part of these: atomics too */
} TypePlace;

typedef VEC(Symbol *) SymbolList;

typedef struct {
    Symbol *symbol;
    Span use;
} Demand;

/* An expression that has to be constant, while it is checked. */
typedef struct ConstPlace {
    struct ConstPlace *around;
    uint32_t scopes; /* how many were open: names in them are outside */
    unsigned loop_depth;
    bool at_run_time;            /* a name that is known only then was met */
    bool was_reported;           /* why it has no value */
    const Symbol *run_time_proc; /* that makes it none; NULL: none */
    VEC(Expr *) calls;           /* of procs */
} ConstPlace;

/* A file: what is compiled, or a module that a `use` names. */
struct Unit {
    AstModule *ast;
    const char *name;   /* the last part of a module's path; NULL: the file that is compiled */
    Scopes scopes;      /* its top level, around it the built-ins */
    SymbolList symbols; /* its own declarations, in order */
    SymbolList brought; /* what `use` brings: modules, and members by name */
    Unit *importer;     /* of a module: who used it first, and where */
    Span use;
    CheckState loading; /* CHECKING: what it uses is being declared */
};

typedef struct {
    Arena *arena;
    Names *names;
    Diags *diags;
    IrModule *module; /* interns types */
    const FrontendOptions *options;
    Scopes builtins;
    bool is_broken;          /* a file has errors of grammar */
    Unit *root;              /* the file that is compiled */
    VEC(Unit *) units;       /* in the order in which they were first needed, the root first */
    SymbolList instances;    /* copies of generic procs, in the order in which they were needed */
    unsigned instance_count; /* of them and of forms */
    SymbolList forms;        /* that are not called what their declaration says */
    NameMap ir_names;        /* taken */
    bool off[WARN_COUNT];    /* warnings that the options turn off */
    ConstPlace *constant;    /* the innermost around what is being checked; NULL: none */
    SymbolList evaluated;    /* procs that were lowered to compute constants with */
    uint32_t lowered;        /* how many of them */
    uint32_t visit;          /* the number of a walk over calls */
    unsigned body_depth;     /* bodies that are checked because another one's constant needs them */
    uint64_t steps;          /* that computing constants has taken */
    VEC(Demand) demands;     /* what is being checked because what is before it needs it */
    Scopes scopes;           /* of what is being checked; around them those of its file */
    Symbol *current;         /* the proc or kernel being checked; NULL: none */
    Symbol **specs;          /* specialization constants by their number; NULL: none yet */
    const Block *block;      /* the innermost one that is being checked */
    const IrType *wanted;    /* what the context of the next expression takes; NULL: anything */
    unsigned loop_depth;
    unsigned expr_depth,
        form_depth;    /* also through the constants and forms that are checked on demand */
    SymbolList unused; /* its locals that nothing used */
    NameMap params;    /* of the kernel or proc whose signature is being checked */
} Checker;

/* check.c */
bool check_module(Checker *c, AstModule *ast); /* false: something was reported as an error */
void check_const_symbol(Checker *c, Symbol *symbol, Span use); /* on demand, finds cycles */
void check_signature(Checker *c, Symbol *symbol, Span use);    /* of a proc or kernel; on demand */
void check_body(Checker *c, Symbol *symbol, Span use);
void declare_all(Checker *c, Unit *unit);
void declare_top(Checker *c, Unit *unit, Symbol *symbol, const Attribute *attributes);
Symbol *symbol_new(Checker *c, SymbolKind kind, Ident ident);
Name ir_name_of(Checker *c, const char *text); /* that name, or one like it that is not taken */

/* What is checked on demand is checked where it is declared, whatever is being checked at the time. */
typedef struct {
    Scopes scopes;
    Symbol *current;
    const IrType *wanted;
    unsigned loop_depth;
    ConstPlace *constant;
    SymbolList unused;
    NameMap params;
    bool off[WARN_COUNT];
    unsigned errors;
    uint32_t first_report; /* of those to come */
} CheckPlace;
void enter_home(Checker *c, Symbol *symbol, Span use, CheckPlace *saved);
void leave_home(Checker *c, Symbol *symbol, const CheckPlace *saved); /* sets symbol->is_wrong */
/* What is being checked has a part without a type: perhaps it was reported elsewhere, but it is not to be lowered. */
void note_wrong(Checker *c);
/* `symbol`, which is needed at `use`, is being checked: notes for every step of the circle. */
void note_circle(Checker *c, Diag *d, const Symbol *symbol, Span use);

/* check_use.c */
Unit *unit_new(Checker *c, AstModule *ast, const char *name);
void declare_use(Checker *c, Unit *unit, Decl *decl); /* reads and declares what it names */
Symbol *find_module(Checker *c, Name name);           /* NULL: that name is no module's */
Symbol *check_member(Checker *c, const Symbol *module, Ident name); /* NULL: reported */
typedef enum { MEMBER_NONE, MEMBER_WRONG, MEMBER_FOUND } MemberFound;
/* Makes `noise.SIZE` a name that has its symbol. NONE: it is something else; WRONG: reported. */
MemberFound check_member_name(Checker *c, Expr *e);

/* const_eval.c */
/* Checks an expression that has to be constant, of that type (NULL: any; literals stay literals), and computes it: its
 * value is in e->constant. false: reported. */
bool check_constant(Checker *c, Expr *e, const IrType *type);
bool check_constant_or_spec(Checker *c, Expr *e); /* the latter has no e->constant */
/* Computes a part of one, if that has constant operands. */
void const_fold_part(Checker *c, Expr *e);

/* check_generic.c */
void check_template(Checker *c, Symbol *symbol); /* what can be said of it whatever its types are */
/* Checks the arguments of a call of a template, finds its copy for their types; NULL: reported. */
Symbol *check_generic_call(Checker *c, Expr *e, Symbol *template);
/* `Grid<f32, 16>`: the copy of a template; NULL: reported. */
Symbol *check_type_args(Checker *c, const TypeExpr *expr, Symbol *template);
/* `Grid { … }`: checks the values, finds the copy by them or by what the context wants. NULL: reported. */
Symbol *check_generic_literal(Checker *c, Expr *e, Symbol *template, const IrType *wanted);
/* Says of what was reported in a copy from `first` on for which types that is, once for every mistake. */
void judge_instance(Checker *c, const Symbol *symbol, uint32_t first);
void check_instances(Checker *c); /* the bodies of all copies, also of those that they need */
bool errors_in(const Checker *c, Span span);         /* whether an error there was reported */
bool may_be_wrong(const Checker *c, Span span);      /* the same; true if it is not known */
bool grammar_errors_in(const Checker *c, Span span); /* one of spelling and grammar, E01xx */

/* check_type.c */
const IrType *check_type(Checker *c, const TypeExpr *expr, TypePlace place); /* NULL: reported */
Symbol *find_type_symbol(Checker *c, const TypeExpr *expr); /* what its name means; NULL: none */
const char *type_text(Checker *c, const IrType *type);      /* "f32x3", "Buffer<u32>" */
const char *shown_type(Checker *c, const IrType *type);     /* "`f32x3`", "a float literal" */
bool is_matrix_name(Name name);                             /* f32x4x4 and the like */

/* check_attribute.c */
FunctionAttributes check_function_attributes(Checker *c, Decl *decl);
void check_const_attributes(Checker *c, const Decl *decl);
void check_stmt_attributes(Checker *c, Stmt *stmt);
/* Turns off what #[allow(…)] names; `saved` gets what restore_warnings needs. */
void allow_warnings(Checker *c, const Attribute *attributes, bool saved[WARN_COUNT]);
void restore_warnings(Checker *c, const bool saved[WARN_COUNT]);

/* check_stmt.c */
void check_function_body(Checker *c, Symbol *symbol);
void check_block(Checker *c, Block *block, bool new_scope);
Symbol *declare_local(Checker *c, Ident ident, const IrType *type);
bool stmt_gives(Stmt *stmt); /* control never gets past it */
bool block_gives(Block *block);
void close_scope(Checker *c); /* remembers what was not used */

/* check_expr.c: each sets e->type (NULL where wrong) and e->constant */
void check_expr(Checker *c, Expr *e);
bool check_expr_as(Checker *c, Expr *e,
                   const IrType *type);  /* of exactly that type; literals adapt */
bool check_operand(Checker *c, Expr *e); /* some value; literals stay literals */
bool is_operand(Checker *c, Expr *e); /* the same of what is checked; reports what has no value */
void check_binary_types(Checker *c, Expr *e); /* EXPR_BINARY whose operands are checked */
bool check_value(Checker *c, Expr *e);        /* some value; literals become i32, f32 */
bool check_condition(Checker *c, Expr *e);    /* a bool */
bool coerce(Checker *c, Expr *e, const IrType *type);
bool concrete(Checker *c, Expr *e);
bool coerce_index(Checker *c, Expr *e); /* an integer of any type; literals become u32 or i32 */
const IrType *unify(Checker *c, Expr *a, Expr *b); /* NULL: they differ (not reported) */
void report_const(Checker *c, Span span, ConstStatus status, const char *what, const IrType *type);

/* check_composite.c */
const IrType *check_array_type(Checker *c, const TypeExpr *expr);
const IrType *check_matrix_type(Checker *c, Name name);       /* f32x4x4 */
void check_form_symbol(Checker *c, Symbol *symbol, Span use); /* on demand, finds cycles */
uint32_t check_length(Checker *c, Expr *e);                   /* of an array; 0: reported */
void check_array(Checker *c, Expr *e);
void check_repeat(Checker *c, Expr *e);
void check_form_literal(Checker *c, Expr *e);
bool is_open_array(const IrType *type); /* of literals that have no type yet */
bool coerce_array(Checker *c, Expr *e, const IrType *type);
bool concrete_array(Checker *c, Expr *e);
void check_part_index(Checker *c,
                      Expr *e); /* EXPR_INDEX of a vector or array; both sides are checked */
void check_form_field(Checker *c, Expr *e);
bool check_matrix_binary(Checker *c, Expr *e); /* false: neither side is a matrix */
void check_matrix_constructor(Checker *c, Expr *e, const IrType *type);

/* check_match.c */
void check_match(Checker *c, Stmt *stmt);

/* check_access.c: indexing, fields, places */
void check_index(Checker *c, Expr *e);
void check_field(Checker *c, Expr *e);
bool check_place(Checker *c, Expr *e); /* may it be assigned to? */
/* The operand of `.name` or `[…]`, where a `&mut` parameter is looked through. */
void check_container(Checker *c, Expr *e);

/* A swizzle in Expr.info: two bits a lane, the count above them. */
static inline uint32_t swizzle_make(const uint8_t *lanes, unsigned count) {
    uint32_t info = count << 8;
    for (unsigned i = 0; i < count; i++) {
        info |= (uint32_t)lanes[i] << (2 * i);
    }
    return info;
}
static inline unsigned swizzle_count(uint32_t info) {
    return info >> 8;
}
static inline unsigned swizzle_lane(uint32_t info, unsigned i) {
    return info >> (2 * i) & 3;
}

/* check_memory.c: atomics and `shared` */
const IrType *check_atomic_type(Checker *c, const TypeExpr *expr);
void report_atomic_whole(Checker *c, const Expr *e); /* read or written as a value */
void check_atomic_method(Checker *c, Expr *e);       /* a.name(…), where `a` is an atomic */
void check_shared(Checker *c, Stmt *stmt);

/* check_ref.c: `&mut` */
/* An argument of a proc: a value, a buffer or, for a `&mut` parameter, a place. Literals stay literals. */
bool check_argument(Checker *c, Expr *arg, bool takes_ref);
void check_overlaps(Checker *c, Expr *args); /* whether two of them may be one place */
void check_ref_expr(Checker *c, Expr *e);    /* `&mut` where there is no such parameter */
void report_ref_value(Checker *c, const Expr *e);

/* check_spec.c: specialization constants */
bool is_spec_decl(const Decl *decl);
bool check_spec(Checker *c, Symbol *symbol, Expr *value); /* its number and type; false: reported */
const Symbol *spec_of(const Expr *e); /* that a checked expression names; NULL: none */
void report_not_constant(Checker *c, const Expr *e);
bool check_spec_u32(Checker *c, const Expr *e); /* where it is a size; false: reported */
const IrType *check_spec_array(Checker *c, const TypeExpr *expr); /* whose checked length is one */
bool has_spec_length(const Expr *e); /* it names such an array, which has no value */
void report_spec_length(Checker *c, const Expr *e);

/* check_debug.c */
void check_debug(Checker *c, Expr *e); /* a call of `print` or `assert` */

/* check_call.c. A call without a symbol is a constructor of its type: f32x4(…) */
void check_call(Checker *c, Expr *e);
void check_args(Checker *c, Expr *args); /* where the call itself is wrong */
bool check_count(Checker *c, Expr *e, const char *name, Span declared, unsigned want);
/* Makes a call of a built-in on constants a constant, if its type is settled: how many bits `clz(1)` counts is not
 * known before. */
void fold_builtin(Checker *c, Expr *e);

#endif
