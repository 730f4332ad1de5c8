"""Random expressions, from tables of what there is for each type.

In the tables, `@T` is an expression of the wanted type and `$T` that type's name. So are, of as many lanes: S its scalar (one
lane), B bool, U u32, I i32, F f32, N any integer, X any float, C any type but bool. Of one lane: b bool, u u32,
i i32. V2, V3, V4 are vectors of its scalar.
"""
import re

from .types import EDGES, EXACT, MATRIX, element_of, is_float, is_int, is_matrix, lanes_of, scalar_of, vector

ANY = ["(@b ? @T : @T)", "(if @b { @T } else { @T })", "(if @b { @T } elif @b { @T } else { @T })"]
VALUES = ["select(@T, @T, @b)"]
VECTORS = ["select(@T, @T, @B)"]
NUMBERS = ["min(@T, @T)", "max(@T, @T)", "clamp(@T, @T, @T)", "abs(@T)"]
SIGNED = ["(-@T)", "sign(@T)"]
INTS = ["(@T + @T)", "(@T - @T)", "(@T * @T)", "(@T / @T)", "(@T % @T)", "(@T & @T)", "(@T | @T)", "(@T ^ @T)", "(@T << @N)",
        "(@T >> @N)", "popcount(@T)", "clz(@T)", "ctz(@T)", "reverse_bits(@T)", "~@T", "(@B as $T)", "(@X as $T)", "(@N as $T)",
        "extract_bits(@T, @u % 40, @u % 40)", "insert_bits(@T, @T, @u % 40, @u % 40)", "(bitcast<$F>(@U) as $T)"]
INT_VECTORS = ["(@T * @S)", "(@S + @T)"]
INT_SCALARS = ["dot(@V2, @V2)", "dot(@V3, @V3)"]
U32 = ["bitcast<$T>(@I)", "(@I as $T)"]
U32_SCALAR = ["dot4_u8(@u, @u)", "pack_unorm4x8(saturate(floor(@f4)))", "pack_snorm4x8(clamp(trunc(@f4), f32x4(-1.0), f32x4(1.0)))",
              "pack_half2x16(abs(@f2))"]
I32 = ["bitcast<$T>(@U)", "(@U as $T)"]
I32_SCALAR = ["dot4_i8(@u, @u)"]
# exact as they are
FLOATS = ["floor(@T)", "ceil(@T)", "trunc(@T)", "round(@T)", "fract(@T)", "step(@T, @T)", "saturate(@T)", "(@B as $T)"]
# to be brought back to multiples of 1 / scale
ROUGH = ["(@T + @T)", "(@T - @T)", "(@T * @T)", "(@T * @T + @T)", "fma(@T, @T, @T)", "(@T / 2.0)", "(@T / -0.5)", "(@T % 4.0)",
         "mix(@T, @T, saturate(@T))", "(@X as $T)"]
ROUGH_VECTORS = ["(@T * @S)", "(@S - @T)"]
ROUGH_SCALARS = ["dot(@V2, @V2)", "dot(@V4, @V4)"]
ROUGH_TRIPLES = ["cross(@T, @T)"]
UNPACKED = {"f32x4": ["floor(unpack_unorm4x8(@u) * 255.0 + 0.5)", "floor(unpack_snorm4x8(@u) * 127.0 + 0.5)"],
            "f32x2": ["unpack_half2x16(@u & 0x7bff7bff)"]}
BOOLS = ["(not @T)", "(@T == @T)", "(@T & @T)", "(@T | @T)", "(@T ^ @T)", "(@C == @C)", "(@C != @C)", "(@C < @C)", "(@C <= @C)",
         "(@C > @C)", "(@C >= @C)", "(@C < @C)", "isnan(bitcast<$F>(@U))", "isinf(bitcast<$F>(@U))"]
BOOL_SCALARS = ["(@b and @b)", "(@b or @b)", "(@b && not @b)", "all(@B3)", "any(@B2)"]
MATRICES = ["(@T + @T)", "(@T - @T)", "(-@T)", "(@T * @s)", "(@s * @T)"]

# leaves that differ between invocations, and those that are the same in a workgroup
OWN = {"u32": ["i", "me", "local_index", "local_id.x", "global_id.y"], "i32": ["(i as i32)"]}
UNIFORM = {"u32": ["group_id.x", "group_size.x", "group_count.x"]}


