"""`print` and `assert`: tests/prints/*.vt say what comes out, on the interpreter and on every driver, at -O0 and -O2; at -O2 alone
on what takes OpenCL C, OpenCL SPIR-V, LLVM IR and WGSL. `none` is where there is no driver: what was made for a device then runs on the interpreter.

    //! run a=1,2 --grid=2      arguments of `vittec-gpu run`, besides -g
    //! says 0: 1               a line of standard output; all of them, in this order
    assert(x != 0.0, "…");      //~ E1103, if it fails

Without -g nothing is said.
"""
import json
import re

from .common import Env, Failure, Skip, same_text, sources

# messages that fit: 2^18 words, 4 for each and one for its operand
ROOM = 2**18 // 5

MANY = """kernel many(out: Buffer<u32>) {
    print("{}", i);
    if i < out.len { out[i] = 1; }
}
"""


OTHERS = ["pocl", "rusticl", "llvm-jit", "dawn-swiftshader", "wgpu-mesa25"]
NOWHERE = {"VK_DRIVER_FILES": "/nowhere", "VK_ICD_FILENAMES": "/nowhere", "OCL_ICD_VENDORS": "/nowhere"}


def cases(env):
    drivers = Env.KNOWN_DEVICES[:1] if env.args.quick else Env.KNOWN_DEVICES
    others = [] if env.args.quick else OTHERS  # sanitizers are quick: they would find what PoCL itself leaks
    for device in ["interp", "none", *others] + drivers:
        for source in sources("prints"):
            for level in ("-O2",) if device in others else ("-O0", "-O2"):
                yield f"{source.stem} {device} {level}", lambda s=source, d=device, o=level: check(env, s, d, o)
        yield f"too many {device}", lambda device=device: check_too_many(env, device)


def run(env, device, *arguments):
    options = ["--verify-each", "--diagnostics=json", *arguments]
    if device == "none":
        result = env.compile("run", "--device=auto", *options, env=NOWHERE, expect=None)
    else:
        result = env.run_on(device, options.pop(2), *options)
    lacks = re.search(r'"code":"(E100[25])".*?"message":"([^"]*)', result.err.decode())
    if result.code == 5 or (lacks and device in Env.OTHER_DEVICES):
        raise Skip(f"{lacks[1]}: {lacks[2]}" if lacks else result.err.decode().strip())
    result.err = b"".join(line for line in result.err.splitlines(True) if b"no GPU driver was found" not in line)
    return result


def check(env, source, device, level):
    text = source.read_text()
    arguments = re.search(r"^//! run (.*)$", text, re.M)[1].split()
    says = "".join(line + "\n" for line in re.findall(r"^//! says (.*)$", text, re.M))
    fails = [n for n, line in enumerate(text.split("\n"), 1) if "//~ E1103" in line]
    result = run(env, device, source, "-g", level, *arguments)
    same_text(says, result.out.decode(), f"what {source} prints on {device}")
    items = [json.loads(line) for line in result.err.decode().splitlines()]
    if [item["place"]["line"] for item in items] != fails or any(item["code"] != "E1103" for item in items):
        raise Failure(f"expected E1103 on lines {fails}\n{result}")
    if result.code != (1 if fails else 0):
        raise Failure(f"wrong exit status\n{result}")
    quiet = run(env, device, source, level, *arguments)
    printed = "".join(line + "\n" for line in says.splitlines() if re.match(r"\w+\[", line))  # of --print
    if quiet.code != 0 or quiet.out.decode() != printed or quiet.err:
        raise Failure(f"without -g something is said\n{quiet}")


def check_too_many(env, device):
    source = env.folder() / "many.vt"
    source.write_text(MANY)
    result = run(env, device, source, "-g", "out=zeros:100000")
    lines = result.out.decode().splitlines()
    count = 100032  # whole workgroups of 64
    lost = f"vittec-gpu: {count - ROOM} more messages of the kernel are lost; there was no room for them\n"
    if result.code != 0 or len(lines) != ROOM or sorted(lines, key=int) != lines or result.err.decode() != lost:
        raise Failure(f"expected {ROOM} lines in order, and\n{lost}got {len(lines)} lines and\n{result.err.decode()[:1000]}")
