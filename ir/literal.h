/* Numbers in the text of the IR: one lane of a constant, both ways. */
#ifndef IR_LITERAL_H
#define IR_LITERAL_H

#include "ir/type.h"

/* `5`, `-3`, `true`, `1.5`: the shortest decimal that reads back as exactly these bits, without the type;
 * infinities and NaNs, which have none, with it: `bits<f32>(0x7fc00000)`. Gives whether it wrote a decimal. */
bool ir_literal_print(Text *out, IrScalar scalar, uint64_t bits);

/* Reads the decimal that is exactly text[0 … length); it must fit the type, which is not bool. Something that is
 * no part of a number stands at text[length]. */
bool ir_literal_parse(const char *text, size_t length, IrScalar scalar, uint64_t *bits);

#endif
