"""Moments and the normalisations made of them: batch normalisation, fused batch normalisation, local response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import static_axes
from recell.ops._kernels import invalid
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_cast import cast
from recell.ops.math_unary import reciprocal
from recell.ops.op import FLOATS, op
from recell.ops.reductions import reduce_sum

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def as_axes(axes: Any) -> tuple[int, ...]:
    """Axes given as one number, several, or a tensor known while building, as numbers."""
    found = static_axes(axes, "axes")
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _two_reductions(i: Inference) -> list[TensorShape]:
    return [rules.reduction(i)] * 2


@op("Moments", shape=_two_reductions, T=FLOATS)
def _moments(x: Tensor, axis: Any, keepdims: bool = False) -> list[Tensor]:
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    if axis == ():
        return [x.clone(), torch.zeros_like(x)]
    if wide.numel():
        variance, mean = torch.var_mean(wide, axis, correction=0, keepdim=keepdims)
    else:  # of which torch's own function warns
        mean = wide.mean(axis, keepdim=keepdims)
        variance = mean.clone()
    return [mean.to(x.dtype), variance.to(x.dtype)]


def _kept(keep_dims: Any, keepdims: Any) -> bool:
    if keep_dims is not None and keepdims is not None:
        raise ValueError("Cannot specify both 'keepdims' and 'keep_dims'")
    return bool(keepdims if keep_dims is None else keep_dims)


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Any, Any]:
    """Mean and (biased) variance of `x` over `axes`. TF symbol: `tf.nn.moments`.

    `shift` is accepted as TF 1.15 accepts it: it changes nothing. Two tensors of the reduced shape and dtype of `x`.
    """
    with name_scope(name, "moments", [x]):
        x = convert_to_tensor(x, name="x")
        keep = _kept(keep_dims, keepdims)
        mean, variance = _moments(x, as_axes(axes), keep, name="mean" if keep else "Squeeze")
        return mean, variance


@op("WeightedMoments", shape=_two_reductions, T=FLOATS)
def _weighted_moments(x: Tensor, frequency_weights: Tensor, axis: Any, keepdims: bool = False) -> list[Tensor]:
    x, weights = torch.broadcast_tensors(x, frequency_weights)
    total = weights.sum(axis, keepdim=True)
    mean = (weights * x).sum(axis, keepdim=True) / total
    variance = (weights * (x - mean) ** 2).sum(axis, keepdim=True) / total
    if not keepdims:
        mean, variance = mean.squeeze(axis), variance.squeeze(axis)
    return [mean, variance]


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Any, Any]:
    """Mean and variance in which every element counts with its weight. TF symbol: `tf.nn.weighted_moments`."""
    with name_scope(name, "weighted_moments", [x, frequency_weights]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        if weights.dtype.base_dtype is not x.dtype.base_dtype:
            weights = cast(weights, x.dtype.base_dtype)
        mean, variance = _weighted_moments(x, weights, as_axes(axes), _kept(keep_dims, keepdims))
        return mean, variance


def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Any, Any, Any, Any]:
    """Count, sum and sum of squares of `x - shift` over `axes`; `shift`. TF symbol: `tf.nn.sufficient_statistics`."""
    axis, keep = list(as_axes(axes)), _kept(keep_dims, keepdims)
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        counted = [shape_of(x)[a] for a in axis]
        count = convert_to_tensor(1.0, dtype=x.dtype.base_dtype, name="count")
        for size in counted:
            count = count * cast(size, x.dtype.base_dtype)
        if shift is not None:
            shift = convert_to_tensor(shift, dtype=x.dtype.base_dtype, name="shift")
            moved = x - shift
        else:
            moved = x
        sums = reduce_sum(moved, axis, keepdims=keep, name="mean_ss")
        return count, sums, reduce_sum(moved * moved, axis, keepdims=keep, name="var_ss"), shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Mean and variance from what `sufficient_statistics` gives. TF symbol: `tf.nn.normalize_moments`."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = reciprocal(convert_to_tensor(counts))
        shifted = mean_ss * divisor
        mean = shifted if shift is None else shifted + shift
        return mean, variance_ss * divisor - shifted * shifted


@op("BatchNormalization", shape=rules.unchanged, T=FLOATS)
def _batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor | None,
    scale: Tensor | None,
    variance_epsilon: float = 1e-3,
) -> Tensor:
    inverse = torch.rsqrt(variance + variance_epsilon)
    if scale is not None:
        inverse = inverse * scale
    shift = -mean * inverse if offset is None else offset - mean * inverse
    # Not addcmul, which rounds once: in a row of equal elements x and the mean must round alike, or under the tiny
    # epsilon of a layer normalisation their difference, which is zero, becomes one that shows.
    return x * inverse + shift


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
) -> Any:
    """`scale * (x - mean) / sqrt(variance + epsilon) + offset`. TF symbol: `tf.nn.batch_normalization`.

    `offset` and `scale` may be None; all of them broadcast against `x`, whose shape the result has.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        return _batch_normalization(x, mean, variance, offset, scale, float(variance_epsilon), name="add_1")


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: Any = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Any:
    """`batch_normalization` under an older name. TF symbol: `tf.nn.batch_norm_with_global_normalization`."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(
        t if input is None else input,
        m if mean is None else mean,
        v if variance is None else variance,
        beta,
        scale,
        variance_epsilon,
        name,
    )


def _fused_shape(i: Inference) -> list[TensorShape]:
    value = i.shape("x").tuple
    if value is not None and len(value) != 4:
        raise i.mismatch(f"Shape must be rank 4 but is rank {len(value)}")
    channels = None if value is None else value[3 if i["data_format"] == "NHWC" else 1]
    return [TensorShape(None) if value is None else TensorShape.of(value), *[TensorShape.of((channels,))] * 2]


@op("FusedBatchNormV3", shape=_fused_shape, T=FLOATS)
def _fused_batch_norm(
    x: Tensor,
    scale: Tensor,
    offset: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    epsilon: float = 1e-3,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> list[Tensor]:
    axes, spread = ((0, 1, 2), (-1,)) if data_format == "NHWC" else ((0, 2, 3), (-1, 1, 1))
    if is_training:
        used, mean = torch.var_mean(x, axes, correction=0)
        count = x.numel() // max(1, mean.numel())
        # TF1 normalises by the biased variance and reports the unbiased one, for the moving average.
        reported = used * (count / max(1, count - 1))
    elif mean is None or variance is None:
        raise invalid("mean and variance must be given when is_training is False")
    else:
        used = reported = variance
    inverse = torch.rsqrt(used + epsilon) * scale
    y = torch.addcmul((offset - mean * inverse).reshape(spread), x, inverse.reshape(spread))
    return [y, mean.clone(), reported.clone()]


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """Batch normalisation of `[batch, height, width, channels]`. TF symbol: `tf.nn.fused_batch_norm`.

    Returns the normalised tensor and the mean and variance `[channels]`: those of the batch when training (the variance
    with Bessel's correction), otherwise those given. ValueError when training with a mean or a variance given.
    """
    if is_training and (mean is not None or variance is not None):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    epsilon = max(float(epsilon), 1.001e-5)
    x = convert_to_tensor(x, name="input")
    y, m, v = _fused_batch_norm(
        x, scale, offset, mean, variance, epsilon, data_format, bool(is_training), name=name or "FusedBatchNormV3"
    )
    return y, m, v


@op("LRN", shape=rules.unchanged, T=FLOATS)
def _lrn(input: Tensor, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5) -> Tensor:
    padded = torch.nn.functional.pad(input * input, (depth_radius, depth_radius))
    windows = padded.unfold(-1, 2 * depth_radius + 1, 1).sum(-1)
    return input / (bias + alpha * windows) ** beta


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """`input / (bias + alpha * sum of squares of 2 * depth_radius + 1 channels) ** beta`, `[batch, h, w, channels]`.

    TF symbols: `tf.nn.local_response_normalization`, `tf.nn.lrn` (Krizhevsky et al. 2012).
    """
    return _lrn(input, int(depth_radius), float(bias), float(alpha), float(beta), name=name)


__all__ = [
    "batch_norm_with_global_normalization",
    "batch_normalization",
    "fused_batch_norm",
    "local_response_normalization",
    "moments",
    "normalize_moments",
    "sufficient_statistics",
    "weighted_moments",
]
