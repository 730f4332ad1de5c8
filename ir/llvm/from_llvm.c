/* Blocks and φs back to regions. See from_llvm.h; the shared state is in from_llvm_state.h.
 *
 * The regions are those that the function had: the old body is walked beside the blocks that were made for it. LLVM's
 * passes may have changed everything but the blocks and their successors, and may have turned a branch around. A φ of a
 * merge block is a result of its construct, one of a loop's body or continuing block a parameter; what the edges bring is
 * handed over by the terminators. The new body replaces the old one when all of it is there.
 */
#include "ir/llvm/from_llvm.h"

#include "ir/llvm/from_llvm_state.h"

/* Where the terminators of a region go; NULL: it has none of those. */
typedef struct {
    LLVMBasicBlockRef yields, nexts, continues, breaks;
} Ends;

static void read_region(From *from, const IrRegion *old, IrRegion *now, LLVMBasicBlockRef block,
                        const Ends *ends);

/* ---- φs ---- */

static uint32_t count_phis(LLVMBasicBlockRef block) {
    uint32_t count = 0;
    LLVMValueRef phi = block != NULL ? LLVMGetFirstInstruction(block) : NULL;
    for (; phi != NULL && LLVMIsAPHINode(phi) != NULL; phi = LLVMGetNextInstruction(phi)) {
        count++;
    }
    return count;
}

/* What the edge from one block to the other brings to each φ there. */
static IrValue **handed_over(From *from, LLVMBasicBlockRef here, LLVMBasicBlockRef to,
                             uint32_t *count) {
    *count = count_phis(to);
    IrValue **values = NEW_ARRAY(from->arena, IrValue *, *count);
    LLVMValueRef phi = *count > 0 ? LLVMGetFirstInstruction(to) : NULL;
    for (uint32_t i = 0; i < *count; i++, phi = LLVMGetNextInstruction(phi)) {
        const IrType *type = from_type(from, phi);
        for (unsigned k = 0; k < LLVMCountIncoming(phi); k++) {
            if (LLVMGetIncomingBlock(phi, k) == here) {
                values[i] = from_get(from, LLVMGetIncomingValue(phi, k), type);
            }
        }
        if (values[i] == NULL) {
            from_fault(from, NULL);
            values[i] = ir_const_zero(from->module, type);
        }
    }
    return values;
}

static const IrType **phi_types(From *from, LLVMBasicBlockRef block, uint32_t *count) {
    *count = count_phis(block);
    const IrType **types = NEW_ARRAY(from->arena, const IrType *, *count);
    LLVMValueRef phi = *count > 0 ? LLVMGetFirstInstruction(block) : NULL;
    for (uint32_t i = 0; i < *count; i++, phi = LLVMGetNextInstruction(phi)) {
        types[i] = from_type(from, phi);
    }
    return types;
}

static void set_phis(From *from, LLVMBasicBlockRef block, IrValue *const *values) {
    uint32_t count = count_phis(block);
    LLVMValueRef phi = count > 0 ? LLVMGetFirstInstruction(block) : NULL;
    for (uint32_t i = 0; i < count; i++, phi = LLVMGetNextInstruction(phi)) {
        from_set(from, phi, values[i]);
    }
}

/* ---- blocks ---- */

static IrBuilder at_end(From *from, IrRegion *region, Pos pos) {
    IrBuilder b = ir_at_end(from->module, region);
    b.pos = pos;
    return b;
}

static void read_block(From *from, LLVMBasicBlockRef block, IrRegion *region) {
    from->b = at_end(from, region, from->pos);
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i != end && from->fault == NULL;
         i = LLVMGetNextInstruction(i)) {
        if (LLVMIsAPHINode(i) == NULL) {
            from_instruction(from, i);
        }
    }
}

/* Whether the block ends with a branch to that one alone. */
static bool goes_to(LLVMBasicBlockRef block, LLVMBasicBlockRef to) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    return LLVMIsABranchInst(end) != NULL && LLVMGetNumSuccessors(end) == 1 &&
           LLVMGetSuccessor(end, 0) == to;
}

