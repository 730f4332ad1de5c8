/* lower_small_ints: integers of 8 and 16 bits are kept and computed with in 32 bits.
 *
 * Memory keeps its types: a value is converted right after it is loaded and right before it is stored, and nothing
 * else touches it there, which is what Vulkan lets a device do that has no 8- and 16-bit arithmetic (the storage
 * features alone). Everywhere else, in locals, in what control hands over, in vectors, the type of the same sign with
 * 32 bits takes the place of the small one.
 *
 * A value in 32 bits is always *normal*: the small value extended by its sign, or with zeros. Some operations keep
 * that (`and`, `min`, `select` …), others need their result cut and extended again (`normal`). So comparisons,
 * conversions to other types, division and the like need nothing at all.
 *
 * Procs that stay take and give what stands for their values, and specialization constants are of 32 bits, too.
 *
 * Before: procs are inlined; split_memory (memory holds scalars and vectors); lower_bits and lower_bounds, whose promises
 * are about the small width and whose `if`s must not hand over small values. After: kernels have 8- and 16-bit integers only as the result of a `load` from a buffer,
 * as a value parameter, and as a `convert` or constant that a `store` to a buffer puts there. What else is total for 32
 * bits is for the passes after this one.
 */
#include "ir/base/fatal.h"
#include "ir/pass.h"
#include "ir/rewrite.h"

/* A form, and the form of the same fields in 32 bits. */
typedef struct {
    const IrType *small, *wide;
} Pair;

typedef struct {
    IrModule *module;
    IrFunction *function;
    IrValue **params; /* of a kernel, by number: the value in 32 bits; NULL: not asked for yet */
    VEC(Pair) forms;
    bool changed;
} Small;

enum { WIDE = 32, MOST_WORDS = 2 }; /* of a bit pattern with small lanes */

static bool is_small(const IrType *type) {
    return ir_is_int(type) && ir_bits(type) < WIDE;
}

static const IrType *wide(const IrType *type) {
    return ir_vector(ir_is_signed_int(type) ? IR_I32 : IR_U32, type->lanes);
}

/* Whether a small integer is in it somewhere. */
static bool has_small(const IrType *type) {
    if (type->kind == IR_TYPE_ARRAY) {
        return has_small(type->element);
    }
    if (type->kind == IR_TYPE_FORM) {
        for (uint32_t i = 0; i < type->count; i++) {
            if (has_small(type->fields[i].type)) {
                return true;
            }
        }
        return false;
    }
    return ir_is_value(type) && is_small(type);
}

static const IrType *wide_type(Small *s, const IrType *type);

static const IrType *wide_form(Small *s, const IrType *form) {
    for (uint32_t i = 0; i < s->forms.count; i++) {
        if (s->forms.items[i].small == form) {
            return s->forms.items[i].wide;
        }
    }
    IrField *fields = NEW_ARRAY(s->module->arena, IrField, form->count);
    for (uint32_t i = 0; i < form->count; i++) {
        fields[i] = form->fields[i];
        fields[i].type = wide_type(s, form->fields[i].type);
    }
    const char *name = arena_printf(s->module->arena, "%s.wide", form->name->text);
    Pair pair = {form, ir_form_type(s->module, name_of(s->module->names, name), form->doc,
                                    form->count, fields)};
    VEC_PUSH(s->module->arena, &s->forms, pair);
    return pair.wide;
}

static const IrType *wide_type(Small *s, const IrType *type) {
    if (!has_small(type)) {
        return type;
    }
    switch (type->kind) {
    case IR_TYPE_ARRAY:
        return ir_array_type(s->module, wide_type(s, type->element), type->count);
    case IR_TYPE_FORM:
        return wide_form(s, type);
    default:
        return wide(type);
    }
}

static IrValue *number(IrBuilder *b, const IrType *type, uint64_t bits) {
    return ir_const_splat(b->module, type, bits & UINT32_MAX);
}

static IrValue *raw_shift(IrBuilder *b, IrOp op, IrValue *x, uint32_t count) {
    if (count == 0) {
        return x;
    }
    IrValue *counts = number(b, ir_vector(IR_U32, x->type->lanes), count);
    return ir_made_raw(ir_binary(b, op, x, counts)->inst);
}

