/* What the parts of the walk that builds a graph share: uniformity_walk.c control, uniformity_roots.c what locals hold,
 * uniformity_ops.c instructions.
 */
#ifndef IR_UNIFORMITY_WALK_H
#define IR_UNIFORMITY_WALK_H

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

static inline uint32_t walk_node(Walk *w, NodeKind kind, const IrInst *inst, const IrValue *value) {
    return node_add(w->u, w->g, kind, inst, value);
}

static inline void walk_edge(Walk *w, uint32_t from, uint32_t to) {
    edge_add(w->u, w->g, from, to);
}

static inline uint32_t node_of(const IrValue *value) {
    return ir_is_const(value) ? 0 : value->mark;
}

/* Marks of `var`, `shared` and `ref`: the number of the root, and whether it is a part of it. */
static inline uint32_t root_mark(const IrValue *root) {
    return root->kind == IR_VALUE_PARAM ? root->index << 1 : root->inst->mark;
}

static inline uint32_t root_number(const IrValue *root) {
    return root_mark(root) >> 1;
}

static inline bool is_part(const IrInst *inst) {
    uint32_t start = ir_place_start(inst);
    return (root_mark(inst->operands[start]) & 1) || inst->operand_count > start + 1;
}

/* uniformity_roots.c */
void roots_add(Walk *w, IrValue *value, bool is_local, uint32_t depth);
/* Finds roots, and what is stored in loops. Gives whether there is a `ret`. */
bool roots_survey(Walk *w, IrRegion *region, uint32_t depth);
void roots_set(Walk *w, uint32_t number, uint32_t node);
uint32_t walk_join(Walk *w, uint32_t a, uint32_t b);
/* Undoes what was done since the list of undoing was so long; what roots outside of `depth` held is put on the list of
 * changes. */
void roots_take_back(Walk *w, uint32_t length, uint32_t depth);
/* Both arms of an `if` got to their end; what they changed is on the list from `first` and `second` on. */
void roots_merge(Walk *w, uint32_t first, uint32_t second);
void roots_set_changes(Walk *w, uint32_t first, uint32_t end);

/* uniformity_ops.c */
uint32_t walk_result(Walk *w, const IrInst *inst, uint32_t index);
void walk_op(Walk *w, const IrInst *inst,
             uint32_t control); /* neither a construct nor a terminator */

#endif
