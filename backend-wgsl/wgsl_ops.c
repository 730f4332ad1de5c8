/* Instructions that are not control, by the rows of wgsl_ops.def. */
#include "backend-wgsl/wgsl_writer.h"
#include "ir/base/fatal.h"

typedef struct {
    enum { FORM_ABSENT, FORM_INFIX, FORM_CALL, FORM_WRITE } kind;
    const char *text;
    uint8_t level, left, right;
    bool risky;
    WgslWrite *write;
} Form;

/* ---- operands ---- */

/* Overflow, and what a function is not defined for, are errors where WGSL's compiler computes. A value under a name of its
 * own is not a constant to it. */
static void hide_constant(TextPrinter *p, const IrInst *inst, TextExpr *operands) {
    if (p->used.is_constant && inst->operand_count > 0) {
        operands[0] = text_let(p, ir_resolve(inst->operands[0])->type, operands[0], NULL);
        p->used.is_constant = false;
    }
}

static TextExpr *operands_of(TextPrinter *p, const IrInst *inst, bool risky) {
    TextExpr *operands = NEW_ARRAY(p->arena, TextExpr, inst->operand_count);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = text_use(p, inst->operands[i]);
    }
    if (risky) {
        hide_constant(p, inst, operands);
    }
    return operands;
}

/* `f(a < b, c > d)` would have an `a` of types b and c. */
static const char *listed(TextPrinter *p, const TextExpr *operands, uint32_t count) {
    Text text = {.arena = p->arena};
    for (uint32_t i = 0; i < count; i++) {
        const char *operand = text_at(p, operands[i], count > 1 ? LEVEL_SHIFT : 0);
        text_printf(&text, "%s%s", i > 0 ? ", " : "", operand);
    }
    return text_get(&text);
}

static TextExpr infix(TextPrinter *p, const TextExpr *operands, const char *text, uint8_t level,
                      uint8_t left, uint8_t right) {
    return text_expr(p, level, "%s %s %s", text_at(p, operands[0], left), text,
                     text_at(p, operands[1], right));
}

/* An operator that takes unary operands, or more of its own on the left. */
static TextExpr chain(TextPrinter *p, const TextExpr *operands, const char *text, uint8_t level,
                      uint8_t operand) {
    uint8_t left = operands[0].level == level ? level : operand;
    return infix(p, operands, text, level, left, operand);
}

/* The comparison that is true where this one is not: of floats in order there is none, for NaN is in no order. */
static const char *opposite(const IrInst *inst) {
    static const struct {
        IrOp op;
        const char *text;
    } rows[] = {{OP_EQ, "!="}, {OP_NE, "=="}, {OP_LT, ">="},
                {OP_LE, ">"},  {OP_GT, "<="}, {OP_GE, "<"}};
    bool in_order = inst->op != OP_EQ && inst->op != OP_NE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].op == inst->op && inst->results[0]->type == ir_scalar(IR_BOOL)) {
            return in_order && ir_is_float(ir_resolve(inst->operands[0])->type) ? NULL
                                                                                : rows[i].text;
        }
    }
    return NULL;
}

/* ---- rows that are functions ---- */

static WgslWrite wgsl_negate, wgsl_not, wgsl_and, wgsl_or, wgsl_xor, wgsl_select, wgsl_convert,
    wgsl_bitcast, wgsl_construct, wgsl_extract, wgsl_extract_at, wgsl_swizzle;

static void wgsl_negate(TextPrinter *p, IrInst *inst) {
    const TextExpr *x = operands_of(p, inst, true);
    text_define(p, inst->results[0], text_expr(p, LEVEL_UNARY, "-%s", text_at(p, *x, TEXT_PRIMARY)),
                NULL);
}

TextExpr wgsl_negation(TextPrinter *p, TextExpr condition) {
    if (condition.negation != NULL) {
        return text_expr(p, condition.level, "%s", condition.negation);
    }
    return text_expr(p, LEVEL_UNARY, "!%s", text_at(p, condition, TEXT_PRIMARY));
}

