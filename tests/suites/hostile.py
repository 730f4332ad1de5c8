"""Bad input of every kind: a clear error within a second of processor time (four under sanitizers) and bounded memory, no
crash, no leak (the sanitizers end with an error), and an old output file is still there."""
import json
import os
import pathlib
import random
import struct
import subprocess
import time

from .cli import npy
from .common import Failure, Result, Skip, sources

MEGABYTE = 1 << 20
MEMORY = 1 << 30  # what a process may have
KERNEL = "kernel work(a: Buffer<f32>, n: Buffer<u32>, out: Buffer<f32>, s: u32) {\n%s\n}\n"


def sanitized(env):
    return "sanitize" in env.bin.name


def run(env, args, cwd, seconds=None, memory=MEMORY):
    """Runs the compiler, as common.Env.run does, with limits on memory and processor time. A program sets the first: for a function
    of ours all of this process would be copied, which takes longer than the compiler."""
    seconds = seconds or (4.0 if sanitized(env) else 1.0)
    environment = {**os.environ, "NO_COLOR": "1", "ASAN_OPTIONS": "allocator_may_return_null=1"}
    command = [env.vittec, *map(str, args)]
    limited = [*([] if sanitized(env) else ["prlimit", f"--as={memory}"]), *command]
    number = env.folder().name
    outs = [open(pathlib.Path(cwd, f".{what}{number}"), "w+b") for what in ("out", "err")]
    process = subprocess.Popen(limited, stdin=subprocess.DEVNULL, stdout=outs[0], stderr=outs[1], cwd=cwd, env=environment)
    # wait4 alone tells the processor time of one child
    end = time.monotonic() + 120
    pid = 0
    while pid == 0:
        pid, state, used = os.wait4(process.pid, os.WNOHANG)
        if pid == 0:
            if time.monotonic() > end:
                process.kill()
                os.wait4(process.pid, 0)
                raise Failure(f"no end within 120 s: {command}")
            time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(state)
    for stream, name in zip(outs, ("stdout", "stderr")):
        stream.seek(0)
        setattr(process, name, stream.read())
        stream.close()
        os.unlink(stream.name)
    result = Result(command, process)
    took = used.ru_utime + used.ru_stime
    if result.code < 0 or b"Sanitizer" in result.err or b"runtime error:" in result.err:
        raise Failure(f"crashed\n{result}")
    if result.code == 4:
        raise Failure(f"a bug of the compiler\n{result}")
    if took > (seconds if result.code else 3 * seconds):  # what is fine, but large, may take longer
        raise Failure(f"{took:.2f} s, expected {seconds} s\n{result}")
    if len(result.err) > 200000 or result.err.count(b"\n") > 400:
        raise Failure(f"{len(result.err)} bytes of messages\n{result}")
    return result


def compile_hostile(env, data, codes=None, name="test.vt", expect=1, options=()):
    """Compiles `data`; exit status 1 with only these codes (None: any), messages that are UTF-8, the old output as it was.
    expect None: an error or none."""
    folder = env.folder()
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "out.spv").write_bytes(b"old")
    seconds = (40.0 if sanitized(env) else 10.0) if codes == "E1001" else None  # found in the last step only
    result = run(env, [name, "-o", "out.spv", *options], folder, seconds)
    text = result.err.decode()  # raises where it is no UTF-8
    if result.code not in ((expect,) if expect is not None else (0, 1)):
        raise Failure(f"exit {result.code}, expected {expect}\n{result}")
    if result.code == 1:
        if (folder / "out.spv").read_bytes() != b"old" or sorted(os.listdir(folder)) != ["out.spv", name]:
            raise Failure(f"the old output is gone: {sorted(os.listdir(folder))}\n{result}")
        found = {part.split("]")[0] for part in text.split("error[")[1:]}
        if not found or (codes is not None and not found <= set(codes.split())):
            raise Failure(f"errors {found}, expected {codes}\n{result}")
    elif (folder / "out.spv").read_bytes()[:4] != b"\x03\x02\x23\x07":
        raise Failure(f"no output\n{result}")
    for emit in ("tokens", "ast") if name.endswith(".vt") else ():
        run(env, [name, f"--emit={emit}", "-o", "/dev/null"], folder, seconds=3.0)  # megabytes of text
    return result


# ---- bytes

def noise(seed, size):
    return random.Random(seed).randbytes(size)


