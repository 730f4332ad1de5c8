"""Golden files: tests/golden/NAME.vt and the siblings it wants checked.

NAME.ast, NAME.vir (the IR as lowered), NAME.O1.vir (after the passes), NAME.spvasm,
NAME.wgsl, NAME.cl and NAME.metal (NAME.g.wgsl and so on: at -O0 with -g), NAME.err (diagnostics).
`make bless` rewrites siblings that exist; an empty new file asks for one.
"""
import pathlib

from .common import Failure, same_text, sources

COMMANDS = {
    ".ast": ["--emit=ast"],
    ".vir": ["--emit=ir", "--stop-after=frontend"],
    ".O1.vir": ["--emit=ir", "-O1"],
    ".spvasm": ["--emit=spvasm", "-O1"],
    ".wgsl": ["-O1", "--target=wgsl"],
    ".g.wgsl": ["-O0", "-g", "--target=wgsl"],
    ".metal": ["-O1", "--target=msl"],
    ".g.metal": ["-O0", "-g", "--target=msl"],
    ".cl": ["-O1", "--target=opencl-c"],
    ".g.cl": ["-O0", "-g", "--target=opencl-c"],
    ".err": ["check"],
}


def cases(env):
    for source in sources("golden"):
        for suffix in COMMANDS:
            golden = source.with_name(source.stem + suffix)
            if golden.exists():
                yield golden.name, lambda s=source, g=golden, x=suffix: check(env, s, g, x)


def produce(env, source, suffix):
    if suffix == ".err":
        return env.compile("check", source, expect=None).err.decode()
    if suffix == ".spvasm":
        words = env.folder() / "out.spv"
        env.compile(source, "-O1", "-o", words)
        return env.run(["spirv-dis", "--no-color", "--raw-id", words]).out.decode()
    return env.compile(source, *COMMANDS[suffix], "-o", "-").out.decode()


def check(env, source, golden, suffix):
    got = produce(env, source, suffix)
    if suffix.endswith(".vir"):
        # print ∘ parse is the identity
        path = env.folder() / "again.vir"
        path.write_text(got)
        again = env.compile(path, "--emit=ir", "--stop-after=frontend", "-o", "-").out.decode()
        same_text(got, again, "the IR, parsed and printed again,")
    if env.args.bless:
        pathlib.Path(golden).write_text(got)
        return
    same_text(golden.read_text(), got, str(golden))
