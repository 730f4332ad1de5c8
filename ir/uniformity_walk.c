/* Builds the graph of a function (uniformity_graph.h) in one walk in order of execution, which keeps for each local the
 * node of what it holds, and the node of control.
 *
 * Values of SSA depend on their operands; control matters where ways meet, so stores, and what constructs give, depend on
 * it too. A local is looked at as a whole: a store to a part adds to what it held. After an `if` that some left by `break`,
 * `continue` or `ret`, control is that of those who stayed, until the loop or the function ends. All this is as WGSL says.
 *
 * Where many locals change in deeply nested or much branching code, ways that meet would cost more than linear time.
 * There, locals have one node for good: what any store puts in.
 */
#include "ir/uniformity_graph.h"

/* So many states of locals are joined before it is given up to tell them apart. */
enum { MOST_JOINS = 1 << 21 };

/* What a place starts from: a local, a parameter, memory. Parameters come first, by index, roots or not. */
typedef struct {
    const IrValue *value;
    bool is_local; /* it, or a `ref`: what it holds is followed */
    uint32_t node; /* of what it holds here */
    uint32_t depth;
    uint32_t loop, seen, call; /* the last loop, change or call that met it */
    uint32_t alias;            /* the last call that met it twice */
    uint32_t other;            /* what it holds at the end of the other arm */
} Root;

typedef struct {
    uint32_t *roots, count; /* that are stored in it and live outside */
    bool returns;
} LoopSurvey;

typedef struct Loop Loop;
struct Loop {
    Loop *outer;
    IrInst *inst;
    const LoopSurvey *survey;
    uint32_t again, left;               /* control in the continuing part, and after the loop */
    uint32_t *again_nodes, *left_nodes; /* what the roots hold there */
    bool is_left;
};

typedef struct {
    uint32_t root, node;
} Change;

typedef struct {
    Uniformity *u;
    Graph *g;
    VEC(Root) roots;
    VEC(LoopSurvey) loops;
    VEC(uint32_t) stored; /* of the loops around the one that is surveyed */
    VEC(Change) undo;     /* what roots held before they changed */
    VEC(Change) changes;  /* what arms did */
    uint32_t seen, calls, joins;
    bool coarse;
    Loop *loop;
    const IrInst *escape, *ret; /* the last terminators met that left a construct */
} Walk;

/* Where control is at the end of a region. */
typedef struct {
    uint32_t control;
    bool falls; /* it gets there at all */
} End;

static uint32_t add(Walk *w, NodeKind kind, const IrInst *inst, const IrValue *value) {
    return node_add(w->u, w->g, kind, inst, value);
}

static void edge(Walk *w, uint32_t from, uint32_t to) {
    edge_add(w->u, w->g, from, to);
}

static uint32_t node_of(const IrValue *value) {
    return ir_is_const(value) ? 0 : value->mark;
}

/* ---- roots ---- */

/* Marks of `var`, `shared` and `ref`: the number of the root, and whether it is a part of it. */
static uint32_t root_mark(const IrValue *root) {
    return root->kind == IR_VALUE_PARAM ? root->index << 1 : root->inst->mark;
}

static uint32_t root_number(const IrValue *root) {
    return root_mark(root) >> 1;
}

static bool is_part(const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    return (root_mark(inst->operands[start]) & 1) || inst->operand_count > start + 1;
}

static void add_root(Walk *w, IrValue *value, bool is_local, uint32_t depth) {
    VEC_PUSH(w->u->arena, &w->roots, (Root){.value = value, .is_local = is_local, .depth = depth});
}

/* ---- survey: roots, and what is stored in loops ---- */

static void note_store(Walk *w, const IrValue *root) {
    uint32_t number = root_number(root);
    if (w->roots.items[number].is_local && w->stored.count < MOST_JOINS) {
        VEC_PUSH(w->u->arena, &w->stored, number);
    }
}

/* Ends the list of a loop: once each, and only what lives outside. */
static void close_list(Walk *w, uint32_t number, uint32_t start, uint32_t depth) {
    uint32_t kept = start;
    for (uint32_t i = start; i < w->stored.count; i++) {
        Root *root = &w->roots.items[w->stored.items[i]];
        if (root->depth <= depth && root->loop != number + 1) {
            root->loop = number + 1;
            w->stored.items[kept++] = w->stored.items[i];
        }
    }
    w->stored.count = kept;
    LoopSurvey *loop = &w->loops.items[number];
    w->joins += kept - start;
    w->coarse |= w->joins > MOST_JOINS || kept >= MOST_JOINS;
    if (!w->coarse) {
        loop->count = kept - start;
        loop->roots = NEW_ARRAY(w->u->arena, uint32_t, loop->count);
        for (uint32_t i = 0; i < loop->count; i++) {
            loop->roots[i] = w->stored.items[start + i];
        }
    }
}

