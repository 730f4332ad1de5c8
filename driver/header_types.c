/* See header_types.h. */
#include "driver/header_types.h"

#include "driver/header_text.h"
#include "ir/text/namer.h"

static const char *const form_patterns[] = {
    "Vtg%c",
    "VtgBuffer%c",
    "vtg_buffer_%l",
    "vtg_buffer_%l_of",
    "vtg_buffer_%l_create",
    "vtg_buffer_%l_destroy",
    "vtg_buffer_%l_write",
    "vtg_buffer_%l_read",
    "vtg_buffer_%l_arg",
    NULL,
};

/* ---- what the record says ---- */

static uint32_t get(HeaderType type, int field) {
    return vgpu_get(&type.kernel->types, type.index, field);
}

static uint32_t kind_of(HeaderType type) {
    return get(type, VGPU_TYPE_KIND);
}

static uint32_t count_of(HeaderType type) {
    return get(type, VGPU_TYPE_COUNT);
}

static HeaderType element_of(HeaderType type) {
    return (HeaderType){type.kernel, get(type, VGPU_TYPE_ELEMENT)};
}

const char *header_type_text(HeaderType type) {
    return vgpu_text(type.kernel->record,
                     vgpu_row(&type.kernel->types, type.index) + VGPU_TYPE_NAME);
}

static IrScalar scalar_of(HeaderType type) {
    return (IrScalar)(get(type, VGPU_TYPE_SCALAR) - 1); /* in files, they are numbered from 1 */
}

static uint32_t field_of(HeaderType form, uint32_t index) {
    return get(form, VGPU_TYPE_FIELD) + index;
}

static const char *field_text(HeaderType form, uint32_t index, int field) {
    const VgpuTable *fields = &form.kernel->fields;
    return vgpu_text(form.kernel->record, vgpu_row(fields, field_of(form, index)) + field);
}

static uint32_t field_offset(HeaderType form, uint32_t index) {
    return vgpu_get(&form.kernel->fields, field_of(form, index), VGPU_FIELD_OFFSET);
}

static HeaderType field_type(HeaderType form, uint32_t index) {
    uint32_t type = vgpu_get(&form.kernel->fields, field_of(form, index), VGPU_FIELD_TYPE);
    return (HeaderType){form.kernel, type};
}

/* Forms of two kernels are one where they are alike to the byte and the name. */
static bool is_same(HeaderType a, HeaderType b) {
    if (a.kernel == b.kernel) {
        return a.index == b.index;
    }
    if (kind_of(a) != kind_of(b) || count_of(a) != count_of(b) ||
        get(a, VGPU_TYPE_SCALAR) != get(b, VGPU_TYPE_SCALAR) ||
        strcmp(header_type_text(a), header_type_text(b)) != 0) {
        return false;
    }
    if (kind_of(a) == VGPU_TYPE_IS_ARRAY || kind_of(a) == VGPU_TYPE_IS_MATRIX) {
        return is_same(element_of(a), element_of(b));
    }
    for (uint32_t i = 0; kind_of(a) == VGPU_TYPE_IS_FORM && i < count_of(a); i++) {
        if (strcmp(field_text(a, i, VGPU_FIELD_NAME), field_text(b, i, VGPU_FIELD_NAME)) != 0 ||
            field_offset(a, i) != field_offset(b, i) ||
            !is_same(field_type(a, i), field_type(b, i))) {
            return false;
        }
    }
    return true;
}

/* ---- what a type is called ---- */

const char *header_scalar(IrScalar scalar) {
    static const char *const names[IR_SCALAR_COUNT] = {
        [IR_BOOL] = "bool",    [IR_I8] = "int8_t",  [IR_I16] = "int16_t",  [IR_I32] = "int32_t",
        [IR_I64] = "int64_t",  [IR_U8] = "uint8_t", [IR_U16] = "uint16_t", [IR_U32] = "uint32_t",
        [IR_U64] = "uint64_t", [IR_F16] = "VtgF16", [IR_F32] = "float",    [IR_F64] = "double",
    };
    return names[scalar];
}

static uint32_t hash_of(HeaderType type) {
    const char *text = header_type_text(type);
    return hash_bytes(text, strlen(text));
}

static const char *known_name(const HeaderTypes *h, HeaderType type) {
    uint32_t hash = hash_of(type);
    for (uint32_t i = 0; i < h->known.count; i++) {
        if (h->known.items[i].hash == hash && is_same(h->known.items[i].type, type)) {
            return h->known.items[i].name;
        }
    }
    return NULL;
}

/* "f32", "f32x3", "f32x4x3", "Body", "array4_f32": as header_spelling takes it. */
static const char *base_name(const HeaderTypes *h, HeaderType type) {
    switch (kind_of(type)) {
    case VGPU_TYPE_IS_FORM:
    case VGPU_TYPE_IS_ARRAY: {
        const char *known = known_name(h, type);
        if (known != NULL || kind_of(type) == VGPU_TYPE_IS_FORM) {
            return known != NULL ? known : header_type_text(type);
        }
        return arena_printf(h->arena, "array%u_%s", count_of(type), base_name(h, element_of(type)));
    }
    case VGPU_TYPE_IS_ATOMIC:
        return ir_scalars[scalar_of(type)].text;
    default:
        return header_type_text(type);
    }
}

/* As an element of an array or a buffer, a vector of three has the room of a fourth behind it. */
static const char *type_name(HeaderTypes *h, HeaderType type, bool is_element) {
    uint32_t kind = kind_of(type);
    if (kind == VGPU_TYPE_IS_SCALAR || kind == VGPU_TYPE_IS_ATOMIC) {
        return header_scalar(scalar_of(type));
    }
    bool is_padded = is_element && kind == VGPU_TYPE_IS_VECTOR && count_of(type) == 3;
    return header_spelling(h->arena, is_padded ? "Vtg%cPadded" : "Vtg%c", base_name(h, type));
}

