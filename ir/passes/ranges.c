/* See ranges.h. */
#include "ir/passes/ranges.h"

typedef struct {
    uint32_t most;
    uint32_t zeros; /* so many low bits are surely zero; 32: it is 0 */
} Range;

typedef struct {
    const IrValue *value;
    Range range;
} Known;

typedef struct {
    uint32_t at; /* in `known` */
    Range before;
} Learned;

typedef struct {
    const IrValue *less, *more;
} Below;

struct Ranges {
    Arena scratch;
    IrFunction *function;
    VEC(Known) known;     /* by IrValue.mark */
    VEC(Learned) learned; /* from conditions around this place, the newest last */
    VEC(Below) below;     /* likewise: one value is less than the other */
    void (*fn)(Ranges *, IrInst *, void *);
    void *data;
};

static const Range any = {UINT32_MAX, 0};

/* ---- ranges ---- */

static Range range_of(const Ranges *r, const IrValue *value) {
    if (value->type != ir_scalar(IR_U32)) {
        return any;
    }
    if (ir_is_const(value)) {
        uint32_t bits = (uint32_t)value->bits[0];
        return (Range){bits, bits == 0 ? 32 : (uint32_t)__builtin_ctz(bits)};
    }
    bool here = value->mark < r->known.count && r->known.items[value->mark].value == value;
    return here ? r->known.items[value->mark].range : any;
}

static uint32_t lower_zeros(Range a, Range b) {
    return a.zeros < b.zeros ? a.zeros : b.zeros;
}

