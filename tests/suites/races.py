"""Races: tests/races/racy/*.vt have one, tests/races/clean/*.vt have none. Each runs once under --check-races.

    //! run a=1,2,3 out=zeros:3        as in the suite `run`; so are `data`, `file` and `expect`, which clean ones may have
    //! race static                    racy ones: how it must be found. `dynamic`: when it runs; `static`: W0108 when it is
                                       compiled, too
    x[0] = i;                          //~ race

Of each race that is reported, both places are on lines that say `race`; and each such line is a place of a race that is reported.
Of a clean one nothing is reported. The places of a W0108 are on such lines, too; of a race that is `dynamic` there is none.
"""
import json
import pathlib
import re

from .common import Failure
from .run import compare, prepare, read_steps

FOLDER = pathlib.Path("tests/races")


def cases(env):
    for path in sorted(FOLDER.glob("racy/*.vt")):
        yield f"racy/{path.stem}", lambda path=path: check_racy(env, path)
    for path in sorted(FOLDER.glob("clean/*.vt")):
        yield f"clean/{path.stem}", lambda path=path: check_clean(env, path)
    yield "thirty of each", check_counts


def check_counts():
    for kind in ("racy", "clean"):
        count = len(list(FOLDER.glob(f"{kind}/*.vt")))
        if count < 30:
            raise Failure(f"only {count} {kind} kernels")


def run(env, source, step):
    """What the run reports, and the folder of its files."""
    folder, arguments = prepare(env, source, step)
    result = env.compile("run", source, "--device=interp", "--check-races", "--diagnostics=json", "--max-errors=1000",
                         *arguments, expect=None)
    found = [json.loads(line) for line in result.err.decode().splitlines()]
    return [item for item in found if item["severity"] == "error"], folder, result


def warned(env, source):
    """What `check` has to say."""
    result = env.compile("check", source, "--diagnostics=json")
    return [json.loads(line) for line in result.err.decode().splitlines()], result


def places(item):
    return [place["line"] for place in [item["place"], *[note["place"] for note in item["notes"]]] if place]


def check_racy(env, source):
    text = source.read_text()
    how = re.search(r"^//! race (static|dynamic)$", text, re.M)
    if not how:
        raise Failure(f"{source} does not say how its race must be found")
    marked = {n for n, line in enumerate(text.split("\n"), 1) if "//~ race" in line}
    items, result = warned(env, source)
    lines = {line for item in items for line in places(item)}
    if how[1] == "static" and not lines or not lines <= marked or any(item["code"] != "W0108" for item in items):
        raise Failure(f"{source}: warnings of lines {sorted(lines)}, where races are on {sorted(marked)}\n{result}")
    for step in read_steps(source):
        found, _, result = run(env, source, step)
        if result.code != 1:
            raise Failure(f"no race was found\n{result}")
        other = [item["code"] for item in found if item["code"] != "E1101"]
        if other:
            raise Failure(f"something else was found: {other}\n{result}")
        lines = {line for item in found for line in places(item)}
        if lines != marked:
            raise Failure(f"{source}: races on lines {sorted(lines)}, not {sorted(marked)}\n{result}")


def check_clean(env, source):
    steps = read_steps(source)
    if not steps:
        raise Failure(f"{source} has no `//! run` line")
    items, result = warned(env, source)
    if items:
        raise Failure(f"a clean kernel is warned of\n{result}")
    for step in steps:
        found, folder, result = run(env, source, step)
        if result.code != 0 or found:
            raise Failure(f"a clean kernel is reported\n{result}")
        if not step.expects:
            raise Failure(f"{source}: a run without `expect`")
        compare(source, step, folder, "the interpreter")
