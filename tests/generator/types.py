"""The types of a random program, as texts: "f32x3", "f32x2x4", "[u8; 3]", "P1", "G2<f32, 3>".

A *place* is a part of a value that can be read or written: the text that follows the value's name, and its type. Indices
in it are markers until they are written down: `[#4]` of an array, vector or matrix of 4, `[#]` of a buffer.
"""
import re

PLAIN = ["u32", "i32", "f32", "bool"]
# what seeds have besides: devices that lack it skip those programs (SwiftShader all but the plain ones, PoCL f16)
MORE = {"plain": [], "widths": ["i8", "u8", "i16", "u16", "i64", "u64"], "double": ["f64", "i64", "u64"], "half": ["f16"]}
MATRIX = re.compile(r"(f16|f32|f64)x([234])x([234])")
# floats are multiples of 1 / scale of at most `bound`: a product, and a sum of four of them, is then exact
EXACT = {"f16": (2, 8), "f32": (4, 256), "f64": (4, 256)}
EDGES = {
    "u32": ["0", "1", "2", "31", "32", "33", "0x7fffffff", "0x80000000", "0xffffffff", "0xdeadbeef"],
    "i32": ["0", "1", "-1", "2", "-7", "31", "32", "-2147483648", "2147483647", "-2147483647", "1000003"],
    "f32": ["0.0", "1.0", "-1.0", "0.25", "-0.5", "2.5", "-3.75", "100.0", "-255.75"],
    "f64": ["0.0", "1.0", "-1.0", "0.25", "-0.5", "2.5", "-3.75", "100.0", "-255.75"],
    "f16": ["0.0", "1.0", "-1.0", "0.5", "-0.5", "2.5", "-7.5", "8.0"],
    "bool": ["true", "false"],
    "i8": ["0", "1", "-1", "7", "8", "-128", "127"],
    "u8": ["0", "1", "8", "0x80", "0xff", "100"],
    "i16": ["0", "1", "-1", "15", "16", "-32768", "32767", "1000"],
    "u16": ["0", "1", "16", "0x8000", "0xffff", "12345"],
    "i64": ["0", "1", "-1", "63", "64", "-9223372036854775808", "9223372036854775807", "0x100000000", "-4294967297"],
    "u64": ["0", "1", "64", "0x8000000000000000", "0xffffffffffffffff", "0xffffffff", "0x123456789abcdef"],
}


def kind_of(seed):
    """Odd seeds are plain: they run everywhere."""
    return "plain" if seed % 2 else {2: "widths", 6: "widths", 4: "double", 0: "half"}[seed % 8]


def is_matrix(type_):
    return MATRIX.fullmatch(type_) is not None


def scalar_of(type_):
    return type_.split("x")[0]


def lanes_of(type_):
    return int(type_.split("x")[1]) if "x" in type_ else 1


def vector(scalar, lanes):
    return scalar if lanes == 1 else f"{scalar}x{lanes}"


def is_int(type_):
    return type_[0] in "iu"


def is_float(type_):
    return type_[0] == "f"


def element_of(array):
    """("u8", 3) of "[u8; 3]"."""
    inner, length = array[1:-1].rsplit("; ", 1)
    return inner, int(length)


