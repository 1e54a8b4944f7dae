"""What the files in `files/tensorflow` hold: the very values that TensorFlow was given, in the order it was given them.

`make_files.py` imports this under TensorFlow 1.15 (Python 3.7, an old numpy), the tests under ours: it needs numpy
alone, and what it makes depends on nothing but this text. Who changes a set runs `make_files.py` again.
"""

from __future__ import annotations

from typing import Callable, NamedTuple  # noqa: UP035 - for Python 3.7

import numpy as np


class Item(NamedTuple):
    """One tensor, or one part of one, as given to `SaveV2` or `SaveSlices`.

    `value` is what numpy has for the dtype: the bits of a bfloat16 as uint16, a qint8 as int8, a string as bytes.
    """

    name: str
    dtype: str
    value: np.ndarray
    slice_spec: str = ""
    shard: int = 0


class Set(NamedTuple):
    """Items, and how TensorFlow writes them: `formats` of "v1" and "v2", `shards` files of data.

    `by_saver` means `tf.train.Saver`, which sorts what it saves by name; otherwise the operations are called directly.
    """

    items: Callable[[], list[Item]]
    formats: tuple[str, ...] = ("v1", "v2")
    shards: int = 1
    by_saver: bool = False


BOTH_FORMATS = (
    *("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool"),
    *("complex64", "complex128", "string", "qint8", "quint8", "qint32"),
)
"""The dtypes that TensorFlow 1.15 writes in either format."""

V2_ALONE = ("bfloat16", "uint32", "uint64", "qint16", "quint16")
"""Those that its V1 writer refuses."""

STORAGE = {
    "bfloat16": "uint16",
    "string": "object",
    "qint8": "int8",
    "quint8": "uint8",
    "qint16": "int16",
    "quint16": "uint16",
    "qint32": "int32",
}
"""What numpy keeps a dtype in, where the names differ."""


def storage(dtype: str) -> np.dtype:
    return np.dtype(STORAGE.get(dtype, dtype))


def ramp(dtype: str, *shape: int) -> np.ndarray:
    """Values that differ from each other, of any dtype and shape."""
    count = int(np.prod(shape, dtype=np.int64))
    if dtype == "string":
        texts = np.empty(count, object)
        texts[:] = [b"%d" % i * (i % 4) for i in range(count)]
        return texts.reshape(shape)
    if dtype == "bool":
        return (np.arange(count) % 3 == 0).reshape(shape)
    if dtype == "bfloat16":
        return (np.arange(count).astype(np.float32) / 4).view(np.uint32).__rshift__(16).astype(np.uint16).reshape(shape)
    values = np.arange(count).astype(storage(dtype))
    if values.dtype.kind == "f":
        values = values / values.dtype.type(4) - values.dtype.type(1)
    if values.dtype.kind == "c":
        values = values * values.dtype.type(0.5 - 0.25j)
    return values.astype(storage(dtype)).reshape(shape)


def strings(*texts: bytes) -> np.ndarray:
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def bits(dtype: str, *patterns: int) -> np.ndarray:
    """Floating-point numbers by their bits, which is how a NaN keeps its payload."""
    unsigned = {2: np.uint16, 4: np.uint32, 8: np.uint64}[np.dtype(dtype).itemsize]
    return np.array(patterns, unsigned).view(dtype)


def _extremes(dtype: str) -> np.ndarray:
    kept = storage(dtype)
    if kept.kind in "iu":
        low, high = np.iinfo(kept).min, np.iinfo(kept).max
        return np.array([low, low + 1, 0, 1, 127, high - 1, high], kept)
    return ramp(dtype, 7)


def dtypes() -> list[Item]:
    items = []
    for dtype in BOTH_FORMATS:
        items.append(Item(dtype + "/vector", dtype, _extremes(dtype)))
        items.append(Item(dtype + "/matrix", dtype, ramp(dtype, 3, 5)))
        items.append(Item(dtype + "/scalar", dtype, ramp(dtype, 2)[1:].reshape(())))
        items.append(Item(dtype + "/none", dtype, ramp(dtype, 0)))
    return items


