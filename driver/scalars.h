/* Numbers of the kernel language's scalar types: from text, to text, from and to memory. */
#ifndef DRIVER_SCALARS_H
#define DRIVER_SCALARS_H

#include "ir/type.h"

/* The number `text` as bits of the type (as ir/eval.h has them). Integers: 42, -7, 0x2a, 0b101, 0o52, 1_000, within the
 * range of the type. Floats: also 1.5, 1e-3, inf, nan; what is finite must stay so. False: it is none. */
bool scalar_parse(IrScalar scalar, const char *text, size_t length, uint64_t *bits);

/* What scalar_parse takes, for messages: "a whole number from 0 to 4294967295". */
void scalar_describe(Text *out, IrScalar scalar);

/* The shortest digits that read back as the same number. */
void scalar_print(Text *out, IrScalar scalar, uint64_t bits);

/* One lane in host layout: ir_scalars[scalar].bits / 8 bytes, little-endian. */
void scalar_store(void *bytes, IrScalar scalar, uint64_t bits);
uint64_t scalar_load(const void *bytes, IrScalar scalar);
static inline unsigned scalar_size(IrScalar scalar) {
    return ir_scalars[scalar].bits / 8;
}

#endif
