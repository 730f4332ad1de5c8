"""Documentation: a page for every diagnostic, whose examples do what it says; the sources and commands in README.md and docs/.

docs/diagnostics/CODE.md begins with `# CODE: title` and shows a wrong and a right example, in this order. Where both
are fences of ```vitte, the wrong one reports exactly CODE and the right one nothing; `// options: …` and `// command: compile` lines in
them count as in tests/errors. Other fences (```text) are for what is no source of its own, and are not compiled.

Every ```vitte fence of README.md, CONTRIBUTING.md and docs/*.md passes `check`, unless it says ```vitte,fragment. Lines
`//! run` and `//! expect` in it are as in tests/run; in docs/language.md every kernel has some. ```vitte NAME.vt is a file
that the other sources and the commands of the same document find by that name.

A ```console fence whose commands are all `$ vittec-gpu …` is tried: each says what stands below it, but for the line with the
time of a run, and fails if that is an error.

docs/language.md has every keyword, attribute, built-in and warning of the compiler's tables. Every file that
docs/extending.md names is there, and so is what a document links to. In docs/cheatsheet.md every `code` of the column
Vitte passes `check`, in a place as its chapter says (SHEET).
"""
import os
import pathlib
import re
import shlex

from . import language, run
from .common import Failure, same_text
from .errors import reported, table_codes

PAGES = pathlib.Path("docs/diagnostics")
MANUAL = pathlib.Path("docs/language.md")
EXTENDING = pathlib.Path("docs/extending.md")
CHEATSHEET = pathlib.Path("docs/cheatsheet.md")
# how the code of a chapter of the cheat sheet becomes a file; what has no other place is in a kernel
SHEET = {"Declarations": "%s", "Types": "proc sheet(x: %s) { }"}
KERNEL = """kernel sheet(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>, counts: Buffer<Atomic<u32>>, x: f32, y: f32,
             n: u32, m: u32) {
    let mut v = f32x4(x);
    let c = x > y;
    %s
}
"""
LIBRARY = "proc hash(x: u32) -> u32 { give x; }"
# where the runs of the documents are tried: the judge at both levels, and one driver
PLACES = [("interp", "-O0"), ("interp", "-O2"), ("lavapipe", "-O2")]


def fences(text):
    """(line of its first line, info string, body) of each fence, also of one that is indented."""
    found = []
    for match in re.finditer(r"^( *)```([^\n`]*)\n(.*?)^\1```$", text, re.M | re.S):
        indent, info, body = match.groups()
        body = re.sub("^" + indent, "", body, flags=re.M)
        found.append((text.count("\n", 0, match.start(3)) + 1, info.strip(), body))
    return found


def cases(env):
    yield "a page for every code", check_pages
    for code in table_codes():
        if (PAGES / f"{code}.md").exists():
            yield f"{code} page", lambda code=code: check_page(env, code)
            yield f"{code} explain", lambda code=code: check_explain(env, code)
    for path in sorted([*pathlib.Path(".").glob("*.md"), *pathlib.Path("docs").glob("*.md")]):
        yield from cases_of(env, path)
        yield f"{path} links", lambda p=path: check_links(p)
    yield f"{EXTENDING} files", check_extending
    yield f"{MANUAL} names", check_names
    for chapter, row, code in sheet_codes(CHEATSHEET.read_text()):
        yield f"{CHEATSHEET}: {row} {code}", lambda k=chapter, c=code: check_sheet(env, k, c)


def sheet_codes(text):
    """(chapter, row, code) of every `code` in the column Vitte."""
    chapter = ""
    for line in text.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if line.startswith("## "):
            chapter = line[3:]
        elif len(cells) > 1 and cells[1] != "Vitte":
            yield from ((chapter, cells[0], code) for code in re.findall("`([^`]+)`", cells[1]) if code != "-g")


def check_sheet(env, chapter, code):
    statement = code if code[-1] in ";}" and not code.startswith("if c ") else f"let value = {code};"
    body = SHEET.get(chapter, KERNEL) % (code if chapter in SHEET else statement)
    body = "// options: -Wno-unused_variable -Wno-unused_declaration\n" + body + "\n"
    check_source(env, CHEATSHEET, {"lib/noise.vt": LIBRARY, "sheet.vt": body}, "sheet.vt")