static uint32_t lower(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t higher(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* All bits up to the highest one of `most`. */
static uint32_t bits_of(uint32_t most) {
    return most == 0 ? 0 : UINT32_MAX >> __builtin_clz(most);
}

/* With a largest value that has the zeros. */
static Range made(uint64_t most, uint32_t zeros) {
    uint32_t up_to = most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
    zeros = lower(zeros, 32);
    return (Range){zeros == 32 ? 0 : up_to >> zeros << zeros, zeros};
}

static Range either(Range a, Range b) {
    return made(higher(a.most, b.most), lower_zeros(a, b));
}

static Range range_of_shift(const IrInst *inst, Range a) {
    const IrValue *count = inst->operands[1];
    if (!ir_is_const(count)) {
        return inst->op == OP_SHR ? made(a.most, 0) : any;
    }
    uint32_t by = count->bits[0] % 32;
    if (inst->op == OP_SHR) {
        return made(a.most >> by, a.zeros > by ? a.zeros - by : 0);
    }
    return made((uint64_t)a.most << by, a.zeros + by);
}

/* The least value that is known to be no less; constants alone. */
static Range range_of_difference(const IrInst *inst, Range a, Range b) {
    bool stays = ir_is_const(inst->operands[0]) && b.most <= a.most;
    return made(stays ? a.most : UINT32_MAX, lower_zeros(a, b));
}

static Range range_of_remainder(Range a, Range b, bool is_const) {
    uint32_t most = b.most == 0 ? 0 : lower(a.most, b.most - 1); /* x % 0 = 0 */
    return made(most, is_const ? lower_zeros(a, b) : 0);
}

static Range range_of_product(Range a, Range b) {
    return made((uint64_t)a.most * b.most, a.zeros + b.zeros);
}

static Range range_of_builtin(const Ranges *r, IrBuiltin which, uint32_t part) {
    const IrFunction *kernel = r->function;
    uint64_t all = 1;
    for (uint32_t i = 0; i < 3; i++) {
        bool fixed = kernel->is_kernel && kernel->workgroup_spec[i] == NULL;
        all *= fixed ? kernel->workgroup[i] : UINT32_MAX;
        all = all > UINT32_MAX ? UINT32_MAX : all;
    }
    switch (which) {
    case IR_BUILTIN_LOCAL_ID:
        return kernel->is_kernel && kernel->workgroup_spec[part] == NULL
                   ? made(kernel->workgroup[part] - 1, 0)
                   : any;
    case IR_BUILTIN_LOCAL_INDEX:
    case IR_BUILTIN_SUBGROUP_INDEX:
        return made(all - 1, 0);
    default:
        return any;
    }
}

static Range range_of_conversion(const IrInst *inst) {
    const IrType *from = inst->operands[0]->type;
    IrClass class = ir_class(from);
    bool known = (class == IR_CLASS_UINT || class == IR_CLASS_BOOL) && ir_bits(from) < 32;
    return known ? made(class == IR_CLASS_BOOL ? 1 : (1u << ir_bits(from)) - 1, 0) : any;
}

static Range range_of_result(const Ranges *r, const IrInst *inst) {
    Range a = inst->operand_count > 0 ? range_of(r, inst->operands[0]) : any;
    Range b = inst->operand_count > 1 ? range_of(r, inst->operands[1]) : any;
    switch (inst->op) {
    case OP_ADD: {
        uint64_t sum = (uint64_t)a.most + b.most;
        return made(sum, lower_zeros(a, b));
    }
    case OP_SUB:
        return range_of_difference(inst, a, b);
    case OP_MUL:
        return range_of_product(a, b);
    case OP_DIV:
        return made(ir_is_const(inst->operands[1]) && b.most > 0 ? a.most / b.most : a.most, 0);
    case OP_REM:
        return range_of_remainder(a, b, ir_is_const(inst->operands[1]));
    case OP_MIN:
        return made(lower(a.most, b.most), lower_zeros(a, b));
    case OP_MAX:
        return either(a, b);
    case OP_AND:
        return made(lower(a.most, b.most), higher(a.zeros, b.zeros));
    case OP_OR:
    case OP_XOR:
        return made(bits_of(a.most | b.most), lower_zeros(a, b));
    case OP_SHL:
    case OP_SHR:
        return range_of_shift(inst, a);
    case OP_SELECT:
        return either(b, range_of(r, inst->operands[2]));
    case OP_CONVERT:
        return range_of_conversion(inst);
    case OP_POPCOUNT:
    case OP_CLZ:
    case OP_CTZ:
        return made(32, 0);
    case OP_BUILTIN:
        return range_of_builtin(r, inst->builtin, 0);
    case OP_EXTRACT: {
        const IrInst *vector =
            inst->operands[0]->kind == IR_VALUE_RESULT ? inst->operands[0]->inst : NULL;
        return vector != NULL && vector->op == OP_BUILTIN
                   ? range_of_builtin(r, vector->builtin, inst->index)
                   : any;
    }
    default:
        return any;
    }
}

static void define(Ranges *r, IrValue *value, Range range) {
    if (value->type == ir_scalar(IR_U32)) {
        value->mark = r->known.count;
        VEC_PUSH(&r->scratch, &r->known, (Known){value, range});
    }
}

/* ---- counters of loops ---- */

/* What is added to `base` to make the value; false: something else is done. */
static bool added_to(const IrValue *value, const IrValue *base, uint32_t *by) {
    *by = 0;
    if (value == base) {
        return true;
    }
    const IrInst *sum = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    bool adds = sum != NULL && sum->op == OP_ADD && sum->operands[0] == base &&
                ir_is_const(sum->operands[1]);
    *by = adds ? (uint32_t)sum->operands[1]->bits[0] : 0;
    return adds;
}

/* The zeros of a counter that each round adds a constant to, or sets to `end` (NULL: not that). */
static Range range_of_counter(const Ranges *r, const IrInst *loop, const IrValue *counter,
                              const IrValue *end) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    if (loop->mark != 1 || body->last->op != OP_CONTINUE || more->last->op != OP_NEXT) {
        return any;
    }
    const IrValue *next = ir_resolve(more->last->operands[counter->index]);
    bool may_end = end != NULL && next->kind == IR_VALUE_RESULT && next->inst->op == OP_SELECT &&
                   ir_resolve(next->inst->operands[2]) == end;
    next = may_end ? ir_resolve(next->inst->operands[1]) : next;
    for (uint32_t i = 0; i < more->param_count; i++) {
        uint32_t first, second;
        if (body->last->operands[i]->type == counter->type &&
            added_to(body->last->operands[i], counter, &first) &&
            added_to(next, more->params[i], &second)) {
            uint32_t by = first + second;
            Range step = {by, by == 0 ? 32 : (uint32_t)__builtin_ctz(by)};
            return made(UINT32_MAX, lower_zeros(step, range_of(r, loop->operands[counter->index])));
        }
    }
    return any;
}

/* ---- what conditions tell ---- */

static void limit(Ranges *r, const IrValue *value, uint64_t most) {
    Range before = range_of(r, value);
    bool here = value->mark < r->known.count && r->known.items[value->mark].value == value;
    if (!ir_is_const(value) && here && most < before.most) {
        VEC_PUSH(&r->scratch, &r->learned, (Learned){value->mark, before});
        r->known.items[value->mark].range = made(most, before.zeros);
    }
}

/* A counter that is not at its end: what it was set to when a step would have gone beyond. */
static void learn_step(Ranges *r, const IrValue *counter, const IrValue *end) {
    const IrInst *loop = counter->kind == IR_VALUE_REGION_PARAM ? counter->inst : NULL;
    bool here = counter->mark < r->known.count && r->known.items[counter->mark].value == counter;
    if (loop == NULL || !here || loop->regions[IR_LOOP_BODY].params[counter->index] != counter) {
        return;
    }
    Range before = range_of(r, counter);
    uint32_t zeros = range_of_counter(r, loop, counter, end).zeros;
    if (zeros > before.zeros) {
        VEC_PUSH(&r->scratch, &r->learned, (Learned){counter->mark, before});
        r->known.items[counter->mark].range = made(before.most, zeros);
    }
}

static void learn_less(Ranges *r, const IrValue *less, const IrValue *more, bool or_equal) {
    if (less->type != ir_scalar(IR_U32)) {
        return;
    }
    uint32_t most = range_of(r, more).most;
    if (or_equal) {
        limit(r, less, most);
    } else {
        limit(r, less, most > 0 ? most - 1 : 0); /* where it is 0 this place is never reached */
        VEC_PUSH(&r->scratch, &r->below, (Below){less, more});
        learn_step(r, less, more);
    }
}

static void learn(Ranges *r, const IrValue *condition, bool truth, unsigned depth) {
    enum { DEEPEST = 16 };
    if (condition->kind != IR_VALUE_RESULT || depth == DEEPEST) {
        return;
    }
    const IrInst *inst = condition->inst;
    IrValue *const *of = inst->operands;
    switch (inst->op) {
    case OP_AND:
    case OP_OR:
        if (truth == (inst->op == OP_AND)) {
            learn(r, of[0], truth, depth + 1);
            learn(r, of[1], truth, depth + 1);
        }
        break;
    case OP_NOT:
        learn(r, of[0], !truth, depth + 1);
        break;
    case OP_LT:
    case OP_GE: /* not less */
        if (truth == (inst->op == OP_LT)) {
            learn_less(r, of[0], of[1], false);
        } else {
            learn_less(r, of[1], of[0], true);
        }
        break;
    case OP_GT:
    case OP_LE:
        if (truth == (inst->op == OP_GT)) {
            learn_less(r, of[1], of[0], false);
        } else {
            learn_less(r, of[0], of[1], true);
        }
        break;
    case OP_EQ:
    case OP_NE:
        if (truth == (inst->op == OP_EQ)) {
            learn_less(r, of[0], of[1], true);
            learn_less(r, of[1], of[0], true);
        }
        break;
    default:
        break;
    }
}

static void forget_to(Ranges *r, uint32_t learned, uint32_t below) {
    while (r->learned.count > learned) {
        const Learned *last = &r->learned.items[--r->learned.count];
        r->known.items[last->at].range = last->before;
    }
    r->below.count = below;
}

/* ---- loops ---- */

/* How often a region continues the loop that it is in. Notes the number of each loop (IrInst.mark). */
static uint32_t count_continues(IrRegion *region) {
    uint32_t count = 0;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        count += inst->op == OP_CONTINUE;
        if (inst->op == OP_LOOP) {
            inst->mark = count_continues(&inst->regions[IR_LOOP_BODY]);
            count_continues(&inst->regions[IR_LOOP_CONTINUING]);
        } else {
            for (uint32_t i = 0; i < inst->region_count; i++) {
                count += count_continues(&inst->regions[i]);
            }
        }
    }
    return count;
}

