"""Procs of a random program: those it makes, generic ones from a table, and calls of both."""
from dataclasses import dataclass, field

from .types import element_of, is_matrix, scalar_of


@dataclass(eq=False)
class Var:
    """What an expression may name. `name` may hold markers as places do, and `<4>`: an index below 4."""
    name: str
    type: str
    mutable: bool = False
    uniform: bool = False
    slots: tuple = None  # (buffer, base): it is buffer[base + <4>], which a proc may be given whole


@dataclass
class Proc:
    name: str
    params: list = field(default_factory=list)  # (kind, type): value, mut, buffer or slots
    result: str = ""


# name: (declaration, for which types, call). In calls `&` is a place of the type, and the rest as in the tables of expressions.
GENERICS = {
    "top": ("proc top[T](a: T, b: T) -> T { give a > b ? a : b; }", "number", "top(@T, @T)"),
    "either": ("proc either[T](a: T, b: T, first: bool) -> T { if first { give a; } give b; }", "any", "either(@T, @T, @b)"),
    "sum_of": ("proc sum_of[T, const N: u32](xs: [T; N]) -> T {\n    let mut sum = xs[0];\n"
               "    for k in 1..N { sum ^= xs[k]; }\n    give sum;\n}", "int", "sum_of([@T, @T, @T])"),
    "element": ("proc element[T, const N: u32](xs: [T; N], k: u32) -> T { give xs[k]; }", "any", "element([@T, @T], @u)"),
    "turned": ("proc turned[T, const N: u32](xs: [T; N], by: u32) -> [T; N] {\n    let mut to = xs;\n"
               "    for k in 0..N { to[(k + by % N) % N] = xs[k]; }\n    give to;\n}", "array", "turned(@T, @u)"),
    "exchange": ("proc exchange[T](place: &mut T, x: T) -> T {\n    let old = *place;\n    *place = x;\n    give old;\n}", "any",
                 "exchange(&mut &, @T)"),
}


def fits(what, type_, types):
    return {"any": True, "array": type_[0] == "[", "int": type_ in types.ints,
            "number": not types.is_composite(type_) and type_ == scalar_of(type_) and type_ != "bool"}[what]


class Calls:
    """Needs of the program: r, types, procs, fuel, uniform; expressions and statements."""

    def call(self, scope, type_, depth):
        """A call that gives this type, or None."""
        found = [p for p in self.procs if p.result == type_]
        if found and self.r.random() < 0.75:
            return self.call_of(scope, self.r.choice(found), depth)
        generic = [g for g, row in GENERICS.items() if fits(row[1], type_, self.types)]
        return self.generic_call(scope, self.r.choice(generic), type_, depth)

    def generic_call(self, scope, name, type_, depth):
        declaration, _, template = GENERICS[name]
        if "&mut" in template:
            place = None if self.uniform else self.place(scope, type_, mutable=True)
            if place is None:
                return None
            template = template.replace("&mut &", "&mut " + place)
        self.helpers[name] = declaration
        if self.types.is_composite(type_):
            self.fuel -= 5
        return self.fill(scope, template, type_, min(depth, 2))

    def call_of(self, scope, proc, depth):
        """None where it wants a place or a buffer that there is not."""
        used, args = [], []
        for kind, type_ in proc.params:
            if kind == "value":
                args.append(self.expr(scope, type_, min(depth - 1, 2)))
                continue
            if self.uniform:
                return None
            if kind == "mut":
                free = [v for v in scope if v not in used and v.mutable and type_ in self.types.places(v.type)]
                if not free:
                    return None
                used.append(self.r.choice(free))
                args.append("&mut " + self.place(used[-1:], type_, mutable=True))
            elif kind == "buffer":
                found = [v.name for v in scope if v.type == type_]
                if not found:
                    return None
                args.append(self.r.choice(found))
            else:
                found = [v for v in scope if v.slots and v.type == type_]
                if not found:
                    return None
                args += self.r.choice(found).slots
        return f"{proc.name}({', '.join(args)})"

    def make_proc(self, kinds, result):
        """Writes a proc down. It may call those before it."""
        proc, scope, texts = Proc(self.name("proc_"), [], result), [], []
        for kind in kinds:
            name, type_ = self.name("q"), self.types.any_type()
            if kind == "value":
                scope.append(Var(name, type_))
            elif kind == "mut":
                scope.append(Var(f"(*{name})", type_, mutable=True))
                texts.append(f"{name}: &mut {type_}")
            elif kind == "buffer":
                type_ = self.r.choice([v.type for v in self.inputs] or ["Buffer<u32>"])
                scope.append(Var(name, type_))
            else:
                type_, base = self.r.choice(self.outputs).type, self.name("q")
                scope.append(Var(f"{name}[{base} + <4>]", type_, mutable=True, slots=(name, base)))
                texts.append(f"{name}: Buffer<{type_}>, {base}: u32")
            if kind in ("value", "buffer"):
                texts.append(f"{name}: {type_}")
            proc.params.append((kind, type_))
        values_alone = all(kind == "value" for kind in kinds)
        if values_alone and self.r.random() < 0.5:
            self.emit(0, "#[noinline]")
        elif self.r.random() < 0.1:
            self.emit(0, "#[precise]")
        self.emit(0, f"proc {proc.name}({', '.join(texts)}){' -> ' + result if result else ''} {{")
        self.function_body(scope, result, lambda: self.proc_body(scope, result))
        self.emit(0, "}\n")
        return proc

    def proc_body(self, scope, result):
        for _ in range(self.r.randrange(1, 4)):
            self.statement(scope, 1)
        if result:
            self.fuel = 25
            self.emit(1, f"give {self.expr(scope, result, 2)};")
        elif scope:
            self.assign(scope, 1)

    def make_constant(self):
        """A constant that a proc computes; the kernel compares it with the same call at run time."""
        pure = [p for p in self.procs if p.result and all(k == "value" and not self.types.is_composite(t)
                                                          for k, t in p.params)]
        if not pure:
            return
        proc, name = self.r.choice(pure), self.name("C")
        args = [self.constant_of(t) for _, t in proc.params]
        self.emit(0, f"const {name} = {proc.name}({', '.join(args)});")
        self.constants.append((name, proc.result, proc, args))

    def constant_of(self, type_):
        scalar = scalar_of(type_)
        if type_ != scalar:
            lanes = int(type_.split("x")[1])
            return f"{type_}({', '.join(self.constant_of(scalar) for _ in range(lanes))})"
        text = self.random_literal(scalar)
        return text if scalar == "bool" else f"({text}{scalar})" if text[0] == "-" else text + scalar

    def differs(self, scope, a, b, type_):
        """The text of: some part of `a` and `b`, of one type, is not the same."""
        if type_[0] == "[" or is_matrix(type_):
            length = element_of(type_)[1] if type_[0] == "[" else int(type_.split("x")[1])
            inner = self.types.parts(type_)[0][1]
            at = self.r.randrange(length)
            return self.differs(scope, f"{a}[{at}]", f"{b}[{at}]", inner)
        if type_ in self.types.forms:
            field_, inner = self.r.choice(self.types.forms[type_])
            return self.differs(scope, f"{a}.{field_}", f"{b}.{field_}", inner)
        return f"{a} != {b}" if type_ == scalar_of(type_) else f"any({a} != {b})"