static uint64_t mask_of(unsigned bits) {
    return ((uint64_t)1 << bits) - 1;
}

/* The low bits of a value in 32 bits, as a value of the small type. */
static IrValue *normal(IrBuilder *b, const IrType *small, IrValue *x) {
    unsigned bits = ir_bits(small);
    if (!ir_is_signed_int(small)) {
        return ir_binary(b, OP_AND, x, number(b, x->type, mask_of(bits)));
    }
    return raw_shift(b, OP_SHR, raw_shift(b, OP_SHL, x, WIDE - bits), WIDE - bits);
}

/* ---- what stands for a value ---- */

static void extend_words(const IrType *type, const uint64_t **bits, uint64_t **words) {
    if (ir_is_composite(type)) {
        for (uint32_t i = 0; i < ir_part_count(type); i++) {
            extend_words(ir_part_type(type, i), bits, words);
        }
        return;
    }
    for (unsigned i = 0; i < type->lanes; i++) {
        uint64_t word = *(*bits)++;
        if (is_small(type)) {
            uint64_t sign = ir_is_signed_int(type) ? (uint64_t)1 << (ir_bits(type) - 1) : 0;
            word = ((word ^ sign) - sign) & UINT32_MAX;
        }
        *(*words)++ = word;
    }
}

static IrValue *wide_constant(Small *s, const IrValue *constant) {
    uint64_t *words = NEW_ARRAY(s->module->arena, uint64_t, ir_words(constant->type)), *to = words;
    const uint64_t *from = constant->bits;
    extend_words(constant->type, &from, &to);
    return ir_const(s->module, wide_type(s, constant->type), words);
}

static IrValue *to_wide(Small *s, IrBuilder *b, IrValue *x);

static IrValue *wide_param(Small *s, IrValue *param) {
    IrValue **known = &s->params[param->index];
    if (*known == NULL) {
        IrRegion *body = &s->function->body;
        IrBuilder top = {
            .module = s->module, .region = body, .before = body->first, .pos = s->function->pos};
        *known = to_wide(s, &top, param);
        (*known)->name = param->name;
    }
    return *known;
}

static IrValue *widened(Small *s, IrValue *value) {
    value = ir_resolve(value);
    if (!has_small(value->type)) { /* or a root */
        return value;
    }
    if (ir_is_const(value)) {
        return wide_constant(s, value);
    }
    REQUIRE(value->kind == IR_VALUE_PARAM); /* others have changed their type already */
    return wide_param(s, value);
}

static void widen_types(Small *s, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        if (has_small(values[i]->type)) {
            values[i]->type = wide_type(s, values[i]->type);
            s->changed = true;
        }
    }
}

/* What control hands over: before the walk, for a loop's parameters are used before the walk comes to the loop. */
static void widen_control(IrInst *inst, void *data) {
    Small *s = data;
    if (inst->region_count > 0) {
        widen_types(s, inst->result_count, inst->results);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            widen_types(s, inst->regions[i].param_count, inst->regions[i].params);
        }
    }
}

/* ---- bit patterns ---- */

/* Two f16 as the bits of a word. */
static IrValue *word_of_halves(IrBuilder *b, IrValue *low, IrValue *high) {
    const IrType *pair = ir_vector(IR_F16, 2);
    IrValue *both = ir_emit(b, OP_CONSTRUCT, pair, 2, (IrValue *[]){low, high})->results[0];
    return ir_convert(b, OP_BITCAST, ir_scalar(IR_U32), both);
}

static IrValue *lane_of(IrBuilder *b, IrValue *x, unsigned lane) {
    return ir_is_vector(x->type) ? ir_extract(b, x, lane) : x;
}

/* The bits of a value of at most 64, lane 0 lowest; `bits` is the width of a lane (that of a small type is not the
 * one of the value that stands for it). */