/* ---- the walk ---- */

static void resolve(IrInst *inst) {
    for (uint32_t i = 0; i < inst->operand_count; i++) {
        inst->operands[i] = ir_resolve(inst->operands[i]);
    }
}

static void walk(Ranges *r, IrRegion *region);

static void walk_if(Ranges *r, IrInst *inst) {
    bool comes_back[2];
    uint32_t learned = r->learned.count, below = r->below.count;
    for (uint32_t i = 0; i < inst->region_count; i++) {
        learn(r, inst->operands[0], i == IR_IF_TRUE, 0);
        walk(r, &inst->regions[i]);
        forget_to(r, learned, below);
        comes_back[i] = inst->regions[i].last->op == OP_YIELD;
    }
    if (comes_back[IR_IF_TRUE] != comes_back[IR_IF_FALSE]) {
        learn(r, inst->operands[0], comes_back[IR_IF_TRUE], 0);
    }
}

static void walk_loop(Ranges *r, IrInst *loop) {
    const IrRegion *body = &loop->regions[IR_LOOP_BODY];
    for (uint32_t i = 0; i < body->param_count; i++) {
        IrValue *param = body->params[i];
        define(r, param,
               param->type == ir_scalar(IR_U32) ? range_of_counter(r, loop, param, NULL) : any);
    }
    walk(r, &loop->regions[IR_LOOP_BODY]);
    walk(r, &loop->regions[IR_LOOP_CONTINUING]);
}

