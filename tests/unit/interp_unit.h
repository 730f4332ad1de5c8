/* What the tests of the interpreter share: a kernel as text, run with arguments. */
#ifndef TESTS_UNIT_INTERP_UNIT_H
#define TESTS_UNIT_INTERP_UNIT_H

#include "ir/interp/interp.h"
#include "tests/unit/ir_unit.h"

static char why_text[1024]; /* of the last run */

static inline InterpStatus run_with(const char *text, const InterpArg *args, uint32_t x, uint32_t y,
                                    uint32_t z, InterpOptions options) {
    Unit *unit = open_unit(text, strlen(text), true);
    CHECK(unit->module != NULL, "%s\n%s", first_error(unit), text);
    if (unit->module == NULL) {
        exit(1);
    }
    const IrFunction *kernel = unit->module->functions;
    while (!kernel->is_kernel && kernel->next != NULL) {
        kernel = kernel->next;
    }
    Text why = {.arena = &unit->arena};
    uint32_t groups[3] = {x, y, z};
    InterpStatus status = ir_interpret(unit->module, kernel, args, groups, &options, &why);
    CHECK((status == INTERP_OK) == (why.length == 0), "status %d, \"%s\"", status, text_get(&why));
    snprintf(why_text, sizeof why_text, "%s", text_get(&why));
    close_unit(unit);
    return status;
}

static inline void run(const char *text, const InterpArg *args, uint32_t groups) {
    InterpStatus status = run_with(text, args, groups, 1, 1, (InterpOptions){0});
    CHECK(status == INTERP_OK, "%s", why_text);
}

static inline void expect(const uint32_t *got, const uint32_t *want, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        CHECK(got[i] == want[i], "[%u] is %u, not %u", i, got[i], want[i]);
    }
}
#define EXPECT(got, ...)                                                                           \
    expect((got), (uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4)
#define BYTES(array) {(array), sizeof(array)}

#define INDEX "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n"

#endif
