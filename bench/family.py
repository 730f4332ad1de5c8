#!/usr/bin/env python3
"""The same program of any length in each language, for compile times: python3 bench/family.py LANGUAGE LINES

Procs of a dozen lines, with a loop and a choice, on f32; a kernel calls each once. A statement is written here once, as an
expression with the names of Vitte; a language is a table of how it spells things. Nothing is left unused, and the number of
rounds is known when the kernel runs only, so nobody is asked to write loops out. The text depends on the arguments alone.
"""
import random
import re
import sys

NAMES = ("min", "max", "abs", "sqrt", "sin", "clamp", "mix")
PROC_LINES = 13

# head, proc, give, declare, loop, choice, the end of it all; what of NAMES has another name; what a number ends with
LANGUAGES = {
    "vt": {
        "proc": "proc {name}(x: f32, y: f32, n: u32) -> f32 {{", "give": "give", "declare": "let mut {name} = {value};",
        "loop": "for k in 0..n {", "choice": "if {0} > {1} {{", "names": {}, "number": "",
        "head": "", "kernel": "kernel family(source: Buffer<f32>, result: Buffer<f32>, n: u32) {", "read": "let x = source[i];",
        "write": "result[i] = sum;"},
    "comp": {
        "proc": "float {name}(float x, float y, uint n) {{", "give": "return", "declare": "float {name} = {value};",
        "loop": "for (uint k = 0; k < n; k++) {", "choice": "if ({0} > {1}) {{", "names": {}, "number": "",
        "head": "#version 450\nlayout(local_size_x = 64) in;\nlayout(std430, binding = 0) readonly buffer Source { float source[]; };\n"
                "layout(std430, binding = 1) writeonly buffer Result { float result[]; };\nlayout(push_constant) uniform Constants { uint n; };",
        "kernel": "void main() {", "read": "float x = source[gl_GlobalInvocationID.x];", "write": "result[gl_GlobalInvocationID.x] = sum;"},
    "cl": {
        "proc": "static float {name}(float x, float y, uint n) {{", "give": "return", "declare": "float {name} = {value};",
        "loop": "for (uint k = 0; k < n; k++) {", "choice": "if ({0} > {1}) {{",
        "names": {"min": "fmin", "max": "fmax", "abs": "fabs"}, "number": "f",
        "head": "", "kernel": "kernel void family(global const float *source, global float *result, uint n) {",
        "read": "float x = source[get_global_id(0)];", "write": "result[get_global_id(0)] = sum;"},
    "wgsl": {
        "proc": "fn {name}(x: f32, y: f32, n: u32) -> f32 {{", "give": "return", "declare": "var {name} = {value};",
        "loop": "for (var k = 0u; k < n; k++) {", "choice": "if ({0} > {1}) {{", "names": {}, "number": "",
        "head": "@group(0) @binding(0) var<storage, read> source: array<f32>;\n"
                "@group(0) @binding(1) var<storage, read_write> result: array<f32>;\n@group(0) @binding(2) var<uniform> n: u32;",
        "kernel": "@compute @workgroup_size(64)\nfn family(@builtin(global_invocation_id) id: vec3u) {", "read": "let x = source[id.x];",
        "write": "result[id.x] = sum;"},
    "slang": {
        "proc": "float {name}(float x, float y, uint n) {{", "give": "return", "declare": "float {name} = {value};",
        "loop": "for (uint k = 0; k < n; k++) {", "choice": "if ({0} > {1}) {{", "names": {"mix": "lerp"}, "number": "",
        "head": "[[vk::binding(0)]] StructuredBuffer<float> source;\n[[vk::binding(1)]] RWStructuredBuffer<float> result;\n"
                "struct Constants {\n    uint n;\n};\n[[vk::push_constant]] ConstantBuffer<Constants> constants;",
        "kernel": "[shader(\"compute\")]\n[numthreads(64, 1, 1)]\nvoid family(uint3 id: SV_DispatchThreadID) {\n    uint n = constants.n;",
        "read": "float x = source[id.x];", "write": "result[id.x] = sum;"},
}


class Spelling:
    def __init__(self, language):
        self.table = LANGUAGES[language]

    def __getattr__(self, name):
        return self.table[name]

    def value(self, text):
        """An expression as this language writes it."""
        text = re.sub(r"\b[a-z]+\b(?=\()", lambda m: self.names.get(m[0], m[0]), text)
        return re.sub(r"\d+\.\d+", lambda m: m[0] + self.number, text)


def expression(r, names, depth=2):
    """Each has a name in it: some languages compute what has none with other types."""
    if depth == 0 or r.random() < 0.15:
        return r.choice(names)
    one, two, number = expression(r, names, depth - 1), expression(r, names, depth - 1), f"{r.randrange(1, 400) / 8}"
    return r.choice([f"({one} + {two})", f"({one} * {two})", f"({one} - {two})", f"min({one}, {two})", f"max({one}, {number})",
                     f"sqrt(abs({one}))", f"mix({one}, {two}, 0.25)", f"clamp({one}, -100.0, 100.0)", f"sin({one})",
                     f"({one} * {number})", f"({one} / (abs({two}) + 3.5))"])


def proc(r, spelling, name):
    value = lambda *names: spelling.value(expression(r, names))  # noqa: E731
    return [spelling.proc.format(name=name),
            "    " + spelling.declare.format(name="a", value=spelling.value(f"x * {r.randrange(1, 64) / 16} + y")),
            "    " + spelling.declare.format(name="b", value=value("x", "y", "a")),
            "    " + spelling.declare.format(name="c", value=spelling.value("a - b")),
            "    " + spelling.loop,
            f"        a = {value('a', 'b', 'c')} + b;",
            f"        b = {value('a', 'c', 'x')} - c;",
            "        " + spelling.choice.format("a", "b"),
            f"            c = {value('a', 'b', 'y')};",
            "        }",
            "    }",
            f"    {spelling.give} a + b * c + {value('a', 'b', 'c', 'x')};",
            "}"]


def source(language, lines):
    spelling, r = Spelling(language), random.Random(1)
    count = max(1, (lines - 12) // (PROC_LINES + 1))
    text = spelling.head.splitlines()
    for k in range(count):
        text += proc(r, spelling, f"part{k}")
    text += [*spelling.kernel.splitlines(), "    " + spelling.read, "    " + spelling.declare.format(name="sum", value="x")]
    text += [f"    sum = sum + part{k}(sum, x, n);" for k in range(count)]
    return "\n".join([*text, "    " + spelling.write, "}", ""])


if __name__ == "__main__":
    sys.stdout.write(source(sys.argv[1], int(sys.argv[2])))
