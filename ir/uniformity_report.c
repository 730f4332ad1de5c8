/* What a graph needs and does not have, told from the barrier back to what differs: each step that people can see in the
 * source is a note with its place. */
#include "ir/uniformity_graph.h"

typedef struct {
    Pos pos;
    const char *text;
} Step;

typedef struct {
    Uniformity *u;
    VEC(Step) steps;
    Pos use; /* of what was made to differ last */
} Chain;

/* Of a longer chain the middle is left out. */
enum { FIRST_STEPS = 6, LAST_STEPS = 4 };

#define STEP(chain, pos, ...) step((chain), (pos), arena_printf((chain)->u->arena, __VA_ARGS__))

static void step(Chain *chain, Pos pos, const char *text) {
    uint32_t count = chain->steps.count;
    if (count > 0 && chain->steps.items[count - 1].pos == pos &&
        strcmp(chain->steps.items[count - 1].text, text) == 0) {
        return;
    }
    VEC_PUSH(chain->u->arena, &chain->steps, (Step){pos, text});
}

/* ---- words ---- */

static const char *name_of_root(const IrValue *root) {
    return root->name != NULL ? root->name->text : "a local";
}

/* The front end computes built-in values at the start of a function: it is their use that has a place in the source. */
static bool is_at_start(const IrInst *inst) {
    return inst->pos == inst->region->function->pos;
}

/* The `break` that a `for` or `while` has by itself. */
static bool is_end_of_loop(const IrInst *inst) {
    const IrInst *owner = inst->region->owner;
    while (owner != NULL && owner->op != OP_LOOP) {
        owner = owner->region->owner;
    }
    return inst->op == OP_BREAK && owner != NULL && inst->pos == owner->pos;
}

static const char *escape_word(const IrInst *inst) {
    return inst->op == OP_RET ? "give" : ir_ops[inst->op].text;
}

/* `i` where the source says so, since `global_id` stands nowhere then. */
static const char *builtin_word(const IrInst *inst, const Node *next) {
    if (inst->builtin == IR_BUILTIN_GLOBAL_ID && next != NULL && next->kind == NODE_VALUE &&
        next->inst != NULL && next->inst->op == OP_EXTRACT && next->value->name != NULL) {
        const char *name = next->value->name->text;
        if (name[0] >= 'i' && name[0] <= 'k' && name[1] == '\0') {
            return name;
        }
    }
    return ir_builtins[inst->builtin].text;
}

/* A value that differs by itself. `next` is the node that it makes differ, or NULL. */
static void source_value(Chain *chain, const Node *node, const Node *next) {
    const IrInst *inst = node->inst;
    if (inst->op == OP_BUILTIN) {
        STEP(chain, is_at_start(inst) && chain->use != 0 ? chain->use : inst->pos,
             "`%s` differs between the %s", builtin_word(inst, next),
             node->level == DIFFERS ? "invocations of a workgroup" : "subgroups of a workgroup");
    } else if (ir_is_subgroup_op(inst->op)) {
        STEP(chain, inst->pos, "`%s` may give each %s another value", ir_ops[inst->op].text,
             node->level == DIFFERS ? "invocation" : "subgroup");
    } else {
        STEP(chain, inst->pos, "each invocation may get another value from an atomic");
    }
}

static void memory(Chain *chain, const Node *node, const Node *next) {
    Pos pos = next != NULL && next->inst != NULL ? next->inst->pos : 0;
    if (node->value->type->kind == IR_TYPE_SHARED) {
        STEP(chain, pos, "`%s` is `shared`: invocations may read different values",
             name_of_root(node->value));
    } else {
        STEP(chain, pos, "the kernel writes `%s`, so invocations may read different values",
             name_of_root(node->value));
    }
}

/* ---- the chain ---- */

/* Where the condition of an `if` was computed; a constant or parameter has no place. */
static Pos condition_pos(const IrInst *inst) {
    const IrValue *condition = inst->operands[0];
    bool has_place = condition->kind == IR_VALUE_RESULT && condition->inst->pos != 0;
    return has_place ? condition->inst->pos : inst->pos;
}

static bool is_value(const Node *node) {
    return node != NULL &&
           (node->kind == NODE_VALUE || (node->kind == NODE_INPUT && node->value != NULL));
}

/* Where a node has it from: by way of an input, or from a source. NULL: it is one of these. */
static const Node *cause_of(const Graph *g, const Node *node, bool by_way) {
    uint32_t cause = node == NULL ? 0 : by_way ? node->way : node->cause;
    return cause != 0 ? &g->nodes.items[cause] : NULL;
}

