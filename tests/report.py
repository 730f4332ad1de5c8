#!/usr/bin/env python3
"""What ran where: a table of targets and devices on the terminal, build/report.html with a square for each test and device,
and the table of README.md.

    python3 tests/report.py build/report.json        rewrites the table of README.md from the last whole run (`make report`)

Executed tests are called `NAME DEVICE LEVEL`; those of the corpus `corpus/NAME …`. A test that a target cannot express (its code
is in the text) or that needs a feature the device lacks is `unsupported`, one whose device is not on this machine `no device`.
"""
import html
import json
import pathlib
import re
import sys

STATES = ["passed", "unsupported", "no device", "known bug", "failed"]  # from good to bad
COLOURS = {"passed": "#3a9a5b", "unsupported": "#d9c46a", "no device": "#d5d5d5", "known bug": "#b08bd0", "failed": "#cc3d3d"}
# What stands in the README: the column of a device, and the target that it executes.
TARGETS = {
    "interp": ("the reference interpreter", "the IR"),
    "lavapipe": ("lavapipe, Mesa of Debian 12", "Vulkan SPIR-V"),
    "mesa25": ("lavapipe, Mesa 25", "Vulkan SPIR-V"),
    "swiftshader": ("SwiftShader", "Vulkan SPIR-V"),
    "pocl": ("PoCL", "OpenCL C"),
    "rusticl": ("rusticl on llvmpipe, Mesa 25", "OpenCL SPIR-V"),
    "pocl6": ("PoCL 6, every sixteenth source", "OpenCL SPIR-V"),
    "dawn-mesa25": ("Dawn on lavapipe, Mesa 25", "WGSL"),
    "dawn-swiftshader": ("Dawn on SwiftShader", "WGSL"),
    "wgpu-mesa25": ("wgpu on lavapipe, Mesa 25", "WGSL"),
    "llvm-jit": ("LLVM's JIT, on the CPU", "LLVM IR"),
    "msl-cpu": ("MSL on the CPU, through a shim", "MSL"),
}
CORPUS = "corpus/"
BEGIN, END = "<!-- made by `make report` -->\n", "<!-- end -->\n"


def state_of(result, text):
    if result != "skipped":
        return result
    if "known bug" in text:
        return "known bug"
    return "no device" if re.match(r"(no|there is no) ", text) else "unsupported"


class Report:
    def __init__(self):
        self.rows = {}  # test -> device -> (state, text): the worst of its levels
        self.devices = []
        self.slowest = []

    def note(self, suite, outcome):
        name, result, text = outcome.name, outcome.result, outcome.text
        self.slowest.append((outcome.end - outcome.start, f"{suite}/{name}", outcome.processor))
        if suite == "msl":
            name = re.sub(r" (-O\d)$", r" msl-cpu \1", name)
        match = re.fullmatch(r"(\S+) (\S+)(?: -O\d)?", name)
        if suite not in ("run", "msl") or not match or match[2] not in TARGETS:
            return
        test, device = match.groups()
        if device not in self.devices:
            self.devices.append(device)
        row = self.rows.setdefault(test, {})
        new = (state_of(result, text), text)
        old = row.get(device, ("passed", ""))
        row[device] = max(old, new, key=lambda cell: STATES.index(cell[0]))

    def counts(self, prefix=""):
        """{device: {state: tests}}, of the tests whose name begins like that."""
        rows = [row for test, row in self.rows.items() if test.startswith(prefix)]
        return {device: {state: sum(row.get(device, ("",))[0] == state for row in rows) for state in STATES}
                for device in self.devices}

    def print(self):
        if not self.rows:
            return
        corpus = self.counts(CORPUS)
        print(f"\n{'executed tests':18}{'target':15}" + "".join(f"{state:>13}" for state in STATES) + f"{'corpus':>15}")
        for device, counts in self.counts().items():
            print(f"{device:18}{TARGETS[device][1]:15}" + "".join(f"{counts[state]:13}" for state in STATES)
                  + f"{corpus[device]['passed']:8} of {sum(corpus[device].values()):3}")
        print()

    def write(self, folder, whole):
        if not self.rows:
            return
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps({"whole": whole, "tests": len(self.rows), "devices": self.counts(),
                                                        "corpus": self.counts(CORPUS)}, indent=1) + "\n")
        cells = "".join(
            f"<tr><th>{html.escape(test)}</th>" + "".join(
                f'<td style="background:{COLOURS[state]}" title="{html.escape(f"{device}: {state}. {text}"[:400], quote=True)}"></td>'
                for device, (state, text) in ((d, row.get(d, ("no device", ""))) for d in self.devices)) + "</tr>\n"
            for test, row in sorted(self.rows.items()))
        legend = " ".join(f'<span style="background:{COLOURS[state]}">&emsp;</span> {state}' for state in STATES)
        slow = "".join(f"<li>{seconds:.1f} s, {used:.1f} s of processor time: {html.escape(name)}</li>" for seconds, name, used in sorted(self.slowest)[:-21:-1])
        (folder / "report.html").write_text(
            "<!doctype html><meta charset=utf-8><title>vittec-gpu: executed tests</title><style>"
            "body{font:14px sans-serif;margin:2em} th{text-align:left;font-weight:normal;padding-right:1em}"
            "td{width:5em;height:1.1em} thead th{font-size:12px}</style>"
            f"<h1>Executed tests</h1><p>{legend}</p><table><thead><tr><th>test</th>"
            + "".join(f"<th>{html.escape(device)}</th>" for device in self.devices)
            + f"</tr></thead>\n{cells}</table><h2>Slowest cases</h2><ol>{slow}</ol>\n")


def cells(counts, corpus):
    """What a row says; a device that was not there, or not for all tests, is said to be so."""
    if counts["passed"] + counts["failed"] == 0 and counts["no device"]:
        return ["not on the machine of this run", "", ""]
    notes = [f"{counts['unsupported']}" if counts["unsupported"] else "none"]
    notes += [f"{counts['known bug']} left out for a bug of the driver"] * bool(counts["known bug"])
    notes += [f"**{counts['failed']} fail**"] * bool(counts["failed"]) + [f"{counts['no device']} not run"] * bool(counts["no device"])
    return [f"{counts['passed']} of {sum(counts.values())}", f"{corpus['passed']} of {sum(corpus.values())}", ", ".join(notes)]


def table(report):
    """From a whole run, with the devices that it had."""
    if not report["whole"]:
        raise SystemExit("the table is made from a whole run: make test")
    lines = ["| executed on | what | tests that pass | of them the corpus | that it cannot express or lacks a feature for |", "|---|---|---|---|---|"]
    for device, counts in report["devices"].items():
        lines.append(f"| {' | '.join([*TARGETS[device], *cells(counts, report['corpus'][device])])} |")
    missing = [title for device, (title, _) in TARGETS.items() if device not in report["devices"]]
    lines += [f"| {title} | | not on the machine of this run | | |" for title in missing]
    return "\n".join(lines) + "\n"


def main():
    readme = pathlib.Path(__file__).resolve().parent.parent / "README.md"
    text = readme.read_text()
    report = json.loads(pathlib.Path(sys.argv[1]).read_text())
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    readme.write_text(text[:start] + table(report) + text[end:])


if __name__ == "__main__":
    main()
