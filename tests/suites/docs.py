"""Documentation: a page for every diagnostic, whose examples do what it says; the sources in README.md and docs/.

docs/diagnostics/CODE.md begins with `# CODE: title` and shows a wrong and a right example, in this order. Where both
are fences of ```vitte, the wrong one reports exactly CODE and the right one nothing; `// options: …` and `// command: compile` lines in
them count as in tests/errors. Other fences (```text) are for what is no source of its own, and are not compiled.

Every ```vitte fence of README.md, CONTRIBUTING.md and docs/*.md passes `check`, unless it says ```vitte,fragment.
"""
import pathlib
import re

from .common import Failure, same_text
from .errors import reported, table_codes

PAGES = pathlib.Path("docs/diagnostics")


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
        for line, info, body in fences(path.read_text()):
            if info == "vitte":
                yield f"{path}:{line}", lambda p=path, n=line, b=body: check_source(env, p, n, b)


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


def check_source(env, path, line, body):
    got, result = codes_of(env, body)
    if got:
        raise Failure(f"{path}:{line}: this source reports {sorted(got)}; ```vitte,fragment if it is a part\n{result}")
