"""Readers of files whose names come from a queue.

TF symbols: `tf.TextLineReader`, `tf.TFRecordReader`, `tf.WholeFileReader`, `tf.IdentityReader`,
`tf.FixedLengthRecordReader`, `tf.ReaderBase`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from recell._lazy import lazy_module
from recell.graph import dtypes, errors
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor
from recell.ops import rules
from recell.ops._kernels import as_strings, bracketed, invalid, string_array
from recell.ops.op import ANY, STRING, op
from recell.ops.reader_state import Lines, ReaderState, Records, Single, Slices, Source, whole_file
from recell.platform.records import TFRecordOptions

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")

# -- handles --------------------------------------------------------------------------------------------------------


def _opened(ctx: Any, kind: str, open_work: Callable[[bytes], Source], serializes: bool = False) -> ReaderState:
    """The reader of this operation in this session, made at the first run."""
    resources = ctx.resources
    if resources.closed:
        raise errors.CancelledError(None, None, "Session has been closed.")
    key = f"reader/{ctx.op.name}"
    with resources.lock:
        found = resources.shared.get(key)
        if found is None:
            title = f"{kind} '{ctx.op.name}'"
            found = resources.shared[key] = ReaderState(title, open_work, serializes)
    return found


_HANDLE: dict[str, Any] = {
    "shape": rules.scalar,
    "dtype": dtypes.resource,
    "stateful": True,
    "differentiable": False,
}


@op("TextLineReaderV2", **_HANDLE)
def _text_line_reader(ctx: Any, skip_header_lines: int) -> Any:
    if skip_header_lines < 0:
        raise invalid(f"skip_header_lines must be >= 0 not {skip_header_lines}")
    return _opened(ctx, "TextLineReader", lambda name: Lines(name, skip_header_lines))


@op("TFRecordReaderV2", **_HANDLE)
def _record_reader(ctx: Any, compression_type: str) -> Any:
    return _opened(ctx, "TFRecordReader", lambda name: Records(name, compression_type))


@op("WholeFileReaderV2", **_HANDLE)
def _whole_file_reader(ctx: Any) -> Any:
    return _opened(ctx, "WholeFileReader", lambda name: Single(name, whole_file), True)


@op("IdentityReaderV2", **_HANDLE)
def _identity_reader(ctx: Any) -> Any:
    return _opened(ctx, "IdentityReader", lambda name: Single(name, bytes), True)


@op("FixedLengthRecordReaderV2", **_HANDLE)
def _fixed_length_reader(
    ctx: Any, record_bytes: int, header_bytes: int, footer_bytes: int, hop_bytes: int, encoding: str
) -> Any:
    sizes = {"record_bytes": record_bytes, "header_bytes": header_bytes, "footer_bytes": footer_bytes}
    for label, size in {**sizes, "hop_bytes": hop_bytes}.items():
        if size < 0:
            raise invalid(f"{label} must be >= 0 not {size}")

    def open_work(name: bytes) -> Source:
        return Slices(name, record_bytes, header_bytes, footer_bytes, hop_bytes, encoding)

    return _opened(ctx, "FixedLengthRecordReader", open_work)


# -- operations -----------------------------------------------------------------------------------------------------

_READS: dict[str, Any] = {"dtype": [STRING, STRING], "stateful": True, "differentiable": False, "waits": True}
_ASKS: dict[str, Any] = {"types": {"reader": ANY}, "stateful": True, "differentiable": False}


@op("ReaderReadV2", shape=lambda i: [TensorShape([])] * 2, types={"reader": ANY, "queue": ANY}, **_READS)
def _read(ctx: Any, reader: Tensor, queue: Tensor) -> Any:
    source: Any = reader
    key, value = source.read(queue)
    return as_strings(key), as_strings(value)


@op(
    "ReaderReadUpToV2",
    shape=lambda i: [TensorShape([None])] * 2,
    types={"reader": ANY, "queue": ANY, "num_records": dtypes.int64},
    **_READS,
)
def _read_up_to(ctx: Any, reader: Tensor, queue: Tensor, num_records: Tensor) -> Any:
    source: Any = reader
    count: Any = num_records
    found = source.read_up_to(queue, int(count))
    return string_array([key for key, _ in found]), string_array([value for _, value in found])


@op("ReaderNumRecordsProducedV2", shape=rules.scalar, dtype=dtypes.int64, **_ASKS)
def _num_records_produced(ctx: Any, reader: Tensor) -> Any:
    source: Any = reader
    return torch.tensor(source.num_records_produced())


@op("ReaderNumWorkUnitsCompletedV2", shape=rules.scalar, dtype=dtypes.int64, **_ASKS)
def _num_work_units_completed(ctx: Any, reader: Tensor) -> Any:
    source: Any = reader
    return torch.tensor(source.num_work_units_completed())


@op("ReaderSerializeStateV2", shape=rules.scalar, dtype=STRING, **_ASKS)
def _serialize_state(ctx: Any, reader: Tensor) -> Any:
    source: Any = reader
    return as_strings(source.serialize())


def _no_outputs(i: Inference) -> list[TensorShape]:
    rules.ranked(i, "state", 0)
    return []


@op(
    "ReaderRestoreStateV2",
    shape=_no_outputs,
    dtype=[],
    types={"reader": ANY, "state": STRING},
    stateful=True,
    differentiable=False,
)
def _restore_state(ctx: Any, reader: Tensor, state: Tensor) -> Any:
    source: Any = reader
    data: Any = state
    if data.ndim:
        raise invalid(f"Reader state must be scalar, but had shape: {bracketed(data)}")
    source.restore(data[()])


@op("ReaderResetV2", shape=rules.none, **{**_ASKS, "dtype": []})
def _reset(ctx: Any, reader: Tensor) -> Any:
    source: Any = reader
    source.reset()


# -- what programs see ----------------------------------------------------------------------------------------------


class ReaderRead(NamedTuple):
    """What `read` gives: two scalar strings."""

    key: Tensor
    value: Tensor


class ReaderReadUpTo(NamedTuple):
    """What `read_up_to` gives: two vectors of strings."""

    keys: Tensor
    values: Tensor


class ReaderBase:
    """What all readers can do. TF symbol: `tf.ReaderBase`.

    Names of files are pieces of work: they are taken from a queue, one when the last is done. How far a reader has
    come belongs to the session.
    """

    def __init__(self, reader_ref: Any, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Any:
        """The handle: a tensor that stands for the reader."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether `serialize_state` and `restore_state` work."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> ReaderRead:
        """The next record: its key and its value, scalar strings.

        When run: OutOfRangeError when the queue is closed and empty, InvalidArgumentError when it holds no scalar
        strings, NotFoundError and its kin for a file that cannot be opened, DataLossError for a damaged one.
        """
        return ReaderRead(*_read(self._reader_ref, _handle(queue), name=name))

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> ReaderReadUpTo:
        """Up to `num_records` records, at least one and all of one file: keys and values, vectors of strings."""
        return ReaderReadUpTo(*_read_up_to(self._reader_ref, _handle(queue), num_records, name=name))

    def num_records_produced(self, name: str | None = None) -> Any:
        """How many records it has given, an int64 scalar."""
        return _num_records_produced(self._reader_ref, name=name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """How many pieces of work are done, an int64 scalar."""
        return _num_work_units_completed(self._reader_ref, name=name)

    def serialize_state(self, name: str | None = None) -> Any:
        """The reader's state, a string. When run: UnimplementedError for readers that stop inside of files."""
        return _serialize_state(self._reader_ref, name=name)

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """An operation that goes back to a state that `serialize_state` gave."""
        return _restore_state(self._reader_ref, state, name=name)

    def reset(self, name: str | None = None) -> Operation:
        """An operation that leaves the file at hand, and counts from zero again."""
        return _reset(self._reader_ref, name=name)


def _handle(queue: Any) -> Any:
    return queue if isinstance(queue, Tensor) else queue.queue_ref


class TextLineReader(ReaderBase):
    """A record is a line, without its end; its key is `file:line`. TF symbol: `tf.TextLineReader`.

    `skip_header_lines` lines at the beginning of every file are left out.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(_text_line_reader(skip_header_lines or 0, name=name))


class TFRecordReader(ReaderBase):
    """Records of TFRecord files; a key is `file:offset`. TF symbol: `tf.TFRecordReader`.

    `options` tell the compression: TFRecordOptions, or what they take as their type.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(_record_reader(compression, name=name))


class WholeFileReader(ReaderBase):
    """A record is a file; its key is the file's name. TF symbol: `tf.WholeFileReader`."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_whole_file_reader(name=name), supports_serialize=True)


class IdentityReader(ReaderBase):
    """A record is the piece of work itself, and so is its key. TF symbol: `tf.IdentityReader`."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_identity_reader(name=name), supports_serialize=True)


class FixedLengthRecordReader(ReaderBase):
    """A record is so many bytes; its key is `file:number`, from 0. TF symbol: `tf.FixedLengthRecordReader`.

    Args:
      record_bytes: the size of a record.
      header_bytes, footer_bytes: bytes at the beginning and the end of every file that are left out.
      hop_bytes: how far records start from each other; 0 for `record_bytes`.
      encoding: "ZLIB" or "GZIP" for files that are compressed.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ) -> None:
        sizes = (record_bytes, header_bytes or 0, footer_bytes or 0, hop_bytes or 0)
        super().__init__(_fixed_length_reader(*sizes, encoding if encoding in ("ZLIB", "GZIP") else "", name=name))


__all__ = [
    "FixedLengthRecordReader",
    "IdentityReader",
    "ReaderBase",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
]
