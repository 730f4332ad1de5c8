"""The command line: exit statuses, where output goes and stays, options, what tools read (JSON, .d files, .npy)."""
import concurrent.futures
import json
import os
import pathlib
import pty
import re
import resource
import select
import shlex
import shutil
import signal
import struct
import subprocess
import time

from .common import Failure, Skip, same_text, sources

ADD = """kernel add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) {
    out[i] = a[i] + b[i];
}
"""
TWO = """const SCALE: u32 = 3;
const HALF = 0.5;
kernel one(out: Buffer<u32>) { out[i] = SCALE * i; }
kernel two(out: Buffer<f32>) { out[i] = HALF + i as f32; }
"""
WARNS = """kernel warns(out: Buffer<f32>) {
    let unused = 1.5;
    out[i] = out[i] == 0.0 ? 1.0 : 2.0;
}
"""
BAD = """kernel bad(out: Buffer<f32>) {
    out[i] = 1u32;
    out[i] = nothing;
    let x: bool = 2;
}
"""
KINDS = """kernel kinds(f: Buffer<f32>, u: Buffer<u32>, v: Buffer<f32x3>, s: i32, p: u32x2, x: f32) {
    if i < f.len { f[i] = f[i] * x; }
    if i < u.len { u[i] = u[i] + s as u32 + p.x * p.y; }
    if i < v.len { v[i] = v[i].zyx; }
}
"""
CASES = []
INTERP = "--device=interp"


def case(function):
    CASES.append(function)
    return function


def cases(env):
    for function in CASES:
        yield function.__name__.replace("_", " "), lambda function=function: function(env)


def folder_with(env, **sources):
    folder = env.folder()
    for name, text in sources.items():
        (folder / f"{name}.vt").write_text(text)
    return folder


def check(condition, what, result=""):
    if not condition:
        raise Failure(f"{what}\n{result}")


def has_float64(env, environment):
    """Whether a Vulkan device has it; others stand in the same list."""
    blocks = re.split(r"^(?=\S)", env.compile("devices", env=environment).out.decode(), flags=re.M)
    return any(" float64" in block for block in blocks if block.startswith("vulkan:"))


def said(result, *texts):
    """What is wrong is on standard error, and standard output has nothing."""
    err = result.err.decode()
    for text in texts:
        check(text in err, f"`{text}` is not in what it says", result)
    check(result.out == b"", "something is on standard output", result)


def refused(env, status, texts, /, *args, **kwargs):
    result = env.compile(*args, expect=status, **kwargs)
    said(result, *([texts] if isinstance(texts, str) else texts))
    return result


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def rows(file, pattern):
    return re.findall(pattern, pathlib.Path(file).read_text(), re.M)


def codes(result):
    return [json.loads(line)["code"] for line in result.err.decode().splitlines()]


# ---- exit statuses

@case
def exit_statuses(env):
    folder = folder_with(env, add=ADD, bad=BAD)
    env.compile(folder / "add.vt", "-o", folder / "add.spv", expect=0)
    refused(env, 1, "error[E0301]", folder / "bad.vt", "-o", folder / "bad.spv")
    refused(env, 2, "there is no option `--nonsense`", folder / "add.vt", "--nonsense")
    refused(env, 2, "no file to compile")
    refused(env, 2, "there is no subcommand `chekc`; did you mean `check`?", "chekc", folder / "add.vt")
    refused(env, 3, ["cannot read", "No such file"], folder / "none.vt", "-o", folder / "none.spv")
    refused(env, 3, ["cannot read", "directory"], folder, "-o", folder / "none.spv")
    if env.devices:
        refused(env, 5, "there is no Vulkan device 99", "run", folder / "add.vt", "--device=vulkan:99", "a=1", "b=1", "out=1")
    refused(env, 5, "no Vulkan device", "run", folder / "add.vt", "--device=vulkan", "a=1", "b=1", "out=1",
            env={"VK_DRIVER_FILES": "/nonexistent", "VK_ICD_FILENAMES": "/nonexistent"})
    check(names(folder) == ["add.spv", "add.vt", "bad.vt"], f"files: {names(folder)}")


@case
def a_missing_feature_is_named(env):
    folder = env.folder()
    (folder / "wide.vir").write_text("""kernel @wide(%out: buffer<f64>) workgroup(1, 1, 1) {
    %0: u32x3 = builtin global_id
    %i: u32 = extract %0, 0
    store %out[%i], 2.5f64
    ret
}
""")
    tried = 0
    for name, environment in [("interp", None)] + env.devices:
        args = ["run", "wide.vir", "out=zeros:2", "--print=out", f"--device={'vulkan' if environment else 'interp'}"]
        if environment is None or has_float64(env, environment):
            result = env.compile(*args, cwd=folder, env=environment)
            same_text("out[0..2] = 2.5 2.5\n", result.out.decode(), f"float64 on {name}")
        else:
            refused(env, 5, "float64", *args, cwd=folder, env=environment)
            tried += 1
    if tried == 0:
        raise Skip("every device here has float64")


@case
def the_worst_status_of_several_files(env):
    folder = folder_with(env, add=ADD, bad=BAD)
    result = refused(env, 3, ["cannot read `none.vt`", "bad.vt:2"], "add.vt", "bad.vt", "none.vt", cwd=folder)
    check((folder / "add.spv").exists() and not (folder / "bad.spv").exists(), "the good file is not there", result)


def no_drivers(env):
    """An environment in which no API has a device."""
    return {"VK_DRIVER_FILES": "/nonexistent", "VK_ICD_FILENAMES": "/nonexistent", "OCL_ICD_VENDORS": str(env.folder())}


@case
def no_driver_means_the_interpreter(env):
    folder = folder_with(env, add=ADD)
    result = env.compile("run", folder / "add.vt", "a=1,2", "b=3,5", "out=zeros:2", "--print=out", env=no_drivers(env))
    check(result.out == b"out[0..2] = 4 7\n", "the result is wrong", result)
    check(b"reference interpreter, which is slow" in result.err, "it does not say so", result)


# ---- help and what is not built yet

@case
def help_lists_every_option(env):
    text = env.compile("--help").out.decode()
    options = rows("driver/options.def", r'^OPTION\(\w+, *"([^"]+)"')
    check(len(options) > 30, "the table is not read")
    for name in options:
        check(re.search(rf"^  {re.escape(name)}", text, re.M), f"--help does not tell of {name}", text)
    for command in rows("driver/commands.def", r'^COMMAND\(\w+, (\w+)'):
        own = env.compile(command, "--help").out.decode()
        check(f"vittec-gpu {'[compile]' if command == 'compile' else command}" in own, f"{command} --help", own)
        check(("--grid" in own) == (command == "run"), f"{command} --help has another command's options", own)
    check(max(map(len, text.splitlines())) <= 120, "a line of --help is too long")


@case
def version(env):
    want = rows("driver/version.h", r'VITTEC_VERSION "(.*)"')[0]
    same_text(f"vittec-gpu {want}\n", env.compile("--version").out.decode(), "--version")


@case
def what_comes_later_says_so(env):
    folder = folder_with(env, add=ADD)
    targets = rows("driver/targets.def", r'^TARGET\("([^"]*)", *"([^"]*)", *"([^"]*)", *(\w+)')
    listed = env.compile("--print-targets").out.decode()
    built = {ending for _, _, ending, writer in targets if writer != "LATER"}
    for name, alias, ending, writer in targets:
        check(re.search(rf"^{re.escape(name)} .*{re.escape(ending)}", listed, re.M), f"--print-targets has no {name}", listed)
        for word in filter(None, [name, alias]):
            if writer == "LATER":
                refused(env, 2, f"the target `{name}` is not built yet; available: ", "add.vt", f"--target={word}", cwd=folder)
            else:
                env.compile("add.vt", f"--target={word}", "-o", "out", cwd=folder)
        if ending not in built:
            refused(env, 2, "is not built yet; available: vulkan1.1, ", "add.vt", "-o", "x" + ending, cwd=folder)
    values = {"--check": ["fmt", "--check"], "--spec": ["run", "--spec", "N=1"]}
    for name in rows("driver/options.def", r'^OPTION\(LATER, *"([^"]+)"'):
        refused(env, 2, f"the option `{name}` is not built yet", *values.get(name, [name, "x"]), "add.vt", cwd=folder)
    refused(env, 2, "`fmt` is not built yet", "fmt", "add.vt", cwd=folder)
    refused(env, 2, "not built yet", "run", "add.vt", "--device=metal", "a=1", "b=1", "out=1", cwd=folder)
    check(set(names(folder)) <= {"add.vt", "out"}, f"files: {names(folder)}")


