"""MSL: what is written is compiled by clang++ against tests/msl/ and run on a CPU, with the results that every device must give.

Every file of tests/run and its corpus is compiled kernel by kernel, at -O2, and at -O0 every third. tests/msl-lacks says
which kernels MSL cannot express: a kernel more or less is a failure. Integer overflow and float conversions out of range, which
are undefined in MSL, too, end a run. Where `xcrun metal` exists, it compiles every text.

The inputs come from the compiler itself: a kernel of the same parameters that writes them down, run by the interpreter.

The same texts are read once more by clang as C++ for OpenCL, which tells address spaces apart (tests/msl/spaces/).

Each op on each type that WGSL has, too, is compiled, and random programs are run and compared with the interpreter.
"""
import functools
import os
import pathlib
import re
import shutil
import struct
import subprocess
import threading

from . import each_op
from .common import Failure, Skip, sources
from .run import compare, prepare, read_steps, test_name
from .opencl import headers as clang_headers
from .wgsl import codes_of, kernels_of

HERE = pathlib.Path("tests/msl")
COMPILER = "clang++-22"
FLAGS = ["-std=c++20", "-O0", "-fdeclspec", "-fno-strict-aliasing", "-ffp-contract=off", f"-I{HERE}/include", f"-I{HERE}",
         # an unsuffixed literal is a float, and halves are computed with as halves
         "-Xclang", "-cl-single-precision-constant", "-Xclang", "-ffloat16-excess-precision=none",
         "-fsanitize=signed-integer-overflow,shift,float-cast-overflow,integer-divide-by-zero", "-fsanitize-trap=all",
         "-Wno-unknown-attributes", "-Wno-unused-value"]


def op_types(ints, floats):
    """Types that bitcasts do not leave."""
    def bitcasts(scalar, lanes):
        return [(to, count) for to, count in each_op.bitcasts_of_equal_size(scalar, lanes) if to in ints + floats]

    return each_op.Types(ints, floats, ["u32"], bitcasts)


SPACE_PARTS = 2
SPACE_FLAGS = ["-cc1", "-triple", "spir64-unknown-unknown", "-x", "clcpp", "-cl-std=clc++2021", "-cl-single-precision-constant",
               "-finclude-default-header", "-fdeclare-opencl-builtins", "-fsyntax-only", "-fdeclspec", "-w", f"-I{HERE}/spaces",
               "-include", f"{HERE}/spaces/metal_stdlib"]
SIDES = r"workgroup (\d+) x (\d+) x (\d+)"  # as --emit=layout has it
# what a kernel has buffers for; MSL has no subgroup operations on 64 bits
OP_TYPES = {"32 bits, f16": each_op.WGSL,
            "8 and 16 bits": op_types(["i8", "u8", "i16", "u16", "i32", "u32"], []),
            "64 bits": op_types(["i64", "u64", "i32", "u32"], ["f32"])}
OP_PARTS = 2
RANDOM, RANDOM_QUICK, RANDOM_CHUNK = 550, 50, 25  # of 550 MSL takes more than 500
INVOCATIONS = 20  # of random programs, as in tests/tools/stress.c

# how the invocations of a threadgroup take turns, and how many are a simdgroup
ORDERS = {"-O0": ("backward", 8), "-O2": ("shuffled", 32)}


