/* The driver's parts without a process: options, numbers, values, .npy files, dependency files, output files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/depfile.h"
#include "driver/file.h"
#include "driver/layout.h"
#include "driver/npy.h"
#include "driver/options.h"
#include "driver/run_kernel.h"
#include "driver/scalars.h"
#include "driver/targets.h"
#include "driver/values.h"
#include "ir/base/fatal.h"

static int failures;
static Arena arena;

static bool check(bool fine, int line, const char *what, const char *more) {
    if (!fine) {
        failures++;
        printf("%s:%d: %s: %s\n", __FILE__, line, what, more);
    }
    return fine;
}
#define CHECK(condition) check((condition), __LINE__, #condition, "")
#define CHECK_TEXT(got, want) check_text((got), (want), __LINE__)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void check_text(const char *got, const char *want, int line) {
    check(strcmp(got, want) == 0, line, want, got);
}

/* ---- options ---- */

enum { MAX_WORDS = 16 };

/* Parses words apart by spaces. */
static Status parse(Options *options, const char *line, Text *error) {
    static char *argv[MAX_WORDS];
    int argc = 0;
    char *words = arena_printf(&arena, "vittec-gpu %s", line), *rest;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = word;
    }
    *error = (Text){.arena = &arena};
    return options_parse(options, &arena, argc, argv, error);
}

static void test_options(void) {
    Options o;
    Text error;
    CHECK(parse(&o, "a.vt -o a.spv -O3 -g -DN=4 -D M=-1 --bounds=trust", &error) == STATUS_FINE);
    CHECK(o.command == COMMAND_COMPILE && o.operands.count == 1);
    CHECK_TEXT(o.operands.items[0], "a.vt");
    CHECK_TEXT(o.output, "a.spv");
    CHECK(o.session.level == 3 && o.session.debug && o.session.bounds == BOUNDS_TRUST);
    const FrontendDefine *define = o.session.frontend.defines;
    CHECK(strcmp(define->name, "N") == 0 && strcmp(define->value, "4") == 0);
    CHECK(strcmp(define->next->name, "M") == 0 && strcmp(define->next->value, "-1") == 0);

    CHECK(parse(&o, "compile -o - --target vulkan1.2 -Os -- -odd.vt", &error) == STATUS_FINE);
    CHECK(o.session.level == 4 && strcmp(o.target, "vulkan1.2") == 0);
    CHECK_TEXT(o.operands.items[0], "-odd.vt");
    CHECK_TEXT(o.output, "-");

    CHECK(parse(&o, "a.vt -MD -MF x.d -MT one -MT two --entry k", &error) == STATUS_FINE);
    CHECK(o.depend && strcmp(o.depend_file, "x.d") == 0 && o.depend_targets.count == 2);
    CHECK(o.session.frontend.entry_count == 1);
    CHECK(o.session.level == 2 && o.emit == EMIT_NONE);

    CHECK(parse(&o, "check a.vt -W float-equality -Wno-unused_variable -Werror=race", &error) ==
          STATUS_FINE);
    CHECK(o.session.warnings[WARN_FLOAT_EQUALITY].state == WARNING_ON);
    CHECK(o.session.warnings[WARN_UNUSED_VARIABLE].state == WARNING_OFF);
    CHECK(o.session.warnings[WARN_RACE].is_error && !o.session.warnings[WARN_PRECEDENCE].is_error);
    CHECK(parse(&o, "a.vt -Werror", &error) == STATUS_FINE);
    CHECK(o.session.warnings[WARN_PRECEDENCE].is_error);

    CHECK(parse(&o, "run a.vt a=1,2 x=-1 --grid 4,2 --out a=a.npy --print=a:3", &error) ==
          STATUS_FINE);
    CHECK(o.command == COMMAND_RUN && o.operands.count == 3 && o.outs.count == 1);

    CHECK(parse(&o, "run --help", &error) == STATUS_FINE);
    CHECK_TEXT(o.action, "--help");
    Text help = {.arena = &arena};
    options_help(&help, &o);
    CHECK(strstr(text_get(&help), "--grid=X[,Y[,Z]]") != NULL);
    CHECK(strstr(text_get(&help), "-MD") == NULL);
}

