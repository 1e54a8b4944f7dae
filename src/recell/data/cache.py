"""Elements kept once they have all been seen: in memory, or in a file that later programs read too."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from recell._torch import to_numpy, to_torch
from recell.data.arguments import scalars
from recell.data.pipeline import Cursor, Opaque, Opening, Pipeline
from recell.data.sources import ListCursor
from recell.data.values import Element, Tensor
from recell.graph import dtypes, errors
from recell.ops.op import ANY, op
from recell.platform.records import RecordWriter, read_records

_SUFFIX = ".recell-cache"
_COUNT = struct.Struct("<Q")


class _FillingCursor(Cursor):
    """Hands elements on, and leaves all of them behind when the input has ended."""

    def __init__(self, input: Cursor, finished: Callable[[list[Element]], None]) -> None:
        self.input: Cursor = input
        self._finished = finished
        self._seen: list[Element] = []

    def __next__(self) -> Element:
        try:
            element = next(self.input)
        except StopIteration:
            self._finished(self._seen)
            raise
        self._seen.append(element)
        return element


class Cache(Opaque):
    """The elements kept in memory, as long as the iterator stays where it was initialized."""

    def __init__(self, input: Pipeline) -> None:
        super().__init__(input)
        self.fresh = False

    def over(self, input: Pipeline) -> Pipeline:
        return Cache(input)

    def start(self, opening: Opening) -> Cursor:
        kept: list[list[Element]] = opening.kept(self, list)
        return ListCursor(kept[0]) if kept else _FillingCursor(self.input.open(opening), kept.append)


# -- in a file ----------------------------------------------------------------------------------------------------


def _encoded(value: Any) -> bytes:
    """A component as a record. UnimplementedError for sparse tensors and datasets."""
    if isinstance(value, np.ndarray):
        items = [bytes(item) for item in value.ravel()]
        sizes = [value.ndim, *value.shape, *map(len, items)]
        return b"S" + b"".join(map(_COUNT.pack, sizes)) + b"".join(items)
    if not hasattr(value, "detach"):
        raise errors.UnimplementedError(None, None, f"A file cannot keep elements of {type(value).__name__}.")
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(to_numpy(value, False)), allow_pickle=False)
    return b"N" + buffer.getvalue()


def _decoded(record: bytes) -> Any:
    if record[:1] == b"N":
        return to_torch(np.load(io.BytesIO(record[1:]), allow_pickle=False))
    numbers = (number for (number,) in _COUNT.iter_unpack(record[1 : 1 + (len(record) - 1) // 8 * 8]))
    shape = tuple(next(numbers) for _ in range(next(numbers)))
    count = int(np.prod(shape, dtype=np.int64))
    lengths = [next(numbers) for _ in range(count)]
    at = 1 + 8 * (1 + len(shape) + count)
    array = np.empty(count, dtype=object)
    for place, length in enumerate(lengths):
        array[place] = record[at : at + length]
        at += length
    return array.reshape(shape)


class _WritingCursor(Cursor):
    """Hands elements on, and writes them to a file that takes its name when they have all been written."""

    def __init__(self, input: Cursor, path: str) -> None:
        self.input: Cursor = input
        self._path, self._unfinished = path, f"{path}.{os.getpid()}"
        self._writer: RecordWriter | None = None

    def __next__(self) -> Element:
        try:
            element = next(self.input)
        except StopIteration:
            writer, self._writer = self._writer or RecordWriter(self._unfinished), None
            writer.close()
            if os.path.exists(self._unfinished):
                os.replace(self._unfinished, self._path)
            raise
        if self._writer is None:
            self._writer = RecordWriter(self._unfinished)
        self._writer.write(_COUNT.pack(len(element)))
        for value in element:
            self._writer.write(_encoded(value))
        return element

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                os.remove(self._unfinished)
        self.input.close()


class _ReadingCursor(Cursor):
    def __init__(self, path: str) -> None:
        self._records: Iterator[bytes] = read_records(path)

    def __next__(self) -> Element:
        (count,) = _COUNT.unpack(next(self._records))
        return tuple([_decoded(next(self._records)) for _ in range(count)])


class FileCache(Pipeline):
    """The elements kept in a file; where it is there already, the input is not asked."""

    fresh = False

    def __init__(self, input: Pipeline, path: str) -> None:
        self._input, self._path = input, path + _SUFFIX

    def cardinality(self) -> int:
        return self._input.cardinality()

    def open(self, opening: Opening) -> Cursor:
        if os.path.exists(self._path):
            return _ReadingCursor(self._path)
        return _WritingCursor(self._input.open(opening), self._path)


@op(
    "CacheDataset",
    shape=scalars("filename"),
    types={"input_dataset": ANY, "filename": dtypes.string},
    dtype=dtypes.variant,
    differentiable=False,
)
def cache_dataset(input_dataset: Tensor, filename: Tensor) -> Any:
    path = os.fsdecode(filename[()])
    return FileCache(input_dataset, path) if path else Cache(input_dataset)
