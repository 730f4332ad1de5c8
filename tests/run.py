#!/usr/bin/env python3
"""Runs the tests: python3 tests/run.py --bin build/release [--only SUITE[/NAME]] [--quick] [--bless]

A suite is a module of tests/suites with `cases(env)`: it yields (name, function). The function passes by
returning, fails by raising Failure and is skipped by raising Skip. A failing case prints how to repeat it.
The last line is `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from report import Report  # noqa: E402
from suites.common import Env, Failure, Skip  # noqa: E402

SUITES = ["unit", "golden", "errors", "docs", "language", "cli", "bundle", "hostile", "run", "races", "prints", "examples", "random",
          "targets", "wgsl", "opencl", "opencl_spirv", "msl", "header", "cmake", "runtime"]


def run_case(case):
    name, function = case
    start = time.monotonic()
    try:
        function()
        result, text = "passed", ""
    except Skip as skip:
        result, text = "skipped", str(skip)
    except Failure as failure:
        result, text = "failed", str(failure)
    except Exception:  # a mistake in the test itself is a failure, not an end of the run
        result, text = "failed", traceback.format_exc()
    return name, result, text, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release", help="folder of the built programs")
    parser.add_argument("--only", action="append", help="SUITE or SUITE/NAME (a part of it); may repeat")
    parser.add_argument("--quick", action="store_true", help="fewer devices and random programs")
    parser.add_argument("--bless", action="store_true", help="rewrite golden files; the diff is the review")
    parser.add_argument("--random", type=int, default=2000, help="random programs (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first random program")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    os.chdir(ROOT)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failures, skips, report = [], [], Report()
    with tempfile.TemporaryDirectory(prefix="vittec-test-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        env = Env(pathlib.Path(args.bin), pathlib.Path(scratch), args)
        for suite in SUITES:
            wanted = [o for o in args.only or [suite] if o.split("/")[0] == suite]
            if not wanted:
                continue
            start = time.monotonic()
            cases = [(name, function) for name, function in importlib.import_module("suites." + suite).cases(env)
                     if any("/" not in w or w.split("/", 1)[1] in name for w in wanted)]
            here = {"passed": 0, "failed": 0, "skipped": 0}
            for name, result, text, seconds in pool.map(run_case, cases):
                here[result] += 1
                report.note(suite, name, result, text, seconds)
                if result == "failed":
                    failures.append(suite + "/" + name)
                    print(f"FAIL {suite}/{name}\n{text}\n  repeat: python3 tests/run.py --bin {args.bin} "
                          f"--only '{suite}/{name}'", flush=True)
                elif result == "skipped":
                    skips.append((suite + "/" + name, text))
            print(f"{suite:10} {here['passed']:5} passed {here['failed']:3} failed {here['skipped']:3} skipped "
                  f"{time.monotonic() - start:6.1f} s", flush=True)
            for key in counts:
                counts[key] += here[key]
    for name, why in skips:
        print(f"SKIP {name}: {why}")
    report.print()
    report.write(pathlib.Path(args.bin).parent, whole=not args.only and not args.quick)
    if failures:
        print("failed: " + " ".join(failures))
    if sum(counts.values()) == 0:
        print("no test ran", file=sys.stderr)
        return 1
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
