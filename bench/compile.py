#!/usr/bin/env python3
"""Compile times: python3 bench/compile.py build/release [add] [text] [corpus] [generated] [bundle] [codegen] [compile] [bounds]

add: a small kernel, whole process, beside glslc and glslangValidator on the same kernel in GLSL, run in turn. text: the same
kernel to each target that is text, at -O0 and -O2. corpus: each
source of tests/run/corpus at -O2, whole process. generated: kernels (bench/kernels.py) of growing length. bundle: 500
variants of a kernel for all targets on two threads, 500 that make no difference, opening a bundle of 1,000 kernels. codegen: what the
optimisers do to each kernel (bench/codegen.py). compile: beside every other compiler that installs (bench/peers.py).
bounds: kernels on lavapipe with bounds checks and without (bench/bounds.py). Prints tables, writes build/bench/compile.json, and ends with 1 when a goal is missed.
Other work on the machine spoils wall times; the load is printed, and the checks of growth use processor time for that reason.
"""
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

import bounds
import codegen
import kernels
import peers

RUNS = 20
CORPUS_RUNS = 11
TEXTS = [".wgsl", ".cl", ".metal"]
LENGTHS = [1250, 2500, 5000, 10000]
GOALS = {
    "add.vt, median wall ms": 20.0,
    "add.vt, median wall of glslc": 1 / 5,
    "add.vt to text, median wall ms": 20.0,
    "corpus, median wall ms": 25.0,
    "5,000 lines, wall ms": 1000.0,
    "5,000 lines, peak MB": 200.0,
    "growth exponent of time": 1.2,  # 1: twice the lines take twice the time
    "500 variants, wall ms": 5000.0,
    "a variant that makes no difference, bytes of records and code": 0.0,
    "opening 1,000 kernels, us": 1000.0,
    "corpus, share of bounds checks left": 0.3,
    "corpus, share of bounds checks executed": 0.3,
    "a kernel at -O2, median wall ms": 30.0,
    "peers that optimise and are faster": 0.0,
    "lavapipe, checked / trusted, median of kernels with loops": 1.03,
    "vittec-gpu stripped, MB": 45.0,
    "vittec-gpu with LLVM_LINK=dynamic, MB": 4.0,
}
failed = []


def goal(name, value, what=""):
    limit = GOALS[name]
    good = value < limit or math.isclose(value, limit)
    print(f"  {'ok  ' if good else 'MISS'} {name}{what}: {value:.3g}, goal {limit:.3g}")
    if not good:
        failed.append(name + what)


def measure_some(program, runs, commands, folder=None):
    """[{"wall": [ms], "cpu": [ms], "peak": MB}] of commands that are run in turn, in the folder; None where one fails."""
    line = [pathlib.Path(program).resolve(), str(runs)]
    for k, command in enumerate(commands):
        line += (["--"] if k else []) + [str(c) for c in command]
    rows = [list(map(int, row.split())) for row in subprocess.run(line, capture_output=True, text=True, cwd=folder,
                                                                  check=True).stdout.splitlines()]
    results = []
    for k in range(len(commands)):
        mine = [row for row in rows if row[0] == k]
        failed_here = len(mine) != runs or any(row[4] != 0 for row in mine)
        results.append(None if failed_here else {"wall": [row[1] / 1e6 for row in mine], "cpu": [row[2] / 1e6 for row in mine],
                                                 "peak": max(row[3] for row in mine) / 1024})
    return results


def measure(program, runs, commands):
    """The same of commands that all have to work."""
    results = measure_some(program, runs, commands)
    for command, result in zip(commands, results):
        if result is None:
            sys.exit(f"this failed: {' '.join(map(str, command))}")
    return results


def table(heads, rows):
    widths = [max(len(str(row[k])) for row in [heads] + rows) for k in range(len(heads))]
    for row in [heads] + rows:
        print("  " + "  ".join(str(x).ljust(w) if k == 0 else str(x).rjust(w)
                               for k, (x, w) in enumerate(zip(row, widths))))
    print()


def small(bin_dir, folder):
    commands = {"vittec-gpu": [bin_dir / "vittec-gpu", "examples/add.vt", "-o", folder / "add.spv"]}
    for tool, options in {"glslc": ["-O"], "glslangValidator": ["-V"]}.items():
        if shutil.which(tool):
            commands[tool + " " + options[0]] = [tool, *options, "bench/compile/add.comp", "-o", folder / "glsl.spv"]
    results = dict(zip(commands, measure(bin_dir / "bench/measure", RUNS, list(commands.values()))))
    print(f"examples/add.vt to SPIR-V, whole process, {RUNS} runs in turn:\n")
    table(["", "median ms", "min", "max", "cpu", "peak MB"],
          [[name] + [f"{x:.2f}" for x in (statistics.median(r["wall"]), min(r["wall"]), max(r["wall"]),
                                          statistics.median(r["cpu"]))] + [f"{r['peak']:.1f}"]
           for name, r in results.items()])
    ours = statistics.median(results["vittec-gpu"]["wall"])
    goal("add.vt, median wall ms", ours)
    if "glslc -O" in results:
        goal("add.vt, median wall of glslc", ours / statistics.median(results["glslc -O"]["wall"]))
    else:
        print("  no glslc here: not compared")
    print()
    return results


