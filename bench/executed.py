"""Checks of bounds that are executed: a part of bench/codegen.py.

The reference interpreter runs every `//! run` line of tests/run/corpus on the code of each level and counts (`--remarks`) the accesses by
an index that may be outside, as far as the access alone says, and the checks that were made for them.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from suites import run as tests  # noqa: E402  what the lines mean

TALLY = re.compile(r"kernel `(\w+)`: (\d+) checks of bounds were executed for (\d+) accesses")


class Folders:
    """What tests.prepare wants of the tests' own environment."""

    def __init__(self, folder):
        self.root = folder

    def folder(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.root))


def of_source(bin_dir, folder, path, levels):
    """{kernel: {level: (checks, accesses)}}, all runs together."""
    counts = {}
    for step in tests.read_steps(path):
        _, arguments = tests.prepare(Folders(folder), path, step)
        for level in levels:
            command = [bin_dir / "vittec-gpu", "run", path, "--device=interp", "--remarks", level, *arguments]
            done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
            told = TALLY.search(done.stderr)
            if done.returncode != 0 or not told:
                sys.exit(f"this failed: {' '.join(map(str, command))}\n{done.stderr}")
            before = counts.setdefault(told[1], {}).get(level, (0, 0))
            counts[told[1]][level] = (before[0] + int(told[2]), before[1] + int(told[3]))
    return counts


def of_corpus(bin_dir, folder, levels, pool):
    """{(source, kernel): {level: (checks, accesses)}}"""
    sources = sorted((ROOT / "tests/run/corpus").glob("*.vt"))
    counts = pool.map(lambda path: (path.stem, of_source(bin_dir, folder, path, levels)), sources)
    return {(stem, kernel): levels for stem, kernels in counts for kernel, levels in kernels.items()}


def share(count):
    checks, accesses = count
    return checks / accesses if accesses else 0
