/* lower_shared_init: shared memory is zeroed by the invocations of the workgroup, at the start of the kernel.
 *
 *     %tile: shared<array<array<f32, 16>, 16>> = shared
 * becomes, where a workgroup has 64 invocations,
 *     %tile: … = shared uninitialized
 *     loop (%k = local_index; %k < 256; %k += 64) { store %tile[%k / 16][%k % 16], 0f32 }
 *     barrier
 *
 * Scalars and vectors of shared memory that come as often share a loop. Where the workgroup has as many invocations, an
 * `if` will do. What would become more than IR_MAX_INSTRUCTIONS is refused.
 *
 * Before: refs are lowered; better after opt_dce, since memory that no one uses needs no zeros. After: all `shared` are
 * `uninitialized`, at the top of their kernel.
 */
#include "ir/base/fatal.h"
#include "ir/pass.h"

/* A scalar, vector or atomic, as often as the arrays around it say. */
typedef struct {
    const IrInst *shared;
    uint32_t path;  /* where its indices start in `steps` */
    uint32_t depth; /* how many they are */
    uint64_t
        times; /* the product of the arrays' lengths; of the outermost when that is no number: 1 */
    IrValue *outer; /* the length of the outermost array where that is no number; else NULL */
    bool done;
} Leaf;

/* One index: of an array of `count`, or the field `field` of a form. */
typedef struct {
    uint32_t count, field;
    bool is_field;
} Step;

enum {
    LEAF_INSTRUCTIONS = 10, /* that a leaf in a loop of its own becomes, at least */
    MOST_APART = 1000,      /* leaves that share a loop stand no farther from its first */
};

typedef struct {
    IrModule *module;
    IrFunction *kernel;
    VEC(Step) path; /* of the type that is looked at */
    VEC(Step) steps;
    VEC(Leaf) leaves;
    VEC(IrValue *) operands;
    IrValue *index, *total; /* local_index, and the invocations of a workgroup */
} Zeroing;

/* ---- what there is ---- */

static bool is_too_much(const Zeroing *z) {
    return z->leaves.count > IR_MAX_INSTRUCTIONS / LEAF_INSTRUCTIONS;
}

static void add_leaf(Zeroing *z, const IrInst *shared) {
    Leaf leaf = {.shared = shared, .path = z->steps.count, .depth = z->path.count, .times = 1};
    for (uint32_t i = 0; i < z->path.count; i++) {
        const Step *step = &z->path.items[i];
        if (i == 0 && shared->operand_count > 0) {
            leaf.outer = shared->operands[0];
        } else if (!step->is_field) {
            leaf.times *= step->count;
        }
        VEC_PUSH(z->module->arena, &z->steps, *step);
    }
    VEC_PUSH(z->module->arena, &z->leaves, leaf);
}

static void find_leaves(Zeroing *z, const IrInst *shared, const IrType *type) {
    if (!ir_is_composite(type)) {
        add_leaf(z, shared);
        return;
    }
    bool is_form = type->kind == IR_TYPE_FORM;
    for (uint32_t i = 0; i < (is_form ? type->count : 1) && !is_too_much(z); i++) {
        Step step = {.count = type->count, .field = i, .is_field = is_form};
        VEC_PUSH(z->module->arena, &z->path, step);
        find_leaves(z, shared, ir_part_type(type, i));
        z->path.count--;
    }
}

/* ---- the invocations of a workgroup ---- */

/* The product, if it is a number; else 0. */
static uint64_t fixed_total(const IrFunction *kernel) {
    uint64_t total = 1;
    for (int i = 0; i < 3; i++) {
        if (kernel->workgroup_spec[i] != NULL) {
            return 0;
        }
        total *= kernel->workgroup[i];
    }
    return total;
}

static IrValue *group_total(IrBuilder *b, const IrFunction *kernel) {
    uint64_t total = fixed_total(kernel);
    if (total != 0) {
        return ir_const_u32(b->module, (uint32_t)total);
    }
    IrValue *size = ir_builtin(b, IR_BUILTIN_GROUP_SIZE);
    IrValue *x = ir_extract(b, size, 0), *y = ir_extract(b, size, 1), *z = ir_extract(b, size, 2);
    return ir_binary(b, OP_MUL, ir_binary(b, OP_MUL, x, y), z);
}

/* ---- zeroing ---- */

static IrValue *raw(IrBuilder *b, IrOp op, IrValue *x, uint32_t y) {
    IrValue *result = ir_binary(b, op, x, ir_const_u32(b->module, y));
    result->inst->flags |= IR_RAW;
    return result;
}

/* The place of the leaf with this number, and zero there. */
static void zero_one(Zeroing *z, IrBuilder *b, const Leaf *leaf, IrValue *number) {
    z->operands.count = 0;
    for (uint32_t i = 0; i < leaf->depth; i++) {
        VEC_PUSH(z->module->arena, &z->operands, NULL);
    }
    uint32_t arrays_left = 0;
    for (uint32_t i = 0; i < leaf->depth; i++) {
        arrays_left += !z->steps.items[leaf->path + i].is_field;
    }
    for (uint32_t i = leaf->depth; i-- > 0;) { /* the last index is the fastest */
        const Step *step = &z->steps.items[leaf->path + i];
        IrValue **index = &z->operands.items[i];
        if (step->is_field) {
            *index = ir_const_u32(z->module, step->field);
        } else if (--arrays_left == 0) {
            *index = number;
        } else {
            *index = raw(b, OP_REM, number, step->count);
            number = raw(b, OP_DIV, number, step->count);
        }
    }
    IrValue *root = leaf->shared->results[0];
    const IrType *type = ir_place_type(root->type, leaf->depth, z->operands.items);
    IrValue *zero = ir_const_zero(z->module, ir_vector(type->scalar, type->lanes));
    ir_access(b, ir_is_atomic(type) ? OP_ATOMIC_STORE : OP_STORE, NULL, 1, &zero, root, leaf->depth,
              z->operands.items)
        ->flags |= leaf->depth > 0 ? IR_RAW : 0;
}

