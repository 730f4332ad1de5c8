"""What the suites share: running the compiler, comparing texts, the devices of this machine."""
import difflib
import functools
import os
import pathlib
import re
import select
import shlex
import subprocess
import sys
import tempfile
import threading
import time


WRAPPER = "VITTEC_TEST_WRAPPER"


class Failure(Exception):
    pass


class Skip(Exception):
    pass


class Result:
    def __init__(self, command, done):
        self.command, self.code, self.out, self.err = command, done.returncode, done.stdout, done.stderr

    def __str__(self):
        return (f"$ {shlex.join(map(str, self.command))}\nexit {self.code}\n"
                f"{self.out.decode(errors='replace')[:4000]}{self.err.decode(errors='replace')[:4000]}")


class Server:
    """A process in which several `vittec-gpu run` for one device follow one another (tests/tools/commands.c)."""

    MOST = 200  # a driver that loses memory does so for a while only

    def __init__(self, program, api, env):
        self.count, self.errors, self.got = 0, tempfile.TemporaryFile(), b""
        self.process = subprocess.Popen([*(["sh", env[WRAPPER]] if WRAPPER in env else []), program, api], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, "NO_COLOR": "1", **env})

    def take(self, pattern, length, end):
        """What comes until `pattern` is found, or so many bytes of it; None at the end of all."""
        while (match := re.search(pattern, self.got)) is None if pattern else len(self.got) < length:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise subprocess.TimeoutExpired(self.process.args, 0)
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return None
            self.got += more
        cut = match.end() if pattern else length
        taken, self.got = self.got[:cut], self.got[cut:]
        return taken

    def run(self, command, timeout):
        """As subprocess.run gives it; a negative status if it crashed."""
        self.count, end = self.count + 1, time.monotonic() + timeout
        self.process.stdin.write("\t".join(map(str, command)).encode() + b"\n")
        self.process.stdin.flush()
        head = self.take(rb"^-?\d+ \d+ \d+\n", None, end)
        if head is None:
            self.errors.seek(0)
            return subprocess.CompletedProcess(command, -abs(self.close() or 1), b"", self.errors.read())
        status, *lengths = map(int, head.split())
        out, err = [self.take(None, length, end) for length in lengths]
        return subprocess.CompletedProcess(command, status, out, err)

    def close(self):
        self.process.stdin.close()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Env:
    """One run of the tests: where the programs are, a scratch folder, options, devices."""

    def __init__(self, bin_dir, scratch, args):
        self.bin, self.scratch, self.args = bin_dir.resolve(), scratch, args
        self.vittec = str(self.bin / "vittec-gpu")
        self.lock = threading.Lock()
        if not pathlib.Path("/sys/devices/system/cpu").exists():  # a bare chroot: PoCL would abort the process
            os.environ.setdefault("HWLOC_SYNTHETIC", "numa:1(memory=4GB) core:2 pu:1")
        self.count = 0
        self.idle = []  # (what it is for, Server)
        self.webgpu = {}  # libraries of WebGPU by name; known when the devices are

    def folder(self):
        with self.lock:
            self.count += 1
            path = self.scratch / str(self.count)
        path.mkdir()
        return path

    def random_programs(self, start, count, odd=False):
        """The files of random programs, of seeds that begin `start` after the run's; odd: of odd seeds, which have 32-bit types."""
        folder, step = self.folder(), 2 if odd else 1
        self.run([sys.executable, "tests/generate.py", "--seed", self.args.seed + step * start, "--count", step * count, "--out", folder],
                 timeout=600)
        sources = sorted(path for path in folder.glob("*.vt") if not odd or int(path.stem) % 2 == 1)
        if len(sources) != count:
            raise Failure(f"{len(sources)} programs, not {count}")
        return sources

    def run(self, command, expect=0, stdin=b"", env=None, timeout=120, cwd=None, may_crash=False):
        """Runs a command; a signal, unless it may crash, or an unexpected exit status is a failure. expect None: any status. A
        device that is seen by way of another program has that in its environment (tools/test-opencl.sh)."""
        if env and WRAPPER in env:
            command = ["sh", env[WRAPPER], *command]
        try:
            done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, timeout=timeout,
                                  cwd=cwd, env={**os.environ, "NO_COLOR": "1", **(env or {})})
        except subprocess.TimeoutExpired:
            raise Failure(f"$ {shlex.join(map(str, command))}\nno end within {timeout} s")
        result = Result(command, done)
        if (done.returncode < 0 and not may_crash) or b"Sanitizer" in done.stderr or b"runtime error:" in done.stderr:
            raise Failure(f"crashed\n{result}")
        if expect is not None and done.returncode != expect:
            raise Failure(f"expected exit {expect}\n{result}")
        return result

    def compile(self, *args, **kwargs):
        return self.run([self.vittec, *args], **kwargs)

    def run_on(self, device, *args, timeout=120, own=None):
        """`vittec-gpu run` on a device of `device()`, in a process that has had others. Not under sanitizers, which look at the whole
        of a process when it ends, and not with an environment of its own."""
        environment = {**({} if device == "interp" else self.device(device)), **(own or {})}
        command = ["run", *args[:1], *self.device_options(device), *args[1:]]
        if own or "sanitize" in self.bin.name:
            return self.compile(*command, env=environment, expect=None, timeout=timeout)
        server = self.server(device, environment)
        try:
            result = Result([self.vittec, *command], server.run(command, timeout))
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.close()
            raise Failure(f"$ {shlex.join(map(str, command))}\nno end within {timeout} s")
        if result.code < 0:  # by itself it says more
            self.compile(*command, env=environment, expect=None, timeout=timeout)
            raise Failure(f"crashed behind others, not by itself\n{result}")
        if server.count < Server.MOST:
            with self.lock:
                self.idle.append((device, server))
        else:
            self.close([(device, server)])
        return result

    def server(self, device, environment):
        """One that waits for this device, or a new one; those of others that wait are not needed soon."""
        with self.lock:
            mine = next((item for item in self.idle if item[0] == device), None)
            others = [] if mine else self.idle[:max(0, len(self.idle) - self.args.jobs)]
            self.idle = [item for item in self.idle if item is not mine and item not in others]
        self.close(others)
        api = "none" if device == "interp" else self.OTHER_DEVICES.get(device, ("vulkan",))[0]
        return mine[1] if mine else Server(self.bin / "tests/commands", api, environment)

    def close(self, servers=None):
        """Those that are given, or all that wait. How a driver goes is not ours to judge."""
        for _, server in self.idle if servers is None else servers:
            server.close()

    @functools.cached_property
    def opencl(self):
        """What takes OpenCL SPIR-V: {name: the script that runs a program with it}."""
        listed = subprocess.run(["sh", "tools/test-opencl.sh"], capture_output=True, text=True, timeout=900)
        return dict(line.split(None, 1) for line in listed.stdout.splitlines())

    @functools.cached_property
    def devices(self):
        """Vulkan drivers to test on: a list of (name, environment)."""
        system = sorted(pathlib.Path("/usr/share/vulkan/icd.d").glob("lvp_icd*.json"))
        found = [("lavapipe", {"VK_DRIVER_FILES": str(path), "VK_ICD_FILENAMES": str(path)}) for path in system[:1]]
        listed = subprocess.run(["sh", "tools/test-devices.sh"], capture_output=True, text=True, timeout=900)
        for line in listed.stdout.splitlines():
            name, path = line.split(None, 1)
            if name in ("dawn", "wgpu"):
                self.webgpu[name] = path
            else:
                found.append((name, {"VK_DRIVER_FILES": path, "VK_ICD_FILENAMES": path}))
        return found


    # every driver that the tests know of; one that is missing is shown as skipped
    KNOWN_DEVICES = ["lavapipe", "mesa25", "swiftshader"]
    # what executed tests run on besides: the device's name, its API as `--device=` has it, the Vulkan driver below it
    OTHER_DEVICES = {"pocl": ("opencl", None), "pocl6": ("opencl", None), "rusticl": ("opencl", None), "dawn-mesa25": ("webgpu", "mesa25"),
                     "dawn-swiftshader": ("webgpu", "swiftshader"), "wgpu-mesa25": ("webgpu", "mesa25"), "llvm-jit": ("opencl", None)}
    # what they are given, where that is not the best that they take
    DEVICE_TARGETS = {"rusticl": "opencl3.0", "llvm-jit": "llvm-ir"}
    EXECUTED = [*KNOWN_DEVICES, *OTHER_DEVICES]

    @functools.cached_property
    def llvm_jit(self):
        """A folder in which tests/fakes/llvm_jit/ is the OpenCL loader."""
        folder = self.folder()
        (folder / "libOpenCL.so.1").symlink_to(self.bin / "tests/llvm_jit.so")
        return folder

    @functools.cached_property
    def apis(self):
        """The APIs that have a device here."""
        return {line.split(":")[0] for line in self.compile("devices").out.decode().splitlines() if ":" in line.split(" ")[0]}

    def device(self, name):
        """The environment in which a device is found."""
        api, driver = self.OTHER_DEVICES.get(name, (None, name))
        if name in ("pocl6", "rusticl"):
            if name not in self.opencl:
                raise Skip(f"no {name} on this machine (tools/test-opencl.sh says why)")
            return {WRAPPER: self.opencl[name], "POCL_CACHE_DIR": str(self.scratch / "pocl6")}
        if name == "llvm-jit":
            if "sanitize" in self.bin.name:
                raise Skip("no llvm-jit in a sanitized process: LLVM's library is not sanitized")
            return {"LD_LIBRARY_PATH": ":".join(filter(None, [str(self.llvm_jit), os.environ.get("LD_LIBRARY_PATH")]))}
        if api == "opencl":
            if "sanitize" in self.bin.name:
                raise Skip(f"no {name} in a sanitized process: what its compiler leaves behind would count as a leak")
            if api in self.apis:
                return {}
            raise Skip("no opencl device on this machine")
        if api == "webgpu":
            below, library = self.device(driver), name.split("-")[0]
            if library not in self.webgpu:
                raise Skip(f"no {library} on this machine (tools/test-devices.sh says why)")
            return {**below, "VTG_WEBGPU_LIBRARY": self.webgpu[library], "XDG_RUNTIME_DIR": str(self.scratch)}
        for found, environment in self.devices:
            if found == name:
                return environment
        raise Skip(f"no Vulkan driver `{name}` on this machine")

    def device_options(self, name):
        device = f"--device={'interp' if name == 'interp' else self.OTHER_DEVICES.get(name, ('vulkan',))[0]}"
        return [device, *(f"--target={target}" for target in [self.DEVICE_TARGETS.get(name)] if target)]


def known_bugs(driver):
    """What a driver is shown to get wrong: {test or seed: reason}, from tests/known-driver-bugs."""
    lines = pathlib.Path("tests/known-driver-bugs").read_text().splitlines()
    rows = [line.split(None, 2) for line in lines if line and not line.startswith("#")]
    return {what: reason for name, listed, reason in rows if name == driver for what in listed.split(",")}


def same_text(want, got, what):
    if want != got:
        diff = "".join(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "expected", "got"))
        raise Failure(f"{what} differs\n{diff}")


def sources(folder):
    return sorted(pathlib.Path("tests", folder).glob("*.vt"))