@case
def wrong_use(env):
    folder = folder_with(env, add=ADD)
    for texts, args in [
        ("no target has the ending `.foo`", ["add.vt", "-o", "add.foo"]),
        ("there is no target `vulcan`; did you mean `vulkan`?", ["add.vt", "--target=vulcan"]),
        ("`add.spv` is no source file", ["add.spv"]),
        ("standard input has no name; say -o OUT", ["-"]),
        ("-o, -MF and -MT go with one file, not with 2", ["add.vt", "b.vt", "-o", "x.spv"]),
        ("-MT needs -MD or -MF", ["add.vt", "-MT", "x"]),
        ("-MD needs -MF", ["add.vt", "-MD", "-o", "-"]),
        ("`-o` needs a OUT that is not empty", ["add.vt", "-o", ""]),
        ("--stop-after needs --emit=ir", ["add.vt", "--stop-after=mem2reg"]),
        ("--passes needs --emit=ir", ["add.vt", "--passes=mem2reg"]),
        ("the pass `mem2reg` does not run here", ["add.vt", "--emit=ir", "-O0", "--stop-after=mem2reg"]),
        ("`--grid` is no option of `check`", ["check", "--grid=1", "add.vt"]),
        ("`devices` takes no argument", ["devices", "all"]),
        ("`inspect` takes one FILE.vgpu or FILE.spv, found 0", ["inspect"]),
        ("`explain` takes one code, found 2", ["explain", "E0301", "E0302"]),
        ("there is no diagnostic `E9999`", ["explain", "E9999"]),
        ("there is no diagnostic `unused_varible`; did you mean `unused_variable`?", ["explain", "unused_varible"]),
    ]:
        refused(env, 2, texts, *args, cwd=folder)
    for folder_name in "xy":
        (folder / folder_name).mkdir()
        (folder / folder_name / "k.vt").write_text(ADD)
    refused(env, 2, "would both be written to `k.spv`", "x/k.vt", "y/k.vt", cwd=folder)
    check(names(folder) == ["add.vt", "x", "y"], f"files: {names(folder)}")


# ---- where output goes

@case
def without_o_the_current_folder(env):
    folder = folder_with(env, add=ADD)
    (folder / "here").mkdir()
    env.compile("compile", "../add.vt", cwd=folder / "here")
    env.compile("../add.vt", "--target=ir", cwd=folder / "here")
    check(names(folder / "here") == ["add.spv", "add.vir"], f"files: {names(folder / 'here')}")


@case
def standard_input_and_output(env):
    folder = folder_with(env, add=ADD)
    env.compile("add.vt", "-o", "add.spv", cwd=folder)
    want = (folder / "add.spv").read_bytes()
    for args in (["add.vt", "-o", "-"], ["-", "-o", "-"], ["-o-", "--", "add.vt"], ["add.vt", "-o", "/dev/stdout"]):
        result = env.compile(*args, stdin=ADD.encode(), cwd=folder)
        check(result.out == want, "other bytes than in the file", args)
    env.compile("-", "-o", "again.spv", stdin=ADD.encode(), cwd=folder)
    check((folder / "again.spv").read_bytes() == want, "other bytes from standard input")
    refused(env, 1, "<stdin>:2:", "-", "-o", "-", stdin=BAD.encode(), cwd=folder)
    code, text = on_terminal(env, [env.vittec, "add.vt", "-o", "-"], cwd=folder)
    check(code == 2 and "standard output is a terminal" in text, f"a terminal gets {text[:200]!r}, exit {code}")


@case
def several_files(env):
    folder = folder_with(env, add=ADD, two=TWO)
    env.compile("add.vt", "two.vt", cwd=folder)
    both = [(folder / name).read_bytes() for name in ("add.spv", "two.spv")]
    env.compile("two.vt", "add.vt", "-MD", cwd=folder)
    check([(folder / name).read_bytes() for name in ("add.spv", "two.spv")] == both, "another order, other bytes")
    same_text("two.spv: two.vt\n", (folder / "two.d").read_text(), "two.d")


@case
def a_failed_run_leaves_the_old_output(env):
    folder = folder_with(env, bad=BAD, add=ADD, none="const N = 1;\n")
    for args, status in [(["bad.vt"], 1), (["none.vt"], 1), (["missing.vt"], 3), (["add.vt", "--entry=x"], 1),
                         (["add.vt", "-DNO=1"], 1), (["add.vt", "--emit=ast", "--passes=opt_dce"], 2),
                         (["-", "--diagnostics=json"], 1)]:
        for name in ("out.spv", "out.d"):
            (folder / name).write_text("old")
        env.compile(*args, "-o", "out.spv", "-MD", expect=status, stdin=b"\xff\x00kernel", cwd=folder)
        for name in ("out.spv", "out.d"):
            same_text("old", (folder / name).read_text(), f"{name} after {args}")
    check(names(folder) == ["add.vt", "bad.vt", "none.vt", "out.d", "out.spv"], f"files: {names(folder)}")


@case
def output_replaces_atomically(env):
    folder = folder_with(env, add=ADD, two=TWO)
    out = folder / "out.spv"
    env.compile(folder / "add.vt", "-o", out)
    want = out.read_bytes()
    with open(out, "rb") as before:  # who reads the old file goes on reading it
        env.compile(folder / "two.vt", "-o", out)
        check(before.read() == want and out.read_bytes() != want, "the old file was overwritten in place")
    out.chmod(0o640)
    link = folder / "link.spv"
    link.symlink_to("out.spv")
    env.compile(folder / "add.vt", "-o", link)
    check(link.is_symlink() and out.read_bytes() == want, "the link was replaced, not the file that it names")
    check(out.stat().st_mode & 0o777 == 0o640, "the permissions changed")
    dangling = folder / "dangling.spv"
    dangling.symlink_to("new.spv")
    env.compile(folder / "add.vt", "-o", dangling)
    check((folder / "new.spv").read_bytes() == want and dangling.is_symlink(), "a link to a file that is not there yet")
    check(len(names(folder)) == 6, f"files: {names(folder)}")


@case
def files_that_cannot_be_written(env):
    folder = folder_with(env, add=ADD)
    (folder / "folder.spv").mkdir()
    (folder / "locked").mkdir(mode=0o555)
    places = ["none/out.spv", "add.vt/out.spv", "folder.spv", "/proc/out.spv"]
    if os.geteuid() != 0:
        places.append("locked/out.spv")
    for place in places:
        refused(env, 3, ["cannot write `" + place], "add.vt", "-o", place, cwd=folder)
    refused(env, 3, "cannot write `none/x.d`", "add.vt", "-o", "out.spv", "-MD", "-MF", "none/x.d", cwd=folder)
    refused(env, 3, "cannot write", "run", "add.vt", INTERP, "a=1", "b=1", "out=1", "--out", "out=none/x.npy", cwd=folder)
    check(names(folder) == ["add.vt", "folder.spv", "locked", "out.spv"], f"files: {names(folder)}")


@case
def full_disk(env):
    folder = folder_with(env, add=ADD, large=ADD + "\n" * 3)
    refused(env, 3, "No space left", "add.vt", "--target=vulkan", "-o", "/dev/full", cwd=folder)
    for args in (["--help"], ["--print-targets"], ["explain"], ["devices"], ["add.vt", "-o", "-"],
                 ["add.vt", "--emit=ast"], ["run", "add.vt", INTERP, "a=1", "b=1", "out=1", "--print=out"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([env.vittec, *args], stdout=full, stderr=subprocess.PIPE, cwd=folder, timeout=60)
        check(done.returncode == 3 and b"standard output" in done.stderr, f"{args}: exit {done.returncode}", done.stderr)
    # a limit on the size of files: the temporary file cannot be finished
    (folder / "out.spv").write_text("old")
    done = subprocess.run([env.vittec, "add.vt", "-o", "out.spv"], capture_output=True, cwd=folder, timeout=60,
                          restore_signals=False, preexec_fn=lambda: (
                              signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                              resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))))
    check(done.returncode == 3 and b"cannot write `out.spv`" in done.stderr, f"exit {done.returncode}", done.stderr)
    same_text("old", (folder / "out.spv").read_text(), "the old file")
    check(names(folder) == ["add.vt", "large.vt", "out.spv"], f"files: {names(folder)}")


