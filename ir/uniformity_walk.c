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
#include "ir/uniformity_walk.h"

/* Where control is at the end of a region. */
typedef struct {
    uint32_t control;
    bool falls; /* it gets there at all */
} End;

static End walk(Walk *w, IrRegion *region, uint32_t control, uint32_t depth);

static void hand_over(Walk *w, const IrInst *inst, uint32_t count, IrValue *const *to,
                      uint32_t control) {
    for (uint32_t i = 0; i < count; i++) {
        walk_edge(w, node_of(inst->operands[i]), to[i]->mark);
        walk_edge(w, control, to[i]->mark);
    }
}

static void add_params(Walk *w, const IrRegion *region) {
    for (uint32_t i = 0; i < region->param_count; i++) {
        region->params[i]->mark = walk_node(w, NODE_VALUE, NULL, region->params[i]);
    }
}

/* What the roots that a loop stores hold, where several ways lead to. */
static void join_roots(Walk *w, const LoopSurvey *survey_of, const uint32_t *nodes) {
    for (uint32_t i = 0; i < survey_of->count; i++) {
        walk_edge(w, w->roots.items[survey_of->roots[i]].node, nodes[i]);
    }
    w->joins += survey_of->count;
}

static uint32_t *add_joins(Walk *w, const LoopSurvey *survey_of) {
    uint32_t *nodes = NEW_ARRAY(w->u->arena, uint32_t, survey_of->count);
    for (uint32_t i = 0; i < survey_of->count; i++) {
        nodes[i] = walk_node(w, NODE_JOIN, NULL, NULL);
    }
    return nodes;
}

static void set_roots(Walk *w, const LoopSurvey *survey_of, const uint32_t *nodes) {
    for (uint32_t i = 0; i < survey_of->count; i++) {
        roots_set(w, survey_of->roots[i], nodes[i]);
    }
}

/* Gives control afterwards; `falls` becomes false when nothing gets there. */
static uint32_t walk_if(Walk *w, IrInst *inst, uint32_t control, uint32_t depth, bool *falls) {
    uint32_t arms = walk_node(w, NODE_BRANCH, inst, NULL);
    walk_edge(w, node_of(inst->operands[0]), arms);
    walk_edge(w, control, arms);
    for (uint32_t i = 0; i < inst->result_count; i++) {
        walk_result(w, inst, i);
    }
    uint32_t undo = w->undo.count, first = w->changes.count;
    End yes = walk(w, &inst->regions[IR_IF_TRUE], arms, depth + 1);
    roots_take_back(w, undo, depth);
    uint32_t second = w->changes.count;
    End no = walk(w, &inst->regions[IR_IF_FALSE], arms, depth + 1);
    roots_take_back(w, undo, depth);
    if (yes.falls && no.falls) {
        roots_merge(w, first, second);
    } else if (yes.falls) {
        roots_set_changes(w, first, second);
    } else if (no.falls) {
        roots_set_changes(w, second, w->changes.count);
    } else {
        *falls = false;
    }
    w->changes.count = first;
    if (yes.falls && yes.control == arms && no.falls && no.control == arms) {
        return control;
    }
    uint32_t left = walk_node(w, NODE_LEFT, w->escape, NULL);
    walk_edge(w, yes.falls ? yes.control : 0, left);
    walk_edge(w, no.falls ? no.control : 0, left);
    return left;
}

static uint32_t walk_loop(Walk *w, IrInst *inst, uint32_t control, uint32_t depth, bool *falls) {
    const LoopSurvey *survey_of = &w->loops.items[inst->mark];
    IrRegion *body = &inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &inst->regions[IR_LOOP_CONTINUING];
    Loop loop = {w->loop, inst, survey_of, .again = walk_node(w, NODE_JOIN, NULL, NULL)};
    loop.left = walk_node(w, NODE_LEFT, NULL, NULL);
    loop.again_nodes = add_joins(w, survey_of);
    loop.left_nodes = add_joins(w, survey_of);
    uint32_t *first_nodes = add_joins(w, survey_of), undo = w->undo.count;
    uint32_t start = walk_node(w, NODE_JOIN, NULL, NULL);
    const IrInst *escape = w->escape, *ret = w->ret;
    walk_edge(w, control, start);
    walk_edge(w, loop.again, start);
    add_params(w, body);
    add_params(w, continuing);
    hand_over(w, inst, body->param_count, body->params, 0);
    for (uint32_t i = 0; i < inst->result_count; i++) {
        walk_result(w, inst, i);
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
    roots_take_back(w, undo, depth);
    w->changes.count = changes;
    set_roots(w, survey_of, loop.left_nodes);
    w->escape = w->ret != ret ? w->ret : escape;
    w->g->nodes.items[loop.left].inst = w->escape;
    *falls &= loop.is_left;
    return survey_of->returns ? loop.left : control;
}

static void ret(Walk *w, const IrInst *inst, uint32_t control) {
    if (inst->operand_count > 0) {
        walk_edge(w, node_of(inst->operands[0]), w->g->result);
        walk_edge(w, control, w->g->result);
    }
    for (uint32_t i = 0; i < w->g->function->param_count && !w->coarse; i++) {
        if (w->g->refs_out[i] != 0) {
            walk_edge(w, w->roots.items[i].node, w->g->refs_out[i]);
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
        walk_edge(w, control, loop->left);
        join_roots(w, loop->survey, loop->left_nodes);
    } else {
        IrRegion *continuing = &loop->inst->regions[IR_LOOP_CONTINUING];
        hand_over(w, inst, continuing->param_count, continuing->params, control);
        uint32_t way = walk_node(w, NODE_LEFT, inst, NULL);
        walk_edge(w, control, way);
        walk_edge(w, way, loop->again);
        join_roots(w, loop->survey, loop->again_nodes);
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
            walk_op(w, inst, control);
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
    g->first_input = walk_node(w, NODE_INPUT, NULL, NULL);
    for (uint32_t i = 0; i < inputs - 1; i++) {
        walk_node(w, NODE_INPUT, NULL, function->params[i % function->param_count]);
    }
    g->result = function->result == &ir_void ? 0 : walk_node(w, NODE_JOIN, NULL, NULL);
    g->refs_out = NEW_ARRAY(w->u->arena, uint32_t, function->param_count);
    g->written = NEW_ARRAY(w->u->arena, bool, function->param_count);
    for (uint32_t i = 0; i < function->param_count; i++) {
        IrTypeKind kind = function->params[i]->type->kind;
        bool is_root = ir_is_root(function->params[i]->type);
        function->params[i]->mark = is_root ? 0 : param_input(g, i);
        w->roots.items[i].node = param_input(g, i);
        g->refs_out[i] = kind == IR_TYPE_REF ? walk_node(w, NODE_JOIN, NULL, NULL) : 0;
    }
}

static void build(Walk *w) {
    Graph *g = w->g;
    g->nodes.count = g->edges.count = g->needs.count = 0;
    VEC_PUSH(w->u->arena, &g->edges, (Edge){0});
    walk_node(w, NODE_NONE, NULL, NULL);
    add_inputs(w);
    for (uint32_t i = g->function->param_count; i < w->roots.count; i++) {
        w->roots.items[i].node = w->coarse ? walk_node(w, NODE_JOIN, NULL, NULL) : 0;
    }
    for (uint32_t i = 0; i < g->function->param_count && w->coarse; i++) {
        walk_edge(w, w->roots.items[i].node, g->refs_out[i]);
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
        roots_add(&w, g->function->params[i], g->function->params[i]->type->kind == IR_TYPE_REF, 0);
    }
    roots_survey(&w, &g->function->body, 0);
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