static bool survey(Walk *w, IrRegion *region, uint32_t depth) {
    bool returns = false;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        uint32_t start = w->stored.count, number = w->loops.count;
        bool inside = false;
        if (inst->op == OP_VAR || inst->op == OP_SHARED) {
            inst->mark = w->roots.count << 1;
            add_root(w, inst->results[0], inst->op == OP_VAR, depth);
        } else if (inst->op == OP_REF) {
            inst->mark = root_number(inst->operands[0]) << 1 | is_part(inst);
        } else if (inst->op == OP_STORE) {
            note_store(w, inst->operands[1]);
        } else if (inst->op == OP_CALL) {
            for (uint32_t i = 0; i < inst->operand_count; i++) {
                if (ir_is_root(inst->operands[i]->type)) {
                    note_store(w, inst->operands[i]);
                }
            }
        } else if (inst->op == OP_LOOP) {
            inst->mark = number;
            VEC_PUSH(w->u->arena, &w->loops, (LoopSurvey){0});
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inside |= survey(w, &inst->regions[i], depth + 1);
        }
        if (inst->op == OP_LOOP) {
            w->loops.items[number].returns = inside;
            close_list(w, number, start, depth);
        }
        returns |= inside || inst->op == OP_RET;
    }
    return returns;
}

/* ---- what roots hold ---- */

static void set_root(Walk *w, uint32_t number, uint32_t node) {
    Root *root = &w->roots.items[number];
    if (w->coarse) {
        edge(w, node, root->node);
    } else {
        VEC_PUSH(w->u->arena, &w->undo, (Change){number, root->node});
        root->node = node;
    }
}

static uint32_t join(Walk *w, uint32_t a, uint32_t b) {
    if (a == b || a == 0 || b == 0) {
        return a == 0 ? b : a;
    }
    uint32_t node = add(w, NODE_JOIN, NULL, NULL);
    edge(w, a, node);
    edge(w, b, node);
    return node;
}

/* Undoes what was done since the list of undoing was so long; what roots outside of `depth` held is put on the list of
 * changes. */
static void take_back(Walk *w, uint32_t length, uint32_t depth) {
    w->seen++;
    while (w->undo.count > length) {
        Change old = w->undo.items[--w->undo.count];
        Root *root = &w->roots.items[old.root];
        if (root->depth <= depth && root->seen != w->seen) {
            root->seen = w->seen;
            VEC_PUSH(w->u->arena, &w->changes, (Change){old.root, root->node});
            w->joins++;
        }
        root->node = old.node;
    }
}

/* Both arms of an `if` got to their end; what they changed is on the list from `first` and `second` on. */
static void merge_arms(Walk *w, uint32_t first, uint32_t second) {
    uint32_t in_first = ++w->seen;
    for (uint32_t i = first; i < second; i++) {
        Root *root = &w->roots.items[w->changes.items[i].root];
        root->seen = in_first;
        root->other = w->changes.items[i].node;
    }
    uint32_t in_both = ++w->seen;
    for (uint32_t i = second; i < w->changes.count; i++) {
        Change change = w->changes.items[i];
        Root *root = &w->roots.items[change.root];
        uint32_t other = root->seen == in_first ? root->other : root->node;
        root->seen = in_both;
        set_root(w, change.root, join(w, other, change.node));
    }
    for (uint32_t i = first; i < second; i++) {
        Change change = w->changes.items[i];
        if (w->roots.items[change.root].seen != in_both) {
            set_root(w, change.root, join(w, w->roots.items[change.root].node, change.node));
        }
    }
}

static void set_changes(Walk *w, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        set_root(w, w->changes.items[i].root, w->changes.items[i].node);
    }
}

/* ---- instructions ---- */

static uint32_t add_result(Walk *w, const IrInst *inst, uint32_t index) {
    uint32_t node = add(w, NODE_VALUE, inst, inst->results[index]);
    inst->results[index]->mark = node;
    return node;
}

static void add_need(Walk *w, const IrInst *inst, Level most, uint32_t on, bool is_operand) {
    uint32_t node = add(w, NODE_NEED, inst, NULL);
    w->g->nodes.items[node].most = most;
    w->g->nodes.items[node].is_operand = is_operand;
    VEC_PUSH(w->u->arena, &w->g->needs, node);
    edge(w, on, node);
}

