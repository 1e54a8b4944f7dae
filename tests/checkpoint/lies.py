"""Checkpoints made by hand: what an index, a table of contents, and the values of a slice say."""

from __future__ import annotations

import pathlib

import numpy as np
from tests.checkpoint.damage import extents, field, in_bounds, put, shape, table

from recell import checkpoint
from recell.checkpoint import checksum, wire
from recell.checkpoint.ordered import slice_key


def told_alone(value: object) -> str:
    """A name of a case: what is told, not the bytes, of which there may be megabytes."""
    return value if isinstance(value, str) and value.isprintable() else ""


FLOATS = np.arange(6, dtype=np.float32)
HEADER = field(1, 1) + field(3, field(1, 1))
HUGE = (1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 24)
KEY = slice_key(b"a", ((0, -1),))
PACKED = field(5, FLOATS.tobytes())


def entry(
    sizes: bytes = shape(6),
    *,
    dtype: int = 1,
    shard: int = 0,
    offset: int = 0,
    size: int = 24,
    crc: int = checksum.masked(FLOATS.tobytes()),
    slices: tuple[bytes, ...] = (),
) -> bytes:
    """What an index says of a tensor; as it stands, of the numbers in FLOATS."""
    made = field(1, dtype) + field(2, sizes) + field(3, shard) + field(4, offset) + field(5, size)
    return made + wire.fixed32(6, crc) + b"".join(field(7, each) for each in slices)


def bundle(
    folder: pathlib.Path, rows: dict[bytes, bytes], data: bytes = FLOATS.tobytes(), header: bytes = HEADER
) -> pathlib.Path:
    put(folder / "m", {".index": table(sorted({b"": header, **rows}.items())), ".data-00000-of-00001": data})
    return folder / "m"


def legacy(folder: pathlib.Path, tensors: list[bytes], rows: dict[bytes, bytes]) -> pathlib.Path:
    contents = field(1, b"".join(field(1, tensor) for tensor in tensors))
    put(folder / "m", {"": table(sorted({b"": contents, **rows}.items()))})
    return folder / "m"


def saved(
    name: bytes = b"a", sizes: bytes = shape(6), dtype: int = 1, slices: tuple[bytes, ...] = (extents(None),)
) -> bytes:
    """What a table of contents says of a tensor."""
    return field(1, name) + field(2, sizes) + field(3, dtype) + b"".join(field(4, each) for each in slices)


def values(tensor: bytes, name: bytes = b"a", part: bytes = extents(None)) -> bytes:
    """The values of a slice, in the first format."""
    return field(2, field(1, name) + field(2, part) + field(3, tensor))


def fails(prefix: pathlib.Path, error: type[checkpoint.CheckpointError], told: str, names: int = 4) -> None:
    found = in_bounds(prefix, names)
    assert type(found) is error, found
    assert told in str(found)
