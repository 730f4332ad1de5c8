/* The static race check: warns (W0108) where two invocations of a workgroup touch the same element of a `shared` variable
 * with no barrier between, one of them writing without an atomic, and names the two.
 *
 * It executes each kernel for all invocations of one workgroup at once, with what is not known, such as parameters, as
 * symbols, and is silent about whatever it cannot decide. For a module that the verifier accepts. Uses the marks of
 * values, instructions and functions. Its work is bounded: of a large kernel, the beginning is checked.
 */
#ifndef IR_RACES_H
#define IR_RACES_H

#include "ir/ir.h"

void ir_check_races(IrModule *module);

#endif
