#!/bin/sh
# tools/test-devices.sh [DIR]: Vulkan drivers for the tests, and libraries of WebGPU that run on them. Those that Debian 12
# does not bring are unpacked under DIR; the system stays as it is.
#
#   lavapipe     the software driver of the system's own Mesa
#   mesa25       lavapipe of Mesa 25, from bookworm-backports (that of Debian 12 itself computes some kernels wrongly)
#   swiftshader  SwiftShader, out of Debian's chromium package
#   dawn         Dawn as a library with the C interface, out of the npm package bun-webgpu-linux-x64
#   wgpu         wgpu as one, out of the Python package wgpu
#
# Prints "NAME ICD_JSON" for each driver that is there, for VK_DRIVER_FILES, and "NAME LIBRARY" for VTG_WEBGPU_LIBRARY. One that cannot be had is no failure: why is
# said on standard error, its line is missing, the exit status is 0. The second run finds everything in place.
set -eu
export LC_ALL=C
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/vittec-gpu/devices}
mkdir -p "$dir" || exit 0
dir=$(cd "$dir" && pwd)
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# apt-get with a configuration of its own, made from the archive that the system already uses, and its backports. Only the
# trusted keys are shared with the system, so this needs no root and no fresh package lists.
private_apt() {
    [ -z "$work" ] || return 0
    command -v apt-get > /dev/null || { echo "no apt-get here" >&2; return 1; }
    uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
    [ -n "$uri" ] || { echo "apt is not set up for Debian 12 here" >&2; return 1; }
    work=$(mktemp -d "$dir/.work-XXXXXX")
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    for suite in bookworm bookworm-backports; do echo "deb [signed-by=$key] $uri $suite main"; done > "$work/sources.list"
    apt update >&2
}
apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root \
        -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::Languages=none "$@"
}

# driver NAME PACKAGE LIBRARY JSON: PACKAGE's LIBRARY and JSON (globs of a path in it) become DIR/NAME/.
driver() {
    name=$1 package=$2 library=$3 json=$4
    if [ ! -e "$dir/$name/icd.json" ]; then
        echo "test-devices: fetching $name from the Debian package $package" >&2
        private_apt || { echo "test-devices: no $name: no package list" >&2; return 0; }
        new=$work/$name
        mkdir -p "$new/deb"
        (cd "$new/deb" && apt download "$package" >&2 && dpkg-deb -x ./*.deb .) ||
            { echo "test-devices: no $name: apt-get cannot download $package" >&2; return 0; }
        set -- $(find "$new/deb" -path "*/$library") $(find "$new/deb" -path "*/$json")
        [ $# = 2 ] || { echo "test-devices: no $name: $package holds no $library and $json" >&2; return 0; }
        mv "$1" "$new"
        sed 's#"library_path": *"[^"]*"#"library_path": "'"$dir/$name/${1##*/}"'"#' "$2" > "$new/icd.json"
        rm -rf "$new/deb" "${dir:?}/$name"
        mv "$new" "$dir/$name"
    fi
    lacks=$(ldd "$dir/$name"/*.so | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
    if [ -n "$lacks" ]; then
        echo "test-devices: no $name: its library needs ${lacks}(mesa-vulkan-drivers and its dependencies bring them)" >&2
    else
        echo "$name $dir/$name/icd.json"
    fi
}

for json in /usr/share/vulkan/icd.d/lvp_icd*.json; do
    [ ! -e "$json" ] || echo "lavapipe $json"
done
driver mesa25 mesa-vulkan-drivers/bookworm-backports 'libvulkan_lvp.so' 'lvp_icd*.json'
driver swiftshader chromium-common/bookworm 'libvk_swiftshader.so' 'vk_swiftshader_icd.json'

# What is fetched is this, or it is not used: the registry's own hash of the package (SHA-512, base64).
dawn=0.1.7
dawn_hash=UEP7UZdEhx9otvkZczjsszL8ZVlrODANQvgl+C88/bNVmxDoFi7w1fWzGi1sZyakiETjmtFDq2/xCLhbSZxjqw==

fetch_dawn() {
    package=bun-webgpu-linux-x64
    [ "$(uname -m)" = x86_64 ] || { echo "test-devices: no dawn: the package is for x86_64" >&2; return 0; }
    command -v npm > /dev/null || { echo "test-devices: no dawn: no npm here" >&2; return 0; }
    echo "test-devices: fetching dawn from the npm package $package@$dawn" >&2
    work=${work:-$(mktemp -d "$dir/.work-XXXXXX")}
    (cd "$work" && npm pack --silent "$package@$dawn" > /dev/null) ||
        { echo "test-devices: no dawn: npm cannot fetch $package@$dawn" >&2; return 0; }
    got=$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$work/$package-$dawn.tgz")
    [ "$got" = "$dawn_hash" ] || { echo "test-devices: no dawn: $package@$dawn is not what it was" >&2; return 0; }
    tar -xzf "$work/$package-$dawn.tgz" -C "$work" package/LICENSE package/libwebgpu_wrapper.so
    rm -rf "$dir/dawn-$dawn"
    mv "$work/package" "$dir/dawn-$dawn"
}

[ -e "$dir/dawn-$dawn/libwebgpu_wrapper.so" ] || fetch_dawn
[ ! -e "$dir/dawn-$dawn/libwebgpu_wrapper.so" ] || echo "dawn $dir/dawn-$dawn/libwebgpu_wrapper.so"

# The hash here is the one of the Python package index (SHA-256).
wgpu=0.32.0
wgpu_hash=6499a31b5a29a10b4f1089fea4a0806411f42605fa86b6c0b543a07ca0de8568
wgpu_library=wgpu/resources/libwgpu_native-release.so

fetch_wgpu() {
    [ "$(uname -m)" = x86_64 ] || { echo "test-devices: no wgpu: the package is for x86_64" >&2; return 0; }
    python3 -m pip --version > /dev/null 2>&1 || { echo "test-devices: no wgpu: no pip here" >&2; return 0; }
    echo "test-devices: fetching wgpu from the Python package wgpu==$wgpu" >&2
    work=${work:-$(mktemp -d "$dir/.work-XXXXXX")}
    python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: \
        --platform manylinux_2_28_x86_64 --dest "$work" "wgpu==$wgpu" >&2 ||
        { echo "test-devices: no wgpu: pip cannot fetch wgpu==$wgpu" >&2; return 0; }
    wheel=$(echo "$work"/wgpu-"$wgpu"-*.whl)
    [ "$(sha256sum < "$wheel")" = "$wgpu_hash  -" ] ||
        { echo "test-devices: no wgpu: wgpu==$wgpu is not what it was" >&2; return 0; }
    mkdir "$work/wgpu"
    python3 -m zipfile -e "$wheel" "$work/wgpu"
    rm -rf "$dir/wgpu-$wgpu"
    mkdir "$dir/wgpu-$wgpu"
    mv "$work/wgpu/$wgpu_library" "$work"/wgpu/wgpu-"$wgpu".dist-info "$dir/wgpu-$wgpu"
}

[ -e "$dir/wgpu-$wgpu/${wgpu_library##*/}" ] || fetch_wgpu
[ ! -e "$dir/wgpu-$wgpu/${wgpu_library##*/}" ] || echo "wgpu $dir/wgpu-$wgpu/${wgpu_library##*/}"
