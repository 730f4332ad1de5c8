"""Compile times beside other compilers: the part `compile` of bench/compile.py.

The same kernels in the language of each compiler (bench/compile), each compiled by a process of its own; a hundred of them in one
process, for the compilers that can; and the same program of growing length (bench/family.py). Everything goes to SPIR-V in a
file. Compilers are run in turn, so what disturbs one disturbs all. One that is not here is shown as SKIP. Writes
bench/results/compile.csv, compile.json (with the machine and every version) and compile.svg.
"""
import csv
import datetime
import json
import math
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess

import family
import svg

RESULTS = pathlib.Path("bench/results")
SOURCES = pathlib.Path("bench/compile").resolve()
KERNELS = ["add", "stencil", "reduction", "matmul", "nbody"]
RUNS, BATCH_RUNS, COPIES = 15, 5, 20
LENGTHS = {100: 7, 300: 7, 1000: 5, 3000: 3, 10000: 3, 20000: 3}  # lines: runs
SLOW_MS, MOST_MS = 4000, 60000  # who is expected to take longer runs once, or not at all
OPTIMISES, TRANSLATES = "optimises", "translates"
OURS = {OPTIMISES: "vittec-gpu -O2", TRANSLATES: "vittec-gpu -O0"}  # what peers of the same job are compared with
SYSTEM = re.compile(r"^(linux-vdso|ld-linux|libc\.|libm\.|libdl\.|libpthread\.|librt\.)|/ld-linux")


class Peer:
    """name; language, as the ending of its sources; job and what it does for it; colour; command(entry, source, out); batch(folder) of
    a command or None; the files it consists of."""

    def __init__(self, name, language, job, does, colour, command, batch, files):
        self.name, self.language, self.job, self.does, self.colour = name, language, job, does, colour
        self.command, self.batch, self.files = command, batch, files


def renamed(text, number):
    """The source with its globals called otherwise, so that copies of it can stand in one file."""
    names = set(re.findall(r"^(?:kernel void|kernel|const|struct|fn|@group.* var<[^>]*>|var<[^>]*>) (\w+)", text, re.M))
    return re.sub(r"(?<!\w)(?<!\w\.)(" + "|".join(sorted(names)) + r")\b", rf"\1_{number}", text)


def write_sources(folder):
    """The hundred kernels, as one file of each language that can have many in one, and as many files of the others."""
    for language in ("vt", "cl", "wgsl"):
        (folder / f"batch.{language}").write_text("".join(
            renamed((SOURCES / f"{kernel}.{language}").read_text(), f"{kernel}{number}") for number in range(COPIES) for kernel in KERNELS))
    for language in ("comp", "slang"):
        for number in range(COPIES):
            for kernel in KERNELS:
                shutil.copy(SOURCES / f"{kernel}.{language}", folder / f"{kernel}_{number}.{language}")
    for lines in LENGTHS:
        for language in family.LANGUAGES:
            (folder / f"family{lines}.{language}").write_text(family.source(language, lines))


def tools():
    """{name: path} of what tools/bench-peers.sh has, and what it says about the others."""
    done = subprocess.run(["sh", "tools/bench-peers.sh"], capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines()), done.stderr.strip()


