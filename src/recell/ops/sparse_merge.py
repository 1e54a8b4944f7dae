"""A sparse tensor of which one tensor holds the places and another the values. Symbol: `tf.sparse_merge`."""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.sparse_tensor import SparseTensor, SparseTensorValue
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_shape import expand_dims
from recell.ops.math_cast import cast
from recell.ops.sparse import sparse_reorder


def sparse_merge(
    sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None, already_sorted: bool = False
) -> SparseTensor:
    """The values of `sp_values` at the places that `sp_ids` holds. TF symbol: `tf.sparse_merge`.

    Args:
      sp_ids: a SparseTensor of integers `[..., n]`, or a list of them, one for each of the last dimensions.
      sp_values: a SparseTensor of the same indices.
      vocab_size: the size of the last dimension, or a list of sizes.
      already_sorted: whether to leave the order as it is.

    Returns:
      A SparseTensor `[..., vocab_size]` (or `[..., *vocab_size]`): that of `sp_ids` but for its last dimension.

    Raises:
      TypeError: for arguments of other kinds. ValueError: for as many sizes as there are no `sp_ids`.
    """
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        sp_ids, vocab_size = [sp_ids], [_size(vocab_size)]
    elif not isinstance(vocab_size, (list, tuple)):
        raise TypeError(f"vocab_size has to be a list of Tensors or Python ints. Found {type(vocab_size)}")
    elif not isinstance(sp_ids, (list, tuple)):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}")
    sizes = [_size(size) for size in vocab_size]
    if len(sp_ids) != len(sizes):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge"):
        places = [_sparse(ids) for ids in sp_ids]
        values = _sparse(sp_values)
        columns = [expand_dims(cast(ids.values, dtypes.int64), 1) for ids in places]
        where: Any = places[0].indices
        outer: Any = places[0].dense_shape
        indices = concat([where[:, :-1], *columns], 1)
        shape = concat([outer[:-1], *[_as_vector(size) for size in sizes]], 0)
        merged = SparseTensor(indices, values.values, shape)
        return merged if already_sorted else sparse_reorder(merged)


def _sparse(value: Any) -> SparseTensor:
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor, not {value!r}.")
    return value


def _size(size: Any) -> Any:
    if isinstance(size, bool) or not isinstance(size, (Tensor, int, np.integer)):
        raise TypeError(f"vocab_size has to be a Tensor or Python int. Found {type(size)}")
    return size


def _as_vector(size: Any) -> Any:
    tensor = convert_to_tensor(size) if isinstance(size, Tensor) else convert_to_tensor(size, dtypes.int64)
    return expand_dims(cast(tensor, dtypes.int64), 0)


__all__ = ["sparse_merge"]
