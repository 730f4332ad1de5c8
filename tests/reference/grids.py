"""Stencils, cellular automata and dynamic programming on grids; a grid is a list, row after row."""
import functools


def at(grid, width, x, y):
    """An element; beyond the edge, the nearest one"""
    height = len(grid) // width
    return grid[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)]


def mapped(grid, size, function, border=1):
    """function(point) of every inner point, the others as they are. size: extents, the fastest first."""
    out = list(grid)
    for k in range(len(grid)):
        point, rest = [], k
        for extent in size:
            point.append(rest % extent)
            rest //= extent
        if all(border <= p < extent - border for p, extent in zip(point, size)):
            out[k] = function(k)
    return out


def jacobi(grid, size, factor):
    """factor times the sum of a point and its direct neighbours"""
    steps = strides(size)
    return mapped(grid, size, lambda k: factor * (grid[k] + sum(grid[k - s] + grid[k + s] for s in steps)))


def relaxed(row, sweeps):
    """A quarter of each neighbour and half of itself, the ends apart"""
    for _ in range(sweeps):
        row = mapped(row, [len(row)], lambda k: (row[k - 1] + 2 * row[k] + row[k + 1]) / 4)
    return row


def strides(size):
    return [functools.reduce(lambda a, b: a * b, size[:axis], 1) for axis in range(len(size))]


def heat(grid, size):
    """a + 1/8 of the second differences along every axis"""
    return mapped(grid, size, lambda k: grid[k] + sum(0.125 * (grid[k + s] - 2 * grid[k] + grid[k - s]) for s in strides(size)))


def stencil7(grid, size, c0, c1):
    """c1 times the six neighbours less c0 times the middle"""
    return mapped(grid, size, lambda k: c1 * sum(grid[k - s] + grid[k + s] for s in strides(size)) - c0 * grid[k])


def fdtd_ex(ex, hz, width):
    return [e if k < width else e - 0.5 * (hz[k] - hz[k - width]) for k, e in enumerate(ex)]


def fdtd_ey(ey, hz, width):
    return [e if k % width == 0 else e - 0.5 * (hz[k] - hz[k - 1]) for k, e in enumerate(ey)]


def fdtd_hz(ex, ey, hz, width):
    last = len(hz) - width
    return [h if k >= last or k % width == width - 1 else h - 0.7 * (ey[k + 1] - ey[k] + ex[k + width] - ex[k])
            for k, h in enumerate(hz)]


def hotspot(temperature, power, width, capacity, rx, ry, rz, ambient):
    out = []
    for k, t in enumerate(temperature):
        x, y = k % width, k // width
        north, south = at(temperature, width, x, y - 1), at(temperature, width, x, y + 1)
        west, east = at(temperature, width, x - 1, y), at(temperature, width, x + 1, y)
        out.append(t + capacity * (power[k] + (north + south - 2 * t) / ry + (east + west - 2 * t) / rx + (ambient - t) / rz))
    return out


def srad_coefficients(image, width, q0):
    """Diffusion coefficient of every point (Yu and Acton's speckle reducing anisotropic diffusion)"""
    out = []
    for k, j in enumerate(image):
        x, y = k % width, k // width
        differences = [at(image, width, x + dx, y + dy) - j for dx, dy in ((0, -1), (0, 1), (-1, 0), (1, 0))]
        gradient = sum(d * d for d in differences) / (j * j)
        laplace = sum(differences) / j
        q = (0.5 * gradient - laplace * laplace / 16) / (1 + laplace / 4)**2
        out.append(min(1, max(0, 1 / (1 + (q - q0) / (q0 * (1 + q0))))))
    return out


def srad_update(image, c, width, rate):
    out = []
    for k, j in enumerate(image):
        x, y = k % width, k // width
        here, south, east = c[k], at(c, width, x, y + 1), at(c, width, x + 1, y)
        flow = here * (at(image, width, x, y - 1) - j) + south * (at(image, width, x, y + 1) - j) \
            + here * (at(image, width, x - 1, y) - j) + east * (at(image, width, x + 1, y) - j)
        out.append(j + rate / 4 * flow)
    return out


def life(cells, width):
    """Conway's rules on a torus"""
    height = len(cells) // width
    alive = {(k % width, k // width) for k, cell in enumerate(cells) if cell}

    def next_cell(x, y):
        near = sum(((x + dx) % width, (y + dy) % height) in alive for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)
        return int(near == 3 or (near == 2 and (x, y) in alive))
    return [next_cell(x, y) for y in range(height) for x in range(width)]


def pathfinder(wall, costs):
    return [w + min(costs[max(k - 1, 0):k + 2]) for k, w in enumerate(wall)]


def needleman_wunsch(a, b, gap):
    """Scores of all prefixes, of the longer a downwards: 1 for a match, -1 for a mismatch, less `gap` for a hole"""
    @functools.cache
    def score(y, x):
        if y == 0 or x == 0:
            return -gap * (x + y)
        return max(score(y - 1, x - 1) + (1 if a[y - 1] == b[x - 1] else -1), score(y - 1, x) - gap, score(y, x - 1) - gap)
    return [score(y, x) for y in range(len(a) + 1) for x in range(len(b) + 1)]


def up_to_diagonal(scores, width, diagonal):
    """The scores with y + x <= diagonal, and the first row and column; 0 behind it"""
    return [s if k % width == 0 or k < width or k % width + k // width <= diagonal else 0 for k, s in enumerate(scores)]


def levenshtein(a, b):
    @functools.cache
    def distance(m, n):
        if m == 0 or n == 0:
            return m + n
        return min(distance(m - 1, n) + 1, distance(m, n - 1) + 1, distance(m - 1, n - 1) + (a[m - 1] != b[n - 1]))
    return distance(len(a), len(b))