def newer_dtypes() -> list[Item]:
    items = []
    for dtype in V2_ALONE:
        items.append(Item(dtype + "/vector", dtype, _extremes(dtype)))
        items.append(Item(dtype + "/matrix", dtype, ramp(dtype, 3, 5)))
        items.append(Item(dtype + "/scalar", dtype, ramp(dtype, 2)[1:].reshape(())))
        items.append(Item(dtype + "/none", dtype, ramp(dtype, 0)))
        items.append(Item(dtype + "/parts", dtype, ramp(dtype, 2, 3), "3 3 1,2:-"))
        items.append(Item(dtype + "/parts", dtype, ramp(dtype, 1, 3), "3 3 0,1:-"))
    return items


def shapes() -> list[Item]:
    wanted = [(), (1,), (0,), (0, 4), (4, 0), (3, 0, 2), (1,) * 8, (2,) * 8, (1, 1), (129,), (1, 300)]
    items = []
    for shape in wanted:
        for dtype in ("float32", "string", "int64"):
            name = "{}{}".format(dtype, "x".join(map(str, shape)))
            items.append(Item(name, dtype, ramp(dtype, *shape)))
    return items


def high_ranks() -> list[Item]:
    """TensorFlow reads these in V2 alone: as V1 it writes them, and ends its own process when it reads them."""
    return [Item(f"rank {rank}", "float32", ramp("float32", *[1] * (rank - 1), 3)) for rank in (9, 12, 32)]


def texts() -> list[Item]:
    every_byte = bytes(range(256))
    return [
        Item("empty", "string", strings(b"", b"", b"")),
        Item("lengths", "string", strings(b"x" * 127, b"y" * 128, b"z" * 16383, b"w" * 16384, b"")),
        Item("bytes", "string", strings(every_byte, b"\0", b"\0\0", b"\xff\xfe", "žluťoučký 名".encode())),
        Item("scalar", "string", np.array(b"one text", object)),
        Item("empty scalar", "string", np.array(b"", object)),
        Item("nul scalar", "string", np.array(b"\0", object)),
        Item("none", "string", strings()),
        Item("matrix", "string", ramp("string", 5, 4)),
    ]


def many_texts() -> list[Item]:
    words = np.empty(66000, object)
    words[:] = b""
    words[::1000] = [b"%d" % i for i in range(66)]
    return [Item("words", "string", words)]


def special() -> list[Item]:
    half = (0x8000, 0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7C01, 0x7E2A, 0xFFFF, 0x0001, 0x03FF, 0x7BFF, 0xFBFF)
    single = (
        *(0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0x7FC0BEEF, 0xFFFFFFFF),
        *(0x00000001, 0x007FFFFF, 0x7F7FFFFF, 0xFF7FFFFF, 0x00800000, 0x3F800001),
    )
    double = (
        *(0x8000000000000000, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0xFFF8000000000000),
        *(0x7FF0000000000001, 0x7FF80000DEADBEEF, 0xFFFFFFFFFFFFFFFF, 1, 0x7FEFFFFFFFFFFFFF, 0x000FFFFFFFFFFFFF),
    )
    return [
        Item("half", "float16", bits("float16", *half)),
        Item("single", "float32", bits("float32", *single)),
        Item("double", "float64", bits("float64", *double)),
        Item("complex64", "complex64", bits("float32", *single).view(np.complex64)),
        Item("complex128", "complex128", bits("float64", *double[:10]).view(np.complex128)),
    ]


def special_bfloat16() -> list[Item]:
    patterns = np.array([0x8000, 0x7F80, 0xFF80, 0x7FC0, 0x7F81, 0xFFFF, 0x0001, 0x7F7F, 0x007F], np.uint16)
    return [Item("bfloat16", "bfloat16", patterns)]