/* One node; `next` is where it goes. Of control, only what a condition does itself is told, not what follows of it. */
static void tell(Chain *chain, const Graph *g, const Node *node, const Node *next, bool by_way) {
    const Node *cause = cause_of(g, node, by_way);
    switch (node->kind) {
    case NODE_BRANCH:
        if (is_value(cause)) {
            STEP(chain, condition_pos(node->inst), "control flow depends on this condition");
        }
        break;
    case NODE_LEFT:
        if (cause != NULL && cause->kind == NODE_BRANCH && is_value(cause_of(g, cause, by_way))) {
            if (is_end_of_loop(node->inst)) {
                STEP(chain, node->inst->pos, "some invocations may leave this loop before others");
            } else {
                STEP(chain, node->inst->pos, "only some invocations may go on after this `%s`",
                     escape_word(node->inst));
            }
        }
        break;
    case NODE_STORE:
        if (node->inst->op == OP_CALL) {
            STEP(chain, node->inst->pos, "`%s` is set by `%s`, called here",
                 name_of_root(node->value), node->inst->callee->name->text);
        } else if (cause != NULL && (cause->kind == NODE_BRANCH || cause->kind == NODE_LEFT)) {
            STEP(chain, node->inst->pos, "only some invocations may set `%s` here",
                 name_of_root(node->value));
        } else {
            STEP(chain, node->inst->pos, "`%s` is set here", name_of_root(node->value));
        }
        break;
    case NODE_MEMORY:
        memory(chain, node, next);
        break;
    case NODE_ALIAS:
        STEP(chain, node->inst->pos, "`%s` is handed over twice here", name_of_root(node->value));
        break;
    case NODE_VALUE:
        if (cause == NULL && node->inst != NULL && node->inst->op != OP_CALL) {
            source_value(chain, node, next);
        } else if (node->inst != NULL && node->inst->op == OP_CALL) {
            STEP(chain, node->inst->pos, "`%s` gives it here", node->inst->callee->name->text);
        } else if (node->value->name != NULL && node->inst != NULL && !is_at_start(node->inst)) {
            STEP(chain, node->inst->pos, "`%s` is computed here", node->value->name->text);
        }
        break;
    default:
        break;
    }
    if (node->kind == NODE_BRANCH) {
        chain->use = condition_pos(node->inst);
    } else if (node->inst != NULL && !is_at_start(node->inst)) {
        chain->use = node->inst->pos;
    }
}

/* What differs by itself, inside a callee: how it comes about there. */
static const Graph *graph_of_call(const Chain *chain, const Node *node, uint32_t *at) {
    const IrInst *inst = node->inst;
    if (inst == NULL || inst->op != OP_CALL || node->kind == NODE_ALIAS) {
        return NULL;
    }
    const Graph *callee = &chain->u->graphs[inst->callee->mark];
    *at = callee->result;
    for (uint32_t i = 0; i < inst->operand_count && node->kind == NODE_STORE; i++) {
        uint32_t out = callee->refs_out[i];
        *at = out != 0 && callee->nodes.items[out].level == node->level ? out : *at;
    }
    return *at != 0 ? callee : NULL;
}

/* From a node to the source of its level, through what calls gave. */
static void follow_causes(Chain *chain, const Graph *g, uint32_t at) {
    while (g != NULL) {
        const Node *next = NULL;
        while (true) {
            const Node *node = &g->nodes.items[at];
            tell(chain, g, node, next, false);
            next = node;
            if (node->cause == 0) {
                break;
            }
            at = node->cause;
        }
        g = graph_of_call(chain, next, &at);
    }
}

/* From a need of a callee to the input that it comes from; needs of what it calls in turn come first. */
static void follow_calls(Chain *chain, const Node *need) {
    VEC(const Node *) calls = {0};
    while (need->callee_need != 0) {
        VEC_PUSH(chain->u->arena, &calls, need);
        need = &chain->u->graphs[need->inst->callee->mark].nodes.items[need->callee_need];
    }
    for (uint32_t i = calls.count; i-- > 0;) {
        const Node *call = calls.items[i];
        Graph *g = &chain->u->graphs[call->inst->callee->mark];
        spread_from_input(chain->u, g, call->callee_input);
        const Node *next = NULL;
        for (uint32_t at = call->callee_need; at != 0; at = g->nodes.items[at].way) {
            const Node *node = &g->nodes.items[at];
            tell(chain, g, node, next, true);
            next = node;
        }
        STEP(chain, call->inst->pos, "`%s` is called here", g->function->name->text);
    }
}

static void print_chain(Chain *chain, Diag *diag) {
    uint32_t count = chain->steps.count;
    for (uint32_t i = 0; i < count; i++) {
        const Step *s = &chain->steps.items[i];
        if (count > FIRST_STEPS + LAST_STEPS + 1 && i == FIRST_STEPS) {
            uint32_t left_out = count - FIRST_STEPS - LAST_STEPS;
            diag_note(diag, (Span){0}, "… and so on, %u steps …", left_out);
            i += left_out - 1;
        } else {
            diag_note(diag, (Span){s->pos, s->pos}, "%s", s->text);
        }
    }
}

/* ---- reports ---- */

static const char *operand_word(IrOp op) {
    switch (op) {
    case OP_SUBGROUP_BROADCAST:
        return "lane";
    case OP_SUBGROUP_SHUFFLE_XOR:
        return "mask";
    default:
        return "distance";
    }
}

static Diag *report(Uniformity *u, const IrInst *inst, bool is_operand) {
    Span span = {inst->pos, inst->pos};
    if (is_operand) {
        Diag *diag = diag_report(u->module->diags, span, D(SUBGROUP_OPERAND),
                                 operand_word(inst->op), ir_ops[inst->op].text);
        diag_help(diag, (Span){0}, "`subgroup_shuffle` takes a lane that differs");
        return diag;
    }
    if (inst->op == OP_BARRIER) {
        return diag_report(u->module->diags, span, D(BARRIER_DIVERGES));
    }
    return diag_report(u->module->diags, span, D(SUBGROUP_DIVERGES), ir_ops[inst->op].text);
}

void report_needs(Uniformity *u, Graph *g) {
    for (uint32_t i = 0; i < g->needs.count; i++) {
        Node *need = &g->nodes.items[g->needs.items[i]];
        if (need->level <= need->most) {
            continue;
        }
        Node *inner =
            need->inner_graph != NULL ? &need->inner_graph->nodes.items[need->inner_need] : need;
        if (inner->reported) {
            continue;
        }
        need->reported = inner->reported = true;
        Chain chain = {.u = u};
        Diag *diag = report(u, inner->inst, inner->is_operand);
        follow_calls(&chain, need);
        follow_causes(&chain, g, need->cause);
        print_chain(&chain, diag);
    }
}
