/* Memory: places, locals, workgroup memory, atomics, and what a dispatch gives. See wgsl_writer.h.
 *
 * A place is a reference: the root's variable and an index, field or lane each. Indices are known to be in range.
 */
#include "backend-wgsl/wgsl_writer.h"
#include "ir/base/fatal.h"

/* ---- places ---- */

/* A constant index behind the end (--bounds=trust, or what is never reached) is an error where WGSL sees that it is
 * constant. What an `override` is, is seen when the pipeline is made, by naga also through a `let`. `whole` NULL: of a buffer, in
 * which some constants are behind any end. */
static const char *index_text(TextPrinter *p, IrValue *value, const IrType *whole) {
    uint64_t count = whole != NULL ? ir_part_count(whole) : INT32_MAX;
    TextExpr index = text_use(p, value);
    value = text_same(p, value);
    if (ir_is_const(value)) {
        return value->bits[0] < count ? index.text : text_let(p, value->type, index, NULL).text;
    }
    if (index.is_constant) {
        const char *name = namer_name(p->namer, "v");
        p->syntax->variable(p, value->type, name, index.text);
        return name;
    }
    return index.text;
}

static TextExpr place(TextPrinter *p, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    IrValue *root = ir_resolve(inst->operands[start]);
    TextExpr at = text_use(p, root);
    const IrType *whole = root->type->kind == IR_TYPE_BUFFER ? NULL : root->type->element;
    for (uint32_t i = start + 1; i < inst->operand_count; i++) {
        IrValue *index = text_same(p, inst->operands[i]);
        bool is_part = whole != NULL && ir_is_const(index) && index->bits[0] < ir_part_count(whole);
        if (is_part) {
            at = wgsl_part(p, at, whole, (uint32_t)index->bits[0]);
        } else {
            at = text_expr(p, TEXT_PRIMARY, "%s[%s]", at.text, index_text(p, index, whole));
        }
        whole = whole == NULL ? root->type->element
                              : ir_part_type(whole, is_part ? (uint32_t)index->bits[0] : 0);
    }
    return at;
}

void wgsl_load(TextPrinter *p, IrInst *inst) {
    TextExpr at = place(p, inst);
    at.reads = true;
    text_define(p, inst->results[0], at, NULL);
}

/* A local that is stored to at once is declared there. */
static bool is_first_store(const IrInst *inst, const IrValue *root) {
    return inst != NULL && inst->op == OP_STORE && inst->operand_count == 2 &&
           ir_resolve(inst->operands[1]) == root && root->inst->next == inst;
}

void wgsl_var(TextPrinter *p, IrInst *inst) {
    IrValue *root = inst->results[0];
    if (!text_is_used(p, root)) {
        return;
    }
    const char *name = text_value_name(p, root, NULL);
    text_define_name(p, root, name);
    if (!is_first_store(inst->next, root)) {
        const char *type = wgsl_type(wgsl_of(p), root->type->element);
        text_statement(p, "var %s: %s;", name, type);
    }
}

void wgsl_store(TextPrinter *p, IrInst *inst) {
    IrValue *root = ir_resolve(inst->operands[1]);
    TextExpr value = text_use(p, inst->operands[0]);
    TextExpr to = place(p, inst);
    text_before_write(p);
    if (root->kind == IR_VALUE_RESULT && is_first_store(inst, root)) {
        p->syntax->variable(p, root->type->element, to.text, value.text);
    } else {
        text_statement(p, "%s = %s;", to.text, value.text);
    }
}

/* WGSL has no two views of one buffer: element by element. */
typedef struct {
    const char *root, *index;
} WidePlace;

static WidePlace wide_place(TextPrinter *p, const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    const char *root = text_use(p, inst->operands[start]).text;
    TextExpr index = text_use(p, inst->operands[start + 1]);
    return (WidePlace){root, text_let(p, ir_scalar(IR_U32), index, NULL).text};
}

static const char *element(TextPrinter *p, WidePlace at, uint32_t i) {
    return i == 0 ? arena_printf(p->arena, "%s[%s]", at.root, at.index)
                  : arena_printf(p->arena, "%s[%s + %uu]", at.root, at.index, i);
}

void wgsl_load_wide(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    WidePlace at = wide_place(p, inst);
    Text text = {.arena = p->arena};
    text_printf(&text, "%s(", wgsl_type(wgsl_of(p), type));
    for (uint32_t i = 0; i < type->lanes; i++) {
        text_printf(&text, "%s%s", i > 0 ? ", " : "", element(p, at, i));
    }
    text_char(&text, ')');
    TextExpr value = text_expr(p, TEXT_PRIMARY, "%s", text_get(&text));
    value.reads = true;
    text_define(p, inst->results[0], value, NULL);
}

