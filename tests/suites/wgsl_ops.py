"""IR for the suite `wgsl`: each op of ir/ops.def on each type that WGSL has, with operands that are read and constants.

What a source never holds in such a form, because passes see it first, is here: the printer must not rely on them. A new op
without an example is a failure.
"""
import pathlib
import re

SCALARS = ["i32", "u32", "f32", "f16", "bool"]
NUMBERS, INTS, FLOATS = SCALARS[:4], SCALARS[:2], SCALARS[2:4]
# constants of which WGSL's compiler would say that the result does not exist, or does not fit
EDGES = {"i32": ["-2147483648", "2147483647", "-1", "7"], "u32": ["4294967295", "1", "31", "7"], "f32": ["3.4028235e38", "-1", "0", "1e-40"],
         "f16": ["65504", "-1", "0", "0.5"], "bool": ["true", "false", "true", "true"]}
SUFFIX = {"bool": ""}


def vector(scalar, lanes):
    return scalar if lanes == 1 else f"{scalar}x{lanes}"


def constant(scalar, lanes, n):
    numbers = [EDGES[scalar][(n + k) % 4] for k in range(lanes)]
    return numbers[0] + SUFFIX.get(scalar, scalar) if lanes == 1 else f"{scalar}x{lanes}({', '.join(numbers)})"


class Kernel:
    """One kernel: `get` reads values, or makes constants; `put` uses them."""

    def __init__(self, constants):
        self.lines, self.count, self.constants = [], 0, constants

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
    type_ = vector(scalar, lanes)
    raw = ".raw" if op in {"shl", "shr", "extract_bits", "insert_bits"} or (op == "div" and scalar in INTS) else ""

    def result(scalar_, lanes_, text):
        put(scalar_, lanes_, kernel.define(vector(scalar_, lanes_), text))
        return True

    same = {"SAME_SIGNED": ["i32"] + FLOATS, "SAME_NUMBER": NUMBERS, "SAME_INT": INTS, "SAME_FLOAT": FLOATS, "SAME_BITS": INTS + ["bool"]}
    if rule in same:
        if scalar not in same[rule] or (op == "rem" and scalar in FLOATS):
            return False
        if op in {"div", "rem"} and scalar in INTS:
            seven = "7" + scalar if lanes == 1 else f"{type_}({', '.join(['7'] * lanes)})"
            return result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {seven}")
        operands = {"fma": 3}.get(op, kernel.operands)
        return result(scalar, lanes, f"{op}{raw} {', '.join(of(scalar, lanes) for _ in range(operands))}")
    if rule == "SHIFT":
        count = "31u32" if lanes == 1 else f"u32x{lanes}({', '.join(['31'] * lanes)})"
        return scalar in INTS and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {count}")
    if rule == "EXTRACT_BITS":
        return scalar in INTS and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, 3u32, 29u32")
    if rule == "INSERT_BITS":
        return scalar in INTS and result(scalar, lanes, f"{op}.raw {of(scalar, lanes)}, {of(scalar, lanes)}, 0u32, 32u32")
    if rule in {"COMPARE", "COMPARE_ANY"}:
        return (scalar != "bool" or rule == "COMPARE_ANY") and result("bool", lanes, f"{op} {of(scalar, lanes)}, {of(scalar, lanes)}")
    if rule == "SELECT":
        return result(scalar, lanes, f"{op} {of('bool', lanes)}, {of(scalar, lanes)}, {of(scalar, lanes)}")
    if rule == "REDUCE_BOOL":
        return scalar == "bool" and lanes > 1 and result("bool", 1, f"{op} {of(scalar, lanes)}")
    if rule == "FLOAT_TEST":
        return scalar in FLOATS and result("bool", lanes, f"{op} {of(scalar, lanes)}")
    if rule == "CONVERT":
        for to in NUMBERS:
            if to != scalar:
                small = f"{'3' + scalar if lanes == 1 else type_ + '(' + ', '.join(['3'] * lanes) + ')'}"
                value = small if kernel.constants and scalar != "bool" else of(scalar, lanes)
                result(to, lanes, f"{op}{'.raw' if scalar in FLOATS and to in INTS else ''} {value}")
        return True
    if rule == "BITCAST":
        if scalar == "f16":
            return lanes in (2, 4) and result("u32", lanes // 2, f"{op} {of('f16', lanes)}")
        return scalar != "bool" and all([result(to, lanes, f"{op} {of(scalar, lanes)}") for to in SCALARS[:3] if to != scalar])
    if rule == "DOT":
        return scalar in FLOATS and lanes > 1 and result(scalar, 1, f"{op} {of(scalar, lanes)}, {of(scalar, lanes)}")
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
        return scalar in NUMBERS and result(scalar, lanes, f"{op} {of(scalar, lanes)}, {lane}")
    if rule in {"VOTE", "BALLOT"}:
        return (scalar, lanes) == ("bool", 1) and (result("bool", 1, f"{op} {of('bool')}") if rule == "VOTE"
                                                   else result("u32", 4, f"{op} {of('bool')}"))
    if rule == "ELECT":
        return result("bool", 1, op)
    if rule == "NOTHING":
        kernel.lines.append(f"    {op}")
        return True
    if rule.startswith("ATOMIC"):
        allowed = INTS + (["f32"] if rule in {"ATOMIC_LOAD", "ATOMIC_STORE", "ATOMIC_SWAP"} or op == "atomic_exchange" else [])
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


# what the kernels of the tests and of this file hold anyway, or WGSL lacks (tests/errors/target_lacks_wgsl.vt)
ELSEWHERE = {"var", "load", "store", "len", "builtin", "shared", "ref", "spec", "call", "if", "loop", "yield", "break", "continue",
             "next", "ret", "unreachable", "subgroup_barrier", "print", "assert"}


def ops():
    """(text, operands, rule) of each."""
    table = pathlib.Path("ir/ops.def").read_text()
    return re.findall(r'^OP\(\s*\d+,\s*\w+,\s*"(\w+)",\s*(\w+),\s*(\w+),', table, re.M)


def modules():
    """(name, IR text) of a kernel for each op, and the ops that have no example."""
    params = [f"%{scalar}_{lanes}: buffer<{vector(scalar, lanes)}>" for scalar in NUMBERS for lanes in (1, 2, 3, 4)]
    params += [f"%atomic_{scalar}: buffer<atomic<{scalar}>>" for scalar in INTS + ["f32"]]
    params.append("%n: u32")
    texts, without = [], []
    for op, operands, rule in ops():
        if op in ELSEWHERE:
            continue
        done = False
        for constants in (False, True):
            kernel = Kernel(constants)
            kernel.operands = int(operands) if operands != "ANY" else 0
            for scalar in INTS + ["f32"]:
                kernel.lines.append(f"    %shared_{scalar}: shared<array<atomic<{scalar}>, 4>> = shared")
            for scalar in SCALARS:
                for lanes in (1, 2, 3, 4):
                    done |= bool(one(kernel, op, rule, scalar, lanes))
            body = "\n".join(kernel.lines)
            texts.append((f"{op}-{'constants' if constants else 'values'}",
                          f"kernel @k({', '.join(params)}) workgroup(64, 1, 1) {{\n{body}\n    ret\n}}\n"))
        if not done:
            without.append(op)
    return texts, without
