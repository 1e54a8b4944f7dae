"""Sorted tables of byte strings, as LevelDB has them: the first format, and the index of the second.

A table is blocks of entries in the order of their keys, a block that says where each of them lies, and 48 bytes at the
end that say where that one lies. A block may be compressed (snappy), and carries a checksum.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import cramjam
import numpy as np

from recell.checkpoint import checksum
from recell.checkpoint.storage import InputFile
from recell.checkpoint.wire import Malformed, read_varint

MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER = 48
TRAILER = 5
"""Behind each block: how it is compressed, and its checksum."""
RAW, SNAPPY = 0, 1
_SNAPPY_GAIN = 22
"""Snappy says at most 64 bytes with 3: a block that claims to become larger than this is not one."""
_KEY_BYTES = 1 << 20
"""Keys share their beginnings, so that a small table can claim endless ones: at most this and four times its size."""


class Table:
    """A table, of which single entries or all can be read.

    Args:
      file: where it is; the table is the whole file.

    Raises Malformed for what is no table. All reading does, for a block that is damaged.
    """

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self._allowance = _KEY_BYTES + 4 * file.size
        if file.size < FOOTER:
            raise Malformed(f"{file.size} bytes are too few for a checkpoint: its writing was cut short, or it is none")
        footer = file.read(file.size - FOOTER, FOOTER)
        if footer[-len(MAGIC) :] != MAGIC:
            raise Malformed("it does not end as a checkpoint does: it was cut short, or added to, or it is none")
        _, position = _handle(footer, 0)
        (where, _) = _handle(footer, position)
        index = list(self._entries(*where))
        self._lasts = [key for key, _ in index]
        if any(a >= b for a, b in zip(self._lasts, self._lasts[1:], strict=False)):
            raise Malformed("its blocks are not in order")
        self._handles = [_handle(value, 0)[0] for _, value in index]
        self._kept: tuple[int, list[tuple[bytes, memoryview]]] = (-1, [])

    def __iter__(self) -> Iterator[tuple[bytes, memoryview]]:
        """All entries, in the order of their keys."""
        return (entry for number in range(len(self._handles)) for entry in self._block(number))

    def get(self, key: bytes) -> memoryview | None:
        """What the table has for a key; None for nothing."""
        number = bisect.bisect_left(self._lasts, key)
        if number == len(self._lasts):
            return None
        entries = self._block(number)
        place = bisect.bisect_left(entries, key, key=lambda entry: entry[0])
        return entries[place][1] if place < len(entries) and entries[place][0] == key else None

    def _block(self, number: int) -> list[tuple[bytes, memoryview]]:
        """The entries of a block. The one read last is kept: neighbours are asked for one after the other."""
        if self._kept[0] != number:
            self._kept = (-1, [])
            entries = list(self._entries(*self._handles[number]))
            below = self._lasts[number - 1] if number else None
            if not entries or entries[-1][0] > self._lasts[number] or (below is not None and entries[0][0] <= below):
                raise Malformed("a block has other keys than the table's index says")
            self._kept = (number, entries)
        return self._kept[1]

    def _entries(self, offset: int, size: int) -> Iterator[tuple[bytes, memoryview]]:
        """Keys and values of a block, each key checked to lie behind the one before."""
        data = self._content(offset, size)
        if len(data) < 4:
            raise Malformed("a block is too short")
        restarts = int.from_bytes(data[-4:], "little")
        end = len(data) - 4 - 4 * restarts
        if end < 0:
            raise Malformed("a block is shorter than it says")
        position, key, first = 0, b"", True
        while position < end:
            shared, position = read_varint(data, position)
            own, position = read_varint(data, position)
            length, position = read_varint(data, position)
            if shared > len(key) or own + length > end - position:
                raise Malformed("an entry reaches out of its block")
            self._allowance -= shared + own
            if self._allowance < 0:
                raise Malformed("its keys are longer than all of it")
            following = key[:shared] + bytes(data[position : position + own])
            if following <= key and not first:
                raise Malformed("its keys are not in order, or there are two of one name")
            position += own + length
            key, first = following, False
            yield key, data[position - length : position]

    def _content(self, offset: int, size: int) -> memoryview:
        """The bytes of a block, checked and decompressed."""
        if offset + size + TRAILER > self._file.size:
            raise Malformed(f"a block of {size} bytes at {offset} reaches out of the file")
        data = self._file.read(offset, size + TRAILER)
        kind, stored = data[size], int.from_bytes(data[size + 1 :], "little")
        if checksum.masked(np.frombuffer(data, np.uint8, size + 1)) != stored:
            raise Malformed(f"the checksum of the block at {offset} does not agree with its bytes")
        if kind == RAW:
            return data[:size]
        if kind == SNAPPY:
            return _decompressed(data[:size])
        raise Malformed(f"a block is compressed in a way ({kind}) that no checkpoint has")


def _decompressed(data: memoryview) -> memoryview:
    claimed, _ = read_varint(data, 0)
    if claimed > _SNAPPY_GAIN * len(data):
        raise Malformed(f"a compressed block of {len(data)} bytes claims to become {claimed}")
    try:
        return memoryview(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise Malformed(f"a block cannot be decompressed ({error})") from None


def _handle(data: memoryview, position: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and the position behind them."""
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return (offset, size), position
