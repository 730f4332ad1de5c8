"""PyTorch at the same jobs: python3 torch_library.py RESULTS.jsonl. What it calls is cuBLAS, cuSPARSE and kernels of its own."""
import json
import statistics
import sys

import torch

torch.backends.cuda.matmul.allow_tf32 = False
results = open(sys.argv[1], "a")


def measure(case, impl, n, moved, flops, job):
    for _ in range(5):
        job()
    torch.cuda.synchronize()
    times = []
    while len(times) < 10 or (len(times) < 100 and sum(times) < 300):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        job()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    ms = statistics.median(times)
    rate = flops / ms * 1e-9 if flops else moved / ms * 1e-6
    print(f"{case:14} {impl:7} {'':39} {ms:10.4f} ms  {rate:9.2f} {'TFLOP/s' if flops else 'GB/s'}", flush=True)
    results.write(json.dumps({"case": case, "api": "cuda", "impl": impl, "bounds": "-", "note": "library", "constants": "-",
                              "n": n, "ns": ms * 1e6, "least_ns": min(times) * 1e6, "runs": len(times), "bytes": moved,
                              "flops": flops, "wrong": "", "device": torch.cuda.get_device_name()}) + "\n")
    results.flush()


def floats(*shape):
    return torch.rand(*shape, device="cuda")


M = 1 << 20
a, b, c = floats(128 * M), floats(128 * M), floats(128 * M)
measure("copy", "torch", 128 * M, 128 * M * 8, 0, lambda: c.copy_(a))
measure("add", "torch", 128 * M, 128 * M * 12, 0, lambda: torch.add(a, b, out=c))
measure("triad", "torch", 128 * M, 128 * M * 12, 0, lambda: torch.add(a, b, alpha=0.4, out=c))
measure("dot", "torch", 128 * M, 128 * M * 8, 0, lambda: torch.dot(a, b))
whole = floats(256 * M)
measure("reduction", "torch", 256 * M, 256 * M * 4, 0, lambda: torch.sum(whole))
words = torch.randint(0, 1000, (128 * M,), device="cuda", dtype=torch.int32)
sums = torch.empty_like(words)
measure("scan", "torch", 128 * M, 128 * M * 8, 0, lambda: torch.cumsum(words, 0, dtype=torch.int32, out=sums))
square, other = floats(8192, 8192), floats(8192, 8192)
measure("transpose", "torch", 8192, 8192 * 8192 * 8, 0, lambda: other.copy_(square.t()))
n = 4096
x, y, z = floats(n, n), floats(n, n), floats(n, n)
measure("matmul_best", "torch", n, 0, 2 * n**3, lambda: torch.mm(x, y, out=z))
xh, yh, zh = x.half(), y.half(), z.half()
measure("matmul_f16", "torch", n, 0, 2 * n**3, lambda: torch.mm(xh, yh, out=zh))

rows = 2 * M
lengths = torch.randint(16, 49, (rows,), device="cuda")
starts = torch.zeros(rows + 1, dtype=torch.int64, device="cuda")
starts[1:] = torch.cumsum(lengths, 0)
count = int(starts[-1])
row = torch.repeat_interleave(torch.arange(rows, device="cuda"), lengths)
columns = (row + torch.randint(-2048, 2048, (count,), device="cuda")) % rows
matrix = torch.sparse_csr_tensor(starts.int(), columns.int(), floats(count), (rows, rows))
vector = floats(rows, 1)
measure("spmv", "torch", rows, count * 8 + rows * 12, 0, lambda: matrix @ vector)
