"""Losses with contrib's order of arguments: predictions first. TF symbols: `tf.contrib.losses.*`, `slim.losses.*`.

Each is the loss of the same name in `tf.losses`, reduced to the mean over the elements whose weight is not 0, and added
to the collection `losses`. `weights` is a number, or has a value for each element of the first axes: `[batch]` weighs
rows of losses of any rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.layers import losses
from recell.layers.losses import add_loss, get_losses, get_regularization_losses
from recell.ops._attributes import renamed
from recell.ops.array_join import concat
from recell.ops.array_make import ones_like
from recell.ops.array_shape import expand_dims, reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.math_binary import subtract
from recell.ops.math_cast import cast
from recell.ops.math_unary import square
from recell.ops.nn_activations import relu
from recell.ops.reductions import reduce_mean, reduce_sum


def _spread(weights: Any, rank: int | None) -> Any:
    """Weights with axes of size 1 behind their own, up to `rank`. ValueError for none or ones of unknown rank."""
    if weights is None:
        raise ValueError("`weights` cannot be None")
    weights = convert_to_tensor(weights)
    if weights.shape.ndims is None:
        raise ValueError(f"weights.get_shape().ndims cannot be None, but '{weights.name}' has no known rank.")
    for _ in range(weights.shape.ndims, rank or 0):
        if weights.shape.ndims:
            weights = expand_dims(weights, -1)
    return weights


def _rank(value: Any, less: int = 0) -> int | None:
    rank: int | None = convert_to_tensor(value).shape.ndims
    return None if rank is None else rank - less


def _swapped(loss: Callable[..., Any]) -> Callable[..., Any]:
    def call(predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None) -> Any:
        return loss(labels, predictions, _spread(weights, _rank(predictions)), scope)

    name = loss.__name__
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`tf.losses.{name}` of `(predictions, labels)`. TF symbol: `tf.contrib.losses.{name}`."
    return call


absolute_difference = _swapped(losses.absolute_difference)
mean_squared_error = _swapped(losses.mean_squared_error)


def mean_pairwise_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Any:
    """The sum over rows of the mean squared error between differences of pairs of a row's elements.

    TF symbol: `tf.contrib.losses.mean_pairwise_squared_error`. A pair of an element with itself counts, unlike in
    `tf.losses`. ValueError for weights that are no scalar and not `[batch]`.
    """
    with name_scope(scope, "mean_pairwise_squared_error", [predictions, labels]):
        predictions = cast(convert_to_tensor(predictions), dtypes.float32)
        labels = cast(convert_to_tensor(labels), dtypes.float32)
        predictions.shape.assert_is_compatible_with(labels.shape)
        weights = cast(_spread(weights, None), dtypes.float32)
        if weights.shape.ndims > 1:
            raise ValueError(f"weights must be a scalar or [batch], but '{weights.name}' is {weights.shape}.")
        rows = reshape(subtract(predictions, labels), concat([shape_of(predictions)[:1], [-1]], 0))
        pairs = 2.0 * reduce_mean(square(rows), axis=1) - 2.0 * square(reduce_mean(rows, axis=1))
        loss = reduce_sum(pairs * weights, name="value_2")
        add_loss(loss)
        return loss


def log_loss(
    predictions: Any, labels: Any = None, weights: Any = 1.0, epsilon: float = 1e-7, scope: str | None = None
) -> Any:
    """`tf.losses.log_loss` of `(predictions, labels)`. TF symbol: `tf.contrib.losses.log_loss`."""
    return losses.log_loss(labels, predictions, _spread(weights, _rank(predictions)), epsilon, scope)


def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    dim: int | None = None,
) -> Any:
    """`tf.losses.cosine_distance` of `(predictions, labels)`. TF symbol: `tf.contrib.losses.cosine_distance`."""
    axis = renamed("axis", axis, "dim", dim)
    return losses.cosine_distance(labels, predictions, axis, _spread(weights, _rank(predictions)), scope)


def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Any:
    """The hinge loss of each element, in no collection. TF symbol: `tf.contrib.losses.hinge_loss`.

    ValueError when the shapes differ.
    """
    with name_scope(scope, "hinge_loss", [logits, labels]):
        logits = convert_to_tensor(logits)
        labels = cast(convert_to_tensor(labels), logits.dtype.base_dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        signs = subtract(2 * labels, ones_like(labels))
        return relu(subtract(ones_like(labels), signs * logits), name="Relu")


def sigmoid_cross_entropy(
    logits: Any, multi_class_labels: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: str | None = None
) -> Any:
    """`tf.losses.sigmoid_cross_entropy` of `(logits, labels)`. TF: `tf.contrib.losses.sigmoid_cross_entropy`."""
    weights = _spread(weights, _rank(logits))
    return losses.sigmoid_cross_entropy(multi_class_labels, logits, weights, label_smoothing, scope)


def softmax_cross_entropy(
    logits: Any, onehot_labels: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: str | None = None
) -> Any:
    """`tf.losses.softmax_cross_entropy` of `(logits, labels)`. TF: `tf.contrib.losses.softmax_cross_entropy`."""
    weights = _spread(weights, _rank(logits, 1))
    return losses.softmax_cross_entropy(onehot_labels, logits, weights, label_smoothing, scope)


def sparse_softmax_cross_entropy(logits: Any, labels: Any, weights: Any = 1.0, scope: str | None = None) -> Any:
    """`tf.losses.sparse_softmax_cross_entropy` of `(logits, labels)`.

    TF symbol: `tf.contrib.losses.sparse_softmax_cross_entropy`.
    """
    return losses.sparse_softmax_cross_entropy(labels, logits, _spread(weights, _rank(logits, 1)), scope)


def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Any:
    """The mean of losses of a weight that is not 0, weighed. TF symbol: `tf.contrib.losses.compute_weighted_loss`."""
    return _weighted(losses, _spread(weights, _rank(losses)), scope)


_weighted = losses.compute_weighted_loss


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Any:
    """The sum of all losses. TF symbol: `tf.contrib.losses.get_total_loss`. ValueError when there are none."""
    return losses.get_total_loss(add_regularization_losses, name)


__all__ = [
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]
