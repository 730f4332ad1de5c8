/* Random structured programs, full of constants and of values used twice, give the same before and after opt_fold and
 * opt_dce, alone and among the other passes.
 */
#include "tests/unit/pass_unit.h"

/* ---- what programs are made of: i i32, u u32, f f32, b bool, v u32x2 ---- */

static const char TYPES[] = "iufbv";
enum { TYPE_COUNT = sizeof TYPES - 1 };
static const char *const type_names[TYPE_COUNT] = {"i32", "u32", "f32", "bool", "u32x2"};

static const char *const constants[TYPE_COUNT][6] = {
    {"0i32", "1i32", "-1i32", "2147483647i32", "-2147483648i32", "5i32"},
    {"0u32", "1u32", "4294967295u32", "31u32", "32u32", "2147483648u32"},
    {"0f32", "-0f32", "1f32", "bits<f32>(0x7f800000)", "bits<f32>(0x7fc00000)", "-2.5f32"},
    {"true", "false", "true", "false", "true", "false"},
    {"u32x2(0, 0)", "u32x2(1, 1)", "u32x2(0, 1)", "u32x2(4294967295, 4294967295)", "u32x2(3, 7)",
     "u32x2(1, 0)"},
};

/* A letter for what comes out, and the instruction; `$` and a letter stand for an operand, `~` for the one before. */
static const char *const ops[] = {
    "iadd $i, $i",
    "isub $i, $i",
    "imul $i, $i",
    "idiv $i, $i",
    "irem $i, $i",
    "imin $i, $i",
    "imax $i, $i",
    "iand $i, $i",
    "ior $i, $i",
    "ixor $i, $i",
    "ishl $i, $u",
    "ishr $i, $u",
    "ineg $i",
    "iabs $i",
    "inot $i",
    "isub $i, ~",
    "ixor $i, ~",
    "irem $i, ~",
    "iselect $b, $i, $i",
    "iconvert $u",
    "iconvert $f",
    "iconvert $b",
    "ibitcast $u",
    "iload %l0",
    "iload %l1",
    "iload %in[$u]",
    "uadd $u, $u",
    "usub $u, $u",
    "umul $u, $u",
    "udiv $u, $u",
    "urem $u, $u",
    "umin $u, $u",
    "umax $u, $u",
    "uand $u, $u",
    "uor $u, ~",
    "ushl $u, $u",
    "ushr $u, $u",
    "uselect $b, $u, $u",
    "ubitcast $i",
    "uconvert $f",
    "uextract $v, 0",
    "uextract $v, 1",
    "uextract_at $v, $u",
    "uextract_bits $u, $u, $u",
    "upopcount $u",
    "ureverse_bits $u",
    "fadd $f, $f",
    "fsub $f, $f",
    "fmul $f, $f",
    "fdiv $f, $f",
    "fmin $f, $f",
    "fmax $f, $f",
    "fsub $f, ~",
    "fneg $f",
    "fabs $f",
    "ffma $f, $f, $f",
    "fselect $b, $f, $f",
    "fconvert $i",
    "fconvert $u",
    "ffloor $f",
    "beq $i, $i",
    "blt $i, $i",
    "bge $u, $u",
    "ble $u, ~",
    "bgt $f, $f",
    "bne $f, ~",
    "beq $b, $b",
    "bne $b, $b",
    "band $b, $b",
    "bor $b, $b",
    "bxor $b, $b",
    "bnot $b",
    "bisnan $f",
    "bselect $b, $b, $b",
    "vconstruct $u, $u",
    "vswizzle $v, 1, 0",
    "vswizzle $v, 0, 1",
    "vinsert $v, $u, 1",
    "vinsert_at $v, $u, $u",
    "vadd $v, $v",
    "vmul $v, $v",
    "vshr $v, $v",
};

/* ---- writing programs ---- */

enum { MOST_VALUES = 400, DEEPEST = 5 };

typedef struct {
    Text text;
    uint64_t seed;
    unsigned names;
    int budget;
    struct {
        unsigned names[MOST_VALUES], count;
    } scope[TYPE_COUNT]; /* by type, what may be used here */
    char last[32];       /* operand */
    int loop_type;       /* of the loop around: its value's; -1: none */
    unsigned loop_round; /* … the name that counts its rounds */
} Writer;

static unsigned pick(Writer *w, unsigned n) {
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u; /* Knuth, MMIX */
    return (unsigned)(w->seed >> 33) % n;
}

static int type_of(char letter) {
    return (int)(strchr(TYPES, letter) - TYPES);
}

