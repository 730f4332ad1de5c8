#!/usr/bin/env python3
"""Checks the dependency rule: which folder may include what.

    driver -> frontend -> ir -> ir/base        runtime-min -> libc
    driver -> backend-* -> ir                  driver -> runtime-min/vitte_gpu.h, vgpu_*.h

Prints FILE:LINE and what is wrong; exit status 1 if anything is.
"""
import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder (the longest that fits a file counts) -> what else of the repository it may include: folders, or single files.
MAY_INCLUDE = {
    "ir/base":     [],
    "ir":          ["ir/base"],
    "frontend":    ["ir"],
    "backend-*":   ["ir"],
    "driver":      ["frontend", "ir", "backend-*", "runtime-min/vitte_gpu.h", "runtime-min/vgpu_format.h", "runtime-min/vgpu_view.h"],
    "runtime-min": [],
    "examples":    ["runtime-min/vitte_gpu.h"],
    "bench":       ["*"],
    "tests":       ["*"],
}

# Folders that another project may take as they are: their files include each other by bare names.
STANDALONE = {"runtime-min"}

# A project of its own, which is built against what is installed.
PROJECT = ROOT / "examples/cmake"

# Headers of other projects, and of Linux -> the only files that may include them. What no row names is the C library.
FOREIGN = {
    r"(llvm|llvm-c|clang|clang-c)/.*": ["ir/llvm/*", "backend-spirv/opencl_*", "tests/*"],
    r"spirv-tools/.*":                 ["backend-spirv/*", "tests/*"],
    r"spirv(-headers|_cross)?/.*":     ["backend-*/*", "tests/*"],
    r"(vulkan|vk_video)/.*":           ["runtime-min/rt_vulkan*", "tests/fakes/*", "tests/unit/test_runtime_faults.c", "bench/dispatch.c",
                                        "bench/registers.c"],
    r"(CL|webgpu)/.*":                 ["runtime-min/rt_*", "tests/fakes/*", "tests/unit/test_runtime_faults_opencl.c"],
    r"sys/eventfd\.h":               ["runtime-min/event.c"],
    r"zstd\.h":                        ["driver/bundle_blobs.c"],
    r"link\.h":                        ["runtime-min/rt_sanitize.c"],  # dl_iterate_phdr
    r"new":                           ["ir/llvm/*.cpp"],  # C++
    r"(png|zlib)\.h":                  ["examples/*", "tests/*"],
    r"c(stdio|stdlib|string)|iostream|sstream|vector": ["tests/msl/*"],  # C++
    r"ucontext\.h":                   ["tests/msl/*", "tests/fakes/llvm_jit/*"],  # fibers
    r"vitte_gpu\.h":                   ["examples/*"],  # as a program that uses the installed library writes it
}

# C17 and POSIX.1-2008, as far as they are used; a new name is added here on purpose.
C_LIBRARY = set("""
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string threads time uchar wchar
    dirent dlfcn fcntl poll pthread sched semaphore strings sys/mman sys/resource sys/stat sys/time sys/types sys/wait
    unistd
""".split())

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def folder_of(path):
    """The row of MAY_INCLUDE for a path from the root, and the folder that the row stands for there."""
    for row in sorted(MAY_INCLUDE, key=len, reverse=True):
        folder = "/".join(path.split("/")[: row.count("/") + 1])
        if "/" in path[len(folder):] and matches(folder, [row]):
            return row, folder
    return None, None


def complaint(path, quote, name):
    """What is wrong with `path` including `name`, or None."""
    row, folder = folder_of(path)
    allowed = MAY_INCLUDE[row]
    if quote == "<":
        for pattern, files in FOREIGN.items():
            if re.fullmatch(pattern, name):
                return None if matches(path, files) else f"<{name}> belongs in {', '.join(files)} only"
        known = name.removesuffix(".h") in C_LIBRARY
        return None if known else f"<{name}> is neither C17 nor POSIX, and no row of FOREIGN allows it"
    _, target = folder_of(name)
    if allowed == ["*"] or target and target == folder:
        return None
    if folder in STANDALONE and (ROOT / folder / name).is_file():
        return None
    if target is None:
        return f'"{name}" is not written from the root of the repository'
    if name in allowed or any(matches(target, [a, a + "/*"]) for a in allowed):
        return None
    return f'{folder} may not include "{name}", only {", ".join([folder, *allowed])}'


def sources():
    for top in sorted({row.split("/")[0] for row in MAY_INCLUDE}):
        for folder in sorted(ROOT.glob(top)):
            yield from (f for f in sorted(folder.rglob("*")) if PROJECT not in f.parents and f.suffix in {".c", ".h", ".def", ".re", ".y", ".cpp"})


def main():
    wrong = files = 0
    for file in sources():
        path = file.relative_to(ROOT).as_posix()
        files += 1
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            text = found and complaint(path, *found.groups())
            if text:
                print(f"{path}:{number}: {text}")
                wrong += 1
    print(f"check-includes: {files} files, {wrong} wrong includes", file=sys.stderr)
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
