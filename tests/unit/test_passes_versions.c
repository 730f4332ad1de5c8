/* version_bounds: what gets a version without checks, and that both versions do the same where lengths, numbers of the host
 * and indices are at the edges of what decides between them. */
#include "tests/unit/pass_unit.h"

#include "ir/remarks.h"

/* %a and %out are buffers, %n a number of the host's, %u any number. */
#define HEAD                                                                                       \
    "kernel @k(%a: buffer<i32>, %out: buffer<i32>, %n: u32) workgroup(1, 1, 1) {\n"                \
    "%id: u32x3 = builtin global_id\n%i: u32 = extract %id, 0\n%x: i32 = load %a[%i]\n"            \
    "%u: u32 = bitcast %x\n"
#define LOOP(body, step)                                                                           \
    "%sum: i32, %end: u32 = loop (%k: u32 = 0u32, %s: i32 = %x) {\n"                               \
    "%more: bool = lt %k, %n\nif %more {\nyield\n} else {\nbreak %s, %k\n}\n" body                 \
    "%t: i32 = add %s, %v\ncontinue %k, %t\n} continuing (%k2: u32, %s2: i32) {\n"                 \
    "%k3: u32 = add %k2, " step "u32\nnext %k3, %s2\n}\nstore %out[%i], %sum\n"

/* A loop that carries %at, beginning with %i and changed by `step` each round, as long as `%k` is below %n. */
#define CARRIED(body, step)                                                                        \
    "%sum: i32 = loop (%k: u32 = 0u32, %at: u32 = %i, %s: i32 = %x) {\n"                           \
    "%more: bool = lt %k, %n\nif %more {\nyield\n} else {\nbreak %s\n}\n"                          \
    "%v: i32 = load %a[%at]\n%t: i32 = add %s, %v\n" body                                          \
    "continue %k, %at, %t\n} continuing (%k2: u32, %at2: u32, %s2: i32) {\n"                       \
    "%k3: u32 = add %k2, 1u32\n%at3: u32 = " step                                                  \
    "\nnext %k3, %at3, %s2\n}\nstore %out[%i], %sum\n"

/* `choices`: comparisons that choose between versions; `left`: checks that stay in the one without. Each kernel begins
 * with the load of %x and ends with a store to %out[%i], which are one comparison where what lies between them is short, and
 * two checks that stay where it is long. */