@case
def closed_standard_files(env):
    folder = folder_with(env, add=ADD, bad=BAD)
    line = shlex.quote(env.vittec)
    for redirect, command, status in [
        (">&-", "--help", 3), (">&-", "add.vt -o x.spv", 0), (">&-", "add.vt -o -", 3), ("2>&-", "bad.vt -o y.spv", 1),
        (">&- 2>&-", "bad.vt -o y.spv", 1), ("<&-", "- -o y.spv", 3), ("<&- >&- 2>&-", "add.vt -o x.spv", 0),
    ]:
        done = subprocess.run(["sh", "-c", f"{line} {command} {redirect}"], cwd=folder, capture_output=True, timeout=60)
        check(done.returncode == status, f"{command} {redirect}: exit {done.returncode}, expected {status}", done.stderr)
    env.compile("add.vt", "-o", "want.spv", cwd=folder)
    check((folder / "x.spv").read_bytes() == (folder / "want.spv").read_bytes(), "messages are in the output file")
    check(names(folder) == ["add.vt", "bad.vt", "want.spv", "x.spv"], f"files: {names(folder)}")


# ---- modules

@case
def modules_are_found(env):
    folder = env.folder()
    for name, text in {
        "src/main.vt": "use lib/near\nuse far\nkernel main(out: Buffer<u32>) { out[i] = near.N + far.N; }\n",
        "src/lib/near.vt": "use beside\nconst N = beside.N;\n",
        "src/lib/beside.vt": "const N = 1;\n",
        "first/far.vt": "use lib/near\nconst N = near.N * 10;\n",  # its own lib/near: the one beside it is not there
        "second/far.vt": "const N = 20;\n",
        "second/lib/near.vt": "const N = 3;\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run = ["run", "src/main.vt", INTERP, "out=zeros:1", "--print=out"]
    result = env.compile(*run, "-I", "second", cwd=folder)
    check("out[0..1] = 21\n" in result.out.decode(), "beside the file, then in -I", result)
    result = env.compile(*run, "-Ifirst", "-I", "second/", cwd=folder)
    check("out[0..1] = 31\n" in result.out.decode(), "the folders of -I in order", result)
    refused(env, 1, ["src/main.vt:2:1: error[E0220]", "tried src/far.vt", "tried nowhere/far.vt", "tried src/lib/far.vt"],
            *run, "-I", "nowhere", "-I", "src/lib/", cwd=folder)
    (folder / "same").symlink_to("src/lib")  # one file by two names: its constants are declared once
    (folder / "two.vt").write_text("use same/near\nuse src/lib/near as near2\nuse src/lib/beside\n"
                                   "kernel two(out: Buffer<u32>) { out[i] = near.N + near2.N + beside.N; }\n")
    env.compile("two.vt", "-MD", cwd=folder)
    same_text("two.spv: two.vt same/near.vt same/beside.vt\n", (folder / "two.d").read_text(), "two.d")
    env.compile("src/main.vt", "-Isecond", "-MD", cwd=folder)
    same_text("main.spv: src/main.vt src/lib/near.vt src/lib/beside.vt second/far.vt\n", (folder / "main.d").read_text(), "main.d")
    (folder / "src/lib/beside.vt").unlink()
    (folder / "src/lib/beside.vt").mkdir()
    refused(env, 1, ["error[E0220]", "tried src/lib/beside.vt (Is a directory)"], *run, "-I", "second", cwd=folder)


@case
def modules_are_not_what_is_compiled(env):
    folder = env.folder()
    (folder / "used.vt").write_text("const N = 4;\nproc no() -> u32 { give N; }\nproc yes() -> u32 { give N; }\n"
                                    "kernel theirs(out: Buffer<u32>) { out[i] = no(); }\n")
    (folder / "main.vt").write_text("use used\nconst N = 2;\nkernel main(out: Buffer<u32>) { out[i] = used.yes() + N; }\n")
    result = env.compile("main.vt", "--emit=ir", "--stop-after=frontend", "-DN=3", cwd=folder)
    check(re.findall(r"^(?:kernel|proc) @\S+?(?=\()", result.out.decode(), re.M) == ["kernel @main", "proc @used.yes"],
          "what is in the IR", result)
    check(result.err == b"", "a module's own unused declarations are no matter", result)
    (folder / "main.vir").write_bytes(result.out)
    for source in ("main.vt", "main.vir"):  # 4 + 3
        options = ["-DN=3"] if source == "main.vt" else []
        result = env.compile("run", source, INTERP, *options, "out=zeros:1", "--print=out", cwd=folder)
        check("out[0..1] = 7\n" in result.out.decode(), source, result)
    env.compile("main.vt", "-DN=3", "-MD", cwd=folder)
    same_text("main.spv: main.vt used.vt\n", (folder / "main.d").read_text(), "-D is no file")
    refused(env, 1, "there is no kernel named `theirs`", "main.vt", "--entry=theirs", "-o", "x.spv", cwd=folder)
    refused(env, 1, "there is no kernel in `lib.vt`", "lib.vt", "-o", "x.spv", cwd=folder_with(env, lib="const N = 1;\n"))
    env.compile("check", "lib.vt", cwd=folder_with(env, lib="const N = 1;\n"))
    env.compile("-", "-o", "x.spv", stdin=(folder / "main.vt").read_bytes(), cwd=folder)  # beside: the current folder


@case
def modules_end(env):
    folder = env.folder()
    for k in range(300):
        (folder / f"m{k}.vt").write_text(f"use m{k + 1}\nconst N = m{k + 1}.N;\n" if k < 299 else "const N = 1;\n")
    result = refused(env, 1, ["error[E0222]: more than 256 modules are used"], "check", "m0.vt", cwd=folder)
    check(result.err.count(b"error[") == 1, "nothing follows from it", result)
    env.compile("check", "m50.vt", cwd=folder)


# ---- dependency files

@case
def dependency_files(env):
    folder = folder_with(env, add=ADD)
    (folder / "sub").mkdir()
    for args, file, want in [
        (["-o", "sub/add.spv", "-MD"], "sub/add.d", "sub/add.spv: add.vt\n"),
        (["-MD"], "add.d", "add.spv: add.vt\n"),
        (["-o", "add.spv", "-MF", "deps"], "deps", "add.spv: add.vt\n"),
        (["-o", "-", "-MD", "-MF", "deps"], "deps", "-: add.vt\n"),
        (["-MD", "-MT", "one", "-MT", "two.o"], "add.d", "one two.o: add.vt\n"),
        (["-MD", "-MF", "deps", "-MT", "a b$c#d"], "deps", "a\\ b$$c\\#d: add.vt\n"),
    ]:
        env.compile("add.vt", *args, cwd=folder)
        same_text(want, (folder / file).read_text(), f"{file} of {args}")
    (folder / "a b$c.vt").write_text(ADD)
    env.compile("a b$c.vt", "-MD", cwd=folder)
    same_text("a\\ b$$c.spv: a\\ b$$c.vt\n", (folder / "a b$c.d").read_text(), "odd names")
    env.compile("-", "-o", "in.spv", "-MD", stdin=ADD.encode(), cwd=folder)
    same_text("in.spv:\n", (folder / "in.d").read_text(), "standard input")


@case
def make_uses_them(env):
    if not shutil.which("make"):
        raise Skip("no make here")
    folder = folder_with(env, add=ADD, two=TWO)
    (folder / "Makefile").write_text(
        f"all: add.spv two.spv\n%.spv: ; {shlex.quote(env.vittec)} $*.vt -o $@ -MD && echo $* >> log\n"
        "add.spv: | add.vt\ntwo.spv: | two.vt\n-include add.d two.d\n")

    def make(want):
        (folder / "log").write_text("")
        env.run(["make", "--no-builtin-rules", "-j2"], cwd=folder, env={"MAKEFLAGS": "", "MAKELEVEL": ""})
        same_text(want, " ".join(sorted((folder / "log").read_text().split())), "what make built")

    make("add two")
    make("")
    later = time.time() + 10
    os.utime(folder / "add.vt", (later, later))
    make("add")
    os.utime(folder / "add.spv", (later + 1, later + 1))
    make("")


# ---- choosing and changing what is compiled

def entry_points(env, path):
    return re.findall(r'entry point "(\w+)"', env.compile("inspect", path).out.decode())


@case
def entry(env):
    folder = folder_with(env, two=TWO, none="const N = 1;\n")
    for args, want in [([], ["one", "two"]), (["--entry=two"], ["two"]), (["--entry", "two", "--entry", "one"], ["one", "two"])]:
        env.compile("two.vt", *args, "-o", "x.spv", cwd=folder)
        check(entry_points(env, folder / "x.spv") == want, f"{args} gives {entry_points(env, folder / 'x.spv')}")
        env.compile("two.vt", "--emit=ir", "--stop-after=frontend", "-o", "two.vir", cwd=folder)
        env.compile("two.vir", *args, "-o", "y.spv", cwd=folder)
        check(entry_points(env, folder / "y.spv") == want, f"{args} of a .vir file")
    for source in ("two.vt", "two.vir"):
        check(codes(refused(env, 1, "`on`", source, "--entry=on", "--diagnostics=json", cwd=folder)) == ["E0004"], "the code")
    check(codes(refused(env, 1, "", "none.vt", "--diagnostics=json", cwd=folder)) == ["E0003"], "the code")
    env.compile("check", "none.vt", "-Wno-unused-declaration", cwd=folder)


@case
def define(env):
    folder = folder_with(env, two=TWO)
    args = ["run", "two.vt", "--kernel=one", INTERP, "out=zeros:4", "--print=out"]
    for define_args, want in [([], "0 3 6 9"), (["-DSCALE=5"], "0 5 10 15"), (["-D", "SCALE=0x10"], "0 16 32 48"),
                              (["-DSCALE=1", "-DSCALE=2"], "0 2 4 6"), (["-DHALF=2"], "0 3 6 9")]:
        same_text(f"out[0..4] = {want}\n", env.compile(*args, *define_args, cwd=folder).out.decode(), str(define_args))
    for value in ("-1", "4294967296", "1.5", "x", "true", "1 1", "'", "9" * 400):
        refused(env, 1, "SCALE", "check", "two.vt", f"-DSCALE={value}", cwd=folder)
    result = refused(env, 1, "SCALA", "two.vt", "-DSCALA=1", "--diagnostics=json", cwd=folder)
    check(codes(result) == ["E0005"], "the code", result)
    refused(env, 2, "`-D` needs NAME=VALUE", "two.vt", "-DSCALE", cwd=folder)


@case
def warnings(env):
    folder = folder_with(env, warns=WARNS)

    def told(*args, status=0):
        result = env.compile("check", "warns.vt", "--diagnostics=json", *args, expect=status, cwd=folder)
        return [(item["severity"], item["warning"]) for item in map(json.loads, result.err.decode().splitlines())]

    unused, equal = ("warning", "unused_variable"), ("warning", "float_equality")
    check(told() == [unused], "by default")
    check(told("-W", "float_equality") == [unused, equal], "-W")
    check(told("-Wfloat-equality", "-Wno-unused-variable") == [equal], "-Wno")
    check(told("-Wno-unused_variable") == [], "-Wno alone")
    check(told("-Werror", status=1) == [("error", "unused_variable")], "-Werror")
    check(told("-Werror=float_equality", status=1) == [unused, ("error", "float_equality")], "-Werror=NAME")
    check(told("-Werror", "-Wno-unused_variable") == [], "-Werror with the warning off")
    env.compile("warns.vt", "-Werror", "-o", "x.spv", expect=1, cwd=folder)
    check(not (folder / "x.spv").exists(), "-Werror leaves an output file")


# ---- diagnostics

@case
def diagnostics_as_json(env):
    folder = folder_with(env, bad=BAD, warns=WARNS)
    result = env.compile("check", "bad.vt", "warns.vt", "--diagnostics=json", expect=1, cwd=folder)
    items = [json.loads(line) for line in result.err.decode().splitlines()]
    check([item["code"] for item in items] == ["E0301", "E0201", "E0301", "W0101"], "the codes", result)
    for item in items:
        check(set(item) - {"warning"} == {"severity", "code", "message", "place", "notes"}, "the keys", item)
        check(set(item["place"]) == {"file", "line", "column", "end_line", "end_column"}, "the keys", item)
    place = items[0]["place"]
    check(place == {"file": "bad.vt", "line": 2, "column": 14, "end_line": 2, "end_column": 18}, "the place", place)
    # what is in names and texts does not break the format
    (folder / "odd \"\\\t\x01é.vt").write_bytes(b"kernel \xff k\x1b(\xe2\x82\xac) {}")
    for name in names(folder):
        result = env.compile("check", name, "--diagnostics=json", expect=None, cwd=folder)
        check(all(json.loads(line) for line in result.err.decode().splitlines()), "no JSON", result)
    result = env.compile("run", "warns.vt", "--diagnostics=json", INTERP, "out=1", cwd=folder)
    check(codes(result) == ["W0101"], "`run` says other things on standard error", result)


@case
def max_errors(env):
    folder = folder_with(env, many="kernel many(out: Buffer<f32>) {\n" + "    out[i] = nothing;\n" * 50 + "}\n")
    for args, shown, rest in [([], 20, 30), (["--max-errors=3"], 3, 47), (["--max-errors=0"], 50, 0), (["--max-errors=50"], 50, 0)]:
        text = refused(env, 1, "", "check", "many.vt", *args, cwd=folder).err.decode()
        check(text.count("error[E0201]") == shown, f"{args}: {text.count('error[E0201]')} errors")
        check((f"and {rest} more errors" in text) == (rest > 0), f"{args}: {text[-200:]}")


def on_terminal(env, command, cwd, environment=None):
    """Runs with a terminal as standard input, output and error; gives the exit status and what it showed."""
    parent, child = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, cwd=cwd,
                               env={**clean, "TERM": "xterm", **(environment or {})})
    os.close(child)
    text, end = b"", time.monotonic() + 60
    while time.monotonic() < end and select.select([parent], [], [], 60)[0]:
        try:
            more = os.read(parent, 65536)
        except OSError:  # nobody writes any more
            more = b""
        text += more
        if not more:
            break
    os.close(parent)
    return process.wait(timeout=60), text.decode(errors="replace")


