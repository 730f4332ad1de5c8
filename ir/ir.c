/* The data structure of the IR: tables, modules, constants, reading and changing. See ir.h. */
#include "ir/ir.h"

#include "ir/base/fatal.h"
#include "ir/eval.h"

const IrOpRow ir_ops[OP_COUNT] = {
    [OP_NONE] = {.text = ""},
#define PURE IR_PURE
#define READ IR_READ
#define WRITE IR_WRITE
#define CONTROL IR_CONTROL
#define TERM IR_TERM
#define COMMUTES IR_COMMUTES
#define PARTIAL IR_PARTIAL
#define PLACE IR_PLACE
#define SYNC IR_SYNC
#define CONVERGENT IR_CONVERGENT
#define ANY IR_ANY_OPERANDS
#define OP(id, ID, text, operands, rule, effects)                                                  \
    [OP_##ID] = {text, id, operands, RULE_##rule, effects},
#include "ir/ops.def"
#undef OP
#undef PURE
#undef READ
#undef WRITE
#undef CONTROL
#undef TERM
#undef COMMUTES
#undef PARTIAL
#undef PLACE
#undef SYNC
#undef CONVERGENT
#undef ANY
};

const IrBuiltinRow ir_builtins[IR_BUILTIN_COUNT] = {
#define BUILTIN_VALUE(ID, text, lanes) {text, lanes},
#include "ir/builtin_values.def"
#undef BUILTIN_VALUE
};

IrModule *ir_module_new(Arena *arena, Names *names, Diags *diags) {
    IrModule *module = NEW(arena, IrModule);
    module->arena = arena;
    module->names = names;
    module->diags = diags;
    return module;
}

static IrValue *value_new(IrModule *module, IrValueKind kind, const IrType *type, uint32_t index,
                          unsigned words) {
    IrValue *value =
        arena_alloc(module->arena, sizeof *value + words * sizeof(uint64_t), _Alignof(IrValue));
    value->kind = kind;
    value->type = type;
    value->index = index;
    return value;
}

IrFunction *ir_function_add(IrModule *module, Name name, bool is_kernel, uint32_t param_count) {
    IrFunction *function = NEW(module->arena, IrFunction);
    function->name = name;
    function->is_kernel = is_kernel;
    function->result = &ir_void;
    function->param_count = param_count;
    function->params = NEW_ARRAY(module->arena, IrValue *, param_count);
    function->param_docs = NEW_ARRAY(module->arena, const char *, param_count);
    function->workgroup[0] = function->workgroup[1] = function->workgroup[2] = 1;
    function->body.function = function;
    bool known = module->functions != NULL && module->newest != NULL;
    IrFunction **end = known ? &module->newest->next : &module->functions;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = module->newest = function;
    return function;
}

void ir_function_param(IrModule *module, IrFunction *function, uint32_t index, Name name,
                       const IrType *type) {
    REQUIRE(index < function->param_count);
    function->params[index] = value_new(module, IR_VALUE_PARAM, type, index, 0);
    function->params[index]->name = name;
}

IrValue *ir_function_more(IrModule *module, IrFunction *function, Name name, const IrType *type) {
    uint32_t count = function->param_count++;
    IrValue **params = NEW_ARRAY(module->arena, IrValue *, count + 1);
    const char **docs = NEW_ARRAY(module->arena, const char *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        params[i] = function->params[i];
        docs[i] = function->param_docs[i];
    }
    function->params = params;
    function->param_docs = docs;
    ir_function_param(module, function, count, name, type);
    return params[count];
}

IrSpec *ir_spec_add(IrModule *module, Name name, uint32_t id, const IrType *type, uint64_t bits) {
    IrSpec *spec = NEW(module->arena, IrSpec);
    *spec = (IrSpec){.name = name, .id = id, .type = type, .bits = bits};
    IrSpec **end = &module->specs;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    return *end = spec;
}

uint64_t ir_spec_bits(const IrSpec *spec, const IrSpecValues *values) {
    for (uint32_t i = 0; values != NULL && i < values->count; i++) {
        if (values->items[i].id == spec->id) {
            return values->items[i].bits;
        }
    }
    return spec->bits;
}

void ir_workgroup(const IrFunction *kernel, const IrSpecValues *values, uint32_t sides[3]) {
    for (int axis = 0; axis < 3; axis++) {
        const IrSpec *spec = kernel->workgroup_spec[axis];
        sides[axis] = spec != NULL ? (uint32_t)ir_spec_bits(spec, values) : kernel->workgroup[axis];
    }
}

/* Where a type of this element and count is looked for. */
static const IrType **bucket_of(IrModule *module, const IrType *element, uint32_t count) {
    uint32_t hash = (uint32_t)((uintptr_t)element >> 4) * 31 + count;
    return &module->buckets[hash * 2654435769u >> (32 - IR_TYPE_BUCKET_BITS)];
}

const IrType *ir_root_type(IrModule *module, IrTypeKind kind, const IrType *element) {
    const IrType **bucket = bucket_of(module, element, 0);
    for (const IrType *type = *bucket; type != NULL; type = type->chained) {
        if (type->kind == kind && type->element == element) {
            return type;
        }
    }
    IrType *type = NEW(module->arena, IrType);
    *type = (IrType){.kind = kind, .element = element, .next = module->types, .chained = *bucket};
    module->types = *bucket = type;
    return type;
}

const IrType *ir_array_type(IrModule *module, const IrType *element, uint32_t count) {
    if (count == 0 || element->words > IR_MAX_WORDS / count ||
        element->depth >= IR_MAX_TYPE_DEPTH) {
        return NULL;
    }
    const IrType **bucket = bucket_of(module, element, count);
    for (const IrType *type = *bucket; type != NULL; type = type->chained) {
        if (type->kind == IR_TYPE_ARRAY && type->element == element && type->count == count &&
            !type->is_matrix) {
            return type;
        }
    }
    IrType *type = NEW(module->arena, IrType);
    *type = (IrType){.kind = IR_TYPE_ARRAY,
                     .element = element,
                     .count = count,
                     .has_atomic = element->has_atomic,
                     .words = element->words * count,
                     .depth = element->depth + 1,
                     .next = module->types,
                     .chained = *bucket};
    module->types = *bucket = type;
    return type;
}

const IrType *ir_matrix_type(IrModule *module, IrScalar scalar, unsigned columns, unsigned rows) {
    const IrType *column = ir_vector(scalar, rows);
    const IrType **bucket = bucket_of(module, column, columns);
    for (const IrType *type = *bucket; type != NULL; type = type->chained) {
        if (type->is_matrix && type->element == column && type->count == columns) {
            return type;
        }
    }
    IrType *type = NEW(module->arena, IrType);
    *type = (IrType){.kind = IR_TYPE_ARRAY,
                     .element = column,
                     .count = columns,
                     .is_matrix = true,
                     .words = column->words * columns,
                     .depth = 1,
                     .next = module->types,
                     .chained = *bucket};
    module->types = *bucket = type;
    return type;
}

const IrType *ir_form_type(IrModule *module, Name name, const char *doc, uint32_t count,
                           const IrField *fields) {
    IrField *kept = NEW_ARRAY(module->arena, IrField, count);
    uint32_t words = 0, offset = 0, depth = 0;
    bool has_atomic = false;
    for (uint32_t i = 0; i < count; i++) {
        kept[i] = fields[i];
        words += fields[i].type->words;
        has_atomic |= fields[i].type->has_atomic;
        depth = fields[i].type->depth > depth ? fields[i].type->depth : depth;
        if (words > IR_MAX_WORDS || depth >= IR_MAX_TYPE_DEPTH) {
            return NULL;
        }
        if (!ir_has_bool(fields[i].type)) { /* a form with a bool is in no host's memory */
            unsigned align = ir_align(fields[i].type);
            kept[i].offset = (offset + align - 1) / align * align;
            offset = kept[i].offset + ir_size(fields[i].type);
        }
    }
    if (count == 0) {
        return NULL;
    }
    IrType *type = NEW(module->arena, IrType);
    *type = (IrType){.kind = IR_TYPE_FORM,
                     .name = name,
                     .doc = doc,
                     .count = count,
                     .fields = kept,
                     .has_atomic = has_atomic,
                     .words = words,
                     .depth = depth + 1,
                     .next = module->types};
    module->types = type;
    return type;
}

/* ---- constants ---- */

static uint32_t hash_const(const IrType *type, const uint64_t *bits) {
    /* no addresses: order must not vary */
    uint32_t hash = ((uint32_t)type->kind * 31 + (uint32_t)type->scalar) * 31 + type->words;
    return hash * 16777619u ^ hash_bytes(bits, type->words * sizeof *bits);
}

static void grow_constants(IrModule *module) {
    uint32_t capacity = module->constant_capacity == 0 ? 128 : module->constant_capacity * 2;
    IrValue **table = NEW_ARRAY(module->arena, IrValue *, capacity);
    for (uint32_t i = 0; i < module->constant_capacity; i++) {
        for (IrValue *value = module->constants[i], *next; value != NULL; value = next) {
            next = value->next;
            IrValue **slot = &table[hash_const(value->type, value->bits) & (capacity - 1)];
            value->next = *slot;
            *slot = value;
        }
    }
    module->constants = table;
    module->constant_capacity = capacity;
}

IrValue *ir_const(IrModule *module, const IrType *type, const uint64_t *bits) {
    REQUIRE(ir_is_data(type));
    if (module->constant_count >= module->constant_capacity) {
        grow_constants(module);
    }
    uint32_t slot = hash_const(type, bits) & (module->constant_capacity - 1);
    size_t size = type->words * sizeof *bits;
    for (IrValue *value = module->constants[slot]; value != NULL; value = value->next) {
        if (value->type == type && memcmp(value->bits, bits, size) == 0) {
            return value;
        }
    }
    IrValue *value = value_new(module, IR_VALUE_CONST, type, 0, type->words);
    memcpy(value->bits, bits, size);
    value->next = module->constants[slot];
    module->constants[slot] = value;
    module->constant_count++;
    return value;
}

IrValue *ir_const_splat(IrModule *module, const IrType *type, uint64_t bits) {
    REQUIRE(ir_is_value(type));
    uint64_t lanes[IR_MAX_LANES] = {bits, bits, bits, bits};
    return ir_const(module, type, lanes);
}

IrValue *ir_const_zero(IrModule *module, const IrType *type) {
    if (ir_is_value(type)) {
        return ir_const_splat(module, type, 0);
    }
    Arena scratch = {0};
    IrValue *zero = ir_const(module, type, NEW_ARRAY(&scratch, uint64_t, type->words));
    arena_release(&scratch);
    return zero;
}

IrValue *ir_const_number(IrModule *module, const IrType *type, double number) {
    return ir_const_splat(module, type, ir_bits_of_number(type->scalar, number));
}

IrValue *ir_const_u32(IrModule *module, uint32_t value) {
    return ir_const_splat(module, ir_scalar(IR_U32), value);
}

IrValue *ir_const_bool(IrModule *module, bool value) {
    return ir_const_splat(module, ir_scalar(IR_BOOL), value);
}

/* ---- reading ---- */

IrOp ir_opposite(const IrInst *comparison) {
    static const IrOp opposites[OP_COUNT] = {
        [OP_EQ] = OP_NE, [OP_NE] = OP_EQ, [OP_LT] = OP_GE,
        [OP_GE] = OP_LT, [OP_GT] = OP_LE, [OP_LE] = OP_GT,
    };
    IrOp op = opposites[comparison->op];
    bool equality = op == OP_EQ || op == OP_NE;
    return op != OP_NONE && !equality && ir_is_float(ir_resolve(comparison->operands[0])->type)
               ? OP_NONE
               : op;
}

IrValue *ir_resolve(IrValue *value) {
    IrValue *end = value;
    while (end->forward != NULL) {
        end = end->forward;
    }
    while (value->forward != NULL) {
        IrValue *next = value->forward;
        value->forward = end;
        value = next;
    }
    return end;
}

const IrType *ir_place_type(const IrType *root, uint32_t index_count, IrValue *const *indices) {
    const IrType *type = root->element;
    if (root->kind == IR_TYPE_BUFFER) {
        if (index_count == 0) {
            return NULL; /* a buffer as a whole is not a value */
        }
        index_count--;
        indices++;
    }
    for (uint32_t i = 0; i < index_count && type != NULL; i++) {
        if (type->kind == IR_TYPE_FORM) {
            bool good = ir_is_const(indices[i]) && indices[i]->bits[0] < type->count;
            type = good ? ir_part_type(type, (uint32_t)indices[i]->bits[0]) : NULL;
        } else {
            type = ir_part_type(type, 0);
        }
    }
    return type;
}

IrOp ir_op_named(const char *text, size_t length) {
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) {
        if (strlen(ir_ops[op].text) == length && memcmp(ir_ops[op].text, text, length) == 0) {
            return (IrOp)op;
        }
    }
    return OP_NONE;
}

