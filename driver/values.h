/* The values of kernel parameters as `run` takes them: NAME=VALUE, into host layout. */
#ifndef DRIVER_VALUES_H
#define DRIVER_VALUES_H

#include "ir/reflect.h"

typedef struct {
    void *bytes;    /* malloc'ed; host layout */
    uint64_t size;  /* in bytes */
    uint64_t count; /* elements of a buffer; 1 for a value */
} Value;

/* Makes the value that `text` says for a parameter: a number, a list, @FILE.bin, @FILE.npy, zeros:N, iota:N, fill:N:V,
 * random:N[:SEED] (the default seed is `index`, the parameter's number). False: `error` says what was
 * expected; *is_file: it was a file that could not be read. */
bool value_make(Value *value, const ReflectParam *param, uint32_t index, const char *text,
                Text *error, bool *is_file);
void value_free(Value *value);

/* As the source spells it: "Buffer<Body>", "u32", "[f32x3; 4]". */
void data_type_print(Text *out, const IrType *type);
void param_type_print(Text *out, const ReflectParam *param);

/* `name[0..count] = …`: numbers apart by spaces, vectors as (x, y), arrays and the columns of matrices as [a, b], forms
 * as {name: value}. */
void value_print(Text *out, const ReflectParam *param, const Value *value, uint64_t count);

/* A .npy file of a buffer's elements (value_npy.c): numbers without padding, shape (N), (N, lanes), (N, columns, rows),
 * (N, length, …); forms as records in host layout. malloc'ed; NULL: no memory. */
char *value_to_npy(const ReflectParam *param, const Value *value, size_t *size);

/* Whether there is such a file: arrays may nest too deep. */
bool value_fits_npy(const IrType *type);

/* What is in such a file, as the value of `param`. False: `why` goes on after its name, or there is no memory and
 * `why` is empty. */
bool value_from_npy(Value *value, const ReflectParam *param, const char *bytes, size_t size,
                    Text *why);

/* SplitMix64 (Steele, Lea and Flood, 2014; constants of the reference code, prng.di.unimi.it/splitmix64.c). */
uint64_t splitmix64(uint64_t *state);

#endif
