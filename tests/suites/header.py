"""C headers (-o NAME.h): they compile as C11 and C++17 without a warning, wrong types do not, wrong sizes are told, and
programs that use them compute what they should.
"""
import pathlib
import re
import shutil

from .common import Failure, Skip, same_text

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wconversion"]
COMPILERS = [("gcc", "c11"), ("g++", "c++17"), ("clang-22", "c11"), ("clang++-22", "c++17")]
FIRST = "#include <math.h>\n#include <stdbool.h>\n#include <vitte_gpu_typed.h>\n"
# one target is enough for a header: what it says does not depend on them
QUIET = ["--targets=vulkan1.1", "-Wno-race", "-Wno-lossy_cast", "-Wno-unused_variable"]


def cases(env):
    yield "every source", lambda: every_source(env)
    for function in (names, comments, layouts, wrong_types, several_headers, deterministic, mistakes):
        yield function.__name__.replace("_", " "), lambda f=function: f(env)
    for function in (runs, wrong_sizes):
        for compiler, standard in COMPILERS[:2]:
            yield f"{function.__name__.replace('_', ' ')} {compiler}", lambda f=function, c=compiler, s=standard: f(env, c, s)


def check(condition, what, more=""):
    if not condition:
        raise Failure(f"{what}\n{more}")


def header(env, sources, *options, name="app.h"):
    """The header of sources by name, and the folder of all."""
    folder = env.folder()
    for file, text in sources.items():
        (folder / file).write_text(text)
    env.compile(*[folder / file for file in sources], "-o", folder / name, *QUIET, *options)
    return folder / name


def compile_text(env, compiler, standard, text, *options, expect=0):
    if shutil.which(compiler) is None:
        raise Skip(f"no {compiler} on this machine")
    path = env.folder() / ("main.cpp" if "++" in standard else "main.c")
    path.write_text(text)
    return env.run([compiler, f"-std={standard}", *WARNINGS, "-Iruntime-min", *(options or ["-fsyntax-only"]), path], expect=expect)


# ---- all that compiles

def texts_of_every_source(env):
    sources = sorted([*pathlib.Path("tests/run").glob("*.vt"), *pathlib.Path("tests/run/corpus").glob("*.vt"),
                      *pathlib.Path("examples").glob("*.vt"), *pathlib.Path("examples/cmake").glob("*.vt")])
    texts = []
    for source in sources[::8] if env.args.quick else sources:
        texts.append(env.compile(source, "-o", "-", "--target=c-header", "-O0", *QUIET).out.decode().replace("KERNELS", f"KERNELS{len(texts)}"))
    return texts


def every_source(env):
    """All in one program. In C++ each header has a namespace; in C its names get a number."""
    folder = env.folder()
    c = cpp = FIRST
    for number, text in enumerate(texts_of_every_source(env)):
        (folder / f"c{number}.h").write_text(numbered(text, number))
        (folder / f"cpp{number}.h").write_text(text)
        c += f"#include \"{folder}/c{number}.h\"\n"
        cpp += f"namespace n{number} {{\n#include \"{folder}/cpp{number}.h\"\n}}\n"
        cpp += "".join(f"#undef {name}\n" for name in re.findall(r"#define (\w+)", text))
    for compiler, standard in COMPILERS:
        compile_text(env, compiler, standard, cpp if "++" in standard else c)


def numbered(text, number):
    """With a number in each name that the header declares."""
    declared = set(re.findall(r"(?:struct|enum) (\w+) \{", text)) | set(re.findall(r"^static inline \w+ (\w+)\(", text, re.M))
    declared |= set(re.findall(r"^    (VTG_\w+) = ", text, re.M)) | set(re.findall(r"#define (\w+)", text))
    for buffer, prefix in re.findall(r"VTG_TYPED_BUFFER\((\w+), (\w+),", text):
        declared |= {buffer, prefix}
        text = re.sub(rf"\b{prefix}_arg\b", f"{prefix}_{number}_arg", text)
    return re.sub(r"\w+", lambda word: f"{word[0]}_{number}" if word[0] in declared else word[0], text)


