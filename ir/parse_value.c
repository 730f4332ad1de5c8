/* The parser's types, names, constants and operands. See parser.h. */
#include "ir/literal.h"
#include "ir/parser.h"

/* ---- types and names ---- */

/* `f32x4x4` */
static const IrType *matrix_named(IrParser *p, const IrToken *token) {
    const IrType *column = NULL;
    if (token->length == 7 && token->text[3] == 'x' && token->text[4] >= '2' &&
        token->text[4] <= '4') { /* f32x4 f32x4: the scalar with the rows */
        char name[5] = {token->text[0], token->text[1], token->text[2], 'x', token->text[6]};
        column = token->text[5] == 'x' ? ir_type_named(name, sizeof name) : NULL;
    }
    return column != NULL && ir_is_float(column)
               ? ir_matrix_type(p->module, column->scalar, (unsigned)(token->text[4] - '0'),
                                column->lanes)
               : NULL;
}

static bool data_type(IrParser *p, const IrType **type);

/* `array<element, count>` */
static bool array_type(IrParser *p, const IrType **type) {
    Span start = p->token.span;
    const IrType *element;
    uint32_t count;
    irp_advance(p);
    if (!irp_expect(p, '<') || !data_type(p, &element) || !irp_expect(p, ',') ||
        !irp_u32(p, &count)) {
        return false;
    }
    *type = ir_array_type(p->module, element, count);
    if (*type == NULL) {
        diag_report(p->diags, start, D(IR_SYNTAX), "an array of a size that can be", "this one");
        return false;
    }
    return irp_expect(p, '>');
}

/* Anything that a value can be. */
static bool data_type(IrParser *p, const IrType **type) {
    IrToken name = p->token;
    if (name.kind == TOKEN_FUNCTION) {
        *type = *name_map_at(&p->forms, irp_name(p, &name));
    } else if (name.kind != TOKEN_WORD) {
        return irp_expected(p, "a type");
    } else if (irp_at_word(p, "atomic")) {
        IrToken scalar = {0};
        irp_advance(p);
        if (!irp_expect(p, '<') || !irp_take(p, TOKEN_WORD, "a scalar", &scalar)) {
            return false;
        }
        const IrType *held = ir_type_named(scalar.text, scalar.length);
        *type = held != NULL && held->kind == IR_TYPE_SCALAR ? ir_atomic_type(held->scalar) : NULL;
        return *type != NULL ? irp_expect(p, '>') : irp_unknown(p, &scalar, "atomic type");
    } else if (irp_at_word(p, "array")) {
        if (++p->type_depth > IR_MAX_TYPE_DEPTH) {
            return irp_expected(p, "fewer types in one another");
        }
        bool good = array_type(p, type);
        p->type_depth--;
        return good;
    } else {
        *type = ir_type_named(name.text, name.length);
        *type = *type != NULL ? *type : matrix_named(p, &name);
    }
    if (*type == NULL) {
        return irp_unknown(p, &name, "type");
    }
    irp_advance(p);
    return true;
}