static void finish(From *from, const IrInst *old, IrRegion *now, LLVMBasicBlockRef block, IrOp op,
                   LLVMBasicBlockRef to) {
    uint32_t count;
    IrValue **values = handed_over(from, block, to, &count);
    if (!goes_to(block, to)) {
        from_fault(from, NULL);
    }
    from->b = at_end(from, now, old->pos);
    ir_end(&from->b, op, count, values);
}

static void read_terminator(From *from, const IrInst *old, IrRegion *now, LLVMBasicBlockRef block,
                            const Ends *ends) {
    read_block(from, block, now);
    from->b.float_flags = 0;
    switch (old->op) {
    case OP_YIELD:
        finish(from, old, now, block, OP_YIELD, ends->yields);
        break;
    case OP_BREAK:
        finish(from, old, now, block, OP_BREAK, ends->breaks);
        break;
    case OP_CONTINUE:
        finish(from, old, now, block, OP_CONTINUE, ends->continues);
        break;
    case OP_NEXT:
        finish(from, old, now, block, OP_NEXT, ends->nexts);
        break;
    case OP_RET: {
        LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
        uint32_t count = old->operand_count;
        if (LLVMIsAReturnInst(end) == NULL) {
            from_fault(from, NULL);
            break;
        }
        IrValue *value =
            count > 0 ? from_get(from, LLVMGetOperand(end, 0), from->t->function->result) : NULL;
        from->b.pos = old->pos;
        ir_end(&from->b, OP_RET, count, &value);
        break;
    }
    default:
        from->b.pos = old->pos;
        ir_end(&from->b, OP_UNREACHABLE, 0, NULL);
        break;
    }
}

/* ---- constructs ---- */

/* Where LLVM turned a branch around, its arms are turned back: what is known of them stays right, such as IR_GUARD. */
static IrValue *opposite(From *from, IrValue *condition) {
    const IrInst *inst = condition->kind == IR_VALUE_RESULT ? condition->inst : NULL;
    IrOp op = inst != NULL ? ir_opposite(inst) : OP_NONE;
    if (op != OP_NONE && ir_is_int(inst->operands[0]->type)) {
        bool from_zero = op == OP_NE && inst->operands[0]->type == ir_scalar(IR_U32) &&
                         ir_is_const(inst->operands[1]) && inst->operands[1]->bits[0] == 0;
        op = from_zero ? OP_GT : op; /* as lower_bounds has it */
        return ir_binary(&from->b, op, inst->operands[0], inst->operands[1]);
    }
    return ir_unary(&from->b, OP_NOT, condition);
}

static void read_if(From *from, const IrInst *old, LLVMBasicBlockRef block, Ends ends) {
    const ToLlvmBlocks *blocks = &from->t->blocks.items[old->mark];
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    if (LLVMIsABranchInst(end) == NULL || !LLVMIsConditional(end)) {
        from_fault(from, NULL);
        return;
    }
    bool turned = LLVMGetSuccessor(end, 0) == blocks->entry[1];
    if (LLVMGetSuccessor(end, turned) != blocks->entry[0] ||
        LLVMGetSuccessor(end, !turned) != blocks->entry[1]) {
        from_fault(from, NULL);
        return;
    }
    uint32_t count;
    const IrType **types = phi_types(from, blocks->merge, &count);
    IrValue *condition = from_get(from, LLVMGetCondition(end), ir_scalar(IR_BOOL));
    from->b.pos = old->pos;
    condition = turned ? opposite(from, condition) : condition;
    IrInst *inst = ir_if(&from->b, condition, count, types);
    inst->flags = old->flags;
    ends.yields = blocks->merge;
    ends.nexts = NULL;
    for (unsigned i = 0; i < 2 && from->fault == NULL; i++) {
        read_region(from, &old->regions[i], &inst->regions[i], blocks->entry[i], &ends);
    }
    if (blocks->merge != NULL && from->fault == NULL) {
        set_phis(from, blocks->merge, inst->results);
    }
}

