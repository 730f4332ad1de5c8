/* Instructions that are not control, by the rows of opencl_ops.def. */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

typedef struct {
    enum { FORM_ABSENT, FORM_INFIX, FORM_CALL, FORM_WRITE } kind;
    const char *text, *fast;
    uint8_t level, left, right;
    OpenclWrite *write;
} Form;

/* ---- operands ---- */

static TextExpr *operands_of(TextPrinter *p, const IrInst *inst) {
    TextExpr *operands = NEW_ARRAY(p->arena, TextExpr, inst->operand_count);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = text_use(p, inst->operands[i]);
    }
    return operands;
}

static const char *listed(TextPrinter *p, const TextExpr *operands, uint32_t count) {
    Text text = {.arena = p->arena};
    for (uint32_t i = 0; i < count; i++) {
        text_printf(&text, "%s%s", i > 0 ? ", " : "", operands[i].text);
    }
    return text_get(&text);
}

static TextExpr infix(TextPrinter *p, const TextExpr *operands, const char *text, uint8_t level,
                      uint8_t left, uint8_t right) {
    return text_expr(p, level, "%s %s %s", text_at(p, operands[0], left), text,
                     text_at(p, operands[1], right));
}

static TextExpr call(TextPrinter *p, const char *name, const TextExpr *operands, uint32_t count) {
    return text_expr(p, TEXT_PRIMARY, "%s(%s)", name, listed(p, operands, count));
}

static const IrType *operand_type(const IrInst *inst, uint32_t i) {
    return ir_resolve(inst->operands[i])->type;
}

static bool is_bool_vector(const IrType *type) {
    return ir_is_vector(type) && ir_is_bool(type);
}

static void result(TextPrinter *p, IrInst *inst, TextExpr expr) {
    text_define(p, inst->results[0], expr, NULL);
}

/* ---- arithmetic ---- */

static OpenclWrite opencl_negate, opencl_divide, opencl_abs, opencl_least, opencl_most, opencl_not,
    opencl_and, opencl_or, opencl_xor, opencl_bits, opencl_compare, opencl_select, opencl_reduce,
    opencl_float_test, opencl_convert, opencl_bitcast, opencl_construct, opencl_extract,
    opencl_insert, opencl_extract_at, opencl_insert_at, opencl_swizzle;

static void opencl_negate(TextPrinter *p, IrInst *inst) {
    TextExpr x = text_use(p, inst->operands[0]);
    result(p, inst, text_expr(p, LEVEL_UNARY, "-%s", text_at(p, x, TEXT_PRIMARY)));
}

static void opencl_divide(TextPrinter *p, IrInst *inst) {
    const TextExpr *o = operands_of(p, inst);
    bool is_fast = (inst->flags & IR_FAST) != 0 && inst->results[0]->type->scalar == IR_F32;
    result(p, inst,
           is_fast ? call(p, "native_divide", o, 2)
                   : infix(p, o, "/", LEVEL_MUL, LEVEL_MUL, LEVEL_UNARY));
}

/* `abs` of integers is unsigned, so that of the lowest has a value. */
static void opencl_abs(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    const TextExpr *x = operands_of(p, inst);
    if (ir_is_float(type)) {
        result(p, inst, call(p, "fabs", x, 1));
    } else if (!ir_is_signed_int(type)) {
        result(p, inst, *x);
    } else {
        const char *name = opencl_type(opencl_of(p), type);
        result(p, inst, text_expr(p, TEXT_PRIMARY, "as_%s(abs(%s))", name, x->text));
    }
}

static void opencl_least(TextPrinter *p, IrInst *inst) {
    bool is_float = ir_is_float(inst->results[0]->type);
    result(p, inst, call(p, is_float ? "fmin" : "min", operands_of(p, inst), 2));
}

static void opencl_most(TextPrinter *p, IrInst *inst) {
    bool is_float = ir_is_float(inst->results[0]->type);
    result(p, inst, call(p, is_float ? "fmax" : "max", operands_of(p, inst), 2));
}