class Types:
    def __init__(self, random_, kind):
        self.r, self.kind = random_, kind
        self.scalars = PLAIN + MORE[kind]
        self.ints = [s for s in self.scalars if is_int(s)]
        self.floats = [s for s in self.scalars if is_float(s)]
        self.values = self.scalars + [s + "x" + n for s in self.scalars for n in "234"]
        self.forms = {}  # "G2<f32, 3>": [(field, type)]
        self.heads = {}  # how a literal of a form begins: "G2"
        self.declarations = []
        self.known = {}
        self.composites = self.make_composites()

    def make_composites(self):
        made = [f"{self.r.choice(self.floats)}x{self.r.randrange(2, 5)}x{self.r.randrange(2, 5)}" for _ in range(2)]
        for number in range(self.r.randrange(1, 4)):
            name, kind = f"P{number}", self.r.random()
            if kind < 0.25:
                made.append(self.generic_list(f"L{number}"))
            elif kind < 0.4:
                made.append(self.generic_pair(f"D{number}", made))
            else:
                fields = [("abcd"[n], self.member(made)) for n in range(self.r.randrange(2, 5))]
                made.append(self.form(name, name, fields))
                self.declarations.append(f"form {name} {{ {', '.join(f'{f}: {t}' for f, t in fields)} }}")
        for _ in range(2):
            made.append(f"[{self.member(made)}; {self.r.randrange(2, 6)}]")
        return made

    def form(self, head, name, fields):
        self.forms[name], self.heads[name] = fields, head
        return name

    def member(self, made):
        """A type for a field or an element: of what is there already, or a vector or scalar."""
        kind = self.r.random()
        if kind < 0.2:
            small = [t for t in made if self.words(t) <= 12]
            return self.r.choice(small or self.values)
        if kind < 0.4:
            return f"[{self.r.choice(self.values)}; {self.r.randrange(2, 5)}]"
        return self.r.choice(self.values)

    def generic_list(self, name):
        self.declarations.append(f"form {name}[T, const N: u32] {{ at: [T; N], last: T, count: u32 }}")
        for _ in range(self.r.randrange(1, 3)):
            type_, length = self.r.choice(self.values), self.r.randrange(2, 5)
            made = self.form(name, f"{name}<{type_}, {length}>",
                             [("at", f"[{type_}; {length}]"), ("last", type_), ("count", "u32")])
        return made

    def generic_pair(self, name, made):
        self.declarations.append(f"form {name}[A, B] {{ first: A, second: B }}")
        first, second = self.member(made), self.r.choice(self.values)
        return self.form(name, f"{name}<{first}, {second}>", [("first", first), ("second", second)])

    # ---- what types are made of

    def is_composite(self, type_):
        return type_[0] == "[" or type_ in self.forms or is_matrix(type_)

    def parts(self, type_):
        """[(the place's text, its type)], one level down."""
        if type_[0] == "[":
            inner, length = element_of(type_)
            return [(f"[#{length}]", inner)]
        if type_ in self.forms:
            return [("." + field, inner) for field, inner in self.forms[type_]]
        if is_matrix(type_):
            scalar, columns, rows = MATRIX.fullmatch(type_).groups()
            return [(f"[#{columns}]", vector(scalar, int(rows)))]
        if type_.startswith("Buffer<"):
            return [("[#]", type_[7:-1])]
        lanes = lanes_of(type_)
        return [] if lanes == 1 else [(f".{lane}", scalar_of(type_)) for lane in "xyzw"[:lanes]] + \
            [(f"[#{lanes}]", scalar_of(type_))]

    def places(self, type_):
        """{type: [texts]} of all its parts, nested ones and itself included."""
        if type_ not in self.known:
            found = {} if type_.startswith("Buffer<") else {type_: [""]}
            for text, inner in self.parts(type_):
                for part, deeper in self.places(inner).items():
                    found.setdefault(part, []).extend(text + more for more in deeper)
            self.known[type_] = found
        return self.known[type_]

    def words(self, type_):
        if type_[0] == "[":
            inner, length = element_of(type_)
            return length * self.words(inner)
        if type_ in self.forms:
            return sum(self.words(inner) for _, inner in self.forms[type_])
        found = MATRIX.fullmatch(type_)
        return int(found[2]) * int(found[3]) if found else lanes_of(type_)

    def has_bool(self, type_):
        return any(scalar_of(t) == "bool" for t in self.places(type_) if not self.is_composite(t))

    def any_type(self):
        """For a variable, a parameter, a result."""
        return self.r.choice(self.composites if self.r.random() < 0.3 else self.values)

    def host_type(self):
        """For a buffer or a value of the host: without bool."""
        composite = [t for t in self.composites if not self.has_bool(t)]
        if composite and self.r.random() < 0.4:
            return self.r.choice(composite)
        return self.r.choice([t for t in self.values if scalar_of(t) != "bool"])
