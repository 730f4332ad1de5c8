/* Types, constants and parts of values. See opencl_writer.h. */
#include <math.h>

#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"
#include "ir/eval.h"
#include "ir/literal.h"

/* ---- scalars and vectors ---- */

static const char *const scalars[IR_SCALAR_COUNT] = {
    [IR_BOOL] = "bool", [IR_I8] = "char",  [IR_I16] = "short",  [IR_I32] = "int",
    [IR_I64] = "long",  [IR_U8] = "uchar", [IR_U16] = "ushort", [IR_U32] = "uint",
    [IR_U64] = "ulong", [IR_F16] = "half", [IR_F32] = "float",  [IR_F64] = "double",
};

const char *opencl_scalar(OpenclWriter *w, IrScalar scalar) {
    w->uses_f16 |= scalar == IR_F16;
    w->uses_f64 |= scalar == IR_F64;
    return scalars[scalar];
}

const char *opencl_vector(OpenclWriter *w, IrScalar scalar, unsigned lanes) {
    if (lanes == 1) {
        return opencl_scalar(w, scalar);
    }
    return arena_printf(w->arena, "%s%u", opencl_scalar(w, scalar == IR_BOOL ? IR_I32 : scalar),
                        lanes);
}

/* ---- composites ---- */

static bool is_packed(const IrType *type) {
    return ir_is_vector(type) && type->lanes == 3;
}

/* As C lays out what is printed for a part; without bool in it. */
static unsigned align_in_c(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return align_in_c(type->element);
    }
    unsigned align = 1;
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        unsigned part = align_in_c(type->fields[i].type);
        align = part > align ? part : align;
    }
    return type->kind == IR_TYPE_FORM ? align
           : is_packed(type)          ? ir_bits(type) / 8
                                      : ir_align(type);
}

static unsigned round_up(unsigned value, unsigned align) {
    return (value + align - 1) / align * align;
}

static void add_padding(Text *text, unsigned from, unsigned to, unsigned *number) {
    if (to > from) {
        text_printf(text, "    uchar pad_%u[%u];\n", (*number)++, to - from);
    }
}

static void add_fields(OpenclWriter *w, Text *text, OpenclType *type) {
    const IrType *form = type->type;
    bool has_layout = !ir_has_bool(form);
    unsigned at = 0, pads = 0;
    Namer names;
    namer_init(&names, w->arena, TEXT_OPENCL);
    for (uint32_t i = 0; i < form->count; i++) { /* none is called as padding is */
        namer_name(&names, arena_printf(w->arena, "pad_%u", i));
    }
    namer_name(&names, arena_printf(w->arena, "pad_%u", form->count));
    for (const IrSpec *spec = w->module->specs; spec != NULL; spec = spec->next) {
        namer_name(&names, w->specs[spec->mark]);
    }
    type->fields = NEW_ARRAY(w->arena, const char *, form->count);
    for (uint32_t i = 0; i < form->count; i++) {
        const IrField *field = &form->fields[i];
        type->fields[i] = namer_name(&names, field->name->text);
        if (has_layout) {
            add_padding(text, round_up(at, align_in_c(field->type)), field->offset, &pads);
            at = field->offset + ir_size(field->type);
        }
        text_printf(text, "    %s %s;\n", opencl_part_type(w, field->type, false), type->fields[i]);
    }
    if (has_layout) {
        add_padding(text, round_up(at, align_in_c(form)), ir_stride(form), &pads);
    }
}

static const char *wanted_name(OpenclWriter *w, const IrType *type, bool is_padded) {
    if (type->kind == IR_TYPE_FORM) {
        return type->name->text;
    }
    if (ir_is_vector(type)) {
        return arena_printf(w->arena, "%s3_%s", opencl_scalar(w, type->scalar),
                            is_padded ? "padded" : "packed");
    }
    const char *element = opencl_part_type(w, type->element, true);
    return type->is_matrix ? arena_printf(w->arena, "%s_columns%u", element, type->count)
                           : arena_printf(w->arena, "%s_array%u", element, type->count);
}

