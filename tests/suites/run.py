"""Executed tests: tests/run/NAME.vt and tests/run/corpus/NAME.vt say in comments what to run and what must come out.

    //! run a=1,2,3 out=zeros:3            arguments of `vittec-gpu run`
    //! expect out = [2, 4, 6]             a Python expression: numbers of each element, lane after lane
    //! expect out ~2 = [math.sin(x) …]    floats: within 2 ulp of their type; ~+0.1: within 0.1
    //! expect out sorted = [1, 2, 3]      in any order

    //! reference linear                   tests/reference/linear.py; the lines below know it as `linear`
    //! data a = linear.dyadic(35)         a list of numbers, which `run … a=@a` gives as a file of the parameter's type
    //! file p = struct.pack(…)            the bytes of a file for `p=@p`, for what is no list of numbers

Each `run` is followed by its `expect` lines. It runs on the interpreter and on every Vulkan driver at -O0 and -O2, and at
-O2 on what OpenCL C, its SPIR-V, LLVM IR (every fourth at -O0, too) and WGSL run on. A device that lacks what the kernel needs (exit 5) is skipped, and so is a target that
has no form for it (E1002, E1005). The expressions know math, struct, and f16(x), f32(x), i8(x) … u64(x) (which wrap), bits(x), float_of(bits), nan, inf, quotient(a, b) and remainder(a, b) of integers as the language has them, and by
its name each list of numbers that the run was given, and each `data` above. Nothing of a reference knows the compiler.
"""
import functools
import importlib
import math
import pathlib
import re
import struct

from .common import Env, Failure, Skip, known_bugs, sources

TYPES = {"i8": "b", "u8": "B", "i16": "h", "u16": "H", "i32": "i", "u32": "I", "i64": "q", "u64": "Q",
         "f16": "e", "f32": "f", "f64": "d"}
PRECISION = {"f16": (11, -24), "f32": (24, -149), "f64": (53, -1074)}  # bits, exponent of the smallest number