static void test_wrong_options(void) {
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"a.vt --diagnostic=json",
         "there is no option `--diagnostic`; did you mean `--diagnostics`?"},
        {"a.vt --zzzzzzzz", "there is no option `--zzzzzzzz` (--help lists them)"},
        {"a.vt -o", "`-o` needs a value: OUT"},
        {"a.vt -g=1", "`-g` takes no value"},
        {"a.vt --grid 4", "`--grid` is no option of `compile`; it is one of `run`"},
        {"a.vt -O7", "`-O` is one of 0|1|2|3|s, not `7`"},
        {"a.vt --bounds=no", "`--bounds` is one of check|trust, not `no`"},
        {"a.vt --max-errors=-3", "`--max-errors` needs a number, not `-3`"},
        {"a.vt --max-errors=99999999999", "`--max-errors` needs a number, not `99999999999`"},
        {"a.vt -DN", "`-D` needs NAME=VALUE, not `N`"},
        {"a.vt -Wno-rase", "there is no warning `rase`; did you mean `race`?"},
        {"a.vt --dump-after=mem2ref",
         "there is no pass `mem2ref` (--print-passes lists them); did you mean `mem2reg`?"},
        {"a.vt --passes=mem2reg,frontend",
         "there is no pass `frontend` (--print-passes lists them)"},
        {"a.vt -I", "`-I` needs a value: DIR"},
        {"fmt --check", "the option `--check` is not built yet"},
        {"chek a.vt", "there is no subcommand `chek`; did you mean `check`?"},
        {"-g check a.vt", "the subcommand `check` comes first"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Options o;
        Text error;
        CHECK(parse(&o, cases[i].line, &error) == STATUS_USAGE);
        CHECK_TEXT(text_get(&error), cases[i].error);
    }
}

static void test_targets(void) {
    CHECK_TEXT(target_named("vulkan")->name, "vulkan1.1");
    CHECK_TEXT(target_of_ending("x/y.metal")->name, "msl2.4");
    CHECK(target_named("") == NULL && target_named("vulkan9") == NULL);
    CHECK(target_of_ending("a.vt") == NULL && target_of_ending("a") == NULL);
    CHECK_TEXT(path_ending("a.b/c"), "");
    CHECK_TEXT(path_ending("a/.spv"), "");
    CHECK_TEXT(path_ending("a.b.spv"), ".spv");
}

/* ---- numbers ---- */