static const OpenclType *declare(OpenclWriter *w, const IrType *type, bool is_padded) {
    for (uint32_t i = 0; i < w->types.count; i++) {
        if (w->types.items[i].type == type && w->types.items[i].is_padded == is_padded) {
            return &w->types.items[i];
        }
    }
    OpenclType new = {.type = type, .is_padded = is_padded};
    Text text = {.arena = w->arena};
    if (type->kind == IR_TYPE_FORM) {
        add_fields(w, &text, &new);
    } else if (type->kind == IR_TYPE_ARRAY) {
        text_printf(&text, "    %s v[%u];\n", opencl_part_type(w, type->element, true),
                    type->count);
    } else {
        text_printf(&text, "    %s x, y, z%s;\n", opencl_scalar(w, type->scalar),
                    is_padded ? ", pad" : "");
    }
    new.name = namer_outer_name(&w->namer, wanted_name(w, type, is_padded));
    text_printf(&w->declarations, "typedef struct {\n%s} %s;\n\n", text_get(&text), new.name);
    VEC_PUSH(w->arena, &w->types, new);
    return &w->types.items[w->types.count - 1];
}

const OpenclType *opencl_composite(OpenclWriter *w, const IrType *type) {
    return declare(w, type, false);
}

const char *opencl_part_type(OpenclWriter *w, const IrType *type, bool padded) {
    bool is_bool_vector = ir_is_vector(type) && ir_is_bool(type);
    if (is_packed(type) && !is_bool_vector) {
        return declare(w, type, padded)->name;
    }
    return opencl_type(w, type);
}

const char *opencl_type(OpenclWriter *w, const IrType *type) {
    switch (type->kind) {
    case IR_TYPE_VOID:
        return "void";
    case IR_TYPE_SCALAR:
    case IR_TYPE_VECTOR:
    case IR_TYPE_ATOMIC:
        return opencl_vector(w, type->scalar, type->lanes);
    case IR_TYPE_ARRAY:
    case IR_TYPE_FORM:
        return opencl_composite(w, type)->name;
    default:
        BUG("no type of OpenCL C");
    }
}

/* ---- constants ---- */

static void add_float(Text *text, IrScalar scalar, uint64_t bits) {
    double value = ir_number_of_bits(scalar, bits);
    const char *suffix = scalar == IR_F16 ? "h" : scalar == IR_F32 ? "f" : "";
    if (isinf(value)) {
        text_add(text, value < 0 ? "-" : "");
        text_add(text, scalar == IR_F64   ? "(double)INFINITY"
                       : scalar == IR_F16 ? "(half)INFINITY"
                                          : "INFINITY");
        return;
    }
    if (isnan(value)) {
        const char *type = scalar == IR_F64 ? "double" : scalar == IR_F32 ? "float" : "half";
        text_printf(text, "as_%s(%s0x%llx%s)", type, scalar == IR_F16 ? "(ushort)" : "",
                    (unsigned long long)bits, scalar == IR_F64 ? "UL" : "u");
        return;
    }
    Text digits = {.arena = text->arena};
    ir_literal_print(&digits, scalar, bits);
    text_add(text, text_get(&digits));
    text_add(text, strpbrk(text_get(&digits), ".e") == NULL ? ".0" : "");
    text_add(text, suffix);
}

static void add_scalar(Text *text, IrScalar scalar, uint64_t bits) {
    unsigned width = ir_scalars[scalar].bits;
    switch (ir_scalars[scalar].class) {
    case IR_CLASS_FLOAT:
        add_float(text, scalar, bits);
        break;
    case IR_CLASS_INT:
        if (width >= 32 && bits == (uint64_t)1 << (width - 1)) { /* no literal has so low a value */
            text_add(text, width == 64 ? "LONG_MIN" : "INT_MIN");
            break;
        }
        ir_literal_print(text, scalar, bits);
        text_add(text, width == 64 ? "L" : "");
        break;
    case IR_CLASS_UINT:
        ir_literal_print(text, scalar, bits);
        text_add(text, width == 64 ? "UL" : "u");
        break;
    case IR_CLASS_BOOL:
        text_add(text, bits != 0 ? "true" : "false");
        break;
    }
}

