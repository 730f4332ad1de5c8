"""Nothing is dropped in silence: each built-in, operator, conversion, statement and kind of memory, on each type, for every target
at -O0 and -O2, gives code, or the coded error that LANGUAGE's table of targets (docs/language.md) promises.

A file for each: it is checked first, so that what comes behind the front end is the target's affair. What a target lacks is written
down here (`lacks`), by built-in and type: an error that is not expected is a failure, and so is code where there should be an
error. Built-ins, methods of atomics, built-in values and keywords are read from the compiler's tables: a new one without an example is a
failure.
"""
import functools
import pathlib
import re
import shutil
import threading

from .common import Failure, Skip

INTS = [f"{sign}{width}" for width in (8, 16, 32, 64) for sign in "iu"]
FLOATS = ["f16", "f32", "f64"]
NUMBERS = INTS + FLOATS
ATOMICS = ["u32", "i32", "u64", "i64", "f32"]
TRANSCENDENTAL = {"exp", "exp2", "log", "log2", "pow", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh"}
MOVES_LANES = re.compile(r"subgroup_(?!barrier|any|all|ballot|elect)")  # in a subgroup, of numbers

SAME_IN_ALL = {"subgroup_broadcast", "subgroup_shuffle_xor", "subgroup_shuffle_up", "subgroup_shuffle_down"}  # their second operand

# a class of builtin.def: the scalars, and the lanes
CLASSES = {
    "NUMBER": (NUMBERS, (1, 2, 3, 4)), "SIGNED": ([t for t in NUMBERS if t[0] != "u"], (1, 2, 3, 4)), "INT": (INTS, (1, 2, 3, 4)),
    "FLOAT": (FLOATS, (1, 2, 3, 4)), "FLOAT_VECTOR": (FLOATS, (2, 3, 4)), "FLOAT_3": (FLOATS, (3,)),
    "NUMBER_VECTOR": (NUMBERS, (2, 3, 4)), "BOOL_VECTOR": (["bool"], (2, 3, 4)), "ANY": ([*NUMBERS, "bool"], (1, 2, 3, 4)),
    "F32X2": (["f32"], (2,)), "F32X4": (["f32"], (4,)), "U32": (["u32"], (1,)), "BOOL": (["bool"], (1,)),
}
RESULTS = {"U": ("u32", 1), "W": ("bool", 1), "I": ("i32", 1), "Q": ("f32", 4), "H": ("f32", 2), "G": ("u32", 4)}


def vector(scalar, lanes):
    return scalar if lanes == 1 else f"{scalar}x{lanes}"


def value(scalar, lanes=1, n=0):
    """An expression of the type that no pass can fold: n tells operands apart."""
    one = {"bool": lambda k: f"(x[i + {k}] > 3)", "f16": lambda k: f"(y[i + {k}] as f16)", "f64": lambda k: f"(y[i + {k}] as f64)",
           "f32": lambda k: f"y[i + {k}]", "u32": lambda k: f"x[i + {k}]"}.get(scalar, lambda k: f"(x[i + {k}] as {scalar})")
    lanes_of = [one(n * 4 + k) for k in range(lanes)]
    return lanes_of[0] if lanes == 1 else f"{vector(scalar, lanes)}({', '.join(lanes_of)})"


class Body:
    """Statements of a kernel; what is `put` is kept."""

    def __init__(self):
        self.lines, self.count = [], 0

    def put(self, text, scalar, lanes=1):
        self.count += 1
        name = f"r{self.count}"
        self.lines.append(f"    let {name} = {text};")
        for lane in "xyzw"[:lanes]:
            part = name if lanes == 1 else f"{name}.{lane}"
            self.keep(part, scalar)

    def keep(self, part, scalar):
        self.lines.append(f"    out[i * 64 + {len(self.lines)}] = {part};" if scalar == "u32" else
                          f"    out[i * 64 + {len(self.lines)}] = {part} as u32;")

    def kernel(self, before="", head="", name="main"):
        return (f"{before}{head}kernel {name}(x: Buffer<u32>, y: Buffer<f32>, out: Buffer<u32>) {{\n" + "\n".join(self.lines) + "\n}\n")


def rows(kind):
    text = pathlib.Path("frontend/builtin.def").read_text()
    return re.findall(rf"^{kind}\( *(\w+), *([^\n]*?)\)\s*(?:/\*.*)?$", text, re.M)


def builtins():
    """{name: {scalar: source}} of each row of builtin.def."""
    found = {}
    for name, rest in rows("BUILTIN") + rows("EXPANDED"):
        of, params, result = [part.strip().strip("\"'") for part in rest.split(",")[:3]]
        found[name] = {scalar: builtin(name, of, scalar, params, result) for scalar in scalars_of(of)}
    return found


def scalars_of(of):
    if of in ("MATRIX", "SQUARE"):
        return FLOATS
    return CLASSES[of][0] if of in CLASSES else ["none"]


def builtin(name, of, scalar, params, result):
    body = Body()
    if of == "NONE":
        body.put(f"{name}()", "bool") if result == "W" else body.lines.append(f"    {name}();")
        body.keep("x[i]", "u32")
    elif of == "TEXT":
        body.lines += ['    print("{} {}", x[i], y[i]);'] if name == "print" else ['    assert(x[i] > 0, "it is");']
        body.keep("x[i]", "u32")
    elif of in ("MATRIX", "SQUARE"):
        for sides in [(2, 2), (3, 3), (4, 4)] + [(2, 3), (4, 2)] * (of == "MATRIX"):
            columns = ", ".join(value(scalar, sides[1], k) for k in range(sides[0]))
            matrix = f"{scalar}x{sides[0]}x{sides[1]}({columns})"
            body.put(f"{name}({matrix})" + ("[1]" if result == "X" else ""), scalar, sides[0] if result == "X" else 1)
    else:
        for lanes in CLASSES[of][1]:
            kinds = {"T": (scalar, lanes), "L": (scalar, 1), "S": (scalar, 1), "B": ("bool", lanes), "C": ("bool", 1), "U": ("u32", 1)}
            for other in ({"S", "C"} & set(params) and (False, True) or (False,)):
                wide = {**kinds, "S": (scalar, lanes), "C": ("bool", lanes)} if other else kinds
                texts = [value(*wide[letter], n) for n, letter in enumerate(params)]
                if name in SAME_IN_ALL:
                    texts[1] = "out.len"
                body.put(f"{name}({', '.join(texts)})", *{**kinds, **RESULTS}[result])
    return body.kernel()


def methods():
    found = {}
    for name, rest in rows("METHOD"):
        params, op = int(rest.split(",")[0]), rest.split(",")[1].strip()
        takes_float = name in ("load", "store", "add", "sub", "exchange")
        for scalar in ATOMICS if takes_float else ATOMICS[:4]:
            given = ", ".join(value(scalar, 1, n) for n in range(params))
            call = f".{name}({given})"
            lines = [f"    let old = a[i]{call};\n    let before = s[local_index]{call};\n    out[i] = (old as u32) ^ (before as u32);" if op != "ATOMIC_STORE" else
                     f"    a[i]{call};\n    s[local_index]{call};\n    out[i] = s[0].load() as u32;"]
            found.setdefault(name, {})[scalar] = (
                f"kernel main(a: Buffer<Atomic<{scalar}>>, x: Buffer<u32>, y: Buffer<f32>, out: Buffer<u32>) {{\n"
                f"    shared s: [Atomic<{scalar}>; 64];\n" + "\n".join(lines) + "\n}\n")
    return found


def values():
    """Of ir/builtin_values.def, and i, j, k."""
    names = re.findall(r'^BUILTIN_VALUE\(\w+, *"(\w+)", *(\d)\)', pathlib.Path("ir/builtin_values.def").read_text(), re.M)
    found = {}
    for name, lanes in [*names, ("i", "1"), ("j", "1"), ("k", "1")]:
        body = Body()
        body.put(name, "u32", int(lanes))
        found[name] = {"none": body.kernel()}
    return found


def operators():
    found = {}

    def add(name, scalar, text, result=None, lanes=(1, 2, 3, 4)):
        body = Body()
        for count in lanes:
            a, b = value(scalar, count, 0), value(scalar, count, 1)
            shift = value("u32", count, 1)
            body.put(text.format(a=a, b=b, s=shift), result or scalar, count)
        found.setdefault(name, {})[scalar] = body.kernel()

    for scalar in NUMBERS:
        for op in "+-*/%":
            add(op, scalar, f"{{a}} {op} {{b}}")
        for op in ("<", "<=", ">", ">=", "==", "!="):
            add(op, scalar, f"{{a}} {op} {{b}}", "bool")
        add("?:", scalar, "(x[i] > 7) ? {a} : {b}")
        if scalar[0] != "u":
            add("negation", scalar, "-{a}")
    for scalar in INTS:
        for op in ("<<", ">>"):
            add(op, scalar, f"{{a}} {op} {{s}}")
        add("~", scalar, "~{a}")
    for scalar in [*INTS, "bool"]:
        for op in "&|^":
            add(op, scalar, f"{{a}} {op} {{b}}")
    add("literals", "bool", "({a} == true) != false", lanes=(1,))
    add("not", "bool", "not {a}")
    add("!", "bool", "!{a}")
    for op in ("and", "or", "&&", "||"):
        add(op, "bool", f"{{a}} {op} {{b}}", lanes=(1,))
    for scalar in [*NUMBERS, "bool"]:
        body, bits = Body(), Body()
        for to in NUMBERS:
            for lanes in (1, 3):
                if to not in ("f64", "i64", "u64"):  # those are what `scalar` is there
                    body.put(f"{value(scalar, lanes)} as {vector(to, lanes)}", to, lanes)
        found.setdefault("as", {})[scalar] = body.kernel()
        for to in NUMBERS if scalar != "bool" else []:
            if to[1:] == scalar[1:] and to != "f64":  # that one is what `scalar` is there
                bits.put(f"bitcast<{to}>({value(scalar)})", to)
        if scalar != "bool":
            found.setdefault("bitcast", {})[scalar] = bits.kernel()
    for scalar in FLOATS:
        body = Body()
        m = f"{scalar}x2x3({value(scalar, 3, 0)}, {value(scalar, 3, 1)})"
        n = f"{scalar}x2x2({value(scalar, 2, 0)}, {value(scalar, 2, 1)})"
        for text, lanes in [(f"({m} + {m})[1]", 3), (f"({m} - {m})[0]", 3), (f"(-{m})[0]", 3), (f"({m} * {value(scalar)})[1]", 3),
                            (f"({value(scalar)} * {m})[1]", 3), (f"{m} * {value(scalar, 2)}", 3), (f"{value(scalar, 3)} * {m}", 2),
                            (f"({m} * {n})[x[i] % 2]", 3)]:
            body.put(text, scalar, lanes)
        found.setdefault("matrices", {})[scalar] = body.kernel()
    return found


# Statements and kinds of memory: a kernel's lines, with T the type, A and B values of it, R what is kept. What stands before `---` is
# outside the kernel. The words before the colon are the keywords that it is an example of.
STATEMENTS = {
    "let mut set": "let mut v: T = A; set v = B; R",
    "const": "const C: T = 3;\n---\nconst D: T = 2; let v: T = A + C - D; R",
    "if elif else": "let mut v: T = A; if x[i] > 9 { v = B; } elif x[i] > 5 { v = A + B; } else { v = B + B; } R",
    "if as a value": "let v: T = if x[i] > 9 { A } elif x[i] > 5 { A + B } else { B }; R",
    "while": "let mut v: T = A; while v < B { v += 1; } R",
    "loop break continue": "let mut v: T = A; let mut n = 0; loop { n += 1; if n > 9 { break; } if n % 2 == 0 { continue; } v += B; } R",
    "give proc": "proc f(a: T, b: T) -> T { if a < b { give a; } give a + b; }\n---\nlet v = f(A, B); R",
    "give from the kernel": "let v: T = A; if v < B { give; } R",
    "noinline": "#[noinline] proc f(a: T, b: T) -> T { let mut v = a; for k in 0..3 { v += b; } give v; }\n---\nlet v = f(A, B); R",
    "generic": "proc f[G](a: G, b: G) -> G { give a < b ? a : b; }\n---\nlet v = f(A, B); R",
    "&mut": "proc f(a: &mut T, b: T) { *a = *a + b; }\n---\nlet mut v: T = A; f(&mut v, B); R",
    "form": "form F { a: T, b: [T; 3] }\n---\nlet mut f = F { a: A, b: [B; 3] }; f.b[x[i]] = A; let v = f.a + f.b[x[i + 1]]; R",
    "array": "let mut t: [T; 5] = [A; 5]; t[x[i]] = B; let v = t[x[i + 1]]; R",
    "table": "const TABLE: [T; 5] = [1, 2, 3, 4, 5];\n---\nlet v: T = TABLE[x[i]] + A; R",
    "vector by index": "let mut t = Tx3(A, B, A); t[x[i]] = B; t.zx = t.xy; let v = t[x[i + 1]]; R",
    "shared": "shared s: [T; 64]; s[local_index] = A; barrier(); let v = s[local_index ^ 1]; R",
    "shared form": "form F { a: T, b: Tx3 }\n---\nshared s: [F; 8]; s[local_index].b = Tx3(A, B, A); barrier(); let v = s[x[i]].b.y; R",
    "uninitialized": "#[uninitialized] shared s: [T; 64]; s[local_index] = A; barrier(); let v = s[local_index ^ 1]; R",
    "unroll": "let mut v: T = A; #[unroll] for k in 0..4 { v += B; } R",
    "block": "let mut v: T = A; { let w = v; v = w + B; } R",
    "precise": "#[precise] proc f(a: T, b: T) -> T { give a * b + a; }\n---\nlet v = f(A, B); R",
    "fast": "#[fast] proc f(a: T, b: T) -> T { give a * b + a / b; }\n---\nlet v = f(A, B); R",
    "places in order": "let mut t: [T; 4] = [A; 4]; let mut n = 0u32; t[n % 4] += B; n += 1; t[n % 4] -= A; let v = t[0] + t[1]; R",
}
OF_INTS = {
    "for in": "let mut v: T = 0; for n in A..B { v += n; if v > 90 { break; } } R",
    "for with its end": "let mut v: T = 0; for n in 3..=B { if n > 9 { break; } v += n; } R",
    "step": "let mut v: T = 0; for n in A..B step 3 { v += n; if v > 90 { break; } } R",
    "match case": "let mut v: T = B; match A { case 0 { v = 1; } case 1 | 2 { v = A; } case 3..=7 { v = 3; } case 9..12 { v += 1; } else { v = 0; } } R",
    "match without else": "let mut v: T = B; match A { case 5 { v = 1; } } R",
    "as an index": "let mut t: [u32; 5] = [7; 5]; t[A] = 3; let v: T = t[B] as T; R",
    "as a count of shifts": "let v: T = A << B; R",
    "<<=": "let mut v: T = A; v <<= B; v >>= A; v &= B; v |= A; v ^= B; R",
}
OF_NUMBERS = {"+=": "let mut v: T = A; v += B; v -= A; v *= B; v /= A; v %= B; R"}
OF_ALL = {
    "select between locals": "let mut v = A; if x[i] > 3 { v = B; } let w = v; v = w; R",
    "an array of them": "let mut t = [A, B, A]; t[x[i]] = B; let v = t[x[i + 1]]; R",
    "shared ones": "shared s: [T; 64]; s[local_index] = A; barrier(); let v = s[local_index ^ 1]; R",
    "#[spec]": "#[spec(7)] const S: T = ONE;\n---\nlet mut v = A; if x[i] > 3 { v = S; } R",
}
# kernels that have no type, or more than one
WHOLE = {
    "workgroup by #[spec]": "#[spec(0)] const N: u32 = 8;\n#[workgroup(N)]\nkernel main(out: Buffer<u32>) { out[i] = N; }\n",
    "shared of #[spec]": "#[spec(0)] const N: u32 = 8;\nkernel main(out: Buffer<u32>) {\n    shared s: [u32; N];\n    s[local_index] = i;\n    barrier();\n    out[i] = s[0];\n}\n",
    "subgroup_size": "#[subgroup_size(8)]\nkernel main(out: Buffer<u32>) { out[i] = subgroup_add(1u32); }\n",
    "subgroup_barrier under control": "kernel main(out: Buffer<u32>) {\n    if out.len > 3 {\n        subgroup_barrier();\n    }\n    out[i] = lane;\n}\n",
    "a buffer of each": "form F { a: u32, b: f32x3, c: [f32x2; 3] }\nkernel main(a: Buffer<f32x3>, b: Buffer<F>, c: Buffer<[u32; 3]>, d: Buffer<f32x4x3>, out: Buffer<u32>) {\n"
                        "    b[i].c[1] = a[i].xy;\n    c[i] = [1, 2, out.len];\n    d[i][1] = a[i + 1];\n    out[i] = b[i].a;\n}\n",
    "a value of each": "form F { a: u32, b: f32x3 }\nkernel main(out: Buffer<f32>, a: u32, b: f32x3, c: F, d: [f32; 3], e: f32x3x2, f: u8, g: i16x3) {\n"
                       "    out[i] = (a as f32) + b.z + c.b.y + d[i] + e[1].x + (f as f32) + (g.z as f32);\n}\n",
}
MEMORY = {"buffers": "kernel main(b: Buffer<T>, v: Buffer<Tx3>, out: Buffer<u32>) {\n    b[i] = b[i + 1];\n    v[i] = v[i + 1].zyx;\n    out[i] = b.len;\n}\n",
          "parameters": "kernel main(a: T, b: Tx3, c: [T; 3], out: Buffer<u32>) {\n    out[i] = (a + b.y + c[i]) as u32;\n}\n"}


def statement(text, scalar):
    outside, _, inside = text.rpartition("\n---\n")
    one = "true" if scalar == "bool" else "1"
    kept = "out[i] = v ? 1u32 : 0u32;" if scalar == "bool" else "out[i] = v;" if scalar == "u32" else "out[i] = v as u32;"
    words = {"T": scalar, "A": value(scalar), "B": value(scalar, 1, 1), "R": kept, "ONE": one}

    def fill(part):
        return re.sub(r"(?<![\w\"])(T|A|B|R|ONE)(?=x3\b|\b)", lambda match: words[match[1]], part)

    body = Body()
    body.lines.append("    " + fill(inside))
    return body.kernel(fill(outside) + "\n" if outside else "")


def statements():
    found = {}
    for table, scalars in [(STATEMENTS, NUMBERS), (OF_INTS, INTS), (OF_NUMBERS, NUMBERS), (OF_ALL, [*NUMBERS, "bool"])]:
        for name, text in table.items():
            found[name] = {scalar: statement(text, scalar) for scalar in scalars}
    for name, text in MEMORY.items():
        found[name] = {scalar: re.sub(r"\bT(?=x3\b|\b)", scalar, text) for scalar in NUMBERS}
    return {**found, **{name: {"none": text} for name, text in WHOLE.items()}}


# ---- what targets lack

# LLVM makes each file of these in a process of its own. Quick runs, which sanitizers use, take a share of the sources.
OWN_PROCESS = {"opencl", "llvm-ir"}
OWN_PROCESS_QUICK = 16


def family(target):
    """Of a target, without its version and features."""
    return re.match(r"[a-z-]+", target)[0]


def lacks(target, level, what, scalar):
    """The code of the error that is expected; None: there is code; ANY: either, for passes may leave nothing of the type."""
    if target.startswith("vulkan"):
        return "E1002" if scalar == "f64" and what in TRANSCENDENTAL else None
    if target.startswith("wgsl"):
        small = scalar in ("i8", "u8", "i16", "u16") and what == "buffers"
        barrier = what == "subgroup_barrier under control" and "no-subgroups" not in target
        wide = scalar in ("i64", "u64", "f64")
        if wide and level != "-O0" and what not in MEMORY and not what.startswith("atomic "):
            return ANY
        return "E1002" if wide or small or barrier or what == "subgroup_size" else None
    if target.startswith("msl"):
        wide = scalar in ("i64", "u64") and (MOVES_LANES.match(what) or "atomic " in what)
        unknown = what in ("workgroup by #[spec]", "shared of #[spec]")
        return "E1005" if unknown else "E1002" if scalar == "f64" or wide or what == "subgroup_size" else None
    if family(target) in OWN_PROCESS:
        return {"shared of #[spec]": "E1005", "subgroup_size": "E1002"}.get(what)
    return None


ANY = "E1002 or code"
NO_KERNELS = {"ir", "reflect", "c-header", "bundle"}


class Sources:
    """All files, written once, and those that the front end takes."""

    def __init__(self, env):
        self.env, self.lock = env, threading.Lock()

    @functools.cached_property
    def made(self):
        groups = [builtins(), {f"atomic {name}": texts for name, texts in methods().items()}, values(), operators(), statements()]
        folder, listed = self.env.folder(), {}
        for group in groups:
            for what, texts in group.items():
                for scalar, text in texts.items():
                    file = folder / f"n{len(listed)}.vt"
                    file.write_text(f"// {what} {scalar}\n{text}")
                    listed[file] = (what, scalar)
        result = self.env.compile("check", "-O0", *listed, "-Wno-unused_variable", "--max-errors=3", expect=None, timeout=240)
        if result.code != 0:
            raise Failure(f"the front end refuses an example\n{result}")
        return listed

    def get(self):
        with self.lock:
            return self.made


def targets(env):
    """The names that are built."""
    text = env.compile("--print-targets").out.decode().split("\n\n")[0]
    names = [line.split()[0] for line in text.splitlines() if "not built yet" not in line]
    return [name for name in names if name not in NO_KERNELS] + ["wgsl+no-subgroups"]


def cases(env):
    sources = Sources(env)
    yield "every keyword and type is there", lambda: check_complete(env, sources)
    yield "a new op compiles nowhere", lambda: check_new_op(env)
    seen = set()
    for target in targets(env):
        slow = family(target) in OWN_PROCESS
        if slow and family(target) in seen:
            continue  # the suite opencl_spirv has the other versions
        share = OWN_PROCESS_QUICK if slow and env.args.quick else 1
        quick = target == "wgsl+no-subgroups" or family(target) in seen  # other versions of one: once
        seen.add(family(target))
        for level in ["-O2"] if quick else ["-O0", "-O2"]:
            yield f"{target} {level}", lambda t=target, o=level, n=share: check(env, sources, t, o, n)


# Where a target has a row for each op; MSL comes from the SPIR-V for Vulkan.
TABLES = ["backend-spirv/spirv_ops.c", "backend-wgsl/wgsl_ops.c", "backend-opencl/opencl_ops.c", "ir/llvm/to_llvm_ops.c"]


def check_new_op(env):
    """An op that is new compiles for no target until each has a row for it."""
    if shutil.which("cc") is None:
        raise Skip("no cc on this machine")
    folder = env.folder()
    (folder / "ir").mkdir()
    table = pathlib.Path("ir/ops.def").read_text().rstrip()
    (folder / "ir/ops.def").write_text(table + '\nOP(255, BRAND_NEW, "brand_new", 1, SAME_NUMBER, PURE)\n')
    llvm = sorted(pathlib.Path("/usr/lib").glob("llvm-*/include"))[-1:]
    for source in TABLES:
        if "llvm" in source and not llvm:
            continue
        command = ["cc", "-std=c17", "-fsyntax-only", "-I.", "-Ibuild/gen", *(f"-I{path}" for path in llvm), source]
        env.run(command)
        refused = env.run([*command[:3], f"-I{folder}", *command[3:]], expect=None)
        if refused.code == 0 or b"BRAND_NEW" not in refused.err:
            raise Failure(f"{source} compiles without a row for a new op\n{refused}")


def check_complete(env, sources):
    """Each word of the grammar that a statement begins with, or that stands in one."""
    text = "\n".join(file.read_text() for file in sources.get())
    words = set(re.findall(r'^ +"(\w+)" +\{ WORD\(', pathlib.Path("frontend/lexer.re").read_text(), re.M)) - {"use"}
    if len(words) < 20:
        raise Failure(f"{sorted(words)} in frontend/lexer.re")
    missing = sorted(word for word in words if not re.search(rf"\b{word}\b", text))
    if missing:
        raise Failure(f"no example of {missing}")
    if len(sources.get()) < 900:
        raise Failure(f"{len(sources.get())} examples")


def check(env, sources, target, level, share):
    listed, out = dict(list(sources.get().items())[::share]), env.folder()
    verify = ["--verify-each"] * (target == "vulkan1.1")  # the passes are the same for all, and spirv-val takes a while
    result = env.run([env.vittec, *listed, f"--target={target}", level, *verify, "-Wno-unused_variable", "--max-errors=0"], expect=None, cwd=out, timeout=600)
    told = {}
    text = result.err.decode(errors="replace")
    for file, code in re.findall(r"^(\S+?\.vt):\d+:\d+: error\[(E\d+)\]", text, re.M):
        told.setdefault(pathlib.Path(file).name, set()).add(code)
    made = {file.stem for file in out.iterdir() if file.stat().st_size > 0}
    bad = []
    for file, (what, scalar) in listed.items():
        codes, is_there = told.get(file.name, set()), file.stem in made
        want = lacks(target, level, what, scalar)
        if want == ANY:
            good = is_there != bool(codes) and codes <= {"E1002"}
        else:
            good = (is_there and not codes) if want is None else (not is_there and codes == {want})
        if not good:
            bad.append(f"{what} on {scalar}: {'code' if is_there else 'none'} and {sorted(codes) or 'no error'}, expected {want or 'code'}\n"
                       + file.read_text())
    if bad or result.code not in (0, 1):
        raise Failure(f"{target} {level}: {len(bad)} of {len(listed)}\n" + "\n".join(bad[:6]) + (text[-3000:] if result.code not in (0, 1) else ""))
