"""The runtime library from outside: what it exports and needs, its size, and threads under ThreadSanitizer."""
import os
import pathlib
import re
import shutil
import subprocess

from .common import Failure, Skip

HEADERS = [pathlib.Path("runtime-min/vitte_gpu.h")]
MOST_BYTES = 150_000


def cases(env):
    yield "exported symbols", lambda: exported(env)
    yield "size and needs", lambda: size_and_needs(env)
    yield "threads are documented", lambda: documented()
    yield "the guide's program", lambda: guide_program(env)
    yield "the guide's fragments", lambda: guide_fragments(env)
    yield "ThreadSanitizer", lambda: thread_sanitizer(env)


def functions():
    """Every function that the header declares."""
    names = set()
    for header in HEADERS:
        names |= set(re.findall(r"^VTG_API [^(;]*?\b(vtg_\w+)\(", header.read_text(), re.M))
    if len(names) < 30:
        raise Failure(f"only {len(names)} functions found in the header")
    return names


def library(env):
    return env.bin / "libvitte-gpu.so.0"


def exported(env):
    listed = env.run(["nm", "-D", "--defined-only", library(env)]).out.decode().splitlines()
    got = {line.split()[-1].split("@")[0] for line in listed if line.split()[-2] != "A"}
    if got != functions():
        raise Failure(f"exported, not declared: {sorted(got - functions())}\ndeclared, not exported: {sorted(functions() - got)}")


def size_and_needs(env):
    if env.bin.name != "release":
        raise Skip("the release build is what is measured")
    stripped = env.folder() / "libvitte-gpu.so"
    env.run(["strip", "-o", stripped, library(env)])
    size = stripped.stat().st_size
    if size >= MOST_BYTES:
        raise Failure(f"{size} bytes stripped; {MOST_BYTES} is the limit")
    needs = {line.split()[0] for line in env.run(["ldd", stripped]).out.decode().splitlines()}
    known = {"linux-vdso.so.1", "libc.so.6", "libdl.so.2", "libpthread.so.0"}
    if any(name not in known and "ld-linux" not in name for name in needs):
        raise Failure(f"needs {sorted(needs)}")


def documented():
    """Each function is in the table of docs/runtime.md that says from where it may be called."""
    text = pathlib.Path("docs/runtime.md").read_text()
    table = text.split("## Threads", 1)[1].split("\n## ", 1)[0]
    told = set(re.findall(r"`(vtg_\w+)`", table))
    if told != functions():
        raise Failure(f"not in the table: {sorted(functions() - told)}\nno such function: {sorted(told - functions())}")


# ---- the C of docs/runtime.md

COMPILE = ["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Iruntime-min"]
# what its fragments leave to the program around them
AROUND = """#include <stddef.h>
#include <vitte_gpu.h>
void check(VtgStatus status);
void write_inputs(VtgBuffer *buffer, int part);
void use_results(VtgBuffer *buffer, int part);
void around(VtgDevice *device, VtgDevice **devices, VtgCommands *commands, VtgBuffer *sums, VtgKernel *blur, VtgKernel *sum, VtgKernel *kernel,
            VtgKernel **kernels, VtgGrid grid, const VtgArg *blur_args, const VtgArg *sum_args, VtgEvent *event, VtgGraph *graph, float *cells,
            uint64_t bytes, float k, uint32_t n, int parts, VtgEvent **done, VtgBuffer **up, VtgBuffer **down, VtgCommands **upload,
            VtgCommands **compute, VtgCommands **download, const void *code, size_t code_size) {
%s
}
"""


def guide():
    """Its fences of C: name, or "", and body."""
    return re.findall(r"^```c ?(\S*)\n(.*?)^```$", pathlib.Path("docs/runtime.md").read_text(), re.M | re.S)


def guide_program(env):
    """Compiled and run as the guide says."""
    folder, environment = env.folder(), env.device("lavapipe")
    program, = [body for name, body in guide() if name == "saxpy.c"]
    kernel = re.search(r"`saxpy\.vt` is `(kernel .*?)`;", pathlib.Path("docs/runtime.md").read_text())
    (folder / "saxpy.vt").write_text(kernel[1] + "\n")
    (folder / "saxpy.c").write_text(program)
    env.compile("saxpy.vt", "-o", "saxpy.vgpu", cwd=folder)
    sanitized = ["-fsanitize=address,undefined"] if env.bin.name == "sanitize" else []
    env.run([*COMPILE, folder / "saxpy.c", env.bin / "libvitte-gpu.a", *sanitized, "-ldl", "-lpthread", "-lm", "-o", folder / "saxpy"])
    result = env.run([folder / "saxpy"], env=environment, cwd=folder)
    if not re.fullmatch(r"llvmpipe .*: \d+\.\d+ ms\ny\[10\] = 21\n", result.out.decode()):  # 2 * 10 + 1
        raise Failure(str(result))


def guide_fragments(env):
    fragments = [body for name, body in guide() if not name]
    if len(fragments) < 4:
        raise Failure(f"{len(fragments)} fragments")
    for number, body in enumerate(fragments):
        path = env.folder() / "fragment.c"
        path.write_text(AROUND % body)
        env.run([*COMPILE, "-Wno-unused-parameter", "-fsyntax-only", path])


def thread_sanitizer(env):
    if env.bin.name != "release" or env.args.quick:
        raise Skip("once, beside the release build")
    env.run(["make", "SETUP=no", "CONFIG=thread", f"-j{os.cpu_count()}", "build/thread/tests/test_threads",
             *(f"build/thread/tests/fake_{api}.so" for api in ("vulkan", "opencl", "webgpu"))], env={"MAKEFLAGS": "", "MAKELEVEL": ""}, timeout=600)
    program = pathlib.Path("build/thread/tests/test_threads").resolve()
    options = {"TSAN_OPTIONS": "ignore_noninstrumented_modules=1 halt_on_error=0"}  # drivers are not instrumented
    done = subprocess.run([program], capture_output=True, env={**os.environ, **options}, timeout=300)
    if b"unexpected memory mapping" in done.stderr and shutil.which("setarch"):  # more random addresses than it takes
        done = subprocess.run(["setarch", "-R", program], capture_output=True, env={**os.environ, **options}, timeout=300)
    if done.returncode != 0:
        raise Failure((done.stdout + done.stderr).decode(errors="replace")[:6000])
