"""Sums, means, extremes and the like over some or all axes. Symbols: tf.reduce_*, argmax, argmin, count_nonzero."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes, static_int
from recell.ops._kernels import bracketed, invalid, same_memory
from recell.ops.comparison import not_equal
from recell.ops.math_binary import subtract
from recell.ops.math_cast import cast
from recell.ops.math_unary import abs as absolute
from recell.ops.math_unary import sqrt, square
from recell.ops.op import BOOL, FLOATS, INTS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_REAL = FLOATS | INTS
_COMPLEX = frozenset({dtypes.complex64, dtypes.complex128})


def _dims(x: Tensor, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


@op("Sum", shape=rules.reduction, T=NUMBERS)
def _sum(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    if axis is None and not keepdims:
        return torch.sum(x, dtype=x.dtype)
    dims = _dims(x, axis)
    return torch.sum(x, dims, keepdim=keepdims, dtype=x.dtype) if dims else same_memory(x)


@op("Mean", shape=rules.reduction, T=NUMBERS)
def _mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    dims = _dims(x, axis)
    if not dims:
        return same_memory(x)
    if x.is_floating_point() or x.is_complex():
        return torch.mean(x, dims, keepdim=keepdims)
    # TF1 adds integers up in their own type, and divides as integers do.
    count = math.prod(x.shape[d] for d in dims)
    if not count:
        return torch.sum(x, dims, keepdim=keepdims, dtype=x.dtype)
    return torch.div(torch.sum(x, dims, keepdim=keepdims, dtype=x.dtype), count, rounding_mode="trunc").to(x.dtype)


@op("Prod", shape=rules.reduction, T=NUMBERS)
def _prod(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    if axis is None and not keepdims:
        return torch.prod(x, dtype=x.dtype)
    dims = _dims(x, axis)
    if not dims:
        return same_memory(x)
    for dim in sorted((d % x.ndim for d in dims), reverse=True):
        x = torch.prod(x, dim, keepdim=keepdims, dtype=x.dtype)
    return x


def _extreme(x: Tensor, axis: Any, keepdims: bool, reduce: Callable[..., Tensor], of_none: Any) -> Tensor:
    dims = _dims(x, axis)
    if not dims:
        return same_memory(x)
    if x.numel() == 0:
        reduced = {d % x.ndim for d in dims}
        shape = [1 if k in reduced else n for k, n in enumerate(x.shape) if keepdims or k not in reduced]
        return torch.full(shape, of_none, dtype=x.dtype)
    return reduce(x, dims, keepdim=keepdims)


@op("Max", shape=rules.reduction, T=_REAL)
def _max(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    lowest = -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    return _extreme(x, axis, keepdims, torch.amax, lowest)


@op("Min", shape=rules.reduction, T=_REAL)
def _min(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    highest = math.inf if x.is_floating_point() else torch.iinfo(x.dtype).max
    return _extreme(x, axis, keepdims, torch.amin, highest)


@op("All", shape=rules.reduction, types={"x": BOOL}, dtype=BOOL, differentiable=False)
def _all(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return _each(x, axis, keepdims, torch.all)


@op("Any", shape=rules.reduction, types={"x": BOOL}, dtype=BOOL, differentiable=False)
def _any(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return _each(x, axis, keepdims, torch.any)


def _each(x: Tensor, axis: Any, keepdims: bool, reduce: Callable[..., Tensor]) -> Tensor:
    dims = _dims(x, axis)
    for dim in sorted((d % x.ndim for d in dims), reverse=True):
        x = reduce(x, dim, keepdim=keepdims)
    return x if dims else same_memory(x)


@op("LogSumExp", shape=rules.reduction, T=FLOATS)
def _logsumexp(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    dims = _dims(x, axis)
    return torch.logsumexp(x, dims, keepdim=keepdims) if dims else same_memory(x)


def _reduce(builder: Any, symbol: str, what: str, default_name: str | None = None) -> Callable[..., Any]:
    """The public function of one reduction, with the names its arguments had before 1.5."""

    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        axis = renamed("axis", axis, "reduction_indices", reduction_indices)
        keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
        return builder(input_tensor, static_axes(axis), bool(keepdims), name=name or default_name)

    reduce.__name__ = reduce.__qualname__ = symbol
    reduce.__doc__ = (
        f"{what} over `axis` (a number, several, or None for all), which stay with size 1 if `keepdims`.\n\n"
        f"    TF symbol: `tf.{symbol}`. ValueError for an axis that the tensor does not have.\n    "
    )
    return reduce


reduce_sum = _reduce(_sum, "reduce_sum", "The sum")
reduce_mean = _reduce(_mean, "reduce_mean", "The mean")
reduce_prod = _reduce(_prod, "reduce_prod", "The product")
reduce_max = _reduce(_max, "reduce_max", "The largest value; equal ones share its gradient,")
reduce_min = _reduce(_min, "reduce_min", "The smallest value; equal ones share its gradient,")
reduce_all = _reduce(_all, "reduce_all", "Whether all are true")
reduce_any = _reduce(_any, "reduce_any", "Whether any is true")
reduce_logsumexp = _reduce(
    _logsumexp, "reduce_logsumexp", "`log(sum(exp(x)))` without overflow", default_name="ReduceLogSumExp"
)


def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """The mean squared distance from the mean. TF symbol: `tf.math.reduce_variance`. TypeError for integers."""
    with name_scope(name, "reduce_variance", [input_tensor]):
        means = reduce_mean(input_tensor, axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError("Input must be either real or complex")
        return reduce_mean(square(absolute(subtract(input_tensor, means))), axis, keepdims=keepdims)


def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """The root of `reduce_variance`. TF symbol: `tf.math.reduce_std`."""
    with name_scope(name, "reduce_std", [input_tensor]):
        return sqrt(reduce_variance(input_tensor, axis, keepdims))


def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """The root of the sum of squares. TF symbol: `tf.math.reduce_euclidean_norm`."""
    return _euclidean_norm(input_tensor, static_axes(axis), bool(keepdims), name=name)


@op("EuclideanNorm", shape=rules.reduction, T=FLOATS | _COMPLEX)
def _euclidean_norm(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    dims = _dims(x, axis)
    return torch.sqrt(torch.sum(x * x.conj(), dims, keepdim=keepdims)) if dims else torch.abs(x)


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Any:
    """How many elements are not zero (or empty, of strings). TF symbol: `tf.count_nonzero`."""
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    input_tensor = renamed("input", input_tensor, "input_tensor", input)
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = convert_to_tensor(input_tensor, name="input_tensor")
        zero = "" if x.dtype.base_dtype is dtypes.string else False if x.dtype.is_bool else 0
        differs = not_equal(x, convert_to_tensor(zero, x.dtype.base_dtype, name="zeros"))
        return cast(reduce_sum(cast(differs, dtypes.int64), axis, keepdims), dtype)


# -- where the extremes are ---------------------------------------------------------------------------------------


def _arg_shape(i: Inference) -> TensorShape:
    dims, axis = i.shape(0).tuple, i["axis"]
    if dims is None:
        return TensorShape(None)
    if not dims:
        return TensorShape.of(())
    if not -len(dims) <= axis < len(dims):
        raise i.mismatch(
            f"Dimension ({axis}) must be in the range [{-len(dims)}, {len(dims)}), where {len(dims)} is the number of "
            "dimensions in the input."
        )
    return TensorShape.of(tuple(d for k, d in enumerate(dims) if k != axis % len(dims)))


def _position(x: Tensor, axis: int, output_type: Any, find: Callable[..., Tensor]) -> Tensor:
    if x.ndim and x.shape[axis] == 0:
        raise invalid(f"Reduction axis {axis} is empty in shape {bracketed(x)}")
    if x.dtype == torch.bool:
        x = x.to(torch.uint8)
    found = find(x, axis) if x.ndim else torch.zeros((), dtype=torch.int64)
    return found if output_type is dtypes.int64 else found.to(torch.int32)


@op("ArgMax", shape=_arg_shape, dtype="output_type", T=NUMBERS | {dtypes.bool}, differentiable=False)
def _argmax(x: Tensor, axis: int, output_type: Any = dtypes.int64) -> Tensor:
    return _position(x, axis, output_type, torch.argmax)


@op("ArgMin", shape=_arg_shape, dtype="output_type", T=NUMBERS | {dtypes.bool}, differentiable=False)
def _argmin(x: Tensor, axis: int, output_type: Any = dtypes.int64) -> Tensor:
    return _position(x, axis, output_type, torch.argmin)


def _as_axis(axis: Any, dimension: Any) -> int:
    axis = renamed("axis", axis, "dimension", dimension)
    return 0 if axis is None else static_int(axis, "axis")


def argmax(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = dtypes.int64
) -> Any:
    """The index of the largest value along `axis` (0 unless given), the first of equal ones. TF symbol: `tf.argmax`.

    The result has `input`'s shape without that axis. ValueError for an axis that the tensor does not have.
    """
    return _argmax(input, _as_axis(axis, dimension), as_dtype(output_type), name=name)


def argmin(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = dtypes.int64
) -> Any:
    """The index of the smallest value along `axis`, as `argmax`. TF symbol: `tf.argmin`."""
    return _argmin(input, _as_axis(axis, dimension), as_dtype(output_type), name=name)


arg_max = argmax
arg_min = argmin
