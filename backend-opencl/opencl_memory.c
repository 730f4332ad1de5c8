/* Memory: places, locals, workgroup memory, atomics. See opencl_writer.h.
 *
 * A place is an lvalue: the root's name, and an index, member or lane each. Indices are known to be in range.
 */
#include "backend-opencl/opencl_writer.h"
#include "ir/base/fatal.h"

/* ---- roots ---- */

/* A local or shared array is a plain C array where what loads and stores get at is never an array of it. */
typedef struct {
    const IrValue *root;
    bool is_whole;
} Search;

static void see_access(IrInst *inst, void *data) {
    Search *search = data;
    if (!ir_has(inst->op, IR_PLACE)) {
        return;
    }
    uint32_t start = ir_place_start(inst);
    if (ir_resolve(inst->operands[start]) == search->root) {
        const IrType *there = ir_place_type(search->root->type, inst->operand_count - start - 1,
                                            inst->operands + start + 1);
        search->is_whole |= there->kind == IR_TYPE_ARRAY;
    }
}

enum { ALL_PLAIN = IR_MAX_TYPE_DEPTH + 1 };

/* How many of the arrays that a root consists of, from the outermost, are C's own. */
static uint32_t plain_arrays(const IrValue *root) {
    if (root->type->element->kind != IR_TYPE_ARRAY) {
        return 0;
    }
    Search search = {root, false};
    ir_walk(&root->inst->region->function->body, see_access, &search);
    bool has_length = root->inst->operand_count > 0; /* which the driver alone knows */
    return !search.is_whole ? ALL_PLAIN : has_length ? 1 : 0;
}

/* `int tile[16][16]`, `Body bodies`; the name's brackets in *brackets. */
static const char *declared_type(OpenclWriter *w, const IrValue *root, uint32_t plain,
                                 const char *length, const char **brackets) {
    const IrType *type = root->type->element;
    Text text = {.arena = w->arena};
    for (; plain > 0 && type->kind == IR_TYPE_ARRAY; plain--) {
        if (length != NULL) {
            text_printf(&text, "[%s]", length);
        } else {
            text_printf(&text, "[%u]", type->count);
        }
        length = NULL;
        type = type->element;
    }
    *brackets = text_get(&text);
    return opencl_type(w, type);
}

/* ---- places ---- */

typedef struct {
    const char *text;
    const IrType *type;
    const char *space; /* "global const ", "local ", "" */
    bool is_packed;    /* a 3-vector as three scalars */
    bool is_mask;      /* an int that stands for a bool */
} Place;

static const char *space_of(const OpenclWriter *w, const IrValue *root) {
    switch (root->type->kind) {
    case IR_TYPE_BUFFER: {
        const ReflectParam *param = &w->kernel->params[root->index];
        bool is_written = (param->access & REFLECT_WRITE) != 0 || param->type->has_atomic;
        return is_written ? "global " : "global const ";
    }
    case IR_TYPE_SHARED:
        return "local ";
    default:
        return "";
    }
}

static const char *lane_text(TextPrinter *p, const Place *at, IrValue *index, TextExpr text) {
    if (ir_is_const(index) && index->bits[0] < at->type->lanes) {
        return arena_printf(p->arena, "%s.%c", at->text, "xyzw"[index->bits[0]]);
    }
    if (at->is_packed) {
        return arena_printf(p->arena, "(&%s.x)[%s]", at->text, text.text);
    }
    const char *lane =
        opencl_scalar(opencl_of(p), ir_is_bool(at->type) ? IR_I32 : at->type->scalar);
    return arena_printf(p->arena, "((%s%s *)&%s)[%s]", at->space, lane, at->text, text.text);
}

/* Arrays of a plain root are C's own until something else is met. */
static Place place(TextPrinter *p, const IrInst *inst) {
    OpenclWriter *w = opencl_of(p);
    uint32_t start = ir_place_start(inst), i = start + 1;
    IrValue *root = ir_resolve(inst->operands[start]);
    Place at = {text_use(p, root).text, root->type->element, space_of(w, root), false, false};
    bool is_buffer = root->type->kind == IR_TYPE_BUFFER, is_inside = is_buffer;
    uint32_t plain = is_buffer ? 0 : w->plain[root->mark];
    if (is_buffer) {
        at.text = arena_printf(p->arena, "%s[%s]", at.text, text_use(p, inst->operands[i++]).text);
    }
    for (; i < inst->operand_count; i++) {
        IrValue *index = text_same(p, inst->operands[i]);
        TextExpr text = text_use(p, inst->operands[i]);
        if (at.type->kind == IR_TYPE_FORM) {
            const char *field = opencl_composite(w, at.type)->fields[index->bits[0]];
            at.text = arena_printf(p->arena, "%s.%s", at.text, field);
            at.type = at.type->fields[index->bits[0]].type;
            plain = 0;
            is_inside = true;
        } else if (at.type->kind == IR_TYPE_ARRAY) {
            at.text = arena_printf(p->arena, "%s%s[%s]", at.text, plain > 0 ? "" : ".v", text.text);
            at.type = at.type->element;
            is_inside |= plain == 0;
            plain -= plain > 0;
        } else {
            at.is_packed = is_inside && at.type->lanes == 3 && !ir_is_bool(at.type);
            at.text = lane_text(p, &at, index, text);
            at.type = ir_lane_type(at.type);
            at.is_packed = false;
            at.is_mask = ir_is_bool(at.type);
            return at;
        }
    }
    at.is_packed =
        is_inside && ir_is_vector(at.type) && at.type->lanes == 3 && !ir_is_bool(at.type);
    return at;
}

