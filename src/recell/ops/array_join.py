"""Tensors joined and taken apart. Symbols: tf.concat, stack, unstack, split; `pack` and `unpack` before 1.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops import rules
from recell.ops._attributes import as_list, is_listed, is_whole, static_int
from recell.ops._differences import difference
from recell.ops._kernels import bracketed, invalid, is_strings, sizes
from recell.ops.op import INDEX, op
from recell.ops.state import identity

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


# -- joining --------------------------------------------------------------------------------------------------------


def _concat_shape(i: Inference) -> TensorShape:
    return rules.concat_dims(i.shapes("values"), i["axis"], i)


@op("ConcatV2", shape=_concat_shape)
def _concat(values: list[Tensor], axis: int) -> Tensor:
    if is_strings(values[0]):
        return np.concatenate(values, axis)  # type: ignore[return-value]
    try:
        return torch.cat(values, axis)
    except (RuntimeError, IndexError) as error:
        raise invalid(_why_not_joined(values, axis)) from error


def _why_not_joined(values: list[Tensor], axis: int) -> str:
    first = values[0]
    for k, value in enumerate(values):
        if value.ndim != first.ndim:
            return (
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = {bracketed(first)} vs. "
                f"shape[{k}] = {bracketed(value)}"
            )
        if any(
            m != n and d != axis % first.ndim for d, (m, n) in enumerate(zip(first.shape, value.shape, strict=True))
        ):
            return (
                f"ConcatOp : Dimensions of inputs should match: shape[0] = {bracketed(first)} vs. "
                f"shape[{k}] = {bracketed(value)}"
            )
    return f"ConcatOp : Expected concatenating dimensions in the range [{-first.ndim}, {first.ndim}), but got {axis}"


def _is_old_order(first: Any, second: Any) -> bool:
    """Whether `concat(dim, values)` of releases before 1.0 is meant: a number first, and then a list."""
    if is_whole(first):
        return True
    is_scalar = isinstance(first, GraphTensor) and first.shape.ndims == 0 and first.dtype.is_integer
    return is_scalar and is_listed(second)


def concat(values: Any, axis: Any = None, name: str = "concat", concat_dim: Any = None) -> Any:
    """The tensors joined along `axis`, in which alone their shapes may differ. TF symbol: `tf.concat`.

    `concat(dim, values)`, as before release 1.0, is understood too. Raises ValueError for shapes that do not go
    together.
    """
    if concat_dim is not None:
        values, axis = (values if values is not None else axis), concat_dim
    if _is_old_order(values, axis):
        values, axis = axis, values
    if axis is None:
        raise TypeError("concat() missing 1 required positional argument: 'axis'")
    if not isinstance(values, (list, tuple)):
        values = [values]
    if not values:
        raise ValueError("tf.concat needs at least one tensor, got an empty list.")
    where = static_int(axis, "axis of tf.concat")
    with name_scope(name, "concat", [v for v in values if is_tensor_like(v)]) as scope:
        if len(values) == 1:
            return identity(convert_to_tensor(values[0]), name=f"{scope}concat/" if scope else None)
        return _concat(list(values), where, name=scope)


def _stack_shape(i: Inference) -> TensorShape:
    shapes = i.shapes("values")
    shape = shapes[0]
    for k, other in enumerate(shapes[1:], 1):
        try:
            shape = shape.merge_with(other)
        except ValueError:
            raise i.mismatch(f"{difference(shape, other)}\n\tFrom merging shape {k - 1} with other shapes.") from None
    dims = shape.tuple
    if dims is None:
        return shape
    axis = i["axis"]
    if not -len(dims) - 1 <= axis <= len(dims):
        raise ValueError(f"axis = {axis} not in [{-len(dims) - 1}, {len(dims) + 1})")
    axis %= len(dims) + 1
    return TensorShape.of((*dims[:axis], len(shapes), *dims[axis:]))


@op("Pack", shape=_stack_shape)
def _stack(values: list[Tensor], axis: int = 0) -> Tensor:
    if is_strings(values[0]):
        return np.stack(values, axis)  # type: ignore[return-value]
    try:
        return torch.stack(values, axis)
    except RuntimeError as error:
        shapes = [bracketed(value) for value in values]
        k = next((k for k, shape in enumerate(shapes) if shape != shapes[0]), 0)
        raise invalid(
            f"Shapes of all inputs must match: values[0].shape = {shapes[0]} != values[{k}].shape = {shapes[k]}"
        ) from error


def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Tensors of one shape, stacked along a new axis. TF symbols: `tf.stack`, `tf.pack`.

    ValueError for different shapes, or an axis out of range.
    """
    axis = static_int(axis, "axis")
    if axis == 0 and not _holds_tensor(values):
        return convert_to_tensor(values, name=name)
    items = [values[k] for k in range(len(values))] if isinstance(values, np.ndarray) else list(values)
    return _stack(items, axis, name=name)