NAMES = """#[spec(0)] const int: u32 = 1;
#[spec(1)] const Int: u32 = 2;
#[spec(2)] const SPECS_INIT: u32 = 2;
form Buffer_ { class: f32, new: u32, padding1: f32x3, x: f32x2, _a: f32, __b: f32, B_: f32 }
form F32x3 { x: f32, NULL: f32 }
form Event { private: [[F32x3; 2]; 3], register: f32x2x3 }
kernel open(args: Buffer<f32>, list: Buffer<F32x3>, value: Buffer<Event>, this: f32, template: Buffer_) {
    args[i] = list[i].x + this + template.class + value[i].register[0].x + int as f32;
}
kernel buffer(int: Buffer<f32>, bundle: u32, device: f32, event: f32, grid: f32) {
    int[i] = bundle as f32 + device + event + grid + Int as f32 + SPECS_INIT as f32;
}
kernel dispatch(specs: Buffer<f32>, commands: f32, result: f32) { specs[i] = commands + result; }
kernel buffer_f32_create(out: Buffer<f32>) { out[i] = 1.0; }
kernel my_kernel(out: Buffer<[f32x3; 2]>) { out[i][0] = f32x3(1.0); }
kernel MyKernel(out: Buffer<[[u32; 3]; 2]>) { out[i][0][1] = 1; }
kernel mYKERNEL_create(out: Buffer<f64x4x3>) { out[i] = out[i] * 2.0; }
kernel nothing() { }
kernel arg(args_: Buffer<f16x3>) { args_[i] = args_[i] + args_[i]; }
"""


def names(env):
    """Keywords, names of the runtime, names that differ in nothing that C keeps: each kernel has its functions."""
    path = header(env, {"names.vt": NAMES}, name="class.h")
    text = path.read_text()
    for source, function in [("MyKernel", "vtg_my_kernel"), ("my_kernel", "vtg_my_kernel_kernel"), ("open", "vtg_open_kernel"), ("buffer", "vtg_buffer_kernel"),
                             ("dispatch", "vtg_dispatch_kernel"), ("nothing", "vtg_nothing"), ("arg", "vtg_arg_kernel")]:
        body = text[text.index(f"/* ---- {source} ---- */"):]
        check(f" {function}_create(" in body.split("/* ----")[1], f"the functions of `{source}` are not those of {function}", text)
    check(len(re.findall(r"_create\(VtgDevice \*device,\s+const VtgBundle", text)) == 9, "the kernels", text)
    for compiler, standard in COMPILERS:
        compile_text(env, compiler, standard, f"#include \"{path}\"\nint main(void) {{ return 0; }}\n", "-o", path.parent / "a.out",
                     "-c", "-Wno-unused-function")


def comments(env):
    """What the documentation of a source says cannot leave its comment."""
    doc = "ends */ here /* and ??/ \u202e turns \\"
    path = header(env, {"doc.vt": f"/// {doc}\n/// second\nform P {{\n    /// {doc}\n    x: f32\n}}\n/// {doc}\n#[spec(0)] const N: u32 = 1;\n/// {doc}\n"
                        f"kernel k(\n    /// {doc}\n    out: Buffer<P>) {{ out[i].x = N as f32; }}\n"})
    check("\u202e" not in path.read_text() and "ends * / here / * and" in path.read_text(), "the comment", path.read_text())
    for compiler, standard in COMPILERS:
        compile_text(env, compiler, standard, f"#include \"{path}\"\n")


def layouts(env):
    """What the header asserts of a form is what --emit=layout shows of it."""
    seen = 0
    for source in ("tests/run/forms.vt", "tests/run/arrays.vt", "tests/run/matrices.vt", "tests/run/small_values.vt"):
        path = env.folder() / "app.h"
        env.compile(source, "-o", path, *QUIET)
        shown = env.compile("--emit=layout", source).out.decode()
        for buffer, size, rows in re.findall(r": Buffer<([A-Z]\w*)>, (\d+) bytes an element.*\n.*\n((?: {4,}.*\n)*)", shown):
            got = dict(re.findall(rf"offsetof\(Vtg{buffer}, (\w+)\) == (\d+)", path.read_text()))
            want = {name: offset for offset, name in re.findall(r"^ +(\d+) +\d+ +\d+  (\w+):", rows, re.M)}
            check(got == want, f"{source}: {buffer}: {got}, expected {want}", shown)
            check(f"sizeof(Vtg{buffer}) == {size}," in path.read_text(), f"{source}: {buffer}: the size")
            seen += 1
    check(seen >= 3, f"only {seen} forms were compared")


