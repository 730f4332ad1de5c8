/* Types, constants and parts. See wgsl_writer.h. */
#include <math.h>
#include <stdlib.h>

#include "backend-wgsl/wgsl_writer.h"
#include "ir/base/fatal.h"
#include "ir/eval.h"
#include "ir/literal.h"

static const char *scalar_text(WgslWriter *w, IrScalar scalar) {
    w->uses_f16 |= scalar == IR_F16;
    return ir_scalars[scalar].text; /* the names are WGSL's, for what WGSL has */
}

/* ---- forms ---- */

static const WgslForm *known_form(const WgslWriter *w, const IrType *form) {
    for (uint32_t i = 0; i < w->forms.count; i++) {
        if (w->forms.items[i].form == form) {
            return &w->forms.items[i];
        }
    }
    return NULL;
}

/* Forms inside come first; a form's name is that of the source, and so are its fields' where they may be. */
const WgslForm *wgsl_form(WgslWriter *w, const IrType *form) {
    const WgslForm *known = known_form(w, form);
    if (known != NULL) {
        return known;
    }
    Namer fields;
    namer_init(&fields, w->arena, TEXT_WGSL);
    WgslForm new = {.form = form, .fields = NEW_ARRAY(w->arena, const char *, form->count)};
    Text text = {.arena = w->arena};
    for (uint32_t i = 0; i < form->count; i++) {
        new.fields[i] = namer_name(&fields, form->fields[i].name->text);
        const char *type = wgsl_type(w, form->fields[i].type);
        text_printf(&text, "    %s: %s,\n", new.fields[i], type);
    }
    new.name = namer_outer_name(&w->namer, form->name->text);
    text_printf(&w->declarations, "struct %s {\n%s}\n\n", new.name, text_get(&text));
    VEC_PUSH(w->arena, &w->forms, new);
    return &w->forms.items[w->forms.count - 1];
}

const char *wgsl_type(WgslWriter *w, const IrType *type) {
    switch (type->kind) {
    case IR_TYPE_SCALAR:
        return scalar_text(w, type->scalar);
    case IR_TYPE_VECTOR:
        return arena_printf(w->arena, "vec%u<%s>", type->lanes, scalar_text(w, type->scalar));
    case IR_TYPE_ATOMIC: /* floats as their bits (wgsl_memory.c) */
        return arena_printf(w->arena, "atomic<%s>",
                            type->scalar == IR_F32 ? "u32" : scalar_text(w, type->scalar));
    case IR_TYPE_ARRAY: {
        const char *element = wgsl_type(w, type->element);
        return arena_printf(w->arena, "array<%s, %u>", element, type->count);
    }
    case IR_TYPE_FORM:
        return wgsl_form(w, type)->name;
    default:
        BUG("no type of WGSL");
    }
}

/* ---- constants ---- */

/* A number that no literal can say, from its bits. They are read from a variable: that of a constant expression is an
 * error. */
static TextExpr odd_float(WgslWriter *w, IrScalar scalar, uint64_t bits) {
    TextPrinter *p = &w->printer;
    uint32_t i = 0;
    while (i < w->odd.count && w->odd.items[i].bits != bits) {
        i++;
    }
    if (i == w->odd.count) {
        bool is_infinity = isinf(ir_number_of_bits(scalar, bits));
        WgslBits odd = {bits,
                        namer_outer_name(&w->namer, is_infinity ? "infinity_bits" : "nan_bits")};
        text_printf(&w->declarations, "var<private> %s = 0x%xu;\n\n", odd.name, (unsigned)bits);
        VEC_PUSH(w->arena, &w->odd, odd);
    }
    const char *name = w->odd.items[i].name;
    return scalar == IR_F16 ? text_expr(p, TEXT_PRIMARY, "bitcast<vec2<f16>>(%s).x", name)
                            : text_expr(p, TEXT_PRIMARY, "bitcast<f32>(%s)", name);
}

