/* See races_access.h. */
#include "ir/races_access.h"

enum {
    MOST_LIVE = 600,  /* accesses; later ones are not checked */
    MOST_SIZE = 64,   /* words of one that are looked at */
    MOST_TRIES = 300, /* pairs of invocations whose guards are compared, for two accesses */
    MOST_REPORTS = 3, /* of one kernel: more would say the same */
};

/* ---- words of invocations ---- */

static uint32_t bucket_of(const Access *access, uint32_t word) {
    return (word * UINT32_C(2654435761) >> 7) & (access->buckets - 1);
}

/* Entries of the table are invocation * size + word in it + 1. */
static void make_table(Values *v, Access *access) {
    uint32_t entries = v->invocations * access->size;
    access->buckets = 16;
    while (access->buckets < entries) {
        access->buckets *= 2;
    }
    access->heads = NEW_ARRAY(v->arena, uint32_t, access->buckets);
    access->next = NEW_ARRAY(v->arena, uint32_t, entries + 1);
    for (uint32_t entry = entries; entry > 0; entry--) {
        uint32_t invocation = (entry - 1) / access->size, k = (entry - 1) % access->size;
        if (access->on[invocation] != IS_OFF) {
            uint32_t bucket = bucket_of(access, access->word[invocation] + k);
            access->next[entry] = access->heads[bucket];
            access->heads[bucket] = entry;
        }
    }
    v->work += 2 * (uint64_t)entries;
}

/* ---- what people read ---- */

static const char *invocation_text(Accesses *a, uint32_t invocation) {
    const uint32_t *side = a->kernel->workgroup;
    return arena_printf(a->module->arena, "(%u,%u,%u)", invocation % side[0],
                        invocation / side[0] % side[1], invocation / side[0] / side[1]);
}

/* `tile[3].x`: the part that begins at this word and has so many. */
static const char *element_text(Accesses *a, const Access *access, uint32_t word) {
    const IrType *type = access->root->results[0]->type->element;
    Name name = access->root->results[0]->name;
    Text out = {.arena = a->module->arena};
    if (name == NULL || access->sum != NULL) {
        return name == NULL ? "shared memory"
                            : arena_printf(out.arena, "an element of `%s`", name->text);
    }
    text_printf(&out, "`%s", name->text);
    while (ir_part_count(type) > 0 && ir_words(type) > access->size) {
        uint32_t low = 0, high = ir_part_count(type);
        while (high - low > 1) { /* the last part that begins no later */
            uint32_t middle = (low + high) / 2;
            *(ir_part_word(type, middle) <= word ? &low : &high) = middle;
        }
        if (type->kind == IR_TYPE_FORM) {
            text_printf(&out, ".%s", type->fields[low].name->text);
        } else if (type->kind == IR_TYPE_VECTOR) {
            text_printf(&out, ".%c", "xyzw"[low]);
        } else {
            text_printf(&out, "[%u]", low);
        }
        word -= ir_part_word(type, low);
        type = ir_part_type(type, low);
    }
    text_add(&out, "`");
    return text_get(&out);
}

static Span span_of(const Access *access) {
    return (Span){access->inst->pos, access->inst->pos};
}

/* The same, or of the same place in the source: `x[k] += 1` reads and writes. */
static bool is_same_place(const IrInst *a, const IrInst *b) {
    return a == b || (a->pos == b->pos && a->pos != 0);
}

static bool is_allowed(const Accesses *a, const Access *access) {
    uint32_t allowed = a->kernel->allowed | access->inst->region->function->allowed;
    return (allowed >> WARN_RACE & 1) != 0;
}

static void report(Accesses *a, const Access *first, uint32_t p, const Access *second, uint32_t q,
                   uint32_t word) {
    const Access *smaller = first->size < second->size ? first : second;
    VEC_PUSH(a->module->arena, &a->reported, (ReportedPair){first->inst, second->inst});
    if (is_allowed(a, first) || is_allowed(a, second)) {
        return;
    }
    Diag *diag = diag_report(a->module->diags, span_of(first), D(RACE), invocation_text(a, p),
                             invocation_text(a, q), element_text(a, smaller, word));
    if (is_same_place(first->inst, second->inst)) {
        diag_note(diag, (Span){0}, "the other %s at the same place",
                  second->writes ? "writes" : "reads");
    } else {
        diag_note(diag, span_of(second), "the other %s here", second->writes ? "writes" : "reads");
    }
    diag_help(diag, (Span){0},
              "put `barrier()` between, let one invocation write, or use an atomic");
}

