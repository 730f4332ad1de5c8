"""What is installed, and real projects that use it: CMake (installed, as a subdirectory, cross-compiled), pkg-config,
Make, Meson; the manual pages and the reference of the header.

The programs under test are installed once into a folder of the test. Nothing here compiles the compiler.
"""
import functools
import pathlib
import re
import shutil
import time

from .common import Failure, Skip

ROOT = pathlib.Path().resolve()
KERNELS = """use lib/scale
kernel twice(data: Buffer<f32>) { data[i] = scale.by(data[i]); }
"""
MODULE = "proc by(x: f32) -> f32 { give x * 2.0; }\n"
CMAKE = """cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES C)
%s
add_executable(app main.c)
vitte_gpu_add_kernels(app SOURCES twice.vt BUNDLE twice.vgpu INCLUDES library OPTIMIZE 2 INSTALL_DESTINATION share/app)
get_target_property(kernels app VITTE_GPU_BUNDLES)
install(TARGETS app)
add_custom_target(run COMMAND app "${kernels}" VERBATIM)
add_dependencies(run app)
"""
FOUND = "find_package(VitteGpu 0.1 REQUIRED)"
MAIN = """#include <stdio.h>
#include <vitte_gpu.h>

int main(int argc, char **argv) {
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = "null";
    VtgInstance *instance;
    if (vtg_instance_create(&desc, &instance) != VTG_OK) {
        return 1;
    }
    char magic[5] = {0};
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL || fread(magic, 1, 4, file) != 4) {
        return 2;
    }
    fclose(file);
    printf("%s: %s\\n", vtg_device_info(instance, 0)->api, magic);
    vtg_instance_destroy(instance);
    return 0;
}
"""
SAID = "null: VGPU"
# The same by way of the header: the bundle is inside, and its kernel is made and run on the null device.
TYPED_MAIN = """#include <stdio.h>
#include "twice.h"

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    VtgInstanceDesc null = VTG_INSTANCE_DESC_INIT;
    null.api = "null";
    VtgOpenDesc desc = VTG_OPEN_DESC_INIT;
    desc.instance = &null;
    VtgGrid grid = {4, 1, 1};
    float sent[4] = {1, 2, 3, 4}, back[4] = {0};
    VtgDevice *device;
    VtgBundle *bundle;
    VtgTwice twice;
    VtgBufferF32 data;
    if (vtg_open(&desc, &device) != VTG_OK || twice_open(device, &bundle) != VTG_OK || vtg_twice_create(device, bundle, &twice) != VTG_OK ||
        vtg_buffer_f32_create(device, 4, &data) != VTG_OK || vtg_buffer_f32_write(data, 0, sent, 4) != VTG_OK ||
        vtg_twice(twice, &(VtgTwiceArgs){data}, grid, NULL) != VTG_OK || vtg_buffer_f32_read(data, 0, back, 4) != VTG_OK || back[3] != 4) {
        return 1;
    }
    printf("%s: %.4s\\n", vtg_device_get_info(device)->api, (const char *)twice_bundle);
    vtg_buffer_f32_destroy(data);
    vtg_twice_destroy(twice);
    vtg_bundle_destroy(bundle);
    vtg_device_destroy(device);
    return 0;
}
"""
# A cross compiler of Debian's, and what runs its programs. The headers of Vulkan and OpenCL are the same for all.
TOOLCHAIN = """set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu %s)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
"""


def cases(env):
    package = Package(env)
    functions = [install_and_uninstall, manual_pages, reference, installed, example, rebuilds, mistakes, documented, pkg_config]
    if not env.args.quick:
        functions += [installed_shared, only_cpp, several_configurations, subdirectory, subdirectory_builds_the_compiler, cross_compiled,
                      another_architecture, moved, versions]
    for function in functions:
        yield function.__name__.replace("_", " "), lambda f=function: f(env, package)


def check(condition, what, more=""):
    if not condition:
        raise Failure(f"{what}\n{more}")


def need(*commands):
    for command in commands:
        if shutil.which(command) is None:
            raise Skip(f"no {command} on this machine")