def text(bin_dir, folder):
    commands = {(ending, level): [bin_dir / "vittec-gpu", "examples/add.vt", level, "-o", folder / f"add{ending}"]
                for ending in TEXTS for level in ("-O0", "-O2")}
    runs = measure(bin_dir / "bench/measure", RUNS, list(commands.values()))
    results = [{"ending": ending, "level": level, "wall": statistics.median(run["wall"]), "most": max(run["wall"]),
                "cpu": statistics.median(run["cpu"]), "peak": run["peak"]} for (ending, level), run in zip(commands, runs)]
    print(f"examples/add.vt to text, whole process, {RUNS} runs in turn:\n")
    table(["", "median ms", "max", "cpu", "peak MB"],
          [[f"{r['ending']} {r['level']}", *(f"{r[what]:.2f}" for what in ("wall", "most", "cpu")), f"{r['peak']:.1f}"] for r in results])
    for r in results:
        goal("add.vt to text, median wall ms", r["wall"], f" ({r['ending']} {r['level']})")
    print()
    return results


def corpus(bin_dir, folder):
    paths = sorted(pathlib.Path("tests/run/corpus").glob("*.vt"))
    commands = [[bin_dir / "vittec-gpu", path, "-O2", "-o", folder / "corpus.spv"] for path in paths]
    results = [{"source": path.stem, "kernels": len(re.findall(r"^kernel ", path.read_text(), re.M)),
                "wall": statistics.median(run["wall"]), "cpu": statistics.median(run["cpu"]), "peak": run["peak"]}
               for path, run in zip(paths, measure(bin_dir / "bench/measure", CORPUS_RUNS, commands))]
    results.sort(key=lambda r: r["wall"], reverse=True)
    print(f"{len(results)} sources of tests/run/corpus to SPIR-V (-O2), whole process, median of {CORPUS_RUNS} runs in turn; "
          "the slowest, and all:\n")
    rows = [[r["source"], r["kernels"], f"{r['wall']:.2f}", f"{r['cpu']:.2f}", f"{r['peak']:.1f}"] for r in results[:5]]
    middle = [f"{statistics.median(r[what] for r in results):.2f}" for what in ("wall", "cpu")]
    table(["source", "kernels", "wall ms", "cpu ms", "peak MB"],
          [*rows, ["median", sum(r["kernels"] for r in results), *middle, f"{max(r['peak'] for r in results):.1f}"]])
    goal("corpus, median wall ms", statistics.median(r["wall"] for r in results))
    print()
    return results


def large(bin_dir, folder):
    results = []
    print("generated kernels to SPIR-V (-O2), whole process, best of 5:\n")
    for shape in kernels.SHAPES:
        for lines in LENGTHS:
            path = folder / f"{shape}{lines}.vt"
            path.write_text(kernels.source(shape, lines))
            command = [bin_dir / "vittec-gpu", path, "-Wno-unused_variable", "-o", folder / "large.spv"]
            run = measure(bin_dir / "bench/measure", 5, [command])[0]
            results.append({"shape": shape, "lines": len(path.read_text().splitlines()), "wall": min(run["wall"]),
                            "cpu": min(run["cpu"]), "peak": run["peak"],
                            "spirv": (folder / "large.spv").stat().st_size})
    rows = []
    for k, r in enumerate(results):
        growth = "" if k % len(LENGTHS) == 0 else f"{r['cpu'] / results[k - 1]['cpu']:.2f}"
        rows.append([r["shape"], r["lines"], f"{r['wall']:.1f}", f"{r['cpu']:.1f}", growth,
                     f"{1e3 * r['cpu'] / r['lines']:.1f}", f"{r['peak']:.1f}", f"{r['spirv'] / 1024:.0f}"])
    table(["shape", "lines", "wall ms", "cpu ms", "growth", "us/line", "peak MB", "SPIR-V KB"], rows)
    for k, shape in enumerate(kernels.SHAPES):
        mine = results[k * len(LENGTHS):(k + 1) * len(LENGTHS)]
        goal("5,000 lines, wall ms", mine[2]["wall"], f" ({shape})")
        goal("5,000 lines, peak MB", mine[2]["peak"], f" ({shape})")
        exponent = (math.log(mine[-1]["cpu"] / mine[0]["cpu"]) / math.log(mine[-1]["lines"] / mine[0]["lines"]))
        goal("growth exponent of time", exponent, f" ({shape})")
    return results


