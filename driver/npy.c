/* See npy.h. A file is the magic, a version, the length of the header, the header (a Python dict literal), the data. */
#include "driver/npy.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC_SIZE = 6, ALIGNMENT = 64, MAX_HEADER = 16 << 20 };

/* bool has no row: buffers hold none. */
static const char *const descrs[IR_SCALAR_COUNT] = {
    [IR_I8] = "|i1",  [IR_I16] = "<i2", [IR_I32] = "<i4", [IR_I64] = "<i8",
    [IR_U8] = "|u1",  [IR_U16] = "<u2", [IR_U32] = "<u4", [IR_U64] = "<u8",
    [IR_F16] = "<f2", [IR_F32] = "<f4", [IR_F64] = "<f8",
};

const char *npy_descr(IrScalar scalar) {
    return descrs[scalar];
}

/* ---- reading ---- */

typedef struct {
    const char *at, *end;
    Npy *npy;
    Text *error;
} Reader;

static bool wrong(Reader *r, const char *text) {
    text_add(r->error, text);
    return false;
}

static void skip_space(Reader *r) {
    while (r->at < r->end && isspace((unsigned char)*r->at)) {
        r->at++;
    }
}

static bool take(Reader *r, char c) {
    skip_space(r);
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    return false;
}

static bool take_string(Reader *r, const char **text, size_t *length) {
    skip_space(r);
    if (r->at == r->end || (*r->at != '\'' && *r->at != '"')) {
        return false;
    }
    const char *end = memchr(r->at + 1, *r->at, (size_t)(r->end - r->at - 1));
    if (end == NULL) {
        return false;
    }
    *text = r->at + 1;
    *length = (size_t)(end - *text);
    r->at = end + 1;
    return true;
}

/* A list of fields, to its bracket: what is in it, whoever wants records compares. */
static bool read_record(Reader *r) {
    unsigned depth = 0;
    r->npy->record = r->at;
    do {
        const char *text;
        size_t length;
        if (r->at == r->end) {
            return wrong(r, "has a malformed header");
        }
        if (*r->at == '\'' || *r->at == '"') {
            if (!take_string(r, &text, &length)) {
                return wrong(r, "has a malformed header");
            }
            continue;
        }
        depth += *r->at == '[';
        depth -= *r->at == ']';
        r->at++;
    } while (depth > 0);
    r->npy->record_length = (size_t)(r->at - r->npy->record);
    return true;
}

static bool read_descr(Reader *r) {
    const char *text;
    size_t length;
    skip_space(r);
    if (r->at < r->end && *r->at == '[') {
        return read_record(r);
    }
    if (!take_string(r, &text, &length)) {
        return wrong(r, "has a malformed header");
    }
    for (int scalar = 0; scalar < IR_SCALAR_COUNT; scalar++) {
        const char *descr = descrs[scalar];
        if (descr != NULL && strlen(descr) == length && memcmp(descr, text, length) == 0) {
            r->npy->scalar = (IrScalar)scalar;
            return true;
        }
    }
    if (length > 0 && *text == '>') {
        return wrong(r, "is big-endian; only little-endian numbers can be read");
    }
    text_add(r->error, "holds numbers of type ");
    text_quoted(r->error, text, length < 16 ? length : 16);
    return wrong(r, ", which no buffer can");
}

static bool read_order(Reader *r) {
    static const char word[] = "False";
    skip_space(r);
    if ((size_t)(r->end - r->at) >= strlen(word) && memcmp(r->at, word, strlen(word)) == 0) {
        r->at += strlen(word);
        return true;
    }
    return wrong(r, "is in Fortran order; only C order can be read");
}

static bool read_number(Reader *r, uint64_t *value) {
    const char *start = r->at;
    *value = 0;
    for (; r->at < r->end && isdigit((unsigned char)*r->at); r->at++) {
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*r->at - '0'), value)) {
            return false;
        }
    }
    return r->at > start;
}

static bool read_shape(Reader *r) {
    if (!take(r, '(')) {
        return wrong(r, "has a malformed header");
    }
    while (!take(r, ')')) {
        uint64_t size;
        if (r->npy->dims == NPY_MAX_DIMS) {
            return wrong(r, "has too many dimensions");
        }
        if (!read_number(r, &size)) {
            return wrong(r, "has a malformed shape");
        }
        r->npy->shape[r->npy->dims++] = size;
        if (!take(r, ',')) { /* (3,) is a tuple, (3) in Python is not: taken as one all the same */
            if (!take(r, ')')) {
                return wrong(r, "has a malformed shape");
            }
            break;
        }
    }
    return true;
}