static const struct {
    const char *code;
    uint32_t choices, left;
} kernels[] = {
    {"store %out[%i], %x\n", 1, 0},
    /* neighbours of a number from memory: one comparison for all, once that is loaded */
    {"%p: u32 = add %u, 1u32\n%q: u32 = add %u, 7u32\n%b: i32 = load %a[%p]\n%c: i32 = load "
     "%a[%q]\n"
     "%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    {"%p: u32 = sub %u, 1u32\n%q: u32 = add %u, 4294967289u32\n%b: i32 = load %a[%p]\n%c: i32 = "
     "load %a[%q]\n%e: i32 = load %a[%u]\n%d: i32 = add %b, %c\n%f: i32 = add %d, %e\nstore "
     "%out[%i], %f\n",
     2, 0},
    {"%p: u32 = sub %u, %n\n%q: u32 = add %u, %n\n%b: i32 = load %a[%p]\n%c: i32 = load %a[%q]\n"
     "%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    /* downwards from a number of the host's */
    {"%p: u32 = sub %n, %i\n%q: u32 = sub %p, 1u32\n%b: i32 = load %a[%p]\n%c: i32 = load %a[%q]\n"
     "%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    /* what is below something by what makes it */
    {"%p: u32 = rem %u, %n\n%q: u32 = and %u, 15u32\n%b: i32 = load %a[%p]\n%c: i32 = load %a[%q]\n"
     "%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    {"%p: u32 = min %u, %n\n%w: i32 = bitcast %n\n%y: i32 = max %x, 0i32\n%z: i32 = min %y, %w\n"
     "%q: u32 = bitcast %z\n%b: i32 = load %a[%p]\n%c: i32 = load %a[%q]\n%d: i32 = add %b, %c\n"
     "store %out[%i], %d\n",
     2, 0},
    {"%w: i32 = bitcast %n\n%m: i32x2 = construct %w, 3i32\n%h: i32x2 = construct %x, %x\n"
     "%l: i32x2 = max %h, i32x2(0, 0)\n%y: i32x2 = min %l, %m\n%p0: i32 = extract %y, 0\n"
     "%p1: i32 = extract %y, 1\n%r: i32 = mul %p1, %w\n%q0: i32 = add %r, %p0\n%q: u32 = "
     "bitcast %q0\n%b: i32 = load %a[%q]\n%p: u32 = bitcast %p0\n%c: i32 = load %a[%p]\n"
     "%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    {"%p: u32 = shl %u, 2u32\n%q: u32 = add %p, 3u32\n%b: i32 = load %a[%p]\n%c: i32 = load "
     "%a[%q]\n%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    /* two that have nothing in common: a comparison for one check saves nothing */
    {"%p: u32 = mul %u, %i\n%b: i32 = load %a[%p]\nstore %out[%i], %b\n", 1, 1},
    /* rows of one buffer: compared at once, beside %i, which has to be below both lengths */
    {"%j: u32 = extract %id, 1\n%p: u32 = mul %i, %n\n%q: u32 = mul %j, %n\n%b: i32 = load %a[%p]\n"
     "%c: i32 = load %a[%q]\n%d: i32 = add %b, %c\nstore %out[%i], %d\n",
     2, 0},
    /* constants: the larger one, of each buffer; and one buffer's length of a choice of two */
    {"%b: i32 = load %a[0u32]\n%c: i32 = load %a[5u32]\nstore %out[1u32], %b\nstore %out[3u32], "
     "%c\n"
     "store %out[%i], %x\n",
     2, 0},
    /* what a loop carries: beginning with %i, up to (n - 1) n more */
    {CARRIED("", "add %at2, %n"), 1, 0},
    {CARRIED("", "add %at2, 3u32"), 1, 0},
    /* but not what goes down, is set, or changes when only some rounds do so */
    {CARRIED("", "sub %at2, %n"), 0, 3},
    {CARRIED("", "add %at2, 4294967295u32"), 0, 3},
    {CARRIED("", "xor %at2, %k2"), 0, 3},
    {CARRIED(
         "%c: bool = gt %v, 3i32\nif %c {\n%e: u32 = add %at, 5u32\ncontinue %k, %e, %t\n} else "
         "{\nyield\n}\n",
         "add %at2, 1u32"),
     0, 3},
    /* loops */
    {LOOP("%v: i32 = load %a[%k]\n", "1"), 2, 0},
    {LOOP("%j: u32 = add %u, %k\n%v: i32 = load %a[%j]\n", "1"), 1, 2},
    {LOOP("%j: u32 = sub %u, %k\n%v: i32 = load %a[%j]\n", "1"), 1, 2},
    {LOOP("%j: u32 = mul %k, %n\n%l: u32 = add %j, %i\n%v: i32 = load %a[%l]\n", "1"), 1, 0},
    {LOOP("%j: u32 = mul %k, 3u32\n%l: u32 = add %j, %u\n%v: i32 = load %a[%l]\n", "1"), 1, 2},
    {LOOP("%j: u32 = add %k, 3u32\n%v: i32 = load %a[%j]\n", "4"), 2, 0},
    {LOOP("%j: u32 = mul %k, 1431655u32\n%v: i32 = load %a[%j]\n", "1"), 2, 0},
    {LOOP("%j: u32 = mul %k, 1431655766u32\n%v: i32 = load %a[%j]\n", "1"), 2, 0},
    /* a loop that would keep a check is left alone, with what stands before and behind it */
    {LOOP("%f: i32 = load %a[%k]\n%j: u32 = bitcast %f\n%v: i32 = load %a[%j]\n", "1"), 0, 4},
    /* a value of the code is used behind it, and a store in a loop needs its check like a load */
    {LOOP("%j: u32 = add %end0, %k\n%v: i32 = load %out[%j]\nstore %out[%j], %x\n", "1"), 2, 0},
};

typedef struct {
    uint32_t choices, left;
} Counts;

static void count_checks(const IrRegion *region, Counts *counts) {
    for (const IrInst *inst = region->first; inst != NULL; inst = inst->next) {
        bool versions = (inst->flags & IR_VERSIONS) != 0;
        *(versions ? &counts->choices : &counts->left) += ir_checks_of(inst);
        for (uint32_t i = 0; i < (versions ? 1 : inst->region_count); i++) {
            count_checks(&inst->regions[i], counts);
        }
    }
}

static const char PASSES[] = "lower_bounds opt_cse opt_control version_bounds opt_fold opt_dce";

static const char *kernel_text(Arena *arena, const char *code) {
    const char *own = strstr(code, "%end0") != NULL ? "%end0: u32 = and %u, 3u32\n" : "";
    return arena_printf(arena, "%s%s%sret\n}\n", HEAD, own, code);
}

static void test_versions(void) {
    Arena arena = {0};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        what = kernel_text(&arena, kernels[i].code);
        Unit *unit = open_text(what);
        CHECK(run_passes(unit, PASSES), "%s", what);
        Counts counts = {0};
        count_checks(&unit->module->functions->body, &counts);
        CHECK(counts.choices == kernels[i].choices && counts.left == kernels[i].left,
              "%s%u comparisons, %u checks left, wanted %u and %u\n%s", what, counts.choices,
              counts.left, kernels[i].choices, kernels[i].left, printed_now(unit));
        close_unit(unit);
        for (uint32_t ins = 15; ins <= INT_COUNT; ins++) {
            check_same(what, PASSES, ins, ins % 7 * 3 + 7);
        }
        check_same(what, PASSES, 0, 3);
        check_same(what, PASSES, 1, 2);
    }
    arena_release(&arena);
}

/* LLVM makes `len == 0` of `0 < len` and turns the branch around. What is known of a check holds for the arms as they were. */
static void test_behind_llvm(void) {
    static const char passes[] =
        "lower_bounds opt_cse opt_control llvm version_bounds opt_fold opt_dce";
    what = "kernel @k(%a: buffer<i32>, %out: buffer<i32>) workgroup(1, 1, 1) {\n"
           "%x: i32 = load %a[0u32]\n%y: i32 = load %a[1u32]\n%z: i32 = sub %y, %x\n"
           "store %out[0u32], %z\nstore %out[1u32], %x\nret\n}\n";
    Unit *unit = open_text(what);
    CHECK(run_passes(unit, passes), "%s", what);
    Counts counts = {0};
    count_checks(&unit->module->functions->body, &counts);
    CHECK(counts.choices == 1 && counts.left == 0, "%s", printed_now(unit));
    close_unit(unit);
    for (uint32_t ins = 0; ins <= 3; ins++) {
        for (uint32_t outs = 0; outs <= 3; outs++) {
            check_same(what, passes, ins, outs);
        }
    }
}

int main(void) {
    test_versions();
    test_behind_llvm();
    return report_failures();
}