/* ---- making and changing ---- */

IrInst *ir_inst_new(IrModule *module, IrOp op, uint32_t operand_count, uint32_t result_count,
                    uint32_t region_count) {
    IrInst *inst = NEW(module->arena, IrInst);
    inst->op = op;
    inst->operand_count = operand_count;
    inst->result_count = result_count;
    inst->region_count = region_count;
    if (operand_count > 0) {
        inst->operands = NEW_ARRAY(module->arena, IrValue *, operand_count);
    }
    if (result_count > 0) {
        inst->results = NEW_ARRAY(module->arena, IrValue *, result_count);
    }
    if (region_count > 0) {
        inst->regions = NEW_ARRAY(module->arena, IrRegion, region_count);
        for (uint32_t i = 0; i < region_count; i++) {
            inst->regions[i].owner = inst;
        }
    }
    return inst;
}

IrValue *ir_result_new(IrModule *module, IrInst *inst, uint32_t index, const IrType *type) {
    IrValue *value = value_new(module, IR_VALUE_RESULT, type, index, 0);
    value->inst = inst;
    inst->results[index] = value;
    return value;
}

IrValue *ir_region_param_new(IrModule *module, IrRegion *region, uint32_t index,
                             const IrType *type) {
    IrValue *value = value_new(module, IR_VALUE_REGION_PARAM, type, index, 0);
    value->inst = region->owner;
    region->params[index] = value;
    return value;
}

