/* inline_procs: every call in a kernel becomes a copy of the callee's body, and the procs go.
 *
 * No target needs procs, and a root (a buffer, a local) that a call hands over simply takes the parameter's place.
 * Each call is expanded where it is met, and what was put there is walked next, so the work is that of writing the
 * result once. How large and how deep that would be is computed first, callees before callers: two calls a level
 * make a short source grow without bound.
 *
 * Before: lower_returns, so that a proc has one `ret`, its last instruction; no recursion (the verifier's rule).
 * After: kernels only, no `call`. Copies keep the positions that they have in the proc.
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
    uint64_t size, depth; /* in the end with all that it calls; saturating */
    uint32_t pending;     /* calls whose callee is not measured yet */
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
        if (inst->op == OP_CALL) {
            Measure *callee = &all[inst->callee->mark];
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

static void measure_calls(IrModule *module, Measure *all, uint32_t count) {
    uint32_t *ready = NEW_ARRAY(module->arena, uint32_t, count);
    uint32_t ready_count = 0, measured = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (all[i].pending == 0) {
            ready[ready_count++] = i;
        }
    }
    while (ready_count > 0) {
        const Measure *callee = &all[ready[--ready_count]];
        measured++;
        for (const Call *call = callee->calls_of; call != NULL; call = call->next) {
            Measure *caller = &all[call->caller];
            uint64_t depth = add(call->depth, callee->depth);
            caller->size = add(caller->size, callee->size);
            caller->depth = depth > caller->depth ? depth : caller->depth;
            if (--caller->pending == 0) {
                ready[ready_count++] = call->caller;
            }
        }
    }
    REQUIRE(measured == count); /* else procs call each other in a circle */
}

static bool fits(IrModule *module, const Measure *kernel) {
    const IrFunction *function = kernel->function;
    Span span = {function->pos, function->pos};
    if (kernel->size > IR_MAX_INSTRUCTIONS) {
        diag_report(module->diags, span, D(TOO_MUCH_CODE), function->name->text,
                    (unsigned)IR_MAX_INSTRUCTIONS);
        return false;
    }
    if (kernel->depth > IR_MAX_DEPTH) {
        diag_report(module->diags, span, D(CONTROL_TOO_DEEP), (unsigned)IR_MAX_DEPTH);
        return false;
    }
    return true;
}

static bool all_fit(IrModule *module) {
    uint32_t count = 0;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        function->mark = count++;
    }
    Measure *all = NEW_ARRAY(module->arena, Measure, count);
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Measure *own = &all[function->mark];
        own->function = function;
        measure_region(module, all, own, &function->body, 0);
    }
    measure_calls(module, all, count);
    bool fit = true;
    for (uint32_t i = 0; i < count; i++) {
        fit &= !all[i].function->is_kernel || fits(module, &all[i]);
    }
    return fit;
}

/* ---- doing it ---- */

typedef struct {
    IrModule *module;
    IrValue **map; /* for ir_clone */
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
    ir_clone(&b, &callee->body, ret, inliner->map);
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

/* Operands are resolved on the way: values are defined before they are used in this order. */
static void inline_region(Inliner *inliner, IrRegion *region) {
    IrInst *inst = region->first;
    while (inst != NULL) {
        for (uint32_t i = 0; i < inst->operand_count; i++) {
            inst->operands[i] = ir_resolve(inst->operands[i]);
        }
        if (inst->op == OP_CALL) {
            inst = expand(inliner, inst);
            continue;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            inline_region(inliner, &inst->regions[i]);
        }
        inst = inst->next;
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
    if (!has_procs || !all_fit(module)) {
        return false;
    }
    Inliner inliner = {module, NEW_ARRAY(module->arena, IrValue *, most)};
    IrFunction **link = &module->functions;
    module->newest = NULL;
    while (*link != NULL) {
        if ((*link)->is_kernel) {
            inline_region(&inliner, &(*link)->body);
            link = &(*link)->next;
        } else {
            *link = (*link)->next; /* its body is still copied from */
        }
    }
    return true;
}

IR_PASS(inline_procs, run);
