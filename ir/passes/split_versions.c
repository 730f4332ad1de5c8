/* See split_versions.h. */
#include "ir/passes/split_versions.h"

#include "ir/clone.h"

enum { MOST_LEAVING = 32 };

typedef struct {
    Entry *entry;
    VEC(IrValue *) values;  /* that the stretch makes or uses, and their numbers are their marks */
    VEC(IrValue *) leaving; /* those of it that are used behind it */
    IrValue **new; /* by number: what stands for them; for outer ones of the copy, themselves */
    uint32_t walked;
    bool may_leave, leaves, refused;
} Copies;

static void number_value(Copies *c, IrValue *value) {
    if (value->mark >= c->values.count || c->values.items[value->mark] != value) {
        value->mark = c->values.count;
        VEC_PUSH(c->entry->scratch, &c->values, value);
    }
}

static void number_all(IrInst *inst, void *data) {
    Copies *c = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        if (!ir_is_const(inst->operands[i])) {
            number_value(c, inst->operands[i]);
        }
    }
    for (uint32_t i = 0; i < inst->result_count; i++) {
        number_value(c, inst->results[i]);
    }
    for (uint32_t i = 0; i < inst->region_count; i++) {
        for (uint32_t k = 0; k < inst->regions[i].param_count; k++) {
            number_value(c, inst->regions[i].params[k]);
        }
    }
}

static void find_leaving(IrInst *inst, void *data) {
    Copies *c = data;
    c->walked++;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        IrValue *value = inst->operands[i];
        if (!entry_is_behind(c->entry, value) || c->new[value->mark] != NULL) {
            continue;
        }
        c->leaves = true;
        c->new[value->mark] = entry_value(c->entry, value); /* such as another check */
        if (c->new[value->mark] != NULL) {
            continue;
        }
        c->refused |= !c->may_leave || ir_is_root(value->type) || c->leaving.count == MOST_LEAVING;
        c->new[value->mark] = value;
        VEC_PUSH(c->entry->scratch, &c->leaving, value);
    }
}

static void use_new(IrInst *inst, void *data) {
    const Copies *c = data;
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        const IrValue *value = inst->operands[i];
        if (entry_is_behind(c->entry, value)) {
            inst->operands[i] = c->new[value->mark];
        }
    }
}

static void keep_outer(Copies *c) {
    for (uint32_t i = 0; i < c->values.count; i++) {
        if (!entry_is_behind(c->entry, c->values.items[i])) {
            c->new[i] = c->values.items[i];
        }
    }
}

IrInst *split_versions(Entry *entry, IrInst *first, IrInst *end, IrValue *condition, bool may_leave,
                       uint32_t *walked) {
    IrModule *module = entry->b.module;
    Copies c = {.entry = entry, .may_leave = may_leave};
    ir_walk_from(first, end, number_all, &c);
    c.new = NEW_ARRAY(entry->scratch, IrValue *, c.values.count);
    ir_walk_from(end, NULL, find_leaving, &c);
    *walked = c.walked;
    if (c.refused) {
        return NULL;
    }
    const IrType **types = NEW_ARRAY(entry->scratch, const IrType *, c.leaving.count + 1);
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        types[i] = c.leaving.items[i]->type;
    }
    IrInst *branch = ir_if(&entry->b, condition, c.leaving.count, types);
    branch->flags |= IR_VERSIONS;
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        c.new[c.leaving.items[i]->mark] = branch->results[i];
    }
    if (c.leaves) {
        ir_walk_from(end, NULL, use_new, &c);
    }
    keep_outer(&c);
    IrBuilder fast = ir_at_end(module, &branch->regions[IR_IF_TRUE]);
    IrBuilder slow = ir_at_end(module, &branch->regions[IR_IF_FALSE]);
    fast.pos = slow.pos = entry->b.pos;
    ir_clone(&slow, first, end, c.new);
    ir_move(first, end->previous, fast.region);
    ir_end(&fast, OP_YIELD, c.leaving.count, c.leaving.items);
    for (uint32_t i = 0; i < c.leaving.count; i++) {
        c.leaving.items[i] = c.new[c.leaving.items[i]->mark];
    }
    ir_end(&slow, OP_YIELD, c.leaving.count, c.leaving.items);
    return branch;
}