class Expressions:
    """Needs of the program: r, types, procs, name(), literal(), uniform, in_kernel."""

    def leaf(self, scope, type_):
        found = self.place(scope, type_) if self.r.random() < 0.8 else None
        if found:
            return found
        if self.types.is_composite(type_):
            return self.construct(scope, type_, -1)
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        if lanes > 1:
            if self.r.random() < 0.4:
                return f"{type_}({self.leaf(scope, scalar)})"
            return f"{type_}({', '.join(self.leaf(scope, scalar) for _ in range(lanes))})"
        choices = [self.r.choice(EDGES[scalar]), self.random_literal(scalar)]
        own = UNIFORM.get(scalar, []) + ([] if self.uniform else OWN.get(scalar, []))
        if self.in_kernel and own and self.r.random() < 0.5:
            return self.r.choice(own)
        return self.literal(scalar, self.r.choice(choices))

    def random_literal(self, scalar):
        if scalar == "bool":
            return self.r.choice(["true", "false"])
        if is_float(scalar):
            scale, bound = EXACT[scalar]
            return f"{self.r.randrange(-bound * scale, bound * scale + 1) / scale:.2f}"
        bits = int(scalar[1:])
        low = -2**(bits - 1) if scalar[0] == "i" else 0
        return str(self.r.randrange(low, low + 2**bits) >> self.r.choice([0, 0, bits // 2]))

    def place(self, scope, type_, mutable=False):
        """The text of a place of that type, or None."""
        found = [(var, text) for var in scope if var.mutable >= mutable and var.uniform >= self.uniform
                 for text in self.types.places(var.type).get(type_, ())]
        if not found:
            return None
        var, text = self.r.choice(found)
        return self.indexed(scope, var.name + text)

    def indexed(self, scope, place):
        """Indices for its markers: `[#4]` may be outside, `<4>` may not."""
        place = re.sub(r"\[#(\d*)\]", lambda m: f"[{self.index(scope, int(m[1] or 0))}]", place)
        return re.sub(r"<(\w+)>", lambda m: f"({self.small(scope)} % {m[1]})", place)

    def small(self, scope):
        return self.place([v for v in scope if "#" not in v.name and "<" not in v.name and v.type == "u32"], "u32") or \
            self.leaf([], "u32")

    def index(self, scope, length):
        kind = self.r.random()
        if kind < 0.4:
            return str(self.r.randrange(length or 20))
        type_ = self.r.choice(self.types.ints)
        simple = [v for v in scope if v.type == type_ and "[" not in v.name and v.uniform >= self.uniform]
        if simple and kind < 0.75:
            return f"{self.r.choice(simple).name} % {(length or 19) + 1}"
        if simple and kind < 0.85 and length > 0:
            return self.r.choice(simple).name
        if simple and kind < 0.85 and self.in_kernel and not self.uniform:  # no constant: SwiftShader crashes at far ones
            return f"({self.r.choice(simple).name} ^ (i as {type_}))"
        if length == 0 and kind < 0.9:
            return self.r.choice(["0x80000000", "0xffffffff", "-1", "(0 - 1)"])
        if self.in_kernel and not self.uniform:
            return self.r.choice(["i", "local_index", f"(i + {self.r.randrange(9)})", "(local_index / 2)", "(2 - i as i32)"])
        return self.literal("u32", str(self.r.randrange(length or 20)), reuse=0)

    # ---- the tables' language

    def fill(self, scope, template, type_, depth):
        scalar, lanes = scalar_of(type_), 1 if self.types.is_composite(type_) else lanes_of(type_)
        fixed = {"T": type_, "S": scalar, "b": "bool", "u": "u32", "i": "i32", "s": scalar, "f4": "f32x4", "f2": "f32x2",
                 "B2": "boolx2", "B3": "boolx3"}
        same = {"B": "bool", "U": "u32", "I": "i32", "F": "f32", "N": self.r.choice(self.types.ints),
                "X": self.r.choice(self.types.floats), "C": self.r.choice(self.types.ints + self.types.floats)}

        def put(found):
            symbol = found[2]
            wanted = fixed[symbol] if symbol in fixed else \
                vector(scalar, int(symbol[1])) if symbol[0] == "V" else vector(same[symbol], lanes)
            return wanted if found[1] == "$" else self.expr(scope, wanted, depth - 1)
        return re.sub(r"([@$])(V[234]|f[24]|B[23]|[TSBUIFNXCbuis])", put, template)

    def exact(self, text, type_):
        scale, bound = EXACT[scalar_of(type_)]
        if lanes_of(type_) > 1:
            return (f"clamp(floor({text} * {scale}.0) * {type_}({1 / scale}), {type_}(-{bound}.0), {type_}({bound}.0))")
        return f"clamp(floor({text} * {scale}.0) * {1 / scale}, -{bound}.0, {bound}.0)"

    def expr(self, scope, type_, depth):
        self.fuel -= 1
        if depth <= 0 or self.fuel < 0:
            return self.leaf(scope, type_)
        if self.r.random() < 0.12:
            called = self.call(scope, type_, depth)
            if called:
                return called
        if self.types.is_composite(type_):
            return self.composite(scope, type_, depth)
        if self.r.random() < 0.2:
            return self.leaf(scope, type_)
        return self.value(scope, type_, depth)

    def value(self, scope, type_, depth):
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        tables, rough = [ANY + VALUES], []
        if lanes > 1:
            tables.append(VECTORS)
            if self.r.random() < 0.3:
                return self.r.choice([self.swizzle, self.construct])(scope, type_, depth)
        elif self.r.random() < 0.06:
            return self.lane(scope, scalar, depth)
        elif self.r.random() < 0.06:
            return self.block_expression(scope, type_, depth)
        if scalar == "bool":
            tables += [BOOLS, BOOLS] + ([BOOL_SCALARS] if lanes == 1 else [])
        else:
            tables += [NUMBERS] + ([SIGNED] if scalar[0] != "u" else [])
        if is_int(scalar):
            tables += [INTS, INTS, INT_VECTORS if lanes > 1 else INT_SCALARS]
            tables += [{"u32": U32, "i32": I32}.get(scalar, [])]
            tables += [{"u32": U32_SCALAR, "i32": I32_SCALAR}.get(type_, [])]
            if self.r.random() < 0.06:
                return self.bits_of_another(scope, type_, depth)
            if self.r.random() < 0.1:
                return f"({self.expr(scope, type_, depth - 1)} {self.r.choice('+-*&|^')} {self.small_literal(type_)})"
        elif is_float(scalar):
            rough = ROUGH * 2 + (ROUGH_VECTORS if lanes > 1 else ROUGH_SCALARS) + (ROUGH_TRIPLES if lanes == 3 else []) + \
                UNPACKED.get(type_, []) * 3
            tables += [FLOATS, rough]
            if self.r.random() < 0.15:
                return self.of_integer_or_matrix(scope, type_, depth)
        chosen = self.r.choice(self.r.choice([t for t in tables if t]))
        text = self.fill(scope, chosen, type_, depth)
        return self.exact(text, type_) if chosen in rough else text

    def small_literal(self, type_):
        """Written in place; the other operand is no constant, so that nothing is folded before it runs."""
        text = f"{self.r.randrange(1, 100)}{scalar_of(type_)}"
        return text if lanes_of(type_) == 1 else f"{type_}({text})"

    def swizzle(self, scope, type_, depth):
        source = vector(scalar_of(type_), self.r.randrange(2, 5))
        names = self.r.choice(["xyzw", "xyzw", "rgba"])
        picked = "".join(self.r.choice(names[:lanes_of(source)]) for _ in range(lanes_of(type_)))
        return f"({self.expr(scope, source, depth - 1)}).{picked}"

    def lane(self, scope, scalar, depth):
        wide = vector(scalar, self.r.randrange(2, 5))
        text = self.expr(scope, wide, depth - 1)
        if self.r.random() < 0.5:
            return f"({text}).{self.r.choice('xyzw'[:lanes_of(wide)])}"
        return f"({text})[{self.expr(scope, 'u32', depth - 1)} % {lanes_of(wide) + 1}]"

    def block_expression(self, scope, type_, depth):
        """Statements before the value of an if-expression."""
        name = self.name("n")
        condition, first = self.expr(scope, "bool", depth - 1), self.expr(scope, type_, depth - 1)
        inner = [*scope, self.var(name, type_, uniform=self.uniform)]
        return (f"(if {condition} {{ let {name}: {type_} = {first}; {self.expr(inner, type_, depth - 1)} }} "
                f"else {{ {self.expr(scope, type_, depth - 1)} }})")

    def bits_of_another(self, scope, type_, depth):
        size = int(scalar_of(type_)[1:]) * lanes_of(type_)
        same = [t for t in self.types.values if t != type_ and is_int(t) and int(scalar_of(t)[1:]) * lanes_of(t) == size]
        return f"bitcast<{type_}>({self.expr(scope, self.r.choice(same or [type_]), depth - 1)})"

    def of_integer_or_matrix(self, scope, type_, depth):
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        if self.r.random() < 0.5:
            source = vector(self.r.choice(self.types.ints), lanes)
            bound = {"f16": 8}.get(scalar, 100)
            of = f"{source}({bound})" if lanes > 1 else bound
            return f"(({self.expr(scope, source, depth - 1)} % {of}) as {type_})"
        if lanes == 1:
            side = self.r.randrange(2, 4 if scalar == "f16" else 5)
            matrix = f"{scalar}x{side}x{side}"
            return self.exact(f"determinant({self.helper('whole', matrix)}({self.expr(scope, matrix, depth - 1)}))", type_)
        other = self.r.randrange(2, 5)
        if self.r.random() < 0.5:
            matrix, text = f"{scalar}x{other}x{lanes}", "{m} * {v}"
        else:
            matrix, text = f"{scalar}x{lanes}x{other}", "{v} * {m}"
        return self.exact("(" + text.format(m=self.expr(scope, matrix, depth - 1),
                                            v=self.expr(scope, vector(scalar, other), depth - 1)) + ")", type_)

    # ---- matrices, arrays and forms

    def composite(self, scope, type_, depth):
        kind = self.r.random()
        if kind < 0.35:
            found = self.place(scope, type_)
            if found:
                return found
        if is_matrix(type_) and kind < 0.8:
            return self.matrix(scope, type_, depth)
        if kind < 0.5 and self.types.words(type_) <= 16:
            return self.fill(scope, self.r.choice(ANY), type_, depth)
        return self.construct(scope, type_, depth)

    def construct(self, scope, type_, depth):
        """From its parts. depth -1: of the simplest ones, and values before they are made anew."""
        of = (lambda t: self.leaf(scope, t)) if depth < 0 else (lambda t: self.expr(scope, t, depth - 1))
        if type_[0] == "[":
            inner, length = element_of(type_)
            if self.r.random() < 0.4 or self.types.words(type_) > 12:
                return f"[{of(inner)}; {length}]"
            return f"[{', '.join(of(inner) for _ in range(length))}]"
        if type_ in self.types.forms:
            fields = [f"{name}: {of(inner)}" for name, inner in self.types.forms[type_]]
            if self.r.random() < 0.2:
                self.r.shuffle(fields)
            return f"({self.types.heads[type_]} {{ {', '.join(fields)} }})"
        if is_matrix(type_):
            scalar, columns, rows = MATRIX.fullmatch(type_).groups()
            if depth < 0 or self.r.random() < 0.6:
                return f"{type_}({', '.join(of(vector(scalar, int(rows))) for _ in range(int(columns)))})"
            return f"{type_}({', '.join(of(scalar) for _ in range(int(columns) * int(rows)))})"
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        parts = []
        while lanes > 0:
            part = self.r.randrange(1, min(lanes, 3) + 1)
            parts.append(of(vector(scalar, part)))
            lanes -= part
        if len(parts) == 1:  # that would be a conversion
            return parts[0]
        return f"{type_}({', '.join(parts)})"

    def matrix(self, scope, type_, depth):
        scalar, columns, rows = MATRIX.fullmatch(type_).groups()
        kind = self.r.random()
        e = lambda c, r: self.expr(scope, f"{scalar}x{c}x{r}", depth - 1)  # noqa: E731
        if kind < 0.2:
            return f"transpose({e(rows, columns)})"
        if kind < 0.5:
            between = self.r.randrange(2, 5)
            text = f"({e(between, rows)} * {e(columns, between)})"
        else:
            text = self.fill(scope, self.r.choice(MATRICES), type_, depth)
        return f"{self.helper('exact', type_)}({text})"

    def helper(self, what, matrix):
        """A proc that brings every column back to what is exact: multiples of 1 / scale, or small whole numbers."""
        scalar, columns, rows = MATRIX.fullmatch(matrix).groups()
        name, column = f"{what}_{matrix}", vector(scalar, int(rows))
        bound = {"f16": 4}.get(scalar, 8)
        of = {"exact": lambda text: self.exact(text, column),
              "whole": lambda text: f"clamp(floor({text}), {column}(-{bound}.0), {column}({bound}.0))"}[what]
        give = f"{matrix}({', '.join(of(f'm[{c}]') for c in range(int(columns)))})"
        self.helpers[name] = f"proc {name}(m: {matrix}) -> {matrix} {{ give {give}; }}"
        return name
