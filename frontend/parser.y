/* The grammar of the language. Actions build nodes (ast.c) and nothing else; which `{` opens a body, which
 * `if` starts a statement and where to go on after an error is the token source's work (parse_tokens.c).
 *
 * No list is nullable inside its brackets: bison's default reductions would otherwise leave the list before
 * an error in it is seen, and neither the error's text nor the recovery would know of the list.
 */
%require "3.8"
%define api.pure full
%define api.prefix {vt_}
%define api.token.prefix {TOK_}
%define api.location.type {Span}
%define parse.error custom
%locations
%expect 0
%param { Parser *p }

%code requires {
#include "frontend/parse.h"
}

%code {
#define YYLLOC_DEFAULT(result, rhs, n)                                                             \
    ((result) = (n) > 0 ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                            \
                        : end_of_span(YYRHSLOC(rhs, 0)))

/* The stack lives in the arena: nothing to free when fatal.h leaves the parser in the middle. What needs a
 * deeper one is far beyond AST_MAX_DEPTH. */
#define YYMALLOC(size) arena_alloc(p->arena, (size), 16)
#define YYFREE(memory) ((void)(memory))
#define YYMAXDEPTH 20000

static int vt_lex(VT_STYPE *value, Span *location, Parser *p);
static void vt_error(const Span *location, Parser *p, const char *message);
}

%union {
    const Token *token;
    Ident ident;
    bool flag;
    BinaryOp op;
    Expr *expr;
    ExprList exprs;
    InitList inits;
    TypeExpr *type;
    TypeList types;
    Stmt *stmt;
    StmtList stmts;
    Binding binding;
    ForRange range;
    Elif *elif;
    RangeList ranges;
    CaseList cases;
    Block *block;
    Attribute *attribute;
    AttributeList attributes;
    GenericList generics;
    ParamList params;
    UseNameList names;
    Decl *decl;
}

/* KERNEL is the first token and END the last; the keywords are KERNEL to FALSE, those that could be taken for
 * names KERNEL to USE: other files go by that. */
%token <token>
    KERNEL "kernel"  PROC "proc"  FORM "form"  CONST "const"  LET "let"  MUT "mut"  SET "set"
    GIVE "give"  IF "if"  IF_EXPR "`if`"  ELIF "elif"  ELSE "else"  WHILE "while"  LOOP "loop"
    FOR "for"  IN "in"  STEP "step"  BREAK "break"  CONTINUE "continue"  MATCH "match"  CASE "case"
    SHARED "shared"  USE "use"  AS "as"  AND "and"  OR "or"  NOT "not"  TRUE "true"  FALSE "false"
    BITCAST "bitcast"  RESERVED "reserved word"

%token <token>
    NAME "a name"  INT "an integer"  FLOAT "a number"  STRING "a text"
    LPAREN "("  RPAREN ")"  LBRACKET "["  RBRACKET "]"  RBRACE "}"
    LBRACE "{ of a form literal"  BODY "{"
    COMMA ","  SEMICOLON ";"  COLON ":"  DOT "."  DOT_DOT ".."  DOT_DOT_EQ "..="  ARROW "->"
    QUESTION "?"  HASH "#"  ALTERNATIVE "| of a case"
    PLUS "+"  MINUS "-"  STAR "*"  SLASH "/"  PERCENT "%"  AMP "&"  PIPE "|"  CARET "^"  TILDE "~"
    ASSIGN "="  OP_ASSIGN "+="  EQ "=="  NE "!="  LT "<"  LE "<="  GT ">"  GE ">="
    GT_JOINT "> before another >"  SHL "<<"

/* In no rule: each is an error where it comes. */
%token <token>
    COLON_COLON "::"  FAT_ARROW "=>"  PLUS_PLUS "++"
    BAD "unreadable"      /* reported by the lexer */
    TOO_DEEP "too deep"   /* a bracket too many */

%token <token>
    BAD_VALUE "a malformed number" /* reported by the lexer */
    RESUME "resume"       /* here recovery goes on; `integer`: something was skipped or put in */
    END "end of file"