void ir_insert(IrBuilder *b, IrInst *inst) {
    IrRegion *region = b->region;
    inst->region = region;
    inst->next = b->before;
    inst->previous = b->before != NULL ? b->before->previous : region->last;
    *(inst->previous != NULL ? &inst->previous->next : &region->first) = inst;
    *(inst->next != NULL ? &inst->next->previous : &region->last) = inst;
    for (uint32_t i = 0; i < inst->region_count; i++) {
        inst->regions[i].function = region->function;
    }
}

void ir_remove(IrInst *inst) {
    IrRegion *region = inst->region;
    *(inst->previous != NULL ? &inst->previous->next : &region->first) = inst->next;
    *(inst->next != NULL ? &inst->next->previous : &region->last) = inst->previous;
    inst->region = NULL;
    inst->previous = inst->next = NULL;
}

void ir_move(IrInst *first, IrInst *last, IrRegion *to) {
    IrRegion *from = first->region;
    *(first->previous != NULL ? &first->previous->next : &from->first) = last->next;
    *(last->next != NULL ? &last->next->previous : &from->last) = first->previous;
    first->previous = to->last;
    *(to->last != NULL ? &to->last->next : &to->first) = first;
    last->next = NULL;
    to->last = last;
    for (IrInst *inst = first; inst != NULL; inst = inst->next) {
        inst->region = to;
    }
}

void ir_replace(IrValue *value, IrValue *replacement) {
    replacement = ir_resolve(replacement);
    REQUIRE(value->type == replacement->type && value->kind != IR_VALUE_CONST);
    if (value != replacement) {
        value->forward = replacement;
    }
}

static void resolve_operands(IrInst *inst, void *data) {
    (void)data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
}

void ir_resolve_all(IrFunction *function) {
    ir_walk(&function->body, resolve_operands, NULL);
}

void ir_walk(IrRegion *region, void (*fn)(IrInst *, void *), void *data) {
    ir_walk_from(region->first, NULL, fn, data);
}

void ir_walk_from(IrInst *first, const IrInst *end, void (*fn)(IrInst *, void *), void *data) {
    for (IrInst *inst = first, *next; inst != end; inst = next) {
        next = inst->next;
        for (uint32_t i = 0; i < inst->region_count; i++) {
            ir_walk(&inst->regions[i], fn, data);
        }
        fn(inst, data);
    }
}
