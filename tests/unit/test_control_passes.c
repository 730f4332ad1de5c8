/* The passes that change control flow and locals (lower_returns, inline_procs, mem2reg): what they make of small
 * procs to the letter, random procs executed before and after, and input made to hurt.
 */
#include "tests/unit/pass_unit.h"

/* ---- control: shapes ---- */

static void count_ret(IrInst *inst, void *data) {
    unsigned *count = data;
    *count += inst->op == OP_RET;
}

static bool procs_end_once(const IrModule *module) {
    bool good = true;
    for (IrFunction *function = module->functions; function != NULL; function = function->next) {
        unsigned count = 0;
        ir_walk(&function->body, count_ret, &count);
        good &= function->is_kernel || (count == 1 && function->body.last->op == OP_RET);
    }
    return good;
}

#define CALLER                                                                                     \
    "kernel @k(%in: buffer<i32>, %out: buffer<i32>) workgroup(1, 1, 1) {\n"                        \
    "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n%x: i32 = load %in[%i]\n"           \
    "%r: i32 = call @p(%x, %out)\nstore %out[%i], %r\nret\n}\n"
#define PROC "proc @p(%x: i32, %out: buffer<i32>) -> i32 {\n"
#define IS(name, value) "%" name ": bool = eq %x, " value "i32\n"

/* What passes make of a text, without the kernel. */
static const struct {
    const char *passes, *before, *after;
} SHAPES[] = {
    /* what follows moves into the arm that goes on; a lone terminator into both */
    {"lower_returns",
     IS("c", "1") "if %c {\nret 7i32\n} else {\nyield\n}\n" IS(
         "d", "2") "%v: i32 = if %d {\nif %c {\nret 8i32\n} else {\nyield\n}\nyield 1i32\n} else "
                   "{\nyield 2i32\n}\nret %v\n",
     "    %c: bool = eq %x, 1i32\n"
     "    %0: i32 = if %c {\n        yield 7i32\n    } else {\n"
     "        %d: bool = eq %x, 2i32\n"
     "        %1: i32 = if %d {\n"
     "            %2: i32 = if %c {\n                yield 8i32\n            } else {\n"
     "                yield 1i32\n            }\n            yield %2\n"
     "        } else {\n            yield 2i32\n        }\n"
     "        yield %1\n    }\n    ret %0\n"},
    /* a loop that only a `ret` leaves needs no question after it */
    {"lower_returns",
     "loop {\n" IS("c", "1") "if %c {\nret 7i32\n} else {\nyield\n}\ncontinue\n} continuing "
                             "{\nnext\n}\nunreachable\n",
     "    %0: bool, %1: i32 = loop {\n        %c: bool = eq %x, 1i32\n"
     "        if %c {\n            break true, 7i32\n        } else {\n            yield\n        "
     "}\n"
     "        continue\n    } continuing {\n        next\n    }\n    ret %1\n"},
    {"lower_returns",
     "%v: i32 = loop {\n" IS("c", "1") "if %c {\nret 7i32\n} else {\nyield\n}\nbreak 3i32\n} "
                                       "continuing {\nnext\n}\nret %v\n",
     "    %v: i32, %0: bool, %1: i32 = loop {\n        %c: bool = eq %x, 1i32\n"
     "        if %c {\n            break 0i32, true, 7i32\n        } else {\n            yield\n   "
     "     }\n"
     "        break 3i32, false, 0i32\n    } continuing {\n        next\n    }\n"
     "    %2: i32 = if %0 {\n        yield %1\n    } else {\n        yield %v\n    }\n    ret "
     "%2\n"},
    /* only what is stored becomes a result; lanes become values */
    {"mem2reg",
     "%a: var<i32> = var\n%b: var<i32x2> = var\nstore %b[1u32], %x\n" IS(
         "c", "1") "if %c {\nstore %a, 5i32\nyield\n} else {\nyield\n}\n%v: i32 = load %a\n%w: i32 "
                   "= load %b[1u32]\n"
                   "%r: i32 = add %v, %w\nret %r\n",
     "    %b: i32x2 = insert i32x2(0, 0), %x, 1\n    %c: bool = eq %x, 1i32\n"
     "    %a: i32 = if %c {\n        yield 5i32\n    } else {\n        yield 0i32\n    }\n"
     "    %0: i32 = extract %b, 1\n    %r: i32 = add %a, %0\n    ret %r\n"},
    {"mem2reg",
     "%a: var<i32> = var\nloop {\n%t: var<i32> = var\nstore %t, %x\n%v: i32 = load %a\n"
     "%c: bool = ge %v, %x\nif %c {\nbreak\n} else {\nyield\n}\ncontinue\n} continuing {\n"
     "%w: i32 = load %a\n%u: i32 = add %w, 1i32\nstore %a, %u\nnext\n}\n%r: i32 = load %a\nret "
     "%r\n",
     "    %a: i32 = loop (%a.1: i32 = 0i32) {\n        %c: bool = ge %a.1, %x\n        if %c {\n"
     "            break %a.1\n        } else {\n            yield\n        }\n        continue "
     "%a.1\n"
     "    } continuing (%a.2: i32) {\n        %u: i32 = add %a.2, 1i32\n        next %u\n    }\n"
     "    ret %a\n"},
};