static void put_operand(Writer *w, int type) {
    unsigned count = w->scope[type].count;
    if (count == 0 || pick(w, 3) == 0) {
        snprintf(w->last, sizeof w->last, "%s", constants[type][pick(w, 6)]);
    } else {
        /* mostly what is new, so that ops meet */
        unsigned back = pick(w, 2) == 0 ? pick(w, count) : pick(w, count < 3 ? count : 3);
        snprintf(w->last, sizeof w->last, "%%v%u", w->scope[type].names[count - 1 - back]);
    }
    text_add(&w->text, w->last);
}

static void define(Writer *w, int type, unsigned name) {
    if (w->scope[type].count < MOST_VALUES) {
        w->scope[type].names[w->scope[type].count++] = name;
    }
}

static void put_code(Writer *w, const char *code) {
    for (; *code != '\0'; code++) {
        if (*code == '$') {
            put_operand(w, type_of(*++code));
        } else if (*code == '~') {
            text_add(&w->text, w->last);
        } else {
            text_char(&w->text, *code);
        }
    }
    text_char(&w->text, '\n');
}

static void put_op(Writer *w) {
    const char *op = ops[pick(w, sizeof ops / sizeof *ops)];
    unsigned name = w->names++;
    text_printf(&w->text, "%%v%u: %s = ", name, type_names[type_of(op[0])]);
    put_code(w, op + 1);
    define(w, type_of(op[0]), name);
}

static void put_statements(Writer *w, int depth);

/* Ends the region with `end` and a value of the type, or with a jump of the loop around. */
static void put_end(Writer *w, const char *end, int type) {
    unsigned choice = w->loop_type >= 0 ? pick(w, 10) : 9;
    if (choice == 0) {
        text_add(&w->text, "break ");
        type = w->loop_type;
    } else if (choice == 1) {
        text_printf(&w->text, "continue %%v%u, ", w->loop_round);
        type = w->loop_type;
    } else {
        text_printf(&w->text, "%s ", end);
    }
    put_operand(w, type);
    text_char(&w->text, '\n');
}

static void put_if(Writer *w, int depth) {
    int type = (int)pick(w, TYPE_COUNT);
    unsigned name = w->names++;
    text_printf(&w->text, "%%v%u: %s = if ", name, type_names[type]);
    put_operand(w, type_of('b'));
    for (int arm = 0; arm < 2; arm++) {
        unsigned counts[TYPE_COUNT];
        for (int t = 0; t < TYPE_COUNT; t++) {
            counts[t] = w->scope[t].count;
        }
        text_add(&w->text, arm == 0 ? " {\n" : "} else {\n");
        put_statements(w, depth + 1);
        put_end(w, "yield", type);
        for (int t = 0; t < TYPE_COUNT; t++) {
            w->scope[t].count = counts[t];
        }
    }
    text_add(&w->text, "}\n");
    define(w, type, name);
}

static void put_loop(Writer *w, int depth) {
    int type = (int)pick(w, TYPE_COUNT), outer_type = w->loop_type;
    unsigned n = w->names, outer_round = w->loop_round;
    const char *t = type_names[type];
    w->names += 8;
    static const char *const wishes[] = {"",           "",           ".unroll",
                                         ".unroll(1)", ".unroll(2)", ".unroll(3)"};
    text_printf(&w->text, "%%v%u: %s = loop%s (%%v%u: u32 = 0u32, %%v%u: %s = ", n, t,
                wishes[pick(w, sizeof wishes / sizeof *wishes)], n + 1, n + 2, t);
    put_operand(w, type);
    text_printf(&w->text,
                ") {\n%%v%u: bool = ge %%v%u, %uu32\nif %%v%u {\nbreak %%v%u\n} else {\nyield\n}\n",
                n + 3, n + 1, pick(w, 4), n + 3, n + 2);
    unsigned counts[TYPE_COUNT];
    for (int k = 0; k < TYPE_COUNT; k++) {
        counts[k] = w->scope[k].count;
    }
    define(w, type_of('u'), n + 1);
    define(w, type, n + 2);
    w->loop_type = type;
    w->loop_round = n + 1;
    put_statements(w, depth + 1);
    char end[32];
    snprintf(end, sizeof end, "continue %%v%u,", n + 1);
    put_end(w, pick(w, 6) == 0 ? "break" : end, type);
    w->loop_type = outer_type;
    w->loop_round = outer_round;
    for (int k = 0; k < TYPE_COUNT; k++) {
        w->scope[k].count = counts[k];
    }
    text_printf(&w->text, "} continuing (%%v%u: u32, %%v%u: %s) {\n%%v%u: u32 = add %%v%u, 1u32\n",
                n + 4, n + 5, t, n + 6, n + 4);
    text_printf(&w->text, "next %%v%u, %%v%u\n}\n", n + 6, n + 5);
    define(w, type, n);
}

