#!/bin/sh
# examples/demo.sh BIN [PICTURE.png]: compiles two kernels, runs them on the best device of this machine and leaves
# mandelbrot.png and sobel.png in the current folder. BIN is where make put the programs; PICTURE is what the edges are
# found in (examples/scene.png).
set -eu
bin=${1:?usage: sh examples/demo.sh BIN [PICTURE.png]}
here=$(dirname "$0")
picture=${2:-$here/scene.png}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

vittec=$bin/vittec-gpu
png=$bin/examples/png

# Without a GPU driver the interpreter does it, one sample a pixel.
quick=
case $("$vittec" devices 2> /dev/null) in interp*) quick=-DSAMPLES=1 ;; esac

width=1920 height=1080
"$vittec" run "$here/mandelbrot.vt" $quick --grid $width,$height pixels=zeros:$((width * height)) \
    width=$width height=$height cx=-0.65 cy=0 span=2.4 --out pixels="$work/mandelbrot.bin"
"$png" encode $width $height "$work/mandelbrot.bin" mandelbrot.png
echo "mandelbrot.png: $width x $height"

size=$("$png" decode "$picture" "$work/picture.bin")
width=${size% *} height=${size#* }
"$vittec" run "$here/sobel.vt" --grid $width,$height source=@"$work/picture.bin" \
    edges=zeros:$((width * height)) width=$width height=$height --out edges="$work/edges.bin"
"$png" encode $width $height "$work/edges.bin" sobel.png
echo "sobel.png: the edges of $picture, $width x $height"
