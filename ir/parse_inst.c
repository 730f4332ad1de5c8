/* The parser's instructions and regions. See parser.h. */
#include "ir/parser.h"

/* ---- instructions ---- */

typedef struct { /* what stands before and in an instruction's op */
    Pos pos;
    IrOp op;
    uint8_t flags;
    bool unroll; /* a loop with `.unroll`, perhaps with a number behind it */
    uint32_t first_result, first_operand; /* on the stacks */
} Head;

/* Makes the instruction at the end of `region` from what is on the stacks, and takes its operands off. */
static IrInst *make(IrParser *p, IrRegion *region, const Head *head, uint32_t region_count) {
    uint32_t operand_count = p->operands.count - head->first_operand;
    uint32_t result_count = p->bindings.count - head->first_result;
    IrInst *inst = ir_inst_new(p->module, head->op, operand_count, result_count, region_count);
    inst->flags = head->flags;
    inst->pos = head->pos;
    for (uint32_t i = 0; i < operand_count; i++) {
        inst->operands[i] = p->operands.items[head->first_operand + i];
    }
    for (uint32_t i = 0; i < result_count; i++) {
        ir_result_new(p->module, inst, i, p->bindings.items[head->first_result + i].type);
    }
    p->operands.count = head->first_operand;
    IrBuilder b = ir_at_end(p->module, region);
    ir_insert(&b, inst);
    return inst;
}

/* The names of the results hold after the instruction. */
static bool bind_results(IrParser *p, const Head *head, IrInst *inst) {
    for (uint32_t i = 0; i < inst->result_count; i++) {
        if (!irp_bind(p, &p->bindings.items[head->first_result + i], inst->results[i])) {
            return false;
        }
    }
    p->bindings.count = head->first_result;
    return true;
}

/* Parameters of a region from the bindings on the stack, which go. */
static bool make_params(IrParser *p, IrRegion *region, uint32_t first) {
    region->param_count = p->bindings.count - first;
    region->params = NEW_ARRAY(p->module->arena, IrValue *, region->param_count);
    for (uint32_t i = 0; i < region->param_count; i++) {
        const IrBinding *binding = &p->bindings.items[first + i];
        if (!irp_bind(p, binding, ir_region_param_new(p->module, region, i, binding->type))) {
            return false;
        }
    }
    p->bindings.count = first;
    return true;
}

/* What stands in the parentheses of `(%a: type, …)`; in a body, each with ` = first`. */
static bool parse_opened_params(IrParser *p, bool with_values) {
    do {
        if (!irp_binding(p) || (with_values && (!irp_expect(p, '=') || !irp_operand(p)))) {
            return false;
        }
    } while (irp_accept(p, ','));
    return irp_expect(p, ')');
}

static bool parse_region_params(IrParser *p, bool with_values) {
    return !irp_accept(p, '(') || parse_opened_params(p, with_values);
}

/* `.unroll`, `.unroll(4)`, or neither, then the parameters of the body. */
static bool parse_loop_head(IrParser *p, const Head *head, uint32_t *unroll) {
    *unroll = head->unroll ? IR_UNROLL_ALL : 0;
    if (!irp_accept(p, '(')) {
        return true;
    }
    if (!head->unroll || p->token.kind != TOKEN_NUMBER) {
        return parse_opened_params(p, true);
    }
    return irp_u32(p, unroll) && irp_expect(p, ')') && parse_region_params(p, true);
}

static bool parse_if(IrParser *p, IrRegion *region, const Head *head, unsigned depth) {
    if (!irp_operand(p)) {
        return false;
    }
    IrInst *inst = make(p, region, head, 2);
    irp_position(p, &inst->pos);
    return irp_region(p, &inst->regions[IR_IF_TRUE], depth + 1) && irp_expect_word(p, "else") &&
           irp_region(p, &inst->regions[IR_IF_FALSE], depth + 1) && bind_results(p, head, inst);
}

