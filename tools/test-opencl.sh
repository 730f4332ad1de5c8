#!/bin/sh
# tools/test-opencl.sh [DIR]: OpenCL drivers for the tests that take SPIR-V, which those of Debian 12 do not. They are of
# Debian 13, unpacked under DIR with the libraries they need; the system stays as it is.
#
#   pocl6        PoCL 6: SPIR-V 1.0 to 1.2
#   rusticl      that of Mesa 25, on llvmpipe: SPIR-V 1.0 to 1.4
#   llvm-spirv   no driver: the translator of SPIR-V to LLVM IR that PoCL starts, by itself
#
# They look for files at fixed places below /usr, so they are seen in a mount namespace alone, where /usr is Debian 13's: as
# root, or where users may make namespaces. Programs of Debian 12 run there.
#
# Prints "NAME WRAPPER" for each that is there: `sh WRAPPER PROGRAM ARG…` runs a program of Debian 12 with it. One that
# cannot be had is no failure: why is said on standard error, its line is missing, the exit status is 0. The first run
# fetches 200 MB, which apt checks by its signatures; the second finds everything in place.
set -eu
export LC_ALL=C
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/vittec-gpu/opencl}
mkdir -p "$dir" || exit 0
dir=$(cd "$dir" && pwd)
root=$dir/debian13-1 # the number goes up when what is in it changes
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
packages="pocl-opencl-icd mesa-opencl-icd ocl-icd-libopencl1"

# As in test-devices.sh, but as if nothing were installed: what it fetches is complete.
apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::Languages=none \
        -o Debug::NoLocking=1 "$@"
}

fetch() {
    [ "$(uname -m)" = x86_64 ] || { echo "test-opencl: only looked for on x86_64" >&2; return 1; }
    command -v apt-get > /dev/null || { echo "test-opencl: no apt-get here" >&2; return 1; }
    uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
    [ -n "$uri" ] || { echo "test-opencl: apt is not set up for Debian 12 here" >&2; return 1; }
    echo "test-opencl: fetching $packages of Debian 13" >&2
    work=$(mktemp -d "$dir/.work-XXXXXX")
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
    : > "$work/status"
    for folder in bin sbin lib lib64; do
        mkdir -p "$work/root/usr/$folder"
        ln -s "usr/$folder" "$work/root/$folder"
    done
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" > "$work/sources.list"
    apt update >&2 || { echo "test-opencl: apt-get cannot read the lists of Debian 13" >&2; return 1; }
    apt -y --download-only --no-install-recommends install $packages > /dev/null ||
        { echo "test-opencl: apt-get cannot download $packages" >&2; return 1; }
    # what no CPU needs stays out: it is more than half
    for deb in "$work"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --exclude='./usr/share/doc' --exclude='./usr/share/locale' \
            --exclude='*/gallium-pipe' --exclude='*/libvulkan_*' --exclude='./usr/lib/clc/*.bc' --exclude='*/libMesaOpenCL*' \
            --exclude='./etc/OpenCL/vendors/mesa.icd' || return 1
    done
    rm -rf "$root"
    mv "$work/root" "$root"
}

[ -e "$root/usr/lib/x86_64-linux-gnu/libOpenCL.so.1" ] || fetch || { echo "test-opencl: no pocl6 and no rusticl" >&2; exit 0; }

in_namespace="unshare --mount$([ "$(id -u)" = 0 ] || echo ' --map-root-user') sh -eu -c 'mount --bind \"\$0\" /usr; exec \"\$@\"' '$root/usr'"
eval "$in_namespace /usr/bin/llvm-spirv-18 --version" > /dev/null 2>&1 ||
    { echo "test-opencl: no pocl6 and no rusticl: no mount namespace here (neither root nor a user that may have one)" >&2; exit 0; }

# wrapper NAME ICD COMMANDS: a shell script that runs a program with that driver alone
wrapper() {
    mkdir -p "$root/vendors-$1"
    cp "$root/etc/OpenCL/vendors/$2" "$root/vendors-$1"
    printf '%s\nexport OCL_ICD_VENDORS=%s\nexec %s "$@"\n' "$3" "'$root/vendors-$1'" "$in_namespace" > "$root/.$1.$$"
    mv "$root/.$1.$$" "$root/$1"
    echo "$1 $root/$1"
}
wrapper pocl6 pocl.icd 'export POCL_CACHE_DIR="${POCL_CACHE_DIR:-${TMPDIR:-/tmp}/vittec-gpu-pocl6}"' # not that of another PoCL
wrapper rusticl rusticl.icd 'export RUSTICL_ENABLE=llvmpipe RUSTICL_FEATURES=fp16,fp64'
printf 'exec %s /usr/bin/llvm-spirv-18 "$@"\n' "$in_namespace" > "$root/llvm-spirv"
echo "llvm-spirv $root/llvm-spirv"
