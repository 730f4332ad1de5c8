/* The syntax tree: what the parser builds, and what the checker (check.h) writes into it.
 *
 * Nodes live in the arena of the compilation. Lists are singly linked through `next` in source order.
 * Fields under "checker" are zero after parsing. Where the source was wrong, the parser leaves
 * EXPR_ERROR or STMT_ERROR: a diagnostic was reported, so later phases pass over them in silence.
 */
#ifndef FRONTEND_AST_H
#define FRONTEND_AST_H

#include "ir/base/diag.h"
#include "ir/base/name.h"

typedef struct AstModule AstModule;
typedef struct Attribute Attribute;
typedef struct Block Block;
typedef struct Case Case;
typedef struct Decl Decl;
typedef struct Expr Expr;
typedef struct FieldInit FieldInit;
typedef struct GenericParam GenericParam;
typedef struct Param Param;
typedef struct Stmt Stmt;
typedef struct TypeExpr TypeExpr;
typedef struct UseName UseName;

/* Deepest tree the parser builds: the phases after it may recurse safely. */
enum { AST_MAX_DEPTH = 1000 };

/* What stands for `\{` and `\}` in the text of an EXPR_STRING; neither can be written in a source. */
enum { STRING_OPEN_BRACE = 1, STRING_CLOSE_BRACE = 2 };

typedef struct {
    Name name;
    Span span;
} Ident;

/* Operators: OPERATOR(ID, "spelling"). Assignment operators are the binary ones with '='. */
#define UNARY_OPERATORS(OPERATOR)                                                                  \
    OPERATOR(NEG, "-")                                                                             \
    OPERATOR(NOT, "not") /* also spelt ! */                                                        \
    OPERATOR(COMPLEMENT, "~")                                                                      \
    OPERATOR(REF_MUT, "&mut")                                                                      \
    OPERATOR(DEREF, "*")
#define BINARY_OPERATORS(OPERATOR)                                                                 \
    OPERATOR(OR, "or")   /* also spelt || */                                                       \
    OPERATOR(AND, "and") /* also spelt && */                                                       \
    OPERATOR(BIT_OR, "|")                                                                          \
    OPERATOR(BIT_XOR, "^")                                                                         \
    OPERATOR(BIT_AND, "&")                                                                         \
    OPERATOR(EQ, "==")                                                                             \
    OPERATOR(NE, "!=")                                                                             \
    OPERATOR(LT, "<")                                                                              \
    OPERATOR(LE, "<=")                                                                             \
    OPERATOR(GT, ">")                                                                              \
    OPERATOR(GE, ">=")                                                                             \
    OPERATOR(SHL, "<<")                                                                            \
    OPERATOR(SHR, ">>")                                                                            \
    OPERATOR(ADD, "+")                                                                             \
    OPERATOR(SUB, "-")                                                                             \
    OPERATOR(MUL, "*")                                                                             \
    OPERATOR(DIV, "/")                                                                             \
    OPERATOR(REM, "%")

typedef enum {
#define OPERATOR(ID, spelling) UNARY_##ID,
    UNARY_OPERATORS(OPERATOR)
#undef OPERATOR
} UnaryOp;

typedef enum {
    BINARY_NONE, /* plain `=` in an assignment */
#define OPERATOR(ID, spelling) BINARY_##ID,
    BINARY_OPERATORS(OPERATOR)
#undef OPERATOR
} BinaryOp;

const char *unary_spelling(UnaryOp op);
const char *binary_spelling(BinaryOp op); /* "" for BINARY_NONE */

/* ---- types ---- */

typedef enum {
    TYPE_EXPR_NAME,  /* path<args>: f32, Buffer<f32>, noise.Params */
    TYPE_EXPR_ARRAY, /* [element; length] */
    TYPE_EXPR_REF,   /* &mut element: the type of a proc's parameter */
    TYPE_EXPR_CONST, /* a constant as a type argument: Grid<f32, 16> */
    TYPE_EXPR_ERROR, /* was reported */
} TypeExprKind;

struct TypeExpr {
    TypeExprKind kind;
    uint16_t depth;
    Span span;
    TypeExpr *next;    /* among type arguments */
    Ident module;      /* name NULL: none */
    Ident name;        /* TYPE_EXPR_NAME */
    TypeExpr *args;    /* TYPE_EXPR_NAME */
    TypeExpr *element; /* TYPE_EXPR_ARRAY, TYPE_EXPR_REF */
    Expr *length;      /* TYPE_EXPR_ARRAY, TYPE_EXPR_CONST */
};

