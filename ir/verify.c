/* The verifier. Two walks over each function, both in time linear in its size:
 *
 *   shape    links, counts, flags, depth: after it, everything can be followed without care
 *   meaning  types (verify_rules.c), scopes, and which terminators stand where
 *
 * and then one over the calls, which must not form circles. The first fault ends it.
 */
#include "ir/verify.h"

#include "ir/name_map.h"
#include "ir/text.h"
#include "ir/verify_rules.h"

enum { HIDDEN, VISIBLE }; /* marks of values: whether the definition dominates where the walk is */

typedef struct {
    Arena *arena;
    IrFault *fault;
    const IrFunction *function;
    VEC(IrFunction *) functions; /* function->mark is the index */
    VEC(const IrInst *) calls;   /* of the function that is walked */
} Verifier;

/* What the control around a region allows. */
typedef struct {
    const IrInst *loop; /* which `break` leaves and `continue` continues; NULL: none */
    bool may_return;
} Where;

#define FAULT(v, inst, ...) fault((v), (inst), arena_printf((v)->arena, __VA_ARGS__))

static bool fault(Verifier *v, const IrInst *inst, const char *text) {
    *v->fault = (IrFault){v->function, inst, text};
    return false;
}

static const char *op_text(const IrInst *inst) {
    return ir_ops[inst->op].text;
}

/* ---- shape ---- */

static bool region_shape(Verifier *v, IrRegion *region, const IrInst *owner, unsigned depth);

static bool values_shape(Verifier *v, const IrInst *inst, uint32_t count, IrValue *const *values,
                         IrValueKind kind, const IrInst *owner) {
    for (uint32_t i = 0; i < count; i++) {
        IrValue *value = values[i];
        if (value == NULL || value->type == NULL || value->kind != kind || value->index != i ||
            value->inst != owner) {
            return FAULT(v, inst, "a value is not linked to where it is defined");
        }
        value->mark = HIDDEN;
    }
    return true;
}

static bool words_fit(const IrType *type, const uint64_t *bits) {
    if (ir_is_composite(type)) {
        for (uint32_t i = 0; i < type->count; i++) {
            const IrType *part = ir_part_type(type, i);
            if (!words_fit(part, bits)) {
                return false;
            }
            bits += part->words;
        }
        return true;
    }
    for (unsigned i = 0; i < type->lanes; i++) {
        if (bits[i] > UINT64_MAX >> (64 - ir_bits(type))) {
            return false;
        }
    }
    return true;
}

static bool const_shape(const IrValue *value) {
    return ir_is_data(value->type) && words_fit(value->type, value->bits);
}

static bool operands_shape(Verifier *v, const IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *value = inst->operands[i];
        if (value == NULL || value->type == NULL) {
            return FAULT(v, inst, "operand %u of `%s` is missing", i, op_text(inst));
        }
        if (value->forward != NULL) {
            return FAULT(v, inst, "operand %u of `%s` was replaced but not resolved", i,
                         op_text(inst));
        }
        if (ir_is_const(value) && !const_shape(value)) {
            return FAULT(v, inst, "operand %u of `%s` is a constant with bits outside its type", i,
                         op_text(inst));
        }
        value->mark = HIDDEN;
    }
    return true;
}

static bool flags_shape(Verifier *v, const IrInst *inst) {
    uint8_t guard = inst->op == OP_IF || inst->op == OP_LOAD ? IR_GUARD : 0;
    uint8_t versions = inst->op == OP_IF ? IR_VERSIONS : 0;
    if (inst->flags & ~(IR_RAW | IR_PRECISE | IR_FAST | guard | versions)) {
        return FAULT(v, inst, "`%s` has unknown flags", op_text(inst));
    }
    if ((inst->flags & IR_RAW) && !ir_has(inst->op, IR_PARTIAL)) {
        return FAULT(v, inst, "`%s` has no `.raw` form", op_text(inst));
    }
    bool takes = inst->result_count == 1 && ir_takes_float_flags(inst->op, inst->results[0]->type);
    if ((inst->flags & (IR_PRECISE | IR_FAST)) && !takes) {
        return FAULT(v, inst, "`.precise` and `.fast` are for arithmetic on floats");
    }
    if ((inst->flags & IR_PRECISE) && (inst->flags & IR_FAST)) {
        return FAULT(v, inst, "`.precise` and `.fast` exclude each other");
    }
    return true;
}

