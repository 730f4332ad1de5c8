/* What the printers of text targets share: from the SSA of one function to statements.
 *
 * The shared part decides which values are printed where they are used (fold.c), keeps reads before the writes that they
 * must not pass (statement.c), and turns regions into blocks, with variables for what control hands over (control.c). The
 * target says how an instruction reads, in TextSyntax. Operands come to it as expressions, each used once; it hands back
 * one for the result:
 *
 *     TextExpr a = text_use(p, inst->operands[0]), b = text_use(p, inst->operands[1]);
 *     const char *left = text_at(p, a, LEVEL_ADD), *right = text_at(p, b, LEVEL_MUL);
 *     text_define(p, inst->results[0], text_expr(p, LEVEL_ADD, "%s + %s", left, right), NULL);
 *
 * Values that nothing uses are not printed; what they are made of is not asked for. Time and space are linear in the
 * function: what is folded is cut at a size.
 */
#ifndef IR_TEXT_PRINTER_H
#define IR_TEXT_PRINTER_H

#include "ir/ir.h"
#include "ir/text/namer.h"

typedef struct TextPrinter TextPrinter;

/* An expression. The level says how tightly its outermost operator binds, in the target's own numbers, looser ones
 * being smaller; names, literals and calls are TEXT_PRIMARY. */
typedef struct {
    const char *text;
    uint8_t level;
    uint8_t depth; /* of operators in each other */
    bool is_name;  /* may be repeated: it costs nothing, and its value stays while it is in scope */
    bool is_constant;     /* the target's compiler computes it, and may complain */
    bool reads;           /* memory: must be printed before the next write */
    const char *negation; /* of a condition, where that is as short; level as `text`; NULL: none */
} TextExpr;
enum { TEXT_PRIMARY = 255 };

typedef struct {
    /* How a constant reads. */
    TextExpr (*constant)(TextPrinter *p, const IrValue *constant);
    /* Prints an instruction that is not control: text_define for its result, or statements. Not called for those
     * without effects whose result nothing uses. */
    void (*instruction)(TextPrinter *p, IrInst *inst);
    /* A line each: a value that gets a name; a variable (`first` NULL: any value). */
    void (*let)(TextPrinter *p, const IrType *type, const char *name, const char *text);
    void (*variable)(TextPrinter *p, const IrType *type, const char *name, const char *first);
    /* `return x;`, NULL: `return;`. */
    void (*give)(TextPrinter *p, const char *text);
    /* Where control never comes: a line that the target's compiler needs there, or none. */
    void (*unreachable)(TextPrinter *p);
    /* The negation of a condition. */
    TextExpr (*negation)(TextPrinter *p, TextExpr condition);
    /* Open and close the blocks of a loop (text_open, text_close). Nothing between those of the continuing part: both
     * are taken back. `leaves`: a break or a return is in the body. */
    void (*loop_begin)(TextPrinter *p);
    void (*continuing_begin)(TextPrinter *p);
    void (*continuing_end)(TextPrinter *p, bool leaves);
    void (*loop_end)(TextPrinter *p, bool leaves);
    /* To the continuing part from inside the body; NULL: `continue;` does it. Where a label is needed for that, it goes
     * into p->loop->label, and continuing_begin prints it. */
    void (*go_on)(TextPrinter *p);
} TextSyntax;

/* What is known of a value; its `mark` is the number of its slot. */
typedef struct {
    TextExpr expr;        /* once `known` */
    uint32_t uses;        /* by what is printed */
    const IrRegion *use;  /* where, one of them */
    Name becomes;         /* the name of what control makes of it, at its last use; NULL: none */
    IrValue *given;       /* what control hands over for it, while that is one value */
    IrValue *same;        /* what it always is: printed in its place; NULL: none */
    const char *variable; /* that control puts it into; NULL: none yet */
    bool is_mixed;        /* control hands over different values */
    bool known;
} TextSlot;

/* A loop whose parts are being printed. */
typedef struct TextLoop TextLoop;
struct TextLoop {
    TextLoop *outer; /* NULL: none */
    const IrInst *inst;
    bool continues, breaks, returns; /* whether any was printed */
    const char *label;               /* of the continuing part; NULL: none */
};

struct TextPrinter {
    const TextSyntax *syntax;
    void *target; /* the target's own state */
    IrModule *module;
    Arena *arena;
    Text *out;
    Namer *namer;
    const SourceMap *sources; /* for `// file:line`; NULL: none */
    int indent;
    VEC(TextSlot) slots;
    VEC(IrValue *) pending; /* folded reads, in order; some used meanwhile */
    const IrFunction *function;
    const IrInst *inst;     /* that is being printed */
    TextLoop *loop;         /* the innermost; NULL: none */
    const SourceFile *file; /* of the last `// file:line` */
    uint32_t line;
    TextExpr used; /* what the operands of `inst` have in common: depth, is_constant, reads */
};

/* ---- functions ---- */

/* Counts uses: before the parameters get their expressions (text_define_name), and before text_function. */
void text_prepare(TextPrinter *p, IrFunction *function);

/* Prints the statements. Gives how deep blocks nest, counting an `if` or loop as two, an `else if` as one; `where`
 * becomes the outermost construct of the deepest. */
uint32_t text_function(TextPrinter *p, IrFunction *function, Pos *where);

bool text_is_used(const TextPrinter *p, const IrValue *value);

/* ---- expressions ---- */

TextExpr text_expr(TextPrinter *p, uint8_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
TextExpr text_name_expr(const char *name);

/* An operand, as it is printed; `text_peek` leaves it unused. */
TextExpr text_use(TextPrinter *p, IrValue *value);
TextExpr text_peek(TextPrinter *p, IrValue *value);

/* The text, in parentheses if it binds looser than `level`. */
const char *text_at(TextPrinter *p, TextExpr expr, uint8_t level);

/* The result of the instruction being printed: where it is used, or under a name (`hint` NULL: a numbered one). */
void text_define(TextPrinter *p, IrValue *value, TextExpr expr, const char *hint);
void text_define_let(TextPrinter *p, IrValue *value, TextExpr expr, const char *hint);
void text_define_name(TextPrinter *p, const IrValue *value, const char *name);

/* An expression under a name of its own. */
TextExpr text_let(TextPrinter *p, const IrType *type, TextExpr expr, const char *hint);

/* A name for a value: the source's, or else the hint, or `v`. */
const char *text_value_name(TextPrinter *p, const IrValue *value, const char *hint);

/* ---- statements ---- */

/* One line, after the place in the source where that is another than the last. */
void text_statement(TextPrinter *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reads that are still to be printed become values with a name. */
void text_before_write(TextPrinter *p);
void text_open(TextPrinter *p, const char *text); /* a line; what follows is further in */
void text_close(TextPrinter *p, const char *text);
/* `/// doc` as `// doc`. */
void text_doc(Text *out, const char *doc, int indent);

/* ---- among the files of this folder ---- */

/* What the operands of a terminator or a loop become: its `operand_count` values. NULL: another instruction. */
IrValue *const *text_arrivals(const IrInst *inst);
TextSlot *text_slot(const TextPrinter *p, const IrValue *value);
IrValue *text_same(const TextPrinter *p, IrValue *value);
bool text_folds(const TextPrinter *p, const IrValue *value, TextExpr expr);

#endif
