/* Values as .npy files, both ways.
 *
 * What is made of numbers of one type, arrays and matrices and vectors, is an array of numbers without padding, one
 * dimension more for each level. Forms are records: a list of fields as NumPy itself writes it, with their host layout,
 * so the bytes are those of the buffer. NumPy has no arrays with padding between elements; in a form, an array of
 * 3-vectors shows the fourth lane.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/npy.h"
#include "driver/scalars.h"
#include "driver/values.h"

/* Type of what an element is an array of, and the dimensions in between. */
typedef struct {
    const IrType *item; /* a scalar or a form */
    unsigned dims;
    uint64_t shape[NPY_MAX_DIMS];
} ItemShape;

/* False: too many dimensions. */
static bool shape_of(const IrType *type, ItemShape *shape) {
    *shape = (ItemShape){.item = type};
    while (type->kind == IR_TYPE_ARRAY || ir_is_vector(type)) {
        if (shape->dims == NPY_MAX_DIMS - 1) { /* the elements are one more */
            return false;
        }
        shape->shape[shape->dims++] = ir_part_count(type);
        shape->item = type = ir_part_type(type, 0);
    }
    return true;
}

bool value_fits_npy(const IrType *type) {
    ItemShape shape;
    return shape_of(type, &shape);
}

/* ---- the types of items ---- */

static void add_descr(Text *out, const IrType *type);

static void add_padding(Text *out, unsigned bytes) {
    if (bytes > 0) {
        text_printf(out, ", ('', '|V%u')", bytes);
    }
}

/* `('name', '<f4', (3,))` */
static void add_field(Text *out, const IrField *field) {
    const IrType *item = field->type;
    Text shape = {.arena = out->arena};
    text_add(&shape, "");
    unsigned dims = 0;
    for (; item->kind == IR_TYPE_ARRAY || ir_is_vector(item); dims++) {
        uint32_t count = ir_part_count(item);
        bool is_padded = ir_is_vector(item) && count == 3 && dims > 0;
        text_printf(&shape, dims == 0 ? "%u" : ", %u", is_padded ? 4 : count);
        item = ir_part_type(item, 0);
    }
    text_printf(out, "('%s', ", field->name->text);
    add_descr(out, item);
    if (dims > 0) {
        text_printf(out, dims == 1 ? ", (%s,)" : ", (%s)", text_get(&shape));
    }
    text_char(out, ')');
}

static void add_descr(Text *out, const IrType *type) {
    if (type->kind != IR_TYPE_FORM) {
        text_printf(out, "'%s'", npy_descr(type->scalar));
        return;
    }
    unsigned end = 0;
    text_char(out, '[');
    for (uint32_t i = 0; i < type->count; i++) {
        const IrField *field = &type->fields[i];
        add_padding(out, field->offset - end);
        text_add(out, i > 0 ? ", " : "");
        add_field(out, field);
        end = field->offset + ir_size(field->type);
    }
    add_padding(out, ir_size(type) - end);
    text_char(out, ']');
}

/* ---- the items ---- */

/* Copies numbers between host layout and a file's, which has no padding; gives the file's next place. */
static char *copy_items(const IrType *type, char *host, char *file, bool to_host) {
    if (type->kind == IR_TYPE_ARRAY && type->element->kind != IR_TYPE_FORM) {
        for (uint32_t i = 0; i < type->count; i++) {
            file = copy_items(type->element, host + ir_part_offset(type, i), file, to_host);
        }
        return file;
    }
    size_t size = ir_size(type);
    memcpy(to_host ? host : file, to_host ? file : host, size);
    return file + size;
}

/* Bytes of one element in a file. */
static uint64_t packed_size(const ItemShape *shape) {
    uint64_t size = ir_size(shape->item);
    for (unsigned i = 0; i < shape->dims; i++) {
        size *= shape->shape[i]; /* at most IR_MAX_WORDS of them */
    }
    return size;
}