%right QUESTION COLON
%left OR
%left AND
%left PIPE
%left CARET
%left AMP
%left EQ NE
%left LT LE GT GE
%left SHL GT_JOINT
%left PLUS MINUS
%left STAR SLASH PERCENT

%type <ident> ident
%type <flag> mut semi range_op
%type <op> assign_op
%type <expr> value expr cast unary postfix primary if_expr head step
%type <exprs> exprs args use_path
%type <inits> init_list inits
%type <type> type_or_none type cast_type param_type type_arg result
%type <types> type_list type_args
%type <stmt> statement if_stmt
%type <stmts> stmts
%type <binding> binding
%type <range> for_range
%type <elif> elifs
%type <ranges> alternatives
%type <cases> cases
%type <block> block else_block else_or_none body
%type <attributes> attributes
%type <generics> generics generic_list
%type <params> params param_list fields field_list
%type <names> use_names
%type <decl> declaration proc_head kernel_head

%initial-action { @$ = (Span){p->file->base, p->file->base}; }
%start file

%%

file:
    decls END                           { YYACCEPT; }
  ;

decls:
    %empty
  | decls attributes declaration        { add_decl(p, $2, $3); }
  | decls error to_decl RESUME          { yyerrok; }
  ;

/* ---- declarations ---- */

declaration:
    CONST binding                       { $$ = make_const(p, @$, $1, $2); }
  | FORM ident generics fields          { $$ = make_decl(p, @$, DECL_FORM, $2, $1);
                                          $$->form.generics = $3.first;
                                          $$->form.fields = $4.first; }
  | FORM ident generics error to_head RESUME fields
                                        { $$ = make_decl(p, @$, DECL_FORM, $2, $1);
                                          $$->form.generics = $3.first;
                                          $$->form.fields = $7.first; yyerrok; }
  | FORM error to_head RESUME fields    { $$ = NULL; yyerrok; }
  | proc_head body                      { $$ = $1; finish_proc(p, $$, @2, $2); }
  | kernel_head body                    { $$ = $1; finish_proc(p, $$, @2, $2); }
  | USE use_path semi_or_none           { $$ = make_use(p, @$, $1, $2); }
  | USE use_path AS ident semi_or_none  { $$ = make_use(p, @$, $1, $2);
                                          $$->use.alias = $4; }
  | USE use_path DOT BODY use_names RBRACE semi_or_none
                                        { $$ = make_use(p, @$, $1, $2);
                                          $$->use.names = $5.first; }
  | USE use_path DOT BODY use_names COMMA RBRACE semi_or_none
                                        { $$ = make_use(p, @$, $1, $2);
                                          $$->use.names = $5.first; }
  ;

proc_head:
    PROC ident generics params result   { $$ = make_decl(p, @$, DECL_PROC, $2, $1);
                                          $$->proc.generics = $3.first;
                                          $$->proc.params = $4.first;
                                          $$->proc.result = $5; }
  | PROC ident generics error to_head RESUME
                                        { $$ = make_decl(p, @$, DECL_PROC, $2, $1);
                                          $$->proc.generics = $3.first;
                                          $$->proc.is_broken = true; yyerrok; }
  | PROC error to_head RESUME           { $$ = NULL; yyerrok; }
  ;

kernel_head:
    KERNEL ident params result          { $$ = make_decl(p, @$, DECL_KERNEL, $2, $1);
                                          $$->proc.params = $3.first;
                                          $$->proc.result = $4; } /* the checker refuses one */
  | KERNEL ident error to_head RESUME   { $$ = make_decl(p, @$, DECL_KERNEL, $2, $1);
                                          $$->proc.is_broken = true; yyerrok; }
  | KERNEL error to_head RESUME         { $$ = NULL; yyerrok; }
  ;

body:
    block                               { $$ = $1; }
  | error to_head RESUME block          { plain_block(p, $4); $$ = NULL; yyerrok; }
  ;

result:
    %empty                              { $$ = NULL; }
  | ARROW type                          { $$ = $2; }
  | ARROW error to_head RESUME          { $$ = make_type_error(p, @$); yyerrok; }
  ;

