"""Complex numbers. Symbols: tf.complex, real, imag, conj, angle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.ops import rules
from recell.ops.array_shape import _conjugated
from recell.ops.op import NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_COMPLEX_OF = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}


def _real_dtype(i: Inference) -> Any:
    return i.dtype(0).real_dtype


@op(
    "Complex",
    shape=rules.broadcast,
    T=frozenset({dtypes.float32, dtypes.float64}),
    dtype=lambda i: _COMPLEX_OF[i.dtype(0)],
)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Numbers with these real and imaginary parts. TF symbol: `tf.complex`. TypeError unless float32 or float64."""
    return torch.complex(*torch.broadcast_tensors(real, imag))


@op("Real", shape=rules.unchanged, T=NUMBERS, dtype=_real_dtype, view=True)
def _real(input: Tensor) -> Tensor:
    return input.real


def real(input: Any, name: str | None = None) -> Any:
    """The real parts; real numbers themselves. TF symbol: `tf.real`."""
    with name_scope(name, "Real", [input] if hasattr(input, "graph") else []) as scope:
        input = convert_to_tensor(input, name="input")
        return _real(input, name=scope) if input.dtype.is_complex else input


@op("Imag", shape=rules.unchanged, T=NUMBERS, dtype=_real_dtype, view=True)
def _imag(input: Tensor) -> Tensor:
    return input.imag


def imag(input: Any, name: str | None = None) -> Any:
    """The imaginary parts; zeros of real numbers. TF symbol: `tf.imag`."""
    from recell.ops.array_make import zeros_like

    with name_scope(name, "Imag", [input] if hasattr(input, "graph") else []) as scope:
        input = convert_to_tensor(input, name="input")
        return _imag(input, name=scope) if input.dtype.is_complex else zeros_like(input)


def conj(x: Any, name: str | None = None) -> Any:
    """The conjugates; real numbers themselves. TF symbol: `tf.conj`. TypeError for what is no number."""
    with name_scope(name, "Conj", [x] if hasattr(x, "graph") else []) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return _conjugated(x, name=scope)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}")


@op("Angle", shape=rules.unchanged, T=NUMBERS, dtype=_real_dtype)
def angle(input: Tensor) -> Tensor:
    """The argument of each number, of real ones 0 or pi. TF symbol: `tf.angle`."""
    return torch.angle(input)
