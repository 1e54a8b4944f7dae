"""Elements put together to batches, and batches taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.data import values
from recell.data.arguments import scalars
from recell.data.pipeline import Chain, Cursor, Opening, Pipeline, RowCursor, Rows
from recell.data.sources import ListCursor
from recell.data.values import Element, Sparse, Tensor
from recell.graph import dtypes, errors
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import ANY, BOOL, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def _taken(cursor: Cursor, size: int, drop_remainder: bool) -> list[Any]:
    """The next elements, `size` or what is left of them. StopIteration for none, or too few with `drop_remainder`."""
    taken: list[Any] = []
    try:
        for _ in range(size):
            taken.append(next(cursor))
    except StopIteration:
        if not taken or drop_remainder:
            raise
    return taken


class _BatchCursor(Cursor):
    def __init__(self, input: Cursor, size: int, drop_remainder: bool) -> None:
        self.input: Cursor = input
        self._size, self._drop_remainder = size, drop_remainder

    def __next__(self) -> Element:
        taken = _taken(self.input, self._size, self._drop_remainder)
        return tuple([values.stacked(parts) for parts in zip(*taken, strict=True)])


class _RowBatchCursor(Cursor):
    """Batches of rows of tables, each table asked once a batch."""

    def __init__(self, tables: Sequence[Any], positions: Cursor, size: int, drop_remainder: bool) -> None:
        self._tables = tables
        self.input: Cursor = positions
        self._size, self._drop_remainder = size, drop_remainder

    def __next__(self) -> Element:
        positions = self.input.take(self._size)
        if not positions or (self._drop_remainder and len(positions) < self._size):
            raise StopIteration
        index = torch.from_numpy(np.array(positions))
        return tuple([values.rows(table, positions, index) for table in self._tables])


def _checked_size(size: int) -> int:
    if size <= 0:
        raise invalid(f"Batch size must be greater than zero, but is {size}.")
    return size


def count_of_batches(count: int, size: int, drop_remainder: bool) -> int:
    """The cardinality of batches of `count` elements."""
    return count if count < 0 else count // size if drop_remainder else -(-count // size)


class Batch(Pipeline):
    """Every `size` elements as one, each component with a new first axis."""

    def __init__(self, input: Pipeline, size: int, drop_remainder: bool) -> None:
        self._input, self._size, self._drop_remainder = input, _checked_size(size), drop_remainder

    def cardinality(self) -> int:
        return count_of_batches(self._input.cardinality(), self._size, self._drop_remainder)

    def open(self, opening: Opening) -> Cursor:
        rows: Rows | None = self._input.rows()
        if rows is None:
            return _BatchCursor(self._input.open(opening), self._size, self._drop_remainder)
        return _RowBatchCursor(rows.tables, rows.positions.open(opening), self._size, self._drop_remainder)


class _PaddedBatchCursor(_BatchCursor):
    def __init__(self, input: Cursor, size: int, drop_remainder: bool, shapes: Any, fillers: Any) -> None:
        super().__init__(input, size, drop_remainder)
        self._shapes, self._fillers = shapes, fillers

    def __next__(self) -> Element:
        taken = _taken(self.input, self._size, self._drop_remainder)
        parts = zip(zip(*taken, strict=True), self._shapes, self._fillers, strict=True)
        return tuple([values.padded(part, shape, filler) for part, shape, filler in parts])


class PaddedBatch(Pipeline):
    """Every `size` elements as one, their components filled up to one shape."""

    def __init__(self, input: Pipeline, size: int, shapes: Any, fillers: Any, drop_remainder: bool) -> None:
        self._input, self._size, self._drop_remainder = input, _checked_size(size), drop_remainder
        self._shapes, self._fillers = shapes, fillers

    def cardinality(self) -> int:
        return count_of_batches(self._input.cardinality(), self._size, self._drop_remainder)

    def open(self, opening: Opening) -> Cursor:
        cursor = self._input.open(opening)
        return _PaddedBatchCursor(cursor, self._size, self._drop_remainder, self._shapes, self._fillers)


class _UnbatchCursor(Chain):
    def __init__(self, input: Cursor) -> None:
        super().__init__()
        self.input: Cursor = input

    def following(self) -> Cursor:
        tables = [values.unstacked(value) for value in next(self.input)]
        counts = [values.length(table) for table in tables]
        if any(count != counts[0] for count in counts):
            raise invalid(f"Input components must have the same batch size, but have {counts}.")
        positions: Any = range(counts[0])
        return RowCursor(tables, ListCursor(positions))


class Unbatch(Pipeline):
    """The rows of every element as elements."""

    fresh = False

    def __init__(self, input: Pipeline) -> None:
        self._input = input

    def open(self, opening: Opening) -> Cursor:
        return _UnbatchCursor(self._input.open(opening))


class _SparseBatchCursor(_BatchCursor):
    def __init__(self, input: Cursor, size: int, shape: tuple[int, ...]) -> None:
        super().__init__(input, size, False)
        self._shape = shape

    def __next__(self) -> Element:
        taken = [part for (part,) in _taken(self.input, self._size, False)]
        wanted = [max(part.shape[axis] for part in taken) if n < 0 else n for axis, n in enumerate(self._shape)]
        return (values.stacked([self._as_sparse(part, wanted) for part in taken]),)

    def _as_sparse(self, value: Any, shape: list[int]) -> Sparse:
        shown = ",".join(str(n) for n in shape)
        if len(value.shape) != len(shape):
            raise invalid(f"Input element had shape {bracketed(value)}, of another rank than the row shape [{shown}].")
        if any(have > most for have, most in zip(value.shape, shape, strict=True)):
            message = f"Input element had shape ({bracketed(value)}) that is larger than the row shape ([{shown}])."
            raise errors.DataLossError(None, None, message)
        indices = torch.cartesian_prod(*(torch.arange(n) for n in value.shape)).reshape(-1, len(shape))
        return Sparse(indices, value.reshape(-1), torch.tensor(shape))


class SparseBatch(Pipeline):
    """Every `size` dense elements as one sparse tensor."""

    def __init__(self, input: Pipeline, size: int, shape: tuple[int, ...]) -> None:
        self._input, self._size, self._shape = input, _checked_size(size), shape

    def cardinality(self) -> int:
        return count_of_batches(self._input.cardinality(), self._size, False)

    def open(self, opening: Opening) -> Cursor:
        return _SparseBatchCursor(self._input.open(opening), self._size, self._shape)


@op(
    "BatchDatasetV2",
    shape=scalars("batch_size", "drop_remainder"),
    types={"input_dataset": ANY, "batch_size": dtypes.int64, "drop_remainder": BOOL},
    dtype=dtypes.variant,
    differentiable=False,
)
def batch_dataset(input_dataset: Tensor, batch_size: Tensor, drop_remainder: Tensor) -> Any:
    return Batch(input_dataset, int(batch_size), bool(drop_remainder))


@op(
    "PaddedBatchDatasetV2",
    shape=scalars("batch_size", "drop_remainder"),
    types={
        "input_dataset": ANY,
        "batch_size": dtypes.int64,
        "padded_shapes": dtypes.int64,
        "padding_values": ANY,
        "drop_remainder": BOOL,
    },
    dtype=dtypes.variant,
    differentiable=False,
)
def padded_batch_dataset(
    input_dataset: Tensor,
    batch_size: Tensor,
    padded_shapes: list[Tensor],
    padding_values: list[Tensor],
    drop_remainder: Tensor,
) -> Any:
    shapes = [tuple(None if n < 0 else n for n in shape.tolist()) for shape in padded_shapes]
    return PaddedBatch(input_dataset, int(batch_size), shapes, padding_values, bool(drop_remainder))


@op("UnbatchDataset", shape=scalars(), types={"input_dataset": ANY}, dtype=dtypes.variant, differentiable=False)
def unbatch_dataset(input_dataset: Tensor) -> Any:
    return Unbatch(input_dataset)


@op(
    "DenseToSparseBatchDataset",
    shape=scalars("batch_size"),
    types={"input_dataset": ANY, "batch_size": dtypes.int64, "row_shape": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
)
def dense_to_sparse_batch_dataset(input_dataset: Tensor, batch_size: Tensor, row_shape: Tensor) -> Any:
    return SparseBatch(input_dataset, int(batch_size), tuple(row_shape.tolist()))