class Device:
    """The part of every program that is not the kernels, compiled once."""

    def __init__(self, env):
        self.env, self.lock = env, threading.Lock()

    @functools.cached_property
    def built(self):
        if shutil.which(COMPILER) is None:
            return None
        folder = self.env.folder()
        self.env.run([COMPILER, *FLAGS, "-x", "c++-header", HERE / "metal.hpp", "-o", folder / "metal.pch"])
        self.env.run([COMPILER, *FLAGS, "-c", HERE / "device.cpp", "-o", folder / "device.o"])
        return folder

    def need(self):
        with self.lock:
            if self.built is None:
                raise Skip(f"no {COMPILER} on this machine")
            return self.built

    def program(self, folder, texts, rows):
        built = self.need()
        table = f"const msl::Kernel msl::kernels[] = {{\n{rows}    {{nullptr, nullptr, false}},\n}};\n"
        (folder / "kernels.cpp").write_text('#include "metal.hpp"\n' + texts + table)
        self.env.run([COMPILER, *FLAGS, "-include-pch", built / "metal.pch", folder / "kernels.cpp", built / "device.o",
                      "-o", folder / "program"], timeout=300)
        return folder / "program"

    def run(self, folder, texts, rows, jobs):
        """What became of each job."""
        done = self.env.run([self.program(folder, texts, rows)], stdin="".join(job + "\n" for job in jobs).encode(), timeout=300)
        results = done.out.decode().splitlines()
        if len(results) != len(jobs):
            raise Failure(f"{len(results)} of {len(jobs)} jobs ran\n{done}")
        return results


def cases(env):
    device = Device(env)
    for number, source in enumerate(sources("run") + sources("run/corpus")):
        for level in ("-O2",) + (("-O0",) if number % 3 == 0 else ()):
            yield f"{test_name(source)} {level}", lambda s=source, o=level: check(env, device, s, o)
    for types in OP_TYPES:
        for part in range(OP_PARTS):
            yield f"every op, {types}, part {part}", lambda t=types, n=part: check_ops(env, device, t, n)
    for start in range(0, RANDOM_QUICK if env.args.quick else RANDOM, RANDOM_CHUNK):
        yield f"random {start}-{start + RANDOM_CHUNK - 1}", lambda n=start: check_random(env, device, n)
    listed = sources("run") + sources("run/corpus")
    for part in range(SPACE_PARTS):
        yield f"address spaces, part {part}", lambda p=part: check_spaces(env, listed[p::SPACE_PARTS])
    yield "address spaces are told apart", lambda: check_spaces_caught(env)
    yield "one name for many locals", lambda: check_names(env)
    yield "versions", lambda: check_versions(env)
    for what in MUTANTS:
        yield f"caught: {what}", lambda w=what: check_caught(env, device, w)


def lacking_kernels():
    rows = [line.split() for line in pathlib.Path("tests/msl-lacks").read_text().splitlines()
            if line and not line.startswith("#")]
    return {(row[0], kernel) for row in rows for kernel in row[1:]}


# ---- from the text of a kernel to C++

BUFFER = re.compile(r"(.*?)([&*])(?: __restrict)? (\w+) \[\[buffer\((\d+)\)\]\]")
BUILTIN = re.compile(r"uint3? (\w+) \[\[(\w+)\]\]")


def argument(text):
    """What the function is called with for a parameter."""
    buffer = BUFFER.fullmatch(text)
    if buffer:
        kind, how, _, index = buffer.groups()
        return f"{'*' if how == '&' else ''}({kind} *)its_buffers[{index}]"
    builtin = BUILTIN.fullmatch(text)
    if not builtin:
        raise Failure(f"a parameter of another kind: {text}")
    return f"its_ids.{builtin[2]}"


def as_cpp(text, space, specs):
    """The text in a namespace, with a function that calls its kernel; and its row of the table of kernels."""
    found = re.search(r"^kernel void (\w+)\((.*)\)$", text, re.M)
    name, parameters = found.groups()
    arguments = ", ".join(argument(parameter) for parameter in parameters.split(", ") if parameter)
    together = "true" if "barrier(" in text or "simd_" in text else "false"
    text = re.sub(r"^#include .*\n", "", text, flags=re.M)
    # this one tells address spaces apart
    text = re.sub(r"template<typename T, size_t Num>\nstruct spvUnsafeArray\n.*?\n\};\n", "", text, flags=re.S)
    # what invocations share; a cast or a parameter does not end like that
    text = re.sub(r"^    threadgroup ([^()=\n]*;)$", r"    static \1", text, flags=re.M)

    def constant(match):
        kind, spec = match.groups()
        value = specs.get(spec.removesuffix("_tmp"))
        return f"static const {kind} {spec} = {value or 0}; static const bool {spec}_is_set = {str(value is not None).lower()};"

    text = re.sub(r"^constant (\w+) (\w+) \[\[function_constant\(\d+\)\]\];$", constant, text, flags=re.M)
    run = f"static void run(void *const *its_buffers, const msl::Ids &its_ids) {{ {name}({arguments}); }}"
    return f"namespace {space} {{\n{text}\n{run}\n}}\n", f'    {{"{space}", {space}::run, {together}}},\n'


