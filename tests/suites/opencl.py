"""OpenCL C: what is printed is accepted by clang as OpenCL C 1.2, 2.0 and 3.0, with and without subgroups.

Every file of tests/run, its corpus, the golden files and the examples is compiled at -O0 and -O2; each op on each type it takes
as IR; kernels, locals, fields, procs and constants that are called like what OpenCL C has; random programs. PoCL executes all of
tests/run besides (the suite `run`). Clang takes hundreds of files in one process.
"""
import functools
import pathlib
import re
import shutil
import subprocess

from . import each_op
from .common import Failure, Skip
from .wgsl import all_sources

FLAGS = ["-finclude-default-header", "-fdeclare-opencl-builtins", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
         # what programs do, not the printer: values that nothing reads, parts of `if` that set what is not read then
         "-Wno-unused", "-Wno-self-assign", "-Wno-unused-parameter", "-Wno-sometimes-uninitialized", "-Wno-conditional-uninitialized",
         "-Wno-missing-field-initializers", "-Wno-tautological-compare", "-Wno-tautological-constant-compare"]
# (version, what the device has): spir64 has all extensions, and subgroups from 2.0 on
DEVICES = {
    "alone": ["-triple", "x86_64-unknown-linux-gnu"],
    "subgroups": ["-triple", "spir64-unknown-unknown"],
    # subgroups, but none of the extensions to them
    "plain subgroups": ["-triple", "spir64-unknown-unknown", "-cl-ext=-cl_khr_subgroup_shuffle,-cl_khr_subgroup_ballot,"
                        "-cl_khr_subgroup_shuffle_relative,-cl_khr_subgroup_non_uniform_arithmetic"],
}
JUDGES = [("1.2", "alone"), ("2.0", "subgroups"), ("3.0", "subgroups"), ("3.0", "plain subgroups"), ("3.0", "alone")]
FEW_JUDGES = [("1.2", "alone"), ("3.0", "subgroups")]  # where it is many files that differ little
CHUNK = 125
RANDOM = 500
# a kernel that asks for subgroups of a size is refused where there are none
SIZED = re.compile(r'error: "subgroups of a given size need cl_intel_required_subgroup_size"')
HEADER = "opencl-c.h"


def clang():
    found = shutil.which("clang-22") or shutil.which("clang")
    if found is None:
        raise Skip("no clang on this machine")
    return found


@functools.cache
def headers():
    done = subprocess.run([clang(), "-print-resource-dir"], capture_output=True, text=True, check=True)
    return pathlib.Path(done.stdout.strip()) / "include"


def judge(env, files, judges):
    """Clang on all files, as each version and with each device."""
    tool, bad = clang(), []
    for version, device in judges:
        result = env.run([tool, "-cc1", *DEVICES[device], "-internal-isystem", headers(), "-x", "cl", f"-cl-std=CL{version}", *FLAGS, *files], expect=None, timeout=240)
        text = result.err.decode(errors="replace")
        errors = [line for line in text.splitlines() if "error:" in line]
        # where one is missing, what it should have defined is, too
        sized = {line.split(":")[0] for line in errors if SIZED.search(line)}
        if sized and device == "subgroups":
            errors.append(f"no subgroups: {sized}")
        errors = [line for line in errors if line.split(":")[0] not in sized]
        if errors or (result.code != 0 and not sized):
            first = re.match(r"([^:]+\.cl):", errors[0]) if errors else None
            bad.append(f"OpenCL C {version} ({device}):\n" + "\n".join(errors[:20] or [text[:2000]])
                       + ("\n" + pathlib.Path(first[1]).read_text()[:6000] if first else ""))
    if bad:
        raise Failure("\n".join(bad))


def check_all(env, sources, variants, judges):
    folder, files = env.folder(), []
    for source in sources:
        for options in variants:
            files.append(folder / f"{source.stem}-{len(files)}.cl")
            env.compile(source, "--verify-each", *options, "-o", files[-1])
    judge(env, files, judges)


def check_versions(env):
    """The versions say the same, but for what they say of themselves."""
    texts = [env.compile("examples/add.vt", f"--target=opencl-c{version}", "-o", "-").out.decode() for version in ("1.2", "2.0", "3.0")]
    for version, text in zip(("1.2", "2.0", "3.0"), texts):
        first, rest = text.split("\n", 1)
        if first != f"// OpenCL C {version}: -cl-std=CL{version}" or rest != texts[0].split("\n", 1)[1]:
            raise Failure(f"{version}:\n{text}")