static bool inst_shape(Verifier *v, IrInst *inst, unsigned depth) {
    if (inst->op <= OP_NONE || inst->op >= OP_COUNT) {
        return FAULT(v, NULL, "there is an instruction without an op");
    }
    const IrOpRow *row = &ir_ops[inst->op];
    unsigned results = ir_rule_results((IrRule)row->rule);
    if (row->operands != IR_ANY_OPERANDS && row->operands != inst->operand_count) {
        return FAULT(v, inst, "`%s` takes %u operand%s, found %u", row->text, row->operands,
                     row->operands == 1 ? "" : "s", inst->operand_count);
    }
    if (results != IR_ANY_OPERANDS && results != inst->result_count) {
        return FAULT(v, inst, "`%s` gives %u result%s, found %u", row->text, results,
                     results == 1 ? "" : "s", inst->result_count);
    }
    if (inst->region_count != (ir_has(inst->op, IR_CONTROL) ? 2u : 0u)) {
        return FAULT(v, inst, "`%s` owns %u regions", row->text, inst->region_count);
    }
    if (!values_shape(v, inst, inst->result_count, inst->results, IR_VALUE_RESULT, inst) ||
        !operands_shape(v, inst) || !flags_shape(v, inst)) {
        return false;
    }
    if (inst->op == OP_SHARED && (depth > 0 || !v->function->is_kernel)) {
        return FAULT(v, inst, "`shared` is outside the outermost region of a kernel");
    }
    if (inst->op == OP_IF &&
        (inst->regions[IR_IF_TRUE].param_count | inst->regions[IR_IF_FALSE].param_count) != 0) {
        return FAULT(v, inst, "the arms of an `if` have no parameters");
    }
    if (inst->op == OP_CALL && (inst->callee == NULL || inst->callee->mark >= v->functions.count ||
                                v->functions.items[inst->callee->mark] != inst->callee)) {
        return FAULT(v, inst, "`call` needs a function of this module");
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        if (!region_shape(v, &inst->regions[i], inst, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool region_shape(Verifier *v, IrRegion *region, const IrInst *owner, unsigned depth) {
    if (depth > IR_MAX_DEPTH) {
        return FAULT(v, owner, "control flow nests more than %d levels deep", IR_MAX_DEPTH);
    }
    if (region->owner != owner || region->function != v->function) {
        return FAULT(v, owner, "a region is not linked to its owner and function");
    }
    if (!values_shape(v, owner, region->param_count, region->params, IR_VALUE_REGION_PARAM,
                      owner)) {
        return false;
    }
    const IrInst *previous = NULL;
    for (IrInst *inst = region->first; inst != NULL; previous = inst, inst = inst->next) {
        if (inst->region != region || inst->previous != previous) {
            return FAULT(v, inst, "the instruction is not linked into its region");
        }
        if (!inst_shape(v, inst, depth)) {
            return false;
        }
    }
    return region->last == previous ||
           FAULT(v, owner, "the last instruction of a region is not linked");
}

/* ---- meaning ---- */

static void print_types(Text *out, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        text_add(out, i == 0 ? "" : ", ");
        ir_type_print(out, values[i]->type);
    }
}

static bool type_fault(Verifier *v, const IrInst *inst) {
    Text text = {.arena = v->arena};
    text_printf(&text, "`%s` needs %s, found (", op_text(inst),
                ir_rule_needs((IrRule)ir_ops[inst->op].rule));
    print_types(&text, inst->operand_count, inst->operands);
    text_add(&text, ")");
    if (inst->result_count > 0) {
        text_add(&text, " -> ");
        print_types(&text, inst->result_count, inst->results);
    }
    return fault(v, inst, text_get(&text));
}

/* A terminator hands its operands to `wanted`. */
static bool hands_over(Verifier *v, const IrInst *inst, uint32_t count, IrValue *const *wanted) {
    bool same = inst->operand_count == count;
    for (uint32_t i = 0; i < count && same; i++) {
        same = inst->operands[i]->type == wanted[i]->type;
    }
    if (same) {
        return true;
    }
    Text text = {.arena = v->arena};
    text_printf(&text, "`%s` must hand over (", op_text(inst));
    print_types(&text, count, wanted);
    text_add(&text, "), found (");
    print_types(&text, inst->operand_count, inst->operands);
    text_add(&text, ")");
    return fault(v, inst, text_get(&text));
}

static bool returns(Verifier *v, const IrInst *inst) {
    const IrType *result = v->function->result;
    if (result == &ir_void ? inst->operand_count == 0
                           : inst->operand_count == 1 && inst->operands[0]->type == result) {
        return true;
    }
    return FAULT(v, inst, "`ret` must give what the function gives, `%s`",
                 ir_type_text(v->arena, result));
}

static bool terminator_fits(Verifier *v, const IrInst *inst, Where where) {
    const IrInst *owner = inst->region->owner, *loop = where.loop;
    switch (inst->op) {
    case OP_YIELD:
        if (owner == NULL || owner->op != OP_IF) {
            return FAULT(v, inst, "`yield` may only end an arm of an `if`");
        }
        return hands_over(v, inst, owner->result_count, owner->results);
    case OP_NEXT:
        if (owner == NULL || inst->region != &owner->regions[IR_LOOP_CONTINUING] ||
            owner->op != OP_LOOP) {
            return FAULT(v, inst, "`next` may only end the continuing part of a loop");
        }
        return hands_over(v, inst, owner->regions[IR_LOOP_BODY].param_count,
                          owner->regions[IR_LOOP_BODY].params);
    case OP_BREAK:
        if (loop == NULL) {
            return FAULT(v, inst, "`break` is outside the body of a loop");
        }
        return hands_over(v, inst, loop->result_count, loop->results);
    case OP_CONTINUE:
        if (loop == NULL) {
            return FAULT(v, inst, "`continue` is outside the body of a loop");
        }
        return hands_over(v, inst, loop->regions[IR_LOOP_CONTINUING].param_count,
                          loop->regions[IR_LOOP_CONTINUING].params);
    case OP_RET:
        if (!where.may_return) {
            return FAULT(v, inst, "`ret` is inside the continuing part of a loop");
        }
        return returns(v, inst);
    default: /* unreachable: anywhere */
        return true;
    }
}

static void set_marks(uint32_t count, IrValue *const *values, uint32_t mark) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = mark;
    }
}

static bool region_means(Verifier *v, const IrRegion *region, Where where);

static bool inst_means(Verifier *v, const IrInst *inst, Where where) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (!ir_is_const(inst->operands[i]) && inst->operands[i]->mark != VISIBLE) {
            return FAULT(v, inst, "operand %u of `%s` is not defined on every way here", i,
                         op_text(inst));
        }
    }
    if (!ir_rule_holds(inst)) {
        return type_fault(v, inst);
    }
    if (inst->op == OP_IF) {
        if (!region_means(v, &inst->regions[IR_IF_TRUE], where) ||
            !region_means(v, &inst->regions[IR_IF_FALSE], where)) {
            return false;
        }
    } else if (inst->op == OP_LOOP) {
        Where body = {inst, where.may_return}, continuing = {NULL, false};
        if (!region_means(v, &inst->regions[IR_LOOP_BODY], body) ||
            !region_means(v, &inst->regions[IR_LOOP_CONTINUING], continuing)) {
            return false;
        }
    } else if (inst->op == OP_CALL) {
        VEC_PUSH(v->arena, &v->calls, inst);
    }
    if (ir_has(inst->op, IR_TERM)) {
        if (inst->next != NULL) {
            return FAULT(v, inst, "`%s` is not the last instruction of its region", op_text(inst));
        }
        return terminator_fits(v, inst, where);
    }
    if (inst->next == NULL) {
        return FAULT(v, inst, "a region does not end with a terminator");
    }
    set_marks(inst->result_count, inst->results, VISIBLE);
    return true;
}

