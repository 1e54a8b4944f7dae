"""Rows as sets: sizes, intersections, differences and unions. TF symbols: `tf.sets.*`, `tf.contrib.metrics.set_*`.

A set is what the last axis of a tensor holds, an element counted once. Sets of different sizes come as SparseTensors;
so do all results, their elements in ascending order. `validate_indices` is accepted: what is given is always checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from recell.ops import rules
from recell.ops._differences import difference
from recell.ops._kernels import invalid, is_strings, sizes, string_array
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_ALLOWED = frozenset(
    {dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16, dtypes.string}
)
_SETS: dict[str, Callable[[set[Any], set[Any]], set[Any]]] = {
    "intersection": set.intersection,
    "difference": set.difference,
    "union": set.union,
}

Sets = tuple[tuple[int, ...], dict[tuple[int, ...], set[Any]]]
"""The shape of all axes but the last, and the sets that are not empty by their places."""


def _read(values: Any, indices: Any, dense_shape: Any) -> Sets:
    found: dict[tuple[int, ...], set[Any]] = defaultdict(set)
    if indices is None:
        outer = tuple(values.shape[:-1])
        rows = values.reshape(int(np.prod(outer)), values.shape[-1])
        for place, row in zip(np.ndindex(*outer), rows.tolist(), strict=True):
            found[place] = set(row)
        return outer, found
    shape = sizes(dense_shape)
    for index, value in zip(indices.tolist(), values.tolist(), strict=True):
        if any(not 0 <= n < size for n, size in zip(index, shape, strict=True)):
            raise invalid(f"Received an index {index} that is not in the dense shape {list(shape)}.")
        found[tuple(index[:-1])].add(value)
    return tuple(shape[:-1]), found


def _written(outer: tuple[int, ...], found: dict[tuple[int, ...], list[Any]], like: Any) -> list[Any]:
    """The indices, values and shape of a sparse tensor."""
    places = sorted(found)
    indices = [(*place, k) for place in places for k in range(len(found[place]))]
    values = [value for place in places for value in found[place]]
    held: Any = string_array(values) if is_strings(like) else torch.tensor(values, dtype=like.dtype)
    widest = max((len(row) for row in found.values()), default=0)
    return [
        torch.tensor(indices, dtype=torch.int64).reshape(len(indices), len(outer) + 1),
        held,
        torch.tensor((*outer, widest), dtype=torch.int64),
    ]


def _result_shapes(i: Inference) -> list[Any]:
    a = i.shape("a") if i.tensor("a_indices") is None else i.value_as_shape("a_shape")
    b = i.shape("b") if i.tensor("b_indices") is None else i.value_as_shape("b_shape")
    for shape in (a, b):
        if shape.ndims is not None and shape.ndims < 2:
            raise i.mismatch(f"Shape must be at least rank 2 but is rank {shape.ndims}")
    if a.ndims is not None and b.ndims is not None and not a[:-1].is_compatible_with(b[:-1]):
        raise i.mismatch(difference(a[:-1], b[:-1]))
    rank = a.ndims if a.ndims is not None else b.ndims
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


_SPARSE = dict.fromkeys(("a_indices", "a_shape", "b_indices", "b_shape"), ANY)


@op(
    "SetOperation",
    shape=_result_shapes,
    types=_SPARSE,
    dtype=lambda i: [dtypes.int64, i.dtype("a"), dtypes.int64],
    differentiable=False,
)
def _set_operation(
    a: Tensor,
    b: Tensor,
    a_indices: Tensor | None,
    a_shape: Tensor | None,
    b_indices: Tensor | None,
    b_shape: Tensor | None,
    operation: str,
) -> Any:
    outer, left = _read(a, a_indices, a_shape)
    other, right = _read(b, b_indices, b_shape)
    if outer != other:
        raise invalid(f"Mismatched shapes {list(outer)} vs {list(other)}: every set of one needs a set of the other.")
    join = _SETS[operation]
    empty: set[Any] = set()
    found = {}
    for place in left.keys() | right.keys():
        joined = join(left.get(place, empty), right.get(place, empty))
        if joined:
            found[place] = sorted(joined)
    return _written(outer, found, a)


@op(
    "SetSize", shape=rules.unknown, types={"indices": ANY, "dense_shape": ANY}, dtype=dtypes.int32, differentiable=False
)
def _set_size(values: Tensor, indices: Tensor, dense_shape: Tensor) -> Any:
    outer, found = _read(values, indices, dense_shape)
    counts = torch.zeros(outer, dtype=torch.int32)
    for place, members in found.items():
        counts[place] = len(members)
    return counts


def set_size(a: Any, validate_indices: bool = True) -> Any:
    """How many different elements each set has, int32, without the last axis. TF symbol: `tf.sets.size`.

    TypeError for what is no SparseTensor of integers or strings.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    _check_dtype("a", a)
    return _set_size(a.values, a.indices, a.dense_shape)


def _check_dtype(name: str, value: Any) -> None:
    if value.dtype.base_dtype not in _ALLOWED:
        raise TypeError(f"'{name}' invalid dtype {value.dtype!r}.")


def _operate(a: Any, b: Any, operation: str) -> SparseTensor:
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    _check_dtype("a", a)
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    if b.dtype.base_dtype is not a.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype!r} vs {b.dtype!r}.")
    with name_scope(None, "SetOperation"):
        parts = [part for each in (a, b) for part in _sparse_parts(each)]
        values = [each.values if isinstance(each, SparseTensor) else each for each in (a, b)]
        indices, found, shape = _set_operation(*values, *parts, operation)
        return SparseTensor(indices, found, shape)


def _sparse_parts(value: Any) -> tuple[Any, Any]:
    return (value.indices, value.dense_shape) if isinstance(value, SparseTensor) else (None, None)


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in both sets. TF symbol: `tf.sets.intersection`.

    Args:
      a, b: tensors or SparseTensors of one integer type or of strings, alike in all axes but the last.

    TypeError for other dtypes; ValueError, or InvalidArgumentError when run, for shapes that differ.
    """
    return _operate(a, b, "intersection")


def set_difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """What is in `a` and not in `b`; the other way round with `aminusb=False`. TF symbol: `tf.sets.difference`.

    Arguments and errors as in `set_intersection`.
    """
    return _operate(a, b, "difference") if aminusb else _operate(b, a, "difference")


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in one of the sets. TF symbol: `tf.sets.union`. Arguments and errors as in `set_intersection`."""
    return _operate(a, b, "union")


__all__ = ["set_difference", "set_intersection", "set_size", "set_union"]
