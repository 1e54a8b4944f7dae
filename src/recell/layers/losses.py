"""Losses with weights, reductions and collections. TF symbols: `tf.losses.*`.

Every loss takes `weights` (a number, or a tensor whose shape is that of the losses with some axes 1) and a `reduction`
(see `Reduction`), and adds its result to the graph's collection `loss_collection` (`"losses"`) unless that is None.
"""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collection, get_collection, name_scope
from recell.graph.keys import GraphKeys
from recell.ops._attributes import renamed
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import squeeze
from recell.ops.math_binary import add_n, minimum, squared_difference
from recell.ops.math_cast import cast
from recell.ops.math_unary import abs as absolute
from recell.ops.math_unary import log
from recell.ops.nn_activations import relu
from recell.ops.nn_cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from recell.ops.reductions import reduce_sum
from recell.ops.state import stop_gradient
from recell.ops.weighted_loss import Reduction, check_broadcastable, weighted_loss
from recell.ops.weighted_loss import mean_pairwise_squared_error as _pairwise

_DEFAULT = Reduction.SUM_BY_NONZERO_WEIGHTS
_LOSSES = GraphKeys.LOSSES


def add_loss(loss: Any, loss_collection: str | None = _LOSSES) -> None:
    """Adds a loss of one's own to the collection. TF symbol: `tf.losses.add_loss`."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = _LOSSES) -> list[Any]:
    """The losses in the collection, those whose names match `scope`. TF symbol: `tf.losses.get_losses`."""
    return get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The regularization losses. TF symbol: `tf.losses.get_regularization_losses`."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: str | None = None, name: str = "total_regularization_loss") -> Any:
    """The sum of the regularization losses, a scalar; 0 if there are none. TF: `tf.losses.get_regularization_loss`."""
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else convert_to_tensor(0.0)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None) -> Any:
    """The sum of all losses. TF symbol: `tf.losses.get_total_loss`. ValueError when there are none."""
    losses = get_losses(scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope)
    return add_n(losses, name=name)


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """`losses * weights`, reduced, in the dtype of `losses`. TF symbol: `tf.losses.compute_weighted_loss`.

    Returns a scalar, or with `Reduction.NONE` a tensor like `losses`. ValueError for an unknown reduction and for
    weights that cannot weigh the losses.
    """
    Reduction.validate(reduction)
    with name_scope(scope, "weighted_loss", [losses, weights]):
        losses = convert_to_tensor(losses)
        input_dtype = losses.dtype.base_dtype
        losses = _cast(losses, dtypes.float32)
        weights = _cast(convert_to_tensor(weights), dtypes.float32)
        check_broadcastable(weights.shape, losses.shape)
        named = {Reduction.NONE: "Mul", Reduction.SUM: "Sum"}.get(reduction, "value")
        loss = _cast(weighted_loss(losses, weights, reduction, name=named), input_dtype)
        add_loss(loss, loss_collection)
        return loss


def _cast(value: Any, dtype: Any) -> Any:
    return value if value.dtype.base_dtype is dtype else cast(value, dtype)


def _loss_scope(scope: str | None, default: str, weights: Any, **compared: Any) -> Any:
    """The name scope of a loss that compares two values, given by their parameters' names. ValueError for None."""
    for name, value in compared.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")
    labels, predictions = compared.values()
    return name_scope(scope, default, [predictions, labels, weights])


def _floats(labels: Any, predictions: Any) -> tuple[Any, Any]:
    """Both as float32 tensors. ValueError when their shapes differ."""
    labels, predictions = (_cast(convert_to_tensor(value), dtypes.float32) for value in (labels, predictions))
    predictions.shape.assert_is_compatible_with(labels.shape)
    return labels, predictions