void wgsl_store_wide(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->operands[0]->type;
    TextExpr value = text_let(p, type, text_use(p, inst->operands[0]), NULL);
    WidePlace at = wide_place(p, inst);
    text_before_write(p);
    for (uint32_t i = 0; i < type->lanes; i++) {
        text_statement(p, "%s = %s[%u];", element(p, at, i), value.text, i);
    }
}

void wgsl_length(TextPrinter *p, IrInst *inst) {
    const WgslWriter *w = wgsl_of(p);
    const IrValue *buffer = ir_resolve(inst->operands[0]);
    const char *name = text_use(p, inst->operands[0]).text;
    const char *hint = arena_printf(p->arena, "%s_len", name);
    if (w->kernel->params[buffer->index].length_in_block) {
        TextExpr length = text_expr(p, TEXT_PRIMARY, "%s.%s", w->values, w->lengths[buffer->index]);
        length.is_name = true;
        text_define(p, inst->results[0], length, hint);
    } else {
        text_define(p, inst->results[0], text_expr(p, TEXT_PRIMARY, "arrayLength(&%s)", name),
                    hint);
    }
}

/* ---- workgroup memory ---- */

/* WGSL's is zero at the start whether it is asked for or not. */
void wgsl_shared(TextPrinter *p, IrInst *inst) {
    WgslWriter *w = wgsl_of(p);
    IrValue *root = inst->results[0];
    const IrType *type = root->type->element;
    const char *name =
        namer_outer_name(p->namer, root->name != NULL ? root->name->text : "shared_memory");
    text_define_name(p, root, name);
    if (inst->operand_count == 0) {
        text_printf(&w->declarations, "var<workgroup> %s: %s;\n\n", name, wgsl_type(w, type));
        return;
    }
    const char *element = wgsl_type(w, type->element);
    const char *length = text_use(p, inst->operands[0]).text;
    text_printf(&w->declarations, "var<workgroup> %s: array<%s, %s>;\n\n", name, element, length);
}

/* ---- atomics ---- */

/* Those of floats are atomics of their bits: WGSL has no other. */
static TextExpr to_bits(TextPrinter *p, const IrType *type, TextExpr value) {
    TextExpr bits = text_expr(p, TEXT_PRIMARY, "bitcast<u32>(%s)", value.text);
    return type->scalar == IR_F32 ? bits : value;
}

static TextExpr of_bits(TextPrinter *p, const IrType *type, TextExpr bits) {
    TextExpr value = text_expr(p, TEXT_PRIMARY, "bitcast<f32>(%s)", bits.text);
    return type->scalar == IR_F32 ? value : bits;
}

static TextExpr atomic_value(TextPrinter *p, IrValue *value) {
    return to_bits(p, ir_resolve(value)->type, text_use(p, value));
}

static const char *const atomics[] = {
    [OP_ATOMIC_LOAD] = "atomicLoad", [OP_ATOMIC_STORE] = "atomicStore",
    [OP_ATOMIC_ADD] = "atomicAdd",   [OP_ATOMIC_SUB] = "atomicSub",
    [OP_ATOMIC_MIN] = "atomicMin",   [OP_ATOMIC_MAX] = "atomicMax",
    [OP_ATOMIC_AND] = "atomicAnd",   [OP_ATOMIC_OR] = "atomicOr",
    [OP_ATOMIC_XOR] = "atomicXor",   [OP_ATOMIC_EXCHANGE] = "atomicExchange",
};

void wgsl_atomic(TextPrinter *p, IrInst *inst) {
    const char *value = ir_place_start(inst) > 0 ? atomic_value(p, inst->operands[0]).text : NULL;
    const char *at = place(p, inst).text;
    text_before_write(p);
    TextExpr call = text_expr(p, TEXT_PRIMARY, "%s(&%s%s%s)", atomics[inst->op], at,
                              value != NULL ? ", " : "", value != NULL ? value : "");
    if (inst->result_count > 0 && text_is_used(p, inst->results[0])) {
        call = of_bits(p, inst->results[0]->type, call);
        text_define_let(p, inst->results[0], call, "old");
    } else {
        text_statement(p, "%s;", call.text);
    }
}

