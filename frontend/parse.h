/* What the parts of the parser share: the grammar (parser.y), the token source (parse_tokens.c, with
 * parse_brackets.c, parse_recover.c and parse_foreign.c), the error texts (parse.c) and the making of nodes
 * (ast.c, ast_stmt.c).
 *
 * The grammar recovers from an error by rules that end in `error to_LEVEL RESUME`: when bison has popped to
 * one, the empty `to_LEVEL` tells the token source where to go on (Sync), and it hands out RESUME there.
 */
#ifndef FRONTEND_PARSE_H
#define FRONTEND_PARSE_H

#include "frontend/lexer.h"

/* ---- lists, as the grammar builds them ---- */

#define LIST(T)                                                                                    \
    struct {                                                                                       \
        T *first, *last;                                                                           \
        unsigned depth; /* of its deepest item */                                                  \
    }
#define APPEND(list, item)                                                                         \
    do {                                                                                           \
        if ((list)->first == NULL) {                                                               \
            (list)->first = (item);                                                                \
        } else {                                                                                   \
            (list)->last->next = (item);                                                           \
        }                                                                                          \
        (list)->last = (item);                                                                     \
    } while (0)

typedef LIST(Expr) ExprList;
typedef LIST(TypeExpr) TypeList;
typedef LIST(Stmt) StmtList;
typedef LIST(Param) ParamList;
typedef LIST(FieldInit) InitList;
typedef LIST(GenericParam) GenericList;
typedef LIST(UseName) UseNameList;
typedef LIST(struct CaseRange) RangeList;

typedef struct {
    Case *first, *last;
    Block *otherwise;
    Span otherwise_span; /* of its `else` */
    unsigned depth;
} CaseList;

typedef struct {
    Attribute *first, *last;
    const char *doc; /* before any of them */
    Span span;
} AttributeList;

typedef struct Elif {
    struct Elif *before; /* the one before it in the source */
    Expr *condition;
    Block *body;
    Span span; /* starts at `elif` */
} Elif;

typedef struct {
    Ident name;
    TypeExpr *type; /* NULL: none written */
    Expr *value;
} Binding;

typedef struct {
    Ident name;
    Expr *from, *to, *step;
    bool inclusive;
} ForRange;

/* ---- the token source ---- */

/* Open brackets, at most: a block in a block is two levels of the tree, and needs room for what it holds. */
enum { MOST_OPEN_BRACKETS = AST_MAX_DEPTH * 2 / 5 };

typedef enum {
    SYNC_NONE,
    SYNC_HERE,  /* skip nothing */
    SYNC_DECL,  /* to the next declaration */
    SYNC_STMT,  /* past the `;`, or to the next statement or the end of the block */
    SYNC_HEAD,  /* to the `{` that ends this head; if there is none, `{ }` is put in */
    SYNC_LIST,  /* to the `,` or bracket after this parameter or field; `)` may be put in */
    SYNC_CASE,  /* to the next case or the end of the match */
    SYNC_CLOSE, /* to the `]` of this attribute or generics; it may be put in */
} Sync;

typedef enum { OPEN_PLAIN, OPEN_BLOCK, OPEN_CASES, OPEN_LIST, OPEN_SQUARE } OpenKind;

typedef struct { /* a bracket that was handed out and is still open */
    OpenKind kind;
    bool is_brace, unclosed, fields_reported;
    uint32_t index; /* of its token */
    uint32_t
        end; /* of its partner; where unclosed, of the token before which it should have been */
} Open;

typedef struct { /* a keyword whose `{` has not come yet */
    int kind;
    uint32_t depth; /* how many brackets were open */
} Head;

