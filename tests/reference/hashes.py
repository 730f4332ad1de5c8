"""Checksums, hashes, ciphers and random numbers; byte by byte, from their standards. Each is held to a published example."""
import hashlib
import zlib

M32 = 2**32 - 1


def words_of(data, order="little"):
    return [int.from_bytes(data[k:k + 4], order) for k in range(0, len(data), 4)]


def texts(count, length, seed=1):
    """`count` byte strings of `length`"""
    from . import inputs
    flat = bytes(inputs.integers(count * length, 0, 256, seed))
    return [flat[k:k + length] for k in range(0, len(flat), length)]


def sha256_padded(message):
    """A message of at most 55 bytes as the one block that SHA-256 makes of it"""
    return words_of(message + b"\x80" + bytes(55 - len(message)) + (8 * len(message)).to_bytes(8, "big"), "big")


def sha256(message):
    return words_of(hashlib.sha256(message).digest(), "big")


def crc32(data):
    return zlib.crc32(data)


def rotated(x, by):
    return (x << by | x >> (32 - by)) & M32


def murmur3(data, seed):
    """MurmurHash3_x86_32"""
    def mixed(k):
        return rotated(k * 0xcc9e2d51 & M32, 15) * 0x1b873593 & M32
    whole, h = len(data) // 4 * 4, seed
    for k in words_of(data[:whole]):
        h = rotated(h ^ mixed(k), 13) * 5 + 0xe6546b64 & M32
    h ^= mixed(int.from_bytes(data[whole:], "little")) ^ len(data)
    h = (h ^ h >> 16) * 0x85ebca6b & M32
    h = (h ^ h >> 13) * 0xc2b2ae35 & M32
    return h ^ h >> 16


def chacha20(key, counter, nonce):
    """RFC 8439, a block"""
    start = [*words_of(b"expand 32-byte k"), *words_of(key), counter, *words_of(nonce)]
    s = list(start)

    def quarter(a, b, c, d):
        for x, y, z, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = s[x] + s[y] & M32
            s[z] = rotated(s[z] ^ s[x], by)
    for _ in range(10):
        for k in range(4):
            quarter(k, 4 + k, 8 + k, 12 + k)
        for k in range(4):
            quarter(k, 4 + (k + 1) % 4, 8 + (k + 2) % 4, 12 + (k + 3) % 4)
    return [x + y & M32 for x, y in zip(s, start)]


def gf_times(a, b):
    """In AES's field of 256 elements"""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def sbox(x):
    inverse = next((y for y in range(256) if gf_times(x, y) == 1), 0)
    return 0x63 ^ inverse ^ (spread := inverse * 0x101) >> 4 & 0xff ^ spread >> 5 & 0xff ^ spread >> 6 & 0xff ^ spread >> 7 & 0xff


SBOX = [sbox(x) for x in range(256)]


def aes_keys(key):
    """The eleven round keys of AES-128"""
    words, constant = [key[k:k + 4] for k in range(0, 16, 4)], 1
    for k in range(4, 44):
        last = words[-1]
        if k % 4 == 0:
            last = bytes([SBOX[last[1]] ^ constant, SBOX[last[2]], SBOX[last[3]], SBOX[last[0]]])
            constant = gf_times(constant, 2)
        words.append(bytes(a ^ b for a, b in zip(words[-4], last)))
    return b"".join(words)


def aes128(block, keys):
    state = bytes(a ^ b for a, b in zip(block, keys))
    for turn in range(1, 11):
        state = [SBOX[state[(k + k % 4 * 4) % 16]] for k in range(16)]
        if turn < 10:
            state = [gf_times(state[k], 2) ^ gf_times(state[k // 4 * 4 + (k + 1) % 4], 3) ^ state[k // 4 * 4 + (k + 2) % 4]
                     ^ state[k // 4 * 4 + (k + 3) % 4] for k in range(16)]
        state = bytes(a ^ b for a, b in zip(state, keys[16 * turn:]))
    return state


def xorshift32(x):
    x ^= x << 13 & M32
    x ^= x >> 17
    return x ^ (x << 5 & M32)


def pcg(x):
    """PCG-RXS-M-XS on 32 bits: what follows the state x is drawn from"""
    word = ((x >> (x >> 28) + 4) ^ x) * 277803737 & M32
    return word >> 22 ^ word


def pcg_next(x):
    return x * 747796405 + 2891336453 & M32


def darts(seed, throws):
    """How many of the throws lie within a quarter of a circle of 2^15"""
    hits = 0
    for _ in range(throws):
        seed = pcg_next(seed)
        drawn = pcg(seed)
        hits += (drawn & 0x7fff)**2 + (drawn >> 16 & 0x7fff)**2 < 2**30
    return hits


def queens(board, first):
    """Ways to put as many queens on a board, the first row's in column `first`"""
    def ways(placed):
        row = len(placed)
        return 1 if row == board else sum(ways([*placed, c]) for c in range(board)
                                          if all(c != p and abs(c - p) != row - r for r, p in enumerate(placed)))
    return ways([first])


def siphash(key, data):
    """SipHash-2-4 of whole words of 64 bits, as the paper has it"""
    m = 2**64 - 1
    v = [a ^ b for a, b in zip((0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573), key * 2)]

    def turn(x, by):
        return (x << by | x >> (64 - by)) & m

    def mix(times):
        for _ in range(times):
            v[0], v[2] = v[0] + v[1] & m, v[2] + v[3] & m
            v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
            v[0] = turn(v[0], 32)
            v[2], v[0] = v[2] + v[1] & m, v[0] + v[3] & m
            v[1], v[3] = turn(v[1], 17) ^ v[2], turn(v[3], 21) ^ v[0]
            v[2] = turn(v[2], 32)
    tail = len(data) // 8 * 8
    last = data[tail:].ljust(7, b"\0") + bytes([len(data) & 0xff])
    for start in range(0, tail + 8, 8):
        word = int.from_bytes((data[:tail] + last)[start:start + 8], "little")
        v[3] ^= word
        mix(2)
        v[0] ^= word
    v[2] ^= 0xff
    mix(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


assert sbox(0x53) == 0xed
assert aes128(bytes(range(0, 256, 17)), aes_keys(bytes(range(16)))).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"  # FIPS 197, C.1
assert chacha20(bytes(range(32)), 1, bytes.fromhex("000000090000004a00000000"))[:4] == \
    [0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3]  # RFC 8439, 2.3.2
assert murmur3(b"The quick brown fox jumps over the lazy dog", 0x9747b28c) == 0x2fa826cd
assert siphash((0x0706050403020100, 0x0f0e0d0c0b0a0908), bytes(range(15))) == 0xa129ca6149be45e5  # the paper, appendix A