def names() -> list[Item]:
    odd = [
        *(
            "b",
            "a",
            "ab",
            "a/b",
            "a_b",
            "a/b/c",
            "B",
            "A",
            "a/b:0",
            "aa",
            "a ",
            " a",
            "a\tb",
            "a\nb",
            ".",
            "/",
            "//",
            "_",
        ),
        *("rnn/multi_rnn_cell/cell_0/lstm_cell/kernel", "rnn/multi_rnn_cell/cell_0/lstm_cell/kernel/Adam"),
        *("rnn/multi_rnn_cell/cell_0/lstm_cell/kernel/Adam_1", "rnn/multi_rnn_cell/cell_10/lstm_cell/kernel"),
        *("é/ü", "名前/重み", "Ω", "\U0001f600", "ÿ", "a\x00b", "a\x00", "\x01", "\x7f", "\u0080"),
        *("x" * 127, "x" * 128, "x" * 129, "y" * 300, "long/" * 1000 + "kernel"),
        *("0", "00", "000", "0" * 15, "0" * 16, "0" * 17),
    ]
    return [Item(name, "float32", np.full(1 + i % 3, i, np.float32)) for i, name in enumerate(odd)]


def odd_names() -> list[Item]:
    """What V2 keeps for itself: the empty name is its header's, and those of slices begin with a zero byte."""
    found = ["named", "", "\x00", "\x00\x01", "\x00named"]
    return [Item(name, "int32", np.full(1 + i, i, np.int32)) for i, name in enumerate(found)]


def many() -> list[Item]:
    return [Item(f"v{i:04d}/kernel", "float32", np.array([i, -i], np.float32)) for i in range(2000)]


def blocks() -> list[Item]:
    items = []
    for i in range(280):
        name = f"{i * 11 % 280:03d}" + "/scope" * (150 + i % 40)
        items.append(Item(name, "int32", np.array([i], np.int32)))
    return items


def large() -> list[Item]:
    """One that is so large that TensorFlow begins a block for it, and ends it behind it."""
    return [
        Item("a", "float32", ramp("float32", 10)),
        Item("b/kernel", "float32", (np.arange(1 << 17) % 7).astype(np.float32).reshape(128, 1024)),
        Item("b/kernel/Adam", "float32", ramp("float32", 2, 3)),
        Item("c", "int64", ramp("int64", 4)),
    ]


def _parts(name: str, whole: np.ndarray, dtype: str, cuts: list[list[int]]) -> list[Item]:
    """A grid of parts, along each axis cut into pieces of the sizes given, in the order of the first axis."""
    items = [([], [])]
    for sizes in cuts:
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        items = [([*a, starts[i]], [*n, sizes[i]]) for a, n in items for i in range(len(sizes))]
    found = []
    for start, size in items:
        index = tuple(slice(start[axis], start[axis] + size[axis]) for axis in range(whole.ndim))
        spec = ":".join(f"{start[axis]},{size[axis]}" for axis in range(whole.ndim))
        full = " ".join(map(str, whole.shape))
        found.append(Item(name, dtype, np.ascontiguousarray(whole[index]), full + " " + spec))
    return found


def partitioned() -> list[Item]:
    items = [
        *_parts("rows", ramp("float32", 7, 3), "float32", [[3, 3, 1], [3]]),
        *_parts("columns", ramp("float32", 7, 3), "float32", [[7], [1, 2]]),
        *_parts("depth", ramp("int64", 2, 3, 5), "int64", [[2], [3], [2, 1, 2]]),
        *_parts("grid", ramp("float64", 4, 6), "float64", [[1, 3], [2, 2, 2]]),
        *_parts("bias", ramp("float32", 10), "float32", [[4, 3, 3]]),
        *_parts("backwards", ramp("float32", 6, 2), "float32", [[1, 2, 3], [2]])[::-1],
        *_parts("rows/Adam", ramp("float32", 7, 3), "float32", [[3, 3, 1], [3]]),
        *_parts("wide", ramp("float32", 1, 200), "float32", [[1], [64, 64, 72]]),
    ]
    for dtype in ("string", "bool", "float16", "complex64", "qint8", "uint16"):
        items += _parts("of " + dtype, ramp(dtype, 5, 2), dtype, [[2, 3], [2]])
    open_ended = ramp("float32", 4, 3)
    return [
        *items,
        Item("with dashes", "float32", open_ended[:1], "4 3 0,1:-"),
        Item("with dashes", "float32", open_ended[1:], "4 3 1,3:-"),
        Item("one part, all of it", "float32", open_ended, "4 3 0,4:0,3"),
        Item("one part, dashes", "float32", open_ended, "4 3 -:-"),
        Item("one part, a dash", "float32", open_ended, "4 3 0,4:-"),
        Item("not partitioned", "float32", open_ended),
    ]