typedef struct Parser {
    Arena *arena;
    Names *names;
    Diags *diags;
    const SourceFile *file;
    AstModule *module;
    Decl *last_decl;

    TokenList tokens;
    uint32_t at;          /* the next to hand out */
    unsigned strays;      /* `}` without a partner */
    unsigned brace_tries; /* of insert_brace */
    VEC(Open) opens;
    VEC(Head) heads;
    const Token *current;   /* handed out last; its effect on opens and heads comes with the next */
    uint32_t current_index; /* of a token that is put in: of the real one after it */
    const Token *previous;  /* the one before */
    VEC(Token *) queue;     /* to be put in before tokens[at]; from queue_at on */
    uint32_t queue_at;
    Sync sync;            /* asked for by the grammar */
    unsigned resumed;     /* recoveries since a token of the source was taken */
    bool resumed_cleanly; /* behind a `;` */
    uint32_t restarted_at;
    bool insert_semicolon; /* SYNC_STMT: only a `;` is missing, skip nothing */
    Pos reported;          /* where the last error was, to keep what follows from it silent */
    uint64_t used_as_name; /* keywords that were declared as names: bit kind - TOK_KERNEL */
    Name bitcast, step, underscore;
    VEC(Name) foreign_words; /* of the rows in parse_foreign.c */
    VEC(Name) reserved_reported;
} Parser;

void source_start(Parser *p); /* lexes the file and pairs the brackets */
const Token *source_next(Parser *p);
bool starts_on_new_line(const Parser *p, const Token *token);
/* Of tokens[p->at]: is it where a statement, a declaration may start? */
bool at_statement_start(const Parser *p);
bool at_declaration_start(const Parser *p);
Token *put_in(Parser *p, int kind, Span span); /* queues a token that is not in the source */
Span here(const Parser *p);                    /* where the last token that was handed out ends */
/* Forgets brackets above the first `depth`, and the heads within them; `with_heads`: those at `depth` too. */
void drop_opens(Parser *p, uint32_t depth, bool with_heads);

void pair_brackets(Parser *p); /* parse_brackets.c */
/* Puts a `{` in before tokens[index] for good, if that explains a `}` that had no partner. */
bool insert_brace(Parser *p, uint32_t index);
bool begins_declaration(int kind);
bool begins_statement(int kind); /* not `if`, which may begin an expression */

void resynchronise(Parser *p);  /* parse_recover.c: does what p->sync asks for */
void source_restart(Parser *p); /* at the next declaration, for a new run of the grammar */

static inline uint32_t last_index(const Parser *p) {
    return p->tokens.count - 1;
}

static inline const Token *token_at(const Parser *p, uint32_t index) {
    return &p->tokens.items[index < p->tokens.count ? index : last_index(p)];
}

static inline bool is_real(const Parser *p, const Token *token) { /* of the source, not put in */
    return token >= p->tokens.items && token < p->tokens.items + p->tokens.count;
}

bool is_brace(const Token *token);

/* ---- words of other languages (parse_foreign.c) ---- */

void foreign_start(Parser *p);
/* If tokens[p->at] begins a spelling of another language, reports it, queues what was meant, moves p->at
 * past it and gives true. */
bool foreign_rewrite(Parser *p);
/* Could the word at `index` begin a declaration of another language (`fn name`)? */
bool foreign_declaration(const Parser *p, uint32_t index);

/* ---- errors (parse.c) ---- */

/* `expected` is indexed by kind - TOK_KERNEL, the first. */
void report_syntax(Parser *p, const Token *found, const bool *expected);
void report_too_deep(Parser *p, Span span, int limit);
void report_missing_semicolon(Parser *p, Pos after, const char *found);
void report_missing_give(Parser *p, Span value);
void report_missing_value(Parser *p, const Block *block);
void report_else_not_last(Parser *p, Span otherwise, Span later);
void report_form_name(Parser *p, Span span);
void report_chain(Parser *p, const Expr *expr);
const char *token_text(int kind); /* "`;`", "an integer": parser.y */
const char *describe_token(Parser *p, const Token *token);
static inline Span end_of_span(Span span) {
    return (Span){span.end, span.end};
}

/* ---- nodes (ast.c) ---- */

/* Every maker takes the span of the node. What is deeper than AST_MAX_DEPTH is reported and becomes an error
 * node of depth POISON, which makes its parents error nodes in silence, until a statement or declaration
 * takes it in: that "settles" it. */
enum { POISON = AST_MAX_DEPTH + 1 };
unsigned deeper(unsigned a, unsigned b);
uint16_t depth_over(Parser *p, unsigned below, Span span); /* of a node over one of `below` */
unsigned settled_expr(Expr *expr);                         /* its depth; 0 for NULL */
unsigned settled_type(TypeExpr *type);

