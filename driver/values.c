/* See values.h. */
#include "driver/values.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/file.h"
#include "driver/scalars.h"
#include "driver/targets.h"
#include "ir/eval.h"

typedef struct {
    Value *value;
    const ReflectParam *param;
    const IrType *type; /* of an element */
    unsigned lane_size;
    uint32_t index;
    const char *text; /* as the user wrote it */
    Text *error;
    bool *is_file;
} Maker;

void value_free(Value *value) {
    free(value->bytes);
    *value = (Value){0};
}

void data_type_print(Text *out, const IrType *type) {
    if (type->kind == IR_TYPE_FORM) {
        text_add(out, type->name->text);
    } else if (type->kind == IR_TYPE_ARRAY && !type->is_matrix) {
        text_char(out, '[');
        data_type_print(out, type->element);
        text_printf(out, "; %u]", type->count);
    } else if (ir_is_atomic(type)) {
        text_printf(out, "Atomic<%s>", ir_scalars[type->scalar].text);
    } else {
        ir_type_print(out, type);
    }
}

void param_type_print(Text *out, const ReflectParam *param) {
    text_add(out, param->is_buffer ? "Buffer<" : "");
    data_type_print(out, param->type);
    text_add(out, param->is_buffer ? ">" : "");
}

/* Begins an error: "`a`, Buffer<f32>: ". */
static Text *error_about(Maker *m) {
    text_printf(m->error, "`%s`, ", m->param->name->text);
    param_type_print(m->error, m->param);
    text_add(m->error, ": ");
    return m->error;
}
#define WRONG(m, ...) (text_printf(error_about(m), __VA_ARGS__), false)

/* Room for `count` elements, zero. */
static bool make_room(Maker *m, uint64_t count) {
    uint64_t size;
    if (__builtin_mul_overflow(count, m->param->size, &size) || size > SIZE_MAX / 2) {
        size = 0;
    } else {
        m->value->bytes = calloc(1, size > 0 ? (size_t)size : 1);
    }
    if (m->value->bytes == NULL) {
        return WRONG(m, "`%s`: there is not enough memory for %" PRIu64 " elements", m->text,
                     count);
    }
    m->value->size = size;
    m->value->count = count;
    return true;
}

static char *lane_at(Maker *m, uint64_t element, unsigned lane) {
    return (char *)m->value->bytes + element * m->param->size + lane * m->lane_size;
}

static bool parse_lane(Maker *m, const char *text, size_t length, uint64_t *bits) {
    if (scalar_parse(m->type->scalar, text, length, bits)) {
        return true;
    }
    Text expected = {.arena = m->error->arena};
    scalar_describe(&expected, m->type->scalar);
    return WRONG(m, "expected %s, found `%.*s`", text_get(&expected),
                 (int)(length < 200 ? length : 200), text);
}

/* ---- lists ---- */

static uint64_t count_items(const char *text) {
    uint64_t count = 1;
    for (; *text != '\0'; text++) {
        count += *text == ',';
    }
    return count;
}

/* The lanes of `text`, in order, into elements from the first on; their number was checked. */
static bool store_list(Maker *m, const char *text) {
    for (uint64_t k = 0; text != NULL; k++) {
        const char *end = strchr(text, ',');
        const char *stop = end != NULL ? end : text + strlen(text);
        const char *start = text + strspn(text, " ");
        while (stop > start && stop[-1] == ' ') {
            stop--;
        }
        uint64_t bits;
        if (!parse_lane(m, start, (size_t)(stop - start), &bits)) {
            return false;
        }
        scalar_store(lane_at(m, k / m->type->lanes, (unsigned)(k % m->type->lanes)),
                     m->type->scalar, bits);
        text = end != NULL ? end + 1 : NULL;
    }
    return true;
}

static bool make_list(Maker *m, const char *text) {
    uint64_t items = count_items(text);
    unsigned lanes = m->type->lanes;
    if (ir_is_composite(m->type)) {
        return WRONG(m, "expected a file, @FILE.bin or @FILE.npy%s",
                     m->param->is_buffer ? ", zeros:N or random:N" : "");
    }
    if (!m->param->is_buffer && items != lanes) {
        return WRONG(m, "expected %u number%s, found %" PRIu64, lanes, lanes == 1 ? "" : "s",
                     items);
    }
    if (items % lanes != 0) {
        return WRONG(m, "expected %u numbers for each element, found %" PRIu64, lanes, items);
    }
    return make_room(m, items / lanes) && store_list(m, text);
}

/* ---- generators: NAME:N… ---- */

static bool make_zeros(Maker *m, const char *rest) {
    (void)m, (void)rest;
    return true;
}

