"""Activation functions: tf.nn.relu and its kin, softmax, log_softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import errors
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import renamed
from recell.ops._kernels import invalid
from recell.ops.array_join import concat
from recell.ops.math_cast import to_float
from recell.ops.math_unary import negative
from recell.ops.op import FLOATS, INTS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_REAL = FLOATS | INTS


@op("Relu", shape=rules.unchanged, T=_REAL)
def relu(features: Tensor) -> Tensor:
    """`max(features, 0)`. TF symbol: `tf.nn.relu`."""
    return torch.relu(features)


@op("Relu6", shape=rules.unchanged, T=_REAL)
def relu6(features: Tensor) -> Tensor:
    """`min(max(features, 0), 6)`. TF symbol: `tf.nn.relu6`."""
    if not features.is_floating_point():
        return features.clamp(0, 6)
    return torch.nn.functional.relu6(features)


@op("Elu", shape=rules.unchanged, T=FLOATS)
def elu(features: Tensor) -> Tensor:
    """`features` where positive, `exp(features) - 1` elsewhere. TF symbol: `tf.nn.elu` (Clevert et al. 2016)."""
    return torch.nn.functional.elu(features)


@op("Selu", shape=rules.unchanged, T=FLOATS)
def selu(features: Tensor) -> Tensor:
    """Scaled exponential linear unit. TF symbol: `tf.nn.selu` (Klambauer et al. 2017)."""
    return torch.selu(features)


@op("LeakyRelu", shape=rules.unchanged, T=FLOATS)
def _leaky_relu(features: Tensor, alpha: float = 0.2) -> Tensor:
    return torch.nn.functional.leaky_relu(features, alpha)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
    """`features` where positive, `alpha * features` elsewhere. TF symbol: `tf.nn.leaky_relu`.

    Integers become float32, and so does a Python list of them. `alpha` is rounded to float32, also in float64.
    """
    features = convert_to_tensor(features, name="features")
    if features.dtype.is_integer:
        features = to_float(features)
    return _leaky_relu(features, float(np.float32(alpha)), name=name)


@op("Softplus", shape=rules.unchanged, T=FLOATS)
def softplus(features: Tensor) -> Tensor:
    """`log(1 + exp(features))`. TF symbol: `tf.nn.softplus`."""
    # torch's softplus cuts off at 20, which shows in float64; log(sigmoid) does not.
    return -torch.nn.functional.logsigmoid(-features)


@op("Softsign", shape=rules.unchanged, T=FLOATS)
def softsign(features: Tensor) -> Tensor:
    """`features / (1 + |features|)`. TF symbol: `tf.nn.softsign`."""
    return torch.nn.functional.softsign(features)


@op("Swish", shape=rules.unchanged, T=FLOATS)
def swish(features: Tensor) -> Tensor:
    """`features * sigmoid(features)`. TF symbol: `tf.nn.swish` (Ramachandran et al. 2017)."""
    return torch.nn.functional.silu(features)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Any:
    """`relu` of `features` and of its negative, joined along `axis`. TF symbol: `tf.nn.crelu` (Shang et al. 2016)."""
    with name_scope(name, "CRelu", [features]):
        features = convert_to_tensor(features, name="features")
        return relu(concat([features, negative(features)], axis))


def _along_axis(i: Inference) -> TensorShape:
    """The first input's shape, when attribute `axis` is one of its axes."""
    shape = i.shape(0)
    axis, rank = i["axis"], shape.ndims
    if rank is None:
        return shape
    if rank == 0:
        raise i.mismatch("Shape must be at least rank 1 but is rank 0")
    if not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Dimension ({axis}) must be in the range [{-rank}, {rank}) where {rank} is the number of dimensions in "
            "the input.",
        )
    return shape


def _check_axis(logits: Tensor, axis: int) -> None:
    rank = logits.ndim
    if not -rank <= axis < rank:
        raise invalid(f"axis {axis} must be in the range [{-rank}, {rank}) of an input with {rank} dimensions")


@op("Softmax", shape=_along_axis, T=FLOATS)
def _softmax(logits: Tensor, axis: int = -1) -> Tensor:
    _check_axis(logits, axis)
    return torch.softmax(logits, axis)


@op("LogSoftmax", shape=_along_axis, T=FLOATS)
def _log_softmax(logits: Tensor, axis: int = -1) -> Tensor:
    _check_axis(logits, axis)
    return torch.log_softmax(logits, axis)


def chosen_axis(axis: Any, old: Any, default: int = -1, old_name: str = "dim") -> int:
    """The one of `axis` and its deprecated name that was given. ValueError for both."""
    axis = renamed("axis", axis, old_name, old)
    return default if axis is None else int(axis)


def softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Any:
    """`exp(logits)` divided by its sum along `axis` (the last one unless given). TF symbol: `tf.nn.softmax`.

    Raises InvalidArgumentError for an axis that `logits` does not have, ValueError for a scalar.
    """
    return _softmax(logits, chosen_axis(axis, dim), name=name)


def log_softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Any:
    """The logarithm of `softmax`, computed without leaving the logarithms. TF symbol: `tf.nn.log_softmax`."""
    return _log_softmax(logits, chosen_axis(axis, dim), name=name)


__all__ = [
    "crelu",
    "elu",
    "leaky_relu",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
]