def find(bin_dir, folder):
    """(peers, {name: why not})"""
    bin_dir = bin_dir.resolve()
    peers, lacking = [], {}
    vittec = bin_dir / "vittec-gpu"
    ours = {"-O0": (TRANSLATES, "looks for races, checks bounds", "#7fb2e5"), "-O1": (OPTIMISES, "the same, own passes", "#4f97dd"),
            "-O2": (OPTIMISES, "the same, LLVM", "#2f81d0"), "-O3": (OPTIMISES, "the same, more of it", "#1f63a8")}
    for level, (job, does, colour) in ours.items():
        peers.append(Peer(f"vittec-gpu {level}", "vt", job, does, colour,
                          lambda entry, source, out, level=level: [vittec, source, level, "-o", out],
                          lambda level=level: [vittec, "batch.vt", level, "-o", "batch.spv"], [vittec]))
    copies = [f"{kernel}_{number}" for number in range(COPIES) for kernel in KERNELS]
    if glslc := shutil.which("glslc"):
        for level, job, does, colour in [("-O0", TRANSLATES, "", "#e08a8a"), ("-O", OPTIMISES, "spirv-opt -O", "#d04040")]:
            peers.append(Peer(f"glslc {level}", "comp", job, does, colour,
                              lambda entry, source, out, level=level: [glslc, level, source, "-o", out],
                              lambda level=level: [glslc, level, "-c", *(f"{name}.comp" for name in copies)], [glslc]))
    if glslang := shutil.which("glslangValidator"):
        peers.append(Peer("glslangValidator", "comp", TRANSLATES, "", "#d08000",
                          lambda entry, source, out: [glslang, "-V", source, "-o", out], None, [glslang]))
    if clang := shutil.which("clang-22"):
        common = [clang, "-x", "cl", "-cl-std=CL2.0", "--target=spirv64", "-c"]
        for level, job, does, colour in [("-O0", TRANSLATES, "OpenCL SPIR-V", "#8fc98f"), ("-O2", OPTIMISES, "LLVM; OpenCL SPIR-V", "#40a040")]:
            peers.append(Peer(f"clang {level}", "cl", job, does, colour,
                              lambda entry, source, out, level=level: [*common, level, source, "-o", out],
                              lambda level=level: [*common, level, "batch.cl", "-o", "batch.spv"], [clang]))
    found, why = tools()
    if naga := found.get("naga"):
        peers.append(Peer("naga", "wgsl", TRANSLATES, "validates", "#9a7fd0", lambda entry, source, out: [naga, source, out],
                          lambda: [naga, "batch.wgsl", "batch.spv"], [naga]))
    if library := found.get("slang"):
        slangc, target = [bin_dir / "bench/slangc", library], ["-target", "spirv", "-stage", "compute"]
        glslang_library = sorted(pathlib.Path(library).parent.glob("libslang-glslang*.so"))
        for level, job, does, colour in [("-O0", TRANSLATES, "inlines", "#b9a24a"), ("-O2", OPTIMISES, "inlines, own passes, spirv-opt", "#8d7a1e")]:
            peers.append(Peer(
                f"slangc {level}", "slang", job, does, colour,
                lambda entry, source, out, level=level: [*slangc, source, level, *target, "-entry", entry, "-o", out],
                lambda level=level: [*slangc, *[word for name in copies for word in
                                                ("+", f"{name}.slang", level, *target, "-entry", name.split("_")[0], "-o", "batch.spv")][1:]],
                [library, *glslang_library]))
    for name, there in {"glslc": glslc, "glslangValidator": glslang, "clang-22": clang, "naga": naga, "slangc": library}.items():
        if not there:
            lacking[name] = why if name in ("naga", "slangc") else "no such program here"
    return peers, lacking


# ---- the machine