/* ---- bits and logic ---- */

TextExpr opencl_negation(TextPrinter *p, TextExpr condition) {
    if (condition.negation != NULL) {
        return text_expr(p, condition.level, "%s", condition.negation);
    }
    return text_expr(p, LEVEL_UNARY, "!%s", text_at(p, condition, LEVEL_UNARY));
}

static void opencl_not(TextPrinter *p, IrInst *inst) {
    const TextExpr *x = operands_of(p, inst);
    bool is_bool = inst->results[0]->type == ir_scalar(IR_BOOL);
    result(p, inst,
           is_bool ? opencl_negation(p, *x)
                   : text_expr(p, LEVEL_UNARY, "~%s", text_at(p, *x, LEVEL_UNARY)));
}

/* More of the same operator may stand on the left; others get parentheses, whatever C's rules are. */
static TextExpr chain(TextPrinter *p, const TextExpr *operands, const char *text, uint8_t level,
                      uint8_t operand) {
    uint8_t left = operands[0].level == level ? level : operand;
    return infix(p, operands, text, level, left, operand);
}

static void logic(TextPrinter *p, IrInst *inst, const char *logic_text, uint8_t logic_level,
                  const char *bits_text, uint8_t bits_level) {
    const TextExpr *operands = operands_of(p, inst);
    bool is_logic = inst->results[0]->type == ir_scalar(IR_BOOL);
    result(p, inst,
           is_logic ? chain(p, operands, logic_text, logic_level, LEVEL_EQUALITY)
                    : chain(p, operands, bits_text, bits_level, LEVEL_UNARY));
}

static void opencl_and(TextPrinter *p, IrInst *inst) {
    logic(p, inst, "&&", LEVEL_LOGIC_AND, "&", LEVEL_AND);
}

static void opencl_or(TextPrinter *p, IrInst *inst) {
    logic(p, inst, "||", LEVEL_LOGIC_OR, "|", LEVEL_OR);
}

static void opencl_xor(TextPrinter *p, IrInst *inst) {
    const TextExpr *operands = operands_of(p, inst);
    bool is_bool = inst->results[0]->type == ir_scalar(IR_BOOL);
    result(p, inst,
           is_bool ? infix(p, operands, "!=", LEVEL_EQUALITY, LEVEL_SHIFT, LEVEL_SHIFT)
                   : chain(p, operands, "^", LEVEL_XOR, LEVEL_UNARY));
}

static void opencl_bits(TextPrinter *p, IrInst *inst) {
    const char *name = opencl_helper(opencl_of(p), ir_ops[inst->op].text, inst->results[0]->type);
    result(p, inst, call(p, name, operands_of(p, inst), inst->operand_count));
}

/* ---- comparison and choice ---- */

/* What vectors compare to has lanes as wide as theirs. */
static TextExpr as_bools(TextPrinter *p, TextExpr mask, const IrType *operands) {
    if (!ir_is_vector(operands) || ir_is_bool(operands) || ir_bits(operands) == 32) {
        return mask;
    }
    return text_expr(p, TEXT_PRIMARY, "convert_int%u(%s)", operands->lanes, mask.text);
}

