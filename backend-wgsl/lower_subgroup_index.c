/* wgsl_subgroup_index: the subgroups of a workgroup are counted, for WGSL gives neither their numbers nor how many they are.
 *
 *     %count: u32 = builtin subgroup_count
 * becomes, at the top of the kernel,
 *     %counter: shared<atomic<u32>> = shared
 *     %first: bool = subgroup_elect
 *     %taken: u32 = if %first { %n: u32 = atomic_add %counter, 1u32 yield %n } else { yield 0u32 }
 *     %index: u32 = subgroup_broadcast_first %taken
 *     barrier
 *     %count: u32 = atomic_load %counter
 *
 * Numbers are taken in the order in which subgroups come, which may be another each time. Nothing is promised of it.
 *
 * Before: lower_shared_init was left out; the counter is zero because WGSL says so. After: no `builtin subgroup_index` and
 * `builtin subgroup_count`.
 */
#include "backend-wgsl/wgsl_passes.h"
#include "ir/rewrite.h"

typedef struct {
    IrModule *module;
    IrFunction *kernel;
    IrValue *index, *count; /* NULL: not counted yet */
    bool changed;
} Counting;

static IrValue *taken_number(IrBuilder *b, IrValue *counter) {
    IrValue *first = ir_emit(b, OP_SUBGROUP_ELECT, ir_scalar(IR_BOOL), 0, NULL)->results[0];
    const IrType *u32 = ir_scalar(IR_U32);
    IrInst *branch = ir_if(b, first, 1, &u32);
    IrBuilder yes = ir_at_end(b->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(b->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    IrValue *one = ir_const_u32(b->module, 1), *zero = ir_const_u32(b->module, 0);
    ir_end(&yes, OP_YIELD, 1,
           ir_access(&yes, OP_ATOMIC_ADD, u32, 1, &one, counter, 0, NULL)->results);
    ir_end(&no, OP_YIELD, 1, &zero);
    return branch->results[0];
}

static void count_subgroups(Counting *c) {
    IrRegion *body = &c->kernel->body;
    IrBuilder top = {
        .module = c->module, .region = body, .before = body->first, .pos = c->kernel->pos};
    const IrType *u32 = ir_scalar(IR_U32);
    IrValue *counter = ir_shared(&top, ir_atomic_type(IR_U32),
                                 name_of(c->module->names, "subgroups"), false, NULL);
    IrValue *taken = taken_number(&top, counter);
    c->index = ir_emit(&top, OP_SUBGROUP_BROADCAST_FIRST, u32, 1, &taken)->results[0];
    ir_emit(&top, OP_BARRIER, NULL, 0, NULL);
    c->count = ir_access(&top, OP_ATOMIC_LOAD, u32, 0, NULL, counter, 0, NULL)->results[0];
    c->index->name = name_of(c->module->names, "subgroup_index");
    c->count->name = name_of(c->module->names, "subgroup_count");
}

static void visit(IrInst *inst, void *data) {
    Counting *c = data;
    bool is_index = inst->op == OP_BUILTIN && inst->builtin == IR_BUILTIN_SUBGROUP_INDEX;
    bool is_count = inst->op == OP_BUILTIN && inst->builtin == IR_BUILTIN_SUBGROUP_COUNT;
    if (!is_index && !is_count) {
        return;
    }
    if (c->index == NULL) {
        count_subgroups(c);
    }
    c->changed = true;
    ir_take_place(inst, is_index ? c->index : c->count);
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        Counting c = {.module = module, .kernel = f};
        if (f->is_kernel) {
            ir_walk(&f->body, visit, &c);
            ir_resolve_all(f);
        }
        changed |= c.changed;
    }
    return changed;
}

WGSL_PASS(wgsl_subgroup_index, run);
