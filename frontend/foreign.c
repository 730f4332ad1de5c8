/* See foreign.h. */
#include "frontend/foreign.h"

#include <stddef.h>
#include <string.h>

typedef enum { FOREIGN_TYPE, FOREIGN_PROC, FOREIGN_VALUE } Kind;

static const struct {
    Kind kind;
    const char *word, *ours;
} rows[] = {
#define TYPE(word, ours) {FOREIGN_TYPE, word, ours},
#define PROC(word, ours) {FOREIGN_PROC, word, ours},
#define VALUE(word, ours) {FOREIGN_VALUE, word, ours},
#include "frontend/foreign.def"
#undef TYPE
#undef PROC
#undef VALUE
};

static const char *find(Kind kind, const char *word) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].kind == kind && strcmp(rows[i].word, word) == 0) {
            return rows[i].ours;
        }
    }
    return NULL;
}

const char *foreign_type(const char *word) {
    return find(FOREIGN_TYPE, word);
}

const char *foreign_proc(const char *word) {
    return find(FOREIGN_PROC, word);
}

const char *foreign_value(const char *word) {
    return find(FOREIGN_VALUE, word);
}