static void opencl_compare(TextPrinter *p, IrInst *inst) {
    static const char *const operators[] = {[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<",
                                            [OP_LE] = "<=", [OP_GT] = ">",  [OP_GE] = ">="};
    const IrType *type = operand_type(inst, 0);
    const TextExpr *o = operands_of(p, inst);
    bool equality = inst->op == OP_EQ || inst->op == OP_NE;
    uint8_t level = equality ? LEVEL_EQUALITY : LEVEL_RELATION;
    TextExpr mask = infix(p, o, operators[inst->op], level, LEVEL_SHIFT, LEVEL_SHIFT);
    IrOp opposite = ir_opposite(inst);
    if (!ir_is_vector(type) && opposite != OP_NONE) {
        mask.negation = infix(p, o, operators[opposite], level, LEVEL_SHIFT, LEVEL_SHIFT).text;
    }
    result(p, inst, as_bools(p, mask, type));
}

/* Conditions of `select` are as wide as what is chosen. */
static void opencl_select(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    const TextExpr *o = operands_of(p, inst);
    if (!ir_is_vector(type)) {
        result(p, inst,
               text_expr(p, LEVEL_TERNARY, "%s ? %s : %s", text_at(p, o[0], LEVEL_LOGIC_OR),
                         text_at(p, o[1], LEVEL_LOGIC_OR), text_at(p, o[2], LEVEL_TERNARY)));
        return;
    }
    unsigned bits = ir_is_bool(type) ? 32 : ir_bits(type);
    const char *wide = bits == 8 ? "char" : bits == 16 ? "short" : "long";
    const char *mask =
        bits == 32 ? o[0].text
                   : arena_printf(p->arena, "convert_%s%u(%s)", wide, type->lanes, o[0].text);
    result(p, inst, text_expr(p, TEXT_PRIMARY, "select(%s, %s, %s)", o[2].text, o[1].text, mask));
}

static void opencl_reduce(TextPrinter *p, IrInst *inst) {
    const TextExpr *x = operands_of(p, inst);
    TextExpr found = call(p, inst->op == OP_ALL ? "all" : "any", x, 1);
    result(p, inst, text_expr(p, LEVEL_EQUALITY, "%s != 0", found.text));
}

static void opencl_float_test(TextPrinter *p, IrInst *inst) {
    const IrType *type = operand_type(inst, 0);
    TextExpr found = call(p, inst->op == OP_ISNAN ? "isnan" : "isinf", operands_of(p, inst), 1);
    result(p, inst,
           ir_is_vector(type) ? as_bools(p, found, type)
                              : text_expr(p, LEVEL_EQUALITY, "%s != 0", found.text));
}

/* ---- conversion ---- */

static void opencl_convert(TextPrinter *p, IrInst *inst) {
    const IrType *from = operand_type(inst, 0), *to = inst->results[0]->type;
    const char *type = opencl_type(opencl_of(p), to);
    TextExpr x = text_use(p, inst->operands[0]);
    if (!ir_is_vector(to)) {
        result(p, inst, text_expr(p, LEVEL_UNARY, "(%s)%s", type, text_at(p, x, LEVEL_UNARY)));
        return;
    }
    if (is_bool_vector(from)) { /* true is -1 in them */
        x = text_expr(p, LEVEL_UNARY, "-%s", text_at(p, x, TEXT_PRIMARY));
    }
    bool is_same = is_bool_vector(from) && to->scalar == IR_I32;
    result(p, inst, is_same ? x : text_expr(p, TEXT_PRIMARY, "convert_%s(%s)", type, x.text));
}

static void opencl_bitcast(TextPrinter *p, IrInst *inst) {
    const char *type = opencl_type(opencl_of(p), inst->results[0]->type);
    TextExpr x = text_use(p, inst->operands[0]);
    result(p, inst, text_expr(p, TEXT_PRIMARY, "as_%s(%s)", type, x.text));
}

/* ---- vectors and composites ---- */

static bool is_splat(const IrInst *inst) {
    const IrValue *first = ir_resolve(inst->operands[0]);
    uint32_t i = 1;
    while (i < inst->operand_count && ir_resolve(inst->operands[i]) == first) {
        i++;
    }
    return i == inst->operand_count && first->type->kind == IR_TYPE_SCALAR;
}

static void construct_vector(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    uint32_t count = is_splat(inst) ? 1 : inst->operand_count;
    Text text = {.arena = p->arena};
    text_printf(&text, "(%s)(", opencl_type(opencl_of(p), type));
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        TextExpr part = text_use(p, inst->operands[i]);
        if (i >= count) {
            continue;
        }
        text_add(&text, i > 0 ? ", " : "");
        if (ir_is_bool(type) && !ir_is_vector(operand_type(inst, i))) {
            text_printf(&text, "%s ? -1 : 0", text_at(p, part, LEVEL_LOGIC_OR));
        } else {
            text_add(&text, part.text);
        }
    }
    result(p, inst, text_expr(p, LEVEL_UNARY, "%s)", text_get(&text)));
}

