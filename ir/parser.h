/* What the files of the parser (parse.c, parse_inst.c, parse_value.c) share: its state, tokens, names.
 *
 * Every function of a rule gives whether it went well; when not, the error was reported and the rest of the
 * function that is being parsed is left out. p->token is the next one.
 */
#ifndef IR_PARSER_H
#define IR_PARSER_H

#include "ir/ir.h"
#include "ir/name_map.h"
#include "ir/scan.h"

typedef struct { /* `%name: type` before its value exists */
    IrToken token;
    const IrType *type;
    const char *doc; /* of a parameter; NULL: none */
} IrBinding;

typedef struct { /* a call, until all functions are known */
    IrInst *inst;
    IrToken name;
} IrOpenCall;

typedef struct { /* a position to give once everything else is right */
    Pos *pos;
    uint32_t line, column;
} IrPlaced;

typedef struct {
    IrModule *module;
    Diags *diags;
    const SourceFile *file;
    uint32_t at;
    IrToken token;
    NameMap values, functions, forms, specs;
    unsigned type_depth;     /* of the type that is being parsed */
    VEC(IrValue *) operands; /* stacks: whoever pushes takes off */
    VEC(IrBinding) bindings;
    VEC(IrOpenCall) calls;
    VEC(IrPlaced) placed;
} IrParser;

/* ---- tokens: parse.c ---- */

void irp_advance(IrParser *p);
bool irp_expected(IrParser *p, const char *what); /* reports the next token, gives false */
bool irp_unknown(IrParser *p, const IrToken *token, const char *what); /* likewise */
bool irp_at_word(const IrParser *p, const char *word);
bool irp_accept(IrParser *p, char sign); /* takes it if it is next */
bool irp_expect(IrParser *p, char sign);
bool irp_expect_word(IrParser *p, const char *word);
bool irp_take(IrParser *p, IrTokenKind kind, const char *what, IrToken *token);
void irp_position(IrParser *p, Pos *pos);  /* `!line:column`, or nothing */
Span irp_line(const IrParser *p, Pos pos); /* from there to the end of the line */

/* ---- names, types, operands: parse_value.c ---- */

Name irp_name(IrParser *p, const IrToken *token);
bool irp_type(IrParser *p, const IrType **type);
bool irp_binding(IrParser *p); /* `%name: type`, onto the stack */
bool irp_bind(IrParser *p, const IrBinding *binding,
              IrValue *value); /* from here on the name means `value` */
bool irp_u32(IrParser *p, uint32_t *value);
bool irp_spec(IrParser *p, const IrSpec **spec); /* `@name` of one */
bool irp_text(IrParser *p, const char **text);   /* `"…"`, without escapes */
bool irp_operand(IrParser *p);                   /* onto the stack */
bool irp_operands(IrParser *p);                  /* `a, b, c`, or nothing */
bool irp_place(IrParser *p);                     /* `root[index]…` */

/* ---- instructions: parse_inst.c ---- */

/* `{ … }`, as deep as `depth` regions inside the function's body. */
bool irp_region(IrParser *p, IrRegion *region, unsigned depth);

#endif