void opencl_load(TextPrinter *p, IrInst *inst) {
    Place at = place(p, inst);
    const char *text = at.text;
    if (at.is_packed || at.is_mask) {
        text = at.is_mask ? arena_printf(p->arena, "%s != 0", text)
                          : arena_printf(p->arena, "vload3(0, &%s.x)", text);
    }
    TextExpr value = text_expr(p, at.is_mask ? LEVEL_EQUALITY : TEXT_PRIMARY, "%s", text);
    value.reads = true;
    text_define(p, inst->results[0], value, NULL);
}

/* A local that is stored to at once is declared there. */
static bool is_first_store(const IrInst *inst, const IrValue *root) {
    return inst != NULL && inst->op == OP_STORE && inst->operand_count == 2 &&
           ir_resolve(inst->operands[1]) == root && root->inst->next == inst;
}

void opencl_store(TextPrinter *p, IrInst *inst) {
    IrValue *root = ir_resolve(inst->operands[1]);
    TextExpr value = text_use(p, inst->operands[0]);
    Place at = place(p, inst);
    text_before_write(p);
    if (root->type->kind == IR_TYPE_VAR && is_first_store(inst, root)) {
        p->syntax->variable(p, root->type->element, at.text, value.text);
    } else if (at.is_packed) {
        text_statement(p, "vstore3(%s, 0, &%s.x);", value.text, at.text);
    } else if (at.is_mask) {
        text_statement(p, "%s = %s ? -1 : 0;", at.text, text_at(p, value, LEVEL_LOGIC_OR));
    } else {
        text_statement(p, "%s = %s;", at.text, value.text);
    }
}

/* Memory of a buffer starts at a multiple of 128 bytes, so that a multiple of 2 or 4 elements does at one of 8 or 16. */
static const char *wide_place(TextPrinter *p, const IrInst *inst, const IrType *vector) {
    return arena_printf(p->arena, "*(%s%s *)&%s",
                        space_of(opencl_of(p), ir_resolve(inst->operands[ir_place_start(inst)])),
                        opencl_type(opencl_of(p), vector), place(p, inst).text);
}

void opencl_load_wide(TextPrinter *p, IrInst *inst) {
    const char *at = wide_place(p, inst, inst->results[0]->type);
    TextExpr value = text_expr(p, LEVEL_UNARY, "%s", at);
    value.reads = true;
    text_define(p, inst->results[0], value, NULL);
}

void opencl_store_wide(TextPrinter *p, IrInst *inst) {
    TextExpr value = text_use(p, inst->operands[0]);
    const char *at = wide_place(p, inst, inst->operands[0]->type);
    text_before_write(p);
    text_statement(p, "%s = %s;", at, value.text);
}

/* ---- roots that are declared ---- */

/* What stands before and behind the name of a local or shared. */
static const char *declare(TextPrinter *p, const IrValue *root, const char *length,
                           const char **brackets) {
    OpenclWriter *w = opencl_of(p);
    w->plain[root->mark] = plain_arrays(root);
    return declared_type(w, root, w->plain[root->mark], length, brackets);
}

void opencl_var(TextPrinter *p, IrInst *inst) {
    IrValue *root = inst->results[0];
    if (!text_is_used(p, root)) {
        return;
    }
    const char *brackets, *type = declare(p, root, NULL, &brackets);
    const char *name = text_value_name(p, root, NULL);
    text_define_name(p, root, name);
    if (!is_first_store(inst->next, root)) {
        text_statement(p, "%s %s%s = %s;", type, name, brackets,
                       ir_is_value(root->type->element) ? "0" : "{0}");
    }
}

