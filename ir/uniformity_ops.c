/* See uniformity_walk.h: what instructions depend on. */
#include "ir/uniformity_walk.h"

uint32_t walk_result(Walk *w, const IrInst *inst, uint32_t index) {
    uint32_t node = walk_node(w, NODE_VALUE, inst, inst->results[index]);
    inst->results[index]->mark = node;
    return node;
}

static void add_need(Walk *w, const IrInst *inst, Level most, uint32_t on, bool is_operand) {
    uint32_t node = walk_node(w, NODE_NEED, inst, NULL);
    w->g->nodes.items[node].most = most;
    w->g->nodes.items[node].is_operand = is_operand;
    VEC_PUSH(w->u->arena, &w->g->needs, node);
    walk_edge(w, on, node);
}

/* Its result depends on the operands from `first` on, and on nothing else. */
static void pure(Walk *w, const IrInst *inst, uint32_t first) {
    bool depends = false;
    inst->results[0]->mark = 0;
    for (uint32_t i = first; i < inst->operand_count && !depends; i++) {
        depends = node_of(inst->operands[i]) != 0;
    }
    if (depends) {
        uint32_t node = walk_result(w, inst, 0);
        for (uint32_t i = first; i < inst->operand_count; i++) {
            walk_edge(w, node_of(inst->operands[i]), node);
        }
    }
}

/* The root and the indices of the place that starts at this operand. */
static void depend_on_place(Walk *w, const IrInst *inst, uint32_t node) {
    for (uint32_t i = ir_place_start(inst); i < inst->operand_count; i++) {
        walk_edge(w, node_of(inst->operands[i]), node);
    }
}

static const Level builtin_levels[IR_BUILTIN_COUNT] = {
    [IR_BUILTIN_GLOBAL_ID] = DIFFERS,
    [IR_BUILTIN_LOCAL_ID] = DIFFERS,
    [IR_BUILTIN_LOCAL_INDEX] = DIFFERS,
    [IR_BUILTIN_LANE] = DIFFERS,
    [IR_BUILTIN_SUBGROUP_INDEX] = SAME_IN_SUBGROUP,
};

static void source(Walk *w, const IrInst *inst, Level level) {
    inst->results[0]->mark = 0;
    if (level != SAME) {
        node_source(w->g, walk_result(w, inst, 0), level);
    }
}

static void load(Walk *w, const IrInst *inst) {
    const IrValue *value = inst->operands[0];
    uint32_t number = root_number(value), node = walk_result(w, inst, 0);
    const Root *root = &w->roots.items[number];
    walk_edge(w, root->node, node);
    if (root->is_local && root->value->kind == IR_VALUE_PARAM) {
        walk_edge(w, memory_input(w->g, number), node);
    }
    depend_on_place(w, inst, node);
}

static void note_written(Walk *w, const IrValue *root) {
    const Root *r = &w->roots.items[root_number(root)];
    if (r->value->kind == IR_VALUE_PARAM) {
        w->g->written[r->value->index] = true;
    }
}

static void store(Walk *w, const IrInst *inst, uint32_t control) {
    uint32_t number = root_number(inst->operands[1]);
    note_written(w, inst->operands[1]);
    if (!w->roots.items[number].is_local) {
        return;
    }
    uint32_t node = walk_node(w, NODE_STORE, inst, w->roots.items[number].value);
    walk_edge(w, node_of(inst->operands[0]), node);
    walk_edge(w, control, node);
    depend_on_place(w, inst, node);
    if (is_part(inst)) {
        walk_edge(w, w->roots.items[number].node, node);
    }
    roots_set(w, number, node);
}

static void subgroup(Walk *w, const IrInst *inst, uint32_t control) {
    add_need(w, inst, SAME_IN_SUBGROUP, control, false);
    switch (inst->op) {
    case OP_SUBGROUP_BARRIER:
        return;
    case OP_SUBGROUP_SHUFFLE_XOR:
    case OP_SUBGROUP_SHUFFLE_UP:
    case OP_SUBGROUP_SHUFFLE_DOWN:
        add_need(w, inst, SAME_IN_SUBGROUP, node_of(inst->operands[1]), true);
        source(w, inst, DIFFERS);
        return;
    case OP_SUBGROUP_INCLUSIVE_ADD:
    case OP_SUBGROUP_EXCLUSIVE_ADD:
    case OP_SUBGROUP_INCLUSIVE_MUL:
    case OP_SUBGROUP_EXCLUSIVE_MUL:
    case OP_SUBGROUP_SHUFFLE:
    case OP_SUBGROUP_ELECT:
        source(w, inst, DIFFERS);
        return;
    case OP_SUBGROUP_BROADCAST:
        add_need(w, inst, SAME_IN_SUBGROUP, node_of(inst->operands[1]), true);
        source(w, inst, SAME_IN_SUBGROUP);
        return;
    default:
        source(w, inst, SAME_IN_SUBGROUP);
    }
}

/* ---- calls ---- */

/* What the inputs of the callee depend on here, by number. */
static void join_argument(Walk *w, const Graph *callee, uint32_t *arguments, uint32_t input,
                          uint32_t node) {
    uint32_t number = input_number(callee, input);
    arguments[number] = walk_join(w, arguments[number], node);
}