/* A part inside braces. 3-vectors are taken apart, and so must have a name. */
static void add_part(TextPrinter *p, Text *text, const IrType *type, TextExpr part) {
    if (!ir_is_vector(type) || type->lanes != 3 || ir_is_bool(type)) {
        text_add(text, part.text);
        return;
    }
    if (!part.is_name) {
        part = text_let(p, type, part, NULL);
    }
    text_printf(text, "{%s.x, %s.y, %s.z}", part.text, part.text, part.text);
}

static void opencl_construct(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    if (ir_is_vector(type)) {
        construct_vector(p, inst);
        return;
    }
    OpenclWriter *w = opencl_of(p);
    const OpenclType *form = type->kind == IR_TYPE_FORM ? opencl_composite(w, type) : NULL;
    Text text = {.arena = p->arena};
    text_printf(&text, "(%s)%s", opencl_type(w, type), form != NULL ? "{" : "{{");
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        TextExpr part = text_use(p, inst->operands[i]);
        text_add(&text, i > 0 ? ", " : "");
        if (form != NULL) {
            text_printf(&text, ".%s = ", opencl_composite(w, type)->fields[i]);
        }
        add_part(p, &text, ir_part_type(type, i), part);
    }
    text_add(&text, form != NULL ? "}" : "}}");
    result(p, inst, text_expr(p, LEVEL_UNARY, "%s", text_get(&text)));
}

static void opencl_extract(TextPrinter *p, IrInst *inst) {
    const IrType *type = operand_type(inst, 0);
    TextExpr whole = text_use(p, inst->operands[0]);
    result(p, inst, opencl_part(p, whole, type, inst->index));
}

static TextExpr bool_lane(TextPrinter *p, TextExpr lane, const IrType *vector) {
    return ir_is_bool(vector) ? text_expr(p, LEVEL_EQUALITY, "%s != 0", lane.text) : lane;
}

static const char *lane_value(TextPrinter *p, TextExpr value, const IrType *vector) {
    return ir_is_bool(vector)
               ? arena_printf(p->arena, "%s ? -1 : 0", text_at(p, value, LEVEL_LOGIC_OR))
               : value.text;
}

/* A copy under a name, which is then changed. */
static const char *copy_of(TextPrinter *p, IrInst *inst, TextExpr whole) {
    const char *name = text_value_name(p, inst->results[0], NULL);
    p->syntax->let(p, inst->results[0]->type, name, whole.text);
    text_define_name(p, inst->results[0], name);
    return name;
}

static void opencl_insert(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type, *part = ir_part_type(type, inst->index);
    TextExpr whole = text_use(p, inst->operands[0]), value = text_use(p, inst->operands[1]);
    bool is_packed =
        !ir_is_vector(type) && ir_is_vector(part) && part->lanes == 3 && !ir_is_bool(part);
    const char *name = copy_of(p, inst, whole);
    if (ir_is_vector(type)) {
        text_statement(p, "%s.%c = %s;", name, "xyzw"[inst->index], lane_value(p, value, type));
        return;
    }
    const char *at = type->kind == IR_TYPE_FORM
                         ? arena_printf(p->arena, "%s.%s", name,
                                        opencl_composite(opencl_of(p), type)->fields[inst->index])
                         : arena_printf(p->arena, "%s.v[%u]", name, inst->index);
    if (is_packed) {
        text_statement(p, "vstore3(%s, 0, &%s.x);", value.text, at);
    } else {
        text_statement(p, "%s = %s;", at, value.text);
    }
}

