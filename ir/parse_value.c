/* The parser's types, names, constants and operands. See parser.h. */
#include "ir/literal.h"
#include "ir/parser.h"

/* ---- types and names ---- */

bool irp_type(IrParser *p, const IrType **type) {
    IrToken name = p->token;
    if (name.kind != TOKEN_WORD) {
        return irp_expected(p, "a type");
    }
    if (irp_at_word(p, "buffer") || irp_at_word(p, "var")) {
        IrTypeKind kind = irp_at_word(p, "buffer") ? IR_TYPE_BUFFER : IR_TYPE_VAR;
        irp_advance(p);
        IrToken word = {0};
        if (!irp_expect(p, '<') || !irp_take(p, TOKEN_WORD, "a type", &word)) {
            return false;
        }
        const IrType *element = ir_type_named(word.text, word.length);
        if (element == NULL) {
            return irp_unknown(p, &word, "type");
        }
        *type = ir_root_type(p->module, kind, element);
        return irp_expect(p, '>');
    }
    *type = ir_type_named(name.text, name.length);
    if (*type == NULL) {
        return irp_unknown(p, &name, "type");
    }
    irp_advance(p);
    return true;
}

bool irp_binding(IrParser *p) {
    IrBinding binding = {0};
    if (!irp_take(p, TOKEN_VALUE, "a `%name`", &binding.token) || !irp_expect(p, ':') ||
        !irp_type(p, &binding.type)) {
        return false;
    }
    VEC_PUSH(p->module->arena, &p->bindings, binding);
    return true;
}

Name irp_name(IrParser *p, const IrToken *token) {
    return name_bytes(p->module->names, token->text, token->length);
}

static bool is_numbered(const IrToken *token) {
    return token->text[0] >= '0' && token->text[0] <= '9';
}

bool irp_bind(IrParser *p, const IrBinding *binding, IrValue *value) {
    Name name = irp_name(p, &binding->token);
    void **known = name_map_at(&p->values, name);
    if (*known != NULL) {
        diag_report(p->diags, binding->token.span, D(IR_DUPLICATE), "value", name->text);
        return false;
    }
    *known = value;
    value->name = is_numbered(&binding->token) ? NULL : name;
    return true;
}

/* ---- constants and operands ---- */

bool irp_u32(IrParser *p, uint32_t *value) {
    uint64_t bits;
    if (p->token.kind != TOKEN_NUMBER ||
        !ir_literal_parse(p->token.text, p->token.length, IR_U32, &bits)) {
        return irp_expected(p, "a number of 32 bits");
    }
    *value = (uint32_t)bits;
    irp_advance(p);
    return true;
}

/* `bits<f32>(0x7fc00000)`, at the `<` */
static bool parse_bits(IrParser *p, IrScalar *scalar, uint64_t *bits) {
    IrToken word, number;
    if (!irp_expect(p, '<') || !irp_take(p, TOKEN_WORD, "a type", &word)) {
        return false;
    }
    const IrType *type = ir_type_named(word.text, word.length);
    if (type == NULL || ir_is_vector(type)) {
        return irp_unknown(p, &word, "scalar type");
    }
    *scalar = type->scalar;
    if (!irp_expect(p, '>') || !irp_expect(p, '(')) {
        return false;
    }
    number = p->token;
    bool good = number.kind == TOKEN_NUMBER && number.length > 2 && number.length <= 2 + 16 &&
                number.text[0] == '0' && number.text[1] == 'x';
    *bits = 0;
    for (uint32_t i = 2; i < number.length && good; i++) {
        const char *digit = memchr("0123456789abcdef", number.text[i], 16);
        good = digit != NULL;
        *bits = *bits << 4 | (good ? (uint64_t)(digit - "0123456789abcdef") : 0);
    }
    if (!good || *bits > UINT64_MAX >> (64 - ir_bits(type))) {
        return irp_expected(p, "a hexadecimal number that fits");
    }
    irp_advance(p);
    return irp_expect(p, ')');
}

/* The scalar type that a number ends with; IR_BOOL: none. `digits` becomes the length before it. */
static IrScalar suffix_of(const IrToken *token, uint32_t *digits) {
    for (int s = 0; s < IR_SCALAR_COUNT; s++) {
        uint32_t length = (uint32_t)strlen(ir_scalars[s].text);
        if (s != IR_BOOL && token->length > length &&
            memcmp(token->text + token->length - length, ir_scalars[s].text, length) == 0) {
            *digits = token->length - length;
            return (IrScalar)s;
        }
    }
    *digits = token->length;
    return IR_BOOL;
}

