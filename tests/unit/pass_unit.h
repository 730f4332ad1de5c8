/* What the tests of the passes share: passes run by name with the verifier after each, and kernels executed before
 * and after on values at the edges of their types.
 */
#ifndef TESTS_UNIT_PASS_UNIT_H
#define TESTS_UNIT_PASS_UNIT_H

#include <math.h>

#include "ir/eval.h"
#include "ir/interp/interp.h"
#include "ir/pass.h"
#include "tests/unit/ir_unit.h"

static const char *what = ""; /* is being tested */

static Unit *open_text(const char *text) {
    Unit *unit = open_unit(text, strlen(text), false);
    CHECK(unit->module != NULL, "%s: %s\n%s", what, first_error(unit), text);
    if (unit->module == NULL) {
        exit(1);
    }
    return unit;
}

static const char *printed_now(Unit *unit) {
    Text out = {.arena = &unit->arena};
    ir_print(&out, unit->module, NULL);
    return text_get(&out);
}

/* ---- passes ---- */

enum { MOST_PASSES = 8 };

/* Runs the passes named in `names` (spaces between), with the verifier after each. */
static bool run_passes(Unit *unit, const char *names) {
    const IrPass *passes[MOST_PASSES + 1] = {0};
    int count = 0;
    while (*names != '\0') {
        size_t length = strcspn(names, " ");
        const char *name = arena_copy_text(&unit->arena, names, length);
        passes[count] = ir_pass_named(name);
        CHECK(passes[count] != NULL, "no pass %s", name);
        count++;
        names += length + (names[length] == ' ');
    }
    IrPassOptions options = {.verify = true};
    return ir_run_passes(unit->module, passes, &options);
}

static inline unsigned count_op(Unit *unit, const char *op) {
    unsigned count = 0;
    size_t length = strlen(op);
    for (const char *at = printed_now(unit); (at = strstr(at, op)) != NULL; at += length) {
        bool starts = at[-1] == ' ';
        count += starts && (at[length] == ' ' || at[length] == '\n' || at[length] == '(');
    }
    return count;
}

/* ---- running before and after ---- */

static const uint64_t INT_EDGES[] = {
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fffffff,
    0x80000000,
    0xfffffffe,
    0xffffffff,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xfffffffffffffffe,
    0xffffffffffffffff,
};
static const double FLOAT_EDGES[] = {
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    -1.5,
    2.0,
    7.25,
    -7.25,
    126.5,
    127.0,
    128.0,
    -128.5,
    -129.0,
    255.5,
    256.0,
    32767.0,
    32768.0,
    -32769.0,
    65504.0,
    65536.0,
    2147483520.0,
    2147483647.0,
    2147483648.0,
    -2147483648.0,
    -2147483904.0,
    4294967040.0,
    4294967295.0,
    4294967296.0,
    9223372036854774784.0,
    9223372036854775808.0,
    -9223372036854775808.0,
    -9223372036854777856.0,
    18446744073709551616.0,
    1e30,
    -1e30,
    1e-40,
    INFINITY,
    -INFINITY,
    NAN,
};
enum {
    INT_COUNT = sizeof INT_EDGES / sizeof *INT_EDGES,
    FLOAT_COUNT = sizeof FLOAT_EDGES / sizeof *FLOAT_EDGES,
};

/* Lanes and parts each from another place among the edges. */
static void fill_one(unsigned char *at, const IrType *type, uint32_t seed) {
    for (uint32_t i = 0; ir_is_composite(type) && i < type->count; i++) {
        fill_one(at + ir_part_offset(type, i), ir_part_type(type, i), seed + i * 11);
    }
    for (unsigned lane = 0; ir_is_value(type) && lane < type->lanes; lane++) {
        unsigned lane_bytes = ir_bits(type) / 8;
        uint64_t bits =
            ir_is_float(type)
                ? ir_bits_of_number(type->scalar, FLOAT_EDGES[(seed + lane * 5) % FLOAT_COUNT])
                : INT_EDGES[(seed + lane * 5) % INT_COUNT];
        memcpy(at + lane * lane_bytes, &bits, lane_bytes);
    }
}

static void fill(unsigned char *bytes, const IrType *type, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        fill_one(bytes + (size_t)i * ir_stride(type), type, i);
    }
}

enum { MOST_PARAMS = 6 };

static uint32_t subgroup_size; /* of what is run; 0: the interpreter's own */

/* Runs the kernel: buffers named `out…` start at zero with `outs` elements, others hold `ins` edges; a value holds
 * `outs`. Gives all bytes of all buffers. */
static unsigned char *execute(Unit *unit, uint32_t ins, uint32_t outs, uint64_t *size) {
    const IrFunction *kernel = unit->module->functions;
    while (!kernel->is_kernel) {
        kernel = kernel->next;
    }
    InterpArg args[MOST_PARAMS];
    *size = 0;
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *type = kernel->params[i]->type;
        bool out = strncmp(kernel->params[i]->name->text, "out", 3) == 0;
        uint32_t count = out ? outs : ins;
        const IrType *element = type->element != NULL ? type->element : type;
        args[i].size = type->element != NULL ? (uint64_t)count * ir_stride(element) : ir_size(type);
        *size += args[i].size;
    }
    unsigned char *bytes = arena_alloc(&unit->arena, *size + 1, 16), *at = bytes;
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *type = kernel->params[i]->type;
        args[i].bytes = at;
        at += args[i].size;
        if (type->element == NULL) {
            memcpy(args[i].bytes, &outs, args[i].size < 4 ? args[i].size : 4);
        } else if (strncmp(kernel->params[i]->name->text, "out", 3) != 0) {
            fill(args[i].bytes, type->element, ins);
        }
    }
    Text why = {.arena = &unit->arena};
    uint32_t groups[3] = {outs > 0 ? outs : 1, 1, 1};
    InterpOptions options = {.max_steps = 100000000, .subgroup_size = subgroup_size};
    InterpStatus status = ir_interpret(unit->module, kernel, args, groups, &options, &why);
    CHECK(status == INTERP_OK, "%s\n", text_get(&why));
    return bytes;
}

static void count_placeless(IrInst *inst, void *data) {
    unsigned *count = data;
    *count += inst->pos == 0;
}

/* The passes change no result, and what they make has a position. */
static void check_same(const char *text, const char *passes, uint32_t ins, uint32_t outs) {
    Unit *before = open_text(text), *after = open_text(text);
    CHECK(run_passes(after, passes), "%s", what);
    unsigned placeless = 0;
    for (IrFunction *function = after->module->functions; function != NULL;
         function = function->next) {
        ir_walk(&function->body, count_placeless, &placeless);
    }
    CHECK(placeless == 0, "%s: %s made %u instructions without a position", what, passes,
          placeless);
    uint64_t size, size_after;
    unsigned char *want = execute(before, ins, outs, &size);
    unsigned char *got = execute(after, ins, outs, &size_after);
    bool same = size == size_after && memcmp(want, got, size) == 0;
    CHECK(same, "%s differs after %s, %u in, %u out\n%s", text, passes, ins, outs,
          printed_now(after));
    close_unit(before);
    close_unit(after);
}

#endif