params:
    LPAREN RPAREN                       { $$ = (ParamList){0}; }
  | LPAREN param_list RPAREN            { $$ = $2; }
  | LPAREN param_list COMMA RPAREN      { $$ = $2; }
  ;

param_list:
    NAME COLON param_type               { $$ = add_param(p, (ParamList){0}, $1, @1, $3); }
  | param_list COMMA NAME COLON param_type
                                        { $$ = add_param(p, $1, $3, @3, $5); }
  | NAME error to_list RESUME           { $$ = add_param(p, (ParamList){0}, $1, @1, NULL); yyerrok; }
  | NAME COLON error to_list RESUME     { $$ = add_param(p, (ParamList){0}, $1, @1, NULL); yyerrok; }
  | error to_list RESUME                { $$ = add_param(p, (ParamList){0}, NULL, @1, NULL); yyerrok; }
  | param_list COMMA NAME error to_list RESUME
                                        { $$ = add_param(p, $1, $3, @3, NULL); yyerrok; }
  | param_list COMMA NAME COLON error to_list RESUME
                                        { $$ = add_param(p, $1, $3, @3, NULL); yyerrok; }
  | param_list COMMA error to_list RESUME
                                        { $$ = add_param(p, $1, NULL, @3, NULL); yyerrok; }
  | param_list error to_list RESUME     { $$ = $1; yyerrok; }
  ;

param_type:
    type
  | AMP MUT type                        { $$ = make_type_of(p, @$, TYPE_EXPR_REF, $3, NULL); }
  ;

fields:
    BODY RBRACE                         { $$ = (ParamList){0}; }
  | BODY field_list RBRACE              { $$ = $2; }
  | BODY field_list COMMA RBRACE        { $$ = $2; }
  ;

field_list:
    NAME COLON type                     { $$ = add_param(p, (ParamList){0}, $1, @1, $3); }
  | field_list COMMA NAME COLON type    { $$ = add_param(p, $1, $3, @3, $5); }
  | NAME error to_list RESUME           { $$ = add_param(p, (ParamList){0}, $1, @1, NULL); yyerrok; }
  | NAME COLON error to_list RESUME     { $$ = add_param(p, (ParamList){0}, $1, @1, NULL); yyerrok; }
  | error to_list RESUME                { $$ = (ParamList){0}; yyerrok; }
  | field_list COMMA NAME error to_list RESUME
                                        { $$ = add_param(p, $1, $3, @3, NULL); yyerrok; }
  | field_list COMMA NAME COLON error to_list RESUME
                                        { $$ = add_param(p, $1, $3, @3, NULL); yyerrok; }
  | field_list COMMA error to_list RESUME
                                        { $$ = $1; yyerrok; }
  | field_list error to_list RESUME     { $$ = $1; yyerrok; }
  ;

generics:
    %empty                              { $$ = (GenericList){0}; }
  | LBRACKET generic_list RBRACKET      { $$ = $2; }
  | LBRACKET generic_list COMMA RBRACKET
                                        { $$ = $2; }
  | LBRACKET error to_close RESUME RBRACKET
                                        { $$ = (GenericList){0}; yyerrok; }
  ;

generic_list:
    ident                               { $$ = add_generic(p, (GenericList){0}, $1, false, NULL); }
  | CONST ident COLON type              { $$ = add_generic(p, (GenericList){0}, $2, true, $4); }
  | generic_list COMMA ident            { $$ = add_generic(p, $1, $3, false, NULL); }
  | generic_list COMMA CONST ident COLON type
                                        { $$ = add_generic(p, $1, $4, true, $6); }
  ;

use_path:
    NAME                                { $$ = add_expr((ExprList){0}, make_name(p, $1)); }
  | use_path SLASH NAME                 { $$ = add_expr($1, make_name(p, $3)); }
  ;

use_names:
    ident                               { $$ = add_use_name(p, (UseNameList){0}, $1, (Ident){0}); }
  | ident AS ident                      { $$ = add_use_name(p, (UseNameList){0}, $1, $3); }
  | use_names COMMA ident               { $$ = add_use_name(p, $1, $3, (Ident){0}); }
  | use_names COMMA ident AS ident      { $$ = add_use_name(p, $1, $3, $5); }
  ;

