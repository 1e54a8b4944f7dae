"""Rows of a larger tensor: the gradient of a look-up touches only the rows that were looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value_as_shape
from recell.graph.tensor import Operation, Tensor


class IndexedSlicesValue(NamedTuple):
    """What a fetched `IndexedSlices` becomes: numpy arrays. TF symbol: `tf.IndexedSlicesValue`."""

    values: Any
    indices: Any
    dense_shape: Any


class IndexedSlices:
    """`values[k]` is for row `indices[k]` of a tensor of shape `dense_shape`; rows may be named twice and then add up.

    `values` is `[n, ...]`, `indices` is `[n]` (int32 or int64). TF symbol: `tf.IndexedSlices`.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        self.values = values
        self.indices = indices
        self.dense_shape = dense_shape

    @property
    def dtype(self) -> DType:
        return self.values.dtype

    @property
    def name(self) -> str:
        return self.values.name

    @property
    def op(self) -> Operation:
        return self.values.op

    @property
    def graph(self) -> Any:
        return self.values.graph

    @property
    def device(self) -> str:
        return self.values.device

    @property
    def shape(self) -> TensorShape:
        return TensorShape(None) if self.dense_shape is None else constant_value_as_shape(self.dense_shape)

    def get_shape(self) -> TensorShape:
        return self.shape

    def _as_tensor(self) -> Tensor:
        """All rows, zeros where none was named. ValueError when nobody said how many there are."""
        if self.dense_shape is None:
            raise ValueError(
                f"Tensor conversion requested for IndexedSlices without dense_shape: {self!s}. Give it one."
            )
        made = self.graph.create_op(
            "DensifySlices",
            [self.values, self.indices, self.dense_shape],
            {},
            shapes=[self.shape],
            dtypes=[self.values.dtype.base_dtype],
        )
        return made.outputs[0]

    def _parts(self) -> list[Tensor]:
        return [self.values, self.indices] + ([] if self.dense_shape is None else [self.dense_shape])

    def _fetch_components(self) -> tuple[list[Tensor], Callable[[list[Any]], Any]]:
        return self._parts(), lambda parts: IndexedSlicesValue(*parts, *([None] if len(parts) == 2 else []))

    def _feed_components(self, value: Any) -> list[tuple[Tensor, Any]]:
        return list(zip(self._parts(), value, strict=False))

    def _map_components(self, function: Callable[[Tensor], Tensor]) -> IndexedSlices:
        return IndexedSlices(function(self.values), self.indices, self.dense_shape)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)  # type: ignore[operator]

    def __str__(self) -> str:
        shape = "" if self.dense_shape is None else f", dense_shape={self.dense_shape}"
        return f"IndexedSlices(indices={self.indices}, values={self.values}{shape})"


def convert_to_tensor_or_indexed_slices(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` itself when it is rows, else a tensor. TF symbol: `tf.convert_to_tensor_or_indexed_slices`."""
    return value if isinstance(value, IndexedSlices) else convert_to_tensor(value, dtype, name)


def convert_n_to_tensor_or_indexed_slices(values: Sequence[Any], dtype: Any = None) -> list[Any]:
    return [None if value is None else convert_to_tensor_or_indexed_slices(value, dtype) for value in values]
