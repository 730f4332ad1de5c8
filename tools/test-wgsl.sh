#!/bin/sh
# tools/test-wgsl.sh [DIR]: the validators of WGSL that the tests use, kept under DIR; the system stays as it is.
#
#   tint  that of Chromium: Dawn for node, the npm package `webgpu`, without a driver
#   naga  that of Firefox and wgpu: the program of the crate `naga-cli`; built once if there is none, which takes minutes
#
# Prints "NAME PATH" for each that is there. One that cannot be had is no failure: why is said on standard error, its line
# is missing, the exit status is 0. The second run finds everything in place.
set -eu
export LC_ALL=C
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/vittec-gpu/wgsl}
mkdir -p "$dir" || exit 0
dir=$(cd "$dir" && pwd)
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# What is fetched is this, or it is not used: the registry's own hash of the package (SHA-512, base64).
webgpu=0.6.2
webgpu_hash=3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==
naga=30.0.1

fetch_tint() {
    for tool in node npm; do
        command -v $tool > /dev/null || { echo "test-wgsl: no tint: no $tool here" >&2; return 1; }
    done
    case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) echo "test-wgsl: no tint: the package has nothing for $(uname -m)" >&2; return 1 ;;
    esac
    echo "test-wgsl: fetching tint from the npm package webgpu@$webgpu" >&2
    work=$(mktemp -d "$dir/.work-XXXXXX")
    (cd "$work" && npm pack --silent "webgpu@$webgpu" > /dev/null) ||
        { echo "test-wgsl: no tint: npm cannot fetch webgpu@$webgpu" >&2; return 1; }
    got=$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$work/webgpu-$webgpu.tgz")
    [ "$got" = "$webgpu_hash" ] || { echo "test-wgsl: no tint: webgpu@$webgpu is not what it was" >&2; return 1; }
    tar -xzf "$work/webgpu-$webgpu.tgz" -C "$work" package/index.js package/package.json package/LICENSE.md \
        "package/dist/linux-$arch"
    rm -rf "$dir/webgpu-$webgpu"
    mv "$work/package" "$dir/webgpu-$webgpu"
}

[ -e "$dir/webgpu-$webgpu/index.js" ] || fetch_tint || true
if [ -e "$dir/webgpu-$webgpu/index.js" ] && command -v node > /dev/null; then
    echo "tint $dir/webgpu-$webgpu/index.js"
fi

if [ "$(naga --version 2> /dev/null)" = "$naga" ]; then
    echo "naga $(command -v naga)"
    exit 0
fi
if [ ! -x "$dir/naga-$naga/bin/naga" ]; then
    command -v cargo > /dev/null || { echo "test-wgsl: no naga: no cargo here to build it with" >&2; exit 0; }
    echo "test-wgsl: building naga-cli $naga, once" >&2
    nice cargo install --quiet --locked --version "$naga" --root "$dir/naga-$naga" --target-dir "$dir/.naga-build" naga-cli \
        >&2 || { echo "test-wgsl: no naga: cargo cannot build naga-cli $naga" >&2; exit 0; }
    rm -rf "$dir/.naga-build"
fi
echo "naga $dir/naga-$naga/bin/naga"
