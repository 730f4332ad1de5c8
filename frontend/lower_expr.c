/* Expressions to IR. Operands are evaluated from left to right. See lower.h. */
#include "frontend/lower.h"

#include "ir/base/fatal.h"

IrValue *lower_constant(Lower *l, const IrType *type, const ConstValue *value) {
    REQUIRE(value->type == type && !is_abstract(type));
    return ir_const(l->module, type, const_words(value));
}

/* Any integer as an index: u32, so that what is negative or beyond 32 bits is outside every length. */
static IrValue *as_index(Lower *l, IrValue *value) {
    const IrType *index = ir_scalar(IR_U32), *wide = ir_scalar(IR_U64);
    if (value->type == index) {
        return value;
    }
    if (ir_is_const(value)) {
        Wide number = integer_of_bits(value->type->scalar, value->bits[0]);
        return ir_const_u32(l->module,
                            number < 0 || number > UINT32_MAX ? UINT32_MAX : (uint32_t)number);
    }
    if (ir_bits(value->type) == 64) { /* as unsigned a negative one is beyond 32 bits, too */
        value = ir_convert(&l->b, OP_BITCAST, wide, value);
        value = ir_binary(&l->b, OP_MIN, value, ir_const_splat(l->module, wide, UINT32_MAX));
    }
    IrOp op = ir_bits(value->type) == 32 ? OP_BITCAST : OP_CONVERT;
    return ir_convert(&l->b, op, index, value);
}

IrValue *lower_index(Lower *l, const Expr *e) {
    return as_index(l, lower_expr(l, e));
}

IrValue *lower_binary(Lower *l, BinaryOp op, const IrType *type, IrValue *a, IrValue *b) {
    if (a->type->is_matrix || b->type->is_matrix) {
        return lower_matrix_binary(l, op, type, a, b);
    }
    if (op == BINARY_SHL ||
        op == BINARY_SHR) { /* counts are u32; modulo the width, the sign is no matter */
        b = ir_convert(&l->b, OP_CONVERT, ir_vector(IR_U32, b->type->lanes), b);
    } else if (a->type->lanes != b->type->lanes) { /* v * 2.0 */
        a = ir_splat(&l->b, type, a);
        b = ir_splat(&l->b, type, b);
    }
    return ir_binary(&l->b, binary_ir_op(op), a, b);
}

/* The value of one arm or the other; `arm` lowers it. */
static IrValue *lower_choice(Lower *l, const Expr *e, IrValue *condition,
                             IrValue *(*arm)(Lower *l, const Expr *e, int which)) {
    l->b.pos = e->span.start;
    IrInst *inst = ir_if(&l->b, condition, 1, &e->type);
    bool left = false;
    for (int which = 0; which < 2; which++) {
        LowerSaved saved = lower_enter(l, &inst->regions[which]);
        IrValue *value = arm(l, e, which);
        left |= l->open;
        lower_end(l, OP_YIELD, 1, &value);
        lower_leave(l, saved);
    }
    REQUIRE(left);
    return inst->results[0];
}

static IrValue *ternary_arm(Lower *l, const Expr *e, int which) {
    return lower_expr(l, which == IR_IF_TRUE ? e->ternary.a : e->ternary.b);
}

static IrValue *if_arm(Lower *l, const Expr *e, int which) {
    const Block *block = which == IR_IF_TRUE ? e->if_else.a : e->if_else.b;
    lower_block(l, block);
    return l->open ? lower_expr(l, block->value) : NULL;
}

/* `a and b`: b is evaluated where a is true; `or` where it is false. */
static IrValue *short_circuit_arm(Lower *l, const Expr *e, int which) {
    bool evaluates = (e->binary.op == BINARY_AND) == (which == IR_IF_TRUE);
    return evaluates ? lower_expr(l, e->binary.b)
                     : ir_const_bool(l->module, e->binary.op == BINARY_OR);
}

static IrValue *lower_construct(Lower *l, const Expr *e) {
    IrValue *parts[IR_MAX_LANES * IR_MAX_LANES];
    uint32_t count = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        parts[count++] = lower_expr(l, arg);
    }
    l->b.pos = e->span.start;
    if (e->type->is_matrix) {
        return lower_matrix(l, e->type, count, parts);
    }
    if (count == 1) {
        return ir_splat(&l->b, e->type, parts[0]);
    }
    return ir_emit(&l->b, OP_CONSTRUCT, e->type, count, parts)->results[0];
}

