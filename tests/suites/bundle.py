"""Bundles: read by a reader of its own, whose offsets are those of docs/bundle-format.md; equal bytes from equal input; variants;
reflection and its schema; one file on every device; bundles of each version of the format."""
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import time

from .common import Env, Failure, Skip

ROOT = pathlib.Path().resolve()
DOCUMENT = pathlib.Path("docs/bundle-format.md")
HEADER = pathlib.Path("runtime-min/vgpu_format.h")
KEPT = pathlib.Path("tests/bundles")


def cases(env):
    yield "the document and the header", document_and_header
    yield "hash", test_hash
    for source in ("examples/saxpy.vt", "tests/bundles/v1.0.vt", "tests/run/forms.vt", "tests/run/spec.vt", "tests/run/noinline.vt"):
        yield f"{source} as the document says", lambda s=source: as_documented(env, s)
    yield "code is what single targets give", lambda: same_code(env)
    yield "equal bytes from two folders", lambda: equal_bytes(env)
    yield "threads share nothing", lambda: threads_share_nothing(env)
    yield "threads under ThreadSanitizer", lambda: thread_sanitizer(env)
    yield "variants", lambda: variants(env)
    yield "duplicates cost nothing", lambda: duplicates(env)
    yield "constants of several files", lambda: several_files(env)
    yield "compressed", lambda: compressed(env)
    yield "compressed, without zstd", lambda: without_zstd(env)
    yield "depfile", lambda: depfile(env)
    yield "reflection fits the schema", lambda: reflection(env)
    yield "inspect", lambda: inspect(env)
    yield "profiles in the document", profiles_documented
    for profile in PROFILES:
        yield f"profile {profile}", lambda p=profile: profile_limits(env, p)
    yield "wrong use", lambda: wrong_use(env)
    yield "damaged files", lambda: damaged(env)
    yield "1,000 kernels open in less than 1 ms", lambda: opens_fast(env)
    for device in env.EXECUTED[:1] if env.args.quick else [d for d in env.EXECUTED if d != "llvm-jit"]:  # a bundle has no LLVM IR
        yield f"run {device}", lambda d=device: run_on(env, d)
        yield f"program {device}", lambda d=device: program_on(env, d)
    for kept in sorted(KEPT.glob("*.vgpu")):
        yield f"{kept.name} is still read", lambda k=kept: still_read(env, k)


def check(condition, what, more=""):
    if not condition:
        raise Failure(f"{what}\n{more}")


# ---- the hash, from its specification (doc/xxhash_spec.md of xxHash)

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def stripe(lane, value):
    return rotl((lane + value * P2) & MASK, 31) * P1 & MASK


