/* lower_bool_parts: the bools inside arrays and forms are numbers, 0 and 1.
 *
 *     %f: @Flags = construct %a, %b        of %a: bool, %b: boolx3
 * becomes
 *     %0: u32 = convert %a
 *     %1: u32x3 = convert %b
 *     %f: @Flags.words = construct %0, %1
 * and what is taken out of such a value, or loaded from such a place, is compared with 0.
 *
 * For targets whose language lays bools in memory out in ways of its own; it stands in their pipelines.
 *
 * Before: the lowerings; no buffer and no parameter of a kernel has bools. After: `opt_fold`. No array and no form has bools in it.
 */
#include "ir/pass.h"
#include "ir/rewrite.h"

typedef struct {
    const IrType *bools, *words;
} Pair;

typedef struct {
    IrModule *module;
    VEC(Pair) forms;
    bool changed;
} Bools;

/* Whether a bool is in it somewhere, and it is not one itself. */
static bool has_bools(const IrType *type) {
    if (!ir_is_composite(type)) {
        return false;
    }
    for (uint32_t i = 0; i < (type->kind == IR_TYPE_FORM ? type->count : 1); i++) {
        const IrType *part = ir_part_type(type, i);
        if (has_bools(part) || (ir_is_value(part) && ir_is_bool(part))) {
            return true;
        }
    }
    return false;
}

static const IrType *part_in_words(Bools *s, const IrType *type);

static const IrType *form_in_words(Bools *s, const IrType *form) {
    for (uint32_t i = 0; i < s->forms.count; i++) {
        if (s->forms.items[i].bools == form) {
            return s->forms.items[i].words;
        }
    }
    IrField *fields = NEW_ARRAY(s->module->arena, IrField, form->count);
    for (uint32_t i = 0; i < form->count; i++) {
        fields[i] = form->fields[i];
        fields[i].type = part_in_words(s, form->fields[i].type);
    }
    const char *name = arena_printf(s->module->arena, "%s.words", form->name->text);
    Pair pair = {form, ir_form_type(s->module, name_of(s->module->names, name), form->doc,
                                    form->count, fields)};
    VEC_PUSH(s->module->arena, &s->forms, pair);
    return pair.words;
}

static const IrType *in_words(Bools *s, const IrType *type) {
    if (!has_bools(type)) {
        return type;
    }
    return type->kind == IR_TYPE_FORM
               ? form_in_words(s, type)
               : ir_array_type(s->module, part_in_words(s, type->element), type->count);
}

static const IrType *part_in_words(Bools *s, const IrType *type) {
    return ir_is_value(type) && ir_is_bool(type) ? ir_vector(IR_U32, type->lanes)
                                                 : in_words(s, type);
}

static void retype(Bools *s, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        const IrType *type = values[i]->type;
        if (ir_is_root(type) && type->kind != IR_TYPE_BUFFER && has_bools(type->element)) {
            values[i]->type = ir_root_type(s->module, type->kind, in_words(s, type->element));
            s->changed = true;
        } else if (has_bools(type)) {
            values[i]->type = in_words(s, type);
            s->changed = true;
        }
    }
}

/* What control hands over: before the walk, for a loop's parameters are used before the walk comes to the loop. */
static void retype_control(IrInst *inst, void *data) {
    Bools *s = data;
    if (inst->region_count > 0) {
        retype(s, inst->result_count, inst->results);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            retype(s, inst->regions[i].param_count, inst->regions[i].params);
        }
    }
}

/* A bool that goes where a number is now. */
static IrValue *as_words(IrBuilder *b, IrValue *value) {
    bool is_bool = ir_is_value(value->type) && ir_is_bool(value->type);
    return is_bool ? ir_convert(b, OP_CONVERT, ir_vector(IR_U32, value->type->lanes), value)
                   : value;
}

static void put_words(IrBuilder *b, IrInst *inst, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        inst->operands[i] = as_words(b, inst->operands[i]);
    }
}

static const IrType *place_of(const IrInst *inst) {
    uint32_t root = ir_place_start(inst);
    return ir_place_type(inst->operands[root]->type, inst->operand_count - root - 1,
                         inst->operands + root + 1);
}

/* The result was a bool, and is a number of `type` there: what it is to others is made behind it. */
static void compare_result(Bools *s, IrInst *inst, const IrType *type) {
    IrBuilder b = ir_before(s->module, inst);
    IrInst *copy = ir_inst_new(s->module, inst->op, inst->operand_count, 1, 0);
    copy->pos = inst->pos;
    copy->flags = inst->flags;
    copy->index = inst->index;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        copy->operands[i] = inst->operands[i];
    }
    ir_insert(&b, copy);
    IrValue *word = ir_result_new(s->module, copy, 0, type);
    ir_take_place(inst, ir_binary(&b, OP_NE, word, ir_const_zero(s->module, type)));
}

/* What gives a part of an array or form, which is of `type` there. */
static void take_part(Bools *s, IrInst *inst, const IrType *type) {
    const IrType *result = inst->results[0]->type;
    if (ir_is_value(result) && result != type) {
        compare_result(s, inst, type);
        s->changed = true;
    } else {
        retype(s, 1, inst->results);
    }
}

static void visit(IrInst *inst, void *data) {
    Bools *s = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *operand = ir_resolve(inst->operands[i]);
        if (ir_is_const(operand) && has_bools(operand->type)) { /* a word each, 0 or 1, in both */
            operand = ir_const(s->module, in_words(s, operand->type), operand->bits);
            s->changed = true;
        }
        inst->operands[i] = operand;
    }
    IrBuilder b = ir_before(s->module, inst);
    switch (inst->op) {
    case OP_LOAD:
        take_part(s, inst, place_of(inst));
        break;
    case OP_EXTRACT:
        if (ir_is_composite(inst->operands[0]->type)) {
            take_part(s, inst, ir_part_type(inst->operands[0]->type, inst->index));
        }
        break;
    case OP_STORE:
        if (inst->operands[0]->type != place_of(inst)) {
            put_words(&b, inst, 0, 1);
            s->changed = true;
        }
        break;
    case OP_CONSTRUCT:
        if (ir_is_composite(inst->results[0]->type)) {
            put_words(&b, inst, 0, inst->operand_count);
            retype(s, 1, inst->results);
        }
        break;
    case OP_INSERT:
        if (ir_is_composite(inst->results[0]->type)) {
            put_words(&b, inst, 1, 2);
            retype(s, 1, inst->results);
        }
        break;
    default:
        if (inst->region_count == 0) {
            retype(s, inst->result_count, inst->results);
        }
        break;
    }
}

static bool run(IrModule *module) {
    Bools s = {.module = module};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (!function->is_kernel) {
            retype(&s, function->param_count, function->params);
            const IrType *words = in_words(&s, function->result);
            s.changed |= words != function->result;
            function->result = words;
        }
    }
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        ir_walk(&function->body, retype_control, &s);
        ir_walk(&function->body, visit, &s);
        ir_resolve_all(function);
    }
    return s.changed;
}

IR_PASS(lower_bool_parts, run);
