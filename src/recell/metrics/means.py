"""Running means, and errors and accuracies that are means. TF symbols: `tf.metrics.mean` and its kin.

Each gives `(value, update_op)`. `weights` is a scalar or has the rank of what is averaged, with axes of its sizes or 1
(a missing or surplus last axis of size 1 is put right); a weight of 0 leaves a value out. ValueError for shapes that do
not fit, InvalidArgumentError when only a run tells so.
"""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, fitted, floats, metric_variable, ratio
from recell.ops.array_make import ones_like, zeros_like
from recell.ops.array_shape import size
from recell.ops.comparison import equal, less, where
from recell.ops.math_binary import squared_difference, subtract, truediv
from recell.ops.math_cast import cast
from recell.ops.math_unary import abs as absolute
from recell.ops.math_unary import sqrt
from recell.ops.reductions import reduce_sum
from recell.ops.state import assign_add
from recell.ops.weights_broadcast import broadcast_weights, match_weights_rank, remove_squeezable_dimensions


def _weighed(values: Any, weights: Any) -> tuple[Any, Any]:
    """Values times weights, and the weights in the shape of the values."""
    weights = broadcast_weights(match_weights_rank(cast(weights, dtypes.float32), values), values)
    return values * weights, weights


def _updated(
    total: Any, count: Any, values: Any, added: Any, number: Any, collections: tuple[Collections, Collections]
) -> Metric:
    """`total / count`, and both with a batch taken in: `added` and `number`, which come of `values`."""
    new_total = assign_add(total, added)
    with control_dependencies([values]):
        new_count = assign_add(count, number)
    value = ratio(total, count, name="value")
    update_op = ratio(new_total, new_count, name="update_op")
    return collected(value, update_op, *collections)


def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of all values so far, a float32 scalar, in variables `total` and `count`. TF: `tf.metrics.mean`."""
    with variable_scope(name, "mean", [values, weights]):
        values = cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, name="total")
        count = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            number = cast(size(values), dtypes.float32)
        else:
            values, weights = _weighed(values, weights)
            number = reduce_sum(weights)
        collections = metrics_collections, updates_collections
        return _updated(total, count, values, reduce_sum(values), number, collections)


def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of each element over all batches so far, float32, of the shape of `values`, which must be known.

    TF symbol: `tf.metrics.mean_tensor`. Its variables are `total_tensor` and `count_tensor`.
    """
    with variable_scope(name, "mean", [values, weights]):
        values = cast(values, dtypes.float32)
        total = metric_variable(values.shape, dtypes.float32, name="total_tensor")
        count = metric_variable(values.shape, dtypes.float32, name="count_tensor")
        number = ones_like(values)
        if weights is not None:
            values, number = _weighed(values, weights)
        return _updated(total, count, values, values, number, (metrics_collections, updates_collections))


def _cast_like(predictions: Any, labels: Any) -> Any:
    """Predictions in the dtype of the labels."""
    same = labels.dtype.base_dtype is predictions.dtype.base_dtype
    return predictions if same else cast(predictions, labels.dtype.base_dtype)


def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """How often predictions equal labels. TF symbol: `tf.metrics.accuracy`.

    Of any types: predictions are cast to that of the labels. What a classifier gives must have gone through `argmax`.
    """
    labels, predictions, weights = fitted(labels, predictions, weights)
    same = equal(_cast_like(predictions, labels), labels)
    right = cast(same, dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of `|predictions - labels|`. TF symbol: `tf.metrics.mean_absolute_error`."""
    labels, predictions, weights = fitted(labels, predictions, weights)
    errors = absolute(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of `(predictions - labels) ** 2`. TF symbol: `tf.metrics.mean_squared_error`."""
    labels, predictions, weights = fitted(labels, predictions, weights)
    errors = squared_difference(labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The root of the mean squared error. TF symbol: `tf.metrics.root_mean_squared_error`."""
    value, update_op = mean_squared_error(labels, predictions, weights, name=name or "root_mean_squared_error")
    return collected(sqrt(value), sqrt(update_op), metrics_collections, updates_collections)


def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of `|labels - predictions| / normalizer`, 0 where that is 0. TF: `tf.metrics.mean_relative_error`.

    `normalizer` has the shape of the predictions.
    """
    labels, predictions, weights = fitted(labels, predictions, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    relative = truediv(absolute(labels - predictions), normalizer)
    errors = where(equal(normalizer, 0), zeros_like(labels), relative)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """1 minus the mean of `sum(labels * predictions)` along axis `dim`, for unit vectors.

    TF symbol: `tf.metrics.mean_cosine_distance`. `weights` has axis `dim` of size 1, or lacks it when it is the last.
    """
    labels, predictions, weights = floats(labels, predictions, weights)
    similar = reduce_sum(predictions * labels, axis=[dim], keepdims=True)
    value, update_op = mean(similar, weights, name=name or "mean_cosine_distance")
    return collected(subtract(1.0, value), subtract(1.0, update_op), metrics_collections, updates_collections)


def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share (0 to 1) of all values is less than `threshold`. TF symbol: `tf.metrics.percentage_below`."""
    below = cast(less(convert_to_tensor(values), threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


__all__ = [
    "accuracy",
    "mean",
    "mean_absolute_error",
    "mean_cosine_distance",
    "mean_relative_error",
    "mean_squared_error",
    "mean_tensor",
    "percentage_below",
    "root_mean_squared_error",
]
