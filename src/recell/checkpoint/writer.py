"""Writing a checkpoint, in either format: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import numpy as np

from recell.checkpoint import checksum, dtypes, legacy_values, slices
from recell.checkpoint.bundle import shard_path
from recell.checkpoint.commit import commit_bundle, commit_legacy
from recell.checkpoint.errors import UnwritableCheckpoint
from recell.checkpoint.files import sweep
from recell.checkpoint.messages import MOST_DIMENSIONS, BundleEntry, Contents, SavedTensor, header, saved_slice
from recell.checkpoint.ordered import Extents, slice_key
from recell.checkpoint.slices import Region
from recell.checkpoint.storage import NewFile
from recell.checkpoint.table_writer import TableWriter
from recell.checkpoint.wire import varint

_LARGEST_MESSAGE = (1 << 31) - 1 - (1 << 16)
"""What the first format can hold of one tensor, in bytes, some left for its name."""


class Entry(NamedTuple):
    """One array to write.

    Attributes:
      name: the tensor's, not empty.
      value: its values. Quantised ones are structured arrays of one field, `[("qint8", int8)]`.
      slice_spec: which part of a larger tensor they are, as `"5 2 3,2:0,2"`; "" for all.
      shard: the number of the file that they go to, if there are to be several.
    """

    name: str
    value: np.ndarray
    slice_spec: str = ""
    shard: int = 0


def write(prefix: str | os.PathLike[str], entries: Iterable[Entry], format: Literal["v2", "v1"] = "v2") -> None:
    """Writes a checkpoint, replacing one of the same prefix.

    At every moment, also when the process is killed or the power goes, the prefix has the old checkpoint or the new
    one, whole.

    Args:
      prefix: folder and beginning of the files' names, `dir/model.ckpt-20`. The folder must exist.
      entries: the arrays; several of one name must be parts of it that do not overlap. The second format takes them
        one by one, so that they may be made one by one.
      format: "v2" writes `prefix.index` and `prefix.data-00000-of-00001`; "v1" one table, `prefix`, or, for more than
        one shard, `prefix-00000-of-00002` and so on.

    Raises UnwritableCheckpoint for entries that contradict each other or that the format cannot hold, WrongSlice for
    what is no slice, TypeError for values that cannot be kept, OSError when a file cannot be written. In each case an
    older checkpoint is left as it was.
    """
    prefix = os.fspath(prefix)
    sweep(os.path.dirname(prefix))
    if format == "v2":
        _write_bundle(prefix, entries)
    elif format == "v1":
        _write_legacy(prefix, entries)
    else:
        raise ValueError(f"A checkpoint has the format 'v2' or 'v1', not {format!r}.")


class _Part(NamedTuple):
    """An entry, looked through: its dtype, the tensor's shape, and the part that it is."""

    name: str
    value: np.ndarray
    kind: str
    shape: tuple[int, ...]
    extents: Extents
    region: Region
    shard: int


_DIMENSIONS = {"v2": MOST_DIMENSIONS, "v1": 8}
"""The most of a tensor, by format. TensorFlow ends its own process when it reads more of its first one."""


class _Checked:
    """Looks through entries, and refuses what contradicts the ones before, or what the format cannot hold."""

    def __init__(self, format: str) -> None:
        self._format = format
        self._parts: dict[str, tuple[str, tuple[int, ...], list[Region]]] = {}

    def add(self, entry: Entry) -> _Part:
        value = np.asarray(entry.value)
        if not value.dtype.isnative:
            value = value.astype(value.dtype.newbyteorder("="))
        _check_name(entry.name, self._format)
        if entry.shard < 0:
            raise UnwritableCheckpoint(f"{entry.name} has the shard {entry.shard}: they are counted from 0.")
        most = _DIMENSIONS[self._format]
        if value.ndim > most:
            way_out = ": write the second (format 'v2')." if self._format == "v1" else "."
            raise UnwritableCheckpoint(
                f"{entry.name} has {value.ndim} dimensions, but '{self._format}' holds {most} at most{way_out}"
            )
        if entry.slice_spec:
            shape, extents = slices.parse_extents(entry.slice_spec)
            _, region = slices.parse(entry.slice_spec)
        else:
            shape, extents, region = value.shape, ((0, -1),) * value.ndim, slices.whole(value.shape)
        if region.size != value.shape:
            raise UnwritableCheckpoint(
                f"{entry.name}: the part '{entry.slice_spec}' does not fit values of shape {list(value.shape)}."
            )
        part = _Part(entry.name, value, dtypes.dtype_name(value), shape, extents, region, entry.shard)
        kind, shape, regions = self._parts.setdefault(entry.name, (part.kind, part.shape, []))
        if (part.kind, part.shape) != (kind, shape):
            raise UnwritableCheckpoint(
                f"{part.name} is given as {part.kind} {list(part.shape)} and as {kind} {list(shape)}: one name, one "
                "tensor."
            )
        regions.append(part.region)
        return part

    def check_parts(self) -> None:
        """When all entries are there: no two may say something of the same element."""
        for name, (_, _, regions) in self._parts.items():
            found = slices.overlapping(regions)
            if found is not None:
                raise UnwritableCheckpoint(f"{name} is given twice: the parts ({found[0]}) and ({found[1]}) overlap.")


