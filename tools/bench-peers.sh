#!/bin/sh
# tools/bench-peers.sh [DIR]: compilers that no Debian package has, for `make bench` to compare with, kept under DIR; the
# system stays as it is.
#
#   slang  the library of Slang's compiler, out of the Python package slangpy; bench/slangc.c is the program
#   naga   what tools/test-wgsl.sh finds or builds
#
# Prints "NAME PATH" for each that is there. One that cannot be had is no failure: why is said on standard error, its line
# is missing, the exit status is 0. The second run finds everything in place.
set -eu
export LC_ALL=C
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/vittec-gpu/peers}
mkdir -p "$dir" || exit 0
dir=$(cd "$dir" && pwd)
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# What is fetched is this, or it is not used: the hash of the Python package index (SHA-256).
slangpy=0.43.1
slangpy_hash=965dbbd1d907c90e17027945780146a67c66baf766f3d0b8af3f52ea2c4a8eb9

fetch_slang() {
    [ "$(uname -m)" = x86_64 ] || { echo "bench-peers: no slang: the package is for x86_64" >&2; return 0; }
    python3 -m pip --version > /dev/null 2>&1 || { echo "bench-peers: no slang: no pip here" >&2; return 0; }
    echo "bench-peers: fetching slang from the Python package slangpy==$slangpy (92 MB)" >&2
    work=$(mktemp -d "$dir/.work-XXXXXX")
    python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --platform manylinux_2_34_x86_64 \
        --implementation cp --python-version 3.11 --abi cp311 --dest "$work" "slangpy==$slangpy" >&2 ||
        { echo "bench-peers: no slang: pip cannot fetch slangpy==$slangpy" >&2; return 0; }
    wheel=$(echo "$work"/slangpy-"$slangpy"-*.whl)
    [ "$(sha256sum < "$wheel")" = "$slangpy_hash  -" ] ||
        { echo "bench-peers: no slang: slangpy==$slangpy is not what it was" >&2; return 0; }
    mkdir "$work/whole" "$work/slang"
    python3 -m zipfile -e "$wheel" "$work/whole"
    mv "$work"/whole/slangpy/libslang-compiler.so.* "$work"/whole/slangpy/libslang-gl*.so "$work"/whole/slangpy-*.dist-info "$work/slang"
    rm -rf "$dir/slang-$slangpy"
    mv "$work/slang" "$dir/slang-$slangpy"
}

[ -d "$dir/slang-$slangpy" ] || fetch_slang
for library in "$dir/slang-$slangpy"/libslang-compiler.so.*; do
    [ ! -e "$library" ] || echo "slang $library"
done
sh "$(dirname "$0")/test-wgsl.sh" | grep '^naga ' || true
