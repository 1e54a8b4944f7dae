"""Rows of arrays, batch by batch: the operation behind `numpy_input_fn` and `pandas_input_fn`.

The rows are cut out of the arrays when a step asks for them: no queue and no thread stands between, so that feeding a
small model costs next to nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes, errors
from recell.graph.convert import to_numpy
from recell.graph.dtypes import as_dtype
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.op import op
from recell.ops.random import get_seed


class RowSource:
    """Arrays of one length whose rows are read together.

    Args:
      arrays: at least one.
      batch_size: rows of a batch. The last one is smaller; without an end every batch is full.
      epochs: how often the rows are read; None for without end.
      shuffle: whether each reading of the rows goes in an order of its own.
    """

    def __init__(self, arrays: Sequence[np.ndarray], batch_size: int, epochs: int | None, shuffle: bool) -> None:
        self.columns = [_column(array) for array in arrays]
        self.count = len(arrays[0])
        self.batch_size = batch_size
        self.epochs = epochs
        self.shuffle = shuffle

    @property
    def dtypes(self) -> tuple[Any, ...]:
        kinds = [as_dtype(column.dtype) for column in self.columns]
        return (dtypes.int64, *kinds)

    @property
    def shapes(self) -> tuple[TensorShape, ...]:
        rows = self.batch_size if self.epochs is None else None
        return (TensorShape([rows]), *(TensorShape([rows, *column.shape[1:]]) for column in self.columns))


def _column(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return to_numpy(array, dtypes.string) if array.dtype.kind in "USO" else array


class RowReader:
    """One reading of a source, batch by batch, by any number of threads."""

    def __init__(self, source: RowSource, seed: Sequence[int] | None) -> None:
        self._source = source
        self._random = np.random.default_rng(seed)
        self._lock = threading.Lock()
        self._left = source.epochs
        self._at = source.count
        self._order = np.arange(source.count)

    def next(self) -> list[np.ndarray]:
        """The next batch: the rows' numbers, then the rows of each array. OutOfRangeError at the end."""
        with self._lock:
            rows = self._next_rows()
        if isinstance(rows, slice):
            return [np.arange(rows.start, rows.stop), *(column[rows].copy() for column in self._source.columns)]
        return [rows, *(column[rows] for column in self._source.columns)]

    def _next_rows(self) -> Any:
        size = self._source.batch_size
        start = self._at
        if start + size <= self._source.count:
            self._at += size
            return self._order[start : self._at] if self._source.shuffle else slice(start, self._at)
        parts = []
        while size > 0 and (self._at < self._source.count or self._begin_again()):
            part = self._order[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            parts.append(part)
        if not parts:
            raise errors.OutOfRangeError(None, None, f"All {self._source.count} rows of the input have been read.")
        return np.concatenate(parts)

    def _begin_again(self) -> bool:
        if self._source.count == 0 or self._left == 0:
            return False
        if self._left is not None:
            self._left -= 1
        self._at = 0
        if self._source.shuffle:
            self._order = self._random.permutation(self._source.count)
        return True


def _shapes(i: Any) -> list[TensorShape]:
    return list(i["source"].shapes)


@op("InputRows", shape=_shapes, dtype="Tout", stateful=True, differentiable=False)
def _input_rows(ctx: Any, source: RowSource, Tout: Any, seed: Any = None, seed2: Any = None) -> Any:
    reader = ctx.state.get("reader")
    if reader is None:
        fresh = RowReader(source, None if seed is None else (seed, seed2))
        reader = ctx.state.setdefault("reader", fresh)
    return [to_torch(array) for array in reader.next()]


def input_rows(source: RowSource, name: str | None = None) -> list[Tensor]:
    """Tensors of the next batch each time they are run: the rows' numbers, then those of each array.

    Sessions read independently of each other; under a graph's seed the shuffled order repeats. OutOfRangeError, when
    run, after the last row.
    """
    seed, seed2 = get_seed(None) if source.shuffle else (None, None)
    return list(_input_rows(source, source.dtypes, seed, seed2, name=name))
