"""tests/language.md: every rule of the language has a test, and every name of the compiler's tables a row.

A row is `| section | what is promised | tests |`. A test is KIND/NAME: a file tests/run/NAME.vt, tests/errors/NAME.vt …, a program
tests/unit/NAME.c, or a case of the suites `cli`, `hostile` and `docs`. What stands in `backticks` in the second column occurs in the
code of at least one of the row's sources.
"""
import importlib
import pathlib
import re

from .common import Failure

TABLE = pathlib.Path("tests/language.md")
SECTIONS = ["1", "2", "3", "4", "5", "6", "7", *(f"8.{n}" for n in range(1, 10)), "10"]
EXECUTED = {*SECTIONS} - {"10"}  # where an accepted or refused source is not enough: something has to run
SOURCES = {"run": ".vt", "errors": ".vt", "golden": ".vt", "parse": ".vt", "unit": ".c"}

# What the compiler knows by name, and the sections whose rows have to show it; a fourth part says how.
NAMES = [
    ("frontend/lexer.re", r'"(\w+)" +\{ WORD\((?!RESERVED)', ("2", "3", "4", "5")),
    ("frontend/check_attribute.c", r'^    \{"(\w+)", ON_', ("3",)),
    ("frontend/builtin.def", r"^(?:BUILTIN|EXPANDED)\( *(\w+)", ("7",)),
    ("frontend/builtin.def", r"^METHOD\( *(\w+)", ("7",), ".{}("),
    ("ir/builtin_values.def", r'^BUILTIN_VALUE\(\w+, "(\w+)"', ("6",)),
    ("ir/base/diag.def", r'^WARN\("W\d+", \w+, (\w+)', ("10",)),
]


class Row:
    def __init__(self, line, number):
        self.number = number
        self.section, self.what, tests = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:4])
        self.tests = [test.strip() for test in tests.split(",") if test.strip()]
        self.words = [word.replace("\\|", "|") for word in re.findall(r"`([^`]+)`", self.what)]


def rows():
    lines = enumerate(TABLE.read_text().splitlines(), 1)
    return [Row(line, n) for n, line in lines if re.match(r"\| *[0-9]", line)]


def source_of(test):
    kind, name = test.split("/", 1)
    return pathlib.Path("tests", kind, name + SOURCES[kind]) if kind in SOURCES else None


def code(path):
    """Without comments, which show nothing"""
    return re.sub(r"//[^\n]*|/\*[\s\S]*?\*/", "", path.read_text(errors="replace"))


def occurs(word, text):
    """Whole words and whole operators; `…` stands for anything on a line"""
    operator = not re.search(r"\w", word)

    def edge(character, side):
        kind = r"\w" if re.match(r"\w", character) else r"[<>=&|^]" if operator else None
        return f"(?{side}{kind})" if kind else ""
    pattern = edge(word[0], "<!") + ".*".join(map(re.escape, word.split("…"))) + edge(word[-1], "!")
    return re.search(pattern, text) is not None


def cases(env):
    for row in rows():
        yield f"{row.section} line {row.number}: {row.what}", lambda row=row: check_row(env, row)
    yield "sections", check_sections
    for path, pattern, sections, *form in NAMES:
        yield f"names of {path} {pattern}", lambda p=path, r=pattern, s=sections, f=form: check_names(p, r, s, *f)


def check_row(env, row):
    where = f"{TABLE}:{row.number}"
    if not row.tests:
        raise Failure(f"{where}: no test")
    texts = []
    for test in row.tests:
        kind, _, name = test.partition("/")
        if kind in SOURCES:
            path = source_of(test)
            if not path.exists():
                raise Failure(f"{where}: there is no {path}")
            texts.append(code(path))
        elif kind not in ("cli", "hostile", "docs") or \
                name not in [case for case, _ in importlib.import_module("suites." + kind).cases(env)]:
            raise Failure(f"{where}: there is no test `{test}`")
    for word in row.words:
        if not any(occurs(word, text) for text in texts):
            raise Failure(f"{where}: `{word}` occurs in none of its tests: {', '.join(row.tests)}")


def check_sections():
    tests = {section: [t for row in rows() if row.section == section for t in row.tests] for section in SECTIONS}
    for section in SECTIONS:
        if not tests[section]:
            raise Failure(f"{TABLE}: section {section} has no row with a test")
        if section in EXECUTED and not any(t.startswith(("run/", "unit/")) for t in tests[section]):
            raise Failure(f"{TABLE}: section {section} has no test that runs anything")
    other = {row.section for row in rows()} - set(SECTIONS)
    if other:
        raise Failure(f"{TABLE}: no section of the language: {sorted(other)}")


def check_names(path, pattern, sections, form="{}"):
    names = {form.format(name.lower()) for name in re.findall(pattern, pathlib.Path(path).read_text(), re.M)}
    if not names:
        raise Failure(f"nothing in {path} looks like {pattern}")
    shown = " ".join(word for row in rows() if row.section in sections for word in row.words)
    missing = sorted(name for name in names if not occurs(name, shown))
    if missing:
        raise Failure(f"names of {path} without a row of section {', '.join(sections)} in {TABLE}: {' '.join(missing)}")
