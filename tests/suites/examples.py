"""The examples against Python programs that do the same, on the interpreter and every Vulkan driver; pictures in and out."""
import functools
import json
import math
import pathlib
import random
import re
import struct
import zlib

from .common import Env, Failure, Skip

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def cases(env):
    for device in ["interp"] + (Env.KNOWN_DEVICES[:1] if env.args.quick else Env.KNOWN_DEVICES):
        for function in (add, saxpy, mandelbrot, sobel, scene, demo):
            if device != "interp" or function not in (scene, demo):  # those would take the interpreter minutes
                yield f"{function.__name__} {device}", lambda f=function, d=device: f(env, d)
    for device in ("null", "lavapipe", "pocl", "dawn-mesa25"):
        yield f"async loop {device}", lambda d=device: async_loop(env, d)
    for device in ("lavapipe", "pocl", "dawn-mesa25"):
        yield f"two queues {device}", lambda d=device: two_queues(env, d)
    for devices in (["lavapipe"], ["lavapipe", "lavapipe"], ["lavapipe", "pocl", "lavapipe"], ["dawn-mesa25", "pocl"]):
        yield f"heat multi {' '.join(devices)}", lambda d=devices: heat_multi(env, d)
    for device in ("lavapipe", "pocl", "dawn-mesa25", "wgpu-mesa25"):
        yield f"profile {device}", lambda d=device: profile(env, d)
    yield "png round trip", lambda: png_round_trip(env)
    yield "png kinds", lambda: png_kinds(env)
    yield "png bad files", lambda: png_bad_files(env)
    yield "png wrong use", lambda: png_wrong_use(env)
    yield "demo of a bad picture", lambda: demo_bad_picture(env)


def check(condition, what, more=""):
    if not condition:
        raise Failure(f"{what}\n{more}")


def run(env, device, source, grid, arguments, outs, *options):
    """Runs an example; gives the bytes of the buffers `outs`."""
    environment = {} if device == "interp" else env.device(device)
    folder = env.folder()
    for name, data in arguments.items():
        if isinstance(data, bytes):
            (folder / f"{name}.bin").write_bytes(data)
    values = [f"{name}=@{folder}/{name}.bin" if isinstance(data, bytes) else f"{name}={data}" for name, data in arguments.items()]
    env.compile("run", f"examples/{source}.vt", f"--device={'interp' if device == 'interp' else 'vulkan'}", "--verify-each",
                *options, *([f"--grid={grid}"] if grid else []), *values, *(f"--out={name}={folder}/{name}.out.bin" for name in outs),
                env=environment, timeout=300)
    return [(folder / f"{name}.out.bin").read_bytes() for name in outs]


