/* See races_value.h: conditions, and whether two can hold together. */
#include "ir/races_value.h"

/* Conditions nest so deep before they count as unknown. */
enum { MOST_DEPTH = 40, MOST_GOALS = 64, MOST_STEPS = 400 };

static uint32_t add(Values *v, Condition c) {
    c.depth = 1 + (v->conditions.items[c.a].depth > v->conditions.items[c.b].depth
                       ? v->conditions.items[c.a].depth
                       : v->conditions.items[c.b].depth);
    c.uniform = v->conditions.items[c.a].uniform && v->conditions.items[c.b].uniform;
    if (c.depth > MOST_DEPTH) {
        return UNDECIDED;
    }
    VEC_PUSH(v->arena, &v->conditions, c);
    return v->conditions.count - 1;
}

uint32_t condition_bits(Values *v, const uint8_t *bits) {
    v->work += v->invocations;
    bool same = true;
    for (uint32_t i = 1; i < v->invocations && same; i++) {
        same = bits[i] == bits[0];
    }
    if (same) {
        return bits[0] != 0 ? ALWAYS : NEVER;
    }
    VEC_PUSH(v->arena, &v->conditions, (Condition){.kind = IS_BITS, .bits = bits});
    return v->conditions.count - 1;
}

uint32_t condition_not(Values *v, uint32_t a) {
    if (a < FIRST_CONDITION) {
        return a == ALWAYS ? NEVER : a == NEVER ? ALWAYS : UNDECIDED;
    }
    const Condition *c = &v->conditions.items[a];
    return c->kind == IS_NOT ? c->a : add(v, (Condition){.kind = IS_NOT, .a = a});
}

static bool are_opposite(const Values *v, uint32_t a, uint32_t b) {
    const Condition *x = &v->conditions.items[a], *y = &v->conditions.items[b];
    return (b >= FIRST_CONDITION && y->kind == IS_NOT && y->a == a) ||
           (a >= FIRST_CONDITION && x->kind == IS_NOT && x->a == b);
}

uint32_t condition_both(Values *v, uint32_t a, uint32_t b) {
    if (a == NEVER || b == NEVER || are_opposite(v, a, b)) {
        return NEVER;
    }
    if (a == ALWAYS || b == ALWAYS || a == b) {
        return a == ALWAYS ? b : a;
    }
    return add(v, (Condition){.kind = IS_BOTH, .a = a, .b = b});
}

uint32_t condition_either(Values *v, uint32_t a, uint32_t b) {
    if (a == ALWAYS || b == ALWAYS || are_opposite(v, a, b)) {
        return ALWAYS;
    }
    if (a == NEVER || b == NEVER || a == b) {
        return a == NEVER ? b : a;
    }
    const Condition *x = &v->conditions.items[a], *y = &v->conditions.items[b];
    if (a >= FIRST_CONDITION && b >= FIRST_CONDITION && x->kind == IS_BOTH && y->kind == IS_BOTH &&
        x->a == y->a && are_opposite(v, x->b, y->b)) {
        return x->a;
    }
    if (a >= FIRST_CONDITION && x->kind == IS_BOTH && x->a != b && are_opposite(v, x->b, b)) {
        return condition_either(v, x->a, b); /* (x and c) or not c */
    }
    return add(v, (Condition){.kind = IS_EITHER, .a = a, .b = b});
}

static Answer not(Answer a) {
    return a == YES ? NO : a == NO ? YES : a;
}

static Answer both(Answer a, Answer b) {
    if (a == NO || b == NO) {
        return NO;
    }
    return a > b ? a : b; /* YES < MAYBE < UNKNOWN */
}

Answer condition_in(const Values *v, uint32_t condition, uint32_t invocation) {
    if (condition < FIRST_CONDITION) {
        return condition == ALWAYS ? YES : condition == NEVER ? NO : UNKNOWN;
    }
    const Condition *c = &v->conditions.items[condition];
    switch (c->kind) {
    case IS_BITS:
        return c->bits[invocation] != 0 ? YES : NO;
    case IS_NOT:
        return not(condition_in(v, c->a, invocation));
    case IS_BOTH:
        return both(condition_in(v, c->a, invocation), condition_in(v, c->b, invocation));
    case IS_EITHER:
        return not(
            both(not(condition_in(v, c->a, invocation)), not(condition_in(v, c->b, invocation))));
    default:
        return MAYBE;
    }
}

bool condition_uniform(const Values *v, uint32_t condition) {
    return v->conditions.items[condition].uniform;
}

/* ---- together ---- */

typedef struct {
    uint32_t condition, invocation;
    bool holds; /* or must not */
} Goal;

typedef struct {
    const Sum *sum;
    int64_t low, high;
    bool is_not; /* a number that it is not */
} Bound;