/* ---- expressions ---- */

typedef enum {
    EXPR_ERROR,
    EXPR_BOOL,
    EXPR_INT,    /* 42 0x2a 7u32 */
    EXPR_FLOAT,  /* 1.5 2.5f16 */
    EXPR_STRING, /* only as an argument of print and assert */
    EXPR_NAME,
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_TERNARY, /* c ? a : b, and `if c { a } else { b }` without statements in its blocks */
    EXPR_IF,      /* an if-expression whose blocks hold statements */
    EXPR_CAST,    /* a as T */
    EXPR_BITCAST, /* bitcast<T>(a) */
    EXPR_CALL,    /* a(args): procs, built-ins, constructors f32x4(…), methods x.add(v) */
    EXPR_INDEX,   /* a[b] */
    EXPR_FIELD,   /* a.name: fields, swizzles, .len, members of modules */
    EXPR_ARRAY,   /* [args] */
    EXPR_REPEAT,  /* [a; b] */
    EXPR_FORM,    /* [module.]name { fields } */
} ExprKind;

struct Expr {
    ExprKind kind;
    uint16_t depth; /* of the tree below, this node included; at most AST_MAX_DEPTH */
    bool parenthesised;
    Span span;
    Expr *next; /* among arguments */
    union {
        bool boolean;
        struct {
            uint64_t value;
            Name suffix; /* NULL: none; "u32" */
        } integer;
        struct {
            double value; /* of the digits as written, nearest */
            Name suffix;
        } floating;
        struct {
            const char *text; /* escapes replaced; `\{` is STRING_OPEN_BRACE, so `{}` is a place */
            uint32_t length;
        } string;
        Name name;
        struct {
            UnaryOp op;
            Expr *a;
        } unary;
        struct {
            BinaryOp op;
            Span op_span;
            Expr *a, *b;
        } binary;
        struct {
            Expr *condition, *a, *b;
        } ternary;
        struct {
            Expr *condition;
            Block *a,
                *b; /* each with a `value`; an elif is a block whose value is another EXPR_IF */
        } if_else;
        struct {
            Expr *a;
            TypeExpr *type;
        } cast; /* EXPR_CAST, EXPR_BITCAST */
        struct {
            Expr *callee; /* EXPR_NAME or EXPR_FIELD when the source is right */
            Expr *args;
        } call;
        struct {
            Expr *a, *b;
        } index; /* EXPR_INDEX, EXPR_REPEAT */
        struct {
            Expr *a;
            Ident name;
        } field;
        Expr *elements; /* EXPR_ARRAY */
        struct {
            TypeExpr *type;
            FieldInit *fields;
        } form;
    };
    /* checker */
    const struct IrType *type;         /* NULL: wrong (reported), or no value (a call) */
    const struct ConstValue *constant; /* its value where it is a constant expression */
    const struct Symbol *symbol;       /* EXPR_NAME, and EXPR_CALL of a proc or built-in */
    uint32_t info; /* EXPR_FIELD: the swizzle; EXPR_CALL: the built-in's row, … */
};

struct FieldInit {
    FieldInit *next;
    Ident name;
    Expr *value;
};

/* ---- statements ---- */

typedef enum {
    STMT_ERROR,
    STMT_LET,    /* let x: T = e;  let mut x = e; */
    STMT_CONST,  /* const N: T = e; */
    STMT_SHARED, /* shared tile: T; */
    STMT_ASSIGN, /* place op= value; */
    STMT_IF,
    STMT_WHILE,
    STMT_LOOP,
    STMT_FOR,
    STMT_MATCH,
    STMT_BREAK,
    STMT_CONTINUE,
    STMT_GIVE, /* give; give e; */
    STMT_BLOCK,
    STMT_EXPR, /* a call */
} StmtKind;

struct Block {
    Span span;
    Stmt *stmts;
    Expr *value; /* the last expression without `;`, in an if-expression; else NULL */
    uint16_t depth;
    /* checker */
    enum { FLOW_UNKNOWN, FLOW_GOES_ON, FLOW_GIVES } flow;
};