@case
def color(env):
    folder = folder_with(env, bad=BAD)
    command = [env.vittec, "check", "bad.vt"]
    for args, environment, want in [
        ([], {}, True), (["--color=never"], {}, False), ([], {"NO_COLOR": "1"}, False), ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False), (["--color=always"], {"NO_COLOR": "1"}, True), (["--diagnostics=json"], {}, False),
    ]:
        code, text = on_terminal(env, command + args, folder, environment)
        check(code == 1 and ("\x1b[" in text) == want, f"on a terminal {args} {environment}: {text[:300]!r}")
    for args, want in [([], False), (["--color=always"], True), (["--color=auto"], False)]:
        result = env.compile("check", "bad.vt", *args, expect=1, cwd=folder, env={"NO_COLOR": ""})
        check((b"\x1b[" in result.err) == want, f"in a pipe {args}", result)
    refused(env, 2, "`--color` is one of auto|always|never", *command[1:], "--color=yes", cwd=folder)


@case
def explain(env):
    listed = env.compile("explain").out.decode()
    for kind, code in rows("ir/base/diag.def", r'^(ERROR|WARN)\("(\w+)"'):
        check(re.search(rf"^{code}  ", listed, re.M), f"the list has no {code}", listed)
        page = env.compile("explain", code).out.decode()
        check(code in page and page == env.compile("explain", code.lower()).out.decode(), f"explain {code}", page)
        if pathlib.Path("docs/diagnostics", code + ".md").exists():
            check(page == pathlib.Path("docs/diagnostics", code + ".md").read_text(), f"explain {code} is not its page", page)
    check(env.compile("explain", "unused-variable").out == env.compile("explain", "W0101").out, "by the name")


@case
def check_writes_nothing(env):
    folder = folder_with(env, add=ADD, two=TWO, bad=BAD)
    result = env.compile("check", "add.vt", "two.vt", cwd=folder)
    check(result.out == result.err == b"", "it says something", result)
    refused(env, 1, "bad.vt:2:", "check", "add.vt", "bad.vt", cwd=folder)
    check(len(names(folder)) == 3, f"files: {names(folder)}")


# ---- looking inside

@case
def debug(env):
    """`print` and `assert` are in the code with -g alone, and what they show is evaluated there alone."""
    folder = env.folder()
    (folder / "talk.vt").write_text("""proc count(n: Buffer<Atomic<u32>>) -> u32 { give n[0].add(1); }
kernel talk(n: Buffer<Atomic<u32>>) {
    print("i = {} \\{\\} v = {}", i, f32x2(1.5, 2.0));
    assert(count(n) < 10, "too \\"many\\"");
}
""")
    ir = [env.compile("talk.vt", "--emit=ir", "--stop-after=frontend", *options, "-o", "-", cwd=folder).out.decode()
          for options in ([], ["-g"])]
    for text in ("print \"i = {} \\{\\} v = {}\", %i, f32x2(1.5, 2)", "assert \"too \\\"many\\\"\", %", "call @count("):
        if text in ir[0] or text not in ir[1]:
            raise Failure(f"`{text}` should be in the IR with -g alone:\n{ir[0]}\n{ir[1]}")


