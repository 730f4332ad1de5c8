#!/usr/bin/env python3
"""The folder of the GPU benchmark: python3 bench/gpu/pack.py build/release build/bench-gpu

Compiles each kernel (bench/gpu/kernels) in each variant of the table below, with and without bounds checks, and the peers
(bench/gpu/peers) with glslc; puts the peers' sources, the program, the loaders of Vulkan and OpenCL, and run.sh beside them. The
folder needs nothing else of this machine and runs where there is a GPU; nvcc compiles the CUDA peers there.
"""
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).parent
BLOCKS = ["BLOCK=256"]
WIDE = ["BLOCK=256", "BLOCK=256,W=4", "BLOCK=512,W=4"]
TILES = "BM={},BN={},BK={},TM={},TN={}"
# The first is the one of the table; the others are tried to find the best.
BEST = [TILES.format(*t) for t in [(128, 128, 16, 8, 8), (128, 128, 8, 16, 8), (64, 256, 16, 8, 8), (128, 256, 8, 8, 16)]]
HALF = [TILES.format(*t) for t in [(128, 128, 32, 8, 8), (128, 128, 16, 8, 8)]]
RADIX = [f"THREADS={t},EACH={e}" for t, e in [(128, 16), (256, 16), (256, 8), (128, 8), (64, 16)]]
HISTOGRAM = [f"BLOCK={b},COPIES={c},G={g}" for b, c, g in [(1024, 16, 264), (256, 8, 528), (256, 16, 792)]]
# Kernels whose names depend on a constant that is not the compiler's.
FORMS = {"transposed": ["", "_flat", "_wide", "_down"]}
# case: file of kernels, file of peers, kernels, variants, peers
ALL = ("glsl", "cuda", "opencl")
CASES = {
    "peak": ("peak", None, ["peak"], ["-"], ()),
    "copy": ("stream", "stream", ["copy"], WIDE, ALL),
    "copy_ones": ("stream", "stream", ["copy_ones"], WIDE[1:], ALL),
    "mul": ("stream", "stream", ["mul"], WIDE, ALL),
    "add": ("stream", "stream", ["add"], WIDE, ALL),
    "triad": ("stream", "stream", ["triad"], WIDE, ALL),
    "dot": ("stream", "stream", ["dot_sums"], BLOCKS, ALL),
    "reduction": ("reduction", "reduction", ["reduce"], ["BLOCK=1024", "BLOCK=256"], ALL),
    "scan": ("scan", "scan", ["scan_clear", "scan"], ["BLOCK=1024", "BLOCK=256", "BLOCK=128,CHUNKS=8"], ("glsl", "cuda")),
    "histogram": ("histogram", "histogram", ["histogram_clear", "histogram"], HISTOGRAM, ALL),
    "transpose": ("transpose", "transpose", ["transposed"], ["-", "FORM=1", "FORM=2", "FORM=3"], ALL),
    "stencil": ("stencil", "stencil", ["stencil"], ["-"], ALL),
    "spmv": ("spmv", "spmv", ["spmv"], BLOCKS, ("glsl", "cuda")),
    "nbody": ("nbody", "nbody", ["nbody"], ["-"], ALL),
    "black_scholes": ("black_scholes", "black_scholes", ["black_scholes"], BLOCKS, ALL),
    "radix_step": ("radix,scan", "radix,scan", ["radix_count", "scan_clear", "scan", "radix_scatter"], RADIX, ("glsl", "cuda")),
    "matmul_naive": ("matmul", "matmul", ["matmul_naive"], ["-"], ALL),
    "matmul_tiled": ("matmul", "matmul", ["matmul_tiled"], ["-"], ALL),
    "matmul_best": ("matmul", "matmul", ["matmul_best"], BEST, ALL),
    "matmul_f16": ("matmul_f16", "matmul", ["matmul_f16"], HALF, ("glsl", "cuda")),
}
NO_OPENCL = {"matmul_f16", "scan", "radix_step"}  # NVIDIA's OpenCL has neither f16 nor subgroups
DEFAULTS = "BLOCK=256"


def file_of(files, kernel):
    """radix_step needs kernels of two files."""
    files = files.split(",")
    return files[-1] if kernel.startswith("scan") else files[0]


def defines(constants):
    return [c for c in constants.split(",") if "=" in c and c.split("=")[0] not in ("G", "W", "FORM")]


def own_constants(kernel, constants):
    """Those of radix_step are not of the sums in it."""
    return DEFAULTS if kernel.startswith("scan") and "BLOCK" not in constants else constants