static void wgsl_not(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    const TextExpr *x = operands_of(p, inst, false);
    TextExpr not = ir_is_bool(type)
                       ? wgsl_negation(p, *x)
                       : text_expr(p, LEVEL_UNARY, "~%s", text_at(p, *x, TEXT_PRIMARY));
    text_define(p, inst->results[0], not, NULL);
}

/* Of single bools the short-circuit form: nothing on its right has an effect. */
static void logic(TextPrinter *p, IrInst *inst, const char *logic_text, uint8_t logic_level,
                  const char *bits_text, uint8_t bits_level) {
    IrValue *result = inst->results[0];
    const TextExpr *operands = operands_of(p, inst, false);
    bool is_logic = result->type == ir_scalar(IR_BOOL);
    text_define(p, result,
                is_logic ? chain(p, operands, logic_text, logic_level, LEVEL_RELATION)
                         : chain(p, operands, bits_text, bits_level, LEVEL_UNARY),
                NULL);
}

static void wgsl_and(TextPrinter *p, IrInst *inst) {
    logic(p, inst, "&&", LEVEL_LOGIC_AND, "&", LEVEL_AND);
}

static void wgsl_or(TextPrinter *p, IrInst *inst) {
    logic(p, inst, "||", LEVEL_LOGIC_OR, "|", LEVEL_OR);
}

static void wgsl_xor(TextPrinter *p, IrInst *inst) {
    const TextExpr *operands = operands_of(p, inst, false);
    bool is_bool = ir_is_bool(inst->results[0]->type);
    text_define(p, inst->results[0],
                is_bool ? infix(p, operands, "!=", LEVEL_RELATION, LEVEL_SHIFT, LEVEL_SHIFT)
                        : chain(p, operands, "^", LEVEL_XOR, LEVEL_UNARY),
                NULL);
}

static void wgsl_select(TextPrinter *p, IrInst *inst) {
    const TextExpr *o = operands_of(p, inst, false);
    const char *no = text_at(p, o[2], LEVEL_SHIFT), *yes = text_at(p, o[1], LEVEL_SHIFT);
    text_define(p, inst->results[0],
                text_expr(p, TEXT_PRIMARY, "select(%s, %s, %s)", no, yes, o[0].text), NULL);
}

static void wgsl_convert(TextPrinter *p, IrInst *inst) {
    const char *type = wgsl_type(wgsl_of(p), inst->results[0]->type);
    const TextExpr *x = operands_of(p, inst, true);
    text_define(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s(%s)", type, x->text), NULL);
}

static void wgsl_bitcast(TextPrinter *p, IrInst *inst) {
    const char *type = wgsl_type(wgsl_of(p), inst->results[0]->type);
    const TextExpr *x = operands_of(p, inst, true);
    text_define(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "bitcast<%s>(%s)", type, x->text),
                NULL);
}

static bool is_splat(const IrInst *inst) {
    const IrValue *first = ir_resolve(inst->operands[0]);
    uint32_t i = 1;
    while (i < inst->operand_count && ir_resolve(inst->operands[i]) == first) {
        i++;
    }
    return ir_is_vector(inst->results[0]->type) && i == inst->operand_count &&
           first->type->kind == IR_TYPE_SCALAR;
}

static void wgsl_construct(TextPrinter *p, IrInst *inst) {
    const char *type = wgsl_type(wgsl_of(p), inst->results[0]->type);
    const TextExpr *parts = operands_of(p, inst, false);
    uint32_t count = is_splat(inst) ? 1 : inst->operand_count;
    text_define(p, inst->results[0],
                text_expr(p, TEXT_PRIMARY, "%s(%s)", type, listed(p, parts, count)), NULL);
}

static void wgsl_extract(TextPrinter *p, IrInst *inst) {
    IrValue *whole = inst->operands[0];
    TextExpr part = wgsl_part(p, text_use(p, whole), ir_resolve(whole)->type, inst->index);
    text_define(p, inst->results[0], part, NULL);
}

