/* inline_procs: calls become a copy of the callee's body, and the procs go.
 *
 * No target needs procs, and a root (a buffer, a local) that a call hands over simply takes the parameter's place. What
 * is `noinline`, or large and called so often that copies of it would be most of the code, stays a proc, if it takes values alone (ir_takes_values) and does not ask for the size of the workgroup, which is
 * that of the kernel that calls it.
 * Each call is expanded where it is met, and what was put there is walked next, so the work is that of writing the
 * result once. How large and how deep that would be is computed first, callees before callers: two calls a level
 * make a short source grow without bound.
 *
 * Before: lower_returns, so that a proc has one `ret`, its last instruction; no recursion (the verifier's rule).
 * After: kernels and the procs that they call, which stay. Copies keep the positions that they have in the proc.
 */
#include "ir/base/fatal.h"
#include "ir/clone.h"
#include "ir/pass.h"

/* ---- how much there will be ---- */

typedef struct Call Call;
struct Call {
    uint32_t caller, depth; /* by number of function; regions around the call */
    Call *next;             /* of the same callee */
};

typedef struct {
    IrFunction *function;
    bool asks_size;       /* of the workgroup, itself or what is put into it */
    bool is_together;     /* it holds what invocations do together, or what is put into it does */
    bool stays;           /* a function, for its callers to call */
    bool is_called;       /* it stays, and a kernel calls it, perhaps through others */
    uint64_t size, depth; /* in the end with all that is put into it; saturating */
    uint32_t pending;     /* calls whose callee is not measured yet */
    uint32_t call_count;  /* of it */
    Call *calls_of;
} Measure;

/* Far above every limit, and sums of two stay representable. */
static const uint64_t HUGE_CODE = UINT64_MAX / 4;

static uint64_t add(uint64_t a, uint64_t b) {
    return a + b < HUGE_CODE ? a + b : HUGE_CODE;
}

static void measure_region(IrModule *module, Measure *all, Measure *own, const IrRegion *region,
                           uint32_t depth) {
    if (depth > own->depth) {
        own->depth = depth;
    }
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        own->size++;
        own->asks_size |= inst->op == OP_BUILTIN && inst->builtin == IR_BUILTIN_GROUP_SIZE;
        own->is_together |= ir_has(inst->op, IR_CONVERGENT);
        if (inst->op == OP_CALL) {
            Measure *callee = &all[inst->callee->mark];
            callee->call_count++;
            Call *call = NEW(module->arena, Call);
            *call = (Call){own->function->mark, depth, callee->calls_of};
            callee->calls_of = call;
            own->pending++;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            measure_region(module, all, own, &inst->regions[i], depth + 1);
        }
    }
}

/* Whether copies of it, but for the first, would come to more than is worth while. */
static bool is_too_much(const Measure *callee) {
    enum { LARGE = 400, MOST_COPIED = 20000 };
    return callee->size > LARGE && callee->call_count > 1 && !callee->is_together &&
           callee->size * (callee->call_count - 1) > MOST_COPIED;
}

static void measure_calls(IrModule *module, Measure *all, uint32_t count) {
    uint32_t *ready = NEW_ARRAY(module->arena, uint32_t, count);
    uint32_t ready_count = 0, measured = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (all[i].pending == 0) {
            ready[ready_count++] = i;
        }
    }
    while (ready_count > 0) {
        Measure *callee = &all[ready[--ready_count]];
        IrFunction *function = callee->function;
        bool may_stay = !function->is_kernel && !callee->asks_size && ir_takes_values(function);
        bool is_wish = may_stay && function->noinline;
        callee->stays = is_wish || (may_stay && is_too_much(callee));
        function->noinline |= callee->stays;
        measured++;
        for (const Call *call = callee->calls_of; call != NULL; call = call->next) {
            Measure *caller = &all[call->caller];
            if (!is_wish) { /* a driver may still copy what stays unasked */
                uint64_t depth = add(call->depth, callee->depth);
                caller->size = add(caller->size, callee->size);
                caller->depth = depth > caller->depth ? depth : caller->depth;
                caller->asks_size |= callee->asks_size;
                caller->is_together |= callee->is_together;
            }
            if (--caller->pending == 0) {
                ready[ready_count++] = call->caller;
            }
        }
    }
    REQUIRE(measured == count); /* else procs call each other in a circle */
}