/* The shortest decimal may lie beyond the largest number that it is rounded to. */
static void add_float(Text *text, IrScalar scalar, uint64_t bits) {
    enum { ENOUGH_DIGITS = 17 };
    double value = ir_number_of_bits(scalar, bits);
    Text shortest = {.arena = text->arena};
    ir_literal_print(&shortest, scalar, bits);
    if (fabs(strtod(text_get(&shortest), NULL)) > fabs(value) && fabs(value) > 3e38) {
        text_printf(text, "%.*g", ENOUGH_DIGITS, value);
        return;
    }
    text_add(text, text_get(&shortest));
    if (strpbrk(text_get(&shortest), ".e") == NULL) {
        text_add(text, ".0");
    }
}

static TextExpr scalar_constant(WgslWriter *w, IrScalar scalar, uint64_t bits) {
    TextPrinter *p = &w->printer;
    Text text = {.arena = w->arena};
    switch (ir_scalars[scalar].class) {
    case IR_CLASS_FLOAT:
        if (!isfinite(ir_number_of_bits(scalar, bits))) {
            return odd_float(w, scalar, bits);
        }
        add_float(&text, scalar, bits);
        text_add(&text, scalar == IR_F16 ? "h" : "");
        w->uses_f16 |= scalar == IR_F16;
        break;
    case IR_CLASS_INT:
        if (bits == (uint64_t)1 << 31) {
            text_add(&text, "i32(-2147483648)");
            break;
        }
        ir_literal_print(&text, scalar, bits);
        text_char(&text, 'i');
        break;
    case IR_CLASS_UINT:
        ir_literal_print(&text, scalar, bits);
        text_char(&text, 'u');
        break;
    case IR_CLASS_BOOL:
        text_add(&text, bits != 0 ? "true" : "false");
        break;
    }
    bool negative = text_get(&text)[0] == '-';
    TextExpr expr = text_expr(p, negative ? LEVEL_UNARY : TEXT_PRIMARY, "%s", text_get(&text));
    expr.is_constant = true;
    return expr;
}

static bool all_alike(const uint64_t *bits, uint32_t count) {
    uint32_t i = 1;
    while (i < count && bits[i] == bits[0]) {
        i++;
    }
    return i == count;
}

static TextExpr constant_of(WgslWriter *w, const IrType *type, const uint64_t *bits);

static TextExpr composite_constant(WgslWriter *w, const IrType *type, const uint64_t *bits) {
    bool is_zero = bits[0] == 0 && all_alike(bits, type->words);
    bool is_splat = ir_is_vector(type) && all_alike(bits, type->lanes);
    uint32_t count = is_splat ? 1 : is_zero ? 0 : ir_part_count(type);
    bool is_constant = true;
    Text text = {.arena = w->arena};
    text_printf(&text, "%s(", wgsl_type(w, type));
    for (uint32_t i = 0; i < count; i++) {
        TextExpr part = constant_of(w, ir_part_type(type, i), bits + ir_part_word(type, i));
        text_printf(&text, "%s%s", i > 0 ? ", " : "", part.text);
        is_constant &= part.is_constant;
    }
    text_char(&text, ')');
    TextExpr expr = {.text = text_get(&text), .level = TEXT_PRIMARY};
    expr.is_constant = is_constant;
    return expr;
}

static TextExpr constant_of(WgslWriter *w, const IrType *type, const uint64_t *bits) {
    return type->kind == IR_TYPE_SCALAR ? scalar_constant(w, type->scalar, bits[0])
                                        : composite_constant(w, type, bits);
}

TextExpr wgsl_constant(TextPrinter *p, const IrValue *constant) {
    return constant_of(wgsl_of(p), constant->type, constant->bits);
}

/* ---- parts ---- */

TextExpr wgsl_part(TextPrinter *p, TextExpr whole, const IrType *type, uint32_t index) {
    const char *text = text_at(p, whole, TEXT_PRIMARY);
    TextExpr part;
    if (type->kind == IR_TYPE_FORM) {
        const char *field = wgsl_form(wgsl_of(p), type)->fields[index];
        part = text_expr(p, TEXT_PRIMARY, "%s.%s", text, field);
    } else if (ir_is_vector(type) && index < type->lanes) {
        part = text_expr(p, TEXT_PRIMARY, "%s.%c", text, "xyzw"[index]);
    } else {
        part = text_expr(p, TEXT_PRIMARY, "%s[%u]", text, index);
    }
    return part;
}