class Package:
    """What `make install` puts into a folder, made when it is first asked for."""

    def __init__(self, env):
        self.env = env

    @functools.cached_property
    def prefix(self):
        return self.install(self.env.folder() / "usr")

    def install(self, prefix, destdir=""):
        self.env.run(["sh", "tools/install.sh", "install", self.env.bin, prefix, destdir])
        return prefix

    @functools.cached_property
    def flags(self):
        """What a program needs that is linked with sanitized objects."""
        sanitized = self.env.bin.name == "sanitize"
        return ["-fsanitize=address,undefined"] if sanitized else []


def project(env, find, **files):
    """A consumer in a folder of its own: its sources and where it is built."""
    source = env.folder()
    (source / "library/lib").mkdir(parents=True)
    (source / "library/lib/scale.vt").write_text(MODULE)
    (source / "twice.vt").write_text(KERNELS)
    (source / "main.c").write_text(MAIN)
    (source / "CMakeLists.txt").write_text(CMAKE % find)
    for name, text in files.items():
        (source / name).write_text(text)
    return source, source / "build"


def configure(env, package, source, build, *options, generator="Ninja", expect=0):
    need("cmake", "ninja")
    flags = f"-DCMAKE_C_FLAGS={' '.join(package.flags)}"
    return env.run(["cmake", "-S", source, "-B", build, "-G", generator, flags, *options], expect=expect)


def build_and_run(env, build, *options):
    result = env.run(["cmake", "--build", build, "--target", "run", *options])
    check(SAID in result.out.decode(), f"`{SAID}` is not in what it says", result)
    return result.out.decode()


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


# ---- what is installed

def install_and_uninstall(env, package):
    folder = env.folder()
    package.install("/opt/vitte", folder)
    have = files_of(folder)
    for name in ("bin/vittec-gpu", "include/vitte_gpu.h", "lib/libvitte-gpu.a", "lib/libvitte-gpu.so", "lib/pkgconfig/vitte-gpu.pc",
                 "lib/cmake/VitteGpu/VitteGpuConfig.cmake", "lib/cmake/VitteGpu/VitteGpuConfigVersion.cmake",
                 "share/man/man1/vittec-gpu.1", "share/man/man1/vittec-gpu-run.1", "share/doc/vittec-gpu/README.md"):
        check(f"opt/vitte/{name}" in have, f"{name} was not installed", have)
    for name in have:
        path = folder / name
        check(path.exists(), f"{name} leads nowhere")
        if path.stat().st_size < 100000 and "bin/" not in name and "lib/lib" not in name:
            text = path.read_text()
            check(str(ROOT) not in text and str(folder) not in text, f"{name} holds a path of the build")
            check(not re.search("@[A-Z]+", text), f"{name} has an open place")
    (folder / "opt/vitte/lib/other.txt").write_text("not ours")
    env.run(["sh", "tools/install.sh", "uninstall", env.bin, "/opt/vitte", folder])
    check(files_of(folder) == ["opt/vitte/lib/other.txt"], "left behind", files_of(folder))
    check(not (folder / "opt/vitte/lib/cmake/VitteGpu").exists(), "the package's own folder is left behind")
    env.run(["sh", "tools/install.sh", "remove", env.bin, "/opt/vitte", folder], expect=2)
    for target in ("install", "uninstall"):
        said = env.run(["make", "-n", target, "SETUP=no", f"CONFIG={env.bin.name}", "PREFIX=/a b", "DESTDIR=/c"], env={"MAKEFLAGS": ""}).out.decode()
        check(f"tools/install.sh {target} build/{env.bin.name} '/a b' '/c'" in said, f"make {target}", said[-1000:])


