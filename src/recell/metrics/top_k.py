"""Precision and recall of the k classes with the highest scores. TF symbols: `tf.metrics.precision_at_k` and its kin.

`labels` is int64 `[..., n]`, the classes that are right for each row, or `[...]` when there is one each, or an int64
SparseTensor `[..., n]` when their number differs. `predictions` are scores `[..., num_classes]`; the metrics "at top
k" take the classes themselves, `[..., k]`. `weights` is a scalar or has the shape of the rows. Results are float64
scalars, NaN before there is anything to divide. With `class_id` only that class counts.
"""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from recell.metrics.state import Collections, Metric, collected, metric_variable, ratio
from recell.ops.array_join import concat
from recell.ops.array_make import zeros
from recell.ops.array_order import top_k
from recell.ops.array_shape import expand_dims, shape, size
from recell.ops.math_binary import truediv
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_sum
from recell.ops.state import assign_add
from recell.ops.top_k_counts import add_last_axis, as_rows, average_precision, top_k_counts
from recell.ops.weights_broadcast import broadcast_weights


def _expanded(labels: Any, predictions: Any) -> Any:
    """Labels with the rank of the predictions. ValueError when they can have no such rank."""
    labels = convert_to_tensor_or_sparse_tensor(labels)
    if labels.dtype.base_dtype is not dtypes.int64:
        raise TypeError(f"Types don't match, {dtypes.int64!r} vs {labels.dtype.base_dtype!r}: labels must be int64.")
    rank, wanted = labels.shape.ndims, predictions.shape.ndims
    if isinstance(labels, SparseTensor):
        if rank is None or wanted is None or rank != wanted - 1:
            return labels
        indices = concat([labels.indices, zeros([size(labels.values), 1], dtypes.int64)], 1)
        return SparseTensor(indices, labels.values, concat([labels.dense_shape, [1]], 0))
    if rank is None or wanted is None:
        return add_last_axis(labels, predictions)
    if rank == wanted - 1:
        return expand_dims(labels, -1)
    if rank != wanted:
        raise ValueError(f"Unexpected labels shape {labels.shape} for predictions shape {predictions.shape}.")
    return labels


def _label(name: str, k: int | None, class_id: int | None) -> str:
    found = f"{name}_at_k" if k is None else f"{name}_at_{k:d}"
    return found if class_id is None else f"{found}_class{class_id}"


def _counter(kind: str, counts: Any, k: int | None, class_id: int | None, weights: Any) -> tuple[Any, Any]:
    """The weight of one kind of count so far, read and updated, in a variable `<kind>_at_<k>`."""
    counts = cast(counts, dtypes.float64)
    if weights is not None:
        counts = counts * broadcast_weights(cast(weights, dtypes.float64), counts)
    total = metric_variable([], dtypes.float64, name=_label(kind, k, class_id))
    return total.value(), assign_add(total, reduce_sum(counts))


def _part(
    other: int,
    labels: Any,
    classes: Any,
    k: int | None,
    class_id: int | None,
    weights: Any,
    collections: tuple[Collections, Collections],
    scope: str,
) -> Metric:
    """Hits, over hits and the kind of count number `other`."""
    classes = cast(classes, dtypes.int64)
    values, there = as_rows(_expanded(labels, classes))
    counts = top_k_counts(values, classes, there, class_id)
    hits, new_hits = _counter("true_positive", counts[0], k, class_id, weights)
    rest, new_rest = _counter(("", "false_positive", "false_negative")[other], counts[other], k, class_id, weights)
    value = truediv(hits, hits + rest, name=scope)
    update_op = truediv(new_hits, new_hits + new_rest, name="update")
    return collected(value, update_op, *collections)


def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of the predicted classes is right; `k` is for the name. TF: `tf.metrics.precision_at_top_k`."""
    with name_scope(name, _label("precision", k, class_id), [predictions_idx, labels, weights]) as scope:
        collections = metrics_collections, updates_collections
        classes = convert_to_tensor(predictions_idx)
        return _part(1, labels, classes, k, class_id, weights, collections, scope)


def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of the labels is predicted; `k` is for the name. TF symbol: `tf.metrics.recall_at_top_k`."""
    with name_scope(name, _label("recall", k, class_id), [predictions_idx, labels, weights]) as scope:
        collections = metrics_collections, updates_collections
        classes = convert_to_tensor(predictions_idx)
        return _part(2, labels, classes, k, class_id, weights, collections, scope)


def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of the k classes with the highest scores is right. TF symbol: `tf.metrics.precision_at_k`."""
    with name_scope(name, _label("precision", k, class_id), [predictions, labels, weights]) as scope:
        collections = metrics_collections, updates_collections
        classes = top_k(predictions, k).indices
        return _part(1, labels, classes, k, class_id, weights, collections, scope)


def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of the labels is among the k classes with the highest scores. TF symbol: `tf.metrics.recall_at_k`."""
    with name_scope(name, _label("recall", k, class_id), [predictions, labels, weights]) as scope:
        collections = metrics_collections, updates_collections
        classes = top_k(predictions, k).indices
        return _part(2, labels, classes, k, class_id, weights, collections, scope)


def sparse_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The older name of `precision_at_k`. TF symbol: `tf.metrics.sparse_precision_at_k`."""
    return precision_at_k(labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name)


def average_precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    scope: str | None = None,
    num_classes: Any = None,
    most_name: str = "max",
) -> Metric:
    """The mean over rows of the precision at each label's place among predicted classes `[..., k]`, called `scope`.

    Its variables are `most_name`, for the weight of all rows, and `total`.
    """
    classes = cast(predictions_idx, dtypes.int64)
    labels = _expanded(labels, classes)
    values, there = as_rows(labels)
    each = average_precision(values, classes, there, num_classes, isinstance(labels, SparseTensor))
    if weights is None:
        number = cast(size(each), dtypes.float64)
    else:
        weights = broadcast_weights(cast(weights, dtypes.float64), each)
        each, number = each * weights, reduce_sum(weights)
    most = metric_variable([], dtypes.float64, name=most_name)
    total = metric_variable([], dtypes.float64, name="total")
    new_total, new_most = assign_add(total, reduce_sum(each)), assign_add(most, number)
    value = ratio(total, most, name="mean")
    update_op = ratio(new_total, new_most, name=scope)
    return collected(value, update_op, metrics_collections, updates_collections)


def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean over rows of the precision at each label's place among the k best.

    TF symbol: `tf.metrics.average_precision_at_k`. ValueError for a `k` below 1. A row without labels makes it NaN.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(name, _label("average_precision", k, None), [predictions, labels, weights]) as scope:
        predictions = convert_to_tensor(predictions)
        classes = top_k(predictions, k).indices
        number = shape(predictions, out_type=dtypes.int64)[-1]
        return average_precision_at_top_k(
            labels, classes, weights, metrics_collections, updates_collections, scope, number, "max_1"
        )


def sparse_average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The older name of `average_precision_at_k`. TF symbol: `tf.metrics.sparse_average_precision_at_k`."""
    return average_precision_at_k(labels, predictions, k, weights, metrics_collections, updates_collections, name)


__all__ = [
    "average_precision_at_k",
    "average_precision_at_top_k",
    "precision_at_k",
    "precision_at_top_k",
    "recall_at_k",
    "recall_at_top_k",
    "sparse_average_precision_at_k",
    "sparse_precision_at_k",
]