@case
def emit(env):
    folder = folder_with(env, add=ADD, bad=BAD)
    for what, text in [("tokens", "1:1 keyword kernel\n"), ("ast", "kernel "), ("ir", "kernel @add("), ("spvasm", "OpEntryPoint GLCompute")]:
        out = env.compile("add.vt", "--emit=" + what, cwd=folder).out.decode()
        check(text in out, f"--emit={what}", out)
        env.compile("add.vt", "--emit=" + what, "-o", "x.txt", cwd=folder)
        same_text(out, (folder / "x.txt").read_text(), f"--emit={what} -o")
        if what in ("ir", "spvasm"):
            refused(env, 1, "E0301", "bad.vt", "--emit=" + what, cwd=folder)
    env.compile("add.vt", "-o", "add.vir", cwd=folder)
    same_text(env.compile("add.vt", "--emit=ir", cwd=folder).out.decode(), (folder / "add.vir").read_text(), "add.vir")


@case
def remarks(env):
    """What was done, with places; nothing unless it is asked for."""
    folder = folder_with(env, k="""kernel sums(a: Buffer<f32>, out: Buffer<f32>) {
    shared tile: [f32; 64];
    let me = local_index;
    tile[me] = a[i];
    barrier();
    let mut sum = 0.0;
    for n in 0..3 { sum += tile[(me + n as u32) % 64]; }
    if me < 64 { out[i] = sum; }
}
""")
    said = env.compile("k.vt", "--remarks", "-o", "x.spv", cwd=folder).err.decode()
    check("k.vt:1:8: remark: kernel `sums`: 4 of 6 bounds checks removed\n" in said, "the count", said)
    check(re.findall(r"^k\.vt:(\d+):\d+: remark: this index is checked", said, re.M) == ["4", "8"], "the places", said)
    check("k.vt:7:5: remark: all 3 rounds of the loop are written out\n" in said, "the loop", said)
    loud = env.compile("k.vt", "--remarks", "--diagnostics=json", "-o", "x.spv", cwd=folder).err.decode()
    objects = [json.loads(line) for line in loud.splitlines()]
    check([o["severity"] for o in objects] == ["remark"] * 4 and objects[0]["place"]["line"] == 1, "JSON", loud)
    check(env.compile("k.vt", "-o", "x.spv", cwd=folder).err == b"", "nobody asked")
    none = env.compile("k.vt", "--remarks", "-O0", "-o", "x.spv", cwd=folder).err.decode()
    check("2 of 4 bounds checks removed" in none, "-O0", none)
    moved = """kernel sums(a: Buffer<f32>, out: Buffer<f32>, n: u32) {
    let mut sum = 0.0;
    if a.len > 3 { for at in 0..n { sum += a[3]; out[at] = sum; } }
}
"""
    (folder / "moved.vt").write_text(moved)
    said = env.compile("moved.vt", "--remarks", "-o", "x.spv", cwd=folder).err.decode()
    check("1 of 2 bounds checks removed" in said, "a length that is known", said)


@case
def passes(env):
    few = TWO.replace("out[i] = HALF", "for n in 0..3 { out[n as u32] = 1.0; } out[i] = (i > 5 ? 1.0 : 2.0) * HALF")
    folder = folder_with(env, two=TWO, few=few)
    listed = env.compile("--print-passes").out.decode()
    for name in rows("ir/passes/passes.def", r"^PASS\((\w+),"):
        check(re.search(rf"^{name} ", listed, re.M), f"--print-passes has no {name}", listed)
    for level, line in (("-O0", r"^-O0: (.*)$"), ("-O1", r"^-O1: (.*)$"), ("-O2", r"^-O2 and above: (.*)$")):
        whole = re.search(line, listed, re.M)[1]
        # what stands in parentheses runs when the pass before it changed something
        pipeline = re.sub(r"\( .*? \)", "", whole).split()
        dumped = env.compile("two.vt", level, "--dump-after=all", "-o", "x.spv", cwd=folder).err.decode()
        check(re.findall(r"^// after (\w+)$", dumped, re.M) == ["frontend"] + pipeline, "--dump-after=all", dumped[:3000])
        every = env.compile("few.vt", level, "--dump-after=all", "-o", "x.spv", cwd=folder).err.decode()
        check(re.findall(r"^// after (\w+)$", every, re.M) == ["frontend"] + re.sub(r"[()] ", "", whole).split(), whole, every[:3000])
        dumps = dict(re.findall(r"^// after (\w+)\n(.*?)(?=^// after |\Z)", dumped, re.M | re.S))
        for name in ["frontend"] + pipeline:
            if pipeline.count(name) < 2:
                got = env.compile("two.vt", level, "--emit=ir", "--stop-after=" + name, cwd=folder).out.decode()
                same_text(dumps[name].strip(), got.strip(), f"--stop-after={name} {level}")
        env.compile("two.vt", level, "--emit=ir", "-o", "want.vir", cwd=folder)
        env.compile("two.vt", "--emit=ir", "--passes=" + ",".join(whole.split()), "-o", "got.vir", cwd=folder)
        same_text((folder / "want.vir").read_text(), (folder / "got.vir").read_text(), "--passes")
        times = env.compile("two.vt", level, "--time-passes", "--verify-each", "-o", "x.spv", cwd=folder).err.decode()
        for name in pipeline + ["parse", "write SPIR-V", "validate SPIR-V", "total"]:
            check(re.search(rf"^ +[0-9.]+  {name}$", times, re.M), f"--time-passes has no {name}", times)
    refused(env, 2, "there is no pass `mem2ref` (--print-passes lists them); did you mean `mem2reg`?", "two.vt",
            "--dump-after=mem2ref", cwd=folder)


@case
def ir_as_input(env):
    folder = folder_with(env, two=TWO)
    env.compile("two.vt", "-o", "want.spv", cwd=folder)
    for stop in ("frontend", "mem2reg"):
        env.compile("two.vt", "--emit=ir", "--stop-after=" + stop, "-o", "x.vir", cwd=folder)
        env.compile("x.vir", "-o", "x.spv", cwd=folder)
        env.run(["spirv-val", "--target-env", "vulkan1.1", folder / "x.spv"])
        result = env.compile("run", "x.vir", "--kernel=one", INTERP, "out=zeros:3", "--print=out", cwd=folder)
        same_text("out[0..3] = 0 3 6\n", result.out.decode(), "run x.vir")
    refused(env, 1, "E0005", "x.vir", "-DSCALE=2", cwd=folder)


# ---- the bytes

def words(data):
    return struct.unpack(f"<{len(data) // 4}I", data)


@case
def vulkan_versions(env):
    folder = folder_with(env, add=ADD, two=TWO)
    for target, version in (("vulkan1.1", 0x10300), ("vulkan", 0x10300), ("vulkan1.2", 0x10500), ("vulkan1.3", 0x10600)):
        for source in ("add.vt", "two.vt"):
            for level in ("-O0", "-O1", "-O2", "-O3", "-Os"):
                env.compile(source, "--target", target, level, "-o", "x.spv", cwd=folder)
                check(words((folder / "x.spv").read_bytes())[:2] == (0x07230203, version), f"{target}: the header")
                env.run(["spirv-val", "--target-env", "vulkan1.1" if target == "vulkan" else target, folder / "x.spv"])
    env.compile("add.vt", "-o", "check.spv", cwd=folder)
    env.compile("add.vt", "--bounds=trust", "-o", "trust.spv", cwd=folder)
    check((folder / "trust.spv").stat().st_size < (folder / "check.spv").stat().st_size, "--bounds=trust changes nothing")