/* Those that come as often as the first. */
static void zero_alike(Zeroing *z, IrBuilder *b, Leaf *first, IrValue *number) {
    const Leaf *all = z->leaves.items + z->leaves.count;
    const Leaf *end = all - first > MOST_APART ? first + MOST_APART : all;
    uint64_t times = first->times;
    const IrValue *outer = first->outer;
    for (Leaf *leaf = first; leaf < end; leaf++) {
        if (!leaf->done && leaf->times == times && leaf->outer == outer) {
            zero_one(z, b, leaf, number);
            leaf->done = true;
        }
    }
}

static void zero_if(Zeroing *z, IrBuilder *b, Leaf *first, IrValue *times) {
    IrInst *branch = ir_if(b, ir_binary(b, OP_LT, z->index, times), 0, NULL);
    IrBuilder yes = ir_at_end(z->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(z->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    zero_alike(z, &yes, first, z->index);
    ir_end(&yes, OP_YIELD, 0, NULL);
    ir_end(&no, OP_YIELD, 0, NULL);
}

static void zero_in_loop(Zeroing *z, IrBuilder *b, Leaf *first, IrValue *times) {
    const IrType *u32 = ir_scalar(IR_U32);
    IrInst *loop = ir_loop(b, 1, &z->index, 1, &u32, 0, NULL);
    IrRegion *region = &loop->regions[IR_LOOP_BODY], *rest = &loop->regions[IR_LOOP_CONTINUING];
    IrBuilder body = ir_at_end(z->module, region), more = ir_at_end(z->module, rest);
    IrValue *number = region->params[0];
    body.pos = more.pos = b->pos;
    IrInst *branch = ir_if(&body, ir_binary(&body, OP_GE, number, times), 0, NULL);
    IrBuilder yes = ir_at_end(z->module, &branch->regions[IR_IF_TRUE]);
    IrBuilder no = ir_at_end(z->module, &branch->regions[IR_IF_FALSE]);
    yes.pos = no.pos = b->pos;
    ir_end(&yes, OP_BREAK, 0, NULL);
    ir_end(&no, OP_YIELD, 0, NULL);
    zero_alike(z, &body, first, number);
    ir_end(&body, OP_CONTINUE, 1, &number);
    IrValue *next = ir_binary(&more, OP_ADD, rest->params[0], z->total);
    ir_end(&more, OP_NEXT, 1, &next);
}

static void zero_leaves(Zeroing *z, IrBuilder *b) {
    uint64_t total = fixed_total(z->kernel);
    z->index = ir_builtin(b, IR_BUILTIN_LOCAL_INDEX);
    z->total = group_total(b, z->kernel);
    for (uint32_t i = 0; i < z->leaves.count; i++) {
        Leaf *leaf = &z->leaves.items[i];
        if (leaf->done) {
            continue;
        }
        IrValue *times = ir_const_u32(z->module, (uint32_t)leaf->times);
        if (leaf->outer != NULL) {
            times = leaf->times == 1 ? leaf->outer : ir_binary(b, OP_MUL, leaf->outer, times);
        }
        if (leaf->outer == NULL && leaf->times == total) {
            zero_alike(z, b, leaf, z->index);
        } else if (leaf->outer == NULL && (leaf->times < total || leaf->times == 1)) {
            zero_if(z, b, leaf, times);
        } else {
            zero_in_loop(z, b, leaf, times);
        }
    }
    ir_emit(b, OP_BARRIER, NULL, 0, NULL);
}

/* ---- kernels ---- */

static bool needs_zeros(const IrFunction *function) {
    const IrInst *inst = function->body.first;
    while (inst != NULL && (inst->op != OP_SHARED || inst->uninitialized)) {
        inst = inst->next;
    }
    return inst != NULL;
}

/* All `shared`, and the lengths of their arrays, go to the top; gives where what follows them goes. */
static IrBuilder gather(Zeroing *z) {
    IrRegion *body = &z->kernel->body;
    IrBuilder top = {.module = z->module, .region = body, .before = body->first};
    top.pos = z->kernel->pos;
    for (IrInst *inst = body->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        if (inst->op != OP_SHARED) {
            continue;
        }
        IrInst *length = inst->operand_count > 0 && !ir_is_const(inst->operands[0])
                             ? inst->operands[0]->inst
                             : NULL;
        if (length != NULL) {
            REQUIRE(length->op == OP_SPEC);
            IrValue *copy = ir_spec(&top, length->spec);
            inst->operands[0] = copy;
        }
        if (inst == top.before) {
            top.before = next;
        } else {
            ir_remove(inst);
            ir_insert(&top, inst);
        }
        if (!inst->uninitialized) {
            inst->uninitialized = true;
            find_leaves(z, inst, inst->results[0]->type->element);
        }
    }
    return top;
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (needs_zeros(function)) {
            Zeroing z = {.module = module, .kernel = function};
            IrBuilder top = gather(&z);
            changed = true;
            if (is_too_much(&z)) {
                diag_report(module->diags, (Span){function->pos, function->pos}, D(TOO_MUCH_CODE),
                            function->name->text, (unsigned)IR_MAX_INSTRUCTIONS);
                return true;
            }
            zero_leaves(&z, &top);
        }
    }
    return changed;
}

IR_PASS(lower_shared_init, run);
