"""Diagnostics: every line of tests/errors/*.vt says in a comment what is reported there.

    let x: u32 = 1.5;   //~ E0301
                        //~^ E0301      one line up for each ^
    a b c               //~ E0108 E0201

Exactly these (line, code) pairs must be reported. `//~ none` in a file says that it is clean. A first line
`// options: …` gives options. Every code of ir/base/diag.def must occur in some file, or be listed in ELSEWHERE
with the suite that covers it.
"""
import json
import pathlib
import re

from .common import Failure, sources

ELSEWHERE = {
    "E0001": "hostile", "E0002": "hostile", "E0003": "cli", "E0004": "cli", "E0005": "cli", "E0101": "hostile",
    "E0602": "hostile", "E0603": "hostile", "E0801": "unit", "E0802": "unit", "E0803": "unit", "E0804": "unit",
}


def expected(text):
    want = []
    for number, line in enumerate(text.splitlines(), 1):
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


def check(env, source):
    text = source.read_text()
    options = re.findall(r"^// options: (.*)$", text, re.M)
    want = expected(text)
    if not want and "//~ none" not in text:
        raise Failure(f"{source} expects nothing: mark what it should report, or `//~ none`")
    result = env.compile("check", source, "--diagnostics=json", "--max-errors=100",
                         *(options[0].split() if options else []), expect=None)
    got, has_error = [], False
    for line in result.err.decode().splitlines():
        item = json.loads(line)
        got.append((item["place"]["line"] if item["place"] else 0, item["code"]))
        has_error |= item["severity"] == "error"
    if sorted(got) != want:
        missing = [f"{source}:{n}: {c} expected" for n, c in want if (n, c) not in got]
        extra = [f"{source}:{n}: {c} not expected" for n, c in got if (n, c) not in want]
        raise Failure("\n".join(missing + extra) + f"\n{result}")
    if result.code != (1 if has_error else 0):
        raise Failure(f"exit status {result.code}\n{result}")


def check_complete(env):
    seen = {code for source in sources("errors") for _, code in expected(source.read_text())}
    codes = table_codes()
    missing = [code for code in codes if code not in seen and code not in ELSEWHERE]
    if missing or len(set(codes)) != len(codes):
        raise Failure("codes without a test: " + " ".join(missing))