def first_line(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    return next((line for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")


def described(peers):
    text = lambda path, pattern: next(iter(re.findall(pattern, pathlib.Path(path).read_text(), re.M)), "")  # noqa: E731
    versions = {}
    for peer in peers:
        name = peer.name.split()[0]
        versions[name] = (pathlib.Path(peer.files[0]).name if name == "slangc" else
                          " ".join([first_line([peer.files[0], "--version"])] + (["naga-cli"] if name == "naga" else [])))
    memory = int(text("/proc/meminfo", r"^MemTotal:\s*(\d+)"))  # KiB
    return {"cpu": text("/proc/cpuinfo", r"^model name\s*: (.*)"), "cores": os.cpu_count(),
            "memory": f"{memory / 2**20:.1f} GiB",
            "system": text("/etc/os-release", r'^PRETTY_NAME="(.*)"'), "kernel": platform.release(),
            "load": os.getloadavg()[0], "date": datetime.date.today().isoformat(), "versions": versions}


def program_bytes(peer, folder):
    """The program without symbols, and what libraries it brings besides those of C."""
    total = 0
    for at, file in enumerate(peer.files):
        stripped = folder / f"stripped{at}"
        done = subprocess.run(["strip", "-o", stripped, file], capture_output=True)
        total += (stripped if done.returncode == 0 else pathlib.Path(file)).stat().st_size
    needs = subprocess.run(["ldd", peer.files[0]], capture_output=True, text=True).stdout
    for name, path in re.findall(r"^\s*(\S+) => (/\S+)", needs, re.M):
        if not SYSTEM.search(name):
            total += pathlib.Path(path).stat().st_size
    return total


# ---- measuring

def numbers(run, size):
    wall = sorted(run["wall"])
    return {"median": statistics.median(wall), "min": wall[0], "max": wall[-1], "runs": len(wall), "cpu": statistics.median(run["cpu"]),
            "peak": run["peak"], "bytes": size}


def run_all(measure, folder, what, lines, runs, commands, outputs):
    """[row] of commands {peer: command} that are run in turn; who fails has no row."""
    print(f"  … {what}", flush=True)
    rows = []
    for (name, command), run in zip(commands.items(), measure(runs, list(commands.values()), folder)):
        if run is None:
            print(f"  FAILED {name}: {' '.join(map(str, command))[:300]}")
            continue
        size = sum((folder / f).stat().st_size for f in outputs(name) if (folder / f).exists())
        rows.append({"what": what, "lines": lines, "peer": name, **numbers(run, size)})
    return rows


def single(measure, folder, peers):
    rows = []
    for kernel in KERNELS:
        lines = len((SOURCES / f"{kernel}.vt").read_text().splitlines())
        out = {peer.name: f"{kernel}-{at}.spv" for at, peer in enumerate(peers)}
        rows += run_all(measure, folder, kernel, lines, RUNS,
                        {peer.name: peer.command(kernel, SOURCES / f"{kernel}.{peer.language}", out[peer.name]) for peer in peers},
                        lambda name: [out[name]])
    return rows


def batch(measure, folder, peers):
    return run_all(measure, folder, f"{COPIES * len(KERNELS)} kernels", 0, BATCH_RUNS,
                   {peer.name: peer.batch() for peer in peers if peer.batch}, lambda name: [])


def growing(measure, folder, peers):
    rows, last = [], {}
    for lines, runs in LENGTHS.items():
        out = {peer.name: f"family{lines}-{at}.spv" for at, peer in enumerate(peers)}
        commands = {peer.name: peer.command("family", f"family{lines}.{peer.language}", out[peer.name]) for peer in peers}
        expected = {name: time * (lines / before) ** 1.5 for name, (before, time) in last.items()}
        slow = {name: command for name, command in commands.items() if SLOW_MS < expected.get(name, 0) < MOST_MS}
        quick = {name: command for name, command in commands.items() if expected.get(name, 0) <= SLOW_MS}
        for some, times in ((quick, runs), (slow, 1)):
            if some:
                mine = run_all(measure, folder, f"{lines} lines" + (", the slow ones once" if some is slow else ""), lines, times, some,
                               lambda name: [out[name]])
                for row in mine:
                    row["what"] = "family"
                    last[row["peer"]] = (lines, row["median"])
                rows += mine
    return rows


def not_seen(bin_dir, folder):
    """The lengths at which the program is one function that is too large for our use of LLVM."""
    said = {lines: subprocess.run([bin_dir.resolve() / "vittec-gpu", f"family{lines}.vt", "-O2", "--remarks", "-o", "remarks.spv"], cwd=folder,
                                  capture_output=True, text=True, check=True).stderr for lines in LENGTHS}
    return [lines for lines, text in said.items() if "LLVM does not see it" in text]


def race_check(bin_dir, folder):
    """The share of a translation of the many kernels that goes into the search for races, which no other compiler here does."""
    said = subprocess.run([bin_dir.resolve() / "vittec-gpu", "batch.vt", "-O0", "--time-passes", "-o", "passes.spv"], cwd=folder,
                          capture_output=True, text=True, check=True).stderr
    times = {name: float(time) for time, name in re.findall(r"^\s*([\d.]+)  (.*)$", said, re.M)}
    return times["race check"] / times["total"]


# ---- what is shown

def median_of(rows, peer, what="median"):
    mine = [row[what] for row in rows if row["peer"] == peer]
    return statistics.median(mine) if mine else None


def spread(rows, peer):
    mine = [(row["max"] - row["min"]) / row["median"] for row in rows if row["peer"] == peer]
    return f"{statistics.median(mine):.0%}" if mine else ""


def ms(value):
    return "" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def show(table, peers, sizes, rows, many, lengths):
    by = {(row["what"], row["peer"]): row["median"] for row in rows}
    middle = {peer.name: median_of(rows, peer.name) for peer in peers}
    ratio = lambda peer: f"{middle[peer.name] / middle[OURS[peer.job]]:.2f}" if middle[peer.name] else ""  # noqa: E731
    print(f"\neach kernel, whole process, to SPIR-V, median ms of {RUNS} runs in turn; the ratio is to ours of the same job, {OURS[OPTIMISES]} "
          f"or {OURS[TRANSLATES]}:\n")
    table(["", *KERNELS, "median", "spread", "cpu", "ratio", "peak MB", "program MB", "job", ""],
          [[peer.name, *(ms(by.get((kernel, peer.name))) for kernel in KERNELS), ms(middle[peer.name]), spread(rows, peer.name),
            ms(median_of(rows, peer.name, "cpu")), ratio(peer),
            f"{max((row['peak'] for row in rows if row['peer'] == peer.name), default=0):.1f}", f"{sizes[peer.name] / 1e6:.1f}", peer.job,
            peer.does] for peer in peers])
    count = COPIES * len(KERNELS)
    print(f"{count} kernels in one process, the best way that each has (one file, many files, many requests), median of {BATCH_RUNS}:\n")
    each = {row["peer"]: row for row in many}
    table(["", "ms", "ms per kernel", "ratio", "peak MB"],
          [[peer.name, ms(each[peer.name]["median"]), f"{each[peer.name]['median'] / count:.3f}",
            f"{each[peer.name]['median'] / each[OURS[peer.job]]['median']:.2f}", f"{each[peer.name]['peak']:.1f}"]
           if peer.name in each else [peer.name, "SKIP", "one kernel a process", "", ""] for peer in peers])
    print("one program of growing length, whole process, median ms (over 4 s: one run; over 60 s: -); the last columns are for the longest:\n")
    of = {(row["lines"], row["peer"]): row for row in lengths}
    longest = max(LENGTHS)
    table(["lines", *LENGTHS, "ratio", "growth", "peak MB", "SPIR-V KB"],
          [[peer.name, *(ms(of[lines, peer.name]["median"]) if (lines, peer.name) in of else "-" for lines in LENGTHS),
            *last_columns(of, peer, longest)] for peer in peers])


def last_columns(of, peer, longest):
    """Ratio to ours of the same job; the exponent of growth over the last factor of 6 or 7; memory; size."""
    row, before = of.get((longest, peer.name)), of.get((3000, peer.name))
    if not row or not before:
        return ["", "", "", ""]
    return [f"{row['median'] / of[longest, OURS[peer.job]]['median']:.2f}",
            f"{math.log(row['median'] / before['median']) / math.log(longest / 3000):.2f}", f"{row['peak']:.0f}", f"{row['bytes'] / 1024:.0f}"]


def faster(peers, rows, many, lengths):
    """[(job, sentence)]: who is faster than ours at the same job, at what: by wall time and by processor time, so that other work on
    the machine decides nothing."""
    found = []
    for peer in peers:
        ours = OURS[peer.job]
        if peer.language == "vt":
            continue
        better = []
        for what, some in [("a kernel", rows), ("many kernels", many),
                           *((f"{lines} lines", [row for row in lengths if row["lines"] == lines]) for lines in LENGTHS)]:
            times = [(median_of(some, peer.name, kind), median_of(some, ours, kind)) for kind in ("median", "cpu")]
            if all(theirs and mine and theirs < mine for theirs, mine in times):
                better.append(f"{what} ({ms(times[0][0])} against {ms(times[0][1])} ms)")
        if better:
            found.append((peer.job, f"{peer.name} is faster than {ours} at {', '.join(better)}"))
    return found


def plot(peers, lengths, machine):
    left, top, wide, high = 60, 40, 620, 420
    top_ms, low_ms = max(row["median"] for row in lengths), min(row["median"] for row in lengths)
    low, most = 10 ** math.floor(math.log10(low_ms)), 10 ** math.ceil(math.log10(top_ms))
    first, last = min(LENGTHS), max(LENGTHS)
    x = lambda lines: left + wide * math.log(lines / first) / math.log(last / first)  # noqa: E731
    y = lambda time: top + high * (1 - math.log(time / low) / math.log(most / low))  # noqa: E731
    drawing = svg.Drawing(left + wide + 150, top + high + 60)
    drawing.text(left, 16, "time of a whole process to SPIR-V against the length of the source (ms, lines; both logarithmic)")
    drawing.text(left, 30, f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, {machine['date']}")
    for lines in LENGTHS:
        drawing.line(x(lines), top, x(lines), top + high)
        drawing.text(x(lines), top + high + 16, f"{lines:,}", "middle")
    for power in range(round(math.log10(low)), round(math.log10(most)) + 1):
        drawing.line(left, y(10.0 ** power), left + wide, y(10.0 ** power))
        drawing.text(left - 6, y(10.0 ** power) + 4, f"{10.0 ** power:g}", "end")
    ends = []
    for peer in peers:
        points = [(x(row["lines"]), y(row["median"])) for row in lengths if row["peer"] == peer.name]
        if points:
            drawing.path(points, peer.colour, "5 3" if peer.job == TRANSLATES else "")
            for point in points:
                drawing.dot(*point, peer.colour, 2.5)
            ends.append([points[-1][1], peer])
    ends.sort(key=lambda end: end[0])
    for k, end in enumerate(ends):  # names that do not cover one another
        end[0] = max(end[0], ends[k - 1][0] + 13) if k else end[0]
        drawing.text(left + wide + 10, end[0] + 4, end[1].name, colour=end[1].colour)
    drawing.text(left, top + high + 40, "dashed: translates only; solid: optimises. vittec-gpu checks bounds, the others do not.")
    drawing.write(RESULTS / "compile.svg")


def write(machine, peers, lacking, sizes, parts):
    RESULTS.mkdir(exist_ok=True)
    fields = ["what", "lines", "peer", "median", "min", "max", "runs", "cpu", "peak", "bytes"]
    with (RESULTS / "compile.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", "lines", "peer", "median ms", "min ms", "max ms", "runs", "cpu ms", "peak MB", "SPIR-V bytes"])
        for row in (row for rows in parts.values() for row in rows):
            writer.writerow([f"{row[f]:.3f}" if isinstance(row[f], float) else row[f] for f in fields])
    told = {"machine": machine, "skipped": lacking,
            "peers": {peer.name: {"job": peer.job, "does": peer.does, "program bytes": sizes[peer.name]} for peer in peers}, **parts}
    (RESULTS / "compile.json").write_text(json.dumps(told, indent=1) + "\n")


def compile_times(bin_dir, folder, measure, table, goal):
    peers, lacking = find(bin_dir, folder)
    machine = described(peers)
    print("compile times beside other compilers\n")
    for name, value in machine.items():
        if name != "versions":
            print(f"  {name}: {value}")
    for name, version in machine["versions"].items():
        print(f"  {name}: {version}")
    for name, why in lacking.items():
        print(f"  SKIP {name}: {why}")
    sizes = {peer.name: program_bytes(peer, folder) for peer in peers}
    write_sources(folder)
    rows, many, lengths = single(measure, folder, peers), batch(measure, folder, peers), growing(measure, folder, peers)
    show(table, peers, sizes, rows, many, lengths)
    goal("a kernel at -O2, median wall ms", median_of(rows, OURS[OPTIMISES]))
    found = faster(peers, rows, many, lengths)
    if large := not_seen(bin_dir, folder):
        print(f"  note at {', '.join(f'{lines:,}' for lines in large)} lines, all in one function, vittec-gpu optimises without LLVM")
    races = race_check(bin_dir, folder)
    print(f"  note {races:.0%} of the time of vittec-gpu -O0 for many kernels is its search for races, which no other compiler does")
    for _, sentence in found:
        print(f"  note {sentence}")
    goal("peers that optimise and are faster", sum(job == OPTIMISES for job, _ in found))
    goal("vittec-gpu stripped, MB", sizes[OURS[OPTIMISES]] / 1e6)
    dynamic = bin_dir / "bench/vittec-gpu-dynamic"
    if dynamic.exists():
        subprocess.run(["strip", "-o", folder / "dynamic", dynamic], check=True)
        sizes["vittec-gpu, LLVM_LINK=dynamic"] = (folder / "dynamic").stat().st_size
        goal("vittec-gpu with LLVM_LINK=dynamic, MB", sizes["vittec-gpu, LLVM_LINK=dynamic"] / 1e6)
    machine["share of the race check in many kernels at -O0"] = round(races, 3)
    machine["lines that LLVM does not see"] = large
    machine["vittec-gpu, LLVM_LINK=dynamic, bytes"] = sizes.get("vittec-gpu, LLVM_LINK=dynamic")
    parts = {"single": rows, "batch": many, "family": lengths}
    write(machine, peers, lacking, sizes, parts)
    plot(peers, lengths, machine)
    print(f"\n{RESULTS}/compile.csv, compile.json and compile.svg have the figures.\n")
    return {"machine": machine, "faster": [sentence for _, sentence in found]}