def _holds_tensor(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return any(_holds_tensor(value) for value in values)
    return is_tensor_like(values)


# -- taking apart ---------------------------------------------------------------------------------------------------


def _unstack_shapes(i: Inference) -> list[TensorShape]:
    dims, axis, num = i.shape(0).tuple, i["axis"], i["num"]
    if dims is None:
        return [TensorShape(None)] * num
    axis = axis % len(dims)
    if dims[axis] is not None and dims[axis] != num:
        raise i.mismatch(f"Dimension must be {num} but is {dims[axis]}")
    return [TensorShape.of(dims[:axis] + dims[axis + 1 :])] * num


@op("Unpack", shape=_unstack_shapes, dtype=lambda i: [i.dtype(0)] * i["num"], view=True)
def _unstack(value: Tensor, num: int, axis: int = 0) -> Any:
    if value.shape[axis] != num:
        raise invalid(f"Input shape axis {axis} must equal {num}, got shape {bracketed(value)}")
    if is_strings(value):
        parts: Any = [np.asarray(part, dtype=object) for part in np.moveaxis(np.asarray(value), axis, 0)]
    else:
        parts = value.unbind(axis)
    return parts[0] if num == 1 else parts


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Any]:
    """The tensors that lie along `axis`, in a list. TF symbols: `tf.unstack`, `tf.unpack`.

    Raises ValueError when their number is neither given nor known, or `axis` is out of range.
    """
    axis = static_int(axis, "axis")
    with name_scope(name, "unstack", [value]) as scope:
        value = convert_to_tensor(value)
        dims = value.shape.tuple
        if dims is not None and not -len(dims) <= axis < len(dims):
            raise ValueError(f"axis = {axis} not in [{-len(dims)}, {len(dims)})")
        if num is None:
            num = None if dims is None else dims[axis]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {value.shape}")
        if num == 0:
            return []
        return as_list(_unstack(value, int(num), axis, name=scope))


def _split_shapes(i: Inference) -> list[TensorShape]:
    dims, axis, parts = i.shape(0).tuple, i["axis"], i["sizes"]
    if dims is None:
        return [TensorShape(None)] * len(parts)
    axis = rules.axis_index(axis, len(dims), i)
    given = sum(n for n in parts if n is not None and n >= 0)
    if dims[axis] is not None and -1 not in parts and None not in parts and given != dims[axis]:
        listed = ",".join(str(n) for n in parts)
        raise i.mismatch(f"can't split axis of size {dims[axis]} into pieces of size [{listed}]")
    rest = None if dims[axis] is None else dims[axis] - given
    return [TensorShape.of((*dims[:axis], rest if n == -1 else n, *dims[axis + 1 :])) for n in parts]


@op("SplitV", shape=_split_shapes, dtype=lambda i: [i.dtype(0)] * len(i["sizes"]), view=True)
def _split_sizes(value: Tensor, sizes: Any, axis: int = 0) -> Any:
    return _cut(value, list(sizes), axis)