const char *header_buffer(HeaderTypes *h, HeaderType type) {
    return header_spelling(h->arena, "VtgBuffer%c", base_name(h, type));
}

const char *header_buffer_function(HeaderTypes *h, HeaderType type) {
    return header_spelling(h->arena, "vtg_buffer_%l", base_name(h, type));
}

void header_member(HeaderTypes *h, HeaderType type, const char *name) {
    HeaderType base = type;
    while (kind_of(base) == VGPU_TYPE_IS_ARRAY) {
        base = element_of(base);
    }
    text_printf(h->out, "%s %s", type_name(h, base, base.index != type.index), name);
    for (; kind_of(type) == VGPU_TYPE_IS_ARRAY; type = element_of(type)) {
        text_printf(h->out, "[%u]", count_of(type));
    }
    text_add(h->out, ";\n");
}

/* ---- declarations ---- */

static void add_padding(HeaderTypes *h, Namer *fields, uint32_t bytes, unsigned *number) {
    if (bytes > 0) {
        const char *wanted = arena_printf(h->arena, "padding%u", ++*number);
        text_printf(h->out, "    uint8_t %s[%u];\n", namer_name(fields, wanted), bytes);
    }
}

/* The struct and the checks of it, into h->out. */
static void print_form(HeaderTypes *h, HeaderType type, const char *c_name) {
    Namer fields;
    namer_init(&fields, h->arena, TEXT_HOST);
    uint32_t count = count_of(type), end = 0;
    const char **names = NEW_ARRAY(h->arena, const char *, count);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = namer_name(&fields, field_text(type, i, VGPU_FIELD_NAME));
    }
    const unsigned char *row = vgpu_row(&type.kernel->types, type.index);
    header_comment(h->out, 0, vgpu_text(type.kernel->record, row + VGPU_TYPE_DOC));
    text_printf(h->out, "typedef struct %s {\n", c_name);
    unsigned number = 0;
    for (uint32_t i = 0; i < count; i++) {
        add_padding(h, &fields, field_offset(type, i) - end, &number);
        header_comment(h->out, 1, field_text(type, i, VGPU_FIELD_DOC));
        text_indent(h->out, 1);
        header_member(h, field_type(type, i), names[i]);
        end = field_offset(type, i) + get(field_type(type, i), VGPU_TYPE_SIZE);
    }
    add_padding(h, &fields, get(type, VGPU_TYPE_SIZE) - end, &number);
    text_printf(h->out, "} %s;\n", c_name);
    for (uint32_t i = 0; i < count; i++) {
        text_printf(h->out, "VTG_STATIC_ASSERT(offsetof(%s, %s) == %u, \"%s.%s\");\n", c_name,
                    names[i], field_offset(type, i), c_name, names[i]);
    }
}

static void print_array(HeaderTypes *h, HeaderType type, const char *c_name) {
    text_printf(h->out, "typedef struct %s {\n    ", c_name);
    header_member(h, type, "element");
    text_printf(h->out, "} %s;\n", c_name);
}

/* What the source calls it where it is declared: without the modules before it. */
static const char *own_name(const char *text) {
    const char *end = text + strcspn(text, "[<"), *dot = end;
    while (dot > text && dot[-1] != '.') {
        dot--;
    }
    return dot;
}

/* Other headers of the program may have the same form: the guard names its layout. */
static void declare_named(HeaderTypes *h, HeaderType type) {
    bool is_form = kind_of(type) == VGPU_TYPE_IS_FORM;
    const char *name = header_name(h->names, own_name(base_name(h, type)),
                                   is_form ? "form" : "array", form_patterns);
    const char *c_name = header_spelling(h->arena, "Vtg%c", name);
    VEC_PUSH(h->arena, &h->known, (HeaderNamed){type, hash_of(type), name});
    Text body = {.arena = h->arena}, *out = h->out;
    h->out = &body;
    if (is_form) {
        print_form(h, type, c_name);
    } else {
        print_array(h, type, c_name);
    }
    h->out = out;
    text_printf(&body, "VTG_STATIC_ASSERT(sizeof(%s) == %u, \"%s\");\n", c_name,
                get(type, VGPU_TYPE_STRIDE), c_name);
    text_printf(&body, "VTG_TYPED_BUFFER(%s, %s, %s);\n", header_buffer(h, type),
                header_buffer_function(h, type), c_name);
    const char *guard =
        arena_printf(h->arena, "%s_%08X", header_spelling(h->arena, "VTG_FORM_%u", name),
                     hash_bytes(text_get(&body), body.length));
    text_printf(out, "#ifndef %s\n#define %s\n", guard, guard);
    text_bytes(out, text_get(&body), body.length);
    text_add(out, "#endif\n\n");
}

void header_declare(HeaderTypes *h, HeaderType type, bool is_element) {
    uint32_t kind = kind_of(type);
    if (kind == VGPU_TYPE_IS_FORM && known_name(h, type) != NULL) {
        return;
    }
    if (kind == VGPU_TYPE_IS_ARRAY) {
        header_declare(h, element_of(type), false);
    }
    for (uint32_t i = 0; kind == VGPU_TYPE_IS_FORM && i < count_of(type); i++) {
        header_declare(h, field_type(type, i), false);
    }
    bool is_named = kind == VGPU_TYPE_IS_FORM || (is_element && kind == VGPU_TYPE_IS_ARRAY);
    if (is_named && known_name(h, type) == NULL) {
        declare_named(h, type);
    }
}
