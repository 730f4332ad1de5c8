"""-g in what is written for other compilers: an error that these find in a text leads to the line of the `.vt`, and what `print` and
`assert` say, which only `run` reads, is left out with a warning.

The error is put into a text: a function that nobody has stands for one that came from a line that is known.
"""
import re

from .common import Failure
from .msl import judge_spaces, with_plain_specs
from .opencl import JUDGES, clang, judge
from .wgsl import Validators

LINE = 6
SOURCE = """kernel traced(x: Buffer<f32>) {
    let a = x[i];
    if a > 1.0 {
        let b = a * 2.0;

        x[i] = sqrt(b) + 1.0;
        x[0] = 3.0;
    }
}
"""
SAYS = """kernel says(x: Buffer<f32>) {
    print("{} is it", x[i]);
    assert(x[i] != 0.0, "nothing there");
    x[i] = 1.0;
}
"""
TARGETS = {"wgsl": ".wgsl", "opencl-c1.2": ".cl", "opencl-c3.0": ".cl", "msl": ".metal", "llvm-ir": ".ll", "opencl2.2": ".spv"}


def cases(env):
    validators = Validators(env)
    for level in ("-O0", "-O2"):
        yield f"an error of clang in OpenCL C {level}", lambda o=level: check(env, "opencl-c1.2", o, clang_in_opencl, True)
        yield f"an error of Tint {level}", lambda o=level: check(env, "wgsl", o, lambda _, f: "".join(validators.tint([f])[str(f)]), True)
        yield f"an error of naga {level}", lambda o=level: check(env, "wgsl", o, lambda _, f: "".join(validators.naga(f)), True)
        yield f"an error of clang in MSL {level}", lambda o=level: check(env, "msl", o, clang_in_msl, False)
    for target in TARGETS:
        yield f"print and assert are left out of {target}", lambda t=target: check_left_out(env, t)


def clang_in_opencl(env, file):
    clang()  # or this is skipped
    try:
        judge(env, [file], JUDGES[:1])
    except Failure as failure:
        return str(failure)
    return ""


def clang_in_msl(env, file):
    file.write_text(with_plain_specs(file.read_text()))
    return judge_spaces(env, [file])[1]


def check(env, target, level, errors_in, by_comments):
    """by_comments: the compiler says a line of the text, above which is a comment with that of the source; else it says that."""
    folder = env.folder()
    source, file = folder / "traced.vt", folder / f"text{TARGETS[target]}"
    source.write_text(SOURCE)
    env.compile(source, "-g", level, f"--target={target}", "-o", file)
    text = file.read_text()
    if "sqrt(" not in text:
        raise Failure(f"no sqrt() in\n{text}")
    if errors_in(env, file):
        raise Failure(f"refused without a mistake\n{text}")
    file.write_text(text.replace("sqrt(", "squareroot("))
    told = errors_in(env, file)
    found = re.search(r"(?:(?<=text\.cl)|(?<=text\.wgsl)|(?<=traced\.vt)|^):?(\d+):\d+", told, re.M)
    if not found or "squareroot" not in told:
        raise Failure(f"no place in what is said:\n{told}")
    line = int(found[1])
    if by_comments:
        above = re.findall(r"// .*traced\.vt:(\d+)$", "\n".join(text.splitlines()[:line]), re.M)
        line = int(above[-1]) if above else 0
    if line != LINE:
        raise Failure(f"it leads to line {line}, not {LINE}:\n{told}\n{text}")


def check_left_out(env, target):
    folder = env.folder()
    source = folder / "says.vt"
    source.write_text(SAYS)
    made = []
    for more in (["-g"], ["-g", "-Wno-target_omitted"], []):
        file = folder / f"{len(made)}{TARGETS[target]}"
        done = env.compile(source, *more, f"--target={target}", "-o", file)
        if (b"warning[W0109]: the `print` of `says` is left out" in done.err) != (more == ["-g"]) or b"error" in done.err:
            raise Failure(str(done))
        made.append(file.read_bytes())
    if made[0] != made[1] or any(word in data for data in made for word in (b"is it", b"nothing there", b"printf")):
        raise Failure(f"something is said in\n{made[0].decode(errors='replace')}")