static void read_loop(From *from, const IrInst *old, LLVMBasicBlockRef block) {
    const ToLlvmBlocks *blocks = &from->t->blocks.items[old->mark];
    LLVMBasicBlockRef header = blocks->entry[IR_LOOP_BODY],
                      part = blocks->entry[IR_LOOP_CONTINUING];
    uint32_t param_count, carried_count, result_count;
    IrValue **initial = handed_over(from, block, header, &param_count);
    const IrType **carried = phi_types(from, part, &carried_count);
    const IrType **results = phi_types(from, blocks->merge, &result_count);
    if (!goes_to(block, header)) {
        from_fault(from, NULL);
        return;
    }
    from->b.pos = old->pos;
    IrInst *inst =
        ir_loop(&from->b, param_count, initial, carried_count, carried, result_count, results);
    inst->unroll = old->unroll;
    IrRegion *body = &inst->regions[IR_LOOP_BODY], *more = &inst->regions[IR_LOOP_CONTINUING];
    set_phis(from, header, body->params);
    Ends ends = {.continues = part, .breaks = blocks->merge};
    read_region(from, &old->regions[IR_LOOP_BODY], body, header, &ends);
    if (from->fault != NULL) {
        return;
    }
    if (part != NULL) {
        set_phis(from, part, more->params);
        read_region(from, &old->regions[IR_LOOP_CONTINUING], more, part, &(Ends){.nexts = header});
    } else { /* no one continues */
        IrBuilder b = at_end(from, more, old->pos);
        ir_end(&b, OP_UNREACHABLE, 0, NULL);
    }
    if (blocks->merge != NULL && from->fault == NULL) {
        set_phis(from, blocks->merge, inst->results);
    }
}

static void read_region(From *from, const IrRegion *old, IrRegion *now, LLVMBasicBlockRef block,
                        const Ends *ends) {
    for (const IrInst *inst = old->first; inst != NULL && from->fault == NULL; inst = inst->next) {
        if (ir_has(inst->op, IR_TERM)) {
            read_terminator(from, inst, now, block, ends);
        } else if (ir_has(inst->op, IR_CONTROL)) {
            read_block(from, block, now);
            from->b.float_flags = 0;
            if (inst->op == OP_IF) {
                read_if(from, inst, block, *ends);
            } else {
                read_loop(from, inst, block);
            }
            block = from->t->blocks.items[inst->mark].merge;
            if (block == NULL) {
                IrBuilder b = at_end(from, now, inst->pos);
                ir_end(&b, OP_UNREACHABLE, 0, NULL);
                return;
            }
        }
    }
}

/* ---- the function ---- */

static void see_wide(IrInst *inst, void *data) {
    bool *wide = data;
    for (uint32_t i = 0; i < inst->result_count; i++) {
        const IrType *type = inst->results[i]->type;
        *wide |= ir_is_int(type) && ir_bits(type) == 64;
    }
}

static bool is_wide(IrFunction *function) {
    bool wide = false;
    ir_walk(&function->body, see_wide, &wide);
    return wide;
}

bool from_llvm_function(ToLlvm *t, const char **why) {
    Arena scratch = {0};
    From from = {.t = t, .module = t->module, .arena = &scratch, .wide = is_wide(t->function)};
    IrFunction *f = t->function;
    IrRegion old = f->body;
    from.pos = f->pos;
    from_scopes(&from);
    if (from.fault == NULL) {
        unsigned next = 0;
        for (uint32_t i = 0; i < f->param_count; i++) {
            if (!ir_is_root(f->params[i]->type)) {
                from_map_put(&from.values, from.arena, LLVMGetParam(t->fn, next++), f->params[i]);
            }
        }
        f->body.first = f->body.last = NULL;
        read_region(&from, &old, &f->body, t->entry, &(Ends){0});
    }
    if (from.fault != NULL) {
        f->body = old;
        *why = from.fault;
    }
    arena_release(&scratch);
    return from.fault == NULL;
}
