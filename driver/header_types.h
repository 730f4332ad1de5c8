/* Types of kernels, as a bundle describes them, as C types of a generated header. */
#ifndef DRIVER_HEADER_TYPES_H
#define DRIVER_HEADER_TYPES_H

#include "driver/header_names.h"
#include "ir/base/text.h"
#include "ir/type.h"
#include "runtime-min/vgpu_view.h"

/* A type of a kernel's record in a bundle. */
typedef struct {
    const VgpuKernel *kernel;
    uint32_t index;
} HeaderType;

typedef struct {
    HeaderType type;
    uint32_t hash;
    const char *name; /* "Body", as header_spelling takes it */
} HeaderNamed;

typedef struct {
    Arena *arena;
    Text *out;
    HeaderNames *names;
    VEC(HeaderNamed) known; /* forms, and arrays that are elements of buffers: what has a name */
} HeaderTypes;

/* Declares the forms in `type`, which is one of a parameter, and those that they are made of; for the element of a
 * buffer, arrays too. */
void header_declare(HeaderTypes *h, HeaderType type, bool is_element);

/* `float x[4];`, with its newline. */
void header_member(HeaderTypes *h, HeaderType type, const char *name);

/* Of a buffer with elements of `type`: "VtgBufferF32", "vtg_buffer_f32". */
const char *header_buffer(HeaderTypes *h, HeaderType type);
const char *header_buffer_function(HeaderTypes *h, HeaderType type);

/* As the source spells it: "f32x3". */
const char *header_type_text(HeaderType type);

/* "float", "bool". */
const char *header_scalar(IrScalar scalar);

#endif
