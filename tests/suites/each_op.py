"""IR for the suites `wgsl` and `opencl`: each op of ir/ops.def on each type that a target has, with operands that are read and
constants.

What a source never holds in such a form, because passes see it first, is here: the printer must not rely on them. A new op
without an example is a failure.
"""
import pathlib
import re

# constants of which a target's compiler would say that the result does not exist, or does not fit
EDGES = {"f32": ["3.4028235e38", "-1", "0", "1e-40"], "f16": ["65504", "-1", "0", "0.5"], "f64": ["1.7976931348623157e308", "-1", "0", "1e-310"],
         "bool": ["true", "false", "true", "true"]}
for width in (8, 16, 32, 64):
    EDGES[f"i{width}"] = [str(-2**(width - 1)), str(2**(width - 1) - 1), "-1", "7"]
    EDGES[f"u{width}"] = [str(2**width - 1), "1", str(width - 1), "7"]
SUFFIX = {"bool": ""}


class Types:
    """What a target has."""

    def __init__(self, ints, floats, atomics, bitcasts):
        self.ints, self.floats, self.atomics, self.bitcasts = ints, floats, atomics, bitcasts
        self.numbers = ints + floats
        self.scalars = [*self.numbers, "bool"]


def width_of(scalar):
    return int(scalar[1:])