/* WGSL's may fail without a reason, with the old value as expected: it is tried until it did not. */
void wgsl_compare_exchange(TextPrinter *p, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    const IrType *bits = type->scalar == IR_F32 ? ir_scalar(IR_U32) : type;
    TextExpr expected = atomic_value(p, inst->operands[0]);
    TextExpr desired = atomic_value(p, inst->operands[1]);
    if (!expected.is_name && !expected.is_constant) {
        expected = text_let(p, bits, expected, "expected");
    }
    if (!desired.is_name && !desired.is_constant) {
        desired = text_let(p, bits, desired, "desired");
    }
    const char *at = place(p, inst).text;
    text_before_write(p);
    const char *old = namer_name(p->namer, "old"), *attempt = namer_name(p->namer, "attempt");
    text_statement(p, "var %s: %s;", old, wgsl_type(wgsl_of(p), bits));
    text_open(p, "loop {");
    text_statement(p, "let %s = atomicCompareExchangeWeak(&%s, %s, %s);", attempt, at,
                   expected.text, desired.text);
    text_statement(p, "%s = %s.old_value;", old, attempt);
    text_open(p, arena_printf(p->arena, "if (%s.exchanged || %s != %s) {", attempt, old,
                              text_at(p, expected, LEVEL_SHIFT)));
    text_statement(p, "break;");
    text_close(p, "}");
    text_close(p, "}");
    if (text_is_used(p, inst->results[0])) {
        text_define(p, inst->results[0], of_bits(p, type, text_name_expr(old)), NULL);
    }
}

void wgsl_barrier(TextPrinter *p, IrInst *inst) {
    (void)inst; /* that of a subgroup, too: wgsl_check.c says where */
    text_before_write(p);
    text_statement(p, "storageBarrier();");
    text_statement(p, "workgroupBarrier();");
}

/* ---- what is given ---- */

static const struct {
    const char *attribute, *name;
} builtins[IR_BUILTIN_COUNT] = {
    [IR_BUILTIN_GLOBAL_ID] = {"global_invocation_id", "global_id"},
    [IR_BUILTIN_LOCAL_ID] = {"local_invocation_id", "local_id"},
    [IR_BUILTIN_GROUP_ID] = {"workgroup_id", "group_id"},
    [IR_BUILTIN_GROUP_COUNT] = {"num_workgroups", "group_count"},
    [IR_BUILTIN_LOCAL_INDEX] = {"local_invocation_index", "local_index"},
    [IR_BUILTIN_LANE] = {"subgroup_invocation_id", "lane"},
    [IR_BUILTIN_LANE_COUNT] = {"subgroup_size", "lane_count"},
};

const char *wgsl_builtin_param(IrBuiltin builtin) {
    return builtins[builtin].attribute;
}

const char *wgsl_entry_builtin(WgslWriter *w, IrBuiltin builtin) {
    REQUIRE(builtins[builtin].name != NULL); /* others are lowered */
    w->uses_subgroups |= builtin == IR_BUILTIN_LANE || builtin == IR_BUILTIN_LANE_COUNT;
    if (w->builtins[builtin] == NULL) {
        w->builtins[builtin] = namer_name(&w->namer, builtins[builtin].name);
    }
    return w->builtins[builtin];
}

static void declare_builtin(IrInst *inst, void *data) {
    WgslWriter *w = data;
    if (inst->op == OP_BUILTIN && w->proc_builtins[inst->builtin] == NULL) {
        IrBuiltin which = inst->builtin;
        REQUIRE(builtins[which].name != NULL);
        const char *name = namer_outer_name(&w->namer, builtins[which].name);
        w->proc_builtins[which] = name;
        text_printf(&w->declarations, "var<private> %s: %s;\n\n", name,
                    wgsl_type(w, inst->results[0]->type));
    }
}

void wgsl_declare_builtins(WgslWriter *w) {
    for (const IrFunction *f = w->module->functions; f != NULL; f = f->next) {
        if (!f->is_kernel) {
            ir_walk((IrRegion *)&f->body, declare_builtin, w);
        }
    }
}

/* Entry points alone are given them: procs find them in variables. */
void wgsl_builtin(TextPrinter *p, IrInst *inst) {
    WgslWriter *w = wgsl_of(p);
    const char *name = p->function->is_kernel ? wgsl_entry_builtin(w, inst->builtin)
                                              : w->proc_builtins[inst->builtin];
    text_define(p, inst->results[0], text_name_expr(name), NULL);
}

/* `override` constants are part of constant expressions as those of the text are. */
void wgsl_spec(TextPrinter *p, IrInst *inst) {
    WgslWriter *w = wgsl_of(p);
    TextExpr name = text_name_expr(w->specs[inst->spec->mark]);
    name.is_constant = true;
    text_define(p, inst->results[0], name, NULL);
}

void wgsl_call(TextPrinter *p, IrInst *inst) {
    Text text = {.arena = p->arena};
    text_printf(&text, "%s(", wgsl_of(p)->procs[inst->callee->mark]);
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const char *argument = text_at(p, text_use(p, inst->operands[i]), LEVEL_SHIFT);
        text_printf(&text, "%s%s", i > 0 ? ", " : "", argument);
    }
    text_char(&text, ')');
    text_before_write(p);
    if (inst->result_count > 0 && text_is_used(p, inst->results[0])) {
        text_define_let(p, inst->results[0], (TextExpr){.text = text_get(&text)}, NULL);
    } else {
        text_statement(p, "%s;", text_get(&text));
    }
}