semi_or_none:
    %empty
  | SEMICOLON
  ;

attributes:
    %empty                              { $$ = (AttributeList){0}; }
  | attributes HASH LBRACKET ident RBRACKET
                                        { $$ = add_attribute(p, $1, $2, span_join(@2, @5), $4, (ExprList){0}); }
  | attributes HASH LBRACKET ident args RBRACKET
                                        { $$ = add_attribute(p, $1, $2, span_join(@2, @6), $4, $5); }
  | attributes HASH LBRACKET error to_close RESUME RBRACKET
                                        { $$ = $1; yyerrok; }
  ;

/* ---- types ---- */

type_or_none:
    %empty                              { $$ = NULL; }
  | COLON type                          { $$ = $2; }
  ;

type:
    ident type_args                     { $$ = make_type(p, @$, (Ident){0}, $1, $2); }
  | ident DOT ident type_args           { $$ = make_type(p, @$, $1, $3, $4); }
  | LBRACKET type SEMICOLON expr RBRACKET
                                        { $$ = make_type_of(p, @$, TYPE_EXPR_ARRAY, $2, $4); }
  ;

/* After `as`, `<` compares. */
cast_type:
    ident                               { $$ = make_type(p, @$, (Ident){0}, $1, (TypeList){0}); }
  | ident DOT ident                     { $$ = make_type(p, @$, $1, $3, (TypeList){0}); }
  | LBRACKET type SEMICOLON expr RBRACKET
                                        { $$ = make_type_of(p, @$, TYPE_EXPR_ARRAY, $2, $4); }
  ;

type_args:
    %empty                              { $$ = (TypeList){0}; }
  | LT type_list close                  { $$ = $2; }
  | LT type_list COMMA close            { $$ = $2; }
  ;

close:
    GT
  | GT_JOINT
  ;

type_list:
    type_arg                            { $$ = add_type((TypeList){0}, $1); }
  | type_list COMMA type_arg            { $$ = add_type($1, $3); }
  ;

type_arg:
    type
  | INT                                 { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL, make_literal(p, $1)); }
  | TRUE                                { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL, make_literal(p, $1)); }
  | FALSE                               { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL, make_literal(p, $1)); }
  | BAD_VALUE                           { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL, make_error(p, @1)); }
  | MINUS INT                           { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL,
                                                            make_unary(p, @$, UNARY_NEG, make_literal(p, $2))); }
  | LPAREN expr RPAREN                  { $$ = make_type_of(p, @$, TYPE_EXPR_CONST, NULL, parenthesise($2, @$)); }
  ;

/* ---- statements ---- */

/* Any block may end in a value; plain_block() complains where none is wanted. */
block:
    BODY stmts RBRACE                   { $$ = make_block(p, @$, $2, (AttributeList){0}, NULL); }
  | BODY stmts attributes expr RBRACE   { $$ = make_block(p, @$, $2, $3, $4); }
  ;

stmts:
    %empty                              { $$ = (StmtList){0}; }
  | stmts attributes statement          { $$ = add_stmt(p, $1, $2, $3); }
  | stmts error to_stmt RESUME          { $$ = add_stmt(p, $1, (AttributeList){0},
                                                        make_stmt_error(p, span_join(@2, @4))); yyerrok; }
  ;

