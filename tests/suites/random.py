"""Random programs on the interpreter and on every Vulkan driver (tests/tools/stress.c).

tests/known-driver-bugs lists the programs that a driver is shown to get wrong.
"""
import re
import subprocess
import sys

from .common import Env, Failure, Skip, known_bugs

CHUNK = 50


def cases(env):
    count = 40 if env.args.quick else env.args.random
    folder = env.folder()
    subprocess.run([sys.executable, "tests/generate.py", "--seed", str(env.args.seed), "--count", str(count),
                    "--out", str(folder)], check=True)
    seeds = range(env.args.seed, env.args.seed + count)
    for driver in (Env.KNOWN_DEVICES[:1] if env.args.quick else Env.KNOWN_DEVICES):
        for kind in (seeds[0::2], seeds[1::2]):  # of one signature each: tests/generate.py
            for start in range(0, len(kind), CHUNK):
                chunk = kind[start:start + CHUNK]
                yield f"{driver} {'widths' if chunk[0] % 2 == 0 else '32 bits'} {chunk[0]}-{chunk[-1]}", \
                    lambda f=folder, c=chunk, d=driver: check(env, f, c, d)


def check(env, folder, seeds, driver):
    try:
        environment, option = env.device(driver), "--device"
    except Skip:
        if driver != Env.KNOWN_DEVICES[0]:
            raise
        environment, option = {}, "--no-device"  # the interpreter and spirv-val can still judge
    files = [folder / f"{seed}.vt" for seed in seeds]
    result = env.run([env.bin / "tests/stress", option, *files], expect=None, env=environment, timeout=900)
    out = result.out.decode(errors="replace")
    if result.code == 77:
        raise Skip(out.strip())
    bad = {int(seed): line for line in out.splitlines()
           for seed in re.findall(r"^(?:DIFFERS|FAILED) \S*?(\d+)\.vt", line)}
    known = {int(seed) for seed in known_bugs(driver) if seed.isdigit()}
    new = {seed: line for seed, line in bad.items() if seed not in known}
    if new:
        raise Failure("\n".join(new.values()) + f"\n{out[-3000:]}\n  one of them: python3 tests/generate.py --seed "
                      f"{min(new)}")
    if out.count("SKIPPED ") == 2 * len(seeds):  # at both levels
        raise Skip(re.search("^SKIPPED .*", out, re.M)[0])
    if result.code not in (0, 1) or f"{len(seeds)} programs, " not in out:
        raise Failure(str(result))
