/* opt_wide: loads, or stores, of neighbouring elements of a buffer become one of two or four elements.
 *
 * They stand in one region, their indices are one base plus constants, and the low bits of the base are known to be zero
 * (ranges.h), so that the first index is a multiple of two or four. Then no sum in between wraps, and where the last
 * one is inside, all are: one check does for all, with each element on its own where it fails, as LANGUAGE.md 8.3 has it.
 *
 *     if b + 3 < len { four at once } else { if b < len { … } … }
 *
 * Loads move up to the first of them, stores down to the last. In between is nothing that could meet them: no other access
 * to that buffer but by the same base, nothing that others see or leave the region by.
 *
 * Before: lower_bounds, whose guards are known by IR_GUARD, or trust_bounds; better after opt_unroll and opt_fold. After:
 * opt_cse finds equal sums and conditions. Of numbers of 32 bits alone.
 */
#include "ir/pass.h"
#include "ir/passes/ranges.h"

enum { MOST_LANES = 4, MOST_OPEN = 16, MOST_SURVEYED = 64 };

/* A load or store of an element. */
typedef struct {
    IrInst *top;          /* the `if` of lower_bounds around it, or itself */
    IrInst *access;       /* the load or store */
    IrValue *root, *base; /* base NULL: the index is `offset` */
    uint32_t offset;
    uint32_t zeros; /* low bits of the base that are zero */
} Access;

/* Those that may become one. A lane that was written since the first load is not loaded with it. */
typedef struct {
    Access first; /* of it only what all have in common */
    bool is_store;
    uint32_t block; /* the offset of lane 0 */
    const Access *lanes[MOST_LANES];
    bool is_written[MOST_LANES];
    uint32_t order[MOST_LANES]; /* which came first */
    uint32_t count;
} Group;

/* The groups of a region that may still grow. */
typedef struct {
    Group items[MOST_OPEN];
    uint32_t count;
} Open;

typedef struct {
    IrModule *module;
    Arena scratch;
    VEC(Access) accesses; /* by IrInst.mark */
    VEC(Open *) open;     /* of the regions around the place of the walk, by depth */
    bool changed;
} Wide;

/* ---- what is accessed ---- */

static bool is_narrow_access(const IrInst *inst) {
    if ((inst->op != OP_LOAD && inst->op != OP_STORE) || (inst->flags & IR_RAW) == 0) {
        return false;
    }
    uint32_t at = ir_place_start(inst);
    const IrType *root = inst->operands[at]->type;
    return root->kind == IR_TYPE_BUFFER && inst->operand_count == at + 2 &&
           root->element->kind == IR_TYPE_SCALAR && ir_is_number(root->element) &&
           ir_bits(root->element) == 32;
}

static void note(Ranges *ranges, IrInst *inst, void *data) {
    enum { DEEPEST = 8 };
    Wide *w = data;
    if (!is_narrow_access(inst)) {
        return;
    }
    uint32_t at = ir_place_start(inst);
    Access access = {.access = inst, .root = inst->operands[at], .base = inst->operands[at + 1]};
    for (int i = 0; i < DEEPEST && access.base->kind == IR_VALUE_RESULT; i++) {
        const IrInst *sum = access.base->inst;
        if ((sum->op != OP_ADD && sum->op != OP_SUB) || !ir_is_const(sum->operands[1])) {
            break;
        }
        uint32_t by = (uint32_t)sum->operands[1]->bits[0];
        access.offset += sum->op == OP_ADD ? by : -by;
        access.base = sum->operands[0];
    }
    if (ir_is_const(access.base)) {
        access.offset += (uint32_t)access.base->bits[0];
        access.base = NULL;
    }
    access.zeros = access.base == NULL ? 32 : ranges_zeros(ranges, access.base);
    inst->mark = w->accesses.count;
    VEC_PUSH(&w->scratch, &w->accesses, access);
}

static Access *noted(const Wide *w, const IrInst *inst) {
    bool known = is_narrow_access(inst) && inst->mark < w->accesses.count;
    return known && w->accesses.items[inst->mark].access == inst ? &w->accesses.items[inst->mark]
                                                                 : NULL;
}

