#!/usr/bin/env python3
"""The table of a run: python3 report.py OUTPUT_FOLDER, which has results.jsonl; writes table.json beside it.

A kernel's line takes the best of the tile and block sizes tried, for ours and for each peer by itself.
"""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
rows = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
cases = list(dict.fromkeys(row["case"] for row in rows))


def best(**wanted):
    fits = [r for r in rows if all(r[k] == v for k, v in wanted.items()) and r["wrong"] == "" and r["ns"] > 0]
    return min(fits, key=lambda r: r["ns"], default=None)


def same(row, **wanted):
    """The row of the same constants."""
    return best(case=row["case"], constants=row["constants"], **wanted) if row else None


def rate(row):
    return row["flops"] / row["ns"] * 1e-3 if row["flops"] else row["bytes"] / row["ns"]


def show(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def ratio(ours, peer):
    """Above 1: ours is faster."""
    return peer["ns"] / ours["ns"] if ours and peer else None


def table(heads, lines):
    widths = [max(len(str(line[k])) for line in [heads] + lines) for k in range(len(heads))]
    for line in [heads] + lines:
        print("  ".join(str(x).ljust(w) if k == 0 else str(x).rjust(w) for k, (x, w) in enumerate(zip(line, widths))).rstrip())
    print()


wrong = [r for r in rows if r["wrong"]]
copies = [r for r in rows if r["case"] == "copy" and r["bytes"] and r["wrong"] == ""]
memory = max((rate(r) for r in copies), default=None)
arithmetic = max((rate(r) for r in rows if r["case"] == "peak" and r["wrong"] == ""), default=None)
print(f"devices: {', '.join(sorted({r['device'] for r in rows if r['device']}))}")
print(f"ceilings measured in this run: {show(memory, '{:.0f}')} GB/s copied, {show(arithmetic, '{:.1f}')} TFLOP/s in f32\n")

result = []
for api, text in (("vulkan", "Vulkan"), ("opencl", "OpenCL C")):
    lines = []
    for case in cases:
        fastest = best(case=case, api=api, impl="vitte")
        if not fastest:
            continue
        peers = {"glsl": best(case=case, impl="glsl") if api == "vulkan" else None, "cuda": best(case=case, impl="cuda"),
                 "opencl": best(case=case, impl="opencl")}
        library = min((r for r in rows if r["case"] == case and r["note"] == "library"), key=lambda r: r["ns"], default=None)
        ours = {b: best(case=case, api=api, impl="vitte", bounds=b, constants=fastest["constants"]) for b in ("check", "trust")}
        cost = ratio(best(case=case, api=api, impl="vitte", bounds="trust"), best(case=case, api=api, impl="vitte", bounds="check"))
        ceiling = arithmetic if fastest["flops"] else memory
        if case == "matmul_f16" and ceiling:
            ceiling *= 2
        lines.append([case, show(fastest["ns"] * 1e-6, "{:.4f}"), fastest["bounds"],
                      *(show(peers[p]["ns"] * 1e-6 if peers[p] else None, "{:.4f}") for p in peers),
                      show(library["ns"] * 1e-6 if library else None, "{:.4f}"), library["impl"] if library else "-",
                      *(show(ratio(fastest, peers[p])) for p in peers), show(ratio(fastest, library)),
                      show(rate(fastest), "{:.1f}"), "TFLOP/s" if fastest["flops"] else "GB/s",
                      show(100 * rate(fastest) / ceiling if ceiling else None, "{:.0f} %"), show(cost, "{:.3f}"),
                      fastest["constants"]])
        result.append({"case": case, "api": api, "ours": fastest, "peers": peers, "library": library, "check_over_trust": cost,
                       "at_these_constants": ours})
    if lines:
        print(f"{text}: times in ms; ratios above 1 where ours is faster; check/trust is the time with bounds checks over that "
              "without\n")
        table(["kernel", "ours", "bounds", "glslc", "CUDA", "OpenCL", "library", "", "/glslc", "/CUDA", "/OpenCL", "/library", "rate",
               "", "ceiling", "check/trust", "constants"], lines)

print("every size tried, in ms: ours with and without checks, and the peers\n")
lines = []
for case in cases:
    for constants in dict.fromkeys(r["constants"] for r in rows if r["case"] == case and r["note"] != "library"):
        found = [best(case=case, constants=constants, api="vulkan", impl="vitte", bounds=b) for b in ("check", "trust")]
        found += [best(case=case, constants=constants, impl=impl) for impl in ("glsl", "cuda")]
        if sum(r is not None for r in found) > 1 and len({r["constants"] for r in rows if r["case"] == case}) > 2:
            lines.append([case, constants, *(show(r["ns"] * 1e-6 if r else None, "{:.4f}") for r in found)])
table(["kernel", "constants", "check", "trust", "glslc", "CUDA"], lines)
for r in wrong:
    print(f"WRONG: {r['case']} {r['api']} {r['impl']} {r['bounds']} {r['constants']}: {r['wrong']}")
(folder / "table.json").write_text(json.dumps({"memory_gb_s": memory, "tflop_s": arithmetic, "kernels": result,
                                               "wrong": wrong}, indent=1) + "\n")