struct Stmt {
    StmtKind kind;
    uint16_t depth;
    Span span;
    Stmt *next;
    Attribute *attributes;
    union {
        struct {
            Ident name;
            TypeExpr *type; /* NULL: none written */
            Expr *value;    /* NULL for STMT_SHARED */
            bool is_mut;
        } let; /* STMT_LET, STMT_CONST, STMT_SHARED */
        struct {
            BinaryOp op; /* BINARY_NONE: `=` */
            Span op_span;
            Expr *place, *value;
        } assign;
        struct {
            Expr *condition;
            Block *a;
            Stmt *b; /* NULL, STMT_IF (elif) or STMT_BLOCK */
        } if_else;
        struct {
            Expr *condition; /* NULL for STMT_LOOP */
            Block *body;
        } loop; /* STMT_WHILE, STMT_LOOP */
        struct {
            Ident name;
            Expr *from, *to, *step; /* step NULL: 1 */
            bool inclusive;         /* ..= */
            Block *body;
        } for_in;
        struct {
            Expr *value;
            Case *cases;
            Block *otherwise; /* NULL: none */
        } match;
        Expr *value;  /* STMT_GIVE (NULL: none), STMT_EXPR */
        Block *block; /* STMT_BLOCK */
    };
    /* checker */
    struct Symbol *symbol; /* what STMT_LET, STMT_CONST, STMT_SHARED, STMT_FOR declare */
    uint32_t unroll;       /* of a loop, as IrInst has it */
};

struct Case {
    Case *next;
    Span span;
    struct CaseRange {
        struct CaseRange *next;
        Expr *from, *to; /* to NULL: one value */
        bool inclusive;
    } *ranges;
    Block *body;
};

/* ---- declarations ---- */

typedef enum { DECL_USE, DECL_CONST, DECL_FORM, DECL_PROC, DECL_KERNEL } DeclKind;

struct Attribute {
    Attribute *next;
    Ident name;
    Expr *args; /* names, numbers, constant expressions */
    Span span;
};

struct GenericParam { /* proc top[T](…), form Grid[T, const N: u32] { … } */
    GenericParam *next;
    Ident name;
    bool is_const;
    TypeExpr *type; /* of a const parameter */
};

struct Param { /* of a proc or kernel; a field of a form */
    Param *next;
    Ident name;
    TypeExpr *type;
    const char *doc;       /* NULL: none */
    struct Symbol *symbol; /* checker */
};

struct UseName { /* use lib/noise.{fbm, hash as h} */
    UseName *next;
    Ident name, alias; /* alias.name NULL: none */
};

struct Decl {
    DeclKind kind;
    Span span;
    Decl *next;
    Ident name; /* of DECL_USE: the last part of the path */
    Attribute *attributes;
    const char *doc; /* `///` lines joined by '\n', without the slashes and one space; NULL: none */
    union {
        struct {
            const char *path; /* "lib/noise" */
            UseName *names;   /* NULL: the module itself */
            Ident alias;      /* use lib/noise as n; name NULL: none */
        } use;
        struct {
            TypeExpr *type; /* NULL: none written */
            Expr *value;
        } constant;
        struct {
            GenericParam *generics;
            Param *fields;
        } form;
        struct {
            GenericParam *generics; /* procs only */
            Param *params;
            TypeExpr *result; /* NULL: none */
            Block *body;      /* NULL where the source was too broken */
            bool is_broken;   /* its parameters and result could not be read either */
        } proc;               /* DECL_PROC, DECL_KERNEL */
    };
    struct Symbol *symbol; /* checker */
};

struct AstModule {
    const SourceFile *file;
    Decl *decls;
    bool had_errors; /* the parser reported something in this file */
};

/* Parses a file. Every error is in `diags`; the tree is complete but for error nodes. */
AstModule *ast_parse(Arena *arena, Names *names, Diags *diags, const SourceFile *file);

/* A copy of a DECL_FORM, DECL_PROC or DECL_KERNEL that was not checked; its `next` is NULL. */
Decl *ast_clone(Arena *arena, const Decl *decl);

/* The tree, one node a line, indented, with line:column; for --emit=ast. */
void ast_print(Text *out, const SourceMap *sources, const AstModule *module);

/* The tokens, one a line: line:column, kind, spelling; for --emit=tokens. Spelling errors go to `diags`. */
void ast_print_tokens(Text *out, Names *names, Diags *diags, const SourceFile *file,
                      const SourceMap *sources);

#endif
