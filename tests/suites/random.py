"""Random programs on the interpreter and on devices (tests/tools/stress.c), and what they are made of (tests/generator/features.py).

Every program runs on the interpreter at the front end's IR, at -O0 and at -O3, and its SPIR-V is validated. Devices share the
programs, as SHARES says: SwiftShader, which is quick, takes all that it can run at both levels, the others one level of a
part each. tests/known-driver-bugs lists the programs that a driver is shown to get wrong.
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

# Which device takes the first, second … of the programs of odd seeds, all of which SwiftShader takes besides, and of even ones.
SHARES = {
    "odd": ["lavapipe", "dawn-swiftshader", "pocl", "dawn-swiftshader", "lavapipe", None, "lavapipe", "dawn-swiftshader", "mesa25",
            None, "lavapipe", "dawn-swiftshader", "pocl", "dawn-mesa25", "lavapipe", None],
    "even": ["lavapipe", "pocl", "lavapipe", "mesa25", "lavapipe", "pocl", "lavapipe", "lavapipe"],
}


def plan(seeds):
    """{(device, levels): seeds}"""
    jobs = {}
    for seed in seeds:
        kind = kind_of(seed)
        if kind == "plain":
            jobs.setdefault(("swiftshader", "03"), []).append(seed)
        share = SHARES["odd" if seed % 2 else "even"]
        device = share[seed // 2 % len(share)]
        if device == "pocl" and kind == "half":  # it has no f16
            device = "lavapipe"
        if device:
            jobs.setdefault((device, "03"[seed // 2 // len(share) % 2]), []).append(seed)
    return jobs


def cases(env):
    yield "what they are made of", lambda: check_features(env)
    count = 40 if env.args.quick else env.args.random
    folder = env.folder()
    subprocess.run([sys.executable, "tests/generate.py", "--seed", str(env.args.seed), "--count", str(count),
                    "--out", str(folder)], check=True)
    jobs = plan(range(env.args.seed, env.args.seed + count))
    for (device, levels), seeds in sorted(jobs.items()):
        for start in range(0, len(seeds), CHUNK):
            chunk = seeds[start:start + CHUNK]
            yield f"{device} -O{' -O'.join(levels)} {chunk[0]}-{chunk[-1]}", \
                lambda c=chunk, d=device, l=levels: check(env, folder, c, d, l)


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


def check(env, folder, seeds, driver, levels):
    known = {int(seed) for seed in known_bugs(driver) if seed.isdigit()}
    missing = None
    try:
        environment, option = env.device(driver), env.OTHER_DEVICES.get(driver, ("vulkan",))[0]
    except Skip as skip:
        environment, option, missing = {}, "none", skip  # the interpreter and spirv-val can still judge
    files = [folder / f"{seed}.vt" for seed in seeds if missing or seed not in known]
    result = env.run([env.bin / "tests/stress", f"--device={option}", f"--levels={levels}", *files], expect=None,
                     env=environment, timeout=900)
    out = result.out.decode(errors="replace")
    if result.code == 77:
        raise Skip(out.strip())
    bad = {int(seed): line for line in out.splitlines()
           for seed in re.findall(r"^(?:DIFFERS|FAILED) \S*?(\d+)\.vt", line)}
    if bad:
        raise Failure("\n".join(bad.values()) + f"\n{out[-3000:]}\n  one of them: python3 tests/generate.py --seed "
                      f"{min(bad)}")
    if result.code != 0 or f"{len(files)} programs, 0 failed" not in out:
        raise Failure(str(result))
    if missing:
        raise missing
    if files and out.count("SKIPPED ") == len(levels) * len(files):
        raise Skip(re.search("^SKIPPED .*", out, re.M)[0])