/* Its result depends on the operands from `first` on, and on nothing else. */
static void pure(Walk *w, const IrInst *inst, uint32_t first) {
    bool depends = false;
    inst->results[0]->mark = 0;
    for (uint32_t i = first; i < inst->operand_count && !depends; i++) {
        depends = node_of(inst->operands[i]) != 0;
    }
    if (depends) {
        uint32_t node = add_result(w, inst, 0);
        for (uint32_t i = first; i < inst->operand_count; i++) {
            edge(w, node_of(inst->operands[i]), node);
        }
    }
}

/* The root and the indices of the place that starts at this operand. */
static void depend_on_place(Walk *w, const IrInst *inst, uint32_t node) {
    for (uint32_t i = ir_place_start(inst); i < inst->operand_count; i++) {
        edge(w, node_of(inst->operands[i]), node);
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
        node_source(w->g, add_result(w, inst, 0), level);
    }
}

static void load(Walk *w, const IrInst *inst) {
    const IrValue *value = inst->operands[0];
    uint32_t number = root_number(value), node = add_result(w, inst, 0);
    const Root *root = &w->roots.items[number];
    edge(w, root->node, node);
    if (root->is_local && root->value->kind == IR_VALUE_PARAM) {
        edge(w, memory_input(w->g, number), node);
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
    uint32_t node = add(w, NODE_STORE, inst, w->roots.items[number].value);
    edge(w, node_of(inst->operands[0]), node);
    edge(w, control, node);
    depend_on_place(w, inst, node);
    if (is_part(inst)) {
        edge(w, w->roots.items[number].node, node);
    }
    set_root(w, number, node);
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
    arguments[number] = join(w, arguments[number], node);
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
        memory = holds = add(w, NODE_ALIAS, call, root->value);
        node_source(w->g, holds, DIFFERS);
        set_root(w, number, holds);
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
        uint32_t node = add(w, NODE_STORE, call, w->roots.items[number].value);
        uint64_t bit = UINT64_C(1) << input_number(callee, param_input(callee, i));
        for (uint32_t k = 0; k < callee->input_count; k++) {
            if (callee->reach[k].to_refs & bit) {
                edge(w, arguments[k], node);
            }
        }
        edge(w, node_of(value), node);
        if ((root_mark(value) & 1) ||
            w->g->nodes.items[w->roots.items[number].node].kind == NODE_ALIAS) {
            edge(w, w->roots.items[number].node, node);
        }
        node_source(w->g, node, callee->nodes.items[callee->refs_out[i]].level);
        set_root(w, number, node);
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
    uint32_t result = inst->result_count > 0 ? add_result(w, inst, 0) : 0;
    if (result != 0 && callee->result != 0) {
        node_source(w->g, result, callee->nodes.items[callee->result].level);
    }
    for (uint32_t k = 0; k < callee->input_count; k++) {
        const Reach *reach = &callee->reach[k];
        if (reach->to_result) {
            edge(w, arguments[k], result);
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

/* ---- control ---- */

static End walk(Walk *w, IrRegion *region, uint32_t control, uint32_t depth);

static void hand_over(Walk *w, const IrInst *inst, uint32_t count, IrValue *const *to,
                      uint32_t control) {
    for (uint32_t i = 0; i < count; i++) {
        edge(w, node_of(inst->operands[i]), to[i]->mark);
        edge(w, control, to[i]->mark);
    }
}

static void add_params(Walk *w, const IrRegion *region) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        region->params[i]->mark = add(w, NODE_VALUE, NULL, region->params[i]);
    }
}

/* What the roots that a loop stores hold, where several ways lead to. */
static void join_roots(Walk *w, const LoopSurvey *survey_of, const uint32_t *nodes) {
    for (uint32_t i = 0; i < survey_of->count; i++) {
        edge(w, w->roots.items[survey_of->roots[i]].node, nodes[i]);
    }
    w->joins += survey_of->count;
}

static uint32_t *add_joins(Walk *w, const LoopSurvey *survey_of) {
    uint32_t *nodes = NEW_ARRAY(w->u->arena, uint32_t, survey_of->count);
    for (uint32_t i = 0; i < survey_of->count; i++) {
        nodes[i] = add(w, NODE_JOIN, NULL, NULL);
    }
    return nodes;
}

static void set_roots(Walk *w, const LoopSurvey *survey_of, const uint32_t *nodes) {
    for (uint32_t i = 0; i < survey_of->count; i++) {
        set_root(w, survey_of->roots[i], nodes[i]);
    }
}

/* Gives control afterwards; `falls` becomes false when nothing gets there. */
static uint32_t walk_if(Walk *w, IrInst *inst, uint32_t control, uint32_t depth, bool *falls) {
    uint32_t arms = add(w, NODE_BRANCH, inst, NULL);
    edge(w, node_of(inst->operands[0]), arms);
    edge(w, control, arms);
    for (uint32_t i = 0; i < inst->result_count; i++) {
        add_result(w, inst, i);
    }
    uint32_t undo = w->undo.count, first = w->changes.count;
    End yes = walk(w, &inst->regions[IR_IF_TRUE], arms, depth + 1);
    take_back(w, undo, depth);
    uint32_t second = w->changes.count;
    End no = walk(w, &inst->regions[IR_IF_FALSE], arms, depth + 1);
    take_back(w, undo, depth);
    if (yes.falls && no.falls) {
        merge_arms(w, first, second);
    } else if (yes.falls) {
        set_changes(w, first, second);
    } else if (no.falls) {
        set_changes(w, second, w->changes.count);
    } else {
        *falls = false;
    }
    w->changes.count = first;
    if (yes.falls && yes.control == arms && no.falls && no.control == arms) {
        return control;
    }
    uint32_t left = add(w, NODE_LEFT, w->escape, NULL);
    edge(w, yes.falls ? yes.control : 0, left);
    edge(w, no.falls ? no.control : 0, left);
    return left;
}

static uint32_t walk_loop(Walk *w, IrInst *inst, uint32_t control, uint32_t depth, bool *falls) {
    const LoopSurvey *survey_of = &w->loops.items[inst->mark];
    IrRegion *body = &inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &inst->regions[IR_LOOP_CONTINUING];
    Loop loop = {w->loop, inst, survey_of, .again = add(w, NODE_JOIN, NULL, NULL)};
    loop.left = add(w, NODE_LEFT, NULL, NULL);
    loop.again_nodes = add_joins(w, survey_of);
    loop.left_nodes = add_joins(w, survey_of);
    uint32_t *first_nodes = add_joins(w, survey_of), undo = w->undo.count;
    uint32_t start = add(w, NODE_JOIN, NULL, NULL);
    const IrInst *escape = w->escape, *ret = w->ret;
    edge(w, control, start);
    edge(w, loop.again, start);
    add_params(w, body);
    add_params(w, continuing);
    hand_over(w, inst, body->param_count, body->params, 0);
    for (uint32_t i = 0; i < inst->result_count; i++) {
        add_result(w, inst, i);
    }
    join_roots(w, survey_of, first_nodes);
    set_roots(w, survey_of, first_nodes);
    w->loop = &loop;
    walk(w, body, start, depth + 1);
    w->loop = loop.outer;
    set_roots(w, survey_of, loop.again_nodes);
    walk(w, continuing, loop.again, depth + 1);
    if (continuing->last->op == OP_NEXT) {
        hand_over(w, continuing->last, body->param_count, body->params, loop.again);
        join_roots(w, survey_of, first_nodes);
    }
    uint32_t changes = w->changes.count;
    take_back(w, undo, depth);
    w->changes.count = changes;
    set_roots(w, survey_of, loop.left_nodes);
    w->escape = w->ret != ret ? w->ret : escape;
    w->g->nodes.items[loop.left].inst = w->escape;
    *falls &= loop.is_left;
    return survey_of->returns ? loop.left : control;
}

static void ret(Walk *w, const IrInst *inst, uint32_t control) {
    if (inst->operand_count > 0) {
        edge(w, node_of(inst->operands[0]), w->g->result);
        edge(w, control, w->g->result);
    }
    for (uint32_t i = 0; i < w->g->function->param_count && !w->coarse; i++) {
        if (w->g->refs_out[i] != 0) {
            edge(w, w->roots.items[i].node, w->g->refs_out[i]);
            w->joins++;
        }
    }
    w->escape = w->ret = inst;
}

static void leave(Walk *w, const IrInst *inst, uint32_t control) {
    Loop *loop = w->loop;
    w->escape = inst;
    if (inst->op == OP_BREAK) {
        loop->is_left = true;
        hand_over(w, inst, loop->inst->result_count, loop->inst->results, control);
        edge(w, control, loop->left);
        join_roots(w, loop->survey, loop->left_nodes);
    } else {
        IrRegion *continuing = &loop->inst->regions[IR_LOOP_CONTINUING];
        hand_over(w, inst, continuing->param_count, continuing->params, control);
        uint32_t way = add(w, NODE_LEFT, inst, NULL);
        edge(w, control, way);
        edge(w, way, loop->again);
        join_roots(w, loop->survey, loop->again_nodes);
    }
}

static void plain(Walk *w, const IrInst *inst, uint32_t control) {
    switch (inst->op) {
    case OP_VAR:
        inst->results[0]->mark = 0;
        if (!w->coarse) {
            set_root(w, root_number(inst->results[0]), 0);
        }
        return;
    case OP_SHARED: {
        uint32_t node = add(w, NODE_MEMORY, inst, inst->results[0]);
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

/* Else graph_build begins anew. */
static bool may_go_on(const Walk *w) {
    return w->coarse || w->joins <= MOST_JOINS;
}

static End walk(Walk *w, IrRegion *region, uint32_t control, uint32_t depth) {
    bool falls = true;
    for (IrInst *inst = region->first; inst != NULL && may_go_on(w); inst = inst->next) {
        switch (inst->op) {
        case OP_IF:
            control = walk_if(w, inst, control, depth, &falls);
            break;
        case OP_LOOP:
            control = walk_loop(w, inst, control, depth, &falls);
            break;
        case OP_YIELD:
            hand_over(w, inst, region->owner->result_count, region->owner->results, control);
            return (End){control, falls};
        case OP_BREAK:
        case OP_CONTINUE:
            leave(w, inst, control);
            return (End){control, false};
        case OP_RET:
            ret(w, inst, control);
            return (End){control, false};
        case OP_NEXT:
        case OP_UNREACHABLE:
            return (End){control, false};
        default:
            plain(w, inst, control);
        }
    }
    return (End){control, false};
}

/* ---- a function ---- */

static void add_inputs(Walk *w) {
    const IrFunction *function = w->g->function;
    Graph *g = w->g;
    uint32_t inputs = 1 + 2 * function->param_count;
    g->input_count = inputs < MOST_INPUTS ? inputs : MOST_INPUTS;
    g->first_input = add(w, NODE_INPUT, NULL, NULL);
    for (uint32_t i = 0; i < inputs - 1; i++) {
        add(w, NODE_INPUT, NULL, function->params[i % function->param_count]);
    }
    g->result = function->result == &ir_void ? 0 : add(w, NODE_JOIN, NULL, NULL);
    g->refs_out = NEW_ARRAY(w->u->arena, uint32_t, function->param_count);
    g->written = NEW_ARRAY(w->u->arena, bool, function->param_count);
    for (uint32_t i = 0; i < function->param_count; i++) {
        IrTypeKind kind = function->params[i]->type->kind;
        bool is_root = ir_is_root(function->params[i]->type);
        function->params[i]->mark = is_root ? 0 : param_input(g, i);
        w->roots.items[i].node = param_input(g, i);
        g->refs_out[i] = kind == IR_TYPE_REF ? add(w, NODE_JOIN, NULL, NULL) : 0;
    }
}

static void build(Walk *w) {
    Graph *g = w->g;
    g->nodes.count = g->edges.count = g->needs.count = 0;
    VEC_PUSH(w->u->arena, &g->edges, (Edge){0});
    add(w, NODE_NONE, NULL, NULL);
    add_inputs(w);
    for (uint32_t i = g->function->param_count; i < w->roots.count; i++) {
        w->roots.items[i].node = w->coarse ? add(w, NODE_JOIN, NULL, NULL) : 0;
    }
    for (uint32_t i = 0; i < g->function->param_count && w->coarse; i++) {
        edge(w, w->roots.items[i].node, g->refs_out[i]);
    }
    w->undo.count = w->changes.count = 0;
    walk(w, &g->function->body, control_input(g), 0);
    for (uint32_t i = 0; i < g->function->param_count; i++) {
        if (g->function->is_kernel && g->written[i]) {
            g->nodes.items[param_input(g, i)].kind = NODE_MEMORY;
            node_source(g, param_input(g, i), DIFFERS);
        }
    }
}

void graph_build(Uniformity *u, Graph *g) {
    Walk w = {.u = u, .g = g};
    for (uint32_t i = 0; i < g->function->param_count; i++) {
        add_root(&w, g->function->params[i], g->function->params[i]->type->kind == IR_TYPE_REF, 0);
    }
    survey(&w, &g->function->body, 0);
    w.joins = 0;
    build(&w);
    if (!may_go_on(&w)) {
        w.coarse = true;
        for (uint32_t i = 0; i < w.loops.count; i++) {
            w.loops.items[i].count = 0;
        }
        build(&w);
    }
}
