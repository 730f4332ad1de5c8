"""What the invocations of a workgroup do together, free of races by construction.

Shared memory (and one buffer) is made of tiles. A tile is *own*: each invocation touches its slot alone, or *open*: all read
it and none writes. A barrier in uniform control flow stands between the two. Atomics change each place by one kind of
operation, in which order does not matter, until a barrier opens it; what they give is not used, but where a slot is the
invocation's own or an XOR of all of them is made of it. Subgroup operations are such that the size does not matter.
"""
from dataclasses import dataclass

from .calls import Var
from .types import is_int, lanes_of, scalar_of

# how tiles are declared, `T` an element and `G` the invocations of a group; the own slot; what all may read
SHAPES = {
    "line": ("[T; G]", "[local_index]", "[@in]"),
    "mirror": ("[T; G]", "[G - 1 - local_index]", "[@in]"),
    "turned": ("[T; G]", "[(local_index + 3) % G]", "[@in]"),
    "around": ("[T; G]", "[local_index]", "[(local_index + <G>) % G]"),
    "pairs": ("[[T; 2]; G]", "[local_index][<2>]", "[@in][<2>]"),
    "rows": ("[[T; X]; Y]", "[local_id.y][local_id.x]", "[@in][@in]"),
}
# operations whose order does not matter; what always holds of any `@`; what gives `@` where it is the same in the workgroup, and
# what gives each its own
ORDER_FREE = ["add", "min", "max", "and", "or", "xor"]
ALWAYS = ["subgroup_max(@) >= @", "subgroup_min(@) <= @", "subgroup_any(@ == @)", "not subgroup_any(@ != @)",
          "subgroup_all(@ == @)", "subgroup_shuffle(@, lane) == @", "subgroup_shuffle_xor(@, 0) == @", "subgroup_shuffle_up(@, 0) == @",
          "subgroup_shuffle_down(@, 0) == @", "subgroup_inclusive_add(@) == subgroup_exclusive_add(@) + @",
          "subgroup_inclusive_mul(@) == subgroup_exclusive_mul(@) * @", "lane < lane_count", "subgroup_index < subgroup_count",
          "subgroup_add(1u32) <= lane_count", "subgroup_any(subgroup_elect())", "subgroup_exclusive_mul(1u32) == 1",
          "(subgroup_ballot(@ > 5)[lane / 32] >> lane % 32 & 1) == (@ > 5 ? 1u32 : 0)",
          "subgroup_shuffle(@, subgroup_broadcast_first(lane)) == subgroup_broadcast_first(@)",
          "(subgroup_and(@) & @) == subgroup_and(@)", "(subgroup_or(@) & @) == @", "subgroup_add(@ - @) == @ - @"]
SAME = ["subgroup_max(@)", "subgroup_min(@)", "subgroup_broadcast(@, 0)", "subgroup_broadcast_first(@)"]
SAME_INTS = ["subgroup_and(@)", "subgroup_or(@)"]
OF_OWN = ["subgroup_shuffle(@, lane)", "subgroup_shuffle_xor(@, 0)", "subgroup_shuffle_up(@, 0)", "subgroup_shuffle_down(@, 0)"]


@dataclass(eq=False)
class Tile:
    name: str
    type: str
    shape: str
    is_open: bool
    fresh: bool = False  # #[uninitialized], and not written yet