static bool make_iota(Maker *m, const char *rest) {
    (void)rest;
    IrScalar scalar = m->type->scalar;
    bool is_float = ir_scalars[scalar].class == IR_CLASS_FLOAT;
    uint64_t next = 0;
    for (uint64_t i = 0; i < m->value->count; i++) {
        for (unsigned lane = 0; lane < m->type->lanes; lane++, next++) {
            uint64_t bits = is_float ? ir_bits_of_number(scalar, (double)next) : next;
            scalar_store(lane_at(m, i, lane), scalar, bits); /* narrow integers wrap */
        }
    }
    return true;
}

static bool make_fill(Maker *m, const char *rest) {
    unsigned lanes = m->type->lanes;
    uint64_t items = count_items(rest), bits;
    if (items != 1 && items != lanes) {
        return WRONG(m, "`fill` takes %s%u number%s, found %" PRIu64, lanes == 1 ? "" : "1 or ",
                     lanes, lanes == 1 ? "" : "s", items);
    }
    if (m->value->count == 0) {
        return items != 1 || parse_lane(m, rest, strlen(rest), &bits);
    }
    if (items > 1) {
        if (!store_list(m, rest)) {
            return false;
        }
    } else {
        if (!parse_lane(m, rest, strlen(rest), &bits)) {
            return false;
        }
        for (unsigned lane = 0; lane < lanes; lane++) {
            scalar_store(lane_at(m, 0, lane), m->type->scalar, bits);
        }
    }
    for (uint64_t i = 1; i < m->value->count; i++) {
        memcpy(lane_at(m, i, 0), m->value->bytes, (size_t)lanes * m->lane_size);
    }
    return true;
}

uint64_t splitmix64(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* One draw a scalar: its highest bits; for floats as many as the type is exact to, as a fraction. */
static void draw(const IrType *type, char *bytes, uint64_t *state) {
    static const unsigned fraction_bits[IR_SCALAR_COUNT] = {
        [IR_F16] = 11, [IR_F32] = 24, [IR_F64] = 53};
    uint32_t count = ir_part_count(type);
    for (uint32_t i = 0; i < count; i++) {
        draw(ir_part_type(type, i), bytes + ir_part_offset(type, i), state);
    }
    if (count > 0) {
        return;
    }
    IrScalar scalar = type->scalar;
    unsigned fraction = fraction_bits[scalar];
    uint64_t bits = splitmix64(state) >> (64 - (fraction > 0 ? fraction : ir_bits(type)));
    if (fraction > 0) {
        bits = ir_bits_of_number(scalar, (double)bits / (double)((uint64_t)1 << fraction));
    }
    scalar_store(bytes, scalar, bits);
}

static bool make_random(Maker *m, const char *rest) {
    uint64_t state = m->index;
    if (rest != NULL && !scalar_parse(IR_U64, rest, strlen(rest), &state)) {
        return WRONG(m, "expected a whole number as the seed, found `%s`", rest);
    }
    for (uint64_t i = 0; i < m->value->count; i++) {
        draw(m->type, (char *)m->value->bytes + i * m->param->size, &state);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*make)(Maker *m, const char *rest); /* what follows NAME:N: (NULL: nothing) */
    enum { REST_NONE, REST_NEEDED, REST_MAY } rest;
    bool composites; /* makes forms, matrices and arrays, too */
    const char *usage;
} generators[] = {
    {"zeros", make_zeros, REST_NONE, true, "zeros:N"},
    {"iota", make_iota, REST_NONE, false, "iota:N"},
    {"fill", make_fill, REST_NEEDED, false, "fill:N:V"},
    {"random", make_random, REST_MAY, true, "random:N[:SEED]"},
};
enum { GENERATORS = sizeof generators / sizeof generators[0] };

static bool make_generated(Maker *m, const char *text) {
    size_t length = strcspn(text, ":");
    unsigned i = 0;
    while (i < GENERATORS && (strlen(generators[i].name) != length ||
                              memcmp(generators[i].name, text, length) != 0)) {
        i++;
    }
    if (i == GENERATORS) {
        return WRONG(m,
                     "there is no `%.*s:`; there are zeros:N, iota:N, fill:N:V and random:N[:SEED]",
                     (int)length, text);
    }
    if (ir_is_composite(m->type) && !(m->param->is_buffer && generators[i].composites)) {
        return make_list(m, text); /* says what it takes */
    }
    if (!m->param->is_buffer) {
        return WRONG(m, "`%s` makes a buffer; this takes %u number%s", generators[i].usage,
                     m->type->lanes, m->type->lanes == 1 ? "" : "s");
    }
    const char *number = text + length + 1, *end = number + strcspn(number, ":");
    const char *rest = *end == ':' ? end + 1 : NULL;
    uint64_t count;
    if ((rest == NULL && generators[i].rest == REST_NEEDED) ||
        (rest != NULL && generators[i].rest == REST_NONE)) {
        return WRONG(m, "expected %s, found `%s`", generators[i].usage, text);
    }
    if (!scalar_parse(IR_U32, number, (size_t)(end - number), &count)) {
        return WRONG(m, "expected a count of elements, at most %u, found `%.*s`", UINT32_MAX,
                     (int)(end - number), number);
    }
    return make_room(m, count) && generators[i].make(m, rest);
}

/* ---- files ---- */

static bool take_bin(Maker *m, const char *path, FileBytes *bytes) {
    uint64_t stride = m->param->size, count = bytes->size / stride;
    if (m->param->is_buffer ? bytes->size % stride != 0 : bytes->size != stride) {
        return WRONG(m, "`%s` has %zu bytes; expected %s%" PRIu64, path, bytes->size,
                     m->param->is_buffer ? "a multiple of " : "", stride);
    }
    *m->value = (Value){bytes->data, bytes->size, count};
    bytes->data = NULL; /* it is the value's now */
    return true;
}

static bool take_npy(Maker *m, const char *path, FileBytes *bytes) {
    Text why = {.arena = m->error->arena};
    if (value_from_npy(m->value, m->param, bytes->data, bytes->size, &why)) {
        return true;
    }
    return why.length > 0 ? WRONG(m, "`%s` %s", path, text_get(&why))
                          : WRONG(m, "there is not enough memory for `%s`", path);
}

static bool make_from_file(Maker *m, const char *path) {
    static const struct {
        const char *ending;
        bool (*take)(Maker *m, const char *path, FileBytes *bytes);
    } kinds[] = {{".bin", take_bin}, {".npy", take_npy}};
    FileBytes bytes;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(path_ending(path), kinds[i].ending) != 0) {
            continue;
        }
        FileStatus status = file_read(path, SIZE_MAX / 4, &bytes);
        if (status == FILE_FAILED) {
            char *error = file_error("cannot read", path);
            *m->is_file = true;
            text_add(error_about(m), error != NULL ? error : path);
            free(error);
            return false;
        }
        if (status != FILE_FINE) {
            return WRONG(m, "there is not enough memory for `%s`", path);
        }
        bool fine = kinds[i].take(m, path, &bytes);
        free(bytes.data);
        return fine;
    }
    return WRONG(m, "expected a file NAME.bin or NAME.npy, found `%s`", path);
}

