"""Arithmetic of two tensors that broadcast together, and the sum of many.

Symbols: tf.add, subtract, multiply, divide and its kin, floordiv, floormod, pow, maximum, minimum, squared_difference,
atan2, add_n, accumulate_n; `sub`, `mul` and `neg` as releases before 1.0 called them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops import rules
from recell.ops._differences import all_equal
from recell.ops._kernels import as_strings, broadcasting, invalid, is_strings
from recell.ops.math_cast import cast
from recell.ops.op import FLOATS, INTS, NUMBERS, op
from recell.ops.state import identity

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_REAL = FLOATS | INTS
_COMPLEX = frozenset({dtypes.complex64, dtypes.complex128})
# `/` of two integers is a division of floats, wide enough for the integers that come.
_TRUEDIV = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.bfloat16: None,
    dtypes.float16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}


@op("Add", shape=rules.broadcast, T=NUMBERS | {dtypes.string})
@broadcasting
def add(x: Tensor, y: Tensor) -> Tensor:
    """`x + y`; strings are joined. TF symbol: `tf.add`."""
    return as_strings(x + y) if is_strings(x) else torch.add(x, y)


@op("Sub", shape=rules.broadcast, T=NUMBERS)
@broadcasting
def subtract(x: Tensor, y: Tensor) -> Tensor:
    """`x - y`. TF symbol: `tf.subtract`."""
    return torch.sub(x, y)


@op("Mul", shape=rules.broadcast, T=NUMBERS)
@broadcasting
def multiply(x: Tensor, y: Tensor) -> Tensor:
    """`x * y`. TF symbol: `tf.multiply`."""
    return torch.mul(x, y)


@op("RealDiv", shape=rules.broadcast, T=FLOATS | _COMPLEX)
@broadcasting
def realdiv(x: Tensor, y: Tensor) -> Tensor:
    """`x / y` of numbers that are not integers. TF symbol: `tf.realdiv`."""
    return torch.div(x, y)


def _integer_division(x: Tensor, y: Tensor, mode: str) -> Tensor:
    if not (y.is_floating_point() or y.is_complex()) and not torch.all(y):
        raise invalid("Integer division by zero")
    return torch.div(x, y, rounding_mode=mode)


@op("FloorDiv", shape=rules.broadcast, T=_REAL, differentiable=False)
@broadcasting
def _floordiv(x: Tensor, y: Tensor) -> Tensor:
    return _integer_division(x, y, "floor")


@op("TruncateDiv", shape=rules.broadcast, T=_REAL, differentiable=False)
@broadcasting
def truncatediv(x: Tensor, y: Tensor) -> Tensor:
    """`x / y` rounded towards zero. TF symbol: `tf.truncatediv`."""
    return _integer_division(x, y, "trunc")


@op("FloorMod", shape=rules.broadcast, T=_REAL)
@broadcasting
def floormod(x: Tensor, y: Tensor) -> Tensor:
    """The remainder with the divisor's sign, as Python's `%`. TF symbols: `tf.floormod`, `tf.mod`."""
    if not y.is_floating_point() and not torch.all(y):
        raise invalid("Integer division by zero")
    return torch.remainder(x, y)


mod = floormod


@op("TruncateMod", shape=rules.broadcast, T=_REAL)
@broadcasting
def truncatemod(x: Tensor, y: Tensor) -> Tensor:
    """The remainder with the dividend's sign, as C's `%`. TF symbol: `tf.truncatemod`."""
    if not y.is_floating_point() and not torch.all(y):
        raise invalid("Integer division by zero")
    return torch.fmod(x, y)


@op("DivNoNan", shape=rules.broadcast, T=FLOATS | _COMPLEX)
@broadcasting
def _div_no_nan(x: Tensor, y: Tensor) -> Tensor:
    # Both branches are computed, so the one not taken must be finite for its gradient to vanish.
    zero = y == 0
    return torch.where(zero, torch.zeros((), dtype=x.dtype), x / torch.where(zero, torch.ones_like(y), y))


@op("Pow", shape=rules.broadcast, T=NUMBERS)
@broadcasting
def pow(x: Tensor, y: Tensor) -> Tensor:
    """`x` to the power `y`. The gradient by `y` is 0 where `x` is not positive, as TF1's. TF symbol: `tf.pow`."""
    if not y.requires_grad or x.is_complex():
        return torch.pow(x, y)
    positive = x > 0
    one = torch.ones((), dtype=x.dtype)
    return torch.where(
        positive,
        torch.pow(torch.where(positive, x, one), y),
        torch.pow(torch.where(positive, one, x), y.detach()),
    )


@op("Maximum", shape=rules.broadcast, T=_REAL)
@broadcasting
def maximum(x: Tensor, y: Tensor) -> Tensor:
    """The larger of the two; of equal ones `x` gets the gradient. TF symbol: `tf.maximum`."""
    if x.requires_grad or y.requires_grad:
        return torch.where(x < y, y, x)
    return torch.maximum(x, y)


@op("Minimum", shape=rules.broadcast, T=_REAL)
@broadcasting
def minimum(x: Tensor, y: Tensor) -> Tensor:
    """The smaller of the two; of equal ones `x` gets the gradient. TF symbol: `tf.minimum`."""
    if x.requires_grad or y.requires_grad:
        return torch.where(y < x, y, x)
    return torch.minimum(x, y)


