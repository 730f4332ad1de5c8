/* NumPy's .npy files (format 1.0 and 2.0; NEP 1): little-endian numbers in C order. */
#ifndef DRIVER_NPY_H
#define DRIVER_NPY_H

#include "ir/type.h"

enum { NPY_MAX_DIMS = 32 };

typedef struct {
    IrScalar scalar;
    unsigned dims; /* 0: one number */
    uint64_t shape[NPY_MAX_DIMS];
    uint64_t total; /* numbers: the product of the shape */
    size_t offset;  /* where they start */
} Npy;

/* Reads the header of a whole file. The bytes are hostile; true means that `total` numbers are there, and nothing after
 * them. False: `error` says what is wrong, as the end of a sentence that begins with the file's name. */
bool npy_read(Npy *npy, const char *bytes, size_t size, Text *error);

/* Appends the header of a file whose numbers follow. */
void npy_write_header(Text *out, IrScalar scalar, unsigned dims, const uint64_t *shape);

/* "<f4"; NULL: .npy has no such type here. */
const char *npy_descr(IrScalar scalar);

#endif
