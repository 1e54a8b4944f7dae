"""Losses weighed and reduced: what all of tf.losses end with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recell._lazy import lazy_module
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


class Reduction:
    """How losses become one number. TF symbol: `tf.losses.Reduction`."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        return (cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS)

    @classmethod
    def validate(cls, key: str) -> None:
        """Raises ValueError when `key` is no reduction."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


def check_broadcastable(weights: TensorShape, losses: TensorShape) -> None:
    """Raises ValueError when weights of this shape can weigh no losses of that one: only sizes of 1 are repeated."""
    w, v = weights.tuple, losses.tuple
    if w is None or v is None or w == ():
        return
    words = f"weights can not be broadcast to values. values.rank={len(v)}. weights.rank={len(w)}."
    if len(w) != len(v):
        raise ValueError(f"{words} values.shape={losses}. weights.shape={weights}.")
    if any(a not in (1, None) and b is not None and a != b for a, b in zip(w, v, strict=True)):
        raise ValueError(f"{words} values.shape={losses}. weights.shape={weights}.")


def _weigh(losses: Tensor, weights: Tensor) -> Tensor:
    if weights.ndim and (
        weights.ndim != losses.ndim or any(a not in (1, b) for a, b in zip(weights.shape, losses.shape, strict=True))
    ):
        raise invalid(
            "assertion failed: [weights can not be broadcast to values.] "
            f"[weights.shape=] {bracketed(weights)} [values.shape=] {bracketed(losses)}"
        )
    return losses * weights


def _shape(i: Inference) -> TensorShape:
    return i.shape("losses") if i["reduction"] == Reduction.NONE else TensorShape.of(())


@op("WeightedLoss", shape=_shape, T=FLOATS)
def weighted_loss(losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    """The sum of `losses * weights`, divided as `reduction` says; 0 where it would be divided by 0."""
    weighed = _weigh(losses, weights)
    if reduction == Reduction.NONE:
        return weighed
    total = weighed.sum()
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        return _ratio(total, weights.expand_as(losses).sum())
    count = losses.numel()
    if reduction == Reduction.SUM_BY_NONZERO_WEIGHTS and weights.numel():
        count = count // weights.numel() * int(torch.count_nonzero(weights))
    return total / count if count else _ratio(total, total.new_zeros(()))


def _ratio(total: Tensor, count: Tensor) -> Tensor:
    """The quotient, or 0 with a gradient of 0 where the count is 0."""
    present = count != 0
    return torch.where(present, total / torch.where(present, count, torch.ones_like(count)), torch.zeros_like(total))


def _batch_count(values: Tensor, weights: Tensor) -> Tensor:
    """How many elements of each row have a weight that is not zero, with the other axes kept as 1."""
    axes = tuple(range(1, values.ndim))
    present = (weights != 0).expand_as(values).to(values.dtype)
    return present.sum(axes, keepdim=True) if axes else present


@op("MeanPairwiseSquaredError", shape=lambda i: (), T=FLOATS)
def mean_pairwise_squared_error(predictions: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The mean squared error between differences of pairs of elements, each row's by itself, weighed and summed."""
    if weights.ndim not in (0, predictions.ndim):
        weights = weights.reshape(weights.shape + (1,) * (predictions.ndim - weights.ndim))
    difference = predictions - labels
    axes = tuple(range(1, difference.ndim))
    count = _batch_count(difference, weights)

    squares = (difference * difference).sum(axes, keepdim=True)
    sums = difference.sum(axes, keepdim=True)
    pairs = 2 * _ratio(squares, (count - 1).clamp(min=0)) - 2 * _ratio(sums * sums, count * (count - 1))
    total = (pairs * weights).sum()
    return torch.where(count.sum() > 0, total, torch.zeros_like(total))


__all__ = ["Reduction", "check_broadcastable", "mean_pairwise_squared_error", "weighted_loss"]
