/* The graph behind uniformity.h: for each function, what depends on what.
 *
 * Nodes are values, what a local holds from a store on, points of control flow, and what is asked of these. An edge
 * says that one differs between invocations if another does. So what differs is what can be reached from the sources
 * (`local_id`, memory that the kernel writes …), and the way there is the explanation. Node 0 is what never differs.
 *
 * A function has inputs, which are nodes: where control comes from, each parameter (of a buffer or `ref`: what is
 * there), and for each parameter whether it is a place that others may write at any time. A function is looked at once,
 * callees first; a call then only asks which inputs reach which outputs.
 */
#ifndef IR_UNIFORMITY_GRAPH_H
#define IR_UNIFORMITY_GRAPH_H

#include "ir/ir.h"

typedef struct Graph Graph;

typedef enum {
    SAME, /* in the whole workgroup */
    SAME_IN_SUBGROUP,
    DIFFERS,
} Level;

typedef enum {
    NODE_NONE,
    NODE_INPUT,  /* of the function: value, or NULL for control */
    NODE_VALUE,  /* value */
    NODE_STORE,  /* what a local holds after inst, a store or call; value: its root */
    NODE_JOIN,   /* where ways meet */
    NODE_BRANCH, /* control in the arms of inst, an `if` */
    NODE_LEFT,   /* control after inst, a terminator by which some may have left */
    NODE_MEMORY, /* what memory holds that invocations have in common; value: its root */
    NODE_ALIAS,  /* what is at a place that inst, a call, hands over twice */
    NODE_NEED, /* control, or an operand, that inst needs: a convergent op, or a call of a function with one */
} NodeKind;

typedef struct {
    NodeKind kind;
    Level level;    /* after spreading */
    uint32_t cause; /* the node that it comes from; 0: it is a source */
    uint32_t edges; /* the first that leads away; 0: none */
    uint32_t way;   /* the cause, when spreading from one input */
    uint32_t seen;  /* the last spreading that came here */
    const IrInst *inst;
    const IrValue *value;
    /* of NODE_NEED */
    Level most;      /* that is right */
    bool is_operand; /* of inst; else control */
    bool reported;
    uint32_t callee_need, callee_input; /* of a call: the node there, and its input */
    Graph *inner_graph; /* of a call: where in the end the convergent op is, and its node */
    uint32_t inner_need;
} Node;

typedef struct {
    uint32_t to, next;
} Edge;

/* So many inputs of a function are told apart; the last stands for all behind it. */
enum { MOST_INPUTS = 63 };

/* What callers must know of one input. */
typedef struct {
    bool to_result;
    uint64_t to_refs;  /* bit n: what is at the places of input n afterwards */
    uint32_t needs[2]; /* of SAME and of SAME_IN_SUBGROUP; 0: none */
} Reach;

struct Graph {
    IrFunction *function;
    VEC(Node) nodes;
    VEC(Edge) edges;
    VEC(uint32_t) needs;
    uint32_t spread;      /* how many spreadings there were */
    uint32_t first_input; /* node */
    uint32_t result;      /* node; 0: none */
    uint32_t *refs_out;   /* by parameter: what is at the place in the end; 0: no `ref` */
    bool *written;        /* by parameter: a buffer or `ref` that is written, also by callees */
    bool converges;       /* has a convergent op, perhaps in a callee */
    bool wanted;          /* … or is called by one that does */
    uint32_t input_count; /* that are told apart */
    Reach *reach;         /* by input, of a proc */
};

typedef struct {
    IrModule *module;
    Arena *arena;
    Graph *graphs; /* by function->mark */
    uint32_t count;
    uint32_t *order; /* callees first */
} Uniformity;

/* Nodes of inputs: control, what the parameters are, whether others may write there. */
static inline uint32_t control_input(const Graph *g) {
    return g->first_input;
}
static inline uint32_t param_input(const Graph *g, uint32_t index) {
    return g->first_input + 1 + index;
}
static inline uint32_t memory_input(const Graph *g, uint32_t index) {
    return g->first_input + 1 + g->function->param_count + index;
}
/* The number of an input, as far as they are told apart. */
static inline uint32_t input_number(const Graph *g, uint32_t node) {
    uint32_t number = node - g->first_input;
    return number < g->input_count ? number : g->input_count - 1;
}

/* uniformity_graph.c */
uint32_t node_add(Uniformity *u, Graph *g, NodeKind kind, const IrInst *inst, const IrValue *value);
void edge_add(Uniformity *u, Graph *g, uint32_t from, uint32_t to); /* nothing if either is 0 */
void node_source(Graph *g, uint32_t node, Level level);
void spread_levels(Uniformity *u, Graph *g);
/* From one input, by `way`; nodes that were reached have `seen` == g->spread afterwards. */
void spread_from_input(Uniformity *u, Graph *g, uint32_t input);
void find_reach(Uniformity *u, Graph *g);

/* uniformity_walk.c: needs the graphs of the callees, with their reach. */
void graph_build(Uniformity *u, Graph *g);

/* uniformity_report.c: what the graph needs and does not have. */
void report_needs(Uniformity *u, Graph *g);

#endif
