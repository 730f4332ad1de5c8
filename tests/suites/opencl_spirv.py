"""OpenCL SPIR-V: what is written is accepted by spirv-val, which the compiler itself asks, and read by the SPIRV-LLVM Translator.

Every file of tests/run, its corpus, the golden files and the examples is compiled at -O0 and -O2; each op on each type it takes
as IR; random programs. One that the target lacks something for is told so by a code. PoCL 6 and rusticl execute tests/run
besides (the suite `run`).
"""
import re
import struct

from . import each_op
from .common import Failure, Skip
from .wgsl import all_sources

CHUNK = 40
QUICK_SHARE = 8  # of quick runs, which sanitizers use: each file takes a process of its own there
RANDOM = 500
CODES = {"E1002", "E1005"}
# lengths of shared arrays that the host sets, sizes of subgroups
LACKING = {"spec", "spec_rows", "spec_workgroup", "subgroup_size_4", "subgroup_size_8", "places", "sum"}
VERSIONS = {"opencl2.1": 0x10000, "opencl2.2": 0x10200, "opencl3.0": 0x10400}


def cases(env):
    listed = all_sources()[::QUICK_SHARE if env.args.quick else 1]
    for start in range(0, len(listed), CHUNK):
        part = listed[start:start + CHUNK]
        for level in ("-O0", "-O2"):
            yield f"sources {part[0].stem} to {part[-1].stem} {level}", lambda p=part, o=level: check_sources(env, p, o)
    yield "versions", lambda: check_versions(env)
    for level in ("-O0", "-O2"):
        yield f"every op {level}", lambda o=level: check_ops(env, o)
    count = 10 if env.args.quick else RANDOM
    for start in range(0, count, CHUNK):
        yield f"random {start}-{min(start + CHUNK, count) - 1}", lambda s=start, n=min(CHUNK, count - start): check_random(env, s, n)
    yield "read by the SPIRV-LLVM Translator", lambda: check_translator(env)


def compile_all(env, sources, *options):
    """The folder of what came out, and {file: codes} of what did not. Each is compiled by itself, in one process."""
    folder = env.folder()
    done = env.compile(*[source.resolve() for source in sources], "--target=opencl", *options, cwd=folder, expect=None, timeout=300)
    if done.code not in (0, 1):
        raise Failure(str(done))
    codes = {}
    for name, code in re.findall(r"^(.*?):\d+:\d+: error\[(\w+)\]", done.err.decode(), re.M):
        codes.setdefault(name.rsplit("/", 1)[-1], set()).add(code)
    for source in sources:
        wrong = codes.get(source.name, set()) - CODES
        if wrong or (source.name not in codes) != (folder / source.with_suffix(".spv").name).exists():
            raise Failure(f"{source}: {wrong or 'neither SPIR-V nor an error'}\n{done}")
    return folder, codes


def check_sources(env, sources, level):
    by_name = {}
    for source in sources:
        by_name.setdefault(source.stem, source)
    _, codes = compile_all(env, list(by_name.values()), level)
    lacking = {name.removesuffix(".vt") for name in codes}
    if lacking - LACKING or (LACKING & set(by_name)) - lacking:
        raise Failure(f"OpenCL SPIR-V lacks something for {lacking}, expected of {LACKING & set(by_name)}")


def check_versions(env):
    """The header has the version, and the same comes out again, whatever the folder."""
    for target, version in VERSIONS.items():
        first = env.compile("examples/sobel.vt", f"--target={target}", "-o", "-").out
        again = env.compile("sobel.vt", f"--target={target}", "-o", "-", cwd="examples").out
        if first != again:
            raise Failure(f"{target}: other bytes from another folder")
        if struct.unpack_from("<2I", first) != (0x07230203, version):
            raise Failure(f"{target}: the header is {first[:8].hex()}")
    text = env.compile("examples/sobel.vt", "--target=llvm-ir", "-o", "-").out.decode()
    for wanted in ("define spir_kernel void @sobel(", "!reqd_work_group_size", "!kernel_arg_name"):
        if wanted not in text:
            raise Failure(f"no `{wanted}` in\n{text}")


def check_ops(env, level):
    """As they are, so that no pass folds what is constant; and behind the passes."""
    folder = env.folder()
    texts, without = each_op.modules(each_op.EVERYTHING)
    texts = list(texts)[::QUICK_SHARE if env.args.quick else 1]
    if without:
        raise Failure(f"no example of {without} (tests/suites/each_op.py)")
    sources = []
    for name, text in texts:
        sources.append(folder / f"{name}.vir")
        sources[-1].write_text(text)
    _, codes = compile_all(env, sources, level)
    if codes:
        raise Failure(f"{codes}")


def check_random(env, start, count):
    sources = env.random_programs(start, count)
    _, codes = compile_all(env, sources, "-O0" if start // CHUNK % 2 else "-O2")
    refused = sorted(name for name, found in codes.items() if "E1002" in found)
    if refused:
        raise Failure(f"LLVM refuses {refused}")


def check_translator(env):
    """Another reader of SPIR-V than LLVM's own writer."""
    tool = env.opencl.get("llvm-spirv")
    if tool is None:
        raise Skip("no llvm-spirv on this machine (tools/test-opencl.sh says why)")
    sources = list({source.stem: source for source in all_sources() if source.stem not in LACKING}.values())[::8]
    folder, _ = compile_all(env, sources, "-O2")
    for source in sources:
        words = folder / source.with_suffix(".spv").name
        env.run(["sh", tool, "-r", words, "-o", folder / "read.bc"])
        if not (folder / "read.bc").read_bytes().startswith(b"BC"):
            raise Failure(f"{source}: nothing came out")
