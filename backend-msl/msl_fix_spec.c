/* Specialization constants that -D gave a value: constants from here on. See msl.h. */
#include "backend-msl/msl.h"

#include <string.h>

typedef struct {
    IrModule *module;
    const IrSpec *spec;
} Fix;

static void fix(IrInst *inst, void *data) {
    const Fix *f = data;
    if (inst->op == OP_SPEC && inst->spec == f->spec) {
        ir_replace(inst->results[0], ir_const(f->module, f->spec->type, &f->spec->bits));
        ir_remove(inst);
    }
}

static void fix_function(const Fix *f, IrFunction *function) {
    for (int i = 0; i < 3; i++) {
        if (function->workgroup_spec[i] == f->spec) {
            function->workgroup_spec[i] = NULL; /* `workgroup` has the value */
        }
    }
    ir_walk(&function->body, fix, (void *)f);
    ir_resolve_all(function);
}

void msl_fix_spec(IrModule *module, const char *name) {
    for (IrSpec **link = &module->specs; *link != NULL; link = &(*link)->next) {
        if (strcmp((*link)->name->text, name) == 0) {
            const Fix f = {module, *link};
            for (IrFunction *function = module->functions; function != NULL;
                 function = function->next) {
                fix_function(&f, function);
            }
            *link = (*link)->next;
            return;
        }
    }
}