def cases(env):
    listed = all_sources()
    for start in range(0, len(listed), CHUNK // 4):
        part = listed[start:start + CHUNK // 4]
        yield f"sources {part[0].stem} to {part[-1].stem}", \
            lambda p=part: check_all(env, p, [("-O0",), ("-O2", "-g")], JUDGES)
    yield "versions", lambda: check_versions(env)
    yield "judges reject what is wrong", lambda: check_judges(env)
    yield "every op", lambda: check_ops(env)
    yield "every built-in name", lambda: check_names(env)
    count = 40 if env.args.quick else RANDOM
    for start in range(0, count, CHUNK):
        yield f"random {start}-{min(start + CHUNK, count) - 1}", \
            lambda s=start, n=min(CHUNK, count - start): check_random(env, s, n)


def check_judges(env):
    """Clang looks at every file that it is given: one that is wrong is found between others."""
    folder = env.folder()
    texts = ["kernel void fine(void) {\n}\n", "kernel void wrong(void) {\n    sub_group_shuffled(1);\n}\n", "kernel void last(void) {\n}\n"]
    files = [folder / f"{k}.cl" for k in range(len(texts))]
    for file, text in zip(files, texts):
        file.write_text(text)
    try:
        judge(env, files, JUDGES)
    except Failure as failure:
        if str(failure).count("sub_group_shuffled") < len(JUDGES) or "last" in str(failure):
            raise Failure(f"not found by all: {failure}")
        return
    raise Failure("clang takes a function that is nowhere")


def check_ops(env):
    """As they are, so that no pass folds what is constant; and behind the passes."""
    folder = env.folder()
    texts, without = each_op.modules(each_op.EVERYTHING)
    if without:
        raise Failure(f"no example of {without} (tests/suites/each_op.py)")
    sources = []
    for name, text in texts:
        sources.append(folder / f"{name}.vir")
        sources[-1].write_text(text)
    check_all(env, sources, [("-O0",), ("-O2",)], JUDGES)


def builtin_names():
    """The functions and types of clang's header."""
    texts = [(headers() / name).read_text() for name in (HEADER, "opencl-c-base.h")]
    names = set(re.findall(r"\b([a-zA-Z]\w*)\(", texts[0])) | set(re.findall(r"^typedef .*?(\w+)(?:\s*__attr.*)?;", texts[1], re.M))
    names |= set(re.findall(r"^#define ([A-Za-z]\w*)", "".join(texts), re.M))
    return sorted(name for name in names if "__" not in name and not name.startswith("CLK_AVC_"))


# words of the language cannot be names of a source
WORDS = {"true", "false", "if", "for", "while", "loop", "let", "mut", "const", "kernel", "proc", "form", "give", "match", "case", "else",
         "elif", "break", "continue", "shared", "as", "in", "step", "and", "or", "not", "bool", "use", "pub", "defined", "sizeof"}


def check_names(env):
    """A kernel, then a local, a field, a proc and a specialization constant of each name."""
    names = [name for name in builtin_names() if name not in WORDS]
    if len(names) < 500:
        raise Failure(f"{len(names)} names in {HEADER}")
    folder, sources = env.folder(), []
    texts = {
        "kernels": "".join(f"kernel {name}(out: Buffer<u32>) {{ out[i] = i; }}\n" for name in names),
        "locals": "kernel main(out: Buffer<f32>, x: Buffer<f32x3>) {\n"
                  + "".join(f"    let mut {name} = x[out.len + {k}].x;\n    if {name} > 0.5 {{ {name} = {name} * {name}; out[{k}] = {name}; }}\n"
                            for k, name in enumerate(names)) + "}\n",
        "specs": "".join(f"#[spec({k})] const {name}: u32 = {k};\n" for k, name in enumerate(names + ["x", "xy", "v", "pad_0", "pad", "out_len"]))
                 + "form Pair { a: u32, b: f32x3 }\nkernel main(out: Buffer<u32>, pair: Buffer<Pair>) {\n"
                 + "".join(f"    out[i + {k}] = {name} + pair[i].b.x as u32;\n" for k, name in enumerate(names + ["x", "xy", "v", "pad_0", "pad", "out_len"])) + "}\n",
        "fields": "form Names {\n" + "".join(f"    {name}: u32,\n" for name in names) + "}\n"
                  + "kernel main(out: Buffer<Names>) {\n" + "".join(f"    out[i].{name} = {k};\n" for k, name in enumerate(names)) + "}\n",
        "procs": "".join(f"#[noinline]\nproc {name}(x: u32) -> u32 {{ give x + {k}; }}\n" for k, name in enumerate(names))
                 + "kernel main_(out: Buffer<u32>) {\n"
                 + "".join(f"    out[i + {k}] = {name}(i);\n" for k, name in enumerate(names)) + "}\n",
    }
    for name, text in texts.items():
        sources.append(folder / f"{name}.vt")
        sources[-1].write_text(text)
    check_all(env, sources, [("-O0",), ("-O2",)], FEW_JUDGES)


def check_random(env, start, count):
    """Each at one level, in turn."""
    programs = env.random_programs(start, count)
    for first, level in enumerate(("-O0", "-O2")):
        check_all(env, programs[first::2], [(level,)], FEW_JUDGES)
