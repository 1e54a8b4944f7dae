"""The messages inside checkpoint files: what each says of a tensor, there and back.

TF's messages: `BundleHeaderProto`, `BundleEntryProto` (second format), `SavedTensorSlices` and what it is made of
(first format), `TensorShapeProto`, `TensorSliceProto`. Reading raises Malformed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from recell.checkpoint.ordered import Extents
from recell.checkpoint.slices import Region
from recell.checkpoint.wire import (
    Malformed,
    Parts,
    bytes_of,
    field,
    field_of,
    fields,
    fixed32,
    number_of,
    signed,
    varints,
)

VERSION = 1
"""Of both formats: what we write, and the newest that is read."""
MOST_DIMENSIONS = 32
"""What numpy 1 holds; numpy 2 holds 64. TensorFlow's kernels stop at 8."""
_LARGEST = 1 << 62
_MOST_ELEMENTS = 1 << 58
"""Of the largest dtype, more than an address can count."""


_MOST_NAMES = 1 << 20
"""Of tensors and slices in one checkpoint: each takes a kilobyte of memory as a Python object, and a few bytes in a
file. A graph of TensorFlow 1, which ends at two gigabytes, has no room for as many variables."""


def check_count(names: int) -> None:
    """Raises Malformed for more tensors and slices than a checkpoint is believed to have."""
    if names > _MOST_NAMES:
        raise Malformed(f"it names more than {_MOST_NAMES} tensors and slices")


class Header(NamedTuple):
    """How many data files there are, and how their numbers lie in memory."""

    shards: int
    big_endian: bool
    producer: int
    min_consumer: int


def parse_header(data: memoryview) -> Header:
    shards = endianness = producer = min_consumer = 0
    for number, kind, value in fields(data):
        if number == 1:
            shards = number_of(kind, value)
        elif number == 2:
            endianness = number_of(kind, value)
        elif number == 3:
            producer, min_consumer = _parse_version(bytes_of(kind, value))
    if not 0 < shards < 1 << 31:
        raise Malformed(f"it says that it has {signed(shards)} data files")
    if endianness > 1:
        raise Malformed(f"it says that its numbers lie in an unknown order ({endianness})")
    return Header(shards, endianness == 1, producer, min_consumer)


def _parse_version(data: memoryview) -> tuple[int, int]:
    """Who wrote it, and the version that a reader must know: a later one than ours if ours is refused by its number."""
    producer = min_consumer = 0
    refused: set[int] = set()
    for number, kind, value in fields(data):
        if number == 1:
            producer = number_of(kind, value)
        elif number == 2:
            min_consumer = number_of(kind, value)
        elif number == 3 and isinstance(value, int):
            refused.add(value)
        elif number == 3:
            refused.update(varints(bytes_of(kind, value)))
    return producer, max(min_consumer, VERSION + 1) if VERSION in refused else min_consumer


def header(shards: int) -> bytes:
    """For numbers whose lowest byte comes first, which is what we write."""
    return field(1, shards) + field(3, field(1, VERSION))


class BundleEntry(NamedTuple):
    """What the index of the second format says of a tensor, or of a slice of one.

    `slices` is not empty for a tensor that is kept in slices: it has no data of its own.
    """

    dtype: int
    shape: tuple[int, ...]
    shard: int = 0
    offset: int = 0
    size: int = 0
    crc: int = 0
    slices: tuple[Extents, ...] = ()

    def message(self) -> bytes:
        made = [field(1, self.dtype), field(2, shape_message(self.shape))]
        made += [field(3, self.shard)] if self.shard else []
        made += [field(4, self.offset)] if self.offset else []
        made += [field(5, self.size)] if self.size else []
        made += [fixed32(6, self.crc)] if self.crc else []
        return b"".join([*made, *(field(7, slice_message(extents)) for extents in self.slices)])


def parse_entry(data: memoryview) -> BundleEntry:
    numbers = dict.fromkeys((1, 3, 4, 5, 6), 0)
    shape: tuple[int, ...] = ()
    slices = []
    for number, kind, value in fields(data):
        if number in numbers:
            numbers[number] = number_of(kind, value)
        elif number == 2:
            shape = parse_shape(bytes_of(kind, value))
        elif number == 7:
            slices.append(parse_slice(bytes_of(kind, value)))
            check_count(len(slices))
    dtype, shard, offset, size, crc = (numbers[key] for key in (1, 3, 4, 5, 6))
    if max(shard, offset, size) > _LARGEST:
        raise Malformed("it says that it lies at a negative place, or has a negative size")
    return BundleEntry(dtype, shape, shard, offset, size, crc, tuple(slices))


def shape_message(shape: Sequence[int]) -> bytes:
    return b"".join(field(2, field(1, size) if size else b"") for size in shape)


def parse_shape(data: memoryview) -> tuple[int, ...]:
    shape: list[int] = []
    for number, kind, value in fields(data):
        if number == 2:
            sizes = [number_of(k, v) for n, k, v in fields(bytes_of(kind, value)) if n == 1]
            shape.append(signed(sizes[-1]) if sizes else 0)
        elif number == 3 and number_of(kind, value):
            raise Malformed("its shape is not known")
        if len(shape) > MOST_DIMENSIONS:
            raise Malformed(f"it has more than {MOST_DIMENSIONS} dimensions")
    if any(size < 0 for size in shape):
        raise Malformed(f"it has the shape {shape}")
    # Not the product: a zero must not hide sizes that numpy cannot count with.
    if math.prod(size or 1 for size in shape) > _MOST_ELEMENTS:
        raise Malformed(f"its shape {shape} has more elements than can be")
    return tuple(shape)


