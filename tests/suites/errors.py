"""Diagnostics: every line of tests/errors/*.vt says in a comment what is reported there.

    let x: u32 = 1.5;   //~ E0301
                        //~^ E0301      one line up for each ^
    a b c               //~ E0108 E0201

Exactly these (line, code) pairs must be reported; what has no place in the file counts for line 0. `//~ none` in a
file says that it is clean. A line `// options: …` gives options, `// command: compile` compiles instead of checking,
`// command: bundle` makes a bundle.
Every code of ir/base/diag.def must occur in some file, or be listed in ELSEWHERE with the file that tests it.
"""
import json
import pathlib
import re

from .common import Failure, sources

# what no source text alone can show, sizes beyond reason and the text form of the IR: the file that tests it, and the
# name that stands there
ELSEWHERE = {
    "E0001": ("tests/suites/hostile.py", "E0001"), "E0002": ("tests/suites/hostile.py", "little_memory"),
    "E0222": ("tests/suites/cli.py", "E0222"),
    "E0602": ("tests/suites/hostile.py", "E0602"), "E0603": ("tests/suites/hostile.py", "E0603"),
    "E0801": ("tests/unit/test_verify.c", "E0801"), "E0802": ("tests/unit/test_verify.c", "E0802"),
    "E0803": ("tests/unit/test_verify.c", "E0803"), "E0804": ("tests/unit/test_verify.c", "E0804"),
    "E1001": ("tests/suites/hostile.py", "E1001"),
}


def read(source):
    return source.read_bytes().decode(errors="replace").replace("\r\n", "\n")


def expected(text):
    want = []
    for number, line in enumerate(text.split("\n"), 1):
        for mark, codes in re.findall(r"//~(\^*)((?: +[EW]\d{4})+)", line):
            want += [(number - len(mark), code) for code in codes.split()]
    return sorted(want)


def table_codes():
    text = pathlib.Path("ir/base/diag.def").read_text()
    return re.findall(r'^(?:ERROR|WARN)\("([EW]\d{4})"', text, re.M)


def cases(env):
    for source in sources("errors"):
        yield source.stem, lambda source=source: check(env, source)
    yield "every code has a test", lambda: check_complete(env)


def reported(env, source, text):
    """What the compiler says of a file: its (line, code) pairs, and the whole result."""
    options = [o for line in re.findall(r"^// options: (.*)$", text, re.M) for o in line.split()]
    command = re.findall(r"^// command: (\w+)$", text, re.M) or ["check"]
    if command[0] in ("compile", "bundle"):
        options += ["-o", env.folder() / ("out.vgpu" if command[0] == "bundle" else "out.spv")]
        command = ["compile"]
    result = env.compile(command[0], source, "--diagnostics=json", "--max-errors=1000", *options, expect=None)
    got, has_error = [], False
    for line in result.err.decode().splitlines():
        item = json.loads(line)
        place = item["place"]
        got.append((place["line"] if place and place["file"] == str(source) else 0, item["code"]))
        has_error |= item["severity"] == "error"
    if result.code != (1 if has_error else 0):
        raise Failure(f"exit status {result.code}\n{result}")
    return sorted(got), result


def check(env, source):
    text = read(source)
    want = expected(text)
    if not want and "//~ none" not in text:
        raise Failure(f"{source} expects nothing: mark what it should report, or `//~ none`")
    got, result = reported(env, source, text)
    if got != want:
        missing = [f"{source}:{n}: {c} expected" for n, c in want if want.count((n, c)) > got.count((n, c))]
        extra = [f"{source}:{n}: {c} not expected" for n, c in got if got.count((n, c)) > want.count((n, c))]
        raise Failure("\n".join(missing + extra) + f"\n{result}")


def check_complete(env):
    seen = {code for source in sources("errors") for _, code in expected(read(source))}
    codes = table_codes()
    if len(set(codes)) != len(codes):
        raise Failure("a code stands twice in ir/base/diag.def")
    missing = [code for code in codes if code not in seen and code not in ELSEWHERE]
    if missing:
        raise Failure("codes without a test: " + " ".join(missing))
    for code, (path, name) in ELSEWHERE.items():
        if code not in codes or name not in pathlib.Path(path).read_text():
            raise Failure(f"{code} has no test in {path}")