@op("SquaredDifference", shape=rules.broadcast, T=NUMBERS)
@broadcasting
def squared_difference(x: Tensor, y: Tensor) -> Tensor:
    """`(x - y)` squared. TF symbol: `tf.squared_difference`."""
    return torch.square(x - y)


@op("Atan2", shape=rules.broadcast, T=FLOATS)
@broadcasting
def atan2(y: Tensor, x: Tensor) -> Tensor:
    """The angle of the point `(x, y)`. TF symbol: `tf.atan2`."""
    return torch.atan2(y, x)


@op("Xdivy", shape=rules.broadcast, T=FLOATS | _COMPLEX)
@broadcasting
def xdivy(x: Tensor, y: Tensor) -> Tensor:
    """`x / y`, 0 where `x` is 0. TF symbol: `tf.math.xdivy`."""
    return _zero_where_x_is(x, y, torch.div)


@op("Xlogy", shape=rules.broadcast, T=FLOATS | _COMPLEX)
@broadcasting
def xlogy(x: Tensor, y: Tensor) -> Tensor:
    """`x * log(y)`, 0 where `x` is 0. TF symbol: `tf.math.xlogy`."""
    return _zero_where_x_is(x, y, lambda a, b: a * torch.log(b))


def _zero_where_x_is(x: Tensor, y: Tensor, compute: Any) -> Tensor:
    zero = x == 0
    result: Tensor = torch.where(
        zero, torch.zeros((), dtype=x.dtype), compute(x, torch.where(zero, torch.ones_like(y), y))
    )
    return result


def _pair(x: Any, y: Any) -> tuple[Any, Any]:
    """Both as tensors, a Python value taking the type of the tensor beside it."""
    if not _has_dtype(x) and _has_dtype(y):
        y = convert_to_tensor(y, name="y")
        return convert_to_tensor(x, y.dtype.base_dtype, name="x"), y
    x = convert_to_tensor(x, name="x")
    return x, convert_to_tensor(y, None if _has_dtype(y) else x.dtype.base_dtype, name="y")


def _has_dtype(value: Any) -> bool:
    return isinstance(value, GraphTensor) or hasattr(value, "_as_tensor")


def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Division as Python 3's `/`: integers become float32 (8 and 16 bits) or float64. TF symbol: `tf.truediv`.

    Raises TypeError for two types, or for one that cannot be divided.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x, y = _pair(x, y)
        x_dtype, y_dtype = x.dtype.base_dtype, y.dtype.base_dtype
        if x_dtype is not y_dtype:
            raise TypeError(f"x and y must have the same dtype, got {x_dtype!r} != {y_dtype!r}")
        if x_dtype not in _TRUEDIV:
            raise TypeError(f"Invalid dtype {x_dtype!r} in __truediv__ of {x}.")
        wide = _TRUEDIV[x_dtype]
        if wide is not None:
            x, y = cast(x, wide), cast(y, wide)
        return realdiv(x, y, name=scope)


def div(x: Any, y: Any, name: str | None = None) -> Any:
    """Division as Python 2's `/`: of integers rounded down. TF symbol: `tf.div`. TypeError for two types."""
    with name_scope(name, "div", [x, y]) as scope:
        x, y = _pair(x, y)
        x_dtype, y_dtype = x.dtype.base_dtype, y.dtype.base_dtype
        if x_dtype is not y_dtype:
            raise TypeError(f"x and y must have the same dtype, got {x_dtype!r} != {y_dtype!r}")
        return (_floordiv if x_dtype.is_integer else realdiv)(x, y, name=scope)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` as Python 3 divides. TF symbol: `tf.divide`."""
    return truediv(x, y, name)


def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """`x // y`: rounded down. TF symbol: `tf.floordiv`."""
    with name_scope(name, "floordiv", [x, y]) as scope:
        x, y = _pair(x, y)
        return _floordiv(x, y, name=scope)


floor_div = _floordiv


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y`, 0 where `y` is 0. TF symbols: `tf.div_no_nan`, `tf.math.divide_no_nan`."""
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        x, y = _pair(x, y)
        return _div_no_nan(x, y, name=scope)


@op("AddN", shape=all_equal, T=NUMBERS)
def _add_n(inputs: list[Tensor]) -> Tensor:
    return functools.reduce(operator.add, inputs)


def add_n(inputs: Sequence[Any], name: str | None = None) -> Any:
    """The sum of tensors of one shape and type. TF symbol: `tf.add_n`.

    Raises ValueError when `inputs` is no list, is empty, or when the shapes differ.
    """
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape")
    tensors = [convert_to_tensor(value) for value in inputs]
    if len(tensors) == 1:
        return tensors[0] if name is None else identity(tensors[0], name=name)
    return _add_n(tensors, name=name)


@op("AccumulateNV2", shape=all_equal, T=NUMBERS)
def _accumulate_n(inputs: list[Tensor]) -> Tensor:
    return functools.reduce(operator.add, inputs)


def accumulate_n(inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> Any:
    """The sum of tensors of one shape and type. TF symbol: `tf.accumulate_n`. ValueError as `add_n`."""
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape")
    tensors = [convert_to_tensor(value) for value in inputs]
    if tensor_dtype is not None and tensors[0].dtype.base_dtype is not dtypes.as_dtype(tensor_dtype):
        raise TypeError(f"tensor_dtype is {tensor_dtype}, but input is of type {tensors[0].dtype}")
    result = tensors[0] if len(tensors) == 1 and name is None else _accumulate_n(tensors, name=name)
    if shape is not None:
        result.set_shape(shape)
    return result


sub = subtract
mul = multiply