statement:
    LET mut binding                     { $$ = make_binding(p, @$, STMT_LET, $2, $3); }
  | CONST binding                       { $$ = make_binding(p, @$, STMT_CONST, false, $2); }
  | SHARED ident COLON type semi        { $$ = make_binding(p, @$, STMT_SHARED, false,
                                                            (Binding){$2, $4, NULL}); }
  | SHARED ident error to_stmt RESUME   { $$ = make_binding(p, @$, STMT_SHARED, false,
                                                            (Binding){$2, make_type_error(p, @3), NULL}); yyerrok; }
  | SHARED ident COLON error to_stmt RESUME
                                        { $$ = make_binding(p, @$, STMT_SHARED, false,
                                                            (Binding){$2, make_type_error(p, @4), NULL}); yyerrok; }
  | SET expr assign_op value            { $$ = make_assign(p, @$, $2, $3, @3, $4); }
  | expr assign_op value                { $$ = make_assign(p, @$, $1, $2, @2, $3); }
  | expr semi                           { $$ = $2 ? make_simple(p, @$, STMT_EXPR, $1)
                                                  : make_stmt_error(p, @$); }
  | GIVE SEMICOLON                      { $$ = make_simple(p, @$, STMT_GIVE, NULL); }
  | GIVE value                          { $$ = make_simple(p, @$, STMT_GIVE, $2); }
  | BREAK semi                          { $$ = make_simple(p, @$, STMT_BREAK, NULL); }
  | CONTINUE semi                       { $$ = make_simple(p, @$, STMT_CONTINUE, NULL); }
  | if_stmt
  | WHILE head block                    { $$ = make_loop(p, @$, STMT_WHILE, $2, plain_block(p, $3)); }
  | LOOP block                          { $$ = make_loop(p, @$, STMT_LOOP, NULL, plain_block(p, $2)); }
  | FOR for_range block                 { $$ = make_for(p, @$, $2, plain_block(p, $3)); }
  | MATCH head BODY cases RBRACE        { $$ = make_match(p, @$, $2, $4); }
  | block                               { $$ = make_block_stmt(p, plain_block(p, $1)); }
  ;

binding:
    ident type_or_none ASSIGN value     { $$ = (Binding){$1, $2, $4}; }
  | ident type_or_none error to_stmt RESUME
                                        { $$ = (Binding){$1, $2, make_error(p, @3)}; yyerrok; }
  | ident COLON error to_stmt RESUME    { $$ = (Binding){$1, make_type_error(p, @3), make_error(p, @3)}; yyerrok; }
  ;

mut:
    %empty                              { $$ = false; }
  | MUT                                 { $$ = true; }
  ;

value:
    expr semi                           { $$ = $2 ? $1 : make_error(p, @1); }
  | error to_stmt RESUME                { $$ = make_error(p, @1); yyerrok; }
  ;

/* False if what stood before it cannot be trusted. */
semi:
    SEMICOLON                           { $$ = true; }
  | error to_stmt RESUME                { $$ = $3->integer == 0; yyerrok; }
  ;

assign_op:
    ASSIGN                              { $$ = BINARY_NONE; }
  | OP_ASSIGN                           { $$ = $1->op; }
  | GT_JOINT GE                         { $$ = BINARY_SHR; }
  ;

head:
    expr
  | error to_head RESUME                { $$ = make_error(p, @1); yyerrok; }
  ;

if_stmt:
    IF head block elifs else_or_none    { $$ = make_if(p, @$, $2, $3, $4, $5); }
  ;

elifs:
    %empty                              { $$ = NULL; }
  | elifs ELIF head block               { $$ = make_elif(p, span_join(@2, @4), $1, $3, $4); }
  ;

else_or_none:
    %empty                              { $$ = NULL; }
  | ELSE else_block                     { $$ = $2; }
  ;

else_block:
    block
  | error to_head RESUME block          { $$ = $4; yyerrok; }
  ;

for_range:
    ident IN expr range_op expr step    { $$ = (ForRange){$1, $3, $5, $6, $4}; }
  | ident IN error to_head RESUME       { Expr *wrong = make_error(p, @3);
                                          $$ = (ForRange){$1, wrong, wrong, NULL, false}; yyerrok; }
  | ident error to_head RESUME          { Expr *wrong = make_error(p, @2);
                                          $$ = (ForRange){$1, wrong, wrong, NULL, false}; yyerrok; }
  | error to_head RESUME                { $$ = (ForRange){0}; yyerrok; }
  ;

range_op:
    DOT_DOT                             { $$ = false; }
  | DOT_DOT_EQ                          { $$ = true; }
  ;

step:
    %empty                              { $$ = NULL; }
  | STEP expr                           { $$ = $2; }
  ;

