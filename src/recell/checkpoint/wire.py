"""The wire format of protocol buffers: the few messages of a checkpoint, and arrays of numbers at numpy's speed.

Written here, because an array of the first format is one message of up to two gigabytes: its numbers must become an
array without becoming Python objects, and their count must be known before any memory is asked for.
What is no such message raises Malformed, which the formats turn into an error that names the file.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_CHUNK = 1 << 16
"""Bytes that are counted, or numbers that are packed, at once: the arrays between stay small whatever the size."""
_UNPACKED = 1 << 14
"""Bytes of numbers that are unpacked at once: each takes fifty of memory meanwhile."""


class Malformed(Exception):
    """Bytes that are not what they should be, in words that follow the name of a file."""


def read_varint(data: memoryview | bytes, position: int) -> tuple[int, int]:
    """The number at `position` and the position behind it. Malformed when it is cut off or has more than 64 bits."""
    if position < len(data) and data[position] < 0x80:  # as nearly all are
        return data[position], position + 1
    value = shift = 0
    for place in range(position, min(position + 10, len(data))):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, place + 1
        shift += 7
    else:
        if len(data) < position + 10:
            raise Malformed("a number is cut off")
    raise Malformed("a number has more than 64 bits")


def varints(data: memoryview) -> Iterator[int]:
    """The numbers of a short packed field."""
    position = 0
    while position < len(data):
        value, position = read_varint(data, position)
        yield value


_ONE_BYTE = [bytes([number]) for number in range(0x80)]
"""What most numbers become: the index of many small tensors consists of them."""


def varint(value: int) -> bytes:
    """A number as the wire has it; a negative one as its 64 bits."""
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    value &= 0xFFFFFFFFFFFFFFFF
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def signed(value: int) -> int:
    """A 64-bit number as one with a sign."""
    return value - (1 << 64) if value >= 1 << 63 else value


def fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """The fields of a message in their order: number, kind, and the number or bytes that each holds."""
    position = 0
    while position < len(data):
        tag, position = read_varint(data, position)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise Malformed(f"a message has a field of number {number}")
        if kind == VARINT:
            value, position = read_varint(data, position)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, position = read_varint(data, position)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise Malformed(f"a message has a field of the unknown kind {kind}")
        if size > len(data) - position:
            raise Malformed(f"a message is cut off: field {number} says {size} bytes, {len(data) - position} are left")
        content = data[position : position + size]
        position += size
        yield number, kind, content if kind == BYTES else int.from_bytes(content, "little")


def number_of(kind: int, value: int | memoryview) -> int:
    """The content of a field that must be a number."""
    if kind == BYTES or not isinstance(value, int):
        raise Malformed("a message has bytes where a number belongs")
    return value


def bytes_of(kind: int, value: int | memoryview) -> memoryview:
    """The content of a field that must be bytes, or a message."""
    if kind != BYTES or isinstance(value, int):
        raise Malformed("a message has a number where bytes belong")
    return value


def field(number: int, value: int | bytes) -> bytes:
    """A field with a number (as a varint) or bytes."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value


Parts = list["bytes | np.ndarray"]
"""Bytes in several pieces, arrays of bytes among them: what is large is not copied to be put together."""


def size_of(parts: Parts) -> int:
    """How many bytes the parts are together."""
    return sum(map(len, parts))


def field_of(number: int, parts: Parts) -> Parts:
    """A field with bytes, or a message."""
    return [varint(number << 3 | BYTES) + varint(size_of(parts)), *parts]


def fixed32(number: int, value: int) -> bytes:
    """A field of four bytes."""
    return varint(number << 3 | FIXED32) + value.to_bytes(4, "little")


def count_varints(data: memoryview) -> int:
    """How many numbers a packed field holds, counted without unpacking them."""
    given = np.frombuffer(data, np.uint8)
    steps = range(0, given.size, _CHUNK)
    return sum(int(np.count_nonzero(given[start : start + _CHUNK] < 0x80)) for start in steps)


def unpack_varints(data: memoryview, out: np.ndarray) -> None:
    """Fills `out`, a flat array of integers or bool, with the numbers of a packed field, which must be as many."""
    given = np.frombuffer(data, np.uint8)
    if given.size and given[-1] >= 0x80:
        raise Malformed("a number is cut off")
    start = filled = 0
    while start < given.size:
        piece = given[start : start + _UNPACKED]
        ends = np.flatnonzero(piece < 0x80)
        if not ends.size:
            raise Malformed("a number has more than 64 bits")
        starts = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - starts + 1
        if lengths.max() > 10 or np.any(piece[ends[lengths == 10]] > 1):
            raise Malformed("a number has more than 64 bits")
        values = np.zeros(ends.size, np.uint64)
        for place in range(int(lengths.max())):
            longer = lengths > place
            bits = piece[starts[longer] + place].astype(np.uint64) & np.uint64(0x7F)
            values[longer] |= bits << np.uint64(7 * place)
        if filled + values.size > out.size:
            raise Malformed("there are more numbers than the shape has elements")
        out[filled : filled + values.size] = values.view(np.int64)
        filled += values.size
        start += int(ends[-1]) + 1
    if filled != out.size:
        raise Malformed("there are fewer numbers than the shape has elements")


def pack_varints(values: np.ndarray) -> bytes:
    """A flat array of integers or bool as a packed field has them, negative ones as 64 bits."""
    made = []
    for start in range(0, values.size, _CHUNK):
        left = values[start : start + _CHUNK].astype(np.int64 if values.dtype.kind == "i" else np.uint64)
        left = left.view(np.uint64)
        lengths = np.ones(left.size, np.int64)
        for bits in range(7, 64, 7):
            lengths += left >= np.uint64(1 << bits)
        ends = np.cumsum(lengths)
        packed = np.empty(int(ends[-1]), np.uint8)
        starts = ends - lengths
        for place in range(int(lengths.max())):
            longer = lengths > place
            bits7 = (left[longer] >> np.uint64(7 * place)) & np.uint64(0x7F)
            more = (lengths[longer] > place + 1).astype(np.uint64) << np.uint64(7)
            packed[starts[longer] + place] = bits7 | more
        made.append(packed.tobytes())
    return b"".join(made)