Ident ident_of(const Token *token);
Expr *make_error(Parser *p, Span span);
Expr *make_literal(Parser *p, const Token *token);
Expr *make_name(Parser *p, const Token *token);
Expr *make_unary(Parser *p, Span span, UnaryOp op, Expr *a);
Expr *make_binary(Parser *p, Span span, BinaryOp op, Span op_span, Expr *a, Expr *b);
Expr *make_ternary(Parser *p, Span span, Expr *condition, Expr *a, Expr *b);
Expr *make_if_expr(Parser *p, Span span, Expr *condition, Block *body, Elif *elifs,
                   Block *otherwise);
Expr *make_cast(Parser *p, Span span, ExprKind kind, Expr *a, TypeExpr *type);
Expr *make_call(Parser *p, Span span, Expr *callee, ExprList args);
Expr *make_index(Parser *p, Span span, ExprKind kind, Expr *a, Expr *b);
Expr *make_field(Parser *p, Span span, Expr *a, Ident name);
Expr *make_array(Parser *p, Span span, ExprList elements);
Expr *make_form(Parser *p, Span span, Expr *name, InitList fields);
Expr *parenthesise(Expr *expr, Span span);
ExprList add_expr(ExprList list, Expr *expr);
InitList add_init(Parser *p, InitList list, Ident name, Expr *value);

TypeExpr *make_type(Parser *p, Span span, Ident module, Ident name, TypeList args);
TypeExpr *make_type_of(Parser *p, Span span, TypeExprKind kind, TypeExpr *element, Expr *length);
TypeExpr *make_type_error(Parser *p, Span span);
TypeList add_type(TypeList list, TypeExpr *type);

Stmt *make_stmt_error(Parser *p, Span span);
Stmt *make_binding(Parser *p, Span span, StmtKind kind, bool is_mut, Binding binding);
Stmt *make_assign(Parser *p, Span span, Expr *place, BinaryOp op, Span op_span, Expr *value);
Stmt *make_if(Parser *p, Span span, Expr *condition, Block *body, Elif *elifs, Block *otherwise);
Stmt *make_loop(Parser *p, Span span, StmtKind kind, Expr *condition, Block *body);
Stmt *make_for(Parser *p, Span span, ForRange range, Block *body);
Stmt *make_match(Parser *p, Span span, Expr *value, CaseList cases);
Stmt *make_simple(Parser *p, Span span, StmtKind kind, Expr *value); /* value may be NULL */
Stmt *make_block_stmt(Parser *p, Block *block);
StmtList add_stmt(Parser *p, StmtList list, AttributeList attributes, Stmt *stmt);
Elif *make_elif(Parser *p, Span span, Elif *before, Expr *condition, Block *body);
RangeList add_range(Parser *p, RangeList list, Expr *from, Expr *to, bool inclusive);
CaseList add_case(Parser *p, CaseList list, Span span, RangeList ranges, Block *body);
CaseList add_else(Parser *p, CaseList list, Span span, Block *body);
Block *make_block(Parser *p, Span span, StmtList stmts, AttributeList attributes, Expr *value);
/* The block stands where its value is not wanted: a last expression lacks its `;`. */
Block *plain_block(Parser *p, Block *block);

AttributeList add_attribute(Parser *p, AttributeList list, const Token *hash, Span span, Ident name,
                            ExprList args);
GenericList add_generic(Parser *p, GenericList list, Ident name, bool is_const, TypeExpr *type);
ParamList add_param(Parser *p, ParamList list, const Token *name, Span span, TypeExpr *type);
UseNameList add_use_name(Parser *p, UseNameList list, Ident name, Ident alias);
Decl *make_decl(Parser *p, Span span, DeclKind kind, Ident name, const Token *keyword);
Decl *make_const(Parser *p, Span span, const Token *keyword, Binding binding);
void finish_proc(Parser *p, Decl *decl, Span end, Block *body); /* body NULL: broken */
void add_decl(Parser *p, AttributeList attributes, Decl *decl);
Decl *make_use(Parser *p, Span span, const Token *keyword, ExprList path); /* path: EXPR_NAMEs */

#endif
