/* What MSL cannot express, reported before SPIRV-Cross sees it. See msl.h. */
#include "backend-msl/msl.h"

#include "ir/reflect.h"

static const char target[] = "MSL";

/* A kernel has so many slots for buffers; the block of values and the sizes of the buffers take one each. */
enum { MOST_BUFFERS = 31 - 2 };

/* Clang, which Metal's compiler is, takes 256 brackets in each other; an `if` or a loop counts two at most. */
enum { MOST_NESTED = 120 };

typedef struct {
    const IrModule *module;
    const IrFunction *function;
    bool f64, atomic64, deep; /* reported for this function */
} Check;

static void lacks(const Check *c, Pos pos, const char *what, const char *of) {
    diag_report(c->module->diags, (Span){pos, pos}, D(TARGET_LACKS), what, of, target);
}

/* ---- types ---- */

static bool holds(const IrType *type, bool (*is_it)(const IrType *scalar)) {
    if (ir_is_root(type) || type->kind == IR_TYPE_ARRAY) {
        return holds(type->element, is_it);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (holds(type->fields[i].type, is_it)) {
            return true;
        }
    }
    return (ir_is_value(type) || ir_is_atomic(type)) && is_it(type);
}

static bool is_f64(const IrType *type) {
    return type->scalar == IR_F64;
}

static bool is_atomic64(const IrType *type) {
    return ir_is_atomic(type) && ir_bits(type) == 64;
}

static void check_type(Check *c, Pos pos, const char *what, const IrType *type) {
    if (!c->f64 && holds(type, is_f64)) {
        c->f64 = true;
        lacks(c, pos, what, ir_scalars[IR_F64].text);
    }
    if (!c->atomic64 && holds(type, is_atomic64)) {
        c->atomic64 = true;
        lacks(c, pos, what, "an atomic of 64 bits");
    }
}

static void check_values(Check *c, Pos pos, const char *what, uint32_t count,
                         IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        check_type(c, pos, what, ir_resolve(values[i])->type);
    }
}

/* ---- sizes that the host may set ---- */

static void check_size(const Check *c, Pos pos, const IrSpec *spec, const char *what) {
    if (spec == NULL) {
        return;
    }
    Diag *diag = diag_report(c->module->diags, (Span){pos, pos}, D(SIZE_IS_SPEC), spec->name->text,
                             what, target);
    diag_help(diag, (Span){0}, "compile for one value: `-D %s=%llu`", spec->name->text,
              (unsigned long long)spec->bits);
}

/* ---- functions ---- */

static void check(IrInst *inst, void *data) {
    Check *c = data;
    const char *what = ir_ops[inst->op].text;
    check_values(c, inst->pos, what, inst->operand_count, inst->operands);
    check_values(c, inst->pos, what, inst->result_count, inst->results);
    for (uint32_t i = 0; i < inst->region_count; i++) {
        check_values(c, inst->pos, what, inst->regions[i].param_count, inst->regions[i].params);
    }
    if (inst->op == OP_SPEC) {
        check_type(c, inst->pos, what, inst->spec->type);
    }
    check_size(c, inst->pos, ir_shared_length(inst), "length of a shared array");
    bool moves_values = inst->op >= OP_SUBGROUP_ADD && inst->op <= OP_SUBGROUP_SHUFFLE_DOWN;
    if (moves_values && ir_bits(inst->results[0]->type) == 64 &&
        inst->results[0]->type->scalar != IR_F64) {
        lacks(c, inst->pos, what, ir_type_text(c->module->arena, inst->results[0]->type));
    }
    if (inst->op == OP_PRINT || inst->op == OP_ASSERT) {
        lacks(c, inst->pos, what, c->function->name->text);
    }
}

static void check_depth(Check *c, const IrRegion *region, unsigned depth) {
    for (const IrInst *inst = region->first; inst != NULL && !c->deep; inst = inst->next) {
        if (inst->region_count > 0 && depth == MOST_NESTED) {
            c->deep = true;
            diag_report(c->module->diags, (Span){inst->pos, inst->pos}, D(NESTS_TOO_DEEP),
                        c->function->name->text, target);
        }
        for (uint32_t i = 0; i < inst->region_count && !c->deep; i++) {
            check_depth(c, &inst->regions[i], depth + 1);
        }
    }
}

static void check_function(Check *c, IrFunction *function) {
    unsigned buffers = 0;
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        bool is_buffer = type->kind == IR_TYPE_BUFFER;
        check_type(c, function->pos, is_buffer ? "buffer" : "value parameter", type);
        buffers += is_buffer;
    }
    if (buffers > MOST_BUFFERS) {
        lacks(c, function->pos, "more than 29 buffers", function->name->text);
    }
    if (function->subgroup_size != 0) {
        lacks(c, function->pos, "subgroup_size", function->name->text);
    }
    for (int i = 0; i < 3; i++) {
        check_size(c, function->pos, function->workgroup_spec[i], "size of the workgroup");
    }
    ir_walk(&function->body, check, c);
    check_depth(c, &function->body, 0);
}

static void check_kernels(const IrModule *module) {
    const IrFunction *first = NULL;
    for (const IrFunction *f = module->functions; f != NULL; f = f->next) {
        if (f->is_kernel && first != NULL) {
            Diag *diag = diag_report(module->diags, (Span){f->pos, f->pos}, D(TARGET_ONE_KERNEL),
                                     target, f->name->text, first->name->text);
            diag_help(diag, (Span){0}, "choose one: `--entry %s`", f->name->text);
            return;
        }
        first = f->is_kernel ? f : first;
    }
}

bool msl_check(const IrModule *module) {
    unsigned errors = module->diags->errors;
    check_kernels(module);
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        Check c = {.module = module, .function = f};
        check_function(&c, f);
    }
    return module->diags->errors == errors;
}
