/* opt_unroll: rounds of a loop are written one after the other.
 *
 * All of them, where `#[unroll]` asks for it or where they are few and short, if rounds.h can tell how many there are:
 *
 *     loop (%k = 0) {                                       loop {
 *         if %k < 2 { yield } else { break }                    if true { yield } else { break }
 *         body of %k                                            body of 0
 *         continue %k                                   →       if true { yield } else { break }
 *     } continuing (%m) {                                       body of 1
 *         next %m + 1                                           if false { yield } else { break }
 *     }                                                         unreachable
 *                                                           } continuing { unreachable }
 *
 * which opt_fold turns into straight code. Where something else breaks, too, the loop of one round stays.
 *
 * `#[unroll(n)]` puts n rounds into one, each with its own test, so any number of rounds is right; where the number is known and a
 * multiple of n, the tests between them go.
 *
 * What continues from the middle of a body becomes an `if` around the rest of it first (one_continue.h). A loop that would become too
 * long, and one whose rounds cannot be told stay: to unroll is a wish. Inner loops come first. What was unrolled by n is not looked at again.
 *
 * Before: mem2reg, so that counters are values. After: much for opt_fold and opt_dce; indices of local arrays that
 * have become constants, for split_vars and mem2reg.
 */
#include "ir/clone.h"
#include "ir/pass.h"
#include "ir/passes/one_continue.h"
#include "ir/passes/rounds.h"

/* Unasked: so few rounds that come to so little, and that much in all for a function that is not long itself. */
enum { FEW_ROUNDS = 16, SHORT = 192, FREE_GROWTH = 2048 };
/* Asked for: no driver compiles in sensible time what becomes longer; and the rounds that are counted to see how many there are. */
enum { MOST_ASKED = 16384, MOST_GROWTH = 200000, MOST_COUNTED = 65536 };

/* Of a region, with what stands in it. */
typedef struct {
    uint32_t size;              /* instructions */
    uint32_t depth;             /* of the deepest region */
    uint32_t breaks, continues; /* of the loop that it is in */
    bool has_loop, is_together; /* something that invocations do together */
} Extent;

typedef struct {
    IrModule *module;
    IrFunction *function;
    Arena scratch;
    VEC(IrValue *)
    map; /* for ir_clone: every value of the function, by mark; itself unless it is being copied */
    uint32_t free_growth, growth; /* instructions that may still be added, unasked and asked for */
    uint32_t counted;             /* rounds that may still be counted */
    bool changed;
} Unroller;

/* ---- numbers of values ---- */

static void number(Unroller *u, uint32_t count, IrValue *const *values) {
    for (uint32_t i = 0; i < count; i++) {
        values[i]->mark = u->map.count;
        VEC_PUSH(&u->scratch, &u->map, values[i]);
    }
}

static void number_region(Unroller *u, const IrRegion *region) {
    number(u, region->param_count, region->params);
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        number(u, inst->result_count, inst->results);
        for (uint32_t i = 0; i < inst->region_count; i++) {
            number_region(u, &inst->regions[i]);
        }
    }
}

static IrValue *mapped(const Unroller *u, IrValue *value) {
    return ir_is_const(value) ? value : u->map.items[value->mark];
}

/* ---- rounds ---- */

/* A loop that is written anew: what stood in its body, and where copies of it go. */
typedef struct {
    Unroller *u;
    IrInst *loop;
    const IrInst *first, *tail; /* of the body; the tail continues */
    IrBuilder b;
    IrValue **values; /* that the body's parameters have in the round that comes next */
} Rewrite;

static Rewrite start_rewrite(Unroller *u, IrInst *loop) {
    IrRegion *body = &loop->regions[IR_LOOP_BODY];
    Rewrite r = {.u = u, .loop = loop, .first = body->first, .tail = body->last};
    if (u->map.count == 0) {
        number(u, u->function->param_count, u->function->params);
        number_region(u, &u->function->body);
    }
    r.values = NEW_ARRAY(&u->scratch, IrValue *, body->param_count);
    for (uint32_t i = 0; i < body->param_count; i++) {
        r.values[i] = loop->operands[i];
    }
    body->first = body->last = NULL;
    r.b = ir_at_end(u->module, body);
    u->changed = true;
    return r;
}

static void copy(Rewrite *r, const IrInst *first, const IrInst *end) {
    ir_clone(&r->b, first, end, r->u->map.items);
}

