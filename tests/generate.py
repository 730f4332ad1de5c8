#!/usr/bin/env python3
"""Random Vitte programs: python3 tests/generate.py --seed 1 --count 500 --out FOLDER

Every program is a kernel `k` of one of two signatures, so that one runner (tests/tools/stress.c) can feed them all. That of even
seeds has integers of all widths; devices that lack them skip those programs.
What it computes is exact on every device: integers wrap as the language says, and floats stay multiples of 1/4 up
to 256 in size, so that sums, products and fused multiply-adds have no rounding to differ in. Raw floats (any bits,
NaN and infinity too) are made from integers only to be converted or asked isnan/isinf. A program depends on its seed
alone.
"""
import argparse
import pathlib
import random

SCALARS = ["u32", "i32", "f32", "bool"]
WIDTHS = ["i8", "u8", "i16", "u16", "i64", "u64"]
KERNEL = ("kernel k(a: Buffer<u32>, b: Buffer<i32>, c: Buffer<f32>, v: Buffer<f32x4>, w: Buffer<u32x3>,\n"
          "         outu: Buffer<u32>, outi: Buffer<i32>, outf: Buffer<f32>, outv: Buffer<i32x2>, s: u32, t: i32, "
          "x: f32, p: u32x2)")
WIDE_PARAMS = (", d: Buffer<u8>, e: Buffer<i16>, g: Buffer<u64>, outd: Buffer<i8>, oute: Buffer<u16x3>, outg: Buffer<i64>, y: i64, "
               "z: u8")
SHARED = ["a", "b", "c", "v", "w", "outu", "s", "t", "x", "p"]  # what every call of a proc hands on
WIDE_SHARED = ["d", "e", "g", "y", "z"]
EDGES = {
    "u32": ["0", "1", "2", "31", "32", "33", "0x7fffffff", "0x80000000", "0xffffffff", "0xdeadbeef"],
    "i32": ["0", "1", "-1", "2", "-7", "31", "32", "-2147483648", "2147483647", "-2147483647", "1000003"],
    "f32": ["0.0", "1.0", "-1.0", "0.25", "-0.5", "2.5", "-3.75", "100.0", "-255.75"],
    "bool": ["true", "false"],
    "i8": ["0", "1", "-1", "7", "8", "-128", "127"],
    "u8": ["0", "1", "8", "0x80", "0xff", "100"],
    "i16": ["0", "1", "-1", "15", "16", "-32768", "32767", "1000"],
    "u16": ["0", "1", "16", "0x8000", "0xffff", "12345"],
    "i64": ["0", "1", "-1", "63", "64", "-9223372036854775808", "9223372036854775807", "0x100000000", "-4294967297"],
    "u64": ["0", "1", "64", "0x8000000000000000", "0xffffffffffffffff", "0xffffffff", "0x123456789abcdef"],
}


def scalar_of(type_):
    return type_.split("x")[0]


def lanes_of(type_):
    return int(type_.split("x")[1]) if "x" in type_ else 1