bool irp_type(IrParser *p, const IrType **type) {
    p->type_depth = 0;
    for (IrTypeKind kind = IR_TYPE_BUFFER; kind <= IR_TYPE_REF; kind++) {
        const IrType *element;
        if (!irp_at_word(p, ir_root_text(kind))) {
            continue;
        }
        irp_advance(p);
        if (!irp_expect(p, '<') || !data_type(p, &element)) {
            return false;
        }
        *type = ir_root_type(p->module, kind, element);
        return irp_expect(p, '>');
    }
    return data_type(p, type);
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

bool irp_spec(IrParser *p, const IrSpec **spec) {
    IrToken name = {0};
    if (!irp_take(p, TOKEN_FUNCTION, "a specialization constant's `@name`", &name)) {
        return false;
    }
    *spec = *name_map_at(&p->specs, irp_name(p, &name));
    return *spec != NULL || irp_unknown(p, &name, "specialization constant");
}

bool irp_text(IrParser *p, const char **text) {
    IrToken token = {0};
    if (!irp_take(p, TOKEN_TEXT, "a text in quotes", &token)) {
        return false;
    }
    char *out = NEW_ARRAY(p->module->arena, char, token.length + 1);
    *text = out;
    for (uint32_t i = 0; i < token.length; i++) {
        char now = token.text[i];
        if (now == '\\' && i + 1 < token.length) {
            now = token.text[++i];
            now = now == 'n'   ? '\n'
                  : now == '{' ? IR_OPEN_BRACE
                  : now == '}' ? IR_CLOSE_BRACE
                               : now;
        }
        if (now == '\0') {
            return irp_expected(p, "a text without zero bytes");
        }
        *out++ = now;
    }
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

static bool parse_const(IrParser *p, const IrType *type, uint64_t *bits);

/* The parts of a vector, array or form, at the `(`. The lanes of a vector leave out their type. */
static bool parse_parts(IrParser *p, const IrType *type, uint64_t *bits) {
    for (uint32_t i = 0; i < ir_part_count(type); i++) {
        const IrType *part = ir_part_type(type, i);
        IrScalar scalar;
        if (!irp_expect(p, i == 0 ? '(' : ',') ||
            !(ir_is_vector(type) ? parse_lane(p, &type->scalar, &scalar, bits)
                                 : parse_const(p, part, bits))) {
            return false;
        }
        bits += part->words;
    }
    return irp_expect(p, ')');
}

/* A constant of that type. */
static bool parse_const(IrParser *p, const IrType *type, uint64_t *bits) {
    IrScalar scalar;
    if (type->kind == IR_TYPE_SCALAR) {
        return parse_lane(p, &type->scalar, &scalar, bits);
    }
    bool zero = irp_at_word(p, "zero");
    const IrType *named;
    if (zero) {
        irp_advance(p);
    }
    if ((zero && !irp_expect(p, '<')) || !data_type(p, &named) || (zero && !irp_expect(p, '>'))) {
        return false;
    }
    if (named != type) {
        return irp_expected(p, arena_printf(p->diags->arena, "a constant of type `%s`",
                                            ir_type_text(p->diags->arena, type)));
    }
    return zero || parse_parts(p, type, bits);
}

/* Whether a constant of more than one word is next: it begins with its type. */
static bool starts_parts(const IrParser *p) {
    const IrType *type =
        p->token.kind == TOKEN_WORD ? ir_type_named(p->token.text, p->token.length) : NULL;
    return p->token.kind == TOKEN_FUNCTION || irp_at_word(p, "zero") || irp_at_word(p, "array") ||
           (type != NULL && ir_is_vector(type)) ||
           (p->token.kind == TOKEN_WORD && p->token.length == 7 && p->token.text[0] == 'f' &&
            p->token.text[3] == 'x' && p->token.text[5] == 'x');
}

static bool starts_operand(const IrParser *p) {
    return p->token.kind == TOKEN_VALUE || p->token.kind == TOKEN_NUMBER ||
           irp_at_word(p, "true") || irp_at_word(p, "false") || irp_at_word(p, "bits") ||
           starts_parts(p);
}

/* A vector, array or form: `f32x2(1, 0.5)`, `@Pair(1u32, 2u32)`, `zero<array<f32, 4>>` */
static bool parse_whole(IrParser *p, IrValue **value) {
    const IrType *type;
    bool zero = irp_at_word(p, "zero");
    p->type_depth = 0;
    if (zero) {
        irp_advance(p);
    }
    if ((zero && !irp_expect(p, '<')) || !data_type(p, &type) || (zero && !irp_expect(p, '>'))) {
        return false;
    }
    uint64_t *bits = NEW_ARRAY(p->module->arena, uint64_t, type->words);
    if (!zero && !parse_parts(p, type, bits)) {
        return false;
    }
    *value = ir_const(p->module, type, bits);
    return true;
}

bool irp_operand(IrParser *p) {
    IrToken token = p->token;
    IrValue *value = NULL;
    if (token.kind == TOKEN_VALUE) {
        value = *name_map_at(&p->values, irp_name(p, &token));
        if (value == NULL) {
            return irp_unknown(p, &token, "value");
        }
        irp_advance(p);
    } else if (starts_parts(p)) {
        if (!parse_whole(p, &value)) {
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