static IrValue *lower_call(Lower *l, const Expr *e) {
    if (e->symbol == NULL) {
        return e->call.callee->kind == EXPR_FIELD ? lower_atomic_method(l, e)
                                                  : lower_construct(l, e);
    }
    if (e->symbol->kind == SYMBOL_BUILTIN_PROC && e->symbol->builtin->class == BUILTIN_TEXT) {
        lower_debug(l, e);
        return NULL;
    }
    uint32_t count = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        count++;
    }
    IrValue **args = NEW_ARRAY(l->module->arena, IrValue *, count);
    count = 0;
    for (const Expr *arg = e->call.args; arg != NULL; arg = arg->next) {
        args[count++] = arg->type->kind == IR_TYPE_BUFFER ? arg->symbol->value
                        : arg->type->kind == IR_TYPE_REF  ? lower_ref(l, arg)
                                                          : lower_expr(l, arg);
    }
    l->b.pos = e->span.start;
    if (e->symbol->kind == SYMBOL_BUILTIN_PROC) {
        return lower_builtin_call(l, e, args);
    }
    IrFunction *callee = e->symbol->function;
    IrInst *inst =
        ir_emit(&l->b, OP_CALL, callee->result == &ir_void ? NULL : callee->result, count, args);
    inst->callee = callee;
    return inst->result_count > 0 ? inst->results[0] : NULL;
}

/* Built-in values are the same all through a function: read at its start, once. */
static IrValue *lower_builtin_value(Lower *l, const Symbol *symbol) {
    IrValue **known = l->builtins[symbol->value_id], **value = &known[symbol->value_lane + 1];
    if (*value != NULL) {
        return *value;
    }
    IrBuilder start = ir_at_end(l->module, &l->function->body);
    start.before = known[0] != NULL ? known[0]->inst->next : l->function->body.first;
    start.pos = l->function->pos;
    if (known[0] == NULL) {
        known[0] = ir_builtin(&start, symbol->value_id);
    }
    if (symbol->value_lane >= 0) {
        *value = ir_extract(&start, known[0], (uint32_t)symbol->value_lane);
        (*value)->name = symbol->name;
    }
    return *value;
}

static IrValue *lower_name(Lower *l, const Expr *e) {
    const Symbol *symbol = e->symbol;
    if (symbol->kind == SYMBOL_BUILTIN_VALUE) {
        return lower_builtin_value(l, symbol);
    }
    if (symbol->kind == SYMBOL_CONST) {
        REQUIRE(symbol->spec != NULL);
        return ir_spec(&l->b, symbol->spec);
    }
    REQUIRE(symbol->kind == SYMBOL_LOCAL && symbol->value != NULL);
    return symbol->is_mut ? ir_load(&l->b, symbol->value, 0, NULL) : symbol->value;
}

/* Whether the expression names memory, so that only the lanes it picks are read. */
static bool is_memory(const Expr *e) {
    switch (e->kind) {
    case EXPR_NAME:
        return e->symbol->kind == SYMBOL_LOCAL && e->symbol->is_mut;
    case EXPR_INDEX:
        return e->index.a->type->kind == IR_TYPE_BUFFER || is_memory(e->index.a);
    case EXPR_FIELD:
        return e->field.a->type->kind == IR_TYPE_FORM && is_memory(e->field.a);
    case EXPR_UNARY:
        return e->unary.op == UNARY_DEREF;
    default:
        return false;
    }
}

static IrValue *lower_index_expr(Lower *l, const Expr *e) {
    if (is_memory(e)) {
        LowerPlace place = lower_place(l, e);
        l->b.pos = e->span.start;
        return lower_place_load(l, &place);
    }
    IrValue *vector = lower_expr(l, e->index.a);
    IrValue *index = lower_index(l, e->index.b);
    l->b.pos = e->span.start;
    if (ir_is_const(index) && index->bits[0] < ir_part_count(vector->type)) {
        return ir_extract(&l->b, vector, (uint32_t)index->bits[0]);
    }
    if (ir_is_composite(vector->type)) { /* by a number known at run time only memory is indexed */
        IrValue *copy = ir_var(&l->b, vector->type, NULL);
        ir_store(&l->b, vector, copy, 0, NULL);
        return ir_load(&l->b, copy, 1, &index);
    }
    return ir_emit(&l->b, OP_EXTRACT_AT, e->type, 2, (IrValue *[]){vector, index})->results[0];
}

