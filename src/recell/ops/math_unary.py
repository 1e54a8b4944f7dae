"""Functions of one tensor, element by element.

Symbols: tf.exp, log, sqrt, tanh, sigmoid, sin, abs, sign, round, floor, erf, is_nan and the rest; `inv` and `neg` as
releases before 1.0 called them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.ops import rules
from recell.ops._composites import unwrapped
from recell.ops.op import BOOL, FLOATS, INTS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from recell.ops import _pole_gradients as poles
else:
    torch = lazy_module("torch")
    poles = lazy_module("recell.ops._pole_gradients")

_COMPLEX = frozenset({dtypes.complex64, dtypes.complex128})
_REAL = FLOATS | INTS
_FIELD = FLOATS | _COMPLEX
_SIGNED = FLOATS | _COMPLEX | {dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64}


def _recorded(x: Tensor) -> bool:
    return torch.is_grad_enabled() and x.requires_grad


def _abs_dtype(i: Any) -> Any:
    return i.dtype(0).real_dtype


@op("Abs", shape=rules.unchanged, dtype=_abs_dtype, T=_SIGNED)
def _abs(x: Tensor) -> Tensor:
    return torch.abs(x)


def abs(x: Any, name: str | None = None) -> Any:
    """The absolute value; of complex numbers the modulus, which is real. TF symbol: `tf.abs`."""
    elements, rewrap = unwrapped(x)
    return rewrap(_abs(elements, name=name))


@op("Neg", shape=rules.unchanged, T=_SIGNED)
def negative(x: Tensor) -> Tensor:
    """`-x`. TF symbols: `tf.negative`, `tf.neg`."""
    return torch.neg(x)


@op("Sign", shape=rules.unchanged, T=_SIGNED)
def sign(x: Tensor) -> Tensor:
    """-1, 0 or 1; `x / |x|` of complex numbers. Its gradient is 0. TF symbol: `tf.sign`."""
    return torch.sgn(x) if x.is_complex() else torch.sign(x)


@op("Square", shape=rules.unchanged, T=NUMBERS)
def square(x: Tensor) -> Tensor:
    """`x * x`. TF symbol: `tf.square`."""
    return torch.square(x)


@op("Sqrt", shape=rules.unchanged, T=_FIELD)
def sqrt(x: Tensor) -> Tensor:
    """The square root. TF symbol: `tf.sqrt`."""
    return poles.Sqrt.apply(x) if _recorded(x) else torch.sqrt(x)


@op("Rsqrt", shape=rules.unchanged, T=_FIELD)
def rsqrt(x: Tensor) -> Tensor:
    """One over the square root. TF symbol: `tf.rsqrt`."""
    return poles.Rsqrt.apply(x) if _recorded(x) else torch.rsqrt(x)


@op("Reciprocal", shape=rules.unchanged, T=NUMBERS)
def reciprocal(x: Tensor) -> Tensor:
    """`1 / x`, towards zero for integers. TF symbols: `tf.reciprocal`, `tf.inv`."""
    if x.is_floating_point() or x.is_complex():
        return poles.Reciprocal.apply(x) if _recorded(x) else torch.reciprocal(x)
    return torch.div(torch.ones_like(x), x, rounding_mode="trunc")


@op("Exp", shape=rules.unchanged, T=_FIELD)
def exp(x: Tensor) -> Tensor:
    """TF symbol: `tf.exp`."""
    return torch.exp(x)


@op("Expm1", shape=rules.unchanged, T=_FIELD)
def expm1(x: Tensor) -> Tensor:
    """`exp(x) - 1`, exact near 0. TF symbol: `tf.expm1`."""
    return torch.expm1(x)


@op("Log", shape=rules.unchanged, T=_FIELD)
def log(x: Tensor) -> Tensor:
    """The natural logarithm. TF symbol: `tf.log`."""
    return torch.log(x)


@op("Log1p", shape=rules.unchanged, T=_FIELD)
def log1p(x: Tensor) -> Tensor:
    """`log(1 + x)`, exact near 0. TF symbol: `tf.log1p`."""
    return torch.log1p(x)


@op("Tanh", shape=rules.unchanged, T=_FIELD)
def tanh(x: Tensor) -> Tensor:
    """TF symbols: `tf.tanh`, `tf.nn.tanh`."""
    return torch.tanh(x)


@op("Sigmoid", shape=rules.unchanged, T=_FIELD)
def sigmoid(x: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`. TF symbols: `tf.sigmoid`, `tf.nn.sigmoid`."""
    return torch.sigmoid(x)


def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """`log(sigmoid(x))` without overflow. TF symbol: `tf.log_sigmoid`."""
    return _log_sigmoid(x, name=name or "LogSigmoid")


@op("LogSigmoid", shape=rules.unchanged, T=FLOATS)
def _log_sigmoid(x: Tensor) -> Tensor:
    return torch.nn.functional.logsigmoid(x)