typedef struct {
    Values *v;
    unsigned steps;
    Bound bounds[MOST_GOALS];
} Search;

static uint32_t greatest_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Whether some number keeps to all bounds on the last one's sum. Symbols are numbers from 0 on. */
static bool is_possible(const Search *s, uint32_t count) {
    const Sum *sum = s->bounds[count - 1].sum;
    int64_t low = INT64_MIN / 4, high = INT64_MAX / 4;
    uint32_t divisor = 0, excluded = 0;
    bool positive = true;
    for (uint32_t i = 0; i < sum->count; i++) {
        divisor = greatest_divisor(sum->factors[i], divisor);
        positive &= (int32_t)sum->factors[i] > 0;
    }
    low = positive ? 0 : low;
    for (uint32_t i = 0; i < count; i++) {
        const Bound *b = &s->bounds[i];
        if (b->sum == sum && !b->is_not) {
            low = b->low > low ? b->low : low;
            high = b->high < high ? b->high : high;
        }
        excluded += b->sum == sum && b->is_not;
    }
    if (high < low || high - low > 4 * (int64_t)MOST_GOALS) {
        return high >= low;
    }
    for (int64_t n = low; n <= high; n++) {
        bool right = !positive || n % divisor == 0;
        for (uint32_t i = 0; i < count && right && excluded > 0; i++) {
            const Bound *b = &s->bounds[i];
            right = b->sum != sum || !b->is_not || b->low != n;
        }
        if (right) {
            return true;
        }
    }
    return false;
}

static bool search(Search *s, Goal *goals, uint32_t goal_count, uint32_t bound_count);

static bool search_bound(Search *s, const Condition *c, Goal goal, Goal *goals, uint32_t goal_count,
                         uint32_t bound_count) {
    int64_t n = c->each != NULL ? c->each[goal.invocation] : c->all;
    Bound b = {c->sum, INT64_MIN / 4, INT64_MAX / 4, false};
    bool most = c->kind == IS_MOST;
    if (c->kind == IS_EQUAL) {
        b.low = b.high = n;
        b.is_not = !goal.holds;
    } else if (most == goal.holds) {
        b.high = most ? n : n - 1;
    } else {
        b.low = most ? n + 1 : n;
    }
    if (bound_count >= MOST_GOALS) {
        return false;
    }
    s->bounds[bound_count] = b;
    return is_possible(s, bound_count + 1) && search(s, goals, goal_count, bound_count + 1);
}

/* Takes the goals from the end. Their array has room for all that follows from them. */
static bool search(Search *s, Goal *goals, uint32_t goal_count, uint32_t bound_count) {
    if (++s->steps > MOST_STEPS || goal_count + 2 > 2 * MOST_GOALS) {
        return false;
    }
    if (goal_count == 0) {
        return true;
    }
    Goal goal = goals[--goal_count];
    if (goal.condition < FIRST_CONDITION) {
        bool right = goal.condition == (goal.holds ? ALWAYS : NEVER);
        return right && search(s, goals, goal_count, bound_count);
    }
    const Condition *c = &s->v->conditions.items[goal.condition];
    switch (c->kind) {
    case IS_BITS:
        return (c->bits[goal.invocation] != 0) == goal.holds &&
               search(s, goals, goal_count, bound_count);
    case IS_NOT:
        goals[goal_count] = (Goal){c->a, goal.invocation, !goal.holds};
        return search(s, goals, goal_count + 1, bound_count);
    case IS_BOTH:
    case IS_EITHER:
        if ((c->kind == IS_BOTH) == goal.holds) {
            goals[goal_count] = (Goal){c->a, goal.invocation, goal.holds};
            goals[goal_count + 1] = (Goal){c->b, goal.invocation, goal.holds};
            return search(s, goals, goal_count + 2, bound_count);
        }
        for (int i = 0; i < 2; i++) {
            Goal copy[2 * MOST_GOALS];
            memcpy(copy, goals, goal_count * sizeof *goals);
            copy[goal_count] = (Goal){i == 0 ? c->a : c->b, goal.invocation, goal.holds};
            if (search(s, copy, goal_count + 1, bound_count)) {
                return true;
            }
        }
        return false;
    default:
        return search_bound(s, c, goal, goals, goal_count, bound_count);
    }
}

bool can_both_hold(Values *v, uint32_t a, uint32_t p, uint32_t b, uint32_t q) {
    if (a == ALWAYS && b == ALWAYS) {
        return true;
    }
    Search s = {.v = v};
    Goal goals[2 * MOST_GOALS] = {{b, q, true}, {a, p, true}};
    bool found = search(&s, goals, 2, 0);
    v->work += s.steps;
    return found;
}
