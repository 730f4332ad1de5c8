#!/bin/sh
# tools/install.sh install|uninstall BUILD PREFIX [DESTDIR]: puts what was built in the folder BUILD under DESTDIR and
# PREFIX, or takes exactly that away again. `make install` calls it; it builds nothing and runs none of the programs.
#
# What is installed finds its neighbours by its own place: the CMake package and, with --define-prefix, the pkg-config
# file go on working when the folder is moved.
set -eu
export LC_ALL=C
[ $# -ge 3 ] || { echo "usage: tools/install.sh install|uninstall BUILD PREFIX [DESTDIR]" >&2; exit 2; }
what=$1 build=$2 prefix=$3 destdir=${4:-}
root=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^#define VITTEC_VERSION "\(.*\)"$/\1/p' "$root/driver/version.h")
library=libvitte-gpu.so.$(sed -n 's/^ABI *:= *//p' "$root/Makefile")
target=$destdir$prefix
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

filled() { # FILE.in: the page or file with what it leaves open; prints where it is
    sed "s|@PREFIX@|$prefix|g; s|@VERSION@|$version|g" "$1" > "$work/$(basename "$1" .in)"
    echo "$work/$(basename "$1" .in)"
}

manual() { # NAME: the manual page
    (cd "$root" && awk -v version="$version" -f tools/man.awk driver/options.def driver/commands.def \
        ir/base/warnings.def driver/targets.def "man/$1.1.in") > "$work/$1.1"
    echo "$work/$1.1"
}

put() { # MODE FILE FOLDER [NAME]
    if [ "$what" = install ]; then
        install -d "$target/$3"
        install -m "$1" "$2" "$target/$3/${4:-$(basename "$2")}"
    else
        rm -f "$target/$3/${4:-$(basename "$2")}"
    fi
}

link() { # TO FOLDER NAME
    if [ "$what" = install ]; then ln -sf "$1" "$target/$2/$3"; else rm -f "$target/$2/$3"; fi
}

folder() { # FOLDER: ours alone
    if [ "$what" = uninstall ] && [ -d "$target/$1" ]; then rmdir "$target/$1" 2> /dev/null || true; fi
}

case $what in install | uninstall) ;; *) echo "tools/install.sh: $what: install or uninstall" >&2; exit 2 ;; esac

put 755 "$build/vittec-gpu" bin
for header in "$root"/runtime-min/vitte_gpu*.h; do put 644 "$header" include; done
put 644 "$build/libvitte-gpu.a" lib
put 755 "$build/$library" lib "libvitte-gpu.so.$version"
link "libvitte-gpu.so.$version" lib "$library"
link "$library" lib libvitte-gpu.so
put 644 "$(filled "$root/runtime-min/vitte-gpu.pc.in")" lib/pkgconfig
for file in "$root"/cmake/*.cmake; do put 644 "$file" lib/cmake/VitteGpu; done
put 644 "$(filled "$root/cmake/VitteGpuConfigVersion.cmake.in")" lib/cmake/VitteGpu
folder lib/cmake/VitteGpu
put 644 "$(manual vittec-gpu)" share/man/man1
put 644 "$(manual vittec-gpu-run)" share/man/man1
for file in README.md LICENSE; do [ ! -f "$root/$file" ] || put 644 "$root/$file" share/doc/vittec-gpu; done
folder share/doc/vittec-gpu