static bool region_means(Verifier *v, const IrRegion *region, Where where) {
    if (region->first == NULL) {
        return FAULT(v, region->owner, "a region is empty");
    }
    set_marks(region->param_count, region->params, VISIBLE);
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (!inst_means(v, inst, where)) {
            return false;
        }
    }
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        set_marks(inst->result_count, inst->results, HIDDEN);
    }
    set_marks(region->param_count, region->params, HIDDEN);
    return true;
}

/* ---- functions ---- */

static bool is_buffer(const IrType *type) {
    return type->kind == IR_TYPE_BUFFER && ir_is_memory(type->element) &&
           !ir_has_bool(type->element);
}

static bool signature(Verifier *v, const IrFunction *f) {
    for (uint32_t i = 0; i < f->param_count; i++) {
        const IrType *type = f->params[i]->type;
        bool value = ir_is_data(type) && !(f->is_kernel && ir_has_bool(type));
        bool ref = !f->is_kernel && type->kind == IR_TYPE_REF && ir_is_memory(type->element);
        if (!value && !ref && !is_buffer(type)) {
            return FAULT(v, NULL, "parameter %u of a %s cannot be `%s`", i,
                         f->is_kernel ? "kernel" : "proc", ir_type_text(v->arena, type));
        }
        if (f->is_kernel && f->params[i]->name == NULL) {
            return FAULT(v, NULL, "parameter %u of the kernel has no name", i);
        }
    }
    if (f->is_kernel) {
        if (f->result != &ir_void) {
            return FAULT(v, NULL, "a kernel gives no value");
        }
        for (int side = 0; side < 3; side++) {
            const IrSpec *spec = f->workgroup_spec[side];
            if (f->workgroup[side] == 0) {
                return FAULT(v, NULL, "a side of the workgroup is 0");
            }
            if (spec != NULL &&
                (spec->type != ir_scalar(IR_U32) || spec->bits != f->workgroup[side])) {
                return FAULT(v, NULL, "a side of the workgroup is no `u32` with that default");
            }
        }
    } else if (f->result != &ir_void && !ir_is_data(f->result)) {
        return FAULT(v, NULL, "a proc cannot give `%s`", ir_type_text(v->arena, f->result));
    }
    return true;
}

