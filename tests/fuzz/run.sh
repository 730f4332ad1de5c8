#!/bin/sh
# tests/fuzz/run.sh BUILD SECONDS FUZZER…: runs each fuzz target for that long. Seeds are the sources of the repository, and
# for the IR and bundles what the compiler in BUILD makes of them. New inputs are kept in BUILD/corpus, what crashes in BUILD/crashes.
set -eu
build=$1 seconds=$2
shift 2
mkdir -p "$build/crashes"
for fuzzer; do
    seeds=$build/seeds/$fuzzer
    rm -rf "$seeds"
    mkdir -p "$seeds" "$build/corpus/$fuzzer"
    for source in tests/*/*.vt examples/*.vt; do
        name=$(echo "$source" | tr / -)
        case $fuzzer in
        fuzz_ir)
            for pass in frontend none; do
                stop=
                [ $pass = none ] || stop=--stop-after=$pass
                "$build/vittec-gpu" "$source" --emit=ir $stop -o "$seeds/$name.$pass.vir" 2> /dev/null || true
            done
            ;;
        fuzz_bundle)
            "$build/vittec-gpu" "$source" --targets=vulkan,wgsl -j1 -o "$seeds/$name.vgpu" 2> /dev/null || true
            "$build/vittec-gpu" "$source" --targets=opencl-c,msl --compress -j1 -o "$seeds/$name.zst.vgpu" 2> /dev/null || true
            ;;
        *) cp "$source" "$seeds/$name" ;;
        esac
    done
    [ $fuzzer != fuzz_ir ] || cp tests/golden/*.vir "$seeds" 2> /dev/null || true
    most=8192 # bytes of an input
    [ $fuzzer != fuzz_bundle ] || most=16384
    dictionary=
    [ ! -f "tests/fuzz/$fuzzer.dict" ] || dictionary=-dict=tests/fuzz/$fuzzer.dict
    echo "  FUZZ   $fuzzer, $seconds s, $(ls "$seeds" | wc -l) seeds"
    log=$build/$fuzzer.log
    "$build/$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -max_len=$most -print_final_stats=1 $dictionary \
        -artifact_prefix="$build/crashes/$fuzzer-" "$build/corpus/$fuzzer" "$seeds" > "$log" 2>&1 ||
        { tail -n 60 "$log"; echo "the whole output: $log"; exit 1; }
    grep -E '^#[0-9]+.DONE|^stat::' "$log"
done
