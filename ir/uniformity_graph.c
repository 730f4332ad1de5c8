/* See uniformity_graph.h: nodes, edges, and what can be reached. */
#include "ir/uniformity_graph.h"

uint32_t node_add(Uniformity *u, Graph *g, NodeKind kind, const IrInst *inst,
                  const IrValue *value) {
    VEC_PUSH(u->arena, &g->nodes, (Node){.kind = kind, .inst = inst, .value = value});
    return g->nodes.count - 1;
}

void edge_add(Uniformity *u, Graph *g, uint32_t from, uint32_t to) {
    if (from != 0 && to != 0 && from != to) {
        Node *node = &g->nodes.items[from];
        VEC_PUSH(u->arena, &g->edges, (Edge){to, node->edges});
        node->edges = g->edges.count - 1;
    }
}

void node_source(Graph *g, uint32_t node, Level level) {
    Node *n = &g->nodes.items[node];
    n->level = level > n->level ? level : n->level;
}

/* ---- levels ---- */

/* Breadth first, so that the way from a source, which people will read, is as short as can be. */
void spread_levels(Uniformity *u, Graph *g) {
    uint32_t *queue = NEW_ARRAY(u->arena, uint32_t, g->nodes.count);
    for (Level level = DIFFERS; level > SAME; level--) {
        uint32_t count = 0;
        for (uint32_t i = 1; i < g->nodes.count; i++) {
            if (g->nodes.items[i].level == level) {
                queue[count++] = i;
            }
        }
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t e = g->nodes.items[queue[i]].edges; e != 0; e = g->edges.items[e].next) {
                Node *to = &g->nodes.items[g->edges.items[e].to];
                if (to->level < level) {
                    to->level = level;
                    to->cause = queue[i];
                    queue[count++] = g->edges.items[e].to;
                }
            }
        }
    }
}

/* ---- from the inputs ---- */

static void spread_from(Graph *g, uint32_t *queue, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t e = g->nodes.items[queue[i]].edges; e != 0; e = g->edges.items[e].next) {
            Node *to = &g->nodes.items[g->edges.items[e].to];
            if (to->seen != g->spread) {
                to->seen = g->spread;
                to->way = queue[i];
                queue[count++] = g->edges.items[e].to;
            }
        }
    }
}

static void spread_input(Graph *g, uint32_t *queue, uint32_t input) {
    uint32_t count = 0;
    uint32_t all = 1 + 2 * g->function->param_count;
    uint32_t end = input + 1 < g->input_count ? input + 1 : all;
    g->spread++;
    for (uint32_t i = input; i < end; i++) {
        Node *node = &g->nodes.items[g->first_input + i];
        node->seen = g->spread;
        node->way = 0;
        queue[count++] = g->first_input + i;
    }
    spread_from(g, queue, count);
}

void spread_from_input(Uniformity *u, Graph *g, uint32_t input) {
    spread_input(g, NEW_ARRAY(u->arena, uint32_t, g->nodes.count), input);
}

static bool was_reached(const Graph *g, uint32_t node) {
    return node != 0 && g->nodes.items[node].seen == g->spread;
}

void find_reach(Uniformity *u, Graph *g) {
    uint32_t *queue = NEW_ARRAY(u->arena, uint32_t, g->nodes.count);
    g->reach = NEW_ARRAY(u->arena, Reach, g->input_count);
    for (uint32_t input = 0; input < g->input_count; input++) {
        Reach *reach = &g->reach[input];
        spread_input(g, queue, input);
        reach->to_result = was_reached(g, g->result);
        for (uint32_t i = 0; i < g->function->param_count; i++) {
            if (was_reached(g, g->refs_out[i])) {
                reach->to_refs |= UINT64_C(1) << input_number(g, param_input(g, i));
            }
        }
        for (uint32_t i = 0; i < g->needs.count; i++) {
            const Node *need = &g->nodes.items[g->needs.items[i]];
            if (was_reached(g, g->needs.items[i]) && !need->reported &&
                reach->needs[need->most] == 0) {
                reach->needs[need->most] = g->needs.items[i];
            }
        }
    }
}