def slice_message(extents: Extents) -> bytes:
    made = []
    for start, length in extents:
        extent = (field(1, start) if start else b"") + (field(2, length) if length != -1 else b"")
        made.append(field(1, extent))
    return b"".join(made)


def parse_slice(data: memoryview) -> Extents:
    extents = []
    for number, kind, value in fields(data):
        if number == 1:
            start, length = 0, -1
            for inner, its_kind, content in fields(bytes_of(kind, value)):
                if inner == 1:
                    start = signed(number_of(its_kind, content))
                elif inner == 2:
                    length = signed(number_of(its_kind, content))
            extents.append((start, length))
        if len(extents) > MOST_DIMENSIONS:
            raise Malformed(f"a slice has more than {MOST_DIMENSIONS} dimensions")
    return tuple(extents)


def region_of(extents: Extents, shape: tuple[int, ...]) -> Region:
    """The part of a tensor of `shape` that a slice means. Malformed for one that does not lie within it."""
    if len(extents) != len(shape):
        raise Malformed(f"a slice has {len(extents)} dimensions, but the tensor has {len(shape)}")
    start = tuple(s for s, _ in extents)
    size = tuple(n if length == -1 else length for (_, length), n in zip(extents, shape, strict=True))
    if any(s < 0 or n < 0 or s + n > whole for s, n, whole in zip(start, size, shape, strict=True)):
        raise Malformed(f"a slice that starts at {list(start)} and reaches {list(size)} is not within {list(shape)}")
    return Region(start, size)


class SavedTensor(NamedTuple):
    """What the first format's table of contents says of a tensor."""

    name: bytes
    dtype: int
    shape: tuple[int, ...]
    slices: tuple[Extents, ...]

    def message(self) -> bytes:
        made = [field(1, self.name)] if self.name else []
        made += [field(2, shape_message(self.shape)), field(3, self.dtype)]
        return b"".join([*made, *(field(4, slice_message(extents)) for extents in self.slices)])


class Contents(NamedTuple):
    """The first format's table of contents, which its table has under the empty key.

    Attributes:
      tensors: of the table.
      min_consumer: the version that a reader must know.
      alone: whether the table has all of the checkpoint, and tables beside it are left over from another. A field of
        our own, which TensorFlow passes over.
    """

    tensors: list[SavedTensor]
    min_consumer: int = 0
    alone: bool = False

    def message(self) -> bytes:
        made = [field(1, tensor.message()) for tensor in self.tensors]
        return field(1, b"".join([*made, field(2, field(1, VERSION)), field(_ALONE, 1) if self.alone else b""]))


_ALONE = 21587
"""The number of our field: none of TensorFlow's are near."""


def parse_contents(data: memoryview) -> Contents:
    tensors: list[SavedTensor] = []
    min_consumer, alone, count = 0, False, 0
    for number, kind, value in fields(_only(data, 1, "its table of contents")):
        if number == 1:
            tensors.append(_parse_saved_tensor(bytes_of(kind, value)))
            count += 1 + len(tensors[-1].slices)
            check_count(count)
        elif number == 2:
            _, min_consumer = _parse_version(bytes_of(kind, value))
        elif number == _ALONE:
            alone = number_of(kind, value) == 1
    return Contents(tensors, min_consumer, alone)


def _parse_saved_tensor(data: memoryview) -> SavedTensor:
    name, dtype, slices = b"", 0, []
    shape: tuple[int, ...] = ()
    for number, kind, value in fields(data):
        if number == 1:
            name = bytes(bytes_of(kind, value))
        elif number == 2:
            shape = parse_shape(bytes_of(kind, value))
        elif number == 3:
            dtype = number_of(kind, value)
        elif number == 4:
            slices.append(parse_slice(bytes_of(kind, value)))
            check_count(len(slices))
    return SavedTensor(name, dtype, shape, tuple(slices))


def saved_slice(name: bytes, extents: Extents, tensor: Parts) -> Parts:
    """The values of a slice, as the first format's table has them: `tensor` is a `TensorProto`."""
    begin = (field(1, name) if name else b"") + field(2, slice_message(extents))
    return field_of(2, [begin, *field_of(3, tensor)])


def parse_saved_slice(data: memoryview) -> tuple[bytes, Extents, memoryview]:
    """The tensor's name, the slice, and the `TensorProto` with its values."""
    name, tensor = b"", memoryview(b"")
    extents: Extents = ()
    for number, kind, value in fields(_only(data, 2, "the values of a slice")):
        if number == 1:
            name = bytes(bytes_of(kind, value))
        elif number == 2:
            extents = parse_slice(bytes_of(kind, value))
        elif number == 3:
            tensor = bytes_of(kind, value)
    return name, extents, tensor


def _only(data: memoryview, wanted: int, told: str) -> memoryview:
    """The field `wanted` of a message."""
    only = None
    for number, kind, value in fields(data):
        if number == wanted:
            if only is not None:
                raise Malformed(f"{told} belong in one message, but there are several")
            only = bytes_of(kind, value)
    if only is None:
        raise Malformed(f"{told} are not there")
    return only
