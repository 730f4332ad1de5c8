#!/bin/sh
# tools/setup.sh [build|demo|test|all]: installs the Debian packages that are missing, and only those.
#
# It looks for the things themselves (a command, a header, a library), so what came by another way counts too. It says
# what it installs and why, and nothing when nothing is missing. Each group includes the ones above it; all is test.
set -eu
export LC_ALL=C

# How to see that a thing is there: cmd:NAME, hdr:NAME, lib:NAME, or file:GLOB|GLOB.
packages() { cat <<'END'
# group package                  seen by                                             what for
  build make                     cmd:make                                            runs the build
  build gcc                      cmd:cc                                              C compiler
  build libc6-dev                hdr:stdlib.h                                        C library
  build g++                      lib:libstdc++.a                                     C++ runtime that SPIRV-Tools needs
  build re2c                     cmd:re2c                                            makes the lexer
  build bison                    cmd:bison                                           makes the parser
  build spirv-tools              lib:libSPIRV-Tools.a                                checks the SPIR-V that is written
  build libspirv-cross-c-shared-dev lib:libspirv-cross-c.a                           translates SPIR-V to MSL
  build spirv-headers            hdr:spirv/unified1/spirv.h                          the numbers of SPIR-V
  build llvm-22-dev              file:/usr/lib/llvm-22/lib/libLLVMSPIRVCodeGen.a    optimises kernels
  build libzstd-dev              lib:libzstd.a                                       compresses code in bundles; what LLVM is linked with
  build zlib1g-dev               lib:libz.a                                          what LLVM is linked with
  build libvulkan-dev            hdr:vulkan/vulkan.h                                 declarations of Vulkan
  build opencl-c-headers         hdr:CL/cl.h                                         declarations of OpenCL
  demo  libvulkan1               lib:libvulkan.so.1                                  Vulkan loader
  demo  mesa-vulkan-drivers      file:/usr/share/vulkan/icd.d/*.json|/etc/vulkan/icd.d/*.json  Vulkan driver that needs no GPU
  demo  libpng-dev               hdr:png.h                                           reads and writes pictures
  test  python3                  cmd:python3                                         test runner
  test  python3-jsonschema       file:/usr/lib/python3/dist-packages/jsonschema/__init__.py  checks reflection against its schema
  test  clang-22                 cmd:clang-22                                        compiler of the fuzz targets; compared with in benchmarks
  test  libclang-rt-22-dev       file:/usr/lib/llvm-22/lib/clang/22/lib/*/libclang_rt.fuzzer*.a  sanitizers and fuzzer of clang
  test  llvm-22                  cmd:llvm-symbolizer-22                              names in the sanitizers' reports
  test  clang-format-22          cmd:clang-format-22                                 layout of the C sources
  test  vulkan-validationlayers  file:/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json  checks how the runtime uses Vulkan
  test  ocl-icd-libopencl1       lib:libOpenCL.so.1                                  OpenCL loader
  test  pocl-opencl-icd          file:/etc/OpenCL/vendors/*.icd                      OpenCL driver that needs no GPU
  test  nodejs                   cmd:node                                            runs a validator of WGSL
  test  npm                      cmd:npm                                             fetches it
  test  glslc                    cmd:glslc                                           compared with in benchmarks
  test  glslang-tools            cmd:glslangValidator                                compared with in benchmarks
  test  hyperfine                cmd:hyperfine                                       times benchmarks
  test  cmake                    cmd:cmake                                           builds the projects that use what is installed
  test  ninja-build              cmd:ninja                                           builds them, too
  test  gcc-aarch64-linux-gnu    cmd:aarch64-linux-gnu-gcc                           builds them for another machine
  test  libc6-dev-arm64-cross    file:/usr/aarch64-linux-gnu/include/stdio.h         the C library there
  test  qemu-user                cmd:qemu-aarch64                                    runs programs of that machine
  test  meson                    cmd:meson                                           the same with another build system
  test  pkg-config               cmd:pkg-config                                      finds the library for a compiler
  test  mandoc                   cmd:mandoc                                          reads the manual pages
  test  doxygen                  cmd:doxygen                                         makes the reference of the header
  test  ca-certificates          file:/etc/ssl/certs/ca-certificates.crt             downloads of test drivers over https
END
}

group=${1:-all}
case $group in
build) groups="build" ;;
demo) groups="build demo" ;;
test | all) groups="build demo test" ;;
*) echo "usage: tools/setup.sh [build|demo|test|all]" >&2; exit 2 ;;
esac

exists() { for f; do [ ! -e "$f" ] || return 0; done; return 1; }

have() {
    name=${1#*:}
    case $1 in
    cmd:*) command -v "$name" > /dev/null ;;
    hdr:*) exists /usr/local/include/"$name" /usr/include/"$name" /usr/include/*-linux-gnu*/"$name" ||
        echo "#include <$name>" | cc -E -x c - > /dev/null 2>&1 ;;
    lib:*) exists /usr/local/lib/"$name" /usr/lib*/"$name" /usr/lib/*-linux-gnu*/"$name" /usr/lib/gcc/*/*/"$name" ||
        exists "$(cc -print-file-name="$name" 2> /dev/null)" ;;
    file:*) (IFS='|'; exists $name) ;; # split and globbed on purpose
    esac
}

