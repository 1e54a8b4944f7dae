"""Reading files that somebody has spoilt: what reading may do then, and tools to spoil them."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import struct
import time
import tracemalloc
from collections.abc import Iterable

import google_crc32c
import numpy as np
from tests.checkpoint.tables import Rows, rows_of

from recell import checkpoint
from recell.checkpoint import Entry, checksum, dtypes
from recell.checkpoint.errors import shown
from recell.checkpoint.table_writer import TableWriter
from recell.checkpoint.wire import Malformed, read_varint

Values = dict[str, np.ndarray]
Files = dict[str, bytes]
"""The files of a checkpoint, by what stands behind the prefix in their names."""

SECONDS = 1.0
KILOBYTES = 1 << 10


def outcome(prefix: str | pathlib.Path) -> Values | checkpoint.CheckpointError:
    """All that a checkpoint gives, or the error with which reading ends. Any other error comes out of here.

    Everything that a Reader does is done, also behind a tensor that cannot be read: the others must be as good as ever.
    """
    prefix = str(prefix)
    values: Values = {}
    failed: list[checkpoint.CheckpointError] = []
    try:
        with checkpoint.Reader(prefix) as reader:
            for name, info in reader.tensors().items():
                try:
                    values[name] = _all_of(reader, name)
                except (checkpoint.UnreadableCheckpoint, checkpoint.WrongSlice) as error:
                    failed.append(error)
                    _check_told(error, prefix, name)
                else:
                    kind = str(dtypes.numpy_dtype(info.dtype))
                    assert (str(values[name].dtype), values[name].shape) == (kind, info.shape)
    except checkpoint.CheckpointError as error:
        failed.append(error)
        _check_told(error, prefix, None)
    return failed[0] if failed else values


def _all_of(reader: checkpoint.Reader, name: str) -> np.ndarray:
    assert isinstance(reader.parts(name), list)
    reader.stored(name)
    reader.check(name)
    reader.map(name)
    return reader.read(name)


def _check_told(error: checkpoint.CheckpointError, prefix: str, name: str | None) -> None:
    """That an error names the file, and the tensor that was read."""
    told = str(error)
    if isinstance(error, checkpoint.UnreadableCheckpoint):
        assert error.path.startswith(prefix.split("-?")[0])
        assert error.path in told
        assert name is None or error.tensor == name
    if name is not None:
        assert shown(name) in told or name in told


def in_bounds(prefix: str | pathlib.Path, names: int = 0) -> Values | checkpoint.CheckpointError:
    """`outcome`, and that it took neither more than a second nor more memory than the promise says.

    Args:
      names: how many tensors and slices the checkpoint says it has.
    """
    size = sum(path.stat().st_size for path in pathlib.Path(prefix).parent.iterdir() if path.is_file())
    begun = time.process_time()
    found = outcome(prefix)
    took = time.process_time() - begun
    assert took < SECONDS, f"{took:.2f} s for {size} bytes"
    tracemalloc.start()
    try:
        outcome(prefix)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    allowed = 4 * size + 256 * KILOBYTES + 2 * KILOBYTES * names
    assert most < allowed, f"{most} bytes of memory for {size} in files"
    return found


def same(found: Values, wanted: Values) -> bool:
    """Whether two checkpoints have the same tensors, to the bit."""
    return found.keys() == wanted.keys() and all(
        (a.dtype, a.shape) == (b.dtype, b.shape)
        and (a.ravel().tolist() == b.ravel().tolist() if a.dtype == object else a.tobytes() == b.tobytes())
        for a, b in ((found[name], wanted[name]) for name in found)
    )


def put(prefix: pathlib.Path, files: Files) -> None:
    for suffix, data in files.items():
        prefix.with_name(prefix.name + suffix).write_bytes(data)


def taken(prefix: pathlib.Path) -> Files:
    """The files of a checkpoint, which are taken away."""
    files = {}
    for path in sorted(prefix.parent.glob(f"{prefix.name}*")):
        files[path.name[len(prefix.name) :]] = path.read_bytes()
        path.unlink()
    return files


def table(rows: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A table whose checksums are right, whatever the rows say; they must be in order."""
    made = _Pieces()
    writer = TableWriter(made)
    for key, value in rows:
        writer.add(key, value)
    writer.finish()
    return b"".join(made)


class _Pieces(list[bytes]):
    def write(self, data: bytes) -> None:
        self.append(bytes(data))


def block(content: bytes, kind: int = 0) -> bytes:
    """A block with its checksum."""
    body = content + bytes([kind])
    return body + struct.pack("<I", checksum.mask(google_crc32c.value(body)))


def raw_block(entries: Iterable[tuple[int, bytes, bytes]], restarts: list[int] | None = None) -> bytes:
    """The content of a block of entries: how much a key shares with the one before, the rest of it, the value."""
    made = b"".join(
        varint(shared) + varint(len(own)) + varint(len(value)) + own + value for shared, own, value in entries
    )
    restarts = [0] if restarts is None else restarts
    return made + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def file_of_blocks(blocks: list[tuple[bytes, bytes]], kind: int = 0) -> bytes:
    """A table of blocks as they are given: the last key that the index says, and the content."""
    made, index = b"", []
    for last, content in blocks:
        index.append((0, last, varint(len(made)) + varint(len(content))))
        made += block(content, kind)
    return ended(made, raw_block(index, starts_of(index)))


