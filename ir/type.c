/* See type.h. */
#include "ir/type.h"

const IrScalarRow ir_scalars[IR_SCALAR_COUNT] = {
#define SCALAR(ID, text, bits, class) [IR_##ID] = {text, bits, IR_CLASS_##class},
#include "ir/scalars.def"
#undef SCALAR
};

const IrType ir_void = {.kind = IR_TYPE_VOID};

static const IrType values[IR_SCALAR_COUNT][IR_MAX_LANES] = {
#define SCALAR(ID, text, bits, class)                                                              \
    [IR_##ID] = {{IR_TYPE_SCALAR, IR_##ID, 1, NULL, NULL},                                         \
                 {IR_TYPE_VECTOR, IR_##ID, 2, NULL, NULL},                                         \
                 {IR_TYPE_VECTOR, IR_##ID, 3, NULL, NULL},                                         \
                 {IR_TYPE_VECTOR, IR_##ID, 4, NULL, NULL}},
#include "ir/scalars.def"
#undef SCALAR
};

const IrType *ir_scalar(IrScalar scalar) {
    return &values[scalar][0];
}

const IrType *ir_vector(IrScalar scalar, unsigned lanes) {
    return &values[scalar][lanes - 1];
}

unsigned ir_size(const IrType *type) {
    return ir_bits(type) / 8 * type->lanes;
}

unsigned ir_align(const IrType *type) {
    return ir_bits(type) / 8 * (type->lanes == 3 ? 4 : type->lanes);
}

unsigned ir_stride(const IrType *type) {
    return ir_align(type); /* of scalars and vectors the size rounded up to the alignment is it */
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
    case IR_TYPE_BUFFER:
    case IR_TYPE_VAR:
        text_add(out, type->kind == IR_TYPE_BUFFER ? "buffer<" : "var<");
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