BYTES = {
    "empty": (b"", "E0003"),
    "one byte order mark": (b"\xef\xbb\xbf", "E0003"),
    "only comments": (b"// nothing\n/* here */\n", "E0003"),
    "noise of 100 bytes": (noise(1, 100), None),
    "noise of 64 KB": (noise(2, 1 << 16), None),
    "noise of 1 MB": (noise(3, MEGABYTE), None),
    "noise of ASCII": (bytes(b % 96 + 32 for b in noise(4, MEGABYTE)), None),
    "noise of lines": (bytes(b if b % 7 else 10 for b in noise(5, MEGABYTE)), None),
    "zeros": (bytes(MEGABYTE), None),
    "a zero in a word": ((KERNEL % "out[i] = a[i];").replace("out[i]", "ou\0t[i]").encode(), None),
    "a zero behind the end": ((KERNEL % "out[i] = a[i];").encode() + b"\0", None),
    "UTF-16": (b"\xff\xfe" + (KERNEL % "").encode("utf-16-le"), None),
    "an ELF file": (b"\x7fELF\x02\x01\x01" + bytes(9) + noise(6, 20000), None),
    "invalid UTF-8": (b"kernel k(out: Buffer<f32>) { \xff\xfe let \xc3 = \xed\xa0\x80; }", None),
    "invalid UTF-8 in a comment": (b"// \xff\xfe\n/* \xc0\x80 */\n" + (KERNEL % "out[i] = a[i];").encode(), "E0101"),
    "invalid UTF-8 in a doc comment": (b"/// \xff\n" + (KERNEL % "out[i] = a[i];").encode(), "E0101"),
    "1 MB of invalid UTF-8": (b"\xff" * MEGABYTE, None),
    "1 MB of invalid UTF-8 in a comment": (b"//" + b"\xff" * MEGABYTE, None),
    "a character cut off at the end": (b"kernel k() { \xe2\x82", None),
    "carriage returns alone": (b"kernel k(out: Buffer<f32>) {\r out[i] = 1.0;\r}\r" * 2, None),
    "escape sequences": (b"kernel \x1b[31m(\x1b]0;title\x07) {\x9b}", None),
    "an open comment": (b"/*" + b" x" * 1000, None),
    "an open text": ((KERNEL % 'print("' + "x" * 1000).encode(), None),
}

