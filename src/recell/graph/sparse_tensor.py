"""Tensors of which only some elements are kept: where they are, and what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value_as_shape
from recell.graph.tensor import Operation, Tensor


class SparseTensorValue(NamedTuple):
    """What a fetched `SparseTensor` becomes, and what may be fed for one. TF symbol: `tf.SparseTensorValue`."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """Element `values[k]` stands at `indices[k]`; every other element is 0 (or empty). TF symbol: `tf.SparseTensor`.

    `indices` is int64 `[n, rank]`, `values` is `[n]` of any type, `dense_shape` int64 `[rank]`. Raises ValueError when
    their shapes do not go together.
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        with name_scope(None, "SparseTensor", [v for v in (indices, values, dense_shape) if isinstance(v, Tensor)]):
            self._indices = convert_to_tensor(indices, dtypes.int64, name="indices")
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(dense_shape, dtypes.int64, name="dense_shape")
        rows = self._indices.shape.with_rank(2)
        count = self._values.shape.with_rank(1)
        rank = self._dense_shape.shape.with_rank(1)
        rows[0].merge_with(count[0])
        rows[1].merge_with(rank[0])

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """TypeError for what is neither a SparseTensor nor a SparseTensorValue."""
        if not isinstance(sparse_tensor_value, (SparseTensor, SparseTensorValue)):
            raise TypeError(
                f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}. Make one of indices, values and "
                "dense_shape."
            )
        return cls(sparse_tensor_value.indices, sparse_tensor_value.values, sparse_tensor_value.dense_shape)

    @property
    def indices(self) -> Tensor:
        return self._indices

    @property
    def values(self) -> Tensor:
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        return self._values.dtype

    @property
    def op(self) -> Operation:
        return self._values.op

    @property
    def graph(self) -> Any:
        return self._values.graph

    @property
    def name(self) -> str:
        return self._values.name

    @property
    def shape(self) -> TensorShape:
        return constant_value_as_shape(self._dense_shape)

    def get_shape(self) -> TensorShape:
        return self.shape

    def consumers(self) -> list[Operation]:
        return self._values.consumers()

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """The three parts' values. ValueError without a session."""
        from recell.graph import default_session

        found = default_session.require(session, self.graph, "evaluate tensor", "eval").run(self, feed_dict)
        return SparseTensorValue(*found)

    def _with_values(self, values: Tensor) -> SparseTensor:
        return SparseTensor(self._indices, values, self._dense_shape)

    def _feed_components(self, value: Any) -> list[tuple[Tensor, Any]]:
        indices, values, dense_shape = value
        return [
            (
                self._indices,
                np.asarray(indices, np.int64).reshape(-1, self._indices.shape[1].value or np.shape(indices)[-1]),
            ),
            (self._values, values),
            (self._dense_shape, dense_shape),
        ]

    def _fetch_components(self) -> tuple[list[Tensor], Callable[[list[Any]], SparseTensorValue]]:
        return [self._indices, self._values, self._dense_shape], lambda parts: SparseTensorValue(*parts)

    def __str__(self) -> str:
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"

    __repr__ = __str__


def convert_to_tensor_or_sparse_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` as a tensor; a SparseTensor stays one. TF symbol: `tf.convert_to_tensor_or_sparse_tensor`.

    Raises RuntimeError for a SparseTensor of another dtype than the one asked for.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype is not None and dtypes.as_dtype(dtype).base_dtype is not value.dtype.base_dtype:
            raise RuntimeError(f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, actual = {value.dtype.name}")
        return value
    return convert_to_tensor(value, dtype, name)
