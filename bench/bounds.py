"""What bounds checks cost on lavapipe: the part `bounds` of bench/compile.py.

Runs kernels of bench/gpu with --bounds=check and --bounds=trust in turn, in processes of their own. lavapipe computes on the CPU,
so what a dispatch costs is processor time, of all threads, which other work on the machine disturbs little: that of a process with
many dispatches less that of one with a single one, medians of several. Sizes are such that a dispatch takes some milliseconds; no
access is outside, and both ways must give the same bytes. Writes bench/results/bounds.csv.
"""
import csv
import os
import pathlib
import random
import statistics
import struct

RESULTS, KERNELS = pathlib.Path("bench/results"), pathlib.Path("bench/gpu/kernels")
RUNS, FEW, MANY_TIMES = 5, 1, 25
WAYS = ("check", "trust")
MANY, FOURS = 1 << 20, 1 << 18
ROWS, A_ROW = 1 << 15, 16  # of the sparse matrix
# kernel: (file, what is written, arguments, --grid)
CASES = {
    "copy": ("stream", "c", f"a=random:{MANY} c=zeros:{MANY}", ""),
    "triad": ("stream", "a", f"b=random:{MANY} c=random:{MANY} a=zeros:{MANY}", ""),
    "copy4": ("stream", "c", f"a=random:{FOURS} c=zeros:{FOURS}", ""),
    "triad4": ("stream", "a", f"b=random:{FOURS} c=random:{FOURS} a=zeros:{FOURS}", ""),
    "dot_sums": ("stream", "sums", f"a=random:{MANY} b=random:{MANY} sums=zeros:64", "16384"),
    "reduce": ("reduction", "sums", f"x=random:{FOURS} sums=zeros:64", "16384"),
    "histogram": ("histogram", "bins", f"x=random:{FOURS} bins=zeros:256", "4096"),
    "transposed": ("transpose", "b", f"a=random:{MANY} b=zeros:{MANY} n=1024", "1024,256"),
    "stencil": ("stencil", "b", "a=random:262144 b=zeros:262144 n=64", "64,64,64"),
    "spmv": ("spmv", "y", f"starts=@starts.bin columns=@columns.bin values=random:{ROWS * A_ROW} x=random:{ROWS} y=zeros:{ROWS}", "65536"),
    "nbody": ("nbody", "out", "bodies=random:1024 out=zeros:1024 softening=0.1", ""),
    "black_scholes": ("black_scholes", "call", f"price=fill:{FOURS}:50 strike=random:{FOURS} years=fill:{FOURS}:2 call=zeros:{FOURS} put=zeros:{FOURS}", ""),
    "radix_count": ("radix", "counts", f"keys=random:{FOURS} counts=zeros:4096 shift=4", "65536"),
    "matmul_naive": ("matmul", "c", "a=random:16384 b=random:16384 c=zeros:16384 n=128 kk=128", "128,128"),
    "matmul_tiled": ("matmul", "c", "a=random:16384 b=random:16384 c=zeros:16384 n=128 kk=128", "128,128"),
    "matmul_best": ("matmul", "c", "-D BK=8 a=random:16384 b=random:16384 c=zeros:16384 n=256 kk=256", "512,2"),
}
# Code without loops that is there twice: lavapipe executes both arms of an `if`, with the lanes masked that are not in it.
STRAIGHT = {"copy", "triad", "copy4", "triad4", "transposed", "stencil", "black_scholes"}


def write_inputs(folder):
    """A sparse matrix: 16 numbers in each row, anywhere in it."""
    r = random.Random(1)
    (folder / "starts.bin").write_bytes(struct.pack(f"<{ROWS + 1}I", *range(0, ROWS * A_ROW + 1, A_ROW)))
    (folder / "columns.bin").write_bytes(struct.pack(f"<{ROWS * A_ROW}I", *(r.randrange(ROWS) for _ in range(ROWS * A_ROW))))


def command(bin_dir, kernel, way, repeat):
    file, out, arguments, grid = CASES[kernel]
    return [bin_dir / "vittec-gpu", "run", (KERNELS / f"{file}.vt").resolve(), "--kernel", kernel, "--device=vulkan", f"--bounds={way}",
            *arguments.split(), *(["--grid", grid] if grid else []), "--repeat", repeat, "--out", f"{out}={way}{repeat}.bin"]


def of_kernel(bin_dir, folder, measure, kernel):
    """{way: ms of processor time of a dispatch}"""
    ways = [(way, repeat) for way in WAYS for repeat in (FEW, MANY_TIMES)]
    results = measure(RUNS, [command(bin_dir, kernel, way, repeat) for way, repeat in ways], folder)
    for (way, repeat), result in zip(ways, results):
        if result is None:
            raise SystemExit(f"this failed: {' '.join(map(str, command(bin_dir, kernel, way, repeat)))}")
    for repeat in (FEW, MANY_TIMES):
        if len({(folder / f"{way}{repeat}.bin").read_bytes() for way in WAYS}) != 1:
            raise SystemExit(f"{kernel}: not the same with and without bounds checks")
    cpu = {case: statistics.median(result["cpu"]) for case, result in zip(ways, results)}
    return {way: (cpu[way, MANY_TIMES] - cpu[way, FEW]) / (MANY_TIMES - FEW) for way in WAYS}


def bounds(bin_dir, folder, measure, table, goal):
    drivers = sorted(pathlib.Path("/usr/share/vulkan/icd.d").glob("lvp_icd*.json"))
    if not drivers:
        print("SKIP bounds: no lavapipe here (mesa-vulkan-drivers)\n")
        return {}
    os.environ["VK_DRIVER_FILES"] = os.environ["VK_ICD_FILENAMES"] = str(drivers[0])
    write_inputs(folder)
    rows = []
    print("kernels on lavapipe, with bounds checks and without\n")
    for kernel in CASES:
        print(f"  … {kernel}", flush=True)
        times = of_kernel(bin_dir.resolve(), folder, measure, kernel)
        rows.append([kernel, *(f"{times[way]:.2f}" for way in WAYS), f"{times['check'] / times['trust']:.2f}"])
    print(f"\nms of processor time of a dispatch, medians of {RUNS} runs:\n")
    table(["kernel", "checked", "trusted", "ratio"], rows)
    goal("lavapipe, checked / trusted, median of kernels with loops",
         statistics.median(float(row[-1]) for row in rows if row[0] not in STRAIGHT))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "bounds.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["kernel", "checked ms", "trusted ms", "ratio"])
        writer.writerows(rows)
    print(f"\n{RESULTS}/bounds.csv has the figures.\n")
    return {"rows": rows}