static bool parse_loop(IrParser *p, IrRegion *region, const Head *head, unsigned depth) {
    uint32_t params = p->bindings.count, unroll;
    if (!parse_loop_head(p, head, &unroll)) {
        return false;
    }
    uint32_t param_count = p->bindings.count - params;
    p->bindings.count = params; /* set aside: make() counts what is there as results */
    IrInst *inst = make(p, region, head, 2);
    inst->unroll = unroll;
    p->bindings.count = params + param_count;
    irp_position(p, &inst->pos);
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    return make_params(p, body, params) && irp_region(p, body, depth + 1) &&
           irp_expect_word(p, "continuing") && parse_region_params(p, false) &&
           make_params(p, more, params) && irp_region(p, more, depth + 1) &&
           bind_results(p, head, inst);
}

/* `@name(arguments)` */
static bool parse_call(IrParser *p, IrToken *name) {
    return irp_take(p, TOKEN_FUNCTION, "a function's `@name`", name) && irp_expect(p, '(') &&
           irp_operands(p) && irp_expect(p, ')');
}

static bool parse_builtin(IrParser *p, IrBuiltin *builtin) {
    IrToken name;
    if (!irp_take(p, TOKEN_WORD, "the name of a built-in value", &name)) {
        return false;
    }
    for (int i = 0; i < IR_BUILTIN_COUNT; i++) {
        if (strlen(ir_builtins[i].text) == name.length &&
            memcmp(ir_builtins[i].text, name.text, name.length) == 0) {
            *builtin = (IrBuiltin)i;
            return true;
        }
    }
    return irp_unknown(p, &name, "built-in value");
}

static bool check_arity(IrParser *p, const Head *head) {
    unsigned want = ir_ops[head->op].operands, found = p->operands.count - head->first_operand;
    if (want == IR_ANY_OPERANDS || want == found) {
        return true;
    }
    diag_report(p->diags, irp_line(p, head->pos), D(IR_SYNTAX),
                arena_printf(p->diags->arena, "%u operand%s of `%s`", want, want == 1 ? "" : "s",
                             ir_ops[head->op].text),
                arena_printf(p->diags->arena, "%u", found));
    return false;
}

/* Exactly `count` operands, then numbers as immediates: at least one, at most `most`. */
static bool parse_with_numbers(IrParser *p, unsigned count, unsigned most, uint32_t *numbers,
                               unsigned *number_count) {
    for (unsigned i = 0; i < count; i++) {
        if (!irp_operand(p) || !irp_expect(p, ',')) {
            return false;
        }
    }
    *number_count = 0;
    do {
        if (*number_count == most) {
            return irp_expected(p, "no more numbers");
        }
        if (!irp_u32(p, &numbers[(*number_count)++])) {
            return false;
        }
    } while (irp_accept(p, ','));
    return true;
}

/* `root[index]…, value…`: the values come last in the text, first in the instruction. */
static bool parse_access(IrParser *p, const Head *head) {
    const IrInst shape = {.op = head->op};
    uint32_t values = ir_place_start(&shape), first = head->first_operand;
    for (uint32_t i = 0; i < values; i++) {
        VEC_PUSH(p->module->arena, &p->operands, NULL);
    }
    if (!irp_place(p)) {
        return false;
    }
    for (uint32_t i = 0; i < values; i++) {
        if (!irp_expect(p, ',') || !irp_operand(p)) {
            return false;
        }
        p->operands.items[first + i] = p->operands.items[--p->operands.count];
    }
    return true;
}

/* Whether the `%name` that is next is defined there: `%name:`. */
static bool starts_inst(const IrParser *p) {
    uint32_t at = p->at;
    IrToken next = ir_scan(p->file, &at);
    return next.kind == TOKEN_PUNCTUATION && next.text[0] == ':';
}

