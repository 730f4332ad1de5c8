/* Control: regions, `if` and `loop` as structured control flow.
 *
 * `if` is a selection construct whose arms join at its merge block. `loop` is
 *
 *     header:    φ for each parameter of the body; OpLoopMerge merge, continue
 *     body:      …
 *     continue:  φ for each parameter of the continuing part; …; back to the header
 *     merge:     φ for each result
 *
 * A join is a block to which several places of the IR lead, with the values that they hand over; its φs are written
 * when all are known, and where only one place leads to it, its values need none. Where nothing leads, the block is
 * there, as SPIR-V wants it, and unreachable; what the region still holds behind it is dead and not written, so
 * nothing refers to values that were never computed.
 */
#include "backend-spirv/spirv_writer.h"
#include "ir/base/fatal.h"

typedef struct JoinEdge JoinEdge;
struct JoinEdge {
    JoinEdge *next;
    uint32_t block; /* where it comes from */
    uint32_t ids[]; /* what it hands over */
};

struct SpirvJoin {
    uint32_t label;
    uint32_t count; /* of values */
    IrValue *const *values;
    uint32_t edge_count;
    JoinEdge *first, **end;
};

static void join_init(SpirvWriter *w, SpirvJoin *join, uint32_t count, IrValue *const *values) {
    *join = (SpirvJoin){.label = spirv_fresh(w), .count = count, .values = values};
    join->end = &join->first;
}

/* The open block leads to the join. */
static JoinEdge *join_edge(SpirvWriter *w, SpirvJoin *join) {
    JoinEdge *edge = arena_alloc(w->module->arena, sizeof *edge + join->count * sizeof *edge->ids,
                                 _Alignof(JoinEdge));
    edge->block = w->block;
    *join->end = edge;
    join->end = &edge->next;
    join->edge_count++;
    return edge;
}

static void hand_over(SpirvWriter *w, SpirvJoin *join, const IrInst *terminator) {
    REQUIRE(join != NULL && terminator->operand_count == join->count);
    JoinEdge *edge = join_edge(w, join);
    for (uint32_t i = 0; i < join->count; i++) {
        edge->ids[i] = spirv_value(w, terminator->operands[i]);
    }
}

static void branch(SpirvWriter *w, uint32_t label) {
    EMIT(w, SPIRV_CODE, SpvOpBranch, label);
    w->block = 0;
}

void spirv_open_block(SpirvWriter *w, uint32_t label) {
    EMIT(w, SPIRV_CODE, SpvOpLabel, label);
    w->block = label;
    w->line = 0; /* an OpLine ends with its block */
}

/* Ends the open block, which no one reaches. A block that ends in OpUnreachable would leave a continuing part
 * otherwise than over its back edge, which SPIR-V forbids: there it goes on, with zeros. */
static void unreachable(SpirvWriter *w) {
    if (!w->in_continuing) {
        spirv_emit(w, SPIRV_CODE, SpvOpUnreachable, 0, NULL);
        w->block = 0;
        return;
    }
    SpirvJoin *join = w->falls;
    JoinEdge *edge = join_edge(w, join);
    for (uint32_t i = 0; i < join->count; i++) {
        edge->ids[i] = spirv_zero(w, join->values[i]->type);
    }
    branch(w, join->label);
}

static void join_values(SpirvWriter *w, SpirvJoin *join) {
    for (uint32_t i = 0; i < join->count; i++) {
        IrValue *value = join->values[i];
        if (join->edge_count == 1) {
            value->mark = join->first->ids[i];
            continue;
        }
        uint32_t type = spirv_type(w, value->type);
        value->mark = spirv_fresh(w);
        uint32_t begin = spirv_begin(w, SPIRV_CODE, SpvOpPhi);
        spirv_word(w, SPIRV_CODE, type);
        spirv_word(w, SPIRV_CODE, value->mark);
        for (const JoinEdge *edge = join->first; edge != NULL; edge = edge->next) {
            spirv_word(w, SPIRV_CODE, edge->ids[i]);
            spirv_word(w, SPIRV_CODE, edge->block);
        }
        spirv_end(w, SPIRV_CODE, begin);
        spirv_local_name(w, value);
    }
}

/* The merge block of a construct, and what follows in it. */
static void join_merge(SpirvWriter *w, SpirvJoin *merge) {
    spirv_open_block(w, merge->label);
    if (merge->edge_count == 0) {
        unreachable(w);
    } else {
        join_values(w, merge);
    }
}

/* ---- if ---- */

static void write_arm(SpirvWriter *w, IrRegion *arm, uint32_t label) {
    spirv_open_block(w, label);
    spirv_region(w, arm);
}

/* An arm that only yields needs no block: the branch leads to the merge block at once. One arm at most, for the two
 * targets of a branch must differ (SPIR-V 1.6), and a φ knows a predecessor once. */
static void write_if(SpirvWriter *w, IrInst *inst) {
    IrRegion *yes = &inst->regions[IR_IF_TRUE], *no = &inst->regions[IR_IF_FALSE];
    bool yes_empty = yes->first->op == OP_YIELD, no_empty = no->first->op == OP_YIELD;
    if (yes_empty && no_empty && inst->result_count == 0) {
        return;
    }
    no_empty = no_empty && !yes_empty;
    SpirvJoin merge;
    join_init(w, &merge, inst->result_count, inst->results);
    uint32_t condition = spirv_value(w, inst->operands[0]);
    uint32_t yes_label = yes_empty ? merge.label : spirv_fresh(w);
    uint32_t no_label = no_empty ? merge.label : spirv_fresh(w);
    if (yes_empty || no_empty) {
        hand_over(w, &merge, yes_empty ? yes->first : no->first);
    }
    EMIT(w, SPIRV_CODE, SpvOpSelectionMerge, merge.label, SpvSelectionControlMaskNone);
    EMIT(w, SPIRV_CODE, SpvOpBranchConditional, condition, yes_label, no_label);
    w->block = 0;

    SpirvJoin *yields = w->yields, *falls = w->falls;
    w->yields = w->falls = &merge;
    if (!yes_empty) {
        write_arm(w, yes, yes_label);
    }
    if (!no_empty) {
        write_arm(w, no, no_label);
    }
    w->yields = yields;
    w->falls = falls;
    join_merge(w, &merge);
}

