"""Bias, matrix product plus bias, l2 loss and normalisation, shares of zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import renamed
from recell.ops._kernels import bracketed, invalid
from recell.ops.linalg import matmul
from recell.ops.nn_activations import relu
from recell.ops.op import FLOATS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _bias_add_shape(i: Inference) -> TensorShape:
    value, bias = i.shape("value").tuple, i.shape("bias").tuple
    if bias is not None and len(bias) != 1:
        raise i.mismatch(f"Shape must be rank 1 but is rank {len(bias)}")
    if value is None:
        return TensorShape(None)
    first = i["data_format"] == "NCHW"
    least = 3 if first else 2
    if len(value) < least:
        raise i.mismatch(f"Shape must be at least rank {least} but is rank {len(value)}")
    axis = 1 if first else len(value) - 1
    size = value[axis]
    if bias is None or bias[0] is None:
        return TensorShape.of(value)
    if size is not None and size != bias[0]:
        raise i.mismatch(f"Dimensions must be equal, but are {size} and {bias[0]}")
    return TensorShape.of((*value[:axis], bias[0], *value[axis + 1 :]))


@op("BiasAdd", shape=_bias_add_shape, T=NUMBERS)
def _bias_add(value: Tensor, bias: Tensor, data_format: str = "NHWC") -> Tensor:
    axis = 1 if data_format == "NCHW" else value.ndim - 1
    if bias.ndim != 1 or value.ndim < 2 or value.shape[axis] != bias.shape[0]:
        raise invalid(
            "Must provide as many biases as the last dimension of the input tensor: "
            f"{bracketed(bias)} vs. {bracketed(value)}"
        )
    if data_format == "NCHW":
        bias = bias.reshape((-1,) + (1,) * (value.ndim - 2))
    return torch.add(value, bias)


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """Adds `bias` `[channels]` to every position of `value` `[..., channels]`. TF symbol: `tf.nn.bias_add`.

    With a `data_format` like `NCHW` the channels are the second axis. ValueError when the sizes differ.
    """
    layout = "NHWC"
    if data_format is not None:
        if data_format.startswith("NC"):
            layout = "NCHW"
        elif not (data_format.startswith("N") and data_format.endswith("C")):
            raise ValueError("data_format must be of the form `N...C` or `NC...`")
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype.base_dtype, name="bias")
        return _bias_add(value, bias, layout, name=scope)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """`x @ weights + biases`: `[batch, in] x [in, out] + [out]` -> `[batch, out]`. TF symbol: `tf.nn.xw_plus_b`."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """`relu(x @ weights + biases)`, shapes as `xw_plus_b`. TF symbol: `tf.nn.relu_layer`."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        return relu(bias_add(matmul(x, weights), biases), name=scope)


_STRETCH = 1024


@op("L2Loss", shape=rules.scalar, T=FLOATS)
def l2_loss(t: Tensor) -> Tensor:
    """`sum(t ** 2) / 2`, a scalar. TF symbol: `tf.nn.l2_loss`."""
    flat = t.reshape(-1)
    if t.requires_grad or t.numel() < 2 * _STRETCH:
        return (flat * flat).sum() / 2
    # One running sum over millions of float32 squares is off by 1e-5, enough to show in a training after twenty steps:
    # stretches are summed by themselves, and then together in float64.
    whole = flat.numel() // _STRETCH * _STRETCH
    norms = torch.linalg.vector_norm(flat[:whole].view(-1, _STRETCH), dim=1)
    rest = flat[whole:].double()
    return ((norms.double().square().sum() + rest.square().sum()) / 2).to(t.dtype)


@op("L2Normalize", shape=rules.unchanged, T=FLOATS)
def _l2_normalize(x: Tensor, axis: Any = None, epsilon: float = 1e-12) -> Tensor:
    axes = tuple(range(x.ndim)) if axis is None else axis
    squares = (x * x).sum(axes, keepdim=True) if axes != () else x * x
    return x * torch.rsqrt(squares.clamp(min=epsilon))


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> Any:
    """`x / sqrt(max(sum(x ** 2), epsilon))`, of the shape of `x`. TF symbol: `tf.nn.l2_normalize`.

    The sum goes along `axis`: one number, several, or None for all.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is not None:
        axis = tuple(int(a) for a in axis) if isinstance(axis, (list, tuple)) else (int(axis),)
    with name_scope(name, "l2_normalize", [x]) as scope:
        return _l2_normalize(convert_to_tensor(x, name="x"), axis, float(epsilon), name=scope)


@op("ZeroFraction", shape=rules.scalar, dtype=dtypes.float32, differentiable=False)
def _zero_fraction(value: Tensor) -> Tensor:
    return (value == 0).to(torch.float32).mean()


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The share of zeros in `value`, a float32 scalar; NaN for an empty one. TF symbol: `tf.nn.zero_fraction`."""
    with name_scope(name, "zero_fraction", [value]):
        return _zero_fraction(convert_to_tensor(value, name="value"), name="fraction")


__all__ = ["bias_add", "l2_loss", "l2_normalize", "relu_layer", "xw_plus_b", "zero_fraction"]