static bool fits(IrModule *module, const Measure *kept) {
    const IrFunction *function = kept->function;
    Span span = {function->pos, function->pos};
    if (kept->size > IR_MAX_INSTRUCTIONS) {
        diag_report(module->diags, span, D(TOO_MUCH_CODE), function->name->text,
                    (unsigned)IR_MAX_INSTRUCTIONS);
        return false;
    }
    if (kept->depth > IR_MAX_DEPTH) {
        diag_report(module->diags, span, D(CONTROL_TOO_DEEP), (unsigned)IR_MAX_DEPTH);
        return false;
    }
    return true;
}

/* By number of function; NULL: something does not fit, and was reported. */
static Measure *measure_all(IrModule *module) {
    uint32_t count = 0;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        function->mark = count++;
    }
    Measure *all = NEW_ARRAY(module->arena, Measure, count);
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        all[function->mark].function = function;
        measure_region(module, all, &all[function->mark], &function->body, 0);
    }
    measure_calls(module, all, count);
    bool fit = true;
    for (uint32_t i = 0; i < count; i++) {
        bool is_kept = all[i].function->is_kernel || all[i].stays;
        fit &= !is_kept || fits(module, &all[i]);
    }
    return fit ? all : NULL;
}

/* ---- doing it ---- */

typedef struct {
    IrModule *module;
    Measure *all;             /* by number of function */
    IrValue **map;            /* for ir_clone */
    VEC(IrFunction *) called; /* those that stay, until they were looked at */
} Inliner;

/* Gives the first instruction of the copy, or what follows the call when there is none. */
static IrInst *expand(Inliner *inliner, IrInst *call) {
    IrFunction *callee = call->callee;
    const IrInst *ret = callee->body.last;
    REQUIRE(!callee->is_kernel && ret != NULL && ret->op == OP_RET);
    for (uint32_t i = 0; i < callee->param_count; i++) {
        inliner->map[callee->params[i]->mark] = call->operands[i];
    }
    IrInst *before = call->previous;
    IrBuilder b = ir_before(inliner->module, call);
    ir_clone(&b, callee->body.first, ret, inliner->map);
    if (call->result_count > 0) {
        IrValue *value = ret->operands[0], *old = call->results[0];
        IrValue *copy = ir_is_const(value) ? value : inliner->map[value->mark];
        if (copy->name == NULL && !ir_is_const(copy)) {
            copy->name = old->name;
        }
        ir_replace(old, copy);
    }
    IrRegion *region = call->region;
    ir_remove(call);
    return before != NULL ? before->next : region->first;
}

/* Whether the callee stays; it is looked at later, when it is called for the first time. */
static bool stays(Inliner *inliner, IrFunction *callee) {
    Measure *measure = &inliner->all[callee->mark];
    if (measure->stays && !measure->is_called) {
        measure->is_called = true;
        VEC_PUSH(inliner->module->arena, &inliner->called, callee);
    }
    return measure->stays;
}

/* Operands are resolved on the way: values are defined before they are used in this order. */
static void inline_region(Inliner *inliner, IrRegion *region) {
    IrInst *inst = region->first;
    while (inst != NULL) {
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            inst->operands[i] = ir_resolve(inst->operands[i]);
        }
        if (inst->op == OP_CALL && !stays(inliner, inst->callee)) {
            inst = expand(inliner, inst);
            continue;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inline_region(inliner, &inst->regions[i]);
        }
        inst = inst->next;
    }
}

/* Takes out what is called no more. Bodies that are gone are not needed now. */
static void keep_called(Inliner *inliner) {
    IrFunction **link = &inliner->module->functions;
    inliner->module->newest = NULL;
    while (*link != NULL) {
        bool is_kept = (*link)->is_kernel || inliner->all[(*link)->mark].is_called;
        if (is_kept) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
        }
    }
}

static bool run(IrModule *module) {
    bool has_procs = false;
    uint32_t most = 0;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (!function->is_kernel) {
            has_procs = true;
            uint32_t count = ir_number_values(function);
            most = count > most ? count : most;
        }
    }
    Measure *all = has_procs ? measure_all(module) : NULL;
    if (all == NULL) {
        return false;
    }
    Inliner inliner = {module, all, NEW_ARRAY(module->arena, IrValue *, most), {0}};
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        if (function->is_kernel) {
            inline_region(&inliner, &function->body);
        }
    }
    while (inliner.called.count > 0) {
        inline_region(&inliner, &inliner.called.items[--inliner.called.count]->body);
    }
    keep_called(&inliner);
    return true;
}

IR_PASS(inline_procs, run);