/* The length that the `if` of lower_bounds compares with; NULL: it is another `if`. */
static IrValue *limit_of(const IrInst *top, const IrInst *access) {
    const IrInst *test = top->operands[0]->kind == IR_VALUE_RESULT ? top->operands[0]->inst : NULL;
    const IrRegion *yes = &top->regions[IR_IF_TRUE], *no = &top->regions[IR_IF_FALSE];
    bool is_guard = (top->flags & IR_GUARD) != 0 && yes->last->op == OP_YIELD &&
                    yes->last->previous == access && no->first->op == OP_YIELD &&
                    top->result_count == access->result_count;
    if (!is_guard || test == NULL || test->op != OP_LT ||
        test->operands[0] != access->operands[ir_place_start(access) + 1] ||
        test->operands[1]->kind != IR_VALUE_RESULT || test->operands[1]->inst->op != OP_LEN) {
        return NULL;
    }
    if (access->result_count > 0 &&
        (yes->last->operands[0] != access->results[0] || !ir_is_const(no->first->operands[0]))) {
        return NULL;
    }
    return test->operands[1];
}

/* The access that an instruction of a region is or guards; NULL: it is something else. */
static const Access *access_at(const Wide *w, IrInst *inst) {
    IrInst *inner = inst->op == OP_IF ? inst->regions[IR_IF_TRUE].first : inst;
    Access *access = noted(w, inner);
    if (access == NULL || (inst != inner && limit_of(inst, inner) == NULL)) {
        return NULL;
    }
    access->top = inst;
    return access;
}

/* ---- making them ---- */

static IrValue *index_of(IrBuilder *b, const Group *group, uint32_t lane) {
    IrValue *offset = ir_const_u32(b->module, group->block + lane);
    IrValue *base = group->first.base;
    return base == NULL               ? offset
           : group->block + lane == 0 ? base
                                      : ir_binary(b, OP_ADD, base, offset);
}

static IrValue *limit_of_lane(const Access *lane) {
    return lane->top != lane->access ? limit_of(lane->top, lane->access) : NULL;
}

static void wide_load(IrBuilder *b, const Group *group, uint32_t from, uint32_t count,
                      IrValue **values) {
    const IrType *type = ir_vector(group->first.root->type->element->scalar, count);
    IrValue *index = index_of(b, group, from);
    IrInst *load = ir_access(b, OP_LOAD_WIDE, type, 0, NULL, group->first.root, 1, &index);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = ir_extract(b, load->results[0], i);
    }
}

static void wide_store(IrBuilder *b, const Group *group, uint32_t from, uint32_t count,
                       IrValue *const *values) {
    const IrType *type = ir_vector(group->first.root->type->element->scalar, count);
    IrValue *index = index_of(b, group, from);
    IrValue *vector = ir_emit(b, OP_CONSTRUCT, type, count, values)->results[0];
    ir_access(b, OP_STORE_WIDE, NULL, 1, &vector, group->first.root, 1, &index);
}

/* The access as it was, checked where it was. `value` is what is stored; gives what was loaded. */
static IrValue *one(IrBuilder *b, const Group *group, uint32_t at, IrValue *value) {
    IrValue *root = group->first.root, *index = index_of(b, group, at);
    IrValue *limit = limit_of_lane(group->lanes[at]);
    const IrType *type = root->type->element;
    IrInst *branch = NULL;
    IrBuilder yes = *b;
    if (limit != NULL) {
        branch = ir_if(b, ir_binary(b, OP_LT, index, limit), value == NULL, &type);
        yes = ir_at_end(b->module, &branch->regions[IR_IF_TRUE]);
        yes.pos = b->pos;
    }
    IrInst *access = value == NULL ? ir_load(&yes, root, 1, &index)->inst
                                   : ir_store(&yes, value, root, 1, &index);
    access->flags |= IR_RAW;
    if (branch == NULL) {
        return value == NULL ? access->results[0] : NULL;
    }
    IrBuilder no = ir_at_end(b->module, &branch->regions[IR_IF_FALSE]);
    no.pos = b->pos;
    IrValue *zero = ir_const_zero(b->module, type);
    ir_end(&yes, OP_YIELD, value == NULL, access->results);
    ir_end(&no, OP_YIELD, value == NULL, &zero);
    return value == NULL ? branch->results[0] : NULL;
}