/* What is at the place that a call hands over, and then whether others may write there. */
static void place_argument(Walk *w, const IrInst *call, uint32_t index, const Graph *callee,
                           uint32_t *arguments) {
    const IrValue *value = call->operands[index];
    uint32_t number = root_number(value);
    Root *root = &w->roots.items[number];
    bool from_param = root->is_local && root->value->kind == IR_VALUE_PARAM;
    uint32_t holds = root->node;
    uint32_t memory = !root->is_local ? root->node : from_param ? memory_input(w->g, number) : 0;
    if (root->is_local && root->alias == w->calls) {
        memory = holds = walk_node(w, NODE_ALIAS, call, root->value);
        node_source(w->g, holds, DIFFERS);
        roots_set(w, number, holds);
    }
    join_argument(w, callee, arguments, param_input(callee, index), holds);
    join_argument(w, callee, arguments, param_input(callee, index), node_of(value));
    join_argument(w, callee, arguments, memory_input(callee, index), memory);
}

/* What locals hold that were handed over and are written there. */
static void set_places(Walk *w, const IrInst *call, const Graph *callee,
                       const uint32_t *arguments) {
    for (uint32_t i = 0; i < call->operand_count; i++) {
        const IrValue *value = call->operands[i];
        if (!ir_is_root(value->type) || !callee->written[i]) {
            continue;
        }
        note_written(w, value);
        uint32_t number = root_number(value);
        if (!w->roots.items[number].is_local || callee->refs_out[i] == 0) {
            continue;
        }
        uint32_t node = walk_node(w, NODE_STORE, call, w->roots.items[number].value);
        uint64_t bit = UINT64_C(1) << input_number(callee, param_input(callee, i));
        for (uint32_t k = 0; k < callee->input_count; k++) {
            if (callee->reach[k].to_refs & bit) {
                walk_edge(w, arguments[k], node);
            }
        }
        walk_edge(w, node_of(value), node);
        if ((root_mark(value) & 1) ||
            w->g->nodes.items[w->roots.items[number].node].kind == NODE_ALIAS) {
            walk_edge(w, w->roots.items[number].node, node);
        }
        node_source(w->g, node, callee->nodes.items[callee->refs_out[i]].level);
        roots_set(w, number, node);
    }
}

static void call(Walk *w, const IrInst *inst, uint32_t control) {
    Graph *callee = &w->u->graphs[inst->callee->mark];
    uint32_t arguments[MOST_INPUTS] = {0};
    w->calls++;
    arguments[0] = control;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (ir_is_root(inst->operands[i]->type)) {
            Root *root = &w->roots.items[root_number(inst->operands[i])];
            root->alias = root->call == w->calls ? w->calls : root->alias;
            root->call = w->calls;
        }
    }
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (ir_is_root(inst->operands[i]->type)) {
            place_argument(w, inst, i, callee, arguments);
        } else {
            join_argument(w, callee, arguments, param_input(callee, i), node_of(inst->operands[i]));
        }
    }
    uint32_t result = inst->result_count > 0 ? walk_result(w, inst, 0) : 0;
    if (result != 0 && callee->result != 0) {
        node_source(w->g, result, callee->nodes.items[callee->result].level);
    }
    for (uint32_t k = 0; k < callee->input_count; k++) {
        const Reach *reach = &callee->reach[k];
        if (reach->to_result) {
            walk_edge(w, arguments[k], result);
        }
        for (Level most = SAME; most < DIFFERS; most++) {
            if (reach->needs[most] != 0 && arguments[k] != 0) {
                add_need(w, inst, most, arguments[k], false);
                Node *need = &w->g->nodes.items[w->g->nodes.count - 1];
                const Node *inner = &callee->nodes.items[reach->needs[most]];
                bool is_call = inner->inner_graph != NULL;
                need->callee_need = reach->needs[most];
                need->callee_input = k;
                need->inner_graph = is_call ? inner->inner_graph : callee;
                need->inner_need = is_call ? inner->inner_need : need->callee_need;
            }
        }
    }
    set_places(w, inst, callee, arguments);
}

/* ---- all of them ---- */

void walk_op(Walk *w, const IrInst *inst, uint32_t control) {
    switch (inst->op) {
    case OP_VAR:
        inst->results[0]->mark = 0;
        if (!w->coarse) {
            roots_set(w, root_number(inst->results[0]), 0);
        }
        return;
    case OP_SHARED: {
        uint32_t node = walk_node(w, NODE_MEMORY, inst, inst->results[0]);
        node_source(w->g, node, DIFFERS);
        w->roots.items[root_number(inst->results[0])].node = node;
        inst->results[0]->mark = 0;
        return;
    }
    case OP_LOAD:
        load(w, inst);
        return;
    case OP_STORE:
        store(w, inst, control);
        return;
    case OP_LOAD_WIDE: /* made behind the analysis; only IR text has it here */
        source(w, inst, DIFFERS);
        return;
    case OP_STORE_WIDE:
        note_written(w, inst->operands[1]);
        return;
    case OP_BUILTIN:
        source(w, inst, builtin_levels[inst->builtin]);
        return;
    case OP_LEN:
        inst->results[0]->mark = 0;
        return;
    case OP_CALL:
        call(w, inst, control);
        return;
    case OP_BARRIER:
        add_need(w, inst, SAME, control, false);
        return;
    default:
        break;
    }
    if (ir_is_atomic_op(inst->op)) {
        note_written(w, inst->operands[ir_place_start(inst)]);
        if (inst->result_count > 0) {
            source(w, inst, DIFFERS);
        }
    } else if (ir_is_subgroup_op(inst->op)) {
        subgroup(w, inst, control);
    } else if (inst->result_count > 0) {
        pure(w, inst, 0);
    }
}