static void test_scalars(void) {
    static const struct {
        IrScalar scalar;
        const char *text, *printed; /* NULL: it is none */
    } cases[] = {
        {IR_U32, "0", "0"},
        {IR_U32, "4294967295", "4294967295"},
        {IR_U32, "4294967296", NULL},
        {IR_U32, "99999999999999999999999", NULL},
        {IR_U32, "0xffff_ffff", "4294967295"},
        {IR_U32, "-1", NULL},
        {IR_U32, "1.0", NULL},
        {IR_U32, "", NULL},
        {IR_U32, "0x", NULL},
        {IR_U32, "1_", NULL},
        {IR_U32, "12a", NULL},
        {IR_I32, "-2147483648", "-2147483648"},
        {IR_I32, "-2147483649", NULL},
        {IR_I32, "2147483648", NULL},
        {IR_I32, "+7", "7"},
        {IR_I32, "-", NULL},
        {IR_I32, "--1", NULL},
        {IR_I8, "-128", "-128"},
        {IR_I8, "128", NULL},
        {IR_U64, "18446744073709551615", "18446744073709551615"},
        {IR_I64, "-9223372036854775808", "-9223372036854775808"},
        {IR_F32, "1", "1"},
        {IR_F32, "0.1", "0.1"},
        {IR_F32, "-0", "-0"},
        {IR_F32, "16777217", "16777216"},
        {IR_F32, "1e-50", "0"},
        {IR_F32, "1e50", NULL},
        {IR_F32, "inf", "inf"},
        {IR_F32, "-INF", "-inf"},
        {IR_F32, "nan", "nan"},
        {IR_F32, "nan(1)", NULL},
        {IR_F32, "infinity", NULL},
        {IR_F32, "1.5f", NULL},
        {IR_F32, "e5", NULL},
        {IR_F32, " 1", NULL},
        {IR_F32, "3.4028235e38", "3.4028235e+38"},
        {IR_F32, "1000", "1000"},
        {IR_F32, "-12.5", "-12.5"},
        {IR_F32, "0.00012", "0.00012"},
        {IR_F32, "0.000012", "1.2e-05"},
        {IR_F32, "1e15", "1000000000000000"},
        {IR_F32, "2e16", "2e+16"},
        {IR_F64, "0.1", "0.1"},
        {IR_F64, "0.30000000000000004", "0.30000000000000004"},
        {IR_F16, "0.1", "0.1"},
        {IR_F16, "65504", "65500"},
        {IR_F16, "70000", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t bits;
        bool fine = scalar_parse(cases[i].scalar, cases[i].text, strlen(cases[i].text), &bits);
        if (CHECK(fine == (cases[i].printed != NULL)) && fine) {
            Text text = {.arena = &arena};
            scalar_print(&text, cases[i].scalar, bits);
            CHECK_TEXT(text_get(&text), cases[i].printed);
        }
    }
}

/* ---- values ---- */

static char folder[] = "/tmp/vittec-driver-XXXXXX";

static const char *in_folder(const char *name) {
    return arena_printf(&arena, "%s/%s", folder, name);
}

static ReflectParam param_of(const IrType *type, bool is_buffer) {
    static Names names;
    names.arena = &arena;
    return (ReflectParam){
        .name = name_of(&names, "p"),
        .is_buffer = is_buffer,
        .type = type,
        .size = is_buffer ? ir_stride(type) : ir_size(type),
    };
}

/* What a value looks like when it is printed, or the error. */
static const char *made(const IrType *type, bool is_buffer, const char *text) {
    ReflectParam param = param_of(type, is_buffer);
    Value value;
    bool is_file;
    Text out = {.arena = &arena};
    if (value_make(&value, &param, 3, text, &out, &is_file)) {
        value_print(&out, &param, &value, 100);
        CHECK(value.size == value.count * param.size);
        value_free(&value);
    }
    return text_get(&out);
}

static void test_values(void) {
    const IrType *u32 = ir_scalar(IR_U32), *f32 = ir_scalar(IR_F32);
    const IrType *f32x3 = ir_vector(IR_F32, 3), *i32x2 = ir_vector(IR_I32, 2);
    const struct {
        const IrType *type;
        bool is_buffer;
        const char *text, *want;
    } cases[] = {
        {u32, true, "1, 2,3", "p[0..3] = 1 2 3\n"},
        {u32, true, "zeros:0", "p[0..0] =\n"},
        {u32, true, "zeros:2", "p[0..2] = 0 0\n"},
        {f32, true, "iota:4", "p[0..4] = 0 1 2 3\n"},
        {f32x3, true, "iota:2", "p[0..2] = (0, 1, 2) (3, 4, 5)\n"},
        {f32x3, true, "1,2,3,4,5,6", "p[0..2] = (1, 2, 3) (4, 5, 6)\n"},
        {f32x3, true, "1,2,3,4",
         "`p`, Buffer<f32x3>: expected 3 numbers for each element, found 4"},
        {i32x2, true, "fill:2:-1", "p[0..2] = (-1, -1) (-1, -1)\n"},
        {i32x2, true, "fill:2:0x10,7", "p[0..2] = (16, 7) (16, 7)\n"},
        {i32x2, true, "fill:2:1,2,3", "`p`, Buffer<i32x2>: `fill` takes 1 or 2 numbers, found 3"},
        {u32, true, "fill:2", "`p`, Buffer<u32>: expected fill:N:V, found `fill:2`"},
        {u32, true, "iota:2:3", "`p`, Buffer<u32>: expected iota:N, found `iota:2:3`"},
        {u32, true, "fill:0:x",
         "`p`, Buffer<u32>: expected a whole number from 0 to 4294967295, found `x`"},
        {u32, true, "zeros:x",
         "`p`, Buffer<u32>: expected a count of elements, at most 4294967295, found `x`"},
        {u32, true, "zero:4",
         "`p`, Buffer<u32>: there is no `zero:`; there are zeros:N, iota:N, fill:N:V and "
         "random:N[:SEED]"},
        {u32, true, "1,,2",
         "`p`, Buffer<u32>: expected a whole number from 0 to 4294967295, found ``"},
        {f32, true, "1,x", "`p`, Buffer<f32>: expected a number that f32 holds, found `x`"},
        {u32, false, "7", "p[0..1] = 7\n"},
        {u32, false, "7,8", "`p`, u32: expected 1 number, found 2"},
        {u32, false, "zeros:1", "`p`, u32: `zeros:N` makes a buffer; this takes 1 number"},
        {f32x3, false, "1,2,3", "p[0..1] = (1, 2, 3)\n"},
        {u32, true, "@a.txt",
         "`p`, Buffer<u32>: expected a file NAME.bin or NAME.npy, found `a.txt`"},
        /* the reference: SplitMix64 from state 0, its highest bits */
        {u32, true, "random:3:0", "p[0..3] = 3793791033 1853398634 113532184\n"},
        {f32, true, "random:0", "p[0..0] =\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_TEXT(made(cases[i].type, cases[i].is_buffer, cases[i].text), cases[i].want);
    }
    CHECK_TEXT(made(u32, true, "random:8"), made(u32, true, "random:8:3"));
    CHECK(strcmp(made(f32, true, "random:8"), made(f32, true, "random:8:4")) != 0);
    uint64_t state = 0; /* the first number of the reference code, seed 0 */
    CHECK(splitmix64(&state) == 0xe220a8397b1dcdafu);
}

static void test_bin(void) {
    const char *path = in_folder("three.bin");
    CHECK(file_write(path, "\1\0\0\0\2\0\0\0\3\0\0\0", 12));
    const char *at = arena_printf(&arena, "@%s", path);
    CHECK_TEXT(made(ir_scalar(IR_U32), true, at), "p[0..3] = 1 2 3\n");
    CHECK(strstr(made(ir_vector(IR_U32, 3), true, at), "12 bytes; expected a multiple of 16") !=
          NULL);
    CHECK(strstr(made(ir_scalar(IR_U32), false, at), "12 bytes; expected 4") != NULL);
    CHECK_TEXT(made(ir_vector(IR_U32, 3), false, at), "p[0..1] = (1, 2, 3)\n");
    CHECK(strstr(made(ir_scalar(IR_U32), true, "@/none/x.bin"), "cannot read `/none/x.bin`") !=
          NULL);
}

/* ---- .npy ---- */

static void test_npy(void) {
    static const struct {
        IrScalar scalar;
        unsigned lanes;
        const char *text;
    } cases[] = {
        {IR_F32, 1, "1.5,-2,inf"}, {IR_U32, 2, "1,2,3,4"}, {IR_F32, 3, "1,2,3,4,5,6"},
        {IR_I32, 4, "-1,2,-3,4"},  {IR_I32, 1, "zeros:0"},
    };
    const char *path = in_folder("value.npy");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const IrType *type = ir_vector(cases[i].scalar, cases[i].lanes);
        ReflectParam param = param_of(type, true);
        Value value;
        bool is_file;
        Text error = {.arena = &arena};
        CHECK(value_make(&value, &param, 0, cases[i].text, &error, &is_file));
        size_t size;
        char *bytes = value_to_npy(&param, &value, &size);
        CHECK(file_write(path, bytes, size));
        CHECK_TEXT(made(type, true, arena_printf(&arena, "@%s", path)),
                   made(type, true, cases[i].text));
        CHECK(made(ir_vector(IR_F64, cases[i].lanes), true, arena_printf(&arena, "@%s", path))[0] ==
              '`');
        Npy npy;
        for (size_t cut = 0; cut < size; cut++) { /* every shorter file is refused */
            CHECK(!npy_read(&npy, bytes, cut, &error));
        }
        free(bytes);
        value_free(&value);
    }
}

/* Forms, arrays and matrices: by file, zeros and random; printed nested; .npy and back. */
static void test_composites(void) {
    Names names = {.arena = &arena};
    Diags diags;
    SourceMap sources = {.arena = &arena};
    diags_init(&diags, &arena, &sources);
    IrModule *module = ir_module_new(&arena, &names, &diags);
    const IrType *f32x3 = ir_vector(IR_F32, 3), *u8 = ir_scalar(IR_U8);
    const IrType *vectors = ir_array_type(module, f32x3, 2),
                 *matrix = ir_matrix_type(module, IR_F32, 2, 3);
    const IrType *body =
        ir_form_type(module, name_of(&names, "Body"), NULL, 2,
                     (IrField[]){{name_of(&names, "pos"), f32x3, 0, NULL},
                                 {name_of(&names, "mass"), ir_scalar(IR_F32), 0, NULL}});
    const IrType *mix =
        ir_form_type(module, name_of(&names, "Mix"), NULL, 4,
                     (IrField[]){{name_of(&names, "t"), u8, 0, NULL},
                                 {name_of(&names, "b"), ir_array_type(module, body, 2), 0, NULL},
                                 {name_of(&names, "v"), vectors, 0, NULL},
                                 {name_of(&names, "h"), ir_vector(IR_F16, 2), 0, NULL}});
    CHECK_TEXT(made(mix, true, "zeros:1"),
               "p[0..1] = {t: 0, b: [{pos: (0, 0, 0), mass: 0}, {pos: (0, 0, 0), mass: 0}], "
               "v: [(0, 0, 0), (0, 0, 0)], h: (0, 0)}\n");
    CHECK_TEXT(made(matrix, true, "zeros:2"),
               "p[0..2] = [(0, 0, 0), (0, 0, 0)] [(0, 0, 0), (0, 0, 0)]\n");
    CHECK_TEXT(made(body, true, "1,2"),
               "`p`, Buffer<Body>: expected a file, @FILE.bin or @FILE.npy, zeros:N or random:N");
    CHECK_TEXT(made(vectors, true, "iota:4"),
               "`p`, Buffer<[f32x3; 2]>: expected a file, @FILE.bin or "
               "@FILE.npy, zeros:N or random:N");
    CHECK_TEXT(made(matrix, false, "zeros:1"),
               "`p`, f32x2x3: expected a file, @FILE.bin or @FILE.npy");

    const struct {
        const IrType *type;
        const char *descr, *shape;
    } cases[] = {
        {vectors, "'descr': '<f4',", "(3, 2, 3)"},
        {matrix, "'descr': '<f4',", "(3, 2, 3)"},
        {ir_array_type(module, u8, 5), "'descr': '|u1',", "(3, 5)"},
        {body, "'descr': [('pos', '<f4', (3,)), ('mass', '<f4')],", "(3,)"},
        {ir_array_type(module, body, 2), "'descr': [('pos', '<f4', (3,)), ('mass', '<f4')],",
         "(3, 2)"},
        {mix,
         "'descr': [('t', '|u1'), ('', '|V15'), ('b', [('pos', '<f4', (3,)), ('mass', '<f4')], "
         "(2,)), ('v', '<f4', (2, 4)), ('h', '<f2', (2,)), ('', '|V12')],",
         "(3,)"},
    };
    const char *path = in_folder("value.npy");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ReflectParam param = param_of(cases[i].type, true);
        Value value;
        bool is_file;
        Text error = {.arena = &arena};
        CHECK(value_make(&value, &param, 0, "random:3:7", &error, &is_file));
        size_t size;
        char *bytes = value_to_npy(&param, &value, &size);
        const char *header = arena_copy_text(&arena, bytes + 10, 300 < size - 10 ? 300 : size - 10);
        check(strstr(header, cases[i].descr) != NULL, __LINE__, cases[i].descr, header);
        CHECK(strstr(header, cases[i].shape) != NULL && value_fits_npy(cases[i].type));
        CHECK(file_write(path, bytes, size));
        CHECK_TEXT(made(cases[i].type, true, arena_printf(&arena, "@%s", path)),
                   made(cases[i].type, true, "random:3:7"));
        for (size_t cut = 0; cut < size; cut++) {
            Value none;
            CHECK(!value_from_npy(&none, &param, bytes, cut, &error));
        }
        for (size_t k = 0; k < COUNT_OF(cases); k++) { /* a file of another type */
            ReflectParam other = param_of(cases[k].type, true);
            Value none;
            bool same = strcmp(cases[i].descr, cases[k].descr) == 0 &&
                        strcmp(cases[i].shape, cases[k].shape) == 0;
            bool fits = value_from_npy(&none, &other, bytes, size, &error);
            CHECK(fits ==
                  (same || (cases[i].descr == cases[3].descr && k == 3) || (i == 4 && k == 3)));
            if (fits) {
                value_free(&none);
            }
        }
        free(bytes);
        value_free(&value);
    }
    const IrType *deep = ir_scalar(IR_F32);
    for (int i = 0; i < 40; i++) {
        deep = ir_array_type(module, deep, 1);
    }
    CHECK(!value_fits_npy(deep));
}