def xxh64(data, seed=0):
    at = 0
    if len(data) >= 32:
        lanes = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed - P1) & MASK]
        while at + 32 <= len(data):
            lanes = [stripe(lane, value) for lane, value in zip(lanes, struct.unpack_from("<4Q", data, at))]
            at += 32
        total = sum(rotl(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            total = ((total ^ stripe(0, lane)) * P1 + P4) & MASK
    else:
        total = (seed + P5) & MASK
    total = (total + len(data)) & MASK
    while at + 8 <= len(data):
        total = (rotl(total ^ stripe(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= len(data):
        total = (rotl(total ^ struct.unpack_from("<I", data, at)[0] * P1 & MASK, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        total = rotl(total ^ byte * P5 & MASK, 11) * P1 & MASK
    total = (total ^ total >> 33) * P2 & MASK
    total = (total ^ total >> 29) * P3 & MASK
    return total ^ total >> 32


def test_hash():
    """Known values, of the specification's own tests."""
    for text, want in ((b"", 0xEF46DB3751D8E999), (b"a", 0xD24EC4F1A98C6E5B), (b"abc", 0x44BC2CF5AD770999)):
        check(xxh64(text) == want, f"XXH64 of {text}", hex(xxh64(text)))


# ---- the document's tables: (structure, field) -> (offset, type)

# the words before a table, and what the header calls the structure
TABLES = {"then:": "HEAD", "of 32 bytes each:": "SECTION", "## INFO": "INFO", "A source has 24 bytes:": "SOURCE",
          "## KIDX": "INDEX", "a reader searches by halves.": "ENTRY", "## KERN": "KERNEL", "A parameter, 48": "PARAM",
          "A type, 48": "TYPE", "A field of a form, 24": "FIELD", "A specialization constant, 40": "SPEC",
          "is what a workgroup needs.": "SHARED", "96 bytes:": "TARGET", "A binding, 32": "BINDING"}


def tables():
    found, current = {}, None
    for line in DOCUMENT.read_text().splitlines():
        for words, structure in TABLES.items():
            current = structure if words in line else current
        row = re.match(r"\| (\d+) \| (u16|u32|u64|u32\[3\]|string|table) \| `(\w+)` \|", line)
        if row:
            found.setdefault(current, {})[row[3]] = (int(row[1]), row[2])
    return found


def document_and_header():
    text = re.sub(r"=\s*\n\s*", "= ", HEADER.read_text())
    have = tables()
    check(set(have) == set(TABLES.values()), "tables of the document", set(TABLES.values()) - set(have))
    sizes = {"u16": 2, "u32": 4, "u64": 8, "string": 8, "table": 8, "u32[3]": 12}
    for structure, fields in have.items():
        in_header = {m[1].lower(): (int(m[2]), m[3]) for m in re.finditer(
            rf"VGPU_{structure}_(\w+) = (\d+),\s*/\* (u16|u32\[3\]|u32|u64|string|table)(?!\w)", text)}
        if structure == "INDEX":
            fields = {k: v for k, v in fields.items() if k != "reserved"}
        check(fields == in_header, f"{structure}: the document and the header differ",
              f"{set(fields.items()) ^ set(in_header.items())}")
        end = {"HEAD": 8, "SECTION": 0}.get(structure, 0)
        for offset, kind in sorted(fields.values()):  # no holes, nothing misaligned
            check(offset == end, f"{structure}: nothing is said of the bytes from {end} to {offset}")
            end = offset + sizes[kind]
        size = re.search(rf"VGPU_{structure}_BYTES = (\d+)", text)
        check(structure == "INDEX" or end == int(size[1]), f"{structure} ends at {end}, not {size and size[1]}")


# ---- a reader of its own

class Block:
    def __init__(self, data):
        self.data = data

    def field(self, structure, name, base=0):
        offset, kind = self.layout[structure][name]
        at = base + offset
        if kind == "u32[3]":
            return list(struct.unpack_from("<3I", self.data, at))
        if kind == "string":
            where, length = struct.unpack_from("<2I", self.data, at)
            check(self.data[where + length] == 0 if where else length == 0, f"{structure}.{name} does not end")
            return self.data[where:where + length].decode() if where else ""
        if kind == "table":
            return struct.unpack_from("<2I", self.data, at)
        return struct.unpack_from({"u16": "<H", "u32": "<I", "u64": "<Q"}[kind], self.data, at)[0]

    def row(self, structure, base=0):
        return {name: self.field(structure, name, base) for name in self.layout[structure]}

    def rows(self, structure, table, size):
        where, count = table
        check(where % 8 == 0, f"the table of {structure} at {where}")
        return [self.row(structure, where + i * size) for i in range(count)]


def parse(data):
    """The whole file, as rows of the document; every hash is checked."""
    Block.layout = tables()
    file = Block(data)
    check(data[:8] == bytes.fromhex("564750550d0a1a0a"), "the first 8 bytes")
    head = file.row("HEAD")
    check(head["file_bytes"] == len(data) and head["major"] == 1, "the head", head)
    end = 32 + 32 * head["sections"]
    check(head["hash"] == xxh64(data[32:end], xxh64(data[:24])), "the hash of the head")
    sections = {}
    for i in range(head["sections"]):
        row = file.row("SECTION", 32 + 32 * i)
        body = data[row["offset"]:row["offset"] + row["size"]]
        check(row["offset"] % 8 == 0 and len(body) == row["size"] and xxh64(body) == row["hash"], "a section", row)
        sections[struct.pack("<I", row["tag"]).decode()] = body
    info = Block(sections["INFO"])
    result = info.row("INFO")
    result["sources"] = info.rows("SOURCE", result["sources"], 24)
    index = Block(sections["KIDX"])
    result["kernels"] = []
    result["sections"] = sections
    for i in range(index.field("INDEX", "count")):
        entry = index.row("ENTRY", 8 + 40 * i)
        record = sections["KERN"][entry["record"]:entry["record"] + entry["record_size"]]
        check(entry["record"] % 8 == 0 and xxh64(record) == entry["record_hash"], "a record", entry)
        block = Block(record)
        kernel = block.row("KERNEL")
        check(kernel["name"] == entry["name"], "the name of a kernel", entry)
        for name, structure, size in (("params", "PARAM", 48), ("types", "TYPE", 48), ("fields", "FIELD", 24),
                                      ("specs", "SPEC", 40), ("shared", "SHARED", 32), ("targets", "TARGET", 96)):
            kernel[name] = block.rows(structure, kernel[name], size)
        for target in kernel["targets"]:
            target["bindings"] = block.rows("BINDING", target["bindings"], 32)
            target["code"] = sections["BLOB"][target["blob"]:target["blob"] + target["stored"]]
            check(target["blob"] % 8 == 0 and xxh64(target["code"]) == target["hash"], "a piece of code", target["name"])
        result["kernels"].append({**kernel, "variant": entry["variant"], "entry": entry})
    order = [(k["name"].encode(), k["variant"].encode()) for k in result["kernels"]]
    check(order == sorted(set(order)), "the order of the index", order)
    return result


def bundle(env, *args, **kwargs):
    folder = env.folder()
    env.compile(*args, "-o", folder / "x.vgpu", **kwargs)
    return folder / "x.vgpu"


# ---- what is in it

SCALARS = "bool i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64".split()
ACCESS = ["none", "read", "write", "read_write"]
FORMATS = ["spirv", "opencl-c", "spirv-opencl", "wgsl", "msl"]


def as_documented(env, source):
    """The bytes, read as the document says, against what `inspect --json` says of them."""
    path = bundle(env, source)
    have = parse(path.read_bytes())
    said = json.loads(env.compile("inspect", path, "--json").out)
    check(have["compiler"] == said["compiler"] and have["options"] == said["options"], "INFO")
    text = pathlib.Path(source).read_bytes()
    check(have["sources"][0]["size"] == len(text), "the size of the source")
    check(said["size"] == path.stat().st_size and said["sources"] == [dict(s, hash=f"{s['hash']:016x}") for s in have["sources"]], "the file")
    check(said["sections"] == [{"tag": tag, "size": len(body), "hash": f"{xxh64(body):016x}"} for tag, body in have["sections"].items()], "sections")
    if b"\nuse " not in text:
        check(have["sources"][0]["hash"] == xxh64(text), "the hash of the source")
    check(len(have["kernels"]) == len(said["kernels"]) > 0, "the number of kernels")
    for kernel, json_kernel in zip(have["kernels"], said["kernels"]):
        check(kernel["name"] == json_kernel["name"] and kernel["doc"] == (json_kernel["doc"] or ""), "names and docs")
        check(kernel["workgroup"] == json_kernel["workgroup"]["size"], "workgroup")
        names = [s["name"] for s in kernel["specs"]]
        check([names[s - 1] if s else None for s in kernel["workgroup_spec"]] == json_kernel["workgroup"]["spec_constants"],
              "constants of the workgroup")
        end = 0
        for variable in kernel["shared"]:
            end = -(-end // variable["align"]) * variable["align"] + variable["element"] * variable["count"]
        check(end == kernel["shared_bytes"] == json_kernel["shared_bytes"], "shared memory", end)
        for param, json_param in zip(kernel["params"], json_kernel["parameters"]):
            check(param["name"] == json_param["name"], "a parameter's name", param)
            check(kernel["types"][param["type"]]["name"] == json_param["type"], "a parameter's type", param)
            if param["kind"] == 1:
                check(ACCESS[param["access"]] == json_param["access"] and param["size"] == json_param["stride"], "a buffer", param)
            else:
                check(param["offset"] == json_param["offset"] and param["size"] == json_param["size"], "a value", param)
        check(len(kernel["params"]) == len(json_kernel["parameters"]), "the number of parameters")
        for number, row in enumerate(kernel["types"]):
            check(row["element"] < max(number, 1) and row["stride"] % row["align"] == 0, "a type", row)
            check(row["name"] == json_kernel["types"][number]["name"], "a type's name", row)
            if row["kind"] == 5:
                fields = kernel["fields"][row["field"]:row["field"] + row["count"]]
                check([(f["name"], f["offset"]) for f in fields] ==
                      [(f["name"], f["offset"]) for f in json_kernel["types"][number]["fields"]], "fields", row)
        for spec, json_spec in zip(kernel["specs"], json_kernel["spec_constants"]):
            value = json_spec["default"]
            kind = SCALARS[spec["scalar"] - 1]
            code = {"f16": "e", "f32": "f", "f64": "d"}.get(kind)
            bits = int.from_bytes(struct.pack("<" + code, float(value)), "little") if code else \
                int(value) & ((1 << 8 * spec["size"]) - 1)
            check(json_spec["type"] == kind and spec["value"] == bits, "a constant", (spec, json_spec))
        for target, json_target in zip(kernel["targets"], json_kernel["targets"]):
            check(target["name"] == json_target["name"] and FORMATS[target["format"]] == json_target["format"], "a target")
            check(target["entry"] == json_target["entry"] and f"{target['hash']:016x}" == json_target["hash"], "a target")
            check(target["encoding"] == 0 and target["size"] == target["stored"] == json_target["size"], "encoding", target["name"])
            check([b["number"] for b in target["bindings"]] == [b["number"] for b in json_target["bindings"]], "bindings")
            sizes = {names[s - 1] for s in kernel["workgroup_spec"] + [v["spec"] for v in kernel["shared"]] if s}
            fixed = {n for k, n in enumerate(names) if target["fixed"] >> k & 1}
            check(fixed == set(json_target["fixed_constants"]) and fixed >= (sizes if target["name"] == "msl2.4" else set()) and
                  (not fixed or target["name"] == "msl2.4"), "constants that are fixed", target["name"])
            check([b["param"] for b in target["bindings"][:len(kernel["params"])]] == list(range(len(kernel["params"]))),
                  "the parameters come first")
        check(len(kernel["targets"]) == len(json_kernel["targets"]), "the number of targets")


def same_code(env):
    """The code in a bundle is what the compiler gives for that target alone."""
    source = "examples/saxpy.vt"
    kernel = parse(bundle(env, source, "--targets=vulkan1.1,vulkan1.3,opencl-c,wgsl,msl3.0").read_bytes())["kernels"][0]
    check([t["name"] for t in kernel["targets"]] == ["vulkan1.1", "vulkan1.3", "opencl-c1.2", "wgsl", "msl3.0"], "the targets")
    for target in kernel["targets"]:
        name = "wgsl+value-lengths" if target["name"] == "wgsl" else target["name"]
        alone = env.compile(source, f"--target={name}", "-o", "-").out
        check(alone == target["code"], f"the code for {target['name']}")


# ---- the same bytes

def equal_bytes(env):
    """Two builds, from two folders, at two times, in two surroundings, with other numbers of threads, and with addresses that are
    drawn by lot or not. No locale can make a difference: the compiler never takes one over from its environment."""
    results = []
    for name, jobs, extra in [("a", "1", {}), ("another/and/deeper", "3", {
            "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "HOME": "/nonexistent", "USER": "other", "SOURCE_DATE_EPOCH": "1"})]:
        folder = env.folder() / name
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "twice.vt").write_text("proc twice(x: f32) -> f32 { give x * 2.0; }\n")
        (folder / "one.vt").write_text("use lib/twice;\nconst N: u32 = 3;\n"
                                       "kernel one(x: Buffer<f32>) { x[i] = twice.twice(x[i]) + (N as f32); }\n")
        (folder / "two.vt").write_text(pathlib.Path("tests/bundles/v1.0.vt").read_text())
        os.utime(folder / "one.vt", (len(results) * 10**9, len(results) * 10**9))
        command = [env.vittec, "one.vt", "two.vt", "-o", "app.vgpu", "--variant", "TILE=16", "--variant", "N=7,TILE=2", "--compress", "-j", jobs]
        fixed = ["setarch", "-R"] if extra and may_fix_addresses() else []
        env.run([*fixed, *command], cwd=folder, env=extra)
        results.append((folder / "app.vgpu").read_bytes())
        time.sleep(0.01)
    check(results[0] == results[1], "two folders give two bundles")
    asked = env.run(["nm", "-D", "--undefined-only", env.vittec]).out.decode()
    check(" malloc" in asked and not re.search(r" U setlocale\b", asked), "the compiler asks for the user's locale", asked)


# All that changes in the compiler and is not on a stack, in an arena or one thread's own.
SHARED = {"once": "pthread_once: LLVM is started once", "process": "set by that", "pending": "the file that a signal takes away, written by the "
          "first thread", "reply": "set and read in a child process alone"}


def threads_share_nothing(env):
    """-j needs no locks since threads have nothing in common: the compiler has no variables but these."""
    if env.bin.name != "release":
        raise Skip("the release build has a section for each variable")
    listed = env.run(["objdump", "-h", env.bin / "libvittec.a"]).out.decode()
    rows = re.findall(r"^ +\d+ (\.(?:data|bss)\S*) +([0-9a-f]+) ", listed, re.M)
    found = {re.sub(r"^\.(data|bss)\.(_ZL\d+)?|\.\d+$", "", name) for name, size in rows if int(size, 16) and not name.startswith(".data.rel.ro")}
    check(len(rows) > 100 and found == set(SHARED), f"variables that are not listed: {found - set(SHARED)}; gone: {set(SHARED) - found}")


def thread_sanitizer(env):
    """`make CONFIG=thread build/thread/vittec-gpu` takes a minute, which the whole run of the tests does not have: .ci/run does it."""
    program = pathlib.Path("build/thread/vittec-gpu").resolve()
    folders = ("driver", "frontend", "ir", "backend-spirv", "backend-wgsl", "backend-opencl", "backend-msl")
    if env.bin.name != "release":
        raise Skip("once, beside the release build")
    if not program.exists() or any(s.stat().st_mtime > program.stat().st_mtime for f in folders for s in pathlib.Path(f).rglob("*.[ch]")):
        raise Skip("no build/thread/vittec-gpu, or an old one: make CONFIG=thread build/thread/vittec-gpu")
    sources = ["tests/bundles/v1.0.vt", "examples/saxpy.vt", "examples/scene.vt", "tests/run/corpus/bitonic_sort.vt"]
    fixed = ["setarch", "-R"] if may_fix_addresses() else []  # more random addresses than it takes, on some kernels
    command = [program, *sources, "-o", env.folder() / "x.vgpu", "-j8", "-O3", "--compress", *(f"--variant=TILE={n}" for n in range(1, 9))]
    options = f"suppressions={ROOT}/tests/threads/compiler.supp halt_on_error=0"
    env.run([*fixed, *command], env={"TSAN_OPTIONS": options}, timeout=300)  # a report is an exit status of 66


def may_fix_addresses():
    return shutil.which("setarch") is not None and subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode == 0


def variants(env):
    source = "tests/bundles/v1.0.vt"
    result = parse(bundle(env, source, "--variant", "TILE=16,SCALE=5", "--variant=SCALE=1", "-j4").read_bytes())
    check([(k["name"], k["variant"]) for k in result["kernels"]] ==
          [(n, v) for n in ("advance", "sums") for v in ("", "SCALE=1", "SCALE=5,TILE=16")], "names and variants")
    sums = {k["variant"]: k for k in result["kernels"] if k["name"] == "sums"}
    check([sums[v]["workgroup"][0] for v in ("", "SCALE=1", "SCALE=5,TILE=16")] == [8, 8, 16], "workgroups")
    check([sums[v]["shared_bytes"] for v in ("", "SCALE=1", "SCALE=5,TILE=16")] == [32, 32, 64], "shared memory")
    # the code for a variant is the code with -D
    alone = env.compile(source, "--entry=sums", "-D", "SCALE=1", "-o", "-", "--target=opencl-c").out
    check([t["code"] for t in sums["SCALE=1"]["targets"] if t["name"] == "opencl-c1.2"] == [alone], "the code of a variant")
    advance = [k for k in result["kernels"] if k["name"] == "advance"]
    check(len({k["entry"]["record"] for k in advance}) == 1, "a kernel that does not use them has one record")


def duplicates(env):
    """Variants that make no difference add 40 bytes and two names to the index, and nothing else."""
    folder = env.folder()
    (folder / "x.vt").write_text("const UNUSED: u32 = 0;\n" + pathlib.Path("examples/saxpy.vt").read_text())
    one = parse(bundle(env, folder / "x.vt").read_bytes())
    count = 20
    many = parse(bundle(env, folder / "x.vt", *(f"--variant=UNUSED={n}" for n in range(count))).read_bytes())
    for tag in ("KERN", "BLOB", "INFO"):
        check(one["sections"][tag] == many["sections"][tag], f"{tag} grew")
    grown = len(many["sections"]["KIDX"]) - len(one["sections"]["KIDX"])
    names = sum(len("saxpy") + 1 + len(f"UNUSED={n}") + 1 for n in range(count))
    check(grown == 40 * count + names, "the index grew by something else", grown)


def several_files(env):
    """A value is for the files that have the constant; one that none has is an error."""
    folder = env.folder()
    (folder / "a.vt").write_text("const A: u32 = 1;\nkernel a(x: Buffer<u32>) { x[i] = A; }\n")
    (folder / "b.vt").write_text("const B: u32 = 1;\nkernel b(x: Buffer<u32>) { x[i] = B; }\n")
    result = parse(bundle(env, "a.vt", "b.vt", "-D", "A=2", "--variant=A=3,B=4", cwd=folder).read_bytes())
    check(len(result["kernels"]) == 4 and len({k["entry"]["record"] for k in result["kernels"]}) == 4, "four kernels")
    wrong = env.compile("a.vt", "b.vt", "-o", "x.vgpu", "--variant=C=3", expect=1, cwd=folder)
    check(b"E0005" in wrong.err and not (folder / "x.vgpu").exists(), "no file has it", wrong)
    (folder / "c.vt").write_text("kernel a(x: Buffer<u32>) { x[i] = 1; }\n")
    wrong = env.compile("a.vt", "c.vt", "-o", "x.vgpu", expect=1, cwd=folder)
    check(b"`a.vt` and `c.vt` both have a kernel `a`" in wrong.err, "two kernels of a name", wrong)


def compressed(env):
    source = "tests/bundles/v1.0.vt"
    plain, packed = bundle(env, source), bundle(env, source, "--compress")
    check(packed.stat().st_size < plain.stat().st_size, "it is no smaller")
    codes = [{(k["name"], t["name"]): t for k in parse(p.read_bytes())["kernels"] for t in k["targets"]} for p in (plain, packed)]
    for name, target in codes[1].items():
        check(target["size"] == codes[0][name]["size"], "the decoded size", name)
        check(target["encoding"] == (1 if target["stored"] < target["size"] else 0), "the encoding", name)
        check(target["encoding"] == 0 or target["code"][:4] == bytes.fromhex("28b52ffd"), "a zstd frame (RFC 8878)", name)
        check(target["encoding"] == 1 or target["size"] < 1024 or target["code"] == codes[0][name]["code"], "as it was", name)
    check(any(t["encoding"] for t in codes[1].values()), "nothing was compressed")


def without_zstd(env):
    """Compressed code on a machine that has no libzstd.so.1, or another library of that name: a status that says so, on a kernel's
    creation. What is not compressed is still made. (The null device runs nothing, so the example finds its numbers wrong.)"""
    path, folder = bundle(env, "examples/saxpy.vt", "-g", "-O0", "--compress"), env.folder()
    plain = bundle(env, "examples/saxpy.vt", "-g", "-O0")
    library = folder / "libzstd.so.1"
    example, said = env.bin / "examples" / "bundle", b"the code of `saxpy` is compressed, and there is no libzstd.so.1 to read it"
    library.write_bytes(b"")
    environment = {"LD_LIBRARY_PATH": str(folder)}
    for what in ("absent", "of another kind"):
        result = env.run([example, path, "null"], env=environment, expect=1)
        check(said in result.err and b"numbers are right" not in result.out, f"libzstd.so.1 is {what}", result)
        result = env.run([example, plain, "null"], env=environment, expect=1)
        check(result.err == b"" and b"numbers are right" in result.out, "what is not compressed", result)
        (folder / "other.c").write_text("int other(void);\nint other(void) { return 0; }\n")
        env.run(["cc", "-shared", "-fPIC", folder / "other.c", "-o", library])
    result = env.run([example, path, "null"], expect=1)
    check(result.err == b"" and b"numbers are right" in result.out, "with zstd", result)


def depfile(env):
    folder = env.folder()
    (folder / "lib").mkdir()
    (folder / "lib" / "m.vt").write_text("const TWO: u32 = 2;\n")
    (folder / "a.vt").write_text("use lib/m;\nkernel a(x: Buffer<u32>) { x[i] = m.TWO; }\n")
    (folder / "b.vt").write_text("kernel b(x: Buffer<u32>) { x[i] = 1; }\n")
    env.compile("a.vt", "b.vt", "-o", "app.vgpu", "-MD", cwd=folder)
    text = (folder / "app.d").read_text()
    check(text == "app.vgpu: a.vt lib/m.vt b.vt\n", "the dependency file", text)


# ---- reflection

def reflection(env):
    schema = json.loads(pathlib.Path("docs/reflection.schema.json").read_text())
    try:
        import jsonschema
    except ImportError:
        raise Skip("no jsonschema for this python3")
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    sources = ["tests/bundles/v1.0.vt", "examples/scene.vt", "tests/run/forms.vt", "tests/run/atomics.vt", "tests/run/matrices.vt",
               "tests/run/spec.vt", "tests/run/type_f16.vt", "tests/run/subgroups.vt"]
    for source in sources:
        folder = env.folder()
        env.compile(source, "-o", folder / "x.json", "-Wno-target_omitted")
        data = json.loads((folder / "x.json").read_text())
        errors = [f"{source}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(data)]
        check(not errors, "the schema", "\n".join(errors[:5]))
        said = json.loads(env.compile("inspect", bundle(env, source, "--variant=TILE=4" if source.endswith("v1.0.vt") else "--compress",
                                                        "-Wno-target_omitted"), "--json").out)
        errors = [f"{source}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(said)]
        check(not errors, "the schema, of `inspect --json`", "\n".join(errors[:5]))
        printed = env.compile(source, "--reflect", "-o", "-", "-Wno-target_omitted").out.decode()
        check(json.loads(printed) == data, "--reflect and .json differ")
        damaged = dict(data, kernels=[dict(data["kernels"][0], workgroup={"size": [1, 1]})])
        check(list(validator.iter_errors(damaged)), "the schema takes anything")


def inspect(env):
    path = bundle(env, "tests/bundles/v1.0.vt", "--variant=TILE=4")
    text = env.compile("inspect", path).out.decode()
    for line in ("/// Adds up what a workgroup has, in the order of its invocations.",
                 "kernel sums with TILE=4, workgroup 4 x 1 x 1, 16 bytes shared, from v1.0.vt, hash ",
                 "    bodies: Buffer<Body>, read_write, 16 bytes an element", "        12: mass: f32",
                 "    #[spec(3)] const TILE: u32 = 8", "    shared part: 4 bytes for each of TILE",
                 "    dt: f32, 4 bytes at 0 of the values"):
        check(any(have.startswith(line) for have in text.splitlines()), f"no line `{line}`", text)
    for kernel in parse(path.read_bytes())["kernels"]:
        for target in kernel["targets"]:
            check(f"{target['hash']:016x}" in text, "a hash is missing", target["name"])


def wrong_use(env):
    folder = env.folder()
    (folder / "a.vt").write_text("const A: u32 = 1;\nkernel a(x: Buffer<u32>) { x[i] = A; }\n")
    for said, args in [("go with a bundle", ["a.vt", "-o", "x.spv", "--targets=wgsl"]),
                       ("go with a bundle", ["a.vt", "-o", "x.spv", "--variant=A=1"]),
                       ("there is no target `wgls`; did you mean `wgsl`?", ["a.vt", "-o", "x.vgpu", "--targets=wgls"]),
                       ("no device runs `ir`", ["a.vt", "-o", "x.vgpu", "--targets=wgsl,ir"]),
                       ("`wgsl` is there twice", ["a.vt", "-o", "x.vgpu", "--targets=wgsl,vulkan,wgsl"]),
                       ("`msl2.4` is no target of this bundle", ["a.vt", "-o", "x.vgpu", "--targets=wgsl", "--require=msl"]),
                       ("needs NAME=VALUE", ["a.vt", "-o", "x.vgpu", "--variant=A"]),
                       ("needs NAME=VALUE", ["a.vt", "-o", "x.vgpu", "--variant=A=1,"]),
                       ("`A` is there twice", ["a.vt", "-o", "x.vgpu", "--variant=A=1,A=2"]),
                       ("the variant `A=1` is there twice", ["a.vt", "-o", "x.vgpu", "--variant=A=1", "--variant=A=1"]),
                       ("standard input is read but once", ["-", "-o", "x.vgpu"]),
                       ("--json goes with a bundle", ["inspect", "x.spv", "--json"]),
                       ("--variant goes with a bundle", ["run", "a.vt", "x=zeros:1", "--variant=A=1"])]:
        result = env.compile(*args, expect=2, cwd=folder)
        check(said.encode() in result.err, f"`{said}` is not said", result)
        check(os.listdir(folder) == ["a.vt"], "files were left", os.listdir(folder))
    env.compile("a.vt", "-o", "x.vgpu", cwd=folder)
    for status, said, args in [(2, "-D goes with sources", ["-D", "A=1"]),
                               (5, "none for the interpreter", ["--device=interp"]),
                               (2, "no kernel of the variant `A=2`", ["--variant=A=2"]),
                               (2, "there is no kernel `b`; there is `a`", ["--kernel=b", "--device=vulkan"])]:
        if "--device=vulkan" in args:
            result = env.compile("run", "x.vgpu", "x=zeros:1", *args, expect=status, cwd=folder, env=env.device("lavapipe"))
        else:
            result = env.compile("run", "x.vgpu", "x=zeros:1", *args, expect=status, cwd=folder, env=any_device(env))
        check(said.encode() in result.err, f"`{said}` is not said", result)


def any_device(env):
    return env.device("lavapipe")


def damaged(env):
    """`inspect` and `run` of files that are no bundles end with a word, never otherwise. (Every byte: tests/unit/test_bundle.c.)"""
    data = bundle(env, "tests/bundles/v1.0.vt", "--targets=vulkan,opencl-c").read_bytes()
    r = random.Random(7)
    folder = env.folder()
    bad = [b"", b"VGPU", data[:-1], data + b"\0", bytes(64), r.randbytes(4096), data[:31] + b"\xff" + data[32:]]
    for _ in range(12):
        at = r.randrange(len(data))
        bad.append(data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1:])
    for number, content in enumerate(bad):
        (folder / "x.vgpu").write_bytes(content)
        result = env.compile("inspect", "x.vgpu", expect=None, cwd=folder, timeout=20)
        check(result.code == 1 and b"is no valid bundle: " in result.err or result.code == 0 and result.err == b"",
              f"inspect of damaged file {number}", result)
    (folder / "x.vgpu").write_bytes(data[:-100])
    result = env.compile("run", "x.vgpu", "x=zeros:4", expect=1, cwd=folder)
    check(b"it is cut short" in result.err, "run of a file that is cut", result)


# ---- profiles

# From the specifications that driver/profiles.def names: sides, invocations, shared bytes, storage buffers (that parameters can
# be, beside one value of 4 bytes), bytes of values.
PROFILES = {"webgpu-default": ((256, 256, 64), 256, 16384, 8, 65536),
            "vulkan-1.1-minimum": ((128, 128, 64), 128, 16384, 4, 128),
            "vulkan-roadmap-2022": ((256, 256, 64), 256, 16384, 30, 128),
            "metal-apple7": ((1024, 1024, 1024), 1024, 32768, 31 - 2, 4096)}


def profiles_documented():
    rows = re.findall(r"^\| `([\w.-]+)` \| (\d+) x (\d+) x (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", pathlib.Path("docs/profiles.md").read_text(), re.M)
    table = re.findall(r'^PROFILE\(\w+, *"([\w.-]+)", *\w+, *(\d+), *(\d+), *(\d+), *(\d+), *(\d+), *(\d+), *(\d+),',
                       pathlib.Path("driver/profiles.def").read_text(), re.M)
    check(rows == table and [row[0] for row in rows] == list(PROFILES), "docs/profiles.md and driver/profiles.def differ", (rows, table))


def profile_limits(env, profile):
    """As much as is promised is fine, and a little more is E1006 in the line that asks for it."""
    sides, invocations, shared, buffers, values = PROFILES[profile]
    sources = {}
    for axis in range(3):
        for side, fine in ((min(sides[axis], invocations), True), (sides[axis] + 1, False)):
            size = [1, 1, 1]
            size[axis] = side
            if side <= 1024 and (axis < 2 or side <= 64):  # what the language takes
                sources[f"side {axis} {side}"] = (f"#[workgroup({', '.join(map(str, size))})]\nkernel k(x: Buffer<u32>) {{ x[i] = 1; }}\n", fine, 1)
    for words, fine in ((shared // 4, True), (shared // 4 + 1, False)):
        sources[f"shared {words}"] = ("kernel k(x: Buffer<u32>) {\n" f"shared s: [u32; {words}];\n"
                                      "s[local_index] = i; barrier(); x[i] = s[63 - local_index]; }\n", fine, 2)
    for count, fine in ((buffers, True), (buffers + 1, False)):
        params = "".join(f"b{n}: Buffer<u32>,\n" for n in range(count))
        body = " + ".join(f"b{n}[i]" for n in range(count))
        sources[f"buffers {count}"] = (f"kernel k(v: u32,\n{params}) {{ b0[i] = v + {body}; }}\n", fine, 1 + count)
    if values <= 4096:
        for words, fine in ((values // 4, True), (values // 4 + 1, False)):
            params = "".join(f"v{n}: u32,\n" for n in range(words))
            sources[f"values {words}"] = (f"kernel k(x: Buffer<u32>,\n{params}) {{ x[i] = v0 + v{words - 1}; }}\n", fine, 1 + words)
    folder = env.folder()
    for name, (source, fine, line) in sources.items():
        (folder / "x.vt").write_text(source)
        result = env.compile("check", "x.vt", f"--profile={profile}", "--diagnostics=json", cwd=folder, expect=0 if fine else 1)
        said = [json.loads(text) for text in result.err.decode().splitlines()]
        errors = [(d["code"], d["place"]["line"]) for d in said if d["severity"] == "error"]
        check(errors == ([] if fine else [("E1006", line)]), f"{profile}: {name}", f"{source[:300]}\n{errors}")


# ---- devices

def kernel_and_expectation():
    x = [(7 * n + 3) % 101 for n in range(100)]
    out = {}
    for tile in (8, 16, 4):
        out[tile] = [3 * sum(x[n // tile * tile:n + 1]) for n in range(100)]
    return x, out


def run_on(env, device):
    """The same file on every device: each variant, a constant, forms; the numbers are Python's."""
    path = pathlib.Path(env.scratch) / "one-for-all.vgpu"
    with env.lock:
        if not path.exists():
            env.compile("tests/bundles/v1.0.vt", "-o", path, "--variant=TILE=16", "--compress",
                        "--targets=vulkan,opencl2.2,opencl-c,wgsl,msl")
    environment = env.device(device)
    option = env.device_options(device)[0]
    x, want = kernel_and_expectation()
    values = "x=" + ",".join(map(str, x))
    for tile, more in ((8, []), (16, ["--variant=TILE=16"]), (4, ["--spec=TILE=4"])):
        if device in ("pocl6", "rusticl") and "--spec=TILE=4" in more:
            result = env.compile("run", path, option, "--kernel=sums", values, "out=zeros:100", *more, env=environment, expect=5)
            check(b"opencl2.2 the specialisation constant 3 has its default" in result.err, "a constant that is fixed", result)
            continue
        out = env.compile("run", path, option, "--kernel=sums", values, "out=zeros:100", "--print=out:100", *more,
                          env=environment).out.decode()
        check(out == f"out[0..100] = {' '.join(map(str, want[tile]))}\n", f"sums with a tile of {tile}", out)
    folder = env.folder()
    bodies = [(n / 4, n / 2, 1.0, float(n)) for n in range(9)]
    (folder / "b.bin").write_bytes(b"".join(struct.pack("<4f", *b) for b in bodies))
    env.compile("run", path, option, "--kernel=advance", f"bodies=@{folder}/b.bin", "dt=0.5", f"--out=bodies={folder}/out.bin",
                env=environment)
    moved = b"".join(struct.pack("<4f", b[0] + 0.5 * b[3], b[1] + 1.0 * b[3], b[2], b[3]) for b in bodies)
    check((folder / "out.bin").read_bytes() == moved, "bodies")


def program_on(env, device):
    """examples/bundle.c, with one file for all devices."""
    path = pathlib.Path(env.scratch) / "saxpy.vgpu"
    with env.lock:
        if not path.exists():
            env.compile("examples/saxpy.vt", "-o", path)
    api = env.device_options(device)[0].split("=")[1]
    result = env.run([env.bin / "examples" / "bundle", path, api], env=env.device(device))
    check(result.out.decode().endswith(f"({api}): 1000 of 1000 numbers are right\n"), "the example", result)


def still_read(env, path):
    """A bundle of another day: read, inspected, run."""
    env.compile("inspect", path)
    x, want = kernel_and_expectation()
    values = "x=" + ",".join(map(str, x))
    for device in ("lavapipe", "pocl"):
        try:
            environment = env.device(device)
        except Skip:
            continue
        for tile, more in ((8, []), (4, ["--variant=TILE=4"])):
            out = env.compile("run", path, env.device_options(device)[0], "--kernel=sums", values, "out=zeros:100", "--print=out:100",
                              *more, env=environment).out.decode()
            check(out == f"out[0..100] = {' '.join(map(str, want[tile]))}\n", f"sums on {device}", out)


# ---- time

def opens_fast(env):
    """The best of several openings, from a file that is in the system's memory; and records and code are not read."""
    folder = env.folder()
    (folder / "many.vt").write_text("".join(f"kernel k{n}(x: Buffer<u32>) {{ x[i] = x[i] * {n} + {n % 7}; }}\n" for n in range(1000)))
    env.compile("many.vt", "-o", "many.vgpu", "--targets=vulkan", cwd=folder)
    result = env.run([env.bin / "tests" / "bundle_open", folder / "many.vgpu"])
    count, microseconds, guarded = map(float, result.out.split())
    check(count == 1000, "the number of kernels", result)
    slack = 20 if "release" not in str(env.bin) else 1
    check(microseconds < 1000 * slack, "opening took too long", result)
    size = (folder / "many.vgpu").stat().st_size
    check(guarded > 0.9 * size, "too little was out of reach", f"{guarded} of {size}")