def floats(numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


# ---- numbers

def add(env, device):
    check(pathlib.Path("examples/add.vt").read_text() == "kernel add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) {\n"
          "    out[i] = a[i] + b[i];\n}\n", "examples/add.vt is no longer what it was")
    r = random.Random(1)
    for count in (1, 63, 64, 65, 1000):
        a = [r.randrange(-2**20, 2**20) / 16 for _ in range(count)]
        b = [r.randrange(-2**20, 2**20) / 16 for _ in range(count)]
        out, = run(env, device, "add", None, {"a": floats(a), "b": floats(b), "out": f"zeros:{count}"}, ["out"])
        check(out == floats([x + y for x, y in zip(a, b)]), f"add of {count}")


def saxpy(env, device):
    r = random.Random(2)
    x = [r.randrange(-2**10, 2**10) / 8 for _ in range(777)]
    y = [r.randrange(-2**10, 2**10) / 8 for _ in range(777)]
    out, = run(env, device, "saxpy", None, {"a": 2.5, "x": floats(x), "y": floats(y)}, ["y"])
    check(out == floats([2.5 * p + q for p, q in zip(x, y)]), "saxpy")


# ---- the runtime

LANGUAGES = {"null": "spv", "vulkan": "spv", "opencl": "cl", "webgpu": "wgsl"}


def api_of(env, device):
    return device if device == "null" else env.OTHER_DEVICES.get(device, ("vulkan",))[0]


def async_loop(env, device):
    environment = {} if device == "null" else env.device(device)
    api = api_of(env, device)
    kernel = env.folder() / f"saxpy.{LANGUAGES[api]}"
    env.compile("examples/saxpy.vt", "-o", kernel)
    result = env.run([env.bin / "examples/async_loop", kernel, api, 6], env=environment)
    check(b": 6 jobs, 0 wrong numbers; the timer came " in result.out, "async_loop", result)
    result = env.run([env.bin / "examples/async_loop", kernel.parent / "none", api], expect=1, env=environment)
    check(b"none: No such file" in result.err, "a missing kernel", result)


def two_queues(env, device):
    """Both queues, buffers of two sets that take turns: more parts than sets, one, as many."""
    environment = env.device(device)
    bundle = env.folder() / "saxpy.vgpu"
    env.compile("examples/saxpy.vt", "-o", bundle)
    for parts in (1, 2, 7):
        result = env.run([env.bin / "examples/two_queues", bundle, api_of(env, device), parts], env=environment)
        check(f"; parts: {parts}; wrong numbers: 0\n" in result.out.decode(), "two_queues", result)
        check(device != "pocl" or ": queues: 2;" in result.out.decode(), "OpenCL has two queues", result)
    result = env.run([env.bin / "examples/two_queues", bundle, api_of(env, device), 0], expect=2)
    check(b"usage" in result.err, "no parts", result)


def heat_multi(env, devices):
    """Every device's part against the whole, in Python with floats of 32 bits."""
    environment = {}
    for device in devices:
        environment |= env.device(device)
    apis = [api_of(env, device) for device in devices]
    bundle = env.folder() / "heat.vgpu"
    env.compile("examples/heat.vt", "-o", bundle)
    for cells, steps in ((1000, 60), (4099, 20)):
        result = env.run([env.bin / "examples/heat_multi", bundle, cells, steps, *apis], env=environment, timeout=120)
        check(f"{cells} cells, {steps} steps: {len(devices)} devices and one agree to the bit".encode() in result.out, "heat_multi", result)
        got = [line.split(": ") for line in result.out.decode().splitlines() if line[0].isdigit() and line.split(":")[0].isdigit()]
        want = heat(cells, steps)
        check(len(got) == 8 and all(struct.pack("<f", float(value)) == struct.pack("<f", want[int(at)]) for at, value in got),
              "the heat", f"{got}\n{[want[int(at)] for at, _ in got]}")
    result = env.run([env.bin / "examples/heat_multi", bundle, 1000, 3], expect=2)
    check(b"usage" in result.err, "an odd number of steps", result)


def heat(cells, steps):
    rounded = struct.Struct("<f")
    now = [0.0] * cells
    now[0] = 100.0
    for at in range(cells // 2 - cells // 16, cells // 2 + cells // 16):
        now[at] = 50.0
    f32 = lambda value: rounded.unpack(rounded.pack(value))[0]
    for _ in range(steps):  # 2 x and 0.25 x are exact, whichever way they are added
        now = [now[0], *(f32(b + 0.25 * f32(f32(a - 2.0 * b) + c)) for a, b, c in zip(now, now[1:], now[2:])), now[-1]]
    return now


def profile(env, device):
    """A trace that tools read: each event has what the format wants, and the dispatches are there with their bytes."""
    folder = env.folder()
    result = env.compile("run", "examples/saxpy.vt", f"--device={api_of(env, device)}", "a=2", "x=iota:1000", "y=iota:1000", "--repeat=3",
                         f"--profile-out={folder}/trace.json", env=env.device(device))
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    check(all({"name", "ph", "pid"} <= event.keys() for event in events), "an event lacks something", events)
    spans = [event for event in events if event["ph"] == "X"]
    check(spans and all({"ts", "dur", "tid"} <= span.keys() and span["ts"] >= 0 and span["dur"] >= 0 for span in spans), "spans", spans)
    host = [span for span in spans if span["name"] == "saxpy" and span["pid"] == 1]
    timed = [span for span in spans if span["name"] == "saxpy" and span["pid"] == 2]
    check(len(host) == 3 and len(timed) == 3 and all(span["args"]["bytes"] == 8000 for span in host), "three dispatches of 8,000 bytes", spans)
    moved = [[span["args"]["submission"] for span in spans if span["name"] == "copy" and span["pid"] == pid] for pid in (1, 2)]
    check(moved[0] == moved[1] and (moved[0] or api_of(env, device) != "webgpu"), "a copy without a time of the device", spans)
    submitted = {span["args"]["submission"]: span["ts"] for span in spans if span["name"] == "submit"}
    check(all(span["ts"] >= submitted[span["args"]["submission"]] - 0.01 for span in timed), "a dispatch before its submission", spans)
    line = [text.split() for text in result.out.decode().splitlines() if text.startswith("saxpy ")]
    check(len(line) == 1 and line[0][1] == "3" and line[0][6] == "24000", "the table", result)
    result = env.compile("run", "examples/saxpy.vt", "--device=interp", "a=2", "x=1", "y=1", f"--profile-out={folder}/none.json", expect=2)
    check(b"--profile-out" in result.err and not (folder / "none.json").exists(), "the interpreter has no profile", result)
    result = env.compile("run", "examples/saxpy.vt", f"--device={api_of(env, device)}", "a=2", "x=1", "y=1", "--profile-out=/nonexistent/t.json",
                         env=env.device(device), expect=None)
    check(result.code != 0 and b"/nonexistent/t.json" in result.err, "a file that cannot be written", result)


# ---- pictures

def channels(data):
    return [tuple(data[k:k + 4]) for k in range(0, len(data), 4)]


def compare(got, want, width, tolerance, allowed, what):
    """Pixels may differ by `tolerance` in a channel, and `allowed` of them, a fraction, by more."""
    check(len(got) == len(want), f"{what}: {len(got)} pixels, expected {len(want)}")
    bad = [k for k, (g, w) in enumerate(zip(got, want)) if max(abs(a - b) for a, b in zip(g, w)) > tolerance]
    check(len(bad) <= allowed * len(want), f"{what}: {len(bad)} of {len(want)} pixels differ",
          "\n".join(f"  ({k % width}, {k // width}): got {got[k]}, expected {want[k]}" for k in bad[:8]))


def mandelbrot_pixel(x, y, width, height, cx, cy, span):
    c = complex(cx + (x + 0.5 - 0.5 * width) * span / height, cy - (y + 0.5 - 0.5 * height) * span / height)
    z, n = 0j, 0
    while n < 256 and z.real * z.real + z.imag * z.imag < 256:
        z = z * z + c
        n += 1
    if n == 256:
        return 0, 0, 0, 255
    t = 0.15 * (n - math.log2(math.log2(abs(z)**2)))
    return *(round(255 * min(max(0.5 + 0.5 * math.cos(3 + t + p), 0), 1)) for p in (0, 0.6, 1)), 255


def mandelbrot(env, device):
    for width, height, cx, cy, span in ((96, 54, -0.65, 0.0, 2.4), (37, 23, -0.75, 0.1, 0.6)):
        values = {"width": width, "height": height, "cx": cx, "cy": cy, "span": span, "pixels": f"zeros:{width * height}"}
        out, = run(env, device, "mandelbrot", f"{width},{height}", values, ["pixels"], "-DSAMPLES=1")
        want = [mandelbrot_pixel(x, y, width, height, cx, cy, span) for y in range(height) for x in range(width)]
        compare(channels(out), want, width, 4, 0.02, "mandelbrot")


@functools.lru_cache
def sobel_picture(source, width, height):
    pixels = channels(source)
    bright = [(0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 for r, g, b, _ in pixels]

    def at(x, y):
        return bright[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)]

    edges = []
    for y in range(height):
        for x in range(width):
            gx = at(x + 1, y - 1) + 2 * at(x + 1, y) + at(x + 1, y + 1) - at(x - 1, y - 1) - 2 * at(x - 1, y) - at(x - 1, y + 1)
            gy = at(x - 1, y + 1) + 2 * at(x, y + 1) + at(x + 1, y + 1) - at(x - 1, y - 1) - 2 * at(x, y - 1) - at(x + 1, y - 1)
            level = round(255 * min(math.hypot(gx, gy), 1))
            edges.append((level, level, level, 255))
    return edges


def sobel(env, device):
    r = random.Random(3)
    pictures = [(width, height, [tuple(r.randrange(256) // q * q for _ in range(4)) for _ in range(width * height)])
                for width, height, q in ((1, 1, 1), (1, 7, 1), (17, 1, 1), (33, 20, 64), (64, 48, 1))]
    if device != "interp":
        pictures.append(decode(env, "examples/scene.png"))
    for width, height, pixels in pictures:
        source = b"".join(bytes(p) for p in pixels)
        out, = run(env, device, "sobel", f"{width},{height}",
                   {"source": source, "edges": f"zeros:{width * height}", "width": width, "height": height}, ["edges"])
        compare(channels(out), sobel_picture(source, width, height), width, 1, 0, f"sobel of {width} x {height}")


def scene(env, device):
    """scene.vt still makes the picture that is kept as scene.png."""
    width, height, want = decode(env, "examples/scene.png")
    out, = run(env, device, "scene", f"{width},{height}",
               {"pixels": f"zeros:{width * height}", "width": width, "height": height}, ["pixels"])
    compare(channels(out), want, width, 2, 0.005, "scene")


def demo(env, device):
    environment = env.device(device)
    folder, root = env.folder(), pathlib.Path().resolve()
    for picture in ([], [folder / "own one.png"]):
        if picture:
            picture[0].write_bytes(make_png(5, 3, 2, 8, bytes(range(45))))
        result = env.run(["sh", root / "examples/demo.sh", env.bin, *picture], cwd=folder, env=environment, timeout=300)
        text = (result.out + result.err).decode()
        for kernel in ("mandelbrot", "sobel"):
            check(re.search(rf"ran `{kernel}` on .+ in [0-9.e+]+ (us|ms|s)\b", text), f"the device and the time of {kernel}", text)
        check(size_of(folder / "mandelbrot.png") == (1920, 1080), "the size of mandelbrot.png")
        check(size_of(folder / "sobel.png") == ((5, 3) if picture else size_of("examples/scene.png")), "the size of sobel.png")
    env.run([env.bin / "examples/png", "decode", folder / "mandelbrot.png", folder / "pixels.bin"])
    black = (folder / "pixels.bin").read_bytes().count(b"\0\0\0\xff") / (1920 * 1080)
    check(0.1 < black < 0.3, f"{black:.0%} of the picture belong to the set")


def demo_bad_picture(env):
    folder, root = env.folder(), pathlib.Path().resolve()
    (folder / "bad.png").write_bytes(SIGNATURE + b"no more")
    (folder / "sobel.png").write_bytes(b"old")
    if not env.devices:
        raise Skip("no Vulkan driver, and the interpreter is slow")
    result = env.run(["sh", root / "examples/demo.sh", env.bin, "bad.png"], expect=1, cwd=folder, env=env.devices[0][1])
    check(b"png: bad.png: " in result.err and (folder / "sobel.png").read_bytes() == b"old", "the error", result)


# ---- PNG, read and written by hand (W3C, Portable Network Graphics, second edition)

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png(width, height, color, depth, data, *extra, interlace=0):
    """`data`: rows of samples without filter bytes."""
    stride = len(data) // height
    rows = b"".join(b"\0" + data[y * stride:(y + 1) * stride] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return SIGNATURE + chunk(b"IHDR", header) + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def size_of(path):
    data = pathlib.Path(path).read_bytes()
    check(data[:8] == SIGNATURE, f"{path} is no PNG")
    return struct.unpack(">II", data[16:24])


def read_png(data):
    """RGB or RGBA of 8 bits, not interlaced: what png.c writes."""
    at, idat, header = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        check(struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body), "a checksum")
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        idat += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, color, _, _, interlace = header
    check(depth == 8 and color in (2, 6) and interlace == 0, f"header {header}")
    lanes = 4 if color == 6 else 3
    stride, raw, above, pixels = width * lanes, zlib.decompress(idat), bytes(width * lanes), []
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            a, b = line[x - lanes] if x >= lanes else 0, above[x]
            c = above[x - lanes] if x >= lanes else 0
            paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        pixels += [tuple(line[x:x + lanes]) + (() if lanes == 4 else (255,)) for x in range(0, stride, lanes)]
        above = line
    return width, height, pixels


def decode(env, path):
    out = env.folder() / "pixels.bin"
    result = env.run([env.bin / "examples/png", "decode", path, out])
    width, height = map(int, result.out.split())
    return width, height, channels(out.read_bytes())


def png_round_trip(env):
    r = random.Random(4)
    for width, height in ((1, 1), (3, 2), (1, 40), (100, 7), (64, 64)):
        pixels = bytes(r.randrange(256) for _ in range(width * height * 4))
        folder = env.folder()
        (folder / "in.bin").write_bytes(pixels)
        env.run([env.bin / "examples/png", "encode", width, height, folder / "in.bin", folder / "x.png"])
        check(read_png((folder / "x.png").read_bytes()) == (width, height, channels(pixels)), f"{width} x {height}, written")
        check(decode(env, folder / "x.png") == (width, height, channels(pixels)), f"{width} x {height}, read")


def png_kinds(env):
    """Gray, palette, 16 bits, no alpha, interlaced: all become RGBA."""
    folder = env.folder()
    palette = chunk(b"PLTE", bytes([10, 20, 30, 255, 128, 0]))
    srgb = chunk(b"sRGB", b"\0")
    for name, data, want in [
        ("gray", make_png(2, 1, 0, 8, b"\x00\x80", srgb), [(0, 0, 0, 255), (128, 128, 128, 255)]),
        ("one bit", make_png(3, 1, 0, 1, b"\xa0", srgb), [(255,) * 4, (0, 0, 0, 255), (255,) * 4]),
        ("rgb", make_png(1, 2, 2, 8, bytes([1, 2, 3, 4, 5, 6]), srgb), [(1, 2, 3, 255), (4, 5, 6, 255)]),
        ("rgba", make_png(1, 1, 6, 8, bytes([9, 8, 7, 6]), srgb), [(9, 8, 7, 6)]),
        ("palette", make_png(2, 1, 3, 8, b"\1\0", srgb, palette), [(255, 128, 0, 255), (10, 20, 30, 255)]),
        ("transparent", make_png(2, 1, 3, 8, b"\1\0", srgb, palette, chunk(b"tRNS", b"\x40")), [(255, 128, 0, 255), (10, 20, 30, 64)]),
        ("interlaced", make_png(1, 1, 2, 8, bytes([7, 8, 9]), srgb, interlace=1), [(7, 8, 9, 255)]),
    ]:
        (folder / "x.png").write_bytes(data)
        check(decode(env, folder / "x.png")[2] == want, name, decode(env, folder / "x.png"))
    (folder / "x.png").write_bytes(make_png(1, 1, 2, 16, bytes([255, 255, 0, 0, 255, 255])))
    check(decode(env, folder / "x.png")[2] == [(255, 0, 255, 255)], "16 bits")


def png_bad_files(env):
    folder = env.folder()
    good = pathlib.Path("examples/scene.png").read_bytes()
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    files = {"empty": b"", "text": b"not a picture\n", "signature": SIGNATURE, "half": good[:len(good) // 2], "bit": None,
             "huge": SIGNATURE + chunk(b"IHDR", header) + chunk(b"IEND", b""),
             "wide": make_png(100000, 1, 0, 1, bytes(12500)), "short": make_png(300, 2, 2, 8, bytes(10)),
             "no end": good[:-12] + b"\0" * 4, "bomb": make_png(20000, 20000, 0, 8, bytes(20000))}
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0x10
    files["bit"] = bytes(flipped)
    r = random.Random(5)
    for k in range(40):
        noise = bytearray(good[:2000])
        for _ in range(r.randrange(1, 20)):
            noise[r.randrange(8, len(noise))] = r.randrange(256)
        files[f"noise {k}"] = bytes(noise)
    for name, data in files.items():
        (folder / "x.png").write_bytes(data)
        result = env.run([env.bin / "examples/png", "decode", folder / "x.png", folder / "out.bin"], expect=1 if " " not in name else None,
                         timeout=20)
        check(result.code in (0, 1) and (result.code == 0 or b"png: " in result.err), name, result)
    result = env.run([env.bin / "examples/png", "decode", folder / "none.png", folder / "out.bin"], expect=1)
    check(b"none.png: No such file" in result.err, "a missing file", result)


def png_wrong_use(env):
    folder = env.folder()
    (folder / "in.bin").write_bytes(bytes(24))
    for args, status in [([], 2), (["encode"], 2), (["decode", "a"], 2), (["flip", "a", "b"], 2), (["encode", "0", "1", "in.bin", "x.png"], 2),
                         (["encode", "-1", "1", "in.bin", "x.png"], 2), (["encode", "99999", "1", "in.bin", "x.png"], 2),
                         (["encode", "2", "3", "none.bin", "x.png"], 1), (["encode", "2", "2", "in.bin", "x.png"], 1),
                         (["encode", "2", "4", "in.bin", "x.png"], 1), (["encode", "2", "3", "in.bin", "none/x.png"], 1),
                         (["encode", "2", "3", "in.bin", "x.png"], 0)]:
        result = env.run([env.bin / "examples/png", *args], expect=status, cwd=folder)
        check(status == 0 or result.err, f"{args} says nothing", result)
