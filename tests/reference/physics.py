"""Particles, rotations, prices, learning: formulas in double precision."""
import math


def points(flat):
    """Points of four numbers each"""
    return [flat[k:k + 4] for k in range(0, len(flat), 4)]


def gravity(bodies, softening):
    """Acceleration of each body (x, y, z, mass), and 0"""
    out = []
    for here in points(bodies):
        total = [0.0, 0.0, 0.0]
        for there in points(bodies):
            d = [b - a for a, b in zip(here[:3], there[:3])]
            r2 = sum(x * x for x in d) + softening
            total = [t + there[3] * x / (r2 * math.sqrt(r2)) for t, x in zip(total, d)]
        out += [*total, 0.0]
    return out


def lattice(edge, spacing, jitter):
    """Atoms on a cubic lattice, each a little off its place: (x, y, z, 0)"""
    places = [(x, y, z) for z in range(edge) for y in range(edge) for x in range(edge)]
    return [v for k, place in enumerate(places) for v in [*(spacing * p + jitter[(3 * k + c) % len(jitter)] for c, p in enumerate(place)), 0]]


def nearest(atoms, count):
    """Indexes of the `count` nearest atoms of each atom, atom after atom"""
    out = []
    for k, here in enumerate(points(atoms)):
        others = sorted((math.dist(here[:3], there[:3]), n) for n, there in enumerate(points(atoms)) if n != k)
        out += [n for _, n in others[:count]]
    return out


def lennard_jones(atoms, neighbours, count, cutoff2):
    """Force on each atom from the neighbours within the cutoff: 48 (r^-14 - r^-8 / 2) d, and 0"""
    places, out = points(atoms), []
    for k, here in enumerate(places):
        total = [0.0, 0.0, 0.0]
        for n in neighbours[k * count:(k + 1) * count]:
            d = [a - b for a, b in zip(here[:3], places[n][:3])]
            r2 = sum(x * x for x in d)
            if abs(r2 - cutoff2) < 1e-3:
                raise ValueError("an atom too near to the cutoff to tell")
            if r2 < cutoff2:
                total = [t + 48 * (r2**-7 - 0.5 * r2**-4) * x for t, x in zip(total, d)]
        out += [*total, 0.0]
    return out


def rotation_matrix(q):
    """Of a quaternion (x, y, z, w) of length 1"""
    x, y, z, w = q
    return [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]


def unit(flat):
    """Each group of four numbers divided by its length"""
    return [x / math.hypot(*p) for p in points(flat) for x in p]


def rotated(quaternions, vectors):
    """Every vector (of three) by its quaternion"""
    out = []
    for k, q in enumerate(points(quaternions)):
        v = vectors[3 * k:3 * k + 3]
        out += [sum(m * x for m, x in zip(row, v)) for row in rotation_matrix(q)]
    return out


def hamilton(p, q):
    """Product of two quaternions by the table of i, j and k"""
    table = {(0, 1): (2, 1), (1, 2): (0, 1), (2, 0): (1, 1), (1, 0): (2, -1), (2, 1): (0, -1), (0, 2): (1, -1)}
    out = [0.0] * 4
    for a in range(4):
        for b in range(4):
            at, sign = (b, 1) if a == 3 else (a, 1) if b == 3 else (3, -1) if a == b else table[a, b]
            out[at] += sign * p[a] * q[b]
    return out


def black_scholes(price, strike, years, rate, volatility):
    """Call and put, with the normal distribution by erf"""
    def below(x):
        return 0.5 * (1 + math.erf(x / math.sqrt(2)))
    spread = volatility * math.sqrt(years)
    d1 = (math.log(price / strike) + (rate + volatility**2 / 2) * years) / spread
    later = strike * math.exp(-rate * years)
    return [price * below(d1) - later * below(d1 - spread), later * below(spread - d1) - price * below(-d1)]


def kmeans(points_, features, centres):
    """Nearest centre of each point; the first of several"""
    groups = [centres[k:k + features] for k in range(0, len(centres), features)]
    rows = [points_[k:k + features] for k in range(0, len(points_), features)]
    return [min(range(len(groups)), key=lambda g: sum((a - b)**2 for a, b in zip(row, groups[g]))) for row in rows]


def sigmoid_layer(weights, inputs):
    """Of one layer: weights of an output follow each other, the first is its bias"""
    width = len(inputs) + 1
    rows = [weights[k:k + width] for k in range(0, len(weights), width)]
    return [1 / (1 + math.exp(-(row[0] + sum(w * x for w, x in zip(row[1:], inputs))))) for row in rows]


def dft(re, im):
    """The discrete Fourier transform, by its definition; real and imaginary part of each"""
    n = len(re)
    sums = [sum(complex(a, b) * complex(math.cos(2 * math.pi * k * t / n), -math.sin(2 * math.pi * k * t / n))
                for t, (a, b) in enumerate(zip(re, im))) for k in range(n)]
    return [part for x in sums for part in (x.real, x.imag)]
