"""Shapes: asking for them and changing them. Symbols: tf.shape, size, rank, reshape, transpose, expand_dims, ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import constant, convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes, static_int
from recell.ops._kernels import bracketed, invalid, is_strings, sizes
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("Shape", shape=lambda i: [i.shape(0).ndims], dtype="out_type", differentiable=False)
def _shape(input: Tensor, out_type: Any = dtypes.int32) -> Tensor:
    return torch.tensor(input.shape, dtype=torch_dtype(out_type))


@op("Size", shape=rules.scalar, dtype="out_type", differentiable=False)
def _size(input: Tensor, out_type: Any = dtypes.int32) -> Tensor:
    return torch.tensor(math.prod(input.shape), dtype=torch_dtype(out_type))


@op("Rank", shape=rules.scalar, dtype=dtypes.int32, differentiable=False)
def _rank(input: Tensor) -> Tensor:
    return torch.tensor(input.ndim, dtype=torch.int32)


def _dense_shape(input: Any) -> Any:
    return getattr(input, "dense_shape", None) if hasattr(input, "indices") else None


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Any:
    """The shape of `input`, a vector of `out_type`; a constant where the graph knows it. TF symbol: `tf.shape`."""
    out_type = as_dtype(out_type)
    with name_scope(name, "Shape", [input]) as scope:
        sparse = _dense_shape(input)
        if sparse is not None:
            from recell.ops.math_cast import cast

            return cast(sparse, out_type)
        input = convert_to_tensor(input)
        if input.shape.is_fully_defined():
            return constant(np.array(input.shape.as_list(), out_type.as_numpy_dtype), out_type, name=scope)
        return _shape(input, out_type, name=scope)


def shape_n(input: Sequence[Any], out_type: Any = dtypes.int32, name: str | None = None) -> list[Any]:
    """The shapes of several tensors. TF symbol: `tf.shape_n`."""
    with name_scope(name, "ShapeN", list(input)):
        return [shape(value, out_type=out_type) for value in input]


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Any:
    """How many elements `input` has, a scalar of `out_type`. TF symbol: `tf.size`."""
    out_type = as_dtype(out_type)
    with name_scope(name, "Size", [input]) as scope:
        sparse = _dense_shape(input)
        if sparse is not None:
            from recell.ops.math_cast import cast
            from recell.ops.reductions import reduce_prod

            return reduce_prod(cast(sparse, out_type), 0, name=scope)
        input = convert_to_tensor(input)
        count = input.shape.num_elements()
        if count is not None:
            return constant(np.array(count, out_type.as_numpy_dtype), out_type, name=scope)
        return _size(input, out_type, name=scope)


def rank(input: Any, name: str | None = None) -> Any:
    """How many axes `input` has, int32. TF symbol: `tf.rank`."""
    with name_scope(name, "Rank", [input]) as scope:
        sparse = _dense_shape(input)
        if sparse is not None:
            return size(sparse, name=scope)
        input = convert_to_tensor(input)
        known = input.shape.ndims
        return _rank(input, name=scope) if known is None else constant(known, dtypes.int32, name=scope)


def _reshaped(i: Inference) -> TensorShape:
    given, wanted = i.shape("tensor"), i.value_as_shape("shape")
    dims = wanted.tuple
    if dims is None:
        return wanted
    unknown = [k for k, d in enumerate(dims) if d is None]
    known = math.prod(d for d in dims if d is not None)
    count = given.num_elements()
    if count is not None and not unknown and count != known:
        raise _cannot_reshape(
            i, f"Cannot reshape a tensor with {count} elements to shape {brackets(wanted)} ({known} elements)"
        )
    if count is None and not unknown:
        _check_divisible(i, given, known)
    if len(unknown) != 1:
        return wanted
    filled = _missing_size(i, given, count, known)
    return wanted if filled is None else TensorShape.of((*dims[: unknown[0]], filled, *dims[unknown[0] + 1 :]))


def _cannot_reshape(i: Inference, message: str) -> ValueError:
    """A ValueError that says what is known of the wanted shape too, as TF1's does."""
    known = brackets(i.value_as_shape("shape"))
    said = str(i.mismatch(message)).removesuffix(".")
    return ValueError(f"{said} and with input tensors computed as partial shapes: input[1] = {known}.")


