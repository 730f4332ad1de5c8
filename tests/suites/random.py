"""Random programs on the interpreter and on devices (tests/tools/stress.c), and what they are made of (tests/generator/features.py).

Every program runs on the interpreter at the front end's IR, at -O0 and at -O3, and its SPIR-V is validated, beside the first device
that it runs on. Devices share the programs, as SHARES says: SwiftShader takes all that it can run, the others a part each, at one
level in turn. What takes OpenCL SPIR-V or LLVM IR does so besides. tests/known-driver-bugs lists the programs that a driver is shown
to get wrong.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from generator.features import FEATURES  # noqa: E402
from generator.program import Program  # noqa: E402
from generator.types import kind_of  # noqa: E402

from .common import Env, Failure, Skip, known_bugs  # noqa: E402

CHUNK = 25
FEATURE_PROGRAMS = 200

# Which device takes the first, second … of the programs of odd seeds, all of which SwiftShader takes besides, and of even ones; None:
# the interpreter and spirv-val alone.
SHARES = {
    "odd": [None, "dawn-swiftshader", "pocl", "dawn-swiftshader", None, "dawn-swiftshader", None, "dawn-swiftshader", "mesa25",
            "dawn-swiftshader", "pocl", "dawn-swiftshader", None, "dawn-mesa25", None, "dawn-swiftshader"],
    "even": ["lavapipe", "pocl", None, "mesa25", "lavapipe", "pocl", None, "pocl"],
}
# OpenCL SPIR-V lacks arrays in shared memory whose length the host sets
SPEC_LENGTH = re.compile(r"^ *(?:#\[uninitialized\] )?shared .*; BLOCK\]", re.M)
BESIDES = {"rusticl": 520, "llvm-jit": 500, "pocl6": 50}  # how many of them
LEAST = 500  # programs of the first 2,000 that are executed for each target; MSL has its own (suites/msl.py)
# of the other devices it is Vulkan
TARGETS = {"pocl": "OpenCL C", "dawn-swiftshader": "WGSL", "dawn-mesa25": "WGSL", "rusticl": "OpenCL SPIR-V", "pocl6": "OpenCL SPIR-V",
           "llvm-jit": "LLVM IR"}
# Drivers on LLVM take most of their time to optimise. What comes at -O0 from us is left as it is there, too; the suite `run` has them
# optimise.
MESA, POCL = {"GALLIVM_PERF": "nopt"}, {"POCL_EXTRA_BUILD_FLAGS": "-cl-opt-disable"}
UNOPTIMISED = {("lavapipe", "0"): MESA, ("mesa25", "0"): MESA, ("rusticl", "0"): MESA, ("rusticl", "3"): MESA, ("pocl", "0"): POCL, ("pocl", "3"): POCL}


def plan(folder, seeds):
    """{(device, levels, passes): seeds}; passes: this is where the program's passes are looked at, once."""
    jobs, done = {}, set()

    def add(device, seed, level):
        jobs.setdefault((device, level, seed not in done), []).append(seed)
        done.add(seed)

    for seed in seeds:
        kind, turn = kind_of(seed), "03"[seed // 2 % 2]
        if kind == "plain":
            add("swiftshader", seed, turn)
        share = SHARES["odd" if seed % 2 else "even"]
        device = share[seed // 2 % len(share)]
        if device == "pocl" and kind == "half":  # it has no f16
            device = "lavapipe"
        if device:
            add(device, seed, "03"[seed // 2 // len(share) % 2])
    fit = [seed for seed in seeds if not SPEC_LENGTH.search((folder / f"{seed}.vt").read_text())]
    for device, count in BESIDES.items():
        own = [seed for seed in fit if device != "pocl6" or kind_of(seed) != "half"]
        for number, seed in enumerate(own[:count]):
            add(device, seed, "03"[number % 2])
    for seed in set(seeds) - done:
        add("none", seed, "03")
    return jobs


def cases(env):
    yield "what they are made of", lambda: check_features(env)
    count = 40 if env.args.quick else env.args.random
    folder = env.folder()
    subprocess.run([sys.executable, "tests/generate.py", "--seed", str(env.args.seed), "--count", str(count),
                    "--out", str(folder)], check=True)
    seeds = range(env.args.seed, env.args.seed + count)
    jobs = {("lavapipe", "03", True): seeds} if env.args.quick else plan(folder, seeds)
    if count >= 2000:
        yield "enough for each target", lambda: check_plan(jobs)
    for (device, levels, passes), seeds in sorted(jobs.items()):
        for start in range(0, len(seeds), CHUNK):
            chunk = seeds[start:start + CHUNK]
            yield f"{device} -O{' -O'.join(levels)} {chunk[0]}-{chunk[-1]}{'' if passes else ' again'}", \
                lambda c=chunk, d=device, l=levels, p=passes: check(env, folder, c, d, l, p)


def check_plan(jobs):
    programs = {}
    for (device, _, _), seeds in jobs.items():
        programs.setdefault(TARGETS.get(device, "Vulkan"), set()).update(seeds)
    counts = {target: len(seeds) for target, seeds in programs.items()}
    if len(counts) != 5 or min(counts.values()) < LEAST:
        raise Failure(f"{counts}, not {LEAST} for each target")


def check_features(env):
    texts = [Program(seed).make() for seed in range(env.args.seed, env.args.seed + FEATURE_PROGRAMS)]
    rare = []
    for name, pattern, least in FEATURES:
        count = sum(re.search(pattern, text, re.M) is not None for text in texts)
        if count < least:
            rare.append(f"{name}: in {count} of {len(texts)} programs, not in {least}")
    lengths = [text.count("\n") for text in texts]
    fit = sum(20 <= length <= 120 for length in lengths)
    if fit < 0.8 * len(texts):
        rare.append(f"only {fit} of {len(texts)} programs have 20 to 120 lines")
    if rare:
        raise Failure("\n".join(rare))


def run_stress(env, driver, levels, passes, files):
    """What is wrong with which seed, all that was printed, and why there is no such device, or None."""
    missing, bad, whole = None, {}, ""
    known, twice = known_bugs(driver), set()
    environment, options = {}, ["--device=none"]
    try:
        if driver != "none":
            environment, options = {**env.device(driver), **UNOPTIMISED.get((driver, levels), {})}, env.device_options(driver)
    except Skip as skip:
        if not passes:
            raise
        missing = skip  # the interpreter and spirv-val can still judge
    options += [f"--levels={levels}", *([] if passes else ["--passes=no"])]
    while files:
        result = env.run([env.bin / "tests/stress", *options, *files], expect=None, env=environment, timeout=1800, may_crash=True)
        out = (result.out + result.err).decode(errors="replace")
        whole += out
        if result.code == 77:
            return {}, whole, Skip(out.strip())
        bad.update({int(seed): line for line in out.splitlines()
                    for seed in re.findall(r"^(?:DIFFERS|FAILED) \S*?(\d+)\.vt", line)})
        if result.code in (0, 1) and f"{len(files)} programs, " in out:
            break
        begun = out.count("PROGRAM ")
        if result.code >= 0 or begun == 0:
            raise Failure(str(result))
        # a driver that crashes takes the process with it
        died = files[begun - 1]
        if "sometimes" in known and died.stem not in known and died not in twice:
            twice.add(died)
            files = files[begun - 1:]
            continue
        bad[int(died.stem)] = f"CRASHED {died}: {driver} {result}"
        files = files[begun:]
    return bad, whole, missing


def check(env, folder, seeds, driver, levels, passes):
    bad, out, missing = run_stress(env, driver, levels, passes, [folder / f"{seed}.vt" for seed in seeds])
    known = {int(seed) for seed in known_bugs(driver) if seed.isdigit()}
    new = {seed: line for seed, line in bad.items() if seed not in known}
    if new:
        raise Failure("\n".join(new.values()) + f"\n  one of them: python3 tests/generate.py --seed {min(new)}")
    if missing:
        raise missing
    if out.count("SKIPPED ") == len(levels) * len(seeds):
        raise Skip(re.search("^SKIPPED .*", out, re.M)[0])