static const char *layout_of(const char *text) {
    Session session;
    session_open(&session, NULL);
    Text out = {.arena = &arena};
    if (CHECK(session_load_ir(&session, text, strlen(text), "t.vir") == STATUS_FINE)) {
        layout_print(&out, session.module->functions);
    }
    session_close(&session);
    return text_get(&out);
}

static void test_layout(void) {
    CHECK_TEXT(layout_of("form @Body { pos: f32x3, mass: f32, m: f32x2x3, tags: array<u32, 3> }\n"
                         "form @Pair { bodies: array<@Body, 2>, count: u32 }\n"
                         "kernel @step(%p: buffer<@Pair>, %dt: f32, %v: buffer<f32x3>, %b: "
                         "buffer<u8>, %at: f32x2x2) workgroup(64, 2, 1) {\n ret\n}\n"),
               "kernel step, workgroup 64 x 2 x 1\n"
               "\n"
               "binding 0, p: Buffer<Pair>, 144 bytes an element, align 16\n"
               "    offset   size  align\n"
               "         0    128     16  bodies: [Body; 2], stride 64\n"
               "         0     12     16    pos: f32x3\n"
               "        12      4      4    mass: f32\n"
               "        16     32     16    m: f32x2x3, stride 16 with 4 of padding\n"
               "        48     12      4    tags: [u32; 3], stride 4\n"
               "        60      4           padding\n"
               "       128      4      4  count: u32\n"
               "       132     12         padding\n"
               "\n"
               "binding 1, v: Buffer<f32x3>, 16 bytes an element, align 16\n"
               "    offset   size  align\n"
               "         0     12     16  f32x3\n"
               "        12      4         padding\n"
               "\n"
               "binding 2, b: Buffer<u8>, 1 byte an element, align 1\n"
               "    offset   size  align\n"
               "         0      1      1  u8\n"
               "\n"
               "values, 32 bytes in push constants\n"
               "    offset   size  align\n"
               "         0      4      4  dt: f32\n"
               "         4      4         padding\n"
               "         8     16      8  at: f32x2x2, stride 8\n"
               "        24      4      4  b.len: u32, filled in by the runtime\n"
               "        28      4         padding\n");
    CHECK_TEXT(layout_of("kernel @k(%a: array<f32x4, 9>) workgroup(1, 1, 1) {\n ret\n}\n"),
               "kernel k, workgroup 1 x 1 x 1\n"
               "\n"
               "values, 144 bytes in a storage buffer, binding 0\n"
               "    offset   size  align\n"
               "         0    144     16  a: [f32x4; 9], stride 16\n");
    CHECK_TEXT(layout_of("kernel @k() workgroup(1, 1, 1) {\n ret\n}\n"),
               "kernel k, workgroup 1 x 1 x 1\n");
}