def manual_pages(env, package):
    """They are laid out without a warning, and have every option and subcommand that --help has."""
    need("mandoc")
    for name, help_of in (("vittec-gpu", ["compile", "check"]), ("vittec-gpu-run", ["run"])):
        page = package.prefix / "share/man/man1" / f"{name}.1"
        said = env.run(["mandoc", "-Tlint", "-W", "warning", page], expect=None).out.decode()
        said = [line for line in said.splitlines() if "missing date" not in line]  # there is none: the build is the same on every day
        check(not said, f"{name}(1)", "\n".join(said))
        if shutil.which("groff"):
            result = env.run(["groff", "-man", "-ww", "-z", "-Tascii", "-rLL=100n", page])
            check(not result.err, f"{name}(1)", result)
        text = re.sub(r"\s+", " ", re.sub(".\b", "", env.run(["mandoc", "-Tascii", "-O", "width=500", page]).out.decode()))
        for command in help_of:
            for option in re.findall(r"^  (-\S+)", env.compile(command, "--help").out.decode(), re.M):
                check(f" {option.replace('…', '...')} " in text, f"{name}(1) does not have {option}")
    text = (package.prefix / "share/man/man1/vittec-gpu.1").read_text()
    for name in re.findall(r"^  vittec-gpu \[?(\w+)", env.compile("--help").out.decode(), re.M):
        check(rf"vittec\-gpu {name}" in text, f"vittec-gpu(1) does not have the subcommand {name}")


def reference(env, package):
    """Doxygen has no warning, and every function of the header has its place."""
    need("doxygen")
    folder = env.folder()
    config = pathlib.Path("docs/Doxyfile").read_text().replace("build/reference", str(folder))
    (folder / "Doxyfile").write_text(config)
    result = env.run(["doxygen", folder / "Doxyfile"], env={"VITTEC_VERSION": "1"})
    check(not result.err, "Doxygen warns", result)
    header = pathlib.Path("runtime-min/vitte_gpu.h").read_text()
    pages = "".join(path.read_text() for path in (folder / "html").glob("*.html"))
    for name in set(re.findall(r"^VTG_API [^(]*\b(vtg_\w+)\(", header, re.M)) | set(re.findall(r"X\((VTG_\w+),", header)):
        check(name in pages, f"{name} is not in the reference")


# ---- CMake

def installed(env, package):
    for generator in ["Ninja", "Unix Makefiles"]:
        source, build = project(env, FOUND)
        configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", generator=generator)
        build_and_run(env, build)
        check((build / "twice.vgpu").exists(), "the kernels lie beside the program")
        target = env.folder()
        env.run(["cmake", "--install", build, "--prefix", target])
        check(files_of(target) == ["bin/app", "share/app/twice.vgpu"], "what is installed", files_of(target))
        check(env.run([target / "bin/app", target / "share/app/twice.vgpu"]).out.decode().strip() == SAID, "the installed program")


def installed_shared(env, package):
    source, build = project(env, FOUND)
    configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", "-DVITTE_GPU_SHARED=ON")
    build_and_run(env, build)
    needed = env.run(["readelf", "-d", build / "app"]).out.decode()
    check("libvitte-gpu.so.0" in needed, "the program does not ask for the shared library", needed)