cases:
    %empty                              { $$ = (CaseList){0}; }
  | cases CASE alternatives block       { $$ = add_case(p, $1, span_join(@2, @4), $3, plain_block(p, $4)); }
  | cases ELSE else_block               { $$ = add_else(p, $1, @2, plain_block(p, $3)); }
  | cases CASE error to_head RESUME block
                                        { $$ = $1; plain_block(p, $6); yyerrok; }
  | cases error to_case RESUME          { $$ = $1; yyerrok; }
  ;

alternatives:
    expr                                { $$ = add_range(p, (RangeList){0}, $1, NULL, false); }
  | expr range_op expr                  { $$ = add_range(p, (RangeList){0}, $1, $3, $2); }
  | alternatives ALTERNATIVE expr       { $$ = add_range(p, $1, $3, NULL, false); }
  | alternatives ALTERNATIVE expr range_op expr
                                        { $$ = add_range(p, $1, $3, $5, $4); }
  ;

/* ---- expressions ---- */

expr:
    cast
  | expr QUESTION expr COLON expr       { $$ = make_ternary(p, @$, $1, $3, $5); }
  | expr OR expr                        { $$ = make_binary(p, @$, BINARY_OR, @2, $1, $3); }
  | expr AND expr                       { $$ = make_binary(p, @$, BINARY_AND, @2, $1, $3); }
  | expr PIPE expr                      { $$ = make_binary(p, @$, BINARY_BIT_OR, @2, $1, $3); }
  | expr CARET expr                     { $$ = make_binary(p, @$, BINARY_BIT_XOR, @2, $1, $3); }
  | expr AMP expr                       { $$ = make_binary(p, @$, BINARY_BIT_AND, @2, $1, $3); }
  | expr EQ expr                        { $$ = make_binary(p, @$, BINARY_EQ, @2, $1, $3); }
  | expr NE expr                        { $$ = make_binary(p, @$, BINARY_NE, @2, $1, $3); }
  | expr LT expr                        { $$ = make_binary(p, @$, BINARY_LT, @2, $1, $3); }
  | expr LE expr                        { $$ = make_binary(p, @$, BINARY_LE, @2, $1, $3); }
  | expr GT expr                        { $$ = make_binary(p, @$, BINARY_GT, @2, $1, $3); }
  | expr GE expr                        { $$ = make_binary(p, @$, BINARY_GE, @2, $1, $3); }
  | expr SHL expr                       { $$ = make_binary(p, @$, BINARY_SHL, @2, $1, $3); }
  | expr GT_JOINT GT expr %prec SHL     { $$ = make_binary(p, @$, BINARY_SHR, span_join(@2, @3), $1, $4); }
  | expr PLUS expr                      { $$ = make_binary(p, @$, BINARY_ADD, @2, $1, $3); }
  | expr MINUS expr                     { $$ = make_binary(p, @$, BINARY_SUB, @2, $1, $3); }
  | expr STAR expr                      { $$ = make_binary(p, @$, BINARY_MUL, @2, $1, $3); }
  | expr SLASH expr                     { $$ = make_binary(p, @$, BINARY_DIV, @2, $1, $3); }
  | expr PERCENT expr                   { $$ = make_binary(p, @$, BINARY_REM, @2, $1, $3); }
  ;

cast:
    unary
  | cast AS cast_type                   { $$ = make_cast(p, @$, EXPR_CAST, $1, $3); }
  ;

unary:
    postfix
  | MINUS unary                         { $$ = make_unary(p, @$, UNARY_NEG, $2); }
  | NOT unary                           { $$ = make_unary(p, @$, UNARY_NOT, $2); }
  | TILDE unary                         { $$ = make_unary(p, @$, UNARY_COMPLEMENT, $2); }
  | AMP MUT unary                       { $$ = make_unary(p, @$, UNARY_REF_MUT, $3); }
  | STAR unary                          { $$ = make_unary(p, @$, UNARY_DEREF, $2); }
  ;

postfix:
    primary
  | postfix args                        { $$ = make_call(p, @$, $1, $2); }
  | postfix LBRACKET expr RBRACKET      { $$ = make_index(p, @$, EXPR_INDEX, $1, $3); }
  | postfix DOT ident                   { $$ = make_field(p, @$, $1, $3); }
  | postfix inits                       { $$ = make_form(p, @$, $1, $2); }
  ;