def rounded(scalar, x):
    try:
        return struct.unpack("<" + TYPES[scalar], struct.pack("<" + TYPES[scalar], x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def f32(x):
    return rounded("f32", x)


def f16(x):
    return rounded("f16", x)


def wrapper(scalar):
    bits_, low = int(scalar[1:]), 2**(int(scalar[1:]) - 1) if scalar[0] == "i" else 0
    return lambda x: (int(x) + low) % 2**bits_ - low


def bits(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def float_of(x):
    return struct.unpack("<f", struct.pack("<I", x))[0]


def quotient(a, b):
    return 0 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def remainder(a, b):
    return 0 if b == 0 else a - b * quotient(a, b)


POCL6_SHARE = 16  # it takes a second for each kernel
JIT_SHARE_O0, JIT_SHARE_QUICK = 4, 8

# Where Vulkan's validation layer listens: a message of it fails the run. Once is enough, since it sees our calls and SPIR-V,
# which are the same for every driver.
VALIDATED = ("lavapipe", "-O2")

NAMES = {"math": math, "struct": struct, "f32": f32, "f16": f16, "bits": bits, "float_of": float_of,
         "quotient": quotient, "remainder": remainder,
         **{scalar: wrapper(scalar) for scalar in TYPES if scalar[0] != "f"},
         "nan": math.nan, "inf": math.inf, "MIN": -2**31, "MAX": 2**31 - 1, "UMAX": 2**32 - 1}


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


class Step:
    def __init__(self, arguments, files, data, references):
        self.arguments, self.expects, self.lists = arguments.split(), [], {}
        self.files, self.data, self.references = files, data, references
        for name, numbers in re.findall(r"(?<!\S)(\w+)=([-+.,\w]+)(?!\S)", arguments):
            try:
                self.lists[name] = [number(x) for x in numbers.split(",")]
            except ValueError:
                pass  # a file or a generator

    @functools.cache
    def wanted(self, expression):
        """The numbers that an `expect` says; computed once, for every device and level."""
        return list(eval(expression, {**self.references, **self.data, **self.lists, **NAMES}))  # noqa: S307


def steps_of(text):
    steps = []
    files, data, references = {}, {}, {}
    for kind, rest in re.findall(r"^//! (reference|data|file|run|expect)\b *(.*)$", text, re.M):
        if kind == "reference":
            references.update((name, importlib.import_module("reference." + name)) for name in rest.split())
        elif kind in ("data", "file"):
            name, value = rest.split("=", 1)
            known = {**NAMES, **references, **data}
            (files if kind == "file" else data)[name.strip()] = eval(value, known)  # noqa: S307  the tests' own expressions
        elif kind == "run":
            steps.append(Step(rest, files, data, references))
        else:
            steps[-1].expects.append(
                re.fullmatch(r"(\w+) *(?:~(\S+))? *(?:as (\S+))? *(sorted)? *= *(.*)", rest).groups())
    return steps


def levels(source, device, quick):
    """Both, but where that would take long and tell little: the corpus on a second and third driver of one API, and what is
    compiled a second time by the driver."""
    corpus = source.parent.name == "corpus"
    once = device in Env.OTHER_DEVICES or (corpus and (quick or device in Env.KNOWN_DEVICES[1:]))
    return ["-O2"] if once else ["-O0", "-O2"]


def cases(env):
    names = ["interp"] + ([Env.EXECUTED[0], "llvm-jit"] if env.args.quick else Env.EXECUTED)
    for device in names:  # one after another: what it starts with is there for the next source
        for number, source in enumerate(sources("run") + sources("run/corpus")):
            if device == "pocl6" and number % POCL6_SHARE != 0:
                continue
            if device == "llvm-jit" and env.args.quick and number % JIT_SHARE_QUICK != 0:
                continue
            both = device == "llvm-jit" and number % JIT_SHARE_O0 == 0
            for level in ["-O0", "-O2"] if both else levels(source, device, env.args.quick):
                yield f"{test_name(source)} {device} {level}", lambda s=source, d=device, o=level: check(env, s, d, o)
    for what in MISTAKES:
        yield f"caught by llvm-jit: {what}", lambda w=what: check_caught(env, w)


# Mistakes that a judge is to see: what is wrong, in which source, what stands for what in its LLVM IR, a word of what is said.
BARRIER = "call spir_func void @_Z7barrierj(i32 3)"
ONLY_SOME = """
define spir_func void @not_all(i32 %0) {
  %2 = call spir_func i64 @_Z12get_local_idj(i32 0)
  %3 = icmp eq i64 %2, 3
  br i1 %3, label %5, label %4
4:
  call spir_func void @_Z7barrierj(i32 %0)
  br label %5
5:
  ret void
}
"""
MISTAKES = {
    "a difference, not a sum": ("add", [("fadd contract", "fsub contract")], "first difference"),
    "an access beyond a buffer": ("add", [("icmp ugt i32 %out_len, %i.u", "icmp ne i32 %out_len, -1")], "crashed"),
    "a barrier is missing": ("corpus/scan_hillis_steele", [(f"  tail {BARRIER}\n", "")], "first difference"),
    "not all come to a barrier": ("corpus/reduction", [(BARRIER, BARRIER.replace("_Z7barrierj", "not_all")), ("\n!0 = ", f"{ONLY_SOME}\n!0 = ")],
                                  "not every invocation"),
    "an instruction that is none": ("add", [("fadd contract", "fadded contract")], "expected instruction opcode"),
}


def check_caught(env, what):
    """LLVM's JIT is given another text than the compiler's, changed wherever that is there. The text's own is run, too."""
    name, changes, word = MISTAKES[what]
    source, file = pathlib.Path(f"tests/run/{name}.vt"), env.folder() / "text.ll"
    text = env.compile(source, "-O2", "--target=llvm-ir", "-o", "-").out.decode()
    for change in [[], changes]:
        for old, new in change:
            if old not in text:
                raise Failure(f"no `{old}` in\n{text}")
            text = text.replace(old, new)
        file.write_text(text)
        try:
            execute(env, source, "llvm-jit", "-O2", {"LLVM_JIT_TEXT": str(file)})
        except Failure as failure:
            if not change or word not in str(failure):
                raise Failure(f"it is not seen for what it is:\n{failure}")
            return
    raise Failure(f"nothing is noticed of\n{text}")


def test_name(source):
    return str(source.relative_to("tests/run").with_suffix(""))


@functools.cache
def read_steps(source):
    return steps_of(source.read_text())


def buffer_type(source, step, name):
    kernel = re.search(r"--kernel (\w+)", " ".join(step.arguments))
    parameters = re.search(rf"kernel {kernel[1] if kernel else '[a-z_0-9]+'}\((.*?)\) *{{", source.read_text(), re.S)[1]
    found = re.search(rf"\b{name}: *Buffer<(?:Atomic<)?([fui](?:8|16|32|64))(?:x([234]))?>", parameters)
    if not found:
        raise Failure(f"{source}: no buffer `{name}`")
    return found[1], int(found[2] or 1)


def read_numbers(data, scalar, lanes):
    stride = 4 if lanes == 3 else lanes
    flat = struct.unpack(f"<{len(data) // struct.calcsize(TYPES[scalar])}{TYPES[scalar]}", data)
    return [x for start in range(0, len(flat), stride) for x in flat[start:start + lanes]]


def packed(numbers, scalar, lanes):
    stride = 4 if lanes == 3 else lanes
    padding = [0] * (stride - lanes)
    flat = [x for start in range(0, len(numbers), lanes) for x in [*numbers[start:start + lanes], *padding]]
    return struct.pack(f"<{len(flat)}{TYPES[scalar]}", *flat)


def ulps(scalar, a, b):
    if math.isnan(a) or math.isnan(b):
        return 0 if math.isnan(a) and math.isnan(b) else math.inf
    if math.isinf(a) or math.isinf(b):
        return 0 if a == b else math.inf
    precision, smallest = PRECISION[scalar]
    exact = rounded(scalar, b)
    step = 2.0**(max(smallest, math.frexp(exact)[1] - precision) if exact else smallest)
    return abs(a - b) / step


def same(scalar, tolerance, got, want):
    if scalar not in PRECISION:
        return got == want
    if tolerance is None:
        want = rounded(scalar, want)
        return (math.isnan(got) and math.isnan(want)) or got == want
    kind, limit = (tolerance[0], float(tolerance[1:])) if tolerance[0] == "+" else ("u", float(tolerance))
    if kind == "+":  # absolute
        return abs(got - want) <= limit or (math.isnan(got) and math.isnan(want)) or got == want
    return ulps(scalar, got, want) <= limit


def prepare(env, source, step):
    """The folder of a run with the files that it is given, and its arguments."""
    folder = env.folder()
    outs = [x for name, *_ in step.expects for x in ("--out", f"{name}={folder}/{name}.bin")]
    arguments = [re.sub(r"=@(\w+)$", rf"=@{folder}/\1.bin", argument) for argument in step.arguments]
    for name, data in step.files.items():
        (folder / f"{name}.bin").write_bytes(data)
    for parameter, name in re.findall(r"(?<!\S)(\w+)=@(\w+)(?!\S)", " ".join(step.arguments)):
        if name in step.data:
            (folder / f"{name}.bin").write_bytes(packed(step.data[name], *buffer_type(source, step, parameter)))
    return folder, [*arguments, *outs]


def compare(source, step, folder, where_run):
    """What a run left in its folder is what it should be."""
    for name, tolerance, layout, any_order, expression in step.expects:
        data = (folder / f"{name}.bin").read_bytes()
        if layout is None:
            scalar, lanes = buffer_type(source, step, name)
            got = read_numbers(data, scalar, lanes)
        else:  # the bytes of an element, padding included
            scalar = "f32" if "f" in layout else "u32"
            got = [x for element in struct.iter_unpack("<" + layout, data) for x in element]
        want = step.wanted(expression)
        if any_order:
            got, want = sorted(got), sorted(want)
        bad = [k for k in range(min(len(got), len(want))) if not same(scalar, tolerance, got[k], want[k])]
        if len(got) != len(want) or bad:
            where = bad[0] if bad else min(len(got), len(want))
            raise Failure(f"{source} on {where_run}: {name} has {len(got)} numbers, expected {len(want)}; "
                          f"first difference at {where}:\n  got      {got[where:where + 8]}\n"
                          f"  expected {want[where:where + 8]}\n  run {' '.join(step.arguments)}")


def check(env, source, device, level):
    driver = Env.OTHER_DEVICES.get(device, (None, device))[1]
    bug = {**known_bugs(driver), **known_bugs(device)}.get(f"run/{test_name(source)}")
    if bug:
        allowed = bug.startswith("no bug: ")
        raise Skip(bug.removeprefix("no bug: ") if allowed else f"a known bug of the driver: {bug}")
    execute(env, source, device, level)


def execute(env, source, device, level, own=None):
    """What a source says of itself, on one device at one level; `own`: more of the environment."""
    steps = read_steps(source)
    if not steps:
        raise Failure(f"{source} has no `//! run` line")
    for step in steps:
        if not step.expects:
            raise Failure(f"{source}: a run without `expect`")
        folder, arguments = prepare(env, source, step)
        validate = ["--validate"] if (device, level) == VALIDATED else []
        done = env.run_on(device, source, level, "--verify-each", *validate, *arguments, own=own)
        if done.code == 5 and device != "interp":
            raise Skip(done.err.decode().strip().splitlines()[-1])
        lacks = re.search(r"error\[(E100[25]\]: .*)", done.err.decode())
        if done.code == 1 and lacks and device in Env.OTHER_DEVICES:
            raise Skip(lacks[1].replace("]", "", 1))
        if done.code != 0:
            raise Failure(f"expected exit 0\n{done}")
        compare(source, step, folder, f"{device} {level}")
