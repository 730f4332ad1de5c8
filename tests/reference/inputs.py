"""Inputs of the executed tests: the same numbers from the same seed."""
import random
import struct


def dyadic(count, seed=1):
    """Multiples of 1/8 between -4 and 4: sums of some thousand products of two are exact in f32, in any order."""
    r = random.Random(seed)
    return [r.randrange(-32, 33) / 8 for _ in range(count)]


def uniform(count, low=0.0, high=1.0, seed=1):
    """Numbers of f32 between low and high."""
    r = random.Random(seed)
    return [struct.unpack("<f", struct.pack("<f", r.uniform(low, high)))[0] for _ in range(count)]


def integers(count, low, high, seed=1):
    """Integers from low to high - 1."""
    r = random.Random(seed)
    return [r.randrange(low, high) for _ in range(count)]


def words(count, seed=1):
    """All values of u32."""
    return integers(count, 0, 2**32, seed)