# The missing rows of the table: "package  what for".
missing() {
    packages | while read -r g package seen why; do
        case " $groups " in *" $g "*) have "$seen" || printf '  %-24s %s\n' "$package" "$why" ;; esac
    done
}
names() { echo "$1" | awk '{ printf "%s%s", sep, $1; sep = " " }'; }

rows=$(missing)
[ -n "$rows" ] || exit 0
need=$(names "$rows")
printf 'setup: missing for "%s":\n%s\n' "$group" "$rows"

if ! command -v apt-get > /dev/null; then
    echo "setup: no apt-get here. Install the above by the names that this system has for them, then run make again;" >&2
    echo "       make SETUP=no builds without looking." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
elif command -v sudo > /dev/null; then
    as_root() { sudo "$@"; }
else
    echo "setup: neither root nor sudo. As root, run one of these, then make again:" >&2
    echo "    sh $(cd "$(dirname "$0")" && pwd)/setup.sh $group" >&2
    echo "    apt-get update && apt-get install --yes --no-install-recommends $need" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" > "$log" 2>&1; }
unknown() { for p in $need; do apt-cache policy "$p" | grep -q 'Candidate: [^(]' || echo "$p"; done; }

# LLVM 22 came to Debian 12 with its security updates, which a bare debootstrap leaves out. They lie beside the archive
# that apt already uses.
add_security() {
    list=/etc/apt/sources.list.d/vittec-gpu.list
    grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release || return 0
    uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "main" && $1 ~ /\/debian\/?$/ { sub(/\/$/, "", $1); print $1; exit }')
    [ -n "$uri" ] || return 0
    line="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri-security bookworm-security main"
    echo "setup: $1: only in Debian's security updates, which apt does not know here; adding to $list:"
    echo "    $line"
    echo "$line" | as_root tee "$list" > /dev/null
    apt update || true
    [ -z "$(unknown)" ] || { as_root rm -f "$list"; echo "setup: that did not help; removed it again"; }
}

apt update || cat "$log" >&2 # another archive of this machine may be out of reach: the install decides
gone=$(unknown)
[ -z "$gone" ] || { add_security "$(echo $gone)"; gone=$(unknown); }
if [ -n "$gone" ]; then
    echo "setup: apt has no package" $gone >&2
    echo "       On Debian 12, enable bookworm and bookworm-security. Elsewhere install these by hand, or go on without" >&2
    echo "       them: make SETUP=no." >&2
    exit 1
fi

echo "setup: installing them with apt-get"
apt install --yes --no-install-recommends $need || { cat "$log" >&2; exit 1; }
rows=$(missing)
[ -z "$rows" ] || { printf 'setup: installed, but still not found:\n%s\n' "$rows" >&2; exit 1; }