def _check_name(name: str, format: str) -> None:
    if not name:
        raise UnwritableCheckpoint("A tensor without a name cannot be written.")
    if format == "v2" and name[0] == "\0":
        raise UnwritableCheckpoint(f"{name!r}: in the format 'v2', only the keys of slices begin with a zero byte.")
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UnwritableCheckpoint(f"{name!r} cannot be written: it is no text that UTF-8 has.") from None


@contextlib.contextmanager
def _discarded_at_the_end(files: list[NewFile]) -> Iterator[None]:
    """Takes away those of the files that have not got their names."""
    try:
        yield
    finally:
        with contextlib.ExitStack() as stack:  # all of them, whatever one of them raises
            for file in files:
                stack.callback(file.discard)


def _write_bundle(prefix: str, entries: Iterable[Entry]) -> None:
    files: list[NewFile] = []
    checked = _Checked("v2")
    index: dict[bytes, BundleEntry] = {}
    partitioned: dict[bytes, BundleEntry] = {}
    with _discarded_at_the_end(files):
        for entry in entries:
            part = checked.add(entry)
            while len(files) <= part.shard:
                files.append(NewFile(shard_path(prefix, len(files), 1)))
            file, key = files[part.shard], part.name.encode("utf-8", "surrogateescape")
            offset = file.size
            crc = _write_strings(file, part.value) if part.kind == dtypes.STRING else _write_array(file, part)
            number = dtypes.number_of_dtype(part.kind)
            if part.region != slices.whole(part.shape):
                all_of_it = partitioned.setdefault(key, BundleEntry(number, part.shape, part.shard))
                partitioned[key] = all_of_it._replace(slices=(*all_of_it.slices, part.extents))
                key = slice_key(key, part.extents)
            index[key] = BundleEntry(number, part.region.size, part.shard, offset, file.size - offset, crc)
        checked.check_parts()
        if not files:
            files.append(NewFile(shard_path(prefix, 0, 1)))
        rows = sorted((index | partitioned).items())
        commit_bundle(prefix, files, lambda count: _index(rows, count))


def _index(rows: list[tuple[bytes, BundleEntry]], shards: int) -> bytes:
    made = _Bytes()
    table = TableWriter(made)
    table.add(b"", header(shards))
    for key, entry in rows:
        table.add(key, entry.message())
    table.finish()
    return b"".join(made.parts)


class _Bytes:
    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes | np.ndarray) -> None:
        self.parts.append(bytes(data))


def _write_array(file: NewFile, part: _Part) -> int:
    """Writes the bytes of an array; gives their checksum, as it is stored."""
    plain = dtypes.plain_dtype(part.kind)
    value = np.ascontiguousarray(part.value).reshape(-1).view(plain)
    data = value.astype(plain.newbyteorder("<"), copy=False).view(np.uint8)
    return checksum.mask(checksum.write(data, 0, file.write))


def _write_strings(file: NewFile, value: np.ndarray) -> int:
    """Writes lengths, their checksum, and strings; gives the checksum of it all, as it is stored."""
    strings = dtypes.as_strings(value)
    crc = 0
    for text in strings:
        crc = checksum.extend(crc, len(text).to_bytes(4 if len(text) < 1 << 32 else 8, "little"))
        file.write(varint(len(text)))
    of_lengths = checksum.mask(crc).to_bytes(4, "little")
    file.write(of_lengths)
    crc = checksum.extend(crc, of_lengths)
    for text in strings:
        crc = checksum.extend(crc, text)
        file.write(text)
    return checksum.mask(crc)


def _write_legacy(prefix: str, entries: Iterable[Entry]) -> None:
    checked = _Checked("v1")
    parts = [checked.add(entry) for entry in entries]
    checked.check_parts()
    for part in parts:
        if not legacy_values.can_hold(part.kind):
            raise UnwritableCheckpoint(
                f"{part.name} is {part.kind}, which the first format cannot hold: write the second (format 'v2')."
            )
        size = legacy_values.estimated_size(part.value, part.kind)
        if size > _LARGEST_MESSAGE:
            raise UnwritableCheckpoint(
                f"{part.name} takes up to {size} bytes, but the first format ends at two gigabytes a tensor: write the "
                "second (format 'v2')."
            )
    shards = max((part.shard for part in parts), default=0) + 1
    paths = [prefix] if shards == 1 else [f"{prefix}-{number:05d}-of-{shards:05d}" for number in range(shards)]
    files: list[NewFile] = []
    with _discarded_at_the_end(files):
        for number, path in enumerate(paths):
            files.append(NewFile(path))
            # All in one table, beside empty ones: several could not take the place of old ones at one moment.
            _write_table(files[-1], [] if number else parts, alone=shards > 1)
        commit_legacy(prefix, files)


def _write_table(file: NewFile, parts: list[_Part], alone: bool) -> None:
    rows: dict[bytes, tuple[bytes, _Part]] = {}
    tensors: dict[bytes, SavedTensor] = {}
    for part in parts:
        name = part.name.encode("utf-8", "surrogateescape")
        rows[slice_key(name, part.extents)] = name, part
        number = dtypes.number_of_dtype(part.kind)
        known = tensors.setdefault(name, SavedTensor(name, number, part.shape, ()))
        tensors[name] = known._replace(slices=(*known.slices, part.extents))
    table = TableWriter(file)
    table.add(b"", Contents([tensor for _, tensor in sorted(tensors.items())], alone=alone).message())
    for key, (name, part) in sorted(rows.items()):
        table.add(key, saved_slice(name, part.extents, legacy_values.encode(part.value, part.kind)))
    table.finish()