/* ---- loop ---- */

enum { HEADER_PHI_WORDS = 7, HEADER_PHI_BACK = 5 }; /* op, type, id, value, from, value, from */

/* φs of the header: the values behind the back edge are not known yet. */
static void write_header_phis(SpirvWriter *w, const IrInst *loop, uint32_t from) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    for (uint32_t i = 0; i < body->param_count; i++) {
        IrValue *param = body->params[i];
        uint32_t initial = spirv_value(w, loop->operands[i]);
        param->mark = RESULT(w, SpvOpPhi, param->type, initial, from, 0, 0);
        spirv_local_name(w, param);
    }
}

static void fill_header_phis(SpirvWriter *w, uint32_t phis, const SpirvJoin *next) {
    for (uint32_t i = 0; i < next->count; i++) {
        uint32_t *back =
            &w->sections[SPIRV_CODE].items[phis + i * HEADER_PHI_WORDS + HEADER_PHI_BACK];
        back[0] = next->first->ids[i];
        back[1] = next->first->block;
    }
}

static void write_loop(SpirvWriter *w, IrInst *inst) {
    IrRegion *body = &inst->regions[IR_LOOP_BODY];
    IrRegion *continuing = &inst->regions[IR_LOOP_CONTINUING];
    SpirvJoin next, merge, carry;
    join_init(w, &next, body->param_count, body->params);
    join_init(w, &carry, continuing->param_count, continuing->params);
    join_init(w, &merge, inst->result_count, inst->results);
    uint32_t from = w->block, inside = spirv_fresh(w);
    SpirvJoin *breaks = w->breaks, *continues = w->continues, *nexts = w->nexts, *falls = w->falls;

    branch(w, next.label);
    spirv_open_block(w, next.label);
    uint32_t phis = w->sections[SPIRV_CODE].count;
    write_header_phis(w, inst, from);
    spirv_line(w, inst->pos);
    uint32_t wish = inst->unroll == IR_UNROLL_ALL ? SpvLoopControlUnrollMask
                    : inst->unroll == 1           ? SpvLoopControlDontUnrollMask
                                                  : SpvLoopControlMaskNone;
    EMIT(w, SPIRV_CODE, SpvOpLoopMerge, merge.label, carry.label, wish);
    branch(w, inside);

    w->breaks = w->falls = &merge;
    w->continues = &carry;
    w->nexts = NULL;
    spirv_open_block(w, inside);
    spirv_region(w, body);

    w->breaks = w->continues = NULL;
    w->nexts = w->falls = &next;
    bool in_continuing = w->in_continuing;
    w->in_continuing = true;
    spirv_open_block(w, carry.label);
    if (carry.edge_count > 0) {
        join_values(w, &carry);
        spirv_region(w, continuing);
    } else { /* no one gets here; the first values are as good as any */
        JoinEdge *edge = join_edge(w, &next);
        for (uint32_t i = 0; i < next.count; i++) {
            edge->ids[i] = spirv_value(w, inst->operands[i]);
        }
        branch(w, next.label);
    }
    REQUIRE(next.edge_count == 1);
    fill_header_phis(w, phis, &next);

    w->in_continuing = in_continuing;
    w->breaks = breaks;
    w->continues = continues;
    w->nexts = nexts;
    w->falls = falls;
    join_merge(w, &merge);
}

/* ---- terminators ---- */

static void leave_to(SpirvWriter *w, SpirvJoin *join, const IrInst *terminator) {
    hand_over(w, join, terminator);
    branch(w, join->label);
}

static void write_control(SpirvWriter *w, IrInst *inst) {
    switch (inst->op) {
    case OP_IF:
        write_if(w, inst);
        break;
    case OP_LOOP:
        write_loop(w, inst);
        break;
    case OP_YIELD:
        leave_to(w, w->yields, inst);
        break;
    case OP_BREAK:
        leave_to(w, w->breaks, inst);
        break;
    case OP_CONTINUE:
        leave_to(w, w->continues, inst);
        break;
    case OP_NEXT:
        leave_to(w, w->nexts, inst);
        break;
    case OP_RET:
        if (inst->operand_count == 0) {
            spirv_emit(w, SPIRV_CODE, SpvOpReturn, 0, NULL);
        } else {
            uint32_t value = spirv_value(w, inst->operands[0]);
            EMIT(w, SPIRV_CODE, SpvOpReturnValue, value);
        }
        w->block = 0;
        break;
    case OP_UNREACHABLE:
        unreachable(w);
        break;
    default:
        BUG("`%s` is no control instruction", ir_ops[inst->op].text);
    }
}

void spirv_region(SpirvWriter *w, IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL && w->block != 0; inst = inst->next) {
        spirv_line(w, inst->pos);
        if (ir_has(inst->op, IR_CONTROL | IR_TERM)) {
            write_control(w, inst);
        } else {
            spirv_instruction(w, inst);
        }
    }
}