def incomplete() -> list[Item]:
    whole = ramp("float32", 6, 2)
    return [
        Item("end missing", "float32", whole[:2], "6 2 0,2:-"),
        Item("end missing", "float32", whole[2:4], "6 2 2,2:-"),
        Item("hole", "float32", whole[:2], "6 2 0,2:-"),
        Item("hole", "float32", whole[4:], "6 2 4,2:-"),
        Item("one row", "float32", whole[3:4], "6 2 3,1:0,2"),
        Item("whole", "float32", whole),
    ]


def shards() -> list[Item]:
    """The parts of one tensor over the shards, last part first; the second shard holds no byte."""
    rows = _parts("rows", ramp("float32", 7, 3), "float32", [[3, 3, 1], [3]])
    return [
        Item("z", "float32", ramp("float32", 4)),
        rows[2],
        Item("s", "string", strings(b"in", b"the", b"first")),
        Item("nothing", "float32", ramp("float32", 0, 2), shard=1),
        rows[0]._replace(shard=2),
        rows[1]._replace(shard=2),
        Item("a", "int64", ramp("int64", 3), shard=2),
        Item("b", "bool", ramp("bool", 3), shard=3),
        Item("parts in the last", "int32", ramp("int32", 2), "4 0,2", shard=3),
        Item("parts in the last", "int32", ramp("int32", 2), "4 2,2", shard=3),
    ]


def saver() -> list[Item]:
    """As `Saver` orders them: by device and then by name."""
    first = [
        Item("a", "float32", ramp("float32", 4)),
        *_parts("embedding", ramp("float32", 7, 3), "float32", [[3, 2, 2], [3]]),
        Item("global_step", "int64", np.array(7, np.int64)),
        Item("z", "float64", ramp("float64", 2, 2)),
    ]
    second = [
        Item("b", "float32", ramp("float32", 6)),
        Item("flag", "bool", np.array(True)),
        *_parts("softmax", ramp("float32", 4, 5), "float32", [[4], [3, 2]]),
    ]
    return [*first, *(item._replace(shard=1) for item in second)]


SETS = {
    "dtypes": Set(dtypes),
    "newer_dtypes": Set(newer_dtypes, ("v2",)),
    "shapes": Set(shapes),
    "high_ranks": Set(high_ranks, ("v2",)),
    "texts": Set(texts),
    "many_texts": Set(many_texts, ("v2",)),
    "special": Set(special),
    "bfloat16": Set(special_bfloat16, ("v2",)),
    "names": Set(names),
    "odd_names": Set(odd_names, ("v1",)),
    "many": Set(many),
    "blocks": Set(blocks, ("v2",)),
    "large": Set(large, ("v1",)),
    "partitioned": Set(partitioned),
    "incomplete": Set(incomplete),
    "shards": Set(shards, shards=4),
    "saver": Set(saver, shards=2, by_saver=True),
}


def prefix_of(name: str, form: str) -> str:
    """Where the files of a set are written."""
    return f"{name}_{form}/model.ckpt"


def known_as(name: str, form: str) -> str:
    """What a reader is given for them: of several files of the first format, the pattern."""
    shards = SETS[name].shards
    return prefix_of(name, form) + (f"-?????-of-{shards:05d}" if form == "v1" and shards > 1 else "")
