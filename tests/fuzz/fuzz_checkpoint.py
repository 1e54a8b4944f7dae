"""A fuzz target: files of checkpoints of any content keep the promise of `recell.checkpoint`.

Run it with atheris installed, from the folder that holds `tests`; the options are libFuzzer's:

  python -m tests.fuzz.fuzz_checkpoint FOUND tests/fuzz/corpus -max_total_time=600 -mutate_depth=2 -rss_limit_mb=1024

FOUND is a folder for inputs that reach new code. Few changes at once (`-mutate_depth`) find more: most break a file.

The first byte of an input says what the rest is: the files of either format, as they are or with their checksums made
right, the state file, a message, a compressed block, or numbers out of which tables are built whose parts lie.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import pathlib
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable

import numpy as np

if __name__ == "__main__":
    import atheris

    with atheris.instrument_imports(include=["recell.checkpoint"]):
        importlib.import_module("recell.checkpoint")

from tests.checkpoint.damage import (
    block,
    blocks_of,
    ended,
    extents,
    field,
    in_bounds,
    one_row_a_block,
    outcome,
    raw_block,
    resigned,
    rows_of_block,
    sample,
    shape,
    starts_of,
    table,
    varint,
)
from tests.checkpoint.tables import compressed as with_compressed_blocks
from tests.checkpoint.tables import rows_of

from recell import checkpoint
from recell.checkpoint import checksum, messages, wire
from recell.checkpoint import table as tables
from recell.checkpoint.ordered import Extents, slice_key

_LONGEST = 1 << 13
_TRACED = 16
"""The memory is looked at for one input in so many: it makes reading three times slower."""


class Source:
    """Takes an input apart; behind its end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        self._position += size
        return self._data[self._position - size : self._position]

    def byte(self) -> int:
        return (self.take(1) or b"\0")[0]

    def number(self) -> int:
        """Mostly a small one; else any of 64 bits."""
        first = self.byte()
        return int.from_bytes(self.take(8), "little") if first > 0xF8 else first

    def rest(self) -> bytes:
        return self.take(len(self._data))

    @property
    def empty(self) -> bool:
        return self._position >= len(self._data)