static void test_shapes(void) {
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s}\n%s", PROC, SHAPES[i].before, CALLER);
        what = SHAPES[i].passes;
        Unit *unit = open_text(text);
        run_passes(unit, SHAPES[i].passes);
        const char *body = strchr(printed_now(unit), '\n') + 1, *want = SHAPES[i].after;
        CHECK(strncmp(body, want, strlen(want)) == 0, "found:\n%s\nwanted:\n%s", body, want);
        close_unit(unit);
    }
}

/* ---- control: random procs ---- */

typedef struct {
    Text text;
    uint32_t seed;
    unsigned names; /* values so far */
    int budget;     /* statements left */
} Random;

typedef enum { IN_PROC, IN_LOOP, IN_LOOP_OF_VALUE } Around;

static uint32_t pick(Random *r, uint32_t n) {
    r->seed = r->seed * 1664525u + 1013904223u; /* Numerical Recipes */
    return (r->seed >> 8) % n;
}

enum { LOCALS = 4 };

/* Writes the computation of some value; its number. */
static unsigned put_value(Random *r) {
    static const char *const ops[] = {"add", "sub", "mul", "xor", "min"};
    unsigned n = r->names;
    r->names += 2;
    text_printf(&r->text, "%%v%u: i32 = load %%l%u\n", n, pick(r, LOCALS));
    text_printf(&r->text, "%%v%u: i32 = %s %%v%u, %di32\n", n + 1, ops[pick(r, 5)], n,
                (int)pick(r, 9) - 4);
    return n + 1;
}

static void put_region(Random *r, int depth, Around around, const char *end, bool ends_with_value);

static void put_if(Random *r, int depth, Around around) {
    unsigned value = put_value(r), condition = r->names++;
    bool gives = pick(r, 2) == 0;
    text_printf(&r->text, "%%v%u: bool = %s %%v%u, %di32\n", condition,
                pick(r, 2) == 0 ? "lt" : "ne", value, (int)pick(r, 5) - 2);
    unsigned result = r->names++;
    if (gives) {
        text_printf(&r->text, "%%v%u: i32 = ", result);
    }
    text_printf(&r->text, "if %%v%u {\n", condition);
    put_region(r, depth + 1, around, "yield", gives);
    text_add(&r->text, "} else {\n");
    put_region(r, depth + 1, around, "yield", gives);
    text_add(&r->text, "}\n");
    if (gives) {
        text_printf(&r->text, "store %%l%u, %%v%u\n", pick(r, LOCALS), result);
    }
}