def kernel_name(kernel, constants):
    values = dict(c.split("=") for c in constants.split(",") if "=" in c)
    return kernel + (values["W"] if "W" in values else FORMS[kernel][int(values["FORM"])] if "FORM" in values else "")


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def peer_source(peer, kernel, language, constants):
    lines = [f"#define {language}", f"#define K_{kernel}"]
    lines += [f"#define {c.replace('=', ' ')}" for c in constants]
    lines += ["#define NEEDS_U64"] if kernel.startswith("scan") else []
    return "\n".join(lines) + "\n" + (HERE / "peers/prelude.inc").read_text() + (HERE / f"peers/{peer}.inc").read_text()


class Packer:
    def __init__(self, bin_dir, folder):
        self.bin_dir, self.folder, self.jobs, self.rows = bin_dir, folder, {}, []

    def row(self, case, api, impl, bounds, note, constants):
        place = f"{impl}/{api}-{bounds}/{case}.{constants.replace('=', '').replace(',', '_')}"
        self.rows.append(" ".join([case, api, impl, bounds, note, constants, place]))
        (self.folder / place).mkdir(parents=True)
        return self.folder / place

    def ours(self, case, files, kernels, constants, api, bounds, note):
        place = self.row(case, api, "vitte", bounds, note, constants)
        for kernel in (kernel_name(k, constants) for k in kernels):
            known = [] if kernel.endswith("_clear") else defines(own_constants(kernel, constants))
            flags = [x for c in known for x in ("-D", c)]
            out = place / f"{kernel}.{'spv' if api == 'vulkan' else 'cl'}"
            target = "vulkan1.3" if api == "vulkan" else "opencl-c1.2"
            self.jobs[out] = [self.bin_dir / "vittec-gpu", HERE / f"kernels/{file_of(files, kernel)}.vt", "--entry", kernel,
                              f"--target={target}", f"--bounds={bounds}", *flags, "-o", out]

    def peer(self, case, files, kernels, constants, impl, note):
        api = {"glsl": "vulkan", "cuda": "cuda", "opencl": "opencl"}[impl]
        place = self.row(case, api, impl, "-", note, constants)
        for kernel in (kernel_name(k, constants) for k in kernels):
            known = defines(own_constants(kernel, constants if constants != "-" else DEFAULTS))
            text = peer_source(file_of(files, kernel), kernel, impl.upper(), known)
            out = place / (kernel + {"glsl": ".comp", "cuda": ".cu", "opencl": ".cl"}[impl])
            out.write_text(text)
            if impl == "glsl":
                self.jobs[out] = ["glslc", "-O", "-std=460", "--target-env=vulkan1.2", "-fshader-stage=compute", out, "-o",
                                  out.with_suffix(".spv")]

    def pack(self):
        for case, (files, peers, kernels, variants, impls) in CASES.items():
            for k, constants in enumerate(variants):
                note = "sweep" if k else "main"
                for bounds in ("check", "trust"):
                    self.ours(case, files, kernels, constants, "vulkan", bounds, note)
                    if case not in NO_OPENCL and k == 0:
                        self.ours(case, files, kernels, constants, "opencl", bounds, note)
                for impl in impls:
                    if k == 0 or impl != "opencl":
                        self.peer(case, peers, kernels, constants, impl, note)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(run, self.jobs.values()))
        for leftover in self.folder.glob("glsl/**/*.comp"):
            leftover.unlink()
        (self.folder / "variants.txt").write_text("\n".join(self.rows) + "\n")


def main():
    bin_dir, folder = map(pathlib.Path, sys.argv[1:3])
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "lib").mkdir(parents=True)
    Packer(bin_dir, folder).pack()
    shutil.copy(bin_dir / "bench/gpu-bench", folder)
    for name in ("run.sh", "report.py", "library.cu", "torch_library.py"):
        shutil.copy(HERE / name, folder)
    for loader in ("libvulkan.so.1", "libOpenCL.so.1"):
        found = [p for base in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
                 if (p := pathlib.Path(base, loader)).exists()]
        if found:
            shutil.copy(found[0], folder / "lib" / loader)
        else:
            print(f"there is no {loader} here: the machine with the GPU must have one")
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    print(f"{folder}: {sum(1 for _ in folder.rglob('*'))} files, {size / 1e6:.1f} MB; there: sh run.sh OUTPUT_FOLDER")


if __name__ == "__main__":
    main()