def cases_of(env, path):
    """The sources and commands of one document."""
    found = fences(path.read_text())
    files = {info.split()[1]: body for _, info, body in found if re.fullmatch(r"vitte(,fragment)? \S+\.vt", info)}
    for line, info, body in found:
        where = f"{path}:{line}"
        if info.split()[:1] == ["vitte"]:
            name = (info.split() + ["example.vt"])[1]
            yield where, lambda w=where, n=name, b=body: check_source(env, w, {**files, n: b}, n)
            for device, level in PLACES if "//! run" in body else []:
                yield f"{where} {device} {level}", \
                    lambda n=name, b=body, d=device, o=level: run.execute(env, written(env, {**files, n: b}, n), d, o)
            if path == MANUAL and "//! run" not in body and re.search("^kernel ", body, re.M):
                yield f"{where} is run", lambda w=where: fail(f"{w}: this kernel has no `//! run` line")
        elif info == "console" and all(c.startswith("vittec-gpu ") for c in re.findall(r"^\$ (.*)$", body, re.M)):
            yield where, lambda w=where, b=body: check_commands(env, w, files, b)


def check_links(path):
    """What is linked to in the repository is there: files, and headings in documents."""
    text = path.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
        file, _, heading = target.partition("#")
        other = path.parent / file if file else path
        if not other.exists():
            raise Failure(f"{path}: there is no {target}")
        if heading and heading not in anchors(other.read_text()):
            raise Failure(f"{path}: {other} has no heading #{heading}")


def anchors(text):
    """The names that GitHub gives to headings."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}


def check_names():
    """The manual has every name that a program may use, as code."""
    code = " ".join(re.findall(r"```.*?^```|`[^`\n]+`", MANUAL.read_text(), re.M | re.S))
    words = set(re.findall(r"\w+", code))
    for table, pattern, *_ in language.NAMES:
        names = {name.lower() for name in re.findall(pattern, pathlib.Path(table).read_text(), re.M)}
        if not names or names - words:
            raise Failure(f"{MANUAL}: of {table} are missing {sorted(names - words)}")


def check_extending():
    for name in re.findall(r"`([a-z][\w.-]*/[\w./-]+)`", EXTENDING.read_text()):
        if "NAME" not in name and not pathlib.Path(name).exists():
            raise Failure(f"{EXTENDING}: there is no {name}")


def fail(text):
    raise Failure(text)


def written(env, files, name):
    """The file of that name among these, in a folder of their own, beside the examples."""
    folder = env.folder()
    for file, body in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(body)
    os.symlink(pathlib.Path("examples").resolve(), folder / "examples")
    return folder / name


def check_pages():
    have, want = {path.stem for path in PAGES.glob("*.md")}, set(table_codes())
    if have != want:
        raise Failure(f"codes without a page: {sorted(want - have)}; pages without a code: {sorted(have - want)}")


def codes_of(env, body):
    source = env.folder() / "example.vt"
    source.write_text(body)
    got, result = reported(env, source, body)
    return {code for _, code in got}, result


def check_page(env, code):
    path = PAGES / f"{code}.md"
    text = path.read_text()
    title = text.split("\n", 1)[0]
    if not re.fullmatch(rf"# {code}: \S.*\S", title) or title.endswith("."):
        raise Failure(f"{path}:1: the title should be `# {code}: short title`, not `{title}`")
    long = [n for n, line in enumerate(text.splitlines(), 1) if len(line) > 100]
    if long:
        raise Failure(f"{path}:{long[0]}: longer than 100 characters")
    examples = fences(text)
    kinds = [info for _, info, _ in examples]
    if kinds not in (["vitte"] * 2, ["text"] * 2):
        raise Failure(f"{path}: a wrong and a right example are wanted, as ```vitte or ```text, not {kinds}")
    if kinds[0] != "vitte":
        return
    for (line, _, body), want in zip(examples, ({code}, set())):
        got, result = codes_of(env, body)
        if got != want:
            raise Failure(f"{path}:{line}: this reports {sorted(got)}, not {sorted(want)}\n{result}")


def check_explain(env, code):
    page = (PAGES / f"{code}.md").read_text()
    same_text(page, env.compile("explain", code).out.decode(), f"`explain {code}`")
    same_text(page, env.compile("explain", code.lower()).out.decode(), f"`explain {code.lower()}`")


def check_source(env, where, files, name):
    got, result = reported(env, written(env, files, name), files[name])
    if got:
        raise Failure(f"{where}: this source reports {sorted(got)}; ```vitte,fragment if it is a part\n{result}")


def check_commands(env, where, files, body):
    folder = written(env, files, "")
    for command, said in re.findall(r"^\$ vittec-gpu (.*)\n((?:(?!\$ ).*\n)*)", body, re.M):
        status = 1 if " error[" in said else 0
        done = env.compile(*shlex.split(command, comments=True), cwd=folder, expect=status)
        got = re.sub(r"^vittec-gpu: ran .*\n", "", (done.out + done.err).decode(), flags=re.M)
        same_text(said, got, f"{where}: `{command}`")