def _like_logits(labels: Any, logits: Any) -> tuple[Any, Any]:
    """Both as tensors, the labels in the dtype of the logits. ValueError when their shapes differ."""
    logits = convert_to_tensor(logits)
    labels = _cast(convert_to_tensor(labels), logits.dtype.base_dtype)
    logits.shape.assert_is_compatible_with(labels.shape)
    return labels, logits


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """`|predictions - labels|`. TF symbol: `tf.losses.absolute_difference`."""
    with _loss_scope(scope, "absolute_difference", weights, labels=labels, predictions=predictions) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = absolute(predictions - labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
    dim: int | None = None,
) -> Any:
    """`1 - sum(labels * predictions)` along `axis`, for unit vectors. TF symbol: `tf.losses.cosine_distance`."""
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    with _loss_scope(scope, "cosine_distance_loss", weights, labels=labels, predictions=predictions) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = 1 - reduce_sum(predictions * labels, axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """`max(0, 1 - (2 * labels - 1) * logits)`, for labels of 0 and 1. TF symbol: `tf.losses.hinge_loss`."""
    with _loss_scope(scope, "hinge_loss", weights, labels=labels, logits=logits) as scope:
        labels, logits = _floats(labels, logits)
        losses = relu(1 - (2 * labels - 1) * logits)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """Half the squared error, linear beyond an error of `delta`. TF symbol: `tf.losses.huber_loss` (Huber 1964)."""
    with _loss_scope(scope, "huber_loss", weights, labels=labels, predictions=predictions) as scope:
        labels, predictions = _floats(labels, predictions)
        error = absolute(predictions - labels)
        quadratic = minimum(error, delta)
        losses = 0.5 * quadratic * quadratic + delta * (error - quadratic)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """The cross entropy of probabilities, `epsilon` added in the logarithms. TF symbol: `tf.losses.log_loss`."""
    with _loss_scope(scope, "log_loss", weights, labels=labels, predictions=predictions) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = -labels * log(predictions + epsilon) - (1 - labels) * log(1 - predictions + epsilon)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
) -> Any:
    """The mean squared error between differences of pairs. TF symbol: `tf.losses.mean_pairwise_squared_error`.

    Elements of one row (`[batch, ...]`) are paired; `weights` is a scalar or `[batch]`.
    """
    with _loss_scope(scope, "mean_pairwise_squared_error", weights, labels=labels, predictions=predictions):
        labels, predictions = _floats(labels, predictions)
        weights = _cast(convert_to_tensor(weights), dtypes.float32)
        check_broadcastable(weights.shape, labels.shape)
        loss = _pairwise(predictions, labels, weights, name="value_2")
        add_loss(loss, loss_collection)
        return loss


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """`(predictions - labels) ** 2`. TF symbol: `tf.losses.mean_squared_error`."""
    with _loss_scope(scope, "mean_squared_error", weights, labels=labels, predictions=predictions) as scope:
        labels, predictions = _floats(labels, predictions)
        losses = squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """The sigmoid cross entropy, labels moved to 1/2 by `label_smoothing`. TF: `tf.losses.sigmoid_cross_entropy`."""
    with _loss_scope(
        scope, "sigmoid_cross_entropy_loss", weights, multi_class_labels=multi_class_labels, logits=logits
    ) as scope:
        labels, logits = _like_logits(multi_class_labels, logits)
        if _smooths(label_smoothing):
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def _smooths(label_smoothing: Any) -> bool:
    return hasattr(label_smoothing, "op") or label_smoothing > 0


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """The softmax cross entropy, labels moved towards `1 / classes` by `label_smoothing`.

    TF symbol: `tf.losses.softmax_cross_entropy`. Both are `[batch, classes]`; nothing back-propagates into the labels.
    """
    with _loss_scope(scope, "softmax_cross_entropy_loss", weights, onehot_labels=onehot_labels, logits=logits) as scope:
        labels, logits = _like_logits(onehot_labels, logits)
        if _smooths(label_smoothing):
            labels = labels * (1.0 - label_smoothing) + label_smoothing / _classes(labels)
        labels = stop_gradient(labels, name="labels_stop_gradient")
        losses = softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def _classes(labels: Any) -> Any:
    dims = labels.shape.as_list()
    return float(dims[-1]) if dims[-1] is not None else cast(shape_of(labels)[-1], labels.dtype.base_dtype)


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = _LOSSES,
    reduction: str = _DEFAULT,
) -> Any:
    """The softmax cross entropy for labels `[batch]` or `[batch, 1]`, logits `[batch, classes]`.

    TF symbol: `tf.losses.sparse_softmax_cross_entropy`. InvalidArgumentError while running for a label out of range.
    """
    with _loss_scope(scope, "sparse_softmax_cross_entropy_loss", weights, labels=labels, logits=logits) as scope:
        labels, logits, weights = _squeezed(convert_to_tensor(labels), convert_to_tensor(logits), weights)
        losses = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def _squeezed(labels: Any, logits: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Labels, and weights, without a last axis of size 1 that is one too many."""
    label_rank = labels.shape.ndims
    if label_rank and label_rank == logits.shape.ndims and labels.shape.as_list()[-1] in (1, None):
        labels = squeeze(labels, [-1])
    weights = convert_to_tensor(weights)
    rank, expected = weights.shape.ndims, labels.shape.ndims
    if rank and expected is not None and rank - expected == 1 and weights.shape.as_list()[-1] in (1, None):
        weights = squeeze(weights, [-1])
    return labels, logits, weights


__all__ = [
    "Reduction",
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]