static bool function_is_right(Verifier *v, IrFunction *f) {
    v->function = f;
    v->calls.count = 0;
    if (!values_shape(v, NULL, f->param_count, f->params, IR_VALUE_PARAM, NULL) ||
        !signature(v, f) || !region_shape(v, &f->body, NULL, 0)) {
        return false;
    }
    if (f->body.param_count > 0) {
        return FAULT(v, NULL, "the body of a function has no parameters of its own");
    }
    set_marks(f->param_count, f->params, VISIBLE);
    bool right = region_means(v, &f->body, (Where){NULL, true});
    set_marks(f->param_count, f->params, HIDDEN);
    return right;
}

static bool list_functions(Verifier *v, const IrModule *module) {
    NameMap names = {.arena = v->arena};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        v->function = f;
        f->mark = v->functions.count;
        VEC_PUSH(v->arena, &v->functions, f);
        if (f->name == NULL) {
            return FAULT(v, NULL, "a function has no name");
        }
        void **known = name_map_at(&names, f->name);
        if (*known != NULL) {
            return FAULT(v, NULL, "there are two functions `%s`", f->name->text);
        }
        *known = f;
    }
    return true;
}

/* ---- calls ---- */

typedef struct {
    enum { UNSEEN, OPEN, DONE } state;
    uint32_t next, count; /* of the calls still to follow */
    const IrInst **calls;
    uint32_t caller; /* while open */
} CallNode;

/* Depth first, without recursion: a chain of calls may be as long as the module. */
static bool follow_calls(Verifier *v, CallNode *nodes, uint32_t root) {
    uint32_t at = root;
    nodes[root].state = OPEN;
    for (;;) {
        CallNode *node = &nodes[at];
        if (node->next == node->count) {
            node->state = DONE;
            if (at == root) {
                return true;
            }
            at = node->caller;
            continue;
        }
        const IrInst *call = node->calls[node->next++];
        uint32_t callee = call->callee->mark;
        if (nodes[callee].state == OPEN) {
            v->function = v->functions.items[at];
            return FAULT(v, call, "`%s` calls itself, here or through others",
                         call->callee->name->text);
        }
        if (nodes[callee].state == UNSEEN) {
            nodes[callee].state = OPEN;
            nodes[callee].caller = at;
            at = callee;
        }
    }
}

bool ir_check(const IrModule *module, Arena *arena, IrFault *fault_out) {
    Verifier v = {.arena = arena, .fault = fault_out};
    if (!list_functions(&v, module)) {
        return false;
    }
    CallNode *nodes = NEW_ARRAY(arena, CallNode, v.functions.count);
    for (uint32_t i = 0; i < v.functions.count; i++) {
        if (!function_is_right(&v, v.functions.items[i])) {
            return false;
        }
        nodes[i].count = v.calls.count;
        nodes[i].calls = NEW_ARRAY(arena, const IrInst *, v.calls.count);
        for (uint32_t k = 0; k < v.calls.count; k++) {
            nodes[i].calls[k] = v.calls.items[k];
        }
    }
    for (uint32_t i = 0; i < v.functions.count; i++) {
        if (nodes[i].state == UNSEEN && !follow_calls(&v, nodes, i)) {
            return false;
        }
    }
    return true;
}

