/* See uniformity.h. Functions that matter, those with a convergent op and what they call, become graphs, callees first;
 * each need that a graph does not meet by itself is reported. */
#include "ir/uniformity.h"

#include "ir/base/fatal.h"
#include "ir/uniformity_graph.h"

typedef struct Call Call;
struct Call {
    uint32_t caller, callee;
    Call *next_of_callee, *next_of_caller;
};

typedef struct {
    Uniformity *u;
    Call **of_callee, **of_caller; /* by function */
    uint32_t *pending;             /* calls in it whose callee has no place in the order yet */
} Calls;

static void collect_calls(Calls *calls, Graph *g, const IrRegion *region) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        g->converges |= ir_has(inst->op, IR_CONVERGENT);
        if (inst->op == OP_CALL) {
            uint32_t caller = g->function->mark, callee = inst->callee->mark;
            Call *call = NEW(calls->u->arena, Call);
            *call = (Call){caller, callee, calls->of_callee[callee], calls->of_caller[caller]};
            calls->of_callee[callee] = calls->of_caller[caller] = call;
            calls->pending[caller]++;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            collect_calls(calls, g, &inst->regions[i]);
        }
    }
}

/* Callees first; what converges is handed up. */
static void put_in_order(Calls *calls) {
    Uniformity *u = calls->u;
    u->order = NEW_ARRAY(u->arena, uint32_t, u->count);
    uint32_t ready = 0;
    for (uint32_t i = 0; i < u->count; i++) {
        if (calls->pending[i] == 0) {
            u->order[ready++] = i;
        }
    }
    for (uint32_t i = 0; i < ready; i++) {
        uint32_t callee = u->order[i];
        for (const Call *c = calls->of_callee[callee]; c != NULL; c = c->next_of_callee) {
            u->graphs[c->caller].converges |= u->graphs[callee].converges;
            if (--calls->pending[c->caller] == 0) {
                u->order[ready++] = c->caller;
            }
        }
    }
    REQUIRE(ready == u->count); /* else procs call each other in a circle */
}

/* Gives whether there is anything to look at. */
static bool find_wanted(Calls *calls) {
    Uniformity *u = calls->u;
    bool any = false;
    for (uint32_t i = u->count; i-- > 0;) {
        Graph *g = &u->graphs[u->order[i]];
        g->wanted |= g->converges;
        any |= g->wanted;
        for (const Call *c = calls->of_caller[u->order[i]]; g->wanted && c != NULL;
             c = c->next_of_caller) {
            u->graphs[c->callee].wanted = true;
        }
    }
    return any;
}

void ir_check_uniformity(IrModule *module) {
    Uniformity u = {.module = module, .arena = module->arena};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        f->mark = u.count++;
    }
    u.graphs = NEW_ARRAY(u.arena, Graph, u.count);
    Calls calls = {&u, NEW_ARRAY(u.arena, Call *, u.count), NEW_ARRAY(u.arena, Call *, u.count),
                   NEW_ARRAY(u.arena, uint32_t, u.count)};
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        u.graphs[f->mark].function = f;
        collect_calls(&calls, &u.graphs[f->mark], &f->body);
    }
    put_in_order(&calls);
    if (!find_wanted(&calls)) {
        return;
    }
    for (uint32_t i = 0; i < u.count; i++) {
        Graph *g = &u.graphs[u.order[i]];
        if (g->wanted) {
            graph_build(&u, g);
            spread_levels(&u, g);
            report_needs(&u, g);
            if (!g->function->is_kernel) {
                find_reach(&u, g);
            }
        }
    }
}