/* OpenCL C has no index on vectors: their lanes lie in memory as those of an array. */
static const char *lane_at(TextPrinter *p, const IrType *vector, const char *name, TextExpr index) {
    const char *lane = opencl_scalar(opencl_of(p), ir_is_bool(vector) ? IR_I32 : vector->scalar);
    return arena_printf(p->arena, "((%s *)&%s)[%s]", lane, name, index.text);
}

static void opencl_extract_at(TextPrinter *p, IrInst *inst) {
    const IrType *type = operand_type(inst, 0);
    TextExpr vector = text_use(p, inst->operands[0]), index = text_use(p, inst->operands[1]);
    /* a copy: what has a name here may be a member of an argument, or a constant */
    vector = text_let(p, type, vector, NULL);
    TextExpr lane = text_expr(p, TEXT_PRIMARY, "%s", lane_at(p, type, vector.text, index));
    result(p, inst, bool_lane(p, lane, type));
}

static void opencl_insert_at(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    const TextExpr *o = operands_of(p, inst);
    const char *name = copy_of(p, inst, o[0]);
    text_statement(p, "%s = %s;", lane_at(p, type, name, o[2]), lane_value(p, o[1], type));
}

static void opencl_swizzle(TextPrinter *p, IrInst *inst) {
    TextExpr vector = text_use(p, inst->operands[0]);
    char lanes[IR_MAX_LANES + 1] = "";
    for (unsigned i = 0; i < inst->swizzle.lanes; i++) {
        lanes[i] = "xyzw"[inst->swizzle.lane[i]];
    }
    result(p, inst, text_expr(p, TEXT_PRIMARY, "%s.%s", text_at(p, vector, TEXT_PRIMARY), lanes));
}

/* ---- the table ---- */

enum {
#define INFIX(op, text, level, left, right) ROW_##op,
#define CALL(op, text, fast) ROW_##op,
#define WRITE(op, function) ROW_##op,
#define CONTROL(op) ROW_##op,
#define LOWERED(op, by) ROW_##op,
#include "backend-opencl/opencl_ops.def"
#undef INFIX
#undef CALL
#undef WRITE
#undef CONTROL
#undef LOWERED
};

static const Form rows[] = {
#define INFIX(op, text, level, left, right)                                                        \
    {FORM_INFIX, text, NULL, LEVEL_##level, LEVEL_##left, LEVEL_##right, NULL},
#define CALL(op, text, fast) {FORM_CALL, text, fast, 0, 0, 0, NULL},
#define WRITE(op, function) {FORM_WRITE, NULL, NULL, 0, 0, 0, function},
#define CONTROL(op) {.kind = FORM_ABSENT},
#define LOWERED(op, by) {.kind = FORM_ABSENT},
#include "backend-opencl/opencl_ops.def"
};

/* A new op that has no row in opencl_ops.def does not compile here. */
static const Form *const forms[OP_COUNT] = {
#define OP(id, ID, text, operands, rule, effects) [OP_##ID] = &rows[ROW_##ID],
#include "ir/ops.def"
#undef OP
};

/* `native_` functions are of f32 alone; `mad` of all. */
static const char *function_of(const Form *form, const IrInst *inst) {
    bool is_fast = (inst->flags & IR_FAST) != 0 && inst->results[0]->type->scalar == IR_F32;
    return is_fast && form->fast != NULL ? form->fast : form->text;
}

void opencl_instruction(TextPrinter *p, IrInst *inst) {
    const Form *form = forms[inst->op];
    switch (form->kind) {
    case FORM_INFIX:
        result(p, inst,
               infix(p, operands_of(p, inst), form->text, form->level, form->left, form->right));
        break;
    case FORM_CALL:
        result(p, inst,
               call(p, function_of(form, inst), operands_of(p, inst), inst->operand_count));
        break;
    case FORM_WRITE:
        form->write(p, inst);
        break;
    case FORM_ABSENT:
        BUG("`%s` has no OpenCL C form here", ir_ops[inst->op].text);
    }
}