def bitcasts_of_wgsl(scalar, lanes):
    if scalar == "f16":
        return [("u32", lanes // 2)] if lanes in (2, 4) else []
    return [(to, lanes) for to in ("i32", "u32", "f32") if to != scalar]


def bitcasts_of_equal_size(scalar, lanes):
    size = width_of(scalar) * lanes
    return [(to, size // width_of(to)) for to in EVERYTHING.numbers
            if to != scalar and size % width_of(to) == 0 and size // width_of(to) <= 4]


WGSL = Types(["i32", "u32"], ["f32", "f16"], ["i32", "u32", "f32"], bitcasts_of_wgsl)
EVERYTHING = Types([f"{sign}{width}" for width in (8, 16, 32, 64) for sign in "iu"], ["f16", "f32", "f64"],
                   ["i32", "u32", "i64", "u64", "f32"], bitcasts_of_equal_size)


def vector(scalar, lanes):
    return scalar if lanes == 1 else f"{scalar}x{lanes}"


def constant(scalar, lanes, n):
    numbers = [EDGES[scalar][(n + k) % 4] for k in range(lanes)]
    return numbers[0] + SUFFIX.get(scalar, scalar) if lanes == 1 else f"{scalar}x{lanes}({', '.join(numbers)})"


class Kernel:
    """One kernel: `get` reads values, or makes constants; `put` uses them."""

    def __init__(self, types, constants, operands):
        self.lines, self.count, self.types, self.constants, self.operands = [], 0, types, constants, operands

    def define(self, type_, text):
        self.count += 1
        self.lines.append(f"    %v{self.count}: {type_} = {text}")
        return f"%v{self.count}"

    def get(self, scalar, lanes=1):
        if self.constants:
            self.count += 1
            return constant(scalar, lanes, self.count)
        if scalar == "bool":
            number = self.get("u32", lanes)
            zero = "0u32" if lanes == 1 else f"u32x{lanes}({', '.join(['0'] * lanes)})"
            return self.define(vector("bool", lanes), f"ne {number}, {zero}")
        return self.define(vector(scalar, lanes), f"load.raw %{scalar}_{lanes}[1u32]")

    def put(self, scalar, lanes, value):
        if scalar == "bool":
            value = self.define(vector("u32", lanes), f"convert {value}")
            scalar = "u32"
        self.lines.append(f"    store.raw %{scalar}_{lanes}[0u32], {value}")


def one(kernel, op, rule, scalar, lanes):
    """The op on these types; False: it takes no such type."""
    of, put = kernel.get, kernel.put
    ints, floats, numbers = kernel.types.ints, kernel.types.floats, kernel.types.numbers
    type_ = vector(scalar, lanes)
    raw = ".raw" if op in {"shl", "shr", "extract_bits", "insert_bits"} or (op == "div" and scalar in ints) else ""

    def result(scalar_, lanes_, text):
        put(scalar_, lanes_, kernel.define(vector(scalar_, lanes_), text))
        return True

    same = {"SAME_SIGNED": [t for t in ints if t[0] == "i"] + floats, "SAME_NUMBER": numbers, "SAME_INT": ints, "SAME_FLOAT": floats, "SAME_BITS": ints + ["bool"]}
    if rule in same:
        if scalar not in same[rule] or (op == "rem" and scalar in floats):
            return False
        if op in {"div", "rem"} and scalar in ints:
            seven = "7" + scalar if lanes == 1 else f"{type_}({', '.join(['7'] * lanes)})"
            return result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {seven}")
        operands = {"fma": 3}.get(op, kernel.operands)
        return result(scalar, lanes, f"{op}{raw} {', '.join(of(scalar, lanes) for _ in range(operands))}")
    if rule == "SHIFT":
        most = str(width_of(scalar) - 1) if scalar != "bool" else ""
        count = most + "u32" if lanes == 1 else f"u32x{lanes}({', '.join([most] * lanes)})"
        return scalar in ints and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {count}")
    if rule == "EXTRACT_BITS":
        return scalar in ints and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, 3u32, {width_of(scalar) - 3}u32")
    if rule == "INSERT_BITS":
        return scalar in ints and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {of(scalar, lanes)}, 0u32, {width_of(scalar)}u32")
    if rule in {"COMPARE", "COMPARE_ANY"}:
        return (scalar != "bool" or rule == "COMPARE_ANY") and result("bool", lanes, f"{op} {of(scalar, lanes)}, {of(scalar, lanes)}")
    if rule == "SELECT":
        return result(scalar, lanes, f"{op} {of('bool', lanes)}, {of(scalar, lanes)}, {of(scalar, lanes)}")
    if rule == "REDUCE_BOOL":
        return scalar == "bool" and lanes > 1 and result("bool", 1, f"{op} {of(scalar, lanes)}")
    if rule == "FLOAT_TEST":
        return scalar in floats and result("bool", lanes, f"{op} {of(scalar, lanes)}")
    if rule == "CONVERT":
        for to in numbers:
            if to != scalar:
                small = f"{'3' + scalar if lanes == 1 else type_ + '(' + ', '.join(['3'] * lanes) + ')'}"
                value = small if kernel.constants and scalar != "bool" else of(scalar, lanes)
                result(to, lanes, f"{op}{'.raw' if scalar in floats and to in ints else ''} {value}")
        return True
    if rule == "BITCAST":
        return scalar != "bool" and all([result(*to, f"{op} {of(scalar, lanes)}") for to in kernel.types.bitcasts(scalar, lanes)])
    if rule == "DOT":
        return scalar in floats and lanes > 1 and result(scalar, 1, f"{op} {of(scalar, lanes)}, {of(scalar, lanes)}")
    if rule == "CONSTRUCT":
        return lanes > 1 and result(scalar, lanes, f"{op} {', '.join(of(scalar) for _ in range(lanes))}")
    if rule == "EXTRACT":
        return lanes > 1 and result(scalar, 1, f"{op} {of(scalar, lanes)}, {lanes - 1}")
    if rule == "INSERT":
        return lanes > 1 and result(scalar, lanes, f"{op} {of(scalar, lanes)}, {of(scalar)}, {lanes - 1}")
    if rule == "EXTRACT_AT":
        return lanes > 1 and result(scalar, 1, f"{op}.raw {of(scalar, lanes)}, 1u32")
    if rule == "INSERT_AT":
        return lanes > 1 and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {of(scalar)}, 1u32")
    if rule == "SWIZZLE":
        return lanes > 1 and result(scalar, 3, f"{op} {of(scalar, lanes)}, 1, 0, 1")
    if rule == "LANE":
        lane = "200u32" if kernel.constants else "%n"
        return scalar in numbers and result(scalar, lanes, f"{op} {of(scalar, lanes)}, {lane}")
    if rule in {"VOTE", "BALLOT"}:
        return (scalar, lanes) == ("bool", 1) and (result("bool", 1, f"{op} {of('bool')}") if rule == "VOTE"
                                                   else result("u32", 4, f"{op} {of('bool')}"))
    if rule == "ELECT":
        return result("bool", 1, op)
    if rule in {"LOAD_WIDE", "STORE_WIDE"}:
        if lanes not in {2, 4} or scalar not in numbers or width_of(scalar) != 32:
            return False
        place = f"%{scalar}_1[{'4u32' if kernel.constants else '%wide'}]"
        first = "    %wide: u32 = shl.raw %n, 2u32"
        if not kernel.constants and first not in kernel.lines:
            kernel.lines.append(first)
        if rule == "LOAD_WIDE":
            return result(scalar, lanes, f"{op} {place}")
        kernel.lines.append(f"    {op} {place}, {of(scalar, lanes)}")
        return True
    if rule == "NOTHING":
        kernel.lines.append(f"    {op}")
        return True
    if rule.startswith("ATOMIC"):
        takes_float = rule in {"ATOMIC_LOAD", "ATOMIC_STORE", "ATOMIC_SWAP"} or op == "atomic_exchange"
        allowed = [t for t in kernel.types.atomics if t in ints or takes_float]
        if lanes > 1 or scalar not in allowed:
            return False
        values = {"ATOMIC_LOAD": 0, "ATOMIC_SWAP": 2}.get(rule, 1)
        for place in (f"%atomic_{scalar}[0u32]", f"%shared_{scalar}[1u32]"):
            text = f"{op}.raw " + ", ".join([place] + [of(scalar) for _ in range(values)])
            if rule == "ATOMIC_STORE":
                kernel.lines.append("    " + text)
            else:
                result(scalar, 1, text)
        return True
    return None


# what the kernels of the tests and of this file hold anyway, or a target lacks (tests/errors/target_lacks_*.vt)
ELSEWHERE = {"var", "load", "store", "len", "builtin", "shared", "ref", "spec", "call", "if", "loop", "yield", "break", "continue",
             "next", "ret", "unreachable", "subgroup_barrier", "print", "assert"}


def ops():
    """(text, operands, rule) of each."""
    table = pathlib.Path("ir/ops.def").read_text()
    return re.findall(r'^OP\(\s*\d+,\s*\w+,\s*"(\w+)",\s*(\w+),\s*(\w+),', table, re.M)


def modules(types):
    """(name, IR text) of a kernel for each op, and the ops that have no example."""
    params = [f"%{scalar}_{lanes}: buffer<{vector(scalar, lanes)}>" for scalar in types.numbers for lanes in (1, 2, 3, 4)]
    params += [f"%atomic_{scalar}: buffer<atomic<{scalar}>>" for scalar in types.atomics]
    params.append("%n: u32")
    texts, without = [], []
    for op, operands, rule in ops():
        if op in ELSEWHERE:
            continue
        done = False
        for constants in (False, True):
            kernel = Kernel(types, constants, int(operands) if operands != "ANY" else 0)
            for scalar in types.atomics:
                kernel.lines.append(f"    %shared_{scalar}: shared<array<atomic<{scalar}>, 4>> = shared")
            for scalar in types.scalars:
                for lanes in (1, 2, 3, 4):
                    done |= bool(one(kernel, op, rule, scalar, lanes))
            body = "\n".join(kernel.lines)
            texts.append((f"{op}-{'constants' if constants else 'values'}",
                          f"kernel @k({', '.join(params)}) workgroup(64, 1, 1) {{\n{body}\n    ret\n}}\n"))
        if not done:
            without.append(op)
    return texts, without
