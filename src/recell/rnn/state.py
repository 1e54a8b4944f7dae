"""States of cells: the pair of an LSTM, and zeros of any nesting."""

from __future__ import annotations

from typing import Any, NamedTuple

from recell.graph import nest
from recell.graph.convert import convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.dimensions import Dimension
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat, stack
from recell.ops.array_make import zeros


class _Pair(NamedTuple):
    c: Any
    h: Any


class LSTMStateTuple(_Pair):
    """The state of an LSTM: memory `c` `[batch, units]` and output `h` `[batch, units or projected]`.

    TF symbol: `tf.nn.rnn_cell.LSTMStateTuple`.
    """

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The dtype of both. TypeError when they differ."""
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent internal state: {c.dtype} vs {h.dtype}")
        return c.dtype


def zero_state_of(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros `[batch] + size` for every size in `state_size`: an int or a TensorShape, in any nesting.

    `batch_size` is an int or an integer tensor. `dtype` is one dtype, or one for each size. Raises ValueError for a
    batch size or a size that is None.
    """
    if nest.is_sequence(dtype):
        kinds = nest.flatten_up_to(state_size, dtype) if nest.is_sequence(state_size) else nest.flatten(dtype)
    else:
        kinds = [dtype] * len(nest.flatten(state_size))
    sizes = nest.flatten(state_size)
    made = [_zeros(size, batch_size, kind) for size, kind in zip(sizes, kinds, strict=True)]
    return nest.pack_sequence_as(state_size, made)


def _zeros(size: Any, batch: Any, dtype: Any) -> Tensor:
    if batch is None or size is None or None in size_dims(size):
        raise ValueError(f"Provided a prefix or suffix of None: {batch} and {size}")
    tail = _dims(size)
    if not is_tensor_like(batch):
        front = as_shape(batch)
        if not front.is_fully_defined():
            raise ValueError(f"Provided a prefix or suffix of None: {batch} and {size}")
        return zeros([*front.as_list(), *tail], dtype)
    batch = convert_to_tensor(batch)
    if batch.shape.ndims == 1:
        made = zeros(concat([batch, convert_to_tensor(tail, batch.dtype)], 0), dtype)
        return made
    if batch.shape.ndims not in (0, None):
        raise ValueError(f"prefix tensor must be either a scalar or vector, but saw tensor: {batch}")
    known = constant_value(batch)
    made = zeros(stack([batch, *tail]) if known is None else [int(known), *tail], dtype)
    made.set_shape(TensorShape([None if known is None else int(known), *tail]))
    return made


def _dims(size: Any) -> list[int]:
    """A size as a list of ints. ValueError when it is not known."""
    if isinstance(size, TensorShape):
        return [int(n) for n in size.as_list()]  # type: ignore[arg-type]
    if isinstance(size, Dimension):
        return [int(size)]
    return [int(size)]


def size_dims(size: Any) -> list[int | None]:
    """A size as the dims behind the batch, None where they are not known."""
    if isinstance(size, (TensorShape, list)):
        shape = as_shape(size)
        return [] if shape.tuple is None else list(shape.tuple)
    if isinstance(size, Dimension):
        return [size.value]
    return [None if size is None else int(size)]


class zero_state_scope(name_scope):
    """The name scope that a cell's zeros are made in: `BasicLSTMCellZeroState`."""

    def __init__(self, cell: Any, batch_size: Any) -> None:
        super().__init__(type(cell).__name__ + "ZeroState", values=[batch_size])


__all__ = ["LSTMStateTuple", "size_dims", "zero_state_of", "zero_state_scope"]