void opencl_shared(TextPrinter *p, IrInst *inst) {
    IrValue *root = inst->results[0];
    const char *length = inst->operand_count > 0 ? text_use(p, inst->operands[0]).text : NULL;
    const char *brackets, *type = declare(p, root, length, &brackets);
    const char *name = text_value_name(p, root, NULL);
    text_define_name(p, root, name);
    text_statement(p, "local %s %s%s;", type, name, brackets);
}

void opencl_length(TextPrinter *p, IrInst *inst) {
    const IrValue *buffer = ir_resolve(inst->operands[0]);
    text_use(p, inst->operands[0]);
    text_define(p, inst->results[0], text_name_expr(opencl_of(p)->lengths[buffer->index]), NULL);
}

void opencl_spec(TextPrinter *p, IrInst *inst) {
    const char *name = opencl_of(p)->specs[inst->spec->mark];
    text_define(p, inst->results[0], text_name_expr(name), NULL);
}

/* ---- atomics ---- */

/* Functions of OpenCL 1.1 for 32 bits, of cl_khr_int64_…_atomics for 64: relaxed, and in every version since. */
static const char *const atomics[] = {
    [OP_ATOMIC_LOAD] = "or",       [OP_ATOMIC_STORE] = "xchg", [OP_ATOMIC_ADD] = "add",
    [OP_ATOMIC_SUB] = "sub",       [OP_ATOMIC_MIN] = "min",    [OP_ATOMIC_MAX] = "max",
    [OP_ATOMIC_AND] = "and",       [OP_ATOMIC_OR] = "or",      [OP_ATOMIC_XOR] = "xor",
    [OP_ATOMIC_EXCHANGE] = "xchg",
};

/* The place as an operand of an atomic function, of unsigned where the place holds floats. */
static const char *target_of(TextPrinter *p, const IrInst *inst, const IrType **type) {
    Place at = place(p, inst);
    *type = ir_scalar(at.type->scalar);
    if (ir_is_float(*type)) {
        return arena_printf(p->arena, "(volatile %suint *)&%s", at.space, at.text);
    }
    return arena_printf(p->arena, "&%s", at.text);
}

static const char *as_held(TextPrinter *p, TextExpr value, const IrType *type) {
    return ir_is_float(type) ? arena_printf(p->arena, "as_uint(%s)", value.text) : value.text;
}

static const char *prefix(OpenclWriter *w, const IrType *type) {
    w->uses_atomics64 |= ir_bits(type) == 64;
    return ir_bits(type) == 64 ? "atom_" : "atomic_";
}

static void finish(TextPrinter *p, IrInst *inst, const char *call, const IrType *type) {
    if (inst->result_count == 0 || !text_is_used(p, inst->results[0])) {
        text_statement(p, "%s;", call);
        return;
    }
    TextExpr old = ir_is_float(type) ? text_expr(p, TEXT_PRIMARY, "as_float(%s)", call)
                                     : text_expr(p, TEXT_PRIMARY, "%s", call);
    text_define_let(p, inst->results[0], old, "old");
}

void opencl_atomic(TextPrinter *p, IrInst *inst) {
    const IrType *type;
    bool is_load = inst->op == OP_ATOMIC_LOAD;
    TextExpr value = is_load ? text_name_expr("0") : text_use(p, inst->operands[0]);
    const char *at = target_of(p, inst, &type);
    const char *held = is_load ? value.text : as_held(p, value, type);
    text_before_write(p);
    const char *call = arena_printf(p->arena, "%s%s(%s, %s)", prefix(opencl_of(p), type),
                                    atomics[inst->op], at, held);
    finish(p, inst, call, type);
}

void opencl_compare_exchange(TextPrinter *p, IrInst *inst) {
    const IrType *type;
    TextExpr expected = text_use(p, inst->operands[0]), new = text_use(p, inst->operands[1]);
    const char *at = target_of(p, inst, &type);
    text_before_write(p);
    const char *call = arena_printf(p->arena, "%scmpxchg(%s, %s, %s)", prefix(opencl_of(p), type),
                                    at, as_held(p, expected, type), as_held(p, new, type));
    finish(p, inst, call, type);
}

/* ---- calls ---- */

void opencl_call(TextPrinter *p, IrInst *inst) {
    Text text = {.arena = p->arena};
    text_printf(&text, "%s(", opencl_of(p)->procs[inst->callee->mark]);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        text_printf(&text, "%s%s", i > 0 ? ", " : "", text_use(p, inst->operands[i]).text);
    }
    text_char(&text, ')');
    text_before_write(p);
    if (inst->result_count > 0 && text_is_used(p, inst->results[0])) {
        text_define_let(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "%s", text_get(&text)),
                        NULL);
    } else {
        text_statement(p, "%s;", text_get(&text));
    }
}