static void words_of(IrBuilder *b, IrValue *x, unsigned bits, IrValue **words) {
    const IrType *word = ir_scalar(IR_U32);
    unsigned lanes = x->type->lanes;
    IrValue *zero = ir_const_zero(b->module, word);
    for (unsigned i = 0; i < MOST_WORDS; i++) {
        words[i] = zero;
    }
    for (unsigned i = 0; i < lanes; i++) {
        IrValue *lane = lane_of(b, x, i);
        unsigned at = i * bits, which = at / WIDE;
        if (bits > WIDE) { /* one lane */
            IrValue *pair = ir_convert(b, OP_BITCAST, ir_vector(IR_U32, 2), lane);
            words[0] = ir_extract(b, pair, 0);
            words[1] = ir_extract(b, pair, 1);
        } else if (ir_is_float(lane->type) && bits < WIDE) {
            bool last = i + 1 == lanes;
            IrValue *next = last ? ir_const_zero(b->module, lane->type) : lane_of(b, x, i + 1);
            words[which] = word_of_halves(b, lane, next);
            i += !last;
        } else {
            lane = lane->type == word ? lane : ir_convert(b, OP_BITCAST, word, lane);
            if (bits < WIDE) {
                lane = ir_binary(b, OP_AND, lane, number(b, word, mask_of(bits)));
                lane = raw_shift(b, OP_SHL, lane, at % WIDE);
            }
            words[which] = at % WIDE == 0 ? lane : ir_binary(b, OP_OR, words[which], lane);
        }
    }
}

/* A value of `type`, a small one's in 32 bits, of these bits. */
static IrValue *value_of_words(IrBuilder *b, const IrType *type, IrValue *const *words) {
    unsigned bits = ir_bits(type);
    if (bits > WIDE) {
        IrValue *pair = ir_emit(b, OP_CONSTRUCT, ir_vector(IR_U32, 2), 2, words)->results[0];
        return ir_convert(b, OP_BITCAST, type, pair);
    }
    const IrType *result = is_small(type) ? wide(type) : type;
    const IrType *lane_type = ir_lane_type(result);
    IrValue *lanes[IR_MAX_LANES];
    for (unsigned i = 0; i < type->lanes; i++) {
        unsigned at = i * bits % WIDE;
        IrValue *word = words[i * bits / WIDE];
        if (ir_is_float(type) && bits < WIDE) {
            lanes[i] =
                ir_extract(b, ir_convert(b, OP_BITCAST, ir_vector(IR_F16, 2), word), at / bits);
        } else {
            lanes[i] = raw_shift(b, OP_SHR, word, is_small(type) ? at : 0);
            if (lanes[i]->type != lane_type) {
                lanes[i] = ir_convert(b, OP_BITCAST, lane_type, lanes[i]);
            }
            lanes[i] = is_small(type) ? normal(b, ir_lane_type(type), lanes[i]) : lanes[i];
        }
    }
    return type->lanes == 1 ? lanes[0]
                            : ir_emit(b, OP_CONSTRUCT, result, type->lanes, lanes)->results[0];
}

/* ---- conversion ---- */

static IrValue *same_sign(IrBuilder *b, const IrType *type, IrValue *x) {
    return x->type == type ? x : ir_convert(b, OP_CONVERT, type, x);
}

/* Floats saturate at the bounds of the small type, inside which the conversion to 32 bits has its own. */
static IrValue *convert_to_small(IrBuilder *b, const IrInst *inst, const IrType *small) {
    IrValue *x = inst->operands[0];
    const IrType *type = wide(small);
    IrValue *result = same_sign(b, type, x);
    if (ir_is_bool(x->type)) {
        return result;
    }
    if (ir_is_int(x->type)) {
        return normal(b, small, result);
    }
    result->inst->flags |= inst->flags & IR_RAW;
    unsigned bits = ir_bits(small);
    uint64_t max = mask_of(bits - ir_is_signed_int(small));
    result = ir_binary(b, OP_MIN, result, number(b, type, max));
    return ir_is_signed_int(small) ? ir_binary(b, OP_MAX, result, number(b, type, ~max)) : result;
}

/* ---- instructions ---- */

static IrValue *zero_extended(IrBuilder *b, const IrType *small, IrValue *x) {
    return ir_is_signed_int(small)
               ? ir_binary(b, OP_AND, x, number(b, x->type, mask_of(ir_bits(small))))
               : x;
}

