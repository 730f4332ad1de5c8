/* --emit=layout: where the host finds what in the buffers and values of a kernel. */
#ifndef DRIVER_LAYOUT_H
#define DRIVER_LAYOUT_H

#include "ir/reflect.h"

/* A table for people:
 *
 *     kernel step, workgroup 64 x 1 x 1
 *
 *     binding 0, bodies: Buffer<Body>, 16 bytes an element, align 16
 *         offset   size  align
 *              0     12     16  pos: f32x3
 *             12      4      4  mass: f32
 *
 *     values, 8 bytes in push constants
 *         offset   size  align
 *              0      4      4  dt: f32
 *              4      4         padding
 */
void layout_print(Text *out, const IrFunction *kernel);

#endif
