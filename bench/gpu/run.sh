#!/bin/sh
# Runs the whole benchmark: sh run.sh [OUTPUT_FOLDER] [--small]. Parts do not depend on one another: what fails is told, and
# the rest goes on. OUTPUT_FOLDER gets results.jsonl, table.txt, table.json, log.txt and probe.txt.
OUT=${1:-results}
shift $(($# > 0))
mkdir -p "$OUT" && OUT=$(cd "$OUT" && pwd) && cd "$(dirname "$0")" || exit 1
R=$OUT/results.jsonl
LOG=$OUT/log.txt
: > "$R"
: > "$LOG"
export PYTHONUNBUFFERED=1
export LD_LIBRARY_PATH="$PWD/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# Where drivers are described, if not in the usual places.
if [ -z "$VK_DRIVER_FILES" ] && [ ! -d /etc/vulkan/icd.d ] && [ ! -d /usr/share/vulkan/icd.d ]; then
    for f in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
        [ -f "$f" ] && export VK_DRIVER_FILES=$f
    done
fi
# OpenCL's loaders take what stands in a folder: of a GPU, not of a processor beside it.
for f in /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/x86_64-linux-gnu; do
    if [ -f "$f/libnvidia-opencl.so.1" ]; then
        mkdir -p "$OUT/icd"
        echo "$f/libnvidia-opencl.so.1" > "$OUT/icd/nvidia.icd"
        export OCL_ICD_VENDORS="$OUT/icd"
        unset OCL_ICD_FILENAMES
        break
    fi
done

part() { # NAME SECONDS COMMAND...
    name=$1 limit=$2
    shift 2
    echo "== $name" | tee -a "$LOG"
    begin=$(date +%s)
    timeout "$limit" "$@" >> "$LOG" 2>&1
    echo "   $name: status $?, $(($(date +%s) - begin)) s" | tee -a "$LOG"
}

probe() {
    uname -a
    nproc
    cat /etc/os-release 2> /dev/null | head -2
    nvidia-smi
    nvidia-smi --query-gpu=name,driver_version,compute_cap,clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,power.limit,temperature.gpu --format=csv
    nvcc --version
    python3 -c 'import torch; print("torch", torch.__version__, torch.cuda.is_available())'
    ls -d /usr/local/cuda*
    ls /usr/local/nvidia /usr/local/nvidia/lib64 2> /dev/null | head -80
    ls /etc/vulkan/icd.d /usr/share/vulkan/icd.d /usr/local/nvidia/share/vulkan/icd.d /etc/OpenCL/vendors 2> /dev/null
    ldconfig -p 2> /dev/null | grep -E 'cublas|nvrtc|vulkan|OpenCL|libcuda'
    env | grep -E 'VK_|OCL_|LD_LIBRARY|CUDA'
    ldd ./gpu-bench
}

cuda_peers() { # compiles every peer in CUDA, side by side
    command -v nvcc > /dev/null || { echo "there is no nvcc"; return 1; }
    arch=sm_$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)
    find cuda -name '*.cu' | xargs -P "$(nproc)" -I{} sh -c 'nvcc -O3 -arch='"$arch"' -cubin "{}" -o "$(dirname "{}")/$(basename "{}" .cu).cubin" || echo "not compiled: {}"'
    nvcc -O3 -arch="$arch" library.cu -o library -ldl
}

if [ "$1" = --small ]; then
    part vulkan 300 ./gpu-bench . vulkan "$R" --small --seconds 0.05
    part opencl 300 ./gpu-bench . opencl "$R" --small --seconds 0.05
else
    (probe > "$OUT/probe.txt" 2>&1)
    cuda_peers > "$OUT/nvcc.txt" 2>&1 &
    compiler=$!
    part vulkan-products 120 ./gpu-bench . vulkan "$R" --seconds 0.2 peak matmul_naive matmul_tiled matmul_best matmul_f16
    part vulkan 150 ./gpu-bench . vulkan "$R" --seconds 0.2 copy copy_ones mul add triad dot reduction scan histogram transpose stencil \
        spmv nbody black_scholes radix_step
    wait $compiler
    part cuda 120 ./gpu-bench . cuda "$R" --seconds 0.15
    part libraries 45 ./library "$R" $(python3 -c 'import glob, site; print(*[f for d in site.getsitepackages() for f in glob.glob(d + "/nvidia/*/lib/libcublas.so.*")])' 2> /dev/null)
    part torch 60 python3 torch_library.py "$R"
    part opencl 45 ./gpu-bench . opencl "$R" --seconds 0.1
fi
python3 report.py "$OUT" | tee "$OUT/table.txt"