static void set_params(Rewrite *r) {
    const IrRegion *body = &r->loop->regions[IR_LOOP_BODY];
    for (uint32_t i = 0; i < body->param_count; i++) {
        r->u->map.items[body->params[i]->mark] = r->values[i];
    }
}

/* The body up to its `continue`; the exit, if one is given, with a condition that is known. */
static void copy_body(Rewrite *r, const IrInst *exit, bool condition) {
    if (exit == NULL) {
        copy(r, r->first, r->tail);
        return;
    }
    copy(r, r->first, exit);
    copy(r, exit, exit->next);
    r->b.region->last->operands[0] = ir_const_bool(r->u->module, condition);
    copy(r, exit->next, r->tail);
}

/* The continuing part, to which the tail of the copied body hands over; the values of the next round come from it. */
static void copy_continuing(Rewrite *r) {
    const IrRegion *more = &r->loop->regions[IR_LOOP_CONTINUING];
    for (uint32_t i = 0; i < more->param_count; i++) {
        r->u->map.items[more->params[i]->mark] = mapped(r->u, r->tail->operands[i]);
    }
    copy(r, more->first, more->last);
    for (uint32_t i = 0; i < more->last->operand_count; i++) {
        r->values[i] = mapped(r->u, more->last->operands[i]);
    }
}

static void unreachable(Unroller *u, IrRegion *region, Pos pos) {
    IrBuilder b = ir_at_end(u->module, region);
    b.pos = pos;
    ir_end(&b, OP_UNREACHABLE, 0, NULL);
}

static void unroll_all(Unroller *u, IrInst *loop, const LoopRounds *rounds) {
    IrRegion *body = &loop->regions[IR_LOOP_BODY], *more = &loop->regions[IR_LOOP_CONTINUING];
    Rewrite r = start_rewrite(u, loop);
    for (uint32_t i = 0; i < rounds->count; i++) {
        set_params(&r);
        copy_body(&r, rounds->exit, !rounds->leaves_when);
        copy_continuing(&r);
    }
    set_params(&r);
    copy(&r, r.first, rounds->exit->next);
    body->last->operands[0] = ir_const_bool(u->module, rounds->leaves_when);
    unreachable(u, body, rounds->exit->pos);
    more->first = more->last = NULL;
    unreachable(u, more, loop->pos);
    loop->operand_count = body->param_count = more->param_count = 0;
    loop->unroll = 0;
    number_region(u, body);
}

/* `known`: the rounds, which are a multiple of n, so that only the first of each n may be the last; NULL: they are not. */
static void unroll_by(Unroller *u, IrInst *loop, uint32_t n, const LoopRounds *known) {
    IrRegion *body = &loop->regions[IR_LOOP_BODY];
    Rewrite r = start_rewrite(u, loop);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            copy_continuing(&r);
            set_params(&r);
        }
        copy_body(&r, i > 0 && known != NULL ? known->exit : NULL,
                  known != NULL && !known->leaves_when);
    }
    copy(&r, r.tail, NULL);
    loop->unroll = 1;
    number_region(u, body);
}

/* ---- which loops ---- */

static bool take(uint32_t *left, uint64_t growth) {
    if (growth > *left) {
        return false;
    }
    *left -= (uint32_t)growth;
    return true;
}

static bool is_asked(const IrInst *loop) {
    return loop->unroll > 1;
}

static bool count_rounds(Unroller *u, const IrInst *loop, LoopRounds *rounds) {
    if (!is_asked(loop)) {
        return loop_rounds(loop, FEW_ROUNDS, rounds);
    }
    uint32_t most = u->counted < MOST_ASKED ? u->counted : MOST_ASKED;
    bool known = loop_rounds(loop, most, rounds);
    u->counted -= known ? rounds->count : most;
    return known;
}

/* Instructions of all rounds, and of the last one up to the exit. */
static uint64_t size_of_all(const Extent *e, const LoopRounds *rounds) {
    uint64_t before = 2;
    for (const IrInst *inst = rounds->exit->previous; inst != NULL; inst = inst->previous) {
        if (inst->region_count > 0) {
            before = e->size;
            break;
        }
        before++;
    }
    return (uint64_t)rounds->count * e->size + before;
}

static bool should_be_all(const IrInst *loop, const Extent *e, const LoopRounds *rounds,
                          uint64_t size) {
    if (is_asked(loop)) {
        return rounds->count <= loop->unroll && size <= MOST_ASKED;
    }
    return rounds->count <= 1 || (size <= SHORT && !e->has_loop && e->breaks == 1);
}

