#!/usr/bin/env python3
"""Runs the tests: python3 tests/run.py --bin build/release [--only SUITE[/NAME]] [--quick] [--bless]

A suite is a module of tests/suites with `cases(env)`: it yields (name, function). The function passes by
returning, fails by raising Failure and is skipped by raising Skip. A failing case prints how to repeat it.
The cases of all suites share the processors: one suite does not wait for the last case of another, but what they say
comes in order. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import resource
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from report import Report  # noqa: E402
from suites.common import Env, Failure, Skip  # noqa: E402

SUITES = ["unit", "golden", "errors", "docs", "language", "cli", "bundle", "hostile", "run", "races", "prints", "lines", "examples", "random",
          "targets", "wgsl", "opencl", "opencl_spirv", "msl", "header", "cmake", "runtime"]


class Clock:
    """Processor time of the tests and what they start. What was used since the last case ended, in whatever thread, counts
    as the case's that ends now: right for a suite but for a case or two at its ends. A process that several cases share
    (common.Server) counts when it ends."""

    def __init__(self):
        self.lock, self.last = threading.Lock(), 0.0

    @staticmethod
    def used():
        return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    def lap(self):
        with self.lock:
            before, self.last = self.last, self.used()
            return self.last - before


class Outcome:
    """What became of a case."""

    def __init__(self, name, function, clock):
        self.name, self.start = name, time.monotonic()
        try:
            function()
            self.result, self.text = "passed", ""
        except Skip as skip:
            self.result, self.text = "skipped", str(skip)
        except Failure as failure:
            self.result, self.text = "failed", str(failure)
        except Exception:  # a mistake in the test itself is a failure, not an end of the run
            self.result, self.text = "failed", traceback.format_exc()
        self.end, self.processor = time.monotonic(), clock.lap()


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
    start = time.monotonic()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failures, skips, report, clock = [], [], Report(), Clock()
    with tempfile.TemporaryDirectory(prefix="vittec-test-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        env = Env(pathlib.Path(args.bin), pathlib.Path(scratch), args)
        begun = []
        for suite in SUITES:
            wanted = [o for o in args.only or [suite] if o.split("/")[0] == suite]
            if wanted:
                begun.append((suite, [pool.submit(Outcome, name, function, clock)
                                      for name, function in importlib.import_module("suites." + suite).cases(env)
                                      if any("/" not in w or w.split("/", 1)[1] in name for w in wanted)]))
        for suite, cases in begun:
            here, outcomes = {"passed": 0, "failed": 0, "skipped": 0}, []
            for case in cases:
                outcome = case.result()
                outcomes.append(outcome)
                here[outcome.result] += 1
                report.note(suite, outcome)
                where = f"{suite}/{outcome.name}"
                if outcome.result == "failed":
                    failures.append(where)
                    print(f"FAIL {where}\n{outcome.text}\n  repeat: python3 tests/run.py --bin {args.bin} "
                          f"--only '{where}'", flush=True)
                elif outcome.result == "skipped":
                    skips.append((where, outcome.text))
            wall = max(o.end for o in outcomes) - min(o.start for o in outcomes) if outcomes else 0
            print(f"{suite:12} {here['passed']:5} passed {here['failed']:3} failed {here['skipped']:3} skipped "
                  f"{wall:6.1f} s {sum(o.processor for o in outcomes):6.1f} s of processor time", flush=True)
            for key in counts:
                counts[key] += here[key]
        env.close()
    print(f"{'all':12} {time.monotonic() - start:44.1f} s {clock.used():6.1f} s of processor time")
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