char *value_to_npy(const ReflectParam *param, const Value *value, size_t *size) {
    Arena arena = {0};
    ItemShape element;
    shape_of(param->type, &element);
    uint64_t shape[NPY_MAX_DIMS] = {value->count};
    memcpy(shape + 1, element.shape, element.dims * sizeof *shape);
    Text header = {.arena = &arena}, descr = {.arena = &arena};
    add_descr(&descr, element.item);
    npy_write_header(&header, text_get(&descr), element.dims + 1, shape);
    /* less than the value's own size and a header */
    *size = header.length + value->count * packed_size(&element);
    char *bytes = malloc(*size), *at = bytes;
    if (bytes != NULL) {
        memcpy(bytes, text_get(&header), header.length);
        at += header.length;
        for (uint64_t i = 0; i < value->count; i++) {
            at = copy_items(param->type, (char *)value->bytes + i * param->size, at, false);
        }
    }
    arena_release(&arena);
    return bytes;
}

/* ---- reading ---- */

/* The same text, but for spaces. */
static bool same_record(const char *a, size_t a_length, const char *b, size_t b_length) {
    for (const char *a_end = a + a_length, *b_end = b + b_length;;) {
        while (a < a_end && *a == ' ') {
            a++;
        }
        while (b < b_end && *b == ' ') {
            b++;
        }
        if (a == a_end || b == b_end) {
            return a == a_end && b == b_end;
        }
        if (*a++ != *b++) {
            return false;
        }
    }
}

static bool has_items(const Npy *npy, size_t size, const IrType *item, Text *why) {
    Text descr = {.arena = why->arena};
    add_descr(&descr, item);
    if (item->kind == IR_TYPE_FORM) {
        if (npy->record == NULL ||
            !same_record(npy->record, npy->record_length, text_get(&descr), descr.length)) {
            text_printf(why, "does not hold records of type %s", text_get(&descr));
            return false;
        }
        return npy_has_size(npy, size, ir_size(item), why);
    }
    if (npy->record != NULL) {
        text_printf(why, "holds records; expected %s (%s)", npy_descr(item->scalar),
                    ir_scalars[item->scalar].text);
        return false;
    }
    if (npy->scalar != item->scalar) {
        text_printf(why, "holds %s (%s); expected %s (%s)", npy_descr(npy->scalar),
                    ir_scalars[npy->scalar].text, npy_descr(item->scalar),
                    ir_scalars[item->scalar].text);
        return false;
    }
    return true;
}

/* The last dimensions of the file are those of an element. */
static bool has_shape(const Npy *npy, const ItemShape *shape, Text *why) {
    bool same = npy->dims >= shape->dims;
    for (unsigned i = 0; same && i < shape->dims; i++) {
        same = npy->shape[npy->dims - shape->dims + i] == shape->shape[i];
    }
    if (same) {
        return true;
    }
    text_add(why, shape->dims == 1 ? "has another last dimension than "
                                   : "has other last dimensions than ");
    for (unsigned i = 0; i < shape->dims; i++) {
        text_printf(why, "%s%" PRIu64, i > 0 ? ", " : "", shape->shape[i]);
    }
    return false;
}

bool value_from_npy(Value *value, const ReflectParam *param, const char *bytes, size_t size,
                    Text *why) {
    Npy npy;
    ItemShape shape;
    if (!shape_of(param->type, &shape)) {
        text_add(why, "cannot hold arrays that nest so deep");
        return false;
    }
    if (!npy_read(&npy, bytes, size, why) || !has_items(&npy, size, shape.item, why) ||
        !has_shape(&npy, &shape, why)) {
        return false;
    }
    uint64_t count = npy.total, room;
    for (unsigned i = 0; i < shape.dims; i++) {
        count /= shape.shape[i];
    }
    if (!param->is_buffer && count != 1) {
        text_printf(why, "holds %" PRIu64 " elements; expected one", count);
        return false;
    }
    if (__builtin_mul_overflow(count, param->size, &room) || room > SIZE_MAX / 2) {
        return false;
    }
    *value = (Value){calloc(1, room > 0 ? (size_t)room : 1), room, count};
    if (value->bytes == NULL) {
        return false;
    }
    char *at = (char *)bytes + npy.offset;
    for (uint64_t i = 0; i < count; i++) {
        at = copy_items(param->type, (char *)value->bytes + i * param->size, at, true);
    }
    return true;
}
