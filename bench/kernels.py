#!/usr/bin/env python3
"""Kernels of any length, for benchmarks: python3 bench/kernels.py SHAPE LINES > FILE.vt

    straight   one kernel, one long block of arithmetic on scalars, vectors and buffers
    control    one kernel, loops and choices in one another, a dozen variables that all of them change
    variables  one kernel, a variable to every five lines, all of them alive from beginning to end
    procs      procs of a dozen lines that call one another, and kernels that call them
    chain      procs that stay procs, each of which calls the one before: as many functions as there can be
    mixed      what a file of a project looks like: constants, small procs, kernels of 50 lines

The text depends on the arguments alone.
"""
import random
import sys

BUFFERS = "a: Buffer<f32>, b: Buffer<f32>, n: Buffer<u32>, v: Buffer<f32x4>, out: Buffer<f32>"
SCALARS = "size: u32, scale: f32"


class Writer:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines = []
        self.depth = 0
        self.count = 0

    def add(self, text):
        if text.startswith("}"):
            self.depth -= 1
        self.lines.append("    " * self.depth + text)
        if text.endswith("{"):
            self.depth += 1

    def name(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def float(self):
        return f"{self.r.randrange(1, 400) / 8}"

    # An expression of f32 out of f32 names.
    def value(self, names, depth=2):
        r = self.r
        if depth == 0 or r.random() < 0.2:
            return r.choice(names) if r.random() < 0.8 else self.float()
        one, two = self.value(names, depth - 1), self.value(names, depth - 1)
        return r.choice([
            f"({one} + {two})", f"({one} * {two})", f"({one} - {two})", f"min({one}, {two})", f"max({one}, {two})",
            f"sqrt(abs({one}))", f"mix({one}, {two}, 0.25)", f"clamp({one}, -100.0, 100.0)", f"({one} / ({two} + 3.5))",
            f"sin({one})", f"({one} > {two} ? {one} : {two})",
        ])

    def condition(self, names):
        return (f"{self.r.choice(names)} {self.r.choice(['<', '>', '<=', '>='])} {self.float()}"
                + self.r.choice(["", "", f" and {self.r.choice(names)} > 0.0", " or i % 3 == 1"]))


def straight(w, lines):
    w.add(f"kernel straight({BUFFERS}, {SCALARS}) {{")
    names, vectors, words = ["scale"], [], ["size"]
    while len(w.lines) < lines - 2:
        kind = w.r.randrange(10)
        names, vectors, words = names[-12:], vectors[-6:], words[-6:]
        if kind == 0:
            name = w.name("p")
            w.add(f"let {name} = {w.r.choice('ab')}[i + {w.r.randrange(64)}];")
            names.append(name)
        elif kind == 1:
            name = w.name("q")
            w.add(f"let {name} = v[i * {w.r.randrange(1, 5)}] * {w.value(names, 1)};")
            vectors.append(name)
        elif kind == 2 and vectors:
            name = w.name("d")
            w.add(f"let {name} = dot({vectors[-1]}.xyz, {w.r.choice(vectors)}.zyx) + length({vectors[0]});")
            names.append(name)
        elif kind == 3:
            name = w.name("u")
            w.add(f"let {name} = ({w.r.choice(words)} * {w.r.randrange(3, 99)} + n[i]) / 7 ^ {w.r.choice(words)} >> 3;")
            words.append(name)
        elif kind == 4:
            name = w.name("c")
            w.add(f"let {name} = {w.r.choice(words)} as f32 + {names[-1]};")
            names.append(name)
        elif kind == 5:
            w.add(f"out[i + {w.r.randrange(9)} * size] = {w.value(names)};")
        else:
            name = w.name("x")
            w.add(f"let {name} = {w.value(names)};")
            names.append(name)
    w.add(f"out[i] = {' + '.join(names[-6:])} + ({' + '.join(words)}) as f32;")
    w.add("}")


# Statements of a body, nested, about `lines` of them.
def block(w, names, lines, depth):
    end = len(w.lines) + lines
    while len(w.lines) < end:
        kind, rest = w.r.randrange(8), end - len(w.lines)
        if depth > 0 and rest > 8 and kind == 0:
            w.add(f"if {w.condition(names)} {{")
            block(w, names, w.r.randrange(2, min(rest - 4, 20)), depth - 1)
            if w.r.random() < 0.5:
                w.add("} else {")
                block(w, names, w.r.randrange(1, 4), depth - 1)
            w.add("}")
        elif depth > 0 and rest > 8 and kind == 1:
            step = w.name("k")
            w.add(f"for {step} in 0..{w.r.choice(['4', '16', 'size', 'n[i]'])} {{")
            w.add(f"{w.r.choice(names)} += {step} as f32 * {w.float()};")
            block(w, names, w.r.randrange(1, min(rest - 4, 12)), depth - 1)
            if w.r.random() < 0.3:
                w.add(f"if {w.condition(names)} {{")
                w.add(w.r.choice(["break;", "continue;"]))
                w.add("}")
            w.add("}")
        elif depth > 0 and rest > 8 and kind == 2:
            w.add(f"while {w.condition(names)} {{")
            block(w, names, w.r.randrange(1, min(rest - 4, 12)), depth - 1)
            w.add(f"{w.r.choice(names)} *= 0.5;")
            w.add("}")
        elif kind == 3:
            w.add(f"out[i + {w.r.randrange(64)}] = {w.value(names, 1)};")
        else:
            w.add(f"{w.r.choice(names)} {w.r.choice(['=', '+=', '-=', '*='])} {w.value(names)};")


def control(w, lines):
    w.add(f"kernel control({BUFFERS}, {SCALARS}) {{")
    names = [f"x{k}" for k in range(12)]
    for k, name in enumerate(names):
        w.add(f"let mut {name} = {'ab'[k % 2]}[i * {k + 1}];")
    while len(w.lines) < lines - 3:
        block(w, names, min(lines - 3 - len(w.lines), 60), 4)
    w.add(f"out[i] = {' + '.join(names)} + v[i].x * scale;")
    w.add("}")


def variables(w, lines):
    w.add(f"kernel variables({BUFFERS}, {SCALARS}) {{")
    names = [f"x{k}" for k in range(lines // 5)]
    for k, name in enumerate(names):
        w.add(f"let mut {name} = a[i + {k}] * scale;")
    while len(w.lines) < lines - len(names) // 4 - 2:
        some = w.r.sample(names, 6)
        kind = w.r.randrange(3)
        if kind == 0:
            w.add(f"if {w.condition(some)} {{")
            w.add(f"{some[0]} = {w.value(some)};")
            w.add(f"{some[1]} += {w.value(some)};")
        elif kind == 1:
            w.add(f"for {w.name('k')} in 0..size {{")
            w.add(f"{some[2]} += {w.value(some)};")
            w.add(f"{some[3]} = {w.value(some)};")
        else:
            w.add(f"while {some[4]} > {w.float()} {{")
            w.add(f"{some[4]} = {some[5]} * 0.5;")
        w.add("}")
    for k in range(0, len(names), 4):
        w.add(f"out[i + {k}] = {' + '.join(names[k:k + 4])} + v[i].x + b[i] + n[i] as f32;")
    w.add("}")


def proc(w, name, known, lines):
    w.add(f"proc {name}(x: f32, y: f32, n: Buffer<u32>) -> f32 {{")
    w.add(f"let mut s = x * {w.float()};")
    if w.r.random() < 0.5:
        w.add(f"if {w.condition(['x', 'y'])} {{".replace("or i % 3 == 1", "or n[3] == 7"))
        w.add(f"give {w.value(['x', 'y', 's'])};")
        w.add("}")
    for _ in range(lines - 8):
        w.add(f"s += {w.value(['x', 'y', 's'])};")
    for other in known:
        w.add(f"s -= {other}(s, {w.value(['x', 'y'], 1)}, n);")
    w.add("for k in 0..n.len % 8 {")
    w.add("s = s * 0.75 + k as f32;")
    w.add("}")
    w.add("give s;")
    w.add("}")


def procs(w, lines):
    kernels = 0
    while len(w.lines) < lines:
        kernels += 1
        known = []
        for k in range(20):
            name = w.name("step")
            proc(w, name, w.r.sample(known, min(len(known), 1)) if k % 3 == 2 else [], 12)
            known.append(name)
        w.add(f"kernel kernel{kernels}({BUFFERS}, {SCALARS}) {{")
        w.add("let mut sum = v[i].x + scale + size as f32;")
        for name in known:
            w.add(f"sum += {name}(a[i], b[i] + sum, n);")
        w.add("out[i] = sum;")
        w.add("}")


def chain(w, lines):
    before = "x"
    while len(w.lines) < lines - 4:
        name = w.name("link")
        w.add("#[noinline]")
        w.add(f"proc {name}(x: f32) -> f32 {{")
        w.add(f"give {before} * 0.5 + {w.float()};")
        w.add("}")
        before = f"{name}(x)"
    w.add(f"kernel chain({BUFFERS}) {{")
    w.add(f"out[i] = link{w.count}(a[i]);")
    w.add("}")


def mixed(w, lines):
    kernels = 0
    while len(w.lines) < lines:
        kernels += 1
        limit = f"LIMIT_{kernels}"
        w.add(f"const {limit}: f32 = {w.float()} * 2.0;")
        known = []
        for _ in range(3):
            name = w.name("step")
            proc(w, name, known[-1:], w.r.randrange(9, 16))
            known.append(name)
        w.add(f"/// Kernel {kernels} of the file")
        w.add("#[workgroup(16, 4)]")
        w.add(f"kernel kernel{kernels}({BUFFERS}, {SCALARS}) {{")
        w.add("if i >= size or j >= size {")
        w.add("give;")
        w.add("}")
        names = [f"x{k}" for k in range(5)]
        for k, name in enumerate(names):
            w.add(f"let mut {name} = {w.r.choice(['a', 'b'])}[i * {k + 1} + j * size] * {limit};")
        for name in known:
            w.add(f"x0 += {name}(x1, x2, n);")
        block(w, names, 30, 3)
        w.add(f"out[i + j * size] = {' + '.join(names)} + dot(v[i], v[j]) * scale;")
        w.add("}")


SHAPES = {"straight": straight, "control": control, "variables": variables, "procs": procs, "chain": chain, "mixed": mixed}


def source(shape, lines):
    writer = Writer(f"{shape} {lines}")
    SHAPES[shape](writer, lines)
    return "\n".join(writer.lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(source(sys.argv[1], int(sys.argv[2])))