TYPES = {"types.vt": """form Body { pos: f32x3, mass: f32 }
#[spec(3)] const BLOCK: u32 = 64;
#[workgroup(BLOCK)]
kernel move(bodies: Buffer<Body>, by: f32x3, counts: Buffer<Atomic<u32>>) { bodies[i].pos += by; counts[0].add(1); }
kernel add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) { out[i] = a[i] + b[i]; }
"""}
USE = """#include "%s"
VtgStatus use(VtgAdd add, VtgMove move, VtgBufferF32 f, VtgBufferU32 u, VtgBufferI32 s, VtgBufferBody bodies,
              VtgBuffer *raw, VtgDevice *device, VtgBundle *bundle, VtgF32x3 v, VtgF32x4 v4, VtgCommands *list);
VtgStatus use(VtgAdd add, VtgMove move, VtgBufferF32 f, VtgBufferU32 u, VtgBufferI32 s, VtgBufferBody bodies,
                     VtgBuffer *raw, VtgDevice *device, VtgBundle *bundle, VtgF32x3 v, VtgF32x4 v4, VtgCommands *list) {
    VtgGrid grid = {1, 1, 1};
    VtgAddArgs a = {f, f, f};
    VtgMoveArgs m = {bodies, v, u};
    VtgMoveSpecs specs = VTG_MOVE_SPECS_INIT;
    float data[4] = {0};
    (void)s; (void)raw; (void)device; (void)bundle; (void)v4; (void)specs; (void)data; (void)a; (void)m; (void)list; (void)move;
    (void)add; (void)grid;
    %s;
    return VTG_OK;
}
"""
FINE = ["vtg_add(add, &a, grid, NULL)", "vtg_move(move, &m, grid, NULL)", "vtg_move_record(list, move, &m, grid)", "a.b = vtg_buffer_f32_of(raw)",
        "vtg_move_create(device, bundle, &specs, &move)", "vtg_move_create(device, bundle, NULL, &move)",
        "vtg_add_create(device, bundle, &add)", "vtg_buffer_f32_write(f, 0, data, 4)"]
WRONG = ["a.b = u", "a.out = raw", "a.a = bodies", "m.bodies = f", "m.counts = s", "m.by = v4", "a.none = f", "vtg_add(move, &a, grid, NULL)",
         "vtg_add(add, &a, grid)", "vtg_buffer_f32_read(u, 0, data, 4)", "vtg_add_create(device, bundle, &specs, &add)", "specs.none = 1",
         "VtgMoveArgs other = {bodies, v, s}; (void)other"]
FINE_FOR_CPP = ["vtg_add(add, &a, grid)"]  # the event has a default
# Pointers to something else: C compilers before gcc 14 and clang 16 only warn.
WRONG_FOR_C = ["vtg_add(add, &m, grid, NULL)", "vtg_buffer_u32_write(u, 0, data, 4)", "vtg_add_create(device, bundle, &move)",
               "vtg_add_create(device, bundle, &a)", "vtg_move_create(device, bundle, &a, &move)"]


