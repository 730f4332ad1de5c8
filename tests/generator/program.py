"""A whole random program. Every one has a kernel `run`; tests/tools/stress.c finds out what parameters it wants.

It gives buffers whose name begins with `out` or `scratch` zeros and room for every invocation, and numbers of any size, or exact
floats, to the others. `wrong` must stay zero. Specialization constants have the defaults, or what stress.c says for their number.
"""
import random

from .calls import Calls, Var
from .expressions import Expressions
from .groups import Groups
from .statements import Statements
from .types import Types, kind_of, scalar_of

# the attribute, invocations in a workgroup, columns and rows if it has more than one axis, an invocation's number
WORKGROUPS = [("", "64", None, "i"), ("#[workgroup(1)]", "1", None, "i"), ("#[workgroup(7)]", "7", None, "i"),
              ("#[workgroup(8)]", "8", None, "i"), ("#[workgroup(32)]", "32", None, "i"),
              ("#[workgroup(8, 2)]", "16", (8, 2), "j * 32 + i"), ("#[workgroup(4, 2, 2)]", "16", None, "(k * 2 + j) * 24 + i"),
              ("#[workgroup(BLOCK)]", "BLOCK", None, "i")]
SPEC_TYPES = ["u32", "i32", "f32", "bool"]


class Program(Expressions, Calls, Statements, Groups):
    def __init__(self, seed):
        self.seed, self.r = seed, random.Random(seed)
        self.types = Types(self.r, kind_of(seed))
        self.names, self.fuel, self.lines, self.start, self.length = 0, 0, [], 0, 0
        self.procs, self.helpers, self.literals, self.constants, self.specs = [], {}, {}, [], []
        self.tiles, self.tallies = [], []
        self.result, self.in_kernel, self.uniform, self.need_tally = None, False, False, False
        self.limits = ["LIMIT"] if self.r.random() < 0.5 else []
        self.subgroups = self.r.random() < 0.7
        self.make_parameters()

    def make_parameters(self):
        r, types = self.r, self.types
        few = types.kind == "plain"  # no more than 10 buffers in all, which is what WebGPU has
        self.inputs = [Var(self.name("a"), f"Buffer<{types.host_type()}>", uniform=True)
                       for _ in range(r.randrange(2, 3 if few else 4))]
        self.values = [Var(self.name("s"), types.host_type(), uniform=True) for _ in range(r.randrange(1, 4))]
        wanted = ["u32", "i32", "f32"] + [types.host_type() for _ in range(r.randrange(0, 2 if few else 3))]
        wanted += [s for s in types.scalars if s not in wanted and s != "bool" and r.random() < 0.6]
        self.outputs = []
        for type_ in wanted:
            name = self.name("out")
            self.outputs.append(Var(f"{name}[me * 4 + <4>]", type_, mutable=True, slots=(name, "me * 4")))
        self.atomics = [(self.name("at"), r.choice(self.atomic_types()))]

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def var(self, name, type_, uniform):
        return Var(name, type_, uniform=uniform)

    def literal(self, scalar, text, reuse=0.6):
        """A name for it, declared at the start of the function: to the checker no constant, whose overflow would be an
        error; to the optimiser one."""
        there = [name for name, (other, _) in self.literals.items() if other == scalar]
        if len(there) > 1 and self.r.random() < reuse:
            return self.r.choice(there)
        name = f"{scalar}_" + text.replace("-", "m").replace(".", "_")
        self.literals[name] = (scalar, text)
        return name

    def function_body(self, scope, result, body):
        """The lines of a function: body() writes them; the literals that they use come first."""
        self.result, self.start, self.literals = result, len(self.lines), {}
        self.length = 10
        body()
        lets = [f"let {name}: {scalar} = {text};" for name, (scalar, text) in self.literals.items()]
        self.lines[self.start:self.start] = ["    " + " ".join(lets[at:at + 4]) for at in range(0, len(lets), 4)]

    def make_global_constants(self):
        for number, type_ in enumerate(SPEC_TYPES):
            if self.r.random() < 0.25:
                name = f"SPEC{number}"
                value = self.random_literal(type_) if type_ in ("f32", "bool") else self.r.randrange(60)
                self.emit(0, f"#[spec({number + 1})] const {name}: {type_} = {value};")
                self.specs.append(Var(name, type_, uniform=True))
        if self.workgroup[1] == "BLOCK":
            self.emit(0, f"#[spec({self.r.choice([0, 8])})] const BLOCK: u32 = {self.r.choice([8, 16, 5])};")
        if self.limits:
            self.emit(0, f"const LIMIT = {self.r.randrange(90, 110)};")
        self.tables = []
        if self.r.random() < 0.4:
            type_ = self.r.choice([t for t in self.types.values if scalar_of(t) in ("u32", "i32", "f32")])
            length = self.r.randrange(2, 6)
            self.emit(0, f"const TABLE: [{type_}; {length}] = [{', '.join(self.constant_of(type_) for _ in range(length))}];")
            self.tables.append(Var(f"TABLE[<{length}>]", type_, uniform=True))

    def make(self):
        self.workgroup = self.r.choice(WORKGROUPS)
        attribute, self.size, self.sides, own = self.workgroup
        self.emit(0, "// a random program: tests/generate.py")
        self.lines += self.types.declarations
        self.make_global_constants()
        for _ in range(self.r.randrange(1, 4)):
            kinds = self.r.choices(["value", "value", "value", "mut", "buffer", "slots"], k=self.r.randrange(0, 4))
            result = self.types.any_type() if self.r.random() < 0.8 or not {"mut", "slots"} & set(kinds) else ""
            self.procs.append(self.make_proc(kinds, result))
        if self.r.random() < 0.5:
            self.make_constant()
        head = len(self.lines)
        together = self.r.random() < 0.6
        params = [f"{v.name}: {v.type}" for v in self.inputs]
        params += [f"{v.slots[0]}: Buffer<{v.type}>" for v in self.outputs]
        params += [f"{name}: Buffer<Atomic<{type_}>>" for name, type_ in self.atomics] + ["wrong: Buffer<Atomic<u32>>"]
        params += ["scratch: Buffer<i32>"] if together else []
        params += [f"{v.name}: {v.type}" for v in self.values]
        if attribute:
            self.emit(0, attribute)
        if self.r.random() < 0.1:
            self.emit(0, "#[precise]")
        self.emit(0, f"kernel run({', '.join(params)}) {{")
        self.in_kernel = True
        self.function_body([], None, lambda: self.kernel_body(own, together))
        self.emit(0, "}")
        more = [*self.helpers.values()]
        if self.need_tally:
            more.append("form Tally { low: Atomic<i32>, notes: [Atomic<u32>; 3] }")
        self.lines[head:head] = [line for text in more for line in text.split("\n")]
        return "\n".join(self.lines) + "\n"

    def kernel_body(self, own, together):
        self.length = 26
        self.emit(1, f"let me: u32 = {own};")
        self.result = None if together else ""
        scope = [*self.inputs, *self.values, *self.specs, *self.tables, *self.outputs]
        if together:
            self.emit(1, f"let base: u32 = group_id.x * {self.size};")
            self.make_tiles()
        elif self.r.random() < 0.4:
            self.emit(1, "if i >= 20 { give; }")
        for _ in range(self.r.randrange(1, 4)):
            self.declare(scope, 1)
        if together:
            self.phases(scope, 1)
        else:
            for _ in range(self.r.randrange(3, 8)):
                (self.count if self.r.random() < 0.12 else self.statement)(scope, 1)
        self.length += 99
        self.compare_constants(scope)
        for var in self.outputs[:3] + self.r.sample(self.outputs[3:], len(self.outputs[3:]) // 2):
            self.fuel = 20
            self.emit(1, f"{var.slots[0]}[me * 4 + {self.r.randrange(4)}] = {self.expr(scope, var.type, 3)};")
        self.neighbours()

    def neighbours(self):
        """Elements of the invocation's own that are read and written together, each on its own. By random numbers of its own, so
        that what stands before it is the same with and without."""
        r = random.Random(f"neighbours {self.seed}")
        for var in r.sample(self.outputs[:3], r.randrange(3)):
            at = [f"{var.slots[0]}[me * 4 + {k}]" for k in range(4)]
            chosen, first = r.sample(range(4), r.randrange(2, 5)), r.random() < 0.5
            names = [self.name("n") for _ in chosen]
            if first:
                self.emit(1, " ".join(f"let {name} = {at[k]};" for name, k in zip(names, chosen)))
            for k in r.sample(range(4), r.randrange(2, 5)):
                value = r.choice(names) if first else at[r.randrange(4)]
                if var.type != "f32" and r.random() < 0.4:
                    value += f" {r.choice('+^|')} {at[r.randrange(4)]}"
                self.emit(1, f"{at[k]} = {value};")

    def compare_constants(self, scope):
        for name, type_, proc, args in self.constants:
            again = []
            for (_, param), text in zip(proc.params, args):
                again.append(self.name("c"))
                self.emit(1, f"let mut {again[-1]}: {param} = {text};")
                self.emit(1, f"if me > 999 {{ {again[-1]} = {self.leaf(scope, param)}; }}")  # never, but who knows
            self.emit(1, f"let {(result := self.name('c'))} = {proc.name}({', '.join(again)});")
            self.emit(1, f"if {self.differs(scope, name, result, type_)} {{ wrong[0].add(1); }}")