def _check_divisible(i: Inference, given: TensorShape, wanted: int) -> None:
    """ValueError when no unknown size makes the elements as many as are wanted."""
    known = math.prod(d for d in given.tuple or () if d is not None)
    if known and wanted % known:
        raise _cannot_reshape(i, f"Dimension size must be evenly divisible by {known} but is {wanted}")


def _missing_size(i: Inference, given: TensorShape, count: int | None, known: int) -> int | None:
    if count is not None:
        if known == 0:
            return None
        if count % known:
            raise _cannot_reshape(i, f"Dimension size must be evenly divisible by {known} but is {count}")
        return count // known
    return None


@op("Reshape", shape=_reshaped, types={"shape": INDEX}, view=True)
def reshape(tensor: Tensor, shape: Tensor) -> Tensor:
    """`tensor` with another shape; one size may be -1, for what is left. TF symbol: `tf.reshape`.

    ValueError while building, or InvalidArgumentError while running, when the numbers of elements differ.
    """
    wanted = sizes(shape)
    try:
        return tensor.reshape(wanted)
    except (RuntimeError, ValueError) as error:
        raise invalid(_why_not(tensor, wanted)) from error


def _why_not(tensor: Tensor, wanted: tuple[int, ...]) -> str:
    count = math.prod(tensor.shape)
    if wanted.count(-1) > 1:
        return f"Only one input size may be -1, not both {wanted.index(-1)} and {len(wanted) - 1}"
    known = math.prod(n for n in wanted if n != -1)
    if -1 in wanted and known == 0:
        return (
            "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are "
            "non-zero"
        )
    if -1 in wanted:
        return (
            f"Input to reshape is a tensor with {count} values, but the requested shape requires a multiple of {known}"
        )
    return f"Input to reshape is a tensor with {count} values, but the requested shape has {known}"


def _transposed(i: Inference) -> TensorShape:
    dims, perm = i.shape(0).tuple, i["perm"]
    if perm is None:
        return TensorShape.of(None if dims is None else dims[::-1])
    if dims is None:
        return TensorShape.of((None,) * len(perm))
    if len(perm) != len(dims):
        raise i.mismatch(f"Dimension must be {len(dims)} but is {len(perm)}")
    for axis in perm:
        if not -len(dims) <= axis < len(dims):
            raise i.mismatch(f"perm dim {axis} is out of range of input rank {len(dims)}")
    if len({axis % len(dims) for axis in perm}) != len(dims):
        raise i.mismatch(f"perm {list(perm)} is not a permutation")
    return TensorShape.of(tuple(dims[axis] for axis in perm))


def _permuted(x: Any, perm: Any) -> Any:
    if perm is None:
        perm = range(x.ndim)[::-1]
    return x.transpose(tuple(perm)) if is_strings(x) else x.permute(tuple(perm))


@op("Transpose", shape=_transposed, view=True)
def _transpose(x: Tensor, perm: Any = None) -> Tensor:
    return _permuted(x, perm)


def _transposed_by(i: Inference) -> TensorShape:
    rank = i.shape(0).ndims if i.shape(0).ndims is not None else i.shape(1)[0].value
    return TensorShape.of(None if rank is None else (None,) * rank)


@op("TransposeBy", shape=_transposed_by, types={"perm": INDEX}, view=True)
def _transpose_by(x: Tensor, perm: Tensor) -> Tensor:
    return _permuted(x, sizes(perm))


@op("Conj", shape=rules.unchanged, view=True)
def _conjugated(x: Tensor) -> Tensor:
    return torch.conj_physical(x) if x.is_complex() else x