def wrong_types(env):
    path = header(env, TYPES)
    for compiler, standard in COMPILERS:
        is_cpp = "++" in standard
        fine = FINE + (["vtg_add(add, {f, f, f}, grid)", "vtg_add(add, VtgAddArgs{f, f, f}, {4, 1, 1})"] if is_cpp else
                       ["vtg_add(add, &(VtgAddArgs){f, f, f}, grid, NULL)"])
        compile_text(env, compiler, standard, USE % (path, ";\n    ".join(fine)))
        for calls, silent in ((WRONG, ["-fsyntax-only", "-w"]), (WRONG_FOR_C, [])):  # -w: whatever a program does about warnings
            calls = [call for call in calls if not ("++" in standard and call in FINE_FOR_CPP)]
            result = compile_text(env, compiler, standard, USE % (path, ";\n    ".join(calls)), *silent, expect=None)
            first = USE[:USE.index("    %s;")].count("\n") + 1
            wrong = {int(line) - first for line in re.findall(r"^[^\n:]*main\.\w+:(\d+):\d+: error", result.err.decode(), re.M)}
            check(wrong == set(range(len(calls))), f"{compiler}: compiles: {[c for k, c in enumerate(calls) if k not in wrong]}", result)


def several_headers(env):
    """Two headers with a form that both use, in one file; one with its bundle in two files of a program."""
    folder = env.folder()
    (folder / "lib.vt").write_text("form Body { pos: f32x3, mass: f32 }\n")
    for name in ("one", "two"):
        (folder / f"{name}.vt").write_text(f"use lib\nkernel {name}(b: Buffer<lib.Body>) {{ b[i].mass = 1.0; }}\n")
        env.compile(folder / f"{name}.vt", "-o", folder / f"{name}.h", "--embed", *QUIET)
    (folder / "other.vt").write_text("form Body { mass: f32 }\nkernel other(b: Buffer<Body>) { b[i].mass = 1.0; }\n")
    env.compile(folder / "other.vt", "-o", folder / "other.h", *QUIET)
    both = f"#include \"{folder}/one.h\"\n#include \"{folder}/two.h\"\n#include \"{folder}/one.h\"\n"
    for compiler, standard in COMPILERS:
        compile_text(env, compiler, standard, both)
    result = compile_text(env, "gcc", "c11", both + f"#include \"{folder}/other.h\"\n", expect=None)
    check(result.code != 0 and b"VtgBody" in result.err, "two forms of one name and other layouts", result)
    for compiler, standard, ending in [("gcc", "c11", "c"), ("g++", "c++17", "cpp")]:
        (folder / f"a.{ending}").write_text("#include \"one.h\"\nconst unsigned char *other(void);\n"
                                            "int main(void) { return other() == one_bundle ? 0 : 1; }\n")
        (folder / f"b.{ending}").write_text("#include \"one.h\"\nconst unsigned char *other(void);\n"
                                            "const unsigned char *other(void) { return one_bundle; }\n")
        env.run([compiler, f"-std={standard}", *WARNINGS, "-Iruntime-min", folder / f"a.{ending}", folder / f"b.{ending}", env.bin / "libvitte-gpu.a",
                 *sanitized(env), "-ldl", "-lpthread", "-lm", "-o", folder / "app"])
        env.run([folder / "app"])


def deterministic(env):
    """Equal input, equal bytes, wherever it lies; without the bundle, whatever it is compiled for."""
    first = header(env, TYPES, "--embed").read_text()
    same_text(first, header(env, TYPES, "--embed").read_text(), "the header of equal sources")
    bytes_of = [int(n) for n in re.findall(r"^ {4}((?:\d+,)+)$", first, re.M) for n in n.split(",") if n]
    folder = env.folder()
    (folder / "types.vt").write_text(TYPES["types.vt"])
    env.compile(folder / "types.vt", "-o", folder / "types.vgpu", *QUIET)
    check(bytes(bytes_of) == (folder / "types.vgpu").read_bytes(), "what is embedded is not the bundle")
    for options in (["--targets=wgsl"], ["-O0"]):
        env.compile(folder / "types.vt", "-o", folder / "app.h", *QUIET[1:], *options)
        same_text(header(env, TYPES).read_text(), (folder / "app.h").read_text(), f"the header with {options}")
    out = env.compile(folder / "types.vt", "-o", "-", "--target=c-header", *QUIET).out.decode()
    check("vtg_move_create" in out, "on standard output", out)