static void walk(Ranges *r, IrRegion *region) {
    uint32_t learned = r->learned.count, below = r->below.count;
    for (IrInst *inst = region->first, *next; inst != NULL; inst = next) {
        next = inst->next;
        resolve(inst);
        if (inst->op == OP_IF) {
            walk_if(r, inst);
        } else if (inst->op == OP_LOOP) {
            walk_loop(r, inst);
        } else if (inst->result_count == 1) {
            define(r, inst->results[0],
                   inst->results[0]->type == ir_scalar(IR_U32) ? range_of_result(r, inst) : any);
        }
        r->fn(r, inst, r->data);
    }
    forget_to(r, learned, below);
}

void ranges_walk(IrFunction *function, void (*fn)(Ranges *, IrInst *, void *data), void *data) {
    Ranges r = {.function = function, .fn = fn, .data = data};
    count_continues(&function->body);
    walk(&r, &function->body);
    arena_release(&r.scratch);
}

uint32_t ranges_most(const Ranges *ranges, const IrValue *value) {
    return range_of(ranges, value).most;
}

uint32_t ranges_zeros(const Ranges *ranges, const IrValue *value) {
    return range_of(ranges, value).zeros;
}

/* Whether what is no larger than the value is no larger than the buffer is long. */
static bool is_length(const IrValue *value, const IrValue *buffer, unsigned depth) {
    const IrInst *inst = value->kind == IR_VALUE_RESULT ? value->inst : NULL;
    if (inst == NULL || depth == 0) {
        return false;
    }
    return (inst->op == OP_LEN && inst->operands[0] == buffer) ||
           (inst->op == OP_MIN && (is_length(inst->operands[0], buffer, depth - 1) ||
                                   is_length(inst->operands[1], buffer, depth - 1)));
}

bool ranges_below_length(const Ranges *ranges, const IrValue *value, const IrValue *buffer) {
    enum { MOST_ASKED = 32, DEEPEST = 4 };
    for (uint32_t i = ranges->below.count, asked = 0; i > 0 && asked < MOST_ASKED; asked++) {
        const Below *known = &ranges->below.items[--i];
        if (known->less == value && is_length(known->more, buffer, DEEPEST)) {
            return true;
        }
    }
    return false;
}
