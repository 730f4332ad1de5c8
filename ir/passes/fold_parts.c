/* Taking values apart and putting them together: rewrites of opt_fold. See fold_parts.h.
 *
 * LLVM writes a vector of one repeated number as an insertion and a shuffle, and what the source constructs as a chain
 * of insertions; here each becomes one `construct` again.
 */
#include "ir/passes/fold_parts.h"

/* Which part of a `construct` a lane comes from; `lane` becomes the lane of that part. */
static IrValue *part_of_construct(const IrInst *construct, unsigned *lane) {
    uint32_t i = 0;
    while (*lane >= construct->operands[i]->type->lanes) {
        *lane -= construct->operands[i]->type->lanes;
        i++;
    }
    return construct->operands[i];
}

/* A lane of a vector that an instruction just put together; NULL: of another. */
static IrValue *lane_of(IrBuilder *b, IrValue *vector, unsigned lane) {
    if (vector->kind != IR_VALUE_RESULT) {
        return NULL;
    }
    const IrInst *inst = vector->inst;
    IrValue *part;
    switch (inst->op) {
    case OP_CONSTRUCT:
        part = part_of_construct(inst, &lane);
        return ir_is_vector(part->type) ? ir_extract(b, part, lane) : part;
    case OP_INSERT:
        return inst->index == lane ? inst->operands[1] : ir_extract(b, inst->operands[0], lane);
    case OP_SWIZZLE:
        return ir_extract(b, inst->operands[0], inst->swizzle.lane[lane]);
    default:
        return NULL;
    }
}

/* A part of an array or form, looked for behind so many inserts of others. */
static IrValue *extract_of_composite(IrBuilder *b, const IrInst *inst) {
    enum { MOST_INSERTS = 64 };
    IrValue *whole = inst->operands[0];
    for (int i = 0; i < MOST_INSERTS && made_by(whole, OP_INSERT) != NULL; i++) {
        if (whole->inst->index == inst->index) {
            return whole->inst->operands[1];
        }
        whole = whole->inst->operands[0];
    }
    if (made_by(whole, OP_CONSTRUCT) != NULL) {
        return whole->inst->operands[inst->index];
    }
    return whole != inst->operands[0] ? ir_extract(b, whole, inst->index) : NULL;
}

IrValue *extract_of_known(IrBuilder *b, IrInst *inst) {
    return ir_is_composite(inst->operands[0]->type) ? extract_of_composite(b, inst)
                                                    : lane_of(b, inst->operands[0], inst->index);
}

/* An index that is a constant: the op for that, or what is promised outside. */
IrValue *extract_at_constant(IrBuilder *b, IrInst *inst) {
    uint64_t index = inst->operands[1]->bits[0];
    if (index < inst->operands[0]->type->lanes) {
        return ir_extract(b, inst->operands[0], (uint32_t)index);
    }
    bool raw = (inst->flags & IR_RAW) != 0;
    return raw ? NULL : ir_const_zero(b->module, inst->results[0]->type);
}

IrValue *insert_at_constant(IrBuilder *b, IrInst *inst) {
    if (!ir_is_const(inst->operands[2])) {
        return NULL;
    }
    uint64_t index = inst->operands[2]->bits[0];
    if (index < inst->operands[0]->type->lanes) {
        IrInst *insert = ir_emit(b, OP_INSERT, inst->results[0]->type, 2, inst->operands);
        insert->index = (uint32_t)index;
        return insert->results[0];
    }
    return (inst->flags & IR_RAW) != 0 ? NULL : inst->operands[0];
}

/* A lane that is written twice. */
IrValue *insert_over_insert(IrBuilder *b, IrInst *inst) {
    const IrInst *inner = made_by(inst->operands[0], OP_INSERT);
    if (inner == NULL || inner->index != inst->index) {
        return NULL;
    }
    IrInst *insert = ir_emit(b, OP_INSERT, inst->results[0]->type, 2,
                             (IrValue *[]){inner->operands[0], inst->operands[1]});
    insert->index = inst->index;
    return insert->results[0];
}

/* A part that is put back where it was. */
IrValue *insert_of_own(IrBuilder *b, IrInst *inst) {
    (void)b;
    const IrInst *part = made_by(inst->operands[1], OP_EXTRACT);
    return part != NULL && part->operands[0] == inst->operands[0] && part->index == inst->index
               ? inst->operands[0]
               : NULL;
}

/* Another part for an array or form that was just put together. */
IrValue *insert_into_construct(IrBuilder *b, IrInst *inst) {
    enum { MOST_PARTS = 32 };
    const IrInst *construct = made_by(inst->operands[0], OP_CONSTRUCT);
    const IrType *type = inst->results[0]->type;
    if (construct == NULL || !ir_is_composite(type) || construct->operand_count > MOST_PARTS) {
        return NULL;
    }
    IrValue *parts[MOST_PARTS];
    memcpy(parts, construct->operands, construct->operand_count * sizeof *parts);
    parts[inst->index] = inst->operands[1];
    return ir_emit(b, OP_CONSTRUCT, type, construct->operand_count, parts)->results[0];
}

/* All parts of an array or form put together again. */
IrValue *construct_of_parts(IrBuilder *b, IrInst *inst) {
    (void)b;
    IrValue *whole = NULL;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrInst *part = made_by(inst->operands[i], OP_EXTRACT);
        if (part == NULL || part->index != i || (i > 0 && part->operands[0] != whole)) {
            return NULL;
        }
        whole = part->operands[0];
    }
    return whole->type == inst->results[0]->type ? whole : NULL;
}

