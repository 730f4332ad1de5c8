/* Uniformity: whether the invocations that must do something together surely get there together (LANGUAGE.md 8.7).
 *
 * Reports E0605, E0606 and E0607 to module->diags, each with the chain that makes control flow differ. For a module
 * that the verifier accepts, as the front end or the parser of IR made it: what is accepted must not depend on passes.
 * Uses the marks of values, instructions and functions. Time and memory are linear in the module.
 */
#ifndef IR_UNIFORMITY_H
#define IR_UNIFORMITY_H

#include "ir/ir.h"

void ir_check_uniformity(IrModule *module);

#endif