/* ---- for back-ends ---- */

typedef struct {
    Arena *arena;
    IrFault *fault; /* NULL once one was found */
    const IrFunction *function;
} Lowered;

static bool is_composite_in_buffer(const IrInst *inst) {
    if (inst->op != OP_LOAD && inst->op != OP_STORE) {
        return false;
    }
    const IrValue *value = inst->op == OP_LOAD ? inst->results[0] : inst->operands[0];
    return ir_is_composite(value->type) &&
           inst->operands[ir_place_start(inst)]->type->kind == IR_TYPE_BUFFER;
}

static bool is_small_int(const IrType *type) {
    return ir_is_int(type) && ir_bits(type) < 32;
}

/* Integers of 8 and 16 bits are memory alone: what is read, converted, written. */
static bool computes_small(const IrInst *inst) {
    if (inst->op == OP_LOAD || inst->op == OP_STORE || inst->op == OP_CONVERT ||
        inst->op == OP_EXTRACT) { /* of a parameter */
        return false;
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (is_small_int(inst->operands[i]->type)) {
            return true;
        }
    }
    return inst->result_count > 0 && is_small_int(inst->results[0]->type);
}

static bool is_wide_bits(const IrInst *inst) {
    return inst->op >= OP_POPCOUNT && inst->op <= OP_INSERT_BITS &&
           ir_bits(inst->results[0]->type) != 32;
}

static bool stays(const IrFunction *proc) {
    return proc->noinline && ir_takes_values(proc);
}

static bool asks_size(const IrFunction *function, const IrInst *inst) {
    return !function->is_kernel && inst->op == OP_BUILTIN && inst->builtin == IR_BUILTIN_GROUP_SIZE;
}

static void check_lowered(IrInst *inst, void *data) {
    Lowered *l = data;
    const char *text = NULL;
    if (inst->op == OP_CALL && !stays(inst->callee)) {
        text = "a `call` is left";
    } else if (asks_size(l->function, inst)) {
        text = "a proc asks for the size of the workgroup";
    } else if (inst->op == OP_REF) {
        text = "a `ref` is left";
    } else if (inst->op == OP_REM && ir_is_float(inst->results[0]->type)) {
        text = "a `rem` of floats is left";
    } else if (computes_small(inst) || is_wide_bits(inst)) {
        text = arena_printf(l->arena, "`%s` of integers of such a width is left",
                            ir_ops[inst->op].text);
    } else if (is_composite_in_buffer(inst)) {
        text = arena_printf(l->arena, "a `%s` of an array or form in a buffer is left",
                            ir_ops[inst->op].text);
    } else if (ir_needs_raw(inst) && !(inst->flags & IR_RAW)) {
        text = arena_printf(l->arena, "`%s` is not `.raw`", ir_ops[inst->op].text);
    }
    if (text != NULL && l->fault != NULL) {
        *l->fault = (IrFault){l->function, inst, text};
        l->fault = NULL;
    }
}

static bool is_lowered(const IrModule *module, Arena *arena, IrFault *fault_out) {
    Lowered l = {arena, fault_out, NULL};
    for (IrFunction *f = module->functions; f != NULL && l.fault != NULL; f = f->next) {
        l.function = f;
        if (!f->is_kernel && !stays(f)) {
            *fault_out = (IrFault){f, NULL, "a proc is left"};
            return false;
        }
        ir_walk(&f->body, check_lowered, &l);
    }
    return l.fault != NULL;
}

/* ---- reports ---- */

static bool report(bool right, const IrFault *found, Text *why, const IrInst **at) {
    if (right) {
        return true;
    }
    ir_print_marked(why, found->function, found->inst, found->text);
    text_printf(why, "`%s`: %s", found->function->name != NULL ? found->function->name->text : "?",
                found->text);
    if (at != NULL) {
        *at = found->inst;
    }
    return false;
}

bool ir_verify(const IrModule *module, Text *why, const IrInst **at) {
    IrFault found = {0};
    return report(ir_check(module, why->arena, &found), &found, why, at);
}

bool ir_verify_lowered(const IrModule *module, Text *why, const IrInst **at) {
    IrFault found = {0};
    bool right = ir_check(module, why->arena, &found) && is_lowered(module, why->arena, &found);
    return report(right, &found, why, at);
}