static bool wrong_lane(IrParser *p, const IrScalar *wanted) {
    return irp_expected(p, wanted == NULL ? "a value"
                                          : arena_printf(p->diags->arena, "a constant of type `%s`",
                                                         ir_scalars[*wanted].text));
}

/* `5u32` or `5`, after what its type is */
static bool parse_number(IrParser *p, const IrScalar *wanted, IrScalar *scalar, uint64_t *bits) {
    uint32_t digits;
    *scalar = suffix_of(&p->token, &digits);
    if (*scalar == IR_BOOL && wanted == NULL) {
        return irp_expected(p, "a number with its type, like `5u32`");
    }
    if (*scalar == IR_BOOL) {
        *scalar = *wanted;
    }
    if (!ir_literal_parse(p->token.text, digits, *scalar, bits)) {
        return irp_expected(p, arena_printf(p->diags->arena, "a constant that fits `%s`",
                                            ir_scalars[*scalar].text));
    }
    return true;
}

/* One lane: with its type; `wanted` not NULL: of that type, which a number may then leave out. */
static bool parse_lane(IrParser *p, const IrScalar *wanted, IrScalar *scalar, uint64_t *bits) {
    if (irp_at_word(p, "bits")) {
        irp_advance(p);
        return parse_bits(p, scalar, bits) &&
               (wanted == NULL || *scalar == *wanted || wrong_lane(p, wanted));
    }
    if (p->token.kind == TOKEN_NUMBER) {
        if (!parse_number(p, wanted, scalar, bits)) {
            return false;
        }
    } else if (irp_at_word(p, "true") || irp_at_word(p, "false")) {
        *scalar = IR_BOOL;
        *bits = irp_at_word(p, "true");
    } else {
        return wrong_lane(p, wanted);
    }
    if (wanted != NULL && *scalar != *wanted) {
        return wrong_lane(p, wanted);
    }
    irp_advance(p);
    return true;
}

/* `f32x2(1, 0.5)`, at the `(` */
static bool parse_vector(IrParser *p, const IrType *type, IrValue **value) {
    uint64_t bits[IR_MAX_LANES] = {0};
    for (unsigned i = 0; i < type->lanes; i++) {
        IrScalar scalar;
        if (!irp_expect(p, i == 0 ? '(' : ',') ||
            !parse_lane(p, &type->scalar, &scalar, &bits[i])) {
            return false;
        }
    }
    *value = ir_const(p->module, type, bits);
    return irp_expect(p, ')');
}

static bool starts_operand(const IrParser *p) {
    return p->token.kind == TOKEN_VALUE || p->token.kind == TOKEN_NUMBER ||
           irp_at_word(p, "true") || irp_at_word(p, "false") || irp_at_word(p, "bits") ||
           (p->token.kind == TOKEN_WORD && ir_type_named(p->token.text, p->token.length) != NULL);
}

bool irp_operand(IrParser *p) {
    IrToken token = p->token;
    IrValue *value = NULL;
    const IrType *type = token.kind == TOKEN_WORD ? ir_type_named(token.text, token.length) : NULL;
    if (token.kind == TOKEN_VALUE) {
        value = *name_map_at(&p->values, irp_name(p, &token));
        if (value == NULL) {
            return irp_unknown(p, &token, "value");
        }
        irp_advance(p);
    } else if (type != NULL && ir_is_vector(type)) {
        irp_advance(p);
        if (!parse_vector(p, type, &value)) {
            return false;
        }
    } else {
        IrScalar scalar;
        uint64_t bits;
        if (!parse_lane(p, NULL, &scalar, &bits)) {
            return false;
        }
        value = ir_const(p->module, ir_scalar(scalar), &bits);
    }
    VEC_PUSH(p->module->arena, &p->operands, value);
    return true;
}

bool irp_operands(IrParser *p) {
    if (!starts_operand(p)) {
        return true;
    }
    do {
        if (!irp_operand(p)) {
            return false;
        }
    } while (irp_accept(p, ','));
    return true;
}

bool irp_place(IrParser *p) {
    if (!irp_operand(p)) {
        return false;
    }
    while (irp_accept(p, '[')) {
        if (!irp_operand(p) || !irp_expect(p, ']')) {
            return false;
        }
    }
    return true;
}