static void put_loop(Random *r, int depth) {
    bool gives = pick(r, 2) == 0;
    unsigned first = put_value(r), n = r->names;
    r->names += 8;
    text_printf(&r->text, "%%v%u: var<i32> = var\n", n); /* counts the rounds */
    if (gives) {
        text_printf(&r->text, "%%v%u: i32 = ", n + 1);
    }
    text_printf(&r->text, "loop (%%v%u: i32 = %%v%u) {\n", n + 2, first);
    text_printf(&r->text, "%%v%u: i32 = load %%v%u\n%%v%u: bool = ge %%v%u, %ui32\n", n + 3, n,
                n + 4, n + 3, 1 + pick(r, 3));
    text_printf(&r->text, "if %%v%u {\nbreak%s\n} else {\nyield\n}\n", n + 4, gives ? " 9i32" : "");
    text_printf(&r->text, "store %%l%u, %%v%u\n", pick(r, LOCALS), n + 2);
    put_region(r, depth + 1, gives ? IN_LOOP_OF_VALUE : IN_LOOP, "continue", true);
    text_printf(&r->text, "} continuing (%%v%u: i32) {\n%%v%u: i32 = load %%v%u\n", n + 5, n + 6,
                n);
    text_printf(&r->text, "%%v%u: i32 = add %%v%u, 1i32\nstore %%v%u, %%v%u\nnext %%v%u\n}\n",
                n + 7, n + 6, n, n + 7, n + 5);
    if (gives) {
        text_printf(&r->text, "store %%l%u, %%v%u\n", pick(r, LOCALS), n + 1);
    }
}

/* Statements and a terminator: mostly `end`. */
static void put_region(Random *r, int depth, Around around, const char *end, bool ends_with_value) {
    for (uint32_t n = pick(r, 4); n > 0 && r->budget > 0; n--) {
        r->budget--;
        switch (depth < 6 ? pick(r, 5) : 0) {
        case 0:
        case 1: {
            unsigned value = put_value(r);
            text_printf(&r->text, "store %%l%u, %%v%u\n", pick(r, LOCALS), value);
            break;
        }
        case 2:
            put_loop(r, depth);
            break;
        default:
            put_if(r, depth, around);
        }
    }
    uint32_t choice = pick(r, 12);
    bool with_value = ends_with_value;
    if (choice < 2) {
        end = "ret";
        with_value = true;
    } else if (choice == 2 && around != IN_PROC) {
        end = "break";
        with_value = around == IN_LOOP_OF_VALUE;
    } else if (choice == 3 && around != IN_PROC) {
        end = "continue";
        with_value = true;
    }
    if (with_value) {
        unsigned value = put_value(r);
        text_printf(&r->text, "%s %%v%u\n", end, value);
    } else {
        text_printf(&r->text, "%s\n", end);
    }
}

static const char *random_program(Arena *arena, uint32_t seed) {
    Random r = {.text = {.arena = arena}, .seed = seed * 2654435761u + 1};
    for (unsigned proc = 0; proc < 2; proc++) {
        text_printf(&r.text, "proc @%s(%%x: i32, %%out: buffer<i32>) -> i32 {\n",
                    proc == 0 ? "inner" : "p");
        for (unsigned i = 0; i < LOCALS; i++) {
            text_printf(&r.text, "%%l%u: var<i32> = var\n", i);
        }
        text_add(&r.text, "store %l0, %x\n");
        if (proc > 0) {
            text_add(&r.text, "%y: i32 = add %x, 3i32\n%z: i32 = call @inner(%y, %out)\n"
                              "store %l1, %z\n");
        }
        r.budget = 12;
        put_region(&r, 0, IN_PROC, "ret", true);
        text_add(&r.text, "}\n");
    }
    text_add(&r.text, CALLER);
    return text_get(&r.text);
}

static void test_random(void) {
    static const char *const pipelines[] = {
        "lower_returns",
        "mem2reg",
        "lower_returns inline_procs",
        "mem2reg lower_returns inline_procs lower_bounds",
        "lower_returns inline_procs mem2reg lower_bounds",
        "lower_returns inline_procs mem2reg opt_fold opt_dce lower_bounds opt_fold opt_dce",
    };
    for (uint32_t seed = 0; seed < 200; seed++) {
        Arena arena = {0};
        const char *text = random_program(&arena, seed);
        what = "random";
        for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
            check_same(text, pipelines[i], INT_COUNT, INT_COUNT);
        }
        Unit *unit = open_text(text);
        run_passes(unit, "lower_returns");
        CHECK(procs_end_once(unit->module), "%s", printed_now(unit));
        CHECK(!pass_lower_returns.run(unit->module), "%s", what);
        run_passes(unit, "inline_procs mem2reg");
        CHECK(count_op(unit, "var") == 0 && count_op(unit, "call") == 0, "%s", printed_now(unit));
        CHECK(!pass_mem2reg.run(unit->module) && !pass_inline_procs.run(unit->module), "%s", what);
        close_unit(unit);
        arena_release(&arena);
    }
}