/* The same operation on 32 bits. */
static IrValue *same_op(Small *s, IrBuilder *b, const IrInst *inst, unsigned flags,
                        IrValue *const *operands) {
    IrInst *copy = ir_inst_new(b->module, inst->op, inst->operand_count, 1, 0);
    copy->pos = inst->pos;
    copy->flags = (uint8_t)flags;
    if (inst->op == OP_SWIZZLE) {
        copy->swizzle = inst->swizzle;
    } else {
        copy->index = inst->index;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        copy->operands[i] = operands[i];
    }
    ir_insert(b, copy);
    return ir_result_new(b->module, copy, 0, wide_type(s, inst->results[0]->type));
}

/* What stands for the result of a pure instruction on small integers, whose operands are in 32 bits already. */
static IrValue *lower_pure(Small *s, IrBuilder *b, const IrInst *inst) {
    const IrType *small = inst->results[0]->type;
    unsigned flags = inst->flags;
    if (inst->op == OP_CONSTRUCT || ir_is_composite(small)) {
        return same_op(s, b, inst, flags, inst->operands);
    }
    unsigned bits = ir_bits(small);
    bool is_signed = ir_is_signed_int(small);
    IrValue *operands[IR_MAX_LANES], *result;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        operands[i] = inst->operands[i];
    }
    switch (inst->op) {
    case OP_SHL:
    case OP_SHR:
        if ((flags & IR_RAW) == 0) {
            operands[1] = ir_binary(b, OP_AND, operands[1], number(b, operands[1]->type, bits - 1));
        }
        flags |= IR_RAW;
        break;
    case OP_POPCOUNT:
    case OP_CLZ:
        operands[0] = zero_extended(b, small, operands[0]);
        break;
    case OP_EXTRACT_BITS:
    case OP_INSERT_BITS:
        REQUIRE((flags & IR_RAW) != 0);
        break;
    default:
        break;
    }
    result = same_op(s, b, inst, flags, operands);
    switch (inst->op) {
    case OP_NEG:
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_SHL:
    case OP_SUBGROUP_ADD:
    case OP_SUBGROUP_MUL:
    case OP_SUBGROUP_INCLUSIVE_ADD:
    case OP_SUBGROUP_EXCLUSIVE_ADD:
    case OP_SUBGROUP_INCLUSIVE_MUL:
    case OP_SUBGROUP_EXCLUSIVE_MUL:
        return normal(b, small, result);
    case OP_ABS: /* abs(MIN) = MIN */
    case OP_DIV: /* MIN / -1 = MIN */
    case OP_INSERT_BITS:
        return is_signed ? normal(b, small, result) : result;
    case OP_NOT:
        return is_signed ? result : normal(b, small, result);
    case OP_CLZ:
        return ir_binary(b, OP_SUB, result, number(b, result->type, WIDE - bits));
    case OP_CTZ:
        return ir_binary(b, OP_MIN, result, number(b, result->type, bits));
    case OP_REVERSE_BITS: /* they are at the top */
        return raw_shift(b, OP_SHR, result, WIDE - bits);
    default: /* a choice or a part of normal values, or what normal values are closed under */
        return result;
    }
}

/* NULL: nothing to do. */
static IrValue *lower_bitcast(IrBuilder *b, const IrInst *inst) {
    IrValue *x = inst->operands[0], *words[MOST_WORDS];
    const IrType *from = x->type, *to = inst->results[0]->type;
    unsigned bits = ir_bits(to) * to->lanes / from->lanes; /* of a lane of what `x` stands for */
    if (!is_small(to) && (!ir_is_int(from) || ir_bits(from) == bits)) {
        return NULL;
    }
    if (is_small(to) && ir_is_int(from) && from->lanes == to->lanes) {
        return normal(b, to, same_sign(b, wide(to), x));
    }
    words_of(b, x, bits, words);
    return value_of_words(b, to, words);
}

/* The value in 32 bits of a parameter. */
static IrValue *to_wide(Small *s, IrBuilder *b, IrValue *x) {
    if (!ir_is_composite(x->type) || !has_small(x->type)) {
        return ir_convert(b, OP_CONVERT, wide_type(s, x->type), x);
    }
    uint32_t count = ir_part_count(x->type);
    IrValue **parts = NEW_ARRAY(s->module->arena, IrValue *, count);
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = to_wide(s, b, ir_extract(b, x, i));
    }
    return ir_emit(b, OP_CONSTRUCT, wide_type(s, x->type), count, parts)->results[0];
}

