/* See memory.h. */
#include "ir/passes/memory.h"

/* The first of Memory.roots: what may be any root, and what may be any but the invocation's own locals. */
enum { EVERYTHING, SHARED_WITH_OTHERS, FIRST_ROOT };

enum { KEEPS_TO_ITSELF, MEETS }; /* IrFunction.mark */

static void look_for_meeting(IrInst *inst, void *data) {
    IrFunction *function = data;
    if (inst->op == OP_CALL || ir_is_atomic_op(inst->op) || ir_has(inst->op, IR_SYNC)) {
        function->mark = MEETS;
    }
}

void memory_mark_procs(IrModule *module) {
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        f->mark = ir_takes_values(f) ? KEEPS_TO_ITSELF : MEETS;
        if (!f->is_kernel && f->mark == KEEPS_TO_ITSELF) {
            ir_walk(&f->body, look_for_meeting, f);
        }
    }
}

static uint32_t root_number(Memory *m, IrValue *root) {
    while (root->type->kind == IR_TYPE_REF) { /* another place as a root */
        if (root->kind != IR_VALUE_RESULT) {
            return EVERYTHING;
        }
        root = root->inst->operands[ir_place_start(root->inst)];
    }
    if (root->mark == 0) {
        root->mark = m->roots.count;
        VEC_PUSH(m->arena, &m->roots, (RootUses){0});
    }
    return root->mark;
}

static void note_read(Memory *m, uint32_t root, const IrInst *inst) {
    VEC_PUSH(m->arena, &m->roots.items[root].reads, inst->mark);
}

static void note_write(Memory *m, uint32_t root, const IrInst *inst) {
    VEC_PUSH(m->arena, &m->roots.items[root].writes, inst->mark);
}

/* Others may have written before it what is read after it, or read after it what was written before. */
static void note_meeting(Memory *m, const IrInst *inst) {
    note_read(m, SHARED_WITH_OTHERS, inst);
    note_write(m, SHARED_WITH_OTHERS, inst);
}

static void note_call(Memory *m, const IrInst *call) {
    if (call->callee->mark == MEETS) {
        note_meeting(m, call);
    }
    for (uint32_t i = 0; i < call->operand_count; i++) {
        if (ir_is_root(call->operands[i]->type)) {
            uint32_t root = root_number(m, call->operands[i]);
            note_read(m, root, call);
            note_write(m, root, call);
        }
    }
}

static void note(Memory *m, const IrInst *inst) {
    switch (inst->op) {
    case OP_VAR: /* zero from here on */
    case OP_SHARED:
        inst->results[0]->mark = 0;
        note_write(m, root_number(m, inst->results[0]), inst);
        break;
    case OP_LOAD:
    case OP_LOAD_WIDE:
        note_read(m, root_number(m, inst->operands[0]), inst);
        break;
    case OP_STORE:
    case OP_STORE_WIDE:
        note_write(m, root_number(m, inst->operands[1]), inst);
        break;
    case OP_CALL:
        note_call(m, inst);
        break;
    case OP_PRINT:
    case OP_ASSERT:
        break;
    default: /* atomics: what one invocation tells another by them is mostly about other places */
        if (ir_has(inst->op, IR_READ | IR_WRITE | IR_SYNC)) {
            note_meeting(m, inst);
        }
        if (inst->op == OP_LOOP || (ir_has(inst->op, IR_TERM) && inst->op != OP_YIELD)) {
            VEC_PUSH(m->arena, &m->jumps, inst->mark);
        }
        break;
    }
}

static void map_region(Memory *m, const IrRegion *region) {
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        inst->mark = ++m->count;
        note(m, inst);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            map_region(m, &inst->regions[i]);
        }
    }
}

void memory_map(Memory *memory, IrFunction *function) {
    memory->roots.count = memory->jumps.count = memory->count = 0;
    memory->is_kernel = function->is_kernel;
    while (memory->roots.count < FIRST_ROOT) {
        VEC_PUSH(memory->arena, &memory->roots, (RootUses){0});
    }
    for (uint32_t i = 0; i < function->param_count; i++) {
        function->params[i]->mark = 0;
    }
    map_region(memory, &function->body);
}

/* Whether one of the numbers is between the two. */
static bool any_between(const Numbers *numbers, uint32_t from, uint32_t to) {
    uint32_t low = 0, high = numbers->count; /* the first that is > from is among low … high */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (numbers->items[middle] > from) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low < numbers->count && numbers->items[low] < to;
}

/* Whether others may write what the root is, where invocations meet. Not a buffer that the kernel never writes: it overlaps with
 * none that is written (section 8.9). Atomics do not count, for a place is written by them alone or by stores alone. */
static bool is_shared(const Memory *m, const IrValue *root) {
    bool is_only_read = m->is_kernel && root->type->kind == IR_TYPE_BUFFER &&
                        m->roots.items[root->mark].writes.count == 0;
    return root->type->kind != IR_TYPE_VAR && !is_only_read;
}

bool memory_is_written(const Memory *memory, const IrValue *root, uint32_t from, uint32_t to) {
    const RootUses *roots = memory->roots.items;
    return any_between(&roots[root->mark].writes, from, to) ||
           any_between(&roots[EVERYTHING].writes, from, to) ||
           (is_shared(memory, root) && any_between(&roots[SHARED_WITH_OTHERS].writes, from, to));
}

bool memory_is_read(const Memory *memory, const IrValue *root, uint32_t from, uint32_t to) {
    const RootUses *roots = memory->roots.items;
    bool is_seen = root->type->kind != IR_TYPE_VAR;
    return any_between(&roots[root->mark].reads, from, to) ||
           any_between(&roots[EVERYTHING].reads, from, to) ||
           (is_seen && any_between(&roots[SHARED_WITH_OTHERS].reads, from, to));
}

bool memory_is_left(const Memory *memory, uint32_t from, uint32_t to) {
    return any_between(&memory->jumps, from, to);
}