def mistakes(env):
    folder = env.folder()
    (folder / "a.vt").write_text("kernel same(out: Buffer<f32>) { out[i] = 1.0; }\n")
    (folder / "b.vt").write_text("kernel same(out: Buffer<f32>) { out[i] = 2.0; }\n")
    for status, args, text in [(1, ["a.vt", "b.vt", "-o", "app.h"], "both have a kernel `same`"), (2, ["a.vt", "-o", "a.spv", "--embed"], "--embed"),
                               (3, ["a.vt", "none.vt", "-o", "app.h"], "none.vt"), (3, ["a.vt", "-o", "none/app.h"], "none/app.h")]:
        result = env.compile(*args, cwd=folder, expect=status)
        check(text in result.err.decode(), f"`{text}` is not in what it says", result)
        check(not (folder / "app.h").exists(), "there is a header", result)


# ---- programs

SPECS = {"values.vt": """form Pair { a: u32, b: f32x3 }
#[spec(0)] const BLOCK: u32 = 64;
#[spec(1)] const SCALE = 1.5;
#[spec(2)] const ON: bool = true;
#[spec(30)] const STEPS = -3;
#[spec(4)] const LOWEST: i32 = -2147483648;
#[spec(5)] const NARROW: i8 = -3;
#[spec(6)] const SHORT: u16 = 65535;
#[spec(7)] const LONG: i64 = -9223372036854775808;
#[spec(8)] const DOUBLE: f64 = 0.1;
kernel sizes(out: Buffer<f32>) {
    if i == 0 {
        out[0] = NARROW as f32;
        out[1] = SHORT as f32;
        out[2] = LONG as f32;
        out[3] = DOUBLE as f32;
    }
}
kernel values(out: Buffer<f32>) {
    if i == 0 {
        out[0] = BLOCK as f32;
        out[1] = SCALE;
        out[2] = ON ? 1.0 : 2.0;
        out[3] = STEPS as f32;
        out[4] = LOWEST == -2147483648 ? 1.0 : 0.0;
    }
}
kernel pairs(data: Buffer<Pair>, by: f32x3, rows: [f32x3; 2], last: Pair) {
    if i < data.len {
        data[i].a += last.a;
        data[i].b += by + rows[0] * rows[1] + last.b;
    }
}
"""}
HEAD = """#include <stdio.h>
#include <stdlib.h>
#include "%s"
static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level == VTG_LOG_ERROR) {
        printf("%%s\\n", message);
    }
}
static void check(VtgStatus status) {
    if (status < 0) {
        printf("failed: %%s\\n", vtg_status_text(status));
        exit(1);
    }
}
static VtgDevice *device_of(void) {
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    VtgOpenDesc desc = VTG_OPEN_DESC_INIT;
    VtgDevice *device;
    instance.api = "vulkan";
    instance.log = log_line;
    desc.instance = &instance;
    check(vtg_open(&desc, &device));
    return device;
}
"""
RUNS = HEAD + """
int main(void) {
    VtgDevice *device = device_of();
    VtgBundle *bundle;
    VtgValues values;
    VtgValuesSpecs specs = VTG_VALUES_SPECS_INIT;
    VtgBufferF32 out;
    float got[8] = {0};
    VtgGrid one = {1, 1, 1}, four = {4, 1, 1};
    VtgValuesArgs args;
    check(app_open(device, &bundle));
    check(vtg_buffer_f32_create(device, 8, &out));
    args.out = out;
    for (int round = 0; round < 3; round++) {
        check(vtg_values_create(device, bundle, round == 0 ? NULL : &specs, &values));
        check(vtg_values(values, &args, one, NULL));
        check(vtg_buffer_f32_read(out, 0, got, 5));
        printf("%g %g %g %g %g\\n", (double)got[0], (double)got[1], (double)got[2], (double)got[3], (double)got[4]);
        vtg_values_destroy(values);
        specs.BLOCK = 4000000;
        specs.SCALE = -0.25F;
        specs.ON = false;
        specs.STEPS = -77;
        specs.LOWEST = 5;
    }
    check(vtg_values_create_variant(device, bundle, "BLOCK=7,SCALE=8.5", &values));
    check(vtg_values(values, &args, one, NULL));
    check(vtg_buffer_f32_read(out, 0, got, 2));
    printf("%g %g\\n", (double)got[0], (double)got[1]);
    vtg_values_destroy(values);
    VtgSizes sizes;
    VtgSizesSpecs widths = VTG_SIZES_SPECS_INIT;
    VtgSizesArgs sizes_args = {out};
    for (int round = 0; round < 3; round++) {
        check(vtg_sizes_create(device, bundle, round == 0 ? NULL : &widths, &sizes));
        check(vtg_sizes(sizes, &sizes_args, one, NULL));
        check(vtg_buffer_f32_read(out, 0, got, 4));
        printf("%g %g %g %g\\n", (double)got[0], (double)got[1], (double)got[2], (double)got[3]);
        vtg_sizes_destroy(sizes);
        if (round == 1) {
            widths.NARROW = -100;
            widths.SHORT = 40000;
            widths.LONG = -4096000000;
            widths.DOUBLE = -2.5;
        }
    }
    VtgPairs pairs;
    VtgBufferPair data;
    VtgPair host[256], last;
    VtgPairsArgs with;
    memset(host, 0, sizeof host);
    memset(&last, 0, sizeof last);
    memset(&with, 0, sizeof with);
    check(vtg_pairs_create(device, bundle, &pairs));
    check(vtg_buffer_pair_create(device, 256, &data));
    for (unsigned i = 0; i < 256; i++) {
        host[i].a = i;
        host[i].b.y = (float)i;
    }
    check(vtg_buffer_pair_write(data, 0, host, 256));
    data.first = 64; /* a part: two elements from there */
    data.count = 2;
    last.a = 1000;
    last.b.z = 7;
    with.data = data;
    with.by.x = 1;
    with.rows[0].y = 3;
    with.rows[1].y = 5;
    with.last = last;
    check(vtg_pairs(pairs, &with, four, NULL));
    check(vtg_buffer_pair_read(data, 0, host, 2));
    data.first = data.count = 0;
    check(vtg_buffer_pair_read(data, 66, host + 2, 1));
    for (int i = 0; i < 3; i++) {
        printf("%u %g %g %g\\n", host[i].a, (double)host[i].b.x, (double)host[i].b.y, (double)host[i].b.z);
    }
    vtg_pairs_destroy(pairs);
    vtg_buffer_pair_destroy(data);
    vtg_buffer_f32_destroy(out);
    vtg_bundle_destroy(bundle);
    vtg_device_destroy(device);
    return 0;
}
"""