@op("Sin", shape=rules.unchanged, T=_FIELD)
def sin(x: Tensor) -> Tensor:
    """TF symbol: `tf.sin`."""
    return torch.sin(x)


@op("Cos", shape=rules.unchanged, T=_FIELD)
def cos(x: Tensor) -> Tensor:
    """TF symbol: `tf.cos`."""
    return torch.cos(x)


@op("Tan", shape=rules.unchanged, T=_FIELD)
def tan(x: Tensor) -> Tensor:
    """TF symbol: `tf.tan`."""
    return torch.tan(x)


@op("Asin", shape=rules.unchanged, T=_FIELD)
def asin(x: Tensor) -> Tensor:
    """TF symbol: `tf.asin`."""
    return torch.asin(x)


@op("Acos", shape=rules.unchanged, T=_FIELD)
def acos(x: Tensor) -> Tensor:
    """TF symbol: `tf.acos`."""
    return torch.acos(x)


@op("Atan", shape=rules.unchanged, T=_FIELD)
def atan(x: Tensor) -> Tensor:
    """TF symbol: `tf.atan`."""
    return torch.atan(x)


@op("Sinh", shape=rules.unchanged, T=_FIELD)
def sinh(x: Tensor) -> Tensor:
    """TF symbol: `tf.sinh`."""
    return torch.sinh(x)


@op("Cosh", shape=rules.unchanged, T=_FIELD)
def cosh(x: Tensor) -> Tensor:
    """TF symbol: `tf.cosh`."""
    return torch.cosh(x)


@op("Asinh", shape=rules.unchanged, T=_FIELD)
def asinh(x: Tensor) -> Tensor:
    """TF symbol: `tf.asinh`."""
    return torch.asinh(x)


@op("Acosh", shape=rules.unchanged, T=_FIELD)
def acosh(x: Tensor) -> Tensor:
    """TF symbol: `tf.acosh`."""
    return torch.acosh(x)


@op("Atanh", shape=rules.unchanged, T=_FIELD)
def atanh(x: Tensor) -> Tensor:
    """TF symbol: `tf.atanh`."""
    return torch.atanh(x)


@op("Erf", shape=rules.unchanged, T=FLOATS)
def erf(x: Tensor) -> Tensor:
    """The error function. TF symbol: `tf.erf`."""
    return torch.erf(x)


@op("Erfc", shape=rules.unchanged, T=FLOATS)
def erfc(x: Tensor) -> Tensor:
    """`1 - erf(x)`, exact where that is small. TF symbol: `tf.erfc`."""
    return torch.erfc(x)


@op("Lgamma", shape=rules.unchanged, T=FLOATS)
def lgamma(x: Tensor) -> Tensor:
    """The logarithm of `|gamma(x)|`. TF symbol: `tf.lgamma`."""
    return torch.lgamma(x)


@op("Digamma", shape=rules.unchanged, T=FLOATS)
def digamma(x: Tensor) -> Tensor:
    """The derivative of `lgamma`. TF symbol: `tf.digamma`."""
    return torch.digamma(x)


@op("Round", shape=rules.unchanged, T=_REAL, differentiable=False, view=True)
def round(x: Tensor) -> Tensor:
    """The nearest whole number, the even one of two that are as near. TF symbol: `tf.round`."""
    return torch.round(x) if x.is_floating_point() else x


@op("Rint", shape=rules.unchanged, T=FLOATS, differentiable=False)
def rint(x: Tensor) -> Tensor:
    """As `round`. TF symbol: `tf.rint`."""
    return torch.round(x)


@op("Floor", shape=rules.unchanged, T=FLOATS, differentiable=False)
def floor(x: Tensor) -> Tensor:
    """TF symbol: `tf.floor`."""
    return torch.floor(x)


@op("Ceil", shape=rules.unchanged, T=FLOATS, differentiable=False)
def ceil(x: Tensor) -> Tensor:
    """TF symbol: `tf.ceil`."""
    return torch.ceil(x)


@op("IsNan", shape=rules.unchanged, dtype=BOOL, T=FLOATS, differentiable=False)
def is_nan(x: Tensor) -> Tensor:
    """TF symbols: `tf.is_nan`, `tf.math.is_nan`."""
    return torch.isnan(x)


@op("IsInf", shape=rules.unchanged, dtype=BOOL, T=FLOATS, differentiable=False)
def is_inf(x: Tensor) -> Tensor:
    """TF symbols: `tf.is_inf`, `tf.math.is_inf`."""
    return torch.isinf(x)


@op("IsFinite", shape=rules.unchanged, dtype=BOOL, T=FLOATS, differentiable=False)
def is_finite(x: Tensor) -> Tensor:
    """TF symbols: `tf.is_finite`, `tf.math.is_finite`."""
    return torch.isfinite(x)


ceiling = ceil
inv = reciprocal
neg = negative