def dispatch(bin_dir, _):
    """What the runtime adds to a dispatch: bench/dispatch.c holds itself to its goals."""
    print("# dispatch")
    done = subprocess.run([bin_dir / "bench/dispatch"], capture_output=True, text=True)
    print(done.stdout + done.stderr)
    if done.returncode != 0:
        failed.append("dispatch")
    return done.stdout.splitlines()


# A tiled product of matrices whose factor and bounds are constants.
VARIED = """const FACTOR: u32 = 1;
const DEPTH: u32 = 64;
const UNUSED: u32 = 0;
#[workgroup(8, 8)]
kernel product(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>, width: u32) {
    shared left: [f32; 64];
    shared right: [f32; 64];
    let mut sum = 0.0;
    for tile in 0..DEPTH / 8 {
        left[local_index] = a[j * width + tile * 8 + local_id.x];
        right[local_index] = b[(tile * 8 + local_id.y) * width + i];
        barrier();
        for k in 0..group_size.x {
            sum += left[local_id.y * 8 + k] * right[k * 8 + local_id.x];
        }
        barrier();
    }
    out[j * width + i] = sum * (FACTOR as f32);
}
"""


def bundle_size(path):
    """Bytes of the sections that hold records and code (docs/bundle-format.md)."""
    data = path.read_bytes()
    rows = [struct.unpack_from("<4sIQQQ", data, 32 + 32 * k) for k in range(struct.unpack_from("<I", data, 12)[0])]
    return sum(size for tag, _, _, size, _ in rows if tag in (b"KERN", b"BLOB"))


def bundle(bin_dir, folder):
    source, many = folder / "varied.vt", folder / "many.vt"
    source.write_text(VARIED)
    many.write_text("".join(f"kernel k{n}(x: Buffer<u32>) {{ x[i] = x[i] * {n} + {n % 7}; }}\n" for n in range(1000)))
    vittec, bundles = bin_dir / "vittec-gpu", {}
    for name, args in {"one kernel": [source], "500 variants": [source, *(f"--variant=FACTOR={n}" for n in range(2, 502))],
                       "500 that make no difference": [source, *(f"--variant=UNUSED={n}" for n in range(1, 501))],
                       "1,000 kernels": [many]}.items():
        path = folder / (name.replace(" ", "-") + ".vgpu")
        run = measure(bin_dir / "bench/measure", 3, [[vittec, *args, "-j2", "-o", path]])[0]
        bundles[name] = {"wall": min(run["wall"]), "cpu": min(run["cpu"]), "peak": run["peak"],
                         "bytes": path.stat().st_size, "pieces": bundle_size(path), "path": path}
    print("bundles for vulkan1.1, opencl-c1.2, wgsl and msl2.4 (-O2 -j2), whole process, best of 3:\n")
    table(["bundle", "wall ms", "cpu ms", "peak MB", "KB"],
          [[name, f"{b['wall']:.0f}", f"{b['cpu']:.0f}", f"{b['peak']:.0f}", f"{b['bytes'] / 1024:.0f}"] for name, b in bundles.items()])
    count, opening, _ = subprocess.run([bin_dir / "tests/bundle_open", bundles["1,000 kernels"]["path"]], capture_output=True,
                                       text=True, check=True).stdout.split()
    goal("500 variants, wall ms", bundles["500 variants"]["wall"])
    goal("a variant that makes no difference, bytes of records and code",
         bundles["500 that make no difference"]["pieces"] - bundles["one kernel"]["pieces"])
    goal("opening 1,000 kernels, us", float(opening))
    return {name: {k: v for k, v in b.items() if k != "path"} for name, b in bundles.items()} | {"opening us": float(opening)}


def code(bin_dir, folder):
    return codegen.codegen(bin_dir, folder, table, goal)


def beside(bin_dir, folder):
    return peers.compile_times(bin_dir, folder, lambda *args: measure_some(bin_dir / "bench/measure", *args), table, goal)


def safety(bin_dir, folder):
    return bounds.bounds(bin_dir, folder, lambda *args: measure_some(bin_dir / "bench/measure", *args), table, goal)


PARTS = {"add": small, "text": text, "corpus": corpus, "generated": large, "dispatch": dispatch, "bundle": bundle, "codegen": code,
         "compile": beside, "bounds": safety}


def main():
    bin_dir = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release")
    parts = sys.argv[2:] or list(PARTS)
    if not set(parts) <= set(PARTS):
        sys.exit(f"the parts are {', '.join(PARTS)}")
    result = {"load": os.getloadavg()}
    print(f"{os.cpu_count()} processors, load {result['load'][0]:.1f}\n")
    with tempfile.TemporaryDirectory(prefix="vittec-bench-") as folder:
        for part in parts:
            result[part] = PARTS[part](bin_dir, pathlib.Path(folder))
    result["goals"], result["missed"] = GOALS, failed
    path = pathlib.Path("build/bench/compile.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path} has the figures." + (f" Missed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