primary:
    INT                                 { $$ = make_literal(p, $1); }
  | FLOAT                               { $$ = make_literal(p, $1); }
  | STRING                              { $$ = make_literal(p, $1); }
  | TRUE                                { $$ = make_literal(p, $1); }
  | FALSE                               { $$ = make_literal(p, $1); }
  | BAD_VALUE                           { $$ = make_error(p, @1); }
  | NAME                                { $$ = make_name(p, $1); }
  | LPAREN expr RPAREN                  { $$ = parenthesise($2, @$); }
  | LBRACKET exprs RBRACKET             { $$ = make_array(p, @$, $2); }
  | LBRACKET exprs COMMA RBRACKET       { $$ = make_array(p, @$, $2); }
  | LBRACKET expr SEMICOLON expr RBRACKET
                                        { $$ = make_index(p, @$, EXPR_REPEAT, $2, $4); }
  | BITCAST LT type close LPAREN expr RPAREN
                                        { $$ = make_cast(p, @$, EXPR_BITCAST, $6, $3); }
  | BITCAST LT type close LPAREN expr COMMA RPAREN
                                        { $$ = make_cast(p, @$, EXPR_BITCAST, $6, $3); }
  | if_expr
  ;

if_expr:
    IF_EXPR head block elifs ELSE else_block
                                        { $$ = make_if_expr(p, @$, $2, $3, $4, $6); }
  | IF_EXPR head block elifs error to_here RESUME
                                        { $$ = make_error(p, span_join(@1, @4)); yyerrok; }
  ;

args:
    LPAREN RPAREN                       { $$ = (ExprList){0}; }
  | LPAREN exprs RPAREN                 { $$ = $2; }
  | LPAREN exprs COMMA RPAREN           { $$ = $2; }
  ;

exprs:
    expr                                { $$ = add_expr((ExprList){0}, $1); }
  | exprs COMMA expr                    { $$ = add_expr($1, $3); }
  ;

inits:
    LBRACE RBRACE                       { $$ = (InitList){0}; }
  | LBRACE init_list RBRACE             { $$ = $2; }
  | LBRACE init_list COMMA RBRACE       { $$ = $2; }
  ;

init_list:
    ident COLON expr                    { $$ = add_init(p, (InitList){0}, $1, $3); }
  | init_list COMMA ident COLON expr    { $$ = add_init(p, $1, $3, $5); }
  ;

ident:
    NAME                                { $$ = ident_of($1); }
  ;

/* ---- where recovery goes on (Sync) ---- */

to_here:  %empty                        { p->sync = SYNC_HERE; } ;
to_decl:  %empty                        { p->sync = SYNC_DECL; } ;
to_stmt:  %empty                        { p->sync = SYNC_STMT; } ;
to_head:  %empty                        { p->sync = SYNC_HEAD; } ;
to_list:  %empty                        { p->sync = SYNC_LIST; } ;
to_case:  %empty                        { p->sync = SYNC_CASE; } ;
to_close: %empty                        { p->sync = SYNC_CLOSE; } ;

%%

static int vt_lex(VT_STYPE *value, Span *location, Parser *p) {
    const Token *token = source_next(p);
    value->token = token;
    *location = token->span;
    return token->kind;
}

static int yyreport_syntax_error(const yypcontext_t *context, Parser *p) {
    yysymbol_kind_t symbols[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    bool is_expected[YYNTOKENS] = {false}, expected[TOK_END - TOK_KERNEL + 1] = {false};
    for (int i = 0; i < count; i++) {
        is_expected[symbols[i]] = true;
    }
    for (int kind = TOK_KERNEL; kind <= TOK_END; kind++) {
        expected[kind - TOK_KERNEL] = is_expected[YYTRANSLATE(kind)];
    }
    report_syntax(p, p->current, expected);
    return 0;
}

/* Bison itself calls this only when its stack is full. */
static void vt_error(const Span *location, Parser *p, const char *message) {
    (void)message;
    report_too_deep(p, *location, AST_MAX_DEPTH);
}

const char *token_text(int kind) {
    return yysymbol_name(YYTRANSLATE(kind));
}
