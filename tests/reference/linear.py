"""Linear algebra on lists, row after row, as its definitions have it."""
from fractions import Fraction


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def row(a, columns, r):
    return a[r * columns:(r + 1) * columns]


def column(a, columns, c):
    return a[c::columns]


def transposed(a, columns):
    return [x for c in range(columns) for x in column(a, columns, c)]


def product(a, b, inner):
    """The matrix a · b; a has `inner` columns."""
    columns = len(b) // inner
    return [dot(row(a, inner, r), column(b, columns, c)) for r in range(len(a) // inner) for c in range(columns)]


def times(a, v):
    """The vector a · v"""
    return product(a, v, len(v))


def weighted(alpha, x, beta, y):
    return [alpha * p + beta * q for p, q in zip(x, y, strict=True)]


def syrk(alpha, a, columns, beta, c):
    """alpha a aᵀ + beta c, in the lower triangle; c above it"""
    n = len(a) // columns
    full = weighted(alpha, product(a, transposed(a, columns), columns), beta, c)
    return [full[k] if k % n <= k // n else c[k] for k in range(n * n)]


def sparse(rows, columns, seed=1):
    """A matrix most of whose elements are zero, some whole rows, too."""
    from . import inputs
    full, at = inputs.dyadic(rows * columns, seed), inputs.integers(rows * columns, 0, 5, seed + 1)
    return [x if keep == 0 and k // columns % 7 != 3 else 0 for k, (x, keep) in enumerate(zip(full, at))]


def csr(a, columns):
    """Starts of the rows, columns and values of what is not zero"""
    rows = [[(c, x) for c, x in enumerate(row(a, columns, r)) if x] for r in range(len(a) // columns)]
    starts = [sum(len(r) for r in rows[:k]) for k in range(len(rows) + 1)]
    return starts, [c for r in rows for c, _ in r], [x for r in rows for _, x in r]


def ell(a, columns):
    """Width of the longest row; columns and values of every row filled up to it, column after column"""
    rows = [[(c, x) for c, x in enumerate(row(a, columns, r)) if x] for r in range(len(a) // columns)]
    width = max(len(r) for r in rows)
    full = [r + [(0, 0.0)] * (width - len(r)) for r in rows]
    return width, [r[k][0] for k in range(width) for r in full], [r[k][1] for k in range(width) for r in full]


def covariance(data, columns):
    """Of the columns, one sample a row"""
    rows = len(data) // columns
    mean = [sum(column(data, columns, c)) / rows for c in range(columns)]
    off = [[x - mean[c] for x in column(data, columns, c)] for c in range(columns)]
    return [dot(a, b) / (rows - 1) for a in off for b in off]


def solve_lower(lower, b):
    """x with lower · x = b, exactly"""
    n, x = len(b), []
    for r in range(n):
        x.append((Fraction(b[r]) - dot([Fraction(v) for v in lower[r * n:r * n + r]], x)) / Fraction(lower[r * n + r]))
    return x


def determinant(a, n):
    """By Laplace's expansion along the first row"""
    if n == 0:
        return 1
    rest = [[x for c, x in enumerate(row(a, n, r)) if c != drop] for drop in range(n) for r in range(1, n)]
    minors = [[x for r in rest[k * (n - 1):(k + 1) * (n - 1)] for x in r] for k in range(n)]
    return sum((-1)**c * a[c] * determinant(minors[c], n - 1) for c in range(n))


def lu_step(a, n, k):
    """One step of the decomposition without pivots: column k below the diagonal is divided, the rest reduced."""
    out = list(a)
    for r in range(k + 1, n):
        out[r * n + k] = a[r * n + k] / a[k * n + k]
        for c in range(k + 1, n):
            out[r * n + c] = a[r * n + c] - out[r * n + k] * a[k * n + c]
    return out


def doitgen(a, c4, p):
    """Every row of p numbers of `a` times the matrix c4"""
    return [x for r in range(len(a) // p) for x in product(row(a, p, r), c4, p)]


def skinned(points, weights, bones, matrices):
    """Points (x, y, z) moved by the weighted mean of four 4 × 4 matrices each, columns after columns; the three first rows"""
    out = []
    for k in range(len(points) // 3):
        point = [*points[3 * k:3 * k + 3], 1]
        for r in range(3):
            rows = [matrices[16 * b + r:16 * b + 16:4] for b in bones[4 * k:4 * k + 4]]
            out.append(sum(w * dot(m, point) for w, m in zip(weights[4 * k:4 * k + 4], rows)))
    return out


def signed_bytes(word):
    return [(word >> shift & 0xff ^ 0x80) - 0x80 for shift in (0, 8, 16, 24)]
