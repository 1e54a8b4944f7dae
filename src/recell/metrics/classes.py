"""Measures over several classes. TF symbols: `tf.metrics.mean_iou`, `tf.metrics.mean_per_class_accuracy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, metric_variable, ratio
from recell.ops import rules
from recell.ops.array_make import ones
from recell.ops.array_shape import reshape, size
from recell.ops.comparison import equal
from recell.ops.math_cast import cast
from recell.ops.math_scan import confusion_matrix
from recell.ops.op import op
from recell.ops.reductions import reduce_mean
from recell.ops.state import assign_add, scatter_add

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _flat(x: Any) -> Any:
    return x if x.shape.ndims is not None and x.shape.ndims <= 1 else reshape(x, [-1])


def _classes(labels: Any, predictions: Any) -> tuple[Any, Any]:
    """Both as int64 vectors. ValueError when their shapes differ."""
    labels, predictions = (cast(convert_to_tensor(value), dtypes.int64) for value in (labels, predictions))
    predictions.shape.assert_is_compatible_with(labels.shape)
    return _flat(labels), _flat(predictions)


def streaming_confusion_matrix(labels: Any, predictions: Any, num_classes: int, weights: Any = None) -> Metric:
    """The variable `total_confusion_matrix`, float64 `[num_classes, num_classes]`, and the addition of a batch to it.

    A row is a label, a column a prediction. TF symbol: `_streaming_confusion_matrix` of
    `tensorflow.python.ops.metrics_impl`.
    """
    total = metric_variable([num_classes, num_classes], dtypes.float64, name="total_confusion_matrix")
    labels, predictions = (_flat(cast(convert_to_tensor(value), dtypes.int64)) for value in (labels, predictions))
    if weights is not None:
        weights = _flat(convert_to_tensor(weights))
        predictions.shape.assert_is_compatible_with(weights.shape)
    matrix = confusion_matrix(labels, predictions, num_classes, weights=weights, dtype=dtypes.float64)
    return total, assign_add(total, matrix)


@op("MeanIoU", shape=rules.scalar, dtype=dtypes.float32, differentiable=False)
def _mean_iou(matrix: Tensor) -> Tensor:
    """The mean, over the classes that occur, of what rows and columns share over what they cover."""
    shared = matrix.diagonal().float()
    covered = matrix.sum(0).float() + matrix.sum(1).float() - shared
    valid = (covered != 0).sum()
    parts = shared / torch.where(covered > 0, covered, 1)
    return torch.where(valid > 0, parts.sum() / valid.clamp(min=1), 0)


def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean over classes of intersection over union, a float32 scalar. TF symbol: `tf.metrics.mean_iou`.

    The update's value is the confusion matrix so far, float64 `[num_classes, num_classes]`, kept in the variable
    `total_confusion_matrix`. `weights` has the shape of the labels. InvalidArgumentError, when run, for a class that
    is negative or not below `num_classes`.
    """
    with variable_scope(name, "mean_iou", [predictions, labels, weights]):
        labels, predictions = _classes(labels, predictions)
        total, update_op = streaming_confusion_matrix(labels, predictions, num_classes, weights)
        value = _mean_iou(total, name="Select_1")
        return collected(value, update_op, metrics_collections, updates_collections)


def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean of the accuracies of all classes, 0 for one without labels. TF: `tf.metrics.mean_per_class_accuracy`.

    The update's value is the accuracy of each, `[num_classes]`. `weights` is a scalar or of the labels' shape.
    InvalidArgumentError, when run, for a label that is negative or not below `num_classes`.
    """
    with variable_scope(name, "mean_accuracy", [predictions, labels, weights]):
        labels, predictions = _classes(labels, predictions)
        total = metric_variable([num_classes], dtypes.float32, name="total")
        count = metric_variable([num_classes], dtypes.float32, name="count")
        amounts = ones([size(labels)], dtypes.float32)
        right = cast(equal(labels, predictions), dtypes.float32)
        if weights is not None:
            weights = _flat(cast(weights, dtypes.float32))
            amounts, right = amounts * weights, right * weights
        new_total = scatter_add(total, labels, amounts)
        new_count = scatter_add(count, labels, right)
        value = reduce_mean(ratio(count, total), name="mean_accuracy")
        update_op = ratio(new_count, new_total, name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


__all__ = ["mean_iou", "mean_per_class_accuracy", "streaming_confusion_matrix"]