/* All at once where the last is inside, else one by one. */
static void both_ways(IrBuilder *b, const Group *group, uint32_t from, uint32_t count,
                      IrValue *limit, IrValue **values) {
    const IrType *types[MOST_LANES];
    for (uint32_t i = 0; i < count; i++) {
        types[i] = group->first.root->type->element;
    }
    IrValue *inside = ir_binary(b, OP_LT, index_of(b, group, from + count - 1), limit);
    IrInst *branch = ir_if(b, inside, group->is_store ? 0 : count, types);
    branch->flags |= IR_GUARD;
    IrBuilder yes = ir_at_end(b->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(b->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    IrValue *given[MOST_LANES];
    if (group->is_store) {
        wide_store(&yes, group, from, count, values);
    } else {
        wide_load(&yes, group, from, count, given);
    }
    ir_end(&yes, OP_YIELD, branch->result_count, given);
    for (uint32_t i = 0; i < count; i++) {
        given[i] = one(&no, group, from + i, group->is_store ? values[i] : NULL);
    }
    ir_end(&no, OP_YIELD, branch->result_count, given);
    for (uint32_t i = 0; i < branch->result_count; i++) {
        values[i] = branch->results[i];
    }
}

/* Lanes from … from + count become one. */
static void join(Wide *w, const Group *group, uint32_t from, uint32_t count) {
    const Access *where = group->lanes[from];
    IrValue *limit = NULL, *values[MOST_LANES];
    uint32_t order = group->order[from];
    for (uint32_t i = from; i < from + count; i++) {
        IrValue *own = limit_of_lane(group->lanes[i]);
        limit = own != NULL ? own : limit;
        bool earlier = group->order[i] < order;
        if (earlier != group->is_store) {
            where = group->lanes[i];
            order = group->order[i];
        }
        values[i - from] = group->is_store ? group->lanes[i]->access->operands[0] : NULL;
    }
    IrBuilder b = ir_before(w->module, where->top);
    diag_remark(w->module->diags, b.pos, "%u neighbouring elements are %s at once", count,
                group->is_store ? "stored" : "loaded");
    if (limit != NULL) {
        both_ways(&b, group, from, count, limit, values);
    } else if (group->is_store) {
        wide_store(&b, group, from, count, values);
    } else {
        wide_load(&b, group, from, count, values);
    }
    for (uint32_t i = from; i < from + count; i++) {
        IrInst *top = group->lanes[i]->top;
        if (!group->is_store) {
            ir_replace(top->results[0], values[i - from]);
        }
        ir_remove(top);
    }
    w->changed = true;
}

static void finish(Wide *w, const Group *group) {
    const Access *const *lanes = group->lanes;
    bool low = lanes[0] != NULL && lanes[1] != NULL, high = lanes[2] != NULL && lanes[3] != NULL;
    if (low && high) {
        join(w, group, 0, 4);
        return;
    }
    if (low) {
        join(w, group, 0, 2);
    }
    if (high) {
        join(w, group, 2, 2);
    }
}

/* ---- finding them ---- */

static void close_at(Wide *w, Open *open, uint32_t i) {
    finish(w, &open->items[i]);
    for (open->count--; i < open->count; i++) {
        open->items[i] = open->items[i + 1];
    }
}

static void close_all(Wide *w, Open *open) {
    while (open->count > 0) {
        close_at(w, open, 0);
    }
}

/* An access by who knows which index. */
static void touch(Wide *w, Open *open, const IrValue *root, bool stores) {
    for (uint32_t i = open->count; i-- > 0;) {
        if (open->items[i].first.root == root && (stores || open->items[i].is_store)) {
            close_at(w, open, i);
        }
    }
}

/* What the access means for a group of the same buffer: false: it must be finished before. */
static bool gets_along(Group *group, const Access *access, bool stores) {
    if (!group->is_store && !stores) {
        return true;
    }
    if (group->first.base != access->base) {
        return false;
    }
    uint32_t lane = access->offset - group->block;
    if (lane >= MOST_LANES) {
        return true;
    }
    group->is_written[lane] |= stores;
    return !group->is_store || group->lanes[lane] == NULL;
}

/* The stores of the group now stand where the last of them does: behind loads that came in between, so nothing that reads what
 * they write may move up to one of those. */
static void stores_moved(Open *open, const Group *stores) {
    for (uint32_t i = 0; i < open->count; i++) {
        Group *group = &open->items[i];
        bool meets = !group->is_store && group->first.root == stores->first.root &&
                     group->first.base == stores->first.base;
        for (uint32_t lane = 0; meets && lane < MOST_LANES; lane++) {
            uint32_t there = stores->block + lane - group->block;
            if (stores->lanes[lane] != NULL && there < MOST_LANES) {
                group->is_written[there] = true;
            }
        }
    }
}

static void put(Wide *w, Open *open, const Access *access, bool stores) {
    uint32_t width = access->zeros >= 2 ? 4 : 2, block = access->offset & ~(width - 1);
    if (access->zeros == 0) {
        return;
    }
    for (uint32_t i = 0; i < open->count; i++) {
        Group *group = &open->items[i];
        uint32_t lane = access->offset - group->block;
        if (group->first.root == access->root && group->first.base == access->base &&
            group->is_store == stores && group->block == block) {
            if (group->lanes[lane] == NULL && (stores || !group->is_written[lane])) {
                group->lanes[lane] = access;
                group->order[lane] = group->count++;
                if (stores) {
                    stores_moved(open, group);
                }
            }
            return;
        }
    }
    if (open->count == MOST_OPEN) {
        close_at(w, open, 0);
    }
    Group *group = &open->items[open->count++];
    *group = (Group){.first = *access, .is_store = stores, .block = block, .count = 1};
    group->lanes[access->offset - block] = access;
}

static void visit(Wide *w, Open *open, const Access *access) {
    bool stores = access->access->op == OP_STORE;
    for (uint32_t i = open->count; i-- > 0;) {
        Group *group = &open->items[i];
        if (group->first.root == access->root && !gets_along(group, access, stores)) {
            close_at(w, open, i);
        }
    }
    put(w, open, access, stores);
}

/* An instruction that is none of the accesses. `left`: so many more are looked at in regions inside. */
static void pass_by(Wide *w, Open *open, const IrInst *inst, int *left) {
    bool leaves = inst->op == OP_LOOP || (ir_has(inst->op, IR_TERM) && inst->op != OP_YIELD);
    if (leaves || --*left < 0) {
        close_all(w, open);
    } else if (inst->op == OP_LOAD || inst->op == OP_STORE) {
        touch(w, open, inst->operands[ir_place_start(inst)], inst->op == OP_STORE);
    } else if (inst->op != OP_VAR && inst->op != OP_SHARED &&
               ir_has(inst->op, IR_READ | IR_WRITE | IR_SYNC)) {
        close_all(w, open);
    }
    for (uint32_t i = 0; i < inst->region_count && open->count > 0; i++) {
        for (const IrInst *at = inst->regions[i].first; at != NULL && open->count > 0;
             at = at->next) {
            pass_by(w, open, at, left);
        }
    }
}

static void walk(Wide *w, IrRegion *region, uint32_t depth) {
    if (depth == w->open.count) {
        Open *made = NEW(&w->scratch, Open);
        VEC_PUSH(&w->scratch, &w->open, made);
    }
    Open *open = w->open.items[depth];
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        const Access *access = access_at(w, inst);
        if (access != NULL) {
            visit(w, open, access);
            continue;
        }
        int left = MOST_SURVEYED;
        pass_by(w, open, inst, &left);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            walk(w, &inst->regions[i], depth + 1);
        }
    }
    close_all(w, open);
}

static bool run(IrModule *module) {
    Wide w = {.module = module};
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        w.changed = false;
        w.accesses.count = 0;
        ranges_walk(function, note, &w);
        if (w.accesses.count > 1) {
            walk(&w, &function->body, 0);
        }
        if (w.changed) {
            ir_resolve_all(function);
            changed = true;
        }
    }
    arena_release(&w.scratch);
    return changed;
}

IR_PASS(opt_wide, run);
