"""Random statements. Those of a block see what `scope` holds; what a block declares ends with it."""
from .calls import Var
from .types import is_float, is_int, lanes_of, scalar_of, vector


class Statements:
    """Needs of the program: r, types, procs, lines, fuel; expressions and calls."""

    # (weight, method): each takes (scope, level, loops) and may add to scope
    TABLE = [(20, "declare"), (26, "assign"), (12, "branch"), (9, "match"), (14, "loop"), (10, "leave"), (4, "give"), (5, "call_alone"),
             (3, "nested"), (5, "lose"), (4, "local_constant"), (4, "fill_array"), (2, "show")]

    def emit(self, level, text):
        self.lines.append("    " * level + text)

    def block(self, scope, level, most, loops=0):
        scope = list(scope)
        for _ in range(self.r.randrange(1, most + 1)):
            self.statement(scope, level, loops)

    def statement(self, scope, level, loops=0):
        if len(self.lines) - self.start > self.length or level > 5:
            return self.assign(scope, level)
        self.fuel = 30 if level < 3 else 15
        method = self.r.choices([m for _, m in self.TABLE], [w for w, _ in self.TABLE])[0]
        return getattr(self, method)(scope, level, loops)

    def condition(self, scope):
        return self.expr(scope, "bool", self.r.randrange(1, 3))

    def declare(self, scope, level, _loops=0):
        type_, kind = self.types.any_type(), self.r.random()
        name = self.r.choice([v.name for v in scope if v.name.isalnum()] or ["m0"]) if kind < 0.1 else self.name("m")
        if name[0] in "ku":  # a loop counts with it, or phases of a kernel branch on it, behind this block
            name = self.name("m")
        mutable = kind < 0.75
        value = self.expr(scope, type_, 2)
        annotation = "" if kind < 0.4 and type_ not in self.types.forms else f": {type_}"
        self.emit(level, f"let {'mut ' if mutable else ''}{name}{annotation} = {value};")
        scope[:] = [v for v in scope if v.name != name]  # what it shadows
        scope.append(Var(name, type_, mutable))

    def assign(self, scope, level, _loops=0):
        mutable = [v for v in scope if v.mutable]
        if not mutable:
            return
        var = self.r.choice(mutable)
        type_ = self.r.choice(list(self.types.places(var.type)))
        place = self.place([var], type_, mutable=True)
        place = self.indexed(scope, place)
        kind = self.r.random()
        if self.types.is_composite(type_):
            self.emit(level, f"{place} = {self.expr(scope, type_, 2)};")
            return
        scalar, lanes = scalar_of(type_), lanes_of(type_)
        if lanes > 1 and kind < 0.4:
            picked = self.r.sample(self.r.choice(["xyzw", "rgba"])[:lanes], self.r.randrange(1, lanes + 1))
            self.emit(level, f"{place}.{''.join(picked)} = {self.expr(scope, vector(scalar, len(picked)), 2)};")
        elif is_int(scalar) and kind < 0.8:
            shift = kind < 0.5
            operator = self.r.choice(["<<", ">>"] if shift else ["+", "-", "*", "/", "%", "&", "|", "^"])
            operand = vector(self.r.choice(self.types.ints), lanes) if shift else type_
            self.emit(level, f"{place} {operator}= {self.expr(scope, operand, 2)};")
        elif is_float(scalar) and kind < 0.7 and "[" not in place:
            self.emit(level, f"{place} {self.r.choice('+-*')}= {self.expr(scope, type_, 2)};")
            self.emit(level, f"{place} = {self.exact(place, type_)};")
        elif scalar == "bool" and kind < 0.6:
            self.emit(level, f"{place} {self.r.choice('&|^')}= {self.expr(scope, type_, 2)};")
        else:
            self.emit(level, f"{'set ' if kind > 0.95 else ''}{place} = {self.expr(scope, type_, 3)};")

    def lose(self, scope, level, _loops=0):
        """A store to nowhere: no element of any buffer is there."""
        if not self.in_kernel or not self.outputs:
            return
        var = self.r.choice(self.outputs)
        at = self.r.choice(["0xffffffff", "-1", f"0x80000000 + ({self.expr(scope, 'u32', 1)} >> 1)", f"{var.slots[0]}.len + i"])
        self.emit(level, f"{var.slots[0]}[{at}] = {self.expr(scope, var.type, 1)};")

    # ---- choices

    def branch(self, scope, level, loops=0):
        self.emit(level, f"if {self.condition(scope)} {{")
        self.block(scope, level + 1, 3, loops)
        if self.r.random() < 0.25:
            self.emit(level, f"}} elif {self.condition(scope)} {{")
            self.block(scope, level + 1, 2, loops)
        if self.r.random() < 0.5:
            self.emit(level, "} else {")
            self.block(scope, level + 1, 3, loops)
        self.emit(level, "}")

    def match(self, scope, level, loops=0):
        type_ = self.r.choice(self.types.ints)
        subject = self.expr(scope, type_, 2)
        if self.r.random() < 0.7:
            subject = f"({subject} % 20)"
        self.emit(level, f"match {subject} {{")
        at = -6 if type_[0] == "i" else 0
        for case in range(self.r.randrange(1, 5)):
            choices = []
            for _ in range(self.r.choice([1, 1, 2, 3])):
                at += self.r.randrange(0, 3)
                size = self.r.choice([1, 1, 1, 2, 4])
                choices.append(str(at) if size == 1 else self.r.choice([f"{at}..={at + size - 1}", f"{at}..{at + size}"]))
                at += size
            if case == 3 and self.limits:
                choices.append(self.limits[0])  # a constant above all others
            self.emit(level + 1, f"case {' | '.join(choices)} {{")
            self.block(scope, level + 2, 2, loops)
            self.emit(level + 1, "}")
        if self.r.random() < 0.6:
            self.emit(level + 1, "else {")
            self.block(scope, level + 2, 2, loops)
            self.emit(level + 1, "}")
        self.emit(level, "}")

    # ---- loops, and ways out of them

    def loop(self, scope, level, loops=0):
        if loops >= 2:
            return self.assign(scope, level)
        kind, name = self.r.randrange(5), self.name("k")
        inner = list(scope)
        attribute = self.r.choice(["", "", "", "#[unroll] ", "#[unroll(2)] ", "#[unroll(3)] ", "#[unroll(1)] "])
        if kind <= 1:
            type_ = self.r.choice(self.types.ints)
            first = self.r.randrange(0, 3) - (2 if type_[0] == "i" else 0)
            last = max(first + self.r.randrange(-1, 6), 0 if type_[0] == "u" else -9)
            step = f" step {self.r.choice([1, 2, 3])}" if self.r.random() < 0.4 else ""
            end = last if self.r.random() < 0.6 or type_ not in ("u32", "i32") else \
                f"({self.expr(scope, type_, 1)} % 5{' as ' + type_ if type_ != 'u32' else ''})"
            self.emit(level, f"{attribute}for {name} in {first}{type_}{self.r.choice(['..', '..='])}{end}{step} {{")
            inner.append(Var(name, type_))
        elif kind == 2:  # near the ends of the type, where counters overflow
            last = self.r.choice(["2147483647", "2147483646"])
            self.emit(level, f"{attribute}for {name} in 2147483643..={last} step {self.r.choice([1, 2, 3, 5])} {{")
            inner.append(Var(name, "i32"))
        else:
            self.emit(level, f"let mut {name}: u32 = 0;")
            if kind == 3:
                self.emit(level, f"while {name} < {self.r.randrange(1, 6)} and {self.condition(scope)} {{")
            else:
                self.emit(level, "loop {")
                self.emit(level + 1, f"if {name} >= {self.r.randrange(1, 6)} {{ break; }}")
            self.emit(level + 1, f"{name} += 1;")
            inner.append(Var(name, "u32"))
        self.block(inner, level + 1, 3, loops + 1)
        self.emit(level, "}")

    def leave(self, scope, level, loops=0):
        if loops == 0:
            return self.assign(scope, level)
        self.emit(level, f"if {self.condition(scope)} {{ {self.r.choice(['break', 'continue'])}; }}")

    def give(self, scope, level, _loops=0):
        """Early, if that is allowed here."""
        if self.result is None:
            return
        value = " " + self.expr(scope, self.result, 2) if self.result else ""
        self.emit(level, f"if {self.condition(scope)} {{ give{value}; }}")

    # ---- others

    def call_alone(self, scope, level, _loops=0):
        procs = [p for p in self.procs if not p.result]
        called = procs and self.call_of(scope, self.r.choice(procs), 2)
        if called:
            self.emit(level, called + ";")
        else:
            self.assign(scope, level)

    def nested(self, scope, level, loops=0):
        self.emit(level, "{")
        self.block(scope, level + 1, 3, loops)
        self.emit(level, "}")

    def local_constant(self, scope, level, _loops=0):
        name = self.name("N").lower()
        self.emit(level, f"const {name}: u32 = {self.r.randrange(2, 9)} * {self.r.randrange(1, 9)} + 1;")
        self.emit(level, f"let {name}_of = {self.expr(scope, 'u32', 1)} {self.r.choice('+*%^')} {name};")
        scope.append(Var(f"{name}_of", "u32"))

    def fill_array(self, scope, level, _loops=0):
        name, counter, length = self.name("m"), self.name("k"), self.r.randrange(2, 7)
        type_ = self.r.choice(self.types.values)
        self.emit(level, f"let mut {name} = [{self.expr(scope, type_, 1)}; {length}];")
        inner = [*scope, Var(counter, "u32")]
        self.emit(level, f"for {counter} in 0..{length + self.r.choice([0, 0, 1])}u32 {{ {name}[{counter}] = "
                  f"{self.expr(inner, type_, 2)}; }}")
        scope.append(Var(name, f"[{type_}; {length}]", mutable=True))

    def show(self, scope, level, _loops=0):
        """Evaluated under -g alone, and then without effect on memory."""
        if self.r.random() < 0.5:
            self.emit(level, f"assert({self.place(scope, 'bool') or 'true'}, \"is it?\");")
        else:
            type_ = self.r.choice(["u32", "f32x2", "i32"])
            self.emit(level, f"print(\"it is {{}}\", {self.place(scope, type_) or '1u32'});")