def vector(scalar, lanes):
    return scalar if lanes == 1 else f"{scalar}x{lanes}"


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.wide = seed % 2 == 0
        self.scalars = SCALARS + (WIDTHS if self.wide else [])
        self.ints = [s for s in self.scalars if s[0] in "iu"]
        self.types = self.scalars + [s + "x" + n for s in self.scalars for n in "234"]
        self.shared = SHARED + (WIDE_SHARED if self.wide else [])
        self.names = 0
        self.procs = []  # (name, parameter types, result type)
        self.lines = []
        self.literals = {}

    # ---- expressions

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def pick(self, scope, type_):
        return self.r.choice([n for n, t, _ in scope if t == type_] or [None])

    def leaf(self, scope, type_):
        found = self.pick(scope, type_)
        if found and self.r.random() < 0.6:
            return found
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        if lanes > 1:
            if self.r.random() < 0.3:
                return f"{type_}({self.leaf(scope, scalar)})"
            return f"{type_}({', '.join(self.leaf(scope, scalar) for _ in range(lanes))})"
        choices = [(scalar, self.r.choice(EDGES[scalar]))]
        if scalar == "u32":
            choices += ["s", "i", f"a[{self.index(scope)}]", "a.len", "outu.len", "local_index", "group_id.x",
                        "group_size.x", f"w[{self.index(scope)}].{self.r.choice('xyz')}", f"p.{self.r.choice('xy')}",
                        ("u32", f"{self.r.randrange(2**32)}")]
        elif scalar == "i32":
            choices += ["t", f"b[{self.index(scope)}]", "(i as i32)",
                        ("i32", f"{self.r.randrange(-2**31, 2**31)}")]
        elif scalar == "f32":
            choices += ["x", f"c[{self.index(scope)}]", f"v[{self.index(scope)}].{self.r.choice('xyzw')}",
                        ("f32", f"{self.r.randrange(-1024, 1025) / 4:.2f}")]
        elif scalar in WIDTHS:
            source = {"u8": f"d[{self.index(scope)}]", "i16": f"e[{self.index(scope)}]", "u64": f"g[{self.index(scope)}]",
                      "i64": "y", "i8": "(i as i8)", "u16": "(d.len as u16)"}[scalar]
            choices += [source, source] + (["z"] if scalar == "u8" else [])
        chosen = self.r.choice(choices)
        return self.literal(*chosen) if isinstance(chosen, tuple) else chosen

    def literal(self, scalar, text):
        """A name for it, declared at the start of the function: to the checker no constant, whose overflow would be
        an error; to the optimiser one."""
        name = f"{scalar}_" + text.replace("-", "m").replace(".", "_")
        self.literals[name] = (scalar, text)
        return name

    def index(self, scope):
        kind = self.r.random()
        if kind < 0.4:
            return f"(i + {self.r.randrange(20)})"
        if kind < 0.7:
            return str(self.r.randrange(24))
        if kind < 0.8:
            return self.r.choice(["0x80000000", "0xffffffff", "-1", "(0 - 1)"])
        found = self.pick(scope, self.r.choice(self.ints))
        return f"{found} % 20" if found else "s"

    def expr(self, scope, type_, depth):
        if depth <= 0:
            return self.leaf(scope, type_)
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        e = lambda t=type_: self.expr(scope, t, depth - 1)  # noqa: E731
        makers = [lambda: self.leaf(scope, type_), lambda: f"({e('bool')} ? {e()} : {e()})",
                  lambda: f"select({e()}, {e()}, {e('bool')})",
                  lambda: f"(if {e('bool')} {{ {e()} }} else {{ {e()} }})"]
        if lanes > 1:
            bools = vector("bool", lanes)
            makers += [lambda: f"select({e()}, {e()}, {e(bools)})", lambda: self.swizzle(scope, type_, depth),
                       lambda: f"{type_}({', '.join(e(scalar) for _ in range(lanes))})"]
        elif self.r.random() < 0.2:
            wide = vector(scalar, self.r.randrange(2, 5))
            makers += [lambda: f"({e(wide)}).{'xyzw'[self.r.randrange(lanes_of(wide))]}",
                       lambda: f"({e(wide)})[{e('u32')} % {lanes_of(wide) + 1}]"]
        for name, params, result in self.procs:
            if result == type_:
                makers.append(lambda n=name, p=params: f"{n}({', '.join(self.shared + [e(t) for t in p])})")
        makers += getattr(self, (scalar if scalar in SCALARS else "width") + "_makers")(scope, type_, lanes, e)
        return self.r.choice(makers)()

    def swizzle(self, scope, type_, depth):
        source = vector(scalar_of(type_), self.r.randrange(2, 5))
        picked = "".join(self.r.choice("xyzw"[:lanes_of(source)]) for _ in range(lanes_of(type_)))
        return f"({self.expr(scope, source, depth - 1)}).{picked}"

    def int_makers(self, scope, type_, lanes, e):
        counts = vector(self.r.choice(self.ints), lanes)
        makers = [lambda o=o: f"({e()} {o} {e()})" for o in "+ - * / % & | ^".split()]
        makers += [lambda o=o: f"({e()} {o} {e(counts)})" for o in ("<<", ">>")]
        makers += [lambda f=f: f"{f}({e()})" for f in ("abs", "popcount", "clz", "ctz", "reverse_bits")]
        makers += [lambda f=f: f"{f}({e()}, {e()})" for f in ("min", "max")]
        makers += [lambda: f"clamp({e()}, {e()}, {e()})", lambda: f"~{e()}",
                   lambda: f"extract_bits({e()}, {e('u32')} % 40, {e('u32')} % 40)",
                   lambda: f"insert_bits({e()}, {e()}, {e('u32')} % 40, {e('u32')} % 40)",
                   lambda: f"({e(vector('bool', lanes))} as {type_})",
                   lambda: f"({e(vector('f32', lanes))} as {type_})",
                   lambda: f"(bitcast<{vector('f32', lanes)}>({e(vector('u32', lanes))}) as {type_})"]
        others = [s for s in self.ints if s != scalar_of(type_)]
        if self.wide:
            makers += [lambda: f"({e(vector(self.r.choice(others), lanes))} as {type_})"] * 3
            size = int(scalar_of(type_)[1:]) * lanes
            same = [t for t in self.types if t != type_ and t[0] in "iu" and int(scalar_of(t)[1:]) * lanes_of(t) == size]
            if same:
                makers.append(lambda: f"bitcast<{type_}>({e(self.r.choice(same))})")
        if lanes > 1:
            makers.append(lambda: f"({e()} * {e(scalar_of(type_))})")
        elif self.r.random() < 0.3:
            makers.append(lambda: f"dot({e(vector(type_, 3))}, {e(vector(type_, 3))})")
        return makers

    def u32_makers(self, scope, type_, lanes, e):
        return self.int_makers(scope, type_, lanes, e) + [lambda: f"({e(vector('i32', lanes))} as {type_})",
                                                          lambda: f"bitcast<{type_}>({e(vector('i32', lanes))})"]

    def i32_makers(self, scope, type_, lanes, e):
        return self.int_makers(scope, type_, lanes, e) + [lambda: f"({e(vector('u32', lanes))} as {type_})",
                                                          lambda: f"(-{e()})", lambda: f"sign({e()})"]

    def width_makers(self, scope, type_, lanes, e):
        signed = [lambda: f"(-{e()})", lambda: f"sign({e()})"] if type_[0] == "i" else []
        return self.int_makers(scope, type_, lanes, e) + signed

    def f32_makers(self, scope, type_, lanes, e):
        quarter = "f32x%d(0.25)" % lanes if lanes > 1 else "0.25"
        low, high = (f"{type_}(-256.0)", f"{type_}(256.0)") if lanes > 1 else ("-256.0", "256.0")

        def exact(text):  # back to a multiple of 1/4 of at most 256
            return f"clamp(floor({text} * 4.0) * {quarter}, {low}, {high})"
        makers = [lambda o=o: exact(f"({e()} {o} {e()})") for o in "+ - *".split()]
        makers += [lambda: exact(f"({e()} / {self.r.choice(['2.0', '4.0', '-0.5', '8.0'])})"),
                   lambda: exact(f"({e()} * {e()} + {e()})"), lambda: exact(f"fma({e()}, {e()}, {e()})")]
        makers += [lambda f=f: f"{f}({e()})" for f in ("abs", "floor", "ceil", "trunc", "round", "sign", "fract")]
        makers += [lambda f=f: f"{f}({e()}, {e()})" for f in ("min", "max")]
        makers += [lambda: f"clamp({e()}, {e()}, {e()})", lambda: f"(-{e()})",
                   lambda: exact(f"(({e(vector('i32', lanes))} % {'i32x%d(256)' % lanes if lanes > 1 else '256'}) "
                                 f"as {type_})"),
                   lambda: f"(({e(vector('u32', lanes))} & {'u32x%d(255)' % lanes if lanes > 1 else '255'}) as {type_})",
                   lambda: f"({e(vector('bool', lanes))} as {type_})"]
        return makers

    def bool_makers(self, scope, type_, lanes, e):
        def compare():
            scalar = self.r.choice(self.ints + ["f32"])
            operator = self.r.choice(["==", "!=", "<", "<=", ">", ">="])
            return f"({e(vector(scalar, lanes))} {operator} {e(vector(scalar, lanes))})"
        makers = [compare, compare, compare, lambda: f"(not {e()})", lambda: f"({e()} == {e()})"]
        makers += [lambda o=o: f"({e()} {o} {e()})" for o in "& | ^".split()]
        if lanes == 1:
            makers += [lambda: f"({e()} and {e()})", lambda: f"({e()} or {e()})",
                       lambda: f"all({e('boolx3')})", lambda: f"any({e('boolx2')})"]
        raw = vector("u32", lanes)
        makers += [lambda f=f: f"{f}(bitcast<{vector('f32', lanes)}>({e(raw)}))" for f in ("isnan", "isinf")]
        return makers

    # ---- statements

    def declare_literals(self, at):
        self.lines[at:at] = [f"    let {name}: {scalar} = {text};" for name, (scalar, text) in self.literals.items()]
        self.literals = {}

    def emit(self, level, text):
        self.lines.append("    " * level + text)

    def block(self, scope, level, budget, loops, result):
        """Statements; `result`: "value" in a proc, whose gives have one, "" in a kernel, which may store."""
        scope = list(scope)
        for _ in range(self.r.randrange(1, 5)):
            budget = self.statement(scope, level, budget, loops, result)
            if budget <= 0:
                break

    def condition(self, scope):
        return self.expr(scope, "bool", self.r.randrange(1, 3))

    def assign(self, scope, level):
        mutable = [(n, t) for n, t, m in scope if m]
        if not mutable:
            return
        name, type_ = self.r.choice(mutable)
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        kind = self.r.random()
        if lanes > 1 and kind < 0.3:
            picked = self.r.sample("xyzw"[:lanes], self.r.randrange(1, lanes + 1))
            self.emit(level, f"{name}.{''.join(picked)} = {self.expr(scope, vector(scalar, len(picked)), 2)};")
        elif lanes > 1 and kind < 0.5:
            self.emit(level, f"{name}[{self.expr(scope, 'u32', 1)} % {lanes + 1}] = {self.expr(scope, scalar, 2)};")
        elif scalar in self.ints and kind < 0.8:
            operator = self.r.choice(["+", "-", "*", "/", "%", "&", "|", "^"])
            self.emit(level, f"{name} {operator}= {self.expr(scope, type_, 2)};")
        else:
            self.emit(level, f"{'set ' if kind > 0.95 else ''}{name} = {self.expr(scope, type_, 3)};")

    def store(self, scope, level):
        """To a slot of this invocation alone, or to nowhere."""
        outs = [("outu", "u32"), ("outi", "i32"), ("outf", "f32"), ("outv", "i32x2")]
        if self.wide:
            outs += [("outd", "i8"), ("oute", "u16x3"), ("outg", "i64")]
        buffer, type_ = self.r.choice(outs)
        slot = f"i * 4 + {self.r.randrange(4)}"
        if self.r.random() < 0.15:
            slot = self.r.choice(["0xffffffff", "-1", f"0x80000000 + ({self.expr(scope, 'u32', 1)} >> 1)"])
        if buffer == "outv" and self.r.random() < 0.5:
            lane = self.r.choice([".x", ".y", f"[{self.expr(scope, 'u32', 1)} % 3]"])
            self.emit(level, f"outv[{slot}]{lane} {self.r.choice(['', '+', '^'])}= {self.expr(scope, 'i32', 2)};")
        elif type_ in self.ints and self.r.random() < 0.4:
            self.emit(level, f"{buffer}[{slot}] {self.r.choice(['+', '^', '*', '%'])}= {self.expr(scope, type_, 2)};")
        else:
            self.emit(level, f"{buffer}[{slot}] = {self.expr(scope, type_, 3)};")

    def statement(self, scope, level, budget, loops, result):
        kind = self.r.random()
        if kind < 0.25 or level > 5:
            type_, name = self.r.choice(self.types), self.name("n")
            mutable = self.r.random() < 0.6
            self.emit(level, f"let {'mut ' if mutable else ''}{name}: {type_} = {self.expr(scope, type_, 3)};")
            scope.append((name, type_, mutable))
        elif kind < 0.45:
            self.assign(scope, level)
        elif kind < 0.55 and result == "":
            self.store(scope, level)
        elif kind < 0.72:
            self.emit(level, f"if {self.condition(scope)} {{")
            self.block(scope, level + 1, budget - 1, loops, result)
            if self.r.random() < 0.3:
                self.emit(level, f"}} elif {self.condition(scope)} {{")
                self.block(scope, level + 1, budget - 1, loops, result)
            if self.r.random() < 0.5:
                self.emit(level, "} else {")
                self.block(scope, level + 1, budget - 1, loops, result)
            self.emit(level, "}")
            return budget - 1
        elif kind < 0.9 and loops < 3:
            self.loop(scope, level, budget, loops, result)
            return budget - 2
        elif kind < 0.96 and loops > 0:
            self.emit(level, f"if {self.condition(scope)} {{ {self.r.choice(['break', 'continue'])}; }}")
        else:
            self.give(scope, level, result)
        return budget

    def give(self, scope, level, result):
        value = " " + self.expr(scope, self.result, 2) if result == "value" else ""
        self.emit(level, f"if {self.condition(scope)} {{ give{value}; }}")

    def loop(self, scope, level, budget, loops, result):
        kind, name = self.r.randrange(4), self.name("k")
        inner = list(scope)
        if kind == 0:
            type_ = self.r.choice(["i32", "u32"])
            first = self.r.randrange(0, 3) - (2 if type_ == "i32" else 0)
            last = first + self.r.randrange(-1, 6)
            if type_ == "u32":
                last = max(last, 0)
            step = f" step {self.r.choice([1, 2, 3])}" if self.r.random() < 0.4 else ""
            self.emit(level, f"for {name} in {first}{type_}{self.r.choice(['..', '..='])}{last}{step} {{")
            inner.append((name, type_, False))
        elif kind == 1:  # near the ends of the type, where counters overflow
            last = self.r.choice(["2147483647", "2147483646"])
            self.emit(level, f"for {name} in 2147483643..={last} step {self.r.choice([1, 2, 3, 5])} {{")
            inner.append((name, "i32", False))
        else:
            self.emit(level, f"let mut {name}: u32 = 0;")
            if kind == 2:
                self.emit(level, f"while {name} < {self.r.randrange(1, 6)} and {self.condition(scope)} {{")
            else:
                self.emit(level, "loop {")
                self.emit(level + 1, f"if {name} >= {self.r.randrange(1, 6)} {{ break; }}")
            self.emit(level + 1, f"{name} += 1;")
            inner.append((name, "u32", False))
        self.block(inner, level + 1, budget - 1, loops + 1, result)
        self.emit(level, "}")

    # ---- the program

    def proc(self):
        name, params = self.name("f"), [self.r.choice(self.types) for _ in range(self.r.randrange(0, 4))]
        self.result = self.r.choice(self.types)
        scope = [(self.name("q"), t, False) for t in params]
        # procs see their parameters alone: the leaves that name buffers need them too
        shared = ("a: Buffer<u32>, b: Buffer<i32>, c: Buffer<f32>, v: Buffer<f32x4>, w: Buffer<u32x3>, "
                  "outu: Buffer<u32>, s: u32, t: i32, x: f32, p: u32x2")
        if self.wide:
            shared += ", d: Buffer<u8>, e: Buffer<i16>, g: Buffer<u64>, y: i64, z: u8"
        own = "".join(f", {n}: {t}" for n, t, _ in scope)
        self.emit(0, f"proc {name}({shared}{own}) -> {self.result} {{")
        start = len(self.lines)
        self.block(scope, 1, 4, 0, "value")
        self.emit(1, f"give {self.expr(scope, self.result, 2)};")
        self.declare_literals(start)
        self.emit(0, "}\n")
        return name, params, self.result

    def make(self):
        self.emit(0, "// a random program: tests/generate.py")
        for _ in range(self.r.randrange(0, 3)):
            self.procs.append(self.proc())  # it may call those before it
        size = self.r.choice(["", "#[workgroup(1)]\n", "#[workgroup(7)]\n", "#[workgroup(32)]\n",
                              "#[workgroup(8, 2)]\n"])
        self.emit(0, size + (KERNEL[:-1] + WIDE_PARAMS + ")" if self.wide else KERNEL) + " {")
        start = len(self.lines)
        self.emit(1, "if j > 0 { give; }" if "2" in size else "if i >= 1000 { give; }")
        scope = []
        for _ in range(3):
            type_, name = self.r.choice(self.types), self.name("m")
            self.emit(1, f"let mut {name}: {type_} = {self.expr(scope, type_, 2)};")
            scope.append((name, type_, True))
        for _ in range(self.r.randrange(3, 8)):
            self.statement(scope, 1, 6, 0, "")
        self.emit(1, f"outu[i * 4] ^= {self.expr(scope, 'u32', 3)};")
        self.emit(1, f"outi[i * 4 + 1] += {self.expr(scope, 'i32', 3)};")
        self.emit(1, f"outf[i * 4 + 2] = {self.expr(scope, 'f32', 3)};")
        if self.wide:
            self.emit(1, f"outd[i * 4] = {self.expr(scope, 'i8', 3)};")
            self.emit(1, f"oute[i * 4 + 1] = {self.expr(scope, 'u16x3', 3)};")
            self.emit(1, f"outg[i * 4 + 3] = {self.expr(scope, 'i64', 3)};")
        self.declare_literals(start)
        self.emit(0, "}")
        return "\n".join(self.lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first program")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--out", help="folder for SEED.vt; without it the program is printed")
    args = parser.parse_args()
    for seed in range(args.seed, args.seed + args.count):
        text = Program(seed).make()
        if args.out:
            pathlib.Path(args.out, f"{seed}.vt").write_text(text)
        else:
            print(text, end="")


if __name__ == "__main__":
    main()