static void put_statements(Writer *w, int depth) {
    for (unsigned n = 1 + pick(w, 8); n > 0 && w->budget > 0; n--) {
        w->budget--;
        unsigned choice = depth < DEEPEST ? pick(w, 20) : 4;
        if (choice == 0) {
            put_loop(w, depth);
        } else if (choice < 3) {
            put_if(w, depth);
        } else if (choice == 3) {
            static const char *const stores[] = {"store %l0, $i", "store %l1, $i",
                                                 "store %out[$u], $u"};
            put_code(w, stores[pick(w, 3)]);
        } else {
            put_op(w);
        }
    }
}

static const char *random_program(Arena *arena, unsigned seed) {
    Writer w = {.text = {.arena = arena}, .seed = seed, .budget = 60, .loop_type = -1};
    text_add(&w.text, "kernel @k(%in: buffer<i32>, %out: buffer<u32>) workgroup(1, 1, 1) {\n"
                      "%id: u32x3 = builtin global_id\n%v0: u32 = extract %id, 0\n"
                      "%v1: i32 = load %in[%v0]\n%v2: f32 = convert %v1\n%l0: var<i32> = var\n"
                      "%l1: var<i32> = var\n");
    define(&w, type_of('u'), 0);
    define(&w, type_of('i'), 1);
    define(&w, type_of('f'), 2);
    w.names = 3;
    while (w.budget > 0) {
        put_statements(&w, 0);
    }
    /* what came of it: all NaNs are one */
    put_code(&w, "%f: f32 = add $f, $f\n%fu: u32 = bitcast %f\n%nan: bool = isnan %f\n"
                 "%fs: u32 = select %nan, 1u32, %fu\n%i: i32 = add $i, $i\n%iu: u32 = bitcast %i\n"
                 "%b: bool = or $b, $b\n%bu: u32 = convert %b\n%va: u32x2 = add $v, $v\n"
                 "%v: u32 = extract %va, 1\n%s0: u32 = add %fs, %iu\n%s1: u32 = mul %s0, 31u32\n"
                 "%s2: u32 = add %s1, %bu\n%s3: u32 = mul %s2, 31u32\n%s4: u32 = xor %s3, %v\n"
                 "%s: u32 = add %s4, $u\nstore %out[%v0], %s\nret\n}");
    return text_get(&w.text);
}

int main(int argc, char **argv) {
    static const char *const pipelines[] = {
        "opt_fold",
        "opt_dce",
        "opt_fold opt_dce opt_fold opt_dce",
        "mem2reg opt_fold opt_dce opt_fold",
        "opt_cse",
        "opt_unroll opt_fold",
        "mem2reg opt_unroll opt_fold opt_unroll opt_cse opt_dce",
        "opt_dead_stores",
        "opt_if_convert opt_fold",
        "opt_cse opt_control opt_fold opt_dce",
        "opt_fold opt_cse opt_dead_stores opt_if_convert opt_fold opt_dce",
        "mem2reg opt_cse lower_bounds opt_cse opt_control opt_fold opt_dce opt_cse",
        "lower_int_div lower_shift lower_convert lower_bounds opt_cse opt_control opt_fold "
        "opt_if_convert",
        "mem2reg opt_fold lower_int_div lower_shift lower_convert lower_bounds opt_fold opt_dce",
        "lower_bits lower_int_div lower_shift lower_convert lower_bounds mem2reg opt_fold opt_dce",
        "mem2reg opt_cse lower_bounds opt_control llvm opt_fold lower_int_div lower_shift",
    };
    unsigned first = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 150;
    for (unsigned seed = first; seed < first + count && failures == 0; seed++) {
        Arena arena = {0};
        const char *text = random_program(&arena, seed);
        what = arena_printf(&arena, "seed %u", seed);
        for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
            check_same(text, pipelines[i], INT_COUNT, INT_COUNT);
        }
        Unit *unit = open_text(text);
        run_passes(unit, "mem2reg opt_fold opt_dce");
        CHECK(count_op(unit, "var") == 0 && !pass_opt_dce.run(unit->module), "%s", what);
        close_unit(unit);
        if (failures > 0) {
            printf("repeat it with: test_opt_random %u 1\n", seed);
        }
        arena_release(&arena);
    }
    return report_failures();
}
