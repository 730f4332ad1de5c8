"""For the suite `wgsl`: random programs through Dawn (tests/tools/webgpu_run.mjs), against the interpreter."""
import base64
import json
import random
import re
import struct
import subprocess
import sys

from .common import Failure

INVOCATIONS = 32
# parameters of the programs of odd seeds (tests/generate.py): words, and whether they are floats
BUFFERS = {"a": (37, False), "b": (29, False), "c": (40, True), "v": (68, True), "w": (76, False), "outu": (128, False),
           "outi": (128, False), "outf": (128, True), "outv": (128, False)}
VALUES = {"s": "7", "t": "-5", "x": "2.5", "p": "3,40"}
BLOCK = struct.pack("<Iif4xII", 7, -5, 2.5, 3, 40)
EDGES = [0, 1, 2, 5, 7, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff]


def words(r, count, is_float):
    if is_float:
        return struct.pack(f"<{count}f", *((r.randrange(1025) - 512) / 4 for _ in range(count)))
    return struct.pack(f"<{count}I", *(r.choice(EDGES) if r.random() < 0.5 else r.randrange(2**32) for _ in range(count)))


def same(a, b, is_float):
    """-0 and 0, and all NaNs, may stand for one another."""
    if a == b or not is_float:
        return a == b
    pairs = zip(struct.unpack(f"<{len(a) // 4}f", a), struct.unpack(f"<{len(b) // 4}f", b))
    return all(x == y or (x != x and y != y) for x, y in pairs)


def judge(env, source, folder):
    """What goes into the buffers, and what the interpreter leaves in them."""
    r = random.Random(source.stem)
    start = {name: words(r, *kind) for name, kind in BUFFERS.items()}
    for name, data in start.items():
        (folder / f"{name}.bin").write_bytes(data)
    env.compile("run", source, "--device=interp", f"--grid={INVOCATIONS}", *(f"{n}=@{folder}/{n}.bin" for n in BUFFERS),
                *(f"{n}={v}" for n, v in VALUES.items()),
                *(word for n in BUFFERS for word in ("--out", f"{n}={folder}/{n}.out.bin")))
    return start, {name: (folder / f"{name}.out.bin").read_bytes() for name in BUFFERS}


def check(env, tool, driver, start, count):
    folder = env.folder()
    subprocess.run([sys.executable, "tests/generate.py", "--seed", str(env.args.seed + 2 * start), "--count", str(2 * count),
                    "--out", str(folder)], check=True)
    jobs, wanted = [], []
    for source in sorted(path for path in folder.glob("*.vt") if int(path.stem) % 2 == 1):
        before, after = judge(env, source, folder)
        for level in ("-O0", "-O2"):
            out = folder / f"{source.stem}{level}.wgsl"
            env.compile(source, level, "-o", out)
            side = int(re.search(r"@workgroup_size\((\d+)", out.read_text())[1])
            jobs.append({"file": str(out), "entry": "k", "groups": [-(-INVOCATIONS // side), 1, 1],
                         "buffers": [base64.b64encode(data).decode() for data in before.values()],
                         "values": base64.b64encode(BLOCK).decode()})
            wanted.append(after)
    lines = "".join(json.dumps(job) + "\n" for job in jobs).encode()
    done = env.run(["node", "tests/tools/webgpu_run.mjs", tool], stdin=lines, env=driver, timeout=600)
    results = [json.loads(line) for line in done.out.decode().splitlines()]
    if len(results) != len(jobs) or len(jobs) != 2 * count:
        raise Failure(f"{len(results)} of {len(jobs)} jobs ran\n{done}")
    bad = []
    for job, want, result in zip(jobs, wanted, results):
        if "error" in result:
            bad.append(f"{job['file']}: {result['error']}")
            continue
        for (name, (_, is_float)), got in zip(BUFFERS.items(), result["buffers"]):
            if not same(want[name], base64.b64decode(got), is_float):
                bad.append(f"{job['file']}: `{name}` differs from the interpreter's")
    if bad:
        raise Failure("\n".join(bad))
