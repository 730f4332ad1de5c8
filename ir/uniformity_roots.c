/* See uniformity_walk.h: what places start from, and what locals hold. */
#include "ir/uniformity_walk.h"

void roots_add(Walk *w, IrValue *value, bool is_local, uint32_t depth) {
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

bool roots_survey(Walk *w, IrRegion *region, uint32_t depth) {
    bool returns = false;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        uint32_t start = w->stored.count, number = w->loops.count;
        bool inside = false;
        if (inst->op == OP_VAR || inst->op == OP_SHARED) {
            inst->mark = w->roots.count << 1;
            roots_add(w, inst->results[0], inst->op == OP_VAR, depth);
        } else if (inst->op == OP_REF) {
            inst->mark = root_number(inst->operands[0]) << 1 | is_part(inst);
        } else if (inst->op == OP_STORE || inst->op == OP_STORE_WIDE) {
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
            inside |= roots_survey(w, &inst->regions[i], depth + 1);
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

void roots_set(Walk *w, uint32_t number, uint32_t node) {
    Root *root = &w->roots.items[number];
    if (w->coarse) {
        walk_edge(w, node, root->node);
    } else {
        VEC_PUSH(w->u->arena, &w->undo, (Change){number, root->node});
        root->node = node;
    }
}

uint32_t walk_join(Walk *w, uint32_t a, uint32_t b) {
    if (a == b || a == 0 || b == 0) {
        return a == 0 ? b : a;
    }
    uint32_t node = walk_node(w, NODE_JOIN, NULL, NULL);
    walk_edge(w, a, node);
    walk_edge(w, b, node);
    return node;
}

void roots_take_back(Walk *w, uint32_t length, uint32_t depth) {
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

void roots_merge(Walk *w, uint32_t first, uint32_t second) {
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
        roots_set(w, change.root, walk_join(w, other, change.node));
    }
    for (uint32_t i = first; i < second; i++) {
        Change change = w->changes.items[i];
        if (w->roots.items[change.root].seen != in_both) {
            roots_set(w, change.root, walk_join(w, w->roots.items[change.root].node, change.node));
        }
    }
}

void roots_set_changes(Walk *w, uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; i++) {
        roots_set(w, w->changes.items[i].root, w->changes.items[i].node);
    }
}