/* ---- lanes from wherever they come ---- */

/* Where a lane of a vector comes from: a lane of another vector, a scalar, or both where that lane was taken out. */
typedef struct {
    IrValue *vector; /* NULL: of none */
    unsigned lane;
    IrValue *scalar; /* NULL: nobody took it out */
} Source;

/* One step back from a lane of `vector`; false: it is that vector's own. */
static bool step_back(IrBuilder *b, Source *at) {
    IrValue *vector = at->vector;
    if (ir_is_const(vector)) {
        *at = (Source){
            .scalar = ir_const(b->module, ir_lane_type(vector->type), &vector->bits[at->lane])};
        return false;
    }
    const IrInst *inst = vector->kind == IR_VALUE_RESULT ? vector->inst : NULL;
    IrValue *from;
    switch (inst != NULL ? inst->op : OP_NONE) {
    case OP_CONSTRUCT:
        from = part_of_construct(inst, &at->lane);
        break;
    case OP_INSERT:
        from = inst->operands[inst->index == at->lane];
        break;
    case OP_SWIZZLE:
        at->lane = inst->swizzle.lane[at->lane];
        from = inst->operands[0];
        break;
    default:
        return false;
    }
    if (ir_is_vector(from->type)) {
        at->vector = from;
        return true;
    }
    const IrInst *taken = made_by(from, OP_EXTRACT);
    bool of_vector = taken != NULL && ir_is_vector(taken->operands[0]->type);
    *at = (Source){of_vector ? taken->operands[0] : NULL, of_vector ? taken->index : 0, from};
    return of_vector;
}

static Source source_of(IrBuilder *b, IrValue *vector, unsigned lane) {
    enum { MOST_STEPS = 64 };
    Source source = {.vector = vector, .lane = lane};
    for (int i = 0; i < MOST_STEPS && step_back(b, &source); i++) {
    }
    return source;
}

/* The lanes of one vector, chosen anew. NULL: the instruction does just that. */
static IrValue *choose(IrBuilder *b, const IrInst *inst, const Source *sources) {
    const IrType *type = inst->results[0]->type;
    IrValue *vector = sources[0].vector;
    if (inst->op == OP_SWIZZLE && inst->operands[0] == vector) {
        return NULL;
    }
    IrInst *swizzle = ir_emit(b, OP_SWIZZLE, type, 1, &vector);
    for (unsigned i = 0; i < type->lanes; i++) {
        swizzle->swizzle.lane[i] = (uint8_t)sources[i].lane;
    }
    swizzle->swizzle.lanes = (uint8_t)type->lanes;
    return swizzle->results[0];
}

/* A vector of which all lanes stand here in order; else NULL. */
static IrValue *whole_vector(const Source *sources, unsigned count) {
    IrValue *vector = sources[0].vector;
    bool whole = vector != NULL && vector->type->lanes <= count;
    for (unsigned i = 0; whole && i < vector->type->lanes; i++) {
        whole = sources[i].vector == vector && sources[i].lane == i;
    }
    return whole ? vector : NULL;
}

/* The fewest parts of a construct, whole vectors and scalars; 0: a lane is of neither. */
static uint32_t parts_of(const Source *sources, unsigned lanes, IrValue **parts) {
    uint32_t count = 0;
    for (unsigned i = 0; i < lanes; i += parts[count++]->type->lanes) {
        IrValue *whole = whole_vector(&sources[i], lanes - i);
        parts[count] = whole != NULL ? whole : sources[i].scalar;
        if (parts[count] == NULL) {
            return 0;
        }
    }
    return count;
}

/* Whether the instruction is a construct already that the parts would not make shorter: of them, or of constants. */
static bool is_as_short(const IrInst *inst, uint32_t count, IrValue *const *parts) {
    bool is_same = inst->operand_count == count, is_flat = inst->operand_count <= count;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        is_same = is_same && inst->operands[i] == parts[i];
        is_flat =
            is_flat && (!ir_is_vector(inst->operands[i]->type) || ir_is_const(inst->operands[i]));
    }
    return inst->op == OP_CONSTRUCT && (is_same || is_flat);
}

/* However a vector was put together, by inserts, swizzles and constructs of one another: another vector, one choice of
 * its lanes, or one construct. */
IrValue *gather_lanes(IrBuilder *b, IrInst *inst) {
    const IrType *type = inst->results[0]->type;
    if (!ir_is_vector(type)) {
        return NULL;
    }
    Source sources[IR_MAX_LANES] = {{0}};
    IrValue *parts[IR_MAX_LANES];
    bool one_vector = true;
    for (unsigned i = 0; i < type->lanes; i++) {
        sources[i] = source_of(b, inst->results[0], i);
        one_vector =
            one_vector && sources[i].vector != NULL && sources[i].vector == sources[0].vector;
    }
    if (sources[0].vector == inst->results[0]) {
        return NULL;
    }
    uint32_t count = parts_of(sources, type->lanes, parts);
    if (count == 1) {
        return parts[0];
    }
    if (one_vector) {
        return choose(b, inst, sources);
    }
    return count > 0 && !is_as_short(inst, count, parts)
               ? ir_emit(b, OP_CONSTRUCT, type, count, parts)->results[0]
               : NULL;
}