# ---- what a kernel is given

def option_values(arguments, name):
    """The values of an option that is written `NAME VALUE`, and what is left."""
    values, left = [], list(arguments)
    while name in left:
        at = left.index(name)
        values.append(left[at + 1])
        del left[at:at + 2]
    return values, left


def typed_names(text):
    """(name, type) of each parameter of a kernel in IR text: commas are in types, too."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [re.fullmatch(r" *%(\w+): (.*)", part).groups() for part in parts]


class Inputs:
    """The buffers of a step as files, the block of values, the size of the workgroup and their number."""

    def __init__(self, env, source, kernel, defines, arguments, folder):
        whole = env.compile(source, "--entry", kernel, *defines, "--emit=ir", "--stop-after=frontend", "-o", "-").out.decode()
        head = re.search(rf"^kernel @{kernel}\((.*?)\)(?= workgroup)(.*) \{{$", whole, re.M)
        parameters = typed_names(head[1])
        self.buffers = [name for name, kind in parameters if kind.startswith("buffer<")]
        self.values = [(name, kind) for name, kind in parameters if not kind.startswith("buffer<")]
        self.layout(env.compile(source, "--entry", kernel, *defines, "--emit=layout", "-o", "-").out.decode())
        copies = "".join(f", %copy_of_{name}: buffer<{kind}>" for name, kind in self.values)
        body = "    %the_groups: u32x3 = builtin group_count\n    store %all_groups[0u32], %the_groups\n" + "".join(
            f"    store %copy_of_{name}[0u32], %{name}\n" for name, _ in self.values) + "    ret\n}\n"
        stub = folder / "stub.vir"
        types = "".join(line + "\n" for line in re.findall(r"^(?:form|spec) .*", whole, re.M))
        stub.write_text(types + f"kernel @{kernel}({head[1]}, %all_groups: buffer<u32x3>{copies}){head[2]} {{\n{body}")
        self.read(env, stub, arguments, folder)

    def layout(self, text):
        self.sides = [int(x) for x in re.search(SIDES, text).groups()]
        block = re.search(r"^values, (\d+) bytes.*\n.*\n((?: .*\n?)*)", text, re.M)
        self.block = bytearray(int(block[1])) if block else None
        rows = re.findall(r"^ +(\d+) +(\d+) +(\d+)  (\w+)(?:: |$)|^ +(\d+) +4 +4  (\w+)\.len: ", block[2] if block else "", re.M)
        self.places = {row[3]: [int(x) for x in row[:3]] for row in rows if row[3] in dict(self.values)}
        self.lengths = {row[5]: int(row[4]) for row in rows if row[5]}
        self.strides = {name: int(size) for name, size in re.findall(r"^binding \d+, (\w+): .*?, (\d+) bytes? an element", text, re.M)}

    def read(self, env, stub, arguments, folder):
        _, arguments = option_values(arguments, "--out")
        outs = [*self.buffers, "all_groups", *(f"copy_of_{name}" for name, _ in self.values)]
        copies = ["all_groups=zeros:1"]
        for name, _ in self.values:
            file = folder / f"copy_of_{name}.bin"
            _, size, align = self.places[name]
            file.write_bytes(bytes(-(-size // align) * align))
            copies.append(f"copy_of_{name}=@{file}")
        env.compile("run", stub, "--device=interp", *arguments, *copies,
                    *(x for name in outs for x in ("--out", f"{name}={folder}/{name}.bin")))
        self.groups = struct.unpack("<3I", (folder / "all_groups.bin").read_bytes()[:12])
        for name, (offset, size, _) in self.places.items():
            self.block[offset:offset + size] = (folder / f"copy_of_{name}.bin").read_bytes()[:size]
        sizes = [(folder / f"{name}.bin").stat().st_size for name in self.buffers]
        for name, offset in self.lengths.items():
            self.block[offset:offset + 4] = struct.pack("<I", sizes[self.buffers.index(name)] // self.strides[name])
        self.files = [folder / f"{name}.bin" for name in self.buffers]
        if self.block is not None:
            (folder / "block.bin_").write_bytes(self.block)
            self.files.append(folder / "block.bin_")
        (folder / "sizes.bin_").write_bytes(struct.pack(f"<{len(sizes)}I", *sizes))
        self.files.append(folder / "sizes.bin_")


# ---- what is tested

def spec_values(options):
    """NAME=VALUE as C++ has it."""
    return {name: value for name, value in (option.split("=", 1) for option in options)}


def check(env, device, source, level, change=str):
    device.need()
    lacking = {kernel for file, kernel in lacking_kernels() if file == str(source)}
    folder, texts, table, jobs, missing = env.folder(), "", "", [], set()
    for number, step in enumerate(read_steps(source)):
        where, arguments = prepare(env, source, step)
        entries, arguments = option_values(arguments, "--kernel")
        defines, arguments = option_values(arguments, "-D")
        specs, _ = option_values(arguments, "--spec")
        kernel = entries[0] if entries else kernels_of(source)[0]
        defines = [x for define in defines for x in ("-D", define)]
        text = folder / f"{number}.metal"
        done = env.compile(source, "--entry", kernel, level, "--verify-each", *defines, "-o", text, expect=None)
        if done.code == 1 and set(codes_of(done)) <= {"E1002", "E1005"}:
            missing.add(kernel)
            lacks = re.search(r"error\[(E\d+)\](: .*)", done.err.decode())
            continue
        if done.code != 0:
            raise Failure(f"expected exit 0\n{done}")
        inputs = Inputs(env, source, kernel, defines, arguments, where)
        cpp, row = as_cpp(change(text.read_text()), f"kernel_{number}", spec_values(specs))
        texts, table = texts + cpp, table + row
        jobs.append((step, where, " ".join(map(str, [f"kernel_{number}", *ORDERS[level], *inputs.groups, *inputs.sides, *inputs.files]))))
    if missing - lacking or level == "-O2" and lacking - missing:
        raise Failure(f"{source} {level}: MSL lacks something for {sorted(missing)}, not for {sorted(lacking)}")
    if missing and not jobs:
        raise Skip(lacks[1] + lacks[2])
    if jobs:
        judge_by_apple(env, sorted(folder.glob("*.metal")))
        results = device.run(folder, texts, table, [job for *_, job in jobs])
        for (step, where, job), result in zip(jobs, results):
            if result != "fine":
                raise Failure(f"{source} {level}: {result}\n  run {' '.join(step.arguments)}\n  job {job}")
            compare(source, step, where, f"MSL on the CPU, {level}")


def check_ops(env, device, types, part):
    """As they are, so that no pass folds what is constant."""
    folder, texts, table = env.folder(), "", ""
    for number, (name, ir) in list(enumerate(each_op.modules(OP_TYPES[types])[0]))[part::OP_PARTS]:
        source = folder / f"{name}.vir"
        source.write_text(ir)
        done = env.compile(source, "-O0", "--target=msl", "-o", "-", expect=None)
        lacks = types == "64 bits" and name.startswith("subgroup_")
        if lacks and done.code == 1 and codes_of(done) == ["E1002"]:
            continue
        if done.code != 0:
            raise Failure(str(done))
        cpp, row = as_cpp(done.out.decode(), f"op_{number}", {})
        texts, table = texts + cpp, table + row
    device.program(folder, texts, table)


def check_random(env, device, start):
    """Programs of odd seeds: those of even ones have types that MSL lacks. Every third chunk at -O0, the others at -O2."""
    stress = env.bin / "tests/stress"
    level = "-O0" if start // RANDOM_CHUNK % 3 == 2 else "-O2"
    sources = env.random_programs(start, RANDOM_CHUNK, odd=True)
    results, texts, table, jobs, judged = env.folder(), "", "", [], []
    for source in sources:
        (results / source.stem).mkdir()
    env.run([stress, f"--write={results}", *sources])
    for number, source in enumerate(sources):
        where = results / source.stem
        arguments = [f"{file.stem}=@{file}" for file in where.iterdir()]
        # MSL must know the size of a workgroup
        defines = [x for value in re.findall(r"const BLOCK: u32 = (\d+)", source.read_text()) for x in ("-D", f"BLOCK={value}")]
        done = env.compile(source, level, "--target=msl", *defines, "-o", "-", expect=None)
        if done.code == 1 and codes_of(done) == ["E1002"]:
            continue
        if done.code != 0:
            raise Failure(str(done))
        judged.append(source)
        inputs = Inputs(env, source, "run", defines, [*arguments, "--grid", str(INVOCATIONS)], where)
        cpp, row = as_cpp(done.out.decode(), f"random_{number}", {})
        texts, table = texts + cpp, table + row
        jobs.append(" ".join(map(str, [f"random_{number}", *ORDERS[level], *inputs.groups, *inputs.sides, *inputs.files])))
    if len(judged) < RANDOM_CHUNK * 2 // 3:
        raise Failure(f"{level}: MSL takes {len(judged)} of {len(sources)} programs")
    for source, result in zip(judged, device.run(env.folder(), texts, table, jobs)):
        if result != "fine":
            raise Failure(f"{source} {level}: {result}\n{source.read_text()}")
    compared = env.run([stress, f"--compare={results}", *judged], expect=None)
    if compared.code != 0:
        raise Failure(f"{level}\n{compared}")


def judge_spaces(env, files):
    """What clang says of texts, as C++ for OpenCL."""
    tool = shutil.which("clang-22")
    if tool is None:
        raise Skip("no clang-22 on this machine")
    done = env.run([tool, *SPACE_FLAGS, "-internal-isystem", clang_headers(), *files], expect=None, timeout=300)
    return done.code == 0, done.err.decode(errors="replace")


def with_plain_specs(text):
    """As C++ for OpenCL has it: function constants have values, there are no vectors of bool, and what is copied from a constant needs
    an operator."""
    text = text.replace("struct spvUnsafeArray\n{", "struct spvUnsafeArray\n{\n    template <class V> void operator=(const constant V &v) thread;")
    text = re.sub(r" \[\[function_constant\(\d+\)\]\];", " = 0;", text)
    return re.sub(r"is_function_constant_defined\(\w+\)", "true", text).replace("vec<bool, N>", "bools<N>")


def check_spaces(env, listed):
    folder, files, lacking = env.folder(), [], lacking_kernels()
    for source in listed:
        for kernel in kernels_of(source):
            if (str(source), kernel) in lacking:
                continue
            text = env.compile(source, "--entry", kernel, "-O2", "--target=msl", "-o", "-").out.decode()
            files.append(folder / f"{source.stem}-{kernel}.metal")
            files[-1].write_text(with_plain_specs(text))
    good, told = judge_spaces(env, files)
    if not good:
        raise Failure(f"of {len(files)} texts\n{told[:6000]}")


def check_spaces_caught(env):
    """A pointer into the wrong space, and a buffer that is in none, are seen."""
    text = with_plain_specs(env.compile("tests/run/atomics.vt", "--entry", kernels_of(pathlib.Path("tests/run/atomics.vt"))[0], "-O2",
                                        "--target=msl", "-o", "-").out.decode())
    for old, new in [("device atomic_int*)", "threadgroup atomic_int*)"), ("constant uint* ", "threadgroup uint* ")]:
        file = env.folder() / "wrong.metal"
        file.write_text(text.replace(old, new))
        if old not in text or judge_spaces(env, [file])[0]:
            raise Failure(f"`{old}` instead of `{new}` is not seen\n{text}")
        file.write_text(text)
        if not judge_spaces(env, [file])[0]:
            raise Failure(f"refused without a mistake\n{text}")


def check_names(env):
    """SPIRV-Cross looks for a free name by trying one after another: 18 s for these 20,000 locals. Names are cut, too."""
    source, text = env.folder() / "names.vt", env.folder() / "names.metal"
    for a in ("a", "a" * 200):
        lines = [f"    {a} = {a} * 3 + {n};" if n % 2 else f"    {a} = ({a} ^ {n}) - {a} / 7;" for n in range(20000)]
        source.write_text("\n".join(["kernel k(x: Buffer<i32>) {", f"    let mut {a} = x[i];", *lines, f"    x[i] = {a};", "}"]))
        env.compile(source, "-O2", "-o", text, timeout=60 if "sanitize" in env.bin.name else 10)
        if len(set(re.findall(r"\ba+_\d+\b", text.read_text()))) < 5000:
            raise Failure("the locals have lost their names")
        if re.search(r"\ba+_\d+_\d+\b", text.read_text()):
            raise Failure("SPIRV-Cross had to look for a free name")


def without_last_barrier(text):
    start = text.rindex("    threadgroup_barrier(")
    return text[:start] + text[text.index("\n", start):]


def with_divergent_barriers(text):
    return re.sub(r"threadgroup_barrier\(.*\);", r"if (gl_LocalInvocationIndex != 3u) { \g<0> }", text)


def with_larger_buffers(text):
    return text.replace("BufferSize - 0)", "BufferSize + 64)")


def with_plain_pointers(text):
    return text.replace(" atomic_uint*)", " uint*)")


# mistakes that are to be seen: what is wrong, how it comes about, where, and a word of what is said
MUTANTS = {
    "a barrier is missing": (without_last_barrier, "tests/run/corpus/reduction.vt", "first difference"),
    "not all come to a barrier": (with_divergent_barriers, "tests/run/corpus/reduction.vt", "not every invocation"),
    "an access beyond a buffer": (with_larger_buffers, "tests/run/bounds.vt", "Segmentation fault"),
    "an atomic of a plain number": (with_plain_pointers, "tests/run/atomics.vt", "no matching function"),
}


def check_caught(env, device, what):
    change, source, word = MUTANTS[what]
    try:
        check(env, device, pathlib.Path(source), "-O2", change)
    except Failure as failure:
        if word not in str(failure):
            raise Failure(f"it is not seen for what it is:\n{failure}")
        return
    raise Failure(f"{source}: nothing is noticed")


def check_versions(env):
    """The text of all versions is there; what is newer may be the same."""
    for version in ("msl", "msl2.4", "msl3.0", "msl3.1"):
        text = env.compile("tests/run/add.vt", f"--target={version}", "-o", "-")
        if b"kernel void" not in text.out:
            raise Failure(str(text))


@functools.cache
def apple():
    """Apple's compiler, where it is."""
    if shutil.which("xcrun") is None:
        return False
    return subprocess.run(["xcrun", "--find", "metal"], capture_output=True).returncode == 0


def judge_by_apple(env, texts):
    for text in texts if apple() else []:
        env.run(["xcrun", "metal", "-std=metal3.0", "-fno-fast-math", "-c", text, "-o", os.devnull])
