#!/bin/sh
# tools/test-devices.sh [DIR]: Vulkan drivers for the tests. Those that Debian 12 does not bring are unpacked under DIR; the
# system stays as it is.
#
#   lavapipe     the software driver of the system's own Mesa
#   mesa25       lavapipe of Mesa 25, from bookworm-backports (that of Debian 12 itself computes some kernels wrongly)
#   swiftshader  SwiftShader, out of Debian's chromium package
#
# Prints "NAME ICD_JSON" for each driver that is there, for VK_DRIVER_FILES. One that cannot be had is no failure: why is
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