@case
def the_same_bytes_everywhere(env):
    folder = folder_with(env, add=ADD, two=TWO)
    other = env.folder() / "a long way" / "off"
    other.mkdir(parents=True)
    for name in ("add.vt", "two.vt"):
        shutil.copy(folder / name, other / name)
    shutil.copy(folder / "two.vt", other / "renamed.vt")

    def build(args, cwd, environment=None):
        return env.compile(*args, "-o", "-", cwd=cwd, env=environment).out

    for options in ([], ["-O0"], ["--emit=ir"], ["--target=vulkan1.3"]):
        want = build(["two.vt", *options], folder)
        jobs = [(["two.vt", *options], other, None), ([folder / "two.vt", *options], "/", None),
                (["renamed.vt", *options], other, None), (["./two.vt", *options], folder, {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"}),
                (["-", *options], folder, {"MALLOC_PERTURB_": "170"})] + [(["two.vt", *options], folder, None)] * 8
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for job, got in zip(jobs, pool.map(lambda job: env.compile(*job[0], "-o", "-", cwd=job[1], env=job[2],
                                                                       stdin=TWO.encode()).out, jobs)):
                check(got == want, f"other bytes of {job}")


@case
def debug_information(env):
    folder = folder_with(env, two=TWO)
    for args, want in [(["-g"], True), ([], False)]:
        for level in ("-O0", "-O2"):
            env.compile("two.vt", *args, level, "-o", "x.spv", cwd=folder)
            env.run(["spirv-val", folder / "x.spv"])
            text = env.compile("two.vt", *args, level, "--emit=spvasm", cwd=folder).out.decode()
            check(bool(re.search(r"OpLine %\S+ 3 \d+", text)) == want, f"OpLine {args} {level}", text)
            check(('OpString "two.vt"' in text) == want, f"OpString {args} {level}", text)
    check("!3:" in env.compile("two.vt", "-g", "--emit=ir", cwd=folder).out.decode(), "positions in the IR")


@case
def debug_information_of_everything_is_valid(env):
    folder = env.folder()
    for source in sources("run"):
        for level in ("-O0", "-O2"):
            env.compile(source, "-g", level, "--verify-each", "-Wno-unused_variable", "-o", folder / "x.spv")


@case
def inspect(env):
    folder = folder_with(env, kinds=KINDS)
    env.compile("kinds.vt", "-o", "kinds.spv", cwd=folder)
    text = env.compile("inspect", "kinds.spv", cwd=folder).out.decode()
    for part in ("SPIR-V 1.3", "capabilities: Shader", 'entry point "kinds": GLCompute, workgroup 64 x 1 x 1',
                 'binding 0: storage buffer "f" of f32', 'binding 2: storage buffer "v" of f32x3 every 16 bytes'):
        check(part in text, f"`{part}` is missing", text)
    same_text(text, env.compile("inspect", "-", stdin=(folder / "kinds.spv").read_bytes()).out.decode(), "standard input")
    refused(env, 3, "cannot read", "inspect", "none.spv", cwd=folder)
    with open(folder / "huge.vgpu", "wb") as file:
        file.truncate(2 << 30)  # a hole: no disk is filled
    refused(env, 3, "`huge.vgpu` is larger than 256 MiB", "inspect", "huge.vgpu", cwd=folder)
    refused(env, 3, "`huge.vgpu` is larger than 1024 MiB", "run", "huge.vgpu", "x=1", cwd=folder)
    refused(env, 2, "`inspect` reads .vgpu and .spv files", "inspect", "kinds.vt", cwd=folder)


@case
def devices(env):
    text = env.compile("devices").out.decode()
    check(text.splitlines()[-1].startswith("interp "), "the interpreter is not the last", text)
    for name, environment in env.devices:
        text = env.compile("devices", env=environment).out.decode()
        check(text.startswith("vulkan:0 ") and "max" not in text.splitlines()[0], f"devices of {name}", text)
        for part in ("type ", "driver ", "workgroup ", "buffers ", "features "):
            check(f"    {part}" in text, f"devices of {name}: no {part}", text)


# ---- run

def run_kinds(env, folder, *args, **kwargs):
    given = [arg.split("=")[0] for arg in args if not arg.startswith("-")]
    rest = {"f": "zeros:1", "u": "zeros:1", "v": "zeros:1", "s": "0", "p": "0,0", "x": "1"}
    return env.compile("run", "kinds.vt", *([] if "--device" in str(args) else [INTERP]), *args,
                       *(f"{name}={value}" for name, value in rest.items() if name not in given), cwd=folder, **kwargs)


SPECS = """spec @SIDE(3): u32 = 4u32
spec @N(1): i8 = -2i8
spec @ON(2): bool = true
spec @H(5): f32 = 0.5f32
spec @BIG(6): i64 = -5i64
spec @HALF(8): f16 = 0.5f16
kernel @k(%out: buffer<i32>) workgroup(@SIDE, 1, 1) {
    %side: u32 = spec @SIDE
    %list: shared<array<u32, 4>> = shared %side
    %l: u32 = builtin local_index
    store %list[%l], %l
    barrier
    %last: u32 = sub %side, 1u32
    %x: u32 = load %list[%last]
    %y: u32 = load %list[%side]
    %n: i8 = spec @N
    %on: bool = spec @ON
    %h: f32 = spec @H
    %h4: f32 = mul %h, 4f32
    %0: i32 = convert %x
    store %out[0u32], %0
    %1: i32 = convert %y
    store %out[1u32], %1
    %2: i32 = convert %n
    store %out[2u32], %2
    %3: i32 = convert %on
    store %out[3u32], %3
    %4: i32 = convert %h4
    store %out[4u32], %4
    %g: u32x3 = builtin group_size
    %gx: u32 = extract %g, 0
    %5: i32 = convert %gx
    store %out[5u32], %5
    ret
}
kernel @wide(%out: buffer<i64>) workgroup(1, 1, 1) {
    %h: f16 = spec @HALF
    %x: i64 = convert %h
    store %out[0u32], %x
    %big: i64 = spec @BIG
    store %out[1u32], %big
    ret
}
"""


@case
def run_specs(env):
    """--spec on every device: what the kernel sees, and the workgroup and shared memory that come of it."""
    folder = env.folder()
    (folder / "specs.vir").write_text(SPECS)
    runs = [(["-O0"], [3, 0, -2, 1, 2, 4]),
            (["-O2", "--spec=SIDE=33", "--spec", "N=-100", "--spec=ON=false", "--spec=H=1.75"], [32, 0, -100, 0, 7, 33]),
            (["--spec=ON=0", "--spec=N=127", "--spec=SIDE=1"], [0, 0, 127, 0, 2, 1])]
    for device, environment in [("interp", {}), *(("vulkan", environment) for _, environment in env.devices)]:
        for options, want in runs:
            result = env.compile("run", "specs.vir", "--kernel=k", "--device", device, *options, "--grid=1", "out=zeros:6",
                                 "--print=out", cwd=folder, env=environment)
            same_text("out[0..6] = " + " ".join(map(str, want)) + "\n", result.out.decode(), f"{device} {options}")
        wide = env.compile("run", "specs.vir", "--kernel=wide", "--device", device, "--spec=HALF=9.5", f"--spec=BIG={-2**63}",
                           "--grid=1", "out=zeros:2", "--print=out", cwd=folder, env=environment, expect=None)
        check(wide.out.decode() == f"out[0..2] = 9 {-2**63}\n" or (wide.code == 5 and b"float16" in wide.err), "f16, i64",
              str(wide))
    for texts, option in [
        ("there is no specialization constant `SITE`; did you mean `SIDE`? (the file has SIDE: u32, N: i8, ON: bool, H: f32, "
         "BIG: i64, HALF: f16)", "SITE=3"),
        ("--spec SIDE cannot be 0: it is a side of `k`'s workgroup", "SIDE=0"),
        ("--spec SIDE is a whole number from 0 to 4294967295, not `-1`", "SIDE=-1"),
        ("--spec N is a whole number from -128 to 127, not `128`", "N=128"),
        ("--spec ON is true or false, not `2`", "ON=2"), ("--spec HALF is a number that f16 holds, not `1e6`", "HALF=1e6"),
        ("`--spec` needs NAME=VALUE, not `SIDE`", "SIDE"), ("`--spec` needs NAME=VALUE, not `SIDE=`", "SIDE="),
    ]:
        refused(env, 2, texts, "run", "specs.vir", "--kernel=k", INTERP, "--grid=1", "out=zeros:6", "--spec", option, cwd=folder)
    refused(env, 2, "`--spec N=2` is given twice", "run", "specs.vir", "--kernel=k", INTERP, "--grid=1", "out=zeros:6",
            "--spec=N=1", "--spec=N=2", cwd=folder)
    for _, environment in env.devices:
        refused(env, 5, "workgroup size along x: 1000000", "run", "specs.vir", "--kernel=k", "--device=vulkan", "--grid=1",
                "out=zeros:6", "--spec=SIDE=1000000", cwd=folder, env=environment)


@case
def run_needs(env):
    """What a device lacks is named, before anything runs."""
    folder = env.folder()
    (folder / "large.vir").write_text("""spec @N(0): u32 = 8u32
kernel @k(%out: buffer<u32>) workgroup(64, 1, 1) {
    %n: u32 = spec @N
    %s: shared<array<u32x4, 8>> = shared %n
    %l: u32 = builtin local_index
    store %s[%l][0u32], %l
    barrier
    %x: u32 = load %s[0u32][0u32]
    store %out[%l], %x
    ret
}
""")
    (folder / "lanes.vir").write_text("""kernel @k(%out: buffer<u32>) workgroup(256, 1, 1) subgroup_size(1024) {
    %l: u32 = builtin lane_count
    store %out[0u32], %l
    ret
}
""")
    for _, environment in env.devices:
        env.compile("run", "large.vir", "--device=vulkan", "out=zeros:64", "--spec=N=1000", cwd=folder, env=environment)
        refused(env, 5, "bytes of shared memory: 1600000000", "run", "large.vir", "--device=vulkan", "out=zeros:64",
                "--spec=N=100000000", cwd=folder, env=environment)
        refused(env, 5, "needs subgroups of 1024", "run", "lanes.vir", "--device=vulkan", "out=zeros:1", cwd=folder,
                env=environment)


@case
def target_features(env):
    """`--target=T+FEATURE`: in the code, listed, and refused where there is none."""
    folder = env.folder()
    (folder / "sum.vir").write_text("""kernel @k(%sum: buffer<atomic<f32>>) workgroup(64, 1, 1) {
    %x: f32 = atomic_add %sum[0u32], 1f32
    ret
}
""")
    def code(target):
        env.compile("sum.vir", f"--target={target}", "-o", "out.spv", cwd=folder)
        return env.compile("inspect", "out.spv", cwd=folder).out.decode()
    for target, there, absent in [
        ("vulkan", [], ["AtomicFloat32AddEXT", "reconvergence"]),
        ("vulkan1.2+atomic-float", ["SPIR-V 1.5", "AtomicFloat32AddEXT", "SPV_EXT_shader_atomic_float_add"], ["reconvergence"]),
        ("vulkan1.3+maximal-reconvergence+atomic-float", ["SPV_KHR_maximal_reconvergence", "AtomicFloat32AddEXT"], []),
    ]:
        text = code(target)
        for part in there:
            check(part in text, f"{target}: `{part}` is missing", text)
        for part in absent:
            check(part not in text, f"{target}: `{part}` should not be there", text)
    refused(env, 2, "the target `vulkan1.1` has no `+atomic-flot`; did you mean `+atomic-float`?", "sum.vir",
            "--target=vulkan+atomic-flot", cwd=folder)
    refused(env, 2, "the target `ir` has no `+atomic-float`", "sum.vir", "--target=ir+atomic-float", cwd=folder)
    refused(env, 2, "the target `vulkan1.1` has no `+`", "sum.vir", "--target=vulkan+", cwd=folder)
    text = env.compile("--print-targets").out.decode()
    check("+atomic-float " in text and "+maximal-reconvergence " in text, "features are not listed", text)


@case
def run_refuses(env):
    folder = folder_with(env, add=ADD, two=TWO, kinds=KINDS)
    for texts, args in [
        ("there are several kernels; say --kernel: `one`, `two`", ["two.vt"]),
        ("there is no kernel `three`; there are `one`, `two`", ["two.vt", "--kernel=three"]),
        ("no file to run", ["a=1"]),
        ("`run` takes one file and NAME=VALUE, found `two.vt`", ["add.vt", "two.vt"]),
        ("`add.spv` is no source file", ["add.spv"]),
        ("`add` has no parameter `oot`; did you mean `out`? (it has a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>)",
         ["add.vt", "a=1", "b=1", "oot=1"]),
        ("`a` is given twice", ["add.vt", "a=1", "b=1", "out=1", "a=2"]),
        ("`b`, Buffer<f32>, has no value; say b=zeros:N", ["add.vt", "a=1", "out=1"]),
        ("`--grid` needs X, X,Y or X,Y,Z", ["add.vt", "a=1", "b=1", "out=1", "--grid=1,2,3,4"]),
        ("`--grid` needs X, X,Y or X,Y,Z", ["add.vt", "a=1", "b=1", "out=1", "--grid=-1"]),
        ("`--grid` needs X, X,Y or X,Y,Z", ["add.vt", "a=1", "b=1", "out=1", "--grid=1,,1"]),
        ("`--repeat` needs a number", ["add.vt", "--repeat=many"]),
        ("`--out` needs NAME=FILE.bin or NAME=FILE.npy, not `out`", ["add.vt", "a=1", "b=1", "out=1", "--out=out"]),
        ("`--out` needs NAME=FILE.bin or NAME=FILE.npy, not `out=x.txt`", ["add.vt", "a=1", "b=1", "out=1", "--out=out=x.txt"]),
        ("has no parameter `x`", ["add.vt", "a=1", "b=1", "out=1", "--out=x=x.bin"]),
        ("has no parameter `x`", ["add.vt", "a=1", "b=1", "out=1", "--print=x"]),
        ("`--print` needs NAME or NAME:N, not `out:x`", ["add.vt", "a=1", "b=1", "out=1", "--print=out:x"]),
        ("--check-races needs --device=interp", ["add.vt", "a=1", "b=1", "out=1", "--device=vulkan", "--check-races"]),
        ("--check-races runs once: leave out --repeat", ["add.vt", "a=1", "b=1", "out=1", "--check-races", "--repeat=2"]),
        ("there is no kind of device `gpu`", ["add.vt", "a=1", "b=1", "out=1", "--device=gpu"]),
    ]:
        refused(env, 2, texts, "run", *args, *([] if "--device" in str(args) else [INTERP]), cwd=folder)
    f, u, v, s, p = "`f`, Buffer<f32>: ", "`u`, Buffer<u32>: ", "`v`, Buffer<f32x3>: ", "`s`, i32: ", "`p`, u32x2: "
    for texts, arg in [
        (f + "expected a number that f32 holds, found `one`", "f=1,one"), (f + "expected", "f="), (f + "expected", "f=1,,2"),
        (f + "expected", "f=1e39"), (u + "expected a whole number from 0 to 4294967295, found `-1`", "u=-1"),
        (u + "expected", "u=1.5"), (u + "expected", "u=4294967296"), (s + "expected", "s=2147483648"), (s + "expected", "s=1.0"),
        (p + "expected 2 numbers, found 1", "p=1"), (p + "expected 2 numbers, found 3", "p=1,2,3"),
        (s + "expected 1 number, found 2", "s=1,2"), (v + "expected 3 numbers for each element, found 4", "v=1,2,3,4"),
        (s + "`zeros:N` makes a buffer", "s=zeros:1"), (f + "there is no `ones:`", "f=ones:3"),
        (f + "expected a count of elements", "f=zeros:x"), (f + "expected a count of elements", "f=zeros:4294967296"),
        (f + "expected zeros:N, found `zeros:1:2`", "f=zeros:1:2"), (f + "expected fill:N:V, found `fill:3`", "f=fill:3"),
        (f + "expected", "f=fill:3:x"), (v + "`fill` takes 1 or 3 numbers, found 2", "v=fill:3:1,2"),
        (f + "expected a whole number as the seed", "f=random:3:x"), (f + "expected a file NAME.bin or NAME.npy", "f=@x.txt"),
    ]:
        said(run_kinds(env, folder, arg, expect=2), texts)
    said(run_kinds(env, folder, "f=@none.bin", expect=3), f, "cannot read `none.bin`")
    (folder / "seven.bin").write_bytes(b"1234567")
    said(run_kinds(env, folder, "f=@seven.bin", expect=2), f + "`seven.bin` has 7 bytes; expected a multiple of 4")
    said(run_kinds(env, folder, "v=@seven.bin", expect=2), v + "`seven.bin` has 7 bytes; expected a multiple of 16")
    said(run_kinds(env, folder, "s=@seven.bin", expect=2), s + "`seven.bin` has 7 bytes; expected 4")
    check(names(folder) == ["add.vt", "kinds.vt", "seven.bin", "two.vt"], f"files: {names(folder)}")


def npy(descr, shape, data, version=1, order="False"):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    size = 10 if version == 1 else 12
    header = (header + " " * (-(size + len(header) + 1) % 64) + "\n").encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + data


def read_npy(path):
    data = path.read_bytes()
    check(data[:8] == b"\x93NUMPY\x01\x00", f"{path}: the magic", data[:20])
    size, = struct.unpack("<H", data[8:10])
    check((10 + size) % 64 == 0 and data[9 + size:10 + size] == b"\n", f"{path}: the alignment of the header", data[:10 + size])
    header = eval(data[10:10 + size].decode("ascii"), {"__builtins__": {}})  # a literal of our own making
    count = 1
    for side in header["shape"]:
        count *= side
    kind = {"<f4": "f", "<u4": "I", "<i4": "i"}[header["descr"]]
    check(header["fortran_order"] is False and set(header) == {"descr", "fortran_order", "shape"}, "the header", header)
    return header["shape"], list(struct.unpack(f"<{count}{kind}", data[10 + size:]))


@case
def npy_files(env):
    folder = folder_with(env, kinds=KINDS)
    floats = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    for name, data in {"f": npy("<f4", "(6,)", floats), "f2": npy("<f4", "(2, 3)", floats, version=2), "v": npy("<f4", "(2, 3)", floats),
                       "u": npy("<u4", "(3,)", struct.pack("<3I", 7, 8, 2**32 - 1)), "s": npy("<i4", "()", struct.pack("<i", -2)),
                       "p": npy("<u4", "(1, 2)", struct.pack("<2I", 2, 5)), "empty": npy("<f4", "(0,)", b"")}.items():
        (folder / f"{name}.npy").write_bytes(data)
    run_kinds(env, folder, "f=@f.npy", "v=@v.npy", "u=@u.npy", "s=@s.npy", "p=@p.npy", "x=2",
              *(f"--out={name}={name}.out.npy" for name in "fuv"), "--out=v=v.bin")
    check(read_npy(folder / "f.out.npy") == ((6,), [2, 4, 6, 8, 10, 12]), "f")
    check(read_npy(folder / "u.out.npy") == ((3,), [15, 16, 7]), "u")
    check(read_npy(folder / "v.out.npy") == ((2, 3), [3, 2, 1, 6, 5, 4]), "v: no padding in .npy")
    check(struct.unpack("<8f", (folder / "v.bin").read_bytes()) == (3, 2, 1, 0, 6, 5, 4, 0), "v: padding in .bin")
    run_kinds(env, folder, "v=@v.bin", "f=@f2.npy", "--out=v=again.npy", "--out=f=f2.out.npy")
    check(read_npy(folder / "again.npy") == ((2, 3), [1, 2, 3, 4, 5, 6]), "v from .bin")
    check(read_npy(folder / "f2.out.npy") == ((6,), [1, 2, 3, 4, 5, 6]), "f of two dimensions, version 2")
    run_kinds(env, folder, "f=@empty.npy", "--out=f=none.npy")
    check(read_npy(folder / "none.npy") == ((0,), []), "an empty buffer")
    for texts, arg in [("holds <f4 (f32); expected <u4 (u32)", "u=@f.npy"), ("`f.npy` has another last dimension than 3", "v=@f.npy"),
                       ("holds 3 elements; expected one", "s=@three.npy"), ("holds 2 elements; expected one", "p=@pairs.npy")]:
        (folder / "three.npy").write_bytes(npy("<i4", "(3,)", bytes(12)))
        (folder / "pairs.npy").write_bytes(npy("<u4", "(2, 2)", bytes(16)))
        said(run_kinds(env, folder, arg, expect=2), texts)


@case
def values_and_printing(env):
    folder = folder_with(env, kinds=KINDS)
    for arg, name, want in [
        ("f=1,2.5, -3e2 ,inf,nan,0x10", "f", "f[0..6] = 1 2.5 -300 inf nan 16"), ("f=iota:4", "f", "f[0..4] = 0 1 2 3"),
        ("v=iota:2", "v", "v[0..2] = (2, 1, 0) (5, 4, 3)"), ("f=fill:3:0.5", "f", "f[0..3] = 0.5 0.5 0.5"),
        ("v=fill:2:1,2,3", "v", "v[0..2] = (3, 2, 1) (3, 2, 1)"), ("u=0b11,0o17,1_000", "u", "u[0..3] = 3 15 1000"),
        ("f=zeros:40", "f", "f[0..16] =" + " 0" * 16), ("f=zeros:40", "f:2", "f[0..2] = 0 0"), ("f=1,2", "f:9", "f[0..2] = 1 2"),
        ("f=zeros:0", "f", "f[0..0] ="), ("f=1", "f:0", "f[0..0] ="),
    ]:
        same_text(want + "\n", run_kinds(env, folder, arg, "--print=" + name).out.decode(), f"{arg} {name}")
    out = [run_kinds(env, folder, arg, "--print=u:4", "--print=f:4").out for arg in
           ("u=random:99", "u=random:99", "u=random:99:1", "u=random:99:2")]
    check(out[0] == out[1] == out[2] != out[3], "random: the same seed, the same numbers", out)
    result = run_kinds(env, folder, "f=random:1000:7", "--out=f=f.npy")
    numbers = read_npy(folder / "f.npy")[1]
    check(all(0 <= x < 1 for x in numbers) and 0.45 < sum(numbers) / 1000 < 0.55, "random floats", result)


@case
def grids(env):
    folder = folder_with(env, k="""#[workgroup(4, 2, 1)]
kernel k3(out: Buffer<u32>, w: u32) { if i < w { out[j * w + i] = 100 * i + j + 1; } }
""")
    for args, want in [(["--grid=3,2"], "1 101 201 2 102 202 0 0"), (["--grid=0"], "0 0 0 0 0 0 0 0"), (["--grid=3,0"], "0 0 0 0 0 0 0 0"),
                       (["--grid=4"], "1 101 201 2 102 202 0 0"), (["--grid=1,1,3"], "1 101 201 2 102 202 0 0"),
                       (["--grid=1,2"], "1 101 201 2 102 202 0 0"), (["--grid", "1,3"], "1 101 201 2 102 202 3 103")]:
        for device in [INTERP] + (["--device=vulkan"] if env.devices else []):
            result = env.compile("run", "k.vt", "w=3", "out=zeros:8", "--print=out", *args, device, cwd=folder)
            same_text(f"out[0..8] = {want}\n", result.out.decode(), f"{args} {device}")


@case
def repeat_and_times(env):
    folder = folder_with(env, kinds=KINDS)
    for device in [INTERP] + (["--device=vulkan"] if env.devices else []):
        args = ["f=1,2,3", "x=2", "--print=f", device]
        once = run_kinds(env, folder, *args)
        check(re.search(rb"^vittec-gpu: ran `kinds` on .* in [0-9.e+]+ (ns|us|ms|s)", once.err), "the time", once)
        result = run_kinds(env, folder, *args, "--repeat=5")
        lines = result.out.decode().splitlines()
        check(lines[0] == "f[0..3] = 2 4 6", "every run begins with what was given", result)
        check(re.fullmatch(r"5 runs on .*: min [0-9.e+]+ \w+, median [0-9.e+]+ \w+, max [0-9.e+]+ \w+, [0-9.e+-]+ GB/s.*", lines[1]),
              "the times", result)
        check(result.err == b"", "it says something else", result)


@case
def devices_time_themselves(env):
    """Where a device has timestamps, `--repeat` shows its own times; it says so where they are the host's."""
    folder, missing = folder_with(env, add=ADD), []
    for name in [*env.KNOWN_DEVICES, *env.OTHER_DEVICES]:
        try:
            result = env.compile("run", "add.vt", "a=1,2", "b=3,4", "out=zeros:2", *env.device_options(name), "--repeat=3",
                                 cwd=folder, env=env.device(name))
        except Skip as skip:
            missing.append(f"{name}: {skip}")
            continue
        check(re.search(rb"GB/s$", result.out.strip()) and b"clock" not in result.out, f"{name} has timestamps", result)
    result = env.compile("run", "add.vt", "a=1,2", "b=3,4", "out=zeros:2", INTERP, "--repeat=3", cwd=folder)
    check(b"by the host's clock" in result.out, "the interpreter has no timestamps", result)
    if missing:
        raise Skip("; ".join(missing))


@case
def signals_take_the_temporary_file_along(env):
    """Interrupted at several moments, one of them with luck while the output is being written."""
    folder = folder_with(env, large="kernel large(out: Buffer<f32>) {\n" + "    out[i] = out[i] * 1.5 + sin(out[i + 1]);\n" * 3000 + "}\n")
    for delay in range(12):
        process = subprocess.Popen([env.vittec, "large.vt", "-o", "large.spv"], cwd=folder, stderr=subprocess.DEVNULL)
        time.sleep(delay * 0.008)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        check(process.returncode in (0, -signal.SIGTERM), f"exit {process.returncode}")
        check(set(names(folder)) <= {"large.vt", "large.spv"}, f"files: {names(folder)}")
