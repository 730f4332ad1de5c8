/* NumPy's .npy files (format 1.0 and 2.0; NEP 1): little-endian numbers, or records of them, in C order. */
#ifndef DRIVER_NPY_H
#define DRIVER_NPY_H

#include "ir/type.h"

enum { NPY_MAX_DIMS = 32 };

typedef struct {
    IrScalar scalar;
    const char
        *record; /* the type of the records as the file has it, in brackets; NULL: plain numbers */
    size_t record_length;
    unsigned dims; /* 0: one number */
    uint64_t shape[NPY_MAX_DIMS];
    uint64_t total; /* numbers or records: the product of the shape */
    size_t offset;  /* where they start */
} Npy;

/* Reads the header of a whole file. The bytes are hostile; true means that `total` numbers are there, and nothing after
 * them. How large a record is, the caller knows: npy_has_size. False: `error` says what is wrong, as the end of a sentence that begins with the file's name. */
bool npy_read(Npy *npy, const char *bytes, size_t size, Text *error);

/* Whether `size` bytes are what the header needs when a record has `item_size`. False: `error`, likewise. */
bool npy_has_size(const Npy *npy, size_t size, uint64_t item_size, Text *error);

/* Appends the header of a file whose numbers or records follow; `descr` as Python has it: 'f4' with its quotes, or a
 * list of fields. */
void npy_write_header(Text *out, const char *descr, unsigned dims, const uint64_t *shape);

/* "<f4"; NULL: .npy has no such type here. */
const char *npy_descr(IrScalar scalar);

#endif