/* Whether all rounds but the last go the whole way through the body and the continuing part. */
static bool goes_one_way(Unroller *u, IrInst *loop, Extent *e) {
    if (loop->regions[IR_LOOP_CONTINUING].last->op != OP_NEXT) {
        return false;
    }
    bool may = !e->is_together && (is_asked(loop) || (e->size <= SHORT && e->breaks == 1));
    if (e->continues > 1 && may && e->depth + e->continues <= IR_MAX_DEPTH) {
        unsigned deeper = make_one_continue(u->module, loop, e->continues);
        if (deeper > 0) {
            e->depth += deeper;
            e->continues = 1;
            u->changed = true;
            if (u->map.count > 0) { /* others have numbers; here there are new values */
                number_region(u, &loop->regions[IR_LOOP_BODY]);
            }
        }
    }
    return loop->regions[IR_LOOP_BODY].last->op == OP_CONTINUE && e->continues == 1;
}

/* Gives the instructions that its body has then. */
static uint32_t unroll_loop(Unroller *u, IrInst *loop, Extent *e) {
    if (loop->unroll == 1 || !goes_one_way(u, loop, e)) {
        return e->size;
    }
    LoopRounds rounds;
    bool is_known = count_rounds(u, loop, &rounds);
    if (e->is_together && (!is_known || e->breaks > 1)) {
        return e->size; /* each round might have others taking part */
    }
    if (is_known) {
        uint64_t size = size_of_all(e, &rounds);
        if (should_be_all(loop, e, &rounds, size)) {
            uint64_t growth = size > e->size ? size - e->size : 0;
            if (!take(is_asked(loop) ? &u->growth : &u->free_growth, growth)) {
                return e->size;
            }
            diag_remark(u->module->diags, loop->pos, "all %u rounds of the loop are written out",
                        rounds.count);
            unroll_all(u, loop, &rounds);
            return (uint32_t)size;
        }
    }
    uint64_t size = (uint64_t)loop->unroll * e->size;
    if (!is_asked(loop) || size > MOST_ASKED || !take(&u->growth, size)) {
        return e->size;
    }
    diag_remark(u->module->diags, loop->pos, "the loop does %u rounds at once", loop->unroll);
    unroll_by(u, loop, loop->unroll, is_known && rounds.count % loop->unroll == 0 ? &rounds : NULL);
    return (uint32_t)size;
}

static void walk(Unroller *u, IrRegion *region, uint32_t depth, Extent *e);

static void walk_loop(Unroller *u, IrInst *loop, uint32_t depth, Extent *around) {
    Extent own = {0};
    walk(u, &loop->regions[IR_LOOP_BODY], depth + 1, &own);
    walk(u, &loop->regions[IR_LOOP_CONTINUING], depth + 1, &own);
    around->size += unroll_loop(u, loop, &own);
    bool stays = loop->regions[IR_LOOP_CONTINUING].last->op == OP_NEXT || own.breaks > 1;
    around->has_loop |= own.has_loop || stays;
    around->is_together |= own.is_together;
    around->depth = own.depth > around->depth ? own.depth : around->depth;
}

static void walk(Unroller *u, IrRegion *region, uint32_t depth, Extent *e) {
    e->depth = depth > e->depth ? depth : e->depth;
    for (IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        e->size++;
        u->free_growth += e->size % 4 == 0; /* a long function may grow more */
        e->breaks += inst->op == OP_BREAK;
        e->continues += inst->op == OP_CONTINUE;
        e->is_together |= ir_has(inst->op, IR_CONVERGENT) || inst->op == OP_CALL;
        if (inst->op == OP_LOOP) {
            walk_loop(u, inst, depth, e);
            continue;
        }
        for (uint32_t i = 0; i < inst->region_count; i++) {
            walk(u, &inst->regions[i], depth + 1, e);
        }
    }
}

static bool run(IrModule *module) {
    bool changed = false;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        Unroller u = {.module = module,
                      .function = function,
                      .free_growth = FREE_GROWTH,
                      .growth = MOST_GROWTH,
                      .counted = MOST_COUNTED};
        Extent whole = {0};
        walk(&u, &function->body, 0, &whole);
        arena_release(&u.scratch);
        changed |= u.changed;
    }
    return changed;
}

IR_PASS(opt_unroll, run);
