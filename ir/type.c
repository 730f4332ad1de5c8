/* See type.h. */
#include "ir/type.h"

const IrScalarRow ir_scalars[IR_SCALAR_COUNT] = {
#define SCALAR(ID, text, bits, class) [IR_##ID] = {text, bits, IR_CLASS_##class},
#include "ir/scalars.def"
#undef SCALAR
};

const IrType ir_void = {.kind = IR_TYPE_VOID};

static const IrType values[IR_SCALAR_COUNT][IR_MAX_LANES] = {
#define VALUE(ID, count)                                                                           \
    {.kind = count == 1 ? IR_TYPE_SCALAR : IR_TYPE_VECTOR,                                         \
     .scalar = IR_##ID,                                                                            \
     .lanes = count,                                                                               \
     .words = count}
#define SCALAR(ID, text, bits, class)                                                              \
    [IR_##ID] = {VALUE(ID, 1), VALUE(ID, 2), VALUE(ID, 3), VALUE(ID, 4)},
#include "ir/scalars.def"
#undef SCALAR
};

static const IrType atomics[IR_SCALAR_COUNT] = {
#define ATOMIC(ID)                                                                                 \
    [IR_##ID] = {                                                                                  \
        .kind = IR_TYPE_ATOMIC, .scalar = IR_##ID, .lanes = 1, .words = 1, .has_atomic = true}
    ATOMIC(U32), ATOMIC(I32), ATOMIC(U64), ATOMIC(I64), ATOMIC(F32),
#undef ATOMIC
};

const IrType *ir_atomic_type(IrScalar scalar) {
    return atomics[scalar].has_atomic ? &atomics[scalar] : NULL;
}

const IrType *ir_scalar(IrScalar scalar) {
    return &values[scalar][0];
}

const IrType *ir_vector(IrScalar scalar, unsigned lanes) {
    return &values[scalar][lanes - 1];
}

uint32_t ir_part_count(const IrType *type) {
    return ir_is_vector(type) ? type->lanes : ir_is_composite(type) ? type->count : 0;
}

const IrType *ir_part_type(const IrType *type, uint32_t index) {
    if (index >= ir_part_count(type)) {
        return NULL;
    }
    return type->kind == IR_TYPE_FORM    ? type->fields[index].type
           : type->kind == IR_TYPE_ARRAY ? type->element
                                         : ir_lane_type(type);
}

uint32_t ir_words(const IrType *type) {
    return type->words;
}

uint32_t ir_part_word(const IrType *type, uint32_t index) {
    if (type->kind != IR_TYPE_FORM) {
        return index * ir_words(ir_part_type(type, index));
    }
    uint32_t word = 0;
    for (uint32_t i = 0; i < index; i++) {
        word += ir_words(type->fields[i].type);
    }
    return word;
}

bool ir_has_bool(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return ir_has_bool(type->element);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (ir_has_bool(type->fields[i].type)) {
            return true;
        }
    }
    return ir_is_bool(type);
}

/* ---- layout ---- */

static unsigned round_up(unsigned value, unsigned align) {
    return (value + align - 1) / align * align;
}

unsigned ir_align(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return ir_align(type->element);
    }
    if (type->kind == IR_TYPE_FORM) {
        unsigned align = 1;
        for (uint32_t i = 0; i < type->count; i++) {
            unsigned field = ir_align(type->fields[i].type);
            align = field > align ? field : align;
        }
        return align;
    }
    return ir_bits(type) / 8 * (type->lanes == 3 ? 4 : type->lanes);
}

unsigned ir_size(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return type->count * ir_stride(type->element);
    }
    if (type->kind == IR_TYPE_FORM) {
        const IrField *last = &type->fields[type->count - 1];
        return round_up(last->offset + ir_size(last->type), ir_align(type));
    }
    return ir_bits(type) / 8 * type->lanes;
}

unsigned ir_stride(const IrType *type) {
    return round_up(ir_size(type), ir_align(type));
}

unsigned ir_part_offset(const IrType *type, uint32_t index) {
    return type->kind == IR_TYPE_FORM    ? type->fields[index].offset
           : type->kind == IR_TYPE_ARRAY ? index * ir_stride(type->element)
                                         : index * (ir_bits(type) / 8);
}

const char *ir_root_text(IrTypeKind kind) {
    return kind == IR_TYPE_BUFFER ? "buffer"
           : kind == IR_TYPE_VAR  ? "var"
           : kind == IR_TYPE_REF  ? "ref"
                                  : "shared";
}

void ir_type_print(Text *out, const IrType *type) {
    switch (type->kind) {
    case IR_TYPE_VOID:
        text_add(out, "void");
        break;
    case IR_TYPE_SCALAR:
        text_add(out, ir_scalars[type->scalar].text);
        break;
    case IR_TYPE_VECTOR:
        text_printf(out, "%sx%u", ir_scalars[type->scalar].text, type->lanes);
        break;
    case IR_TYPE_ARRAY:
        if (type->is_matrix) {
            text_printf(out, "%sx%ux%u", ir_scalars[type->element->scalar].text, type->count,
                        type->element->lanes);
        } else {
            text_add(out, "array<");
            ir_type_print(out, type->element);
            text_printf(out, ", %u>", type->count);
        }
        break;
    case IR_TYPE_FORM:
        text_printf(out, "@%s", type->name->text);
        break;
    case IR_TYPE_ATOMIC:
        text_printf(out, "atomic<%s>", ir_scalars[type->scalar].text);
        break;
    case IR_TYPE_BUFFER:
    case IR_TYPE_VAR:
    case IR_TYPE_SHARED:
    case IR_TYPE_REF:
        text_printf(out, "%s<", ir_root_text(type->kind));
        ir_type_print(out, type->element);
        text_char(out, '>');
        break;
    }
}

const char *ir_type_text(Arena *arena, const IrType *type) {
    Text text = {.arena = arena};
    ir_type_print(&text, type);
    return text_get(&text);
}

const IrType *ir_type_named(const char *name, size_t length) {
    for (int s = 0; s < IR_SCALAR_COUNT; s++) {
        size_t n = strlen(ir_scalars[s].text);
        if (length < n || memcmp(name, ir_scalars[s].text, n) != 0) {
            continue;
        }
        if (length == n) {
            return &values[s][0];
        }
        if (length == n + 2 && name[n] == 'x' && name[n + 1] >= '2' && name[n + 1] <= '4') {
            return &values[s][name[n + 1] - '1'];
        }
    }
    return NULL;
}
