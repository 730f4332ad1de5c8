"""What the optimisers do to the code of every kernel: a part of bench/compile.py.

Compiles each kernel of tests/run/corpus and each of bench/gpu/kernels alone, at each level, and counts in its SPIR-V the
instructions, loads and stores of the functions; bounds checks are what `--remarks` says. Beside them: what `spirv-opt -O` makes
of the code of -O2, and the code of `glslc -O` where bench/gpu/peers has the same kernel in GLSL, which checks no bounds.
Of the corpus, the interpreter counts the checks that the tests' runs execute, too (bench/executed.py). Mesa's compiler for an AMD
GPU says how many registers each module takes there (bench/registers.py).
Nothing here is a time, so other work on the machine does not matter. Writes bench/results/codegen.csv and codegen.svg.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import registers
import svg

sys.path.insert(0, str(pathlib.Path(__file__).parent / "gpu"))
import executed  # noqa: E402
import pack  # noqa: E402  the constants of the benchmark's kernels, and how their peers become GLSL

RESULTS = pathlib.Path("bench/results")
OURS = {"-O0": ["-O0"], "-O1": ["-O1"], "-O2": ["-O2"], "-O2 trust": ["-O2", "--bounds=trust"]}
WAYS = [*OURS, "spirv-opt", "glslc"]
CHECKED = ("-O0", "-O1", "-O2")  # where there are bounds checks to count
COUNTED = ["instructions", "loads", "stores", "checks"]
MACHINE = list(registers.STATISTICS.values())
# Opcodes: what names, declares or says how control flow merges is no instruction of the program.
FUNCTION, FUNCTION_END, LOAD, STORE = 54, 56, 61, 62
NOT_COUNTED = {8, 317, FUNCTION, 55, FUNCTION_END, 59, 246, 247, 248}


def count_words(data):
    """Instructions, loads and stores in the functions of a SPIR-V module."""
    words = struct.unpack(f"<{len(data) // 4}I", data)
    counts, inside, at = dict.fromkeys(COUNTED[:3], 0), False, 5
    while at < len(words):
        opcode, length = words[at] & 0xffff, words[at] >> 16
        if length == 0:
            sys.exit("this is no SPIR-V")
        inside = (inside or opcode == FUNCTION) and opcode != FUNCTION_END
        if inside and opcode not in NOT_COUNTED:
            counts["instructions"] += 1
            counts["loads"] += opcode == LOAD
            counts["stores"] += opcode == STORE
        at += length
    return counts


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"this failed: {' '.join(map(str, command))}\n{done.stderr}")
    return done.stderr


def checks(remarks):
    """(left, all, in versions for where an index may be outside) of what --remarks said."""
    left = every = others = 0
    for line in remarks.splitlines():
        told = json.loads(line)
        found = re.search(r"(\d+) of (\d+) bounds checks removed", told["message"]) if told["severity"] == "remark" else None
        if found:
            left, every = left + int(found[2]) - int(found[1]), every + int(found[2])
            other = re.search(r"; (\d+) in the version", told["message"])
            others += int(other[1]) if other else 0
    return left, every, others


def all_kernels():
    """(set, file, kernel, options, GLSL or None)"""
    for path in sorted(pathlib.Path("tests/run/corpus").glob("*.vt")):
        for name in re.findall(r"^kernel (\w+)", path.read_text(), re.M):
            yield "corpus", path, name, [], None
    seen = set()
    for files, peers, kernels, variants, impls in pack.CASES.values():
        for constants in variants:
            for kernel in kernels:
                name = pack.kernel_name(kernel, constants)
                known = [] if name.endswith("_clear") else pack.defines(constants)
                if name in seen:
                    continue
                seen.add(name)
                options = [x for c in known for x in ("-D", c)]
                file = pack.file_of(files, kernel)
                glsl = pack.peer_source(pack.file_of(peers, kernel), name, "GLSL", known or [pack.DEFAULTS]) if "glsl" in impls else None
                yield "gpu", pack.HERE / f"kernels/{file}.vt", name, options, glsl


def measure(bin_dir, folder, number, job):
    where, path, name, options, glsl = job
    row = {"set": where, "source": path.stem, "kernel": name}
    files = {way: folder / f"codegen{number}{way.replace(' ', '')}.spv" for way in WAYS}
    for way, levels in OURS.items():
        out = files[way]
        said = run([bin_dir / "vittec-gpu", path, "--entry", name, "--target=vulkan1.3", *levels, *options, "--remarks",
                    "--diagnostics=json", "-o", out])
        left, every, others = checks(said)
        row[way] = count_words(out.read_bytes()) | {"checks": left, "checked": every, "others": others}
        if way == "-O2" and shutil.which("spirv-opt"):
            run(["spirv-opt", "-O", "--target-env=vulkan1.3", out, "-o", files["spirv-opt"]])
            row["spirv-opt"] = count_words(files["spirv-opt"].read_bytes())
    if glsl and shutil.which("glslc"):
        source = files["glslc"].with_suffix(".comp")
        source.write_text(glsl)
        run(["glslc", "-O", "-std=460", "--target-env=vulkan1.2", "-fshader-stage=compute", source, "-o", files["glslc"]])
        row["glslc"] = count_words(files["glslc"].read_bytes())
    machine = registers.of_files(bin_dir, [files[way] for way in WAYS if way in row])
    for way in WAYS:
        if way in row:
            row[way] |= machine.get(files[way], {})
    return row


def value(row, way, what):
    return row.get(way, {}).get(what, "")


def write_csv(rows):
    with (RESULTS / "codegen.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["set", "source", "kernel", *(f"{way} {what}" for way in WAYS for what in COUNTED
                                                     if what != "checks" or way in CHECKED),
                         *(f"{way} {what}" for way in WAYS for what in MACHINE),
                         *(f"{way} executed {what}" for way in CHECKED for what in ("checks", "accesses"))])
        for row in rows:
            writer.writerow([row["set"], row["source"], row["kernel"],
                             *(value(row, way, what) for way in WAYS for what in COUNTED
                               if what != "checks" or way in CHECKED),
                             *(value(row, way, what) for way in WAYS for what in MACHINE),
                             *(x for way in CHECKED for x in row.get("executed", {}).get(way, ("", "")))])


COLOURS = {"-O1": "#d08000", "-O2": "#2f81d0", "-O2 trust": "#40a040", "spirv-opt": "#b050b0", "glslc": "#d04040"}


def write_svg(rows):
    """A line for each kernel, a dot for each way: instructions as a share of those of -O0."""
    left, step, wide, most = 250, 13, 620, 1.5
    height = 60 + step * len(rows)
    drawing = svg.Drawing(left + wide + 30, height)
    drawing.text(left, 14, "instructions of each kernel, as a share of those at -O0")
    for k, (way, colour) in enumerate(COLOURS.items()):
        drawing.dot(left + 8 + 110 * k, 26, colour, 4)
        drawing.text(left + 16 + 110 * k, 30, "-O2, spirv-opt -O" if way == "spirv-opt" else way)
    for k in range(7):
        x = left + wide * k / 6
        drawing.line(x, 48, x, height - 8)
        drawing.text(x, 44, f"{most * k / 6:g}{'+' if k == 6 else ''}", "middle")
    for k, row in enumerate(rows):
        y = 56 + step * k
        drawing.text(left - 8, y + 4, row["kernel"] if row["kernel"] == row["source"] else f"{row['source']}: {row['kernel']}", "end")
        for way, colour in COLOURS.items():
            if way in row:
                share = min(row[way]["instructions"] / row["-O0"]["instructions"], most)
                drawing.dot(left + wide * share / most, y, colour)
    drawing.write(RESULTS / "codegen.svg")


def summary(rows, ways):
    """Rows of the table of totals; the last column is the median of the shares of -O0."""
    lines = []
    for way in ways:
        mine = [row for row in rows if way in row]
        total = {what: sum(row[way][what] for row in mine) if what in mine[0][way] else "" for what in COUNTED[:3]}
        left = sum(row[way]["checks"] for row in mine) if way in CHECKED else ""
        every = sum(row[way]["checked"] for row in mine) if left != "" else ""
        others = sum(row[way]["others"] for row in mine) if left != "" else ""
        share = statistics.median(row[way]["instructions"] / row["-O0"]["instructions"] for row in mine)
        lines.append([way, *total.values(), left, every, f"{1 - left / every:.0%}" if every else "", others,
                      f"{share:.2f}"])
    return lines


def machine_rows(rows, ways):
    """Totals of what the driver made, of the kernels that it took in each way, and the most registers of one; kernels that take more than at -O0."""
    mine = [row for row in rows if all(MACHINE[0] in row[way] for way in ways)]
    if not mine:
        return []
    return [[way, len(mine), *(sum(row[way][what] for row in mine) for what in MACHINE), max(row[way][MACHINE[0]] for row in mine),
             sum(row[way][MACHINE[0]] > row["-O0"][MACHINE[0]] for row in mine)] for way in ways]


def executed_rows(rows):
    """For each level: checks and accesses of all runs, checks as a share of the accesses of -O0, and the mean of that over the kernels."""
    mine = [row["executed"] for row in rows if "executed" in row]
    lines, written = [], sum(counts["-O0"][1] for counts in mine)
    for way in CHECKED:
        made = sum(counts[way][0] for counts in mine)
        mean = statistics.mean(counts[way][0] / counts["-O0"][1] for counts in mine)
        lines.append([way, sum(counts[way][1] for counts in mine), made, f"{1 - made / written:.0%}", f"{1 - mean:.0%}"])
    return lines


def codegen(bin_dir, folder, table, goal):
    jobs = list(all_kernels())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda job: measure(bin_dir, folder, *job), enumerate(jobs)))
        counts = executed.of_corpus(bin_dir, folder, CHECKED, pool)
    for row in rows:
        if row["set"] == "corpus" and (row["source"], row["kernel"]) in counts:
            row["executed"] = counts[row["source"], row["kernel"]]
    RESULTS.mkdir(exist_ok=True)
    write_csv(rows)
    write_svg(rows)
    print("instructions / loads / stores in SPIR-V of each kernel, and at -O0, -O1 and -O2 bounds checks:\n")
    table(["source", "kernel", *WAYS],
          [[row["source"], row["kernel"],
            *("/".join(str(row[way][what]) for what in COUNTED if what in row[way] and (what != "checks" or way in CHECKED))
              if way in row else "" for way in WAYS)] for row in rows])
    machine_heads = ["", "kernels", *MACHINE, "most registers", "with more than at -O0"]
    heads = ["", "instructions", "loads", "stores", "checks left", "checks", "removed", "in other versions", "median of -O0"]
    ours = [way for way in WAYS if way != "glslc" and way in rows[0]]
    sets = {"corpus": [row for row in rows if row["set"] == "corpus"], "gpu": [row for row in rows if row["set"] == "gpu"],
            "gpu, those with a peer": [row for row in rows if "glslc" in row]}
    totals = {}
    for name, mine in sets.items():
        if mine:
            ways = WAYS if all("glslc" in row for row in mine) else ours
            totals[name] = summary(mine, ways)
            print(f"{name}, {len(mine)} kernels, totals:\n")
            table(heads, totals[name])
            totals[f"{name}, machine"] = machine_rows(mine, ways)
            print(f"the same on an AMD GPU ({registers.GPU}), by Mesa's compiler:\n" if totals[f"{name}, machine"] else
                  "SKIP registers: no driver of Mesa for AMD here (mesa-vulkan-drivers)\n")
            table(machine_heads, totals[f"{name}, machine"])
    corpus = sets["corpus"]
    goal("corpus, share of bounds checks left", sum(row["-O2"]["checks"] for row in corpus) /
         sum(row["-O2"]["checked"] for row in corpus))
    totals["executed"] = executed_rows(rows)
    print("checks that the runs of the corpus' tests execute; removed: of the accesses of -O0; mean: of the kernels\n")
    table(["", "accesses", "checks", "removed", "mean"], totals["executed"])
    runs = [row["executed"] for row in rows if "executed" in row]
    goal("corpus, share of bounds checks executed", sum(counts["-O2"][0] for counts in runs) /
         sum(counts["-O0"][1] for counts in runs))
    print(f"\n{RESULTS}/codegen.csv and codegen.svg have the figures.\n")
    return {"totals": totals}
