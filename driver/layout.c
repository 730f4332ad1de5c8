/* See layout.h. */
#include "driver/layout.h"

#include "driver/values.h"

typedef struct {
    Text *out;
    uint32_t end; /* of what was printed last, in the buffer's element or the value block */
} Table;

static void print_head(Table *t) {
    text_add(t->out, "    offset   size  align\n");
    t->end = 0;
}

static void begin_row(Table *t, uint32_t offset, uint32_t size, unsigned align, unsigned depth) {
    text_printf(t->out, "    %6u %6u ", offset, size);
    if (align > 0) {
        text_printf(t->out, "%6u  ", align);
    } else {
        text_add(t->out, "        ");
    }
    text_printf(t->out, "%*s", (int)depth * 2, "");
}

static void padding_to(Table *t, uint32_t offset, unsigned depth) {
    if (offset > t->end) {
        begin_row(t, t->end, offset - t->end, 0, depth);
        text_add(t->out, "padding\n");
    }
    t->end = offset;
}

static void print_parts(Table *t, const IrType *type, uint32_t offset, unsigned depth);

/* Of an array its elements are alike: their stride says where they are, and a form is shown once. */
static void print_row(Table *t, Name name, const IrType *type, uint32_t offset, unsigned depth) {
    padding_to(t, offset, depth);
    begin_row(t, offset, ir_size(type), ir_align(type), depth);
    if (name != NULL) {
        text_printf(t->out, "%s: ", name->text);
    }
    data_type_print(t->out, type);
    const IrType *element = type;
    while (element->kind == IR_TYPE_ARRAY) {
        element = element->element;
        unsigned stride = ir_stride(element), unused = stride - ir_size(element);
        text_printf(t->out, ", stride %u", stride);
        if (unused > 0) {
            text_printf(t->out, " with %u of padding", unused);
        }
    }
    text_char(t->out, '\n');
    print_parts(t, element, offset, depth + 1);
    t->end = offset + ir_size(type);
}

static void print_parts(Table *t, const IrType *type, uint32_t offset, unsigned depth) {
    if (type->kind != IR_TYPE_FORM) {
        return;
    }
    t->end = offset;
    for (uint32_t i = 0; i < type->count; i++) {
        print_row(t, type->fields[i].name, type->fields[i].type, offset + type->fields[i].offset,
                  depth);
    }
    padding_to(t, offset + ir_size(type), depth);
}

static void print_buffer(Table *t, const ReflectParam *param) {
    text_printf(t->out, "\nbinding %u, %s: ", param->binding, param->name->text);
    param_type_print(t->out, param);
    text_printf(t->out, ", %u byte%s an element, align %u\n", param->size,
                param->size == 1 ? "" : "s", ir_align(param->type));
    print_head(t);
    if (param->type->kind == IR_TYPE_FORM) {
        print_parts(t, param->type, 0, 0);
    } else {
        print_row(t, NULL, param->type, 0, 0);
    }
    padding_to(t, param->size, 0);
}

static void print_values(Table *t, const ReflectKernel *kernel) {
    text_printf(t->out, "\nvalues, %u bytes in ", kernel->value_block_size);
    if (kernel->values_in_buffer) {
        text_printf(t->out, "a storage buffer, binding %u\n", kernel->buffer_count);
    } else {
        text_add(t->out, "push constants\n");
    }
    print_head(t);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (!param->is_buffer) {
            print_row(t, param->name, param->type, param->offset, 0);
        }
    }
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const ReflectParam *param = &kernel->params[i];
        if (param->length_in_block) {
            padding_to(t, param->length_offset, 0);
            begin_row(t, param->length_offset, 4, 4, 0);
            text_printf(t->out, "%s.len: u32, filled in by the runtime\n", param->name->text);
            t->end += 4;
        }
    }
    padding_to(t, kernel->value_block_size, 0);
}

void layout_print(Text *out, const IrFunction *function) {
    const ReflectKernel *kernel = ir_reflect(out->arena, function);
    const uint32_t *size = function->workgroup;
    text_printf(out, "kernel %s, workgroup %u x %u x %u\n", function->name->text, size[0], size[1],
                size[2]);
    Table t = {.out = out};
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        if (kernel->params[i].is_buffer) {
            print_buffer(&t, &kernel->params[i]);
        }
    }
    if (kernel->value_block_size > 0) {
        print_values(&t, kernel);
    }
}