/* ---- pairs ---- */

static bool is_reported(const Accesses *a, const Access *x, const Access *y) {
    for (uint32_t i = 0; i < a->reported.count; i++) {
        const ReportedPair *pair = &a->reported.items[i];
        if ((is_same_place(pair->first, x->inst) && is_same_place(pair->second, y->inst)) ||
            (is_same_place(pair->first, y->inst) && is_same_place(pair->second, x->inst))) {
            return true;
        }
    }
    return a->reported.count >= MOST_REPORTS;
}

/* An invocation other than p that touches this word by `other`, both getting there; UINT32_MAX: none is found. If it
 * depends on data whether one of them does, the race is there for some data; of two, data may let one through alone. */
static uint32_t find_other(Accesses *a, const Access *access, uint32_t p, const Access *other,
                           uint32_t word, unsigned *tries) {
    for (uint32_t e = other->heads[bucket_of(other, word)]; e != 0 && *tries > 0;
         e = other->next[e]) {
        uint32_t q = (e - 1) / other->size, k = (e - 1) % other->size;
        bool unsure = access->on[p] == IS_UNSURE && other->on[q] == IS_UNSURE;
        if (q == p || unsure || other->word[q] + k != word) {
            a->v->work++;
            continue;
        }
        --*tries;
        if (can_both_hold(a->v, access->guard, p, other->guard, q)) {
            return q;
        }
    }
    return UINT32_MAX;
}

static void check_pair(Accesses *a, const Access *access, Access *other) {
    unsigned tries = MOST_TRIES;
    if (access->root != other->root || access->sum != other->sum ||
        !(access->writes || other->writes) || is_reported(a, access, other)) {
        return;
    }
    if (other->heads == NULL) {
        make_table(a->v, other);
    }
    a->v->work += a->v->invocations;
    for (uint32_t p = 0; p < a->v->invocations; p++) {
        for (uint32_t k = 0; k < access->size && access->on[p] != IS_OFF; k++) {
            uint32_t word = access->word[p] + k;
            uint32_t q = find_other(a, access, p, other, word, &tries);
            if (q == UINT32_MAX) {
                continue;
            }
            if (other->writes) {
                report(a, other, q, access, p, word);
            } else {
                report(a, access, p, other, q, word);
            }
            return;
        }
    }
}

static bool are_same(const Values *v, const Access *x, const Access *y) {
    return x->inst == y->inst && x->sum == y->sum && x->guard == y->guard &&
           memcmp(x->word, y->word, v->invocations * sizeof *x->word) == 0 &&
           memcmp(x->on, y->on, v->invocations) == 0;
}

void access_add(Accesses *a, const IrInst *inst, const IrInst *root, bool writes, uint32_t size,
                const Scalar *word, const uint8_t *inside, Mask mask) {
    Values *v = a->v;
    if (a->live.count >= MOST_LIVE || a->reported.count >= MOST_REPORTS ||
        mask.guard == UNDECIDED) {
        return;
    }
    uint32_t *words = NEW_ARRAY(v->arena, uint32_t, v->invocations);
    uint8_t *on = NEW_ARRAY(v->arena, uint8_t, v->invocations);
    for (uint32_t i = 0; i < v->invocations; i++) {
        words[i] = number_in(word, i);
        on[i] = inside == NULL || inside[i] != 0 ? mask.lane[i] : IS_OFF;
    }
    v->work += 2 * (uint64_t)v->invocations;
    Access *access = NEW(v->arena, Access);
    *access = (Access){inst,      root,  writes, size < MOST_SIZE ? size : MOST_SIZE,
                       word->sum, words, on,     mask.guard,
                       NULL,      NULL,  0};
    for (uint32_t i = 0; i < a->live.count; i++) {
        if (are_same(v, access, a->live.items[i])) {
            return;
        }
    }
    for (uint32_t i = 0; i < a->live.count; i++) {
        check_pair(a, access, a->live.items[i]);
    }
    if (writes) {
        check_pair(a, access, access);
    }
    VEC_PUSH(v->arena, &a->live, access);
}
