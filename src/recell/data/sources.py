"""Datasets of values that the graph holds: tensors, their slices, numbers in a row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.data import values
from recell.data.arguments import int_argument, scalars
from recell.data.pipeline import INFINITE, Cursor, Opening, Pipeline, RowCursor, Rows
from recell.data.values import Element, Sparse, Tensor
from recell.graph import dtypes
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


class ListCursor(Cursor):
    """The elements of a list."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self._elements = iter(elements)

    def __next__(self) -> Any:
        return next(self._elements)

    def take(self, count: int) -> list[Any]:
        return list(islice(self._elements, count))


class Elements(Pipeline):
    """Elements that are there already."""

    fresh = False

    def __init__(self, elements: Sequence[Element]) -> None:
        self.elements = elements

    def cardinality(self) -> int:
        return len(self.elements)

    def open(self, opening: Opening) -> Cursor:
        return ListCursor(self.elements)


class Slices(Pipeline):
    """The rows of tables of one length."""

    fresh = False

    def __init__(self, tables: Sequence[Any]) -> None:
        counts = [values.length(table) for table in tables]
        if any(count != counts[0] for count in counts):
            raise invalid(f"All components must have one length along the first axis, but they have {counts}.")
        # The positions' elements are numbers, not tuples: whoever hands elements on does not look into them.
        positions: Any = range(counts[0])
        self._rows = Rows(tables, Elements(positions))

    def rows(self) -> Rows:
        return self._rows

    def cardinality(self) -> int:
        return self._rows.positions.cardinality()

    def open(self, opening: Opening) -> Cursor:
        return RowCursor(self._rows.tables, self._rows.positions.open(opening))


class _RangeCursor(Cursor):
    def __init__(self, numbers: range) -> None:
        self._numbers = iter(numbers)

    def __next__(self) -> Element:
        return (torch.tensor(next(self._numbers)),)


class Range(Pipeline):
    """int64 numbers from `start` up to `stop`, without it."""

    def __init__(self, start: int, stop: int, step: int) -> None:
        if step == 0:
            raise invalid("step must be a non-zero integer.")
        self._numbers = range(start, stop, step)

    def cardinality(self) -> int:
        return len(self._numbers)

    def open(self, opening: Opening) -> Cursor:
        return _RangeCursor(self._numbers)


class _RandomCursor(Cursor):
    def __init__(self, words: Any) -> None:
        self._words = words

    def __next__(self) -> Element:
        return (torch.tensor(next(self._words)),)


class Random(Pipeline):
    """Random 32-bit numbers without an end, the same in each epoch where there is a seed."""

    def __init__(self, ctx: Any, seed: int, seed2: int) -> None:
        self._ctx, self._seeds = ctx, (seed, seed2)

    def cardinality(self) -> int:
        return INFINITE

    def open(self, opening: Opening) -> Cursor:
        return _RandomCursor(self._ctx.words(*self._seeds))


def _sparse_elements(indices: Any, found: Any, dense_shape: Any) -> list[Element]:
    return [tuple(each) for each in values.sparse_rows(Sparse(indices, found, dense_shape))]


@op("TensorDataset", shape=scalars(), types={"components": ANY}, dtype=dtypes.variant, differentiable=False)
def tensor_dataset(components: list[Tensor]) -> Any:
    return Elements([tuple(components)])


@op("TensorSliceDataset", shape=scalars(), types={"components": ANY}, dtype=dtypes.variant, differentiable=False)
def tensor_slice_dataset(components: list[Tensor]) -> Any:
    return Slices([values.unstacked(value) for value in components])


@op(
    "SparseTensorSliceDataset",
    shape=scalars(),
    types={"indices": dtypes.int64, "values": ANY, "dense_shape": dtypes.int64},
    dtype=dtypes.variant,
    differentiable=False,
)
def sparse_tensor_slice_dataset(indices: Tensor, values: Tensor, dense_shape: Tensor) -> Any:
    return Elements(_sparse_elements(indices, values, dense_shape))


@op(
    "RangeDataset",
    shape=scalars("start", "stop", "step"),
    types=dict.fromkeys(("start", "stop", "step"), dtypes.int64),
    dtype=dtypes.variant,
    differentiable=False,
)
def _range_dataset(start: Tensor, stop: Tensor, step: Tensor) -> Any:
    return Range(int(start), int(stop), int(step))


def range_dataset(*args: Any) -> Tensor:
    """The arguments of Python's `range`. ValueError for another number of them."""
    if not 1 <= len(args) <= 3:
        raise ValueError(f"Invalid arguments to RangeDataset: {args}")
    start, stop = (0, args[0]) if len(args) == 1 else args[:2]
    step = args[2] if len(args) == 3 else 1
    return _range_dataset(int_argument(start, "start"), int_argument(stop, "stop"), int_argument(step, "step"))


@op(
    "RandomDataset",
    shape=scalars("seed", "seed2"),
    types={"seed": dtypes.int64, "seed2": dtypes.int64},
    dtype=dtypes.variant,
    stateful=True,
    differentiable=False,
)
def random_dataset(ctx: Any, seed: Tensor, seed2: Tensor) -> Any:
    return Random(ctx, int(seed), int(seed2))