/* An instruction that owns no regions, after its op. */
static bool parse_plain(IrParser *p, IrRegion *region, const Head *head) {
    IrToken callee = {0};
    IrBuiltin builtin = 0;
    uint32_t numbers[IR_MAX_LANES] = {0};
    unsigned number_count = 0, operands = ir_ops[head->op].operands;
    const IrSpec *spec = NULL;
    const char *text = NULL;
    bool good = true, uninitialized = false;
    switch (head->op) {
    case OP_CALL:
        good = parse_call(p, &callee);
        break;
    case OP_BUILTIN:
        good = parse_builtin(p, &builtin);
        break;
    case OP_EXTRACT:
    case OP_INSERT:
        good = parse_with_numbers(p, operands, 1, numbers, &number_count);
        break;
    case OP_SWIZZLE:
        good = parse_with_numbers(p, operands, IR_MAX_LANES, numbers, &number_count);
        break;
    case OP_SPEC:
        good = irp_spec(p, &spec);
        break;
    case OP_SHARED:
        uninitialized = irp_at_word(p, "uninitialized");
        if (uninitialized) {
            irp_advance(p);
        }
        good = p->token.kind != TOKEN_VALUE || starts_inst(p) || irp_operand(p);
        break;
    case OP_PRINT:
    case OP_ASSERT:
        good = irp_text(p, &text) && (!irp_accept(p, ',') || irp_operands(p));
        break;
    default:
        good =
            ir_has(head->op, IR_PLACE) ? parse_access(p, head) : operands == 0 || irp_operands(p);
        break;
    }
    if (!good || !check_arity(p, head)) {
        return false;
    }
    IrInst *inst = make(p, region, head, 0);
    if (head->op == OP_CALL) {
        IrOpenCall call = {inst, callee};
        VEC_PUSH(p->module->arena, &p->calls, call);
    } else if (head->op == OP_BUILTIN) {
        inst->builtin = builtin;
    } else if (head->op == OP_SPEC) {
        inst->spec = spec;
    } else if (head->op == OP_SHARED) {
        inst->uninitialized = uninitialized;
    } else if (head->op == OP_PRINT || head->op == OP_ASSERT) {
        inst->text = text;
    } else if (head->op == OP_SWIZZLE) {
        inst->swizzle.lanes = (uint8_t)number_count;
        for (unsigned i = 0; i < number_count; i++) {
            inst->swizzle.lane[i] =
                (uint8_t)(numbers[i] < IR_MAX_LANES ? numbers[i] : IR_MAX_LANES);
        }
    } else if (number_count > 0) {
        inst->index = numbers[0];
    }
    irp_position(p, &inst->pos);
    return bind_results(p, head, inst);
}

/* `op`, `op.raw.precise.fast` */
static bool parse_op(IrParser *p, Head *head) {
    static const struct {
        const char *text;
        uint8_t flag;
    } suffixes[] = {{".raw", IR_RAW}, {".precise", IR_PRECISE}, {".fast", IR_FAST}};

    IrToken token = {0};
    if (!irp_take(p, TOKEN_WORD, "an instruction or `}`", &token)) {
        return false;
    }
    const char *dot = memchr(token.text, '.', token.length);
    uint32_t at = dot != NULL ? (uint32_t)(dot - token.text) : token.length;
    head->op = ir_op_named(token.text, at);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        uint32_t length = (uint32_t)strlen(suffixes[i].text);
        if (token.length - at >= length && memcmp(token.text + at, suffixes[i].text, length) == 0) {
            head->flags |= suffixes[i].flag;
            at += length;
        }
    }
    static const char unroll[] = ".unroll";
    if (head->op == OP_LOOP && token.length - at == strlen(unroll) &&
        memcmp(token.text + at, unroll, strlen(unroll)) == 0) {
        head->unroll = true;
        at = token.length;
    }
    return (head->op != OP_NONE && at == token.length) || irp_unknown(p, &token, "operation");
}

static bool parse_inst(IrParser *p, IrRegion *region, unsigned depth) {
    Head head = {.pos = p->token.span.start,
                 .first_result = p->bindings.count,
                 .first_operand = p->operands.count};
    if (p->token.kind == TOKEN_VALUE) {
        do {
            if (!irp_binding(p)) {
                return false;
            }
        } while (irp_accept(p, ','));
        if (!irp_expect(p, '=')) {
            return false;
        }
    }
    if (!parse_op(p, &head)) {
        return false;
    }
    switch (head.op) {
    case OP_IF:
        return parse_if(p, region, &head, depth);
    case OP_LOOP:
        return parse_loop(p, region, &head, depth);
    default:
        return parse_plain(p, region, &head);
    }
}

bool irp_region(IrParser *p, IrRegion *region, unsigned depth) {
    if (depth > IR_MAX_DEPTH) {
        diag_report(p->diags, p->token.span, D(TOO_DEEP), (int)IR_MAX_DEPTH);
        return false;
    }
    if (!irp_expect(p, '{')) {
        return false;
    }
    while (!irp_accept(p, '}')) {
        if (!parse_inst(p, region, depth)) {
            return false;
        }
    }
    return true;
}