def example(env, package):
    """examples/cmake as it stands, on a device."""
    source = env.folder() / "cmake"
    shutil.copytree("examples/cmake", source)
    environment = env.device("lavapipe")
    flags = [*package.flags, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    for number, (find, options) in enumerate([
            (None, [f"-DCMAKE_PREFIX_PATH={package.prefix}"]),
            (f"add_subdirectory({ROOT} vitte)", [f"-DVITTEC_GPU_EXECUTABLE={env.vittec}"])]):
        path, build = source / "CMakeLists.txt", source / f"build{number}"
        if find:
            path.write_text(path.read_text().replace("find_package(VitteGpu 0.1 REQUIRED)", find))
        configure(env, package, source, build, *options, f"-DCMAKE_C_FLAGS={' '.join(flags)}")
        env.run(["cmake", "--build", build])
        said = env.run([build / "particles"], env=environment).out.decode()
        check(re.fullmatch(r"llvmpipe .*: (\d+) J, the CPU has (\d+) J\n", said), "what it prints", said)


def only_cpp(env, package):
    """A project without C, and every word of vitte_gpu_add_kernels."""
    source, build = project(env, FOUND)
    (source / "main.c").rename(source / "main.cpp")
    (source / "main.cpp").write_text('#include "all.h"\n' + MAIN.replace("argc > 1", "ALL_BUNDLE_SIZE > 0 && argc > 1"))
    (source / "more.vt").write_text("const BY: u32 = 1;\n/// added\nkernel more(data: Buffer<u32>) { data[i] += BY; }\n")
    path = source / "CMakeLists.txt"
    call = ("vitte_gpu_add_kernels(app SOURCES twice.vt more.vt BUNDLE twice.vgpu HEADER all.h EMBED TARGETS vulkan1.1 wgsl DEFINES BY=5\n"
            "    VARIANTS BY=2 BY=3 INCLUDES library OPTIMIZE 1 PROFILE vulkan-1.1-minimum webgpu-default OPTIONS -g --bounds=trust INSTALL_DESTINATION share/app)")
    path.write_text(re.sub(r"vitte_gpu_add_kernels\(.*\)", call, path.read_text()).replace("main.c)", "main.cpp)").replace("LANGUAGES C)", "LANGUAGES CXX)"))
    flags = " ".join(["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *package.flags])
    configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", f"-DCMAKE_CXX_FLAGS={flags}")
    build_and_run(env, build)
    header = next(build.rglob("all.h")).read_text()
    check("vtg_more_create_variant(" in header and "vtg_twice(" in header, "the header", header)
    bundle = (build / "twice.vgpu").read_bytes()
    for text in (b"BY=2", b"BY=3", b"BY=5", b"-O1 -g --bounds=trust", b"wgsl", b"vulkan1.1"):
        check(text in bundle, f"`{text.decode()}` is not in the bundle")
    check(b"opencl" not in bundle, "a target that was not asked for")


def several_configurations(env, package):
    source, build = project(env, FOUND)
    configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", generator="Ninja Multi-Config")
    for config in ("Debug", "Release"):
        build_and_run(env, build, "--config", config)
        check((build / config / "twice.vgpu").exists(), f"the kernels of {config} lie beside the program")


def subdirectory(env, package):
    """The runtime library is compiled with the project; the compiler is one that is there."""
    source, build = project(env, f"add_subdirectory({ROOT} vitte)")
    configure(env, package, source, build, f"-DVITTEC_GPU_EXECUTABLE={env.vittec}")
    build_and_run(env, build)
    source, build = project(env, "include(FetchContent)\nFetchContent_Declare(VitteGpu SOURCE_DIR " + str(ROOT) + ")\n"
                            "FetchContent_MakeAvailable(VitteGpu)")
    configure(env, package, source, build, f"-DVITTEC_GPU_EXECUTABLE={env.vittec}", "-DVITTE_GPU_SHARED=ON",
              generator="Unix Makefiles")
    build_and_run(env, build)
    exported = env.run(["readelf", "--wide", "--dyn-syms", next(build.rglob("libvitte-gpu.so"))]).out.decode()
    check("vtg_open@@VITTE_GPU_0" in exported and " rt_" not in exported, "what the shared library exports", exported)


def standing_in(env):
    """A copy of what a subdirectory needs, with a Makefile that stands for ours."""
    copy = env.folder()
    for name in ("cmake", "driver", "runtime-min"):
        shutil.copytree(name, copy / name)
    shutil.copy("CMakeLists.txt", copy)
    (copy / "Makefile").write_text("ABI := 0\nbuild/release/vittec-gpu:\n\t@mkdir -p $(@D)\n\t@test '$(SETUP)' = no\n"
                                   + "".join(f"\t@test -z \"$${name}\"\n" for name in ("CFLAGS", "CXX", "CXXFLAGS", "CONFIG"))
                                   + f"\tcp {env.vittec} $@\n")
    return copy


def subdirectory_builds_the_compiler(env, package):
    """What our Makefile is asked for, and that kernels wait for it."""
    copy = standing_in(env)
    for generator in ["Ninja", "Unix Makefiles"]:
        source, build = project(env, f"add_subdirectory({copy} vitte)")
        configure(env, package, source, build, generator=generator)
        build_and_run(env, build, "-j2")
        shutil.rmtree(copy / "build")
    top = env.folder()  # by itself, everything is built
    env.run(["cmake", "-S", copy, "-B", top, "-G", "Ninja"])
    env.run(["cmake", "--build", top])
    check((copy / "build/release/vittec-gpu").exists() and (top / "libvitte-gpu.a").exists() and (top / "libvitte-gpu.so").exists(),
          "what the repository itself builds", files_of(top))


def cross_compiled(env, package):
    """The package of the other machine has a compiler that does not run here: the host's is taken, found or named."""
    other = package.install(env.folder() / "usr")
    (other / "bin/vittec-gpu").write_bytes(b"\x7fELF of another machine")
    toolchain = env.folder() / "toolchain.cmake"
    toolchain.write_text(f"set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR other)\nset(CMAKE_FIND_ROOT_PATH {other.parent})\n"
                         "set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)\nset(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)\n"
                         "set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)\nset(CMAKE_CROSSCOMPILING_EMULATOR env)\n")
    options = [f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", f"-DCMAKE_PREFIX_PATH={other}"]
    source, build = project(env, FOUND)
    result = configure(env, package, source, build, *options, f"-DCMAKE_PROGRAM_PATH={env.folder()}", expect=None)
    if shutil.which("vittec-gpu") is None:
        check(result.code == 1 and b"VITTEC_GPU_EXECUTABLE" in result.err, "no compiler for the host", result)
    for way in [f"-DVITTEC_GPU_EXECUTABLE={env.vittec}", f"-DCMAKE_PROGRAM_PATH={env.bin}"]:
        source, build = project(env, FOUND)
        configure(env, package, source, build, *options, way)
        build_and_run(env, build)


def another_architecture(env, package):
    """Programs for aarch64. The host's compiler is imported, found, or built; the runtime is compiled for aarch64 with the project
    (cross-file and subdirectory), or comes from a package of the other machine."""
    need("cmake", "ninja", "aarch64-linux-gnu-gcc", "readelf")
    if not pathlib.Path("/usr/aarch64-linux-gnu/include/stdio.h").exists():
        raise Skip("no C library for aarch64-linux-gnu-gcc on this machine")
    def cross(find, root, *options):
        source, build = project(env, find, **{"main.c": TYPED_MAIN})
        path = source / "CMakeLists.txt"
        path.write_text(path.read_text().replace("BUNDLE twice.vgpu", "BUNDLE twice.vgpu HEADER twice.h EMBED"))
        (source / "aarch64.cmake").write_text(TOOLCHAIN % root)
        environment = {"CC": "", "CXX": "no-such-compiler"}  # what a project's shell may have for the other machine
        env.run(["cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_TOOLCHAIN_FILE={source}/aarch64.cmake", *options], env=environment)
        env.run(["cmake", "--build", build, "--target", "app"], env=environment)
        said = env.run(["readelf", "-h", build / "app"]).out.decode()
        check(re.search(r"Machine: +AArch64", said), "the program's machine", said)
        if shutil.which("qemu-aarch64"):
            build_and_run(env, build)
        return build

    imported = ("add_executable(VitteGpu::vittec-gpu IMPORTED GLOBAL)\n"
                f"set_target_properties(VitteGpu::vittec-gpu PROPERTIES IMPORTED_LOCATION {env.vittec})\n")
    build = cross(f"{imported}add_subdirectory({ROOT} vitte)", "")
    cross(f"add_subdirectory({standing_in(env)} vitte)", "")
    other = package.install(env.folder() / "usr")
    shutil.copy(build / "vitte/libvitte-gpu.a", other / "lib")
    shutil.copy(build / "app", other / "bin/vittec-gpu")
    cross(FOUND, other.parent, f"-DCMAKE_PREFIX_PATH={other}", f"-DCMAKE_PROGRAM_PATH={env.bin}")
    need("qemu-aarch64")


def rebuilds(env, package):
    """A change in a module that a kernel uses compiles it again, and nothing else does."""
    for generator in ["Ninja", "Unix Makefiles"]:
        source, build = project(env, FOUND)
        configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", generator=generator)
        build_and_run(env, build)
        before = (build / "twice.vgpu").read_bytes(), (build / "twice.vgpu").stat().st_mtime_ns
        check("Compiling" not in build_and_run(env, build), f"{generator}: nothing has changed")
        time.sleep(0.02)
        (source / "library/lib/scale.vt").write_text(MODULE.replace("2.0", "3.0"))
        check("Compiling" in build_and_run(env, build), f"{generator}: the module has changed")
        after = (build / "twice.vgpu").read_bytes(), (build / "twice.vgpu").stat().st_mtime_ns
        check(before[0] != after[0] and before[1] < after[1], f"{generator}: what came of it")
        (source / "library/lib/scale.vt").write_text("proc by(x: f32) -> f32 { give y; }\n")
        result = env.run(["cmake", "--build", build], expect=None)
        check(result.code != 0 and "scale.vt:1:31: error[E0201]" in (result.out + result.err).decode(), "the error of a kernel", result)
        (source / "library/lib/scale.vt").write_text(MODULE)
        build_and_run(env, build)


def moved(env, package):
    """The package works wherever its folder lies, also under a name with a space."""
    place = env.folder() / "another place"
    package.install(place.parent / "usr").rename(place)
    source, build = project(env, FOUND)
    configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={place}")
    build_and_run(env, build)


def versions(env, package):
    folder = env.folder()
    for wanted, fine in [("", True), ("0.1", True), ("0.1.0 EXACT", True), ("0.1...<0.2", True), ("0.0.9", False), ("0.1.99", False),
                         ("0.2", False), ("1.0", False)]:
        (folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.21)\nproject(consumer C)\n"
                                               f"find_package(VitteGpu {wanted} QUIET)\nmessage(STATUS \"found ${{VitteGpu_FOUND}}\")\n")
        result = env.run(["cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={package.prefix}"])
        check(f"found {int(fine)}" in result.out.decode(), f"find_package(VitteGpu {wanted})", result)
    old = env.folder() / "vittec-gpu"
    old.write_text("#!/bin/sh\necho vittec-gpu 0.0.1\n")
    old.chmod(0o755)
    source, build = project(env, FOUND)
    for tool, text in [(old, "is version 0.0.1, the runtime library is 0.1.0"), ("/nonexistent/vittec-gpu", "there is no such file"),
                       ("/bin/false", "does not run on this machine")]:
        result = configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", f"-DVITTEC_GPU_EXECUTABLE={tool}", expect=1)
        check(text in re.sub(r"\s+", " ", result.err.decode()), f"`{text}` is not in what it says", result)


def mistakes(env, package):
    """Of the call of vitte_gpu_add_kernels."""
    source, build = project(env, FOUND)
    path = source / "CMakeLists.txt"
    fine = path.read_text()
    for call, text in [
        ("app SOURCES none.vt", "vitte_gpu_add_kernels(app): there is no kernel source `none.vt` (looked for"),
        ("app", "no SOURCES"),
        ("app twice.vt", "what is twice.vt?"),
        ("other SOURCES twice.vt", "there is no target `other`"),
        ("app SOURCES twice.vt EMBED", "EMBED puts the bundle into a header; say HEADER, too"),
        ("app SOURCES twice.vt OPTIMIZE 4", "OPTIMIZE is 0, 1, 2, 3 or s, not `4`"),
        ("app SOURCES twice.vt BUNDLE", "nothing follows BUNDLE"),
    ]:
        path.write_text(re.sub(r"vitte_gpu_add_kernels\(.*\)", f"vitte_gpu_add_kernels({call})", fine))
        result = configure(env, package, source, build, f"-DCMAKE_PREFIX_PATH={package.prefix}", expect=1)
        check(text in re.sub(r"\s+", " ", result.err.decode()), f"`{text}` is not in what it says", result)


# ---- what docs/integration.md shows

def documented(env, package):
    """The project of the document, built by each of its build systems, from what stands there."""
    text = pathlib.Path("docs/integration.md").read_text()
    files = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.M | re.S))
    check(set(files) == {"brighten.vt", "main.c", "CMakeLists.txt", "Makefile", "meson.build"}, "the files of the document", sorted(files))
    environment = {**env.device("lavapipe"), "PKG_CONFIG_PATH": str(package.prefix / "lib/pkgconfig"), "LD_LIBRARY_PATH": str(package.prefix / "lib"),
                   "CFLAGS": " ".join(package.flags), "LDFLAGS": " ".join(package.flags), "MAKEFLAGS": ""}
    prefix = f"-DCMAKE_PREFIX_PATH={package.prefix}"
    ways = {
        "CMake": ("cmake", [["cmake", "-S", ".", "-B", "build", prefix], ["cmake", "--build", "build"]], "build/app"),
        "Make": ("make", [["make"]], "app"),
        "Meson": ("meson", [["meson", "setup", "build"], ["meson", "compile", "-C", "build"]], "build/app"),
        "none": ("cc", [[package.prefix / "bin/vittec-gpu", "brighten.vt", "-o", "kernels.h", "--embed"],
                        ["cc", "-std=c11", "main.c", *package.flags, f"-I{package.prefix}/include", f"-L{package.prefix}/lib", "-lvitte-gpu", "-o", "app"]],
                 "app"),
    }
    missing = []
    for way, (tool, commands, app) in ways.items():
        if shutil.which(tool) is None:
            missing.append(tool)
            continue
        folder = env.folder()
        for name, body in files.items():
            (folder / name).write_text(body)
        for command in commands:
            env.run(command, cwd=folder, env=environment)
        result = env.run([folder / app], env=environment)
        check(result.out == b"1.5 2.5 3.5 4.5\n", f"{way}: what it prints", result)
        if way == "CMake":  # what the document says of a machine without drivers
            none = {**environment, "VK_DRIVER_FILES": "/nonexistent", "OCL_ICD_VENDORS": "/nonexistent", "VTG_WEBGPU_LIBRARY": "/nonexistent"}
            for level, more in (("", b""), ("error", b"vitte-gpu: no device: 0 found\n"), ("info", b"vitte-gpu: vulkan: no driver is installed\n")):
                result = env.run([folder / app], env={**none, "VTG_LOG": level}, expect=1)
                check(result.err.endswith(b"there is no such device\n") and more in result.err, f"VTG_LOG={level}", result)
                check(level == "info" or len(result.err) == len(more) + len(b"there is no such device\n"), f"VTG_LOG={level} says more", result)
        if way == "Make":  # what was made is up to date, until a source changes
            check(b"brighten" not in env.run(["make"], cwd=folder, env=environment).out, "Make builds again")
            time.sleep(0.02)
            (folder / "brighten.vt").write_text(files["brighten.vt"].replace("+= by", "+= 2.0 * by"))
            env.run(["make"], cwd=folder, env=environment)
            check(env.run([folder / app], env=environment).out == b"2 3 4 5\n", "Make after a change")
    if missing:
        raise Skip(f"no {', '.join(missing)} on this machine")


# ---- pkg-config

def pkg_config(env, package):
    need("pkg-config", "cc")
    source, _ = project(env, FOUND)
    staged = env.folder()
    package.install("/usr", staged)
    for name, options, environment in [
        ("in its place", [], {"PKG_CONFIG_PATH": package.prefix / "lib/pkgconfig"}),
        ("moved", ["--define-prefix"], {"PKG_CONFIG_PATH": package.install(env.folder() / "a").rename(env.folder() / "b") / "lib/pkgconfig"}),
        ("in DESTDIR", [], {"PKG_CONFIG_SYSROOT_DIR": staged, "PKG_CONFIG_LIBDIR": staged / "usr/lib/pkgconfig"}),
    ]:
        ask = ["pkg-config", *options]
        environment = {key: str(value) for key, value in environment.items()}
        check(env.run([*ask, "--modversion", "vitte-gpu"], env=environment).out == b"0.1.0\n", "the version")
        flags = env.run([*ask, "--cflags", "--libs", "vitte-gpu"], env=environment).out.decode().split()
        app = env.folder() / "app"
        env.run(["cc", "-std=c11", "-Wall", "-Werror", source / "main.c", "-o", app, *package.flags, *flags])
        library = next(flag[2:] for flag in flags if flag.startswith("-L"))
        (source / "magic").write_bytes(b"VGPU")
        result = env.run([app, source / "magic"], env={"LD_LIBRARY_PATH": library})
        check(result.out.decode().strip() == SAID, name, result)
    tool = env.run(["pkg-config", "--variable=vittec_gpu", "vitte-gpu"], env={"PKG_CONFIG_PATH": str(package.prefix / "lib/pkgconfig")})
    check(tool.out.decode().strip() == str(package.prefix / "bin/vittec-gpu"), "where the compiler is", tool)