class Groups:
    """Needs of the program: size (a text), sides, and the rest."""

    def make_tiles(self):
        for _ in range(self.r.randrange(1, 3)):
            tile = Tile(self.name("tile"), self.types.any_type(), self.r.choice(list(SHAPES)), self.r.random() < 0.2)
            if self.r.random() < 0.25:  # one to reduce
                tile = Tile(tile.name, self.r.choice(self.types.ints), "line", False)
            if self.types.words(tile.type) > 24:
                tile.type = self.r.choice(self.types.values)
            if tile.shape == "rows" and self.sides is None or self.size == "BLOCK" and tile.shape == "pairs":
                tile.shape = "line"
            columns, rows = self.sides or (0, 0)
            declared = SHAPES[tile.shape][0].replace("T", "@").replace("G", self.size).replace("X", str(columns)) \
                .replace("Y", str(rows)).replace("@", tile.type)
            tile.fresh = not tile.is_open and tile.shape != "pairs" and self.r.random() < 0.3
            self.emit(1, f"{'#[uninitialized] ' if tile.fresh else ''}shared {tile.name}: {declared};")
            self.tiles.append(tile)
        if self.r.random() < 0.5:
            tile = Tile("scratch", "i32", "buffer", False)
            self.tiles.append(tile)
        for _ in range(self.r.randrange(0, 3)):
            name, type_ = self.name("bins"), self.r.choice(self.atomic_types())
            if self.r.random() < 0.3 and type_ != "f32":
                self.emit(1, f"shared {name}: Tally;")
                self.tallies.append([name, ".notes[#3]", "u32", "add", False])
                self.tallies.append([name, ".low", "i32", "min", False])
                self.need_tally = True
            elif self.r.random() < 0.3:
                self.emit(1, f"shared {name}: Atomic<{type_}>;")
                self.tallies.append([name, "", type_, self.operation(type_), False])
            else:
                self.emit(1, f"shared {name}: [Atomic<{type_}>; 5];")
                self.tallies.append([name, "[#5]", type_, self.operation(type_), False])

    def atomic_types(self):
        return ["u32", "i32", "f32"] + [t for t in ("i64", "u64") if t in self.types.scalars]

    def operation(self, type_):
        return "add" if type_ == "f32" else self.r.choice(ORDER_FREE)

    def spelled(self, text):
        return text.replace("@in", f"<{self.size}>").replace("G", self.size)

    def seen(self, tile):
        """What expressions may name of a tile in its state."""
        if tile.shape == "buffer":
            place = "scratch[base + <G>]" if tile.is_open else "scratch[base + local_index]"
            return Var(self.spelled(place), tile.type, mutable=not tile.is_open)
        _, own, others = SHAPES[tile.shape]
        if not tile.is_open:
            return Var(tile.name + self.spelled(own), tile.type, mutable=True)
        text = self.spelled(others)
        if self.r.random() < 0.3 and self.size != "BLOCK" and tile.shape in ("line", "mirror", "turned"):
            text = f"[#{self.size}]"  # may be outside
        return Var(tile.name + text, tile.type)

    # ---- phases

    def barrier(self, scope, level, flip=None):
        """`scope` is what all see in any phase. flip: the states to have after it."""
        self.emit(level, "barrier();")
        for number, tile in enumerate(self.tiles):
            tile.is_open = flip[number] if flip else (not tile.is_open if self.r.random() < 0.8 else tile.is_open)
        for tally in self.tallies:  # open for good, or counting on
            tally[4] = tally[4] or (flip is None and self.r.random() < 0.5)

    def phase(self, scope, level, most):
        """Statements between two barriers, with what the tiles' states allow."""
        for tile in self.tiles:
            if tile.fresh and not tile.is_open:
                self.fuel = 12
                self.emit(level, f"{self.indexed(scope, self.seen(tile).name)} = {self.expr(scope, tile.type, 2)};")
                tile.fresh = False
        inner = [*scope, *(self.seen(tile) for tile in self.tiles if not tile.fresh)]
        before = list(inner)
        mine = [v for v in inner[len(scope):] if v.mutable]
        for _ in range(self.r.randrange(1, most + 1)):
            if mine and self.r.random() < 0.5:
                self.fuel = 20
                self.assign(mine_first(mine, inner), level)
            elif self.r.random() < 0.35:
                self.count(inner, level)
            elif self.r.random() < 0.4 and self.subgroups:
                self.subgroup(inner, not_shadowed(scope, inner), level)
            else:
                self.statement(inner, level)
        scope[:] = not_shadowed(scope, inner) + [v for v in inner if v not in before]

    def phases(self, scope, level):
        for _ in range(self.r.randrange(2, 4)):
            kind = self.r.random()
            if kind < 0.2:
                self.rounds(scope, level)
            elif kind < 0.35:
                self.uniform_choice(scope, level)
            elif kind < 0.6:
                self.reduce(scope, level)
            else:
                self.phase(scope, level, 3)
            if self.r.random() < 0.4:
                self.uniform_let(scope, level)
            self.barrier(scope, level)
        self.phase(scope, level, 2)

    def uniform_expr(self, scope, type_, depth=2):
        before, self.uniform, self.fuel = self.uniform, True, 12
        text = self.expr(scope, type_, depth)
        self.uniform = before
        return text

    def uniform_let(self, scope, level):
        name, type_ = self.name("u"), self.r.choice(self.types.values)
        self.emit(level, f"let {name}: {type_} = {self.uniform_expr(scope, type_)};")
        scope.append(Var(name, type_, uniform=True))

    def there_and_back(self, scope, level):
        """Phases after which the tiles are as they were. Gives what there is at their end."""
        before, inner = [tile.is_open for tile in self.tiles], list(scope)
        self.phase(inner, level, 2)
        self.barrier(inner, level)
        self.phase(inner, level, 2)
        self.barrier(inner, level, before)
        return inner

    def write_first(self, scope, level):
        """What is not written yet is written, so that no branch has to."""
        if any(tile.fresh and not tile.is_open for tile in self.tiles):
            self.phase(scope, level, 1)

    def rounds(self, scope, level):
        """A loop that all of the group go through alike."""
        self.write_first(scope, level)
        counter, kind = self.name("k"), self.r.random()
        inner = list(scope)
        if kind < 0.6:
            end = self.r.choice(["3", "2", f"({self.uniform_expr(scope, 'u32', 1)} % 4)", "group_count.x % 3 + 1"])
            self.emit(level, f"for {counter} in 0u32..{end} {{")
            inner.append(Var(counter, "u32", uniform=True))
        else:
            self.emit(level, f"let mut {counter}: u32 = {self.r.choice(['0', '1', 'group_id.x % 3'])};")
            self.emit(level, f"while {counter} < {self.r.randrange(2, 5)} {{")
            inner.append(Var(counter, "u32"))
        inner = self.there_and_back(inner, level + 1)
        if kind >= 0.6:
            self.emit(level + 1, f"{counter} += 1;")
        if self.r.random() < 0.3:
            self.emit(level + 1, f"if {self.uniform_expr(not_shadowed(scope, inner), 'bool')} {{ break; }}")
        self.emit(level, "}")

    def uniform_choice(self, scope, level):
        self.write_first(scope, level)
        self.emit(level, f"if {self.uniform_expr(scope, 'bool')} {{")
        self.there_and_back(scope, level + 1)
        self.emit(level, "}")

    def reduce(self, scope, level):
        """The sum, or another whole, of a tile of integers, by halves."""
        tiles = [t for t in self.tiles if not t.is_open and not t.fresh and t.shape == "line" and is_int(t.type) and
                 self.types.words(t.type) == lanes_of(t.type)]
        if not tiles or self.size in ("BLOCK", "1"):
            return self.phase(scope, level, 2)
        tile, width = self.r.choice(tiles), self.name("width")
        operator = self.r.choice(["+", "^", "*", "|"])
        self.emit(level, f"let mut {width}: u32 = {2 ** (int(self.size) - 1).bit_length() // 2};")
        self.emit(level, f"while {width} > 0 {{")
        self.emit(level + 1, "barrier();")
        within = f" and local_index + {width} < {self.size}" if int(self.size) & (int(self.size) - 1) else ""
        self.emit(level + 1, f"if local_index < {width}{within} {{ {tile.name}[local_index] {operator}= "
                  f"{tile.name}[local_index + {width}]; }}")
        self.emit(level + 1, f"{width} /= 2;")
        self.emit(level, "}")
        self.emit(level, "barrier();")

    # ---- atomics

    def count(self, scope, level):
        """An atomic whose effect, or result, does not depend on the order."""
        tally = self.r.choice(self.tallies or [None])
        kind = self.r.random()
        if tally is not None and kind < 0.5:
            name, place, type_, operation, is_open = tally
            text = self.indexed(scope, name + place)
            if is_open:
                self.emit(level, f"let {(n := self.name('n'))}: {type_} = {self.whole(text + '.load()', type_)};")
                scope.append(Var(n, type_))
                return
            if operation == "add" and place == ".notes[#3]" and self.r.random() < 0.4:
                self.helpers["bump"] = "proc bump(n: &mut Atomic<u32>, x: u32) { n.add(x); }"
                self.emit(level, f"bump(&mut {text}, {self.expr(scope, 'u32', 1)});")
                return
            operation = self.r.choice(["add", "sub"]) if operation == "add" else operation
            text = f"{text}.{operation}({self.expr(scope, type_, 2)});"
            guarded = self.r.random() < 0.3
            self.emit(level, f"if {self.condition(scope)} {{ {text} }}" if guarded else text)
            return
        buffer, type_ = self.r.choice(self.atomics)
        if kind < 0.7 or type_ == "f32" and kind < 0.8:
            operation = self.r.randrange(1 if type_ == "f32" else len(ORDER_FREE))
            spelled = self.r.choice(["add", "sub"]) if operation == 0 else ORDER_FREE[operation]
            self.emit(level, f"{buffer}[{operation * 4} + {self.small(scope)} % 4].{spelled}({self.expr(scope, type_, 2)});")
        elif kind < 0.85 or type_ == "f32":
            own, name = f"{buffer}[32 + me]", self.name("n")
            method = self.r.choice(["exchange({})", "add({})", "sub({})", "load()", "compare_exchange({}, {})", "max({})", "xor({})"]
                                   if type_ != "f32" else ["exchange({})", "load()"])
            values = [self.expr(scope, type_, 1) for _ in range(method.count("{}"))]
            self.emit(level, f"let {name}: {type_} = {own}.{method.format(*values)};")
            scope.append(Var(name, type_))
        elif kind < 0.92:  # who comes when differs; all of them together do not
            name = self.name("n")
            self.emit(level, f"let {name} = {buffer}[28].add(1);")
            self.emit(level, f"{buffer}[29].xor({name} * 7 + ({name} >> 3));")
        else:
            name = self.name("n")
            self.emit(level, f"let {name}: {type_} = {self.expr(scope, type_, 1)};")
            self.emit(level, "loop {")
            self.emit(level + 1, f"let old = {buffer}[30].load();")
            self.emit(level + 1, f"if {buffer}[30].compare_exchange(old, old ^ {name}) == old {{ break; }}")
            self.emit(level, "}")

    def whole(self, text, type_):
        """A sum of floats may be large: back to what is exact."""
        return self.exact(text, type_) if type_ == "f32" else text

    # ---- subgroups

    def subgroup(self, scope, outer, level):
        """In uniform control flow. `outer`: what is there after the next barrier, too."""
        kind, self.fuel = self.r.random(), 10
        wide = [t for t in self.types.values if scalar_of(t) != "bool"]
        name = self.name("n")
        if kind < 0.3:
            type_ = self.r.choice(wide)
            text = self.r.choice(SAME + (SAME_INTS if is_int(type_) else [])).replace("@", self.uniform_expr(outer, type_))
            self.emit(level, f"let {name}: {type_} = {text};")
            scope.append(Var(name, type_))
        elif kind < 0.5:
            type_ = self.r.choice(wide)
            self.emit(level, f"let {name}: {type_} = {self.r.choice(OF_OWN).replace('@', self.expr(scope, type_, 2))};")
            scope.append(Var(name, type_))
        elif kind < 0.75:
            type_ = self.r.choice(self.types.ints)
            check = self.r.choice(ALWAYS).replace("@", name)
            self.emit(level, f"let {name}: {type_} = {self.expr(scope, type_, 2)};")
            self.emit(level, f"if not ({check}) {{ wrong[0].add(1); }}" if name in check else
                      f"if not ({check}) and {name} == {name} {{ wrong[0].add(1); }}")
        else:
            buffer, type_ = self.r.choice(self.atomics)
            operation = 0 if type_ == "f32" else self.r.randrange(len(ORDER_FREE))
            self.emit(level, f"let {name} = subgroup_{ORDER_FREE[operation]}({self.expr(scope, type_, 2)});")
            self.emit(level, f"if subgroup_elect() {{ {buffer}[{operation * 4 + self.r.randrange(4)}]."
                      f"{ORDER_FREE[operation]}({name}); }}")


def not_shadowed(outer, inner):
    """What is still seen of `outer` where `inner` is what there is."""
    return [v for v in outer if v in inner]


def mine_first(mine, scope):
    """The places to write are the tiles' own alone; what is read may be anything."""
    return [*mine, *(Var(v.name, v.type, False, v.uniform) for v in scope if v not in mine)]
