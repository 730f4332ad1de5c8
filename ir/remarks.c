/* See remarks.h. */
#include "ir/remarks.h"

/* ---- bounds ---- */

typedef struct {
    IrModule *module;
    uint32_t left;    /* where no version leaves them out */
    uint32_t others;  /* in the versions that have all of them */
    uint32_t choices; /* comparisons that choose between versions */
} Checks;

/* A load that was checked by clamping its index has none where that is gone. */
static bool is_clamped(const IrInst *load) {
    for (uint32_t i = 1; i < load->operand_count; i++) {
        const IrValue *index = load->operands[i];
        if (index->kind == IR_VALUE_RESULT && index->inst->op == OP_MIN) {
            return true;
        }
    }
    return false;
}

static uint32_t comparisons_of(const IrValue *condition, unsigned depth) {
    const IrInst *inst = condition->kind == IR_VALUE_RESULT ? condition->inst : NULL;
    bool joins = inst != NULL && inst->op == OP_AND && depth > 0;
    return joins ? comparisons_of(inst->operands[0], depth - 1) +
                       comparisons_of(inst->operands[1], depth - 1)
                 : 1;
}

uint32_t ir_checks_of(const IrInst *inst) {
    enum { DEEPEST = 64 };
    if (inst->op == OP_IF && (inst->flags & IR_VERSIONS) != 0) {
        return comparisons_of(inst->operands[0], DEEPEST);
    }
    return (inst->flags & IR_GUARD) != 0 && (inst->op == OP_IF || is_clamped(inst));
}

static bool is_in_other_version(const IrInst *inst) {
    for (const IrInst *owner = inst->region->owner; owner != NULL; owner = inst->region->owner) {
        bool versions = owner->op == OP_IF && (owner->flags & IR_VERSIONS) != 0;
        if (versions && inst->region == &owner->regions[IR_IF_FALSE]) {
            return true;
        }
        inst = owner;
    }
    return false;
}

static void count_check(IrInst *inst, void *data) {
    Checks *checks = data;
    uint32_t count = ir_checks_of(inst);
    if (count == 0) {
        return;
    }
    if (inst->flags & IR_VERSIONS) {
        checks->choices += count;
        diag_remark(checks->module->diags, inst->pos,
                    "%u comparison%s before this code choose%s a version without checks", count,
                    count == 1 ? "" : "s", count == 1 ? "s" : "");
    } else if (is_in_other_version(inst)) {
        checks->others++;
    } else {
        checks->left++;
        diag_remark(checks->module->diags, inst->pos, "this index is checked when the kernel runs");
    }
}

void ir_remark_bounds(IrModule *module) {
    for (IrFunction *f = module->functions; f != NULL; f = f->next) {
        Checks checks = {.module = module};
        ir_walk(&f->body, count_check, &checks);
        uint32_t left = checks.left + checks.choices;
        uint32_t all = f->checks > left ? f->checks : left;
        if (all == 0) {
            continue;
        }
        const char *kind = f->is_kernel ? "kernel" : "proc";
        if (checks.choices == 0) {
            diag_remark(module->diags, f->pos, "%s `%s`: %u of %u bounds checks removed", kind,
                        f->name->text, all - left, all);
        } else {
            diag_remark(module->diags, f->pos,
                        "%s `%s`: %u of %u bounds checks removed where indices are inside; %u in "
                        "the version for where they may not be",
                        kind, f->name->text, all - left, all, checks.others);
        }
    }
}

/* ---- loads ---- */

static void note_load(IrInst *inst, void *data) {
    IrLoads *loads = data;
    if (inst->op == OP_LOAD) {
        VEC_PUSH(loads->arena, &loads->loads, inst);
    }
}

void ir_note_loads(IrLoads *loads, IrFunction *function) {
    ir_walk(&function->body, note_load, loads);
}

static uint32_t loops_around(const IrInst *inst) {
    uint32_t loops = 0;
    for (inst = inst->region->owner; inst != NULL; inst = inst->region->owner) {
        loops += inst->op == OP_LOOP;
    }
    return loops;
}

/* Loads of one place of the source may be many; one of them in as deep a loop as before, and nothing is said. */
void ir_remark_loads(IrModule *module, const IrLoads *before, IrFunction *function) {
    IrLoads after = {.arena = before->arena};
    ir_note_loads(&after, function);
    for (uint32_t i = 0; i < before->loads.count; i++) {
        const IrInst *load = before->loads.items[i];
        uint32_t depth = loops_around(load), deepest = 0;
        bool is_there = false, told = false;
        for (uint32_t k = 0; k < i && !told; k++) {
            told = before->loads.items[k]->pos == load->pos;
        }
        for (uint32_t k = 0; k < after.loads.count && depth > 0 && !told; k++) {
            const IrInst *now = after.loads.items[k];
            if (now->pos == load->pos) {
                uint32_t loops = loops_around(now);
                deepest = loops > deepest ? loops : deepest;
                is_there = true;
            }
        }
        if (is_there && deepest < depth) {
            diag_remark(module->diags, load->pos, "the load is done once, before the loop");
        }
    }
}