def sanitized(env):
    return ["-fsanitize=address,undefined"] if env.bin.name == "sanitize" else []


def program(env, compiler, standard, sources, text, *options):
    """The program's path, linked with the runtime."""
    environment = env.device("lavapipe")
    path = header(env, sources, "--embed", *options)
    app = path.parent / "app"
    main = path.parent / ("main.cpp" if "++" in standard else "main.c")
    main.write_text(text.replace("%s", str(path), 1).replace("%%", "%"))
    env.run([compiler, f"-std={standard}", *WARNINGS, "-Iruntime-min", main, env.bin / "libvitte-gpu.a", *sanitized(env), "-ldl", "-lpthread", "-lm",
             "-o", app])
    return app, environment


def runs(env, compiler, standard):
    app, environment = program(env, compiler, standard, SPECS, RUNS, "--variant=SCALE=8.5,BLOCK=7")
    want = "64 1.5 1 -3 1\n" + 2 * "4e+06 -0.25 2 -77 0\n" + "7 8.5\n" + 2 * "-3 65535 -9.22337e+18 0.1\n" + "-100 40000 -4.096e+09 -2.5\n1064 1 79 7\n1065 1 80 7\n66 0 66 0\n"
    same_text(want, env.run([app], env=environment).out.decode(), "what the program prints")