# one line of a megabyte; MANY: how many errors there may be is not said
LINES = {
    "a name": "a" * MEGABYTE, "digits": "1" * MEGABYTE, "hex digits": "0x" + "f" * MEGABYTE, "underscores": "_" * MEGABYTE,
    "number and points": "1." * (MEGABYTE // 2), "an exponent": "1e" + "9" * MEGABYTE, "spaces": " " * MEGABYTE,
    "tabs": "\t" * MEGABYTE, "semicolons": ";" * MEGABYTE, "commas": "," * MEGABYTE, "points": "." * MEGABYTE, "quotes": '"' * MEGABYTE,
    "a text": '"' + "x" * MEGABYTE + '"', "backslashes": "\\" * MEGABYTE, "parentheses": "(" * MEGABYTE, "closing ones": ")" * MEGABYTE,
    "braces": "{" * MEGABYTE, "closing braces": "}" * MEGABYTE, "brackets": "[" * MEGABYTE, "less": "<" * MEGABYTE,
    "greater": ">" * MEGABYTE, "plus": "+" * MEGABYTE, "minus": "-" * MEGABYTE, "stars": "*" * MEGABYTE, "slashes": "/" * MEGABYTE,
    "comment starts": "/*" * (MEGABYTE // 2), "comment ends": "*/" * (MEGABYTE // 2), "hashes": "#[" * (MEGABYTE // 2), "at": "@" * MEGABYTE,
    "kernels": "kernel " * (MEGABYTE // 7), "procs": "proc f() {} " * (MEGABYTE // 12), "lets": "let x = " * (MEGABYTE // 8),
    "ifs": "if x { " * (MEGABYTE // 7), "elses": "else " * (MEGABYTE // 5), "accents": "é" * (MEGABYTE // 2), "emoji": "😀" * (MEGABYTE // 4),
    "no-break spaces": "\u00a0" * (MEGABYTE // 2), "attributes": "#[a] " * (MEGABYTE // 5), "docs": "/// x\n" * (MEGABYTE // 6),
    "uses": "use a/b " * (MEGABYTE // 8), "newlines": "\n" * MEGABYTE, "forms": "form F { } " * (MEGABYTE // 11),
    "questions": "? : " * (MEGABYTE // 4), "colons": "::" * (MEGABYTE // 2), "words": "x " * (MEGABYTE // 2), "give": "give " * (MEGABYTE // 5),
}
INSIDE = {
    "a name": "a" * MEGABYTE, "digits": "1" * MEGABYTE, "a sum": "a[i] + " * (MEGABYTE // 7), "a product": "s * " * (MEGABYTE // 4) + "s",
    "a list": "s, " * (MEGABYTE // 3), "an index": "a[" * (MEGABYTE // 2), "members": "a" + ".x" * (MEGABYTE // 2), "minus": "-" * MEGABYTE + "1",
    "nots": "not " * (MEGABYTE // 4) + "true", "casts": "s" + " as u32" * (MEGABYTE // 7), "choices": "s == 1 ? 1.0 : " * (MEGABYTE // 15) + "2.0",
    "comparisons": "s < " * (MEGABYTE // 4) + "s", "ands": "s == 1 and " * (MEGABYTE // 11) + "true", "shifts": "s << " * (MEGABYTE // 5) + "s",
    "calls": "abs(" * (MEGABYTE // 4), "bit or": "s | " * (MEGABYTE // 4) + "s", "constants": "1 + " * (MEGABYTE // 4) + "1",
    "float constants": "1.5 * " * (MEGABYTE // 6) + "1.5", "swizzles": "f32x4(1.0)" + ".wzyx" * (MEGABYTE // 5), "indexes": "a" + "[0]" * (MEGABYTE // 3),
}

# ---- nesting

DEEP = 10000


def nested(before, middle, after, depth=DEEP):
    return before * depth + middle + after * depth


def deep_cases():
    value = {
        "parentheses": ("(", "1.0", ")"), "brackets": ("n[", "0", "]"), "array literals": ("[", "1.0", "]"), "calls": ("abs(", "1.0", ")"),
        "minus": ("-", "1.0", ""), "not": ("not ", "true", ""), "exclamation": ("!", "true", ""), "complement": ("~", "1", ""),
        "mut references": ("&mut ", "s", ""), "stars": ("*", "s", ""), "choices": ("true ? 1.0 : ", "2.0", ""), "conditions": ("(", "true", " ? true : false)"),
        "left choices": ("true ? ", "1.0", " : 2.0"), "vectors": ("f32x2(", "1.0", ", 1.0)"), "ifs": ("if true { ", "1.0", " } else { 2.0 }"),
        "sums to the right": ("1.0 + (", "1.0", ")"), "sums to the left": ("", "1.0", " + 1.0"), "casts": ("", "s", " as u32"),
        "bitcasts": ("bitcast<u32>(", "s", ")"), "members": ("", "f32x2(0.0)", ".xy"), "forms": ("F { x: ", "1", " }"), "powers": ("", "1", " << 1"),
        "or": ("true or ", "true", ""), "and": ("", "true", " and true"),
    }
    statement = {
        "blocks": ("{ ", "", " }"), "ifs": ("if s == 1 { ", "out[0] = 1.0;", " }"), "elses": ("if s == 1 { } else { ", "", " }"), "elifs": ("elif s == 2 { } ", "", ""),
        "whiles": ("while s > 3 { ", "break;", " }"), "loops": ("loop { ", "break;", " break; }"), "fors": ("for k in 0..2 { ", "out[0] = 1.0;", " }"),
        "matches": ("match s { case 0 { ", "", " } }"),
    }
    item = {
        "buffers": ("kernel k(x: ", "Buffer<", "f32", ">", ") {}"), "arrays": ("proc f(x: ", "[", "f32", "; 2]", ") {}"), "comments": ("", "/*", " ", "*/", KERNEL % ""),
        "attributes": ("#[a", "(", "1", ")", "]\n" + KERNEL % ""), "constants": ("const N = ", "(", "1", ")", ";" + KERNEL % ""),
    }
    for closed in (True, False):
        for name, (before, middle, after) in value.items():
            yield f"value {name}{'' if closed else ', open'}", KERNEL % ("let x = " + nested(before, middle, after if closed else "") + ";")
        for name, (before, middle, after) in statement.items():
            start = "if s == 1 { } " if name == "elifs" else ""
            yield f"statement {name}{'' if closed else ', open'}", KERNEL % (start + nested(before, middle, after if closed else ""))
        for name, (start, before, middle, after, end) in item.items():
            yield f"item {name}{'' if closed else ', open'}", start + nested(before, middle, after if closed else "") + end


# ---- much of something

def proc_chain(count, reverse, calls=1):
    procs = [f"proc p{k}(x: u32) -> u32 {{ give {' + '.join([f'p{k + 1}(x)'] * calls)}; }}" for k in range(count)]
    procs.append(f"proc p{count}(x: u32) -> u32 {{ give x + 1; }}")
    return "\n".join(reversed(procs) if reverse else procs) + "\n" + KERNEL % "out[i] = p0(s) as f32;"


def const_chain(count, reverse):
    consts = [f"const N{k}: u32 = N{k + 1};" for k in range(count)] + [f"const N{count}: u32 = 1;"]
    return "\n".join(reversed(consts) if reverse else consts) + "\n" + KERNEL % "out[i] = N0 as f32;"


def nested_returns(count):
    """Each proc gives in the middle, so what follows the call moves into an arm: the nests add up."""
    text = "proc r0(x: u32) -> u32 { if x == 0 { give 1; } give 2; }\n"
    body = "".join(f"if x == {k} {{ give {k}; }}\n" for k in range(count))
    return f"proc r(x: u32) -> u32 {{\n{body} give x;\n}}\n" + text + KERNEL % "out[i] = r(s) as f32;"


def deep_calls(procs, depth):
    inside = "if x > 1 { " * depth
    lines = [f"proc d{k}(x: u32, out: Buffer<f32>) {{ {inside} d{k + 1}(x, out); {'}' * depth} }}" for k in range(procs)]
    lines.append(f"proc d{procs}(x: u32, out: Buffer<f32>) {{ out[x] = 1.0; }}")
    return "\n".join(lines) + "\n" + KERNEL % "d0(s, out);"


MANY = {
    # name: (source, codes or None for fine or any error, status)
    "100,000 unknown names": (KERNEL % ("out[i] = nothing;\n" * 100000), "E0201", 1),
    "100,000 syntax errors": (KERNEL % ("let = ;\n" * 100000), "E0108", 1),
    "100,000 type errors": (KERNEL % ("out[i] = true;\n" * 100000), "E0301", 1),
    "100,000 bad characters": (KERNEL % ("$ \n" * 100000), None, 1),
    "100,000 bad tops": ("fn main() {}\n" * 100000, None, 1),
    "100,000 warnings": (KERNEL % ("let x = 1;\n" * 100000), None, 0),
    "20,000 procs of one name": ("proc f() {}\n" * 20000 + KERNEL % "", None, 1),
    "20,000 procs that nothing calls": ("".join(f"proc f{k}() {{}}\n" for k in range(20000)) + KERNEL % "out[i] = 1.0;", None, 0),
    "20,000 parameters": (f"proc f({', '.join(f'p{k}: u32' for k in range(20000))}) {{}}\n" + KERNEL % "out[i] = 1.0;", None, None),
    "20,000 arguments": (KERNEL % f"out[i] = min({', '.join(['1.0'] * 20000)});", None, 1),
    "20,000 constants, each of the next": (const_chain(20000, False), None, None),
    "20,000 constants, each of the last": (const_chain(20000, True), None, None),
    "constants in a circle": ("const A = B;\n" + const_chain(5000, False).replace("N5000: u32 = 1", "N5000: u32 = N0"), None, 1),
    "10,000 procs, each calls the next": (proc_chain(10000, False), None, None),
    "10,000 procs, each calls the last": (proc_chain(10000, True), None, None),
    "10,000 procs in a circle": (proc_chain(10000, False).replace("give x + 1", "give p0(x)"), "E0207", 1),
    "inlining 2 to the 40": (proc_chain(40, False, calls=2), "E0602", 1),
    "inlining 30 to the 6": (proc_chain(6, True, calls=30), "E0602", 1),
    "inlining 2 to the 40, nothing in it": ("".join(f"proc q{k}() {{ q{k + 1}(); q{k + 1}(); }}\n" for k in range(40)) + "proc q40() { }\n"
                                            + KERNEL % "q0(); out[i] = 1.0;", None, None),
    "calls in deep nests": (deep_calls(100, 50), "E0603", 1),
    "2,000 returns in a row": (nested_returns(2000), None, None),
    "40,000 ways out of a loop": (KERNEL % ("let mut x = s;\nwhile x > 1 {\n" + "".join(f"if s == {k * 7} {{ break; }}\n" for k in range(40000)) + "x -= 1; }\nn[i] = x;"), "E1001", 1),
    "40,000 ways out of a proc": ("proc f(x: u32) -> u32 {\n" + "".join(f"if x == {k * 7} {{ give {k}; }}\n" for k in range(40000)) + "give 2; }\n" + KERNEL % "n[i] = f(s);", "E1001", 1),
    "a kernel with a name of 1 MB": (KERNEL.replace("work", "w" * MEGABYTE) % "out[i] = 1.0;", "E1001", 1),
    "a kernel with 70,000 buffers": (f"kernel work({', '.join(f'b{k}: Buffer<u32>' for k in range(70000))}) {{ b0[i] = b1[i]; }}\n", "E1001", 1),
    "a kernel with 70,000 values": (f"kernel work(out: Buffer<u32>, {', '.join(f'v{k}: u32' for k in range(70000))}) {{ out[i] = v1 + v69999; }}\n", "E1001", 1),
    "a kernel with 20,000 values": (f"kernel work(out: Buffer<u32>, {', '.join(f'v{k}: u32' for k in range(20000))}) {{ out[i] = v1 + v19999; }}\n", "E1001", 1),
    "20,000 elifs": (KERNEL % ("if s == 0 { out[0] = 1.0; }\n" + "elif s == 1 { out[1] = 2.0; }\n" * 20000), None, None),
    "5,000 variables carried through 500 loops": (
        KERNEL % ("".join(f"let mut v{k} = a[i + {k}];\n" for k in range(5000))
                  + "".join(f"for k{n} in 0..s {{ v{n * 10} += 1.0; v{n * 10 + 1} *= 2.0; }}\n" for n in range(500))
                  + "out[i] = v0 + v1;"), None, 0),
    "a loop that carries 3,000 variables": (
        KERNEL % ("".join(f"let mut v{k} = a[i + {k}];\n" for k in range(3000)) + "while v0 < 9.0 {\n"
                  + "".join(f"v{k} += v{(k + 1) % 3000};\n" for k in range(3000)) + "}\nout[i] = v7;"), None, 0),
    "200 loops in one another, 50 variables": (
        KERNEL % ("".join(f"let mut v{k} = a[i + {k}];\n" for k in range(50)) + "".join(f"for q{n} in 0..s {{\n" for n in range(200))
                  + "".join(f"v{k} += v{(k + 1) % 50};\n" for k in range(50)) + "}" * 200 + "\nout[i] = v7;"), None, None),
}

NUMBERS = {
    "a literal of 1,000 digits": KERNEL % f"out[i] = {'9' * 1000}.0;", "a huge integer": KERNEL % f"n[i] = {'9' * 40};",
    "a huge exponent": KERNEL % "out[i] = 1e999999999999;", "a huge negative exponent": KERNEL % "out[i] = 1e-999999999999;",
    "a huge hex number": KERNEL % f"n[i] = 0x{'f' * 100};", "a huge shift": KERNEL % "n[i] = 1 << 100000000;",
    "shifts of shifts": KERNEL % f"n[i] = {'1 << 60 << ' * 20}60;", "products of constants": KERNEL % f"n[i] = {'4294967295 * ' * 40}4294967295;",
    "a product of floats": KERNEL % f"out[i] = {'1e30 * ' * 50}1.0;", "a workgroup of nothing": "#[workgroup(0, 1, 1)]\n" + KERNEL % "",
    "a huge workgroup": "#[workgroup(65536, 65536, 65536)]\n" + KERNEL % "", "a huge workgroup side": f"#[workgroup({'9' * 30})]\n" + KERNEL % "",
    "a negative workgroup": "#[workgroup(-1)]\n" + KERNEL % "", "a suffix on a huge number": KERNEL % f"n[i] = {'9' * 30}u32;",
    "a suffix that is none": KERNEL % "n[i] = 1u7;", "an array of any length": KERNEL % "let x = [0.0; 99999999999];",
    "a vector of 99 lanes": KERNEL % "let x: f32x99 = 1.0;", "division by zero": KERNEL % "n[i] = 1 / 0;", "NaN in a constant": KERNEL % "n[i] = 0.0 / 0.0;",
}

# ---- found by tests/fuzz

FOUND = {
    "a vector of an array": KERNEL % "let q = f32x2([0]); out[i] = q.x;",
}

# ---- everything with everything

VALUES = ["arr", "f", "[1]", "F { x: 1.0, y: [1, 2] }", "m", "fs[0]", "ar[u]", "out", "fs", "[[1.0; 2]; 2]", "f.y", "v", "u", "1", "1.5", "true", "work", "fs[0].y[1]",
          "m[0]", "abs", "F", "f32", "noise.x", '"t"', "[]", "-1", "0.0 / 0.0", "1 << 40", "i", "global_id", "barrier()", "u as i8", "bitcast<f32>(u)"]
UNARY = ["-{a}", "not {a}", "~{a}", "abs({a})", "({a}) as u32", "({a}) as f32x3", "bitcast<u32>({a})", "({a})[0]", "({a})[u]", "({a}).x", "({a}).xy", "({a}).y", "({a}).len",
         "f32x2({a})", "f32x3({a}, 1.0)", "f32x2x2({a})", "f32x2x2({a}, {a})", "[{a}; 2]", "[{a}, {a}]", "[1; {a}]", "F {{ x: {a}, y: {a} }}", "{a} ? 1.0 : 2.0",
         "if true {{ {a} }} else {{ {a} }}", "arr[{a}]", "m[{a}]", "v[{a}]", "out[{a}]", "transpose({a})", "({a})()", "&mut {a}", "*{a}", "all({a})", "isnan({a})",
         "length({a})", "pack_half2x16({a})", "F({a})", "({a}).add(1)"]
BINARY = ["{a} + {b}", "{a} * {b}", "{a} / {b}", "{a} << {b}", "{a} == {b}", "{a} < {b}", "{a} and {b}", "{a} & {b}", "min({a}, {b})", "select({a}, {b}, true)", "dot({a}, {b})",
          "clamp({a}, {b}, {a})", "true ? {a} : {b}", "extract_bits({a}, {b}, 3)"]
STATEMENTS = ["ma = {a};", "mf = {a};", "mf.x = {a};", "mf.y[0] = {a};", "ma[{a}] = 1.0;", "ma += {a};", "out[0] = {a};", "fs[0] = {a};", "ar[0][1] = {a};", "let q: F = {a};",
              "let q: [f32; 3] = {a};", "const C: u32 = {a};", "if {a} {{ }}", "while {a} {{ }}", "for z in {a}..{b} {{ }}", "for z in 0..4 step {a} {{ }}", "match {a} {{ case 0 {{ }} }}",
              "match u {{ case {a} {{ }} }}", "give {a};", "{a};", "{a} = {b};", "{a} += {b};", "shared q: {a};", 'print("{{}}", {a});', 'assert({a}, "x");']
COMBINATION = """form F {{ x: f32, y: [u32; 2] }}
kernel work(out: Buffer<f32>, fs: Buffer<F>, ar: Buffer<[f32; 3]>, m: f32x2x2, u: u32, v: f32x3) {{
    let arr = [1.0, 2.0, 3.0];
    let f = F {{ x: 1.0, y: [1, 2] }};
    let mut ma = arr;
    let mut mf = f;
    {0}
    out[i] = 1.0;
}}
"""

# ---- IR text

IR = """kernel @add(%a: buffer<f32>, %b: buffer<f32>, %out: buffer<f32>) workgroup(64, 1, 1) {
    %0: u32x3 = builtin global_id
    %i: u32 = extract %0, 0
    %1: f32 = load %a[%i]
    %2: f32 = load %b[%i]
    %3: f32 = add %1, %2
    store %out[%i], %3
    ret
}
"""


def ir_kernel(body):
    return f"kernel @k(%o: buffer<u32>, %x: u32) workgroup(1, 1, 1) {{\n{body}\n}}\n"


IR_CASES = {
    "noise": noise(7, MEGABYTE), "zeros": bytes(MEGABYTE), "a name": "%" + "a" * MEGABYTE, "an open kernel": "kernel @", "a lone brace": "}",
    "no workgroup": IR.replace("workgroup(64, 1, 1)", ""), "workgroup of zero": IR.replace("64, 1", "0, 1"), "huge workgroup": IR.replace("64, 1, 1", "4294967295, 4294967295, 9"),
    "workgroup too large": IR.replace("64, 1", "99999999999, 1"), "no ret": IR.replace("    ret\n", ""), "two rets": IR.replace("ret\n", "ret\nret\n"),
    "use before definition": IR.replace("add %1, %2", "add %1, %4"), "self reference": IR.replace("add %1, %2", "add %3, %3"), "wrong type": IR.replace("%3: f32", "%3: u32"),
    "no such op": IR.replace("= add", "= ad"), "too few operands": IR.replace("add %1, %2", "add %1"), "too many operands": IR.replace("add %1, %2", "add %1, %2, %1"),
    "an index that is a float": IR.replace("%a[%i]", "%a[%1]"), "an index too far": IR.replace("extract %0, 0", "extract %0, 7"), "huge index": IR.replace("extract %0, 0", f"extract %0, {'9' * 50}"),
    "duplicate kernel": IR + IR, "duplicate value": IR.replace("%2", "%1"), "bool in a buffer": IR.replace("buffer<f32>", "buffer<bool>"), "buffer of a buffer": IR.replace("buffer<f32>", "buffer<buffer<f32>>"),
    "10,000 ifs": ir_kernel("if true {\n" * DEEP + "yield\n} else {\nyield\n}\n" * DEEP + "ret"), "10,000 ifs, open": ir_kernel("if true {\n" * DEEP), "10,000 types": "proc @f(%x: " + "buffer<" * DEEP,
    "10,000 loops": ir_kernel("loop {\n" * DEEP + "break\n" + "} continuing {\nnext\n}\nbreak\n" * DEEP), "yield at the top": ir_kernel("yield"), "break at the top": ir_kernel("break"),
    "a call of itself": "proc @f(%x: u32) -> u32 {\n%r: u32 = call @f(%x)\nret %r\n}\n" + IR, "a call of a kernel": IR.replace("ret\n", "call @add(%a, %b, %out)\nret\n"), "a call of nothing": IR.replace("ret\n", "call @none()\nret\n"),
    "calls in a circle": "proc @f() {\ncall @g()\nret\n}\nproc @g() {\ncall @f()\nret\n}\n" + IR, "huge numbers": ir_kernel(f"%v: u32 = add {'9' * 1000}u32, %x\nret"),
    "a float of 100,000 digits": ir_kernel(f"%v: f32 = add {'9' * 100000}f32, 1f32\nret"), "bits of nothing": ir_kernel("%v: f32 = add bits<f32>(), 1f32\nret"), "bits too many": ir_kernel("%v: f32 = add bits<f32>(0x1ffffffff), 1f32\nret"),
    "positions": IR.replace("ret\n", f"ret !{'9' * 30}:1\n"), "invalid UTF-8": IR.encode().replace(b"%a", b"%\xff"), "a zero": IR.encode().replace(b"add", b"ad\0d"),
    "exponential calls": "".join(f"proc @f{k}(%x: u32) -> u32 {{\n%a: u32 = call @f{k + 1}(%x)\n%b: u32 = call @f{k + 1}(%a)\nret %b\n}}\n" for k in range(40))
                         + "proc @f40(%x: u32) -> u32 {\n%r: u32 = add %x, 1u32\nret %r\n}\n" + ir_kernel("%r: u32 = call @f0(%x)\nstore %o[%x], %r\nret"),
    "2,000 procs that stay": "".join(f"proc @f{k}(%x: u32) -> u32 noinline {{\n%r: u32 = call @f{k + 1}(%x)\nret %r\n}}\n" for k in range(2000))
                              + "proc @f2000(%x: u32) -> u32 noinline {\nret %x\n}\n" + ir_kernel("%r: u32 = call @f0(%x)\nstore %o[%x], %r\nret"),
    "a proc with 300 parameters that stays": f"proc @f({', '.join(f'%x{k}: u32' for k in range(300))}) -> u32 noinline {{\nret %x0\n}}\n"
                                             + ir_kernel(f"%r: u32 = call @f({', '.join(['%x'] * 300)})\nstore %o[%x], %r\nret"),
    "much to zero": f"form @F {{ {', '.join(f'f{k}: u32' for k in range(16000))} }}\n"
                    + ir_kernel("".join(f"%s{k}: shared<@F> = shared\n%v{k}: u32 = load %s{k}[7u32]\nstore %o[%x], %v{k}\n" for k in range(500)) + "ret"),
    "more shared memory than there is": ir_kernel("".join(f"%s{k}: shared<array<u64, 65536>> = shared\nstore %s{k}[%x], 1u64\n" for k in range(2000)) + "ret"),
    "a length that is no constant": ir_kernel("%n: u32 = add %x, 1u32\n%s: shared<array<u32, 4>> = shared %n\nret"),
    "a length of 0": "spec @N(0): u32 = 0u32\n" + ir_kernel("%n: u32 = spec @N\n%s: shared<array<u32, 4>> = shared %n\nstore %s[%x], 1u32\nret"),
    "places of places": ir_kernel("%r0: ref<u32> = ref %o[%x]\n" + "".join(f"%r{k + 1}: ref<u32> = ref %r{k}\n" for k in range(20000)) + "store %r20000, 5u32\nret"),
}


def cases(env):
    for name, (data, codes) in BYTES.items():
        yield f"bytes, {name}", lambda d=data, c=codes: compile_hostile(env, d, c)
    for name, text in LINES.items():
        yield f"1 MB line, {name}", lambda t=text: compile_hostile(env, t)
    for name, text in INSIDE.items():
        yield f"1 MB line in a kernel, {name}", lambda t=text: compile_hostile(env, KERNEL % f"let x = {t};", expect=None)
    for name, text in deep_cases():
        yield f"deep, {name}", lambda t=text: compile_hostile(env, t, expect=None)
    for name, (text, codes, status) in MANY.items():
        yield f"many, {name}", lambda t=text, c=codes, s=status: compile_hostile(env, t, c, expect=s)
    for name, text in NUMBERS.items():
        yield f"numbers, {name}", lambda t=text: compile_hostile(env, t, expect=None)
    for name, text in FOUND.items():
        yield f"found, {name}", lambda t=text: compile_hostile(env, t)
    for name, data in IR_CASES.items():
        yield f"IR, {name}", lambda d=data: compile_hostile(env, d, name="test.vir", expect=None)
    for function in (combinations, truncated, mutated, truncated_ir, mutated_ir, too_large, little_memory, odd_files, odd_names, npy_files, values, spirv_files, spirv_noise):
        yield function.__name__.replace("_", " "), lambda f=function: f(env)


# ---- parts of programs, and programs with mistakes

def programs():
    return [p for folder in ("parse", "run") for p in sources(folder)] + sorted(pathlib.Path("examples").glob("*.vt"))


def each(env, name, texts):
    folder = env.folder()
    for data in texts:
        (folder / name).write_bytes(data)
        result = run(env, [name, "-o", "out.spv"], folder)
        if result.code not in (0, 1) or (result.code == 1 and b"error" not in result.err):
            raise Failure(f"{result}\n{data!r}")


def cut(data, pieces):
    return [data[:len(data) * k // pieces] for k in range(pieces)]


def mutations(r, data, count):
    for _ in range(count):
        mutated_data = bytearray(data)
        for _ in range(r.randrange(1, 6)):
            at, other = r.randrange(len(data)), r.randrange(len(data))
            length = r.randrange(1, 12)
            kind = r.randrange(4)
            if kind == 0:
                mutated_data[at:at + 1] = bytes([r.randrange(256)])
            elif kind == 1:
                del mutated_data[at:at + length]
            elif kind == 2:
                mutated_data[at:at] = data[other:other + length]
            else:
                mutated_data[at:at + length] = data[other:other + length]
        yield bytes(mutated_data)


def truncated(env):
    for path in programs():
        each(env, "test.vt", cut(path.read_bytes(), 5 if env.args.quick else 10))


def mutated(env):
    r = random.Random(8)
    for path in programs():
        each(env, "test.vt", mutations(r, path.read_bytes(), 3 if env.args.quick else 10))


def combinations(env):
    r = random.Random(15)
    programs_of = []
    for _ in range(60 if env.args.quick else 200):
        a, b = r.choice(VALUES), r.choice(VALUES)
        shape = r.choice(r.choice([UNARY, BINARY, STATEMENTS]))
        text = shape.format(a=a, b=b)
        programs_of.append(COMBINATION.format(text if shape in STATEMENTS else f"let q = {text};").encode())
    each(env, "test.vt", programs_of)


def ir_of(env, path):
    return env.compile(path, "--emit=ir", "--stop-after=frontend").out


def truncated_ir(env):
    for path in sources("run")[::3]:
        each(env, "test.vir", cut(ir_of(env, path), 5 if env.args.quick else 20))


def mutated_ir(env):
    r = random.Random(9)
    for path in sources("run"):
        each(env, "test.vir", mutations(r, ir_of(env, path), 3 if env.args.quick else 10))


# ---- files

def too_large(env):
    folder = env.folder()
    for name in ("large.vt", "large.vir"):
        with open(folder / name, "wb") as file:
            file.truncate(64 * MEGABYTE + 1)
        result = run(env, [name, "-o", "x.spv", "--diagnostics=json"], folder)
        if result.code != 1 or [json.loads(line)["code"] for line in result.err.splitlines()] != ["E0001"]:
            raise Failure(str(result))


def little_memory(env):
    if sanitized(env):
        raise Skip("the sanitizers need much memory themselves")
    folder = env.folder()
    (folder / "test.vt").write_text(KERNEL % ("out[i] = a[i] * 2.0 + a[i + 1];\n" * 60000))
    for megabytes in (48, 64, 72, 96, 128): # LLVM's code alone is 33 to be mapped
        limit = megabytes * MEGABYTE
        result = run(env, ["test.vt", "-o", "x.spv"], folder, memory=limit)
        if result.code not in (1, 3) or b"memory" not in result.err or (folder / "x.spv").exists():
            raise Failure(f"{megabytes} MB: {result}")


def odd_files(env):
    folder = env.folder()
    (folder / "dir.vt").mkdir()
    (folder / "loop.vt").symlink_to("loop.vt")
    for name in ("dir.vt", "loop.vt", "none.vt", "", "a" * 5000 + ".vt", "/dev/null/x.vt"):
        result = run(env, ["check", name], folder)
        if result.code not in (2, 3) or not result.err:
            raise Failure(str(result))
    result = run(env, ["/dev/null", "-o", "x.spv"], folder)
    if result.code != 1 or b"E0003" not in result.err:
        raise Failure(str(result))


def odd_names(env):
    folder = env.folder()
    for name in ("-dash.vt", "new\nline.vt", "esc\x1b[31m.vt", "quote\"'.vt", "é.vt", "a b.vt", "$(x).vt", "%s%n.vt", b"\xff\xfe.vt".decode("utf-8", "surrogateescape")):
        (folder / name).write_text(KERNEL % "out[i] = nothing;")
        for options in ([], ["--diagnostics=json"]):
            result = run(env, ["check", *options, "--", name], folder)
            text = result.err.decode()
            if result.code != 1 or "\x1b" in text or (options and json.loads(text)["code"] != "E0201"):
                raise Failure(f"{name!r}: {result}")


def npy_files(env):
    folder = env.folder()
    (folder / "k.vt").write_text("kernel work(f: Buffer<f32>, v: Buffer<f32x3>) { f[i] = v[i].x; }\n")
    data = struct.pack("<3f", 1, 2, 3)
    good = npy("<f4", "(3,)", data)
    files = [b"", b"\x93", b"\x93NUMPY", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x01\x00\xff\xff", b"\x93NUMPY\x02\x00\xff\xff\xff\xff", b"\x93NUMPY\x02\x00\xff\xff",
             b"\x93NUMPY\x03\x00" + good[8:], b"\x93NUMPX" + good[6:], good + b"x", good[:-1], noise(10, 1000), b"\x93NUMPY\x01\x00" + noise(11, 500),
             npy(">f4", "(3,)", data), npy("<f8", "(3,)", data * 2), npy("<f4", "(3,)", data, order="True"), npy("<f4", "(3", data), npy("<f4", "()", data),
             npy("<f4", "(4294967296, 4294967296)", data), npy("<f4", "(18446744073709551615, 2)", data), npy("<f4", f"({'9' * 400},)", data), npy("<f4", "(-3,)", data),
             npy("<f4", "(" + "1," * 33 + ")", data[:4]), npy("<f4", "(" + "1," * 20000 + ")", data[:4]), npy("x" * 1000, "(3,)", data), npy("|O", "(3,)", data), npy("<U3", "(3,)", data),
             npy("<f4", "(3,), 'shape': (3,)", data), npy("<f4", "(3,), 'more': 1", data), npy("<f4', 'x': '<f4", "(3,)", data), npy("<f4", "(0, 4294967296)", b""),
             npy("\x1b[31m\xff", "(3,)", data), npy("<f4", "(4294967297,)", data)]
    r = random.Random(12)
    files += list(mutations(r, good, 5 if env.args.quick else 60))
    for data in files:
        (folder / "x.npy").write_bytes(data)
        for name in "fv":
            result = run(env, ["run", "k.vt", "--device=interp", f"{name}=@x.npy", f"{'v' if name == 'f' else 'f'}=zeros:1"], folder)
            if result.code not in (0, 2) or (result.code == 2 and not result.err) or b"\x1b" in result.err:
                raise Failure(f"{result}\n{data[:200]!r}")
    for size in (0, 1, 3, 4, 15, 16, 17):
        (folder / "x.bin").write_bytes(bytes(size))
        result = run(env, ["run", "k.vt", "--device=interp", "f=@x.bin", "v=zeros:1"], folder)
        if result.code != (0 if size % 4 == 0 else 2):
            raise Failure(f"{size} bytes: {result}")
    for name in ("none.npy", "none.bin"):
        result = run(env, ["run", "k.vt", "--device=interp", f"f=@{name}", "v=zeros:1"], folder)
        if result.code != 3:
            raise Failure(str(result))


def values(env):
    """Values that would need more memory than there is, and texts that are no values."""
    folder = env.folder()
    (folder / "k.vt").write_text("kernel work(f: Buffer<f32>, v: Buffer<f32x3>) { f[i] = v[i].x; }\n")
    for text in ("zeros:4294967295", "fill:4294967295:1", "iota:4000000000", "random:4294967295:9", "zeros:" + "9" * 500, "1," * 50000 + "x", "," * 100000, "9" * 100000,
                 "1e" + "9" * 1000, "@" + "x" * 5000 + ".npy", ":", "::", "fill:3:", "fill::", "@", "@.npy", "nan(1)", "0x", "1__", "--1", "\xff"):
        result = run(env, ["run", "k.vt", "--device=interp", "--grid=1", f"v={text}", "f=zeros:1"], folder)
        if result.code not in (2, 3) or not result.err or len(result.err) > 150000:
            raise Failure(str(result)[:3000])


# ---- SPIR-V for inspect

def inspect_each(env, modules):
    folder = env.folder()
    for data in modules:
        (folder / "x.spv").write_bytes(data)
        result = run(env, ["inspect", "x.spv"], folder)
        if result.code not in (0, 1) or (result.code == 1 and not result.err):
            raise Failure(f"{result}\n{data[:400].hex()}")
        (result.out + result.err).decode()
        if b"\x1b" in result.out or len(result.out) > 10 * MEGABYTE:
            raise Failure(str(result))


def a_module(env, source="run/control.vt"):
    folder = env.folder()
    env.compile(f"tests/{source}", "-o", folder / "x.spv")
    return (folder / "x.spv").read_bytes()


def spirv_files(env):
    good = a_module(env)
    words = list(struct.unpack(f"<{len(good) // 4}I", good))
    header = struct.pack("<5I", 0x07230203, 0x10300, 0, 0xffffffff, 0)
    inspect_each(env, [b"", b"abc", good[:3], good[:4], good[:19], good[:20], header, good[:-1], good + b"\0" * 4, good[::-1], struct.pack(f">{len(words)}I", *words),
                       header + bytes(40), header + struct.pack("<I", 0xffff0000 | 54), header + struct.pack("<2I", (2 << 16) | 17, 0xffffffff),
                       header + struct.pack("<3I", (3 << 16) | 22, 0xfffffffe, 32), header + struct.pack("<4I", (4 << 16) | 30, 1, 1, 1), bytes(MEGABYTE), noise(13, MEGABYTE),
                       header + struct.pack("<4I", (4 << 16) | 15, 5, 1, 0x1b1b1b1b) + struct.pack("<I", 0),
                       header + struct.pack("<2I", (2 << 16) | 19, 1) * 100000])
    inspect_each(env, cut(good, 10 if env.args.quick else 60))


def spirv_noise(env):
    good = a_module(env, "run/values.vt")
    r = random.Random(14)
    modules = []
    for _ in range(20 if env.args.quick else 200):
        data = list(struct.unpack(f"<{len(good) // 4}I", good))
        for _ in range(r.randrange(1, 8)):
            at = r.randrange(3, len(data))
            data[at] = r.choice([0, 1, 0xffffffff, data[at] ^ (1 << r.randrange(32)), data[r.randrange(len(data))], r.randrange(1 << 32)])
        modules.append(struct.pack(f"<{len(data)}I", *data))
    inspect_each(env, modules)
