"""Pictures: filters, fractals, noise, a ray tracer. A picture is a list, row after row."""
import math
import struct

from .grids import at


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def convolved(picture, width, kernel, across):
    """With an odd kernel along a row or a column; beyond the edge, the nearest element"""
    half = len(kernel) // 2
    return [sum(w * at(picture, width, k % width + (n - half) * across, k // width + (n - half) * (1 - across))
                for n, w in enumerate(kernel)) for k in range(len(picture))]


def sobel(picture, width):
    """|gx| + |gy| by the two 3 × 3 matrices, at most 255"""
    gx, gy = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]

    def response(matrix, k):
        return sum(matrix[y][x] * at(picture, width, k % width + x - 1, k // width + y - 1) for y in range(3) for x in range(3))
    return [min(255, abs(response(gx, k)) + abs(response(gy, k))) for k in range(len(picture))]


def bilateral(picture, width, radius, space, tone):
    out = []
    for k, middle in enumerate(picture):
        total = weights = 0.0
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                there = at(picture, width, k % width + dx, k // width + dy)
                w = math.exp(-space * (dx * dx + dy * dy) - tone * (there - middle)**2)
                total, weights = total + w * there, weights + w
        out.append(total / weights)
    return out


def mandelbrot(width, height, limit):
    """Rounds until |z| > 2, every operation rounded to f32; the picture spans -2 … 0.625 and ±1.3125 / 2"""
    def rounds(x, y):
        cx, cy = f32(-2 + x * 0.078125), f32((y - height // 2) * 0.078125)
        zx = zy = 0.0
        for n in range(limit):
            xx, yy = f32(zx * zx), f32(zy * zy)
            if f32(xx + yy) > 4:
                return n
            zx, zy = f32(f32(xx - yy) + cx), f32(f32(2 * f32(zx * zy)) + cy)
        return limit
    return [rounds(x, y) for y in range(height) for x in range(width)]


def julia(width, height, c, limit):
    """In fixed point with 12 bits behind the point, rounded down"""
    def rounds(x, y):
        x, y = (2 * x - width + 1) * 8192 // width, (2 * y - height + 1) * 8192 // height
        for n in range(limit):
            if x * x + y * y > 4 << 24:
                return n
            x, y = (x * x - y * y >> 12) + c[0], (2 * x * y >> 12) + c[1]
        return limit
    return [rounds(x, y) for y in range(height) for x in range(width)]


def newton(width, height, steps):
    """Which cubic root of 1 Newton's method reaches from each point: the nearest after so many steps"""
    def nearest(z):
        for _ in range(steps):
            z = z - (z * z * z - 1) / (3 * z * z)
        roots = [complex(math.cos(a), math.sin(a)) for a in (0, 2 * math.pi / 3, 4 * math.pi / 3)]
        distances = sorted((abs(z - r), n) for n, r in enumerate(roots))
        if distances[0][0] > 1e-3:
            raise ValueError("not at a root yet; another number of steps, or other points")
        return distances[0][1]
    return [nearest(complex((x - width / 2 + 0.5) / 8, (y - height / 2 + 0.5) / 8)) for y in range(height) for x in range(width)]


def gradient_noise(width, height, scale, permutation):
    """Perlin's improved noise in the plane: eight directions by the low bits of the permuted corner"""
    directions = [(1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)]

    def fade(t):
        return 6 * t**5 - 15 * t**4 + 10 * t**3

    def corner(cx, cy, x, y):
        gx, gy = directions[permutation[(permutation[cx % 256] + cy) % 256] % 8]
        return gx * (x - cx) + gy * (y - cy)

    def noise(x, y):
        cx, cy = math.floor(x), math.floor(y)
        u, v = fade(x - cx), fade(y - cy)
        return (1 - v) * ((1 - u) * corner(cx, cy, x, y) + u * corner(cx + 1, cy, x, y)) \
            + v * ((1 - u) * corner(cx, cy + 1, x, y) + u * corner(cx + 1, cy + 1, x, y))
    return [noise(x * scale, y * scale) for y in range(height) for x in range(width)]


def spheres(width, height, balls, light):
    """Brightness of the nearest ball that each ray from the eye at 0 through the plane z = 1 meets; 0 where there is none"""
    out = []
    for k in range(width * height):
        ray = [(k % width + 0.5) / width * 2 - 1, 1 - (k // width + 0.5) / height * 2, 1.0]
        ray = [x / math.hypot(*ray) for x in ray]
        hits = []
        for ball in (balls[n:n + 4] for n in range(0, len(balls), 4)):
            along = sum(c * r for c, r in zip(ball, ray))
            under = ball[3]**2 - sum(c * c for c in ball[:3]) + along**2
            if abs(under) < 1e-4:
                raise ValueError("a ray that only touches a ball")
            if under > 0:
                t = along - math.sqrt(under)
                normal = [(t * r - c) / ball[3] for r, c in zip(ray, ball)]
                hits.append((t, max(0.0, sum(n * x for n, x in zip(normal, light)))))
        out.append(min(hits)[1] if hits else 0.0)
    return out