static IrValue *lower_load(Small *s, IrBuilder *b, const IrInst *inst) {
    const IrType *small = inst->results[0]->type;
    if (inst->operands[0]->type->kind != IR_TYPE_BUFFER) {
        return same_op(s, b, inst, inst->flags, inst->operands);
    }
    REQUIRE(ir_is_value(small));
    IrValue *there = ir_load(b, inst->operands[0], inst->operand_count - 1, inst->operands + 1);
    there->inst->flags = inst->flags;
    return ir_convert(b, OP_CONVERT, wide(small), there);
}

/* What takes the place of the result; NULL: nothing to do. */
static IrValue *lower_result(Small *s, IrBuilder *b, const IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    switch (inst->op) {
    case OP_BITCAST:
        return lower_bitcast(b, inst);
    case OP_CONVERT:
        if (is_small(type)) {
            return convert_to_small(b, inst, type);
        }
        return type == inst->operands[0]->type ? inst->operands[0] : NULL;
    case OP_LOAD:
        return has_small(type) ? lower_load(s, b, inst) : NULL;
    default:
        return has_small(type) ? lower_pure(s, b, inst) : NULL;
    }
}

/* A local or shared memory of small integers: its `load`s and `store`s follow the root's type. Buffers stay. */
static void lower_root(Small *s, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    if (has_small(type->element)) {
        inst->results[0]->type = ir_root_type(s->module, type->kind, wide_type(s, type->element));
        s->changed = true;
    }
}

static void lower_store(Small *s, IrBuilder *b, IrInst *inst) {
    const IrType *there =
        ir_place_type(inst->operands[1]->type, inst->operand_count - 2, inst->operands + 2);
    if (has_small(there)) { /* in a buffer: locals and shared memory have changed */
        REQUIRE(ir_is_value(there));
        inst->operands[0] = ir_convert(b, OP_CONVERT, there, inst->operands[0]);
        s->changed = true;
    }
}

static void visit(IrInst *inst, void *data) {
    Small *s = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *operand = ir_resolve(inst->operands[i]);
        inst->operands[i] = widened(s, operand);
        s->changed |= inst->operands[i] != operand;
    }
    IrBuilder b = ir_before(s->module, inst);
    if (inst->op == OP_STORE) {
        lower_store(s, &b, inst);
    } else if (inst->op == OP_VAR || inst->op == OP_SHARED) {
        lower_root(s, inst);
    } else if (inst->op == OP_CALL || inst->op == OP_SPEC) { /* follow what they refer to */
        widen_types(s, inst->result_count, inst->results);
    } else if (inst->result_count == 1 && inst->region_count == 0) {
        IrValue *value = lower_result(s, &b, inst);
        if (value != NULL) {
            inst->results[0]->type = value->type;
            ir_take_place(inst, value);
            s->changed = true;
        }
    }
}

static void widen_spec(Small *s, IrSpec *spec) {
    if (is_small(spec->type)) {
        const IrValue *constant = ir_const(s->module, spec->type, &spec->bits);
        spec->bits = wide_constant(s, constant)->bits[0];
        spec->type = wide(spec->type);
        s->changed = true;
    }
}

static void widen_proc(Small *s, IrFunction *proc) {
    widen_types(s, proc->param_count, proc->params);
    if (proc->result != &ir_void && has_small(proc->result)) {
        proc->result = wide_type(s, proc->result);
        s->changed = true;
    }
}

static bool run(IrModule *module) {
    Small s = {.module = module};
    for (IrSpec *spec = module->specs; spec != NULL; spec = spec->next) {
        widen_spec(&s, spec);
    }
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (!function->is_kernel) {
            widen_proc(&s, function);
        }
    }
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        s.function = function;
        s.params = NEW_ARRAY(module->arena, IrValue *, function->param_count);
        ir_walk(&function->body, widen_control, &s);
        ir_walk(&function->body, visit, &s);
        ir_resolve_all(function);
    }
    return s.changed;
}

IR_PASS(lower_small_ints, run);