static const struct {
    const char *key;
    bool (*read)(Reader *r);
} entries[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

static bool read_dict(Reader *r) {
    bool seen[ENTRIES] = {false};
    unsigned count = 0;
    bool open = take(r, '{');
    while (open && !take(r, '}')) {
        const char *key;
        size_t length;
        if (!take_string(r, &key, &length) || !take(r, ':')) {
            open = false;
            break;
        }
        unsigned i = 0;
        while (i < ENTRIES &&
               (strlen(entries[i].key) != length || memcmp(entries[i].key, key, length) != 0)) {
            i++;
        }
        if (i == ENTRIES || seen[i]) {
            return wrong(r, "has a malformed header");
        }
        seen[i] = true;
        count++;
        if (!entries[i].read(r)) {
            return false;
        }
        if (!take(r, ',')) {
            open = take(r, '}');
            break;
        }
    }
    skip_space(r);
    return open && r->at == r->end && count == ENTRIES ? true : wrong(r, "has a malformed header");
}

static bool count_total(Reader *r, size_t size) {
    Npy *npy = r->npy;
    npy->total = 1;
    for (unsigned i = 0; i < npy->dims; i++) {
        if (__builtin_mul_overflow(npy->total, npy->shape[i], &npy->total)) {
            npy->total = UINT64_MAX; /* too large for any item */
        }
    }
    return npy->record != NULL ||
           npy_has_size(npy, size, ir_scalars[npy->scalar].bits / 8, r->error);
}

bool npy_has_size(const Npy *npy, size_t size, uint64_t item_size, Text *error) {
    uint64_t bytes;
    bool fits = npy->total != UINT64_MAX && !__builtin_mul_overflow(npy->total, item_size, &bytes);
    if (!fits || bytes != size - npy->offset) {
        text_printf(error, "has %zu bytes of data, which is not what its shape needs",
                    size - npy->offset);
        return false;
    }
    return true;
}

bool npy_read(Npy *npy, const char *bytes, size_t size, Text *error) {
    *npy = (Npy){0};
    Reader r = {.npy = npy, .error = error};
    const unsigned char *u = (const unsigned char *)bytes;
    if (size < MAGIC_SIZE + 4 || memcmp(bytes, magic, MAGIC_SIZE) != 0) {
        return wrong(&r, "is no .npy file");
    }
    unsigned version = u[MAGIC_SIZE], minor = u[MAGIC_SIZE + 1];
    if ((version != 1 && version != 2) || minor != 0) {
        text_printf(error, "is a .npy file of version %u.%u; 1.0 and 2.0 can be read", version,
                    minor);
        return false;
    }
    size_t start = version == 1 ? MAGIC_SIZE + 4 : MAGIC_SIZE + 6;
    if (size < start) {
        return wrong(&r, "ends within its header");
    }
    u += MAGIC_SIZE + 2;
    uint64_t length = u[0] | (uint64_t)u[1] << 8;
    if (version == 2) {
        length |= (uint64_t)u[2] << 16 | (uint64_t)u[3] << 24;
    }
    if (length > size - start) {
        return wrong(&r, "ends within its header");
    }
    if (length > MAX_HEADER) {
        return wrong(&r, "has a header that is too long");
    }
    npy->offset = start + (size_t)length;
    r.at = bytes + start;
    r.end = bytes + npy->offset;
    return read_dict(&r) && count_total(&r, size);
}

/* ---- writing ---- */

void npy_write_header(Text *out, const char *descr, unsigned dims, const uint64_t *shape) {
    enum { MAX_LENGTH_1 = 65535 - ALIGNMENT }; /* of the dict in version 1 */
    Text dict = {.arena = out->arena};
    text_add(&dict, "{'descr': ");
    text_add(&dict, descr);
    text_add(&dict, ", 'fortran_order': False, 'shape': (");
    for (unsigned i = 0; i < dims; i++) {
        text_printf(&dict, "%s%" PRIu64, i > 0 ? ", " : "", shape[i]);
    }
    text_printf(&dict, "%s), }", dims == 1 ? "," : "");
    bool is_long = dict.length > MAX_LENGTH_1;
    unsigned head = MAGIC_SIZE + (is_long ? 6 : 4);
    while ((head + dict.length + 1) % ALIGNMENT != 0) {
        text_char(&dict, ' ');
    }
    text_char(&dict, '\n');
    const char version_and_length[] = {
        is_long ? 2 : 1,
        0,
        (char)(dict.length & 0xff),
        (char)(dict.length >> 8 & 0xff),
        (char)(dict.length >> 16 & 0xff),
        (char)(dict.length >> 24 & 0xff),
    };
    text_bytes(out, magic, MAGIC_SIZE);
    text_bytes(out, version_and_length, head - MAGIC_SIZE);
    text_bytes(out, text_get(&dict), dict.length);
}
