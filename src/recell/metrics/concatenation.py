"""All values of all batches, one after the other. TF symbol: `tf.contrib.metrics.streaming_concat`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, metric_variable
from recell.ops._kernels import is_strings
from recell.ops.array_shape import transpose
from recell.ops.op import ANY, op
from recell.ops.state import assign

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_GROWTH = 1.5


def _rows(i: Inference) -> list[TensorShape]:
    return [TensorShape([None]).concatenate(i.shape("values")[1:]), TensorShape.of(())]


@op(
    "AppendRows",
    shape=_rows,
    types={"array": ANY, "values": ANY, "size": dtypes.int32},
    dtype=lambda i: [i.dtype("array"), dtypes.int32],
    differentiable=False,
)
def _append_rows(array: Tensor, values: Tensor, size: Tensor, max_size: int | None) -> Any:
    """The array with rows put in at `size`, and the new size; no more than `max_size` rows are kept.

    Of every length that it grows to there is room for half as much again.
    """
    old = int(size)
    new = old + len(values) if max_size is None else min(old + len(values), max_size)
    capacity = len(array)
    if new > capacity:
        capacity = math.ceil(_GROWTH ** math.ceil(math.log(new) / math.log(_GROWTH)))
        capacity = capacity if max_size is None else min(capacity, max_size)
    shape = (capacity, *values.shape[1:])
    if is_strings(array):
        grown: Any = np.full(shape, b"", dtype=object)
    else:
        grown = torch.zeros(shape, dtype=values.dtype)
    grown[:old], grown[old:new] = array[:old], values[: new - old]
    return grown, torch.tensor(new, dtype=torch.int32)


@op(
    "FirstRows",
    shape=lambda i: TensorShape([None, *i["rest"]]),
    types={"array": ANY, "size": dtypes.int32},
    dtype=lambda i: i.dtype("array"),
    differentiable=False,
)
def _first_rows(array: Tensor, size: Tensor, rest: Any) -> Any:
    rows: Any = array[: int(size)]
    return rows.copy() if is_strings(rows) else rows.clone()


def streaming_concat(
    values: Any,
    axis: int = 0,
    max_size: int | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """All values so far, joined along `axis`; the update tells how many there are along it.

    TF symbol: `tf.contrib.metrics.streaming_concat`.

    Args:
      values: of any dtype; all their dimensions but that of `axis` must be known.
      max_size: how many are kept along the axis; what comes after them is left out.

    ValueError for an axis that is not there or an unknown dimension.
    """
    with variable_scope(name, "streaming_concat", [values]):
        values = convert_to_tensor(values)
        rank = values.shape.ndims
        if rank is None:
            raise ValueError(f"`values` must have known rank, but '{values.name}' has not.")
        if not -rank <= axis < rank:
            raise ValueError(f"axis = {axis} not in [0, {rank})")
        axis %= rank
        rest = [size for k, size in enumerate(values.shape.as_list()) if k != axis]
        if None in rest:
            raise ValueError(
                "all dimensions of `values` other than the dimension to concatenate along must have statically known "
                f"size, but '{values.name}' is {values.shape}"
            )
        array = metric_variable([0, *rest], values.dtype.base_dtype, validate_shape=False, name="array")
        size = metric_variable([], dtypes.int32, name="size")
        order = [axis, *(k for k in range(rank) if k != axis)]
        rows = transpose(values, order) if axis else values
        grown, number = _append_rows(array, rows, size, max_size)
        value = _first_rows(array, size, tuple(rest), name="concat" if not axis else None)
        if axis:
            value = transpose(value, [order.index(k) for k in range(rank)], name="concat")
        with control_dependencies([assign(array, grown, validate_shape=False, name="grow")]):
            update_op = assign(size, number)
        return collected(value, update_op, metrics_collections, updates_collections)


__all__ = ["streaming_concat"]