def _cut(value: Tensor, lengths: list[int], axis: int) -> Any:
    total = value.shape[axis]
    if -1 in lengths:
        lengths[lengths.index(-1)] = total - sum(n for n in lengths if n != -1)
    if sum(lengths) != total or min(lengths, default=0) < 0:
        raise invalid(
            "Determined shape must either match input shape along split_dim exactly if fully specified, or be less "
            "than the size of the input along split_dim if not fully specified.  Got: "
            f"{sum(n for n in lengths if n > 0)}"
        )
    if is_strings(value):
        parts: Any = np.split(value, np.cumsum(lengths)[:-1], axis)
    else:
        parts = value.split(lengths, axis)
    return parts[0] if len(lengths) == 1 else parts


def _split_by_shapes(i: Inference) -> list[TensorShape]:
    dims, axis = i.shape(0).tuple, i["axis"]
    if dims is None:
        return [TensorShape(None)] * i["num"]
    axis = rules.axis_index(axis, len(dims), i)
    return [TensorShape.of((*dims[:axis], None, *dims[axis + 1 :]))] * i["num"]


@op(
    "SplitVBy",
    shape=_split_by_shapes,
    types={"size_splits": INDEX},
    dtype=lambda i: [i.dtype(0)] * i["num"],
    view=True,
)
def _split_by(value: Tensor, size_splits: Tensor, num: int, axis: int = 0) -> Any:
    return _cut(value, list(sizes(size_splits)), axis)


def _even_shapes(i: Inference) -> list[TensorShape]:
    dims, axis, num = i.shape(0).tuple, i["axis"], i["num"]
    if dims is None:
        return [TensorShape(None)] * num
    axis = rules.axis_index(axis, len(dims), i)
    if dims[axis] is not None and dims[axis] % num:
        raise i.mismatch(
            f"Dimension size must be evenly divisible by {num} but is {dims[axis]}\n\tNumber of ways to split should "
            "evenly divide the split dimension"
        )
    part = None if dims[axis] is None else dims[axis] // num
    return [TensorShape.of((*dims[:axis], part, *dims[axis + 1 :]))] * num


@op("Split", shape=_even_shapes, dtype=lambda i: [i.dtype(0)] * i["num"], view=True)
def _split_evenly(value: Tensor, num: int, axis: int = 0) -> Any:
    total = value.shape[axis]
    if total % num:
        raise invalid(
            "Number of ways to split should evenly divide the split dimension, but got split_dim "
            f"{axis} (size = {total}) and num_split {num}"
        )
    return _cut(value, [total // num] * num, axis)


def split(
    value: Any,
    num_or_size_splits: Any = None,
    axis: Any = 0,
    num: int | None = None,
    name: str = "split",
    split_dim: Any = None,
    num_split: Any = None,
) -> list[Any]:
    """`value` cut along `axis` into equal parts, or into parts of given sizes (one may be -1). TF symbol: `tf.split`.

    `split(split_dim, num, value)`, as before release 1.0, is understood too. Raises ValueError when the parts do not
    make up the axis, or when their number is not known.
    """
    if split_dim is not None:
        axis = split_dim
        num_or_size_splits = num_split if num_split is not None else num_or_size_splits
    elif is_whole(value) and is_whole(num_or_size_splits) and not is_whole(axis):
        value, num_or_size_splits, axis = axis, num_or_size_splits, value
    if num_or_size_splits is None:
        raise TypeError("split() missing 1 required positional argument: 'num_or_size_splits'")
    where = static_int(axis, "axis")
    splits = convert_to_tensor(num_or_size_splits) if not is_whole(num_or_size_splits) else None
    known: Any = num_or_size_splits if splits is None else constant_value(splits)
    if splits is not None and known is not None and known.ndim == 0:
        splits, known = None, int(known)
    if splits is None:
        if known < 1:
            raise ValueError(f"Cannot split into {known} parts.")
        return as_list(_split_evenly(value, int(known), where, name=name))
    if known is not None:
        return as_list(_split_sizes(value, tuple(int(n) for n in known), where, name=name))
    count = num if num is not None else splits.shape.num_elements()
    if count is None:
        raise ValueError(f"Cannot infer num from shape {num_or_size_splits}")
    return as_list(_split_by(value, splits, int(count), where, name=name))


pack = stack
unpack = unstack
