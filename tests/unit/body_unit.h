/* What tests of single passes share: the body of a kernel, passes, and what they must leave of it, to the letter. Each is
 * also executed before and after.
 */
#ifndef TESTS_UNIT_BODY_UNIT_H
#define TESTS_UNIT_BODY_UNIT_H

#include "tests/unit/pass_unit.h"

#define INDEX "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"
#define KERNEL "kernel @k(%a: buffer<i32>, %out: buffer<i32>) workgroup(1, 1, 1) {\n" INDEX
#define X "%x: i32 = load %a[%i]\n%c: bool = lt %x, 3i32\n"

typedef struct {
    const char *passes, *code,
        *want; /* want: the body up to the `ret` at its end; NULL: no change */
} BodyCase;

/* The body without indentation and the index. */
static const char *body_lines(Arena *arena, const char *printed) {
    Text text = {.arena = arena};
    for (const char *line = strchr(printed, '\n') + 1; *line != '\0';) {
        line += strspn(line, " ");
        size_t length = strcspn(line, "\n") + 1;
        bool index = strncmp(line, "%id: ", 5) == 0 || strncmp(line, "%i: ", 4) == 0;
        text_bytes(&text, line, index ? 0 : length);
        line += length;
    }
    return text_get(&text);
}

static void check_bodies(const BodyCase *cases, size_t count) {
    Arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const BodyCase *c = &cases[i];
        what = c->code;
        const char *text = arena_printf(&arena, "%s%sret\n}\n", KERNEL, c->code);
        const char *want = arena_printf(&arena, "%sret\n}\n", c->want != NULL ? c->want : c->code);
        Unit *unit = open_text(text);
        run_passes(unit, c->passes);
        const char *body = body_lines(&arena, printed_now(unit));
        CHECK(strcmp(body, want) == 0, "%sgives\n%swanted\n%s", c->code, body, want);
        close_unit(unit);
        check_same(text, c->passes, INT_COUNT, INT_COUNT);
    }
    arena_release(&arena);
}

#endif