def one_row_a_block(data: bytes) -> bytes:
    """A table's rows, each in a block of its own."""
    return file_of_blocks([(key, raw_block([(0, key, value)])) for key, value in rows_of(data)])


def ended(blocks: bytes, index: bytes) -> bytes:
    """A table with these blocks and this content of the block that says where they are."""
    about = varint(len(blocks)) + varint(8)
    blocks += block(raw_block([]))
    where = varint(len(blocks)) + varint(len(index))
    return blocks + block(index) + (about + where).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def starts_of(entries: list[tuple[int, bytes, bytes]]) -> list[int]:
    return [0, *itertools.accumulate(len(_entry(*entry)) for entry in entries[:-1])]


def _entry(shared: int, own: bytes, value: bytes) -> bytes:
    return varint(shared) + varint(len(own)) + varint(len(value)) + own + value


def varint(value: int) -> bytes:
    made = b""
    while value > 127:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    return varint(number << 3 | 2) + varint(len(value)) + value


def shape(*sizes: int) -> bytes:
    return b"".join(field(2, field(1, size)) for size in sizes)


def extents(*pairs: tuple[int, int] | None) -> bytes:
    return b"".join(field(1, b"" if pair is None else field(1, pair[0]) + field(2, pair[1])) for pair in pairs)


def blocks_of(data: bytes) -> list[tuple[int, int]]:
    """Offset and size of each block of a sound table that is not compressed: of the entries, and of the index."""
    numbers, position = [], len(data) - 48
    for _ in range(4):
        number, position = read_varint(data, position)
        numbers.append(number)
    start, size = numbers[2:]
    found = []
    for _, handle in rows_of_block(data[start : start + size]):
        offset, behind = read_varint(handle, 0)
        found.append((offset, read_varint(handle, behind)[0]))
    return [*found, (start, size)]


def rows_of_block(content: bytes) -> Rows:
    """The entries of a block's content."""
    position, key, found = 0, b"", []
    end = len(content) - 4 - 4 * int.from_bytes(content[-4:], "little")
    while position < end:
        numbers = []
        for _ in range(3):
            number, position = read_varint(content, position)
            numbers.append(number)
        shared, own, length = numbers
        key = key[:shared] + content[position : position + own]
        position += own + length
        found.append((key, content[position - length : position]))
    return found


def with_block(data: bytes, place: tuple[int, int], content: bytes) -> bytes:
    """A table in which a block has another content of the same length, and the checksum of that."""
    offset, size = place
    assert len(content) == size
    return data[:offset] + block(content, data[offset + size]) + data[offset + size + 5 :]


def resigned(data: bytes) -> bytes:
    """A spoilt table with right checksums for the blocks that can still be found in it."""
    made = bytearray(data)
    with contextlib.suppress(Malformed):
        places = [_place(data, read_varint(data, read_varint(data, max(len(data) - 48, 0))[1])[1])]
        start, size = places[0]
        places += [_place(handle, 0) for _, handle in rows_of_block(data[start : start + size])]
        for start, size in reversed(places):
            if start + size + 5 <= len(data):
                made[start : start + size + 5] = block(data[start : start + size], data[start + size])
    return bytes(made)


def _place(data: bytes, position: int) -> tuple[int, int]:
    offset, position = read_varint(data, position)
    return offset, read_varint(data, position)[0]


def edited(data: bytes, edits: dict[bytes, bytes | None]) -> bytes:
    """A table with other values for some keys, with keys that it had not, or without some; its checksums are right."""
    rows: Rows = [(key, value) for key, value in rows_of(data) if key not in edits]
    rows += [(key, value) for key, value in edits.items() if value is not None]
    return table(sorted(rows))


def sample(prefix: pathlib.Path, kind: str) -> Files:
    """A small checkpoint: "plain", "partitioned", "strings", "shards" in either format, as in "plain v1"."""
    what, form = kind.split(" ")
    ramp = np.arange(6, dtype=np.float32).reshape(2, 3)
    entries = {
        "plain": [Entry("a/w", ramp), Entry("a/b", np.array([True, False])), Entry("n", np.array(7, np.int64))],
        "partitioned": [Entry("p", ramp[:1], "2 3 0,1:-"), Entry("p", ramp[1:], "2 3 1,1:-"), Entry("q", ramp[0])],
        "strings": [Entry("s", np.array([b"ab", b"", b"\xff" * 130], object)), Entry("t", np.array(b"x", object))],
        "shards": [Entry("a", ramp), Entry("p", ramp[:1], "2 3 0,1:-", 1), Entry("p", ramp[1:], "2 3 1,1:-", 0)],
    }[what]
    checkpoint.write(prefix, entries, form)  # type: ignore[arg-type]
    return taken(prefix)


def name_of(prefix: pathlib.Path, files: Files) -> str:
    """What a checkpoint is opened by."""
    tables = [suffix for suffix in files if suffix.startswith("-")]
    return f"{prefix}-?????-of-{len(tables):05d}" if tables else str(prefix)
