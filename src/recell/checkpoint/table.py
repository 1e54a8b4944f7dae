"""Sorted tables of byte strings, as LevelDB has them: the first format, and the index of the second.

A table is blocks of entries in the order of their keys, a block that says where each of them lies, and 48 bytes at the
end that say where that one lies. A block may be compressed (snappy), and carries a checksum.

A checksum keeps no liar out, so that nothing here believes it: each byte of the file is unpacked once at most (blocks
lie one behind the other), keys take no more memory than TensorFlow's can, and no search takes longer.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import cramjam
import numpy as np

from recell.checkpoint import checksum
from recell.checkpoint.input_file import InputFile
from recell.checkpoint.wire import Malformed, read_varint

MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER = 48
TRAILER = 5
"""Behind each block: how it is compressed, and its checksum."""
RAW, SNAPPY = 0, 1
_SNAPPY_GAIN = 22
"""Snappy says at most 64 bytes with 3: a block that claims to become larger than this is not one."""
_KEY_GAIN = 16
"""A key is written without what it shares with the one before, but TensorFlow writes every sixteenth in full: the keys
of a block are at most so many times as long as it is."""
_MOST_SHARED = 1024
"""So many keys may follow each other before one is written in full, and can be found without reading those before."""


class Table:
    """A table, of which single entries or all can be read.

    Args:
      file: where it is; the table is the whole file.

    Raises Malformed for what is no table. All reading does, for a block that is damaged.
    """

    def __init__(self, file: InputFile) -> None:
        self._file = file
        if file.size < FOOTER:
            raise Malformed(f"{file.size} bytes are too few for a checkpoint: its writing was cut short, or it is none")
        footer = file.read(file.size - FOOTER, FOOTER)
        if footer[-len(MAGIC) :] != MAGIC:
            raise Malformed("it does not end as a checkpoint does: it was cut short, or added to, or it is none")
        _, position = _handle(footer, 0)
        (where, _) = _handle(footer, position)
        self._lasts: list[bytes] = []
        self._handles: list[tuple[int, int]] = []
        behind = 0
        for key, value in _Block(self._content(*where)).checked():
            (offset, size), _ = _handle(value, 0)
            if offset < behind:
                raise Malformed("its blocks do not lie one behind the other")
            behind = offset + size + TRAILER
            self._lasts.append(key)
            self._handles.append((offset, size))
        if behind > where[0]:
            raise Malformed("its blocks do not lie one behind the other")
        self._kept: tuple[int, _Block] | None = None
        self._sound: set[int] = set()

    def __iter__(self) -> Iterator[tuple[bytes, memoryview]]:
        """All entries, in the order of their keys."""
        return (entry for number in range(len(self._handles)) for entry in self._checked(number, self._block(number)))

    def get(self, key: bytes) -> memoryview | None:
        """What the table has for a key; None for nothing."""
        number = bisect.bisect_left(self._lasts, key)
        if number == len(self._lasts):
            return None
        # The one read last is kept: neighbours are asked for one after the other. Other threads may ask meanwhile.
        kept = self._kept
        if kept is None or kept[0] != number:
            kept = self._kept = None
            kept = self._kept = number, self._block(number)
        block = kept[1]
        if number not in self._sound:
            for _ in self._checked(number, block):
                pass
            self._sound.add(number)
        return block.get(key)

    def _block(self, number: int) -> _Block:
        return _Block(self._content(*self._handles[number]))

    def _checked(self, number: int, block: _Block) -> Iterator[tuple[bytes, memoryview]]:
        """The entries of a block, which must be some, and between those of its neighbours."""
        key = below = self._lasts[number - 1] if number else None
        for key, value in block.checked():
            if below is not None and key <= below:
                break
            below = None
            yield key, value
        if key is None or below is not None or key > self._lasts[number]:
            raise Malformed("a block has other keys than the table's index says")

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


class _Block:
    """Entries in the order of their keys, and the places of those whose keys are written in full."""

    def __init__(self, data: memoryview) -> None:
        if len(data) < 4:
            raise Malformed("a block is too short")
        count = int.from_bytes(data[-4:], "little")
        self._end = len(data) - 4 - 4 * count
        if self._end < 0:
            raise Malformed("a block is shorter than it says")
        self._data = data
        self._full = np.frombuffer(data, "<u4", count, self._end)

    def checked(self) -> Iterator[tuple[bytes, memoryview]]:
        """All entries; each key must lie behind the one before, and those that are written in full where it says."""
        allowance = _KEY_GAIN * len(self._data)
        full, seen, since = self._full, 0, 0
        key, first = b"", True
        for position, shared, following, value in self._entries(0):
            allowance -= len(following)
            if allowance < 0:
                raise Malformed("the keys of a block are longer than can be")
            if following <= key and not first:
                raise Malformed("its keys are not in order, or there are two of one name")
            since += 1
            if not shared and seen < len(full) and full[seen] == position:
                seen, since = seen + 1, 0
            elif not seen or since > _MOST_SHARED:
                raise Malformed("a block has keys in full at other places than it says")
            key, first = following, False
            yield key, value
        if seen < len(full) and self._end:
            raise Malformed("a block has keys in full at other places than it says")

    def get(self, key: bytes) -> memoryview | None:
        """What a block that is checked has for a key; None for nothing."""
        place = bisect.bisect_right(self._full, key, key=lambda position: next(self._entries(int(position)))[2])
        start = int(self._full[place - 1]) if place else self._end
        for _, _, found, value in self._entries(start):
            if found >= key:
                return value if found == key else None
        return None

    def _entries(self, position: int) -> Iterator[tuple[int, int, bytes, memoryview]]:
        """From a key in full on: where each entry lies, how much its key shares with the one before, key and value."""
        key = b""
        while position < self._end:
            start = position
            shared, position = read_varint(self._data, position)
            own, position = read_varint(self._data, position)
            length, position = read_varint(self._data, position)
            if shared > len(key) or own + length > self._end - position:
                raise Malformed("an entry reaches out of its block")
            key = key[:shared] + bytes(self._data[position : position + own])
            position += own + length
            yield start, shared, key, self._data[position - length : position]


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