static IrValue *lower_field(Lower *l, const Expr *e) {
    if (e->field.a->type->kind == IR_TYPE_BUFFER) {
        IrValue *root = e->field.a->symbol->value;
        l->b.pos = e->span.start;
        return ir_emit(&l->b, OP_LEN, e->type, 1, &root)->results[0];
    }
    if (is_memory(e)) {
        LowerPlace place = lower_place(l, e);
        l->b.pos = e->span.start;
        return lower_place_load(l, &place);
    }
    IrValue *vector = lower_expr(l, e->field.a);
    l->b.pos = e->span.start;
    if (e->field.a->type->kind == IR_TYPE_FORM) {
        return ir_extract(&l->b, vector, e->info);
    }
    unsigned count = swizzle_count(e->info);
    if (count == 1) {
        return ir_extract(&l->b, vector, swizzle_lane(e->info, 0));
    }
    IrInst *inst = ir_emit(&l->b, OP_SWIZZLE, e->type, 1, &vector);
    inst->swizzle.lanes = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        inst->swizzle.lane[i] = (uint8_t)swizzle_lane(e->info, i);
    }
    return inst->results[0];
}

static IrValue *lower_unary(Lower *l, const Expr *e) {
    if (e->unary.op == UNARY_DEREF) {
        return ir_load(&l->b, e->unary.a->symbol->value, 0, NULL);
    }
    IrValue *a = lower_expr(l, e->unary.a);
    l->b.pos = e->span.start;
    if (a->type->is_matrix) {
        return lower_matrix_negate(l, a);
    }
    return ir_unary(&l->b, e->unary.op == UNARY_NEG ? OP_NEG : OP_NOT, a);
}

static IrValue *lower_binary_expr(Lower *l, const Expr *e) {
    IrValue *a = lower_expr(l, e->binary.a);
    if (e->binary.op == BINARY_AND || e->binary.op == BINARY_OR) {
        return lower_choice(l, e, a, short_circuit_arm);
    }
    IrValue *b = lower_expr(l, e->binary.b);
    l->b.pos = e->span.start;
    return lower_binary(l, e->binary.op, e->type, a, b);
}

static IrValue *lower_array(Lower *l, const Expr *e) {
    uint32_t count = e->type->count, i = 0;
    IrValue **parts = NEW_ARRAY(l->module->arena, IrValue *, count);
    if (e->kind == EXPR_REPEAT) {
        IrValue *value = lower_expr(l, e->index.a);
        for (; i < count; i++) {
            parts[i] = value;
        }
    }
    for (const Expr *element = e->kind == EXPR_ARRAY ? e->elements : NULL; element != NULL;
         element = element->next) {
        parts[i++] = lower_expr(l, element);
    }
    l->b.pos = e->span.start;
    return ir_emit(&l->b, OP_CONSTRUCT, e->type, count, parts)->results[0];
}

/* The values in the order in which they are written, the fields in that of the form. */
static IrValue *lower_form(Lower *l, const Expr *e) {
    IrValue **parts = NEW_ARRAY(l->module->arena, IrValue *, e->type->count);
    for (const FieldInit *init = e->form.fields; init != NULL; init = init->next) {
        for (uint32_t i = 0; i < e->type->count; i++) {
            if (e->type->fields[i].name == init->name.name) {
                parts[i] = lower_expr(l, init->value);
            }
        }
    }
    l->b.pos = e->span.start;
    return ir_emit(&l->b, OP_CONSTRUCT, e->type, e->type->count, parts)->results[0];
}

IrValue *lower_expr(Lower *l, const Expr *e) {
    if (e->constant != NULL) {
        return lower_constant(l, e->type, e->constant);
    }
    l->b.pos = e->span.start;
    switch (e->kind) {
    case EXPR_NAME:
        return lower_name(l, e);
    case EXPR_UNARY:
        return lower_unary(l, e);
    case EXPR_BINARY:
        return lower_binary_expr(l, e);
    case EXPR_TERNARY:
        return lower_choice(l, e, lower_expr(l, e->ternary.condition), ternary_arm);
    case EXPR_IF:
        return lower_choice(l, e, lower_expr(l, e->if_else.condition), if_arm);
    case EXPR_CAST:
    case EXPR_BITCAST: {
        IrValue *a = lower_expr(l, e->cast.a);
        l->b.pos = e->span.start;
        return ir_convert(&l->b, e->kind == EXPR_CAST ? OP_CONVERT : OP_BITCAST, e->type, a);
    }
    case EXPR_CALL:
        return lower_call(l, e);
    case EXPR_INDEX:
        return lower_index_expr(l, e);
    case EXPR_FIELD:
        return lower_field(l, e);
    case EXPR_ARRAY:
    case EXPR_REPEAT:
        return lower_array(l, e);
    case EXPR_FORM:
        return lower_form(l, e);
    default:
        BUG("expression %d passed the checker", (int)e->kind);
    }
}
