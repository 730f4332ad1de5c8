/* See symbol.h. One hash table from names to their innermost symbol; closing a scope uncovers the outer ones. */
#include "frontend/symbol.h"

#include "ir/base/fatal.h"

static Symbol **slot_of(const Scopes *scopes, Name name) {
    uint32_t at = name->hash & (scopes->capacity - 1);
    while (scopes->slots[at] != NULL && scopes->slots[at]->name != name) {
        at = (at + 1) & (scopes->capacity - 1);
    }
    return &scopes->slots[at];
}

static void grow(Scopes *scopes) {
    Symbol **old = scopes->slots;
    uint32_t old_capacity = scopes->capacity;
    scopes->capacity = old_capacity == 0 ? 64 : old_capacity * 2;
    scopes->slots = NEW_ARRAY(scopes->arena, Symbol *, scopes->capacity);
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i] != NULL) {
            *slot_of(scopes, old[i]->name) = old[i];
        }
    }
}

void scope_open(Scopes *scopes) {
    VEC_PUSH(scopes->arena, &scopes->scopes, NULL);
}

/* A slot never empties: a name without a visible symbol keeps a closed one (depth 0 marks it), so that probing
 * stays right. */
Symbol *scope_close(Scopes *scopes) {
    REQUIRE(scopes->scopes.count > 0);
    Symbol *list = scopes->scopes.items[--scopes->scopes.count];
    for (Symbol *symbol = list; symbol != NULL; symbol = symbol->next_in_scope) {
        Symbol **slot = slot_of(scopes, symbol->name);
        symbol->depth = 0;
        if (symbol->outer != NULL) {
            *slot = symbol->outer;
        }
    }
    return list;
}

void scope_declare(Scopes *scopes, Symbol *symbol) {
    REQUIRE(scopes->scopes.count > 0);
    if (scopes->count * 2 >= scopes->capacity) {
        grow(scopes);
    }
    Symbol **slot = slot_of(scopes, symbol->name);
    scopes->count += *slot == NULL;
    symbol->outer = *slot != NULL && (*slot)->depth > 0 ? *slot : NULL;
    symbol->depth = scopes->scopes.count;
    symbol->next_in_scope = scopes->scopes.items[symbol->depth - 1];
    scopes->scopes.items[symbol->depth - 1] = symbol;
    *slot = symbol;
}

Symbol *scope_find_declared(const Scopes *scopes, Name name) {
    for (; scopes != NULL; scopes = scopes->around) {
        Symbol *symbol = scopes->capacity > 0 ? *slot_of(scopes, name) : NULL;
        if (symbol != NULL && symbol->depth > 0) {
            return symbol;
        }
    }
    return NULL;
}

Symbol *scope_find(const Scopes *scopes, Name name) {
    Symbol *symbol = scope_find_declared(scopes, name);
    if (symbol == NULL || symbol->kind != SYMBOL_IMPORT || symbol->target == NULL) {
        return symbol;
    }
    symbol->used = true;
    return symbol->target;
}

const char *scope_suggest(const Scopes *scopes, const char *name, bool (*fits)(const Symbol *)) {
    size_t length = strlen(name);
    unsigned best = length < 3 ? 1 : length < 6 ? 2 : 3;
    const Symbol *found = NULL;
    for (; scopes != NULL; scopes = scopes->around) {
        for (uint32_t i = 0; i < scopes->capacity; i++) {
            const Symbol *symbol = scopes->slots[i];
            if (symbol == NULL || symbol->depth == 0 ||
                (fits != NULL && !fits(symbol->target != NULL ? symbol->target : symbol))) {
                continue;
            }
            unsigned distance = name_distance(name, symbol->name->text, best);
            bool nearer = distance < best || (distance == best && found == NULL) ||
                          (distance == best && strcmp(symbol->name->text, found->name->text) < 0);
            /* a name of one or two letters is like every other one */
            if (nearer && distance < length && symbol->name->length > distance) {
                best = distance;
                found = symbol;
            }
        }
    }
    return found != NULL ? found->name->text : NULL;
}
