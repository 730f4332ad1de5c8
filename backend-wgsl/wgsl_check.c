/* What WGSL cannot express, reported before anything is printed. See wgsl.h.
 *
 * Of a kernel, each type that WGSL lacks is reported once, where it is met first.
 */
#include "backend-wgsl/wgsl.h"

static const char target[] = "WGSL";

typedef struct {
    const IrModule *module;
    const IrFunction *function;
    bool reported[IR_SCALAR_COUNT];
} Check;

static bool is_lacking(IrScalar scalar) {
    switch (scalar) {
    case IR_BOOL:
    case IR_I32:
    case IR_U32:
    case IR_F16:
    case IR_F32:
        return false;
    default:
        return true;
    }
}

static void lacks(const Check *c, Pos pos, const char *what, const char *type) {
    diag_report(c->module->diags, (Span){pos, pos}, D(TARGET_LACKS), what, type, target);
}

/* A scalar in the type that WGSL lacks; IR_SCALAR_COUNT: none. */
static IrScalar lacking(const IrType *type) {
    if (ir_is_root(type) || type->kind == IR_TYPE_ARRAY) {
        return lacking(type->element);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        IrScalar scalar = lacking(type->fields[i].type);
        if (scalar != IR_SCALAR_COUNT) {
            return scalar;
        }
    }
    bool is_plain = ir_is_value(type) || ir_is_atomic(type);
    return is_plain && is_lacking(type->scalar) ? type->scalar : IR_SCALAR_COUNT;
}

/* Tint takes arrays of fewer elements than this. */
enum { MOST_ELEMENTS = 65535 };

static bool is_too_long(const IrType *type) {
    if (ir_is_root(type)) {
        return is_too_long(type->element);
    }
    if (type->kind == IR_TYPE_ARRAY) {
        return type->count > MOST_ELEMENTS || is_too_long(type->element);
    }
    for (uint32_t i = 0; type->kind == IR_TYPE_FORM && i < type->count; i++) {
        if (is_too_long(type->fields[i].type)) {
            return true;
        }
    }
    return false;
}

static void check_type(Check *c, Pos pos, const char *what, const IrType *type) {
    IrScalar scalar = lacking(type);
    if (scalar != IR_SCALAR_COUNT && !c->reported[scalar]) {
        c->reported[scalar] = true;
        lacks(c, pos, what, ir_scalars[scalar].text);
    }
    if (is_too_long(type)) {
        lacks(c, pos, what, ir_type_text(c->module->arena, type));
    }
}

static void check_values(Check *c, Pos pos, const char *what, uint32_t count,
                         IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        check_type(c, pos, what, ir_resolve(values[i])->type);
    }
}

static void note_return(IrInst *inst, void *data) {
    *(bool *)data |= inst->op == OP_RET;
}

/* Every invocation of the workgroup comes to it: then the barrier of the workgroup does what that of a subgroup does. */
static bool all_arrive(const IrInst *inst) {
    bool returns = inst->region->owner != NULL;
    for (const IrInst *before = inst->previous; before != NULL && !returns;
         before = before->previous) {
        for (uint32_t i = 0; i < before->region_count; i++) {
            ir_walk(&before->regions[i], note_return, &returns);
        }
    }
    return !returns;
}

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
    bool stays_out = inst->op == OP_SUBGROUP_BARRIER && !all_arrive(inst);
    if (stays_out || inst->op == OP_PRINT || inst->op == OP_ASSERT) {
        lacks(c, inst->pos, what, c->function->name->text);
    }
}

static void check_function(Check *c, IrFunction *function) {
    for (uint32_t i = 0; i < function->param_count; i++) {
        const IrType *type = function->params[i]->type;
        const char *what = type->kind == IR_TYPE_BUFFER ? "buffer" : "value parameter";
        check_type(c, function->pos, what, type);
    }
    if (function->subgroup_size != 0) {
        lacks(c, function->pos, "subgroup_size", function->name->text);
    }
    ir_walk(&function->body, check, c);
}

bool wgsl_check(const IrModule *module) {
    unsigned errors = module->diags->errors;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        Check c = {.module = module, .function = f};
        check_function(&c, f);
    }
    return module->diags->errors == errors;
}
