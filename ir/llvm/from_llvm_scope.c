/* Values that are used outside their region get φs to come out by. See from_llvm_state.h.
 *
 * To LLVM a value of a loop's body may be used after the loop, wherever the body dominates; to us it leaves as a result of
 * the construct. So a use out of scope is given a φ in the first block behind the region that the value is in: the merge
 * block, or the continuing one. All edges into it bring the value, for it dominates them. A φ may be out of scope again.
 */
#include "ir/llvm/from_llvm_state.h"

typedef struct Node Node;
struct Node {
    Node *parent;            /* the region around; NULL: the function's */
    Node *continuing;        /* of a loop's body; NULL: there is none */
    LLVMBasicBlockRef next;  /* the continuing block, of a body */
    LLVMBasicBlockRef merge; /* behind the construct */
    uint32_t depth;
};

typedef struct {
    From *from;
    LLVMBuilderRef builder;
    FromMap edges; /* LLVMBasicBlockRef -> Edges */
    FromMap phis;  /* LLVMBasicBlockRef -> Made, the φs that were added there */
} Scopes;

typedef struct {
    VEC(LLVMBasicBlockRef) from;
} Edges;

typedef struct Made Made;
struct Made {
    LLVMValueRef of, phi;
    Made *next;
};

/* ---- regions ---- */

static Node *node_of(const From *from, LLVMBasicBlockRef block) {
    return from_map_get(&from->nodes, block);
}

static Node *new_node(From *from, Node *parent, LLVMBasicBlockRef first, LLVMBasicBlockRef merge) {
    Node *node = NEW(from->arena, Node);
    *node = (Node){.parent = parent, .merge = merge, .depth = parent->depth + 1};
    from_map_put(&from->nodes, from->arena, first, node);
    return node;
}

static void walk(From *from, const IrRegion *region, Node *node) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        if (!ir_has(inst->op, IR_CONTROL)) {
            continue;
        }
        const ToLlvmBlocks *blocks = &from->t->blocks.items[inst->mark];
        Node *inside[2] = {NULL, NULL};
        for (int i = 0; i < 2; i++) {
            if (blocks->entry[i] != NULL) {
                inside[i] = new_node(from, node, blocks->entry[i], blocks->merge);
                walk(from, &inst->regions[i], inside[i]);
            }
        }
        if (inst->op == OP_LOOP) {
            inside[IR_LOOP_BODY]->continuing = inside[IR_LOOP_CONTINUING];
            inside[IR_LOOP_BODY]->next = blocks->entry[IR_LOOP_CONTINUING];
        }
        if (blocks->merge == NULL) {
            return; /* the rest was not translated */
        }
        from_map_put(&from->nodes, from->arena, blocks->merge, node);
    }
}

static bool contains(const Node *outer, const Node *node) {
    while (node != NULL && node->depth > outer->depth) {
        node = node->parent;
    }
    return node == outer;
}

/* ---- edges ---- */

static void find_edges(Scopes *s) {
    From *from = s->from;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(from->t->fn); b != NULL;
         b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef end = LLVMGetBasicBlockTerminator(b);
        for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++) {
            LLVMBasicBlockRef to = LLVMGetSuccessor(end, i);
            Edges *edges = from_map_get(&s->edges, to);
            if (edges == NULL) {
                edges = NEW(from->arena, Edges);
                from_map_put(&s->edges, from->arena, to, edges);
            }
            VEC_PUSH(from->arena, &edges->from, b);
        }
    }
}

/* ---- uses ---- */

static LLVMValueRef in_scope(Scopes *s, LLVMValueRef value, LLVMBasicBlockRef user);

/* The φ of the value in that block, behind a region that the value is in. */
static LLVMValueRef phi_in(Scopes *s, LLVMValueRef value, LLVMBasicBlockRef block) {
    From *from = s->from;
    Made *first = from_map_get(&s->phis, block);
    for (Made *made = first; made != NULL; made = made->next) {
        if (made->of == value) {
            return made->phi;
        }
    }
    LLVMPositionBuilder(s->builder, block, LLVMGetFirstInstruction(block));
    size_t length;
    const char *name = LLVMGetValueName2(value, &length);
    LLVMValueRef phi = LLVMBuildPhi(s->builder, LLVMTypeOf(value), name);
    Made *made = NEW(from->arena, Made);
    *made = (Made){value, phi, first};
    from_map_put(&s->phis, from->arena, block, made);
    const Edges *edges = from_map_get(&s->edges, block);
    for (uint32_t i = 0; edges != NULL && i < edges->from.count; i++) {
        LLVMValueRef there = in_scope(s, value, edges->from.items[i]);
        LLVMAddIncoming(phi, &there, &edges->from.items[i], 1);
    }
    return phi;
}

/* What stands for the value where the block `user` uses it. */
static LLVMValueRef in_scope(Scopes *s, LLVMValueRef value, LLVMBasicBlockRef user) {
    if (LLVMIsAInstruction(value) == NULL) {
        return value;
    }
    const Node *use = node_of(s->from, user);
    const Node *node = node_of(s->from, LLVMGetInstructionParent(value));
    if (use == NULL || node == NULL) {
        from_fault(s->from, value);
        return value;
    }
    if (contains(node, use)) {
        return value;
    }
    while (node->parent != NULL && !contains(node->parent, use)) {
        node = node->parent;
    }
    bool goes_on = node->continuing != NULL && contains(node->continuing, use);
    LLVMBasicBlockRef behind = goes_on ? node->next : node->merge;
    if (behind == NULL) {
        from_fault(s->from, value);
        return value;
    }
    return phi_in(s, value, behind);
}

static void check_uses(Scopes *s, LLVMValueRef inst) {
    bool is_phi = LLVMIsAPHINode(inst) != NULL;
    unsigned count = is_phi ? LLVMCountIncoming(inst) : (unsigned)LLVMGetNumOperands(inst);
    LLVMBasicBlockRef block = LLVMGetInstructionParent(inst);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef operand = LLVMGetOperand(inst, i);
        if (LLVMIsAInstruction(operand) != NULL && LLVMIsAAllocaInst(operand) == NULL) {
            LLVMBasicBlockRef user = is_phi ? LLVMGetIncomingBlock(inst, i) : block;
            LLVMValueRef there = in_scope(s, operand, user);
            if (there != operand) {
                LLVMSetOperand(inst, i, there);
            }
        }
    }
}

void from_scopes(From *from) {
    Scopes scopes = {.from = from, .builder = LLVMCreateBuilderInContext(from->t->context)};
    Node *top = NEW(from->arena, Node);
    from_map_put(&from->nodes, from->arena, from->t->entry, top);
    walk(from, &from->t->function->body, top);
    find_edges(&scopes);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(from->t->fn); b != NULL;
         b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i != NULL;
             i = LLVMGetNextInstruction(i)) {
            check_uses(&scopes, i);
        }
    }
    LLVMDisposeBuilder(scopes.builder);
}