static bool all_alike(const uint64_t *bits, uint32_t count) {
    uint32_t i = 1;
    while (i < count && bits[i] == bits[0]) {
        i++;
    }
    return i == count;
}

static void add_vector(OpenclWriter *w, Text *text, const IrType *type, const uint64_t *bits) {
    bool is_bool = ir_is_bool(type);
    text_printf(text, "(%s)(", opencl_vector(w, type->scalar, type->lanes));
    uint32_t count = all_alike(bits, type->lanes) ? 1 : type->lanes;
    for (uint32_t i = 0; i < count; i++) {
        text_add(text, i > 0 ? ", " : "");
        if (is_bool) {
            text_add(text, bits[i] != 0 ? "-1" : "0");
        } else {
            add_scalar(text, type->scalar, bits[i]);
        }
    }
    text_char(text, ')');
}

/* `{…}` of a composite, or a packed vector in it. */
static void add_braces(OpenclWriter *w, Text *text, const IrType *type, const uint64_t *bits) {
    const OpenclType *form = type->kind == IR_TYPE_FORM ? opencl_composite(w, type) : NULL;
    text_add(text, type->kind == IR_TYPE_ARRAY ? "{{" : "{");
    for (uint32_t i = 0; i < ir_part_count(type); i++) {
        const IrType *part = ir_part_type(type, i);
        const uint64_t *words = bits + ir_part_word(type, i);
        text_add(text, i > 0 ? ", " : "");
        if (form != NULL) {
            text_printf(text, ".%s = ", form->fields[i]);
        }
        if (ir_is_composite(part) || (is_packed(part) && !ir_is_bool(part))) {
            add_braces(w, text, part, words);
        } else if (ir_is_vector(part)) {
            add_vector(w, text, part, words);
        } else {
            add_scalar(text, part->scalar, words[0]);
        }
    }
    text_add(text, type->kind == IR_TYPE_ARRAY ? "}}" : "}");
}

TextExpr opencl_constant(TextPrinter *p, const IrValue *constant) {
    OpenclWriter *w = opencl_of(p);
    const IrType *type = constant->type;
    Text text = {.arena = p->arena};
    bool is_negative = false;
    if (ir_is_composite(type)) {
        bool is_zero = constant->bits[0] == 0 && all_alike(constant->bits, type->words);
        text_printf(&text, "(%s)", opencl_type(w, type));
        if (is_zero) {
            text_add(&text, "{0}");
        } else {
            add_braces(w, &text, type, constant->bits);
        }
    } else if (ir_is_vector(type)) {
        add_vector(w, &text, type, constant->bits);
    } else {
        opencl_scalar(w, type->scalar);
        add_scalar(&text, type->scalar, constant->bits[0]);
        is_negative = text_get(&text)[0] == '-' || text_get(&text)[0] == '(';
    }
    bool is_cast = ir_is_composite(type) || ir_is_vector(type);
    TextExpr expr =
        text_expr(p, is_negative || is_cast ? LEVEL_UNARY : TEXT_PRIMARY, "%s", text_get(&text));
    expr.is_constant = true;
    return expr;
}

/* ---- parts ---- */

TextExpr opencl_part(TextPrinter *p, TextExpr whole, const IrType *type, uint32_t index) {
    OpenclWriter *w = opencl_of(p);
    const char *text = text_at(p, whole, TEXT_PRIMARY);
    if (ir_is_vector(type)) {
        TextExpr lane = text_expr(p, TEXT_PRIMARY, "%s.%c", text, "xyzw"[index]);
        return ir_is_bool(type) ? text_expr(p, LEVEL_EQUALITY, "%s != 0", lane.text) : lane;
    }
    const IrType *part = ir_part_type(type, index);
    const char *at =
        type->kind == IR_TYPE_FORM
            ? arena_printf(p->arena, "%s.%s", text, opencl_composite(w, type)->fields[index])
            : arena_printf(p->arena, "%s.v[%u]", text, index);
    bool loads = is_packed(part) && !ir_is_bool(part);
    return loads ? text_expr(p, TEXT_PRIMARY, "vload3(0, &%s.x)", at)
                 : text_expr(p, TEXT_PRIMARY, "%s", at);
}
