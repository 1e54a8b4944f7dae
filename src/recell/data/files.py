"""Datasets of what is in files: lines, records, pieces of one length.

A file that cannot be opened is tried again when the next element is asked for; one that is damaged ends there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from recell.data.arguments import scalars
from recell.data.pipeline import Chain, Cursor, Opening, Pipeline
from recell.data.values import Element, Tensor, strings
from recell.graph import dtypes, errors
from recell.ops._kernels import invalid
from recell.ops.op import op
from recell.platform.file_errors import translated_errors
from recell.platform.records import open_compressed, read_records

_BLOCK = 1 << 18
Read = Callable[[str], Iterator[bytes]]


class _FileCursor(Cursor):
    """Pieces of one file, read when they are asked for."""

    def __init__(self, read: Read, path: str) -> None:
        self._read, self._path = read, path
        self._pieces: Any = None
        self._over = False

    def __next__(self) -> Element:
        if self._over:
            raise StopIteration
        if self._pieces is None:
            self._pieces = self._read(self._path)
        try:
            return (strings(next(self._pieces)),)
        except errors.DataLossError:
            self._over = True
            raise
        except errors.OpError:
            self._pieces = None
            raise

    def close(self) -> None:
        self._over = True
        pieces = self._pieces
        try:
            if pieces is not None:
                pieces.close()
        except ValueError:
            pass  # another thread is reading, and will forget the file when it has read its piece


class _FilesCursor(Chain):
    def __init__(self, read: Read, paths: list[str]) -> None:
        super().__init__()
        self._read, self._paths = read, iter(paths)

    def following(self) -> Cursor:
        return _FileCursor(self._read, next(self._paths))


class Files(Pipeline):
    """What `read` finds in each of several files."""

    def __init__(self, read: Read, paths: list[str]) -> None:
        self._read, self._paths = read, paths

    def open(self, opening: Opening) -> Cursor:
        return _FilesCursor(self._read, self._paths)


def read_lines(path: str, compression: str) -> Iterator[bytes]:
    """The lines of a text file without their ends; carriage returns are left out wherever they are."""
    file = open_compressed(path, compression)
    try:
        begun = b""
        while block := file.read(_BLOCK):
            *lines, begun = (begun + block.replace(b"\r", b"")).split(b"\n")
            yield from lines
        if begun:
            yield begun
    finally:
        file.close()


def read_pieces(path: str, compression: str, size: int, header: int, footer: int) -> Iterator[bytes]:
    """Pieces of `size` bytes, without the `header` bytes before them and the `footer` bytes behind.

    InvalidArgumentError for a file that is no whole number of pieces.
    """
    file = open_compressed(path, compression)
    try:
        if compression:
            content = file.read(1 << 62)
            total, rest = len(content), memoryview(content)[header:]
        else:
            with translated_errors(path):
                total, rest = os.path.getsize(path), None
            file.read(header)
        body = total - header - footer
        if body < 0 or body % size:
            raise invalid(
                f'Excluding the header ({header} bytes) and footer ({footer} bytes), input file "{path}" has body '
                f"length {body} bytes, which is not an exact multiple of the record length ({size} bytes)."
            )
        for start in range(0, body, size):
            yield file.read(size) if rest is None else bytes(rest[start : start + size])
    finally:
        file.close()


def _paths(filenames: Any) -> list[str]:
    return [os.fsdecode(path) for path in filenames.reshape(-1)]


def _compression(value: Any) -> str:
    found = bytes(value[()]).decode()
    if found not in ("", "GZIP", "ZLIB"):
        raise invalid("Unsupported compression_type.")
    return found


_TYPES = {
    **dict.fromkeys(("filenames", "compression_type"), dtypes.string),
    **dict.fromkeys(("buffer_size", "header_bytes", "record_bytes", "footer_bytes"), dtypes.int64),
}


@op(
    "TextLineDataset",
    shape=scalars("compression_type", "buffer_size"),
    types=_TYPES,
    dtype=dtypes.variant,
    differentiable=False,
)
def text_line_dataset(filenames: Tensor, compression_type: Tensor, buffer_size: Tensor) -> Any:
    kind = _compression(compression_type)
    return Files(lambda path: read_lines(path, kind), _paths(filenames))


@op(
    "TFRecordDataset",
    shape=scalars("compression_type", "buffer_size"),
    types=_TYPES,
    dtype=dtypes.variant,
    differentiable=False,
)
def tf_record_dataset(filenames: Tensor, compression_type: Tensor, buffer_size: Tensor) -> Any:
    kind = _compression(compression_type)
    return Files(lambda path: read_records(path, kind), _paths(filenames))


@op(
    "FixedLengthRecordDatasetV2",
    shape=scalars("header_bytes", "record_bytes", "footer_bytes", "buffer_size", "compression_type"),
    types=_TYPES,
    dtype=dtypes.variant,
    differentiable=False,
)
def fixed_length_record_dataset(
    filenames: Tensor,
    header_bytes: Tensor,
    record_bytes: Tensor,
    footer_bytes: Tensor,
    buffer_size: Tensor,
    compression_type: Tensor,
) -> Any:
    kind, header, footer = _compression(compression_type), int(header_bytes), int(footer_bytes)
    size = int(record_bytes)
    if size <= 0:
        raise invalid("`record_bytes` must be > 0")
    for name, value in (("header_bytes", header), ("footer_bytes", footer)):
        if value < 0:
            raise invalid(f"`{name}` must be >= 0")
    return Files(lambda path: read_pieces(path, kind, size, header, footer), _paths(filenames))
