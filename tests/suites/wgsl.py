"""WGSL: what is printed is accepted by the validators of the two implementations, Tint and naga.

Every file of tests/run, its corpus and the examples is compiled at -O0 and -O2, with -g, and with --bounds=trust. Where a
kernel of a file needs what WGSL lacks (E1002), the kernels are compiled one by one, and LACKING says which ones those are:
a kernel more or less is a failure.
"""
import functools
import json
import pathlib
import re
import subprocess
import threading

from . import each_op
from .common import Failure, Skip

VARIANTS = [("-O0",), ("-O2",), ("-O2", "-g"), ("-O2", "--bounds=trust")]
WITHOUT_SUBGROUPS = ("-O2", "--target=wgsl+no-subgroups")
CHUNK = 125
RANDOM = 500

# what naga 30 does not take yet: `enable subgroups`, and two f16 as the bits of a u32
NAGA_LACKS = re.compile("extension is not yet supported|cannot convert elements of `vec[24]<u16>`"
                        r"|invalid field accessor `x`[^^]*bitcast<vec2<f16>>")


class Validators:
    """Compiles and validates everything once, in one process of node: its start takes longer than a file."""

    def __init__(self, env):
        self.env, self.lock = env, threading.Lock()

    @functools.cached_property
    def found(self):
        listed = subprocess.run(["sh", "tools/test-wgsl.sh"], capture_output=True, text=True, timeout=1800)
        return dict(line.split(None, 1) for line in listed.stdout.splitlines())

    def need(self, name):
        with self.lock:
            if name not in self.found:
                raise Skip(f"no {name} on this machine (tools/test-wgsl.sh says why)")
            return self.found[name]

    def tint(self, files):
        """{file: errors}"""
        tool = self.need("tint")
        listed = "".join(f"{file}\n" for file in files).encode()
        done = self.env.run(["node", "tests/tools/wgsl_check.mjs", tool], stdin=listed, timeout=240)
        results = [json.loads(line) for line in done.out.decode().splitlines()]
        if [item["file"] for item in results] != [str(file) for file in files]:
            raise Failure(f"tint judged {len(results)} of {len(files)} files\n{done}")
        return {item["file"]: item["errors"] for item in results}

    def naga(self, file):
        done = self.env.run([self.need("naga"), file], expect=None)
        text = (done.out + done.err).decode(errors="replace")
        return [] if done.code == 0 or NAGA_LACKS.search(text) else [re.sub(r"\x1b\[[0-9;]*m", "", text)]


def all_sources():
    folders = ["tests/run", "tests/golden", "examples"]
    return sorted(path for folder in folders for path in pathlib.Path(folder).rglob("*.vt")
                  if "kernel" in path.read_text(errors="replace") and path.parent.name != "lib" and not path.stem.startswith("errors_"))


def kernels_of(source):
    text = re.sub(r"//.*", "", source.read_text(errors="replace"))
    return re.findall(r"\bkernel\s+(\w+)\s*\(", text)


def codes_of(result):
    return sorted(set(re.findall(r"error\[(E\d{4})\]", result.err.decode(errors="replace"))))


def printed(env, source, options, where):
    """The files that `source` becomes, and its kernels that WGSL lacks something for."""
    def compiled(*more):
        out = where / f"{source.stem}-{len(list(where.iterdir()))}.wgsl"
        result = env.compile(source, "--verify-each", *options, *more, "-o", out, expect=None)
        if result.code == 0:
            return [out]
        if result.code != 1 or codes_of(result) != ["E1002"]:
            raise Failure(str(result))
        return []

    files = compiled()
    if files:
        return files, []
    lacking = []
    for kernel in kernels_of(source):
        one = compiled("--entry", kernel)
        files += one
        lacking += [] if one else [kernel]
    return files, lacking


def cases(env):
    validators = Validators(env)
    for source in all_sources():
        yield str(source.relative_to("tests/run") if source.is_relative_to("tests/run") else source).removesuffix(".vt"), \
            lambda s=source: check(env, validators, s)
    yield "every op", lambda: check_ops(env, validators)
    yield "uniformity", lambda: check_uniformity(env, validators)
    count = 40 if env.args.quick else RANDOM
    for start in range(0, count, CHUNK):
        yield f"random {start}-{min(start + CHUNK, count) - 1}", \
            lambda s=start, n=min(CHUNK, count - start): check_random(env, validators, s, n)


def check_uniformity(env, validators):
    """Tint accepts and rejects what our analysis does, on each case of tests/unit/uniformity_cases.def."""
    listed = env.run([env.bin / "tests/test_uniformity", "wgsl"]).out
    env.run(["node", "tests/tools/tint.mjs", validators.need("tint")], stdin=listed, timeout=240)


def judge(validators, files):
    """Tint and naga on all files; a Skip if neither is there."""
    bad, missing = [], []
    try:
        bad += [f"tint: {file}:{error}" for file, errors in validators.tint(files).items() for error in errors]
    except Skip as skip:
        missing.append(str(skip))
    try:
        bad += [f"naga: {file}: {error}" for file in files for error in validators.naga(file)]
    except Skip as skip:
        missing.append(str(skip))
    if bad:
        raise Failure("\n".join(bad[:20]) + "\n" + pathlib.Path(re.match(r"\w+: ([^:]+)", bad[0])[1]).read_text()[:6000])
    if missing:
        raise Skip("; ".join(missing))


def check(env, validators, source):
    folder, files = env.folder(), []
    uses = re.search(r"\bsubgroup_|\blane\b", source.read_text(errors="replace"))
    for options in VARIANTS + [WITHOUT_SUBGROUPS] * bool(uses):
        more, lacking = printed(env, source, options, folder)
        expected = sorted(lacking_kernels().get(str(source), []))
        if sorted(lacking) != expected:
            raise Failure(f"{source} {' '.join(options)}: WGSL lacks something for {sorted(lacking)}, not for {expected}")
        for file in more if options == WITHOUT_SUBGROUPS else []:
            if re.search(r"subgroup[A-Z]|builtin\(subgroup|enable subgroups", file.read_text()):
                raise Failure(f"{source}: subgroups are left\n{file.read_text()}")
        files += more
    if files:
        judge(validators, files)


def lacking_kernels():
    rows = [line.split() for line in pathlib.Path("tests/wgsl-lacks").read_text().splitlines()
            if line and not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}


def check_ops(env, validators):
    """As they are, so that no pass folds what is constant."""
    folder, files = env.folder(), []
    texts, without = each_op.modules(each_op.WGSL)
    if without:
        raise Failure(f"no example of {without} (tests/suites/each_op.py)")
    for name, text in texts:
        source, out = folder / f"{name}.vir", folder / f"{name}.wgsl"
        source.write_text(text)
        env.compile(source, "-O0", "-o", out)
        files.append(out)
    judge(validators, files)


def check_random(env, validators, start, count):
    """Programs of odd seeds: those of even ones have integers that WGSL lacks. Each at one level, in turn."""
    files = []
    for number, source in enumerate(env.random_programs(start, count, odd=True)):
        files.append(source.with_suffix(".wgsl"))
        env.compile(source, ("-O0", "-O2")[number % 2], "-o", files[-1])
    judge(validators, files)
