"""Sorting, searching, counting, scanning: mostly Python's own."""
import bisect
import itertools


def lower_bounds(table, queries):
    return [bisect.bisect_left(table, q) for q in queries]


def odd_even_phase(numbers, odd):
    out = list(numbers)
    for k in range(odd, len(out) - 1, 2):
        out[k:k + 2] = sorted(out[k:k + 2])
    return out


def blocks(numbers, size):
    return [numbers[k:k + size] for k in range(0, len(numbers), size)]


def inclusive(numbers):
    return list(itertools.accumulate(numbers))


def exclusive(numbers):
    return [0, *itertools.accumulate(numbers)][:len(numbers)]


def morton(x, y):
    """The bits of x and y in turn, x lowest"""
    return int("".join(b + a for a, b in zip(f"{x:016b}", f"{y:016b}")), 2)