def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Any:
    """The axes in the order `perm`, or reversed. TF symbol: `tf.transpose`. ValueError for no permutation.

    `perm` may be a tensor that only a run tells; then only the rank of the result is known.
    """
    with name_scope(name, "transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        if conjugate and a.dtype.is_complex:
            a = _conjugated(a)
        if perm is None:
            return _transpose(a, None, name=scope)
        perm = convert_to_tensor(perm, name="perm")
        known = constant_value(perm)
        if known is None:
            return _transpose_by(a, perm, name=scope)
        return _transpose(a, tuple(int(p) for p in known.ravel()), name=scope)


def _expanded(i: Inference) -> TensorShape:
    dims, axis = i.shape(0).tuple, i["axis"]
    if dims is None:
        return TensorShape(None)
    if not -len(dims) - 1 <= axis <= len(dims):
        raise i.mismatch(f"dim {axis} not in the interval [{-len(dims) - 1}, {len(dims)}].")
    axis %= len(dims) + 1
    return TensorShape.of((*dims[:axis], 1, *dims[axis:]))


@op("ExpandDims", shape=_expanded, view=True)
def _expand_dims(input: Tensor, axis: int) -> Tensor:
    expanded: Any = np.expand_dims(input, axis) if is_strings(input) else input.unsqueeze(axis)
    return expanded


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """`input` with an axis of size 1 put in at `axis`. TF symbol: `tf.expand_dims`.

    ValueError when no axis is given or it is out of range.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return _expand_dims(input, static_int(axis, "axis"), name=name)


def _squeezed(i: Inference) -> TensorShape:
    dims, axes = i.shape(0).tuple, i["axis"]
    if dims is None:
        return TensorShape(None)
    if not axes:
        return TensorShape.of(None if None in dims else tuple(d for d in dims if d != 1))
    chosen = set()
    for axis in axes:
        if not -len(dims) <= axis < len(dims):
            raise i.mismatch(f"Tried to squeeze dim index {axis} for tensor with {len(dims)} dimensions.")
        chosen.add(axis % len(dims))
        if dims[axis] not in (None, 1):
            raise i.mismatch(f"Can not squeeze dim[{axis % len(dims)}], expected a dimension of 1, got {dims[axis]}")
    return TensorShape.of(tuple(d for k, d in enumerate(dims) if k not in chosen))


@op("Squeeze", shape=_squeezed, view=True)
def _squeeze(input: Tensor, axis: Any = ()) -> Tensor:
    for k in axis:
        if input.shape[k] != 1:
            raise invalid(f"Can not squeeze dim[{k % input.ndim}], expected a dimension of 1, got {input.shape[k]}")
    if is_strings(input):
        return input.squeeze(tuple(axis) or None)  # type: ignore[arg-type]
    return input.squeeze(tuple(axis)) if axis else input.squeeze()


def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Any:
    """`input` without its axes of size 1, or without those of `axis`. TF symbol: `tf.squeeze`.

    ValueError (InvalidArgumentError while running) when one of `axis` has another size.
    """
    axes = static_axes(renamed("axis", axis, "squeeze_dims", squeeze_dims), "axis")
    axes = () if axes is None else (axes,) if isinstance(axes, int) else axes
    return _squeeze(input, axes, name=name)


@op("BroadcastTo", shape=rules.from_value("shape"), types={"shape": INDEX}, view=True)
def broadcast_to(input: Tensor, shape: Tensor) -> Tensor:
    """`input` repeated along new axes and those of size 1. TF symbol: `tf.broadcast_to`."""
    wanted = sizes(shape)
    try:
        spread: Any = np.broadcast_to(input, wanted) if is_strings(input) else input.broadcast_to(wanted)
        return spread
    except (RuntimeError, ValueError) as error:
        raise invalid(f"Incompatible shapes: {bracketed(input)} vs. {list(wanted)}") from error


@op(
    "BroadcastArgs",
    shape=lambda i: [_longest(i)],
    T=INDEX,
    differentiable=False,
)
def broadcast_dynamic_shape(shape_x: Tensor, shape_y: Tensor) -> Tensor:
    """The shape that two shapes broadcast to. TF symbol: `tf.broadcast_dynamic_shape`."""
    try:
        return torch.tensor(np.broadcast_shapes(sizes(shape_x), sizes(shape_y)), dtype=shape_x.dtype)
    except ValueError as error:
        raise invalid(f"Incompatible shapes: {list(sizes(shape_x))} vs. {list(sizes(shape_y))}") from error


def _longest(i: Inference) -> int | None:
    x, y = i.shape(0)[0].value, i.shape(1)[0].value
    return None if x is None or y is None else max(x, y)