static void wgsl_extract_at(TextPrinter *p, IrInst *inst) {
    const TextExpr *o = operands_of(p, inst, true);
    const char *vector = text_at(p, o[0], TEXT_PRIMARY);
    text_define(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s[%s]", vector, o[1].text), NULL);
}

static void wgsl_swizzle(TextPrinter *p, IrInst *inst) {
    const TextExpr *vector = operands_of(p, inst, false);
    char lanes[IR_MAX_LANES + 1] = "";
    for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
        lanes[i] = "xyzw"[inst->swizzle.lane[i]];
    }
    const char *text = text_at(p, *vector, TEXT_PRIMARY);
    text_define(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s.%s", text, lanes), NULL);
}

/* ---- the table ---- */

#define RISKY true /* as wgsl_ops.def says */
#define SAFE false
#define ABSENT(op) {.kind = FORM_ABSENT},
enum {
#define INFIX(op, text, level, left, right, risk) ROW_##op,
#define CALL(op, text, risk) ROW_##op,
#define WRITE(op, function, risk) ROW_##op,
#define CONTROL(op) ROW_##op,
#define LACKS(op) ROW_##op,
#define LOWERED(op, by) ROW_##op,
#include "backend-wgsl/wgsl_ops.def"
#undef INFIX
#undef CALL
#undef WRITE
#undef CONTROL
#undef LACKS
#undef LOWERED
};

static const Form rows[] = {
#define INFIX(op, text, level, left, right, risk)                                                  \
    {FORM_INFIX, text, LEVEL_##level, LEVEL_##left, LEVEL_##right, risk, NULL},
#define CALL(op, text, risk) {FORM_CALL, text, 0, 0, 0, risk, NULL},
#define WRITE(op, function, risk) {FORM_WRITE, NULL, 0, 0, 0, risk, function},
#define CONTROL(op) ABSENT(op)
#define LACKS(op) ABSENT(op)
#define LOWERED(op, by) ABSENT(op)
#include "backend-wgsl/wgsl_ops.def"
};

/* A new op that has no row in wgsl_ops.def does not compile here. */
static const Form *const forms[OP_COUNT] = {
#define OP(id, ID, text, operands, rule, effects) [OP_##ID] = &rows[ROW_##ID],
#include "ir/ops.def"
#undef OP
};

/* What is no pure value is computed where it stands. */
static void define(TextPrinter *p, IrInst *inst, TextExpr expr) {
    if (ir_has(inst->op, IR_PURE)) {
        text_define(p, inst->results[0], expr, NULL);
    } else if (text_is_used(p, inst->results[0])) {
        text_define_let(p, inst->results[0], expr, NULL);
    } else {
        text_statement(p, "_ = %s;", expr.text);
    }
}

void wgsl_instruction(TextPrinter *p, IrInst *inst) {
    const Form *form = forms[inst->op];
    const TextExpr *operands;
    const char *negation;
    TextExpr expr;
    wgsl_of(p)->uses_subgroups |= ir_is_subgroup_op(inst->op);
    switch (form->kind) {
    case FORM_INFIX:
        operands = operands_of(p, inst, form->risky);
        expr = infix(p, operands, form->text, form->level, form->left, form->right);
        negation = opposite(inst);
        if (negation != NULL) {
            expr.negation = infix(p, operands, negation, form->level, form->left, form->right).text;
        }
        define(p, inst, expr);
        break;
    case FORM_CALL:
        operands = operands_of(p, inst, form->risky);
        define(p, inst,
               text_expr(p, TEXT_PRIMARY, "%s(%s)", form->text,
                         listed(p, operands, inst->operand_count)));
        break;
    case FORM_WRITE:
        form->write(p, inst);
        break;
    case FORM_ABSENT:
        BUG("`%s` has no WGSL form here", ir_ops[inst->op].text);
    }
}