static void test_hostile_npy(void) {
    static const struct {
        const char *header, *error; /* "": fine */
        size_t data;
        char version;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "", 8, 1},
        {"{\"shape\":(1,2),\"descr\":\"<f4\",\"fortran_order\":False}", "", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "", 4, 2},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 99999999999)}", "", 0, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "8 bytes", 7, 3},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "has 7 bytes of data", 7, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "has 9 bytes of data", 9, 1},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}", "Fortran order", 8, 1},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", "big-endian", 8, 1},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", "type \"|b1\"", 2, 1},
        {"{'descr': '<U9', 'fortran_order': False, 'shape': (2,)}", "type \"<U9\"", 72, 1},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "", 8, 1},
        {"{'descr': [('a', '<f4', 'fortran_order': False, 'shape': (2,)}", "malformed", 8, 1},
        {"{'descr': [('a], 'fortran_order': False, 'shape': (2,)}", "malformed", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         "not what its shape needs", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         "malformed shape", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "malformed shape", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2", "malformed shape", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False}", "malformed header", 8, 1},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", "malformed header", 8, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "malformed", 8, 1},
        {"{'descr': '<f4", "malformed header", 8, 1},
        {"{", "malformed header", 8, 1},
        {"", "malformed header", 8, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Text file = {.arena = &arena}, error = {.arena = &arena};
        size_t length = strlen(cases[i].header);
        char start[] = {
            '\x93', 'N', 'U', 'M', 'P', 'Y', cases[i].version, 0, (char)length, (char)(length >> 8),
            0,      0};
        text_bytes(&file, start, cases[i].version == 2 ? 12 : 10);
        text_bytes(&file, cases[i].header, length);
        for (size_t k = 0; k < cases[i].data; k++) {
            text_char(&file, 0);
        }
        Npy npy;
        bool fine = npy_read(&npy, text_get(&file), file.length, &error);
        const char *want = cases[i].version == 3 ? "version 3.0" : cases[i].error;
        CHECK(fine == (want[0] == '\0'));
        check(strstr(text_get(&error), want) != NULL, __LINE__, want, text_get(&error));
    }
    Npy npy;
    Text error = {.arena = &arena};
    CHECK(!npy_read(&npy, "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14, &error));
    Text dims = {.arena = &arena};
    text_add(&dims, "\x93NUMPY\1");
    text_bytes(&dims, "\0\x80\1", 3);
    text_add(&dims, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    while (dims.length < 300) {
        text_add(&dims, "1,");
    }
    text_bytes(&dims,
               "                                                                          "
               "                                                          ",
               10 + 384 - dims.length);
    CHECK(!npy_read(&npy, text_get(&dims), dims.length, &error));
    CHECK(strstr(text_get(&error), "too many dimensions") != NULL);
}

/* ---- sessions ---- */

static const char add_source[] =
    "kernel add(a: Buffer<f32>, out: Buffer<f32>) { out[i] = a[i] + 1.0; }\n";

static Status compile_to_spirv(Session *session, const char *text, SpirvBinary *binary) {
    Status status = session_compile_source(session, text, strlen(text), "test.vt");
    status = status == STATUS_FINE ? session_need_kernel(session) : status;
    status = status == STATUS_FINE ? session_lower(session) : status;
    return status == STATUS_FINE ? session_spirv(session, SPIRV_VULKAN_1_1, binary) : status;
}

static void break_something(void *arg) {
    fatal_context("a test");
    BUG("number %d", *(int *)arg);
}

static void take_memory(void *arg) {
    Session *session = arg;
    for (;;) {
        arena_alloc(&session->arena, 1024, 8);
    }
}

static void test_sessions(void) {
    Session session;
    SpirvBinary binary = {0};
    for (unsigned level = 0; level < 3; level++) {
        session_open(&session, &(SessionOptions){.level = level, .verify = true});
        CHECK(compile_to_spirv(&session, add_source, &binary) == STATUS_FINE);
        CHECK(binary.count > 5 && binary.words[0] == 0x07230203);
        CHECK(session_kernel(&session, "add") != NULL && session_kernel(&session, "sub") == NULL);

        Text ir = {.arena = &session.arena}, again = {.arena = &session.arena};
        CHECK(session_print_ir(&session, &ir) == STATUS_FINE);
        Session second; /* IR text in, the same IR text out */
        session_open(&second, NULL);
        CHECK(session_load_ir(&second, text_get(&ir), ir.length, "test.vir") == STATUS_FINE);
        CHECK(session_print_ir(&second, &again) == STATUS_FINE);
        CHECK_TEXT(text_get(&again), text_get(&ir));
        session_close(&second);
        session_close(&session);
    }
    static const struct {
        const char *source;
        DiagId id;
    } wrong[] = {{"", DIAG_NO_KERNEL}, {"kernel none() { x = 1; }", DIAG_UNKNOWN_NAME}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        session_open(&session, NULL);
        CHECK(compile_to_spirv(&session, wrong[i].source, &binary) == STATUS_SOURCE);
        CHECK(session.diags.list.count == 1 && session.diags.list.items[0]->id == wrong[i].id);
        session_close(&session);
    }
    static const char *const entries[] = {"other"};
    session_open(&session, &(SessionOptions){.frontend = {.entries = entries, .entry_count = 1}});
    static const char ir_text[] = "kernel @k() workgroup(64, 1, 1) {\n    ret\n}\n";
    CHECK(session_load_ir(&session, ir_text, strlen(ir_text), "k.vir") == STATUS_SOURCE);
    CHECK(session.diags.list.items[0]->id == DIAG_UNKNOWN_ENTRY);
    session_close(&session);

    int number = 42;
    session_open(&session, NULL);
    CHECK(session_guard(&session, break_something, &number) == STATUS_BUG);
    CHECK(strstr(session.failure, "a test: ") != NULL && strstr(session.failure, "number 42"));
    session_close(&session);

    session_open(&session, NULL);
    session.arena.limit = 1 << 20;
    CHECK(session_guard(&session, take_memory, &session) == STATUS_SOURCE);
    CHECK(session.diags.list.count == 1);
    CHECK(session.diags.list.items[0]->id == DIAG_NEEDS_TOO_MUCH_MEMORY);
    session_close(&session);
}

/* ---- kernels ---- */

/* What was written of a parameter is known to those who look at the kernel. */
static void test_documentation(void) {
    static const char source[] = "kernel twice(/// what is\n/// doubled\na: Buffer<u32>, n: u32) "
                                 "{ a[i] = a[i] * n; }\n";
    Session session;
    session_open(&session, NULL);
    CHECK(session_compile_source(&session, source, strlen(source), "t.vt") == STATUS_FINE);
    const ReflectKernel *twice = ir_reflect(&session.arena, session_kernel(&session, "twice"));
    CHECK_TEXT(twice->params[0].doc, "what is\ndoubled");
    CHECK(twice->params[1].doc == NULL);
    session_close(&session);
}

/* Every run starts from the arguments as they were given, on the interpreter. */
static void test_repeat(void) {
    static const char source[] = "kernel twice(a: Buffer<u32>, n: u32) { a[i] = a[i] * n; }\n";
    Session session;
    session_open(&session, NULL);
    CHECK(session_compile_source(&session, source, strlen(source), "t.vt") == STATUS_FINE);
    CHECK(session_lower(&session) == STATUS_FINE);
    uint32_t a[] = {1, 2, 3}, n = 5;
    uint64_t times[4] = {0};
    RunArg args[] = {{a, sizeof a}, {&n, sizeof n}};
    RunJob job = {
        .kernel = ir_reflect(&session.arena, session_kernel(&session, "twice")),
        .args = args,
        .grid = {3, 1, 1},
        .repeat = 4,
        .nanoseconds = times,
    };
    Text why = {.arena = &session.arena};
    CHECK(run_kernel_interp(session.module, &job, &why) == INTERP_OK);
    CHECK(a[0] == 5 && a[1] == 10 && a[2] == 15 && job.host_clock && times[3] > 0);
    session_close(&session);
}

/* ---- files ---- */

static void test_depfile(void) {
    SourceMap sources = {.arena = &arena};
    source_add(&sources, "a b/c#1.vt", "", 0);
    source_add(&sources, file_name("-"), "", 0);
    source_add(&sources, "$x\\ y:z.vt", "", 0);
    const char *const targets_of[] = {"out.spv", "other\\name.spv"};
    Text text = {.arena = &arena};
    depfile_print(&text, targets_of, 2, &sources);
    CHECK_TEXT(text_get(&text), "out.spv other\\name.spv: a\\ b/c\\#1.vt $$x\\\\\\ y\\:z.vt\n");
}

static const char *content(const char *path) {
    FileBytes bytes;
    if (file_read(path, 1000, &bytes) != FILE_FINE) {
        return "";
    }
    const char *text = arena_copy_text(&arena, bytes.data, bytes.size);
    free(bytes.data);
    return text;
}

static void test_files(void) {
    const char *path = in_folder("out.txt"), *link_path = in_folder("link.txt");
    FileBytes bytes;
    CHECK(file_write(path, "old", 3) && chmod(path, 0640) == 0);
    CHECK(file_write(path, "newer", 5));
    struct stat info;
    CHECK_TEXT(content(path), "newer");
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0640);
    CHECK(symlink("out.txt", link_path) == 0 && file_write(link_path, "through", 7));
    CHECK_TEXT(content(path), "through");
    CHECK(lstat(link_path, &info) == 0 && S_ISLNK(info.st_mode));

    CHECK(file_read(path, 7, &bytes) == FILE_FINE && bytes.size == 7 && bytes.data[7] == '\0');
    free(bytes.data);
    CHECK(file_read(path, 6, &bytes) == FILE_TOO_LARGE && bytes.data == NULL);
    CHECK(file_read("/dev/zero", 100, &bytes) == FILE_TOO_LARGE);
    CHECK(file_read(folder, 100, &bytes) == FILE_FAILED && errno == EISDIR);
    CHECK(!file_write(in_folder("none/x"), "x", 1) && errno == ENOENT);
    CHECK(!file_write(folder, "x", 1));
    CHECK(!file_write("/dev/full", "x", 1) && errno == ENOSPC);
    CHECK(file_write("/dev/null", "x", 1));

    /* a folder in which nothing new can be made: the old file stays (root may write anywhere) */
    if (geteuid() != 0) {
        CHECK(chmod(folder, 0500) == 0 && !file_write(path, "gone", 4) && chmod(folder, 0700) == 0);
        CHECK_TEXT(content(path), "through");
        CHECK(chmod(path, 0400) == 0 && !file_write(path, "gone", 4));
        CHECK_TEXT(content(path), "through");
    }
    static const char *const made_here[] = {"three.bin", "value.npy", "out.txt", "link.txt"};
    for (size_t i = 0; i < COUNT_OF(made_here); i++) {
        CHECK(unlink(in_folder(made_here[i])) == 0);
    }
    CHECK(rmdir(folder) == 0); /* no temporary file was left behind */
}

int main(void) {
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    test_options();
    test_wrong_options();
    test_targets();
    test_scalars();
    test_values();
    test_bin();
    test_npy();
    test_composites();
    test_layout();
    test_hostile_npy();
    test_sessions();
    test_documentation();
    test_repeat();
    test_depfile();
    test_files();
    arena_release(&arena);
    printf("test_driver: %d failures\n", failures);
    return failures != 0;
}
