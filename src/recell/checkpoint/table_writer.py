"""Writing sorted tables of byte strings: see `recell.checkpoint.table`. The same entries make TF's very bytes."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from recell.checkpoint import checksum
from recell.checkpoint.table import FOOTER, MAGIC, RAW
from recell.checkpoint.wire import Parts, size_of, varint

BLOCK = 1 << 18
"""Bytes after which a block is full."""
_BEGINS_BLOCK = 2 * BLOCK
"""Bytes of an entry, with its key, that goes into no block that holds others already."""
_RESTART = 16
"""Every so many entries a key is written in full."""


class Output(Protocol):
    """Where a table goes."""

    def write(self, data: bytes | np.ndarray) -> object: ...


class _Block:
    """Entries in the order of their keys, each key without what it shares with the one before."""

    def __init__(self, restart: int) -> None:
        self._restart = restart
        self.clear()

    def clear(self) -> None:
        self._parts: Parts = []
        self._restarts = [0]
        self._size = self._since = 0
        self.last = b""

    def add(self, key: bytes, value: Parts) -> None:
        shared, size = 0, size_of(value)
        if self._since < self._restart:
            shared = _shared(self.last, key)
        else:
            self._restarts.append(self._size)
            self._since = 0
        head = varint(shared) + varint(len(key) - shared) + varint(size) + key[shared:]
        self._parts += [head, *value]
        self._size += len(head) + size
        self._since += 1
        self.last = key

    @property
    def size(self) -> int:
        return self._size + 4 * len(self._restarts) + 4

    @property
    def empty(self) -> bool:
        return not self._parts

    def content(self) -> Parts:
        numbers = [*self._restarts, len(self._restarts)]
        return [*self._parts, *(number.to_bytes(4, "little") for number in numbers)]


class TableWriter:
    """Writes a table, entry by entry, in the order of the keys; no block is compressed, as TensorFlow compresses none.

    Args:
      out: where to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._offset = 0
        self._block = _Block(_RESTART)
        self._index = _Block(1)
        self._pending: tuple[bytes, bytes] | None = None

    def add(self, key: bytes, value: bytes | Parts) -> None:
        """The next entry, its value in one or in several parts; its key must lie behind the one before."""
        parts: Parts = [value] if isinstance(value, bytes) else value
        if len(key) + size_of(parts) >= _BEGINS_BLOCK:
            self._flush()
        if self._pending is not None:
            last, handle = self._pending
            self._index.add(_between(last, key), [handle])
            self._pending = None
        self._block.add(key, parts)
        if self._block.size >= BLOCK:
            self._flush()

    def finish(self) -> None:
        """What comes behind the last entry."""
        self._flush()
        about = self._write(_Block(_RESTART))
        if self._pending is not None:
            self._index.add(_behind(self._pending[0]), [self._pending[1]])
        footer = about + self._write(self._index)
        self._out.write(footer.ljust(FOOTER - len(MAGIC), b"\0") + MAGIC)

    def _flush(self) -> None:
        if not self._block.empty:
            self._pending = self._block.last, self._write(self._block)
            self._block.clear()

    def _write(self, block: _Block) -> bytes:
        """Writes a block; gives what says where it lies."""
        content = block.content()
        crc = 0
        for part in content:
            crc = checksum.write(part, crc, self._out.write)
        end = bytes([RAW])
        self._out.write(end + checksum.masked(end, crc).to_bytes(4, "little"))
        size = size_of(content)
        handle = varint(self._offset) + varint(size)
        self._offset += size + len(end) + 4
        return handle


def _shared(a: bytes, b: bytes) -> int:
    """How many bytes both begin with."""
    limit = min(len(a), len(b))
    return next((place for place in range(limit) if a[place] != b[place]), limit)


def _between(low: bytes, high: bytes) -> bytes:
    """A key, as short as it is easily had, that is not below `low` and below `high`."""
    place = _shared(low, high)
    if place < min(len(low), len(high)) and low[place] < 0xFF and low[place] + 1 < high[place]:
        return low[:place] + bytes([low[place] + 1])
    return low


def _behind(key: bytes) -> bytes:
    """A short key that is not below `key`."""
    for place, byte in enumerate(key):
        if byte != 0xFF:
            return key[:place] + bytes([byte + 1])
    return key