/* ---- input made to hurt ---- */

/* proc @p0 … @p<count - 1>, each with `calls` calls of the one before inside `nesting` ifs, and a kernel. */
static const char *chain(Arena *arena, unsigned count, unsigned calls, unsigned nesting) {
    Text text = {.arena = arena};
    for (unsigned i = 0; i < count; i++) {
        text_printf(&text, "proc @p%u(%%x: i32, %%c: bool) -> i32 {\n%%v: i32 = add %%x, 1i32\n",
                    i);
        text_printf(&text, "%%s: var<i32> = var\nstore %%s, %%v\n");
        for (unsigned n = 0; n < nesting; n++) {
            text_add(&text, "if %c {\n");
        }
        for (unsigned n = 0; n < calls && i > 0; n++) {
            text_printf(&text, "%%r%u: i32 = call @p%u(%%v, %%c)\nstore %%s, %%r%u\n", n, i - 1, n);
        }
        for (unsigned n = 0; n < nesting; n++) {
            text_add(&text, "yield\n} else {\nyield\n}\n");
        }
        text_add(&text, "%z: i32 = load %s\nret %z\n}\n");
    }
    text_printf(&text,
                "kernel @k(%%in: buffer<i32>, %%out: buffer<i32>) workgroup(1, 1, 1) {\n"
                "%%r: i32 = call @p%u(0i32, true)\nstore %%out[0u32], %%r\nret\n}\n",
                count - 1);
    return text_get(&text);
}

static void expect_code(const char *text, const char *passes, const char *code) {
    Unit *unit = open_text(text);
    bool good = run_passes(unit, passes);
    if (code == NULL) {
        CHECK(good, "%s", what);
    } else {
        CHECK(!good && unit->diags.list.count > 0, "%s", what);
        CHECK(strcmp(diag_rows[unit->diags.list.items[0]->id].code, code) == 0, "%s", what);
    }
    close_unit(unit);
}

/* A table: `count` times `if x == n { ret m }`. */
static const char *table(Arena *arena, unsigned count) {
    Text text = {.arena = arena};
    text_add(&text, PROC);
    for (unsigned i = 0; i < count; i++) {
        text_printf(&text, "%%c%u: bool = eq %%x, %ui32\n", i, i);
        text_printf(&text, "if %%c%u {\nret %ui32\n} else {\nyield\n}\n", i, i * 7 % 31);
    }
    text_add(&text, "ret -1i32\n}\n" CALLER);
    return text_get(&text);
}

/* `depth` ifs inside each other; the innermost stores each of `locals` locals. */
static const char *deep_stores(Arena *arena, unsigned depth, unsigned locals) {
    Text text = {.arena = arena};
    text_add(&text, PROC IS("c", "1"));
    for (unsigned i = 0; i < locals; i++) {
        text_printf(&text, "%%l%u: var<i32> = var\n", i);
    }
    for (unsigned i = 0; i < depth; i++) {
        text_add(&text, "if %c {\n");
    }
    for (unsigned i = 0; i < locals; i++) {
        text_printf(&text, "store %%l%u, %%x\n", i);
    }
    for (unsigned i = 0; i < depth; i++) {
        text_add(&text, "yield\n} else {\nyield\n}\n");
    }
    text_add(&text, "%z: i32 = load %l0\nret %z\n}\n" CALLER);
    return text_get(&text);
}

static const char *deep_return(Arena *arena, unsigned depth) {
    Text text = {.arena = arena};
    text_add(&text, PROC IS("c", "1"));
    for (unsigned i = 0; i < depth; i++) {
        text_add(&text, "if %c {\n");
    }
    text_add(&text, "ret %x\n} else {\nyield\n}\n");
    for (unsigned i = 1; i < depth; i++) {
        text_add(&text, "yield\n} else {\nyield\n}\n");
    }
    text_add(&text, "ret 5i32\n}\n" CALLER);
    return text_get(&text);
}