SIZES = HEAD + """
static void expect(const char *what, VtgStatus got, VtgStatus want) {
    printf("%s: %s\\n", what, got == want ? "as it should" : vtg_status_text(got));
}
int main(void) {
    VtgDevice *device = device_of();
    VtgBundle *bundle;
    VtgAdd add;
    VtgMove move;
    VtgGrid grid = {4, 1, 1};
    VtgBufferF32 whole, odd;
    VtgBufferBody bodies;
    VtgBufferU32 counts;
    VtgBufferDesc desc = VTG_BUFFER_DESC_INIT;
    VtgBuffer *raw;
    check(app_open(device, &bundle));
    check(vtg_add_create(device, bundle, &add));
    check(vtg_move_create(device, bundle, NULL, &move));
    check(vtg_buffer_f32_create(device, 64, &whole));
    check(vtg_buffer_u32_create(device, 1, &counts));
    desc.size_bytes = 30;
    check(vtg_buffer_create(device, &desc, &raw));
    odd = vtg_buffer_f32_of(raw);
    VtgBufferF32 out;
    check(vtg_buffer_f32_create(device, 4, &out));
    VtgAddArgs args = {whole, odd, out};
    expect("no whole elements", vtg_add(add, &args, grid, NULL), VTG_ERROR_ARGUMENT_SIZE);
    args.b = vtg_buffer_f32_of(NULL);
    expect("no buffer", vtg_add(add, &args, grid, NULL), VTG_ERROR_ARGUMENT_KIND);
    args.b = whole;
    args.b.count = 65;
    expect("too long a part", vtg_add(add, &args, grid, NULL), VTG_ERROR_OUT_OF_RANGE);
    args.b.first = UINT64_MAX;
    expect("far away", vtg_add(add, &args, grid, NULL), VTG_ERROR_OUT_OF_RANGE);
    args.b = args.out;
    expect("twice", vtg_add(add, &args, grid, NULL), VTG_ERROR_OVERLAP);
    const VtgAddArgs *none = NULL;
    expect("no arguments", vtg_add(add, none, grid, NULL), VTG_ERROR_INVALID_ARGUMENT);
    float data[4] = {0};
    expect("read behind", vtg_buffer_f32_read(whole, 61, data, 4), VTG_ERROR_OUT_OF_RANGE);
    expect("read far", vtg_buffer_f32_read(whole, UINT64_MAX / 2, data, 4), VTG_ERROR_OUT_OF_RANGE);
    expect("create too many", vtg_buffer_f32_create(device, UINT64_MAX / 2, &odd), VTG_ERROR_LIMIT);
    bodies = vtg_buffer_body_of(whole.buffer);
    VtgMoveArgs moved = {bodies, {0, 0, 0}, counts};
    expect("another type, whole", vtg_move(move, &moved, grid, NULL), VTG_OK);
    /* a bundle whose kernel has other elements than the header */
    VtgArg list[3] = {vtg_buffer_body_arg(bodies), vtg_arg_value(&moved.by, sizeof moved.by), vtg_buffer_u8_arg(vtg_buffer_u8_of(counts.buffer))};
    expect("other elements", vtg_dispatch(device, move.kernel, grid, list, 3, NULL), VTG_ERROR_ARGUMENT_SIZE);
    vtg_device_wait_idle(device);
    vtg_buffer_f32_destroy(whole);
    vtg_buffer_f32_destroy(out);
    vtg_buffer_u32_destroy(counts);
    vtg_buffer_destroy(raw);
    vtg_add_destroy(add);
    vtg_move_destroy(move);
    vtg_bundle_destroy(bundle);
    vtg_device_destroy(device);
    return 0;
}
"""


def wrong_sizes(env, compiler, standard):
    """Each is a status, and the log names the parameter."""
    app, environment = program(env, compiler, standard, TYPES, SIZES)
    said = env.run([app], env=environment).out.decode()
    lines = [line for line in said.splitlines() if line.endswith(": as it should")]
    check(len(lines) == 11, f"{len(lines)} of 11 are as they should", said)
    for text in ("kernel `add`: argument `b` has elements of 4 bytes; 30 bytes, no whole number of them", "argument `b` is a buffer; nothing was given",
                 "argument `counts` has elements of 4 bytes; a buffer of elements of 1"):
        check(text in said, f"`{text}` is not in what it says", said)