def _read(folder: pathlib.Path, files: dict[str, bytes]) -> None:
    for suffix, data in files.items():
        (folder / f"m{suffix}").write_bytes(data)
    size = sum(map(len, files.values()))
    if zlib.crc32(b"".join(files.values())) % _TRACED == 0:
        in_bounds(folder / "m", names=size // 4)
    else:
        outcome(folder / "m")


def bundle(folder: pathlib.Path, source: Source) -> None:
    data = source.take(source.byte())
    _read(folder, {".data-00000-of-00001": data, ".index": source.rest()})


def signed_bundle(folder: pathlib.Path, source: Source) -> None:
    data = source.take(source.byte())
    _read(folder, {".data-00000-of-00001": data, ".index": resigned(source.rest())})


def legacy(folder: pathlib.Path, source: Source) -> None:
    _read(folder, {"": source.rest()})


def signed_legacy(folder: pathlib.Path, source: Source) -> None:
    _read(folder, {"": resigned(source.rest())})


def state(folder: pathlib.Path, source: Source) -> None:
    (folder / "checkpoint").write_bytes(source.rest())
    try:
        found = checkpoint.read_state(str(folder))
        assert found is not None
        checkpoint.latest(str(folder))
    except checkpoint.UnreadableState:
        return
    again = checkpoint.state.parse_state(str(found))  # type: ignore[attr-defined]
    assert str(again) == str(found)


def message(folder: pathlib.Path, source: Source) -> None:
    parse = (
        messages.parse_entry,
        messages.parse_header,
        messages.parse_contents,
        messages.parse_saved_slice,
        messages.parse_shape,
        messages.parse_slice,
    )[source.byte() % 6]
    with contextlib.suppress(wire.Malformed):
        parse(memoryview(source.rest()))


def numbers(folder: pathlib.Path, source: Source) -> None:
    """A packed field, whose numbers must be those that are read one by one."""
    data = memoryview(source.rest())
    one_by_one: list[int] | None = []
    position = 0
    try:
        while position < len(data):
            number, position = wire.read_varint(data, position)
            one_by_one.append(number)
    except wire.Malformed:
        one_by_one = None
    found = np.empty(wire.count_varints(data), np.uint64)
    try:
        wire.unpack_varints(data, found)
    except wire.Malformed:
        assert one_by_one is None
    else:
        assert found.tolist() == one_by_one


def compressed(folder: pathlib.Path, source: Source) -> None:
    data = source.rest()
    try:
        found = tables._decompressed(memoryview(data))
    except wire.Malformed:
        return
    assert len(found) <= 22 * len(data)


def built_bundle(folder: pathlib.Path, source: Source) -> None:
    """An index whose entries say all kinds of things, some of them true; checksums agree where they can."""
    data = source.take(source.byte())
    rows = {b"": field(1, source.number() or 1) + field(2, source.byte() & 1) + source.take(source.byte() & 3)}
    offset = 0
    while not source.empty and len(rows) < 20:
        key, kind, bits = source.take(source.byte() & 7), _kind(source), source.byte()
        sizes = tuple(source.number() for _ in range(bits & 3))
        parts = _halves(sizes) if bits & 4 else [_extents(source) for _ in range(bits >> 3 & 3)]
        made = b""
        for part in parts:
            size = tuple(length for _, length in part)
            rows[slice_key(key, part)], offset = _entry(source, data, kind, size, offset)
            made += field(7, _in_words(part))
        told, offset = _entry(source, data, kind, sizes, offset)
        rows[key] = told + made + source.take(source.byte() & 3)
    _read(folder, {".data-00000-of-00001": data, ".index": _table(rows, source)})


def _kind(source: Source) -> int:
    """The number of a dtype: often of one that is a byte large, so that there is room for its values."""
    number = source.byte()
    return number % 25 if number < 128 else 4


def _entry(source: Source, data: bytes, kind: int, sizes: tuple[int, ...], behind: int) -> tuple[bytes, int]:
    """An entry, and where its values end. Half of them lie behind those before, and are as large as the shape says."""
    offset, size = behind, math.prod(max(size, 0) for size in sizes)
    if source.byte() & 1:
        offset, size = source.number(), source.number()
    crc = checksum.masked(data[offset : offset + size])
    made = field(1, kind) + field(2, shape(*sizes)) + field(4, offset) + field(5, size) + wire.fixed32(6, crc)
    return made, offset + size


def _halves(sizes: tuple[int, ...]) -> list[Extents]:
    """The parts that a tensor is cut into along its first dimension."""
    if not sizes or sizes[0] < 2:
        return []
    half, others = sizes[0] // 2, tuple((0, size) for size in sizes[1:])
    return [((0, half), *others), ((half, sizes[0] - half), *others)]


def _extents(source: Source) -> Extents:
    return tuple((0, -1) if source.byte() & 1 else (source.byte(), source.byte()) for _ in range(source.byte() & 3))


def _in_words(part: Extents) -> bytes:
    return extents(*(None if pair == (0, -1) else pair for pair in part))


def built_legacy(folder: pathlib.Path, source: Source) -> None:
    """A table of contents that says all kinds of things, and values under the keys that it means."""
    contents, rows = b"", {}
    while not source.empty and len(rows) < 20:
        name, kind, bits = source.take(source.byte() & 7), _kind(source), source.byte()
        sizes = tuple(source.number() for _ in range(bits & 3))
        told = field(1, name) + field(2, shape(*sizes)) + field(3, kind)
        for part in _halves(sizes) if bits & 4 else [_extents(source) for _ in range(bits >> 3 & 3)]:
            told += field(4, _in_words(part))
            inside = field(1, name) + field(2, _in_words(part)) + field(3, _values(source, part))
            rows[slice_key(name, part)] = field(2, inside + source.take(source.byte() & 3))
        contents += field(1, told + source.take(source.byte() & 3))
    rows[b""] = field(1, contents)
    _read(folder, {"": _table(rows, source)})


def _values(source: Source, part: Extents) -> bytes:
    """The values of a slice: as many small numbers as it has, or anything."""
    if source.byte() & 1:
        size = min(math.prod(max(length, 0) for _, length in part), 256)
        return field(7, bytes(byte & 127 for byte in source.take(size)).ljust(size, b"\0"))
    number = (5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17)[source.byte() % 11]
    return b"".join(field(number, source.take(source.byte())) for _ in range(source.byte() & 3))


def _table(rows: dict[bytes, bytes], source: Source) -> bytes:
    made = table(sorted(rows.items()))
    return with_compressed_blocks(made) if source.byte() & 1 else made


def blocks(folder: pathlib.Path, source: Source) -> None:
    """Blocks of any content, in a table that says truly or not where they are."""
    suffix = (".index", "")[source.byte() & 1]
    made, index, last = b"", [], b""
    while not source.empty and len(index) < 20:
        content, bits = source.take(int.from_bytes(source.take(2), "little")), source.byte()
        last = max(last + b"\0", source.take(source.byte()))
        offset = source.number() if bits & 2 else len(made)
        index.append((0, last, varint(offset) + varint(len(content))))
        made += block(content, bits & 1)
    _read(folder, {suffix: ended(made, raw_block(index, starts_of(index)))})


WAYS: list[Callable[[pathlib.Path, Source], None]] = [
    bundle,
    signed_bundle,
    legacy,
    signed_legacy,
    state,
    message,
    numbers,
    compressed,
    built_bundle,
    built_legacy,
    blocks,
]


def one_input(data: bytes, folder: pathlib.Path) -> None:
    """Does with an input what its first byte says. Whatever comes out of here is a broken promise."""
    if not data or len(data) > _LONGEST:
        return
    for path in folder.iterdir():
        path.unlink()
    WAYS[data[0] % len(WAYS)](folder, Source(data[1:]))


def seeds(folder: pathlib.Path) -> None:
    """Writes inputs that are sound, for each way one or a few, to begin with."""
    for kind in ("plain", "partitioned", "strings"):
        files = sample(folder / "sound", f"{kind} v2")
        data = files[".data-00000-of-00001"]
        for way in (bundle, signed_bundle):
            _keep(folder, way, kind, bytes([len(data)]) + data + files[".index"])
        one = sample(folder / "sound", f"{kind} v1")[""]
        for way in (legacy, signed_legacy):
            _keep(folder, way, kind, one)
    _keep(folder, state, "usual", b'model_checkpoint_path: "m-2" # \'\n all_model_checkpoint_paths: \'m\\055\' "2";')
    entry = field(1, 1) + field(2, shape(3)) + field(5, 12) + wire.fixed32(6, 1) + field(7, extents((1, 2), None))
    _keep(folder, message, "entry", b"\0" + entry)
    _keep(folder, numbers, "some", b"\0\x7f\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
    _keep(folder, compressed, "some", b"\xa3\x01\x0cabcd\xfe\x04\x00\xfe\x04\x00n\x04\x00\x08efg")
    for way in (built_bundle, built_legacy):
        _keep(folder, way, "zeros", bytes(40))
    for form, suffix in (("v2", ".index"), ("v1", "")):
        rows = rows_of(sample(folder / "sound", f"plain {form}")[suffix])
        # Enough of them that one in the middle has its key in full.
        rows += [(b"\xff" + bytes([number]), b"") for number in range(20)]
        _keep(folder, blocks, form, bytes([form == "v1"]) + _in_blocks(table(rows)))
        _keep(folder, blocks, f"{form}-single", bytes([form == "v1"]) + _in_blocks(one_row_a_block(table(rows[:4]))))


def _in_blocks(data: bytes) -> bytes:
    """The input out of which `blocks` makes a table."""
    made = b""
    for offset, size in blocks_of(data)[:-1]:
        last = max(key for key, _ in rows_of_block(data[offset : offset + size]))
        made += size.to_bytes(2, "little") + data[offset : offset + size] + b"\0" + bytes([len(last)]) + last
    return made


def _keep(folder: pathlib.Path, way: Callable[[pathlib.Path, Source], None], name: str, data: bytes) -> None:
    (folder / f"{way.__name__}-{name}").write_bytes(bytes([WAYS.index(way)]) + data)


def main() -> None:
    shared = "/dev/shm"
    folder = pathlib.Path(tempfile.mkdtemp(dir=shared if os.path.isdir(shared) else None))
    try:
        atheris.Setup(sys.argv, lambda data: one_input(data, folder))
        atheris.Fuzz()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