/* ---- procs that stay ---- */

/* A proc of `length` additions that `calls` calls add up, with a buffer more where it is `with_buffer`. */
static const char *called_often(Arena *arena, unsigned length, unsigned calls, bool with_buffer) {
    Text text = {.arena = arena};
    text_printf(&text, "proc @long(%%x: i32%s) -> i32 {\n%%v0: i32 = add %%x, 1i32\n",
                with_buffer ? ", %b: buffer<i32>" : "");
    for (unsigned i = 1; i < length; i++) {
        text_printf(&text, "%%v%u: i32 = mul %%v%u, %%v%u\n", i, i - 1, i / 2);
    }
    text_printf(
        &text,
        "ret %%v%u\n}\nkernel @k(%%a: buffer<i32>, %%out: buffer<i32>) workgroup(1, 1, 1) {\n"
        "%%id: u32x3 = builtin global_id\n%%i: u32 = extract %%id, 0\n%%s0: i32 = load %%a[%%i]\n",
        length - 1);
    for (unsigned i = 0; i < calls; i++) {
        text_printf(&text, "%%s%u: i32 = call @long(%%s%u%s)\n", i + 1, i,
                    with_buffer ? ", %a" : "");
    }
    text_printf(&text, "store %%out[%%i], %%s%u\nret\n}\n", calls);
    return text_get(&text);
}

static void test_staying(void) {
    static const struct {
        unsigned length, calls;
        bool with_buffer;
        unsigned left; /* calls */
    } cases[] = {
        {10, 3000, false, 0}, {450, 20, false, 0},  {450, 100, false, 100},
        {450, 100, true, 0},  {30000, 1, false, 0}, {30000, 2, false, 2},
    };
    Arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        what = arena_printf(&arena, "%u calls of %u", cases[i].calls, cases[i].length);
        const char *text =
            called_often(&arena, cases[i].length, cases[i].calls, cases[i].with_buffer);
        Unit *unit = open_text(text);
        run_passes(unit, "inline_procs");
        CHECK(count_op(unit, "call") == cases[i].left, "%s: %u are left", what,
              count_op(unit, "call"));
        close_unit(unit);
        check_same(text, "inline_procs opt_cse opt_dce", 5, 5);
    }
    arena_release(&arena);
}

static void test_hostile(void) {
    Arena arena = {0};
    what = "doubling";
    expect_code(chain(&arena, 60, 2, 0), "lower_returns inline_procs", "E0602");
    expect_code(chain(&arena, 5000, 3, 0), "lower_returns inline_procs", "E0602");
    check_same(chain(&arena, 12, 2, 1), "lower_returns inline_procs mem2reg", 1, 1);
    what = "depth of calls";
    expect_code(chain(&arena, 5, 1, 250), "lower_returns inline_procs", "E0603");
    expect_code(chain(&arena, 4, 1, 250), "lower_returns inline_procs mem2reg", NULL);
    what = "length of calls";
    expect_code(chain(&arena, 20000, 1, 0), "lower_returns inline_procs mem2reg", NULL);
    what = "many returns";
    check_same(table(&arena, 60), "lower_returns", 28, 28);
    check_same(table(&arena, 70), "lower_returns inline_procs", 28, 28);
    expect_code(table(&arena, 20000), "lower_returns inline_procs mem2reg", NULL);
    what = "deep";
    expect_code(deep_return(&arena, IR_MAX_DEPTH - 1), "lower_returns inline_procs", NULL);
    expect_code(deep_return(&arena, IR_MAX_DEPTH), "lower_returns", "E0603");
    expect_code(deep_stores(&arena, IR_MAX_DEPTH, 1), "lower_returns inline_procs mem2reg", NULL);
    expect_code(deep_stores(&arena, 200, 500), "lower_returns inline_procs mem2reg", NULL);
    arena_release(&arena);
}

int main(void) {
    test_shapes();
    test_random();
    test_staying();
    test_hostile();
    return report_failures();
}