/* ---- all of them ---- */

bool value_make(Value *value, const ReflectParam *param, uint32_t index, const char *text,
                Text *error, bool *is_file) {
    *value = (Value){0};
    *is_file = false;
    Maker m = {
        .value = value,
        .param = param,
        .type = param->type,
        .lane_size = ir_is_composite(param->type) ? 0 : scalar_size(param->type->scalar),
        .index = index,
        .text = text,
        .error = error,
        .is_file = is_file,
    };
    bool fine = text[0] == '@'              ? make_from_file(&m, text + 1)
                : strchr(text, ':') != NULL ? make_generated(&m, text)
                                            : make_list(&m, text);
    if (fine && value->count > UINT32_MAX) {
        fine = WRONG(&m, "%" PRIu64 " elements are more than a buffer can have", value->count);
    }
    if (!fine) {
        value_free(value);
    }
    return fine;
}

/* ---- what comes back ---- */

static void print_data(Text *out, const IrType *type, const char *bytes) {
    uint32_t count = ir_part_count(type);
    if (count == 0) {
        scalar_print(out, type->scalar, scalar_load(bytes, type->scalar));
        return;
    }
    bool is_form = type->kind == IR_TYPE_FORM;
    text_char(out, is_form ? '{' : ir_is_vector(type) ? '(' : '[');
    for (uint32_t i = 0; i < count; i++) {
        text_add(out, i > 0 ? ", " : "");
        if (is_form) {
            text_printf(out, "%s: ", type->fields[i].name->text);
        }
        print_data(out, ir_part_type(type, i), bytes + ir_part_offset(type, i));
    }
    text_char(out, is_form ? '}' : ir_is_vector(type) ? ')' : ']');
}

void value_print(Text *out, const ReflectParam *param, const Value *value, uint64_t count) {
    count = count < value->count ? count : value->count;
    text_printf(out, "%s[0..%" PRIu64 "] =", param->name->text, count);
    for (uint64_t i = 0; i < count; i++) {
        text_char(out, ' ');
        print_data(out, param->type, (const char *)value->bytes + i * param->size);
    }
    text_char(out, '\n');
}
